#include "tryout.h"
#include "statement.h"

#include <string.h>

/* A statement that cannot be made leaves the transaction as it was before. */
static bool take_step(struct postgres *target, const struct schema_statement *statement,
                      const char *run, struct error *error)
{
    static const struct statement_around around = {.before = "SAVEPOINT step",
                                                   .answers = 1,
                                                   .after = "RELEASE SAVEPOINT step",
                                                   .instead = "RELEASE SAVEPOINT step"};
    bool made;
    struct answers last;
    struct error unused;
    bool ok = statement_run(target, run, statement, &around, NULL, &made, &last, error);
    answers_release(&last);
    if (!ok)
        postgres_exec(target, "ROLLBACK TO SAVEPOINT step", &unused);
    return ok;
}

static bool read_held(struct postgres *target, const char *run, PGresult **tables,
                      struct error *error)
{
    return postgres_query(
        target, "SELECT table_name FROM graduate.tables WHERE run = $1 AND rows_before > 0", &run,
        1, tables, error);
}

static bool is_held(const PGresult *tables, const char *table)
{
    for (int row = 0; row < PQntuples(tables); row++)
        if (strcmp(PQgetvalue(tables, row, 0), table) == 0)
            return true;
    return false;
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
    PGresult *tables;
    bool any_held = false, ok = read_held(target, run, &tables, error);
    for (size_t i = 0; ok && i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        bool of_rows = statement->phase == SCHEMA_KEYS || statement->phase == SCHEMA_INDEXES;
        if (statement->phase == SCHEMA_TABLES || statement->phase == SCHEMA_FIGURES)
            continue;
        bool held = of_rows && is_held(tables, statement->table);
        any_held = any_held || held;
        ok = held || take_step(target, statement, run, error) || (any_held && lacks_key(error)) ||
             errors_add(&errors, error);
    }
    PQclear(tables);
    return ok && errors_give(&errors, error);
}
