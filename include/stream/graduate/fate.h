/* fate.h: what becomes of the values of a source, path by path; the words of that account.
 *
 * A value is a field that is there, null or not, in a record that became a row, or in an element of
 * an array that a table opens with "each". It is counted at the shallowest path that decides its
 * fate: where a column takes it whole or a condition compares it, where it is dropped by name, or
 * where nobody speaks for it. Documents on the way to such a path, and the opened arrays, are
 * structure and no values, also where a null stands in their place; their elements are counted,
 * scalars at the array's own path. A path has no indexes: "tasks.title" is the title of all tasks.
 * For Postgres a path is a column.
 *
 * A value has one fate. Where several things happen to it (two columns take it, one of them by a
 * default), the later one of this enum is its fate; but all values of an element that conditions pass
 * over as a whole are dropped. The account of a path is
 *
 *     seen = dropped + rest + written + defaulted + lost + rejected
 *
 * Who moves values counts "seen" where it meets them and a fate where the thing is done, so that
 * the balance is a check and no tautology. It is kept in the ledger batch by batch (ledger.h). */
#ifndef GRADUATE_FATE_H
#define GRADUATE_FATE_H

enum fate {
    FATE_SEEN,      /* met, and nothing has happened to it yet */
    FATE_DROPPED,   /* by name, or passed over by a condition ("when", the order of "first") */
    FATE_REST,      /* kept in a column of the fields that nobody spoke for */
    FATE_WRITTEN,   /* in a column, in the mapping's form; or a condition compared it */
    FATE_DEFAULTED, /* a default stands in for what was there */
    FATE_LOST,      /* a rule gave it up, with a line in the losses; a changed form is no loss */
    FATE_REJECTED,  /* its record was set aside */
    FATE_COUNT,
};
/* "seen", "dropped", ... */
extern const char *const fate_names[FATE_COUNT];

/* The path under which values are counted when an entity has more paths than this: documents may
 * have keys without end. */
#define FATE_OTHER_PATHS "*"
enum { FATE_MOST_PATHS = 10000 };

#endif
