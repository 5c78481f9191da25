#include "graduate/postgres.h"
#include "one_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What to do about an SQLSTATE; those that begin with `state`. `blame` ERROR_NONE: either side. */
static const struct advice {
    const char *state;
    enum error_code blame;
    const char *hint;
} advices[] = {
    {"25006", ERROR_TARGET,
     ADVICE(
         "the target takes no writes: connect to the primary, not a standby, and see whether its "
         "disk is full (Supabase then turns it read-only until it is enlarged)")},
    {"53100", ERROR_NONE,
     ADVICE("the server's disk is full: make room or enlarge it, then run again")},
    {"53300", ERROR_NONE,
     ADVICE("close other clients of the server, or let graduate run load one entity at a time "
            "(--jobs 1); then run again")},
    {"22021", ERROR_SOURCE,
     ADVICE("the database holds text that is not UTF-8, as one with encoding SQL_ASCII may; mend "
            "it in "
            "the source and run again. If it is Latin-1: UPDATE t SET c = convert_from(convert("
            "convert_to(c, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII') WHERE ...")},
    {"22P05", ERROR_SOURCE,
     ADVICE("the database holds text that has no form in UTF-8: mend these rows in the source")},
    {"42501", ERROR_SOURCE,
     ADVICE(
         "give the role of the URI the right to read it: GRANT SELECT, or GRANT pg_read_all_data "
         "(from version 14); where row-level security is on, take the table's owner or a role with "
         "BYPASSRLS")},
    {"42501", ERROR_TARGET,
     ADVICE("the role of the target's URI lacks that right: grant it, or use a role that has it")},
    {"40001", ERROR_SOURCE,
     ADVICE("read from the primary, or set hot_standby_feedback = on where the source is a "
            "standby: it "
            "cut off this reading to keep up; then run again")},
    {"08", ERROR_NONE, ADVICE("check the server and the way to it, then run again")},
    {"57P", ERROR_NONE, ADVICE("wait until the server accepts connections, then run again")},
};

/* The statement, shortened, says best what was being done. */
static bool statement_error(const struct postgres *postgres, const PGresult *result,
                            const char *sql, struct error *error)
{
    char doing[160];
    one_line(sql, false, doing, sizeof doing);
    if (strlen(sql) >= sizeof doing)
        memcpy(doing + sizeof doing - 8, "...", 4);
    return postgres_error(postgres, result, doing, error);
}

bool postgres_exec(struct postgres *postgres, const char *sql, struct error *error)
{
    PGresult *result = postgres_ask(postgres, sql, NULL);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
              statement_error(postgres, result, sql, error);
    PQclear(result);
    return ok;
}

bool postgres_query(struct postgres *postgres, const char *sql, const char *const *parameters,
                    int count, PGresult **result, struct error *error)
{
    *result = postgres_ask_with(postgres, sql, parameters, count, NULL);
    ExecStatusType status = PQresultStatus(*result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    statement_error(postgres, *result, sql, error);
    PQclear(*result);
    *result = NULL;
    return false;
}

bool postgres_count_rows(struct postgres *postgres, const char *from, int64_t *rows,
                         struct error *error)
{
    struct buffer sql;
    PGresult *result = NULL;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT count(*) FROM %s", from);
    bool ok = buffer_ok(&sql, error) &&
              postgres_query(postgres, buffer_text(&sql), NULL, 0, &result, error);
    if (ok)
        *rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

/* "... function public.f(integer) line 3 at ...", in whatever language: a number behind one word
 * behind a parenthesis that closes. */
static bool names_function(const char *line, size_t length)
{
    const char *end = line + length, *close = memchr(line, ')', length);
    if (memchr(line, '(', length) == NULL || close == NULL || memchr(line, '"', length) != NULL ||
        close + 1 >= end || close[1] != ' ')
        return false;
    const char *word = close + 2;
    const char *number = memchr(word, ' ', (size_t)(end - word));
    return number != NULL && number + 1 < end && number[1] >= '0' && number[1] <= '9';
}

void postgres_context(const PGresult *result, char *out, size_t size)
{
    const char *line = PQresultErrorField(result, PG_DIAG_CONTEXT);
    size_t used = 0;
    bool quoted = false; /* a statement may have many lines */
    out[0] = '\0';
    while (line != NULL && *line != '\0' && used < size) {
        size_t length = strcspn(line, "\n");
        if (!quoted && names_function(line, length)) {
            int more = snprintf(out + used, size - used, "; in %.*s", (int)length, line);
            used += more > 0 ? (size_t)more : 0;
        }
        for (size_t i = 0; i < length; i++)
            quoted = quoted != (line[i] == '"');
        line += length + (line[length] == '\n');
    }
}

/* A COPY names its column only in its context: "COPY books, line 3, column title: ...". */
static void column_of(const PGresult *result, struct error *error)
{
    const char *name = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *copied =
        context != NULL && strncmp(context, "COPY ", 5) == 0 ? strstr(context, ", column ") : NULL;
    if (name != NULL) {
        error_at(error, NULL, NULL, name);
    } else if (copied != NULL) {
        copied += strlen(", column ");
        snprintf(error->path, sizeof error->path, "%.*s", (int)strcspn(copied, ":\n"), copied);
    }
}

bool postgres_error(const struct postgres *postgres, const PGresult *result, const char *doing,
                    struct error *error)
{
    if (postgres->stalled) {
        error_set(error, postgres->blame,
                  "%s: nothing was heard from it for %lld s, while %s; it is given up",
                  postgres->where, (long long)postgres->stall, postgres->doing);
        snprintf(error->sqlstate, sizeof error->sqlstate, "08006");
        return error_hint(error, "look at the server and at what stands between it and this "
                                 "machine, then run again; --stall SECONDS waits longer");
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char text[sizeof error->message], more[sizeof error->message] = "", context[1024];
    bool own = primary == NULL; /* no server said it */
    if (own)
        primary =
            result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(postgres->connection);
    if (state == NULL)
        state = PQstatus(postgres->connection) == CONNECTION_BAD ? "08006" : "";
    one_line(primary, own, text, sizeof text);
    /* The detail of a violated NOT NULL or CHECK is the whole row, which may hold secrets. */
    if (detail != NULL && strcmp(state, "23502") != 0 && strcmp(state, "23514") != 0)
        one_line(detail, false, more, sizeof more);
    postgres_context(result, context, sizeof context);
    error_set(error, postgres->blame, "%s: %s: %s%s%s%s%s", postgres->where, doing, text,
              more[0] != '\0' ? " (" : "", more, more[0] != '\0' ? ")" : "", context);
    snprintf(error->sqlstate, sizeof error->sqlstate, "%s", state);
    column_of(result, error);
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        const struct advice *advice = &advices[i];
        if (strncmp(state, advice->state, strlen(advice->state)) == 0 &&
            (advice->blame == ERROR_NONE || advice->blame == postgres->blame))
            return error_hint(error, "%s", advice->hint);
    }
    return false;
}
