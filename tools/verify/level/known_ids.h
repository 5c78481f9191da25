/* known_ids.h: the ids of the entities that others look up, and what their conditions ask about
 * records of another, by verify's own reading of the records.
 *
 * An index (id_index.h) each, in a folder of this verification alone, made before the first row is
 * expected; its keys are those of expect_reference.h, or of expect_fact.h. */
#ifndef VERIFY_KNOWN_IDS_H
#define VERIFY_KNOWN_IDS_H

#include "expect.h"
#include "verification.h"

#include "graduate/id_index.h"

struct known_entity {
    const struct mapping *entity;
    bool facts; /* what is asked about its records, not their ids */
    char path[PATH_MAX];
    struct id_index index;
};
struct known_ids {
    const struct verification *verification;
    char folder[PATH_MAX]; /* "": nothing is looked up */
    struct known_entity *entities;
    size_t count;
    struct expect_lookup lookup; /* for expectation_look_up */
    const struct mapping *maker; /* whose ids are being found out; or NULL */
};

/* All of them; stays where it is. */
bool known_ids_make(struct known_ids *known, const struct verification *verification,
                    struct error *error);
void known_ids_release(struct known_ids *known);

#endif
