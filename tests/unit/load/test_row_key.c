/* What the loader says of a refused row: its key, out of binary COPY tuples (row_key.c), and where
 * the server's context says it was (refusal.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "refusal.h"
#include "row_key.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* One value as the only field of the only tuple. */
static const struct {
    const char *type;
    const uint8_t *bytes;
    size_t length;
    const char *text;
} values[] = {
    {"boolean", BYTES("\x01"), "true"},
    {"boolean", BYTES("\x00"), "false"},
    {"smallint", BYTES("\xff\xfe"), "-2"},
    {"integer", BYTES("\x00\x01\x00\x00"), "65536"},
    {"bigint", BYTES("\x80\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808"},
    {"integer", BYTES("\x00\x01\x00"), "\\x000100"},
    {"double precision", BYTES("\x3f\xe0\x00\x00\x00\x00\x00\x00"), "0.5"},
    {"real", BYTES("\xbf\x00\x00\x00"), "-0.5"},
    {"uuid", BYTES("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"),
     "00112233-4455-6677-8899-aabbccddeeff"},
    {"text", BYTES("plain \xc3\xa9"), "plain \xc3\xa9"},
    {"varchar(5)", BYTES("a\0b\n"), "a\\x00b\\x0a"},
    {"text", BYTES("caf\xe9"), "caf\\xe9"},
    {"text", BYTES(""), ""},
    {"jsonb", BYTES("\x01{\"a\": 1}"), "{\"a\": 1}"},
    {"jsonb", BYTES("\x02{}"), "\\x027b7d"},
    {"date", BYTES("\x00\x00\x00\x00"), "2000-01-01"},
    {"date", BYTES("\x00\x00\x00\x3b"), "2000-02-29"},
    {"date", BYTES("\xff\xff\xff\xff"), "1999-12-31"},
    {"date", BYTES("\xff\xf4\xdb\xf9"), "0001-01-01"},
    {"date", BYTES("\xff\xf4\xdb\xf8"), "0001-12-31 BC"},
    {"date", BYTES("\xff\xf4\xda\x8b"), "0001-01-01 BC"},
    {"date", BYTES("\x7f\xff\xff\xff"), "infinity"},
    {"date", BYTES("\x80\x00\x00\x00"), "-infinity"},
    {"time", BYTES("\x00\x00\x00\x14\x1d\xd7\x5f\xff"), "23:59:59.999999"},
    {"time", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "\\xffffffffffffffff"},
    {"timestamp", BYTES("\x00\x00\x00\x00\x00\x00\x00\x01"), "2000-01-01 00:00:00.000001"},
    {"timestamp", BYTES("\x00\x00\x00\x00\x00\x07\xa1\x20"), "2000-01-01 00:00:00.5"},
    {"timestamptz", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "1999-12-31 23:59:59.999999+00"},
    {"timestamptz", BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff"), "infinity"},
    {"numeric", BYTES("\x00\x00\x00\x00\x00\x00\x00\x02"), "0.00"},
    {"numeric", BYTES("\x00\x03\x00\x01\x40\x00\x00\x03\x00\x01\x09\x29\x1a\x7c"), "-12345.678"},
    {"numeric(10,2)", BYTES("\x00\x02\x00\x00\x00\x00\x00\x01\x00\x01\x13\x88"), "1.5"},
    {"numeric", BYTES("\x00\x01\xff\xff\x00\x00\x00\x04\x00\x01"), "0.0001"},
    {"numeric", BYTES("\x00\x01\xff\xfe\x00\x00\x00\x08\x00\x01"), "0.00000001"},
    {"numeric", BYTES("\x00\x01\x00\x01\x00\x00\x00\x00\x00\x07"), "70000"},
    {"numeric", BYTES("\x00\x00\x00\x00\xc0\x00\x00\x00"), "\\x00000000c0000000"}, /* NaN */
    {"numeric", BYTES("\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01"), "\\x00020000000000000001"},
    {"bytea", BYTES("\x0a\xff"), "\\x0aff"},
    {"integer[]", BYTES("\x00\x00\x00\x00"), "\\x00000000"},
    {"no such type", BYTES("a"), "\\x61"},
};

static void put_field(struct buffer *tuples, const uint8_t *bytes, size_t length)
{
    buffer_put_be32(tuples, (uint32_t)length);
    buffer_put(tuples, bytes, length);
}

static struct stream_section section_of(const struct buffer *tuples)
{
    return (struct stream_section){.rows = 1, .tuples = tuples->data, .length = tuples->length};
}

static void values_are_shown_as_the_server_would(void **state)
{
    (void)state;
    const char *const columns[] = {"id"};
    const size_t key[] = {0};
    for (size_t i = 0; i < COUNT(values); i++) {
        struct buffer tuples, out;
        buffer_init(&tuples);
        buffer_init(&out);
        const struct stream_output output = {"public.t", columns, &values[i].type, 1, key,
                                             1,          false};
        buffer_put_be16(&tuples, 1);
        put_field(&tuples, values[i].bytes, values[i].length);
        const struct stream_section section = section_of(&tuples);
        row_key_put(&out, &output, &section, 1, 255);
        assert_string_equal(buffer_text(&out), values[i].text);
        buffer_release(&out);
        buffer_release(&tuples);
    }
}

/* Three rows of (position integer, note text, book text), keyed by book and position. */
static const char *const columns[] = {"position", "note", "book"};
static const char *const types[] = {"integer", "text", "text"};
static const size_t book_and_position[] = {2, 0};
static const struct stream_output output = {"public.notes",    columns, types, 3,
                                            book_and_position, 2,       false};
static const struct stream_output keyless = {"public.notes", columns, types, 3, NULL, 0, false};

static void put_rows(struct buffer *tuples)
{
    for (uint32_t row = 1; row <= 3; row++) {
        const uint8_t position[] = {0, 0, 0, (uint8_t)row};
        buffer_put_be16(tuples, 3);
        put_field(tuples, position, sizeof position);
        buffer_put_be32(tuples, UINT32_MAX); /* NULL */
        if (row == 3)
            buffer_put_be32(tuples, UINT32_MAX);
        else
            put_field(tuples, BYTES("\xc3\xa4\xc3\xa4"));
    }
}

static void rows_are_found_by_number(void **state)
{
    (void)state;
    static const struct {
        const struct stream_output *output;
        uint64_t number;
        size_t cut, limit; /* bytes missing at the end of the section; room for the text */
        const char *text;
    } cases[] = {
        {&output, 1, 0, 255, "book=\xc3\xa4\xc3\xa4, position=1"},
        {&output, 2, 0, 255, "book=\xc3\xa4\xc3\xa4, position=2"},
        {&output, 3, 0, 255, "book=NULL, position=3"},
        {&output, 4, 0, 255, ""},
        {&output, 0, 0, 255, ""},
        {&output, 3, 1, 255, "position=3"}, /* the last length is cut off */
        {&output, 3, 20, 255, ""},
        {&keyless, 1, 0, 255, ""},
        {&output, 1, 0, 21, "book=\xc3\xa4\xc3\xa4, position=1"},
        {&output, 1, 0, 11, "book=\xc3\xa4..."}, /* never inside of a character */
        {&output, 1, 0, 10, "book=\xc3\xa4..."},
        {&output, 1, 0, 9, "book=..."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer tuples, out;
        buffer_init(&tuples);
        buffer_init(&out);
        put_rows(&tuples);
        struct stream_section section = section_of(&tuples);
        section.length -= cases[i].cut;
        row_key_put(&out, cases[i].output, &section, cases[i].number, cases[i].limit);
        assert_string_equal(buffer_text(&out), cases[i].text);
        buffer_release(&out);
        buffer_release(&tuples);
    }
}

static void rows_are_found_by_what_they_have(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *values;
        uint64_t place;
    } cases[] = {
        {"position", "2", 2},
        {"position, book", "2, \xc3\xa4\xc3\xa4", 2},
        {"book, position", "\xc3\xa4\xc3\xa4, 1", 1},
        {"book", "\xc3\xa4\xc3\xa4", 1}, /* the first that has it */
        {"note", "NULL", 1},
        {"position", "4", 0},
        {"position", "", 0},
        {"page", "1", 0},
        {"position, page", "1", 0},
    };
    struct buffer tuples;
    buffer_init(&tuples);
    put_rows(&tuples);
    const struct stream_section section = section_of(&tuples);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(row_key_find(&output, &section, cases[i].columns, cases[i].values),
                         cases[i].place);
    buffer_release(&tuples);
}

static void lying_lengths_are_not_followed(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {5, 0x7fffffff, 0x80000000, 0xfffffffe};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct buffer tuples, out;
        buffer_init(&tuples);
        buffer_init(&out);
        buffer_put_be16(&tuples, 3);
        buffer_put_be32(&tuples, lengths[i]);
        buffer_put_be32(&tuples, 0);
        const struct stream_section section = section_of(&tuples);
        row_key_put(&out, &output, &section, 1, 255);
        row_key_put(&out, &output, &section, 2, 255);
        assert_int_equal(row_key_find(&output, &section, "book", "x"), 0);
        assert_string_equal(buffer_text(&out), "");
        buffer_release(&out);
        buffer_release(&tuples);
    }
}

static void places_are_read_in_any_language(void **state)
{
    (void)state;
    static const char *const names[] = {"user id", "id", "title"};
    static const struct stream_output notes = {"public.notes2", names, types, 3, NULL, 0, false};
    static const struct {
        const char *context;
        uint64_t tuple;
        const char *column;
    } cases[] = {
        {"COPY notes2, line 12, column title", 12, "title"},
        {"COPY notes2, line 12, column user id", 12, "user id"},
        {"COPY notes2, line 12, column id", 12, "id"},
        {"COPY notes2, line 3", 3, NULL},
        {"COPY notes2, Zeile 3, Spalte title", 3, "title"},
        {"PL/pgSQL function f() line 7 at RAISE\nCOPY notes2, line 3", 3, NULL},
        {"COPY notes2, line 3\nCOPY other, line 4", 0, NULL},
        {"SQL statement \"SELECT 1 FROM ONLY notes2 x\"", 0, NULL},
        {"COPY notes2, line 3, column subtitle", 3, NULL},
        {"", 0, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t tuple;
        const char *column;
        refusal_place(cases[i].context, &notes, &tuple, &column);
        assert_int_equal(tuple, cases[i].tuple);
        if (cases[i].column == NULL)
            assert_null(column);
        else
            assert_string_equal(column, cases[i].column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown_as_the_server_would),
        cmocka_unit_test(rows_are_found_by_number),
        cmocka_unit_test(rows_are_found_by_what_they_have),
        cmocka_unit_test(lying_lengths_are_not_followed),
        cmocka_unit_test(places_are_read_in_any_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
