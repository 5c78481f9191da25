#include "document.h"
#include "scope.h"

#include "graduate/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Path of a field below the scope, built only when somebody needs it. */
struct trail {
    const struct trail *up;
    const char *name;
};

struct walk {
    struct plan *plan;
    struct scope *scope;
    struct error *error;
};

static void put_trail(struct buffer *out, const struct trail *trail, bool first)
{
    if (trail->up != NULL)
        put_trail(out, trail->up, first);
    if (trail->up != NULL || !first)
        buffer_putc(out, '.');
    path_put_name(out, trail->name);
}

/* In the scope's scratch; without a trail it is the scope itself. */
static void put_path(struct scope *scope, const struct trail *trail)
{
    buffer_clear(&scope->scratch);
    buffer_puts(&scope->scratch, scope->path);
    if (trail != NULL)
        put_trail(&scope->scratch, trail, scope->path[0] == '\0');
}

static bool at_trail(struct scope *scope, const struct trail *trail, struct error *error)
{
    put_path(scope, trail);
    error_at(error, NULL, NULL, buffer_text(&scope->scratch));
    return scope_at(scope, error);
}

/* Documents of a collection keep the order of their fields mostly, so the child after the last hit
 * is the first guess. */
static struct node *find(struct node *parent, const char *name, size_t *guess)
{
    for (size_t i = 0; i < parent->child_count; i++) {
        size_t at =
            *guess + i < parent->child_count ? *guess + i : *guess + i - parent->child_count;
        if (strcmp(parent->children[at].name, name) == 0) {
            *guess = at + 1 < parent->child_count ? at + 1 : 0;
            return &parent->children[at];
        }
    }
    return NULL;
}

static bool refuse_unspoken(bool nameless, struct error *error)
{
    error_set(error, ERROR_DATA, "the mapping says nothing of this field%s",
              nameless ? ", whose name is empty" : "");
    return error_hint(error, "map it to a column, drop it by name (\"drop\"), or keep what remains "
                             "in a \"rest\" column; then run again");
}

/* The path of the field in the account. */
static bool note_unspoken(struct walk *walk, const struct trail *trail)
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
    put_path(scope, trail);
    if (!bson_utf8_validate(trail->name, strlen(trail->name), false)) {
        /* The account is text; where a row would have to keep it, it is an error later on. */
        buffer_clear(&scope->scratch);
        buffer_puts(&scope->scratch, FATE_OTHER_PATHS);
    }
    return buffer_ok(&scope->scratch, walk->error) &&
           path_account_find(&walk->plan->paths, buffer_text(&scope->scratch),
                             scope->scratch.length, &scope->unspoken[scope->unspoken_count++].path,
                             walk->error);
}

/* The error is of this field: it ends the walk, unless it is a trial. */
static bool pass_over(struct walk *walk, const struct trail *trail)
{
    at_trail(walk->scope, trail, walk->error);
    return problems_take(walk->plan->problems, NULL, walk->error);
}

static bool unspoken(struct walk *walk, const struct trail *trail)
{
    if (walk->scope->has_rest)
        return note_unspoken(walk, trail);
    refuse_unspoken(trail->name[0] == '\0', walk->error);
    return pass_over(walk, trail);
}

/* `covered`: a column takes the document, or one that it lies in, as a whole, so fields without a
 * node are spoken for. */
static bool walk_fields(struct walk *walk, struct node *node, const struct value *document,
                        bool covered, const struct trail *up)
{
    struct scope *scope = walk->scope;
    struct error *error = walk->error;
    bson_iter_t iter;
    size_t guess = 0;
    if (!bson_iter_init_from_data(&iter, document->bytes, document->length)) {
        value_damaged(error);
        return at_trail(scope, up, error);
    }
    while (bson_iter_next(&iter)) {
        const struct trail here = {up, bson_iter_key(&iter)};
        struct node *met = find(node, here.name, &guess);
        if (met == NULL) {
            if (!covered && !unspoken(walk, &here))
                return false;
            continue;
        }
        if (met->seen == scope->walk) {
            error_set(error, ERROR_DATA, "the field stands twice in its document");
            error_hint(error, "correct the record in the source, and run again");
            if (!pass_over(walk, &here))
                return false;
            continue;
        }
        met->seen = scope->walk;
        struct value value = value_from_iter(&iter);
        if (met->slot != NO_SLOT)
            scope->slots[met->slot] = value;
        if (met->dropped || met->child_count == 0 || value_is_nothing(&value))
            continue;
        if (value.type == BSON_TYPE_DOCUMENT) {
            if (!walk_fields(walk, met, &value, covered || met->whole || met->members, &here))
                return false;
        } else if (!met->whole && !(met->array && value.type == BSON_TYPE_ARRAY)) {
            char what[120];
            value_describe(&value, what, sizeof what);
            error_set(error, ERROR_DATA, "the mapping looks for fields in it, and it is %s", what);
            error_hint(error, "correct the record in the source, or the mapping, and run again");
            if (!pass_over(walk, &here))
                return false;
        }
    }
    if (!value_walked(&iter, document)) {
        value_damaged(error);
        return at_trail(scope, up, error);
    }
    return true;
}

static void begin(struct scope *scope, bson_type_t type)
{
    scope->walk++;
    scope->unspoken_count = scope->kept = 0;
    scope->rest_passed_over = false;
    for (int i = 0; i < scope->slot_count; i++) {
        scope->slots[i].type = type;
        scope->fates[i].fate = scope->fates[i].least;
    }
}

void document_assume(struct scope *scope)
{
    begin(scope, BSON_TYPE_NULL);
}

