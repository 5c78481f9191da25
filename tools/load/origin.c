#include "origin.h"

#include <stdio.h>
#include <string.h>

static void put_label(const struct mapping *mapping, char *out, size_t size)
{
    snprintf(out, size, "%s.%s", mapping->source->name, mapping->from);
}

static const struct catalog_entity *entity_of(const struct mapping *mapping,
                                              const struct catalog *catalogs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(catalogs[i].source, mapping->source->name) == 0)
            return catalog_find(&catalogs[i], mapping->from);
    return NULL;
}

bool origin_record(struct postgres *target, const char *run, const struct project *project,
                   const struct catalog *catalogs, size_t catalog_count, const struct mapping *only,
                   struct error *error)
{
    static const char sql[] = "INSERT INTO graduate.sources (run, source, identity)"
                              " VALUES ($1, $2, $3) ON CONFLICT (run, source)"
                              " DO UPDATE SET identity = excluded.identity";
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        const struct catalog_entity *entity = entity_of(mapping, catalogs, catalog_count);
        char label[256];
        PGresult *result;
        if (entity == NULL || entity->identity == NULL || (only != NULL && only != mapping))
            continue;
        put_label(mapping, label, sizeof label);
        const char *const parameters[] = {run, label, entity->identity};
        if (!postgres_query(target, sql, parameters, 3, &result, error))
            return error_at(error, mapping->name, NULL, NULL);
        PQclear(result);
    }
    return true;
}

bool origin_check_entity(struct postgres *target, const char *run, const struct mapping *mapping,
                         const struct catalog_entity *entity, struct error *error)
{
    char label[256], what[512];
    PGresult *result;
    if (entity == NULL || entity->identity == NULL)
        return true;
    put_label(mapping, label, sizeof label);
    const char *const parameters[] = {run, label};
    if (!postgres_query(target,
                        "SELECT identity FROM graduate.sources WHERE run = $1 AND source = $2",
                        parameters, 2, &result, error))
        return error_at(error, mapping->name, NULL, NULL);
    bool differs =
        PQntuples(result) > 0 &&
        catalog_identity_differs(PQgetvalue(result, 0, 0), entity->identity, what, sizeof what);
    PQclear(result);
    if (!differs)
        return true;
    error_set(error, ERROR_REFUSED, "%s is not the source that run %s began with: its %s", label,
              run, what);
    error_hint(error,
               "bring the run's folder and its sources back as they were; or, when this one is "
               "meant, have the entity read from it anew: graduate run --restart %s",
               mapping->name);
    return error_at(error, mapping->name, NULL, NULL);
}

static bool is_among(const struct words *words, const char *name)
{
    for (size_t i = 0; words != NULL && i < words->count; i++)
        if (strcmp(words->items[i], name) == 0)
            return true;
    return false;
}

bool origin_check(struct postgres *target, const char *run, const struct project *project,
                  const struct catalog *catalogs, size_t catalog_count, const struct words *but,
                  struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        if (!is_among(but, mapping->name) &&
            !origin_check_entity(target, run, mapping, entity_of(mapping, catalogs, catalog_count),
                                 error))
            return false;
    }
    return true;
}
