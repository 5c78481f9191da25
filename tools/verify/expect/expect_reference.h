/* expect_reference.h: ids that are found out in the records that they name: by which key they are
 * known there, and what becomes of those that name none. */
#ifndef VERIFY_EXPECT_REFERENCE_H
#define VERIFY_EXPECT_REFERENCE_H

#include "expect.h"
#include "expect_item.h"
#include "graduate/arena.h"
#include "graduate/buffer.h"

/* XXH3-128 of a text that says what is known. */
void expect_key_of(const struct buffer *text, uint8_t key[16]);
/* 128 bits for an id of the entity, and for what one of its fields holds after these functions:
 * false where that is nothing to look up by. */
void expect_key_of_id(const struct mapping *entity, const uint8_t uuid[16], uint8_t key[16]);
bool expect_key_of_field(const struct mapping_value *by, const struct item *item, uint8_t key[16]);

struct expect_reference {
    struct item item; /* a UUID (binary data), an array of UUIDs and nulls, or nothing */
    int64_t dangling; /* ids that name no record that stays */
    bool rejects;     /* one of them sets the record aside */
    bool lost;        /* given up, or an element of it */
    bool gone;        /* its row is left out */
    bool by_hand; /* given: the record is as it was corrected; who is set aside may come in, too */
};
/* `texts`: where arrays are made. ERROR_DATA at the path where the run should have stopped. */
bool expect_resolve(const struct project *project, const struct mapping_value *value,
                    const struct expect_lookup *lookup, const struct item *item, const char *path,
                    struct arena *texts, struct expect_reference *reference, struct error *error);

#endif
