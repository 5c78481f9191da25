#include "report.h"
#include "account_print.h"
#include "figures.h"
#include "member.h"
#include "papers.h"
#include "task.h"

#include "graduate/buffer.h"
#include "graduate/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { VERSION = 1 };

/* ---- the account ------------------------------------------------------------------------------
 */

static cJSON *items_of(cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

/* The page says where an entity comes from. Its hundreds of paths stand in account.json, as every
 * object does; here are their sums, and those that are not closed. What is unmet is a warning. */
static bool complete_account(cJSON *account, const struct project *project)
{
    bool ok = true;
    cJSON *line;
    cJSON_ArrayForEach(line, items_of(account, "entities"))
    {
        const struct mapping *mapping = project_mapping(project, member_text(line, "entity"));
        char source[512] = "";
        if (mapping != NULL)
            snprintf(source, sizeof source, "%s.%s", mapping->source->name, mapping->from);
        ok = ok && cJSON_AddStringToObject(line, "source", source) != NULL;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(account, "paths");
    cJSON_DeleteItemFromObjectCaseSensitive(account, "objects");
    cJSON_DeleteItemFromObjectCaseSensitive(account, "unmet");
    cJSON_DeleteItemFromObjectCaseSensitive(account, "hex_ids");
    cJSON_DeleteItemFromObjectCaseSensitive(account, "filters");
    return ok;
}

static bool add_account(cJSON *report, const struct papers *papers)
{
    return papers_add_copy(report, "account", papers->account, cJSON_CreateNull) &&
           complete_account(items_of(report, "account"), papers->project);
}

/* The terms of the account of values: seen is the sum of the others, or the balance is not 0. */
static const char *const terms[] = {
    "seen",    "written",  "changed",   "rest", "compared", "kept_out",
    "dropped", "left_out", "defaulted", "lost", "rejected", "balance",
};
enum { TERM_COUNT = sizeof terms / sizeof terms[0] };

static bool add_values_of(cJSON *array, const cJSON *paths, const char *entity)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(array, json) &&
              cJSON_AddStringToObject(json, "entity", entity) != NULL;
    int64_t sums[TERM_COUNT] = {0}, count = 0;
    const cJSON *path;
    cJSON_ArrayForEach(path, paths)
    {
        if (strcmp(member_text(path, "entity"), entity) != 0)
            continue;
        count++;
        for (size_t i = 0; i < TERM_COUNT; i++) {
            int64_t term = member_count(path, terms[i]);
            bool is_balance =
                i + 1 == TERM_COUNT; /* too many here do not make up for too few there */
            sums[i] += is_balance && term < 0 ? -term : term;
        }
    }
    ok = ok && cJSON_AddNumberToObject(json, "paths", (double)count) != NULL;
    for (size_t i = 0; ok && i < TERM_COUNT; i++)
        ok = cJSON_AddNumberToObject(json, terms[i], (double)sums[i]) != NULL;
    return ok;
}

static bool add_values(cJSON *report, const struct papers *papers)
{
    cJSON *array = cJSON_AddArrayToObject(report, "values");
    const cJSON *paths = member(papers->account, "paths"), *path;
    bool ok = array != NULL;
    cJSON_ArrayForEach(path, paths)
    {
        const char *entity = member_text(path, "entity");
        if (ok && member_find(array, "entity", entity) == NULL)
            ok = add_values_of(array, paths, entity);
    }
    return ok;
}

static bool add_open_paths(cJSON *report, const struct papers *papers)
{
    cJSON *array = cJSON_AddArrayToObject(report, "open_paths");
    bool ok = array != NULL;
    const cJSON *path;
    cJSON_ArrayForEach(path, member(papers->account, "paths"))
    {
        if (member_count(path, "balance") != 0)
            ok = ok && cJSON_AddItemToArray(array, cJSON_Duplicate(path, true));
    }
    return ok;
}

/* ---- timings ----------------------------------------------------------------------------------
 */

/* The steps after the data by what they make: the beginning of a step's name, in the order of the
 * finish. A step that begins otherwise is of the last row. */
static const struct {
    const char *begins, *kind;
} kinds[] = {
    {"primary key ", "primary keys"},
    {"unique ", "unique keys"},
    {"index ", "indexes"},
    {"foreign key ", "foreign keys"},
    {"policy ", "policies"},
    {"rights of ", "rights"},
    {"no rights of ", "rights"},
    {"sequence of ", "sequences"},
    {"statistics of ", "statistics"},
    {"", "other steps"},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const char *kind_of(const char *step)
{
    size_t i = 0;
    while (strncmp(step, kinds[i].begins, strlen(kinds[i].begins)) != 0)
        i++;
    return kinds[i].kind;
}

static bool add_kind(cJSON *array, const cJSON *steps, const char *kind)
{
    const cJSON *step, *longest = NULL;
    double seconds = 0;
    int count = 0;
    cJSON_ArrayForEach(step, steps)
    {
        double its = member_number(step, "seconds");
        if (strcmp(kind_of(member_text(step, "step")), kind) != 0)
            continue;
        count++;
        seconds += its;
        if (longest == NULL || its > member_number(longest, "seconds"))
            longest = step;
    }
    if (count == 0)
        return true;
    cJSON *json = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, json) &&
           cJSON_AddStringToObject(json, "kind", kind) != NULL &&
           cJSON_AddNumberToObject(json, "steps", count) != NULL &&
           cJSON_AddNumberToObject(json, "seconds", seconds) != NULL &&
           cJSON_AddStringToObject(json, "longest", member_text(longest, "step")) != NULL;
}

static bool add_kinds(cJSON *timings, const struct papers *papers)
{
    cJSON *array = cJSON_AddArrayToObject(timings, "steps");
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < KIND_COUNT; i++)
        if (i == 0 || strcmp(kinds[i].kind, kinds[i - 1].kind) != 0)
            ok = add_kind(array, member(papers->facts, "steps"), kinds[i].kind);
    return ok;
}

