#include "graduate/pgtype.h"
#include "graduate/words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may stand in parentheses behind a type's name. */
enum sizing {
    SIZE_NONE,
    SIZE_LENGTH,   /* varchar(50) */
    SIZE_SCALE,    /* numeric(10,2) */
    SIZE_SECONDS,  /* timestamp(3) */
    SIZE_INTERVAL, /* interval(3), interval day to second(3) */
};

/* One row per type: its SQL name, other names it goes by, its OID and its array's OID. */
static const struct row {
    const char *name;
    const char *aliases[2];
    uint32_t oid, array_oid;
    enum pgtype_base base;
    enum sizing sizing;
    const char *layout;
} types[] = {
    {"boolean", {"bool"}, 16, 1000, PG_BOOL, SIZE_NONE, NULL},
    {"smallint", {"int2"}, 21, 1005, PG_INT2, SIZE_NONE, NULL},
    {"integer", {"int", "int4"}, 23, 1007, PG_INT4, SIZE_NONE, NULL},
    {"bigint", {"int8"}, 20, 1016, PG_INT8, SIZE_NONE, NULL},
    {"real", {"float4"}, 700, 1021, PG_FLOAT4, SIZE_NONE, NULL},
    {"double precision", {"float8"}, 701, 1022, PG_FLOAT8, SIZE_NONE, NULL},
    {"numeric", {"decimal"}, 1700, 1231, PG_NUMERIC, SIZE_SCALE, NULL},
    {"text", {0}, 25, 1009, PG_TEXT, SIZE_NONE, NULL},
    {"varchar", {"character varying"}, 1043, 1015, PG_VARCHAR, SIZE_LENGTH, NULL},
    {"char", {"character", "bpchar"}, 1042, 1014, PG_CHAR, SIZE_LENGTH, NULL},
    {"bytea", {0}, 17, 1001, PG_BYTEA, SIZE_NONE, NULL},
    {"uuid", {0}, 2950, 2951, PG_UUID, SIZE_NONE, NULL},
    {"date", {0}, 1082, 1182, PG_DATE, SIZE_NONE, NULL},
    {"time", {"time without time zone"}, 1083, 1183, PG_TIME, SIZE_SECONDS, NULL},
    {"timestamp", {"timestamp without time zone"}, 1114, 1115, PG_TIMESTAMP, SIZE_SECONDS, NULL},
    {"timestamptz", {"timestamp with time zone"}, 1184, 1185, PG_TIMESTAMPTZ, SIZE_SECONDS, NULL},
    {"interval", {0}, 1186, 1187, PG_INTERVAL, SIZE_INTERVAL, NULL},
    {"json", {0}, 114, 199, PG_JSON, SIZE_NONE, NULL},
    {"jsonb", {0}, 3802, 3807, PG_JSONB, SIZE_NONE, NULL},
    {"inet", {0}, 869, 1041, PG_INET, SIZE_NONE, NULL},
    {"bit", {0}, 1560, 1561, PG_CARRIED, SIZE_LENGTH, "x"},
    {"varbit", {"bit varying"}, 1562, 1563, PG_CARRIED, SIZE_LENGTH, "x"},
    {"money", {0}, 790, 791, PG_CARRIED, SIZE_NONE, "x"},
    {"cidr", {0}, 650, 651, PG_CARRIED, SIZE_NONE, "x"},
    {"macaddr", {0}, 829, 1040, PG_CARRIED, SIZE_NONE, "x"},
    {"macaddr8", {0}, 774, 775, PG_CARRIED, SIZE_NONE, "x"},
    {"timetz", {"time with time zone"}, 1266, 1270, PG_CARRIED, SIZE_SECONDS, "x"},
    {"point", {0}, 600, 1017, PG_CARRIED, SIZE_NONE, "x"},
    {"line", {0}, 628, 629, PG_CARRIED, SIZE_NONE, "x"},
    {"lseg", {0}, 601, 1018, PG_CARRIED, SIZE_NONE, "x"},
    {"box", {0}, 603, 1020, PG_CARRIED, SIZE_NONE, "x"},
    {"path", {0}, 602, 1019, PG_CARRIED, SIZE_NONE, "x"},
    {"polygon", {0}, 604, 1027, PG_CARRIED, SIZE_NONE, "x"},
    {"circle", {0}, 718, 719, PG_CARRIED, SIZE_NONE, "x"},
    {"xml", {0}, 142, 143, PG_CARRIED, SIZE_NONE, "t"},
    {"tsvector", {0}, 3614, 3643, PG_CARRIED, SIZE_NONE, "x"},
    {"tsquery", {0}, 3615, 3645, PG_CARRIED, SIZE_NONE, "x"},
    {"jsonpath", {0}, 4072, 4073, PG_CARRIED, SIZE_NONE, "x"},
    {"int4range", {0}, 3904, 3905, PG_CARRIED, SIZE_NONE, "x"},
    {"int8range", {0}, 3926, 3927, PG_CARRIED, SIZE_NONE, "x"},
    {"numrange", {0}, 3906, 3907, PG_CARRIED, SIZE_NONE, "x"},
    {"tsrange", {0}, 3908, 3909, PG_CARRIED, SIZE_NONE, "x"},
    {"tstzrange", {0}, 3910, 3911, PG_CARRIED, SIZE_NONE, "x"},
    {"daterange", {0}, 3912, 3913, PG_CARRIED, SIZE_NONE, "x"},
    {"int4multirange", {0}, 4451, 6150, PG_CARRIED, SIZE_NONE, "x"},
    {"int8multirange", {0}, 4536, 6157, PG_CARRIED, SIZE_NONE, "x"},
    {"nummultirange", {0}, 4532, 6151, PG_CARRIED, SIZE_NONE, "x"},
    {"tsmultirange", {0}, 4533, 6152, PG_CARRIED, SIZE_NONE, "x"},
    {"tstzmultirange", {0}, 4534, 6153, PG_CARRIED, SIZE_NONE, "x"},
    {"datemultirange", {0}, 4535, 6155, PG_CARRIED, SIZE_NONE, "x"},
    {"name", {0}, 19, 1003, PG_CARRIED, SIZE_NONE, "t"},
    {"\"char\"", {0}, 18, 1002, PG_CARRIED, SIZE_NONE, "x"},
    {"oid", {0}, 26, 1028, PG_CARRIED, SIZE_NONE, "x"},
    {"xid", {0}, 28, 1011, PG_CARRIED, SIZE_NONE, "x"},
    {"xid8", {0}, 5069, 271, PG_CARRIED, SIZE_NONE, "x"},
    {"cid", {0}, 29, 1012, PG_CARRIED, SIZE_NONE, "x"},
    {"tid", {0}, 27, 1010, PG_CARRIED, SIZE_NONE, "x"},
    {"pg_lsn", {0}, 3220, 3221, PG_CARRIED, SIZE_NONE, "x"},
    {"pg_snapshot", {0}, 5038, 5039, PG_CARRIED, SIZE_NONE, "x"},
    {"txid_snapshot", {0}, 2970, 2949, PG_CARRIED, SIZE_NONE, "x"},
    {"int2vector", {0}, 22, 1006, PG_CARRIED, SIZE_NONE, "x"},
    {"oidvector", {0}, 30, 1013, PG_CARRIED, SIZE_NONE, "x"},
    {"refcursor", {0}, 1790, 2201, PG_CARRIED, SIZE_NONE, "t"},
};
enum { OID_BIT = 1560, TYPE_COUNT = sizeof types / sizeof types[0] };

