/* The rows that verify expects: every construct of the mapping, out of documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_trial.h"

static void trial_begin(struct trial *t, const char *mapping)
{
    if (!trial_open(t, "pad-left", NULL, mapping))
        fail_msg("%s\n%s", t->error.message, mapping);
}

static bool trial_put(struct trial *t, const char *json)
{
    bson_t *bson = sample_bson(json);
    bool ok = expectation_batch(t->expectation, bson_get_data(bson), bson->len, take_row, &t->rows,
                                &t->records, &t->filtered, &t->error);
    bson_destroy(bson);
    return ok;
}

static void trial_assert(struct trial *t, const char *json, const char *expected)
{
    buffer_clear(&t->rows);
    if (!trial_put(t, json))
        fail_msg("%s: %s", json, t->error.message);
    if (strcmp(buffer_text(&t->rows), expected) != 0)
        fail_msg("%s: found\n%snot\n%s", json, buffer_text(&t->rows), expected);
}

/* A mapping with one column beside its key, and room for more behind "to". */
static void trial_column(struct trial *t, const char *column)
{
    char mapping[2000];
    snprintf(
        mapping, sizeof mapping,
        "{\"from\": \"core.books\", \"to\": {\"public.books\": {\"key\": [\"k\"], \"columns\": {"
        "\"k\": {\"const\": 1, \"type\": \"integer\"}, \"v\": %s}}}, "
        "\"drop\": [\"s\", \"hash\", \"hashOptions\"]}",
        column);
    trial_begin(t, mapping);
}

struct value_case {
    const char *column, *json;
    const char *value; /* NULL: there is no answer */
};

static void assert_values(const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct trial t;
        char expected[1000];
        trial_column(&t, cases[i].column);
        bool ok = trial_put(&t, cases[i].json);
        if (ok != (cases[i].value != NULL))
            fail_msg("%s of %s: %s", cases[i].column, cases[i].json,
                     ok ? buffer_text(&t.rows) : t.error.message);
        snprintf(expected, sizeof expected, "public.books k=1|v=%s\n", ok ? cases[i].value : "");
        if (ok && strcmp(buffer_text(&t.rows), expected) != 0)
            fail_msg("%s of %s: found %s, not %s", cases[i].column, cases[i].json,
                     buffer_text(&t.rows), cases[i].value);
        if (!ok) {
            assert_int_equal(t.error.code, ERROR_DATA);
            assert_string_equal(t.error.entity, "books");
            assert_string_not_equal(t.error.path, "");
        }
        trial_close(&t);
    }
}

#define FROM(type) "{\"from\": \"v\", \"type\": \"" type "\"}"
#define DOUBLE(text) "{\"v\": {\"$numberDouble\": \"" text "\"}}"
#define LONG(text) "{\"v\": {\"$numberLong\": \"" text "\"}}"
#define DECIMAL(text) "{\"v\": {\"$numberDecimal\": \"" text "\"}}"
#define DATE(text) "{\"v\": {\"$date\": {\"$numberLong\": \"" text "\"}}}"
#define TEXT(text) "{\"v\": \"" text "\"}"
#define BYTES(base64, subtype)                                                                     \
    "{\"v\": {\"$binary\": {\"base64\": \"" base64 "\", \"subType\": \"" subtype "\"}}}"
#define OBJECTID "{\"v\": {\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}}"

