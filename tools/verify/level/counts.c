/* level_counts: the account. Every record read is loaded, filtered, rejected or set aside, and
 * every table holds what it held before and what was loaded.
 *
 * Its terms are the ledger's, read by SQL of our own; its ends are counted again: the records one
 * by one in the checkpoints, or by the sources as they are now (ends.h), the rows by the target. */
#include "ends.h"
#include "fates.h"
#include "level.h"
#include "query.h"
#include "records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account {
    struct inspection *inspection;
    const PGresult *entities, *tables; /* the ledger's; NULL: there is none to go by */
    struct ends ends;
    struct error *error;
};

static const char run_sql[] = "SELECT state FROM graduate.runs WHERE run::text = $1";

/* What is read of a partition is known when it is done; until then it is what was loaded. */
enum {
    LEDGER_ENTITY,
    LEDGER_READ,
    LEDGER_LOADED,
    LEDGER_FILTERED,
    LEDGER_REJECTED,
    LEDGER_RETRIED,
    LEDGER_LOSSES,
    LEDGER_LOST
};
static const char entities_sql[] =
    "SELECT p.entity, sum(coalesce(p.records_read, b.records, 0)),"
    " coalesce(sum(b.records - b.filtered - b.rejected - b.retried), 0),"
    " coalesce(sum(b.filtered), 0), coalesce(sum(b.rejected), 0), coalesce(sum(b.retried), 0),"
    " coalesce(sum(b.losses), 0),"
    " (SELECT count(*) FROM graduate.losses l WHERE l.run::text = $1 AND l.entity = p.entity)"
    " FROM graduate.partitions p LEFT JOIN"
    "  (SELECT entity, partition, sum(records) AS records, sum(filtered) AS filtered,"
    "    sum(rejected) AS rejected, sum(retried) AS retried, sum(losses) AS losses"
    "    FROM graduate.batches WHERE run::text = $1"
    "    GROUP BY entity, partition) b USING (entity, partition)"
    " WHERE p.run::text = $1 GROUP BY p.entity";

enum { LEDGER_TABLE, LEDGER_BEFORE, LEDGER_ROWS };
#define TABLES_SQL(more)                                                                           \
    "SELECT name, coalesce(sum(rows_before), 0), coalesce(sum(rows), 0) FROM ("                    \
    " SELECT table_name AS name, rows_before, 0 AS rows FROM graduate.tables WHERE run::text = $1" \
    " UNION ALL SELECT r.key, 0, r.value::bigint FROM graduate.batches b,"                         \
    "  jsonb_each_text(b.rows) r WHERE b.run::text = $1" more ") x GROUP BY name ORDER BY name"

/* Rows that a trigger of the run made, and records met, are no rows of a batch. A ledger of an
 * earlier version knows none. */
static const char tables_sql[] = TABLES_SQL(
    " UNION ALL SELECT table_name, 0, 1 FROM graduate.met WHERE run::text = $1 AND made_in_run");
static const char earlier_tables_sql[] = TABLES_SQL("");

