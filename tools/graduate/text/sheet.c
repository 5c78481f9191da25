#include "sheet.h"

#include <assert.h>
#include <string.h>

/* What a terminal of 80 columns shows; a text column is not made narrower than LEAST. */
enum { MOST_COLUMNS = 16, WIDTH = 79, LEAST = 10 };

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

/* The table while it is put out: its cells, and how wide each column is. */
struct layout {
    const struct sheet *sheet;
    const char *indent;
    struct buffer *out;
    size_t columns, widths[MOST_COLUMNS];
    bool stacked; /* the first cell of a row stands on a line of its own where it is too long */
};

static size_t total(const struct layout *l)
{
    size_t sum = width(l->indent) + 2 * (l->columns - 1);
    for (size_t c = 0; c < l->columns; c++)
        sum += l->widths[c];
    return sum;
}

static bool is_text(const struct layout *l, size_t column)
{
    return l->sheet->align[column] == '<';
}

/* Names before figures: what is too long gets a line of its own. Among texts the widest give way.
 */
static void make_fit(struct layout *l)
{
    bool figures = is_text(l, 0) && l->columns > 1;
    for (size_t c = 1; c < l->columns; c++)
        figures = figures && !is_text(l, c);
    l->stacked = figures && total(l) > WIDTH;
    if (l->stacked) {
        size_t over = total(l) - WIDTH;
        l->widths[0] = l->widths[0] >= over + LEAST ? l->widths[0] - over : 0;
        return;
    }
    while (total(l) > WIDTH) {
        size_t widest = l->columns;
        for (size_t c = 0; c < l->columns; c++)
            if (is_text(l, c) && l->widths[c] > LEAST &&
                (widest == l->columns || l->widths[c] > l->widths[widest]))
                widest = c;
        if (widest == l->columns)
            return; /* figures alone: they stand as they are */
        l->widths[widest]--;
    }
}

/* How many bytes of the text fit into `room` characters, to the last blank if there is one; else to
 * the last dot, stroke or comma of a name. */
static size_t part_of(const char *text, size_t room)
{
    if (width(text) <= room)
        return strlen(text);
    size_t bytes = 0, blank = 0, mark = 0;
    for (size_t n = 0; text[bytes] != '\0'; bytes++) {
        n += ((unsigned char)text[bytes] & 0xC0) != 0x80;
        if (n > room)
            break;
        if (text[bytes] == ' ')
            blank = bytes;
        if (strchr("._,/-", text[bytes]) != NULL)
            mark = bytes + 1;
    }
    if (text[bytes] == ' ' || text[bytes] == '\0')
        return bytes;
    return blank > 0 ? blank : mark > 0 ? mark : bytes;
}

static void put_cell(const struct layout *l, size_t column, const char *text, size_t length)
{
    char part[1024];
    if (length >= sizeof part)
        length = sizeof part - 1;
    memcpy(part, text, length);
    part[length] = '\0';
    size_t taken = width(part), room = l->widths[column] > taken ? l->widths[column] - taken : 0;
    if (column > 0)
        buffer_puts(l->out, "  ");
    pad(l->out, is_text(l, column) ? 0 : room);
    buffer_puts(l->out, part);
    pad(l->out, is_text(l, column) ? room : 0);
}

/* One row, on as many lines as its longest cell takes. */
static void put_wrapped(const struct layout *l, const char *cells[])
{
    bool more = true;
    while (more) {
        more = false;
        buffer_puts(l->out, l->indent);
        for (size_t c = 0; c < l->columns; c++) {
            size_t length = is_text(l, c) ? part_of(cells[c], l->widths[c]) : strlen(cells[c]);
            put_cell(l, c, cells[c], length);
            cells[c] += length;
            cells[c] += strspn(cells[c], " ");
            more = more || *cells[c] != '\0';
        }
        end_line(l->out);
    }
}

static void put_stacked(const struct layout *l, const char *cells[])
{
    static const char nothing[] = "";
    bool alone = width(cells[0]) > l->widths[0];
    while (alone && *cells[0] != '\0') {
        size_t length = part_of(cells[0], WIDTH - width(l->indent));
        buffer_puts(l->out, l->indent);
        buffer_put(l->out, cells[0], length);
        end_line(l->out);
        cells[0] += length;
    }
    buffer_puts(l->out, l->indent);
    put_cell(l, 0, alone ? nothing : cells[0], alone ? 0 : strlen(cells[0]));
    for (size_t c = 1; c < l->columns; c++)
        put_cell(l, c, cells[c], strlen(cells[c]));
    end_line(l->out);
}

void sheet_print(struct sheet *sheet, const char *indent, struct buffer *out)
{
    struct layout l = {
        .sheet = sheet, .indent = indent, .out = out, .columns = strlen(sheet->align)};
    if (sheet->cells.failed) {
        out->failed = true;
        return;
    }
    if (sheet->cells.length == 0)
        return;
    const char *begin = (const char *)sheet->cells.data, *end = begin + sheet->cells.length;
    size_t i = 0;
    for (const char *cell = begin; cell < end; cell += strlen(cell) + 1, i++)
        if (width(cell) > l.widths[i % l.columns])
            l.widths[i % l.columns] = width(cell);
    make_fit(&l);
    for (const char *cell = begin; cell < end;) {
        const char *cells[MOST_COLUMNS];
        for (size_t c = 0; c < l.columns; c++, cell += strlen(cell) + 1)
            cells[c] = cell;
        (l.stacked ? put_stacked : put_wrapped)(&l, cells);
    }
}
