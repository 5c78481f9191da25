/* Values to binary COPY fields. The table of types is whole: for every BSON type all PostgreSQL
 * types that take it are listed with the bytes, and every other type must refuse it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encode.h"
#include "value_sample.h"

static const struct identity seven = {.strategy = IDENTITY_UUID7,
                                      .namespace = "\x8a\x5e\x1b\x57\x6c\x0d\x5f\x43"
                                                   "\x9d\x0a\x2b\x1f\x3c\x7e\x4d\x11"};

struct encoded {
    struct buffer out;
    struct losses losses;
    struct error error;
};

static void begin(struct encoded *e)
{
    *e = (struct encoded){0};
    losses_init(&e->losses, "books");
}

static void end(struct encoded *e)
{
    buffer_release(&e->out);
    losses_release(&e->losses);
}

static struct pgtype type_of(const char *text)
{
    struct pgtype type;
    struct error error;
    if (!pgtype_parse(text, &type, &error))
        fail_msg("%s", error.message);
    return type;
}

static bool encode(struct encoded *e, const char *type, const char *id_entity,
                   const struct value *value)
{
    const struct encoding encoding = {
        .type = type_of(type),
        .identity = &seven,
        .id_entity = id_entity,
        .ids = IDENTITY_TEXTS,
        .path = "a.b",
        .losses = &e->losses,
    };
    buffer_clear(&e->out);
    buffer_putc(&e->out, 'x'); /* what stands before stays */
    return encode_field(&encoding, value, &e->out, &e->error);
}

/* The field that was written: its length is right, and its payload has these bytes: NULL, hex
 * digits, or behind an equals sign as they are. */
static void assert_field(const struct encoded *e, const char *bytes, const char *what)
{
    const struct buffer *out = &e->out;
    assert_true(out->length >= 5 && out->data[0] == 'x');
    struct buffer payload = {.data = out->data + 5, .length = out->length - 5};
    if (strcmp(bytes, "NULL") == 0) {
        assert_int_equal(out->length, 5);
        assert_int_equal(get_be32(out->data + 1), UINT32_MAX);
        return;
    }
    if (bytes[0] == '=')
        bytes = sample_hex(sample_quoted(bytes + 1), strlen(bytes) - 1);
    sample_assert_hex(&payload, bytes, what);
    assert_int_equal(get_be32(out->data + 1), payload.length);
}

static const char *const scalar_types[] = {
    "boolean", "smallint",  "integer",     "bigint",   "real",  "double precision",
    "numeric", "text",      "varchar(40)", "char(40)", "bytea", "uuid",
    "date",    "timestamp", "timestamptz", "json",     "jsonb",
};

/* clang-format off */
#define V(value) "{'v': " value "}"
#define OID V("{'$oid': '5f0c8a1b2c3d4e5f60718293'}")
#define BINARY(base64, subtype)                                                                    \
    V("{'$binary': {'base64': '" base64 "', 'subType': '" subtype "'}}")
#define TEXTS(text) {"text", "=" text}, {"varchar(40)", "=" text}, {"char(40)", "=" text}
#define JSONS(text) {"json", "=" text}, {"jsonb", "=\x01" text}
#define ONE_IN_NUMBERS                                                                             \
    {"smallint", "0001"}, {"integer", "00000001"}, {"bigint", "0000000000000001"}
#define NULLS                                                                                      \
    {{"boolean", "NULL"}, {"smallint", "NULL"}, {"integer", "NULL"}, {"bigint", "NULL"},           \
     {"real", "NULL"}, {"double precision", "NULL"}, {"numeric", "NULL"}, {"text", "NULL"},        \
     {"varchar(40)", "NULL"}, {"char(40)", "NULL"}, {"bytea", "NULL"}, {"uuid", "NULL"},           \
     {"date", "NULL"}, {"timestamp", "NULL"}, {"timestamptz", "NULL"}, {"json", "NULL"},           \
     {"jsonb", "NULL"}}
/* clang-format on */

