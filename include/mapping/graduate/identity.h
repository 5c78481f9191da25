/* identity.h: one UUID for one thing, whatever form a source writes its id in.
 *
 * A raw id is brought to its plain form first:
 *   12 bytes (ObjectId), or text of 24 hex digits in any case    -> those 12 bytes
 *   UUID whose first 4 bytes are zero (padded on the left)       -> its last 12 bytes
 *   UUID whose last 4 bytes are zero (padded on the right)       -> its first 12 bytes
 *   any other UUID, 16 bytes or text of 32 hex digits and dashes -> those 16 bytes
 *   any other text (an Appwrite id, a slug), whole numbers       -> the text, where it may be an
 * id: What may be one depends on the entity (enum identity_ids): "n/a" or an e-mail address must
 * not become a reference without a word. A UUID stays as it is; text becomes UUIDv5 (RFC 9562) of
 * "<entity>/<text>" in the project's namespace; 12 bytes become a UUID by the project's strategy:
 *   pad-left   00000000 and the 12 bytes            reversible, no RFC UUID
 *   pad-right  the 12 bytes and 00000000            reversible, no RFC UUID
 *   uuid5      UUIDv5 of "<entity>/<24 hex>"        not reversible
 *   uuid7      UUIDv7: the ObjectId's seconds as milliseconds, its other 64 bits behind them
 *              (shared layout: version and variant nibbles between); reversible, keeps the order
 *              in time, and valid everywhere. The default.
 *
 * What is hashed begins with the entity's name, so texts of two entities never meet. 12 bytes do
 * not: pad-left, pad-right and uuid7 can be turned back, and references from other sources must
 * come out the same. An Appwrite account whose id looks like the ObjectId of a user so gets the
 * user's UUID; it is not taken for the user, for an id is only ever looked for in the home of the
 * entity that id_of names. Two ids of one entity that become one UUID (an ObjectId and its hex
 * text, 42 and "42") are two rows with one key, which the target refuses. */
#ifndef GRADUATE_IDENTITY_H
#define GRADUATE_IDENTITY_H

#include "graduate/error.h"

#include <stddef.h>
#include <stdint.h>

enum identity_strategy { IDENTITY_PAD_LEFT, IDENTITY_PAD_RIGHT, IDENTITY_UUID5, IDENTITY_UUID7 };

/* What is taken for an id of an entity, beside ObjectIds, their hex text and UUIDs. */
enum identity_ids {
    IDENTITY_PLAIN,    /* nothing */
    IDENTITY_APPWRITE, /* ids of Appwrite: 1 to 36 of a-z A-Z 0-9 . - _, the first a letter or digit
                        */
    IDENTITY_TEXTS,    /* any text but "", and whole numbers: the record's own id is what it is; and
                          where others name the entity, if its mapping keeps that id as it is, too, or
                          its source is Postgres, whose keys are what their columns say */
};
/* "ObjectIds or UUIDs", ...: for messages. */
const char *identity_ids_text(enum identity_ids ids);

struct identity {
    enum identity_strategy strategy;
    uint8_t namespace[16];
};

/* False when there is no such strategy. */
bool identity_strategy_parse(const char *text, enum identity_strategy *strategy);
/* "uuid7", "uuid5", ...: for messages that list what is allowed. */
extern const char *const identity_strategy_names[4];

/* Out: 16 bytes, network order. False for text that is nobody's id, and where the machine cannot
 * hash: never a made-up UUID. */
bool identity_from_objectid(const struct identity *identity, const char *entity,
                            const uint8_t objectid[12], uint8_t uuid[16]);
bool identity_from_uuid(const struct identity *identity, const char *entity, const uint8_t raw[16],
                        uint8_t uuid[16]);
bool identity_from_text(const struct identity *identity, const char *entity, enum identity_ids ids,
                        const char *text, size_t length, uint8_t uuid[16]);

/* An id of no entity, made of any text but "": UUIDv5 of "<name>/<text>", also of hex digits and
 * UUIDs. */
bool identity_make(const struct identity *identity, const char *name, const char *text,
                   size_t length, uint8_t uuid[16]);

/* The other way, where the strategy can be turned back: the ObjectId that becomes this UUID. */
bool identity_to_objectid(const struct identity *identity, const uint8_t uuid[16],
                          uint8_t objectid[12]);

/* Is the text one of 24 hex digits, or a UUID? From the UUID of any other nobody gets back to it.
 */
bool identity_text_is_plain(const char *text, size_t length);

/* 32 hex digits, with or without the four dashes in their places; false for anything else. */
bool uuid_parse(const char *text, size_t length, uint8_t uuid[16]);
/* 36 characters and a NUL. */
void uuid_format(const uint8_t uuid[16], char out[37]);

#endif
