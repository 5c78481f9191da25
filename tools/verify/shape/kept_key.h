/* kept_key.h: foreign keys between values that come as they are, by verify's own reading: the
 * source's between its tables, and those that the mapping says. */
#ifndef VERIFY_KEPT_KEY_H
#define VERIFY_KEPT_KEY_H

#include "blueprint.h"

struct kept_keys {
    struct blueprint *blueprint;
    const struct project *project;
    const struct catalog *catalogs;
    size_t catalog_count;
    struct error *error;
};

/* How many references there may come to be beside those of identities. */
size_t kept_keys_most(const struct kept_keys *keys, const struct blueprint_table *table);
/* Put them beside the references of identities, which are there already; where two are of the same
 * columns, the source's comes before an identity's (which keeps what the mapping says of deletes),
 * and the mapping's before both. */
bool kept_keys_draw(const struct kept_keys *keys, struct blueprint_table *table);

/* Do all of these columns of the source come, with the values and types that they have there? */
bool kept_is_whole(const struct kept_keys *keys, const struct blueprint_table *table,
                   const struct catalog_names *columns);
/* The source's exclusion constraints, over columns that come as they are. */
bool kept_exclusions_draw(const struct kept_keys *keys, struct blueprint_table *table);

#endif
