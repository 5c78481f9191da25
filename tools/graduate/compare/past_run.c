#include "past_run.h"
#include "member.h"
#include "verifier.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LARGEST_SCHEMA = 16 << 20 };

static bool lacks(const struct past_run *run, const char *name, struct error *error)
{
    error_set(error, ERROR_USAGE, "%s lacks %s, by which runs are compared", run->folder.path,
              name);
    return error_hint(error, "restore the file, or compare with another run");
}

static bool read_json(const struct past_run *run, const char *name, cJSON **json,
                      struct error *error)
{
    char path[PATH_MAX];
    return file_join(path, sizeof path, run->folder.path, name, error) &&
           member_read_file(path, json, error) && (*json != NULL || lacks(run, name, error));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static bool read_into(cJSON *all, const char *folder, const char *name, struct error *error)
{
    char path[PATH_MAX];
    cJSON *json;
    if (!file_join(path, sizeof path, folder, name, error) || !json_read_file(path, &json, error))
        return false;
    if (cJSON_AddItemToObject(all, name, json))
        return true;
    cJSON_Delete(json);
    return error_memory(error);
}

/* All NAME.json of a folder in the run's folder as one object; empty where there is none. */
static bool read_folder(const struct past_run *run, const char *name, bool needed, cJSON **all,
                        struct error *error)
{
    char folder[PATH_MAX];
    struct dirent **entries = NULL;
    if (!file_join(folder, sizeof folder, run->folder.path, name, error))
        return false;
    *all = cJSON_CreateObject();
    int count = scandir(folder, &entries, is_json, by_name);
    bool ok = *all != NULL ? true : error_memory(error);
    if (ok && count <= 0 && needed)
        ok = lacks(run, name, error);
    for (int i = 0; i < count; i++) {
        ok = ok && read_into(*all, folder, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool read_schema(struct past_run *run, struct error *error)
{
    struct buffer text;
    char path[PATH_MAX];
    if (!file_join(path, sizeof path, run->folder.path, "schema.sql", error))
        return false;
    if (!file_exists(path))
        return lacks(run, "schema.sql", error);
    buffer_init(&text);
    bool ok = file_read(path, LARGEST_SCHEMA, ERROR_USAGE, &text, error);
    if (ok) {
        run->schema = strdup(buffer_text(&text));
        ok = run->schema != NULL ? buffer_ok(&text, error) : error_memory(error);
    }
    buffer_release(&text);
    return ok;
}

/* Count a line of losses.jsonl in. */
static bool add_loss(cJSON *losses, const char *line, size_t length, const char *path,
                     struct error *error)
{
    cJSON *json, *item = NULL;
    if (!json_parse(line, length, path, &json, error))
        return false;
    const char *entity = member_text(json, "entity"), *rule = member_text(json, "rule");
    cJSON_ArrayForEach(item, losses)
    {
        if (strcmp(member_text(item, "entity"), entity) == 0 &&
            strcmp(member_text(item, "rule"), rule) == 0)
            break;
    }
    cJSON *values = cJSON_GetObjectItemCaseSensitive(item, "values");
    bool ok = true;
    if (values != NULL) {
        cJSON_SetNumberValue(values, values->valuedouble + 1);
    } else {
        item = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(losses, item) &&
             cJSON_AddStringToObject(item, "entity", entity) != NULL &&
             cJSON_AddStringToObject(item, "rule", rule) != NULL &&
             cJSON_AddNumberToObject(item, "values", 1) != NULL;
    }
    cJSON_Delete(json);
    return ok ? true : error_memory(error);
}

static bool read_losses(struct past_run *run, struct error *error)
{
    char path[PATH_MAX], *line = NULL;
    size_t room = 0;
    if (!file_join(path, sizeof path, run->folder.path, "losses.jsonl", error))
        return false;
    run->losses = cJSON_CreateArray();
    if (run->losses == NULL)
        return error_memory(error);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return lacks(run, "losses.jsonl", error);
    bool ok = true;
    for (ssize_t length; ok && (length = getline(&line, &room, file)) >= 0;)
        ok = add_loss(run->losses, line, (size_t)length, path, error);
    free(line);
    fclose(file);
    return ok;
}

static bool is_finished(const struct past_run *run, struct error *error)
{
    if (run->folder.finished[0] != '\0')
        return true;
    error_set(error, ERROR_USAGE, "%s holds a run that is not finished, begun %s", run->folder.path,
              run->folder.started);
    return error_hint(error, "graduate run --run-dir %s goes on with it", run->folder.path);
}

bool past_run_is_one(const char *path, struct error *error)
{
    struct past_run run = {.folder = {.lock = -1}};
    bool busy;
    return folder_look(&run.folder, path, &busy, error) && is_finished(&run, error);
}

bool past_run_read(struct past_run *run, const char *path, struct error *error)
{
    bool busy;
    *run = (struct past_run){.folder = {.lock = -1}};
    bool ok = folder_look(&run->folder, path, &busy, error) && is_finished(run, error) &&
              read_json(run, "account.json", &run->account, error) &&
              read_json(run, "facts.json", &run->facts, error) &&
              verifier_read(&run->folder, &run->verdict, error) &&
              read_folder(run, "project", true, &run->project, error) &&
              read_folder(run, "catalog", true, &run->catalogs, error) &&
              read_folder(run, "fields", false, &run->fields, error) && read_schema(run, error) &&
              read_losses(run, error);
    if (!ok)
        past_run_release(run);
    return ok;
}

void past_run_release(struct past_run *run)
{
    cJSON_Delete(run->account);
    cJSON_Delete(run->facts);
    cJSON_Delete(run->project);
    cJSON_Delete(run->catalogs);
    cJSON_Delete(run->fields);
    cJSON_Delete(run->losses);
    cJSON_Delete(run->verdict);
    free(run->schema);
    *run = (struct past_run){.folder = {.lock = -1}};
}

bool past_run_in_one_go(const struct past_run *run)
{
    return run->folder.generation == 1;
}

/* `finished` is to the second, in which two small rehearsals can end: then the file's time decides.
 */
struct candidate {
    struct folder folder;
    struct timespec saved;
};

static bool look_at(struct candidate *candidate, const char *parent, const char *name)
{
    struct error unseen; /* most of what lies there may be no run at all */
    char path[PATH_MAX];
    struct stat info;
    bool busy;
    if (!file_join(path, sizeof path, parent, name, &unseen) ||
        !folder_look(&candidate->folder, path, &busy, &unseen) ||
        !file_join(path, sizeof path, candidate->folder.path, "run.json", &unseen) ||
        stat(path, &info) != 0)
        return false;
    candidate->saved = info.st_mtim;
    return true;
}

static bool is_later(const struct candidate *a, const struct candidate *b)
{
    int order = strcmp(a->folder.finished, b->folder.finished);
    if (order != 0)
        return order > 0;
    return a->saved.tv_sec != b->saved.tv_sec ? a->saved.tv_sec > b->saved.tv_sec
                                              : a->saved.tv_nsec > b->saved.tv_nsec;
}

bool past_run_find_previous(struct past_run *previous, const struct folder *of, bool *found,
                            struct error *error)
{
    struct candidate best = {.folder = {.lock = -1}}, candidate;
    char parent[PATH_MAX];
    *found = false;
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(of->path, '/') - of->path), of->path);
    DIR *dir = opendir(parent[0] != '\0' ? parent : "/");
    if (dir == NULL)
        return error_set_errno(error, ERROR_TARGET, "cannot read the folder %s", parent);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (look_at(&candidate, parent, entry->d_name) &&
            strcmp(candidate.folder.path, of->path) != 0 &&
            strcmp(candidate.folder.project, of->project) == 0 &&
            candidate.folder.finished[0] != '\0' && is_later(&candidate, &best))
            best = candidate;
    closedir(dir);
    if (best.folder.finished[0] == '\0')
        return true;
    *found = past_run_read(previous, best.folder.path, error);
    return *found;
}
