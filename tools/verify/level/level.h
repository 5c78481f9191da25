/* Room verify/level: the levels of a verification: counts, content, references, supabase,
 * access. It uses common/base, common/index, common/json, common/mapping, common/stream,
 * common/target, verify/canonical, verify/expect, verify/records, verify/shape, verify/tally and
 * verify/target. */

/* level.h: the five levels of verification, one function each, in one table (main.c). */
#ifndef VERIFY_LEVEL_H
#define VERIFY_LEVEL_H

#include "verification.h"

/* Each looks, tells what it finds to verification->verdict, and closes its level. False only for
 * what ends the program (out of memory, a bug); what cannot be reached closes the level as
 * unchecked. */
bool level_counts(struct verification *verification, struct error *error);
bool level_content(struct verification *verification, struct error *error);
bool level_references(struct verification *verification, struct error *error);
bool level_supabase(struct verification *verification, struct error *error);
bool level_access(struct verification *verification, struct error *error);

#endif
