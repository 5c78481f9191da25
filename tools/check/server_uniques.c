#include "server_uniques.h"

#include "graduate/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTHING_REPLACED = -1 };

/* Of one table: what the schema, or the target, has there that is unique. */
struct gathering {
    struct server_uniques *uniques;
    const struct schema *schema;
    const struct schema_output *output; /* the first form */
    const struct uniques_asking *asking;
    const char *why; /* nothing is asked; or NULL */
    size_t next;     /* place */
    size_t most;
    bool is_there; /* the table, in the target */
    struct error *error;
};

static size_t first_form(const struct schema *schema, const struct schema_output *output)
{
    size_t first = 0;
    while (strcmp(schema->outputs[first].table->label, output->table->label) != 0)
        first++;
    return first;
}

/* ---- which are asked about ---------------------------------------------------------------------
 */

/* Are two values of the column the same where the bytes that are sent are? What is rounded or
 * padded by its type is not. */
static bool shows_in_bytes(const struct schema_column *column)
{
    static const bool one_form[PG_BASE_COUNT] = {
        [PG_BOOL] = true, [PG_INT2] = true,    [PG_INT4] = true,      [PG_INT8] = true,
        [PG_TEXT] = true, [PG_VARCHAR] = true, [PG_BYTEA] = true,     [PG_UUID] = true,
        [PG_DATE] = true, [PG_TIME] = true,    [PG_TIMESTAMP] = true, [PG_TIMESTAMPTZ] = true,
    };
    return one_form[column->type.base] && !column->type.array && column->type.seconds == 0 &&
           column->collation == NULL;
}

static const struct schema_column *find_column(const struct schema_output *output, const char *name)
{
    for (size_t c = 0; c < output->column_count; c++)
        if (strcmp(output->columns[c].name, name) == 0)
            return &output->columns[c];
    return NULL;
}

/* The columns of set `place`, as SQL: the key, or one of the output's `uniques`. */
static void put_set(struct buffer *sql, const struct schema_output *output, size_t place,
                    bool *shows)
{
    size_t count = place == 0 ? output->key_count : output->uniques[place - 1].count;
    *shows = true;
    for (size_t i = 0; i < count; i++) {
        const struct schema_column *column =
            place == 0 ? &output->columns[output->key[i]]
                       : find_column(output, output->uniques[place - 1].items[i]);
        *shows = *shows && column != NULL && shows_in_bytes(column);
        buffer_puts(sql, i > 0 ? ", " : "");
        sql_put_identifier(sql, column != NULL ? column->name : "");
    }
}

/* The set that has these columns, as SQL; NOTHING_REPLACED: none. */
static int find_set(const struct schema_output *output, const char *columns, size_t length,
                    bool *shows)
{
    struct buffer sql;
    int found = NOTHING_REPLACED;
    buffer_init(&sql);
    for (size_t place = 0; place <= output->unique_count && found < 0; place++) {
        buffer_clear(&sql);
        put_set(&sql, output, place, shows);
        if (!sql.failed && sql.length == length && length > 0 &&
            memcmp(buffer_text(&sql), columns, length) == 0)
            found = (int)place;
    }
    buffer_release(&sql);
    return found;
}

/* "using btree (COLUMNS)" and what stands behind it. */
static const char *columns_of(const char *form, size_t *length, bool *nulls_equal)
{
    static const char head[] = "using btree (";
    if (strncmp(form, head, strlen(head)) != 0 || strstr(form, " where ") != NULL)
        return NULL;
    const char *columns = form + strlen(head), *end = columns;
    for (bool quoted = false; *end != '\0' && (quoted || *end != ')'); end++)
        quoted = quoted != (*end == '"');
    *length = (size_t)(end - columns);
    *nulls_equal = strstr(end, " nulls not distinct") != NULL;
    return *end == ')' ? columns : NULL;
}

static bool is_known(const struct gathering *g, const char *name)
{
    size_t form = (size_t)(g->output - g->schema->outputs);
    for (size_t i = 0; i < g->uniques->count; i++)
        if (g->uniques->items[i].output == form && strcmp(g->uniques->items[i].name, name) == 0)
            return true;
    return false;
}

