/* The JSON of documents: the text of every BSON type, read back by a JSON parser; what jsonb cannot
 * hold, with its path; what changes, with its line in the losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_writer.h"
#include "text_check.h"
#include "value_sample.h"

#include <jansson.h>

struct writing {
    struct buffer out;
    struct losses losses;
    struct error error;
};

static void begin(struct writing *w)
{
    *w = (struct writing){0};
    losses_init(&w->losses, "books");
    w->losses.key = "k1";
}

static void end(struct writing *w)
{
    buffer_release(&w->out);
    losses_release(&w->losses);
}

static bool put(struct writing *w, const struct value *value, bool safe_numbers)
{
    struct json_writer writer;
    buffer_clear(&w->out);
    losses_clear(&w->losses);
    json_writer_init(&writer, &w->out, &w->losses, "top", safe_numbers);
    return json_write_value(&writer, value, &w->error);
}

/* A whole document by its bytes, for what Extended JSON cannot say. */
static bool write_bytes(struct writing *w, const void *bytes, uint32_t length)
{
    const struct value document = {.type = BSON_TYPE_DOCUMENT, .bytes = bytes, .length = length};
    return put(w, &document, false);
}

static bool write_bson(struct writing *w, const bson_t *bson)
{
    return write_bytes(w, bson_get_data(bson), bson->len);
}

