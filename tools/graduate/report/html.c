#include "html.h"
#include "figures.h"
#include "member.h"

#include <stdio.h>
#include <string.h>

enum { MOST_COLUMNS = 16 }; /* of a sparse table */

static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default:
        return c < 0x20 || c == 0x7F ? "\uFFFD" : NULL; /* what HTML has no place for */
    }
}

/* Escape up to the end, or to behind the first of the letters `stops`; where it went on to. */
static const char *put_escaped(struct buffer *out, const char *text, const char *stops)
{
    for (const char *from = text;; from++) {
        size_t plain = 0;
        while (from[plain] != '\0' && escape_of((unsigned char)from[plain]) == NULL &&
               strchr(stops, from[plain]) == NULL)
            plain++;
        buffer_put(out, from, plain);
        from += plain;
        if (*from == '\0')
            return from;
        const char *escape = escape_of((unsigned char)*from);
        if (escape == NULL) { /* one of the stops */
            buffer_putc(out, *from);
            return from + 1;
        }
        buffer_puts(out, escape);
    }
}

void html_text(struct buffer *out, const char *text)
{
    put_escaped(out, text, "");
}

/* A long name is broken behind the signs that join its words. */
void html_data(struct buffer *out, const char *text)
{
    buffer_puts(out, "<bdi>");
    while (*(text = put_escaped(out, text, "_.:/|")) != '\0')
        buffer_puts(out, "<wbr>");
    buffer_puts(out, "</bdi>");
}

void html_time(struct buffer *out, const char *stamp)
{
    int year, month, day, hour, minute;
    if (sscanf(stamp, "%4d-%2d-%2dT%2d:%2d", &year, &month, &day, &hour, &minute) == 5)
        buffer_printf(
            out, "<time datetime=\"%04d-%02d-%02dT%02d:%02dZ\">%04d-%02d-%02d %02d:%02d UTC</time>",
            year, month, day, hour, minute, year, month, day, hour, minute);
    else
        html_data(out, stamp);
}

void html_duration(struct buffer *out, double seconds)
{
    char figure[FIGURE_SIZE];
    if (seconds < 0.9995)
        buffer_printf(out, "%.0f ms", seconds > 0 ? seconds * 1000 : 0);
    else
        buffer_puts(out, figure_duration(seconds, figure));
}

/* Where a page is too narrow for columns, each cell shows its column's title itself. */
static void open_cell(struct buffer *out, const struct html_column *column, const char *class)
{
    buffer_puts(out, "<td data-title=\"");
    html_text(out, column->title);
    buffer_printf(out, "\"%s%s%s>", class[0] != '\0' ? " class=\"" : "", class,
                  class[0] != '\0' ? "\"" : "");
}

static void put_count(struct buffer *out, const struct html_column *column, int64_t count)
{
    char figure[FIGURE_SIZE];
    open_cell(out, column,
              count == 0                   ? "number zero"
              : column->kind != HTML_COUNT ? "number fault"
                                           : "number");
    if (count < 0) { /* a balance can be; to figure_count it would be an estimate */
        buffer_puts(out, "\u2212");
        count = -count;
    }
    buffer_printf(out, "%s</td>", figure_count(count, figure));
}

/* A thousandth is the least that is drawn, so that nothing that took time is invisible. */
static double width_of(const struct html_table *table, double seconds)
{
    double width = table->longest > 0 ? seconds / table->longest * 1000 : 0;
    return width > 1 || seconds <= 0 ? width : 1;
}

static void put_rect(struct buffer *out, const char *color, double from, double width)
{
    buffer_printf(out, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"10\"/>", color, from,
                  width);
}

static void put_bar(struct buffer *out, const struct html_table *table, const cJSON *row,
                    double seconds)
{
    double width = width_of(table, seconds);
    buffer_puts(out, "<td class=\"bar\"><svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
                     "aria-hidden=\"true\">");
    put_rect(out, table->color, 0, width);
    if (table->part != NULL) {
        double part = width_of(table, member_number(row, table->part));
        part = part < width ? part : width;
        put_rect(out, table->part_color, width - part, part);
    }
    buffer_puts(out, "</svg></td>");
}

static void put_cell(struct buffer *out, const struct html_table *table,
                     const struct html_column *column, const cJSON *row)
{
    switch (column->kind) {
    case HTML_NAME:
        buffer_puts(out, "<th scope=\"row\">");
        html_data(out, member_text(row, column->member));
        buffer_puts(out, "</th>");
        break;
    case HTML_DATA:
        open_cell(out, column, "");
        html_data(out, member_text(row, column->member));
        buffer_puts(out, "</td>");
        break;
    case HTML_COUNT:
    case HTML_FAULT:
    case HTML_BALANCE:
        put_count(out, column, member_count(row, column->member));
        break;
    case HTML_TIME:
        open_cell(out, column, "number");
        html_duration(out, member_number(row, column->member));
        buffer_puts(out, "</td>");
        break;
    case HTML_BAR:
        put_bar(out, table, row, member_number(row, column->member));
        break;
    }
}

