/* graduate-check: what a trial of one entity showed, as JSON. */
#include "findings.h"
#include "graduate/file.h"
#include "graduate/message.h"
#include "graduate/options.h"
#include "graduate/stream.h"
#include "path_sums.h"
#include "row_keys.h"
#include "row_origin.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *project_name, *catalogs, *store_path, *references, *entities, *wanted_row,
    *column, *unique, *table, *not_asked;
static bool ask_target, without_rows;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "P", "the project: a folder, or a name in ./mappings"},
    {"catalogs", OPTION_TEXT, &catalogs, "DIR",
     "catalogs of its sources, SOURCE.json each, and of the target " TARGET_TABLES},
    {"store", OPTION_TEXT, &store_path, "FILE",
     "look for values that stand twice; keep keys and references in FILE, over all entities"},
    {"references", OPTION_TEXT, &references, "E",
     "when FILE has all entities: say what of entity E refers to nothing"},
    {"entities", OPTION_TEXT, &entities, "LIST",
     "only these, with commas between them, are read (default all)"},
    {"unique", OPTION_TEXT, &unique, "INDEX",
     "with --store: only what this unique index of the target calls the same, by its server"},
    {"of", OPTION_TEXT, &table, "TABLE", "with --unique: the index's table, as public.books"},
    {"ask-target", OPTION_FLAG, &ask_target, NULL,
     "with --store: ask the target's server where bytes do not show what is the same"},
    {"without-rows", OPTION_FLAG, &without_rows, NULL,
     "with --ask-target: but not of rows that are there"},
    {"not-asked", OPTION_TEXT, &not_asked, "WHY",
     "with --store: the target cannot be asked, for this reason; say of what"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS",
     "give the target up when nothing is heard from it for so long (600; 0: never)"},
    {"row", OPTION_TEXT, &wanted_row, "OUTPUT:PLACE",
     "of a trial of one batch: say which record this row was made of, and no more"},
    {"column", OPTION_TEXT, &column, "C", "with --row: and what its column C has, and where from"},
};

#define PROBLEMS "graduate.problems"
#define RECORDS "graduate.records"

struct check {
    struct stream_reader in;
    char *entity;
    size_t problems, records_output; /* which of the outputs have them */
    struct stream_section *sections; /* of the batch at hand, per output */
    size_t output_count;
    struct project project;
    struct catalog *catalogs; /* of its sources: kept columns have their names from there */
    size_t catalog_count;
    struct schema schema;
    struct store store;
    struct postgres target; /* which is asked what is the same to an index of its */
    struct unique_index index;
    struct server_uniques uniques;
    struct row_keys keys;     /* of a check that knows the project */
    struct row_origin origin; /* which row to find */
    cJSON *record;            /* that it was made of */
    int64_t records, filtered;
    struct findings findings;
    struct path_sums paths;
};

/* The rows of which entity are looked at for what stands twice. */
static bool look_at(struct check *check, const char *entity, struct error *error)
{
    const struct mapping *mapping;
    if (!project_find_mapping(&check->project, entity, &mapping, error))
        return false;
    check->keys = (struct row_keys){.schema = &check->schema,
                                    .entity = mapping,
                                    .store = &check->store,
                                    .findings = &check->findings};
    schema_outputs(&check->schema, mapping, &check->keys.first, &check->keys.count);
    if (references != NULL)
        return true;
    if (ask_target || not_asked != NULL) {
        const struct uniques_asking asking = {
            .not_asked = not_asked, .rows = !without_rows, .stall = stall};
        check->keys.uniques = &check->uniques;
        return server_uniques_open(&check->uniques, &check->schema, check->keys.first,
                                   check->keys.count, ROW_KEY_SETS, &asking, error);
    }
    if (unique == NULL)
        return true;
    const struct unique_asking asking = {&check->target, 0, true};
    check->keys.index = &check->index;
    return unique_index_connect(&check->target, &check->project, stall, error) &&
           unique_index_open(&check->index, &asking, &check->schema, table, unique, error) &&
           unique_index_begin(&check->index, &check->schema.outputs[check->keys.first],
                              check->keys.count, error);
}

