/* What the mapping makes of a record, column by column. */
#include "expect_document.h"
#include "expect_condition.h"
#include "expect_function.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_permission.h"
#include "expect_reference.h"
#include "expect_rest.h"
#include "expect_row.h"
#include "expect_value.h"

#include <stdlib.h>
#include <string.h>

/* ---- one value --------------------------------------------------------------------------------
 */

struct expect_view making_view(const struct item *record, const struct scope *scope)
{
    return (struct expect_view){&scope->document,
                                record,
                                scope->path,
                                &scope->patterns,
                                scope->outer != NULL ? &scope->outer->view : NULL,
                                scope->lookup};
}

bool making_holds(const struct item *record, const struct scope *scope,
                  const struct conditions *conditions, bool *held, struct error *error)
{
    const struct expect_view view = making_view(record, scope);
    return expect_holds(&view, conditions, held, error);
}

/* Something happened to all fields that the value names. */
void making_settle(struct scope *scope, const struct mapping_value *value, enum fate fate)
{
    if (value->kind == VALUE_FROM)
        scope_settle(scope, value->from, fate);
    for (size_t i = 0; i < value->member_count; i++)
        making_settle(scope, &value->members[i].value, fate);
}

/* Every choice has conditions, and none would have what is there, or that nothing is. */
static bool check_choices(const struct making *m, const struct mapping_value *value, bool any)
{
    const struct expect_view view = making_view(m->record, m->form->scope);
    struct item field = {0};
    const char *path = ".";
    bson_t made = BSON_INITIALIZER;
    if (any || value->fallback != NULL)
        return true;
    for (size_t i = 0; i < value->member_count; i++)
        if (expect_meets(&view, &value->members[i].value.when, &made, &field, &path))
            break;
    item_misfit(&field, path, "no choice of \"first\" takes it", m->error);
    bson_destroy(&made);
    return false;
}

/* The field is made nothing: one that was something is counted. */
static void count_emptied(const struct making *m, const char *field)
{
    struct item item = {0};
    if (field != NULL)
        item = scope_value(m->form->scope, field);
    if (!item_is_empty(&item))
        making_count(m, field, FATE_EMPTIED, 1);
}

/* One of several is written: the first that is something, or all when none is. */
static bool take_first(const struct making *m, const struct mapping_value *value,
                       struct result *result)
{
    struct scope *scope = m->form->scope;
    bool any = false;
    size_t next = 0;
    for (; next < value->member_count && item_is_nothing(&result->item); next++) {
        const struct mapping_value *member = &value->members[next].value;
        struct result choice;
        bool held;
        if (!making_holds(m->record, scope, &member->when, &held, m->error) ||
            !making_find_out(m, member, false, &choice))
            return false;
        any = any || held;
        result->item = choice.item;
        if (!item_is_nothing(&choice.item)) {
            result->field = choice.field;
            result->choice = choice.fate;
            continue;
        }
        bool in_vain = choice.fate == FATE_WRITTEN || choice.fate == FATE_CHANGED;
        making_settle(scope, member, in_vain ? FATE_KEPT_OUT : choice.fate);
    }
    bool none = item_is_nothing(&result->item);
    for (size_t i = 0; none && i < value->member_count; i++) {
        bool held;
        if (!making_holds(m->record, scope, &value->members[i].value.when, &held, m->error))
            return false;
        if (!held)
            continue;
        making_settle(scope, &value->members[i].value, FATE_WRITTEN);
        if (value->members[i].value.kind == VALUE_FROM)
            count_emptied(m, value->members[i].value.from);
    }
    for (; next < value->member_count; next++)
        making_settle(scope, &value->members[next].value, FATE_KEPT_OUT);
    return check_choices(m, value, any);
}


/* Several as one text. */
static bool join_values(const struct making *m, const struct mapping_value *value,
                        struct result *result)
{
    static const struct function_call as_text = {.function = FUNCTION_TEXT};
    struct expect_surroundings around = {.record = m->record, .texts = &m->e->texts};
    struct buffer joined;
    size_t parts = 0;
    bool ok = true;
    buffer_init(&joined);
    for (size_t i = 0; ok && i < value->member_count; i++) {
        const char *field, *text;
        struct item item;
        size_t length;
        bool changed;
        ok = making_evaluate(m, &value->members[i].value, false, &item, &field);
        if (ok && item_is_nothing(&item) && value->id_of != NULL)
            ok = item_misfit(&item, field, "a part of the identity is not there", m->error);
        if (!ok || item_is_nothing(&item))
            continue;
        ok = expect_apply(&as_text, &around, &item, &changed, m->error) &&
             (item_text(&item, &text, &length) ||
              item_misfit(&item, field, "it cannot be joined as a text", m->error));
        if (!ok)
            continue;
        buffer_puts(&joined, parts++ > 0 ? value->with : "");
        buffer_put(&joined, text, length);
    }
    char *copy = ok && parts > 0 ? arena_alloc(&m->e->texts, joined.length + 1, 1) : NULL;
    if (copy != NULL && joined.length > 0)
        memcpy(copy, joined.data, joined.length);
    if (copy != NULL)
        result->item = item_of_text(copy, joined.length);
    ok = ok && buffer_ok(&joined, m->error) &&
         (parts == 0 || copy != NULL || error_memory(m->error));
    buffer_release(&joined);
    return ok;
}

