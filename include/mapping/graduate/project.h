/* Room common/mapping: what the founder says: reading project.json and the mapping files into
 * one model, with every check that needs no catalog; and the two notions that the language is
 * made of, identities and types. It uses common/base. */

/* project.h: a project folder as one model: project.json and a mapping file per entity.
 *
 * mappings/project.schema.json and mappings/mapping.schema.json describe the files; this is what
 * they become. Everything is checked here: unknown and duplicate keys, types, names that refer to
 * nothing. All errors are ERROR_USAGE, and name file, JSON pointer, what was found, what is allowed
 * and the nearest right word.
 *
 * Strings point into the parsed JSON, which the project owns; nothing is changed after the load. */
#ifndef GRADUATE_PROJECT_H
#define GRADUATE_PROJECT_H

#include "graduate/buffer.h"
#include "graduate/error.h"
#include "graduate/function.h"
#include "graduate/identity.h"
#include "graduate/pgtype.h"

#include <cjson/cJSON.h>
#include <stddef.h>

enum source_kind { SOURCE_MONGODB, SOURCE_POSTGRES, SOURCE_APPWRITE };
enum { SOURCE_KINDS = SOURCE_APPWRITE + 1 };
/* The words of project.json for them. */
extern const char *const source_kind_names[SOURCE_KINDS];

struct source {
    const char *name;
    enum source_kind kind;
    const char *uri;      /* as written, "${MONGODB_URI}"; see project_expand */
    const char *key;      /* Appwrite: as written, "${APPWRITE_API_KEY}"; NULL: none */
    const char *database; /* MongoDB, Appwrite: the database; NULL: the URI's, or all */
    const char *schema;   /* Postgres: NULL means "public" */
    bool changing;        /* it is written to while it is read: its counts may differ */
};

/* Strings in a row. */
struct words {
    const char **items;
    size_t count;
};

/* Kinds of a field's value, as conditions tell them apart; a value may be of none of them. */
enum field_kind {
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_BOOLEAN,
    FIELD_DATE,
    FIELD_OBJECTID,
    FIELD_UUID, /* binary data of subtype 4 */
    FIELD_BINARY,
    FIELD_ARRAY,
    FIELD_OBJECT,
    FIELD_NULL,
    FIELD_KINDS,
};
extern const char *const field_kind_names[FIELD_KINDS]; /* "text", "number", ... */

/* What a condition asks of its field; mapping_condition.c has the words. */
enum condition_op {
    CONDITION_EQUAL,    /* it is the scalar */
    CONDITION_NOT,      /* it is another than the scalar */
    CONDITION_IN,       /* it is one of the constants, which are of one kind */
    CONDITION_ABOVE,    /* it is more than the text or number */
    CONDITION_BELOW,    /* less */
    CONDITION_AT_LEAST, /* more, or the same */
    CONDITION_AT_MOST,  /* less, or the same */
    CONDITION_MATCHES,  /* it is a text in which the pattern is found (pattern.h) */
    CONDITION_HAS,      /* it is an array, and one of its elements is the constant */
    CONDITION_KIND,     /* it is of the kind */
    CONDITION_EXISTS,   /* it is there, be it null (true), or is not (false) */
    CONDITION_EMPTY,    /* it is nothing, "", [] or {} (true), or something else (false) */
    CONDITION_FACT,     /* some record of another entity has it, too */
    CONDITION_ANY,      /* of no field: one of the lists holds */
    CONDITION_NONE,     /* of no field: none of the lists holds */
};

/* Compared with null, EQUAL holds where the field is nothing (absent or null), NOT where it is
 * something. On nothing every other question is answered no, but for EXISTS, EMPTY and a KIND of
 * null. Texts are compared byte by byte, numbers by their value whatever their type; a date with a
 * text of ISO 8601 (without a zone it is UTC), an ObjectId and a UUID with their text. A field of
 * another kind than the constant is an error, but NOT, and HAS of its elements, takes it for
 * something else, as long as it does not read the same ("false" and false). A NaN is neither above
 * nor below anything. A text that its source declares as a moment (plan.h) is a date, compared to
 * the microsecond; one that has no zone is of another kind than a constant that has one, and the
 * two read the same. Texts that both are moments with a zone, by no declaration, are an error where
 * the answer would be another of moments. Lists are gone through in their order, only as far as it
 * takes to know. */
struct conditions {
    struct condition *items; /* all of them must hold */
    size_t count;
};
enum { CONDITION_UPS = 32 }; /* at most */

