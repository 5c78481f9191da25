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
}
