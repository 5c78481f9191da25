/* What project.json says of who may what of an Appwrite's documents: "access". */
#include "mapping.h"
#include "project_file.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const access_words[] = {"users",  "memberships", "function",
                                           "labels", "verified",    "dangling"};
static const char *const danglings[] = {"error", "keep", "left_out"};

/* ---- reading --------------------------------------------------------------------------------- */

static bool read_function(struct reading *r, const cJSON *json, const struct json_place *place,
                          struct access *access)
{
    const char *name = "access.grants";
    struct json_place here = {place, "function", 0};
    if (!reading_text(r, json, place, "function", &name))
        return false;
    const char *dot = strchr(name, '.');
    if (dot == NULL || dot == name || dot[1] == '\0' || strchr(dot + 1, '.') != NULL)
        return json_error(r->error, &here, "a function is named \"schema.function\", as "
                                           "\"access.grants\"");
    access->schema = arena_printf(r->arena, "%.*s", (int)(dot - name), name);
    access->function = dot + 1;
    if (access->schema == NULL)
        return reading_memory(r);
    if (strcmp(access->schema, "public") == 0)
        return json_error(r->error, &here, "the schema must be one of its own: what stands in "
                                           "public anybody may call");
    return reading_name(r, &here, access->schema) && reading_name(r, &here, access->function);
}

static bool read_one(struct reading *r, const cJSON *json, const struct json_place *place,
                     struct access *access)
{
    const char *dangling = danglings[0];
    access->labels = "labels";
    if (!cJSON_IsObject(json))
        return json_error(r->error, place,
                          "this must be an object, as {\"users\": \"accounts\", \"memberships\": "
                          "\"memberships\"}, and is %s",
                          json_kind(json));
    if (!json_only(json, place, access_words, COUNT(access_words), r->error) ||
        !json_text(json, place, "users", true, &access->users_name, r->error) ||
        !reading_text(r, json, place, "memberships", &access->memberships_name) ||
        !reading_text(r, json, place, "labels", &access->labels) ||
        !reading_text(r, json, place, "verified", &access->verified) ||
        !reading_choice(r, json, place, "dangling", danglings, COUNT(danglings), &dangling) ||
        !read_function(r, json, place, access))
        return false;
    access->dangling = dangling == danglings[1]   ? DANGLING_KEEP
                       : dangling == danglings[2] ? DANGLING_LEFT_OUT
                                                  : DANGLING_UNSAID;
    return true;
}

static bool is_second(const struct project *project, const struct access *access)
{
    for (const struct access *other = project->accesses; other < access; other++)
        if (strcmp(other->schema, access->schema) == 0 &&
            strcmp(other->function, access->function) == 0)
            return true;
    return false;
}

bool project_read_access(struct project *project, struct arena *arena, const cJSON *json,
                         const struct json_place *top, struct error *error)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(json, "access"), *item;
    struct json_place here = {top, "access", 0};
    struct reading r = {.project = project, .arena = arena, .error = error};
    if (all == NULL)
        return true;
    if (!cJSON_IsObject(all) || all->child == NULL)
        return json_error(error, &here, "this must be an object of sources, and is %s",
                          json_kind(all));
    project->accesses = arena_alloc(arena, (size_t)cJSON_GetArraySize(all), sizeof(struct access));
    if (project->accesses == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(item, all)
    {
        struct json_place at = {&here, item->string, 0}, function = {&at, "function", 0};
        struct access *access = &project->accesses[project->access_count];
        struct error why = {0};
        if (!project_find_source(project, item->string, &access->source, &why))
            return json_error(error, &at, "%s; %s", why.message, why.hint);
        if (access->source->kind != SOURCE_APPWRITE)
            return json_error(error, &at, "only documents of an Appwrite have permissions");
        if (!read_one(&r, item, &at, access))
            return false;
        if (is_second(project, access))
            return json_error(error, &function, "another source's function has this name");
        project->access_count++;
    }
    return true;
}

const struct access *project_access(const struct project *project, const struct source *source)
{
    for (size_t i = 0; i < project->access_count; i++)
        if (project->accesses[i].source == source)
            return &project->accesses[i];
    return NULL;
}

/* ---- permissions ----------------------------------------------------------------------------- */

enum permission_whose permission_split(const char *text, size_t length, size_t *start, size_t *size)
{
    static const char *const heads[] = {"user:", "team:", "member:"};
    const char *role = memchr(text, '(', length), *end = text + length;
    if (role == NULL || end - role < 5 || role[1] != '"' || end[-2] != '"' || end[-1] != ')')
        return PERMISSION_NOBODY;
    role += 2;
    end -= 2;
    for (size_t i = 0; i < COUNT(heads); i++) {
        size_t head = strlen(heads[i]);
        if ((size_t)(end - role) <= head || memcmp(role, heads[i], head) != 0)
            continue;
        const char *slash = memchr(role + head, '/', (size_t)(end - role) - head);
        *start = (size_t)(role - text) + head;
        *size = (size_t)((slash != NULL ? slash : end) - role) - head;
        return (enum permission_whose)i;
    }
    return PERMISSION_NOBODY;
}

/* ---- linking --------------------------------------------------------------------------------- */

