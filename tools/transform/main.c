/* graduate-transform: a record stream and a mapping in, a row stream out. */
#include "fact_index.h"
#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/message.h"
#include "graduate/options.h"
#include "graduate/project.h"
#include "graduate/schema.h"
#include "graduate/stream.h"
#include "identities.h"
#include "plan.h"
#include "refusable.h"
#include "rejection.h"
#include "rows.h"
#include "tuple.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXTRACT_ANEW ADVICE("the stream is damaged; extract it anew, or take another copy")

struct transform {
    struct project project;
    const struct mapping *entity;
    struct schema schema;
    struct catalog catalog; /* of the entity, out of the stream's header */
    bool tries;             /* goes on behind what does not fit */
    bool partial;           /* the input may break off; what is whole of it counts */
    const char *ids;        /* the folder with the ids of the entities that it looks up, or NULL */
    const char *index;      /* only its own ids are wanted, in this file; or NULL */
    bool facts;             /* or, in their place, what others ask about its records */
    struct lookups lookups;
    struct identities identities;
    struct fact_index fact_index;
    int64_t batches, records; /* that were read */
    struct problems problems;
    struct plan plan;
    struct rows rows;
    struct buffer payload;
    struct stream_reader in;
    struct stream_writer out;
};

/* Every output of the entity, and the losses behind them, as the row stream's header tells them. */
static bool write_header(struct transform *t, const struct stream_header *records,
                         struct error *error)
{
    static const char *const loss_columns[] = {"entity", "key", "path", "rule", "before", "after"};
    static const char *const texts[] = {"text", "text", "text", "text", "text", "text", "text"};
    static const char *const refusable_types[] = {"text",  "bytea", "bytea",
                                                  "bytea", "bytea", "text"};
    size_t first, count;
    schema_outputs(&t->schema, t->entity, &first, &count);
    struct arena arena;
    arena_init(&arena);
    struct stream_output *outputs = arena_alloc(&arena, count + 3, sizeof *outputs);
    bool ok = outputs != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < count; i++) {
        const struct schema_output *output = &t->schema.outputs[first + i];
        const char **columns = arena_alloc(&arena, output->column_count, sizeof *columns);
        const char **types = arena_alloc(&arena, output->column_count, sizeof *types);
        ok = columns != NULL && types != NULL ? true : error_memory(error);
        for (size_t c = 0; ok && c < output->column_count; c++) {
            char type[PGTYPE_SIZE];
            struct pgtype form = output->columns[c].type;
            form.named = form.base == PG_CARRIED ? form.named : NULL; /* what the fields are */
            pgtype_format(&form, type, sizeof type);
            columns[c] = output->columns[c].name;
            types[c] = arena_text(&arena, type);
            ok = types[c] != NULL ? true : error_memory(error);
        }
        outputs[i] = (struct stream_output){.table = output->table->label,
                                            .columns = columns,
                                            .types = types,
                                            .column_count = output->column_count,
                                            .key = output->key,
                                            .key_count = output->key_count};
    }
    if (ok) {
        outputs[count] = (struct stream_output){.table = "graduate.losses",
                                                .columns = loss_columns,
                                                .types = texts,
                                                .column_count = 6,
                                                .ledger = true};
        outputs[count + 1] = (struct stream_output){.table = "graduate.problems",
                                                    .columns = problem_fields,
                                                    .types = texts,
                                                    .column_count = PROBLEM_FIELDS,
                                                    .ledger = true};
        outputs[count + 2] = (struct stream_output){.table = "graduate.records",
                                                    .columns = record_fields,
                                                    .types = texts,
                                                    .column_count = RECORD_FIELDS,
                                                    .ledger = true};
        struct stream_header header = *records;
        header.rows = true;
        if (!t->tries) {
            outputs[count + 1] = (struct stream_output){.table = "graduate.rejects",
                                                        .columns = reject_fields,
                                                        .types = texts,
                                                        .column_count = REJECT_FIELDS,
                                                        .ledger = true};
            outputs[count + 2] = (struct stream_output){.table = "graduate.refusable",
                                                        .columns = refusable_fields,
                                                        .types = refusable_types,
                                                        .column_count = REFUSABLE_FIELDS,
                                                        .ledger = true};
        }
        size_t own = t->tries || t->entity->refusable ? 3 : t->entity->rejects ? 2 : 1;
        ok = stream_write_header(&t->out, &header, outputs, count + own, error);
    }
    arena_release(&arena);
    return ok;
}

/* The catalog speaks for the entity; its fellows that keep a shape are not needed here, so the
 * schema is resolved for this entity alone. */
