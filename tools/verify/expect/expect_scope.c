#include "expect_scope.h"
#include "expect_json.h"
#include "graduate/path.h"

#include <stdlib.h>
#include <string.h>

/* The way from the scope's document to a field. */
struct trail {
    const struct trail *up; /* NULL: the field stands in the document itself */
    const char *name;
};

/* The scope in which the path is to be looked up, and the path there. */
static const struct scope *look_out(const struct scope *scope, const char **path)
{
    for (unsigned ups = path_ups(path); ups > 0 && scope != NULL; ups--)
        scope = scope->outer;
    return scope;
}

static void begin_fate(struct claim *claim)
{
    claim->fate = claim->lent                 ? FATE_KEPT_OUT
                  : claim->tested             ? FATE_COMPARED
                  : claim->kind == CLAIM_DROP ? FATE_DROPPED
                                              : FATE_SEEN;
}

static bool is_opened(const struct claim *claim)
{
    return claim->kind == CLAIM_EACH || claim->kind == CLAIM_MEMBERS;
}

/* What stands at a claimed path: as the walk met it, or what lies in something that was not walked.
 */
static struct item item_at(const struct scope *scope, const struct claim *claim)
{
    return claim->passed                   ? claim->there
           : claim->plain && scope->walked ? (struct item){0}
           : claim->plain || is_opened(claim) || claim->kind == CLAIM_REST
               ? item_find(&scope->document, claim->path)
               : item_gather(&scope->document, claim->path, claim->made);
}

struct item scope_value(const struct scope *scope, const char *path)
{
    scope = look_out(scope, &path);
    if (scope == NULL)
        return (struct item){0};
    const struct claim *claim = scope_find_claim(scope, path);
    return claim != NULL ? item_at(scope, claim) : item_find(&scope->document, path);
}

static const struct scope *find_level(const struct scope *scope, const char *each)
{
    while (scope != NULL && each != NULL && strcmp(scope->path, each) != 0)
        scope = scope->outer;
    return scope;
}

struct item scope_member_name(const struct scope *scope, const char *each)
{
    scope = find_level(scope, each);
    return scope != NULL ? item_of_text(scope->name, strlen(scope->name)) : (struct item){0};
}

struct item scope_position(const struct scope *scope, const char *each)
{
    scope = find_level(scope, each);
    return scope != NULL ? item_of_int(scope->position) : (struct item){0};
}

bool scope_name_paths(struct scope *scope, struct path_counts *counts, struct error *error)
{
    bool inside = scope->path[0] != '\0';
    scope_nest_rests(scope);
    bool ok = !inside || path_counts_find(counts, scope->path, &scope->account, error);
    if (ok && inside)
        counts->items[scope->account].named = true;
    for (size_t i = 0; ok && i < scope->count; i++) {
        struct claim *claim = &scope->claims[i];
        struct buffer path;
        buffer_init(&path);
        path_join(&path, scope->path, claim->path);
        ok = buffer_ok(&path, error) &&
             path_counts_find(counts, buffer_text(&path), &claim->count, error);
        if (ok)
            counts->items[claim->count].named = true;
        buffer_release(&path);
    }
    return ok;
}

void scope_release(struct scope *scope)
{
    for (size_t i = 0; i < scope->count; i++)
        bson_destroy(scope->claims[i].made);
    free(scope->claims);
    expect_patterns_release(&scope->patterns);
    free(scope->rests);
    free(scope->fields);
    buffer_release(&scope->names);
}

static void put_trail(struct buffer *out, const struct trail *trail)
{
    if (trail->up != NULL) {
        put_trail(out, trail->up);
        buffer_putc(out, '.');
    }
    path_put_name(out, trail->name);
}

static void put_path(struct buffer *out, const struct scope *scope, const struct trail *trail)
{
    buffer_puts(out, scope->path);
    if (trail != NULL && scope->path[0] != '\0')
        buffer_putc(out, '.');
    if (trail != NULL)
        put_trail(out, trail);
}

static bool at_trail(const struct scope *scope, const struct trail *trail, struct error *error)
{
    struct buffer path;
    buffer_init(&path);
    put_path(&path, scope, trail);
    error_at(error, NULL, NULL, buffer_text(&path));
    buffer_release(&path);
    return false;
}

static bool refuse(const struct scope *scope, const struct trail *trail, const char *what,
                   struct error *error)
{
    error_set(error, ERROR_DATA, "%s", what);
    error_hint(error, "the run should have stopped at this record; was the mapping changed since?");
    return at_trail(scope, trail, error);
}

