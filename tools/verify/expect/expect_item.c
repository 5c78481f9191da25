#include "expect_item.h"
#include "canonical.h"
#include "canonical_decimal.h"
#include "graduate/path.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item item_of(bson_iter_t *iter)
{
    struct item item = {0};
    const bson_value_t *value = bson_iter_value(iter);
    if (value != NULL)
        item.value = *value;
    return item;
}

struct item item_element(const struct item *array, bson_iter_t *iter)
{
    struct item item = item_of(iter);
    item.date = array->date;
    return item;
}

bool item_calls_date(const struct item *record, const char *path)
{
    bool date = false;
    for (size_t i = 0; record->dates != NULL && i < record->dates->count; i++)
        date = date || path_is_name(path, record->dates->items[i]);
    return date;
}

bool item_instant(const struct item *item, struct instant *instant)
{
    const char *text;
    size_t length;
    return item->date && item_text(item, &text, &length) && calendar_instant(text, length, instant);
}

struct item item_of_text(const char *text, size_t length)
{
    struct item item = {.value = {.value_type = BSON_TYPE_UTF8}};
    memcpy(&item.value.value.v_utf8.str, &text, sizeof text); /* it is only read */
    item.value.value.v_utf8.len = (uint32_t)length;
    return item;
}

struct item item_of_int(int64_t number)
{
    struct item item = {.value = {.value_type = BSON_TYPE_INT64}};
    item.value.value.v_int64 = number;
    return item;
}

struct item item_of_json(const cJSON *json)
{
    struct item item = {0};
    if (cJSON_IsString(json))
        return item_of_text(json->valuestring, strlen(json->valuestring));
    if (cJSON_IsBool(json)) {
        item.value.value_type = BSON_TYPE_BOOL;
        item.value.value.v_bool = cJSON_IsTrue(json);
    } else if (cJSON_IsNumber(json)) {
        double number = json->valuedouble;
        bool whole = number == floor(number) && fabs(number) < 0x1p53;
        if (whole)
            return item_of_int((int64_t)number);
        item.value.value_type = BSON_TYPE_DOUBLE;
        item.value.value.v_double = number;
    } else if (cJSON_IsNull(json)) {
        item.value.value_type = BSON_TYPE_NULL;
    } else {
        item.value.value_type = cJSON_IsArray(json) ? BSON_TYPE_ARRAY : BSON_TYPE_DOCUMENT;
        item.json = json;
    }
    return item;
}

bool item_is_nothing(const struct item *item)
{
    bson_type_t type = item->value.value_type;
    return type == BSON_TYPE_EOD || type == BSON_TYPE_NULL || type == BSON_TYPE_UNDEFINED;
}

bool item_is_empty(const struct item *item)
{
    const char *text;
    size_t length;
    bson_type_t type = item->value.value_type;
    if (type == BSON_TYPE_ARRAY || type == BSON_TYPE_DOCUMENT)
        return item->value.value.v_doc.data_len == 5;
    return item_is_nothing(item) || (item_text(item, &text, &length) && length == 0);
}

bool item_text(const struct item *item, const char **text, size_t *length)
{
    if (item->value.value_type == BSON_TYPE_UTF8) {
        *text = item->value.value.v_utf8.str;
        *length = item->value.value.v_utf8.len;
        return true;
    }
    if (item->value.value_type == BSON_TYPE_SYMBOL) {
        *text = item->value.value.v_symbol.symbol;
        *length = item->value.value.v_symbol.len;
        return true;
    }
    return false;
}

void item_shortest(double number, char text[ITEM_NUMBER])
{
    if (!isfinite(number)) {
        snprintf(text, ITEM_NUMBER, "%s",
                 isnan(number) ? "NaN"
                 : number > 0  ? "Infinity"
                               : "-Infinity");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, ITEM_NUMBER, "%.*e", digits - 1, number);
        if (strtod(text, NULL) == number)
            return;
    }
}

bool item_number(const struct item *item, char text[ITEM_NUMBER])
{
    switch ((int)item->value.value_type) {
    case BSON_TYPE_INT32:
        snprintf(text, ITEM_NUMBER, "%" PRId32, item->value.value.v_int32);
        return true;
    case BSON_TYPE_INT64:
        snprintf(text, ITEM_NUMBER, "%" PRId64, item->value.value.v_int64);
        return true;
    case BSON_TYPE_DOUBLE:
        item_shortest(item->value.value.v_double, text);
        return true;
    case BSON_TYPE_DECIMAL128:
        bson_decimal128_to_string(&item->value.value.v_decimal128, text);
        return true;
    default:
        return false;
    }
}

