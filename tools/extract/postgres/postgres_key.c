#include "postgres_key.h"
#include "graduate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t second_us = 1000000, day_s = 86400, epoch_2000 = 946684800;

/* How values of a type become text. `put` is given `length` bytes (0: any number of them) and
 * appends what the type's input function reads as the same value; false: this is no such value. */
struct key_form {
    uint32_t oid;
    size_t length;
    bool whole; /* int64 in a position */
    bool (*put)(struct buffer *out, const uint8_t *bytes, size_t length);
};

static bool put_int(struct buffer *out, const uint8_t *bytes, size_t length)
{
    int64_t value = length == 2   ? (int16_t)get_be16(bytes)
                    : length == 4 ? (int32_t)get_be32(bytes)
                                  : (int64_t)get_be64(bytes);
    buffer_printf(out, "%" PRId64, value);
    return true;
}

static bool put_oid(struct buffer *out, const uint8_t *bytes, size_t length)
{
    (void)length;
    buffer_printf(out, "%" PRIu32, get_be32(bytes));
    return true;
}

static bool put_bool(struct buffer *out, const uint8_t *bytes, size_t length)
{
    (void)length;
    buffer_puts(out, bytes[0] != 0 ? "true" : "false");
    return true;
}

static bool put_text(struct buffer *out, const uint8_t *bytes, size_t length)
{
    buffer_put(out, bytes, length);
    return true;
}

static bool put_bytea(struct buffer *out, const uint8_t *bytes, size_t length)
{
    buffer_puts(out, "\\x");
    for (size_t i = 0; i < length; i++)
        buffer_printf(out, "%02x", bytes[i]);
    return true;
}

static bool put_uuid(struct buffer *out, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buffer_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    return true;
}

/* `count` digits of base 10000, the first worth 10000^weight, to be shown with `scale` decimals. */
static bool put_numeric(struct buffer *out, const uint8_t *bytes, size_t length)
{
    static const struct {
        uint16_t sign;
        const char *name;
    } specials[] = {{0xC000, "NaN"}, {0xD000, "Infinity"}, {0xF000, "-Infinity"}};
    if (length < 8 || length != 8 + 2 * (size_t)get_be16(bytes))
        return false;
    int count = get_be16(bytes), weight = (int16_t)get_be16(bytes + 2);
    int sign = get_be16(bytes + 4), scale = get_be16(bytes + 6);
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (sign == specials[i].sign) {
            buffer_puts(out, specials[i].name);
            return true;
        }
    if (sign != 0)
        buffer_putc(out, '-');
    int first = weight > 0 ? weight : 0, last = -((scale + 3) / 4);
    for (int place = first; place >= last; place--) {
        int i = weight - place;
        unsigned digit = i >= 0 && i < count ? get_be16(bytes + 8 + 2 * i) : 0;
        buffer_printf(out, place == first ? "%u" : place == -1 ? ".%04u" : "%04u", digit);
    }
    if (!out->failed)
        out->length -= (size_t)(-last * 4 - scale);
    return true;
}

static void put_clock(struct buffer *out, int64_t us)
{
    int64_t seconds = us / second_us;
    buffer_printf(out, "%02d:%02d:%02d.%06d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                  (int)(seconds % 60), (int)(us % second_us));
}

/* A day, what goes with it, and the era, which comes last. */
static bool put_moment(struct buffer *out, int64_t day, const int64_t *us, const char *zone)
{
    time_t seconds = day * day_s + epoch_2000;
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL)
        return false;
    int year = utc.tm_year + 1900;
    buffer_printf(out, "%04d-%02d-%02d", year > 0 ? year : 1 - year, utc.tm_mon + 1, utc.tm_mday);
    if (us != NULL) {
        buffer_putc(out, ' ');
        put_clock(out, *us);
    }
    buffer_printf(out, "%s%s", zone, year > 0 ? "" : " BC");
    return true;
}

static bool put_date(struct buffer *out, const uint8_t *bytes, size_t length)
{
    (void)length;
    int32_t day = (int32_t)get_be32(bytes);
    if (day != INT32_MAX && day != INT32_MIN)
        return put_moment(out, day, NULL, "");
    buffer_puts(out, day > 0 ? "infinity" : "-infinity");
    return true;
}

