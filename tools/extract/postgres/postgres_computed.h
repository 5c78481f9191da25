/* postgres_computed.h: expressions that a Postgres source computes beside the columns of a table.
 *
 * An expression is the founder's own text. The server itself says, by two statements that have it
 * between other brackets and nothing behind it that could end a quote, that it is one expression:
 * none that closes what stands around it, or swallows the rest, is let through. Besides it must be
 * of one row, and the same whenever it is asked. */
#ifndef EXTRACT_POSTGRES_COMPUTED_H
#define EXTRACT_POSTGRES_COMPUTED_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"
#include "graduate/project.h"

/* Add to the catalog's entities a column for each expression of the mappings of `source`, with its
 * type and the columns that it needs, in a transaction that the caller has begun. ERROR_USAGE at
 * their places for all that are refused. */
bool postgres_computed_read(struct postgres *postgres, const char *schema,
                            const struct project *project, const struct source *source,
                            struct catalog *catalog, struct error *error);

/* SQL: the search_path in which expressions over a table find the operators of its columns' types:
 * by those of text a citext would be compared as none. */
bool postgres_computed_put_path(struct postgres *postgres, const char *qualified,
                                struct buffer *path, struct error *error);
/* The same text may be another expression by now. ERROR_SOURCE where it has another type than the
 * column of the catalog, or is refused; `from` is what stands behind FROM. Behind it the path is
 * set. */
bool postgres_computed_check(struct postgres *postgres, const char *label, const char *from,
                             const char *path, const struct catalog_column *column,
                             struct error *error);

#endif
