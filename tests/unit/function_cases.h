/* function_cases.h: what the functions of "do" make of values, for both readings. Beside these each
 * function's own example is tried. The tables write ' for ". */
#ifndef TESTS_FUNCTION_CASES_H
#define TESTS_FUNCTION_CASES_H

#include "graduate/function.h"
#include "graduate/identity.h"
#include "sample.h"

struct function_case {
    const char *calls, *input; /* "do"; extended JSON, or "absent" */
    const char *output;        /* the same; or NULL: refused */
    const char *refused;       /* what transform says then; "[1]: " before it: of that element */
};

#define INT64(digits) "{'$numberLong': '" digits "'}"
#define DOUBLE(text) "{'$numberDouble': '" text "'}"
#define DECIMAL(text) "{'$numberDecimal': '" text "'}"
#define DATE(milliseconds) "{'$date': {'$numberLong': '" milliseconds "'}}"
#define OID(hex) "{'$oid': '" hex "'}"
#define UUID3 "{'$binary': {'base64': 'AQIDBAUGBwgJCgsMDQ4PEA==', 'subType': '03'}}"
#define UUID4(base64) "{'$binary': {'base64': '" base64 "', 'subType': '04'}}"
#define BYTES "{'$binary': {'base64': 'AQID', 'subType': '00'}}"
#define STAMP(seconds, counter) "{'$timestamp': {'t': " seconds ", 'i': " counter "}}"
#define NINE "123456789"
#define ZEROS "0000000000"
#define BERLIN(form, more) "[{'time': {'format': '" form "', 'zone': 'Europe/Berlin'" more "}}]"

/* The project's own rule where it says nothing: of "uuid". */
static const struct identity function_identity = {
    .strategy = IDENTITY_UUID7,
    .namespace = {0x8a, 0x5e, 0x1b, 0x57, 0x6c, 0x0d, 0x5f, 0x43,
                  0x9d, 0x0a, 0x2b, 0x1f, 0x3c, 0x7e, 0x4d, 0x11}};

