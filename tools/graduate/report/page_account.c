/* What the run did: the account, what was lost or rejected, where the time went. */
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
        {HTML_NAME, "entity", "entity"},        {HTML_COUNT, "paths", "paths"},
        {HTML_COUNT, "seen", "seen"},           {HTML_COUNT, "written", "written"},
        {HTML_COUNT, "changed", "changed"},     {HTML_COUNT, "in the rest", "rest"},
        {HTML_COUNT, "only compared", "compared"},
        {HTML_COUNT, "kept out", "kept_out"},   {HTML_COUNT, "dropped", "dropped"},
        {HTML_COUNT, "left out", "left_out"},   {HTML_COUNT, "defaulted", "defaulted"},
        {HTML_COUNT, "lost by rule", "lost"},   {HTML_FAULT, "rejected", "rejected"},
        {HTML_BALANCE, "balance", "balance"},
    };
    static const struct html_column path_columns[] = {
        {HTML_NAME, "entity", "entity"},      {HTML_DATA, "path", "path"},
        {HTML_COUNT, "seen", "seen"},         {HTML_COUNT, "written", "written"},
        {HTML_BALANCE, "balance", "balance"},
    };
    static const struct html_table entities = {
        .id = "entities",
        .caption =
            "Records: read is loaded, filtered, rejected, or rejected and loaded since (retried)",
        .columns = entity_columns,
        .total = true,
        .column_count = sizeof entity_columns / sizeof entity_columns[0]};
    static const struct html_table tables = {
        .id = "tables",
        .caption = "Rows: present is what was there before, and what was loaded",
        .columns = table_columns,
        .total = true,
        .column_count = sizeof table_columns / sizeof table_columns[0]};
    static const struct html_table values = {.id = "values",
                                             .caption = "Values: what became of each that was seen",
                                             .columns = value_columns,
                                             .total = true,
                                             .column_count =
                                                 sizeof value_columns / sizeof value_columns[0]};
    static const struct html_table open_paths = {.id = "open-paths",
                                                 .caption = "Paths whose values do not add up",
                                                 .columns = path_columns,
                                                 .column_count =
                                                     sizeof path_columns / sizeof path_columns[0]};
    const cJSON *account = member(report, "account");
    html_open_section(out, "account", "The account");
    if (cJSON_IsObject(account)) {
        html_table(out, &entities, member(account, "entities"));
        html_table(out, &tables, member(account, "tables"));
    } else {
        buffer_puts(out, "<p>There is none before the migration has come to its end.</p>\n");
    }
    if (cJSON_GetArraySize(member(report, "values")) > 0)
        html_table(out, &values, member(report, "values"));
    if (cJSON_GetArraySize(member(report, "open_paths")) > 0)
        html_table(out, &open_paths, member(report, "open_paths"));
    html_close_section(out);
}

static void put_first_losses(struct buffer *out, const cJSON *rule, size_t number)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "key", "key"},
        {HTML_DATA, "path", "path"},
        {HTML_DATA, "before", "before"},
        {HTML_DATA, "after", "after"},
    };
    char id[32], caption[512];
    int64_t values = member_count(rule, "values");
    const cJSON *first = member(rule, "first");
    snprintf(id, sizeof id, "losses-%zu", number);
    snprintf(caption, sizeof caption, "%s, %s: %s", member_text(rule, "entity"),
             member_text(rule, "rule"),
             values > cJSON_GetArraySize(first) ? "the first of them" : "all of them");
    const struct html_table table = {.id = id,
                                     .caption = caption,
                                     .columns = columns,
                                     .column_count = sizeof columns / sizeof columns[0]};
    html_table(out, &table, first);
}

void page_losses(struct buffer *out, const cJSON *report)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "rule", "rule"},
        {HTML_DATA, "entity", "entity"},
        {HTML_COUNT, "values", "values"},
        {HTML_DATA, "what it means", "meaning"},
    };
    static const struct html_table table = {
        .id = "losses",
        .caption = "Values that changed on the way, by the rule that changed them",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .total = true};
    const cJSON *rules = member(member(report, "losses"), "rules"), *rule;
    html_open_section(out, "losses", "What was lost");
    if (cJSON_GetArraySize(rules) == 0) {
        buffer_puts(out, "<p>Nothing: no value changed on the way.</p>\n");
    } else {
        size_t number = 0;
        html_table(out, &table, rules);
        cJSON_ArrayForEach(rule, rules)
        {
            put_first_losses(out, rule, ++number);
        }
        buffer_puts(out,
                    "<p class=\"note\">Each of them is a line of losses.jsonl in the run folder, "
                    "and a row of graduate.losses in the target.</p>\n");
    }
    html_close_section(out);
}

void page_rejects(struct buffer *out, const cJSON *report)
{
    const cJSON *entity, *entities = member(member(report, "account"), "entities");
    char figure[FIGURE_SIZE];
    html_open_section(out, "rejects", "What was rejected");
    if (member_sum(entities, "rejected") == 0) {
        buffer_puts(out, "<p>Nothing: no record was turned away.</p>\n");
    } else {
        buffer_puts(out, "<ul>");
        cJSON_ArrayForEach(entity, entities)
        {
            int64_t rejected = member_count(entity, "rejected");
            if (rejected == 0)
                continue;
            buffer_puts(out, "<li>");
            html_data(out, member_text(entity, "entity"));
            buffer_printf(out, ": %s</li>", figure_count(rejected, figure));
        }
        buffer_puts(out, "</ul>\n");
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
