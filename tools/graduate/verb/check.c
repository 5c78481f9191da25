#include "catalogs.h"
#include "figures.h"
#include "objects.h"
#include "print.h"
#include "trial.h"
#include "verb.h"

#include "graduate/schema.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *project_name, *checkpoints;
static bool as_json, allow_rows;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"checkpoints", OPTION_TEXT, &checkpoints, "DIR",
     "read DIR/ENTITY.gck of an earlier run instead of the sources' records"},
    {"allow-rows", OPTION_FLAG, &allow_rows, NULL,
     "of a run that loads beside rows that are there"},
    {"json", OPTION_FLAG, &as_json, NULL, "print JSON"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate check",
    .purpose = "read all sources through the mappings; write nothing",
    .usage = "--project PROJECT [--checkpoints DIR] [--allow-rows] [--json]",
    .epilogue =
        "Says all that would stop a run: mistakes of the project, then of the records, each\n"
        "kind once, with its count and first keys. Entities whose mapping is mistaken are not\n"
        "read, the others are; the target, once it is named, is asked whether it would take\n"
        "the run, but not with checkpoints: it may hold theirs; and, where its server alone\n"
        "can tell, what its unique indexes call the same. An example:\n\n"
        "  graduate check --project authorstack",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* What a plan would refuse, before a record is read; and the project with those mappings alone that
 * can be carried out all the same. */
struct mistakes {
    struct error *items;
    size_t count;
    struct project readable;
    struct mapping **mappings; /* of it: those that are read, then the others */
    bool whole;                /* the schema of what is read is one */
    struct error target;       /* why it would not take the run; code ERROR_NONE: it would, or was
                                  not asked */
    struct error unasked;      /* why it cannot tell what is the same to it; code ERROR_NONE: it
                                  can */
};

static bool add(struct mistakes *mistakes, const struct error *mistake, struct error *error)
{
    if (mistake->code != ERROR_USAGE) {
        *error = *mistake;
        return false;
    }
    struct error *grown = realloc(mistakes->items, (mistakes->count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_memory(error);
    mistakes->items = grown;
    grown[mistakes->count++] = *mistake;
    return true;
}

static bool add_faults(struct mistakes *mistakes, const struct project *project,
                       struct error *error)
{
    for (size_t i = 0; i < project->fault_count; i++)
        if (!add(mistakes, project->faults[i].error, error))
            return false;
    return true;
}

static bool is_faulty(const struct project *project, const struct mapping *mapping)
{
    for (size_t i = 0; i < project->fault_count; i++)
        if (project->faults[i].mapping == mapping)
            return true;
    return false;
}

/* What is not found in its source is told by the catalogs' check. */
static bool can_be_read(struct mistakes *mistakes, const struct project *project,
                        const struct catalogs *catalogs, const struct mapping *mapping, bool *can,
                        struct supervisor *supervisor, struct error *error)
{
    struct error mistake;
    *can = false;
    if (is_faulty(project, mapping) || catalogs_find(catalogs, mapping) == NULL)
        return true;
    *can = trial_check(project, mapping->name, catalogs, supervisor, &mistake);
    return *can || add(mistakes, &mistake, error);
}

/* The others go behind those that are read, with the files that cannot be. */
static bool sort_mappings(struct mistakes *mistakes, const struct project *project,
                          const struct catalogs *catalogs, struct supervisor *supervisor,
                          struct error *error)
{
    struct project *readable = &mistakes->readable;
    size_t all = project->mapping_count + project->broken_count, last = all;
    *readable = *project;
    mistakes->mappings = calloc(all + 1, sizeof *mistakes->mappings);
    if (mistakes->mappings == NULL)
        return error_memory(error);
    readable->mappings = mistakes->mappings;
    readable->mapping_count = 0;
    for (size_t i = 0; i < project->mapping_count; i++) {
        bool can;
        if (!can_be_read(mistakes, project, catalogs, project->mappings[i], &can, supervisor,
                         error))
            return false;
        mistakes->mappings[can ? readable->mapping_count++ : --last] = project->mappings[i];
    }
    for (size_t i = 0; i < project->broken_count; i++)
        mistakes->mappings[--last] = project->broken[i];
    readable->broken = mistakes->mappings + last;
    readable->broken_count = all - last;
    return true;
}

static bool find_mistakes(struct mistakes *mistakes, const struct project *project,
                          const struct catalogs *catalogs, struct supervisor *supervisor,
                          struct error *error)
{
    struct schema schema = {0};
    struct error mistake;
    if (!add_faults(mistakes, project, error) ||
        (!catalogs_check(catalogs, project, &mistake) && !add(mistakes, &mistake, error)) ||
        !sort_mappings(mistakes, project, catalogs, supervisor, error))
        return false;
    mistakes->whole =
        schema_resolve(&schema, &mistakes->readable, catalogs->items, catalogs->count, &mistake);
    bool right = mistakes->whole && objects_check_all(catalogs, &mistakes->readable, &mistake);
    bool ok = right || add(mistakes, &mistake, error);
    schema_release(&schema);
    return ok;
}

static bool target_is_named(struct mistakes *mistakes, const struct project *project)
{
    struct buffer uri;
    buffer_init(&uri);
    bool named = project_expand(project->target, &uri, &mistakes->unasked);
    buffer_release(&uri);
    return named;
}

/* Would the target take it? Asked when nothing is wrong of the project itself. */
static bool ask_target(struct mistakes *mistakes, const struct project *project,
                       const struct catalogs *catalogs, struct supervisor *supervisor,
                       struct error *error)
{
    struct error refused;
    bool named;
    int64_t bytes;
    if (!target_is_named(mistakes, project) || mistakes->count > 0 || checkpoints != NULL ||
        trial_target(project, allow_rows, catalogs, supervisor, &named, &bytes, &refused))
        return true;
    if (supervisor->interrupted != 0) {
        *error = refused;
        return false;
    }
    if (refused.code == ERROR_USAGE)
        return add(mistakes, &refused, error);
    if (refused.code == ERROR_TARGET)
        mistakes->unasked = refused;
    mistakes->target = refused;
    return true;
}

static void release_mistakes(struct mistakes *mistakes)
{
    free(mistakes->items);
    free(mistakes->mappings);
}

/* Several that were told as one are as many. */
static size_t count_of(const struct mistakes *mistakes)
{
    size_t count = 0;
    for (size_t i = 0; i < mistakes->count; i++)
        count += mistakes->items[i].problems > 0 ? (size_t)mistakes->items[i].problems : 1;
    return count;
}

static void print_mistakes(const struct mistakes *mistakes, struct buffer *out)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct error *mistake = &mistakes->items[i];
        buffer_printf(out, "  %s\n", error_text(mistake));
        if (mistake->hint[0] != '\0')
            buffer_printf(out, "    next: %s\n", mistake->hint);
    }
    if (mistakes->target.code != ERROR_NONE)
        buffer_printf(out, "  the target would not take the run: %s\n    next: %s\n",
                      mistakes->target.message, mistakes->target.hint);
    for (size_t i = 0; i < mistakes->readable.broken_count; i++)
        buffer_printf(out, "  %s is not read: its mapping is to be corrected first\n",
                      mistakes->readable.broken[i]->name);
}

static bool add_mistake(const struct error *mistake, cJSON *list)
{
    cJSON *one = cJSON_CreateObject();
    return cJSON_AddItemToArray(list, one) &&
           cJSON_AddStringToObject(one, "message", error_text(mistake)) != NULL &&
           cJSON_AddStringToObject(one, "hint", mistake->hint) != NULL;
}

static bool add_mistakes(const struct mistakes *mistakes, cJSON *json)
{
    cJSON *list = cJSON_AddArrayToObject(json, "mistakes");
    cJSON *names = cJSON_AddArrayToObject(json, "not_read");
    cJSON *target = cJSON_AddArrayToObject(json, "target");
    bool ok = list != NULL && names != NULL && target != NULL;
    for (size_t i = 0; ok && i < mistakes->count; i++)
        ok = add_mistake(&mistakes->items[i], list);
    if (ok && mistakes->target.code != ERROR_NONE)
        ok = add_mistake(&mistakes->target, target);
    for (size_t i = 0; ok && i < mistakes->readable.broken_count; i++)
        ok = cJSON_AddItemToArray(names, cJSON_CreateString(mistakes->readable.broken[i]->name));
    return ok;
}

static bool put_json(const struct mistakes *mistakes, const struct trial *trial, struct buffer *out,
                     struct error *error)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL && add_mistakes(mistakes, json) && trial_add_json(trial, json);
    char *text = ok ? cJSON_Print(json) : NULL;
    if (text != NULL)
        buffer_printf(out, "%s\n", text);
    ok = text != NULL && !out->failed;
    cJSON_free(text);
    cJSON_Delete(json);
    return ok || error_memory(error);
}