/* What an interval can be held to, and whether it has digits of seconds then. */
static const struct fields {
    const char *name;
    bool seconds;
} intervals[] = {
    {"year", false},
    {"month", false},
    {"day", false},
    {"hour", false},
    {"minute", false},
    {"second", true},
    {"year to month", false},
    {"day to hour", false},
    {"day to minute", false},
    {"day to second", true},
    {"hour to minute", false},
    {"hour to second", true},
    {"minute to second", true},
};

static bool is_called(const struct row *row, const char *name)
{
    bool hit = strcmp(row->name, name) == 0;
    for (size_t j = 0; j < 2 && !hit; j++)
        hit = row->aliases[j] != NULL && strcmp(row->aliases[j], name) == 0;
    return hit;
}

static const struct row *find_name(const char *name)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (is_called(&types[i], name))
            return &types[i];
    return NULL;
}

/* The row of a type; NULL: it is none of PostgreSQL's own. */
static const struct row *row_of(const struct pgtype *type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (types[i].base == type->base &&
            (type->base != PG_CARRIED || types[i].oid == type->carried))
            return &types[i];
    return NULL;
}

static struct pgtype made_of(const struct row *row)
{
    return (struct pgtype){
        .name = row->name,
        .base = row->base,
        .carried = row->base == PG_CARRIED ? row->oid : 0,
        .layout = row->layout,
    };
}

