/* Decided by what output.c, shape.c and the statements of ddl.c make of a table. */
#include "graduate/keeping.h"
#include "deciding.h"
#include "graduate/path.h"
#include "kept_object.h"
#include "output.h"
#include "retarget.h"
#include "schema_key.h"
#include "shape.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const keeping_fate_names[KEEPING_FATES] = {
    [KEEPING_KEPT] = "kept",
    [KEEPING_CHANGED] = "changed",
    [KEEPING_NOT] = "not kept",
};

/* The table that keeps the entity's shape; of one that does not, nothing is kept by itself. */
static const struct schema_output *find_output(const struct deciding *d, const char *entity)
{
    for (size_t i = 0; entity != NULL && i < d->schema->output_count; i++) {
        const struct schema_output *output = &d->schema->outputs[i];
        if (strcmp(output->entity->source->name, d->catalog->source) == 0 &&
            strcmp(output->entity->from, entity) == 0 && output->table->keep_shape)
            return output;
    }
    return NULL;
}

/* What the source's column is in the target, or NULL. */
static const struct schema_column *column_of(const struct deciding *d,
                                             const struct schema_output *output, const char *name)
{
    const struct catalog_entity *entity = catalog_find(d->catalog, output->entity->from);
    return entity != NULL ? output_column(output, entity, name) : NULL;
}

/* The column of an object that is about one. */
static const struct schema_column *own_column(const struct deciding *d)
{
    const struct catalog_names *columns = &d->object->columns;
    return columns->count == 1 ? column_of(d, d->output, columns->items[0]) : NULL;
}

/* Is it called "NAME on ENTITY"? */
static bool is_named(const struct deciding *d, const char *name)
{
    size_t length = strlen(name);
    return strncmp(d->object->name, name, length) == 0 &&
           strncmp(d->object->name + length, " on ", 4) == 0 &&
           strcmp(d->object->name + length + 4, d->object->entity) == 0;
}

/* ---- the table and its columns -----------------------------------------------------------------
 */

static void decide_table(struct deciding *d)
{
    if (d->output->table->exists)
        deciding_change(d, "the table that the target brings");
    else
        deciding_keep(d, NULL);
}

/* The first table that is made of the entity's records, in whatever shape; or NULL. */
static const struct schema_output *find_rows(const struct deciding *d, const char *entity)
{
    for (size_t i = 0; entity != NULL && i < d->schema->output_count; i++) {
        const struct schema_output *output = &d->schema->outputs[i];
        if (strcmp(output->entity->source->name, d->catalog->source) == 0 &&
            strcmp(output->entity->from, entity) == 0)
            return output;
    }
    return NULL;
}

/* One that no column has for itself is made where any table of the source is. */
static void decide_free(struct deciding *d)
{
    bool made = false, left = project_not_kept(d->schema->project, d->catalog->source,
                                               d->object->kind, d->object->name) != NULL;
    for (size_t i = 0; i < d->schema->output_count; i++) {
        const struct schema_output *output = &d->schema->outputs[i];
        made = made || (output->table->keep_shape && output_is_made(d->schema, output) &&
                        strcmp(output->entity->source->name, d->catalog->source) == 0);
    }
    for (size_t i = 0; made && !left && i < d->catalog->sequence_count; i++)
        if (strcmp(d->catalog->sequences[i].name, d->object->name) == 0)
            deciding_keep(d, d->object->columns.count > 0 ? "no column owns it" : NULL);
}

/* Of what a mapping reads without keeping its shape, the rows remain, and a key. */
static void decide_rows(struct deciding *d)
{
    bool view = strcmp(d->object->kind, "view") == 0;
    const struct schema_output *rows = find_rows(d, view ? d->object->name : d->object->entity);
    if (d->object->entity == NULL && strcmp(d->object->kind, "sequence") == 0)
        decide_free(d);
    if (rows == NULL)
        return;
    if (view || strcmp(d->object->kind, "table") == 0 || strcmp(d->object->kind, "partition") == 0)
        deciding_change(d, deciding_text(d, arena_printf(d->arena, "its rows, in the table %s",
                                                         rows->table->label)));
    else if (strcmp(d->object->kind, "permissions") == 0 && rows->table->guarded)
        deciding_change(d, deciding_text(d, arena_printf(d->arena, "policies of the table %s",
                                                         rows->table->label)));
    else if (strcmp(d->object->kind, "primary key") == 0)
        deciding_change(
            d, deciding_text(d, arena_printf(d->arena, "the key of %s", rows->table->label)));
}

