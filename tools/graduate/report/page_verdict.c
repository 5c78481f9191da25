/* The top of the page: how it all stands, and the largest numbers. */
#include "figures.h"
#include "html.h"
#include "member.h"
#include "page.h"

#include <string.h>

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

/* Each is a link to where it stands on the page. */
static void put_points(struct buffer *out, const cJSON *points)
{
    const cJSON *point;
    if (cJSON_GetArraySize(points) == 0)
        return;
    buffer_puts(out, "<ul class=\"points\">");
    cJSON_ArrayForEach(point, points)
    {
        buffer_puts(out, "<li><a href=\"#");
        html_text(out, member_text(point, "anchor"));
        buffer_puts(out, "\">");
        html_data(out, member_text(point, "text"));
        buffer_puts(out, "</a></li>");
    }
    buffer_puts(out, "</ul>\n");
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
               member_sum(member(report, "values"), "changed"));
    put_figure(out, "values-lost", "values lost", member_sum(member(report, "values"), "lost"));
    put_figure(out, "records-rejected", "records rejected", member_sum(entities, "rejected"));
    buffer_puts(out, "<div><dt>at work</dt><dd id=\"at-work\">");
    html_duration(out, member_number(member(report, "timings"), "seconds"));
    buffer_puts(out, "</dd></div></dl>\n");
}

void page_verdict(struct buffer *out, const cJSON *report)
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
    put_points(out, member(verdict, "points"));
    put_levels(out, member(report, "verification"));
    buffer_puts(out, "</section>\n");
    put_figures(out, report);
}
