/* graduate-extract: one entity of a source as a record stream; or what, or how much, a source
 * holds. */
#include "endpoint.h"
#include "extract.h"
#include "fields.h"
#include "given_type.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/message.h"
#include "graduate/options.h"
#include "headcount.h"
#include "postgres_source.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_BATCH_BYTES = 4 << 20, LARGEST_BATCH_BYTES = 64 << 20 };

static struct {
    const char *project, *source, *entity, *catalogs, *run, *checkpoint, *after, *snapshot;
    int64_t after_batch, after_records, batch_bytes, first, stall;
    bool catalog, count, hold_snapshot, unchanged;
} given = {.batch_bytes = DEFAULT_BATCH_BYTES, .stall = 600};

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &given.project, "P", "the project: a folder, or a name in ./mappings"},
    {"entity", OPTION_TEXT, &given.entity, "E", "extract this entity (a mapping's name)"},
    {"catalogs", OPTION_TEXT, &given.catalogs, "DIR",
     "take the source's catalog from DIR/SOURCE.json, and from there " TARGET_TABLES},
    {"run", OPTION_TEXT, &given.run, "ID", "the run that the stream and the checkpoint belong to"},
    {"checkpoint", OPTION_TEXT, &given.checkpoint, "FILE",
     "keep the stream in FILE, compressed, too"},
    {"after-batch", OPTION_NUMBER, &given.after_batch, "N", "the target has the batches up to N"},
    {"after-records", OPTION_NUMBER, &given.after_records, "N", "and so many records in them"},
    {"after", OPTION_TEXT, &given.after, "FILE",
     "and the source stood at the position in FILE (BSON)"},
    {"batch-bytes", OPTION_BYTES, &given.batch_bytes, "N",
     "cut a batch at so many bytes (default 4M)"},
    {"first", OPTION_NUMBER, &given.first, "N",
     "only the first N records, for a look at them; with --catalog: at their fields"},
    {"unchanged", OPTION_FLAG, &given.unchanged, NULL,
     "write nothing: only see that an export has what was read, and no more"},
    {"snapshot", OPTION_TEXT, &given.snapshot, "NAME", "Postgres: read in this exported snapshot"},
    {"stall", OPTION_NUMBER, &given.stall, "SECONDS",
     "Postgres: give it up when nothing is heard from it for so long (600; 0: never)"},
    {"source", OPTION_TEXT, &given.source, "S",
     "the source of --catalog, --count, --hold-snapshot"},
    {"catalog", OPTION_FLAG, &given.catalog, NULL, "print what the source holds, as JSON"},
    {"count", OPTION_FLAG, &given.count, NULL,
     "count what the entities of the source hold now; print it as JSON"},
    {"hold-snapshot", OPTION_FLAG, &given.hold_snapshot, NULL,
     "Postgres: export a snapshot, print its name, hold it until standard input ends"},
};

/* NULL, too, for want of memory. */
static bool print_json(cJSON *json, struct error *error)
{
    char *text = json != NULL ? cJSON_Print(json) : NULL;
    bool ok = text != NULL
                  ? file_write_all(STDOUT_FILENO, "standard output", text, strlen(text), error) &&
                        file_write_all(STDOUT_FILENO, "standard output", "\n", 1, error)
                  : error_memory(error);
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}

/* What an entity that the project maps cannot be mistaken by. */
static bool identify(const struct mapping *mapping, const struct endpoint_texts *texts,
                     struct catalog *catalog, struct error *error)
{
    for (size_t e = 0; mapping->source == texts->endpoint.source && e < catalog->entity_count; e++)
        if (strcmp(catalog->entities[e].name, mapping->from) == 0 &&
            !extract_identity(texts, &catalog->entities[e], &catalog->entities[e].identity, error))
            return error_at(error, mapping->name, NULL, NULL);
    return true;
}

/* Views that no mapping reads are objects of the catalog alone: nobody has to say what becomes of
 * them as entities. */