static bool add_levels(cJSON *timings, const struct papers *papers)
{
    cJSON *array = cJSON_AddArrayToObject(timings, "levels");
    bool ok = array != NULL;
    const cJSON *level;
    cJSON_ArrayForEach(level, member(papers->verdict, "levels"))
    {
        cJSON *json = cJSON_CreateObject();
        ok = ok && cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "level", member_text(level, "level")) != NULL &&
             cJSON_AddNumberToObject(json, "seconds", member_number(level, "seconds")) != NULL &&
             cJSON_AddNumberToObject(json, "checks", member_number(level, "checks")) != NULL &&
             cJSON_AddStringToObject(json, "verdict", member_text(level, "verdict")) != NULL;
    }
    return ok;
}

static double sum_of(const cJSON *array, const char *name)
{
    double sum = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        sum += member_number(item, name);
    }
    return sum;
}

/* Reading and loading go on side by side: "load" is the time in which the loader wrote, "read" the
 * rest of an entity's time, in which it waited for rows. The phases add up to the time at work. */
static bool add_phases(cJSON *timings, const struct papers *papers)
{
    const cJSON *entities = member(papers->facts, "entities");
    double moving = sum_of(entities, "seconds"), loading = sum_of(entities, "loading");
    if (loading > moving) /* of an attempt that was stopped only what was loaded is known */
        loading = moving;
    const struct {
        const char *phase;
        double seconds;
    } rows[] = {
        {"read", moving - loading},
        {"load", loading},
        {"finish", sum_of(member(papers->facts, "steps"), "seconds")},
        {"verify", sum_of(member(papers->verdict, "levels"), "seconds")},
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    double all = 0;
    cJSON *array = cJSON_AddArrayToObject(timings, "phases");
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < COUNT; i++) {
        cJSON *json = cJSON_CreateObject();
        all += rows[i].seconds;
        ok = cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "phase", rows[i].phase) != NULL &&
             cJSON_AddNumberToObject(json, "seconds", rows[i].seconds) != NULL;
    }
    return ok && cJSON_AddNumberToObject(timings, "seconds", all) != NULL;
}

