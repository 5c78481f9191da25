#include "graduate/pgtype.h"
#include "graduate/words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One row per type: its SQL name, other names it goes by, its OID and its array's OID. */
static const struct {
    const char *name;
    const char *aliases[2];
    uint32_t oid, array_oid;
} types[PG_BASE_COUNT] = {
    [PG_BOOL] = {"boolean", {"bool"}, 16, 1000},
    [PG_INT2] = {"smallint", {"int2"}, 21, 1005},
    [PG_INT4] = {"integer", {"int", "int4"}, 23, 1007},
    [PG_INT8] = {"bigint", {"int8"}, 20, 1016},
    [PG_FLOAT4] = {"real", {"float4"}, 700, 1021},
    [PG_FLOAT8] = {"double precision", {"float8"}, 701, 1022},
    [PG_NUMERIC] = {"numeric", {"decimal"}, 1700, 1231},
    [PG_TEXT] = {"text", {0}, 25, 1009},
    [PG_VARCHAR] = {"varchar", {"character varying"}, 1043, 1015},
    [PG_CHAR] = {"char", {"character", "bpchar"}, 1042, 1014},
    [PG_BYTEA] = {"bytea", {0}, 17, 1001},
    [PG_UUID] = {"uuid", {0}, 2950, 2951},
    [PG_DATE] = {"date", {0}, 1082, 1182},
    [PG_TIME] = {"time", {"time without time zone"}, 1083, 1183},
    [PG_TIMESTAMP] = {"timestamp", {"timestamp without time zone"}, 1114, 1115},
    [PG_TIMESTAMPTZ] = {"timestamptz", {"timestamp with time zone"}, 1184, 1185},
    [PG_INTERVAL] = {"interval", {0}, 1186, 1187},
    [PG_JSON] = {"json", {0}, 114, 199},
    [PG_JSONB] = {"jsonb", {0}, 3802, 3807},
    [PG_INET] = {"inet", {0}, 869, 1041},
};

static bool find_base(const char *name, enum pgtype_base *base)
{
    for (size_t i = 0; i < PG_BASE_COUNT; i++) {
        bool hit = strcmp(types[i].name, name) == 0;
        for (size_t j = 0; j < 2 && !hit; j++)
            hit = types[i].aliases[j] != NULL && strcmp(types[i].aliases[j], name) == 0;
        if (hit) {
            *base = (enum pgtype_base)i;
            return true;
        }
    }
    return false;
}

/* The modifier between the parentheses, and what remains of the text without it. */
struct modifier {
    bool given;
    long first, second; /* second -1: not given */
};

static bool take_modifier(char *text, struct modifier *modifier)
{
    *modifier = (struct modifier){.second = -1};
    char *open = strchr(text, '('), *close = open != NULL ? strchr(open, ')') : NULL;
    if (open == NULL)
        return true;
    if (close == NULL)
        return false;
    char *end;
    modifier->given = true;
    modifier->first = strtol(open + 1, &end, 10);
    if (end == open + 1)
        return false;
    if (*end == ',') {
        char *second = end + 1;
        modifier->second = strtol(second, &end, 10);
        if (end == second || modifier->second < 0)
            return false;
    }
    if (end != close || modifier->first < 0 || modifier->first > 10485760)
        return false;
    memmove(open, close + 1, strlen(close + 1) + 1);
    return true;
}

static void trim(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
}

static bool wrong(const char *text, struct error *error)
{
    const char *names[PG_BASE_COUNT];
    char all[256] = "";
    for (size_t i = 0; i < PG_BASE_COUNT; i++) {
        size_t used = strlen(all);
        names[i] = types[i].name;
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    char base[64]; /* a size may follow, and [] */
    snprintf(base, sizeof base, "%.*s", (int)strcspn(text, "(["), text);
    const char *nearest = words_nearest(base, names, PG_BASE_COUNT);
    return error_set(error, ERROR_USAGE,
                     "there is no type \"%s\"%s%s%s; there are: %s, and arrays "
                     "of them, as text[]",
                     text, nearest != NULL ? "; did you mean \"" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "", all);
}

bool pgtype_parse(const char *text, struct pgtype *type, struct error *error)
{
    char plain[64];
    *type = (struct pgtype){0};
    if (strlen(text) >= sizeof plain)
        return wrong(text, error);
    for (size_t i = 0; i <= strlen(text); i++)
        plain[i] = (char)tolower((unsigned char)text[i]);
    size_t length = strlen(plain);
    if (length > 2 && strcmp(plain + length - 2, "[]") == 0) {
        type->array = true;
        plain[length - 2] = '\0';
    }
    struct modifier modifier;
    bool parsed = take_modifier(plain, &modifier);
    trim(plain);
    if (!parsed || !find_base(plain, &type->base))
        return wrong(text, error);
    type->name = types[type->base].name;
    bool sized = type->base == PG_VARCHAR || type->base == PG_CHAR;
    if (!modifier.given) {
        type->length = type->base == PG_CHAR ? 1 : 0;
        return true;
    }
    if (sized && modifier.first >= 1 && modifier.second < 0) {
        type->length = (int32_t)modifier.first;
        return true;
    }
    if (type->base == PG_NUMERIC && modifier.first >= 1 && modifier.first <= 1000 &&
        modifier.second <= modifier.first) {
        type->precision = (int32_t)modifier.first;
        type->scale = modifier.second < 0 ? 0 : (int32_t)modifier.second;
        return true;
    }
    return error_set(error, ERROR_USAGE, "\"%s\": the type %s cannot be %s like that", text,
                     type->name, sized || type->base == PG_NUMERIC ? "sized" : "given a size");
}

void pgtype_format(const struct pgtype *type, char *out, size_t size)
{
    const char *array = type->array ? "[]" : "";
    if (type->length > 0)
        snprintf(out, size, "%s(%d)%s", type->name, type->length, array);
    else if (type->precision > 0)
        snprintf(out, size, "%s(%d,%d)%s", type->name, type->precision, type->scale, array);
    else
        snprintf(out, size, "%s%s", type->name, array);
}

uint32_t pgtype_oid(const struct pgtype *type)
{
    return type->array ? types[type->base].array_oid : types[type->base].oid;
}

uint32_t pgtype_element_oid(const struct pgtype *type)
{
    return types[type->base].oid;
}

bool pgtype_of_oid(uint32_t oid, struct pgtype *type)
{
    for (size_t i = 0; i < PG_BASE_COUNT; i++) {
        *type = (struct pgtype){.name = types[i].name, .base = (enum pgtype_base)i};
        type->array = types[i].array_oid == oid;
        if (type->array || types[i].oid == oid)
            return true;
    }
    return false;
}
