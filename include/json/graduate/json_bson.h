/* Room common/json: JSON texts as BSON, to the last digit. It uses common/base. */

/* json_bson.h: JSON text to BSON documents, without a detour through doubles.
 *
 *   JSON                     BSON
 *   number                   int64, double or Decimal128: see json_number.h
 *   string                   UTF-8 with its length; it may hold NUL
 *   true, false, null        bool, null
 *   object, array            document, array; members keep their order and their names ("$id")
 *
 * Appwrite prints a double 10.0 as `10`, so an int64 may stand in a double's place: which it is,
 * the mapping's type says. What has no faithful form is an error: a number that nothing holds
 * exactly, a key that is there twice or holds NUL, text that is no UTF-8, nesting deeper than
 * JSON_BSON_DEPTH. */
#ifndef GRADUATE_JSON_BSON_H
#define GRADUATE_JSON_BSON_H

#include "graduate/error.h"

#include <bson/bson.h>
#include <stddef.h>

/* Objects and arrays in one another; also what MongoDB allows. */
enum { JSON_BSON_DEPTH = 100 };

/* Append the members of exactly one JSON object to `document`, which the caller has initialised.
 * The error is ERROR_SOURCE with the member's path, and begins with the column; it holds no value
 * of the text, which may be a secret. After a failure `document` holds what could be read, so that
 * a record can still be named; *cut (may be NULL) says whether the text merely stops too early. */
bool json_bson_parse(const char *text, size_t length, bson_t *document, bool *cut,
                     struct error *error);

/* The same of MongoDB's Extended JSON, canonical, relaxed or of its first version, which is another
 * language: {"$oid": ...} is an ObjectId, and so on (tools/common/json/extended.h); a whole number
 * is int32 where that holds it, else int64; any other number is a double, the nearest one, as it
 * was one when it was written. A value may be nested by its own objects below JSON_BSON_DEPTH. The
 * error names no column: *where gets the byte of the text. */
bool json_bson_parse_extended(const char *text, size_t length, bson_t *document, size_t *where,
                              struct error *error);

/* Append exactly one JSON value of any kind as the member `key`. Errors as above. */
bool json_bson_append(bson_t *document, const char *key, const char *text, size_t length,
                      struct error *error);

/* Members of a document. NULL: there is no such text. */
const char *json_bson_text(const bson_t *document, const char *key);
/* A view of an object or array, which lives as long as the document; false: there is none. */
bool json_bson_object(const bson_t *document, const char *key, bson_t *object);
bool json_bson_array(const bson_t *document, const char *key, bson_t *array);
/* The object or array at the iterator, in the same way; false: it is something else. */
bool json_bson_view(const bson_iter_t *at, bson_t *view);

#endif