static void values_become_their_columns_types(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {FROM("text"), "{}", "NULL"},
        {FROM("text"), "{\"v\": null}", "NULL"},
        {FROM("text"), "{\"v\": {\"$undefined\": true}}", "NULL"},
        {FROM("text"), TEXT(" a "), " a "},
        {FROM("text"), TEXT(""), ""},
        {FROM("text"), "{\"v\": {\"$symbol\": \"a\"}}", "a"},
        {FROM("text"), "{\"v\": {\"$code\": \"f()\"}}", "f()"},
        {FROM("text"), OBJECTID, "5f0c8a1b2c3d4e5f60718293"},
        {FROM("text"), "{\"v\": 1}", NULL},
        {FROM("text"), "{\"v\": {}}", NULL},
        {FROM("text"), TEXT("a\\u0000b"), NULL},
        {FROM("varchar(2)"), TEXT("\\u00e9\\u00e9"), "\xc3\xa9\xc3\xa9"},
        {FROM("varchar(2)"), TEXT("abc"), NULL},
        {FROM("char(3)"), TEXT("a "), "a"},
        {FROM("boolean"), "{\"v\": true}", "true"},
        {FROM("boolean"), "{\"v\": 1}", NULL},
        {FROM("smallint"), "{\"v\": -32768}", "-32768"},
        {FROM("smallint"), "{\"v\": 32768}", NULL},
        {FROM("integer"), DOUBLE("100.0"), "100"},
        {FROM("integer"), DOUBLE("100.5"), NULL},
        {FROM("integer"), "{\"v\": 2147483648}", NULL},
        {FROM("integer"), DECIMAL("1E+3"), "1000"},
        {FROM("integer"), DECIMAL("1.5"), NULL},
        {FROM("bigint"), LONG("9007199254740993"), "9007199254740993"},
        {FROM("bigint"), DOUBLE("4611686018427387904"), "4611686018427387904"},
        {FROM("bigint"), DOUBLE("9223372036854775808"), NULL},
        {FROM("bigint"), DOUBLE("NaN"), NULL},
        {FROM("bigint"), DECIMAL("-9223372036854775808"), "-9223372036854775808"},
        {FROM("bigint"), DECIMAL("9223372036854775808"), NULL},
        {FROM("bigint"), TEXT("1"), NULL},
        {FROM("double precision"), DOUBLE("-0.0"), "-0"},
        {FROM("double precision"), DOUBLE("NaN"), NULL},
        {FROM("double precision"), "{\"v\": 3}", "3"},
        {FROM("double precision"), LONG("9007199254740993"), NULL},
        {FROM("double precision"), LONG("9223372036854775807"), NULL},
        {FROM("double precision"), DECIMAL("0.10"), "0.1"},
        {FROM("double precision"), DECIMAL("0.12345678901234567890"), NULL},
        {FROM("double precision"), DECIMAL("1E+400"), NULL},
        {FROM("real"), DOUBLE("1.5"), "1.5"},
        {FROM("real"), DOUBLE("0.1"), NULL},
        {FROM("numeric"), DOUBLE("1.005"), "1.005"},
        {FROM("numeric"), DOUBLE("0.1"), "0.1"},
        {FROM("numeric"), DOUBLE("-0.0"), "0"},
        {FROM("numeric"), DOUBLE("5e-324"), "5e-324"},
        {FROM("numeric"), DOUBLE("NaN"), NULL},
        {FROM("numeric"), DOUBLE("-Infinity"), NULL},
        {FROM("numeric"), LONG("9223372036854775807"), "9223372036854775807"},
        {FROM("numeric"), DECIMAL("1.234567890123456789012345678901234"),
         "1.234567890123456789012345678901234"},
        {FROM("numeric(10,2)"), DOUBLE("1.10"), "1.1"},
        {FROM("numeric(10,2)"), DOUBLE("1.005"), NULL},
        {FROM("numeric(10,2)"), DECIMAL("99999999.990"), "99999999.99"},
        {FROM("numeric(10,2)"), DECIMAL("100000000"), NULL},
        {FROM("numeric(10,2)"), DOUBLE("NaN"), NULL},
        {FROM("numeric(10,2)"), DOUBLE("Infinity"), NULL},
        {"{\"from\": \"v\", \"type\": \"real\", \"misfit\": {\"not_finite\": \"null\"}}", DOUBLE("-Infinity"), "NULL"},
        {"{\"from\": \"v\", \"type\": \"numeric\", \"misfit\": \"null\"}", DECIMAL("NaN"), "NULL"},
        {FROM("numeric"), TEXT("1"), NULL},
        {FROM("timestamptz"), DATE("0"), "1970-01-01 00:00:00+00"},
        {FROM("timestamptz"), DATE("1582934400123"), "2020-02-29 00:00:00.123+00"},
        {FROM("timestamptz"), DATE("-62135596800001"), "0001-12-31 23:59:59.999+00 BC"},
        {FROM("timestamptz"), DATE("9224318015999999"), "294276-12-31 23:59:59.999+00"},
        {FROM("timestamptz"), DATE("9224318016000000"), NULL},
        {FROM("timestamptz"), DATE("-210866803200001"), NULL},
        {FROM("timestamptz"), TEXT("2020-10-15T06:38:00.000+00:00"), "2020-10-15 06:38:00+00"},
        {FROM("timestamptz"), TEXT("2020-10-15T06:38:00.1234567890Z"), NULL},
        {FROM("timestamptz"), TEXT("2020-10-15T06:38:00.12345600Z"),
         "2020-10-15 06:38:00.123456+00"},
        {FROM("timestamptz"), TEXT("2020-01-01 00:30+0100"), "2019-12-31 23:30:00+00"},
        {FROM("timestamptz"), TEXT("2020-01-01T00:30-05"), "2020-01-01 05:30:00+00"},
        {FROM("timestamptz"), TEXT("2020-01-01T00:00:00"), NULL},
        {FROM("timestamptz"), TEXT("2019-02-29T00:00:00Z"), NULL},
        {FROM("timestamptz"), TEXT("2020-01-01T24:00:00Z"), NULL},
        {FROM("timestamptz"), TEXT("2020-01-01T00:00:00Zx"), NULL},
        {FROM("timestamp"), TEXT("2020-01-01T00:00:00"), "2020-01-01 00:00:00"},
        {FROM("timestamp"), TEXT("2020-01-01T00:00:00Z"), NULL},
        {FROM("timestamp"), DATE("0"), "1970-01-01 00:00:00"},
        {FROM("date"), TEXT("2000-02-29"), "2000-02-29"},
        {FROM("date"), TEXT("1900-02-29"), NULL},
        {FROM("date"), TEXT("2000-02-29T00:00:00Z"), NULL},
        {FROM("date"), DATE("-86400000"), "1969-12-31"},
        {FROM("date"), DATE("1"), NULL},
        {FROM("uuid"), BYTES("ABEiM0RVZneImaq7zN3u/w==", "04"),
         "00112233-4455-6677-8899-aabbccddeeff"},
        {FROM("uuid"), BYTES("ABEiM0RVZneImaq7zN3u/w==", "03"), NULL},
        {FROM("uuid"), TEXT("00112233-4455-6677-8899-AABBCCDDEEFF"),
         "00112233-4455-6677-8899-aabbccddeeff"},
        {FROM("uuid"), TEXT("00112233-4455-6677-8899-aabbccddeef"), NULL},
        {FROM("uuid"), TEXT("001122334-455-6677-8899-aabbccddeeff"), NULL},
        {FROM("bytea"), BYTES("AGE=", "80"), "\\x0061"},
        {FROM("bytea"), TEXT("a"), NULL},
        {FROM("text[]"), "{\"v\": [\"a\", null, \"\"]}", "{\"a\", NULL, \"\"}"},
        {FROM("text[]"), "{\"v\": []}", "{}"},
        {FROM("text[]"), "{\"v\": null}", "NULL"},
        {FROM("text[]"), "{\"v\": [1]}", NULL},
        {FROM("text[]"), TEXT("a"), NULL},
        {FROM("jsonb"), "{\"v\": null}", "NULL"},
        {FROM("jsonb"), "{\"v\": [null]}", "[null]"},
    };
    assert_values(cases, COUNT(cases));
}

