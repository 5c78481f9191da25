#include "member.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <string.h>

const cJSON *member(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

const char *member_text(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(member(json, name));
    return text != NULL ? text : "";
}

double member_number(const cJSON *json, const char *name)
{
    const cJSON *number = member(json, name);
    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

int64_t member_count(const cJSON *json, const char *name)
{
    double number = member_number(json, name);
    return number > -0x1p63 && number < 0x1p63 ? (int64_t)number : 0;
}

int64_t member_sum(const cJSON *array, const char *name)
{
    int64_t sum = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        sum += member_count(item, name);
    }
    return sum;
}

const cJSON *member_find(const cJSON *array, const char *name, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (strcmp(member_text(item, name), text) == 0)
            return item;
    }
    return NULL;
}

bool member_read_file(const char *path, cJSON **json, struct error *error)
{
    *json = NULL;
    return !file_exists(path) || json_read_file(path, json, error);
}
