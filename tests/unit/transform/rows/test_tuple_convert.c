/* Rows of Postgres that keep their shape: every conversion of the table byte for byte, what is no
 * conversion, identities, and tuples that are not what the catalog says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"
#include "value_sample.h"
#include "tuple.h"

struct carrying {
    struct folder folder;
    struct project project;
    struct catalog catalog;
    struct schema schema;
    struct plan plan;
    struct rows rows;
    struct error error;
};

/* The table sales of the source, by its catalog; `members` stand in its mapping behind keep_shape,
 * `more` behind "to". */
static bool open_carrying(struct carrying *c, const char *catalog, const char *members,
                            const char *more)
{
    char mapping[1200];
    *c = (struct carrying){0};
    folder_make(&c->folder);
    folder_put(&c->folder, "project.json",
               sample_quoted("{'project': 'test', 'target': '${T}', 'identity': {'strategy': "
                             "'pad-left'}, 'sources': {'core': {'kind': 'mongodb', 'uri': '${C}'}, "
                             "'sql': {'kind': 'postgres', 'uri': '${S}'}}}"));
    folder_put(&c->folder, "users.json",
               sample_quoted("{'from': 'core.users', 'to': {'public.users': {'key': ['id'], "
                             "'columns': {'id': {'from': '_id', 'id_of': 'users'}}}}}"));
    snprintf(mapping, sizeof mapping,
             "{'from': 'sql.sales', 'to': {'public.sales': {'keep_shape': true%s}}%s}", members,
             more);
    folder_put(&c->folder, "sales.json", sample_quoted(mapping));
    catalog_init(&c->catalog);
    bool ok = project_load(&c->project, c->folder.path, &c->error) &&
              catalog_parse_entity(sample_quoted(catalog), "catalog", &c->catalog, &c->error);
    const struct mapping *entity = ok ? project_mapping(&c->project, "sales") : NULL;
    ok = ok && schema_resolve_entity(&c->schema, &c->project, entity, &c->catalog, &c->error) &&
         plan_compile(&c->plan, &c->schema, entity, &c->catalog.entities[0], &c->error);
    return ok && rows_init(&c->rows, 1, &c->error);
}

static void close_carrying(struct carrying *c)
{
    rows_release(&c->rows);
    if (c->plan.entity != NULL)
        plan_release(&c->plan);
    schema_release(&c->schema);
    catalog_release(&c->catalog);
    project_release(&c->project);
    folder_remove(&c->folder);
}

/* Hex digits to bytes; blanks are for the reader. */
static size_t bytes_of(const char *hex, uint8_t *bytes)
{
    size_t length = 0;
    for (const char *at = hex; *at != '\0';) {
        unsigned byte;
        if (*at == ' ') {
            at++;
            continue;
        }
        if (sscanf(at, "%2x", &byte) != 1)
            fail_msg("%s is no hex", hex);
        bytes[length++] = (uint8_t)byte;
        at += 2;
    }
    return length;
}

static bool convert(struct carrying *c, const char *hex)
{
    uint8_t bytes[512];
    const uint8_t *at = bytes, *end = bytes + bytes_of(hex, bytes);
    rows_clear(&c->rows);
    bool ok = rows_put_tuple(&c->rows, &c->plan, &at, end, &c->error);
    if (ok && at != end)
        fail_msg("%s: %td bytes are left", hex, end - at);
    return ok;
}

#define CATALOG(columns) "{'name': 'sales', 'columns': [" columns "], 'key': ['id']}"
#define COLUMN(name, type, oid)                                                                    \
    "{'name': '" name "', 'type': '" type "', 'oid': " oid ", 'not_null': false, 'serial': false}"

/* One column "c" beside the key: its type there, what the mapping says, a field and what it
 * becomes. */
