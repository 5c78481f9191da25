#include "expect_permission.h"
#include "expect_identity.h"

#include "graduate/buffer.h"

#include <string.h>

/* Take it off the front, up to a character that must be there. */
static bool take_until(const char **text, size_t *length, char end, const char **part,
                       size_t *part_length)
{
    *part = *text;
    for (size_t i = 0; i < *length; i++)
        if ((*text)[i] == end) {
            *part_length = i;
            *text += i + 1;
            *length -= i + 1;
            return true;
        }
    return false;
}

bool expect_permission_read(const char *text, size_t length, struct expect_permission *permission)
{
    static const char *const kinds[] = {"user", "team", "member"};
    struct expect_permission *p = permission;
    *p = (struct expect_permission){0};
    if (!take_until(&text, &length, '(', &p->action, &p->action_length) || length < 4 ||
        text[0] != '"' || text[length - 1] != ')' || text[length - 2] != '"')
        return false;
    p->role = text + 1;
    p->role_length = length - 3;
    const char *rest = p->role, *kind;
    size_t left = p->role_length, size;
    if (!take_until(&rest, &left, ':', &kind, &size) || left == 0)
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i]) == size && memcmp(kinds[i], kind, size) == 0)
            p->whose = kinds[i][0];
    p->id = rest;
    p->id_length = left;
    const char *after = rest;
    const char *id;
    if (take_until(&after, &left, '/', &id, &size))
        p->id_length = size;
    return true;
}

/* The entity whose ids they are in the target; NULL: it has Appwrite's own. */
static const struct mapping *entity_of(const struct access *access, char whose,
                                       enum identity_ids *ids)
{
    const struct mapping_column *column = whose == 't' ? access->team : access->member;
    *ids = access->users->ids;
    if (whose == 'u')
        return access->users;
    if (whose == '\0' || column == NULL)
        return NULL;
    *ids = column->value.ids;
    return column->value.id_of;
}

bool expect_permissions_one_way(const struct access *access, const struct item *array)
{
    bson_iter_t iter;
    struct error unused;
    bool found = false, ok = array->value.value_type == BSON_TYPE_ARRAY && array->json == NULL &&
                             item_open(array, &iter, &unused);
    while (ok && !found && item_next(&iter, &ok, &unused)) {
        const struct item element = item_of(&iter);
        struct expect_permission permission;
        enum identity_ids ids;
        const char *text;
        size_t length;
        if (!item_text(&element, &text, &length) ||
            !expect_permission_read(text, length, &permission) ||
            entity_of(access, permission.whose, &ids) == NULL)
            continue;
        const struct item id = item_of_text(permission.id, permission.id_length);
        found = expect_identity_is_one_way(&id);
    }
    return found;
}

struct rewriting {
    const struct project *project;
    const struct access *access;
    const struct expect_lookup *lookup;
    const char *path;
    struct expect_reference *reference;
    struct error *error;
};

/* Is there such a user, who stays? Nobody has to be asked where nobody can be. */
static bool is_there(const struct rewriting *r, const uint8_t uuid[16], bool *there)
{
    struct expect_answer answer = {.there = true, .stays = true};
    uint8_t key[16];
    if (r->lookup != NULL) {
        answer = (struct expect_answer){.there = false};
        expect_key_of_id(r->access->users, uuid, key);
        if (!r->lookup->ask(r->lookup->context, r->access->users, key, &answer, r->error))
            return false;
    }
    *there = answer.there && answer.stays;
    return true;
}

/* *gone: it is left out. */
static bool put_one(const struct rewriting *r, const struct item *item, struct buffer *out,
                    bool *gone)
{
    struct expect_permission p;
    enum identity_ids ids;
    const char *text;
    size_t length;
    uint8_t uuid[16];
    char made[37];
    *gone = false;
    if (!item_text(item, &text, &length))
        return true;
    buffer_put(out, text, length);
    const struct mapping *entity = expect_permission_read(text, length, &p)
                                       ? entity_of(r->access, p.whose, &ids)
                                       : NULL;
    if (entity == NULL)
        return true;
    bool there = expect_identity_text(&r->project->identity, entity->name, ids, p.id, p.id_length,
                                      uuid);
    if (there && p.whose == 'u' && !is_there(r, uuid, &there))
        return false;
    if (there) {
        size_t head = (size_t)(p.id - text);
        expect_uuid_write(uuid, made);
        buffer_clear(out);
        buffer_put(out, text, head);
        buffer_puts(out, made);
        buffer_put(out, p.id + p.id_length, length - head - p.id_length);
    } else if (p.whose == 'u') {
        if (r->access->dangling == DANGLING_UNSAID)
            return item_misfit(item, r->path, "it names nobody who stays", r->error);
        r->reference->dangling++;
        *gone = r->access->dangling == DANGLING_LEFT_OUT;
        r->reference->lost = r->reference->lost || *gone;
    }
    return true;
}

static bool put_all(const struct rewriting *r, const struct item *array, bson_t *out)
{
    bson_iter_t iter;
    struct buffer text;
    bool ok = item_open(array, &iter, r->error);
    buffer_init(&text);
    while (ok && item_next(&iter, &ok, r->error)) {
        struct item item = item_of(&iter);
        const char *unused;
        size_t length;
        bool gone, is_text = item_text(&item, &unused, &length);
        buffer_clear(&text);
        ok = put_one(r, &item, &text, &gone);
        if (!ok || gone)
            continue;
        ok = ((is_text ? bson_append_utf8(out, "", 0, buffer_text(&text), (int)text.length)
                       : bson_append_value(out, "", 0, &item.value)) &&
              !text.failed) ||
             error_memory(r->error);
    }
    buffer_release(&text);
    return ok || error_at(r->error, NULL, NULL, r->path);
}

bool expect_permissions(const struct project *project, const struct access *access,
                        const struct expect_lookup *lookup, const struct item *item,
                        const char *path, struct arena *texts, struct expect_reference *reference,
                        struct error *error)
{
    const struct rewriting r = {project, access, lookup, path, reference, error};
    bson_t out = BSON_INITIALIZER;
    *reference = (struct expect_reference){.item = *item};
    bool array = item->value.value_type == BSON_TYPE_ARRAY && item->json == NULL;
    bool ok = !array || put_all(&r, item, &out);
    if (ok && array) {
        uint8_t *made = arena_alloc(texts, out.len, 1);
        ok = made != NULL || error_memory(error);
        if (ok)
            memcpy(made, bson_get_data(&out), out.len);
        reference->item = (struct item){.value = {.value_type = BSON_TYPE_ARRAY}};
        reference->item.value.value.v_doc.data = made;
        reference->item.value.value.v_doc.data_len = out.len;
    }
    bson_destroy(&out);
    return ok;
}
