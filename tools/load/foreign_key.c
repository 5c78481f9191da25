#include "foreign_key.h"

#include "graduate/message.h"

#include <stdlib.h>
#include <string.h>

struct ordering {
    struct postgres *target;
    const struct schema *schema;
    PGresult *keys; /* those of the target, one a row */
    size_t *places; /* of each mapping of the project in the order, from 1; 0: none yet */
    struct loading_order *order;
};

enum { KEY_NAME, KEY_FROM, KEY_TO, KEY_COLUMNS, KEY_OURS, KEY_SQL, KEY_DROP };
static const char keys_sql[] =
    "SELECT c.conname, fn.nspname || '.' || f.relname, tn.nspname || '.' || t.relname,"
    " (SELECT pg_catalog.string_agg(a.attname, E'\\n') FROM pg_catalog.pg_attribute a"
    "   WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)),"
    " pg_catalog.pg_has_role(f.relowner, 'USAGE'),"
    " pg_catalog.format('alter table %I.%I add constraint %I %s', fn.nspname, f.relname, c.conname,"
    "  pg_catalog.pg_get_constraintdef(c.oid)),"
    " pg_catalog.format('alter table %I.%I drop constraint %I', fn.nspname, f.relname, c.conname)"
    " FROM pg_catalog.pg_constraint c"
    " JOIN pg_catalog.pg_class f ON f.oid = c.conrelid"
    " JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace"
    " JOIN pg_catalog.pg_class t ON t.oid = c.confrelid"
    " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
    " WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY 2, 1";

static const char *text(const struct ordering *o, int key, int column)
{
    return PQgetvalue(o->keys, key, column);
}

/* The column of an output that is among the key's; NULL where none is filled: null refers to
 * nothing. */
static const struct schema_column *filled(const struct ordering *o, int key,
                                          const struct schema_output *output)
{
    const char *name = text(o, key, KEY_COLUMNS);
    for (size_t length; *name != '\0'; name += length + (name[length] == '\n')) {
        length = strcspn(name, "\n");
        for (size_t i = 0; i < output->column_count; i++)
            if (strlen(output->columns[i].name) == length &&
                strncmp(output->columns[i].name, name, length) == 0)
                return &output->columns[i];
    }
    return NULL;
}

static bool refers(const struct ordering *o, int key, const struct schema_output *output)
{
    return strcmp(output->table->label, text(o, key, KEY_FROM)) == 0 &&
           filled(o, key, output) != NULL;
}

static bool is_referred_to(const struct ordering *o, int key, const struct schema_output *output)
{
    return strcmp(output->table->label, text(o, key, KEY_TO)) == 0;
}

/* Does the key want `other` loaded before `mapping`? */
static bool needs(const struct ordering *o, int key, const struct mapping *mapping,
                  const struct mapping *other)
{
    bool from = false, to = false;
    for (size_t i = 0; i < o->schema->output_count; i++) {
        const struct schema_output *output = &o->schema->outputs[i];
        from = from || (output->entity == mapping && refers(o, key, output));
        to = to || (output->entity == other && is_referred_to(o, key, output));
    }
    return from && to && mapping != other;
}

static bool needs_any(const struct ordering *o, const struct mapping *mapping,
                      const struct mapping *other)
{
    bool any = false;
    for (int key = 0; !any && key < PQntuples(o->keys); key++)
        any = needs(o, key, mapping, other);
    return any;
}

/* What a mapping needs comes before it. Within a circle somebody has to be the first. */
static void place(struct ordering *o, bool *begun, size_t index)
{
    const struct project *project = o->schema->project;
    const struct mapping *mapping = project->mappings[index];
    struct loading_order *order = o->order;
    if (begun[index])
        return;
    begun[index] = true;
    for (size_t other = 0; other < project->mapping_count; other++) {
        if (!needs_any(o, mapping, project->mappings[other]))
            continue;
        place(o, begun, other);
        if (o->places[other] > 0)
            order->afters[order->after_count++] =
                (struct after){mapping->name, project->mappings[other]->name};
    }
    order->entities.items[order->entities.count++] = mapping->name;
    o->places[index] = order->entities.count;
}