/* "in" of another entity: is there a record of it, be it left out, for which `when` holds and that
 * has at the path, or as an element of an array there, what the field is? Texts, ids (by their
 * text), numbers, truth values and dates are looked for, each among its kind: a field of a kind
 * that none of these records has there is an error. */
struct mapping_fact {
    const char *entity; /* its name */
    const struct mapping *to;
    const char *path; /* through arrays into all their elements */
    struct conditions when;
    const char *name; /* path and conditions: two facts with one name are one */
};

struct condition {
    enum condition_op op;
    const char *path;   /* NULL: ANY, NONE */
    const char *inside; /* the way from the field into the array that it is: "0.name"; or NULL */
    unsigned outer;   /* "^.path": of what is around the element at hand, "^^.path" further out */
    const cJSON *operand;     /* what it is asked against */
    enum field_kind kind;     /* KIND */
    struct mapping_fact *fact; /* FACT */
    struct conditions *lists; /* ANY, NONE */
    size_t list_count;
    const char *name;  /* as it is written: "status", "^.kind", "any" */
    const char *place; /* below "when": "status", "any/0/^.kind" */
};

enum value_kind {
    VALUE_FROM,     /* a field of the record, or of the element of `each` ("." is the element);
                       without a word for it, the one with the column's name; or one that a
                       Postgres computes, "sql" */
    VALUE_CONST,    /* a JSON constant */
    VALUE_PARENT,   /* in a table with `each`: a column of the row above */
    VALUE_POSITION, /* in a table with `each`: the element's place, from 1; or that of an element
                       around it */
    VALUE_NAME,     /* likewise: the name of the object's member */
    VALUE_REST,     /* all fields that nobody spoke for, or those below a path of which no deeper
                       rest of the form is, as one JSON object, NULL if none */
    VALUE_OBJECT,   /* a JSON object built of values */
    VALUE_ARRAY,    /* an array built of values: as JSON, or for an array column of scalars */
    VALUE_FIRST,    /* of a list of fields and constants, the first that is not nothing */
    VALUE_JOIN,     /* several values as one text, with `with` between them; nothings are skipped,
                       but in an identity, where each must be there */
    VALUE_KINDS,
};

/* The word for it: "from", ... */
extern const char *const value_kind_words[VALUE_KINDS];

/* What is done with an id that no record of its entity has, or only one that is left out. Where
 * nothing is said the foreign key finds it, after the data; ids of which none can be made are
 * looked up (mapping_value, must_exist). */
enum dangling {
    DANGLING_UNSAID,
    DANGLING_ERROR,
    DANGLING_NULL,     /* null, with a line in the losses */
    DANGLING_KEEP,     /* it stays as it is, with a line; no foreign key is made */
    DANGLING_LEFT_OUT, /* with its row, or as an element of its array, with a line */
    DANGLING_REJECT,   /* the record is set aside whole */
};
enum { DANGLING_WORDS = DANGLING_REJECT };
extern const char *const dangling_words[DANGLING_WORDS]; /* of those that are said, in order */

struct mapping;
struct access;
struct mapping_value {
    enum value_kind kind;
    const char *from;      /* FROM: a path (path.h), maybe "^.path"; PARENT: the column
                              above; POSITION, NAME: the outer `each`, or NULL;
                              REST: a path of names, or NULL: of all */
    const char *sql;       /* FROM: the expression that a Postgres computes as the field `from`; or
                              NULL, and the field is one of its own */
    const char *sql_name;  /* then the field's name, */
    const char *sql_place; /* and where the expression is written, "FILE: /to/...: " */
    const struct mapping_table *above; /* PARENT: the table (its first form) with that column */
    const cJSON *constant;             /* CONST */
    struct mapping_member *members;    /* OBJECT; ARRAY, FIRST and JOIN, without names */
    size_t member_count;
    const struct mapping *id_of;      /* the value is the identity of that entity, or NULL */
    const struct mapping *keys_id_of; /* jsonb: the object's keys are such identities, or NULL */
    const struct access *access; /* its texts are permissions, 'read("user:ID")': the ids in them
                                    become those of the target; or NULL */
    enum identity_ids ids;            /* of either: what is taken for one here */
    enum dangling dangling;           /* of id_of */
    bool must_exist; /* of either: nothing is said of those that dangle, and no foreign key finds
                        them: the elements of an array, inside of JSON */
    const char *by; /* of id_of: the value is not the id, but what this field of the entity's
                       records holds, once in those that stay; or NULL */
    struct function_call *functions; /* "do", in order; before it what of an array `from` means:
                                        "tags.0.name" is {"item": 0}, {"field": "name"} of tags */
    size_t function_count;
    const char *with;       /* JOIN */
    const cJSON *map;       /* after the functions: what becomes of a text, or of the JSON text of a
                               number or truth value; NULL: nothing is exchanged */
    const cJSON *otherwise; /* "else": of all others; NULL: they are an error */
    const cJSON *fallback;  /* "default": for an absent field, and for a null one where
                               the column is NOT NULL; NULL: none */
    struct conditions when; /* where they do not hold, the field counts as absent */
    bool optional;          /* what it and its conditions name may be in no record */
    const char *why;        /* the reason for what does not come by its words, or NULL */
};
struct mapping_member {
    const char *name;
    struct mapping_value value;
};

