#include "evidence.h"
#include "canonical.h"
#include "contrast.h"

#include "graduate/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_TEXT = 4096, /* bytes of a value that are kept */
};

/* A value, as far as it is kept. */
struct shown {
    struct hash hash;
    char *text;    /* its first KEPT_TEXT bytes */
    size_t length; /* of the whole text */
};
struct exhibit {
    struct hash row;
    bool taken;
    char *key;
    struct shown *columns; /* as in compared_table */
    size_t column_count;
};

void evidence_init(struct evidence *evidence)
{
    *evidence = (struct evidence){0};
}

void evidence_release(struct evidence *evidence)
{
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        for (size_t i = 0; i < evidence->exhibit_count[side]; i++) {
            struct exhibit *exhibit = &evidence->exhibits[side][i];
            for (size_t c = 0; c < exhibit->column_count; c++)
                free(exhibit->columns[c].text);
            free(exhibit->columns);
            free(exhibit->key);
        }
        free(evidence->exhibits[side]);
    }
    free(evidence->differences);
    evidence_init(evidence);
}

bool evidence_note(struct evidence *evidence, const struct difference *difference, size_t most,
                   struct error *error)
{
    if (evidence->of_kind[difference->kind] >= most)
        return true;
    if (evidence->count == evidence->capacity) {
        size_t capacity = evidence->capacity > 0 ? 2 * evidence->capacity : 64;
        struct difference *grown = realloc(evidence->differences, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(error);
        evidence->differences = grown;
        evidence->capacity = capacity;
    }
    evidence->of_kind[difference->kind]++;
    evidence->differences[evidence->count++] = *difference;
    return true;
}

/* How many of each kind: one of each in turn, as long as the share lasts. */
static void allot(const struct evidence *evidence, size_t share, const bool wanted[ROW_KINDS],
                  size_t quota[ROW_KINDS])
{
    bool more = true;
    memset(quota, 0, ROW_KINDS * sizeof *quota);
    while (more && share > 0) {
        more = false;
        for (size_t kind = 0; kind < ROW_KINDS && share > 0; kind++) {
            if (!wanted[kind] || quota[kind] == evidence->of_kind[kind])
                continue;
            quota[kind]++;
            share--;
            more = true;
        }
    }
}

static const struct hash nothing;

static bool is_row(const struct hash *hash)
{
    return hash_compare(hash, &nothing) != 0;
}

static int by_row(const void *a, const void *b)
{
    const struct exhibit *left = a, *right = b;
    return hash_compare(&left->row, &right->row);
}

/* Sorted, each row once: copies of a row are all the same to look at. */
static size_t settle(struct exhibit *exhibits, size_t count)
{
    size_t kept = 0;
    qsort(exhibits, count, sizeof *exhibits, by_row);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || by_row(&exhibits[kept - 1], &exhibits[i]) != 0)
            exhibits[kept++] = exhibits[i];
    return kept;
}

bool evidence_choose(struct evidence *evidence, size_t share, const bool wanted[ROW_KINDS],
                     struct error *error)
{
    size_t quota[ROW_KINDS], kept = 0;
    allot(evidence, share, wanted, quota);
    memset(evidence->of_kind, 0, sizeof evidence->of_kind);
    for (size_t i = 0; i < evidence->count; i++) {
        const struct difference difference = evidence->differences[i];
        if (evidence->of_kind[difference.kind] < quota[difference.kind]) {
            evidence->of_kind[difference.kind]++;
            evidence->differences[kept++] = difference;
        }
    }
    evidence->count = kept;
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        struct exhibit *exhibits = calloc(kept + 1, sizeof *exhibits);
        if (exhibits == NULL)
            return error_memory(error);
        size_t count = 0;
        evidence->exhibits[side] = exhibits;
        for (size_t i = 0; i < kept; i++) {
            const struct difference *difference = &evidence->differences[i];
            const struct hash *row =
                side == SIDE_EXPECTED ? &difference->expected : &difference->found;
            if (is_row(row))
                exhibits[count++].row = *row;
        }
        evidence->exhibit_count[side] = settle(exhibits, count);
    }
    return true;
}

static struct exhibit *find(const struct evidence *evidence, enum side side, const struct hash *row)
{
    const struct exhibit wanted = {.row = *row};
    size_t count = evidence->exhibit_count[side];
    if (count == 0)
        return NULL;
    return bsearch(&wanted, evidence->exhibits[side], count, sizeof wanted, by_row);
}

/* ---- what is kept of a row ------------------------------------------------------------------ */

