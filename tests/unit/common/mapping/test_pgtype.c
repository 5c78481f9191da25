/* The types that graduate writes: every name, alias, size and array, and what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/pgtype.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* OIDs as pg_type.dat of PostgreSQL has them. */
static const struct {
    const char *text;
    enum pgtype_base base;
    const char *formatted;
    uint32_t oid, array_oid;
} types[] = {
    {"boolean", PG_BOOL, "boolean", 16, 1000},
    {"bool", PG_BOOL, "boolean", 16, 1000},
    {"smallint", PG_INT2, "smallint", 21, 1005},
    {"int2", PG_INT2, "smallint", 21, 1005},
    {"integer", PG_INT4, "integer", 23, 1007},
    {"int", PG_INT4, "integer", 23, 1007},
    {"int4", PG_INT4, "integer", 23, 1007},
    {"bigint", PG_INT8, "bigint", 20, 1016},
    {"int8", PG_INT8, "bigint", 20, 1016},
    {"real", PG_FLOAT4, "real", 700, 1021},
    {"float4", PG_FLOAT4, "real", 700, 1021},
    {"double precision", PG_FLOAT8, "double precision", 701, 1022},
    {"float8", PG_FLOAT8, "double precision", 701, 1022},
    {"numeric", PG_NUMERIC, "numeric", 1700, 1231},
    {"decimal", PG_NUMERIC, "numeric", 1700, 1231},
    {"numeric(10,2)", PG_NUMERIC, "numeric(10,2)", 1700, 1231},
    {"decimal(10, 2)", PG_NUMERIC, "numeric(10,2)", 1700, 1231},
    {"numeric(5)", PG_NUMERIC, "numeric(5,0)", 1700, 1231},
    {"numeric(1000,1000)", PG_NUMERIC, "numeric(1000,1000)", 1700, 1231},
    {"text", PG_TEXT, "text", 25, 1009},
    {"varchar", PG_VARCHAR, "varchar", 1043, 1015},
    {"varchar(50)", PG_VARCHAR, "varchar(50)", 1043, 1015},
    {"character varying(50)", PG_VARCHAR, "varchar(50)", 1043, 1015},
    {"character varying (50)", PG_VARCHAR, "varchar(50)", 1043, 1015},
    {"varchar(10485760)", PG_VARCHAR, "varchar(10485760)", 1043, 1015},
    {"char(3)", PG_CHAR, "char(3)", 1042, 1014},
    {"character(3)", PG_CHAR, "char(3)", 1042, 1014},
    {"char", PG_CHAR, "char(1)", 1042, 1014},
    {"bytea", PG_BYTEA, "bytea", 17, 1001},
    {"uuid", PG_UUID, "uuid", 2950, 2951},
    {"date", PG_DATE, "date", 1082, 1182},
    {"time", PG_TIME, "time", 1083, 1183},
    {"time without time zone", PG_TIME, "time", 1083, 1183},
    {"timestamp", PG_TIMESTAMP, "timestamp", 1114, 1115},
    {"timestamp without time zone", PG_TIMESTAMP, "timestamp", 1114, 1115},
    {"timestamptz", PG_TIMESTAMPTZ, "timestamptz", 1184, 1185},
    {"timestamp with time zone", PG_TIMESTAMPTZ, "timestamptz", 1184, 1185},
    {"interval", PG_INTERVAL, "interval", 1186, 1187},
    {"json", PG_JSON, "json", 114, 199},
    {"jsonb", PG_JSONB, "jsonb", 3802, 3807},
    {"inet", PG_INET, "inet", 869, 1041},
    {"TimestampTZ", PG_TIMESTAMPTZ, "timestamptz", 1184, 1185},
    /* with what may stand in parentheses, or behind, as format_type prints it */
    {"bpchar", PG_CHAR, "bpchar", 1042, 1014},
    {"numeric(10,-2)", PG_NUMERIC, "numeric(10,-2)", 1700, 1231},
    {"numeric(2,3)", PG_NUMERIC, "numeric(2,3)", 1700, 1231},
    {"timestamptz(3)", PG_TIMESTAMPTZ, "timestamptz(3)", 1184, 1185},
    {"timestamp(3) without time zone", PG_TIMESTAMP, "timestamp(3)", 1114, 1115},
    {"timestamp(0) with time zone", PG_TIMESTAMPTZ, "timestamptz(0)", 1184, 1185},
    {"time(6) without time zone", PG_TIME, "time(6)", 1083, 1183},
    {"interval(3)", PG_INTERVAL, "interval(3)", 1186, 1187},
    {"interval year to month", PG_INTERVAL, "interval year to month", 1186, 1187},
    {"interval day to second(2)", PG_INTERVAL, "interval day to second(2)", 1186, 1187},
    /* of a Postgres alone */
    {"bit(4)", PG_CARRIED, "bit(4)", 1560, 1561},
    {"bit", PG_CARRIED, "bit(1)", 1560, 1561},
    {"bit varying", PG_CARRIED, "varbit", 1562, 1563},
    {"bit varying(8)", PG_CARRIED, "varbit(8)", 1562, 1563},
    {"time(3) with time zone", PG_CARRIED, "timetz(3)", 1266, 1270},
    {"money", PG_CARRIED, "money", 790, 791},
    {"\"char\"", PG_CARRIED, "\"char\"", 18, 1002},
    {"name", PG_CARRIED, "name", 19, 1003},
    {"cidr", PG_CARRIED, "cidr", 650, 651},
    {"tsvector", PG_CARRIED, "tsvector", 3614, 3643},
    {"int4range", PG_CARRIED, "int4range", 3904, 3905},
    {"nummultirange", PG_CARRIED, "nummultirange", 4532, 6151},
    {"xid8", PG_CARRIED, "xid8", 5069, 271},
};

