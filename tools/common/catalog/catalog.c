/* The structs of catalog.h as tables of members, so that writing, reading and releasing them are
 * one walk each and cannot disagree. */
#include "graduate/catalog.h"
#include "graduate/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum member_kind {
    TEXT,       /* char *; NULL is absent */
    NUMBER,     /* int64_t; -1 is absent */
    OID,        /* uint32_t; 0 is absent */
    FLAG,       /* bool; absent is false */
    NAMES,      /* struct catalog_names; empty is absent */
    NAMES_LIST, /* the same, many */
    LIST,       /* structs of the shape `items` */
};
struct member {
    const char *name;
    enum member_kind kind;
    bool required;
    size_t offset;
    size_t count; /* offset of a list's count */
    const struct shape *items;
};
struct shape {
    const struct member *members;
    size_t count, size; /* members in the table, bytes of the struct */
};

enum { MOST_MEMBERS = 32 };
#define SHAPE(table, type)                                                                         \
    {                                                                                              \
        table, sizeof table / sizeof table[0], sizeof(type)                                        \
    }
#define LIST_OF(type, items, count) offsetof(type, items), offsetof(type, count)

static const struct member column_members[] = {
    {"name", TEXT, true, offsetof(struct catalog_column, name), 0, NULL},
    {"type", TEXT, true, offsetof(struct catalog_column, type), 0, NULL},
    {"oid", OID, true, offsetof(struct catalog_column, oid), 0, NULL},
    {"layout", TEXT, false, offsetof(struct catalog_column, layout), 0, NULL},
    {"own_type", TEXT, false, offsetof(struct catalog_column, own_type), 0, NULL},
    {"not_null", FLAG, false, offsetof(struct catalog_column, not_null), 0, NULL},
    {"serial", FLAG, false, offsetof(struct catalog_column, serial), 0, NULL},
    {"serial_last", NUMBER, false, offsetof(struct catalog_column, serial_last), 0, NULL},
    {"serial_next", NUMBER, false, offsetof(struct catalog_column, serial_next), 0, NULL},
    {"always", FLAG, false, offsetof(struct catalog_column, always), 0, NULL},
    {"numbering", TEXT, false, offsetof(struct catalog_column, numbering), 0, NULL},
    {"default_sql", TEXT, false, offsetof(struct catalog_column, default_sql), 0, NULL},
    {"collation", TEXT, false, offsetof(struct catalog_column, collation), 0, NULL},
    {"generated", TEXT, false, offsetof(struct catalog_column, generated), 0, NULL},
    {"computed", TEXT, false, offsetof(struct catalog_column, computed), 0, NULL},
    {"made_of", NAMES, false, offsetof(struct catalog_column, made_of), 0, NULL},
    {"comment", TEXT, false, offsetof(struct catalog_column, comment), 0, NULL},
    {"calls", NAMES, false, offsetof(struct catalog_column, calls), 0, NULL},
    {"size", NUMBER, false, offsetof(struct catalog_column, size), 0, NULL},
    {"elements", NAMES, false, offsetof(struct catalog_column, elements), 0, NULL},
};
static const struct shape column_shape = SHAPE(column_members, struct catalog_column);

static const struct member index_members[] = {
    {"columns", NAMES, true, offsetof(struct catalog_index, columns), 0, NULL},
    {"where", TEXT, false, offsetof(struct catalog_index, where), 0, NULL},
    {"unique", FLAG, false, offsetof(struct catalog_index, unique), 0, NULL},
    {"name", TEXT, false, offsetof(struct catalog_index, name), 0, NULL},
    {"method", TEXT, false, offsetof(struct catalog_index, method), 0, NULL},
    {"include", NAMES, false, offsetof(struct catalog_index, include), 0, NULL},
    {"storage", TEXT, false, offsetof(struct catalog_index, storage), 0, NULL},
    {"nulls_equal", FLAG, false, offsetof(struct catalog_index, nulls_equal), 0, NULL},
    {"made_of", NAMES, false, offsetof(struct catalog_index, made_of), 0, NULL},
};
static const struct shape index_shape = SHAPE(index_members, struct catalog_index);

