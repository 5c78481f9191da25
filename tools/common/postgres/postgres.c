#include "graduate/postgres.h"
#include "session.h"
#include "uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char firewall[] =
    "nothing answered: check host and port, and let this machine through the server's firewall (of "
    "Azure: Networking, firewall rules)";
static const char no_route[] =
    "this machine has no route to that address; if it is an IPv6 address, use a host with an IPv4 "
    "one (of Supabase: the session pooler's URI)";

/* libpq gives no SQLSTATE for a connection that did not come about, so its text has to say what the
 * cause was: the first row whose two parts are both in it. */
static const struct cause {
    const char *part, *other, *hint;
} causes[] = {
    {"could not translate host name", "",
     "check the host in the URI, and that this machine can resolve it (the direct host of a "
     "Supabase project has an IPv6 address only: use the session pooler's URI where there is no "
     "IPv6)"},
    {"Network is unreachable", "", no_route},
    {"No route to host", "", no_route},
    {"Connection refused", "",
     "start the server, or correct host and port in the URI: nothing listens there"},
    {"No such file or directory", "",
     "start the server, or correct the socket folder and port in the URI"},
    {"timeout expired", "", firewall},
    {"timed out", "", firewall},
    {"password authentication failed", "",
     "check user and password in the URI; in a password write characters such as @ : / ? # % as "
     "%XX"},
    {"no password supplied", "", "put the password into the URI: postgresql://USER:PASSWORD@HOST"},
    {"Tenant or user not found", "",
     "through Supabase's pooler the user is postgres.PROJECTREF; check it and the pooler's region"},
    {"invalid response", "",
     "correct host and port in the URI: what answers there is no PostgreSQL server"},
    {"server does not support SSL", "",
     "turn TLS on at the server, or, only if the way to it is trusted, ask for less than "
     "sslmode=require in the URI"},
    {"no pg_hba.conf entry", "no encryption",
     "add sslmode=require to the URI: the server wants TLS"},
    {"no pg_hba.conf entry", "",
     "let this machine and user in at the server (pg_hba.conf, or the provider's firewall rules)"},
    {"root certificate file", "",
     "name the authority's certificate in the URI: sslrootcert=FILE (Debian's bundle is "
     "/etc/ssl/certs/ca-certificates.crt)"},
    {"certificate", "",
     "check the host in the URI against the server's certificate, and sslrootcert and sslmode"},
    {"SSL", "", "check sslmode in the URI, and what TLS versions the server allows"},
    {"database \"", "does not exist", "correct the database in the URI, or create it"},
    {"too many c", "", "close other clients of the server, then run again"},
    {"role \"", "", "correct the user in the URI: it must exist and be allowed to log in"},
    {"connection slots are reserved", "", "close other clients of the server, then run again"},
    {"starting up", "", "wait until the server accepts connections, then run again"},
    {"shutting down", "", "wait until the server accepts connections, then run again"},
    {"recovery", "", "wait until the server accepts connections, then run again"},
    {"", "", "check the URI and the server, then run again"},
};

/* What to do about an SQLSTATE; those that begin with `state`. `blame` ERROR_NONE: either side. */
static const struct advice {
    const char *state;
    enum error_code blame;
    const char *hint;
} advices[] = {
    {"25006", ERROR_TARGET,
     "the target takes no writes: connect to the primary, not a standby, and see whether its "
     "disk is full (Supabase then turns it read-only until it is enlarged)"},
    {"53100", ERROR_NONE, "the server's disk is full: make room or enlarge it, then run again"},
    {"53300", ERROR_NONE, "close other clients of the server, then run again"},
    {"22021", ERROR_SOURCE,
     "the database holds text that is not UTF-8, as one with encoding SQL_ASCII may; mend it in "
     "the source and run again. If it is Latin-1: UPDATE t SET c = convert_from(convert("
     "convert_to(c, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII') WHERE ..."},
    {"22P05", ERROR_SOURCE,
     "the database holds text that has no form in UTF-8: mend these rows in the source"},
    {"42501", ERROR_SOURCE,
     "give the role of the URI the right to read it: GRANT SELECT, or GRANT pg_read_all_data "
     "(from version 14); where row-level security is on, take the table's owner or a role with "
     "BYPASSRLS"},
    {"42501", ERROR_TARGET,
     "the role of the target's URI lacks that right: grant it, or use a role that has it"},
    {"40001", ERROR_SOURCE,
     "read from the primary, or set hot_standby_feedback = on where the source is a standby: it "
     "cut off this reading to keep up; then run again"},
    {"08", ERROR_NONE, "check the server and the way to it, then run again"},
    {"57P", ERROR_NONE, "wait until the server accepts connections, then run again"},
};

static void swallow(void *unused, const PGresult *notice)
{
    (void)unused;
    (void)notice;
}

/* A text as one line. Where lines stand for themselves, as libpq's do between attempts, they are
 * told apart, and what is indented below them, which explains, is left out: hints do that here. */
