#include "expect_comparison.h"
#include "expect_deed.h"

typedef EXPECT_DEED((*deed));

static const deed deeds[FUNCTION_COUNT] = {
    [FUNCTION_LOWER] = expect_lower,
    [FUNCTION_UPPER] = expect_upper,
    [FUNCTION_TRIM] = expect_trim,
    [FUNCTION_EMPTY_NULL] = expect_empty_to_null,
    [FUNCTION_NUMBER] = expect_number,
    [FUNCTION_TEXT] = expect_text,
    [FUNCTION_ELEMENTS] = expect_count,
    [FUNCTION_UNIQUE] = expect_unique,
    [FUNCTION_SPLIT] = expect_split,
    [FUNCTION_ITEM] = expect_item,
    [FUNCTION_FIELD] = expect_field,
    [FUNCTION_STRIP] = expect_strip,
    [FUNCTION_EPOCH] = expect_epoch,
    [FUNCTION_TIME] = expect_time,
    [FUNCTION_DAY] = expect_day,
    [FUNCTION_MIDNIGHT] = expect_midnight,
    [FUNCTION_UUID3] = expect_uuid3,
    [FUNCTION_PADDED] = expect_padded,
    [FUNCTION_UUID] = expect_uuid,
    [FUNCTION_PHONE] = expect_phone_digits,
    [FUNCTION_PASSWORD] = expect_supabase_password,
    [FUNCTION_SAFE_NUMBERS] = expect_safe_numbers,
    [FUNCTION_NOT_FINITE] = expect_not_finite,
    [FUNCTION_JSON] = expect_json,
};

/* An array or object of the mapping itself, as one of a record. */
static bool from_mapping(struct expect_surroundings *around, struct item *item, struct error *error)
{
    bson_t read;
    char *text = cJSON_PrintUnformatted(item->json);
    bool parsed = text != NULL && bson_init_from_json(&read, text, -1, NULL);
    cJSON_free(text);
    if (!parsed)
        return error_memory(error);
    bool ok = expect_make_bson(around, &read, item->value.value_type, item, error);
    bson_destroy(&read);
    return ok;
}

static unsigned kind_of(const struct item *item)
{
    const bson_value_t *value = &item->value;
    char number[ITEM_NUMBER];
    const char *text;
    size_t length;
    struct instant unused;
    if (item_is_nothing(item))
        return OF_NOTHING;
    if (item_text(item, &text, &length))
        return item_instant(item, &unused) ? OF_TEXT | OF_DATE : OF_TEXT;
    if (item_number(item, number))
        return OF_NUMBER;
    if (value->value_type == BSON_TYPE_BINARY)
        return value->value.v_binary.data_len != 16                            ? 0
               : value->value.v_binary.subtype == BSON_SUBTYPE_UUID            ? OF_UUID
               : value->value.v_binary.subtype == BSON_SUBTYPE_UUID_DEPRECATED ? OF_UUID
                                                                               : 0;
    return value->value_type == BSON_TYPE_ARRAY       ? OF_ARRAY
           : value->value_type == BSON_TYPE_DOCUMENT  ? OF_OBJECT
           : value->value_type == BSON_TYPE_BOOL      ? OF_BOOLEAN
           : value->value_type == BSON_TYPE_DATE_TIME ? OF_DATE
           : value->value_type == BSON_TYPE_OID       ? OF_OBJECTID
           : value->value_type == BSON_TYPE_TIMESTAMP ? OF_TIMESTAMP
                                                      : 0;
}

static bool over_elements(const struct function_call *call, struct expect_surroundings *around,
                          struct item *item, struct error *error)
{
    bson_iter_t iter;
    bool ok, changed = false, all_dates = item->date;
    bson_t made;
    if (!item_open(item, &iter, error))
        return false;
    bson_init(&made);
    for (uint32_t place = 0; item_next(&iter, &ok, error); place++) {
        char digits[16];
        const char *key;
        bool other;
        struct item element = item_element(item, &iter);
        size_t length = bson_uint32_to_string(place, &key, digits, sizeof digits);
        ok = expect_apply(call, around, &element, &other, error);
        if (element.value.value_type == BSON_TYPE_EOD)
            element.value.value_type = BSON_TYPE_NULL;
        if (!ok)
            break;
        changed = changed || other;
        all_dates = all_dates && (element.date || expect_kind(&element) != FIELD_TEXT);
        if (!bson_append_value(&made, key, (int)length, &element.value)) {
            ok = error_memory(error);
            break;
        }
    }
    item->date = all_dates;
    if (ok && changed)
        ok = expect_make_bson(around, &made, BSON_TYPE_ARRAY, item, error);
    bson_destroy(&made);
    return ok;
}

static bool apply(const struct function_call *call, struct expect_surroundings *around,
                  struct item *item, struct error *error)
{
    const struct function_entry *entry = &mapping_functions[call->function];
    unsigned kind = kind_of(item);
    if (kind & entry->takes || call->function == FUNCTION_SAFE_NUMBERS)
        return deeds[call->function](around, call, item, error);
    if (kind == OF_ARRAY)
        return over_elements(call, around, item, error);
    if (kind == OF_NOTHING || !entry->strict)
        return true;
    return item_misfit(item, NULL, entry->name, error);
}

bool expect_apply(const struct function_call *call, struct expect_surroundings *around,
                  struct item *item, bool *changed, struct error *error)
{
    struct item before;
    bool safe = item->safe;
    if (item->json != NULL && call->function != FUNCTION_SAFE_NUMBERS &&
        !from_mapping(around, item, error))
        return false;
    before = *item;
    if (!apply(call, around, item, error))
        return false;
    item->safe = item->safe || safe;
    *changed = !expect_is_unchanged(&before, item);
    return true;
}