/* Several as one array, but for what is absent. */
static bool gather_values(const struct making *m, const struct mapping_value *value,
                          struct result *result)
{
    bson_t array = BSON_INITIALIZER;
    bool ok = true;
    for (size_t i = 0; ok && i < value->member_count; i++) {
        const char *field;
        struct item item;
        ok = making_evaluate(m, &value->members[i].value, false, &item, &field);
        if (ok && item.value.value_type != BSON_TYPE_EOD)
            ok = bson_append_value(&array, "", 0, &item.value) || error_memory(m->error);
    }
    uint8_t *copy = ok ? arena_alloc(&m->e->texts, array.len, 1) : NULL;
    if (copy != NULL)
        memcpy(copy, bson_get_data(&array), array.len);
    result->item.value.value_type = BSON_TYPE_ARRAY;
    result->item.value.value.v_doc.data = copy;
    result->item.value.value.v_doc.data_len = array.len;
    ok = ok && (copy != NULL || error_memory(m->error));
    bson_destroy(&array);
    return ok;
}

static bool take_origin(const struct making *m, const struct mapping_value *value,
                        struct result *result)
{
    switch ((int)value->kind) {
    case VALUE_FROM:
        result->item = scope_value(m->form->scope, value->from);
        result->field = value->from;
        return true;
    case VALUE_CONST:
        result->item = item_of_json(value->constant);
        return true;
    case VALUE_POSITION:
        result->item = scope_position(m->form->scope, value->from);
        return true;
    case VALUE_NAME:
        result->item = scope_member_name(m->form->scope, value->from);
        return true;
    case VALUE_FIRST:
        return take_first(m, value, result);
    case VALUE_JOIN:
        return join_values(m, value, result);
    case VALUE_ARRAY:
        return gather_values(m, value, result);
    default:
        return true; /* an object or a rest that is not there */
    }
}

/* What "map" has for the item: the first word that is its text, or stands for the same number. */
static bool exchange(const struct making *m, const struct mapping_value *value,
                     struct result *result)
{
    const char *text, *path = result->field != NULL ? result->field : ".";
    size_t length;
    char number[ITEM_NUMBER] = "";
    if (value->map == NULL || item_is_nothing(&result->item))
        return true;
    if (result->item.value.value_type == BSON_TYPE_BOOL) {
        text = result->item.value.value.v_bool ? "true" : "false";
        length = strlen(text);
    } else if (item_number(&result->item, number)) {
        text = number;
        length = strlen(number);
    } else if (!item_text(&result->item, &text, &length)) {
        item_misfit(&result->item, path, "\"map\" has nothing for it", m->error);
        return expect_refuse(&m->e->mending, MISFIT_OTHER);
    }
    const cJSON *found = NULL, *item;
    cJSON_ArrayForEach(item, value->map)
    {
        if (found == NULL &&
            ((strlen(item->string) == length && memcmp(item->string, text, length) == 0) ||
             (text == number && item_same_number(item->string, text))))
            found = item;
    }
    found = found != NULL ? found : value->otherwise;
    if (found == NULL) {
        item_misfit(&result->item, path, "\"map\" has nothing for it", m->error);
        return expect_refuse(&m->e->mending, MISFIT_OTHER);
    }
    result->item = item_of_json(found);
    const struct item origin =
        result->field != NULL ? scope_value(m->form->scope, result->field) : (struct item){0};
    if (origin.value.value_type == BSON_TYPE_EOD)
        return true;
    result->fate = result->fate == FATE_WRITTEN ? FATE_CHANGED : result->fate;
    making_count(m, result->field, FATE_BY_MAP, 1);
    return true;
}