static bool leave(struct server_uniques *uniques, const char *table, const char *kind,
                  const char *name, const char *why, struct error *error)
{
    cJSON *one = cJSON_CreateObject();
    return (cJSON_AddItemToArray(uniques->not_asked, one) &&
            cJSON_AddStringToObject(one, "table", table) != NULL &&
            cJSON_AddStringToObject(one, "kind", kind) != NULL &&
            cJSON_AddStringToObject(one, "name", name) != NULL &&
            cJSON_AddStringToObject(one, "why", why) != NULL) ||
           error_memory(error);
}

/* `check`: a condition; NULL: it is an index. */
static bool add(struct gathering *g, const char *name, int replaces, const char *check)
{
    struct server_uniques *uniques = g->uniques;
    struct server_unique *grown =
        arena_alloc(&uniques->arena, uniques->count + 1, sizeof *uniques->items);
    char *copy = arena_text(&uniques->arena, name);
    char *condition = check != NULL ? arena_text(&uniques->arena, check) : NULL;
    if (grown == NULL || copy == NULL || (check != NULL && condition == NULL))
        return error_memory(g->error);
    if (uniques->count > 0)
        memcpy(grown, uniques->items, uniques->count * sizeof *grown);
    uniques->items = grown;
    grown[uniques->count++] = (struct server_unique){
        .name = copy,
        .check = condition,
        .output = (size_t)(g->output - g->schema->outputs),
        .place = check != NULL ? 0 : g->next++,
        .replaces = replaces,
    };
    return true;
}

/* Those that the run makes. */
static bool add_made(struct gathering *g)
{
    for (size_t i = 0; i < g->schema->statement_count; i++) {
        const struct schema_statement *statement = &g->schema->statements[i];
        bool shows = false, nulls_equal = false;
        size_t length;
        if (statement->index_name == NULL ||
            strcmp(statement->table, g->output->table->label) != 0 ||
            is_known(g, statement->index_name))
            continue;
        const char *columns = columns_of(statement->index_form, &length, &nulls_equal);
        int set = columns != NULL ? find_set(g->output, columns, length, &shows) : NOTHING_REPLACED;
        if (set >= 0 && shows && !nulls_equal && !g->is_there)
            continue;
        if (set == 0 && shows) /* rows with the same key are if_there's */
            continue;
        if (!add(g, statement->index_name, set, NULL))
            return false;
    }
    return true;
}

/* What each row must keep to by the mapping; a table that is there has its own. */
static bool add_conditions(struct gathering *g)
{
    const struct mapping_table *table = g->output->table;
    for (size_t i = 0; i < table->check_count && !g->is_there; i++)
        if (!add(g, table->checks[i].name, NOTHING_REPLACED, table->checks[i].expression))
            return false;
    return true;
}

/* What Supabase Auth fails at in one row of its own, and the database takes: as
 * fixtures/supabase/scanner_check.sql has it. Of values, transform says it already; a column that
 * no mapping fills is told of the table. */
static bool add_account_conditions(struct gathering *g)
{
    static const struct {
        const char *table, *name, *condition;
    } conditions[] = {
        {"auth.users", "of Supabase Auth (no look-up finds the user)",
         "instance_id IS NOT DISTINCT FROM '00000000-0000-0000-0000-000000000000'::uuid"},
        {"auth.users", "of Supabase Auth (no look-up finds the user)",
         "aud IS NOT DISTINCT FROM 'authenticated'"},
        {"auth.users", "of Supabase Auth (it becomes the database role of the user's requests)",
         "role IS NOT DISTINCT FROM 'authenticated'"},
        {"auth.users", "of Supabase Auth (sign-in is refused, and OAuth deletes the password)",
         "(encrypted_password <> '' AND email <> '' AND email_confirmed_at IS NULL) IS NOT TRUE"},
        {"auth.identities", "of Supabase Auth (an identity has a \"sub\", which is a text)",
         "(jsonb_typeof(identity_data -> 'sub') = 'string' AND identity_data ->> 'sub' <> '')"
         " IS TRUE"},
        {"auth.identities", "of Supabase Auth (of an e-mail or a phone it is the user's id)",
         "(provider IN ('email', 'phone') AND provider_id <> user_id::text) IS NOT TRUE"},
    };
    const char *label = g->output->table->label;
    bool ok = true;
    for (size_t i = 0; ok && g->is_there && !g->schema->project->plain &&
                       i < sizeof conditions / sizeof conditions[0];
         i++)
        if (strcmp(conditions[i].table, label) == 0)
            ok = add(g, conditions[i].name, NOTHING_REPLACED, conditions[i].condition);
    return ok;
}

