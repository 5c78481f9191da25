/* Tallies and what comes of them: that equal rows are equal in any order and in parts, that nothing
 * cancels itself out, and that every way in which rows can be wrong is told as what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "suspects.h"
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct hash hash_of_text(const char *text)
{
    return hash_of(text, strlen(text));
}

/* ---- tallies -------------------------------------------------------------------------------- */

static struct tally *tally_of(const char *const *rows)
{
    struct tally *tally = calloc(1, sizeof *tally);
    assert_non_null(tally);
    for (; *rows != NULL; rows++) {
        char key[2] = {**rows, '\0'};
        struct hash place = hash_of_text(key), row = hash_of_text(*rows);
        tally_add(tally, &place, &row, strlen(*rows));
    }
    return tally;
}

/* A row is its key, a letter, and more. */
static const struct {
    const char *what;
    const char *left[6], *right[6];
    size_t differing;
} pairs[] = {
    {"nothing", {NULL}, {NULL}, 0},
    {"the same rows in another order", {"a1", "b1", "c1"}, {"c1", "a1", "b1"}, 0},
    {"a row that is missing", {"a1", "b1"}, {"a1"}, 1},
    {"a value", {"a1", "b1"}, {"a1", "b2"}, 1},
    {"two rows that swapped their values", {"a1", "b2"}, {"a2", "b1"}, 2},
    {"a row twice, which XOR would lose", {"a1"}, {"a1", "b1", "b1"}, 1},
    {"the same row twice on both sides", {"a1", "a1"}, {"a1", "a1"}, 0},
    {"another row twice", {"a1", "a1", "a2", "a2"}, {"a1", "a1", "a1", "a2"}, 1},
};

static void equal_rows_are_equal(void **state)
{
    (void)state;
    static bool differs[TALLY_BUCKETS];
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct tally *left = tally_of(pairs[i].left), *right = tally_of(pairs[i].right);
        size_t differing = tally_compare(left, right, differs), marked = 0;
        for (size_t bucket = 0; bucket < TALLY_BUCKETS; bucket++)
            marked += differs[bucket];
        if (differing != pairs[i].differing || marked != differing)
            fail_msg("%s: %zu buckets differ, %zu are marked, not %zu", pairs[i].what, differing,
                     marked, pairs[i].differing);
        free(left);
        free(right);
    }
}

static void sums_carry(void **state)
{
    (void)state;
    static struct tally tally;
    struct hash place = {0, 5}, row = {1, UINT64_MAX};
    memset(&tally, 0, sizeof tally);
    tally_add(&tally, &place, &row, 7);
    tally_add(&tally, &place, &row, 7);
    const struct tally_bucket *bucket = &tally.buckets[5];
    assert_int_equal(bucket->count, 2);
    assert_int_equal(bucket->bytes, 14);
    assert_true(bucket->sum.low == UINT64_MAX - 1);
    assert_true(bucket->sum.high == 3); /* 1 + 1 and the carry */
    assert_int_equal(tally_rows(&tally), 2);
}

static void parts_make_the_whole(void **state)
{
    (void)state;
    static const char *const all[] = {"a1", "b2", "c3", "d4", NULL};
    static const char *const some[] = {"d4", "a1", NULL}, *const others[] = {"c3", "b2", NULL};
    static bool differs[TALLY_BUCKETS];
    struct tally *whole = tally_of(all), *left = tally_of(some), *right = tally_of(others);
    tally_merge(left, right);
    assert_int_equal(tally_compare(whole, left, differs), 0);
    assert_int_equal(tally_rows(left), 4);
    free(whole);
    free(left);
    free(right);
}

/* Rows must spread over all buckets: a tally of one bucket would be right, and of no use. */
static void rows_spread(void **state)
{
    (void)state;
    static bool used[TALLY_BUCKETS];
    size_t count = 0;
    for (uint64_t i = 0; i < 16 * TALLY_BUCKETS; i++) {
        struct hash place = hash_of(&i, sizeof i);
        size_t bucket = tally_bucket_of(&place);
        assert_true(bucket < TALLY_BUCKETS);
        count += !used[bucket];
        used[bucket] = true;
    }
    assert_int_equal(count, TALLY_BUCKETS);
}

/* ---- suspects ------------------------------------------------------------------------------- */