static bool tell(const struct mistakes *mistakes, const struct trial *trial,
                 const struct project *project, struct error *error)
{
    struct buffer text;
    char count[FIGURE_SIZE];
    int64_t records = 0;
    buffer_init(&text);
    for (size_t i = 0; i < trial->account.entity_count; i++)
        records += trial->account.entities[i].read;
    bool ok = true;
    if (as_json) {
        ok = put_json(mistakes, trial, &text, error);
    } else {
        buffer_printf(&text, "check of %s: %s records read\n", project->name,
                      figure_count(records, count));
        print_mistakes(mistakes, &text);
        trial_print(trial, TRIAL_EXAMPLES, &text);
    }
    ok = ok && print_text(&text, error);
    buffer_release(&text);
    return ok;
}

/* The mistakes as far as one message holds them; all stand above. */
static bool give_mistakes(const struct mistakes *mistakes, int64_t problems, struct error *error)
{
    char count[FIGURE_SIZE];
    struct errors errors = {0};
    for (size_t i = 0; i < mistakes->count; i++)
        errors_add(&errors, &mistakes->items[i]);
    errors_give(&errors, error);
    if (error->whole != NULL) {
        error_set(error, ERROR_USAGE, "%zu mistakes of the project, told above",
                  count_of(mistakes));
        error_hint(error, "correct them, and check again; nothing was touched");
    }
    size_t used = strlen(error->message);
    if (problems > 0)
        snprintf(error->message + used, sizeof error->message - used,
                 "; and in the records %s that would stop a run: %s",
                 problems == 1 ? "a problem" : "problems",
                 problems == 1 ? "see above" : figure_count(problems, count));
    return false;
}

