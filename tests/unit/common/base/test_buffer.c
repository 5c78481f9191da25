/* A buffer holds what was put, byte for byte, and never forgets that it failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/buffer.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void grows_over_every_size(void **state)
{
    (void)state;
    struct buffer buffer;
    struct error error;
    buffer_init(&buffer);
    assert_null(buffer.data);
    for (size_t i = 0; i < 5000; i++) {
        buffer_putc(&buffer, (char)(i % 251));
        assert_int_equal(buffer.length, i + 1);
        assert_true(buffer.length <= buffer.capacity);
    }
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(buffer.data[i], i % 251);
    assert_true(buffer_ok(&buffer, &error));
    size_t capacity = buffer.capacity;
    buffer_clear(&buffer);
    assert_int_equal(buffer.length, 0);
    assert_int_equal(buffer.capacity, capacity);
    buffer_release(&buffer);
    assert_true(buffer.data == NULL && buffer.capacity == 0);
}

static void one_big_piece(void **state)
{
    (void)state;
    static char piece[1 << 20];
    struct buffer buffer;
    buffer_init(&buffer);
    memset(piece, 'p', sizeof piece);
    buffer_puts(&buffer, "<");
    buffer_put(&buffer, piece, sizeof piece);
    buffer_puts(&buffer, ">");
    assert_int_equal(buffer.length, sizeof piece + 2);
    assert_true(buffer.capacity < 2 * sizeof piece);
    assert_memory_equal(buffer.data + 1, piece, sizeof piece);
    assert_int_equal(buffer.data[sizeof piece + 1], '>');
    buffer_put(&buffer, NULL, 0); /* nothing, from nowhere */
    assert_int_equal(buffer.length, sizeof piece + 2);
    buffer_release(&buffer);
}

static void reserved_room_is_written_by_the_caller(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer);
    buffer_puts(&buffer, "ab");
    uint8_t *room = buffer_reserve(&buffer, 1000);
    assert_ptr_equal(room, buffer.data + 2);
    memset(room, 'c', 1000);
    assert_int_equal(buffer.length, 2);
    buffer.length += 1000;
    assert_int_equal(buffer.data[1001], 'c');
    buffer_release(&buffer);
}

static void formatted_text_of_every_length(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer);
    size_t expected = 0;
    for (int width = 0; width < 600; width++) { /* over each edge of the capacity */
        buffer_printf(&buffer, "%*s|", width, "");
        expected += (size_t)width + 1;
        assert_int_equal(buffer.length, expected);
        assert_int_equal(buffer.data[expected - 1], '|');
    }
    buffer_release(&buffer);
}

static void text_has_a_terminator_that_is_not_counted(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    for (size_t i = 0; i < 300; i++)
        buffer_putc(&buffer, 'a');
    assert_int_equal(strlen(buffer_text(&buffer)), 300);
    assert_int_equal(buffer.length, 300);
    buffer_puts(&buffer, "b");
    assert_string_equal(buffer_text(&buffer) + 299, "ab");
    buffer_clear(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_put(&buffer, "x\0y", 3);
    buffer_text(&buffer);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "x\0y", 4);
    buffer_release(&buffer);
}

static void integers_in_both_orders(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0x01, 0x02,                                     /* be16 */
        0x01, 0x02, 0x03, 0x04,                         /* be32 */
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, /* be64 */
        0x04, 0x03, 0x02, 0x01,                         /* le32 */
        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* le64 */
    };
    struct buffer buffer;
    buffer_init(&buffer);
    buffer_put_be16(&buffer, 0x0102);
    buffer_put_be32(&buffer, 0x01020304);
    buffer_put_be64(&buffer, UINT64_C(0x0102030405060708));
    buffer_put_le32(&buffer, 0x01020304);
    buffer_put_le64(&buffer, UINT64_C(0x0102030405060708));
    assert_int_equal(buffer.length, sizeof expected);
    assert_memory_equal(buffer.data, expected, sizeof expected);
    assert_int_equal(get_be16(buffer.data), 0x0102);
    assert_int_equal(get_be32(buffer.data + 2), 0x01020304);
    assert_int_equal(get_be64(buffer.data + 6), UINT64_C(0x0102030405060708));
    assert_int_equal(get_le32(buffer.data + 14), 0x01020304);
    assert_int_equal(get_le64(buffer.data + 18), UINT64_C(0x0102030405060708));
    assert_int_equal(get_be32(buffer.data + 3), 0x02030401); /* of any alignment */
    buffer_patch_be32(&buffer, 1, 0xA0B0C0D0);
    assert_int_equal(get_be32(buffer.data + 1), 0xA0B0C0D0);
    assert_int_equal(buffer.data[0], 0x01);
    assert_int_equal(buffer.data[5], 0x04);
    assert_int_equal(buffer.length, sizeof expected);
    buffer_release(&buffer);
}

/* The address sanitizer would end the program where malloc is to return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void a_failure_sticks(void **state)
{
    (void)state;
    static const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 4,
                                        SIZE_MAX / 4}; /* malloc says no to the last */
    for (size_t i = 0; i < COUNT(impossible); i++) {
        struct buffer buffer;
        struct error error;
        buffer_init(&buffer);
        buffer_puts(&buffer, "kept");
        assert_null(buffer_reserve(&buffer, impossible[i]));
        assert_true(buffer.failed);
        assert_null(buffer_reserve(&buffer, 1));
        buffer_put(&buffer, "a", 1);
        buffer_puts(&buffer, "a");
        buffer_putc(&buffer, 'a');
        buffer_printf(&buffer, "%d", 1);
        buffer_put_be16(&buffer, 1);
        buffer_put_be32(&buffer, 1);
        buffer_put_be64(&buffer, 1);
        buffer_put_le32(&buffer, 1);
        buffer_put_le64(&buffer, 1);
        buffer_patch_be32(&buffer, 0, 1);
        assert_int_equal(buffer.length, 4);
        assert_memory_equal(buffer.data, "kept", 4);
        assert_string_equal(buffer_text(&buffer), "");
        buffer_clear(&buffer); /* the content goes, the failure stays */
        buffer_puts(&buffer, "again");
        assert_int_equal(buffer.length, 0);
        assert_false(buffer_ok(&buffer, &error));
        assert_int_equal(error.code, ERROR_TARGET);
        assert_string_equal(error.message, "out of memory");
        buffer_release(&buffer);
        assert_true(buffer_ok(&buffer, &error)); /* released is new */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_over_every_size),
        cmocka_unit_test(one_big_piece),
        cmocka_unit_test(reserved_room_is_written_by_the_caller),
        cmocka_unit_test(formatted_text_of_every_length),
        cmocka_unit_test(text_has_a_terminator_that_is_not_counted),
        cmocka_unit_test(integers_in_both_orders),
        cmocka_unit_test(a_failure_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
