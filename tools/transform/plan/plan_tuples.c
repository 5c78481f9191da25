/* How a mapping takes the rows of a Postgres source: fields that are carried over as they are, and
 * columns whose values somebody asks for. */
#include "compiling.h"
#include "scope.h"

#include "graduate/path.h"
#include "graduate/words.h"

#include <stdio.h>
#include <string.h>

bool compiling_is_carried(const struct compiling *c, const struct schema_column *column)
{
    return c->plan->tuples.catalog != NULL && column->source_column >= 0 &&
           (column->mapping == NULL ||
            (mapping_value_is_plain(&column->mapping->value) && !column->mapping->says_misfits &&
             !(column->mapping->value.id_of != NULL && column->type.array)));
}

static bool carry_fallback(struct compiling *c, const struct schema_column *column,
                           struct column_plan *plan)
{
    const struct expression *expression = &plan->expression;
    if (!encode_supported(&column->type))
        return compiling_wrong(c, column->name, "/type", "there are no constants of this type");
    if (!value_from_json(&c->plan->arena, expression->mapping->fallback,
                         &plan->expression.fallback))
        return error_memory(c->error);
    return compiling_check_constant(c, column, &expression->encoding, &expression->fallback);
}

/* A field of a tuple that is taken as it is. Its name is a name, and no path. */
bool compiling_carry(struct compiling *c, const struct schema_column *column,
                     struct column_plan *plan)
{
    struct plan *of = c->plan;
    const struct catalog_column *from = &of->tuples.catalog->columns[column->source_column];
    struct mapping_value *value = arena_alloc(&of->arena, 1, sizeof *value);
    struct buffer name;
    int slot = NO_SLOT;
    buffer_init(&name);
    path_put_name(&name, from->name);
    bool ok = value != NULL && buffer_ok(&name, c->error) &&
              scope_want(of, &of->scopes[0], buffer_text(&name), FOR_FIELD, &slot, c->error);
    buffer_release(&name);
    if (!ok)
        return error_memory(c->error);
    *value = column->mapping != NULL ? column->mapping->value : (struct mapping_value){0};
    value->kind = VALUE_FROM;
    plan->column = column;
    plan->carried = true;
    plan->conversion = (struct conversion){
        .from = from->oid,
        .from_name = from->type,
        .type = column->type,
        .identity = &of->project->identity,
        .id_entity = value->id_of != NULL ? value->id_of->name : NULL,
        .keys_entity = value->keys_id_of != NULL ? value->keys_id_of->name : NULL,
        .ids = value->ids,
        .path = column->name,
        .losses = &of->losses,
    };
    plan->expression = (struct expression){
        .kind = VALUE_FROM,
        .slot = slot,
        .mapping = value,
        .has_fallback = value->fallback != NULL,
        .path = column->name,
        .encoding = {.type = column->type,
                     .identity = &of->project->identity,
                     .path = column->name,
                     .losses = &of->losses},
    };
    arena_init(&plan->expression.made);
    if (!lookup_asking(&of->arena, &of->lookups, value, &plan->conversion.asking, c->error))
        return false;
    const char *word;
    char why[200];
    struct error reason;
    if (!compiling_goes_on(c, conversion_find(&plan->conversion, &word, why, sizeof why) ||
                                  compiling_wrong(c, column->name, word, why)) ||
        !compiling_goes_on(c, value->fallback == NULL || carry_fallback(c, column, plan)))
        return false;
    return allowed_compile(&plan->allowed, &of->arena, c->output->output->table->label,
                           column->name, &plan->expression.encoding,
                           column->mapping != NULL ? column->mapping->in : NULL, &reason) ||
           compiling_wrong(c, column->name, "/in", reason.message);
}

/* The form of a value that PostgreSQL's type has in a document. */
static bool has_value(uint32_t oid)
{
    static const uint32_t others[] = {OID_FLOAT4, OID_FLOAT8, OID_TEXT, OID_VARCHAR, OID_CHAR,
                                      OID_NAME,   OID_BYTEA,  OID_JSON, OID_JSONB};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] == oid)
            return true;
    return field_has_text(oid);
}