static const struct member sequence_members[] = {
    {"name", TEXT, true, offsetof(struct catalog_sequence, name), 0, NULL},
    {"schema", TEXT, true, offsetof(struct catalog_sequence, schema), 0, NULL},
    {"options", TEXT, true, offsetof(struct catalog_sequence, options), 0, NULL},
    {"last", TEXT, false, offsetof(struct catalog_sequence, last), 0, NULL},
    {"called", FLAG, false, offsetof(struct catalog_sequence, called), 0, NULL},
};
static const struct shape sequence_shape = SHAPE(sequence_members, struct catalog_sequence);

static const struct member check_members[] = {
    {"name", TEXT, true, offsetof(struct catalog_check, name), 0, NULL},
    {"expression", TEXT, true, offsetof(struct catalog_check, expression), 0, NULL},
    {"invalid", FLAG, false, offsetof(struct catalog_check, invalid), 0, NULL},
    {"made_of", NAMES, false, offsetof(struct catalog_check, made_of), 0, NULL},
    {"calls", NAMES, false, offsetof(struct catalog_check, calls), 0, NULL},
};
static const struct shape check_shape = SHAPE(check_members, struct catalog_check);

static const struct member need_members[] = {
    {"kind", TEXT, true, offsetof(struct catalog_need, kind), 0, NULL},
    {"name", TEXT, true, offsetof(struct catalog_need, name), 0, NULL},
    {"column", TEXT, false, offsetof(struct catalog_need, column), 0, NULL},
    {"schema", TEXT, false, offsetof(struct catalog_need, schema), 0, NULL},
};
static const struct shape need_shape = SHAPE(need_members, struct catalog_need);

static const struct member object_members[] = {
    {"kind", TEXT, true, offsetof(struct catalog_object, kind), 0, NULL},
    {"name", TEXT, true, offsetof(struct catalog_object, name), 0, NULL},
    {"entity", TEXT, false, offsetof(struct catalog_object, entity), 0, NULL},
    {"detail", TEXT, false, offsetof(struct catalog_object, detail), 0, NULL},
    {"columns", NAMES, false, offsetof(struct catalog_object, columns), 0, NULL},
    {"in_shape", FLAG, false, offsetof(struct catalog_object, in_shape), 0, NULL},
    {"unsaid", TEXT, false, offsetof(struct catalog_object, unsaid), 0, NULL},
    {"refers", TEXT, false, offsetof(struct catalog_object, refers), 0, NULL},
    {"refers_in", TEXT, false, offsetof(struct catalog_object, refers_in), 0, NULL},
    {"referred", NAMES, false, offsetof(struct catalog_object, referred), 0, NULL},
    {"on_delete", TEXT, false, offsetof(struct catalog_object, on_delete), 0, NULL},
    {"on_update", TEXT, false, offsetof(struct catalog_object, on_update), 0, NULL},
    {"emptied", NAMES, false, offsetof(struct catalog_object, emptied), 0, NULL},
    {"match_full", FLAG, false, offsetof(struct catalog_object, match_full), 0, NULL},
    {"timing", TEXT, false, offsetof(struct catalog_object, timing), 0, NULL},
    {"invalid", FLAG, false, offsetof(struct catalog_object, invalid), 0, NULL},
    {"include", NAMES, false, offsetof(struct catalog_object, include), 0, NULL},
    {"storage", TEXT, false, offsetof(struct catalog_object, storage), 0, NULL},
    {"nulls_equal", FLAG, false, offsetof(struct catalog_object, nulls_equal), 0, NULL},
    {"definition", TEXT, false, offsetof(struct catalog_object, definition), 0, NULL},
    {"needs", LIST, false, LIST_OF(struct catalog_object, needs, need_count), &need_shape},
    {"lent", NAMES, false, offsetof(struct catalog_object, lent), 0, NULL},
    {"signature", TEXT, false, offsetof(struct catalog_object, signature), 0, NULL},
    {"definer", FLAG, false, offsetof(struct catalog_object, definer), 0, NULL},
};
static const struct shape object_shape = SHAPE(object_members, struct catalog_object);

static const struct shape names_shape = {NULL, 0, sizeof(struct catalog_names)};

