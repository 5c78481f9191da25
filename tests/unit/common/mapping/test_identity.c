/* One UUID for one thing, whatever form its id comes in.
 *
 * The UUIDv5 vectors are what Python's uuid.uuid5(namespace, "entity/id") gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAMESPACE "8a5e1b57-6c0d-5f43-9d0a-2b1f3c7e4d11"
#define HEX "5f0c8a1b2c3d4e5f60718293"

static struct identity identity_of(enum identity_strategy strategy)
{
    struct identity identity = {.strategy = strategy};
    assert_true(uuid_parse(NAMESPACE, strlen(NAMESPACE), identity.namespace));
    return identity;
}

/* Text to text, for the tables below; "" where there is no identity. */
static void from_text(enum identity_strategy strategy, const char *entity, const char *id,
                      char out[37])
{
    const struct identity identity = identity_of(strategy);
    uint8_t uuid[16];
    out[0] = '\0';
    if (identity_from_text(&identity, entity, IDENTITY_TEXTS, id, strlen(id), uuid))
        uuid_format(uuid, out);
}

/* What one document is called in each strategy. */
static const char *const vectors[4] = {
    [IDENTITY_PAD_LEFT] = "00000000-5f0c-8a1b-2c3d-4e5f60718293",
    [IDENTITY_PAD_RIGHT] = "5f0c8a1b-2c3d-4e5f-6071-829300000000",
    [IDENTITY_UUID5] = "de09268a-0df9-5f31-8943-a05c2e88da59",
    [IDENTITY_UUID7] = "017348fb-7978-72c3-b539-7d81c60a4c00",
};

static void every_form_of_an_objectid_in_every_strategy(void **state)
{
    (void)state;
    static const char *const forms[] = {
        HEX,
        "5F0C8A1B2C3D4E5F60718293",
        "5f0C8a1B2c3D4e5F60718293",
        "00000000-5f0c-8a1b-2c3d-4e5f60718293",
        "00000000-5F0C-8A1B-2C3D-4E5F60718293",
        "000000005f0c8a1b2c3d4e5f60718293",
        "5f0c8a1b-2c3d-4e5f-6071-829300000000",
        "5f0c8a1b2c3d4e5f6071829300000000",
    };
    static const uint8_t objectid[12] = {0x5f, 0x0c, 0x8a, 0x1b, 0x2c, 0x3d,
                                         0x4e, 0x5f, 0x60, 0x71, 0x82, 0x93};
    for (int s = 0; s < 4; s++) {
        const struct identity identity = identity_of((enum identity_strategy)s);
        char text[37];
        for (size_t f = 0; f < COUNT(forms); f++) {
            from_text(identity.strategy, "books", forms[f], text);
            assert_string_equal(text, vectors[s]);
        }
        uint8_t uuid[16], left[16] = {0}, right[16] = {0};
        memcpy(left + 4, objectid, 12);
        memcpy(right, objectid, 12);
        identity_from_objectid(&identity, "books", objectid, uuid);
        uuid_format(uuid, text);
        assert_string_equal(text, vectors[s]);
        identity_from_uuid(&identity, "books", left, uuid);
        uuid_format(uuid, text);
        assert_string_equal(text, vectors[s]);
        identity_from_uuid(&identity, "books", right, uuid);
        uuid_format(uuid, text);
        assert_string_equal(text, vectors[s]);
    }
}

static void what_is_no_objectid(void **state)
{
    (void)state;
    static const struct {
        const char *entity, *id, *uuid; /* the same in every strategy */
    } cases[] = {
        {"books", "5f0c8a1b-2c3d-4e5f-6071-829300000001", "5f0c8a1b-2c3d-4e5f-6071-829300000001"},
        {"users", "8A5E1B576C0D5F439D0A2B1F3C7E4D11", "8a5e1b57-6c0d-5f43-9d0a-2b1f3c7e4d11"},
        {"accounts", "6650f1c2a1b2c3d4e5f6", "ba755918-7c37-50e8-9203-b72d686da43c"},
        {"accounts",
         "\xc3\x9cn\xc3\xaf"
         "code-id",
         "c05ba881-7ac5-5301-b9e8-7e59bb2d3a7b"},
        {"users", "42", "6dd59eb2-4096-575a-835d-d4ead72f53b6"},
        {"accounts", "a", "23ea520c-b48f-5314-aeeb-e34be570816d"},
        {"accounts", "", ""},
    };
    for (int s = 0; s < 4; s++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            char text[37];
            from_text((enum identity_strategy)s, cases[i].entity, cases[i].id, text);
            assert_string_equal(text, cases[i].uuid);
        }
}

