#include "isolation.h"
#include "batch_paths.h"

#include "graduate/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY, ROWS, LOADED, REJECTED, RECORD, TEXT, FIELDS };

struct bytes {
    const uint8_t *at;
    size_t length;
};
struct refusable {
    struct bytes fields[FIELDS];
    char *key;
    struct error *cause; /* NULL: it is not out */
};

/* ---- what the stream tells ------------------------------------------------------------------- */

static bool disagree(struct error *error)
{
    return error_set(error, ERROR_SOURCE,
                     "the stream tells of other records than those whose rows it has");
}

static bool read_tuple(const uint8_t **at, const uint8_t *end, struct bytes *fields, size_t count)
{
    if (end - *at < 2 || get_be16(*at) != count)
        return false;
    *at += 2;
    for (size_t i = 0; i < count; i++) {
        uint32_t length = end - *at >= 4 ? get_be32(*at) : UINT32_MAX;
        if (length > (size_t)(end - *at) - 4)
            return false;
        fields[i] = (struct bytes){*at + 4, length};
        *at += 4 + (size_t)length;
    }
    return true;
}

static bool read_records(struct isolation *isolation, const struct stream_section *section,
                         size_t outputs, struct error *error)
{
    const uint8_t *at = section->tuples, *end = at + section->length;
    isolation->records = calloc((size_t)section->rows + 1, sizeof *isolation->records);
    if (isolation->records == NULL)
        return error_memory(error);
    for (uint32_t i = 0; i < section->rows; i++) {
        struct refusable *record = &isolation->records[isolation->record_count++];
        if (!read_tuple(&at, end, record->fields, FIELDS) ||
            record->fields[ROWS].length != 4 * outputs)
            return disagree(error);
        record->key = strndup((const char *)record->fields[KEY].at, record->fields[KEY].length);
        if (record->key == NULL)
            return error_memory(error);
    }
    return at == end || disagree(error);
}

/* Behind a row of any number of fields; NULL: it is none. */
static const uint8_t *skip_row(const uint8_t *at, const uint8_t *end)
{
    if (end - at < 2)
        return NULL;
    uint16_t fields = get_be16(at);
    at += 2;
    for (uint16_t i = 0; i < fields; i++) {
        uint32_t length = end - at >= 4 ? get_be32(at) : 0;
        length = length == UINT32_MAX ? 0 : length; /* NULL */
        if (end - at < 4 || length > (size_t)(end - at) - 4)
            return NULL;
        at += 4 + (size_t)length;
    }
    return at;
}

static uint32_t rows_of(const struct isolation *isolation, size_t record, size_t output)
{
    return get_le32(isolation->records[record].fields[ROWS].at + 4 * output);
}

static bool find_starts(struct isolation *isolation, size_t s, struct error *error)
{
    const struct stream_section *section = &isolation->sections[s];
    const uint8_t *at = section->tuples, *end = at + section->length;
    size_t *starts = calloc(isolation->record_count + 1, sizeof *starts);
    isolation->starts[s] = starts;
    if (starts == NULL)
        return error_memory(error);
    for (size_t r = 0; r < isolation->record_count; r++) {
        starts[r] = (size_t)(at - section->tuples);
        for (uint32_t row = rows_of(isolation, r, section->output); row > 0; row--)
            if ((at = skip_row(at, end)) == NULL)
                return disagree(error);
    }
    starts[isolation->record_count] = (size_t)(at - section->tuples);
    return at == end || disagree(error);
}

/* The sections of the target's tables, and the losses: the rest of the ledger's are of no record
 * that could be taken out. */
static bool has_records(const struct stream_outputs *outputs, size_t output)
{
    return !outputs->items[output].ledger ||
           strcmp(outputs->items[output].table, "graduate.losses") == 0;
}

bool isolation_open(struct isolation *isolation, const struct stream_section *sections,
                    size_t count, const struct stream_outputs *outputs,
                    const struct stream_section *refusables, struct error *error)
{
    size_t told = 0;
    *isolation = (struct isolation){.sections = sections, .count = count};
    while (told < outputs->count && has_records(outputs, told))
        told++;
    isolation->starts = calloc(count + 1, sizeof *isolation->starts);
    isolation->left = calloc(count + 1, sizeof *isolation->left);
    if (isolation->starts == NULL || isolation->left == NULL)
        return error_memory(error);
    bool ok = read_records(isolation, refusables, told, error);
    for (size_t s = 0; ok && s < count; s++)
        ok = sections[s].output >= told || find_starts(isolation, s, error);
    return ok;
}

void isolation_release(struct isolation *isolation)
{
    for (size_t r = 0; r < isolation->record_count; r++) {
        free(isolation->records[r].key);
        free(isolation->records[r].cause);
    }
    for (size_t s = 0; s < isolation->count && isolation->starts != NULL; s++)
        free(isolation->starts[s]);
    for (size_t s = 0; s < isolation->count && isolation->left != NULL; s++)
        buffer_release(&isolation->left[s]);
    free(isolation->records);
    free(isolation->starts);
    free(isolation->left);
    *isolation = (struct isolation){0};
}

/* ---- the batch without them ------------------------------------------------------------------ */

