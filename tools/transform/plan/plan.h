/* Room transform/plan: a mapping compiled for speed, the walk over a document that fills it, and
 * the count of what it met. It uses common/base, common/catalog, common/index, common/mapping,
 * common/schema,
 * common/stream, transform/value and transform/write. */

/* plan.h: a mapping compiled for speed: paths to a tree, columns to slots.
 *
 * A scope is a kind of document that is walked: the record, the elements of one array, or the
 * members of one object; and scopes lie in one another, as "sections.lessons" in "sections".
 * Walking it once fills its slots, one per path that anything wants. Every field that is met must
 * be in the tree (wanted, dropped, or on the way to such a field); the others go to the rest of the
 * form of rows that is deepest around them, or are an error. */
#ifndef TRANSFORM_PLAN_H
#define TRANSFORM_PLAN_H

#include "allowed.h"
#include "conversion.h"
#include "encode.h"
#include "graduate/arena.h"
#include "graduate/catalog.h"
#include "graduate/pattern.h"
#include "graduate/schema.h"
#include "lookup.h"
#include "mending.h"
#include "path_account.h"
#include "problem.h"
#include "row_set.h"
#include "value.h"

enum { NO_SLOT = -1 };
#define NO_PATH SIZE_MAX

/* What becomes of a slot's value in the walk at hand. */
struct slot_fate {
    enum fate fate;
    enum fate least; /* what it is from the start: a condition compares it, it is dropped by name */
    size_t path;     /* in the account, or NO_PATH: structure, or counted further up */
    size_t own;      /* the same, but never NO_PATH: for numbers that are no fates */
    bson_type_t opened; /* what of it is opened: its elements are a scope, and nobody takes it
                           whole; BSON_TYPE_EOD: nothing */
    bool inside;        /* in this walk, of elements that are a scope: counted there */
    struct slot_fate
        *lender; /* of a borrowed slot: the fate there; NULL: it is not there, or own */
};

struct output_plan;
/* A form of rows keeps what nobody spoke for below a node, and below no deeper rest of its own. */
struct rest {
    const struct output_plan *output;
    const char *column, *path; /* path: of the node below the scope, "." for its root */
    const char *place;         /* likewise, as messages show it */
    int slot;                  /* of the node; NO_SLOT: it is the root */
    struct node *node;
    struct rest *next; /* of another form, at the same node */
};

/* A field name at its place in the tree. */
struct node {
    const char *name;
    size_t name_size;         /* with its NUL */
    uint64_t head, head_mask; /* the first eight bytes of that, and which of them it has */
    uint64_t tail;            /* the last eight, of a longer one */
    struct node *children;
    size_t child_count;
    struct node **order; /* of the children: as documents had them so far */
    unsigned late;       /* how often in a row it came later than its place there */
    struct rest *rests;  /* of what is in it */
    struct node *around; /* the nearest around it that has rests, or NULL */
    int slot;      /* its value is wanted, or NO_SLOT */
    struct value *into; /* where it goes */
    bool whole;    /* wanted by a column: with all that is in it */
    bool claimed;  /* wanted by a column */
    bool lent;     /* wanted by a column of elements inside; there may be none */
    bool array;    /* its elements are a scope of their own */
    bool members;  /* its members are */
    bool tested;   /* wanted by a condition */
    bool dropped;  /* by name: with all that is in it */
    bool final;    /* nothing in it has a node of its own that counts */
    bool valued;   /* somebody asks what the value is, and not only what became of it */
    bool leads_on; /* something in it is wanted by a column or a condition */
    bool leads_to_rest; /* there are rests of it, or of something in it: it is no array */
    uint64_t seen; /* the walk that met it last: finds duplicate keys */
};

/* A field that nobody spoke for. */
struct unspoken {
    size_t path;     /* in the account */
    const char *key; /* where its name stands in the document */
    const struct node *within; /* the nearest node around it that has rests */
    enum fate fate;
    int64_t hex_ids; /* ObjectIds in it that became text in a rest column */
};

/* A field of what is around an element, as one more slot of the element's own. */
struct borrowed {
    int slot;
    unsigned ups; /* how far out */
    const char *path;
    int *slots; /* where it stands there, per scope of the plan; NO_SLOT: not there */
};

/* What a path finds that leads through an array: all of it, as an array. */
struct gathered {
    bson_t *array; /* NULL: there was none so far */
    uint32_t count;
};

struct scope {
    const char *path; /* "" for the record, "tasks" for the elements of that array, "sold.*" */
    size_t index;     /* in the plan's scopes */
    bool fixed;       /* a table or rule names it; else it may be a document on the way instead */
    bool members;     /* of an object: not elements of an array */
    bool has_outputs; /* some table takes its documents */
    bool list;        /* where no array is, the value is its only element */
    struct scope *outer; /* of the element at hand: where its array was found; NULL: the record */
    int64_t position;    /* of the element at hand, from 1 */
    const char *name;    /* of the member at hand */
    size_t account;      /* its path there: where its elements are counted */
    struct node root;    /* slot: the document (or scalar element) itself */
    int slot_count;
    struct value *slots;
    struct gathered *gathered; /* per slot */
    struct value unwanted;   /* takes the place of a slot where there is none */
    struct slot_fate *fates; /* per slot */
    int *arrays; /* slots with the arrays of scopes inside, per scope of the plan; or NO_SLOT */
    int *moments; /* slots whose texts are moments (value.h) */
    size_t moment_count;
    bool has_inner;
    struct borrowed *borrowed;
    size_t borrowed_count, borrowed_room;
    uint64_t walk; /* number of the walk at hand */
    struct unspoken *unspoken; /* of this walk, in the order in which they stand */
    size_t unspoken_count, unspoken_room;
    struct buffer scratch; /* a path */
};

