/* The functions of "do": what each makes of each kind of value; every stored password of Appwrite
 * as Supabase Auth was measured to read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "function.h"
#include "function_cases.h"
#include "value_sample.h"

struct applied {
    bson_t *record;
    struct arena made;
    struct losses losses;
    bool lost;
    struct value value;
};

/* Apply the functions in a row to the field "v" of the record. */
static void apply(struct applied *a, const char *record, const enum mapping_function *functions,
                  size_t count)
{
    *a = (struct applied){.record = sample_bson(record)};
    losses_init(&a->losses, "accounts");
    a->losses.key = "k1";
    a->value = sample_value(a->record);
    const struct function_context context = {
        .record = bson_get_data(a->record),
        .record_length = a->record->len,
        .path = "password",
        .losses = &a->losses,
        .made = &a->made,
        .lost = &a->lost,
        .identity = &function_identity,
    };
    for (size_t i = 0; i < count; i++) {
        const struct function_call call = {.function = functions[i]};
        struct error error;
        if (!function_apply(&call, &context, &a->value, &error))
            fail_msg("%s: %s", record, error.message);
    }
}

static void release(struct applied *a)
{
    arena_release(&a->made);
    losses_release(&a->losses);
    bson_destroy(a->record);
}

static void assert_described(const struct applied *a, const char *expected, const char *what)
{
    char described[400];
    value_describe(&a->value, described, sizeof described);
    if (strcmp(described, sample_quoted(expected)) != 0)
        fail_msg("%s: %s, not %s", what, described, expected);
    assert_true(!value_is_text(&a->value) || a->value.bytes != NULL);
}

/* Of the same type and content. */
static bool is_same(const struct value *a, const struct value *b)
{
    char texts[2][200];
    value_brief(a, texts[0], sizeof texts[0]);
    value_brief(b, texts[1], sizeof texts[1]);
    return value_identical(a, b) && strcmp(texts[0], texts[1]) == 0;
}

/* All of "do" on the field "v"; `moment`: that is declared as one. */
static void try_case(const struct function_case *c, bool moment)
{
    struct applied a = {.record = function_record(c->input)};
    struct arena arena;
    struct function_call *calls;
    struct error error = {0};
    cJSON *list;
    arena_init(&arena);
    losses_init(&a.losses, "books");
    a.losses.key = "k1";
    a.value = sample_value(a.record);
    if (moment)
        value_hold_moments(&a.value);
    const struct value before = a.value;
    const struct function_context context = {
        .record = bson_get_data(a.record),
        .record_length = a.record->len,
        .path = "v",
        .losses = &a.losses,
        .made = &a.made,
        .lost = &a.lost,
        .identity = &function_identity,
    };
    size_t count = function_calls(&arena, c->calls, &list, &calls);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = function_apply(&calls[i], &context, &a.value, &error);
    if (ok != (c->output != NULL))
        fail_msg("%s of %s: %s", c->calls, c->input, ok ? "not refused" : error.message);
    if (!ok) {
        const char *behind = c->refused[0] == '[' ? strstr(c->refused, ": ") : NULL;
        char path[16];
        snprintf(path, sizeof path, "v%.*s", behind != NULL ? (int)(behind - c->refused) : 0, c->refused);
        sample_assert_error(&error, ERROR_DATA, path, behind != NULL ? behind + 2 : c->refused, c->calls);
        assert_true(error.hint[0] != '\0');
    } else {
        bson_t *expected = function_record(c->output);
        struct value value = sample_value(expected);
        if (!is_same(&a.value, &value)) {
            char found[400];
            value_brief(&a.value, found, sizeof found);
            fail_msg("%s of %s gave %s %s", c->calls, c->input, value_kind(&a.value), found);
        }
        if (value_identical(&before, &a.value) != (strcmp(c->input, c->output) == 0))
            fail_msg("%s of %s: is it a change?", c->calls, c->input);
        bson_destroy(expected);
    }
    cJSON_Delete(list);
    arena_release(&arena);
    release(&a);
}

static void functions_make_of_values_what_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(function_cases); i++)
        try_case(&function_cases[i], false);
}

static void moments_are_dates_and_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(moment_function_cases); i++)
        try_case(&moment_function_cases[i], true);
}

static void every_example_is_true(void **state)
{
    (void)state;
    for (size_t f = 0; f < FUNCTION_COUNT; f++) {
        const struct function_entry *entry = &mapping_functions[f];
        char calls[300];
        snprintf(calls, sizeof calls, "[%s]", entry->call);
        try_case(&(struct function_case){calls, entry->input, entry->output, NULL}, false);
    }
}

