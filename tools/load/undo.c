#include "undo.h"
#include "load.h"
#include "removal.h"

#include "graduate/crash.h"
#include "graduate/ledger.h"
#include "graduate/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Did a transaction of the run ($1) write the row? xmin has the lower 32 bits of its number. A
 * generated column that is made writes all rows again, with the ledger's own row. */
#define WRITTEN_BY_RUN                                                                             \
    ".xmin::text::bigint IN (SELECT transaction & 4294967295 FROM graduate.batches"                \
    " WHERE run = $1 UNION ALL SELECT s.xmin::text::bigint FROM graduate.steps s"                  \
    " WHERE s.run = $1 AND starts_with(s.step, 'generated column '))"

static const char depends[] = "2BP01";

struct undo {
    struct postgres *target;
    const char *run;
    bool changed_too;
    struct error *error;
    PGresult *tables; /* those of the run that are there; the columns: */
    int64_t made, rows, back;
};
enum { TABLE_NAME, TABLE_LABEL, TABLE_EXISTED, TABLE_WRITTEN };

static const char *table_text(const struct undo *u, int table, int column)
{
    return PQgetvalue(u->tables, table, column);
}

static bool table_existed(const struct undo *u, int table)
{
    return table_text(u, table, TABLE_EXISTED)[0] == 't';
}

static int64_t table_written(const struct undo *u, int table)
{
    return strtoll(table_text(u, table, TABLE_WRITTEN), NULL, 10);
}

/* A query with the run as its parameter. */
static bool query(struct undo *u, const char *sql, PGresult **result)
{
    return postgres_query(u->target, sql, &u->run, 1, result, u->error);
}

static bool change(struct undo *u, const char *sql)
{
    PGresult *result;
    if (!query(u, sql, &result))
        return false;
    PQclear(result);
    return true;
}

static bool read_count(struct undo *u, struct buffer *sql, int64_t *count)
{
    PGresult *result;
    if (!buffer_ok(sql, u->error) || !query(u, buffer_text(sql), &result))
        return false;
    *count = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}

/* Run it; true with *done false when it failed in a state that is allowed, and nothing came of it.
 */
static bool attempt(struct undo *u, const char *sql, const char *const *allowed, bool *done)
{
    struct error unused;
    *done = false;
    if (!postgres_exec(u->target, "SAVEPOINT undo", u->error))
        return false;
    *done = postgres_exec(u->target, sql, u->error);
    if (*done)
        return postgres_exec(u->target, "RELEASE undo", u->error);
    for (; *allowed != NULL; allowed++)
        if (strcmp(u->error->sqlstate, *allowed) == 0)
            return postgres_exec(u->target, "ROLLBACK TO undo; RELEASE undo", u->error);
    postgres_exec(u->target, "ROLLBACK TO undo", &unused);
    return false;
}

static bool read_tables(struct undo *u)
{
    static const char sql[] =
        "SELECT n.name, t.table_name, t.existed,"
        " coalesce((SELECT sum((b.rows ->> t.table_name)::bigint) FROM graduate.batches b"
        "  WHERE b.run = t.run), 0) + (SELECT count(*) FROM graduate.met m WHERE m.run = t.run"
        "  AND m.table_name = t.table_name AND m.made_in_run)"
        " FROM graduate.tables t CROSS JOIN LATERAL (SELECT pg_catalog.format('%I.%I',"
        "  split_part(t.table_name, '.', 1), substr(t.table_name, strpos(t.table_name, '.') + 1))"
        "  AS name) n"
        " WHERE t.run = $1 AND pg_catalog.to_regclass(n.name) IS NOT NULL ORDER BY t.table_name";
    return query(u, sql, &u->tables);
}

/* Whoever works with a table that the run made has not said that it may go. */
static bool check_made(struct undo *u, int table)
{
    const char *label = table_text(u, table, TABLE_LABEL);
    int64_t others;
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT count(*) FROM %s t WHERE NOT t" WRITTEN_BY_RUN,
                  table_text(u, table, TABLE_NAME));
    bool ok = read_count(u, &sql, &others);
    buffer_release(&sql);
    if (!ok || others == 0)
        return ok;
    error_set(u->error, ERROR_REFUSED,
              "%s, which the run made, has %" PRId64 " rows that are not as the run wrote them",
              label, others);
    return error_hint(u->error, "they came or were changed since: keep what is needed of them; "
                                "--changed-too then takes the table away with all its rows; "
                                "nothing was touched");
}