static bool put_time(struct buffer *out, const uint8_t *bytes, size_t length)
{
    (void)length;
    int64_t us = (int64_t)get_be64(bytes);
    if (us < 0 || us > day_s * second_us)
        return false;
    put_clock(out, us);
    return true;
}

static bool put_instant(struct buffer *out, const uint8_t *bytes, const char *zone)
{
    int64_t us = (int64_t)get_be64(bytes), day_us = day_s * second_us;
    if (us == INT64_MAX || us == INT64_MIN) {
        buffer_puts(out, us > 0 ? "infinity" : "-infinity");
        return true;
    }
    int64_t day = us / day_us, rest = us % day_us;
    if (rest < 0) {
        rest += day_us;
        day--;
    }
    return put_moment(out, day, &rest, zone);
}

static bool put_timestamp(struct buffer *out, const uint8_t *bytes, size_t length)
{
    (void)length;
    return put_instant(out, bytes, "");
}

static bool put_timestamptz(struct buffer *out, const uint8_t *bytes, size_t length)
{
    (void)length;
    return put_instant(out, bytes, "+00");
}

static const struct key_form text_form = {0, 0, false, put_text};
static const struct key_form forms[] = {
    {16, 1, false, put_bool},        {17, 0, false, put_bytea},
    {20, 8, true, put_int},          {21, 2, true, put_int},
    {23, 4, true, put_int},          {26, 4, true, put_oid},
    {1082, 4, false, put_date},      {1083, 8, false, put_time},
    {1114, 8, false, put_timestamp}, {1184, 8, false, put_timestamptz},
    {1700, 0, false, put_numeric},   {2950, 16, false, put_uuid},
};

static const struct key_form *find_form(const struct postgres_type *type)
{
    if (type->text)
        return &text_form;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].oid == type->oid)
            return &forms[i];
    return NULL;
}

/* Do the columns name a row, each by a value that a position can hold? */
static bool orders(const struct catalog_entity *table, const struct postgres_type *types,
                   const struct catalog_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct catalog_column *column = catalog_column_find(table, names->items[i]);
        if (column == NULL || !column->not_null ||
            find_form(&types[column - table->columns]) == NULL)
            return false;
    }
    return names->count > 0;
}

static const struct catalog_names *choose(const struct catalog_entity *table,
                                          const struct postgres_type *types)
{
    if (orders(table, types, &table->key))
        return &table->key;
    for (size_t i = 0; i < table->unique_count; i++)
        if (orders(table, types, &table->uniques[i]))
            return &table->uniques[i];
    for (size_t i = 0; i < table->index_count; i++) {
        const struct catalog_index *index = &table->indexes[i];
        if (index->unique && index->where == NULL && orders(table, types, &index->columns))
            return &index->columns;
    }
    return NULL;
}

bool postgres_key_init(struct postgres_key *key, const struct catalog_entity *table,
                       const struct postgres_type *types, struct error *error)
{
    *key = (struct postgres_key){0};
    const struct catalog_names *names = choose(table, types);
    if (names == NULL)
        return true;
    key->parts = calloc(names->count, sizeof *key->parts);
    if (key->parts == NULL)
        return error_memory(error);
    for (size_t i = 0; i < names->count; i++) {
        size_t column = (size_t)(catalog_column_find(table, names->items[i]) - table->columns);
        key->parts[key->count++] = (struct postgres_key_part){
            names->items[i], column, types[column], find_form(&types[column])};
    }
    return true;
}

void postgres_key_release(struct postgres_key *key)
{
    free(key->parts);
    *key = (struct postgres_key){0};
}

static bool put_part(const struct postgres_key_part *part, const struct postgres_field *fields,
                     struct buffer *out)
{
    const struct postgres_field *field = &fields[part->column];
    size_t length = field->length < 0 ? 0 : (size_t)field->length;
    return field->length >= 0 && (part->form->length == 0 || part->form->length == length) &&
           part->form->put(out, field->bytes, length);
}

