#include "graduate/postgres.h"

#include <stdlib.h>

static bool ask_process(struct postgres *postgres, long *process, struct error *error)
{
    PGresult *result;
    if (!postgres_query(postgres, "SELECT pg_catalog.pg_backend_pid()", NULL, 0, &result, error))
        return false;
    *process = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}

static bool refuse(const struct postgres *postgres, struct error *error)
{
    error_set(error, ERROR_REFUSED,
              "%s is reached through a pooler that gives each transaction another session",
              postgres->where);
    return error_hint(error, "a run's lock and settings would not be its own there: connect to the "
                             "server itself, or to the pooler in session mode (of Supabase: port "
                             "5432, not 6543; of pgbouncer: pool_mode = session); nothing was "
                             "touched");
}

/* Such a pooler gives a session that nobody uses to the next who asks, so two connections find
 * themselves in one; or, where it takes them in turn, one finds itself in two. */
bool postgres_check_session(struct postgres *postgres, const char *uri, const char *what,
                            struct error *error)
{
    enum { LOOKS = 4 };
    struct postgres other;
    long mine = 0, again, others;
    if (!postgres_connect(&other, uri, what, postgres->blame, error))
        return false;
    bool ok = true;
    for (int look = 0; ok && look < LOOKS; look++)
        ok = ask_process(postgres, &mine, error) && ask_process(postgres, &again, error) &&
             ask_process(&other, &others, error) &&
             ((mine == again && others != mine) || refuse(postgres, error));
    postgres_close(&other);
    return ok;
}
