/* A mapping file out of any text: parsed, linked, resolved to DDL, compiled, and if all that can
 * be, a few documents are put through it. */
#include "agreement.h"
#include "project.h"
#include "rows_check.h"
#include "tuple.h"

static const char *const documents[] = {
    "{}",
    ("{'_id': {'$oid': '5f0c8a1b2c3d4e5f60718293'}, 'title': 'x', 'tags': ['a', null], "
     "'meta': {'a': {'b': 1}}, 'tasks': [{'name': 'n', 'done': true}, {}]}"),
    "{'_id': 'abc', 'title': null, 'tags': [], 'meta': null, 'tasks': [], 'extra': 1.5}",
};

static const struct catalog_entity nothing; /* a collection has no columns */

static void put_documents(struct memory_project *m, const struct mapping *entity)
{
    struct plan plan;
    struct rows rows;
    struct error error;
    size_t first, count;
    if (!plan_compile(&plan, &m->schema, entity, NULL, &error)) {
        MUST(error.code == ERROR_USAGE);
        return;
    }
    schema_outputs(&m->schema, entity, &first, &count);
    MUST(rows_init(&rows, count, &error));
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        char *json = quote(documents[i]);
        bson_t *bson = bson_new_from_json((const uint8_t *)json, -1, NULL);
        rows_clear(&rows);
        losses_clear(&plan.losses);
        path_account_clear(&plan.paths);
        if (rows_put_document(&rows, &plan, bson_get_data(bson), bson->len, &error)) {
            for (size_t o = 0; o < count; o++)
                check_rows(&rows.lists[o], &m->schema.outputs[first + o]);
            check_losses(&plan.losses);
            const struct agreement agreement = {&m->project,
                                                entity,
                                                &nothing,
                                                m->schema.outputs + first,
                                                &rows,
                                                &plan.paths,
                                                bson_get_data(bson),
                                                bson->len,
                                                NULL};
            check_agreement(&agreement);
        } else {
            MUST(error.code == ERROR_DATA && error.message[0] != '\0');
        }
        bson_destroy(bson);
        free(json);
    }
    rows_release(&rows);
    plan_release(&plan);
}

/* A row of the table in project.h, whole and cut off at every byte. */
static const uint8_t tuple[] = "\0\10\0\0\0\4\0\0\0\7"
                               "\0\0\0\2ab"
                               "\0\0\0\12\0\1\0\0\0\0\0\2\0\1"
                               "\0\0\0\10\0\0\0\0\0\0\0\1"
                               "\0\0\0\11\1{\"x\": 1}"
                               "\0\0\0\20"
                               "0123456789abcdef"
                               "\0\0\0\14\0\0\0\0\0\0\0\0\0\0\4\23"
                               "\377\377\377\377";

static void put_tuple(struct memory_project *m, const struct mapping *entity)
{
    struct plan plan;
    struct rows rows;
    struct error error;
    if (!plan_compile(&plan, &m->schema, entity, &m->catalog.entities[0], &error)) {
        MUST(error.code == ERROR_USAGE);
        return;
    }
    size_t first, count;
    schema_outputs(&m->schema, entity, &first, &count);
    MUST(rows_init(&rows, count, &error));
    for (size_t length = 0; length < sizeof tuple; length++) {
        const uint8_t *at = tuple, *end = tuple + length;
        bool whole = length == sizeof tuple - 1;
        rows_clear(&rows);
        losses_clear(&plan.losses);
        path_account_clear(&plan.paths);
        if (rows_put_tuple(&rows, &plan, &at, end, &error)) {
            MUST(whole && at == end);
            for (size_t o = 0; o < count; o++)
                check_rows(&rows.lists[o], &m->schema.outputs[first + o]);
            check_losses(&plan.losses);
            const struct agreement agreement = {&m->project, entity, &m->catalog.entities[0],
                                                m->schema.outputs + first, &rows, &plan.paths,
                                                tuple, length, NULL};
            check_agreement(&agreement);
        } else {
            MUST(error.code == (whole ? ERROR_DATA : ERROR_SOURCE) && error.hint[0] != '\0');
        }
    }
    rows_release(&rows);
    plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *json = NULL;
    struct error error = {0};
    if (!json_parse_exact((const char *)data, size, "books.json", &json, &error)) {
        MUST(error.code == ERROR_USAGE);
        return 0;
    }
    struct memory_project m;
    const struct mapping *entity = &m.mappings[0];
    if (!memory_project_make(&m, json, &error)) {
        MUST(error.code == ERROR_USAGE && error.message[0] != '\0');
    } else if (entity->source->kind == SOURCE_POSTGRES) {
        put_tuple(&m, entity);
    } else {
        put_documents(&m, entity);
    }
    memory_project_release(&m);
    cJSON_Delete(json);
    return 0;
}
