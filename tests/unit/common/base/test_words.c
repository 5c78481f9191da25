/* The nearest right word: near enough to be meant, and none when nothing is near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/words.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const words[] = {"columns", "comment", "key", "keep_shape", "policies", "to"};

static void the_word_that_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"columns", "columns"},
        {"COLUMNS", "columns"},  /* case alone is no distance */
        {"colums", "columns"},   /* a letter short */
        {"collumns", "columns"}, /* a letter too many */
        {"columms", "columns"},  /* a wrong letter */
        {"coulmns", "columns"},  /* two letters swapped: one mistake */
        {"ocloumns", "columns"}, /* swapped and one too many: two */
        {"ocloumnz", NULL},      /* three mistakes in eight letters */
        {"keepshape", "keep_shape"},
        {"kep_shap", "keep_shape"},
        {"kepshap", NULL}, /* three in seven */
        {"polices", "policies"},
        {"kye", "key"},
        {"k", "key"}, /* two mistakes are always forgiven */
        {"", "to"},
        {"something else", NULL},
        {"x", "to"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *nearest = words_nearest(cases[i].word, words, COUNT(words));
        if ((nearest == NULL) != (cases[i].nearest == NULL) ||
            (nearest != NULL && strcmp(nearest, cases[i].nearest) != 0))
            fail_msg("\"%s\" gave %s, not %s", cases[i].word, nearest != NULL ? nearest : "none",
                     cases[i].nearest != NULL ? cases[i].nearest : "none");
    }
}

static void the_nearest_of_several(void **state)
{
    (void)state;
    static const char *const several[] = {"boots", "book", "books", "Bookz"};
    assert_ptr_equal(words_nearest("bookz", several, 4), several[3]);
    assert_ptr_equal(words_nearest("boks", several, 4), several[2]);
    assert_ptr_equal(words_nearest("bok", several, 4), several[1]);
    assert_ptr_equal(words_nearest("boo", several, 4), several[1]);
    assert_ptr_equal(words_nearest("boos", several, 4),
                     several[0]); /* as near as books: the first */
    assert_null(words_nearest("boots", several, 0));
}

static void words_beyond_every_typist(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'a', sizeof longest);
    for (size_t length = 60; length < sizeof longest; length++) {
        longest[length] = '\0';
        const char *candidates[] = {"a", longest};
        assert_ptr_equal(words_nearest(longest, candidates, 2),
                         longest); /* itself, at any length */
        assert_null(words_nearest(longest, candidates, 1));
        longest[length] = 'a';
    }
    longest[64] = '\0';
    char shorter[64];
    memcpy(shorter, longest, 63);
    shorter[63] = '\0';
    const char *one[] = {shorter};
    assert_ptr_equal(words_nearest(longest, one, 1), shorter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_word_that_was_meant),
        cmocka_unit_test(the_nearest_of_several),
        cmocka_unit_test(words_beyond_every_typist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
