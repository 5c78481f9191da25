#include "kept_key.h"
#include "pointer.h"
#include "source_text.h"

#include <string.h>

static bool has_word(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

static bool same_words(const struct words *a, const struct words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static const struct blueprint_column *find_column(const struct blueprint_table *table,
                                                  const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

static const struct catalog *catalog_of(const struct kept_keys *keys, const struct mapping *entity)
{
    for (size_t i = 0; entity->source->kind == SOURCE_POSTGRES && i < keys->catalog_count; i++)
        if (strcmp(keys->catalogs[i].source, entity->source->name) == 0)
            return &keys->catalogs[i];
    return NULL;
}

static bool names_in(const struct kept_keys *keys, const struct mapping *entity,
                     const struct mapping_table *form, const struct catalog_names *names,
                     struct words *out)
{
    *out =
        (struct words){arena_alloc(&keys->blueprint->arena, names->count, sizeof *out->items), 0};
    if (out->items == NULL)
        return error_memory(keys->error);
    for (size_t i = 0; i < names->count; i++) {
        const char *name = source_name(entity, form, names->items[i]);
        if (name != NULL)
            out->items[out->count++] = name;
    }
    return true;
}

/* The source that tells of the schema in which a key of the entity's refers to a table. */
static const char *source_there(const struct kept_keys *keys, const struct mapping *entity,
                                const struct catalog_object *object)
{
    const struct catalog *own = catalog_of(keys, entity);
    if (object->refers_in == NULL)
        return entity->source->name;
    for (size_t i = 0; own->database != NULL && i < keys->catalog_count; i++) {
        const struct catalog *other = &keys->catalogs[i];
        if (other->database != NULL && other->schema != NULL &&
            strcmp(other->database, own->database) == 0 &&
            strcmp(other->schema, object->refers_in) == 0)
            return other->source;
    }
    return NULL;
}

/* Where rows of the table are, all of the columns included. */
static bool find_there(const struct kept_keys *keys, const char *source,
                       const struct catalog_object *object, struct blueprint_reference *to,
                       const struct mapping **entity)
{
    const struct mapping_table *found = NULL;
    to->to = NULL;
    for (size_t i = 0; source != NULL && i < keys->project->mapping_count; i++) {
        const struct mapping *mapping = keys->project->mappings[i];
        if (strcmp(mapping->source->name, source) != 0 ||
            strcmp(mapping->from, object->refers) != 0)
            continue;
        for (size_t t = 0; t < mapping->table_count; t++) {
            const struct mapping_table *form = &mapping->tables[t];
            struct words names;
            if (form->each != NULL || (found != NULL && !(form->keep_shape && !found->keep_shape)))
                continue;
            if (!names_in(keys, mapping, form, &object->referred, &names))
                return false;
            if (names.count != object->referred.count)
                continue;
            found = form;
            to->to = pointer_find_table(keys->blueprint, form->label);
            to->to_columns = names;
            *entity = mapping;
        }
    }
    return true;
}

static bool is_unique(const struct blueprint_table *table, const struct words *columns)
{
    bool unique = table->mapping->exists;
    for (size_t i = 0; !unique && i < 1 + table->unique_count; i++) {
        const struct words *list = i == 0 ? &table->key : &table->uniques[i - 1];
        unique = list->count == columns->count && list->count > 0;
        for (size_t k = 0; unique && k < list->count; k++)
            unique = has_word(columns, list->items[k]);
    }
    for (size_t i = 0; !unique && i < table->index_count; i++) {
        const struct mapping_index *index = &table->indexes[i];
        unique = index->unique && index->where == NULL && index->columns.count == columns->count;
        for (size_t k = 0; unique && k < columns->count; k++) {
            bool found = false;
            for (size_t c = 0; c < columns->count; c++)
                found =
                    found || mapping_word_tail(index->columns.items[k], columns->items[c]) != NULL;
            unique = found;
        }
    }
    return unique;
}

/* ---- do both ends hold the same? --------------------------------------------------------------
 */

/* A column of the target, and of which type it is in the source. */
struct side {
    const struct blueprint_column *column;
    uint32_t oid;
};

static struct side side_of(const struct kept_keys *keys, const struct mapping *entity,
                           const struct blueprint_table *table, const char *source,
                           const char *name)
{
    const struct catalog *catalog = catalog_of(keys, entity);
    const struct catalog_entity *said =
        catalog != NULL ? catalog_find(catalog, entity->from) : NULL;
    const struct catalog_column *from = said != NULL ? catalog_column_find(said, source) : NULL;
    return (struct side){find_column(table, name), from != NULL ? from->oid : 0};
}

static bool is_as_it_is(const struct side *side)
{
    enum { UUID_OID = 2950 };
    const struct mapping_column *by = side->column->mapping;
    return by == NULL || (mapping_value_is_plain(&by->value) &&
                          (by->value.id_of == NULL ||
                           (side->oid == UUID_OID && pgtype_oid(&side->column->type) == UUID_OID)));
}

/* Its name, where values of it compare with those of no other type. */
static const char *own_type(const struct side *side)
{
    const struct catalog_type *named = side->column->named;
    bool compares = named == NULL || named->extension != NULL || strcmp(named->kind, "domain") == 0;
    return compares ? NULL : side->column->type.named;
}

static bool same_types(const struct side *a, const struct side *b)
{
    uint32_t left = pgtype_oid(&a->column->type), right = pgtype_oid(&b->column->type);
    const char *own = own_type(a), *other = own_type(b);
    if (own != NULL || other != NULL)
        return own != NULL && other != NULL && strcmp(own, other) == 0;
    return left == right || (left == a->oid && right == b->oid);
}

bool kept_is_whole(const struct kept_keys *keys, const struct blueprint_table *table,
                   const struct catalog_names *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const char *name = source_name(table->entity, table->mapping, columns->items[i]);
        const struct side side = name != NULL
                                     ? side_of(keys, table->entity, table, columns->items[i], name)
                                     : (struct side){NULL, 0};
        const struct mapping_column *by = side.column != NULL ? side.column->mapping : NULL;
        if (side.column == NULL || pgtype_oid(&side.column->type) != side.oid ||
            (by != NULL && (!mapping_value_is_plain(&by->value) || by->value.fallback != NULL)))
            return false;
    }
    return true;
}

/* An identity brings the same. */
static bool is_brought(const struct blueprint_table *table, const struct blueprint_table *to,
                       const char *column, const char *there)
{
    for (size_t i = 0; i < table->reference_count; i++) {
        const struct blueprint_reference *reference = &table->references[i];
        if (reference->by_id && reference->to == to && reference->columns.count == 1 &&
            strcmp(reference->columns.items[0], column) == 0 &&
            strcmp(reference->to_columns.items[0], there) == 0)
            return true;
    }
    return false;
}

static bool match(const struct kept_keys *keys, const struct blueprint_table *table,
                  const struct mapping *entity, const struct catalog_object *object,
                  const struct blueprint_reference *reference)
{
    for (size_t i = 0; i < reference->columns.count; i++) {
        const char *name = reference->columns.items[i], *there = reference->to_columns.items[i];
        const struct side from =
            side_of(keys, table->entity, table, object->columns.items[i], name);
        const struct side to =
            side_of(keys, entity, reference->to, object->referred.items[i], there);
        if (from.column == NULL || to.column == NULL || !same_types(&from, &to))
            return false;
        const struct mapping_column *by = from.column->mapping;
        bool open = by != NULL && (!by->foreign_key || by->value.dangling == DANGLING_KEEP);
        if (!is_brought(table, reference->to, name, there) &&
            (open || !is_as_it_is(&from) || !is_as_it_is(&to)))
            return false;
    }
    return true;
}

/* ---- all of a table ---------------------------------------------------------------------------
 */

static void put(struct blueprint_table *table, const struct blueprint_reference *reference)
{
    for (size_t i = 0; i < table->reference_count; i++) {
        struct blueprint_reference *other = &table->references[i];
        if (!other->declared || other->to != reference->to ||
            !same_words(&other->columns, &reference->columns) ||
            !same_words(&other->to_columns, &reference->to_columns))
            continue;
        bool by_id = other->by_id;
        *other = *reference;
        other->by_id = by_id;
        return;
    }
    table->references[table->reference_count++] = *reference;
}

static const char *action(const char *said)
{
    return said != NULL ? said : "no action";
}

static bool draw_kept(const struct kept_keys *keys, struct blueprint_table *table,
                      const struct catalog_object *object)
{
    const struct mapping *entity = NULL;
    struct blueprint_reference reference = {.declared = true,
                                            .on_delete = action(object->on_delete),
                                            .on_update = action(object->on_update),
                                            .timing = object->timing,
                                            .match_full = object->match_full,
                                            .invalid = object->invalid};
    if (!names_in(keys, table->entity, table->mapping, &object->columns, &reference.columns) ||
        !names_in(keys, table->entity, table->mapping, &object->emptied, &reference.emptied) ||
        !find_there(keys, source_there(keys, table->entity, object), object, &reference, &entity))
        return false;
    if (reference.columns.count != object->columns.count || reference.to == NULL ||
        !match(keys, table, entity, object, &reference) ||
        !is_unique(reference.to, &reference.to_columns))
        return true;
    const struct blueprint_column *column = find_column(table, reference.columns.items[0]);
    if (reference.columns.count == 1 && column->mapping != NULL &&
        column->mapping->on_delete != NULL)
        reference.on_delete = column->mapping->on_delete;
    put(table, &reference);
    return true;
}

static bool is_of(const struct catalog_object *object, const struct blueprint_table *table)
{
    return strcmp(object->kind, "foreign key") == 0 && object->in_shape && object->unsaid == NULL &&
           object->entity != NULL && strcmp(object->entity, table->entity->from) == 0;
}

size_t kept_keys_most(const struct kept_keys *keys, const struct blueprint_table *table)
{
    const struct catalog *catalog =
        table->mapping->keep_shape ? catalog_of(keys, table->entity) : NULL;
    size_t most = table->mapping->foreign_key_count;
    for (size_t i = 0; catalog != NULL && i < catalog->object_count; i++)
        most += is_of(&catalog->objects[i], table);
    return most;
}

bool kept_exclusions_draw(const struct kept_keys *keys, struct blueprint_table *table)
{
    const struct catalog *catalog =
        table->mapping->keep_shape ? catalog_of(keys, table->entity) : NULL;
    const struct catalog_entity *from =
        catalog != NULL ? catalog_find(catalog, table->entity->from) : NULL;
    struct arena *arena = &keys->blueprint->arena;
    if (from == NULL || table->mapping->exists)
        return true;
    table->exclusions = arena_alloc(arena, catalog->object_count, sizeof *table->exclusions);
    if (table->exclusions == NULL)
        return error_memory(keys->error);
    for (size_t i = 0; i < catalog->object_count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        struct mapping_check *exclusion = &table->exclusions[table->exclusion_count];
        if (strcmp(object->kind, "exclusion constraint") != 0 || !object->in_shape ||
            object->entity == NULL || strcmp(object->entity, from->name) != 0 ||
            project_not_kept(keys->project, catalog->source, object->kind, object->name) != NULL ||
            !kept_is_whole(keys, table, &object->columns))
            continue;
        size_t length = strlen(object->name) - strlen(from->name) - strlen(" on ");
        exclusion->name = arena_printf(arena, "%.*s", (int)length, object->name);
        exclusion->expression = source_text(keys->project, table->entity, table->mapping, from,
                                            object->definition, arena);
        if (exclusion->name == NULL || exclusion->expression == NULL)
            return error_memory(keys->error);
        table->exclusion_count++;
    }
    return true;
}

bool kept_keys_draw(const struct kept_keys *keys, struct blueprint_table *table)
{
    const struct mapping_table *mapping = table->mapping;
    const struct catalog *catalog = mapping->keep_shape ? catalog_of(keys, table->entity) : NULL;
    bool ok = true;
    if (mapping->exists)
        return true;
    for (size_t i = 0; ok && catalog != NULL && i < catalog->object_count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        ok = !is_of(object, table) ||
             project_not_kept(keys->project, catalog->source, object->kind, object->name) != NULL ||
             draw_kept(keys, table, object);
    }
    for (size_t i = 0; ok && i < mapping->foreign_key_count; i++) {
        const struct mapping_key *said = &mapping->foreign_keys[i];
        const struct blueprint_table *to = pointer_find_table(keys->blueprint, said->references);
        const struct blueprint_reference reference = {
            .columns = said->columns,
            .to = to,
            .to_columns = said->to.count > 0 || to == NULL ? said->to : to->key,
            .declared = true,
            .on_delete = action(said->on_delete),
            .on_update = action(said->on_update),
            .timing = said->timing};
        if (to != NULL)
            put(table, &reference);
    }
    return ok;
}