void item_written_out(const char number[ITEM_NUMBER], char text[64])
{
    struct buffer form;
    struct canonical_decimal decimal;
    buffer_init(&form);
    bool whole = strchr(number, 'E') != NULL && canonical_put_decimal(&form, number) &&
                 !form.failed && canonical_decimal_read(form.data, form.length, &decimal) &&
                 decimal.power >= 0 && decimal.count > 0 &&
                 (int64_t)decimal.count + decimal.power <= 60;
    if (whole) {
        int length = snprintf(text, 64, "%s%.*s", decimal.negative ? "-" : "", (int)decimal.count,
                              decimal.digits);
        memset(text + length, '0', (size_t)decimal.power);
        text[length + decimal.power] = '\0';
    }
    if (!whole)
        snprintf(text, 64, "%s", number);
    buffer_release(&form);
}

/* The digits of a canonical decimal with its zeros behind them, as an int64. */
static bool decimal_to_int64(const struct canonical_decimal *decimal, int64_t *number)
{
    if (decimal->power < 0 || decimal->count + (size_t)decimal->power > 19)
        return false;
    *number = 0;
    for (size_t i = 0; i < decimal->count + (size_t)decimal->power; i++) {
        int digit = i < decimal->count ? decimal->digits[i] - '0' : 0;
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, decimal->negative ? -digit : digit, number))
            return false;
    }
    return true;
}

bool item_whole(const struct item *item, int64_t *number)
{
    char text[ITEM_NUMBER];
    switch ((int)item->value.value_type) {
    case BSON_TYPE_INT32:
        *number = item->value.value.v_int32;
        return true;
    case BSON_TYPE_INT64:
        *number = item->value.value.v_int64;
        return true;
    case BSON_TYPE_DOUBLE: {
        double real = item->value.value.v_double;
        if (!(real >= -0x1p63 && real < 0x1p63) || real != trunc(real))
            return false;
        *number = (int64_t)real;
        return true;
    }
    case BSON_TYPE_DECIMAL128: {
        struct buffer form;
        struct canonical_decimal decimal;
        item_number(item, text);
        buffer_init(&form);
        bool ok = canonical_put_decimal(&form, text) && !form.failed &&
                  canonical_decimal_read(form.data, form.length, &decimal) &&
                  decimal_to_int64(&decimal, number);
        buffer_release(&form);
        return ok;
    }
    default:
        return false;
    }
}

static bool damaged(struct error *error)
{
    return error_set(error, ERROR_SOURCE, "the document is damaged");
}

bool item_open(const struct item *container, bson_iter_t *iter, struct error *error)
{
    return bson_iter_init_from_data(iter, container->value.value.v_doc.data,
                                    container->value.value.v_doc.data_len) ||
           damaged(error);
}

bool item_next(bson_iter_t *iter, bool *ok, struct error *error)
{
    uint32_t length = iter->len; /* the iterator forgets it at the end */
    if (bson_iter_next(iter)) {
        *ok = true;
        return true;
    }
    /* A sound walk ends on the last byte, the terminator of the document. */
    *ok = (iter->err_off == 0 && iter->off + 1 == length) || damaged(error);
    return false;
}

static int64_t object_ids_in(const bson_t *document)
{
    bson_iter_t iter;
    int64_t count = 0;
    if (!bson_iter_init(&iter, document))
        return 0; /* whoever reads it says so */
    while (bson_iter_next(&iter)) {
        const struct item inner = item_of(&iter);
        count += item_object_ids(&inner);
    }
    return count;
}

int64_t item_object_ids(const struct item *item)
{
    const bson_value_t *value = &item->value;
    const uint8_t *bytes = NULL;
    uint32_t length = 0;
    bson_t inside;
    if (value->value_type == BSON_TYPE_OID)
        return 1;
    if (item->json != NULL)
        return 0;
    if (value->value_type == BSON_TYPE_DOCUMENT || value->value_type == BSON_TYPE_ARRAY) {
        bytes = value->value.v_doc.data;
        length = value->value.v_doc.data_len;
    } else if (value->value_type == BSON_TYPE_CODEWSCOPE) {
        bytes = value->value.v_codewscope.scope_data;
        length = value->value.v_codewscope.scope_len;
    }
    return bytes != NULL && bson_init_static(&inside, bytes, length) ? object_ids_in(&inside) : 0;
}

