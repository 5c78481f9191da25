/* objects.h: what all sources have beside records, and what becomes of each; the strict rule about
 * it, and its account. */
#ifndef GRADUATE_DRIVER_OBJECTS_H
#define GRADUATE_DRIVER_OBJECTS_H

#include "catalogs.h"

#include "graduate/keeping.h"

#include <cjson/cJSON.h>

struct object_line {
    const struct catalog *catalog;
    const struct catalog_object *object;
    struct keeping keeping;
    const char *reason; /* not kept: why; NULL: nobody has said it */
};
struct objects {
    struct object_line *lines; /* as the catalogs list them */
    size_t count;
    struct arena arena;
};

/* Decide all of them. The catalogs, the schema's project and what is printed go on being used. */
bool objects_gather(struct objects *objects, const struct catalogs *catalogs,
                    const struct schema *schema, struct error *error);
void objects_release(struct objects *objects);

/* The strict rule: whatever is not kept is left out by "not_kept", by name or by kind, or goes with
 * what is left out; and what stands there is there, and is not kept. A
 * whole kind may be missing, since an export shows less than a live source, unless its word is
 * nearly one that the source has. ERROR_USAGE with all of them, and with the JSON that would leave
 * them out. */
bool objects_check(const struct objects *objects, const struct project *project,
                   struct error *error);
/* The same for whoever needs nothing else of them; also an ERROR_USAGE of the schema. */
bool objects_check_all(const struct catalogs *catalogs, const struct project *project,
                       struct error *error);

/* As an array for account.json: source, kind, name, entity, fate, and how or reason where there is
 * one; NULL without memory. */
cJSON *objects_to_json(const struct objects *objects);
/* For people: how many of each kind, then what is changed and what is not kept. Nothing without
 * objects. */
void objects_print(const struct objects *objects, struct buffer *out);

#endif
