/* agreement.h: whether verify's own reading of the mapping makes of a document what transform made of it:
 * the same rows, value by value, and the same fates of its values. What transform refuses no run has
 * loaded, so it is nothing to agree on. */
#ifndef TESTS_FUZZ_AGREEMENT_H
#define TESTS_FUZZ_AGREEMENT_H

#include "canonical.h"
#include "expect.h"
#include "fuzz.h"
#include "plan.h"
#include "rows.h"
#include "rows_check.h"

#include <string.h>

enum { MOST_OUTPUTS = 8, MOST_FIELDS = 64 };

/* What transform made, output by output: how far it has been compared. */
struct agreement {
    const struct plan *plan;
    const uint8_t *at[MOST_OUTPUTS], *end[MOST_OUTPUTS];
    struct buffer value;
};

static inline size_t agreement_output(const struct agreement *agreement, const char *table)
{
    size_t output = 0;
    while (output < agreement->plan->output_count &&
           strcmp(agreement->plan->outputs[output].output->table->label, table) != 0)
        output++;
    MUST(output < agreement->plan->output_count);
    return output;
}

static inline void agreement_value(struct agreement *agreement, const struct schema_column *column,
                                   const uint8_t *field, const struct expected_value *expected,
                                   struct error *error)
{
    struct buffer *value = &agreement->value;
    buffer_clear(value);
    MUST(canonical_from_binary(&column->type, field + 4, (int32_t)get_be32(field), value, error));
    if (value->length == expected->length &&
        memcmp(value->data, expected->bytes, expected->length) == 0)
        return;
    struct buffer text;
    buffer_init(&text);
    buffer_printf(&text, "%s: transform and verify agree; transform makes ", column->name);
    canonical_print(&column->type, value->data, value->length, &text);
    buffer_puts(&text, ", and verify expects ");
    canonical_print(&column->type, expected->bytes, expected->length, &text);
    fprintf(stderr, "this must hold: %s\n", buffer_text(&text));
    abort();
}

/* The next row of transform's must be this one. */
static inline bool agreement_row(void *context, const struct expected_row *row, struct error *error)
{
    struct agreement *agreement = context;
    size_t output = agreement_output(agreement, row->table->label);
    const struct schema_output *schema = agreement->plan->outputs[output].output;
    const uint8_t *fields[MOST_FIELDS], **at = &agreement->at[output];
    MUST(*at < agreement->end[output]);
    MUST(get_be16(*at) == schema->column_count && schema->column_count <= MOST_FIELDS);
    *at += 2;
    for (size_t i = 0; i < schema->column_count; i++) {
        fields[i] = *at;
        *at += 4 + (get_be32(*at) == UINT32_MAX ? 0 : get_be32(*at));
    }
    for (size_t c = 0; c < row->table->column_count; c++) {
        const struct expected_value *expected = &row->values[c];
        size_t i = 0;
        while (i < schema->column_count &&
               strcmp(schema->columns[i].name, row->table->columns[c].name) != 0)
            i++;
        MUST(expected->given == (i < schema->column_count));
        if (expected->given)
            agreement_value(agreement, &schema->columns[i], fields[i], expected, error);
    }
    return true;
}

static inline void check_fates(const struct path_account *account,
                               const struct expectation *expectation)
{
    size_t count, seen = 0;
    const struct expected_path *paths = expectation_paths(expectation, &count);
    for (size_t i = 0; i < account->count; i++) {
        int64_t balance = account->paths[i].values[FATE_SEEN];
        seen += balance > 0;
        for (size_t fate = FATE_SEEN + 1; fate < FATE_COUNT; fate++)
            balance -= account->paths[i].values[fate];
        MUST(balance == 0);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        if (paths[i].values[FATE_SEEN] == 0)
            continue;
        while (at < account->count && strcmp(account->paths[at].path, paths[i].path) != 0)
            at++;
        if (at == account->count || memcmp(account->paths[at].values, paths[i].values,
                                           sizeof paths[i].values) != 0) {
            fprintf(stderr, "this must hold: both count the same of \"%s\"\n", paths[i].path);
            abort();
        }
        seen--;
    }
    MUST(seen == 0);
}

static inline void check_agreement(const struct project *project, const struct plan *plan,
                                   const struct rows *rows, const uint8_t *document, size_t length)
{
    static const struct catalog_entity catalog;
    struct agreement agreement = {.plan = plan};
    struct expectation *expectation;
    struct error error;
    int64_t records = 0, filtered = 0;
    MUST(plan->output_count <= MOST_OUTPUTS);
    for (size_t i = 0; i < rows->count; i++) {
        const struct buffer *tuples = &rows->lists[i].tuples;
        agreement.at[i] = tuples->data;
        agreement.end[i] = end_of(tuples);
    }
    buffer_init(&agreement.value);
    MUST(expectation_new(&expectation, project, plan->entity, &catalog, &error));
    if (!expectation_batch(expectation, document, length, agreement_row, &agreement, &records,
                           &filtered, &error)) {
        fprintf(stderr, "this must hold: verify takes what transform took; it says %s at %s\n",
                error.message, error.path);
        abort();
    }
    for (size_t i = 0; i < rows->count; i++)
        MUST(agreement.at[i] == agreement.end[i]);
    MUST(records == 1 && filtered == rows->filtered);
    check_fates(&plan->paths, expectation);
    expectation_free(expectation);
    buffer_release(&agreement.value);
}

#endif
