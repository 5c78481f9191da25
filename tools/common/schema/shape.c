/* What a table has besides columns and a key: from the mapping, and from the source whose shape it
 * keeps. */
#include "shape.h"
#include "kept_type.h"
#include "retarget.h"

#include <string.h>

struct gathering {
    const struct schema *schema;
    const struct catalog *source;
    const struct schema_output *output;
    const struct catalog_entity *catalog;
    struct arena *arena;
    struct error *error;
};

static const char *in_target(const struct gathering *g, const char *sql)
{
    return kept_type_retarget(g->schema, g->output, NULL, g->source, g->catalog, g->arena, sql);
}

/* A word of one of the source's indexes, "at DESC", with the column's name in the target. NULL
 * without memory, or when that column is not kept: then `kept` is false. */
static const char *kept_word(const struct gathering *g, const char *word, bool *kept)
{
    const char *tail = NULL;
    size_t at = 0;
    for (size_t c = 0; c < g->catalog->column_count; c++) { /* the longest name that fits */
        const char *rest = mapping_word_tail(word, g->catalog->columns[c].name);
        if (rest != NULL && (tail == NULL || rest > tail)) {
            tail = rest;
            at = c;
        }
    }
    if (tail == NULL) /* an expression */
        return in_target(g, word);
    tail = in_target(g, tail); /* an operator class may be an extension's */
    if (tail == NULL)
        return NULL;
    for (size_t c = 0; c < g->output->column_count; c++)
        if (g->output->columns[c].source_column == (int)at)
            return arena_printf(g->arena, "%s%s", g->output->columns[c].name, tail);
    *kept = false;
    return NULL;
}

/* As PostgreSQL has it, what is on a column goes with the column. */
static bool keep_words(const struct gathering *g, const struct catalog_names *names,
                       struct words *out, bool *kept)
{
    *out = (struct words){arena_alloc(g->arena, names->count, sizeof *out->items), 0};
    *kept = true;
    if (out->items == NULL)
        return error_memory(g->error);
    for (size_t i = 0; *kept && i < names->count; i++) {
        const char *word = kept_word(g, names->items[i], kept);
        if (*kept && word == NULL)
            return error_memory(g->error);
        out->items[out->count++] = word;
    }
    return true;
}

static bool same_words(const struct words *a, const struct words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static bool same_index(const struct mapping_index *a, const struct mapping_index *b)
{
    bool same_where = a->where == NULL || b->where == NULL ? a->where == b->where
                                                           : strcmp(a->where, b->where) == 0;
    bool same_storage = a->storage == NULL || b->storage == NULL
                            ? a->storage == b->storage
                            : strcmp(a->storage, b->storage) == 0;
    return same_words(&a->columns, &b->columns) && same_where && a->unique == b->unique &&
           strcmp(a->method, b->method) == 0 && same_words(&a->include, &b->include) &&
           same_storage && a->nulls_equal == b->nulls_equal;
}

static bool keep_index(const struct gathering *g, struct shape *shape,
                       const struct catalog_index *from)
{
    struct mapping_index *index = &shape->indexes[shape->index_count];
    bool kept, carried;
    *index = (struct mapping_index){
        .method = from->method != NULL ? from->method : "btree",
        .unique = from->unique,
        .name = from->name,
        .storage = from->storage,
        .nulls_equal = from->nulls_equal,
    };
    if (from->where != NULL && (index->where = in_target(g, from->where)) == NULL)
        return error_memory(g->error);
    if (!keep_words(g, &from->columns, &index->columns, &kept) ||
        !keep_words(g, &from->include, &index->include, &carried))
        return false;
    kept = kept && carried && retarget_is_there(g->output, g->catalog, &from->made_of);
    for (size_t j = 0; j < shape->index_count; j++)
        kept = kept && !same_index(&shape->indexes[j], index);
    shape->index_count += kept;
    return true;
}

/* What the mapping says too, or the source has twice, is kept once. */
static bool keep_all(const struct gathering *g, struct shape *shape)
{
    const struct catalog_entity *catalog = g->catalog;
    bool kept;
    for (size_t i = 0; i < catalog->unique_count; i++) {
        struct words *unique = &shape->uniques[shape->unique_count];
        if (!keep_words(g, &catalog->uniques[i], unique, &kept))
            return false;
        for (size_t j = 0; j < shape->unique_count; j++)
            kept = kept && !same_words(&shape->uniques[j], unique);
        shape->unique_count += kept;
    }
    for (size_t i = 0; i < catalog->index_count; i++)
        if (!keep_index(g, shape, &catalog->indexes[i]))
            return false;
    return true;
}

bool shape_keeps_exclusion(const struct project *project, const struct catalog *catalog,
                           const struct catalog_object *object, const struct schema_output *output,
                           const struct catalog_entity *entity)
{
    return strcmp(object->kind, "exclusion constraint") == 0 && object->in_shape &&
           object->definition != NULL && object->entity != NULL &&
           strcmp(catalog->source, output->entity->source->name) == 0 &&
           strcmp(object->entity, output->entity->from) == 0 &&
           retarget_is_whole(output, entity, &object->columns) &&
           project_not_kept(project, catalog->source, object->kind, object->name) == NULL;
}

bool shape_gather(struct shape *shape, const struct schema *schema,
                  const struct schema_output *output, const struct catalog *source,
                  const struct catalog_entity *catalog, struct arena *arena, struct error *error)
{
    const struct mapping_table *table = output->table;
    const struct gathering g = {schema, source, output, catalog, arena, error};
    size_t uniques = table->unique_count, indexes = table->index_count;
    if (catalog != NULL) {
        uniques += catalog->unique_count;
        indexes += catalog->index_count;
    }
    *shape = (struct shape){.uniques = arena_alloc(arena, uniques, sizeof *shape->uniques),
                            .indexes = arena_alloc(arena, indexes, sizeof *shape->indexes)};
    if (shape->uniques == NULL || shape->indexes == NULL)
        return error_memory(error);
    for (size_t i = 0; i < table->unique_count; i++)
        shape->uniques[shape->unique_count++] = table->uniques[i];
    for (size_t i = 0; i < table->index_count; i++)
        shape->indexes[shape->index_count++] = table->indexes[i];
    return catalog == NULL || keep_all(&g, shape);
}

/* No expressions, whose text is the catalog's, and orders. */
static bool are_columns(const struct schema_output *output, const struct words *words)
{
    size_t found = 0;
    for (size_t i = 0; i < words->count; i++)
        for (size_t c = 0; c < output->column_count; c++)
            found += strcmp(output->columns[c].name, words->items[i]) == 0;
    return found == words->count;
}

bool shape_tell_uniques(const struct shape *shape, struct arena *arena,
                        struct schema_output *output, struct error *error)
{
    output->uniques =
        arena_alloc(arena, shape->unique_count + shape->index_count, sizeof *output->uniques);
    if (output->uniques == NULL)
        return error_memory(error);
    for (size_t i = 0; i < shape->unique_count; i++)
        output->uniques[output->unique_count++] = shape->uniques[i];
    for (size_t i = 0; i < shape->index_count; i++)
        if (shape->indexes[i].unique && shape->indexes[i].where == NULL &&
            are_columns(output, &shape->indexes[i].columns))
            output->uniques[output->unique_count++] = shape->indexes[i].columns;
    return true;
}
