/* counterpart.h: the objects of sources beside their tables (carried_object.h), and what the target
 * has in their place. */
#ifndef VERIFY_COUNTERPART_H
#define VERIFY_COUNTERPART_H

#include "blueprint.h"
#include "query.h"

/* Look for each that must be there, and compare what it says. */
bool counterparts_check(struct inspection *inspection, struct blueprint *blueprint,
                        struct error *error);

#endif
