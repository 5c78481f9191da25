#include "appwrite_catalog.h"
#include "appwrite_attribute.h"
#include "appwrite_collection.h"
#include "appwrite_guard.h"
#include "appwrite_pager.h"
#include "graduate/message.h"
#include "graduate/json_bson.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct survey {
    struct appwrite_api api;
    const char *database; /* the only one, or NULL */
    struct catalog *catalog;
    bool off; /* the database at hand is switched off */
    struct catalog_names opened; /* entities whose documents may hold more than attributes say */
    bool files;                  /* some bucket has any */
    int64_t file_count;          /* of all of them; -1: unknown */
};

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

/* The texts of an array, with commas between them. */
static void put_list(const bson_t *object, const char *key, struct buffer *out)
{
    bson_t array;
    bson_iter_t at;
    bool first = true;
    if (!json_bson_array(object, key, &array) || !bson_iter_init(&at, &array))
        return;
    while (bson_iter_next(&at)) {
        if (!BSON_ITER_HOLDS_UTF8(&at))
            continue;
        buffer_printf(out, "%s%s", first ? "" : ", ", bson_iter_utf8(&at, NULL));
        first = false;
    }
}

/* An object that is called "PART on ENTITY"; the detail is the caller's. */
static bool add_part(struct survey *survey, const char *kind, const char *part, const char *entity,
                     struct buffer *detail, struct error *error)
{
    struct buffer name;
    buffer_init(&name);
    buffer_printf(&name, "%s on %s", part, entity);
    bool ok = buffer_ok(&name, error) && buffer_ok(detail, error) &&
              catalog_object_add(survey->catalog, kind, buffer_text(&name), entity,
                                 buffer_text(detail), error);
    buffer_release(&name);
    return ok;
}

static bool is_available(const bson_t *object)
{
    return strcmp(text_or(object, "status", ""), "available") == 0;
}

static void put_status(const bson_t *object, struct buffer *detail)
{
    buffer_printf(detail, "%s: %s", text_or(object, "status", "no status"),
                  text_or(object, "error", "no error is told"));
}

/* Attributes. */

static bool add_relation(struct survey *survey, const char *entity, const bson_t *attribute,
                         struct error *error)
{
    struct buffer detail;
    buffer_init(&detail);
    buffer_printf(&detail, "%s with %s, the %s's side", text_or(attribute, "relationType", "?"),
                  text_or(attribute, "relatedCollection", "?"),
                  text_or(attribute, "side", "parent"));
    if (is_true(attribute, "twoWay"))
        buffer_printf(&detail, ", there called %s", text_or(attribute, "twoWayKey", "?"));
    buffer_printf(&detail, ", on delete %s", text_or(attribute, "onDelete", "?"));
    bool ok =
        add_part(survey, "relationship", text_or(attribute, "key", "?"), entity, &detail, error);
    buffer_release(&detail);
    return ok;
}

/* The far end of a relationship may be in documents of which no attribute tells it. */
static bool note_opened(struct survey *survey, const char *database, const bson_t *attribute,
                        struct error *error)
{
    const char *related = appwrite_attribute_opens(attribute);
    struct buffer name;
    if (related == NULL)
        return true;
    buffer_init(&name);
    appwrite_collection_name(database, related, survey->database == NULL, &name);
    bool ok = buffer_ok(&name, error) &&
              (catalog_names_add(&survey->opened, buffer_text(&name)) || error_memory(error));
    buffer_release(&name);
    return ok;
}

static bool add_attribute(struct survey *survey, const char *database,
                          struct catalog_entity *entity, const bson_t *attribute,
                          struct error *error)
{
    struct buffer detail;
    if (appwrite_collection_holds(attribute)) {
        bool relation = strcmp(text_or(attribute, "type", ""), appwrite_relationship) == 0;
        return appwrite_attribute_add(entity, attribute, error) &&
               note_opened(survey, database, attribute, error) &&
               (!relation || add_relation(survey, entity->name, attribute, error));
    }
    /* Attributes of any other status are listed, but hold nothing. */
    buffer_init(&detail);
    put_status(attribute, &detail);
    bool ok = add_part(survey, "failed attribute", text_or(attribute, "key", "?"), entity->name,
                       &detail, error);
    buffer_release(&detail);
    return ok;
}

