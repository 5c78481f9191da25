#include "statement.h"
#include "refusal.h"

#include "graduate/sql.h"

#include <string.h>

/* What stands behind the statement, so that its own failure can be told from theirs. */
#define MADE "made"

static void put(struct buffer *sql, const char *statement)
{
    if (statement != NULL && statement[0] != '\0')
        buffer_printf(sql, "%s%s", sql->length > 0 ? ";\n" : "", statement);
}

/* Is there anything to be known before it is run? */
static bool is_asked(const struct schema_statement *statement,
                     const struct statement_around *around)
{
    return statement->exists != NULL || statement->undo != NULL || around->begun != NULL;
}

/* What is. */
struct known {
    bool there;
    char *undo; /* SQL; NULL: nothing has to be taken back */
};

static bool has_rows(const struct answers *answers, size_t place)
{
    return answers->count > place && PQntuples(answers->items[place]) > 0;
}

static bool ask(struct postgres *target, const struct schema_statement *statement,
                const struct statement_around *around, struct known *known, struct answers *answers,
                struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    put(&sql, around->before);
    put(&sql, statement->exists);
    put(&sql, statement->undo);
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        bool done = false,
             answered = postgres_ask_all(target, buffer_text(&sql), statement->name, answers);
        ok = (around->begun == NULL || around->begun(around->context, answers, &done, error)) &&
             (answered || postgres_error(target, answers_last(answers), statement->name, error));
        size_t exists = around->answers, undo = exists + (statement->exists != NULL);
        known->there = done || (statement->exists != NULL && has_rows(answers, exists));
        if (statement->undo != NULL && has_rows(answers, undo) &&
            !PQgetisnull(answers->items[undo], 0, 0))
            known->undo = PQgetvalue(answers->items[undo], 0, 0);
    }
    buffer_release(&sql);
    return ok;
}

/* What the statement found before it ran is what is to be there again: of two the first counts. */
static void put_undo(struct buffer *sql, const char *run, const struct schema_statement *statement,
                     const char *undo)
{
    const char *const values[] = {run, statement->name, statement->table, undo};
    put(sql, "INSERT INTO graduate.made (run, thing, table_name, undo) VALUES (");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        buffer_puts(sql, i > 0 ? ", " : "");
        sql_put_literal(sql, values[i]);
    }
    buffer_puts(sql, ") ON CONFLICT DO NOTHING");
}

static bool was_made(const struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        if (PQntuples(answers->items[i]) == 1 && strcmp(PQfname(answers->items[i], 0), MADE) == 0)
            return true;
    return false;
}

static bool make(struct postgres *target, const char *run, const struct schema_statement *statement,
                 const struct statement_around *around, const char *undo, const char *entities,
                 struct answers *answers, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    put(&sql, is_asked(statement, around) ? "" : around->before);
    put(&sql, statement->sql);
    put(&sql, "SELECT true AS " MADE);
    if (undo != NULL)
        put_undo(&sql, run, statement, undo);
    put(&sql, around->after);
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        ok = postgres_ask_all(target, buffer_text(&sql), statement->name, answers);
        const PGresult *last = answers_last(answers);
        if (!ok && was_made(answers))
            postgres_error(target, last, "writing down what was made", error);
        else if (!ok)
            refusal_of_statement(target, last, statement->name, statement->table, entities, error);
    }
    buffer_release(&sql);
    return ok;
}

bool statement_run(struct postgres *target, const char *run,
                   const struct schema_statement *statement, const struct statement_around *around,
                   const char *entities, bool *made, struct answers *last, struct error *error)
{
    struct known known = {0};
    struct answers answers = {.count = 0};
    *made = false;
    *last = (struct answers){.count = 0};
    bool ok =
        !is_asked(statement, around) || ask(target, statement, around, &known, &answers, error);
    if (ok && !known.there)
        *made = ok = make(target, run, statement, around, known.undo, entities, last, error);
    else if (ok && around->instead[0] != '\0')
        ok = postgres_ask_all(target, around->instead, statement->name, last) ||
             postgres_error(target, answers_last(last), statement->name, error);
    answers_release(&answers);
    return ok;
}
