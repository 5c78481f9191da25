#include "expect_misfit.h"
#include "canonical.h"
#include "canonical_decimal.h"

#include <stdio.h>
#include <string.h>

static struct item instead(const struct mapping_column *column, enum remedy remedy)
{
    if (remedy == REMEDY_DEFAULT)
        return item_of_json(column->value.fallback);
    return (struct item){.value = {.value_type = BSON_TYPE_NULL}};
}

/* The text without its NULs, and of so many characters at most; 0: of any number. */
static bool shorten(struct arena *texts, struct item *item, bool nuls, int32_t most,
                    struct error *error)
{
    const char *text;
    size_t length, kept = 0;
    int32_t characters = 0;
    if (!item_text(item, &text, &length))
        return true;
    char *made = arena_alloc(texts, length + 1, 1);
    if (made == NULL)
        return error_memory(error);
    for (size_t i = 0; i < length; i++) {
        bool begins = ((unsigned char)text[i] & 0xC0) != 0x80;
        if (nuls && text[i] == '\0')
            continue;
        characters += begins;
        if (most > 0 && characters > most)
            break;
        made[kept++] = text[i];
    }
    *item = item_of_text(made, kept);
    return true;
}

static int32_t count_characters(const char *text, size_t length)
{
    int32_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Round the number's digits; *rounded: it had more places. */
static bool round_item(struct item *item, int scale, bool *rounded, struct error *error)
{
    char text[ITEM_NUMBER], out[ITEM_NUMBER + 16];
    struct canonical_decimal decimal;
    struct buffer bytes;
    *rounded = false;
    buffer_init(&bytes);
    bool number = item_number(item, text) && canonical_put_decimal(&bytes, text);
    bool read = number && !bytes.failed &&
                canonical_decimal_read(bytes.data, bytes.length, &decimal) &&
                decimal.count < ITEM_NUMBER;
    if (read && decimal.count > 0 && decimal.power < -scale) {
        int64_t gone = -(int64_t)scale - decimal.power;
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
                 -scale);
        item->value.value_type = BSON_TYPE_DECIMAL128;
        *rounded = bson_decimal128_from_string(out, &item->value.value.v_decimal128);
    }
    bool ok = buffer_ok(&bytes, error);
    buffer_release(&bytes);
    return ok;
}

static bool mend(const struct mapping_column *column, struct arena *texts, struct item *item,
                 bool *lost, struct error *error)
{
    const struct remedies *remedies = &column->misfits;
    const struct pgtype *type = &column->type;
    const char *text;
    size_t length;
    bool texty = !type->array && column->value.id_of == NULL &&
                 (type->base == PG_TEXT || type->base == PG_VARCHAR || type->base == PG_CHAR);
    *lost = false;
    if (texty && remedies->nul != REMEDY_ERROR && item_text(item, &text, &length) && length > 0 &&
        memchr(text, 0, length) != NULL) {
        *lost = true;
        if (remedies->nul != REMEDY_MEND)
            *item = instead(column, remedies->nul);
        else if (!shorten(texts, item, true, 0, error))
            return false;
    }
    if (texty && remedies->too_long != REMEDY_ERROR && type->length > 0 &&
        item_text(item, &text, &length) && count_characters(text, length) > type->length) {
        *lost = true;
        if (remedies->too_long != REMEDY_MEND)
            *item = instead(column, remedies->too_long);
        else if (!shorten(texts, item, false, type->length, error))
            return false;
    }
    bool placed = !type->array && column->value.id_of == NULL &&
                  ((type->base == PG_NUMERIC && type->precision > 0) || type->base == PG_INT2 ||
                   type->base == PG_INT4 || type->base == PG_INT8);
    bool rounded = false;
    if (placed && remedies->rounding != REMEDY_ERROR &&
        !round_item(item, type->scale, &rounded, error))
        return false;
    if (rounded && remedies->rounding != REMEDY_MEND)
        *item = instead(column, remedies->rounding);
    *lost = *lost || rounded;
    return true;
}

/* Can it be put, and is it one of those that are allowed? *fits says so; false only without memory.
 */
static bool look(const struct mapping_column *column, const struct expect_target *target,
                 const struct item *item, bool *fits, struct error *error)
{
    struct buffer bytes, other;
    struct error why = {0};
    buffer_init(&bytes);
    buffer_init(&other);
    *fits = expect_put(target, item, &bytes, &why);
    bool found = column->in == NULL || item_is_nothing(item);
    const cJSON *word;
    cJSON_ArrayForEach(word, column->in)
    {
        const struct item allowed = item_of_json(word);
        buffer_clear(&other);
        found = found || (*fits && expect_put(target, &allowed, &other, &why) &&
                          other.length == bytes.length && !bytes.failed && !other.failed &&
                          memcmp(other.data, bytes.data, bytes.length) == 0);
    }
    *fits = *fits && found;
    bool ok = buffer_ok(&bytes, error) && buffer_ok(&other, error);
    buffer_release(&bytes);
    buffer_release(&other);
    return ok;
}

bool expect_remedy(const struct mapping_column *column, const struct expect_target *target,
                   struct arena *texts, struct item *item, bool *lost, struct error *error)
{
    bool fits = true;
    if (!mend(column, texts, item, lost, error) ||
        (column->misfits.other != REMEDY_ERROR && !look(column, target, item, &fits, error)))
        return false;
    if (!fits)
        *item = instead(column, column->misfits.other);
    *lost = *lost || !fits;
    return true;
}
