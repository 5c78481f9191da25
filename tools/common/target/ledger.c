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
    "  rehearsal boolean NOT NULL DEFAULT false,\n"
    "  started_at timestamptz NOT NULL DEFAULT now(),\n"
    "  finished_at timestamptz\n"
    ");\n"
    "COMMENT ON TABLE graduate.runs IS\n"
    "  'One row per migration: its mappings, and the generation that may write.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.sources (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  source text NOT NULL,\n"
    "  identity jsonb NOT NULL,\n"
    "  PRIMARY KEY (run, source)\n"
    ");\n"
    "COMMENT ON TABLE graduate.sources IS\n"
    "  'What each collection or table that a run reads cannot be mistaken by.';\n"
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
    "  retried bigint NOT NULL DEFAULT 0,\n"
    "  rows jsonb NOT NULL,\n"
    "  paths jsonb NOT NULL,\n"
    "  losses bigint NOT NULL,\n"
    "  bytes bigint NOT NULL,\n"
    "  position bytea NOT NULL,\n"
    "  seconds double precision,\n"
    "  transaction bigint NOT NULL DEFAULT txid_current(),\n"
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
    "CREATE TABLE IF NOT EXISTS graduate.made (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  thing text NOT NULL,\n"
    "  place bigint GENERATED ALWAYS AS IDENTITY,\n"
    "  table_name text NOT NULL,\n"
    "  undo text NOT NULL,\n"
    "  PRIMARY KEY (run, thing)\n"
    ");\n"
    "COMMENT ON TABLE graduate.made IS\n"
    "  'What a run made in this database, and the SQL that takes it back.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.foreign_keys (\n"
    "  project text NOT NULL,\n"
    "  table_name text NOT NULL,\n"
    "  name text NOT NULL,\n"
    "  sql text NOT NULL,\n"
    "  PRIMARY KEY (project, table_name, name)\n"
    ");\n"
    "COMMENT ON TABLE graduate.foreign_keys IS\n"
    "  'Foreign keys that were here before a run and are off while it loads; sql makes each "
    "again.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.met (\n"
    "  run uuid NOT NULL REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  entity text NOT NULL,\n"
    "  table_name text NOT NULL,\n"
    "  key text NOT NULL,\n"
    "  named_by text NOT NULL,\n"
    "  updated boolean NOT NULL,\n"
    "  made_in_run boolean NOT NULL,\n"
    "  before text,\n"
    "  PRIMARY KEY (run, table_name, key)\n"
    ");\n"
    "COMMENT ON TABLE graduate.met IS\n"
    "  'Rows that were here when a run came to their key: left as they were, or updated; before is "
    "what a row was.';\n"
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
    "  'One row per value that a rule changed on its way: what it was, and what it became.';\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS graduate.rejects (\n"
    "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  run uuid NOT NULL DEFAULT current_setting('graduate.run')::uuid\n"
    "    REFERENCES graduate.runs ON DELETE CASCADE,\n"
    "  entity text NOT NULL,\n"
    "  key text NOT NULL,\n"
    "  path text NOT NULL,\n"
    "  message text NOT NULL,\n"
    "  record text NOT NULL,\n"
    "  paths text NOT NULL,\n"
    "  digest text NOT NULL,\n"
    "  sqlstate text,\n"
    "  corrected text,\n"
    "  corrected_digest text,\n"
    "  retried_at timestamptz\n"
    ");\n"
    "COMMENT ON TABLE graduate.rejects IS\n"
    "  'Records that a rule set aside, whole, and why; with retried_at: since loaded as "
    "corrected.';\n";

const char *const ledger_drop =
    "DROP TABLE graduate.rejects, graduate.losses, graduate.met, graduate.made, graduate.foreign_keys, "
    "graduate.steps,"
    " graduate.tables, graduate.batches, graduate.partitions, graduate.sources, graduate.runs";

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

/* Append what a question answers, as far as this role may see it; what cannot be seen is left out.
 * The answer's second column is the process whose session it is of, if it has one. */
static void append_answer(struct postgres *target, const char *question, char *out, size_t size,
                          long *process)
{
    struct error unseen;
    PGresult *result;
    size_t used = strlen(out);
    if (!postgres_query(target, question, NULL, 0, &result, &unseen))
        return;
    if (PQntuples(result) > 0) {
        snprintf(out + used, size - used, "%s", PQgetvalue(result, 0, 0));
        if (PQnfields(result) > 1)
            *process = strtol(PQgetvalue(result, 0, 1), NULL, 10);
    }
    PQclear(result);
}

