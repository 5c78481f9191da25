/* compiling.h: a plan while it is compiled; plan.c begins, plan_tuples.c has the part that only
 * rows of a Postgres source need. */
#ifndef TRANSFORM_COMPILING_H
#define TRANSFORM_COMPILING_H

#include "plan.h"

struct compiling {
    struct plan *plan;
    const struct output_plan *output; /* the one at hand */
    struct error *error;
    struct errors errors; /* of all columns, rules and drops */
};

/* Is all well, or only wrong in a way beside which the rest can be looked at? */
bool compiling_goes_on(struct compiling *c, bool ok);

/* An ERROR_USAGE about the column. `word`: of it, with its slash; "" is the column itself. */
bool compiling_wrong(struct compiling *c, const char *column, const char *word, const char *what);
/* Does what the mapping itself puts into the column fit it? */
bool compiling_check_constant(struct compiling *c, const struct schema_column *column,
                              const struct encoding *encoding, const struct value *value);

/* Conditions on fields of the scope. */
bool compiling_tests(struct compiling *c, struct scope *scope, const struct conditions *conditions,
                     struct test **tests, size_t *count);
/* When all is wanted of the scopes: which slots hold moments. */
bool compiling_find_moments(struct compiling *c);
/* When all is wanted of the scope. */
bool compiling_make_slots(struct compiling *c, struct scope *scope);

/* Before the first column. */
bool compiling_begin_tuples(struct compiling *c, const struct catalog_entity *catalog);
/* Is it a field of the source as it is, whose value nobody has to know? Compile it. */
bool compiling_is_carried(const struct compiling *c, const struct schema_column *column);
bool compiling_carry(struct compiling *c, const struct schema_column *column,
                     struct column_plan *plan);
/* When all is wanted of a row: what is computed speaks for the columns that it needs. */
bool compiling_find_computed(struct compiling *c);
/* Behind the last word of the mapping: every field that it names is a column of the source, and
 * every column of the source has its place. */
bool compiling_end_tuples(struct compiling *c);

#endif
