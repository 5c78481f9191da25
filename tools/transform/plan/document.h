/* document.h: walking a document once into the slots of its scope. */
#ifndef TRANSFORM_DOCUMENT_H
#define TRANSFORM_DOCUMENT_H

#include "plan.h"

/* Fill the scope's slots from a record, or from one element of its array, and find the paths of the
 * fields that nobody spoke for. ERROR_DATA with path: a field that stands twice, a field that
 * nobody spoke for in a scope without rest, a scalar where the mapping looks for fields; a trial
 * notes these and goes on, as everywhere. */
bool document_walk(struct plan *plan, struct scope *scope, const struct value *document,
                   struct error *error);
/* The same for a record of which every field is there, and no value is asked for. */
void document_assume(struct scope *scope);
/* Is there a field that goes to this rest (NULL: it is none)? */
bool document_has_rest(const struct scope *scope, const struct rest *rest);
/* Write those of the same document as one JSON object. */
bool document_write_rest(struct scope *scope, const struct rest *rest, const struct value *document,
                         struct json_writer *writer, struct error *error);
/* This became of the fields that go to the rests in the expression, which are not written. */
void document_settle_rest(struct scope *scope, const struct expression *expression, enum fate fate);

/* The rows of the document are made: count what became of its values. ERROR_DATA: a field that
 * nobody spoke for, in a form of rows that has no rest column, where another form has one. */
bool document_settle(struct plan *plan, struct scope *scope, struct error *error);
/* The element is left out by a rule, or the record rejected, as a whole: no row, and all its values
 * with it. */
void document_set_aside(struct scope *scope, struct path_account *paths, enum fate fate);
/* The record became no row: its values are in no account, but what the mapping names was met. */
void document_meet(struct scope *scope, struct path_account *paths);

#endif
