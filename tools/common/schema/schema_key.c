#include "schema_key.h"
#include "output.h"
#include "reference.h"
#include "retarget.h"

#include <string.h>

static bool same_words(const struct words *a, const struct words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static bool has_word(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

/* The same columns, in whatever order. */
static bool same_set(const struct words *a, const struct words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = has_word(b, a->items[i]);
    return same;
}

static const struct schema_column *find_column(const struct schema_output *output, const char *name)
{
    for (size_t c = 0; c < output->column_count; c++)
        if (strcmp(output->columns[c].name, name) == 0)
            return &output->columns[c];
    return NULL;
}

/* ---- what can be referred to ------------------------------------------------------------------
 */

static bool is_key(const struct schema_output *output, const struct words *columns)
{
    bool same = output->key_count == columns->count && columns->count > 0;
    for (size_t k = 0; same && k < output->key_count; k++)
        same = has_word(columns, output->columns[output->key[k]].name);
    return same;
}

/* Are the source's words, of a unique or an index, these columns of the target? */
static bool are_columns(const struct schema_output *output, const struct catalog_entity *entity,
                        const struct catalog_names *names, const struct words *columns)
{
    bool same = names->count == columns->count;
    for (size_t i = 0; same && i < names->count; i++) {
        const struct schema_column *column = NULL;
        for (size_t c = 0; column == NULL && c < entity->column_count; c++)
            if (mapping_word_tail(names->items[i], entity->columns[c].name) != NULL)
                column = output_column(output, entity, entity->columns[c].name);
        same = column != NULL && has_word(columns, column->name);
    }
    return same;
}

/* Does something keep the columns unique? Of a table that exists, the server knows. */
static bool is_unique(const struct keying *k, const struct schema_output *output,
                      const struct words *columns)
{
    const struct mapping_table *table = output->table;
    const struct catalog_entity *entity =
        table->keep_shape ? output_catalog(output->entity, k->catalogs, k->catalog_count) : NULL;
    bool unique = table->exists || is_key(output, columns);
    for (size_t i = 0; !unique && i < table->unique_count; i++)
        unique = same_set(&table->uniques[i], columns);
    for (size_t i = 0; !unique && i < table->index_count; i++)
        unique = table->indexes[i].unique && table->indexes[i].where == NULL &&
                 same_set(&table->indexes[i].columns, columns);
    for (size_t i = 0; !unique && entity != NULL && i < entity->unique_count; i++)
        unique = are_columns(output, entity, &entity->uniques[i], columns);
    for (size_t i = 0; !unique && entity != NULL && i < entity->index_count; i++)
        unique = entity->indexes[i].unique && entity->indexes[i].where == NULL &&
                 are_columns(output, entity, &entity->indexes[i].columns, columns);
    return unique;
}

/* ---- of the source ----------------------------------------------------------------------------
 */

struct keep {
    const struct keying *keying;
    const struct catalog *catalog;
    const struct catalog *there; /* of what it refers to; NULL: of no source */
    const struct schema_output *output;
    const struct catalog_object *object;
    struct schema_key *key;
    const char **why;
};

static bool refuse(const struct keep *k, const char *why)
{
    *k->why = why;
    return why != NULL ? true : error_memory(k->keying->error);
}

/* As people call it. */
static const char *referred_table(const struct keep *k)
{
    const char *schema = k->object->refers_in;
    const char *name =
        schema != NULL ? arena_printf(k->keying->arena, "%s.%s", schema, k->object->refers) : NULL;
    return name != NULL ? name : k->object->refers;
}

/* Is every column of the object in the output? */
static bool has_columns(const struct schema_output *output, const struct catalog_entity *entity,
                        const struct catalog_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (output_column(output, entity, names->items[i]) == NULL)
            return false;
    return true;
}

/* The table of the entity's records that has the columns: the one that keeps their shape, or
 * another. */
static const struct schema_output *find_target(const struct keep *k)
{
    const struct schema *schema = k->keying->schema;
    const struct catalog_entity *entity =
        k->there != NULL ? catalog_find(k->there, k->object->refers) : NULL;
    const struct schema_output *found = NULL;
    for (size_t i = 0; entity != NULL && i < schema->output_count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        if (strcmp(output->entity->source->name, k->there->source) == 0 &&
            strcmp(output->entity->from, entity->name) == 0 && output->table->each == NULL &&
            has_columns(output, entity, &k->object->referred) &&
            (found == NULL || (output->table->keep_shape && !found->table->keep_shape)))
            found = output;
    }
    return found;
}

/* Does the column hold what the source's does, but for another type of the same values? An identity
 * that is a UUID already stays what it is. */
static bool is_as_it_is(const struct schema_column *column)
{
    enum { UUID_OID = 2950 };
    const struct mapping_column *by = column->mapping;
    if (by == NULL)
        return true;
    bool same_id = by->value.id_of == NULL ||
                   (column->source_oid == UUID_OID && pgtype_oid(&column->type) == UUID_OID);
    return mapping_value_is_plain(&by->value) && same_id;
}

static bool same_types(const struct schema_column *a, const struct schema_column *b)
{
    return pgtype_oid(&a->type) == pgtype_oid(&b->type) ||
           (pgtype_oid(&a->type) == a->source_oid && pgtype_oid(&b->type) == b->source_oid);
}

/* Do both columns say the same of a row? Where the mapping says of which entity the values are,
 * that is how they refer. */
static bool match(const struct keep *k, const struct schema_column *from,
                  const struct schema_output *to, const struct schema_column *there)
{
    struct reference reference;
    if (reference_find(k->keying->schema, k->output, from, &reference) &&
        strcmp(reference.to->table->label, to->table->label) == 0 &&
        strcmp(reference.column, there->name) == 0)
        return same_types(from, there);
    bool open = from->mapping != NULL &&
                (!from->mapping->foreign_key || from->mapping->value.dangling == DANGLING_KEEP);
    return !open && is_as_it_is(from) && is_as_it_is(there) && same_types(from, there);
}

/* What a column's type is called that equals none but itself: an enum, a composite, a range. */
static const char *own_type(const struct catalog *catalog, const struct catalog_entity *entity,
                            const struct schema_column *column)
{
    const struct catalog_type *type =
        column->type.named != NULL && column->source_column >= 0
            ? catalog_type_find(catalog, entity->columns[column->source_column].type)
            : NULL;
    return type == NULL || type->extension != NULL || strcmp(type->kind, "domain") == 0
               ? NULL
               : column->type.named;
}

static bool same_own_types(const struct keep *k, const struct catalog_entity *entity,
                           const struct schema_column *from, const struct catalog_entity *there,
                           const struct schema_column *to)
{
    const char *left = own_type(k->catalog, entity, from), *right = own_type(k->there, there, to);
    return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static bool put_columns(const struct keep *k, const struct schema_output *output,
                        const struct catalog_entity *entity, const struct catalog_names *names,
                        struct words *out)
{
    *out = (struct words){arena_alloc(k->keying->arena, names->count, sizeof *out->items), 0};
    if (out->items == NULL)
        return error_memory(k->keying->error);
    while (out->count < names->count) {
        out->items[out->count] = output_column(output, entity, names->items[out->count])->name;
        out->count++;
    }
    return true;
}

/* What the mapping says of what happens on delete comes first. */
static const char *on_delete_of(const struct schema_output *output, const struct words *columns,
                                const char *own)
{
    const struct schema_column *column =
        columns->count == 1 ? find_column(output, columns->items[0]) : NULL;
    bool said = column != NULL && column->mapping != NULL && column->mapping->on_delete != NULL;
    return said ? column->mapping->on_delete : own;
}

static bool match_all(const struct keep *k, const struct catalog_entity *entity,
                      const struct catalog_entity *there)
{
    const struct catalog_object *object = k->object;
    const struct schema_output *to = k->key->to;
    for (size_t i = 0; i < object->columns.count; i++) {
        const struct schema_column *from =
            output_column(k->output, entity, object->columns.items[i]);
        const struct schema_column *column = output_column(to, there, object->referred.items[i]);
        if (!match(k, from, to, column) || !same_own_types(k, entity, from, there, column))
            return refuse(k, arena_printf(k->keying->arena,
                                          "%s is not taken as %s of %s is: another value, or "
                                          "another type",
                                          object->columns.items[i], object->referred.items[i],
                                          referred_table(k)));
    }
    struct schema_key *key = k->key;
    if (!put_columns(k, k->output, entity, &object->columns, &key->columns) ||
        !put_columns(k, to, there, &object->referred, &key->to_columns) ||
        !put_columns(k, k->output, entity, &object->emptied, &key->emptied))
        return false;
    key->on_delete = on_delete_of(k->output, &key->columns, object->on_delete);
    if (!is_unique(k->keying, to, &key->to_columns))
        return refuse(k, arena_printf(k->keying->arena, "what it refers to is no key of %s",
                                      to->table->label));
    return true;
}

/* "NAME on ENTITY" without what stands behind the name. */
static const char *own_name(const struct keep *k)
{
    const struct catalog_object *object = k->object;
    size_t whole = strlen(object->name), tail = strlen(object->entity) + strlen(" on ");
    return arena_printf(k->keying->arena, "%.*s", (int)(whole > tail ? whole - tail : whole),
                        object->name);
}

bool schema_key_keep(const struct keying *keying, const struct schema_output *output,
                     const struct catalog_object *object, struct schema_key *key, const char **why)
{
    const struct catalog *catalog = NULL;
    for (size_t i = 0; i < keying->catalog_count; i++)
        if (strcmp(keying->catalogs[i].source, output->entity->source->name) == 0)
            catalog = &keying->catalogs[i];
    const struct catalog *there =
        catalog_beside(keying->catalogs, keying->catalog_count, catalog, object->refers_in);
    const struct keep k = {keying, catalog, there, output, object, key, why};
    const struct catalog_entity *entity = catalog_find(catalog, object->entity);
    *why = NULL;
    *key = (struct schema_key){.name = own_name(&k),
                               .on_update = object->on_update,
                               .timing = object->timing,
                               .match_full = object->match_full,
                               .invalid = object->invalid};
    if (key->name == NULL)
        return error_memory(keying->error);
    if (!object->in_shape)
        return refuse(&k, "it is one of a partition alone");
    if (object->unsaid != NULL)
        return refuse(&k, arena_printf(keying->arena, "it says %s", object->unsaid));
    if (entity == NULL || !has_columns(output, entity, &object->columns))
        return refuse(&k, "its columns do not all come");
    key->to = find_target(&k);
    if (key->to == NULL)
        return refuse(&k, arena_printf(keying->arena, "what it refers to in %s does not come",
                                       referred_table(&k)));
    return match_all(&k, entity, catalog_find(there, object->refers));
}

/* ---- all of a table ---------------------------------------------------------------------------
 */

struct gather {
    const struct keying *keying;
    const struct schema_output *output;
    struct schema_key *keys;
    size_t count;
};

static bool is_there(const struct gather *g, const struct schema_key *key)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->keys[i].to->table->label, key->to->table->label) == 0 &&
            same_words(&g->keys[i].columns, &key->columns) &&
            same_words(&g->keys[i].to_columns, &key->to_columns))
            return true;
    return false;
}

