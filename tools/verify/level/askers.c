#include "askers.h"
#include "expect_identity.h"
#include "expect_permission.h"
#include "records.h"

#include "graduate/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { OF_A_KIND = 2, NAMED = 4, MOST_CANDIDATES = 16 };

/* Somebody to be looked for among the users. */
struct candidate {
    const char *kind;
    char *id;
};

struct picking {
    struct askers *askers;
    struct verification *verification;
    const struct access *access;
    struct candidate candidates[MOST_CANDIDATES];
    size_t candidate_count;
};

static const char named[] = "a user whom documents name", with_role[] = "a member of a team with a role",
                  plain_member[] = "a member of a team", invited[] = "a member who has not confirmed";

/* ---- records --------------------------------------------------------------------------------- */

typedef bool (*visit_record)(struct picking *picking, const struct item *record,
                             struct error *error);

static bool visit_batch(struct picking *picking, const struct record_batch *batch,
                        visit_record visit, struct error *error)
{
    const uint8_t *at = batch->payload, *end = at + batch->length;
    bool ok = true;
    while (ok && at < end) {
        uint32_t size = end - at >= 5 ? get_le32(at) : 0;
        struct item record = {.value = {.value_type = BSON_TYPE_DOCUMENT}};
        if (size < 5 || size > (size_t)(end - at))
            return error_set(error, ERROR_SOURCE, "a document lies about its length");
        memcpy(&record.value.value.v_doc.data, &at, sizeof at); /* it is only read */
        record.value.value.v_doc.data_len = size;
        ok = visit(picking, &record, error);
        at += size;
    }
    return ok;
}

static bool each_record(struct picking *picking, const struct mapping *entity, bool whole,
                        visit_record visit, struct error *error)
{
    struct records records;
    struct record_batch batch;
    if (!records_open(&records, picking->verification, entity, error))
        return false;
    bool ok = true, more = true;
    while (ok && (ok = records_next(&records, &batch, &more, error)) && more) {
        ok = visit_batch(picking, &batch, visit, error);
        if (!whole)
            break;
    }
    records_close(&records);
    return ok ? true : error_at(error, entity->name, NULL, NULL);
}

static char *text_of(const struct item *record, const char *field)
{
    const struct item item = item_find(record, field);
    const char *text;
    size_t length;
    return item_text(&item, &text, &length) ? strndup(text, length) : NULL;
}

static bool is_true(const struct item *record, const char *field)
{
    const struct item item = item_find(record, field);
    return item.value.value_type == BSON_TYPE_BOOL && item.value.value.v_bool;
}

static bool is_false(const struct item *record, const char *field)
{
    const struct item item = item_find(record, field);
    return item.value.value_type == BSON_TYPE_BOOL && !item.value.value.v_bool;
}

static bool is_empty(const struct item *record, const char *field)
{
    const struct item item = item_find(record, field);
    return item_is_empty(&item);
}

/* ---- candidates ------------------------------------------------------------------------------ */

static bool add_candidate(struct picking *picking, const char *kind, char *id, size_t most)
{
    size_t same = 0;
    bool there = id == NULL || picking->candidate_count == MOST_CANDIDATES;
    for (size_t i = 0; i < picking->candidate_count; i++) {
        there = there || strcmp(picking->candidates[i].id, id) == 0;
        same += picking->candidates[i].kind == kind;
    }
    if (there || same == most)
        free(id);
    else
        picking->candidates[picking->candidate_count++] = (struct candidate){kind, id};
    return true;
}

static bool take_member(struct picking *picking, const struct item *record, struct error *error)
{
    (void)error;
    const char *kind = !is_true(record, "confirm") ? invited
                       : is_empty(record, "roles") ? plain_member
                                                   : with_role;
    return add_candidate(picking, kind, text_of(record, "userId"), OF_A_KIND + 1);
}

static bool take_named(struct picking *picking, const struct item *record, struct error *error)
{
    const struct item permissions = item_find(record, "$permissions");
    bson_iter_t iter;
    bool ok = true;
    if (permissions.value.value_type != BSON_TYPE_ARRAY)
        return true;
    ok = item_open(&permissions, &iter, error);
    while (ok && item_next(&iter, &ok, error)) {
        const struct item element = item_of(&iter);
        struct expect_permission permission;
        const char *text;
        size_t length;
        if (item_text(&element, &text, &length) &&
            expect_permission_read(text, length, &permission) && permission.whose == 'u')
            add_candidate(picking, named, strndup(permission.id, permission.id_length), NAMED);
    }
    return ok;
}

