#include "section.h"
#include "refusal.h"
#include "resident.h"
#include "trigger.h"

#include "graduate/crash.h"
#include "graduate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool work_split(struct work *work, const uint8_t *payload, size_t length, struct error *error)
{
    const uint8_t *at = payload, *end = payload + length;
    struct stream_section section;
    work->sections = calloc(work->outputs->count + 1, sizeof *work->sections);
    work->added = calloc(work->outputs->count + 1, sizeof *work->added);
    if (work->sections == NULL || work->added == NULL)
        return error_memory(error);
    while (stream_next_section(&at, end, &section, error)) {
        if (section.output >= work->outputs->count ||
            (work->count > 0 && section.output <= work->sections[work->count - 1].output))
            return error_set(error, ERROR_SOURCE,
                             "the sections of batch %" PRId64 " are out of order",
                             work->batch->batch);
        if (strcmp(work->outputs->items[section.output].table, "graduate.refusable") == 0)
            work->refusables = section;
        else
            work->sections[work->count++] = section;
    }
    work->whole = calloc(work->outputs->count + 1, sizeof *work->whole);
    if (work->whole == NULL)
        return error_memory(error);
    memcpy(work->whole, work->sections, work->count * sizeof *work->whole);
    return error->code == ERROR_NONE;
}

void work_release(struct work *work)
{
    free(work->sections);
    free(work->whole);
    free(work->added);
    isolation_release(&work->isolation);
}

const struct stream_output *work_output(const struct work *work, size_t section)
{
    return &work->outputs->items[work->sections[section].output];
}

/* `into` is the schema of a table of the output's name; NULL: the output's own. */
static bool begin_copy(struct postgres *target, struct work *work, size_t i, const char *into,
                       struct error *error)
{
    const struct stream_output *output = work_output(work, i);
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "%sCOPY ", work->before != NULL ? work->before : "");
    work->before = NULL;
    const char *dot = strchr(output->table, '.');
    if (dot == NULL) {
        buffer_release(&sql);
        return error_set(error, ERROR_SOURCE, "the stream names a table without a schema: %s",
                         output->table);
    }
    char schema[128];
    snprintf(schema, sizeof schema, "%.*s", (int)(dot - output->table), output->table);
    sql_put_qualified(&sql, into != NULL ? into : schema, dot + 1);
    for (size_t column = 0; column < output->column_count; column++) {
        buffer_puts(&sql, column == 0 ? " (" : ", ");
        sql_put_identifier(&sql, output->columns[column]);
    }
    buffer_printf(&sql, "%s FROM STDIN (FORMAT binary)", output->column_count > 0 ? ")" : "");
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        char doing[160];
        snprintf(doing, sizeof doing, "loading into %s", output->table);
        PGresult *result = postgres_ask(target, buffer_text(&sql), doing);
        ok = PQresultStatus(result) == PGRES_COPY_IN ||
             refusal_of_copy(target, result, output, &work->sections[i], error);
        PQclear(result);
    }
    buffer_release(&sql);
    return ok;
}

static bool copy(struct postgres *target, struct work *work, size_t i, const char *into,
                 struct error *error)
{
    const struct stream_output *output = work_output(work, i);
    const struct stream_section *section = &work->sections[i];
    static const uint8_t head[19] = "PGCOPY\n\377\r\n", trailer[2] = {0xff, 0xff};
    if (!begin_copy(target, work, i, into, error))
        return false;
    bool sent = postgres_put(target, head, sizeof head) &&
                postgres_put(target, section->tuples, section->length) &&
                postgres_put(target, trailer, sizeof trailer);
    if (i + 1 == work->count)
        crash_point(CRASH_LOAD_COPIED);
    sent = sent && PQputCopyEnd(target->connection, NULL) == 1;
    PGresult *result = postgres_end_copy(target); /* a server that refuses says so only here */
    bool ok = sent && PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) {
        refusal_of_copy(target, result, output, section, error);
    } else if (strtoull(PQcmdTuples(result), NULL, 10) != section->rows) {
        ok = error_set(error, ERROR_DATA, "%s took %s of %" PRIu32 " rows", output->table,
                       PQcmdTuples(result), section->rows);
        error_hint(error,
                   "a trigger or a rule of this table in the target turns rows away, or another "
                   "session writes to it: end that for the migration, then run again; nothing "
                   "of this batch was written");
    }
    PQclear(result);
    return ok;
}

const struct mapping_table *work_table(const struct work *work, size_t section)
{
    const char *label = work_output(work, section)->table;
    for (size_t t = 0; t < work->mapping->table_count; t++)
        if (strcmp(work->mapping->tables[t].label, label) == 0)
            return &work->mapping->tables[t];
    return NULL;
}

bool work_go_before(struct postgres *target, struct work *work, struct error *error)
{
    const char *before = work->before;
    work->before = NULL;
    return before == NULL || postgres_exec(target, before, error);
}

static bool put_section(struct postgres *target, const struct fence *fence, struct work *work,
                        size_t i, const struct mapping_table *table, struct error *error)
{
    const int64_t rows = work->sections[i].rows;
    const struct resident resident = {table, work_output(work, i)};
    work->added[i] = rows;
    if (table == NULL || table->if_there == IF_THERE_FAIL)
        return copy(target, work, i, NULL, error);
    return work_go_before(target, work, error) && resident_open(target, &resident, error) &&
           copy(target, work, i, "pg_temp", error) &&
           resident_take(target, &resident, fence, work->batch->entity, rows, &work->added[i],
                         error);
}

bool work_load(struct postgres *target, const struct fence *fence, struct work *work, size_t i,
               struct error *error)
{
    const struct mapping_table *table = work_table(work, i);
    bool off = table != NULL && table->triggers_off;
    if (work->sections[i].rows == 0) { /* all of its records are out */
        work->added[i] = 0;
        return true;
    }
    return (!off ||
            (work_go_before(target, work, error) && trigger_switch(target, false, error))) &&
           put_section(target, fence, work, i, table, error) &&
           (!off || trigger_switch(target, true, error));
}

/* The section that a refusal is about, by the name of its table; work->count, where it has none. */
static size_t section_of(const struct work *work, const PGresult *result)
{
    const char *schema = PQresultErrorField(result, PG_DIAG_SCHEMA_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    char label[256];
    snprintf(label, sizeof label, "%s.%s", schema != NULL ? schema : "",
             table != NULL ? table : "");
    for (size_t i = 0; i < work->count; i++)
        if (strcmp(work_output(work, i)->table, label) == 0)
            return i;
    return work->count;
}

bool work_settle(struct postgres *target, const struct work *work, size_t *section,
                 struct error *error)
{
    PGresult *result = postgres_ask(target, "SET CONSTRAINTS ALL IMMEDIATE", "checking a batch");
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok && work->count > 0) {
        *section = section_of(work, result);
        size_t i = *section < work->count ? *section : 0;
        refusal_of_copy(target, result, work_output(work, i), &work->sections[i], error);
    } else if (!ok) {
        postgres_error(target, result, "checking a batch", error);
    }
    PQclear(result);
    return ok;
}
