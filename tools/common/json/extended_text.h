/* extended_text.h: the texts that stand for values in Extended JSON. Each says whether the text is
 * one, to its last byte; what would have to be rounded or guessed is none. */
#ifndef COMMON_JSON_EXTENDED_TEXT_H
#define COMMON_JSON_EXTENDED_TEXT_H

#include "graduate/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Twice `count` hexadecimal digits. */
bool extended_hex(const char *text, uint8_t *bytes, size_t count);
/* "-5"; of 64 bits. */
bool extended_integer(const char *text, size_t length, int64_t *number);
/* A number as JSON has it, "Infinity", "-Infinity", "NaN". Not one that is too large, or so small
 * that only 0 is left. */
bool extended_double(const char *text, size_t length, double *number);
/* RFC 4648, with its padding. The bytes are appended. */
bool extended_base64(const char *text, size_t length, struct buffer *bytes);
/* "73ffd264-44b3-4c69-90e8-e7d1dfc035d4" */
bool extended_uuid(const char *text, size_t length, uint8_t uuid[16]);
/* "2020-01-01T00:00:00.123Z", also +00, +0000, +00:00: years 0000 to 9999, any digits behind the
 * point as long as they say whole milliseconds. Into milliseconds since 1970. */
bool extended_time(const char *text, size_t length, int64_t *milliseconds);

#endif