static bool compile(struct transform *t, const struct catalog_entity *described,
                    struct error *error)
{
    bool ok = schema_resolve_entity(&t->schema, &t->project, t->entity, &t->catalog, error) &&
              plan_compile(&t->plan, &t->schema, t->entity, described, error);
    return ok || error->code != ERROR_USAGE || error->hint[0] != '\0'
               ? ok
               : error_hint(error, "correct the mapping, and run again");
}

static void release_plans(struct transform *t)
{
    if (t->plan.entity != NULL)
        plan_release(&t->plan);
    schema_release(&t->schema);
    catalog_release(&t->catalog);
}

/* Compile one mapping as if its stream had begun. */
static bool check(struct transform *t, const char *catalogs, struct error *error)
{
    catalog_init(&t->catalog);
    if (!catalog_read(catalogs, t->entity->source->name, &t->catalog, NULL, error))
        return false;
    const struct catalog_entity *described = catalog_find(&t->catalog, t->entity->from);
    if (described == NULL) {
        error_set(error, ERROR_USAGE, "%s: /from: the catalog of %s has no %s", t->entity->file,
                  t->entity->source->name, t->entity->from);
        return error_hint(error, "correct \"from\", or have the catalog made anew");
    }
    return compile(t, described, error);
}

/* `only`: of this entity alone, and nothing of the project. */
static bool check_all(const struct project *project, const char *only, const char *catalogs,
                      struct error *error)
{
    struct errors errors = {0};
    const struct mapping *entity = NULL;
    bool ok = only != NULL ? project_find_mapping(project, only, &entity, error)
                           : project_check(project, error) || errors_add(&errors, error);
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        struct transform t = {.project = *project, .entity = project->mappings[i]};
        if (entity != NULL && entity != t.entity)
            continue;
        ok = check(&t, catalogs, error) || errors_add(&errors, error);
        release_plans(&t);
    }
    return ok && errors_give(&errors, error);
}

static bool begin(struct transform *t, const struct frame *frame, struct error *error)
{
    struct stream_header header;
    if (!stream_parse_header(&t->in, frame, &header, error))
        return false;
    if (header.rows) {
        error_set(error, ERROR_USAGE, "%s is a row stream already", t->in.name);
        return error_hint(error, "graduate-transform reads what graduate-extract wrote");
    }
    if (strcmp(header.project, t->project.name) != 0) {
        error_set(error, ERROR_USAGE, "the stream is of project %s, not of %s", header.project,
                  t->project.name);
        return error_hint(error, "give the --project that the stream was extracted with");
    }
    if (!project_find_mapping(&t->project, header.entity, &t->entity, error) ||
        !catalog_parse_entity(header.catalog, t->in.name, &t->catalog, error))
        return false;
    char source[256];
    snprintf(source, sizeof source, "%s.%s", t->entity->source->name, t->entity->from);
    if (strcmp(source, header.source) != 0 ||
        strcmp(header.kind, source_kind_names[t->entity->source->kind]) != 0) {
        error_set(error, ERROR_USAGE, "the stream holds %s (%s), and the mapping %s is of %s (%s)",
                  header.source, header.kind, t->entity->file, source,
                  source_kind_names[t->entity->source->kind]);
        return error_hint(error, "give the --project that the stream was extracted with");
    }
    size_t first, count;
    problems_init(&t->problems, t->entity->name);
    if (t->facts)
        return fact_index_open(&t->fact_index, &t->project, t->entity, &t->catalog.entities[0],
                               t->index, error);
    if (!compile(t, &t->catalog.entities[0], error))
        return false;
    t->plan.problems = t->tries ? &t->problems : NULL;
    if (t->ids != NULL &&
        !lookups_open(&t->lookups, &t->project, t->entity, t->index != NULL, t->ids, error))
        return false;
    t->lookups.corrected = header.partition < 0;
    t->plan.lookups = t->ids != NULL ? &t->lookups : NULL;
    if (t->index != NULL)
        return identities_open(&t->identities, &t->project, t->entity, &t->plan, t->index, error);
    schema_outputs(&t->schema, t->entity, &first, &count);
    return rows_init(&t->rows, count, error) && write_header(t, &header, error);
}

/* Into rows, or into one of the indexes. */
static bool put_document(struct transform *t, const uint8_t *bson, uint32_t length,
                         struct error *error)
{
    if (t->index == NULL)
        return rows_put_document(&t->rows, &t->plan, bson, length, error);
    return (t->facts ? fact_index_put_document(&t->fact_index, bson, length, error)
                     : identities_put_document(&t->identities, bson, length, error)) ||
           problems_take(t->tries ? &t->problems : NULL, NULL, error);
}

