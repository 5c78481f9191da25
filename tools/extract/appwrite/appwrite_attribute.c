#include "appwrite_attribute.h"
#include "appwrite_collection.h"
#include "appwrite_guard.h"
#include "graduate/file.h"
#include "graduate/json_bson.h"

#include <limits.h>
#include <string.h>

enum { LARGEST_SCHEMA = 64 << 20 };

const char appwrite_relationship[] = "relationship";
const char *const appwrite_schemas[APPWRITE_SCHEMAS] = {"schema.json", "appwrite.config.json",
                                                        "appwrite.json"};

static const char *text_or(const bson_t *object, const char *key, const char *otherwise)
{
    const char *text = json_bson_text(object, key);
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

static bool is_true(const bson_t *object, const char *key)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, object, key) && BSON_ITER_HOLDS_BOOL(&at) &&
           bson_iter_bool(&at);
}

const char *appwrite_attribute_opens(const bson_t *attribute)
{
    if (strcmp(text_or(attribute, "type", ""), appwrite_relationship) != 0 ||
        is_true(attribute, "twoWay"))
        return NULL;
    const char *table = json_bson_text(attribute, "relatedTable");
    return table != NULL ? table : json_bson_text(attribute, "relatedCollection");
}

static bool add_elements(struct catalog_column *column, const bson_t *attribute)
{
    bson_t elements;
    bson_iter_t at;
    bool ok = true;
    if (json_bson_array(attribute, "elements", &elements) && bson_iter_init(&at, &elements))
        while (ok && bson_iter_next(&at))
            ok = !BSON_ITER_HOLDS_UTF8(&at) ||
                 catalog_names_add(&column->elements, bson_iter_utf8(&at, NULL));
    return ok;
}

bool appwrite_attribute_add(struct catalog_entity *entity, const bson_t *attribute,
                            struct error *error)
{
    struct buffer word;
    bson_iter_t at;
    buffer_init(&word);
    /* An e-mail address, an enum and their like are strings with a format. */
    buffer_puts(&word, text_or(attribute, "format", text_or(attribute, "type", "")));
    if (is_true(attribute, "array"))
        buffer_puts(&word, "[]");
    struct catalog_column *column =
        word.failed ? NULL
                    : catalog_column_add(entity, text_or(attribute, "key", ""), buffer_text(&word));
    buffer_release(&word);
    if (column == NULL)
        return error_memory(error);
    column->not_null = is_true(attribute, "required");
    if (bson_iter_init_find(&at, attribute, "size") && BSON_ITER_HOLDS_INT(&at))
        column->size = bson_iter_as_int64(&at);
    return add_elements(column, attribute) || error_memory(error);
}

/* ---- an export's schema.json ------------------------------------------------------------------
 */

struct description {
    struct catalog *catalog;
    const char *only; /* database, or NULL */
    const char *database;
    bool off; /* the database is switched off */
};

static bool name_of(const struct description *description, const char *collection,
                    struct buffer *name, struct error *error)
{
    appwrite_collection_name(description->database, collection, description->only == NULL, name);
    return buffer_ok(name, error);
}

static struct catalog_entity *entity_of(const struct description *description, const char *name)
{
    for (size_t i = 0; i < description->catalog->entity_count; i++)
        if (strcmp(description->catalog->entities[i].name, name) == 0)
            return &description->catalog->entities[i];
    return NULL;
}

/* Databases of either kind call it so or so. */
static bool list_of(const bson_t *object, const char *key, const char *other, bson_t *list)
{
    return json_bson_array(object, key, list) || json_bson_array(object, other, list);
}

static bool describe(const struct description *description, const bson_t *collection,
                     struct error *error)
{
    struct buffer name;
    bson_t list, attribute;
    bson_iter_t at;
    buffer_init(&name);
    bool ok = name_of(description, text_or(collection, "$id", ""), &name, error);
    struct catalog_entity *entity = ok ? entity_of(description, buffer_text(&name)) : NULL;
    ok = ok && (entity == NULL || appwrite_guard_read(collection, description->off, entity, error));
    if (ok && entity != NULL && list_of(collection, "attributes", "columns", &list) &&
        bson_iter_init(&at, &list)) {
        entity->closed = true;
        while (ok && bson_iter_next(&at))
            ok = !json_bson_view(&at, &attribute) || !appwrite_collection_holds(&attribute) ||
                 appwrite_attribute_add(entity, &attribute, error);
    }
    buffer_release(&name);
    return ok;
}

