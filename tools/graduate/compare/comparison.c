#include "comparison.h"
#include "line_diff.h"
#include "member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

/* Everything is looked at from both sides: NEW is in the later run alone, GONE in the earlier. */
static const char *const change_new = "new", *const change_gone = "gone",
                         *const change_changed = "changed";

static bool text(cJSON *item, const char *name, const char *value)
{
    return cJSON_AddStringToObject(item, name, value) != NULL;
}

static bool number(cJSON *item, const char *name, double value)
{
    return cJSON_AddNumberToObject(item, name, value) != NULL;
}

/* A new item at the list's end; NULL without memory. */
static cJSON *add(cJSON *list)
{
    cJSON *item = cJSON_CreateObject();
    return cJSON_AddItemToArray(list, item) ? item : NULL;
}

static bool add_change(cJSON *list, const char *what, const char *name, const char *change)
{
    cJSON *item = add(list);
    return text(item, what, name) && text(item, "change", change);
}

/* ---- entities and collections ---------------------------------------------------------------- */

static bool find_entities(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    const cJSON *was = member(before->account, "entities"),
                *is = member(after->account, "entities"), *item;
    bool ok = true;
    cJSON_ArrayForEach(item, is)
    {
        const char *name = member_text(item, "entity");
        if (member_find(was, "entity", name) == NULL)
            ok = ok && add_change(list, "entity", name, change_new);
    }
    cJSON_ArrayForEach(item, was)
    {
        const char *name = member_text(item, "entity");
        if (member_find(is, "entity", name) == NULL)
            ok = ok && add_change(list, "entity", name, change_gone);
    }
    return ok;
}

/* The collections and tables that a catalog of `these` names, and that of `those` does not. */
static bool add_collections(const cJSON *these, const cJSON *those, const char *change, cJSON *list)
{
    const cJSON *catalog, *entity;
    bool ok = true;
    cJSON_ArrayForEach(catalog, these)
    {
        const cJSON *others = member(member(those, catalog->string), "entities");
        cJSON_ArrayForEach(entity, member(catalog, "entities"))
        {
            const char *name = member_text(entity, "name");
            char full[512];
            if (member_find(others, "name", name) != NULL)
                continue;
            snprintf(full, sizeof full, "%s.%s", member_text(catalog, "source"), name);
            ok = ok && add_change(list, "collection", full, change);
        }
    }
    return ok;
}

static bool find_collections(const struct past_run *before, const struct past_run *after,
                             cJSON *list)
{
    return add_collections(after->catalogs, before->catalogs, change_new, list) &&
           add_collections(before->catalogs, after->catalogs, change_gone, list);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* The types among `these` that are not among `those`; an empty array is not added. */
static bool add_types(cJSON *item, const char *name, const cJSON *these, const cJSON *those)
{
    cJSON *types = NULL;
    const cJSON *type;
    bool ok = true;
    cJSON_ArrayForEach(type, these)
    {
        if (member(those, type->string) != NULL)
            continue;
        if (types == NULL)
            types = cJSON_AddArrayToObject(item, name);
        ok = ok && cJSON_AddItemToArray(types, cJSON_CreateString(type->string));
    }
    return ok;
}

static bool have_same_members(const cJSON *a, const cJSON *b)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, a)
    {
        if (member(b, item->string) == NULL)
            return false;
    }
    return cJSON_GetArraySize(a) == cJSON_GetArraySize(b);
}

static bool add_field(cJSON *list, const char *entity, const char *path, const cJSON *was,
                      const cJSON *is)
{
    if (was != NULL && is != NULL && have_same_members(was, is))
        return true;
    cJSON *item = add(list);
    const char *change = was == NULL ? change_new : is == NULL ? change_gone : change_changed;
    return text(item, "entity", entity) && text(item, "path", path) &&
           text(item, "change", change) && add_types(item, "new_types", is, was) &&
           add_types(item, "gone_types", was, is);
}

/* Those of an entity that is new or gone speak of nothing else; those that a run did not keep are
 * not known (find_unknown_fields). */
