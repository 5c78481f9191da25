/* project.json: the sources, the target, the identity, and what is left out or stays. */
#include "project_file.h"
#include "graduate/words.h"
#include "mapping.h"
#include "reading.h"
#include "said.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const project_words[] = {"$schema",  "project",  "target",   "plain", "sources",
                                            "identity", "left_out", "not_kept", "stays", "every", "policies", "rejects",
                                            "access", "said"};
static const char *const reject_words[] = {"limit"};
static const char *const source_words[] = {"kind", "uri", "key", "database", "schema", "changing"};
static const char *const identity_words[] = {"strategy", "namespace"};

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
    return error_hint(error,
                      "write ${NAME} instead, and set NAME in the environment or in .env; and "
                      "change the secret, which may have been seen");
}

/* False unless it is said. */
static bool read_truth(const cJSON *json, const struct json_place *place, const char *key,
                       bool *value, struct error *error)
{
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(json, key);
    struct json_place here = {place, key, 0};
    *value = cJSON_IsTrue(given);
    return given == NULL || cJSON_IsBool(given) ||
           json_error(error, &here, "this must be true or false, and is %s", json_kind(given));
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
        !json_text(json, place, "kind", true, &kind, error) ||
        !json_text(json, place, "uri", true, &source->uri, error) ||
        !json_text(json, place, "key", false, &source->key, error) ||
        !json_text(json, place, "database", false, &source->database, error) ||
        !json_text(json, place, "schema", false, &source->schema, error))
        return false;
    if (!read_truth(json, place, "changing", &source->changing, error))
        return false;
    if (holds_password(source->uri))
        return refuse_secret(place, "uri", error);
    if (source->key != NULL && strncmp(source->key, "${", 2) != 0)
        return refuse_secret(place, "key", error);
    size_t k = 0;
    while (k < SOURCE_KINDS && strcmp(kind, source_kind_names[k]) != 0)
        k++;
    struct json_place here = {place, "kind", 0};
    const char *nearest = words_nearest(kind, source_kind_names, SOURCE_KINDS);
    if (k == SOURCE_KINDS)
        return json_error(error, &here,
                          "there is no kind of source \"%s\"%s%s%s; there are "
                          "mongodb, postgres and appwrite",
                          kind, nearest != NULL ? "; did you mean \"" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    source->kind = (enum source_kind)k;
    return mapping_check_source(source, json, place, error);
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
        return json_error(error, &here,
                          "this must be an object, as {\"strategy\": \"uuid7\"}, "
                          "and is %s",
                          json_kind(identity));
    if (identity != NULL &&
        (!json_only(identity, &here, identity_words, COUNT(identity_words), error) ||
         !json_text(identity, &here, "strategy", false, &strategy, error) ||
         !json_text(identity, &here, "namespace", false, &namespace, error)))
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
        return json_error(error, &here,
                          "this must be an object of \"source.collection\" and the "
                          "reason, and is %s",
                          json_kind(list));
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
            if (strncmp(item->string, project->sources[i].name, (size_t)(dot - item->string)) ==
                    0 &&
                project->sources[i].name[dot - item->string] == '\0')
                left->source = &project->sources[i];
        if (left->source == NULL || dot[1] == '\0')
            return json_error(error, &at,
                              "this must name a source and a collection of it, as "
                              "\"auth.sessions\"");
        left->from = dot + 1;
        if (!json_text(list, &here, item->string, true, &left->reason, error))
            return false;
    }
    return true;
}

static bool find_source(const struct project *project, const struct json_place *place,
                        const struct source **source, struct error *error)
{
    struct error why;
    return project_find_source(project, place->name, source, &why) ||
           json_error(error, place, "%s; %s", why.message, why.hint);
}

/* {"view": "the reason for all of them", "trigger": {"books_touch on books": "the reason"}} */
static bool read_not_kept_kind(struct project *project, const struct source *source,
                               const cJSON *json, const struct json_place *place,
                               struct error *error)
{
    struct not_kept *next = &project->not_kepts[project->not_kept_count];
    const cJSON *item;
    if (cJSON_IsString(json) && json->valuestring[0] != '\0') {
        *next = (struct not_kept){source, json->string, NULL, json->valuestring};
        project->not_kept_count++;
        return true;
    }
    if (!cJSON_IsObject(json) || json->child == NULL)
        return json_error(error, place,
                          "this must be the reason for all of this kind, or an object of names and "
                          "reasons, and is %s",
                          json_kind(json));
    cJSON_ArrayForEach(item, json)
    {
        *next = (struct not_kept){source, json->string, item->string, NULL};
        if (!json_text(json, place, item->string, true, &next->reason, error))
            return false;
        next++;
        project->not_kept_count++;
    }
    return true;
}

