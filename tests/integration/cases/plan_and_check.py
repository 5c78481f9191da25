"""What is right of fixtures/cases/plan-and-check."""

from tests.integration.cases import Right

THREE = (
    "3 problems: ", "c.json: /to/public.c/columns/m/type: ", "d.json: /to/public.d/columns/d/type: ",
    "f.json: /to/public.f/columns/u/type: ",
)  # fmt: skip

RIGHT = {
    # Where the advice leads is in test_undo.py.
    "change-the-mapping-and-run-again": Right(
        "1 5 0",
        says=(
            (0, "with a changed mapping it begins anew, after graduate undo --run-dir "),
            (1, "take the run back, and begin anew with the mapping as it is: graduate undo --run-dir "),
            (2, "is out of the target again: 1 tables that it had made"),  # nothing was loaded: it gives way
        ),
        values=(("select phone from public.t", "9901885303"),),
    ),
    "compare-with-a-rehearsal-that-failed": Right("0 0 0 0", says=((3, "left out: "), (3, "run-0 holds no run: there is no run.json in it\n"))),
    "correct-the-rows-in-the-target": Right(
        "1 0 0 1",
        says=(
            (0, "correct it in the source, then graduate run --run-dir "),
            (0, "/run --restart posts; or change the mapping, after graduate undo --run-dir "),
        ),
        never=("rows in the target and run",),
    ),
    "env-file-comments-bom-and-doubles": Right("0 0"),
    "live-attributes-are-not-compared": Right(
        "2 2",
        says=tuple(
            (place, text)
            for place in (0, 1)
            for text in (
                '4 problems: ', 'columns/title/type: the attribute "title" has up to 50 characters, the column is varchar(5)',
                'columns/subtitle: "subtitle" is no attribute', 'columns/at/type: the attribute "at" is datetime, the column boolean',
                '; the attribute "pages" has no place: ',
            )
        ),
    ),
    "no-way-back-from-a-rehearsal": Right(
        "1 0", says=((0, "rehearse again: it takes this one back"), (1, "did not come to its end, and gives way"))
    ),
    "columns-that-differ-by-case": Right("0 0 0", values=(('select v, "V" from public.things', "a|b"),)),
    "duplicate-after-lower": Right(
        "0 1 *",
        says=(
            (1, "u, at e: 2 problems: keys 64a000000000000000000002, 64a000000000000000000004\n"),
            (1, '"ann@example.org": (e) of public.u must be unique, and is the same for key "64a000000000000000000001"'),
            (1, '"bo@example.org": (e) of public.u must be unique, and is the same for key "64a000000000000000000003"'),
            (1, "where: entity u, key 64a000000000000000000002, at e"),
        ),
    ),
    "in-is-checked-by-the-server": Right(
        "0 1 *",
        says=(
            (0, 'c, at e: 1 problem: key 64a000000000000000000001\n    the text "Admin" is none of "admin"'),
            (1, 'the text "Admin" is none of "admin"'), (1, "where: entity c, key 64a000000000000000000001, at e"),
        ),
    ),
    "one-bad-value-at-a-time": Right(
        "1 0 1 *",
        says=tuple(
            (place, text)
            for place in (0, 1)
            for text in (
                "c, at n: 2 problems: keys ", "c, at d: 1 problem: key ", "c, at q: 1 problem: key ", "c, at e: 1 problem: key ",
                "c, at k: ",
            )
        ),
    ),
    "plan-counts-nothing-of-an-export": Right("0", says=("in all about 5 records, 935 B",), never=("unknown", "at least")),
    "plan-without-mappings": Right("2", says=("core.c                     1   23 B", "core.c: _id int never null s string never null", "has no mapping files")),
    "plan-says-yes-and-run-says-no": Right("2 2 *", says=tuple((place, text) for place in (0, 1) for text in THREE)),
    "reference-refused-at-load": Right(
        "0 1 *",
        says=(
            (1, "64a000000000000000000009 is in no row that user may refer to: public.posts refuses a row: "),
            (1, "where: entity posts, key 64a000000000000000000001, at user"),
        ),
    ),
    # The two refer to each other, so no order would do.
    "schema-applied-first": Right(
        "0 0 0 0",
        says=((2, "foreign key users_best_fkey of public.users: off while the data is loaded"),),
        values=(
            (
                "select string_agg(conname, ' ' order by conname) from pg_constraint"
                " where contype = 'f' and conrelid::regclass::text in ('users', 'a_books')",
                "a_books_user_id_fkey users_best_fkey",
            ),
        ),
    ),
    "unmapped-collections-one-at-a-time": Right(
        "2",
        says=(
            "3 collections and tables are neither mapped nor left out: core.b (2 records, 28 B), core.c (1 records, 14 B), core.d (",
            '"core.b": "why it stays behind", "core.c": "why it stays behind", "core.d": "why it stays behind"',
        ),
    ),
    "values-and-keys-in-messages": Right(
        "0 1 *", says=((1, "1977-03-02T02:20:31Z"), (1, 'key {"a": 1, "b": "x"}, at d')), never=("a document", "226117231000")
    ),
}  # fmt: skip
