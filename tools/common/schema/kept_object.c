#include "kept_object.h"
#include "graduate/keeping.h"
#include "graduate/sql_token.h"
#include "kept_type.h"
#include "output.h"
#include "retarget.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DEEPEST = 32 }; /* objects that need objects; PostgreSQL lets none need itself */

/* ---- what is there in the target ---------------------------------------------------------------
 */

static const char *source_schema(const struct schema_output *output)
{
    const char *schema = output->entity->source->schema;
    return schema != NULL ? schema : "public";
}

static bool is_of_source(const struct kept_objects *objects, const struct schema_output *output)
{
    return strcmp(output->entity->source->name, objects->catalog->source) == 0;
}

const struct schema_output *kept_object_home(const struct kept_objects *objects)
{
    const struct schema *schema = objects->schema;
    for (size_t i = 0; i < schema->output_count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        if (is_of_source(objects, output) && output->table->keep_shape &&
            output_is_made(schema, output) &&
            strcmp(output->table->schema, source_schema(output)) == 0)
            return output;
    }
    return NULL;
}

const struct schema_output *kept_object_table(const struct kept_objects *objects,
                                              const char *entity)
{
    const struct schema *schema = objects->schema;
    for (size_t i = 0; i < schema->output_count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        if (is_of_source(objects, output) && output->table->keep_shape &&
            strcmp(output->entity->from, entity) == 0)
            return output;
    }
    return NULL;
}

const struct catalog_object *kept_object_find(const struct catalog *catalog,
                                              const struct catalog_need *need)
{
    for (size_t i = 0; i < catalog->object_count; i++)
        if (strcmp(catalog->objects[i].kind, need->kind) == 0 &&
            strcmp(catalog->objects[i].name, need->name) == 0)
            return &catalog->objects[i];
    return NULL;
}

struct kept_objects kept_objects_beside(const struct kept_objects *objects, const char *schema)
{
    struct kept_objects beside = *objects;
    beside.catalog = catalog_beside(objects->schema->catalogs, objects->schema->catalog_count,
                                    objects->catalog, schema);
    return beside;
}

static bool say(const struct kept_objects *objects, const char **why, char *text)
{
    *why = text;
    return text != NULL ? true : error_memory(objects->error);
}

/* Is the table there under its name? */
static bool table_comes(const struct kept_objects *objects, const char *entity, const char **why)
{
    const struct schema_output *output = kept_object_table(objects, entity);
    if (output == NULL)
        return say(objects, why,
                   arena_printf(objects->arena, "the table %s does not come as it is", entity));
    if (strcmp(output->table->schema, source_schema(output)) != 0 ||
        strcmp(output->table->name, entity) != 0)
        return say(objects, why,
                   arena_printf(objects->arena, "the table %s is %s in the target", entity,
                                output->table->label));
    return true;
}

/* Does the mapping leave the column the type that it has there? */
static bool keeps_type(const struct schema_column *column, const struct catalog_column *from)
{
    struct pgtype type;
    if (from->own_type != NULL)
        return false;
    if (column->mapping == NULL || column->mapping->type.name == NULL)
        return true;
    return pgtype_of_column(from->type, from->oid, from->layout, &type) &&
           pgtype_same(&type, &column->type);
}

/* The table comes; does the column, as it is? */
static bool column_comes(const struct kept_objects *objects, const char *entity, const char *name,
                         const char **why)
{
    const struct schema_output *output = kept_object_table(objects, entity);
    const struct catalog_entity *there = catalog_find(objects->catalog, entity);
    const struct schema_column *column =
        output != NULL && there != NULL ? output_column(output, there, name) : NULL;
    if (column == NULL)
        return say(objects, why, arena_printf(objects->arena, "%s.%s does not come", entity, name));
    if (strcmp(column->name, name) != 0)
        return say(objects, why,
                   arena_printf(objects->arena, "%s.%s is called %s in the target", entity, name,
                                column->name));
    if (!keeps_type(column, &there->columns[column->source_column])) {
        char type[PGTYPE_SIZE];
        pgtype_format(&column->type, type, sizeof type);
        return say(objects, why,
                   arena_printf(objects->arena, "%s.%s is %s in the target", entity, name, type));
    }
    return true;
}

/* ---- what an object stands on ------------------------------------------------------------------
 */

static bool comes(const struct kept_objects *objects, const struct catalog_object *object,
                  int depth, const char **why);

