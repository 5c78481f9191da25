/* No damage to a BSON document goes unseen: what is taken for sound can be walked. */
#include "soundness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bson/bson.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text) text, sizeof text - 1

static void assert_mentions(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" does not mention \"%s\"", text, wanted);
}

/* A document with every BSON type, nested too. */
static bson_t *every_type(void)
{
    bson_t *document = bson_new(), inner, scope = BSON_INITIALIZER, array, deeper;
    bson_oid_t oid;
    bson_decimal128_t decimal;
    bson_oid_init_from_string(&oid, "5f0c8a1b2c3d4e5f60718293");
    bson_decimal128_from_string("1.10", &decimal);
    BSON_APPEND_OID(document, "_id", &oid);
    BSON_APPEND_DOUBLE(document, "double", 0.5);
    BSON_APPEND_UTF8(document, "text", "caf\xc3\xa9");
    BSON_APPEND_DOCUMENT_BEGIN(document, "object", &inner);
    BSON_APPEND_INT32(&inner, "", 1);
    BSON_APPEND_ARRAY_BEGIN(&inner, "array", &array);
    BSON_APPEND_DOCUMENT_BEGIN(&array, "0", &deeper);
    BSON_APPEND_NULL(&deeper, "null");
    bson_append_document_end(&array, &deeper);
    bson_append_array_end(&inner, &array);
    bson_append_document_end(document, &inner);
    BSON_APPEND_BINARY(document, "binary", BSON_SUBTYPE_UUID, (const uint8_t *)"0123456789abcdef",
                       16);
    BSON_APPEND_BINARY(document, "old", BSON_SUBTYPE_BINARY_DEPRECATED, (const uint8_t *)"abc", 3);
    BSON_APPEND_UNDEFINED(document, "undefined");
    BSON_APPEND_BOOL(document, "bool", true);
    BSON_APPEND_DATE_TIME(document, "date", -1);
    BSON_APPEND_REGEX(document, "regex", "^a", "i");
    BSON_APPEND_DBPOINTER(document, "pointer", "books", &oid);
    BSON_APPEND_CODE(document, "code", "f()");
    BSON_APPEND_SYMBOL(document, "symbol", "s");
    BSON_APPEND_INT32(&scope, "x", 1);
    BSON_APPEND_CODE_WITH_SCOPE(document, "scoped", "g()", &scope);
    BSON_APPEND_INT32(document, "int", -1);
    BSON_APPEND_TIMESTAMP(document, "timestamp", 1, 2);
    BSON_APPEND_INT64(document, "long", INT64_MIN);
    BSON_APPEND_DECIMAL128(document, "decimal", &decimal);
    BSON_APPEND_MINKEY(document, "min");
    BSON_APPEND_MAXKEY(document, "max");
    bson_destroy(&scope);
    return document;
}

static const struct {
    const char *bytes;
    size_t length;
    const char *problem; /* NULL: sound */
    size_t at;
} documents[] = {
    {BYTES("\5\0\0\0\0"), NULL, 0},
    {BYTES("\x0c\0\0\0\x10"
           "a\0\1\0\0\0\0"),
     NULL, 0},
    /* its own length and last byte */
    {BYTES("\6\0\0\0\0"), "wrong length", 0},
    {BYTES("\5\0\0\0\1"), "wrong length", 0},
    /* an unknown type; a type byte 0 before the end; a key without an end */
    {BYTES("\x0c\0\0\0\x14"
           "a\0\1\0\0\0\0"),
     "a field", 7},
    {BYTES("\x0c\0\0\0\0"
           "a\0\1\0\0\0\0"),
     "a field", 7},
    {BYTES("\x07\0\0\0\x0a"
           "a\0"),
     "a field", 7},
    /* a number, a bool, a text that reach or lie outside */
    {BYTES("\x0a\0\0\0\x10"
           "a\0\1\0\0"),
     "a field", 7},
    {BYTES("\x09\0\0\0\x08"
           "a\0\2\0"),
     "a field", 7},
    {BYTES("\x0e\0\0\0\x02"
           "a\0\3\0\0\0a\0\0"),
     "a field", 7},
    {BYTES("\x0e\0\0\0\x02"
           "a\0\xff\xff\xff\xff"
           "a\0\0"),
     "a field", 7},
    {BYTES("\x0e\0\0\0\x02"
           "a\0\2\0\0\0ab\0"),
     "a field", 12},
    /* a nested document that is shorter than one can be, longer than there is room, without its
     * last zero, or with damage inside */
    {BYTES("\x0d\0\0\0\x03"
           "a\0\4\0\0\0\0\0"),
     "a document in it", 7},
    {BYTES("\x0d\0\0\0\x03"
           "a\0\6\0\0\0\0\0"),
     "a field", 7},
    {BYTES("\x0d\0\0\0\x03"
           "a\0\5\0\0\0\1\0"),
     "a document in it", 7},
    {BYTES("\x0f\0\0\0\x04"
           "a\0\7\0\0\0\x14\0\0\0"),
     "a field", 13},
    {BYTES("\x0d\0\0\0\x03"
           "a\0\0\0\0\0\0\0"),
     "a document in it", 7},
    /* code with scope: a code without its zero, a scope with damage */
    {BYTES("\x17\0\0\0\x0f"
           "a\0\x0f\0\0\0\2\0\0\0xy\5\0\0\0\0\0"),
     "a text in it", 16},
    {BYTES("\x17\0\0\0\x0f"
           "a\0\x0f\0\0\0\2\0\0\0x\0\5\0\0\0\1\0"),
     "a document in it", 17},
    {BYTES("\x17\0\0\0\x0f"
           "a\0\x0f\0\0\0\2\0\0\0x\0\5\0\0\0\0\0"),
     NULL, 0},
};

