#include "graduate/account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int64_t number_at(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* What is read of a partition is known when it is done; until then it is what was loaded. */
static const char entities_sql[] =
    "SELECT p.entity, bool_and(p.state = 'done'),"
    " sum(coalesce(p.records_read, b.records, 0)),"
    " coalesce(sum(b.records - b.filtered - b.rejected - b.retried), 0),"
    " coalesce(sum(b.filtered), 0), coalesce(sum(b.rejected), 0), coalesce(sum(b.retried), 0),"
    " (SELECT count(*) FROM graduate.losses l WHERE l.run = $1::uuid AND l.entity = p.entity)"
    " FROM graduate.partitions p"
    " LEFT JOIN (SELECT entity, partition, sum(records) AS records, sum(filtered) AS filtered,"
    "            sum(rejected) AS rejected, sum(retried) AS retried"
    "            FROM graduate.batches WHERE run = $1::uuid"
    "            GROUP BY entity, partition) b USING (entity, partition)"
    " WHERE p.run = $1::uuid GROUP BY p.entity ORDER BY min(p.begun_at), p.entity";

static bool read_entities(struct postgres *target, const char *run, struct account *account,
                          struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, entities_sql, &run, 1, &result, error))
        return false;
    int count = PQntuples(result);
    account->entities = calloc((size_t)count + 1, sizeof *account->entities);
    bool ok = account->entities != NULL;
    for (int row = 0; ok && row < count; row++) {
        struct account_entity *entity = &account->entities[account->entity_count];
        *entity = (struct account_entity){
            .entity = strdup(PQgetvalue(result, row, 0)),
            .done = PQgetvalue(result, row, 1)[0] == 't',
            .read = number_at(result, row, 2),
            .loaded = number_at(result, row, 3),
            .filtered = number_at(result, row, 4),
            .rejected = number_at(result, row, 5),
            .retried = number_at(result, row, 6),
            .losses = number_at(result, row, 7),
        };
        ok = entity->entity != NULL;
        account->entity_count += ok;
        account->balance += llabs(account_entity_balance(entity));
    }
    PQclear(result);
    return ok ? true : error_memory(error);
}

/* The name is quoted here, by the server, for the count that follows: it is in the ledger as
 * "schema.table". A table that only a batch speaks of would be a fault, and must show as one. */
static const char tables_sql[] =
    "SELECT name, coalesce(t.rows_before, 0), coalesce(l.rows, 0),"
    " quote_ident(split_part(name, '.', 1)) || '.' ||"
    " quote_ident(substr(name, strpos(name, '.') + 1))"
    " FROM (SELECT table_name AS name, rows_before FROM graduate.tables WHERE run = $1::uuid) t"
    " FULL JOIN (SELECT r.key AS name, sum(r.value::bigint) AS rows"
    "            FROM graduate.batches b, jsonb_each_text(b.rows) r WHERE b.run = $1::uuid"
    "            GROUP BY r.key) l USING (name)"
    " ORDER BY name";

/* Of a table that was there: how many rows that a trigger of the run had made, updated and skipped.
 */
static const char met_sql[] =
    "SELECT table_name, count(*) FILTER (WHERE made_in_run), count(*) FILTER (WHERE updated),"
    " count(*) FILTER (WHERE NOT updated) FROM graduate.met WHERE run = $1::uuid"
    " GROUP BY table_name";

/* A ledger of an earlier version has none. */
static bool read_met(struct postgres *target, const char *run, struct account *account,
                     struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, "SELECT WHERE pg_catalog.to_regclass('graduate.met') IS NOT NULL",
                        NULL, 0, &result, error))
        return false;
    bool there = PQntuples(result) > 0;
    PQclear(result);
    if (!there)
        return true;
    if (!postgres_query(target, met_sql, &run, 1, &result, error))
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        for (size_t i = 0; i < account->table_count; i++) {
            struct account_table *table = &account->tables[i];
            if (strcmp(table->table, PQgetvalue(result, row, 0)) != 0)
                continue;
            table->loaded += number_at(result, row, 1);
            table->updated = number_at(result, row, 2);
            table->skipped = number_at(result, row, 3);
        }
    PQclear(result);
    return true;
}

