/* What the mapping wants of a scope's paths. */
#include "expect_scope.h"
#include "graduate/path.h"

#include <stdlib.h>
#include <string.h>

/* Most paths have one claim, and it was made by this very text of the mapping. */
struct claim *scope_find_claim(const struct scope *scope, const char *path)
{
    for (size_t i = 0; i < scope->count; i++)
        if (scope->claims[i].path == path)
            return &scope->claims[i];
    for (size_t i = 0; i < scope->count; i++)
        if (strcmp(scope->claims[i].path, path) == 0)
            return &scope->claims[i];
    return NULL;
}

/* A name that begins with a letter, and has neither dot nor quote. */
static bool is_plain(const char *path)
{
    bool letter = (path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z');
    return letter && strpbrk(path, ".'") == NULL;
}

bool scope_claim(struct scope *scope, const char *path, enum claim_kind kind, struct error *error)
{
    struct claim *claim = scope_find_claim(scope, path);
    bool enters = kind == CLAIM_EACH || kind == CLAIM_MEMBERS;
    if (claim != NULL) {
        claim->entered = claim->entered || enters;
        claim->members = claim->members || kind == CLAIM_MEMBERS;
        claim->kind = kind > claim->kind ? kind : claim->kind;
        claim->tested = claim->tested || kind == CLAIM_TEST;
        return true;
    }
    if (scope->count == scope->room) {
        size_t room = scope->room * 2 + 16;
        struct claim *claims = realloc(scope->claims, room * sizeof *claims);
        if (claims == NULL)
            return error_memory(error);
        scope->claims = claims;
        scope->room = room;
    }
    bool plain = is_plain(path);
    bson_t *made = plain ? NULL : bson_new();
    scope->claims[scope->count++] = (struct claim){.path = path,
                                                   .kind = kind,
                                                   .tested = kind == CLAIM_TEST,
                                                   .entered = enters,
                                                   .members = kind == CLAIM_MEMBERS,
                                                   .plain = plain,
                                                   .made = made};
    return plain || made != NULL || error_memory(error);
}

size_t scope_find_rest(const struct scope *scope, const char *path)
{
    for (size_t i = 0; i < scope->rest_count; i++)
        if (strcmp(scope->rests[i].path, path) == 0)
            return i + 1;
    return 0;
}

bool scope_claim_rest(struct scope *scope, const char *path, struct error *error)
{
    if (scope_find_rest(scope, path) > 0)
        return true;
    if (scope->rest_count == scope->rest_room) {
        size_t room = scope->rest_room * 2 + 4;
        struct scope_rest *rests = realloc(scope->rests, room * sizeof *rests);
        if (rests == NULL)
            return error_memory(error);
        scope->rests = rests;
        scope->rest_room = room;
    }
    scope->rests[scope->rest_count++] = (struct scope_rest){.path = path};
    if (path[0] == '\0')
        return true;
    if (!scope_claim(scope, path, CLAIM_REST, error))
        return false;
    scope_find_claim(scope, path)->rest = scope->rest_count;
    return true;
}

/* When all are known: which place lies in which. */
void scope_nest_rests(struct scope *scope)
{
    for (size_t i = 0; i < scope->rest_count; i++)
        for (size_t o = 0; o < scope->rest_count; o++) {
            struct scope_rest *inner = &scope->rests[i];
            const char *path = scope->rests[o].path;
            bool nearer =
                inner->around == 0 || strlen(path) > strlen(scope->rests[inner->around - 1].path);
            if (o != i && nearer && path_below(inner->path, path) != NULL)
                inner->around = o + 1;
        }
}

bool scope_goes_to(const struct scope *scope, const struct rest_field *field, const char *path,
                   const struct words *own)
{
    for (size_t at = field->within; at > 0; at = scope->rests[at - 1].around)
        for (size_t i = 0; i < own->count; i++)
            if (strcmp(own->items[i], scope->rests[at - 1].path) == 0)
                return strcmp(own->items[i], path) == 0;
    return false;
}

/* ---- scopes in one another ------------------------------------------------------------------- */

bool scope_opens(const struct scope *scopes, size_t count, const struct scope *outer,
                 const struct scope *inner)
{
    if (inner == outer || path_below(inner->path, outer->path) == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct scope *between = &scopes[i];
        if (between->fixed && between != inner && between != outer &&
            path_below(inner->path, between->path) != NULL &&
            path_below(between->path, outer->path) != NULL)
            return false;
    }
    return true;
}

static bool claim_out(struct scope *scopes, size_t count, const struct scope *scope, unsigned ups,
                      const char *path, enum claim_kind kind, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct scope *outer = &scopes[i];
        if (!scope_opens(scopes, count, outer, scope))
            continue;
        ok = ups > 1 ? claim_out(scopes, count, outer, ups - 1, path, kind, error)
                     : scope_claim(outer, path, kind, error);
        struct claim *claim = ok && ups == 1 ? scope_find_claim(outer, path) : NULL;
        if (claim != NULL && kind == CLAIM_WHOLE)
            claim->lent = true;
    }
    return ok;
}

bool scope_claim_out(struct scope *scopes, size_t count, struct scope *scope, const char *path,
                     enum claim_kind kind, struct error *error)
{
    unsigned ups = path_ups(&path);
    return ups > 0 ? claim_out(scopes, count, scope, ups, path, kind, error)
                   : scope_claim(scope, path, kind, error);
}

bool scope_takes_whole(const struct scope *scope, const char *path)
{
    bool takes = false;
    for (size_t i = 0; i < scope->count; i++) {
        const struct claim *claim = &scope->claims[i];
        bool around = strcmp(claim->path, ".") == 0 || strcmp(claim->path, path) == 0 ||
                      path_below(path, claim->path) != NULL;
        takes = takes || (claim->kind == CLAIM_WHOLE && around);
    }
    return takes;
}
