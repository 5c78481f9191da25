/* Rows of a Postgres source as documents, where somebody asks for values and not only for fields.
 */
#include "canonical.h"
#include "expect_row.h"
#include "graduate/json_bson.h"
#include "graduate/path.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- whose value is asked for ------------------------------------------------------------------
 */

/* Does the path begin with that name; and does it go on behind it? */
static bool leads_to(const char *path, const char *name, bool *inside)
{
    struct path_step step;
    if (strcmp(path, ".") == 0 || !path_next(&path, &step) || !path_step_is(&step, name))
        return false;
    *inside = *path != '\0';
    return true;
}

/* Is it a value that is made, and not a field that is carried over, which wants the column? In an
 * element a path is of the element, unless it looks out. */
static bool value_asks(const struct mapping_value *value, bool in_element, const char *name)
{
    const char *path = value->from;
    bool inside, found = false;
    if (value->kind == VALUE_FROM) {
        bool outside = path_ups(&path) > 0 || !in_element;
        found = outside && (leads_to(path, name, &inside) || strcmp(path, ".") == 0);
    }
    for (size_t i = 0; i < value->member_count && !found; i++)
        found = value_asks(&value->members[i].value, in_element, name);
    return found;
}

static bool is_made_of(const struct expectation *e, const char *name)
{
    for (size_t f = 0; f < e->form_count; f++)
        for (size_t i = 0; i < e->forms[f].column_count; i++)
            if (e->forms[f].carried[i].source < 0 &&
                value_asks(&e->forms[f].columns[i].value, e->forms[f].scope != &e->scopes[0], name))
                return true;
    return false;
}

/* Does a value of any mapping look up this entity's rows by that column? */
static bool is_looked_up_by(const struct expectation *e, const struct mapping_value *value,
                            const char *name)
{
    bool inside, found = value->by != NULL && value->id_of == e->entity &&
                         leads_to(value->by, name, &inside);
    for (size_t i = 0; i < value->member_count && !found; i++)
        found = is_looked_up_by(e, &value->members[i].value, name);
    return found;
}

static bool others_ask(const struct expectation *e, const char *name)
{
    for (size_t m = 0; m < e->project->mapping_count; m++) {
        const struct mapping *mapping = e->project->mappings[m];
        for (size_t t = 0; t < mapping->table_count; t++)
            for (size_t c = 0; c < mapping->tables[t].column_count; c++)
                if (is_looked_up_by(e, &mapping->tables[t].columns[c].value, name))
                    return true;
    }
    return false;
}

/* What the mapping says of a column of the source. */
struct speaking {
    bool any;   /* there is a word for it */
    bool value; /* and it is about what the value is */
};

static struct speaking speaking_of(const struct expectation *e, const char *name, bool *keeps_rest)
{
    const struct scope *record = &e->scopes[0];
    struct speaking found = {0};
    for (size_t i = 0; i < record->count; i++) {
        const struct claim *claim = &record->claims[i];
        bool inside = false, itself = strcmp(claim->path, ".") == 0;
        if (!itself && !leads_to(claim->path, name, &inside))
            continue;
        found.any = found.any || !itself || claim->kind == CLAIM_WHOLE;
        found.value =
            found.value || itself || inside || claim->tested || claim->entered || claim->rest > 0;
    }
    for (size_t i = 0; i < record->rest_count; i++)
        *keeps_rest = *keeps_rest || record->rests[i].path[0] == '\0';
    found.value = found.value || is_made_of(e, name) || others_ask(e, name) ||
                  expect_facts_name(e->project, e->entity, name);
    return found;
}