static bool find_fields(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    const cJSON *file, *field;
    bool ok = true;
    cJSON_ArrayForEach(file, after->fields)
    {
        const char *entity = member_text(file, "entity");
        const cJSON *other = member(before->fields, file->string);
        const cJSON *is = member(file, "fields"), *was = member(other, "fields");
        if (other == NULL)
            continue;
        cJSON_ArrayForEach(field, is)
        {
            ok = ok && add_field(list, entity, field->string, member(was, field->string), field);
        }
        cJSON_ArrayForEach(field, was)
        {
            if (member(is, field->string) == NULL)
                ok = ok && add_field(list, entity, field->string, field, NULL);
        }
    }
    return ok;
}

static bool find_unknown_fields(const struct past_run *before, const struct past_run *after,
                                cJSON *list)
{
    const struct {
        const struct past_run *run;
        const char *name;
    } sides[] = {{before, "before"}, {after, "after"}};
    const cJSON *item;
    bool ok = true;
    for (size_t i = 0; i < 2; i++)
        cJSON_ArrayForEach(item, member(sides[i].run->account, "entities"))
        {
            char file[NAME_MAX + 16];
            const char *entity = member_text(item, "entity");
            snprintf(file, sizeof file, "%s.json", entity);
            if (member(sides[i].run->fields, file) == NULL) {
                cJSON *added = add(list);
                ok = ok && text(added, "entity", entity) && text(added, "run", sides[i].name);
            }
        }
    return ok;
}

/* ---- counts ---------------------------------------------------------------------------------- */

static bool add_count(cJSON *list, const char *what, const char *name, const char *count,
                      const cJSON *was, const cJSON *is)
{
    double a = member_number(was, count), b = member_number(is, count);
    if (a == b)
        return true;
    cJSON *item = add(list);
    return text(item, what, name) && text(item, "count", count) && number(item, "before", a) &&
           number(item, "after", b);
}

/* Of every member of either array, named by its member `what`, the counts that differ. */
static bool add_counts(cJSON *list, const cJSON *was, const cJSON *is, const char *what,
                       const char *const *counts, size_t count)
{
    const cJSON *item;
    bool ok = true;
    cJSON_ArrayForEach(item, is)
    {
        const char *name = member_text(item, what);
        for (size_t i = 0; ok && i < count; i++)
            ok = add_count(list, what, name, counts[i], member_find(was, what, name), item);
    }
    cJSON_ArrayForEach(item, was)
    {
        const char *name = member_text(item, what);
        for (size_t i = 0; ok && i < count && member_find(is, what, name) == NULL; i++)
            ok = add_count(list, what, name, counts[i], item, NULL);
    }
    return ok;
}

static bool find_counts(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    static const char *const counts[] = {"read", "loaded", "filtered"};
    return add_counts(list, member(before->account, "entities"), member(after->account, "entities"),
                      "entity", counts, 3);
}

static bool find_rows(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    static const char *const counts[] = {"loaded"};
    return add_counts(list, member(before->account, "tables"), member(after->account, "tables"),
                      "table", counts, 1);
}

static bool find_rejects(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    static const char *const counts[] = {"rejected"};
    return add_counts(list, member(before->account, "entities"), member(after->account, "entities"),
                      "entity", counts, 1);
}

static const cJSON *loss_of(const cJSON *losses, const char *entity, const char *rule)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, losses)
    {
        if (strcmp(member_text(item, "entity"), entity) == 0 &&
            strcmp(member_text(item, "rule"), rule) == 0)
            return item;
    }
    return NULL;
}

static bool add_loss(cJSON *list, const cJSON *of, double was, double is)
{
    if (was == is)
        return true;
    cJSON *item = add(list);
    return text(item, "entity", member_text(of, "entity")) &&
           text(item, "rule", member_text(of, "rule")) && number(item, "before", was) &&
           number(item, "after", is);
}

static bool find_losses(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    const cJSON *item;
    bool ok = true;
    cJSON_ArrayForEach(item, after->losses)
    {
        const cJSON *was =
            loss_of(before->losses, member_text(item, "entity"), member_text(item, "rule"));
        ok =
            ok && add_loss(list, item, member_number(was, "values"), member_number(item, "values"));
    }
    cJSON_ArrayForEach(item, before->losses)
    {
        if (loss_of(after->losses, member_text(item, "entity"), member_text(item, "rule")) == NULL)
            ok = ok && add_loss(list, item, member_number(item, "values"), 0);
    }
    return ok;
}

