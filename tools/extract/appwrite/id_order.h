/* id_order.h: whether ids get on. A server gives them in the order of its database, which it does
 * not tell: by bytes, or by one of MariaDB's collations, which do not tell upper from lower case.
 * Ids that rise are not there twice, and do not go on for ever. */
#ifndef EXTRACT_ID_ORDER_H
#define EXTRACT_ID_ORDER_H

#include <stdbool.h>

struct id_order {
    unsigned possible; /* the orders that all pairs so far were in, as bits */
};

void id_order_init(struct id_order *order);
/* `id` came behind `last`: false if it is behind it in no order that is possible still. */
bool id_order_rises(struct id_order *order, const char *last, const char *id);
/* Is `id` behind `last`, in one of the orders that are possible; in all of them? */
bool id_order_maybe_behind(const struct id_order *order, const char *last, const char *id);
bool id_order_surely_behind(const struct id_order *order, const char *last, const char *id);

#endif