bool tuples_claim_computed(struct expectation *e, struct error *error)
{
    struct scope *record = &e->scopes[0];
    size_t most = 0;
    for (size_t i = 0; i < e->catalog->column_count; i++)
        most += e->catalog->columns[i].made_of.count;
    e->computed = arena_alloc(&e->arena, most, sizeof *e->computed);
    if (e->computed == NULL)
        return error_memory(error);
    for (size_t i = 0; i < e->catalog->column_count; i++) {
        const struct catalog_column *column = &e->catalog->columns[i];
        const char *field = path_of_name(column->name, &e->arena);
        if (field == NULL)
            return error_memory(error);
        if (column->computed == NULL || scope_find_claim(record, field) == NULL)
            continue;
        for (size_t k = 0; k < column->made_of.count; k++) {
            const char *needed = path_of_name(column->made_of.items[k], &e->arena);
            if (needed == NULL)
                return error_memory(error);
            if (!scope_claim(record, needed, CLAIM_WHOLE, error))
                return false;
            e->computed[e->computed_count++] = (struct computed_of){field, needed};
        }
    }
    return true;
}

void tuples_settle_computed(struct expectation *e)
{
    struct scope *record = &e->scopes[0];
    for (size_t i = 0; i < e->computed_count; i++) {
        const char *needed = e->computed[i].needed;
        enum fate fate = scope_find_claim(record, e->computed[i].field)->fate;
        enum fate was = scope_find_claim(record, needed)->fate;
        fate = fate == FATE_WRITTEN ? FATE_CHANGED : fate;
        scope_settle(record, needed, fate);
        if (fate == FATE_CHANGED && was < FATE_CHANGED)
            scope_number(record, &e->counts, needed, FATE_BY_SQL, 1);
    }
}

bool tuples_look(struct expectation *e, struct error *error)
{
    for (size_t i = 0; i < e->catalog->column_count; i++) {
        const struct catalog_column *column = &e->catalog->columns[i];
        bool keeps_rest = false;
        const struct speaking spoken = speaking_of(e, column->name, &keeps_rest);
        struct pgtype type;
        e->valued[i] = !spoken.any || spoken.value;
        if (!spoken.any && !keeps_rest)
            return expect_wrong(e, e->entity->tables, column->name,
                                "the mapping says nothing of the source's column", error);
        if (e->valued[i] &&
            (!tuples_type(column, &type) || type.base == PG_INTERVAL || type.base == PG_INET ||
             (type.base == PG_CARRIED && strcmp(type.name, "name") != 0)))
            return expect_wrong(e, e->entity->tables, column->name,
                                "values of the source's type cannot be asked for", error);
    }
    return true;
}

/* ---- the document ------------------------------------------------------------------------------
 */

struct adding {
    bson_t *to;
    const char *name;
    struct error *error;
};

static bool added(const struct adding *a, bool done)
{
    return done || error_set(a->error, ERROR_DATA, "the row is too large for a document");
}

static bool add_json(const struct adding *a, const struct pgtype *type,
                     const struct tuple_field *field)
{
    int32_t head = type->base == PG_JSONB;
    if (field->length < head)
        return error_set(a->error, ERROR_SOURCE, "a field of no bytes is no jsonb");
    if (json_bson_append(a->to, a->name, (const char *)field->bytes + head,
                         (size_t)(field->length - head), a->error))
        return true;
    a->error->code = ERROR_DATA;
    return false;
}

/* The double that a real's shortest text reads as. */
static double widen(float real)
{
    double number = (double)real;
    for (int digits = FLT_DIG; isfinite(real) && digits <= FLT_DECIMAL_DIG; digits++) {
        char text[32];
        snprintf(text, sizeof text, "%.*e", digits - 1, (double)real);
        number = strtod(text, NULL);
        if ((float)number == real)
            break;
    }
    return number;
}

static bool add_float(const struct adding *a, const struct tuple_field *field)
{
    double number;
    if (field->length == 8) {
        uint64_t bits = get_be64(field->bytes);
        memcpy(&number, &bits, sizeof number);
    } else if (field->length == 4) {
        uint32_t bits = get_be32(field->bytes);
        float real;
        memcpy(&real, &bits, sizeof real);
        number = widen(real);
    } else {
        return error_set(a->error, ERROR_SOURCE, "a float of %d bytes", field->length);
    }
    return added(a, bson_append_double(a->to, a->name, -1, number));
}

