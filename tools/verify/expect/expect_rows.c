/* Records: which rows they become, and which of them stay. */
#include "expect_rows.h"
#include "expect_document.h"
#include "expect_rest.h"
#include "graduate/path.h"

#include <string.h>

/* A form of rows whose conditions do not hold. */
static void pass_over(const struct form *form)
{
    for (size_t i = 0; i < form->column_count; i++)
        making_settle(form->scope, &form->columns[i].value, FATE_KEPT_OUT);
}

/* A row whose key another of the record has in this table: by a rule it is given up. */
static bool check_twice(const struct making *m, const struct row *row, bool *twice)
{
    const struct form *form = m->form;
    if (!row_keys_add(form->keys, row, twice, m->error))
        return false;
    if (!*twice)
        return true;
    if (mapping_remedy(&form->mapping->misfits, MISFIT_ROW_TWICE) != REMEDY_MEND)
        return item_misfit(&form->scope->document, form->scope->path,
                           "a row with its key is there already", m->error);
    for (size_t i = 0; i < form->mapping->column_count; i++) {
        making_settle(form->scope, &form->mapping->columns[i].value, FATE_LOST);
        rest_settle(m, &form->mapping->columns[i].value, FATE_LOST);
    }
    return true;
}

/* Does a reference of the form's row dangle, so that the row is left out? It is counted then, and
 * nothing else of the row is. */
static bool dangles(struct making *m, const struct form *form, bool *gone)
{
    struct making silent = *m;
    silent.form = form;
    silent.silent = true;
    *gone = false;
    for (size_t i = 0; !*gone && i < form->column_count; i++) {
        const struct mapping_column *column = &form->columns[i];
        struct result result;
        if (column->value.dangling != DANGLING_LEFT_OUT || column->type.array)
            continue;
        struct item instead;
        m->e->mending = (struct expect_mending){.remedies = &column->misfits};
        if (!making_find_out(&silent, &column->value, false, &result)) {
            if (m->error->code != ERROR_DATA ||
                !expect_stands_in(&m->e->mending, column, &instead))
                return false;
            *m->error = (struct error){0};
            continue;
        }
        *gone = result.gone;
        m->form = form;
        if (*gone)
            making_count(m, result.field, FATE_DANGLING, 1);
    }
    return true;
}

/* The rows of the scope's document. Of the form `asked` it is known that no reference dangles.
 * *any: there is a row; *gone: one is left out for a reference that dangles. */
static bool put_rows(struct making *m, struct scope *scope, const struct form *asked,
                     const struct delivery *delivery, bool *any, bool *gone)
{
    struct expectation *e = m->e;
    *any = *gone = false;
    for (size_t f = 0; f < e->form_count; f++) {
        struct form *form = &e->forms[f];
        struct row *row = form->kept != NULL ? form->kept : &e->row;
        bool held, left = false, twice = false;
        m->form = form;
        if (form->scope != scope)
            continue;
        form->has_row = false;
        if (!making_holds(m->record, scope, &form->mapping->when, &held, m->error) ||
            (held && form != asked && !dangles(m, form, &left)))
            return false;
        *gone = *gone || left;
        if (!held || left) {
            pass_over(form);
            continue;
        }
        *any = true;
        if (!making_put_row(m, row) || (form->keys != NULL && !check_twice(m, row, &twice)))
            return false;
        if (twice)
            continue;
        if (!row_deliver(row, delivery->callback, delivery->context, delivery->error))
            return false;
        form->has_row = true;
    }
    return true;
}

