/* path.h: the text of a path into a document, read step by step; and names written as its steps.
 *
 *     path = "." | [ups "."] step { "." step }        "." is the document (or element) itself
 *     ups  = "^" { "^" }                              so many elements further out
 *     step = name | "'" any characters, "'" doubled "'" | "*" | number
 *
 * A name in quotes is only a name, whatever is in it: 'a.b', '', '0'. Without quotes "*" is every
 * member of an object and a number (of at most nine digits) a place in an array. The mapping's
 * paths are kept in their canonical form, in which a name has quotes only where it needs them, so
 * that two paths are the same when their texts are. */
#ifndef GRADUATE_PATH_H
#define GRADUATE_PATH_H

#include "graduate/arena.h"
#include "graduate/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum path_step_kind { STEP_NAME, STEP_MEMBERS, STEP_PLACE };
struct path_step {
    enum path_step_kind kind;
    const char *text; /* as it is written, without the quotes around it */
    size_t length;
    bool quoted; /* then a quote in the text is doubled */
    long place;  /* STEP_PLACE: from 0, or from the end: -1 */
};

/* The canonical form of a path, in the arena. Where the text is no path, false with what is wrong;
 * NULL there means that memory was out. */
bool path_canonical(const char *text, struct arena *arena, const char **canonical,
                    const char **fault);
/* The levels that a path begins with: 2 for "^^.a", which it is moved behind. */
unsigned path_ups(const char **path);
/* Take the next step off the path; false at its end. The path is canonical, and not ".". */
bool path_next(const char **path, struct path_step *step);
bool path_step_is(const struct path_step *step, const char *name);
/* The step's name, in the arena; NULL without memory. */
char *path_step_name(const struct path_step *step, struct arena *arena);

/* Is its first step "*"? Then it says what is opened of the path before it. */
bool path_is_members(const char *path);

/* A field's name as a step of a path. */
void path_put_name(struct buffer *out, const char *name);
/* Such a path of one step, in the arena; NULL without memory. And is the path that step? */
char *path_of_name(const char *name, struct arena *arena);
bool path_is_name(const char *path, const char *name);
/* Does one of the paths say that the field goes as a whole? */
bool path_any_is_name(const char *const *paths, size_t count, const char *name);
/* What is left of the path below `above`; NULL where it does not lie below it. "" is the record. */
const char *path_below(const char *path, const char *above);
/* The length of the path without its last step and the dot before it; 0: it has one step. */
size_t path_parent(const char *path);

#endif