/* A row is written "parent/position:rest"; its key is "parent/position". */
struct wrong {
    const char *what;
    bool ordered;
    const char *expected[6], *found[6];
    int counts[ROW_KINDS]; /* missing, extra, different, duplicated, misplaced */
};
static const struct wrong wrongs[] = {
    {"equal", true, {"p/1:a", "p/2:b"}, {"p/2:b", "p/1:a"}, {0, 0, 0, 0, 0}},
    {"missing", true, {"p/1:a", "p/2:b"}, {"p/1:a"}, {1, 0, 0, 0, 0}},
    {"extra", true, {"p/1:a"}, {"p/1:a", "p/2:b"}, {0, 1, 0, 0, 0}},
    {"extra, twice", true, {"p/1:a"}, {"p/1:a", "p/2:b", "p/2:b"}, {0, 2, 0, 0, 0}},
    {"different", true, {"p/1:a", "p/2:b"}, {"p/1:a", "p/2:x"}, {0, 0, 1, 0, 0}},
    {"duplicated", true, {"p/1:a"}, {"p/1:a", "p/1:a"}, {0, 0, 0, 1, 0}},
    {"duplicated and different", true, {"p/1:a"}, {"p/1:x", "p/1:y"}, {0, 0, 1, 1, 0}},
    {"one of two copies missing", true, {"p/1:a", "p/1:a"}, {"p/1:a"}, {1, 0, 0, 0, 0}},
    {"copies on both sides", true, {"p/1:a", "p/1:a"}, {"p/1:a", "p/1:a"}, {0, 0, 0, 0, 0}},
    {"swapped", true, {"p/1:a", "p/2:b", "p/3:c"}, {"p/1:b", "p/2:a", "p/3:c"}, {0, 0, 0, 0, 2}},
    {"shifted", true, {"p/1:a", "p/2:b"}, {"p/2:a", "p/3:b"}, {0, 0, 0, 0, 2}},
    {"swapped in a table without order",
     false,
     {"p/1:a", "p/2:b"},
     {"p/1:b", "p/2:a"},
     {0, 0, 2, 0, 0}},
    {"swapped between parents", true, {"p/1:a", "q/1:b"}, {"p/1:b", "q/1:a"}, {0, 0, 2, 0, 0}},
    {"another parent", true, {"p/1:a"}, {"q/1:a"}, {1, 1, 0, 0, 0}},
    {"two of a kind, one lost", true, {"p/1:a", "p/2:a"}, {"p/1:a"}, {1, 0, 0, 0, 0}},
    {"swapped and changed", true, {"p/1:a", "p/2:b"}, {"p/1:b", "p/2:x"}, {0, 0, 2, 0, 0}},
};

static void suspect_of(const char *text, struct suspect *suspect)
{
    size_t parent = strcspn(text, "/"), key = strcspn(text, ":");
    char rest[32];
    snprintf(rest, sizeof rest, "%.*s%s", (int)parent, text, text + key);
    *suspect = (struct suspect){
        .key = hash_of(text, key),
        .row = hash_of_text(text),
        .parent = hash_of(text, parent),
        .rest = hash_of_text(rest),
    };
}

static bool count(void *context, const struct difference *difference, struct error *error)
{
    int *counts = context;
    (void)error;
    counts[difference->kind]++;
    return true;
}

static void add_rows(struct suspects *suspects, enum side side, const char *const *rows)
{
    struct error error;
    for (; *rows != NULL; rows++) {
        struct suspect suspect;
        suspect_of(*rows, &suspect);
        assert_true(suspects_add(suspects, side, &suspect, &error));
    }
}

static void every_wrong_is_told(void **state)
{
    (void)state;
    /* Memory for all at once, and for so few that there are many groups. */
    static const size_t memories[] = {1 << 20, 64};
    for (size_t i = 0; i < COUNT(wrongs) * COUNT(memories); i++) {
        const struct wrong *wrong = &wrongs[i / COUNT(memories)];
        struct suspects suspects;
        struct error error = {0};
        int counts[ROW_KINDS] = {0};
        assert_true(suspects_open(&suspects, NULL, &error));
        add_rows(&suspects, SIDE_EXPECTED, wrong->expected);
        add_rows(&suspects, SIDE_FOUND, wrong->found);
        if (!suspects_compare(&suspects, wrong->ordered, memories[i % COUNT(memories)], count,
                              counts, &error))
            fail_msg("%s: %s", wrong->what, error.message);
        for (size_t kind = 0; kind < ROW_KINDS; kind++)
            if (counts[kind] != wrong->counts[kind])
                fail_msg("%s: %d %s, not %d", wrong->what, counts[kind], row_kind_names[kind],
                         wrong->counts[kind]);
        suspects_close(&suspects);
    }
}

/* More than a block, more than a group: every row once, whichever group it falls into. */
static void many_suspects(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    struct suspects suspects;
    struct error error = {0};
    int counts[ROW_KINDS] = {0};
    assert_true(suspects_open(&suspects, NULL, &error));
    for (int i = 0; i < ROWS; i++) {
        char expected[32], found[32];
        struct suspect suspect;
        snprintf(expected, sizeof expected, "p%d/1:a", i);
        snprintf(found, sizeof found, "p%d/1:%s", i, i % 5 == 0 ? "x" : "a");
        suspect_of(expected, &suspect);
        assert_true(suspects_add(&suspects, SIDE_EXPECTED, &suspect, &error));
        suspect_of(found, &suspect);
        if (i % 7 != 0)
            assert_true(suspects_add(&suspects, SIDE_FOUND, &suspect, &error));
    }
    assert_true(suspects_compare(&suspects, true, 32768, count, counts, &error));
    assert_int_equal(counts[ROW_MISSING], (ROWS + 6) / 7);
    assert_int_equal(counts[ROW_DIFFERENT], ROWS / 5 - (ROWS + 34) / 35);
    assert_int_equal(counts[ROW_EXTRA] + counts[ROW_DUPLICATED] + counts[ROW_MISPLACED], 0);
    suspects_close(&suspects);
}

static void no_place_for_files(void **state)
{
    (void)state;
    struct suspects suspects;
    struct error error = {0};
    assert_false(suspects_open(&suspects, "/nonexistent/folder", &error));
    assert_int_equal(error.code, ERROR_TARGET);
    assert_non_null(strstr(error.message, "/nonexistent/folder"));
    assert_non_null(strstr(error.hint, "TMPDIR"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rows_are_equal), cmocka_unit_test(sums_carry),
        cmocka_unit_test(parts_make_the_whole), cmocka_unit_test(rows_spread),
        cmocka_unit_test(every_wrong_is_told),  cmocka_unit_test(many_suspects),
        cmocka_unit_test(no_place_for_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
