#include "reference.h"

#include <stdio.h>
#include <string.h>

/* Is it the entity's identity: its id, or that of whom its records are? */
static bool is_identity(const struct mapping_value *value, const struct mapping *entity)
{
    const struct mapping_value *identity = entity->identity;
    if (value->id_of == entity && value->by == NULL)
        return true;
    return identity != NULL && value->id_of == identity->id_of && value->kind == VALUE_FROM &&
           value->by == NULL && value->function_count == 0 &&
           strcmp(value->from, identity->from) == 0;
}

static bool find_own_home(const struct schema *schema, const struct mapping *entity,
                          struct reference *home)
{
    size_t first, count;
    schema_outputs(schema, entity, &first, &count);
    for (size_t i = first; i < first + count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        const struct schema_column *key =
            output->key_count == 1 ? &output->columns[output->key[0]] : NULL;
        if (output->table->each != NULL || key == NULL || key->mapping == NULL ||
            !is_identity(&key->mapping->value, entity) || key->type.array)
            continue;
        *home = (struct reference){output, key->name, NULL};
        return true;
    }
    return false;
}

/* Among its own tables, or among those of the entity whose records its own are. */
static bool find_home(const struct schema *schema, const struct mapping *entity,
                      struct reference *home)
{
    for (size_t steps = 0; steps <= schema->project->mapping_count; steps++) {
        if (find_own_home(schema, entity, home))
            return true;
        if (entity->identity == NULL)
            return false;
        entity = entity->identity->id_of;
    }
    return false;
}

/* The parent of a child's column, when the column holds the parent's whole key. */
static const struct schema_output *parent_of(const struct schema *schema,
                                             const struct schema_output *output,
                                             const struct mapping_value *value)
{
    size_t first, count;
    if (value->kind != VALUE_PARENT)
        return NULL;
    schema_outputs(schema, output->entity, &first, &count);
    const struct schema_output *parent = &schema->outputs[first];
    while (strcmp(parent->table->label, value->above->label) != 0)
        parent++;
    bool whole =
        parent->key_count == 1 && strcmp(parent->columns[parent->key[0]].name, value->from) == 0;
    return whole ? parent : NULL;
}

bool reference_find(const struct schema *schema, const struct schema_output *output,
                    const struct schema_column *column, struct reference *reference)
{
    const struct mapping_column *by = column->mapping;
    if (by == NULL || !by->foreign_key || by->value.dangling == DANGLING_KEEP)
        return false;
    const struct schema_output *parent = parent_of(schema, output, &by->value);
    if (parent != NULL) {
        *reference = (struct reference){parent, parent->columns[parent->key[0]].name,
                                        by->on_delete != NULL ? by->on_delete : "cascade"};
        return true;
    }
    if (by->value.id_of == NULL || column->type.array ||
        !find_home(schema, by->value.id_of, reference))
        return false; /* of the elements of an array no foreign key can be made */
    reference->on_delete = by->on_delete;
    return strcmp(reference->to->table->label, output->table->label) != 0 ||
           strcmp(reference->column, column->name) != 0;
}

bool schema_reference(const struct schema *schema, const struct schema_output *output,
                      const struct schema_column *column, const struct schema_output **to,
                      size_t *to_column)
{
    struct reference reference;
    if (!reference_find(schema, output, column, &reference))
        return false;
    *to = reference.to;
    for (*to_column = 0; *to_column < reference.to->column_count; ++*to_column)
        if (strcmp(reference.to->columns[*to_column].name, reference.column) == 0)
            return true;
    return false;
}

/* ---- what cannot be -------------------------------------------------------------------------- */

struct checking {
    const struct schema *schema;
    const struct schema_output *output;
    struct error *error;
};

static bool wrong(const struct checking *c, const char *column, const char *inner, const char *what)
{
    return error_set(c->error, ERROR_USAGE, "%s: /to/%s/columns/%s%s: %s", c->output->entity->file,
                     c->output->table->label, column, inner, what);
}

/* The record's own id: what it is called in the source, or a part of the key. */
static bool is_own(const struct checking *c, const struct schema_column *column,
                   const struct mapping_value *value)
{
    const struct schema_output *output = c->output;
    bool own = value->kind == VALUE_FROM &&
               (strcmp(value->from, "_id") == 0 || strcmp(value->from, "$id") == 0);
    for (size_t k = 0; k < output->key_count && !own; k++)
        own = &output->columns[output->key[k]] == column && value == &column->mapping->value;
    return own && value->id_of == output->entity && output->table->each == NULL;
}

