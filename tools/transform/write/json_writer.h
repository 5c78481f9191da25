/* json_writer.h: BSON as the text of a jsonb value.
 *
 * What JSON has is written as JSON: text, true, false, null, whole numbers digit by digit, doubles
 * by their shortest text, Decimal128 by its digits. What it has not, becomes text where that is
 * unambiguous: an ObjectId its 24 hex digits, a UUID (binary subtype 4) its usual form, a date of
 * the years 0 to 9999 "2020-01-01T00:00:00.000Z". All else becomes the wrapper of Canonical
 * Extended JSON v2 ({"$binary": ...}, {"$timestamp": ...}, {"$date": {"$numberLong": ...}}, ...).
 *
 * What jsonb cannot hold is an error that names the path, unless "misfit" mends it: NUL or invalid
 * UTF-8 in a text, NaN and infinities, a key that stands twice in a document. What changes is put
 * on record: what was mended, the sign of a zero, and with safe_numbers a whole number beyond 2^53
 * that becomes text. */
#ifndef TRANSFORM_JSON_WRITER_H
#define TRANSFORM_JSON_WRITER_H

#include "graduate/buffer.h"
#include "graduate/error.h"
#include "loss.h"
#include "mending.h"
#include "value.h"

enum { JSON_DEPTH = 201 };

struct json_writer {
    struct buffer *out;
    struct losses *losses;
    struct mending *mending; /* NULL: what jsonb cannot hold is an error */
    bool safe_numbers;
    const char *base; /* path of the value itself, for messages */
    const char *path[JSON_DEPTH];
    bool is_element[JSON_DEPTH]; /* of an array, whose place stands in `path` */
    size_t depth;
    size_t begin; /* from where on `path` lies below `base` */
};

void json_writer_init(struct json_writer *writer, struct buffer *out, struct losses *losses,
                      const char *base, bool safe_numbers);
/* What comes now lies in the member of that name, or is the element at that place; the caller takes
 * one off `depth` again. */
static inline void json_writer_enter(struct json_writer *writer, const char *name, bool is_element)
{
    writer->is_element[writer->depth] = is_element;
    writer->path[writer->depth++] = name;
}
/* ERROR_DATA with path when the value cannot be held. */
bool json_write_value(struct json_writer *writer, const struct value *value, struct error *error);
/* A member's name with quotes and colon, and the comma before it where *first is false. */
bool json_write_key(struct json_writer *writer, bool *first, const char *key, size_t length,
                    struct error *error);
/* Before a document is written: it must not lie too deep, and no field may stand in it twice, for
 * jsonb would keep the last of two without a word. Documents inside of it are not looked at. */
bool json_check_document(struct json_writer *writer, const struct value *document,
                         struct error *error);

#endif