static size_t place_of(const struct ordering *o, const struct mapping *mapping)
{
    size_t i = 0;
    while (o->schema->project->mappings[i] != mapping)
        i++;
    return o->places[i];
}

/* Does the column hold what the record's row in `to` has as its key? */
static bool is_of_same_record(const struct schema_column *column, const struct schema_output *to)
{
    const struct mapping_column *mine = column->mapping;
    const struct mapping_column *key = to->key_count == 1 ? to->columns[to->key[0]].mapping : NULL;
    if (mine == NULL || mine->value.kind == VALUE_PARENT)
        return mine != NULL;
    return key != NULL && mine->value.kind == VALUE_FROM && key->value.kind == VALUE_FROM &&
           strcmp(mine->value.from, key->value.from) == 0 &&
           mine->value.id_of == key->value.id_of && mine->value.function_count == 0 &&
           key->value.function_count == 0 && mine->value.when.count == 0 &&
           key->value.when.count == 0;
}

/* Are the rows that one output makes there when the other's refer to them? Of the same entity only
 * those of the same record are: a child's parent, or what has the record's own id, before it. */
static bool is_kept_by(const struct ordering *o, int key, const struct schema_output *from,
                       const struct schema_output *to)
{
    if (from->entity != to->entity)
        return place_of(o, to->entity) < place_of(o, from->entity);
    return to < from && is_of_same_record(filled(o, key, from), to) &&
           strchr(text(o, key, KEY_COLUMNS), '\n') == NULL &&
           strcmp(from->table->label, to->table->label) != 0;
}

static bool is_kept(const struct ordering *o, int key)
{
    const struct schema *schema = o->schema;
    for (size_t i = 0; i < schema->output_count; i++)
        for (size_t j = 0; j < schema->output_count; j++)
            if (refers(o, key, &schema->outputs[i]) &&
                is_referred_to(o, key, &schema->outputs[j]) &&
                !is_kept_by(o, key, &schema->outputs[i], &schema->outputs[j]))
                return false;
    return true;
}

/* Nothing looks at it while the data is loaded, so it may stand. */
static bool is_not_looked_at(const struct ordering *o, int key)
{
    for (size_t i = 0; i < o->schema->output_count; i++) {
        const struct mapping_table *table = o->schema->outputs[i].table;
        if (table->triggers_off && strcmp(table->label, text(o, key, KEY_FROM)) == 0)
            return true;
    }
    return false;
}

/* A step of an earlier end of the run made it: it is to be taken again. */
static bool keep_and_drop(struct ordering *o, int key, const char *run, struct error *error)
{
    const char *const kept[] = {o->schema->project->name, text(o, key, KEY_FROM),
                                text(o, key, KEY_NAME), text(o, key, KEY_SQL)};
    const char *const step[] = {run, text(o, key, KEY_NAME), text(o, key, KEY_FROM)};
    PGresult *result;
    if (!postgres_query(o->target,
                        "INSERT INTO graduate.foreign_keys (project, table_name, name, sql)"
                        " VALUES ($1, $2, $3, $4) ON CONFLICT (project, table_name, name)"
                        " DO UPDATE SET sql = excluded.sql",
                        kept, 4, &result, error))
        return false;
    PQclear(result);
    if (!postgres_query(o->target,
                        "DELETE FROM graduate.steps WHERE run = $1"
                        " AND step = 'foreign key ' || $2 || ' of ' || $3",
                        step, 3, &result, error))
        return false;
    PQclear(result);
    return postgres_exec(o->target, text(o, key, KEY_DROP), error);
}

static bool take_off(struct ordering *o, const char *run, struct error *error)
{
    for (int key = 0; key < PQntuples(o->keys); key++) {
        const char *name = text(o, key, KEY_NAME), *table = text(o, key, KEY_FROM);
        if (is_not_looked_at(o, key) || is_kept(o, key))
            continue;
        if (text(o, key, KEY_OURS)[0] != 't') {
            message_warning("the foreign key %s of %s refers to rows that may be loaded later, and "
                            "this role may not take it off: the load may fail",
                            name, table);
            continue;
        }
        if (!keep_and_drop(o, key, run, error))
            return false;
        message_info("foreign key %s of %s: off while the data is loaded, since no order of it "
                     "would do; it is made again after it",
                     name, table);
    }
    return true;
}

