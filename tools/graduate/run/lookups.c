#include "lookups.h"
#include "extraction.h"
#include "pipeline.h"

#include "graduate/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool lookups_are_needed(const struct project *project, const struct mapping *mapping)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_looks_up(mapping, project->mappings[i]) ||
            mapping_asks(mapping, project->mappings[i]))
            return true;
    return false;
}

static bool file_of(const struct migration *migration, const struct mapping *mapping,
                    const char *pattern, char out[PATH_MAX], struct error *error)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%.*s%s%s", (int)strcspn(pattern, "*"), pattern, mapping->name,
             strchr(pattern, '*') + 1);
    return folder_file(&migration->folder, name, out, error);
}

bool lookups_folder(const struct migration *migration, char out[PATH_MAX], struct error *error)
{
    char file[PATH_MAX];
    return folder_file(&migration->folder, "ids/none", file, error) && /* makes it */
           file_join(out, PATH_MAX, migration->folder.path, "ids", error);
}

void lookups_forget(const struct migration *migration)
{
    static const char *const patterns[] = {
        "ids/*.ids",   "ids/*.ids.partial",   "ids/*.ids.partial.runs",
        "ids/*.facts", "ids/*.facts.partial", "ids/*.facts.partial.runs"};
    char path[PATH_MAX];
    struct error unused;
    for (size_t i = 0; i < migration->project.mapping_count; i++)
        for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++)
            if (file_of(migration, migration->project.mappings[i], patterns[p], path, &unused))
                unlink(path); /* most were never there */
    if (file_join(path, sizeof path, migration->folder.path, "ids", &unused))
        rmdir(path);
}

/* From the whole checkpoint, or through it from the source, which is read twice where nothing is
 * kept. */
static bool run_index(struct migration *migration, const struct mapping *mapping,
                      struct arguments *index, struct snapshot *snapshot, struct error *error)
{
    const struct ledger_progress whole = {0};
    struct extraction_texts texts;
    struct arguments programs[2];
    struct buffer printed;
    char checkpoint[PATH_MAX];
    if (!file_of(migration, mapping, "checkpoints/*.gck", checkpoint, error))
        return false;
    int input = open(checkpoint, O_RDONLY | O_CLOEXEC);
    if (input >= 0) {
        buffer_init(&printed);
        bool ok = pipeline_capture(&migration->supervisor, index, 1, input, &printed, error);
        buffer_release(&printed);
        close(input);
        return ok;
    }
    if (mapping->source->kind == SOURCE_POSTGRES &&
        !snapshot_hold(snapshot, &migration->project, mapping->source, &migration->supervisor,
                       error))
        return false;
    programs[1] = *index;
    return folder_file(&migration->folder, "catalog", texts.catalogs, error) &&
           extraction_arguments(migration, mapping, &whole, snapshot, &texts, &programs[0],
                                error) &&
           pipeline_run(&migration->supervisor, programs, 2, NULL, NULL, error);
}

/* Which of an entity's files. */
enum { IDS, FACTS };
static const char *const files[] = {"ids/*.ids", "ids/*.facts"};

/* Is it there, and of the checkpoint that is there? One whose last record did not fit is open
 * again. */
static bool is_made(const struct migration *migration, const struct mapping *to, int which,
                    bool *made, struct error *error)
{
    char file[PATH_MAX], checkpoint[PATH_MAX];
    if (!file_of(migration, to, files[which], file, error) ||
        !file_of(migration, to, "checkpoints/*.gck", checkpoint, error))
        return false;
    *made = file_exists(file) && (migration->options->no_checkpoint || file_exists(checkpoint));
    return true;
}

static bool make_file(struct migration *migration, const struct mapping *to, int which,
                      struct snapshot *snapshots, struct error *error)
{
    char catalogs[PATH_MAX], ids[PATH_MAX], file[PATH_MAX];
    struct arguments index;
    if (!folder_file(&migration->folder, "catalog", catalogs, error) ||
        !lookups_folder(migration, ids, error) ||
        !file_of(migration, to, files[which], file, error))
        return false;
    journal_info(&migration->journal,
                 which == FACTS
                     ? "%s: what is asked about its records is written down, for those who ask it"
                     : "%s: its ids are written down, for those who refer to them",
                 to->name);
    arguments_init(&index, "graduate-transform");
    arguments_add(&index, "--project", migration->project.folder, "--catalogs", catalogs, "--index",
                  file, NULL);
    if (which == FACTS)
        arguments_add(&index, "--facts", NULL);
    else
        arguments_add(&index, "--ids", ids, NULL);
    return run_index(migration, to, &index, &snapshots[to->source - migration->project.sources],
                     error) ||
           error_at(error, to->name, NULL, NULL);
}

/* What its records have stands in them alone. */
static bool make_facts(struct migration *migration, const struct mapping *of,
                       struct snapshot *snapshots, bool *anew, struct error *error)
{
    const struct project *project = &migration->project;
    bool made;
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *to = project->mappings[i];
        if (!mapping_asks(of, to))
            continue;
        if (!is_made(migration, to, FACTS, &made, error) ||
            (!made && !make_file(migration, to, FACTS, snapshots, error)))
            return false;
        *anew = *anew || !made;
    }
    return true;
}

/* With those of the entities that `to` leans on, before them, and what it asks; no circle leads
 * back (project_check_circles). *anew: they were not there, or those below them were not. */
static bool make_ids(struct migration *migration, const struct mapping *to,
                     struct snapshot *snapshots, bool *anew, struct error *error)
{
    const struct project *project = &migration->project;
    bool made, below = false;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_leans_on(to, project->mappings[i]) &&
            !make_ids(migration, project->mappings[i], snapshots, &below, error))
            return false;
    if (!make_facts(migration, to, snapshots, &below, error) ||
        !is_made(migration, to, IDS, &made, error))
        return false;
    if (made && !below)
        return true;
    *anew = true;
    return make_file(migration, to, IDS, snapshots, error);
}

bool lookups_make(struct migration *migration, const struct mapping *mapping,
                  struct snapshot *snapshots, struct error *error)
{
    const struct project *project = &migration->project;
    bool anew = false;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_looks_up(mapping, project->mappings[i]) &&
            !make_ids(migration, project->mappings[i], snapshots, &anew, error))
            return false;
    return make_facts(migration, mapping, snapshots, &anew, error);
}

static bool is_restarted(const struct migration *migration, const struct mapping *mapping)
{
    for (size_t i = 0; i < migration->restarts.count; i++)
        if (migration->restarts.items[i] == mapping->name)
            return true;
    return false;
}

static bool check_pair(const struct migration *migration, const struct mapping *mapping,
                       const struct mapping *to, struct error *error)
{
    if (!mapping_looks_up(mapping, to) && !mapping_asks(mapping, to))
        return true;
    if (!is_restarted(migration, to) || is_restarted(migration, mapping))
        return true;
    error_set(error, ERROR_USAGE, "%s looks ids of %s up, which is read anew", mapping->file,
              to->name);
    return error_hint(error, "restart both: --restart %s,%s", migration->options->restart,
                      mapping->name);
}

bool lookups_check(const struct migration *migration, struct error *error)
{
    const struct project *project = &migration->project;
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t j = 0; j < project->mapping_count; j++)
            if (!check_pair(migration, project->mappings[i], project->mappings[j], error))
                return false;
    return true;
}
