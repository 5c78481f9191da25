/* What stands beside the tables of a source, and which of its types and objects are made. */
#include "deciding.h"
#include "kept_function.h"
#include "kept_type.h"

#include <string.h>

const char *deciding_text(struct deciding *d, char *made)
{
    d->failed = d->failed || made == NULL;
    return made;
}

void deciding_keep(struct deciding *d, const char *how)
{
    const char *unsaid = d->object->unsaid;
    d->out->fate = unsaid != NULL ? KEEPING_CHANGED : KEEPING_KEPT;
    d->out->how = unsaid == NULL ? how
                  : how == NULL
                      ? deciding_text(d, arena_printf(d->arena, "without %s", unsaid))
                      : deciding_text(d, arena_printf(d->arena, "%s, without %s", how, unsaid));
}

void deciding_change(struct deciding *d, const char *how)
{
    d->out->fate = KEEPING_CHANGED;
    d->out->how = how;
}

/* ---- types and extensions ----------------------------------------------------------------------
 */

/* The columns of the source that are of a type: how many are kept in it, and how many in another.
 */
struct users {
    size_t kept, changed;
    const struct schema_column *first; /* that is kept */
};

static bool is_a(const struct catalog_column *column, const struct catalog_type *type,
                 const struct catalog *catalog)
{
    return catalog_type_find(catalog, column->type) == type ||
           (column->own_type != NULL && catalog_type_find(catalog, column->own_type) == type);
}

static void count_users(const struct deciding *d, const struct catalog_type *type,
                        struct users *users)
{
    for (size_t i = 0; i < d->schema->output_count; i++) {
        const struct schema_output *output = &d->schema->outputs[i];
        const struct catalog_entity *entity =
            strcmp(output->entity->source->name, d->catalog->source) == 0
                ? catalog_find(d->catalog, output->entity->from)
                : NULL;
        for (size_t c = 0; entity != NULL && c < output->column_count; c++) {
            const struct schema_column *column = &output->columns[c];
            if (column->source_column < 0 ||
                !is_a(&entity->columns[column->source_column], type, d->catalog))
                continue;
            bool kept = column->type.named != NULL;
            users->kept += kept;
            users->changed += !kept && output->table->keep_shape; /* else the mapping makes all */
            users->first = kept && users->first == NULL ? column : users->first;
        }
    }
}

static bool is_stated(const struct deciding *d, const char *word, const char *name)
{
    const size_t length = strlen(word);
    for (size_t i = 0; i < d->schema->statement_count; i++) {
        const char *made = d->schema->statements[i].name;
        if (strncmp(made, word, length) == 0 && strcmp(made + length, name) == 0)
            return true;
    }
    return false;
}

/* What it is called where a statement makes it for a table of the source; NULL: none does. A type
 * may be but a part of others. */
static const char *made_as(struct deciding *d, const struct catalog_type *type)
{
    const char *word = strcmp(type->kind, "domain") == 0 ? "domain " : "type ";
    for (size_t i = 0; i < d->schema->output_count; i++) {
        const struct schema_output *output = &d->schema->outputs[i];
        if (strcmp(output->entity->source->name, d->catalog->source) != 0)
            continue;
        const char *name =
            deciding_text(d, kept_type_there(d->schema, output, d->catalog, type, d->arena));
        if (name != NULL && is_stated(d, word, name))
            return name;
    }
    return NULL;
}

static bool is_of_other_schema(const struct catalog *catalog, const struct catalog_type *type)
{
    return type->schema != NULL && catalog->schema != NULL &&
           strcmp(type->schema, catalog->schema) != 0;
}

/* A type of another schema is called by that, too. NULL: the type is not called so. */
static const char *local_part(const struct catalog *catalog, const struct catalog_type *type,
                              const char *name)
{
    if (!is_of_other_schema(catalog, type))
        return name;
    size_t length = strlen(type->schema);
    return strncmp(name, type->schema, length) == 0 && name[length] == '.' ? name + length + 1
                                                                           : NULL;
}

/* Is the object of that name, which is in no quotes, the type that SQL calls so? */
static bool is_called(const char *local, const char *name)
{
    if (name == NULL)
        return false;
    bool quoted = local[0] == '"';
    for (local += quoted; *local != '\0' && *name != '\0' && *local == *name; name++)
        local += quoted && local[0] == '"' && local[1] == '"' ? 2 : 1;
    return *name == '\0' && strcmp(local, quoted ? "\"" : "") == 0;
}

static bool is_part_of_another(const struct catalog *catalog, const struct catalog_type *type)
{
    for (size_t i = 0; i < catalog->type_count; i++) {
        const struct catalog_type *whole = &catalog->types[i];
        for (size_t p = 0; strcmp(whole->kind, "enum") != 0 && p < whole->parts.count; p++)
            if (catalog_type_find(catalog, whole->parts.items[p]) == type)
                return true;
    }
    return false;
}