static const struct {
    const char *json;
    struct {
        const char *type, *hex;
    } takes[17];
} table[] = {
    {"{}", NULLS},
    {V("null"), NULLS},
    {V("{'$undefined': true}"), NULLS},
    {V("{'$numberDouble': '1'}"),
     {ONE_IN_NUMBERS,
      {"real", "3f800000"},
      {"double precision", "3ff0000000000000"},
      {"numeric", "0001 0000 0000 0000 0001"},
      JSONS("1")}},
    {V("{'$numberDouble': '0.5'}"),
     {{"real", "3f000000"},
      {"double precision", "3fe0000000000000"},
      {"numeric", "0001 ffff 0000 0001 1388"},
      JSONS("0.5")}},
    {V("{'$numberDouble': '0.1'}"), /* no float4, it would be rounded */
     {{"double precision", "3fb999999999999a"},
      {"numeric", "0001 ffff 0000 0001 03e8"},
      JSONS("0.1")}},
    {V("{'$numberDouble': 'NaN'}"), {{NULL, NULL}}},
    {V("{'$numberDouble': '-Infinity'}"), {{NULL, NULL}}},
    {V("{'$numberDouble': 'Infinity'}"), {{NULL, NULL}}},
    {V("{'$numberDouble': '-0.0'}"),
     {{"smallint", "0000"},
      {"integer", "00000000"},
      {"bigint", "0000000000000000"},
      {"real", "80000000"},
      {"double precision", "8000000000000000"},
      {"numeric", "0000 0000 0000 0000"},
      JSONS("0")}},
    {V("'1'"), {TEXTS("1"), JSONS("'1'")}},
    {V("''"), {TEXTS(""), JSONS("''")}},
    {V("'true'"), {TEXTS("true"), JSONS("'true'")}},
    {V("'00112233-4455-6677-8899-AABBCCDDEEFF'"),
     {TEXTS("00112233-4455-6677-8899-AABBCCDDEEFF"),
      {"uuid", "00112233445566778899aabbccddeeff"},
      JSONS("'00112233-4455-6677-8899-AABBCCDDEEFF'")}},
    {V("'00112233445566778899aabbccddeeff'"),
     {TEXTS("00112233445566778899aabbccddeeff"),
      {"uuid", "00112233445566778899aabbccddeeff"},
      JSONS("'00112233445566778899aabbccddeeff'")}},
    {V("'2000-01-02'"),
     {TEXTS("2000-01-02"),
      {"date", "00000001"},
      {"timestamp", "000000141dd76000"},
      JSONS("'2000-01-02'")}},
    {V("'2000-01-01T00:00:00.000001'"),
     {TEXTS("2000-01-01T00:00:00.000001"),
      {"timestamp", "0000000000000001"},
      JSONS("'2000-01-01T00:00:00.000001'")}},
    {V("'2000-01-01T01:00:00+01:00'"),
     {TEXTS("2000-01-01T01:00:00+01:00"),
      {"timestamptz", "0000000000000000"},
      JSONS("'2000-01-01T01:00:00+01:00'")}},
    {V("{'a': 1}"), {JSONS("{'a': 1}")}},
    {V("{}"), {JSONS("{}")}},
    {V("[1, 2]"), {JSONS("[1, 2]")}},
    {BINARY("", "00"), {{"bytea", ""}, JSONS("{'$binary': {'base64': '', 'subType': '00'}}")}},
    {BINARY("AP8=", "80"),
     {{"bytea", "00ff"}, JSONS("{'$binary': {'base64': 'AP8=', 'subType': '80'}}")}},
    {BINARY("AP8=", "02"), /* the old form, without its inner length */
     {{"bytea", "00ff"}, JSONS("{'$binary': {'base64': 'AP8=', 'subType': '02'}}")}},
    {BINARY("AP8=", "04"), /* no UUID, for its length */
     {{"bytea", "00ff"}, JSONS("{'$binary': {'base64': 'AP8=', 'subType': '04'}}")}},
    {BINARY("ABEiM0RVZneImaq7zN3u/w==", "04"),
     {{"bytea", "00112233445566778899aabbccddeeff"},
      {"uuid", "00112233445566778899aabbccddeeff"},
      JSONS("'00112233-4455-6677-8899-aabbccddeeff'")}},
    {BINARY("ABEiM0RVZneImaq7zN3u/w==", "03"),
     {{"bytea", "00112233445566778899aabbccddeeff"},
      JSONS("{'$binary': {'base64': 'ABEiM0RVZneImaq7zN3u/w==', 'subType': '03'}}")}},
    {OID,
     {TEXTS("5f0c8a1b2c3d4e5f60718293"),
      {"bytea", "5f0c8a1b2c3d4e5f60718293"},
      JSONS("'5f0c8a1b2c3d4e5f60718293'")}},
    {V("true"), {{"boolean", "01"}, JSONS("true")}},
    {V("false"), {{"boolean", "00"}, JSONS("false")}},
    {V("{'$date': {'$numberLong': '946771200000'}}"), /* a midnight */
     {{"date", "00000001"},
      {"timestamp", "000000141dd76000"},
      {"timestamptz", "000000141dd76000"},
      JSONS("'2000-01-02T00:00:00.000Z'")}},
    {V("{'$date': {'$numberLong': '946684799999'}}"),
     {{"timestamp", "fffffffffffffc18"},
      {"timestamptz", "fffffffffffffc18"},
      JSONS("'1999-12-31T23:59:59.999Z'")}},
    {V("{'$date': {'$numberLong': '946598400000'}}"), /* a midnight before 2000 */
     {{"date", "ffffffff"},
      {"timestamp", "ffffffebe228a000"},
      {"timestamptz", "ffffffebe228a000"},
      JSONS("'1999-12-31T00:00:00.000Z'")}},
    {V("{'$date': {'$numberLong': '-210866803200000'}}"), /* the first that there is */
     {{"date", "ffda97a7"},
      {"timestamp", "fd0f7cc1411fa000"},
      {"timestamptz", "fd0f7cc1411fa000"},
      JSONS("{'$date': {'$numberLong': '-210866803200000'}}")}},
    {V("{'$date': {'$numberLong': '9224318015999999'}}"), /* the last */
     {{"timestamp", "7fffff5bb3b29c18"},
      {"timestamptz", "7fffff5bb3b29c18"},
      JSONS("{'$date': {'$numberLong': '9224318015999999'}}")}},
    {V("{'$date': {'$numberLong': '9224318016000000'}}"), /* one beyond: as JSON only */
     {JSONS("{'$date': {'$numberLong': '9224318016000000'}}")}},
    {V("{'$date': {'$numberLong': '-210866803200001'}}"),
     {JSONS("{'$date': {'$numberLong': '-210866803200001'}}")}},
    {V("{'$regularExpression': {'pattern': 'a', 'options': ''}}"),
     {JSONS("{'$regularExpression': {'pattern': 'a', 'options': ''}}")}},
    {V("{'$dbPointer': {'$ref': 'c', '$id': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}}"),
     {JSONS("{'$dbPointer': {'$ref': 'c', '$id': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}}")}},
    {V("{'$code': 'f'}"), {TEXTS("f"), JSONS("{'$code': 'f'}")}},
    {V("{'$symbol': 's'}"), {TEXTS("s"), JSONS("'s'")}},
    {V("{'$code': 'f', '$scope': {}}"), {JSONS("{'$code': 'f', '$scope': {}}")}},
    {V("{'$numberInt': '1'}"),
     {ONE_IN_NUMBERS,
      {"real", "3f800000"},
      {"double precision", "3ff0000000000000"},
      {"numeric", "0001 0000 0000 0000 0001"},
      JSONS("1")}},
    {V("{'$numberInt': '-2147483648'}"), /* fits into a float4, being a power of two */
     {{"integer", "80000000"},
      {"bigint", "ffffffff80000000"},
      {"real", "cf000000"},
      {"double precision", "c1e0000000000000"},
      {"numeric", "0003 0002 4000 0000 0015 128c 0e40"},
      JSONS("-2147483648")}},
    {V("{'$timestamp': {'t': 1, 'i': 2}}"), {JSONS("{'$timestamp': {'t': 1, 'i': 2}}")}},
    {V("{'$numberLong': '1'}"),
     {ONE_IN_NUMBERS,
      {"real", "3f800000"},
      {"double precision", "3ff0000000000000"},
      {"numeric", "0001 0000 0000 0000 0001"},
      JSONS("1")}},
    {V("{'$numberLong': '9223372036854775807'}"), /* no float holds it */
     {{"bigint", "7fffffffffffffff"},
      {"numeric", "0005 0004 0000 0000 039a 0d2c 0170 1565 16af"},
      JSONS("9223372036854775807")}},
    {V("{'$numberDecimal': '1'}"),
     {ONE_IN_NUMBERS,
      {"real", "3f800000"},
      {"double precision", "3ff0000000000000"},
      {"numeric", "0001 0000 0000 0000 0001"},
      JSONS("1")}},
    {V("{'$numberDecimal': '1.50'}"),
     {{"real", "3fc00000"},
      {"double precision", "3ff8000000000000"},
      {"numeric", "0002 0000 0000 0002 0001 1388"},
      JSONS("1.50")}},
    {V("{'$numberDecimal': 'NaN'}"), {{NULL, NULL}}},
    {V("{'$numberDecimal': 'Infinity'}"), {{NULL, NULL}}},
    {V("{'$minKey': 1}"), {JSONS("{'$minKey': 1}")}},
    {V("{'$maxKey': 1}"), {JSONS("{'$maxKey': 1}")}},
};

