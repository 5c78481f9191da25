/* expect_value.h: a value of a document as the canonical value of a column. */
#ifndef VERIFY_EXPECT_VALUE_H
#define VERIFY_EXPECT_VALUE_H

#include "expect_item.h"
#include "graduate/buffer.h"
#include "graduate/identity.h"
#include "graduate/pgtype.h"

struct expect_target {
    struct pgtype type;
    const struct identity *rule;
    const char *id_entity; /* the value is an id of it, or NULL */
    enum identity_ids ids; /* what is taken for one */
    bool resolved;         /* it is the UUID already: it was looked up */
    const char *path;      /* for messages */
    bool list;             /* of an array type: a single value is an array of one */
    struct expect_mending *mending; /* or NULL: what does not fit is an error */
};
/* Nothing becomes NULL. ERROR_DATA at the path for what does not fit. */
bool expect_put(const struct expect_target *target, const struct item *item, struct buffer *out,
                struct error *error);
/* Is there a way from documents to this type? */
bool expect_can_put(const struct pgtype *type);

#endif
