#include "postgres_types.h"

#include "graduate/buffer.h"
#include "graduate/json.h"
#include "graduate/pgtype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Queries are read as they stand. */
/* clang-format off */

#define OF(what) "coalesce((select jsonb_agg(" what "), '[]')"

/* As SQL calls a collation; regcollation is as new as version 13. */
#define COLLATION(oid)                                                                             \
    "(select format('%I.%I', m.nspname, l.collname) from pg_collation l"                           \
    " join pg_namespace m on m.oid = l.collnamespace where l.oid = " oid ")"

/* Functions and operators that are no extension's: nobody makes them in the target. */
#define OWN_CALLS(constraint)                                                                      \
    "exists (select from pg_depend d where d.classid = 'pg_constraint'::regclass"                  \
    " and d.objid = " constraint " and d.refobjid >= 16384"                                        \
    " and (d.refclassid = 'pg_proc'::regclass or (d.refclassid = 'pg_operator'::regclass"          \
    "  and not exists (select from pg_depend x where x.classid = d.refclassid"                     \
    "   and x.objid = d.refobjid and x.deptype = 'e'))))"

/* `multirange` of pg_range is as new as version 14. */
static const char types_sql[] =
    "select coalesce(json_agg(json_strip_nulls(json_build_object('name', format_type(t.oid, null),"
    " 'local', quote_ident(t.typname), 'schema', (select n.nspname from pg_namespace n where n.oid = t.typnamespace),"
    " 'kind', case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'c' then 'composite'"
    "  when 'r' then 'range' when 'm' then 'multirange' else 'base' end,"
    " 'extension', x.extname,"
    " 'definition', case when x.extname is not null then null"
    "  when t.typtype = 'e' then 'as enum (' || (select string_agg(quote_literal(e.enumlabel), ', '"
    "   order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) || ')'"
    "  when t.typtype = 'd' then concat_ws(' ', 'as ' || format_type(t.typbasetype, t.typtypmod),"
    "   'collate ' || case when t.typcollation <> b.typcollation then " COLLATION("t.typcollation") " end,"
    "   'default ' || pg_get_expr(t.typdefaultbin, 0),"
    "   case when t.typnotnull then 'not null' end,"
    "   (select string_agg('constraint ' || quote_ident(o.conname) || ' '"
    "     || pg_get_constraintdef(o.oid), ' ' order by o.conname)"
    "    from pg_constraint o where o.contypid = t.oid and o.contype = 'c'))"
    "  when t.typtype = 'c' then 'as (' || coalesce((select string_agg(quote_ident(a.attname) || ' '"
    "   || format_type(a.atttypid, a.atttypmod) || coalesce(' collate ' || case when a.attcollation"
    "    <> y.typcollation then " COLLATION("a.attcollation") " end, ''), ', ' order by a.attnum)"
    "   from pg_attribute a join pg_type y on y.oid = a.atttypid"
    "   where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), '') || ')'"
    "  when t.typtype = 'r' then 'as range (subtype = ' || format_type(r.rngsubtype, null)"
    "   || coalesce(', subtype_opclass = ' || (select n.nspname || '.' || p.opcname from pg_opclass p"
    "    join pg_namespace n on n.oid = p.opcnamespace where p.oid = r.rngsubopc"
    "    and not p.opcdefault), '')"
    "   || coalesce(', collation = ' || case when r.rngcollation <> s.typcollation"
    "    then " COLLATION("r.rngcollation") " end, '')"
    "   || coalesce(', subtype_diff = ' || nullif(r.rngsubdiff::oid, 0)::regproc, '') || ')' end,"
    " 'unmade', case when t.typsend::oid = 0 then 'that server has no binary form of it'"
    "  when x.extname is not null then null"
    "  when t.typtype = 'b' then 'it is of functions in C that the source alone has'"
    "  when t.typtype = 'c' and c.relkind <> 'c' then 'it is the row of a table'"
    "  when t.typtype = 'r' and (r.rngcanonical::oid >= 16384 or r.rngsubdiff::oid >= 16384)"
    "   then 'it calls a function of its own'"
    "  when exists (select from pg_constraint o where o.contypid = t.oid and " OWN_CALLS("o.oid") ")"
    "   then 'a check of it calls a function of its own'"
    "  when t.typcollation >= 16384 then 'it has a collation of its own' end,"
    " 'parts', (case t.typtype"
    "  when 'e' then " OF("e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid")
    "  when 'd' then jsonb_build_array(format_type(t.typbasetype, null))"
    "  when 'r' then jsonb_build_array(format_type(r.rngsubtype, null))"
    "  when 'm' then (select jsonb_build_array(format_type((to_jsonb(g) ->> 'rngtypid')::oid, null))"
    "   from pg_range g where to_jsonb(g) ->> 'rngmultitypid' = t.oid::text)"
    "  when 'c' then " OF("format_type(a.atttypid, null) order by a.attnum) from pg_attribute a"
    "   where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped") " end)"
    " )) order by format_type(t.oid, null)), '[]')"
    " from pg_type t"
    " left join pg_class c on c.oid = t.typrelid"
    " left join pg_type b on b.oid = t.typbasetype"
    " left join pg_range r on r.rngtypid = t.oid left join pg_type s on s.oid = r.rngsubtype"
    " left join lateral (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid"
    "  where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e') x on true"
    " where t.oid >= 16384 and t.typtype <> 'p' and (t.typcategory <> 'A' or t.typtype = 'd') and t.typisdefined"
    " and (t.typtype <> 'c' or c.relkind = 'c' or exists (select from pg_attribute u"
    "  where u.atttypid in (t.oid, t.typarray) and u.attrelid >= 16384))";
