#include "objects.h"

#include "graduate/json.h"
#include "graduate/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 20 };

static bool is_of(const struct not_kept *rule, const struct object_line *line)
{
    return strcmp(rule->source->name, line->catalog->source) == 0 &&
           strcmp(rule->kind, line->object->kind) == 0 &&
           (rule->name == NULL || strcmp(rule->name, line->object->name) == 0);
}

/* By its name first; then with what it goes; then by its kind. */
static const char *reason_for(const struct object_line *line, const struct project *project)
{
    const char *of_kind = NULL;
    for (size_t i = 0; i < project->not_kept_count; i++) {
        const struct not_kept *rule = &project->not_kepts[i];
        if (is_of(rule, line) && rule->name != NULL)
            return rule->reason;
        if (is_of(rule, line))
            of_kind = rule->reason;
    }
    return line->keeping.with != NULL ? line->keeping.with : of_kind;
}

/* Of a mapping that is mistaken nobody knows what would be kept. */
static bool is_of_broken(const struct object_line *line, const struct project *project)
{
    for (size_t i = 0; i < project->broken_count; i++) {
        const struct mapping *broken = project->broken[i];
        if (line->object->entity != NULL && broken->from != NULL &&
            strcmp(broken->from, line->object->entity) == 0 &&
            strcmp(broken->source->name, line->catalog->source) == 0)
            return true;
    }
    return false;
}

bool objects_gather(struct objects *objects, const struct catalogs *catalogs,
                    const struct schema *schema, struct error *error)
{
    size_t count = 0;
    *objects = (struct objects){0};
    arena_init(&objects->arena);
    for (size_t c = 0; c < catalogs->count; c++)
        count += catalogs->items[c].object_count;
    objects->lines = arena_alloc(&objects->arena, count, sizeof *objects->lines);
    bool ok = objects->lines != NULL ? true : error_memory(error);
    for (size_t c = 0; ok && c < catalogs->count; c++) {
        const struct catalog *catalog = &catalogs->items[c];
        for (size_t i = 0; ok && i < catalog->object_count; i++) {
            struct object_line *line = &objects->lines[objects->count++];
            line->catalog = catalog;
            line->object = &catalog->objects[i];
            ok = keeping_decide(schema, catalog, line->object, &objects->arena, &line->keeping,
                                error);
            if (ok && line->keeping.fate == KEEPING_NOT)
                line->reason = is_of_broken(line, schema->project)
                                   ? "its mapping is to be corrected first"
                                   : reason_for(line, schema->project);
        }
    }
    if (!ok)
        objects_release(objects);
    return ok;
}

void objects_release(struct objects *objects)
{
    arena_release(&objects->arena);
    *objects = (struct objects){0};
}

/* ---- the strict rule ----------------------------------------------------------------------------
 */

/* What stands in project.json and no object answers to. */
struct stray {
    const struct objects *objects;
    const struct not_kept *rule;
    const struct json_place *place;
};

/* The kinds of the source or, with a name, the names of its kind; each once. */
static size_t candidates(const struct stray *stray, const char **words)
{
    const struct not_kept *rule = stray->rule;
    size_t count = 0;
    for (size_t i = 0; i < stray->objects->count; i++) {
        const struct object_line *line = &stray->objects->lines[i];
        struct not_kept wider = {rule->source, line->object->kind, NULL, NULL};
        if (rule->name != NULL)
            wider.kind = rule->kind;
        if (!is_of(&wider, line))
            continue;
        const char *word = rule->name != NULL ? line->object->name : line->object->kind;
        size_t w = 0;
        while (w < count && strcmp(words[w], word) != 0)
            w++;
        if (w == count)
            words[count++] = word;
    }
    return count;
}

