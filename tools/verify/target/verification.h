/* Room verify/target: reading the target: its rows, its catalogs, what could not be seen, and
 * what a verification is. It uses common/base, common/catalog, common/mapping, common/postgres,
 * common/target, verify/canonical and verify/expect. */

/* verification.h: one verification: of which run, against which target, by which records. */
#ifndef VERIFY_VERIFICATION_H
#define VERIFY_VERIFICATION_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"
#include "graduate/project.h"
#include "graduate/verdict.h"

/* Where the records come from: the run's checkpoints, or graduate-extract reading the source afresh. */
enum verify_source { VERIFY_CHECKPOINTS, VERIFY_AFRESH };

struct verification {
    const struct project *project;
    const char *run_folder;        /* or NULL */
    const char *catalog_folder;    /* what each source said of itself: SOURCE.json */
    const char *run;               /* id in the ledger, or NULL: no ledger is consulted */
    enum verify_source source;
    struct catalog *catalogs;      /* per source of the project */
    size_t catalog_count;
    struct postgres target;        /* one repeatable-read, read-only transaction for all levels */
    struct verdict_file verdict;
    char stall[24];                /* seconds of silence that an end may keep; 0: any */
    const char *state_folder;      /* where an interrupted content level keeps what is done, or NULL */
};

/* What the entity's source said of it; NULL: nothing. */
const struct catalog_entity *verification_catalog(const struct verification *verification,
                                                  const struct mapping *entity);

#endif
