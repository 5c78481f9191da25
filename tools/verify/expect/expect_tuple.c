/* Rows of a Postgres source that keep their shape: binary COPY tuples, column by column. */
#include "canonical.h"
#include "canonical_json.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_reference.h"
#include "expect_row.h"
#include "expect_value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tuple_field {
    const uint8_t *bytes;
    int32_t length;
    enum fate fate; /* so far */
};

enum { FROM_CONSTANT = -1 };

struct tuple_column {
    const struct mapping_column *mapping; /* NULL: as the source has it */
    int source;                           /* index in the catalog, or FROM_CONSTANT */
    struct pgtype read;                   /* the type by which the source's bytes are read */
    bool not_null;
};

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

static bool becomes(const struct pgtype *from, const struct pgtype *to)
{
    enum family family = families[from->base].family;
    if (from->array != to->array)
        return false;
    if (from->base == to->base)
        return from->base != PG_NUMERIC || to->precision == 0 ||
               (from->precision > 0 && from->scale <= to->scale);
    return family != FAMILY_OWN && family == families[to->base].family &&
           families[from->base].width <= families[to->base].width &&
           (!to->array || family == FAMILY_TEXT);
}

static const struct mapping_column *find_exception(const struct mapping_table *table,
                                                   const char *source)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        bool renamed = column->value.kind == VALUE_FROM;
        if ((renamed || column->value.kind == VALUE_SAME) &&
            strcmp(renamed ? column->value.from : column->name, source) == 0)
            return column;
    }
    return NULL;
}

/* An entry of the unsorted list: the column of the table, and where it comes from. */
struct pair {
    struct expected_column column;
    struct tuple_column tuple;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return strcmp(x->column.name, y->column.name);
}

/* The type "name" is no column type of ours, but its values are texts. */
static bool read_source_type(const char *text, struct pgtype *type)
{
    struct error ignored;
    return pgtype_parse(strcmp(text, "name") == 0 ? "text" : text, type, &ignored);
}

static bool take_column(struct expectation *e, const struct mapping_table *table, size_t source,
                        struct pair *pair, struct error *error)
{
    const struct catalog_column *from = &e->catalog->columns[source];
    const struct mapping_column *by = find_exception(table, from->name);
    bool typed = by != NULL && by->type.name != NULL;
    bool key = by != NULL && table->key.count > 0 && expect_in_words(&table->key, by->name);
    if (table->key.count > 0 && by == NULL)
        key = expect_in_words(&table->key, from->name);
    for (size_t i = 0; table->key.count == 0 && i < e->catalog->key.count; i++)
        key = key || strcmp(e->catalog->key.items[i], from->name) == 0;
    *pair = (struct pair){
        .column = {.name = by != NULL ? by->name : from->name, .key = key},
        .tuple = {.mapping = by, .source = (int)source},
    };
    pair->tuple.not_null = key || (by != NULL && by->has_null ? by->not_null : from->not_null);
    struct pgtype source_type;
    if (!read_source_type(from->type, &source_type))
        return expect_wrong(e, table, from->name, "the source's type is none that is known here",
                            error);
    pair->column.type = typed ? by->type : source_type;
    pair->tuple.read = source_type;
    bool identity = by != NULL && by->value.id_of != NULL;
    if (identity)
        return true;
    if (!becomes(&source_type, &pair->column.type))
        return expect_wrong(e, table, from->name,
                            "the source's type does not become this one "
                            "without a change of value",
                            error);
    /* Trailing blanks count in some text types and not in others: what the target's says, holds;
     * but those of a char are none of its value. */
    if (families[source_type.base].family == FAMILY_TEXT && source_type.base != PG_CHAR)
        pair->tuple.read = pair->column.type;
    return true;
}