/* What is given up beside a value that stays is on record, in its own words. */
static void what_goes_with_a_change_is_on_record(void **state)
{
    (void)state;
    static const struct {
        const char *calls, *input, *losses;
    } cases[] = {
        {"[{'day': 'UTC'}]", DATE("1714559400000"),
         "books|k1|v|day|2024-05-01T10:30:00Z|its date, without the time\n"},
        {"[{'day': 'UTC'}]", DATE("1714521600000"), ""},
        {"[{'day': 'Europe/Berlin'}]", DATE("1714521600000"),
         "books|k1|v|day|2024-05-01T00:00:00Z|its date, without the time\n"},
        {"[{'day': 'Europe/Berlin'}]", DATE("1714600800000"), ""},
        {"[{'epoch': 's'}]", STAMP("1704067200", "2"), "books|k1|v|epoch|1704067200,2|its seconds\n"},
        {"[{'epoch': 's'}]", STAMP("1704067200", "0"), ""},
        {"['lower', 'trim']", "' A '", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct applied a = {.record = function_record(cases[i].input)};
        struct arena arena;
        struct function_call *calls;
        struct error error;
        cJSON *list;
        arena_init(&arena);
        losses_init(&a.losses, "books");
        a.losses.key = "k1";
        a.value = sample_value(a.record);
        const struct function_context context = {
            .path = "v", .losses = &a.losses, .made = &a.made, .lost = &a.lost};
        size_t count = function_calls(&arena, cases[i].calls, &list, &calls);
        for (size_t k = 0; k < count; k++)
            assert_true(function_apply(&calls[k], &context, &a.value, &error));
        sample_assert_tuples(&a.losses.tuples, NULL, cases[i].losses);
        assert_false(a.lost); /* the value is there */
        cJSON_Delete(list);
        arena_release(&arena);
        release(&a);
    }
}

#define BCRYPT53 "kPzKsYfRb2CMwSrWJPNUUO4pxFz1hrPzLJm6zyQTqRTV0Xv8NHhPK"
#define SALT_HASH "YXBwd3JpdGU$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI"
#define ARGON(head) head "$" SALT_HASH
#define FIREBASE_HASH                                                                              \
    "UlM7JiXRcQhzAGlaonpSqNSLIz475WMddOgLjej5De9vxTy48K6WtqlEzrRFeK4t0COfMhWCb8wuMHgxOFCHFQ=="
#define SIGNER                                                                                     \
    "XyEKE9RcTDeLEsL/RjwPDBv/RqDl8fb3gpYEOQaPihbxf1ZAtSOHCjuAAa7Q3oHpCYhXSN9tizHgVOwn6krflQ=="

/* A hash that Supabase Auth signs in with stays; any other becomes empty and is on record. */
static void passwords_are_kept_or_reset(void **state)
{
    (void)state;
    static const struct {
        const char *hash;
        bool kept;
    } cases[] = {
        {"$2a$10$" BCRYPT53, true},
        {"$2b$04$" BCRYPT53, true},
        {"$2y$12$" BCRYPT53, true},
        {"$2x$10$" BCRYPT53, true},
        {"$2$10$" BCRYPT53, true},
        {"$2a$17$" BCRYPT53, true},
        {"$2a$15$xX/myGbFU.ZSKHSi6EHdBOySTdYm8QxBLXmOPHrYMwV0mHRBBSBOq", true},
        {"$2a$18$" BCRYPT53, false}, /* outlives the server's time-out */
        {"$2a$03$" BCRYPT53, false},
        {"$2a$31$" BCRYPT53, false},
        {"$2c$10$" BCRYPT53, false},
        {"$2a$1x$" BCRYPT53, false},
        {"$2a$1$" BCRYPT53 "x", false},
        {" $2a$10$" BCRYPT53, false},
        {"{CRYPT}$2a$10$" BCRYPT53, false},
        {"!$2a$10$" BCRYPT53, false},
        {"$2a$10$kPzKsYfRb2CMwSrWJPNUUO4pxFz1hrPzLJm6zyQTqRTV0Xv8NHhP!", false},
        {"$2a$10$kPzKsYfRb2CMwSrWJPNUUO4pxFz1hrPzLJm6zyQTqRTV0Xv8NHhP", false},
        {"$2a$10$" BCRYPT53 "\\n", false},
        {"$2", false},
        {"$2a", false},
        {ARGON("$argon2id$v=19$m=65536,t=4,p=3"), true},
        {ARGON("$argon2i$v=19$m=20,t=3,p=2"), true},
        {ARGON("$argon2id$v=19$m=1048575,t=20,p=16"), true},
        {ARGON("$argon2id$v=19$m=1048576,t=4,p=3"), false},
        {ARGON("$argon2id$v=19$m=65536,t=21,p=3"), false},
        {ARGON("$argon2id$v=19$m=65536,t=4,p=17"), false},
        {ARGON("$argon2id$v=19$m=65536,t=0,p=3"), false},
        {ARGON("$argon2id$v=19$m=65536,t=4,p=0"), false},
        {ARGON("$argon2d$v=19$m=65536,t=4,p=3"), false},
        {ARGON("$argon2id$v=16$m=65536,t=4,p=3"), false},
        {ARGON("$argon2id$m=65536,t=4,p=3"), false},
        {ARGON("$argon2id$v=19$t=4,m=65536,p=3"), false},
        {ARGON("$argon2id$v=19$m=65536,t=4,p=3,keyid=x"), false},
        {ARGON("$argon2id$v=19$m=99999999999999999999999,t=4,p=3"), false},
        {ARGON("$argon2id$v=19$m=-1,t=4,p=3"), false},
        {ARGON("$argon2id$v=19$m=65536,t=4,p=3") "\\n", false},
        {ARGON("$argon2id$v=19$m=65536,t=4,p=3") "=", false},
        {"$argon2id$v=19$m=65536,t=4,p=3$YXBwd3JpdGU=$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI",
         false},
        {"$argon2id$v=19$m=65536,t=4,p=3$$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI", false},
        {"$argon2id$v=19$m=65536,t=4,p=3$YXBwd3JpdGU$", false},
        {"$argon2id$v=19$m=65536,t=4,p=3$YXBwd3JpdGU", false},
        {"$argon2id$v=19$m=65536,t=4,p=3", false},
        {"$argon2id$", false},
        {"$P$Br387rwferoKN7uwHZqNMu98q3U8RO.", false},
        {"144fa7eaa4904e8ee120651997f70dcc", false},
        {"$1$abc$def", false},
        {"$6$abc$def", false},
        {"*", false},
        {"secret", false},
        {"a\\u0000b", false},
    };
    static const enum mapping_function password = FUNCTION_PASSWORD;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct applied a;
        char record[400];
        snprintf(record, sizeof record, "{'v': '%s', 'hash': 'phpass'}", cases[i].hash);
        apply(&a, record, &password, 1);
        bool kept = a.value.length > 0;
        if (kept != cases[i].kept)
            fail_msg("%s is %s", cases[i].hash, kept ? "kept" : "reset");
        if (kept)
            assert_memory_equal(a.value.bytes, cases[i].hash, a.value.length);
        assert_int_equal(value_is_text(&a.value), true);
        /* by the string, not by the name of the algorithm; never the hash itself on record */
        sample_assert_tuples(&a.losses.tuples, NULL,
                             kept ? ""
                                  : "accounts|k1|password|password_reset|a hash of the kind "
                                    "phpass|empty: the user must reset the password\n");
        release(&a);
    }
}

