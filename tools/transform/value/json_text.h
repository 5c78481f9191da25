/* json_text.h: a text of JSON (RFC 8259) as the value that it is. No digit of a number is lost:
 * whole ones of 64 bits are int64, all others decimals; what 34 digits cannot hold is no JSON here.
 */
#ifndef TRANSFORM_JSON_TEXT_H
#define TRANSFORM_JSON_TEXT_H

#include "graduate/buffer.h"

#include <bson/bson.h>

/* Append the value under the name "". False: `wrong` says why it is none; nothing there means that
 * memory was out. */
bool json_text_read(const char *text, size_t length, bson_t *into, struct buffer *wrong);

#endif