/* A name that is not there is wrong; a kind only where it is nearly one of the source's. */
static bool no_such_object(const struct stray *stray, struct error *error)
{
    const struct not_kept *rule = stray->rule;
    const char *word = rule->name != NULL ? rule->name : rule->kind;
    const char **words = calloc(stray->objects->count + 1, sizeof *words);
    if (words == NULL)
        return error_memory(error);
    size_t count = candidates(stray, words);
    const char *nearest = words_nearest(word, words, count);
    if (rule->name == NULL && nearest == NULL) {
        free(words);
        return true;
    }
    char all[400] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    json_error(error, stray->place, "the source %s has no %s%s%s%s%s%s", rule->source->name,
               rule->kind, rule->name != NULL ? " " : "", rule->name != NULL ? rule->name : "",
               nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
               nearest != NULL ? "\"?" : "");
    free(words);
    return count > 0
               ? error_hint(error, "it has: %s", all)
               : error_hint(error, "take it out of \"not_kept\": there stands what is not kept");
}

/* Of these the word of the kind is for what is not kept, be it nothing: it is the founder's to say
 * that nothing depends on them. */
static bool may_be_idle(const struct not_kept *rule)
{
    static const char *const kinds[] = {"comment",    "extension", "grant",
                                        "revocation", "schema",    "setting"};
    for (size_t i = 0; rule->name == NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(rule->kind, kinds[i]) == 0)
            return true;
    return false;
}

static bool rule_holds(const struct objects *objects, const struct not_kept *rule,
                       const struct json_place *place, struct error *error)
{
    const struct stray stray = {objects, rule, place};
    const struct object_line *kept = NULL;
    for (size_t i = 0; i < objects->count; i++) {
        const struct object_line *line = &objects->lines[i];
        if (is_of(rule, line) && line->keeping.fate == KEEPING_NOT)
            return true;
        if (is_of(rule, line))
            kept = line;
    }
    if (kept != NULL && may_be_idle(rule))
        return true;
    if (kept == NULL)
        return no_such_object(&stray, error);
    const char *how = kept->keeping.how;
    json_error(error, place, "%s %s of the source %s is %s%s%s", rule->kind, kept->object->name,
               rule->source->name, keeping_fate_names[kept->keeping.fate], how != NULL ? ": " : "",
               how != NULL ? how : "");
    return error_hint(error, "take it out of \"not_kept\": there stands what is not kept");
}

static bool rules_hold(const struct objects *objects, const struct project *project,
                       struct errors *errors, struct error *error)
{
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/project.json", project->folder);
    const struct json_place top = {NULL, file, 0}, here = {&top, "not_kept", 0};
    for (size_t i = 0; i < project->not_kept_count; i++) {
        const struct not_kept *rule = &project->not_kepts[i];
        const struct json_place source = {&here, rule->source->name, 0};
        const struct json_place kind = {&source, rule->kind, 0}, name = {&kind, rule->name, 0};
        if (!rule_holds(objects, rule, rule->name != NULL ? &name : &kind, error) &&
            !errors_add(errors, error))
            return false;
    }
    return true;
}

static bool is_open(const struct object_line *line)
{
    return line->keeping.fate == KEEPING_NOT && line->reason == NULL;
}

static void put_json_string(struct buffer *out, const char *text)
{
    json_put_string(out, text, strlen(text));
}

/* Is it the first that is open, of its source and kind? */
static bool leads_open(const struct objects *objects, size_t place)
{
    const struct object_line *line = &objects->lines[place];
    for (size_t i = 0; i < place; i++)
        if (is_open(&objects->lines[i]) && objects->lines[i].catalog == line->catalog &&
            strcmp(objects->lines[i].object->kind, line->object->kind) == 0)
            return false;
    return is_open(line);
}

/* Is anything of its source and kind kept? Then the word of the kind would say too much. */
static bool is_of_some(const struct objects *objects, const struct object_line *line)
{
    for (size_t i = 0; i < objects->count; i++)
        if (objects->lines[i].catalog == line->catalog &&
            objects->lines[i].keeping.fate != KEEPING_NOT &&
            strcmp(objects->lines[i].object->kind, line->object->kind) == 0)
            return true;
    return false;
}

/* "why", or {"name": "why", ...} with each that is open. */
static void put_reasons(const struct objects *objects, const struct object_line *line,
                        struct buffer *out)
{
    const char *before = "{";
    if (!keeping_goes_by_kind(line->object->kind) || !is_of_some(objects, line)) {
        buffer_puts(out, ": \"why\"");
        return;
    }
    buffer_puts(out, ": ");
    for (size_t i = 0; i < objects->count; i++) {
        const struct object_line *other = &objects->lines[i];
        if (!is_open(other) || other->catalog != line->catalog ||
            strcmp(other->object->kind, line->object->kind) != 0)
            continue;
        buffer_puts(out, before);
        put_json_string(out, other->object->name);
        buffer_puts(out, ": \"why\"");
        before = ", ";
    }
    buffer_putc(out, '}');
}