static void every_type_meets_every_type(void **state)
{
    (void)state;
    struct encoded e;
    begin(&e);
    for (size_t row = 0; row < COUNT(table); row++) {
        bson_t *bson = sample_bson(table[row].json);
        struct value value = sample_value(bson);
        size_t met = 0, listed = 0;
        while (listed < COUNT(table[row].takes) && table[row].takes[listed].type != NULL)
            listed++;
        for (size_t t = 0; t < COUNT(scalar_types); t++) {
            char what[200];
            const char *hex = NULL;
            snprintf(what, sizeof what, "%s as %s", table[row].json, scalar_types[t]);
            for (size_t i = 0; i < listed && hex == NULL; i++)
                if (strcmp(table[row].takes[i].type, scalar_types[t]) == 0)
                    hex = table[row].takes[i].hex;
            bool ok = encode(&e, scalar_types[t], NULL, &value);
            if (ok != (hex != NULL))
                fail_msg("%s: %s", what, ok ? "is taken" : e.error.message);
            met += ok;
            if (ok) {
                assert_field(&e, hex, what);
                continue;
            }
            sample_assert_error(&e.error, ERROR_DATA, "a.b", "", what);
            assert_true(e.error.hint[0] != '\0');
        }
        assert_int_equal(met, listed);
        bson_destroy(bson);
    }
    end(&e);
}

