#include "rows.h"
#include "column.h"
#include "condition.h"
#include "document.h"
#include "evaluation.h"
#include "graduate/path.h"
#include "refusable.h"
#include "rejection.h"
#include "scope.h"
#include "value_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool rows_init(struct rows *rows, size_t outputs, struct error *error)
{
    *rows = (struct rows){.count = outputs};
    json_fields_init(&rows->json);
    rows->lists = calloc(outputs + 1, sizeof *rows->lists);
    return (rows->lists != NULL || error_memory(error)) &&
           rejection_init(&rows->rejection, outputs, error);
}

void rows_release(struct rows *rows)
{
    for (size_t i = 0; rows->lists != NULL && i < rows->count; i++)
        buffer_release(&rows->lists[i].tuples);
    free(rows->lists);
    rejection_release(&rows->rejection);
    json_fields_release(&rows->json);
    *rows = (struct rows){0};
}

void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        buffer_clear(&rows->lists[i].tuples);
        rows->lists[i].rows = rows->lists[i].told = 0;
    }
    rows->filtered = 0;
    rejection_clear(&rows->rejection);
}

/* What a trial passes over stands as a null; of a rest that is not there nothing more is said. */
static bool pass_over_column(const struct origin *origin, struct scope *scope,
                             const struct column_plan *column, size_t start, struct buffer *out,
                             struct error *error)
{
    if (!problems_take(origin->plan->problems, column->column->name, error))
        return error_at(error, NULL, NULL, column->column->name);
    document_settle_rest(scope, &column->expression, FATE_KEPT_OUT);
    out->length = start;
    encode_null(out);
    return true;
}

static bool put_row(const struct rows *rows, const struct origin *origin,
                    struct output_plan *output, struct row_list *list, struct error *error)
{
    struct scope *scope = output->scope;
    buffer_put_be16(&list->tuples, (uint16_t)output->column_count);
    for (size_t i = 0; i < output->column_count; i++) {
        size_t start = list->tuples.length;
        struct column_plan *column = &output->columns[i];
        if (output->fields != NULL)
            output->fields[i] = start;
        const struct value *field = column_plain_field(scope, column);
        if (!(field != NULL ? column_put_plain(scope, column, field, &list->tuples, error)
                            : column_put(rows, origin, scope, column, &list->tuples, error)) &&
            !scope_at(scope, error) &&
            !pass_over_column(origin, scope, column, start, &list->tuples, error))
            return false;
    }
    list->rows++;
    return buffer_ok(&list->tuples, error);
}

/* What of the row's key comes from its document, for messages. */
static void describe_key(const struct output_plan *output, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t k = 0; k < output->output->key_count; k++) {
        const struct expression *expression = &output->columns[output->output->key[k]].expression;
        char what[120];
        size_t used = strlen(out);
        if (expression->slot == NO_SLOT)
            continue;
        value_brief(&output->scope->slots[expression->slot], what, sizeof what);
        snprintf(out + used, size - used, "%s\"%s\"", used > 0 ? ", " : "", what);
    }
    if (out[0] == '\0')
        snprintf(out, size, "the key of its row");
}

/* The row that was put last, at `start` of the list: has the record one with its key in this table?
 * Then it is taken back, by a rule or as an error. */
