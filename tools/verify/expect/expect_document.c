/* Records of document sources: what the mapping makes of them, column by column. */
#include "expect_function.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_row.h"
#include "expect_value.h"

#include <stdlib.h>
#include <string.h>

/* ---- before the first record ------------------------------------------------------------------
 */

static bool claim_conditions(struct scope *scope, const struct conditions *conditions,
                             struct error *error)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (!scope_claim(scope, conditions->items[i].path, CLAIM_TEST, error))
            return false;
    return true;
}

static bool claim_value(struct scope *scope, const struct mapping_value *value, struct error *error)
{
    if (value->kind == VALUE_FROM && !scope_claim(scope, value->from, CLAIM_WHOLE, error))
        return false;
    for (size_t i = 0; i < value->member_count; i++)
        if (!claim_value(scope, &value->members[i].value, error))
            return false;
    return claim_conditions(scope, &value->when, error);
}

static bool has_function(const struct mapping_value *value, enum mapping_function function)
{
    for (size_t i = 0; i < value->function_count; i++)
        if (value->functions[i] == function)
            return true;
    return false;
}

static struct scope *find_scope(struct expectation *e, const char *path)
{
    for (size_t i = 0; i < e->scope_count; i++)
        if (strcmp(e->scopes[i].path, path) == 0)
            return &e->scopes[i];
    e->scopes[e->scope_count] = (struct scope){.path = path};
    return &e->scopes[e->scope_count++];
}

static bool claim_form(struct expectation *e, struct form *form, struct error *error)
{
    const struct mapping_table *mapping = form->mapping;
    form->scope = find_scope(e, mapping->each != NULL ? mapping->each : "");
    if (mapping->each != NULL && !scope_claim(&e->scopes[0], mapping->each, CLAIM_EACH, error))
        return false;
    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_value *value = &mapping->columns[i].value;
        if (value->kind == VALUE_REST) {
            form->rest = value;
            form->scope->has_rest = true;
            form->scope->rest_safe = has_function(value, FUNCTION_SAFE_NUMBERS);
        }
        if (!claim_value(form->scope, value, error))
            return false;
    }
    return claim_conditions(form->scope, &mapping->when, error);
}

/* "tasks.draft" is dropped from the elements of tasks, if they are a scope. */
static bool claim_drop(struct expectation *e, const char *path, struct error *error)
{
    for (size_t i = 1; i < e->scope_count; i++) {
        size_t length = strlen(e->scopes[i].path);
        if (strncmp(path, e->scopes[i].path, length) == 0 && path[length] == '.')
            return scope_claim(&e->scopes[i], path + length + 1, CLAIM_DROP, error);
    }
    return scope_claim(&e->scopes[0], path, CLAIM_DROP, error);
}

static int compare_columns(const void *a, const void *b)
{
    const struct expected_column *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* The columns of all forms with the table's label. */
static bool gather_columns(struct expectation *e, struct expected_table *table, struct error *error)
{
    size_t most = 0;
    for (size_t f = 0; f < e->form_count; f++)
        most += e->forms[f].mapping->column_count;
    table->columns = arena_alloc(&e->arena, most, sizeof *table->columns);
    if (table->columns == NULL)
        return error_memory(error);
    for (size_t f = 0; f < e->form_count; f++) {
        const struct mapping_table *mapping = e->forms[f].mapping;
        for (size_t i = 0; strcmp(mapping->label, table->label) == 0 && i < mapping->column_count;
             i++) {
            const struct mapping_column *from = &mapping->columns[i];
            struct expected_column *column = &table->columns[expect_column(table, from->name)];
            if (column == &table->columns[table->column_count])
                table->columns[table->column_count++] =
                    (struct expected_column){.name = from->name, .type = from->type};
            column->key = column->key || expect_in_words(&mapping->key, from->name);
            if (!expect_can_put(&from->type) && from->value.kind != VALUE_PARENT)
                return expect_wrong(e, mapping, from->name,
                                    "a field of a document cannot become this type", error);
        }
    }
    qsort(table->columns, table->column_count, sizeof *table->columns, compare_columns);
    return true;
}

static bool gather_tables(struct expectation *e, struct error *error)
{
    size_t widest = 0;
    for (size_t f = 0; f < e->form_count; f++) {
        size_t t = 0;
        while (t < e->table_count && strcmp(e->tables[t].label, e->forms[f].mapping->label) != 0)
            t++;
        if (t == e->table_count) {
            e->tables[e->table_count++] = (struct expected_table){
                .label = e->forms[f].mapping->label, .mapping = e->forms[f].mapping};
            if (!gather_columns(e, &e->tables[t], error))
                return false;
        }
        struct form *form = &e->forms[f];
        form->table = &e->tables[t];
        form->places = arena_alloc(&e->arena, form->mapping->column_count, sizeof *form->places);
        if (form->places == NULL)
            return error_memory(error);
        for (size_t i = 0; i < form->mapping->column_count; i++)
            form->places[i] = expect_column(form->table, form->mapping->columns[i].name);
        if (form->table->column_count > widest)
            widest = form->table->column_count;
    }
    return row_init(&e->row, &e->arena, widest, error) &&
           row_init(&e->parent, &e->arena, widest, error);
}

bool documents_prepare(struct expectation *e, struct error *error)
{
    size_t count = e->entity->table_count;
    e->forms = arena_alloc(&e->arena, count, sizeof *e->forms);
    e->tables = arena_alloc(&e->arena, count, sizeof *e->tables);
    e->scopes = arena_alloc(&e->arena, count + 1, sizeof *e->scopes);
    if (e->forms == NULL || e->tables == NULL || e->scopes == NULL)
        return error_memory(error);
    find_scope(e, "");
    for (; e->form_count < count; e->form_count++) {
        struct form *form = &e->forms[e->form_count];
        form->mapping = &e->entity->tables[e->form_count];
        if (!claim_form(e, form, error))
            return false;
    }
    for (size_t i = 0; i < e->entity->drops.count; i++)
        if (!claim_drop(e, e->entity->drops.items[i], error))
            return false;
    for (size_t i = 0; i < e->scope_count; i++)
        if (!scope_name_paths(&e->scopes[i], &e->counts, error))
            return false;
    return gather_tables(e, error);
}

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

static bool holds(const struct scope *scope, const struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        struct item field = item_find(&scope->document, condition->path);
        if (item_equals(&field, condition->value) == condition->negated)
            return false;
    }
    return true;
}