static const struct member entity_members[] = {
    {"name", TEXT, true, offsetof(struct catalog_entity, name), 0, NULL},
    {"estimate", NUMBER, false, offsetof(struct catalog_entity, estimate), 0, NULL},
    {"exact", FLAG, false, offsetof(struct catalog_entity, exact), 0, NULL},
    {"bytes", NUMBER, false, offsetof(struct catalog_entity, bytes), 0, NULL},
    {"view", FLAG, false, offsetof(struct catalog_entity, view), 0, NULL},
    {"identity", TEXT, false, offsetof(struct catalog_entity, identity), 0, NULL},
    {"columns", LIST, false, LIST_OF(struct catalog_entity, columns, column_count), &column_shape},
    {"closed", FLAG, false, offsetof(struct catalog_entity, closed), 0, NULL},
    {"key", NAMES, false, offsetof(struct catalog_entity, key), 0, NULL},
    {"uniques", NAMES_LIST, false, LIST_OF(struct catalog_entity, uniques, unique_count),
     &names_shape},
    {"indexes", LIST, false, LIST_OF(struct catalog_entity, indexes, index_count), &index_shape},
    {"checks", LIST, false, LIST_OF(struct catalog_entity, checks, check_count), &check_shape},
    {"comment", TEXT, false, offsetof(struct catalog_entity, comment), 0, NULL},
    {"shown_by", TEXT, false, offsetof(struct catalog_entity, shown_by), 0, NULL},
    {"lent", NAMES, false, offsetof(struct catalog_entity, lent), 0, NULL},
    {"permissions", NAMES, false, offsetof(struct catalog_entity, permissions), 0, NULL},
    {"guard", TEXT, false, offsetof(struct catalog_entity, guard), 0, NULL},
};
static const struct shape entity_shape = SHAPE(entity_members, struct catalog_entity);

static const struct member type_members[] = {
    {"name", TEXT, true, offsetof(struct catalog_type, name), 0, NULL},
    {"local", TEXT, true, offsetof(struct catalog_type, local), 0, NULL},
    {"schema", TEXT, false, offsetof(struct catalog_type, schema), 0, NULL},
    {"kind", TEXT, true, offsetof(struct catalog_type, kind), 0, NULL},
    {"extension", TEXT, false, offsetof(struct catalog_type, extension), 0, NULL},
    {"definition", TEXT, false, offsetof(struct catalog_type, definition), 0, NULL},
    {"unmade", TEXT, false, offsetof(struct catalog_type, unmade), 0, NULL},
    {"parts", NAMES, false, offsetof(struct catalog_type, parts), 0, NULL},
};
static const struct shape type_shape = SHAPE(type_members, struct catalog_type);

static const struct member catalog_members[] = {
    {"source", TEXT, true, offsetof(struct catalog, source), 0, NULL},
    {"kind", TEXT, true, offsetof(struct catalog, kind), 0, NULL},
    {"version", TEXT, false, offsetof(struct catalog, version), 0, NULL},
    {"database", TEXT, false, offsetof(struct catalog, database), 0, NULL},
    {"schema", TEXT, false, offsetof(struct catalog, schema), 0, NULL},
    {"entities", LIST, true, LIST_OF(struct catalog, entities, entity_count), &entity_shape},
    {"sequences", LIST, false, LIST_OF(struct catalog, sequences, sequence_count), &sequence_shape},
    {"objects", LIST, false, LIST_OF(struct catalog, objects, object_count), &object_shape},
    {"types", LIST, false, LIST_OF(struct catalog, types, type_count), &type_shape},
};
static const struct shape catalog_shape = SHAPE(catalog_members, struct catalog);

/* A member inside a struct, as the type that its kind says. */
#define AT(base, offset, type) ((type *)(void *)((char *)(base) + (offset)))
#define READ_AT(base, offset, type) (*(type const *)(const void *)((const char *)(base) + (offset)))

/* A list's items, whose type is not known here: hence no access through a pointer. */
static char *items_of(const void *base, const struct member *member)
{
    char *items;
    memcpy(&items, (const char *)base + member->offset, sizeof items);
    return items;
}

static void names_release(struct catalog_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct catalog_names){0};
}

