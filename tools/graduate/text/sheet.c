#include "sheet.h"

#include <assert.h>
#include <string.h>

enum { MOST_COLUMNS = 16 };

void sheet_init(struct sheet *sheet, const char *align)
{
    assert(strlen(align) <= MOST_COLUMNS);
    sheet->align = align;
    buffer_init(&sheet->cells);
}

void sheet_release(struct sheet *sheet)
{
    buffer_release(&sheet->cells);
}

void sheet_cell(struct sheet *sheet, const char *text)
{
    buffer_put(&sheet->cells, text, strlen(text) + 1);
}

void sheet_row(struct sheet *sheet, ...)
{
    va_list cells;
    va_start(cells, sheet);
    for (const char *column = sheet->align; *column != '\0'; column++)
        sheet_cell(sheet, va_arg(cells, const char *));
    va_end(cells);
}

/* Characters, not bytes: UTF-8 continues with 10xxxxxx. */
static size_t width(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void pad(struct buffer *out, size_t n)
{
    while (n-- > 0)
        buffer_putc(out, ' ');
}

static void end_line(struct buffer *out)
{
    while (!out->failed && out->length > 0 && out->data[out->length - 1] == ' ')
        out->length--;
    buffer_putc(out, '\n');
}

void sheet_print(struct sheet *sheet, const char *indent, struct buffer *out)
{
    size_t widest[MOST_COLUMNS] = {0}, columns = strlen(sheet->align), i = 0;
    if (sheet->cells.failed) {
        out->failed = true;
        return;
    }
    if (sheet->cells.length == 0)
        return;
    const char *begin = (const char *)sheet->cells.data, *end = begin + sheet->cells.length;
    for (const char *cell = begin; cell < end; cell += strlen(cell) + 1, i++)
        if (width(cell) > widest[i % columns])
            widest[i % columns] = width(cell);
    i = 0;
    for (const char *cell = begin; cell < end; cell += strlen(cell) + 1, i++) {
        size_t column = i % columns, room = widest[column] - width(cell);
        bool last = column + 1 == columns, right = sheet->align[column] == '>';
        buffer_puts(out, column == 0 ? indent : "  ");
        pad(out, right ? room : 0);
        buffer_puts(out, cell);
        pad(out, right ? 0 : room);
        if (last)
            end_line(out);
    }
}
