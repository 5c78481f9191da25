/* allowed.h: the values that "in" of a column allows, as fields of binary COPY; and those that
 * Supabase Auth bears (account.h).
 *
 * Only of types that have one binary form for one value: whole numbers, texts, dates, booleans,
 * UUIDs. What is allowed in a column of another type, the server's CHECK says; of arrays and JSON
 * there is no such list. */
#ifndef TRANSFORM_ALLOWED_H
#define TRANSFORM_ALLOWED_H

#include "account.h"
#include "encode.h"
#include "graduate/arena.h"

#include <cjson/cJSON.h>

struct allowed {
    const uint8_t
        *fields; /* one behind the other; NULL: all are allowed, so far as is known here */
    size_t length;
    const cJSON *list; /* as the mapping has it */
    const struct account_rule *account; /* or NULL */
    bool asks;                          /* not everything is allowed */
};

/* Of the column of a table, "public.books"; `list` may be NULL. False with ERROR_DATA: one of them
 * does not fit the column. */
bool allowed_compile(struct allowed *allowed, struct arena *arena, const char *table,
                     const char *column, const struct encoding *encoding, const cJSON *list,
                     struct error *error);
/* Is the field (length and bytes) one of them, or NULL? If not, an ERROR_DATA without a place. Need
 * not be called where nothing asks. */
bool allowed_check(const struct allowed *allowed, const uint8_t *field, const struct value *value,
                   struct error *error);

#endif
