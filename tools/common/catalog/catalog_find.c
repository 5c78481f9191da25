/* What a catalog says of a thing, by its name. */
#include "graduate/catalog.h"

#include <string.h>

const struct catalog_entity *catalog_find(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->entity_count; i++)
        if (strcmp(catalog->entities[i].name, name) == 0)
            return &catalog->entities[i];
    return NULL;
}

static bool same_text(const char *left, const char *right)
{
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

const struct catalog *catalog_beside(const struct catalog *catalogs, size_t count,
                                     const struct catalog *catalog, const char *schema)
{
    if (schema == NULL || same_text(catalog->schema, schema))
        return catalog;
    for (size_t i = 0; i < count; i++)
        if (same_text(catalogs[i].database, catalog->database) &&
            same_text(catalogs[i].schema, schema))
            return &catalogs[i];
    return NULL;
}

const struct catalog_type *catalog_type_find(const struct catalog *catalog, const char *type)
{
    for (size_t i = 0; i < catalog->type_count; i++) {
        size_t length = strlen(catalog->types[i].name);
        if (strncmp(catalog->types[i].name, type, length) == 0 &&
            (type[length] == '\0' || strcmp(type + length, "[]") == 0))
            return &catalog->types[i];
    }
    return NULL;
}

const struct catalog_column *catalog_column_find(const struct catalog_entity *entity,
                                                 const char *name)
{
    for (size_t i = 0; i < entity->column_count; i++)
        if (strcmp(entity->columns[i].name, name) == 0)
            return &entity->columns[i];
    return NULL;
}

bool catalog_has_own_permissions(const struct catalog_entity *entity)
{
    return entity->guard != NULL && strcmp(entity->guard, "documents") == 0;
}

bool catalog_is_off(const struct catalog_entity *entity)
{
    return entity->guard != NULL && strcmp(entity->guard, "off") == 0;
}
