/* folder.h: the folder of a run, which only the founder can read (0700, files 0600).
 *
 *   run.json          which run this is: enough to go on with it
 *   lock              held by the driver while it works here
 *   log.jsonl         what was said, by all programs
 *   catalog/S.json    what each source said it holds when the run began
 *   catalog/target.tables.json   what the target said of tables that it brings, where mappings take
 *                     types or keys from there
 *   positions/E.bson  where an entity was last gone on from
 *   ids/E.ids         the ids of an entity that others look up, while data is loaded
 *   checkpoints/E.gck the records of an entity, a compressed stream
 *   account.txt, account.json, losses.jsonl, facts.json   at the end
 *   rejects.jsonl, retried.jsonl   records that are set aside, and those that were loaded since as
 *                     they were corrected
 *   project/, schema.sql, fields/   the same: what runs are compared by (keepsake.h)
 *   verify.json       what graduate-verify found
 *   report.html, report.json
 *   seal.json         closes the folder: nothing is written there any more (seal.h)
 *
 * The ledger in the target is the truth about progress; what is here can be lost without harm, but
 * for the run's id, by which the next `graduate run` finds its run. The id is therefore made here,
 * and is in run.json before the ledger hears of it. */
#ifndef GRADUATE_DRIVER_FOLDER_H
#define GRADUATE_DRIVER_FOLDER_H

#include "graduate/error.h"
#include "graduate/project.h"

#include <limits.h>
#include <stdint.h>

#define FOLDER_SEAL "seal.json"

struct folder {
    char path[PATH_MAX]; /* absolute */
    int lock;            /* -1: not held */
    /* run.json; `run` is empty when there is none yet */
    char run[37];
    char project[128];             /* its name */
    char project_folder[PATH_MAX]; /* absolute */
    char started[32];              /* UTC, RFC 3339 */
    char finished[32];             /* empty: it is not; set only when the account is closed */
    int64_t generation;
    int64_t batch_bytes; /* how large batches are; 0: as the extractor chooses */
    bool prepared;       /* the ledger has the run */
    bool undoing;        /* an undo has begun: the run may be in the target, or not */
    char undone[32];     /* empty: it is not; when the run was taken out of the target */
    /* For people: with which mode folder_open found it open to others; mostly empty. */
    char was_open[PATH_MAX + 128];
};

/* Make it if it is not there, lock it and read run.json. ERROR_REFUSED when another driver works in
 * it; ERROR_USAGE when it holds something else than a run. One that was there, and is empty or
 * holds a run, is closed to others like one that is made. */
bool folder_open(struct folder *folder, const char *path, struct error *error);
/* A folder that nobody has yet: rehearsals/20260131T120000Z, under the current one. */
bool folder_make_fresh(char out[PATH_MAX], struct error *error);
/* Is the folder closed by a seal? Nothing is written there any more: true when there is none, else
 * ERROR_REFUSED that names it. */
bool folder_is_sealed(const char *folder);
bool folder_refuse_sealed(const char *folder, struct error *error);
/* Only read: for those who look on. *busy: a driver works in it now. */
bool folder_look(struct folder *folder, const char *path, bool *busy, struct error *error);
void folder_release(struct folder *folder);
/* ERROR_REFUSED when the run is undone, or its undo has begun: nothing can be done with it any
 * more. */
bool folder_refuse_undone(const struct folder *folder, struct error *error);

/* Begin a run in a new folder: a fresh id. Writes run.json. */
bool folder_begin(struct folder *folder, const struct project *project, struct error *error);
/* A folder whose run was undone: forget it in the struct alone (folder_forget); at last take away
 * what the folder keeps of it, so that folder_begin can begin another. */
void folder_forget(struct folder *folder);
bool folder_clear(const struct folder *folder, struct error *error);
/* Write run.json as the struct is. */
bool folder_save(const struct folder *folder, struct error *error);
/* Set the time that `out` (started or finished) names to now. */
void folder_stamp(char out[32]);

/* "PATH/NAME"; for a name with a slash its folder is made. */
bool folder_file(const struct folder *folder, const char *name, char out[PATH_MAX],
                 struct error *error);

#endif
