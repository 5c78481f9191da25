/* report_pages.h: a report's two files: report.html for people, report.json for programs. */
#ifndef GRADUATE_DRIVER_REPORT_PAGES_H
#define GRADUATE_DRIVER_REPORT_PAGES_H

#include "folder.h"

/* NULL for a file: report.html or report.json in the folder. Says where the page is. */
bool report_pages_write(const struct folder *folder, const struct project *project, bool busy,
                        const char *html_file, const char *json_file, struct error *error);

#endif
