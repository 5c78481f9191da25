/* Records of document sources: what the mapping makes of them, column by column. */
#include "expect_condition.h"
#include "expect_function.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_row.h"
#include "expect_value.h"

#include <stdlib.h>
#include <string.h>

/* ---- one value --------------------------------------------------------------------------------
 */

/* What a row is made of. */
struct making {
    struct expectation *e;
    const struct form *form;
    const struct item *record;
    int64_t position; /* of the element, from 1 */
    struct error *error;
};

static bool holds(const struct item *record, const struct scope *scope,
                  const struct conditions *conditions, bool *held, struct error *error)
{
    const struct expect_view view = {&scope->document, record, scope->path};
    return expect_holds(&view, conditions, held, error);
}

/* Something happened to all fields that the value names. */
static void settle(struct scope *scope, const struct mapping_value *value, enum fate fate)
{
    if (value->kind == VALUE_FROM)
        scope_settle(scope, value->from, fate);
    for (size_t i = 0; i < value->member_count; i++)
        settle(scope, &value->members[i].value, fate);
}

/* A value, the field that it comes from, and what became of it on the way. */
struct result {
    struct item item;
    const char *field; /* of the scope, or NULL */
    enum fate fate;    /* by the value's own conditions, functions and default */
    enum fate choice;  /* of the one that "first" took, by its own; else FATE_WRITTEN */
};

static bool find_out(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct result *result);

/* Something was there to choose by, and no choice would have it. */
static bool check_choices(const struct making *m, const struct mapping_value *value, bool any)
{
    if (any || value->fallback != NULL)
        return true;
    for (size_t i = 0; i < value->member_count; i++) {
        const struct conditions *when = &value->members[i].value.when;
        for (size_t c = 0; c < when->count; c++) {
            const struct condition *condition = &when->items[c];
            struct item field = item_find(condition->outer ? m->record : &m->form->scope->document,
                                          condition->path);
            if (!item_is_nothing(&field))
                return item_misfit(&field, condition->path, "no choice of \"first\" takes it",
                                   m->error);
        }
    }
    return true;
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
        if (!holds(m->record, scope, &member->when, &held, m->error) ||
            !find_out(m, member, false, &choice))
            return false;
        any = any || held;
        result->item = choice.item;
        if (!item_is_nothing(&choice.item)) {
            result->field = choice.field;
            result->choice = choice.fate;
            continue;
        }
        bool in_vain = choice.fate == FATE_WRITTEN || choice.fate == FATE_CHANGED;
        settle(scope, member, in_vain ? FATE_KEPT_OUT : choice.fate);
    }
    bool none = item_is_nothing(&result->item);
    for (size_t i = 0; none && i < value->member_count; i++) {
        bool held;
        if (!holds(m->record, scope, &value->members[i].value.when, &held, m->error))
            return false;
        if (held)
            settle(scope, &value->members[i].value, FATE_WRITTEN);
    }
    for (; next < value->member_count; next++)
        settle(scope, &value->members[next].value, FATE_KEPT_OUT);
    return check_choices(m, value, any);
}

static bool take_origin(const struct making *m, const struct mapping_value *value,
                        struct result *result)
{
    switch ((int)value->kind) {
    case VALUE_FROM:
        result->item = item_find(&m->form->scope->document, value->from);
        result->field = value->from;
        return true;
    case VALUE_CONST:
        result->item = item_of_json(value->constant);
        return true;
    case VALUE_POSITION:
        result->item = item_of_int(m->position);
        return true;
    case VALUE_FIRST:
        return take_first(m, value, result);
    default:
        return true; /* an object or a rest that is not there */
    }
}

static bool is_unchanged(const struct item *before, const struct item *after)
{
    const char *was, *is;
    size_t was_length, is_length;
    if (before->value.value_type != after->value.value_type)
        return false;
    return !item_text(before, &was, &was_length) || !item_text(after, &is, &is_length) ||
           (was_length == is_length && memcmp(was, is, is_length) == 0);
}