static void origins_conditions_functions_and_defaults(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"{\"const\": \"x\", \"type\": \"text\"}", "{}", "x"},
        {"{\"const\": 0.5, \"type\": \"numeric\"}", "{}", "0.5"},
        {"{\"const\": [\"a\", null], \"type\": \"text[]\"}", "{}", "{\"a\", NULL}"},
        {"{\"const\": {\"b\": [1, {}], \"a\": null}, \"type\": \"jsonb\"}", "{}",
         "{\"a\": null, \"b\": [1, {}]}"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": 1}}", "{\"s\": 1.0}", "x"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": 1}}", "{\"s\": \"1\"}", NULL},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": 0.1}}",
         "{\"s\": {\"$numberDecimal\": \"0.10\"}}", "x"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": null}}", "{}", "x"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": null}}", "{\"s\": false}",
         "NULL"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": {\"not\": \"\"}}}", "{}", "NULL"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": {\"not\": 1}}}", "{\"s\": \"x\"}", "x"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": {\"not\": 1}}}", "{\"s\": \"1\"}", NULL},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": {\"not\": false}}}", "{\"s\": \"false\"}",
         NULL},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": {\"not\": \"\"}}}",
         "{\"s\": \"\"}", "NULL"},
        {"{\"const\": \"x\", \"type\": \"text\", \"when\": {\"s\": true}}", "{\"s\": 1}", NULL},
        {"{\"first\": [{\"const\": \"x\", \"when\": {\"s\": true}}], \"type\": \"text\"}", "{\"s\": null}", NULL},
        {"{\"first\": [{\"const\": \"x\", \"when\": {\"s\": true}}], \"type\": \"text\"}", "{}", NULL},
        {"{\"from\": \"v\", \"type\": \"text\", \"default\": \"d\"}", "{}", "d"},
        {"{\"from\": \"v\", \"type\": \"text\", \"default\": \"d\"}", "{\"v\": null}", "NULL"},
        {"{\"from\": \"v\", \"type\": \"text\", \"default\": \"d\", \"null\": false}",
         "{\"v\": null}", "d"},
        {"{\"from\": \"v\", \"type\": \"text\", \"null\": false}", "{\"v\": null}", NULL},
        {"{\"from\": \"v\", \"type\": \"text\", \"null\": false}", "{}", NULL},
        {"{\"from\": \"v\", \"type\": \"text\", \"do\": [\"trim\", \"lower\", \"empty_to_null\"]}",
         TEXT(" \\tA\\u00c9 b\\n"), "a\xc3\xa9 b"},
        {"{\"from\": \"v\", \"type\": \"text\", \"do\": [\"upper\"]}", TEXT("AZaz`{@[1\\u00e9"),
         "AZAZ`{@[1\xc3\x89"},
        {"{\"from\": \"v\", \"type\": \"text\", \"do\": [\"trim\", \"empty_to_null\"]}", TEXT("  "),
         "NULL"},
        {"{\"from\": \"v\", \"type\": \"text\", \"do\": [\"empty_to_null\", \"trim\"]}", TEXT("  "),
         ""},
        {"{\"from\": \"v\", \"type\": \"text\", \"do\": [\"empty_to_null\"], \"default\": \"d\", "
         "\"null\": false}",
         TEXT(""), "d"},
        {"{\"from\": \"v\", \"type\": \"text\", \"do\": [\"phone_digits\"]}", TEXT("+49 30 1"),
         "49301"},
        {"{\"from\": \"v\", \"type\": \"integer\", \"do\": [\"lower\"]}", "{\"v\": 1}", "1"},
        {"{\"first\": [{\"from\": \"v\"}, {\"from\": \"s\"}, {\"const\": \"c\"}], \"type\": "
         "\"text\"}",
         "{\"v\": null, \"s\": \"b\"}", "b"},
        {"{\"first\": [{\"from\": \"v\", \"do\": [\"empty_to_null\"]}, {\"const\": \"c\"}], "
         "\"type\": "
         "\"text\"}",
         TEXT(""), "c"},
        {"{\"first\": [{\"const\": \"a\", \"when\": {\"s\": 1}}, {\"from\": \"v\"}], \"type\": "
         "\"text\"}",
         "{\"s\": 2}", "NULL"},
        {"{\"object\": {\"b\": {\"from\": \"v\"}, \"a\": {\"from\": \"s\"}}, \"type\": \"jsonb\"}",
         "{\"v\": null}", "{\"b\": null}"},
        {"{\"object\": {\"id\": {\"from\": \"v\", \"id_of\": \"users\"}, \"in\": {\"object\": "
         "{\"s\": "
         "{\"from\": \"s\", \"default\": [1]}}, \"when\": {\"s\": null}}}, \"type\": "
         "\"jsonb\"}",
         OBJECTID, "{\"id\": \"00000000-5f0c-8a1b-2c3d-4e5f60718293\", \"in\": {\"s\": [1]}}"},
        {"{\"from\": \"v\", \"id_of\": \"users\", \"type\": \"uuid[]\"}", "{\"v\": [{\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}, null, \"5F0C8A1B2C3D4E5F60718293\"]}", "{00000000-5f0c-8a1b-2c3d-4e5f60718293, NULL, 00000000-5f0c-8a1b-2c3d-4e5f60718293}"},
        {"{\"from\": \"v\", \"id_of\": \"users\", \"type\": \"uuid[]\"}", "{\"v\": [true]}", NULL},
        {"{\"from\": \"v\", \"id_of\": \"users\", \"type\": \"uuid[]\"}", "{\"v\": {\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}}", NULL},
        {"{\"object\": {\"m\": {\"from\": \"v\", \"id_of\": \"users\"}}, \"type\": \"jsonb\"}", "{\"v\": [{\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}, null]}", "{\"m\": [\"00000000-5f0c-8a1b-2c3d-4e5f60718293\", null]}"},
        {"{\"object\": {\"m\": {\"from\": \"v\", \"id_of\": \"users\"}}, \"type\": \"jsonb\"}", "{\"v\": []}", "{\"m\": []}"},
        {"{\"object\": {\"m\": {\"from\": \"v\", \"id_of\": \"users\"}}, \"type\": \"jsonb\"}", "{\"v\": [[]]}", NULL},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": \" a \"}",
         "12791c15-270e-5fcd-bb7d-f894335a54b1"},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": {\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}}",
         "820567fb-85df-5f4a-a720-01b4f5de0fae"},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": \"5f0c8a1b2c3d4e5f60718293\"}",
         "820567fb-85df-5f4a-a720-01b4f5de0fae"},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": 17}",
         "c1c11f1c-e59e-5868-9e6c-1cd7e4b7e437"},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": {\"$binary\": {\"base64\": \"ABEiM0RVZneImaq7zN3u/w==\", \"subType\": \"04\"}}}",
         "31c4521e-041a-5bc6-a3e7-92cd3ecc05c8"},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": null}",
         "NULL"},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": \" \"}",
         NULL},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": 1.5}",
         NULL},
        {"{\"from\": \"v\", \"do\": [\"trim\", {\"uuid\": \"tasks\"}], \"type\": \"uuid\"}", "{\"v\": [1]}",
         NULL},
        {"{\"object\": {\"m\": {\"const\": [\"5f0c8a1b2c3d4e5f60718293\", null], \"id_of\": \"users\"}}, \"type\": \"jsonb\"}", "{}", "{\"m\": [\"00000000-5f0c-8a1b-2c3d-4e5f60718293\", null]}"},
        {"{\"const\": [\"5f0c8a1b2c3d4e5f60718293\"], \"id_of\": \"users\", \"dangling\": \"null\", \"type\": \"uuid[]\"}", "{}", "{00000000-5f0c-8a1b-2c3d-4e5f60718293}"},
        {"{\"object\": {\"m\": {\"const\": [\"5f0c8a1b2c3d4e5f60718293\"], \"id_of\": \"users\", \"dangling\": \"keep\"}}, \"type\": \"jsonb\"}", "{}", "{\"m\": [\"00000000-5f0c-8a1b-2c3d-4e5f60718293\"]}"},
        {"{\"object\": {\"in\": {\"object\": {}, \"when\": {\"s\": 1}}}, \"type\": \"jsonb\"}",
         "{}", "{}"},
        {"{\"object\": {}, \"type\": \"jsonb\", \"when\": {\"s\": 1}}", "{}", "NULL"},
        {"{\"object\": {}, \"type\": \"jsonb\", \"when\": {\"s\": 1}, \"null\": false}", "{}",
         NULL},
        {"{\"object\": {\"n\": {\"from\": \"v\"}}, \"do\": [\"safe_numbers\"], \"type\": "
         "\"jsonb\"}",
         "{\"v\": [9007199254740992, 9007199254740993, -9007199254740993]}",
         "{\"n\": [9007199254740992, \"9007199254740993\", \"-9007199254740993\"]}"},
        {"{\"object\": {\"n\": {\"from\": \"v\", \"do\": [\"safe_numbers\"]}, \"m\": {\"from\": "
         "\"v\"}}, "
         "\"type\": \"jsonb\"}",
         LONG("9007199254740993"), "{\"m\": 9007199254740993, \"n\": \"9007199254740993\"}"},
        {"{\"from\": \"v\", \"do\": [\"safe_numbers\"], \"type\": \"jsonb\"}", DOUBLE("1e300"),
         "1e300"},
        {"{\"from\": \"v\", \"do\": [\"safe_numbers\"], \"type\": \"jsonb\"}",
         DECIMAL("12345678901234567890"), "\"12345678901234567890\""},
        {"{\"from\": \"v.a\", \"type\": \"text\"}", "{\"v\": {\"a\": \"x\"}}", "x"},
        {"{\"from\": \"v.a\", \"type\": \"text\"}", "{\"v\": null}", "NULL"},
        {"{\"from\": \"v.a\", \"type\": \"text\"}", "{\"v\": \"x\"}", NULL},
        {"{\"from\": \"v.a\", \"type\": \"text\"}", "{\"v\": {\"a\": \"x\", \"b\": 1}}", NULL},
        {"{\"from\": \"v.a\", \"type\": \"text\"}", "{\"v.a\": \"x\"}", NULL},
        {FROM("text"), "{\"v\": \"a\", \"v\": \"b\"}", NULL},
        {FROM("text"), "{\"other\": null}", NULL},
        {FROM("text"), "{\"vx\": \"a\"}", NULL},
        {"{\"rest\": true}", LONG("9007199254740993"), "{\"v\": 9007199254740993}"},
        {"{\"rest\": true, \"do\": [\"safe_numbers\"]}", LONG("9007199254740993"),
         "{\"v\": \"9007199254740993\"}"},
        {"{\"rest\": true}", "{\"s\": 1}", "NULL"},
        {"{\"rest\": true, \"when\": {\"s\": 1}}", "{\"v\": 1}", "NULL"},
        {"{\"object\": {\"o\": {\"object\": {\"n\": {\"from\": \"v\"}}, \"do\": "
         "[\"safe_numbers\"]}}, \"type\": \"jsonb\"}",
         LONG("9007199254740993"), "{\"o\": {\"n\": \"9007199254740993\"}}"},
        {FROM("jsonb"), "{\"v\": {\"a\": 1, \"a\": 2}}", NULL},
    };
    assert_values(cases, COUNT(cases));
}

