/* json.h: reading configuration with cJSON, and writing JSON text.
 *
 * cJSON keeps every number as a double, which suits configuration; data never passes through it. */
#ifndef GRADUATE_JSON_H
#define GRADUATE_JSON_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <cjson/cJSON.h>

/* Read and parse a whole file of at most 16 MiB. Errors are ERROR_USAGE and name the file, and for
 * broken JSON line and column; a duplicate key anywhere is an error that names its JSON pointer.
 * The caller owns *json (cJSON_Delete). */
bool json_read_file(const char *path, cJSON **json, struct error *error);
/* The same, but a number of more than 15 digits is an error, too: cJSON would keep and write
 * another one. For files whose numbers come into rows, and that are compared and copied. */
bool json_read_exact(const char *path, cJSON **json, struct error *error);
/* The same two for a text that stands for `name`. */
bool json_parse(const char *text, size_t length, const char *name, cJSON **json,
                struct error *error);
bool json_parse_exact(const char *text, size_t length, const char *name, cJSON **json,
                      struct error *error);

/* A place inside a file, for errors: the file and the JSON pointer built on the way down. Each
 * level lives on the stack of the function that reads it. */
struct json_place {
    const struct json_place *up;
    const char *name; /* NULL: an array index */
    size_t index;
};
/* Set an ERROR_USAGE whose message begins "FILE: /json/pointer: ". The outermost place's name is
 * the file. */
bool json_error(struct error *error, const struct json_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Every member of `object` must be one of the words, else a json_error with the nearest one. */
bool json_only(const cJSON *object, const struct json_place *place, const char *const *words,
               size_t count, struct error *error);
/* The member as a text that is not empty. Without it *out stays as it is, unless it is `needed`. */
bool json_text(const cJSON *object, const struct json_place *place, const char *key, bool needed,
               const char **out, struct error *error);
/* What a value is, for errors: "a string", "null", "an array that is empty", ... */
const char *json_kind(const cJSON *value);

/* The text as a JSON string with quotes: escapes what must be, leaves the rest as it is. The bytes
 * must be valid UTF-8 for the result to be JSON. */
void json_put_string(struct buffer *buffer, const char *text, size_t length);
/* Write a whole file through a temporary name, fsync and rename; ERROR_TARGET on failure. */
bool json_write_file(const char *path, const cJSON *json, struct error *error);

#endif
