#include "tuple.h"
#include "json_keys.h"
#include "number.h"

#include "graduate/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct tuple_column;
typedef bool (*convert_function)(struct tuple_plan *plan, const struct tuple_column *column,
                                 const struct field *field, struct buffer *out,
                                 struct error *error);

struct tuple_column {
    const struct schema_column *schema;
    int source; /* index of the field, or -1: constant */
    convert_function convert;
    const char *id_entity, *keys_entity;
    enum identity_ids ids;
    const uint8_t *constant; /* an encoded field: of a const, or of a default for NULL */
    size_t constant_length;
};

enum {
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_NAME = 19,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_VARCHAR = 1043,
    OID_CHAR = 1042,
    OID_TIMESTAMP = 1114,
    OID_UUID = 2950,
    OID_JSONB = 3802,
    OID_TEXT_ARRAY = 1009,
    OID_VARCHAR_ARRAY = 1015,
};

#define EXTRACT_ANEW "the table changed, or the stream is damaged; extract it anew"

static void put_field(struct buffer *out, const uint8_t *bytes, size_t length)
{
    buffer_put_be32(out, (uint32_t)length);
    buffer_put(out, bytes, length);
}

static bool as_is(struct tuple_plan *plan, const struct tuple_column *column,
                  const struct field *field, struct buffer *out, struct error *error)
{
    (void)plan;
    (void)column;
    (void)error;
    put_field(out, field->bytes, (size_t)field->length);
    return true;
}

static bool wrong_length(const struct tuple_column *column, const struct field *field,
                         struct error *error)
{
    error_set(error, ERROR_SOURCE, "a field of %d bytes cannot be what the catalog says",
              field->length);
    error_hint(error, EXTRACT_ANEW);
    return error_at(error, NULL, NULL, column->schema->name);
}

static bool is_whole(uint32_t oid)
{
    return oid == OID_INT2 || oid == OID_INT4 || oid == OID_INT8;
}

static bool read_whole(const struct field *field, int64_t *number)
{
    bool known = field->length == 2 || field->length == 4 || field->length == 8;
    if (known)
        *number = field->length == 2   ? (int16_t)get_be16(field->bytes)
                  : field->length == 4 ? (int32_t)get_be32(field->bytes)
                                       : (int64_t)get_be64(field->bytes);
    return known;
}

/* Whole numbers of any width, widened with their sign. */
static bool widen(struct tuple_plan *plan, const struct tuple_column *column,
                  const struct field *field, struct buffer *out, struct error *error)
{
    (void)plan;
    int64_t number;
    if (field->length == 8 || !read_whole(field, &number))
        return wrong_length(column, field, error);
    bool wide = column->schema->type.base == PG_INT8;
    buffer_put_be32(out, wide ? 8 : 4);
    if (wide)
        buffer_put_be64(out, (uint64_t)number);
    else
        buffer_put_be32(out, (uint32_t)number);
    return true;
}

static bool widen_float(struct tuple_plan *plan, const struct tuple_column *column,
                        const struct field *field, struct buffer *out, struct error *error)
{
    (void)plan;
    float small;
    double wide;
    uint64_t bits;
    if (field->length != 4)
        return wrong_length(column, field, error);
    uint32_t raw = get_be32(field->bytes);
    memcpy(&small, &raw, sizeof small);
    wide = number_widen(small);
    memcpy(&bits, &wide, sizeof bits);
    buffer_put_be32(out, 8);
    buffer_put_be64(out, bits);
    return true;
}

/* char(n) without the blanks that fill it up, as PostgreSQL's own cast to text. */
static bool unpad(struct tuple_plan *plan, const struct tuple_column *column,
                  const struct field *field, struct buffer *out, struct error *error)
{
    (void)plan;
    (void)column;
    (void)error;
    size_t length = (size_t)field->length;
    while (length > 0 && field->bytes[length - 1] == ' ')
        length--;
    put_field(out, field->bytes, length);
    return true;
}

