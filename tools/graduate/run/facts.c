#include "facts.h"
#include "member.h"

#include "graduate/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server writes the JSON: it has all that goes into it. */
static const char facts_sql[] =
    "SELECT json_build_object('version', 1, 'graduate', r.graduate, 'fingerprint', r.fingerprint,"
    " 'server', current_setting('server_version'),"
    " 'entities', (SELECT coalesce(json_agg(json_build_object('entity', entity,"
    "   'seconds', seconds, 'batches', batches, 'records', records, 'rows', rows,"
    "   'bytes', bytes, 'loading', loading) ORDER BY begun_at, entity), '[]')"
    "  FROM (SELECT entity, min(begun_at) AS begun_at,"
    "         coalesce(extract(epoch FROM max(done_at) - min(begun_at))::float8, 0) AS seconds"
    "        FROM graduate.partitions WHERE run = $1::uuid AND partition >= 0"
    "        GROUP BY entity) p"
    "  LEFT JOIN (SELECT entity, count(*) AS batches, sum(records) AS records,"
    "         sum(bytes) AS bytes,"
    "         sum(seconds) AS loading,"
    "         sum((SELECT sum(value::bigint) FROM jsonb_each_text(rows))) AS rows"
    "        FROM graduate.batches WHERE run = $1::uuid GROUP BY entity) b USING (entity)),"
    " 'steps', (SELECT coalesce(json_agg(json_build_object('step', step, 'seconds', seconds)"
    "   ORDER BY started_at, step), '[]') FROM graduate.steps WHERE run = $1::uuid))"
    " FROM graduate.runs r WHERE run = $1::uuid";

static const char providers_sql[] =
    "SELECT coalesce(json_agg(json_build_object('provider', provider, 'users', users)"
    " ORDER BY provider), '[]') FROM (SELECT provider, count(DISTINCT user_id) AS users"
    " FROM auth.identities GROUP BY provider) p";

/* Supabase Auth takes such an address, and sends nothing to it. */
static const char outside_ascii_sql[] =
    "SELECT json_build_object('users', count(*)) FROM auth.users WHERE email ~ '[^\\x01-\\x7f]'";

/* One value of JSON out of one row. */
static bool ask(struct postgres *target, const char *sql, const char *const *parameters, int count,
                cJSON **json, struct error *error)
{
    PGresult *result;
    *json = NULL;
    if (!postgres_query(target, sql, parameters, count, &result, error))
        return false;
    bool there = PQntuples(result) == 1;
    const char *text = there ? PQgetvalue(result, 0, 0) : "";
    bool ok = there ? json_parse(text, strlen(text), "what the ledger says of the run", json, error)
                    : error_set(error, ERROR_TARGET, "the ledger has no run %s",
                                count > 0 ? parameters[0] : "");
    PQclear(result);
    return ok;
}

static bool loads(const struct project *project, const char *label)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t j = 0; j < project->mappings[i]->table_count; j++)
            if (strcmp(project->mappings[i]->tables[j].label, label) == 0)
                return true;
    return false;
}

static bool add_providers(struct postgres *target, const struct project *project, cJSON *facts,
                          struct error *error)
{
    cJSON *providers = NULL;
    if (loads(project, "auth.identities")) {
        if (!ask(target, providers_sql, NULL, 0, &providers, error))
            return false;
    } else {
        providers = cJSON_CreateArray();
    }
    return cJSON_AddItemToObject(facts, "providers", providers) ? true : error_memory(error);
}

static bool add_outside_ascii(struct postgres *target, const struct project *project, cJSON *facts,
                              struct error *error)
{
    cJSON *count = NULL;
    if (loads(project, "auth.users") && !ask(target, outside_ascii_sql, NULL, 0, &count, error))
        return false;
    bool ok = cJSON_AddNumberToObject(facts, "outside_ascii",
                                      (double)member_count(count, "users")) != NULL;
    cJSON_Delete(count);
    return ok ? true : error_memory(error);
}

/* Add what a line of the log says of an entity's time, if it says anything. */
static bool add_time(cJSON *worked, const char *line, size_t length, struct error *error)
{
    struct error unread; /* a line that is no JSON has nothing for us */
    cJSON *json;
    if (strstr(line, "\"seconds\":") == NULL || !json_parse(line, length, "log", &json, &unread))
        return true;
    const char *entity = member_text(json, "entity");
    double seconds = member_number(json, "seconds");
    cJSON *sum = cJSON_GetObjectItemCaseSensitive(worked, entity);
    bool ok = sum != NULL || cJSON_AddNumberToObject(worked, entity, seconds) != NULL;
    if (sum != NULL)
        cJSON_SetNumberValue(sum, sum->valuedouble + seconds);
    cJSON_Delete(json);
    return ok ? true : error_memory(error);
}

static bool read_times(const struct folder *folder, cJSON *worked, struct error *error)
{
    char path[PATH_MAX], *line = NULL;
    size_t room = 0;
    if (!folder_file(folder, "log.jsonl", path, error))
        return false;
    FILE *log = fopen(path, "re");
    if (log == NULL)
        return error_set_errno(error, ERROR_TARGET, "cannot read %s", path);
    bool ok = true;
    for (ssize_t length; ok && (length = getline(&line, &room, log)) >= 0;)
        ok = add_time(worked, line, (size_t)length, error);
    free(line);
    fclose(log);
    return ok;
}

/* The ledger knows when an entity was begun and done, and not what was between: a run that stood
 * still for a night would seem to have worked all night. The driver's log has the time at work. */
static bool correct_times(const struct folder *folder, cJSON *facts, struct error *error)
{
    cJSON *worked = cJSON_CreateObject(), *entity;
    bool ok = worked != NULL ? read_times(folder, worked, error) : error_memory(error);
    cJSON_ArrayForEach(entity, cJSON_GetObjectItemCaseSensitive(facts, "entities"))
    {
        cJSON *seconds = cJSON_GetObjectItemCaseSensitive(entity, "seconds");
        const cJSON *time = member(worked, member_text(entity, "entity"));
        if (time != NULL)
            cJSON_SetNumberValue(seconds, time->valuedouble);
    }
    cJSON_Delete(worked);
    return ok;
}

bool facts_keep(struct postgres *target, const struct project *project, const struct folder *folder,
                struct error *error)
{
    const char *run = folder->run;
    char path[PATH_MAX];
    cJSON *facts;
    if (!ask(target, facts_sql, &run, 1, &facts, error))
        return false;
    bool ok = add_providers(target, project, facts, error) &&
              add_outside_ascii(target, project, facts, error) &&
              correct_times(folder, facts, error) &&
              folder_file(folder, "facts.json", path, error) && json_write_file(path, facts, error);
    cJSON_Delete(facts);
    return ok;
}
