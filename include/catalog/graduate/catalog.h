/* Room common/catalog: what a source says of itself, as a model and as JSON. It uses
 * common/base. */

/* catalog.h: what a source says of itself: its collections or tables, and for Postgres their shape.
 *
 * `graduate-extract --catalog` prints one as JSON; the driver keeps it in the run folder, and the
 * part about one entity travels in the stream's header. The JSON is this struct, member by member,
 * with absent members where a source knows nothing (a MongoDB collection without a validator has no
 * columns). */
#ifndef GRADUATE_CATALOG_H
#define GRADUATE_CATALOG_H

#include "graduate/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

struct catalog_names {
    char **items;
    size_t count;
};

struct catalog_column {
    char *name;
    char *type;   /* of Postgres as format_type prints it: "numeric(10,2)"; else in the source's own
                     words: "enum", "string[]", of MongoDB maybe several, "int|double" */
    uint32_t oid; /* in a Postgres: of the type whose binary form the values have (a domain's base;
                     text for enums and citext; so of elements) */
    char *layout; /* in a Postgres: what the binary form of a type is made of that is none of the
                     server's own (pgtype.h); of elements; NULL where `oid` says it, or nobody */
    char *own_type; /* in a Postgres: the type there, where the source gives another, which `type`
                       and `oid` are then: the mapping wants it so. NULL: as it is */
    bool not_null; /* of documents: it is in every one, and is not null */
    bool serial;   /* the source numbers it: SERIAL or identity */
    int64_t
        serial_last;   /* the next number is behind it: the last one given, maybe beyond the largest
                          kept, or where none was given the one before the first; -1 unknown */
    int64_t serial_next; /* it has given none yet: the first that it will give; -1: it has */
    bool always;         /* and lets nobody else do so */
    char *numbering; /* of serial: what else is said of its sequence, "INCREMENT BY 10 CYCLE"; NULL:
                        nothing */
    char *default_sql; /* NULL: none, or serial */
    char *collation;   /* SQL, of every server's: "\"C\""; NULL: the type's, or one of its own */
    char *generated;   /* the expression of which the server makes it; NULL: it does not */
    char *computed; /* in a Postgres: it is none of the table's, but an expression of the mapping,
                       which the source evaluates as rows are read; NULL: it is */
    struct catalog_names made_of; /* of either: the columns in it */
    char *comment;                /* or NULL */
    struct catalog_names calls;   /* functions of the source's own in its default or expression */
    int64_t size;      /* of documents: most characters; -1 unknown */
    struct catalog_names elements; /* of documents: the only values; empty: any */
};

struct catalog_index {
    struct catalog_names columns; /* each a column, maybe with " DESC"; expressions as SQL */
    char *where;                  /* SQL, or NULL */
    bool unique;
    char *name;                   /* NULL: none of its own */
    char *method;                 /* NULL: btree */
    struct catalog_names include; /* columns that it carries along */
    char *storage;                /* "fillfactor=70", or NULL */
    bool nulls_equal;             /* of a unique one */
    struct catalog_names made_of; /* all columns without which it could not be */
};

/* A sequence that numbers no column by itself: defaults ask it for numbers. */
struct catalog_sequence {
    char *name;
    char *schema;
    char *options; /* SQL: "AS bigint INCREMENT BY 2 CYCLE" */
    char *last;    /* the number at which it stands; NULL: unknown */
    bool called;   /* which is given already */
};

struct catalog_check {
    char *name;
    char *expression; /* SQL */
    bool invalid;     /* rows from before need not keep to it */
    struct catalog_names made_of;
    struct catalog_names calls; /* functions of the source's own in it */
};

