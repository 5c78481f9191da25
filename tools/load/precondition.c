#include "precondition.h"

#include "graduate/json.h"

#include <string.h>

/* The roles and the schema that everything in a Supabase hangs on. */
static bool check_supabase(struct postgres *target, struct error *error)
{
    static const char sql[] =
        "SELECT pg_catalog.string_agg(w.what, ', ' ORDER BY w.place) FROM ("
        " SELECT n.place, 'role ' || n.name FROM (VALUES (1, 'anon'), (2, 'authenticated'),"
        "  (3, 'service_role')) n (place, name)"
        "  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = n.name)"
        " UNION ALL SELECT 4, 'schema auth' WHERE pg_catalog.to_regnamespace('auth') IS NULL"
        ") w (place, what)";
    PGresult *result;
    if (!postgres_query(target, sql, NULL, 0, &result, error))
        return false;
    bool ok = PQgetisnull(result, 0, 0);
    if (!ok) {
        error_set(error, ERROR_REFUSED, "%s is no Supabase: it has no %s", target->where,
                  PQgetvalue(result, 0, 0));
        error_hint(error, "name a Supabase database in the target's URI; or say \"plain\": true in "
                          "project.json, and a plain PostgreSQL is filled, without row-level "
                          "security, policies and grants; nothing was touched");
    }
    PQclear(result);
    return ok;
}

static const char *member(const cJSON *identity, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(identity, name));
}

/* The identity that graduate-extract gave of a table (reader.h) names cluster and database; where
 * its role may not ask for the cluster, nothing can be told. */
static bool is_here(const char *text, const PGresult *here)
{
    struct error unused;
    cJSON *identity;
    if (text == NULL || !json_parse(text, strlen(text), "identity", &identity, &unused))
        return false;
    const char *cluster = member(identity, "cluster");
    const char *database = member(identity, "database_oid");
    bool same = cluster != NULL && database != NULL && !PQgetisnull(here, 0, 0) &&
                strcmp(cluster, PQgetvalue(here, 0, 0)) == 0 &&
                strcmp(database, PQgetvalue(here, 0, 1)) == 0;
    cJSON_Delete(identity);
    return same;
}

static bool read_identity(struct postgres *target, PGresult **here, struct error *error)
{
    static const char may[] = "SELECT pg_catalog.has_function_privilege("
                              "'pg_catalog.pg_control_system()', 'EXECUTE')";
    static const char with[] =
        "SELECT s.system_identifier, d.oid FROM pg_catalog.pg_control_system() s,"
        " pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";
    static const char without[] = "SELECT NULL, d.oid FROM pg_catalog.pg_database d"
                                  " WHERE d.datname = pg_catalog.current_database()";
    if (!postgres_query(target, may, NULL, 0, here, error))
        return false;
    bool allowed = PQgetvalue(*here, 0, 0)[0] == 't';
    PQclear(*here);
    return postgres_query(target, allowed ? with : without, NULL, 0, here, error);
}

static bool check_sources(struct postgres *target, const struct catalog *catalogs, size_t count,
                          struct error *error)
{
    PGresult *here;
    if (!read_identity(target, &here, error))
        return false;
    bool ok = true;
    for (size_t c = 0; ok && c < count; c++)
        for (size_t e = 0; ok && e < catalogs[c].entity_count; e++)
            if (is_here(catalogs[c].entities[e].identity, here)) {
                ok = error_set(error, ERROR_REFUSED, "%s and the source %s are the same database",
                               target->where, catalogs[c].source);
                error_hint(error, "correct the URI of one of them: two lines of .env may have "
                                  "been swapped; nothing was touched");
            }
    PQclear(here);
    return ok;
}

bool precondition_check(struct postgres *target, const struct project *project,
                        const struct catalog *catalogs, size_t catalog_count, struct error *error)
{
    return check_sources(target, catalogs, catalog_count, error) &&
           (project->plain || check_supabase(target, error));
}