/* `column`: of the table, or NULL. */
static bool fail(const struct gather *g, const char *column, const char *what)
{
    if (what == NULL)
        return error_memory(g->keying->error);
    error_set(g->keying->error, ERROR_USAGE, "%s: /to/%s%s%s: %s", g->output->entity->file,
              g->output->table->label, column != NULL ? "/columns/" : "",
              column != NULL ? column : "", what);
    return error_hint(g->keying->error, "correct the mapping and run again; nothing was touched");
}

static bool is_whole(const struct pgtype *type)
{
    return !type->array &&
           (type->base == PG_INT2 || type->base == PG_INT4 || type->base == PG_INT8);
}

static const char *other_type(const struct gather *g, const struct schema_column *from,
                              const struct schema_output *to, const struct schema_column *there)
{
    return arena_printf(g->keying->arena, "a %s cannot refer to %s of %s, a %s", from->type.name,
                        there->name, to->table->label, there->type.name);
}

static const char *list(const struct gather *g, const struct words *words)
{
    const char *text = words->items[0];
    for (size_t i = 1; i < words->count && text != NULL; i++)
        text = arena_printf(g->keying->arena, "%s, %s", text, words->items[i]);
    return text != NULL ? text : "...";
}

/* The server would refuse it too, but only when the data is there. */
static bool check(const struct gather *g, const struct schema_key *key)
{
    struct arena *arena = g->keying->arena;
    const char *label = key->to->table->label;
    for (size_t i = 0; i < key->columns.count; i++) {
        const struct schema_column *from = find_column(g->output, key->columns.items[i]);
        const struct schema_column *to = find_column(key->to, key->to_columns.items[i]);
        if (from == NULL)
            return fail(g, NULL,
                        arena_printf(arena,
                                     "a foreign key names a column that the table does not have: "
                                     "%s",
                                     key->columns.items[i]));
        if (to == NULL)
            return fail(g, NULL,
                        arena_printf(arena,
                                     "a foreign key refers to a column that %s does not have: %s",
                                     label, key->to_columns.items[i]));
        if (pgtype_oid(&from->type) != pgtype_oid(&to->type) &&
            !(is_whole(&from->type) && is_whole(&to->type)))
            return fail(g, from->name, other_type(g, from, key->to, to));
    }
    if (is_unique(g->keying, key->to, &key->to_columns))
        return true;
    return fail(g, NULL,
                arena_printf(arena,
                             "a foreign key refers to (%s) of %s, which is no key and not unique",
                             list(g, &key->to_columns), label));
}