/* The length of the longest whole characters within `most` bytes. */
static size_t whole(const char *text, size_t length, size_t most)
{
    if (length <= most)
        return length;
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/* Text stands in quotes, so that it is not taken for NULL, and blanks at its end are seen. */
static void print(const struct compared_column *column, const uint8_t *bytes, size_t length,
                  bool quoted, struct buffer *out)
{
    if (column->secret && bytes[0] != 'N')
        buffer_printf(out, "(not shown: %zu bytes)", length - 1);
    else if (quoted && bytes[0] == 't')
        json_put_string(out, (const char *)bytes + 1, length - 1);
    else
        canonical_print(&column->type, bytes, length, out);
}

static bool keep_column(const struct compared_column *column, const struct expected_value *value,
                        struct shown *shown, struct buffer *scratch, struct error *error)
{
    const uint8_t *bytes = value->given ? value->bytes : column->fallback.data;
    size_t length = value->given ? value->length : column->fallback.length;
    shown->hash = hash_of(bytes, length);
    buffer_clear(scratch);
    if (length > 0)
        print(column, bytes, length, true, scratch);
    const char *all = buffer_text(scratch);
    shown->length = scratch->length;
    shown->text = strndup(all, whole(all, scratch->length, KEPT_TEXT));
    return buffer_ok(scratch, error) && (shown->text != NULL || error_memory(error));
}

/* "0192...", or of a key of several columns "book_id=0192..., position=2". */
static bool keep_key(const struct compared_table *compared, const struct expected_value *values,
                     char **key, struct buffer *scratch, struct error *error)
{
    size_t count = 0, put = 0;
    buffer_clear(scratch);
    for (size_t i = 0; i < compared->column_count; i++)
        count += compared->columns[i].key;
    for (size_t i = 0; i < compared->column_count; i++) {
        const struct compared_column *column = &compared->columns[i];
        if (!column->key || !values[i].given)
            continue;
        buffer_puts(scratch, put++ > 0 ? ", " : "");
        if (count > 1)
            buffer_printf(scratch, "%s=", column->name);
        print(column, values[i].bytes, values[i].length, false, scratch);
    }
    const char *all = buffer_text(scratch);
    *key = strndup(all, whole(all, scratch->length, CONTRAST_SHOWN));
    return buffer_ok(scratch, error) && (*key != NULL || error_memory(error));
}

bool evidence_keep(struct evidence *evidence, const struct compared_table *compared, enum side side,
                   const struct expected_value *values, const struct hash *row, struct error *error)
{
    struct exhibit *exhibit = find(evidence, side, row);
    if (exhibit == NULL || exhibit->taken)
        return true;
    struct buffer scratch;
    buffer_init(&scratch);
    exhibit->columns = calloc(compared->column_count + 1, sizeof *exhibit->columns);
    bool ok = exhibit->columns != NULL ? true : error_memory(error);
    exhibit->column_count = ok ? compared->column_count : 0;
    for (size_t i = 0; ok && i < compared->column_count; i++)
        ok = keep_column(&compared->columns[i], &values[i], &exhibit->columns[i], &scratch, error);
    ok = ok && keep_key(compared, values, &exhibit->key, &scratch, error);
    exhibit->taken = ok;
    buffer_release(&scratch);
    return ok;
}

/* ---- findings ------------------------------------------------------------------------------- */

static bool add_column(cJSON *columns, const char *name, const struct shown *expected,
                       const struct shown *found, struct error *error)
{
    struct buffer left, right;
    buffer_init(&left);
    buffer_init(&right);
    contrast_show(expected->text, found->text, &left, &right);
    if (strcmp(expected->text, found->text) == 0 && found->length > KEPT_TEXT) {
        buffer_printf(&left, " (%zu bytes)", expected->length);
        buffer_printf(&right, " (%zu bytes; it differs behind byte %d)", found->length, KEPT_TEXT);
    }
    cJSON *column = cJSON_CreateObject();
    bool ok = buffer_ok(&left, error) && buffer_ok(&right, error) &&
              cJSON_AddStringToObject(column, "name", name) != NULL &&
              cJSON_AddStringToObject(column, "expected", buffer_text(&left)) != NULL &&
              cJSON_AddStringToObject(column, "found", buffer_text(&right)) != NULL &&
              cJSON_AddItemToArray(columns, column);
    if (!ok)
        cJSON_Delete(column);
    buffer_release(&left);
    buffer_release(&right);
    return ok ? true : error_memory(error);
}

/* The columns in which two rows differ, as JSON and as a list of names. */
static bool differing(const struct compared_table *compared, const struct exhibit *expected,
                      const struct exhibit *found, cJSON *columns, struct buffer *names,
                      struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < compared->column_count; i++) {
        if (hash_compare(&expected->columns[i].hash, &found->columns[i].hash) == 0)
            continue;
        buffer_printf(names, "%s%s", names->length > 0 ? ", " : "", compared->columns[i].name);
        ok = add_column(columns, compared->columns[i].name, &expected->columns[i],
                        &found->columns[i], error);
    }
    return ok;
}

