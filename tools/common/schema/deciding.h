/* deciding.h: one object of a source while it is decided what becomes of it (keeping.h). */
#ifndef COMMON_DECIDING_H
#define COMMON_DECIDING_H

#include "graduate/keeping.h"

/* One object, which is not kept until a rule says something else. */
struct deciding {
    const struct schema *schema;
    const struct catalog *catalog;
    const struct catalog_object *object;
    const struct schema_output *output; /* of the entity that it belongs to */
    struct arena *arena;
    struct keeping *out;
    struct error *error;
    bool failed; /* for want of memory */
};

/* A text that the arena has made, or failed to. */
const char *deciding_text(struct deciding *d, char *made);
/* Kept as `how`, but for what the catalog's entity does not say of it. */
void deciding_keep(struct deciding *d, const char *how);
void deciding_change(struct deciding *d, const char *how);

/* Those that stand by themselves, whoever uses them. */
void decide_type(struct deciding *d);
void decide_extension(struct deciding *d);
/* What is made as it is there (kept_object.h). */
void decide_object(struct deciding *d);
void decide_setting(struct deciding *d);

#endif
