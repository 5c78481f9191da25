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
}