/* The text is what PostgreSQL prints for jsonb; both ways must meet in the same bytes. */
static void bson_and_jsonb_meet(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"v\": \"q\\\"\\n\\u00e9\"}", "\"q\\\"\\n\xc3\xa9\""},
        {"{\"v\": {\"b\": 1, \"aa\": {\"$numberLong\": \"2\"}}}", "{\"b\": 1, \"aa\": 2}"},
        {"{\"v\": [true, false, null, []]}", "[true, false, null, []]"},
        {DOUBLE("1e21"), "1000000000000000000000"},
        {DOUBLE("-0.0"), "0"},
        {DOUBLE("0.1"), "0.1"},
        {DOUBLE("1.7976931348623157e308"), "1.7976931348623157e308"},
        {DOUBLE("9007199254740993"), "9007199254740992"},
        {DECIMAL("1E+3"), "1000"},
        {DECIMAL("-0E+3"), "0"},
        {DECIMAL("12.70"), "12.70"},
        {DECIMAL("1E-6176"), "1e-6176"},
        {LONG("-9223372036854775808"), "-9223372036854775808"},
        {OBJECTID, "\"5f0c8a1b2c3d4e5f60718293\""},
        {DATE("0"), "\"1970-01-01T00:00:00.000Z\""},
        {DATE("951782400123"), "\"2000-02-29T00:00:00.123Z\""},
        {DATE("-62167219200000"), "\"0000-01-01T00:00:00.000Z\""},
        {DATE("-62167219200001"), "{\"$date\": {\"$numberLong\": \"-62167219200001\"}}"},
        {DATE("253402300799999"), "\"9999-12-31T23:59:59.999Z\""},
        {DATE("253402300800000"), "{\"$date\": {\"$numberLong\": \"253402300800000\"}}"},
        {BYTES("ABEiM0RVZneImaq7zN3u/w==", "04"), "\"00112233-4455-6677-8899-aabbccddeeff\""},
        {BYTES("ABEiM0RVZneImaq7zN3u/w==", "03"),
         "{\"$binary\": {\"base64\": \"ABEiM0RVZneImaq7zN3u/w==\", \"subType\": \"03\"}}"},
        {BYTES("", "00"), "{\"$binary\": {\"base64\": \"\", \"subType\": \"00\"}}"},
        {BYTES("YQ==", "80"), "{\"$binary\": {\"base64\": \"YQ==\", \"subType\": \"80\"}}"},
        {BYTES("YWI=", "00"), "{\"$binary\": {\"base64\": \"YWI=\", \"subType\": \"00\"}}"},
        {BYTES("YWJj", "00"), "{\"$binary\": {\"base64\": \"YWJj\", \"subType\": \"00\"}}"},
        {"{\"v\": {\"$timestamp\": {\"t\": 4294967295, \"i\": 1}}}",
         "{\"$timestamp\": {\"t\": 4294967295, \"i\": 1}}"},
        {"{\"v\": {\"$regularExpression\": {\"pattern\": \"^a\", \"options\": \"i\"}}}",
         "{\"$regularExpression\": {\"pattern\": \"^a\", \"options\": \"i\"}}"},
        {"{\"v\": {\"$code\": \"f\"}}", "{\"$code\": \"f\"}"},
        {"{\"v\": {\"$code\": \"f\", \"$scope\": {\"x\": 1}}}",
         "{\"$code\": \"f\", \"$scope\": {\"x\": 1}}"},
        {"{\"v\": {\"$symbol\": \"s\"}}", "\"s\""},
        {"{\"v\": {\"$dbPointer\": {\"$ref\": \"c\", \"$id\": {\"$oid\": "
         "\"5f0c8a1b2c3d4e5f60718293\"}}}}",
         "{\"$dbPointer\": {\"$ref\": \"c\", \"$id\": {\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}}}"},
        {"{\"v\": [{\"$undefined\": true}, {\"$minKey\": 1}, {\"$maxKey\": 1}]}",
         "[{\"$undefined\": true}, {\"$minKey\": 1}, {\"$maxKey\": 1}]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        struct buffer value, expected;
        struct pgtype type;
        buffer_init(&value);
        buffer_init(&expected);
        assert_true(pgtype_parse("jsonb", &type, &t.error));
        buffer_putc(&value, 'j');
        if (!canonical_put_json(&value, cases[i][1], strlen(cases[i][1]), &t.error))
            fail_msg("%s: %s", cases[i][1], t.error.message);
        buffer_puts(&expected, "public.books k=1|v=");
        canonical_print(&type, value.data, value.length, &expected);
        buffer_putc(&expected, '\n');
        trial_column(&t, FROM("jsonb"));
        trial_assert(&t, cases[i][0], buffer_text(&expected));
        trial_close(&t);
        buffer_release(&value);
        buffer_release(&expected);
    }
    static const struct value_case refused[] = {
        {FROM("jsonb"), DOUBLE("NaN"), NULL},
        {FROM("jsonb"), DECIMAL("-Infinity"), NULL},
        {FROM("jsonb"), "{\"v\": [\"a\\u0000\"]}", NULL},
    };
    assert_values(refused, COUNT(refused));
}

