/* A walk takes what libbson's iterator takes, damaged or not, and gives the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value_sample.h"
#include "value_walk.h"

static bool is_same(const struct value *a, const struct value *b)
{
    bool bytes = a->type == b->type && a->bytes == b->bytes && a->length == b->length;
    switch (a->type) {
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
    case BSON_TYPE_CODE:
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return bytes;
    case BSON_TYPE_BINARY:
        return bytes && a->subtype == b->subtype;
    case BSON_TYPE_REGEX:
        return bytes && a->options == b->options;
    case BSON_TYPE_CODEWSCOPE:
        return bytes && a->scope == b->scope && a->scope_length == b->scope_length;
    case BSON_TYPE_DBPOINTER:
        return bytes && a->oid == b->oid;
    case BSON_TYPE_OID:
        return a->type == b->type && a->oid == b->oid;
    case BSON_TYPE_DECIMAL128:
        return a->type == b->type && a->decimal.low == b->decimal.low &&
               a->decimal.high == b->decimal.high;
    case BSON_TYPE_BOOL:
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DATE_TIME:
    case BSON_TYPE_TIMESTAMP:
    case BSON_TYPE_DOUBLE:
        return a->type == b->type && a->integer == b->integer;
    case BSON_TYPE_EOD:
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
    case BSON_TYPE_MINKEY:
    case BSON_TYPE_MAXKEY:
        break;
    }
    return a->type == b->type;
}

/* `bytes` is a piece of memory of its own, so that a sanitizer sees what is read behind it. */
static void compare(const uint8_t *bytes, uint32_t length, const char *what)
{
    const struct value document = {.type = BSON_TYPE_DOCUMENT, .bytes = bytes, .length = length};
    struct value_walk walk;
    struct value value;
    bson_iter_t iter;
    bool begun = bson_iter_init_from_data(&iter, bytes, length);
    if (value_walk_begin(&walk, &document) != begun)
        fail_msg("%s: begins %d", what, begun);
    if (!begun)
        return;
    while (bson_iter_next(&iter)) {
        const struct value expected = value_from_iter(&iter);
        if (!value_walk_next(&walk, &value))
            fail_msg("%s: stops at byte %u", what, bson_iter_offset(&iter));
        if (!is_same(&expected, &value) || strcmp(bson_iter_key(&iter), walk.key) != 0 ||
            walk.key_length != strlen(walk.key))
            fail_msg("%s: another value at byte %u", what, bson_iter_offset(&iter));
    }
    if (value_walk_next(&walk, &value))
        fail_msg("%s: goes on", what);
    if (value_walked(&iter, &document) != value_walk_ended(&walk))
        fail_msg("%s: ends otherwise", what);
}

static const char *const documents[] = {
    "{}",
    "{'': 1}",
    "{'i': 7, 'l': {'$numberLong': '-5'}, 'd': 1.5, 'b': true, 'n': null, 's': 'text', 'e': ''}",
    ("{'_id': {'$oid': '5f0c1d2e3a4b5c6d7e8f9012'}, 't': {'$date': {'$numberLong': '1'}}, "
    "'m': {'$numberDecimal': '1.25'}, 'u': {'$undefined': true}, 'z': {'$minKey': 1}, "
    "'y': {'$maxKey': 1}, 'ts': {'$timestamp': {'t': 1, 'i': 2}}}"),
    "{'a': ['x', 1, [true, null], {'k': 'v'}], 'o': {'p': {'q': 'r'}, 'e': {}}, 'f': []}",
    ("{'bin': {'$binary': {'base64': 'AQIDBA==', 'subType': '00'}}, 'uuid': {'$binary': "
    "{'base64': 'AAECAwQFBgcICQoLDA0ODw==', 'subType': '04'}}, 'none': {'$binary': {'base64': "
    "'', 'subType': '80'}}, 're': {'$regularExpression': {'pattern': 'a+', 'options': 'i'}}}"),
    ("{'code': {'$code': 'x'}, 'with': {'$code': 'f', '$scope': {'v': 1}}, 'sym': {'$symbol': "
    "'s'}, 'ref': {'$dbPointer': {'$ref': 'c', '$id': {'$oid': '5f0c1d2e3a4b5c6d7e8f9012'}}}}"),
};

static void every_type_is_as_libbson_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        bson_t *bson = sample_bson(documents[i]);
        compare(bson_get_data(bson), bson->len, documents[i]);
        bson_destroy(bson);
    }
}

/* Every byte in turn becomes every other, but for the document's own length. */
static void damage_is_as_libbson_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        bson_t *bson = sample_bson(documents[i]);
        uint8_t *copy = malloc(bson->len);
        assert_non_null(copy);
        memcpy(copy, bson_get_data(bson), bson->len);
        for (uint32_t at = 0; at < bson->len; at++) {
            uint8_t was = copy[at];
            for (unsigned byte = 0; byte < 256; byte++) {
                copy[at] = (uint8_t)byte;
                compare(copy, bson->len, documents[i]);
            }
            copy[at] = was;
        }
        free(copy);
        bson_destroy(bson);
    }
}

/* Cut off anywhere, with a length that says so and an end where it was cut. */
static void what_is_cut_off_is_as_libbson_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        bson_t *bson = sample_bson(documents[i]);
        for (uint32_t length = 5; length < bson->len; length++) {
            uint8_t *copy = malloc(length);
            assert_non_null(copy);
            memcpy(copy, bson_get_data(bson), length);
            memcpy(copy, &length, sizeof length);
            copy[length - 1] = 0;
            compare(copy, length, documents[i]);
            free(copy);
        }
        bson_destroy(bson);
    }
}

/* Lengths that only a multiplication by mistake, or a sign, would let pass. */
static void large_lengths_do_not_turn_over(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0,          1,          4,          5,          6,
                                       7,          8,          9,          10,         0x7FFFFFFF,
                                       0x80000000, 0xFFFFFFF0, 0xFFFFFFFB, 0xFFFFFFFC, 0xFFFFFFFF};
    static const uint8_t types[] = {0x02, 0x03, 0x04, 0x05, 0x0c, 0x0d, 0x0e, 0x0f};
    for (size_t t = 0; t < COUNT(types); t++)
        for (size_t i = 0; i < COUNT(lengths); i++) {
            uint8_t document[] = {18, 0, 0, 0, types[t], 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
            memcpy(document + 7, &lengths[i], 4);
            compare(document, sizeof document, "a length");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_as_libbson_has_it),
        cmocka_unit_test(damage_is_as_libbson_has_it),
        cmocka_unit_test(what_is_cut_off_is_as_libbson_has_it),
        cmocka_unit_test(large_lengths_do_not_turn_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