static void decide_partition(struct deciding *d)
{
    deciding_change(d, deciding_text(d, arena_printf(d->arena, "rows of the one table %s",
                                                     d->output->table->label)));
}

static void decide_default(struct deciding *d)
{
    const struct schema_column *column = own_column(d);
    if (column == NULL || column->default_sql == NULL)
        return;
    const struct catalog_column *from = catalog_column_find(
        catalog_find(d->catalog, d->object->entity), d->object->columns.items[0]);
    const struct mapping_column *by = column->mapping;
    bool named = column->type.named != NULL && (by == NULL || by->sql_default == NULL);
    if (named || (from != NULL && from->default_sql != NULL &&
                  strcmp(column->default_sql, from->default_sql) == 0))
        deciding_keep(d, NULL);
    else if (from != NULL && (column->mapping == NULL || column->mapping->sql_default == NULL))
        deciding_keep(d, column->default_sql);
    else
        deciding_change(d, deciding_text(d, arena_printf(d->arena, "%s, as the mapping says",
                                                         column->default_sql)));
}

static bool is_numbered(const struct deciding *d)
{
    const struct schema_column *column = own_column(d);
    return column != NULL && column->identity;
}

static void decide_serial(struct deciding *d)
{
    if (is_numbered(d))
        deciding_keep(d, "an identity column, by default");
}

static void decide_identity(struct deciding *d)
{
    if (is_numbered(d))
        deciding_keep(d, NULL);
}

static void decide_sequence(struct deciding *d)
{
    if (d->object->in_shape && is_numbered(d))
        deciding_keep(d, "that of the identity column");
}

static void decide_generated(struct deciding *d)
{
    const struct schema_column *column = own_column(d);
    if (column != NULL && column->generated != NULL)
        deciding_keep(d, "as the table's last column");
    else if (column != NULL)
        deciding_change(d, "an ordinary column with the values of today");
}

static void decide_collation(struct deciding *d)
{
    const struct schema_column *column = own_column(d);
    if (column != NULL && column->collation != NULL)
        deciding_keep(d, NULL);
    else if (column != NULL)
        deciding_change(d, "the target's default collation");
}

/* ---- constraints and indexes -------------------------------------------------------------------
 */

static void decide_key(struct deciding *d)
{
    const struct schema_output *output = d->output;
    const struct catalog_names *columns = &d->object->columns;
    bool same = output->key_count == columns->count && d->object->in_shape;
    for (size_t k = 0; same && k < columns->count; k++)
        same = column_of(d, output, columns->items[k]) == &output->columns[output->key[k]];
    if (same)
        deciding_keep(d, NULL);
}

static bool all_come(const struct deciding *d)
{
    return retarget_is_there(d->output, catalog_find(d->catalog, d->object->entity),
                             &d->object->columns);
}

/* Uniques and indexes. */
static void decide_index(struct deciding *d)
{
    if (d->object->in_shape && all_come(d))
        deciding_keep(d, NULL);
    else if (!d->object->in_shape)
        d->out->why =
            "it is of a partition alone, not valid, or of a collation of the source's own";
}