static const struct {
    const char *type, *oid, *column; /* NULL: the mapping does not name it */
    const char *before, *after;      /* lengths and bytes; after NULL: an error */
    const char *error;
} fields[] = {
    /* types that stay */
    {"integer", "23", NULL, "00000004 ffffffff", "00000004 ffffffff", NULL},
    {"numeric(10,2)", "1700", NULL, "0000000a 0001 0000 0000 0002 0001",
     "0000000a 0001 0000 0000 0002 0001", NULL},
    {"text", "25", NULL, "00000000", "00000000", NULL},
    {"text[]", "1009", NULL, "0000000c 00000000 00000000 00000019",
     "0000000c 00000000 00000000 00000019", NULL},
    {"timestamp without time zone", "1114", NULL, "00000008 7fffffffffffffff",
     "00000008 7fffffffffffffff", NULL},
    {"inet", "869", NULL, "00000008 0220000408080808", "00000008 0220000408080808", NULL},
    {"interval", "1186", NULL, "00000010 00000000000000010000000200000003",
     "00000010 00000000000000010000000200000003", NULL},
    {"text", "25", NULL, "ffffffff", "ffffffff", NULL},
    /* the table of conversions, row by row */
    {"smallint", "21", "{'type': 'integer'}", "00000002 7fff", "00000004 00007fff", NULL},
    {"smallint", "21", "{'type': 'integer'}", "00000002 8000", "00000004 ffff8000", NULL},
    {"smallint", "21", "{'type': 'bigint'}", "00000002 fffe", "00000008 fffffffffffffffe", NULL},
    {"integer", "23", "{'type': 'bigint'}", "00000004 80000000", "00000008 ffffffff80000000", NULL},
    {"integer", "23", "{'type': 'bigint'}", "00000004 7fffffff", "00000008 000000007fffffff", NULL},
    {"real", "700", "{'type': 'double precision'}", "00000004 3fc00000",
     "00000008 3ff8000000000000", NULL},
    {"real", "700", "{'type': 'double precision'}", "00000004 7fc00000",
     "00000008 7ff8000000000000", NULL},
    {"text", "25", "{'type': 'varchar(5)'}", "00000002 6162", "00000002 6162", NULL},
    {"text", "25", "{'type': 'char(2)'}", "00000002 6162", "00000002 6162", NULL},
    {"real", "700", "{'type': 'double precision'}", "00000004 3f8ccccd", "00000008 3ff199999999999a", NULL},
    {"character varying(5)", "1043", "{'type': 'text'}", "00000002 6162", "00000002 6162", NULL},
    {"character varying(5)", "1043", "{'type': 'varchar(5)'}", "00000002 6162", "00000002 6162",
     NULL},
    {"character varying", "1043", "{'type': 'varchar(5)'}", "00000002 6162", "00000002 6162", NULL},
    {"character(5)", "1042", "{'type': 'text'}", "00000005 6162202020", "00000002 6162",
     NULL},
    {"character(5)", "1042", "{'type': 'varchar(5)'}", "00000005 6162202020", "00000002 6162",
     NULL},
    {"name", "19", "{'type': 'text'}", "00000002 6162", "00000002 6162", NULL},
    {"timestamp without time zone", "1114", "{'type': 'timestamptz'}", "00000008 0000000000000001",
     "00000008 0000000000000001", NULL},
    {"json", "114", "{'type': 'jsonb'}", "00000002 7b7d", "00000003 017b7d", NULL},
    {"json", "114", "{'type': 'jsonb'}", "0000000d 7b2261223a312c2261223a327d", NULL, "stands here twice"},
    {"character varying(5)[]", "1015", "{'type': 'text[]'}",
     "00000019 00000001 00000000 00000413 00000001 00000001 00000001 61",
     "00000019 00000001 00000000 00000019 00000001 00000001 00000001 61", NULL},
    {"text[]", "1009", "{'type': 'varchar(5)[]'}", "0000000c 00000000 00000000 00000019",
     "0000000c 00000000 00000000 00000413", NULL},
    /* as PostgreSQL prints them */
    {"smallint", "21", "{'type': 'text'}", "00000002 8000", "00000006 2d3332373638", NULL},
    {"integer", "23", "{'type': 'varchar'}", "00000004 00000007", "00000001 37", NULL},
    {"bigint", "20", "{'type': 'text'}", "00000008 ffffffffffffffff", "00000002 2d31", NULL},
    {"boolean", "16", "{'type': 'text'}", "00000001 01", "00000004 74727565", NULL},
    {"numeric(10,2)", "1700", "{'type': 'text'}", "0000000c 0002 0000 0000 0002 0001 1388",
     "00000004 312e3530", NULL},
    {"numeric", "1700", "{'type': 'text'}", "0000000a 0001 ffff 4000 0006 0032",
     "00000009 2d302e303035303030", NULL},
    {"numeric", "1700", "{'type': 'text'}", "0000000a 0001 0001 0000 0000 0003",
     "00000005 3330303030", NULL},
    {"numeric", "1700", "{'type': 'text'}", "00000008 0000 0000 c000 0000", "00000003 4e614e", NULL},
    {"date", "1082", "{'type': 'text'}", "00000004 00000000", "0000000a 323030302d30312d3031", NULL},
    {"date", "1082", "{'type': 'text'}", "00000004 fff4dbf8", "0000000d 303030312d31322d3331204243",
     NULL},
    {"timestamp without time zone", "1114", "{'type': 'text'}", "00000008 ffffffffffffffff",
     "0000001a 313939392d31322d33312032333a35393a35392e393939393939", NULL},
    {"timestamp with time zone", "1184", "{'type': 'text'}", "00000008 00000000000186a0",
     "00000018 323030302d30312d30312030303a30303a30302e312b3030", NULL},
    {"time without time zone", "1083", "{'type': 'text'}", "00000008 0000000000000000",
     "00000008 30303a30303a3030", NULL},
    {"uuid", "2950", "{'type': 'text'}", "00000010 00112233445566778899aabbccddeeff",
     "00000024 30303131323233332d343435352d363637372d383839392d616162626363646465656666", NULL},
    {"integer", "23", "{'type': 'numeric(5,2)'}", "00000004 00000007", "0000000a 0001 0000 0000 0002 0007",
     NULL},
    {"integer", "23", "{'type': 'numeric(5,2)'}", "00000004 000f4240", NULL, "too large"},
    {"integer", "23", "{'id_of': 'sales', 'foreign_key': false}", "00000003 000001", NULL,
     "a field of 3 bytes"},
    /* fields of a width that their type does not have */
    {"smallint", "21", "{'type': 'integer'}", "00000003 000001", NULL, "a field of 3 bytes"},
    {"integer", "23", "{'type': 'bigint'}", "00000008 0000000000000001", NULL,
     "a field of 8 bytes"},
    {"integer", "23", "{'type': 'bigint'}", "00000000", NULL, "a field of 0 bytes"},
    {"real", "700", "{'type': 'double precision'}", "00000008 3ff8000000000000", NULL,
     "a field of 8 bytes"},
    {"text[]", "1009", "{'type': 'varchar(5)[]'}", "00000004 00000000", NULL, "of 4 bytes"},
    /* a numeric that keeps all its places */
    {"numeric(10,2)", "1700", "{'type': 'numeric(12,4)'}", "0000000a 0001 0000 0000 0002 0001",
     "0000000a 0001 0000 0000 0002 0001", NULL},
    {"numeric(10,2)", "1700", "{'type': 'numeric'}", "0000000a 0001 0000 0000 0002 0001",
     "0000000a 0001 0000 0000 0002 0001", NULL},
    /* null */
    {"text", "25", "{'null': false}", "ffffffff", NULL, "must not be null"},
    {"text", "25", "{'null': false}", "00000000", "00000000", NULL},
    {"text", "25", "{'default': 'd', 'null': false}", "00000000", "00000000", NULL},
    {"text", "25", "{'default': 'd', 'null': false}", "ffffffff", "00000001 64", NULL},
    {"integer", "23", "{'type': 'bigint', 'default': -1, 'null': false}", "ffffffff", "00000008 ffffffffffffffff",
     NULL},
    {"jsonb", "3802", "{'type': 'jsonb', 'default': {}, 'null': false}", "ffffffff", "00000003 017b7d", NULL},
    /* identities: uuid and text there, uuid and text here */
    {"uuid", "2950", "{'id_of': 'users'}", "00000010 5f0c8a1b2c3d4e5f6071829300000000",
     "00000010 000000005f0c8a1b2c3d4e5f60718293", NULL},
    {"uuid", "2950", "{'id_of': 'users', 'type': 'text'}",
     "00000010 00112233445566778899aabbccddeeff",
     "00000024 30303131323233332d343435352d363637372d383839392d616162626363646465656666", NULL},
    {"text", "25", "{'id_of': 'users'}",
     "00000018 354630433841314232433344344535463630373138323933",
     "00000010 000000005f0c8a1b2c3d4e5f60718293", NULL},
    {"character varying(24)", "1043", "{'id_of': 'users'}",
     "00000018 356630633861316232633364346535663630373138323933",
     "00000010 000000005f0c8a1b2c3d4e5f60718293", NULL},
    {"uuid", "2950", "{'id_of': 'users'}", "ffffffff", "ffffffff", NULL},
    {"uuid", "2950", "{'id_of': 'users'}", "0000000f 5f0c8a1b2c3d4e5f60718293000000", NULL,
     "a field of 15 bytes"},
    {"text", "25", "{'id_of': 'users'}", "00000000", NULL, "nobody's id"},
    /* a whole number is its digits, of whatever width; ids of a table are what its key says */
    {"smallint", "21", "{'id_of': 'sales'}", "00000002 fffe", "00000010 34e3dcb05cf954d0b49e715c1fc750e0", NULL},
    {"integer", "23", "{'id_of': 'sales'}", "00000004 fffffffe", "00000010 34e3dcb05cf954d0b49e715c1fc750e0", NULL},
    {"bigint", "20", "{'id_of': 'sales'}", "00000008 fffffffffffffffe", "00000010 34e3dcb05cf954d0b49e715c1fc750e0", NULL},
    {"bigint", "20", "{'id_of': 'sales'}", "00000003 000001", NULL, "a field of 3 bytes"},
    {"integer", "23", "{'id_of': 'users'}", "00000004 00000011", NULL, "the number 17 is nobody's id"},
    {"integer", "23", "{'id_of': 'sales'}", "ffffffff", "ffffffff", NULL},
    /* identities as keys of an object */
    {"jsonb", "3802", "{'type': 'jsonb', 'keys_id_of': 'users'}",
     "00000020 01 7b22 356630633861316232633364346535663630373138323933 22 3a20317d",
     "0000002c 01 7b22 30303030303030302d356630632d386131622d326333642d346535663630373138323933 22 "
     "3a20317d",
     NULL},
    {"jsonb", "3802", "{'type': 'jsonb', 'keys_id_of': 'users'}", "00000003 017b7d",
     "00000003 017b7d", NULL},
    {"jsonb", "3802", "{'type': 'jsonb', 'keys_id_of': 'users'}", "00000000", NULL,
     "a field of 0 bytes"},
    {"jsonb", "3802", "{'type': 'jsonb', 'keys_id_of': 'users'}", "00000008 017b22223a20317d", NULL,
     "nobody's id"},
};

