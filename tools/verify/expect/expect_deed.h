/* expect_deed.h: what each function makes of one value that is something and of a kind that it
 * takes. Read anew from graduate/function.h: nothing is shared with transform. */
#ifndef VERIFY_EXPECT_DEED_H
#define VERIFY_EXPECT_DEED_H

#include "expect_function.h"

#define EXPECT_DEED(name)                                                                          \
    bool name(struct expect_surroundings *around, const struct function_call *call,                \
              struct item *item, struct error *error)

EXPECT_DEED(expect_lower);
EXPECT_DEED(expect_upper);
EXPECT_DEED(expect_trim);
EXPECT_DEED(expect_empty_to_null);
EXPECT_DEED(expect_split);
EXPECT_DEED(expect_strip);
EXPECT_DEED(expect_phone_digits);
EXPECT_DEED(expect_number);
EXPECT_DEED(expect_text);
EXPECT_DEED(expect_count);
EXPECT_DEED(expect_unique);
EXPECT_DEED(expect_item);
EXPECT_DEED(expect_field);
EXPECT_DEED(expect_epoch);
EXPECT_DEED(expect_time);
EXPECT_DEED(expect_day);
EXPECT_DEED(expect_midnight);
EXPECT_DEED(expect_uuid3);
EXPECT_DEED(expect_padded);
EXPECT_DEED(expect_uuid);
EXPECT_DEED(expect_supabase_password);
EXPECT_DEED(expect_safe_numbers);
EXPECT_DEED(expect_json);

/* Append to `into`, under the name "", the value that a text of JSON is. False: it is none. */
bool expect_read_json(const char *text, size_t length, bson_t *into);
/* The item becomes a text, copied into what lives until the record is done. */
bool expect_make_text(struct expect_surroundings *around, const char *text, size_t length,
                      struct item *item, struct error *error);
/* The item becomes a copy of a document or array that was built. */
bool expect_make_bson(struct expect_surroundings *around, const bson_t *built, bson_type_t type,
                      struct item *item, struct error *error);
/* Of one value, before and after a function. */
bool expect_is_unchanged(const struct item *before, const struct item *after);

#endif
