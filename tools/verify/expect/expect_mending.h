/* expect_mending.h: what becomes of a value that does not fit its column, as "misfit" says, read
 * anew from graduate/project.h. */
#ifndef VERIFY_EXPECT_MENDING_H
#define VERIFY_EXPECT_MENDING_H

#include "expect_item.h"
#include "graduate/buffer.h"
#include "graduate/project.h"

/* Of the column at hand. */
struct expect_mending {
    const struct remedies *remedies; /* NULL: nothing is said */
    bool refused;                    /* its value, as one of this kind */
    enum misfit kind;
    bool dangles;     /* it is an id that sets its record aside */
    bool lost;        /* something of it was given up */
    int64_t ids_gone; /* ObjectIds in what was */
};

/* Is a misfit of this kind mended? If not, it is refused for it. NULL: nothing is said. */
bool expect_mends(struct expect_mending *mending, enum misfit kind);
/* The column's value is refused, with an error already. Always false. */
bool expect_refuse(struct expect_mending *mending, enum misfit kind);
/* Does null or the default stand for the refused value? Then it is in *item. */
bool expect_stands_in(struct expect_mending *mending, const struct mapping_column *column,
                      struct item *item);

/* Put the text as PostgreSQL can keep it, of so many characters at most (0: of any number). False:
 * it cannot be kept. */
bool expect_text_kept(struct expect_mending *mending, const char *text, size_t length,
                      int32_t most, struct buffer *out);
/* The number with so many places at most; *rounded: it had more. False only without memory. */
bool expect_round(struct item *number, int places, bool *rounded, struct error *error);

#endif