static bool add_decimal(const struct adding *a, const char *text)
{
    bson_decimal128_t decimal;
    char again[BSON_DECIMAL128_STRING];
    bool held = bson_decimal128_from_string(text, &decimal);
    if (held)
        bson_decimal128_to_string(&decimal, again);
    if (!held || (strpbrk(text, "Nn") == NULL && !item_same_number(text, again)))
        return error_set(a->error, ERROR_DATA, "a number of more than 34 digits");
    return added(a, bson_append_decimal128(a->to, a->name, -1, &decimal));
}

/* As ISO 8601 writes what PostgreSQL prints: a T between day and time, Z for UTC. */
static void make_iso(struct buffer *text, const struct pgtype *type)
{
    char *at = (char *)text->data, *zone;
    bool moment = type->base == PG_TIMESTAMP || type->base == PG_TIMESTAMPTZ;
    char *blank = moment && at != NULL ? strchr(buffer_text(text), ' ') : NULL;
    if (blank == NULL)
        return;
    *blank = 'T';
    zone = type->base == PG_TIMESTAMPTZ ? strstr(blank, "+00") : NULL;
    if (zone == NULL)
        return;
    *zone = 'Z';
    memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    text->length -= 2;
}

static bool add_printed(const struct adding *a, const struct pgtype *type,
                        const struct tuple_field *field)
{
    struct buffer text;
    buffer_init(&text);
    bool ok = tuples_print(type, field, &text, a->error);
    buffer_putc(&text, '\0'); /* so that it can be written in */
    if (ok && buffer_ok(&text, a->error)) {
        text.length--;
        make_iso(&text, type);
        ok = type->base == PG_NUMERIC
                 ? add_decimal(a, buffer_text(&text))
                 : added(a, bson_append_utf8(a->to, a->name, -1, buffer_text(&text),
                                             (int)text.length));
    } else {
        a->error->code = ERROR_SOURCE;
        ok = false;
    }
    buffer_release(&text);
    return ok;
}

static bool add_scalar(const struct adding *a, const struct pgtype *type,
                       const struct tuple_field *field)
{
    const struct carried carried = {0, *type};
    struct item item = tuples_id(&carried, field);
    const char *text;
    size_t length;
    switch ((int)type->base) {
    case PG_JSON:
    case PG_JSONB:
        return add_json(a, type, field);
    case PG_FLOAT4:
    case PG_FLOAT8:
        return add_float(a, field);
    case PG_BOOL:
        return field->length == 1
                   ? added(a, bson_append_bool(a->to, a->name, -1, field->bytes[0]))
                   : error_set(a->error, ERROR_SOURCE, "a boolean of %d bytes", field->length);
    case PG_INT2:
    case PG_INT4:
        if (item.value.value_type != BSON_TYPE_INT64)
            return error_set(a->error, ERROR_SOURCE, "an integer of %d bytes", field->length);
        return added(a, bson_append_int32(a->to, a->name, -1, (int32_t)item.value.value.v_int64));
    case PG_BYTEA:
        return added(a, bson_append_binary(a->to, a->name, -1, BSON_SUBTYPE_BINARY, field->bytes,
                                           (uint32_t)field->length));
    default:
        break;
    }
    if (item_text(&item, &text, &length)) {
        while (type->base == PG_CHAR && length > 0 && text[length - 1] == ' ')
            length--;
        return added(a, bson_append_utf8(a->to, a->name, -1, text, (int)length));
    }
    if (item.value.value_type != BSON_TYPE_EOD)
        return added(a, bson_append_value(a->to, a->name, -1, &item.value));
    return add_printed(a, type, field);
}

