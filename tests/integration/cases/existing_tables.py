"""What is right of fixtures/cases/existing-tables."""

from tests.integration.cases import Right

TRIGGERS_OFF = {"people.json": {"to": {"public.people": {"triggers": "off"}}}}

RIGHT = {
    "citext-enum-and-domain-of-an-existing-table": Right(
        "0 0 0", values=(("select mail, tier, age from public.people", "Ann@Example.org|free|30"),)
    ),
    "indexes-and-policies-of-an-existing-table": Right(
        "2 2 *",
        says=((0, "people.json: /to/public.people/unique: the target brings this table with all that is on it"),),
        values=(("select count(*) from pg_namespace where nspname = 'graduate'", "0"),),
    ),
    "not-null-column-that-nothing-fills": Right(
        "5 5 *",
        says=(
            (0, "public.people cannot take the rows: column slot is NOT NULL there"),
            (1, "public.people cannot take the rows: column slot is NOT NULL there, has no default, and no column of "),
            (1, "people.json fills it"),
        ),
        values=(("select count(*) from pg_namespace where nspname = 'graduate'", "0"),),
    ),
    "order-follows-the-targets-foreign-keys": Right(
        "0 0 0", values=(("select p from public.child", "1"),), never=("off while the data is loaded",)
    ),
    "order-with-a-circle": Right("0 0 0", values=(("select count(*) from public.a", "1"),)),
    "self-reference-across-batches": Right(
        "0 0 0",
        says=((1, "foreign key c_parent_id_fkey of public.c: off while the data is loaded"),),
        values=(
            ("select count(*) from public.c", "300"),
            (
                "select pg_get_constraintdef(oid) from pg_constraint where conname = 'c_parent_id_fkey' and convalidated",
                "FOREIGN KEY (parent_id) REFERENCES c(id)",
            ),
            ("select count(*) from graduate.foreign_keys", "0"),
        ),
    ),
    "trigger-function-with-a-plain-name": Right(
        "0 4 *",
        says=(
            (1, "public.people of the target has the trigger up: for each row that is loaded, public.count_up runs"),
            (1, "; in PL/pgSQL function public.count_up() line 1 at SQL statement"),
            (1, "graduate sets search_path to ''"),
        ),
    ),
    "row-that-is-there-already": Right(
        "0 0 0",
        says=((1, "public.people: 1 updated, 0 skipped"),),
        values=(("select string_agg(name, ' ' order by id) from public.people", "Ann Bo"),),
        project={"people.json": {"to": {"public.people": {"if_there": "update"}}}},
    ),
    "table-without-a-natural-key": Right(
        "0 0 0",
        values=(("select count(*) from public.prices", "2"),),
        project={"c.json": {"to": {"public.prices": {"key": []}}}},
    ),
    "trigger-changes-the-loaded-row": Right(
        "0 0 0",
        values=(("select updated_at at time zone 'UTC' from public.people", "2020-01-01 00:00:00"),),
        never=("has the trigger",),
        project=TRIGGERS_OFF,
    ),
    "trigger-makes-the-row-first": Right(
        "0 0 0",
        says=((1, "public.people of the target has the trigger on_new"), (1, "public.profiles: 1 updated, 0 skipped")),
        values=(("select id, full_name from public.profiles", "1|Ann Lee"),),
        project={"profiles.json": {"to": {"public.profiles": {"if_there": "update"}}}},
    ),
    "trigger-writes-to-a-table-that-nobody-loads": Right(
        "0 0 0",
        values=(("select count(*) from public.notifications", "0"),),
        never=("has the trigger",),
        project=TRIGGERS_OFF,
    ),
}