bool tuples_prepare(struct expectation *e, const struct catalog_entity *catalog,
                    struct error *error)
{
    const struct mapping_table *table = &e->entity->tables[0];
    e->catalog = catalog;
    if (e->entity->table_count != 1 || !table->keep_shape || table->when.count > 0)
        return expect_wrong(e, table, NULL,
                            "a table of a postgres source becomes one table that "
                            "keeps its shape, with all its rows",
                            error);
    size_t most = catalog->column_count + table->column_count, count = 0;
    struct pair *pairs = arena_alloc(&e->arena, most, sizeof *pairs);
    e->tables = arena_alloc(&e->arena, 1, sizeof *e->tables);
    e->fields = arena_alloc(&e->arena, catalog->column_count, sizeof *e->fields);
    e->dropped = arena_alloc(&e->arena, catalog->column_count, sizeof *e->dropped);
    e->tuple_columns = arena_alloc(&e->arena, most, sizeof *e->tuple_columns);
    if (pairs == NULL || e->tables == NULL || e->fields == NULL || e->dropped == NULL ||
        e->tuple_columns == NULL)
        return error_memory(error);
    for (size_t i = 0; i < catalog->column_count; i++) {
        size_t at; /* a table has no two columns of one name, so it is i */
        if (!path_counts_find(&e->counts, catalog->columns[i].name, &at, error))
            return false;
        e->counts.items[at].named = true;
        e->dropped[i] = expect_in_words(&e->entity->drops, catalog->columns[i].name);
        if (!e->dropped[i] && !take_column(e, table, i, &pairs[count++], error))
            return false;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        if (column->value.kind == VALUE_CONST)
            pairs[count++] = (struct pair){
                .column = {.name = column->name,
                           .type = column->type,
                           .key = expect_in_words(&table->key, column->name)},
                .tuple = {.mapping = column, .source = FROM_CONSTANT, .not_null = column->not_null},
            };
    }
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    e->table_count = 1;
    e->tables[0] = (struct expected_table){
        .label = table->label,
        .mapping = table,
        .columns = arena_alloc(&e->arena, count, sizeof *e->tables[0].columns),
        .column_count = count,
    };
    if (e->tables[0].columns == NULL)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        e->tables[0].columns[i] = pairs[i].column;
        e->tuple_columns[i] = pairs[i].tuple;
    }
    return row_init(&e->row, &e->arena, count, error);
}

/* ---- one tuple --------------------------------------------------------------------------------
 */

static bool put_constant(const struct expectation *e, const struct expected_column *column,
                         const cJSON *json, struct buffer *out, struct error *error)
{
    const struct expect_target target = {
        .type = column->type, .rule = &e->project->identity, .path = column->name};
    const struct item item = item_of_json(json);
    if (!expect_can_put(&column->type))
        return expect_wrong(e, e->tables[0].mapping, column->name,
                            "there are no constants of this type", error);
    return expect_put(&target, &item, out, error);
}

static bool find_number(const struct tuple_field *field, struct item *item)
{
    uint64_t bits = 0;
    if (field->length != 2 && field->length != 4 && field->length != 8)
        return false;
    for (int32_t i = 0; i < field->length; i++)
        bits = bits << 8 | field->bytes[i];
    int unused = 64 - 8 * field->length; /* in front of the sign */
    bits <<= unused;
    *item = item_of_int((int64_t)bits >> unused);
    return true;
}

/* A uuid, a text or a whole number, as the identity of the entity. */
static bool find_identity(const struct expectation *e, const struct expected_column *column,
                          const struct mapping_value *value, const struct pgtype *read,
                          const struct tuple_field *field, uint8_t uuid[16], struct error *error)
{
    const struct identity *rule = &e->project->identity;
    const char *entity = value->id_of->name;
    struct item number = item_of_int(0);
    bool ok;
    if (read->base == PG_UUID)
        ok = field->length == 16 && expect_identity_uuid(rule, entity, field->bytes, uuid);
    else if (families[read->base].family == FAMILY_INT)
        ok =
            find_number(field, &number) && expect_identity(rule, entity, value->ids, &number, uuid);
    else
        ok = families[read->base].family == FAMILY_TEXT &&
             expect_identity_text(rule, entity, value->ids, (const char *)field->bytes,
                                  (size_t)field->length, uuid);
    if (!ok) {
        error_set(error, ERROR_DATA, "the value is nobody's id");
        return error_at(error, NULL, NULL, column->name);
    }
    return true;
}

