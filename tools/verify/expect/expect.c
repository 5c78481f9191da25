#include "expect.h"
#include "expect_row.h"

#include <stdlib.h>

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

void expectation_look_up(struct expectation *expectation, const struct expect_lookup *lookup)
{
    expectation->lookup = lookup;
}

bool expectation_ids(struct expectation *expectation, const uint8_t *payload, size_t length,
                     expect_id_callback callback, void *context, struct error *error)
{
    return expectation->entity->source->kind == SOURCE_POSTGRES
               ? tuples_ids(expectation, payload, length, callback, context, error)
               : documents_ids(expectation, payload, length, callback, context, error);
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