static bool apply_all(const struct making *m, const struct mapping_value *value,
                      struct result *result)
{
    struct scope *scope = m->form->scope;
    struct expect_surroundings around = {.record = m->record, .texts = &m->e->texts};
    struct item origin = {0};
    if (result->field != NULL)
        origin = item_find(&scope->document, result->field);
    for (size_t i = 0; i < value->function_count; i++) {
        struct item before = result->item;
        if (!expect_apply(value->functions[i], &around, &result->item, m->error))
            return false;
        if (origin.value.value_type == BSON_TYPE_EOD || is_unchanged(&before, &result->item))
            continue;
        if (result->fate == FATE_WRITTEN)
            result->fate = FATE_CHANGED;
        scope_number(scope, &m->e->counts, result->field, FATE_BY_FUNCTION + value->functions[i],
                     1);
    }
    if (around.lost)
        result->fate = FATE_LOST;
    if (value->id_of != NULL && origin.value.value_type != BSON_TYPE_EOD &&
        (result->fate == FATE_WRITTEN || result->fate == FATE_CHANGED) &&
        expect_identity_is_one_way(&result->item)) {
        result->fate = FATE_CHANGED;
        scope_number(scope, &m->e->counts, result->field, FATE_BY_ONE_WAY_ID, 1);
    }
    return true;
}

/* The value after its conditions, functions and default. */
static bool find_out(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct result *result)
{
    bool held;
    *result = (struct result){.choice = FATE_WRITTEN};
    if (!holds(m->record, m->form->scope, &value->when, &held, m->error))
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
    return true;
}

static bool evaluate(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct item *item, const char **field)
{
    struct result result;
    if (!find_out(m, value, not_null, &result))
        return false;
    *item = result.item;
    *field = result.field;
    bool taken = result.fate == FATE_WRITTEN || result.fate == FATE_CHANGED;
    /* What is made of several fields is written of those that it took, and each of them says so. */
    if (value->kind == VALUE_FROM || !taken)
        settle(m->form->scope, value, result.fate);
    else if (result.field != NULL)
        scope_settle(m->form->scope, result.field,
                     result.choice == FATE_WRITTEN ? result.fate : result.choice);
    return true;
}

static bool put_object(const struct making *m, const struct mapping_value *value, bool safe,
                       const char *path, struct buffer *out);

/* What of a field was written as JSON holds ids that no reference finds. */
static void note_hex_ids(const struct making *m, const char *field, const struct item *item)
{
    if (field != NULL)
        scope_number(m->form->scope, &m->e->counts, field, FATE_HEX_IDS, item_object_ids(item));
}

static bool put_member_identity(const struct making *m, const struct mapping_value *value,
                                const struct item *item, const char *path, struct buffer *out)
{
    uint8_t uuid[16];
    char text[37];
    if (!expect_identity(&m->e->project->identity, value->id_of->name, value->ids, item, uuid))
        return item_misfit(item, path, "it is nobody's id", m->error);
    expect_uuid_write(uuid, text);
    canonical_put_json_string(out, text, 36);
    return true;
}

/* Of an array each element is one. */
static bool put_member_identities(const struct making *m, const struct mapping_value *value,
                                  const struct item *array, const char *path, struct buffer *out)
{
    bson_iter_t iter;
    size_t count = 0, start = canonical_array_begin(out);
    bool ok = item_open(array, &iter, m->error);
    while (ok && item_next(&iter, &ok, m->error)) {
        struct item id = item_of(&iter);
        count++;
        ok = item_is_nothing(&id) ? expect_json_put(out, &id, path, m->error)
                                  : put_member_identity(m, value, &id, path, out);
    }
    canonical_array_end(out, start, count);
    return ok || error_at(m->error, NULL, NULL, path);
}