/* A field that the mapping names is a column of the source. */
static bool check_names(struct compiling *c, const char **names)
{
    const struct catalog_entity *catalog = c->plan->tuples.catalog;
    const struct node *root = &c->plan->scopes[0].root;
    struct errors errors = {0};
    for (size_t n = 0; n < root->child_count; n++) {
        const char *name = root->children[n].name;
        if (catalog_column_find(catalog, name) != NULL)
            continue;
        const char *nearest = words_nearest(name, names, catalog->column_count);
        error_set(c->error, ERROR_USAGE,
                  "%s: the mapping names \"%s\", and the source's table has no such column%s%s%s",
                  c->plan->entity->file, name, nearest != NULL ? "; did you mean \"" : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        error_hint(c->error, "correct it, or leave it away");
        if (!errors_add(&errors, c->error))
            return false;
    }
    return errors_give(&errors, c->error);
}

/* What the mapping makes of a column; NULL: nothing. */
static const struct node *node_of(const struct node *root, const char *name)
{
    for (size_t n = 0; n < root->child_count; n++)
        if (strcmp(root->children[n].name, name) == 0)
            return &root->children[n];
    return NULL;
}

static bool refuse_unspoken(struct compiling *c, const char *columns)
{
    error_set(c->error, ERROR_USAGE,
              "%s: the mapping says nothing of these columns of the source: %s",
              c->plan->entity->file, columns);
    return error_hint(c->error, "map them, drop them by name (\"drop\"), keep what remains in a "
                                "\"rest\" column, or keep all columns as they are "
                                "(\"keep_shape\")");
}

/* Somebody asks for the column's value. */
static bool look_into(struct compiling *c, size_t column)
{
    const struct catalog_column *from = &c->plan->tuples.catalog->columns[column];
    size_t length = strlen(from->type);
    bool array = length > 2 && strcmp(from->type + length - 2, "[]") == 0;
    c->plan->tuples.valued[column] = c->plan->tuples.any_valued = true;
    if (array || has_value(from->oid))
        return true;
    error_set(
        c->error, ERROR_USAGE,
        "%s: the source's column \"%s\" is of type %s, which has no value that a condition, a "
        "function or a document could hold",
        c->plan->entity->file, from->name, from->type);
    return error_hint(c->error, "take it as it is into a column of its own, or drop it");
}

static bool is_object_of_rest(const struct node *node)
{
    bool found = node->rests != NULL;
    for (size_t i = 0; i < node->child_count && !found; i++)
        found = is_object_of_rest(&node->children[i]);
    return found;
}

/* A rest is of the objects in a column of JSON. */
static bool check_object(struct compiling *c, const struct catalog_column *from)
{
    if (from->oid == OID_JSON || from->oid == OID_JSONB)
        return true;
    error_set(
        c->error, ERROR_USAGE,
        "%s: the source's column \"%s\" is of type %s, which has no fields of which a \"rest\" "
        "could be",
        c->plan->entity->file, from->name, from->type);
    return error_hint(c->error, "correct the mapping, and run again");
}

static bool find_one(struct compiling *c, const struct node *field, const char *name)
{
    struct plan *plan = c->plan;
    const char *path = path_of_name(name, &plan->arena);
    struct computed *to = &plan->tuples.computed[plan->tuples.computed_count++];
    to->slot = field->slot;
    return (path != NULL || error_memory(c->error)) &&
           scope_want(plan, &plan->scopes[0], path, FOR_FIELD, &to->of, c->error);
}

bool compiling_find_computed(struct compiling *c)
{
    struct plan *plan = c->plan;
    const struct catalog_entity *catalog = plan->tuples.catalog;
    size_t most = 0;
    for (size_t i = 0; i < catalog->column_count; i++)
        most += catalog->columns[i].computed != NULL ? catalog->columns[i].made_of.count : 0;
    plan->tuples.computed = arena_alloc(&plan->arena, most, sizeof *plan->tuples.computed);
    if (plan->tuples.computed == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < catalog->column_count; i++) {
        const struct catalog_column *column = &catalog->columns[i];
        const struct node *node = node_of(&plan->scopes[0].root, column->name);
        if (column->computed == NULL || node == NULL || node->slot == NO_SLOT)
            continue;
        const struct node field = *node; /* nodes move when one is added */
        for (size_t k = 0; k < column->made_of.count; k++)
            if (!find_one(c, &field, column->made_of.items[k]))
                return false;
    }
    return true;
}

bool compiling_end_tuples(struct compiling *c)
{
    struct plan *plan = c->plan;
    const struct catalog_entity *catalog = plan->tuples.catalog;
    const struct node *root = &plan->scopes[0].root;
    const char **names = arena_alloc(&plan->arena, catalog->column_count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < catalog->column_count; i++)
        names[i] = catalog->columns[i].name;
    struct buffer unspoken;
    buffer_init(&unspoken);
    bool ok = compiling_goes_on(c, check_names(c, names));
    for (size_t i = 0; ok && i < catalog->column_count; i++) {
        const struct node *node = node_of(root, names[i]);
        bool rest = node == NULL && !root->whole;
        if (node != NULL && is_object_of_rest(node))
            ok = compiling_goes_on(c, check_object(c, &catalog->columns[i]));
        if (rest && root->rests == NULL)
            buffer_printf(&unspoken, "%s%s", unspoken.length > 0 ? ", " : "", names[i]);
        else if (rest || root->slot != NO_SLOT ||
                 (node != NULL && (node->valued || node->child_count > 0)))
            ok = ok && compiling_goes_on(c, look_into(c, i));
    }
    if (ok && unspoken.length > 0)
        ok = refuse_unspoken(c, buffer_text(&unspoken));
    buffer_release(&unspoken);
    return ok;
}

bool compiling_begin_tuples(struct compiling *c, const struct catalog_entity *catalog)
{
    struct tuple_reading *tuples = &c->plan->tuples;
    struct arena *arena = &c->plan->arena;
    tuples->catalog = catalog;
    tuples->document = bson_new();
    tuples->fields = arena_alloc(arena, catalog->column_count, sizeof *tuples->fields);
    tuples->valued = arena_alloc(arena, catalog->column_count, sizeof *tuples->valued);
    tuples->key = arena_alloc(arena, catalog->column_count, sizeof *tuples->key);
    if (tuples->fields == NULL || tuples->valued == NULL || tuples->key == NULL)
        return error_memory(c->error);
    for (size_t k = 0; k < catalog->key.count; k++)
        for (size_t i = 0; i < catalog->column_count; i++)
            if (strcmp(catalog->columns[i].name, catalog->key.items[k]) == 0)
                tuples->key[tuples->key_count++] = i;
    for (size_t i = 0; catalog->key.count == 0 && i < catalog->column_count; i++)
        tuples->key[tuples->key_count++] = i; /* all together name a row that has no key */
    return true;
}
