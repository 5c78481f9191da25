/* Room common/postgres: libpq, and SQL as text. Nothing here knows what is asked. It uses
 * common/base. */

/* postgres.h: libpq as the house uses it: one connection, errors as struct error, no secret out.
 *
 * Used for sources (code ERROR_SOURCE) and for the target (ERROR_TARGET): the connection knows
 * which. */
#ifndef GRADUATE_POSTGRES_H
#define GRADUATE_POSTGRES_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <libpq-fe.h>
#include <stdint.h>

struct postgres {
    PGconn *connection;
    enum error_code blame; /* ERROR_SOURCE or ERROR_TARGET */
    char where[256];       /* "the target at HOST:PORT/DB", without user and password */
    int64_t stall;  /* seconds of silence after which it is given up; 0, as connected: never */
    bool stalled;   /* it was */
    char doing[96]; /* what is waited for */
};

/* Connect and pin the session: UTF8, ISO dates, UTC, extra_float_digits 3, bytea hex, all time-outs
 * 0, row_security off, search_path '' (sources.md 4.2, supabase.md 4.4); keepalives on, connect
 * time-out 15 s unless the URI says otherwise, and 60 s for what pins it. Notices are swallowed. The
 * error's message names where and what libpq said, never the URI or the password; its hint fits the
 * cause (unreachable, password, TLS, unknown database). `what` is "source core" or "target". */
bool postgres_connect(struct postgres *postgres, const char *uri, const char *what,
                      enum error_code blame, struct error *error);
void postgres_close(struct postgres *postgres);

/* Do two URIs name the same database as the same role, by what is written in them? A pooler tells
 * databases apart by the role, so another role may be another database. False where one of them
 * cannot be read. */
bool postgres_same_database(const char *one, const char *other);

/* ERROR_REFUSED where a pooler in transaction or statement mode stands before the server: locks and
 * settings of a session are then anybody's. Connects once more for a moment; `uri` and `what` as
 * for the connection that is looked at. */
bool postgres_check_session(struct postgres *postgres, const char *uri, const char *what,
                            struct error *error);

/* As PQexec, PQexecParams (all text), PQputCopyData, PQgetCopyData and PQgetResult after a COPY,
 * with signs of life: a warning when nothing was heard for 30 s (or half of the stall), while
 * `doing` (NULL: the statement itself), and again after twice as long; after the stall the
 * connection is given up, and postgres_error says that. Results are the caller's; NULL is an error
 * of the connection. */
PGresult *postgres_ask(struct postgres *postgres, const char *sql, const char *doing);
PGresult *postgres_ask_with(struct postgres *postgres, const char *sql,
                            const char *const *parameters, int count, const char *doing);
/* Send a question whose rows come one at a time, each as a result of postgres_next. */
bool postgres_ask_each(struct postgres *postgres, const char *sql, const char *const *parameters,
                       int count, const char *doing);
/* As PQgetResult, of whatever was sent. */
PGresult *postgres_next(struct postgres *postgres);
enum { ANSWERS_MOST = 12 };
/* What several statements say, one result for each, up to the first that fails. */
struct answers {
    PGresult *items[ANSWERS_MOST]; /* of more than these the last one stands last */
    size_t count;
};
/* Several statements sent at once, so that the way to the server and back is gone once. False when
 * one has failed: postgres_error says it of the last answer. Released by the caller either way. */
bool postgres_ask_all(struct postgres *postgres, const char *sql, const char *doing,
                      struct answers *answers);
/* NULL: there is none, as the connection was lost. */
PGresult *answers_last(const struct answers *answers);
void answers_release(struct answers *answers);
bool postgres_put(struct postgres *postgres, const void *bytes, size_t length);
int postgres_get(struct postgres *postgres, char **row);
PGresult *postgres_end_copy(struct postgres *postgres);

/* Run one statement that returns nothing or whose rows do not matter. */
bool postgres_exec(struct postgres *postgres, const char *sql, struct error *error);
/* Run with text parameters ($1, ...; NULL is SQL NULL); *result is the caller's (PQclear), and is
 * NULL on failure. */
bool postgres_query(struct postgres *postgres, const char *sql, const char *const *parameters,
                    int count, PGresult **result, struct error *error);
/* How many rows there are; `from` is what stands behind FROM: a name, quoted where it must be. */
bool postgres_count_rows(struct postgres *postgres, const char *from, int64_t *rows,
                         struct error *error);
/* The functions that the server's context of an error names, with their lines: "; in PL/pgSQL
 * function public.f() line 3 at RAISE". Statements in it are left out: they may hold what nobody
 * should read. `out` is empty where there is none. */
void postgres_context(const PGresult *result, char *out, size_t size);
/* The error of a failed result (or, with NULL, of the connection): message, SQLSTATE, column into
 * path, detail and context into the message. Always returns false. */
bool postgres_error(const struct postgres *postgres, const PGresult *result, const char *doing,
                    struct error *error);

#endif