static bool put_member(const struct making *m, const struct mapping_member *member, bool safe,
                       const char *path, struct canonical_object *object)
{
    const struct mapping_value *value = &member->value;
    const char *field = NULL;
    struct item item;
    bool made;
    if (!holds(m->record, m->form->scope, &value->when, &made, m->error))
        return false;
    made = made && value->kind == VALUE_OBJECT;
    if (!made && !evaluate(m, value, false, &item, &field))
        return false;
    if (!made && item.value.value_type == BSON_TYPE_EOD)
        return true; /* an absent member is left out */
    canonical_object_member(object);
    if (!expect_json_key(object->out, member->name, path, m->error))
        return false;
    safe = safe || expect_has_function(value, FUNCTION_SAFE_NUMBERS);
    if (made)
        return put_object(m, value, safe, path, object->out);
    if (value->id_of != NULL && !item_is_nothing(&item))
        return item.value.value_type == BSON_TYPE_ARRAY && item.json == NULL
                   ? put_member_identities(m, value, &item, path, object->out)
                   : put_member_identity(m, value, &item, path, object->out);
    item.safe = item.safe || safe;
    note_hex_ids(m, field, &item);
    return expect_json_put(object->out, &item, path, m->error);
}

static bool put_object(const struct making *m, const struct mapping_value *value, bool safe,
                       const char *path, struct buffer *out)
{
    struct canonical_object object;
    canonical_object_begin(&object, out);
    bool ok = true;
    for (size_t i = 0; ok && i < value->member_count; i++)
        ok = put_member(m, &value->members[i], safe, path, &object);
    return expect_json_close(&object, path, m->error) && ok;
}

/* ---- one row ----------------------------------------------------------------------------------
 */

static bool put_parent(const struct making *m, const struct mapping_column *column,
                       struct buffer *out)
{
    const struct row *parent = &m->e->parent;
    size_t place = expect_column(parent->table, column->value.from);
    if (place == parent->table->column_count || !parent->parts[place].given) {
        buffer_putc(out, 'N');
        return true;
    }
    if (buffer_ok(&parent->bytes, m->error))
        buffer_put(out, parent->bytes.data + parent->parts[place].start,
                   parent->parts[place].length);
    return !parent->bytes.failed;
}

static bool put_column(const struct making *m, const struct mapping_column *column,
                       const char *path, struct buffer *out)
{
    const struct mapping_value *value = &column->value;
    struct scope *scope = m->form->scope;
    const struct expect_target target = {
        .type = column->type,
        .rule = &m->e->project->identity,
        .id_entity = value->id_of != NULL ? value->id_of->name : NULL,
        .ids = value->ids,
        .path = path,
    };
    bool not_null = column->not_null || expect_in_words(&m->form->mapping->key, column->name);
    const char *field;
    struct item item;
    if (value->kind == VALUE_PARENT)
        return put_parent(m, column, out);
    bool held;
    if (!holds(m->record, scope, &value->when, &held, m->error))
        return false;
    if (value->kind == VALUE_REST)
        scope->rest_fate = held ? FATE_REST : FATE_KEPT_OUT;
    if (value->kind == VALUE_REST && scope->unspoken > 0 && scope->rest_fate == FATE_REST) {
        buffer_putc(out, 'j');
        buffer_put(out, scope->rest.data, scope->rest.length);
        return true;
    }
    if (value->kind == VALUE_OBJECT && held) {
        buffer_putc(out, 'j');
        return put_object(m, value, expect_has_function(value, FUNCTION_SAFE_NUMBERS), path, out);
    }
    if (!evaluate(m, value, not_null, &item, &field))
        return false;
    if (not_null && item_is_nothing(&item))
        return item_misfit(&item, path, "its column must not be null", m->error);
    if (column->type.base == PG_JSON || column->type.base == PG_JSONB)
        note_hex_ids(m, field, &item);
    return expect_put(&target, &item, out, m->error);
}

