/* conversion.h: one field of a Postgres source as a field of the target, both in binary COPY,
 * where no value changes on the way.
 *
 * Most fields are copied as they are; what becomes another type stands in one table, and beside it
 * stand identities. */
#ifndef TRANSFORM_CONVERSION_H
#define TRANSFORM_CONVERSION_H

#include "field_text.h"
#include "graduate/error.h"
#include "graduate/identity.h"
#include "graduate/pgtype.h"
#include "json_keys.h"
#include "loss.h"

struct conversion;
typedef bool (*convert_function)(const struct conversion *conversion, const struct field *field,
                                 struct buffer *out, struct error *error);

struct conversion {
    uint32_t from;         /* OID of the source's type */
    const char *from_name; /* as the catalog calls it: "numeric(10,2)" */
    struct pgtype type;
    const struct identity *identity;
    const char *id_entity,
        *keys_entity; /* of whom it, or the keys of its object, are ids; or NULL */
    enum identity_ids ids;
    const struct json_keys_asking *asking; /* of the keys; or NULL */
    const char *path; /* for messages and losses */
    struct losses *losses;
    convert_function convert; /* filled in by conversion_find */
};

/* False, with the mapping's word for it and what is wrong, where the types do not go together. */
bool conversion_find(struct conversion *conversion, const char **word, char *why, size_t size);
/* The field must not be NULL. ERROR_DATA, or ERROR_SOURCE for a field that is not of its type, with
 * the path. */
bool conversion_put(const struct conversion *conversion, const struct field *field,
                    struct buffer *out, struct error *error);
/* Is it a text or a number from whose UUID nobody gets back to it? */
bool conversion_is_one_way(const struct conversion *conversion, const struct field *field);

#endif
