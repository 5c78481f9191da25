/* What an arena gives is zeroed, apart from all else, aligned, and its own until the release. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/arena.h"

#include <string.h>

enum { PIECES = 200 };

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    unsigned char *pieces[PIECES];
    arena_init(&arena);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&arena, i, 3);
        assert_non_null(pieces[i]); /* also of no items */
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < 3 * i; b++)
            assert_int_equal(pieces[i][b], 0);
        if (i > 0)
            memset(pieces[i], (int)i, 3 * i);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t b = 0; b < 3 * i; b++)
            assert_int_equal(pieces[i][b], i);
    arena_release(&arena);
    assert_null(arena.blocks);
    arena_release(&arena); /* of nothing */
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_null(arena_alloc(&arena, SIZE_MAX, 2)); /* the product wraps to a small number */
    assert_null(arena_alloc(&arena, SIZE_MAX / 2 + 2, 2));
    assert_null(arena_alloc(&arena, 2, SIZE_MAX / 2));
    assert_null(arena.blocks);
    arena_release(&arena);
}

static void texts_are_copies(void **state)
{
    (void)state;
    struct arena arena;
    char text[] = "books";
    arena_init(&arena);
    char *copy = arena_text(&arena, text);
    char *printed = arena_printf(&arena, "%s.%d%300s", text, 7, "");
    text[0] = 'x';
    assert_string_equal(copy, "books");
    assert_int_equal(strlen(printed), 7 + 300);
    assert_memory_equal(printed, "books.7 ", 8);
    assert_string_equal(arena_text(&arena, ""), "");
    assert_string_equal(arena_printf(&arena, "%s", ""), "");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(texts_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