/* Those of a table that is there; and what else it has that no one looks at here. */
static bool add_constraints(struct gathering *g)
{
    static const char sql[] =
        "SELECT conname, contype, pg_get_expr(conbin, conrelid) FROM pg_constraint"
        " WHERE conrelid = to_regclass($1) AND contype IN ('c', 'x') ORDER BY 1";
    struct buffer qualified;
    PGresult *found = NULL;
    struct error why;
    buffer_init(&qualified);
    sql_put_qualified(&qualified, g->output->table->schema, g->output->table->name);
    const char *parameter = buffer_text(&qualified);
    bool ok = buffer_ok(&qualified, g->error);
    if (ok && !postgres_query(&g->uniques->target, sql, &parameter, 1, &found, &why))
        g->why = arena_text(&g->uniques->arena, why.message);
    buffer_release(&qualified);
    for (int row = 0; ok && found != NULL && row < PQntuples(found); row++) {
        const char *name = PQgetvalue(found, row, 0);
        ok = PQgetvalue(found, row, 1)[0] == 'c'
                 ? add(g, name, NOTHING_REPLACED, PQgetvalue(found, row, 2))
                 : leave(g->uniques, g->output->table->label, "exclusion constraint", name,
                         "what it excludes shows when the rows are loaded", g->error);
    }
    PQclear(found);
    return ok;
}

/* Of a table that is made, from its source. */
static bool leave_exclusions(struct gathering *g)
{
    static const char head[] = "exclusion ";
    bool ok = true;
    for (size_t i = 0; ok && i < g->schema->statement_count; i++) {
        const struct schema_statement *statement = &g->schema->statements[i];
        const char *name = statement->name + strlen(head);
        char text[80];
        if (strncmp(statement->name, head, strlen(head)) != 0 ||
            strcmp(statement->table, g->output->table->label) != 0)
            continue;
        snprintf(text, sizeof text, "%.*s", (int)strcspn(name, " "), name);
        ok = leave(g->uniques, statement->table, "exclusion constraint", text,
                   "what it excludes shows when the rows are there", g->error);
    }
    return ok;
}

/* Those that the target has, if it has the table. */
static bool add_found(struct gathering *g)
{
    static const char sql[] =
        "SELECT c.relname, CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL THEN (SELECT"
        "  string_agg('\"' || replace(a.attname, '\"', '\"\"') || '\"', ', ' ORDER BY k.n) FROM"
        "  unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON"
        "  a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts) END"
        " FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique AND"
        " i.indislive LEFT JOIN pg_class c ON c.oid = i.indexrelid WHERE t.oid = to_regclass($1)"
        " ORDER BY 1";
    struct buffer qualified;
    PGresult *found = NULL;
    buffer_init(&qualified);
    sql_put_qualified(&qualified, g->output->table->schema, g->output->table->name);
    const char *parameter = buffer_text(&qualified);
    struct error why;
    bool ok = buffer_ok(&qualified, g->error);
    if (ok && !postgres_query(&g->uniques->target, sql, &parameter, 1, &found, &why))
        g->why = arena_text(&g->uniques->arena, why.message);
    buffer_release(&qualified);
    g->is_there = found != NULL && PQntuples(found) > 0;
    for (int row = 0; ok && found != NULL && row < PQntuples(found); row++) {
        bool shows = false;
        const char *columns = PQgetvalue(found, row, 1);
        if (PQgetisnull(found, row, 0))
            continue;
        int set = find_set(g->output, columns, strlen(columns), &shows);
        ok = (set == 0 && shows) || add(g, PQgetvalue(found, row, 0), set, NULL);
    }
    PQclear(found);
    return ok;
}

/* ---- how they are asked about ------------------------------------------------------------------
 */

