"""What is right of fixtures/cases/postgres-mapping."""

from tests.integration.cases import Right

RIGHT = {
    "integer-key-to-uuid": Right(
        "0 0 0",
        values=(
            ("select pg_typeof(id), count(distinct id) from public.t group by 1", "uuid|2"),
            # UUIDv5 of "t/1" in the project's namespace
            ("select id from public.t where s = ' Ab '", "bd78d912-c714-5085-916f-a7834914584b"),
        ),
    ),
}