static void struct_release(void *base, const struct shape *shape)
{
    for (const struct member *member = shape->members; member < shape->members + shape->count;
         member++) {
        if (member->kind == TEXT) {
            free(*AT(base, member->offset, char *));
        } else if (member->kind == NAMES) {
            names_release(AT(base, member->offset, struct catalog_names));
        } else if (member->kind == LIST || member->kind == NAMES_LIST) {
            char *items = items_of(base, member);
            for (size_t i = 0; i < *AT(base, member->count, size_t); i++) {
                if (member->kind == LIST)
                    struct_release(items + i * member->items->size, member->items);
                else
                    names_release(AT(items, i * member->items->size, struct catalog_names));
            }
            free(items);
        }
    }
    memset(base, 0, shape->size);
}

void catalog_init(struct catalog *catalog)
{
    *catalog = (struct catalog){0};
}

void catalog_release(struct catalog *catalog)
{
    struct_release(catalog, &catalog_shape);
}

static void struct_init(void *base, const struct shape *shape)
{
    memset(base, 0, shape->size);
    for (const struct member *member = shape->members; member < shape->members + shape->count;
         member++)
        if (member->kind == NUMBER)
            *AT(base, member->offset, int64_t) = -1;
}

void catalog_remove(struct catalog *catalog, size_t entity)
{
    struct catalog_entity *at = &catalog->entities[entity];
    struct_release(at, &entity_shape);
    catalog->entity_count--;
    memmove(at, at + 1, (catalog->entity_count - entity) * sizeof *at);
}

struct catalog_entity *catalog_add(struct catalog *catalog, const char *name)
{
    char *copy = strdup(name);
    struct catalog_entity *grown =
        reallocarray(catalog->entities, catalog->entity_count + 1, sizeof *grown);
    if (grown != NULL)
        catalog->entities = grown;
    if (copy == NULL || grown == NULL) {
        free(copy);
        return NULL;
    }
    struct catalog_entity *entity = &grown[catalog->entity_count++];
    struct_init(entity, &entity_shape);
    entity->name = copy;
    return entity;
}

struct catalog_column *catalog_column_add(struct catalog_entity *entity, const char *name,
                                          const char *type)
{
    struct catalog_column *grown =
        reallocarray(entity->columns, entity->column_count + 1, sizeof *grown);
    if (grown == NULL)
        return NULL;
    entity->columns = grown;
    struct catalog_column *column = &grown[entity->column_count++];
    struct_init(column, &column_shape);
    column->name = strdup(name);
    column->type = strdup(type);
    return column->name != NULL && column->type != NULL ? column : NULL;
}

bool catalog_identity_differs(const char *before, const char *now, char *what, size_t size)
{
    cJSON *was = cJSON_Parse(before), *is = cJSON_Parse(now);
    const cJSON *old;
    bool differs = false;
    cJSON_ArrayForEach(old, was)
    {
        const cJSON *new = cJSON_GetObjectItemCaseSensitive(is, old->string);
        if (differs || new == NULL || cJSON_Compare(old, new, true))
            continue;
        char *from = cJSON_PrintUnformatted(old), *to = cJSON_PrintUnformatted(new);
        snprintf(what, size, "%s was %s and is %s", old->string, from != NULL ? from : "another",
                 to != NULL ? to : "another");
        cJSON_free(from);
        cJSON_free(to);
        differs = true;
    }
    cJSON_Delete(was);
    cJSON_Delete(is);
    return differs;
}

bool catalog_object_add(struct catalog *catalog, const char *kind, const char *name,
                        const char *entity, const char *detail, struct error *error)
{
    size_t count = catalog->object_count;
    struct catalog_object *grown = realloc(catalog->objects, (count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_memory(error);
    catalog->objects = grown;
    struct catalog_object *object = &grown[catalog->object_count++];
    *object = (struct catalog_object){
        .kind = strdup(kind),
        .name = strdup(name),
        .entity = entity != NULL ? strdup(entity) : NULL,
        .detail = detail != NULL ? strdup(detail) : NULL,
    };
    return object->kind != NULL && object->name != NULL &&
                   (entity == NULL || object->entity != NULL) &&
                   (detail == NULL || object->detail != NULL)
               ? true
               : error_memory(error);
}

bool catalog_names_add(struct catalog_names *names, const char *word)
{
    char *copy = strdup(word);
    char **grown = reallocarray(names->items, names->count + 1, sizeof *grown);
    if (grown != NULL)
        names->items = grown;
    if (copy == NULL || grown == NULL) {
        free(copy);
        return false;
    }
    names->items[names->count++] = copy;
    return true;
}

/* To JSON. NULL stands for failed memory, on every level. */

static cJSON *names_to_json(const struct catalog_names *names)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; array != NULL && i < names->count; i++)
        if (!cJSON_AddItemToArray(array, cJSON_CreateString(names->items[i]))) {
            cJSON_Delete(array);
            array = NULL;
        }
    return array;
}

