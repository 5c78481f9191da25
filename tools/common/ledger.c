#include "graduate/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything about a run goes with its row in runs. The run of a loss is a default, because the
 * rows of losses are made by the transformer, which knows of no run: the transaction that loads
 * them says which it is. */
const char *const ledger_ddl =
    "CREATE SCHEMA IF NOT EXISTS graduate;\n"
    "REVOKE ALL ON SCHEMA graduate FROM PUBLIC;\n"
    "COMMENT ON SCHEMA graduate IS\n"
    "  'The ledger of graduate: what was migrated into this database, and how far it is.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.runs (\n"
    "  run uuid PRIMARY KEY DEFAULT gen_random_uuid(),\n"
    "  project text NOT NULL,\n"
    "  fingerprint text NOT NULL,\n"
    "  mapping jsonb NOT NULL,\n"
    "  generation bigint NOT NULL DEFAULT 1,\n"
    "  state text NOT NULL DEFAULT 'loading' CHECK (state IN ('loading', 'finishing', 'done')),\n"
    "  graduate text NOT NULL,\n"
    "  started_at timestamptz NOT NULL DEFAULT now(),\n"
    "  finished_at timestamptz\n"
    ");\n"
    "COMMENT ON TABLE graduate.runs IS\n"
    "  'One row per migration: its mappings, and the generation that may write.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.partitions (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  entity text NOT NULL,\n"
    "  partition integer NOT NULL,\n"
    "  state text NOT NULL DEFAULT 'loading' CHECK (state IN ('loading', 'done')),\n"
    "  records_read bigint,\n"
    "  batches bigint,\n"
    "  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),\n"
    "  done_at timestamptz,\n"
    "  PRIMARY KEY (run, entity, partition)\n"
    ");\n"
    "COMMENT ON TABLE graduate.partitions IS\n"
    "  'One row per part of an entity that is loaded in one go; when done, what was read of it.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.batches (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  entity text NOT NULL,\n"
    "  partition integer NOT NULL,\n"
    "  batch bigint NOT NULL,\n"
    "  records bigint NOT NULL,\n"
    "  filtered bigint NOT NULL,\n"
    "  rejected bigint NOT NULL,\n"
    "  rows jsonb NOT NULL,\n"
    "  bytes bigint NOT NULL,\n"
    "  position bytea NOT NULL,\n"
    "  seconds double precision,\n"
    "  loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),\n"
    "  PRIMARY KEY (run, entity, partition, batch)\n"
    ");\n"
    "COMMENT ON TABLE graduate.batches IS\n"
    "  'One row per batch, written together with its rows; position is where the source then "
    "stood.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.tables (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  table_name text NOT NULL,\n"
    "  existed boolean NOT NULL,\n"
    "  rows_before bigint NOT NULL,\n"
    "  PRIMARY KEY (run, table_name)\n"
    ");\n"
    "COMMENT ON TABLE graduate.tables IS\n"
    "  'The tables that a run loads: there before it or not, and how many rows they held.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.steps (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  step text NOT NULL,\n"
    "  started_at timestamptz NOT NULL DEFAULT now(),\n"
    "  seconds double precision NOT NULL,\n"
    "  PRIMARY KEY (run, step)\n"
    ");\n"
    "COMMENT ON TABLE graduate.steps IS\n"
    "  'The keys, indexes and other steps after the data that a run has done.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.losses (\n"
    "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  run uuid NOT NULL DEFAULT current_setting('graduate.run')::uuid\n"
    "    REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  entity text,\n"
    "  key text,\n"
    "  path text,\n"
    "  rule text,\n"
    "  before text,\n"
    "  after text\n"
    ");\n"
    "COMMENT ON TABLE graduate.losses IS\n"
    "  'One row per value that a rule changed on its way: what it was, and what it became.';\n";

/* The advisory lock of a run: the first two words of SHA-256('graduate'), without their signs. */
#define LOCK_KEYS "515913566, 627279845"

