/* Functions from one kind of scalar to another, and those of an array as such. */
#include "calendar.h"
#include "canonical.h"
#include "expect_deed.h"
#include "expect_identity.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMAL_DIGITS = 34, LONGEST = 512 };

/* ---- number and text --------------------------------------------------------------------------
 */

/* Which of the characters are what, of a text without blanks around it; false: it is no number. */
static bool is_number(const char *text, bool *point, size_t *digits)
{
    text += *text == '-' || *text == '+';
    const char *zeros = text + strspn(text, "0");
    size_t whole = strspn(text, "0123456789"), places = 0;
    *point = text[whole] == '.';
    if (*point)
        places = strspn(text + whole + 1, "0123456789");
    *digits = strspn(zeros, "0123456789");
    if (*point && *digits == 0)
        *digits = places - strspn(text + whole + 1, "0");
    else if (*point)
        *digits += places;
    return text[whole + *point + places] == '\0' && (*point ? places > 0 : whole > 0);
}

EXPECT_DEED(expect_number)
{
    const char *raw;
    size_t length, digits;
    char text[LONGEST], *end;
    bool point;
    struct item trimmed = *item;
    if (!item_text(item, &raw, &length))
        return true;
    if (!expect_trim(around, call, &trimmed, error) || !item_text(&trimmed, &raw, &length))
        return false;
    bool held = length < sizeof text && memchr(raw, '\0', length) == NULL;
    snprintf(text, sizeof text, "%.*s", held ? (int)length : 0, raw);
    if (!is_number(text, &point, &digits) || digits > DECIMAL_DIGITS)
        return item_misfit(item, NULL, "it is no number", error);
    const char *bare = text + (text[0] == '+');
    errno = 0;
    long long whole = strtoll(bare, &end, 10);
    *item = item_of_int(whole);
    if (*end == '\0' && errno == 0 && (whole != 0 || bare[0] != '-'))
        return true; /* what has a sign at zero is a decimal */
    item->value.value_type = BSON_TYPE_DECIMAL128;
    return bson_decimal128_from_string(bare, &item->value.value.v_decimal128) ||
           item_misfit(&trimmed, NULL, "it is no decimal", error);
}

/* From "d.ddde-XX" with as few digits as it takes: written out where the exponent is between -4 and
 * what 15 digits, or as many as there are, show. */
static void write_double(double number, char *out, size_t size)
{
    char shortest[ITEM_NUMBER], digits[ITEM_NUMBER];
    size_t count = 0;
    item_shortest(number, shortest);
    const char *sign = shortest[0] == '-' ? "-" : "", *exponent = strchr(shortest, 'e');
    if (exponent == NULL) { /* NaN and the infinities */
        snprintf(out, size, "%s", shortest);
        return;
    }
    for (const char *c = shortest; c < exponent; c++)
        if (*c >= '0' && *c <= '9')
            digits[count++] = *c;
    digits[count] = '\0';
    int power = (int)strtol(exponent + 1, NULL, 10), most = count > 15 ? (int)count : 15;
    if (power < -4 || power >= most)
        snprintf(out, size, "%s%c%s%se%+03d", sign, digits[0], count > 1 ? "." : "", digits + 1,
                 power);
    else if (power < 0)
        snprintf(out, size, "%s0.%.*s%s", sign, -power - 1, "000", digits);
    else if ((size_t)power + 1 >= count)
        snprintf(out, size, "%s%s%.*s", sign, digits, power + 1 - (int)count, "000000000000000000");
    else
        snprintf(out, size, "%s%.*s.%s", sign, power + 1, digits, digits + power + 1);
}

EXPECT_DEED(expect_text)
{
    const bson_value_t *value = &item->value;
    char text[64] = "";
    int64_t whole;
    (void)call;
    switch ((int)value->value_type) {
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        item->date = false;
        return true;
    case BSON_TYPE_DOUBLE:
        if (item_whole(item, &whole) && !(whole == 0 && signbit(value->value.v_double)))
            snprintf(text, sizeof text, "%" PRId64, whole);
        else
            write_double(value->value.v_double, text, sizeof text);
        break;
    case BSON_TYPE_BOOL:
        snprintf(text, sizeof text, "%s", value->value.v_bool ? "true" : "false");
        break;
    case BSON_TYPE_DATE_TIME:
        if (!calendar_iso(value->value.v_datetime, text))
            return item_misfit(item, NULL, "it has no text", error);
        break;
    case BSON_TYPE_OID:
        bson_oid_to_string(&value->value.v_oid, text);
        break;
    case BSON_TYPE_BINARY:
        if (value->value.v_binary.subtype != BSON_SUBTYPE_UUID)
            return item_misfit(item, NULL, "its bytes have no order", error);
        expect_uuid_write(value->value.v_binary.data, text);
        break;
    default: {
        char number[ITEM_NUMBER];
        item_number(item, number);
        item_written_out(number, text);
    }
    }
    return expect_make_text(around, text, strlen(text), item, error);
}

