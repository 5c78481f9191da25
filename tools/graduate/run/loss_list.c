#include "loss_list.h"

#include "graduate/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

bool loss_list_count(struct loss_list *list, struct postgres *target, const char *run,
                     struct error *error)
{
    PGresult *result;
    *list = (struct loss_list){0};
    if (!postgres_query(target,
                        "SELECT coalesce(entity, ''), coalesce(rule, ''), count(*)"
                        " FROM graduate.losses WHERE run = $1::uuid GROUP BY 1, 2 ORDER BY 1, 2",
                        &run, 1, &result, error))
        return false;
    int rows = PQntuples(result);
    list->items = calloc((size_t)rows + 1, sizeof *list->items);
    bool ok = list->items != NULL;
    for (int row = 0; ok && row < rows; row++) {
        struct loss_count *item = &list->items[list->count++];
        *item = (struct loss_count){
            .entity = strdup(PQgetvalue(result, row, 0)),
            .rule = strdup(PQgetvalue(result, row, 1)),
            .values = strtoll(PQgetvalue(result, row, 2), NULL, 10),
        };
        ok = item->entity != NULL && item->rule != NULL;
    }
    PQclear(result);
    if (!ok)
        loss_list_release(list);
    return ok ? true : error_memory(error);
}

void loss_list_release(struct loss_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].entity);
        free(list->items[i].rule);
    }
    free(list->items);
    *list = (struct loss_list){0};
}

/* One row at a time, so that their number does not matter; and to the last one also when a write
 * fails, so that the connection serves on. */
static bool take_rows(struct postgres *target, int fd, const char *name, struct error *error)
{
    struct buffer lines;
    PGresult *result;
    buffer_init(&lines);
    bool ok = true;
    while ((result = postgres_next(target)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        if (ok && status == PGRES_SINGLE_TUPLE) {
            buffer_puts(&lines, PQgetvalue(result, 0, 0));
            buffer_putc(&lines, '\n');
            if (lines.length >= CHUNK) {
                ok = buffer_ok(&lines, error) &&
                     file_write_all(fd, name, lines.data, lines.length, error);
                buffer_clear(&lines);
            }
        } else if (ok && status != PGRES_TUPLES_OK) {
            ok = postgres_error(target, result, "reading the losses", error);
        }
        PQclear(result);
    }
    ok =
        ok && buffer_ok(&lines, error) && file_write_all(fd, name, lines.data, lines.length, error);
    buffer_release(&lines);
    return ok;
}

/* The lines of a query, which each row is one of, as a file for the founder alone. */
static bool write_lines(struct postgres *target, const char *sql, const char *run, const char *path,
                        struct error *error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        return error_set(error, ERROR_USAGE, "the path %s is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot create %s", temporary);
    bool ok =
        postgres_ask_each(target, sql, &run, 1, "reading the losses")
            ? take_rows(target, fd, temporary, error) && file_settle(fd, temporary, path, error)
            : postgres_error(target, NULL, "reading the losses", error);
    close(fd);
    if (!ok)
        unlink(temporary);
    return ok;
}

bool loss_list_write(struct postgres *target, const char *run, const char *path,
                     struct error *error)
{
    return write_lines(target,
                       "SELECT json_build_object('entity', entity, 'key', key,"
                       " 'path', path, 'rule', rule, 'before', before, 'after', after)"
                       " FROM graduate.losses WHERE run = $1::uuid ORDER BY id",
                       run, path, error);
}

bool reject_list_write(struct postgres *target, const char *run, const char *path,
                       struct error *error)
{
    return write_lines(target,
                       "SELECT json_build_object('entity', entity, 'key', key, 'path', path,"
                       " 'message', message, 'record', coalesce(corrected, record)::json)"
                       " FROM graduate.rejects WHERE run = $1::uuid AND retried_at IS NULL"
                       " ORDER BY id",
                       run, path, error);
}

bool retried_list_any(struct postgres *target, const char *run, bool *any, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT EXISTS (SELECT FROM graduate.rejects WHERE run = $1"
                        " AND retried_at IS NOT NULL)",
                        &run, 1, &result, error))
        return false;
    *any = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    return true;
}

bool retried_list_write(struct postgres *target, const char *run, const char *path,
                        struct error *error)
{
    return write_lines(target,
                       "SELECT json_build_object('entity', entity, 'key', key, 'path', path,"
                       " 'message', message, 'retried', retried_at, 'record', corrected::json,"
                       " 'was', record::json)"
                       " FROM graduate.rejects WHERE run = $1::uuid AND retried_at IS NOT NULL"
                       " ORDER BY id",
                       run, path, error);
}