static int row_of(const PGresult *rows, const char *name)
{
    for (int row = 0; rows != NULL && row < PQntuples(rows); row++)
        if (strcmp(PQgetvalue(rows, row, 0), name) == 0)
            return row;
    return -1;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

/* False: there is none, or it does not know the run; the doubt is told. */
static bool find_run(struct inspection *inspection)
{
    const char *run = inspection->verification->run;
    int64_t there = 0;
    if (!query_number(inspection, "the ledger",
                      "SELECT count(*) FROM pg_class c JOIN pg_namespace n"
                      " ON n.oid = c.relnamespace WHERE n.nspname = 'graduate'"
                      " AND c.relname = 'runs'",
                      &there, NULL))
        return false;
    if (there == 0) {
        inspection_doubt(inspection, "the ledger is gone: the target has no table graduate.runs");
        return false;
    }
    PGresult *rows = query(inspection, "the ledger", run_sql, &run, 1);
    bool known = rows != NULL && PQntuples(rows) == 1;
    if (rows != NULL && !known)
        inspection_doubt(inspection, "the ledger does not know run %s", run);
    else if (known && strcmp(PQgetvalue(rows, 0, 0), "done") != 0)
        inspection_doubt(inspection, "run %s is not done: it is %s", run, PQgetvalue(rows, 0, 0));
    PQclear(rows);
    return known;
}

static PGresult *ask_tables(struct inspection *inspection, const char *run)
{
    int64_t there = 0;
    if (!query_number(inspection, "the ledger",
                      "SELECT count(*) FROM pg_class c JOIN pg_namespace n"
                      " ON n.oid = c.relnamespace WHERE n.nspname = 'graduate'"
                      " AND c.relname = 'met'",
                      &there, NULL))
        return NULL;
    return query(inspection, "the ledger", there > 0 ? tables_sql : earlier_tables_sql, &run, 1);
}

/* ---- the records ----------------------------------------------------------------------------- */

/* How many records a payload holds, whatever its frame says; -1: it is none. */
static int64_t count_documents(const uint8_t *at, size_t left)
{
    int64_t count = 0;
    for (; left > 0; count++) {
        uint32_t length = left >= 5 ? get_le32(at) : 0;
        if (length < 5 || length > left)
            return -1;
        at += length;
        left -= length;
    }
    return count;
}

static int64_t count_tuples(const uint8_t *at, size_t left)
{
    int64_t count = 0;
    for (; left > 0; count++) {
        if (left < 2)
            return -1;
        uint16_t fields = get_be16(at);
        at += 2;
        left -= 2;
        for (uint16_t f = 0; f < fields; f++) {
            uint32_t length = left >= 4 ? get_be32(at) : 0;
            length = length == UINT32_MAX ? 0 : length; /* NULL */
            if (left < 4 || length > left - 4)
                return -1;
            at += 4 + length;
            left -= 4 + length;
        }
    }
    return count;
}

/* *known is false, with the doubt told, when the records cannot be read. */
static bool count_records(const struct account *account, const struct mapping *entity,
                          int64_t *total, bool *known)
{
    struct records records;
    struct record_batch batch;
    struct error why = {0};
    bool more = true, ok = records_open(&records, account->inspection->verification, entity, &why);
    bool opened = ok;
    *total = 0;
    while (ok && (ok = records_next(&records, &batch, &more, &why)) && more) {
        int64_t count = entity->source->kind == SOURCE_POSTGRES
                            ? count_tuples(batch.payload, batch.length)
                            : count_documents(batch.payload, batch.length);
        if (count != batch.records)
            ok = error_set(&why, ERROR_SOURCE,
                           "batch %" PRId64 " of %s does not hold the %" PRId64
                           " records that it should",
                           batch.number, records.name, batch.records);
        *total += count;
    }
    if (opened)
        records_close(&records);
    *known = ok;
    if (!ok && why.code != ERROR_SOURCE && why.code != ERROR_USAGE) {
        *account->error = why;
        return false;
    }
    if (!ok)
        inspection_doubt(account->inspection, "%s: %s", entity->name, why.message);
    return true;
}

/* ---- the account ----------------------------------------------------------------------------- */

struct terms {
    int64_t read, said, loaded, filtered, rejected, retried; /* read: counted; said: the ledger's */
    bool counted, ledger;
};

static bool put_entity(const struct account *account, const struct mapping *entity,
                       const struct terms *terms)
{
    cJSON *entities = cJSON_GetObjectItemCaseSensitive(
        account->inspection->verification->verdict.json, "entities");
    cJSON *entry = cJSON_CreateObject();
    char source[256];
    snprintf(source, sizeof source, "%s.%s", entity->source->name, entity->from);
    int64_t done = terms->loaded + terms->filtered + terms->rejected + terms->retried;
    int64_t balance = terms->ledger ? terms->read - done : 0;
    bool ok = cJSON_AddStringToObject(entry, "entity", entity->name) != NULL &&
              cJSON_AddStringToObject(entry, "source", source) != NULL &&
              cJSON_AddNumberToObject(entry, "read", (double)terms->read) != NULL &&
              cJSON_AddNumberToObject(entry, "loaded", (double)terms->loaded) != NULL &&
              cJSON_AddNumberToObject(entry, "filtered", (double)terms->filtered) != NULL &&
              cJSON_AddNumberToObject(entry, "rejected", (double)terms->rejected) != NULL &&
              cJSON_AddNumberToObject(entry, "retried", (double)terms->retried) != NULL &&
              cJSON_AddNumberToObject(entry, "balance", (double)balance) != NULL &&
              cJSON_AddItemToArray(entities, entry);
    if (!ok)
        cJSON_Delete(entry);
    return ok ? true : error_memory(account->error);
}

/* Only what was counted can contradict the ledger. */
static bool compare_terms(const struct account *account, const struct mapping *entity,
                          const struct terms *terms)
{
    struct inspection *inspection = account->inspection;
    int64_t done = terms->loaded + terms->filtered + terms->rejected + terms->retried;
    const char *where = inspection->verification->source == VERIFY_CHECKPOINTS
                            ? "the checkpoint holds"
                            : "the source gives";
    if (terms->said != done &&
        !inspection_find(inspection, "count", NULL, NULL, account->error,
                         "%s: %" PRId64 " records were read, but %" PRId64 " loaded + %" PRId64
                         " filtered + %" PRId64 " rejected + %" PRId64 " retried make %" PRId64,
                         entity->name, terms->said, terms->loaded, terms->filtered, terms->rejected,
                         terms->retried, done))
        return false;
    return !terms->counted || terms->read == terms->said ||
           inspection_find(inspection, "count", NULL, NULL, account->error,
                           "%s: %s %" PRId64 " records, but %" PRId64 " were read", entity->name,
                           where, terms->read, terms->said);
}

/* People are told what was lost by these lines: none may be gone, or have come later. */
static bool compare_losses(const struct account *account, const struct mapping *entity, int row)
{
    int64_t written = query_int(account->entities, row, LEDGER_LOSSES);
    int64_t present = query_int(account->entities, row, LEDGER_LOST);
    return written == present ||
           inspection_find(account->inspection, "count", "graduate.losses", NULL, account->error,
                           "%s: %" PRId64 " lines are there, and the run wrote %" PRId64,
                           entity->name, present, written);
}

/* How many records there are now; the ledger's number where that cannot be known. */
static bool count_again(const struct account *account, const struct mapping *entity,
                        struct terms *terms)
{
    int64_t *records = ends_records(&account->ends, entity);
    if (account->inspection->verification->source == VERIFY_AFRESH)
        terms->counted = *records >= 0;
    else if (!count_records(account, entity, records, &terms->counted))
        return false;
    if (!terms->counted)
        *records = -1;
    terms->read = terms->counted ? *records : terms->said;
    return true;
}

static bool close_entity(const struct account *account, const struct mapping *entity)
{
    struct terms terms = {.ledger = account->entities != NULL};
    int row = row_of(account->entities, entity->name);
    if (row >= 0) {
        terms.said = query_int(account->entities, row, LEDGER_READ);
        terms.loaded = query_int(account->entities, row, LEDGER_LOADED);
        terms.filtered = query_int(account->entities, row, LEDGER_FILTERED);
        terms.rejected = query_int(account->entities, row, LEDGER_REJECTED);
        terms.retried = query_int(account->entities, row, LEDGER_RETRIED);
    }
    account->inspection->checks++;
    return count_again(account, entity, &terms) && put_entity(account, entity, &terms) &&
           (!terms.ledger || compare_terms(account, entity, &terms)) &&
           (row < 0 || compare_losses(account, entity, row));
}

/* ---- the tables ------------------------------------------------------------------------------ */

/* Not there, and not just out of sight: pg_catalog shows every role every table. */
static bool is_missing(const struct account *account, const char *schema, const char *name)
{
    static const char sql[] =
        "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')";
    const char *const parameters[] = {schema, name};
    PGresult *rows = query(account->inspection, name, sql, parameters, 2);
    bool missing = rows != NULL && PQntuples(rows) == 0;
    PQclear(rows);
    return missing;
}

static bool count_rows(const struct account *account, const char *schema, const char *name,
                       int64_t *rows)
{
    char what[256];
    struct buffer sql;
    snprintf(what, sizeof what, "the rows of %s.%s", schema, name);
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT count(*) FROM ");
    query_put_table(&sql, schema, name);
    bool counted =
        !sql.failed && query_number(account->inspection, what, buffer_text(&sql), rows, NULL);
    buffer_release(&sql);
    return counted;
}

/* `expected` here is what the ledger says was loaded; the level of content puts what the records
 * make in its place. */
static bool put_table(const struct account *account, const char *label, int64_t before,
                      int64_t expected, int64_t present)
{
    cJSON *entry = verdict_table(&account->inspection->verification->verdict, label);
    if (entry == NULL)
        return error_memory(account->error);
    return verdict_put_number(entry, "before", (double)before, account->error) &&
           verdict_put_number(entry, "expected", (double)expected, account->error) &&
           verdict_put_number(entry, "present", (double)present, account->error);
}

static bool close_table(const struct account *account, const char *label, int row)
{
    char schema[64];
    const char *dot = strchr(label, '.');
    int64_t before = query_int(account->tables, row, LEDGER_BEFORE), present = 0;
    int64_t loaded = query_int(account->tables, row, LEDGER_ROWS);
    snprintf(schema, sizeof schema, "%.*s", dot != NULL ? (int)(dot - label) : 0, label);
    account->inspection->checks++;
    if (dot == NULL)
        return true;
    if (is_missing(account, schema, dot + 1))
        return put_table(account, label, before, loaded, 0) &&
               inspection_find(account->inspection, "no table", label, NULL, account->error,
                               "the table is missing, and %" PRId64 " rows before and %" PRId64
                               " loaded should be in it",
                               before, loaded);
    if (!count_rows(account, schema, dot + 1, &present))
        return true;
    return put_table(account, label, before, loaded, present) &&
           (present == before + loaded ||
            inspection_find(account->inspection, "count", label, NULL, account->error,
                            "%" PRId64 " rows are there, but %" PRId64 " before and %" PRId64
                            " loaded make %" PRId64,
                            present, before, loaded, before + loaded));
}

/* ---- without a ledger ------------------------------------------------------------------------ */

/* Several entities, and several forms of rows, may fill one table. */
static bool is_first(const struct project *project, const struct mapping_table *table)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++)
            if (strcmp(project->mappings[i]->tables[t].label, table->label) == 0)
                return &project->mappings[i]->tables[t] == table;
    return false;
}

