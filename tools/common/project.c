#include "graduate/project.h"
#include "graduate/arena.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/words.h"
#include "mapping.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const project_words[] = {"$schema", "project", "target", "sources",
                                            "identity", "left_out", "stays"};
static const char *const source_words[] = {"kind", "uri", "key", "database", "schema"};
static const char *const identity_words[] = {"strategy", "namespace"};
static const char *const kind_names[] = {
    [SOURCE_MONGODB] = "mongodb",
    [SOURCE_POSTGRES] = "postgres",
    [SOURCE_APPWRITE] = "appwrite",
};

const char *source_kind_name(enum source_kind kind)
{
    return kind_names[kind];
}

static bool text_member(const cJSON *object, const struct json_place *place, const char *key,
                        bool needed, const char **out, struct error *error)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    if (value == NULL && !needed)
        return true;
    if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
        return json_error(error, &here, "this must be a text, and is %s", json_kind(value));
    *out = value->valuestring;
    return true;
}

/* project.json is shown, compared and kept in the ledger: what is secret in it comes from the
 * environment. "scheme://user:PASSWORD@host" with a password written out is refused. */
static bool holds_password(const char *uri)
{
    const char *authority = strstr(uri, "://");
    if (authority == NULL)
        return strstr(uri, "password=") != NULL && strstr(uri, "password=${") == NULL;
    authority += 3;
    const char *end = authority + strcspn(authority, "/?");
    const char *colon = memchr(authority, ':', (size_t)(end - authority));
    const char *at = memchr(authority, '@', (size_t)(end - authority));
    return colon != NULL && at != NULL && colon < at && strncmp(colon, ":${", 3) != 0;
}

static bool refuse_secret(const struct json_place *place, const char *key, struct error *error)
{
    struct json_place here = {place, key, 0};
    json_error(error, &here, "a secret is written out here");
    return error_hint(error, "write ${NAME} instead, and set NAME in the environment or in .env; and "
                             "change the secret, which may have been seen");
}

