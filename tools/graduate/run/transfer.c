#include "transfer.h"
#include "extraction.h"
#include "figures.h"
#include "lookups.h"
#include "pipeline.h"
#include "progress.h"
#include "snapshot.h"
#include "unmet.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void number(char out[24], int64_t value)
{
    snprintf(out, 24, "%" PRId64, value);
}

struct watch {
    struct journal *journal;
    struct progress_line line;
    double begun;
    const struct pace *pace;
    int64_t left_behind; /* records of the entities behind it; -1: unknown */
};

/* By the pace of all that this call has loaded: entities differ. */
static double rest_of(const struct watch *watch)
{
    int64_t records = watch->pace->records + watch->line.records - watch->line.before;
    double seconds = watch->pace->seconds + watch->line.seconds;
    return watch->left_behind > 0 && records > 0
               ? (double)watch->left_behind / (double)records * seconds
               : 0;
}

static int64_t left_behind(const struct migration *migration, size_t place)
{
    int64_t sum = 0;
    for (size_t i = place + 1; i < migration->project.mapping_count; i++) {
        if (migration->pace.left[i] < 0)
            return -1;
        sum += migration->pace.left[i];
    }
    return sum;
}

static bool on_remark(void *context, const struct remark *remark)
{
    struct watch *watch = context;
    char text[256];
    if (remark->kind != REMARK_PROGRESS || !journal_is_due(watch->journal))
        return false;
    if (watch->journal->json) {
        const struct progress progress = {remark->entity, remark->batch, remark->records,
                                          remark->rows, remark->bytes};
        message_progress(&progress);
        return true;
    }
    watch->line.records = remark->records;
    watch->line.seconds = progress_clock() - watch->begun;
    watch->line.rest = rest_of(watch);
    size_t room = journal_room(watch->journal) + 1;
    progress_line_format(&watch->line, text, room < sizeof text ? room : sizeof text);
    journal_show(watch->journal, text);
    return true;
}

static bool run_pipeline(struct migration *migration, const struct mapping *mapping,
                         const struct ledger_progress *progress, const struct snapshot *snapshot,
                         struct error *error)
{
    struct extraction_texts texts;
    struct arguments programs[3];
    char ids[PATH_MAX];
    const struct catalog_entity *catalog = catalogs_find(&migration->catalogs, mapping);
    if (!folder_file(&migration->folder, "catalog", texts.catalogs, error) ||
        !extraction_arguments(migration, mapping, progress, snapshot, &texts, &programs[0], error))
        return false;
    arguments_init(&programs[1], "graduate-transform");
    arguments_add(&programs[1], "--project", migration->project.folder, NULL);
    if (lookups_are_needed(&migration->project, mapping)) {
        if (!lookups_folder(migration, ids, error))
            return false;
        arguments_add(&programs[1], "--ids", ids, NULL);
    }
    number(texts.generation, migration->folder.generation);
    arguments_init(&programs[2], "graduate-load");
    arguments_add(&programs[2], "--project", migration->project.folder, "--run",
                  migration->folder.run, "--generation", texts.generation, "--stall", texts.stall,
                  NULL);
    size_t place = 0;
    while (migration->project.mappings[place] != mapping)
        place++;
    struct watch watch = {
        .journal = &migration->journal,
        .line = {.entity = mapping->name,
                 .estimate = catalog != NULL ? catalog->estimate : -1,
                 .before = progress->records,
                 .place = place + 1,
                 .count = migration->project.mapping_count},
        .begun = progress_clock(),
        .pace = &migration->pace,
        .left_behind = left_behind(migration, place),
    };
    bool ok = pipeline_run(&migration->supervisor, programs, 3, on_remark, &watch, error);
    journal_clear(&migration->journal);
    return ok;
}

static bool read_progress(struct migration *migration, const struct mapping *mapping,
                          struct ledger_progress *progress, struct error *error)
{
    return ledger_read_progress(&migration->target, migration->folder.run, mapping->name, PARTITION,
                                progress, error);
}

