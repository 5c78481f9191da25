/* expect_function.h: what the functions of a mapping's "do" make of a value. */
#ifndef VERIFY_EXPECT_FUNCTION_H
#define VERIFY_EXPECT_FUNCTION_H

#include "expect_item.h"
#include "graduate/arena.h"
#include "graduate/function.h"

struct expect_surroundings {
    const struct item *record;   /* supabase_password looks into it */
    struct arena *texts;         /* made texts live here until the record is done */
    const struct identity *rule; /* of "uuid" */
    bool keeps_text;             /* what is no JSON stays a text */
    bool lost;                   /* set when a rule gave the value up */
};
/* *changed: it made another value. */
bool expect_apply(const struct function_call *call, struct expect_surroundings *around,
                  struct item *item, bool *changed, struct error *error);

#endif
