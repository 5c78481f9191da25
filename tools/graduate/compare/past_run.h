/* past_run.h: a finished run, as its folder tells of it; only read. */
#ifndef GRADUATE_DRIVER_PAST_RUN_H
#define GRADUATE_DRIVER_PAST_RUN_H

#include "folder.h"

#include <cjson/cJSON.h>

struct past_run {
    struct folder folder;
    cJSON *account, *facts; /* account.json, facts.json */
    cJSON *project;         /* project/: {"project.json": ..., "books.json": ...} */
    cJSON *catalogs;        /* catalog/: {"core.json": ...} */
    cJSON *fields;          /* fields/: {"books.json": ...} */
    cJSON *losses;          /* [{"entity", "rule", "values"}] */
    cJSON *verdict;         /* verify.json; NULL: none of this run's end */
    char *schema;           /* schema.sql */
};

/* Is it the folder of a finished run? If not, the error says what it is instead. */
bool past_run_is_one(const char *path, struct error *error);
/* ERROR_USAGE that says which and why, when it is no folder of a finished run, or lacks what runs
 * are compared by. */
bool past_run_read(struct past_run *run, const char *path, struct error *error);
void past_run_release(struct past_run *run);

/* Was it done in one go? Of one that was stopped, the ledger does not know the time at work. */
bool past_run_in_one_go(const struct past_run *run);

/* The run of the same project that was finished last, among the folders beside this one. *found is
 * false when there is none; then nothing is to be released. */
bool past_run_find_previous(struct past_run *previous, const struct folder *of, bool *found,
                            struct error *error);

#endif
