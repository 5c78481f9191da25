/* Fields of a Postgres source's rows, binary COPY, that become columns as they are. */
#include "canonical.h"
#include "canonical_decimal.h"
#include "canonical_json.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_row.h"
#include "expect_value.h"
#include "graduate/path.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- before the first tuple -------------------------------------------------------------------
 */

/* Types of which one can take over another's values without a change. */
enum family {
    FAMILY_OWN, /* none but its own */
    FAMILY_INT,
    FAMILY_FLOAT,
    FAMILY_TEXT,
    FAMILY_TIME,
    FAMILY_JSON,
};
static const struct {
    enum family family;
    int width; /* a smaller one fits into a larger */
} families[PG_BASE_COUNT] = {
    [PG_INT2] = {FAMILY_INT, 2},       [PG_INT4] = {FAMILY_INT, 4},
    [PG_INT8] = {FAMILY_INT, 8},       [PG_FLOAT4] = {FAMILY_FLOAT, 4},
    [PG_FLOAT8] = {FAMILY_FLOAT, 8},   [PG_TEXT] = {FAMILY_TEXT, 0},
    [PG_VARCHAR] = {FAMILY_TEXT, 0},   [PG_CHAR] = {FAMILY_TEXT, 0},
    [PG_TIMESTAMP] = {FAMILY_TIME, 1}, [PG_TIMESTAMPTZ] = {FAMILY_TIME, 2},
    [PG_JSON] = {FAMILY_JSON, 1},      [PG_JSONB] = {FAMILY_JSON, 2},
};

/* As PostgreSQL's own cast to text, which loses nothing. */
static bool is_printed(const struct pgtype *from, const struct pgtype *to)
{
    static const bool printed[PG_BASE_COUNT] = {
        [PG_BOOL] = true, [PG_INT2] = true,    [PG_INT4] = true,      [PG_INT8] = true,
        [PG_DATE] = true, [PG_TIME] = true,    [PG_TIMESTAMP] = true, [PG_TIMESTAMPTZ] = true,
        [PG_UUID] = true, [PG_NUMERIC] = true,
    };
    bool text = to->base == PG_TEXT || (to->base == PG_VARCHAR && to->length == 0);
    return text && !to->array && !from->array && printed[from->base];
}

/* More digits of seconds than the other has, or other fields of an interval. */
static bool is_cut(const struct pgtype *from, const struct pgtype *to)
{
    bool digits = to->seconds != 0 && (from->seconds == 0 || from->seconds > to->seconds);
    return digits ||
           (to->fields != NULL && (from->fields == NULL || strcmp(from->fields, to->fields) != 0));
}

static bool becomes(const struct pgtype *from, const struct pgtype *to)
{
    enum family family = families[from->base].family;
    if (from->array != to->array || is_cut(from, to))
        return false;
    if (from->base == PG_CARRIED && to->base == PG_CARRIED)
        return from->carried == to->carried && strcmp(from->layout, to->layout) == 0;
    if (from->base == PG_CARRIED) /* the text of a name */
        return !from->array && strcmp(from->name, "name") == 0 && to->base == PG_TEXT;
    if (from->base == to->base)
        return from->base != PG_NUMERIC || to->precision == 0 ||
               (from->precision > 0 && from->scale <= to->scale);
    if (is_printed(from, to))
        return true;
    if (to->base == PG_NUMERIC && family == FAMILY_INT)
        return !to->array; /* too large is seen at the row */
    return family != FAMILY_OWN && family == families[to->base].family &&
           families[from->base].width <= families[to->base].width &&
           (!to->array || family == FAMILY_TEXT);
}

bool tuples_type(const struct catalog_column *column, struct pgtype *type)
{
    return pgtype_of_column(column->type, column->oid, column->layout, type);
}

bool tuples_begin(struct expectation *e, struct error *error)
{
    e->fields = arena_alloc(&e->arena, e->catalog->column_count, sizeof *e->fields);
    e->valued = arena_alloc(&e->arena, e->catalog->column_count, sizeof *e->valued);
    return (e->fields != NULL && e->valued != NULL) || error_memory(error);
}

static size_t find_source(const struct expectation *e, const char *path)
{
    size_t i = 0;
    while (i < e->catalog->column_count && !path_is_name(path, e->catalog->columns[i].name))
        i++;
    return i;
}