void loading_order_release(struct loading_order *order)
{
    free(order->entities.items);
    free(order->afters);
    *order = (struct loading_order){.after_count = 0};
}

/* Does one of them act on what the entity's rows do? `said`: tables, and when their triggers act. */
static bool has_trigger(const PGresult *said, const struct mapping *mapping)
{
    bool any = false;
    for (size_t t = 0; t < mapping->table_count; t++)
        for (int i = 0; !any && i < PQntuples(said); i++)
            any = strcmp(mapping->tables[t].label, PQgetvalue(said, i, 0)) == 0 &&
                  strchr(mapping->tables[t].triggers_off ? "RA" : "OA",
                         PQgetvalue(said, i, 1)[0]) != NULL;
    return any;
}

/* A trigger may write wherever it likes, also where another entity's rows go, and two that wait for
 * each other's rows are at an end: so an entity with one goes alone. */
static bool set_alone(struct ordering *o, struct error *error)
{
    static const char sql[] =
        "SELECT DISTINCT n.nspname || '.' || c.relname, t.tgenabled FROM pg_catalog.pg_trigger t"
        " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT t.tgisinternal AND t.tgtype & 20 <> 0"; /* at INSERT or UPDATE */
    const struct project *project = o->schema->project;
    struct loading_order *order = o->order;
    PGresult *said;
    if (!postgres_query(o->target, sql, NULL, 0, &said, error))
        return false;
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t j = 0; j < project->mapping_count; j++)
            if (o->places[j] < o->places[i] && (has_trigger(said, project->mappings[i]) ||
                                                has_trigger(said, project->mappings[j])))
                order->afters[order->after_count++] =
                    (struct after){project->mappings[i]->name, project->mappings[j]->name};
    PQclear(said);
    return true;
}

bool foreign_key_prepare(struct postgres *target, const struct schema *schema, const char *run,
                         struct loading_order *order, struct error *error)
{
    size_t count = schema->project->mapping_count;
    bool *begun = calloc(count + 1, sizeof *begun);
    struct ordering o = {target, schema, NULL, calloc(count + 1, sizeof *o.places), order};
    *order = (struct loading_order){
        .entities = {.items = calloc(count + 1, sizeof *order->entities.items)},
        .afters = calloc(2 * count * count + 1, sizeof *order->afters), /* of keys, of triggers */
    };
    bool ok = begun != NULL && o.places != NULL && order->entities.items != NULL &&
                      order->afters != NULL
                  ? postgres_query(target, keys_sql, NULL, 0, &o.keys, error)
                  : error_memory(error);
    for (size_t i = 0; ok && i < count; i++)
        place(&o, begun, i);
    ok = ok && set_alone(&o, error) && take_off(&o, run, error);
    PQclear(o.keys);
    free(o.places);
    free(begun);
    return ok;
}

bool foreign_key_read_off(struct postgres *target, const struct project *project, PGresult **keys,
                          struct error *error)
{
    return postgres_query(
        target,
        "SELECT table_name, 'foreign key ' || name || ' of ' || table_name, sql,"
        " pg_catalog.format('select 1 from pg_catalog.pg_constraint c"
        " join pg_catalog.pg_class t on t.oid = c.conrelid"
        " join pg_catalog.pg_namespace n on n.oid = t.relnamespace"
        " where c.conname = %L and n.nspname || ''.'' || t.relname = %L', name, table_name)"
        " FROM graduate.foreign_keys WHERE project = $1 ORDER BY 2",
        &project->name, 1, keys, error);
}

bool foreign_key_forget(struct postgres *target, const struct project *project, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, "DELETE FROM graduate.foreign_keys WHERE project = $1",
                        &project->name, 1, &result, error))
        return false;
    PQclear(result);
    return true;
}

/* The keys of a table, with a query each for those rows of the run ($1) that they do not allow:
 * what one of them refers to, and how many there are. The operators are those of the key. */
