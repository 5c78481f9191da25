#include "json_fields.h"

#include "graduate/path.h"
#include "json_text.h"

#include <string.h>

struct kept_text {
    const char *path; /* the mapping's */
    char brief[120];
};

void json_fields_init(struct json_fields *fields)
{
    *fields = (struct json_fields){0};
    buffer_init(&fields->made[0]);
    buffer_init(&fields->made[1]);
    buffer_init(&fields->kept);
}

void json_fields_release(struct json_fields *fields)
{
    buffer_release(&fields->made[0]);
    buffer_release(&fields->made[1]);
    buffer_release(&fields->kept);
}

struct opening {
    struct json_fields *fields;
    const char *path; /* whole */
    struct buffer *out;
    bool keeps; /* what is no JSON stays a text */
    bool met;   /* a text was there */
};

/* What is no JSON: it stays as it is, or a null takes its place. */
static void put_misfit(const struct opening *o, const bson_iter_t *field, const char *why)
{
    struct value text = value_from_iter(field);
    struct kept_text kept = {.path = o->path};
    char what[120];
    if (o->keeps) {
        value_brief(&text, kept.brief, sizeof kept.brief);
        buffer_put(&o->fields->kept, &kept, sizeof kept);
        buffer_put(o->out, field->raw + field->off, field->next_off - field->off);
        return;
    }
    buffer_putc(o->out, BSON_TYPE_NULL);
    buffer_put(o->out, bson_iter_key(field), strlen(bson_iter_key(field)) + 1);
    if (o->fields->refusal.code != ERROR_NONE)
        return;
    value_describe(&text, what, sizeof what);
    error_set(&o->fields->refusal, ERROR_DATA, "%s: %s", what, why);
    error_hint(&o->fields->refusal,
               "correct the record in the source, or the mapping, and run again");
    error_at(&o->fields->refusal, NULL, NULL, o->path);
}

/* The value is the only one of a document, under the name "". */
static void put_text(struct opening *o, const bson_iter_t *field)
{
    uint32_t length;
    const char *text = bson_iter_utf8(field, &length);
    bson_t built = BSON_INITIALIZER;
    struct buffer wrong;
    buffer_init(&wrong);
    o->met = true;
    if (json_text_read(text, length, &built, &wrong)) {
        const uint8_t *bytes = bson_get_data(&built);
        buffer_putc(o->out, (char)bytes[4]);
        buffer_put(o->out, bson_iter_key(field), strlen(bson_iter_key(field)) + 1);
        buffer_put(o->out, bytes + 6, built.len - 7);
    } else if (wrong.length > 0) {
        put_misfit(o, field, buffer_text(&wrong));
    } else {
        o->out->failed = true;
    }
    buffer_release(&wrong);
    bson_destroy(&built);
}

static bool put_fields(struct opening *o, const uint8_t *bytes, size_t length, const char *path,
                       bool array);

/* `path`: what is left of it here; NULL: it does not lead here. */
static bool put_field(struct opening *o, const bson_iter_t *field, const char *path)
{
    bson_type_t type = bson_iter_type(field);
    bool array = type == BSON_TYPE_ARRAY;
    const uint8_t *bytes = NULL;
    uint32_t length = 0;
    if (path != NULL && *path == '\0' && type == BSON_TYPE_UTF8) {
        put_text(o, field);
        return true;
    }
    if (path == NULL || !(array || (type == BSON_TYPE_DOCUMENT && *path != '\0'))) {
        buffer_put(o->out, field->raw + field->off, field->next_off - field->off);
        return true;
    }
    if (array)
        bson_iter_array(field, &length, &bytes);
    else
        bson_iter_document(field, &length, &bytes);
    buffer_putc(o->out, (char)type);
    buffer_put(o->out, bson_iter_key(field), strlen(bson_iter_key(field)) + 1);
    return bytes != NULL && put_fields(o, bytes, length, path, array);
}

/* All fields of a document or array; false: it is damaged. */
static bool put_fields(struct opening *o, const uint8_t *bytes, size_t length, const char *path,
                       bool array)
{
    struct path_step step = {.text = ""};
    size_t start = o->out->length;
    const char *inside = path;
    bson_iter_t field;
    if (!bson_iter_init_from_data(&field, bytes, length) || (!array && !path_next(&inside, &step)))
        return false;
    buffer_put_le32(o->out, 0);
    while (bson_iter_next(&field)) {
        bool leads = array || path_step_is(&step, bson_iter_key(&field));
        if (!put_field(o, &field, leads ? inside : NULL))
            return false;
    }
    buffer_putc(o->out, '\0');
    uint32_t size = (uint32_t)(o->out->length - start);
    if (!o->out->failed)
        memcpy(o->out->data + start, &size, sizeof size);
    return field.err_off == 0;
}

bool json_fields_open(struct json_fields *fields, const struct plan *plan,
                      const struct value *record, struct value *opened, struct error *error)
{
    const struct mapping *entity = plan->entity;
    struct opening o = {.fields = fields,
                        .keeps = mapping_remedy(&entity->misfits, MISFIT_JSON) == REMEDY_MEND};
    *opened = *record;
    fields->refusal = (struct error){0};
    buffer_clear(&fields->kept);
    for (size_t i = 0; record->length > 0 && i < entity->json.count; i++) {
        o.path = entity->json.items[i];
        o.out = &fields->made[opened->bytes == fields->made[0].data];
        o.met = false;
        buffer_clear(o.out);
        bool whole = put_fields(&o, opened->bytes, opened->length, o.path, false);
        if (!buffer_ok(o.out, error) || !buffer_ok(&fields->kept, error))
            return false;
        if (!whole) /* the walk over it says what is wrong */
            return true;
        if (!o.met)
            continue;
        opened->bytes = o.out->data;
        opened->length = (uint32_t)o.out->length;
    }
    return true;
}

void json_fields_note(struct json_fields *fields, struct losses *losses)
{
    struct kept_text kept;
    for (size_t at = 0; at < fields->kept.length; at += sizeof kept) {
        memcpy(&kept, fields->kept.data + at, sizeof kept);
        losses_add(losses, kept.path, "json", kept.brief, "the same text");
    }
    buffer_clear(&fields->kept);
}

bool json_fields_refuse(const struct json_fields *fields, struct plan *plan, struct error *error)
{
    plan->mending =
        (struct mending){.remedies = &plan->entity->misfits, .refused = true, .kind = MISFIT_JSON};
    *error = fields->refusal;
    return false;
}
