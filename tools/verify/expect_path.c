#include "expect_path.h"

#include <stdlib.h>
#include <string.h>

void path_counts_release(struct path_counts *counts)
{
    for (size_t i = 0; i < counts->count; i++) {
        char *path;
        memcpy(&path, &counts->items[i].path, sizeof path);
        free(path);
    }
    free(counts->items);
    *counts = (struct path_counts){0};
}

/* Where the path stands, or should. */
static size_t find(const struct path_counts *counts, const char *path, bool *found)
{
    size_t low = 0, high = counts->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(path, counts->items[middle].path);
        *found = order == 0;
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

static bool insert(struct path_counts *counts, size_t at, const char *path, struct error *error)
{
    if (counts->count == counts->room) {
        size_t room = counts->room * 2 + 16;
        struct expected_path *items = realloc(counts->items, room * sizeof *items);
        if (items == NULL)
            return error_memory(error);
        counts->items = items;
        counts->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return error_memory(error);
    memmove(&counts->items[at + 1], &counts->items[at],
            (counts->count - at) * sizeof *counts->items);
    counts->items[at] = (struct expected_path){.path = copy};
    counts->count++;
    return true;
}

bool path_counts_add(struct path_counts *counts, const char *path, enum fate fate,
                     struct error *error)
{
    bool found;
    size_t at = find(counts, path, &found);
    if (!found && counts->count >= PATHS_MOST) {
        path = "*";
        at = find(counts, path, &found);
    }
    if (!found && !insert(counts, at, path, error))
        return false;
    struct expected_path *item = &counts->items[at];
    int64_t *const terms[] = {
        [FATE_WRITTEN] = &item->written, [FATE_REST] = &item->rest,
        [FATE_DROPPED] = &item->dropped, [FATE_DEFAULTED] = &item->defaulted,
        [FATE_LOST] = &item->lost,
    };
    item->seen++;
    ++*terms[fate];
    return true;
}

void path_join(struct buffer *out, const char *scope, const char *path)
{
    bool itself = strcmp(path, ".") == 0 && scope[0] != '\0';
    buffer_puts(out, scope);
    if (scope[0] != '\0' && path[0] != '\0' && !itself)
        buffer_putc(out, '.');
    buffer_puts(out, itself ? "" : path);
}
