/* json_keys.h: identities that stand as keys of a JSON object. */
#ifndef TRANSFORM_JSON_KEYS_H
#define TRANSFORM_JSON_KEYS_H

#include "graduate/buffer.h"
#include "graduate/error.h"
#include "graduate/identity.h"

/* Copy a JSON text, with the keys of its outermost object replaced by the UUIDs of that entity. All
 * else stays byte for byte, so no number is read and written again. The text comes from PostgreSQL
 * and is valid JSON. ERROR_DATA for what is neither an object nor null, for a key that is nobody's
 * id, and for two keys that are one: jsonb would keep one of the two without a word. */
bool json_keys_identify(const struct identity *identity, const char *entity, enum identity_ids ids,
                        const char *text, size_t length, struct buffer *out, struct error *error);

#endif
