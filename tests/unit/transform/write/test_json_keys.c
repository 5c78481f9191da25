/* Identities as keys of a JSON object: only the keys of the outermost object change, and nothing
 * else of the text does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_keys.h"
#include "value_sample.h"

static const struct identity left = {.strategy = IDENTITY_PAD_LEFT};

#define HEX "5f0c8a1b2c3d4e5f60718293"
#define PADDED "00000000-5f0c-8a1b-2c3d-4e5f60718293"
#define OTHER "00000000-5f0c-8a1b-2c3d-4e5f60718294"

static void keys_become_uuids(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"{}", "{}"},
        {"{'" HEX "': 1}", "{'" PADDED "': 1}"},
        {"{'" HEX "': 1.10, '5f0c8a1b2c3d4e5f60718294': 2}",
         "{'" PADDED "': 1.10, '" OTHER "': 2}"},
        {"{'5F0C8A1B2C3D4E5F60718293':1,\n '" OTHER "':[]}", "{'" PADDED "':1,\n '" OTHER "':[]}"},
        /* values that look like keys, and keys inside */
        {"{'" HEX "': '" HEX "'}", "{'" PADDED "': '" HEX "'}"},
        {"{'" HEX "': {'" HEX "': {'" HEX "': 1}}}", "{'" PADDED "': {'" HEX "': {'" HEX "': 1}}}"},
        {"{'" HEX "': ['" HEX "', {'" HEX "': 1}, '" HEX "'], '5f0c8a1b2c3d4e5f60718294': 2}",
         "{'" PADDED "': ['" HEX "', {'" HEX "': 1}, '" HEX "'], '" OTHER "': 2}"},
        /* quotes, braces and commas inside texts */
        {"{'" HEX "': 'a\\\"}, {\\\\\", '5f0c8a1b2c3d4e5f60718294': 0}",
         "{'" PADDED "': 'a\\\"}, {\\\\\", '" OTHER "': 0}"},
        {"{'" HEX "': null, '00112233-4455-6677-8899-aabbccddeeff': 1e400}",
         "{'" PADDED "': null, '00112233-4455-6677-8899-aabbccddeeff': 1e400}"},
        {"null", "null"},
    };
    struct buffer out;
    buffer_init(&out);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        buffer_clear(&out);
        const char *before = sample_quoted(cases[i].before);
        if (!json_keys_identify(&left, "books", IDENTITY_TEXTS, NULL, before, strlen(before), &out,
                                &error))
            fail_msg("%s: %s", before, error.message);
        assert_string_equal(buffer_text(&out), sample_quoted(cases[i].after));
    }
    buffer_release(&out);
}

static void a_key_that_is_nobodys_id_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"{'': 1}", "the key '' is nobody's id"},
        /* what is no object has no keys */
        {"['" HEX "', {'" HEX "': 1}]", "the value is an array, and no object whose keys are ids"},
        {"'" HEX "'", "the value is a text"},
        {"12.50", "the value is a number"},
        {"-1", "the value is a number"},
        {"true", "the value is a truth value"},
        {"", "the value is empty"},
        {"{'a\\nb': 1}", "the key 'a\\nb' is nobody's id"},
        {"{'" HEX "': 1, '': 1}", "nobody's id"},
        /* two forms of one id would be one key, and jsonb would keep one of two values */
        {"{'" HEX "': 1, '5F0C8A1B2C3D4E5F60718293': 2}",
         "two keys of the object are one id, " PADDED},
        {"{'5f0c8a1b2c3d4e5f60718294': 0, '" PADDED "': 1, 'x': 3, '" HEX "': 2}",
         "are one id, " PADDED},
    };
    struct buffer out;
    buffer_init(&out);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        const char *text = sample_quoted(cases[i].text);
        assert_false(json_keys_identify(&left, "books", IDENTITY_TEXTS, NULL, text, strlen(text),
                                        &out, &error));
        sample_assert_error(&error, ERROR_DATA, "", cases[i].part, cases[i].text);
    }
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_become_uuids),
        cmocka_unit_test(a_key_that_is_nobodys_id_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