static void assert_json(struct buffer *out)
{
    json_error_t why;
    json_t *json = json_loadb((const char *)out->data, out->length,
                              JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
    if (json == NULL)
        fail_msg("%s: %s", buffer_text(out), why.text);
    json_decref(json);
}

#define OID "5f0c8a1b2c3d4e5f60718293"

/* Extended JSON of the field "v" and what is written. */
static const struct {
    const char *json, *text;
} types[] = {
    {"{}", "null"},
    {"{'v': null}", "null"},
    {"{'v': {'$undefined': true}}", "{'$undefined': true}"},
    {"{'v': {'$minKey': 1}}", "{'$minKey': 1}"},
    {"{'v': {'$maxKey': 1}}", "{'$maxKey': 1}"},
    {"{'v': true}", "true"},
    {"{'v': false}", "false"},
    {"{'v': {'$numberInt': '-2147483648'}}", "-2147483648"},
    {"{'v': {'$numberLong': '9223372036854775807'}}", "9223372036854775807"},
    {"{'v': {'$numberLong': '-9223372036854775808'}}", "-9223372036854775808"},
    {"{'v': {'$numberDouble': '0.1'}}", "0.1"},
    {"{'v': {'$numberDouble': '100'}}", "100"},
    {"{'v': {'$numberDouble': '-1E-7'}}", "-1e-07"},
    {"{'v': {'$numberDouble': '1.7976931348623157E308'}}", "1.7976931348623157e+308"},
    {"{'v': {'$numberDecimal': '12.70'}}", "12.70"},
    {"{'v': {'$numberDecimal': '-0.001'}}", "-0.001"},
    {"{'v': {'$numberDecimal': '1E+3'}}", "1E+3"},
    {"{'v': {'$numberDecimal': '0.00'}}", "0.00"},
    {"{'v': ''}", "''"},
    {"{'v': 'a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f'}",
     "'a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f'"},
    {"{'v': '\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf'}",
     "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf'"},
    {"{'v': {'$symbol': 's'}}", "'s'"},
    {"{'v': {'$oid': '" OID "'}}", "'" OID "'"},
    {"{'v': {'$date': {'$numberLong': '1577836800123'}}}", "'2020-01-01T00:00:00.123Z'"},
    {"{'v': {'$date': {'$numberLong': '253402300799999'}}}", "'9999-12-31T23:59:59.999Z'"},
    {"{'v': {'$date': {'$numberLong': '253402300800000'}}}",
     "{'$date': {'$numberLong': '253402300800000'}}"},
    {"{'v': {'$date': {'$numberLong': '-62167219200001'}}}",
     "{'$date': {'$numberLong': '-62167219200001'}}"},
    {"{'v': {'$binary': {'base64': '', 'subType': '00'}}}",
     "{'$binary': {'base64': '', 'subType': '00'}}"},
    {"{'v': {'$binary': {'base64': '+/8=', 'subType': '80'}}}",
     "{'$binary': {'base64': '+/8=', 'subType': '80'}}"},
    {"{'v': {'$binary': {'base64': 'AA==', 'subType': '05'}}}",
     "{'$binary': {'base64': 'AA==', 'subType': '05'}}"},
    {"{'v': {'$binary': {'base64': 'AAEC', 'subType': '00'}}}",
     "{'$binary': {'base64': 'AAEC', 'subType': '00'}}"},
    {"{'v': {'$binary': {'base64': 'ABEiM0RVZneImaq7zN3u/w==', 'subType': '04'}}}",
     "'00112233-4455-6677-8899-aabbccddeeff'"},
    {"{'v': {'$binary': {'base64': 'ABEiM0RVZneImaq7zN3u/w==', 'subType': '03'}}}",
     "{'$binary': {'base64': 'ABEiM0RVZneImaq7zN3u/w==', 'subType': '03'}}"},
    {"{'v': {'$binary': {'base64': 'ABEi', 'subType': '04'}}}",
     "{'$binary': {'base64': 'ABEi', 'subType': '04'}}"},
    {"{'v': {'$timestamp': {'t': 4294967295, 'i': 1}}}",
     "{'$timestamp': {'t': 4294967295, 'i': 1}}"},
    {"{'v': {'$regularExpression': {'pattern': 'a\\\"', 'options': 'im'}}}",
     "{'$regularExpression': {'pattern': 'a\\\"', 'options': 'im'}}"},
    {"{'v': {'$code': 'f(\\\"\\\")'}}", "{'$code': 'f(\\\"\\\")'}"},
    {"{'v': {'$code': 'f()', '$scope': {'x': {'$numberInt': '1'}}}}",
     "{'$code': 'f()', '$scope': {'x': 1}}"},
    {"{'v': {'$dbPointer': {'$ref': 'c', '$id': {'$oid': '" OID "'}}}}",
     "{'$dbPointer': {'$ref': 'c', '$id': {'$oid': '" OID "'}}}"},
    {"{'v': {}}", "{}"},
    {"{'v': []}", "[]"},
    {"{'v': {'': 1, 'b': {'a': []}, 'a.b': {}, '$x': null}}",
     "{'': 1, 'b': {'a': []}, 'a.b': {}, '$x': null}"},
    {"{'v': [1, 'a', null, [2, []], {'b': true}]}", "[1, 'a', null, [2, []], {'b': true}]"},
};

static void every_type_has_its_text(void **state)
{
    (void)state;
    struct writing w;
    begin(&w);
    for (size_t i = 0; i < COUNT(types); i++) {
        bson_t *bson = sample_bson(types[i].json);
        struct value value = sample_value(bson);
        if (!put(&w, &value, false))
            fail_msg("%s: %s", types[i].json, w.error.message);
        assert_string_equal(buffer_text(&w.out), sample_quoted(types[i].text));
        assert_int_equal(w.losses.count, 0);
        assert_json(&w.out);
        bson_destroy(bson);
    }
    end(&w);
}

static void what_jsonb_cannot_hold_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path, *part;
    } cases[] = {
        {"{'a': {'$numberDouble': 'NaN'}}", "top.a", "NaN"},
        {"{'a': {'b': [1, {'$numberDouble': 'Infinity'}]}}", "top.a.b[1]", "Infinity"},
        {"{'a': {'$numberDouble': '-Infinity'}}", "top.a", "Infinity"},
        {"{'a': {'$numberDecimal': 'NaN'}}", "top.a", "cannot hold NaN"},
        {"{'a': {'$numberDecimal': '-Infinity'}}", "top.a", "cannot hold -Infinity"},
        {"{'a': 'x\\u0000y'}", "top.a", "NUL"},
        {"{'a': {'$symbol': 'x\\u0000'}}", "top.a", "NUL"},
        {"{'a': {'$code': 'f', '$scope': {'s': '\\u0000'}}}", "top.a.s", "NUL"},
        {"{'a': 1, 'b': 2, 'a': 3}", "top.a", "twice"},
        {"{'a': {'b': {'c': 1, 'c': 1}}}", "top.a.b.c", "twice"},
        {"{'a': [{'c': 1}, {'c': 1, '': 2, '': 3}]}", "top.a[1].''", "twice"},
        {"{'a': {'$code': 'f', '$scope': {'s': 1, 's': 2}}}", "top.a.s", "twice"},
    };
    struct writing w;
    begin(&w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        if (write_bson(&w, bson))
            fail_msg("%s became %s", cases[i].json, buffer_text(&w.out));
        sample_assert_error(&w.error, ERROR_DATA, cases[i].path, cases[i].part, cases[i].json);
        assert_true(w.error.hint[0] != '\0');
        bson_destroy(bson);
    }
    end(&w);
}