static void every_name_alone_and_as_an_array(void **state)
{
    (void)state;
    bool seen[PG_BASE_COUNT] = {false};
    for (size_t i = 0; i < 2 * COUNT(types); i++) {
        bool array = i >= COUNT(types);
        size_t t = i % COUNT(types);
        char text[64], expected[64], formatted[64];
        snprintf(text, sizeof text, "%s%s", types[t].text, array ? "[]" : "");
        snprintf(expected, sizeof expected, "%s%s", types[t].formatted, array ? "[]" : "");
        struct pgtype type;
        struct error error;
        if (!pgtype_parse(text, &type, &error))
            fail_msg("%s: %s", text, error.message);
        assert_int_equal(type.base, types[t].base);
        assert_int_equal(type.array, array);
        assert_int_equal(pgtype_oid(&type), array ? types[t].array_oid : types[t].oid);
        assert_int_equal(pgtype_element_oid(&type), types[t].oid);
        pgtype_format(&type, formatted, sizeof formatted);
        assert_string_equal(formatted, expected);
        assert_non_null(type.name);
        seen[type.base] = true;
        struct pgtype again; /* what is written can be read */
        assert_true(pgtype_parse(formatted, &again, &error));
        assert_int_equal(again.length, type.length);
        assert_int_equal(again.precision, type.precision);
        assert_int_equal(again.scale, type.scale);
        assert_int_equal(again.seconds, type.seconds);
        assert_ptr_equal(again.fields, type.fields);
        assert_int_equal(again.carried, type.carried);
        assert_true(pgtype_same(&type, &again));
    }
    for (size_t i = 0; i < PG_BASE_COUNT; i++)
        assert_true(seen[i]);
}

