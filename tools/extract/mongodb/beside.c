#include "beside.h"
#include "graduate/buffer.h"
#include "validator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a validator or a pipeline in its line. */
enum { LONGEST_JSON = 300 };

static const char chunks[] = ".chunks", files[] = ".files";

/* System collections: what is in them, for people; NULL: nothing that is not told otherwise. */
static const struct {
    const char *name;
    bool prefix;
    const char *detail;
} systems[] = {
    {"system.js", false, "JavaScript functions that are stored in the server"},
    {"system.profile", false, "what the profiler recorded"},
    {"system.users", false, "users of the server"},
    {"system.roles", false, "roles of the server"},
    {"$admin.system.users", false, "users of the database"},
    {"$admin.system.roles", false, "roles of the database"},
    {"$admin.system.version", false, NULL},
    {"system.views", false, NULL},
    {"system.buckets.", true, NULL},
    {"system.indexes", false, NULL},
    {"system.namespaces", false, NULL},
    {"system.", true, "the server's own"},
};

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

enum mongodb_kind beside_kind(const char *name, const cJSON *metadata)
{
    const char *type = cJSON_GetStringValue(member(metadata, "type"));
    const cJSON *options = member(metadata, "options");
    if (begins(name, "system.") || begins(name, "$admin.system."))
        return MONGODB_SYSTEM;
    if ((type != NULL && strcmp(type, "view") == 0) || member(options, "viewOn") != NULL)
        return MONGODB_VIEW;
    if ((type != NULL && strcmp(type, "timeseries") == 0) || member(options, "timeseries") != NULL)
        return MONGODB_TIME_SERIES;
    return MONGODB_COLLECTION;
}

/* {"$numberInt": "1"} is 1. */
static void simplify(cJSON *json)
{
    static const char *const wrappers[] = {"$numberInt", "$numberLong", "$numberDouble"};
    cJSON *child = json != NULL ? json->child : NULL;
    if (cJSON_IsObject(json) && child != NULL && child->next == NULL && cJSON_IsString(child)) {
        for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
            if (strcmp(child->string, wrappers[i]) == 0) {
                json->type = cJSON_Number;
                json->child = NULL;
                cJSON_SetNumberHelper(json, strtod(child->valuestring, NULL));
                cJSON_Delete(child);
                return;
            }
    }
    for (; child != NULL; child = child->next)
        simplify(child);
}

/* Old servers kept flags as numbers. */
static bool is_set(const cJSON *value)
{
    return cJSON_IsTrue(value) || (cJSON_IsNumber(value) && value->valuedouble != 0);
}

static void put_number(struct buffer *text, const cJSON *number)
{
    buffer_printf(text, "%.15g", cJSON_GetNumberValue(number));
}

/* In one line, and not without end; cut between characters. */
static void put_json(struct buffer *text, const cJSON *json)
{
    char *printed = cJSON_PrintUnformatted(json);
    if (printed == NULL) {
        text->failed = true;
        return;
    }
    size_t length = strlen(printed);
    if (length > LONGEST_JSON) {
        length = LONGEST_JSON;
        while (((unsigned char)printed[length] & 0xc0) == 0x80)
            length--;
    }
    buffer_put(text, printed, length);
    if (printed[length] != '\0')
        buffer_puts(text, " ...");
    cJSON_free(printed);
}

static void put_locale(struct buffer *text, const cJSON *collation)
{
    const char *locale = cJSON_GetStringValue(member(collation, "locale"));
    buffer_puts(text, locale != NULL ? locale : "unknown");
    if (cJSON_IsNumber(member(collation, "strength"))) {
        buffer_puts(text, ", strength ");
        put_number(text, member(collation, "strength"));
    }
}

/* Add the object, whose detail this ends. */
static bool end(struct catalog *catalog, const char *kind, const char *name, const char *entity,
                struct buffer *detail, struct error *error)
{
    const char *text = buffer_text(detail);
    bool ok = buffer_ok(detail, error) &&
              catalog_object_add(catalog, kind, name, entity, text[0] != '\0' ? text : NULL, error);
    buffer_release(detail);
    return ok;
}

/* ---- indexes -------------------------------------------------------------------------------- */

static void put_key(struct buffer *text, const char *name, const cJSON *how)
{
    buffer_printf(text, "%s%s", text->length > 0 ? ", " : "", name);
    const char *special = cJSON_GetStringValue(how);
    if (special != NULL)
        buffer_printf(text, " %s", special);
    else if (cJSON_IsNumber(how) && how->valuedouble < 0)
        buffer_puts(text, " desc");
}

/* A text index has {_fts: "text", _ftsx: 1} for its fields, which are those that weigh. */
static void put_keys(struct buffer *text, const cJSON *index)
{
    const cJSON *key, *weight;
    cJSON_ArrayForEach(key, member(index, "key"))
    {
        if (strcmp(key->string, "_fts") == 0) {
            cJSON_ArrayForEach(weight, member(index, "weights")) put_key(text, weight->string, key);
        } else if (strcmp(key->string, "_ftsx") != 0) {
            put_key(text, key->string, key);
        }
    }
}