/* The modifier between the parentheses, and what remains of the text without it. */
struct modifier {
    bool given, scaled;
    long first, second;
    const struct fields *of; /* the interval's that it stands behind */
};

static bool take_modifier(char *text, struct modifier *modifier)
{
    *modifier = (struct modifier){0};
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
        modifier->scaled = true;
        modifier->second = strtol(second, &end, 10);
        if (end == second)
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

/* The types that graduate writes are listed; there are too many of the others. */
static bool wrong(const char *text, struct error *error)
{
    const char *names[TYPE_COUNT];
    char all[256] = "";
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        size_t used = strlen(all);
        names[i] = types[i].name;
        if (types[i].base != PG_CARRIED)
            snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    char base[64]; /* a size may follow, and [] */
    snprintf(base, sizeof base, "%.*s", (int)strcspn(text, "(["), text);
    const char *nearest = words_nearest(base, names, TYPE_COUNT);
    return error_set(error, ERROR_USAGE,
                     "there is no type \"%s\"%s%s%s; there are: %s, and arrays "
                     "of them, as text[]; and for columns of a Postgres all others of PostgreSQL's "
                     "own",
                     text, nearest != NULL ? "; did you mean \"" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "", all);
}

/* "interval day to second": the fields are cut off. */
static void take_fields(char *text, const struct fields **fields)
{
    static const char head[] = "interval ";
    if (strncmp(text, head, sizeof head - 1) != 0)
        return;
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++)
        if (strcmp(text + sizeof head - 1, intervals[i].name) == 0) {
            *fields = &intervals[i];
            text[sizeof head - 2] = '\0';
            return;
        }
}

static bool take_length(const struct modifier *modifier, struct pgtype *type)
{
    type->length = (int32_t)modifier->first;
    return modifier->first >= 1 && !modifier->scaled;
}

static bool take_scale(const struct modifier *modifier, struct pgtype *type)
{
    type->precision = (int32_t)modifier->first;
    type->scale = (int32_t)modifier->second;
    return modifier->first >= 1 && modifier->first <= 1000 && modifier->second >= -1000 &&
           modifier->second <= 1000;
}

static bool take_seconds(const struct modifier *modifier, struct pgtype *type)
{
    type->seconds = (int32_t)modifier->first + 1;
    return modifier->first <= 6 && !modifier->scaled;
}

/* Where seconds are no field of it, it has no digits of them. */
static bool take_interval(const struct modifier *modifier, struct pgtype *type)
{
    return take_seconds(modifier, type) && (modifier->of == NULL || modifier->of->seconds);
}

static const struct {
    bool (*take)(const struct modifier *modifier, struct pgtype *type);
    const char *otherwise; /* the type cannot be ... like that */
} sizings[] = {
    [SIZE_NONE] = {NULL, "given a size"},
    [SIZE_LENGTH] = {take_length, "sized"},
    [SIZE_SCALE] = {take_scale, "sized"},
    [SIZE_SECONDS] = {take_seconds, "given a size"},
    [SIZE_INTERVAL] = {take_interval, "given a size"},
};