/* A condition with its path resolved, or lists of them. */
struct test {
    const struct condition *mapping;
    const struct plan *plan;   /* whose lookups know the facts that it asks about */
    const struct scope *scope; /* of the document at hand */
    int slot;                  /* NO_SLOT: it is of no field */
    const char *path;          /* of the field, for messages */
    struct value *constants;   /* what the field is compared with */
    size_t constant_count;
    const struct pattern *pattern;
    struct test_list *lists; /* ANY, NONE */
    size_t list_count;
};
struct test_list {
    struct test *items;
    size_t count;
};
/* A compiled expression, which lives as long as the plan. */
struct plan_pattern {
    struct pattern *pattern;
    struct plan_pattern *next;
};

/* A column of a form of the table above. */
struct parent_column {
    size_t output, column;
};

/* A mapping_value with its path resolved. */
struct expression {
    enum value_kind kind;
    int slot;                      /* FROM */
    struct value constant;         /* CONST */
    const struct scope *level;     /* POSITION, NAME: whose element or member is meant */
    struct parent_column *parents; /* PARENT: one of these has a row for the element at hand */
    size_t parent_count;
    struct rest *rest;          /* REST */
    bool keeps_rest;            /* it is a rest, or something made with a rest in it */
    struct expression *members; /* of what is made of several */
    const char **names;         /* OBJECT; of an ARRAY their places */
    size_t member_count;
    const struct mapping_value *mapping;
    struct test *tests;
    size_t test_count;
    struct arena joined;     /* what a join, or an array, is made into */
    struct value *exchanges; /* of "map", in its order; behind them that of "else" */
    bool has_fallback;
    struct value fallback;
    struct arena made; /* what functions make, until the next value */
    struct encoding encoding;
    bool as_it_stands;      /* a field, and nothing is asked or done on the way */
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
    bool plain;   /* a field as it stands, or an error */
    bool carried; /* a field of a tuple as it is: by `conversion`, and not by its value */
    struct conversion conversion;
    struct allowed allowed;
};

struct output_plan {
    const struct schema_output *output;
    struct scope *scope;
    struct test *tests;
    size_t test_count;
    struct column_plan *columns;
    size_t column_count;
    size_t *fields; /* where the fields of its last row begin, if rows below take them; or NULL */
    bool has_row;   /* of the document at hand */
    bool may_leave_out; /* a row, for a reference in it that dangles */
    size_t *key;    /* columns of the key that can differ within a record */
    size_t key_count;
    struct row_set *keys; /* of the record's rows in the table so far; NULL: none can be twice */
};

/* Of the record: the slot of a field that the source computed, and that of a column that it needed,
 * which has no other word. */
struct computed {
    int slot, of;
};

/* Of a Postgres source: how its rows are read. A row becomes a document of its columns only where
 * somebody asks for values (tuple.h); fields that are carried over are taken as they are. */
struct tuple_reading {
    const struct catalog_entity *catalog; /* NULL: the source gives documents */
    struct field *fields;                 /* of the row at hand, per column of the catalog */
    bool *valued;                         /* per column */
    bool any_valued;
    struct computed *computed; /* columns that the source computed of others */
    size_t computed_count;
    size_t *key; /* columns that name a row */
    size_t key_count;
    bson_t *document; /* of the row at hand */
    struct buffer text;
    char name[160]; /* of the row: "id 17" */
};

struct plan {
    const struct project *project;
    const struct mapping *entity;
    const struct catalog_entity *described; /* what the source says of its fields, or NULL */
    struct tuple_reading tuples;
    struct scope *scopes; /* the record's first */
    size_t scope_count;
    struct output_plan *outputs;
    size_t output_count;
    size_t form_count; /* the first outputs that are forms of the first table: a record has one of
                          them, or is filtered; its child rows take their parent's columns from
                          there */
    struct rule_plan *rules;
    size_t rule_count;
    struct plan_pattern *patterns;
    struct losses losses;
    struct mending mending; /* of the column at hand */
    const struct lookups *lookups; /* of the entities that it looks up; or NULL: there are none */
    struct problems *problems;     /* of a trial, or NULL: the first one ends it */
    struct path_account paths;
    struct arena arena;
};

/* Is a row left out where this dangles? */
bool expression_may_leave_out(const struct expression *expression);

/* Compile the entity's outputs of a resolved schema; `described` says what the rows of a Postgres
 * source are made of, and of others what they declare (declared.h); NULL: they do not. Both must
 * outlive the plan. ERROR_USAGE for what cannot be. */
bool plan_compile(struct plan *plan, const struct schema *schema, const struct mapping *entity,
                  const struct catalog_entity *described, struct error *error);
void plan_release(struct plan *plan);
/* Does the source say that what stands at the path of a record, or in an array there, are moments?
 * Columns of a Postgres are, that are date, timestamp or timestamptz; and of Appwrite what it
 * declares as datetime, and its own $createdAt and $updatedAt. */
bool plan_holds_moments(const struct plan *plan, const char *path);

#endif
