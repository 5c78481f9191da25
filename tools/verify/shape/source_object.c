#include "source_object.h"

#include <string.h>

/* Names are unique in a schema, or within their table: then "NAME on TABLE", "COLUMN of TABLE". */
static bool is_named(const struct catalog_object *object, const char *name)
{
    size_t length = strlen(name);
    const char *rest = object->name + length;
    if (strncmp(object->name, name, length) != 0)
        return false;
    if (*rest == '\0')
        return true;
    return (strncmp(rest, " on ", 4) == 0 || strncmp(rest, " of ", 4) == 0) &&
           strcmp(rest + 4, object->entity) == 0;
}

static bool is_over(const struct catalog_object *object, const char *columns)
{
    for (size_t i = 0; i < object->columns.count; i++) {
        size_t length = strlen(object->columns.items[i]);
        bool last = i + 1 == object->columns.count;
        if (strncmp(columns, object->columns.items[i], length) != 0 ||
            columns[length] != (last ? '\0' : '\n'))
            return false;
        columns += length + !last;
    }
    return *columns == '\0';
}

static const struct catalog_object *find(const struct verification *verification,
                                         const struct blueprint_table *table, const char *kind,
                                         bool (*is_it)(const struct catalog_object *, const char *),
                                         const char *what)
{
    for (size_t c = 0; c < verification->catalog_count; c++) {
        const struct catalog *catalog = &verification->catalogs[c];
        if (strcmp(catalog->source, table->entity->source->name) != 0)
            continue;
        for (size_t i = 0; i < catalog->object_count; i++) {
            const struct catalog_object *object = &catalog->objects[i];
            if (strcmp(object->kind, kind) == 0 && object->entity != NULL &&
                strcmp(object->entity, table->entity->from) == 0 && is_it(object, what))
                return object;
        }
    }
    return NULL;
}

const struct catalog_object *source_object_named(const struct verification *verification,
                                                 const struct blueprint_table *table,
                                                 const char *kind, const char *name)
{
    return find(verification, table, kind, is_named, name);
}

const struct catalog_object *source_object_over(const struct verification *verification,
                                                const struct blueprint_table *table,
                                                const char *kind, const char *columns)
{
    return find(verification, table, kind, is_over, columns);
}

bool source_object_says(const struct catalog_object *object, const char *what)
{
    size_t length = strlen(what);
    const char *at = object != NULL ? object->unsaid : NULL;
    while (at != NULL && *at != '\0') {
        if (strncmp(at, what, length) == 0 && (at[length] == '\0' || at[length] == ','))
            return true;
        at = strchr(at, ',');
        at = at != NULL ? at + 1 + strspn(at + 1, " ") : NULL;
    }
    return false;
}
