/* keeping.h: what becomes of the objects that a source has beside records: the one table of kinds
 * that says for each whether the schema makes the same, makes something else in its place, or
 * nothing.
 *
 * A kind that is no row of that table is never kept. What belongs to an entity that is left out, or
 * stands on a column that its mapping does not take, goes with it: the founder has said so already.
 */
#ifndef GRADUATE_KEEPING_H
#define GRADUATE_KEEPING_H

#include "graduate/arena.h"
#include "graduate/schema.h"

enum keeping_fate { KEEPING_KEPT, KEEPING_CHANGED, KEEPING_NOT };
enum { KEEPING_FATES = KEEPING_NOT + 1 };
/* "kept", "changed", "not kept". */
extern const char *const keeping_fate_names[KEEPING_FATES];

struct keeping {
    enum keeping_fate fate;
    const char *how;  /* changed: what it is in the target; kept: under what form; may be NULL */
    const char *with; /* not kept: with what it goes, and by which word of the founder; or NULL */
    const char *why;  /* not kept: why it cannot be, where another of its kind is; or NULL */
};

/* Decide one object of a catalog. The texts are the arena's, the project's or the catalog's. */
bool keeping_decide(const struct schema *schema, const struct catalog *catalog,
                    const struct catalog_object *object, struct arena *arena, struct keeping *out,
                    struct error *error);
/* Does a kind in "not_kept" leave out all of it, also what could be kept? Of others only a name
 * does. */
bool keeping_goes_by_kind(const char *kind);

#endif