static bool check_twice(const struct origin *origin, struct output_plan *output,
                        struct row_list *list, size_t start, bool *twice, struct error *error)
{
    struct scope *scope = output->scope;
    struct buffer place;
    row_set_begin(output->keys);
    for (size_t k = 0; !list->tuples.failed && k < output->key_count; k++) {
        const uint8_t *field = list->tuples.data + output->fields[output->key[k]];
        uint32_t length = get_be32(field);
        buffer_put(&output->keys->keys, field, length == UINT32_MAX ? 4 : 4 + (size_t)length);
    }
    bool ok = row_set_add(output->keys, twice, error);
    if (!ok || !*twice)
        return ok;
    char what[400];
    list->tuples.length = start;
    list->rows--;
    describe_key(output, what, sizeof what);
    buffer_init(&place);
    scope_put_place(scope, &place);
    if (mapping_remedy(&output->output->table->misfits, MISFIT_ROW_TWICE) == REMEDY_MEND) {
        losses_add(&origin->plan->losses, buffer_text(&place), "row_twice", what,
                   "the row before it");
        for (size_t i = 0; i < output->column_count; i++) {
            evaluation_settle(scope, &output->columns[i].expression, FATE_LOST);
            document_settle_rest(scope, &output->columns[i].expression, FATE_LOST);
        }
    } else {
        error_set(error, ERROR_DATA, "%s stands there twice: %s takes one row with this key", what,
                  output->output->table->label);
        error_hint(error, "correct the record in the source; or let the first stay, with "
                          "\"misfit\": {\"row_twice\": \"first\"} in the table; then run again");
        ok = error_at(error, NULL, NULL, buffer_text(&place));
    }
    buffer_release(&place);
    return ok;
}

/* A form of rows whose conditions do not hold. */
static void pass_over(const struct output_plan *output)
{
    for (size_t i = 0; i < output->column_count; i++)
        evaluation_settle(output->scope, &output->columns[i].expression, FATE_KEPT_OUT);
}

/* Does this form of rows take the document at hand? *gone: it would, but for a reference in it that
 * dangles. Of the form `asked` it is known that none does. */
static bool takes(const struct origin *origin, struct output_plan *output,
                  const struct output_plan *asked, bool *taken, bool *gone, struct error *error)
{
    bool dangles = false;
    if (!condition_holds(output->tests, output->test_count, taken, error) ||
        (*taken && output != asked && !evaluation_dangles(origin, output, &dangles, error)))
        return false;
    *taken = *taken && !dangles;
    *gone = *gone || dangles;
    return true;
}

/* The rows of the document at hand in all their forms, and what became of its values. *any: there
 * is one; *gone: there would be, but for a reference that dangles. */
static bool put_outputs(struct rows *rows, struct plan *plan, struct scope *scope,
                        const struct origin *origin, const struct output_plan *asked, bool *any,
                        bool *gone, struct error *error)
{
    *any = *gone = false;
    for (size_t i = 0; i < plan->output_count; i++) {
        struct output_plan *output = &plan->outputs[i];
        bool taken;
        if (output->scope != scope)
            continue;
        size_t start = rows->lists[i].tuples.length;
        bool twice = false;
        output->has_row = false;
        if (!takes(origin, output, asked, &taken, gone, error))
            return false;
        if (!taken)
            pass_over(output);
        else if (!put_row(rows, origin, output, &rows->lists[i], error) ||
                 (output->keys != NULL &&
                  !check_twice(origin, output, &rows->lists[i], start, &twice, error)))
            return false;
        *any = *any || taken;
        output->has_row = taken && !twice;
    }
    return true;
}

/* Does a rule leave it out? */
static bool is_left_out(const struct plan *plan, const struct scope *scope, bool *left,
                        struct error *error)
{
    *left = false;
    for (size_t i = 0; !*left && i < plan->rule_count; i++)
        if (plan->rules[i].scope == scope &&
            !condition_holds(plan->rules[i].tests, plan->rules[i].test_count, left, error))
            return false;
    return true;
}

/* "public.books", or "public.books/1" of several forms. */
static void name_form(const struct plan *plan, size_t output, char *out, size_t size)
{
    const char *label = plan->outputs[output].output->table->label;
    size_t forms = 0, form = 0;
    for (size_t i = 0; i < plan->output_count; i++) {
        bool same = strcmp(plan->outputs[i].output->table->label, label) == 0;
        form += same && i < output;
        forms += same;
    }
    if (forms > 1)
        snprintf(out, size, "%s/%zu", label, form);
    else
        snprintf(out, size, "%s", label);
}

