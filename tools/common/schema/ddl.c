/* The statements that make a schema, each with a name for people and a query that tells whether it
 * is done already. Everything is quoted and qualified; SQL that a mapping gives (checks, policies,
 * index predicates, defaults) stands as it is written there. */
#include "ddl.h"
#include "building.h"
#include "ddl_object.h"
#include "graduate/sql.h"
#include "kept_type.h"
#include "output.h"
#include "shape.h"

#include <string.h>

/* What people are told of the table: the mapping's words, or the source's. */
static bool build_table_comment(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    const char *comment = table->comment != NULL ? table->comment
                          : b->catalog != NULL   ? b->catalog->comment
                                                 : NULL;
    if (comment == NULL)
        return true;
    buffer_puts(sql, "comment on table ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " is ");
    sql_put_literal(sql, comment);
    if (!building_add(b, SCHEMA_REST, sql, exists,
                      arena_printf(b->arena, "comment on %s", table->label)))
        return false;
    buffer_puts(sql,
                "select pg_catalog.format('comment on table %s is %L', t, "
                "pg_catalog.obj_description(pg_catalog.to_regclass(t), 'pg_class')) from (select ");
    ddl_put_table_literal(sql, table->schema, table->name);
    buffer_puts(sql, " as t) named");
    return building_ask_undo(b, sql);
}

static bool build_column_comment(struct building *b, struct buffer *sql, struct buffer *exists,
                                 const struct schema_column *column, const char *comment)
{
    const struct mapping_table *table = b->output->table;
    buffer_puts(sql, "comment on column ");
    ddl_put_table(sql, table);
    buffer_putc(sql, '.');
    sql_put_identifier(sql, column->name);
    buffer_puts(sql, " is ");
    sql_put_literal(sql, comment);
    if (!building_add(b, SCHEMA_REST, sql, exists,
                      arena_printf(b->arena, "comment on %s.%s", table->label, column->name)))
        return false;
    buffer_puts(sql, "select pg_catalog.format('comment on column %s.%I is %L', t, a.attname, "
                     "pg_catalog.col_description(a.attrelid, a.attnum)) from (select ");
    ddl_put_table_literal(sql, table->schema, table->name);
    buffer_puts(sql, " as t) named join pg_catalog.pg_attribute a on a.attrelid = "
                     "pg_catalog.to_regclass(t) and a.attname = ");
    sql_put_literal(sql, column->name);
    return building_ask_undo(b, sql);
}

static bool build_comment(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    bool ok = build_table_comment(b, sql, exists);
    for (size_t c = 0; ok && b->catalog != NULL && c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        const char *comment =
            column->source_column >= 0 ? b->catalog->columns[column->source_column].comment : NULL;
        ok = comment == NULL || build_column_comment(b, sql, exists, column, comment);
    }
    return ok;
}

static bool build_analyze(struct building *b, struct buffer *sql, struct buffer *exists)
{
    buffer_puts(sql, "analyze ");
    ddl_put_table(sql, b->output->table);
    return building_add(b, SCHEMA_FIGURES, sql, exists,
                        arena_printf(b->arena, "statistics of %s", b->output->table->label));
}

/* In the order in which they run, over all tables: foreign keys need every key. */
static const struct builder {
    bool (*build)(struct building *, struct buffer *, struct buffer *);
    bool supabase; /* not for a plain PostgreSQL, which has neither its roles nor its API */
} builders[] = {
    {ddl_schema, false},          {ddl_types, false},         {ddl_sequences, false},
    {ddl_routines, false},        {ddl_table, false},         {ddl_table_routines, false},
    {ddl_table_settings, false},  {ddl_plain, false},         {ddl_asker, true},
    {ddl_row_security, true},     {ddl_generated, false},     {ddl_uniques, false},
    {ddl_exclusions, false},      {ddl_loose_checks, false},  {ddl_indexes, false},
    {ddl_references, false},      {ddl_policies, true},       {ddl_grants, true},
    {ddl_usages, true},           {ddl_views, false},         {ddl_rules, false},
    {ddl_statistics, false},      {ddl_kept_policies, true},  {ddl_triggers, false},
    {build_comment, false},       {ddl_object_comments, false}, {ddl_object_rights, false},
    {ddl_late_settings, false},   {ddl_numbers, false},       {ddl_standing, false},
    {ddl_refreshes, false},       {build_analyze, false},
};

bool ddl_build(struct schema *schema, struct arena *arena, const struct catalog *catalogs,
               size_t catalog_count, struct error *error)
{
    struct buffer sql, exists;
    buffer_init(&sql);
    buffer_init(&exists);
    struct building b = {.schema = schema,
                         .arena = arena,
                         .error = error,
                         .catalogs = catalogs,
                         .catalog_count = catalog_count};
    struct shape *shapes = arena_alloc(arena, schema->output_count, sizeof *shapes);
    if (shapes == NULL)
        return error_memory(error);
    bool ok = true;
    for (size_t step = 0; ok && step < sizeof builders / sizeof builders[0]; step++)
        for (size_t i = 0; ok && i < schema->output_count; i++) {
            if (!output_is_made(schema, &schema->outputs[i]) ||
                (builders[step].supabase && schema->project->plain))
                continue;
            b.output = &schema->outputs[i];
            b.source = output_source(b.output->entity, catalogs, catalog_count);
            b.catalog = b.output->table->keep_shape
                            ? output_catalog(b.output->entity, catalogs, catalog_count)
                            : NULL;
            b.shape = &shapes[i];
            ok = (step > 0 ||
                  (shape_gather(&shapes[i], schema, b.output, b.source, b.catalog, arena, error) &&
                   shape_tell_uniques(&shapes[i], arena, &schema->outputs[i], error))) &&
                 builders[step].build(&b, &sql, &exists);
        }
    buffer_release(&sql);
    buffer_release(&exists);
    return ok;
}
