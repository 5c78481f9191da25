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

#include <cjson/cJSON.h>

/* Seal a finished run, whose lock must be held. `unverified`: also one without a verdict, or whose
 * verdict is not of every level, which is ERROR_REFUSED otherwise. */
bool seal_make(const struct folder *folder, bool unverified, struct error *error);

/* Take the right to write from a folder with a seal that holds. */
bool seal_lock(const char *folder, const cJSON *seal, struct error *error);

/* Read the seal, and hold the folder against it: every file there, of the same size and content,
 * and nothing else. ERROR_DATA that names what is not so; ERROR_USAGE when there is no seal. */
bool seal_check(const char *folder, cJSON **seal, struct error *error);

#endif
