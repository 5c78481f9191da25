#include "step.h"
#include "statement.h"

#include <stdlib.h>
#include <string.h>

static bool is_done(struct postgres *target, const struct fence *fence, const char *step,
                    bool *done, struct error *error)
{
    const char *const parameters[] = {fence->run, step};
    PGresult *result;
    if (!postgres_query(target, "SELECT FROM graduate.steps WHERE run = $1 AND step = $2",
                        parameters, 2, &result, error))
        return false;
    *done = PQntuples(result) > 0;
    PQclear(result);
    return true;
}

/* The server's clock is the one that the ledger goes by; now() is when the transaction began. */
static bool record_step(struct postgres *target, const struct fence *fence, const char *step,
                        double *seconds, struct error *error)
{
    const char *const parameters[] = {fence->run, step};
    PGresult *result;
    if (!postgres_query(target,
                        "INSERT INTO graduate.steps (run, step, seconds) VALUES"
                        " ($1, $2, extract(epoch FROM clock_timestamp() - now()))"
                        " RETURNING seconds",
                        parameters, 2, &result, error))
        return false;
    *seconds = strtod(PQgetvalue(result, 0, 0), NULL);
    PQclear(result);
    return true;
}

void step_put_entities(const struct project *project, const char *table, struct buffer *out)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        bool fills = false;
        for (size_t t = 0; t < mapping->table_count; t++)
            fills = fills || strcmp(mapping->tables[t].label, table) == 0;
        if (fills)
            buffer_printf(out, "%s%s", out->length > 0 ? "," : "", mapping->name);
    }
}

bool step_take(struct postgres *target, const struct project *project, const struct fence *fence,
               const struct schema_statement *statement, bool *made, double *seconds,
               struct error *error)
{
    bool done = false;
    *made = false;
    struct buffer entities;
    buffer_init(&entities);
    step_put_entities(project, statement->table, &entities);
    bool ok = fence_begin_unflushed(target, fence, error) &&
              is_done(target, fence, statement->name, &done, error) &&
              (done ||
               statement_run(target, fence->run, statement, buffer_text(&entities), made, error)) &&
              (!*made || record_step(target, fence, statement->name, seconds, error)) &&
              fence_commit(target, error);
    buffer_release(&entities);
    if (!ok)
        fence_rollback(target);
    return ok;
}
