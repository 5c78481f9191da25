#include "expect_deed.h"

#include <string.h>

bool expect_make_text(struct expect_surroundings *around, const char *text, size_t length,
                      struct item *item, struct error *error)
{
    char *copy = arena_alloc(around->texts, length + 1, 1);
    if (copy == NULL)
        return error_memory(error);
    memcpy(copy, text, length);
    *item = item_of_text(copy, length);
    return true;
}

bool expect_make_bson(struct expect_surroundings *around, const bson_t *built, bson_type_t type,
                      struct item *item, struct error *error)
{
    uint8_t *copy = arena_alloc(around->texts, built->len, 1);
    if (copy == NULL)
        return error_memory(error);
    memcpy(copy, bson_get_data(built), built->len);
    *item = (struct item){.value = {.value_type = type}};
    item->value.value.v_doc.data = copy;
    item->value.value.v_doc.data_len = built->len;
    return true;
}

static bool same_bytes(const void *a, const void *b, uint32_t a_length, uint32_t b_length)
{
    return a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

bool expect_is_unchanged(const struct item *before, const struct item *after)
{
    const bson_value_t *was = &before->value, *is = &after->value;
    const char *was_text, *is_text;
    size_t was_length, is_length;
    if (was->value_type != is->value_type)
        return false;
    if (item_text(before, &was_text, &was_length) && item_text(after, &is_text, &is_length))
        return same_bytes(was_text, is_text, (uint32_t)was_length, (uint32_t)is_length);
    if (was->value_type == BSON_TYPE_DOCUMENT || was->value_type == BSON_TYPE_ARRAY)
        return before->json == after->json &&
               (before->json != NULL ||
                same_bytes(was->value.v_doc.data, is->value.v_doc.data, was->value.v_doc.data_len,
                           is->value.v_doc.data_len));
    if (was->value_type == BSON_TYPE_BINARY)
        return was->value.v_binary.subtype == is->value.v_binary.subtype &&
               same_bytes(was->value.v_binary.data, is->value.v_binary.data,
                          was->value.v_binary.data_len, is->value.v_binary.data_len);
    if (was->value_type == BSON_TYPE_INT64)
        return was->value.v_int64 == is->value.v_int64;
    return was->value_type != BSON_TYPE_DATE_TIME || was->value.v_datetime == is->value.v_datetime;
}
