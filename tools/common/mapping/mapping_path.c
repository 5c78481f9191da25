/* Paths into documents, as a mapping writes them: each is checked where it stands, and kept in its
 * canonical form. A column of a table can have any name. */
#include "graduate/path.h"
#include "reading.h"

#include <string.h>

#define NAMES_NOTHING "it names no field"
#define LOOKS_OUT "\"^.\" looks out of an element, and not from here"

static bool wrong(struct reading *r, const struct json_place *place, const char *path,
                  const char *fault)
{
    return json_error(r->error, place, "\"%s\" is no path: %s", path, fault);
}

/* Steps that have no meaning where the path stands. */
static bool check_steps(struct reading *r, const struct json_place *place, const char *path,
                        unsigned forms)
{
    struct path_step step;
    bool members = (forms & PATH_MEMBERS) != 0, places = (forms & PATH_PLACES) != 0;
    bool named = false; /* the step before is a name, of which the members can be meant */
    const char *rest = path;
    bool looks_out = path_ups(&rest) > 0;
    for (size_t steps = 0; path_next(&rest, &step); named = step.kind == STEP_NAME, steps++) {
        if (step.kind == STEP_NAME || (step.kind == STEP_MEMBERS && members && named) ||
            (step.kind == STEP_PLACE && places && (steps > 0 || !looks_out)))
            continue;
        if (step.kind == STEP_MEMBERS && members)
            return wrong(r, place, path, "before a \"*\" stands the name of the object");
        return json_error(r->error, place,
                          "\"%s\" is no path here: %.*s without quotes is %s; the field of that "
                          "name is '%.*s'",
                          path, (int)step.length, step.text,
                          step.kind == STEP_PLACE ? "a place in an array"
                                                  : "every member of an object",
                          (int)step.length, step.text);
    }
    return true;
}

bool reading_path(struct reading *r, const struct json_place *place, unsigned forms,
                  const char **path)
{
    const char *text = *path, *fault;
    if (text == NULL || r->mapping->source->kind == SOURCE_POSTGRES)
        return true;
    if (!path_canonical(text, r->arena, path, &fault))
        return fault != NULL ? wrong(r, place, text, fault) : reading_memory(r);
    if (strcmp(text, ".") == 0)
        return (forms & PATH_ITSELF) != 0 || wrong(r, place, text, NAMES_NOTHING);
    const char *rest = *path;
    if (path_ups(&rest) > 0 && (forms & PATH_OUT) == 0)
        return wrong(r, place, text, LOOKS_OUT);
    return check_steps(r, place, *path, forms);
}

bool reading_path_of_object(struct reading *r, const struct json_place *place, const char **path)
{
    const char *text = *path;
    if (r->mapping->source->kind != SOURCE_POSTGRES)
        return reading_path(r, place, PATH_PLAIN, path);
    if (text[0] == '\0' || strcmp(text, ".") == 0)
        return wrong(r, place, text, NAMES_NOTHING);
    if (path_ups(&text) > 0)
        return wrong(r, place, *path, LOOKS_OUT);
    return check_steps(r, place, *path, PATH_PLAIN);
}

bool reading_path_inside(struct reading *r, const struct json_place *place, unsigned forms,
                         const char **path, const char **inside)
{
    struct path_step step = {.kind = STEP_NAME};
    *inside = NULL;
    if (!reading_path(r, place, forms | PATH_PLACES, path))
        return false;
    if (*path == NULL || strcmp(*path, ".") == 0)
        return true;
    const char *rest = *path, *begin, *at;
    path_ups(&rest);
    begin = at = rest;
    /* A column of a Postgres source can be called by a number. */
    if (r->mapping->source->kind == SOURCE_POSTGRES && path_next(&rest, &step))
        at = rest;
    while (path_next(&rest, &step) && step.kind != STEP_PLACE)
        at = rest;
    if (step.kind != STEP_PLACE || at == rest)
        return true;
    *inside = at;
    *path = at > begin ? arena_printf(r->arena, "%.*s", (int)(at - *path) - 1, *path) : ".";
    return *path != NULL || reading_memory(r);
}

bool reading_is_level(const struct reading *r, const char *path)
{
    for (size_t t = 0; t < r->mapping->table_count; t++) {
        const char *each = r->mapping->tables[t].each;
        const char *below = each != NULL ? path_below(each, path) : NULL;
        if (each != NULL && (strcmp(each, path) == 0 || (below != NULL && !path_is_members(below))))
            return true;
    }
    return false;
}