/* What is no UTF-8 by RFC 3629, and what is although it looks odd. */
static const struct {
    const char *text;
    bool valid;
} utf8[] = {
    {"", true},
    {"plain", true},
    {"\xc3\xa9", true},
    {"\xef\xbf\xbe\xef\xbf\xbf", true}, /* noncharacters */
    {"\xf4\x8f\xbf\xbf", true},         /* U+10FFFF */
    {"\x7f\x01", true},
    {"12345678\xc3\xa9"
     "12345678",
     true},
    {"\xff", false},
    {"\x80", false},
    {"\xc0\x80", false}, /* overlong NUL */
    {"\xc1\xbf", false},
    {"\xe0\x80\xaf", false}, /* overlong slash */
    {"\xf0\x80\x80\xaf", false},
    {"\xed\xa0\x80", false},             /* a surrogate */
    {"\xed\xa0\xbd\xed\xb8\x80", false}, /* a pair of them */
    {"\xf4\x90\x80\x80", false},         /* beyond U+10FFFF */
    {"\xf8\x88\x80\x80\x80", false},
    {"\xe2\x82", false},        /* cut off */
    {"1234567\xe2\x82", false}, /* across the words that are checked at once */
    {"12345678\xe2\x82", false},
    {"123456789012345\xff", false},
    {"caf\xe9", false}, /* Latin 1 */
};

static void text_is_utf8_or_refused(void **state)
{
    (void)state;
    struct error error;
    for (size_t i = 0; i < COUNT(utf8); i++) {
        size_t length = strlen(utf8[i].text);
        bool valid = text_check((const uint8_t *)utf8[i].text, length, &error);
        if (valid != utf8[i].valid)
            fail_msg("case %zu", i);
        if (!valid)
            sample_assert_error(&error, ERROR_DATA, "", "no valid UTF-8", utf8[i].text);
    }
    /* NUL at every place of a word and behind it. */
    for (size_t at = 0; at < 20; at++) {
        uint8_t text[20];
        memset(text, 'x', sizeof text);
        text[at] = 0;
        assert_false(text_check(text, sizeof text, &error));
        sample_assert_error(&error, ERROR_DATA, "", "NUL", "NUL");
        assert_true(text_check(text, at, &error));
    }
}

/* Texts of every length that is looked at in another way, with every byte at every place of them.
 * Each is a piece of memory of its own: nothing before or behind it is looked at. */
static void every_byte_counts_at_every_place(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 50; length++) {
        uint8_t *text = malloc(length + 1);
        struct error error;
        assert_non_null(text);
        memset(text, 'x', length);
        text[length] = 0;
        assert_true(text_check(text, length, &error));
        for (size_t at = 0; at < length; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                text[at] = (uint8_t)byte;
                if (text_check(text, length, &error) != (byte > 0 && byte < 0x80))
                    fail_msg("%02x at %zu of %zu", byte, at, length);
            }
            text[at] = 'x';
        }
        for (size_t at = 0; at + 2 <= length; at++) {
            memcpy(text + at, "\xc3\xa9", 2);
            assert_true(text_check(text, length, &error));
            assert_false(text_check(text, at + 1, &error));
            memcpy(text + at, "xx", 2);
        }
        free(text);
    }
}

