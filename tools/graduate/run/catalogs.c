#include "catalogs.h"
#include "figures.h"
#include "member.h"
#include "pipeline.h"

#include "graduate/buffer.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/message.h"
#include "graduate/postgres.h"
#include "graduate/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Do its mappings need to know what its tables are made of, or who may what of them? */
static bool is_described(const struct project *project, const struct source *source)
{
    bool mapped = false;
    for (size_t m = 0; m < project->mapping_count; m++)
        mapped = mapped || project->mappings[m]->source == source;
    return mapped && (source->kind == SOURCE_POSTGRES || project_access(project, source) != NULL);
}

static bool begin(struct catalogs *catalogs, const struct project *project, struct error *error)
{
    *catalogs = (struct catalogs){
        .items = calloc(project->source_count + 1, sizeof *catalogs->items),
    };
    return catalogs->items != NULL || error_memory(error);
}

static bool file_of(const struct folder *folder, const struct source *source, char out[PATH_MAX],
                    struct error *error)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "catalog/%s.json", source->name);
    return folder_file(folder, name, out, error);
}

/* Add the catalog that `json` holds. */
static bool take(struct catalogs *catalogs, const struct source *source, const cJSON *json,
                 const char *name, struct error *error)
{
    struct catalog *catalog = &catalogs->items[catalogs->count];
    catalog_init(catalog);
    catalogs->count++;
    if (!catalog_from_json(json, name, catalog, error))
        return false;
    if (strcmp(catalog->source, source->name) != 0)
        return error_set(error, ERROR_USAGE, "%s: /source: this is the catalog of %s, not of %s",
                         name, catalog->source, source->name);
    return true;
}

/* Not of the founder's making, whatever the parser says. */
static bool strange_answer(struct error *error)
{
    error->code = ERROR_BUG;
    return error_hint(error, "graduate-extract printed it; the programs may be of two versions");
}

/* What graduate-extract says of a source, by the option; the text, and as JSON. */
static bool ask_extractor(const struct project *project, const struct source *source,
                          const char *option, int64_t first, struct supervisor *supervisor,
                          struct buffer *text, cJSON **json, struct error *error)
{
    struct arguments arguments;
    char name[256], number[24];
    snprintf(number, sizeof number, "%" PRId64, first);
    arguments_init(&arguments, "graduate-extract");
    arguments_add(&arguments, "--project", project->folder, "--source", source->name, option, NULL);
    if (first > 0)
        arguments_add(&arguments, "--first", number, NULL);
    snprintf(name, sizeof name, "what source %s says to %s", source->name, option);
    return pipeline_capture(supervisor, &arguments, 1, PROCESS_NOTHING, text, error) &&
           (json_parse(buffer_text(text), text->length, name, json, error) ||
            strange_answer(error));
}

static bool ask(struct catalogs *catalogs, const struct project *project,
                const struct source *source, int64_t first, const struct folder *folder,
                struct supervisor *supervisor, struct error *error)
{
    struct buffer text;
    char name[256], path[PATH_MAX];
    cJSON *json = NULL;
    buffer_init(&text);
    snprintf(name, sizeof name, "the catalog of source %s", source->name);
    bool ok = ask_extractor(project, source, "--catalog", first, supervisor, &text, &json, error) &&
              (take(catalogs, source, json, name, error) || strange_answer(error));
    if (ok && folder != NULL)
        ok = file_of(folder, source, path, error) &&
             file_replace(path, text.data, text.length, error);
    cJSON_Delete(json);
    buffer_release(&text);
    return ok;
}

bool catalogs_ask(struct catalogs *catalogs, const struct project *project, bool kept_only,
                  const struct folder *folder, struct supervisor *supervisor, struct error *error)
{
    bool ok = begin(catalogs, project, error);
    for (size_t i = 0; ok && i < project->source_count; i++)
        if (!kept_only || is_described(project, &project->sources[i]))
            ok = ask(catalogs, project, &project->sources[i], 0, folder, supervisor, error);
    if (!ok)
        catalogs_release(catalogs);
    return ok;
}

bool catalogs_look(struct catalogs *catalogs, const struct project *project, int64_t first,
                   struct supervisor *supervisor, struct error *error)
{
    bool ok = begin(catalogs, project, error);
    for (size_t i = 0; ok && i < project->source_count; i++)
        ok = ask(catalogs, project, &project->sources[i], first, NULL, supervisor, error);
    if (!ok)
        catalogs_release(catalogs);
    return ok;
}

static bool lacks_estimate(const struct catalog *catalog, const struct project *project)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        if (strcmp(mapping->source->name, catalog->source) != 0)
            continue;
        const struct catalog_entity *entity = catalog_find(catalog, mapping->from);
        if (entity != NULL && entity->estimate < 0)
            return true;
    }
    return false;
}

