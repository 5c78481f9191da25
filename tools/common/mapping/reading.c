#include "reading.h"
#include "graduate/words.h"

#include <stdio.h>
#include <string.h>

bool reading_goes_on(const struct reading *r, bool ok, struct errors *errors)
{
    return ok || errors_add(errors, r->error);
}

bool reading_memory(struct reading *r)
{
    return error_memory(r->error);
}

bool reading_wrong_word(struct reading *r, const struct json_place *place, const char *word,
                        const char *const *allowed, size_t count)
{
    char all[256] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", allowed[i]);
    }
    const char *nearest = words_nearest(word, allowed, count);
    return json_error(r->error, place, "\"%s\" is none of: %s%s%s%s", word, all,
                      nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "\"?" : "");
}

bool reading_unasked(struct reading *r, const struct json_place *place, const char *what)
{
    json_error(r->error, place, "%s is the target's, which was not asked", what);
    return error_hint(r->error,
                      "plan, check and run ask it where its URI is set (%s in project.json); or "
                      "say \"type\" and \"key\" here",
                      r->project->target);
}

bool reading_text(struct reading *r, const cJSON *object, const struct json_place *place,
                  const char *key, const char **out)
{
    return json_text(object, place, key, false, out, r->error);
}

bool reading_choice(struct reading *r, const cJSON *object, const struct json_place *place,
                    const char *key, const char *const *allowed, size_t count, const char **out)
{
    const char *text = NULL;
    struct json_place here = {place, key, 0};
    if (!reading_text(r, object, place, key, &text))
        return false;
    if (text == NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(allowed[i], text) == 0) {
            *out = allowed[i];
            return true;
        }
    return reading_wrong_word(r, &here, text, allowed, count);
}

bool reading_bool(struct reading *r, const cJSON *object, const struct json_place *place,
                  const char *key, bool *out)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    if (value == NULL)
        return true;
    if (!cJSON_IsBool(value))
        return json_error(r->error, &here, "this must be true or false, and is %s",
                          json_kind(value));
    *out = cJSON_IsTrue(value);
    return true;
}

bool reading_words(struct reading *r, const cJSON *array, const struct json_place *place,
                   struct words *out)
{
    if (!cJSON_IsArray(array))
        return json_error(r->error, place, "this must be an array of texts, and is %s",
                          json_kind(array));
    out->items = arena_alloc(r->arena, (size_t)cJSON_GetArraySize(array), sizeof *out->items);
    if (out->items == NULL)
        return reading_memory(r);
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        struct json_place here = {place, NULL, out->count};
        if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
            return json_error(r->error, &here, "this must be a text, and is %s", json_kind(item));
        for (size_t i = 0; i < out->count; i++)
            if (strcmp(out->items[i], item->valuestring) == 0)
                return json_error(r->error, &here, "\"%s\" stands here twice", item->valuestring);
        out->items[out->count++] = item->valuestring;
    }
    return true;
}

bool reading_member_words(struct reading *r, const cJSON *object, const struct json_place *place,
                          const char *key, struct words *out)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    return array == NULL || reading_words(r, array, &here, out);
}

/* PostgreSQL would cut the name, and then not find it again. */
bool reading_name(struct reading *r, const struct json_place *place, const char *name)
{
    return strlen(name) <= 63 ||
           json_error(r->error, place, "a name in PostgreSQL has at most 63 bytes");
}
