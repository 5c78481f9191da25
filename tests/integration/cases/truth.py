"""What is right of fixtures/cases/truth."""

from tests.integration.cases import Right

RIGHT = {
    "unique-after-a-function": Right(
        "0 1 1 *",
        says=(
            (1, "c, at s: 1 problem: key id 2"),
            (1, '"a": (s) of public.c must be unique, and is the same for key "id 1"'),
            (2, "where: entity c, key id 2, at s"),
            (2, '(s) of public.c must be unique, and is the same for key "id 1"'),
        ),
    ),
    "changes-by-a-function-are-not-on-record": Right(
        "0 0 0 0",
        says=((1, "c, e: changed by rule: lower 1"),),
        values=(("select e from public.t order by id", "ann@example.org\nbo@example.org"),),
    ),
    "column-path-names-no-field": Right(
        "* 1 *",
        says=((1, '/to/public.t/columns/email: no record of c has "emial" (0 of 2'), (1, '"email"')),
        never=("everything arrived",),
    ),
    "drop-names-no-field": Right("* 1 *", says=((1, '/drop/0: no record of c has "nosuch" (0 of 1'), (1, "/drop/1: no record of c"))),
    "each-names-no-field": Right(
        "* 1 *",
        says=((1, '/to/public.ch/each: no record of c has "itmes"'), (1, '"items"')),
        never=("everything arrived",),
    ),
    "elements-that-no-form-takes": Right(
        "* 1 *", says=((1, "entity orders, key 1, at items[1]"), (1, 'kind is the text "video"')), never=("everything arrived",)
    ),
    "everything-arrived-with-dropped-money": Right(
        "0 0 0 0",
        says=(
            (2, "what you asked for arrived"),
            (2, "2 records read, 1 loaded"),
            (2, "1 record left out by rules"),
            (2, "1 value dropped by name"),
        ),
        never=("everything arrived",),
    ),
    "first-without-a-match": Right(
        "* 1 *",
        says=((1, 'the text "Yes" is taken by no choice of "first"'), (1, "entity c, key 2, at active")),
        never=("everything arrived",),
    ),
    "id-of-a-kept-table-makes-no-foreign-key": Right(
        "0 1 1",
        says=(
            (1, "entity items, key id 0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0002, at order_id"),
            (1, "the row refers to one that is not in the target"),
            (2, "public.items, row 0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0002: (order_id) is "),
        ),
    ),
    "id-of-an-entity-without-a-home": Right(
        "2 2 *",
        says=(
            (0, "/to/public.books/columns/author_id: the key of authors is the identity of people, so an id of authors has "),
            (1, "/to/public.books/columns/author_id: the key of authors is the identity of people"),
        ),
        values=(("select count(*) from pg_tables where schemaname = 'public' and tablename = 'books'", "0"),),
    ),
    "ids-inside-a-rest-stay-hex": Right(
        "0 0 0",
        says=((0, '1 ObjectId at "friend" is kept inside extra as hex text, and no longer matches public.c.id'), (1, '1 ObjectId at "friend" is kept inside extra as hex text, and no longer matches public.c.id; name it as a column'),),
        values=(("select count(*) from public.c where extra ->> 'friend' ~ '^[0-9a-f]{24}$'", "1"),),
    ),
    "nan-in-a-price": Right(
        "* 1 *",
        says=((1, "entity c, key 2, at price"), (1, "NaN")),
        values=(("select count(*) from public.t where price = 'NaN'", "0"),),
    ),
    "negative-zero-without-a-loss": Right(
        "0 0 0",
        values=(
            ("select path, before, after from graduate.losses where entity = 'c' and key = '1' order by path", "d|-0.00|0.00\ne|-0|0\ni|-0|0"),
        ),
    ),
    "path-into-jsonb-names-no-field": Right(
        "0 1 1",
        says=((1, '/to/public.t/when/v.pssword: no record of c has "v.pssword"'), (1, '/drop/0: no record of c has "v.pasword"')),
        never=("everything arrived",),
    ),
    "text-id-is-one-way": Right(
        "0 0 0",
        says=(
            (0, "ids of orders that are text become UUIDs from which nobody gets back; keep them in a text column"),
            (1, "ids of orders that are text become UUIDs from which nobody gets back; keep them in a text column"),
        ),
        values=(
            (
                "select sum((paths -> '_id' ->> 'changed')::int), sum((paths -> '_id' ->> 'by a one-way id')::int)"
                " from graduate.batches",
                "1|1",
            ),
        ),
    ),
    "value-kept-out-by-its-own-when": Right(
        "0 0 0",
        says=((2, "1 value kept out by conditions"),),
        values=(
            ("select id, r from public.t order by id", "1|5\n2|"),
            (
                "select sum((paths -> 'r' ->> 'seen')::int), sum((paths -> 'r' ->> 'written')::int),"
                " sum((paths -> 'r' ->> 'kept_out')::int) from graduate.batches",
                "2|1|1",
            ),
        ),
    ),
    "when-compares-another-type": Right(
        "* 1 *", says=((1, "entity c, key 5, at k"), (1, 'the text "1" is of another kind than the int64 1'))
    ),
    "when-names-no-field": Right(
        "* 1 *",
        says=((1, "c.json: /to/public.t/when/statsu"), (1, 'no record of c has "statsu"'), (1, '"status"')),
        never=("everything arrived",),
    ),
    "when-of-a-child-table-looks-into-the-element": Right(
        "* 1 *", says=((1, "/to/public.ch/when/pub"), (1, "pub is not there"), (1, "^."))
    ),
    "negative-zero-of-a-text": Right(
        "0 0 0",
        values=(
            (
                "select v, w, q from public.t",
                "-0|0|-0/-0",
            ),
            (
                "select path, rule, before, after from graduate.losses",
                "u|negative_zero|-0|0",
            ),
        ),
    ),
}