static bool add_index(struct survey *survey, const char *entity, const bson_t *index,
                      struct error *error)
{
    struct buffer detail;
    buffer_init(&detail);
    bool available = is_available(index);
    buffer_printf(&detail, "%s of ", text_or(index, "type", "?"));
    put_list(index, "attributes", &detail);
    if (!available) {
        buffer_puts(&detail, "; ");
        put_status(index, &detail);
    }
    bool ok = add_part(survey, available ? "index" : "failed index", text_or(index, "key", "?"),
                       entity, &detail, error);
    buffer_release(&detail);
    return ok;
}

static bool add_permissions(struct survey *survey, const char *entity, const bson_t *collection,
                            struct error *error)
{
    struct buffer detail;
    buffer_init(&detail);
    put_list(collection, "$permissions", &detail);
    if (is_true(collection, "documentSecurity"))
        buffer_printf(&detail, "%sdocuments have their own", detail.length > 0 ? "; " : "");
    bool ok = buffer_ok(&detail, error) &&
              (detail.length == 0 || catalog_object_add(survey->catalog, "permissions", entity,
                                                        entity, buffer_text(&detail), error));
    buffer_release(&detail);
    return ok;
}

/* What a collection has of its own. */
static bool add_parts(struct survey *survey, const char *database, struct catalog_entity *entity,
                      const bson_t *collection, struct error *error)
{
    bson_t list, part;
    bson_iter_t at;
    bool ok = true;
    entity->closed = json_bson_array(collection, "attributes", &list);
    if (entity->closed && bson_iter_init(&at, &list))
        while (ok && bson_iter_next(&at))
            ok = !json_bson_view(&at, &part) ||
                 add_attribute(survey, database, entity, &part, error);
    if (ok && json_bson_array(collection, "indexes", &list) && bson_iter_init(&at, &list))
        while (ok && bson_iter_next(&at))
            ok = !json_bson_view(&at, &part) || add_index(survey, entity->name, &part, error);
    return ok && add_permissions(survey, entity->name, collection, error);
}

/* Lists, databases and collections. */

static bool not_listed(struct survey *survey, const char *what, const char *scope,
                       struct error *error)
{
    struct buffer detail;
    buffer_init(&detail);
    buffer_printf(&detail, "the API key lacks the scope %s", scope);
    message_warning("whether there are %s is unknown: %s", what, buffer_text(&detail));
    bool ok = buffer_ok(&detail, error) && catalog_object_add(survey->catalog, "not listed", what,
                                                              NULL, buffer_text(&detail), error);
    buffer_release(&detail);
    return ok;
}

static void set_count(struct catalog_entity *entity, int64_t count)
{
    entity->estimate = count;
    entity->exact = count >= 0;
}

static bool add_collection(struct survey *survey, const char *database, const bson_t *model,
                           struct error *error)
{
    struct appwrite_collection collection = {.model = BSON_INITIALIZER};
    struct buffer name;
    struct catalog_entity *entity = NULL;
    struct appwrite_figures figures;
    buffer_init(&name);
    appwrite_collection_name(database, text_or(model, "$id", ""), survey->database == NULL, &name);
    bool ok = buffer_ok(&name, error) &&
              (appwrite_collection_init(&collection, survey->database, buffer_text(&name)) ||
               error_memory(error));
    if (ok && catalog_find(survey->catalog, buffer_text(&name)) != NULL)
        ok = error_set(error, ERROR_SOURCE, "two collections would both be called \"%s\"",
                       buffer_text(&name));
    ok = ok &&
         appwrite_api_survey(&survey->api, &appwrite_documents, collection.documents, &figures,
                             error) &&
         ((entity = catalog_add(survey->catalog, buffer_text(&name))) != NULL ||
          error_memory(error));
    if (ok)
        set_count(entity, figures.count);
    ok = ok && appwrite_guard_read(model, survey->off, entity, error) &&
         add_parts(survey, database, entity, model, error);
    appwrite_collection_release(&collection);
    buffer_release(&name);
    return ok;
}

