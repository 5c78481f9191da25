"""What is right of fixtures/cases/postgres-catalog."""

from tests.integration.cases import Right

# What a column's default is, as the target has it.
DEFAULT = "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'public.t'::regclass"
KEYS = (
    "select conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint where contype = 'f'"
    " and connamespace = 'public'::regnamespace order by conrelid::regclass::text"
)
COLLATION = (
    "select collname from pg_attribute a join pg_collation c on c.oid = attcollation"
    " where attrelid = 'public.t'::regclass and attname = 'n'"
)
INDEXES = (
    "select count(*) from pg_indexes where schemaname = 'public' and tablename = 't' and (indexdef like"
    " '%text_pattern_ops%' or indexdef like '%INCLUDE%' or indexdef like '%fillfactor%')"
)

# The columns of a table as DDL would say them.
TYPES = (
    "select string_agg(format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute"
    " where attrelid = 'public.{}'::regclass and attnum > 0 and not attisdropped"
)
# Every type that PostgreSQL has, and values of each, as written by hand from PostgreSQL's manual.
KINDS = {
    "integer": "1",
    "bit(4)": "1010",
    "bit varying(8)": "101",
    "bit varying": "1",
    "money": "$1,234.50",
    "cidr": "10.0.0.0/8",
    "inet": "10.1.2.3/16",
    "macaddr": "08:00:2b:01:02:03",
    "macaddr8": "08:00:2b:01:02:03:04:05",
    "time(3) with time zone": "10:00:00.123+02",
    "point": "(1,2)",
    "line": "{1,2,3}",
    "lseg": "[(1,2),(3,4)]",
    "box": "(3,4),(1,2)",
    "path": "[(0,0),(1,1),(2,0)]",
    "polygon": "((0,0),(1,1),(2,0))",
    "circle": "<(1,2),3>",
    "xml": '<a b="c">x</a>',
    "tsvector": "'a':2 'b':1,3",
    "tsquery": "'a' & !'b':*",
    "jsonpath": '$."a"[*]?(@ > 1)',
    "int4range": "[1,5)",
    "int8range": "[1,5)",
    "numrange": "(1.5,2.5]",
    "tsrange": '["2024-01-01 00:00:00","2024-01-02 00:00:00")',
    "tstzrange": '["2024-01-01 00:00:00+00",)',
    "daterange": "[2024-01-01,2024-02-01)",
    "int4multirange": "{[1,3),[5,7)}",
    "int8multirange": "{[1,3)}",
    "nummultirange": "{[1.5,2.5]}",
    "tsmultirange": '{["2024-01-01 00:00:00","2024-01-02 00:00:00")}',
    "tstzmultirange": '{["2024-01-01 00:00:00+00",)}',
    "datemultirange": "{[2024-01-01,2024-02-01)}",
    "name": "a name",
    '"char"': "z",
    "oid": "5",
    "xid": "7",
    "xid8": "8",
    "cid": "9",
    "tid": "(3,4)",
    "pg_lsn": "16/B374D848",
    "pg_snapshot": "10:20:10,14",
    "txid_snapshot": "10:20:10,14",
    "int2vector": "1 2 3",
    "oidvector": "4 5",
    "refcursor": "cursor",
    "bpchar": "a b  ",
    "character(5)": "ab   ",
    "numeric(3,-2)": "12300",
    "numeric(2,4)": "0.0012",
    "interval(3)": "1 day 00:00:01.123",
    "interval year to month": "1 year 2 mons",
    "interval day to second(2)": "1 day 01:02:03.45",
    "time(3) without time zone": "10:00:00.123",
    "timestamp(1) with time zone": "2024-01-01 00:00:00.1+00",
}
LISTS = {
    "integer": "1",
    "bit(4)[]": "{1010,NULL}",
    "money[]": "{$1.50,$2.00}",
    "cidr[]": "{10.0.0.0/8}",
    "macaddr[]": "{08:00:2b:01:02:03}",
    "time with time zone[]": "{10:00:00+02}",
    "point[]": '{"(1,2)","(3,4)"}',
    "box[]": "{(3,4),(1,2);(7,8),(5,6)}",
    "xml[]": "{<a/>}",
    "tsvector[]": "{'a':1,'b':2}",
    "jsonpath[]": r'{"$.\"a\""}',
    "int4range[]": '{"[1,5)",empty}',
    "nummultirange[]": '{"{[1,2]}"}',
    "name[]": "{x,y}",
    '"char"[]': "{q}",
    "oid[]": "{5,6}",
    "pg_lsn[]": "{16/B374D848}",
    "timestamp(3) without time zone[]": '{"2024-01-01 00:00:00.123"}',
    "character(3)[]": '{"ab ",abc}',
    "numeric(4,1)[]": "{{1.5,2.0},{3.0,NULL}}",
}