bool pgtype_parse(const char *text, struct pgtype *type, struct error *error)
{
    char plain[64];
    *type = (struct pgtype){0};
    if (strlen(text) >= sizeof plain)
        return wrong(text, error);
    for (size_t i = 0; i <= strlen(text); i++)
        plain[i] = (char)tolower((unsigned char)text[i]);
    size_t length = strlen(plain);
    bool array = length > 2 && strcmp(plain + length - 2, "[]") == 0;
    if (array)
        plain[length - 2] = '\0';
    struct modifier modifier;
    bool parsed = take_modifier(plain, &modifier);
    trim(plain);
    take_fields(plain, &modifier.of);
    const struct row *row = parsed ? find_name(plain) : NULL;
    if (row == NULL)
        return wrong(text, error);
    *type = made_of(row);
    type->array = array;
    type->fields = modifier.of != NULL ? modifier.of->name : NULL;
    if (!modifier.given) {
        /* char and bit are one character, one bit; but bpchar is of any length. */
        bool one = row->base == PG_CHAR ? strcmp(plain, "bpchar") != 0 : row->oid == OID_BIT;
        type->length = one ? 1 : 0;
        return true;
    }
    if (sizings[row->sizing].take != NULL && sizings[row->sizing].take(&modifier, type))
        return true;
    return error_set(error, ERROR_USAGE, "\"%s\": the type %s cannot be %s like that", text,
                     type->name, sizings[row->sizing].otherwise);
}

bool pgtype_of_column(const char *text, uint32_t oid, const char *layout, struct pgtype *type)
{
    struct error unknown;
    if (pgtype_parse(text, type, &unknown))
        return true;
    if (!pgtype_of_oid(oid, type)) {
        size_t length = strlen(text);
        if (layout == NULL)
            return false;
        *type = (struct pgtype){
            .name = text,
            .base = PG_CARRIED,
            .array = length > 2 && strcmp(text + length - 2, "[]") == 0,
            .layout = layout,
        };
    }
    type->named = text;
    return true;
}

void pgtype_format(const struct pgtype *type, char *out, size_t size)
{
    const char *array = type->array ? "[]" : "";
    const char *blank = type->fields != NULL ? " " : "";
    const char *fields = type->fields != NULL ? type->fields : "";
    if (type->named != NULL)
        snprintf(out, size, "%s", type->named);
    else if (type->length > 0)
        snprintf(out, size, "%s(%d)%s", type->name, type->length, array);
    else if (type->precision > 0)
        snprintf(out, size, "%s(%d,%d)%s", type->name, type->precision, type->scale, array);
    else if (type->seconds > 0)
        snprintf(out, size, "%s%s%s(%d)%s", type->name, blank, fields, type->seconds - 1, array);
    else
        snprintf(out, size, "%s%s%s%s", type->base == PG_CHAR ? "bpchar" : type->name, blank,
                 fields, array);
}

bool pgtype_same(const struct pgtype *left, const struct pgtype *right)
{
    char one[PGTYPE_SIZE], other[PGTYPE_SIZE];
    pgtype_format(left, one, sizeof one);
    pgtype_format(right, other, sizeof other);
    return strcmp(one, other) == 0;
}

uint32_t pgtype_oid(const struct pgtype *type)
{
    const struct row *row = row_of(type);
    return row == NULL ? 0 : type->array ? row->array_oid : row->oid;
}

uint32_t pgtype_element_oid(const struct pgtype *type)
{
    const struct row *row = row_of(type);
    return row == NULL ? 0 : row->oid;
}

bool pgtype_of_oid(uint32_t oid, struct pgtype *type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].array_oid != oid && types[i].oid != oid)
            continue;
        *type = made_of(&types[i]);
        type->array = types[i].array_oid == oid;
        return true;
    }
    return false;
}