static void one_line(const char *text, bool lines, char *out, size_t size)
{
    size_t used = 0;
    for (const char *c = text; *c != '\0' && used + 3 < size; c++) {
        if (*c != '\n' && *c != '\t' && *c != ' ') {
            out[used++] = *c;
            continue;
        }
        bool ends = lines && *c == '\n';
        while (ends && *c == '\n' && c[1] == '\t')
            c += 1 + strcspn(c + 1, "\n");
        c += strspn(c, " \t\n");
        if (*c-- == '\0')
            break;
        if (ends)
            out[used++] = ';';
        out[used++] = ' ';
    }
    out[used] = '\0';
}

/* Replace every `secret` behind `before` (either may be longer than what replaces it). */
static void scrub(char *text, size_t size, const char *before, const char *secret,
                  const char *after)
{
    if (secret == NULL || secret[0] == '\0')
        return;
    static const char stars[] = "***";
    char needle[512];
    if (snprintf(needle, sizeof needle, "%s%s%s", before, secret, after) >= (int)sizeof needle)
        return;
    size_t head = strlen(before), length = strlen(secret);
    for (char *at = text; (at = strstr(at, needle)) != NULL; at += head + sizeof stars - 1) {
        char rest[1024];
        snprintf(rest, sizeof rest, "%s", at + head + length);
        size_t offset = (size_t)(at - text) + head;
        snprintf(text + offset, size - offset, "%s%s", stars, rest);
        if (offset + sizeof stars >= size)
            return;
    }
}

static PGconn *start(const char *uri)
{
    /* The URI stands after what it may override. */
    const char *const keywords[] = {"fallback_application_name",
                                    "connect_timeout",
                                    "keepalives",
                                    "keepalives_idle",
                                    "keepalives_interval",
                                    "keepalives_count",
                                    "tcp_user_timeout",
                                    "gssencmode",
                                    "dbname",
                                    NULL};
    const char *const values[] = {"graduate", "15",     "1",       "60", "15",
                                  "4",        "300000", "disable", uri,  NULL};
    PGconn *connection = PQconnectStartParams(keywords, values, 1);
    /* A server can send notices while it lets us in, and libpq prints them on standard error unless
     * the connection, which must exist for that, is told otherwise. So connect with it again;
     * finishing the first attempt by PQconnectPoll would lose time-outs and further hosts. */
    if (connection != NULL && PQstatus(connection) != CONNECTION_BAD) {
        PQsetNoticeReceiver(connection, swallow, NULL);
        PQreset(connection);
    }
    return connection;
}

static bool refused(const struct postgres *postgres, bool names_database, struct error *error)
{
    const char *user = PQuser(postgres->connection), *password = PQpass(postgres->connection);
    char text[sizeof error->message];
    one_line(PQerrorMessage(postgres->connection), true, text, sizeof text);
    const struct cause *cause = causes;
    while (strstr(text, cause->part) == NULL || strstr(text, cause->other) == NULL)
        cause++;
    scrub(text, sizeof text, "user \"", user, "\"");
    scrub(text, sizeof text, "role \"", user, "\"");
    if (!names_database)
        scrub(text, sizeof text, "database \"", user, "\"");
    if (strlen(password) > 5) /* a shorter one is found by chance, and stars would give it away */
        scrub(text, sizeof text, "", password, "");
    error_set(error, postgres->blame, "cannot connect to %s: %s", postgres->where, text);
    return error_hint(error, "%s", cause->hint);
}

bool postgres_connect(struct postgres *postgres, const char *uri, const char *what,
                      enum error_code blame, struct error *error)
{
    bool names_database;
    *postgres = (struct postgres){.blame = blame};
    snprintf(postgres->where, sizeof postgres->where, "the %s", what);
    if (!uri_check(uri, postgres->where, &names_database, error))
        return false;
    postgres->connection = start(uri);
    if (postgres->connection == NULL)
        return error_memory(error);
    if (PQhost(postgres->connection) !=
        NULL) /* without a name the database is called as the user */
        snprintf(postgres->where, sizeof postgres->where, "the %s at %s:%s%s%s", what,
                 PQhost(postgres->connection), PQport(postgres->connection),
                 names_database ? "/" : "", names_database ? PQdb(postgres->connection) : "");
    bool ok = PQstatus(postgres->connection) == CONNECTION_OK
                  ? session_pin(postgres, error)
                  : refused(postgres, names_database, error);
    if (!ok)
        postgres_close(postgres);
    return ok;
}

void postgres_close(struct postgres *postgres)
{
    PQfinish(postgres->connection);
    postgres->connection = NULL;
}

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
    PGresult *result = PQexec(postgres->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
              statement_error(postgres, result, sql, error);
    PQclear(result);
    return ok;
}

bool postgres_query(struct postgres *postgres, const char *sql, const char *const *parameters,
                    int count, PGresult **result, struct error *error)
{
    *result = PQexecParams(postgres->connection, sql, count, NULL, parameters, NULL, NULL, 0);
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
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char text[sizeof error->message], more[sizeof error->message] = "";
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
    error_set(error, postgres->blame, "%s: %s: %s%s%s%s", postgres->where, doing, text,
              more[0] != '\0' ? " (" : "", more, more[0] != '\0' ? ")" : "");
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
