#include "allowed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_one_form(const struct pgtype *type)
{
    static const bool one_form[PG_BASE_COUNT] = {
        [PG_BOOL] = true, [PG_INT2] = true,    [PG_INT4] = true, [PG_INT8] = true,
        [PG_TEXT] = true, [PG_VARCHAR] = true, [PG_UUID] = true, [PG_DATE] = true,
    };
    return one_form[type->base];
}

bool allowed_compile(struct allowed *allowed, struct arena *arena, const char *table,
                     const char *column, const struct encoding *encoding, const cJSON *list,
                     struct error *error)
{
    struct buffer fields;
    const cJSON *item;
    const struct account_rule *account =
        encoding->id_entity == NULL ? account_rule_find(table, column, &encoding->type) : NULL;
    *allowed = (struct allowed){.list = list, .account = account, .asks = account != NULL};
    if (list == NULL || !encode_supported(&encoding->type))
        return true;
    if (encoding->type.array || encoding->type.base == PG_JSON || encoding->type.base == PG_JSONB)
        return error_set(error, ERROR_DATA,
                         "values of arrays and of JSON cannot be told one by one");
    buffer_init(&fields);
    bool ok = true;
    cJSON_ArrayForEach(item, list)
    {
        struct value value;
        ok = ok && (value_from_json(arena, item, &value) || error_memory(error)) &&
             encode_field(encoding, &value, &fields, error);
    }
    uint8_t *copy = ok && buffer_ok(&fields, error) ? arena_alloc(arena, fields.length, 1) : NULL;
    if (copy != NULL && has_one_form(&encoding->type)) {
        memcpy(copy, fields.data, fields.length);
        allowed->fields = copy;
        allowed->length = fields.length;
        allowed->asks = true;
    }
    buffer_release(&fields);
    return copy != NULL || (ok && error_memory(error));
}

static size_t size_of(const uint8_t *field)
{
    uint32_t length = get_be32(field);
    return length == UINT32_MAX ? 4 : 4 + (size_t)length;
}

static bool refuse(const struct allowed *allowed, const struct value *value, struct error *error)
{
    char what[120];
    struct buffer list;
    const char *between = "";
    const cJSON *item;
    buffer_init(&list);
    cJSON_ArrayForEach(item, allowed->list)
    {
        char *text = cJSON_PrintUnformatted(item);
        buffer_printf(&list, "%s%s", between, text != NULL ? text : "?");
        cJSON_free(text);
        between = ", ";
    }
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s is none of %s", what, buffer_text(&list));
    buffer_release(&list);
    return error_hint(error,
                      "correct the record in the source, or allow the value in \"in\" of the "
                      "mapping; then run again");
}

bool allowed_check(const struct allowed *allowed, const uint8_t *field, const struct value *value,
                   struct error *error)
{
    if (get_be32(field) == UINT32_MAX)
        return true;
    size_t size = size_of(field);
    if (allowed->account != NULL &&
        !account_rule_check(allowed->account, field + 4, size - 4, value, error))
        return false;
    if (allowed->fields == NULL)
        return true;
    for (size_t at = 0; at < allowed->length; at += size_of(allowed->fields + at))
        if (size_of(allowed->fields + at) == size && memcmp(allowed->fields + at, field, size) == 0)
            return true;
    return refuse(allowed, value, error);
}