/* Everything that holds text is checked: keys, patterns and options, code, names of collections. */
static void bad_text_is_found_everywhere(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t length;
        const char *path, *part;
    } cases[] = {
        {"\x10\0\0\0\x02"
         "a\0\x04\0\0\0\xed\xa0\x80\0\0",
         16, "top.a", "UTF-8"},
        {"\x10\0\0\0\x02"
         "a\0\x04\0\0\0x\0y\0\0",
         16, "top.a", "NUL"},
        {"\x10\0\0\0\x0e"
         "a\0\x04\0\0\0\xed\xa0\x80\0\0",
         16, "top.a", "UTF-8"},
        {"\x10\0\0\0\x0d"
         "a\0\x04\0\0\0\xed\xa0\x80\0\0",
         16, "top.a", "UTF-8"},
        {"\x10\0\0\0\x0d"
         "a\0\x04\0\0\0x\0y\0\0",
         16, "top.a", "NUL"},
        {"\x0a\0\0\0\x0a\xed\xa0\x80\0\0", 10, "top.\xed\xa0\x80", "UTF-8"},
        {"\x0d\0\0\0\x0b"
         "a\0\xed\xa0\x80\0\0\0",
         13, "top.a", "UTF-8"},
        {"\x0d\0\0\0\x0b"
         "a\0\0\xed\xa0\x80\0\0",
         13, "top.a", "UTF-8"},
        {"\x1c\0\0\0\x0c"
         "a\0\x04\0\0\0\xed\xa0\x80\0"
         "123456789012\0",
         28, "top.a", "UTF-8"},
        {"\x1c\0\0\0\x0c"
         "a\0\x04\0\0\0x\0y\0"
         "123456789012\0",
         28, "top.a", "NUL"},
        {"\x19\0\0\0\x0f"
         "a\0\x11\0\0\0\x04\0\0\0x\0y\0\5\0\0\0\0\0",
         25, "top.a", "NUL"},
        {"\x12\0\0\0\x03"
         "a\0\x0a\0\0\0\x0a\xed\xa0\x80\0\0\0",
         18, "top.a.\xed\xa0\x80", "UTF-8"},
    };
    struct writing w;
    begin(&w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (write_bytes(&w, cases[i].bytes, cases[i].length))
            fail_msg("case %zu became %s", i, buffer_text(&w.out));
        sample_assert_error(&w.error, ERROR_DATA, cases[i].path, cases[i].part, cases[i].path);
    }
    end(&w);
}

