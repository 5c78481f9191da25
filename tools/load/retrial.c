#include "retrial.h"
#include "batch_paths.h"

#include "graduate/crash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const bson_t *document, const char *name)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, document, name) && BSON_ITER_HOLDS_UTF8(&at)
               ? bson_iter_utf8(&at, NULL)
               : NULL;
}

bool retrial_parse(struct retrial *retrial, const bson_t *position, struct error *error)
{
    bson_iter_t at;
    *retrial = (struct retrial){.record = text_of(position, "record")};
    retrial->digest = text_of(position, "digest");
    if (!bson_iter_init_find(&at, position, "reject") || !BSON_ITER_HOLDS_INT64(&at) ||
        retrial->record == NULL || retrial->digest == NULL)
        return error_set(error, ERROR_SOURCE,
                         "the stream does not say of which reject a record is the correction");
    snprintf(retrial->reject, sizeof retrial->reject, "%" PRId64, bson_iter_int64(&at));
    return true;
}

void retrial_release(struct retrial *retrial)
{
    free(retrial->paths);
    retrial->paths = NULL;
}

bool retrial_claim(struct postgres *target, const struct fence *fence, struct retrial *retrial,
                   struct error *error)
{
    const char *const parameters[] = {fence->run, retrial->reject};
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT paths FROM graduate.rejects WHERE run = $1 AND id = $2"
                        " AND retried_at IS NULL FOR UPDATE",
                        parameters, 2, &result, error))
        return false;
    bool open = PQntuples(result) == 1;
    if (open)
        retrial->paths = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    if (open)
        return retrial->paths != NULL || error_memory(error);
    error_set(error, ERROR_REFUSED, "reject %s of run %s is not there any more", retrial->reject,
              fence->run);
    return error_hint(error, "another program loaded it, or restarted its entity, meanwhile: "
                             "graduate retry again says what is left");
}

static bool change(struct postgres *target, const char *sql, const char *const *parameters,
                   int count, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, sql, parameters, count, &result, error))
        return false;
    bool one = strcmp(PQcmdTuples(result), "1") == 0;
    PQclear(result);
    return one || error_set(error, ERROR_BUG, "the ledger lost a row of a corrected record");
}

bool retrial_settle(struct postgres *target, const struct fence *fence,
                    const struct retrial *retrial, const struct stream_batch *batch,
                    struct error *error)
{
    /* The batch that set it aside counts its values as rejected for good; here they are taken off,
     * so that the sum over all batches is that of the record as it was loaded. */
    static const char paths_sql[] = BATCH_PATHS_ADD("");
    static const char reject_sql[] =
        "UPDATE graduate.rejects SET retried_at = clock_timestamp(), corrected = $3,"
        " corrected_digest = $4 WHERE run = $1 AND id = $2";
    char partition[24], number[24];
    snprintf(partition, sizeof partition, "%" PRId32, batch->partition);
    snprintf(number, sizeof number, "%" PRId64, batch->batch);
    const char *const of_batch[] = {fence->run, batch->entity, partition,
                                    number,     "{}",          retrial->paths};
    const char *const of_reject[] = {fence->run, retrial->reject, retrial->record, retrial->digest};
    return change(target, paths_sql, of_batch, 6, error) &&
           change(target, reject_sql, of_reject, 4, error);
}

bool retrial_refuse(struct postgres *target, const struct fence *fence,
                    const struct retrial *retrial, const char *path, const char *message,
                    struct error *error)
{
    static const char sql[] =
        "UPDATE graduate.rejects SET path = $3, message = $4, corrected = $5,"
        " corrected_digest = $6 WHERE run = $1 AND id = $2 AND retried_at IS NULL";
    const char *const parameters[] = {fence->run, retrial->reject, path,
                                      message,    retrial->record, retrial->digest};
    if (fence_begin(target, fence, error) && change(target, sql, parameters, 6, error) &&
        fence_commit(target, error)) {
        crash_point(CRASH_LOAD_REFUSED_AGAIN);
        return true;
    }
    fence_rollback(target);
    return false;
}

/* A text field of the tuple, for the caller to free; NULL: it is not there, or without memory. */
static char *field_of(const struct stream_section *section, size_t wanted)
{
    const uint8_t *at = section->tuples, *end = at + section->length;
    if (section->length < 2)
        return NULL;
    at += 2;
    for (size_t i = 0; end - at >= 4; i++) {
        uint32_t length = get_be32(at);
        at += 4;
        if (length > (size_t)(end - at))
            return NULL;
        if (i == wanted)
            return strndup((const char *)at, length);
        at += length;
    }
    return NULL;
}

static char *named_field(const struct stream_output *output, const struct stream_section *section,
                         const char *name)
{
    for (size_t i = 0; i < output->column_count; i++)
        if (strcmp(output->columns[i], name) == 0)
            return field_of(section, i);
    return NULL;
}

bool retrial_refuse_again(struct postgres *target, const struct fence *fence,
                          const struct retrial *retrial, const struct stream_outputs *outputs,
                          const uint8_t *payload, size_t length, struct error *error)
{
    const uint8_t *end = payload + length;
    struct stream_section section;
    while (stream_next_section(&payload, end, &section, error)) {
        if (section.output >= outputs->count ||
            strcmp(outputs->items[section.output].table, "graduate.rejects") != 0)
            continue;
        const struct stream_output *output = &outputs->items[section.output];
        char *path = named_field(output, &section, "path");
        char *message = named_field(output, &section, "message");
        bool ok = path != NULL && message != NULL
                      ? retrial_refuse(target, fence, retrial, path, message, error)
                      : error_set(error, ERROR_SOURCE, "a reject of the stream has no cause");
        free(path);
        free(message);
        return ok;
    }
    return error->code != ERROR_NONE
               ? false
               : error_set(error, ERROR_SOURCE, "a reject of the stream has no cause");
}
