/* page.h: the sections of a report's page that are files of their own. */
#ifndef GRADUATE_DRIVER_PAGE_H
#define GRADUATE_DRIVER_PAGE_H

#include "graduate/buffer.h"

#include <cjson/cJSON.h>

/* Each from the report's document (report.h). */
void page_verdict(struct buffer *out, const cJSON *report);
void page_not_come(struct buffer *out, const cJSON *report);
void page_warnings(struct buffer *out, const cJSON *report);
void page_account(struct buffer *out, const cJSON *report);
void page_objects(struct buffer *out, const cJSON *report);
void page_timings(struct buffer *out, const cJSON *report);
void page_verification(struct buffer *out, const cJSON *report);

#endif
