"""What is right of fixtures/cases/postgres-mapping."""

from tests.integration.cases import Right

RIGHT = {
    "char-padding-becomes-text": Right("0 0 0", values=(("select c = 'ab' from public.t", "t"),)),
    # The other columns must be spoken for, in one way or the other.
    "array-of-ids": Right(
        "0 1 1 *",
        says=(
            (1, "i, at o[1]: 1 problem: key id 1"),
            (1, "no record of o has the UUID 0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0009"),
            (2, "where: entity i, key id 1, at o"),
        ),
    ),
    "columns-without-keep-shape": Right(
        "0 0 0",
        project={"t.json": {"drop": ["d", "ts", "u", "synced_at"]}},
        values=(("select id, amount, kind from public.events order by id", "1|1.50|sale\n2|-1.50|none"),),
    ),
    "condition-on-a-column": Right(
        "0 0 0", values=(("select id, s, k from public.t order by id", "1| Ab |first\n2||"),)
    ),
    "date-to-timestamptz": Right("2 2 2", says=((0, "the source's date does not become timestamptz"),)),
    "enums-and-domains-as-values": Right(
        "0 0 0",
        says=((2, "1 element left out by rules"),),
        values=(
            (
                "select * from public.t order by id",
                '1|happy|t|1|["sad", null]|HAPPY|q|1.50|{"ns": ["a"]}\n'
                '2|sad|f|2|"sad"||||{"ns": null}\n3||||||||{"ns": null}',
            ),
            ("select * from public.moods", "1|1|sad"),
        ),
    ),
    "filter-rows": Right(
        "0 0 0",
        values=(
            ("select id from public.t", "1"),
            ("select sum(records), sum(filtered) from graduate.batches", "2|1"),
        ),
    ),
    "first-of-two-columns": Right("0 1 *", says=((1, "the column created_at must not be null"), (1, "key id 2"))),
    "function-on-a-column": Right(
        "0 0 0", says=((1, "trim 1"), (1, "lower 1")), values=(("select s from public.t where id = 1", "ab"),)
    ),
    "integer-key-to-uuid": Right(
        "0 0 0",
        values=(
            ("select pg_typeof(id), count(distinct id) from public.t group by 1", "uuid|2"),
            # UUIDv5 of "t/1" in the project's namespace
            ("select id from public.t where s = ' Ab '", "bd78d912-c714-5085-916f-a7834914584b"),
        ),
    ),
    "json-duplicate-keys-into-jsonb": Right("0 1 *", says=((1, "this key stands here twice"), (1, "key id 1, at k"))),
    "moments-of-rows": Right(
        "0 0 0",
        says=((2, "1 record left out by rules, 1 element left out"),),
        values=(
            (
                "select string_agg(q_above, '' order by id), string_agg(q_below, '' order by id), string_"
                "agg(q_same, '' order by id), string_agg(q_another, '' order by id), string_agg(q_among, "
                "'' order by id), string_agg(q_kind, '' order by id), string_agg(q_clock, '' order by id)"
                ", string_agg(q_early, '' order by id), string_agg(q_day, '' order by id), string_agg(q_m"
                "idnight, '' order by id), string_agg(q_listed, '' order by id) from public.t",
                "ynnyy|nnynn|nynnn|ynyyy|ynnyn|yyyyy|ynnnn|nnnyy|yynyn|nynyn|ynnnn",
            ),
            (
                "select id, z_day, t_day, d_midnight at time zone 'UTC', z_text from public.t order by id",
                "1|2024-07-01|2024-07-01|2024-06-30 22:00:00|2024-07-01T12:00:00.000001Z\n"
                "2|2024-07-01|2024-07-01|2024-07-01 22:00:00|2024-07-01T12:00:00Z\n"
                "3|2024-07-01|2024-06-30|2024-06-29 22:00:00|2024-07-01T11:59:59.999999Z\n"
                "4||||infinity\n"
                "5||||12024-01-01T00:00:00Z",
            ),
            (
                'select "all" from public.t where id in (1, 5) order by id',
                '{"d": "2024-07-01", "l": ["2024-07-01T12:00:00Z", "2024-07-01T11:00:00Z"], "t": "2024-07'
                '-01T12:00:00.000001", "z": "2024-07-01T12:00:00.000001Z"}\n'
                '{"d": "0044-03-15 BC", "l": null, "t": "0044-03-15T12:00:00 BC", "z": "12024-01-01T00:00'
                ':00Z"}',
            ),
            (
                "select id, place, at at time zone 'UTC' from public.l order by id",
                "1|1|2024-07-01 12:00:00\n"
                "2|1|2024-07-01 12:00:00.5",
            ),
            (
                "select key, path from graduate.losses where rule = 'day' order by key, path",
                "id 1|t\n"
                "id 1|z\n"
                "id 2|z\n"
                "id 3|t\n"
                "id 3|z",
            ),
        ),
    ),
    "number-date-and-uuid-to-text": Right(
        "0 0 0",
        values=(
            (
                "select n, d, ts, u from public.t where id = 1",
                "1.50|2024-01-02|2024-01-02 03:04:05|0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0001",
            ),
        ),
    ),
    "one-table-into-two": Right("0 0 0", values=(("select count(*) from public.t2", "2"),)),
    "path-into-jsonb": Right("0 0 0", values=(("select title from public.t order by id", "x\ny"),)),
    "real-becomes-double": Right("0 0 0", values=(("select f from public.t", "1.1"),)),
    "rows-from-a-jsonb-array": Right(
        "0 0 0", values=(("select t_id, n, tag from public.tags order by n", "1|1|p\n1|2|q"),)
    ),
    "sign-decides-the-kind": Right(
        "0 0 0", values=(("select id, kind from public.t order by id", "1|sale\n2|refund"),)
    ),
    "view-as-a-source": Right(
        "0 0 0",
        says=((0, "old.v_c"), (1, "its rows, in the table public.c")),
        values=(("select id, m from public.c", "1|ok"),),
    ),
    "zone-against-a-time-without-one": Right(
        "0 1 *", says=((1, "2024-07-01T12:00:00, which has no zone, is of another kind"), (1, "key id 1, at t"))
    ),
}