/* Behind all of them: another collection may say that this one's documents hold more. */
static bool open_related(const struct description *description, const bson_t *collection,
                         struct error *error)
{
    struct buffer name;
    bson_t list, attribute;
    bson_iter_t at;
    bool ok = true;
    if (!list_of(collection, "attributes", "columns", &list) || !bson_iter_init(&at, &list))
        return true;
    buffer_init(&name);
    while (ok && bson_iter_next(&at)) {
        const char *related =
            json_bson_view(&at, &attribute) ? appwrite_attribute_opens(&attribute) : NULL;
        ok = related == NULL || name_of(description, related, &name, error);
        struct catalog_entity *entity =
            ok && related != NULL ? entity_of(description, buffer_text(&name)) : NULL;
        if (entity != NULL)
            entity->closed = false;
    }
    buffer_release(&name);
    return ok;
}

typedef bool (*visit_function)(const struct description *description, const bson_t *collection,
                               struct error *error);

/* Among the databases that stand beside their collections. */
static bool is_off(const bson_t *schema, const char *key, const char *database)
{
    bson_t databases, model;
    bson_iter_t at;
    bool off = false;
    if (!json_bson_array(schema, key, &databases) || !bson_iter_init(&at, &databases))
        return false;
    while (!off && bson_iter_next(&at))
        off = json_bson_view(&at, &model) && appwrite_guard_is_off(&model) &&
              strcmp(text_or(&model, "$id", ""), database) == 0;
    return off;
}

static bool visit_list(struct description *description, const bson_t *of, visit_function visit,
                       const char *key, struct error *error)
{
    bson_t collections, collection;
    bson_iter_t at;
    bool ok = true, whole = description->database == NULL;
    if (!json_bson_array(of, key, &collections) || !bson_iter_init(&at, &collections))
        return true;
    while (ok && bson_iter_next(&at)) {
        if (!json_bson_view(&at, &collection))
            continue;
        if (whole) {
            description->database = text_or(&collection, "databaseId", "");
            description->off = is_off(of, "databases", description->database) ||
                               is_off(of, "tablesDB", description->database);
        }
        if (description->only == NULL || strcmp(description->only, description->database) == 0)
            ok = visit(description, &collection, error);
    }
    if (whole) {
        description->database = NULL;
        description->off = false;
    }
    return ok;
}

static bool visit_both(struct description *description, const bson_t *of, visit_function visit,
                       struct error *error)
{
    return visit_list(description, of, visit, "collections", error) &&
           visit_list(description, of, visit, "tables", error);
}

static bool visit_databases(struct description *description, const bson_t *schema,
                            visit_function visit, const char *key, struct error *error)
{
    bson_t databases, database;
    bson_iter_t at;
    bool ok = true;
    if (json_bson_array(schema, key, &databases) && bson_iter_init(&at, &databases))
        while (ok && bson_iter_next(&at)) {
            if (!json_bson_view(&at, &database))
                continue;
            description->database = text_or(&database, "$id", "");
            description->off = appwrite_guard_is_off(&database);
            ok = visit_both(description, &database, visit, error);
        }
    description->database = NULL;
    description->off = false;
    return ok;
}

/* The collections inside their databases, as a server shows them; and beside them, as the command
 * line of Appwrite writes them: the older ones, and those of TablesDB, in lists of their own. */
static bool each_collection(struct description *description, const bson_t *schema,
                            visit_function visit, struct error *error)
{
    return visit_databases(description, schema, visit, "databases", error) &&
           visit_databases(description, schema, visit, "tablesDB", error) &&
           visit_both(description, schema, visit, error);
}

static bool unreadable(const char *path, struct error *error)
{
    struct error why = *error;
    error_set(error, ERROR_SOURCE, "%s: %s", path, why.message);
    return error_hint(error, "correct it; or take it out of the folder: then the mappings are not "
                             "compared with it");
}

bool appwrite_schema_read(const char *folder, const char *database, struct catalog *catalog,
                          struct error *error)
{
    struct description description = {.catalog = catalog, .only = database};
    char path[PATH_MAX];
    struct buffer text;
    bson_t schema = BSON_INITIALIZER;
    bool there = false;
    for (size_t i = 0; !there && i < APPWRITE_SCHEMAS; i++) {
        if (!file_join(path, sizeof path, folder, appwrite_schemas[i], error))
            return false;
        there = file_exists(path);
    }
    if (!there)
        return true;
    buffer_init(&text);
    bool ok = file_read(path, LARGEST_SCHEMA, ERROR_SOURCE, &text, error);
    if (ok && !json_bson_parse(buffer_text(&text), text.length, &schema, NULL, error))
        ok = unreadable(path, error);
    ok = ok && each_collection(&description, &schema, describe, error) &&
         each_collection(&description, &schema, open_related, error);
    bson_destroy(&schema);
    buffer_release(&text);
    return ok;
}