/* It goes to the schema that another source has, or beside the table that has a column of it. */
static void make_type(struct deciding *d, const struct catalog_type *type, const char *made)
{
    bool other = is_of_other_schema(d->catalog, type);
    if (other && catalog_beside(d->schema->catalogs, d->schema->catalog_count, d->catalog,
                                type->schema) == NULL)
        deciding_change(d,
                        deciding_text(d, arena_printf(d->arena, "made as %s, as no source reads %s",
                                                      made, type->schema)));
    else
        deciding_keep(d, deciding_text(d, arena_printf(d->arena, "made as %s", made)));
}

/* A column of it may be mapped with another type. */
void decide_type(struct deciding *d)
{
    struct users users = {0};
    const char *made = NULL;
    const struct catalog_type *type = NULL;
    for (size_t i = 0; type == NULL && i < d->catalog->type_count; i++) {
        const struct catalog_type *one = &d->catalog->types[i];
        if (one->extension == NULL &&
            is_called(one->local, local_part(d->catalog, one, d->object->name)))
            type = one;
    }
    if (type != NULL) {
        count_users(d, type, &users);
        bool away = is_of_other_schema(d->catalog, type) && users.kept == 0 &&
                    !is_part_of_another(d->catalog, type);
        made = away ? NULL : made_as(d, type);
    }
    if (made != NULL)
        make_type(d, type, made);
    else if (users.changed > 0)
        deciding_change(
            d, "the values in the types that the mapping gives their columns, whatever they "
               "allow");
    else if (type != NULL && is_of_other_schema(d->catalog, type))
        d->out->with = "it is another schema's, and no column is of it in the target";
}

/* Extensions that are on in every new project of Supabase, in the schema "extensions". */
static const char *const of_supabase[] = {"pgcrypto", "uuid-ossp", "pg_stat_statements"};

/* What another brings beside types, nobody here knows. */
void decide_extension(struct deciding *d)
{
    struct users users = {0};
    for (size_t i = 0; i < d->catalog->type_count; i++)
        if (d->catalog->types[i].extension != NULL &&
            strcmp(d->catalog->types[i].extension, d->object->name) == 0)
            count_users(d, &d->catalog->types[i], &users);
    bool needed = false, everywhere = false;
    for (size_t i = 0; i < d->schema->need_count; i++)
        needed = needed || strcmp(d->schema->needs[i].extension, d->object->name) == 0;
    for (size_t i = 0; i < sizeof of_supabase / sizeof of_supabase[0]; i++)
        everywhere = everywhere || strcmp(of_supabase[i], d->object->name) == 0;
    if (everywhere && !d->schema->project->plain)
        deciding_keep(d, "the target's own, as every Supabase has it");
    else if (needed)
        deciding_keep(d, "the target's own, which must be there");
    else if (d->object->in_shape && users.changed == 0 &&
             project_not_kept(d->schema->project, d->catalog->source, d->object->kind,
                              d->object->name) == NULL)
        deciding_keep(d, "the target's own, for what stands on it");
    else if (users.changed > 0)
        deciding_change(d, "its values in the types that the mapping gives their columns");
}

/* ---- what is made as it is ---------------------------------------------------------------------
 */

/* What a Supabase makes of it so that its API shows nobody more than the source did. */
static void keep_object(struct deciding *d)
{
    const struct kept_objects objects = {d->schema, d->catalog, d->arena, d->error};
    const char *kind = d->object->kind;
    const bool plain = d->schema->project->plain;
    if (!plain && strcmp(kind, "view") == 0 && !kept_object_is_invoker(d->object))
        deciding_change(d, "it asks with the rights of who reads it (security_invoker)");
    else if (!plain && strcmp(kind, "materialized view") == 0)
        deciding_keep(d, "filled after the data; anon and authenticated have no rights on it, as "
                         "it has no row-level security");
    else if (!plain && d->object->definer && d->object->signature != NULL &&
             kept_function_is_shared(&objects, d->object))
        deciding_change(d, "anon may not call it, as it acts with the rights of its owner");
    else if (!plain && d->object->definer)
        deciding_change(d, "anon and authenticated may not call it, as it acts with the rights of "
                           "its owner");
    else
        deciding_keep(d, NULL);
}

/* It goes with what it is about: nobody has to leave it out. */
void decide_setting(struct deciding *d)
{
    decide_object(d);
    if (d->out->fate == KEEPING_NOT)
        d->out->with = d->out->why;
}

void decide_object(struct deciding *d)
{
    const struct kept_objects objects = {d->schema, d->catalog, d->arena, d->error};
    const char *why = NULL;
    if (!kept_object_comes(&objects, d->object, &why))
        d->failed = true;
    else if (why != NULL)
        d->out->why = why;
    else
        keep_object(d);
}
