#include "offenders.h"
#include "lookups.h"
#include "member.h"
#include "pipeline.h"
#include "print.h"
#include "single_batch.h"
#include "trial.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_OFFENDERS = 20 };

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

static void put_before(const char *said, struct error *error)
{
    char message[sizeof error->message];
    snprintf(message, sizeof message, "%.1500s: %.2500s", said, error->message);
    memcpy(error->message, message, sizeof message);
}

/* Where the first problem is, in the source's words; and of a value that others have, too, who. */
static void put_place(const struct trial *trial, struct error *error)
{
    const cJSON *entity;
    cJSON_ArrayForEach(entity, trial->found)
    {
        const cJSON *problem = cJSON_GetArrayItem(member(entity, "problems"), 0);
        const cJSON *example = cJSON_GetArrayItem(member(problem, "examples"), 0);
        if (example == NULL)
            continue;
        error->entity[0] = error->key[0] = error->path[0] = '\0';
        error_at(error, member_text(entity, "entity"), member_text(example, "key"),
                 member_text(example, "path"));
        if (strcmp(error->sqlstate, "23505") == 0)
            put_before(member_text(example, "message"), error);
        return;
    }
}

/* ---- a row that was refused while it was loaded ------------------------------------------------
 */

/* The checkpoint holds the batch, whether or not it has its end: a batch is there before it is
 * sent.
 */
static bool take_batch(const struct migration *migration, const struct error *refused,
                       const char *to, struct error *error)
{
    static const char *const endings[] = {"gck.partial", "gck"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[NAME_MAX], path[PATH_MAX];
        snprintf(name, sizeof name, "checkpoints/%s.%s", refused->entity, endings[i]);
        unlink(to);
        if (folder_file(&migration->folder, name, path, error) &&
            single_batch_write(path, refused->row.batch, to, error))
            return true;
    }
    return false;
}

static bool ask_origin(struct migration *migration, const struct error *refused, int batch,
                       struct buffer *text, struct error *error)
{
    struct arguments programs[2];
    char catalogs[PATH_MAX], ids[PATH_MAX], row[48];
    const struct mapping *mapping = project_mapping(&migration->project, refused->entity);
    if (!folder_file(&migration->folder, "catalog", catalogs, error))
        return false;
    snprintf(row, sizeof row, "%" PRId64 ":%" PRId64, refused->row.output, refused->row.place);
    arguments_init(&programs[0], "graduate-transform");
    arguments_add(&programs[0], "--project", migration->project.folder, "--catalogs", catalogs,
                  "--trial", NULL);
    if (mapping != NULL && lookups_are_needed(&migration->project, mapping)) {
        if (!lookups_folder(migration, ids, error))
            return false;
        arguments_add(&programs[0], "--ids", ids, NULL);
    }
    arguments_init(&programs[1], "graduate-check");
    arguments_add(&programs[1], "--project", migration->project.folder, "--catalogs", catalogs,
                  "--row", row, NULL);
    if (refused->path[0] != '\0')
        arguments_add(&programs[1], "--column", refused->path, NULL);
    return pipeline_capture(&migration->supervisor, programs, 2, batch, text, error);
}

/* The record in the place of the row; and what a foreign key did not find, as the source has it. */
static void put_origin(const cJSON *origin, struct error *error)
{
    const char *key = member_text(origin, "key"), *path = member_text(origin, "path");
    const char *value = member_text(origin, "value");
    char said[600];
    snprintf(error->key, sizeof error->key, "%s", key);
    if (path[0] != '\0')
        snprintf(error->path, sizeof error->path, "%s", path);
    if (strcmp(error->sqlstate, "23503") != 0 || value[0] == '\0')
        return;
    snprintf(said, sizeof said, "%s is in no row that %s may refer to", value, error->path);
    put_before(said, error);
}

static void tell_row(struct migration *migration, struct error *error)
{
    struct error unused;
    struct buffer text;
    char scratch[PATH_MAX], batch[PATH_MAX];
    cJSON *origin = NULL;
    int input = -1;
    if (!file_make_scratch(scratch, &unused))
        return;
    buffer_init(&text);
    if (file_join(batch, sizeof batch, scratch, "batch.gck", &unused)) {
        if (take_batch(migration, error, batch, &unused))
            input = open(batch, O_RDONLY | O_CLOEXEC);
        if (input >= 0 && ask_origin(migration, error, input, &text, &unused) &&
            json_parse(buffer_text(&text), text.length, "what graduate-check says", &origin,
                       &unused))
            put_origin(origin, error);
        if (input >= 0)
            close(input);
        unlink(batch);
    }
    cJSON_Delete(origin);
    buffer_release(&text);
    rmdir(scratch);
}

/* ---- all records, when they are in, or those that are ------------------------------------------
 */

static bool tell_trial(struct migration *migration, const struct trial_options *options,
                       struct error *error)
{
    struct trial trial;
    struct buffer text;
    struct error unused;
    if (!trial_make(&trial, &migration->project, &migration->catalogs, options,
                    &migration->supervisor, &unused))
        return false;
    bool found = trial_problems(&trial) > 0;
    if (found) {
        buffer_init(&text);
        buffer_printf(&text, "what the records %s show:\n",
                      migration->failed != NULL && options->index != NULL ? "that were read so far"
                                                                          : "of the run");
        trial_print(&trial, MOST_OFFENDERS, &text);
        print_text(&text, &unused);
        buffer_release(&text);
        put_place(&trial, error);
    }
    trial_release(&trial, &migration->project, &migration->catalogs);
    return found;
}

static void tell_all(struct migration *migration, struct error *error)
{
    char checkpoints[PATH_MAX], ids[PATH_MAX];
    struct error unused;
    bool alone = is_lookup(migration, error);
    const struct trial_options options = {.checkpoints = alone ? NULL : checkpoints,
                                          .keys = !alone,
                                          .only = alone ? migration->failed : NULL,
                                          .ids = alone ? ids : NULL};
    if (folder_file(&migration->folder, "checkpoints", checkpoints, &unused) &&
        lookups_folder(migration, ids, &unused))
        tell_trial(migration, &options, error);
}

/* While entities are loaded the ids of those that they look up are there. */
static bool tell_same(struct migration *migration, struct error *error)
{
    char checkpoints[PATH_MAX], ids[PATH_MAX];
    struct error unused;
    const struct error_index index = error->index;
    const struct trial_options options = {.checkpoints = checkpoints,
                                          .keys = true,
                                          .index = &index,
                                          .ids = migration->failed != NULL ? ids : NULL};
    return index.name[0] != '\0' &&
           folder_file(&migration->folder, "checkpoints", checkpoints, &unused) &&
           lookups_folder(migration, ids, &unused) && tell_trial(migration, &options, error);
}

void offenders_tell(struct migration *migration, struct error *error)
{
    if (migration->options->no_checkpoint)
        return;
    if (tell_same(migration, error))
        return;
    if (error->row.batch > 0)
        tell_row(migration, error);
    else if (is_refusal(error) || is_lookup(migration, error))
        tell_all(migration, error);
}
