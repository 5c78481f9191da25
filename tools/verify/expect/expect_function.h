/* expect_function.h: what the functions of a mapping's "do" make of a value. */
#ifndef VERIFY_EXPECT_FUNCTION_H
#define VERIFY_EXPECT_FUNCTION_H

#include "expect_item.h"
#include "graduate/arena.h"
#include "graduate/project.h"

struct expect_surroundings {
    const struct item *record;   /* supabase_password looks into it */
    struct arena *texts;         /* made texts live here until the record is done */
    const struct identity *rule; /* of "uuid", and its name */
    const char *uuid_name;
    bool lost; /* set when a rule gave the value up */
};
bool expect_apply(enum mapping_function function, struct expect_surroundings *around,
                  struct item *item, struct error *error);

#endif