/* Until the records say something else, what is there is taken for what should be. */
static bool count_table(const struct account *account, const struct mapping_table *table)
{
    int64_t present;
    account->inspection->checks++;
    if (is_missing(account, table->schema, table->name))
        return inspection_find(account->inspection, "no table", table->label, NULL, account->error,
                               "the table is missing");
    return !count_rows(account, table->schema, table->name, &present) ||
           put_table(account, table->label, 0, present, present);
}

static bool count_tables(const struct account *account, const struct mapping *entity)
{
    bool ok = true;
    for (size_t t = 0; ok && t < entity->table_count; t++)
        if (is_first(account->inspection->verification->project, &entity->tables[t]))
            ok = count_table(account, &entity->tables[t]);
    return ok;
}

/* ---- the level ------------------------------------------------------------------------------- */

/* How many rows of a table the run loaded. */
static int64_t loaded_rows(const void *context, const char *table)
{
    const struct account *account = context;
    int row = row_of(account->tables, table);
    if (account->tables == NULL)
        return -1;
    return row >= 0 ? query_int(account->tables, row, LEDGER_ROWS) : 0;
}

/* What became of the values must add up; whether it is true the level of content finds out. */
static bool close_values(const struct account *account)
{
    struct inspection *inspection = account->inspection;
    struct verification *verification = inspection->verification;
    struct fates fates = {0};
    struct error why = {0};
    bool ledger, ok = true;
    if (!fates_read_ledger(&fates, &verification->target, verification->run, &ledger, &why)) {
        inspection_doubt(inspection, "what became of the values: %s", why.message);
        fates_release(&fates); /* of what was read half nothing can be said */
    } else if (!ledger) {
        inspection_doubt(inspection, "the ledger does not say what became of the values");
    }
    for (size_t i = 0; ok && i < fates.count; i++) {
        const struct fate_row *row = &fates.rows[i];
        char said[256];
        inspection->checks++;
        fate_row_describe(row, said, sizeof said);
        ok = fate_row_balance(row) == 0 ||
             inspection_find(inspection, "values", NULL, NULL, account->error,
                             "%s, %s: the ledger says %s, which does not add up", row->entity,
                             row->path, said);
    }
    ok = ok && fates_tell(&fates, &verification->verdict, account->error);
    fates_release(&fates);
    return ok;
}