bool postgres_key_position(const struct postgres_key *key, const struct postgres_field *fields,
                           bson_t *position, struct error *error)
{
    bson_t values;
    struct buffer text;
    bool ok = BSON_APPEND_DOCUMENT_BEGIN(position, "key", &values);
    buffer_init(&text);
    for (size_t i = 0; ok && i < key->count; i++) {
        const struct postgres_key_part *part = &key->parts[i];
        buffer_clear(&text);
        if (!put_part(part, fields, &text)) {
            error_set(error, ERROR_SOURCE, "the source sent a value that is no %s",
                      part->type.name);
            ok = error_at(error, NULL, NULL, part->name);
            break;
        }
        const char *value = buffer_text(&text);
        ok = buffer_ok(&text, error) &&
             ((part->form->whole ? BSON_APPEND_INT64(&values, part->name, strtoll(value, NULL, 10))
                                 : BSON_APPEND_UTF8(&values, part->name, value)) ||
              error_memory(error));
    }
    bson_append_document_end(position, &values);
    buffer_release(&text);
    return ok;
}

static void put_names(const struct postgres_key *key, struct buffer *out,
                      void (*put)(struct buffer *, const char *))
{
    for (size_t i = 0; i < key->count; i++) {
        buffer_puts(out, i > 0 ? ", " : "");
        put(out, key->parts[i].name);
    }
}

void postgres_key_describe(const struct postgres_key *key, const struct postgres_field *fields,
                           struct buffer *out)
{
    buffer_putc(out, '(');
    put_names(key, out, buffer_puts);
    buffer_puts(out, ") = (");
    for (size_t i = 0; i < key->count; i++) {
        buffer_puts(out, i > 0 ? ", " : "");
        if (!put_part(&key->parts[i], fields, out))
            buffer_putc(out, '?');
    }
    buffer_putc(out, ')');
}

static bool put_value(const struct postgres_key_part *part, bson_iter_t *at, struct buffer *sql)
{
    char number[24];
    if (!bson_iter_next(at) || strcmp(bson_iter_key(at), part->name) != 0)
        return false;
    if (part->form->whole ? !BSON_ITER_HOLDS_INT(at) : !BSON_ITER_HOLDS_UTF8(at))
        return false;
    snprintf(number, sizeof number, "%" PRId64, bson_iter_as_int64(at));
    sql_put_literal(sql, part->form->whole ? number : bson_iter_utf8(at, NULL));
    buffer_printf(sql, "::%s", part->type.name);
    return true;
}

bool postgres_key_put_where(const struct postgres_key *key, const bson_t *after, struct buffer *sql,
                            struct error *error)
{
    bson_iter_t member, value;
    if (after == NULL)
        return true;
    if (key->count == 0) {
        error_set(error, ERROR_REFUSED, "the table has no key by which its reading could go on");
        return error_hint(error, "have it read from its start: graduate run --restart ENTITY");
    }
    bool fits = bson_iter_init_find(&member, after, "key") && BSON_ITER_HOLDS_DOCUMENT(&member) &&
                bson_iter_recurse(&member, &value);
    buffer_puts(sql, " WHERE (");
    put_names(key, sql, sql_put_identifier);
    buffer_puts(sql, ") > (");
    for (size_t i = 0; fits && i < key->count; i++) {
        buffer_puts(sql, i > 0 ? ", " : "");
        fits = put_value(&key->parts[i], &value, sql);
    }
    buffer_putc(sql, ')');
    if (fits && !bson_iter_next(&value))
        return true;
    struct buffer names;
    buffer_init(&names);
    put_names(key, &names, buffer_puts);
    error_set(error, ERROR_REFUSED, "the position to go on from is not one of the key (%s)",
              buffer_text(&names));
    buffer_release(&names);
    return error_hint(error, "the run began with another key of the table, or on another kind of "
                             "source; begin a new run");
}

void postgres_key_put_order(const struct postgres_key *key, struct buffer *sql)
{
    buffer_puts(sql, key->count > 0 ? " ORDER BY " : "");
    put_names(key, sql, sql_put_identifier);
}