static int64_t number_at(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static bool is_true(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

/* Who holds the lock, as far as this role may see it; what cannot be seen is left out. */
static void describe_holder(struct postgres *target, char *out, size_t size)
{
    static const char *const questions[] = {
        "SELECT ', since ' || to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') ||"
        " ' (server process ' || a.pid || coalesce(', from ' || host(a.client_addr), '') || ')'"
        " FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 2"
        " AND l.granted AND (l.classid, l.objid) = (" LOCK_KEYS ")",
        "SELECT ': run ' || run || ' of ' || project || ', begun ' ||"
        " to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZ')"
        " FROM graduate.runs WHERE state <> 'done' ORDER BY started_at DESC LIMIT 1",
    };
    out[0] = '\0';
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        struct error unseen;
        PGresult *result;
        if (!postgres_query(target, questions[i], NULL, 0, &result, &unseen))
            continue;
        size_t used = strlen(out);
        if (PQntuples(result) > 0)
            snprintf(out + used, size - used, "%s", PQgetvalue(result, 0, 0));
        PQclear(result);
    }
}

bool ledger_lock(struct postgres *target, struct error *error)
{
    /* A killed run's lock goes when the server notices that its connection is gone, a moment later:
     * hence a wait, not a try. */
    if (postgres_exec(target,
                      "BEGIN; SET LOCAL lock_timeout = '5s';"
                      " SELECT pg_advisory_lock(" LOCK_KEYS "); COMMIT",
                      error))
        return true;
    if (strcmp(error->sqlstate, "55P03") != 0)
        return false;
    struct error unused;
    postgres_exec(target, "ROLLBACK", &unused);
    char holder[512];
    describe_holder(target, holder, sizeof holder);
    error_set(error, ERROR_REFUSED, "another run is at work on %s%s", target->where, holder);
    return error_hint(error, "wait until it is done, or stop it, then run again");
}

void ledger_progress_release(struct ledger_progress *progress)
{
    bson_destroy(&progress->position);
}

static bool decode_position(const char *text, bson_t *position, struct error *error)
{
    size_t length;
    bson_t view;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &length);
    if (bytes == NULL)
        return error_memory(error);
    bool ok =
        bson_init_static(&view, bytes, length) && bson_validate(&view, BSON_VALIDATE_NONE, NULL);
    if (ok)
        bson_copy_to(&view, position);
    else
        error_set(error, ERROR_TARGET, "the position of the last batch in the ledger is damaged");
    PQfreemem(bytes);
    return ok;
}

bool ledger_read_progress(struct postgres *target, const char *run, const char *entity,
                          int partition, struct ledger_progress *progress, struct error *error)
{
    static const char sql[] =
        "SELECT p.state IS NOT NULL, coalesce(p.state = 'done', false),"
        " coalesce(max(b.batch), 0), coalesce(sum(b.records), 0), coalesce(sum(b.filtered), 0),"
        " coalesce(sum(b.rejected), 0),"
        " coalesce(sum((SELECT sum(value::bigint) FROM jsonb_each_text(b.rows))), 0),"
        " coalesce(p.records_read, 0), count(b.batch),"
        " (array_agg(b.position ORDER BY b.batch DESC))[1]"
        " FROM (SELECT $1::uuid AS run, $2::text AS entity, $3::integer AS partition) k"
        " LEFT JOIN graduate.partitions p USING (run, entity, partition)"
        " LEFT JOIN graduate.batches b USING (run, entity, partition)"
        " GROUP BY p.state, p.records_read";
    char number[16];
    snprintf(number, sizeof number, "%d", partition);
    const char *const parameters[] = {run, entity, number};
    PGresult *result;
    if (!postgres_query(target, sql, parameters, 3, &result, error))
        return error_at(error, entity, NULL, NULL);
    *progress = (struct ledger_progress){
        .begun = is_true(result, 0, 0),
        .done = is_true(result, 0, 1),
        .batch = number_at(result, 0, 2),
        .records = number_at(result, 0, 3),
        .filtered = number_at(result, 0, 4),
        .rejected = number_at(result, 0, 5),
        .rows = number_at(result, 0, 6),
        .records_read = number_at(result, 0, 7),
    };
    int64_t batches = number_at(result, 0, 8);
    bool ok = true;
    if (batches != progress->batch) {
        ok = error_set(error, ERROR_DATA,
                       "the ledger holds %" PRId64 " batches, but the last one is batch %" PRId64,
                       batches, progress->batch);
        error_hint(error, "rows of graduate.batches were lost or written by hand; this run cannot "
                          "be trusted: begin a new one in an empty target");
    } else if (batches == 0) {
        bson_init(&progress->position);
    } else {
        ok = decode_position(PQgetvalue(result, 0, 9), &progress->position, error);
    }
    PQclear(result);
    return ok ? true : error_at(error, entity, NULL, NULL);
}