static bool read_source(const cJSON *json, const struct json_place *place, struct source *source,
                        struct error *error)
{
    const char *kind = NULL;
    source->name = json->string;
    if (source->name[0] == '\0' || strchr(source->name, '.') != NULL)
        return json_error(error, place, "a source has a name, and no dot in it");
    if (!cJSON_IsObject(json))
        return json_error(error, place, "a source is an object, and this is %s", json_kind(json));
    if (!json_only(json, place, source_words, COUNT(source_words), error) ||
        !text_member(json, place, "kind", true, &kind, error) ||
        !text_member(json, place, "uri", true, &source->uri, error) ||
        !text_member(json, place, "key", false, &source->key, error) ||
        !text_member(json, place, "database", false, &source->database, error) ||
        !text_member(json, place, "schema", false, &source->schema, error))
        return false;
    if (holds_password(source->uri))
        return refuse_secret(place, "uri", error);
    if (source->key != NULL && strncmp(source->key, "${", 2) != 0)
        return refuse_secret(place, "key", error);
    size_t k = 0;
    while (k < COUNT(kind_names) && strcmp(kind, kind_names[k]) != 0)
        k++;
    struct json_place here = {place, "kind", 0};
    const char *nearest = words_nearest(kind, kind_names, COUNT(kind_names));
    if (k == COUNT(kind_names))
        return json_error(error, &here, "there is no kind of source \"%s\"%s%s%s; there are "
                          "mongodb, postgres and appwrite", kind,
                          nearest != NULL ? "; did you mean \"" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    source->kind = (enum source_kind)k;
    return true;
}

static bool read_sources(struct project *project, struct arena *arena, const cJSON *json,
                         const struct json_place *top, struct error *error)
{
    const cJSON *sources = cJSON_GetObjectItemCaseSensitive(json, "sources"), *item;
    struct json_place here = {top, "sources", 0};
    if (!cJSON_IsObject(sources) || sources->child == NULL)
        return json_error(error, &here, "this must be an object of sources, and is %s",
                          json_kind(sources));
    project->sources =
        arena_alloc(arena, (size_t)cJSON_GetArraySize(sources), sizeof *project->sources);
    if (project->sources == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(item, sources)
    {
        struct json_place at = {&here, item->string, 0};
        if (!read_source(item, &at, &project->sources[project->source_count++], error))
            return false;
    }
    return true;
}

static bool read_identity(struct project *project, const cJSON *json, const struct json_place *top,
                          struct error *error)
{
    /* The namespace of RFC 9562 for names that are none of its other kinds is one's own; this is
     * the default, and a project may set another. */
    static const char default_namespace[] = "8a5e1b57-6c0d-5f43-9d0a-2b1f3c7e4d11";
    const cJSON *identity = cJSON_GetObjectItemCaseSensitive(json, "identity");
    struct json_place here = {top, "identity", 0};
    const char *strategy = "uuid7", *namespace = default_namespace;
    if (identity != NULL && !cJSON_IsObject(identity))
        return json_error(error, &here, "this must be an object, as {\"strategy\": \"uuid7\"}, "
                          "and is %s", json_kind(identity));
    if (identity != NULL &&
        (!json_only(identity, &here, identity_words, COUNT(identity_words), error) ||
         !text_member(identity, &here, "strategy", false, &strategy, error) ||
         !text_member(identity, &here, "namespace", false, &namespace, error)))
        return false;
    struct json_place at = {&here, "strategy", 0};
    if (!identity_strategy_parse(strategy, &project->identity.strategy))
        return json_error(error, &at, "\"%s\" is none of: pad-left, pad-right, uuid5, uuid7",
                          strategy);
    at.name = "namespace";
    if (!uuid_parse(namespace, strlen(namespace), project->identity.namespace))
        return json_error(error, &at, "\"%s\" is no UUID", namespace);
    return true;
}

static bool read_left_outs(struct project *project, struct arena *arena, const cJSON *json,
                           const struct json_place *top, struct error *error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "left_out"), *item;
    struct json_place here = {top, "left_out", 0};
    if (list == NULL)
        return true;
    if (!cJSON_IsObject(list))
        return json_error(error, &here, "this must be an object of \"source.collection\" and the "
                          "reason, and is %s", json_kind(list));
    project->left_outs =
        arena_alloc(arena, (size_t)cJSON_GetArraySize(list), sizeof *project->left_outs);
    if (project->left_outs == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, item->string, 0};
        struct left_out *left = &project->left_outs[project->left_out_count++];
        const char *dot = strchr(item->string, '.');
        for (size_t i = 0; i < project->source_count && dot != NULL; i++)
            if (strncmp(item->string, project->sources[i].name, (size_t)(dot - item->string)) == 0 &&
                project->sources[i].name[dot - item->string] == '\0')
                left->source = &project->sources[i];
        if (left->source == NULL || dot[1] == '\0')
            return json_error(error, &at, "this must name a source and a collection of it, as "
                              "\"auth.sessions\"");
        left->from = dot + 1;
        if (!text_member(list, &here, item->string, true, &left->reason, error))
            return false;
    }
    return true;
}

static bool read_stays(struct project *project, struct arena *arena, const cJSON *json,
                       const struct json_place *top, struct error *error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "stays"), *item;
    struct json_place here = {top, "stays", 0};
    if (list == NULL)
        return true;
    if (!cJSON_IsObject(list))
        return json_error(error, &here, "this must be an object of what stays where it is and the "
                          "reason, and is %s", json_kind(list));
    project->stays = arena_alloc(arena, (size_t)cJSON_GetArraySize(list), sizeof *project->stays);
    if (project->stays == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(item, list)
    {
        struct stays *stays = &project->stays[project->stays_count++];
        stays->what = item->string;
        if (!text_member(list, &here, item->string, true, &stays->why, error))
            return false;
    }
    return true;
}

static bool read_project(struct project *project, struct arena *arena, const cJSON *json,
                         const char *file, struct error *error)
{
    const struct json_place top = {NULL, file, 0};
    if (!cJSON_IsObject(json))
        return json_error(error, &top, "a project is an object, and this is %s", json_kind(json));
    return json_only(json, &top, project_words, COUNT(project_words), error) &&
           text_member(json, &top, "project", true, &project->name, error) &&
           text_member(json, &top, "target", true, &project->target, error) &&
           (!holds_password(project->target) || refuse_secret(&top, "target", error)) &&
           read_sources(project, arena, json, &top, error) &&
           read_identity(project, json, &top, error) &&
           read_left_outs(project, arena, json, &top, error) &&
           read_stays(project, arena, json, &top, error);
}

/* ---- finding the folder ------------------------------------------------------------------ */

static bool has_project(const char *folder)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/project.json", folder) < (int)sizeof path &&
           file_exists(path);
}

