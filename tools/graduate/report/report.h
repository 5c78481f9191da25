/* Room graduate/report: all that is known of a run, as one document and one page. It uses
 * common/base, common/mapping, graduate/run and graduate/text. */

/* report.h: all that is known of a run as one JSON document (mappings/report.schema.json), gathered
 * from the run folder and the project; neither source nor target is asked. The page is made of this
 * document alone (report_html.h), so that its numbers are the run's. */
#ifndef GRADUATE_DRIVER_REPORT_H
#define GRADUATE_DRIVER_REPORT_H

#include "folder.h"

#include <cjson/cJSON.h>

bool report_gather(const struct folder *folder, const struct project *project, bool busy,
                   cJSON **report, struct error *error);

#endif
