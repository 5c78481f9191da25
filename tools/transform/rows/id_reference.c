#include "id_reference.h"
#include "lookup.h"
#include "value_walk.h"

#include <stdio.h>
#include <string.h>

struct found {
    uint8_t uuid[16];
    bool there, stays, aside, astray;
};

static bool refuse_kind(const struct expression *expression, const struct value *value,
                        struct error *error)
{
    char what[120];
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s is nothing to look up \"%s\" of %s by", what,
              expression->mapping->by, expression->mapping->id_of->name);
    error_hint(error, "correct the record in the source, and run again");
    return error_at(error, NULL, NULL, expression->path);
}

static bool find(const struct origin *origin, const struct expression *expression,
                 const struct value *value, struct found *found, struct error *error)
{
    const struct mapping_value *mapping = expression->mapping;
    struct lookup *lookup =
        origin->plan->lookups != NULL ? lookups_find(origin->plan->lookups, mapping->id_of) : NULL;
    struct id_entry entry;
    uint8_t hash[16];
    *found = (struct found){.there = false};
    if (mapping->by != NULL && !lookup_hash_value(expression->set, value, hash))
        return refuse_kind(expression, value, error);
    if (mapping->by == NULL) {
        if (!encode_identity(&expression->encoding, value, found->uuid, error))
            return false;
        lookup_hash_id(found->uuid, hash);
    }
    if (lookup == NULL) { /* a look at a part of the records: what is looked up by is 0 */
        found->there = found->stays = true;
        return true;
    }
    if (!id_index_find(&lookup->index, hash, &entry, &found->there, error))
        return false;
    if (!found->there)
        return true;
    memcpy(found->uuid, entry.uuid, sizeof found->uuid);
    found->stays = lookups_stays(origin->plan->lookups, mapping->dangling, &entry);
    found->aside = (entry.flags & ID_SET_ASIDE) != 0;
    found->astray = (entry.flags & ID_ASTRAY) != 0;
    return true;
}

static bool refuse(const struct expression *expression, const struct value *id,
                   const struct found *found, struct error *error)
{
    const struct mapping *to = expression->mapping->id_of;
    const char *by = expression->mapping->by;
    char what[120], text[37];
    value_describe(id, what, sizeof what);
    if (id->type == BSON_TYPE_BINARY && id->length == 16) {
        uuid_format(id->bytes, text);
        snprintf(what, sizeof what, "the UUID %s", text);
    }
    if (found->astray)
        error_set(error, ERROR_DATA, "%s: the record of %s is there, but no %s that it is", what,
                  to->name, to->identity->id_of->name);
    else if (found->there)
        error_set(error, ERROR_DATA, "%s: the record of %s is there in the source, and is %s", what,
                  to->name, found->aside ? "set aside" : "left out");
    else
        error_set(error, ERROR_DATA, "no record of %s has %s%s%s", to->name, what,
                  by != NULL ? " as its " : "", by != NULL ? by : "");
    error_hint(error, "correct the record in the source, or say what becomes of such values: "
                      "\"dangling\": \"null\", \"keep\", \"left_out\" or \"reject\"; then run "
                      "again");
    return error_at(error, NULL, NULL, expression->path);
}

/* One id, by the policy. *kept: it stays a part of the value. */
static bool settle(const struct origin *origin, const struct expression *expression,
                   const struct value *id, const struct found *found, bool element,
                   struct resolution *resolution, bool *kept, struct error *error)
{
    enum dangling dangling = expression->mapping->dangling;
    const char *after = dangling == DANGLING_NULL   ? "null"
                        : dangling == DANGLING_KEEP ? "kept, and refers to nothing"
                        : element                   ? "left out of its array"
                                                    : "left out with its row";
    char before[120];
    *kept = true;
    if (found->there && found->stays)
        return true;
    origin->plan->mending.dangles = dangling == DANGLING_REJECT;
    if (dangling == DANGLING_UNSAID || dangling == DANGLING_ERROR || dangling == DANGLING_REJECT)
        return refuse(expression, id, found, error);
    value_brief(id, before, sizeof before);
    losses_add(&origin->plan->losses, expression->path, "dangling", before, after);
    resolution->dangling++;
    *kept = dangling == DANGLING_KEEP;
    resolution->lost = resolution->lost || !*kept;
    return true;
}

static bool resolve_one(const struct origin *origin, struct expression *expression,
                        const struct value *value, struct resolution *resolution,
                        struct error *error)
{
    struct found found;
    bool kept;
    if (!find(origin, expression, value, &found, error) ||
        !settle(origin, expression, value, &found, false, resolution, &kept, error))
        return false;
    if (!kept) {
        resolution->gone = expression->mapping->dangling == DANGLING_LEFT_OUT;
        resolution->lost = !resolution->gone;
        resolution->value = (struct value){.type = BSON_TYPE_NULL};
        return true;
    }
    buffer_clear(&expression->resolved);
    buffer_put(&expression->resolved, found.uuid, sizeof found.uuid);
    resolution->value = (struct value){.type = BSON_TYPE_BINARY,
                                       .subtype = 4,
                                       .bytes = expression->resolved.data,
                                       .length = sizeof found.uuid};
    return buffer_ok(&expression->resolved, error);
}

static bool resolve_element(const struct origin *origin, struct expression *expression,
                            const struct value *element, bson_t *out, struct resolution *resolution,
                            struct error *error)
{
    struct found found;
    bool kept = false, fits;
    if (value_is_nothing(element)) {
        fits = bson_append_null(out, "", 0);
    } else {
        if (!find(origin, expression, element, &found, error) ||
            !settle(origin, expression, element, &found, true, resolution, &kept, error))
            return false;
        fits = kept ? bson_append_binary(out, "", 0, BSON_SUBTYPE_UUID, found.uuid, 16)
               : expression->mapping->dangling == DANGLING_NULL ? bson_append_null(out, "", 0)
                                                                : true;
    }
    return fits || error_memory(error);
}

static bool resolve_array(const struct origin *origin, struct expression *expression,
                          const struct value *array, struct resolution *resolution,
                          struct error *error)
{
    bson_t out = BSON_INITIALIZER;
    struct value_walk elements;
    struct value element;
    bool ok = value_walk_begin(&elements, array), walked = ok;
    for (size_t at = 0; ok && value_walk_next(&elements, &element); at++)
        ok = resolve_element(origin, expression, &element, &out, resolution, error) ||
             value_at_element(expression->path, at, error);
    if (ok && !value_walk_ended(&elements))
        walked = ok = false;
    if (!walked) {
        value_damaged(error);
        error_at(error, NULL, NULL, expression->path);
    }
    buffer_clear(&expression->resolved);
    buffer_put(&expression->resolved, bson_get_data(&out), out.len);
    bson_destroy(&out);
    resolution->value = (struct value){.type = BSON_TYPE_ARRAY,
                                       .bytes = expression->resolved.data,
                                       .length = (uint32_t)expression->resolved.length};
    return ok && buffer_ok(&expression->resolved, error);
}

bool reference_resolve(const struct origin *origin, struct expression *expression,
                       const struct value *value, struct resolution *resolution,
                       struct error *error)
{
    *resolution = (struct resolution){.dangling = 0};
    return value->type == BSON_TYPE_ARRAY
               ? resolve_array(origin, expression, value, resolution, error)
               : resolve_one(origin, expression, value, resolution, error);
}
