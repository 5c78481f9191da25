#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOUBTS_TOLD = 3 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* To come back to after a question that failed. Rolling back to it keeps it. */
static bool set_foothold(struct inspection *inspection, struct error *error)
{
    return postgres_exec(&inspection->verification->target, "SAVEPOINT inspection", error);
}

static void regain_foothold(struct inspection *inspection)
{
    struct error unused; /* a connection that is gone fails the next question, too */
    postgres_exec(&inspection->verification->target, "ROLLBACK TO SAVEPOINT inspection", &unused);
}

void inspection_begin(struct inspection *inspection, struct verification *verification,
                      enum verdict_level level)
{
    struct error error;
    *inspection = (struct inspection){verification, level, now(), 0, {0}, 0, {0}};
    buffer_init(&inspection->doubts);
    buffer_init(&inspection->remarks);
    if (!set_foothold(inspection, &error))
        inspection_doubt(inspection, "%s", error.message);
}

bool inspection_close(struct inspection *inspection, bool ok, struct error *error)
{
    if (inspection->doubt_count > DOUBTS_TOLD)
        buffer_printf(&inspection->doubts, "; and %lld more that could not be checked",
                      (long long)inspection->doubt_count - DOUBTS_TOLD);
    struct verdict_file *verdict = &inspection->verification->verdict;
    ok = ok && buffer_ok(&inspection->doubts, error) && buffer_ok(&inspection->remarks, error) &&
         verdict_close(verdict, inspection->level, inspection->checks, now() - inspection->began,
                       buffer_text(&inspection->doubts), error) &&
         verdict_remark(verdict, inspection->level, buffer_text(&inspection->remarks), error);
    buffer_release(&inspection->doubts);
    buffer_release(&inspection->remarks);
    return ok;
}

void inspection_doubt(struct inspection *inspection, const char *format, ...)
{
    if (inspection->doubt_count++ >= DOUBTS_TOLD)
        return;
    va_list args;
    buffer_puts(&inspection->doubts, inspection->doubts.length > 0 ? "; " : "");
    va_start(args, format);
    buffer_vprintf(&inspection->doubts, format, args);
    va_end(args);
}

void inspection_remark(struct inspection *inspection, const char *format, ...)
{
    va_list args;
    buffer_puts(&inspection->remarks, inspection->remarks.length > 0 ? "; " : "");
    va_start(args, format);
    buffer_vprintf(&inspection->remarks, format, args);
    va_end(args);
}

bool inspection_find(struct inspection *inspection, const char *kind, const char *table,
                     const char *key, struct error *error, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return verdict_find(&inspection->verification->verdict, inspection->level, kind, table, key,
                        NULL, error, "%s%s%s%s%s", table != NULL ? table : "",
                        key != NULL ? ", row " : "", key != NULL ? key : "",
                        table != NULL ? ": " : "", text);
}

void query_hint_rights(struct error *error)
{
    if (strcmp(error->sqlstate, "42501") == 0)
        error_hint(error, "let the role that verifies read everything: GRANT pg_read_all_data, and "
                          "BYPASSRLS, for row-level security would hide rows from it");
}

/* A role that may read all tables still sees none with row-level security on: with row_security off
 * the server says so, and not "no rows". */
static void doubt_answer(struct inspection *inspection, const char *what, const PGresult *result)
{
    struct error why = {0};
    postgres_error(&inspection->verification->target, result, what, &why);
    const char *where = inspection->verification->target.where, *said = why.message;
    if (strncmp(said, where, strlen(where)) == 0) /* the verdict names the target once */
        said += strlen(where) + strspn(said + strlen(where), ": ");
    bool policies = strstr(said, "row-level security") != NULL;
    const char *hint = policies ? "give the role BYPASSRLS besides pg_read_all_data" : why.hint;
    inspection_doubt(inspection, "%s%s%s%s", said, hint[0] != '\0' ? " (" : "", hint,
                     hint[0] != '\0' ? ")" : "");
}

PGresult *query(struct inspection *inspection, const char *what, const char *sql,
                const char *const *parameters, int count)
{
    PGresult *rows =
        postgres_ask_with(&inspection->verification->target, sql, parameters, count, what);
    if (PQresultStatus(rows) == PGRES_TUPLES_OK)
        return rows;
    doubt_answer(inspection, what, rows);
    PQclear(rows);
    regain_foothold(inspection);
    return NULL;
}

bool query_each(struct inspection *inspection, const char *what, const char *sql, query_visit visit,
                void *context, struct error *error)
{
    struct postgres *target = &inspection->verification->target;
    bool ok = true, answered = false;
    if (!postgres_ask_each(target, sql, NULL, 0, what)) {
        doubt_answer(inspection, what, NULL);
        return true;
    }
    for (PGresult *rows; (rows = postgres_next(target)) != NULL; PQclear(rows)) {
        ExecStatusType status = PQresultStatus(rows);
        answered = answered || status == PGRES_TUPLES_OK;
        if (status == PGRES_SINGLE_TUPLE)
            ok = ok && visit(context, rows, error);
        else if (status != PGRES_TUPLES_OK)
            doubt_answer(inspection, what, rows);
    }
    if (!answered)
        regain_foothold(inspection);
    return ok;
}

bool query_number(struct inspection *inspection, const char *what, const char *sql, int64_t *number,
                  bool *known)
{
    PGresult *rows = query(inspection, what, sql, NULL, 0);
    bool answered = rows != NULL && PQntuples(rows) == 1;
    if (rows != NULL && !answered)
        inspection_doubt(inspection, "%s: the server gave no row", what);
    if (answered) {
        *number = query_int(rows, 0, 0);
        if (known != NULL)
            *known = !PQgetisnull(rows, 0, 0);
    }
    PQclear(rows);
    return answered;
}

const char *query_text(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

bool query_true(const PGresult *rows, int row, int column)
{
    return PQgetvalue(rows, row, column)[0] == 't';
}

int64_t query_int(const PGresult *rows, int row, int column)
{
    return strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

static void put_quoted(struct buffer *sql, const char *text, char quote)
{
    buffer_putc(sql, quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            buffer_putc(sql, quote);
        buffer_putc(sql, *text);
    }
    buffer_putc(sql, quote);
}

void query_put_name(struct buffer *sql, const char *name)
{
    put_quoted(sql, name, '"');
}

void query_put_table(struct buffer *sql, const char *schema, const char *name)
{
    query_put_name(sql, schema);
    buffer_putc(sql, '.');
    query_put_name(sql, name);
}

/* standard_conforming_strings is on for the session (postgres.h), so a backslash stands for itself.
 */
void query_put_literal(struct buffer *sql, const char *text)
{
    put_quoted(sql, text, '\'');
}
