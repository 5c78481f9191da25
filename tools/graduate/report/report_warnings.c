/* What the run warned of: what stands in its account, and what else its log has. */
#include "account_print.h"
#include "member.h"
#include "papers.h"

#include "graduate/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SAID = 100 }; /* warnings of the log; it has what there is */

static bool add_warning(cJSON *array, const char *warning, const char *entity, const char *text)
{
    cJSON *json = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, json) &&
           cJSON_AddStringToObject(json, "warning", warning) != NULL &&
           cJSON_AddStringToObject(json, "entity", entity) != NULL &&
           cJSON_AddStringToObject(json, "text", text) != NULL;
}

/* Those that the account has under this name. */
static bool add_members(cJSON *array, const struct papers *papers, const char *warning)
{
    const cJSON *one;
    bool ok = true;
    cJSON_ArrayForEach(one, member(papers->account, warning))
    {
        ok =
            ok && add_warning(array, warning, member_text(one, "entity"), member_text(one, "text"));
    }
    return ok;
}

/* Records that were filtered for no reason. */
static bool add_filters(cJSON *array, const struct papers *papers)
{
    const cJSON *one;
    bool ok = true;
    cJSON_ArrayForEach(one, member(papers->account, "filters"))
    {
        ok = ok &&
             (member_text(one, "reason")[0] != '\0' ||
              add_warning(array, "filters", member_text(one, "entity"), member_text(one, "text")));
    }
    return ok;
}

/* A sentence of the account and of the plan, without its margin. */
static bool add_sentence(cJSON *array, const struct project *project, const char *warning,
                         void (*print)(const struct project *project, struct buffer *out))
{
    struct buffer line;
    buffer_init(&line);
    print(project, &line);
    line.length -= line.length > 0; /* the line's end */
    const char *text = buffer_text(&line);
    text += strspn(text, " ");
    bool ok = !line.failed && (text[0] == '\0' || add_warning(array, warning, "", text));
    buffer_release(&line);
    return ok;
}

/* The same is said again whenever a run goes on; of what is unmet the file is named before it. */
static bool is_told(const cJSON *array, const char *entity, const char *text)
{
    const cJSON *warning;
    cJSON_ArrayForEach(warning, array)
    {
        const char *told = member_text(warning, "text");
        size_t length = strlen(text), tail = strlen(told);
        bool same_end = length >= tail && strcmp(text + length - tail, told) == 0;
        if (same_end && (length == tail ? strcmp(member_text(warning, "entity"), entity) == 0
                                        : strcmp(member_text(warning, "warning"), "unmet") == 0))
            return true;
    }
    return false;
}

static bool add_said(cJSON *array, const cJSON *line)
{
    const char *entity = member_text(line, "entity"), *text = member_text(line, "message");
    return strcmp(member_text(line, "level"), "warning") != 0 || is_told(array, entity, text) ||
           cJSON_GetArraySize(array) >= MOST_SAID || add_warning(array, "said", entity, text);
}

/* A run that was killed may have left half a line. */
static bool add_log(cJSON *array, const struct papers *papers, struct error *error)
{
    char path[PATH_MAX], *line = NULL;
    size_t room = 0;
    bool ok = true;
    if (!folder_file(papers->folder, "log.jsonl", path, error))
        return false;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT || error_set_errno(error, ERROR_TARGET, "cannot read %s", path);
    for (ssize_t length; ok && (length = getline(&line, &room, file)) >= 0;) {
        struct error unused;
        cJSON *json;
        if (strstr(line, "\"warning\"") == NULL ||
            !json_parse(line, (size_t)length, path, &json, &unused))
            continue;
        ok = add_said(array, json) || error_memory(error);
        cJSON_Delete(json);
    }
    free(line);
    fclose(file);
    return ok;
}

bool report_add_warnings(cJSON *report, const struct papers *papers, struct error *error)
{
    cJSON *array = cJSON_AddArrayToObject(report, "warnings");
    bool ok = array != NULL && add_members(array, papers, "unmet") &&
              add_sentence(array, papers->project, "text_ids", account_print_text_ids) &&
              add_sentence(array, papers->project, "computed", account_print_computed) &&
              add_members(array, papers, "hex_ids") && add_filters(array, papers);
    return ok ? add_log(array, papers, error) : error_memory(error);
}
