#include "report_pages.h"
#include "report.h"
#include "report_html.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/message.h"

static bool write_page(const cJSON *report, const char *path, struct error *error)
{
    struct buffer page;
    buffer_init(&page);
    report_html(report, &page);
    bool ok = buffer_ok(&page, error) && file_replace(path, page.data, page.length, error);
    buffer_release(&page);
    return ok;
}

bool report_pages_write(const struct folder *folder, const struct project *project, bool busy,
                        const char *html_file, const char *json_file, struct error *error)
{
    char html[PATH_MAX], json[PATH_MAX];
    cJSON *report;
    if (!folder_file(folder, "report.html", html, error) ||
        !folder_file(folder, "report.json", json, error))
        return false;
    if (html_file == NULL)
        html_file = html;
    if (!report_gather(folder, project, busy, &report, error))
        return false;
    bool ok = json_write_file(json_file != NULL ? json_file : json, report, error);
    if (ok) {
        crash_point(CRASH_REPORT_DOCUMENT_WRITTEN);
        ok = write_page(report, html_file, error);
    }
    cJSON_Delete(report);
    if (ok)
        message_info("the report is %s", html_file);
    return ok;
}
