#include "transfer.h"
#include "extraction.h"
#include "figures.h"
#include "lookups.h"
#include "unmet.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/ledger.h"

#include <inttypes.h>
#include <stdio.h>

static void number(char out[24], int64_t value)
{
    snprintf(out, 24, "%" PRId64, value);
}

/* By the pace of all that this call has loaded: entities differ. */
static double rest_of(const struct transfer *transfer)
{
    const struct pace *pace = &transfer->migration->pace;
    double seconds = progress_clock() - pace->begun;
    int64_t left = 0;
    for (size_t i = 0; i < transfer->migration->project.mapping_count; i++) {
        if (pace->left[i] < 0)
            return 0;
        left += i == transfer->place ? 0 : pace->left[i];
    }
    return pace->records > 0 ? (double)left / (double)pace->records * seconds : 0;
}

static void note_records(struct transfer *transfer, int64_t records)
{
    struct pace *pace = &transfer->migration->pace;
    int64_t more = records - transfer->line.records, *left = &pace->left[transfer->place];
    pace->records += more;
    if (*left >= 0)
        *left = *left > more ? *left - more : 0;
    transfer->line.records = records;
}

static bool on_remark(void *context, const struct remark *remark)
{
    struct transfer *transfer = context;
    struct journal *journal = &transfer->migration->journal;
    char text[256];
    if (remark->kind != REMARK_PROGRESS)
        return false;
    note_records(transfer, remark->records);
    if (!journal_is_due(journal))
        return false;
    if (journal->json) {
        const struct progress progress = {remark->entity, remark->batch, remark->records,
                                          remark->rows, remark->bytes};
        message_progress(&progress);
        return true;
    }
    transfer->line.seconds = progress_clock() - transfer->begun;
    transfer->line.rest = rest_of(transfer);
    size_t room = journal_room(journal) + 1;
    progress_line_format(&transfer->line, text, room < sizeof text ? room : sizeof text);
    journal_show(journal, text);
    return true;
}

static bool start_pipeline(struct transfer *transfer, const struct snapshot *snapshot,
                           struct error *error)
{
    struct migration *migration = transfer->migration;
    const struct mapping *mapping = transfer->mapping;
    struct extraction_texts texts;
    struct arguments programs[3];
    char ids[PATH_MAX];
    const struct catalog_entity *catalog = catalogs_find(&migration->catalogs, mapping);
    if (!folder_file(&migration->folder, "catalog", texts.catalogs, error) ||
        !extraction_arguments(migration, mapping, &transfer->progress, snapshot, &texts,
                              &programs[0], error))
        return false;
    arguments_init(&programs[1], "graduate-transform");
    arguments_add(&programs[1], "--project", migration->project.folder, "--catalogs",
                  texts.catalogs, NULL);
    if (lookups_are_needed(&migration->project, mapping)) {
        if (!lookups_folder(migration, ids, error))
            return false;
        arguments_add(&programs[1], "--ids", ids, NULL);
    }
    number(texts.generation, migration->folder.generation);
    arguments_init(&programs[2], "graduate-load");
    arguments_add(&programs[2], "--project", migration->project.folder, "--catalogs",
                  texts.catalogs, "--run", migration->folder.run, "--generation", texts.generation,
                  NULL);
    transfer->line = (struct progress_line){
        .entity = mapping->name,
        .estimate = catalog != NULL ? catalog->estimate : -1,
        .before = transfer->progress.records,
        .records = transfer->progress.records,
        .place = transfer->place + 1,
        .count = migration->project.mapping_count,
    };
    transfer->runs = true;
    return pipeline_start(&migration->supervisor, &transfer->pipeline, programs, 3, on_remark,
                          transfer, error);
}

bool transfer_read_progress(struct migration *migration, const struct mapping *mapping,
                            struct ledger_progress *progress, struct error *error)
{
    return ledger_read_progress(&migration->target, migration->folder.run, mapping->name, PARTITION,
                                progress, error);
}

/* What the programs reported is for people; that the entity is loaded is what the ledger says, and
 * how many records of it were read. */
static bool confirm(struct transfer *transfer, int64_t *read, struct error *error)
{
    struct migration *migration = transfer->migration;
    const struct mapping *mapping = transfer->mapping;
    int64_t before = transfer->progress.records;
    double seconds = progress_clock() - transfer->begun;
    struct ledger_progress now;
    char records[FIGURE_SIZE], rows[FIGURE_SIZE], time[FIGURE_SIZE], rate[FIGURE_SIZE];
    if (!transfer_read_progress(migration, mapping, &now, error))
        return false;
    note_records(transfer, now.records);
    migration->pace.left[transfer->place] = 0;
    int64_t per_second = seconds > 0 ? (int64_t)((double)(now.records - before) / seconds) : 0;
    if (now.done)
        journal_time(&migration->journal, mapping->name, seconds,
                     "%s: %s records, %s rows in %s (%s/s)", mapping->name,
                     figure_count(now.records, records), figure_count(now.rows, rows),
                     figure_duration(seconds, time), figure_count(per_second, rate));
    else
        error_set(error, ERROR_BUG,
                  "the programs ended well, but the ledger does not have the end "
                  "of %s",
                  mapping->name);
    *read = now.records_read;
    ledger_progress_release(&now);
    return now.done;
}