static void an_address_is_family_mask_and_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes; /* NULL: it is none */
    } cases[] = {
        {"10.0.0.1", "022000040a000001"},
        {"10.0.0.0/8", "020800040a000000"},
        {"0.0.0.0/0", "0200000400000000"},
        {"::1", "0380001000000000000000000000000000000001"},
        {"2001:db8::/32", "0320001020010db8000000000000000000000000"},
        {"10.0.0.1/33", NULL},
        {"10.0.0.1/", NULL},
        {"10.0.0.1/8x", NULL},
        {"10.0.0", NULL},
        {"::1/129", NULL},
        {"", NULL},
        {"00000000000000000000000000000000000000000000000000000001", NULL},
    };
    struct encoded e;
    begin(&e);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct value value = value_from_text(cases[i].text, strlen(cases[i].text));
        bool ok = encode(&e, "inet", NULL, &value);
        assert_int_equal(ok, cases[i].bytes != NULL);
        if (ok)
            assert_field(&e, cases[i].bytes, cases[i].text);
        else
            sample_assert_error(&e.error, ERROR_DATA, "a.b", "it is no address", cases[i].text);
    }
    end(&e);
}

static void some_types_no_document_has(void **state)
{
    (void)state;
    static const char *const none[] = {"time", "interval"};
    for (size_t i = 0; i < COUNT(none); i++) {
        struct pgtype type = type_of(none[i]);
        assert_false(encode_supported(&type));
    }
    for (size_t i = 0; i < COUNT(scalar_types); i++) {
        struct pgtype type = type_of(scalar_types[i]);
        assert_true(encode_supported(&type));
    }
}

