/* Objects for people. What is kept is counted; the rest is named, with how or why. */
#include "figures.h"
#include "objects.h"
#include "printable.h"
#include "sheet.h"

#include <stdio.h>
#include <string.h>

static bool same_kind(const struct object_line *a, const struct object_line *b)
{
    return a->catalog == b->catalog && strcmp(a->object->kind, b->object->kind) == 0;
}

/* Is it the first of its source and kind? */
static bool leads(const struct objects *objects, size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (same_kind(&objects->lines[i], &objects->lines[place]))
            return false;
    return true;
}

static void print_counts(const struct objects *objects, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, "<<>>>");
    sheet_row(&sheet, "source", "kind", keeping_fate_names[KEEPING_KEPT],
              keeping_fate_names[KEEPING_CHANGED], keeping_fate_names[KEEPING_NOT]);
    for (size_t i = 0; i < objects->count; i++) {
        const struct object_line *line = &objects->lines[i];
        int64_t counts[KEEPING_FATES] = {0};
        char figures[KEEPING_FATES][FIGURE_SIZE];
        if (!leads(objects, i))
            continue;
        for (size_t j = i; j < objects->count; j++)
            counts[objects->lines[j].keeping.fate] += same_kind(&objects->lines[j], line);
        for (size_t fate = 0; fate < KEEPING_FATES; fate++)
            figure_count(counts[fate], figures[fate]);
        sheet_row(&sheet, line->catalog->source, line->object->kind, figures[KEEPING_KEPT],
                  figures[KEEPING_CHANGED], figures[KEEPING_NOT]);
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

/* Names and texts come from the source. */
static void print_lines(const struct objects *objects, enum keeping_fate fate, struct buffer *out)
{
    struct sheet sheet;
    size_t count = 0;
    sheet_init(&sheet, "<<<<");
    for (size_t i = 0; i < objects->count; i++) {
        const struct object_line *line = &objects->lines[i];
        char name[256], why[512];
        const char *text = fate == KEEPING_NOT ? line->reason : line->keeping.how;
        if (line->keeping.fate != fate)
            continue;
        count++;
        printable_copy(name, sizeof name, line->object->name, strlen(line->object->name));
        printable_copy(why, sizeof why, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
        sheet_row(&sheet, line->catalog->source, line->object->kind, name, why);
    }
    if (count > 0)
        buffer_printf(out, "\n%s:\n", keeping_fate_names[fate]);
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

void objects_print(const struct objects *objects, struct buffer *out)
{
    if (objects->count == 0)
        return;
    buffer_puts(out, "\nbeside the records:\n");
    print_counts(objects, out);
    print_lines(objects, KEEPING_CHANGED, out);
    print_lines(objects, KEEPING_NOT, out);
}