/* What is read of a partition is known when it is done; until then it is what was loaded. */
static const char entities_sql[] =
    "SELECT p.entity, bool_and(p.state = 'done'),"
    " sum(coalesce(p.records_read, b.records, 0)),"
    " coalesce(sum(b.records - b.filtered - b.rejected), 0), coalesce(sum(b.filtered), 0),"
    " coalesce(sum(b.rejected), 0),"
    " (SELECT count(*) FROM graduate.losses l WHERE l.run = $1::uuid AND l.entity = p.entity)"
    " FROM graduate.partitions p"
    " LEFT JOIN (SELECT entity, partition, sum(records) AS records, sum(filtered) AS filtered,"
    "            sum(rejected) AS rejected FROM graduate.batches WHERE run = $1::uuid"
    "            GROUP BY entity, partition) b USING (entity, partition)"
    " WHERE p.run = $1::uuid GROUP BY p.entity ORDER BY min(p.begun_at), p.entity";

static bool read_entities(struct postgres *target, const char *run, struct account *account,
                          struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, entities_sql, &run, 1, &result, error))
        return false;
    int count = PQntuples(result);
    account->entities = calloc((size_t)count + 1, sizeof *account->entities);
    bool ok = account->entities != NULL;
    for (int row = 0; ok && row < count; row++) {
        struct account_entity *entity = &account->entities[account->entity_count];
        *entity = (struct account_entity){
            .entity = strdup(PQgetvalue(result, row, 0)),
            .done = is_true(result, row, 1),
            .read = number_at(result, row, 2),
            .loaded = number_at(result, row, 3),
            .filtered = number_at(result, row, 4),
            .rejected = number_at(result, row, 5),
            .losses = number_at(result, row, 6),
        };
        ok = entity->entity != NULL;
        account->entity_count += ok;
        account->balance +=
            llabs(entity->read - entity->loaded - entity->filtered - entity->rejected);
    }
    PQclear(result);
    return ok ? true : error_memory(error);
}

/* The name is quoted here, by the server, for the count that follows: it is in the ledger as
 * "schema.table". A table that only a batch speaks of would be a fault, and must show as one. */
static const char tables_sql[] =
    "SELECT name, coalesce(t.rows_before, 0), coalesce(l.rows, 0),"
    " quote_ident(split_part(name, '.', 1)) || '.' ||"
    " quote_ident(substr(name, strpos(name, '.') + 1))"
    " FROM (SELECT table_name AS name, rows_before FROM graduate.tables WHERE run = $1::uuid) t"
    " FULL JOIN (SELECT r.key AS name, sum(r.value::bigint) AS rows"
    "            FROM graduate.batches b, jsonb_each_text(b.rows) r WHERE b.run = $1::uuid"
    "            GROUP BY r.key) l USING (name)"
    " ORDER BY name";

