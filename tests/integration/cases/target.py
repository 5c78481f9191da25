"""What is right of fixtures/cases/target."""

from tests.integration.cases import Right

NO_LEDGER = ("select count(*) from pg_namespace where nspname = 'graduate'", "0")
SAME = "are the same database"

RIGHT = {
    "no-policy-on-any-table": Right(
        "0 0 0", says=((1, "public.t has row-level security and no policy; only the owner reads it"),)
    ),
    "plain-postgres": Right(
        "5",
        ("is no Supabase: it has no role anon, role authenticated, role service_role, schema auth", '"plain": true'),
        (NO_LEDGER,),
        plain=True,
    ),
    "pooler-in-transaction-mode": Right(
        "5",
        ("is reached through a pooler that gives each transaction another session", "5432", "session mode"),
        (NO_LEDGER,),
    ),
    "role-quotes-all-identifiers": Right("0"),
    "role-that-only-reads": Right("0"),
    "schema-without-usage": Right(
        "0 0 0",
        values=(
            ("select has_schema_privilege('authenticated', 'main', 'usage')", "t"),
            ("select has_schema_privilege('anon', 'main', 'usage')", "f"),
        ),
    ),
    "statement-timeout-of-the-role": Right("0"),
    "target-is-a-source": Right("5 5", ((0, f"the target and the source old {SAME}"), (1, SAME), (1, "swapped"))),
    "uri-parameters-of-other-clients": Right(
        "2", ("libpq does not know: pgbouncer (of Prisma), connection_limit (of Prisma)", "take them out"), (NO_LEDGER,)
    ),
}
