/* askers.h: a few who might ask, of every kind that Appwrite's rules tell apart, and the roles that
 * each has there.
 *
 * By verify's own reading of the source's users and memberships, not of what became of them: a
 * guest; users who are verified, unverified, anonymous, labelled, blocked; members of teams with and
 * without a role there, and who have not confirmed yet; users whom documents name. */
#ifndef VERIFY_ASKERS_H
#define VERIFY_ASKERS_H

#include "verification.h"

struct asker {
    const char *kind; /* "a blocked user" */
    char *id;         /* Appwrite's; NULL: a guest */
    char uuid[37];    /* the target's */
    bool verified, blocked;
    char **roles; /* "users/verified", "team:ID/owner"; of a blocked one none */
    size_t role_count;
};
struct askers {
    struct asker *items;
    size_t count;
    int64_t left_out; /* users who were looked at, and are not in the target */
};

/* Two of each kind at most, who are in the target. On false nothing is held. */
bool askers_pick(struct askers *askers, struct verification *verification,
                 const struct access *access, struct error *error);
void askers_release(struct askers *askers);
bool asker_is(const struct asker *asker, const char *role, size_t length);

#endif
