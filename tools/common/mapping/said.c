#include "said.h"

#include "graduate/arena.h"
#include "graduate/words.h"

#include <string.h>

#define SAID "..."
enum { DEEPEST = 32 };

static bool list(struct arena *arena, const cJSON *said, const struct json_place *place,
                 struct said **items, size_t *count, struct error *error)
{
    const cJSON *item;
    if (said != NULL && !cJSON_IsObject(said))
        return json_error(error, place,
                          "this must be an object of names and what they stand for, and is %s",
                          json_kind(said));
    *count = 0;
    *items = arena_alloc(arena, (size_t)cJSON_GetArraySize(said) + 1, sizeof **items);
    if (*items == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(item, said)(*items)[(*count)++] = (struct said){item->string, item, false};
    return true;
}

static bool check_used(const struct said *said, size_t count, const struct json_place *place,
                       struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct json_place at = {place, said[i].name, 0};
        if (!said[i].used)
            return json_error(error, &at, "no mapping takes it");
    }
    return true;
}

bool said_read(struct project *project, struct arena *arena, const cJSON *json,
               const struct json_place *top, struct error *error)
{
    struct json_place here = {top, "said", 0};
    return list(arena, cJSON_GetObjectItemCaseSensitive(json, "said"), &here, &project->said,
                &project->said_count, error);
}

/* What a mapping is filled with. */
struct filling {
    struct project *project;
    struct said *own; /* what the mapping says itself */
    size_t own_count;
    struct error *error;
    int depth; /* of what is said in what is said */
};

static struct said *find(const struct filling *f, const char *name)
{
    for (size_t i = 0; i < f->own_count; i++)
        if (strcmp(f->own[i].name, name) == 0)
            return &f->own[i];
    for (size_t i = 0; i < f->project->said_count; i++)
        if (strcmp(f->project->said[i].name, name) == 0)
            return &f->project->said[i];
    return NULL;
}

static bool fill(const struct filling *f, cJSON *node, const struct json_place *place);

static bool no_such(const struct filling *f, const char *name, const struct json_place *place)
{
    const struct project *project = f->project;
    const char *nearest = NULL;
    for (size_t i = 0; i < f->own_count && nearest == NULL; i++)
        nearest = words_nearest(name, &f->own[i].name, 1);
    for (size_t i = 0; i < project->said_count && nearest == NULL; i++)
        nearest = words_nearest(name, &project->said[i].name, 1);
    return json_error(f->error, place, "project.json's \"said\" has no \"%.80s\"%s%s%s", name,
                      nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "\"?" : "");
}

/* *copy: of its own, filled; the caller's. */
static bool take(const struct filling *f, const cJSON *name, const struct json_place *place,
                 cJSON **copy)
{
    struct filling inner = *f;
    *copy = NULL;
    if (!cJSON_IsString(name))
        return json_error(f->error, place, "this names what project.json's \"said\" has, and is %s",
                          json_kind(name));
    struct said *said = find(f, name->valuestring);
    if (said == NULL)
        return no_such(f, name->valuestring, place);
    if (++inner.depth > DEEPEST)
        return json_error(f->error, place, "\"%.80s\" goes in a circle", said->name);
    said->used = true;
    *copy = cJSON_Duplicate(said->json, true);
    cJSON *holder = cJSON_CreateArray(); /* so that it can be another one when it is filled */
    if (*copy == NULL || holder == NULL || !cJSON_AddItemToArray(holder, *copy)) {
        cJSON_Delete(holder);
        return error_memory(f->error);
    }
    bool alone = cJSON_IsObject(*copy) && cJSON_GetArraySize(*copy) == 1 &&
                 cJSON_IsString(cJSON_GetObjectItemCaseSensitive(*copy, SAID));
    bool ok = alone ? take(&inner, (*copy)->child, place, copy) : fill(&inner, *copy, place);
    if (ok && !alone)
        *copy = cJSON_DetachItemFromArray(holder, 0);
    else if (!ok)
        *copy = NULL;
    cJSON_Delete(holder);
    return ok;
}

