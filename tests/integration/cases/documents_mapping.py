"""What is right of fixtures/cases/documents-mapping."""

from __future__ import annotations

from tests.integration.cases import Right


def said(**columns: object) -> dict[str, object]:
    """Members of the columns of public.t in c.json, in which nothing is dropped."""
    return {"c.json": {"to": {"public.t": {"columns": columns}}, "drop": ...}}


def column(file: str, table: str, **columns: dict[str, object]) -> dict[str, object]:
    """Words that are laid over these columns of a table."""
    return {file: {"to": {table: {"columns": columns}}}}


def does(*functions: object) -> dict[str, object]:
    return {"do": list(functions)}


BERLIN = {"format": "YYYY-MM-DD HH24:MI:SS", "zone": "Europe/Berlin"}
CHANGES = "select sum((counts ->> 'by {}')::bigint) from graduate.batches, jsonb_each(paths) as p (path, counts)"
FATES = "select sum((paths -> '{0}' ->> 'lost')::int), sum((paths -> '{0}' ->> 'written')::int) from graduate.batches"

RIGHT = {
    "condition-beyond-equal": Right(
        "0 0 0",
        project={
            "c.json": {
                "to": {
                    "public.t": {
                        "columns": {
                            "many": {"const": True, "when": {"n": {"above": 2}}, "default": False, "type": "boolean"},
                            "open": {"const": True, "when": {"p": {"has": 'read("any")'}}, "type": "boolean"},
                        },
                        "why": "z is not sold any more",
                        "when": {
                            "s": {"in": ["a", "b"]},
                            "p": {"exists": True},
                            "any": [{"n": {"above": 2}}, {"none": [{"p": {"empty": False}}]}],
                        },
                    }
                }
            }
        },
        says=((0, "1 record of c filtered: z is not sold any more"), (1, "1 record of c filtered: z is not sold any more")),
        never=("without a reason",),
        values=(("select id, many, open from public.t order by id", "1|t|t\n2|f|"),),
    ),
    "field-name-with-a-dot": Right(
        "0 0 0",
        values=(("select id, coalesce(ab, dotted), v from public.t order by id", "1|1|2\n2|7|3"),),
        project={"c.json": {"to": {"public.t": {"columns": {"dotted": {"from": "'a.b'", "type": "integer"}}}}}},
    ),
    "field-with-an-empty-name": Right("0 0 0", project={"c.json": {"drop": ["''"]}}),
    "nested-arrays": Right(
        "0 0 0",
        values=(
            ("select count(*), min(sku), max(sku) from public.i", "2|a|b"),
            ("select cid, o, p, sku, no, opts from public.i order by p", "1|1|1|a|1|{x,y}\n1|1|2|b|1|{}"),
            ("select skus from public.c", "{a,b}"),
        ),
        project={
            "c.json": {
                "to": {
                    "public.c": {"columns": {"skus": {"from": "orders.items.sku", "type": "text[]"}}},
                    "public.i": {
                        "key": ["cid", "o", "p"],
                        "columns": {
                            "cid": {"parent": "cid"},
                            "o": {"position": "orders"},
                            "no": {"from": "^.no", "type": "integer"},
                        },
                    }
                }
            }
        },
    ),
    "nested-array-that-only-verify-sees": Right(
        "0 0 0", values=(("select id, n, t from public.l order by n", "1|1|L0\n1|2|L1"), ("select t, l from public.s", 'S0|[{"t": "L0"}, {"t": "L1"}]'))
    ),
    "rest-inside-an-object": Right("0 0 0", values=(("select meta from public.t", '{"a": 1, "more": {"b": 2}}'),)),
    "rows-from-the-keys-of-an-object": Right(
        "0 0 0",
        values=(("select k, n from public.sold order by k", "a|3\nb|5"),),
        project={
            "c.json": {
                "to": {
                    "public.sold": [
                        {
                            "each": "sold.*",
                            "key": ["id", "k"],
                            "columns": {"id": {"parent": "id"}, "k": {"name": True}, "n": {"from": ".", "type": "integer"}},
                        }
                    ]
                }
            }
        },
    ),
    "scalar-or-array": Right(
        "0 0 0",
        values=(("select t from public.t order by id", "{a,b}\n{a}"), ("select id, n, x from public.e order by 1, 2", "1|1|a\n1|2|b\n2|1|a")),
        project={
            "c.json": {
                "to": {
                    "public.t": {"columns": {"t": {"misfit": {"no_array": "list"}}}},
                    "public.e": {
                        "each": "t",
                        "misfit": {"no_array": "list"},
                        "key": ["id", "n"],
                        "columns": {"id": {"parent": "id"}, "n": {"position": True}, "x": {"from": ".", "type": "text"}},
                    },
                }
            }
        },
    ),
    "many-to-many-with-an-id-twice": Right(
        "0 0 0",
        values=(
            ("select x from public.ch order by x", "p\nq"),
            ("select entity, key, path, rule, before from graduate.losses", 'c|1|a[1]|row_twice|"p"'),
        ),
        project={"c.json": {"to": {"public.ch": {"misfit": {"row_twice": "first"}}}}},
    ),
    "bson-timestamp-and-uuid-3": Right(
        "0 0 0",
        values=(
            ("select ts at time zone 'UTC', u from public.t", "2024-01-01 00:00:00|04030201-0605-0807-090a-0b0c0d0e0f10"),
            ("select path, rule, before, after from graduate.losses", "ts|epoch|1704067200,2|its seconds"),
        ),
        project=said(ts=does({"epoch": "s"}), u=does({"uuid3": "csharp"})),
    ),
    "date-in-another-form": Right(
        "0 0 0",
        values=(("select d, t at time zone 'UTC' from public.t", "2024-12-31|2024-07-15 06:30:00"),),
        project=said(d=does({"time": {"format": "DD.MM.YYYY"}}), t=does({"time": BERLIN})),
    ),
    "day-of-a-date": Right(
        "0 0 0",
        values=(
            ("select d from public.t order by id", "2024-05-01\n2024-05-02"),
            ("select key, path, rule, before from graduate.losses", "1|d|day|2024-05-01T10:30:00Z"),
        ),
        project=said(d=does({"day": "UTC"})),
    ),
    "epoch-milliseconds-and-seconds": Right(
        "0 0 0",
        values=(
            (
                "select ms at time zone 'UTC', s at time zone 'UTC' from public.t",
                "2024-01-01 00:00:00.123|2024-01-01 00:00:00",
            ),
        ),
        project=said(ms=does({"epoch": "ms"}), s=does({"epoch": "s"})),
    ),
    # That two fields become one text is the origin "join".
    "join-split-count-and-prefix": Right(
        "0 0 0",
        values=(("select name, path, n_likes, country from public.t", "Ann Lee|covers/a.png|3|DE"),),
        project=said(
            name={"from": ..., "join": ["first", "last"], "with": " "},
            path=does({"strip": "https://cdn.example.org/"}),
            n_likes=does("count"),
            country=does({"split": ","}, {"item": -1}, "trim"),
        ),
    ),
    "nul-in-text": Right(
        "0 0 0",
        values=(
            ("select t from public.t order by id", "ab\nok"),
            ("select entity, key, path, rule, before, after from graduate.losses", "c|1|t|nul|a?b|ab"),
        ),
        project=said(t={"misfit": {"nul": "strip"}}),
    ),
    "price-with-floating-dust": Right(
        "0 0 0",
        values=(
            ("select p from public.t order by id", "0.30\n2.50"),
            ("select entity, key, path, rule, before from graduate.losses", "c|1|p|rounding|0.30000000000000004"),
        ),
        project=said(p={"misfit": {"rounding": "round"}}),
    ),
    "value-that-does-not-fit": Right(
        "0 0 0",
        values=(
            ("select count(*), count(n) from public.t", "3|2"),
            ("select count(*) from graduate.losses where rule = 'misfit' and path = 'n' and after = 'null'", "1"),
        ),
        project=said(n={"misfit": "null"}),
    ),
    "child-row-with-an-id-of-its-own": Right(
        "0 0 0",
        values=(("select count(distinct id) from public.tasks", "2"),),
        project={
            "c.json": {
                "to": {
                    "public.tasks": {
                        "columns": {
                            "id": {
                                "from": ..., "id_of": ..., "foreign_key": ..., "type": "uuid",
                                "join": ["^._id", {"position": True}], "with": "/", "do": [{"uuid": "tasks"}],
                            }
                        }
                    }
                }
            }
        },
    ),
    "inet-from-a-document": Right("0 0 0", values=(("select ip from public.t", "10.0.0.1"),)),
    "text-and-number-to-boolean": Right(
        "0 0 0",
        values=(("select a, b, c from public.t order by id", "t|t|t\nf|f|f"),),
        project=said(**{name: {"do": ["text", "lower"], "map": {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}} for name in "abc"}),
    ),
    "json-text-into-jsonb": Right(
        "0 1 *",
        says=((1, 'the text "not json": it is no JSON: no value of JSON at character 1'), (1, "key 2")),
        project=said(j=does("json")),
    ),
    "number-in-text": Right(
        "0 0 0",
        values=(("select age, price, pct from public.t", "34|12.50|0"),),
        project=said(age=does("number"), price=does("number"), pct=does("number")),
    ),
    "number-into-text": Right(
        "0 0 0",
        values=(("select p from public.t order by id", "+49 1\n49171\ntrue"),),
        project=said(p=does("text")),
    ),
    "trim-leaves-a-no-break-space": Right(
        "0 0 0", values=(("select e = 'ann@example.org' from public.t", "t"), (CHANGES.format("trim"), "1"))
    ),
    "array-of-ids": Right(
        "0 0 0",
        values=(
            ("select count(*) from public.chats c, unnest(c.members) m join public.users u on u.id = m", "2"),
            ("select count(*) from public.chats, unnest(members)", "2"),
        ),
    ),
    # not said; what each policy makes of it stands in test_references.py
    "array-with-an-id-of-nobody": Right(
        "0 1 1 *",
        says=(
            (1, "posts, at u[1]: 1 problem: key 64a000000000000000000010"),
            (1, "no record of users has the ObjectId 64a000000000000000000009"),
            (2, "where: entity posts, key 64a000000000000000000010, at u[1]"),
        ),
    ),
    "array-with-an-id-left-out": Right(
        "0 0 0 0",
        says=((3, "what you asked for arrived"), (3, "2 values lost by rules, each with a line")),
        never=("everything arrived",),
        values=(
            ("select right(u::text, 6) from public.posts order by id", "00400}\n{}"),
            ("select count(*) from graduate.losses where rule = 'dangling'", "2"),
            (FATES.format("u"), "2|1"),
        ),
    ),
    "object-with-an-id-of-nobody": Right(
        "0 1 1 *",
        says=(
            (1, "posts, at u: 1 problem: key 64a000000000000000000011"),
            (1, "no record of users has the ObjectId 64a000000000000000000009"),
            (2, "where: entity posts, key 64a000000000000000000011, at u"),
        ),
    ),
    "ids-as-keys-of-a-document": Right(
        "0 1 1 *",
        says=(
            (1, "posts, at u: 1 problem: key 64a000000000000000000010"),
            (1, 'no record of users has the key "64a000000000000000000009" of the object'),
            (2, "where: entity posts, key 64a000000000000000000010, at u"),
        ),
    ),
    "dangling-reference": Right(
        "0 1 *",
        says=(
            (1, "posts, at user: 2 problems: keys 64a00000000000000000000c, 64a00000000000000000000b"),
            (1, '"64a000000000000000000062" is in no record of users'),
            (1, '"64a000000000000000000063" is in no record of users'),
            (1, "2 of 3 rows of public.posts refer by user_id to no row of public.users"),
            (1, "entity posts, key 64a00000000000000000000c, at user"),
        ),
        values=(("select count(*) from pg_constraint where conrelid = 'public.posts'::regclass", "0"),),
    ),
    "dangling-reference-kept-without-a-foreign-key": Right(
        "0 0 0",
        says=((2, '1 of public.posts, user_id: ids that public.users does not have, as "dangling": "keep" allows'),),
        project=column("posts.json", "public.posts", user_id={"dangling": "keep"}),
        values=(("select concat_ws(' ', key, path, rule, before) from graduate.losses", "64a00000000000000000000b user dangling 64a000000000000000000063"),),
    ),
    "reference-by-a-slug-or-an-e-mail": Right(
        "0 0 0",
        project=column("reviews.json", "public.reviews", course_id={"by": "slug"}, user_id={"by": "email", "do": ["lower"]}),
        values=(
            (
                "select count(*) from public.reviews r join public.courses c on c.id = r.course_id"
                " join public.users u on u.id = r.user_id",
                "1",
            ),
        ),
    ),
    "reference-through-another-entity": Right(
        "0 0 0",
        project={
            "users.json": {"identity": {"from": "authId", "id_of": "accounts"}},
            **column("books.json", "public.books", person_id={"id_of": "users"}),
        },
        values=(("select count(*) from public.books b join public.people p on p.id = b.person_id", "1"),),
    ),
    "reference-to-a-filtered-record": Right(
        "0 0 0",
        project=column("posts.json", "public.posts", user_id={"dangling": "left_out"}),
        values=(
            ("select count(*) from public.posts", "1"),
            ("select concat_ws(' ', path, rule, after) from graduate.losses", "user dangling left out with its row"),
        ),
    ),
}
