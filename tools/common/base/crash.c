#include "graduate/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

const char *const crash_point_names[CRASH_POINT_COUNT] = {
    [CRASH_EXTRACT_BATCH_READ] = "extract.batch_read",
    [CRASH_EXTRACT_CHECKPOINT_WRITTEN] = "extract.checkpoint_written",
    [CRASH_EXTRACT_BATCH_SENT] = "extract.batch_sent",
    [CRASH_EXTRACT_CHECKPOINT_SETTLED] = "extract.checkpoint_settled",
    [CRASH_TRANSFORM_BATCH_READ] = "transform.batch_read",
    [CRASH_TRANSFORM_BATCH_SENT] = "transform.batch_sent",
    [CRASH_LOAD_RESTARTED] = "load.restarted",
    [CRASH_LOAD_BEGIN] = "load.begin",
    [CRASH_LOAD_COPIED] = "load.copied",
    [CRASH_LOAD_BEFORE_COMMIT] = "load.before_commit",
    [CRASH_LOAD_AFTER_COMMIT] = "load.after_commit",
    [CRASH_LOAD_REFUSED_AGAIN] = "load.refused_again",
    [CRASH_LOAD_PARTITION_DONE] = "load.partition_done",
    [CRASH_LOAD_TABLES_MADE] = "load.tables_made",
    [CRASH_LOAD_UNDONE] = "load.undone",
    [CRASH_LOAD_STEP_DONE] = "load.step_done",
    [CRASH_DRIVER_PREPARED] = "driver.prepared",
    [CRASH_DRIVER_CHECKPOINTS_REMOVED] = "driver.checkpoints_removed",
    [CRASH_DRIVER_CATALOGS_RENEWED] = "driver.catalogs_renewed",
    [CRASH_DRIVER_ENTITY_DONE] = "driver.entity_done",
    [CRASH_DRIVER_BEFORE_ACCOUNT] = "driver.before_account",
    [CRASH_DRIVER_RETRYING] = "driver.retrying",
    [CRASH_DRIVER_RETRIED] = "driver.retried",
    [CRASH_DRIVER_UNDOING] = "driver.undoing",
    [CRASH_DRIVER_UNDONE] = "driver.undone",
    [CRASH_FILE_WRITTEN] = "file.written",
    [CRASH_VERIFY_STATE_KEPT] = "verify.state_kept",
    [CRASH_VERIFY_VERDICT_WRITTEN] = "verify.verdict_written",
    [CRASH_REPORT_DOCUMENT_WRITTEN] = "report.document_written",
    [CRASH_COMPARE_MADE] = "compare.made",
    [CRASH_SEAL_MANIFEST_MADE] = "seal.manifest_made",
    [CRASH_SEAL_WRITTEN] = "seal.written",
    [CRASH_SEAL_RIGHT_TAKEN] = "seal.right_taken",
    [CRASH_SEAL_LOCKED] = "seal.locked",
};

static void act(const char *variable, int signal_number, enum crash_point point, long *passed)
{
    const char *wanted = getenv(variable);
    if (wanted == NULL)
        return;
    size_t length = strcspn(wanted, ":");
    const char *name = crash_point_names[point];
    if (strlen(name) != length || strncmp(name, wanted, length) != 0)
        return;
    long nth = wanted[length] == ':' ? strtol(wanted + length + 1, NULL, 10) : 1;
    if (++*passed == nth)
        raise(signal_number);
}

void crash_point(enum crash_point point)
{
    static long crashes, holds;
    act("GRADUATE_CRASH_AT", SIGKILL, point, &crashes);
    act("GRADUATE_HOLD_AT", SIGSTOP, point, &holds);
}
