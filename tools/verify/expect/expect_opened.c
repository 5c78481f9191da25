/* Texts of a record that the mapping calls JSON: it is written anew with the values that they are.
 */
#include "expect_deed.h"
#include "expect_row.h"
#include "graduate/path.h"

#include <string.h>

struct opener {
    struct expectation *e;
    struct buffer path; /* of the field at hand, elements have that of their array */
    bool any;           /* such a text was there */
};

/* The mapping's path that the field has; NULL: none. */
static const char *named(struct opener *o)
{
    const struct words *json = &o->e->entity->json;
    for (size_t i = 0; i < json->count; i++)
        if (strcmp(json->items[i], buffer_text(&o->path)) == 0)
            return json->items[i];
    return NULL;
}

/* Does some path of the mapping lead into it? */
static bool leads_inside(struct opener *o)
{
    const struct words *json = &o->e->entity->json;
    for (size_t i = 0; i < json->count; i++)
        if (path_below(json->items[i], buffer_text(&o->path)) != NULL)
            return true;
    return false;
}

static void put_head(struct buffer *out, bson_type_t type, const char *key)
{
    buffer_putc(out, (char)type);
    buffer_puts(out, key);
    buffer_putc(out, '\0');
}

/* False: it is no JSON, and stays as it is. */
static bool put_read(struct opener *o, bson_iter_t *at, const char *path)
{
    struct expectation *e = o->e;
    struct item text = item_of(at);
    const char *bytes;
    size_t length;
    bson_t read;
    bson_init(&read);
    o->any = true;
    item_text(&text, &bytes, &length);
    bool ok = expect_read_json(bytes, length, &read);
    if (ok) {
        const uint8_t *whole = bson_get_data(&read);
        put_head(&e->opened, (bson_type_t)whole[4], bson_iter_key(at));
        buffer_put(&e->opened, whole + 6, read.len - 7);
    } else if (mapping_remedy(&e->entity->misfits, MISFIT_JSON) != REMEDY_MEND) {
        if (e->no_json.value.value_type == BSON_TYPE_EOD) {
            e->no_json = text;
            e->no_json_path = path;
        }
        put_head(&e->opened, BSON_TYPE_NULL, bson_iter_key(at));
        ok = true;
    }
    bson_destroy(&read);
    return ok;
}

static bool put_all(struct opener *o, const struct item *container)
{
    struct buffer *out = &o->e->opened;
    size_t start = out->length, above = o->path.length;
    bool ok = true, array = container->value.value_type == BSON_TYPE_ARRAY;
    struct error damaged;
    bson_iter_t at;
    if (!item_open(container, &at, &damaged))
        return false;
    buffer_put_le32(out, 0);
    while (ok && item_next(&at, &ok, &damaged)) {
        const struct item item = item_of(&at);
        bson_type_t type = item.value.value_type;
        if (!array && above > 0)
            buffer_putc(&o->path, '.');
        if (!array)
            path_put_name(&o->path, bson_iter_key(&at));
        const char *path = named(o);
        bool opens = (type == BSON_TYPE_DOCUMENT && leads_inside(o)) ||
                     (type == BSON_TYPE_ARRAY && (path != NULL || leads_inside(o)));
        if (opens) {
            put_head(out, type, bson_iter_key(&at));
            ok = put_all(o, &item);
        } else if (type != BSON_TYPE_UTF8 || path == NULL || !put_read(o, &at, path)) {
            buffer_put(out, at.raw + at.off, at.next_off - at.off);
        }
        o->path.length = above;
    }
    buffer_putc(out, '\0');
    uint32_t size = (uint32_t)(out->length - start);
    if (!out->failed)
        memcpy(out->data + start, &size, sizeof size);
    return ok;
}

bool expect_open_json(struct expectation *e, struct item *record, struct error *error)
{
    struct opener o = {.e = e};
    e->no_json = (struct item){.value = {.value_type = BSON_TYPE_EOD}};
    if (e->entity->json.count == 0)
        return true;
    buffer_init(&o.path);
    buffer_clear(&e->opened);
    bool whole = put_all(&o, record);
    bool ok = buffer_ok(&e->opened, error) && buffer_ok(&o.path, error);
    buffer_release(&o.path);
    if (!ok || !whole || !o.any)
        return ok;
    memcpy(&record->value.value.v_doc.data, &e->opened.data, sizeof e->opened.data);
    record->value.value.v_doc.data_len = (uint32_t)e->opened.length;
    return true;
}
