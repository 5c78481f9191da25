/* expect_comparison.h: a field beside a constant of the mapping, as project.h says it of
 * conditions.
 */
#ifndef VERIFY_EXPECT_COMPARISON_H
#define VERIFY_EXPECT_COMPARISON_H

#include "expect_item.h"
#include "graduate/project.h"

/* FIELD_KINDS: of none. */
enum field_kind expect_kind(const struct item *item);

enum comparison {
    COMPARISON_BELOW,
    COMPARISON_EQUAL,
    COMPARISON_ABOVE,
    COMPARISON_APART,      /* of one kind, without an order */
    COMPARISON_IMPOSSIBLE, /* of kinds that have nothing in common */
};
enum comparison expect_compare(const struct item *field, const cJSON *constant);
/* Of different kinds, and yet written alike: a text, and a number or truth value. */
bool expect_is_spelt_alike(const struct item *field, const cJSON *constant);

#endif