size_t isolation_find(const struct isolation *isolation, size_t section, uint64_t place)
{
    uint64_t rows = 0;
    size_t record = 0;
    if (place == 0 || isolation->starts[section] == NULL)
        return isolation->record_count;
    /* The place is one among the rows that were sent. */
    for (; record < isolation->record_count; record++) {
        if (isolation->records[record].cause == NULL)
            rows += rows_of(isolation, record, isolation->sections[section].output);
        if (rows >= place)
            break;
    }
    return record;
}

bool isolation_take(struct isolation *isolation, size_t section, size_t from, size_t to,
                    struct stream_section *taken, struct error *error)
{
    const struct stream_section *whole = &isolation->sections[section];
    const size_t *starts = isolation->starts[section];
    struct buffer *left = &isolation->left[section];
    *taken = *whole;
    if (starts == NULL || (isolation->out_count == 0 && from == 0 && to == isolation->record_count))
        return true;
    taken->rows = 0;
    buffer_clear(left);
    for (size_t r = from; r < to; r++) {
        if (isolation->records[r].cause != NULL)
            continue;
        taken->rows += rows_of(isolation, r, whole->output);
        buffer_put(left, whole->tuples + starts[r], starts[r + 1] - starts[r]);
    }
    taken->tuples = left->data;
    taken->length = left->length;
    return buffer_ok(left, error);
}

bool isolation_exclude(struct isolation *isolation, size_t record, const struct error *cause,
                       struct error *error)
{
    struct error *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return error_memory(error);
    *copy = *cause;
    snprintf(copy->key, sizeof copy->key, "%s", isolation->records[record].key);
    isolation->last = copy;
    isolation->records[record].cause = copy;
    isolation->out_count++;
    return true;
}

const char *isolation_key(const struct isolation *isolation, size_t record)
{
    return isolation->records[record].key;
}

/* ---- and they themselves --------------------------------------------------------------------- */

static char *paths_text(const struct bytes *field)
{
    bson_t paths;
    return bson_init_static(&paths, field->at, field->length)
               ? bson_as_relaxed_extended_json(&paths, NULL)
               : NULL;
}

/* Of a row of a Postgres it comes along: its bytes alone do not say it. */
static bool put_text(const struct refusable *record, struct buffer *out, struct error *error)
{
    const struct bytes *bytes = &record->fields[RECORD], *text = &record->fields[TEXT];
    buffer_put(out, text->at, text->length);
    return text->length > 0 ? buffer_ok(out, error)
                            : record_text(bytes->at, bytes->length, out, error);
}

static bool write_reject(const struct isolation *isolation, const struct refusable *record,
                         struct postgres *target, const struct fence *fence,
                         const struct stream_batch *batch, const char *const *paths,
                         int64_t *rejects, struct error *error)
{
    /* One statement: the reject, and the batch's account without what the record counted as. */
    static const char sql[] =
        "WITH reject AS (INSERT INTO graduate.rejects"
        "  (run, entity, key, path, message, record, paths, digest, sqlstate)"
        "  VALUES ($1, $2, $8, $9, $10, $11, $5, $12, $13)) " BATCH_PATHS_ADD(
            ", rejected = rejected + 1, losses = losses - $7") " RETURNING 1 + (SELECT count(*) "
                                                               "FROM graduate.rejects WHERE run = "
                                                               "$1"
                                                               "  AND retried_at IS NULL)";
    char partition[24], number[24], losses[24] = "0", digest[RECORD_DIGEST_SIZE];
    const struct bytes *bytes = &record->fields[RECORD];
    struct buffer text;
    PGresult *result = NULL;
    size_t outputs = record->fields[ROWS].length / 4;
    snprintf(partition, sizeof partition, "%" PRId32, batch->partition);
    snprintf(number, sizeof number, "%" PRId64, batch->batch);
    snprintf(losses, sizeof losses, "%" PRIu32,
             rows_of(isolation, (size_t)(record - isolation->records), outputs - 1));
    buffer_init(&text);
    bool ok =
        put_text(record, &text, error) && record_digest(bytes->at, bytes->length, digest, error);
    const char *const parameters[] = {fence->run,
                                      batch->entity,
                                      partition,
                                      number,
                                      paths[1],
                                      paths[0],
                                      losses,
                                      record->key,
                                      record->cause->path,
                                      record->cause->message,
                                      buffer_text(&text),
                                      digest,
                                      record->cause->sqlstate};
    ok = ok && postgres_query(target, sql, parameters, 13, &result, error);
    if (ok)
        *rejects = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    buffer_release(&text);
    return ok;
}

bool isolation_settle(const struct isolation *isolation, struct postgres *target,
                      const struct fence *fence, const struct stream_batch *batch, int64_t *rejects,
                      struct error *error)
{
    bool ok = true;
    for (size_t r = 0; ok && r < isolation->record_count; r++) {
        const struct refusable *record = &isolation->records[r];
        if (record->cause == NULL)
            continue;
        char *paths[] = {paths_text(&record->fields[LOADED]),
                         paths_text(&record->fields[REJECTED])};
        ok = paths[0] != NULL && paths[1] != NULL
                 ? write_reject(isolation, record, target, fence, batch, (const char *const *)paths,
                                rejects, error)
                 : disagree(error);
        bson_free(paths[0]);
        bson_free(paths[1]);
    }
    return ok;
}
