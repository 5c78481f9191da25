/* Which texts of a document are JSON, and are read as that before the mapping looks at them. */
#include "graduate/path.h"
#include "reading.h"

#include <string.h>

/* Is one the other, or inside of it? Two readings of one text would depend on their order. */
static bool meets(const char *one, const char *other)
{
    return strcmp(one, other) == 0 || path_below(one, other) != NULL ||
           path_below(other, one) != NULL;
}

static bool check(struct reading *r, const struct json_place *place, const char *path, size_t index)
{
    const struct mapping *mapping = r->mapping;
    for (size_t i = 0; i < index; i++)
        if (meets(path, mapping->json.items[i]))
            return json_error(r->error, place,
                              "\"%s\" and \"%s\" are the same, or one in the other",
                              mapping->json.items[i], path);
    for (size_t i = 0; i < mapping->drops.count; i++)
        if (strcmp(mapping->drops.items[i], path) == 0 ||
            path_below(path, mapping->drops.items[i]) != NULL)
            return json_error(r->error, place, "\"%s\" is dropped, and nobody reads it",
                              mapping->drops.items[i]);
    return true;
}

bool mapping_read_json(struct reading *r, const cJSON *json, const struct json_place *top)
{
    struct json_place here = {top, "json", 0};
    struct mapping *mapping = r->mapping;
    if (!reading_member_words(r, json, top, "json", &mapping->json))
        return false;
    if (mapping->json.count > 0 && mapping->source->kind == SOURCE_POSTGRES)
        return json_error(r->error, &here,
                          "this is for documents: a column of jsonb is read as it is, and a text "
                          "becomes JSON by \"do\": [\"json\"]");
    for (size_t i = 0; i < mapping->json.count; i++) {
        struct json_place at = {&here, NULL, i};
        if (!reading_path(r, &at, PATH_PLAIN, &mapping->json.items[i]) ||
            !check(r, &at, mapping->json.items[i], i))
            return false;
    }
    if (mapping->json.count > 0 && mapping_remedy(&mapping->misfits, MISFIT_JSON) == REMEDY_REJECT)
        mapping->rejects = true;
    return true;
}