/* A check of the mapping takes the place of the source's of the same name. */
static void decide_check(struct deciding *d)
{
    const struct schema_output *output = d->output;
    const struct mapping_table *table = output->table;
    for (size_t i = 0; i < table->check_count; i++)
        if (is_named(d, table->checks[i].name)) {
            deciding_change(d, deciding_text(d, arena_printf(d->arena, "the mapping's: %s",
                                                             table->checks[i].expression)));
            return;
        }
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        char name[160];
        snprintf(name, sizeof name, "%s_%s_check", table->name, column->name);
        if (column->check_in != NULL && is_named(d, name)) {
            deciding_change(
                d, deciding_text(d, arena_printf(d->arena, "the mapping's: %s", column->check_in)));
            return;
        }
    }
    if (d->object->in_shape && all_come(d))
        deciding_keep(d, NULL);
}

static void decide_exclusion(struct deciding *d)
{
    const struct catalog_entity *entity = catalog_find(d->catalog, d->object->entity);
    if (shape_keeps_exclusion(d->schema->project, d->catalog, d->object, d->output, entity))
        deciding_keep(d, NULL);
    else
        d->out->why = "its columns do not all come as they are";
}

static const char *action_of(const char *on_delete)
{
    return on_delete != NULL ? on_delete : "no action";
}

/* Does the mapping say one of these columns, which comes first? */
static bool is_said(const struct deciding *d, const struct schema_key *key)
{
    const struct mapping_table *table = d->output->table;
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        const struct words *columns = &table->foreign_keys[i].columns;
        bool same = columns->count == key->columns.count &&
                    strcmp(table->foreign_keys[i].references, key->to->table->label) == 0;
        for (size_t c = 0; same && c < columns->count; c++)
            same = strcmp(columns->items[c], key->columns.items[c]) == 0;
        if (same)
            return true;
    }
    return false;
}

static void decide_reference(struct deciding *d)
{
    const struct catalog_object *object = d->object;
    const struct keying keying = {d->schema, d->schema->catalogs, d->schema->catalog_count,
                                  d->arena, d->error};
    struct schema_key key;
    if (!schema_key_keep(&keying, d->output, object, &key, &d->out->why)) {
        d->failed = true;
        return;
    }
    if (d->out->why != NULL)
        return;
    const char *was = action_of(object->on_delete), *is = action_of(key.on_delete);
    if (is_said(d, &key))
        deciding_change(d, "the mapping's, of the same columns");
    else if (strcmp(was, is) != 0)
        deciding_change(d,
                        deciding_text(d, arena_printf(d->arena, "on delete %s, not %s", is, was)));
    else
        deciding_keep(d, NULL);
}

/* ---- who may do what, and what people are told --------------------------------------------------
 */

/* Every table of a Supabase has it on. */
static void decide_row_security(struct deciding *d)
{
    if (d->schema->project->plain)
        d->out->with = "row-level security is not for a plain target";
    else if (d->object->in_shape)
        deciding_keep(d, NULL);
}

static void decide_policy(struct deciding *d)
{
    const struct mapping_table *table = d->output->table;
    for (size_t i = 0; i < table->policy_count; i++)
        if (is_named(d, table->policies[i].name))
            deciding_change(d, "the mapping's of the same name");
    if (d->out->fate == KEEPING_NOT)
        decide_object(d);
}

/* "SELECT, UPDATE" and the mapping's words, whatever their order. */
static bool same_rights(const char *rights, const struct words *privileges)
{
    size_t count = 0;
    while (*rights != '\0') {
        size_t length = strcspn(rights, ","), p = 0;
        while (p < privileges->count && (strlen(privileges->items[p]) != length ||
                                         strncasecmp(privileges->items[p], rights, length) != 0))
            p++;
        if (p == privileges->count)
            return false;
        count++;
        rights += length + strspn(rights + length, ", ");
    }
    return count == privileges->count;
}

static void decide_grant(struct deciding *d)
{
    const struct mapping_table *table = d->output->table;
    for (size_t i = 0; i < table->grant_count; i++) {
        if (!is_named(d, table->grants[i].role))
            continue;
        if (same_rights(d->object->detail, &table->grants[i].privileges))
            deciding_keep(d, NULL);
        else
            deciding_change(d, "the rights that the mapping gives the role");
    }
}