/* "not_kept": {"sql": {"view": "why", ...}}, with each kind once. */
static void put_paste(const struct objects *objects, struct buffer *out)
{
    const struct object_line *last = NULL;
    buffer_puts(out, "\"not_kept\": {");
    for (size_t i = 0; i < objects->count; i++) {
        const struct object_line *line = &objects->lines[i];
        if (!leads_open(objects, i))
            continue;
        if (last != NULL && last->catalog == line->catalog) {
            buffer_puts(out, ", ");
        } else {
            buffer_puts(out, last != NULL ? "}, " : "");
            put_json_string(out, line->catalog->source);
            buffer_puts(out, ": {");
        }
        put_json_string(out, line->object->kind);
        put_reasons(objects, line, out);
        last = line;
    }
    buffer_puts(out, "}}");
}

static bool all_spoken_for(const struct objects *objects, struct error *error)
{
    struct buffer names, paste;
    size_t count = 0;
    buffer_init(&names);
    buffer_init(&paste);
    for (size_t i = 0; i < objects->count; i++) {
        const struct object_line *line = &objects->lines[i];
        if (is_open(line) && count++ < MOST_NAMED)
            buffer_printf(&names, "%s%s %s \"%s\"%s%s%s", count > 1 ? ", " : "",
                          line->catalog->source, line->object->kind, line->object->name,
                          line->keeping.why != NULL ? " (" : "",
                          line->keeping.why != NULL ? line->keeping.why : "",
                          line->keeping.why != NULL ? ")" : "");
    }
    if (count > MOST_NAMED)
        buffer_printf(&names, " and %zu others", count - MOST_NAMED);
    put_paste(objects, &paste);
    bool ok = buffer_ok(&names, error) && buffer_ok(&paste, error);
    if (ok && count > 0) {
        error_set(error, ERROR_USAGE,
                  "%zu of the sources' objects %s neither kept nor left out: %s", count,
                  count == 1 ? "is" : "are", buffer_text(&names));
        ok = error_hint(error,
                        "make what the target needs there by hand; then add to project.json, with "
                        "your reasons (or {\"name\": \"why\"} for single ones): %s",
                        buffer_text(&paste));
    }
    buffer_release(&names);
    buffer_release(&paste);
    return ok;
}

bool objects_check(const struct objects *objects, const struct project *project,
                   struct error *error)
{
    struct errors errors = {0};
    return rules_hold(objects, project, &errors, error) &&
           (all_spoken_for(objects, error) || errors_add(&errors, error)) &&
           errors_give(&errors, error);
}

/* ---- the account --------------------------------------------------------------------------------
 */

bool objects_check_all(const struct catalogs *catalogs, const struct project *project,
                       struct error *error)
{
    struct schema schema = {0};
    struct objects objects = {0};
    bool ok = schema_resolve(&schema, project, catalogs->items, catalogs->count, error) &&
              objects_gather(&objects, catalogs, &schema, error) &&
              objects_check(&objects, project, error);
    objects_release(&objects);
    schema_release(&schema);
    return ok;
}

static bool add_text(cJSON *json, const char *name, const char *text)
{
    return text == NULL || cJSON_AddStringToObject(json, name, text) != NULL;
}

cJSON *objects_to_json(const struct objects *objects)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < objects->count; i++) {
        const struct object_line *line = &objects->lines[i];
        cJSON *json = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, json) && add_text(json, "source", line->catalog->source) &&
             add_text(json, "kind", line->object->kind) &&
             add_text(json, "name", line->object->name) &&
             add_text(json, "entity", line->object->entity) &&
             add_text(json, "detail", line->object->detail) &&
             add_text(json, "fate", keeping_fate_names[line->keeping.fate]) &&
             add_text(json, "how", line->keeping.how) && add_text(json, "reason", line->reason);
    }
    if (ok)
        return array;
    cJSON_Delete(array);
    return NULL;
}