/* The output that makes the table, or fills it first. */
static const struct schema_output *output_of(const struct gather *g,
                                             const struct mapping_table *table)
{
    const struct schema *schema = g->keying->schema;
    for (size_t i = 0; i < schema->output_count; i++)
        if (strcmp(schema->outputs[i].table->label, table->label) == 0)
            return &schema->outputs[i];
    return NULL;
}

static bool key_words(const struct gather *g, const struct schema_output *output,
                      struct words *words)
{
    *words =
        (struct words){arena_alloc(g->keying->arena, output->key_count, sizeof *words->items), 0};
    if (words->items == NULL)
        return error_memory(g->keying->error);
    while (words->count < output->key_count) {
        words->items[words->count] = output->columns[output->key[words->count]].name;
        words->count++;
    }
    return true;
}

static bool gather_said(struct gather *g)
{
    const struct mapping_table *table = g->output->table;
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        const struct mapping_key *said = &table->foreign_keys[i];
        struct schema_key *key = &g->keys[g->count];
        *key = (struct schema_key){.to = output_of(g, said->table),
                                   .columns = said->columns,
                                   .to_columns = said->to,
                                   .on_delete = said->on_delete,
                                   .on_update = said->on_update,
                                   .timing = said->timing};
        if (key->to == NULL) /* its mapping is mistaken, which is told by itself */
            continue;
        if (said->to.count == 0 && !key_words(g, key->to, &key->to_columns))
            return false;
        if (key->to_columns.count != key->columns.count)
            return fail(g, NULL,
                        "a foreign key has not as many columns as the key that it refers to");
        if (!check(g, key))
            return false;
        g->count += !is_there(g, key);
    }
    return true;
}

