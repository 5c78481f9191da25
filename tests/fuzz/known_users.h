/* known_users.h: a few users of whom conditions ask, for both readings: in a file as transform has
 * it, and as the keys that verify tells. Their ids are anybody's. */
#ifndef TESTS_FUZZ_KNOWN_USERS_H
#define TESTS_FUZZ_KNOWN_USERS_H

#include "fuzz.h"

#include "expect.h"
#include "fact_index.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const known_users[] = {
    "{'v': 5, 'k': 1}",
    "{'v': ['a', {'$oid': '5f0c8a1b2c3d4e5f60718293'}, null, 2.5], 'k': 2}",
    "{'v': [true, {'$date': '2024-01-02T00:00:00Z'}, {'w': ['deep']}], 'k': null}",
};

struct known_users {
    struct lookup lookup;
    struct lookups lookups; /* transform's */
    uint8_t keys[64][16];
    size_t count;
    struct expect_lookup expect; /* verify's */
};

static inline bool known_users_take(void *context, const struct expect_id *id, struct error *error)
{
    struct known_users *known = context;
    (void)error;
    MUST(known->count < sizeof known->keys / sizeof known->keys[0]);
    memcpy(known->keys[known->count++], id->key, 16);
    return true;
}

static inline bool known_users_ask(void *context, const struct mapping *to, const uint8_t key[16],
                                   struct expect_answer *answer, struct error *error)
{
    (void)context, (void)to, (void)key, (void)error;
    answer->there = answer->stays = true;
    return true;
}

static inline bool known_users_ask_fact(void *context, const struct mapping *to,
                                        const uint8_t key[16], bool *there, struct error *error)
{
    const struct known_users *known = context;
    (void)to, (void)error;
    for (size_t i = 0; i < known->count; i++)
        *there = *there || memcmp(known->keys[i], key, 16) == 0;
    return true;
}

static inline void known_users_make(struct known_users *known, const struct project *project,
                                    const struct mapping *users)
{
    static const struct catalog_entity nothing;
    struct fact_index index;
    struct expectation *expectation;
    struct error error;
    char path[] = "/tmp/fuzz-facts-XXXXXX";
    int fd = mkstemp(path);
    MUST(fd >= 0 && close(fd) == 0);
    MUST(fact_index_open(&index, project, users, NULL, path, &error));
    MUST(expectation_new(&expectation, project, users, &nothing, &error));
    for (size_t i = 0; i < sizeof known_users / sizeof known_users[0]; i++) {
        char *json = quote(known_users[i]);
        bson_t *bson = bson_new_from_json((const uint8_t *)json, -1, NULL);
        const uint8_t *data = bson_get_data(bson);
        MUST(fact_index_put_document(&index, data, bson->len, &error));
        MUST(expectation_facts(expectation, data, bson->len, known_users_take, known, &error));
        bson_destroy(bson);
        free(json);
    }
    MUST(fact_index_finish(&index, &error));
    fact_index_close(&index);
    expectation_free(expectation);
    known->lookup = (struct lookup){.to = users, .facts = true};
    MUST(id_index_open(&known->lookup.index, path, &error));
    unlink(path);
    known->lookups = (struct lookups){.items = &known->lookup, .count = 1};
    known->expect = (struct expect_lookup){known_users_ask, known_users_ask_fact, known};
}

#endif