static bool apply_all(const struct making *m, const struct mapping_value *value,
                      struct result *result)
{
    struct scope *scope = m->form->scope;
    struct expect_surroundings around = {
        .record = m->record,
        .texts = &m->e->texts,
        .rule = &m->e->project->identity,
        .keeps_text = mapping_remedy(m->e->mending.remedies, MISFIT_JSON) == REMEDY_MEND,
    };
    struct item origin = {0};
    if (result->field != NULL)
        origin = scope_value(scope, result->field);
    for (size_t i = 0; i < value->function_count; i++) {
        bool changed;
        bool json = value->functions[i].function == FUNCTION_JSON;
        if (!expect_apply(&value->functions[i], &around, &result->item, &changed, m->error))
            return expect_refuse(&m->e->mending, json ? MISFIT_JSON : MISFIT_OTHER);
        if (origin.value.value_type == BSON_TYPE_EOD || !changed)
            continue;
        if (result->fate == FATE_WRITTEN)
            result->fate = FATE_CHANGED;
        making_count(m, result->field, FATE_BY_FUNCTION + value->functions[i].function, 1);
    }
    if (around.lost)
        result->fate = FATE_LOST;
    if (!exchange(m, value, result))
        return false;
    bool one_way = value->access != NULL
                       ? expect_permissions_one_way(value->access, &result->item)
                       : value->id_of != NULL && value->by == NULL &&
                             expect_identity_is_one_way(&result->item);
    if (one_way && origin.value.value_type != BSON_TYPE_EOD &&
        (result->fate == FATE_WRITTEN || result->fate == FATE_CHANGED)) {
        result->fate = FATE_CHANGED;
        making_count(m, result->field, FATE_BY_ONE_WAY_ID, 1);
    }
    return true;
}

/* An id that is found out in the records that it names. */
static bool look_up(const struct making *m, const struct mapping_value *value,
                    struct result *result)
{
    struct expect_reference reference = {.by_hand = m->e->by_hand};
    struct buffer path;
    buffer_init(&path);
    path_join(&path, m->form->scope->path, result->field != NULL ? result->field : "");
    bool ok = value->access != NULL
                  ? expect_permissions(m->e->project, value->access, m->e->lookup, &result->item,
                                       buffer_text(&path), &m->e->texts, &reference, m->error)
                  : expect_resolve(m->e->project, value, m->e->lookup, &result->item,
                                   buffer_text(&path), &m->e->texts, &reference, m->error);
    buffer_release(&path);
    m->e->mending.dangles = reference.rejects;
    if (!ok)
        return false;
    result->item = reference.item;
    result->gone = reference.gone;
    making_count(m, result->field, FATE_DANGLING, reference.dangling);
    if (reference.lost)
        result->fate = FATE_LOST;
    return true;
}

static bool is_looked_up(const struct mapping_value *value)
{
    return mapping_is_looked_up(value) || value->access != NULL;
}

bool making_look_up(const struct making *m, const struct mapping_value *value, struct item *item)
{
    struct result result = {.item = *item};
    if (!is_looked_up(value) || item_is_nothing(item))
        return true;
    if (!look_up(m, value, &result))
        return false;
    *item = result.item;
    return true;
}

/* The value after its conditions, functions and default. */
bool making_find_out(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct result *result)
{
    bool held;
    *result = (struct result){.choice = FATE_WRITTEN};
    if (!making_holds(m->record, m->form->scope, &value->when, &held, m->error))
        return false;
    result->fate = held ? FATE_WRITTEN : FATE_KEPT_OUT;
    if ((held && !take_origin(m, value, result)) || !apply_all(m, value, result))
        return false;
    bool absent = result->item.value.value_type == BSON_TYPE_EOD;
    if (value->fallback != NULL && (absent || (not_null && item_is_nothing(&result->item)))) {
        result->item = item_of_json(value->fallback);
        if (result->fate != FATE_LOST)
            result->fate = FATE_DEFAULTED;
    }
    return !is_looked_up(value) || item_is_nothing(&result->item) || look_up(m, value, result);
}

bool making_evaluate(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct item *item, const char **field)
{
    struct result result;
    if (!making_find_out(m, value, not_null, &result))
        return false;
    *item = result.item;
    *field = result.field;
    if (item_is_nothing(&result.item) && result.fate != FATE_LOST)
        count_emptied(m, result.field);
    bool taken = result.fate == FATE_WRITTEN || result.fate == FATE_CHANGED;
    /* What is made of several fields is written of those that it took, and each of them says so. */
    if (value->kind == VALUE_FROM || !taken)
        making_settle(m->form->scope, value, result.fate);
    else if (result.field != NULL)
        scope_settle(m->form->scope, result.field,
                     result.choice == FATE_WRITTEN ? result.fate : result.choice);
    return true;
}


/* What of a field was written as JSON holds ids that no reference finds. */
void making_note_hex_ids(const struct making *m, const char *field, const struct item *item)
{
    if (field != NULL)
        scope_number(m->form->scope, &m->e->counts, field, FATE_HEX_IDS,
                     item_object_ids(item) - m->e->mending.ids_gone);
}