/* What may not fit. */
enum misfit {
    MISFIT_NUL,           /* a text with NUL in it; mended without them */
    MISFIT_UTF8,          /* a text that is no UTF-8; each byte that is of no character becomes
                             U+FFFD */
    MISFIT_TOO_LONG,      /* more characters than the type has; cut */
    MISFIT_RANGE,         /* a number or date beyond the type's; the nearest that it has */
    MISFIT_ROUNDING,      /* more places than the type has; rounded, half away from zero, and a
                             float to the nearest */
    MISFIT_NOT_FINITE,    /* NaN and infinities; null in their place */
    MISFIT_NEGATIVE_ZERO, /* where the type has none; 0, also where nothing is said */
    MISFIT_BEYOND_DOUBLE, /* whole numbers beyond 2^53 in JSON; their text. Where nothing is said
                             they fit */
    MISFIT_JSON,          /* a text that is no JSON where it should be; it stays a text */
    MISFIT_KEY_TWICE,     /* in an object inside of JSON; the last stays */
    MISFIT_NO_ARRAY,      /* for an array type, or "each"; an array of one */
    MISFIT_OTHER,         /* whatever else: another type, a function or "in" that refuses it; and
                             what is said of it holds for those above of which nothing is said */
    MISFIT_VALUES,
    MISFIT_ROW_TWICE = MISFIT_VALUES, /* of a record's rows with one key; the first stays */
    MISFIT_REFUSED, /* a row that the target refuses while it is loaded: its record is set aside */
    MISFIT_KINDS,
};
/* What is done with it. Each that is applied has a line in the losses. */
enum remedy {
    REMEDY_UNSAID,
    REMEDY_ERROR,
    REMEDY_NULL,    /* null stands for the column's whole value */
    REMEDY_DEFAULT, /* the value's "default" does */
    REMEDY_REJECT,  /* the record is set aside whole */
    REMEDY_MEND,    /* as the kind's own word says: "strip", "cut", "round" */
};
extern const char *const misfit_names[MISFIT_KINDS]; /* "nul", "utf8", ... */
struct remedies {
    enum remedy of[MISFIT_KINDS];
};

struct mapping_column {
    const char *name;
    struct mapping_value value;
    struct pgtype type;      /* type.name NULL: the Postgres source's, or the parent's */
    bool has_null, not_null; /* was "null" given, and is it false */
    const cJSON *in;         /* array of allowed scalars, or NULL: becomes a CHECK */
    const char *sql_default; /* DEFAULT of the column, SQL, or NULL */
    const char *on_delete;   /* of the foreign key that id_of brings: "cascade", "restrict",
                                "set null" or "no action"; NULL: no action */
    bool foreign_key;        /* false: id_of without a foreign key */
    const char *references;  /* "public.orders.id", to which the values refer as they are; or NULL:
                                one of the table's `foreign_keys` is made of it */
    struct remedies misfits; /* its own, and of the others those of table, mapping and project */
    bool says_misfits;       /* some are its own */
};