/* A session whose program is gone stays as long as something between it and the server does. */
static bool hint_session(long process, struct error *error)
{
    if (process == 0)
        return error_hint(error, "wait until it is done, or stop it, then run again");
    return error_hint(error,
                      "wait until it is done, or stop it, then run again; if its program is gone, "
                      "end its session: select pg_terminate_backend(%ld)",
                      process);
}

bool ledger_lock(struct postgres *target, struct error *error)
{
    static const char holder_sql[] =
        "SELECT ', since ' || to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') ||"
        " ' (server process ' || a.pid || coalesce(', from ' || host(a.client_addr), '') || ')',"
        " a.pid FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database"
        " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
        " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 2"
        " AND l.granted AND (l.classid, l.objid) = (" LOCK_KEYS ")";
    static const char run_sql[] =
        "SELECT ': run ' || run || ' of ' || project || ', begun ' ||"
        " to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZ')"
        " FROM graduate.runs WHERE state <> 'done' ORDER BY started_at DESC LIMIT 1";
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
    char holder[512] = "";
    long process = 0;
    postgres_exec(target, "ROLLBACK", &unused);
    append_answer(target, holder_sql, holder, sizeof holder, &process);
    append_answer(target, run_sql, holder, sizeof holder, &process);
    error_set(error, ERROR_REFUSED, "another run is at work on %s%s", target->where, holder);
    return hint_session(process, error);
}

bool ledger_explain_lock(struct postgres *target, struct error *error)
{
    /* Who has been in a transaction for longest, of those that hold a table; the wait is over, so
     * who it was for cannot be asked. */
    static const char holder_sql[] =
        "SELECT ': server process ' || a.pid || ' (' || a.application_name ||"
        " coalesce(', from ' || host(a.client_addr), '') || '), ' || a.state ||"
        " ', in a transaction since ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), a.pid"
        " FROM pg_catalog.pg_stat_activity a WHERE a.datname = current_database()"
        " AND a.pid <> pg_catalog.pg_backend_pid() AND a.xact_start IS NOT NULL"
        " AND EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c"
        "  ON c.oid = l.relation AND c.relnamespace <> 'pg_catalog'::regnamespace"
        "  WHERE l.pid = a.pid AND l.granted) ORDER BY a.xact_start LIMIT 1";
    char holder[512] = "";
    long process = 0;
    if (error->code != ERROR_TARGET || strcmp(error->sqlstate, "55P03") != 0)
        return false;
    append_answer(target, holder_sql, holder, sizeof holder, &process);
    error_set(error, ERROR_REFUSED,
              "another session is in the middle of something on %s, and holds what the run needs%s",
              target->where, holder);
    return hint_session(process, error);
}

bool ledger_check_done(struct postgres *target, const char *run, struct error *error)
{
    static const char sql[] =
        "SELECT r.state, (SELECT string_agg(t.table_name, ', ' ORDER BY t.table_name)"
        "  FROM graduate.tables t WHERE t.run = r.run AND NOT EXISTS (SELECT"
        "   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        "   WHERE n.nspname || '.' || c.relname = t.table_name))"
        " FROM graduate.runs r WHERE r.run = $1";
    PGresult *result = NULL;
    bool ok = postgres_query(target, sql, &run, 1, &result, error);
    if (!ok && strcmp(error->sqlstate, "42P01") != 0) /* no such table */
        return false;
    if (!ok || PQntuples(result) == 0) {
        error_set(error, ERROR_REFUSED, "%s holds nothing of run %s", target->where, run);
        error_hint(error, "name the target that the run was made in; what it loaded elsewhere is "
                          "gone with that database");
        ok = false;
    } else if (strcmp(PQgetvalue(result, 0, 0), "done") != 0) {
        ok = error_set(error, ERROR_REFUSED, "the ledger in %s says that run %s is not done",
                       target->where, run);
        error_hint(error, "bring the run's folder back as it was: it says that the run is done");
    } else if (!PQgetisnull(result, 0, 1)) {
        ok = error_set(error, ERROR_REFUSED, "tables of run %s are gone from %s: %s", run,
                       target->where, PQgetvalue(result, 0, 1));
        error_hint(error,
                   "what the run loaded into them is lost with them: graduate undo --run-dir "
                   "DIR takes back what is left; then run again");
    }
    PQclear(result);
    return ok;
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