static bool type_comes(const struct kept_objects *objects, const char *name, const char **why)
{
    const struct catalog_type *type = catalog_type_find(objects->catalog, name);
    if (type != NULL && type->extension != NULL)
        return true;
    if (type == NULL || type->unmade != NULL || type->schema == NULL ||
        strcmp(type->schema, kept_type_home(objects->schema, kept_object_home(objects),
                                            objects->catalog, type)) != 0)
        return say(objects, why,
                   arena_printf(objects->arena, "the type %s does not come as it is", name));
    return true;
}

static bool sequence_comes(const struct kept_objects *objects, const char *name, const char **why)
{
    for (size_t i = 0; i < objects->catalog->sequence_count; i++)
        if (strcmp(objects->catalog->sequences[i].name, name) == 0 &&
            project_not_kept(objects->schema->project, objects->catalog->source, "sequence",
                             name) == NULL)
            return true;
    return say(objects, why,
               arena_printf(objects->arena, "the sequence %s does not come as it is", name));
}

/* Roles that every Supabase has. */
static bool role_comes(const struct kept_objects *objects, const char *name, const char **why)
{
    static const char *const there[] = {"anon", "authenticated", "service_role", "authenticator",
                                        "postgres"};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        if (strcmp(there[i], name) == 0)
            return true;
    return say(objects, why,
               arena_printf(objects->arena, "the role %s is none of a Supabase's", name));
}

static bool language_comes(const struct kept_objects *objects, const char *name, const char **why)
{
    return say(
        objects, why,
        arena_printf(objects->arena, "it is in the language %s, not in SQL or PL/pgSQL", name));
}

/* An extension, which the target has; what keeping.c decides. */
static bool is_no_matter(const struct kept_objects *objects, const char *name, const char **why)
{
    (void)objects;
    (void)name;
    (void)why;
    return true;
}

/* What is no object by itself. */
static const struct {
    const char *kind;
    bool (*comes)(const struct kept_objects *objects, const char *name, const char **why);
} things[] = {
    {"type", type_comes},         {"sequence", sequence_comes}, {"role", role_comes},
    {"language", language_comes}, {"extension", is_no_matter},  {"object", is_no_matter},
};

static bool need_is_there(const struct kept_objects *objects, const struct catalog_need *need,
                          int depth, const char **why)
{
    const char *below = NULL;
    if (strcmp(need->kind, "table") == 0)
        return table_comes(objects, need->name, why) &&
               (*why != NULL || need->column == NULL ||
                column_comes(objects, need->name, need->column, why));
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++)
        if (strcmp(things[i].kind, need->kind) == 0)
            return things[i].comes(objects, need->name, why);
    const struct catalog_object *object = kept_object_find(objects->catalog, need);
    if (object != NULL && !comes(objects, object, depth + 1, &below))
        return false;
    return (object != NULL && below == NULL) ||
           say(objects, why,
               arena_printf(objects->arena, "the %s %s is not kept", need->kind, need->name));
}

/* In whatever schema it is. */
static bool need_comes(const struct kept_objects *objects, const struct catalog_need *need,
                       int depth, const char **why)
{
    const struct kept_objects there = kept_objects_beside(objects, need->schema);
    if (there.catalog == NULL)
        return say(objects, why,
                   arena_printf(objects->arena, "no source reads %s.%s", need->schema, need->name));
    if (!need_is_there(&there, need, depth, why))
        return false;
    return *why == NULL || need->schema == NULL ||
           say(objects, why, arena_printf(objects->arena, "in %s, %s", need->schema, *why));
}

/* ---- what stands in the text of a function -----------------------------------------------------
 */

static bool goes_on(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

/* Is the word somewhere in the text? PostgreSQL itself does not know what a text names. */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; *at != '\0'; at++)
        if (strncasecmp(at, word, length) == 0 && !goes_on(at[length]) &&
            (at == text || !goes_on(at[-1])))
            return true;
    return false;
}

static const char *text_of(const struct catalog_object *function)
{
    const char *text = function->definition != NULL ? strstr(function->definition, "\nAS ") : NULL;
    return text != NULL ? text : "";
}

/* A column of the table that the text names and that is another in the target. */
static bool text_fits_columns(const struct kept_objects *objects, const char *text,
                              const struct catalog_entity *entity, const char **why)
{
    for (size_t c = 0; *why == NULL && c < entity->column_count; c++)
        if (has_word(text, entity->columns[c].name) &&
            !column_comes(objects, entity->name, entity->columns[c].name, why))
            return false;
    return true;
}

