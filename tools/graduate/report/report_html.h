/* report_html.h: a report (report.h) as one page that needs nothing but itself: no script, no font,
 * no picture from elsewhere. report.css is its style. */
#ifndef GRADUATE_DRIVER_REPORT_HTML_H
#define GRADUATE_DRIVER_REPORT_HTML_H

#include "graduate/buffer.h"

#include <cjson/cJSON.h>

void report_html(const cJSON *report, struct buffer *out);

#endif
