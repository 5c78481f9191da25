#include "tryout.h"
#include "statement.h"

#include <string.h>

/* A statement that cannot be made leaves the transaction as it was before. */
static bool take_step(struct postgres *target, const struct schema_statement *statement,
                      const char *run, struct error *error)
{
    bool made;
    struct error unused;
    if (!postgres_exec(target, "SAVEPOINT step", error))
        return false;
    bool ok = statement_run(target, run, statement, NULL, &made, error);
    return postgres_exec(target, ok ? "RELEASE SAVEPOINT step" : "ROLLBACK TO SAVEPOINT step",
                         ok ? error : &unused) &&
           ok;
}

static bool held_rows(struct postgres *target, const char *run, const char *table, bool *held,
                      struct error *error)
{
    const char *const parameters[] = {run, table};
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT FROM graduate.tables"
                        " WHERE run = $1 AND table_name = $2 AND rows_before > 0",
                        parameters, 2, &result, error))
        return false;
    *held = PQntuples(result) > 0;
    PQclear(result);
    return true;
}

/* A foreign key to a table whose own key was left away lacks that alone. */
static bool lacks_key(const struct error *error)
{
    return strcmp(error->sqlstate, "42830") == 0;
}

bool tryout_take_steps(struct postgres *target, const struct schema *schema, const char *run,
                      struct error *error)
{
    struct errors errors = {0};
    bool any_held = false;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        bool of_rows = statement->phase == SCHEMA_KEYS || statement->phase == SCHEMA_INDEXES;
        bool held = false;
        if (statement->phase == SCHEMA_TABLES || statement->phase == SCHEMA_FIGURES)
            continue;
        if (of_rows && !held_rows(target, run, statement->table, &held, error))
            return false;
        any_held = any_held || held;
        if (!held && !take_step(target, statement, run, error) && !(any_held && lacks_key(error)) &&
            !errors_add(&errors, error))
            return false;
    }
    return errors_give(&errors, error);
}