static bool put_tuple(struct transform *t, const uint8_t **at, const uint8_t *end,
                      struct error *error)
{
    if (t->index == NULL)
        return rows_put_tuple(&t->rows, &t->plan, at, end, error);
    return (t->facts ? fact_index_put_tuple(&t->fact_index, at, end, error)
                     : identities_put_tuple(&t->identities, at, end, error)) ||
           problems_take(t->tries ? &t->problems : NULL, NULL, error);
}

static bool put_documents(struct transform *t, const struct frame *frame, int64_t *records,
                          struct error *error)
{
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    while (at < end) {
        uint32_t length = end - at >= 5 ? get_le32(at) : 0;
        if (length < 5 || length > (size_t)(end - at)) {
            stream_error(&t->in, frame->number, frame->offset, error,
                         "document %lld lies about its length", (long long)*records + 1);
            return error_hint(error, EXTRACT_ANEW);
        }
        if (!put_document(t, at, length, error))
            return false;
        at += length;
        ++*records;
    }
    return true;
}

static bool put_tuples(struct transform *t, const struct frame *frame, int64_t *records,
                       struct error *error)
{
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    for (; at < end; ++*records)
        if (!put_tuple(t, &at, end, error))
            return false;
    return true;
}

static bool send(struct transform *t, struct stream_batch *meta, struct error *error)
{
    bson_init(&meta->paths);
    bool ok =
        path_account_put(&t->plan.paths, &meta->paths)
            ? stream_write_batch(&t->out, meta, true, t->payload.data, t->payload.length, error)
            : error_set(error, ERROR_BUG, "the paths of batch %lld fit into no document",
                        (long long)meta->batch);
    bson_destroy(&meta->paths);
    return ok;
}

static bool batch(struct transform *t, const struct frame *frame, struct error *error)
{
    struct stream_batch meta;
    int64_t records = 0;
    crash_point(CRASH_TRANSFORM_BATCH_READ);
    if (!stream_parse_batch(&t->in, frame, &meta, error))
        return false;
    rows_clear(&t->rows);
    losses_clear(&t->plan.losses);
    problems_clear(&t->problems);
    path_account_clear(&t->plan.paths);
    bool tuples = t->entity->source->kind == SOURCE_POSTGRES;
    if (!(tuples ? put_tuples(t, frame, &records, error)
                 : put_documents(t, frame, &records, error)))
        return false;
    if (records != meta.records) {
        stream_error(&t->in, frame->number, frame->offset, error,
                     "it holds %lld records and says %lld", (long long)records,
                     (long long)meta.records);
        return error_hint(error, EXTRACT_ANEW);
    }
    t->batches++;
    t->records += records;
    if (t->index != NULL)
        return true;
    meta.filtered = t->rows.filtered;
    meta.rejected = t->rows.rejection.records;
    buffer_clear(&t->payload);
    rows_put_sections(&t->rows, &t->plan.losses, t->tries ? &t->problems : NULL, &t->payload);
    if (!buffer_ok(&t->payload, error) || !send(t, &meta, error))
        return false;
    crash_point(CRASH_TRANSFORM_BATCH_SENT);
    return true;
}

/* A checkpoint that was still growing has no end: behind its last whole batch that is made up. */
static bool break_off(struct transform *t, struct error *error)
{
    const struct stream_end end = {.batches = t->batches, .records = t->records};
    *error = (struct error){0};
    return stream_write_end(&t->out, &end, error);
}

static bool run(struct transform *t, struct error *error)
{
    struct frame frame;
    bool more = true;
    while (stream_read(&t->in, &frame, &more, error)) {
        if (!more)
            return true;
        bool ok = false;
        switch (frame.type) {
        case FRAME_HEADER:
            ok = begin(t, &frame, error);
            break;
        case FRAME_BATCH:
            ok = batch(t, &frame, error);
            break;
        case FRAME_END: {
            struct stream_end end; /* views into the frame, which reading the end leaves alone */
            ok = stream_parse_end(&t->in, &frame, &end, error) &&
                 stream_read(&t->in, &frame, &more, error) &&
                 (t->facts           ? fact_index_finish(&t->fact_index, error)
                  : t->index != NULL ? identities_finish(&t->identities, error)
                                     : stream_write_end(&t->out, &end, error));
            break;
        }
        }
        if (!ok)
            return false;
    }
    return t->partial && t->plan.entity != NULL && break_off(t, error);
}

