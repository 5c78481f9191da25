#include "verb.h"
#include "target_catalog.h"

#include "graduate/file.h"
#include "graduate/words.h"

#include <stdio.h>
#include <string.h>

enum { MOST_VERBS = 64 };

const char *verb_name(const struct verb *verb)
{
    return verb->command->name + strlen("graduate ");
}

const struct verb *verb_find(const struct verb *const *verbs, size_t count, const char *name,
                             struct error *error)
{
    const char *names[MOST_VERBS];
    char all[512] = "";
    for (size_t i = 0; i < count && i < MOST_VERBS; i++) {
        size_t used = strlen(all);
        names[i] = verb_name(verbs[i]);
        if (strcmp(names[i], name) == 0)
            return verbs[i];
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = words_nearest(name, names, count);
    error_set(error, ERROR_USAGE, "there is no verb \"%s\"%s%s%s (there are: %s)", name,
              nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "\"?" : "", all);
    error_hint(error, "graduate --help says what each of them does");
    return NULL;
}

bool verb_needs(const char *value, const char *option, struct error *error)
{
    if (value != NULL && value[0] != '\0')
        return true;
    error_set(error, ERROR_USAGE, "--%s is needed", option);
    return error_hint(error, "--help shows an example");
}

static bool load_draft(struct project *project, const char *where, const struct folder *run,
                       struct error *error)
{
    char catalogs[PATH_MAX];
    if (run == NULL)
        return project_load_draft(project, where, NULL, error);
    return file_join(catalogs, sizeof catalogs, run->path, "catalog", error) &&
           project_load_draft(project, where, catalogs, error);
}

static bool with_loaded(bool draft, const struct verb_call *call, const char *project_name,
                        const struct folder *run,
                        bool (*act)(const struct project *project, struct supervisor *supervisor,
                                    struct error *error),
                        int *exit_code, struct error *error)
{
    struct project project;
    struct journal journal;
    struct supervisor supervisor;
    if (!load_draft(&project, project_name, run, error))
        return false;
    journal_init(&journal, call->format);
    bool ok = supervisor_init(&supervisor, &journal, error);
    if (ok) {
        ok = (run != NULL || target_catalog_look(&project, &supervisor, error)) &&
             (draft || project_check(&project, error)) && act(&project, &supervisor, error);
        if (supervisor.interrupted != 0) {
            *exit_code = 128 + supervisor.interrupted;
            ok = true;
        }
        supervisor_release(&supervisor);
    }
    journal_release(&journal);
    project_release(&project);
    return ok;
}

bool verb_with_project(const struct verb_call *call, const char *project_name,
                       const struct folder *run,
                       bool (*act)(const struct project *project, struct supervisor *supervisor,
                                   struct error *error),
                       int *exit_code, struct error *error)
{
    return with_loaded(false, call, project_name, run, act, exit_code, error);
}

bool verb_with_draft(const struct verb_call *call, const char *project_name,
                     const struct folder *run,
                     bool (*act)(const struct project *project, struct supervisor *supervisor,
                                 struct error *error),
                     int *exit_code, struct error *error)
{
    return with_loaded(true, call, project_name, run, act, exit_code, error);
}
