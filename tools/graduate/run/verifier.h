/* verifier.h: graduate-verify, run by the driver, and what it leaves: verify.json (verdict.h). */
#ifndef GRADUATE_DRIVER_VERIFIER_H
#define GRADUATE_DRIVER_VERIFIER_H

#include "folder.h"
#include "supervisor.h"

#include "graduate/buffer.h"

#include <cjson/cJSON.h>

struct verifier_options {
    const char *level; /* NULL: all of them */
    bool afresh;       /* read the sources again, not the run's checkpoints */
    bool checkpoints;  /* do not read the sources, also where no checkpoint is left */
    const char *json;  /* the file for the verdict; NULL: verify.json in the folder */
};

/* Run it over a run. True when it came to a verdict; *exit_code is then its own: 0, 1 or 5. */
bool verifier_run(struct supervisor *supervisor, const struct project *project,
                  const struct folder *folder, const struct verifier_options *options,
                  int *exit_code, struct error *error);

/* The verdict that the folder keeps; NULL when there is none, or only one that is of another run,
 * or of an earlier generation of this one. */
bool verifier_read(const struct folder *folder, cJSON **verdict, struct error *error);

enum verifier_outcome {
    VERIFIER_HOLDS,     /* every level was asked for, and holds */
    VERIFIER_PARTLY,    /* what was asked for holds; not all levels were asked for */
    VERIFIER_UNCHECKED, /* nothing differs, but something asked for could not be checked */
    VERIFIER_DIFFERS,
};
enum verifier_outcome verifier_outcome(const cJSON *verdict);
int64_t verifier_findings(const cJSON *verdict);

/* For people, in text: a line per level, tables, findings; and, where all holds, whether that is
 * everything or only what was asked for (arrival.h): the folder's account.json says what the
 * sources had beside records. `project` may be NULL. */
bool verifier_print(const cJSON *verdict, const struct folder *folder,
                    const struct project *project, struct buffer *out, struct error *error);

#endif