static void names_are_of_their_entity_and_namespace(void **state)
{
    (void)state;
    static const struct {
        const char *namespace, *entity, *uuid;
    } cases[] = {
        {NAMESPACE, "users", "d71e8cec-d411-565b-80e4-94ed427c1e27"},
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "books", "f0ec80f5-1897-5acd-976b-dde1690f6242"},
        {"6ba7b811-9dad-11d1-80b4-00c04fd430c8", "books", "665e97fc-9d1e-5957-9ba3-3e6cf69aa813"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct identity identity = {.strategy = IDENTITY_UUID5};
        uint8_t uuid[16];
        char text[37];
        assert_true(uuid_parse(cases[i].namespace, 36, identity.namespace));
        assert_true(identity_from_text(&identity, cases[i].entity, IDENTITY_PLAIN, HEX, 24, uuid));
        uuid_format(uuid, text);
        assert_string_equal(text, cases[i].uuid);
    }
}

static void the_length_counts_not_the_terminator(void **state)
{
    (void)state;
    const struct identity identity = identity_of(IDENTITY_UUID5);
    uint8_t uuid[16], longer[16];
    char text[37];
    assert_true(identity_from_text(&identity, "users", IDENTITY_TEXTS, "42 and more", 2, uuid));
    uuid_format(uuid, text);
    assert_string_equal(text, "6dd59eb2-4096-575a-835d-d4ead72f53b6");
    assert_true(identity_from_text(&identity, "users", IDENTITY_TEXTS, "42\0x", 4, longer)); /* any bytes */
    assert_memory_not_equal(uuid, longer, 16);
}

/* What is taken for an id at all. */
static void texts_that_are_ids(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool plain, appwrite, any;
    } cases[] = {
        {"5f0c8a1b2c3d4e5f60718293", true, true, true},
        {"5F0C8A1B2C3D4E5F60718293", true, true, true},
        {"017348fb-7978-72c3-b539-7d81c60a4c00", true, true, true},
        {"00000000-5f0c-8a1b-2c3d-4e5f60718293", true, true, true},
        {"0173 48fb797872c3b5397d81c60a4c00", false, false, true},
        {"65f1a2b3c4d5e6f7a8b9", false, true, true}, /* as Appwrite makes them */
        {"a", false, true, true},
        {"main.user-1_x", false, true, true},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", false, true, true},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890", false, false, true},
        {".a", false, false, true},
        {"-a", false, false, true},
        {"_a", false, false, true},
        {"n/a", false, false, true},
        {"anna@example.com", false, false, true},
        {"Anna Arendt", false, false, true},
        {"\xc3\xa4", false, false, true},
        {"", false, false, false},
    };
    const struct identity identity = identity_of(IDENTITY_UUID7);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const bool taken[] = {[IDENTITY_PLAIN] = cases[i].plain,
                              [IDENTITY_APPWRITE] = cases[i].appwrite,
                              [IDENTITY_TEXTS] = cases[i].any};
        for (int ids = IDENTITY_PLAIN; ids <= IDENTITY_TEXTS; ids++) {
            uint8_t uuid[16];
            if (identity_from_text(&identity, "users", (enum identity_ids)ids, cases[i].text,
                                   strlen(cases[i].text), uuid) != taken[ids])
                fail_msg("\"%s\" as one of %s", cases[i].text, identity_ids_text((enum identity_ids)ids));
        }
    }
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 12);
}

/* Ids of random seconds and random rest, sorted; their UUIDs must be sorted and distinct, and are
 * valid version 7 that holds all of the id. */
