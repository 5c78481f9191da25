#include "document.h"
#include "gathering.h"
#include "scope.h"
#include "value_walk.h"

#include "graduate/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often in a row a field may come later than its place before it gets another. */
enum { MOST_LATE = 4 };

/* Path of a field below the scope, built only when somebody needs it. */
struct trail {
    const struct trail *up;
    const char *name;
    int64_t element; /* of the array that it is, from 1; 0: the field itself */
};

struct walk {
    struct plan *plan;
    struct scope *scope;
    unsigned arrays; /* in whose elements it is */
    struct error *error;
};

static void put_trail(struct buffer *out, const struct trail *trail, bool first, bool elements)
{
    if (trail->up != NULL)
        put_trail(out, trail->up, first, elements);
    if (trail->up != NULL || !first)
        buffer_putc(out, '.');
    path_put_name(out, trail->name);
    if (elements && trail->element > 0)
        buffer_printf(out, "[%" PRId64 "]", trail->element - 1);
}

/* In the scope's scratch, and with the numbers of elements, or without; without a trail it is the
 * scope itself. */
static void put_path(struct scope *scope, const struct trail *trail, bool elements)
{
    buffer_clear(&scope->scratch);
    buffer_puts(&scope->scratch, scope->path);
    if (trail != NULL)
        put_trail(&scope->scratch, trail, scope->path[0] == '\0', elements);
}

static bool at_trail(struct scope *scope, const struct trail *trail, struct error *error)
{
    put_path(scope, trail, true);
    error_at(error, NULL, NULL, buffer_text(&scope->scratch));
    return scope_at(scope, error);
}

/* `room`: from the key to the end of its document. */
static inline bool is_named(const struct node *node, const char *key, size_t room)
{
    const uint8_t *bytes = (const uint8_t *)key;
    size_t size = node->name_size;
    if (room < sizeof node->head)
        return size <= room && memcmp(key, node->name, size) == 0;
    if (((get_le64(bytes) ^ node->head) & node->head_mask) != 0)
        return false;
    return size <= 8 || (size <= room && get_le64(bytes + size - 8) == node->tail &&
                         (size <= 16 || memcmp(key + 8, node->name + 8, size - 16) == 0));
}

/* The place of a field among the node's children: that of the last hit, and then of those behind
 * it, for some fields are absent; or in front of it. A field that is found there again and again
 * moves up: so the order is learned, and single documents that have another do not spoil it. */
static struct node *search(struct node *parent, const char *key, size_t room, size_t *guess)
{
    struct node **order = parent->order;
    size_t i = *guess;
    while (i < parent->child_count && !is_named(order[i], key, room))
        i++;
    if (i < parent->child_count) {
        order[i]->late = 0;
        *guess = i + 1;
        return order[i];
    }
    i = 0;
    while (i < *guess && !is_named(order[i], key, room))
        i++;
    if (i == *guess)
        return NULL;
    struct node *met = order[i];
    if (met->late++ < MOST_LATE) {
        *guess = i + 1;
        return met;
    }
    met->late = 0;
    memmove(order + i, order + i + 1, (*guess - i - 1) * sizeof(struct node *));
    order[*guess - 1] = met;
    return met;
}

/* The child that has the name of the field at hand, and that name's length. Documents of a
 * collection mostly keep the order of their fields, so it is most likely the one behind the last
 * hit. */
static inline struct node *find(struct node *parent, const struct value_walk *walk, size_t *guess,
                                size_t *length)
{
    size_t room = (size_t)(walk->last - walk->at);
    struct node *met = *guess < parent->child_count ? parent->order[*guess] : NULL;
    if (met != NULL && is_named(met, walk->key, room)) {
        met->late = 0;
        ++*guess;
    } else {
        met = search(parent, walk->key, room, guess);
    }
    *length = met != NULL ? met->name_size - 1 : strlen(walk->key);
    return met;
}

static bool refuse_unspoken(bool nameless, struct error *error)
{
    error_set(error, ERROR_DATA, "the mapping says nothing of this field%s",
              nameless ? ", whose name is empty" : "");
    return error_hint(error, "map it to a column, drop it by name (\"drop\"), or keep what remains "
                             "in a \"rest\" column; then run again");
}

