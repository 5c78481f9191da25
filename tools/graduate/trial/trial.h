/* Room graduate/trial: the sources read through the mappings, and nothing written: what a run
 * would meet, all of it. It uses common/base, common/mapping, common/stream, common/target,
 * graduate/process, graduate/run and graduate/text. */

/* trial.h: every entity read through its mapping by graduate-extract, graduate-transform --trial
 * and graduate-check. */
#ifndef GRADUATE_DRIVER_TRIAL_H
#define GRADUATE_DRIVER_TRIAL_H

#include "catalogs.h"
#include "supervisor.h"

#include "graduate/account.h"
#include "graduate/buffer.h"
#include "graduate/project.h"

#include <cjson/cJSON.h>

struct trial_options {
    int64_t first; /* records of each entity; 0: all */
    bool exports;  /* only of exports: a server may count what is read of it, and bill it */
    const char *checkpoints;    /* read DIR/ENTITY.gck instead of the sources; NULL: do not */
    /* Only what this index of the target calls the same; then of the entities that fill its table,
     * so far as there are checkpoints, also growing ones; else NULL. */
    const struct error_index *index;
    bool keys;                  /* also what stands twice, and what refers to nothing */
    bool asks_target; /* of it, where bytes do not show what stands twice, the target's server */
    const char *not_asked;      /* why that cannot be asked; or NULL */
    const struct mapping *only; /* no other entity; or NULL */
    const char *ids;            /* where the ids of those that it looks up are; NULL: made anew */
    bool patient; /* an entity that cannot be read is told among the others, and ends nothing */
};

enum { TRIAL_EXAMPLES = 3 }; /* of a kind, where there are many kinds */

struct trial {
    char scratch[PATH_MAX]; /* a folder for it alone, with the catalogs, ENTITY.ids and .facts */
    char store[PATH_MAX];   /* and the keys of all rows */
    struct buffer entities; /* those that are read, with commas between them */
    struct account account; /* what was read, and the paths; nothing was loaded */
    cJSON *found;           /* as graduate-check prints them; where it could not be read {"entity",
                               "error", "hint"} */
    cJSON *unmet, *hex_ids, *filters; /* unmet.h, hex_ids.h, filters.h */
};

/* Can every mapping be carried out, or that of `entity` alone where it is given, under these
 * catalogs? ERROR_USAGE with all that cannot. */
bool trial_check(const struct project *project, const char *entity, const struct catalogs *catalogs,
                 struct supervisor *supervisor, struct error *error);
/* Would the target take the run? graduate-load --prepare --trial makes what a run makes, and takes
 * it back. *named is false where the target's URI is not there yet: nothing was asked; *bytes is
 * what its database takes now. Its errors are those of a run. */
bool trial_target(const struct project *project, bool allow_rows, const struct catalogs *catalogs,
                  struct supervisor *supervisor, bool *named, int64_t *bytes, struct error *error);
/* Of the project's mappings, which may be fewer than the folder has. False: one of them cannot be
 * carried out (ERROR_USAGE), or the trial could not be made. */
bool trial_make(struct trial *trial, const struct project *project, const struct catalogs *catalogs,
                const struct trial_options *options, struct supervisor *supervisor,
                struct error *error);
void trial_release(struct trial *trial, const struct project *project,
                   const struct catalogs *catalogs);

/* How many problems: values, records and elements that a run would stop at; entities that could not
 * be read, and names without which a run ends, each one. */
int64_t trial_problems(const struct trial *trial);
/* For people: what was read, each kind of problem with its count, its first keys and what to do,
 * names that no record has, ids that stay text, records that become no row. Nothing where there is
 * nothing to say. Of each kind so many examples at most. */
void trial_print(const struct trial *trial, int examples, struct buffer *out);
/* {"entities": [...], "unmet": [...], "hex_ids": [...], "filters": [...]}, while the trial is
 * there; false without memory. */
bool trial_add_json(const struct trial *trial, cJSON *to);

#endif