static bool is_text(uint32_t oid)
{
    return oid == OID_TEXT || oid == OID_VARCHAR || oid == OID_CHAR;
}

/* "id 17", "user_id 6f..., date 8123": enough to find the row. */
static void find_key(const struct tuple_plan *plan, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < plan->key_count; i++) {
        const struct catalog_column *column = &plan->catalog->columns[plan->key[i]];
        const struct field *field = &plan->fields[plan->key[i]];
        char text[64] = "?";
        if (field->length >= 0 && is_text(column->oid))
            snprintf(text, sizeof text, "%.*s", (int)field->length, (const char *)field->bytes);
        else if (column->oid == OID_UUID && field->length == 16)
            uuid_format(field->bytes, text);
        else if (field->length == 2 && column->oid == OID_INT2)
            snprintf(text, sizeof text, "%d", (int16_t)get_be16(field->bytes));
        else if (field->length == 4)
            snprintf(text, sizeof text, "%" PRId32, (int32_t)get_be32(field->bytes));
        else if (field->length == 8)
            snprintf(text, sizeof text, "%" PRId64, (int64_t)get_be64(field->bytes));
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s %s", i > 0 ? ", " : "", column->name, text);
    }
}

/* A value that is given up: `before` and `after` are of so many bytes. */
static void lose(struct tuple_plan *plan, const struct tuple_column *column, const char *rule,
                 const char *before, size_t length, const char *after)
{
    char key[160], was[80];
    find_key(plan, key, sizeof key);
    snprintf(was, sizeof was, "%.*s", (int)(length < sizeof was ? length : sizeof was - 1), before);
    plan->losses.key = key;
    losses_add(&plan->losses, column->schema->name, rule, was, after);
    plan->losses.key = "";
}

/* jsonb keeps numbers as numeric, which has no -0. */
static void lose_negative_zeros(struct tuple_plan *plan, const struct tuple_column *column,
                                const char *text, size_t length)
{
    const char *end = text + length;
    bool quoted = false;
    for (const char *at = text; at < end; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\')
            at++;
        if (quoted || *at != '-')
            continue;
        const char *from = at, *digits = at + 1;
        while (at + 1 < end && memchr("0123456789.eE+-", at[1], 15) != NULL)
            at++;
        size_t zeros = 0, size = (size_t)(at + 1 - digits);
        while (zeros < size && (digits[zeros] == '0' || digits[zeros] == '.'))
            zeros++;
        if (zeros == size || digits[zeros] == 'e' || digits[zeros] == 'E')
            lose(plan, column, "json_negative_zero", from, size + 1, "0");
    }
}

static bool json_to_jsonb(struct tuple_plan *plan, const struct tuple_column *column,
                          const struct field *field, struct buffer *out, struct error *error)
{
    struct error why;
    cJSON *json;
    if (!json_parse((const char *)field->bytes, (size_t)field->length, "json", &json, &why)) {
        error_set(error, ERROR_DATA, "jsonb would not hold it as it is: %s", why.message);
        error_hint(error,
                   "correct the record in the source, or keep the type json; then run again");
        return error_at(error, NULL, NULL, column->schema->name);
    }
    cJSON_Delete(json); /* a key that stands twice would be lost without a word */
    lose_negative_zeros(plan, column, (const char *)field->bytes, (size_t)field->length);
    buffer_put_be32(out, (uint32_t)field->length + 1);
    buffer_putc(out, 1);
    buffer_put(out, field->bytes, (size_t)field->length);
    return true;
}

/* varchar[] as text[]: the same bytes under another element type (the third int32). */
static bool retype_array(struct tuple_plan *plan, const struct tuple_column *column,
                         const struct field *field, struct buffer *out, struct error *error)
{
    (void)plan;
    if (field->length < 12)
        return wrong_length(column, field, error);
    put_field(out, field->bytes, (size_t)field->length);
    buffer_patch_be32(out, out->length - (size_t)field->length + 8,
                      pgtype_element_oid(&column->schema->type));
    return true;
}

