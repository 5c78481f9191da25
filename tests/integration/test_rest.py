"""What nobody spoke for below a path, of documents and of a column of a Postgres: it arrives, the account says where each
value went, and verify reads it by itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.complaint import DATA, USAGE
from tests.integration.kept_tables import Kept
from tests.integration.small_project import encoded, project
from tests.rig.postgres import Cluster

COLUMNS = {
    "isbn": {"from": "metadata.isbn", "type": "text"},
    "extra": {"rest": "metadata", "type": "jsonb"},
    "sizes": {"rest": "metadata.sizes", "default": {}, "type": "jsonb"},
}
FILES: dict[str, Any] = {
    "project": project("rest", {"old": {"kind": "postgres", "uri": "${OLD_URI}"}, "core": {"kind": "mongodb", "uri": "${CORE_URI}"}},
                       not_kept={"old": {"index": "the column is several now"}}),
    "books": {"from": "core.books", "to": {"public.books": {"key": ["id"], "columns": {
        "id": {"from": "_id", "type": "integer"}, **COLUMNS, "more": {"rest": True}}}}},
    "sales": {"from": "old.sales", "to": {"public.sales": {"keep_shape": True, "columns": COLUMNS}}},
}  # fmt: skip
WHOLE = {"isbn": "x", "tags": ["a"], "odd": 1, "sizes": {"s": 2}}
METADATA: list[dict[str, Any] | None] = [WHOLE, {"isbn": "y"}, None]
ROWS = '1|x|{"odd": 1, "tags": ["a"]}|{"s": 2}\n2|y||{}\n3|||{}'
SALES = f"""
    create table sales (id int primary key, metadata jsonb, note text);
    create index on sales (note); create index on sales using gin (metadata);
    insert into sales values (1, '{json.dumps(WHOLE)}', 'n'), (2, '{json.dumps(METADATA[1])}', null), (3, null, null)
"""


def write_books(folder: Path, metadata: list[Any]) -> None:
    folder.mkdir(exist_ok=True)
    books = [{"_id": n, "metadata": one, "title": f"T{n}"} for n, one in enumerate(metadata, 1)]
    (folder / "books.bson").write_bytes(encoded(books))
    (folder / "books.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "books"}))


def test_the_rest_of_an_object(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    with Kept(tmp_path, targets, old, FILES, SALES) as made:
        made.environment["CORE_URI"] = f"file:{tmp_path / 'dump'}"
        write_books(tmp_path / "dump", [*METADATA, 7])
        checked = made.run("check", "--project", made.project)
        assert checked.returncode == DATA and "the mapping looks for fields in it, and it is the int32 7" in checked.said, checked.said
        sales = made.files / "sales.json"
        said = sales.read_text()
        sales.write_text(said.replace('"rest": "metadata"', '"rest": "note"'))
        planned = made.run("plan", "--project", made.project)
        assert planned.returncode == USAGE and 'column "note" is of type text, which has no fields' in planned.said, planned.said
        sales.write_text(said)
        write_books(tmp_path / "dump", METADATA)
        made.succeed()
        assert made.query("select id, isbn, extra, sizes from public.books order by id") == ROWS
        assert made.query("select id, isbn, extra, sizes from public.sales order by id") == ROWS
        assert made.query("select more from public.books where id = 1") == '{"title": "T1"}'
        assert made.query("select string_agg(attname, ' ' order by attnum) from pg_attribute"
                          " where attrelid = 'public.sales'::regclass and attnum > 0") == "id note isbn extra sizes"  # fmt: skip
        terms = {(path["entity"], path["path"]): path["rest"] for path in made.account()["paths"] if path.get("rest")}
        assert terms == {("books", "metadata.odd"): 1, ("books", "metadata.tags"): 1, ("books", "metadata.sizes.s"): 1,
                         ("books", "title"): 3, ("sales", "metadata.odd"): 1, ("sales", "metadata.tags"): 1,
                         ("sales", "metadata.sizes.s"): 1}  # fmt: skip
        assert made.verdict() == []
        made.query("""update public.books set extra = '{"odd": 1}' where id = 1;
                      update public.sales set sizes = '{"s": 2, "odd": 1}' where id = 1""")
        ended = made.run("verify", "--run-dir", str(made.folder), "--level", "content")
        assert ended.returncode == 1, ended.said
        found = json.loads((made.folder / "verify.json").read_text())["findings"]
        assert {one["table"] for one in found} == {"public.books", "public.sales"}, found
