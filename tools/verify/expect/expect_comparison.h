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
/* Do both texts say a moment with a zone, though the field is no date to its source? *found is how
 * those compare. */
bool expect_compare_meant(const struct item *field, const cJSON *constant, enum comparison *found);
/* Of different kinds, and yet written alike: a text, and a number or truth value. */
bool expect_is_spelt_alike(const struct item *field, const cJSON *constant);

#endif