/* A name as PostgreSQL writes it, in quotes where it needs some. */
static bool is_called(const char *written, const char *name)
{
    bool quoted = *written == '"';
    for (written += quoted; *name != '\0' && *written == *name; name++)
        written += quoted && *name == '"' ? 2 : 1;
    return *name == '\0' && strcmp(written, quoted ? "\"" : "") == 0;
}

/* Of the table or a column of it; of what else is kept, nobody is told. */
static void decide_comment(struct deciding *d)
{
    const struct catalog_entity *entity = catalog_find(d->catalog, d->object->entity);
    const char *comment = d->output->table->comment, *name = d->object->name;
    const struct schema_column *column = own_column(d);
    if (strncmp(name, "table column ", 13) == 0) {
        if (column != NULL && entity->columns[column->source_column].comment != NULL)
            deciding_keep(d, NULL);
    } else if (strncmp(name, "table ", 6) == 0 && is_called(name + 6, d->object->entity)) {
        if (comment == NULL ? entity != NULL && entity->comment != NULL
                            : strcmp(comment, d->object->detail) == 0)
            deciding_keep(d, NULL);
        else if (comment != NULL)
            deciding_change(d, "the mapping's comment");
    }
}

/* Another schema of the same database, which the project may have as a source of its own. */
static void decide_schema(struct deciding *d)
{
    const struct catalog *other =
        catalog_beside(d->schema->catalogs, d->schema->catalog_count, d->catalog, d->object->name);
    if (other != NULL)
        deciding_keep(
            d, deciding_text(d, arena_printf(d->arena, "what the source %s has", other->source)));
}

/* The kinds of a Postgres source of which something can come. */
static const struct {
    const char *kind;
    void (*decide)(struct deciding *d);
    bool needs_ddl; /* nothing comes of it in a table that the target brings, or that is made
                       already */
    bool forgone;   /* it is not made where the founder leaves it out by name */
} rules[] = {
    {"table", decide_table, false, false},
    {"partition", decide_partition, false, false},
    {"column default", decide_default, true, false},
    {"serial", decide_serial, true, false},
    {"identity", decide_identity, true, false},
    {"sequence", decide_sequence, true, false},
    {"generated column", decide_generated, true, false},
    {"column collation", decide_collation, true, false},
    {"primary key", decide_key, true, false},
    {"unique", decide_index, true, false},
    {"check", decide_check, true, false},
    {"foreign key", decide_reference, true, true},
    {"index", decide_index, true, false},
    {"exclusion constraint", decide_exclusion, true, true},
    {"row level security", decide_row_security, true, false},
    {"policy", decide_policy, true, false},
    {"grant", decide_grant, true, false},
    {"comment", decide_comment, true, false},
};

