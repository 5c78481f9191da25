#include "refusal.h"
#include "row_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SQLSTATEs that speak of the rows, by how they begin; the first that fits says what that means. A
 * value whose binary form is wrong is none of the founder's doing. */
static const struct refusal {
    const char *state;
    enum error_code code;
    const char *meaning;
} refusals[] = {
    {"08P01", ERROR_BUG, ADVICE("graduate wrote a value in a wrong form")},
    {"22P03", ERROR_BUG, ADVICE("graduate wrote a value in a wrong form")},
    {"22P04", ERROR_BUG, ADVICE("graduate wrote a row in a wrong form")},
    {"22001", ERROR_DATA, ADVICE("the value is longer than the column takes")},
    {"22003", ERROR_DATA, ADVICE("the number is outside of what the column takes")},
    {"22021", ERROR_DATA, ADVICE("the text holds a NUL or bytes that are no UTF-8")},
    {"22", ERROR_DATA, ADVICE("the value does not fit the column's type")},
    {"23502", ERROR_DATA, ADVICE("the value is missing")},
    {"23503", ERROR_DATA, ADVICE("the row refers to one that is not in the target")},
    {"23505", ERROR_DATA, ADVICE("another row has this value already")},
    {"23", ERROR_DATA, ADVICE("the row breaks a rule of the table")},
    {"42804", ERROR_DATA, ADVICE("the types of the table are not those of the mapping")},
    {"44", ERROR_DATA, ADVICE("the row breaks a rule of the table")},
    {"54", ERROR_DATA, ADVICE("the value is too large for the server, or for an index on it")},
    {"P0001", ERROR_DATA, ADVICE("a trigger of the target refuses the row")},
};

static const struct refusal *find_refusal(const char *state)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strncmp(state, refusals[i].state, strlen(refusals[i].state)) == 0)
            return &refusals[i];
    return NULL;
}

static const char *field(const PGresult *result, int code)
{
    const char *value = PQresultErrorField(result, code);
    return value != NULL ? value : "";
}

/* The detail of a duplicate or an orphan names its key; that of a violated NOT NULL or CHECK is the
 * whole row, which may hold a password's hash. */
static const char *public_detail(const PGresult *result, const char *state)
{
    const bool names_key =
        strcmp(state, "23503") == 0 || strcmp(state, "23505") == 0 || strcmp(state, "23P01") == 0;
    return names_key ? field(result, PG_DIAG_MESSAGE_DETAIL) : "";
}

/* By its name the records can be found that it calls the same. */
static void put_index(const PGresult *result, struct error_index *index)
{
    snprintf(index->name, sizeof index->name, "%s", field(result, PG_DIAG_CONSTRAINT_NAME));
    snprintf(index->table, sizeof index->table, "%s.%s", field(result, PG_DIAG_SCHEMA_NAME),
             field(result, PG_DIAG_TABLE_NAME));
}

/* `todo` follows the meaning in the hint. */
static bool refused(const PGresult *result, const struct refusal *refusal, const char *what,
                    const char *todo, struct error *error)
{
    const char *state = field(result, PG_DIAG_SQLSTATE);
    const char *detail = public_detail(result, state);
    char context[1024];
    postgres_context(result, context, sizeof context);
    error_set(error, refusal->code, "%s: %s%s%s%s%s", what, field(result, PG_DIAG_MESSAGE_PRIMARY),
              detail[0] != '\0' ? " (" : "", detail, detail[0] != '\0' ? ")" : "", context);
    snprintf(error->sqlstate, sizeof error->sqlstate, "%s", state);
    if (strcmp(state, "23505") == 0)
        put_index(result, &error->index);
    return error_hint(error, "%s: %s", refusal->meaning,
                      refusal->code == ERROR_BUG ? ADVICE("please report it, with this message")
                                                 : todo);
}

/* What is not there under that name: relation, function, type, schema. */
static bool is_name_not_found(const char *state)
{
    static const char *const states[] = {"42P01", "42883", "42704", "3F000"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(state, states[i]) == 0)
            return true;
    return false;
}

/* What a statement says cannot be: a name that is not there, wrong grammar, an expression that is
 * not allowed where it stands. What a role may not is none of it. */
static bool is_of_mapping(const char *state)
{
    return (strncmp(state, "42", 2) == 0 || strncmp(state, "0A", 2) == 0) &&
           strcmp(state, "42501") != 0;
}

/* A failure of the server or of the way to it, not of the data. */
static bool failed(const struct postgres *target, const PGresult *result, const char *doing,
                   struct error *error)
{
    char context[64];
    postgres_error(target, result, doing, error);
    postgres_context(result, context, sizeof context);
    if (context[0] != '\0' && is_name_not_found(error->sqlstate))
        error_hint(error, "graduate sets search_path to '', so a function of the target finds only "
                          "names with a schema: give it a path of its own (ALTER FUNCTION ... SET "
                          "search_path = public), or switch the trigger off, and run again");
    if (error->hint[0] == '\0')
        error_hint(error, "run again when that is mended: what is loaded is kept");
    return false;
}