static bool put_identity(const struct expectation *e, const struct expected_column *column,
                         const struct mapping_value *value, const struct pgtype *read,
                         const struct tuple_field *field, struct buffer *out, struct error *error)
{
    uint8_t uuid[16];
    char text[37];
    if (!find_identity(e, column, value, read, field, uuid, error))
        return false;
    expect_uuid_write(uuid, text);
    buffer_putc(out, column->type.base == PG_UUID ? 'u' : 't');
    if (column->type.base == PG_UUID)
        buffer_put(out, uuid, 16);
    else
        buffer_puts(out, text);
    return true;
}

static bool put_null(const struct expectation *e, const struct expected_column *column,
                     const struct tuple_column *tuple, struct buffer *out, struct error *error)
{
    const cJSON *fallback = tuple->mapping != NULL ? tuple->mapping->value.fallback : NULL;
    if (tuple->not_null && fallback != NULL)
        return put_constant(e, column, fallback, out, error);
    if (tuple->not_null) {
        error_set(error, ERROR_DATA, "the column must not be null, and the source's is");
        error_hint(error,
                   "the run should have stopped at this row; was the mapping changed since?");
        return error_at(error, NULL, NULL, column->name);
    }
    buffer_putc(out, 'N');
    return true;
}

/* A real as the double of its shortest decimal text: the first that is this real again. */
static bool put_widened(const struct tuple_field *field, const struct expected_column *column,
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

static bool put_column(const struct expectation *e, const struct expected_column *column,
                       const struct tuple_column *tuple, struct buffer *out, struct error *error)
{
    const struct mapping_value *value = tuple->mapping != NULL ? &tuple->mapping->value : NULL;
    if (tuple->source == FROM_CONSTANT)
        return put_constant(e, column, value->constant, out, error);
    const struct tuple_field *field = &e->fields[tuple->source];
    if (field->length < 0)
        return put_null(e, column, tuple, out, error);
    if (value != NULL && value->id_of != NULL)
        return put_identity(e, column, value, &tuple->read, field, out, error);
    if (tuple->read.base == PG_FLOAT4 && column->type.base == PG_FLOAT8)
        return put_widened(field, column, out, error);
    size_t start = out->length;
    if (!canonical_from_binary(&tuple->read, field->bytes, field->length, out, error)) {
        error->code = ERROR_SOURCE;
        return error_at(error, NULL, NULL, column->name);
    }
    if (value != NULL && value->keys_id_of != NULL)
        return expect_json_identify(out, start + 1, &e->project->identity, value->keys_id_of->name,
                                    value->ids, column->name, error);
    return true;
}

static bool read_fields(struct expectation *e, const uint8_t **at, const uint8_t *end)
{
    size_t count = e->catalog->column_count;
    if (end - *at < 2 || get_be16(*at) != count)
        return false;
    *at += 2;
    for (size_t i = 0; i < count; i++) {
        int32_t length = end - *at >= 4 ? (int32_t)get_be32(*at) : INT32_MIN;
        *at += 4;
        if (length < -1 || (length > 0 && end - *at < length))
            return false;
        e->fields[i] = (struct tuple_field){*at, length, e->dropped[i] ? FATE_DROPPED : FATE_SEEN};
        *at += length > 0 ? length : 0;
    }
    return true;
}

/* A text or number whose UUID does not say what it was. */
static bool is_one_way_id(const struct tuple_column *tuple, const struct tuple_field *field)
{
    if (tuple->mapping == NULL || tuple->mapping->value.id_of == NULL || field->length < 0 ||
        tuple->read.base == PG_UUID)
        return false;
    const struct item text = item_of_text((const char *)field->bytes, (size_t)field->length);
    return families[tuple->read.base].family == FAMILY_INT || expect_identity_is_one_way(&text);
}

static void count_fields(struct expectation *e)
{
    for (size_t i = 0; i < e->tables[0].column_count; i++) {
        const struct tuple_column *tuple = &e->tuple_columns[i];
        if (tuple->source == FROM_CONSTANT)
            continue;
        struct tuple_field *field = &e->fields[tuple->source];
        bool one_way = is_one_way_id(tuple, field);
        enum fate fate = field->length < 0 && tuple->not_null ? FATE_DEFAULTED
                         : one_way                            ? FATE_CHANGED
                                                              : FATE_WRITTEN;
        if (one_way)
            path_counts_number(&e->counts, (size_t)tuple->source, FATE_BY_ONE_WAY_ID, 1);
        if (fate > field->fate)
            field->fate = fate;
    }
    for (size_t i = 0; i < e->catalog->column_count; i++)
        path_counts_add(&e->counts, i, e->fields[i].fate);
}

/* "id 17, date 2020-01-01": the source's key, of the columns that are read without the mapping. */
static bool name_tuple(const struct expectation *e, struct error *error)
{
    struct buffer key;
    struct error ignored;
    buffer_init(&key);
    for (size_t k = 0; k < e->catalog->key.count; k++)
        for (size_t c = 0; c < e->catalog->column_count; c++) {
            const struct catalog_column *column = &e->catalog->columns[c];
            struct pgtype type;
            struct buffer value;
            if (strcmp(column->name, e->catalog->key.items[k]) != 0 ||
                !read_source_type(column->type, &type))
                continue;
            buffer_init(&value);
            buffer_printf(&key, "%s%s ", k > 0 ? ", " : "", column->name);
            if (canonical_from_binary(&type, e->fields[c].bytes, e->fields[c].length, &value,
                                      &ignored) &&
                !value.failed)
                canonical_print(&type, value.data, value.length, &key);
            buffer_release(&value);
        }
    error_at(error, e->entity->name, buffer_text(&key), NULL);
    buffer_release(&key);
    return false;
}

bool tuples_ids(struct expectation *e, const uint8_t *payload, size_t length,
                expect_id_callback callback, void *context, struct error *error)
{
    const uint8_t *end = payload + length;
    const struct expected_table *table = &e->tables[0];
    size_t key = 0, keys = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        keys += table->columns[i].key;
        key = table->columns[i].key ? i : key;
    }
    const struct tuple_column *tuple = &e->tuple_columns[key];
    if (keys != 1 || tuple->mapping == NULL || tuple->mapping->value.id_of != e->entity)
        return expect_wrong(e, table->mapping, NULL, "its key is not its identity", error);
    while (payload < end) {
        struct expect_id id = {.stays = true};
        if (!read_fields(e, &payload, end))
            return error_set(error, ERROR_SOURCE, "a row of %s is not what its catalog says",
                             e->entity->from);
        const struct tuple_field *field = &e->fields[tuple->source];
        if (field->length < 0)
            continue;
        if (!find_identity(e, &table->columns[key], &tuple->mapping->value, &tuple->read, field,
                           id.uuid, error))
            return name_tuple(e, error);
        expect_key_of_id(e->entity, id.uuid, id.key);
        if (!callback(context, &id, error))
            return false;
    }
    return true;
}

bool tuples_batch(struct expectation *e, const uint8_t *payload, size_t length,
                  expect_callback callback, void *context, int64_t *records, struct error *error)
{
    const uint8_t *end = payload + length;
    for (; payload < end; ++*records) {
        if (!read_fields(e, &payload, end)) {
            error_set(error, ERROR_SOURCE, "a row of %s is not what its catalog says",
                      e->entity->from);
            return error_at(error, e->entity->name, NULL, NULL);
        }
        row_begin(&e->row, &e->tables[0]);
        for (size_t i = 0; i < e->tables[0].column_count; i++) {
            row_open(&e->row, i);
            if (!put_column(e, &e->tables[0].columns[i], &e->tuple_columns[i], &e->row.bytes,
                            error))
                return name_tuple(e, error);
            row_close(&e->row, i);
        }
        if (!row_deliver(&e->row, callback, context, error))
            return false;
        count_fields(e);
    }
    return true;
}