/* Of a Postgres: a type of the database's own, or of an extension. */
struct catalog_type {
    char *name;       /* as format_type prints it: "public.mood" */
    char *local;      /* the same, without the schema */
    char *schema;     /* that one, in no quotes */
    char *kind;       /* "enum", "domain", "composite", "range", "multirange", "base" */
    char *extension;  /* that it comes with, or NULL */
    char *definition; /* SQL: what stands behind the name in its CREATE: "as enum ('ok', 'bad')" */
    char *unmade;     /* why nobody can make it elsewhere; NULL: it can be made */
    struct catalog_names parts; /* an enum's values; the types that others are made of */
};

/* Something without which an object could not be. */
struct catalog_need {
    char *kind;   /* that of an object: "view", "function"; or "table", "type", "extension", "role",
                     "language"; "object": one that is not made as it is printed; of what never
                     comes, what it is */
    char *name;   /* of the object, the entity, the type, ... */
    char *column; /* of a table: the one that is read; NULL: none by itself; of "object": its
                     kind */
    char *schema; /* that it is in; NULL: that of the catalog, or none */
};

/* Something that a source has beside records, and that a migration of records alone would leave
 * behind without a word: a view, a foreign key, a trigger, a bucket. Behind `detail` stands what
 * decides whether a table that keeps its shape keeps it; a reader whose objects never are leaves it
 * empty. */
struct catalog_object {
    char *kind;   /* in the source's own words: "view", "foreign key", "trigger" */
    char *name;   /* unique within its kind: "active_books", "books_author_fk on books" */
    char *entity; /* to which it belongs, and with which it goes; NULL: it stands by itself */
    char *detail; /* for people, one line: what it is or does; may be NULL */
    struct catalog_names columns; /* those of the entity without which it could not be */
    bool in_shape; /* the entity's columns, key, uniques, indexes or checks say it, too ... */
    char *unsaid;  /* ... but for this: "DEFERRABLE, INCLUDE (title)"; NULL: wholly */
    char *refers;  /* of a foreign key: the entity, */
    char *refers_in;               /* the schema that it is in; NULL: that of the catalog; */
    struct catalog_names referred; /* the columns there, */
    char *on_delete, *on_update;   /* "cascade", "restrict", ...; NULL: no action; */
    struct catalog_names emptied;  /* what the one of ON DELETE empties; none: all its columns */
    bool match_full;               /* either all of its columns are NULL or none */
    char *timing; /* of a constraint: "DEFERRABLE", ...; NULL: at once; of a trigger
                     or rule when it acts: "DISABLE"; NULL: for the application; of a setting
                     "BEHIND" the data; NULL: before */
    bool invalid; /* and that rows from before need not keep to it; of a
                     materialized view: it is not filled */
    struct catalog_names include;  /* of a key or unique, as of its index */
    char *storage;
    bool nulls_equal;
    char *definition; /* of an exclusion constraint: "EXCLUDE USING gist (...)"; of what is made as
                         it is, SQL: the query of a view, else the statement, or what stands in it
                         behind the names */
    struct catalog_need *needs;
    size_t need_count;
    struct catalog_names lent; /* what stands in the definition and is an extension's */
    char *signature;           /* of a function: "public.slug(text)" */
    bool definer;              /* it acts with the rights of its owner */
};

struct catalog_entity {
    char *name;       /* "books", "sales_data", "main.user_preferences" */
    int64_t estimate; /* records, by the source's own estimate; -1 unknown */
    bool exact;       /* the estimate is a count, and was true when the catalog was made */
    int64_t bytes;    /* of its data, estimated; -1 unknown */
    bool view;        /* it is made of other entities, and nobody has to read it */
    char *identity;   /* JSON: what it cannot be mistaken by (reader.h); NULL where nobody asked */
    struct catalog_column *columns;
    size_t column_count;
    bool closed;              /* of documents: they have no other fields, beside the server's own */
    struct catalog_names key; /* columns of the primary key, in order */
    struct catalog_names *uniques;
    size_t unique_count;
    struct catalog_index *indexes; /* neither the key's nor the uniques' */
    size_t index_count;
    struct catalog_check *checks;
    size_t check_count;
    char *comment; /* or NULL */
    char *shown_by; /* none of it was met; whether there is any shows when this entity is read */
    /* What stands in its defaults, checks and indexes and is an extension's: "public.citext" */
    struct catalog_names lent;
    /* In an Appwrite: the collection's permissions, 'read("users")', and who else says who may what:
     * nobody ("collection"), each document of itself, too ("documents"); or nobody gets in, for it,
     * or its database, is switched off ("off"). NULL: the source says nothing of it. */
    struct catalog_names permissions;
    char *guard;
};