/* Is it {"...": NAME}, and nothing besides? */
static const cJSON *name_alone(const cJSON *node)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(node, SAID);
    return cJSON_IsObject(node) && cJSON_GetArraySize(node) == 1 && cJSON_IsString(name) ? name
                                                                                         : NULL;
}

/* Behind those of `node`: the members that neither it nor `others` have. */
static bool put_members(const struct filling *f, cJSON *node, const cJSON *others,
                        const cJSON *name, const struct json_place *place)
{
    cJSON *made;
    if (!take(f, name, place, &made))
        return false;
    bool ok = cJSON_IsObject(made) ||
              json_error(f->error, place, "\"%.80s\" is %s, and has no members to stand here",
                         name->valuestring, json_kind(made));
    while (ok && made->child != NULL) {
        cJSON *member = cJSON_DetachItemViaPointer(made, made->child);
        if (cJSON_GetObjectItemCaseSensitive(node, member->string) != NULL ||
            cJSON_GetObjectItemCaseSensitive(others, member->string) != NULL)
            cJSON_Delete(member);
        else
            ok = cJSON_AddItemToObject(node, member->string, member) || error_memory(f->error);
    }
    cJSON_Delete(made);
    return ok;
}

static bool put_all(const struct filling *f, cJSON *node, const cJSON *others, const cJSON *names,
                    const struct json_place *place)
{
    const cJSON *name;
    if (!cJSON_IsArray(names))
        return put_members(f, node, others, names, place);
    cJSON_ArrayForEach(name, names)
    {
        if (!put_members(f, node, others, name, place))
            return false;
    }
    return true;
}

/* What its "..." names stands there in its place, in the order of the members. */
static bool fill_object(const struct filling *f, cJSON *node, const struct json_place *place)
{
    struct json_place here = {place, SAID, 0};
    if (cJSON_GetObjectItemCaseSensitive(node, SAID) == NULL)
        return true;
    cJSON others = *node;
    node->child = NULL;
    bool ok = true;
    while (others.child != NULL) {
        cJSON *member = cJSON_DetachItemViaPointer(&others, others.child);
        if (ok && strcmp(member->string, SAID) != 0) {
            ok = cJSON_AddItemToObject(node, member->string, member) || error_memory(f->error);
            continue;
        }
        ok = ok && put_all(f, node, &others, member, &here);
        cJSON_Delete(member);
    }
    return ok;
}

/* Texts that stand for the name and the value at hand. */
static bool exchange(cJSON *node, const char *name, const char *value)
{
    bool ok = true;
    if (cJSON_IsString(node) && strcmp(node->valuestring, "{name}") == 0)
        ok = cJSON_SetValuestring(node, name) != NULL;
    else if (cJSON_IsString(node) && strcmp(node->valuestring, "{value}") == 0)
        ok = cJSON_SetValuestring(node, value) != NULL;
    cJSON *child;
    cJSON_ArrayForEach(child, node) ok = ok && exchange(child, name, value);
    return ok;
}

/* {"...": NAME, "for": {..}}, and nothing besides: its values. */
static const cJSON *repeats(const cJSON *node)
{
    const cJSON *each = cJSON_GetObjectItemCaseSensitive(node, "for");
    bool named = cJSON_IsString(cJSON_GetObjectItemCaseSensitive(node, SAID));
    return cJSON_IsObject(node) && named && each != NULL && cJSON_GetArraySize(node) == 2 ? each
                                                                                          : NULL;
}

