/* Sequences: those that number a column by themselves, and those that defaults ask. */
#include "building.h"
#include "graduate/sql.h"
#include "output.h"

#include <inttypes.h>
#include <string.h>

/* ---- of a column ------------------------------------------------------------------------------
 */

static bool counts_down(const char *options)
{
    return options != NULL && strstr(options, "INCREMENT BY -") != NULL;
}

/* Behind the last number kept, and behind the last one that the source ever gave: a number of a row
 * that is gone may still be known elsewhere. One that has given none begins where it would there,
 * and one that begins anew at its end goes on where it stands. */
static void put_number(struct buffer *sql, const struct schema_column *column,
                       const struct catalog_column *from)
{
    const bool down = counts_down(column->numbering);
    struct buffer last;
    buffer_init(&last);
    buffer_puts(&last, down ? "min(" : "max(");
    sql_put_identifier(&last, column->name);
    buffer_putc(&last, ')');
    const char *kept = buffer_text(&last), *further = down ? "least" : "greatest";
    const bool round = column->numbering != NULL && strstr(column->numbering, "CYCLE") != NULL;
    if (round && from->serial_next < 0 && from->serial_last >= 0)
        buffer_printf(sql, "%" PRId64 "::bigint, true), pg_catalog.count(*)", from->serial_last);
    else if (from->serial_next >= 0)
        buffer_printf(sql, "%s(%s, %" PRId64 "), coalesce(%s %s %" PRId64 ", false))", further,
                      kept, from->serial_next, kept, down ? "<=" : ">=", from->serial_next);
    else if (from->serial_last >= 0 && column->numbering != NULL)
        buffer_printf(sql, "%s(%s, %" PRId64 "), true)", further, kept, from->serial_last);
    else if (column->numbering != NULL)
        buffer_printf(sql, "%s, true)", kept);
    else
        buffer_printf(sql, "greatest(%s, %" PRId64 "), %s is not null or %s)", kept,
                      from->serial_last > 0 ? from->serial_last : 1, kept,
                      from->serial_last > 0 ? "true" : "false");
    sql->failed = sql->failed || last.failed;
    buffer_release(&last);
}

bool ddl_numbers(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        if (!column->identity)
            continue;
        const struct catalog_column *from = &b->catalog->columns[column->source_column];
        buffer_puts(sql, "select pg_catalog.setval(pg_catalog.pg_get_serial_sequence(");
        ddl_put_table_literal(sql, output->table->schema, output->table->name);
        buffer_puts(sql, ", ");
        sql_put_literal(sql, column->name);
        buffer_puts(sql, "), ");
        put_number(sql, column, from);
        buffer_puts(sql, " from ");
        ddl_put_table(sql, output->table);
        if (!building_add(
                b, SCHEMA_FIGURES, sql, exists,
                arena_printf(b->arena, "sequence of %s.%s", output->table->label, column->name)))
            return false;
    }
    return true;
}

/* ---- that defaults ask ------------------------------------------------------------------------
 */

/* The source's catalog, at the first table that keeps the shape of one of its own; else NULL. */
static const struct catalog *source_of(const struct building *b)
{
    const char *source = b->output->entity->source->name;
    if (!b->output->table->keep_shape)
        return NULL;
    for (const struct schema_output *other = b->schema->outputs; other < b->output; other++)
        if (other->table->keep_shape && output_is_made(b->schema, other) &&
            strcmp(other->entity->source->name, source) == 0)
            return NULL;
    for (size_t i = 0; i < b->catalog_count; i++)
        if (strcmp(b->catalogs[i].source, source) == 0)
            return &b->catalogs[i];
    return NULL;
}

static bool is_left_out(const struct building *b, const struct catalog *catalog,
                        const struct catalog_sequence *sequence)
{
    return project_not_kept(b->schema->project, catalog->source, "sequence", sequence->name) !=
           NULL;
}