static void what_changes_is_on_record(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool safe_numbers;
        const char *text, *losses;
    } cases[] = {
        {"{'v': {'$numberDouble': '-0.0'}}", false, "0", "books|k1|top|negative_zero|-0|0\n"},
        {"{'v': {'a': [{'$numberDouble': '-0.0'}]}}", false, "{'a': [0]}",
         "books|k1|top.a[0]|negative_zero|-0|0\n"},
        {"{'v': {'$numberDecimal': '-0'}}", false, "0", "books|k1|top|negative_zero|-0|0\n"},
        {"{'v': {'$numberDecimal': '-0.00'}}", false, "0.00",
         "books|k1|top|negative_zero|-0.00|0.00\n"},
        {"{'v': {'$numberDecimal': '-0E+3'}}", false, "0E+3",
         "books|k1|top|negative_zero|-0E+3|0E+3\n"},
        {"{'v': {'$numberDecimal': '-0.10'}}", false, "-0.10", ""},
        {"{'v': {'$numberLong': '9007199254740993'}}", false, "9007199254740993", ""},
        {"{'v': {'$numberLong': '9007199254740992'}}", true, "9007199254740992", ""},
        {"{'v': {'$numberLong': '9007199254740993'}}", true, "'9007199254740993'",
         "books|k1|top|safe_numbers|9007199254740993|the same digits as text\n"},
        {"{'v': {'$numberLong': '-9007199254740993'}}", true, "'-9007199254740993'",
         "books|k1|top|safe_numbers|-9007199254740993|the same digits as text\n"},
        {"{'v': {'$numberDecimal': '9007199254740993'}}", true, "'9007199254740993'",
         "books|k1|top|safe_numbers|9007199254740993|the same digits as text\n"},
        {"{'v': {'$numberDecimal': '-1E+16'}}", true, "'-10000000000000000'",
         "books|k1|top|safe_numbers|-10000000000000000|the same digits as text\n"},
        {"{'v': {'$numberDecimal': '1E+300'}}", true, "'1E+300'",
         "books|k1|top|safe_numbers|1E+300|the same digits as text\n"},
        {"{'v': {'$numberDecimal': '9007199254740992.0'}}", true, "9007199254740992.0", ""},
        {"{'v': {'$numberDecimal': '9007199254740993.5'}}", true, "9007199254740993.5", ""},
        {"{'v': [{'$numberLong': '9007199254740993'}, {'$numberDouble': '-0'}]}", true,
         "['9007199254740993', 0]",
         "books|k1|top[0]|safe_numbers|9007199254740993|the same digits as text\n"
         "books|k1|top[1]|negative_zero|-0|0\n"},
    };
    struct writing w;
    begin(&w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        struct value value = sample_value(bson);
        assert_true(put(&w, &value, cases[i].safe_numbers));
        assert_string_equal(buffer_text(&w.out), sample_quoted(cases[i].text));
        sample_assert_tuples(&w.losses.tuples, NULL, cases[i].losses);
        assert_json(&w.out);
        bson_destroy(bson);
    }
    end(&w);
}

/* A loss's path may be cut inside a character, its key may be no UTF-8: the target would refuse the
 * row and with it the batch. */
static void a_loss_is_always_valid_utf8(void **state)
{
    (void)state;
    struct losses losses;
    char *found;
    losses_init(&losses, "books");
    losses.key = "caf\xe9 noir";
    losses_add(&losses, "\xc3\xa9\xc3", "rule", "\xe2\x82", "");
    found = sample_tuples(&losses.tuples, NULL);
    assert_string_equal(found, "books|caf? noir|\xc3\xa9|rule||\n");
    free(found);
    losses_release(&losses);

    struct writing w;
    begin(&w);
    bson_t bson = BSON_INITIALIZER;
    char key[400] = "x";
    for (size_t i = 1; i + 2 < sizeof key; i += 2)
        memcpy(key + i, "\xc3\xa9", 3);
    bson_append_double(&bson, key, -1, -0.0);
    assert_true(write_bson(&w, &bson));
    assert_int_equal(w.losses.count, 1);
    found = sample_tuples(&w.losses.tuples, NULL);
    assert_true(bson_utf8_validate(found, strlen(found), false));
    free(found);
    bson_destroy(&bson);
    end(&w);
}

static void nest(bson_t *bson, int levels, bool array)
{
    bson_init(bson);
    for (int i = 1; i < levels; i++) {
        bson_t outer = BSON_INITIALIZER;
        if (array)
            bson_append_array(&outer, "0", 1, bson);
        else
            bson_append_document(&outer, "d", 1, bson);
        bson_destroy(bson);
        bson_steal(bson, &outer);
    }
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    struct writing w;
    begin(&w);
    for (int array = 0; array < 2; array++) {
        bson_t bson;
        nest(&bson, JSON_DEPTH - 1, array);
        assert_true(write_bson(&w, &bson));
        assert_json(&w.out);
        bson_destroy(&bson);
        nest(&bson, JSON_DEPTH, array);
        assert_false(write_bson(&w, &bson));
        sample_assert_error(&w.error, ERROR_DATA, NULL, "nested deeper than 200", "depth");
        bson_destroy(&bson);
    }
    end(&w);
}

