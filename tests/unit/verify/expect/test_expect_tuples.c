/* The rows that verify expects of the tuples of a Postgres source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_trial.h"

#define COLUMN(name, type, oid, not_null)                                                          \
    "{\"name\": \"" name "\", \"type\": \"" type "\", \"oid\": " oid ", \"not_null\": " not_null "}"

/* Catalog with the columns id (the key), gone, and c of this type. */
static bool trial_tuples(struct trial *t, const char *type, const char *not_null,
                         const char *columns)
{
    char catalog[700], mapping[700];
    snprintf(
        catalog, sizeof catalog,
        "{\"name\": \"books\", \"columns\": [" COLUMN("id", "integer", "23", "true") ", " COLUMN(
            "gone", "text", "25", "false") ", " COLUMN("c", "%s", "0",
                                                       "%s") "], \"key\": [\"id\"]}",
        type, not_null);
    snprintf(
        mapping, sizeof mapping,
        "{\"from\": \"sql.books\", \"to\": {\"public.books\": {\"keep_shape\": true, \"columns\": "
        "{%s}}}, \"drop\": [\"gone\"]}",
        columns);
    return trial_open(t, "pad-left", catalog, mapping);
}

/* The tuple (1, NULL, the field), its bytes as hex digits; "-": NULL. */
static bool put_tuple(struct trial *t, const char *field)
{
    uint8_t payload[200] = {0, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff};
    size_t length = 18;
    for (const char *at = field; *at != '-' && *at != '\0'; at++) {
        unsigned byte;
        if (*at == ' ')
            continue;
        sscanf(at++, "%2x", &byte);
        payload[length++] = (uint8_t)byte;
    }
    uint32_t size = __builtin_bswap32(*field == '-' ? UINT32_MAX : (uint32_t)(length - 18));
    memcpy(payload + 14, &size, 4);
    return expectation_batch(t->expectation, payload, length, take_row, &t->rows, &t->records,
                             &t->filtered, &t->error);
}

