#include "remark.h"
#include "printable.h"

#include "graduate/json.h"

#include <bson/bson.h>
#include <stdlib.h>
#include <string.h>

static void text_member(const cJSON *json, const char *name, char *out, size_t size)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    if (value == NULL)
        value = "";
    printable_copy(out, size, value, strlen(value));
}

static int64_t count_member(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    const double most = 9007199254740992.0; /* 2^53: a double holds every whole number to here */
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > most)
        return 0;
    return (int64_t)item->valuedouble;
}

/* Of several mistakes that are told as one. */
static void whole_message(const cJSON *json, struct error *error)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));
    error->problems = (int)count_member(json, "problems");
    if (value == NULL || strlen(value) < sizeof error->message)
        return;
    size_t size = strlen(value) + 1;
    char *text = malloc(size);
    if (text == NULL)
        return;
    printable_copy(text, size, value, size - 1);
    error_set_text(error, text);
    free(text);
}

static void error_members(const cJSON *json, const char *code, struct error *error)
{
    *error = (struct error){.code = error_code_from_name(code)};
    if (error->code == ERROR_NONE)
        error->code = ERROR_BUG;
    text_member(json, "message", error->message, sizeof error->message);
    whole_message(json, error);
    text_member(json, "hint", error->hint, sizeof error->hint);
    text_member(json, "entity", error->entity, sizeof error->entity);
    text_member(json, "key", error->key, sizeof error->key);
    text_member(json, "path", error->path, sizeof error->path);
    text_member(json, "sqlstate", error->sqlstate, sizeof error->sqlstate);
    const cJSON *row = cJSON_GetObjectItemCaseSensitive(json, "row");
    error->row = (struct error_row){count_member(row, "batch"), count_member(row, "output"),
                                    count_member(row, "place")};
    const cJSON *index = cJSON_GetObjectItemCaseSensitive(json, "index");
    text_member(index, "name", error->index.name, sizeof error->index.name);
    text_member(index, "table", error->index.table, sizeof error->index.table);
}

static enum remark_kind kind_of(const cJSON *json)
{
    static const struct {
        const char *level;
        enum remark_kind kind;
    } levels[] = {{"info", REMARK_INFO},
                  {"warning", REMARK_WARNING},
                  {"error", REMARK_ERROR},
                  {"progress", REMARK_PROGRESS}};
    const char *level = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "level"));
    for (size_t i = 0; level != NULL && i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(level, levels[i].level) == 0)
            return levels[i].kind;
    return REMARK_NOISE;
}

void remark_parse(const char *line, size_t length, struct remark *remark)
{
    *remark = (struct remark){.kind = REMARK_NOISE};
    cJSON *json = NULL;
    struct error unwanted;
    if (bson_utf8_validate(line, length, false))
        json_parse(line, length, "", &json, &unwanted);
    remark->kind = cJSON_IsObject(json) ? kind_of(json) : REMARK_NOISE;
    if (remark->kind == REMARK_NOISE) {
        printable_copy(remark->text, sizeof remark->text, line, length);
    } else {
        const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "code"));
        text_member(json, "message", remark->text, sizeof remark->text);
        text_member(json, "entity", remark->entity, sizeof remark->entity);
        if (remark->kind == REMARK_ERROR)
            error_members(json, code != NULL ? code : "bug", &remark->error);
        remark->batch = count_member(json, "batch");
        remark->records = count_member(json, "records");
        remark->rows = count_member(json, "rows");
        remark->bytes = count_member(json, "bytes");
    }
    cJSON_Delete(json);
}
