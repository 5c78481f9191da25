/* refusal.h: what the server's refusal of a row, a key or a check says to the founder.
 *
 * The server names a row of a COPY by its number only ("COPY books, line 3, column title"), and for
 * some constraints not at all; the key comes out of the tuple. Refusals of data are ERROR_DATA;
 * everything else that a server can say is its own failure, ERROR_TARGET. */
#ifndef LOAD_REFUSAL_H
#define LOAD_REFUSAL_H

#include "graduate/postgres.h"
#include "graduate/stream.h"

/* The error of a failed COPY of a section, with the output and the place of the row where the
 * server tells which it was. Always returns false. */
bool refusal_of_copy(const struct postgres *target, const PGresult *result,
                     const struct stream_output *output, const struct stream_section *section,
                     struct error *error);

/* The error of a statement that takes rows of an output over from a temporary table; the server
 * names none of them. Always returns false. */
bool refusal_of_rows(const struct postgres *target, const PGresult *result,
                     const struct stream_output *output, struct error *error);

/* The error of a failed statement on a table, "foreign key books_user_id_fkey on public.books".
 * `entities` are those that fill the table, "books,drafts", when they have; then no second call
 * can cure what the rows do not allow, and the hint says what does. NULL: nothing is loaded yet,
 * and what the statement itself says wrongly is an ERROR_USAGE. Always returns false. */
bool refusal_of_statement(const struct postgres *target, const PGresult *result, const char *name,
                          const char *table, const char *entities, struct error *error);

/* Where a COPY stood, by the server's context: the number of the tuple (from 1, 0 unknown) and the
 * column (NULL unknown). The words of a context are in the server's language, so only the table's
 * name, the number and the column's name are looked for. */
void refusal_place(const char *context, const struct stream_output *output, uint64_t *tuple,
                   const char **column);

#endif
