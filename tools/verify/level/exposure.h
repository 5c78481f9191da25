/* exposure.h: ways around row-level security: who reaches accounts, or rows of the migration's
 * tables, through something else. */
#ifndef VERIFY_EXPOSURE_H
#define VERIFY_EXPOSURE_H

#include "blueprint.h"
#include "query.h"

/* Views, tables and SECURITY DEFINER functions that show tables of the schema auth to anon or
 * authenticated, whatever the project loads; views of the migration's own tables, which are
 * remarks: an application may mean them; and rights to make something in public, in auth, or in a
 * schema that holds a table of the migration. */
bool exposure_check(struct inspection *inspection, const struct blueprint *blueprint,
                    struct error *error);

#endif
