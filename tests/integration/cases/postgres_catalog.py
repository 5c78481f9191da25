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

RIGHT = {
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
    "timestamp-precision-and-verify": Right(
        "0 0 0", values=(("select at, d from public.u", "2024-01-01 00:00:00.123|1 day"),)
    ),
}