static bool add_array(const struct adding *a, const struct pgtype *type,
                      const struct tuple_field *field)
{
    struct pgtype element = *type;
    const uint8_t *at = field->bytes, *end = at + field->length;
    bson_t array;
    element.array = false;
    if (field->length < 12 || (get_be32(at) > 0 && field->length < 20))
        return error_set(a->error, ERROR_SOURCE, "an array of %d bytes", field->length);
    if (get_be32(at) > 1)
        return error_set(a->error, ERROR_DATA, "an array of several dimensions");
    uint32_t count = get_be32(at) == 1 ? get_be32(at + 12) : 0;
    at += count > 0 ? 20 : 12;
    if (!added(a, bson_append_array_begin(a->to, a->name, -1, &array)))
        return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < count; i++) {
        char digits[16];
        struct adding inner = {&array, NULL, a->error};
        bson_uint32_to_string(i, &inner.name, digits, sizeof digits);
        struct tuple_field item = {at + 4, end - at >= 4 ? (int32_t)get_be32(at) : INT32_MIN};
        ok = item.length >= -1 && (item.length <= 0 || end - at - 4 >= item.length);
        if (!ok)
            error_set(a->error, ERROR_SOURCE, "an array that is cut off");
        ok = ok && (item.length < 0 ? added(a, bson_append_null(&array, inner.name, -1))
                                    : add_scalar(&inner, &element, &item));
        at += 4 + (ok && item.length > 0 ? item.length : 0);
    }
    return added(a, bson_append_array_end(a->to, &array)) && ok;
}

bool tuples_document(struct expectation *e, bson_t *document, struct error *error)
{
    bson_reinit(document);
    for (size_t i = 0; i < e->catalog->column_count; i++) {
        const struct catalog_column *column = &e->catalog->columns[i];
        const struct tuple_field *field = &e->fields[i];
        const struct adding a = {document, column->name, error};
        struct pgtype type;
        if (!e->valued[i] || field->length < 0 || !tuples_type(column, &type)) {
            if (!added(&a, bson_append_null(document, column->name, -1)))
                return false;
            continue;
        }
        if (!(type.array ? add_array(&a, &type, field) : add_scalar(&a, &type, field)))
            return error_at(error, NULL, NULL, column->name);
    }
    return true;
}

/* ---- all tuples -------------------------------------------------------------------------------
 */

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
        e->fields[i] = (struct tuple_field){*at, length};
        *at += length > 0 ? length : 0;
    }
    return true;
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
            if (strcmp(column->name, e->catalog->key.items[k]) != 0 || !tuples_type(column, &type))
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

static bool unlike_catalog(const struct expectation *e, struct error *error)
{
    error_set(error, ERROR_SOURCE, "a row of %s is not what its catalog says", e->entity->from);
    return error_at(error, e->entity->name, NULL, NULL);
}

static void name_document(const struct expectation *e, struct item *record)
{
    const uint8_t *data = bson_get_data(e->document);
    *record = (struct item){.value = {.value_type = BSON_TYPE_DOCUMENT}, .dates = &e->dates};
    memcpy(&record->value.value.v_doc.data, &data, sizeof data); /* it is only read */
    record->value.value.v_doc.data_len = e->document->len;
}

bool tuples_take(struct expectation *e, const uint8_t *tuple, size_t length, struct item *record,
                 struct error *error)
{
    const uint8_t *end = tuple + length;
    if (!read_fields(e, &tuple, end) || tuple != end)
        return unlike_catalog(e, error);
    bool ok = tuples_document(e, e->document, error);
    name_document(e, record);
    return ok;
}

bool tuples_each(struct expectation *e, const uint8_t *payload, size_t length, record_visit visit,
                 void *context, struct error *error)
{
    const uint8_t *end = payload + length;
    bson_t document = BSON_INITIALIZER;
    bool ok = true;
    e->document = &document;
    while (ok && payload < end) {
        struct item record;
        e->given = payload;
        if (!read_fields(e, &payload, end)) {
            ok = unlike_catalog(e, error);
            break;
        }
        e->given_length = (size_t)(payload - e->given);
        ok = tuples_document(e, &document, error);
        name_document(e, &record);
        ok = (ok && visit(e, &record, context, error)) || name_tuple(e, error);
        arena_release(&e->texts);
    }
    e->document = NULL;
    bson_destroy(&document);
    return ok;
}