/* `within`: the nearest node around it that has rests. */
static bool note_unspoken(struct walk *walk, const struct node *within, const struct trail *trail)
{
    struct scope *scope = walk->scope;
    if (scope->unspoken_count == scope->unspoken_room) {
        size_t room = scope->unspoken_room * 2 + 16;
        struct unspoken *unspoken = realloc(scope->unspoken, room * sizeof *unspoken);
        if (unspoken == NULL)
            return error_memory(walk->error);
        scope->unspoken = unspoken;
        scope->unspoken_room = room;
    }
    struct unspoken *field = &scope->unspoken[scope->unspoken_count++];
    *field = (struct unspoken){.key = trail->name, .within = within, .fate = FATE_SEEN};
    put_path(scope, trail, false);
    if (!bson_utf8_validate(trail->name, strlen(trail->name), false)) {
        /* The account is text; where a row would have to keep it, it is an error later on. */
        buffer_clear(&scope->scratch);
        buffer_puts(&scope->scratch, FATE_OTHER_PATHS);
    }
    return buffer_ok(&scope->scratch, walk->error) &&
           path_account_find(&walk->plan->paths, buffer_text(&scope->scratch),
                             scope->scratch.length, &field->path, walk->error);
}

/* The error is of this field: it ends the walk, unless it is a trial. */
static bool pass_over(struct walk *walk, const struct trail *trail)
{
    at_trail(walk->scope, trail, walk->error);
    return problems_take(walk->plan->problems, NULL, walk->error);
}

/* `node`: it stands in that one. */
static bool unspoken(struct walk *walk, const struct node *node, const struct trail *trail)
{
    const struct node *within = node->rests != NULL ? node : node->around;
    if (within != NULL)
        return note_unspoken(walk, within, trail);
    refuse_unspoken(trail->name[0] == '\0', walk->error);
    return pass_over(walk, trail);
}

static bool looks_for_fields(struct walk *walk, const struct value *value,
                             const struct trail *trail)
{
    char what[120];
    value_describe(value, what, sizeof what);
    error_set(walk->error, ERROR_DATA, "the mapping looks for fields in it, and it is %s", what);
    error_hint(walk->error, "correct the record in the source, or the mapping, and run again");
    return pass_over(walk, trail);
}

static bool walk_fields(struct walk *walk, struct node *node, const struct value *document,
                        bool covered, const struct trail *up);

/* The elements of an array, and of arrays that are its elements. */
static bool walk_elements(struct walk *walk, struct node *node, const struct value *array,
                          bool covered, struct trail *trail)
{
    struct value_walk elements;
    struct value element;
    if (!value_walk_begin(&elements, array)) {
        value_damaged(walk->error);
        return at_trail(walk->scope, trail, walk->error);
    }
    for (int64_t place = 1; value_walk_next(&elements, &element); place++) {
        bool ok = true;
        trail->element = place;
        if (element.type == BSON_TYPE_DOCUMENT)
            ok = walk_fields(walk, node, &element, covered, trail) &&
                 (gathering_collect(walk->scope, node, walk->error) ||
                  at_trail(walk->scope, trail, walk->error));
        else if (element.type == BSON_TYPE_ARRAY)
            ok = walk_elements(walk, node, &element, covered,
                               &(struct trail){trail->up, trail->name, 0});
        else if (!covered && !value_is_nothing(&element))
            ok = looks_for_fields(walk, &element, trail);
        if (!ok)
            return false;
    }
    if (!value_walk_ended(&elements)) {
        value_damaged(walk->error);
        return at_trail(walk->scope, trail, walk->error);
    }
    return true;
}

/* An array on the way: what is found in its elements is gathered by the outermost one. */
static bool walk_array(struct walk *walk, struct node *node, const struct value *array,
                       bool covered, const struct trail *up)
{
    struct trail trail = *up;
    if (walk->arrays == 0 && !gathering_begin(walk->scope, node, walk->error))
        return false;
    walk->arrays++;
    bool ok = walk_elements(walk, node, array, covered || node->whole || node->array, &trail);
    walk->arrays--;
    if (ok && walk->arrays == 0)
        gathering_end(walk->scope, node, node->array);
    return ok;
}

/* `covered`: a column takes the document, or one that it lies in, as a whole, so fields without a
 * node are spoken for. */