/* ---- mapping and DDL ------------------------------------------------------------------------- */

static void put_pointer(struct buffer *pointer, const char *name)
{
    buffer_putc(pointer, '/');
    for (; *name != '\0'; name++) /* RFC 6901 */
        buffer_puts(pointer, *name == '~' ? "~0" : *name == '/' ? "~1" : (char[]){*name, '\0'});
}

static bool add_copy(cJSON *item, const char *name, const cJSON *value)
{
    return value == NULL || cJSON_AddItemToObject(item, name, cJSON_Duplicate(value, true));
}

/* `was` or `is` may be NULL: not there. Members are looked into; arrays only when they are of one
 * length, since one that grew in its middle differs at every place behind that. */
static bool add_mapping(cJSON *list, const char *file, struct buffer *pointer, const cJSON *was,
                        const cJSON *is)
{
    size_t used = pointer->length;
    const cJSON *inner;
    bool ok = true;
    if (was != NULL && is != NULL && cJSON_Compare(was, is, true))
        return true;
    bool objects = cJSON_IsObject(was) && cJSON_IsObject(is);
    bool arrays = cJSON_IsArray(was) && cJSON_IsArray(is) &&
                  cJSON_GetArraySize(was) == cJSON_GetArraySize(is);
    if (!objects && !arrays) {
        cJSON *item = add(list);
        return text(item, "file", file) && text(item, "pointer", buffer_text(pointer)) &&
               text(item, "change",
                    was == NULL  ? change_new
                    : is == NULL ? change_gone
                                 : change_changed) &&
               add_copy(item, "before", was) && add_copy(item, "after", is);
    }
    int index = 0;
    cJSON_ArrayForEach(inner, is)
    {
        char place[16];
        snprintf(place, sizeof place, "%d", index);
        put_pointer(pointer, objects ? inner->string : place);
        ok =
            ok && add_mapping(list, file, pointer,
                              objects ? member(was, inner->string) : cJSON_GetArrayItem(was, index),
                              inner);
        pointer->length = used;
        index++;
    }
    if (objects)
        cJSON_ArrayForEach(inner, was)
        {
            put_pointer(pointer, inner->string);
            if (member(is, inner->string) == NULL)
                ok = ok && add_mapping(list, file, pointer, inner, NULL);
            pointer->length = used;
        }
    return ok;
}

static bool find_mapping(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    struct buffer pointer;
    const cJSON *file;
    bool ok = true;
    buffer_init(&pointer);
    cJSON_ArrayForEach(file, after->project)
    {
        ok = ok &&
             add_mapping(list, file->string, &pointer, member(before->project, file->string), file);
    }
    cJSON_ArrayForEach(file, before->project)
    {
        if (member(after->project, file->string) == NULL)
            ok = ok && add_mapping(list, file->string, &pointer, file, NULL);
    }
    ok = ok && !pointer.failed;
    buffer_release(&pointer);
    return ok;
}

static bool text_of_line(cJSON *item, const char *name, struct line line)
{
    char *copy = strndup(line.text, line.length);
    bool ok = copy != NULL && text(item, name, copy);
    free(copy);
    return ok;
}

static bool on_line(void *list, bool new, struct line line, struct line within)
{
    cJSON *item = add(list);
    return text(item, "change", new ? change_new : change_gone) &&
           text_of_line(item, "line", line) && text_of_line(item, "within", within);
}

static bool find_ddl(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    return line_diff(before->schema, after->schema, on_line, list);
}

/* ---- verdicts and times ---------------------------------------------------------------------- */

static bool find_verdicts(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    const cJSON *level;
    bool ok = true;
    if (before->verdict == NULL || after->verdict == NULL)
        return true;
    cJSON_ArrayForEach(level, member(after->verdict, "levels"))
    {
        const char *name = member_text(level, "level"), *is = member_text(level, "verdict");
        const char *was =
            member_text(member_find(member(before->verdict, "levels"), "level", name), "verdict");
        if (strcmp(was, is) == 0)
            continue;
        cJSON *item = add(list);
        ok =
            ok && text(item, "level", name) && text(item, "before", was) && text(item, "after", is);
    }
    return ok;
}