static void what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "there is no type \"\""},
        {"txet", "there is no type \"txet\"; did you mean \"text\"?; there are: boolean, "},
        {"timestampzt", "there is no type \"timestampzt\"; did you mean \"timestamptz\"?"},
        {"regclass", "there is no type \"regclass\"; there are: boolean, smallint, "},
        {"money(2)", "the type money cannot be given a size like that"},
        {"interval day to year", "there is no type"},
        {"interval year(2)", "the type interval cannot be given a size like that"},
        {"timestamp(7)", "the type timestamp cannot be given a size like that"},
        {"timestamp(3,1)", "the type timestamp cannot be given a size like that"},
        {"bit(0)", "the type bit cannot be sized like that"},
        {"text[][]", "there is no type \"text[][]\""},
        {"text[3]", "there is no type"},
        {"[]", "there is no type"},
        {"public.text", "there is no type"},
        {" text", "there is no type"},
        {"numeric(", "there is no type"},
        {"numeric()", "there is no type"},
        {"numeric(a)", "there is no type"},
        {"numeric(10;2)", "there is no type"},
        {"numeric(10,)", "there is no type"},
        {"numeric(10,2,3)", "there is no type"},
        {"numeric(10,2)2", "there is no type"},
        {"numeric(10,-1001)", "the type numeric cannot be sized like that"},
        {"numeric(99999999999999999999)", "there is no type"},
        {"varchar(-1)", "there is no type"},
        {"varchar(10485761)", "there is no type"},
        {"numeric(0)", "\"numeric(0)\": the type numeric cannot be sized like that"},
        {"numeric(1001)", "the type numeric cannot be sized like that"},
        {"numeric(2,99999999999999999999)", "the type numeric cannot be sized like that"},
        {"varchar(0)", "the type varchar cannot be sized like that"},
        {"varchar(5,2)", "the type varchar cannot be sized like that"},
        {"varchar(5,-1)", "the type varchar cannot be sized like that"},
        {"text(5)", "\"text(5)\": the type text cannot be given a size like that"},
        {"a very long name that cannot be a type of anything, whatever comes, text",
         "there is no type"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pgtype type;
        struct error error;
        if (pgtype_parse(cases[i].text, &type, &error))
            fail_msg("\"%s\" was taken", cases[i].text);
        assert_int_equal(error.code, ERROR_USAGE);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message, cases[i].message);
    }
}

/* A column of a type that is none of PostgreSQL's own: what form its values have, and its name. */
static void a_type_of_the_database_itself(void **state)
{
    (void)state;
    struct pgtype type, other;
    char text[PGTYPE_SIZE];
    assert_true(pgtype_of_column("public.mood", 25, NULL, &type)); /* an enum: its labels */
    assert_int_equal(type.base, PG_TEXT);
    assert_string_equal(type.named, "public.mood");
    assert_int_equal(pgtype_oid(&type), 25);
    assert_true(pgtype_of_column("public.year_d[]", 1007, NULL, &type));
    assert_int_equal(type.base, PG_INT4);
    assert_true(type.array);
    pgtype_format(&type, text, sizeof text);
    assert_string_equal(text, "public.year_d[]");
    assert_true(pgtype_of_column("public.\"Pair\"[]", 16500, "(xt)", &type));
    assert_int_equal(type.base, PG_CARRIED);
    assert_true(type.array);
    assert_string_equal(type.layout, "(xt)");
    assert_int_equal(pgtype_oid(&type), 0);
    assert_true(pgtype_of_column("public.\"Pair\"", 16500, "(xt)", &other));
    assert_false(pgtype_same(&type, &other));
    assert_true(pgtype_of_column("numeric(10,2)", 1700, NULL, &type));
    assert_null(type.named);
    assert_int_equal(type.precision, 10);
    assert_false(pgtype_of_column("public.shell", 16600, NULL, &type));
    assert_false(pgtype_of_column("regclass", 2205, NULL, &type));
}

static void the_list_of_types_is_whole(void **state)
{
    (void)state;
    struct pgtype type;
    struct error error;
    pgtype_parse("nothing like it at all", &type, &error);
    assert_non_null(strstr(error.message, "json, jsonb, inet, and arrays of them, as text[]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_alone_and_as_an_array),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(a_type_of_the_database_itself),
        cmocka_unit_test(the_list_of_types_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