void refusal_place(const char *context, const struct stream_output *output, uint64_t *tuple,
                   const char **column)
{
    *tuple = 0;
    *column = NULL;
    /* COPY is the outermost, so the last line; those before it are of triggers. */
    const char *line = strrchr(context, '\n');
    line = line != NULL ? line + 1 : context;
    const char *dot = strchr(output->table, '.');
    const char *name = dot != NULL ? dot + 1 : output->table;
    const char *found = strstr(line, name);
    if (found == NULL)
        return;
    const char *digits = strpbrk(found + strlen(name), "0123456789");
    if (digits == NULL)
        return;
    char *rest;
    *tuple = strtoull(digits, &rest, 10);
    size_t length = strlen(rest), longest = 0;
    for (size_t i = 0; i < output->column_count; i++) {
        size_t n = strlen(output->columns[i]);
        if (n >= longest && n < length && rest[length - n - 1] == ' ' &&
            strcmp(rest + length - n, output->columns[i]) == 0) {
            longest = n;
            *column = output->columns[i];
        }
    }
}

/* A key that the server names in a detail, whatever its language: "(id)=(0)". */
struct named_key {
    const char *text, *values; /* from the columns' parenthesis on, from behind the values' */
    int length, values_length; /* 0: none is named */
};

static struct named_key find_key(const char *detail)
{
    const char *columns = strchr(detail, '(');
    const char *middle = columns != NULL ? strstr(columns, ")=(") : NULL;
    const char *end = middle != NULL ? strrchr(middle + 3, ')') : NULL;
    if (end == NULL)
        return (struct named_key){"", "", 0, 0};
    return (struct named_key){columns, middle + 3, (int)(end + 1 - columns),
                              (int)(end - middle - 3)};
}

/* The row that has the key of the detail, where there is one: a foreign key is looked at when all
 * rows are in, and no context tells which it was. */
static uint64_t find_by_detail(const PGresult *result, const struct stream_output *output,
                               const struct stream_section *section, char *column, size_t size)
{
    struct named_key key = find_key(public_detail(result, field(result, PG_DIAG_SQLSTATE)));
    char columns[512], values[2048];
    if (key.length == 0)
        return 0;
    snprintf(columns, sizeof columns, "%.*s", key.length - key.values_length - 5, key.text + 1);
    snprintf(values, sizeof values, "%.*s", key.values_length, key.values);
    snprintf(column, size, "%.*s", (int)size - 1, columns);
    return row_key_find(output, section, columns, values);
}

bool refusal_of_copy(const struct postgres *target, const PGresult *result,
                     const struct stream_output *output, const struct stream_section *section,
                     struct error *error)
{
    const struct refusal *refusal = find_refusal(field(result, PG_DIAG_SQLSTATE));
    char what[256];
    if (refusal == NULL) {
        snprintf(what, sizeof what, "loading into %s", output->table);
        return failed(target, result, what, error);
    }
    uint64_t number;
    const char *column, *named = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    char by_detail[sizeof error->path] = "";
    struct buffer key;
    refusal_place(field(result, PG_DIAG_CONTEXT), output, &number, &column);
    if (number == 0)
        number = find_by_detail(result, output, section, by_detail, sizeof by_detail);
    buffer_init(&key);
    row_key_put(&key, output, section, number, sizeof error->key - 1);
    snprintf(what, sizeof what, "%s refuses a row", output->table);
    refused(result, refusal, what,
            ADVICE("correct the record in the source, or the mapping, and run again; nothing of "
                   "this batch "
                   "was written"),
            error);
    error_at(error, NULL, buffer_text(&key), named != NULL ? named : column);
    error_at(error, NULL, NULL, by_detail);
    buffer_release(&key);
    error->row = (struct error_row){.output = section->output, .place = (int64_t)number};
    return false;
}

bool refusal_of_rows(const struct postgres *target, const PGresult *result,
                     const struct stream_output *output, struct error *error)
{
    static const struct stream_section none = {.tuples = (const uint8_t *)""};
    return refusal_of_copy(target, result, output, &none, error);
}

bool refusal_of_statement(const struct postgres *target, const PGresult *result, const char *name,
                          const char *table, const char *entities, struct error *error)
{
    enum { LONGEST_KEY = 300 };
    const char *state = field(result, PG_DIAG_SQLSTATE);
    const struct refusal *refusal = find_refusal(state);
    char what[LONGEST_KEY + 512], todo[512], value[sizeof error->key] = "";
    if (refusal == NULL) {
        snprintf(what, sizeof what, "making the %s", name);
        failed(target, result, what, error);
        if (entities == NULL && is_of_mapping(state)) {
            error->code = ERROR_USAGE;
            error_hint(error, "correct what the mapping says of it, or leave it out by its name "
                              "(\"not_kept\") where it is the source's; nothing was touched");
        }
        return false;
    }
    struct named_key key = find_key(public_detail(result, state));
    if (strcmp(state, "23505") == 0 && key.length > 0) {
        snprintf(value, sizeof value, "%.*s", key.values_length, key.values);
        snprintf(what, sizeof what, "%s has %.*s twice, and does not allow the %s", table,
                 key.length < LONGEST_KEY ? key.length : LONGEST_KEY, key.text, name);
    } else {
        snprintf(what, sizeof what, "the rows do not allow the %s", name);
    }
    if (entities != NULL)
        snprintf(
            todo, sizeof todo,
            ADVICE(
                "correct it in the source, then graduate run --run-dir DIR --restart %s; or change "
                "the mapping, after graduate undo --run-dir DIR, and run again"),
            entities);
    else
        snprintf(todo, sizeof todo,
                 ADVICE("correct the mapping and run again; nothing was touched"));
    refused(result, refusal, what, todo, error);
    return error_at(error, entities, value, table);
}