static const struct function_case function_cases[] = {
    /* an id of no entity: of texts whatever they look like, of whole numbers and of ids */
    {"[{'uuid': 'tasks'}]", "'a'", "'cb6af2aa-6fc5-5e8f-98f8-4e68da005024'", NULL},
    {"[{'uuid': 'tasks'}]", "-3", "'9ca310b0-0cb2-566e-854e-ccb5151b0b6b'", NULL},
    {"[{'uuid': 'tasks'}]", INT64("5"), "'ad0fb107-7f38-5551-9779-3576d7875fdc'", NULL},
    {"[{'uuid': 'tasks'}]", OID("00112233445566778899aabb"), "'e6fdf1c8-6d60-5d13-9c5b-69eed16935d9'", NULL},
    {"[{'uuid': 'tasks'}]", "'00112233445566778899aabb'", "'e6fdf1c8-6d60-5d13-9c5b-69eed16935d9'", NULL},
    {"[{'uuid': 'tasks'}]", UUID4("AQIDBAUGBwgJCgsMDQ4PEA=="), "'65b9fa8a-b348-5949-93b9-a9443b87510d'", NULL},
    {"[{'uuid': 'tasks'}]", "['a', null, 5]", "['cb6af2aa-6fc5-5e8f-98f8-4e68da005024', null, 'ad0fb107-7f38-5551-9779-3576d7875fdc']", NULL},
    {"[{'uuid': 'books'}]", "'a'", "'05e071fa-8eea-5327-b985-80a5870ba7b0'", NULL},
    {"[{'uuid': 'tasks'}]", "null", "null", NULL},
    {"[{'uuid': 'tasks'}]", "''", NULL, "no id can be made of it"},
    {"[{'uuid': 'tasks'}]", DOUBLE("1.5"), NULL, "no id can be made of it"},
    {"[{'uuid': 'tasks'}]", UUID3, NULL, "no id can be made of it"},
    {"[{'uuid': 'tasks'}]", "true", NULL, "'uuid' takes text, number, ObjectId, UUID"},
    {"['empty_to_null', {'uuid': 'tasks'}]", "''", "null", NULL},
    /* nothing passes, whatever the function, but a password */
    {"['lower', 'number']", "absent", "absent", NULL},
    {"['unique', {'item': 0}]", "null", "null", NULL},
    {"[{'epoch': 's'}]", "{'$undefined': true}", "{'$undefined': true}", NULL},
    {"['supabase_password']", "absent", "''", NULL},
    /* letters, by Unicode, each by itself */
    {"['lower']", "'\xc3\x84\xc4\xb0\xce\xa3\xe1\xba\x9e Z'", "'\xc3\xa4i\xcf\x83\xc3\x9f z'", NULL},
    {"['upper']", "'\xc3\xa4\xc9\x90 z'", "'\xc3\x84\xe2\xb1\xaf Z'", NULL},
    {"['lower']", "''", "''", NULL},
    {"['lower']", "{'$symbol': 'ABC'}", "'abc'", NULL},
    {"['lower']", "5", "5", NULL},
    {"['lower']", "{'a': 'A'}", "{'a': 'A'}", NULL},
    {"['upper']", "true", "true", NULL},
    /* over elements, at any depth; what changes nothing is no change */
    {"['lower']", "['A', null, 5, ['B', {'c': 'C'}]]", "['a', null, 5, ['b', {'c': 'C'}]]", NULL},
    {"['lower']", "['a', 5]", "['a', 5]", NULL},
    {"['lower']", "[]", "[]", NULL},
    {"['number']", "['1', " INT64("2") "]", "[" INT64("1") ", " INT64("2") "]", NULL},
    {"['number']", "['1', 'x']", NULL, "[1]: 'number' takes a sign"},
    {"['empty_to_null']", "['', 'a']", "[null, 'a']", NULL},
    /* white space */
    {"['trim']", "' \\t\\r\\na b \\n'", "'a b'", NULL},
    {"['trim']", "'\xe2\x80\x83\xe3\x80\x80x\xc2\xa0'", "'x'", NULL},
    {"['trim']", "'\xe2\x80\x8b x'", "'\xe2\x80\x8b x'", NULL}, /* a zero width space is none */
    {"['trim']", "' \xc2\xa0 '", "''", NULL},
    {"['trim']", "'\xc3\xa4'", "'\xc3\xa4'", NULL},
    {"['trim']", "false", "false", NULL},
    {"['empty_to_null']", "' '", "' '", NULL},
    {"['trim', 'empty_to_null']", "' '", "null", NULL},
    {"['empty_to_null', 'trim']", "' '", "''", NULL},
    {"['trim', 'lower', 'empty_to_null']", "' ME@X.ORG '", "'me@x.org'", NULL},
    /* numbers */
    {"['number']", "'34'", INT64("34"), NULL},
    {"['number']", "'+34'", INT64("34"), NULL},
    {"['number']", "'-0'", DECIMAL("-0"), NULL}, /* as -0.0; a whole number has no sign there */
    {"['number']", "' -00 '", DECIMAL("-0"), NULL},
    {"['number', 'text']", "' -0 '", "'-0'", NULL},
    {"['number']", "'+0'", INT64("0"), NULL},
    {"['number']", "'007'", INT64("7"), NULL},
    {"['number']", "'-9223372036854775808'", INT64("-9223372036854775808"), NULL},
    {"['number']", "'9223372036854775808'", DECIMAL("9223372036854775808"), NULL},
    {"['number']", "'12.00'", DECIMAL("12.00"), NULL},
    {"['number']", "'+.5'", DECIMAL("0.5"), NULL},
    {"['number']", "'0.000" NINE NINE NINE "1234567'", DECIMAL("0.000" NINE NINE NINE "1234567"), NULL},
    {"['number']", "'" NINE NINE NINE "1234567'", DECIMAL(NINE NINE NINE "1234567"), NULL},
    {"['number']", "'" NINE NINE NINE "12345678'", NULL, "at most 34 digits"},
    {"['number']", "5.5", "5.5", NULL},
    {"['number']", "''", NULL, "an empty text is no number"},
    {"['number']", "' '", NULL, "an empty text is no number"},
    {"['number']", "'12,5'", NULL, "takes a sign, digits and a decimal point"},
    {"['number']", "'1e3'", NULL, "takes a sign"},
    {"['number']", "'5.'", NULL, "takes a sign"},
    {"['number']", "'1.2.3'", NULL, "takes a sign"},
    {"['number']", "'--1'", NULL, "takes a sign"},
    {"['number']", "'+'", NULL, "takes a sign"},
    {"['number']", "'NaN'", NULL, "takes a sign"},
    {"['number']", "'1\\u0000'", NULL, "takes a sign"},
    {"['number']", "true", NULL, "'number' takes text, number"},
    {"['number']", "{}", NULL, "'number' takes text, number"},
    /* texts */
    {"['text']", "'a'", "'a'", NULL},
    {"['text']", "5", "'5'", NULL},
    {"['text']", INT64("-9223372036854775808"), "'-9223372036854775808'", NULL},
    {"['text']", "49171.0", "'49171'", NULL},
    {"['text']", DOUBLE("1e15"), "'1000000000000000'", NULL},
    {"['text']", DOUBLE("0.1"), "'0.1'", NULL},
    {"['text']", DOUBLE("-0.0"), "'-0'", NULL},
    {"['text']", DOUBLE("-12.375"), "'-12.375'", NULL},
    {"['text']", DOUBLE("0.0001"), "'0.0001'", NULL},
    {"['text']", DOUBLE("0.00012345"), "'0.00012345'", NULL},
    {"['text']", DOUBLE("0.00001"), "'1e-05'", NULL},
    {"['text']", DOUBLE("-1.5e300"), "'-1.5e+300'", NULL},
    {"['text']", DOUBLE("4503599627370495.5"), "'4503599627370495.5'", NULL},
    {"['text']", DOUBLE("9223372036854775808"), "'9.223372036854776e+18'", NULL},
    {"['text']", DOUBLE("5e-324"), "'5e-324'", NULL},
    {"['text']", DOUBLE("NaN"), "'NaN'", NULL},
    {"['text']", DECIMAL("12.50"), "'12.50'", NULL},
    {"['text']", DECIMAL("-1.23E+5"), "'-123000'", NULL},
    {"['text']", DECIMAL("5E+59"), "'5" ZEROS ZEROS ZEROS ZEROS ZEROS "000000000'", NULL},
    {"['text']", DECIMAL("5E+60"), "'5E+60'", NULL},
    {"['text']", DECIMAL("1.5E-20"), "'1.5E-20'", NULL},
    {"['text']", DECIMAL("0E+5"), "'0E+5'", NULL},
    {"['text']", DECIMAL("Infinity"), "'Infinity'", NULL},
    {"['text']", "true", "'true'", NULL},
    {"['text']", DATE("1709208000123"), "'2024-02-29T12:00:00.123Z'", NULL},
    {"['text']", OID("65f0c8a1b2c3d4e5f6071829"), "'65f0c8a1b2c3d4e5f6071829'", NULL},
    {"['text']", UUID4("AQIDBAUGBwgJCgsMDQ4PEA=="), "'01020304-0506-0708-090a-0b0c0d0e0f10'", NULL},
    {"['text']", UUID3, NULL, "does not say in which order"},
    {"['text']", BYTES, NULL, "'text' takes text, number, boolean, date, ObjectId, UUID"},
    {"['text']", DATE("253402300800000"), NULL, "its year is beyond 9999"},
    {"['text']", "{}", NULL, "'text' takes"},
    {"['text']", "[1, 'a', [true]]", "['1', 'a', ['true']]", NULL},
    /* arrays */
    {"['count']", "[]", INT64("0"), NULL},
    {"['count']", "'abc'", NULL, "'count' takes array"},
    {"['unique']", "[1, " INT64("1") ", 1.0, " DECIMAL("1.0") ", '1', true, 1.5, 1.5]", "[1, '1', true, 1.5]", NULL},
    {"['unique']", "[null, {'a': 1}, {'a': 1}, {'a': 2}, [1], [1], null]", "[null, {'a': 1}, {'a': 2}, [1]]", NULL},
    {"['unique']", "['a', {'$symbol': 'a'}, 'b', 'ab', 'b']", "['a', 'b', 'ab']", NULL},
    {"['unique']", "[3, 1, 2]", "[3, 1, 2]", NULL},
    {"['unique']", "[]", "[]", NULL},
    {"[{'item': 0}]", "['a', 'b']", "'a'", NULL},
    {"[{'item': 1}]", "['a', 'b']", "'b'", NULL},
    {"[{'item': -2}]", "['a', 'b']", "'a'", NULL},
    {"[{'item': 2}]", "['a', 'b']", "absent", NULL},
    {"[{'item': -3}]", "['a', 'b']", "absent", NULL},
    {"[{'item': 0}]", "[['a'], 'b']", "['a']", NULL},
    {"[{'item': 0}]", "'a'", NULL, "'item' takes array"},
    {"[{'field': 'b'}]", "{'a': 1, 'b': 'x'}", "'x'", NULL},
    {"[{'field': 'c'}]", "{'a': 1, 'b': 'x'}", "absent", NULL},
    {"[{'field': 'a.b'}]", "{'a': {'b': 1}, 'a.b': 'x'}", "'x'", NULL},
    {"[{'field': 'b'}]", "null", "null", NULL},
    {"[{'field': 'b'}]", "[{'b': 'x'}, {'a': 1}, null, [{'b': 'y'}]]", "['x', null, null, ['y']]", NULL},
    {"[{'field': 'b'}]", "'x'", NULL, "'field' takes object"},
    {"[{'item': -1}, {'field': 'b'}, 'upper']", "[{'b': 'x'}, {'b': 'y'}]", "'Y'", NULL},
    {"[{'split': ','}]", "'a,,b,'", "['a', '', 'b', '']", NULL},
    {"[{'split': ','}]", "','", "['', '']", NULL},
    {"[{'split': ', '}]", "'a,b, c'", "['a,b', 'c']", NULL},
    {"[{'split': 'aa'}]", "'aaa'", "['', 'a']", NULL},
    {"[{'split': ','}]", "'a'", "['a']", NULL},
    {"[{'split': ','}]", "''", "[]", NULL},
    {"[{'split': ','}]", "['a,b', null]", "[['a', 'b'], null]", NULL},
    {"[{'split': ','}]", "5", NULL, "'split' takes text"},
    {"['trim', {'split': ','}, 'trim', {'item': -1}]", "' a , b '", "'b'", NULL},
    {"[{'split': ','}, 'number', 'unique', 'count']", "'1,2,1'", INT64("2"), NULL},
    {"[{'strip': 'ab'}]", "'abc'", "'c'", NULL},
    {"[{'strip': 'ab'}]", "'ab'", "''", NULL},
    {"[{'strip': 'ab'}]", "'a'", "'a'", NULL},
    {"[{'strip': 'ab'}]", "'cab'", "'cab'", NULL},
    {"[{'strip': 'ab'}]", "5", NULL, "'strip' takes text"},
    /* phones */
    {"['phone_digits']", "'+49 30\\t901820'", "'4930901820'", NULL},
    {"['phone_digits']", "'[030] 1.2/3\xc2\xa0-4'", "'0301234'", NULL},
    {"['phone_digits']", "'+ '", "''", NULL},
    {"['phone_digits']", "'030 x1'", "'030x1'", NULL},
    {"['phone_digits', 'empty_to_null']", "'+'", "null", NULL},
    {"['phone_digits']", "49", "49", NULL},
    /* not finite */
    /* dates of numbers */
    {"[{'epoch': 's'}]", "1704067200", DATE("1704067200000"), NULL},
    {"[{'epoch': 's'}]", DOUBLE("1704067200.123"), DATE("1704067200123"), NULL},
    {"[{'epoch': 's'}]", DECIMAL("-0.5"), DATE("-500"), NULL},
    {"[{'epoch': 's'}]", DECIMAL("1.7E9"), DATE("1700000000000"), NULL},
    {"[{'epoch': 's'}]", DOUBLE("0.0005"), NULL, "no whole number of milliseconds"},
    {"[{'epoch': 'ms'}]", DOUBLE("1704067200123.0"), DATE("1704067200123"), NULL},
    {"[{'epoch': 'ms'}]", "0.5", NULL, "no whole number of milliseconds"},
    {"[{'epoch': 'ms'}]", DOUBLE("NaN"), NULL, "no whole number of milliseconds"},
    {"[{'epoch': 's'}]", INT64("9223372036854775807"), NULL, "no whole number of milliseconds"},
    {"[{'epoch': 's'}]", STAMP("1704067200", "2"), DATE("1704067200000"), NULL},
    {"[{'epoch': 'ms'}]", STAMP("1704067200", "2"), NULL, "a Timestamp counts seconds"},
    {"[{'epoch': 's'}]", "'5'", NULL, "'epoch' takes number, Timestamp"},
    {"['number', {'epoch': 's'}]", "'5'", DATE("5000"), NULL},
    /* UUIDs */
    {"[{'uuid3': 'python'}]", UUID3, UUID4("AQIDBAUGBwgJCgsMDQ4PEA=="), NULL},
    {"[{'uuid3': 'java'}]", UUID3, UUID4("CAcGBQQDAgEQDw4NDAsKCQ=="), NULL},
    {"[{'uuid3': 'java'}]", UUID4("AQIDBAUGBwgJCgsMDQ4PEA=="), UUID4("AQIDBAUGBwgJCgsMDQ4PEA=="), NULL},
    {"[{'uuid3': 'java'}]", BYTES, NULL, "'uuid3' takes UUID"},
    {"[{'uuid3': 'python'}]", "[" UUID3 "]", "[" UUID4("AQIDBAUGBwgJCgsMDQ4PEA==") "]", NULL},
    {"[{'padded': 'left'}]", "'0000000065F0C8A1B2C3D4E5F6071829'", OID("65f0c8a1b2c3d4e5f6071829"), NULL},
    {"[{'padded': 'right'}]", "'65f0c8a1-b2c3-d4e5-f607-182900000000'", OID("65f0c8a1b2c3d4e5f6071829"), NULL},
    {"[{'padded': 'left'}]", UUID4("AAAAAAUGBwgJCgsMDQ4PEA=="), OID("05060708090a0b0c0d0e0f10"), NULL},
    {"[{'padded': 'left'}]", "'65f0c8a1-b2c3-d4e5-f607-182900000000'", NULL, "no UUID that begins with 8 zeros"},
    {"[{'padded': 'right'}]", "'0000000065f0c8a1b2c3d4e5f6071829'", NULL, "no UUID that ends with 8 zeros"},
    {"[{'padded': 'right'}]", "'65f0c8a1b2c3d4e5f6071829'", NULL, "no UUID that ends"},
    {"[{'padded': 'right'}]", UUID3, NULL, "no UUID that ends"},
    {"[{'padded': 'right'}]", OID("65f0c8a1b2c3d4e5f6071829"), OID("65f0c8a1b2c3d4e5f6071829"), NULL},
    {"[{'padded': 'right'}]", "5", NULL, "'padded' takes text, ObjectId, UUID"},
    {"[{'padded': 'left'}]", "['000000000000000000000000000000ff']", "[" OID("0000000000000000000000ff") "]", NULL},
    /* times of texts */
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'31.12.2024'", "'2024-12-31'", NULL},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'1.2.2024'", NULL, "no time of the form DD.MM.YYYY"},
    {"[{'time': {'format': 'FMDD.FMMM.YYYY'}}]", "'1.2.2024'", "'2024-02-01'", NULL},
    {"[{'time': {'format': 'FMDD.FMMM.YYYY'}}]", "'.2.2024'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'30.02.2024'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'29.02.2023'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'29.02.2000'", "'2000-02-29'", NULL},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'29.02.1900'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'31.12.2024 '", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'31.12.202'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'31.13.2024'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'00.12.2024'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "'01.01.0000'", NULL, "no time of the form"},
    {"[{'time': {'format': 'DD.MM.YYYY'}}]", "''", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM'}}]", "'2024-05'", "'2024-05-01'", NULL},
    {"[{'time': {'format': 'DD Mon YYYY'}}]", "'05 MAY 2024'", "'2024-05-05'", NULL},
    {"[{'time': {'format': 'Month FMDD, YYYY'}}]", "'september 5, 2024'", "'2024-09-05'", NULL},
    {"[{'time': {'format': 'Mon YYYY'}}]", "'Mai 2024'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD\\\"T\\\"HH24:MI:SS'}}]", "'2024-07-15T08:30:59'", "'2024-07-15T08:30:59'", NULL},
    {"[{'time': {'format': 'yyyymmddhh24miss.ms'}}]", "'20240715083059.120'", "'2024-07-15T08:30:59.120000'", NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH12:MI AM'}}]", "'2024-07-15 12:30 am'", "'2024-07-15T00:30:00'", NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH12:MI AM'}}]", "'2024-07-15 01:30 PM'", "'2024-07-15T13:30:00'", NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH12:MI AM'}}]", "'2024-07-15 13:30 PM'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH12:MI AM'}}]", "'2024-07-15 01:30 XM'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI'}}]", "'2024-07-15 24:00'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI'}}]", "'2024-07-15 23:60'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI:SS'}}]", "'2024-07-15 23:59:60'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI TZH:TZM'}}]", "'2024-07-15 08:30 +05:30'", DATE("1721012400000"), NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MITZHTZM'}}]", "'2024-07-15 08:30-0030'", DATE("1721034000000"), NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24 TZH'}}]", "'2024-07-15 08 Z'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24 TZH'}}]", "'2024-07-15 08 +16'", NULL, "no time of the form"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI:SS.US TZH'}}]", "'2024-07-15 08:30:00.000001 +01'",
     "'2024-07-15T07:30:00.000001Z'", NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24 TZH'}}]", "'0001-01-01 00 +01'", DATE("-62135600400000"), NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI:SS.US TZH'}}]", "'9999-12-31 23:59:59.000000 -01'", NULL, "beyond 9999"},
    {"[{'time': {'format': 'YYYY'}}]", "2024", NULL, "'time' takes text"},
    {"[{'time': {'format': 'YYYY'}}]", "['2024', '2023']", "['2024-01-01', '2023-01-01']", NULL},
    /* a zone's clock */
    {BERLIN("YYYY-MM-DD HH24:MI:SS", ""), "'2024-07-15 08:30:00'", DATE("1721025000000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-01-15 08:30'", DATE("1705303800000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI:SS.MS", ""), "'2024-01-15 08:30:00.123'", DATE("1705303800123"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI:SS.US", ""), "'2024-01-15 08:30:00.123000'", "'2024-01-15T07:30:00.123000Z'", NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2099-07-15 08:30'", DATE("4087780200000"), NULL}, /* by the rule */
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'1890-01-01 00:00'", DATE("-2524524808000"), NULL}, /* by the sun */
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-03-31 01:59'", DATE("1711846740000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-03-31 03:00'", DATE("1711846800000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-03-31 02:00'", NULL, "this time never was in Europe/Berlin"},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-03-31 02:59'", NULL, "this time never was in Europe/Berlin"},
    {BERLIN("YYYY-MM-DD HH24:MI", ", 'gap': 'before'"), "'2024-03-31 02:30'", DATE("1711845000000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ", 'gap': 'after'"), "'2024-03-31 02:30'", DATE("1711848600000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ", 'overlap': 'first'"), "'2024-03-31 02:30'", NULL, "never was"},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-10-27 01:59'", DATE("1729987140000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-10-27 02:00'", NULL, "this time was twice in Europe/Berlin"},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-10-27 02:59'", NULL, "this time was twice in Europe/Berlin"},
    {BERLIN("YYYY-MM-DD HH24:MI", ""), "'2024-10-27 03:00'", DATE("1729994400000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ", 'overlap': 'first'"), "'2024-10-27 02:30'", DATE("1729989000000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ", 'overlap': 'second'"), "'2024-10-27 02:30'", DATE("1729992600000"), NULL},
    {BERLIN("YYYY-MM-DD HH24:MI", ", 'gap': 'after'"), "'2024-10-27 02:30'", NULL, "was twice"},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI', 'zone': 'America/New_York', 'overlap': 'second'}}]",
     "'2050-11-06 01:30'", DATE("2551329000000"), NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI', 'zone': 'Australia/Sydney'}}]", "'2060-01-01 00:00'",
     DATE("2840101200000"), NULL}, /* summer there: the rule goes over New Year */
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI', 'zone': 'Asia/Kolkata'}}]", "'2060-01-01 05:30'",
     DATE("2840140800000"), NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI', 'zone': 'UTC'}}]", "'2060-01-01 00:00'", DATE("2840140800000"), NULL},
    {"[{'time': {'format': 'YYYY-MM-DD HH24:MI', 'zone': 'Pacific/Apia', 'gap': 'after'}}]", "'2011-12-30 12:00'",
     DATE("1325282400000"), NULL}, /* a whole day that never was there */
    /* days */
    {"[{'day': 'UTC'}]", DATE("1714559400000"), "'2024-05-01'", NULL},
    {"[{'day': 'America/New_York'}]", DATE("1714521600000"), "'2024-04-30'", NULL},
    {"[{'day': 'UTC'}]", DATE("-1"), "'1969-12-31'", NULL},
    {"[{'day': 'UTC'}]", DATE("253402300800000"), NULL, "its year is beyond 9999"},
    {"[{'day': 'UTC'}]", "'2024-05-01'", NULL, "'day' takes date"},
    {"[{'midnight': 'Europe/Berlin'}]", DATE("1714521600000"), DATE("1714514400000"), NULL},
    {"[{'midnight': 'Europe/Berlin'}]", DATE("1714521600001"), NULL, "it is no day"},
    {"[{'midnight': 'Europe/Berlin'}]", "'2024-05-01T00:00:00Z'", NULL, "it is no day"},
    {"[{'midnight': 'Europe/Berlin'}]", "'x'", NULL, "it is no day"},
    {"[{'midnight': 'UTC'}]", DATE("1714521600000"), DATE("1714521600000"), NULL},
    {"[{'midnight': 'America/Sao_Paulo'}]", "'2018-11-04'", DATE("1541300400000"), NULL}, /* it begins at 1 */
    {"[{'midnight': 'America/Sao_Paulo'}]", "'2018-02-17'", DATE("1518832800000"), NULL},
    {"[{'day': 'Europe/Berlin'}, {'midnight': 'Europe/Berlin'}]", DATE("1714602600000"), DATE("1714600800000"), NULL},
    /* JSON in a text */
    {"['json']", "' [1, -2.50, true, null, \\\"a\\\", {}] '",
     "[" INT64("1") ", " DECIMAL("-2.50") ", true, null, 'a', {}]", NULL},
    {"['json']", "'5'", INT64("5"), NULL},
    {"['json']", "'-0'", DECIMAL("-0"), NULL},
    {"['json']", "'1e3'", DECIMAL("1E+3"), NULL},
    {"['json']", "'0.0" NINE NINE NINE "1234567'", DECIMAL("0.0" NINE NINE NINE "1234567"), NULL},
    {"['json']", "'12345678901234567890'", DECIMAL("12345678901234567890"), NULL},
    {"['json']", "'" NINE NINE NINE "12345678'", NULL, "a number that 34 digits cannot hold"},
    {"['json']", "'null'", "null", NULL},
    {"['json']", "'{\\\"a\\\":{\\\"b\\\":[]},\\\"c\\\":\\\"\\\"}'", "{'a': {'b': []}, 'c': ''}", NULL},
    {"['json']", "'\\\"\\\\u00e4\\\\ud83d\\\\ude00\\\\n\\\\/\\\"'", "'\xc3\xa4\xf0\x9f\x98\x80\\n/'", NULL},
    {"['json']", "'\\\"\\\\u20ac\\\"'", "'\xe2\x82\xac'", NULL},
    {"['json']", "['1', null]", "[" INT64("1") ", null]", NULL},
    {"['json']", "['1', 2]", NULL, "[1]: 'json' takes text"},
    {"['json']", "''", NULL, "it is no JSON: no value of JSON at character 1"},
    {"['json']", "'nul'", NULL, "it is no JSON"},
    {"['json']", "'{} x'", NULL, "more behind the value at character 4"},
    {"['json']", "'[1,]'", NULL, "no value of JSON at character 4"},
    {"['json']", "'[1'", NULL, "an array without its end"},
    {"['json']", "'{\\\"a\\\" 1}'", NULL, "a name without a colon"},
    {"['json']", "'{\\\"a\\\": 1'", NULL, "an object without its end"},
    {"['json']", "'{a: 1}'", NULL, "no text in quotes"},
    {"['json']", "'\\\"a'", NULL, "a text without its end"},
    {"['json']", "'\\\"\\\\x\\\"'", NULL, "an unknown escape"},
    {"['json']", "'\\\"\\\\u12\\\"'", NULL, "without four hex digits"},
    {"['json']", "'\\\"\\\\ud800\\\"'", NULL, "half of a surrogate pair"},
    {"['json']", "'\\\"\\\\udc00\\\"'", NULL, "half of a surrogate pair"},
    {"['json']", "'\\\"\\n\\\"'", NULL, "a control character"},
    {"['json']", "'{\\\"\\\\u0000\\\": 1}'", NULL, "a name with NUL in it"},
    {"['json']", "'01'", NULL, "no value of JSON"},
    {"['json']", "'1.'", NULL, "digits behind its point"},
    {"['json']", "'1e'", NULL, "digits in its exponent"},
    {"['json']", "'1 2'", NULL, "more behind the value"},
    {"['json']", "5", NULL, "'json' takes text"},
};