static bool put_member_identity(const struct making *m, const struct mapping_value *value,
                                const struct item *item, const char *path, struct buffer *out)
{
    uint8_t uuid[16];
    char text[37];
    if (mapping_is_looked_up(value))
        memcpy(uuid, item->value.value.v_binary.data, sizeof uuid);
    else if (!expect_identity(&m->e->project->identity, value->id_of->name, value->ids, item, uuid))
        return item_misfit(item, path, "it is nobody's id", m->error);
    expect_uuid_write(uuid, text);
    canonical_put_json_string(out, text, 36);
    return true;
}

static bool put_element_identity(const struct making *m, const struct mapping_value *value,
                                 const struct item *id, const char *path, struct buffer *out)
{
    return item_is_nothing(id) ? expect_json_put(out, id, path, m->error)
                               : put_member_identity(m, value, id, path, out);
}

/* Of an array each element is one, of the record or of a constant. */
static bool put_member_identities(const struct making *m, const struct mapping_value *value,
                                  const struct item *array, const char *path, struct buffer *out)
{
    const cJSON *child;
    bson_iter_t iter;
    size_t count = 0, start = canonical_array_begin(out);
    bool ok = array->json != NULL || item_open(array, &iter, m->error);
    cJSON_ArrayForEach(child, array->json)
    {
        struct item id = item_of_json(child);
        ok = ok && put_element_identity(m, value, &id, path, out);
        count++;
    }
    while (array->json == NULL && ok && item_next(&iter, &ok, m->error)) {
        struct item id = item_of(&iter);
        ok = put_element_identity(m, value, &id, path, out);
        count++;
    }
    canonical_array_end(out, start, count);
    return ok || error_at(m->error, NULL, NULL, path);
}

/* What is made of members: an object, or an array of as many elements so far. */
struct made {
    struct canonical_object *object; /* NULL: an array */
    struct buffer *out;
    size_t count;
};

/* A member that is not absent. */
static bool open_member(const struct making *m, struct made *made, const char *name,
                        const char *path)
{
    made->count++;
    if (made->object == NULL)
        return true;
    canonical_object_member(made->object);
    return expect_json_key(made->out, name, path, m->error);
}

static bool put_member(const struct making *m, const struct mapping_member *member, bool safe,
                       const char *path, struct made *made)
{
    const struct mapping_value *value = &member->value;
    const char *field = NULL;
    struct item item;
    bool held;
    bool inner =
        value->kind == VALUE_OBJECT || (value->kind == VALUE_ARRAY && value->id_of == NULL);
    if (!making_holds(m->record, m->form->scope, &value->when, &held, m->error))
        return false;
    struct scope *scope = m->form->scope;
    if (!held)
        rest_settle(m, value, FATE_KEPT_OUT);
    else if (rest_is_there(m, value))
        return open_member(m, made, member->name, path) && rest_put(m, value, safe, made->out);
    safe = safe || expect_has_function(value, FUNCTION_SAFE_NUMBERS);
    if (held && inner)
        return open_member(m, made, member->name, path) &&
               making_put_made(m, value, safe, path, made->out);
    if (!making_evaluate(m, value, false, &item, &field))
        return false;
    if (item.value.value_type == BSON_TYPE_EOD)
        return true; /* an absent member is left out */
    if (!open_member(m, made, member->name, path))
        return false;
    if (value->id_of != NULL && !item_is_nothing(&item))
        return item.value.value_type == BSON_TYPE_ARRAY
                   ? put_member_identities(m, value, &item, path, made->out)
                   : put_member_identity(m, value, &item, path, made->out);
    struct expect_mending *mending = &m->e->mending;
    bool lost = mending->lost;
    mending->lost = false;
    mending->ids_gone = 0;
    item.safe = item.safe || safe;
    item.mending = mending;
    bool ok = expect_json_put(made->out, &item, path, m->error);
    making_note_hex_ids(m, field, &item);
    if (mending->lost && field != NULL)
        scope_settle(scope, field, FATE_LOST);
    mending->lost = mending->lost || lost;
    return ok;
}

bool making_put_made(const struct making *m, const struct mapping_value *value, bool safe,
                     const char *path, struct buffer *out)
{
    bool array = value->kind == VALUE_ARRAY, ok = true;
    struct canonical_object object;
    struct made made = {array ? NULL : &object, out, 0};
    size_t start = array ? canonical_array_begin(out) : 0;
    if (!array)
        canonical_object_begin(&object, out);
    for (size_t i = 0; ok && i < value->member_count; i++)
        ok = put_member(m, &value->members[i], safe, path, &made);
    if (!array)
        return expect_json_close(&object, path, m->error) && ok;
    canonical_array_end(out, start, made.count);
    return ok;
}
