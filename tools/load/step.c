#include "step.h"
#include "statement.h"

#include "graduate/sql.h"

#include <stdlib.h>
#include <string.h>

/* What is sent before a step and behind it. */
struct stepping {
    struct postgres *target;
    const struct fence *fence;
    struct buffer before, after;
};

/* The server's clock is the one that the ledger goes by; now() is when the transaction began. */
static void put_around(struct stepping *stepping, const char *step)
{
    struct buffer *before = &stepping->before, *after = &stepping->after;
    buffer_init(before);
    buffer_init(after);
    fence_put_begin_unflushed(before, stepping->fence);
    buffer_puts(before, "; SELECT FROM graduate.steps WHERE run = ");
    sql_put_literal(before, stepping->fence->run);
    buffer_puts(before, " AND step = ");
    sql_put_literal(before, step);
    buffer_puts(after, "INSERT INTO graduate.steps (run, step, seconds) VALUES (");
    sql_put_literal(after, stepping->fence->run);
    buffer_puts(after, ", ");
    sql_put_literal(after, step);
    buffer_puts(after, ", extract(epoch FROM clock_timestamp() - now())) RETURNING seconds;"
                       " COMMIT");
}

static bool begun(void *context, const struct answers *answers, bool *done, struct error *error)
{
    const struct stepping *stepping = context;
    if (!fence_begun(stepping->target, stepping->fence, answers, error))
        return false;
    *done = answers->count > FENCE_ANSWERS && PQntuples(answers->items[FENCE_ANSWERS]) > 0;
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
    struct stepping stepping = {.target = target, .fence = fence};
    struct answers last = {.count = 0};
    struct buffer entities;
    *made = false;
    buffer_init(&entities);
    step_put_entities(project, statement->table, &entities);
    put_around(&stepping, statement->name);
    bool ok = buffer_ok(&stepping.before, error) && buffer_ok(&stepping.after, error);
    const struct statement_around around = {
        .before = buffer_text(&stepping.before),
        .begun = begun,
        .context = &stepping,
        .answers = FENCE_ANSWERS + 1,
        .after = buffer_text(&stepping.after),
        .instead = "COMMIT",
    };
    ok = ok && statement_run(target, fence->run, statement, &around, buffer_text(&entities), made,
                             &last, error);
    if (ok && *made)
        *seconds = strtod(PQgetvalue(last.items[last.count - 2], 0, 0), NULL);
    ok = ok && fence_committed(target, answers_last(&last), error);
    if (!ok)
        fence_rollback(target);
    answers_release(&last);
    buffer_release(&stepping.before);
    buffer_release(&stepping.after);
    buffer_release(&entities);
    return ok;
}
