#include "permission.h"
#include "lookup.h"
#include "value_walk.h"

#include <string.h>

/* Whose ids they are, where the target has other ones. */
static const struct mapping_value *id_column(const struct access *access,
                                             enum permission_whose whose)
{
    const struct mapping_column *column = whose == PERMISSION_TEAM     ? access->team
                                          : whose == PERMISSION_MEMBER ? access->member
                                                                       : NULL;
    return column != NULL && column->value.id_of != NULL ? &column->value : NULL;
}

bool permission_is_one_way(const struct access *access, const struct value *value)
{
    struct value_walk elements;
    struct value element;
    bool found = false;
    if (value->type != BSON_TYPE_ARRAY || !value_walk_begin(&elements, value))
        return false;
    while (!found && value_walk_next(&elements, &element)) {
        size_t start, size;
        if (!value_is_text(&element))
            continue;
        const char *text = (const char *)element.bytes;
        enum permission_whose whose = permission_split(text, element.length, &start, &size);
        found = (whose == PERMISSION_USER || id_column(access, whose) != NULL) &&
                !identity_text_is_plain(text + start, size);
    }
    return found;
}

/* *there: somebody who stays has the id. */
static bool find_user(const struct origin *origin, const struct access *access, const char *id,
                      size_t size, uint8_t uuid[16], bool *there, struct error *error)
{
    const struct project *project = origin->plan->project;
    struct lookup *lookup =
        origin->plan->lookups != NULL ? lookups_find(origin->plan->lookups, access->users) : NULL;
    struct id_entry entry;
    uint8_t hash[16];
    *there = identity_from_text(&project->identity, access->users->name, access->users->ids, id,
                                size, uuid);
    if (!*there || lookup == NULL)
        return true;
    lookup_hash_id(uuid, hash);
    if (!id_index_find(&lookup->index, hash, &entry, there, error))
        return false;
    *there = *there && (entry.flags & ID_STAYS) != 0;
    return true;
}

/* *kept: the permission stays, and names nobody. */
static bool settle(const struct origin *origin, const struct expression *expression,
                   const struct value *permission, struct resolution *resolution, bool *kept,
                   struct error *error)
{
    const struct access *access = expression->mapping->access;
    char before[120];
    *kept = access->dangling == DANGLING_KEEP;
    if (access->dangling == DANGLING_UNSAID) {
        value_describe(permission, before, sizeof before);
        error_set(error, ERROR_DATA, "%s: no record of %s that stays has this id", before,
                  access->users->name);
        error_hint(error, "correct the record in the source, or say in project.json's \"access\" "
                          "what becomes of such permissions: \"dangling\": \"left_out\" or "
                          "\"keep\"; then run again");
        return error_at(error, NULL, NULL, expression->path);
    }
    value_brief(permission, before, sizeof before);
    losses_add(&origin->plan->losses, expression->path, "dangling", before,
               *kept ? "kept, and refers to nothing" : "left out of its array");
    resolution->dangling++;
    resolution->lost = resolution->lost || !*kept;
    return true;
}

static bool resolve_element(const struct origin *origin, struct expression *expression,
                            const struct value *element, struct buffer *text, bson_t *out,
                            struct resolution *resolution, struct error *error)
{
    const struct access *access = expression->mapping->access;
    const char *bytes = (const char *)element->bytes;
    size_t start = 0, size = 0;
    uint8_t uuid[16];
    char made[37];
    bool there = false;
    enum permission_whose whose = value_is_text(element)
                                      ? permission_split(bytes, element->length, &start, &size)
                                      : PERMISSION_NOBODY;
    const struct mapping_value *column = id_column(access, whose);
    if (whose == PERMISSION_USER) {
        bool kept = true;
        if (!find_user(origin, access, bytes + start, size, uuid, &there, error) ||
            (!there && !settle(origin, expression, element, resolution, &kept, error)))
            return false;
        if (!kept)
            return true;
    } else if (column != NULL) {
        there = identity_from_text(&origin->plan->project->identity, column->id_of->name,
                                   column->ids, bytes + start, size, uuid);
    }
    if (!there)
        return value_append(out, "", element) || value_damaged(error);
    uuid_format(uuid, made);
    buffer_clear(text);
    buffer_put(text, bytes, start);
    buffer_puts(text, made);
    buffer_put(text, bytes + start + size, element->length - start - size);
    return buffer_ok(text, error) &&
           (bson_append_utf8(out, "", 0, buffer_text(text), (int)text->length) ||
            error_memory(error));
}

bool permission_resolve(const struct origin *origin, struct expression *expression,
                        const struct value *value, struct resolution *resolution,
                        struct error *error)
{
    bson_t out = BSON_INITIALIZER;
    struct buffer text;
    struct value_walk elements;
    struct value element;
    *resolution = (struct resolution){.value = *value};
    if (value->type != BSON_TYPE_ARRAY)
        return true;
    buffer_init(&text);
    bool ok = value_walk_begin(&elements, value), walked = ok;
    for (size_t at = 0; ok && value_walk_next(&elements, &element); at++)
        ok = resolve_element(origin, expression, &element, &text, &out, resolution, error) ||
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
    buffer_release(&text);
    resolution->value = (struct value){.type = BSON_TYPE_ARRAY,
                                       .bytes = expression->resolved.data,
                                       .length = (uint32_t)expression->resolved.length};
    return ok && buffer_ok(&expression->resolved, error);
}
