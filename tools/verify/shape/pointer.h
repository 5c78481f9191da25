/* pointer.h: values of a table that name a row elsewhere, by verify's own reading of the project.
 *
 * Every identity is one, wherever it stands: in a column, with or without a foreign key, as an
 * element of one, as a member of an object (or an element of such a member), as a key of one; and a
 * parent's key in a row of its child. Which form of a
 * table a row is of, nobody can tell from the row: where forms put ids of different entities into
 * one place, any of these entities may have the id, and where one of them puts something else
 * there, nothing is said. */
#ifndef VERIFY_POINTER_H
#define VERIFY_POINTER_H

#include "blueprint.h"

struct pointer_end {
    const struct blueprint_table *table;
    const char *column;
};

struct pointer {
    const char *column;
    struct words path;            /* members, on the way into an object; none: the column itself */
    bool keys;                    /* the keys of the object that is found there */
    bool array;                   /* the elements of the column, which is an array */
    const struct mapping *entity; /* whose ids they are; NULL: the parent's key */
    bool loose;                   /* "foreign_key": false: the ids need not exist */
    bool kept;                    /* "dangling": "keep": those that do not exist are kept */
    bool open;                    /* something else may stand there, too */
    struct pointer_end *ends;     /* one of these has it; none: the ids stand in no table */
    size_t end_count;
};

struct pointers {
    struct pointer *items;
    size_t count;
};

/* Where the rows of an entity are found by its identity: in the first of its own tables whose key
 * it is, else in a column that holds the records' own id. *home says which of the two. False:
 * nowhere. */
bool pointer_find_end(const struct blueprint *blueprint, const struct mapping *entity,
                      struct pointer_end *end, bool *home);

struct blueprint_table *pointer_find_table(const struct blueprint *blueprint, const char *label);

/* All of a table; memory comes from the blueprint's arena. Columns whose foreign key is declared
 * are references of the blueprint, and not told again. */
bool pointers_gather(struct pointers *pointers, struct blueprint *blueprint,
                     const struct project *project, const struct blueprint_table *table,
                     struct error *error);

#endif
