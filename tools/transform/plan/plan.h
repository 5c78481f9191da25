/* Room transform/plan: a mapping compiled for speed, the walk over a document that fills it, and
 * the count of what it met. It uses common/base, common/index, common/mapping, common/schema,
 * common/stream, transform/value and transform/write. */

/* plan.h: a mapping compiled for speed: paths to a tree, columns to slots.
 *
 * A scope is a kind of document that is walked: the record, or the elements of one array. Walking
 * it once fills its slots, one per path that anything wants. Every field that is met must be in the
 * tree (wanted, dropped, or on the way to such a field); the others go to the scope's rest column
 * or are an error. */
#ifndef TRANSFORM_PLAN_H
#define TRANSFORM_PLAN_H

#include "allowed.h"
#include "encode.h"
#include "graduate/arena.h"
#include "graduate/schema.h"
#include "lookup.h"
#include "path_account.h"
#include "problem.h"
#include "value.h"

enum { NO_SLOT = -1 };
#define NO_PATH SIZE_MAX

/* What becomes of a slot's value in the walk at hand. */
struct slot_fate {
    enum fate fate;
    enum fate least; /* what it is from the start: a condition compares it, it is dropped by name */
    size_t path;     /* in the account, or NO_PATH: structure, or counted further up */
    size_t own;      /* the same, but never NO_PATH: for numbers that are no fates */
};

/* A field name at its place in the tree. */
struct node {
    const char *name;
    struct node *children;
    size_t child_count;
    int slot;      /* its value is wanted, or NO_SLOT */
    bool whole;    /* wanted by a column or as an array: with all that is in it */
    bool claimed;  /* wanted by a column */
    bool tested;   /* wanted by a condition */
    bool dropped;  /* by name: with all that is in it */
    uint64_t seen; /* the walk that met it last: finds duplicate keys */
};

/* A field that nobody spoke for. */
struct unspoken {
    size_t path;     /* in the account */
    int64_t hex_ids; /* ObjectIds in it that became text in a rest column */
};

struct scope {
    const char *path; /* "" for the record, "tasks" for the elements of that array */
    int64_t position; /* of the element at hand, from 1 */
    struct node root; /* slot: the document (or scalar element) itself */
    int slot_count;
    struct value *slots;
    struct slot_fate *fates; /* per slot */
    int array; /* slot in the record's scope that holds the array; NO_SLOT for the record */
    bool has_rest;
    uint64_t walk; /* number of the walk at hand */
    /* Of this walk, in the order in which they stand, and how many of them a rest column took. */
    struct unspoken *unspoken;
    size_t unspoken_count, unspoken_room, kept;
    bool rest_passed_over; /* by a condition of the rest column */
    struct buffer scratch; /* a path */
};

struct test {
    const struct scope *scope; /* where it looks */
    int slot;
    struct value value;
    bool negated;
    const struct condition *mapping;
};

/* A mapping_value with its path resolved. */
struct expression {
    enum value_kind kind;
    int slot;                   /* FROM */
    struct value constant;      /* CONST */
    size_t *parent;             /* PARENT: index of the column in each form of the first table */
    struct expression *members; /* OBJECT */
    const char **names;
    size_t member_count;
    const struct mapping_value *mapping;
    struct test *tests;
    size_t test_count;
    bool has_fallback;
    struct value fallback;
    struct buffer scratch; /* what functions make */
    struct encoding encoding;
    bool looked_up;         /* its id is found out in the records of the other entity, */
    const char *set;        /* by the values of this set (lookup.h), not by the id; or NULL */
    struct buffer resolved; /* and what came of it */
    const char *path;       /* for messages */
};

/* Elements or records that a rule leaves out. */
struct rule_plan {
    const struct scope *scope;
    struct test *tests;
    size_t test_count;
};

struct column_plan {
    const struct schema_column *column;
    struct expression expression;
    struct allowed allowed;
};

struct output_plan {
    const struct schema_output *output;
    struct scope *scope;
    struct test *tests;
    size_t test_count;
    struct column_plan *columns;
    size_t column_count;
};

struct plan {
    const struct project *project;
    const struct mapping *entity;
    struct scope *scopes; /* the record's first */
    size_t scope_count;
    struct output_plan *outputs;
    size_t output_count;
    size_t form_count; /* the first outputs that are forms of the first table: a record has one of
                          them, or is filtered; its child rows take their parent's columns from
                          there */
    struct rule_plan *rules;
    size_t rule_count;
    struct losses losses;
    const struct lookups *lookups; /* of the entities that it looks up; or NULL: there are none */
    struct problems *problems;     /* of a trial, or NULL: the first one ends it */
    struct path_account paths;
    struct arena arena;
};

/* Compile the entity's outputs of a resolved schema, for a document source. The schema must outlive
 * the plan. ERROR_USAGE for what cannot be. */
bool plan_compile(struct plan *plan, const struct schema *schema, const struct mapping *entity,
                  struct error *error);
void plan_release(struct plan *plan);

#endif