static bool add_timings(cJSON *report, const struct papers *papers, struct error *error)
{
    cJSON *json = cJSON_AddObjectToObject(report, "timings");
    bool ok =
        json != NULL && add_phases(json, papers) &&
        papers_add_copy(json, "entities", member(papers->facts, "entities"), cJSON_CreateArray) &&
        add_kinds(json, papers) && add_levels(json, papers);
    return ok ? true : error_memory(error);
}

/* ---- what stands beside ------------------------------------------------------------------------
 */

static bool add_left_out(cJSON *report, const struct project *project)
{
    cJSON *array = cJSON_AddArrayToObject(report, "left_out");
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < project->left_out_count; i++) {
        const struct left_out *left = &project->left_outs[i];
        cJSON *json = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "source", left->source->name) != NULL &&
             cJSON_AddStringToObject(json, "from", left->from) != NULL &&
             cJSON_AddStringToObject(json, "reason", left->reason) != NULL;
    }
    return ok;
}

static bool add_stays(cJSON *report, const struct project *project)
{
    cJSON *array = cJSON_AddArrayToObject(report, "stays");
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < project->stays_count; i++) {
        cJSON *json = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "what", project->stays[i].what) != NULL &&
             cJSON_AddStringToObject(json, "why", project->stays[i].why) != NULL;
    }
    return ok;
}

static bool add_tasks(cJSON *report, const struct papers *papers, struct error *error)
{
    cJSON *tasks = NULL;
    const struct task_grounds grounds = {
        .project = papers->project,
        .losses = member(papers->losses, "rules"),
        .facts = papers->facts,
        .verified = papers_state(papers) == HOLDS,
    };
    bool ok = task_list(&grounds, &tasks, error);
    if (!cJSON_AddItemToObject(report, "tasks", tasks))
        return error_memory(error);
    return ok;
}

/* ---- versions ---------------------------------------------------------------------------------
 */

static bool add_source(cJSON *array, const struct papers *papers, const struct source *source,
                       struct error *error)
{
    char name[NAME_MAX], path[PATH_MAX];
    cJSON *catalog = NULL, *json = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(array, json) ? true : error_memory(error);
    snprintf(name, sizeof name, "catalog/%s.json", source->name);
    ok = ok && folder_file(papers->folder, name, path, error) &&
         member_read_file(path, &catalog, error);
    ok = ok &&
         (cJSON_AddStringToObject(json, "source", source->name) != NULL &&
                  cJSON_AddStringToObject(json, "kind", source_kind_names[source->kind]) != NULL &&
                  cJSON_AddStringToObject(json, "version", member_text(catalog, "version")) != NULL
              ? true
              : error_memory(error));
    cJSON_Delete(catalog);
    return ok;
}

static bool add_versions(cJSON *report, const struct papers *papers, struct error *error)
{
    const struct project *project = papers->project;
    char now[65] = "";
    cJSON *json = cJSON_AddObjectToObject(report, "versions");
    if (!project_fingerprint(project, now, error))
        return false;
    bool ok =
        json != NULL &&
        cJSON_AddStringToObject(json, "graduate", member_text(papers->facts, "graduate")) != NULL &&
        cJSON_AddStringToObject(json, "verifier", member_text(papers->verdict, "graduate")) !=
            NULL &&
        cJSON_AddStringToObject(json, "report", GRADUATE_VERSION) != NULL &&
        cJSON_AddStringToObject(json, "server", member_text(papers->facts, "server")) != NULL &&
        cJSON_AddStringToObject(json, "target", member_text(papers->verdict, "target")) != NULL &&
        cJSON_AddStringToObject(json, "fingerprint", member_text(papers->facts, "fingerprint")) !=
            NULL &&
        cJSON_AddStringToObject(json, "fingerprint_verified",
                                member_text(papers->verdict, "fingerprint")) != NULL &&
        cJSON_AddStringToObject(json, "fingerprint_now", now) != NULL;
    cJSON *sources = cJSON_AddArrayToObject(json, "sources");
    if (!ok || sources == NULL)
        return error_memory(error);
    for (size_t i = 0; ok && i < project->source_count; i++)
        ok = add_source(sources, papers, &project->sources[i], error);
    return ok;
}

