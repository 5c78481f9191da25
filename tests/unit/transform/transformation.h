/* transformation.h: one mapping of a small project, compiled and ready for documents. */
#ifndef TESTS_TRANSFORMATION_H
#define TESTS_TRANSFORMATION_H

#include "scratch_folder.h"
#include "plan.h"
#include "rows.h"
#include "sample.h"

struct transformation {
    struct folder folder;
    struct project project;
    struct catalog catalog;
    struct schema schema;
    struct plan plan;
    struct rows rows;
    struct error error;
};

/* "books" out of the mapping's text, beside the entity "users", both of such a source; what it says
 * of books is `described`, JSON, or NULL. Ids are padded on the left, so that they can be read in
 * results. False with the error where the mapping cannot be. */
static inline bool transformation_compare(struct transformation *t, const char *source,
                                          const char *mapping, const char *described)
{
    char project[512];
    *t = (struct transformation){0};
    snprintf(project, sizeof project,
             "{'project': 'test', 'target': '${T}', 'identity': {'strategy': 'pad-left'}, "
             "'sources': {'core': %s}}",
             source);
    folder_make(&t->folder);
    folder_put(&t->folder, "project.json", sample_quoted(project));
    folder_put(&t->folder, "users.json",
               sample_quoted("{'from': 'core.users', 'to': {'public.users': {'key': ['id'], "
                             "'columns': {'id': {'from': '_id', 'id_of': 'users'}}}}}"));
    folder_put(&t->folder, "books.json", sample_quoted(mapping));
    catalog_init(&t->catalog);
    bool ok = project_load(&t->project, t->folder.path, &t->error);
    const struct mapping *entity = ok ? project_mapping(&t->project, "books") : NULL;
    if (ok && described != NULL)
        ok = catalog_parse_entity(sample_quoted(described), "described", &t->catalog, &t->error);
    ok = ok && schema_resolve_entity(&t->schema, &t->project, entity, &t->catalog, &t->error) &&
         plan_compile(&t->plan, &t->schema, entity,
                      described != NULL ? &t->catalog.entities[0] : NULL, &t->error);
    return ok && rows_init(&t->rows, t->schema.output_count, &t->error);
}

static inline bool transformation_open(struct transformation *t, const char *mapping)
{
    return transformation_compare(t, "{'kind': 'mongodb', 'uri': '${C}'}", mapping, NULL);
}

static inline void transformation_close(struct transformation *t)
{
    rows_release(&t->rows);
    plan_release(&t->plan);
    schema_release(&t->schema);
    catalog_release(&t->catalog);
    project_release(&t->project);
    folder_remove(&t->folder);
}

/* For a mapping that must be right. */
static inline void transformation_begin(struct transformation *t, const char *mapping)
{
    if (!transformation_open(t, mapping))
        fail_msg("%s\n%s", t->error.message, mapping);
}

static inline bool transformation_put(struct transformation *t, const char *json)
{
    bson_t *bson = sample_bson(json);
    bool ok = rows_put_document(&t->rows, &t->plan, bson_get_data(bson), bson->len, &t->error);
    bson_destroy(bson);
    return ok;
}

/* The rows of one output so far. */
static inline void transformation_assert(struct transformation *t, size_t output,
                                         const char *expected)
{
    struct pgtype types[64];
    const struct schema_output *schema = &t->schema.outputs[output];
    for (size_t i = 0; i < schema->column_count; i++)
        types[i] = schema->columns[i].type;
    sample_assert_tuples(&t->rows.lists[output].tuples, types, expected);
    uint32_t rows = 0;
    for (const char *c = expected; *c != '\0'; c++)
        rows += *c == '\n';
    assert_int_equal(t->rows.lists[output].rows, rows);
}

#endif
