#include "report_html.h"
#include "figures.h"
#include "html.h"
#include "member.h"
#include "report_css.h"

#include <stdio.h>
#include <string.h>

enum { MOST_FINDINGS = 100 }; /* of a level on the page; verify.json has what there is */

/* ---- the verdict -------------------------------------------------------------------------------
 */

/* How a state or a level's verdict looks: a colour, and a sign that needs no colour. */
static const struct look {
    const char *word, *tone, *sign;
} looks[] = {
    {"holds", "good", "M5 12.5l4.5 4.5L19 7.5"},   {"differs", "bad", "M7 7l10 10M17 7L7 17"},
    {"unbalanced", "bad", "M7 7l10 10M17 7L7 17"}, {"unchecked", "open", "M12 6.5v7M12 17v.5"},
    {"unfinished", "open", "M12 6.5v7M12 17v.5"},  {"unverified", "open", "M12 6.5v7M12 17v.5"},
    {"partly", "open", "M12 6.5v7M12 17v.5"},      {"skipped", "none", "M7 12h10"},
};

static const struct look *look_of(const char *word)
{
    static const struct look unknown = {"", "none", "M7 12h10"};
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        if (strcmp(looks[i].word, word) == 0)
            return &looks[i];
    return &unknown;
}

static void put_sign(struct buffer *out, const struct look *look)
{
    buffer_printf(
        out,
        "<svg class=\"sign\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" "
        "cy=\"12\" r=\"11\"/><path d=\"%s\"/></svg>",
        look->sign);
}

/* The levels at a glance: each with its sign and its verdict as a word. */
static void put_levels(struct buffer *out, const cJSON *verification)
{
    const cJSON *level;
    if (!cJSON_IsObject(verification))
        return;
    buffer_puts(out, "<ul class=\"levels\">");
    cJSON_ArrayForEach(level, member(verification, "levels"))
    {
        const struct look *look = look_of(member_text(level, "verdict"));
        buffer_printf(out, "<li class=\"%s\">", look->tone);
        put_sign(out, look);
        buffer_puts(out, "<span><b>");
        html_text(out, member_text(level, "level"));
        buffer_puts(out, "</b> ");
        html_text(out, member_text(level, "verdict"));
        if (member_text(level, "reason")[0] != '\0') {
            buffer_puts(out, ": ");
            html_data(out, member_text(level, "reason"));
        }
        buffer_puts(out, "</span></li>");
    }
    buffer_puts(out, "</ul>");
}

static void put_figure(struct buffer *out, const char *id, const char *label, int64_t count)
{
    char figure[FIGURE_SIZE];
    buffer_printf(out, "<div><dt>%s</dt><dd id=\"%s\">%s</dd></div>", label, id,
                  figure_count(count, figure));
}

static void put_figures(struct buffer *out, const cJSON *report)
{
    const cJSON *account = member(report, "account");
    const cJSON *entities = member(account, "entities"), *tables = member(account, "tables");
    if (!cJSON_IsObject(account))
        return;
    buffer_puts(out, "<dl class=\"figures\">");
    put_figure(out, "records-read", "records read", member_sum(entities, "read"));
    put_figure(out, "rows-loaded", "rows loaded", member_sum(tables, "loaded"));
    put_figure(out, "values-changed", "values changed",
               member_count(member(report, "losses"), "values"));
    put_figure(out, "records-rejected", "records rejected", member_sum(entities, "rejected"));
    buffer_puts(out, "<div><dt>at work</dt><dd id=\"at-work\">");
    html_duration(out, member_number(member(report, "timings"), "seconds"));
    buffer_puts(out, "</dd></div></dl>\n");
}

static void put_verdict(struct buffer *out, const cJSON *report)
{
    const cJSON *verdict = member(report, "verdict");
    const struct look *look = look_of(member_text(verdict, "state"));
    buffer_printf(out, "<section class=\"verdict %s\" aria-labelledby=\"headline\"><div>",
                  look->tone);
    put_sign(out, look);
    buffer_puts(out, "<h1 id=\"headline\">");
    html_text(out, member_text(verdict, "headline"));
    buffer_puts(out, "</h1></div><p>");
    html_text(out, member_text(verdict, "text"));
    buffer_puts(out, "</p>");
    put_levels(out, member(report, "verification"));
    buffer_puts(out, "</section>\n");
    put_figures(out, report);
}

/* ---- sections
 * ------------------------------------------------------------------------------------ */

static void open_section(struct buffer *out, const char *id, const char *title)
{
    buffer_printf(out, "<section aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n", id,
                  id, title);
}

static void close_section(struct buffer *out)
{
    buffer_puts(out, "</section>\n");
}