/* ---- users ----------------------------------------------------------------------------------- */

bool asker_is(const struct asker *asker, const char *role, size_t length)
{
    for (size_t i = 0; i < asker->role_count; i++)
        if (strlen(asker->roles[i]) == length && memcmp(asker->roles[i], role, length) == 0)
            return true;
    return false;
}

/* "team:ID", then "/owner" where there is a second part. */
static bool add_role(struct asker *asker, const char *head, const char *id, const char *tail,
                     struct error *error)
{
    struct buffer role;
    buffer_init(&role);
    buffer_printf(&role, "%s%s%s%s", head, id, tail != NULL ? "/" : "", tail != NULL ? tail : "");
    char **grown = reallocarray(asker->roles, asker->role_count + 1, sizeof *grown);
    if (grown != NULL)
        asker->roles = grown;
    char *text = role.failed || grown == NULL ? NULL : strdup(buffer_text(&role));
    buffer_release(&role);
    if (text == NULL)
        return error_memory(error);
    asker->roles[asker->role_count++] = text;
    return true;
}

/* Each text of an array as a role, or as the second part of one. */
static bool add_each(struct asker *asker, const struct item *record, const char *field,
                     const char *head, const char *id, struct error *error)
{
    const struct item list = item_find(record, field);
    bson_iter_t iter;
    bool ok = true;
    if (list.value.value_type != BSON_TYPE_ARRAY)
        return true;
    ok = item_open(&list, &iter, error);
    while (ok && item_next(&iter, &ok, error)) {
        const struct item element = item_of(&iter);
        const char *text;
        size_t length;
        if (!item_text(&element, &text, &length))
            continue;
        char *copy = strndup(text, length);
        ok = copy != NULL ? (id != NULL ? add_role(asker, head, id, copy, error)
                                        : add_role(asker, head, copy, NULL, error))
                          : error_memory(error);
        free(copy);
    }
    return ok;
}

static bool add_own_roles(struct asker *asker, const struct item *record, struct error *error)
{
    const char *state = asker->verified ? "verified" : "unverified";
    return asker->blocked ||
           (add_role(asker, "any", "", NULL, error) && add_role(asker, "users", "", NULL, error) &&
            add_role(asker, "users", "", state, error) &&
            add_role(asker, "user:", asker->id, NULL, error) &&
            add_role(asker, "user:", asker->id, state, error) &&
            add_each(asker, record, "labels", "label:", NULL, error));
}

static struct asker *new_asker(struct askers *askers, const char *kind)
{
    struct asker *grown = reallocarray(askers->items, askers->count + 1, sizeof *grown);
    if (grown == NULL)
        return NULL;
    askers->items = grown;
    grown[askers->count] = (struct asker){.kind = kind};
    return &grown[askers->count++];
}

static const char *kind_of(const struct picking *picking, const struct item *record,
                           const char *id)
{
    if (is_false(record, "status"))
        return "a blocked user";
    for (size_t i = 0; i < picking->candidate_count; i++)
        if (strcmp(picking->candidates[i].id, id) == 0)
            return picking->candidates[i].kind;
    if (!is_empty(record, "labels"))
        return "a labelled user";
    if (is_empty(record, "email") && is_empty(record, "phone"))
        return "an anonymous user";
    return is_true(record, "emailVerification") || is_true(record, "phoneVerification")
               ? "a verified user"
               : "an unverified user";
}

static bool is_wanted(const struct picking *picking, const char *kind)
{
    size_t same = 0;
    for (size_t i = 0; i < picking->askers->count; i++)
        same += picking->askers->items[i].kind == kind ||
                strcmp(picking->askers->items[i].kind, kind) == 0;
    return same < (kind == named ? NAMED : OF_A_KIND);
}

