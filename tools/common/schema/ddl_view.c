/* Views, materialized views with their indexes, and functions: what stands beside the tables. */
#include "ddl_object.h"
#include "graduate/keeping.h"
#include "graduate/sql.h"
#include "kept_function.h"
#include "kept_type.h"
#include "output.h"

#include <string.h>

/* What is at hand where the table is the first of its source; else NULL for a catalog. */
static struct kept_objects at_home(const struct building *b)
{
    struct kept_objects objects = {b->schema, b->source, b->arena, b->error};
    if (b->source == NULL || kept_object_home(&objects) != b->output)
        objects.catalog = NULL;
    return objects;
}

static const char *home_schema(const struct building *b)
{
    return b->output->table->schema;
}

static bool is_kind(const struct catalog_object *object, const char *kind)
{
    return strcmp(object->kind, kind) == 0;
}

static bool has_statement(const struct building *b, const char *name)
{
    for (size_t i = 0; i < b->schema->statement_count; i++)
        if (strcmp(b->schema->statements[i].name, name) == 0)
            return true;
    return false;
}

/* Takes the rights that Supabase gives its API's roles on whatever is made. */
static void put_revoke(const struct building *b, struct buffer *sql, const char *what,
                       const char *roles)
{
    if (!b->schema->project->plain)
        buffer_printf(sql, ";\nrevoke all on %s from %s", what, roles);
}

/* ---- functions ---------------------------------------------------------------------------------
 */

/* A function in SQL may name what is made behind it. */
static bool put_routine(struct building *b, const struct kept_objects *objects,
                        const struct catalog_object *object, enum schema_phase phase,
                        struct buffer *sql, struct buffer *exists)
{
    const char *definition = kept_object_sql(objects, object, object->definition);
    const char *signature = kept_object_sql(objects, object, object->signature);
    if (definition == NULL || signature == NULL)
        return false;
    char *called = arena_printf(b->arena, "%s %s", object->kind, signature);
    if (called == NULL)
        return error_memory(b->error);
    buffer_printf(sql, "set check_function_bodies = off;\n%s", definition);
    if (object->definer && !b->schema->project->plain) {
        put_revoke(b, sql, called, "public, anon, authenticated");
        buffer_printf(sql, ";\ngrant execute on %s to %sservice_role", called,
                      kept_function_is_shared(objects, object) ? "authenticated, " : "");
    }
    buffer_puts(exists, "select 1 where pg_catalog.to_regprocedure(");
    sql_put_literal(exists, signature);
    buffer_puts(exists, ") is not null");
    if (!building_add(b, phase, sql, exists, called))
        return false;
    buffer_printf(sql, "drop %s if exists %s", object->kind, signature);
    return building_undo(b, sql);
}

/* ---- views -------------------------------------------------------------------------------------
 */

/* A view of a role that row-level security does not hold back would show everybody all rows. */
static void put_options(const struct building *b, struct buffer *sql,
                        const struct catalog_object *view)
{
    bool invoker =
        !b->schema->project->plain && is_kind(view, "view") && !kept_object_is_invoker(view);
    bool said = view->storage != NULL;
    if (said || invoker)
        buffer_printf(sql, " with (%s%s%s)", said ? view->storage : "", said && invoker ? ", " : "",
                      invoker ? "security_invoker=true" : "");
}

/* Of what has no row-level security nobody who comes through the API reads. */
static bool put_view(struct building *b, const struct kept_objects *objects,
                     const struct catalog_object *object, struct buffer *sql, struct buffer *exists)
{
    const bool filled = is_kind(object, "materialized view");
    const char *definition = kept_object_sql(objects, object, object->definition);
    struct buffer name;
    if (definition == NULL)
        return false;
    buffer_init(&name);
    sql_put_qualified(&name, home_schema(b), object->name);
    buffer_printf(
        sql, filled ? "create materialized view if not exists %s" : "create or replace view %s",
        buffer_text(&name));
    put_options(b, sql, object);
    buffer_printf(sql, " as\n%s%s", definition,
                  !filled           ? ""
                  : object->invalid ? "\nwith no data"
                                    : "\nwith data");
    put_revoke(b, sql, buffer_text(&name), filled ? "anon, authenticated" : "anon");
    buffer_puts(exists, "select 1 from pg_catalog.pg_class where oid = pg_catalog.to_regclass(");
    sql_put_literal(exists, buffer_text(&name));
    buffer_printf(exists, ") and relkind = '%c'", filled ? 'm' : 'v');
    sql->failed = sql->failed || name.failed;
    bool ok = building_add(
        b, SCHEMA_REST, sql, exists,
        arena_printf(b->arena, "%s %s.%s", object->kind, home_schema(b), object->name));
    if (ok) {
        buffer_printf(sql, "drop %s if exists %s", object->kind, buffer_text(&name));
        ok = building_undo(b, sql);
    }
    buffer_release(&name);
    return ok;
}

