/* rows_check.h: whether rows are what PostgreSQL's binary COPY takes. */
#ifndef TESTS_FUZZ_ROWS_CHECK_H
#define TESTS_FUZZ_ROWS_CHECK_H

#include "fuzz.h"
#include "rows.h"

#include <bson/bson.h>
#include <jansson.h>
#include <string.h>

static inline void check_utf8(const uint8_t *bytes, size_t length)
{
    MUST(bson_utf8_validate((const char *)bytes, length, false));
}

static inline void check_json(const uint8_t *bytes, size_t length)
{
    json_error_t why;
    check_utf8(bytes, length);
    json_t *json =
        json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    /* jsonb holds numbers of any size, and no NUL, which is refused before */
    MUST(json != NULL || json_error_code(&why) == json_error_numeric_overflow);
    json_decref(json);
}

static inline void check_numeric(const uint8_t *bytes, size_t length)
{
    MUST(length >= 8 && length == 8 + 2 * (size_t)get_be16(bytes));
    uint16_t sign = get_be16(bytes + 4);
    MUST(sign == 0 || sign == 0x4000 || sign == 0xC000 || sign == 0xD000 || sign == 0xF000);
    MUST(get_be16(bytes + 6) <= 16383);
    for (size_t i = 8; i < length; i += 2)
        MUST(get_be16(bytes + i) <= 9999);
}

static inline void check_field(const struct pgtype *type, const uint8_t *bytes, size_t length)
{
    static const size_t widths[PG_BASE_COUNT] = {
        [PG_BOOL] = 1,   [PG_INT2] = 2,      [PG_INT4] = 4,        [PG_INT8] = 8,
        [PG_FLOAT4] = 4, [PG_FLOAT8] = 8,    [PG_UUID] = 16,       [PG_DATE] = 4,
        [PG_TIME] = 8,   [PG_TIMESTAMP] = 8, [PG_TIMESTAMPTZ] = 8, [PG_INTERVAL] = 16,
    };
    MUST(widths[type->base] == 0 || length == widths[type->base]);
    switch ((int)type->base) {
    case PG_TEXT:
    case PG_VARCHAR:
    case PG_CHAR:
        check_utf8(bytes, length);
        break;
    case PG_JSONB:
        MUST(length > 1 && bytes[0] == 1);
        check_json(bytes + 1, length - 1);
        break;
    case PG_JSON:
        check_json(bytes, length);
        break;
    case PG_NUMERIC:
        check_numeric(bytes, length);
        break;
    default:
        break;
    }
}

static inline void check_array(const struct pgtype *type, const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes + 12, *end = bytes + length;
    MUST(length >= 12 && get_be32(bytes) <= 1 && get_be32(bytes + 4) <= 1);
    MUST(get_be32(bytes + 8) == pgtype_element_oid(type));
    MUST(get_be32(bytes) == 1 || length == 12);
    uint32_t count = 0, nulls = 0;
    if (get_be32(bytes) == 1) {
        MUST(length >= 20 && get_be32(at + 4) == 1);
        count = get_be32(at);
        MUST(count > 0);
        at += 8;
    }
    for (uint32_t i = 0; i < count; i++) {
        MUST(end - at >= 4);
        uint32_t size = get_be32(at);
        at += 4;
        nulls += size == UINT32_MAX;
        if (size == UINT32_MAX)
            continue;
        MUST(size <= (size_t)(end - at));
        check_field(type, at, size);
        at += size;
    }
    MUST(at == end && (nulls > 0) == (get_be32(bytes + 4) == 1));
}

/* A buffer in which nothing was put has no bytes to count from. */
static inline const uint8_t *end_of(const struct buffer *buffer)
{
    return buffer->length > 0 ? buffer->data + buffer->length : buffer->data;
}

static inline void check_rows(const struct row_list *list, const struct schema_output *output)
{
    const uint8_t *at = list->tuples.data, *end = end_of(&list->tuples);
    for (uint32_t row = 0; row < list->rows; row++) {
        MUST(end - at >= 2 && get_be16(at) == output->column_count);
        at += 2;
        for (size_t i = 0; i < output->column_count; i++) {
            const struct schema_column *column = &output->columns[i];
            MUST(end - at >= 4);
            uint32_t length = get_be32(at);
            at += 4;
            MUST(length != UINT32_MAX || !column->not_null);
            if (length == UINT32_MAX)
                continue;
            MUST(length <= (size_t)(end - at));
            (column->type.array ? check_array : check_field)(&column->type, at, length);
            at += length;
        }
    }
    MUST(at == end);
}

/* Six texts each: what graduate.losses has for columns. */
static inline void check_losses(const struct losses *losses)
{
    const uint8_t *at = losses->tuples.data, *end = end_of(&losses->tuples);
    for (uint32_t row = 0; row < losses->count; row++) {
        MUST(end - at >= 2 && get_be16(at) == 6);
        at += 2;
        for (size_t i = 0; i < 6; i++) {
            MUST(end - at >= 4 && get_be32(at) <= (size_t)(end - at - 4));
            check_utf8(at + 4, get_be32(at));
            at += 4 + get_be32(at);
        }
    }
    MUST(at == end);
}

#endif