static bool begin(struct check *check, const struct frame *frame, struct error *error)
{
    struct stream_header header;
    struct stream_outputs outputs;
    if (!stream_parse_header(&check->in, frame, &header, error))
        return false;
    if (!header.rows) {
        error_set(error, ERROR_USAGE, "%s is a record stream, not the row stream of a trial",
                  check->in.name);
        return error_hint(error, "send it through graduate-transform --trial first");
    }
    if (!stream_parse_outputs(&check->in, frame, &outputs, error))
        return false;
    check->output_count = check->problems = check->records_output = outputs.count;
    for (size_t i = 0; i < outputs.count; i++) {
        bool ledger = outputs.items[i].ledger;
        if (ledger && strcmp(outputs.items[i].table, PROBLEMS) == 0)
            check->problems = i;
        if (ledger && strcmp(outputs.items[i].table, RECORDS) == 0)
            check->records_output = i;
    }
    bool found = check->problems < outputs.count && check->records_output < outputs.count;
    stream_outputs_release(&outputs);
    check->entity = strdup(header.entity);
    check->sections = calloc(check->output_count + 1, sizeof *check->sections);
    if (found && check->entity != NULL && project_name != NULL &&
        !look_at(check, header.entity, error))
        return false;
    if (!found)
        return error_set(error, ERROR_USAGE, "%s is no trial: graduate-transform --trial makes one",
                         check->in.name);
    return (check->entity != NULL && check->sections != NULL) || error_memory(error);
}

/* The next text of a tuple; NULL at its end, or without memory. */
static char *take_text(const uint8_t **at, const uint8_t *end)
{
    if (end - *at < 4 || get_be32(*at) > (size_t)(end - *at - 4))
        return NULL;
    size_t length = get_be32(*at);
    char *text = strndup((const char *)*at + 4, length);
    *at += 4 + length;
    return text;
}

static bool take_problems(struct check *check, const struct stream_section *section,
                          struct error *error)
{
    const uint8_t *at = section->tuples, *end = at + section->length;
    for (uint32_t i = 0; i < section->rows; i++) {
        struct problem_row row = {0};
        char **const fields[] = {&row.entity, &row.key, &row.path, &row.message, &row.hint};
        bool whole = end - at >= 2;
        at += whole ? 2 : 0;
        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
            *fields[f] = take_text(&at, end);
            whole = whole && *fields[f] != NULL;
        }
        if (!whole) {
            problem_row_release(&row);
            return error_set(error, ERROR_SOURCE, "%s: a problem is cut off", check->in.name);
        }
        if (!findings_add(&check->findings, &row, error))
            return false;
    }
    return true;
}

static bool find_origin(struct check *check, struct error *error)
{
    if (check->record != NULL || check->origin.output >= check->keys.count)
        return error_set(error, ERROR_USAGE, "--row %s is not in a trial of one batch", wanted_row);
    return row_origin_find(&check->origin, &check->schema,
                           &check->schema.outputs[check->keys.first],
                           &check->sections[check->origin.output],
                           &check->sections[check->records_output], &check->record, error);
}

static bool take_batch(struct check *check, const struct frame *frame, struct error *error)
{
    struct stream_batch batch;
    struct stream_section section;
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    struct error damage = {0};
    if (!stream_parse_batch(&check->in, frame, &batch, error) ||
        !path_sums_add(&check->paths, &batch.paths, error))
        return false;
    check->records += batch.records;
    check->filtered += batch.filtered;
    memset(check->sections, 0, check->output_count * sizeof *check->sections);
    while (stream_next_section(&at, end, &section, &damage)) {
        if (section.output < check->output_count)
            check->sections[section.output] = section;
        if (section.output == check->problems && !take_problems(check, &section, error))
            return false;
    }
    if (damage.code != ERROR_NONE) {
        *error = damage;
        return false;
    }
    if (wanted_row != NULL)
        return find_origin(check, error);
    return check->keys.entity == NULL ||
           row_keys_take(&check->keys, check->sections, &check->sections[check->records_output],
                         error);
}

static bool read_all(struct check *check, struct error *error)
{
    struct frame frame;
    for (bool more = true;;) {
        if (!stream_read(&check->in, &frame, &more, error))
            return false;
        if (!more)
            return true;
        bool ok = frame.type == FRAME_HEADER  ? begin(check, &frame, error)
                  : frame.type == FRAME_BATCH ? take_batch(check, &frame, error)
                                              : true;
        if (!ok)
            return false;
    }
}

static bool print_json(const cJSON *json, struct error *error)
{
    char *text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
    bool ok = text != NULL
                  ? file_write_all(STDOUT_FILENO, "standard output", text, strlen(text), error)
                  : error_memory(error);
    cJSON_free(text);
    return ok;
}

static bool print(const struct check *check, struct error *error)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL && cJSON_AddStringToObject(json, "entity", check->entity) != NULL &&
              cJSON_AddNumberToObject(json, "records", (double)check->records) != NULL &&
              cJSON_AddNumberToObject(json, "filtered", (double)check->filtered) != NULL &&
              cJSON_AddItemToObject(json, "problems", findings_to_json(&check->findings)) &&
              cJSON_AddNumberToObject(json, "others", (double)check->findings.others) != NULL &&
              cJSON_AddItemToObject(json, "paths", path_sums_to_json(&check->paths));
    ok = ok && (check->uniques.not_asked == NULL ||
                cJSON_AddItemReferenceToObject(json, "not_asked", check->uniques.not_asked));
    ok = ok ? print_json(json, error) : error_memory(error);
    cJSON_Delete(json);
    return ok;
}