static bool put_row(const struct making *m, struct row *row)
{
    row_begin(row, m->form->table);
    for (size_t i = 0; i < m->form->mapping->column_count; i++) {
        const struct mapping_column *column = &m->form->mapping->columns[i];
        bool field = column->value.kind == VALUE_FROM;
        struct buffer path;
        buffer_init(&path);
        path_join(&path, field ? m->form->scope->path : "",
                  field ? column->value.from : column->name);
        row_open(row, m->form->places[i]);
        bool ok = put_column(m, column, buffer_text(&path), &row->bytes);
        row_close(row, m->form->places[i]);
        buffer_release(&path);
        if (!ok)
            return error_at(m->error, NULL, NULL, column->name);
    }
    return true;
}

struct delivery {
    expect_callback callback;
    void *context;
    struct error *error;
};

/* ---- one record -------------------------------------------------------------------------------
 */

/* A form of rows whose conditions do not hold. */
static void pass_over(const struct form *form)
{
    for (size_t i = 0; i < form->mapping->column_count; i++)
        settle(form->scope, &form->mapping->columns[i].value, FATE_KEPT_OUT);
}

/* The rows of the scope's document; that of the form `first` is kept as the parent. */
static bool put_rows(struct making *m, struct scope *scope, const struct form *first,
                     const struct delivery *delivery)
{
    struct expectation *e = m->e;
    for (size_t f = 0; f < e->form_count; f++) {
        struct row *row = &e->forms[f] == first ? &e->parent : &e->row;
        m->form = &e->forms[f];
        if (m->form->scope != scope)
            continue;
        bool held;
        if (!holds(m->record, scope, &m->form->mapping->when, &held, m->error))
            return false;
        if (!held) {
            pass_over(m->form);
            continue;
        }
        if (!put_row(m, row) ||
            !row_deliver(row, delivery->callback, delivery->context, delivery->error))
            return false;
    }
    return true;
}

/* The first form of the scope (and of the table, if not NULL) whose conditions hold, or NULL. */
static bool find_form(const struct making *m, const struct scope *scope,
                      const struct expected_table *table, const struct form **found)
{
    const struct expectation *e = m->e;
    *found = NULL;
    for (size_t f = 0; *found == NULL && f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        bool held = false;
        if (form->scope != scope || (table != NULL && form->table != table))
            continue;
        if (!holds(m->record, scope, &form->mapping->when, &held, m->error))
            return false;
        *found = held ? form : NULL;
    }
    return true;
}

/* Take up the document at hand. What its rest would be is made only where a row keeps it: elsewhere
 * nobody asks what is in it. */
static bool enter(const struct making *m, struct scope *scope)
{
    struct expectation *e = m->e;
    scope->rest_wanted = false;
    for (size_t f = 0; !scope->rest_wanted && f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        bool row, rest;
        if (form->scope != scope || form->rest == NULL)
            continue;
        if (!holds(m->record, scope, &form->mapping->when, &row, m->error) ||
            !holds(m->record, scope, &form->rest->when, &rest, m->error))
            return false;
        scope->rest_wanted = row && rest;
    }
    return scope_enter(scope, &e->counts, m->error);
}

/* Does one of the rules leave it out; and is there any? */
static bool is_left_out(const struct making *m, const struct scope *scope, bool *any, bool *left)
{
    const struct mapping *entity = m->e->entity;
    *any = *left = false;
    for (size_t i = 0; !*left && i < entity->rule_count; i++) {
        const struct mapping_rule *rule = &entity->rules[i];
        if (strcmp(rule->each != NULL ? rule->each : "", scope->path) != 0)
            continue;
        *any = true;
        if (!holds(m->record, scope, &rule->when, left, m->error))
            return false;
    }
    return true;
}

