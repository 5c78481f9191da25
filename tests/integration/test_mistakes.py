"""One graduate check of a project with forty mistakes of twenty kinds names all of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bson
import pytest

from tests.integration.complaint import DATA, USAGE
from tests.integration.migration import PROGRAMS
from tests.integration.small_project import AUTHORS, BOOKS, Small, author, book, encoded, project
from tests.integration.test_check import graduate
from tests.rig.postgres import Cluster

STRANGER = bson.ObjectId(24 * "a")
ID = {"from": "_id", "id_of": "books"}


def mapping(source: str, columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A mapping of the source, into a table of the same name."""
    name = source.split(".")[1]
    table = {"key": ["id"], "columns": {"id": {"from": "_id", "type": "text"}, **columns}}
    return {"from": source, "to": {f"public.{name}": table | more.pop("table", {})}, **more}


def column(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


class Mistake(NamedTuple):
    kind: str
    says: str  # what must be said


# ---- the project: a file per row; each file is mistaken in its own ways ----------------------------

FILES: dict[str, Any] = {
    # What is read: the mistakes are in its records.
    "authors": mapping("core.authors", {"id": {"from": "_id", "id_of": "authors"}, "name": column("text", **{"from": "name"}, null=False)}),
    "books": mapping(
        "core.books",
        {
            "id": ID, "author_id": {"from": "author", "id_of": "authors"}, "title": column("varchar(20)", **{"from": "title"}, null=False),
            "price": column("numeric(8,2)", **{"from": "price"}),
            "status": column("text", **{"from": "status"}, **{"in": ["draft", "published"]}),
            "tags": column("text[]", **{"from": "tags"}), "isbn": column("text", **{"from": "isbn"}),
        },
        table={"unique": [["title"]]}, drop=["__v", "titel", "editions"],
    ),
    # What is not JSON, or no mapping.
    "unfinished": '{"from": "core.unfinished", "to": ',
    "twice": '{"from": "core.twice", "from": "core.twice", "to": {}}',
    "words": mapping(
        "core.words",
        {
            "a": {"frm": "a", "type": "text"}, "b": {"from": "b", "type": "txt"}, "c": {"from": "c", "type": "text", "do": ["lowre"]},
            "d": {"from": "d"}, "e": {"join": ["e"], "with": 1, "type": "text"}, "f": {"from": "f", "type": "text", "in": []},
            "g": {"from": "g", "const": 1, "type": "text"}, "h": {"from": "h", "type": "text", "on_delete": "casc"},
            "i": {"position": True}, "p": {"from": "a..b", "type": "text"}, "j": {"from": "j", "type": "varchar(0)"},
        },
        table={"unique": [["nix"]], "indexes": [["nox"]], "grants": {"anon": ["selct"]}, "when": {"x": [1]}}, dorp=["x"],
    ),
    "nokey": {"from": "core.nokey", "to": {"public.nokey": {"columns": {"id": {"from": "_id", "type": "text"}}}}},
    "links": mapping("core.links", {"u": {"from": "u", "id_of": "nobody"}}),
    "nosource": mapping("coer.nosource", {}),
    # What can be read, and means nothing or cannot be.
    "effects": mapping(
        "core.effects", {"c": column("integer", const=1, default=2), "d": column("text", **{"from": "d"}, on_delete="cascade")}),
    "names": mapping("core.names", {"xmin": column("text", **{"from": "x"})}),
    "pairs": mapping(
        "core.pairs",
        {"t": column("time", **{"from": "t"}), "c": column("integer", const="x"), "r": {"rest": True}, "r2": {"rest": True}},
        drop=["t"],
    ),
    # Several in one table, and in one column.
    "heap": mapping(
        "core.heap",
        {
            "a": {"from": "a", "typ": "text", "do": ["lowre"], "default": [1], "null": "no", "on_delete": "casc", "in": {}},
            "b": {"from": "b", "const": 1, "type": "txt", "misfit": {"nul": "strp", "range": "clmp"}},
            "c": {"object": {"x": {"frm": "x"}, "y": {"const": 1, "with": 2}}, "type": "text"}, "d": column("text", default=[1], null=1),
        },
        table={"key": ["idd", "xd"]},
    ),
    "shape": mapping(
        "core.shape", {},
        table={
            "unique": [["aa"], ["bb"]], "indexes": [{"columns": ["cc"], "method": "tree", "unique": "y"}], "checks": {"positive": 1},
            "foreign_keys": [{"columns": ["dd"], "references": 1, "on_delete": "casc"}],
            "policies": [{"for": "anything", "to": "anon"}], "grants": {"anon": ["selct", "insrt"]}, "comment": 1,
        },
    ),
    "kept": mapping("core.kept", {}, table={"keep_shape": True, "key": []}),
    "idle": mapping(
        "core.idle", {"d": column("text", **{"from": "d"}, on_delete="cascade", foreign_key=False, by="e", misfit={"range": "clamp"})},
        table={"indexes": [{"columns": ["d"], "method": "hash", "unique": True}]}),
    "unfit": mapping("core.unfit", {"n": column("integer", **{"from": "n"}, default="z", **{"in": ["a"]})}),
    "declared": mapping("core.declared", {"s": column("varchar(5)", **{"from": "s"}), "n": column("text", **{"from": "n"})}),
    "gone": mapping("core.gnoe", {}),
}  # fmt: skip

OF_MAPPINGS = [
    Mistake("JSON", "unfinished.json:1:"), Mistake("a key twice", "twice.json: /from: this key stands here twice"),
    Mistake("an unknown word", 'words.json: unknown key "dorp"; did you mean "drop"?'),
    Mistake("an unknown word", 'columns/a: unknown key "frm"; did you mean "from"?'),
    Mistake("an unknown type", 'columns/b/type: there is no type "txt"; did you mean "text"?'),
    Mistake("an unknown function", 'columns/c/do/0: "lowre" is none of: '), Mistake("no type", 'columns/d: the column needs a "type"'),
    Mistake("no text", "columns/e/with: this must be a text"), Mistake("an empty in", "columns/f/in: this must be an array"),
    Mistake("two origins", 'columns/g: a value has one origin, and this one has "from" and "const"'),
    Mistake("a word that is none", 'columns/h/on_delete: "casc" is none of: cascade'),
    Mistake("out of its place", 'columns/i: "position" is for tables with "each"'),
    Mistake("a size", 'columns/j/type: "varchar(0)"'), Mistake("a column that is not there", 'unique/0/0: the table has no column "nix"'),
    Mistake("a column that is not there", 'indexes/0/0: the table has no column "nox"'),
    Mistake("a word that is none", 'grants/anon: "selct" is none of: '), Mistake("a condition", "when/x: a field is compared with"),
    Mistake("no key", 'nokey.json: /to/public.nokey: the table needs a "key"'),
    Mistake("an entity that is not there", 'links.json: /to/public.links/columns/u/id_of: the project has no entity "nobody"'),
    Mistake("no path", 'columns/p/from: "a..b" is no path'), Mistake("a source that is not there", 'nosource.json: /from: the project has no source "coer"'),
    Mistake("without effect", "columns/c/default: "), Mistake("without effect", "columns/d/on_delete: "),
    Mistake("a name that is owned", "names.json: /to/public.names/columns/xmin: a column that PostgreSQL owns"),
    Mistake("a pair of types", "pairs.json: /to/public.pairs/columns/t/type: a field of a document cannot become this type"),
    Mistake("a constant", "; /to/public.pairs/columns/c: "), Mistake("two rests", "columns/r2/rest: there is a"),
    Mistake("mapped and dropped", '; /drop: "t" is dropped, and mapped too'),
    Mistake("a catalog", 'columns/s/type: the property of the validator "s" has up to 50 characters'),
    Mistake("a catalog", 'columns/n/type: the property of the validator "n" is int, the column text'),
    Mistake("a catalog", '; the property of the validator "must" has no place'),
    Mistake("nothing there", "gone.json: /from: the source core has no gnoe"), Mistake("unmapped", "core.nobodys"),
    *(Mistake("several at once", says) for says in (
        'heap/columns/a: unknown key "typ"', 'heap/columns/a/do/0: "lowre"', "heap/columns/a/null: this must be true or false",
        'heap/columns/a/on_delete: "casc"', "heap/columns/a/in: this must be an array", "heap/columns/b: a value has one origin",
        'heap/columns/b/type: there is no type "txt"', 'heap/columns/b/misfit/nul: "strp"', 'heap/columns/b/misfit/range: "clmp"',
        'heap/columns/c/object/x: unknown key "frm"', "heap/columns/c/object/y/with: ", "heap/columns/c/type: what makes an object",
        "heap/columns/d/default: a column of type text", "heap/columns/d/null: this must be true or false",
        'heap/key/0: the table has no column "idd"', 'heap/key/1: the table has no column "xd"', 'shape/unique/0/0: ', "shape/unique/1/0: ",
        'shape/indexes/0/columns/0: the table has no column "cc"', 'shape/indexes/0/method: "tree"', "shape/indexes/0/unique: ",
        "shape/checks/positive: ", 'shape/foreign_keys/0/columns/0: the table has no column "dd"', "shape/foreign_keys/0/references: ",
        'shape/foreign_keys/0/on_delete: "casc"', 'shape/policies/0/for: "anything"', "shape/policies/0/to: ", 'shape/grants/anon: "selct"',
        'shape/grants/anon: "insrt"', "shape/comment: this must be a text", 'kept: "keep_shape" is for', "idle/columns/d/on_delete: ", "idle/columns/d/foreign_key: ",
        "idle/columns/d/by: ", 'idle/columns/d/misfit: "range"', "idle/indexes/0/unique: ", 'unfit/columns/n: the text "z"', "unfit/columns/n/in: ",
    )),
    Mistake("an object", 'core index "by_name on authors"'),
]  # fmt: skip
OF_RECORDS = [
    Mistake("a value", "books, at price: 1 problem: key "), Mistake("too long", "does not fit the type varchar(20)"),
    Mistake("null", "must not be null, and the field is null"), Mistake("in", 'the text "sold" is none of "draft", "published"'),
    Mistake("nobody's id", "is nobody's id"), Mistake("a field", "the mapping says nothing of this field"),
    Mistake("an element", "books, at tags[0]: 1 problem"), Mistake("twice", "(title) of public.books must be unique"),
    Mistake("a reference", f'"{STRANGER}" is in no record of authors'), Mistake("a path", 'no record of books has "titel"'),
    Mistake("a path", 'no record of books has "isbn"'), Mistake("absent", "must not be null, and the field is absent"),
]  # fmt: skip
RECORDS: dict[int, dict[str, Any]] = {
    1: {"price": "free"}, 2: {"title": "a title that is far too long"}, 3: {"title": None}, 4: {"status": "sold"}, 5: {"author": "somebody"},
    6: {"colour": "red"}, 7: {"tags": [1]}, 8: {"title": "Book 9"}, 10: {"author": STRANGER},
}  # fmt: skip
DECLARED = {
    "properties": {"s": {"bsonType": "string", "maxLength": 50}, "n": {"bsonType": "int"}, "must": {"bsonType": "int"}},
    "required": ["must"],
}


def write_dump(folder: Path) -> None:
    folder.mkdir()
    names = {file["from"].split(".")[1] for file in FILES.values() if isinstance(file, dict)} - {"gnoe", "books", "authors"}
    for name in (*names, "unfinished", "twice", "nobodys"):
        (folder / f"{name}.bson").write_bytes(encoded([{"_id": 1}]))
    nameless = {key: value for key, value in author(1).items() if key != "name"}
    (folder / "authors.bson").write_bytes(encoded([nameless if n == 1 else author(n) for n in range(len(AUTHORS))]))
    (folder / "books.bson.gz").write_bytes(gzip.compress(encoded(book(n) | RECORDS.get(n, {}) for n in range(len(BOOKS)))))
    index = {"indexes": [{"v": 2, "key": {"name": 1}, "name": "by_name"}], "collectionName": "authors"}
    (folder / "authors.metadata.json").write_text(json.dumps(index))
    options = {"options": {"validator": {"$jsonSchema": DECLARED}}, "indexes": [], "collectionName": "declared"}
    (folder / "declared.metadata.json").write_text(json.dumps(options))


@pytest.fixture
def mistaken(targets: Cluster, tmp_path: Path) -> Iterator[Small]:
    write_dump(tmp_path / "dump")
    files = {"project": project("mistaken", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, not_kept={"core": {"validator": "x"}})}
    with Small(tmp_path, targets, files, CORE_URI=f"file:{tmp_path / 'dump'}") as made:
        for name, content in FILES.items():
            (made.files / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
        yield made


def missing(said: str) -> list[Mistake]:
    joined = " ".join(said.split())
    return [mistake for mistake in (*OF_MAPPINGS, *OF_RECORDS) if mistake.says not in joined]


def test_forty_mistakes_of_twenty_kinds(mistaken: Small) -> None:
    assert len(OF_MAPPINGS) + len(OF_RECORDS) >= 40 and len({mistake.kind for mistake in (*OF_MAPPINGS, *OF_RECORDS)}) >= 20
    ended = graduate(mistaken, "check")
    assert ended.returncode == USAGE, ended.said
    assert not missing(ended.said), "\n".join((*(mistake.says for mistake in missing(ended.said)), ended.said))
    for name in FILES.keys() - {"authors", "books", "names"}:
        assert f"  {name} is not read: its mapping is to be corrected first\n" in ended.stdout, (name, ended.said)
    assert mistaken.untouched() and not mistaken.folder.exists()


def test_as_json(mistaken: Small) -> None:
    ended = graduate(mistaken, "check", "--json")
    assert ended.returncode == USAGE, ended.said
    said = json.loads(ended.stdout)
    assert sorted(said["not_read"]) == sorted(FILES.keys() - {"authors", "books", "names"})
    assert {one["entity"] for one in said["entities"]} == {"authors", "books", "names"}
    told = " ".join(one["message"] for one in said["mistakes"])
    assert not [mistake for mistake in OF_MAPPINGS if mistake.says not in told]


def test_all_are_told_however_many(mistaken: Small) -> None:
    """Of more than fit into one message none waits for the others to be mended, and no advice is given twice."""
    more = [f"heap{n}" for n in range(6)]
    for name in more:
        (mistaken.files / f"{name}.json").write_text(json.dumps(FILES["heap"]).replace(".heap", f".{name}"))
    said = mistaken.complaint(graduate(mistaken, "plan"), USAGE, " problems: ")
    expected = [m.says.replace("heap/", f"{name}/") for m in OF_MAPPINGS for name in more if m.says.startswith("heap/")]
    assert len(said.message) > 8192 and not [says for says in expected if says not in said.message]
    assert "and more, which" not in said.message and said.next.count("correct it there") == 1


def test_what_refers_to_what_is_not_read_is_no_problem(mistaken: Small) -> None:
    """With the authors' mapping mistaken, no book's author is missed; what is right is read as ever."""
    (mistaken.files / "authors.json").write_text("{")
    ended = graduate(mistaken, "check")
    assert ended.returncode == USAGE, ended.said
    assert "is in no record of authors" not in ended.said and "is nobody's id" not in ended.said
    assert "books, at price: 1 problem: key " in ended.stdout
    for name in FILES.keys() - {"authors", "books"}:
        (mistaken.files / f"{name}.json").unlink()
    plan = graduate(mistaken, "plan")
    mistaken.complaint(plan, USAGE, "authors.json:1:")
