/* What the run did: the account, and where the time went. */
#include "figures.h"
#include "html.h"
#include "member.h"
#include "page.h"

#include <stdio.h>
#include <string.h>

void page_account(struct buffer *out, const cJSON *report)
{
    static const struct html_column entity_columns[] = {
        {HTML_NAME, "entity", "entity"},      {HTML_DATA, "from", "source"},
        {HTML_COUNT, "read", "read"},         {HTML_COUNT, "loaded", "loaded"},
        {HTML_COUNT, "filtered", "filtered"}, {HTML_FAULT, "rejected", "rejected"},
        {HTML_COUNT, "retried", "retried"},   {HTML_BALANCE, "balance", "balance"},
    };
    static const struct html_column table_columns[] = {
        {HTML_NAME, "table", "table"},        {HTML_COUNT, "rows before", "before"},
        {HTML_COUNT, "loaded", "loaded"},     {HTML_COUNT, "present", "present"},
        {HTML_BALANCE, "balance", "balance"},
    };
    static const struct html_column value_columns[] = {
        {HTML_NAME, "entity", "entity"},
        {HTML_COUNT, "paths", "paths"},
        {HTML_COUNT, "seen", "seen"},
        {HTML_COUNT, "written", "written"},
        {HTML_COUNT, "changed", "changed"},
        {HTML_COUNT, "in the rest", "rest"},
        {HTML_COUNT, "only compared", "compared"},
        {HTML_COUNT, "kept out", "kept_out"},
        {HTML_COUNT, "dropped", "dropped"},
        {HTML_COUNT, "left out", "left_out"},
        {HTML_COUNT, "defaulted", "defaulted"},
        {HTML_COUNT, "lost by rule", "lost"},
        {HTML_FAULT, "rejected", "rejected"},
        {HTML_BALANCE, "balance", "balance"},
    };
    static const struct html_column path_columns[] = {
        {HTML_NAME, "entity", "entity"},      {HTML_DATA, "path", "path"},
        {HTML_COUNT, "seen", "seen"},         {HTML_COUNT, "written", "written"},
        {HTML_BALANCE, "balance", "balance"},
    };
    static const struct html_column change_columns[] = {
        {HTML_NAME, "entity", "entity"},
        {HTML_DATA, "field", "path"},
        {HTML_DATA, "by", "rule"},
        {HTML_COUNT, "values", "values"},
    };
    static const struct html_column count_columns[] = {
        {HTML_NAME, "entity", "entity"},
        {HTML_COUNT, "counted by the source", "counted"},
        {HTML_COUNT, "read", "read"},
    };
#define COLUMNS(name) name, sizeof name / sizeof name[0]
    const cJSON *account = member(report, "account");
    const struct {
        const char *id, *title, *caption;
        const cJSON *rows;
        const struct html_column *columns;
        size_t column_count;
        bool total, sparse;
    } tables[] = {
        {"entities", "Records",
         "Read is loaded, filtered, rejected, or rejected and loaded since (retried)",
         member(account, "entities"), COLUMNS(entity_columns), true, false},
        {"counts", "Records that the sources counted themselves",
         "Where a source's own count is exact, it is held against what was read",
         member(account, "counts"), COLUMNS(count_columns), true, false},
        {"tables", "Rows", "Present is what was there before, and what was loaded",
         member(account, "tables"), COLUMNS(table_columns), true, false},
        {"values", "Values",
         "Each value that was seen has one fate. Written: in a column, in the mapping's form. "
         "Changed: in a column, and a function made another value of it. In the rest: in a column "
         "of "
         "the fields that nobody named. Only compared: a condition looked at it, and nothing took "
         "it. Left out: with its element. Defaulted: a default stands in for it",
         member(report, "values"), COLUMNS(value_columns), true, true},
        {"changes", "Values that functions changed",
         "By field and function; a value that two functions changed stands with both",
         member(report, "changes"), COLUMNS(change_columns), false, false},
        {"open-paths", "Values that do not add up", "Seen is not the sum of what became of them",
         member(report, "open_paths"), COLUMNS(path_columns), false, false},
    };
    html_open_section(out, "account", "The account");
    if (!cJSON_IsObject(account))
        buffer_puts(out, "<p>There is none before the migration has come to its end.</p>\n");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const struct html_table table = {.id = tables[i].id,
                                         .title = tables[i].title,
                                         .caption = tables[i].caption,
                                         .columns = tables[i].columns,
                                         .column_count = tables[i].column_count,
                                         .total = tables[i].total,
                                         .sparse = tables[i].sparse};
        if (cJSON_GetArraySize(tables[i].rows) > 0)
            html_table(out, &table, tables[i].rows);
    }
    html_close_section(out);
}

