#include "load.h"
#include "refusal.h"
#include "resident.h"
#include "trigger.h"

#include "graduate/crash.h"
#include "graduate/json.h"
#include "graduate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A batch, with its payload taken apart. */
struct work {
    const struct mapping *mapping;
    const struct stream_outputs *outputs;
    const struct stream_batch *batch;
    const struct retrial *retrial;
    struct stream_section *sections;
    int64_t *added; /* of each section's rows, those that are new in the table */
    size_t count, bytes;
    int64_t most_rejects;
};

static bool split(struct work *work, const uint8_t *payload, size_t length, struct error *error)
{
    const uint8_t *at = payload, *end = payload + length;
    struct stream_section section;
    work->sections = calloc(work->outputs->count + 1, sizeof *work->sections);
    work->added = calloc(work->outputs->count + 1, sizeof *work->added);
    if (work->sections == NULL || work->added == NULL)
        return error_memory(error);
    while (stream_next_section(&at, end, &section, error)) {
        if (section.output >= work->outputs->count ||
            (work->count > 0 && section.output <= work->sections[work->count - 1].output))
            return error_set(error, ERROR_SOURCE,
                             "the sections of batch %" PRId64 " are out of order",
                             work->batch->batch);
        work->sections[work->count++] = section;
    }
    return error->code == ERROR_NONE;
}

static const struct stream_output *output_of(const struct work *work, size_t section)
{
    return &work->outputs->items[work->sections[section].output];
}

/* {"public.books": 12, ...}: an entity may have several outputs into one table. */
static void put_rows(struct buffer *json, const struct work *work, int64_t *rows)
{
    const char *separator = "{";
    *rows = 0;
    for (size_t i = 0; i < work->count; i++) {
        const struct stream_output *output = output_of(work, i);
        bool counted = output->ledger;
        for (size_t j = 0; j < i && !counted; j++)
            counted = strcmp(output_of(work, j)->table, output->table) == 0;
        if (counted)
            continue;
        int64_t sum = 0;
        for (size_t j = i; j < work->count; j++)
            if (strcmp(output_of(work, j)->table, output->table) == 0)
                sum += work->added[j];
        buffer_puts(json, separator);
        json_put_string(json, output->table, strlen(output->table));
        buffer_printf(json, ":%" PRId64, sum);
        separator = ",";
        *rows += sum;
    }
    buffer_puts(json, *separator == ',' ? "}" : "{}");
}

static void put_hex(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    buffer_puts(buffer, "\\x");
    for (size_t i = 0; i < length; i++) {
        buffer_putc(buffer, digits[bytes[i] >> 4]);
        buffer_putc(buffer, digits[bytes[i] & 15]);
    }
}

static int64_t count_losses(const struct work *work)
{
    int64_t losses = 0;
    for (size_t i = 0; i < work->count; i++)
        if (strcmp(output_of(work, i)->table, "graduate.losses") == 0)
            losses += work->sections[i].rows;
    return losses;
}

/* Are more records set aside than the project lets a run? Then nothing of the batch stays. */
static bool check_rejects(struct postgres *target, const struct fence *fence,
                          const struct work *work, struct error *error)
{
    static const char sql[] =
        "SELECT r.key, r.path, r.message, (SELECT count(*) FROM graduate.rejects WHERE run = $1"
        "  AND retried_at IS NULL) FROM graduate.rejects r WHERE r.run = $1 ORDER BY r.id DESC "
        "LIMIT 1";
    PGresult *result;
    if (work->batch->rejected <= 0)
        return true;
    if (!postgres_query(target, sql, &fence->run, 1, &result, error))
        return false;
    int64_t rejects = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 3), NULL, 10) : 0;
    bool ok = rejects <= work->most_rejects;
    if (!ok) {
        error_set(error, ERROR_DATA,
                  "%" PRId64 " records are set aside, and the project lets at most %" PRId64
                  "; of the last one: %s",
                  rejects, work->most_rejects, PQgetvalue(result, 0, 2));
        error_hint(error, "correct the records in the source; or let more be set aside, with "
                          "\"rejects\": {\"limit\": N} in project.json; then run again");
        error_at(error, work->batch->entity, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
    }
    PQclear(result);
    return ok;
}