static void take_counts(struct catalog *catalog, const cJSON *counted)
{
    for (size_t i = 0; i < catalog->entity_count; i++) {
        struct catalog_entity *entity = &catalog->entities[i];
        const cJSON *item = member_find(member(counted, "entities"), "from", entity->name);
        if (item != NULL && entity->estimate < 0)
            entity->estimate = member_count(item, "records");
    }
}

/* PostgreSQL counts by itself, and an export lies here. */
static bool counts_cheaply(const struct catalog *catalog)
{
    return strcmp(catalog->kind, source_kind_names[SOURCE_POSTGRES]) == 0 ||
           (catalog->version != NULL && strcmp(catalog->version, "export") == 0);
}

bool catalogs_count(struct catalogs *catalogs, const struct project *project, bool cheap,
                    struct supervisor *supervisor, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < catalogs->count; i++) {
        struct catalog *catalog = &catalogs->items[i];
        struct buffer text;
        cJSON *json = NULL;
        if (!lacks_estimate(catalog, project) || (cheap && !counts_cheaply(catalog)))
            continue;
        buffer_init(&text);
        if (ask_extractor(project, project_source(project, catalog->source), "--count", 0,
                          supervisor, &text, &json, error))
            take_counts(catalog, json);
        else if (supervisor->interrupted != 0)
            ok = false;
        else
            message_warning("source %s cannot be counted: %s", catalog->source, error->message);
        cJSON_Delete(json);
        buffer_release(&text);
    }
    return ok;
}

bool catalogs_read(struct catalogs *catalogs, const struct project *project,
                   const struct folder *folder, bool *all, struct error *error)
{
    bool ok = begin(catalogs, project, error);
    *all = true;
    for (size_t i = 0; ok && *all && i < project->source_count; i++) {
        char path[PATH_MAX];
        cJSON *json = NULL;
        ok = file_of(folder, &project->sources[i], path, error);
        *all = ok && file_exists(path);
        if (!ok || !*all)
            break;
        ok = json_read_file(path, &json, error) &&
             take(catalogs, &project->sources[i], json, path, error);
        if (!ok)
            error_hint(error, "remove the file, and the run asks the source again");
        cJSON_Delete(json);
    }
    if (!ok || !*all)
        catalogs_release(catalogs);
    return ok;
}

/* Put the collection or table that `fresh` has of that name in the place of the one in `kept`. */
static bool replace_entity(cJSON *kept, const cJSON *fresh, const struct mapping *mapping,
                           struct error *error)
{
    cJSON *entities = cJSON_GetObjectItemCaseSensitive(kept, "entities");
    const cJSON *now = member_find(member(fresh, "entities"), "name", mapping->from);
    if (now == NULL)
        return error_set(error, ERROR_SOURCE, "the source %s has no %s any more",
                         mapping->source->name, mapping->from) ||
               error_hint(error, "bring it back as it was; or, when this is meant, begin anew: "
                                 "graduate undo --run-dir DIR");
    for (int i = 0; i < cJSON_GetArraySize(entities); i++)
        if (strcmp(member_text(cJSON_GetArrayItem(entities, i), "name"), mapping->from) == 0)
            return cJSON_ReplaceItemInArray(entities, i, cJSON_Duplicate(now, true)) ||
                   error_memory(error);
    return cJSON_AddItemToArray(entities, cJSON_Duplicate(now, true)) || error_memory(error);
}

static bool renew(const struct project *project, const struct folder *folder,
                  const struct mapping *mapping, struct supervisor *supervisor, struct error *error)
{
    struct buffer text;
    char path[PATH_MAX];
    cJSON *fresh = NULL, *kept = NULL;
    buffer_init(&text);
    bool ok =
        ask_extractor(project, mapping->source, "--catalog", 0, supervisor, &text, &fresh, error) &&
        file_of(folder, mapping->source, path, error) && json_read_file(path, &kept, error) &&
        replace_entity(kept, fresh, mapping, error) && json_write_file(path, kept, error);
    cJSON_Delete(fresh);
    cJSON_Delete(kept);
    buffer_release(&text);
    return ok ? true : error_at(error, mapping->name, NULL, NULL);
}

bool catalogs_renew(struct catalogs *catalogs, const struct project *project,
                    const struct folder *folder, const struct words *entities,
                    struct supervisor *supervisor, struct error *error)
{
    bool all;
    for (size_t i = 0; i < entities->count; i++)
        if (!renew(project, folder, project_mapping(project, entities->items[i]), supervisor,
                   error))
            return false;
    catalogs_release(catalogs);
    return catalogs_read(catalogs, project, folder, &all, error);
}

void catalogs_release(struct catalogs *catalogs)
{
    for (size_t i = 0; i < catalogs->count; i++)
        catalog_release(&catalogs->items[i]);
    free(catalogs->items);
    *catalogs = (struct catalogs){0};
}

