/* sql_token.h: an expression as a Postgres prints it, word by word: who takes it to another table
 * changes names in it, and nothing that stands in a text. */
#ifndef GRADUATE_SQL_TOKEN_H
#define GRADUATE_SQL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum sql_token_kind {
    SQL_NAME,  /* a name or a word of the language, in quotes or not */
    SQL_TEXT,  /* a text in its quotes */
    SQL_OTHER, /* whatever stands between */
};
enum { SQL_NAME_SIZE = 64 };
struct sql_token {
    enum sql_token_kind kind;
    const char *at; /* in the expression */
    size_t length;
    char name[SQL_NAME_SIZE]; /* SQL_NAME: without quotes */
};

/* The next one, and *sql behind it; false at the end. */
bool sql_token_next(const char **sql, struct sql_token *token);

/* Is the name at `token` a column's by what is around it: neither a function nor a type, nor inside
 * of another name? `before`: what stands before it, or NULL. `after`: what follows. */
bool sql_token_is_column(const struct sql_token *before, const struct sql_token *token,
                         const char *after);

#endif
