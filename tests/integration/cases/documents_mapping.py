"""What is right of fixtures/cases/documents-mapping."""

from tests.integration.cases import Right

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
        ),
        project={
            "c.json": {
                "to": {
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
}
