#include "refusable.h"
#include "document.h"
#include "rejection.h"
#include "tuple_text.h"

#include <string.h>

const char *const refusable_fields[REFUSABLE_FIELDS] = {"key",      "rows",   "loaded",
                                                        "rejected", "record", "text"};

static void put_field(struct buffer *out, const void *bytes, size_t length)
{
    buffer_put_be32(out, (uint32_t)length);
    buffer_put(out, bytes, length);
}

static void put_rows(struct rows *rows, const struct plan *plan, struct buffer *out)
{
    const struct rejection *before = &rows->rejection;
    buffer_put_be32(out, (uint32_t)(4 * (rows->count + 1)));
    for (size_t i = 0; i < rows->count; i++)
        buffer_put_le32(out, rows->lists[i].rows - before->rows[i]);
    buffer_put_le32(out, plan->losses.count - before->losses.count);
}

static bool put_paths(const struct rows *rows, const struct plan *plan, struct buffer *out)
{
    bson_t paths = BSON_INITIALIZER;
    bool ok = rejection_count_values(&rows->rejection, plan, &paths);
    put_field(out, bson_get_data(&paths), paths.len);
    bson_destroy(&paths);
    return ok;
}

/* What it would count as: the account is set back to where it was before the record, and then again
 * to where it is. */
static bool put_rejected(struct rows *rows, struct plan *plan, struct buffer *out)
{
    struct rejection *rejection = &rows->rejection;
    const size_t size = sizeof plan->paths.paths->values;
    buffer_clear(&rejection->after);
    for (size_t i = 0; i < plan->paths.count; i++)
        buffer_put(&rejection->after, plan->paths.paths[i].values, size);
    if (rejection->after.failed)
        return false;
    rejection_take_values_back(rejection, plan);
    document_set_aside(&plan->scopes[0], &plan->paths, FATE_REJECTED);
    bool ok = put_paths(rows, plan, out);
    for (size_t i = 0; i < plan->paths.count; i++)
        memcpy(plan->paths.paths[i].values, rejection->after.data + i * size, size);
    return ok;
}

bool refusable_note(struct rows *rows, struct plan *plan, const struct value *record,
                    const char *key, struct error *error)
{
    struct rejection *rejection = &rows->rejection;
    struct buffer *out = &rejection->refusables;
    buffer_put_be16(out, REFUSABLE_FIELDS);
    put_field(out, key, strlen(key));
    put_rows(rows, plan, out);
    if (!put_paths(rows, plan, out) || !put_rejected(rows, plan, out))
        return error_memory(error);
    put_field(out, record->bytes, record->length);
    struct buffer text;
    buffer_init(&text);
    bool ok = plan->tuples.catalog == NULL || tuple_text(&plan->tuples, &text, error);
    put_field(out, text.data, text.length);
    buffer_release(&text);
    rejection->refusable++;
    return ok && buffer_ok(out, error);
}
