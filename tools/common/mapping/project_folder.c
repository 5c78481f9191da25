/* A project is a folder: finding it, reading its files, and what only all of them together tell. */
#include "environment.h"
#include "graduate/file.h"
#include "mapping.h"
#include "project_file.h"
#include "said.h"
#include "target_tables.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool has_project(const char *folder)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/project.json", folder) < (int)sizeof path &&
           file_exists(path);
}

static bool find_folder(const char *where, char *out, size_t size, struct error *error)
{
    char installed[PATH_MAX] = "";
    ssize_t n = readlink("/proc/self/exe", installed, sizeof installed - 1);
    if (n > 0) {
        installed[n] = '\0';
        for (int up = 0; up < 2; up++) { /* bin/graduate -> the prefix */
            char *slash = strrchr(installed, '/');
            if (slash != NULL)
                *slash = '\0';
        }
    }
    const char *variable = getenv("GRADUATE_MAPPINGS");
    const struct {
        const char *prefix, *middle;
    } places[] = {
        {"", ""},
        {"mappings", "/"},
        {variable != NULL ? variable : "", variable != NULL ? "/" : ""},
        {installed, "/share/graduate/mappings/"},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        int length = snprintf(out, size, "%s%s%s", places[i].prefix, places[i].middle, where);
        if (length > 0 && (size_t)length < size && has_project(out))
            return true;
    }
    error_set(error, ERROR_USAGE, "there is no project \"%s\"", where);
    return error_hint(error, "--project is a folder with a project.json, or the name of one in "
                             "./mappings or $GRADUATE_MAPPINGS");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the mapping files, without ".json", sorted. */
static bool list_mappings(const char *folder, struct arena *arena, char ***names, size_t *count,
                          struct error *error)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return error_set_errno(error, ERROR_USAGE, "cannot read the folder %s", folder);
    size_t capacity = 0;
    *count = 0;
    *names = NULL;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length <= 5 || strcmp(entry->d_name + length - 5, ".json") != 0 ||
            strcmp(entry->d_name, "project.json") == 0 || entry->d_name[0] == '.')
            continue;
        if (*count == capacity) {
            char **grown = arena_alloc(arena, capacity * 2 + 16, sizeof *grown);
            if (grown != NULL && *count > 0)
                memcpy(grown, *names, *count * sizeof *grown);
            capacity = capacity * 2 + 16;
            *names = grown;
        }
        char *name = arena_printf(arena, "%.*s", (int)length - 5, entry->d_name);
        ok = *names != NULL && name != NULL ? true : error_memory(error);
        if (ok)
            (*names)[(*count)++] = name;
    }
    closedir(dir);
    if (ok && *count > 0)
        qsort(*names, *count, sizeof **names, compare_names);
    return ok;
}

static bool read_file_into(struct project *project, struct arena *arena, const char *name,
                           const char **path, cJSON **json, struct error *error)
{
    char *full = arena_printf(arena, "%s/%s", project->folder, name);
    if (full == NULL)
        return error_memory(error);
    *path = full;
    if (!json_read_exact(full, json, error))
        return false;
    if (!cJSON_AddItemToObject(project->files, name, *json)) {
        cJSON_Delete(*json);
        return error_memory(error);
    }
    return true;
}

static bool refers_value(const struct mapping_value *value, const struct mapping *to)
{
    if (value->id_of == to || value->keys_id_of == to ||
        (value->access != NULL && value->access->users == to))
        return true;
    for (size_t i = 0; i < value->member_count; i++)
        if (refers_value(&value->members[i].value, to))
            return true;
    return false;
}

static bool refers(const struct mapping *from, const struct mapping *to)
{
    if (from->identity != NULL && from->identity->id_of == to)
        return from != to;
    for (size_t t = 0; t < from->table_count; t++)
        for (size_t c = 0; c < from->tables[t].column_count; c++)
            if (refers_value(&from->tables[t].columns[c].value, to))
                return from != to;
    return false;
}