struct linking {
    struct project *project;
    const struct json_place *place; /* of the source's access */
    struct access *access;
    struct error *error;
};

static bool find_entity(const struct linking *l, const char *key, const char *name,
                        const char *from, const struct mapping **out)
{
    struct json_place here = {l->place, key, 0};
    struct error why = {0};
    if (!project_find_mapping(l->project, name, out, &why))
        return json_error(l->error, &here, "%s", why.message);
    if ((*out)->source != l->access->source || strcmp((*out)->from, from) != 0)
        return json_error(l->error, &here, "%s is no mapping of \"%s.%s\"", name,
                          l->access->source->name, from);
    return true;
}

/* The column that takes the field as it is, but for an id. */
static bool find_column(const struct linking *l, const char *field, enum pgtype_base base,
                        bool array, const struct mapping_column **out)
{
    const struct mapping_table *table = l->access->roster;
    struct json_place here = {l->place, "memberships", 0};
    for (size_t c = 0; c < table->column_count; c++) {
        const struct mapping_column *column = &table->columns[c];
        const struct mapping_value *value = &column->value;
        bool id = value->id_of != NULL && value->by == NULL && column->type.base == PG_UUID;
        if (value->kind == VALUE_FROM && strcmp(value->from, field) == 0 &&
            value->function_count == 0 && value->map == NULL && value->when.count == 0 &&
            ((id && base == PG_TEXT) || (value->id_of == NULL && column->type.base == base)) &&
            column->type.array == array) {
            *out = column;
            return true;
        }
    }
    return json_error(l->error, &here,
                      "%s has no column for \"%s\" as it is, which says who is in which team: %s",
                      table->label, field,
                      base == PG_BOOL ? "a boolean"
                      : array         ? "a text[]"
                                      : "a text, or a uuid by \"id_of\"");
}

static bool link_memberships(const struct linking *l)
{
    struct access *access = l->access;
    struct json_place here = {l->place, "memberships", 0};
    if (access->memberships_name == NULL)
        return true;
    if (!find_entity(l, "memberships", access->memberships_name, "memberships",
                     &access->memberships))
        return false;
    access->roster = &access->memberships->tables[0];
    if (!find_column(l, "userId", PG_TEXT, false, &access->user) ||
        !find_column(l, "teamId", PG_TEXT, false, &access->team) ||
        !find_column(l, "$id", PG_TEXT, false, &access->member) ||
        !find_column(l, "roles", PG_TEXT, true, &access->roles) ||
        !find_column(l, "confirm", PG_BOOL, false, &access->confirm))
        return false;
    return access->user->value.id_of == access->users ||
           json_error(l->error, &here, "%s.%s must be the id_of \"%s\", by which a user is known",
                      access->roster->label, access->user->name, access->users_name);
}

/* Is it one of the project's lists, and no collection? Those have their database's name before them,
 * but where the source has one database; and what is called like a list has it in either case. */
static bool is_list(const struct source *source, const char *from)
{
    static const char *const lists[] = {"users",       "identities", "teams",
                                        "memberships", "buckets",    "files"};
    bool list = source->database == NULL;
    for (size_t i = 0; i < COUNT(lists); i++)
        list = list || strcmp(lists[i], from) == 0;
    return list && strchr(from, '.') == NULL;
}

/* *some: there is a collection to which it applies. */
static void take_columns(const struct linking *l, bool *some)
{
    for (size_t m = 0; m < l->project->mapping_count; m++) {
        struct mapping *mapping = l->project->mappings[m];
        if (mapping->source != l->access->source || is_list(mapping->source, mapping->from))
            continue;
        *some = true;
        mapping->access = l->access;
        for (size_t t = 0; t < mapping->table_count; t++)
            for (size_t c = 0; c < mapping->tables[t].column_count; c++) {
                struct mapping_column *column = &mapping->tables[t].columns[c];
                struct mapping_value *value = &column->value;
                if (mapping->tables[t].each == NULL && value->kind == VALUE_FROM &&
                    strcmp(value->from, "$permissions") == 0 && value->id_of == NULL &&
                    column->type.array && column->type.base == PG_TEXT)
                    value->access = l->access;
            }
    }
}

bool project_link_access(struct project *project, const char *file, struct error *error)
{
    const struct json_place top = {NULL, file, 0}, here = {&top, "access", 0};
    for (size_t i = 0; i < project->access_count && project->broken_count == 0; i++) {
        struct access *access = &project->accesses[i];
        struct json_place at = {&here, access->source->name, 0}, users = {&at, "users", 0};
        const struct linking l = {project, &at, access, error};
        bool some = false;
        if (!find_entity(&l, "users", access->users_name, "users", &access->users))
            return false;
        if (access->users->identity != NULL)
            return json_error(error, &users, "%s is another entity by its \"identity\"; users "
                                             "here have an id of their own",
                              access->users_name);
        if (!link_memberships(&l))
            return false;
        take_columns(&l, &some);
        if (!some)
            return json_error(error, &at, "no mapping is of a collection of this source");
        if (project->plain)
            return json_error(error, &here, "a \"plain\" target has no users who could ask");
    }
    return true;
}