/* clang-format on */

bool postgres_types_read(struct postgres *postgres, cJSON **types, struct error *error)
{
    PGresult *result;
    if (!postgres_query(postgres, types_sql, NULL, 0, &result, error))
        return false;
    bool ok = json_parse(PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0),
                         postgres->where, types, error);
    PQclear(result);
    return ok;
}

enum { DEEPEST = 16 }; /* a type of a type of a type; PostgreSQL lets none hold itself */

/* Without the "[]" of an array. */
static size_t element_length(const char *type)
{
    size_t length = strlen(type);
    return length > 2 && strcmp(type + length - 2, "[]") == 0 ? length - 2 : length;
}

/* Is the text PostgreSQL's own type, which is the same at both ends down to the numbers? */
static bool is_own(const char *type)
{
    struct pgtype parsed;
    struct error unknown;
    return pgtype_parse(type, &parsed, &unknown);
}

/* Append what the type is made of; false: values of it cannot be carried over. */
static bool put_layout(const struct catalog *catalog, const char *type, int depth,
                       struct buffer *out)
{
    size_t length = element_length(type);
    bool array = type[length] != '\0', ok = true;
    if (is_own(type)) {
        buffer_putc(out, 'x');
        return true;
    }
    const struct catalog_type *of = catalog_type_find(catalog, type);
    if (of == NULL && depth > 0)
        buffer_putc(out, 'x'); /* a regclass or the like: who would keep it is told so */
    if (of == NULL || depth > DEEPEST)
        return of == NULL && depth > 0;
    buffer_puts(out, array ? "[" : "");
    if (strcmp(of->kind, "domain") == 0) {
        ok = of->parts.count == 1 && put_layout(catalog, of->parts.items[0], depth + 1, out);
    } else if (strcmp(of->kind, "composite") == 0) {
        buffer_putc(out, '(');
        for (size_t i = 0; ok && i < of->parts.count; i++)
            ok = put_layout(catalog, of->parts.items[i], depth + 1, out);
        buffer_putc(out, ')');
    } else {
        buffer_putc(out, 'x');
    }
    buffer_puts(out, array ? "]" : "");
    return ok;
}

static bool lay_out(const struct catalog *catalog, struct catalog_column *column,
                    struct error *error)
{
    struct buffer layout;
    char element[PGTYPE_SIZE];
    size_t length = element_length(column->type);
    if (is_own(column->type) || length >= sizeof element || column->layout != NULL)
        return true;
    memcpy(element, column->type, length);
    element[length] = '\0';
    buffer_init(&layout);
    bool known = put_layout(catalog, element, 0, &layout), ok = buffer_ok(&layout, error);
    if (ok && known) {
        column->layout = strdup(buffer_text(&layout));
        ok = column->layout != NULL ? true : error_memory(error);
    }
    buffer_release(&layout);
    return ok;
}

bool postgres_types_lay_out(struct catalog *catalog, struct error *error)
{
    for (size_t e = 0; e < catalog->entity_count; e++)
        for (size_t c = 0; c < catalog->entities[e].column_count; c++)
            if (!lay_out(catalog, &catalog->entities[e].columns[c], error))
                return false;
    return true;
}

static bool is_money(const struct catalog_column *column)
{
    return strncmp(column->type, "money", 5) == 0 && strstr(column->type, " with ") == NULL;
}

/* The digits are a setting's, and the number that is kept knows nothing of them: 100 are 1.00
 * dollar or 100 yen. */
static bool read_digits(struct postgres *postgres, char digits[8], struct error *error)
{
    PGresult *result = NULL;
    bool ok =
        postgres_exec(postgres, "SET lc_monetary TO DEFAULT", error) &&
        postgres_query(postgres, "SELECT scale(1::money::numeric)", NULL, 0, &result, error) &&
        postgres_exec(postgres, "SET lc_monetary TO 'C'", error);
    if (ok)
        snprintf(digits, 8, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return ok;
}

bool postgres_types_count_money(struct postgres *postgres, struct catalog *catalog,
                                struct error *error)
{
    char digits[8] = "";
    for (size_t e = 0; e < catalog->entity_count; e++)
        for (size_t c = 0; c < catalog->entities[e].column_count; c++) {
            struct catalog_column *column = &catalog->entities[e].columns[c];
            char *type;
            if (!is_money(column))
                continue;
            if (digits[0] == '\0' && !read_digits(postgres, digits, error))
                return false;
            if (strcmp(digits, "2") == 0)
                return true;
            if (asprintf(&type, "%s with %s digits (lc_monetary)", column->type, digits) < 0)
                return error_memory(error);
            free(column->type);
            column->type = type;
        }
    return true;
}