static bool text_fits(const struct kept_objects *objects, const char *text, const char **why)
{
    for (size_t i = 0; *why == NULL && i < objects->catalog->entity_count; i++) {
        const struct catalog_entity *entity = &objects->catalog->entities[i];
        if (entity->view || !has_word(text, entity->name))
            continue;
        if (!table_comes(objects, entity->name, why) ||
            (*why == NULL && !text_fits_columns(objects, text, entity, why)))
            return false;
    }
    return true;
}

/* Of the tables of this schema, and of those that the function names. */
static bool all_text_fits(const struct kept_objects *objects, const struct catalog_object *function,
                          const char **why)
{
    const struct schema *schema = objects->schema;
    if (!text_fits(objects, text_of(function), why))
        return false;
    for (size_t i = 0; *why == NULL && i < schema->catalog_count; i++) {
        const char *name = schema->catalogs[i].schema;
        const struct kept_objects there =
            name != NULL ? kept_objects_beside(objects, name) : *objects;
        if (there.catalog == NULL || there.catalog == objects->catalog ||
            !has_word(function->definition, name))
            continue;
        if (!text_fits(&there, text_of(function), why) ||
            (*why != NULL &&
             !say(objects, why, arena_printf(objects->arena, "in %s, %s", name, *why))))
            return false;
    }
    return true;
}

/* The function of a trigger speaks of the table's columns without naming the table. */
static bool trigger_fits(const struct kept_objects *objects, const struct catalog_object *trigger,
                         const char **why)
{
    const struct catalog_entity *entity = catalog_find(objects->catalog, trigger->entity);
    for (size_t i = 0; entity != NULL && !entity->view && i < trigger->need_count; i++) {
        const struct catalog *there =
            kept_objects_beside(objects, trigger->needs[i].schema).catalog;
        const struct catalog_object *function =
            strcmp(trigger->needs[i].kind, "function") == 0 && there != NULL
                ? kept_object_find(there, &trigger->needs[i])
                : NULL;
        if (*why == NULL && function != NULL &&
            !text_fits_columns(objects, text_of(function), entity, why))
            return false;
    }
    return true;
}

/* ---- kinds -------------------------------------------------------------------------------------
 */

static bool routine_fits(const struct kept_objects *objects, const struct catalog_object *object,
                         const char **why)
{
    return all_text_fits(objects, object, why);
}

/* What a mapping reads has rows, and is a table by then. */
static bool view_fits(const struct kept_objects *objects, const struct catalog_object *object,
                      const char **why)
{
    const struct schema *schema = objects->schema;
    const char *home = source_schema(kept_object_home(objects));
    for (size_t i = 0; i < schema->output_count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        bool mapped =
            is_of_source(objects, output) && strcmp(output->entity->from, object->name) == 0;
        bool named = strcmp(output->table->schema, home) == 0 &&
                     strcmp(output->table->name, object->name) == 0;
        if (mapped || named)
            return say(objects, why,
                       arena_printf(objects->arena, "%s is the table %s",
                                    mapped ? "what it gives" : "of its name",
                                    output->table->label));
    }
    return true;
}

/* It may open what the mapping's policies shut. */
static bool policy_fits(const struct kept_objects *objects, const struct catalog_object *object,
                        const char **why)
{
    const struct schema_output *output = kept_object_table(objects, object->entity);
    if (objects->schema->project->plain)
        *why = "row-level security is not for a plain target";
    else if (output != NULL && output->table->policy_count > 0)
        *why = "the mapping gives its table policies, and they stand in its place";
    return true;
}

/* A plain target has roles of its own; what acts with its owner's rights is for nobody. */
static bool grant_fits(const struct kept_objects *objects, const struct catalog_object *object,
                       const char **why)
{
    const struct catalog_object *of = kept_object_find(objects->catalog, &object->needs[0]);
    if (objects->schema->project->plain && strcmp(object->kind, "grant") == 0)
        *why = "nobody knows the roles of a plain target";
    else if (of != NULL && of->definer && strcmp(object->kind, "grant") == 0)
        *why = "it acts with the rights of its owner";
    return true;
}

static const struct kind {
    const char *kind;
    bool (*fits)(const struct kept_objects *objects, const struct catalog_object *object,
                 const char **why); /* beside what it needs; may be NULL */
    bool of_table;                  /* it is part of its table, which must be made */
    bool by_kind;                   /* the word of its kind alone leaves it out */
} kinds[] = {
    {"view", view_fits, false, true},
    {"materialized view", view_fits, false, true},
    {"index", NULL, false, false},
    {"function", routine_fits, false, true},
    {"procedure", routine_fits, false, true},
    {"trigger", trigger_fits, true, true},
    {"rule", NULL, true, true},
    {"policy", policy_fits, true, true},
    {"statistics", NULL, true, true},
    {"setting", NULL, true, false},
    {"comment", NULL, false, false},
    {"grant", grant_fits, false, false},
    {"revocation", grant_fits, false, false},
};

