#include "target_catalog.h"
#include "folder.h"
#include "pipeline.h"

#include "graduate/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_named(const struct project *project)
{
    struct buffer uri;
    struct error unset;
    buffer_init(&uri);
    bool named = project_expand(project->target, &uri, &unset);
    buffer_release(&uri);
    return named;
}

static bool read_anew(struct project *project, const char *catalogs, struct error *error)
{
    char *where = strdup(project->folder);
    if (where == NULL)
        return error_memory(error);
    project_release(project);
    bool ok = project_load_draft(project, where, catalogs, error);
    free(where);
    return ok;
}

bool target_catalog_ask(struct project *project, const char *catalogs,
                        struct supervisor *supervisor, struct error *error)
{
    struct arguments arguments;
    struct buffer text;
    char path[PATH_MAX];
    if (!project->asks_target || !is_named(project))
        return true;
    arguments_init(&arguments, "graduate-load");
    arguments_add(&arguments, "--project", project->folder, "--catalog", NULL);
    buffer_init(&text);
    bool ok = file_join(path, sizeof path, catalogs, TARGET_TABLES, error) &&
              pipeline_capture(supervisor, &arguments, 1, PROCESS_NOTHING, &text, error) &&
              file_replace(path, text.data, text.length, error) &&
              read_anew(project, catalogs, error);
    buffer_release(&text);
    return ok;
}

bool target_catalog_look(struct project *project, struct supervisor *supervisor,
                         struct error *error)
{
    char scratch[PATH_MAX], path[PATH_MAX];
    struct error unused;
    if (!project->asks_target)
        return true;
    if (!file_make_scratch(scratch, error))
        return false;
    bool ok = target_catalog_ask(project, scratch, supervisor, error);
    if (file_join(path, sizeof path, scratch, TARGET_TABLES, &unused))
        unlink(path);
    rmdir(scratch);
    return ok;
}

bool target_catalog_forget(const struct folder *folder, struct error *error)
{
    char path[PATH_MAX];
    return folder_file(folder, "catalog/" TARGET_TABLES, path, error) &&
           (unlink(path) == 0 || errno == ENOENT ||
            error_set_errno(error, ERROR_TARGET, "cannot remove %s", path));
}

bool target_catalog_of_run(struct project *project, const struct folder *folder, bool *again,
                           struct supervisor *supervisor, struct error *error)
{
    char catalogs[PATH_MAX], path[PATH_MAX];
    if (!folder_file(folder, "catalog/" TARGET_TABLES, path, error) ||
        !folder_file(folder, "catalog", catalogs, error))
        return false;
    *again = folder->prepared && !file_exists(path);
    if (folder->prepared && !*again)
        return read_anew(project, catalogs, error);
    return target_catalog_forget(folder, error) && /* of another beginning */
           target_catalog_ask(project, catalogs, supervisor, error);
}
