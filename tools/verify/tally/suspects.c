#include "suspects.h"

#include "graduate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1024 }; /* suspects written or read at once */

const char *const row_kind_names[ROW_KINDS] = {"missing", "extra", "different", "duplicated",
                                               "misplaced"};
static const char file_name[] = "the rows to be named";

static int open_unnamed(const char *folder)
{
    char path[PATH_MAX];
    const char *parent = getenv("TMPDIR");
    if (folder == NULL)
        folder = parent != NULL && parent[0] != '\0' ? parent : "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    if (snprintf(path, sizeof path, "%s/suspects-XXXXXX", folder) >= (int)sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC); /* a file system that knows no nameless files */
    if (fd >= 0)
        unlink(path);
    return fd;
}

bool suspects_open(struct suspects *suspects, const char *folder, struct error *error)
{
    *suspects = (struct suspects){.fd = {-1, -1}};
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        buffer_init(&suspects->pending[side]);
        suspects->fd[side] = open_unnamed(folder);
        if (suspects->fd[side] < 0) {
            error_set_errno(error, ERROR_TARGET, "cannot make a temporary file in %s",
                            folder != NULL ? folder : "the folder for temporary files");
            suspects_close(suspects);
            return error_hint(error, "let this user write there, or set TMPDIR to another folder");
        }
    }
    return true;
}

void suspects_close(struct suspects *suspects)
{
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        if (suspects->fd[side] >= 0)
            close(suspects->fd[side]);
        suspects->fd[side] = -1;
        buffer_release(&suspects->pending[side]);
    }
}

static bool flush(struct suspects *suspects, enum side side, struct error *error)
{
    struct buffer *pending = &suspects->pending[side];
    bool ok = buffer_ok(pending, error) &&
              file_write_all(suspects->fd[side], file_name, pending->data, pending->length, error);
    buffer_clear(pending);
    return ok;
}

bool suspects_add(struct suspects *suspects, enum side side, const struct suspect *suspect,
                  struct error *error)
{
    suspects->count[side]++;
    buffer_put(&suspects->pending[side], suspect, sizeof *suspect);
    return suspects->pending[side].length < BLOCK * sizeof *suspect || flush(suspects, side, error);
}

/* ---- the rows of one place ------------------------------------------------------------------ */

struct list {
    struct suspect *items;
    size_t count, capacity;
};

static bool list_grow(struct list *list, struct error *error)
{
    size_t capacity = list->capacity > 0 ? 2 * list->capacity : BLOCK;
    struct suspect *items = realloc(list->items, capacity * sizeof *items);
    if (items == NULL)
        return error_memory(error);
    list->items = items;
    list->capacity = capacity;
    return true;
}

static bool list_add(struct list *list, const struct suspect *suspect, struct error *error)
{
    if (list->count == list->capacity && !list_grow(list, error))
        return false;
    list->items[list->count++] = *suspect;
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct suspect *left = a, *right = b;
    int order = hash_compare(&left->parent, &right->parent); /* all equal in a table without */
    if (order == 0)
        order = hash_compare(&left->key, &right->key);
    return order != 0 ? order : hash_compare(&left->row, &right->row);
}

static int by_rest(const void *a, const void *b)
{
    const struct suspect *left = a, *right = b;
    int order = hash_compare(&left->rest, &right->rest);
    return order != 0 ? order : hash_compare(&left->row, &right->row);
}

struct comparing {
    bool ordered;
    struct list rows[SIDE_COUNT]; /* of the group, sorted by place */
    struct list left[SIDE_COUNT]; /* of one place, without what is equal */
    difference_callback callback;
    void *context;
};

static bool tell(struct comparing *comparing, enum row_kind kind, const struct suspect *expected,
                 const struct suspect *found, struct error *error)
{
    struct difference difference = {.kind = kind};
    if (expected != NULL)
        difference.expected = expected->row;
    if (found != NULL)
        difference.found = found->row;
    return comparing->callback(comparing->context, &difference, error);
}

/* Rows that stand on both sides leave; a row that stands there twice leaves with two. */
static bool take_equal_out(struct comparing *comparing, const struct suspect *expected,
                           size_t expected_count, const struct suspect *found, size_t found_count,
                           struct error *error)
{
    struct list *left = comparing->left;
    size_t e = 0, f = 0;
    bool ok = true;
    left[SIDE_EXPECTED].count = left[SIDE_FOUND].count = 0;
    while (ok && (e < expected_count || f < found_count)) {
        int order = e == expected_count ? 1
                    : f == found_count  ? -1
                                        : by_place(&expected[e], &found[f]);
        if (order < 0) {
            ok = list_add(&left[SIDE_EXPECTED], &expected[e++], error);
        } else if (order > 0) {
            ok = list_add(&left[SIDE_FOUND], &found[f++], error);
        } else {
            e++;
            f++;
        }
    }
    return ok;
}

/* Are they the same rows, but for the position? Sorts both by what they are without it. */
static bool same_but_position(struct list *expected, struct list *found)
{
    if (expected->count != found->count || expected->count == 0)
        return false;
    qsort(expected->items, expected->count, sizeof *expected->items, by_rest);
    qsort(found->items, found->count, sizeof *found->items, by_rest);
    for (size_t i = 0; i < expected->count; i++)
        if (hash_compare(&expected->items[i].rest, &found->items[i].rest) != 0)
            return false;
    return true;
}

static size_t run_of_key(const struct suspect *items, size_t from, size_t count,
                         const struct hash *key)
{
    size_t length = 0;
    while (from + length < count && hash_compare(&items[from + length].key, key) == 0)
        length++;
    return length;
}