/* ---- the verification -------------------------------------------------------------------------
 */

/* What a page that is shown to others must not hold, differing or not. */
static bool is_secret(const char *column)
{
    static const char *const words[] = {"password", "token", "secret"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(column, words[i]) != NULL)
            return true;
    return false;
}

static bool hide_secrets(cJSON *finding)
{
    cJSON *column;
    bool ok = true;
    cJSON_ArrayForEach(column, items_of(finding, "columns"))
    {
        static const char *const values[] = {"expected", "found"};
        for (size_t i = 0; i < 2 && is_secret(member_text(column, "name")); i++)
            ok = ok && cJSON_ReplaceItemInObjectCaseSensitive(column, values[i],
                                                              cJSON_CreateString("(not shown)"));
    }
    return ok;
}

static bool add_verification(cJSON *report, const struct papers *papers, struct error *error)
{
    if (!papers_add_copy(report, "verification", papers->verdict, cJSON_CreateNull))
        return error_memory(error);
    bool ok = true;
    cJSON *finding, *verification = items_of(report, "verification");
    cJSON_ArrayForEach(finding, items_of(verification, "findings"))
    {
        ok = ok && hide_secrets(finding);
    }
    return ok ? true : error_memory(error);
}

/* ---- the document ------------------------------------------------------------------------------
 */

static bool add_losses(cJSON *report, const struct papers *papers)
{
    cJSON *rule, *losses = cJSON_Duplicate(papers->losses, true);
    bool ok = cJSON_AddItemToObject(report, "losses", losses);
    cJSON_ArrayForEach(rule, items_of(losses, "rules"))
    {
        ok = ok && cJSON_AddStringToObject(
                       rule, "meaning", account_print_meaning(member_text(rule, "rule"))) != NULL;
    }
    return ok;
}

static bool add_run(cJSON *report, const struct papers *papers)
{
    const struct folder *folder = papers->folder;
    char now[32];
    folder_stamp(now);
    return cJSON_AddNumberToObject(report, "version", VERSION) != NULL &&
           cJSON_AddStringToObject(report, "written", now) != NULL &&
           cJSON_AddStringToObject(report, "project", folder->project) != NULL &&
           cJSON_AddStringToObject(report, "run", folder->run) != NULL &&
           cJSON_AddStringToObject(report, "started", folder->started) != NULL &&
           cJSON_AddStringToObject(report, "finished", folder->finished) != NULL &&
           cJSON_AddNumberToObject(report, "generation", (double)folder->generation) != NULL;
}

static bool gather(cJSON *report, const struct papers *papers, struct error *error)
{
    if (!add_run(report, papers))
        return error_memory(error);
    if (!add_account(report, papers) || !add_values(report, papers) ||
        !add_open_paths(report, papers) || !report_add_not_come(report, papers) ||
        !report_add_changes(report, papers) || !add_losses(report, papers) ||
        !report_add_objects(report, papers))
        return error_memory(error);
    if (!add_timings(report, papers, error))
        return false;
    if (!add_stays(report, papers->project) || !add_left_out(report, papers->project))
        return error_memory(error);
    return add_tasks(report, papers, error) && report_add_warnings(report, papers, error) &&
           add_versions(report, papers, error) && add_verification(report, papers, error) &&
           report_add_verdict(report, papers, error);
}

bool report_gather(const struct folder *folder, const struct project *project, bool busy,
                   cJSON **report, struct error *error)
{
    struct papers papers = {.folder = folder, .project = project, .busy = busy};
    *report = NULL;
    bool ok = papers_read(&papers, error);
    if (ok) {
        *report = cJSON_CreateObject();
        ok = gather(*report, &papers, error);
    }
    papers_release(&papers);
    if (!ok) {
        cJSON_Delete(*report);
        *report = NULL;
    }
    return ok;
}