static const char *text_of(const struct compared_table *compared, const struct exhibit *exhibit)
{
    for (size_t i = 0; i < compared->column_count; i++)
        if (compared->columns[i].position)
            return exhibit->columns[i].text;
    return "";
}

/* One way of telling per kind. */
static bool tell(enum row_kind kind, const struct compared_table *compared,
                 const struct exhibit *expected, const struct exhibit *found,
                 struct verdict_file *verdict, struct error *error)
{
    const struct exhibit *row = expected != NULL ? expected : found;
    const char *name = row_kind_names[kind], *table = compared->label, *key = row->key;
    struct buffer names;
    cJSON *columns = cJSON_CreateArray();
    buffer_init(&names);
    bool ok = columns != NULL ? true : error_memory(error);
    if (ok && expected != NULL && found != NULL)
        ok = differing(compared, expected, found, columns, &names, error) &&
             buffer_ok(&names, error);
    if (!ok) {
        cJSON_Delete(columns);
        buffer_release(&names);
        return false;
    }
    switch (kind) {
    case ROW_MISSING:
        ok = verdict_find(verdict, LEVEL_CONTENT, name, table, key, columns, error,
                          "%s lacks the row %s", table, key);
        break;
    case ROW_EXTRA:
        ok = verdict_find(verdict, LEVEL_CONTENT, name, table, key, columns, error,
                          "%s has a row %s that comes from no record", table, key);
        break;
    case ROW_DIFFERENT:
        ok = verdict_find(verdict, LEVEL_CONTENT, name, table, key, columns, error,
                          "the row %s of %s differs in %s", key, table, buffer_text(&names));
        break;
    case ROW_DUPLICATED:
        ok = verdict_find(verdict, LEVEL_CONTENT, name, table, key, columns, error,
                          "%s has the row %s more often than it should", table, key);
        break;
    case ROW_MISPLACED:
        ok = verdict_find(verdict, LEVEL_CONTENT, name, table, key, columns, error,
                          "the row %s of %s stands at position %s: all rows of its parent are "
                          "there, in another order",
                          key, table, text_of(compared, found));
        break;
    case ROW_KINDS:
        break;
    }
    buffer_release(&names);
    return ok;
}

struct telling {
    const struct difference *difference;
    const struct exhibit *expected, *found;
};

static const char *key_of(const struct telling *telling)
{
    const struct exhibit *row = telling->expected != NULL ? telling->expected : telling->found;
    return row->key;
}

static int by_kind_and_key(const void *a, const void *b)
{
    const struct telling *left = a, *right = b;
    if (left->difference->kind != right->difference->kind)
        return left->difference->kind < right->difference->kind ? -1 : 1;
    return strcmp(key_of(left), key_of(right));
}

bool evidence_tell(struct evidence *evidence, const struct compared_table *compared,
                   struct verdict_file *verdict, struct error *error)
{
    struct telling *tellings = calloc(evidence->count + 1, sizeof *tellings);
    bool ok = tellings != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < evidence->count; i++) {
        const struct difference *difference = &evidence->differences[i];
        struct telling *telling = &tellings[i];
        telling->difference = difference;
        telling->expected = find(evidence, SIDE_EXPECTED, &difference->expected);
        telling->found = find(evidence, SIDE_FOUND, &difference->found);
        bool whole_pair = (telling->expected != NULL) == is_row(&difference->expected) &&
                          (telling->found != NULL) == is_row(&difference->found) &&
                          (telling->expected == NULL || telling->expected->taken) &&
                          (telling->found == NULL || telling->found->taken);
        if (!whole_pair)
            ok = error_set(error, ERROR_SOURCE, "%s: a source changed while it was compared",
                           compared->label) ||
                 error_hint(error, "compare with the run's checkpoints, or stop what writes to the "
                                   "sources");
    }
    if (ok)
        qsort(tellings, evidence->count, sizeof *tellings, by_kind_and_key);
    for (size_t i = 0; ok && i < evidence->count; i++)
        ok = tell(tellings[i].difference->kind, compared, tellings[i].expected, tellings[i].found,
                  verdict, error);
    free(tellings);
    return ok;
}
