#include "named_key.h"

#include "graduate/path.h"

#include <string.h>

static const struct mapping *reader_of(const struct project *project, const struct source *source,
                                       const char *entity)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (project->mappings[i]->source == source &&
            strcmp(project->mappings[i]->from, entity) == 0)
            return project->mappings[i];
    return NULL;
}

/* The column of the source that the column of the target is taken from. */
static const char *source_of(const struct mapping_table *table, const struct catalog_entity *entity,
                             const char *name)
{
    const struct mapping_value *value = NULL;
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            value = &table->columns[i].value;
    for (size_t c = 0; c < entity->column_count; c++) {
        const char *own = entity->columns[c].name;
        if (value != NULL ? value->kind == VALUE_FROM && path_is_name(value->from, own)
                          : table->keep_shape && strcmp(own, name) == 0)
            return own;
    }
    return NULL;
}

static bool name_key(const struct mapping *mapping, struct catalog_entity *entity,
                     struct error *error)
{
    const struct mapping_table *table = &mapping->tables[0];
    for (size_t i = 0; i < table->key.count; i++) {
        const char *name = source_of(table, entity, table->key.items[i]);
        if (name == NULL) {
            error_set(error, ERROR_USAGE,
                      "%s: /to/%s/key: %s has no key of its own, so that of the first table orders "
                      "it, and \"%s\" is no column of the source as it is",
                      mapping->file, table->label, entity->name, table->key.items[i]);
            return error_hint(error, "name columns that are taken from the source with \"from\"");
        }
        if (!catalog_names_add(&entity->key, name))
            return error_memory(error);
    }
    return true;
}

bool named_key_settle(const struct project *project, const struct source *source,
                      struct catalog *catalog, struct error *error)
{
    for (size_t i = catalog->entity_count; i-- > 0;) {
        struct catalog_entity *entity = &catalog->entities[i];
        const struct mapping *mapping = reader_of(project, source, entity->name);
        bool keyless = entity->key.count == 0 && entity->unique_count == 0;
        if (entity->view && mapping == NULL)
            catalog_remove(catalog, i);
        else if (keyless && mapping != NULL && source->kind == SOURCE_POSTGRES &&
                 !name_key(mapping, entity, error))
            return false;
    }
    return true;
}
