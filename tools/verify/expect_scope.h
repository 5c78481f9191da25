/* expect_scope.h: which fields of a record, or of the elements of one of its arrays, the mapping
 * speaks for, and what remains. */
#ifndef VERIFY_EXPECT_SCOPE_H
#define VERIFY_EXPECT_SCOPE_H

#include "expect_item.h"
#include "expect_path.h"

/* What the mapping wants of a path; of two claims on one path the larger holds. */
enum claim_kind {
    CLAIM_TEST, /* a condition compares it */
    CLAIM_EACH, /* its elements are a scope of their own */
    CLAIM_DROP,
    CLAIM_WHOLE, /* a column takes it with all that is in it */
};
struct claim {
    const char *path;
    enum claim_kind kind;
    bool met; /* in the document at hand */
    enum fate fate;
};

struct scope {
    const char *path; /* "" for the record, "tasks" for the elements of that array */
    struct claim *claims;
    size_t count, room;
    bool has_rest, rest_safe; /* a column keeps what nobody spoke for; under safe_numbers */
    struct item document;     /* at hand */
    struct buffer rest;       /* canonical JSON of its unspoken fields */
    size_t unspoken;          /* how many at its top; 0: none at all */
    struct buffer names;      /* scratch */
};

bool scope_claim(struct scope *scope, const char *path, enum claim_kind kind, struct error *error);
void scope_release(struct scope *scope);
/* Take up the document (or element) at hand: every field must have a place. Fields that go to the
 * rest are counted. */
bool scope_enter(struct scope *scope, struct path_counts *counts, struct error *error);
/* The field of this path met another fate than its claim's. */
void scope_settle(struct scope *scope, const char *path, enum fate fate);
/* Count the fields that were spoken for. */
bool scope_leave(struct scope *scope, struct path_counts *counts, struct error *error);

#endif