bool document_walk(struct plan *plan, struct scope *scope, const struct value *document,
                   struct error *error)
{
    struct walk walk = {plan, scope, error};
    begin(scope, BSON_TYPE_EOD);
    scope_borrow(scope);
    if (scope->root.slot != NO_SLOT)
        scope->slots[scope->root.slot] = *document;
    if (scope->root.child_count == 0 && !scope->has_rest && scope->root.slot != NO_SLOT)
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

/* Does a subtree hold a field that nobody spoke for? Only then its object is opened. */
static bool has_unspoken(struct node *node, const struct value *value)
{
    bson_iter_t iter;
    size_t guess = 0;
    if (node->child_count == 0 || node->whole || node->members ||
        value->type != BSON_TYPE_DOCUMENT ||
        !bson_iter_init_from_data(&iter, value->bytes, value->length))
        return false;
    while (bson_iter_next(&iter)) {
        struct node *met = find(node, bson_iter_key(&iter), &guess);
        struct value member = value_from_iter(&iter);
        if (met == NULL || has_unspoken(met, &member))
            return true;
    }
    return false;
}

static bool write_rest(struct scope *scope, struct node *node, const struct value *document,
                       struct json_writer *writer, struct error *error)
{
    bson_iter_t iter;
    size_t guess = 0;
    bool first = true;
    if (!json_check_document(writer, document, error))
        return false;
    buffer_putc(writer->out, '{');
    if (!bson_iter_init_from_data(&iter, document->bytes, document->length))
        return value_damaged(error);
    while (bson_iter_next(&iter)) {
        const char *key = bson_iter_key(&iter);
        struct node *met = find(node, key, &guess);
        struct value member = value_from_iter(&iter);
        if (met != NULL && !has_unspoken(met, &member))
            continue;
        int64_t ids = writer->losses->hex_ids;
        struct mending none = {0}, *mending = writer->mending != NULL ? writer->mending : &none;
        bool lost = mending->lost;
        mending->lost = false;
        writer->path[writer->depth++] = key;
        if (!json_write_key(writer, &first, key, bson_iter_key_len(&iter), error) ||
            !(met == NULL ? json_write_value(writer, &member, error)
                          : write_rest(scope, met, &member, writer, error)))
            return false;
        if (met == NULL) {
            scope->unspoken[scope->kept].lost = mending->lost;
            scope->unspoken[scope->kept++].hex_ids = writer->losses->hex_ids - ids;
        }
        mending->lost = mending->lost || lost;
        writer->depth--;
    }
    buffer_putc(writer->out, '}');
    return true;
}

bool document_write_rest(struct scope *scope, const struct value *document,
                         struct json_writer *writer, struct error *error)
{
    scope->kept = 0; /* another form of rows may have written it before */
    return write_rest(scope, &scope->root, document, writer, error);
}

/* The fields that nobody spoke for are written in the order in which the walk met them. */
static enum fate fate_of_unspoken(const struct scope *scope, size_t i)
{
    if (i < scope->kept)
        return scope->unspoken[i].lost ? FATE_LOST : FATE_REST;
    return scope->rest_passed_over ? FATE_KEPT_OUT : FATE_SEEN;
}

/* A value, or a place of the structure that the mapping names. What is borrowed is counted where it
 * stands. */
static void count_slot(const struct slot_fate *slot, struct path_account *paths, enum fate fate)
{
    if (slot->lender != NULL)
        slot->lender->fate = slot->lender->fate < fate ? fate : slot->lender->fate;
    else if (slot->path != NO_PATH)
        path_account_add(paths, slot->path, fate);
    else
        path_account_number(paths, slot->own, FATE_MET, 1);
}

bool document_settle(struct plan *plan, struct scope *scope, struct error *error)
{
    struct path_account *paths = &plan->paths;
    if (scope->unspoken_count > 0 && scope->kept == 0 && !scope->rest_passed_over) {
        refuse_unspoken(false, error);
        error_at(error, NULL, NULL, paths->paths[scope->unspoken[0].path].path);
        if (!problems_take(plan->problems, NULL, error))
            return false;
    }
    for (int i = 0; i < scope->slot_count; i++)
        if (scope->slots[i].type != BSON_TYPE_EOD)
            count_slot(&scope->fates[i], paths, scope->fates[i].fate);
    for (size_t i = 0; i < scope->unspoken_count; i++) {
        const struct unspoken *field = &scope->unspoken[i];
        enum fate fate = fate_of_unspoken(scope, i);
        path_account_add(paths, field->path, fate);
        if (fate == FATE_REST || fate == FATE_LOST)
            path_account_number(paths, field->path, FATE_HEX_IDS, field->hex_ids);
    }
    return true;
}

void document_leave_out(struct scope *scope, struct path_account *paths)
{
    for (int i = 0; i < scope->slot_count; i++) {
        const struct slot_fate *slot = &scope->fates[i];
        bson_type_t type = scope->slots[i].type;
        if (type == BSON_TYPE_EOD || slot->lender != NULL)
            continue;
        if (slot->opened == type) /* with all that is in it */
            path_account_add(paths, slot->own, FATE_LEFT_OUT);
        else
            count_slot(slot, paths, FATE_LEFT_OUT);
    }
    for (size_t i = 0; i < scope->unspoken_count; i++)
        path_account_add(paths, scope->unspoken[i].path, FATE_LEFT_OUT);
}

void document_meet(struct scope *scope, struct path_account *paths)
{
    for (int i = 0; i < scope->slot_count; i++)
        if (scope->slots[i].type != BSON_TYPE_EOD)
            path_account_number(paths, scope->fates[i].own, FATE_MET, 1);
}
