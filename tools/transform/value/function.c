#include "deed.h"

#include <stdio.h>
#include <string.h>

/* NULL: it takes effect where the value is written (encode.h). */
static const deed deeds[FUNCTION_COUNT] = {
    [FUNCTION_LOWER] = deed_lower,
    [FUNCTION_UPPER] = deed_upper,
    [FUNCTION_TRIM] = deed_trim,
    [FUNCTION_EMPTY_NULL] = deed_empty_to_null,
    [FUNCTION_NUMBER] = deed_number,
    [FUNCTION_TEXT] = deed_text,
    [FUNCTION_ELEMENTS] = deed_count,
    [FUNCTION_UNIQUE] = deed_unique,
    [FUNCTION_SPLIT] = deed_split,
    [FUNCTION_ITEM] = deed_item,
    [FUNCTION_FIELD] = deed_field,
    [FUNCTION_STRIP] = deed_strip,
    [FUNCTION_EPOCH] = deed_epoch,
    [FUNCTION_TIME] = deed_time,
    [FUNCTION_DAY] = deed_day,
    [FUNCTION_MIDNIGHT] = deed_midnight,
    [FUNCTION_UUID3] = deed_uuid3,
    [FUNCTION_PADDED] = deed_padded,
    [FUNCTION_UUID] = deed_uuid,
    [FUNCTION_PHONE] = deed_phone_digits,
    [FUNCTION_PASSWORD] = deed_supabase_password,
    [FUNCTION_JSON] = deed_json,
};

static unsigned kind_of(const struct value *value)
{
    struct moment unused;
    switch ((int)value->type) {
    case BSON_TYPE_EOD:
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        return OF_NOTHING;
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return value_moment(value, &unused) ? OF_TEXT | OF_DATE : OF_TEXT;
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DECIMAL128:
        return OF_NUMBER;
    case BSON_TYPE_BOOL:
        return OF_BOOLEAN;
    case BSON_TYPE_DATE_TIME:
        return OF_DATE;
    case BSON_TYPE_OID:
        return OF_OBJECTID;
    case BSON_TYPE_TIMESTAMP:
        return OF_TIMESTAMP;
    case BSON_TYPE_ARRAY:
        return OF_ARRAY;
    case BSON_TYPE_DOCUMENT:
        return OF_OBJECT;
    case BSON_TYPE_BINARY:
        return (value->subtype == 3 || value->subtype == 4) && value->length == 16 ? OF_UUID : 0;
    default:
        return 0;
    }
}

static bool over_elements(const struct function_call *call, const struct function_context *context,
                          struct value *value, struct error *error)
{
    bson_iter_t iter;
    bson_t made = BSON_INITIALIZER;
    bool changed = false, moments = value_holds_moments(value);
    bool ok = bson_iter_init_from_data(&iter, value->bytes, value->length);
    if (!ok)
        value_damaged(error);
    for (uint32_t i = 0; ok && bson_iter_next(&iter); i++) {
        char digits[16];
        const char *key;
        struct value before = value_from_iter(&iter), element;
        value_inherit(&before, value);
        element = before;
        bson_uint32_to_string(i, &key, digits, sizeof digits);
        ok = function_apply(call, context, &element, error) ||
             value_at_element(context->path, i, error);
        if (ok && value_identical(&before, &element))
            ok = bson_append_iter(&made, key, -1, &iter) || error_memory(error);
        else if (ok)
            ok = value_append(&made, key, &element) || error_memory(error);
        changed = changed || (ok && !value_identical(&before, &element));
        moments = moments && (!value_is_text(&element) || element.moment);
    }
    if (ok && !value_walked(&iter, value))
        ok = value_damaged(error) || error_at(error, NULL, NULL, context->path);
    if (ok && changed)
        return deed_make_container(context, &made, BSON_TYPE_ARRAY, value, error);
    bson_destroy(&made);
    value->moment = moments;
    return ok;
}

static bool refuse_kind(const struct function_entry *entry, const struct function_context *context,
                        const struct value *value, struct error *error)
{
    char takes[FUNCTION_KINDS], why[FUNCTION_KINDS + 40];
    function_kinds(entry->takes, takes);
    snprintf(why, sizeof why, "\"%s\" takes %s", entry->name, takes);
    return deed_refuse(context, value, why, NULL, error);
}

bool function_apply(const struct function_call *call, const struct function_context *context,
                    struct value *value, struct error *error)
{
    const struct function_entry *entry = &mapping_functions[call->function];
    deed does = deeds[call->function];
    unsigned kind = kind_of(value);
    if (does == NULL)
        return true;
    if ((entry->takes & kind) != 0)
        return does(context, call, value, error);
    if (kind == OF_NOTHING)
        return true;
    if (kind == OF_ARRAY)
        return over_elements(call, context, value, error);
    return !entry->strict || refuse_kind(entry, context, value, error);
}
