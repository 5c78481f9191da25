#include "extended.h"
#include "extended_text.h"

#include <string.h>

/* The one member that every wrapper has, and the one that it may have beside it. */
struct wrapper {
    bson_iter_t value, beside;
    bool has_beside;
    struct buffer *bytes;
};

/* NULL, or what is wrong. */
typedef const char *take(struct wrapper *wrapper, bson_type_t *type);

/* ---- parts ---------------------------------------------------------------------------------- */

static const char *text_at(const bson_iter_t *at, uint32_t *length)
{
    return BSON_ITER_HOLDS_UTF8(at) ? bson_iter_utf8(at, length) : NULL;
}

static bool number_at(const bson_iter_t *at, int64_t *number)
{
    bool is = BSON_ITER_HOLDS_INT32(at) || BSON_ITER_HOLDS_INT64(at);
    *number = is ? bson_iter_as_int64(at) : 0;
    return is;
}

/* An object of exactly these two members. */
static bool two_members(const bson_iter_t *at, const char *first, bson_iter_t *one,
                        const char *second, bson_iter_t *other)
{
    bson_t inside;
    uint32_t length;
    const uint8_t *data;
    if (!BSON_ITER_HOLDS_DOCUMENT(at))
        return false;
    bson_iter_document(at, &length, &data);
    return bson_init_static(&inside, data, length) && bson_count_keys(&inside) == 2 &&
           bson_iter_init_find(one, &inside, first) && bson_iter_init_find(other, &inside, second);
}

static void put_text(struct buffer *bytes, const char *text, uint32_t length)
{
    buffer_put_le32(bytes, length + 1);
    buffer_put(bytes, text, length);
    buffer_putc(bytes, '\0');
}

/* As it stands in its document: the value's bytes are those between it and the next. */
static void put_document(struct buffer *bytes, const bson_iter_t *at)
{
    uint32_t length;
    const uint8_t *data;
    bson_iter_document(at, &length, &data);
    buffer_put(bytes, data, length);
}

/* ---- values --------------------------------------------------------------------------------- */

static const char *take_oid(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    uint8_t oid[12];
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_OID;
    if (text == NULL || length != 2 * sizeof oid || !extended_hex(text, oid, sizeof oid))
        return "$oid is not 24 hexadecimal digits";
    buffer_put(wrapper->bytes, oid, sizeof oid);
    return NULL;
}

static const char *take_symbol(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_SYMBOL;
    if (text == NULL)
        return "$symbol is no text";
    put_text(wrapper->bytes, text, length);
    return NULL;
}

static const char *take_int(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    int64_t number;
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_INT32;
    if (text == NULL || !extended_integer(text, length, &number) || number < INT32_MIN ||
        number > INT32_MAX)
        return "$numberInt is not the text of a whole number of 32 bits";
    buffer_put_le32(wrapper->bytes, (uint32_t)(int32_t)number);
    return NULL;
}

static const char *take_long(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    int64_t number;
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_INT64;
    if (text == NULL || !extended_integer(text, length, &number))
        return "$numberLong is not the text of a whole number of 64 bits";
    buffer_put_le64(wrapper->bytes, (uint64_t)number);
    return NULL;
}

static const char *take_double(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    double number;
    uint64_t bits;
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_DOUBLE;
    if (text == NULL || !extended_double(text, length, &number))
        return "$numberDouble is not the text of a double";
    memcpy(&bits, &number, sizeof bits);
    buffer_put_le64(wrapper->bytes, bits);
    return NULL;
}

static const char *take_decimal(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    bson_decimal128_t number;
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_DECIMAL128;
    if (text == NULL || strlen(text) != length || !bson_decimal128_from_string(text, &number))
        return "$numberDecimal is not the text of a Decimal128";
    buffer_put_le64(wrapper->bytes, number.low);
    buffer_put_le64(wrapper->bytes, number.high);
    return NULL;
}

static const char *take_date(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    int64_t milliseconds;
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_DATE_TIME;
    if (text != NULL ? !extended_time(text, length, &milliseconds)
                     : !number_at(&wrapper->value, &milliseconds))
        return "$date is neither a time of ISO 8601 with its zone, in milliseconds, nor a whole "
               "number of them";
    buffer_put_le64(wrapper->bytes, (uint64_t)milliseconds);
    return NULL;
}

