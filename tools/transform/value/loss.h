/* loss.h: the record of values that changed on the way, as rows for graduate.losses. */
#ifndef TRANSFORM_LOSS_H
#define TRANSFORM_LOSS_H

#include "graduate/buffer.h"

#include <stdint.h>

struct losses {
    struct buffer tuples; /* binary COPY: entity, key, path, rule, before, after */
    uint32_t count;
    const char *entity;
    const char *key; /* of the record at hand; "": it is asked for where it is wanted */
    const char *(*find_key)(void *context);
    void *context;
    int64_t
        hex_ids; /* ObjectIds that became text inside of JSON, ever: no loss, but no reference */
};

void losses_init(struct losses *losses, const char *entity);
void losses_release(struct losses *losses);
void losses_clear(struct losses *losses);
/* How far they go, and back to there: what is not done after all. */
struct loss_mark {
    size_t length;
    uint32_t count;
};
struct loss_mark losses_mark(const struct losses *losses);
void losses_return(struct losses *losses, const struct loss_mark *mark);
const char *losses_key(const struct losses *losses);
/* The texts hold no secret: `before` of a password is its kind, not its hash. See copy_text.h. */
void losses_add(struct losses *losses, const char *path, const char *rule, const char *before,
                const char *after);

#endif
