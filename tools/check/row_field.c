#include "row_field.h"
#include "graduate/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool row_fields_read(const uint8_t **at, const uint8_t *end, struct row_field *fields, size_t count)
{
    if (end - *at < 2 || get_be16(*at) != count)
        return false;
    *at += 2;
    for (size_t i = 0; i < count; i++) {
        uint32_t length = end - *at >= 4 ? get_be32(*at) : 0;
        if (end - *at < 4 || (length != UINT32_MAX && length > (size_t)(end - *at - 4)))
            return false;
        *at += 4;
        fields[i] = (struct row_field){length == UINT32_MAX ? NULL : *at,
                                       length == UINT32_MAX ? 0 : length};
        *at += fields[i].length;
    }
    return true;
}

void row_field_put(struct buffer *out, const struct schema_column *column,
                   const struct row_field *field)
{
    bool text = column->type.base == PG_TEXT || column->type.base == PG_VARCHAR;
    if (column->type.array)
        return;
    if (text)
        buffer_printf(out, "\"%.*s\"", (int)(field->length < 80 ? field->length : 80),
                      (const char *)field->bytes);
    else if (column->type.base == PG_INT4 && field->length == 4)
        buffer_printf(out, "%" PRId32, (int32_t)get_be32(field->bytes));
    else if (column->type.base == PG_INT8 && field->length == 8)
        buffer_printf(out, "%" PRId64, (int64_t)get_be64(field->bytes));
}

void row_field_path(struct buffer *out, const struct schema_output *output,
                    const struct schema_column *column)
{
    const struct mapping_column *mapping = column->mapping;
    const char *each = output->table->each;
    bool field = mapping != NULL && mapping->value.kind == VALUE_FROM;
    bool itself = field && strcmp(mapping->value.from, ".") == 0;
    buffer_puts(out, each != NULL ? each : field ? "" : column->name);
    if (field && !itself)
        buffer_printf(out, "%s%s", each != NULL ? "[]." : "", mapping->value.from);
}

void row_field_id(const struct schema *schema, const struct schema_column *column,
                  const struct row_field *field, char out[40])
{
    uint8_t objectid[12];
    out[0] = '\0';
    if (column->type.base == PG_UUID && field->length == 16 &&
        identity_to_objectid(&schema->project->identity, field->bytes, objectid))
        for (size_t i = 0; i < sizeof objectid; i++)
            snprintf(out + 2 * i, 3, "%02x", objectid[i]);
    else if (column->type.base == PG_UUID && field->length == 16)
        uuid_format(field->bytes, out);
}