struct mapping_index {
    struct words columns; /* each a column, maybe with " desc"; */
    const char *where;    /* SQL or NULL */
    const char *method;   /* "btree" unless said */
    bool unique;
    /* Of one that is a source's. */
    const char *name, *storage;
    const char *timing; /* of a constraint's: "DEFERRABLE", ...; NULL: at once */
    struct words include;
    bool nulls_equal;
};
struct mapping_check { /* of a kept table: takes the place of the source's of the same name */
    const char *name, *expression;
    bool invalid; /* of the source's: rows from before need not keep to it */
};
struct mapping_policy {
    const char *name;
    const char *command; /* "select", "insert", "update", "delete", "all" */
    struct words roles;
    const char *using, *with_check; /* SQL or NULL */
    const char *column; /* one of the project's, taken for this column: "{column}" is it, and
                           "{table}" what it refers to; NULL: the table's own */
};
/* Between columns whose values are taken as they are. */
struct mapping_table;
struct mapping_key {
    struct words columns;
    const char *references;            /* the label of the table there, */
    const struct mapping_table *table; /* its first form, */
    struct words to;                   /* and its columns; none: its key */
    const char *on_delete, *on_update; /* "cascade", ...; NULL: no action */
    const char *timing;                /* "DEFERRABLE", maybe " INITIALLY DEFERRED"; NULL: none */
};
struct mapping_grant {
    const char *role;
    struct words privileges; /* "select", "insert", "update", "delete" */
};

/* What becomes of a row of a table that exists whose key a record has, too. */
enum if_there { IF_THERE_FAIL, IF_THERE_SKIP, IF_THERE_UPDATE };

struct mapping_table {
    const char *schema, *name; /* "public", "books" */
    const char *label;         /* "public.books" */
    const char *each;          /* path of the array whose elements become rows, "sold.*" of an
                                  object whose members do, or NULL */
    bool keep_shape;           /* columns, key, uniques, indexes, checks come from the catalog */
    bool exists;               /* the target brings the table: no DDL for it */
    bool triggers_off;         /* none acts on what is loaded into it */
    enum if_there if_there;
    struct words updates;    /* IF_THERE_UPDATE: the columns that the row takes; none: all */
    struct conditions when;  /* a row only where they hold */
    const char *why;         /* the reason why records are filtered, or NULL */
    bool optional;           /* what `each` and `when` name may be in no record */
    bool keyless;            /* of a table that exists: nothing names its rows */
    struct remedies misfits; /* its own, and of the others those of mapping and project */
    struct words key;
    struct mapping_column *columns;
    size_t column_count;
    struct words *uniques;
    size_t unique_count;
    struct mapping_index *indexes;
    size_t index_count;
    struct mapping_check *checks;
    size_t check_count;
    struct mapping_key *foreign_keys;
    size_t foreign_key_count;
    struct mapping_policy *policies;
    size_t policy_count;
    struct mapping_grant *grants;
    size_t grant_count;
    bool guarded; /* policies and grants were made of an Appwrite's permissions (access.h) */
    const char *comment;
};

/* Records, or elements of an array, that no table takes and that are left out for a reason. */
struct mapping_rule {
    const char *each; /* path of the array, or NULL: records */
    struct conditions when;
    const char *why;
    bool optional;
};

struct mapping {
    const char *name; /* "books": the file's name; the entity */
    const char *file; /* its path, for messages */
    const struct source *source;
    const char *from;             /* the collection or table there */
    const struct access *access;  /* who may what of it is settled; or NULL */
    struct mapping_table *tables; /* those without `each` come first; at least one */
    size_t table_count;
    struct words json;          /* paths of texts, and of arrays of texts, that are JSON: what reads
                                   a record has the values that they are in their place */
    struct words drops;         /* field paths dropped by name */
    bool *drops_optional;       /* of each: it may be in no record */
    const char **drops_why;     /* of each: the reason, or NULL */
    struct mapping_rule *rules; /* "left_out" */
    size_t rule_count;
    struct mapping_value *identity; /* its records are those of another entity, wherever they are
                                       named: where its id stands in them; or NULL */
    enum identity_ids ids;          /* what is taken for an id of this entity elsewhere */
    bool keeps_own;                 /* the record's own id stands somewhere as it is */
    bool loses_texts;               /* it does not, and becomes a UUID: text would be gone */
    struct remedies misfits;        /* its own, and of the others the project's */
    bool rejects;                   /* some column sets its record aside */
    bool refusable;                 /* and so does some table a record of which it takes no row */
};

struct left_out {
    const struct source *source;
    const char *from, *reason;
};
/* Objects beside the records (catalog.h) that stay behind. */
struct not_kept {
    const struct source *source;
    const char *kind; /* in the source's words, "view" */
    const char *name; /* NULL: all of the kind that are not kept */
    const char *reason;
};
struct stays {
    const char *what, *why;
};
/* "every": what is said of all mappings. */
struct every {
    struct remedies misfits;
    struct words drops; /* fields of documents' records, in mappings that do not speak for them */
    const char **drop_whys;
    struct mapping_grant *grants; /* of tables that are made and say nothing of it */
    size_t grant_count;
    bool camel_case; /* a document's field has a column's name in that form, unless it is said */
    bool camel_used; /* of one that is another then */
};

