/* member.h: members of JSON that graduate wrote itself. One that is missing reads as "nothing": an
 * empty text, zero, an empty array. So a file of an earlier version, or of a run that did not come
 * to its end, can be shown as far as it goes. */
#ifndef GRADUATE_DRIVER_MEMBER_H
#define GRADUATE_DRIVER_MEMBER_H

#include "graduate/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>

/* `json` may be NULL in all of them. */
const cJSON *member(const cJSON *json, const char *name); /* NULL: it is not there */
const char *member_text(const cJSON *json, const char *name);
int64_t member_count(const cJSON *json, const char *name);
double member_number(const cJSON *json, const char *name);
/* The sum of one member over all elements of an array. */
int64_t member_sum(const cJSON *array, const char *name);
/* The element of an array whose member has that text; NULL: none. */
const cJSON *member_find(const cJSON *array, const char *name, const char *text);

/* Read a file, or say that there is none: *json is then NULL. */
bool member_read_file(const char *path, cJSON **json, struct error *error);

#endif