static bool find_folder(const char *where, char *out, size_t size, struct error *error)
{
    char installed[PATH_MAX] = "";
    ssize_t n = readlink("/proc/self/exe", installed, sizeof installed - 1);
    if (n > 0) {
        installed[n] = '\0';
        for (int up = 0; up < 2; up++) { /* bin/graduate -> the prefix */
            char *slash = strrchr(installed, '/');
            if (slash != NULL)
                *slash = '\0';
        }
    }
    const char *variable = getenv("GRADUATE_MAPPINGS");
    const struct {
        const char *prefix, *middle;
    } places[] = {
        {"", ""},
        {"mappings", "/"},
        {variable != NULL ? variable : "", variable != NULL ? "/" : ""},
        {installed, "/share/graduate/mappings/"},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        int length = snprintf(out, size, "%s%s%s", places[i].prefix, places[i].middle, where);
        if (length > 0 && (size_t)length < size && has_project(out))
            return true;
    }
    error_set(error, ERROR_USAGE, "there is no project \"%s\"", where);
    return error_hint(error, "--project is a folder with a project.json, or the name of one in "
                             "./mappings or $GRADUATE_MAPPINGS");
}

/* ---- .env -------------------------------------------------------------------------------- */

static bool env_line(char *line, size_t number, struct error *error)
{
    static const char letters[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    line += strspn(line, " \t\r");
    if (*line == '#' || *line == '\0')
        return true;
    if (strncmp(line, "export ", 7) == 0)
        line += 7;
    size_t length = strspn(line, letters);
    char *equals = line + length + strspn(line + length, " \t");
    if (length == 0 || (line[0] >= '0' && line[0] <= '9') || *equals != '=') {
        error_set(error, ERROR_USAGE, ".env:%zu: this line is not NAME=value", number);
        return error_hint(error, "correct the line, or make it a comment with # in front");
    }
    char *value = equals + 1 + strspn(equals + 1, " \t");
    line[length] = '\0';
    length = strlen(value);
    while (length > 0 && strchr(" \t\r", value[length - 1]) != NULL)
        value[--length] = '\0';
    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        value++;
    }
    if (setenv(line, value, 0) != 0)
        return error_set_errno(error, ERROR_USAGE, ".env:%zu", number);
    return true;
}

static bool read_env(struct error *error)
{
    struct buffer text;
    if (!file_exists(".env"))
        return true;
    buffer_init(&text);
    bool ok = file_read(".env", 1 << 20, ERROR_USAGE, &text, error);
    buffer_putc(&text, '\0');
    ok = ok && buffer_ok(&text, error);
    size_t number = 1;
    for (char *line = ok ? (char *)text.data : NULL; ok && line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        ok = env_line(line, number, error);
        line = end;
    }
    buffer_release(&text);
    return ok;
}

/* ---- the mapping files ------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the mapping files, without ".json", sorted. */
static bool list_mappings(const char *folder, struct arena *arena, char ***names, size_t *count,
                          struct error *error)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return error_set_errno(error, ERROR_USAGE, "cannot read the folder %s", folder);
    size_t capacity = 0;
    *count = 0;
    *names = NULL;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length <= 5 || strcmp(entry->d_name + length - 5, ".json") != 0 ||
            strcmp(entry->d_name, "project.json") == 0 || entry->d_name[0] == '.')
            continue;
        if (*count == capacity) {
            char **grown = arena_alloc(arena, capacity * 2 + 16, sizeof *grown);
            if (grown != NULL && *count > 0)
                memcpy(grown, *names, *count * sizeof *grown);
            capacity = capacity * 2 + 16;
            *names = grown;
        }
        char *name = arena_printf(arena, "%.*s", (int)length - 5, entry->d_name);
        ok = *names != NULL && name != NULL ? true : error_memory(error);
        if (ok)
            (*names)[(*count)++] = name;
    }
    closedir(dir);
    if (ok && *count == 0) {
        error_set(error, ERROR_USAGE, "the project folder %s has no mapping files", folder);
        return error_hint(error, "beside project.json stands one file for each collection or table "
                                 "that is to be moved");
    }
    if (ok)
        qsort(*names, *count, sizeof **names, compare_names);
    return ok;
}