/* Something happened to all fields that the value names. */
static void settle(struct scope *scope, const struct mapping_value *value, enum fate fate)
{
    if (value->kind == VALUE_FROM)
        scope_settle(scope, value->from, fate);
    for (size_t i = 0; i < value->member_count; i++)
        settle(scope, &value->members[i].value, fate);
}

static bool find_out(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct item *item, enum fate *fate);

/* One of several is written: the first that is something, or all when none is. */
static bool take_first(const struct making *m, const struct mapping_value *value, struct item *item)
{
    struct scope *scope = m->form->scope;
    size_t next = 0;
    for (; next < value->member_count && item_is_nothing(item); next++) {
        const struct mapping_value *member = &value->members[next].value;
        enum fate fate;
        if (!find_out(m, member, false, item, &fate))
            return false;
        bool in_vain = fate == FATE_WRITTEN && item_is_nothing(item);
        settle(scope, member, in_vain ? FATE_DROPPED : fate);
    }
    bool none = item_is_nothing(item);
    for (size_t i = 0; none && i < value->member_count; i++)
        if (holds(scope, &value->members[i].value.when))
            settle(scope, &value->members[i].value, FATE_WRITTEN);
    for (; next < value->member_count; next++)
        settle(scope, &value->members[next].value, FATE_DROPPED);
    return true;
}

static bool take_origin(const struct making *m, const struct mapping_value *value,
                        struct item *item)
{
    switch ((int)value->kind) {
    case VALUE_FROM:
        *item = item_find(&m->form->scope->document, value->from);
        return true;
    case VALUE_CONST:
        *item = item_of_json(value->constant);
        return true;
    case VALUE_POSITION:
        *item = item_of_int(m->position);
        return true;
    case VALUE_FIRST:
        return take_first(m, value, item);
    default:
        return true; /* an object or a rest that is not there */
    }
}

/* The value after its conditions, functions and default, and what became of what it names. */
static bool find_out(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct item *item, enum fate *fate)
{
    struct scope *scope = m->form->scope;
    bool held = holds(scope, &value->when);
    *fate = held ? FATE_WRITTEN : FATE_DROPPED;
    *item = (struct item){0};
    if (held && !take_origin(m, value, item))
        return false;
    struct expect_surroundings around = {.record = m->record, .texts = &m->e->texts};
    for (size_t i = 0; i < value->function_count; i++)
        if (!expect_apply(value->functions[i], &around, item, m->error))
            return false;
    bool absent = item->value.value_type == BSON_TYPE_EOD;
    if (value->fallback != NULL && (absent || (not_null && item_is_nothing(item)))) {
        *item = item_of_json(value->fallback);
        *fate = FATE_DEFAULTED;
    }
    if (around.lost)
        *fate = FATE_LOST;
    return true;
}