/* One or two hexadecimal digits; (v1) also a number. */
static bool subtype_at(const bson_iter_t *at, bool number_too, uint8_t *subtype)
{
    char digits[3] = "00";
    uint32_t length;
    int64_t number;
    const char *text = text_at(at, &length);
    if (text == NULL) {
        bool is = number_too && number_at(at, &number) && number >= 0 && number <= UINT8_MAX;
        *subtype = is ? (uint8_t)number : 0;
        return is;
    }
    if (length < 1 || length > 2)
        return false;
    memcpy(digits + 2 - length, text, length);
    return extended_hex(digits, subtype, 1);
}

static const char *take_binary(struct wrapper *wrapper, bson_type_t *type)
{
    static const char *const wrong =
        "$binary is neither {\"base64\", \"subType\"} nor base64 beside "
        "\"$type\"";
    bson_iter_t content = wrapper->value, of_type = wrapper->beside;
    struct buffer *bytes = wrapper->bytes;
    uint32_t length;
    uint8_t subtype;
    bool old = wrapper->has_beside;
    *type = BSON_TYPE_BINARY;
    if (!old && !two_members(&wrapper->value, "base64", &content, "subType", &of_type))
        return wrong;
    const char *text = text_at(&content, &length);
    if (text == NULL || !subtype_at(&of_type, old, &subtype))
        return wrong;
    size_t head = subtype == BSON_SUBTYPE_BINARY_DEPRECATED ? 9 : 5, start = bytes->length;
    if (buffer_reserve(bytes, head + length) == NULL)
        return NULL; /* the caller looks at the buffer */
    bytes->length += head;
    if (!extended_base64(text, length, bytes))
        return "$binary is no base64";
    uint32_t size = (uint32_t)(bytes->length - start - head), outer = size + (uint32_t)head - 5;
    memcpy(bytes->data + start, &outer, 4);
    bytes->data[start + 4] = subtype;
    if (head == 9) /* the old form has the length once more */
        memcpy(bytes->data + start + 5, &size, 4);
    return NULL;
}

static const char *take_uuid(struct wrapper *wrapper, bson_type_t *type)
{
    uint32_t length;
    uint8_t uuid[16];
    const char *text = text_at(&wrapper->value, &length);
    *type = BSON_TYPE_BINARY;
    if (text == NULL || !extended_uuid(text, length, uuid))
        return "$uuid is not the text of a UUID";
    buffer_put_le32(wrapper->bytes, sizeof uuid);
    buffer_putc(wrapper->bytes, BSON_SUBTYPE_UUID);
    buffer_put(wrapper->bytes, uuid, sizeof uuid);
    return NULL;
}

static const char *take_code(struct wrapper *wrapper, bson_type_t *type)
{
    struct buffer *bytes = wrapper->bytes;
    uint32_t length;
    const char *text = text_at(&wrapper->value, &length);
    if (text == NULL || (wrapper->has_beside && !BSON_ITER_HOLDS_DOCUMENT(&wrapper->beside)))
        return "$code is no text, or its $scope is no document";
    *type = wrapper->has_beside ? BSON_TYPE_CODEWSCOPE : BSON_TYPE_CODE;
    size_t start = bytes->length;
    if (wrapper->has_beside)
        buffer_put_le32(bytes, 0);
    put_text(bytes, text, length);
    if (!wrapper->has_beside)
        return NULL;
    put_document(bytes, &wrapper->beside);
    uint32_t whole = (uint32_t)(bytes->length - start);
    if (!bytes->failed)
        memcpy(bytes->data + start, &whole, 4);
    return NULL;
}

static const char *take_timestamp(struct wrapper *wrapper, bson_type_t *type)
{
    bson_iter_t seconds, counter;
    int64_t t, i;
    *type = BSON_TYPE_TIMESTAMP;
    if (!two_members(&wrapper->value, "t", &seconds, "i", &counter) || !number_at(&seconds, &t) ||
        !number_at(&counter, &i) || t < 0 || t > UINT32_MAX || i < 0 || i > UINT32_MAX)
        return "$timestamp is not {\"t\", \"i\"}, two whole numbers of 32 bits";
    buffer_put_le32(wrapper->bytes, (uint32_t)i);
    buffer_put_le32(wrapper->bytes, (uint32_t)t);
    return NULL;
}

/* BSON has the options in the order of the alphabet. */
static bool put_regex(struct buffer *bytes, const bson_iter_t *pattern, const bson_iter_t *options)
{
    uint32_t length, count;
    const char *text = text_at(pattern, &length), *letters = text_at(options, &count);
    if (text == NULL || letters == NULL || strlen(text) != length || strlen(letters) != count)
        return false;
    buffer_put(bytes, text, length + 1);
    for (int letter = 1; letter <= UINT8_MAX; letter++)
        for (uint32_t i = 0; i < count; i++)
            if ((uint8_t)letters[i] == letter)
                buffer_putc(bytes, letters[i]);
    buffer_putc(bytes, '\0');
    return true;
}

