/* postgres_key.h: the order in which a Postgres table is read, and how to go on after a row.
 *
 * The key is the table's primary key, else its first unique constraint or index whose columns are
 * all NOT NULL, of types that a position can hold. A view, and a table that has none, is read in no
 * order: its key has no parts, and nothing can go on after a row of it. A position is {"key":
 * {column: value, ...}} in the order of the key: whole numbers as int64, every other type as the
 * text that Postgres itself reads without loss. */
#ifndef EXTRACT_POSTGRES_KEY_H
#define EXTRACT_POSTGRES_KEY_H

#include "graduate/buffer.h"
#include "graduate/catalog.h"
#include "graduate/error.h"

#include <bson/bson.h>

/* A column as the server describes it; of a domain, what is below it. */
struct postgres_type {
    uint32_t oid;
    bool text;        /* its binary form is its text: strings and enums */
    const char *name; /* to cast to, without a length: character(2) is "bpchar" */
};
/* A field of a tuple; length -1 is NULL. */
struct postgres_field {
    const uint8_t *bytes;
    int32_t length;
};

struct postgres_key_part {
    const char *name;
    size_t column; /* index into the catalog's columns */
    struct postgres_type type;
    const struct key_form *form;
};
struct postgres_key {
    struct postgres_key_part *parts;
    size_t count;
};

/* Choose the key, maybe none; `types` are those of the table's columns. The names of columns and
 * types must outlive the key. */
bool postgres_key_init(struct postgres_key *key, const struct catalog_entity *table,
                       const struct postgres_type *types, struct error *error);
void postgres_key_release(struct postgres_key *key);

/* Append the member "key" as it stands in `fields`, one per column of the table. */
bool postgres_key_position(const struct postgres_key *key, const struct postgres_field *fields,
                           bson_t *position, struct error *error);
/* "(user_id, day) = (7, 2024-02-29)", for people. */
void postgres_key_describe(const struct postgres_key *key, const struct postgres_field *fields,
                           struct buffer *out);

/* SQL: " WHERE (key) > (position)", or nothing at all for NULL. ERROR_REFUSED when the position is
 * not one of this key, or there is no key. */
bool postgres_key_put_where(const struct postgres_key *key, const bson_t *after, struct buffer *sql,
                            struct error *error);
/* SQL: " ORDER BY key", or nothing without one. */
void postgres_key_put_order(const struct postgres_key *key, struct buffer *sql);

#endif