static const struct kind *kind_of(const char *word)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, word) == 0)
            return &kinds[i];
    return NULL;
}

bool keeping_goes_by_kind(const char *kind)
{
    const struct kind *of = kind_of(kind);
    return of != NULL && of->by_kind;
}

static bool is_left_out(const struct kept_objects *objects, const struct catalog_object *object)
{
    const struct project *project = objects->schema->project;
    const char *source = objects->catalog->source;
    return keeping_goes_by_kind(object->kind)
               ? project_leaves_out(project, source, object->kind, object->name)
               : project_not_kept(project, source, object->kind, object->name) != NULL;
}

static bool part_comes(const struct kept_objects *objects, const struct catalog_object *object,
                       const char **why)
{
    const struct schema_output *output =
        object->entity != NULL ? kept_object_table(objects, object->entity) : NULL;
    if (output != NULL && !output_is_made(objects->schema, output))
        *why = "the target brings its table";
    return true;
}

static bool comes(const struct kept_objects *objects, const struct catalog_object *object,
                  int depth, const char **why)
{
    const struct kind *kind = kind_of(object->kind);
    *why = kind == NULL || depth > DEEPEST     ? "nobody makes such a thing"
           : object->definition == NULL        ? "the source's catalog does not say what it is"
           : is_left_out(objects, object)      ? "it is left out"
           : kept_object_home(objects) == NULL ? "no table of its schema comes as it is"
                                               : NULL;
    if (*why != NULL)
        return true;
    if (kind->of_table && !part_comes(objects, object, why))
        return false;
    for (size_t i = 0; *why == NULL && i < object->need_count; i++)
        if (!need_comes(objects, &object->needs[i], depth, why))
            return false;
    return *why != NULL || kind->fits == NULL || kind->fits(objects, object, why);
}

bool kept_object_comes(const struct kept_objects *objects, const struct catalog_object *object,
                       const char **why)
{
    return comes(objects, object, 0, why);
}

/* ---- SQL ---------------------------------------------------------------------------------------
 */

/* Is what follows the schema and its dot an extension's: a name, or an operator? */
static bool is_lent(const struct catalog_object *object, const char *schema, const char *after)
{
    const char *rest = after;
    struct sql_token token;
    size_t length = strlen(schema);
    bool name = sql_token_next(&rest, &token) && token.kind == SQL_NAME;
    for (size_t i = 0; i < object->lent.count; i++) {
        const char *lent = object->lent.items[i];
        if (strncmp(lent, schema, length) != 0 || lent[length] != '.')
            continue;
        lent += length + 1;
        if (name ? strcmp(lent, token.name) == 0 : strncmp(after, lent, strlen(lent)) == 0)
            return true;
    }
    return false;
}

const char *kept_object_sql(const struct kept_objects *objects, const struct catalog_object *object,
                            const char *sql)
{
    struct sql_token token;
    struct buffer out;
    if (objects->schema->project->plain || object->lent.count == 0)
        return sql;
    buffer_init(&out);
    for (const char *at = sql; sql_token_next(&at, &token);) {
        if (token.kind == SQL_NAME && at[0] == '.' && is_lent(object, token.name, at + 1))
            buffer_puts(&out, "extensions");
        else
            buffer_put(&out, token.at, token.length);
    }
    const char *text = out.failed ? NULL : arena_text(objects->arena, buffer_text(&out));
    buffer_release(&out);
    if (text == NULL)
        error_memory(objects->error);
    return text;
}

size_t kept_object_own_name(const struct catalog_object *object)
{
    size_t whole = strlen(object->name);
    size_t tail = object->entity != NULL ? strlen(object->entity) + strlen(" on ") : 0;
    return tail > 0 && whole > tail && strncmp(object->name + whole - tail, " on ", 4) == 0
               ? whole - tail
               : whole;
}

bool kept_object_is_invoker(const struct catalog_object *view)
{
    static const char *const said[] = {"security_invoker=true", "security_invoker=on",
                                       "security_invoker=1", "security_invoker=yes"};
    for (size_t i = 0; view->storage != NULL && i < sizeof said / sizeof said[0]; i++)
        if (strstr(view->storage, said[i]) != NULL)
            return true;
    return false;
}