static void texts_must_be_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\x80", false},
        {"\xc3", false},
        {"\xe2\x82", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xc3(", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int key = 0; key < 2; key++) {
            struct trial t;
            bson_t bson;
            bson_t inner;
            trial_column(&t, key ? FROM("jsonb") : FROM("text"));
            bson_init(&bson);
            if (key) {
                bson_append_document_begin(&bson, "v", -1, &inner);
                bson_append_null(&inner, cases[i].text, -1);
                bson_append_document_end(&bson, &inner);
            } else {
                bson_append_utf8(&bson, "v", -1, cases[i].text, -1);
            }
            if (expectation_batch(t.expectation, bson_get_data(&bson), bson.len, take_row, &t.rows,
                                  &t.records, &t.filtered, &t.error) != cases[i].valid)
                fail_msg("%s", sample_hex(cases[i].text, strlen(cases[i].text)));
            bson_destroy(&bson);
            trial_close(&t);
        }
}

static void one_id_in_all_its_forms(void **state)
{
    (void)state;
    static const struct {
        const char *strategy, *json, *uuid;
    } cases[] = {
        {"pad-left", OBJECTID, "00000000-5f0c-8a1b-2c3d-4e5f60718293"},
        {"pad-right", OBJECTID, "5f0c8a1b-2c3d-4e5f-6071-829300000000"},
        {"uuid5", OBJECTID, "f0ec80f5-1897-5acd-976b-dde1690f6242"},
        {"uuid7", OBJECTID, "017348fb-7978-72c3-b539-7d81c60a4c00"},
        {"uuid7", TEXT("5F0C8a1b2c3d4e5f60718293"), "017348fb-7978-72c3-b539-7d81c60a4c00"},
        {"uuid5", TEXT("5F0C8A1B2C3D4E5F60718293"), "f0ec80f5-1897-5acd-976b-dde1690f6242"},
        {"uuid7", TEXT("00000000-5f0c-8a1b-2c3d-4e5f60718293"),
         "017348fb-7978-72c3-b539-7d81c60a4c00"},
        {"uuid7", TEXT("5f0c8a1b2c3d4e5f6071829300000000"), "017348fb-7978-72c3-b539-7d81c60a4c00"},
        {"pad-left", TEXT("5f0c8a1b-2c3d-4e5f-6071-829300000000"),
         "00000000-5f0c-8a1b-2c3d-4e5f60718293"},
        {"uuid7", BYTES("AAAAAF8MihssPU5fYHGCkw==", "04"), "017348fb-7978-72c3-b539-7d81c60a4c00"},
        {"uuid7", BYTES("ABEiM0RVZneImaq7zN3u/w==", "04"), "00112233-4455-6677-8899-aabbccddeeff"},
        {"uuid7", TEXT("00112233-4455-6677-8899-AABBCCDDEEFF"),
         "00112233-4455-6677-8899-aabbccddeeff"},
        {"uuid7", TEXT("abc"), "80a5c9a1-09e8-5d97-921e-9640ccbf591e"},
        {"pad-left", TEXT("abc"), "80a5c9a1-09e8-5d97-921e-9640ccbf591e"},
        {"uuid7", TEXT("\\u00e9"), "537077d0-339e-52b0-bc2c-dee094b86528"},
        {"uuid7", TEXT("5f0c8a1b-2c3d"), "bf0862a9-674c-59ac-83fa-ac99253d037e"},
        {"uuid7", TEXT("17"), "6f0c7cae-dd4a-5cbb-aea1-02302bb9726b"},
        {"uuid7", "{\"v\": 17}", "6f0c7cae-dd4a-5cbb-aea1-02302bb9726b"},
        {"uuid7", DOUBLE("17.0"), "6f0c7cae-dd4a-5cbb-aea1-02302bb9726b"},
        {"uuid7", TEXT(""), NULL},
        {"uuid7", "{}", NULL},
        {"uuid7", BYTES("ABEiM0RVZneImaq7zN3u/w==", "03"), NULL},
        {"uuid7", DOUBLE("1.5"), NULL},
        {"uuid7", "{\"v\": true}", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        char expected[120];
        assert_true(
            trial_open(&t, cases[i].strategy, NULL,
                       "{\"from\": \"core.books\", \"to\": {\"public.books\": {\"key\": "
                       "[\"v\"], \"columns\": {\"v\": {\"from\": \"v\", \"id_of\": \"books\"}, "
                       "\"w\": {\"from\": \"v\", \"id_of\": \"books\", \"type\": "
                       "\"text\"}}}}}"));
        if (trial_put(&t, cases[i].json) != (cases[i].uuid != NULL))
            fail_msg("%s: %s", cases[i].json, t.error.message);
        snprintf(expected, sizeof expected, "public.books v=%s|w=%s\n", cases[i].uuid,
                 cases[i].uuid);
        if (cases[i].uuid != NULL)
            assert_string_equal(buffer_text(&t.rows), expected);
        trial_close(&t);
    }
}

#define BCRYPT53 "xX/myGbFU.ZSKHSi6EHdBOySTdYm8QxBLXmOPHrYMwV0mHRBBSBOq"
#define ARGON "m=65536,t=4,p=3$YXBwd3JpdGU$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI"

static void passwords_as_supabase_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *hash;
        bool kept;
    } cases[] = {
        {"$2a$10$" BCRYPT53, true},
        {"$2b$04$" BCRYPT53, true},
        {"$2y$17$" BCRYPT53, true},
        {"$2x$10$" BCRYPT53, true},
        {"$2$10$" BCRYPT53, true},
        {"$2a$03$" BCRYPT53, false},
        {"$2a$18$" BCRYPT53, false},
        {"$2a$1$" BCRYPT53, false},
        {"$2z$10$" BCRYPT53, false},
        {"$2ab$10$" BCRYPT53, false},
        {"$2a$10$" BCRYPT53 "a", false},
        {" $2a$10$" BCRYPT53, false},
        {"{bcrypt}$2a$10$" BCRYPT53, false},
        {"$argon2id$v=19$" ARGON, true},
        {"$argon2i$v=19$" ARGON, true},
        {"$argon2d$v=19$" ARGON, false},
        {"$argon2id$v=16$" ARGON, false},
        {"$argon2id$" ARGON, false},
        {"$argon2id$v=19$" ARGON "=", false},
        {"$argon2id$v=19$" ARGON "\\n", false},
        {"$argon2id$v=19$t=4,m=65536,p=3$YXBwd3JpdGU$A/54", false},
        {"$argon2id$v=19$m=1048575,t=20,p=16$YXBwd3JpdGU$A/54", true},
        {"$argon2id$v=19$m=1048576,t=4,p=3$YXBwd3JpdGU$A/54", false},
        {"$argon2id$v=19$m=65536,t=21,p=3$YXBwd3JpdGU$A/54", false},
        {"$argon2id$v=19$m=65536,t=4,p=17$YXBwd3JpdGU$A/54", false},
        {"$argon2id$v=19$m=65536,t=0,p=3$YXBwd3JpdGU$A/54", false},
        {"$P$Br387rwferoKN7uwHZqNMu98q3U8RO.", false},
        {"144fa7eaa4904e8ee120651997f70dcc", false},
        {"*", false},
        {"", true},
    };
    static const char column[] =
        "{\"from\": \"v\", \"type\": \"varchar(255)\", \"do\": [\"supabase_password\"]}";
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        char json[300], expected[300];
        trial_column(&t, column);
        snprintf(json, sizeof json, "{\"v\": \"%s\", \"hash\": \"argon2\"}", cases[i].hash);
        snprintf(expected, sizeof expected, "public.books k=1|v=%s\n",
                 cases[i].kept ? cases[i].hash : "");
        trial_assert(&t, json, expected);
        trial_close(&t);
    }
    static const struct value_case others[] = {
        {column, "{}", ""},
        {column, "{\"v\": null}", ""},
        {column,
         "{\"v\": \"UlM7\", \"hash\": \"scryptMod\", \"hashOptions\": {\"salt\": "
         "\"UxLMreBr6tYyjQ==\", "
         "\"saltSeparator\": \"Bw==\", \"signerKey\": \"XyEK\"}}",
         "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=XyEK$UxLMreBr6tYyjQ==$UlM7"},
        {column,
         "{\"v\": \"UlM7\", \"hash\": \"scryptMod\", \"hashOptions\": {\"salt\": \"UxLM\", "
         "\"saltSeparator\": \"\", \"signerKey\": \"XyEK\"}}",
         "$fbscrypt$v=1,n=14,r=8,p=1,sk=XyEK$UxLM$UlM7"},
        {column,
         "{\"v\": \"UlM\", \"hash\": \"scryptMod\", \"hashOptions\": {\"salt\": \"Ux\", "
         "\"signerKey\": \"XyEK\"}}",
         "$fbscrypt$v=1,n=14,r=8,p=1,sk=XyEK$Ux==$UlM="},
        {column,
         "{\"v\": \"UlMxU\", \"hash\": \"scryptMod\", \"hashOptions\": {\"salt\": \"UxLM\", "
         "\"signerKey\": \"XyEK\"}}",
         ""},
        {column,
         "{\"v\": \"UlM7\", \"hash\": \"scryptMod\", \"hashOptions\": {\"salt\": \"UxLM\"}}", ""},
        {column,
         "{\"v\": \"UlM7\", \"hash\": \"scrypt\", \"hashOptions\": {\"salt\": \"UxLM\", "
         "\"signerKey\": \"XyEK\"}}",
         ""},
    };
    assert_values(others, COUNT(others));
}