/* Which condition of which table turned it down: what the first that failed found there. */
static void describe_refusal(const struct plan *plan, const struct scope *scope, char *out,
                             size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < plan->output_count; i++) {
        const struct output_plan *output = &plan->outputs[i];
        size_t used = strlen(out);
        char why[400], name[160];
        if (output->scope == scope &&
            condition_refusal(output->tests, output->test_count, why, sizeof why)) {
            name_form(plan, i, name, sizeof name);
            snprintf(out + used, size - used, "%s/to/%s/when/%s", used > 0 ? "; " : ": ", name,
                     why);
        }
    }
}

static bool refuse_element(const struct plan *plan, const struct scope *scope, struct error *error)
{
    char why[700];
    describe_refusal(plan, scope, why, sizeof why);
    error_set(error, ERROR_DATA, "no table takes this element%s", why);
    error_hint(error,
               "give it a table; or leave it out by a rule: \"left_out\": [{\"each\": \"%s\", "
               "\"when\": {...}, \"why\": \"...\"}]; a condition on a field of the record "
               "begins with \"^.\"",
               scope->path);
    error_at(error, NULL, NULL, scope->path);
    return scope_at(scope, error);
}

static bool put_arrays(struct rows *rows, struct plan *plan, struct scope *scope,
                       const struct value *record, struct error *error);

/* Where no table takes elements at all, those inside of them do. */
static bool put_element(struct rows *rows, struct plan *plan, struct scope *scope,
                        const struct origin *origin, struct error *error)
{
    bool any, gone, left = false;
    if (!document_walk(plan, scope, origin->document, error) ||
        !put_outputs(rows, plan, scope, origin, NULL, &any, &gone, error) ||
        (!any && !gone && !is_left_out(plan, scope, &left, error)))
        return false;
    path_account_number(&plan->paths, scope->account, FATE_ELEMENTS, 1);
    if (left || (gone && !any)) {
        document_set_aside(scope, &plan->paths, FATE_LEFT_OUT);
        return true;
    }
    if (!any && scope->has_outputs)
        return refuse_element(plan, scope, error);
    path_account_number(&plan->paths, scope->account, FATE_TAKEN, 1);
    return put_arrays(rows, plan, scope, origin->record, error) &&
           document_settle(plan, scope, error);
}

static bool refuse_array(const struct scope *scope, const struct value *array, struct error *error)
{
    char what[120];
    value_describe(array, what, sizeof what);
    error_set(error, ERROR_DATA, "the mapping looks for %s here, and it is %s",
              scope->members ? "an object" : "an array", what);
    error_hint(error, "correct the record in the source, or the mapping, and run again");
    struct buffer path;
    buffer_init(&path);
    size_t length = scope->members ? path_parent(scope->path) : strlen(scope->path);
    buffer_put(&path, scope->path, length);
    error_at(error, NULL, NULL, buffer_text(&path));
    buffer_release(&path);
    return scope_at(scope->outer, error);
}

/* The value is the only element. */
static bool put_only(struct rows *rows, struct plan *plan, struct scope *scope,
                     const struct value *value, const struct value *record, struct error *error)
{
    const struct origin origin = {.plan = plan, .record = record, .document = value};
    scope->position = 1;
    return put_element(rows, plan, scope, &origin, error) ||
           problems_take(plan->problems, scope->path, error);
}

/* The elements of the array, or the members of the object, that the document of the scope around
 * has. A level that no table names can be a document on the way, which was walked with the one
 * around it. */
static bool put_elements(struct rows *rows, struct plan *plan, struct scope *scope,
                         const struct value *array, const struct value *record, struct error *error)
{
    struct value_walk elements;
    struct value element;
    if (value_is_nothing(array) || (!scope->fixed && array->type != BSON_TYPE_ARRAY))
        return true;
    if (scope->list && array->type != BSON_TYPE_ARRAY)
        return put_only(rows, plan, scope, array, record, error);
    if (array->type != (scope->members ? BSON_TYPE_DOCUMENT : BSON_TYPE_ARRAY) ||
        !value_walk_begin(&elements, array))
        return refuse_array(scope, array, error) || problems_take(plan->problems, NULL, error);
    const struct origin origin = {.plan = plan, .record = record, .document = &element};
    scope->position = 0;
    if (scope->members)
        path_account_number(&plan->paths, scope->account, FATE_MET, 1);
    while (value_walk_next(&elements, &element)) {
        scope->name = elements.key;
        scope->position++;
        if (!put_element(rows, plan, scope, &origin, error) &&
            !problems_take(plan->problems, scope->path, error))
            return false;
    }
    if (value_walk_ended(&elements))
        return true;
    value_damaged(error);
    error_at(error, NULL, NULL, scope->path);
    return scope_at(scope->outer, error);
}

