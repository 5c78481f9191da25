/* One row, column by column. */
#include "expect_account.h"
#include "expect_document.h"
#include "expect_function.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_rest.h"
#include "expect_value.h"

#include <string.h>

/* Of the row above that was made of what is around the document: by the first form that has one. */
static bool put_parent(const struct making *m, const struct mapping_column *column,
                       const char *path, struct buffer *out)
{
    const struct mapping_value *value = &column->value;
    const struct row *parent = expect_row_above(m->e, value->above->label);
    if (parent == NULL)
        return item_misfit(&m->form->scope->document, path, "the row above is not there", m->error);
    size_t place = expect_column(parent->table, value->from);
    if (place == parent->table->column_count || !parent->parts[place].given) {
        buffer_putc(out, 'N');
        return true;
    }
    if (buffer_ok(&parent->bytes, m->error))
        buffer_put(out, parent->bytes.data + parent->parts[place].start,
                   parent->parts[place].length);
    return !parent->bytes.failed;
}

/* A field of a tuple as it is. Where a null must not be one, a default has taken its place. */
static bool put_carried(const struct making *m, const struct mapping_column *column,
                        const struct carried *carried, struct buffer *out)
{
    struct scope *scope = m->form->scope;
    const struct tuple_field *field = &m->e->fields[carried->source];
    const struct mapping_value *value = &column->value;
    bool one_way = false;
    if (value->id_of != NULL && field->length >= 0) {
        const struct item id = tuples_id(carried, field);
        one_way = expect_identity_is_one_way(&id);
    }
    if (one_way)
        scope_number(scope, &m->e->counts, value->from, FATE_BY_ONE_WAY_ID, 1);
    scope_settle(scope, value->from,
                 one_way                                 ? FATE_CHANGED
                 : field->length < 0 && column->not_null ? FATE_DEFAULTED
                                                         : FATE_WRITTEN);
    return tuples_put(m->e, column, carried, out, m->error);
}

/* Null or the default for a value that was refused. */
static bool stands_in(const struct making *m, const struct mapping_column *column,
                      struct item *item)
{
    if (m->error->code != ERROR_DATA || !expect_stands_in(&m->e->mending, column, item))
        return false;
    *m->error = (struct error){0};
    return true;
}

/* What was put is one of those that "in" allows. Asked only where something is done with others. */
static bool is_allowed(const struct making *m, const struct mapping_column *column,
                       const struct expect_target *target, const uint8_t *bytes, size_t length,
                       const char *path)
{
    struct expect_target plain = *target;
    struct error ignored;
    struct buffer other;
    const cJSON *word;
    enum remedy remedy = mapping_remedy(&column->misfits, MISFIT_OTHER);
    bool found = column->in == NULL || bytes[0] == 'N' || remedy == REMEDY_ERROR;
    plain.mending = NULL;
    buffer_init(&other);
    cJSON_ArrayForEach(word, column->in)
    {
        const struct item allowed = item_of_json(word);
        buffer_clear(&other);
        found = found || (expect_put(&plain, &allowed, &other, &ignored) && !other.failed &&
                          other.length == length && memcmp(other.data, bytes, length) == 0);
    }
    buffer_release(&other);
    if (found)
        return true;
    error_set(m->error, ERROR_DATA, "the value is none of those that are allowed");
    error_at(m->error, NULL, NULL, path);
    return expect_refuse(&m->e->mending, MISFIT_OTHER);
}

/* Would Supabase Auth find and read the account with what was put? */
static bool is_borne(const struct making *m, const struct mapping_column *column,
                     const uint8_t *bytes, size_t length, const char *path)
{
    if (column->value.id_of != NULL ||
        expect_is_borne(m->form->table->mapping->label, column->name, bytes, length))
        return true;
    error_set(m->error, ERROR_DATA, "Supabase Auth does not bear such a value of %s", column->name);
    error_at(m->error, NULL, NULL, path);
    return expect_refuse(&m->e->mending, MISFIT_OTHER);
}

static bool refuse_null(const struct making *m, const struct expect_target *target,
                        const struct item *item)
{
    expect_refuse(target->mending, MISFIT_OTHER);
    return item_misfit(item, target->path, "its column must not be null", m->error);
}

