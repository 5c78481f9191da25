#include "expect.h"
#include "expect_row.h"

#include <stdlib.h>
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

bool expectation_new(struct expectation **made, const struct project *project,
                     const struct mapping *entity, const struct catalog_entity *catalog,
                     struct error *error)
{
    struct expectation *e = calloc(1, sizeof *e);
    *made = NULL;
    if (e == NULL)
        return error_memory(error);
    e->project = project;
    e->entity = entity;
    if (!(entity->source->kind == SOURCE_POSTGRES ? tuples_prepare(e, catalog, error)
                                                  : documents_prepare(e, error))) {
        expectation_free(e);
        return false;
    }
    *made = e;
    return true;
}

void expectation_free(struct expectation *expectation)
{
    if (expectation == NULL)
        return;
    for (size_t i = 0; i < expectation->scope_count; i++)
        scope_release(&expectation->scopes[i]);
    row_release(&expectation->parent);
    row_release(&expectation->row);
    path_counts_release(&expectation->counts);
    arena_release(&expectation->texts);
    arena_release(&expectation->arena);
    free(expectation);
}

const struct expected_table *expectation_tables(const struct expectation *expectation,
                                                size_t *count)
{
    *count = expectation->table_count;
    return expectation->tables;
}

bool expectation_batch(struct expectation *expectation, const uint8_t *payload, size_t length,
                       expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                       struct error *error)
{
    if (expectation->entity->source->kind == SOURCE_POSTGRES)
        return tuples_batch(expectation, payload, length, callback, context, records, error);
    return documents_batch(expectation, payload, length, callback, context, records, filtered,
                           error);
}

const struct expected_path *expectation_paths(const struct expectation *expectation, size_t *count)
{
    *count = expectation->counts.count;
    return expectation->counts.items;
}
