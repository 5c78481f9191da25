#include "expect_mending.h"
#include "canonical.h"
#include "canonical_decimal.h"

#include <stdio.h>
#include <string.h>
#include <unistr.h>

bool expect_refuse(struct expect_mending *mending, enum misfit kind)
{
    if (mending != NULL) {
        mending->refused = true;
        mending->kind = kind;
    }
    return false;
}

bool expect_mends(struct expect_mending *mending, enum misfit kind)
{
    if (mapping_remedy(mending != NULL ? mending->remedies : NULL, kind) != REMEDY_MEND)
        return expect_refuse(mending, kind);
    /* These are another form of the same. */
    if (mending != NULL && kind != MISFIT_NEGATIVE_ZERO && kind != MISFIT_BEYOND_DOUBLE)
        mending->lost = true;
    return true;
}

bool expect_stands_in(struct expect_mending *mending, const struct mapping_column *column,
                      struct item *item)
{
    bool made = column->value.kind == VALUE_REST ||
                mapping_value_is_json(&column->value, &column->type);
    bool asked = mending->refused && !made;
    enum remedy remedy = asked ? mapping_remedy(mending->remedies, mending->kind) : REMEDY_ERROR;
    if (remedy != REMEDY_NULL && remedy != REMEDY_DEFAULT)
        return false;
    *item = remedy == REMEDY_DEFAULT
                ? item_of_json(column->value.fallback)
                : (struct item){.value = {.value_type = BSON_TYPE_NULL}};
    mending->lost = true;
    return true;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* The text behind its last NUL, and so on: what is left of it without them. */
static size_t without_nul(char *text, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '\0')
            text[kept++] = text[i];
    return kept;
}

static void put_as_utf8(const char *text, size_t length, struct buffer *out)
{
    while (length > 0) {
        ucs4_t character;
        int taken = u8_mbtoucr(&character, (const uint8_t *)text, length);
        size_t size = taken > 0 ? (size_t)taken : 1;
        if (taken > 0)
            buffer_put(out, text, size);
        else
            buffer_put(out, "\xEF\xBF\xBD", 3);
        text += size;
        length -= size;
    }
}

static size_t first_characters(const char *text, size_t length, int32_t most)
{
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && most-- == 0)
            return i;
    return length;
}

bool expect_text_kept(struct expect_mending *mending, const char *text, size_t length,
                      int32_t most, struct buffer *out)
{
    struct buffer bare, valid;
    buffer_init(&bare);
    buffer_init(&valid);
    buffer_put(&bare, text, length);
    bool ok = true;
    if (length > 0 && !bare.failed && memchr(text, 0, length) != NULL) {
        ok = expect_mends(mending, MISFIT_NUL);
        bare.length = without_nul((char *)bare.data, length);
    }
    if (ok && bare.length > 0 && u8_check(bare.data, bare.length) != NULL) {
        ok = expect_mends(mending, MISFIT_UTF8);
        put_as_utf8((const char *)bare.data, bare.length, &valid);
    } else {
        buffer_put(&valid, bare.data, bare.length);
    }
    size_t kept = most > 0 && valid.length > 0
                      ? first_characters((const char *)valid.data, valid.length, most)
                      : valid.length;
    ok = ok && (kept == valid.length || expect_mends(mending, MISFIT_TOO_LONG));
    if (ok)
        buffer_put(out, valid.data, kept);
    out->failed = out->failed || bare.failed || valid.failed;
    buffer_release(&bare);
    buffer_release(&valid);
    return ok;
}

/* ---- numbers --------------------------------------------------------------------------------- */

bool expect_round(struct item *number, int places, bool *rounded, struct error *error)
{
    char text[ITEM_NUMBER], out[ITEM_NUMBER + 16];
    struct canonical_decimal decimal;
    struct buffer bytes;
    *rounded = false;
    buffer_init(&bytes);
    bool read = item_number(number, text) && canonical_put_decimal(&bytes, text) && !bytes.failed &&
                canonical_decimal_read(bytes.data, bytes.length, &decimal) &&
                decimal.count < ITEM_NUMBER;
    if (read && decimal.count > 0 && decimal.power < -places) {
        int64_t gone = -(int64_t)places - decimal.power;
        int64_t left = (int64_t)decimal.count - gone;
        char digits[ITEM_NUMBER + 2] = "0";
        bool up = left >= 0 && decimal.digits[left] >= '5';
        for (int64_t i = 0; i < left; i++)
            digits[1 + i] = decimal.digits[i];
        int64_t at = left > 0 ? left : 0;
        int64_t count = at;
        while (up && digits[at] == '9')
            digits[at--] = '0';
        digits[at] = (char)(digits[at] + up);
        snprintf(out, sizeof out, "%s%.*sE%d", decimal.negative ? "-" : "", (int)count + 1, digits,
                 -places);
        number->value.value_type = BSON_TYPE_DECIMAL128;
        *rounded = bson_decimal128_from_string(out, &number->value.value.v_decimal128);
    }
    bool ok = buffer_ok(&bytes, error);
    buffer_release(&bytes);
    return ok;
}