struct catalog {
    char *source; /* its name in project.json */
    char *kind;
    char *version; /* of the server, or "export" */
    /* Of a Postgres: the database that a server has open, as no other at any time, where the role
     * may ask for it; and the schema of it that this is the catalog of. */
    char *database, *schema;
    struct catalog_entity *entities;
    size_t entity_count;
    struct catalog_sequence *sequences;
    size_t sequence_count;
    struct catalog_object *objects;
    size_t object_count;
    struct catalog_type *types;
    size_t type_count;
};

/* All strings are owned by the catalog. */
void catalog_init(struct catalog *catalog);
void catalog_release(struct catalog *catalog);
/* A new, zeroed entity at the end (estimate and bytes -1), or NULL without memory. The pointer
 * holds until the next call. */
struct catalog_entity *catalog_add(struct catalog *catalog, const char *name);
/* Take one of the entities off; those behind it move up. */
void catalog_remove(struct catalog *catalog, size_t entity);
/* Where two identities (JSON texts) differ, as "size was 1200 and is 1234"; false where they do
 * not. Members that only one of them has tell nothing. */
bool catalog_identity_differs(const char *before, const char *now, char *what, size_t size);
/* Add an object; the texts are copied, `entity` and `detail` may be NULL. */
bool catalog_object_add(struct catalog *catalog, const char *kind, const char *name,
                        const char *entity, const char *detail, struct error *error);
/* The database's type that a column is of, or is an array of; NULL: it is PostgreSQL's own. */
const struct catalog_type *catalog_type_find(const struct catalog *catalog, const char *type);
const struct catalog_entity *catalog_find(const struct catalog *catalog, const char *name);
/* The catalog among them that tells of another schema of the same database; itself of its own, and
 * of NULL. NULL: there is none, or nobody knows. */
const struct catalog *catalog_beside(const struct catalog *catalogs, size_t count,
                                     const struct catalog *catalog, const char *schema);
/* A new, zeroed column at the end (serial_last and size -1), or NULL without memory. The pointer
 * holds until the next call. */
struct catalog_column *catalog_column_add(struct catalog_entity *entity, const char *name,
                                          const char *type);
/* Append a copy of the word; false without memory. */
bool catalog_names_add(struct catalog_names *names, const char *word);
/* Of its guard. */
bool catalog_has_own_permissions(const struct catalog_entity *entity);
bool catalog_is_off(const struct catalog_entity *entity);
const struct catalog_column *catalog_column_find(const struct catalog_entity *entity,
                                                 const char *name);

/* To JSON (NULL without memory) and back; `name` stands for the text in errors. */
cJSON *catalog_to_json(const struct catalog *catalog);
cJSON *catalog_entity_to_json(const struct catalog_entity *entity);
bool catalog_from_json(const cJSON *json, const char *name, struct catalog *catalog,
                       struct error *error);
/* What `graduate-extract --catalog` printed of the source, kept as FOLDER/SOURCE.json. Where
 * `found` is given, it says whether there is such a file, and it is no error if there is none. */
bool catalog_read(const char *folder, const char *source, struct catalog *catalog, bool *found,
                  struct error *error);
/* One entity from the text of a stream's header, as a catalog of one. */
bool catalog_parse_entity(const char *text, const char *name, struct catalog *catalog,
                          struct error *error);

#endif
