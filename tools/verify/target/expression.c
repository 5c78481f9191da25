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

bool expression_same(struct inspection *inspection, const char *what, const char *schema,
                     const char *table, enum expression_use use, const char *type,
                     const char *expected, const char *found, bool *same)
{
    const char *const texts[] = {expected, found};
    struct buffer sql, plans[2];
    bool ok = true;
    *same = strcmp(expected, found) == 0;
    if (*same)
        return true;
    buffer_init(&sql);
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&plans[i]);
        buffer_clear(&sql);
        put_question(&sql, schema, table, use, type, texts[i]);
        ok = ok && plan(inspection, what, buffer_text(&sql), &plans[i]);
        if (sql.failed || plans[i].failed) {
            inspection_doubt(inspection, "%s: out of memory", what);
            ok = false;
        }
    }
    *same = ok && strcmp(buffer_text(&plans[0]), buffer_text(&plans[1])) == 0;
    for (size_t i = 0; i < 2; i++)
        buffer_release(&plans[i]);
    buffer_release(&sql);
    return ok;
}

bool expression_queries_same(struct inspection *inspection, const char *what, const char *expected,
                             const char *found, bool *same)
{
    const char *const texts[] = {expected, found};
    struct buffer sql, plans[2];
    bool ok = true;
    buffer_init(&sql);
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&plans[i]);
        buffer_clear(&sql);
        buffer_printf(&sql, "EXPLAIN (VERBOSE, COSTS OFF) %s", texts[i]);
        ok = ok && plan(inspection, what, buffer_text(&sql), &plans[i]);
        if (sql.failed || plans[i].failed) {
            inspection_doubt(inspection, "%s: out of memory", what);
            ok = false;
        }
    }
    *same = ok && strcmp(buffer_text(&plans[0]), buffer_text(&plans[1])) == 0;
    for (size_t i = 0; i < 2; i++)
        buffer_release(&plans[i]);
    buffer_release(&sql);
    return ok;
}
