/* The ledger's account of values against the one that verify makes anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fates.h"
#include "sample.h"

enum { MOST_ROWS = FATE_MOST_PATHS + 2 };

/* An entity's paths: "name", which the mapping names, `others` paths that records bring, and "*"
 * with so many values more. */
static void fill(struct fates *fates, int64_t filtered, int64_t names, size_t others, int64_t rest)
{
    static struct expected_path paths[MOST_ROWS];
    static char texts[MOST_ROWS][24];
    struct error error;
    size_t count = 0;
    *fates = (struct fates){0};
    for (size_t i = 0; i < others; i++) {
        snprintf(texts[i], sizeof texts[i], "f%zu", i);
        paths[count++] =
            (struct expected_path){.path = texts[i], .values = {[FATE_SEEN] = 1, [FATE_REST] = 1}};
    }
    static char name[] = "name", star[] = FATE_OTHER_PATHS;
    paths[count++] = (struct expected_path){
        .path = name, .named = true, .values = {[FATE_SEEN] = names, [FATE_WRITTEN] = names}};
    if (rest > 0)
        paths[count++] = (struct expected_path){.path = star,
                                                .values = {[FATE_SEEN] = rest, [FATE_REST] = rest}};
    assert_true(fates_take(fates, "books", filtered, 0, paths, count, &error));
}

struct told {
    int64_t findings;
    char first[300];
};

static struct told compare(struct fates *ledger, struct fates *recount)
{
    struct verdict_file verdict;
    struct error error;
    struct told told = {0};
    assert_true(verdict_init(&verdict, "test", &(struct verdict_run){0}, 10, &error));
    assert_true(fates_compare(ledger, recount, &verdict, &error));
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(verdict.json, "findings"), *finding;
    cJSON_ArrayForEach(finding, found)
    {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(finding, "text"));
        if (told.findings++ == 0)
            snprintf(told.first, sizeof told.first, "%s", text);
    }
    verdict_release(&verdict);
    fates_release(ledger);
    fates_release(recount);
    return told;
}

static void each_side_against_the_other(void **state)
{
    (void)state;
    enum { FEW = 3, MANY = FATE_MOST_PATHS - 1 };
    static const struct {
        int64_t filtered[2], names[2];
        size_t others[2];
        int64_t rest[2];
        int64_t findings;
        const char *first;
    } cases[] = {
        {{1, 1}, {5, 5}, {FEW, FEW}, {0, 0}, 0, ""},
        {{1, 2},
         {5, 5},
         {FEW, FEW},
         {0, 0},
         1,
         "books: the ledger says that 1 records were filtered; counted anew it is 2"},
        {{0, 0},
         {5, 4},
         {FEW, FEW},
         {0, 0},
         1,
         "books, name: the ledger says seen 5, written 5; counted anew it is seen 4, written 4"},
        {{0, 0},
         {5, 5},
         {FEW, FEW - 1},
         {0, 0},
         1,
         "books, f2: the ledger says seen 1, rest 1; counted anew it is nothing"},
        {{0, 0},
         {5, 5},
         {FEW - 1, FEW},
         {0, 0},
         1,
         "books, f2: the ledger says nothing; counted anew it is seen 1, rest 1"},
        /* a path that the mapping names, and no record has */
        {{0, 0}, {0, 0}, {FEW, FEW}, {0, 0}, 0, ""},
        /* a field may be called "*": then it is a path like any other */
        {{0, 0}, {5, 5}, {FEW, FEW}, {7, 7}, 0, ""},
        {{0, 0},
         {5, 5},
         {FEW, FEW - 1},
         {7, 8},
         2,
         "books, *: the ledger says seen 7, rest 7; counted anew it is seen 8, rest 8"},
        /* more paths than stand alone: which of them do is a matter of interruptions */
        {{0, 0}, {5, 5}, {MANY, MANY - 2}, {10, 12}, 0, ""},
        {{0, 0}, {5, 5}, {MANY, MANY - 2}, {10, 11}, 1, "books, all other paths: the ledger says"},
        {{0, 0}, {5, 6}, {MANY, MANY - 2}, {10, 12}, 1, "books, name: the ledger says seen 5"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fates ledger, recount;
        fill(&ledger, cases[i].filtered[0], cases[i].names[0], cases[i].others[0],
             cases[i].rest[0]);
        fill(&recount, cases[i].filtered[1], cases[i].names[1], cases[i].others[1],
             cases[i].rest[1]);
        struct told told = compare(&ledger, &recount);
        if (told.findings != cases[i].findings ||
            strncmp(told.first, cases[i].first, strlen(cases[i].first)) != 0)
            fail_msg("case %zu: %d findings, the first: %s", i, (int)told.findings, told.first);
    }
}

/* A long path is cut, at a character, so that the numbers behind it are seen, and the verdict is
 * UTF-8. */
static void a_long_path_is_cut(void **state)
{
    (void)state;
    static char path[2002] = "x"; /* one byte, then characters of two */
    for (size_t i = 1; i + 2 < sizeof path; i += 2)
        memcpy(path + i, "\xc3\xa9", 2);
    struct expected_path one = {.path = path, .values = {[FATE_SEEN] = 1, [FATE_REST] = 1}};
    struct fates ledger = {0}, recount = {0};
    struct error error;
    assert_true(fates_take(&ledger, "books", 0, 0, &one, 1, &error));
    assert_true(fates_take(&recount, "books", 0, 0, NULL, 0, &error));
    struct told told = compare(&ledger, &recount);
    assert_int_equal(told.findings, 1);
    assert_true(bson_utf8_validate(told.first, strlen(told.first), false));
    assert_non_null(strstr(told.first, "...: the ledger says seen 1, rest 1; counted anew"));
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    struct fates fates, back = {0};
    struct buffer packed;
    struct error error;
    buffer_init(&packed);
    fill(&fates, 9, 5, 3, 2);
    fates_pack(&fates, &packed);
    assert_true(fates_unpack(&back, "books", packed.data, packed.length, &error));
    assert_int_equal(back.count, fates.count);
    assert_int_equal(back.entities[0].filtered, 9);
    for (size_t i = 0; i < fates.count; i++) {
        assert_string_equal(back.rows[i].path, fates.rows[i].path);
        assert_int_equal(back.rows[i].named, fates.rows[i].named);
        assert_memory_equal(back.rows[i].values, fates.rows[i].values, sizeof fates.rows[i].values);
    }
    for (size_t length = 0; length < packed.length; length++) { /* whole rows are, parts are not */
        struct fates part = {0};
        if (fates_unpack(&part, "books", packed.data, length, &error))
            assert_true(part.count < fates.count);
        else
            assert_int_equal(error.code, ERROR_BUG);
        fates_release(&part);
    }
    buffer_release(&packed);
    fates_release(&fates);
    fates_release(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_against_the_other),
        cmocka_unit_test(a_long_path_is_cut),
        cmocka_unit_test(what_is_packed_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
