/* expect_scope.h: which fields of a record, or of the elements of one of its arrays, the mapping
 * speaks for, and what remains. */
#ifndef VERIFY_EXPECT_SCOPE_H
#define VERIFY_EXPECT_SCOPE_H

#include "expect_condition.h"
#include "expect_item.h"
#include "expect_mending.h"
#include "expect_path.h"

/* What the mapping wants of a path; of two claims on one path the larger holds. */
enum claim_kind {
    CLAIM_TEST,    /* a condition compares it */
    CLAIM_REST,    /* a column keeps what remains in it */
    CLAIM_EACH,    /* its elements are a scope of their own */
    CLAIM_MEMBERS, /* its members are */
    CLAIM_DROP,
    CLAIM_WHOLE, /* a column takes it with all that is in it */
};
struct claim {
    const char *path;
    enum claim_kind kind;
    bool tested;
    size_t rest;    /* of what is in it, among the scope's rests, from 1; 0: there is none */
    bool lent;      /* a row of an element inside may take it; there may be none */
    bool entered;   /* its elements or members are a scope, whatever else takes it */
    bool members;   /* CLAIM_EACH: of an object, not elements of an array */
    bool met;       /* in the document at hand */
    enum fate fate; /* of the value there, so far */
    size_t count;   /* of its path, in path_counts */
    bool plain;     /* the path is one name, as it stands */
    bool passed;    /* the walk over the document at hand came by: */
    struct item there;
    bson_t *made; /* what arrays on the way have, item_gather; NULL: the path is plain */
};

/* A place of which some form of rows keeps what nobody spoke for. */
struct scope_rest {
    const char *path; /* "" is the document itself */
    size_t around;    /* the nearest place around it, from 1; 0: none */
};

/* A field that nobody spoke for. */
struct rest_field {
    const char *name;   /* as it stands in the document's bytes */
    size_t within;      /* the nearest place around it, among the scope's rests, from 1 */
    size_t count;       /* of its path, in path_counts */
    enum fate fate;     /* so far */
    int64_t object_ids; /* in what is kept of it, at any depth */
};

struct scope {
    const char *path;    /* "" for the record, "tasks" for the elements of that array, "sold.*" */
    bool fixed;          /* the mapping names it; else it may be a document on the way instead */
    bool members;        /* of an object */
    bool has_forms;      /* some table takes its documents */
    bool list;           /* a value that is no array is the only element */
    bool covered;        /* a column further out takes it whole: nothing in it is unspoken */
    size_t account;      /* its path, in path_counts: where its elements are counted */
    const char **arrays; /* per scope of the entity: the path of its array in here, or NULL */
    struct scope *outer; /* of the element at hand: in whose document its array stands */
    struct expect_view view; /* on the document at hand, while those inside of it are */
    int64_t position;        /* of the element at hand, from 1 */
    const char *name;        /* of the member at hand */
    enum fate aside; /* the document at hand was left out or rejected; FATE_SEEN: neither */
    struct claim *claims;
    size_t count, room;
    struct scope_rest *rests;
    size_t rest_count, rest_room;
    struct rest_field *fields; /* of the document at hand, in the order in which they stand */
    size_t field_count, field_room;
    struct item document;               /* at hand: see scope_take */
    bool walked;                        /* all its fields were met */
    struct buffer names;             /* scratch */
    struct expect_patterns patterns; /* of all conditions that look at its document */
    const struct expect_lookup *lookup; /* whom they ask about other entities, or NULL */
};

bool scope_claim(struct scope *scope, const char *path, enum claim_kind kind, struct error *error);
/* NULL: nobody wants it. */
struct claim *scope_find_claim(const struct scope *scope, const char *path);
/* The same for a path that may look out ("^.a"): claimed wherever what is around may be. */
bool scope_claim_out(struct scope *scopes, size_t count, struct scope *scope, const char *path,
                     enum claim_kind kind, struct error *error);
/* A column keeps what remains below the path; "" is the document itself. */
bool scope_claim_rest(struct scope *scope, const char *path, struct error *error);
/* That place among the scope's rests, from 1; 0: it is none. */
size_t scope_find_rest(const struct scope *scope, const char *path);
/* When all are claimed: which place lies in which. */
void scope_nest_rests(struct scope *scope);
/* May an array of `inner` stand in a document of `outer`? Between them is no level that the mapping
 * names. */
bool scope_opens(const struct scope *scopes, size_t count, const struct scope *outer,
                 const struct scope *inner);
/* Does a column take the path with all that is in it, or something that it lies in? */
bool scope_takes_whole(const struct scope *scope, const char *path);
/* When all is claimed: give the claims' paths a place in the counts, before any that records bring.
 */
bool scope_name_paths(struct scope *scope, struct path_counts *counts, struct error *error);
void scope_release(struct scope *scope);
/* Another document (or element) is at hand from here on. */
void scope_take(struct scope *scope, const struct item *document);
/* Take it up: every field must have a place. */
bool scope_enter(struct scope *scope, struct path_counts *counts, struct error *error);
/* What stands at a path, which may look out. */
struct item scope_value(const struct scope *scope, const char *path);
/* The place of the element at hand, or of the one around it that is of the level `each`; absent
 * where that is none. */
struct item scope_position(const struct scope *scope, const char *each);
/* The same for the name of the member at hand. */
struct item scope_member_name(const struct scope *scope, const char *each);
/* Something happened to the field of this path. */
void scope_settle(struct scope *scope, const char *path, enum fate fate);
/* Add to one of the numbers of a claimed path that are no fates. */
void scope_number(struct scope *scope, struct path_counts *counts, const char *path,
                  enum fate number, int64_t more);
/* Does the field go to that place's rest of a form that has rests at `own` places? */
bool scope_goes_to(const struct scope *scope, const struct rest_field *field, const char *path,
                   const struct words *own);
/* A rule left the document out, or rejected it, as a whole, with all its values. */
void scope_set_aside(struct scope *scope, enum fate fate);
/* The record became no row: its claimed fields were met, and that is all. */
void scope_meet(struct scope *scope, struct path_counts *counts);
/* Count its values. ERROR_DATA: a field that nobody spoke for, and no form of rows that keeps it.
 */
bool scope_leave(struct scope *scope, struct path_counts *counts, struct error *error);

#endif