/* *refused: what is wrong is the value, for which something may stand in. */
static bool put_item(const struct making *m, const struct mapping_column *column,
                     const struct expect_target *target, struct item *item, bool not_null,
                     bool *refused, struct buffer *out)
{
    const struct mapping_value *value = &column->value;
    size_t start = out->length;
    *refused = false;
    if (not_null && item_is_nothing(item))
        return refuse_null(m, target, item);
    item->mending = target->mending;
    if (!expect_put(target, item, out, m->error) ||
        (value->keys_id_of != NULL && !item_is_nothing(item) &&
         !expect_json_identify(out, start + 1, &m->e->project->identity, value, m->e->lookup,
                               target->path, m->error)) ||
        (!out->failed &&
         !is_allowed(m, column, target, out->data + start, out->length - start, target->path)) ||
        (!out->failed &&
         !is_borne(m, column, out->data + start, out->length - start, target->path))) {
        *refused = true;
        return false;
    }
    return !not_null || out->failed || out->data[start] != 'N' || refuse_null(m, target, item);
}

static bool put_column(const struct making *m, const struct mapping_column *column,
                       const struct carried *carried, const char *path, struct buffer *out)
{
    const struct mapping_value *value = &column->value;
    struct scope *scope = m->form->scope;
    const struct expect_target target = {
        .type = column->type,
        .rule = &m->e->project->identity,
        .id_entity = value->id_of != NULL ? value->id_of->name : NULL,
        .ids = value->ids,
        .resolved = mapping_is_looked_up(value),
        .path = path,
        .list = mapping_remedy(&column->misfits, MISFIT_NO_ARRAY) == REMEDY_MEND,
        .mending = &m->e->mending,
    };
    bool not_null = column->not_null || expect_in_words(&m->form->key, column->name);
    const char *field;
    struct item item;
    m->e->mending = (struct expect_mending){.remedies = &column->misfits};
    if (value->kind == VALUE_PARENT)
        return put_parent(m, column, path, out);
    if (carried != NULL && carried->source >= 0)
        return put_carried(m, column, carried, out);
    bool held;
    if (!making_holds(m->record, scope, &value->when, &held, m->error))
        return false;
    if (!held)
        rest_settle(m, value, FATE_KEPT_OUT);
    else if (rest_is_there(m, value)) {
        buffer_putc(out, 'j');
        return rest_put(m, value, false, out);
    }
    if (mapping_value_is_json(value, &column->type) && held) {
        buffer_putc(out, 'j');
        return making_put_made(m, value, expect_has_function(value, FUNCTION_SAFE_NUMBERS), path, out);
    }
    if (!making_evaluate(m, value, not_null, &item, &field)) {
        if (!stands_in(m, column, &item) || !making_look_up(m, value, &item))
            return false;
        making_settle(scope, value, FATE_LOST);
        field = NULL;
    }
    size_t start = out->length;
    bool refused = false;
    if (!put_item(m, column, &target, &item, not_null, &refused, out)) {
        if (!refused || !stands_in(m, column, &item))
            return false;
        out->length = out->failed ? out->length : start;
        if (!put_item(m, column, &target, &item, not_null, &refused, out))
            return false;
    }
    if (column->type.base == PG_JSON || column->type.base == PG_JSONB)
        making_note_hex_ids(m, field, &item);
    if (m->e->mending.lost && field != NULL)
        scope_settle(scope, field, FATE_LOST);
    return true;
}

bool making_put_row(const struct making *m, struct row *row)
{
    const char *scope = m->form->scope->path;
    struct buffer joined;
    bool ok = true;
    buffer_init(&joined);
    row_begin(row, m->form->table);
    for (size_t i = 0; ok && i < m->form->column_count; i++) {
        const struct mapping_column *column = &m->form->columns[i];
        const struct carried *carried = m->form->carried != NULL ? &m->form->carried[i] : NULL;
        bool field = column->value.kind == VALUE_FROM;
        const char *path = field ? column->value.from : column->name;
        if (field && scope[0] != '\0') {
            buffer_clear(&joined);
            path_join(&joined, scope, path);
            path = buffer_text(&joined);
        }
        row_open(row, m->form->places[i]);
        ok = put_column(m, column, carried, path, &row->bytes);
        row_close(row, m->form->places[i]);
        if (!ok)
            error_at(m->error, NULL, NULL, column->name);
    }
    buffer_release(&joined);
    return ok;
}
