/* What stands beside the tables of a source, and which of its types and objects are made. */
#include "deciding.h"
#include "kept_object.h"

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

/* Is there a statement that makes it? A type may be but a part of others. */
static const char *made_as(const struct deciding *d, const char *word, const char *local)
{
    size_t length = strlen(local), head = strlen(word);
    for (size_t i = 0; i < d->schema->statement_count; i++) {
        const char *name = d->schema->statements[i].name;
        size_t whole = strlen(name);
        if (strncmp(name, word, head) == 0 && whole > length && name[whole - length - 1] == '.' &&
            strcmp(name + whole - length, local) == 0)
            return name + head;
    }
    return NULL;
}

/* Is the object of that name, which is in no quotes, the type that SQL calls so? */
static bool is_called(const char *local, const char *name)
{
    bool quoted = local[0] == '"';
    for (local += quoted; *local != '\0' && *name != '\0' && *local == *name; name++)
        local += quoted && local[0] == '"' && local[1] == '"' ? 2 : 1;
    return *name == '\0' && strcmp(local, quoted ? "\"" : "") == 0;
}

/* Objects of types are called without a schema. A column of it may be mapped with another type. */
void decide_type(struct deciding *d)
{
    struct users users = {0};
    const char *made = NULL;
    for (size_t i = 0; i < d->catalog->type_count; i++) {
        const struct catalog_type *type = &d->catalog->types[i];
        if (type->extension != NULL || !is_called(type->local, d->object->name))
            continue;
        count_users(d, type, &users);
        made = made_as(d, strcmp(type->kind, "domain") == 0 ? "domain " : "type ", type->local);
    }
    if (made != NULL)
        deciding_keep(d, deciding_text(d, arena_printf(d->arena, "made as %s", made)));
    else if (users.changed > 0)
        deciding_change(
            d, "the values in the types that the mapping gives their columns, whatever they "
               "allow");
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
    const char *kind = d->object->kind;
    const bool plain = d->schema->project->plain;
    if (!plain && strcmp(kind, "view") == 0 && !kept_object_is_invoker(d->object))
        deciding_change(d, "it asks with the rights of who reads it (security_invoker)");
    else if (!plain && strcmp(kind, "materialized view") == 0)
        deciding_keep(d, "filled after the data; anon and authenticated have no rights on it, as "
                         "it has no row-level security");
    else if (!plain && d->object->definer && d->object->signature != NULL &&
             kept_object_is_shared(d->catalog, d->object))
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
