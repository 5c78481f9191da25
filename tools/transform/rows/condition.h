/* condition.h: do conditions hold, of the documents that their scopes have at hand? project.h says
 * what each of them asks. */
#ifndef TRANSFORM_CONDITION_H
#define TRANSFORM_CONDITION_H

#include "plan.h"

/* Do all of them? ERROR_DATA with the path: one meets a kind that it was not written for. */
bool condition_holds(const struct test *tests, size_t count, bool *holds, struct error *error);
/* The first that looks at a field with something in it, at any depth; or NULL. */
const struct test *condition_met(const struct test *tests, size_t count);
/* The first that looks at a field: of this test or below it. */
const struct test *condition_first(const struct test *test);
/* Say where the test looks. Returns false. */
bool condition_at(const struct test *test, struct error *error);
/* Which one of them does not hold, and what it found: "kind: kind is the text \"gift\"". False when
 * all hold. */
bool condition_refusal(const struct test *tests, size_t count, char *out, size_t size);

#endif
