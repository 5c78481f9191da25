#include "row_origin.h"
#include "row_field.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool row_origin_parse(struct row_origin *origin, const char *text, struct error *error)
{
    char *rest;
    unsigned long output = strtoul(text, &rest, 10), place = 0;
    bool ok = rest != text && *rest == ':';
    const char *second = ok ? rest + 1 : "";
    if (ok)
        place = strtoul(second, &rest, 10);
    ok = ok && rest != second && *rest == '\0' && place > 0;
    origin->output = output;
    origin->place = place;
    return ok ||
           error_set(error, ERROR_USAGE, "--row is \"%s\"; it is OUTPUT:PLACE, as 0:12", text);
}

static bool damaged(const struct row_origin *origin, struct error *error)
{
    return error_set(error, ERROR_SOURCE, "the trial has no row %zu of output %zu", origin->place,
                     origin->output);
}

/* How many rows of the output a record has: "1 0 3" counts those of each output. */
static unsigned long rows_of(const struct row_field *counts, size_t output)
{
    char text[24] = "";
    const uint8_t *at = counts->bytes, *end = at + counts->length;
    for (; output > 0 && at < end; output--) {
        const uint8_t *space = memchr(at, ' ', (size_t)(end - at));
        at = space != NULL ? space + 1 : end;
    }
    snprintf(text, sizeof text, "%.*s", (int)(end - at < 20 ? end - at : 20), (const char *)at);
    return strtoul(text, NULL, 10);
}

static bool find_record(const struct row_origin *origin, const struct stream_section *records,
                        struct row_field *key, struct error *error)
{
    const uint8_t *at = records->tuples, *end = at + records->length;
    size_t rows = 0;
    for (uint32_t r = 0; r < records->rows; r++) {
        struct row_field told[2];
        if (!row_fields_read(&at, end, told, 2) || told[0].bytes == NULL || told[1].bytes == NULL)
            break;
        rows += rows_of(&told[1], origin->output);
        if (rows < origin->place)
            continue;
        *key = told[0];
        return true;
    }
    return damaged(origin, error);
}

static void put_column(const struct row_origin *origin, const struct schema *schema,
                       const struct schema_output *output, const struct row_field *fields,
                       struct buffer *path, struct buffer *value)
{
    for (size_t c = 0; origin->column != NULL && c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        char id[40];
        if (strcmp(column->name, origin->column) != 0 || fields[c].bytes == NULL)
            continue;
        row_field_path(path, output, column);
        row_field_id(schema, column, &fields[c], id);
        if (id[0] != '\0')
            buffer_puts(value, id);
        else
            row_field_put(value, column, &fields[c]);
    }
}

static bool make_json(const struct row_field *key, struct buffer *path, struct buffer *value,
                      cJSON **json, struct error *error)
{
    char *text = strndup((const char *)key->bytes, key->length);
    *json = cJSON_CreateObject();
    bool ok = text != NULL && *json != NULL && buffer_ok(path, error) && buffer_ok(value, error) &&
              cJSON_AddStringToObject(*json, "key", text) != NULL &&
              cJSON_AddStringToObject(*json, "path", buffer_text(path)) != NULL &&
              cJSON_AddStringToObject(*json, "value", buffer_text(value)) != NULL;
    free(text);
    return ok || error_memory(error);
}

bool row_origin_find(const struct row_origin *origin, const struct schema *schema,
                     const struct schema_output *outputs, const struct stream_section *section,
                     const struct stream_section *records, cJSON **json, struct error *error)
{
    const struct schema_output *output = &outputs[origin->output];
    const uint8_t *at = section->tuples, *end = at + section->length;
    struct row_field *fields = calloc(output->column_count + 1, sizeof *fields);
    struct row_field key = {NULL, 0};
    struct buffer path, value;
    bool ok = fields != NULL || error_memory(error);
    buffer_init(&path);
    buffer_init(&value);
    for (size_t n = 0; ok && n < origin->place; n++)
        ok = row_fields_read(&at, end, fields, output->column_count) || damaged(origin, error);
    ok = ok && find_record(origin, records, &key, error);
    if (ok)
        put_column(origin, schema, output, fields, &path, &value);
    ok = ok && make_json(&key, &path, &value, json, error);
    buffer_release(&path);
    buffer_release(&value);
    free(fields);
    return ok;
}
