#include "rows.h"
#include "document.h"
#include "evaluation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 1600 }; /* of a table of PostgreSQL */

bool rows_init(struct rows *rows, size_t outputs, struct error *error)
{
    *rows = (struct rows){.count = outputs};
    rows->lists = calloc(outputs + 1, sizeof *rows->lists);
    rows->parent_fields = calloc(MOST_COLUMNS, sizeof *rows->parent_fields);
    if (rows->lists == NULL || rows->parent_fields == NULL) {
        rows_release(rows);
        return error_memory(error);
    }
    return true;
}

void rows_release(struct rows *rows)
{
    for (size_t i = 0; rows->lists != NULL && i < rows->count; i++)
        buffer_release(&rows->lists[i].tuples);
    free(rows->lists);
    free(rows->parent_fields);
    *rows = (struct rows){0};
}

void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        buffer_clear(&rows->lists[i].tuples);
        rows->lists[i].rows = rows->lists[i].told = 0;
    }
    rows->filtered = 0;
}

/* Copy a field of the record's first row, as it was encoded there. */
static void put_parent(const struct rows *rows, const size_t *columns, struct buffer *out)
{
    const struct buffer *parent = &rows->lists[rows->parent].tuples;
    if (parent->failed)
        return;
    const uint8_t *field = parent->data + rows->parent_fields[columns[rows->parent]];
    uint32_t length = get_be32(field);
    buffer_put(out, field, length == UINT32_MAX ? 4 : 4 + (size_t)length);
}

static bool refuse_null(const struct column_plan *column, const struct value *value,
                        struct error *error)
{
    error_set(error, ERROR_DATA, "the column %s must not be null, and the field is %s",
              column->column->name, value->type == BSON_TYPE_EOD ? "absent" : "null");
    error_hint(error, "correct the record in the source, or give the column a \"default\" or "
                      "\"null\": true in the mapping; then run again");
    return error_at(error, NULL, NULL, column->expression.path);
}

static bool put_column(const struct rows *rows, const struct origin *origin, struct scope *scope,
                       struct column_plan *column, struct buffer *out, struct error *error)
{
    struct expression *expression = &column->expression;
    bool not_null = column->column->not_null;
    struct losses *losses = &origin->plan->losses;
    struct value value;
    int slot;
    if (expression->kind == VALUE_PARENT) {
        put_parent(rows, expression->parent, out);
        return true;
    }
    bool makes_json;
    if (!evaluation_makes_json(scope, expression, &makes_json, error))
        return false;
    if (makes_json)
        return evaluation_put_json(origin, scope, expression, out, error);
    scope->rest_passed_over = scope->rest_passed_over || expression->kind == VALUE_REST;
    if (!evaluation_value(origin, scope, expression, not_null, &value, &slot, error))
        return false;
    if (value_is_nothing(&value) && not_null)
        return refuse_null(column, &value, error);
    int64_t ids = losses->hex_ids;
    size_t start = out->length;
    if (!encode_field(&expression->encoding, &value, out, error))
        return false;
    if (!out->failed && !allowed_check(&column->allowed, out->data + start, &value, error))
        return error_at(error, NULL, NULL, expression->path);
    evaluation_note_hex_ids(origin, scope, slot, losses->hex_ids - ids);
    return true;
}

/* What a trial passes over stands as a null. */
static bool pass_over_column(const struct origin *origin, const char *column, size_t start,
                             struct buffer *out, struct error *error)
{
    if (!problems_take(origin->plan->problems, column, error))
        return error_at(error, NULL, NULL, column);
    out->length = start;
    encode_null(out);
    return true;
}

static bool put_row(const struct rows *rows, const struct origin *origin,
                    struct output_plan *output, struct row_list *list, size_t *fields,
                    struct error *error)
{
    buffer_put_be16(&list->tuples, (uint16_t)output->column_count);
    for (size_t i = 0; i < output->column_count; i++) {
        size_t start = list->tuples.length;
        struct column_plan *column = &output->columns[i];
        if (fields != NULL)
            fields[i] = start;
        if (!put_column(rows, origin, output->scope, column, &list->tuples, error) &&
            !scope_at(output->scope, error) &&
            !pass_over_column(origin, column->column->name, start, &list->tuples, error))
            return false;
    }
    list->rows++;
    return buffer_ok(&list->tuples, error);
}

