#include "trial.h"
#include "filters.h"
#include "hex_ids.h"
#include "member.h"
#include "pipeline.h"
#include "unmet.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the catalogs, where the programs look for them -------------------------------------------
 */

static bool catalog_file(const struct trial *trial, const struct catalog *catalog,
                         char out[PATH_MAX], struct error *error)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s.json", catalog->source);
    return file_join(out, PATH_MAX, trial->scratch, name, error);
}

static bool write_catalogs(const struct trial *trial, const struct project *project,
                           const struct catalogs *catalogs, struct error *error)
{
    char tables[PATH_MAX];
    bool ok =
        file_join(tables, sizeof tables, trial->scratch, TARGET_TABLES, error) &&
        (project->target_tables == NULL || json_write_file(tables, project->target_tables, error));
    for (size_t i = 0; ok && i < catalogs->count; i++) {
        char path[PATH_MAX];
        cJSON *json = catalog_to_json(&catalogs->items[i]);
        ok = json != NULL || error_memory(error);
        ok = ok && catalog_file(trial, &catalogs->items[i], path, error) &&
             json_write_file(path, json, error);
        cJSON_Delete(json);
    }
    return ok;
}

/* ---- what graduate-check printed --------------------------------------------------------------
 */

static bool take_paths(struct account *account, const char *entity, const cJSON *paths)
{
    const cJSON *json;
    size_t more = (size_t)cJSON_GetArraySize(paths);
    struct account_path *grown =
        realloc(account->paths, (account->path_count + more + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    account->paths = grown;
    cJSON_ArrayForEach(json, paths)
    {
        struct account_path *path = &account->paths[account->path_count++];
        *path = (struct account_path){.entity = strdup(entity),
                                      .path = strdup(member_text(json, "path"))};
        if (path->entity == NULL || path->path == NULL)
            return false;
        for (size_t fate = 0; fate < FATE_COUNT; fate++)
            path->values[fate] = member_count(json, fate_names[fate]);
    }
    return true;
}

static bool take_entity(struct account *account, const char *entity, const cJSON *json)
{
    struct account_entity *grown =
        realloc(account->entities, (account->entity_count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    account->entities = grown;
    grown[account->entity_count++] = (struct account_entity){
        .entity = strdup(entity),
        .read = member_count(json, "records"),
        .filtered = member_count(json, "filtered"),
    };
    return grown[account->entity_count - 1].entity != NULL &&
           take_paths(account, entity, member(json, "paths"));
}

/* The paths are in the account now. */
static bool take(struct trial *trial, const char *entity, struct buffer *text, struct error *error)
{
    cJSON *json;
    if (!json_parse(buffer_text(text), text->length, "what graduate-check says", &json, error)) {
        error->code = ERROR_BUG;
        return false;
    }
    bool ok = take_entity(&trial->account, entity, json);
    cJSON_DeleteItemFromObjectCaseSensitive(json, "paths");
    ok = cJSON_AddItemToArray(trial->found, json) && ok;
    return ok || error_memory(error);
}

/* Problems of the entity that were found later. */
static bool join_problems(cJSON *entity, struct buffer *text, struct error *error)
{
    cJSON *json;
    if (!json_parse(buffer_text(text), text->length, "what graduate-check says", &json, error)) {
        error->code = ERROR_BUG;
        return false;
    }
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(entity, "problems");
    cJSON *more = cJSON_GetObjectItemCaseSensitive(json, "problems");
    while (more != NULL && more->child != NULL)
        cJSON_AddItemToArray(problems, cJSON_DetachItemViaPointer(more, more->child));
    cJSON_Delete(json);
    return true;
}

static bool open_checkpoint(const char *folder, const struct mapping *mapping, int *input,
                            struct error *error)
{
    char name[NAME_MAX], path[PATH_MAX];
    snprintf(name, sizeof name, "%s.gck", mapping->name);
    if (!file_join(path, sizeof path, folder, name, error))
        return false;
    *input = open(path, O_RDONLY | O_CLOEXEC);
    if (*input >= 0)
        return true;
    error_set_errno(error, ERROR_SOURCE, "cannot read %s", path);
    return error_hint(error, "give a run folder's checkpoints whose entity was read to its end, or "
                             "leave --checkpoints away");
}

/* Of an entity of which not all is read yet, that which is. *input -1: there is none. */
static bool open_growing(const char *folder, const struct mapping *mapping, bool *growing,
                         int *input, struct error *error)
{
    static const char *const endings[] = {"gck", "gck.partial"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[NAME_MAX], path[PATH_MAX];
        snprintf(name, sizeof name, "%s.%s", mapping->name, endings[i]);
        if (!file_join(path, sizeof path, folder, name, error))
            return false;
        *input = open(path, O_RDONLY | O_CLOEXEC);
        *growing = i > 0;
        if (*input >= 0)
            return true;
    }
    return true;
}

static void add_store(struct trial *trial, const struct project *project,
                      struct arguments *arguments)
{
    arguments_add(arguments, "--project", project->folder, "--catalogs", trial->scratch, "--store",
                  trial->store, "--entities", buffer_text(&trial->entities), NULL);
}

/* ---- the ids of entities that are looked up, and what is asked about their records ------------
 */

static bool index_file(const struct trial *trial, const struct mapping *mapping, bool facts,
                       char out[PATH_MAX], struct error *error)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s.%s", mapping->name, facts ? "facts" : "ids");
    return file_join(out, PATH_MAX, trial->scratch, name, error);
}

static bool write_index(const struct trial *trial, const struct project *project,
                        const struct mapping *to, bool facts, const struct trial_options *options,
                        struct supervisor *supervisor, struct error *error)
{
    char file[PATH_MAX];
    struct arguments programs[2];
    struct buffer printed;
    size_t count = 0;
    int input = PROCESS_NOTHING;
    if (!index_file(trial, to, facts, file, error) || file_exists(file))
        return file_exists(file);
    if (options->checkpoints != NULL) {
        if (!open_checkpoint(options->checkpoints, to, &input, error))
            return false;
    } else {
        arguments_init(&programs[count], "graduate-extract");
        arguments_add(&programs[count++], "--project", project->folder, "--entity", to->name,
                      "--catalogs", trial->scratch, NULL);
    }
    arguments_init(&programs[count], "graduate-transform");
    arguments_add(&programs[count], "--project", project->folder, "--catalogs", trial->scratch,
                  "--trial", "--index", file, NULL);
    if (facts)
        arguments_add(&programs[count], "--facts", NULL);
    else
        arguments_add(&programs[count], "--ids", trial->scratch, NULL);
    count++;
    buffer_init(&printed);
    bool ok = pipeline_capture(supervisor, programs, count, input, &printed, error);
    buffer_release(&printed);
    if (input >= 0)
        close(input);
    return ok;
}

static bool make_facts(const struct trial *trial, const struct project *project,
                       const struct mapping *of, const struct trial_options *options,
                       struct supervisor *supervisor, struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_asks(of, project->mappings[i]) &&
            !write_index(trial, project, project->mappings[i], true, options, supervisor, error))
            return false;
    return true;
}

static bool make_ids(const struct trial *trial, const struct project *project,
                     const struct mapping *to, const struct trial_options *options,
                     struct supervisor *supervisor, struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_leans_on(to, project->mappings[i]) &&
            !make_ids(trial, project, project->mappings[i], options, supervisor, error))
            return false;
    return make_facts(trial, project, to, options, supervisor, error) &&
           write_index(trial, project, to, false, options, supervisor, error);
}

/* Of a part of the records nothing can be said of what is missing. */
static bool make_indexes(const struct trial *trial, const struct project *project,
                         const struct mapping *mapping, const struct trial_options *options,
                         struct supervisor *supervisor, struct error *error)
{
    if (options->first > 0 || options->ids != NULL)
        return true;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_looks_up(mapping, project->mappings[i]) &&
            !make_ids(trial, project, project->mappings[i], options, supervisor, error))
            return false;
    return make_facts(trial, project, mapping, options, supervisor, error);
}

