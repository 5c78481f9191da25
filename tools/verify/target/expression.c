#include "expression.h"

#include <string.h>

/* The line break ends a comment that the text may end with. OFFSET 0 keeps the planner from merging
 * the subquery. */
static void put_question(struct buffer *sql, const char *schema, const char *table,
                         enum expression_use use, const char *type, const char *text)
{
    bool condition = use == EXPRESSION_CONDITION;
    buffer_puts(sql, "EXPLAIN (VERBOSE, COSTS OFF) SELECT ");
    if (condition)
        buffer_putc(sql, '1');
    else
        buffer_printf(sql, "(%s\n)%s%s", text, type != NULL ? "::" : "", type != NULL ? type : "");
    buffer_puts(sql, " FROM (SELECT * FROM ONLY ");
    query_put_table(sql, schema, table);
    buffer_puts(sql, " OFFSET 0) AS ");
    query_put_name(sql, table);
    if (condition)
        buffer_printf(sql, " WHERE (%s\n)", text);
}

/* The plan as one text. Servers that keep statistics of queries add a number that differs. */
static bool plan(struct inspection *inspection, const char *what, const char *question,
                 struct buffer *out)
{
    PGresult *rows = query(inspection, what, question, NULL, 0);
    for (int row = 0; rows != NULL && row < PQntuples(rows); row++) {
        const char *line = PQgetvalue(rows, row, 0);
        if (strncmp(line, "Query Identifier:", 17) != 0)
            buffer_printf(out, "%s\n", line);
    }
    PQclear(rows);
    return rows != NULL;
}

/* Does the server plan the same for both questions, which are released? */
static bool same_plans(struct inspection *inspection, const char *what, struct buffer questions[2],
                       bool *same)
{
    struct buffer plans[2];
    bool ok = true;
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&plans[i]);
        ok = ok && plan(inspection, what, buffer_text(&questions[i]), &plans[i]);
        if (questions[i].failed || plans[i].failed) {
            inspection_doubt(inspection, "%s: out of memory", what);
            ok = false;
        }
    }
    *same = ok && strcmp(buffer_text(&plans[0]), buffer_text(&plans[1])) == 0;
    for (size_t i = 0; i < 2; i++) {
        buffer_release(&plans[i]);
        buffer_release(&questions[i]);
    }
    return ok;
}

bool expression_same(struct inspection *inspection, const char *what, const char *schema,
                     const char *table, enum expression_use use, const char *type,
                     const char *expected, const char *found, bool *same)
{
    const char *const texts[] = {expected, found};
    struct buffer questions[2];
    *same = strcmp(expected, found) == 0;
    if (*same)
        return true;
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&questions[i]);
        put_question(&questions[i], schema, table, use, type, texts[i]);
    }
    return same_plans(inspection, what, questions, same);
}

bool expression_queries_same(struct inspection *inspection, const char *what, const char *expected,
                             const char *found, bool *same)
{
    const char *const texts[] = {expected, found};
    struct buffer questions[2];
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&questions[i]);
        buffer_printf(&questions[i], "EXPLAIN (VERBOSE, COSTS OFF) %s", texts[i]);
    }
    return same_plans(inspection, what, questions, same);
}