/* "create index i on public.mv ...", of a materialized view. */
static bool put_index(struct building *b, const struct kept_objects *objects,
                      const struct catalog_object *object, struct buffer *sql,
                      struct buffer *exists)
{
    const char *definition = kept_object_sql(objects, object, object->definition);
    const char *end = strstr(object->name, " on ");
    if (definition == NULL || end == NULL || strstr(definition, " INDEX ") == NULL)
        return definition != NULL;
    char *name = arena_printf(b->arena, "%.*s", (int)(end - object->name), object->name);
    if (name == NULL)
        return error_memory(b->error);
    const char *unique = strncmp(definition, "CREATE UNIQUE ", 14) == 0 ? "unique " : "";
    buffer_printf(sql, "create %sindex%s", unique, strstr(definition, " INDEX ") + 6);
    buffer_puts(exists, "select 1 where pg_catalog.to_regclass(");
    ddl_put_table_literal(exists, home_schema(b), name);
    buffer_puts(exists, ") is not null");
    if (!building_add(b, SCHEMA_REST, sql, exists,
                      arena_printf(b->arena, "index %s on %s.%s", name, home_schema(b),
                                   end + strlen(" on "))))
        return false;
    buffer_puts(sql, "drop index if exists ");
    sql_put_qualified(sql, home_schema(b), name);
    return building_undo(b, sql);
}

/* ---- in the order in which they need each other ------------------------------------------------
 */

static bool make(struct building *b, const struct kept_objects *objects,
                 const struct catalog_object *object, enum kept_time time, struct buffer *sql,
                 struct buffer *exists);

/* What stands in another schema, beside what is at home there. */
static bool make_beside(struct building *b, const struct kept_objects *objects,
                        const struct catalog_need *need, enum kept_time time, struct buffer *sql,
                        struct buffer *exists)
{
    const struct kept_objects there = kept_objects_beside(objects, need->schema);
    const struct catalog_object *other =
        there.catalog != NULL ? kept_object_find(there.catalog, need) : NULL;
    const struct schema_output *home = other != NULL ? kept_object_home(&there) : NULL;
    const struct building here = *b;
    if (home == NULL)
        return true;
    b->output = home;
    b->source = there.catalog;
    bool ok = make(b, &there, other, time, sql, exists);
    b->output = here.output;
    b->source = here.source;
    return ok;
}

static bool make_needs(struct building *b, const struct kept_objects *objects,
                       const struct catalog_object *object, enum kept_time time, struct buffer *sql,
                       struct buffer *exists)
{
    for (size_t i = 0; i < object->need_count; i++) {
        const struct catalog_need *need = &object->needs[i];
        if (!(strcmp(need->kind, "type") == 0 ? kept_type_make(b, need->name, sql, exists)
                                              : make_beside(b, objects, need, time, sql, exists)))
            return false;
    }
    return true;
}