RIGHT = {
    "built-in-types-kept": Right(
        "0 0 0",
        values=(
            (TYPES.format("kinds"), ", ".join(KINDS)),
            ("select * from public.kinds order by id", "|".join(KINDS.values()) + "\n2" + "|" * (len(KINDS) - 1)),
            (TYPES.format("lists"), ", ".join(LISTS)),
            ("select * from public.lists order by id", "|".join(LISTS.values()) + "\n2" + "|" * (len(LISTS) - 1)),
        ),
    ),
    "domain-column": Right(
        "0 0 0",
        says=((0, "year_d"), (0, "the values in the types that the mapping gives")),
        values=(("select y, e from public.t", "1999|ann@example.org"),),
    ),
    "enum-column": Right(
        "0 0 0",
        says=((0, "mood"), (0, "the values in the types that the mapping gives")),
        values=(("select id, m, ms from public.t order by id", "1|ok|{ok,bad}\n2|bad|"), (DEFAULT, "'ok'::text")),
    ),
    "foreign-key-over-integer-keys-cannot-be-said": Right(
        "0 0 0", values=((KEYS, "items|FOREIGN KEY (order_id) REFERENCES orders(id)"),)
    ),
    "foreign-keys-of-a-postgres-source": Right(
        "0 0 0",
        values=(
            (
                KEYS,
                "child|FOREIGN KEY (p) REFERENCES parent(id) ON DELETE CASCADE DEFERRABLE\n"
                "of_pair|FOREIGN KEY (a, b) REFERENCES pair(a, b) ON DELETE SET NULL\n"
                "parent|FOREIGN KEY (boss) REFERENCES parent(id)",
            ),
        ),
    ),
    "collation-of-a-column": Right("0 0 0", values=((COLLATION, "C"),)),
    "exclude-constraint": Right("0 0 0", values=(("select count(*) from pg_constraint where contype = 'x'", "1"),)),
    "generated-column": Right("0 0 0", values=(("update public.t set qty = 10 returning total", "20"),)),
    "index-operator-class-and-include": Right("0 0 0", values=((INDEXES, "3"),)),
    "identity-options": Right(
        "0 0 0",
        values=(
            ("insert into public.t (n) values ('c') returning id", "1020"),
            ("select attidentity from pg_attribute where attrelid = 'public.t'::regclass and attname = 'id'", "a"),
        ),
    ),
    "sequence-that-no-column-owns": Right("0 0 0", values=(("insert into public.t (n) values ('d') returning id", "4"),)),
    "table-without-a-key": Right(
        "0 0 0", values=(("select count(*), count(distinct l::text) from public.log l", "2|1"), ("select u, p from public.likes", "1|1"))
    ),
    "prisma-timestamps": Right(
        "0 0 0",
        values=(
            (
                TYPES.format('"User"'),
                "text, timestamp(3) without time zone, timestamp(6) without time zone, timestamp(0) with time zone,"
                " time(3) without time zone, interval(0), interval day to second, timestamp(3) without time zone[]",
            ),
            (
                'select * from public."User"',
                "ck1|2024-01-01 00:00:00.123|2024-01-01 00:00:00.123456|2024-01-01 00:00:00+00|10:00:00.5|1 day"
                '|1 day 01:00:00|{"2024-01-01 00:00:00"}',
            ),
        ),
    ),
    "timestamp-precision-and-verify": Right(
        "0 0 0", values=(("select at, d from public.u", "2024-01-01 00:00:00.123|1 day"),)
    ),
}
