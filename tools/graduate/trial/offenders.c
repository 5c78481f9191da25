#include "offenders.h"
#include "lookups.h"
#include "member.h"
#include "print.h"
#include "trial.h"

#include <stdio.h>
#include <string.h>

/* Class 23 of SQLSTATE: integrity constraint violation. */
static bool is_refusal(const struct error *error)
{
    return error->code == ERROR_DATA && strncmp(error->sqlstate, "23", 2) == 0;
}

/* A record of an entity that looks others up: there may be more of its kind, which the entity's
 * other records show when they are read to the end. */
static bool is_lookup(const struct migration *migration, const struct error *error)
{
    return error->code == ERROR_DATA && migration->failed != NULL &&
           lookups_are_needed(&migration->project, migration->failed);
}

/* Where the first problem is, in the source's words. */
static void put_place(const struct trial *trial, struct error *error)
{
    const cJSON *entity;
    cJSON_ArrayForEach(entity, trial->entities)
    {
        const cJSON *problem = cJSON_GetArrayItem(member(entity, "problems"), 0);
        const cJSON *example = cJSON_GetArrayItem(member(problem, "examples"), 0);
        if (example == NULL)
            continue;
        error->entity[0] = error->key[0] = error->path[0] = '\0';
        error_at(error, member_text(entity, "entity"), member_text(example, "key"),
                 member_text(example, "path"));
        return;
    }
}

void offenders_tell(struct migration *migration, struct error *error)
{
    char checkpoints[PATH_MAX], ids[PATH_MAX];
    bool alone = is_lookup(migration, error);
    const struct trial_options options = {.checkpoints = alone ? NULL : checkpoints,
                                          .keys = !alone,
                                          .only = alone ? migration->failed : NULL,
                                          .ids = alone ? ids : NULL};
    struct trial trial;
    struct buffer text;
    struct error unused;
    if (!(alone || is_refusal(error)) || migration->options->no_checkpoint ||
        !folder_file(&migration->folder, "checkpoints", checkpoints, &unused) ||
        !lookups_folder(migration, ids, &unused) ||
        !trial_make(&trial, &migration->project, &migration->catalogs, &options,
                    &migration->supervisor, &unused))
        return;
    if (trial_problems(&trial) > 0) {
        buffer_init(&text);
        buffer_puts(&text, "what the records of the run show:\n");
        trial_print(&trial, &text);
        print_text(&text, &unused);
        buffer_release(&text);
        put_place(&trial, error);
    }
    trial_release(&trial, &migration->project, &migration->catalogs);
}
