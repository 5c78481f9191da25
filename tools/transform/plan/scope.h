/* scope.h: the scopes of a plan, how they lie in one another, and what is wanted of each. */
#ifndef TRANSFORM_SCOPE_H
#define TRANSFORM_SCOPE_H

#include "plan.h"

/* What for: a test speaks for no field inside of the one that it compares; a rest speaks for none
 * by name; a field of a tuple is carried over, and nobody asks for its value. */
enum wish { FOR_TEST, FOR_REST, FOR_ARRAY, FOR_MEMBERS, FOR_COLUMN, FOR_FIELD };

/* Make the scopes of all tables and rules of the entity, and of the levels on the way to them; the
 * first is the record's. False only without memory. */
bool scopes_make(struct plan *plan, struct error *error);
/* The scope of an `each`; NULL names the record's. */
struct scope *scope_of(struct plan *plan, const char *each);
/* The scopes in which one of its arrays may be found, the nearest first: the one behind `nearer`
 * (NULL: the first), or NULL. */
struct scope *scope_around(struct plan *plan, const struct scope *scope,
                           const struct scope *nearer);

/* The node of a path, made where it is missing; "." is the root. *settled: a column takes it whole,
 * or it is dropped, or it lies in a field of which that is true. NULL without memory. */
struct node *scope_node(struct plan *plan, struct scope *scope, const char *path, bool *settled);
/* The slot of a path, also of one that looks out: "^.a". False only without memory. */
bool scope_want(struct plan *plan, struct scope *scope, const char *path, enum wish wish, int *slot,
                struct error *error);
/* A path of the scope as one of the record, for messages; in the arena. */
const char *scope_path(struct plan *plan, const struct scope *scope, const char *path);

/* When all is wanted: fields that lie in what a column takes whole are spoken for, also those in
 * elements that no table takes. */
bool scopes_settle(struct plan *plan, struct error *error);

/* Take up an element: what it sees of the documents around it. */
void scope_borrow(struct scope *scope);
/* Where the document at hand stands in its record: "sections[0].lessons[2]"; nothing for the
 * record. */
void scope_put_place(const struct scope *scope, struct buffer *out);
/* Append the scope's path at hand. An error's path that lies in the document at hand, or in one
 * around it, gets the numbers of the elements. Returns false. */
bool scope_at(const struct scope *scope, struct error *error);

#endif