static bool check_command(const struct transform *t, const char *project, bool checks,
                          const char *catalogs, const char *entity, int positionals, char **argv,
                          struct error *error)
{
    bool ok = false;
    if (positionals > 0)
        error_set(error, ERROR_USAGE, "\"%s\" is not expected here", argv[1]);
    else if (project == NULL)
        error_set(error, ERROR_USAGE, "which project? give --project P");
    else if (checks && catalogs == NULL)
        error_set(error, ERROR_USAGE, "--check needs --catalogs");
    else if (entity != NULL && !checks)
        error_set(error, ERROR_USAGE, "--entity goes with --check: a stream says whose it is");
    else if (t->partial && (!t->tries || t->index != NULL))
        error_set(error, ERROR_USAGE, "--partial goes with --trial, and not with --index");
    else if (t->index != NULL && t->ids == NULL && !t->facts)
        error_set(error, ERROR_USAGE, "--index needs --ids, the folder of the other entities' ids");
    else if (t->facts && t->index == NULL)
        error_set(error, ERROR_USAGE,
                  "--facts goes with --index, the file that they are written to");
    else if (checks)
        ok = true;
    else if (isatty(STDIN_FILENO))
        error_set(error, ERROR_USAGE, "standard input is a terminal; it must be a record stream");
    else if (t->index == NULL && isatty(STDOUT_FILENO))
        error_set(error, ERROR_USAGE,
                  "a row stream is not for a terminal: send it to a file or to "
                  "graduate-load");
    else
        ok = true;
    return ok || error_hint(error, "graduate-transform --help shows how it is called");
}

int main(int argc, char **argv)
{
    const char *project = NULL, *catalogs = NULL, *entity = NULL;
    bool checks = false;
    struct transform t = {.identities.writer.runs = -1, .fact_index.writer.runs = -1};
    const struct option_row options[] = {
        {"project", OPTION_TEXT, &project, "P", "the project: a folder, or a name in ./mappings"},
        {"check", OPTION_FLAG, &checks, NULL, "only see whether every mapping can be carried out"},
        {"entity", OPTION_TEXT, &entity, "E", "with --check: only that of this entity"},
        {"trial", OPTION_FLAG, &t.tries, NULL,
         "go on behind what does not fit, and put it on record: for graduate-check"},
        {"partial", OPTION_FLAG, &t.partial, NULL,
         "with --trial: the input may break off, as a checkpoint does that still grows"},
        {"ids", OPTION_TEXT, &t.ids, "DIR",
         "the ids, and facts, of the entities that are looked up: DIR/ENTITY.ids, .facts"},
        {"index", OPTION_TEXT, &t.index, "FILE",
         "write only the entity's own ids to FILE, for those who look it up"},
        {"facts", OPTION_FLAG, &t.facts, NULL,
         "with --index: not its ids, but what the conditions of others ask about its records"},
        {"catalogs", OPTION_TEXT, &catalogs, "DIR",
         "catalogs of the sources, SOURCE.json each, and " TARGET_TABLES " of the target"},
    };
    const struct command command = {
        .name = "graduate-transform",
        .purpose = "turn a record stream into a row stream by the project's mapping",
        .usage = "--project P < RECORDS > ROWS\n"
                 "--project P --ids DIR --index FILE < RECORDS\n"
                 "--project P --facts --index FILE < RECORDS\n"
                 "--project P --check --catalogs DIR [--entity E]",
        .epilogue = "A checkpoint is a record stream:\n"
                    "  graduate-transform --project authorstack < books.gck |\n"
                    "    graduate stream /dev/stdin",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
    };
    struct error error = {0};
    int positionals;
    enum options_outcome outcome = options_parse(&command, argc, argv, &positionals, &error);
    if (outcome == OPTIONS_HELPED)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    bool ok = outcome == OPTIONS_RUN &&
              check_command(&t, project, checks, catalogs, entity, positionals, argv, &error);
    stream_reader_init(&t.in, STDIN_FILENO, "standard input");
    stream_writer_init(&t.out, STDOUT_FILENO, "standard output", CODEC_STORED);
    catalog_init(&t.catalog);
    ok = ok &&
         (checks || t.tries ? project_load_draft(&t.project, project, catalogs, &error)
                            : project_load_beside(&t.project, project, catalogs, &error)) &&
         (checks ? check_all(&t.project, entity, catalogs, &error) : run(&t, &error));
    int code = ok ? 0 : message_error(&error);
    identities_close(&t.identities);
    fact_index_close(&t.fact_index);
    lookups_close(&t.lookups);
    release_plans(&t);
    problems_release(&t.problems);
    rows_release(&t.rows);
    buffer_release(&t.payload);
    stream_reader_release(&t.in);
    stream_writer_release(&t.out);
    project_release(&t.project);
    return code;
}
