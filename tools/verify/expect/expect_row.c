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

const struct row *expect_row_above(const struct expectation *e, const char *table)
{
    for (size_t f = 0; f < e->form_count; f++)
        if (e->forms[f].has_row && strcmp(e->forms[f].mapping->label, table) == 0)
            return e->forms[f].kept;
    return NULL;
}

/* ---- keys ------------------------------------------------------------------------------------ */

void row_keys_clear(struct row_keys *keys)
{
    buffer_clear(&keys->bytes);
    buffer_clear(&keys->order);
}

void row_keys_release(struct row_keys *keys)
{
    buffer_release(&keys->bytes);
    buffer_release(&keys->order);
}

static int compare_parts(const uint8_t *bytes, const struct row_part *a, const struct row_part *b)
{
    int order =
        memcmp(bytes + a->start, bytes + b->start, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* The values of the key's columns, each behind its length. */
static void put_key(struct buffer *out, const struct row *row)
{
    for (size_t c = 0; c < row->table->column_count; c++) {
        if (!row->table->columns[c].key)
            continue;
        buffer_put_le32(out, (uint32_t)row->parts[c].length);
        buffer_put(out, row->bytes.data + row->parts[c].start, row->parts[c].length);
    }
}

bool row_keys_add(struct row_keys *keys, const struct row *row, bool *twice, struct error *error)
{
    struct row_part part = {.start = keys->bytes.length};
    size_t low = 0, high = keys->order.length / sizeof part;
    *twice = false;
    if (!buffer_ok(&row->bytes, error))
        return false;
    put_key(&keys->bytes, row);
    if (!buffer_ok(&keys->bytes, error))
        return false;
    part.length = keys->bytes.length - part.start;
    while (low < high && !*twice) {
        size_t middle = low + (high - low) / 2;
        struct row_part there;
        memcpy(&there, keys->order.data + middle * sizeof there, sizeof there);
        int order = compare_parts(keys->bytes.data, &part, &there);
        *twice = order == 0;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (*twice) {
        keys->bytes.length = part.start;
        return true;
    }
    size_t after = keys->order.length - low * sizeof part;
    buffer_put(&keys->order, &part, sizeof part);
    if (!buffer_ok(&keys->order, error))
        return false;
    uint8_t *at = keys->order.data + low * sizeof part;
    memmove(at + sizeof part, at, after);
    memcpy(at, &part, sizeof part);
    return true;
}