static bool add_collections(struct survey *survey, const char *database, struct error *error)
{
    struct appwrite_pager pager;
    struct buffer path;
    buffer_init(&path);
    buffer_puts(&path, appwrite_databases.path);
    appwrite_put_segment(&path, database);
    buffer_puts(&path, "/collections");
    bool ok = buffer_ok(&path, error);
    appwrite_pager_init(&pager, &survey->api, &appwrite_collections, buffer_text(&path));
    bson_t *collection = NULL;
    while (ok && (ok = appwrite_pager_next(&pager, &collection, error)) && collection != NULL)
        ok = add_collection(survey, database, collection, error);
    appwrite_pager_release(&pager);
    buffer_release(&path);
    return ok;
}

static bool add_databases(struct survey *survey, struct error *error)
{
    struct appwrite_pager pager;
    struct buffer others;
    buffer_init(&others);
    appwrite_pager_init(&pager, &survey->api, &appwrite_databases, appwrite_databases.path);
    bson_t *database = NULL;
    bool found = survey->database == NULL, ok;
    while ((ok = appwrite_pager_next(&pager, &database, error)) && database != NULL) {
        const char *id = pager.last;
        if (survey->database == NULL && strchr(id, '.') != NULL) {
            ok = error_set(error, ERROR_USAGE,
                           "the id of the database \"%s\" has a dot, so that "
                           "\"database.collection\" could mean two things",
                           id);
            error_hint(error, "name one \"database\" per Appwrite source in project.json");
        } else if (survey->database == NULL || strcmp(survey->database, id) == 0) {
            found = true;
            survey->off = appwrite_guard_is_off(database);
            ok = add_collections(survey, id, error);
        } else {
            buffer_printf(&others, "%s\"%s\"", others.length > 0 ? ", " : "", id);
        }
        if (!ok)
            break;
    }
    if (ok && !found) {
        ok = error_set(error, ERROR_SOURCE, "Appwrite has no database with the id \"%s\"",
                       survey->database);
        if (others.length > 0)
            error_hint(error, "look at \"database\" of this source in project.json; there are: %s",
                       buffer_text(&others));
        else
            error_hint(error, "look at \"database\" of this source in project.json");
    }
    appwrite_pager_release(&pager);
    buffer_release(&others);
    return ok;
}

/* Buckets and functions. */

static bool add_files(struct survey *survey, const char *bucket, struct error *error)
{
    struct buffer text;
    struct appwrite_figures figures = {.count = 0};
    buffer_init(&text);
    appwrite_put_owned(&text, appwrite_files, bucket);
    bool ok = buffer_ok(&text, error) && appwrite_api_survey(&survey->api, appwrite_files,
                                                             buffer_text(&text), &figures, error);
    int64_t count = figures.count;
    buffer_clear(&text);
    if (ok && figures.unseen) {
        buffer_printf(&text, "files of %s", bucket);
        ok = not_listed(survey, buffer_text(&text), appwrite_files->scope, error);
    } else if (ok && figures.any) {
        if (count >= 0)
            buffer_printf(&text, "%" PRId64 " files", count);
        else
            buffer_printf(&text, "%d files or more", APPWRITE_COUNT_CAP);
        ok = catalog_object_add(survey->catalog, "file", bucket, appwrite_files->name,
                                buffer_text(&text), error);
        survey->files = true;
        survey->file_count = count < 0 || survey->file_count < 0 ? -1 : survey->file_count + count;
    }
    buffer_release(&text);
    return ok;
}

static bool add_bucket(struct survey *survey, const bson_t *bucket, const char *id,
                       struct error *error)
{
    return catalog_object_add(survey->catalog, "bucket", id, appwrite_buckets->name,
                              json_bson_text(bucket, "name"), error) &&
           add_files(survey, id, error);
}

static bool add_function(struct survey *survey, const bson_t *function, const char *id,
                         struct error *error)
{
    return catalog_object_add(survey->catalog, "function", id, NULL,
                              json_bson_text(function, "name"), error);
}