/* The elements of all arrays of the document at hand that are opened. */
static bool put_arrays(struct rows *rows, struct plan *plan, struct scope *scope,
                       const struct value *record, struct error *error)
{
    for (size_t i = 1; scope->has_inner && i < plan->scope_count; i++) {
        struct scope *inner = &plan->scopes[i];
        if (scope->arrays[i] == NO_SLOT)
            continue;
        inner->outer = scope;
        if (!put_elements(rows, plan, inner, &scope->slots[scope->arrays[i]], record, error))
            return false;
    }
    return true;
}

void rows_find_key(const uint8_t *bson, size_t length, char *key, size_t size)
{
    static const char *const names[] = {"_id", "$id"};
    bson_iter_t iter;
    key[0] = '\0';
    for (size_t i = 0; i < 2 && key[0] == '\0'; i++)
        if (bson_iter_init_from_data(&iter, bson, length) && bson_iter_find(&iter, names[i])) {
            struct value value = value_from_iter(&iter);
            value_brief(&value, key, size);
            if (key[0] == '\0')
                snprintf(key, size, "%s", value_kind(&value));
        }
}

/* The first table decides of the record: where none of its forms holds, there is no row at all.
 * Where there are several, or rules that leave records out, one of the rules must say so. */
static bool filter_record(struct rows *rows, struct plan *plan, struct error *error)
{
    struct scope *top = &plan->scopes[0];
    bool ruled = plan->form_count > 1, left;
    for (size_t i = 0; i < plan->rule_count; i++)
        ruled = ruled || plan->rules[i].scope == top;
    if (!is_left_out(plan, top, &left, error))
        return false;
    if (ruled && !left) {
        char why[700];
        describe_refusal(plan, top, why, sizeof why);
        error_set(error, ERROR_DATA, "no table takes this record%s", why);
        return error_hint(error, "give it a table; or leave it out by a rule of \"left_out\"");
    }
    document_meet(top, &plan->paths);
    rows->filtered++;
    return true;
}

static bool put_record(struct rows *rows, struct plan *plan, const struct value *given,
                       struct error *error)
{
    struct scope *top = &plan->scopes[0];
    struct value opened;
    const struct value *record = &opened;
    struct origin origin = {.plan = plan, .record = record, .document = record};
    struct output_plan *form = NULL;
    bool holds = false, any, gone = false;
    for (size_t i = 0; i < plan->output_count; i++)
        if (plan->outputs[i].keys != NULL)
            row_set_clear(plan->outputs[i].keys);
    if (!json_fields_open(&rows->json, plan, given, &opened, error))
        return false;
    if (record->length == 0)
        document_assume(top);
    else if (!document_walk(plan, top, record, error))
        return false;
    if (rows->json.refusal.code != ERROR_NONE)
        return json_fields_refuse(&rows->json, plan, error);
    for (size_t i = 0; !holds && i < plan->form_count; i++) {
        form = &plan->outputs[i];
        if (!condition_holds(form->tests, form->test_count, &holds, error) ||
            (holds && !evaluation_dangles(&origin, form, &gone, error)))
            return false;
    }
    if (gone) {
        document_meet(top, &plan->paths);
        rows->filtered++;
        return true;
    }
    if (!holds)
        return filter_record(rows, plan, error);
    json_fields_note(&rows->json, &plan->losses);
    return put_outputs(rows, plan, top, &origin, form, &any, &gone, error) &&
           put_arrays(rows, plan, top, record, error) && document_settle(plan, top, error);
}