/* Where a function would make it fit, the advice names it. */
static void advice_names_the_function(void **state)
{
    (void)state;
    static const struct {
        const char *json, *type, *words;
    } cases[] = {
        {V("'5'"), "smallint", "'do': ['number']"},
        {V("'5'"), "double precision", "'do': ['number']"},
        {V("'5'"), "numeric(10,2)", "'do': ['number']"},
        {V("5"), "text", "'do': ['text']"},
        {V("true"), "varchar(5)", "'do': ['text']"},
        {V("{'$date': {'$numberLong': '1'}}"), "text", "'do': ['text']"},
        {V("{}"), "text", "give the column another type"},
        {BINARY("ABEiM0RVZneImaq7zN3u/w==", "03"), "uuid", "[{'uuid3': 'csharp'}]"},
        {V("{'$timestamp': {'t': 1, 'i': 2}}"), "timestamptz", "'do': [{'epoch': 's'}]"},
        {V("5"), "timestamptz", "[{'epoch': 'ms'}]"},
        {V("5"), "date", "[{'epoch': 'ms'}]"},
        {V("true"), "timestamptz", "give the column another type"},
        {V("'2000-01-01 00:00:00'"), "timestamptz", "'zone': 'Europe/Berlin'"},
        {V("'31.12.2024'"), "date", "'do': [{'time': {'format': "},
        {V("'2000-01-01T00:00:00'"), "date", "'do': [{'time': {'format': ..}}, {'day': "},
        {V("{'$date': {'$numberLong': '1'}}"), "date", "'do': [{'day': 'Europe/Berlin'}]"},
    };
    struct encoded e;
    begin(&e);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        struct value value = sample_value(bson);
        assert_false(encode(&e, cases[i].type, NULL, &value));
        if (strstr(e.error.hint, sample_quoted(cases[i].words)) == NULL)
            fail_msg("%s as %s: %s", cases[i].json, cases[i].type, e.error.hint);
        bson_destroy(bson);
    }
    end(&e);
}

