/* sample.h: small pieces of data for tests, and results made readable. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "graduate/buffer.h"
#include "graduate/error.h"
#include "graduate/identity.h"
#include "graduate/pgtype.h"

#include <bson/bson.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The text with double quotes for single ones, so that a table of JSON can be read; valid until the
 * fourth call after this one. The other functions here do it themselves. */
static inline const char *sample_quoted(const char *text)
{
    static char texts[4][8192];
    static size_t next;
    char *quoted = texts[next++ % 4];
    size_t length = strlen(text);
    if (length >= sizeof texts[0])
        fail_msg("too long: %s", text);
    for (size_t i = 0; i <= length; i++)
        quoted[i] = text[i] == '\'' ? '"' : text[i];
    return quoted;
}

/* A BSON document from Extended JSON; bson_destroy it. */
static inline bson_t *sample_bson(const char *json)
{
    bson_error_t why;
    bson_t *bson = bson_new_from_json((const uint8_t *)sample_quoted(json), -1, &why);
    if (bson == NULL)
        fail_msg("%s: %s", json, why.message);
    return bson;
}

/* Bytes as hex digits; valid until the fourth call after this one. */
static inline const char *sample_hex(const void *bytes, size_t length)
{
    static char texts[4][4096];
    static size_t next;
    char *text = texts[next++ % 4];
    for (size_t i = 0; i < length && 2 * i + 3 < sizeof texts[0]; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
    text[length > 0 ? 2 * length : 0] = '\0';
    return text;
}

/* Compare bytes with hex digits, among which blanks are for the reader. */
static inline void sample_assert_hex(const struct buffer *buffer, const char *expected,
                                     const char *what)
{
    char plain[4096];
    size_t length = 0;
    for (const char *at = expected; *at != '\0'; at++)
        if (*at != ' ')
            plain[length++] = *at;
    plain[length] = '\0';
    const char *found = sample_hex(buffer->data, buffer->length);
    if (strcmp(found, plain) != 0)
        fail_msg("%s: found %s, not %s", what, found, plain);
}

/* The error must hold all of: its code, its path (NULL: any) and a part of its message. */
static inline void sample_assert_error(const struct error *error, enum error_code code,
                                       const char *path, const char *part, const char *what)
{
    if (error->code != code || (path != NULL && strcmp(error->path, path) != 0) ||
        strstr(sample_quoted(error->message), sample_quoted(part)) == NULL)
        fail_msg("%s: found the error \"%s\" (%s) at \"%s\", not \"%s\" (%s) at \"%s\"", what,
                 error->message, error_code_name(error->code), error->path, part,
                 error_code_name(code), path != NULL ? path : "anywhere");
}

/* One field of a tuple for the eye. Dates and numerics are shown as hex digits. */
static inline void sample_put_field(struct buffer *out, const struct pgtype *type,
                                    const uint8_t *bytes, size_t length)
{
    char uuid[37];
    switch ((int)type->base) {
    case PG_BOOL:
        buffer_putc(out, bytes[0] != 0 ? 't' : 'f');
        return;
    case PG_INT4:
        buffer_printf(out, "%" PRId32, (int32_t)get_be32(bytes));
        return;
    case PG_INT8:
        buffer_printf(out, "%" PRId64, (int64_t)get_be64(bytes));
        return;
    case PG_UUID:
        uuid_format(bytes, uuid);
        buffer_puts(out, uuid);
        return;
    case PG_TEXT:
    case PG_VARCHAR:
    case PG_JSON:
        buffer_put(out, bytes, length);
        return;
    case PG_JSONB:
        assert_int_equal(bytes[0], 1);
        buffer_put(out, bytes + 1, length - 1);
        return;
    default:
        buffer_puts(out, sample_hex(bytes, length));
    }
}

static inline void sample_put_array(struct buffer *out, const struct pgtype *type,
                                    const uint8_t *bytes, size_t length)
{
    const uint8_t *end = bytes + length;
    uint32_t count = length > 12 ? get_be32(bytes + 12) : 0;
    assert_int_equal(get_be32(bytes + 8), pgtype_element_oid(type));
    buffer_putc(out, '{');
    bytes += length > 12 ? 20 : 12;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = get_be32(bytes);
        bytes += 4;
        buffer_puts(out, i > 0 ? "," : "");
        if (size == UINT32_MAX) {
            buffer_puts(out, "NULL");
            continue;
        }
        sample_put_field(out, type, bytes, size);
        bytes += size;
    }
    buffer_putc(out, '}');
    assert_ptr_equal(bytes, end);
}

/* Tuples of binary COPY: fields between bars, NULL as -, a line for each row; free() it. Fails when
 * they are not well-formed. types NULL: all are text. */
static inline char *sample_tuples(const struct buffer *tuples, const struct pgtype *types)
{
    static const struct pgtype text = {.name = "text", .base = PG_TEXT};
    const uint8_t *at = tuples->data, *end = tuples->length > 0 ? at + tuples->length : at;
    struct buffer out;
    buffer_init(&out);
    while (at < end) {
        uint16_t count = get_be16(at);
        at += 2;
        for (uint16_t i = 0; i < count; i++) {
            const struct pgtype *type = types != NULL ? &types[i] : &text;
            assert_true(end - at >= 4);
            uint32_t length = get_be32(at);
            at += 4;
            buffer_puts(&out, i > 0 ? "|" : "");
            if (length == UINT32_MAX) {
                buffer_putc(&out, '-');
                continue;
            }
            assert_true(length <= (size_t)(end - at));
            (type->array ? sample_put_array : sample_put_field)(&out, type, at, length);
            at += length;
        }
        buffer_putc(&out, '\n');
    }
    char *copy = strdup(buffer_text(&out));
    buffer_release(&out);
    return copy;
}

static inline void sample_assert_tuples(const struct buffer *tuples, const struct pgtype *types,
                                        const char *expected)
{
    char *found = sample_tuples(tuples, types);
    if (strcmp(found, sample_quoted(expected)) != 0)
        fail_msg("found the rows\n%snot\n%s", found, expected);
    free(found);
}

#endif
