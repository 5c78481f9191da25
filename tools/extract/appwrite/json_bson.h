/* json_bson.h: JSON text to BSON documents, without a detour through doubles or Extended JSON.
 *
 *   JSON                     BSON
 *   integer (no . and no e)  int64, whatever its size: a type must not depend on a value
 *   other number             double
 *   string                   UTF-8 with its length; it may hold NUL
 *   true, false, null        bool, null
 *   object, array            document, array; members keep their order and their names ("$id")
 *
 * Appwrite prints a double 10.0 as `10`, so an int64 may stand in a double's place: which it is,
 * the mapping's type says. What has no faithful form is an error: an integer beyond 64 bits, a
 * number beyond a double, a key that is there twice or holds NUL, text that is no UTF-8, nesting
 * deeper than JSON_BSON_DEPTH. */
#ifndef EXTRACT_JSON_BSON_H
#define EXTRACT_JSON_BSON_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <jansson.h>
#include <stddef.h>

/* Objects and arrays in one another; also what MongoDB allows. */
enum { JSON_BSON_DEPTH = 100 };

/* Parse exactly one JSON object; the caller owns *object (json_decref). The error is ERROR_SOURCE
 * and begins with the column; it holds no value of the text, which may be a secret. *cut (may be
 * NULL) says whether the text merely stops too early. */
bool json_bson_parse(const char *text, size_t length, json_t **object, bool *cut,
                     struct error *error);

/* Append the BSON document of a parsed object; on failure the buffer is as before, and the error's
 * path is the member. */
bool json_bson_put(json_t *object, struct buffer *out, struct error *error);

#endif
