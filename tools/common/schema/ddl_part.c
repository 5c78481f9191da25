/* What is part of a table or view of the source's, beside what the table itself says: triggers,
 * rules, policies, statistics. */
#include "ddl_object.h"
#include "graduate/sql.h"
#include "kept_object.h"

#include <string.h>
#include <strings.h>

/* One of them: the object, and how it and its table are written. */
struct part {
    const struct catalog_object *object;
    char *name, *label;
    struct buffer quoted, table;
    const char *definition;
};

static bool take(struct building *b, const struct kept_objects *objects,
                 const struct catalog_object *object, struct part *part)
{
    const char *schema = b->output->table->schema;
    part->object = object;
    part->definition = kept_object_sql(objects, object, object->definition);
    part->name = arena_printf(b->arena, "%.*s", (int)kept_object_own_name(object), object->name);
    if (part->definition == NULL || part->name == NULL)
        return error_memory(b->error);
    sql_put_identifier(&part->quoted, part->name);
    sql_put_qualified(&part->table, schema, object->entity);
    part->label =
        arena_printf(b->arena, "%s %s of %s.%s", object->kind, part->name, schema, object->entity);
    return part->label != NULL && !part->quoted.failed && !part->table.failed
               ? true
               : error_memory(b->error);
}

/* Behind "CREATE TRIGGER" and the like. */
static const char *after_words(const char *definition, const char *words)
{
    size_t length = strlen(words);
    return strncasecmp(definition, words, length) == 0 ? definition + length : definition;
}

/* "drop trigger if exists t on public.books" */
static void put_drop(struct buffer *sql, struct part *part)
{
    buffer_printf(sql, "drop %s if exists %s on %s", part->object->kind, buffer_text(&part->quoted),
                  buffer_text(&part->table));
}

static void put_in_catalog(struct buffer *exists, struct part *part, const char *catalog,
                           const char *relation, const char *name)
{
    buffer_printf(exists, "select 1 from pg_catalog.%s where %s = pg_catalog.to_regclass(", catalog,
                  relation);
    sql_put_literal(exists, buffer_text(&part->table));
    buffer_printf(exists, ") and %s = ", name);
    sql_put_literal(exists, part->name);
}

static void put_trigger(struct buffer *sql, struct buffer *exists, struct part *part)
{
    put_drop(sql, part);
    buffer_printf(sql, ";\n%s", part->definition);
    put_in_catalog(exists, part, "pg_trigger", "tgrelid", "tgname");
}

static void put_rule(struct buffer *sql, struct buffer *exists, struct part *part)
{
    buffer_printf(sql, "create or replace rule%s", after_words(part->definition, "create rule"));
    put_in_catalog(exists, part, "pg_rewrite", "ev_class", "rulename");
}

static void put_policy(struct buffer *sql, struct buffer *exists, struct part *part)
{
    put_drop(sql, part);
    buffer_printf(sql, ";\ncreate policy %s on %s %s", buffer_text(&part->quoted),
                  buffer_text(&part->table), part->definition);
    put_in_catalog(exists, part, "pg_policy", "polrelid", "polname");
}

static void put_statistics(struct buffer *sql, struct buffer *exists, struct part *part)
{
    buffer_printf(sql, "create statistics if not exists%s",
                  after_words(part->definition, "create statistics"));
    put_in_catalog(exists, part, "pg_statistic_ext", "stxrelid", "stxname");
}

static const struct part_kind {
    const char *kind;
    void (*put)(struct buffer *sql, struct buffer *exists, struct part *part);
    bool acts; /* on rows that are loaded or taken out: it is away while they are */
} part_kinds[] = {
    {"trigger", put_trigger, true},
    {"rule", put_rule, true},
    {"policy", put_policy, false},
    {"statistics", put_statistics, false},
};

static bool is_of_view(const struct building *b, const struct catalog_object *object)
{
    char kind[] = "view";
    const struct catalog_need view = {kind, object->entity, NULL, NULL};
    return kept_object_find(b->source, &view) != NULL;
}

/* Is it of the table at hand, or of a view while that is the first table? */
static bool is_here(const struct building *b, const struct kept_objects *objects,
                    const struct catalog_object *object)
{
    if (object->entity == NULL)
        return false;
    return is_of_view(b, object) ? kept_object_home(objects) == b->output
                                 : kept_object_table(objects, object->entity) == b->output;
}

static bool make_part(struct building *b, struct part *part, const struct part_kind *kind,
                      bool of_view, struct buffer *sql, struct buffer *exists)
{
    const char *again = NULL;
    if (kind->acts && !of_view) {
        put_drop(sql, part);
        again = sql->failed ? NULL : arena_text(b->arena, buffer_text(sql));
        buffer_clear(sql);
        if (again == NULL)
            return error_memory(b->error);
    }
    kind->put(sql, exists, part);
    if (part->object->timing != NULL)
        buffer_printf(sql, ";\nalter table %s %s %s %s", buffer_text(&part->table),
                      part->object->timing, kind->kind, buffer_text(&part->quoted));
    if (!building_add(b, SCHEMA_REST, sql, exists, part->label))
        return false;
    b->schema->statements[b->schema->statement_count - 1].again = again;
    if (strcmp(kind->kind, "statistics") == 0) {
        buffer_puts(sql, "drop statistics if exists ");
        sql_put_qualified(sql, b->output->table->schema, part->name);
    } else {
        put_drop(sql, part);
    }
    return building_undo(b, sql);
}

static bool make_parts(struct building *b, const char *word, struct buffer *sql,
                       struct buffer *exists)
{
    const struct kept_objects objects = {b->schema, b->source, b->arena, b->error};
    size_t k = 0;
    bool ok = true;
    while (strcmp(part_kinds[k].kind, word) != 0)
        k++;
    for (size_t i = 0; ok && b->source != NULL && i < b->source->object_count; i++) {
        const struct catalog_object *object = &b->source->objects[i];
        const char *why = NULL;
        if (strcmp(object->kind, word) != 0 || !is_here(b, &objects, object))
            continue;
        ok = kept_object_comes(&objects, object, &why);
        if (!ok || why != NULL)
            continue;
        struct part part = {0};
        buffer_init(&part.quoted);
        buffer_init(&part.table);
        ok = take(b, &objects, object, &part) &&
             make_part(b, &part, &part_kinds[k], is_of_view(b, object), sql, exists);
        buffer_release(&part.quoted);
        buffer_release(&part.table);
    }
    return ok;
}

bool ddl_triggers(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_parts(b, "trigger", sql, exists);
}

bool ddl_rules(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_parts(b, "rule", sql, exists);
}

bool ddl_statistics(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_parts(b, "statistics", sql, exists);
}

bool ddl_kept_policies(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return make_parts(b, "policy", sql, exists);
}