/* What is left of a path behind the trail: "" when it ends there, NULL when it leads elsewhere. */
static const char *follow(const char *path, const struct trail *trail)
{
    if (trail->up != NULL)
        path = follow(path, trail->up);
    if (path == NULL || *path == '\0')
        return NULL;
    struct path_step step;
    return path_next(&path, &step) && path_step_is(&step, trail->name) ? path : NULL;
}

struct finding {
    struct claim *claim; /* on the field itself, or NULL */
    bool leads_on;       /* to fields inside of it */
};

/* Most claims lead elsewhere, which their first letters tell. */
static struct finding look_up(const struct scope *scope, const struct trail *trail)
{
    struct finding finding = {0};
    const struct trail *first = trail;
    while (first->up != NULL)
        first = first->up;
    for (size_t i = 0; i < scope->count; i++) {
        char begin = scope->claims[i].path[0];
        if (begin != first->name[0] && begin != '\'')
            continue;
        const char *left = follow(scope->claims[i].path, trail);
        if (left != NULL && *left == '\0')
            finding.claim = &scope->claims[i];
        else if (left != NULL)
            finding.leads_on = true;
    }
    finding.leads_on = finding.leads_on || (finding.claim != NULL && finding.claim->rest > 0);
    return finding;
}

/* Does the mapping say anything of the field by its name, or must it? What goes to a rest is looked
 * at when that is made. */