/* *all: one for each, in an array of the caller's. */
static bool repeat(const struct filling *f, const cJSON *node, const struct json_place *place,
                   cJSON **all)
{
    struct json_place named = {place, SAID, 0}, here = {place, "for", 0};
    const cJSON *each = repeats(node), *one;
    *all = cJSON_CreateArray();
    bool ok = *all != NULL || error_memory(f->error);
    if (ok && !cJSON_IsObject(each))
        ok = json_error(f->error, &here, "this must be an object of names and values, and is %s",
                        json_kind(each));
    for (one = ok ? each->child : NULL; ok && one != NULL; one = one->next) {
        struct json_place at = {&here, one->string, 0};
        cJSON *made;
        ok = cJSON_IsString(one) ||
             json_error(f->error, &at, "this must be a text, and is %s", json_kind(one));
        ok = ok && take(f, cJSON_GetObjectItemCaseSensitive(node, SAID), &named, &made) &&
             ((exchange(made, one->string, one->valuestring) && cJSON_AddItemToArray(*all, made)) ||
              error_memory(f->error));
    }
    if (!ok)
        cJSON_Delete(*all);
    return ok;
}

/* What an element of a list is: itself, or in an array of the caller's what stands there for it. */
static bool fill_element(const struct filling *f, cJSON *element, const struct json_place *place,
                         cJSON **all)
{
    struct json_place named = {place, SAID, 0};
    const cJSON *name = name_alone(element);
    cJSON *made;
    *all = NULL;
    if (repeats(element) != NULL)
        return repeat(f, element, place, all);
    if (name == NULL)
        return fill(f, element, place);
    if (!take(f, name, &named, &made))
        return false;
    *all = cJSON_IsArray(made) ? made : cJSON_CreateArray();
    return *all == made || (*all != NULL && cJSON_AddItemToArray(*all, made)) ||
           error_memory(f->error);
}

static bool fill_list(const struct filling *f, cJSON *node, const struct json_place *place)
{
    struct json_place here = {place, NULL, 0};
    cJSON others = *node, *all;
    node->child = NULL;
    bool ok = true;
    for (; others.child != NULL; here.index++) {
        cJSON *element = cJSON_DetachItemViaPointer(&others, others.child);
        ok = ok && fill_element(f, element, &here, &all);
        if (ok && all == NULL) {
            ok = cJSON_AddItemToArray(node, element) || error_memory(f->error);
            continue;
        }
        while (ok && all->child != NULL)
            ok = cJSON_AddItemToArray(node, cJSON_DetachItemViaPointer(all, all->child)) ||
                 error_memory(f->error);
        if (ok)
            cJSON_Delete(all);
        cJSON_Delete(element);
    }
    return ok;
}

static bool fill(const struct filling *f, cJSON *node, const struct json_place *place)
{
    if (cJSON_IsArray(node))
        return fill_list(f, node, place);
    if (!cJSON_IsObject(node))
        return true;
    if (!fill_object(f, node, place))
        return false;
    for (cJSON *child = node->child, *next; child != NULL; child = next) {
        struct json_place here = {place, child->string, 0}, named = {&here, SAID, 0};
        const cJSON *name = name_alone(child);
        cJSON *made;
        next = child->next;
        if (name == NULL && !fill(f, child, &here))
            return false;
        if (name != NULL && (!take(f, name, &named, &made) ||
                             (!cJSON_ReplaceItemInObjectCaseSensitive(node, child->string, made) &&
                              !error_memory(f->error))))
            return false;
    }
    return true;
}

bool said_expand(struct project *project, struct arena *arena, cJSON *json, const char *file,
                 struct error *error)
{
    const struct json_place top = {NULL, file, 0}, here = {&top, "said", 0};
    struct filling filling = {.project = project, .error = error};
    cJSON *own = cJSON_DetachItemFromObjectCaseSensitive(json, "said");
    bool ok = list(arena, own, &here, &filling.own, &filling.own_count, error) &&
              fill(&filling, json, &top) &&
              check_used(filling.own, filling.own_count, &here, error);
    cJSON_Delete(own);
    return ok;
}

bool said_check(const struct project *project, const struct json_place *top, struct error *error)
{
    const struct json_place here = {top, "said", 0};
    return project->broken_count > 0 ||
           check_used(project->said, project->said_count, &here, error);
}