/* A table or role that is gone has nothing left to take back; a schema in which others live stays.
 */
static bool take_back(struct undo *u, const char *thing, const char *sql)
{
    static const char *const gone[] = {"42P01", "42704", "3F000", NULL};
    static const char *const gone_or_full[] = {"42P01", "42704", "3F000", depends, NULL};
    bool done, schema = strncmp(thing, "schema ", strlen("schema ")) == 0;
    if (attempt(u, sql, schema ? gone_or_full : gone, &done)) {
        if (!done && schema)
            message_info("%s stays: it holds other things, too", thing);
        return true;
    }
    if (strcmp(u->error->sqlstate, depends) != 0)
        return false;
    u->error->code = ERROR_REFUSED;
    return error_hint(u->error,
                      "others made what hangs on the %s of the run: take that away "
                      "first; nothing was touched",
                      thing);
}

/* The last first: what hangs on a thing was made after it. */
static bool take_things_back(struct undo *u)
{
    PGresult *things;
    if (!query(u, "SELECT thing, undo FROM graduate.made WHERE run = $1 ORDER BY place DESC",
               &things))
        return false;
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(things); row++)
        ok = take_back(u, PQgetvalue(things, row, 0), PQgetvalue(things, row, 1));
    PQclear(things);
    return ok;
}

static struct removal removal_of(const struct undo *u, int table)
{
    return (struct removal){u->run, NULL, table_text(u, table, TABLE_LABEL),
                            table_text(u, table, TABLE_NAME)};
}

/* The parameters are those of a removal. */
static bool count_hanging(struct undo *u, struct buffer *sql, int64_t *count)
{
    const char *const parameters[] = {u->run, NULL};
    PGresult *result;
    if (!buffer_ok(sql, u->error) ||
        !postgres_query(u->target, buffer_text(sql), parameters, 2, &result, u->error))
        return false;
    *count = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}

/* Rows of others that refer to the run's, by a key that would take them along or change them. */
static bool check_hanging(struct undo *u, int table)
{
    static const char keys_sql[] =
        "SELECT c.conrelid::pg_catalog.regclass,"
        " (SELECT string_agg(pg_catalog.format('r.%I = t.%I', r.attname, t.attname), ' AND ')"
        "  FROM unnest(c.conkey, c.confkey) AS k (r, t)"
        "  JOIN pg_catalog.pg_attribute r ON r.attrelid = c.conrelid AND r.attnum = k.r"
        "  JOIN pg_catalog.pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.t)"
        " FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0"
        " AND c.confdeltype NOT IN ('a', 'r') AND c.confrelid = pg_catalog.to_regclass($1)";
    const char *name = table_text(u, table, TABLE_NAME);
    PGresult *keys;
    struct buffer sql;
    if (!postgres_query(u->target, keys_sql, &name, 1, &keys, u->error))
        return false;
    buffer_init(&sql);
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(keys); row++) {
        const struct removal removal = removal_of(u, table);
        int64_t hanging = 0;
        buffer_clear(&sql);
        buffer_printf(
            &sql, "SELECT count(*) FROM %s r JOIN %s t ON %s WHERE NOT r" WRITTEN_BY_RUN " AND ",
            PQgetvalue(keys, row, 0), name, PQgetvalue(keys, row, 1));
        ok = removal_put_condition(u->target, &removal, &sql, u->error) &&
             count_hanging(u, &sql, &hanging);
        if (ok && hanging > 0) {
            ok = error_set(u->error, ERROR_REFUSED,
                           "%" PRId64 " rows of %s hang on those that the run wrote into %s, and "
                           "would go with them",
                           hanging, PQgetvalue(keys, row, 0), table_text(u, table, TABLE_LABEL));
            error_hint(u->error, "the run did not write them: take them away first, or keep the "
                                 "run; nothing was touched");
        }
    }
    buffer_release(&sql);
    PQclear(keys);
    return ok;
}

static bool check_deleted(struct undo *u, int table, int64_t deleted)
{
    const char *label = table_text(u, table, TABLE_LABEL);
    int64_t left = table_written(u, table) - deleted;
    u->rows += deleted;
    if (left == 0)
        return true;
    if (u->changed_too) {
        message_warning("%" PRId64 " of the rows that the run wrote into %s were changed since, or "
                        "are gone; those that were changed stay",
                        left, label);
        return true;
    }
    error_set(u->error, ERROR_REFUSED,
              "%s holds %" PRId64 " rows as the run wrote them, and it wrote %" PRId64
              ": the others "
              "are gone or were changed since",
              label, deleted, table_written(u, table));
    return error_hint(u->error, "--changed-too takes the rest away, and leaves those that were "
                                "changed; nothing was touched");
}