EXPECT_DEED(expect_safe_numbers)
{
    (void)around;
    (void)call;
    (void)error;
    item->safe = true;
    return true;
}

EXPECT_DEED(expect_not_finite)
{
    char text[ITEM_NUMBER];
    (void)call;
    (void)error;
    if (item_number(item, text) && strpbrk(text, "Nn") != NULL) {
        *item = (struct item){.value = {.value_type = BSON_TYPE_NULL}};
        around->lost = true;
    }
    return true;
}

/* ---- UUIDs ------------------------------------------------------------------------------------
 */

static void reverse(uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        uint8_t kept = bytes[i];
        bytes[i] = bytes[count - 1 - i];
        bytes[count - 1 - i] = kept;
    }
}

EXPECT_DEED(expect_uuid3)
{
    bson_value_t *value = &item->value;
    if (value->value.v_binary.subtype == BSON_SUBTYPE_UUID)
        return true;
    uint8_t *bytes = arena_alloc(around->texts, 16, 1);
    if (bytes == NULL)
        return error_memory(error);
    memcpy(bytes, value->value.v_binary.data, 16);
    if (call->word == UUID3_JAVA) { /* two longs, the least byte first */
        reverse(bytes, 8);
        reverse(bytes + 8, 8);
    } else if (call->word == UUID3_CSHARP) { /* an int and two shorts, likewise */
        reverse(bytes, 4);
        reverse(bytes + 4, 2);
        reverse(bytes + 6, 2);
    }
    value->value.v_binary.data = bytes;
    value->value.v_binary.subtype = BSON_SUBTYPE_UUID;
    return true;
}

EXPECT_DEED(expect_padded)
{
    const bson_value_t *value = &item->value;
    uint8_t uuid[16], sum = 0;
    const char *text;
    size_t length, zeros = call->word == PADDED_LEFT ? 0 : 12;
    bool known;
    (void)around;
    if (value->value_type == BSON_TYPE_OID)
        return true;
    if (item_text(item, &text, &length)) {
        known = expect_uuid_read(text, length, uuid);
    } else {
        known = value->value.v_binary.subtype == BSON_SUBTYPE_UUID;
        memcpy(uuid, value->value.v_binary.data, 16);
    }
    for (size_t i = 0; known && i < 4; i++)
        sum |= uuid[zeros + i];
    if (!known || sum != 0)
        return item_misfit(item, NULL, "it is not padded there", error);
    *item = (struct item){.value = {.value_type = BSON_TYPE_OID}};
    memcpy(item->value.value.v_oid.bytes, uuid + (zeros == 0 ? 4 : 0), 12);
    return true;
}

EXPECT_DEED(expect_uuid)
{
    const bson_value_t *value = &item->value;
    const char *text;
    size_t length;
    int64_t number;
    char made[40] = "";
    uint8_t id[16];
    bool whole = value->value_type == BSON_TYPE_INT32 || value->value_type == BSON_TYPE_INT64;
    if (!item_text(item, &text, &length)) {
        if (value->value_type == BSON_TYPE_OID)
            bson_oid_to_string(&value->value.v_oid, made);
        else if (whole && item_whole(item, &number))
            snprintf(made, sizeof made, "%" PRId64, number);
        else if (value->value_type == BSON_TYPE_BINARY &&
                 value->value.v_binary.subtype == BSON_SUBTYPE_UUID)
            expect_uuid_write(value->value.v_binary.data, made);
        text = made;
        length = strlen(made);
    }
    if (length == 0 || !expect_identity_name(around->rule, call->text, text, length, id))
        return item_misfit(item, NULL, "no id can be made of it", error);
    expect_uuid_write(id, made);
    return expect_make_text(around, made, 36, item, error);
}

/* ---- arrays -----------------------------------------------------------------------------------
 */