/* ---- one entity --------------------------------------------------------------------------------
 */

static bool try_entity(struct trial *trial, const struct project *project,
                       const struct mapping *mapping, const struct trial_options *options,
                       struct supervisor *supervisor, struct buffer *text, struct error *error)
{
    struct arguments programs[3];
    char first[24];
    size_t count = 0;
    int input = PROCESS_NOTHING;
    bool growing = false;
    if (!make_indexes(trial, project, mapping, options, supervisor, error))
        return false;
    if (options->index != NULL) {
        if (!open_growing(options->checkpoints, mapping, &growing, &input, error))
            return false;
    } else if (options->checkpoints != NULL) {
        if (!open_checkpoint(options->checkpoints, mapping, &input, error))
            return false;
    } else {
        snprintf(first, sizeof first, "%" PRId64, options->first);
        arguments_init(&programs[count], "graduate-extract");
        arguments_add(&programs[count++], "--project", project->folder, "--entity", mapping->name,
                      "--catalogs", trial->scratch, "--first", first, NULL);
    }
    arguments_init(&programs[count], "graduate-transform");
    arguments_add(&programs[count], "--project", project->folder, "--catalogs", trial->scratch,
                  "--trial", NULL);
    if (growing)
        arguments_add(&programs[count], "--partial", NULL);
    if (options->first == 0)
        arguments_add(&programs[count], "--ids",
                      options->ids != NULL ? options->ids : trial->scratch, NULL);
    count++;
    arguments_init(&programs[count], "graduate-check");
    if (options->keys)
        add_store(trial, project, &programs[count]);
    if (options->asks_target)
        arguments_add(&programs[count], "--ask-target",
                      options->checkpoints != NULL ? "--without-rows" : NULL, NULL);
    if (options->not_asked != NULL)
        arguments_add(&programs[count], "--not-asked", options->not_asked, NULL);
    if (options->index != NULL)
        arguments_add(&programs[count], "--unique", options->index->name, "--of",
                      options->index->table, NULL);
    count++;
    bool ok = pipeline_capture(supervisor, programs, count, input, text, error);
    if (input >= 0)
        close(input);
    return ok;
}

