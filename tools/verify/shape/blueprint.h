/* blueprint.h: what the target's tables must look like, by verify's own reading of the project.
 *
 * Nothing of it comes from schema.c or ddl.c: what they forget must be missed here. One entry per
 * table of the target, however many entities and row forms fill it. The first form makes the table
 * (or finds it there: "exists"); columns, key, uniques, indexes, checks, policies and grants are
 * its own. A table that keeps its shape takes them from the source's catalog, under the names that
 * its columns have in the target; what stands on a column that is dropped goes with it. */
#ifndef VERIFY_BLUEPRINT_H
#define VERIFY_BLUEPRINT_H

#include "graduate/arena.h"
#include "graduate/catalog.h"
#include "graduate/project.h"

struct blueprint_column {
    const char *name;
    struct pgtype type;
    bool not_null;
    bool numbered;                        /* the target must number new rows on */
    bool always;                          /* and lets nobody else do so */
    const char *numbering;                /* what else is said of its sequence, or NULL */
    int64_t serial_last;                  /* the source's next number is behind it; -1: unknown */
    const char *default_sql;              /* or NULL */
    const char *collation;                /* as in a statement, or NULL: whichever */
    const char *comment;                  /* the source's, or NULL */
    const char *generated;                /* of what the server makes it, or NULL */
    const cJSON *in;                      /* allowed values, or NULL */
    const struct mapping_column *mapping; /* NULL: kept as it is */
};

/* Rows of the table name rows of another, by a foreign key or by a parent's key of several columns;
 * the other values that do are pointers (pointer.h). */
struct blueprint_table;
struct blueprint_reference {
    struct words columns;
    const struct blueprint_table *to;
    struct words to_columns;
    bool declared;         /* a foreign key belongs to it; else only the rows are looked at */
    bool by_id;            /* an identity brings it, and an index that begins with it */
    const char *on_delete, *on_update; /* "no action" unless said; of an identity's NULL is that */
    struct words emptied;              /* of what it empties on delete; none: all */
    const char *timing;                /* "DEFERRABLE", ...; NULL: at once */
    bool match_full;
    bool invalid; /* rows from before need not keep to it */
};

struct blueprint_table {
    const struct mapping *entity;        /* of the form that makes it */
    const struct mapping_table *mapping; /* that form */
    const char *label;
    const char *comment; /* the mapping's, else the source's; or NULL */
    struct blueprint_column *columns; /* of a table that exists: those that any form fills */
    size_t column_count;
    struct words key;
    struct words *uniques;
    size_t unique_count;
    struct mapping_index *indexes;
    size_t index_count;
    struct mapping_check *checks; /* by name; the lists of "in" stand at their columns */
    size_t check_count;
    struct mapping_check *exclusions; /* the source's, with all that they say */
    size_t exclusion_count;
    struct blueprint_reference *references;
    size_t reference_count;
};

struct blueprint {
    struct blueprint_table *tables;
    size_t count;
    struct arena arena;
};

/* ERROR_USAGE when a catalog lacks what a table is to keep. */
bool blueprint_init(struct blueprint *blueprint, const struct project *project,
                    const struct catalog *catalogs, size_t catalog_count, struct error *error);
void blueprint_release(struct blueprint *blueprint);

/* "user_id, position" */
const char *blueprint_list(struct arena *arena, const struct words *words);
/* How long the column's name is with which a word of an index begins; 0: it is an expression. */
size_t blueprint_column_length(const struct blueprint_table *table, const char *word);

#endif
