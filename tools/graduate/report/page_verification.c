/* What the verification found. */
#include "figures.h"
#include "html.h"
#include "member.h"
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_FINDINGS = 100 }; /* of a level on the page; verify.json has what there is */

static void put_columns(struct buffer *out, const cJSON *columns)
{
    const cJSON *column;
    if (cJSON_GetArraySize(columns) == 0)
        return;
    buffer_puts(out, "<dl class=\"columns\">");
    cJSON_ArrayForEach(column, columns)
    {
        buffer_puts(out, "<div><dt>");
        html_data(out, member_text(column, "name"));
        buffer_puts(out, "</dt><dd>expected ");
        buffer_puts(out, "<code>");
        html_data(out, member_text(column, "expected"));
        buffer_puts(out, "</code></dd><dd>found <code>");
        html_data(out, member_text(column, "found"));
        buffer_puts(out, "</code></dd></div>");
    }
    buffer_puts(out, "</dl>");
}

/* The verdict links to it by its level and its number there. */
static void put_finding(struct buffer *out, const cJSON *finding, int64_t number)
{
    buffer_puts(out, "<li id=\"");
    html_text(out, member_text(finding, "level"));
    buffer_printf(out, "-%" PRId64 "\"><p><b>", number);
    html_text(out, member_text(finding, "kind"));
    buffer_puts(out, "</b> <span class=\"place\">");
    html_data(out, member_text(finding, "table"));
    if (member_text(finding, "key")[0] != '\0') {
        buffer_puts(out, " ");
        html_data(out, member_text(finding, "key"));
    }
    buffer_puts(out, "</span></p><p>");
    html_data(out, member_text(finding, "text"));
    buffer_puts(out, "</p>");
    put_columns(out, member(finding, "columns"));
    buffer_puts(out, "</li>\n");
}

static void put_findings_of(struct buffer *out, const cJSON *verification, const cJSON *level)
{
    const cJSON *finding;
    const char *name = member_text(level, "level");
    int64_t all = member_count(level, "findings"), shown = 0;
    char figures[2][FIGURE_SIZE];
    if (all == 0)
        return;
    buffer_puts(out, "<h3 id=\"findings-");
    html_text(out, name);
    buffer_puts(out, "\">Found at the level ");
    html_text(out, name);
    buffer_puts(out, "</h3>\n<ul class=\"findings\">\n");
    cJSON_ArrayForEach(finding, member(verification, "findings"))
    {
        if (strcmp(member_text(finding, "level"), name) != 0 || shown == MOST_FINDINGS)
            continue;
        put_finding(out, finding, ++shown);
    }
    buffer_puts(out, "</ul>\n");
    if (shown < all)
        buffer_printf(out, "<p class=\"note\">%s of %s findings are shown.</p>\n",
                      figure_count(shown, figures[0]), figure_count(all, figures[1]));
}

void page_verification(struct buffer *out, const cJSON *report)
{
    static const struct html_column level_columns[] = {
        {HTML_NAME, "level", "level"},    {HTML_DATA, "verdict", "verdict"},
        {HTML_COUNT, "checks", "checks"}, {HTML_FAULT, "findings", "findings"},
        {HTML_TIME, "time", "seconds"},   {HTML_DATA, "reason", "reason"},
    };
    static const struct html_column table_columns[] = {
        {HTML_NAME, "table", "table"},          {HTML_COUNT, "before", "before"},
        {HTML_COUNT, "expected", "expected"},   {HTML_COUNT, "present", "present"},
        {HTML_FAULT, "missing", "missing"},     {HTML_FAULT, "extra", "extra"},
        {HTML_FAULT, "different", "different"}, {HTML_FAULT, "duplicated", "duplicated"},
        {HTML_FAULT, "misplaced", "misplaced"},
    };
    static const struct html_table levels = {.id = "levels",
                                             .caption = "Levels",
                                             .columns = level_columns,
                                             .column_count =
                                                 sizeof level_columns / sizeof level_columns[0]};
    static const struct html_table tables = {
        .id = "verified-tables",
        .caption = "Rows that the sources make, and rows found",
        .title = "Tables, compared",
        .judges = true,
        .columns = table_columns,
        .total = true,
        .column_count = sizeof table_columns / sizeof table_columns[0]};
    const cJSON *verification = member(report, "verification"), *level;
    html_open_section(out, "verification", "The verification");
    if (!cJSON_IsObject(verification)) {
        buffer_puts(out, "<p>This run was not verified since it was finished. "
                         "<code>graduate verify --run-dir DIR</code> does it.</p>\n");
    } else {
        bool afresh = strcmp(member_text(verification, "source"), "afresh") == 0;
        buffer_printf(out, "<p>The target was compared with %s.</p>\n",
                      afresh ? "the sources, read afresh" : "the records that the run kept");
        html_table(out, &levels, member(verification, "levels"));
        cJSON_ArrayForEach(level, member(verification, "levels"))
        {
            put_findings_of(out, verification, level);
        }
        if (cJSON_GetArraySize(member(verification, "tables")) > 0)
            html_table(out, &tables, member(verification, "tables"));
    }
    html_close_section(out);
}
