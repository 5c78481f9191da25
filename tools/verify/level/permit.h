/* permit.h: what Appwrite's rules let somebody do with a document.
 *
 * He may what the collection's permissions let one of his roles do, and, where documents have their
 * own, what those of the document do; "write" is to create, update and delete. A collection that is
 * switched off lets nobody in. Who may update or delete but not read finds no row to do it with, in
 * PostgreSQL: that is not expected of it, and counted. */
#ifndef VERIFY_PERMIT_H
#define VERIFY_PERMIT_H

#include "askers.h"
#include "expect_item.h"

enum act { ACT_READ, ACT_UPDATE, ACT_DELETE, ACT_CREATE };
#define ACTS_ON_ROWS ACT_CREATE
#define ACTS (ACT_CREATE + 1)
extern const char *const act_words[ACTS]; /* "read", ... */

struct permit {
    const struct catalog_entity *collection;
    const struct askers *askers;
    bool (*by_collection)[ACTS]; /* of each asker */
    bool (*by_document)[ACTS];   /* of the document at hand, all in all */
    bool some;                   /* of it somebody may something */
    int64_t blind; /* documents so far that one may change and not read */
};
bool permit_init(struct permit *permit, const struct catalog_entity *collection,
                 const struct askers *askers, struct error *error);
void permit_release(struct permit *permit);
/* Fill in by_document. */
bool permit_take(struct permit *permit, const struct item *record, struct error *error);

#endif
