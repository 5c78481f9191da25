/* Whether the mappings of two days are the same, and where they first differ. */
#include "graduate/json.h"
#include "graduate/project.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* How many records may be set aside is for the run to know, and changes no row of it. */
static cJSON *without_limit(const cJSON *files)
{
    cJSON *copy = cJSON_Duplicate(files, true);
    cJSON_DeleteItemFromObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(copy, "project.json"), "rejects");
    return copy;
}

bool project_fingerprint(const struct project *project, char *out, struct error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    cJSON *files = without_limit(project->files);
    char *text = files != NULL ? cJSON_PrintUnformatted(files) : NULL;
    cJSON_Delete(files);
    bool ok = text != NULL &&
              EVP_Digest(text, strlen(text), digest, &size, EVP_sha256(), NULL) == 1 && size == 32;
    cJSON_free(text);
    if (!ok)
        return error_memory(error);
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}

/* The first member that differs, depth first, as an error that names its place. */
static bool first_difference(const cJSON *before, const cJSON *now, const struct json_place *place,
                             struct error *difference)
{
    static const struct json_place whole = {NULL, "the mappings", 0};
    if (cJSON_Compare(before, now, true))
        return false;
    if (cJSON_IsObject(before) && cJSON_IsObject(now)) {
        const cJSON *lists[2] = {now, before}, *item;
        for (int side = 0; side < 2; side++) /* what is new or changed, then what is gone */
            cJSON_ArrayForEach(item, lists[side])
            {
                const struct json_place here = {place, item->string, 0};
                const cJSON *a = cJSON_GetObjectItemCaseSensitive(before, item->string);
                const cJSON *b = cJSON_GetObjectItemCaseSensitive(now, item->string);
                if (first_difference(a, b, &here, difference))
                    return true;
            }
    }
    char *was = before != NULL ? cJSON_PrintUnformatted(before) : NULL;
    char *is = now != NULL ? cJSON_PrintUnformatted(now) : NULL;
    json_error(difference, place != NULL ? place : &whole, "was %.120s and is %.120s",
               was != NULL ? was : "not there", is != NULL ? is : "not there");
    cJSON_free(was);
    cJSON_free(is);
    return true;
}

void project_difference(const cJSON *before, const cJSON *now, char *out, size_t size)
{
    struct error difference;
    bool found = first_difference(before, now, NULL, &difference);
    snprintf(out, size, "%s", found ? difference.message : "nothing but the order of keys");
}
