/* What is taken for an id, wherever a mapping says id_of: see enum identity_ids. */
#include "mapping.h"

#include <string.h>

/* Called with a value of a table of the record itself; false: that is enough. */
typedef bool (*visit_value)(void *context, const struct mapping_table *table,
                            const struct mapping_column *column, struct mapping_value *value);

static bool each_value(const struct mapping_table *table, const struct mapping_column *column,
                       struct mapping_value *value, visit_value visit, void *context)
{
    bool more = visit(context, table, column, value);
    for (size_t i = 0; more && i < value->member_count; i++)
        more = each_value(table, column, &value->members[i].value, visit, context);
    return more;
}

static void each_value_of(struct mapping *mapping, visit_value visit, void *context)
{
    bool more = true;
    for (size_t t = 0; t < mapping->table_count; t++)
        for (size_t c = 0; more && c < mapping->tables[t].column_count; c++)
            more = each_value(&mapping->tables[t], &mapping->tables[t].columns[c],
                              &mapping->tables[t].columns[c].value, visit, context);
}

static bool is_record_id(const char *from)
{
    return strcmp(from, "_id") == 0 || strcmp(from, "$id") == 0;
}

/* Is it the id of the record itself: by what the source calls it, or as a part of the key? The key
 * of a table that keeps its shape is not known here. */
static bool is_own(const struct mapping *mapping, const struct mapping_table *table,
                   const struct mapping_column *column, const struct mapping_value *value)
{
    bool own = value->kind == VALUE_FROM && is_record_id(value->from);
    own = own || (table->keep_shape && value == &column->value);
    for (size_t k = 0; k < table->key.count && !own; k++)
        own = value == &column->value && strcmp(table->key.items[k], column->name) == 0;
    return own && value->id_of == mapping && table->each == NULL;
}

struct keeping {
    struct mapping *mapping;
    const char *from; /* the field with the record's own id; NULL: not met */
    bool kept;
};

static bool find_own(void *context, const struct mapping_table *table,
                     const struct mapping_column *column, struct mapping_value *value)
{
    struct keeping *keeping = context;
    if (value->kind == VALUE_FROM && is_own(keeping->mapping, table, column, value))
        keeping->from = value->from;
    return keeping->from == NULL;
}

/* Written for every record, as it is: by itself, or within the whole record. */
static bool find_kept(void *context, const struct mapping_table *table,
                      const struct mapping_column *column, struct mapping_value *value)
{
    struct keeping *keeping = context;
    bool always = table->each == NULL && table->when.count == 0 && column->value.when.count == 0 &&
                  value->when.count == 0;
    bool as_it_is = value->kind == VALUE_FROM && value->id_of == NULL && value->function_count == 0;
    keeping->kept = always && as_it_is &&
                    (strcmp(value->from, keeping->from) == 0 || strcmp(value->from, ".") == 0);
    return !keeping->kept;
}

static const char *own_field(struct mapping *mapping)
{
    struct keeping keeping = {mapping, NULL, false};
    each_value_of(mapping, find_own, &keeping);
    return keeping.from;
}

static enum identity_ids ids_of(struct mapping *mapping)
{
    struct keeping keeping = {mapping, own_field(mapping), false};
    if (keeping.from != NULL)
        each_value_of(mapping, find_kept, &keeping);
    mapping->keeps_own = keeping.kept;
    if (keeping.kept || mapping->source->kind == SOURCE_POSTGRES)
        return IDENTITY_TEXTS;
    return mapping->source->kind == SOURCE_APPWRITE ? IDENTITY_APPWRITE : IDENTITY_PLAIN;
}

static bool settle_value(void *context, const struct mapping_table *table,
                         const struct mapping_column *column, struct mapping_value *value)
{
    const struct keeping *keeping = context;
    struct mapping *mapping = keeping->mapping;
    const struct mapping *entity = value->id_of != NULL ? value->id_of : value->keys_id_of;
    bool again = keeping->from != NULL && value->kind == VALUE_FROM && table->each == NULL &&
                 strcmp(value->from, keeping->from) == 0 && value->id_of == mapping;
    bool own = again || is_own(mapping, table, column, value);
    if (entity != NULL)
        value->ids = own ? IDENTITY_TEXTS : entity->ids;
    mapping->loses_texts = mapping->loses_texts || (own && !mapping->keeps_own);
    return true;
}

void mapping_settle_ids(struct project *project)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        project->mappings[i]->ids = ids_of(project->mappings[i]);
    for (size_t i = 0; i < project->mapping_count; i++) {
        struct mapping *mapping = project->mappings[i];
        struct keeping keeping = {mapping, own_field(mapping), mapping->keeps_own};
        each_value_of(mapping, settle_value, &keeping);
        if (mapping->identity != NULL)
            mapping->identity->ids = mapping->identity->id_of->ids;
    }
}
