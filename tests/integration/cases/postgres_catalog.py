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

CHECKS = "select pg_get_constraintdef(oid) from pg_constraint where contype = 'c' and conrelid = 'public.t'::regclass"

# How many functions of the schema "extensions" the defaults call.
LENT = (
    "select count(*) from pg_depend d join pg_proc p on p.oid = d.refobjid"
    " where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_proc'::regclass and p.pronamespace = 'extensions'::regnamespace"
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
    "citext-column-and-key": Right(
        "5 5 *",
        says=(
            (0, "has no extension citext; public.u is of its type extensions.citext"),
            (1, "has no extension citext; public.u is of its type extensions.citext"),
            (1, 'create extension "citext" schema extensions'),
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
    "extension-types-kept": Right(
        "0 0 0",
        values=(
            (TYPES.format("u"), "citext, mail, citext[], hstore, hstore[], ltree, ltree[], contact, contact[], citext"),
            (
                "select * from public.u order by mail",
                'Ann@Example.org|Bob@x.org|{A,b,NULL}|"a"=>"1", "b"=>NULL|{"\\"a\\"=>\\"1\\"",NULL}|top.Science|{top,a.b}'
                '|(X@y,"""k""=>""v""")|{"(Q,)"}|None\n'
                'bob@example.org|||"a"=>"1"||||||None\nCID@example.org|||"a"=>"1"||||||None',
            ),
            (
                "select string_agg(attname || ' ' || pg_get_expr(adbin, adrelid), ', ' order by attname) from pg_attrdef"
                " join pg_attribute on attrelid = adrelid and attnum = adnum where adrelid = 'public.u'::regclass",
                "h '\"a\"=>\"1\"'::hstore, n 'None'::citext",
            ),
            (
                "select string_agg(pg_get_constraintdef(oid), ', ' order by conname) from pg_constraint"
                " where contype = 'c' and (conrelid = 'public.u'::regclass or contypid = 'public.mail'::regtype)",
                "CHECK ((VALUE ~ '^[^@]+@[^@]+$'::citext)), CHECK ((n <> 'nobody'::citext))",
            ),
            ("select count(*) from public.u where mail = 'ANN@example.ORG'", "1"),
        ),
    ),
    "named-types-kept": Right(
        "0 0 0",
        values=(
            (
                TYPES.format("t"),
                'integer, mood, mood[], "Size", year_d, price, tags, inner_d, mood_d, mood_d[], year_d[], addr, pair, pair[],'
                " floatrange, floatrange[], moods",
            ),
            (
                "select * from public.t order by id",
                "1|ok|{ok,it's,NULL}|M|1999|12.50|{a,b}|1950|bad|{ok,bad}|{1999,2001}"
                '|("Main ""St""",5,ok,"2024-01-01 00:00:00.5")|(1,"(x,,bad,)","{ok,bad}")'
                '|{"(1,,)",NULL,"(2,\\"(y,1,ok,)\\",{bad})"}|[1.5,2.5)|{"[1,2)",empty}|("{ok,NULL,bad}")\n'
                "2|bad||||1.00|||||||||||",
            ),
            ("select enum_range(null::public.mood)", "{ok,bad,it's}"),
            ("select * from public.keyed order by m, n", "ok|2\nbad|1\nit's|3"),
            # the types of a table go where it goes
            (TYPES.replace("public", "shop").format("far"), "integer, shop.mood, shop.mood[], shop.mood_d, shop.pair, text"),
            ("select * from shop.far", '1|bad|{ok}|ok|(1,"(x,,bad,)",{ok})|public.mood'),
            (
                "select string_agg(pg_get_expr(adbin, adrelid), ', ' order by adnum) from pg_attrdef"
                " where adrelid = 'shop.far'::regclass",
                "'ok'::shop.mood, ARRAY['ok'::shop.mood], 'public.mood'::text",
            ),
        ),
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
    "types-that-cannot-be-kept": Right(
        "2 2 *",
        says=((0, "7 problems"), (1, "7 problems"), (1, "public.seg cannot be kept: that server has no binary form of it")),
    ),
    "types-that-have-a-text-form": Right(
        "0 0 0",
        values=(
            (
                "select r, mr, m, b, vb, c, ma, p, tz, h, x, v, o, tt from public.t",
                "[1,5)|{[1,2]}|$1.50|1010|1|10.0.0.0/8|08:00:2b:01:02:03|(1,2)|10:00:00+02|\"a\"=>\"1\"|<a/>|'a':2 'b':1|5"
                "|(0,1)",
            ),
        ),
    ),
    "types-that-the-source-casts": Right(
        "0 0 0",
        values=(
            (
                "select * from public.t order by id",
                '9|1234.50|10.0.0.0/8|{"a": "x y", "b": null}|{"no": 5, "kind": "ok", "paid": 1.50, "street": "Main St"}'
                '|1 day 02:00:00|10.0.0.1/8|0.1|0.3|{"[1,3)",NULL}|{1.50,NULL}|{{1,2},{3,4}}|08:00:2b:01:02:03|pg_class'
                "|{ok,bad}|{A,b}|postgres=r/postgres|\\x00ff|x\n"
                "10|-2.00||||||1e+300|1e-30||||||||||\n"
                "4000000000|||||||NaN|-Infinity||||||||||",
            ),
            (
                "select string_agg(pg_get_expr(adbin, adrelid), ', ' order by adnum) from pg_attrdef"
                " where adrelid = 'public.t'::regclass",
                "'08:00:2b:01:02:03'::text, 'x'::name",
            ),
        ),
    ),
    "timestamp-precision-and-verify": Right(
        "0 0 0", values=(("select at, d from public.u", "2024-01-01 00:00:00.123|1 day"),)
    ),
    "check-and-default-call-an-own-function": Right(
        "0 0 0", values=(("insert into public.t (id) values (2) returning e", "x"), (CHECKS, "CHECK ((e = slug(e)))"))
    ),
    "default-calls-uuid-generate-v4": Right("0 0 0", values=((LENT, "2"),)),
    "partitioned-table": Right("0 0 0", says=((0, "without PARTITION BY"),), values=(("select count(*) from public.m", "2"),)),
    "tables-of-another-schema": Right("2 2 *", says=((0, 'schema "app"'), (0, '"not_kept"'))),
    "trigger-function-and-policy-of-the-source": Right(
        "0 0 0",
        values=(
            ("update public.t set owner = 'bob' returning upd > '2025-01-01'", "t"),
            ("select polname, pg_get_expr(polqual, polrelid) from pg_policy where polrelid = 'public.t'::regclass",
             "mine|(owner = CURRENT_USER)"),
        ),
    ),
    "unique-index-that-a-function-breaks": Right(
        "0 1",
        says=(
            (1, "people, at name: 2 problems: keys id 2, id 5\n"),
            (1, '(lower(name), mail) of public.people must be unique, and is the same for key "id 1"'),
            (1, '(lower(name), mail) of public.people must be unique, and is the same for key "id 4"'),
            (1, "where: entity people, key id 2, at name, SQLSTATE 23505"),
        ),
    ),
    "views-and-comments-of-the-source": Right(
        "0 0 0",
        says=((0, "security_invoker"),),
        values=(
            ("select * from public.v, public.mv", "1|1"),
            ("select obj_description('public.t'::regclass), col_description('public.t'::regclass, 2)", "accounts|how many"),
        ),
    ),
    "warnings-about-tables-left-out": Right("0 0 0"),
}
