#include "graduate/schema.h"
#include "ddl.h"
#include "graduate/access.h"
#include "output.h"
#include "reference.h"

#include <stdlib.h>

bool schema_resolve(struct schema *schema, const struct project *project,
                    const struct catalog *catalogs, size_t catalog_count, struct error *error)
{
    struct arena *arena = calloc(1, sizeof *arena);
    *schema = (struct schema){
        .project = project, .catalogs = catalogs, .catalog_count = catalog_count, .memory = arena};
    if (arena == NULL)
        return error_memory(error);
    if (!access_settle(project, catalogs, catalog_count, error)) {
        schema_release(schema);
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < project->mapping_count; i++)
        count += project->mappings[i]->table_count;
    schema->outputs = arena_alloc(arena, count, sizeof *schema->outputs);
    struct errors errors = {0};
    bool ok = schema->outputs != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        const struct mapping *entity = project->mappings[i];
        struct resolving r = {schema, arena, output_catalog(entity, catalogs, catalog_count),
                              output_source(entity, catalogs, catalog_count), error};
        ok = output_resolve(&r, entity) || errors_add(&errors, error);
    }
    for (size_t i = 0; ok && errors.count == 0 && i < schema->output_count; i++) {
        const struct mapping *entity = schema->outputs[i].entity;
        struct resolving r = {schema, arena, output_catalog(entity, catalogs, catalog_count),
                              output_source(entity, catalogs, catalog_count), error};
        ok = output_check_calls(&r, &schema->outputs[i]) || errors_add(&errors, error);
    }
    ok = ok && errors_give(&errors, error) && reference_check(schema, error) &&
         ddl_build(schema, arena, catalogs, catalog_count, error);
    if (!ok)
        schema_release(schema);
    return ok;
}

bool schema_resolve_entity(struct schema *schema, const struct project *project,
                           const struct mapping *entity, const struct catalog *catalog,
                           struct error *error)
{
    struct arena *arena = calloc(1, sizeof *arena);
    *schema = (struct schema){.project = project, .memory = arena};
    if (arena == NULL)
        return error_memory(error);
    schema->outputs = arena_alloc(arena, entity->table_count, sizeof *schema->outputs);
    const struct catalog *whole = catalog->type_count > 0 ? catalog : NULL;
    struct resolving r = {schema, arena, catalog_find(catalog, entity->from), whole, error};
    bool ok = schema->outputs != NULL ? output_resolve(&r, entity) : error_memory(error);
    if (!ok)
        schema_release(schema);
    return ok;
}

void schema_release(struct schema *schema)
{
    if (schema->memory != NULL)
        arena_release(schema->memory);
    free(schema->memory);
    *schema = (struct schema){0};
}