static const char *take_regular_expression(struct wrapper *wrapper, bson_type_t *type)
{
    bson_iter_t pattern, options;
    *type = BSON_TYPE_REGEX;
    if (!two_members(&wrapper->value, "pattern", &pattern, "options", &options) ||
        !put_regex(wrapper->bytes, &pattern, &options))
        return "$regularExpression is not {\"pattern\", \"options\"}, two texts without NUL";
    return NULL;
}

static const char *take_regex(struct wrapper *wrapper, bson_type_t *type)
{
    *type = BSON_TYPE_REGEX;
    return put_regex(wrapper->bytes, &wrapper->value, &wrapper->beside)
               ? NULL
               : "$regex or $options holds NUL";
}

static const char *take_pointer(struct wrapper *wrapper, bson_type_t *type)
{
    bson_iter_t space, id;
    uint32_t length = 0;
    *type = BSON_TYPE_DBPOINTER;
    bool is = two_members(&wrapper->value, "$ref", &space, "$id", &id);
    const char *text = is ? text_at(&space, &length) : NULL;
    if (text == NULL || !BSON_ITER_HOLDS_OID(&id))
        return "$dbPointer is not {\"$ref\", \"$id\"}, a text and an ObjectId";
    put_text(wrapper->bytes, text, length);
    buffer_put(wrapper->bytes, bson_iter_oid(&id)->bytes, 12);
    return NULL;
}

static const char *take_least(struct wrapper *wrapper, bson_type_t *type)
{
    int64_t one;
    *type = BSON_TYPE_MINKEY;
    return number_at(&wrapper->value, &one) && one == 1 ? NULL : "$minKey is not 1";
}

static const char *take_most(struct wrapper *wrapper, bson_type_t *type)
{
    int64_t one;
    *type = BSON_TYPE_MAXKEY;
    return number_at(&wrapper->value, &one) && one == 1 ? NULL : "$maxKey is not 1";
}

static const char *take_undefined(struct wrapper *wrapper, bson_type_t *type)
{
    *type = BSON_TYPE_UNDEFINED;
    return BSON_ITER_HOLDS_BOOL(&wrapper->value) && bson_iter_bool(&wrapper->value)
               ? NULL
               : "$undefined is not true";
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct row {
    const char *name, *beside; /* NULL: it is alone */
    bool texts;                /* it is a wrapper only when both are there, and texts */
    take *take;
} rows[] = {
    {"$oid", NULL, false, take_oid},
    {"$date", NULL, false, take_date},
    {"$numberInt", NULL, false, take_int},
    {"$numberLong", NULL, false, take_long},
    {"$numberDouble", NULL, false, take_double},
    {"$numberDecimal", NULL, false, take_decimal},
    {"$binary", "$type", false, take_binary},
    {"$uuid", NULL, false, take_uuid},
    {"$regularExpression", NULL, false, take_regular_expression},
    {"$regex", "$options", true, take_regex},
    {"$timestamp", NULL, false, take_timestamp},
    {"$symbol", NULL, false, take_symbol},
    {"$code", "$scope", false, take_code},
    {"$dbPointer", NULL, false, take_pointer},
    {"$undefined", NULL, false, take_undefined},
    {"$minKey", NULL, false, take_least},
    {"$maxKey", NULL, false, take_most},
};

static const struct row *find(const bson_t *object, struct wrapper *wrapper)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (!bson_iter_init_find(&wrapper->value, object, row->name))
            continue;
        wrapper->has_beside =
            row->beside != NULL && bson_iter_init_find(&wrapper->beside, object, row->beside);
        if (!row->texts || (wrapper->has_beside && BSON_ITER_HOLDS_UTF8(&wrapper->value) &&
                            BSON_ITER_HOLDS_UTF8(&wrapper->beside)))
            return row;
    }
    return NULL;
}

enum extended extended_value(const bson_t *object, bson_type_t *type, struct buffer *bytes,
                             const char **problem)
{
    struct wrapper wrapper = {.bytes = bytes};
    const struct row *row = find(object, &wrapper);
    if (row == NULL)
        return EXTENDED_NONE;
    if (bson_count_keys(object) != 1 + (uint32_t)wrapper.has_beside)
        *problem = "an object that stands for a value has a member that does not belong to it";
    else
        *problem = row->take(&wrapper, type);
    return *problem == NULL ? EXTENDED_VALUE : EXTENDED_WRONG;
}
