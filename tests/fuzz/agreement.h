/* agreement.h: whether verify's own reading of the mapping makes of a record what transform made of
 * it: the same rows, value by value, and the same fates of its values. What transform refuses no
 * run has loaded, so it is nothing to agree on. */
#ifndef TESTS_FUZZ_AGREEMENT_H
#define TESTS_FUZZ_AGREEMENT_H

#include "canonical.h"
#include "expect.h"
#include "fuzz.h"
#include "graduate/record.h"
#include "graduate/schema.h"
#include "path_account.h"
#include "rows.h"
#include "rows_check.h"

#include <string.h>

/* A record, and what transform made of it. */
struct agreement {
    const struct project *project;
    const struct mapping *entity;
    const struct catalog_entity *catalog;
    const struct schema_output *outputs; /* of the entity */
    const struct rows *rows;
    const struct path_account *paths;
    const uint8_t *payload;
    size_t length;
    const struct expect_lookup *lookup; /* NULL: no other entity is known */
};

/* Rows as lines of text, in any order: "public.books id=u5f.., title=-" and so on, by the columns'
 * names. */
struct lines {
    char *items[4096];
    size_t count;
};

static inline void lines_add(struct lines *lines, struct buffer *line)
{
    MUST(lines->count < sizeof lines->items / sizeof lines->items[0]);
    lines->items[lines->count] = strdup(buffer_text(line));
    MUST(lines->items[lines->count++] != NULL);
    buffer_release(line);
}

static inline int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void put_value(struct buffer *line, const char *column, const uint8_t *bytes,
                             size_t length)
{
    buffer_printf(line, " %s=", column);
    for (size_t i = 0; i < length; i++)
        buffer_printf(line, bytes[i] > ' ' && bytes[i] < 0x7F ? "%c" : "\\%02x", bytes[i]);
}

static inline bool take_expected(void *context, const struct expected_row *row, struct error *error)
{
    struct buffer line;
    (void)error;
    buffer_init(&line);
    buffer_puts(&line, row->table->label);
    for (size_t c = 0; c < row->table->column_count; c++)
        if (row->values[c].given)
            put_value(&line, row->table->columns[c].name, row->values[c].bytes,
                      row->values[c].length);
    lines_add(context, &line);
    return true;
}

static inline int compare_columns(const void *a, const void *b)
{
    const struct schema_column *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* All rows of one output; its fields stand in its own order, a line in that of the names. */
static inline void take_made(struct lines *lines, const struct schema_output *output,
                             const struct row_list *list)
{
    enum { MOST = 1600 };
    static const uint8_t *fields[MOST];
    static const struct schema_column *columns[MOST];
    const uint8_t *at = list->tuples.data, *end = end_of(&list->tuples);
    MUST(output->column_count <= MOST);
    for (size_t i = 0; i < output->column_count; i++)
        columns[i] = &output->columns[i];
    qsort(columns, output->column_count, sizeof *columns, compare_columns);
    while (at < end) {
        struct buffer line;
        buffer_init(&line);
        buffer_puts(&line, output->table->label);
        at += 2;
        for (size_t i = 0; i < output->column_count; i++) {
            fields[i] = at;
            at += 4 + (get_be32(at) == UINT32_MAX ? 0 : get_be32(at));
        }
        for (size_t i = 0; i < output->column_count; i++) {
            const uint8_t *field = fields[columns[i] - output->columns];
            struct buffer value;
            struct error error;
            buffer_init(&value);
            MUST(canonical_from_binary(&columns[i]->type, field + 4, (int32_t)get_be32(field),
                                       &value, &error));
            put_value(&line, columns[i]->name, value.data, value.length);
            buffer_release(&value);
        }
        lines_add(lines, &line);
    }
}

static inline void check_lines(struct lines *made, struct lines *expected)
{
    qsort(made->items, made->count, sizeof *made->items, compare_texts);
    qsort(expected->items, expected->count, sizeof *expected->items, compare_texts);
    for (size_t i = 0; i < made->count || i < expected->count; i++) {
        const char *one = i < made->count ? made->items[i] : "(nothing)";
        const char *other = i < expected->count ? expected->items[i] : "(nothing)";
        if (strcmp(one, other) != 0) {
            fprintf(stderr, "this must hold: transform and verify agree: %s\nand %s\n", one, other);
            abort();
        }
    }
    for (size_t i = 0; i < made->count; i++) {
        free(made->items[i]);
        free(expected->items[i]);
    }
}

static inline void check_fates(const struct path_account *account,
                               const struct expectation *expectation)
{
    size_t count, seen = 0;
    const struct expected_path *paths = expectation_paths(expectation, &count);
    for (size_t i = 0; i < account->count; i++) {
        int64_t balance = account->paths[i].values[FATE_SEEN];
        seen += balance > 0;
        for (size_t fate = FATE_SEEN + 1; fate < FATE_TERMS; fate++)
            balance -= account->paths[i].values[fate];
        MUST(balance == 0);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        if (paths[i].values[FATE_SEEN] == 0)
            continue;
        while (at < account->count && strcmp(account->paths[at].path, paths[i].path) != 0)
            at++;
        if (at == account->count ||
            memcmp(account->paths[at].values, paths[i].values, sizeof paths[i].values) != 0) {
            fprintf(stderr, "this must hold: both count the same of \"%s\"\n", paths[i].path);
            abort();
        }
        seen--;
    }
    MUST(seen == 0);
}

static inline void check_agreement(const struct agreement *a)
{
    static struct lines made, expected;
    struct expectation *expectation;
    struct error error = {0};
    int64_t records = 0, filtered = 0;
    made.count = expected.count = 0;
    for (size_t i = 0; i < a->rows->count; i++)
        take_made(&made, &a->outputs[i], &a->rows->lists[i]);
    bool ok = expectation_new(&expectation, a->project, a->entity, a->catalog, &error);
    if (ok)
        expectation_look_up(expectation, a->lookup);
    if (!ok ||
        !expectation_batch(expectation, a->payload, a->length, take_expected, &expected, &records,
                           &filtered, &error)) {
        fprintf(stderr, "this must hold: verify takes what transform took; it says %s at %s\n",
                error.message, error.path);
        abort();
    }
    check_lines(&made, &expected);
    MUST(records == 1 && filtered == a->rows->filtered);
    check_fates(a->paths, expectation);
    expectation_free(expectation);
}

static inline bool take_none(void *context, const struct expected_row *row, struct error *error)
{
    (void)context;
    (void)row;
    (void)error;
    MUST(false);
    return false;
}

/* The same of a record that the target refuses: `paths` are those of one that was set aside. */
static inline void check_refused(const struct agreement *a)
{
    char digest[RECORD_DIGEST_SIZE];
    struct expectation *expectation;
    struct error error = {0};
    int64_t records = 0, filtered = 0;
    MUST(record_digest(a->payload, a->length, digest, &error));
    const struct expect_correction refused = {.digest = digest};
    MUST(expectation_new(&expectation, a->project, a->entity, a->catalog, &error));
    expectation_look_up(expectation, a->lookup);
    expectation_correct(expectation, &refused, 1);
    MUST(expectation_batch(expectation, a->payload, a->length, take_none, NULL, &records, &filtered,
                           &error));
    MUST(records == 1 && filtered == 0 && expectation_rejected(expectation) == 1);
    check_fates(a->paths, expectation);
    expectation_free(expectation);
}

#endif