static bool take_user(struct picking *picking, const struct item *record, struct error *error)
{
    const struct access *access = picking->access;
    char *id = text_of(record, "$id");
    uint8_t uuid[16];
    const char *kind = id != NULL ? kind_of(picking, record, id) : NULL;
    bool known = id != NULL && is_wanted(picking, kind) &&
                 expect_identity_text(&picking->verification->project->identity,
                                      access->users->name, IDENTITY_TEXTS, id, strlen(id), uuid);
    struct asker *asker = known ? new_asker(picking->askers, kind) : NULL;
    if (asker == NULL) {
        free(id);
        return known ? error_memory(error) : true;
    }
    asker->id = id;
    asker->blocked = is_false(record, "status");
    asker->verified = is_true(record, "emailVerification") || is_true(record, "phoneVerification");
    expect_uuid_write(uuid, asker->uuid);
    return add_own_roles(asker, record, error);
}

static bool add_team(struct asker *asker, const struct item *record, struct error *error)
{
    char *team = text_of(record, "teamId"), *member = text_of(record, "$id");
    bool ok = team != NULL && member != NULL ? add_role(asker, "team:", team, NULL, error) &&
                                                   add_role(asker, "member:", member, NULL, error) &&
                                                   add_each(asker, record, "roles", "team:", team, error)
                                             : true;
    free(team);
    free(member);
    return ok;
}

static bool take_membership(struct picking *picking, const struct item *record, struct error *error)
{
    char *user = text_of(record, "userId");
    bool ok = true;
    for (size_t i = 0; ok && user != NULL && i < picking->askers->count; i++) {
        struct asker *asker = &picking->askers->items[i];
        if (asker->id != NULL && strcmp(asker->id, user) == 0 && !asker->blocked &&
            is_true(record, "confirm"))
            ok = add_team(asker, record, error);
    }
    free(user);
    return ok;
}

/* ---- picking --------------------------------------------------------------------------------- */

static void release_asker(struct asker *asker)
{
    for (size_t i = 0; i < asker->role_count; i++)
        free(asker->roles[i]);
    free(asker->roles);
    free(asker->id);
}

void askers_release(struct askers *askers)
{
    for (size_t i = 0; i < askers->count; i++)
        release_asker(&askers->items[i]);
    free(askers->items);
    *askers = (struct askers){0};
}

/* A user who did not come is no question of access. */
static bool drop_strangers(struct picking *picking, struct error *error)
{
    struct askers *askers = picking->askers;
    size_t kept = 0;
    bool ok = true;
    for (size_t i = 0; i < askers->count; i++) {
        const char *const parameter = askers->items[i].uuid;
        PGresult *found = NULL;
        bool there = askers->items[i].id == NULL || !ok;
        if (!there) {
            ok = postgres_query(&picking->verification->target,
                                "SELECT FROM auth.users WHERE id = $1::uuid", &parameter, 1, &found,
                                error);
            there = !ok || PQntuples(found) > 0;
            PQclear(found);
        }
        askers->left_out += !there;
        if (there)
            askers->items[kept++] = askers->items[i];
        else
            release_asker(&askers->items[i]);
    }
    askers->count = kept;
    return ok;
}

static bool add_guest(struct askers *askers, struct error *error)
{
    struct asker *guest = new_asker(askers, "a guest");
    return (guest != NULL || error_memory(error)) && add_role(guest, "any", "", NULL, error) &&
           add_role(guest, "guests", "", NULL, error);
}

bool askers_pick(struct askers *askers, struct verification *verification,
                 const struct access *access, struct error *error)
{
    struct picking picking = {
        .askers = askers, .verification = verification, .access = access};
    const struct project *project = verification->project;
    *askers = (struct askers){0};
    bool ok = add_guest(askers, error) &&
              (access->memberships == NULL ||
               each_record(&picking, access->memberships, true, take_member, error));
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = project->mappings[i]->access != access ||
             each_record(&picking, project->mappings[i], false, take_named, error);
    ok = ok && each_record(&picking, access->users, true, take_user, error) &&
         (access->memberships == NULL ||
          each_record(&picking, access->memberships, true, take_membership, error)) &&
         drop_strangers(&picking, error);
    for (size_t i = 0; i < picking.candidate_count; i++)
        free(picking.candidates[i].id);
    if (!ok)
        askers_release(askers);
    return ok;
}