static bool walk_fields(struct walk *walk, struct node *node, const struct value *document,
                        bool covered, const struct trail *up)
{
    struct scope *scope = walk->scope;
    struct error *error = walk->error;
    struct value_walk fields;
    size_t guess = 0, length;
    if (!value_walk_begin(&fields, document)) {
        value_damaged(error);
        return at_trail(scope, up, error);
    }
    while (value_walk_more(&fields)) {
        const struct trail here = {up, fields.key, 0};
        struct node *met = find(node, &fields, &guess, &length);
        bool again = met != NULL && met->seen == scope->walk;
        struct value *value = met != NULL && !again ? met->into : &scope->unwanted;
        if (!value_walk_take(&fields, length, value))
            break;
        if (met == NULL) {
            if (!covered && !unspoken(walk, node, &here))
                return false;
            continue;
        }
        if (again) {
            error_set(error, ERROR_DATA, "the field stands twice in its document");
            error_hint(error, "correct the record in the source, and run again");
            if (!pass_over(walk, &here))
                return false;
            continue;
        }
        met->seen = scope->walk;
        if (met->final || value_is_nothing(value))
            continue;
        if (value->type == BSON_TYPE_DOCUMENT) {
            if (!walk_fields(walk, met, value, covered || met->whole || met->members, &here))
                return false;
        } else if (value->type == BSON_TYPE_ARRAY && !met->members &&
                   (met->array || covered || !met->leads_to_rest)) {
            if ((!met->array || met->leads_on) && !walk_array(walk, met, value, covered, &here))
                return false;
        } else if (!met->whole && !looks_for_fields(walk, value, &here)) {
            return false;
        }
    }
    if (!value_walk_ended(&fields)) {
        value_damaged(error);
        return at_trail(scope, up, error);
    }
    return true;
}

static void begin(struct scope *scope, bson_type_t type)
{
    scope->walk++;
    scope->unspoken_count = 0;
    for (int i = 0; i < scope->slot_count; i++) {
        scope->slots[i].type = type;
        scope->fates[i].fate = scope->fates[i].least;
        scope->fates[i].inside = false;
    }
}

void document_assume(struct scope *scope)
{
    begin(scope, BSON_TYPE_NULL);
}

static bool fill(struct plan *plan, struct scope *scope, const struct value *document,
                 struct error *error)
{
    struct walk walk = {plan, scope, 0, error};
    if (scope->root.slot != NO_SLOT)
        scope->slots[scope->root.slot] = *document;
    if (scope->root.child_count == 0 && scope->root.rests == NULL && scope->root.slot != NO_SLOT)
        return true; /* the element itself is all that is wanted */
    if (document->type == BSON_TYPE_DOCUMENT)
        return walk_fields(&walk, &scope->root, document, scope->root.whole, NULL);
    char what[120];
    value_describe(document, what, sizeof what);
    error_set(error, ERROR_DATA, "an element is %s, and the mapping looks for fields in it", what);
    error_hint(error, "correct the record in the source, or the mapping, and run again");
    error_at(error, NULL, NULL, scope->path);
    return scope_at(scope, error);
}

bool document_walk(struct plan *plan, struct scope *scope, const struct value *document,
                   struct error *error)
{
    begin(scope, BSON_TYPE_EOD);
    scope_borrow(scope);
    if (!fill(plan, scope, document, error))
        return false;
    for (size_t i = 0; i < scope->moment_count; i++)
        value_hold_moments(&scope->slots[scope->moments[i]]);
    return true;
}

/* Has the node a rest of that form of rows? Then what is in it goes there. */
static bool has_own_rest(const struct node *node, const struct output_plan *output)
{
    const struct rest *rest = node->rests;
    while (rest != NULL && rest->output != output)
        rest = rest->next;
    return rest != NULL;
}

static bool goes_to(const struct rest *rest, const struct unspoken *field)
{
    const struct node *node = field->within;
    while (node != NULL && !has_own_rest(node, rest->output))
        node = node->around;
    return node == rest->node;
}

bool document_has_rest(const struct scope *scope, const struct rest *rest)
{
    for (size_t i = 0; rest != NULL && i < scope->unspoken_count; i++)
        if (goes_to(rest, &scope->unspoken[i]))
            return true;
    return false;
}

