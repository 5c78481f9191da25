/* expression.h: do two SQL expressions about a table mean the same?
 *
 * PostgreSQL keeps an expression as a tree and prints it its own way, so the mapping's text never
 * equals what the target shows, and a session that may not write can make nothing to compare with.
 * But it can have both planned: EXPLAIN (VERBOSE) runs nothing, and shows each text as the server
 * understood it: names resolved, BETWEEN and IN written out, constants folded. Equal texts plan
 * equally within one transaction; different plans are different expressions.
 *
 * What a plan hides: before version 17 it does not show what stands before an IN (SELECT ...) that
 * is not at the top level (below OR, say). The table is therefore read through a subquery that
 * shows which columns are used; only two columns that changed places between two such INs would be
 * missed. */
#ifndef VERIFY_EXPRESSION_H
#define VERIFY_EXPRESSION_H

#include "query.h"

enum expression_use {
    EXPRESSION_CONDITION, /* of a policy or a partial index: NULL is as good as false */
    EXPRESSION_VALUE,     /* of an index, a check, a default */
};

/* `type`, for a default: what it is cast to; else NULL. False: it cannot be told, and is a doubt
 * about `what`. */
bool expression_same(struct inspection *inspection, const char *what, const char *schema,
                     const char *table, enum expression_use use, const char *type,
                     const char *expected, const char *found, bool *same);
/* The same of two whole queries; what their columns are called is another question. */
bool expression_queries_same(struct inspection *inspection, const char *what, const char *expected,
                             const char *found, bool *same);

#endif