/* It is one of the problems. */
static bool note(struct trial *trial, const struct mapping *mapping, const struct error *error)
{
    cJSON *json = cJSON_CreateObject();
    return cJSON_AddItemToArray(trial->found, json) &&
           cJSON_AddStringToObject(json, "entity", mapping->name) != NULL &&
           cJSON_AddStringToObject(json, "error", error->message) != NULL &&
           cJSON_AddStringToObject(json, "hint", error->hint) != NULL;
}

/* When the keys of all entities are known; a checkpoint or an export that could not be read lacks
 * some. */
static bool look_at_references(struct trial *trial, const struct project *project,
                               struct supervisor *supervisor, struct error *error)
{
    cJSON *entity;
    bool ok = true, whole = true;
    cJSON_ArrayForEach(entity, trial->found)
    {
        whole = whole && member(entity, "error") == NULL;
    }
    cJSON_ArrayForEach(entity, trial->found)
    {
        struct arguments arguments;
        struct buffer text;
        if (!ok || !whole)
            break;
        buffer_init(&text);
        arguments_init(&arguments, "graduate-check");
        add_store(trial, project, &arguments);
        arguments_add(&arguments, "--references", member_text(entity, "entity"), NULL);
        ok = pipeline_capture(supervisor, &arguments, 1, PROCESS_NOTHING, &text, error) &&
             join_problems(entity, &text, error);
        buffer_release(&text);
    }
    return ok;
}

static bool is_export(const struct catalogs *catalogs, const struct mapping *mapping)
{
    const struct catalog *catalog = catalogs_of(catalogs, mapping->source);
    return catalog != NULL && catalog->version != NULL && strcmp(catalog->version, "export") == 0;
}

static bool fills(const struct mapping *mapping, const char *table)
{
    for (size_t i = 0; i < mapping->table_count; i++)
        if (strcmp(mapping->tables[i].label, table) == 0)
            return true;
    return false;
}

/* An entity of which nothing is read yet has no checkpoint. */
static bool is_begun(const char *checkpoints, const struct mapping *mapping)
{
    struct error unused;
    bool growing;
    int input;
    if (!open_growing(checkpoints, mapping, &growing, &input, &unused) || input < 0)
        return false;
    close(input);
    return true;
}

static bool is_wanted(const struct catalogs *catalogs, const struct mapping *mapping,
                      const struct trial_options *options)
{
    if (options->index != NULL)
        return fills(mapping, options->index->table) && is_begun(options->checkpoints, mapping);
    return (!options->exports || is_export(catalogs, mapping)) &&
           (options->only == NULL || options->only == mapping);
}