bool ddl_sequences(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct catalog *catalog = source_of(b);
    for (size_t i = 0; catalog != NULL && i < catalog->sequence_count; i++) {
        const struct catalog_sequence *sequence = &catalog->sequences[i];
        if (is_left_out(b, catalog, sequence))
            continue;
        if (!ddl_make_schema(b, sequence->schema, sql, exists))
            return false;
        buffer_puts(sql, "create sequence ");
        sql_put_qualified(sql, sequence->schema, sequence->name);
        buffer_printf(sql, " %s", sequence->options);
        buffer_puts(exists, "select 1 where pg_catalog.to_regclass(");
        ddl_put_table_literal(exists, sequence->schema, sequence->name);
        buffer_puts(exists, ") is not null");
        if (!building_add(
                b, SCHEMA_TABLES, sql, exists,
                arena_printf(b->arena, "sequence %s.%s", sequence->schema, sequence->name)))
            return false;
        buffer_puts(sql, "drop sequence if exists ");
        sql_put_qualified(sql, sequence->schema, sequence->name);
        if (!building_undo(b, sql))
            return false;
    }
    return true;
}

/* A name as an identifier may be written, quoted or not; what follows it, or NULL. */
static const char *after_name(const char *text, const char *name)
{
    bool quoted = *text == '"';
    text += quoted;
    for (; *name != '\0'; name++, text++) {
        if (*text != *name)
            return NULL;
        if (quoted && *name == '"' && *++text != '"')
            return NULL;
    }
    return !quoted ? text : *text == '"' ? text + 1 : NULL;
}

/* Is it the default that asks this sequence, "nextval('public.s'::regclass)"? */
static bool asks(const struct schema_column *column, const struct catalog_sequence *sequence)
{
    static const char call[] = "nextval('";
    const char *at = column->default_sql;
    bool whole = column->type.base == PG_INT2 || column->type.base == PG_INT4 ||
                 column->type.base == PG_INT8;
    if (at == NULL || !whole || column->type.array || strncmp(at, call, strlen(call)) != 0)
        return false;
    at = after_name(at + strlen(call), sequence->schema);
    at = at != NULL && *at == '.' ? after_name(at + 1, sequence->name) : NULL;
    return at != NULL && strncmp(at, "'::regclass)", strlen("'::regclass)")) == 0;
}

/* As far as the source's, and behind each number that one of the tables has: the last of it may be
 * younger than the look at the sequence. */
static bool put_standing(struct building *b, struct buffer *sql,
                         const struct catalog_sequence *sequence)
{
    const char *further = counts_down(sequence->options) ? "least" : "greatest";
    const char *kept = counts_down(sequence->options) ? "min" : "max";
    buffer_printf(sql, "select pg_catalog.setval(");
    ddl_put_table_literal(sql, sequence->schema, sequence->name);
    buffer_printf(sql, ", %s(kept, %s), %s or coalesce(kept %s %s, false)) from (select %s(null",
                  further, sequence->last, sequence->called ? "true" : "false",
                  counts_down(sequence->options) ? "<=" : ">=", sequence->last, further);
    for (size_t i = 0; i < b->schema->output_count; i++) {
        const struct schema_output *output = &b->schema->outputs[i];
        for (size_t c = 0; c < output->column_count; c++) {
            if (!asks(&output->columns[c], sequence))
                continue;
            buffer_printf(sql, ", (select %s(", kept);
            sql_put_identifier(sql, output->columns[c].name);
            buffer_puts(sql, ") from ");
            ddl_put_table(sql, output->table);
            buffer_putc(sql, ')');
        }
    }
    buffer_puts(sql, "::bigint) as kept) numbers");
    return !sql->failed;
}

bool ddl_standing(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct catalog *catalog = source_of(b);
    for (size_t i = 0; catalog != NULL && i < catalog->sequence_count; i++) {
        const struct catalog_sequence *sequence = &catalog->sequences[i];
        if (is_left_out(b, catalog, sequence) || sequence->last == NULL)
            continue;
        if (!put_standing(b, sql, sequence) ||
            !building_add(b, SCHEMA_FIGURES, sql, exists,
                          arena_printf(b->arena, "numbers of the sequence %s.%s", sequence->schema,
                                       sequence->name)))
            return false;
    }
    return true;
}