static const struct mapping_column *find_taker(const struct mapping_table *table,
                                               const char *source)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].value.kind == VALUE_FROM &&
            path_is_name(table->columns[i].value.from, source))
            return &table->columns[i];
    return NULL;
}

/* A form's columns while they are gathered. */
struct gathering {
    struct expectation *e;
    struct form *form;
    struct mapping_column *columns;
    struct carried *carried;
    struct error *error;
};

/* Can the source's column become this one, and how is it read? */
static bool carry(const struct gathering *g, struct mapping_column *column, size_t source,
                  struct carried *carried)
{
    const struct catalog_column *from = &g->e->catalog->columns[source];
    struct pgtype read;
    carried->source = -1;
    if (!tuples_type(from, &read))
        return expect_wrong(g->e, g->form->mapping, from->name,
                            "the source's type is none that is known here", g->error);
    if (column->type.name == NULL)
        column->type = read;
    bool ids = column->value.id_of != NULL && column->type.array;
    if (!mapping_value_is_plain(&column->value) || column->says_misfits || ids)
        return true; /* it is a value like any other */
    *carried = (struct carried){(int)source, read};
    if (column->value.id_of != NULL)
        return true;
    if (!becomes(&read, &column->type))
        return expect_wrong(g->e, g->form->mapping, from->name,
                            "the source's type does not become this one "
                            "without a change of value",
                            g->error);
    /* Trailing blanks count in some text types and not in others: what the target's says, holds;
     * but those of a char are none of its value. */
    if (families[read.base].family == FAMILY_TEXT && read.base != PG_CHAR)
        carried->read = column->type;
    return true;
}

/* A column that the shape brings along: with its nullness, where the mapping does not say. */
static bool keep(struct gathering *g, size_t source)
{
    const struct catalog_column *from = &g->e->catalog->columns[source];
    const struct mapping_column *by = find_taker(g->form->mapping, from->name);
    size_t at = g->form->column_count++;
    struct mapping_column *column = &g->columns[at];
    const char *path = path_of_name(from->name, &g->e->arena);
    if (path == NULL)
        return error_memory(g->error);
    *column = by != NULL ? *by
                         : (struct mapping_column){.name = from->name,
                                                   .value = {.kind = VALUE_FROM, .from = path}};
    if (by == NULL || !by->has_null)
        column->not_null = from->not_null && column->value.when.count == 0;
    return carry(g, column, source, &g->carried[at]);
}

static bool add(struct gathering *g, const struct mapping_column *by)
{
    size_t at = g->form->column_count++;
    struct mapping_column *column = &g->columns[at];
    *column = *by;
    g->carried[at].source = -1;
    bool whole = g->form->mapping->each == NULL && by->value.kind == VALUE_FROM;
    size_t source = whole ? find_source(g->e, by->value.from) : g->e->catalog->column_count;
    if (source < g->e->catalog->column_count)
        return carry(g, column, source, &g->carried[at]);
    for (size_t f = 0; by->value.kind == VALUE_PARENT && f < g->e->form_count; f++) {
        const struct form *parent = &g->e->forms[f];
        for (size_t i = 0; parent->mapping == by->value.above && i < parent->column_count; i++)
            if (strcmp(parent->columns[i].name, by->value.from) == 0)
                column->type = parent->columns[i].type;
    }
    return column->type.name != NULL || expect_wrong(g->e, g->form->mapping, by->name,
                                                     "the source has no such column", g->error);
}

static bool is_gathered(const struct form *form, const struct mapping_column *by)
{
    for (size_t i = 0; i < form->column_count; i++)
        if (strcmp(form->columns[i].name, by->name) == 0)
            return true;
    return false;
}

/* The source's key under the names that its columns have here. */
static bool take_key(struct gathering *g)
{
    const struct catalog_names *names = &g->e->catalog->key;
    struct words *key = &g->form->key;
    *key = (struct words){arena_alloc(&g->e->arena, names->count, sizeof *key->items), 0};
    if (key->items == NULL)
        return error_memory(g->error);
    for (size_t k = 0; k < names->count; k++) {
        const struct mapping_column *by = find_taker(g->form->mapping, names->items[k]);
        key->items[key->count++] = by != NULL ? by->name : names->items[k];
    }
    return true;
}

