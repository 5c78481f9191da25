/* canonical_json.h: the pieces of canonical JSON (canonical.h), for those who make it of something
 * else than JSON text. A failed allocation sets the buffer's `failed`. */
#ifndef VERIFY_CANONICAL_JSON_H
#define VERIFY_CANONICAL_JSON_H

#include "graduate/buffer.h"

enum { CANONICAL_JSON_DEPTH = 10000 }; /* more than jsonb takes with its usual stack */

/* int32 length and bytes: a key, or what stands behind 's' and 'd'. */
void canonical_put_counted(struct buffer *out, const void *bytes, size_t length);
void canonical_put_json_string(struct buffer *out, const void *text, size_t length);
/* A finite number in decimal notation; false (and nothing put) if it is none. */
bool canonical_put_json_number(struct buffer *out, const char *text, size_t length);

/* An object under construction: for each member canonical_object_member, the key as
 * canonical_put_counted puts it, and the value. Members may come in any order. */
struct canonical_member;
struct canonical_object {
    struct buffer *out;
    size_t start;
    struct canonical_member *members;
    size_t count, room;
};
void canonical_object_begin(struct canonical_object *object, struct buffer *out);
void canonical_object_member(struct canonical_object *object);
/* Take the last member back. */
void canonical_object_withdraw(struct canonical_object *object);
/* Sorts; of members with one key the last stays. Returns how many went that way. Needed also where
 * making a member failed: it gives the memory back. */
size_t canonical_object_end(struct canonical_object *object);

/* An array: put the elements between the two. */
size_t canonical_array_begin(struct buffer *out);
void canonical_array_end(struct buffer *out, size_t start, size_t count);

/* The bytes that one canonical JSON value takes. */
size_t canonical_json_length(const uint8_t *value);

#endif
