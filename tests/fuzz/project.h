/* project.h: a project in memory, whose mapping "books" is the fuzzer's or a target's own. */
#ifndef TESTS_FUZZ_PROJECT_H
#define TESTS_FUZZ_PROJECT_H

#include "fuzz.h"

#include "graduate/json.h"
#include "graduate/schema.h"
#include "mapping.h"

#include <string.h>

#define COLUMN(name, type, oid) "{'name': '" name "', 'type': '" type "', 'oid': " oid "}"

struct memory_project {
    struct project project;
    struct source sources[3];
    struct mapping mappings[2], *list[2];
    struct arena arena;
    cJSON *users;
    struct catalog catalog;
    struct schema schema;
};

/* Written with single quotes for double ones, to be read. */
static inline const cJSON *memory_project_json(const char *text, cJSON **json)
{
    struct error error;
    char *quoted = quote(text);
    MUST(json_parse(quoted, strlen(quoted), "memory", json, &error));
    free(quoted);
    return *json;
}

/* False where the mapping cannot be; release it either way. */
static inline bool memory_project_make(struct memory_project *m, const cJSON *books,
                                       struct error *error)
{
    static const char users[] =
        "{'from': 'core.users', 'to': {'public.users': {'key': ['id'], 'columns': "
        "{'id': {'from': '_id', 'id_of': 'users'}}}}}";
    static const char catalog[] =
        "{'source': 'sql', 'kind': 'postgres', 'version': '15', 'entities': [{'name': "
        "'sales', 'columns': [" COLUMN("id", "integer", "23") "," COLUMN("a", "text", "25") "," COLUMN(
            "b", "numeric(10,2)",
            "1700") "," COLUMN("c", "timestamp without time zone",
                               "1114") "," COLUMN("d", "jsonb",
                                                  "3802") "," COLUMN("e", "uuid",
                                                                     "2950") "," COLUMN("f",
                                                                                        "character "
                                                                                        "varying(5)"
                                                                                        "[]",
                                                                                        "1015") "," COLUMN("g",
                                                                                                           "real",
                                                                                                           "700") "], 'key': ['id']}]}";
    cJSON *json;
    *m = (struct memory_project){
        .sources = {{.name = "core", .kind = SOURCE_MONGODB},
                    {.name = "sql", .kind = SOURCE_POSTGRES},
                    {.name = "auth", .kind = SOURCE_APPWRITE}},
        .mappings = {{.name = "books", .file = "books.json"},
                     {.name = "users", .file = "users.json"}},
    };
    m->list[0] = &m->mappings[0];
    m->list[1] = &m->mappings[1];
    m->project = (struct project){.name = "fuzz",
                                  .sources = m->sources,
                                  .source_count = 3,
                                  .identity = {.strategy = IDENTITY_UUID7},
                                  .mappings = m->list,
                                  .mapping_count = 2};
    arena_init(&m->arena);
    catalog_init(&m->catalog);
    MUST(catalog_from_json(memory_project_json(catalog, &json), "memory", &m->catalog, error));
    cJSON_Delete(json);
    memory_project_json(users, &m->users);
    MUST(mapping_parse(&m->project, &m->arena, m->users, &m->mappings[1], error));
    return mapping_parse(&m->project, &m->arena, books, &m->mappings[0], error) &&
           mapping_link(&m->project, &m->arena, books, &m->mappings[0], error) &&
           mapping_link(&m->project, &m->arena, m->users, &m->mappings[1], error) &&
           schema_resolve(&m->schema, &m->project, &m->catalog, 1, error);
}

static inline void memory_project_release(struct memory_project *m)
{
    schema_release(&m->schema);
    catalog_release(&m->catalog);
    arena_release(&m->arena);
    cJSON_Delete(m->users);
}

#endif
