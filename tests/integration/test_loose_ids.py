"""Ids that need not exist, by "foreign_key": false: they are counted, and are no findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cases import Trial
from tests.rig.postgres import Cluster

CASE = "truth/id-of-an-entity-without-a-home"
COLUMN = "author_id"


def columns(column: dict[str, object]) -> dict[str, object]:
    return {"books.json": {"to": {"public.books": {"columns": {COLUMN: column}}}}}


@pytest.mark.parametrize(
    ("column", "codes", "says"),
    [
        # authors.json makes no table of ids of authors
        ({"foreign_key": False}, [0, 0, 0], "public.books, author_id: ids of authors stand in no table"),
        # people do have a table, and a1 is nobody in it
        (
            {"id_of": "people", "foreign_key": False}, [0, 0, 0],
            '1 of public.books, author_id: ids that public.people does not have, as "foreign_key": false allows',
        ),
        ({"id_of": "people"}, [0, 1, 1], "(author_id) is "),
    ],
)  # fmt: skip
def test_ids_of_a_column(
    column: dict[str, object], codes: list[int], says: str, targets: Cluster, tmp_path: Path
) -> None:
    trial = Trial(CASE, targets, tmp_path)
    trial.change(columns(column))
    trial.prepare()
    said = trial.run()
    assert [one.code for one in said] == codes, said
    assert says in " ".join(said[2].text.split())  # however it was wrapped
    for one in said[:2] if codes[1] == 0 else ():
        assert "public.books, author_id: nobody checks these ids of" in " ".join(one.text.split())


@pytest.mark.parametrize("loose", [True, False])
def test_ids_inside_of_json(loose: bool, targets: Cluster, tmp_path: Path) -> None:
    trial = Trial(CASE, targets, tmp_path)
    made = {"object": {"by": {"object": {"who": {"from": "authorId", "id_of": "people"}}}}, "type": "jsonb"}
    books = trial.folder / "project" / "books.json"
    text = books.read_text().replace('"author_id": {"from": "authorId", "id_of": "authors", "null": false}', '"made": {}')
    books.write_text(text)
    trial.change({"books.json": {"to": {"public.books": {"columns": {"made": made | ({"foreign_key": False} if loose else {})}}}}})
    trial.prepare()
    said = trial.run()
    assert [one.code for one in said] == ([0, 0, 0] if loose else [0, 1, 1]), said
    if not loose:
        assert "no record of people has the text" in " ".join(said[1].text.split())
    assert ("1 of public.books, made.by.who: ids that" if loose else "") in " ".join(said[2].text.split())


@pytest.mark.parametrize("type", ["uuid[]", "text[]"])
def test_ids_of_an_array(type: str, targets: Cluster, tmp_path: Path) -> None:
    """Each element is looked up: by a copy of one chat, of which a member is nobody."""
    trial = Trial("documents-mapping/array-of-ids", targets, tmp_path)
    trial.change({"chats.json": {"to": {"public.chats": {"columns": {"members": {"type": type}}}}}})
    trial.prepare()
    assert [one.code for one in trial.run()] == [0, 0, 0]
    nobody = "0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0001"
    trial.cluster.psql(f"update public.chats set members = members || '{nobody}'::{type[:-2]}", database=trial.database)
    said = trial.do("graduate verify --run-dir $RUN --level references")
    assert said.code == 1
    assert f"(members) is {nobody}, which public.users does not have" in " ".join(said.text.split())
