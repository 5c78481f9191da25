#include "report_html.h"
#include "figures.h"
#include "html.h"
#include "member.h"
#include "page.h"
#include "report_css.h"

#include <stdio.h>
#include <string.h>

/* ---- what is to do ------------------------------------------------------------------------------
 */

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
    html_open_section(out, "tasks", "What is left for you to do");
    buffer_puts(out, "<ol class=\"tasks\">\n");
    cJSON_ArrayForEach(task, member(report, "tasks"))
    {
        put_task(out, task);
    }
    buffer_puts(out, "</ol>\n");
    html_close_section(out);
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
    html_open_section(out, "versions", "Versions and fingerprints");
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
    html_close_section(out);
}

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
    page_verdict(out, report);
    page_not_come(out, report);
    put_tasks(out, report);
    page_warnings(out, report);
    page_verification(out, report);
    page_account(out, report);
    page_objects(out, report);
    page_timings(out, report);
    put_versions(out, report);
    buffer_puts(out, "</main>\n</body>\n</html>\n");
}
