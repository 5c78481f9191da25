/* filters.h: records that became no row, and the reason that the mapping gives: the "why" of its
 * first table, of its rules for records, or of a column whose "dangling" leaves rows out. Without one
 * they are a warning.
 *
 * Told from the account (account.h), so only once an entity's records have gone by. */
#ifndef GRADUATE_DRIVER_FILTERS_H
#define GRADUATE_DRIVER_FILTERS_H

#include "graduate/account.h"
#include "graduate/project.h"

#include <cjson/cJSON.h>

/* The reasons for what is left out of these elements, or of records (""), with "; " between. */
void filters_put_reasons(struct buffer *out, const struct mapping *mapping, const char *each);
/* For values of a path that did not come: the "why" beside its name under "drop", or in the values
 * that take it. */
void filters_put_value_reasons(struct buffer *out, const struct mapping *mapping, const char *path,
                               bool dropped);

/* Of all entities of which records were filtered, for account.json: an array of {entity, records,
 * reason, text}; reason "": there is none. */
bool filters_gather(cJSON **array, const struct project *project, const struct account *account,
                    struct error *error);
/* A line for each that has a reason, or that has none; nothing where there is none. */
void filters_print(const cJSON *array, bool reasoned, struct buffer *out);

#endif
