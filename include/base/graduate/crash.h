/* crash.h: the places where graduate can be killed on purpose.
 *
 * GRADUATE_CRASH_AT=NAME[:N] kills the process with SIGKILL the N-th time (default 1) it comes by
 * the point; GRADUATE_HOLD_AT=NAME[:N] stops it there (SIGSTOP) instead. test_disturbed.py does so
 * at every one of them. Adding a point adds a row here and in crash.c. */
#ifndef GRADUATE_CRASH_H
#define GRADUATE_CRASH_H

enum crash_point {
    CRASH_EXTRACT_BATCH_READ,         /* a batch is in memory */
    CRASH_EXTRACT_CHECKPOINT_WRITTEN, /* its frame is in the checkpoint, not yet sent on */
    CRASH_EXTRACT_BATCH_SENT,         /* it is in the pipe */
    CRASH_EXTRACT_CHECKPOINT_SETTLED, /* the checkpoint has its final name */
    CRASH_TRANSFORM_BATCH_READ,
    CRASH_TRANSFORM_BATCH_SENT,
    CRASH_LOAD_RESTARTED, /* an entity's rows are out of the target again, not committed */
    CRASH_LOAD_BEGIN,     /* the transaction is open and holds the fence */
    CRASH_LOAD_COPIED,    /* all rows of the batch are sent */
    CRASH_LOAD_BEFORE_COMMIT,
    CRASH_LOAD_AFTER_COMMIT,
    CRASH_LOAD_REFUSED_AGAIN,         /* a corrected record stays a reject, with its new cause */
    CRASH_LOAD_PARTITION_DONE,        /* the end of the stream is in the ledger */
    CRASH_LOAD_TABLES_MADE,           /* prepare has made the tables */
    CRASH_LOAD_UNDONE,                /* all that a run made and wrote is away, not committed */
    CRASH_LOAD_STEP_DONE,             /* one index, key or other step of finish is done */
    CRASH_DRIVER_PREPARED,            /* the run is in the ledger, not yet in the folder */
    CRASH_DRIVER_CHECKPOINTS_REMOVED, /* of entities that are to be read anew */
    CRASH_DRIVER_CATALOGS_RENEWED, /* what their sources say is in the folder, not in the ledger */
    CRASH_DRIVER_ENTITY_DONE,
    CRASH_DRIVER_BEFORE_ACCOUNT,
    CRASH_DRIVER_RETRYING,         /* the folder's run is open again; nothing is loaded yet */
    CRASH_DRIVER_RETRIED,          /* all corrected records are loaded, or refused again */
    CRASH_DRIVER_UNDOING,          /* the folder says that the run is to be undone; all is there */
    CRASH_DRIVER_UNDONE,           /* it is, and the folder does not say so yet */
    CRASH_FILE_WRITTEN,            /* a file is written, under its temporary name */
    CRASH_VERIFY_STATE_KEPT,       /* the tallies of an entity are kept for the next verification */
    CRASH_VERIFY_VERDICT_WRITTEN,  /* verify.json is there */
    CRASH_REPORT_DOCUMENT_WRITTEN, /* report.json is there, report.html not yet */
    CRASH_COMPARE_MADE,            /* the comparison is made, and not printed yet */
    CRASH_SEAL_MANIFEST_MADE,      /* every file is hashed, and seal.json not written yet */
    CRASH_SEAL_WRITTEN,            /* seal.json is there, and all can still be written */
    CRASH_SEAL_RIGHT_TAKEN,        /* one file or folder is read-only */
    CRASH_SEAL_LOCKED,             /* all are */
    CRASH_POINT_COUNT,
};

extern const char *const crash_point_names[CRASH_POINT_COUNT];
void crash_point(enum crash_point point);

#endif