static bool put_element(struct making *m, struct scope *scope, const struct item *element,
                        const struct delivery *delivery)
{
    struct path_counts *counts = &m->e->counts;
    const struct form *form;
    bool any, left;
    scope->document = *element;
    if (!enter(m, scope) || !find_form(m, scope, NULL, &form))
        return false;
    scope_number(&m->e->scopes[0], counts, scope->path, FATE_ELEMENTS, 1);
    if (form != NULL) {
        scope_number(&m->e->scopes[0], counts, scope->path, FATE_TAKEN, 1);
        return put_rows(m, scope, NULL, delivery) && scope_leave(scope, counts, m->error);
    }
    if (!is_left_out(m, scope, &any, &left))
        return false;
    if (!left)
        return item_misfit(element, scope->path, "no table takes this element", m->error);
    scope_leave_out(scope);
    return scope_leave(scope, counts, m->error);
}

static bool put_elements(struct expectation *e, struct scope *scope, const struct item *record,
                         const struct delivery *delivery)
{
    struct item array = item_find(record, scope->path);
    struct making m = {.e = e, .record = record, .error = delivery->error};
    bson_iter_t iter;
    bool ok = true;
    if (item_is_nothing(&array))
        return true;
    if (array.value.value_type != BSON_TYPE_ARRAY)
        return item_misfit(&array, scope->path, "the mapping looks for an array", delivery->error);
    if (!item_open(&array, &iter, delivery->error))
        return error_at(delivery->error, NULL, NULL, scope->path);
    while (ok && item_next(&iter, &ok, delivery->error)) {
        struct item element = item_of(&iter);
        m.position++;
        ok = put_element(&m, scope, &element, delivery);
    }
    return ok;
}

/* The first table decides of the record: where none of its forms holds, there is no row at all. */
static bool put_record(struct expectation *e, const struct item *record, bool *filtered,
                       const struct delivery *delivery)
{
    struct scope *scope = &e->scopes[0];
    struct making m = {.e = e, .record = record, .error = delivery->error};
    const struct form *first;
    bool any, left;
    scope->document = *record;
    if (!find_form(&m, scope, e->forms[0].table, &first))
        return false;
    *filtered = first == NULL;
    if (*filtered) {
        if (!is_left_out(&m, scope, &any, &left))
            return false;
        if (any && !left)
            return item_misfit(record, ".", "no table takes this record", m.error);
        scope_meet(scope, &e->counts);
        return true;
    }
    if (!enter(&m, scope) || !put_rows(&m, scope, first, delivery))
        return false;
    for (size_t s = 1; s < e->scope_count; s++)
        if (!put_elements(e, &e->scopes[s], record, delivery))
            return false;
    return scope_leave(scope, &e->counts, delivery->error);
}

static bool name_record(const struct expectation *e, const struct item *record, struct error *error)
{
    char key[160];
    struct item id = item_find(record, "_id");
    if (id.value.value_type == BSON_TYPE_EOD)
        id = item_find(record, "$id");
    item_brief(&id, key, sizeof key);
    return error_at(error, e->entity->name, key, NULL);
}

bool documents_batch(struct expectation *e, const uint8_t *payload, size_t length,
                     expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                     struct error *error)
{
    const struct delivery delivery = {callback, context, error};
    const uint8_t *end = payload + length;
    for (; payload < end; ++*records) {
        uint32_t size = end - payload >= 5 ? get_le32(payload) : 0;
        struct item record = {.value = {.value_type = BSON_TYPE_DOCUMENT}};
        bool out = false;
        if (size < 5 || size > (size_t)(end - payload))
            return error_set(error, ERROR_SOURCE, "a document lies about its length");
        memcpy(&record.value.value.v_doc.data, &payload, sizeof payload); /* it is only read */
        record.value.value.v_doc.data_len = size;
        bool ok = put_record(e, &record, &out, &delivery);
        arena_release(&e->texts);
        if (!ok)
            return name_record(e, &record, error);
        *filtered += out;
        payload += size;
    }
    return true;
}