bool tuples_describe(struct expectation *e, struct form *form, struct error *error)
{
    const struct mapping_table *table = form->mapping;
    size_t most = e->catalog->column_count + table->column_count;
    struct gathering g = {
        .e = e,
        .form = form,
        .columns = arena_alloc(&e->arena, most, sizeof *g.columns),
        .carried = arena_alloc(&e->arena, most, sizeof *g.carried),
        .error = error,
    };
    if (g.columns == NULL || g.carried == NULL)
        return error_memory(error);
    form->columns = g.columns;
    form->carried = g.carried;
    form->column_count = 0;
    for (size_t i = 0; table->keep_shape && i < e->catalog->column_count; i++)
        if (e->catalog->columns[i].computed == NULL &&
            !mapping_replaces(table, e->catalog->columns[i].name) &&
            !path_any_is_name(e->entity->drops.items, e->entity->drops.count,
                              e->catalog->columns[i].name) &&
            !mapping_keeps_rest_of(table, e->catalog->columns[i].name) && !keep(&g, i))
            return false;
    for (size_t i = 0; i < table->column_count; i++)
        if (!is_gathered(form, &table->columns[i]) && !add(&g, &table->columns[i]))
            return false;
    if (table->key.count == 0 && !table->keyless && !take_key(&g))
        return false;
    for (size_t i = 0; i < form->column_count; i++)
        g.columns[i].not_null =
            g.columns[i].not_null || expect_in_words(&form->key, g.columns[i].name);
    return true;
}

/* ---- one field --------------------------------------------------------------------------------
 */

struct item tuples_id(const struct carried *carried, const struct tuple_field *field)
{
    struct item id = {0};
    if (carried->read.base == PG_INT2 && field->length == 2)
        return item_of_int((int16_t)get_be16(field->bytes));
    if (carried->read.base == PG_INT4 && field->length == 4)
        return item_of_int((int32_t)get_be32(field->bytes));
    if (carried->read.base == PG_INT8 && field->length == 8)
        return item_of_int((int64_t)get_be64(field->bytes));
    if (families[carried->read.base].family == FAMILY_TEXT)
        return item_of_text((const char *)field->bytes, (size_t)field->length);
    if (carried->read.base == PG_UUID && field->length == 16) {
        id.value.value_type = BSON_TYPE_BINARY;
        id.value.value.v_binary.subtype = BSON_SUBTYPE_UUID;
        id.value.value.v_binary.data_len = 16;
        memcpy(&id.value.value.v_binary.data, &field->bytes, sizeof field->bytes);
    }
    return id;
}

static bool put_identity(const struct expectation *e, const struct mapping_column *column,
                         const struct carried *carried, const struct tuple_field *field,
                         struct buffer *out, struct error *error)
{
    const struct item id = tuples_id(carried, field);
    uint8_t uuid[16];
    char text[37];
    if (!expect_identity(&e->project->identity, column->value.id_of->name, column->value.ids, &id,
                         uuid))
        return item_misfit(&id, column->name, "it is nobody's id", error);
    expect_uuid_write(uuid, text);
    buffer_putc(out, column->type.base == PG_UUID ? 'u' : 't');
    if (column->type.base == PG_UUID)
        buffer_put(out, uuid, 16);
    else
        buffer_puts(out, text);
    return true;
}

static bool put_null(const struct expectation *e, const struct mapping_column *column,
                     struct buffer *out, struct error *error)
{
    const struct expect_target target = {
        .type = column->type, .rule = &e->project->identity, .path = column->name};
    const cJSON *fallback = column->value.fallback;
    if (!column->not_null) {
        buffer_putc(out, 'N');
        return true;
    }
    if (fallback != NULL && expect_can_put(&column->type)) {
        const struct item item = item_of_json(fallback);
        return expect_put(&target, &item, out, error);
    }
    error_set(error, ERROR_DATA, "the column must not be null, and the source's is");
    error_hint(error, "the run should have stopped at this row; was the mapping changed since?");
    return error_at(error, NULL, NULL, column->name);
}

