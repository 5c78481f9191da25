/* Room transform/write: values written as fields of binary COPY, and as JSON text. It uses
 * common/base, common/mapping and transform/value. */

/* encode.h: one value as the payload of one binary COPY field, by the column's type. */
#ifndef TRANSFORM_ENCODE_H
#define TRANSFORM_ENCODE_H

#include "graduate/buffer.h"
#include "graduate/identity.h"
#include "graduate/pgtype.h"
#include "json_keys.h"
#include "json_writer.h"
#include "mending.h"
#include "value.h"

/* What encoding one column needs beside the value. */
struct encoding {
    struct pgtype type;
    const struct identity *identity;
    const char *id_entity; /* the value is an identity of this entity; NULL: it is none */
    enum identity_ids ids; /* what is taken for one */
    const char *keys_entity; /* of JSON: the object's keys are identities of this entity; or NULL */
    const struct json_keys_asking *asking; /* of these; or NULL */
    bool resolved;         /* it is the UUID already (binary data), for it was looked up */
    const char *path;      /* for messages */
    bool safe_numbers;
    bool list; /* for an array type: one value is an array of one */
    struct losses *losses;
    struct mending *mending; /* of the column; NULL: what does not fit is an error */
};

/* Can values of documents become this type at all? */
bool encode_supported(const struct pgtype *type);
/* Append length and payload; nothing (null, undefined, absent) becomes NULL, in jsonb columns too.
 * ERROR_DATA with path when the value does not fit: nothing is rounded, cut or replaced. */
static inline bool encode_field(const struct encoding *encoding, const struct value *value,
                                struct buffer *out, struct error *error);
static inline void encode_null(struct buffer *out)
{
    buffer_put_be32(out, UINT32_MAX);
}
/* encode_field of what is there. */
bool encode_value(const struct encoding *encoding, const struct value *value, struct buffer *out,
                  struct error *error);

static inline bool encode_field(const struct encoding *encoding, const struct value *value,
                                struct buffer *out, struct error *error)
{
    if (!value_is_nothing(value))
        return encode_value(encoding, value, out, error);
    encode_null(out);
    return true;
}
/* "... does not fit the type ...: why"; and where a function would make it fit, with its call. */
bool encode_misfit(const struct encoding *encoding, const struct value *value, const char *why,
                   struct error *error);
bool encode_misfit_unsaid(const struct encoding *encoding, const struct value *value,
                          const char *why, const char *word, struct error *error);
/* The UUID that an id becomes. ERROR_DATA when it is nobody's. */
bool encode_identity(const struct encoding *encoding, const struct value *value, uint8_t uuid[16],
                     struct error *error);

#endif
