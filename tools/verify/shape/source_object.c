#include "source_object.h"
#include "graduate/path.h"

#include <string.h>

/* "NAME on TABLE" */
static bool is_named(const struct blueprint_table *table, const struct catalog_object *object,
                     const char *name)
{
    size_t length = strlen(name);
    const char *rest = object->name + length;
    (void)table;
    return strncmp(object->name, name, length) == 0 && strncmp(rest, " on ", 4) == 0 &&
           strcmp(rest + 4, object->entity) == 0;
}

/* Is the source's column in the target the one of this name? */
static bool is_column(const struct blueprint_table *table, const char *source, const char *name,
                      size_t length)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct blueprint_column *column = &table->columns[i];
        if (strlen(column->name) != length || strncmp(column->name, name, length) != 0)
            continue;
        bool renamed = column->mapping != NULL && column->mapping->value.kind == VALUE_FROM;
        return renamed ? path_is_name(column->mapping->value.from, source)
                       : strcmp(column->name, source) == 0;
    }
    return false;
}

static bool is_over(const struct blueprint_table *table, const struct catalog_object *object,
                    const char *columns)
{
    for (size_t i = 0; i < object->columns.count; i++) {
        size_t length = strcspn(columns, "\n");
        bool last = i + 1 == object->columns.count;
        if (!is_column(table, object->columns.items[i], columns, length) ||
            (columns[length] == '\0') != last)
            return false;
        columns += length + !last;
    }
    return object->columns.count > 0;
}

typedef bool (*question)(const struct blueprint_table *table, const struct catalog_object *object,
                         const char *what);

static const struct catalog_object *find(const struct verification *verification,
                                         const struct blueprint_table *table, const char *kind,
                                         question is_it, const char *what)
{
    for (size_t c = 0; c < verification->catalog_count; c++) {
        const struct catalog *catalog = &verification->catalogs[c];
        if (strcmp(catalog->source, table->entity->source->name) != 0)
            continue;
        for (size_t i = 0; i < catalog->object_count; i++) {
            const struct catalog_object *object = &catalog->objects[i];
            if (strcmp(object->kind, kind) == 0 && object->entity != NULL &&
                strcmp(object->entity, table->entity->from) == 0 && is_it(table, object, what))
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
