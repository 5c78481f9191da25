#include "line_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Cells of the table of common lengths; beyond it the whole middle counts as changed. */
enum { LARGEST_TABLE = 16 << 20 };

struct text {
    struct line *lines;
    size_t count;
};

static bool split(const char *from, struct text *text)
{
    size_t count = 0;
    for (const char *at = from; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    *text = (struct text){.lines = calloc(count + 1, sizeof *text->lines)};
    if (text->lines == NULL)
        return false;
    while (*from != '\0') {
        size_t length = strcspn(from, "\n");
        text->lines[text->count++] = (struct line){from, length};
        from += length + (from[length] == '\n');
    }
    return true;
}

static bool same(struct line a, struct line b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

struct walk {
    struct text before, after;
    line_diff_each *each;
    void *context;
};

static bool tell(const struct walk *walk, bool new, size_t at)
{
    const struct text *text = new ? &walk->after : &walk->before;
    size_t within = at;
    while (within > 0 &&
           (text->lines[within].length == 0 || strchr(" \t)", text->lines[within].text[0]) != NULL))
        within--;
    return walk->each(walk->context, new, text->lines[at], text->lines[within]);
}

/* The part between common beginning and common end: [a, a_end) and [b, b_end). common[i][j] is the
 * length of the longest common subsequence of what follows a + i and b + j. */
static bool walk_middle(const struct walk *walk, size_t a, size_t a_end, size_t b, size_t b_end,
                        const uint32_t *common)
{
    size_t a0 = a, b0 = b, width = b_end - b + 1;
    bool ok = true;
    while (ok && (a < a_end || b < b_end)) {
        const uint32_t *cell = common != NULL ? common + (a - a0) * width + (b - b0) : NULL;
        if (cell != NULL && a < a_end && b < b_end &&
            same(walk->before.lines[a], walk->after.lines[b])) {
            a++;
            b++;
        } else if (a < a_end && (b == b_end || cell == NULL || cell[width] >= cell[1])) {
            ok = tell(walk, false, a++);
        } else {
            ok = tell(walk, true, b++);
        }
    }
    return ok;
}

static bool compare(const struct walk *walk)
{
    const struct line *x = walk->before.lines, *y = walk->after.lines;
    size_t a = 0, a_end = walk->before.count, b = 0, b_end = walk->after.count;
    while (a < a_end && b < b_end && same(x[a], y[b]))
        a++, b++;
    while (a < a_end && b < b_end && same(x[a_end - 1], y[b_end - 1]))
        a_end--, b_end--;
    size_t height = a_end - a + 1, width = b_end - b + 1;
    if (height > LARGEST_TABLE / width)
        return walk_middle(walk, a, a_end, b, b_end, NULL);
    uint32_t *common = calloc(height * width, sizeof *common);
    if (common == NULL)
        return false;
    for (size_t i = height - 1; i-- > 0;)
        for (size_t j = width - 1; j-- > 0;) {
            uint32_t *cell = common + i * width + j;
            if (same(x[a + i], y[b + j]))
                *cell = cell[width + 1] + 1;
            else
                *cell = cell[width] > cell[1] ? cell[width] : cell[1];
        }
    bool ok = walk_middle(walk, a, a_end, b, b_end, common);
    free(common);
    return ok;
}

bool line_diff(const char *before, const char *after, line_diff_each *each, void *context)
{
    struct walk walk = {.each = each, .context = context};
    bool ok = split(before, &walk.before) && split(after, &walk.after) && compare(&walk);
    free(walk.before.lines);
    free(walk.after.lines);
    return ok;
}