static struct item find_name(const struct item *document, const struct path_step *step)
{
    bson_iter_t iter;
    if (document->value.value_type == BSON_TYPE_DOCUMENT && document->json == NULL &&
        bson_iter_init_from_data(&iter, document->value.value.v_doc.data,
                                 document->value.value.v_doc.data_len))
        while (bson_iter_next(&iter))
            if (path_step_is(step, bson_iter_key(&iter)))
                return item_of(&iter);
    return (struct item){0};
}

struct item item_find(const struct item *document, const char *path)
{
    struct item found = *document;
    struct path_step step;
    bool date = item_calls_date(document, path), itself = strcmp(path, ".") == 0;
    while (!itself && path_next(&path, &step))
        found = find_name(&found, &step);
    found.date = itself ? found.date : date;
    return found;
}

/* Add what the elements of an array have at the path, and those of arrays among them. */
static void gather(const struct item *array, const char *path, bson_t *made)
{
    bson_iter_t iter;
    if (!bson_iter_init_from_data(&iter, array->value.value.v_doc.data,
                                  array->value.value.v_doc.data_len))
        return;
    while (bson_iter_next(&iter)) {
        struct item found = item_of(&iter);
        struct path_step step;
        const char *rest = path;
        bool steps = false;
        while (found.value.value_type == BSON_TYPE_DOCUMENT && path_next(&rest, &step)) {
            found = find_name(&found, &step);
            steps = true;
        }
        if (found.value.value_type == BSON_TYPE_ARRAY && (*rest != '\0' || !steps))
            gather(&found, rest, made);
        else if (found.value.value_type != BSON_TYPE_EOD && steps && *rest == '\0')
            bson_append_value(made, "", 0, &found.value);
    }
}

struct item item_gather(const struct item *document, const char *path, bson_t *made)
{
    struct item found = *document;
    struct path_step step;
    const char *rest = strcmp(path, ".") != 0 ? path : "";
    while (found.value.value_type != BSON_TYPE_ARRAY && path_next(&rest, &step))
        found = find_name(&found, &step);
    if (found.value.value_type != BSON_TYPE_ARRAY || found.json != NULL || *rest == '\0')
        return item_find(document, path);
    bson_t array;
    bson_iter_t iter;
    bson_reinit(made);
    bson_append_array_begin(made, "", 0, &array);
    gather(&found, rest, &array);
    bson_append_array_end(made, &array);
    found =
        bson_iter_init(&iter, made) && bson_iter_next(&iter) ? item_of(&iter) : (struct item){0};
    found.date = item_calls_date(document, path);
    return found;
}

bool item_same_number(const char *a, const char *b)
{
    struct buffer forms;
    buffer_init(&forms);
    bool valid = canonical_put_decimal(&forms, a);
    size_t half = forms.length;
    valid = valid && canonical_put_decimal(&forms, b);
    bool same = valid && !forms.failed && forms.length == 2 * half &&
                memcmp(forms.data, forms.data + half, half) == 0;
    buffer_release(&forms);
    return same;
}

void item_brief(const struct item *item, char *out, size_t size)
{
    static const struct {
        bson_type_t type;
        const char *name;
    } kinds[] = {
        {BSON_TYPE_EOD, "nothing"},
        {BSON_TYPE_NULL, "null"},
        {BSON_TYPE_UNDEFINED, "undefined"},
        {BSON_TYPE_DOCUMENT, "a document"},
        {BSON_TYPE_ARRAY, "an array"},
        {BSON_TYPE_BINARY, "binary data"},
        {BSON_TYPE_BOOL, "a boolean"},
        {BSON_TYPE_DATE_TIME, "a date"},
        {BSON_TYPE_REGEX, "a regular expression"},
        {BSON_TYPE_TIMESTAMP, "a timestamp"},
    };
    const char *text;
    size_t length;
    char number[ITEM_NUMBER];
    snprintf(out, size, "a value of an unusual type");
    if (item_text(item, &text, &length))
        snprintf(out, size, "%.*s", (int)(length < size ? length : size), text);
    else if (item_number(item, number))
        snprintf(out, size, "%s", number);
    else if (item->value.value_type == BSON_TYPE_OID && size >= 25)
        bson_oid_to_string(&item->value.value.v_oid, out);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].type == item->value.value_type)
            snprintf(out, size, "%s", kinds[i].name);
}

bool item_misfit(const struct item *item, const char *path, const char *why, struct error *error)
{
    char brief[64];
    item_brief(item, brief, sizeof brief);
    error_set(error, ERROR_DATA, "the mapping gives no answer for \"%s\": %s", brief, why);
    error_hint(error, "the run should have stopped at this record; was the mapping changed since?");
    return error_at(error, NULL, NULL, path);
}