/* The first form of the record's first table whose conditions hold, or NULL. */
static bool find_form(const struct making *m, const struct form **found)
{
    const struct expectation *e = m->e;
    struct scope *record = &e->scopes[0];
    *found = NULL;
    for (size_t f = 0; *found == NULL && f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        bool held = false;
        if (form->scope != record || form->table != e->forms[0].table)
            continue;
        if (!making_holds(m->record, record, &form->mapping->when, &held, m->error))
            return false;
        *found = held ? form : NULL;
    }
    return true;
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

static bool put_inner(struct making *m, struct scope *scope, const struct delivery *delivery);

/* Where no table takes elements of this level, those inside of them do. */
static bool put_element(struct making *m, struct scope *scope, const struct delivery *delivery)
{
    struct path_counts *counts = &m->e->counts;
    bool any, gone, ruled, left = false;
    if (!scope_enter(scope, counts, m->error) || !put_rows(m, scope, NULL, delivery, &any, &gone) ||
        (!any && !gone && !is_left_out(m, scope, &ruled, &left)))
        return false;
    path_counts_number(counts, scope->account, FATE_ELEMENTS, 1);
    if (left || (gone && !any)) {
        scope_set_aside(scope, FATE_LEFT_OUT);
        return scope_leave(scope, counts, m->error);
    }
    if (!any && scope->has_forms)
        return item_misfit(&scope->document, scope->path, "no table takes this element", m->error);
    path_counts_number(counts, scope->account, FATE_TAKEN, 1);
    return put_inner(m, scope, delivery) && scope_leave(scope, counts, m->error);
}

/* The elements of an array that stands in the document of the scope around. */
static bool put_elements(struct making *m, struct scope *scope, const char *path,
                         const struct delivery *delivery)
{
    struct item array = item_find(&scope->outer->document, path);
    bson_iter_t iter;
    bson_type_t wanted = scope->members ? BSON_TYPE_DOCUMENT : BSON_TYPE_ARRAY;
    bool ok = true, is_array = array.value.value_type == wanted;
    if (item_is_nothing(&array) || (!is_array && !scope->fixed))
        return true; /* a level that is a document on the way */
    if (!is_array && scope->list) {
        scope_take(scope, &array);
        scope->position = 1;
        return put_element(m, scope, delivery);
    }
    if (!is_array)
        return item_misfit(&array, scope->path, "the mapping looks for an array", delivery->error);
    if (!item_open(&array, &iter, delivery->error))
        return error_at(delivery->error, NULL, NULL, scope->path);
    scope->position = 0;
    if (scope->members)
        path_counts_number(&m->e->counts, scope->account, FATE_MET, 1);
    while (ok && item_next(&iter, &ok, delivery->error)) {
        const struct item element = item_element(&array, &iter);
        scope_take(scope, &element);
        scope->name = bson_iter_key(&iter);
        scope->position++;
        ok = put_element(m, scope, delivery);
    }
    return ok;
}

static bool put_inner(struct making *m, struct scope *scope, const struct delivery *delivery)
{
    struct expectation *e = m->e;
    scope->view = making_view(m->record, scope);
    for (size_t s = 1; s < e->scope_count; s++) {
        if (scope->arrays[s] == NULL)
            continue;
        e->scopes[s].outer = scope;
        if (!put_elements(m, &e->scopes[s], scope->arrays[s], delivery))
            return false;
    }
    return true;
}

/* Has the record's first table several forms? */
static bool has_several(const struct expectation *e)
{
    size_t forms = 0;
    for (size_t f = 0; f < e->form_count; f++)
        forms += e->forms[f].scope == &e->scopes[0] && e->forms[f].table == e->forms[0].table;
    return forms > 1;
}

static bool leave_record(struct expectation *e, struct error *error)
{
    if (e->catalog != NULL)
        tuples_settle_computed(e);
    return scope_leave(&e->scopes[0], &e->counts, error);
}

/* The first table decides of the record: where none of its forms holds, there is no row at all. One
 * of several forms, or else one of the rules, must have said so. */
static bool put_record(struct expectation *e, const struct item *record, bool *filtered,
                       const struct delivery *delivery)
{
    struct scope *scope = &e->scopes[0];
    struct making m = {.e = e, .record = record, .error = delivery->error};
    const struct form *first;
    bool any, left = false;
    scope_take(scope, record);
    if (e->no_json.value.value_type != BSON_TYPE_EOD) {
        if (!scope_enter(scope, &e->counts, m.error))
            return false;
        e->mending = (struct expect_mending){.remedies = &e->entity->misfits};
        expect_refuse(&e->mending, MISFIT_JSON);
        return item_misfit(&e->no_json, e->no_json_path, "it is no JSON", m.error);
    }
    for (size_t f = 0; f < e->form_count; f++)
        if (e->forms[f].keys != NULL)
            row_keys_clear(e->forms[f].keys);
    if (!find_form(&m, &first) || (first != NULL && !dangles(&m, first, &left)))
        return false;
    *filtered = first == NULL || left;
    if (left) {
        scope_meet(scope, &e->counts);
        return true;
    }
    if (*filtered) {
        if (!is_left_out(&m, scope, &any, &left))
            return false;
        if ((any || has_several(e)) && !left)
            return item_misfit(record, ".", "no table takes this record", m.error);
        scope_meet(scope, &e->counts);
        return true;
    }
    return scope_enter(scope, &e->counts, m.error) &&
           put_rows(&m, scope, first, delivery, &any, &left) && put_inner(&m, scope, delivery) &&
           leave_record(e, delivery->error);
}

static bool deliver_nothing(void *context, const struct expected_row *row, struct error *error)
{
    (void)context;
    (void)row;
    (void)error;
    return true;
}

static void give_back(struct path_counts *counts, const struct buffer *before)
{
    size_t size = sizeof counts->items->values;
    for (size_t i = 0; i < counts->count; i++) {
        memset(counts->items[i].values, 0, size);
        if ((i + 1) * size <= before->length)
            memcpy(counts->items[i].values, before->data + i * size, size);
    }
}

/* Is the record to be set aside, for a value in it? It is made once for nothing, so that no row of
 * it goes anywhere; what that counts is taken back. */
static bool is_rejected(struct expectation *e, const struct item *record, bool *rejected,
                        struct error *error)
{
    const struct delivery nowhere = {deliver_nothing, NULL, error};
    const struct expect_mending *mending = &e->mending;
    struct buffer before;
    bool filtered;
    buffer_init(&before);
    e->mending = (struct expect_mending){0};
    for (size_t i = 0; i < e->counts.count; i++)
        buffer_put(&before, e->counts.items[i].values, sizeof e->counts.items[i].values);
    if (!buffer_ok(&before, error))
        return false;
    bool ok = put_record(e, record, &filtered, &nowhere);
    bool misfit =
        mending->refused && mapping_remedy(mending->remedies, mending->kind) == REMEDY_REJECT;
    *rejected = !ok && error->code == ERROR_DATA && (misfit || mending->dangles);
    if (*rejected)
        *error = (struct error){0};
    give_back(&e->counts, &before);
    buffer_release(&before);
    return ok || *rejected;
}

bool expect_record(struct expectation *e, const struct item *record, bool *filtered,
                   const struct delivery *delivery)
{
    bool rejected = false;
    *filtered = false;
    if ((e->entity->rejects || e->refused) && !is_rejected(e, record, &rejected, delivery->error))
        return false;
    if (!rejected && !e->refused)
        return put_record(e, record, filtered, delivery);
    struct scope *scope = &e->scopes[0];
    e->rejected++;
    scope_set_aside(scope, FATE_REJECTED);
    return scope_leave(scope, &e->counts, delivery->error);
}

static bool has_row(struct expectation *e, const struct item *record, const char *label,
                    bool *stays, struct error *error)
{
    struct making m = {.e = e, .record = record, .silent = true, .error = error};
    const struct form *first;
    bool held, gone = false;
    *stays = false;
    scope_take(&e->scopes[0], record);
    if (!find_form(&m, &first) || (first != NULL && !dangles(&m, first, &gone)))
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

/* One that does not fit for another reason than to be set aside is for the rows to find. */
bool record_stays(struct expectation *e, const struct item *record, const char *label, bool *stays,
                  bool *aside, struct error *error)
{
    *aside = false;
    if (!has_row(e, record, label, stays, error))
        return false;
    if (!*stays || !e->entity->rejects)
        return true;
    if (!is_rejected(e, record, aside, error)) {
        if (error->code != ERROR_DATA)
            return false;
        *error = (struct error){0};
    }
    *stays = !*aside;
    return true;
}

bool record_value(struct expectation *e, const struct form *form, const struct item *record,
                  size_t column, struct item *item, struct error *error)
{
    struct making m = {.e = e, .form = form, .record = record, .silent = true, .error = error};
    const struct carried *carried = form->carried != NULL ? &form->carried[column] : NULL;
    struct result result;
    if (carried != NULL && carried->source >= 0) {
        const struct tuple_field *field = &e->fields[carried->source];
        *item = field->length < 0 ? (struct item){.value = {.value_type = BSON_TYPE_NULL}}
                                  : tuples_id(carried, field);
        return true;
    }
    scope_take(form->scope, record);
    e->mending = (struct expect_mending){.remedies = &form->columns[column].misfits};
    if (!making_find_out(&m, &form->columns[column].value, false, &result))
        return false;
    *item = result.item;
    return true;
}