static void put_account(struct buffer *out, const cJSON *report)
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
        {HTML_COUNT, "in the rest", "rest"},    {HTML_COUNT, "dropped", "dropped"},
        {HTML_COUNT, "defaulted", "defaulted"}, {HTML_COUNT, "lost by rule", "lost"},
        {HTML_FAULT, "rejected", "rejected"},   {HTML_BALANCE, "balance", "balance"},
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
    open_section(out, "account", "The account");
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
    close_section(out);
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

static void put_losses(struct buffer *out, const cJSON *report)
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
    open_section(out, "losses", "What was lost");
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
    close_section(out);
}

static void put_rejects(struct buffer *out, const cJSON *report)
{
    const cJSON *entity, *entities = member(member(report, "account"), "entities");
    char figure[FIGURE_SIZE];
    open_section(out, "rejects", "What was rejected");
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
    close_section(out);
}

/* ---- timings
 * ------------------------------------------------------------------------------------- */

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

static void put_timings(struct buffer *out, const cJSON *report)
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
    open_section(out, "timings", "Where the time went");
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
    close_section(out);
}

/* ---- what stays, what is left, what is to do ----------------------------------------------------
 */

static void put_stays(struct buffer *out, const cJSON *report)
{
    const cJSON *stays = member(report, "stays"), *item;
    open_section(out, "stays", "What stays where it is");
    if (cJSON_GetArraySize(stays) == 0)
        buffer_puts(out, "<p>Nothing is named.</p>");
    buffer_puts(out, "<dl class=\"reasons\">");
    cJSON_ArrayForEach(item, stays)
    {
        buffer_puts(out, "<div><dt>");
        html_data(out, member_text(item, "what"));
        buffer_puts(out, "</dt><dd>");
        html_data(out, member_text(item, "why"));
        buffer_puts(out, "</dd></div>\n");
    }
    buffer_puts(out, "</dl>");
    close_section(out);
}

static void put_left_out(struct buffer *out, const cJSON *report)
{
    const cJSON *left_out = member(report, "left_out"), *item;
    open_section(out, "left-out", "What was left out");
    if (cJSON_GetArraySize(left_out) == 0)
        buffer_puts(out, "<p>Nothing: every collection and table of the sources was moved.</p>");
    buffer_puts(out, "<dl class=\"reasons\">");
    cJSON_ArrayForEach(item, left_out)
    {
        buffer_puts(out, "<div><dt>");
        html_data(out, member_text(item, "source"));
        buffer_putc(out, '.');
        html_data(out, member_text(item, "from"));
        buffer_puts(out, "</dt><dd>");
        html_data(out, member_text(item, "reason"));
        buffer_puts(out, "</dd></div>\n");
    }
    buffer_puts(out, "</dl>");
    close_section(out);
}

static void put_task(struct buffer *out, const cJSON *task)
{
    const cJSON *item;
    buffer_printf(out, "<li id=\"task-%s\"><h3>", member_text(task, "task"));
    html_text(out, member_text(task, "title"));
    buffer_puts(out, "</h3><p>");
    html_text(out, member_text(task, "text"));
    buffer_puts(out, "</p>");
    if (cJSON_GetArraySize(member(task, "items")) > 0) {
        buffer_puts(out, "<ul>");
        cJSON_ArrayForEach(item, member(task, "items"))
        {
            buffer_puts(out, "<li>");
            html_data(out, item->valuestring);
            buffer_puts(out, "</li>");
        }
        buffer_puts(out, "</ul>");
    }
    if (member_text(task, "sql")[0] != '\0') {
        buffer_puts(out, "<pre><code>");
        html_text(out, member_text(task, "sql"));
        buffer_puts(out, "</code></pre>");
    }
    buffer_puts(out, "</li>\n");
}

static void put_tasks(struct buffer *out, const cJSON *report)
{
    const cJSON *task;
    open_section(out, "tasks", "What is left for you to do");
    buffer_puts(out, "<ol class=\"tasks\">\n");
    cJSON_ArrayForEach(task, member(report, "tasks"))
    {
        put_task(out, task);
    }
    buffer_puts(out, "</ol>\n");
    close_section(out);
}

/* ---- versions
 * ------------------------------------------------------------------------------------ */

static void put_version(struct buffer *out, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    buffer_puts(out, "<div><dt>");
    html_text(out, label);
    buffer_puts(out, "</dt><dd>");
    html_data(out, text);
    buffer_puts(out, "</dd></div>\n");
}

static void put_time(struct buffer *out, const char *label, const char *stamp)
{
    if (stamp[0] == '\0')
        return;
    buffer_printf(out, "<div><dt>%s</dt><dd>", label);
    html_time(out, stamp);
    buffer_puts(out, "</dd></div>\n");
}

/* One mapping for the run, the verification and today's project folder is what should be: said in a
 * word. Others are named. */