/* None of these needs itself: an object that is left out or cannot be made needs nothing. */
static bool make(struct building *b, const struct kept_objects *objects,
                 const struct catalog_object *object, enum kept_time time, struct buffer *sql,
                 struct buffer *exists)
{
    static const struct {
        const char *kind;
        bool routine, index;
    } made[] = {
        {"view", false, false},    {"materialized view", false, false},
        {"function", true, false}, {"procedure", true, false},
        {"index", false, true},
    };
    const char *why;
    size_t k = 0;
    while (k < sizeof made / sizeof made[0] && !is_kind(object, made[k].kind))
        k++;
    if (k == sizeof made / sizeof made[0] || object->definition == NULL ||
        (made[k].index && object->entity != NULL))
        return true;
    if (made[k].routine && kept_function_time(objects, object) != time)
        return true; /* it is there, or comes later */
    if (!kept_object_comes(objects, object, &why))
        return false;
    const char *signature =
        object->signature != NULL ? kept_object_sql(objects, object, object->signature) : NULL;
    char *name =
        made[k].routine && signature != NULL
            ? arena_printf(b->arena, "%s %s", object->kind, signature)
            : arena_printf(b->arena, "%s %s.%s", object->kind, home_schema(b), object->name);
    if (name == NULL || (made[k].routine && signature == NULL))
        return error_memory(b->error);
    if (why != NULL || has_statement(b, name))
        return true;
    return make_needs(b, objects, object, time, sql, exists) &&
           (made[k].routine
                ? put_routine(b, objects, object,
                              time == KEPT_BEHIND_VIEWS ? SCHEMA_REST : SCHEMA_TABLES, sql, exists)
            : made[k].index ? put_index(b, objects, object, sql, exists)
                            : put_view(b, objects, object, sql, exists));
}

static bool make_all(struct building *b, enum kept_time time, struct buffer *sql,
                     struct buffer *exists)
{
    const struct kept_objects objects = at_home(b);
    for (size_t i = 0; objects.catalog != NULL && i < objects.catalog->object_count; i++) {
        const struct catalog_object *object = &objects.catalog->objects[i];
        bool routine = object->signature != NULL;
        if ((routine || time == KEPT_BEHIND_VIEWS) &&
            (!is_kind(object, "index") || object->entity == NULL) &&
            !make(b, &objects, object, time, sql, exists))
            return false;
    }
    return true;
}

bool ddl_routines(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_all(b, KEPT_FIRST, sql, exists);
}

bool ddl_table_routines(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_all(b, KEPT_BEHIND_TABLES, sql, exists);
}

bool ddl_views(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_all(b, KEPT_BEHIND_VIEWS, sql, exists);
}

/* One statement that may be taken again, and that needs nobody to take it back. */
static bool put_said(struct building *b, const struct kept_objects *objects,
                     const struct catalog_object *object, enum schema_phase phase, char *label,
                     struct buffer *sql, struct buffer *exists)
{
    const char *definition = kept_object_sql(objects, object, object->definition);
    const struct schema_output *of =
        object->entity != NULL ? kept_object_table(objects, object->entity) : NULL;
    if (definition == NULL)
        return false;
    buffer_puts(sql, definition);
    if (!building_add(b, phase, sql, exists, label))
        return false;
    if (of != NULL) /* a comment on a trigger is made again when the trigger is */
        b->schema->statements[b->schema->statement_count - 1].table = of->table->label;
    return true;
}

/* They go with what they are about. */
static bool make_said(struct building *b, const char *kind, const char *label, struct buffer *sql,
                      struct buffer *exists)
{
    const struct kept_objects objects = at_home(b);
    struct keeping decided;
    for (size_t i = 0; objects.catalog != NULL && i < objects.catalog->object_count; i++) {
        const struct catalog_object *object = &objects.catalog->objects[i];
        if (!is_kind(object, kind) || object->definition == NULL)
            continue;
        if (!keeping_decide(b->schema, b->source, object, b->arena, &decided, b->error) ||
            (decided.fate == KEEPING_KEPT &&
             !put_said(b, &objects, object, SCHEMA_REST,
                       arena_printf(b->arena, "%s %s", label, object->name), sql, exists)))
            return false;
    }
    return true;
}

bool ddl_object_comments(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_said(b, "comment", "comment on the", sql, exists);
}

bool ddl_object_rights(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_said(b, "revocation", "rights of", sql, exists) &&
           make_said(b, "grant", "rights of", sql, exists);
}

/* Those of the table at hand; of views, with the first table. */
static bool make_settings(struct building *b, bool behind, struct buffer *sql,
                          struct buffer *exists)
{
    const struct kept_objects objects = {b->schema, b->source, b->arena, b->error};
    for (size_t i = 0; b->source != NULL && i < b->source->object_count; i++) {
        const struct catalog_object *object = &b->source->objects[i];
        const char *why = NULL;
        if (!is_kind(object, "setting") || (object->timing != NULL) != behind ||
            b->output != (object->entity != NULL ? kept_object_table(&objects, object->entity)
                                                 : kept_object_home(&objects)))
            continue;
        if (!kept_object_comes(&objects, object, &why) ||
            (why == NULL &&
             !put_said(b, &objects, object, behind ? SCHEMA_REST : SCHEMA_TABLES,
                       arena_printf(b->arena, "setting %s", object->name), sql, exists)))
            return false;
    }
    return true;
}

