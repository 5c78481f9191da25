#include "session.h"

#include <stdio.h>
#include <string.h>

/* `since` is the first server version that knows the setting. */
static const struct setting {
    const char *name, *value;
    int since;
} settings[] = {
    {"client_encoding", "UTF8", 0},
    {"datestyle", "ISO", 0},
    {"intervalstyle", "postgres", 0},
    {"timezone", "UTC", 0},
    {"extra_float_digits", "3", 0},
    {"bytea_output", "hex", 0},
    {"xmlbinary", "base64", 0},
    {"xmloption", "content", 0},
    {"lc_monetary", "C", 0},
    {"lc_numeric", "C", 0},
    {"lc_time", "C", 0},
    {"quote_all_identifiers", "off", 0}, /* the catalog's own words for types and conditions */
    {"standard_conforming_strings", "on", 0},
    {"backslash_quote", "safe_encoding", 0},
    {"array_nulls", "on", 0},
    {"transform_null_equals", "off", 0},
    {"search_path", "", 0},
    {"row_security", "off", 0}, /* an error instead of rows that are silently not there */
    {"synchronize_seqscans", "off", 0},
    {"gin_fuzzy_search_limit", "0", 0},
    {"default_transaction_read_only", "off", 0},
    {"default_transaction_isolation", "read committed", 0},
    {"default_transaction_deferrable", "off", 0},
    {"default_tablespace", "", 0},
    {"default_table_access_method", "heap", 120000},
    {"exit_on_error", "off", 0},
    {"jit", "off", 110000}, /* compiling a query of the catalogs takes seconds, running it none */
    {"lock_timeout", "0", 0},
    {"idle_in_transaction_session_timeout", "0", 0},
    {"idle_session_timeout", "0", 140000},
};

/* A server ends a session whose other end is gone only when it notices; until then it holds its
 * locks. Some platforms of servers do not know these, and do without. */
static const struct setting lookouts[] = {
    {"tcp_keepalives_idle", "60", 0},
    {"tcp_keepalives_interval", "15", 0},
    {"tcp_keepalives_count", "4", 0},
    {"client_connection_check_interval", "10s", 140000},
};

/* Only of the target, which is not read slowly: a source that waits for who reads it is well. */
static const struct setting target_lookouts[] = {
    {"tcp_user_timeout", "300s", 120000},
};

static PGresult *set(struct postgres *postgres, const struct setting *all, size_t count)
{
    struct buffer sql;
    int version = PQserverVersion(postgres->connection);
    buffer_init(&sql);
    for (size_t i = 0; i < count; i++)
        if (version >= all[i].since)
            buffer_printf(&sql, "%s pg_catalog.set_config('%s', '%s', false)",
                          sql.length == 0 ? "SELECT" : ",", all[i].name, all[i].value);
    PGresult *result =
        sql.failed ? NULL : postgres_ask(postgres, buffer_text(&sql), "setting up the session");
    buffer_release(&sql);
    return result;
}

/* The first statements run under the time-outs that they take away. A time-out of a few
 * milliseconds is a matter of luck, so there are several attempts. */
static bool unlimit(struct postgres *postgres, struct error *error)
{
    enum { ATTEMPTS = 100 };
    bool ok = false;
    for (int attempt = 0; !ok && attempt < ATTEMPTS; attempt++) {
        PGresult *result = postgres_ask(postgres, "SET statement_timeout = 0", NULL);
        ok = PQresultStatus(result) == PGRES_COMMAND_OK;
        bool again = !ok && PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL &&
                     strcmp(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014") == 0;
        if (!ok)
            postgres_error(postgres, result, "setting up the session", error);
        PQclear(result);
        if (!ok && !again)
            return false;
    }
    if (!ok)
        error_hint(error, "the role, the database or the URI sets a statement_timeout so short "
                          "that no statement gets through: ALTER ROLE ... SET statement_timeout");
    return ok && (PQserverVersion(postgres->connection) < 170000 ||
                  postgres_exec(postgres, "SET transaction_timeout = 0", error));
}

bool session_pin(struct postgres *postgres, struct error *error)
{
    if (!unlimit(postgres, error))
        return false;
    PGresult *result = set(postgres, settings, sizeof settings / sizeof settings[0]);
    bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!ok)
        postgres_error(postgres, result, "setting up the session", error);
    PQclear(result);
    if (!ok)
        return false;
    PQclear(set(postgres, lookouts, sizeof lookouts / sizeof lookouts[0]));
    if (postgres->blame == ERROR_TARGET)
        PQclear(set(postgres, target_lookouts, sizeof target_lookouts / sizeof target_lookouts[0]));
    return true;
}