/* auth.users.encrypted_password has 255 characters. */
static void a_hash_longer_than_the_column_is_reset(void **state)
{
    (void)state;
    static const enum mapping_function password = FUNCTION_PASSWORD;
    for (size_t length = 254; length <= 257; length++) {
        char hash[300] = "$argon2id$v=19$m=65536,t=4,p=3$YXBwd3JpdGU$", record[400];
        size_t used = strlen(hash);
        memset(hash + used, 'A', length - used);
        if ((length - used) % 4 == 1)
            continue; /* no base64 */
        snprintf(record, sizeof record, "{'v': '%.*s'}", (int)length, hash);
        struct applied a;
        apply(&a, record, &password, 1);
        assert_int_equal(a.value.length > 0, length <= 255);
        release(&a);
    }
}

static void firebase_hashes_are_written_anew(void **state)
{
    (void)state;
    static const struct {
        const char *hash, *kind, *options, *made; /* NULL: reset */
    } cases[] = {
        {FIREBASE_HASH, "scryptMod",
         "{'signerKey': '" SIGNER
         "', 'saltSeparator': 'Bw==', 'salt': 'UxLMreBr6tYyjQ==', 'type': 'scryptMod'}",
         "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" SIGNER "$UxLMreBr6tYyjQ==$" FIREBASE_HASH},
        {FIREBASE_HASH, "scryptMod",
         "{'signerKey': '" SIGNER "', 'saltSeparator': '', 'salt': 'UxLMreBr6tYyjQ=='}",
         "$fbscrypt$v=1,n=14,r=8,p=1,sk=" SIGNER "$UxLMreBr6tYyjQ==$" FIREBASE_HASH},
        {FIREBASE_HASH, "scryptMod", "{'signerKey': '" SIGNER "', 'salt': 'UxLMreBr6tYyjQ=='}",
         "$fbscrypt$v=1,n=14,r=8,p=1,sk=" SIGNER "$UxLMreBr6tYyjQ==$" FIREBASE_HASH},
        {"AAAA", "scryptMod", "{'signerKey': 'AAA=', 'salt': 'AA=='}",
         "$fbscrypt$v=1,n=14,r=8,p=1,sk=AAA=$AA==$AAAA"},
        {"AAAA", "scrypt", "{'signerKey': 'AAA=', 'salt': 'AA=='}", NULL},
        {"AAAA", "scryptMod", "{'salt': 'AA=='}", NULL},
        {"AAAA", "scryptMod", "{'signerKey': 'AAA='}", NULL},
        {"AAAA", "scryptMod", "{}", NULL},
        {"AAAA", "scryptMod", "null", NULL},
        /* Appwrite takes them without padding, too */
        {"AAA", "scryptMod", "{'signerKey': 'AAA', 'salt': 'AA', 'saltSeparator': 'Bw'}",
         "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=AAA=$AA==$AAA="},
        {"AAAA", "scryptMod", "{'signerKey': 'A-_=', 'salt': 'AA=='}", NULL}, /* url-safe */
        {"AAAA", "scryptMod", "{'signerKey': 'A===', 'salt': 'AA=='}", NULL},
        {"AAAA", "scryptMod", "{'signerKey': 'AAA=', 'salt': ''}", NULL},
        {"AAAA", "scryptMod", "{'signerKey': 7, 'salt': 'AA=='}", NULL},
        {"AAAA", "scryptMod", "{'signerKey': 'AAA=', 'salt': 'AA==', 'saltSeparator': 'B'}", NULL},
        {"AAAAA", "scryptMod", "{'signerKey': 'AAA=', 'salt': 'AA=='}", NULL}, /* no base64 */
        {"AA=", "scryptMod", "{'signerKey': 'AAA=', 'salt': 'AA=='}",
         "$fbscrypt$v=1,n=14,r=8,p=1,sk=AAA=$AA==$AA=="},
        {"AA\\u0000A", "scryptMod", "{'signerKey': 'AAA=', 'salt': 'AA=='}", NULL},
        /* together longer than the column */
        {FIREBASE_HASH, "scryptMod", "{'signerKey': '" SIGNER "', 'salt': '" SIGNER "'}", NULL},
    };
    static const enum mapping_function password = FUNCTION_PASSWORD;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct applied a;
        char record[800];
        snprintf(record, sizeof record, "{'v': '%s', 'hash': '%s', 'hashOptions': %s}",
                 cases[i].hash, cases[i].kind, cases[i].options);
        apply(&a, record, &password, 1);
        const char *made = cases[i].made != NULL ? cases[i].made : "";
        if (a.value.length != strlen(made) || memcmp(a.value.bytes, made, a.value.length) != 0)
            fail_msg("%s became %.*s", record, (int)a.value.length, (const char *)a.value.bytes);
        assert_int_equal(a.losses.count, cases[i].made == NULL);
        assert_int_equal(a.lost, cases[i].made == NULL);
        release(&a);
    }
}