bool trial_make(struct trial *trial, const struct project *project, const struct catalogs *catalogs,
                const struct trial_options *options, struct supervisor *supervisor,
                struct error *error)
{
    *trial = (struct trial){.found = cJSON_CreateArray()};
    buffer_init(&trial->entities);
    for (size_t i = 0; i < project->mapping_count; i++)
        buffer_printf(&trial->entities, "%s%s", i > 0 ? "," : "", project->mappings[i]->name);
    bool ok = (trial->found != NULL || error_memory(error)) && buffer_ok(&trial->entities, error);
    ok = ok && file_make_scratch(trial->scratch, error) &&
         write_catalogs(trial, project, catalogs, error) &&
         file_join(trial->store, sizeof trial->store, trial->scratch, "keys.mdb", error);
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        struct buffer text;
        if (!is_wanted(catalogs, mapping, options))
            continue;
        buffer_init(&text);
        if (try_entity(trial, project, mapping, options, supervisor, &text, error))
            ok = take(trial, mapping->name, &text, error);
        else if (options->patient && error->code != ERROR_USAGE && supervisor->interrupted == 0)
            ok = note(trial, mapping, error) || error_memory(error);
        else
            ok = error_at(error, mapping->name, NULL, NULL);
        buffer_release(&text);
    }
    if (options->keys && options->index == NULL)
        ok = ok && look_at_references(trial, project, supervisor, error);
    ok = ok && unmet_gather(&trial->unmet, project, &trial->account, error) &&
         hex_ids_gather(&trial->hex_ids, project, &trial->account, error) &&
         filters_gather(&trial->filters, project, &trial->account, error);
    if (!ok)
        trial_release(trial, project, catalogs);
    return ok;
}

bool trial_check(const struct project *project, const char *entity, const struct catalogs *catalogs,
                 struct supervisor *supervisor, struct error *error)
{
    struct trial trial = {0};
    bool ok = file_make_scratch(trial.scratch, error) &&
              write_catalogs(&trial, project, catalogs, error) &&
              catalogs_check_mappings(trial.scratch, project, entity, supervisor, error);
    trial_release(&trial, project, catalogs);
    return ok;
}

bool trial_target(const struct project *project, bool allow_rows, const struct catalogs *catalogs,
                  struct supervisor *supervisor, bool *named, int64_t *bytes, struct error *error)
{
    struct trial trial = {0};
    cJSON *said = NULL;
    struct arguments arguments;
    struct buffer text;
    buffer_init(&text);
    *named = project_expand(project->target, &text, error);
    bool ok = !*named || (file_make_scratch(trial.scratch, error) &&
                          write_catalogs(&trial, project, catalogs, error));
    if (*named && ok) {
        arguments_init(&arguments, "graduate-load");
        arguments_add(&arguments, "--project", project->folder, "--catalogs", trial.scratch,
                      "--prepare", "--trial", NULL);
        if (allow_rows)
            arguments_add(&arguments, "--allow-rows", NULL);
        buffer_clear(&text);
        ok = pipeline_capture(supervisor, &arguments, 1, PROCESS_NOTHING, &text, error) &&
             json_parse(buffer_text(&text), text.length, "what graduate-load --trial printed",
                        &said, error);
        *bytes = ok ? member_count(said, "bytes") : 0;
        cJSON_Delete(said);
    }
    buffer_release(&text);
    trial_release(&trial, project, catalogs);
    return ok;
}

void trial_release(struct trial *trial, const struct project *project,
                   const struct catalogs *catalogs)
{
    struct error unused;
    char path[PATH_MAX];
    for (size_t i = 0; trial->scratch[0] != '\0' && i < catalogs->count; i++)
        if (catalog_file(trial, &catalogs->items[i], path, &unused))
            unlink(path);
    if (trial->scratch[0] != '\0' &&
        file_join(path, sizeof path, trial->scratch, TARGET_TABLES, &unused))
        unlink(path);
    for (size_t i = 0; trial->scratch[0] != '\0' && i < project->mapping_count; i++)
        for (int facts = 0; facts < 2; facts++)
            if (index_file(trial, project->mappings[i], facts == 1, path, &unused))
                unlink(path);
    if (trial->store[0] != '\0')
        unlink(trial->store);
    if (trial->scratch[0] != '\0')
        rmdir(trial->scratch);
    buffer_release(&trial->entities);
    account_release(&trial->account);
    cJSON_Delete(trial->found);
    cJSON_Delete(trial->unmet);
    cJSON_Delete(trial->hex_ids);
    cJSON_Delete(trial->filters);
    *trial = (struct trial){0};
}
