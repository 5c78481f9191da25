/* Room graduate/seal: closing the folder of a finished run, and checking that it stayed closed.
 * It uses common/base, common/mapping, graduate/run and graduate/text. */

/* seal.h: seal.json, which closes the folder of a finished run: what lies in it (manifest.h), the
 * mapping, the account and the verdict, as on the day. mappings/seal.schema.json describes it.
 *
 * Its first member is the SHA-256 of all that follows, so that a byte of the seal itself that
 * changed is found like any other. That guards against accidents; against somebody who makes a new
 * seal for other files guards the digest that was noted elsewhere when the run was sealed.
 *
 * Nothing writes in a sealed folder any more: every verb that would calls folder_refuse_sealed. */
#ifndef GRADUATE_DRIVER_SEAL_H
#define GRADUATE_DRIVER_SEAL_H

#include "folder.h"

#include "graduate/buffer.h"

#include <cjson/cJSON.h>

struct seal_options {
    bool whatever_the_verdict; /* also when it is another one than "holds", or there is none */
    bool without_checkpoints;  /* also when one of an entity is not there */
};
/* Seal a finished run, whose lock must be held; ERROR_REFUSED for what the options do not allow.
 * What a kill left of graduate's own goes first (leftover.h), seal.json appears whole, and then the
 * right to write is taken: after a kill, at whatever moment, the same is done again and ends it. */
bool seal_make(const struct folder *folder, const struct seal_options *options,
               struct error *error);

/* For people, behind other words: ", without the checkpoints of books"; nothing when all are in. */
void seal_put_lack(const cJSON *seal, struct buffer *out);

/* Take the right to write from a folder with a seal that holds. */
bool seal_lock(const char *folder, const cJSON *seal, struct error *error);

/* Read the seal, and hold the folder against it: every file there, of the same size and content,
 * and nothing else. ERROR_DATA that names what is not so; ERROR_USAGE when there is no seal. */
bool seal_check(const char *folder, cJSON **seal, struct error *error);

#endif
