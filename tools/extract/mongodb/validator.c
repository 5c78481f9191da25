#include "validator.h"
#include "graduate/buffer.h"

#include <string.h>

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool is_word(const cJSON *json, const char *word)
{
    const char *text = cJSON_GetStringValue(json);
    return text != NULL && strcmp(text, word) == 0;
}

static bool has_word(const cJSON *array, const char *word)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (is_word(item, word))
            return true;
    }
    return false;
}

static void put_type(const cJSON *items, const char *word, struct buffer *out, bool *nullable)
{
    const cJSON *type = member(items, "bsonType");
    const char *of = cJSON_GetStringValue(type != NULL ? type : member(items, "type"));
    if (strcmp(word, "null") == 0) {
        *nullable = true;
        return;
    }
    buffer_puts(out, out->length > 0 ? "|" : "");
    if (strcmp(word, "array") == 0 && of != NULL)
        buffer_printf(out, "%s[]", of);
    else
        buffer_puts(out, word);
}

/* "int|double", "string[]"; nothing where the schema does not say. */
static void put_types(const cJSON *property, struct buffer *out, bool *nullable)
{
    const cJSON *types = member(property, "bsonType"), *items = member(property, "items"), *type;
    types = types != NULL ? types : member(property, "type");
    *nullable = types == NULL;
    if (cJSON_IsString(types))
        put_type(items, types->valuestring, out, nullable);
    cJSON_ArrayForEach(type, types)
    {
        if (cJSON_IsString(type))
            put_type(items, type->valuestring, out, nullable);
    }
}

/* Its texts; a value of another kind makes the list say nothing of texts alone. */
static bool put_elements(const cJSON *list, struct catalog_names *elements, bool *nullable,
                         struct error *error)
{
    const cJSON *item;
    bool texts = cJSON_IsArray(list), null = false;
    cJSON_ArrayForEach(item, list)
    {
        texts = texts && (cJSON_IsString(item) || cJSON_IsNull(item));
        null = null || cJSON_IsNull(item);
    }
    *nullable = *nullable && (list == NULL || null);
    cJSON_ArrayForEach(item, list)
    {
        if (texts && cJSON_IsString(item) && !catalog_names_add(elements, item->valuestring))
            return error_memory(error);
    }
    return true;
}

static bool describe(struct catalog_entity *entity, const cJSON *schema, const char *above,
                     struct error *error);

static bool add_property(struct catalog_entity *entity, const cJSON *property, const char *above,
                         bool required, struct error *error)
{
    struct buffer path, type;
    bool nullable, ok;
    buffer_init(&path);
    buffer_init(&type);
    buffer_printf(&path, "%s%s%s", above, above[0] != '\0' ? "." : "", property->string);
    put_types(property, &type, &nullable);
    ok = buffer_ok(&path, error) && buffer_ok(&type, error);
    struct catalog_column *column =
        ok ? catalog_column_add(entity, buffer_text(&path), buffer_text(&type)) : NULL;
    ok = ok && (column != NULL || error_memory(error)) &&
         put_elements(member(property, "enum"), &column->elements, &nullable, error);
    if (ok) {
        const cJSON *most = member(property, "maxLength");
        column->not_null = required && !nullable;
        column->size =
            cJSON_IsNumber(most) && most->valuedouble >= 0 && most->valuedouble <= INT32_MAX
                ? (int64_t)most->valuedouble
                : -1;
        ok = describe(entity, property, buffer_text(&path), error);
    }
    buffer_release(&type);
    buffer_release(&path);
    return ok;
}

static bool describe(struct catalog_entity *entity, const cJSON *schema, const char *above,
                     struct error *error)
{
    const cJSON *required = member(schema, "required"), *property;
    bool ok = true;
    cJSON_ArrayForEach(property, member(schema, "properties"))
    {
        ok = ok &&
             add_property(entity, property, above, has_word(required, property->string), error);
    }
    return ok;
}

bool validator_describe(struct catalog *catalog, const char *collection, const cJSON *options,
                        struct error *error)
{
    const cJSON *schema = member(member(options, "validator"), "$jsonSchema");
    const cJSON *action = member(options, "validationAction");
    const cJSON *level = member(options, "validationLevel");
    struct catalog_entity *entity = NULL;
    for (size_t i = 0; i < catalog->entity_count; i++)
        if (strcmp(catalog->entities[i].name, collection) == 0)
            entity = &catalog->entities[i];
    if (entity == NULL || schema == NULL || (action != NULL && !is_word(action, "error")) ||
        (level != NULL && !is_word(level, "strict")))
        return true;
    entity->closed = cJSON_IsFalse(member(schema, "additionalProperties"));
    return describe(entity, schema, "", error);
}