static bool gather_kept(struct gather *g, const struct catalog *catalog)
{
    const struct schema_output *output = g->output;
    for (size_t i = 0; catalog != NULL && i < catalog->object_count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        const char *why;
        if (strcmp(object->kind, "foreign key") != 0 || object->entity == NULL ||
            strcmp(object->entity, output->entity->from) != 0 ||
            project_not_kept(g->keying->schema->project, catalog->source, object->kind,
                             object->name) != NULL)
            continue;
        if (!schema_key_keep(g->keying, output, object, &g->keys[g->count], &why))
            return false;
        g->count += why == NULL && !is_there(g, &g->keys[g->count]);
    }
    return true;
}

static bool gather_ids(struct gather *g)
{
    for (size_t c = 0; c < g->output->column_count; c++) {
        const struct schema_column *column = &g->output->columns[c];
        struct schema_key *key = &g->keys[g->count];
        struct reference reference;
        if (!reference_find(g->keying->schema, g->output, column, &reference))
            continue;
        struct arena *arena = g->keying->arena;
        *key = (struct schema_key){
            .to = reference.to,
            .columns = {arena_alloc(arena, 1, sizeof *key->columns.items), 1},
            .to_columns = {arena_alloc(arena, 1, sizeof *key->to_columns.items), 1},
            .on_delete = reference.on_delete};
        if (key->columns.items == NULL || key->to_columns.items == NULL)
            return error_memory(g->keying->error);
        key->columns.items[0] = column->name;
        key->to_columns.items[0] = reference.column;
        if (is_there(g, key))
            continue;
        const struct schema_column *to = find_column(reference.to, reference.column);
        if (pgtype_oid(&to->type) != pgtype_oid(&column->type))
            return fail(g, column->name, other_type(g, column, reference.to, to)) ||
                   error_hint(g->keying->error,
                              "give both the same type, or say \"foreign_key\": false");
        g->count++;
    }
    return true;
}

bool schema_keys_gather(const struct keying *keying, const struct schema_output *output,
                        struct schema_key **keys, size_t *count)
{
    struct gather g = {keying, output, NULL, 0};
    const struct catalog *catalog = NULL;
    for (size_t i = 0; output->table->keep_shape && i < keying->catalog_count; i++)
        if (strcmp(keying->catalogs[i].source, output->entity->source->name) == 0)
            catalog = &keying->catalogs[i];
    size_t most = output->column_count + output->table->foreign_key_count + 1 +
                  (catalog != NULL ? catalog->object_count : 0);
    g.keys = arena_alloc(keying->arena, most, sizeof *g.keys);
    if (g.keys == NULL)
        return error_memory(keying->error);
    bool ok = gather_said(&g) && gather_kept(&g, catalog) && gather_ids(&g);
    *keys = g.keys;
    *count = g.count;
    return ok;
}
