#include "expect.h"
#include "expect_fact.h"
#include "expect_row.h"

#include <stdlib.h>
#include <string.h>

/* Appwrite's records have two of their own, and what it declares as a datetime; rows of a Postgres
 * what is of a type with a date in it. */
static bool is_date(const struct mapping *entity, const struct catalog_column *column)
{
    struct pgtype type;
    if (entity->source->kind == SOURCE_APPWRITE)
        return strncmp(column->type, "datetime", 8) == 0 &&
               (column->type[8] == '\0' || strcmp(column->type + 8, "[]") == 0);
    return entity->source->kind == SOURCE_POSTGRES && tuples_type(column, &type) &&
           (type.base == PG_TIMESTAMPTZ || type.base == PG_TIMESTAMP || type.base == PG_DATE);
}

static bool find_dates(struct expectation *e, const struct catalog_entity *catalog,
                       struct error *error)
{
    size_t columns = catalog != NULL ? catalog->column_count : 0;
    e->dates.items = arena_alloc(&e->arena, columns + 2, sizeof *e->dates.items);
    if (e->dates.items == NULL)
        return error_memory(error);
    if (e->entity->source->kind == SOURCE_APPWRITE) {
        e->dates.items[e->dates.count++] = "$createdAt";
        e->dates.items[e->dates.count++] = "$updatedAt";
    }
    for (size_t i = 0; i < columns; i++)
        if (is_date(e->entity, &catalog->columns[i]))
            e->dates.items[e->dates.count++] = catalog->columns[i].name;
    return true;
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
    buffer_init(&e->opened);
    e->entity = entity;
    e->catalog = entity->source->kind == SOURCE_POSTGRES ? catalog : NULL;
    if (!find_dates(e, catalog, error) || !expect_prepare(e, error)) {
        expectation_free(e);
        return false;
    }
    *made = e;
    return true;
}

void expectation_look_up(struct expectation *expectation, const struct expect_lookup *lookup)
{
    expectation->lookup = lookup;
    for (size_t i = 0; i < expectation->scope_count; i++)
        expectation->scopes[i].lookup = lookup;
}

void expectation_correct(struct expectation *expectation,
                         const struct expect_correction *corrections, size_t count)
{
    expectation->corrections = corrections;
    expectation->correction_count = count;
    free(expectation->corrected);
    expectation->corrected = NULL;
}

void expectation_free(struct expectation *expectation)
{
    if (expectation == NULL)
        return;
    for (size_t i = 0; i < expectation->scope_count; i++)
        scope_release(&expectation->scopes[i]);
    for (size_t i = 0; i < expectation->form_count; i++) {
        if (expectation->forms[i].kept != NULL)
            row_release(expectation->forms[i].kept);
        if (expectation->forms[i].keys != NULL)
            row_keys_release(expectation->forms[i].keys);
    }
    expect_facts_release(&expectation->facts);
    row_release(&expectation->row);
    buffer_release(&expectation->opened);
    path_counts_release(&expectation->counts);
    arena_release(&expectation->texts);
    arena_release(&expectation->arena);
    free(expectation->corrected);
    free(expectation);
}

const struct expected_table *expectation_tables(const struct expectation *expectation,
                                                size_t *count)
{
    *count = expectation->table_count;
    return expectation->tables;
}

int64_t expectation_rejected(const struct expectation *expectation)
{
    return expectation->rejected;
}

const struct expected_path *expectation_paths(const struct expectation *expectation, size_t *count)
{
    *count = expectation->counts.count;
    return expectation->counts.items;
}