static void version7_keeps_order_and_everything(void **state)
{
    (void)state;
    enum { IDS = 20000 };
    struct row {
        uint8_t objectid[12], uuid[16];
    } *rows = calloc(IDS, sizeof *rows);
    assert_non_null(rows);
    const struct identity identity = identity_of(IDENTITY_UUID7);
    uint64_t random = 88172645463325252; /* xorshift: the same ids in every run */
    for (size_t i = 0; i < IDS; i++) {
        for (size_t b = 0; b < 12; b++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            rows[i].objectid[b] = (uint8_t)random;
        }
        if (i % 4 == 0 && i > 0) /* neighbours that differ in their last bits only */
            memcpy(rows[i].objectid, rows[i - 1].objectid, 11);
    }
    static const uint8_t first[12] = {0};
    memcpy(rows[0].objectid, first, 12);
    memset(rows[1].objectid, 0xff, 12);
    qsort(rows, IDS, sizeof *rows, compare_ids);
    for (size_t i = 0; i < IDS; i++) {
        uint8_t *uuid = rows[i].uuid;
        const uint8_t *objectid = rows[i].objectid;
        identity_from_objectid(&identity, "any", objectid, uuid);
        assert_int_equal(uuid[6] >> 4, 7);
        assert_int_equal(uuid[8] >> 6, 2);
        uint64_t milliseconds = 0, seconds = 0, low = 0;
        for (size_t b = 0; b < 6; b++)
            milliseconds = milliseconds << 8 | uuid[b];
        for (size_t b = 0; b < 4; b++)
            seconds = seconds << 8 | objectid[b];
        assert_int_equal(milliseconds, seconds * 1000);
        for (size_t b = 8; b < 16; b++) /* 2 bits of variant, 52 of the id, 10 of zero */
            low = low << 8 | uuid[b];
        assert_int_equal(low & 1023, 0);
        uint64_t high = (uint64_t)(uuid[6] & 15) << 8 | uuid[7];
        uint64_t rest = high << 52 | (low & (UINT64_MAX >> 2)) >> 10;
        for (size_t b = 0; b < 8; b++)
            assert_int_equal((uint8_t)(rest >> (56 - 8 * b)), objectid[4 + b]);
        if (i > 0 && memcmp(rows[i - 1].objectid, objectid, 12) != 0)
            assert_true(memcmp(rows[i - 1].uuid, uuid, 16) < 0);
    }
    free(rows);
}

static void uuids_are_parsed_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"00112233-4455-6677-8899-aabbccddeeff", true},
        {"00112233-4455-6677-8899-AABBCCDDEEFF", true},
        {"00112233445566778899aabbccddeeff", true},
        {"", false},
        {"00112233-4455-6677-8899-aabbccddeef", false},
        {"00112233-4455-6677-8899-aabbccddeeff0", false},
        {"00112233445566778899aabbccddeeff00", false},
        {"0011223344556677-8899aabbccddeeff", false},
        {"001122334-455-6677-8899-aabbccddeeff", false},
        {"00112233-4455-6677-8899-aabbccddeefg", false},
        {"0011223g-4455-6677-8899-aabbccddeeff", false},
        {"00112233-4g55-6677-8899-aabbccddeeff", false},
        {"00112233-4455-66g7-8899-aabbccddeeff", false},
        {"00112233-4455-6677-889g-aabbccddeeff", false},
        {"{0112233-4455-6677-8899-aabbccddeef}", false},
        {"00112233 4455 6677 8899 aabbccddeeff", false},
        {"00112233445566778899aabbccddeef ", false},
    };
    static const uint8_t expected[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                         0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t uuid[16];
        char text[37];
        if (uuid_parse(cases[i].text, strlen(cases[i].text), uuid) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].text);
        if (!cases[i].ok)
            continue;
        assert_memory_equal(uuid, expected, 16);
        uuid_format(uuid, text);
        assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
    }
}

static void strategies_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"pad-left", "pad-right", "uuid5", "uuid7"};
    enum identity_strategy strategy;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(identity_strategy_parse(names[i], &strategy));
        assert_string_equal(identity_strategy_names[strategy], names[i]);
    }
    assert_false(identity_strategy_parse("uuid4", &strategy));
    assert_false(identity_strategy_parse("", &strategy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_an_objectid_in_every_strategy),
        cmocka_unit_test(what_is_no_objectid),
        cmocka_unit_test(names_are_of_their_entity_and_namespace),
        cmocka_unit_test(the_length_counts_not_the_terminator),
        cmocka_unit_test(texts_that_are_ids),
        cmocka_unit_test(version7_keeps_order_and_everything),
        cmocka_unit_test(uuids_are_parsed_strictly),
        cmocka_unit_test(strategies_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