/* A real as the double of its shortest decimal text: the first that is this real again. */
static bool put_widened(const struct tuple_field *field, const struct mapping_column *column,
                        struct buffer *out, struct error *error)
{
    float real;
    if (field->length != 4) {
        error_set(error, ERROR_SOURCE, "a real of %d bytes", field->length);
        return error_at(error, NULL, NULL, column->name);
    }
    uint32_t bits = get_be32(field->bytes);
    memcpy(&real, &bits, sizeof real);
    double number = (double)real;
    for (int digits = FLT_DIG; isfinite(real) && digits <= FLT_DECIMAL_DIG; digits++) {
        char text[32];
        snprintf(text, sizeof text, "%.*e", digits - 1, (double)real);
        number = strtod(text, NULL);
        if ((float)number == real)
            break;
    }
    canonical_put_double(out, number);
    return true;
}

/* A canonical decimal with so many places behind the point, as PostgreSQL prints it. */
static void put_places(struct buffer *out, const uint8_t *value, size_t length, int places)
{
    struct canonical_decimal decimal;
    if (!canonical_decimal_read(value, length, &decimal)) {
        const char *word = value[1] == 'N' ? "NaN" : value[1] == '+' ? "Infinity" : "-Infinity";
        buffer_puts(out, word);
        return;
    }
    int64_t whole = (int64_t)decimal.count + decimal.power; /* digits before the point */
    if (decimal.negative)
        buffer_putc(out, '-');
    if (whole <= 0)
        buffer_putc(out, '0');
    for (int64_t i = 0; i < whole; i++)
        buffer_putc(out, i < (int64_t)decimal.count ? decimal.digits[i] : '0');
    if (places > 0)
        buffer_putc(out, '.');
    for (int64_t i = whole; i < whole + places; i++)
        buffer_putc(out, i >= 0 && i < (int64_t)decimal.count ? decimal.digits[i] : '0');
}

bool tuples_print(const struct pgtype *read, const struct tuple_field *field, struct buffer *out,
                  struct error *error)
{
    struct buffer value;
    buffer_init(&value);
    bool ok = canonical_from_binary(read, field->bytes, field->length, &value, error) &&
              buffer_ok(&value, error);
    if (ok && read->base == PG_NUMERIC)
        put_places(out, value.data, value.length, (int16_t)get_be16(field->bytes + 6));
    else if (ok && read->base == PG_BOOL)
        buffer_puts(out, field->bytes[0] != 0 ? "true" : "false");
    else if (ok)
        canonical_print(read, value.data, value.length, out);
    buffer_release(&value);
    return ok;
}

static bool put_printed(const struct mapping_column *column, const struct carried *carried,
                        const struct tuple_field *field, struct buffer *out, struct error *error)
{
    buffer_putc(out, 't');
    if (tuples_print(&carried->read, field, out, error))
        return true;
    error->code = ERROR_SOURCE;
    return error_at(error, NULL, NULL, column->name);
}

static bool put_decimal(const struct expectation *e, const struct mapping_column *column,
                        const struct carried *carried, const struct tuple_field *field,
                        struct buffer *out, struct error *error)
{
    const struct expect_target target = {
        .type = column->type, .rule = &e->project->identity, .path = column->name};
    const struct item number = tuples_id(carried, field);
    return expect_put(&target, &number, out, error);
}

bool tuples_put(const struct expectation *e, const struct mapping_column *column,
                const struct carried *carried, struct buffer *out, struct error *error)
{
    const struct tuple_field *field = &e->fields[carried->source];
    const struct mapping_value *value = &column->value;
    if (field->length < 0)
        return put_null(e, column, out, error);
    if (value->id_of != NULL)
        return put_identity(e, column, carried, field, out, error);
    if (carried->read.base == PG_FLOAT4 && column->type.base == PG_FLOAT8)
        return put_widened(field, column, out, error);
    if (is_printed(&carried->read, &column->type))
        return put_printed(column, carried, field, out, error);
    if (families[carried->read.base].family == FAMILY_INT && column->type.base == PG_NUMERIC)
        return put_decimal(e, column, carried, field, out, error);
    size_t start = out->length;
    if (!canonical_from_binary(&carried->read, field->bytes, field->length, out, error)) {
        error->code = ERROR_SOURCE;
        return error_at(error, NULL, NULL, column->name);
    }
    if (value->keys_id_of != NULL)
        return expect_json_identify(out, start + 1, &e->project->identity, value, e->lookup,
                                    column->name, error);
    return true;
}
