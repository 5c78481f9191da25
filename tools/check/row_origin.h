/* row_origin.h: which record a row was made of. */
#ifndef CHECK_ROW_ORIGIN_H
#define CHECK_ROW_ORIGIN_H

#include "graduate/schema.h"
#include "graduate/stream.h"

#include <cjson/cJSON.h>

struct row_origin {
    size_t output, place; /* of the outputs of the entity; of its rows, from 1 */
    const char *column;   /* of the table, or NULL */
};

/* What "OUTPUT:PLACE" says. */
bool row_origin_parse(struct row_origin *origin, const char *text, struct error *error);
/* {"key", "path", "value"} of the record: path and value are those of the column, and "" where
 * there is none, or the value says little. `outputs` are the entity's, `section` is that of the
 * row, and `records` that of "graduate.records". ERROR_SOURCE: the stream is damaged, or has no
 * such row. */
bool row_origin_find(const struct row_origin *origin, const struct schema *schema,
                     const struct schema_output *outputs, const struct stream_section *section,
                     const struct stream_section *records, cJSON **json, struct error *error);

#endif