static void put_seconds(struct buffer *text, const cJSON *value)
{
    buffer_puts(text, " ");
    put_number(text, value);
    buffer_puts(text, " s");
}

static void put_condition(struct buffer *text, const cJSON *value)
{
    buffer_puts(text, " ");
    put_json(text, value);
}

static void put_collation(struct buffer *text, const cJSON *value)
{
    buffer_puts(text, " ");
    put_locale(text, value);
}

static void put_word(struct buffer *text, const cJSON *value)
{
    const char *word = cJSON_GetStringValue(value);
    buffer_printf(text, " %s", word != NULL ? word : "");
}

/* What an index may be, in the order of the line. */
static const struct {
    const char *name, *word;
    void (*put)(struct buffer *text, const cJSON *value); /* NULL: it is a flag */
} index_options[] = {
    {"unique", "unique", NULL},
    {"sparse", "sparse", NULL},
    {"hidden", "hidden", NULL},
    {"partialFilterExpression", "partial", put_condition},
    {"expireAfterSeconds", "ttl", put_seconds},
    {"collation", "collation", put_collation},
    {"default_language", "language", put_word},
    {"wildcardProjection", "of", put_condition},
};

static void put_options(struct buffer *text, const cJSON *index)
{
    for (size_t i = 0; i < sizeof index_options / sizeof index_options[0]; i++) {
        const cJSON *value = member(index, index_options[i].name);
        bool flag = index_options[i].put == NULL;
        if (value == NULL || (flag && !is_set(value)))
            continue;
        buffer_printf(text, "; %s", index_options[i].word);
        if (!flag)
            index_options[i].put(text, value);
    }
}

static bool add_index(struct catalog *catalog, const char *collection, const char *name,
                      struct buffer *detail, struct error *error)
{
    struct buffer full;
    buffer_init(&full);
    buffer_printf(&full, "%s on %s", name, collection);
    bool ok = buffer_ok(&full, error);
    if (ok)
        ok = end(catalog, "index", buffer_text(&full), collection, detail, error);
    else
        buffer_release(detail);
    buffer_release(&full);
    return ok;
}

/* The one that every collection has. */
static bool is_of_id(const cJSON *key)
{
    return key != NULL && key->child != NULL && key->child->next == NULL &&
           strcmp(key->child->string, "_id") == 0 && cJSON_IsNumber(key->child);
}

static bool describe_index(struct catalog *catalog, const char *collection, const cJSON *index,
                           struct error *error)
{
    const char *name = cJSON_GetStringValue(member(index, "name"));
    struct buffer detail;
    if (!cJSON_IsObject(index) || is_of_id(member(index, "key")))
        return true;
    buffer_init(&detail);
    put_keys(&detail, index);
    put_options(&detail, index);
    return add_index(catalog, collection, name != NULL ? name : "unnamed", &detail, error);
}

static bool describe_indexes(struct catalog *catalog, const char *collection, const cJSON *metadata,
                             struct error *error)
{
    const cJSON *index, *options = member(metadata, "options");
    const cJSON *clustered = member(options, "clusteredIndex");
    const cJSON *seconds = member(options, "expireAfterSeconds");
    bool ok = true;
    cJSON_ArrayForEach(index, member(metadata, "indexes")) ok =
        ok && describe_index(catalog, collection, index, error);
    if (!ok || clustered == NULL || seconds == NULL)
        return ok;
    struct buffer detail;
    buffer_init(&detail);
    put_keys(&detail, clustered);
    buffer_puts(&detail, "; clustered; ttl");
    put_seconds(&detail, seconds);
    return add_index(catalog, collection, "clustered index", &detail, error);
}

/* ---- options of a collection ---------------------------------------------------------------- */

static void put_validator(struct buffer *text, const cJSON *options)
{
    const char *action = cJSON_GetStringValue(member(options, "validationAction"));
    const char *level = cJSON_GetStringValue(member(options, "validationLevel"));
    if (action != NULL)
        buffer_printf(text, "%s ", action);
    if (level != NULL)
        buffer_printf(text, "%s ", level);
    put_json(text, member(options, "validator"));
}

static void put_capped(struct buffer *text, const cJSON *options)
{
    buffer_puts(text, "at most ");
    put_number(text, member(options, "size"));
    buffer_puts(text, " bytes");
    if (cJSON_IsNumber(member(options, "max"))) {
        buffer_puts(text, ", ");
        put_number(text, member(options, "max"));
        buffer_puts(text, " documents");
    }
}