static bool close_account(const struct account *account)
{
    const struct project *project = account->inspection->verification->project;
    bool ledger = account->tables != NULL, ok = true;
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = close_entity(account, project->mappings[i]) &&
             (ledger || count_tables(account, project->mappings[i]));
    for (int row = 0; ok && ledger && row < PQntuples(account->tables); row++)
        ok = close_table(account, PQgetvalue(account->tables, row, LEDGER_TABLE), row);
    return ok && (!ledger || close_values(account)) &&
           ends_tell(&account->ends, loaded_rows, account, account->error);
}

bool level_counts(struct verification *verification, struct error *error)
{
    const char *run = verification->run;
    struct inspection inspection;
    inspection_begin(&inspection, verification, LEVEL_COUNTS);
    struct account account = {.inspection = &inspection, .error = error};
    PGresult *entities = NULL, *tables = NULL;
    bool ok = ends_init(&account.ends, &inspection, error);
    if (ok && run != NULL && find_run(&inspection)) {
        entities = query(&inspection, "the ledger", entities_sql, &run, 1);
        tables = ask_tables(&inspection, run);
    }
    if (entities != NULL && tables != NULL) {
        account.entities = entities;
        account.tables = tables;
    }
    if (ok && verification->source == VERIFY_AFRESH)
        ends_ask(&account.ends);
    ok = ok && close_account(&account);
    ends_release(&account.ends);
    PQclear(entities);
    PQclear(tables);
    return inspection_close(&inspection, ok, error);
}
