/* pgtype.h: the PostgreSQL types that a column of the target can have, as a table.
 *
 * OIDs are those of pg_type.dat, the same in every PostgreSQL. Of most types graduate writes values
 * itself. Those of base PG_CARRIED come from a Postgres alone, and their fields, whose binary form
 * is the same at both ends, are carried over as they are. */
#ifndef GRADUATE_PGTYPE_H
#define GRADUATE_PGTYPE_H

#include "graduate/error.h"

#include <stddef.h>
#include <stdint.h>

enum pgtype_base {
    PG_BOOL,
    PG_INT2,
    PG_INT4,
    PG_INT8,
    PG_FLOAT4,
    PG_FLOAT8,
    PG_NUMERIC,
    PG_TEXT,
    PG_VARCHAR,
    PG_CHAR,
    PG_BYTEA,
    PG_UUID,
    PG_DATE,
    PG_TIME,
    PG_TIMESTAMP,
    PG_TIMESTAMPTZ,
    PG_INTERVAL,
    PG_JSON,
    PG_JSONB,
    PG_INET,
    PG_CARRIED,
    PG_BASE_COUNT,
};

struct pgtype {
    const char *name; /* SQL name of the base, without modifiers or []; NULL: no type */
    enum pgtype_base base;
    bool array;
    int32_t length;    /* varchar(n), char(n): n; 0: none */
    int32_t precision; /* numeric(p,s): p; 0: unconstrained */
    int32_t scale;
    int32_t seconds;    /* time(p), timestamp(p), interval(p) ...: p + 1; 0: as many as there are */
    const char *fields; /* interval day to second: "day to second"; NULL: all */
    uint32_t carried;   /* of PG_CARRIED, the type's OID; 0: it is none of PostgreSQL's own */
    const char *layout; /* of PG_CARRIED, what its binary form is made of; see below */
    const char *named;  /* a domain, an enum, a type of an extension: its name in SQL, quoted, with
                           its schema, and with "[]" where it is an array of them: "public.mood[]".
                           The other members say what form its values have. NULL: it is PostgreSQL's
                           own */
};

/* What stands in a binary form: 'x' bytes that are the same at both ends, 't' those of a text, '['
 * a layout ']' an array of such elements, '(' layouts ')' a composite of such fields. The latter
 * two have the OIDs of types in them, which are another at each end. */

/* "text", "varchar(50)", "character varying(50)", "numeric(10,2)", "timestamptz",
 * "timestamp(3) with time zone", "interval day to second", "integer[]", "int4range", ...: SQL names
 * and their usual aliases. False with an ERROR_USAGE that names the nearest right one. */
bool pgtype_parse(const char *text, struct pgtype *type, struct error *error);
/* The type of a column that a Postgres describes (catalog.h): what pgtype_parse reads, or a type of
 * the database's own, known by the form that its values have. The texts must outlive it. False:
 * values of it cannot be carried over. */
bool pgtype_of_column(const char *text, uint32_t oid, const char *layout, struct pgtype *type);
/* The type as DDL writes it: "numeric(10,2)", "text[]". No name is longer than PGTYPE_SIZE. */
enum { PGTYPE_SIZE = 300 };
void pgtype_format(const struct pgtype *type, char *out, size_t size);
/* Are they one type to PostgreSQL? */
bool pgtype_same(const struct pgtype *left, const struct pgtype *right);
/* OID of the type itself, array or not; of its element. Of a named type those of its values' form;
 * 0 where nobody knows. */
uint32_t pgtype_oid(const struct pgtype *type);
uint32_t pgtype_element_oid(const struct pgtype *type);
/* The type, without modifiers, that has this OID; false: none here. */
bool pgtype_of_oid(uint32_t oid, struct pgtype *type);

#endif
