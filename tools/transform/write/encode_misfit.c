/* What is said of a value that does not fit its column's type. */
#include "encode.h"

bool encode_misfit(const struct encoding *encoding, const struct value *value, const char *why,
                   struct error *error)
{
    char what[120], type[64];
    value_describe(value, what, sizeof what);
    pgtype_format(&encoding->type, type, sizeof type);
    error_set(error, ERROR_DATA, "%s does not fit the type %s%s%s", what, type,
              why[0] != '\0' ? ": " : "", why);
    error_hint(error, "correct the record in the source, or give the column another type in the "
                      "mapping, and run again");
    return error_at(error, NULL, NULL, encoding->path);
}

bool encode_misfit_unsaid(const struct encoding *encoding, const struct value *value,
                          const char *why, const char *word, struct error *error)
{
    encode_misfit(encoding, value, why, error);
    return error_hint(
        error,
        "correct the record in the source; or, if that is what it means, say so in the "
        "mapping: \"do\": [%s]; then run again",
        word);
}
