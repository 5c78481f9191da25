/* sheet.h: a table of text for people: columns as wide as their widest cell, numbers to the right.
 *
 *   sheet_init(&sheet, "<>>");              one character per column: '<' left, '>' right
 *   sheet_row(&sheet, "entity", "read", "loaded");
 *   sheet_row(&sheet, "books", "1,200", "1,200");
 *   sheet_print(&sheet, "  ", &out);        each line begins with the indent
 *
 * It fits a terminal of 80 columns: of a name before figures, one that is too long stands on a line
 * of its own; among texts the widest are wrapped. Nothing is cut.
 *
 * Cells are copied. A failed allocation shows when the text is put out (buffer_ok of `out`). */
#ifndef GRADUATE_DRIVER_SHEET_H
#define GRADUATE_DRIVER_SHEET_H

#include "graduate/buffer.h"

struct sheet {
    const char *align;
    struct buffer cells; /* each with its NUL, row after row */
};

void sheet_init(struct sheet *sheet, const char *align);
void sheet_release(struct sheet *sheet);
/* One cell after the other, row by row. */
void sheet_cell(struct sheet *sheet, const char *text);
/* As many texts as `align` has characters. */
void sheet_row(struct sheet *sheet, ...);
void sheet_print(struct sheet *sheet, const char *indent, struct buffer *out);

#endif