/* A uuid; or a text, or a whole number as its digits. */
static bool find_identity(const struct tuple_plan *plan, const struct tuple_column *column,
                          const struct field *field, uint8_t uuid[16], struct error *error)
{
    uint32_t oid = plan->catalog->columns[column->source].oid;
    const char *text = (const char *)field->bytes;
    size_t length = (size_t)field->length;
    char digits[24];
    int64_t number;
    if (oid == OID_UUID && field->length != 16)
        return wrong_length(column, field, error);
    if (is_whole(oid)) {
        if (!read_whole(field, &number))
            return wrong_length(column, field, error);
        length = (size_t)snprintf(digits, sizeof digits, "%" PRId64, number);
        text = digits;
    }
    if (oid == OID_UUID ? identity_from_uuid(plan->identity, column->id_entity, field->bytes, uuid)
                        : identity_from_text(plan->identity, column->id_entity, column->ids, text,
                                             length, uuid))
        return true;
    error_set(error, ERROR_DATA, "the text \"%.*s\" is nobody's id: ids of %s are %s",
              length < 80 ? (int)length : 80, text, column->id_entity,
              identity_ids_text(column->ids));
    error_hint(error, "correct the row in the source, and run again");
    return error_at(error, NULL, NULL, column->schema->name);
}

static bool identify(struct tuple_plan *plan, const struct tuple_column *column,
                     const struct field *field, struct buffer *out, struct error *error)
{
    uint8_t uuid[16];
    char text[37];
    if (!find_identity(plan, column, field, uuid, error))
        return false;
    if (column->schema->type.base == PG_UUID) {
        put_field(out, uuid, sizeof uuid);
        return true;
    }
    uuid_format(uuid, text);
    put_field(out, (const uint8_t *)text, 36);
    return true;
}

static bool identify_keys(struct tuple_plan *plan, const struct tuple_column *column,
                          const struct field *field, struct buffer *out, struct error *error)
{
    if (field->length < 1)
        return wrong_length(column, field, error);
    size_t head = out->length;
    buffer_put_be32(out, 0);
    buffer_putc(out, (char)field->bytes[0]);
    if (!json_keys_identify(plan->identity, column->keys_entity, column->ids,
                            (const char *)field->bytes + 1, (size_t)field->length - 1, out, error))
        return error_at(error, NULL, NULL, column->schema->name);
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}

/* Which types become which others without a change of value. A type becomes itself anyway. */
static const struct {
    uint32_t from;
    enum pgtype_base to;
    bool array;
    convert_function convert;
} conversions[] = {
    {OID_INT2, PG_INT4, false, widen},
    {OID_INT2, PG_INT8, false, widen},
    {OID_INT4, PG_INT8, false, widen},
    {OID_FLOAT4, PG_FLOAT8, false, widen_float},
    {OID_TEXT, PG_VARCHAR, false, as_is},
    {OID_TEXT, PG_CHAR, false, as_is},
    {OID_VARCHAR, PG_TEXT, false, as_is},
    {OID_CHAR, PG_TEXT, false, unpad},
    {OID_CHAR, PG_VARCHAR, false, unpad},
    {OID_NAME, PG_TEXT, false, as_is},
    {OID_TIMESTAMP, PG_TIMESTAMPTZ, false, as_is}, /* the wall clock is read as UTC */
    {OID_JSON, PG_JSONB, false, json_to_jsonb},
    {OID_VARCHAR_ARRAY, PG_TEXT, true, retype_array},
    {OID_TEXT_ARRAY, PG_VARCHAR, true, retype_array},
};

static convert_function find_conversion(uint32_t from, const struct pgtype *to)
{
    if (from == pgtype_oid(to))
        return as_is;
    for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++)
        if (conversions[i].from == from && conversions[i].to == to->base &&
            conversions[i].array == to->array)
            return conversions[i].convert;
    return NULL;
}

