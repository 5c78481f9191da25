#include "graduate/words.h"

#include <string.h>
#include <strings.h>

enum { LONGEST = 64 };

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance; SIZE_MAX for words beyond LONGEST, which nobody mistypes. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return (size_t)-1;
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = min(min(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = min(now[j], before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *words_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3;
    size_t best_distance = limit < 2 ? 2 : limit;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(word, candidates[i]) == 0)
            return candidates[i];
        size_t d = distance(word, candidates[i]);
        if (d < best_distance || (d == best_distance && best == NULL)) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best;
}