static bool is_asked_for(const struct scope *scope, const struct trail *trail, size_t within)
{
    const struct finding finding = look_up(scope, trail);
    return within == 0 || finding.claim != NULL || finding.leads_on;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool names_once(struct scope *scope, const struct item *document, const struct trail *trail,
                       size_t within, struct error *error)
{
    bson_iter_t iter;
    bool ok = true;
    buffer_clear(&scope->names);
    if (!item_open(document, &iter, error))
        return at_trail(scope, trail, error);
    while (item_next(&iter, &ok, error)) {
        const char *name = bson_iter_key(&iter);
        buffer_put(&scope->names, &name, sizeof name);
    }
    if (!ok)
        return at_trail(scope, trail, error);
    if (!buffer_ok(&scope->names, error))
        return false;
    size_t count = scope->names.length / sizeof(char *);
    if (count > 1)
        qsort(scope->names.data, count, sizeof(char *), compare_names);
    for (size_t i = 1; i < count; i++) {
        struct trail twice = {trail, NULL};
        memcpy(&twice.name, scope->names.data + i * sizeof(char *), sizeof(char *));
        if (compare_names(scope->names.data + (i - 1) * sizeof(char *), &twice.name) == 0 &&
            is_asked_for(scope, &twice, within))
            return refuse(scope, &twice, "the field stands twice in its document", error);
    }
    return true;
}

struct walk {
    struct scope *scope;
    struct path_counts *counts;
    struct error *error;
};

/* Nobody spoke for it. `within`: the nearest place around it that a rest is of; 0: none. */
static bool note(const struct walk *walk, const struct item *field, const struct trail *trail,
                 size_t within)
{
    struct scope *scope = walk->scope;
    if (scope->covered)
        return true;
    if (within == 0)
        return refuse(scope, trail, "the mapping says nothing of this field", walk->error);
    if (scope->field_count == scope->field_room) {
        size_t room = scope->field_room * 2 + 16;
        struct rest_field *fields = realloc(scope->fields, room * sizeof *fields);
        if (fields == NULL)
            return error_memory(walk->error);
        scope->fields = fields;
        scope->field_room = room;
    }
    struct rest_field *noted = &scope->fields[scope->field_count++];
    *noted = (struct rest_field){.name = trail->name,
                                 .within = within,
                                 .fate = FATE_SEEN,
                                 .object_ids = item_object_ids(field)};
    struct buffer path;
    buffer_init(&path);
    put_path(&path, scope, trail);
    bool text = expect_text_valid(trail->name, strlen(trail->name));
    bool ok = buffer_ok(&path, walk->error) &&
              path_counts_find(walk->counts, text ? buffer_text(&path) : FATE_OTHER_PATHS,
                               &noted->count, walk->error);
    buffer_release(&path);
    return ok;
}

static bool walk_fields(const struct walk *walk, const struct item *document,
                        const struct trail *up, size_t within);

/* Is there a claim on something in what is claimed? */
static bool is_led_on(const struct scope *scope, const struct claim *claim)
{
    bool led = false;
    for (size_t i = 0; i < scope->count; i++)
        led = led || path_below(scope->claims[i].path, claim->path) != NULL;
    return led;
}

/* An array on the way: the claims inside have what stands at their paths in its elements, together.
 * `elsewhere`: it is counted with the array, or in the elements, which then are a scope; there each
 * drops, and keeps a rest, for itself. */
static void gather(const struct walk *walk, const struct trail *trail, bool elsewhere)
{
    struct scope *scope = walk->scope;
    for (size_t i = 0; i < scope->count; i++) {
        struct claim *claim = &scope->claims[i];
        const char *left = follow(claim->path, trail);
        if (left == NULL || *left == '\0' || is_opened(claim))
            continue;
        bool absent = claim->kind == CLAIM_DROP || (claim->kind == CLAIM_REST && !claim->tested);
        claim->there = elsewhere && absent
                           ? (struct item){0}
                           : item_gather(&scope->document, claim->path, claim->made);
        claim->passed = true;
        claim->met = !elsewhere && (claim->kind != CLAIM_TEST || !is_led_on(scope, claim));
        begin_fate(claim);
    }
}

static bool walk_elements(const struct walk *walk, const struct item *array,
                          const struct trail *trail, size_t within)
{
    bson_iter_t iter;
    bool ok = true;
    if (!item_open(array, &iter, walk->error))
        return at_trail(walk->scope, trail, walk->error);
    while (ok && item_next(&iter, &ok, walk->error)) {
        struct item element = item_of(&iter);
        if (element.value.value_type == BSON_TYPE_ARRAY)
            ok = walk_elements(walk, &element, trail, within);
        else if (element.value.value_type == BSON_TYPE_DOCUMENT)
            ok = walk_fields(walk, &element, trail, within);
        else if (!item_is_nothing(&element))
            ok = refuse(walk->scope, trail,
                        "the mapping looks for fields in an element of it that is no document",
                        walk->error);
    }
    return ok;
}

/* A rest is of an object, and of none in an array. */
static bool leads_to_rest(const struct scope *scope, const struct trail *trail)
{
    bool found = false;
    for (size_t i = 0; i < scope->rest_count && !found; i++)
        found = follow(scope->rests[i].path, trail) != NULL;
    return found;
}

/* A document, or an array of such, on the way to claimed fields. */
static bool walk_inside(const struct walk *walk, const struct item *field,
                        const struct trail *trail, size_t within)
{
    if (item_is_nothing(field))
        return true;
    bool array = field->value.value_type == BSON_TYPE_ARRAY;
    if (array && !walk->scope->covered && leads_to_rest(walk->scope, trail))
        return refuse(walk->scope, trail, "the mapping keeps a rest of it, and it is an array",
                      walk->error);
    if (!array && field->value.value_type != BSON_TYPE_DOCUMENT)
        return refuse(walk->scope, trail,
                      "the mapping looks for fields in it, and it is no "
                      "document",
                      walk->error);
    if (!array)
        return walk_fields(walk, field, trail, within);
    if (!walk_elements(walk, field, trail, within))
        return false;
    gather(walk, trail, false);
    return true;
}

static bool walk_field(const struct walk *walk, const struct item *field, const struct trail *trail,
                       size_t within)
{
    struct finding finding = look_up(walk->scope, trail);
    struct claim *claim = finding.claim;
    if (claim != NULL) {
        claim->met = claim->kind != CLAIM_REST && (claim->kind != CLAIM_TEST || !finding.leads_on);
        claim->passed = true;
        claim->there = *field;
        claim->there.date = item_calls_date(&walk->scope->document, claim->path);
        begin_fate(claim);
    }
    bool opened = claim != NULL && is_opened(claim);
    bool settled = claim != NULL && (claim->kind == CLAIM_DROP || claim->kind == CLAIM_WHOLE ||
                                     (opened && field->value.value_type == BSON_TYPE_ARRAY));
    if (!settled && finding.leads_on) {
        bool covered = walk->scope->covered, ok;
        walk->scope->covered = covered || (opened && claim->members);
        ok = walk_inside(walk, field, trail,
                         claim != NULL && claim->rest > 0 ? claim->rest : within);
        walk->scope->covered = covered;
        return ok;
    }
    if (finding.leads_on && field->value.value_type == BSON_TYPE_ARRAY)
        gather(walk, trail, true);
    return claim != NULL || note(walk, field, trail, within);
}

static bool walk_fields(const struct walk *walk, const struct item *document,
                        const struct trail *up, size_t within)
{
    bson_iter_t iter;
    bool ok = true;
    if (!names_once(walk->scope, document, up, within, walk->error) ||
        !item_open(document, &iter, walk->error))
        return false;
    while (ok && item_next(&iter, &ok, walk->error)) {
        const struct trail here = {up, bson_iter_key(&iter)};
        struct item field = item_of(&iter);
        ok = walk_field(walk, &field, &here, within);
    }
    return ok;
}

void scope_take(struct scope *scope, const struct item *document)
{
    scope->document = *document;
    scope->walked = false;
    for (size_t i = 0; i < scope->count; i++)
        scope->claims[i].passed = false;
}

bool scope_enter(struct scope *scope, struct path_counts *counts, struct error *error)
{
    const struct walk walk = {scope, counts, error};
    struct claim *itself = NULL;
    size_t within = scope_find_rest(scope, "");
    scope->field_count = 0;
    scope->aside = FATE_SEEN;
    for (size_t i = 0; i < scope->count; i++) {
        scope->claims[i].met = false;
        if (strcmp(scope->claims[i].path, ".") == 0)
            itself = &scope->claims[i];
    }
    if (itself != NULL && (itself->kind == CLAIM_WHOLE || (scope->count == 1 && within == 0))) {
        itself->met = true;
        begin_fate(itself);
        return true;
    }
    if (scope->document.value.value_type != BSON_TYPE_DOCUMENT)
        return refuse(scope, NULL, "the mapping looks for fields in an element that is no document",
                      error);
    scope->walked = walk_fields(&walk, &scope->document, NULL, within);
    return scope->walked;
}

void scope_settle(struct scope *scope, const char *path, enum fate fate)
{
    const struct scope *where = look_out(scope, &path);
    struct claim *claim = where != NULL ? scope_find_claim(where, path) : NULL;
    if (claim != NULL && claim->fate < fate)
        claim->fate = fate;
}

void scope_number(struct scope *scope, struct path_counts *counts, const char *path,
                  enum fate number, int64_t more)
{
    const struct scope *where = look_out(scope, &path);
    struct claim *claim = where != NULL ? scope_find_claim(where, path) : NULL;
    if (claim != NULL)
        path_counts_number(counts, claim->count, number, more);
}

void scope_set_aside(struct scope *scope, enum fate fate)
{
    scope->aside = fate;
    for (size_t i = 0; i < scope->field_count; i++)
        scope->fields[i].fate = fate;
    for (size_t i = 0; i < scope->count; i++)
        scope->claims[i].fate = fate;
}

void scope_meet(struct scope *scope, struct path_counts *counts)
{
    for (size_t i = 0; i < scope->count; i++) {
        struct item there = item_at(scope, &scope->claims[i]);
        if (there.value.value_type != BSON_TYPE_EOD)
            path_counts_number(counts, scope->claims[i].count, FATE_MET, 1);
    }
}

bool scope_leave(struct scope *scope, struct path_counts *counts, struct error *error)
{
    for (size_t i = 0; i < scope->count; i++) {
        const struct claim *claim = &scope->claims[i];
        if (claim->met && !is_opened(claim)) {
            path_counts_add(counts, claim->count, claim->fate);
            continue;
        }
        struct item there = item_at(scope, claim);
        bool unopened =
            scope->aside != FATE_SEEN && is_opened(claim) &&
            there.value.value_type == (claim->members ? BSON_TYPE_DOCUMENT : BSON_TYPE_ARRAY);
        if (unopened)
            path_counts_add(counts, claim->count, scope->aside);
        else if (there.value.value_type != BSON_TYPE_EOD) /* structure, or counted further up */
            path_counts_number(counts, claim->count, FATE_MET, 1);
    }
    for (size_t i = 0; i < scope->field_count; i++) {
        const struct rest_field *field = &scope->fields[i];
        path_counts_add(counts, field->count, field->fate);
        if (field->fate == FATE_REST || field->fate == FATE_LOST)
            path_counts_number(counts, field->count, FATE_HEX_IDS, field->object_ids);
        if (field->fate == FATE_SEEN) {
            error_set(error, ERROR_DATA, "no form of rows keeps this field");
            return error_at(error, NULL, NULL, counts->items[field->count].path);
        }
    }
    return true;
}