static bool is_expected(const struct suspect *expected, size_t count, const struct hash *key)
{
    for (size_t i = 0; i < count; i++)
        if (hash_compare(&expected[i].key, key) == 0)
            return true;
    return false;
}

/* One key of a place: the first rows of both sides are pairs, the others have no partner. */
static bool compare_key(struct comparing *comparing, const struct suspect *expected, size_t missing,
                        const struct suspect *found, size_t extra, bool known, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && (i < missing || i < extra); i++) {
        if (i < missing && i < extra)
            ok = tell(comparing, ROW_DIFFERENT, &expected[i], &found[i], error);
        else if (i < missing)
            ok = tell(comparing, ROW_MISSING, &expected[i], NULL, error);
        else
            ok = tell(comparing, known ? ROW_DUPLICATED : ROW_EXTRA, NULL, &found[i], error);
    }
    return ok;
}

static bool compare_place(struct comparing *comparing, const struct suspect *expected,
                          size_t expected_count, const struct suspect *found, size_t found_count,
                          struct error *error)
{
    struct list *left = &comparing->left[SIDE_EXPECTED], *over = &comparing->left[SIDE_FOUND];
    if (!take_equal_out(comparing, expected, expected_count, found, found_count, error))
        return false;
    bool ok = true;
    if (comparing->ordered) {
        if (same_but_position(left, over)) {
            for (size_t i = 0; ok && i < left->count; i++)
                ok = tell(comparing, ROW_MISPLACED, &left->items[i], &over->items[i], error);
            return ok;
        }
        qsort(left->items, left->count, sizeof *left->items, by_place);
        qsort(over->items, over->count, sizeof *over->items, by_place);
    }
    for (size_t e = 0, f = 0; ok && (e < left->count || f < over->count);) {
        bool from_left =
            f == over->count ||
            (e < left->count && hash_compare(&left->items[e].key, &over->items[f].key) <= 0);
        const struct hash *key = from_left ? &left->items[e].key : &over->items[f].key;
        size_t missing = run_of_key(left->items, e, left->count, key);
        size_t extra = run_of_key(over->items, f, over->count, key);
        bool known = extra > missing && is_expected(expected, expected_count, key);
        ok = compare_key(comparing, left->items + e, missing, over->items + f, extra, known, error);
        e += missing;
        f += extra;
    }
    return ok;
}

/* ---- groups of places ----------------------------------------------------------------------- */

static const struct hash *place_of(const struct comparing *comparing, const struct suspect *suspect)
{
    return comparing->ordered ? &suspect->parent : &suspect->key;
}

static size_t run_of_place(const struct comparing *comparing, const struct list *list, size_t from,
                           const struct hash *place)
{
    size_t length = 0;
    while (from + length < list->count &&
           hash_compare(place_of(comparing, &list->items[from + length]), place) == 0)
        length++;
    return length;
}

static bool compare_group(struct comparing *comparing, struct error *error)
{
    struct list *expected = &comparing->rows[SIDE_EXPECTED], *found = &comparing->rows[SIDE_FOUND];
    bool ok = true;
    for (size_t e = 0, f = 0; ok && (e < expected->count || f < found->count);) {
        const struct hash *left =
            e < expected->count ? place_of(comparing, &expected->items[e]) : NULL;
        const struct hash *right = f < found->count ? place_of(comparing, &found->items[f]) : NULL;
        const struct hash *place =
            left != NULL && (right == NULL || hash_compare(left, right) <= 0) ? left : right;
        size_t here = run_of_place(comparing, expected, e, place);
        size_t there = run_of_place(comparing, found, f, place);
        ok = compare_place(comparing, expected->items + e, here, found->items + f, there, error);
        e += here;
        f += there;
    }
    return ok;
}

/* The suspects of one side that fall into the group; the groups cut up the first half of a place's
 * hash, whose second half chose the bucket. */
static bool load_group(struct comparing *comparing, struct suspects *suspects, enum side side,
                       uint64_t group, uint64_t groups, struct error *error)
{
    struct suspect block[BLOCK];
    struct list *list = &comparing->rows[side];
    size_t got = sizeof block;
    bool ok = lseek(suspects->fd[side], 0, SEEK_SET) == 0 ||
              error_set_errno(error, ERROR_TARGET, "cannot read %s", file_name);
    list->count = 0;
    while (ok && got == sizeof block) {
        ok = file_read_full(suspects->fd[side], file_name, block, sizeof block, &got, error);
        for (size_t i = 0; ok && i < got / sizeof block[0]; i++)
            if (place_of(comparing, &block[i])->high % groups == group)
                ok = list_add(list, &block[i], error);
    }
    qsort(list->items, list->count, sizeof *list->items, by_place);
    return ok;
}

bool suspects_compare(struct suspects *suspects, bool ordered, size_t memory,
                      difference_callback callback, void *context, struct error *error)
{
    struct comparing comparing = {.ordered = ordered, .callback = callback, .context = context};
    uint64_t all = suspects->count[SIDE_EXPECTED] + suspects->count[SIDE_FOUND];
    uint64_t groups = all * sizeof(struct suspect) / memory + 1;
    bool ok = flush(suspects, SIDE_EXPECTED, error) && flush(suspects, SIDE_FOUND, error);
    for (size_t side = 0; ok && side < SIDE_COUNT; side++)
        ok = list_grow(&comparing.rows[side], error) && list_grow(&comparing.left[side], error);
    for (uint64_t group = 0; ok && group < groups; group++)
        ok = load_group(&comparing, suspects, SIDE_EXPECTED, group, groups, error) &&
             load_group(&comparing, suspects, SIDE_FOUND, group, groups, error) &&
             compare_group(&comparing, error);
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        free(comparing.rows[side].items);
        free(comparing.left[side].items);
    }
    return ok;
}