/* What does not fit says why; a limit and one beyond it. hex NULL: refused with these words. */
static void values_fit_or_say_why_not(void **state)
{
    (void)state;
    static const struct {
        const char *json, *type, *hex, *words;
    } cases[] = {
        {V("{'$numberInt': '32767'}"), "smallint", "7fff", NULL},
        {V("{'$numberInt': '32768'}"), "smallint", NULL,
         "the int32 32768 does not fit the type smallint: too large"},
        {V("{'$numberInt': '-32768'}"), "smallint", "8000", NULL},
        {V("{'$numberInt': '-32769'}"), "smallint", NULL, "too large"},
        {V("{'$numberLong': '2147483647'}"), "integer", "7fffffff", NULL},
        {V("{'$numberLong': '2147483648'}"), "integer", NULL, "too large"},
        {V("{'$numberLong': '-2147483649'}"), "integer", NULL, "too large"},
        {V("{'$numberDouble': '2147483648'}"), "integer", NULL, "too large"},
        {V("{'$numberDouble': '9007199254740993'}"), "bigint", "0020000000000000", NULL},
        {V("{'$numberDouble': '9223372036854775808'}"), "bigint", NULL, "no whole number"},
        {V("{'$numberDouble': '1.5'}"), "bigint", NULL, "no whole number"},
        {V("{'$numberDouble': 'NaN'}"), "bigint", NULL, "no finite number"},
        {V("{'$numberDecimal': '1.20E+2'}"), "smallint", "0078", NULL},
        {V("{'$numberDecimal': '1E+19'}"), "bigint", NULL, "no whole number"},
        {V("'5'"), "integer", NULL, "it is text"},
        {V("{'$numberDecimal': '0.10'}"), "double precision", "3fb999999999999a", NULL},
        {V("{'$numberDecimal': '0.12345678901234567890'}"), "double precision", NULL, "rounded"},
        {V("{'$numberDecimal': '1E+400'}"), "double precision", NULL, "rounded"},
        {V("{'$numberDecimal': '0.10'}"), "real", NULL, "rounded"},
        {V("{'$numberLong': '9007199254740992'}"), "double precision", "4340000000000000", NULL},
        {V("{'$numberLong': '9007199254740993'}"), "double precision", NULL, "rounded"},
        {V("{'$numberInt': '16777216'}"), "real", "4b800000", NULL},
        {V("{'$numberInt': '16777217'}"), "real", NULL, "rounded"},
        {V("{'$numberDouble': '1e300'}"), "real", NULL, "rounded"},
        {V("{'$numberDouble': '1.005'}"), "numeric(10,2)", NULL, "rounded"},
        {V("{'$numberDouble': '1.10'}"), "numeric(10,2)", "0002 0000 0000 0002 0001 03e8", NULL},
        {V("{'$numberDouble': '0.1'}"), "numeric(2,2)", "0001 ffff 0000 0002 03e8", NULL},
        {V("{'$numberInt': '100000000'}"), "numeric(10,2)", NULL, "too large"},
        {V("{'$numberDecimal': 'NaN'}"), "numeric(10,2)", NULL, "no finite number"},
        {V("{'$numberDouble': 'NaN'}"), "real", NULL, "no finite number"},
        {V("{'$numberDecimal': 'Infinity'}"), "numeric(10,2)", NULL, "no finite number"},
        {V("'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"), "varchar(3)", "c3a9e282acf09f9880", NULL},
        {V("'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"), "varchar(2)", NULL, "too long"},
        {V("'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"), "char(3)", "c3a9e282acf09f9880", NULL},
        {V("'ab'"), "char", NULL, "too long"},
        {V("'ab '"), "varchar(2)", NULL, "too long"}, /* PostgreSQL would cut the blank off */
        {V("'a\\u0000b'"), "text", NULL, "NUL"},
        {V("'a\\u0000b'"), "jsonb", NULL, "NUL"},
        {V("'not a uuid'"), "uuid", NULL, "id_of"},
        {BINARY("ABEiM0RVZneImaq7zN3u/w==", "03"), "uuid", NULL, "subtype 3"},
        {V("'2000-01-01T00:00:00'"), "timestamptz", NULL, "no time zone"},
        {V("'2000-01-01'"), "timestamptz", NULL, "no time zone"},
        {V("'2000-01-01T00:00:00Z'"), "timestamp", NULL, "a time zone"},
        {V("'2000-01-01T00:00:00'"), "date", NULL, "a time of day"},
        {V("{'$date': {'$numberLong': '1'}}"), "date", NULL, "a time of day"},
        {V("{'$date': {'$numberLong': '9224318016000000'}}"), "timestamptz", NULL, "years"},
        {V("'yesterday'"), "timestamptz", NULL, "the text 'yesterday' does not fit"},
    };
    struct encoded e;
    begin(&e);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        struct value value = sample_value(bson);
        if (encode(&e, cases[i].type, NULL, &value) != (cases[i].hex != NULL))
            fail_msg("%s as %s: %s", cases[i].json, cases[i].type, e.error.message);
        if (cases[i].hex != NULL)
            assert_field(&e, cases[i].hex, cases[i].json);
        else
            sample_assert_error(&e.error, ERROR_DATA, "a.b", cases[i].words, cases[i].json);
        bson_destroy(bson);
    }
    end(&e);
}

