/* Room transform/value: values of records, the functions that change them, and the record of
 * what they gave up. It uses common/base and common/mapping. */

/* value.h: one value of a source as a view: nothing is copied out of the record. */
#ifndef TRANSFORM_VALUE_H
#define TRANSFORM_VALUE_H

#include "datetime.h"

#include "graduate/arena.h"
#include "graduate/buffer.h"
#include "graduate/error.h"

#include <bson/bson.h>
#include <cjson/cJSON.h>

/* The payload that goes with `type`; BSON_TYPE_EOD means that the field is absent. */
struct value {
    bson_type_t type;
    /* string, symbol, code, regex pattern: the text; document, array: the BSON; binary: the bytes
     * behind the subtype; DBPointer: the collection */
    uint32_t length;
    const uint8_t *bytes;
    union {
        double number;
        int64_t integer; /* int32, int64, date (ms since 1970), bool (0 or 1) */
        bson_decimal128_t decimal;
        struct {
            uint32_t seconds, ordinal;
        } timestamp;
        const uint8_t *oid;  /* 12 bytes; DBPointer's, too */
        uint8_t subtype;     /* binary */
        bool moment;         /* text: the source says that it is a moment; array: its texts */
        const char *options; /* regex */
        struct {
            const uint8_t *scope; /* code with scope: BSON */
            uint32_t scope_length;
        };
    };
};

struct value value_from_iter(const bson_iter_t *iter);
/* Did a walk over a document's fields end at its last byte? Damage ends a walk too, without a word.
 */
bool value_walked(const bson_iter_t *iter, const struct value *document);
/* The error for it; the caller adds the path. */
bool value_damaged(struct error *error);
/* An error at the path is one at its element of that place, "tags[3]": puts the place behind the
 * path. Always false. */
bool value_at_element(const char *path, size_t place, struct error *error);
struct value value_from_text(const char *text, size_t length);
/* A JSON constant. Whole numbers become int64, other numbers double; objects and arrays become BSON
 * in the arena. False without memory. */
bool value_from_json(struct arena *arena, const cJSON *json, struct value *value);

/* Put it into a document or array; nothing as a null. False: it does not fit into it. */
bool value_append(bson_t *out, const char *key, const struct value *value);

/* Absent, null and undefined are all "no value" where a column is concerned. */
static inline bool value_is_nothing(const struct value *value)
{
    return value->type == BSON_TYPE_EOD || value->type == BSON_TYPE_NULL ||
           value->type == BSON_TYPE_UNDEFINED;
}
static inline bool value_is_text(const struct value *value)
{
    return value->type == BSON_TYPE_UTF8 || value->type == BSON_TYPE_SYMBOL;
}
/* Nothing, or a text, array or object without content. */
static inline bool value_is_empty(const struct value *value)
{
    if (value->type == BSON_TYPE_DOCUMENT || value->type == BSON_TYPE_ARRAY)
        return value->length == 5; /* its own length and its end */
    return value_is_nothing(value) || (value_is_text(value) && value->length == 0);
}
/* Moments of a row are texts to all that wants a text, and dates to all that wants a date: their
 * source declares the field as one (plan.h), and the text keeps its microseconds. Is it such a
 * text, or an array of such? */
static inline bool value_holds_moments(const struct value *value)
{
    return (value_is_text(value) || value->type == BSON_TYPE_ARRAY) && value->moment;
}
static inline void value_hold_moments(struct value *value)
{
    if (value_is_text(value) || value->type == BSON_TYPE_ARRAY)
        value->moment = true;
}
/* What such a text says; false: it is none, or says nothing of the kind. */
bool value_moment(const struct value *value, struct moment *moment);
/* An element of the array: of moments, where that is of moments. */
static inline void value_inherit(struct value *element, const struct value *array)
{
    if (value_is_text(element))
        element->moment = value_holds_moments(array);
}
bool value_is_number(const struct value *value);
/* A number or a truth value. */
bool value_is_scalar(const struct value *value);
/* Of a number: neither NaN nor an infinity. True for what is no number. */
bool value_is_finite(const struct value *value);
/* Of one value, before and after a function: did that leave it as it was? */
bool value_identical(const struct value *a, const struct value *b);

/* "the text \"abc\"", "the double 1.5", "a document": for messages, cut to fit. */
void value_describe(const struct value *value, char *out, size_t size);
/* The value as short plain text for keys and the loss record: hex, digits, the text itself. */
void value_brief(const struct value *value, char *out, size_t size);
const char *value_kind(const struct value *value);

#endif