static void a_field_is_converted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct carrying c;
        char catalog[400], members[300] = "", tuple[400], row[400];
        snprintf(catalog, sizeof catalog,
                 CATALOG(COLUMN("id", "integer", "23") "," COLUMN("c", "%s", "%s")), fields[i].type,
                 fields[i].oid);
        if (fields[i].column != NULL)
            snprintf(members, sizeof members, ", 'columns': {'c': %s}", fields[i].column);
        if (!open_carrying(&c, catalog, members, ""))
            fail_msg("%s as %s: %s", fields[i].type, members, c.error.message);
        snprintf(tuple, sizeof tuple, "0002 00000004 00000007 %s", fields[i].before);
        bool ok = convert(&c, tuple);
        if (ok != (fields[i].after != NULL))
            fail_msg("%s as %s: %s", fields[i].type, members, ok ? "passes" : c.error.message);
        snprintf(row, sizeof row, "0002 00000004 00000007 %s", ok ? fields[i].after : "");
        if (ok) {
            sample_assert_hex(&c.rows.lists[0].tuples, row, fields[i].type);
            assert_int_equal(c.rows.lists[0].rows, 1);
        } else {
            enum error_code code =
                strstr(fields[i].error, "bytes") != NULL ? ERROR_SOURCE : ERROR_DATA;
            sample_assert_error(&c.error, code, "c", fields[i].error, fields[i].type);
            assert_string_equal(c.error.entity, "sales");
            assert_string_equal(c.error.key, "id 7");
        }
        close_carrying(&c);
    }
}

