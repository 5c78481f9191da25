/* json_keys.h: identities that stand as keys of a JSON object. */
#ifndef TRANSFORM_JSON_KEYS_H
#define TRANSFORM_JSON_KEYS_H

#include "graduate/buffer.h"
#include "graduate/error.h"
#include "graduate/identity.h"

/* Whose records there are. NULL: every id is one. */
struct json_keys_asking {
    /* ERROR_DATA where no record that stays has the id, which is written as the text. */
    bool (*ask)(void *context, const char *text, size_t length, const uint8_t uuid[16],
                struct error *error);
    void *context;
};

/* Copy a JSON text, with the keys of its outermost object replaced by the UUIDs of that entity. All
 * else stays byte for byte, so no number is read and written again. The text comes from PostgreSQL
 * and is valid JSON. ERROR_DATA for what is neither an object nor null, for a key that is nobody's
 * id, for one that `asking` does not know, and for two keys that are one: jsonb would keep one of
 * the two without a word. */
bool json_keys_identify(const struct identity *identity, const char *entity, enum identity_ids ids,
                        const struct json_keys_asking *asking, const char *text, size_t length,
                        struct buffer *out, struct error *error);
/* The same of the text that stands in `out` from `start` on, in place. */
bool json_keys_replace(const struct identity *identity, const char *entity, enum identity_ids ids,
                       const struct json_keys_asking *asking, struct buffer *out, size_t start,
                       struct error *error);

#endif
