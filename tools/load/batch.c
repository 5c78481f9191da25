#include "refused.h"
#include "section.h"

#include "graduate/crash.h"
#include "graduate/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {"public.books": 12, ...}: an entity may have several outputs into one table. */
static void put_rows(struct buffer *json, const struct work *work, int64_t *rows)
{
    const char *separator = "{";
    *rows = 0;
    for (size_t i = 0; i < work->count; i++) {
        const struct stream_output *output = work_output(work, i);
        bool counted = output->ledger;
        for (size_t j = 0; j < i && !counted; j++)
            counted = strcmp(work_output(work, j)->table, output->table) == 0;
        if (counted)
            continue;
        int64_t sum = 0;
        for (size_t j = i; j < work->count; j++)
            if (strcmp(work_output(work, j)->table, output->table) == 0)
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
        if (strcmp(work_output(work, i)->table, "graduate.losses") == 0)
            losses += work->sections[i].rows;
    return losses;
}

/* Are more records set aside than the project lets a run? */
static bool check_rejects(struct postgres *target, const struct fence *fence,
                          const struct work *work, struct error *error)
{
    static const char sql[] =
        "SELECT r.key, r.path, r.message, (SELECT count(*) FROM graduate.rejects WHERE run = $1"
        "  AND retried_at IS NULL) FROM graduate.rejects r WHERE r.run = $1"
        " ORDER BY r.id DESC LIMIT 1";
    PGresult *result;
    if (work->batch->rejected <= 0)
        return true;
    if (!postgres_query(target, sql, &fence->run, 1, &result, error))
        return false;
    int64_t rejects = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 3), NULL, 10) : 0;
    bool ok = rejects <= work->most_rejects ||
              refused_more(work, rejects, PQgetvalue(result, 0, 2), PQgetvalue(result, 0, 0),
                           PQgetvalue(result, 0, 1), error);
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

/* The search, where there is one, comes behind the ledger's row, as all that is written. */
static bool write_rows(struct postgres *target, const struct fence *fence, struct work *work,
                       struct refused *refused, struct error *error)
{
    const struct isolation *isolation = &work->isolation;
    int64_t rejects = 0;
    if ((refused->searches && !refused_search(target, fence, work, refused, error)) ||
        !refused_load(target, fence, work, refused, error) ||
        !isolation_settle(isolation, target, fence, work->batch, &rejects, error))
        return false;
    if (isolation->out_count == 0)
        return check_rejects(target, fence, work, error);
    const struct error *cause = isolation->last;
    return rejects <= work->most_rejects ||
           refused_more(work, rejects, cause->message, cause->key, cause->path, error);
}

static bool write_batch(struct postgres *target, const struct fence *fence, struct work *work,
                        struct refused *refused, int64_t *rows, struct error *error)
{
    bool again = work->isolation.records != NULL;
    if (!(again ? fence_begin_again : fence_begin_unflushed)(target, fence, error))
        return false;
    crash_point(CRASH_LOAD_BEGIN);
    if ((work->retrial != NULL && !retrial_claim(target, fence, work->retrial, error)) ||
        !write_ledger(target, fence, work, error) ||
        !write_rows(target, fence, work, refused, error) ||
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
    struct refused refused = {.section = SIZE_MAX};
    bool ok = work_split(&work, payload, length, error);
    while (ok && !write_batch(target, fence, &work, &refused, rows, error)) {
        ok = refused_take_out(&work, &refused, error);
        refused.section = ok ? refused.section : SIZE_MAX;
        if (ok)
            continue;
        if (error->row.place > 0 && work.isolation.out_count == 0)
            error->row.batch = given->batch->batch;
        fence_rollback(target);
    }
    work_release(&work);
    return ok;
}