/* What the programs reported is for people; that the entity is loaded is what the ledger says. */
static bool confirm(struct migration *migration, const struct mapping *mapping, int64_t before,
                    double seconds, struct error *error)
{
    struct ledger_progress now;
    char records[FIGURE_SIZE], rows[FIGURE_SIZE], time[FIGURE_SIZE], rate[FIGURE_SIZE];
    if (!read_progress(migration, mapping, &now, error))
        return false;
    migration->pace.records += now.records - before;
    migration->pace.seconds += seconds;
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

static bool transfer(struct migration *migration, const struct mapping *mapping,
                     struct snapshot *snapshots, struct error *error)
{
    struct snapshot *snapshot = &snapshots[mapping->source - migration->project.sources];
    struct ledger_progress progress;
    char records[FIGURE_SIZE];
    double begun = progress_clock();
    if (!read_progress(migration, mapping, &progress, error))
        return false;
    bool ok = true;
    if (progress.done) {
        journal_info(&migration->journal, "%s: loaded before, %s records", mapping->name,
                     figure_count(progress.records, records));
    } else {
        if (progress.batch > 0)
            journal_info(&migration->journal, "%s: going on after batch %" PRId64 ", %s records",
                         mapping->name, progress.batch, figure_count(progress.records, records));
        ok = lookups_make(migration, mapping, snapshots, error);
        if (ok && mapping->source->kind == SOURCE_POSTGRES)
            ok = snapshot_hold(snapshot, &migration->project, mapping->source,
                               &migration->supervisor, error);
        if (ok && !run_pipeline(migration, mapping, &progress, snapshot, error)) {
            if (error->code == ERROR_DATA) {
                reopen_checkpoint(migration, mapping);
                migration->failed = mapping;
                if (migration->options->no_checkpoint) /* by which they would be known as old */
                    lookups_forget(migration);
            }
            ok = false;
        }
        ok = ok && confirm(migration, mapping, progress.records, progress_clock() - begun, error);
        if (ok)
            crash_point(CRASH_DRIVER_ENTITY_DONE);
    }
    ledger_progress_release(&progress);
    if (ok && read_progress(migration, mapping, &progress, error)) {
        int64_t read = progress.records_read;
        ledger_progress_release(&progress);
        ok = check_met(migration, mapping, read, error);
    } else {
        ok = false;
    }
    return ok ? true : error_at(error, mapping->name, NULL, NULL);
}

/* A source that is not named any more is not asked. */
static bool check_unchanged(struct migration *migration, const struct mapping *mapping,
                            const struct ledger_progress *progress, struct error *error)
{
    struct extraction_texts texts;
    struct arguments arguments;
    if (!folder_file(&migration->folder, "catalog", texts.catalogs, error))
        return false;
    arguments_init(&arguments, "graduate-extract");
    arguments_add(&arguments, "--project", migration->project.folder, "--entity", mapping->name,
                  "--catalogs", texts.catalogs, "--run", migration->folder.run, "--unchanged",
                  NULL);
    if (!extraction_add_place(migration, mapping, progress, &texts, &arguments, error))
        return false;
    if (pipeline_run(&migration->supervisor, &arguments, 1, NULL, NULL, error))
        return true;
    if (error->code != ERROR_USAGE)
        return false;
    *error = (struct error){0};
    return true;
}

bool transfer_check_done(struct migration *migration, struct error *error)
{
    for (size_t i = 0; i < migration->project.mapping_count; i++) {
        const struct mapping *mapping = migration->project.mappings[i];
        struct ledger_progress progress;
        if (mapping->source->kind == SOURCE_POSTGRES) /* there are no exports of this kind */
            continue;
        if (!read_progress(migration, mapping, &progress, error))
            return error_at(error, mapping->name, NULL, NULL);
        bool ok = !progress.done || check_unchanged(migration, mapping, &progress, error);
        ledger_progress_release(&progress);
        if (!ok)
            return error_at(error, mapping->name, NULL, NULL);
    }
    return true;
}

static bool is_needed_later(const struct project *project, size_t after,
                            const struct source *source)
{
    for (size_t i = after + 1; i < project->mapping_count; i++)
        if (project->mappings[i]->source == source)
            return true;
    return false;
}

/* What is loaded already is not left, and of what is begun the rest is. */
static bool estimate_left(struct migration *migration, struct error *error)
{
    const struct project *project = &migration->project;
    migration->pace.left = calloc(project->mapping_count + 1, sizeof *migration->pace.left);
    if (migration->pace.left == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        const struct catalog_entity *catalog = catalogs_find(&migration->catalogs, mapping);
        int64_t estimate = catalog != NULL ? catalog->estimate : -1;
        struct ledger_progress progress;
        if (!read_progress(migration, mapping, &progress, error))
            return error_at(error, mapping->name, NULL, NULL);
        migration->pace.left[i] = progress.done                 ? 0
                                  : estimate > progress.records ? estimate - progress.records
                                  : estimate < 0                ? -1
                                                                : 0;
        ledger_progress_release(&progress);
    }
    return true;
}

bool transfer_all(struct migration *migration, struct error *error)
{
    const struct project *project = &migration->project;
    struct snapshot *snapshots = calloc(project->source_count, sizeof *snapshots);
    if (snapshots == NULL)
        return error_memory(error);
    bool ok = transfer_check_done(migration, error) && estimate_left(migration, error);
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        struct snapshot *snapshot = &snapshots[mapping->source - project->sources];
        ok = transfer(migration, mapping, snapshots, error);
        if (!is_needed_later(project, i, mapping->source))
            snapshot_let_go(snapshot, &migration->supervisor);
    }
    for (size_t i = 0; i < project->source_count; i++)
        snapshot_let_go(&snapshots[i], &migration->supervisor);
    free(snapshots);
    if (ok)
        lookups_forget(migration);
    return ok;
}
