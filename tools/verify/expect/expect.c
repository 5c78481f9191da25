#include "expect.h"
#include "expect_fact.h"
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
    e->catalog = entity->source->kind == SOURCE_POSTGRES ? catalog : NULL;
    if (!expect_prepare(e, error)) {
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

int64_t expectation_rejected(const struct expectation *expectation)
{
    return expectation->rejected;
}

const struct expected_path *expectation_paths(const struct expectation *expectation, size_t *count)
{
    *count = expectation->counts.count;
    return expectation->counts.items;
}
