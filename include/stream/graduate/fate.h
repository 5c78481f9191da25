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
 * default), the later one of this enum is its fate. The account of a path is
 *
 *     seen = dropped + left_out + compared + kept_out + rest + changed + written + defaulted
 *          + lost + rejected
 *
 * Who moves values counts "seen" where it meets them and a fate where the thing is done, so that
 * the balance is a check and no tautology. It is kept in the ledger batch by batch (ledger.h).
 *
 * Beside its terms a path has numbers that add nothing up: how often it was met where it is no
 * value (structure, or in a record that became no row), how many elements its array had and how
 * many of them some table took, how many ObjectIds in its values stay hex text inside of JSON,
 * where no reference finds them, how many ids in them were looked up and name no record that stays,
 * how many of its values, that were something, were made nothing, and how many each function
 * changed. */
#ifndef GRADUATE_FATE_H
#define GRADUATE_FATE_H

enum fate {
    FATE_SEEN,     /* met, and nothing has happened to it yet */
    FATE_DROPPED,  /* by name */
    FATE_LEFT_OUT, /* with its element, by a rule that gives a reason */
    FATE_COMPARED, /* a condition looked at it, and nobody took it */
    FATE_KEPT_OUT, /* a condition, or the order of "first", passed it over where it was asked for */
    FATE_REST,     /* kept in a column of the fields that nobody spoke for */
    FATE_CHANGED,  /* in a column, and a function made another value of it */
    FATE_WRITTEN,  /* in a column, in the mapping's form */
    FATE_DEFAULTED, /* a default stands in for what was there */
    FATE_LOST,      /* a rule gave it up, or an element of it, with a line in the losses; a changed
                       form is no loss */
    FATE_REJECTED,  /* its record was set aside */
    FATE_TERMS,
    FATE_MET = FATE_TERMS,
    FATE_ELEMENTS,
    FATE_TAKEN,
    FATE_HEX_IDS,
    FATE_DANGLING,    /* ids that name no record that stays: made null, kept, or left out */
    FATE_EMPTIED,     /* values of which "map" or a function made nothing */
    FATE_BY_FUNCTION, /* + an enum mapping_function of function.h */
    FATE_BY_ONE_WAY_ID =
        FATE_BY_FUNCTION + 23, /* a text became a UUID from which nobody gets back */
    FATE_BY_MAP,               /* "map" exchanged it */
    FATE_BY_SQL,               /* nothing of it is kept but what its source made of it and others */
    FATE_COUNT,
};
/* "seen", "dropped", ...; the numbers of functions are called "by lower", ... */
extern const char *const fate_names[FATE_COUNT];

/* The path under which values are counted when an entity has more paths than this: documents may
 * have keys without end. */
#define FATE_OTHER_PATHS "*"
enum { FATE_MOST_PATHS = 10000 };

#endif