static bool read_file_into(struct project *project, struct arena *arena, const char *name,
                           const char **path, cJSON **json, struct error *error)
{
    char *full = arena_printf(arena, "%s/%s", project->folder, name);
    if (full == NULL)
        return error_memory(error);
    *path = full;
    if (!json_read_exact(full, json, error))
        return false;
    if (!cJSON_AddItemToObject(project->files, name, *json)) {
        cJSON_Delete(*json);
        return error_memory(error);
    }
    return true;
}

static bool refers_value(const struct mapping_value *value, const struct mapping *to)
{
    if (value->id_of == to || value->keys_id_of == to)
        return true;
    for (size_t i = 0; i < value->member_count; i++)
        if (refers_value(&value->members[i].value, to))
            return true;
    return false;
}

static bool refers(const struct mapping *from, const struct mapping *to)
{
    for (size_t t = 0; t < from->table_count; t++)
        for (size_t c = 0; c < from->tables[t].column_count; c++)
            if (refers_value(&from->tables[t].columns[c].value, to))
                return from != to;
    return false;
}

/* What is referred to comes first; where references go in a circle, the name decides. Foreign keys
 * are made after the data, so the order is for people and for progress, not for correctness. */
static void order_mappings(struct project *project)
{
    for (size_t done = 0; done < project->mapping_count; done++) {
        size_t next = done;
        for (size_t i = done; i < project->mapping_count; i++) {
            bool waits = false;
            for (size_t j = done; j < project->mapping_count && !waits; j++)
                waits = i != j && refers(project->mappings[i], project->mappings[j]);
            if (!waits) {
                next = i;
                break;
            }
        }
        struct mapping *first = project->mappings[next];
        memmove(&project->mappings[done + 1], &project->mappings[done],
                (next - done) * sizeof(struct mapping *));
        project->mappings[done] = first;
    }
}

static bool check_unique_sources(const struct project *project, struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *a = project->mappings[i];
        for (size_t j = 0; j < i; j++) {
            const struct mapping *b = project->mappings[j];
            if (a->source != b->source || strcmp(a->from, b->from) != 0)
                continue;
            error_set(error, ERROR_USAGE, "%s and %s both map %s.%s", b->file, a->file,
                      a->source->name, a->from);
            return error_hint(error, "one mapping can fill several tables: make one file of them");
        }
        for (size_t j = 0; j < project->left_out_count; j++) {
            const struct left_out *left = &project->left_outs[j];
            if (left->source != a->source || strcmp(left->from, a->from) != 0)
                continue;
            error_set(error, ERROR_USAGE, "%s maps %s.%s, which project.json leaves out", a->file,
                      a->source->name, a->from);
            return error_hint(error, "take it out of \"left_out\", or remove the mapping");
        }
    }
    return true;
}

static bool read_mappings(struct project *project, struct arena *arena, struct error *error)
{
    char **names;
    size_t count;
    if (!list_mappings(project->folder, arena, &names, &count, error))
        return false;
    project->mappings = arena_alloc(arena, count, sizeof *project->mappings);
    struct mapping *mappings = arena_alloc(arena, count, sizeof *mappings);
    cJSON **files = arena_alloc(arena, count, sizeof(cJSON *));
    if (project->mappings == NULL || mappings == NULL || files == NULL)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        char *file = arena_printf(arena, "%s.json", names[i]);
        if (file == NULL)
            return error_memory(error);
        mappings[i].name = names[i];
        project->mappings[i] = &mappings[i];
        if (!read_file_into(project, arena, file, &mappings[i].file, &files[i], error) ||
            !mapping_parse(project, arena, files[i], &mappings[i], error))
            return false;
        project->mapping_count++;
    }
    for (size_t i = 0; i < count; i++)
        if (!mapping_link(project, files[i], &mappings[i], error))
            return false;
    if (!check_unique_sources(project, error))
        return false;
    order_mappings(project);
    return true;
}

bool project_load(struct project *project, const char *where, struct error *error)
{
    char folder[PATH_MAX];
    *project = (struct project){0};
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return error_memory(error);
    arena_init(arena);
    project->memory = arena;
    project->files = cJSON_CreateObject();
    const char *path;
    cJSON *json = NULL;
    bool ok = read_env(error) && find_folder(where, folder, sizeof folder, error);
    if (ok) {
        project->folder = arena_text(arena, folder);
        ok = project->folder != NULL && project->files != NULL ? true : error_memory(error);
    }
    ok = ok && read_file_into(project, arena, "project.json", &path, &json, error) &&
         read_project(project, arena, json, path, error) && read_mappings(project, arena, error);
    if (!ok)
        project_release(project);
    return ok;
}