static bool is_text(const struct html_column *column)
{
    return column->kind == HTML_NAME || column->kind == HTML_DATA || column->kind == HTML_BAR;
}

static void put_head(struct buffer *out, const struct html_table *table)
{
    buffer_puts(out, "<thead><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct html_column *column = &table->columns[i];
        buffer_printf(out, "<th scope=\"col\"%s>", is_text(column) ? "" : " class=\"number\"");
        html_text(out, column->title);
        buffer_puts(out, "</th>");
    }
    buffer_puts(out, "</tr></thead>\n");
}

static void put_total(struct buffer *out, const struct html_table *table, const cJSON *rows)
{
    buffer_puts(out, "<tfoot><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct html_column *column = &table->columns[i];
        if (i == 0)
            buffer_puts(out, "<th scope=\"row\">together</th>");
        else if (column->kind == HTML_COUNT || column->kind == HTML_FAULT)
            put_count(out, column, member_sum(rows, column->member));
        else
            buffer_printf(out, "<td%s></td>", is_text(column) ? "" : " class=\"number\"");
    }
    buffer_puts(out, "</tr></tfoot>");
}

static bool is_looked_at(const struct html_table *table, const struct html_column *column)
{
    return column->kind == HTML_FAULT || column->kind == HTML_BALANCE ||
           (column->kind == HTML_COUNT && !table->judges);
}

bool html_table_is_quiet(const struct html_table *table, const cJSON *rows)
{
    bool any = false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct html_column *column = &table->columns[i];
        const cJSON *row;
        if (!is_looked_at(table, column))
            continue;
        any = true;
        cJSON_ArrayForEach(row, rows)
        {
            if (member_count(row, column->member) != 0)
                return false;
        }
    }
    return any;
}

static void open_fold(struct buffer *out, const struct html_table *table, const cJSON *rows)
{
    bool open = !table->folded && !html_table_is_quiet(table, rows);
    buffer_printf(out, "<details%s><summary>", open ? " open" : "");
    html_text(out, table->title);
    buffer_puts(out, "</summary>\n");
}

static bool is_empty(const struct html_column *column, const cJSON *rows)
{
    const cJSON *row;
    if (column->kind != HTML_COUNT && column->kind != HTML_FAULT)
        return false;
    cJSON_ArrayForEach(row, rows)
    {
        if (member_count(row, column->member) != 0)
            return false;
    }
    return true;
}

static void put_table(struct buffer *out, const struct html_table *table, const cJSON *rows)
{
    const cJSON *row;
    buffer_printf(
        out,
        "<div class=\"box\" role=\"region\" tabindex=\"0\" aria-labelledby=\"%s-caption\">"
        "<table id=\"%s\"><caption id=\"%s-caption\"><span>",
        table->id, table->id, table->id);
    html_text(out, table->caption);
    buffer_puts(out, "</span></caption>");
    put_head(out, table);
    buffer_puts(out, "<tbody>\n");
    cJSON_ArrayForEach(row, rows)
    {
        buffer_puts(out, "<tr>");
        for (size_t i = 0; i < table->column_count; i++)
            put_cell(out, table, &table->columns[i], row);
        buffer_puts(out, "</tr>\n");
    }
    buffer_puts(out, "</tbody>");
    if (table->total && cJSON_GetArraySize(rows) > 1)
        put_total(out, table, rows);
    buffer_puts(out, "</table></div>\n");
}

void html_table(struct buffer *out, const struct html_table *table, const cJSON *rows)
{
    struct html_column columns[MOST_COLUMNS];
    struct html_table shown = *table;
    if (table->sparse && table->column_count <= MOST_COLUMNS) {
        shown.columns = columns;
        shown.column_count = 0;
        for (size_t i = 0; i < table->column_count; i++)
            if (!is_empty(&table->columns[i], rows))
                columns[shown.column_count++] = table->columns[i];
    }
    if (table->title != NULL)
        open_fold(out, table, rows);
    put_table(out, &shown, rows);
    if (table->title != NULL)
        buffer_puts(out, "</details>\n");
}

void html_open_section(struct buffer *out, const char *id, const char *title)
{
    buffer_printf(out,
                  "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n",
                  id, id, id, title);
}

void html_close_section(struct buffer *out)
{
    buffer_puts(out, "</section>\n");
}

void html_part(struct buffer *out, const char *id, const char *title, const char *words)
{
    buffer_printf(out, "<h3 id=\"%s\">", id);
    html_text(out, title);
    buffer_puts(out, "</h3>\n");
    if (words[0] == '\0')
        return;
    buffer_puts(out, "<p>");
    html_text(out, words);
    buffer_puts(out, "</p>\n");
}