const struct catalog *catalogs_of(const struct catalogs *catalogs, const struct source *source)
{
    for (size_t i = 0; i < catalogs->count; i++)
        if (strcmp(catalogs->items[i].source, source->name) == 0)
            return &catalogs->items[i];
    return NULL;
}

const struct catalog_entity *catalogs_find(const struct catalogs *catalogs,
                                           const struct mapping *mapping)
{
    const struct catalog *catalog = catalogs_of(catalogs, mapping->source);
    return catalog != NULL ? catalog_find(catalog, mapping->from) : NULL;
}

/* ---- the strict rule ---------------------------------------------------------------------- */

static const char *nearest_entity(const struct catalog *catalog, const char *from)
{
    const char **names = calloc(catalog->entity_count + 1, sizeof *names);
    if (names == NULL)
        return NULL;
    for (size_t i = 0; i < catalog->entity_count; i++)
        names[i] = catalog->entities[i].name;
    const char *nearest = words_nearest(from, names, catalog->entity_count);
    free(names);
    return nearest;
}

/* Whether records of this source are looked for in files of JSON lines. */
static bool is_of_lines(const struct source *source, const struct catalog *catalog)
{
    return source->kind == SOURCE_APPWRITE && catalog->version != NULL &&
           strcmp(catalog->version, "export") == 0;
}

static bool missing_file(const struct catalog *catalog, const struct mapping *mapping,
                         struct error *error)
{
    struct buffer found;
    buffer_init(&found);
    for (size_t i = 0; i < catalog->entity_count; i++)
        buffer_printf(&found, "%s%s.jsonl", i > 0 ? ", " : "", catalog->entities[i].name);
    error_set(
        error, ERROR_USAGE, "%s: /from: the source %s has no %s: looked for %s.jsonl, and found %s",
        mapping->file, mapping->source->name, mapping->from, mapping->from, buffer_text(&found));
    buffer_release(&found);
    size_t length = strlen(mapping->from);
    for (size_t i = 0; i < catalog->object_count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        if (object->detail != NULL && strncmp(object->name, mapping->from, length) == 0 &&
            object->name[length] == '.')
            return error_hint(error, "there is %s: %s", object->name, object->detail);
    }
    return error_hint(error, mapping->source->database != NULL
                                 ? "correct \"from\", or name the file COLLECTION.jsonl"
                                 : "correct \"from\", or name the file DB.COLLECTION.jsonl, as "
                                   "project.json names no \"database\" for this source");
}

static bool is_there(const struct catalogs *catalogs, const struct mapping *mapping,
                     struct error *error)
{
    const struct catalog *catalog = catalogs_of(catalogs, mapping->source);
    if (catalog == NULL || catalog_find(catalog, mapping->from) != NULL)
        return true;
    if (is_of_lines(mapping->source, catalog))
        return missing_file(catalog, mapping, error);
    const char *nearest = nearest_entity(catalog, mapping->from);
    error_set(error, ERROR_USAGE, "%s: /from: the source %s has no %s%s%s%s", mapping->file,
              mapping->source->name, mapping->from, nearest != NULL ? "; did you mean \"" : "",
              nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    return error_hint(error, "correct \"from\", or remove the file if the source no longer has it");
}

/* The mapping whose `from` was most likely meant to be this. */
static const struct mapping *nearest_mapping(const struct project *project, const char *source,
                                             const char *from)
{
    const struct mapping *found = NULL;
    const char **names = calloc(project->mapping_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; names != NULL && i < project->mapping_count; i++)
        if (strcmp(project->mappings[i]->source->name, source) == 0)
            names[count++] = project->mappings[i]->from;
    const char *nearest = names != NULL ? words_nearest(from, names, count) : NULL;
    for (size_t i = 0; nearest != NULL && i < project->mapping_count; i++)
        if (project->mappings[i]->from == nearest)
            found = project->mappings[i];
    free(names);
    return found;
}

static bool one_unspoken(const struct project *project, const char *source, const char *from,
                         struct error *error)
{
    const struct mapping *nearest = nearest_mapping(project, source, from);
    error_set(error, ERROR_USAGE, "%s.%s is neither mapped nor left out", source, from);
    if (nearest != NULL)
        return error_hint(error,
                          "is it what %s reads as %s.%s? else map it, or add to \"left_out\" in "
                          "project.json: \"%s.%s\": \"why it stays behind\"",
                          nearest->file, source, nearest->from, source, from);
    return error_hint(error,
                      "map it, or add to \"left_out\" in project.json: "
                      "\"%s.%s\": \"why it stays behind\"",
                      source, from);
}

/* Two lines of an .env that were swapped would have the migration write into what it reads. */
static bool check_ends(const struct project *project, struct error *error)
{
    struct buffer target, uri;
    struct error unset;
    bool ok = true;
    buffer_init(&target);
    buffer_init(&uri);
    bool named = project_expand(project->target, &target, &unset) && !target.failed;
    for (size_t i = 0; named && ok && i < project->source_count; i++) {
        const struct source *source = &project->sources[i];
        buffer_clear(&uri);
        if (source->kind != SOURCE_POSTGRES || !project_expand(source->uri, &uri, &unset) ||
            uri.failed || !postgres_same_database(buffer_text(&target), buffer_text(&uri)))
            continue;
        ok = error_set(error, ERROR_REFUSED, "the target and the source %s are the same database",
                       source->name);
        error_hint(error, "correct the URI of one of them: two lines of .env may have been "
                          "swapped; nothing was touched");
    }
    buffer_release(&target);
    buffer_release(&uri);
    return ok;
}

/* What nobody speaks for: how large each is, and lines to be pasted. */
struct unspoken {
    struct buffer names, lines;
    size_t count;
    const char *source, *from; /* of the first */
};

static void note_unspoken(struct unspoken *unspoken, const char *source,
                          const struct catalog_entity *entity)
{
    char records[FIGURE_SIZE], bytes[FIGURE_SIZE];
    const char *between = unspoken->count > 0 ? ", " : "";
    if (unspoken->count++ == 0) {
        unspoken->source = source;
        unspoken->from = entity->name;
    }
    buffer_printf(&unspoken->names, "%s%s.%s (%s records, %s)", between, source, entity->name,
                  figure_count(entity->estimate, records), figure_bytes(entity->bytes, bytes));
    buffer_printf(&unspoken->lines, "%s\"%s.%s\": \"why it stays behind\"", between, source,
                  entity->name);
}

/* By a mapping whose "from" is not there, and which is told anyway. */
static bool is_meant(const struct catalog *catalog, const struct project *project, const char *name)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        if (strcmp(mapping->source->name, catalog->source) != 0 ||
            catalog_find(catalog, mapping->from) != NULL)
            continue;
        const char *nearest = nearest_entity(catalog, mapping->from);
        if (nearest != NULL && strcmp(nearest, name) == 0)
            return true;
    }
    return false;
}