/* Why an id of the entity has no row to refer to. */
static bool homeless(const struct checking *c, const char *column, const char *inner,
                     const struct mapping *entity, bool looked_up)
{
    size_t first, count;
    char what[400];
    schema_outputs(c->schema, entity, &first, &count);
    const struct schema_output *output = &c->schema->outputs[first];
    const struct mapping_column *key =
        output->key_count == 1 ? output->columns[output->key[0]].mapping : NULL;
    const struct mapping *other = key != NULL ? key->value.id_of : NULL;
    if (other != NULL)
        snprintf(what, sizeof what,
                 "the key of %s is the identity of %s, so an id of %s has no row to refer to",
                 entity->name, other->name, entity->name);
    else
        snprintf(what, sizeof what,
                 "the key of %s is not its identity alone, so an id of %s has no row to refer to",
                 entity->name, entity->name);
    wrong(c, column, inner, what);
    if (looked_up)
        return error_hint(
            c->error,
            "make one column with \"id_of\": \"%s\" the key of %s, or leave \"by\" and "
            "\"dangling\" away",
            entity->name, entity->name);
    return error_hint(c->error,
                      "make one column with \"id_of\": \"%s\" the key of %s, or say "
                      "\"references\" in its place where the values stay what they are, or "
                      "\"foreign_key\": false where these ids need not exist",
                      entity->name, entity->name);
}

/* A mapping that is mistaken is not in the schema of the others. */
static bool is_in(const struct schema *schema, const struct mapping *entity)
{
    size_t first, count;
    schema_outputs(schema, entity, &first, &count);
    return count > 0;
}

/* Every identity in a value, also those inside of objects. `inner`: the pointer below the column.
 */
static bool check_ids(const struct checking *c, const struct schema_column *column,
                      const struct mapping_value *value, const char *inner)
{
    const struct mapping *entities[] = {value->id_of, value->keys_id_of};
    struct reference home;
    bool wanted = column->mapping->foreign_key || mapping_is_looked_up(value);
    for (size_t i = 0; i < 2; i++)
        if (wanted && entities[i] != NULL && is_in(c->schema, entities[i]) &&
            !is_own(c, column, value) && !find_home(c->schema, entities[i], &home))
            return homeless(c, column->name, inner, entities[i], mapping_is_looked_up(value));
    for (size_t i = 0; i < value->member_count; i++) {
        char below[256];
        const char *name = value->members[i].name;
        snprintf(below, sizeof below, "%s/%s/%s", inner, value_kind_words[value->kind],
                 name != NULL ? name : "");
        if (!check_ids(c, column, &value->members[i].value, below))
            return false;
    }
    return true;
}

/* The first form makes the foreign key; its fellows must not promise another. */
static bool check_form(const struct checking *c, const struct schema_column *column)
{
    const struct schema_output *first = c->schema->outputs;
    struct reference here = {0}, there = {0};
    bool refers = reference_find(c->schema, c->output, column, &here), same = false;
    while (strcmp(first->table->label, c->output->table->label) != 0)
        first++;
    for (size_t i = 0; i < first->column_count && first != c->output; i++)
        if (strcmp(first->columns[i].name, column->name) == 0)
            same = reference_find(c->schema, first, &first->columns[i], &there) == refers &&
                   here.to == there.to;
    if (first == c->output || same || c->output->table->exists ||
        (!refers && column->mapping->value.id_of == NULL))
        return true;
    wrong(c, column->name, "",
          "by the first form of this table the column refers to something else, or to nothing");
    return error_hint(c->error,
                      "give both the same \"id_of\", or say \"foreign_key\": false in both");
}

static bool check_column(const struct checking *c, const struct schema_column *column)
{
    const struct mapping_column *by = column->mapping;
    struct reference reference;
    if (!check_ids(c, column, &by->value, ""))
        return false;
    bool itself = is_own(c, column, &by->value) &&
                  find_home(c->schema, c->output->entity, &reference) &&
                  reference.to == c->output && strcmp(reference.column, column->name) == 0;
    if (itself && (by->on_delete != NULL || !by->foreign_key))
        return wrong(c, column->name, by->on_delete != NULL ? "/on_delete" : "/foreign_key",
                     "this is the identity itself, and refers to nothing");
    return check_form(c, column);
}

bool reference_check(const struct schema *schema, struct error *error)
{
    struct errors errors = {0};
    for (size_t i = 0; i < schema->output_count; i++) {
        const struct checking c = {schema, &schema->outputs[i], error};
        for (size_t k = 0; k < c.output->column_count; k++)
            if (c.output->columns[k].mapping != NULL && !check_column(&c, &c.output->columns[k])) {
                if (error->hint[0] == '\0')
                    error_hint(error, "correct the mapping and run again; nothing was touched");
                if (!errors_add(&errors, error))
                    return false;
            }
    }
    return errors_give(&errors, error);
}
