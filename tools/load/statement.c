#include "statement.h"
#include "refusal.h"

bool statement_run(struct postgres *target, const struct schema_statement *statement,
                   const char *entities, bool *made, struct error *error)
{
    *made = false;
    if (statement->exists != NULL) {
        PGresult *result;
        if (!postgres_query(target, statement->exists, NULL, 0, &result, error))
            return false;
        bool there = PQntuples(result) > 0;
        PQclear(result);
        if (there)
            return true;
    }
    PGresult *result = postgres_ask(target, statement->sql, statement->name);
    ExecStatusType status = PQresultStatus(result);
    *made = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!*made)
        refusal_of_statement(target, result, statement->name, statement->table, entities, error);
    PQclear(result);
    return *made;
}
