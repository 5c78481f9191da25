/* hex_ids.h: ObjectIds that stay hex text inside of JSON while the same ids elsewhere become UUIDs.
 *
 * Told from the account of paths (fate.h). They are in no table's way, but no reference finds them.
 */
#ifndef GRADUATE_DRIVER_HEX_IDS_H
#define GRADUATE_DRIVER_HEX_IDS_H

#include "graduate/account.h"
#include "graduate/project.h"

#include <cjson/cJSON.h>

/* Of all entities, for account.json: an array of {entity, path, ids, column, text}. */
bool hex_ids_gather(cJSON **array, const struct project *project, const struct account *account,
                    struct error *error);
/* A line for each; nothing where there is none. */
void hex_ids_print(const cJSON *array, struct buffer *out);

#endif