static void settle_rest(struct scope *scope, const struct rest *rest, enum fate fate)
{
    for (size_t i = 0; i < scope->unspoken_count; i++) {
        struct unspoken *field = &scope->unspoken[i];
        if (field->fate < fate && goes_to(rest, field))
            field->fate = fate;
    }
}

void document_settle_rest(struct scope *scope, const struct expression *expression, enum fate fate)
{
    if (!expression->keeps_rest || scope->unspoken_count == 0)
        return;
    if (expression->rest != NULL)
        settle_rest(scope, expression->rest, fate);
    for (size_t i = 0; i < expression->member_count; i++)
        document_settle_rest(scope, &expression->members[i], fate);
}

/* A rest that is written. */
struct writing {
    struct scope *scope;
    const struct rest *rest;
    size_t next; /* of the scope's unspoken fields, the first that it has not come by */
    struct json_writer *writer;
    struct error *error;
};

/* Does a subtree hold a field that goes to the rest? Only then its object, or array, is opened. */
static bool has_unspoken(const struct writing *w, struct node *node, const struct value *value)
{
    struct value_walk fields;
    struct value member;
    size_t guess = 0, length;
    bool array = value->type == BSON_TYPE_ARRAY;
    if (node->final || node->whole || node->members || has_own_rest(node, w->rest->output) ||
        (array && node->array) || (!array && value->type != BSON_TYPE_DOCUMENT) ||
        !value_walk_begin(&fields, value))
        return false;
    while (array && value_walk_next(&fields, &member))
        if (has_unspoken(w, node, &member))
            return true;
    if (array)
        return false;
    while (value_walk_more(&fields)) {
        struct node *met = find(node, &fields, &guess, &length);
        if (!value_walk_take(&fields, length, &member))
            break;
        if (met == NULL || has_unspoken(w, met, &member))
            return true;
    }
    return false;
}

/* The walk met the fields in the order in which they are written. */
static void note_written(struct writing *w, const char *key, bool lost, int64_t hex_ids)
{
    const struct scope *scope = w->scope;
    enum fate fate = lost ? FATE_LOST : FATE_REST;
    size_t i = w->next;
    while (i < scope->unspoken_count && scope->unspoken[i].key != key)
        i++;
    if (i == scope->unspoken_count)
        return; /* a trial goes on behind a field that stands twice */
    struct unspoken *field = &scope->unspoken[i];
    field->fate = field->fate < fate ? fate : field->fate;
    field->hex_ids = hex_ids;
    w->next = i + 1;
}

static bool write_rest(struct writing *w, struct node *node, const struct value *document);

/* Elements keep their places: of those in which all is spoken for {} remains. */
static bool write_elements(struct writing *w, struct node *node, const struct value *array)
{
    struct buffer *out = w->writer->out;
    struct value_walk elements;
    struct value element;
    bool first = true, ok = value_walk_begin(&elements, array) || value_damaged(w->error);
    buffer_putc(out, '[');
    while (ok && value_walk_next(&elements, &element)) {
        if (!first)
            buffer_puts(out, ", ");
        first = false;
        ok = element.type == BSON_TYPE_ARRAY      ? write_elements(w, node, &element)
             : element.type == BSON_TYPE_DOCUMENT ? write_rest(w, node, &element)
                                                  : json_write_value(w->writer, &element, w->error);
    }
    buffer_putc(out, ']');
    return ok;
}

static bool write_rest(struct writing *w, struct node *node, const struct value *document)
{
    struct json_writer *writer = w->writer;
    struct value_walk fields;
    struct value member;
    size_t guess = 0, length;
    bool first = true;
    if (!json_check_document(writer, document, w->error))
        return false;
    buffer_putc(writer->out, '{');
    if (!value_walk_begin(&fields, document))
        return value_damaged(w->error);
    while (value_walk_more(&fields)) {
        const char *key = fields.key;
        struct node *met = find(node, &fields, &guess, &length);
        if (!value_walk_take(&fields, length, &member))
            break;
        if (met != NULL && !has_unspoken(w, met, &member))
            continue;
        int64_t ids = writer->losses->hex_ids;
        struct mending none = {0}, *mending = writer->mending != NULL ? writer->mending : &none;
        bool lost = mending->lost;
        mending->lost = false;
        json_writer_enter(writer, key, false);
        if (!json_write_key(writer, &first, key, length, w->error) ||
            !(met == NULL                      ? json_write_value(writer, &member, w->error)
              : member.type == BSON_TYPE_ARRAY ? write_elements(w, met, &member)
                                               : write_rest(w, met, &member)))
            return false;
        if (met == NULL)
            note_written(w, key, mending->lost, writer->losses->hex_ids - ids);
        mending->lost = mending->lost || lost;
        writer->depth--;
    }
    buffer_putc(writer->out, '}');
    return true;
}

