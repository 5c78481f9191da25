/* papers.h: what a report is told from: the papers of a run folder. */
#ifndef GRADUATE_DRIVER_PAPERS_H
#define GRADUATE_DRIVER_PAPERS_H

#include "folder.h"

#include <cjson/cJSON.h>

/* What the run folder holds; NULL where it does not (yet). */
struct papers {
    const struct folder *folder;
    const struct project *project;
    bool busy;
    cJSON *account, *facts, *verdict;
    cJSON *losses; /* loss_sample.h */
};

/* `folder`, `project` and `busy` are set; the others are read. Release it also after a failure. */
bool papers_read(struct papers *papers, struct error *error);
void papers_release(struct papers *papers);
/* A copy of what is there, else nothing of that kind; false without memory. */
bool papers_add_copy(cJSON *json, const char *name, const cJSON *value, cJSON *(*nothing)(void));

/* The state of the whole, worst first. */
enum state { UNFINISHED, UNBALANCED, DIFFERS, UNCHECKED, UNVERIFIED, PARTLY, HOLDS };
enum state papers_state(const struct papers *papers);
/* An entity whose source counted something else than was read, though nothing wrote to it. */
bool papers_is_contradicted(const cJSON *count);
/* The part of the report that says how it all stands: state, headline, text, and its points with
 * the ids of the page where they stand; from what the report has already. */
bool report_add_verdict(cJSON *report, const struct papers *papers, struct error *error);
/* What did not come, by the reason; false without memory. */
bool report_add_not_come(cJSON *report, const struct papers *papers);
/* What functions made other values of; false without memory. */
bool report_add_changes(cJSON *report, const struct papers *papers);
bool report_add_warnings(cJSON *report, const struct papers *papers, struct error *error);
/* What became of the sources' objects; false without memory. */
bool report_add_objects(cJSON *report, const struct papers *papers);

#endif
