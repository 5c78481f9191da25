/* expect_condition.h: do the conditions of a mapping hold? As project.h says it of struct
 * condition. */
#ifndef VERIFY_EXPECT_CONDITION_H
#define VERIFY_EXPECT_CONDITION_H

#include "expect_item.h"
#include "graduate/project.h"

/* Where conditions look: the document at hand, at this path of the record ("" for the record
 * itself), and what is around it. */
struct expect_view {
    const struct item *document, *record;
    const char *path;
    const struct expect_view *outer; /* NULL: nothing */
};
/* What the condition is about; absent where nothing lies so far out. */
struct item expect_condition_field(const struct expect_view *view,
                                   const struct condition *condition);
/* ERROR_DATA with the path: a field is of a kind that its condition was not written for. */
bool expect_holds(const struct expect_view *view, const struct conditions *conditions, bool *holds,
                  struct error *error);

#endif
