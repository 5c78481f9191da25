#include "expect_row.h"

#include <string.h>

bool row_init(struct row *row, struct arena *arena, size_t columns, struct error *error)
{
    row->parts = arena_alloc(arena, columns, sizeof *row->parts);
    row->values = arena_alloc(arena, columns, sizeof *row->values);
    return (row->parts != NULL && row->values != NULL) || error_memory(error);
}

void row_release(struct row *row)
{
    buffer_release(&row->bytes);
}

void row_begin(struct row *row, const struct expected_table *table)
{
    row->table = table;
    buffer_clear(&row->bytes);
    for (size_t i = 0; i < table->column_count; i++)
        row->parts[i].given = false;
}

void row_open(struct row *row, size_t column)
{
    row->parts[column] = (struct row_part){.given = true, .start = row->bytes.length};
}

void row_close(struct row *row, size_t column)
{
    row->parts[column].length = row->bytes.length - row->parts[column].start;
}

bool row_deliver(struct row *row, expect_callback callback, void *context, struct error *error)
{
    const struct expected_row delivered = {row->table, row->values};
    if (!buffer_ok(&row->bytes, error))
        return false;
    for (size_t i = 0; i < row->table->column_count; i++) {
        const struct row_part *part = &row->parts[i];
        row->values[i] = (struct expected_value){.given = part->given};
        if (part->given) {
            row->values[i].bytes = row->bytes.data + part->start;
            row->values[i].length = part->length;
        }
    }
    return callback(context, &delivered, error);
}

bool expect_wrong(const struct expectation *e, const struct mapping_table *table,
                  const char *column, const char *what, struct error *error)
{
    return error_set(error, ERROR_USAGE, "%s: /to/%s%s%s: %s", e->entity->file, table->label,
                     column != NULL ? "/columns/" : "", column != NULL ? column : "", what);
}

size_t expect_column(const struct expected_table *table, const char *name)
{
    size_t i = 0;
    while (i < table->column_count && strcmp(table->columns[i].name, name) != 0)
        i++;
    return i;
}

bool expect_in_words(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

bool expect_has_function(const struct mapping_value *value, enum mapping_function function)
{
    for (size_t i = 0; i < value->function_count; i++)
        if (value->functions[i].function == function)
            return true;
    return false;
}
