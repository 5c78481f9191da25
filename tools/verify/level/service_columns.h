/* service_columns.h: columns of Supabase's own tables that no record gives. */
#ifndef VERIFY_SERVICE_COLUMNS_H
#define VERIFY_SERVICE_COLUMNS_H

#include "blueprint.h"
#include "query.h"

/* In every row that came they hold their default: a deleted_at shuts out whom the source let in.
 * Rows that were there before cannot be told from others; where there were any, what differs is a
 * remark. */
bool service_columns_check(struct inspection *inspection, const struct blueprint_table *table,
                           struct error *error);

#endif