static const char *kind_of(const struct server_unique *unique)
{
    return unique->check != NULL ? "check" : "unique index";
}

static bool open_one(struct gathering *g, size_t number)
{
    struct server_uniques *uniques = g->uniques;
    struct server_unique *unique = &uniques->items[number];
    const struct unique_asking asking = {&uniques->target, number, g->asking->rows};
    const char *label = g->output->table->label, *kind = kind_of(unique);
    struct error why;
    bool used = true;
    if (g->why != NULL)
        return leave(uniques, label, kind, unique->name, g->why, g->error);
    if (unique->place >= g->most)
        return leave(uniques, label, kind, unique->name, "there are too many of them", g->error);
    bool ok = unique->check != NULL ? unique_index_open_check(&unique->index, &asking, g->schema,
                                                              label, unique->check, &used, &why)
                                    : unique_index_open(&unique->index, &asking, g->schema, label,
                                                        unique->name, &why);
    unique->open = ok && used;
    if (!unique->open)
        unique_index_release(&unique->index);
    return ok || leave(uniques, label, kind, unique->name, why.message, g->error);
}

static bool gather_table(struct gathering *g)
{
    size_t before = g->uniques->count;
    g->next = g->output->unique_count + 1;
    g->is_there = false;
    if (g->why == NULL && !(add_found(g) && add_constraints(g)))
        return false;
    if (g->why != NULL && g->output->table->exists &&
        !leave(g->uniques, g->output->table->label, "table", "", g->why, g->error))
        return false;
    bool ok = add_made(g) && add_conditions(g) && add_account_conditions(g) && leave_exclusions(g);
    for (size_t i = before; ok && i < g->uniques->count; i++)
        ok = open_one(g, i);
    return ok;
}

bool server_uniques_open(struct server_uniques *uniques, const struct schema *schema, size_t first,
                         size_t count, size_t most, const struct uniques_asking *asking,
                         struct error *error)
{
    struct gathering g = {.uniques = uniques,
                          .schema = schema,
                          .asking = asking,
                          .why = asking->not_asked,
                          .most = most,
                          .error = error};
    struct error why;
    *uniques = (struct server_uniques){.not_asked = cJSON_CreateArray()};
    arena_init(&uniques->arena);
    if (g.why == NULL &&
        !unique_index_connect(&uniques->target, schema->project, asking->stall, &why))
        g.why = arena_text(&uniques->arena, why.message);
    bool ok = uniques->not_asked != NULL || error_memory(error);
    for (size_t i = first; ok && i < first + count; i++) {
        bool again = false;
        for (size_t other = first; other < i; other++)
            again = again || strcmp(schema->outputs[other].table->label,
                                    schema->outputs[i].table->label) == 0;
        if (again)
            continue;
        g.output = &schema->outputs[first_form(schema, &schema->outputs[i])];
        ok = gather_table(&g);
    }
    for (size_t i = 0; ok && i < uniques->count; i++)
        ok = !uniques->items[i].open ||
             unique_index_begin(&uniques->items[i].index, &schema->outputs[first], count, error);
    return ok;
}

void server_uniques_release(struct server_uniques *uniques)
{
    for (size_t i = 0; i < uniques->count; i++)
        if (uniques->items[i].open)
            unique_index_release(&uniques->items[i].index);
    if (uniques->target.connection != NULL)
        postgres_close(&uniques->target);
    cJSON_Delete(uniques->not_asked);
    arena_release(&uniques->arena);
    *uniques = (struct server_uniques){0};
}

bool server_uniques_tell(const struct server_uniques *uniques, const struct schema *schema,
                         const struct schema_output *output, size_t place)
{
    for (size_t i = 0; uniques != NULL && i < uniques->count; i++)
        if (uniques->items[i].open && uniques->items[i].replaces == (int)place &&
            uniques->items[i].output == first_form(schema, output))
            return true;
    return false;
}

bool server_uniques_give_up(struct server_uniques *uniques, struct server_unique *unique,
                            const struct error *why, struct error *error)
{
    bool ok =
        leave(uniques, unique->index.label, kind_of(unique), unique->name, why->message, error);
    unique_index_release(&unique->index);
    unique->open = false;
    return ok;
}