static const char children[] =
    "{\"from\": \"core.books\", \"to\": {"
    "\"public.tasks\": {\"each\": \"meta.tasks\", \"when\": {\"off\": null}, \"key\": "
    "[\"book\", \"n\"], \"columns\": {\"book\": {\"parent\": \"id\"}, \"n\": {\"position\": true}, "
    "\"title\": {\"from\": \"title\", \"type\": \"text\"}, \"extra\": {\"rest\": true}}},"
    "\"public.tags\": {\"each\": \"tags\", \"key\": [\"n\"], \"columns\": {\"n\": {\"position\": "
    "true, "
    "\"type\": \"bigint\"}, \"tag\": {\"from\": \".\", \"type\": \"text\"}, \"kind\": {\"parent\": "
    "\"kind\"}}},"
    "\"public.books\": [{\"when\": {\"kind\": \"a\"}, \"key\": [\"id\"], \"columns\": {\"id\": "
    "{\"from\": \"_id\", \"type\": \"integer\"}, \"kind\": {\"from\": \"kind\", \"type\": "
    "\"text\"}, "
    "\"a\": {\"from\": \"a\", \"type\": \"text\"}, \"rest\": {\"rest\": true}}},"
    "{\"when\": {\"kind\": \"b\"}, \"key\": [\"id\"], \"columns\": {\"id\": {\"from\": \"_id\", "
    "\"type\": \"integer\"}, \"kind\": {\"const\": \"B\", \"type\": \"text\"}}}],"
    "\"public.others\": {\"when\": {\"o\": {\"not\": null}}, \"key\": [\"o\"], \"columns\": "
    "{\"o\": "
    "{\"from\": \"o\", \"type\": \"integer\"}}}},"
    "\"drop\": [\"gone\", \"meta.gone\", \"meta.tasks.gone\"], "
    "\"left_out\": [{\"each\": \"meta.tasks\", \"when\": {\"off\": true}, \"why\": \"w\"}, "
    "{\"when\": {\"kind\": \"c\"}, \"why\": \"w\"}]}";