bool rows_close_record(struct rows *rows, struct plan *plan, bool ok, struct error *error)
{
    if (ok && plan->problems == NULL)
        return true;
    const char *key = losses_key(&plan->losses);
    if (plan->problems != NULL)
        plan->problems->key = key;
    if (!ok && problems_take(plan->problems, NULL, error)) {
        document_meet(&plan->scopes[0], &plan->paths); /* its fields were there all the same */
        ok = true;
    }
    if (ok)
        rows_end_record(rows, plan->problems, key);
    return ok || error_at(error, plan->entity->name, key, NULL);
}

bool rows_put_given(struct rows *rows, struct plan *plan, const struct value *record,
                    const struct value *given, struct error *error)
{
    bool marked = plan->entity->rejects || plan->entity->refusable;
    bool ok = !marked || rejection_mark(rows, plan, error);
    if (ok && put_record(rows, plan, record, error))
        ok = !plan->entity->refusable || plan->problems != NULL ||
             refusable_note(rows, plan, given, losses_key(&plan->losses), error);
    else
        ok = ok && rejection_take(rows, plan, given, losses_key(&plan->losses), error);
    return rows_close_record(rows, plan, ok, error);
}

bool rows_would_reject(struct rows *rows, struct plan *plan, const struct value *record,
                       bool *rejected, struct error *error)
{
    *rejected = false;
    if (!rejection_mark(rows, plan, error))
        return false;
    bool ok = put_record(rows, plan, record, error);
    if (!ok && error->code == ERROR_DATA) {
        *rejected = rejection_is_asked(plan, error);
        *error = (struct error){0};
        ok = true;
    }
    rejection_take_values_back(&rows->rejection, plan);
    rows_clear(rows);
    return ok;
}

/* The record's key, when somebody asks for it. */
struct keyed {
    const struct value *record;
    char key[160];
};

static const char *document_key(void *context)
{
    struct keyed *keyed = context;
    rows_find_key(keyed->record->bytes, keyed->record->length, keyed->key, sizeof keyed->key);
    return keyed->key;
}

bool rows_put_document(struct rows *rows, struct plan *plan, const uint8_t *bson, size_t length,
                       struct error *error)
{
    const struct value record = {
        .type = BSON_TYPE_DOCUMENT, .bytes = bson, .length = (uint32_t)length};
    struct keyed keyed;
    keyed.record = &record;
    plan->losses.find_key = document_key;
    plan->losses.context = &keyed;
    if (plan->problems != NULL)
        plan->problems->key = losses_key(&plan->losses);
    bool ok = rows_put_given(rows, plan, &record, &record, error);
    plan->losses.find_key = NULL;
    return ok;
}

void rows_end_record(struct rows *rows, struct problems *problems, const char *key)
{
    struct buffer text;
    buffer_init(&text);
    for (size_t i = 0; i < rows->count; i++) {
        struct row_list *list = &rows->lists[i];
        buffer_printf(&text, "%s%" PRIu32, i > 0 ? " " : "", list->rows - list->told);
        list->told = list->rows;
    }
    problems_end_record(problems, key, buffer_text(&text));
    buffer_release(&text);
}

static void put_section(struct buffer *out, size_t output, uint32_t count,
                        const struct buffer *tuples)
{
    if (count == 0)
        return;
    buffer_put_le32(out, (uint32_t)output);
    buffer_put_le32(out, count);
    buffer_put_le64(out, tuples->length);
    buffer_put(out, tuples->data, tuples->length);
}

void rows_put_sections(const struct rows *rows, const struct losses *losses,
                       const struct problems *problems, struct buffer *out)
{
    for (size_t i = 0; i < rows->count; i++)
        put_section(out, i, rows->lists[i].rows, &rows->lists[i].tuples);
    put_section(out, rows->count, losses->count, &losses->tuples);
    if (problems != NULL) {
        put_section(out, rows->count + 1, problems->count, &problems->tuples);
        put_section(out, rows->count + 2, problems->record_count, &problems->records);
    } else {
        put_section(out, rows->count + 1, rows->rejection.records, &rows->rejection.tuples);
        put_section(out, rows->count + 2, rows->rejection.refusable, &rows->rejection.refusables);
    }
}