/* A form of rows whose conditions do not hold. */
static void pass_over(const struct output_plan *output)
{
    for (size_t i = 0; i < output->column_count; i++)
        evaluation_settle(output->scope, &output->columns[i].expression, FATE_KEPT_OUT);
}

/* Does this form of rows take the document at hand? *gone: it would, but for a reference in it that
 * dangles. Of the record's parent row that was asked before. */
static bool takes(const struct rows *rows, const struct plan *plan, size_t i,
                  const struct origin *origin, bool *taken, bool *gone, struct error *error)
{
    struct output_plan *output = &plan->outputs[i];
    bool dangles = false;
    if (!evaluation_holds(output->tests, output->test_count, taken, error))
        return false;
    if (*taken && i != rows->parent && !evaluation_dangles(origin, output, &dangles, error))
        return false;
    *taken = *taken && !dangles;
    *gone = *gone || dangles;
    return true;
}

/* The rows of the document at hand in all their forms, and what became of its values. *any: there
 * is one; *gone: there would be, but for a reference that dangles. */
static bool put_outputs(struct rows *rows, struct plan *plan, struct scope *scope,
                        const struct origin *origin, bool *any, bool *gone, struct error *error)
{
    *any = *gone = false;
    for (size_t i = 0; i < plan->output_count; i++) {
        struct output_plan *output = &plan->outputs[i];
        bool taken;
        if (output->scope != scope)
            continue;
        if (!takes(rows, plan, i, origin, &taken, gone, error))
            return false;
        if (!taken)
            pass_over(output);
        else if (!put_row(rows, origin, output, &rows->lists[i],
                          i == rows->parent ? rows->parent_fields : NULL, error))
            return false;
        else
            *any = true;
    }
    return !*any || document_settle(plan, scope, error);
}

/* Does a rule leave it out? */
static bool is_left_out(const struct plan *plan, const struct scope *scope, bool *left,
                        struct error *error)
{
    *left = false;
    for (size_t i = 0; !*left && i < plan->rule_count; i++)
        if (plan->rules[i].scope == scope &&
            !evaluation_holds(plan->rules[i].tests, plan->rules[i].test_count, left, error))
            return false;
    return true;
}