static void tuples_keep_their_shape(void **state)
{
    (void)state;
    static const struct {
        const char *type, *not_null, *columns, *field, *row;
    } cases[] = {
        {"text", "false", "", "6120", "c=a |id=1"},
        {"text", "false", "", "-", "c=NULL|id=1"},
        {"character(3)", "false", "", "612020", "c=a|id=1"},
        {"character(3)", "false", "\"c\": {\"type\": \"text\"}", "612020", "c=a|id=1"},
        {"text", "false", "\"c\": {\"type\": \"char(3)\"}", "612020", "c=a|id=1"},
        {"name", "false", "\"c\": {\"type\": \"text\"}", "61", "c=a|id=1"},
        {"character varying(5)[]", "false", "\"c\": {\"type\": \"text[]\"}",
         "00000001 00000000 00000413 00000001 00000001 00000001 61", "c={\"a\"}|id=1"},
        {"smallint", "false", "\"c\": {\"type\": \"bigint\"}", "fffe", "c=-2|id=1"},
        {"real", "false", "\"c\": {\"type\": \"double precision\"}", "3fc00000", "c=1.5|id=1"},
        {"real", "false", "\"c\": {\"type\": \"double precision\"}", "3f8ccccd", "c=1.1|id=1"},
        {"character(4)", "false", "\"c\": {\"type\": \"text\"}", "61622020", "c=ab|id=1"},
        {"numeric(10,2)", "false", "\"c\": {\"type\": \"numeric\"}",
         "0002 0000 0000 0002 000c 1b58", "c=12.7|id=1"},
        {"timestamp without time zone", "false", "\"c\": {\"type\": \"timestamptz\"}",
         "0000000000000001", "c=2000-01-01 00:00:00.000001+00|id=1"},
        {"json", "false", "\"c\": {\"type\": \"jsonb\"}", "7b2261223a317d", "c={\"a\": 1}|id=1"},
        {"time without time zone", "false", "", "0000000000000001", "c=00:00:00.000001|id=1"},
        /* renamed; a constant beside it */
        {"text", "false",
         "\"a\": {\"from\": \"c\"}, \"b\": {\"const\": [true], \"type\": \"jsonb\"}", "61",
         "a=a|b=[true]|id=1"},
        {"uuid", "false", "\"c\": {\"id_of\": \"users\"}", "5f0c8a1b2c3d4e5f6071829300000000",
         "c=00000000-5f0c-8a1b-2c3d-4e5f60718293|id=1"},
        {"text", "false", "\"c\": {\"id_of\": \"users\", \"type\": \"text\"}",
         "354630433841314232433344344535463630373138323933",
         "c=00000000-5f0c-8a1b-2c3d-4e5f60718293|id=1"},
        {"text", "false", "\"c\": {\"id_of\": \"users\"}", "616263",
         "c=d9af8b10-dc3a-5749-858d-a9f11e28ecf0|id=1"},
        {"text", "false", "\"c\": {\"id_of\": \"users\"}", "", NULL},
        {"smallint", "false", "\"c\": {\"id_of\": \"books\", \"foreign_key\": false}", "fffe",
         "c=812cb3a5-92dc-5e4b-abff-9df8804e17f6|id=1"},
        {"integer", "false", "\"c\": {\"id_of\": \"books\", \"foreign_key\": false}", "fffffffe",
         "c=812cb3a5-92dc-5e4b-abff-9df8804e17f6|id=1"},
        {"bigint", "false", "\"c\": {\"id_of\": \"books\", \"foreign_key\": false}", "fffffffffffffffe",
         "c=812cb3a5-92dc-5e4b-abff-9df8804e17f6|id=1"},
        {"bigint", "false", "\"c\": {\"id_of\": \"books\", \"foreign_key\": false}", "000001", NULL},
        {"uuid", "false", "\"c\": {\"id_of\": \"users\"}", "-", "c=NULL|id=1"},
        /* {"abc": 1, "5f0c8a1b2c3d4e5f60718293": {"abc": 2}} */
        {"jsonb", "false", "\"c\": {\"keys_id_of\": \"users\"}",
         "01 7b22616263223a312c22356630633861316232633364346535663630373138323933223a7b2261626322"
         "3a327d7d",
         "c={\"00000000-5f0c-8a1b-2c3d-4e5f60718293\": {\"abc\": 2}, "
         "\"d9af8b10-dc3a-5749-858d-a9f11e28ecf0\": 1}|id=1"},
        {"jsonb", "false", "\"c\": {\"keys_id_of\": \"users\"}", "01 5b5d", NULL},
        {"jsonb", "false", "\"c\": {\"keys_id_of\": \"users\"}", "01 31", NULL},
        {"jsonb", "false", "\"c\": {\"keys_id_of\": \"users\"}", "01 6e756c6c", "c=null|id=1"},
        /* {"": 1}: nobody's id */
        {"jsonb", "false", "\"c\": {\"keys_id_of\": \"users\"}", "01 7b22223a317d", NULL},
        /* one id in two forms: capitals and not */
        {"jsonb", "false", "\"c\": {\"keys_id_of\": \"users\"}",
         "01 7b22356630633861316232633364346535663630373138323933223a312c22354630433861316232633364"
         "346535663630373138323933223a317d",
         NULL},
        /* a default is for NULL where NULL cannot be */
        {"text", "false", "\"c\": {\"default\": \"d\", \"null\": false}", "-", "c=d|id=1"},
        {"text", "true", "\"c\": {\"default\": \"d\"}", "-", "c=d|id=1"},
        {"text", "false", "\"c\": {\"default\": \"d\"}", "-", "c=NULL|id=1"},
        {"text", "false", "\"c\": {\"default\": \"d\", \"null\": false}", "", "c=|id=1"},
        {"text", "true", "", "-", NULL},
        {"text", "true", "\"c\": {\"null\": true}", "-", "c=NULL|id=1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        char expected[200];
        if (!trial_tuples(&t, cases[i].type, cases[i].not_null, cases[i].columns))
            fail_msg("%s %s: %s", cases[i].type, cases[i].columns, t.error.message);
        bool ok = put_tuple(&t, cases[i].field);
        if (ok != (cases[i].row != NULL))
            fail_msg("%s %s %s: %s", cases[i].type, cases[i].columns, cases[i].field,
                     ok ? buffer_text(&t.rows) : t.error.message);
        snprintf(expected, sizeof expected, "public.books %s\n", ok ? cases[i].row : "");
        if (ok)
            assert_string_equal(buffer_text(&t.rows), expected);
        else
            sample_assert_error(&t.error, ERROR_DATA, "c", "", cases[i].columns);
        if (!ok)
            assert_string_equal(t.error.key, "id 1");
        trial_close(&t);
    }
}

static void types_that_change_values_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"bigint", "\"c\": {\"type\": \"integer\"}"},
        {"double precision", "\"c\": {\"type\": \"real\"}"},
        {"numeric(10,3)", "\"c\": {\"type\": \"numeric(10,2)\"}"},
        {"numeric", "\"c\": {\"type\": \"numeric(10,2)\"}"},
        {"text", "\"c\": {\"type\": \"integer\"}"},
        {"timestamp with time zone", "\"c\": {\"type\": \"timestamp\"}"},
        {"jsonb", "\"c\": {\"type\": \"json\"}"},
        {"integer[]", "\"c\": {\"type\": \"bigint[]\"}"},
        {"text", "\"c\": {\"type\": \"text[]\"}"},
        {"regclass", ""},
        {"timestamp without time zone", "\"c\": {\"type\": \"timestamp(3)\"}"},
        {"interval", "\"c\": {\"type\": \"interval day to second\"}"},
        {"cidr", "\"c\": {\"type\": \"macaddr\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;
        if (trial_tuples(&t, cases[i][0], "false", cases[i][1]))
            fail_msg("%s %s passes", cases[i][0], cases[i][1]);
        assert_int_equal(t.error.code, ERROR_USAGE);
        trial_close(&t);
    }
}

static void damaged_tuples_are_found(void **state)
{
    (void)state;
    struct trial t;
    assert_true(trial_tuples(&t, "text", "true", ""));
    /* a tuple that is cut off, and one of another width */
    static const uint8_t damaged[][6] = {{0, 3, 0, 0, 0, 9}, {0, 2, 0, 0, 0, 0}, {0, 3}};
    for (size_t i = 0; i < COUNT(damaged); i++) {
        assert_false(expectation_batch(t.expectation, damaged[i], sizeof damaged[i], take_row,
                                       &t.rows, &t.records, &t.filtered, &t.error));
        assert_int_equal(t.error.code, ERROR_SOURCE);
    }
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tuples_keep_their_shape),
        cmocka_unit_test(types_that_change_values_are_refused),
        cmocka_unit_test(damaged_tuples_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