static void test_soundness(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        size_t at;
        const char *problem =
            soundness_problem((const uint8_t *)documents[i].bytes, documents[i].length, &at);
        if ((problem == NULL) != (documents[i].problem == NULL))
            fail_msg("document %zu: %s", i, problem != NULL ? problem : "taken for sound");
        if (problem == NULL)
            continue;
        assert_mentions(problem, documents[i].problem);
        if (at != documents[i].at)
            fail_msg("document %zu: at %zu, not %zu", i, at, documents[i].at);
    }
}

static void test_depth(void **state)
{
    (void)state;
    for (size_t levels = 199; levels <= 202; levels++) {
        /* Each level around the innermost one: length, type, key "a", the level, final zero. */
        size_t length = 5 + 8 * (levels - 1), at;
        uint8_t *bytes = calloc(1, length);
        assert_non_null(bytes);
        for (size_t i = 0; i < levels; i++) {
            bytes[i * 7] = (uint8_t)((length - 8 * i) & 0xff);
            bytes[i * 7 + 1] = (uint8_t)((length - 8 * i) >> 8);
            if (i + 1 < levels)
                memcpy(bytes + i * 7 + 4, "\3a", 2);
        }
        assert_int_equal(soundness_problem(bytes, length, &at) == NULL, levels <= 200);
        free(bytes);
    }
}

/* Every value of the document, nested ones too, is touched; the sanitizer watches. */
static unsigned touch(const uint8_t *bytes, size_t length)
{
    bson_t document;
    bson_iter_t iter;
    unsigned sum = 0;
    assert_true(bson_init_static(&document, bytes, length));
    assert_true(bson_iter_init(&iter, &document));
    while (bson_iter_next(&iter)) {
        uint32_t size = 0, code = 0;
        const uint8_t *inner = NULL;
        sum += (unsigned)strlen(bson_iter_key(&iter));
        if (BSON_ITER_HOLDS_DOCUMENT(&iter))
            bson_iter_document(&iter, &size, &inner);
        else if (BSON_ITER_HOLDS_ARRAY(&iter))
            bson_iter_array(&iter, &size, &inner);
        else if (BSON_ITER_HOLDS_CODEWSCOPE(&iter))
            sum += (unsigned)strlen(bson_iter_codewscope(&iter, &code, &size, &inner));
        else if (BSON_ITER_HOLDS_UTF8(&iter))
            sum += (unsigned)strlen(bson_iter_utf8(&iter, &size));
        if (inner != NULL)
            sum += touch(inner, size);
    }
    return sum;
}

/* As libbson sees it, which lets a code with scope have no zero. */
static bool sound_to_libbson(const uint8_t *bytes, size_t length)
{
    bson_iter_t iter;
    if (!bson_iter_init_from_data(&iter, bytes, length))
        return false;
    while (bson_iter_next(&iter)) {
        uint32_t size = 0, code_length = 0;
        const uint8_t *inner = NULL;
        const char *code = "";
        if (BSON_ITER_HOLDS_DOCUMENT(&iter))
            bson_iter_document(&iter, &size, &inner);
        else if (BSON_ITER_HOLDS_ARRAY(&iter))
            bson_iter_array(&iter, &size, &inner);
        else if (BSON_ITER_HOLDS_CODEWSCOPE(&iter))
            code = bson_iter_codewscope(&iter, &code_length, &size, &inner);
        if (code[code_length] != '\0' ||
            (inner != NULL && !sound_to_libbson(inner, size)))
            return false;
    }
    return iter.off == length - 1;
}

/* Neither more nor less than what libbson can walk. */
static void test_every_change_of_a_byte(void **state)
{
    (void)state;
    bson_t *document = every_type();
    size_t length = document->len, sound = 0, at;
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    memcpy(bytes, bson_get_data(document), length);
    for (size_t i = 0; i < length; i++) {
        for (unsigned change = 0; change < 256; change++) {
            bytes[i] = (uint8_t)(bson_get_data(document)[i] ^ change);
            bool is_sound = soundness_problem(bytes, length, &at) == NULL;
            if (is_sound != sound_to_libbson(bytes, length))
                fail_msg("byte %zu as %02x: %s", i, bytes[i], is_sound ? "passed" : "refused");
            sound += is_sound;
        }
        bytes[i] = bson_get_data(document)[i];
    }
    assert_in_range(sound, length, 255 * length);
    free(bytes);
    bson_destroy(document);
}

static void test_every_byte_wrong(void **state)
{
    (void)state;
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x14, 0x03};
    bson_t *document = every_type();
    size_t length = document->len, passed = 0, at;
    uint8_t *bytes = malloc(length); /* exactly, so that the sanitizer sees one byte too far */
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        for (size_t change = 0; change < sizeof changes; change++) {
            memcpy(bytes, bson_get_data(document), length);
            bytes[i] ^= changes[change];
            if (soundness_problem(bytes, length, &at) == NULL) {
                passed += touch(bytes, length) > 0;
            } else {
                assert_in_range(at, 0, length);
            }
        }
    assert_in_range(passed, 1, length * sizeof changes - 1);
    free(bytes);
    bson_destroy(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_soundness),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_every_byte_wrong),
        cmocka_unit_test(test_every_change_of_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