static bool read_tables(struct postgres *target, const char *run, struct account *account,
                        struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, tables_sql, &run, 1, &result, error))
        return false;
    int count = PQntuples(result);
    account->tables = calloc((size_t)count + 1, sizeof *account->tables);
    bool ok = account->tables != NULL ? true : error_memory(error);
    for (int row = 0; ok && row < count; row++) {
        struct account_table *table = &account->tables[account->table_count];
        *table = (struct account_table){
            .table = strdup(PQgetvalue(result, row, 0)),
            .before = number_at(result, row, 1),
            .loaded = number_at(result, row, 2),
        };
        ok = table->table != NULL ? true : error_memory(error);
        account->table_count += ok;
        ok = ok && postgres_count_rows(target, PQgetvalue(result, row, 3), &table->present, error);
    }
    PQclear(result);
    ok = ok && read_met(target, run, account, error);
    for (size_t i = 0; ok && i < account->table_count; i++)
        account->balance += llabs(account_table_balance(&account->tables[i]));
    return ok;
}

/* A row per entity, path and number that is not zero; of one entity where $2 names it. */
static const char paths_sql[] =
    "SELECT b.entity, p.key, f.key, sum(f.value::bigint)"
    " FROM graduate.batches b JOIN graduate.partitions o USING (run, entity, partition),"
    " jsonb_each(b.paths) p, jsonb_each_text(p.value) f"
    " WHERE b.run = $1::uuid AND b.entity = coalesce($2, b.entity)"
    " GROUP BY b.entity, p.key, f.key ORDER BY min(min(o.begun_at)) OVER (PARTITION BY b.entity),"
    " b.entity, p.key COLLATE \"C\"";

static bool read_number(const PGresult *result, int row, struct account_path *path)
{
    for (size_t fate = 0; fate < FATE_COUNT; fate++)
        if (strcmp(fate_names[fate], PQgetvalue(result, row, 2)) == 0) {
            path->values[fate] = number_at(result, row, 3);
            return true;
        }
    return false;
}

static bool read_paths(struct postgres *target, const char *run, const char *entity,
                       struct account *account, struct error *error)
{
    const char *const parameters[] = {run, entity};
    PGresult *result;
    if (!postgres_query(target, paths_sql, parameters, 2, &result, error))
        return false;
    int count = PQntuples(result);
    account->paths = calloc((size_t)count + 1, sizeof *account->paths);
    bool ok = account->paths != NULL || error_memory(error);
    struct account_path *path = NULL;
    for (int row = 0; ok && row < count; row++) {
        const char *name = PQgetvalue(result, row, 0), *at = PQgetvalue(result, row, 1);
        if (path == NULL || strcmp(path->entity, name) != 0 || strcmp(path->path, at) != 0) {
            path = &account->paths[account->path_count++];
            path->entity = strdup(name);
            path->path = strdup(at);
            ok = (path->entity != NULL && path->path != NULL) || error_memory(error);
        }
        if (ok && !read_number(result, row, path))
            ok = error_set(error, ERROR_TARGET,
                           "the ledger says of %s, %s: \"%s\", which is no fate", name, at,
                           PQgetvalue(result, row, 2));
    }
    for (size_t i = 0; ok && i < account->path_count; i++)
        account->balance += llabs(account_path_balance(&account->paths[i]));
    PQclear(result);
    return ok;
}

bool account_read_paths(struct postgres *target, const char *run, const char *entity,
                        struct account *account, struct error *error)
{
    *account = (struct account){0};
    if (read_paths(target, run, entity, account, error))
        return true;
    account_release(account);
    return false;
}

