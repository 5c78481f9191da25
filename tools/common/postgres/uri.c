#include "uri.h"
#include "graduate/postgres.h"

#include <string.h>
#include <strings.h>

/* Parameters that other clients of PostgreSQL take, and libpq does not. */
static const struct foreign {
    const char *name, *client;
} foreigners[] = {
    {"pgbouncer", "Prisma"},
    {"connection_limit", "Prisma"},
    {"pool_timeout", "Prisma"},
    {"socket_timeout", "Prisma"},
    {"statement_cache_size", "Prisma"},
    {"sslaccept", "Prisma"},
    {"sslidentity", "Prisma"},
    {"schema", "Prisma"},
    {"supa", "Vercel"},
    {"workaround", "Vercel"},
    {"currentSchema", "JDBC"},
    {"ApplicationName", "JDBC"},
    {"prepareThreshold", "JDBC"},
    {"reWriteBatchedInserts", "JDBC"},
    {"stringtype", "JDBC"},
    {"search_path", "pgx"},
    {"default_query_exec_mode", "pgx"},
    {"pool_max_conns", "pgx"},
    {"pool_min_conns", "pgx"},
    {"binary_parameters", "lib/pq"},
    {"uselibpqcompat", "node-postgres"},
    {"prepare", "postgres.js"},
    {"pool", "Rails"},
    {"prepared_statements", "Rails"},
    {"prepared_statement_cache_size", "asyncpg"},
};

static const char *client_of(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof foreigners / sizeof foreigners[0]; i++)
        if (strlen(foreigners[i].name) == length && strncmp(foreigners[i].name, name, length) == 0)
            return foreigners[i].client;
    return NULL;
}

static const PQconninfoOption *find(const PQconninfoOption *options, const char *name,
                                    size_t length)
{
    for (; options->keyword != NULL; options++)
        if (strlen(options->keyword) == length && strncmp(options->keyword, name, length) == 0)
            return options;
    return NULL;
}

static const char *value(const PQconninfoOption *options, const char *name)
{
    const PQconninfoOption *option = find(options, name, strlen(name));
    return option != NULL ? option->val : NULL;
}

static bool is_taken(const PQconninfoOption *known, const char *name, size_t length)
{
    return find(known, name, length) != NULL || (length == 3 && strncmp(name, "ssl", 3) == 0);
}

/* The parameters that libpq does not know, "pgbouncer (of Prisma), x". What does not look like a
 * name is a piece of a password with a bare '?' or '&', and not for people. */
static void put_strangers(const char *uri, const PQconninfoOption *known, struct buffer *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *at = strstr(uri, "://") != NULL ? strchr(uri, '?') : NULL;
    if (at == NULL || strchr(at, '@') != NULL)
        return;
    while (*at != '\0') {
        const char *name = at + 1;
        size_t length = strspn(name, letters);
        at = name + strcspn(name, "&");
        if (length == 0 || name[length] != '=' || is_taken(known, name, length))
            continue;
        const char *client = client_of(name, length);
        buffer_printf(out, "%s%.*s", out->length > 0 ? ", " : "", (int)length, name);
        if (client != NULL)
            buffer_printf(out, " (of %s)", client);
    }
}

static bool has_strangers(const char *uri, const char *where, struct error *error)
{
    struct buffer names;
    PQconninfoOption *known = PQconndefaults();
    if (known == NULL)
        return false;
    buffer_init(&names);
    put_strangers(uri, known, &names);
    bool found = names.length > 0 && !names.failed;
    if (found) {
        error_set(error, ERROR_USAGE, "the URI of %s has parameters that libpq does not know: %s",
                  where, buffer_text(&names));
        error_hint(error, "take them out: they are meant for another client of PostgreSQL");
    }
    buffer_release(&names);
    PQconninfoFree(known);
    return found;
}

/* A password with a bare '@' or '/' makes libpq take a part of it for the host, the port or the
 * database, and print it as such. */
static bool is_sound(const char *uri, const PQconninfoOption *options)
{
    size_t length = strcspn(uri, "?");
    const char *at = strstr(uri, "://") != NULL ? memchr(uri, '@', length) : NULL;
    if (at != NULL && memchr(at + 1, '@', length - (size_t)(at + 1 - uri)) != NULL)
        return false;
    const char *host = value(options, "host"), *port = value(options, "port");
    const char *database = value(options, "dbname");
    if (host != NULL && strchr(host + (host[0] == '@'), '@') != NULL) /* "@NAME" is a socket */
        return false;
    if (port != NULL && port[strspn(port, "0123456789,")] != '\0')
        return false;
    return database == NULL || strchr(database, '@') == NULL || value(options, "user") != NULL;
}

static const char *or_default(const PQconninfoOption *options, const char *name, const char *other)
{
    const char *given = value(options, name);
    return given != NULL && given[0] != '\0' ? given : other;
}

static const char *host_of(const PQconninfoOption *options)
{
    const char *host = or_default(options, "host", or_default(options, "hostaddr", ""));
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ? "localhost" : host;
}

bool postgres_same_database(const char *one, const char *other)
{
    PQconninfoOption *a = PQconninfoParse(one, NULL), *b = PQconninfoParse(other, NULL);
    bool same = a != NULL && b != NULL;
    if (same) {
        const char *user = or_default(a, "user", ""), *other_user = or_default(b, "user", "");
        same = strcasecmp(host_of(a), host_of(b)) == 0 && strcmp(user, other_user) == 0 &&
               strcmp(or_default(a, "port", "5432"), or_default(b, "port", "5432")) == 0 &&
               strcmp(or_default(a, "dbname", user), or_default(b, "dbname", other_user)) == 0 &&
               strcmp(or_default(a, "options", ""), or_default(b, "options", "")) == 0;
    }
    PQconninfoFree(a);
    PQconninfoFree(b);
    return same;
}

bool uri_check(const char *uri, const char *where, bool *names_database, struct error *error)
{
    char *said = NULL; /* it quotes the URI: not for people */
    PQconninfoOption *options = PQconninfoParse(uri, &said);
    bool parsed = options != NULL, ok = parsed && is_sound(uri, options);
    *names_database = ok && value(options, "dbname") != NULL;
    PQconninfoFree(options);
    PQfreemem(said);
    if (ok || (!parsed && has_strangers(uri, where, error)))
        return ok;
    error_set(error, ERROR_USAGE, "the URI of %s is not one that can be read", where);
    return error_hint(error,
                      "write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE, "
                      "and in user and password write characters such as @ : / ? # %% as %%XX");
}