enum { ROWS_NAME, ROWS_TO, ROWS_COLUMNS, ROWS_SQL };
static const char rows_sql[] =
    "SELECT c.conname, tn.nspname || '.' || t.relname, k.names,"
    " pg_catalog.format('SELECT pg_catalog.concat_ws('', '', %1$s), count(*) OVER () FROM %2$s t"
    "  WHERE pg_catalog.num_nonnulls(%1$s) %3$s AND t.xmin::text::bigint IN"
    "  (SELECT transaction & 4294967295 FROM graduate.batches WHERE run = $1)"
    "  AND NOT EXISTS (SELECT FROM %4$s p WHERE %5$s) LIMIT 1', k.mine, c.conrelid::regclass,"
    "  CASE c.confmatchtype WHEN 'f' THEN '> 0' ELSE '= ' || pg_catalog.cardinality(c.conkey) END,"
    "  CASE t.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || c.confrelid::regclass, k.equal)"
    " FROM pg_catalog.pg_constraint c"
    " JOIN pg_catalog.pg_class f ON f.oid = c.conrelid"
    " JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace"
    " JOIN pg_catalog.pg_class t ON t.oid = c.confrelid"
    " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
    " CROSS JOIN LATERAL (SELECT"
    "  pg_catalog.string_agg(a.attname, ', ' ORDER BY u.place) AS names,"
    "  pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' ORDER BY u.place) AS mine,"
    "  pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) t.%I', b.attname, n.nspname,"
    "   e.oprname, a.attname), ' AND ') AS equal"
    "  FROM ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey),"
    "   pg_catalog.unnest(c.conpfeqop)) WITH ORDINALITY"
    "   AS u (mine, other, operator, place)"
    "  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.mine"
    "  JOIN pg_catalog.pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = u.other"
    "  JOIN pg_catalog.pg_operator e ON e.oid = u.operator"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = e.oprnamespace) k"
    " WHERE c.contype = 'f' AND c.conparentid = 0 AND fn.nspname = $1 AND f.relname = $2"
    " ORDER BY c.conname";

static bool check_rows_of_key(struct postgres *target, const struct mapping *mapping,
                              const struct mapping_table *table, const PGresult *keys, int key,
                              const char *run, struct error *error)
{
    PGresult *rows;
    if (!postgres_query(target, PQgetvalue(keys, key, ROWS_SQL), &run, 1, &rows, error))
        return false;
    bool ok = PQntuples(rows) == 0;
    if (!ok) {
        error_set(error, ERROR_DATA,
                  "%s rows of %s refer to rows that are not in %s, which its foreign key %s does "
                  "not allow; one has %s = %s",
                  PQgetvalue(rows, 0, 1), table->label, PQgetvalue(keys, key, ROWS_TO),
                  PQgetvalue(keys, key, ROWS_NAME), PQgetvalue(keys, key, ROWS_COLUMNS),
                  PQgetvalue(rows, 0, 0));
        error_hint(error,
                   "triggers are off for this table, and with them its foreign keys while it is "
                   "loaded: correct it in the source, then graduate run --run-dir DIR --restart %s",
                   mapping->name);
        error_at(error, mapping->name, NULL, PQgetvalue(keys, key, ROWS_COLUMNS));
    }
    PQclear(rows);
    return ok;
}

static bool check_rows_of_table(struct postgres *target, const struct mapping *mapping,
                                const struct mapping_table *table, const char *run,
                                struct error *error)
{
    const char *const parameters[] = {table->schema, table->name};
    PGresult *keys;
    if (!postgres_query(target, rows_sql, parameters, 2, &keys, error))
        return false;
    bool ok = true;
    for (int key = 0; ok && key < PQntuples(keys); key++)
        ok = check_rows_of_key(target, mapping, table, keys, key, run, error);
    PQclear(keys);
    return ok;
}

bool foreign_key_check_rows(struct postgres *target, const struct project *project, const char *run,
                            struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        for (size_t t = 0; t < mapping->table_count; t++)
            if (mapping->tables[t].triggers_off &&
                !check_rows_of_table(target, mapping, &mapping->tables[t], run, error))
                return false;
    }
    return true;
}