static void forget_views(const struct project *project, const struct source *source,
                         struct catalog *catalog)
{
    for (size_t e = catalog->entity_count; e-- > 0;) {
        bool read = !catalog->entities[e].view;
        for (size_t i = 0; !read && i < project->mapping_count; i++)
            read = project->mappings[i]->source == source &&
                   strcmp(project->mappings[i]->from, catalog->entities[e].name) == 0;
        if (!read)
            catalog_remove(catalog, e);
    }
}

static bool identify_all(const struct project *project, const struct endpoint_texts *texts,
                         struct catalog *catalog, struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (!identify(project->mappings[i], texts, catalog, error))
            return false;
    return true;
}

/* What the source has, and what the project has it compute. */
static bool read_catalog(const struct project *project, const struct endpoint_texts *texts,
                         struct catalog *catalog, struct error *error)
{
    const struct reader_ops *ops = texts->ops;
    return ops->catalog(&texts->endpoint, catalog, error) &&
           (ops->compute == NULL || ops->compute(&texts->endpoint, project, catalog, error));
}

static bool print_catalog(const struct project *project, const struct endpoint_texts *texts,
                          struct error *error)
{
    struct catalog catalog;
    catalog_init(&catalog);
    bool ok = read_catalog(project, texts, &catalog, error);
    if (ok)
        forget_views(project, texts->endpoint.source, &catalog);
    ok = ok && given_type_settle(project, texts->endpoint.source, &catalog, error) &&
         identify_all(project, texts, &catalog, error) &&
         (given.first == 0 || fields_look(texts, given.first, &catalog, error)) &&
         print_json(catalog_to_json(&catalog), error);
    catalog_release(&catalog);
    return ok;
}

static bool print_headcount(const struct project *project, const struct endpoint_texts *texts,
                            struct error *error)
{
    cJSON *json;
    return headcount_take(project, texts, &json, error) && print_json(json, error);
}

static bool of_source(const struct project *project, struct error *error)
{
    const struct source *source;
    struct endpoint_texts texts;
    if (!project_find_source(project, given.source, &source, error) ||
        !endpoint_init(&texts, source, given.stall, error))
        return false;
    bool ok;
    if (given.catalog)
        ok = print_catalog(project, &texts, error);
    else if (given.count)
        ok = print_headcount(project, &texts, error);
    else if (texts.ops == &postgres_reader)
        ok = postgres_hold_snapshot(&texts.endpoint, error);
    else
        ok = error_set(error, ERROR_USAGE,
                       "the source %s is no live Postgres: it has no snapshot "
                       "to hold",
                       source->name);
    endpoint_release(&texts);
    return ok;
}

static bool load_catalog(const struct project *project, const struct mapping *entity,
                         const struct endpoint_texts *texts, struct catalog *catalog,
                         struct error *error)
{
    return given.catalogs == NULL
               ? read_catalog(project, texts, catalog, error) &&
                     given_type_settle(project, texts->endpoint.source, catalog, error) &&
                     identify(entity, texts, catalog, error)
               : catalog_read(given.catalogs, texts->endpoint.source->name, catalog, NULL, error);
}

/* The position out of --after; `bytes` keeps it. */
static bool load_position(struct buffer *bytes, bson_t *position, const bson_t **after,
                          struct error *error)
{
    *after = NULL;
    if (given.after == NULL)
        return true;
    if (!file_read(given.after, 64 << 20, ERROR_USAGE, bytes, error))
        return false;
    if (!bson_init_static(position, bytes->data, bytes->length) ||
        !bson_validate(position, BSON_VALIDATE_NONE, NULL)) {
        error_set(error, ERROR_USAGE, "%s holds no position", given.after);
        return error_hint(error, "give a file of a run folder's positions, or the ledger's bytes");
    }
    *after = position;
    return true;
}