/* Who never had a password needs no reset; what is no text at all does not fit the column, and that
 * is for the column to say. */
static void no_password_is_no_loss(void **state)
{
    (void)state;
    static const struct {
        const char *json, *described;
    } cases[] = {
        {"{'v': null, 'hash': 'argon2'}", "the text ''"},
        {"{'hash': 'argon2'}", "the text ''"},
        {"{'v': ''}", "the text ''"},
        {"{'v': 12345}", "the int32 12345"},
        {"{'v': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}", "the ObjectId 5f0c8a1b2c3d4e5f60718293"},
    };
    static const enum mapping_function password = FUNCTION_PASSWORD;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct applied a;
        apply(&a, cases[i].json, &password, 1);
        assert_described(&a, cases[i].described, cases[i].json);
        assert_int_equal(a.losses.count, 0);
        release(&a);
    }
}

static void a_hash_that_a_function_made_is_read(void **state)
{
    (void)state;
    static const enum mapping_function functions[] = {FUNCTION_PHONE, FUNCTION_PASSWORD};
    struct applied a;
    apply(
        &a,
        "{'v': 'AA AA', 'hash': 'scryptMod', 'hashOptions': {'signerKey': 'AAA=', 'salt': 'AA=='}}",
        functions, 2);
    assert_described(&a, "the text '$fbscrypt$v=1,n=14,r=8,p=1,sk=AAA=$AA==$AAAA'", "made");
    release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_make_of_values_what_they_should),
        cmocka_unit_test(moments_are_dates_and_texts),
        cmocka_unit_test(every_example_is_true),
        cmocka_unit_test(what_goes_with_a_change_is_on_record),
        cmocka_unit_test(passwords_are_kept_or_reset),
        cmocka_unit_test(a_hash_longer_than_the_column_is_reset),
        cmocka_unit_test(firebase_hashes_are_written_anew),
        cmocka_unit_test(no_password_is_no_loss),
        cmocka_unit_test(a_hash_that_a_function_made_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
