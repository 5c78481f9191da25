/* Words of references that would do nothing where they stand. */
#include "spot.h"
#include "graduate/json.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_told(const char *const *told, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(told[i], word) == 0)
            return true;
    return false;
}

bool barren_check(const struct barren *rows, size_t count, const struct spot *spot,
                  const cJSON *object, const struct json_place *place, struct error *error)
{
    const char *told[32];
    struct errors errors = {0};
    for (size_t i = 0; i < count && errors.count < COUNT(told); i++) {
        const char *word = rows[i].word;
        struct json_place here = {place, word, 0};
        bool concerns = word == NULL ? errors.count == 0
                                     : cJSON_GetObjectItemCaseSensitive(object, word) != NULL &&
                                           !is_told(told, errors.count, word);
        if (!concerns || !rows[i].place(spot))
            continue;
        json_error(error, word != NULL ? &here : place, "%s", rows[i].why);
        told[errors.count] = word != NULL ? word : "";
        errors_add(&errors, error);
    }
    return errors_give(&errors, error);
}

static bool is_no_id(const struct spot *s)
{
    return s->value->id_of == NULL || s->value->kind == VALUE_PARENT;
}

static bool is_own_id(const struct spot *s)
{
    bool own = s->value->kind == VALUE_FROM &&
               (strcmp(s->value->from, "_id") == 0 || strcmp(s->value->from, "$id") == 0);
    for (size_t k = 0; k < s->table->key.count && !own; k++)
        own = s->value == &s->column->value && strcmp(s->table->key.items[k], s->column->name) == 0;
    return own && s->value->id_of == s->mapping && s->table->each == NULL;
}

static bool are_keys_of_another(const struct spot *s)
{
    return s->value->keys_id_of != NULL && s->value->keys_id_of->identity != NULL;
}

static bool dangles_as(const struct spot *s, enum dangling dangling)
{
    return s->value->dangling == dangling;
}

static bool keeps_what_is_no_id(const struct spot *s)
{
    return dangles_as(s, DANGLING_KEEP) &&
           (s->value->by != NULL || (s->value->id_of != NULL && s->value->id_of->identity != NULL));
}

static bool leaves_out_of_json(const struct spot *s)
{
    return dangles_as(s, DANGLING_LEFT_OUT) && s->value != &s->column->value;
}

static bool is_never_null(const struct spot *s)
{
    bool never = s->column->not_null;
    for (size_t k = 0; k < s->table->key.count; k++)
        never = never || strcmp(s->table->key.items[k], s->column->name) == 0;
    return never && dangles_as(s, DANGLING_NULL) && s->value == &s->column->value &&
           !s->column->type.array;
}

static bool keeps_without_key(const struct spot *s)
{
    return dangles_as(s, DANGLING_KEEP);
}

static bool asks_for_key_of_kept(const struct spot *s)
{
    return keeps_without_key(s) && s->column->foreign_key;
}

static const struct barren of_references[] = {
    {"by", is_no_id, "here is no \"id_of\" of which it could be said"},
    {"by", is_own_id, "this is the record's own id"},
    {"dangling", is_no_id, "here is no \"id_of\" of which it could be said"},
    {"dangling", is_own_id, "this is the record's own id, which is never missing"},
    {"dangling", keeps_what_is_no_id, "there is no id that could be kept"},
    {"dangling", leaves_out_of_json,
     "a row, or an element of an array column, can be left out, and no member of an object"},
    {"dangling", is_never_null, "this column is never null"},
    {"keys_id_of", are_keys_of_another,
     "the records of that entity are those of another one, and keys are not looked up"},
};

static const struct barren of_kept_ids[] = {
    {"foreign_key", asks_for_key_of_kept, "of ids that are kept no foreign key can be made"},
    {"on_delete", keeps_without_key, "of ids that are kept no foreign key can be made"},
};

bool spot_check_reference(const struct spot *spot, const cJSON *object,
                          const struct json_place *place, struct error *error)
{
    return barren_check(of_references, COUNT(of_references), spot, object, place, error);
}

bool spot_check_kept(const struct spot *spot, const cJSON *object, const struct json_place *place,
                     struct error *error)
{
    return barren_check(of_kept_ids, COUNT(of_kept_ids), spot, object, place, error);
}