bool document_write_rest(struct scope *scope, const struct rest *rest, const struct value *document,
                         struct json_writer *writer, struct error *error)
{
    struct writing w = {.scope = scope, .rest = rest, .writer = writer, .error = error};
    return write_rest(&w, rest->node, rest->slot != NO_SLOT ? &scope->slots[rest->slot] : document);
}

/* A value, or a place of the structure that the mapping names. What is borrowed is counted where it
 * stands. */
static inline void count_slot(const struct slot_fate *slot, struct path_account *paths,
                              enum fate fate)
{
    if (slot->inside)
        path_account_number(paths, slot->own, FATE_MET, 1);
    else if (slot->lender != NULL)
        slot->lender->fate = slot->lender->fate < fate ? fate : slot->lender->fate;
    else if (slot->path != NO_PATH)
        path_account_add(paths, slot->path, fate);
    else
        path_account_number(paths, slot->own, FATE_MET, 1);
}

/* What became of a value that the source computed became of those that it needed, as if a function
 * had made it of them. */
static void settle_computed(struct plan *plan)
{
    struct slot_fate *fates = plan->scopes[0].fates;
    for (size_t i = 0; i < plan->tuples.computed_count; i++) {
        enum fate fate = fates[plan->tuples.computed[i].slot].fate;
        struct slot_fate *of = &fates[plan->tuples.computed[i].of];
        fate = fate == FATE_WRITTEN ? FATE_CHANGED : fate;
        if (of->fate >= fate)
            continue;
        of->fate = fate;
        if (fate == FATE_CHANGED)
            path_account_number(&plan->paths, of->own, FATE_BY_SQL, 1);
    }
}

bool document_settle(struct plan *plan, struct scope *scope, struct error *error)
{
    struct path_account *paths = &plan->paths;
    if (scope == &plan->scopes[0])
        settle_computed(plan);
    for (size_t i = 0; i < scope->unspoken_count; i++) {
        if (scope->unspoken[i].fate != FATE_SEEN)
            continue;
        refuse_unspoken(false, error);
        error_at(error, NULL, NULL, paths->paths[scope->unspoken[i].path].path);
        scope_at(scope, error);
        if (!problems_take(plan->problems, NULL, error))
            return false;
        break;
    }
    for (int i = 0; i < scope->slot_count; i++)
        if (scope->slots[i].type != BSON_TYPE_EOD)
            count_slot(&scope->fates[i], paths, scope->fates[i].fate);
    for (size_t i = 0; i < scope->unspoken_count; i++) {
        const struct unspoken *field = &scope->unspoken[i];
        path_account_add(paths, field->path, field->fate);
        if (field->fate == FATE_REST || field->fate == FATE_LOST)
            path_account_number(paths, field->path, FATE_HEX_IDS, field->hex_ids);
    }
    return true;
}

void document_set_aside(struct scope *scope, struct path_account *paths, enum fate fate)
{
    for (int i = 0; i < scope->slot_count; i++) {
        const struct slot_fate *slot = &scope->fates[i];
        bson_type_t type = scope->slots[i].type;
        if (type == BSON_TYPE_EOD || slot->lender != NULL)
            continue;
        if (slot->opened == type) /* with all that is in it */
            path_account_add(paths, slot->own, fate);
        else
            count_slot(slot, paths, fate);
    }
    for (size_t i = 0; i < scope->unspoken_count; i++)
        path_account_add(paths, scope->unspoken[i].path, fate);
}

void document_meet(struct scope *scope, struct path_account *paths)
{
    for (int i = 0; i < scope->slot_count; i++)
        if (scope->slots[i].type != BSON_TYPE_EOD)
            path_account_number(paths, scope->fates[i].own, FATE_MET, 1);
}