static bool wrong(const struct tuple_plan *plan, const struct schema_column *column,
                  const char *word, const char *what, struct error *error)
{
    return error_set(error, ERROR_USAGE, "%s: /to/%s/columns/%s/%s: %s", plan->entity->file,
                     plan->output->table->label, column->name, word, what);
}

static bool compile_constant(struct tuple_plan *plan, struct tuple_column *column,
                             const cJSON *json, struct error *error)
{
    struct value value;
    struct buffer bytes;
    const struct encoding encoding = {
        .type = column->schema->type,
        .identity = plan->identity,
        .path = column->schema->name,
        .losses = &plan->losses,
    };
    if (!value_from_json(&plan->arena, json, &value))
        return error_memory(error);
    if (!encode_supported(&column->schema->type))
        return wrong(plan, column->schema, "type", "there are no constants of this type", error);
    struct error why;
    buffer_init(&bytes);
    bool fits = encode_field(&encoding, &value, &bytes, &why);
    uint8_t *copy = fits && !bytes.failed ? arena_alloc(&plan->arena, bytes.length, 1) : NULL;
    if (copy != NULL)
        memcpy(copy, bytes.data, bytes.length);
    column->constant = copy;
    column->constant_length = bytes.length;
    buffer_release(&bytes);
    if (!fits)
        return wrong(plan, column->schema, "const", why.message, error);
    return copy != NULL ? true : error_memory(error);
}

/* PostgreSQL would round to fewer places without a word. */
static bool rounds(const char *from, const struct pgtype *to)
{
    struct pgtype source;
    struct error ignored;
    return to->base == PG_NUMERIC && to->precision > 0 &&
           (!pgtype_parse(from, &source, &ignored) || source.precision == 0 ||
            source.scale > to->scale);
}

static bool compile_column(struct tuple_plan *plan, const struct schema_column *schema,
                           struct tuple_column *column, struct error *error)
{
    const struct mapping_value *value = schema->mapping != NULL ? &schema->mapping->value : NULL;
    *column = (struct tuple_column){.schema = schema, .source = schema->source_column};
    if (value != NULL && value->kind == VALUE_CONST)
        return compile_constant(plan, column, value->constant, error);
    if (value != NULL && value->fallback != NULL &&
        !compile_constant(plan, column, value->fallback, error))
        return false;
    uint32_t oid = schema->source_oid;
    column->ids = value != NULL ? value->ids : IDENTITY_PLAIN;
    if (value != NULL && value->id_of != NULL) {
        column->id_entity = value->id_of->name;
        column->convert = identify;
        return oid == OID_UUID || is_text(oid) || is_whole(oid)
                   ? true
                   : wrong(plan, schema, "id_of",
                           "an identity is a uuid, a text or a whole number in the source", error);
    }
    if (value != NULL && value->keys_id_of != NULL) {
        column->keys_entity = value->keys_id_of->name;
        column->convert = identify_keys;
        return oid == OID_JSONB
                   ? true
                   : wrong(plan, schema, "keys_id_of", "the source's column is no jsonb", error);
    }
    const char *from = plan->catalog->columns[schema->source_column].type;
    column->convert = find_conversion(oid, &schema->type);
    if (column->convert != NULL && !rounds(from, &schema->type))
        return true;
    char what[200], type[64];
    pgtype_format(&schema->type, type, sizeof type);
    snprintf(what, sizeof what, "the source's %.80s does not become %s without a change of value",
             from, type);
    return wrong(plan, schema, "type", what, error);
}

/* A path of the account per column of the source. */
static bool compile_fates(struct tuple_plan *plan, struct error *error)
{
    const struct words *drops = &plan->entity->drops;
    for (size_t c = 0; c < plan->catalog->column_count; c++) {
        const char *name = plan->catalog->columns[c].name;
        for (size_t i = 0; i < drops->count; i++)
            if (strcmp(drops->items[i], name) == 0)
                plan->fates[c].least = FATE_DROPPED;
        if (!path_account_find(&plan->paths, name, strlen(name), &plan->fates[c].path, error))
            return false;
    }
    return true;
}

