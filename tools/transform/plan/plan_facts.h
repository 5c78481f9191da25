/* plan_facts.h: what the conditions of other entities ask about the records of one (project.h), as
 * a plan of its own: what that entity's mapping says of them has no part in it. */
#ifndef TRANSFORM_PLAN_FACTS_H
#define TRANSFORM_PLAN_FACTS_H

#include "plan.h"

struct fact_plan {
    const struct mapping_fact *fact;
    const struct mapping *user; /* who asks it, for messages */
    bool optional;              /* everybody who asks it lets its paths be in no record */
    int slot;                   /* of the first field of its path */
    const char *rest;           /* and the path from there */
    struct test *tests;
    size_t test_count;
};

/* The facts are in the plan's arena, each once. ERROR_USAGE: a column that is not there. */
bool plan_compile_facts(struct plan *plan, const struct project *project,
                        const struct mapping *entity, const struct catalog_entity *described,
                        struct fact_plan **facts, size_t *count, struct error *error);

#endif