static bool check_back(struct undo *u, int table, int64_t updated, int64_t back, int64_t changed)
{
    const struct removal removal = removal_of(u, table);
    u->back += back;
    if (back == updated)
        return removal_check(&removal, changed, u->error);
    if (u->changed_too) {
        message_warning("%" PRId64 " of the rows of %s that the run updated were changed since, or "
                        "are gone; they stay so",
                        updated - back, removal.label);
        return removal_check(&removal, changed, u->error);
    }
    error_set(u->error, ERROR_REFUSED,
              "%s holds %" PRId64 " rows as the run updated them, and it updated %" PRId64
              ": the others are gone or were changed since",
              removal.label, back, updated);
    return error_hint(u->error, "--changed-too puts the rest back, and leaves those that were "
                                "changed; nothing was touched");
}

/* One statement: at its end the keys between the tables find nothing that hangs. */
static bool put_removals(struct undo *u, struct buffer *sql, int64_t *updated)
{
    struct buffer counts;
    bool ok = true;
    buffer_init(&counts);
    for (int table = 0; ok && table < PQntuples(u->tables); table++) {
        const struct removal removal = removal_of(u, table);
        ok = !table_existed(u, table) ||
             removal_put(u->target, &removal, table, sql, &counts, &updated[table], u->error);
    }
    buffer_puts(sql, buffer_text(&counts));
    sql->failed = sql->failed || counts.failed;
    buffer_release(&counts);
    return ok && buffer_ok(sql, u->error);
}

static bool remove_rows(struct undo *u, const char *sql, PGresult **result)
{
    const char *const parameters[] = {u->run, NULL};
    if (postgres_query(u->target, sql, parameters, 2, result, u->error) &&
        postgres_exec(u->target, "SET CONSTRAINTS ALL IMMEDIATE", u->error))
        return true;
    if (strcmp(u->error->sqlstate, "23503") == 0) {
        u->error->code = ERROR_REFUSED;
        error_hint(u->error, "the run did not write the rows that refer to these: take them "
                             "away first; nothing was touched");
    }
    return false;
}

static bool check_removed(struct undo *u, const PGresult *result, const int64_t *updated)
{
    bool ok = true;
    for (int table = 0, column = 0; ok && table < PQntuples(u->tables); table++) {
        int64_t numbers[3];
        if (!table_existed(u, table))
            continue;
        for (size_t i = 0; i < 3; i++)
            numbers[i] = strtoll(PQgetvalue(result, 0, column++), NULL, 10);
        ok = check_deleted(u, table, numbers[0]) &&
             check_back(u, table, updated[table], numbers[1], numbers[2]);
    }
    return ok;
}

static bool delete_rows(struct undo *u)
{
    struct buffer sql;
    PGresult *result = NULL;
    bool ok = true;
    for (int table = 0; ok && table < PQntuples(u->tables); table++)
        ok = !table_existed(u, table) || check_hanging(u, table);
    if (!ok)
        return false;
    int64_t *updated = calloc((size_t)PQntuples(u->tables) + 1, sizeof *updated);
    if (updated == NULL)
        return error_memory(u->error);
    buffer_init(&sql);
    ok = put_removals(u, &sql, updated) &&
         (sql.length == 0 ||
          (remove_rows(u, buffer_text(&sql), &result) && check_removed(u, result, updated)));
    PQclear(result);
    buffer_release(&sql);
    free(updated);
    return ok;
}

/* The target's own keys that were off for the load; a run that is done has made them again. */
static bool restore_keys(struct undo *u)
{
    static const char *const there[] = {"42710", "42P01", NULL};
    PGresult *keys = NULL;
    bool ok = query(u,
                    "SELECT k.sql FROM graduate.foreign_keys k JOIN graduate.runs r USING (project)"
                    " WHERE r.run = $1 AND r.state <> 'done'",
                    &keys);
    for (int row = 0; ok && row < PQntuples(keys); row++) {
        bool done;
        ok = attempt(u, PQgetvalue(keys, row, 0), there, &done);
        if (!ok && strcmp(u->error->sqlstate, "23503") == 0) {
            u->error->code = ERROR_REFUSED;
            error_hint(u->error, "rows that came while the key was off do not allow it: mend them "
                                 "first; nothing was touched");
        }
    }
    PQclear(keys);
    return ok && change(u, "DELETE FROM graduate.foreign_keys k USING graduate.runs r"
                           " WHERE r.project = k.project AND r.run = $1 AND r.state <> 'done'");
}

