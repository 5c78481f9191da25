#include "amended.h"

#include "graduate/json_bson.h"
#include "graduate/kept_row.h"
#include "graduate/record.h"

#include <stdlib.h>
#include <string.h>

static bool is_kept(struct postgres *target, const char *run, bool *kept, struct error *error)
{
    PGresult *result;
    *kept = false;
    if (run == NULL)
        return true;
    if (!postgres_query(target,
                        "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attname = "
                        "'corrected' AND attrelid = pg_catalog.to_regclass('graduate.rejects'))",
                        NULL, 0, &result, error))
        return false;
    *kept = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    return true;
}

static bool damaged(const char *entity, const char *key, struct error *error)
{
    error_set(error, ERROR_TARGET,
              "the ledger has another corrected record in graduate.rejects than was loaded");
    return error_at(error, entity, key, NULL);
}

/* What the ledger's text is in a stream: of a row of a Postgres the target reads it. */
static bool make_record(struct verification *verification, const char *entity, const char *text,
                        struct buffer *out, struct error *error)
{
    const struct mapping *mapping = project_mapping(verification->project, entity);
    const struct catalog_entity *table = mapping != NULL && mapping->source->kind == SOURCE_POSTGRES
                                             ? verification_catalog(verification, mapping)
                                             : NULL;
    bson_t record = BSON_INITIALIZER;
    size_t where;
    bool ok = json_bson_parse_extended(text, strlen(text), &record, &where, error);
    if (ok && table != NULL)
        ok = kept_row_read(&verification->target, table, &record, out, error);
    else if (ok)
        buffer_put(out, bson_get_data(&record), record.len);
    bson_destroy(&record);
    return ok && buffer_ok(out, error);
}

/* entity, digest, corrected, corrected_digest, key */
static bool take(struct amended *amended, struct verification *verification, const PGresult *result,
                 int row, struct error *error)
{
    const char *entity = PQgetvalue(result, row, 0), *text = PQgetvalue(result, row, 2);
    char digest[RECORD_DIGEST_SIZE];
    struct amended_record *record = &amended->records[amended->count++];
    buffer_init(&record->record);
    record->entity = strdup(entity);
    record->digest = strdup(PQgetvalue(result, row, 1));
    if (record->entity == NULL || record->digest == NULL)
        return error_memory(error);
    if (PQgetisnull(result, row, 2)) { /* refused, and not loaded since */
        amended->corrections[amended->count - 1] =
            (struct expect_correction){.digest = record->digest};
        return true;
    }
    if (!make_record(verification, entity, text, &record->record, error))
        return damaged(entity, PQgetvalue(result, row, 4), error);
    amended->corrections[amended->count - 1] =
        (struct expect_correction){record->digest, record->record.data, record->record.length};
    return record_digest(record->record.data, record->record.length, digest, error) &&
           (strcmp(digest, PQgetvalue(result, row, 3)) == 0 ||
            damaged(entity, PQgetvalue(result, row, 4), error));
}

bool amended_read(struct amended *amended, struct verification *verification, struct error *error)
{
    struct postgres *target = &verification->target;
    const char *run = verification->run;
    PGresult *result;
    bool kept;
    *amended = (struct amended){0};
    if (!is_kept(target, run, &kept, error))
        return false;
    if (!kept)
        return true;
    if (!postgres_query(target,
                        "SELECT entity, digest,"
                        " CASE WHEN retried_at IS NOT NULL THEN corrected END, corrected_digest,"
                        " key FROM graduate.rejects WHERE run::pg_catalog.text = $1"
                        " AND (retried_at IS NOT NULL OR sqlstate IS NOT NULL)"
                        " ORDER BY entity COLLATE \"C\", digest COLLATE \"C\"",
                        &run, 1, &result, error))
        return false;
    size_t rows = (size_t)PQntuples(result);
    amended->records = calloc(rows + 1, sizeof *amended->records);
    amended->corrections = calloc(rows + 1, sizeof *amended->corrections);
    bool ok = (amended->records != NULL && amended->corrections != NULL) || error_memory(error);
    for (int row = 0; ok && row < PQntuples(result); row++)
        ok = take(amended, verification, result, row, error);
    PQclear(result);
    return ok;
}

void amended_release(struct amended *amended)
{
    for (size_t i = 0; i < amended->count; i++) {
        free(amended->records[i].entity);
        free(amended->records[i].digest);
        buffer_release(&amended->records[i].record);
    }
    free(amended->records);
    free(amended->corrections);
    *amended = (struct amended){0};
}

const struct expect_correction *amended_of(const struct amended *amended, const char *entity,
                                           size_t *count)
{
    size_t first = 0;
    while (first < amended->count && strcmp(amended->records[first].entity, entity) != 0)
        first++;
    *count = 0;
    while (first + *count < amended->count &&
           strcmp(amended->records[first + *count].entity, entity) == 0)
        ++*count;
    return *count > 0 ? &amended->corrections[first] : NULL;
}

void amended_put_identity(const struct amended *amended, const char *entity,
                          struct buffer *identity)
{
    for (size_t i = 0; i < amended->count; i++) {
        const struct expect_correction *correction = &amended->corrections[i];
        char digest[RECORD_DIGEST_SIZE] = "nothing";
        struct error unused;
        if (strcmp(amended->records[i].entity, entity) != 0)
            continue;
        if (correction->record != NULL &&
            !record_digest(correction->record, correction->length, digest, &unused))
            identity->failed = true;
        buffer_printf(identity, "%s as %s\n", correction->digest, digest);
    }
}