/* One thing has one UUID in whatever form its id is written; the text column has the same. */
static void an_identity_has_many_forms(void **state)
{
    (void)state;
#define SEVEN "017348fb797872c3b5397d81c60a4c00"
    static const struct {
        const char *json, *uuid; /* NULL: refused */
    } cases[] = {
        {OID, SEVEN},
        {V("'5f0c8a1b2c3d4e5f60718293'"), SEVEN},
        {V("'5F0C8A1B2C3D4E5F60718293'"), SEVEN},
        {V("{'$symbol': '5f0c8a1b2c3d4e5f60718293'}"), SEVEN},
        {V("'00000000-5f0c-8a1b-2c3d-4e5f60718293'"), SEVEN},
        {V("'000000005f0c8a1b2c3d4e5f60718293'"), SEVEN},
        {V("'5f0c8a1b-2c3d-4e5f-6071-829300000000'"), SEVEN},
        {BINARY("AAAAAF8MihssPU5fYHGCkw==", "04"), SEVEN},
        {BINARY("XwyKGyw9Tl9gcYKTAAAAAA==", "04"), SEVEN},
        {BINARY("ABEiM0RVZneImaq7zN3u/w==", "04"), "00112233445566778899aabbccddeeff"},
        {V("'00112233-4455-6677-8899-AABBCCDDEEFF'"), "00112233445566778899aabbccddeeff"},
        /* UUIDv5 of "books/..." */
        {V("'64f0c0ffee0123456789'"), "7745e19d112054f59eddeb53df822ee0"},
        {V("'5f0c8a1b2c3d4e5f6071829g'"), "534bc914f4ae55d3a8ba98e3e8532db2"},
        {V("{'$numberInt': '17'}"), "a0b0b5125a8d5faea3b72ff6d9cf75a5"},
        {V("{'$numberLong': '17'}"), "a0b0b5125a8d5faea3b72ff6d9cf75a5"},
        {V("{'$numberDouble': '17'}"), "a0b0b5125a8d5faea3b72ff6d9cf75a5"},
        {V("{'$numberDecimal': '17.0'}"), "a0b0b5125a8d5faea3b72ff6d9cf75a5"},
        {V("'17'"), "a0b0b5125a8d5faea3b72ff6d9cf75a5"},
        {V("''"), NULL},
        {V("17.5"), NULL},
        {V("true"), NULL},
        {V("{'$date': {'$numberLong': '0'}}"), NULL},
        {V("{'a': 1}"), NULL},
        {V("[]"), NULL},
        {BINARY("ABEiM0RVZneImaq7zN3u/w==", "03"), NULL},
        {BINARY("ABEiM0RVZneImaq7zN3u/w==", "00"), NULL},
        {BINARY("AAE=", "04"), NULL},
        {V("null"), "NULL"},
        {"{}", "NULL"},
    };
    struct encoded e;
    begin(&e);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        struct value value = sample_value(bson);
        if (encode(&e, "uuid", "books", &value) != (cases[i].uuid != NULL))
            fail_msg("%s: %s", cases[i].json, e.error.message);
        if (cases[i].uuid == NULL) {
            sample_assert_error(&e.error, ERROR_DATA, "a.b", "nobody's id", cases[i].json);
            bson_destroy(bson);
            continue;
        }
        assert_field(&e, cases[i].uuid, cases[i].json);
        if (e.out.length > 5) {
            char text[37];
            uuid_format(e.out.data + 5, text);
            assert_true(encode(&e, "text", "books", &value));
            assert_field(&e, sample_hex(text, 36), cases[i].json);
        }
        bson_destroy(bson);
    }
    end(&e);
}

#define ARRAY(nulls, oid, count) "00000001 0000000" nulls " " oid " 0000000" count " 00000001 "

/* Of the field, or of what lies in it: "[1]: too long". */
static void assert_refused(const struct error *error, const char *words, const char *what)
{
    const char *behind = words[0] == '[' ? strstr(words, ": ") : NULL;
    char path[32];
    snprintf(path, sizeof path, "a.b%.*s", behind != NULL ? (int)(behind - words) : 0, words);
    sample_assert_error(error, ERROR_DATA, path, behind != NULL ? behind + 2 : words, what);
}

