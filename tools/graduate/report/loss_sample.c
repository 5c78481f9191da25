#include "loss_sample.h"
#include "member.h"
#include "printable.h"

#include "graduate/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of each rule; and of a text as much as a page can show. */
enum { FIRST = 5, LONGEST = 160 };

static cJSON *find(cJSON *rules, const cJSON *loss)
{
    cJSON *rule;
    cJSON_ArrayForEach(rule, rules)
    {
        if (strcmp(member_text(rule, "entity"), member_text(loss, "entity")) == 0 &&
            strcmp(member_text(rule, "rule"), member_text(loss, "rule")) == 0)
            return rule;
    }
    rule = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(rules, rule) &&
              cJSON_AddStringToObject(rule, "entity", member_text(loss, "entity")) != NULL &&
              cJSON_AddStringToObject(rule, "rule", member_text(loss, "rule")) != NULL &&
              cJSON_AddNumberToObject(rule, "values", 0) != NULL &&
              cJSON_AddArrayToObject(rule, "first") != NULL;
    return ok ? rule : NULL;
}

static bool add_first(cJSON *first, const cJSON *loss)
{
    static const char *const names[] = {"key", "path", "before", "after"};
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(first, json);
    for (size_t i = 0; ok && i < sizeof names / sizeof names[0]; i++) {
        const char *text = member_text(loss, names[i]);
        char shown[LONGEST];
        printable_copy(shown, sizeof shown, text, strlen(text));
        ok = cJSON_AddStringToObject(json, names[i], shown) != NULL;
    }
    return ok;
}

static bool count(cJSON *sample, const cJSON *loss)
{
    cJSON *rule = find(cJSON_GetObjectItemCaseSensitive(sample, "rules"), loss);
    if (rule == NULL)
        return false;
    cJSON *all = cJSON_GetObjectItemCaseSensitive(sample, "values");
    cJSON *values = cJSON_GetObjectItemCaseSensitive(rule, "values");
    cJSON *first = cJSON_GetObjectItemCaseSensitive(rule, "first");
    cJSON_SetNumberValue(all, all->valuedouble + 1);
    cJSON_SetNumberValue(values, values->valuedouble + 1);
    return cJSON_GetArraySize(first) >= FIRST || add_first(first, loss);
}

static bool read_lines(FILE *file, const char *path, cJSON *sample, struct error *error)
{
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    for (ssize_t length; ok && (length = getline(&line, &room, file)) >= 0;) {
        cJSON *loss;
        ok = json_parse(line, (size_t)length, path, &loss, error);
        if (ok)
            ok = count(sample, loss) ? true : error_memory(error);
        cJSON_Delete(loss);
    }
    free(line);
    return ok;
}

bool loss_sample_read(const char *path, cJSON **sample, struct error *error)
{
    *sample = cJSON_CreateObject();
    if (cJSON_AddNumberToObject(*sample, "values", 0) == NULL ||
        cJSON_AddArrayToObject(*sample, "rules") == NULL)
        return error_memory(error);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT || error_set_errno(error, ERROR_TARGET, "cannot read %s", path);
    bool ok = read_lines(file, path, *sample, error);
    fclose(file);
    return ok;
}
