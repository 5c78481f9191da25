#include "carried_object.h"
#include "graduate/path.h"
#include "graduate/sql_token.h"
#include "named_type.h"

#include <string.h>
#include <strings.h>

enum { MOST_DEEP = 32 };

static bool is(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

static const char *schema_of(const struct mapping *entity)
{
    return entity->source->schema != NULL ? entity->source->schema : "public";
}

struct carried_objects carried_objects_of(const struct verification *verification,
                                          const struct blueprint *blueprint,
                                          const struct catalog *catalog)
{
    struct carried_objects carried = {verification, blueprint, catalog, NULL};
    for (size_t i = 0; carried.home == NULL && i < blueprint->count; i++) {
        const struct blueprint_table *table = &blueprint->tables[i];
        if (is(table->entity->source->name, catalog->source) && table->mapping->keep_shape &&
            !table->mapping->exists && is(table->mapping->schema, schema_of(table->entity)))
            carried.home = table->mapping->schema;
    }
    return carried;
}

/* ---- tables and columns ------------------------------------------------------------------------
 */

static const struct blueprint_table *table_of(const struct carried_objects *carried,
                                              const char *entity)
{
    for (size_t i = 0; i < carried->blueprint->count; i++) {
        const struct blueprint_table *table = &carried->blueprint->tables[i];
        if (is(table->entity->source->name, carried->catalog->source) &&
            is(table->entity->from, entity) && table->mapping->keep_shape)
            return table;
    }
    return NULL;
}

static bool has_own_name(const struct blueprint_table *table)
{
    return is(table->mapping->name, table->entity->from) &&
           is(table->mapping->schema, schema_of(table->entity));
}

static bool is_same_column(const struct blueprint_column *column, const struct catalog_column *from)
{
    const struct mapping_column *by = column->mapping;
    struct pgtype type;
    if (by != NULL && (by->value.kind != VALUE_FROM || !path_is_name(by->value.from, from->name)))
        return false;
    if (from->own_type != NULL)
        return false;
    return by == NULL || by->type.name == NULL ||
           (pgtype_of_column(from->type, from->oid, from->layout, &type) &&
            pgtype_same(&type, &by->type));
}

static bool column_is_same(const struct carried_objects *carried,
                           const struct blueprint_table *table, const char *name)
{
    const struct catalog_entity *entity = catalog_find(carried->catalog, table->entity->from);
    const struct catalog_column *from = entity != NULL ? catalog_column_find(entity, name) : NULL;
    for (size_t i = 0; from != NULL && i < table->column_count; i++)
        if (is(table->columns[i].name, name))
            return is_same_column(&table->columns[i], from);
    return false;
}

/* The same of another schema of the database, which another source reads; without a catalog: none
 * does. */
static struct carried_objects beside(const struct carried_objects *carried, const char *schema)
{
    const struct verification *verification = carried->verification;
    const struct catalog *own = carried->catalog;
    if (schema == NULL || (own->schema != NULL && is(own->schema, schema)))
        return *carried;
    for (size_t i = 0; own->database != NULL && i < verification->catalog_count; i++) {
        const struct catalog *other = &verification->catalogs[i];
        if (other->database != NULL && is(other->database, own->database) &&
            other->schema != NULL && is(other->schema, schema))
            return carried_objects_of(verification, carried->blueprint, other);
    }
    return (struct carried_objects){verification, carried->blueprint, NULL, NULL};
}

/* ---- what it needs -----------------------------------------------------------------------------
 */

static bool comes(const struct carried_objects *carried, const struct catalog_object *object,
                  int depth);

static bool has_type(const struct carried_objects *carried, const char *name)
{
    const struct catalog_type *type = catalog_type_find(carried->catalog, name);
    if (type == NULL || type->extension != NULL)
        return type != NULL;
    const struct verification *verification = carried->verification;
    const struct named_types types = {.project = verification->project,
                                      .catalog = carried->catalog,
                                      .catalogs = verification->catalogs,
                                      .catalog_count = verification->catalog_count};
    const char *other = named_type_other_schema(&types, type);
    return type->unmade == NULL && type->schema != NULL &&
           is(type->schema, other != NULL ? other : carried->home);
}

static bool has_sequence(const struct carried_objects *carried, const char *name)
{
    for (size_t i = 0; i < carried->catalog->sequence_count; i++)
        if (is(carried->catalog->sequences[i].name, name))
            return project_not_kept(carried->verification->project, carried->catalog->source,
                                    "sequence", name) == NULL;
    return false;
}

static bool has_role(const char *name)
{
    return is(name, "anon") || is(name, "authenticated") || is(name, "service_role") ||
           is(name, "authenticator") || is(name, "postgres");
}

static bool has_object(const struct carried_objects *carried, const struct catalog_need *need,
                       int depth)
{
    for (size_t i = 0; i < carried->catalog->object_count; i++) {
        const struct catalog_object *object = &carried->catalog->objects[i];
        if (is(object->kind, need->kind) && is(object->name, need->name))
            return comes(carried, object, depth + 1);
    }
    return false;
}

static bool is_met_here(const struct carried_objects *carried, const struct catalog_need *need,
                        int depth)
{
    if (is(need->kind, "table")) {
        const struct blueprint_table *table = table_of(carried, need->name);
        return table != NULL && has_own_name(table) &&
               (need->column == NULL || column_is_same(carried, table, need->column));
    }
    return is(need->kind, "extension")  ? true
           : is(need->kind, "object")   ? false /* others of this room look at it */
           : is(need->kind, "type")     ? has_type(carried, need->name)
           : is(need->kind, "sequence") ? has_sequence(carried, need->name)
           : is(need->kind, "role")     ? has_role(need->name)
                                        : has_object(carried, need, depth);
}

static bool is_met(const struct carried_objects *carried, const struct catalog_need *need,
                   int depth)
{
    const struct carried_objects there = beside(carried, need->schema);
    return there.catalog != NULL && is_met_here(&there, need, depth);
}

/* ---- texts of functions ------------------------------------------------------------------------
 */

static bool is_letter(char c)
{
    return c == '_' || (c & 0x80) != 0 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static bool speaks_of(const char *text, const char *name)
{
    const size_t length = strlen(name);
    bool inside = false;
    for (; *text != '\0'; inside = is_letter(*text++))
        if (!inside && strncasecmp(text, name, length) == 0 && !is_letter(text[length]))
            return true;
    return false;
}

static const char *body_of(const struct catalog_object *function)
{
    const char *body = function->definition != NULL ? strstr(function->definition, "\nAS ") : NULL;
    return body != NULL ? body : "";
}

static bool body_fits_columns(const struct carried_objects *carried, const char *body,
                              const struct catalog_entity *entity)
{
    const struct blueprint_table *table = table_of(carried, entity->name);
    for (size_t c = 0; c < entity->column_count; c++)
        if (speaks_of(body, entity->columns[c].name) &&
            (table == NULL || !column_is_same(carried, table, entity->columns[c].name)))
            return false;
    return true;
}

static bool body_fits(const struct carried_objects *carried, const char *body)
{
    for (size_t i = 0; i < carried->catalog->entity_count; i++) {
        const struct catalog_entity *entity = &carried->catalog->entities[i];
        const struct blueprint_table *table = table_of(carried, entity->name);
        if (!entity->view && speaks_of(body, entity->name) &&
            (table == NULL || !has_own_name(table) || !body_fits_columns(carried, body, entity)))
            return false;
    }
    return true;
}

/* Whatever schema's tables it speaks of. */
static bool routine_fits(const struct carried_objects *carried,
                         const struct catalog_object *routine)
{
    const struct verification *verification = carried->verification;
    for (size_t i = 0; i < verification->catalog_count; i++) {
        const char *schema = verification->catalogs[i].schema;
        if (schema == NULL || !speaks_of(routine->definition, schema))
            continue;
        const struct carried_objects there = beside(carried, schema);
        if (there.catalog != NULL && there.catalog != carried->catalog &&
            !body_fits(&there, body_of(routine)))
            return false;
    }
    return body_fits(carried, body_of(routine));
}

static bool trigger_fits(const struct carried_objects *carried,
                         const struct catalog_object *trigger)
{
    const struct catalog_entity *entity = catalog_find(carried->catalog, trigger->entity);
    for (size_t n = 0; entity != NULL && !entity->view && n < trigger->need_count; n++) {
        const struct catalog *there = beside(carried, trigger->needs[n].schema).catalog;
        for (size_t i = 0; there != NULL && i < there->object_count; i++) {
            const struct catalog_object *object = &there->objects[i];
            if (is(object->kind, "function") && is(trigger->needs[n].kind, "function") &&
                is(object->name, trigger->needs[n].name) &&
                !body_fits_columns(carried, body_of(object), entity))
                return false;
        }
    }
    return true;
}

/* ---- the object --------------------------------------------------------------------------------
 */

/* A mapping reads the view, or makes a table of its name. */
static bool is_a_table(const struct carried_objects *carried, const char *view)
{
    const struct project *project = carried->verification->project;
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *entity = project->mappings[i];
        if (is(entity->source->name, carried->catalog->source) && is(entity->from, view) &&
            entity->table_count > 0)
            return true;
        for (size_t t = 0; t < entity->table_count; t++)
            if (is(entity->tables[t].schema, carried->home) && is(entity->tables[t].name, view))
                return true;
    }
    return false;
}

/* Of something else, which it goes with. */
static bool is_said(const struct catalog_object *object)
{
    return is(object->kind, "comment") || is(object->kind, "grant") ||
           is(object->kind, "revocation");
}

/* In a Supabase; what acts with its owner's rights stays shut. */
static bool grant_fits(const struct carried_objects *carried, const struct catalog_object *grant)
{
    bool shut = carried->verification->project->plain;
    for (size_t i = 0; !shut && i < carried->catalog->object_count; i++)
        shut = carried->catalog->objects[i].definer &&
               is(carried->catalog->objects[i].kind, grant->needs[0].kind) &&
               is(carried->catalog->objects[i].name, grant->needs[0].name);
    return !shut;
}

static bool is_left_out(const struct carried_objects *carried, const struct catalog_object *object)
{
    const struct project *project = carried->verification->project;
    const char *source = carried->catalog->source;
    return is(object->kind, "index") || is_said(object)
               ? project_not_kept(project, source, object->kind, object->name) != NULL
               : project_leaves_out(project, source, object->kind, object->name);
}

/* By its kind; what is part of a table needs one that the migration makes. */
static bool fits(const struct carried_objects *carried, const struct catalog_object *object)
{
    const char *kind = object->kind;
    if (is(kind, "view") || is(kind, "materialized view"))
        return !is_a_table(carried, object->name);
    if (is(kind, "function") || is(kind, "procedure"))
        return object->definition != NULL && routine_fits(carried, object);
    if (is(kind, "grant"))
        return grant_fits(carried, object);
    if (is(kind, "index") || is_said(object))
        return is_said(object) || object->entity == NULL;
    const struct blueprint_table *table =
        object->entity != NULL ? table_of(carried, object->entity) : NULL;
    if (table != NULL && table->mapping->exists)
        return false;
    if (is(kind, "policy"))
        return !carried->verification->project->plain &&
               (table == NULL || table->mapping->policy_count == 0);
    return is(kind, "trigger") ? trigger_fits(carried, object)
                               : is(kind, "rule") || is(kind, "statistics") || is(kind, "setting");
}

static bool comes(const struct carried_objects *carried, const struct catalog_object *object,
                  int depth)
{
    if (carried->home == NULL || object->definition == NULL || depth > MOST_DEEP ||
        is_left_out(carried, object) || !fits(carried, object))
        return false;
    /* What others of this room look at may be missing: the target says so where it is asked for
     * the comment. */
    const bool comment = is(object->kind, "comment");
    for (size_t i = 0; i < object->need_count; i++)
        if (!(comment && is(object->needs[i].kind, "object")) &&
            !is_met(carried, &object->needs[i], depth))
            return false;
    return true;
}

bool carried_object_comes(const struct carried_objects *carried,
                          const struct catalog_object *object)
{
    return comes(carried, object, 0);
}

/* Does what follows the schema's point belong to an extension? */
static bool is_lent(const struct catalog_object *object, const char *schema, const char *what)
{
    struct sql_token name;
    const char *rest = what;
    bool named = sql_token_next(&rest, &name) && name.kind == SQL_NAME;
    for (size_t i = 0; i < object->lent.count; i++) {
        const char *lent = object->lent.items[i], *point = strchr(lent, '.');
        if (point == NULL || strlen(schema) != (size_t)(point - lent) ||
            strncmp(lent, schema, strlen(schema)) != 0)
            continue;
        if (named ? is(point + 1, name.name) : strncmp(what, point + 1, strlen(point + 1)) == 0)
            return true;
    }
    return false;
}

const char *carried_object_sql(const struct carried_objects *carried,
                               const struct catalog_object *object, const char *sql,
                               struct arena *arena)
{
    struct sql_token token;
    struct buffer out;
    buffer_init(&out);
    for (const char *at = sql; sql_token_next(&at, &token);) {
        bool moved = !carried->verification->project->plain && token.kind == SQL_NAME &&
                     at[0] == '.' && is_lent(object, token.name, at + 1);
        if (moved)
            buffer_puts(&out, "extensions");
        else
            buffer_put(&out, token.at, token.length);
    }
    const char *text = out.failed ? NULL : arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}