/* A part of mappings that project.json says for them. */
struct said {
    const char *name;
    const cJSON *json;
    bool used;
};

/* "access": who may what of the documents of an Appwrite stays so in the target. Every column that
 * is made of "$permissions" as text[] holds them with the target's ids; policies are made of the
 * collections' permissions, of this column and of what a function says of who asks (access.h). */
struct access {
    const struct source *source;
    const char *users_name, *memberships_name; /* entities; the latter may be NULL */
    const char *schema, *function;             /* of the function */
    const char *labels;     /* the member of raw_app_meta_data that holds a user's */
    const char *verified;   /* the one that says whether he is verified; NULL: he is when Supabase
                               Auth has confirmed his e-mail address or phone number */
    enum dangling dangling; /* of users whom nobody is: UNSAID (an error), KEEP or LEFT_OUT */
    const struct mapping *users, *memberships;
    /* Of the memberships' table: it, and its columns for "userId", "teamId", "$id", "roles" and
     * "confirm". A team or membership whose column says "id_of" has the target's id, else
     * Appwrite's. */
    struct mapping_table *roster;
    const struct mapping_column *user, *team, *member, *roles, *confirm;
    bool settled; /* its policies are made */
};

/* What is wrong of a project. */
struct project_fault {
    const struct mapping *mapping; /* NULL: of the project as a whole */
    const struct error *error;
};

struct project {
    const char *name;
    char *folder;
    struct source *sources;
    size_t source_count;
    const char *target; /* as written */
    bool plain; /* it is no Supabase: neither its roles nor its schemas are there, and nothing is
                   made for them */
    struct identity identity;
    struct every every;
    struct said *said;
    size_t said_count;
    struct access *accesses; /* one per source at most */
    size_t access_count;
    int64_t most_rejects; /* of a run: records that may be set aside before it stops */
    struct mapping_policy *policies; /* that tables take by their names */
    size_t policy_count;
    struct mapping *
        *mappings; /* in the order of their references: what is referred to comes first */
    size_t mapping_count;
    struct left_out *left_outs;
    size_t left_out_count;
    struct not_kept *not_kepts; /* as they stand there */
    size_t not_kept_count;
    struct stays *stays;
    size_t stays_count;
    /* Of a draft: what is wrong, and the mappings whose files cannot be read for it, which are none
     * of `mappings`: they have a name, a file and, as far as it could be read, source and from. */
    struct project_fault *faults;
    size_t fault_count;
    struct mapping **broken;
    size_t broken_count;
    cJSON *target_tables; /* what the target says of tables that it brings; NULL: not asked */
    bool asks_target;     /* it was not, and a mapping takes a type or a key from there */
    cJSON *files; /* {"project.json": ..., "books.json": ...}: what the fingerprint is of */
    void *memory; /* everything above that is not JSON */
};

/* `where` is a folder with a project.json, or the name of one: then ./mappings/NAME,
 * $GRADUATE_MAPPINGS/NAME and the installed share/graduate/mappings/NAME are tried. Reads ./.env
 * too, if it is there: its variables stand in for those that the environment lacks. */
bool project_load(struct project *project, const char *where, struct error *error);
/* The same with what the target says of tables that it brings: in the folder of the sources'
 * catalogs, if it was asked, stands TARGET_TABLES with the types and keys that the mappings do not
 * say; `files` are with them. */
#define TARGET_TABLES "target.tables.json"
bool project_load_beside(struct project *project, const char *where, const char *catalogs,
                         struct error *error);
/* The same for who can say more of it than the files: what is wrong of mappings is only noted.
 * `catalogs` may be NULL. */
bool project_load_draft(struct project *project, const char *where, const char *catalogs,
                        struct error *error);
/* Are there none? */
bool project_check(const struct project *project, struct error *error);
void project_release(struct project *project);

const struct mapping *project_mapping(const struct project *project, const char *entity);
/* The reason why an object of a source is not kept though it could be: it is named in "not_kept".
 * NULL: it is not. */
const char *project_not_kept(const struct project *project, const char *source, const char *kind,
                             const char *name);
