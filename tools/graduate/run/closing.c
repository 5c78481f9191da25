#include "closing.h"
#include "account_print.h"
#include "facts.h"
#include "figures.h"
#include "filters.h"
#include "hex_ids.h"
#include "keepsake.h"
#include "objects.h"
#include "pipeline.h"
#include "print.h"
#include "progress.h"
#include "unmet.h"
#include "witness.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { LARGEST_ACCOUNT = 16 << 20 };

struct steps {
    struct journal *journal;
    int64_t done;
};

/* There are hundreds of them, most done at once: people see the one at hand, and how long it takes.
 */
static bool on_remark(void *context, const struct remark *remark)
{
    struct steps *steps = context;
    char text[256], place[FIGURE_SIZE], count[FIGURE_SIZE];
    if (remark->kind == REMARK_PROGRESS) {
        snprintf(text, sizeof text, "step %s of %s: %s", figure_count(remark->batch, place),
                 figure_count(remark->records, count), remark->entity);
        journal_follow(steps->journal, text);
        if (!steps->journal->json && journal_is_due(steps->journal))
            journal_show(steps->journal, text);
        return true;
    }
    if (remark->kind != REMARK_INFO)
        return false;
    steps->done++;
    return !steps->journal->json;
}

bool closing_finish(struct migration *migration, struct error *error)
{
    struct arguments arguments;
    char catalogs[PATH_MAX], generation[24], jobs[24], done[FIGURE_SIZE], time[FIGURE_SIZE];
    if (!folder_file(&migration->folder, "catalog", catalogs, error))
        return false;
    snprintf(generation, sizeof generation, "%" PRId64, migration->folder.generation);
    migration->incurable = true;
    journal_info(&migration->journal, "all data is loaded; keys, indexes and references come now");
    arguments_init(&arguments, "graduate-load");
    arguments_add(&arguments, "--project", migration->project.folder, "--catalogs", catalogs,
                  "--run", migration->folder.run, "--generation", generation, "--finish", NULL);
    snprintf(jobs, sizeof jobs, "%" PRId64, migration->options->jobs);
    if (migration->options->jobs > 0)
        arguments_add(&arguments, "--jobs", jobs, NULL);
    struct steps steps = {.journal = &migration->journal};
    double begun = progress_clock();
    bool ok = pipeline_run(&migration->supervisor, &arguments, 1, on_remark, &steps, error);
    journal_follow(&migration->journal, NULL);
    if (!ok)
        return false;
    journal_info(&migration->journal, "steps after the data: %s, in %s",
                 figure_count(steps.done, done), figure_duration(progress_clock() - begun, time));
    return true;
}

static bool keep(const struct account_papers *papers, const struct buffer *text,
                 struct error *error)
{
    char path[PATH_MAX];
    cJSON *json = account_to_json(papers->account);
    bool ok =
        json != NULL && cJSON_AddItemToObject(json, "objects", objects_to_json(papers->objects)) &&
                cJSON_AddItemToObject(json, "counts", witness_list_to_json(papers->witnesses)) &&
                cJSON_AddItemToObject(json, "unmet", cJSON_Duplicate(papers->unmet, true)) &&
                cJSON_AddItemToObject(json, "hex_ids", cJSON_Duplicate(papers->hex_ids, true)) &&
                cJSON_AddItemToObject(json, "filters", cJSON_Duplicate(papers->filters, true))
            ? true
            : error_memory(error);
    ok = ok && folder_file(papers->folder, "account.json", path, error) &&
         json_write_file(path, json, error) &&
         folder_file(papers->folder, "account.txt", path, error) &&
         file_replace(path, text->data, text->length, error);
    cJSON_Delete(json);
    return ok;
}

static bool keep_retried(struct migration *migration, struct error *error)
{
    const char *run = migration->folder.run;
    char path[PATH_MAX];
    bool any;
    if (!retried_list_any(&migration->target, run, &any, error) ||
        !folder_file(&migration->folder, "retried.jsonl", path, error))
        return false;
    if (any)
        return retried_list_write(&migration->target, run, path, error);
    unlink(path); /* mostly there was none */
    return true;
}