static bool count_rows(struct postgres *target, const char *quoted, int64_t *rows,
                       struct error *error)
{
    struct buffer sql;
    PGresult *result = NULL;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT count(*) FROM %s", quoted);
    bool ok = buffer_ok(&sql, error) &&
              postgres_query(target, buffer_text(&sql), NULL, 0, &result, error);
    if (ok)
        *rows = number_at(result, 0, 0);
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

static bool read_tables(struct postgres *target, const char *run, struct account *account,
                        struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, tables_sql, &run, 1, &result, error))
        return false;
    int count = PQntuples(result);
    account->tables = calloc((size_t)count + 1, sizeof *account->tables);
    bool ok = account->tables != NULL ? true : error_memory(error);
    for (int row = 0; ok && row < count; row++) {
        struct account_table *table = &account->tables[account->table_count];
        *table = (struct account_table){
            .table = strdup(PQgetvalue(result, row, 0)),
            .before = number_at(result, row, 1),
            .loaded = number_at(result, row, 2),
        };
        ok = table->table != NULL ? true : error_memory(error);
        account->table_count += ok;
        ok = ok && count_rows(target, PQgetvalue(result, row, 3), &table->present, error);
        account->balance += llabs(table->present - table->before - table->loaded);
    }
    PQclear(result);
    return ok;
}

bool ledger_read_account(struct postgres *target, const char *run, struct account *account,
                         struct error *error)
{
    *account = (struct account){0};
    /* One snapshot, so that a batch that comes in meanwhile is in the ledger and in its tables, or
     * in neither. */
    bool ok = postgres_exec(target, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    if (!ok)
        return false;
    ok = read_entities(target, run, account, error) && read_tables(target, run, account, error);
    struct error unused;
    postgres_exec(target, "ROLLBACK", &unused);
    if (!ok)
        account_release(account);
    return ok;
}

void account_release(struct account *account)
{
    for (size_t i = 0; i < account->entity_count; i++)
        free(account->entities[i].entity);
    for (size_t i = 0; i < account->table_count; i++)
        free(account->tables[i].table);
    free(account->entities);
    free(account->tables);
    *account = (struct account){0};
}

static bool add_numbers(cJSON *object, const char *const *names, const int64_t *values,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cJSON_AddNumberToObject(object, names[i], (double)values[i]) == NULL)
            return false;
    return true;
}

static bool add_entity(cJSON *array, const struct account_entity *entity)
{
    static const char *const names[] = {"read", "loaded", "filtered", "rejected", "losses"};
    const int64_t values[] = {entity->read, entity->loaded, entity->filtered, entity->rejected,
                              entity->losses};
    cJSON *object = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, object) &&
           cJSON_AddStringToObject(object, "entity", entity->entity) != NULL &&
           cJSON_AddBoolToObject(object, "done", entity->done) != NULL &&
           add_numbers(object, names, values, sizeof names / sizeof names[0]);
}

static bool add_table(cJSON *array, const struct account_table *table)
{
    static const char *const names[] = {"before", "loaded", "present"};
    const int64_t values[] = {table->before, table->loaded, table->present};
    cJSON *object = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, object) &&
           cJSON_AddStringToObject(object, "table", table->table) != NULL &&
           add_numbers(object, names, values, sizeof names / sizeof names[0]);
}

cJSON *account_to_json(const struct account *account)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *entities = cJSON_AddArrayToObject(json, "entities");
    cJSON *tables = cJSON_AddArrayToObject(json, "tables");
    bool ok = entities != NULL && tables != NULL;
    for (size_t i = 0; ok && i < account->entity_count; i++)
        ok = add_entity(entities, &account->entities[i]);
    for (size_t i = 0; ok && i < account->table_count; i++)
        ok = add_table(tables, &account->tables[i]);
    if (ok && cJSON_AddNumberToObject(json, "balance", (double)account->balance) != NULL)
        return json;
    cJSON_Delete(json);
    return NULL;
}
