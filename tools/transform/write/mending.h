/* mending.h: what is done with a value that does not fit its column, as "misfit" says. A remedy of
 * a kind's own ("strip") is done where the value is written, wherever in an array or in JSON it
 * stands; what stands for the whole column's value (null, the default) is for who writes the row. */
#ifndef TRANSFORM_MENDING_H
#define TRANSFORM_MENDING_H

#include "graduate/buffer.h"
#include "graduate/project.h"
#include "loss.h"
#include "value.h"

/* Of the column at hand. */
struct mending {
    const struct remedies *remedies; /* NULL: nothing is said */
    bool refused;                    /* a value, for its kind of misfit */
    enum misfit kind;
    bool lost;    /* something was given up */
    bool dangles; /* it is an id that sets its record aside */
};

/* Does the column mend this kind? If not, it is refused as one of it. `mending` may be NULL. */
bool mending_mends(struct mending *mending, enum misfit kind);
/* A line in the losses; and unless the kind is a change of form only, something is lost. */
void mending_note(struct mending *mending, enum misfit kind, struct losses *losses,
                  const char *path, const char *before, const char *after);

/* Append the text as it can be kept: without NULs, with U+FFFD for each byte of no character, cut
 * to so many characters (0: of any number). Each that is done has its line. False: it cannot. */
bool mending_text(struct mending *mending, struct losses *losses, const char *path,
                  const struct value *value, int32_t most, struct buffer *out);

#endif