/* What is referred to comes first; where references go in a circle, the name decides. Foreign keys
 * are made after the data, so the order is for people and for progress, not for correctness. */
static void order_mappings(struct project *project)
{
    for (size_t done = 0; done < project->mapping_count; done++) {
        size_t next = done;
        for (size_t i = done; i < project->mapping_count; i++) {
            bool waits = false;
            for (size_t j = done; j < project->mapping_count && !waits; j++)
                waits = i != j && refers(project->mappings[i], project->mappings[j]);
            if (!waits) {
                next = i;
                break;
            }
        }
        struct mapping *first = project->mappings[next];
        memmove(&project->mappings[done + 1], &project->mappings[done],
                (next - done) * sizeof(struct mapping *));
        project->mappings[done] = first;
    }
}

/* True: it is a mistake, which is noted. */
static bool note(struct project *project, const struct mapping *mapping, const struct error *error)
{
    struct arena *arena = project->memory;
    if (error->code != ERROR_USAGE)
        return false;
    struct error *copy = arena_alloc(arena, 1, sizeof *copy);
    struct project_fault *grown = arena_alloc(arena, project->fault_count + 1, sizeof *grown);
    if (copy == NULL || grown == NULL)
        return false;
    *copy = *error;
    if (project->fault_count > 0)
        memcpy(grown, project->faults, project->fault_count * sizeof *grown);
    grown[project->fault_count++] = (struct project_fault){mapping, copy};
    project->faults = grown;
    return true;
}

static bool is_faulty(const struct project *project, const struct mapping *mapping)
{
    for (size_t i = 0; i < project->fault_count; i++)
        if (project->faults[i].mapping == mapping)
            return true;
    return false;
}

static bool check_unique_source(const struct project *project, size_t i, struct error *error)
{
    const struct mapping *a = project->mappings[i];
    for (size_t j = 0; j < i; j++) {
        const struct mapping *b = project->mappings[j];
        if (is_faulty(project, b) || a->source != b->source || strcmp(a->from, b->from) != 0)
            continue;
        error_set(error, ERROR_USAGE, "%s and %s both map %s.%s", b->file, a->file, a->source->name,
                  a->from);
        return error_hint(error, "one mapping can fill several tables: make one file of them");
    }
    for (size_t j = 0; j < project->left_out_count; j++) {
        const struct left_out *left = &project->left_outs[j];
        if (left->source != a->source || strcmp(left->from, a->from) != 0)
            continue;
        error_set(error, ERROR_USAGE, "%s maps %s.%s, which project.json leaves out", a->file,
                  a->source->name, a->from);
        return error_hint(error, "take it out of \"left_out\", or remove the mapping");
    }
    return true;
}

/* What is wrong of mappings that can be read all the same, and of what is said of all of them. */
static bool find_faults(struct project *project, const char *file, struct error *error)
{
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(project->files, "project.json");
    if (!project_check_every(project, json, file, error) && !note(project, NULL, error))
        return false;
    if (project->mapping_count + project->broken_count == 0) {
        error_set(error, ERROR_USAGE, "the project folder %s has no mapping files",
                  project->folder);
        error_hint(error,
                   "beside project.json stands one file for each collection or table that is to "
                   "be moved");
        if (!note(project, NULL, error))
            return false;
    }
    if ((!project_check_names(project, error) && !note(project, NULL, error)) ||
        (!project_check_circles(project, error) && !note(project, NULL, error)))
        return false;
    for (size_t i = 0; i < project->mapping_count; i++) {
        struct mapping *mapping = project->mappings[i];
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%s.json", mapping->name);
        if (!mapping_check_effect(project, cJSON_GetObjectItemCaseSensitive(project->files, name),
                                  mapping, error) &&
            !note(project, mapping, error))
            return false;
    }
    return true;
}