static void put_time_series(struct buffer *text, const cJSON *options)
{
    static const char *const members[][2] = {
        {"timeField", "time"}, {"metaField", "meta"}, {"granularity", "granularity"}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *word =
            cJSON_GetStringValue(member(member(options, "timeseries"), members[i][0]));
        if (word != NULL)
            buffer_printf(text, "%s%s %s", text->length > 0 ? ", " : "", members[i][1], word);
    }
    if (member(options, "expireAfterSeconds") != NULL) {
        buffer_puts(text, "; ttl");
        put_seconds(text, member(options, "expireAfterSeconds"));
    }
}

static void put_collection_collation(struct buffer *text, const cJSON *options)
{
    put_locale(text, member(options, "collation"));
}

static void put_encrypted(struct buffer *text, const cJSON *options)
{
    put_json(text, member(options, "encryptedFields"));
}

static const struct {
    const char *option, *kind;
    void (*put)(struct buffer *text, const cJSON *options);
} collection_options[] = {
    {"validator", "validator", put_validator},
    {"capped", "capped", put_capped},
    {"timeseries", "time-series", put_time_series},
    {"collation", "collation", put_collection_collation},
    {"encryptedFields", "encrypted fields", put_encrypted},
};

static bool says_something(const cJSON *value)
{
    return cJSON_IsObject(value) ? value->child != NULL : is_set(value);
}

static bool describe_options(struct catalog *catalog, const char *collection, const cJSON *options,
                             struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof collection_options / sizeof collection_options[0]; i++) {
        if (!says_something(member(options, collection_options[i].option)))
            continue;
        struct buffer detail;
        buffer_init(&detail);
        collection_options[i].put(&detail, options);
        ok = end(catalog, collection_options[i].kind, collection, collection, &detail, error);
    }
    return ok;
}

static bool describe_view(struct catalog *catalog, const char *name, const cJSON *options,
                          struct error *error)
{
    const char *of = cJSON_GetStringValue(member(options, "viewOn"));
    struct buffer detail;
    buffer_init(&detail);
    if (of != NULL)
        buffer_printf(&detail, "of %s", of);
    if (member(options, "pipeline") != NULL) {
        buffer_puts(&detail, detail.length > 0 ? ": " : "");
        put_json(&detail, member(options, "pipeline"));
    }
    return end(catalog, "view", name, NULL, &detail, error);
}

static bool describe_system(struct catalog *catalog, const char *name, struct error *error)
{
    size_t i = 0;
    while (systems[i].prefix ? !begins(name, systems[i].name) : strcmp(name, systems[i].name) != 0)
        if (++i == sizeof systems / sizeof systems[0])
            return catalog_object_add(catalog, "system collection", name, NULL, NULL, error);
    return systems[i].detail == NULL ||
           catalog_object_add(catalog, "system collection", name, NULL, systems[i].detail, error);
}

bool beside_describe(struct catalog *catalog, const char *name, enum mongodb_kind kind,
                     cJSON *metadata, struct error *error)
{
    const cJSON *options = member(metadata, "options");
    simplify(metadata);
    switch (kind) {
    case MONGODB_VIEW:
        return describe_view(catalog, name, options, error);
    case MONGODB_SYSTEM:
        return describe_system(catalog, name, error);
    case MONGODB_TIME_SERIES:
        if (!says_something(member(options, "timeseries")) &&
            !catalog_object_add(catalog, "time-series", name, name, NULL, error))
            return false;
        break;
    case MONGODB_COLLECTION:
        break;
    }
    return describe_options(catalog, name, options, error) &&
           validator_describe(catalog, name, options, error) &&
           describe_indexes(catalog, name, metadata, error);
}

/* The bucket goes with the entity of its files. */
static bool add_bucket(struct catalog *catalog, const char *of_files, struct error *error)
{
    int length = (int)(strlen(of_files) - strlen(files));
    struct buffer name, of_chunks, detail;
    buffer_init(&name);
    buffer_init(&of_chunks);
    buffer_init(&detail);
    buffer_printf(&name, "%.*s", length, of_files);
    buffer_printf(&of_chunks, "%.*s%s", length, of_files, chunks);
    buffer_printf(&detail, "files in %s, their content in %s", of_files, buffer_text(&of_chunks));
    bool ok = buffer_ok(&name, error) && buffer_ok(&of_chunks, error);
    if (ok && catalog_find(catalog, buffer_text(&of_chunks)) != NULL)
        ok = end(catalog, "GridFS bucket", buffer_text(&name), of_files, &detail, error);
    else
        buffer_release(&detail);
    buffer_release(&name);
    buffer_release(&of_chunks);
    return ok;
}

bool beside_buckets(struct catalog *catalog, struct error *error)
{
    for (size_t i = 0; i < catalog->entity_count; i++) {
        const char *name = catalog->entities[i].name;
        size_t length = strlen(name), tail = strlen(files);
        if (length > tail && strcmp(name + length - tail, files) == 0 &&
            !add_bucket(catalog, name, error))
            return false;
    }
    return true;
}
