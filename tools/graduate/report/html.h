/* html.h: pieces of a page, with every text escaped.
 *
 * What a source or a mapping named goes through html_data: it is isolated from the text around it,
 * so that a name written from right to left, or one that means to confuse, stays in its place. */
#ifndef GRADUATE_DRIVER_HTML_H
#define GRADUATE_DRIVER_HTML_H

#include "graduate/buffer.h"

#include <cjson/cJSON.h>

void html_text(struct buffer *out, const char *text);
void html_data(struct buffer *out, const char *text);
/* "2026-01-31 12:00 UTC", from RFC 3339 in UTC; what is no such time, as it is. */
void html_time(struct buffer *out, const char *stamp);
/* "43 ms", and from a second on as figure_duration. */
void html_duration(struct buffer *out, double seconds);

void html_open_section(struct buffer *out, const char *id, const char *title);
void html_close_section(struct buffer *out);
/* A heading within a section, to which the verdict links, and what its words mean; "": nothing. */
void html_part(struct buffer *out, const char *id, const char *title, const char *words);

enum html_cell {
    HTML_NAME,    /* data that names the row */
    HTML_DATA,    /* data */
    HTML_COUNT,   /* a number */
    HTML_FAULT,   /* a number that should be 0 */
    HTML_BALANCE, /* the same, which is not added up: one too high would hide one too low */
    HTML_TIME,    /* seconds */
    HTML_BAR,     /* the same as a bar */
};
struct html_column {
    enum html_cell kind;
    const char *title;
    const char *member; /* of the row's object */
};
struct html_table {
    const char *id, *caption;
    const char *title; /* it can be folded under this; NULL: it cannot */
    bool judges;       /* folded where no number is a fault, else where all numbers are 0 */
    bool folded;       /* whatever it says */
    const struct html_column *columns;
    size_t column_count;
    bool sparse;       /* a count that is 0 in every row has no column */
    bool total;        /* a last row with the sums of the numbers */
    double longest;    /* of bars */
    const char *color; /* of bars: a class */
    const char *part;  /* of a bar: the member that is drawn over its end, or NULL */
    const char *part_color;
};
/* It has numbers, and none of them asks to be looked at: see `judges`. */
bool html_table_is_quiet(const struct html_table *table, const cJSON *rows);
/* A row per element, in a box that scrolls where the page is narrow. */
void html_table(struct buffer *out, const struct html_table *table, const cJSON *rows);

#endif