static void damage_is_never_the_end_of_a_document(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t length;
    } cases[] = {
        {"\x0d\0\0\0\x12"
         "a\0\1\0\0\0\0",
         13}, /* wrong length on the outside */
        {"\x0c\0\0\0\x12"
         "a\0\1\0\0\0\0",
         12}, /* a field cut off */
        {"\x14\0\0\0\x03"
         "a\0\x0c\0\0\0\x12"
         "b\0\1\0\0\0\0\0",
         20}, /* a field cut off inside */
        {"\x14\0\0\0\x04"
         "a\0\x0c\0\0\0\x12"
         "0\0\1\0\0\0\0\0",
         20}, /* in an array */
        {"\x14\0\0\0\x03"
         "a\0\x0b\0\0\0\x10"
         "b\0\1\0\0\0\0\0",
         20}, /* a shorter length inside */
        {"\x0d\0\0\0\x03"
         "a\0\6\0\0\0\0",
         13}, /* a longer one */
        {"\x0e\0\0\0\x03"
         "a\0\6\0\0\0\0\0",
         14}, /* ends before its end */
    };
    struct writing w;
    begin(&w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (write_bytes(&w, cases[i].bytes, cases[i].length))
            fail_msg("case %zu became %s", i, buffer_text(&w.out));
        sample_assert_error(&w.error, ERROR_SOURCE, NULL, "damaged", "damage");
    }
    end(&w);
}

/* Duplicates are found wherever they stand, in documents on both sides of the size from which on
 * keys are sorted, and in one so large that looking back from every key would take minutes. */
static void duplicates_are_found_in_documents_of_any_size(void **state)
{
    (void)state;
    static const struct {
        int count, first, second; /* the field `second` has the name of `first`; -1: none does */
    } cases[] = {
        {1, -1, -1},  {2, 0, 1},    {15, 0, 14},      {16, -1, -1},
        {16, 0, 15},  {17, -1, -1}, {17, 0, 16},      {17, 15, 16},
        {18, 16, 17}, {18, 0, 1},   {300000, -1, -1}, {300000, 7, 299999},
    };
    struct writing w;
    begin(&w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t bson = BSON_INITIALIZER;
        char name[16], path[32];
        for (int field = 0; field < cases[i].count; field++) {
            int number = field == cases[i].second ? cases[i].first : field;
            snprintf(name, sizeof name, "f%d", number);
            bson_append_null(&bson, name, -1);
        }
        bool ok = write_bson(&w, &bson);
        assert_int_equal(ok, cases[i].first < 0);
        snprintf(path, sizeof path, "top.f%d", cases[i].first);
        if (!ok)
            sample_assert_error(&w.error, ERROR_DATA, path, "twice", path);
        bson_destroy(&bson);
    }
    end(&w);
}

/* Every first two bytes, with what may follow them, amid ASCII: as libbson has it. */
static void every_character_is_as_libbson_has_it(void **state)
{
    (void)state;
    static const uint8_t ends[][2] = {{'a', 'b'}, {0x80, 'b'}, {0x80, 0xBF}, {0xBF, 0x80},
                                      {0x80, 0xC0}, {0x7F, 0x80}, {0x80, 0}};
    for (unsigned pair = 0; pair < 0x10000; pair++)
        for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
            const uint8_t text[] = {'a', (uint8_t)(pair >> 8), (uint8_t)pair, ends[e][0], ends[e][1]};
            for (size_t length = 2; length <= sizeof text; length++) {
                struct error error = {0};
                if (text_check(text, length, &error) !=
                    bson_utf8_validate((const char *)text, length, false))
                    fail_msg("%02x %02x %02x %02x, %zu bytes", text[1], text[2], text[3], text[4],
                             length);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_text),
        cmocka_unit_test(what_jsonb_cannot_hold_is_named),
        cmocka_unit_test(text_is_utf8_or_refused),
        cmocka_unit_test(every_byte_counts_at_every_place),
        cmocka_unit_test(bad_text_is_found_everywhere),
        cmocka_unit_test(what_changes_is_on_record),
        cmocka_unit_test(a_loss_is_always_valid_utf8),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(damage_is_never_the_end_of_a_document),
        cmocka_unit_test(every_character_is_as_libbson_has_it),
        cmocka_unit_test(duplicates_are_found_in_documents_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
