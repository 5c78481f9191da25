/* expect_identity.h: one UUID for one thing, by the rules in graduate/identity.h's head, made anew.
 */
#ifndef VERIFY_EXPECT_IDENTITY_H
#define VERIFY_EXPECT_IDENTITY_H

#include "expect_item.h"
#include "graduate/identity.h"

/* False when it is nobody's id: a text or number that `ids` does not allow, or another kind of
 * value. */
bool expect_identity(const struct identity *rule, const char *entity, enum identity_ids ids,
                     const struct item *raw, uint8_t uuid[16]);
bool expect_identity_text(const struct identity *rule, const char *entity, enum identity_ids ids,
                          const char *text, size_t length, uint8_t uuid[16]);
bool expect_identity_uuid(const struct identity *rule, const char *entity, const uint8_t raw[16],
                          uint8_t uuid[16]);

/* UUIDv5 of "<name>/<text>", whatever the text looks like. */
bool expect_identity_name(const struct identity *rule, const char *name, const char *text,
                          size_t length, uint8_t uuid[16]);

/* Is it a text or a number from whose UUID nobody gets back to it, or an array with one? */
bool expect_identity_is_one_way(const struct item *raw);

/* 32 hex digits, bare or with the four dashes. */
bool expect_uuid_read(const char *text, size_t length, uint8_t uuid[16]);
/* 36 characters. */
void expect_uuid_write(const uint8_t uuid[16], char out[37]);

#endif