bool ddl_table_settings(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_settings(b, false, sql, exists);
}

bool ddl_late_settings(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_settings(b, true, sql, exists);
}

/* ---- filled anew -------------------------------------------------------------------------------
 */

static const struct catalog_object *view_of(const struct kept_objects *objects, const char *name)
{
    for (size_t i = 0; i < objects->catalog->object_count; i++)
        if (is_kind(&objects->catalog->objects[i], "materialized view") &&
            strcmp(objects->catalog->objects[i].name, name) == 0)
            return &objects->catalog->objects[i];
    return NULL;
}

/* It is full as long as nobody has emptied it. */
static bool put_refresh(struct building *b, const char *label, struct buffer *sql,
                        struct buffer *exists)
{
    struct buffer name, emptied;
    buffer_init(&name);
    buffer_init(&emptied);
    sql_put_qualified(&name, home_schema(b), label);
    buffer_puts(&emptied, "begin if pg_catalog.to_regclass(");
    sql_put_literal(&emptied, buffer_text(&name));
    buffer_printf(&emptied,
                  ") is not null then refresh materialized view %s with no data; "
                  "end if; end",
                  buffer_text(&name));
    buffer_puts(sql, "do ");
    sql_put_literal(sql, buffer_text(&emptied));
    const char *again = arena_text(b->arena, buffer_text(sql));
    bool ok = again != NULL && !name.failed && !emptied.failed && !sql->failed;
    buffer_clear(sql);
    buffer_printf(sql, "refresh materialized view %s", buffer_text(&name));
    buffer_puts(exists, "select 1 from pg_catalog.pg_class where relispopulated and oid = "
                        "pg_catalog.to_regclass(");
    sql_put_literal(exists, buffer_text(&name));
    buffer_putc(exists, ')');
    ok = (ok || error_memory(b->error)) &&
         building_add(
             b, SCHEMA_FIGURES, sql, exists,
             arena_printf(b->arena, "rows of the materialized view %s.%s", home_schema(b), label));
    buffer_release(&name);
    buffer_release(&emptied);
    if (!ok)
        return false;
    struct schema_statement *statement = &b->schema->statements[b->schema->statement_count - 1];
    statement->again = again;
    statement->of_all = true;
    return true;
}

static const struct schema_output *first_made(const struct schema *schema)
{
    for (size_t i = 0; i < schema->output_count; i++)
        if (output_is_made(schema, &schema->outputs[i]))
            return &schema->outputs[i];
    return NULL;
}

/* By the source whose first table is in that schema. */
static bool refresh(struct building *b, const char *called, struct buffer *sql,
                    struct buffer *exists)
{
    const struct building here = *b;
    bool ok = true;
    for (size_t c = 0; ok && c < b->catalog_count; c++) {
        const struct kept_objects objects = {b->schema, &b->catalogs[c], b->arena, b->error};
        const struct schema_output *home = kept_object_home(&objects);
        const size_t before = home != NULL ? strlen(home->table->schema) : 0;
        const bool is_in = home != NULL && strncmp(called, home->table->schema, before) == 0 &&
                           called[before] == '.';
        const struct catalog_object *view = is_in ? view_of(&objects, called + before + 1) : NULL;
        if (view == NULL || view->invalid)
            continue;
        b->output = home;
        ok = put_refresh(b, view->name, sql, exists);
        b->output = here.output;
        break;
    }
    return ok;
}

/* All of them with the first table, in the order in which they are made: one may read another, of
 * another schema. */
bool ddl_refreshes(struct building *b, struct buffer *sql, struct buffer *exists)
{
    static const char word[] = "materialized view ";
    const size_t count = b->output == first_made(b->schema) ? b->schema->statement_count : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = b->schema->statements[i].name;
        if (strncmp(name, word, strlen(word)) == 0 && !refresh(b, name + strlen(word), sql, exists))
            return false;
    }
    return true;
}
