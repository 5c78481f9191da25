/* deed.h: what the functions do, each to one value that is something. What a function does not take
 * it leaves as it is, or refuses, as its row in graduate/function.h says; function.c sees to that.
 */
#ifndef TRANSFORM_DEED_H
#define TRANSFORM_DEED_H

#include "function.h"

typedef bool (*deed)(const struct function_context *context, const struct function_call *call,
                     struct value *value, struct error *error);

bool deed_lower(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_upper(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_trim(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error);
bool deed_empty_to_null(const struct function_context *context, const struct function_call *call,
                        struct value *value, struct error *error);
bool deed_split(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_strip(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_phone_digits(const struct function_context *context, const struct function_call *call,
                       struct value *value, struct error *error);
bool deed_number(const struct function_context *context, const struct function_call *call,
                 struct value *value, struct error *error);
bool deed_text(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error);
bool deed_count(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_unique(const struct function_context *context, const struct function_call *call,
                 struct value *value, struct error *error);
bool deed_item(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error);
bool deed_field(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_epoch(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_time(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error);
bool deed_day(const struct function_context *context, const struct function_call *call,
              struct value *value, struct error *error);
bool deed_midnight(const struct function_context *context, const struct function_call *call,
                   struct value *value, struct error *error);
bool deed_uuid3(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error);
bool deed_padded(const struct function_context *context, const struct function_call *call,
                 struct value *value, struct error *error);
bool deed_uuid(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error);
bool deed_supabase_password(const struct function_context *context,
                            const struct function_call *call, struct value *value,
                            struct error *error);
bool deed_not_finite_to_null(const struct function_context *context,
                             const struct function_call *call, struct value *value,
                             struct error *error);
bool deed_json(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error);

/* Memory of the context; NULL with an error. */
uint8_t *deed_memory(const struct function_context *context, size_t length, struct error *error);
/* The value becomes the text, which is copied. */
bool deed_make_text(const struct function_context *context, const void *text, size_t length,
                    struct value *value, struct error *error);
/* "the text \"x\": why", with a hint (NULL: correct the record). */
bool deed_refuse(const struct function_context *context, const struct value *value, const char *why,
                 const char *hint, struct error *error);
/* The value becomes a copy of what was built, and that is given back. */
bool deed_make_container(const struct function_context *context, bson_t *built, bson_type_t type,
                         struct value *value, struct error *error);

#endif