static bool of_entity(const struct project *project, struct error *error)
{
    struct extract_request request = {
        .project = project,
        .run = given.run != NULL ? given.run : "",
        .checkpoint = given.checkpoint,
        .snapshot = given.snapshot,
        .after_batch = given.after_batch,
        .after_records = given.after_records,
        .batch_bytes = given.batch_bytes,
        .first = given.first,
        .unchanged = given.unchanged,
    };
    struct endpoint_texts texts;
    struct catalog catalog;
    struct buffer bytes;
    bson_t position;
    if (!project_find_mapping(project, given.entity, &request.entity, error) ||
        !endpoint_init(&texts, request.entity->source, given.stall, error))
        return false;
    catalog_init(&catalog);
    buffer_init(&bytes);
    request.source = &texts;
    bool ok = load_catalog(project, request.entity, &texts, &catalog, error) &&
              load_position(&bytes, &position, &request.after, error) &&
              endpoint_find(&catalog, request.entity, &request.catalog, error) &&
              extract_entity(&request, STDOUT_FILENO, "standard output", error);
    catalog_release(&catalog);
    buffer_release(&bytes);
    endpoint_release(&texts);
    return ok;
}

/* Is an option given that tells how one entity is to be read? */
static bool is_for_entity(void)
{
    return given.catalogs != NULL || given.run != NULL || given.checkpoint != NULL ||
           given.after != NULL || given.snapshot != NULL || given.unchanged ||
           given.after_batch > 0 || given.after_records > 0 || given.first > 0;
}

static bool check_command(int positionals, char **argv, struct error *error)
{
    const int of_source = given.catalog + given.count + given.hold_snapshot;
    bool ok = false;
    if (positionals > 0)
        error_set(error, ERROR_USAGE, "\"%s\" is not expected here", argv[1]);
    else if (given.project == NULL)
        error_set(error, ERROR_USAGE, "which project? give --project P");
    else if ((given.entity != NULL) + of_source != 1)
        error_set(error, ERROR_USAGE,
                  "give one of --entity E, --catalog, --count, --hold-snapshot");
    else if (of_source && given.source == NULL)
        error_set(error, ERROR_USAGE, "which source? give --source S");
    else if (given.count && is_for_entity())
        error_set(error, ERROR_USAGE,
                  "--count is of all entities of the source, as it is now: it "
                  "takes --project and --source alone");
    else if (given.entity != NULL && !given.unchanged && isatty(STDOUT_FILENO))
        error_set(error, ERROR_USAGE,
                  "a record stream is not for a terminal: send it to a file "
                  "or to graduate-transform");
    else if (given.batch_bytes > LARGEST_BATCH_BYTES)
        error_set(error, ERROR_USAGE, "--batch-bytes is at most 64M: a batch is held in memory");
    else if (given.first > 0 && (given.checkpoint != NULL || given.run != NULL))
        error_set(error, ERROR_USAGE,
                  "--first is for a look: no run and no checkpoint has only these");
    else if (given.after_batch > 0 && given.after == NULL && given.checkpoint == NULL)
        error_set(error, ERROR_USAGE, "--after-batch needs --after, or a --checkpoint");
    else
        ok = true;
    return ok || error_hint(error, "graduate-extract --help shows how it is called");
}

int main(int argc, char **argv)
{
    const struct command command = {
        .name = "graduate-extract",
        .purpose = "read an entity of a source into a record stream",
        .usage = "--project P --entity E > RECORDS\n"
                 "--project P --source S --catalog\n"
                 "--project P --source S --count",
        .epilogue = "Keep a copy of the books, and count them:\n"
                    "  graduate-extract --project authorstack --entity books \\\n"
                    "    --checkpoint books.gck >/dev/null\n"
                    "  graduate stream books.gck\n\n"
                    "How many records the entities of the source core have now, counted there:\n"
                    "  graduate-extract --project authorstack --source core --count",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
    };
    struct error error = {0};
    int positionals;
    enum options_outcome outcome = options_parse(&command, argc, argv, &positionals, &error);
    if (outcome == OPTIONS_HELPED)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    struct project project = {0};
    bool ok = outcome == OPTIONS_RUN && check_command(positionals, argv, &error) &&
              project_load_draft(&project, given.project, given.catalogs, &error) &&
              (given.entity != NULL ? of_entity(&project, &error) : of_source(&project, &error));
    project_release(&project);
    return ok ? 0 : message_error(&error);
}