/* It may be nothing, which another entity shows when it is read. */
static bool shows_later(const struct project *project, const char *source,
                        const struct catalog_entity *entity)
{
    for (size_t i = 0; entity->shown_by != NULL && i < project->mapping_count; i++)
        if (strcmp(project->mappings[i]->source->name, source) == 0 &&
            strcmp(project->mappings[i]->from, entity->shown_by) == 0)
            return true;
    return false;
}

static bool all_spoken_for(const struct catalogs *catalogs, const struct project *project,
                           struct error *error)
{
    struct unspoken unspoken = {0};
    buffer_init(&unspoken.names);
    buffer_init(&unspoken.lines);
    for (size_t c = 0; c < catalogs->count; c++)
        for (size_t e = 0; e < catalogs->items[c].entity_count; e++) {
            const struct catalog *catalog = &catalogs->items[c];
            const char *name = catalog->entities[e].name;
            if (!shows_later(project, catalog->source, &catalog->entities[e]) &&
                !project_speaks_for(project, catalog->source, name) &&
                !is_meant(catalog, project, name))
                note_unspoken(&unspoken, catalog->source, &catalog->entities[e]);
        }
    bool ok = unspoken.count == 0;
    if (unspoken.count == 1) {
        one_unspoken(project, unspoken.source, unspoken.from, error);
    } else if (!ok) {
        error_set(error, ERROR_USAGE,
                  "%zu collections and tables are neither mapped nor left out: %s", unspoken.count,
                  buffer_text(&unspoken.names));
        error_hint(error, "map them, or add to \"left_out\" in project.json: %s",
                   buffer_text(&unspoken.lines));
    }
    buffer_release(&unspoken.names);
    buffer_release(&unspoken.lines);
    return ok;
}

bool catalogs_check(const struct catalogs *catalogs, const struct project *project,
                    struct error *error)
{
    struct errors errors = {0};
    if (!check_ends(project, error))
        return false;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (!is_there(catalogs, project->mappings[i], error) && !errors_add(&errors, error))
            return false;
    if (!all_spoken_for(catalogs, project, error) && !errors_add(&errors, error))
        return false;
    return errors_give(&errors, error);
}

bool catalogs_check_mappings(const char *folder, const struct project *project, const char *entity,
                             struct supervisor *supervisor, struct error *error)
{
    struct arguments arguments;
    arguments_init(&arguments, "graduate-transform");
    arguments_add(&arguments, "--project", project->folder, "--check", "--catalogs", folder, NULL);
    if (entity != NULL)
        arguments_add(&arguments, "--entity", entity, NULL);
    return pipeline_run(supervisor, &arguments, 1, NULL, NULL, error);
}