/* The record that did not fit is in the checkpoint as it was. A whole checkpoint becomes a growing
 * one again, of which the next run keeps what the target has, and reads the rest anew. */
static void reopen_checkpoint(const struct migration *migration, const struct mapping *mapping)
{
    char name[NAME_MAX], whole[PATH_MAX], partial[PATH_MAX];
    struct error unused;
    snprintf(name, sizeof name, "checkpoints/%s.gck", mapping->name);
    bool ok = folder_file(&migration->folder, name, whole, &unused);
    snprintf(name, sizeof name, "checkpoints/%s.gck.partial", mapping->name);
    if (ok && folder_file(&migration->folder, name, partial, &unused))
        rename(whole, partial); /* where there is none, there is nothing to reopen */
}

/* A mapping that names what no record has moves something else than was meant: the grave ones end
 * the run, now and whenever it is gone on with; the others are said. */
static bool check_met(struct migration *migration, const struct mapping *mapping, int64_t records,
                      struct error *error)
{
    struct account account;
    struct unmet_list list;
    char text[1200];
    if (!account_read_paths(&migration->target, migration->folder.run, mapping->name, &account,
                            error))
        return false;
    bool ok = unmet_find(&list, &migration->project, mapping, &account, records, error);
    account_release(&account);
    if (!ok)
        return false;
    const struct unmet *worst = NULL;
    for (size_t i = 0; i < list.count; i++) {
        if (worst == NULL && list.items[i].grave) {
            worst = &list.items[i];
            continue;
        }
        unmet_describe(&list.items[i], mapping, records, text, sizeof text);
        journal_warning(&migration->journal, "%s: %s", mapping->file, text);
    }
    if (worst != NULL) {
        migration->incurable = true;
        unmet_describe(worst, mapping, records, text, sizeof text);
        ok = error_set(error, ERROR_DATA, "%s: %s", mapping->file, text);
        error_hint(error,
                   "correct it, or say \"optional\": true beside it; then graduate undo --run-dir "
                   "DIR, and run again (a mapping cannot change within a run)");
    }
    unmet_release(&list);
    return ok;
}

static bool begin(struct transfer *transfer, struct snapshot *snapshots, struct error *error)
{
    struct migration *migration = transfer->migration;
    const struct mapping *mapping = transfer->mapping;
    struct snapshot *snapshot = &snapshots[mapping->source - migration->project.sources];
    const struct ledger_progress *progress = &transfer->progress;
    char records[FIGURE_SIZE];
    transfer->known = transfer_read_progress(migration, mapping, &transfer->progress, error);
    if (!transfer->known)
        return false;
    if (progress->done) {
        journal_info(&migration->journal, "%s: loaded before, %s records", mapping->name,
                     figure_count(progress->records, records));
        return check_met(migration, mapping, progress->records_read, error);
    }
    if (progress->batch > 0)
        journal_info(&migration->journal, "%s: going on after batch %" PRId64 ", %s records",
                     mapping->name, progress->batch, figure_count(progress->records, records));
    return lookups_make(migration, mapping, snapshots, error) &&
           (mapping->source->kind != SOURCE_POSTGRES ||
            snapshot_hold(snapshot, &migration->project, mapping->source, &migration->supervisor,
                          error)) &&
           start_pipeline(transfer, snapshot, error);
}

bool transfer_begin(struct transfer *transfer, struct migration *migration, size_t place,
                    struct snapshot *snapshots, struct error *error)
{
    transfer->migration = migration;
    transfer->mapping = migration->project.mappings[place];
    transfer->place = place;
    transfer->begun = progress_clock();
    transfer->runs = transfer->known = false;
    return begin(transfer, snapshots, error) ||
           error_at(error, transfer->mapping->name, NULL, NULL);
}

static bool end(struct transfer *transfer, struct error *error)
{
    struct migration *migration = transfer->migration;
    bool ok = pipeline_end(&migration->supervisor, &transfer->pipeline, error);
    transfer->runs = false;
    journal_clear(&migration->journal);
    if (!ok && error->code == ERROR_DATA) {
        reopen_checkpoint(migration, transfer->mapping);
        migration->failed = transfer->mapping;
        if (migration->options->no_checkpoint) /* by which they would be known as old */
            lookups_forget(migration);
    }
    int64_t read;
    if (!ok || !confirm(transfer, &read, error))
        return false;
    crash_point(CRASH_DRIVER_ENTITY_DONE);
    return check_met(migration, transfer->mapping, read, error);
}

bool transfer_end(struct transfer *transfer, struct error *error)
{
    return end(transfer, error) || error_at(error, transfer->mapping->name, NULL, NULL);
}

void transfer_release(struct transfer *transfer)
{
    struct error unused;
    if (transfer->runs) {
        supervised_stop(&transfer->pipeline.group);
        pipeline_end(&transfer->migration->supervisor, &transfer->pipeline, &unused);
        transfer->runs = false;
    }
    if (transfer->known)
        ledger_progress_release(&transfer->progress);
    transfer->known = false;
}