static void arrays_have_one_dimension(void **state)
{
    (void)state;
    static const struct {
        const char *json, *type, *hex, *words;
    } cases[] = {
        {V("[]"), "text[]", "00000000 00000000 00000019", NULL},
        {V("[]"), "integer[]", "00000000 00000000 00000017", NULL},
        {V("['a', '']"), "text[]", ARRAY("0", "00000019", "2") "00000001 61 00000000", NULL},
        {V("['a', null]"), "text[]", ARRAY("1", "00000019", "2") "00000001 61 ffffffff", NULL},
        {V("[null]"), "text[]", ARRAY("1", "00000019", "1") "ffffffff", NULL},
        {V("[{'$undefined': true}]"), "text[]", ARRAY("1", "00000019", "1") "ffffffff", NULL},
        {V("[1, {'$numberLong': '2'}, 3.0]"), "integer[]",
         ARRAY("0", "00000017", "3") "00000004 00000001 00000004 00000002 00000004 00000003", NULL},
        {V("[true]"), "boolean[]", ARRAY("0", "00000010", "1") "00000001 01", NULL},
        {V("[1]"), "smallint[]", ARRAY("0", "00000015", "1") "00000002 0001", NULL},
        {V("[1]"), "bigint[]", ARRAY("0", "00000014", "1") "00000008 0000000000000001", NULL},
        {V("[1]"), "double precision[]", ARRAY("0", "000002bd", "1") "00000008 3ff0000000000000",
         NULL},
        {V("[1.5]"), "numeric[]",
         ARRAY("0", "000006a4", "1") "0000000c 0002 0000 0000 0001 0001 1388", NULL},
        {V("[1, [2], {'a': 1}, null]"), "jsonb[]",
         ARRAY("1", "00000eda",
               "4") "00000002 0131 00000004 015b325d 00000009 017b2261223a20317d ffffffff",
         NULL},
        {V("['2000-01-02']"), "date[]", ARRAY("0", "0000043a", "1") "00000004 00000001", NULL},
        {V("['abc']"), "varchar(3)[]", ARRAY("0", "00000413", "1") "00000003 616263", NULL},
        {V("['abcd']"), "varchar(3)[]", NULL, "[0]: too long"},
        {V("['a', 1]"), "text[]", NULL, "[1]: the int32 1 does not fit the type text"},
        {V("['a', 1]"), "integer[]", NULL, "[0]: the text 'a' does not fit"},
        {V("['b', null, ['a']]"), "text[]", NULL, "[2]: an array does not fit the type text"},
        {V("[1, {'b': [2, {'$numberDouble': 'NaN'}]}]"), "jsonb[]", NULL, "[1].b[1]: jsonb cannot hold NaN"},
        {V("'a'"), "text[]", NULL, "the text 'a' does not fit the type text[]"},
        {V("{'0': 'a'}"), "text[]", NULL, "a document does not fit the type text[]"},
        {V("null"), "text[]", "NULL", NULL},
        {"{}", "text[]", "NULL", NULL},
    };
    struct encoded e;
    begin(&e);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        struct value value = sample_value(bson);
        if (encode(&e, cases[i].type, NULL, &value) != (cases[i].hex != NULL))
            fail_msg("%s as %s: %s", cases[i].json, cases[i].type, e.error.message);
        if (cases[i].hex != NULL)
            assert_field(&e, cases[i].hex, cases[i].json);
        else
            assert_refused(&e.error, cases[i].words, cases[i].json);
        bson_destroy(bson);
    }
    end(&e);
}

/* Bad writers leave arrays whose keys are not 0, 1, 2: the order of the elements counts. */
static void the_keys_of_an_array_do_not_count(void **state)
{
    (void)state;
    bson_t *array = sample_bson("{'7': 'a', '0': 'b', '0': 'c'}");
    const struct value value = {
        .type = BSON_TYPE_ARRAY, .bytes = bson_get_data(array), .length = array->len};
    struct encoded e;
    begin(&e);
    assert_true(encode(&e, "text[]", NULL, &value));
    assert_field(&e, ARRAY("0", "00000019", "3") "00000001 61 00000001 62 00000001 63", "keys");
    assert_true(encode(&e, "json", NULL, &value));
    assert_field(&e, "=['a', 'b', 'c']", "keys");
    end(&e);
    bson_destroy(array);
}

static void a_damaged_array_is_not_a_short_one(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "\x10\0\0\0\x0a"
                                   "0\0\x02"
                                   "1\0\x09\0\0\0a\0";
    const struct value value = {.type = BSON_TYPE_ARRAY, .bytes = bytes, .length = 16};
    struct encoded e;
    begin(&e);
    assert_false(encode(&e, "text[]", NULL, &value));
    sample_assert_error(&e.error, ERROR_SOURCE, "a.b", "damaged", "array");
    end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_meets_every_type),
        cmocka_unit_test(an_address_is_family_mask_and_bytes),
        cmocka_unit_test(some_types_no_document_has),
        cmocka_unit_test(advice_names_the_function),
        cmocka_unit_test(values_fit_or_say_why_not),
        cmocka_unit_test(an_identity_has_many_forms),
        cmocka_unit_test(arrays_have_one_dimension),
        cmocka_unit_test(the_keys_of_an_array_do_not_count),
        cmocka_unit_test(a_damaged_array_is_not_a_short_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