static void a_record_becomes_rows(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"_id\": 1, \"kind\": \"a\", \"a\": \"x\", \"o\": 5, \"meta\": {\"tasks\": [{\"title\": "
         "\"t\", "
         "\"gone\": 1}, {\"off\": true, \"title\": \"u\"}, {\"title\": null, \"more\": {\"y\": "
         "1}}]}, "
         "\"tags\": [\"p\", null]}",
         "public.books a=x|id=1|kind=a|rest=NULL\n"
         "public.others o=5\n"
         "public.tasks book=1|extra=NULL|n=1|title=t\n"
         "public.tasks book=1|extra={\"more\": {\"y\": 1}}|n=3|title=NULL\n"
         "public.tags kind=a|n=1|tag=p\n"
         "public.tags kind=a|n=2|tag=NULL\n"},
        {"{\"_id\": 2, \"kind\": \"b\", \"tags\": [\"q\"], \"meta\": null}",
         "public.books id=2|kind=B\n"
         "public.tags kind=B|n=1|tag=q\n"},
        {"{\"_id\": 3, \"kind\": \"c\", \"tags\": [\"q\"], \"o\": 1}", ""},
        {"{\"_id\": 4, \"kind\": \"a\", \"x\": null, \"gone\": {\"a\": 1}, \"meta\": {\"gone\": 1, "
         "\"more\": "
         "[1]}, \"tags\": []}",
         "public.books a=NULL|id=4|kind=a|rest={\"meta\": {\"more\": [1]}, \"x\": null}\n"},
        {"{\"_id\": 5, \"kind\": \"a\", \"meta\": {\"tasks\": null}}",
         "public.books a=NULL|id=5|kind=a|rest=NULL\n"},
    };
    struct trial t;
    size_t count;
    trial_begin(&t, children);
    for (size_t i = 0; i < COUNT(cases); i++)
        trial_assert(&t, cases[i][0], cases[i][1]);
    assert_int_equal(t.records, 5);
    assert_int_equal(t.filtered, 1);
    const struct expected_table *tables = expectation_tables(t.expectation, &count);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < tables[i].column_count; c++) {
            const struct expected_column *column = &tables[i].columns[c];
            static const char *const keys[] = {"id", "book", "n", "o"};
            bool key = false;
            for (size_t k = 0; k < COUNT(keys); k++)
                key = key || strcmp(keys[k], column->name) == 0;
            assert_int_equal(column->key, key);
            assert_true(c == 0 || strcmp(tables[i].columns[c - 1].name, column->name) < 0);
        }
    trial_close(&t);
}