/* Those that stand by themselves, whoever uses them. */
static const struct {
    const char *kind;
    void (*decide)(struct deciding *d);
} shared_rules[] = {
    {"enum", decide_type},
    {"domain", decide_type},
    {"composite type", decide_type},
    {"range type", decide_type},
    {"extension", decide_extension},
    {"view", decide_object},
    {"materialized view", decide_object},
    {"function", decide_object},
    {"procedure", decide_object},
    {"trigger", decide_object},
    {"rule", decide_object},
    {"statistics", decide_object},
    {"setting", decide_setting},
    {"schema", decide_schema},
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

/* What no founder needs to leave out: it comes with a warning of its own. */
static const struct {
    const char *kind, *why;
} told[] = {
    {"oplog", "it is not applied, and the dump is consistent only with it"},
};

static const struct left_out *left_out_of(const struct deciding *d)
{
    const struct project *project = d->schema->project;
    for (size_t i = 0; d->object->entity != NULL && i < project->left_out_count; i++)
        if (strcmp(project->left_outs[i].source->name, d->catalog->source) == 0 &&
            strcmp(project->left_outs[i].from, d->object->entity) == 0)
            return &project->left_outs[i];
    return NULL;
}

/* A column of the object that its mapping drops by name, or NULL. */
static const char *dropped_column(const struct deciding *d)
{
    const struct words *drops = &d->output->entity->drops;
    for (size_t c = 0; c < d->object->columns.count; c++)
        for (size_t i = 0; i < drops->count; i++)
            if (path_is_name(drops->items[i], d->object->columns.items[c]))
                return drops->items[i];
    return NULL;
}

/* What is said of something that is decided by itself, and not made. */
static void decide_said(struct deciding *d)
{
    for (size_t i = 0; d->out->fate != KEEPING_NOT && i < d->object->need_count; i++) {
        const struct catalog_need *need = &d->object->needs[i];
        const struct catalog_need of = {need->column, need->name, NULL, NULL};
        const struct catalog_object *object =
            strcmp(need->kind, "object") == 0 ? kept_object_find(d->catalog, &of) : NULL;
        struct keeping decided = {.fate = KEEPING_NOT};
        if (strcmp(need->kind, "object") != 0)
            continue;
        if (object != NULL &&
            !keeping_decide(d->schema, d->catalog, object, d->arena, &decided, d->error))
            d->failed = true;
        if (decided.fate == KEEPING_NOT)
            *d->out = (struct keeping){
                .fate = KEEPING_NOT,
                .why = deciding_text(
                    d, arena_printf(d->arena, "the %s %s is not kept", need->column, need->name))};
    }
}

/* False: it is none of these. */
static bool decide_shared(struct deciding *d)
{
    bool postgres = strcmp(d->catalog->kind, source_kind_names[SOURCE_POSTGRES]) == 0;
    for (size_t i = 0; postgres && i < sizeof shared_rules / sizeof shared_rules[0]; i++)
        if (strcmp(shared_rules[i].kind, d->object->kind) == 0) {
            shared_rules[i].decide(d);
            return true;
        }
    bool index = d->object->entity == NULL && strcmp(d->object->kind, "index") == 0;
    bool said = strcmp(d->object->kind, "comment") == 0 || strcmp(d->object->kind, "grant") == 0 ||
                strcmp(d->object->kind, "revocation") == 0;
    if (postgres && d->object->definition != NULL && (index || said)) {
        decide_object(d); /* of a materialized view; of what is made as it is */
        decide_said(d);
        return true;
    }
    return false;
}

bool keeping_decide(const struct schema *schema, const struct catalog *catalog,
                    const struct catalog_object *object, struct arena *arena, struct keeping *out,
                    struct error *error)
{
    struct deciding d = {schema, catalog, object, NULL, arena, out, error, false};
    const struct left_out *left = left_out_of(&d);
    size_t rule = strcmp(catalog->kind, source_kind_names[SOURCE_POSTGRES]) == 0 ? 0 : RULE_COUNT;
    *out = (struct keeping){.fate = KEEPING_NOT};
    d.output = find_output(&d, object->entity);
    while (rule < RULE_COUNT && strcmp(rules[rule].kind, object->kind) != 0)
        rule++;
    const char *dropped = d.output != NULL ? dropped_column(&d) : NULL;
    if (left != NULL)
        out->with = deciding_text(&d, arena_printf(arena, "goes with %s, which is left out: %s",
                                                   object->entity, left->reason));
    else if (decide_shared(&d) && out->fate != KEEPING_NOT)
        out->with = NULL; /* others than a column that is dropped are of it */
    else if (dropped != NULL)
        out->with =
            deciding_text(&d, arena_printf(arena, "goes with the column %s, which %s.json drops",
                                           dropped, d.output->entity->name));
    else if (d.output == NULL)
        decide_rows(&d);
    else if (rule < RULE_COUNT && rules[rule].forgone &&
             project_not_kept(schema->project, catalog->source, object->kind, object->name) != NULL)
        out->why = "it is left out by name";
    else if (rule < RULE_COUNT && (!rules[rule].needs_ddl || output_is_made(schema, d.output)))
        rules[rule].decide(&d);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (strcmp(told[i].kind, object->kind) == 0)
            out->with = told[i].why;
    return d.failed ? error_memory(error) : true;
}