static cJSON *struct_to_json(const void *base, const struct shape *shape);

static cJSON *list_to_json(const void *base, const struct member *member)
{
    const char *items = items_of(base, member);
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; array != NULL && i < READ_AT(base, member->count, size_t); i++) {
        const char *item = items + i * member->items->size;
        cJSON *json = member->kind == LIST ? struct_to_json(item, member->items)
                                           : names_to_json(&READ_AT(item, 0, struct catalog_names));
        if (!cJSON_AddItemToArray(array, json)) {
            cJSON_Delete(array);
            array = NULL;
        }
    }
    return array;
}

static bool is_absent(const void *base, const struct member *member)
{
    switch (member->kind) {
    case TEXT:
        return READ_AT(base, member->offset, char *) == NULL;
    case NUMBER:
        return READ_AT(base, member->offset, int64_t) < 0;
    case OID:
        return READ_AT(base, member->offset, uint32_t) == 0;
    case FLAG:
        return false;
    case NAMES:
        return READ_AT(base, member->offset, struct catalog_names).count == 0;
    case NAMES_LIST:
    case LIST:
        return READ_AT(base, member->count, size_t) == 0;
    }
    return true;
}

static cJSON *member_to_json(const void *base, const struct member *member)
{
    switch (member->kind) {
    case TEXT:
        return cJSON_CreateString(READ_AT(base, member->offset, char *));
    case NUMBER:
        return cJSON_CreateNumber((double)READ_AT(base, member->offset, int64_t));
    case OID:
        return cJSON_CreateNumber(READ_AT(base, member->offset, uint32_t));
    case FLAG:
        return cJSON_CreateBool(READ_AT(base, member->offset, bool));
    case NAMES:
        return names_to_json(&READ_AT(base, member->offset, struct catalog_names));
    case NAMES_LIST:
    case LIST:
        return list_to_json(base, member);
    }
    return NULL;
}

static cJSON *struct_to_json(const void *base, const struct shape *shape)
{
    cJSON *object = cJSON_CreateObject();
    for (const struct member *member = shape->members;
         object != NULL && member < shape->members + shape->count; member++) {
        if (is_absent(base, member) && !member->required)
            continue;
        if (!cJSON_AddItemToObject(object, member->name, member_to_json(base, member))) {
            cJSON_Delete(object);
            object = NULL;
        }
    }
    return object;
}

cJSON *catalog_to_json(const struct catalog *catalog)
{
    return struct_to_json(catalog, &catalog_shape);
}

cJSON *catalog_entity_to_json(const struct catalog_entity *entity)
{
    return struct_to_json(entity, &entity_shape);
}

/* From JSON. */

static bool expected(const struct json_place *place, const char *what, const cJSON *json,
                     struct error *error)
{
    return json_error(error, place, "expected %s, found %s", what, json_kind(json));
}

static bool read_text(const cJSON *json, const struct json_place *place, char **text,
                      struct error *error)
{
    if (!cJSON_IsString(json))
        return expected(place, "a string", json, error);
    *text = strdup(json->valuestring);
    return *text != NULL ? true : error_memory(error);
}

/* Whole numbers from 0 to `largest`, which a double holds exactly. */
static bool read_number(const cJSON *json, const struct json_place *place, double largest,
                        int64_t *number, struct error *error)
{
    if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0 && json->valuedouble <= largest) ||
        json->valuedouble != (double)(int64_t)json->valuedouble)
        return expected(place, "a whole number that is not negative", json, error);
    *number = (int64_t)json->valuedouble;
    return true;
}