bool account_read(struct postgres *target, const char *run, struct account *account,
                  struct error *error)
{
    *account = (struct account){0};
    /* One snapshot, so that a batch that comes in meanwhile is in the ledger and in its tables, or
     * in neither. */
    bool ok = postgres_exec(target, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    if (!ok)
        return false;
    ok = read_entities(target, run, account, error) && read_tables(target, run, account, error) &&
         read_paths(target, run, NULL, account, error);
    struct error unused;
    postgres_exec(target, "ROLLBACK", &unused);
    if (!ok)
        account_release(account);
    return ok;
}

void account_put_first(struct account *account, const char *entity)
{
    size_t moved = 0;
    for (size_t i = 0; i < account->entity_count; i++) {
        const struct account_entity found = account->entities[i];
        if (strcmp(found.entity, entity) != 0)
            continue;
        memmove(&account->entities[1], &account->entities[0], i * sizeof found);
        account->entities[0] = found;
    }
    for (size_t i = 0; i < account->path_count; i++) {
        const struct account_path found = account->paths[i];
        if (strcmp(found.entity, entity) != 0)
            continue;
        memmove(&account->paths[moved + 1], &account->paths[moved], (i - moved) * sizeof found);
        account->paths[moved++] = found;
    }
}

void account_release(struct account *account)
{
    for (size_t i = 0; i < account->entity_count; i++)
        free(account->entities[i].entity);
    for (size_t i = 0; i < account->table_count; i++)
        free(account->tables[i].table);
    for (size_t i = 0; i < account->path_count; i++) {
        free(account->paths[i].entity);
        free(account->paths[i].path);
    }
    free(account->entities);
    free(account->tables);
    free(account->paths);
    *account = (struct account){0};
}

int64_t account_entity_balance(const struct account_entity *entity)
{
    return entity->read - entity->loaded - entity->filtered - entity->rejected - entity->retried;
}

int64_t account_table_balance(const struct account_table *table)
{
    return table->present - table->before - table->loaded;
}

int64_t account_path_balance(const struct account_path *path)
{
    int64_t balance = path->values[FATE_SEEN];
    for (size_t fate = FATE_SEEN + 1; fate < FATE_TERMS; fate++)
        balance -= path->values[fate];
    return balance;
}

static bool add_numbers(cJSON *object, const char *const *names, const int64_t *values,
                        size_t count, int64_t balance)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = cJSON_AddNumberToObject(object, names[i], (double)values[i]) != NULL;
    return ok && cJSON_AddNumberToObject(object, "balance", (double)balance) != NULL;
}

static bool add_entity(cJSON *array, const struct account_entity *entity)
{
    static const char *const names[] = {"read",     "loaded",  "filtered",
                                        "rejected", "retried", "losses"};
    const int64_t values[] = {entity->read,     entity->loaded,  entity->filtered,
                              entity->rejected, entity->retried, entity->losses};
    cJSON *object = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, object) &&
           cJSON_AddStringToObject(object, "entity", entity->entity) != NULL &&
           cJSON_AddBoolToObject(object, "done", entity->done) != NULL &&
           add_numbers(object, names, values, sizeof names / sizeof names[0],
                       account_entity_balance(entity));
}

static bool add_table(cJSON *array, const struct account_table *table)
{
    static const char *const names[] = {"before", "loaded", "present"};
    const int64_t values[] = {table->before, table->loaded, table->present};
    cJSON *object = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, object) &&
           cJSON_AddStringToObject(object, "table", table->table) != NULL &&
           (table->updated == 0 ||
            cJSON_AddNumberToObject(object, "updated", (double)table->updated) != NULL) &&
           (table->skipped == 0 ||
            cJSON_AddNumberToObject(object, "skipped", (double)table->skipped) != NULL) &&
           add_numbers(object, names, values, sizeof names / sizeof names[0],
                       account_table_balance(table));
}

/* The terms, and of the numbers beside them those that are not zero. */
static bool add_path(cJSON *array, const struct account_path *path)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(array, object) &&
              cJSON_AddStringToObject(object, "entity", path->entity) != NULL &&
              cJSON_AddStringToObject(object, "path", path->path) != NULL &&
              add_numbers(object, fate_names, path->values, FATE_TERMS, account_path_balance(path));
    for (size_t number = FATE_TERMS; ok && number < FATE_COUNT; number++)
        ok = path->values[number] == 0 ||
             cJSON_AddNumberToObject(object, fate_names[number], (double)path->values[number]) !=
                 NULL;
    return ok;
}

cJSON *account_to_json(const struct account *account)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *entities = cJSON_AddArrayToObject(json, "entities");
    cJSON *tables = cJSON_AddArrayToObject(json, "tables");
    cJSON *paths = cJSON_AddArrayToObject(json, "paths");
    bool ok = entities != NULL && tables != NULL && paths != NULL;
    for (size_t i = 0; ok && i < account->entity_count; i++)
        ok = add_entity(entities, &account->entities[i]);
    for (size_t i = 0; ok && i < account->table_count; i++)
        ok = add_table(tables, &account->tables[i]);
    for (size_t i = 0; ok && i < account->path_count; i++)
        ok = add_path(paths, &account->paths[i]);
    if (ok && cJSON_AddNumberToObject(json, "balance", (double)account->balance) != NULL)
        return json;
    cJSON_Delete(json);
    return NULL;
}