static bool add_seconds(cJSON *item, const char *name, const cJSON *from)
{
    return from == NULL ? cJSON_AddNullToObject(item, name) != NULL
                        : number(item, name, member_number(from, "seconds"));
}

static bool add_time(cJSON *list, const char *kind, const char *name, const cJSON *was,
                     const cJSON *is)
{
    cJSON *item = add(list);
    return text(item, "kind", kind) && text(item, "name", name) &&
           add_seconds(item, "before", was) && add_seconds(item, "after", is);
}

/* Of every item of either array its `seconds`, as times of this kind. */
static bool add_times(cJSON *list, const char *kind, const cJSON *was, const cJSON *is)
{
    const cJSON *item;
    bool ok = true;
    cJSON_ArrayForEach(item, is)
    {
        const char *name = member_text(item, kind);
        ok = ok && add_time(list, kind, name, member_find(was, kind, name), item);
    }
    cJSON_ArrayForEach(item, was)
    {
        const char *name = member_text(item, kind);
        if (member_find(is, kind, name) == NULL)
            ok = ok && add_time(list, kind, name, item, NULL);
    }
    return ok;
}

static bool find_times(const struct past_run *before, const struct past_run *after, cJSON *list)
{
    return add_times(list, "entity", member(before->facts, "entities"),
                     member(after->facts, "entities")) &&
           add_times(list, "step", member(before->facts, "steps"), member(after->facts, "steps")) &&
           add_times(list, "level", member(before->verdict, "levels"),
                     member(after->verdict, "levels"));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const struct section {
    const char *name;
    bool (*find)(const struct past_run *before, const struct past_run *after, cJSON *list);
    bool is_difference;
} sections[] = {
    {"entities", find_entities, true}, {"collections", find_collections, true},
    {"fields", find_fields, true},     {"unknown_fields", find_unknown_fields, false},
    {"counts", find_counts, true},     {"rows", find_rows, true},
    {"rejects", find_rejects, true},   {"losses", find_losses, true},
    {"mapping", find_mapping, true},   {"ddl", find_ddl, true},
    {"verdicts", find_verdicts, true},
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

bool comparison_add_run(cJSON *json, const char *name, const struct past_run *run)
{
    cJSON *item = name != NULL ? cJSON_AddObjectToObject(json, name) : add(json);
    return text(item, "folder", run->folder.path) && text(item, "run", run->folder.run) &&
           text(item, "project", run->folder.project) &&
           text(item, "started", run->folder.started) &&
           text(item, "finished", run->folder.finished);
}

bool comparison_make(const struct past_run *before, const struct past_run *after,
                     cJSON **comparison, struct error *error)
{
    if (strcmp(before->folder.project, after->folder.project) != 0) {
        error_set(error, ERROR_USAGE, "%s is a run of the project %s, and %s one of %s",
                  before->folder.path, before->folder.project, after->folder.path,
                  after->folder.project);
        return error_hint(error, "name two runs of one project");
    }
    cJSON *json = cJSON_CreateObject();
    bool same = true;
    bool ok = number(json, "version", VERSION) && text(json, "graduate", GRADUATE_VERSION) &&
              comparison_add_run(json, "before", before) &&
              comparison_add_run(json, "after", after);
    for (size_t i = 0; ok && i < SECTION_COUNT; i++) {
        cJSON *list = cJSON_AddArrayToObject(json, sections[i].name);
        ok = list != NULL && sections[i].find(before, after, list);
        same = same && !(sections[i].is_difference && cJSON_GetArraySize(list) > 0);
    }
    cJSON *times = cJSON_AddArrayToObject(json, "times");
    ok = ok && cJSON_AddBoolToObject(json, "same", same) != NULL && times != NULL &&
         find_times(before, after, times);
    if (!ok) {
        cJSON_Delete(json);
        return error_memory(error);
    }
    *comparison = json;
    return true;
}