/* Where the mappings can set records aside. */
bool closing_keep_rejects(struct migration *migration, struct error *error)
{
    char path[PATH_MAX];
    bool any = false;
    for (size_t i = 0; i < migration->project.mapping_count; i++)
        any = any || migration->project.mappings[i]->rejects ||
              migration->project.mappings[i]->refusable;
    return !any || (folder_file(&migration->folder, "rejects.jsonl", path, error) &&
                    reject_list_write(&migration->target, migration->folder.run, path, error) &&
                    keep_retried(migration, error));
}

static bool keep_lists(struct migration *migration, struct loss_list *losses, struct error *error)
{
    const char *run = migration->folder.run;
    char path[PATH_MAX];
    return loss_list_count(losses, &migration->target, run, error) &&
           folder_file(&migration->folder, "losses.jsonl", path, error) &&
           loss_list_write(&migration->target, run, path, error) &&
           closing_keep_rejects(migration, error) &&
           facts_keep(&migration->target, &migration->project, &migration->folder, error) &&
           keepsake_write(migration, error);
}

/* Side by side, they begin as it comes. */
static void order(struct account *account, const struct project *project)
{
    for (size_t i = project->mapping_count; i > 0; i--)
        account_put_first(account, project->mappings[i - 1]->name);
}

bool closing_account(struct migration *migration, int *exit_code, struct error *error)
{
    const struct project *project = &migration->project;
    struct account account;
    struct schema schema = {0};
    struct objects objects = {0};
    struct loss_list losses = {0};
    struct witness_list witnesses = {0};
    cJSON *unmet = NULL, *hex_ids = NULL, *filters = NULL;
    struct buffer text;
    bool closed = false;
    crash_point(CRASH_DRIVER_BEFORE_ACCOUNT);
    if (!account_read(&migration->target, migration->folder.run, &account, error))
        return false;
    order(&account, project);
    buffer_init(&text);
    bool ok = keep_lists(migration, &losses, error) &&
              schema_resolve(&schema, project, migration->catalogs.items, migration->catalogs.count,
                             error) &&
              objects_gather(&objects, &migration->catalogs, &schema, error) &&
              witness_list_hear(&witnesses, project, &migration->catalogs, &account, error) &&
              unmet_gather(&unmet, project, &account, error) &&
              hex_ids_gather(&hex_ids, project, &account, error) &&
              filters_gather(&filters, project, &account, error);
    if (ok) {
        const struct account_papers papers = {.account = &account,
                                              .losses = &losses,
                                              .objects = &objects,
                                              .witnesses = &witnesses,
                                              .unmet = unmet,
                                              .hex_ids = hex_ids,
                                              .filters = filters,
                                              .project = project,
                                              .folder = &migration->folder};
        account_print(&papers, &text);
        ok = buffer_ok(&text, error) && keep(&papers, &text, error);
        closed = account.balance == 0 && witness_list_contradict(&witnesses) == 0;
    }
    *exit_code = ok && closed ? 0 : 1;
    if (ok && closed) {
        folder_stamp(migration->folder.finished);
        ok = folder_save(&migration->folder, error);
    }
    ok = ok && print_text(&text, error);
    buffer_release(&text);
    cJSON_Delete(unmet);
    cJSON_Delete(hex_ids);
    cJSON_Delete(filters);
    witness_list_release(&witnesses);
    objects_release(&objects);
    schema_release(&schema);
    loss_list_release(&losses);
    account_release(&account);
    return ok;
}

bool closing_repeat(const struct migration *migration, struct error *error)
{
    struct buffer text;
    char path[PATH_MAX];
    buffer_init(&text);
    bool ok = folder_file(&migration->folder, "account.txt", path, error) &&
              file_read(path, LARGEST_ACCOUNT, ERROR_TARGET, &text, error) &&
              print_text(&text, error);
    buffer_release(&text);
    return ok;
}