static void what_is_no_conversion_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *oid, *members, *part;
    } cases[] = {
        {"integer", "23", ", 'columns': {'c': {'type': 'smallint'}}",
         "/to/public.sales/columns/c/type: the source's integer does not become smallint without a "
         "change of value"},
        {"bigint", "20", ", 'columns': {'c': {'type': 'integer'}}", "without a change"},
        {"double precision", "701", ", 'columns': {'c': {'type': 'text'}}", "without a change"},
        {"integer", "23", ", 'columns': {'c': {'type': 'varchar(5)'}}", "without a change"},
        {"text", "25", ", 'columns': {'c': {'type': 'uuid'}}", "without a change"},
        {"double precision", "701", ", 'columns': {'c': {'type': 'real'}}", "without a change"},
        {"timestamp with time zone", "1184", ", 'columns': {'c': {'type': 'timestamp'}}",
         "without a change"},
        {"character varying(5)[]", "1015", ", 'columns': {'c': {'type': 'text'}}",
         "without a change"},
        {"text", "25", ", 'columns': {'c': {'type': 'text[]'}}", "without a change"},
        {"jsonb", "3802", ", 'columns': {'c': {'type': 'json'}}", "without a change"},
        /* PostgreSQL would round without a word */
        {"numeric(12,4)", "1700", ", 'columns': {'c': {'type': 'numeric(12,2)'}}",
         "the source's numeric(12,4) does not become numeric(12,2) without a change of value"},
        {"numeric", "1700", ", 'columns': {'c': {'type': 'numeric(10,2)'}}", "without a change"},
        {"numeric(10,2)", "1700", ", 'columns': {'c': {'type': 'numeric(9,2)'}}",
         "without a change"},
        {"numeric(10,2)", "1700", ", 'columns': {'c': {'type': 'numeric(11,4)'}}",
         "without a change"},
        {"character varying(6)", "1043", ", 'columns': {'c': {'type': 'varchar(5)'}}",
         "the source's character varying(6) does not become varchar(5) without a change of value"},
        {"character(6)", "1042", ", 'columns': {'c': {'type': 'varchar(5)'}}", "without a change"},
        {"character varying(6)[]", "1015", ", 'columns': {'c': {'type': 'varchar(5)[]'}}",
         "without a change"},
        {"numeric(12,4)[]", "1231", ", 'columns': {'c': {'type': 'numeric(12,2)[]'}}",
         "without a change"},
        {"regclass", "2205", "", "the source's type regclass cannot be kept"},
        {"timestamp without time zone", "1114", ", 'columns': {'c': {'type': 'timestamp(3)'}}",
         "without a change"},
        {"timestamp(6) without time zone", "1114", ", 'columns': {'c': {'type': 'timestamp(3)'}}",
         "without a change"},
        {"interval", "1186", ", 'columns': {'c': {'type': 'interval day to second'}}",
         "without a change"},
        {"bit(4)", "1560", ", 'columns': {'c': {'type': 'bit(5)'}}", "without a change"},
        {"cidr", "650", ", 'columns': {'c': {'type': 'inet'}}", "without a change"},
        {"date", "1082", ", 'columns': {'c': {'id_of': 'users'}}",
         "an identity is kept as uuid, text or whole number"},
        {"json", "114", ", 'columns': {'c': {'type': 'jsonb', 'keys_id_of': 'users'}}",
         "the source's column is no jsonb"},
        {"text", "25", ", 'columns': {'d': {'const': 'x', 'type': 'integer'}}",
         "the text 'x' does not fit"},
        {"integer", "23", ", 'columns': {'c': {'default': 'x', 'null': false}}",
         "the text 'x' does not fit"},
        {"time without time zone", "1083",
         ", 'columns': {'c': {'default': '10:00', 'null': false}}",
         "there are no constants of this type"},
        /* a column that would be there twice */
        {"text", "25", ", 'columns': {'c': {'const': 'x', 'type': 'text'}}",
         "the table would have this column twice"},
        {"text", "25", ", 'columns': {'id': {'from': 'c'}}",
         "the table would have this column twice"},
        {"text", "25", ", 'columns': {'d': {'from': 'no'}}", "no such column"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct carrying c;
        char catalog[400];
        snprintf(catalog, sizeof catalog,
                 CATALOG(COLUMN("id", "integer", "23") "," COLUMN("c", "%s", "%s")), cases[i].type,
                 cases[i].oid);
        if (open_carrying(&c, catalog, cases[i].members, ""))
            fail_msg("%s%s is taken", cases[i].type, cases[i].members);
        sample_assert_error(&c.error, ERROR_USAGE, NULL, cases[i].part, cases[i].type);
        assert_non_null(strstr(c.error.message, "sales.json"));
        close_carrying(&c);
    }
}

