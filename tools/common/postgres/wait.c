/* Waiting for a server with signs of life: libpq's own calls wait in silence, and without end. */
#include "graduate/postgres.h"
#include "one_line.h"

#include "graduate/message.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { SAY_AFTER = 30 }; /* seconds; then after twice as long each time */

struct silence {
    double began, say_at; /* say_at: seconds after it began */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct silence begin(const struct postgres *postgres)
{
    double half = (double)postgres->stall / 2;
    return (struct silence){now(), half > 0 && half < SAY_AFTER ? half : SAY_AFTER};
}

/* Nothing after this is waited for: what is asked of the connection fails at once. */
static bool give_up(struct postgres *postgres)
{
    postgres->stalled = true;
    shutdown(PQsocket(postgres->connection), SHUT_RDWR);
    return false;
}

/* Wait for one of the events; false when the connection is lost or was silent for too long. */
static bool wait_for(struct postgres *postgres, short events, struct silence *silence)
{
    struct pollfd end = {.fd = PQsocket(postgres->connection), .events = events};
    while (end.fd >= 0) {
        double quiet = now() - silence->began, until = silence->say_at;
        if (postgres->stall > 0 && quiet >= (double)postgres->stall)
            return give_up(postgres);
        if (quiet >= silence->say_at) {
            message_warning("nothing heard from %s for %.0f s, while %s", postgres->where, quiet,
                            postgres->doing);
            silence->say_at *= 2;
            continue;
        }
        if (postgres->stall > 0 && (double)postgres->stall < until)
            until = (double)postgres->stall;
        int ready = poll(&end, 1, (int)((until - quiet) * 1000) + 1);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
    return false;
}

PGresult *postgres_next(struct postgres *postgres)
{
    struct silence silence = begin(postgres);
    while (PQisBusy(postgres->connection)) {
        if (!wait_for(postgres, POLLIN, &silence) || !PQconsumeInput(postgres->connection))
            break;
        silence = begin(postgres);
    }
    return PQgetResult(postgres->connection); /* an error where it was given up */
}

/* The last result, as PQexec has it. */
static PGresult *last_result(struct postgres *postgres)
{
    PGresult *last = NULL, *result;
    while ((result = postgres_next(postgres)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        PQclear(last);
        last = result;
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH ||
            PQstatus(postgres->connection) == CONNECTION_BAD)
            break;
    }
    return last;
}

static void name_statement(struct postgres *postgres, const char *sql)
{
    one_line(sql, false, postgres->doing, sizeof postgres->doing);
}

PGresult *postgres_ask(struct postgres *postgres, const char *sql, const char *doing)
{
    name_statement(postgres, doing != NULL ? doing : sql);
    if (PQtransactionStatus(postgres->connection) == PQTRANS_ACTIVE)
        return PQexec(postgres->connection, sql); /* it ends a COPY that somebody broke off */
    return PQsendQuery(postgres->connection, sql) ? last_result(postgres) : NULL;
}

/* The last one gives way where there is no room. */
static void add_answer(struct answers *answers, PGresult *result)
{
    if (answers->count == ANSWERS_MOST)
        PQclear(answers->items[--answers->count]);
    answers->items[answers->count++] = result;
}

bool postgres_ask_all(struct postgres *postgres, const char *sql, const char *doing,
                      struct answers *answers)
{
    PGresult *result;
    answers->count = 0;
    name_statement(postgres, doing);
    if (PQtransactionStatus(postgres->connection) == PQTRANS_ACTIVE)
        PQclear(PQexec(postgres->connection, "")); /* as above */
    if (!PQsendQuery(postgres->connection, sql))
        return false;
    while ((result = postgres_next(postgres)) != NULL) {
        add_answer(answers, result);
        if (PQstatus(postgres->connection) == CONNECTION_BAD)
            break;
    }
    ExecStatusType status = PQresultStatus(answers_last(answers));
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

PGresult *answers_last(const struct answers *answers)
{
    return answers->count > 0 ? answers->items[answers->count - 1] : NULL;
}

void answers_release(struct answers *answers)
{
    while (answers->count > 0)
        PQclear(answers->items[--answers->count]);
}

PGresult *postgres_ask_with(struct postgres *postgres, const char *sql,
                            const char *const *parameters, int count, const char *doing)
{
    name_statement(postgres, doing != NULL ? doing : sql);
    return PQsendQueryParams(postgres->connection, sql, count, NULL, parameters, NULL, NULL, 0)
               ? last_result(postgres)
               : NULL;
}

bool postgres_ask_each(struct postgres *postgres, const char *sql, const char *const *parameters,
                       int count, const char *doing)
{
    name_statement(postgres, doing);
    return PQsendQueryParams(postgres->connection, sql, count, NULL, parameters, NULL, NULL, 0) ==
               1 &&
           PQsetSingleRowMode(postgres->connection) == 1;
}

int postgres_get(struct postgres *postgres, char **row)
{
    int got = PQgetCopyData(postgres->connection, row, 1);
    if (got != 0)
        return got;
    struct silence silence = begin(postgres);
    do
        if (!wait_for(postgres, POLLIN, &silence) || !PQconsumeInput(postgres->connection))
            return -2;
    while ((got = PQgetCopyData(postgres->connection, row, 1)) == 0);
    return got;
}

/* All that libpq holds goes out; what comes in meanwhile, an error, is read. */
static bool flush(struct postgres *postgres)
{
    struct silence silence = begin(postgres);
    int left;
    while ((left = PQflush(postgres->connection)) > 0)
        if (!wait_for(postgres, POLLIN | POLLOUT, &silence) ||
            !PQconsumeInput(postgres->connection))
            return false;
    return left == 0;
}

bool postgres_put(struct postgres *postgres, const void *bytes, size_t length)
{
    enum { CHUNK = 128 << 10 }; /* libpq copies each whole */
    const char *at = bytes;
    bool ok = PQsetnonblocking(postgres->connection, 1) == 0;
    while (ok && length > 0) {
        size_t part = length < CHUNK ? length : CHUNK;
        ok = PQputCopyData(postgres->connection, at, (int)part) == 1 && flush(postgres);
        at += part;
        length -= part;
    }
    return PQsetnonblocking(postgres->connection, 0) == 0 && ok;
}

PGresult *postgres_end_copy(struct postgres *postgres)
{
    PGresult *result = postgres_next(postgres), *more;
    while (PQresultStatus(result) != PGRES_COPY_IN && (more = postgres_next(postgres)) != NULL)
        PQclear(more);
    return result;
}
