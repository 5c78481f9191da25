/* Room graduate/run: a run and its folder: its steps from the catalogs to the account, and its
 * verification. It uses common/base, common/catalog, common/json, common/mapping,
 * common/postgres, common/schema, common/stream, common/target, graduate/process and graduate/text.
 */

/* migration.h: a run from its first step to its account; `graduate run` and `graduate rehearse`.
 *
 *   folder -> catalogs -> strict rules -> lock of the target -> run.json -> graduate-load --prepare
 *          -> per entity: extract | transform | load -> graduate-load --finish -> account
 *
 * Any step can be the last one before a kill, and the same command goes on from there: the folder
 * knows the run's id before the ledger does, the ledger knows what is loaded, and what stands
 * before and after that can be done twice.
 *
 * The lock of the target is held on the connection by which the driver reads the ledger, so that a
 * run whose lock is lost with its connection stops at its next look into the ledger. */
#ifndef GRADUATE_DRIVER_MIGRATION_H
#define GRADUATE_DRIVER_MIGRATION_H

#include "catalogs.h"
#include "folder.h"
#include "supervisor.h"

#include "graduate/postgres.h"

struct migration;
struct migration_options {
    const char *project; /* NULL: that of the folder */
    const char *folder;  /* NULL: a fresh one */
    bool fresh;          /* a rehearsal: the folder must not hold a run */
    bool no_checkpoint, allow_rows;
    bool retry;            /* corrected records in place of rejects, and nothing else */
    const char *corrected; /* the file that they stand in; NULL: the folder's own */
    const char *restart; /* names of entities, with commas: read and load them anew; or NULL */
    int64_t batch_bytes; /* 0: the extractor's own choice */
    int64_t stall;       /* seconds without a word from the target, or from a Postgres that is read;
                            0: no limit */
    int64_t jobs; /* entities, and connections for the steps after the data; 0: one for each core */
    enum message_format format;
    /* What is done when the account is closed, or NULL; may set *exit_code. */
    bool (*afterwards)(struct migration *migration, int *exit_code, struct error *error);
    /* Says more of what ended the run, or NULL. */
    void (*explain)(struct migration *migration, struct error *error);
};

/* How fast this call is, over all entities. */
struct pace {
    int64_t records; /* that it has loaded */
    double begun;    /* of progress_clock */
    int64_t *left;   /* of each entity by its estimate; -1: unknown */
};

struct migration {
    const struct migration_options *options;
    struct project project;
    struct words restarts; /* entities to be read anew */
    struct words retries;  /* entities of which corrected records are to come */
    struct follows {
        const struct mapping *mapping, *first; /* by a foreign key that the target has already */
    } *follows;
    size_t follow_count;
    struct folder folder;
    char log_path[PATH_MAX];
    struct journal journal;
    struct supervisor supervisor;
    struct catalogs catalogs;
    struct postgres target;
    struct pace pace;
    const struct mapping *failed; /* an entity of which a record did not fit; or NULL */
    bool asked_again;             /* the target, of its tables: what it had said is lost */
    bool anew;                    /* in the folder of a run that was undone */
    bool incurable;               /* a fault of the data from here on: no second call cures it */
};

/* True when it came to its end, or was told to stop: *exit_code is then 0 for a closed account, 1
 * for another one, or 128 and the signal. */
bool migration_run(const struct migration_options *options, int *exit_code, struct error *error);

/* Connect to the target of a project; `stall` as above. */
bool migration_connect(struct postgres *target, const struct project *project, int64_t stall,
                       struct error *error);

#endif
