/* The functions that are about an array as such. */
#include "deed.h"
#include "number.h"
#include "value_walk.h"

#include <stdlib.h>
#include <string.h>

bool deed_count(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    bson_iter_t iter;
    int64_t count = 0;
    (void)call;
    bool ok = bson_iter_init_from_data(&iter, value->bytes, value->length);
    while (ok && bson_iter_next(&iter))
        count++;
    if (!ok || !value_walked(&iter, value))
        return value_damaged(error) || error_at(error, NULL, NULL, context->path);
    *value = (struct value){.type = BSON_TYPE_INT64, .integer = count};
    return true;
}

bool deed_item(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error)
{
    bson_iter_t iter;
    struct value count = *value, found = {.type = BSON_TYPE_EOD};
    if (!deed_count(context, call, &count, error))
        return false;
    int64_t place = call->place >= 0 ? call->place : count.integer + call->place;
    if (bson_iter_init_from_data(&iter, value->bytes, value->length))
        for (int64_t i = 0; place >= 0 && i <= place && bson_iter_next(&iter); i++)
            if (i == place)
                found = value_from_iter(&iter);
    value_inherit(&found, value);
    *value = found;
    return true;
}

bool deed_field(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    struct value_walk members;
    struct value found = {.type = BSON_TYPE_EOD}, member;
    bool ok = value_walk_begin(&members, value);
    while (ok && value_walk_next(&members, &member))
        if (found.type == BSON_TYPE_EOD && strcmp(members.key, call->text) == 0)
            found = member;
    if (!ok || !value_walk_ended(&members))
        return value_damaged(error) || error_at(error, NULL, NULL, context->path);
    *value = found;
    return true;
}

/* An element, and what it is told from others by: its kind and content, in `keys`. */
struct element {
    const struct buffer *keys;
    size_t key, length, place;
};

static int compare(const void *a, const void *b)
{
    const struct element *x = a, *y = b;
    size_t common = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->keys->data + x->key, y->keys->data + y->key, common);
    return order != 0               ? order
           : x->length != y->length ? (x->length > y->length) - (x->length < y->length)
                                    : (x->place > y->place) - (x->place < y->place);
}

/* Whole numbers are one kind, whatever type they have; all else is its type and its bytes. */
static void put_key(struct buffer *keys, bson_iter_t *iter)
{
    struct value value = value_from_iter(iter);
    char text[BSON_DECIMAL128_STRING] = "";
    int64_t whole = value.integer;
    bool number = value.type == BSON_TYPE_INT32 || value.type == BSON_TYPE_INT64;
    if (value.type == BSON_TYPE_DECIMAL128)
        value_brief(&value, text, sizeof text);
    number = number || (value.type == BSON_TYPE_DOUBLE && number_to_int64(value.number, &whole)) ||
             (value.type == BSON_TYPE_DECIMAL128 && number_parse_int64(text, &whole));
    uint32_t start = bson_iter_offset(iter);
    if (number) {
        buffer_putc(keys, 'n');
        buffer_put_be64(keys, (uint64_t)whole);
        return;
    }
    buffer_putc(keys, value.type == BSON_TYPE_SYMBOL ? (char)BSON_TYPE_UTF8 : (char)value.type);
    size_t head = 1 + bson_iter_key_len(iter) + 1; /* type, name, NUL: the value stands behind it */
    buffer_put(keys, iter->raw + start + head, iter->next_off - start - head);
}

static bool read_elements(const struct value *array, struct element *elements, struct buffer *keys)
{
    bson_iter_t iter;
    size_t place = 0;
    bool ok = bson_iter_init_from_data(&iter, array->bytes, array->length);
    while (ok && bson_iter_next(&iter)) {
        size_t start = keys->length;
        put_key(keys, &iter);
        elements[place] = (struct element){keys, start, keys->length - start, place};
        place++;
    }
    return ok && !keys->failed;
}

static bool build_unique(const struct value *array, const bool *again, bson_t *built)
{
    bson_iter_t iter;
    uint32_t kept = 0;
    bool ok = bson_iter_init_from_data(&iter, array->bytes, array->length);
    for (size_t i = 0; ok && bson_iter_next(&iter); i++) {
        char digits[16];
        const char *key;
        bson_uint32_to_string(kept, &key, digits, sizeof digits);
        if (again[i])
            continue;
        ok = bson_append_iter(built, key, -1, &iter);
        kept++;
    }
    return ok;
}

bool deed_unique(const struct function_context *context, const struct function_call *call,
                 struct value *value, struct error *error)
{
    struct value counted = *value;
    if (!deed_count(context, call, &counted, error))
        return false;
    size_t count = (size_t)counted.integer, twice = 0;
    struct element *elements = malloc((count + 1) * sizeof *elements);
    bool *again = calloc(count + 1, sizeof *again);
    struct buffer keys;
    bson_t built = BSON_INITIALIZER;
    buffer_init(&keys);
    bool ok = elements != NULL && again != NULL && read_elements(value, elements, &keys);
    if (ok && count > 1)
        qsort(elements, count, sizeof *elements, compare);
    for (size_t i = 1; ok && i < count; i++) {
        const struct element *a = &elements[i - 1], *b = &elements[i];
        bool same = a->length == b->length &&
                    memcmp(keys.data + a->key, keys.data + b->key, a->length) == 0;
        again[b->place] = same;
        twice += same;
    }
    ok = ok && (twice == 0 || build_unique(value, again, &built));
    buffer_release(&keys);
    free(elements);
    free(again);
    if (ok && twice > 0) {
        bool moments = value->moment;
        ok = deed_make_container(context, &built, BSON_TYPE_ARRAY, value, error);
        value->moment = moments;
        return ok;
    }
    bson_destroy(&built);
    return ok || error_memory(error);
}