static void what_has_no_answer_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path;
    } cases[] = {
        {"{\"_id\": 7, \"kind\": \"d\"}", "."}, /* neither of the forms, nor of the rules */
        {"{\"_id\": 7, \"kind\": \"a\", \"tags\": \"x\"}", "tags"},
        {"{\"_id\": 7, \"kind\": \"a\", \"tags\": [1]}", "tags"},
        {"{\"_id\": 7, \"kind\": \"a\", \"meta\": {\"tasks\": [1]}}", "meta.tasks"},
        {"{\"_id\": 7, \"kind\": \"a\", \"meta\": {\"tasks\": [{\"title\": 1}]}}",
         "meta.tasks.title"},
        {"{\"_id\": 7, \"kind\": \"a\", \"meta\": [1]}", "meta"},
        {"{\"_id\": 7, \"kind\": \"a\", \"a\": 1}", "a"},
        {"{\"_id\": 7, \"kind\": \"a\", \"x\": {\"y\": {\"$numberDouble\": \"NaN\"}}}", "x"},
        {"{\"_id\": 7, \"kind\": \"a\", \"meta\": {\"m\": 1, \"m\": 1}}", "meta.m"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        trial_begin(&t, children);
        if (trial_put(&t, cases[i].json))
            fail_msg("%s passes", cases[i].json);
        sample_assert_error(&t.error, ERROR_DATA, cases[i].path, "", cases[i].json);
        assert_string_equal(t.error.entity, "books");
        assert_string_equal(t.error.key, "7");
        trial_close(&t);
    }
}

static void damage_is_found(void **state)
{
    (void)state;
    static const uint8_t cases[][13] = {
        {4, 0, 0, 0, 0},
        {14, 0, 0, 0, 0},
        {13, 0, 0, 0, 2, 'v', 0, 9, 0, 0, 0, 0, 0},     /* a text longer than its document */
        {13, 0, 0, 0, 8, 'v', 0, 1, 99, 'w', 0, 0, 0},  /* an unknown type */
        {13, 0, 0, 0, 10, 'v', 0, 0, 10, 'w', 0, 0, 0}, /* it ends before its end */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        trial_column(&t, FROM("jsonb"));
        if (expectation_batch(t.expectation, cases[i], sizeof cases[i], take_row, &t.rows,
                              &t.records, &t.filtered, &t.error))
            fail_msg("case %zu passes", i);
        assert_int_equal(t.error.code, ERROR_SOURCE);
        trial_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_their_columns_types),
        cmocka_unit_test(origins_conditions_functions_and_defaults),
        cmocka_unit_test(bson_and_jsonb_meet),
        cmocka_unit_test(texts_must_be_utf8),
        cmocka_unit_test(one_id_in_all_its_forms),
        cmocka_unit_test(passwords_as_supabase_reads_them),
        cmocka_unit_test(a_record_becomes_rows),
        cmocka_unit_test(what_has_no_answer_is_named),
        cmocka_unit_test(damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
