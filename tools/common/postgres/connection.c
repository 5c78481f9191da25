/* How a connection comes about, and what is said when it does not. */
#include "graduate/postgres.h"
#include "one_line.h"
#include "session.h"
#include "uri.h"

#include <stdio.h>
#include <string.h>

static const char firewall[] = ADVICE(
    "nothing answered: check host and port, and let this machine through the server's firewall (of "
    "Azure: Networking, firewall rules)");
static const char no_route[] = ADVICE(
    "this machine has no route to that address; if it is an IPv6 address, use a host with an IPv4 "
    "one (of Supabase: the session pooler's URI)");

/* libpq gives no SQLSTATE for a connection that did not come about, so its text has to say what the
 * cause was: the first row whose two parts are both in it. */
static const struct cause {
    const char *part, *other, *hint;
} causes[] = {
    {"could not translate host name", "",
     ADVICE("check the host in the URI, and that this machine can resolve it (the direct host of a "
            "Supabase project has an IPv6 address only: use the session pooler's URI where there "
            "is no "
            "IPv6)")},
    {"Network is unreachable", "", no_route},
    {"No route to host", "", no_route},
    {"Connection refused", "",
     ADVICE("start the server, or correct host and port in the URI: nothing listens there")},
    {"No such file or directory", "",
     ADVICE("start the server, or correct the socket folder and port in the URI")},
    {"timeout expired", "", firewall},
    {"timed out", "", firewall},
    {"password authentication failed", "",
     ADVICE("check user and password in the URI; in a password write characters such as @ : / ? # "
            "% as "
            "%XX")},
    {"no password supplied", "",
     ADVICE("put the password into the URI: postgresql://USER:PASSWORD@HOST")},
    {"Tenant or user not found", "",
     ADVICE("through Supabase's pooler the user is postgres.PROJECTREF; check it and the pooler's "
            "region")},
    {"invalid response", "",
     ADVICE("correct host and port in the URI: what answers there is no PostgreSQL server")},
    {"server does not support SSL", "",
     ADVICE("turn TLS on at the server, or, only if the way to it is trusted, ask for less than "
            "sslmode=require in the URI")},
    {"no pg_hba.conf entry", "no encryption",
     ADVICE("add sslmode=require to the URI: the server wants TLS")},
    {"no pg_hba.conf entry", "",
     ADVICE("let this machine and user in at the server (pg_hba.conf, or the provider's firewall "
            "rules)")},
    {"root certificate file", "",
     ADVICE("name the authority's certificate in the URI: sslrootcert=FILE (Debian's bundle is "
            "/etc/ssl/certs/ca-certificates.crt)")},
    {"certificate", "",
     ADVICE("check the host in the URI against the server's certificate, and sslrootcert and "
            "sslmode")},
    {"SSL", "", ADVICE("check sslmode in the URI, and what TLS versions the server allows")},
    {"database \"", "does not exist", ADVICE("correct the database in the URI, or create it")},
    {"too many c", "",
     ADVICE("close other clients of the server, or let graduate run load one entity at a time "
            "(--jobs 1); then run again")},
    {"role \"", "", ADVICE("correct the user in the URI: it must exist and be allowed to log in")},
    {"connection slots are reserved", "",
     ADVICE("close other clients of the server, or let graduate run load one entity at a time "
            "(--jobs 1); then run again")},
    {"starting up", "", ADVICE("wait until the server accepts connections, then run again")},
    {"shutting down", "", ADVICE("wait until the server accepts connections, then run again")},
    {"recovery", "", ADVICE("wait until the server accepts connections, then run again")},
    {"", "", ADVICE("check the URI and the server, then run again")},
};

static void swallow(void *unused, const PGresult *notice)
{
    (void)unused;
    (void)notice;
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

/* A session is set up by short statements: silence at them is an end that is gone. */
enum { SETUP_SECONDS = 60 };

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
    postgres->stall = SETUP_SECONDS;
    bool ok = PQstatus(postgres->connection) == CONNECTION_OK
                  ? session_pin(postgres, error)
                  : refused(postgres, names_database, error);
    if (!ok)
        postgres_close(postgres);
    postgres->stall = 0;
    return ok;
}

void postgres_close(struct postgres *postgres)
{
    PQfinish(postgres->connection);
    postgres->connection = NULL;
}