void project_release(struct project *project)
{
    cJSON_Delete(project->files);
    if (project->memory != NULL)
        arena_release(project->memory);
    free(project->memory);
    *project = (struct project){0};
}

const struct mapping *project_mapping(const struct project *project, const char *entity)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (strcmp(project->mappings[i]->name, entity) == 0)
            return project->mappings[i];
    return NULL;
}

const struct source *project_source(const struct project *project, const char *name)
{
    for (size_t i = 0; i < project->source_count; i++)
        if (strcmp(project->sources[i].name, name) == 0)
            return &project->sources[i];
    return NULL;
}

static bool not_found(const char *what, const char *name, const char **names, size_t count,
                      struct error *error)
{
    const char *nearest = words_nearest(name, names, count);
    char all[256] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    error_set(error, ERROR_USAGE, "the project has no %s \"%s\"%s%s%s", what, name,
              nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "\"?" : "");
    return error_hint(error, "it has: %s", all);
}

bool project_find_mapping(const struct project *project, const char *entity,
                          const struct mapping **mapping, struct error *error)
{
    const char *names[256];
    size_t count = 0;
    *mapping = project_mapping(project, entity);
    for (size_t i = 0; i < project->mapping_count && count < COUNT(names); i++)
        names[count++] = project->mappings[i]->name;
    return *mapping != NULL || not_found("entity", entity, names, count, error);
}

bool project_find_source(const struct project *project, const char *name,
                         const struct source **source, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    *source = project_source(project, name);
    for (size_t i = 0; i < project->source_count && count < COUNT(names); i++)
        names[count++] = project->sources[i].name;
    return *source != NULL || not_found("source", name, names, count, error);
}

bool project_expand(const char *text, struct buffer *out, struct error *error)
{
    for (const char *at = text; *at != '\0';) {
        const char *end = strncmp(at, "${", 2) == 0 ? strchr(at, '}') : NULL;
        if (end == NULL) {
            buffer_putc(out, *at++);
            continue;
        }
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 2), at + 2);
        const char *value = getenv(name);
        if (value == NULL || value[0] == '\0') {
            error_set(error, ERROR_USAGE, "%s is not set", name);
            return error_hint(error, "set it in the environment, or as a line %s=... in .env", name);
        }
        buffer_puts(out, value);
        at = end + 1;
    }
    return buffer_ok(out, error);
}

bool project_fingerprint(const struct project *project, char *out, struct error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char *text = cJSON_PrintUnformatted(project->files);
    bool ok = text != NULL &&
              EVP_Digest(text, strlen(text), digest, &size, EVP_sha256(), NULL) == 1 && size == 32;
    cJSON_free(text);
    if (!ok)
        return error_memory(error);
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}

/* The first member that differs, depth first, as an error that names its place. */
static bool first_difference(const cJSON *before, const cJSON *now, const struct json_place *place,
                             struct error *difference)
{
    static const struct json_place whole = {NULL, "the mappings", 0};
    if (cJSON_Compare(before, now, true))
        return false;
    if (cJSON_IsObject(before) && cJSON_IsObject(now)) {
        const cJSON *lists[2] = {now, before}, *item;
        for (int side = 0; side < 2; side++) /* what is new or changed, then what is gone */
            cJSON_ArrayForEach(item, lists[side])
            {
                const struct json_place here = {place, item->string, 0};
                const cJSON *a = cJSON_GetObjectItemCaseSensitive(before, item->string);
                const cJSON *b = cJSON_GetObjectItemCaseSensitive(now, item->string);
                if (first_difference(a, b, &here, difference))
                    return true;
            }
    }
    char *was = before != NULL ? cJSON_PrintUnformatted(before) : NULL;
    char *is = now != NULL ? cJSON_PrintUnformatted(now) : NULL;
    json_error(difference, place != NULL ? place : &whole, "was %.120s and is %.120s",
               was != NULL ? was : "not there", is != NULL ? is : "not there");
    cJSON_free(was);
    cJSON_free(is);
    return true;
}

void project_difference(const cJSON *before, const cJSON *now, char *out, size_t size)
{
    struct error difference;
    bool found = first_difference(before, now, NULL, &difference);
    snprintf(out, size, "%s", found ? difference.message : "nothing but the order of keys");
}