/* Of what the source declares as a moment: its text is one, to what takes dates, and a text to what takes texts. */
static const struct function_case moment_function_cases[] = {
    {"[{'day': 'Europe/Berlin'}]", "'2024-06-30T22:00:00Z'", "'2024-07-01'", NULL},
    {"[{'day': 'Europe/Berlin'}]", "'2024-06-30T21:59:59.999999Z'", "'2024-06-30'", NULL},
    {"[{'day': 'UTC'}]", "'2024-06-30T22:00:00.000-04:00'", "'2024-07-01'", NULL},
    {"[{'day': 'UTC'}]", "'1969-12-31T23:59:59.999999Z'", "'1969-12-31'", NULL},
    {"[{'day': 'UTC'}]", "'2024-07-01T23:00:00.5'", "'2024-07-01'", NULL},
    {"[{'day': 'Europe/Berlin'}]", "'2024-07-01T23:00:00'", NULL, "it has no zone"},
    {"[{'day': 'UTC'}]", "'2024-07-01'", "'2024-07-01'", NULL},
    {"[{'day': 'Europe/Berlin'}]", "'2024-07-01'", NULL, "it has no zone"},
    {"[{'day': 'UTC'}]", "'infinity'", NULL, "its year is beyond 9999"},
    {"[{'day': 'UTC'}]", "'10000-01-01T00:00:00Z'", NULL, "its year is beyond 9999"},
    {"[{'day': 'UTC'}]", "'9999-12-31T23:59:59.999999Z'", "'9999-12-31'", NULL},
    {"[{'day': 'UTC'}]", "'0044-03-15T00:00:00Z BC'", NULL, "its year is beyond 9999 or before 0"},
    {"[{'day': 'UTC'}]", "'soon'", NULL, "'day' takes date"},
    {"[{'day': 'UTC'}]", "['2024-07-01T12:00:00Z', null]", "['2024-07-01', null]", NULL},
    {"[{'item': 0}, {'day': 'UTC'}]", "['2024-07-01T12:00:00Z']", "'2024-07-01'", NULL},
    {"['unique', {'day': 'UTC'}]", "['2024-07-01T12:00:00Z', '2024-07-01T12:00:00Z']", "['2024-07-01']", NULL},
    {"['lower', {'day': 'UTC'}]", "['2024-07-01T12:00:00+00']", NULL, "[0]: 'day' takes date"},
    {"[{'midnight': 'Europe/Berlin'}]", "'2024-07-01'", DATE("1719784800000"), NULL},
    {"[{'midnight': 'Europe/Berlin'}]", "'2024-07-01T00:00:00Z'", DATE("1719784800000"), NULL},
    {"[{'midnight': 'Europe/Berlin'}]", "'2024-07-01T00:00:00'", DATE("1719784800000"), NULL},
    {"[{'midnight': 'Europe/Berlin'}]", "'2024-07-01T00:00:00.000001Z'", NULL, "it is no day"},
    {"[{'midnight': 'Europe/Berlin'}]", "'2024-07-01T00:00:00+02:00'", NULL, "it is no day"},
    {"[{'midnight': 'UTC'}]", "'12024-07-01'", DATE("317289312000000"), NULL},
    {"[{'midnight': 'UTC'}]", "'-infinity'", NULL, "it is no day"},
    /* what becomes of it as a text stays as it was */
    {"['text']", "'2024-07-01T12:00:00.123456Z'", "'2024-07-01T12:00:00.123456Z'", NULL},
    {"['text', {'day': 'UTC'}]", "'2024-07-01T12:00:00.123456Z'", NULL, "'day' takes date"},
    {"['text', {'day': 'UTC'}]", "['2024-07-01T12:00:00.123456Z']", NULL, "[0]: 'day' takes date"},
    {"[{'split': 'T'}]", "'2024-07-01T12:00:00.123456Z'", "['2024-07-01', '12:00:00.123456Z']", NULL},
    {"[{'time': {'format': 'YYYY-MM-DD\\\"T\\\"HH24:MI:SS\\\"Z\\\"', 'zone': 'UTC'}}]", "'2024-07-01T12:00:00Z'",
     DATE("1719835200000"), NULL},
    {"[{'epoch': 's'}]", "'2024-07-01T12:00:00Z'", NULL, "'epoch' takes number"},
};

/* "do" as it is read; into the arena. cJSON_Delete *list when it is done with. */
static inline size_t function_calls(struct arena *arena, const char *calls, cJSON **list,
                                    struct function_call **out)
{
    const cJSON *item;
    const struct json_place place = {NULL, "do", 0};
    size_t count = 0;
    struct error error;
    *list = cJSON_Parse(sample_quoted(calls));
    if (!cJSON_IsArray(*list))
        fail_msg("no list: %s", calls);
    *out = arena_alloc(arena, (size_t)cJSON_GetArraySize(*list), sizeof **out);
    cJSON_ArrayForEach(item, *list)
    {
        if (!function_call_read(item, &place, arena, &(*out)[count++], &error))
            fail_msg("%s: %s", calls, error.message);
    }
    return count;
}

/* A document with the value as its "v"; bson_destroy it. */
static inline bson_t *function_record(const char *value)
{
    char text[2048];
    if (strcmp(value, "absent") == 0)
        return sample_bson("{}");
    snprintf(text, sizeof text, "{'v': %s}", value);
    return sample_bson(text);
}

#endif