/* What could not be read goes; of an id that is one of its, anything may be right. */
static bool set_aside(struct project *project, struct error *error)
{
    struct arena *arena = project->memory;
    size_t kept = 0;
    project->broken = arena_alloc(arena, project->mapping_count, sizeof(struct mapping *));
    if (project->broken == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++) {
        struct mapping *mapping = project->mappings[i];
        if (!is_faulty(project, mapping)) {
            project->mappings[kept++] = mapping;
            continue;
        }
        *mapping = (struct mapping){.name = mapping->name,
                                    .file = mapping->file,
                                    .source = mapping->source,
                                    .from = mapping->from,
                                    .ids = IDENTITY_TEXTS};
        project->broken[project->broken_count++] = mapping;
    }
    project->mapping_count = kept;
    return true;
}

static bool read_mappings(struct project *project, struct arena *arena, const char *project_file,
                          struct error *error)
{
    char **names = NULL;
    size_t count = 0;
    if (!list_mappings(project->folder, arena, &names, &count, error))
        return false;
    project->mappings = arena_alloc(arena, count, sizeof *project->mappings);
    struct mapping *mappings = arena_alloc(arena, count, sizeof *mappings);
    cJSON **files = arena_alloc(arena, count, sizeof(cJSON *));
    if (project->mappings == NULL || mappings == NULL || files == NULL)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        char *file = arena_printf(arena, "%s.json", names[i]);
        if (file == NULL)
            return error_memory(error);
        mappings[i].name = names[i];
        project->mappings[i] = &mappings[i];
        if ((!read_file_into(project, arena, file, &mappings[i].file, &files[i], error) ||
             !said_expand(project, arena, files[i], mappings[i].file, error) ||
             !target_tables_fill(project, files[i], mappings[i].file, error) ||
             !mapping_parse(project, arena, files[i], &mappings[i], error)) &&
            !note(project, &mappings[i], error))
            return false;
        project->mapping_count++;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_faulty(project, &mappings[i]) &&
            !mapping_link(project, arena, files[i], &mappings[i], error) &&
            !note(project, &mappings[i], error))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!is_faulty(project, &mappings[i]) && !check_unique_source(project, i, error) &&
            !note(project, &mappings[i], error))
            return false;
    if (!set_aside(project, error) ||
        (!project_link_access(project, project_file, error) && !note(project, NULL, error)))
        return false;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (!mapping_settle_policies(arena, project->mappings[i], error) &&
            !note(project, project->mappings[i], error))
            return false;
    order_mappings(project);
    mapping_settle_ids(project);
    return find_faults(project, project_file, error);
}

bool project_check(const struct project *project, struct error *error)
{
    struct errors errors = {0};
    for (size_t i = 0; i < project->fault_count; i++)
        errors_add(&errors, project->faults[i].error);
    return errors_give(&errors, error);
}

bool project_load(struct project *project, const char *where, struct error *error)
{
    return project_load_beside(project, where, NULL, error);
}

bool project_load_beside(struct project *project, const char *where, const char *catalogs,
                         struct error *error)
{
    if (!project_load_draft(project, where, catalogs, error))
        return false;
    if (project_check(project, error))
        return true;
    project_release(project);
    return false;
}

bool project_load_draft(struct project *project, const char *where, const char *catalogs,
                        struct error *error)
{
    char folder[PATH_MAX];
    *project = (struct project){0};
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return error_memory(error);
    arena_init(arena);
    project->memory = arena;
    project->files = cJSON_CreateObject();
    const char *path = NULL;
    cJSON *json = NULL;
    bool ok = environment_read(error) && find_folder(where, folder, sizeof folder, error);
    if (ok) {
        project->folder = arena_text(arena, folder);
        ok = (project->folder != NULL && project->files != NULL) || error_memory(error);
    }
    ok = ok && read_file_into(project, arena, "project.json", &path, &json, error) &&
         project_file_parse(project, arena, json, path, error) &&
         target_tables_read(project, catalogs, error) && read_mappings(project, arena, path, error);
    if (!ok)
        project_release(project);
    return ok;
}