static bool read_names(const cJSON *json, const struct json_place *place,
                       struct catalog_names *names, struct error *error)
{
    if (!cJSON_IsArray(json))
        return expected(place, "an array of strings", json, error);
    size_t index = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        const struct json_place here = {place, NULL, index++};
        if (!cJSON_IsString(item))
            return expected(&here, "a string", item, error);
        if (!catalog_names_add(names, item->valuestring))
            return error_memory(error);
    }
    return true;
}

static bool read_struct(const cJSON *json, const struct json_place *place,
                        const struct shape *shape, void *base, struct error *error);

static bool read_list(const cJSON *json, const struct json_place *place,
                      const struct member *member, void *base, struct error *error)
{
    if (!cJSON_IsArray(json))
        return expected(place, "an array", json, error);
    size_t size = member->items->size, *count = AT(base, member->count, size_t);
    int length = cJSON_GetArraySize(json);
    char *items = calloc(length > 0 ? (size_t)length : 1, size);
    if (items == NULL)
        return error_memory(error);
    memcpy((char *)base + member->offset, &items, sizeof items);
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        const struct json_place here = {place, NULL, *count};
        void *to = items + (*count)++ * size; /* counted first: released also when half read */
        if (!(member->kind == LIST ? read_struct(item, &here, member->items, to, error)
                                   : read_names(item, &here, to, error)))
            return false;
    }
    return true;
}

static bool read_member(const cJSON *json, const struct json_place *place,
                        const struct member *member, void *base, struct error *error)
{
    int64_t number = 0;
    switch (member->kind) {
    case TEXT:
        return read_text(json, place, AT(base, member->offset, char *), error);
    case NUMBER:
        return read_number(json, place, 9007199254740992.0, AT(base, member->offset, int64_t),
                           error);
    case OID:
        if (!read_number(json, place, UINT32_MAX, &number, error))
            return false;
        *AT(base, member->offset, uint32_t) = (uint32_t)number;
        return true;
    case FLAG:
        if (!cJSON_IsBool(json))
            return expected(place, "true or false", json, error);
        *AT(base, member->offset, bool) = cJSON_IsTrue(json);
        return true;
    case NAMES:
        return read_names(json, place, AT(base, member->offset, struct catalog_names), error);
    case NAMES_LIST:
    case LIST:
        return read_list(json, place, member, base, error);
    }
    return false;
}

static bool read_struct(const cJSON *json, const struct json_place *place,
                        const struct shape *shape, void *base, struct error *error)
{
    const char *words[MOST_MEMBERS];
    for (size_t i = 0; i < shape->count; i++)
        words[i] = shape->members[i].name;
    struct_init(base, shape);
    if (!cJSON_IsObject(json))
        return expected(place, "an object", json, error);
    if (!json_only(json, place, words, shape->count, error))
        return false;
    for (size_t i = 0; i < shape->count; i++) {
        const struct member *member = &shape->members[i];
        const struct json_place here = {place, member->name, 0};
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, member->name);
        if (value == NULL && member->required)
            return json_error(error, place, "\"%s\" is missing", member->name);
        if (value != NULL && !read_member(value, &here, member, base, error))
            return false;
    }
    return true;
}

bool catalog_from_json(const cJSON *json, const char *name, struct catalog *catalog,
                       struct error *error)
{
    const struct json_place top = {NULL, name, 0};
    catalog_init(catalog);
    if (read_struct(json, &top, &catalog_shape, catalog, error))
        return true;
    catalog_release(catalog);
    return false;
}

bool catalog_parse_entity(const char *text, const char *name, struct catalog *catalog,
                          struct error *error)
{
    const struct json_place top = {NULL, name, 0};
    cJSON *json;
    catalog_init(catalog);
    if (!json_parse(text, strlen(text), name, &json, error))
        return false;
    catalog->entities = calloc(1, sizeof *catalog->entities);
    catalog->entity_count = catalog->entities != NULL ? 1 : 0;
    bool ok = catalog->entities != NULL
                  ? read_struct(json, &top, &entity_shape, catalog->entities, error)
                  : error_memory(error);
    cJSON_Delete(json);
    if (!ok)
        catalog_release(catalog);
    return ok;
}