bool tuple_plan_compile(struct tuple_plan *plan, const struct schema *schema,
                        const struct mapping *entity, const struct catalog_entity *catalog,
                        struct error *error)
{
    size_t first, count;
    schema_outputs(schema, entity, &first, &count);
    *plan = (struct tuple_plan){
        .entity = entity,
        .identity = &schema->project->identity,
        .catalog = catalog,
        .output = &schema->outputs[first],
    };
    arena_init(&plan->arena);
    losses_init(&plan->losses, entity->name);
    path_account_init(&plan->paths);
    bool ok = true;
    if (count != 1)
        ok = error_set(error, ERROR_USAGE,
                       "%s: /to: a table of a postgres source becomes one table", entity->file);
    plan->columns = arena_alloc(&plan->arena, plan->output->column_count, sizeof *plan->columns);
    plan->fields = arena_alloc(&plan->arena, catalog->column_count, sizeof *plan->fields);
    plan->key = arena_alloc(&plan->arena, catalog->key.count, sizeof *plan->key);
    plan->fates = arena_alloc(&plan->arena, catalog->column_count, sizeof *plan->fates);
    if (ok &&
        (plan->columns == NULL || plan->fields == NULL || plan->key == NULL || plan->fates == NULL))
        ok = error_memory(error);
    ok = ok && compile_fates(plan, error);
    struct errors errors = {0};
    for (size_t i = 0; ok && i < plan->output->column_count; i++)
        ok = compile_column(plan, &plan->output->columns[i], &plan->columns[plan->column_count++],
                            error) ||
             errors_add(&errors, error);
    ok = ok && errors_give(&errors, error);
    for (size_t k = 0; ok && k < catalog->key.count; k++)
        for (size_t c = 0; c < catalog->column_count; c++)
            if (strcmp(catalog->columns[c].name, catalog->key.items[k]) == 0)
                plan->key[plan->key_count++] = c;
    if (!ok)
        tuple_plan_release(plan);
    return ok;
}

void tuple_plan_release(struct tuple_plan *plan)
{
    losses_release(&plan->losses);
    path_account_release(&plan->paths);
    arena_release(&plan->arena);
    *plan = (struct tuple_plan){0};
}

static bool cut_off(const struct tuple_plan *plan, struct error *error)
{
    error_set(error, ERROR_SOURCE,
              "a row of %s is cut off, or has another number of fields than "
              "the catalog says",
              plan->entity->from);
    error_hint(error, EXTRACT_ANEW);
    return error_at(error, plan->entity->name, NULL, NULL);
}

static bool parse(struct tuple_plan *plan, const uint8_t **at, const uint8_t *end,
                  struct error *error)
{
    if (end - *at < 2 || get_be16(*at) != plan->catalog->column_count)
        return cut_off(plan, error);
    *at += 2;
    for (size_t i = 0; i < plan->catalog->column_count; i++) {
        if (end - *at < 4)
            return cut_off(plan, error);
        int32_t length = (int32_t)get_be32(*at);
        *at += 4;
        if (length < -1 || (length > 0 && end - *at < length))
            return cut_off(plan, error);
        plan->fields[i] = (struct field){*at, length};
        plan->fates[i].fate = plan->fates[i].least;
        *at += length > 0 ? length : 0;
    }
    return true;
}

static void settle(struct tuple_plan *plan, const struct tuple_column *column, enum fate fate)
{
    if (column->source >= 0 && plan->fates[column->source].fate < fate)
        plan->fates[column->source].fate = fate;
}