/* Which condition of which table turned it down: what the first that failed found there. */
static void describe_refusal(const struct plan *plan, const struct scope *scope, char *out,
                             size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < plan->output_count; i++) {
        const struct output_plan *output = &plan->outputs[i];
        for (size_t t = 0; output->scope == scope && t < output->test_count; t++) {
            const struct test *test = &output->tests[t];
            const struct value *value = &test->scope->slots[test->slot];
            char what[120];
            size_t used = strlen(out);
            struct error unused;
            bool holds;
            if (evaluation_holds(test, 1, &holds, &unused) && holds)
                continue;
            value_describe(value, what, sizeof what);
            snprintf(out + used, size - used, "%s/to/%s/when/%s%s: %s is %s",
                     used > 0 ? "; " : ": ", output->output->table->label,
                     test->mapping->outer ? "^." : "", test->mapping->path, test->mapping->path,
                     value->type == BSON_TYPE_EOD ? "not there" : what);
            break;
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

static bool put_element(struct rows *rows, struct plan *plan, struct scope *scope,
                        const struct origin *origin, size_t array, struct error *error)
{
    bool any, left;
    if (!document_walk(plan, scope, origin->document, error) ||
        !put_outputs(rows, plan, scope, origin, &any, &left, error))
        return false;
    path_account_number(&plan->paths, array, FATE_ELEMENTS, 1);
    if (any) {
        path_account_number(&plan->paths, array, FATE_TAKEN, 1);
        return true;
    }
    if (!left && !is_left_out(plan, scope, &left, error))
        return false;
    if (!left)
        return refuse_element(plan, scope, error);
    document_leave_out(scope, &plan->paths);
    return true;
}

static bool put_elements(struct rows *rows, struct plan *plan, struct scope *scope,
                         const struct value *record, struct error *error)
{
    const struct value *array = &plan->scopes[0].slots[scope->array];
    bson_iter_t iter;
    if (value_is_nothing(array))
        return true;
    if (array->type != BSON_TYPE_ARRAY ||
        !bson_iter_init_from_data(&iter, array->bytes, array->length)) {
        char what[120];
        value_describe(array, what, sizeof what);
        error_set(error, ERROR_DATA, "the mapping looks for an array here, and it is %s", what);
        error_hint(error, "correct the record in the source, or the mapping, and run again");
        return problems_take(plan->problems, scope->path, error) ||
               error_at(error, NULL, NULL, scope->path);
    }
    struct origin origin = {.plan = plan, .record = record};
    size_t account = plan->scopes[0].fates[scope->array].own;
    while (bson_iter_next(&iter)) {
        struct value element = value_from_iter(&iter);
        origin.document = &element;
        scope->position = ++origin.position;
        if (!put_element(rows, plan, scope, &origin, account, error) &&
            !problems_take(plan->problems, scope->path, error))
            return false;
    }
    if (value_walked(&iter, array))
        return true;
    value_damaged(error);
    return error_at(error, NULL, NULL, scope->path);
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
 * With rules that leave records out, one of them must say so. */
static bool filter_record(struct rows *rows, struct plan *plan, struct error *error)
{
    struct scope *top = &plan->scopes[0];
    bool rules = false, left;
    for (size_t i = 0; i < plan->rule_count; i++)
        rules = rules || plan->rules[i].scope == top;
    if (!is_left_out(plan, top, &left, error))
        return false;
    if (rules && !left) {
        char why[700];
        describe_refusal(plan, top, why, sizeof why);
        error_set(error, ERROR_DATA, "no table takes this record%s", why);
        return error_hint(error, "give it a table; or leave it out by a rule of \"left_out\"");
    }
    document_meet(top, &plan->paths);
    rows->filtered++;
    return true;
}

static bool put_record(struct rows *rows, struct plan *plan, const struct value *record,
                       struct error *error)
{
    struct scope *top = &plan->scopes[0];
    struct origin origin = {.plan = plan, .record = record, .document = record};
    bool holds = false, any, gone = false;
    if (!document_walk(plan, top, record, error))
        return false;
    for (rows->parent = 0; rows->parent < plan->form_count; rows->parent++) {
        struct output_plan *form = &plan->outputs[rows->parent];
        if (!evaluation_holds(form->tests, form->test_count, &holds, error))
            return false;
        if (holds && !evaluation_dangles(&origin, form, &gone, error))
            return false;
        if (holds)
            break;
    }
    if (gone) {
        document_meet(top, &plan->paths);
        rows->filtered++;
        return true;
    }
    if (!holds)
        return filter_record(rows, plan, error);
    if (!put_outputs(rows, plan, top, &origin, &any, &gone, error))
        return false;
    for (size_t i = 1; i < plan->scope_count; i++)
        if (!put_elements(rows, plan, &plan->scopes[i], record, error))
            return false;
    return true;
}

bool rows_put_document(struct rows *rows, struct plan *plan, const uint8_t *bson, size_t length,
                       struct error *error)
{
    char key[160];
    const struct value record = {
        .type = BSON_TYPE_DOCUMENT, .bytes = bson, .length = (uint32_t)length};
    rows_find_key(bson, length, key, sizeof key);
    plan->losses.key = key;
    if (plan->problems != NULL)
        plan->problems->key = key;
    bool ok = put_record(rows, plan, &record, error);
    if (!ok && problems_take(plan->problems, NULL, error)) {
        document_meet(&plan->scopes[0], &plan->paths); /* its fields were there all the same */
        ok = true;
    }
    plan->losses.key = "";
    if (ok && plan->problems != NULL)
        rows_end_record(rows, plan->problems, key);
    return ok ? true : error_at(error, plan->entity->name, key, NULL);
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
    }
}