static bool give(const struct mistakes *mistakes, const struct trial *trial, struct error *error)
{
    char count[FIGURE_SIZE];
    int64_t problems = trial_problems(trial);
    if (mistakes->count > 0)
        return give_mistakes(mistakes, problems, error);
    if (problems == 0 && mistakes->target.code != ERROR_NONE)
        *error = mistakes->target;
    if (problems == 0)
        return mistakes->target.code == ERROR_NONE;
    error_set(error, ERROR_DATA, "%s would stop a run: %s",
              problems == 1 ? "one problem" : "problems",
              problems == 1 ? "see above" : figure_count(problems, count));
    return error_hint(error, "mend them in the sources or in the mappings, and check again");
}

static bool check(const struct project *project, struct supervisor *supervisor, struct error *error)
{
    struct catalogs catalogs;
    struct trial trial;
    struct mistakes mistakes = {0};
    supervisor_stall(supervisor, stall);
    if (!catalogs_ask(&catalogs, project, false, NULL, supervisor, error))
        return project->fault_count > 0 ? project_check(project, error) : false;
    bool ok = find_mistakes(&mistakes, project, &catalogs, supervisor, error) &&
              ask_target(&mistakes, project, &catalogs, supervisor, error);
    if (ok) {
        const struct trial_options all = {
            .checkpoints = checkpoints,
            .keys = mistakes.whole,
            .asks_target = mistakes.whole && mistakes.unasked.code == ERROR_NONE,
            .not_asked = mistakes.whole && mistakes.unasked.code != ERROR_NONE
                             ? mistakes.unasked.message
                             : NULL,
            .patient = true};
        ok = trial_make(&trial, &mistakes.readable, &catalogs, &all, supervisor, error);
    }
    if (ok) {
        ok = tell(&mistakes, &trial, project, error) && give(&mistakes, &trial, error);
        trial_release(&trial, &mistakes.readable, &catalogs);
    }
    release_mistakes(&mistakes);
    catalogs_release(&catalogs);
    return ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    return verb_needs(project_name, "project", error) &&
           verb_with_draft(call, project_name, NULL, check, exit_code, error);
}

const struct verb verb_check = {&command, VERB_NO_FILE, run};