/* The ledger goes with the last run, unless others made something that hangs on it. */
static bool forget(struct undo *u)
{
    static const char *const hanging[] = {depends, NULL};
    PGresult *others;
    bool done = false;
    if (!query(u, "SELECT FROM graduate.runs WHERE run <> $1 LIMIT 1", &others))
        return false;
    bool last = PQntuples(others) == 0;
    PQclear(others);
    if (last && !attempt(u, ledger_drop, hanging, &done))
        return false;
    if (!done)
        return change(u, "DELETE FROM graduate.runs WHERE run = $1");
    return attempt(u, "DROP SCHEMA graduate", hanging, &done);
}

static bool undo_all(struct undo *u)
{
    /* This waits for the transaction of a loader that is still at work; the next finds no run. The
     * ledger of an earlier version has fewer tables. */
    if (!change(u, "SELECT FROM graduate.runs WHERE run = $1 FOR UPDATE") ||
        !postgres_exec(u->target, ledger_ddl, u->error) || !read_tables(u))
        return false;
    for (int table = 0; table < PQntuples(u->tables); table++) {
        if (table_existed(u, table))
            continue;
        u->made++;
        if (!u->changed_too && !check_made(u, table))
            return false;
    }
    return take_things_back(u) && delete_rows(u) && restore_keys(u) && forget(u);
}

bool undo_run(struct postgres *target, const char *run, bool changed_too, struct error *error)
{
    struct undo u = {.target = target, .run = run, .changed_too = changed_too, .error = error};
    bool ok = undo_all(&u);
    PQclear(u.tables);
    if (!ok && strcmp(error->sqlstate, "55P03") == 0) { /* a lock that was not to be had */
        error->code = ERROR_REFUSED;
        error_hint(error, "another program is at work with the run's tables: end it, or its "
                          "connection in the target (pg_stat_activity); nothing was touched");
    }
    if (ok)
        message_info("run %s is out of the target again: %" PRId64 " tables that it had made, and "
                     "%" PRId64 " rows of tables that were there before",
                     run, u.made, u.rows);
    if (ok && u.back > 0)
        message_info("%" PRId64 " rows that it had updated are what they were", u.back);
    return ok;
}

/* *known: the ledger has the run. */
static bool find_run(struct postgres *target, const struct undoing *undoing, bool *known,
                     struct error *error)
{
    PGresult *result = NULL;
    *known = false;
    if (!postgres_query(target, "SELECT WHERE pg_catalog.to_regclass('graduate.runs') IS NOT NULL",
                        NULL, 0, &result, error))
        return false;
    bool ledger = PQntuples(result) > 0;
    PQclear(result);
    if (!ledger)
        return true;
    if (!postgres_query(target, "SELECT project FROM graduate.runs WHERE run = $1", &undoing->run,
                        1, &result, error))
        return false;
    *known = PQntuples(result) > 0;
    bool ok = !*known || strcmp(PQgetvalue(result, 0, 0), undoing->project) == 0;
    if (!ok) {
        error_set(error, ERROR_REFUSED, "run %s is one of project %s, not of %s", undoing->run,
                  PQgetvalue(result, 0, 0), undoing->project);
        error_hint(error, "take the project that the run was made with; nothing was touched");
    }
    PQclear(result);
    return ok;
}

static bool undo_known(struct postgres *target, const struct undoing *undoing, struct error *error)
{
    bool known;
    if (!find_run(target, undoing, &known, error))
        return false;
    if (known)
        return undo_run(target, undoing->run, undoing->changed_too, error);
    if (undoing->again) {
        message_info("%s holds nothing of run %s", target->where, undoing->run);
        return true;
    }
    error_set(error, ERROR_REFUSED, "%s holds no run %s", target->where, undoing->run);
    return error_hint(error, "check the target's URI: the run was begun in another database, or it "
                             "was taken back before; nothing was touched");
}

bool load_undo(struct postgres *target, const struct undoing *undoing, struct error *error)
{
    if (!ledger_lock(target, error))
        return false;
    if (fence_begin_alone(target, error) && undo_known(target, undoing, error)) {
        crash_point(CRASH_LOAD_UNDONE);
        if (fence_commit(target, error))
            return true;
    }
    fence_rollback(target);
    return false;
}