/* An object per record of a list that the key may see. */
static bool each(struct survey *survey, const struct appwrite_list *list,
                 bool (*add)(struct survey *survey, const bson_t *record, const char *id,
                             struct error *error),
                 struct error *error)
{
    struct appwrite_pager pager;
    bson_t *record;
    bool ok;
    appwrite_pager_init(&pager, &survey->api, list, list->path);
    while ((ok = appwrite_pager_next(&pager, &record, error)) && record != NULL)
        if (!(ok = add(survey, record, pager.last, error)))
            break;
    appwrite_pager_release(&pager);
    return ok;
}

static bool add_entity(struct survey *survey, const char *name, int64_t count, struct error *error)
{
    struct catalog_entity *entity = catalog_add(survey->catalog, name);
    if (entity == NULL)
        return error_memory(error);
    set_count(entity, count);
    return true;
}

/* Memberships are counted by nobody. Where none of the first teams has a member that has accepted,
 * whoever reads the teams will see. */
static bool add_memberships(struct survey *survey, bool seen, struct error *error)
{
    struct catalog_entity *memberships = catalog_add(survey->catalog, appwrite_memberships->name);
    if (memberships != NULL && !seen)
        memberships->shown_by = strdup(appwrite_teams->name);
    return (memberships != NULL && (seen || memberships->shown_by != NULL)) || error_memory(error);
}

static bool add_list(struct survey *survey, const struct appwrite_list *list, struct error *error)
{
    struct appwrite_figures figures;
    if (list->owner != NULL) /* it went with the list before */
        return true;
    if (!appwrite_api_survey(&survey->api, list, list->path, &figures, error))
        return false;
    if (figures.unseen)
        return not_listed(survey,
                          list == appwrite_teams ? "teams and their memberships" : list->name,
                          list->scope, error);
    if (list->optional && !figures.any)
        return true;
    if (!add_entity(survey, list->name, figures.count, error))
        return false;
    if (list == appwrite_teams)
        return add_memberships(survey, figures.members, error);
    if (list != appwrite_buckets)
        return true;
    return each(survey, list, add_bucket, error) &&
           (!survey->files ||
            add_entity(survey, appwrite_files->name, survey->file_count, error));
}

static bool add_functions(struct survey *survey, struct error *error)
{
    struct appwrite_figures figures;
    if (!appwrite_api_survey(&survey->api, &appwrite_functions, appwrite_functions.path, &figures,
                             error))
        return false;
    if (figures.unseen)
        return not_listed(survey, appwrite_functions.name, appwrite_functions.scope, error);
    return !figures.any || each(survey, &appwrite_functions, add_function, error);
}

static void open_related(struct survey *survey)
{
    for (size_t i = 0; i < survey->opened.count; i++) {
        for (size_t e = 0; e < survey->catalog->entity_count; e++) {
            struct catalog_entity *entity = &survey->catalog->entities[e];
            if (strcmp(entity->name, survey->opened.items[i]) == 0)
                entity->closed = false;
        }
        free(survey->opened.items[i]);
    }
    free(survey->opened.items);
}

bool appwrite_catalog(const struct endpoint *endpoint, struct catalog *catalog, struct error *error)
{
    struct survey survey = {.database = endpoint->source->database, .catalog = catalog};
    if (!appwrite_api_open(&survey.api, endpoint, error))
        return false;
    if (survey.api.exposed)
        message_warning("%s is not encrypted: the API key can be read on the way", survey.api.base);
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[SOURCE_APPWRITE]);
    catalog->version = strdup(survey.api.version);
    bool ok = (catalog->source != NULL && catalog->kind != NULL && catalog->version != NULL) ||
              error_memory(error);
    for (size_t i = 0; ok && i < APPWRITE_LISTS; i++)
        ok = add_list(&survey, &appwrite_lists[i], error);
    ok = ok && add_databases(&survey, error) && add_functions(&survey, error);
    open_related(&survey);
    appwrite_api_release(&survey.api);
    return ok;
}
