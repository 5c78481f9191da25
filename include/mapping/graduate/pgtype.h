/* pgtype.h: the PostgreSQL types that graduate writes, as a table.
 *
 * OIDs are those of pg_type.dat, the same in every PostgreSQL. */
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
    PG_BASE_COUNT,
};

struct pgtype {
    const char *name; /* SQL name of the base, without modifiers or []; NULL: no type */
    enum pgtype_base base;
    bool array;
    int32_t length;    /* varchar(n), char(n): n; 0: none */
    int32_t precision; /* numeric(p,s): p; 0: unconstrained */
    int32_t scale;
};

/* "text", "varchar(50)", "character varying(50)", "numeric(10,2)", "timestamptz",
 * "timestamp with time zone", "integer[]", ...: SQL names and their usual aliases. False with an
 * ERROR_USAGE that names the nearest right one. */
bool pgtype_parse(const char *text, struct pgtype *type, struct error *error);
/* The type as DDL writes it: "numeric(10,2)", "text[]". */
void pgtype_format(const struct pgtype *type, char *out, size_t size);
/* OID of the type itself, array or not; of its element. */
uint32_t pgtype_oid(const struct pgtype *type);
uint32_t pgtype_element_oid(const struct pgtype *type);
/* The type, without modifiers, that has this OID; false: none here. */
bool pgtype_of_oid(uint32_t oid, struct pgtype *type);

#endif