static void put_fingerprints(struct buffer *out, const cJSON *versions)
{
    static const struct {
        const char *member, *label;
    } others[] = {
        {"fingerprint_verified", "fingerprint of the mapping that the verification went by"},
        {"fingerprint_now", "fingerprint of the mapping in the project folder now"},
    };
    const char *run = member_text(versions, "fingerprint");
    put_version(out, "fingerprint of the mapping", run);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(member_text(versions, others[i].member), run) != 0)
            put_version(out, others[i].label, member_text(versions, others[i].member));
}

static void put_versions(struct buffer *out, const cJSON *report)
{
    const cJSON *versions = member(report, "versions"), *source;
    open_section(out, "versions", "Versions and fingerprints");
    buffer_puts(out, "<dl class=\"versions\">\n");
    put_version(out, "run", member_text(report, "run"));
    put_time(out, "begun", member_text(report, "started"));
    put_time(out, "finished", member_text(report, "finished"));
    put_time(out, "verified", member_text(member(report, "verification"), "finished"));
    put_fingerprints(out, versions);
    put_version(out, "graduate, at the run", member_text(versions, "graduate"));
    put_version(out, "graduate, at the verification", member_text(versions, "verifier"));
    put_version(out, "graduate, at this report", member_text(versions, "report"));
    put_version(out, "target", member_text(versions, "target"));
    put_version(out, "PostgreSQL of the target", member_text(versions, "server"));
    cJSON_ArrayForEach(source, member(versions, "sources"))
    {
        char text[512];
        snprintf(text, sizeof text, "%s %s", member_text(source, "kind"),
                 member_text(source, "version"));
        put_version(out, member_text(source, "source"), text);
    }
    buffer_puts(out, "</dl>\n");
    close_section(out);
}

/* ---- the verification
 * ---------------------------------------------------------------------------- */

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

static void put_finding(struct buffer *out, const cJSON *finding)
{
    buffer_puts(out, "<li><p><b>");
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
    buffer_puts(out, "<h3>Found at the level ");
    html_text(out, name);
    buffer_puts(out, "</h3>\n<ul class=\"findings\">\n");
    cJSON_ArrayForEach(finding, member(verification, "findings"))
    {
        if (strcmp(member_text(finding, "level"), name) != 0 || shown == MOST_FINDINGS)
            continue;
        put_finding(out, finding);
        shown++;
    }
    buffer_puts(out, "</ul>\n");
    if (shown < all)
        buffer_printf(out, "<p class=\"note\">%s of %s findings are shown.</p>\n",
                      figure_count(shown, figures[0]), figure_count(all, figures[1]));
}

static void put_verification(struct buffer *out, const cJSON *report)
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
        .caption = "Tables: rows that the sources make, and rows found",
        .columns = table_columns,
        .total = true,
        .column_count = sizeof table_columns / sizeof table_columns[0]};
    const cJSON *verification = member(report, "verification"), *level;
    open_section(out, "verification", "The verification");
    if (!cJSON_IsObject(verification)) {
        buffer_puts(out, "<p>This run was not verified since it was finished. "
                         "<code>graduate verify --run-dir DIR</code> does it.</p>\n");
    } else {
        bool afresh = strcmp(member_text(verification, "source"), "afresh") == 0;
        buffer_printf(out, "<p>The target was compared with %s.</p>\n",
                      afresh ? "the sources, read afresh" : "the records that the run kept");
        html_table(out, &levels, member(verification, "levels"));
        if (cJSON_GetArraySize(member(verification, "tables")) > 0)
            html_table(out, &tables, member(verification, "tables"));
        cJSON_ArrayForEach(level, member(verification, "levels"))
        {
            put_findings_of(out, verification, level);
        }
    }
    close_section(out);
}

/* ---- the page
 * ------------------------------------------------------------------------------------ */

static void put_head(struct buffer *out, const cJSON *report)
{
    buffer_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n"
                     /* The browser itself sees to it that nothing is loaded from anywhere. */
                     "<meta http-equiv=\"Content-Security-Policy\" "
                     "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
    html_text(out, member_text(report, "project"));
    buffer_puts(out, ": ");
    html_text(out, member_text(member(report, "verdict"), "headline"));
    buffer_puts(out, "</title>\n<style>\n");
    buffer_puts(out, report_css);
    buffer_puts(out, "</style>\n</head>\n<body>\n");
}

void report_html(const cJSON *report, struct buffer *out)
{
    put_head(out, report);
    buffer_puts(out, "<header><p>Migration of <b>");
    html_data(out, member_text(report, "project"));
    buffer_puts(out, "</b></p><p>");
    html_time(out, member_text(report, "written"));
    buffer_puts(out, "</p></header>\n<main>\n");
    put_verdict(out, report);
    put_account(out, report);
    put_losses(out, report);
    put_rejects(out, report);
    put_timings(out, report);
    put_stays(out, report);
    put_left_out(out, report);
    put_tasks(out, report);
    put_versions(out, report);
    put_verification(out, report);
    buffer_puts(out, "</main>\n</body>\n</html>\n");
}