static bool insert(struct postgres *target, const struct fence *fence, const struct work *work,
                   const char *paths, const char *position, struct error *error)
{
    static const char sql[] =
        "INSERT INTO graduate.batches (run, entity, partition, batch, records, filtered, rejected,"
        " rows, bytes, paths, position, losses, retried)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $9, $10, $11, $12)";
    const int64_t retried = work->retrial != NULL ? 1 - work->batch->filtered : 0;
    const int64_t numbers[] = {
        work->batch->partition, work->batch->batch,   work->batch->records, work->batch->filtered,
        work->batch->rejected,  (int64_t)work->bytes, count_losses(work),   retried};
    enum { NUMBERS = sizeof numbers / sizeof numbers[0], PARAMETERS = 12 };
    char texts[NUMBERS][24];
    for (size_t i = 0; i < NUMBERS; i++)
        snprintf(texts[i], sizeof texts[i], "%" PRId64, numbers[i]);
    const char *const parameters[PARAMETERS] = {fence->run, work->batch->entity,
                                                texts[0],   texts[1],
                                                texts[2],   texts[3],
                                                texts[4],   texts[5],
                                                paths,      position,
                                                texts[6],   texts[7]};
    static const char doing[] = "writing the batch's row of the ledger";
    PGresult *result = postgres_ask_with(target, sql, parameters, PARAMETERS, doing);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok)
        postgres_error(target, result, doing, error);
    PQclear(result);
    if (ok || strcmp(error->sqlstate, "23505") != 0)
        return ok;
    error_set(error, ERROR_REFUSED, "another loader wrote batch %" PRId64 " meanwhile",
              work->batch->batch);
    return error_hint(error, "two programs load this run at once: let one go on, or run again");
}

static bool write_ledger(struct postgres *target, const struct fence *fence,
                         const struct work *work, struct error *error)
{
    struct buffer position;
    buffer_init(&position);
    put_hex(&position, bson_get_data(&work->batch->position), work->batch->position.len);
    char *paths = bson_as_relaxed_extended_json(&work->batch->paths, NULL);
    bool ok = buffer_ok(&position, error) &&
              (paths != NULL
                   ? insert(target, fence, work, paths, buffer_text(&position), error)
                   : error_set(error, ERROR_SOURCE, "the paths of batch %" PRId64 " are damaged",
                               work->batch->batch));
    bson_free(paths);
    buffer_release(&position);
    return ok;
}

/* The ledger's row comes first, so that of two loaders the second stops before it has written; how
 * long the batch took, and how many rows it made, is known only now. */
static bool record_end(struct postgres *target, const struct fence *fence, const struct work *work,
                       int64_t *rows, struct error *error)
{
    struct buffer json;
    buffer_init(&json);
    put_rows(&json, work, rows);
    char partition[24], batch[24];
    snprintf(partition, sizeof partition, "%" PRId32, work->batch->partition);
    snprintf(batch, sizeof batch, "%" PRId64, work->batch->batch);
    const char *const parameters[] = {fence->run, work->batch->entity, partition, batch,
                                      buffer_text(&json)};
    PGresult *result = NULL;
    bool ok = buffer_ok(&json, error) &&
              postgres_query(target,
                             "UPDATE graduate.batches SET rows = $5, seconds ="
                             " extract(epoch FROM clock_timestamp() - now()) WHERE run = $1"
                             " AND entity = $2 AND partition = $3 AND batch = $4",
                             parameters, 5, &result, error);
    PQclear(result);
    buffer_release(&json);
    return ok;
}

/* `into` is the schema of a table of the output's name; NULL: the output's own. */
static bool begin_copy(struct postgres *target, const struct stream_output *output,
                       const struct stream_section *section, const char *into, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "COPY ");
    const char *dot = strchr(output->table, '.');
    if (dot == NULL) {
        buffer_release(&sql);
        return error_set(error, ERROR_SOURCE, "the stream names a table without a schema: %s",
                         output->table);
    }
    char schema[128];
    snprintf(schema, sizeof schema, "%.*s", (int)(dot - output->table), output->table);
    sql_put_qualified(&sql, into != NULL ? into : schema, dot + 1);
    for (size_t i = 0; i < output->column_count; i++) {
        buffer_puts(&sql, i == 0 ? " (" : ", ");
        sql_put_identifier(&sql, output->columns[i]);
    }
    buffer_puts(&sql, ") FROM STDIN (FORMAT binary)");
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        char doing[160];
        snprintf(doing, sizeof doing, "loading into %s", output->table);
        PGresult *result = postgres_ask(target, buffer_text(&sql), doing);
        ok = PQresultStatus(result) == PGRES_COPY_IN ||
             refusal_of_copy(target, result, output, section, error);
        PQclear(result);
    }
    buffer_release(&sql);
    return ok;
}

static bool copy(struct postgres *target, const struct work *work, size_t i, const char *into,
                 struct error *error)
{
    const struct stream_output *output = output_of(work, i);
    const struct stream_section *section = &work->sections[i];
    static const uint8_t head[19] = "PGCOPY\n\377\r\n", trailer[2] = {0xff, 0xff};
    if (!begin_copy(target, output, section, into, error))
        return false;
    bool sent = postgres_put(target, head, sizeof head) &&
                postgres_put(target, section->tuples, section->length) &&
                postgres_put(target, trailer, sizeof trailer);
    if (i + 1 == work->count)
        crash_point(CRASH_LOAD_COPIED);
    sent = sent && PQputCopyEnd(target->connection, NULL) == 1;
    PGresult *result = postgres_end_copy(target); /* a server that refuses says so only here */
    bool ok = sent && PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) {
        refusal_of_copy(target, result, output, section, error);
    } else if (strtoull(PQcmdTuples(result), NULL, 10) != section->rows) {
        ok = error_set(error, ERROR_DATA, "%s took %s of %" PRIu32 " rows", output->table,
                       PQcmdTuples(result), section->rows);
        error_hint(error,
                   "a trigger or a rule of this table in the target turns rows away: remove "
                   "it for the migration, then run again; nothing of this batch was written");
    }
    PQclear(result);
    return ok;
}