static bool is_named(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Those that are read; what refers to another one is not looked at. */
static void keep_entities(struct project *project)
{
    size_t kept = 0;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (entities == NULL || is_named(entities, project->mappings[i]->name))
            project->mappings[kept++] = project->mappings[i];
    project->mapping_count = kept;
}

/* The schema of all entities. */
static bool read_project(struct check *check, struct error *error)
{
    if (!project_load_draft(&check->project, project_name, catalogs, error))
        return false;
    keep_entities(&check->project);
    check->catalogs = calloc(check->project.source_count + 1, sizeof *check->catalogs);
    bool ok = check->catalogs != NULL || error_memory(error);
    while (ok && check->catalog_count < check->project.source_count) {
        size_t i = check->catalog_count++;
        catalog_init(&check->catalogs[i]);
        ok = catalog_read(catalogs, check->project.sources[i].name, &check->catalogs[i], NULL,
                          error);
    }
    return ok && schema_resolve(&check->schema, &check->project, check->catalogs,
                                check->catalog_count, error);
}

static bool check_command(int positionals, char **argv, struct error *error)
{
    bool with_project = store_path != NULL || wanted_row != NULL;
    if (positionals > 0)
        error_set(error, ERROR_USAGE, "\"%s\" is not expected here", argv[1]);
    else if (with_project != (project_name != NULL) || with_project != (catalogs != NULL))
        error_set(error, ERROR_USAGE, "--project and --catalogs go with --store or --row");
    else if (store_path != NULL && wanted_row != NULL)
        error_set(error, ERROR_USAGE, "--store and --row are asked apart");
    else if ((unique != NULL) != (table != NULL) || (unique != NULL && store_path == NULL))
        error_set(error, ERROR_USAGE, "--unique goes with --store, and with --of, its table");
    else if ((ask_target || not_asked != NULL) && store_path == NULL)
        error_set(error, ERROR_USAGE, "--ask-target and --not-asked go with --store");
    else if (references != NULL && store_path == NULL)
        error_set(error, ERROR_USAGE, "--references needs the --store of all entities");
    else if (references == NULL && isatty(STDIN_FILENO))
        error_set(error, ERROR_USAGE,
                  "standard input is a terminal; it must be the row stream of a trial");
    else
        return true;
    return error_hint(error, "graduate-check --help shows how it is called");
}

static bool act(struct check *check, struct error *error)
{
    if ((project_name != NULL && !read_project(check, error)) ||
        (store_path != NULL && !store_open(&check->store, store_path, error)))
        return false;
    if (wanted_row != NULL) {
        check->origin.column = column;
        return row_origin_parse(&check->origin, wanted_row, error) && read_all(check, error) &&
               (check->record != NULL ||
                error_set(error, ERROR_SOURCE, "%s: the trial has no batch", check->in.name)) &&
               print_json(check->record, error);
    }
    if (references == NULL)
        return read_all(check, error) && print(check, error);
    check->entity = strdup(references);
    return (check->entity != NULL || error_memory(error)) && look_at(check, references, error) &&
           row_keys_references(&check->keys, error) && print(check, error);
}

int main(int argc, char **argv)
{
    const struct command command = {
        .name = "graduate-check",
        .purpose = "say what a trial of an entity showed, as JSON",
        .usage = "[--project P --catalogs DIR --store FILE] < ROWS\n"
                 "--project P --catalogs DIR --row OUTPUT:PLACE < ROWS\n"
                 "--project P --catalogs DIR --store FILE --references E",
        .epilogue =
            "What would not fit of the books in a checkpoint:\n"
            "  graduate-transform --project authorstack --trial < books.gck | graduate-check",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
    };
    struct error error = {0};
    struct check check = {0};
    int positionals;
    enum options_outcome outcome = options_parse(&command, argc, argv, &positionals, &error);
    if (outcome == OPTIONS_HELPED)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    stream_reader_init(&check.in, STDIN_FILENO, "standard input");
    bool ok =
        outcome == OPTIONS_RUN && check_command(positionals, argv, &error) && act(&check, &error);
    findings_release(&check.findings);
    path_sums_release(&check.paths);
    stream_reader_release(&check.in);
    cJSON_Delete(check.record);
    row_keys_release(&check.keys);
    unique_index_release(&check.index);
    server_uniques_release(&check.uniques);
    if (check.target.connection != NULL)
        postgres_close(&check.target);
    store_close(&check.store);
    schema_release(&check.schema);
    for (size_t i = 0; i < check.catalog_count; i++)
        catalog_release(&check.catalogs[i]);
    free(check.catalogs);
    project_release(&check.project);
    free(check.sections);
    free(check.entity);
    return ok ? 0 : message_error(&error);
}