static bool read_not_kept(struct project *project, struct arena *arena, const cJSON *json,
                          const struct json_place *top, struct error *error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "not_kept"), *of_source, *kind;
    struct json_place here = {top, "not_kept", 0};
    size_t count = 0;
    if (list == NULL)
        return true;
    if (!cJSON_IsObject(list))
        return json_error(error, &here,
                          "this must be an object of sources, as {\"sql\": {\"view\": \"why they "
                          "stay behind\"}}, and is %s",
                          json_kind(list));
    cJSON_ArrayForEach(of_source, list)
    {
        cJSON_ArrayForEach(kind, of_source)
        {
            count += cJSON_IsObject(kind) ? (size_t)cJSON_GetArraySize(kind) : 1;
        }
    }
    project->not_kepts = arena_alloc(arena, count, sizeof *project->not_kepts);
    if (project->not_kepts == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(of_source, list)
    {
        const struct source *source;
        struct json_place at = {&here, of_source->string, 0};
        if (!find_source(project, &at, &source, error))
            return false;
        if (!cJSON_IsObject(of_source))
            return json_error(
                error, &at,
                "this must be an object of kinds and reasons, as {\"view\": \"why they "
                "stay behind\"}, and is %s",
                json_kind(of_source));
        cJSON_ArrayForEach(kind, of_source)
        {
            struct json_place of_kind = {&at, kind->string, 0};
            if (!read_not_kept_kind(project, source, kind, &of_kind, error))
                return false;
        }
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
        return json_error(error, &here,
                          "this must be an object of what stays where it is and the "
                          "reason, and is %s",
                          json_kind(list));
    project->stays = arena_alloc(arena, (size_t)cJSON_GetArraySize(list), sizeof *project->stays);
    if (project->stays == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(item, list)
    {
        struct stays *stays = &project->stays[project->stays_count++];
        stays->what = item->string;
        if (!json_text(list, &here, item->string, true, &stays->why, error))
            return false;
    }
    return true;
}

/* {"limit": 20}: how many records may be set aside. */
static bool read_rejects(struct project *project, const cJSON *json, const struct json_place *top,
                         struct error *error)
{
    const cJSON *rejects = cJSON_GetObjectItemCaseSensitive(json, "rejects");
    const cJSON *limit = cJSON_GetObjectItemCaseSensitive(rejects, "limit");
    struct json_place here = {top, "rejects", 0}, at = {&here, "limit", 0};
    if (rejects == NULL)
        return true;
    if (!cJSON_IsObject(rejects) || limit == NULL)
        return json_error(error, &here, "this must be an object, as {\"limit\": 20}, and is %s",
                          json_kind(rejects));
    if (!json_only(rejects, &here, reject_words, COUNT(reject_words), error))
        return false;
    double number = cJSON_IsNumber(limit) ? limit->valuedouble : -1;
    if (number < 0 || number > 1e15 || number != (double)(int64_t)number)
        return json_error(error, &at, "this must be a whole number of records, 0 or more, and is %s",
                          json_kind(limit));
    project->most_rejects = (int64_t)number;
    return true;
}

bool project_file_parse(struct project *project, struct arena *arena, const cJSON *json,
                        const char *file, struct error *error)
{
    const struct json_place top = {NULL, file, 0};
    if (!cJSON_IsObject(json))
        return json_error(error, &top, "a project is an object, and this is %s", json_kind(json));
    struct errors errors = {0};
    return (json_only(json, &top, project_words, COUNT(project_words), error) ||
            errors_add(&errors, error)) &&
           (json_text(json, &top, "project", true, &project->name, error) ||
            errors_add(&errors, error)) &&
           ((json_text(json, &top, "target", true, &project->target, error) &&
             (!holds_password(project->target) || refuse_secret(&top, "target", error))) ||
            errors_add(&errors, error)) &&
           (read_truth(json, &top, "plain", &project->plain, error) ||
            errors_add(&errors, error)) &&
           (read_sources(project, arena, json, &top, error) || errors_add(&errors, error)) &&
           (read_identity(project, json, &top, error) || errors_add(&errors, error)) &&
           (said_read(project, arena, json, &top, error) || errors_add(&errors, error)) &&
           (project_read_policies(
                &(struct reading){.project = project, .arena = arena, .error = error}, json,
                &top) ||
            errors_add(&errors, error)) &&
           (project_read_every(project, arena, json, &top, error) || errors_add(&errors, error)) &&
           (read_left_outs(project, arena, json, &top, error) || errors_add(&errors, error)) &&
           (read_not_kept(project, arena, json, &top, error) || errors_add(&errors, error)) &&
           (read_rejects(project, json, &top, error) || errors_add(&errors, error)) &&
           (project_read_access(project, arena, json, &top, error) ||
            errors_add(&errors, error)) &&
           (read_stays(project, arena, json, &top, error) || errors_add(&errors, error)) &&
           errors_give(&errors, error);
}
