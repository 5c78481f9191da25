/* said.h: parts of mappings that are said once, by a name in "said" of the mapping itself or, for
 * all of them, of project.json, and stand in them as {"...": NAME}.
 *
 *   {"...": "a"} alone               is what has the name, be it a list, a text or an object
 *   {"...": "a", "b": 1}             also has the members of that object which it has not itself;
 *   {"...": ["a", "c"], "b": 1}      of several objects the first has a member
 *   [1, {"...": "a"}]                in a list a list is its elements
 *
 *   [{"...": "a", "for": {"b": "c"}}]   is "a" for each of these, with "b" where a text of it is
 *                                       "{name}", and "c" where one is "{value}"
 *
 * What is said may take others along, never in a circle. A mapping is read as if all of it stood
 * there. */
#ifndef COMMON_SAID_H
#define COMMON_SAID_H

#include "graduate/json.h"
#include "graduate/project.h"

/* "said" of project.json, or nothing. ERROR_USAGE: it is no object. */
bool said_read(struct project *project, struct arena *arena, const cJSON *json,
               const struct json_place *top, struct error *error);
/* Put all of it, and what its own "said" has, which goes, into a mapping file's JSON. ERROR_USAGE
 * where a name is none, or is no object where only that has members. */
bool said_expand(struct project *project, struct arena *arena, cJSON *json, const char *file,
                 struct error *error);
/* When all are read: each name is taken by one. */
bool said_check(const struct project *project, const struct json_place *top, struct error *error);

#endif
