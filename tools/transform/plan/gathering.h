/* gathering.h: a path that leads through an array finds in all of its elements, and what it finds
 * is one array: "items.sku" of {items: [{sku: "a"}, {sku: "b"}]} is ["a", "b"]. Elements that lack
 * the field, and those that are null, have no part in it; arrays on the way are one behind the
 * other. */
#ifndef TRANSFORM_GATHERING_H
#define TRANSFORM_GATHERING_H

#include "plan.h"

/* Nothing is found yet at the paths below the node. */
bool gathering_begin(struct scope *scope, const struct node *node, struct error *error);
/* An element is walked: take what stands in the slots of those paths, and leave them absent. */
bool gathering_collect(struct scope *scope, struct node *node, struct error *error);
/* All are: the slots hold the arrays, until the next walk. `inside`: the elements are a scope, in
 * which their values are counted, and what is dropped, too. */
void gathering_end(struct scope *scope, const struct node *node, bool inside);

#endif
