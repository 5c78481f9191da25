#include "graduate/project.h"
#include "graduate/arena.h"
#include "graduate/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const source_kind_names[SOURCE_KINDS] = {
    [SOURCE_MONGODB] = "mongodb",
    [SOURCE_POSTGRES] = "postgres",
    [SOURCE_APPWRITE] = "appwrite",
};

void project_release(struct project *project)
{
    cJSON_Delete(project->files);
    cJSON_Delete(project->target_tables);
    if (project->memory != NULL)
        arena_release(project->memory);
    free(project->memory);
    *project = (struct project){0};
}

const struct mapping *project_mapping(const struct project *project, const char *entity)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (strcmp(project->mappings[i]->name, entity) == 0)
            return project->mappings[i];
    return NULL;
}

const struct source *project_source(const struct project *project, const char *name)
{
    for (size_t i = 0; i < project->source_count; i++)
        if (strcmp(project->sources[i].name, name) == 0)
            return &project->sources[i];
    return NULL;
}

static bool not_found(const char *what, const char *name, const char **names, size_t count,
                      struct error *error)
{
    const char *nearest = words_nearest(name, names, count);
    char all[256] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    error_set(error, ERROR_USAGE, "the project has no %s \"%s\"%s%s%s", what, name,
              nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "\"?" : "");
    return error_hint(error, "it has: %s", all);
}

bool project_find_mapping(const struct project *project, const char *entity,
                          const struct mapping **mapping, struct error *error)
{
    const char *names[256];
    size_t count = 0;
    *mapping = project_mapping(project, entity);
    for (size_t i = 0; i < project->mapping_count && count < COUNT(names); i++)
        names[count++] = project->mappings[i]->name;
    return *mapping != NULL || not_found("entity", entity, names, count, error);
}

bool project_find_source(const struct project *project, const char *name,
                         const struct source **source, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    *source = project_source(project, name);
    for (size_t i = 0; i < project->source_count && count < COUNT(names); i++)
        names[count++] = project->sources[i].name;
    return *source != NULL || not_found("source", name, names, count, error);
}

const char *project_not_kept(const struct project *project, const char *source, const char *kind,
                             const char *name)
{
    for (size_t i = 0; i < project->not_kept_count; i++) {
        const struct not_kept *rule = &project->not_kepts[i];
        if (rule->name != NULL && strcmp(rule->source->name, source) == 0 &&
            strcmp(rule->kind, kind) == 0 && strcmp(rule->name, name) == 0)
            return rule->reason;
    }
    return NULL;
}

bool project_speaks_for(const struct project *project, const char *source, const char *from)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (strcmp(project->mappings[i]->source->name, source) == 0 &&
            strcmp(project->mappings[i]->from, from) == 0)
            return true;
    /* Of a file that could not be read to there, its name is the best guess. */
    for (size_t i = 0; i < project->broken_count; i++) {
        const struct mapping *broken = project->broken[i];
        if (broken->from == NULL
                ? strcmp(broken->name, from) == 0
                : strcmp(broken->source->name, source) == 0 && strcmp(broken->from, from) == 0)
            return true;
    }
    for (size_t i = 0; i < project->left_out_count; i++)
        if (strcmp(project->left_outs[i].source->name, source) == 0 &&
            strcmp(project->left_outs[i].from, from) == 0)
            return true;
    return false;
}

bool project_leaves_out(const struct project *project, const char *source, const char *kind,
                        const char *name)
{
    for (size_t i = 0; i < project->not_kept_count; i++) {
        const struct not_kept *rule = &project->not_kepts[i];
        if (strcmp(rule->source->name, source) == 0 && strcmp(rule->kind, kind) == 0 &&
            (rule->name == NULL || strcmp(rule->name, name) == 0))
            return true;
    }
    return false;
}
