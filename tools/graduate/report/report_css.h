/* report_css.h: report.css, as the build puts it into the program. */
#ifndef GRADUATE_DRIVER_REPORT_CSS_H
#define GRADUATE_DRIVER_REPORT_CSS_H

extern const char report_css[];

#endif
