"""What is right of fixtures/cases/postgres-catalog."""

from tests.integration.cases import Right

# What a column's default is, as the target has it.
DEFAULT = "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'public.t'::regclass"

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
    "table-without-a-key": Right(
        "0 0 0", values=(("select count(*), count(distinct l::text) from public.log l", "2|1"), ("select u, p from public.likes", "1|1"))
    ),
    "timestamp-precision-and-verify": Right(
        "0 0 0", values=(("select at, d from public.u", "2024-01-01 00:00:00.123|1 day"),)
    ),
}
