/* Records of document sources: which rows they become. */
#include "expect_record.h"
#include "expect_document.h"

#include <string.h>

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
        making_settle(form->scope, &form->mapping->columns[i].value, FATE_KEPT_OUT);
}

/* Does a reference of the form's row dangle, so that the row is left out? It is counted then, and
 * nothing else of the row is. */
static bool dangles(struct making *m, const struct form *form, bool *gone)
{
    struct making silent = *m;
    silent.form = form;
    silent.silent = true;
    *gone = false;
    for (size_t i = 0; !*gone && i < form->mapping->column_count; i++) {
        const struct mapping_column *column = &form->mapping->columns[i];
        struct result result;
        if (column->value.dangling != DANGLING_LEFT_OUT || column->type.array)
            continue;
        if (!making_find_out(&silent, &column->value, false, &result))
            return false;
        *gone = result.gone;
        m->form = form;
        if (*gone)
            making_count(m, result.field, FATE_DANGLING, 1);
    }
    return true;
}

/* The rows of the scope's document; that of the form `first`, which has one, is kept as the parent.
 * *any: there is a row; *gone: one is left out for a reference that dangles. */
static bool put_rows(struct making *m, struct scope *scope, const struct form *first,
                     const struct delivery *delivery, bool *any, bool *gone)
{
    struct expectation *e = m->e;
    *any = *gone = false;
    for (size_t f = 0; f < e->form_count; f++) {
        struct row *row = &e->forms[f] == first ? &e->parent : &e->row;
        m->form = &e->forms[f];
        if (m->form->scope != scope)
            continue;
        bool held, left = false;
        if (!making_holds(m->record, scope, &m->form->mapping->when, &held, m->error) ||
            (held && &e->forms[f] != first && !dangles(m, &e->forms[f], &left)))
            return false;
        *gone = *gone || left;
        if (!held || left) {
            pass_over(m->form);
            continue;
        }
        *any = true;
        if (!making_put_row(m, row) ||
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
        if (!making_holds(m->record, scope, &form->mapping->when, &held, m->error))
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
        if (!making_holds(m->record, scope, &form->mapping->when, &row, m->error) ||
            !making_holds(m->record, scope, &form->rest->when, &rest, m->error))
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
        if (!making_holds(m->record, scope, &rule->when, left, m->error))
            return false;
    }
    return true;
}

static bool put_element(struct making *m, struct scope *scope, const struct item *element,
                        const struct delivery *delivery)
{
    struct path_counts *counts = &m->e->counts;
    bool any, left;
    scope->document = *element;
    if (!enter(m, scope) || !put_rows(m, scope, NULL, delivery, &any, &left))
        return false;
    scope_number(&m->e->scopes[0], counts, scope->path, FATE_ELEMENTS, 1);
    if (any) {
        scope_number(&m->e->scopes[0], counts, scope->path, FATE_TAKEN, 1);
        return scope_leave(scope, counts, m->error);
    }
    if (!left && !is_left_out(m, scope, &any, &left))
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
    bool any, left = false;
    scope->document = *record;
    if (!find_form(&m, scope, e->forms[0].table, &first) ||
        (first != NULL && !dangles(&m, first, &left)))
        return false;
    *filtered = first == NULL || left;
    if (left) {
        scope_meet(scope, &e->counts);
        return true;
    }
    if (*filtered) {
        if (!is_left_out(&m, scope, &any, &left))
            return false;
        if (any && !left)
            return item_misfit(record, ".", "no table takes this record", m.error);
        scope_meet(scope, &e->counts);
        return true;
    }
    if (!enter(&m, scope) || !put_rows(&m, scope, first, delivery, &any, &left))
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

bool record_stays(struct expectation *e, const struct item *record, const char *label, bool *stays,
                  struct error *error)
{
    struct making m = {.e = e, .record = record, .silent = true, .error = error};
    const struct form *first;
    bool held, gone = false;
    *stays = false;
    e->scopes[0].document = *record;
    if (!find_form(&m, &e->scopes[0], e->forms[0].table, &first) ||
        (first != NULL && !dangles(&m, first, &gone)))
        return false;
    if (first == NULL || gone)
        return true;
    *stays = label == NULL;
    for (size_t f = 0; !*stays && f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        if (form->scope != &e->scopes[0] || strcmp(form->mapping->label, label) != 0)
            continue;
        if (!making_holds(record, form->scope, &form->mapping->when, &held, error) ||
            (held && !dangles(&m, form, &gone)))
            return false;
        *stays = held && !gone;
    }
    return true;
}

bool record_value(struct expectation *e, const struct form *form, const struct item *record,
                  const struct mapping_value *value, struct item *item, struct error *error)
{
    struct making m = {.e = e, .form = form, .record = record, .silent = true, .error = error};
    struct result result;
    form->scope->document = *record;
    if (!making_find_out(&m, value, false, &result))
        return false;
    *item = result.item;
    return true;
}

bool records_each(struct expectation *e, const uint8_t *payload, size_t length, record_visit visit,
                  void *context, struct error *error)
{
    const uint8_t *end = payload + length;
    while (payload < end) {
        uint32_t size = end - payload >= 5 ? get_le32(payload) : 0;
        struct item record = {.value = {.value_type = BSON_TYPE_DOCUMENT}};
        if (size < 5 || size > (size_t)(end - payload))
            return error_set(error, ERROR_SOURCE, "a document lies about its length");
        memcpy(&record.value.value.v_doc.data, &payload, sizeof payload); /* it is only read */
        record.value.value.v_doc.data_len = size;
        bool ok = visit(e, &record, context, error);
        arena_release(&e->texts);
        if (!ok)
            return name_record(e, &record, error);
        payload += size;
    }
    return true;
}

struct batch {
    const struct delivery *delivery;
    int64_t *records, *filtered;
};

static bool take_record(struct expectation *e, const struct item *record, void *context,
                        struct error *error)
{
    const struct batch *batch = context;
    bool out = false;
    (void)error;
    if (!put_record(e, record, &out, batch->delivery))
        return false;
    ++*batch->records;
    *batch->filtered += out;
    return true;
}

bool documents_batch(struct expectation *e, const uint8_t *payload, size_t length,
                     expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                     struct error *error)
{
    const struct delivery delivery = {callback, context, error};
    struct batch batch = {&delivery, records, filtered};
    return records_each(e, payload, length, take_record, &batch, error);
}