#define THREE                                                                                      \
    CATALOG(                                                                                       \
        COLUMN("id", "integer", "23") "," COLUMN("a", "text", "25") "," COLUMN("b", "text", "25"))

/* Columns are the source's in its order, without the dropped, then the constants. */
static void columns_are_dropped_renamed_and_added(void **state)
{
    (void)state;
    struct carrying c;
    if (!open_carrying(
            &c, THREE,
            ", 'columns': {'beta': {'from': 'b'}, 'd': {'const': true, 'type': 'boolean'}}",
            ", 'drop': ['a']"))
        fail_msg("%s", c.error.message);
    static const char *const names[] = {"id", "beta", "d"};
    assert_int_equal(c.schema.outputs[0].column_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(c.schema.outputs[0].columns[i].name, names[i]);
    assert_true(convert(&c, "0003 00000004 00000001 00000001 61 00000001 62"));
    sample_assert_hex(&c.rows.lists[0].tuples, "0003 00000004 00000001 00000001 62 00000001 01",
                      "row");
    close_carrying(&c);
}

static void a_tuple_is_what_the_catalog_says(void **state)
{
    (void)state;
    static const char *const cut[] = {
        "",
        "00",
        "0003",
        "0003 000000",
        "0003 00000004",
        "0003 00000004 000000",
        "0003 00000004 00000001",
        "0003 00000004 00000001 ffffffff",
        "0003 00000004 00000001 ffffffff 00000001",
        "0003 00000004 00000001 ffffffff 7fffffff 61",
        "0003 00000004 00000001 ffffffff fffffffe 61",
        "0002 00000004 00000001 ffffffff",
        "0004 00000004 00000001 ffffffff ffffffff ffffffff",
        "ffff",
        "0000",
    };
    struct carrying c;
    assert_true(open_carrying(&c, THREE, "", ""));
    for (size_t i = 0; i < COUNT(cut); i++) {
        if (convert(&c, cut[i]))
            fail_msg("%s passes", cut[i]);
        sample_assert_error(&c.error, ERROR_SOURCE, "", "cut off, or has another number", cut[i]);
        assert_string_equal(c.error.entity, "sales");
    }
    /* two in a row: the second begins where the first ends */
    uint8_t bytes[128];
    static const char two[] =
        "0003 00000004 00000001 00000001 61 ffffffff 0003 00000004 00000002 00000000 00000001 62";
    const uint8_t *at = bytes, *end = bytes + bytes_of(two, bytes);
    rows_clear(&c.rows);
    assert_true(rows_put_tuple(&c.rows, &c.plan, &at, end, &c.error));
    assert_true(rows_put_tuple(&c.rows, &c.plan, &at, end, &c.error));
    assert_ptr_equal(at, end);
    sample_assert_hex(&c.rows.lists[0].tuples, two, "two");
    assert_int_equal(c.rows.lists[0].rows, 2);
    close_carrying(&c);
}

/* jsonb has no -0: each is a line, and what is in quotes is none. */
static void negative_zeros_of_json_are_lost(void **state)
{
    (void)state;
    static const char json[] =
        "{\"-0\": \"-0 \\\"-0\", \"a\": -0, \"b\": [-0.00, -0e5, -1, 0, -0.5, -0.0E-2], \"c\": -10}";
    struct carrying c;
    char tuple[512];
    size_t used = (size_t)snprintf(tuple, sizeof tuple, "0002 00000004 00000007 %08zx", sizeof json - 1);
    for (size_t i = 0; i + 1 < sizeof json; i++)
        used += (size_t)snprintf(tuple + used, sizeof tuple - used, "%02x", (unsigned char)json[i]);
    assert_true(open_carrying(&c, CATALOG(COLUMN("id", "integer", "23") "," COLUMN("c", "json", "114")),
                                ", 'columns': {'c': {'type': 'jsonb'}}", ""));
    assert_true(convert(&c, tuple));
    sample_assert_tuples(&c.plan.losses.tuples, NULL,
                         "sales|id 7|c|negative_zero|-0|0\n"
                         "sales|id 7|c|negative_zero|-0.00|0\n"
                         "sales|id 7|c|negative_zero|-0e5|0\n"
                         "sales|id 7|c|negative_zero|-0.0E-2|0\n");
    close_carrying(&c);
}

/* The key in an error, by its type; a text of four or eight characters is no number. */
static void an_error_names_the_row(void **state)
{
    (void)state;
    static const struct {
        const char *type, *oid, *field, *key;
    } cases[] = {
        {"smallint", "21", "00000002 ffff", "id -1"},
        {"integer", "23", "00000004 00000007", "id 7"},
        {"bigint", "20", "00000008 8000000000000000", "id -9223372036854775808"},
        {"uuid", "2950", "00000010 00112233445566778899aabbccddeeff",
         "id 00112233-4455-6677-8899-aabbccddeeff"},
        {"text", "25", "00000003 616263", "id abc"},
        {"text", "25", "00000004 61626364", "id abcd"},
        {"character varying(8)", "1043", "00000008 6162636465666768", "id abcdefgh"},
        {"text", "25", "00000000", "id "},
        {"text", "25", "ffffffff", "id ?"},
        {"bytea", "17", "00000003 616263", "id ?"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct carrying c;
        char catalog[400], tuple[200];
        snprintf(catalog, sizeof catalog,
                 CATALOG(COLUMN("id", "%s", "%s") "," COLUMN("c", "text", "25")), cases[i].type,
                 cases[i].oid);
        assert_true(open_carrying(
            &c, catalog, ", 'columns': {'c': {'null': false}}", ""));
        c.schema.outputs[0].columns[0].not_null = false;
        snprintf(tuple, sizeof tuple, "0002 %s ffffffff", cases[i].field);
        assert_false(convert(&c, tuple));
        assert_string_equal(c.error.key, cases[i].key);
        close_carrying(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_converted),
        cmocka_unit_test(what_is_no_conversion_is_refused),
        cmocka_unit_test(columns_are_dropped_renamed_and_added),
        cmocka_unit_test(a_tuple_is_what_the_catalog_says),
        cmocka_unit_test(negative_zeros_of_json_are_lost),
        cmocka_unit_test(an_error_names_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