static bool evaluate(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct item *item)
{
    enum fate fate;
    if (!find_out(m, value, not_null, item, &fate))
        return false;
    /* What is made of several fields is written of those that it took, and each of them says so. */
    if (value->kind == VALUE_FROM || fate != FATE_WRITTEN)
        settle(m->form->scope, value, fate);
    return true;
}

static bool put_object(const struct making *m, const struct mapping_value *value, bool safe,
                       const char *path, struct buffer *out);

/* An identity inside an object is its UUID's text. */
static bool put_member_identity(const struct making *m, const struct mapping_value *value,
                                const struct item *item, const char *path, struct buffer *out)
{
    uint8_t uuid[16];
    char text[37];
    if (!expect_identity(&m->e->project->identity, value->id_of->name, item, uuid))
        return item_misfit(item, path, "it is nobody's id", m->error);
    expect_uuid_write(uuid, text);
    canonical_put_json_string(out, text, 36);
    return true;
}

static bool put_member(const struct making *m, const struct mapping_member *member, bool safe,
                       const char *path, struct canonical_object *object)
{
    const struct mapping_value *value = &member->value;
    struct item item;
    bool made = value->kind == VALUE_OBJECT && holds(m->form->scope, &value->when);
    if (!made && !evaluate(m, value, false, &item))
        return false;
    if (!made && item.value.value_type == BSON_TYPE_EOD)
        return true; /* an absent member is left out */
    canonical_object_member(object);
    if (!expect_json_key(object->out, member->name, path, m->error))
        return false;
    safe = safe || has_function(value, FUNCTION_SAFE_NUMBERS);
    if (made)
        return put_object(m, value, safe, path, object->out);
    if (value->id_of != NULL && !item_is_nothing(&item))
        return put_member_identity(m, value, &item, path, object->out);
    item.safe = item.safe || safe;
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
        .path = path,
    };
    bool not_null = column->not_null || expect_in_words(&m->form->mapping->key, column->name);
    struct item item;
    if (value->kind == VALUE_PARENT)
        return put_parent(m, column, out);
    if (value->kind == VALUE_REST)
        scope->rest_fate = holds(scope, &value->when) ? FATE_REST : FATE_DROPPED;
    if (value->kind == VALUE_REST && scope->unspoken > 0 && scope->rest_fate == FATE_REST) {
        buffer_putc(out, 'j');
        buffer_put(out, scope->rest.data, scope->rest.length);
        return true;
    }
    if (value->kind == VALUE_OBJECT && holds(scope, &value->when)) {
        buffer_putc(out, 'j');
        return put_object(m, value, has_function(value, FUNCTION_SAFE_NUMBERS), path, out);
    }
    if (!evaluate(m, value, not_null, &item))
        return false;
    if (not_null && item_is_nothing(&item))
        return item_misfit(&item, path, "its column must not be null", m->error);
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
        settle(form->scope, &form->mapping->columns[i].value, FATE_DROPPED);
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
        if (!holds(scope, &m->form->mapping->when)) {
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
static const struct form *find_form(const struct expectation *e, const struct scope *scope,
                                    const struct expected_table *table)
{
    for (size_t f = 0; f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        if (form->scope == scope && (table == NULL || form->table == table) &&
            holds(scope, &form->mapping->when))
            return form;
    }
    return NULL;
}

/* Take up the document at hand. What its rest would be is made only where a row keeps it: elsewhere
 * nobody asks what is in it. */
static bool enter(const struct expectation *e, struct scope *scope, struct path_counts *counts,
                  struct error *error)
{
    scope->rest_wanted = false;
    for (size_t f = 0; f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        scope->rest_wanted = scope->rest_wanted || (form->scope == scope && form->rest != NULL &&
                                                    holds(scope, &form->mapping->when) &&
                                                    holds(scope, &form->rest->when));
    }
    return scope_enter(scope, counts, error);
}

static bool put_element(struct making *m, struct scope *scope, const struct item *element,
                        const struct delivery *delivery)
{
    scope->document = *element;
    if (!enter(m->e, scope, &m->e->counts, delivery->error))
        return false;
    if (find_form(m->e, scope, NULL) == NULL)
        scope_pass_over(scope);
    else if (!put_rows(m, scope, NULL, delivery))
        return false;
    return scope_leave(scope, &m->e->counts, delivery->error);
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
    scope->document = *record;
    const struct form *first = find_form(e, scope, e->forms[0].table);
    *filtered = first == NULL;
    if (*filtered)
        return true;
    if (!enter(e, scope, &e->counts, delivery->error))
        return false;
    if (!put_rows(&m, scope, first, delivery))
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
