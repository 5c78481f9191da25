"""What is right of fixtures/cases/documents-mapping."""

from tests.integration.cases import Right

RIGHT = {
    "field-name-with-a-dot": Right(
        "0 0 0",
        values=(("select id, coalesce(ab, dotted), v from public.t order by id", "1|1|2\n2|7|3"),),
        project={"c.json": {"to": {"public.t": {"columns": {"dotted": {"from": "'a.b'", "type": "integer"}}}}}},
    ),
    "field-with-an-empty-name": Right("0 0 0", project={"c.json": {"drop": ["''"]}}),
}
