/* json_fields.h: the texts of a record that the mapping's "json" calls JSON, as the values that
 * they are: whoever looks at the record sees these in their place. */
#ifndef TRANSFORM_JSON_FIELDS_H
#define TRANSFORM_JSON_FIELDS_H

#include "plan.h"

struct json_fields {
    struct buffer made[2]; /* the record, with one path after the other opened */
    struct buffer kept;    /* struct kept_text: what is no JSON, and stays a text */
    struct error refusal;  /* what is none, and may not: there is a null in its place */
};

void json_fields_init(struct json_fields *fields);
void json_fields_release(struct json_fields *fields);
/* *opened is the record itself where nothing of it is JSON; else it lives until the next. False
 * only without memory; fields->refusal is an ERROR_DATA with the path, or none. */
bool json_fields_open(struct json_fields *fields, const struct plan *plan,
                      const struct value *record, struct value *opened, struct error *error);
/* The record becomes rows: a line for each text that stayed one. */
void json_fields_note(struct json_fields *fields, struct losses *losses);
/* Sets *error to the refusal, as a misfit of the record. Always false. */
bool json_fields_refuse(const struct json_fields *fields, struct plan *plan, struct error *error);

#endif
