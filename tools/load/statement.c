#include "statement.h"
#include "refusal.h"

/* *answer has no row where nothing is asked. */
static bool ask(struct postgres *target, const char *query, PGresult **answer, struct error *error)
{
    *answer = NULL;
    return query == NULL || postgres_query(target, query, NULL, 0, answer, error);
}

/* What the statement found before it ran is what is to be there again: of two the first counts. */
static bool keep_undo(struct postgres *target, const char *run,
                      const struct schema_statement *statement, const char *undo,
                      struct error *error)
{
    const char *const parameters[] = {run, statement->name, statement->table, undo};
    PGresult *result;
    if (!postgres_query(target,
                        "INSERT INTO graduate.made (run, thing, table_name, undo)"
                        " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                        parameters, 4, &result, error))
        return false;
    PQclear(result);
    return true;
}

static bool make(struct postgres *target, const struct schema_statement *statement,
                 const char *entities, struct error *error)
{
    PGresult *result = postgres_ask(target, statement->sql, statement->name);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok)
        refusal_of_statement(target, result, statement->name, statement->table, entities, error);
    PQclear(result);
    return ok;
}

bool statement_run(struct postgres *target, const char *run,
                   const struct schema_statement *statement, const char *entities, bool *made,
                   struct error *error)
{
    PGresult *there, *undo;
    *made = false;
    if (!ask(target, statement->exists, &there, error))
        return false;
    bool exists = there != NULL && PQntuples(there) > 0;
    PQclear(there);
    if (exists)
        return true;
    if (!ask(target, statement->undo, &undo, error))
        return false;
    *made = make(target, statement, entities, error);
    bool ok = *made;
    if (ok && undo != NULL && PQntuples(undo) > 0 && !PQgetisnull(undo, 0, 0))
        ok = keep_undo(target, run, statement, PQgetvalue(undo, 0, 0), error);
    PQclear(undo);
    return ok;
}
