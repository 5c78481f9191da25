/* server_uniques.h: of the tables of an entity, what must be unique in a way that bytes do not
 * show.
 *
 * Of plain columns of most types two values are the same where their bytes are, which row_keys.h
 * looks at. Of the others the target's server is asked, by unique_index.h: expressions, a part of
 * the rows, nulls that are equal, types and collations of which several forms are one; and whatever
 * indexes a table has that is there already. And for conditions ("checks") that each row must keep
 * to. Where it cannot be asked, that is said. */
#ifndef CHECK_SERVER_UNIQUES_H
#define CHECK_SERVER_UNIQUES_H

#include "unique_index.h"

#include <cjson/cJSON.h>

/* How the server is asked. */
struct uniques_asking {
    const char *not_asked; /* why it is not; or NULL */
    bool rows; /* also what rows that its tables have already have in common with these */
    int64_t stall; /* seconds of silence after which it is given up; 0: never */
};

struct server_unique {
    struct unique_index index;
    const char *name;  /* of the index, or the check */
    const char *check; /* its condition, and it is no index; or NULL */
    size_t output;    /* the first form of its table, in the schema */
    size_t place;     /* of its keys among the table's sets of them: behind those of row_keys.h */
    int replaces;     /* the set there that it tells better; or -1 */
    bool open;
};

struct server_uniques {
    struct arena arena;
    struct postgres target;
    struct server_unique *items;
    size_t count;
    cJSON *not_asked; /* [{"table", "kind", "name", "why"}]; kind "table": whatever it has there */
};

/* Of the outputs of an entity; `most` sets of keys of a table have places. Fails without memory
 * alone. */
bool server_uniques_open(struct server_uniques *uniques, const struct schema *schema, size_t first,
                         size_t count, size_t most, const struct uniques_asking *asking,
                         struct error *error);
void server_uniques_release(struct server_uniques *uniques);
/* Does the server tell set `place` of the output's table (0: the key; 1: the first of `uniques`)?
 * NULL tells nothing. */
bool server_uniques_tell(const struct server_uniques *uniques, const struct schema *schema,
                         const struct schema_output *output, size_t place);
/* The server fails at a batch, for this reason: no more is asked of it. */
bool server_uniques_give_up(struct server_uniques *uniques, struct server_unique *unique,
                            const struct error *why, struct error *error);

#endif
