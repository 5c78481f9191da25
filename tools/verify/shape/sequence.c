/* The numbers that the target gives next: from where, in which steps, and to which end. */
#include "table_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    const struct blueprint_column *column;
    struct error *error;
};

/* pg_sequences and pg_get_serial_sequence hide or refuse what a role has no right on; these do not.
 */
enum {
    SEQUENCE_SCHEMA,
    SEQUENCE_NAME,
    SEQUENCE_STEP,
    SEQUENCE_LAST,
    SEQUENCE_WHOLE,
    SEQUENCE_CYCLE
};
static const char sequence_sql[] =
    "SELECT n.nspname, c.relname, q.seqincrement, q.seqmax,"
    " q.seqmax >= CASE a.atttypid WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767"
    "  WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647 ELSE 9223372036854775807 END,"
    " q.seqcycle FROM pg_catalog.pg_depend d"
    " JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S'"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_sequence q ON q.seqrelid = c.oid"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refobjid = $1::oid AND d.refobjsubid = $2::int AND d.deptype IN ('a', 'i')";

/* What the source says behind a word of its sequence's options: "10" of "INCREMENT BY 10". */
static const char *option_of(const struct look *look, const char *word)
{
    const char *options = look->column->numbering;
    const char *at = options != NULL ? strstr(options, word) : NULL;
    return at != NULL ? at + strlen(word) : NULL;
}

/* The next number must be above the largest that is kept and not below the one that the source
 * would have given: a number of a row that is gone may still be known elsewhere. */
static bool compare_next(const struct look *look, const PGresult *state, int64_t step)
{
    const struct blueprint_column *column = look->column;
    const char *label = look->table->label;
    char what[256];
    struct buffer sql;
    int64_t largest = 0, last = query_int(state, 0, 0);
    int64_t next = query_true(state, 0, 1) ? last + step : last;
    bool any = false;
    snprintf(what, sizeof what, "the largest %s of %s", column->name, label);
    buffer_init(&sql);
    buffer_puts(&sql, step > 0 ? "SELECT max(" : "SELECT min(");
    query_put_name(&sql, column->name);
    buffer_puts(&sql, ") FROM ");
    query_put_table(&sql, look->table->mapping->schema, look->table->mapping->name);
    bool ok = buffer_ok(&sql, look->error);
    if (ok && query_number(look->inspection, what, buffer_text(&sql), &largest, &any)) {
        if (option_of(look, "CYCLE") != NULL)
            ok = true; /* it comes round to numbers that rows have */
        else if (any && (step > 0 ? next <= largest : next >= largest))
            ok = inspection_find(look->inspection, "sequence", label, NULL, look->error,
                                 "the next number of column %s is %" PRId64
                                 ", and a row has %" PRId64 " already",
                                 column->name, next, largest);
        else if (step > 0 && next <= column->serial_last)
            ok = inspection_find(look->inspection, "sequence", label, NULL, look->error,
                                 "the next number of column %s is %" PRId64
                                 ", and the source's is behind %" PRId64,
                                 column->name, next, column->serial_last);
    }
    buffer_release(&sql);
    return ok;
}

static bool look_at_next(const struct look *look, const char *what, const PGresult *sequence)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT last_value, is_called FROM ");
    query_put_table(&sql, PQgetvalue(sequence, 0, SEQUENCE_SCHEMA),
                    PQgetvalue(sequence, 0, SEQUENCE_NAME));
    bool ok = buffer_ok(&sql, look->error);
    PGresult *state = ok ? query(look->inspection, what, buffer_text(&sql), NULL, 0) : NULL;
    ok = ok && (state == NULL || compare_next(look, state, query_int(sequence, 0, SEQUENCE_STEP)));
    PQclear(state);
    buffer_release(&sql);
    return ok;
}

/* It counts as the source's does, to the end of the type unless that ends before. */
static bool look_at_options(const struct look *look, const PGresult *sequence)
{
    const char *name = look->column->name, *label = look->table->label;
    const char *by = option_of(look, "INCREMENT BY "), *to = option_of(look, "MAXVALUE ");
    int64_t step = query_int(sequence, 0, SEQUENCE_STEP);
    int64_t own = by != NULL ? strtoll(by, NULL, 10) : 1;
    bool cycles = query_true(sequence, 0, SEQUENCE_CYCLE);
    if (step != own && !inspection_find(look->inspection, "sequence", label, NULL, look->error,
                                        "the sequence of column %s counts by %" PRId64
                                        ", the source's by %" PRId64,
                                        name, step, own))
        return false;
    if (to != NULL && strtoll(to, NULL, 10) != query_int(sequence, 0, SEQUENCE_LAST) &&
        !inspection_find(look->inspection, "sequence", label, NULL, look->error,
                         "the sequence of column %s ends at %s, the source's at %.*s", name,
                         PQgetvalue(sequence, 0, SEQUENCE_LAST), (int)strcspn(to, " "), to))
        return false;
    if (step > 0 && to == NULL && !query_true(sequence, 0, SEQUENCE_WHOLE) &&
        !inspection_find(look->inspection, "sequence", label, NULL, look->error,
                         "the sequence of column %s ends at %s, before the column's type does",
                         name, PQgetvalue(sequence, 0, SEQUENCE_LAST)))
        return false;
    if (cycles == (option_of(look, "CYCLE") != NULL))
        return true;
    return inspection_find(look->inspection, "sequence", label, NULL, look->error,
                           cycles ? "the sequence of column %s begins again behind its last number"
                                  : "the sequence of column %s does not begin again at its end",
                           name);
}

bool shape_sequence(struct inspection *inspection, const struct blueprint_table *table,
                    const struct blueprint_column *column, const char *oid, const char *number,
                    struct error *error)
{
    const char *const parameters[] = {oid, number};
    const struct look look = {inspection, table, column, error};
    char what[256];
    snprintf(what, sizeof what, "the sequence of %s of %s", column->name, table->label);
    PGresult *owned = query(inspection, what, sequence_sql, parameters, 2);
    bool ok = true;
    inspection->checks++;
    if (owned != NULL && PQntuples(owned) == 0)
        ok = inspection_find(inspection, "sequence", table->label, NULL, error,
                             "no sequence numbers column %s", column->name);
    else if (owned != NULL)
        ok = look_at_options(&look, owned) && look_at_next(&look, what, owned);
    PQclear(owned);
    return ok;
}
