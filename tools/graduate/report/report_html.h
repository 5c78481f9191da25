/* report_html.h: a report (report.h) as one page that needs nothing but itself: no script, no font,
 * no picture from elsewhere. report.css is its style. The verdict comes first, and links to what
 * did not come and why, then what is left to do, the warnings, and the tables of figures. */
#ifndef GRADUATE_DRIVER_REPORT_HTML_H
#define GRADUATE_DRIVER_REPORT_HTML_H

#include "graduate/buffer.h"

#include <cjson/cJSON.h>

void report_html(const cJSON *report, struct buffer *out);

#endif