/* The mapping's word on an output's table; NULL for the ledger's own. All forms say the same. */
static const struct mapping_table *table_of(const struct work *work, size_t section)
{
    const char *label = output_of(work, section)->table;
    for (size_t t = 0; t < work->mapping->table_count; t++)
        if (strcmp(work->mapping->tables[t].label, label) == 0)
            return &work->mapping->tables[t];
    return NULL;
}

static bool put_section(struct postgres *target, const struct fence *fence, const struct work *work,
                        size_t i, const struct mapping_table *table, struct error *error)
{
    const int64_t rows = work->sections[i].rows;
    const struct resident resident = {table, output_of(work, i)};
    work->added[i] = rows;
    if (table == NULL || table->if_there == IF_THERE_FAIL)
        return copy(target, work, i, NULL, error);
    return resident_open(target, &resident, error) && copy(target, work, i, "pg_temp", error) &&
           resident_take(target, &resident, fence, work->batch->entity, rows, &work->added[i],
                         error);
}

static bool load_section(struct postgres *target, const struct fence *fence,
                         const struct work *work, size_t i, struct error *error)
{
    const struct mapping_table *table = table_of(work, i);
    bool off = table != NULL && table->triggers_off;
    return (!off || trigger_switch(target, false, error)) &&
           put_section(target, fence, work, i, table, error) &&
           (!off || trigger_switch(target, true, error));
}

/* The section that a refusal is about, by the name of its table; the first, where it has none. */
static size_t section_of(const struct work *work, const PGresult *result)
{
    const char *schema = PQresultErrorField(result, PG_DIAG_SCHEMA_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    char label[256];
    snprintf(label, sizeof label, "%s.%s", schema != NULL ? schema : "",
             table != NULL ? table : "");
    for (size_t i = 0; i < work->count; i++)
        if (strcmp(output_of(work, i)->table, label) == 0)
            return i;
    return 0;
}

/* What the target puts off to the commit is looked at here: a commit says nothing of the row. */
static bool settle_constraints(struct postgres *target, const struct work *work,
                               struct error *error)
{
    PGresult *result = postgres_ask(target, "SET CONSTRAINTS ALL IMMEDIATE", "checking a batch");
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok && work->count > 0) {
        size_t i = section_of(work, result);
        refusal_of_copy(target, result, output_of(work, i), &work->sections[i], error);
    } else if (!ok) {
        postgres_error(target, result, "checking a batch", error);
    }
    PQclear(result);
    return ok;
}

static bool write_batch(struct postgres *target, const struct fence *fence, const struct work *work,
                        int64_t *rows, struct error *error)
{
    if (!fence_begin_unflushed(target, fence, error))
        return false;
    crash_point(CRASH_LOAD_BEGIN);
    if (work->retrial != NULL && !retrial_claim(target, fence, work->retrial, error))
        return false;
    if (!write_ledger(target, fence, work, error))
        return false;
    for (size_t i = 0; i < work->count; i++)
        if (!load_section(target, fence, work, i, error))
            return false;
    if (!check_rejects(target, fence, work, error) || !settle_constraints(target, work, error) ||
        !record_end(target, fence, work, rows, error) ||
        (work->retrial != NULL &&
         !retrial_settle(target, fence, work->retrial, work->batch, error)))
        return false;
    crash_point(CRASH_LOAD_BEFORE_COMMIT);
    if (!fence_commit(target, error))
        return false;
    crash_point(CRASH_LOAD_AFTER_COMMIT);
    return true;
}

bool load_batch(struct postgres *target, const struct fence *fence,
                const struct batch_loading *given, const uint8_t *payload, size_t length,
                int64_t *rows, struct error *error)
{
    struct work work = {.mapping = given->mapping,
                        .outputs = given->outputs,
                        .batch = given->batch,
                        .retrial = given->retrial,
                        .bytes = length,
                        .most_rejects = given->most_rejects};
    bool ok = split(&work, payload, length, error);
    if (ok && !write_batch(target, fence, &work, rows, error)) {
        if (error->row.place > 0)
            error->row.batch = given->batch->batch;
        fence_rollback(target);
        ok = false;
    }
    free(work.sections);
    free(work.added);
    return ok;
}
