#include "deed.h"

#include <string.h>

uint8_t *deed_memory(const struct function_context *context, size_t length, struct error *error)
{
    uint8_t *memory = arena_alloc(context->made, length, 1);
    if (memory == NULL)
        error_memory(error);
    return memory;
}

bool deed_make_text(const struct function_context *context, const void *text, size_t length,
                    struct value *value, struct error *error)
{
    uint8_t *copy = deed_memory(context, length, error);
    if (copy == NULL)
        return false;
    memcpy(copy, text, length);
    *value = value_from_text((const char *)copy, length);
    return true;
}

bool deed_make_container(const struct function_context *context, bson_t *built, bson_type_t type,
                         struct value *value, struct error *error)
{
    uint8_t *copy = deed_memory(context, built->len, error);
    if (copy != NULL) {
        memcpy(copy, bson_get_data(built), built->len);
        *value = (struct value){.type = type, .bytes = copy, .length = built->len};
    }
    bson_destroy(built);
    return copy != NULL;
}

bool deed_refuse(const struct function_context *context, const struct value *value, const char *why,
                 const char *hint, struct error *error)
{
    char what[120];
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s: %s", what, why);
    error_hint(error, "%s",
               hint != NULL ? hint
                            : "correct the record in the source, or the functions (\"do\") of "
                              "the value in the mapping; then run again");
    return error_at(error, NULL, NULL, context->path);
}