/* A text or number from whose UUID nobody gets back to it. */
static bool is_one_way_id(const struct tuple_plan *plan, const struct tuple_column *column,
                          const struct field *field)
{
    uint32_t oid = plan->catalog->columns[column->source].oid;
    return column->id_entity != NULL && field->length >= 0 &&
           (is_whole(oid) || (is_text(oid) && !identity_text_is_plain((const char *)field->bytes,
                                                                      (size_t)field->length)));
}

static bool convert(struct tuple_plan *plan, const struct tuple_column *column, struct buffer *out,
                    struct error *error)
{
    const struct field *field = column->source >= 0 ? &plan->fields[column->source] : NULL;
    bool replaced = field != NULL && field->length < 0 && column->constant != NULL &&
                    column->schema->not_null; /* a default is for a null that must not be one */
    if (field == NULL || replaced) {
        settle(plan, column, FATE_DEFAULTED);
        buffer_put(out, column->constant, column->constant_length);
        return true;
    }
    bool one_way = is_one_way_id(plan, column, field);
    settle(plan, column, one_way ? FATE_CHANGED : FATE_WRITTEN);
    if (one_way)
        path_account_number(&plan->paths, plan->fates[column->source].path, FATE_BY_ONE_WAY_ID, 1);
    if (field->length >= 0)
        return column->convert(plan, column, field, out, error);
    if (column->schema->not_null) {
        error_set(error, ERROR_DATA, "the column %s must not be null, and the source's is",
                  column->schema->name);
        error_hint(error, "correct the row in the source, or give the column a \"default\" or "
                          "\"null\": true in the mapping; then run again");
        return error_at(error, NULL, NULL, column->schema->name);
    }
    encode_null(out);
    return true;
}

bool tuple_convert(struct tuple_plan *plan, struct rows *rows, const uint8_t **at,
                   const uint8_t *end, struct error *error)
{
    struct row_list *list = &rows->lists[0];
    if (!parse(plan, at, end, error))
        return false;
    buffer_put_be16(&list->tuples, (uint16_t)plan->column_count);
    for (size_t i = 0; i < plan->column_count; i++) {
        size_t start = list->tuples.length;
        if (convert(plan, &plan->columns[i], &list->tuples, error))
            continue;
        char key[160];
        find_key(plan, key, sizeof key);
        error_at(error, plan->entity->name, key, NULL);
        if (!problems_take(plan->problems, plan->columns[i].schema->name, error))
            return false;
        list->tuples.length = start;
        encode_null(&list->tuples);
    }
    for (size_t c = 0; c < plan->catalog->column_count; c++)
        path_account_add(&plan->paths, plan->fates[c].path, plan->fates[c].fate);
    list->rows++;
    if (plan->problems != NULL) {
        char key[160];
        find_key(plan, key, sizeof key);
        rows_end_record(rows, plan->problems, key);
    }
    return buffer_ok(&list->tuples, error);
}

bool tuple_identify(struct tuple_plan *plan, const uint8_t **at, const uint8_t *end,
                    uint8_t uuid[16], bool *there, char *key, size_t size, struct error *error)
{
    const struct tuple_column *column = NULL;
    char name[160];
    for (size_t i = 0; i < plan->column_count; i++)
        if (plan->output->key_count == 1 && plan->output->key[0] == i &&
            plan->columns[i].id_entity != NULL &&
            strcmp(plan->columns[i].id_entity, plan->entity->name) == 0)
            column = &plan->columns[i];
    *there = false;
    if (column == NULL)
        return error_set(error, ERROR_USAGE, "%s: its key is no identity of %s", plan->entity->file,
                         plan->entity->name);
    if (!parse(plan, at, end, error))
        return false;
    const struct field *field = &plan->fields[column->source];
    *there = field->length >= 0;
    find_key(plan, name, sizeof name);
    snprintf(key, size, "%.*s", (int)size - 1, name);
    return !*there || find_identity(plan, column, field, uuid, error) ||
           error_at(error, plan->entity->name, name, NULL);
}
