/* expect_fact.h: what conditions ask about the records of another entity (project.h): by which keys
 * that is told of them, and asked for. */
#ifndef VERIFY_EXPECT_FACT_H
#define VERIFY_EXPECT_FACT_H

#include "expect.h"
#include "expect_condition.h"

/* Values that can be the same are of one kind; of the last nothing is. */
enum { EXPECT_FACT_KINDS = 6 };
size_t expect_fact_kind(const struct item *item);
/* 128 bits for a value that is there, false where it cannot be the same as another; and for that
 * there are some of its kind. */
bool expect_fact_key(const struct mapping_fact *fact, const struct item *item, uint8_t key[16]);
void expect_fact_kind_key(const struct mapping_fact *fact, size_t kind, uint8_t key[16]);

/* Does some record have it? *strange: none has a value of its kind there, but of another. */
bool expect_fact_ask(const struct mapping_fact *fact, const struct expect_lookup *lookup,
                     const struct item *item, bool *holds, bool *strange, struct error *error);

/* Of one entity, each once. */
struct expect_told {
    const struct mapping_fact *fact;
    bool kinds[EXPECT_FACT_KINDS]; /* of which it was told that there are some */
};
struct expect_facts {
    struct expect_told *items;
    size_t count;
    bool gathered;
    struct expect_patterns patterns;
};
void expect_facts_release(struct expect_facts *facts);
/* Does one of them look at this field of its rows, also for a condition of its own? */
bool expect_facts_name(const struct project *project, const struct mapping *entity,
                       const char *name);

#endif
