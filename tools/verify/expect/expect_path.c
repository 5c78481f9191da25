#include "expect_path.h"

#include <stdlib.h>
#include <string.h>

void path_counts_release(struct path_counts *counts)
{
    for (size_t i = 0; i < counts->count; i++)
        free(counts->items[i].path);
    free(counts->items);
    free(counts->order);
    *counts = (struct path_counts){0};
}

/* Where the path stands in the order, or should. */
static size_t look_up(const struct path_counts *counts, const char *path, bool *found)
{
    size_t low = 0, high = counts->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(path, counts->items[counts->order[middle]].path);
        *found = order == 0;
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

static bool make_room(struct path_counts *counts)
{
    if (counts->count < counts->room)
        return true;
    size_t room = counts->room * 2 + 16;
    struct expected_path *items = realloc(counts->items, room * sizeof *items);
    if (items == NULL)
        return false;
    counts->items = items;
    size_t *order = realloc(counts->order, room * sizeof *order);
    if (order == NULL)
        return false;
    counts->order = order;
    counts->room = room;
    return true;
}

static bool insert(struct path_counts *counts, size_t place, const char *path, struct error *error)
{
    char *copy = make_room(counts) ? strdup(path) : NULL;
    if (copy == NULL)
        return error_memory(error);
    memmove(&counts->order[place + 1], &counts->order[place],
            (counts->count - place) * sizeof *counts->order);
    counts->order[place] = counts->count;
    counts->items[counts->count++] = (struct expected_path){.path = copy};
    return true;
}

bool path_counts_find(struct path_counts *counts, const char *path, size_t *at, struct error *error)
{
    bool found;
    size_t place = look_up(counts, path, &found);
    if (!found && counts->count >= FATE_MOST_PATHS) {
        path = FATE_OTHER_PATHS;
        place = look_up(counts, path, &found);
    }
    if (!found && !insert(counts, place, path, error))
        return false;
    *at = counts->order[place];
    return true;
}

void path_counts_add(struct path_counts *counts, size_t at, enum fate fate)
{
    counts->items[at].values[FATE_SEEN]++;
    if (fate != FATE_SEEN)
        counts->items[at].values[fate]++;
}

void path_counts_number(struct path_counts *counts, size_t at, enum fate number, int64_t more)
{
    counts->items[at].values[number] += more;
}

void path_join(struct buffer *out, const char *scope, const char *path)
{
    bool itself = strcmp(path, ".") == 0 && scope[0] != '\0';
    buffer_puts(out, scope);
    if (scope[0] != '\0' && path[0] != '\0' && !itself)
        buffer_putc(out, '.');
    buffer_puts(out, itself ? "" : path);
}