/* The same of a kind of which whatever can be kept is: is it left out, by its name or by its kind?
 */
bool project_leaves_out(const struct project *project, const char *source, const char *kind,
                        const char *name);
/* Is it mapped, or left out by name? `from` is a collection or table of the source. */
bool project_speaks_for(const struct project *project, const char *source, const char *from);
const struct source *project_source(const struct project *project, const char *name);
/* As above, but a wrong name is an ERROR_USAGE with the nearest right one. */
bool project_find_mapping(const struct project *project, const char *entity,
                          const struct mapping **mapping, struct error *error);
bool project_find_source(const struct project *project, const char *name,
                         const struct source **source, struct error *error);

/* Is something said, there or further out, of what does not fit the column? */
bool mapping_has_remedies(const struct mapping_column *column);
/* What is done with a kind of misfit, also where nothing is said of it (then UNSAID: it fits). */
enum remedy mapping_remedy(const struct remedies *remedies, enum misfit kind);
/* Is it made as JSON, of all of its members, each in its place? */
bool mapping_value_is_json(const struct mapping_value *value, const struct pgtype *type);
/* Is it a field as it is, but for identities that need no look and a default? */
bool mapping_value_is_plain(const struct mapping_value *value);
/* Does a column of the table keep the rest of that column of a Postgres source, or of an object in
 * it? Then "keep_shape" does not keep the column itself. */
bool mapping_keeps_rest_of(const struct mapping_table *table, const char *name);
/* Is the value, be it only an error, found out by a look at the records of its entity, and not made
 * of the id alone? */
bool mapping_is_looked_up(const struct mapping_value *value);
/* Does it look at any value of `to`: by a column, or for its own identity? */
bool mapping_looks_up(const struct mapping *mapping, const struct mapping *to);
/* Every fact of another entity that a mapping asks about, at any depth; `optional`: the paths of it
 * may be in no record. False: `visit` said so, which ends it. */
typedef bool (*mapping_fact_visit)(void *context, const struct mapping *mapping,
                                   const struct mapping_fact *fact, bool optional);
bool mapping_each_fact(const struct mapping *mapping, mapping_fact_visit visit, void *context);
/* Every value of a mapping that its source computes, at any depth. False: `visit` said so, which
 * ends it. */
typedef bool (*mapping_sql_visit)(void *context, const struct mapping *mapping,
                                  const struct mapping_value *value);
bool mapping_each_sql(const struct mapping *mapping, mapping_sql_visit visit, void *context);
/* Is a column of the source not kept under its own name, as the table has one that is computed in
 * its place? */
bool mapping_replaces(const struct mapping_table *table, const char *column);
/* Does it ask about any of `to`? */
bool mapping_asks(const struct mapping *mapping, const struct mapping *to);
/* Does it depend on the records of `to` which records of it stay, or what their ids become? Never
 * in a circle. */
bool mapping_leans_on(const struct mapping *mapping, const struct mapping *to);

/* The access of a source; NULL: nothing is said of it. */
const struct access *project_access(const struct project *project, const struct source *source);
/* One of the ids in a permission, "user:ID", "team:ID/role" or "member:ID": whose it is, and where
 * it stands. */
enum permission_whose { PERMISSION_USER, PERMISSION_TEAM, PERMISSION_MEMBER, PERMISSION_NOBODY };
enum permission_whose permission_split(const char *text, size_t length, size_t *start, size_t *size);

/* What follows a column's name in a word of an index: "" or " desc". NULL when the word does not
 * begin with that name. */
const char *mapping_word_tail(const char *word, const char *name);

/* Replace ${NAME} in a text of project.json by environment variables. A variable that is not set or
 * is empty is an ERROR_USAGE naming it. The result may be a secret: never print it. */
bool project_expand(const char *text, struct buffer *out, struct error *error);

/* The label of every table that the target brings, as often as a mapping file, and be it mistaken,
 * names it. False: `visit` said so. */
bool project_each_existing(const struct project *project,
                           bool (*visit)(void *context, const char *label, struct error *error),
                           void *context, struct error *error);

/* A 64-hex SHA-256 of all files as normalised JSON (out: 65 bytes). */
bool project_fingerprint(const struct project *project, char *out, struct error *error);
/* The first difference between two `files` objects, as "books.json: /to/public.books/key: ...". */
void project_difference(const cJSON *before, const cJSON *now, char *out, size_t size);

#endif
