/* expect_condition.h: do the conditions of a mapping hold? As project.h says it of struct
 * condition. */
#ifndef VERIFY_EXPECT_CONDITION_H
#define VERIFY_EXPECT_CONDITION_H

#include "expect.h"
#include "expect_item.h"
#include "graduate/project.h"

/* The expressions of conditions, compiled once. */
struct expect_patterns {
    struct expect_pattern *items;
    size_t count, room;
};
/* Those of all these conditions, at any depth. */
bool expect_patterns_add(struct expect_patterns *patterns, const struct conditions *conditions,
                         struct error *error);
void expect_patterns_release(struct expect_patterns *patterns);

/* Where conditions look: the document at hand, at this path of the record ("" for the record
 * itself), and what is around it. */
struct expect_view {
    const struct item *document, *record;
    const char *path;
    const struct expect_patterns *patterns; /* with those of the conditions */
    const struct expect_view *outer;        /* NULL: nothing */
    const struct expect_lookup *lookup;     /* NULL: nobody knows of other entities */
};
/* ERROR_DATA with the path: a field is of a kind that its condition was not written for. */
bool expect_holds(const struct expect_view *view, const struct conditions *conditions, bool *holds,
                  struct error *error);
/* Is there a condition, at any depth, that looks at a field with something in it? *field and *path
 * are what it looks at, or the last one of them where there is none. `made`: as item_gather. */
bool expect_meets(const struct expect_view *view, const struct conditions *conditions, bson_t *made,
                  struct item *field, const char **path);

#endif