EXPECT_DEED(expect_count)
{
    bson_iter_t iter;
    bool ok;
    int64_t count = 0;
    (void)around;
    (void)call;
    if (!item_open(item, &iter, error))
        return false;
    while (item_next(&iter, &ok, error))
        count++;
    if (ok)
        *item = item_of_int(count);
    return ok;
}

EXPECT_DEED(expect_item)
{
    bson_iter_t iter;
    bool ok;
    struct item counted = *item, found = {0};
    if (!expect_count(around, call, &counted, error) || !item_open(item, &iter, error))
        return false;
    int64_t left = call->place + (call->place < 0 ? counted.value.value.v_int64 : 0);
    for (; left >= 0 && item_next(&iter, &ok, error); left--)
        if (left == 0)
            found = item_element(item, &iter);
    *item = found;
    return true;
}

EXPECT_DEED(expect_field)
{
    bson_iter_t iter;
    struct item found = {0};
    bool ok = true;
    (void)around;
    if (!item_open(item, &iter, error))
        return false;
    while (item_next(&iter, &ok, error))
        if (found.value.value_type == BSON_TYPE_EOD &&
            strcmp(bson_iter_key(&iter), call->text) == 0)
            found = item_of(&iter);
    *item = found;
    return ok;
}

/* A whole number of any type by its digits; all else by its BSON, a symbol as the text that it is.
 */
static void put_likeness(const struct item *item, struct buffer *out)
{
    int64_t whole;
    const char *text;
    size_t length;
    bson_t alone = BSON_INITIALIZER;
    struct item shown = *item;
    if (item_whole(item, &whole)) {
        buffer_putc(out, 'n');
        buffer_put_be64(out, (uint64_t)whole);
        return;
    }
    if (item_text(item, &text, &length))
        shown = item_of_text(text, length);
    if (!bson_append_value(&alone, "", 0, &shown.value))
        out->failed = true;
    buffer_put(out, bson_get_data(&alone), alone.len);
    bson_destroy(&alone);
}

/* A hash table of what was met: places in `likenesses`, 0 for none. */
struct met {
    struct buffer likenesses;
    size_t *slots, size;
};

static bool is_new(struct met *met, const struct item *item)
{
    size_t start = met->likenesses.length, hash = 5381;
    buffer_put_be32(&met->likenesses, 0);
    put_likeness(item, &met->likenesses);
    if (met->likenesses.failed)
        return false;
    size_t length = met->likenesses.length - start;
    buffer_patch_be32(&met->likenesses, start, (uint32_t)length);
    const uint8_t *bytes = met->likenesses.data;
    for (size_t i = 0; i < length; i++)
        hash = hash * 33 + bytes[start + i];
    size_t slot = hash % met->size;
    for (; met->slots[slot] != 0; slot = (slot + 1) % met->size) {
        size_t other = met->slots[slot] - 1;
        if (get_be32(bytes + other) == length && memcmp(bytes + other, bytes + start, length) == 0)
            return false;
    }
    met->slots[slot] = start + 1;
    return true;
}

EXPECT_DEED(expect_unique)
{
    bson_iter_t iter;
    bson_t kept;
    struct item counted = *item;
    if (!expect_count(around, call, &counted, error) || !item_open(item, &iter, error))
        return false;
    size_t count = (size_t)counted.value.value.v_int64, taken = 0;
    struct met met = {.size = 2 * count + 1};
    met.slots = calloc(met.size, sizeof *met.slots);
    if (met.slots == NULL)
        return error_memory(error);
    buffer_init(&met.likenesses);
    bson_init(&kept);
    bool ok = true, more = true;
    while (ok && (more = item_next(&iter, &ok, error))) {
        char digits[16];
        const char *key;
        struct item element = item_of(&iter);
        if (!is_new(&met, &element))
            continue;
        size_t length = bson_uint32_to_string((uint32_t)taken++, &key, digits, sizeof digits);
        ok = bson_append_value(&kept, key, (int)length, &element.value) || error_memory(error);
    }
    ok = ok && buffer_ok(&met.likenesses, error);
    bool dates = item->date;
    if (ok && taken < count)
        ok = expect_make_bson(around, &kept, BSON_TYPE_ARRAY, item, error);
    item->date = dates;
    bson_destroy(&kept);
    buffer_release(&met.likenesses);
    free(met.slots);
    return ok;
}