static const struct {
    const char *phase, *label;
} phases[] = {
    {"read", "reading"},
    {"load", "loading"},
    {"finish", "keys, indexes and the rest"},
    {"verify", "verification"},
};
enum { PHASE_COUNT = sizeof phases / sizeof phases[0] };

static double phase_seconds(const cJSON *timings, size_t i)
{
    return member_number(member_find(member(timings, "phases"), "phase", phases[i].phase),
                         "seconds");
}

/* The whole as one strip, and its legend. */
static void put_phases(struct buffer *out, const cJSON *timings)
{
    double all = member_number(timings, "seconds"), at = 0;
    buffer_puts(out,
                "<svg class=\"strip\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
                "role=\"img\" aria-labelledby=\"strip-title\"><title id=\"strip-title\">Shares of "
                "the time at work; the list below has them as text</title>");
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        double share = phase_seconds(timings, i) / all * 1000;
        buffer_printf(out, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"10\"/>",
                      phases[i].phase, at, share);
        at += share;
    }
    buffer_puts(out, "</svg><ul class=\"legend\">");
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        if (phase_seconds(timings, i) <= 0)
            continue;
        buffer_printf(out,
                      "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
                      "width=\"10\" height=\"10\"/></svg>%s <b>",
                      phases[i].phase, phases[i].label);
        html_duration(out, phase_seconds(timings, i));
        buffer_puts(out, "</b></li>");
    }
    buffer_puts(out, "</ul>\n");
}

static double longest_of(const cJSON *timings, const char *name, double longest)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, member(timings, name))
    {
        if (member_number(item, "seconds") > longest)
            longest = member_number(item, "seconds");
    }
    return longest;
}

void page_timings(struct buffer *out, const cJSON *report)
{
    static const struct html_column entity_columns[] = {
        {HTML_NAME, "entity", "entity"},    {HTML_BAR, "", "seconds"},
        {HTML_TIME, "time", "seconds"},     {HTML_TIME, "loading", "loading"},
        {HTML_COUNT, "records", "records"}, {HTML_COUNT, "rows", "rows"},
    };
    static const struct html_column step_columns[] = {
        {HTML_NAME, "steps", "kind"},          {HTML_BAR, "", "seconds"},
        {HTML_TIME, "time", "seconds"},        {HTML_COUNT, "steps", "steps"},
        {HTML_DATA, "the longest", "longest"},
    };
    static const struct html_column level_columns[] = {
        {HTML_NAME, "level", "level"},     {HTML_BAR, "", "seconds"},
        {HTML_TIME, "time", "seconds"},    {HTML_COUNT, "checks", "checks"},
        {HTML_DATA, "verdict", "verdict"},
    };
    static const struct {
        const char *name, *id, *caption, *color, *part, *part_color;
        const struct html_column *columns;
        size_t count;
    } rows[] = {
        {"entities", "time-entities", "Reading and loading, entity by entity", "read", "loading",
         "load", entity_columns, sizeof entity_columns / sizeof entity_columns[0]},
        {"steps", "time-steps", "After the data, by kind of step", "finish", NULL, NULL,
         step_columns, sizeof step_columns / sizeof step_columns[0]},
        {"levels", "time-levels", "Verification, level by level", "verify", NULL, NULL,
         level_columns, sizeof level_columns / sizeof level_columns[0]},
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    const cJSON *timings = member(report, "timings");
    double longest = 0; /* one scale for all bars, so that they compare */
    html_open_section(out, "timings", "Where the time went");
    for (size_t i = 0; i < COUNT; i++)
        longest = longest_of(timings, rows[i].name, longest);
    if (longest > 0)
        put_phases(out, timings);
    else
        buffer_puts(out, "<p>No timings were kept.</p>\n");
    for (size_t i = 0; i < COUNT; i++) {
        const struct html_table table = {.id = rows[i].id,
                                         .caption = rows[i].caption,
                                         .title = rows[i].caption,
                                         .columns = rows[i].columns,
                                         .column_count = rows[i].count,
                                         .longest = longest,
                                         .color = rows[i].color,
                                         .part = rows[i].part,
                                         .part_color = rows[i].part_color};
        if (longest > 0 && cJSON_GetArraySize(member(timings, rows[i].name)) > 0)
            html_table(out, &table, member(timings, rows[i].name));
    }
    if (member_count(report, "generation") > 1)
        buffer_puts(out,
                    "<p class=\"note\">The run was stopped and went on. What an attempt that was "
                    "stopped spent on an entity it did not finish is not in these times.</p>\n");
    html_close_section(out);
}
