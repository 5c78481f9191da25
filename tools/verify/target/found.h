/* found.h: the target's side: what a table is there, and its rows as canonical values.
 *
 * Everything is read with COPY in binary form; nothing is compared or ordered by the server, so that
 * its collations and operators have no part in the answer. */
#ifndef VERIFY_FOUND_H
#define VERIFY_FOUND_H

#include "expect.h"

#include "graduate/postgres.h"

struct found_column {
    char *name;
    char *type_text;    /* as format_type prints it; what a domain is over; an enum, and what is text
                           with other rules (citext), as text */
    struct pgtype type; /* its name is NULL where graduate does not know the type */
    char *full_type;    /* with the name of the domain or enum */
    char *default_sql;  /* NULL: none */
    /* What the default makes does not depend on when and how often it is asked; generated columns,
     * now() and the like do. */
    bool constant;
};
struct found_table {
    bool there;
    struct found_column *columns; /* in the order of their names, as bytes */
    size_t column_count;
};

bool found_describe(struct postgres *target, const char *schema, const char *name,
                    struct found_table *table, struct error *error);
void found_release(struct found_table *table);
const struct found_column *found_column_find(const struct found_table *table, const char *name);
/* What a constant default makes, in canonical form; the server itself is asked. */
bool found_default(struct postgres *target, const struct found_column *column,
                   struct buffer *value, struct error *error);

/* One row; the values are views for the call. */
typedef bool (*found_callback)(void *context, const struct expected_value *values,
                               struct error *error);
/* All rows that `select` (SQL) returns, whose columns have these types. When the callback fails the
 * COPY is cancelled; the transaction is then an aborted one, as after an error of the server. */
bool found_read(struct postgres *target, const char *select, const struct pgtype *types,
                size_t count, found_callback callback, void *context, struct error *error);

/* "identifier", quoted. */
void found_put_identifier(struct buffer *sql, const char *name);

#endif
