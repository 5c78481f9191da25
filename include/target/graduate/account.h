/* account.h: the balance of a run, out of the ledger and of the tables as they are now.
 *
 * Per entity every record that was read is loaded, filtered, rejected, or was rejected and loaded
 * since (retried); per table what is there is what was there before and what was loaded (rows that
 * were there already, and were updated or skipped, are either); per path
 * of the source every value that was seen has one fate (fate.h). */
#ifndef GRADUATE_ACCOUNT_H
#define GRADUATE_ACCOUNT_H

#include "graduate/fate.h"
#include "graduate/postgres.h"

#include <cjson/cJSON.h>
#include <stdint.h>

struct account_entity {
    char *entity;
    bool done;
    int64_t read, loaded, filtered, rejected, retried;
    int64_t losses;
};
struct account_table {
    char *table;
    int64_t before, loaded, present;
    int64_t updated, skipped; /* rows that were there already when the run came to them */
};
struct account_path {
    char *entity, *path;
    int64_t values[FATE_COUNT];
};
struct account {
    struct account_entity *entities; /* in the order in which they were begun */
    size_t entity_count;
    struct account_table *tables;
    size_t table_count;
    struct account_path *paths; /* by entity in that order, then by path */
    size_t path_count;
    int64_t balance; /* sum of all absolute balances; 0 is closed */
};

bool account_read(struct postgres *target, const char *run, struct account *account,
                  struct error *error);
/* Only the paths of one entity (NULL: of all), for who asks before the run is over. */
bool account_read_paths(struct postgres *target, const char *run, const char *entity,
                        struct account *account, struct error *error);
/* Entities go side by side, and begin as it comes: put this one, and its paths, before the others.
 */
void account_put_first(struct account *account, const char *entity);
void account_release(struct account *account);

/* What is unaccounted for; 0 is closed. */
int64_t account_entity_balance(const struct account_entity *entity);
int64_t account_table_balance(const struct account_table *table);
int64_t account_path_balance(const struct account_path *path);

/* As JSON for the run folder; NULL without memory. */
cJSON *account_to_json(const struct account *account);

#endif
