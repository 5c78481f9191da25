"""Relationships of Appwrite, of all kinds, become foreign keys and tables of pairs; its places become JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.small_project import Small, project
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.appwrite_sample import write_lines
from tests.rig.postgres import Cluster


def relation(key: str, other: str, kind: str, far: str, two_way: bool, side: str = "parent") -> dict[str, Any]:
    said = {"relatedCollection": other, "relationType": kind, "twoWay": two_way, "twoWayKey": far, "side": side}
    return {"key": key, "type": "relationship", "status": "available", "onDelete": "setNull", **said}


# As four real servers described it (../shared/reference/appwrite-wire): both sides of what is two-way.
ATTRIBUTES = {
    "authors": [relation("books", "books", "manyToOne", "author", True, "child"),
                relation("profile", "profiles", "oneToOne", "author", True),
                relation("awards", "awards", "oneToMany", "author1", False)],
    "books": [relation("author", "authors", "manyToOne", "books", True),
              relation("genres", "genres", "manyToMany", "books", True),
              relation("editors", "authors", "manyToMany", "edited", False),
              relation("chapters", "chapters", "oneToMany", "book", True),
              relation("cover", "profiles", "oneToOne", "covered", False),
              relation("stuck", "genres", "manyToMany", "never", False) | {"status": "stuck"}],
    "genres": [relation("books", "books", "manyToMany", "genres", True, "child")],
    "profiles": [relation("author", "authors", "oneToOne", "profile", True, "child"),
                 {"key": "spot", "type": "point", "status": "available"},
                 {"key": "way", "type": "linestring", "status": "available"},
                 {"key": "area", "type": "polygon", "status": "available"}],
    "awards": [],
    "chapters": [relation("book", "books", "oneToMany", "chapters", True, "child")],
}  # fmt: skip
AREA = [[[0, 0], [0, 10], [10, 10], [0, 0]], [[1, 2], [1, 3], [2, 3], [1, 2]]]
ROWS = {
    "authors": [{"$id": "a1", "profile": "p1"}, {"$id": "a2", "profile": None}],
    "books": [{"$id": "b1", "author": "a1", "genres": ["g1", "g2"], "editors": ["a2"], "cover": "p2"},
              {"$id": "b2", "author": "gone", "genres": [], "editors": ["a1", "gone"], "cover": None}],
    "genres": [{"$id": "g1", "books": ["b1"]}, {"$id": "g2", "books": ["b1"]}],
    "profiles": [{"$id": "p1", "author": "a1", "spot": [13.4, 52.5], "way": [[0, 0], [1.5, -1]], "area": AREA},
                 {"$id": "p2", "author": None, "spot": None, "way": None, "area": None}],
    "awards": [{"$id": "w1", "author1": "a2"}, {"$id": "w2", "author1": None}],
    "chapters": [{"$id": "c1", "book": "b1"}, {"$id": "c2", "book": "b2"}],
}  # fmt: skip


def refers(key: str, entity: str) -> dict[str, Any]:
    return {"from": key, "id_of": entity, "dangling": "null"}


def pairs(key: str, entity: str) -> dict[str, Any]:
    columns = {"book_id": {"parent": "id"}, "other_id": {"from": ".", "id_of": entity, "dangling": "left_out"}}
    return {"each": key, "key": ["book_id", "other_id"], "columns": columns}


COLUMNS: dict[str, dict[str, Any]] = {
    "authors": {"profile_id": refers("profile", "profiles")},
    "books": {"author_id": refers("author", "authors"), "cover_id": refers("cover", "profiles")},
    "genres": {},
    "profiles": {"author_id": refers("author", "authors"),
                 **{key: {"type": "jsonb"} for key in ("spot", "way", "area")}},
    "awards": {"author_id": refers("author1", "authors")},
    "chapters": {"book_id": refers("book", "books")},
}  # fmt: skip


def files_of_the_library() -> dict[str, Any]:
    source = {"kind": "appwrite", "uri": "${APPWRITE_URI}", "key": "${APPWRITE_API_KEY}"}
    system = ("$sequence", "$permissions", "$createdAt", "$updatedAt", "$databaseId", "$collectionId")
    files: dict[str, Any] = {
        "project": project(
            "library", {"app": source}, every={"drop": dict.fromkeys(system, "Appwrite's")},
            left_out={f"app.{name}": "not needed" for name in ("users", "identities")},
            not_kept={"app": dict.fromkeys(("relationship", "permissions", "failed attribute"), "made anew")})}
    for name, columns in COLUMNS.items():
        own = {"id": {"from": "$id", "id_of": name}, "old": {"from": "$id", "type": "text"}}
        to = {f"public.{name}": {"key": ["id"], "columns": own | columns}}
        files[name] = {"from": f"app.main.{name}", "to": to}
    more = {"public.book_genres": pairs("genres", "genres"), "public.book_editors": pairs("editors", "authors")}
    files["books"]["to"] |= more
    files["genres"]["drop"] = ["books"]  # the other end of what books say
    return files


def write_library(folder: Path) -> None:
    common = {"required": False, "array": False}
    collections = [{"$id": name, "name": name, "attributes": [common | one for one in attributes], "indexes": []}
                   for name, attributes in ATTRIBUTES.items()]  # fmt: skip
    schema = {"databases": [{"$id": "main", "name": "Main", "collections": collections}]}
    (folder / "schema.json").write_text(json.dumps(schema))
    time = "2026-11-30T00:50:24.041+00:00"
    system = {"$createdAt": time, "$updatedAt": time, "$permissions": [], "$databaseId": "main"}
    for name, rows in ROWS.items():
        lines = [{"$sequence": n, "$collectionId": name, **system, **row} for n, row in enumerate(rows, 1)]
        write_lines(folder / f"main.{name}.jsonl", lines)
    for name in ("users", "identities"):
        write_lines(folder / f"{name}.jsonl", [])


FOUND = {
    "select b.old, a.old, p.old from books b left join authors a on a.id = b.author_id left join profiles p "
    "on p.id = cover_id": ["b1|a1|p2", "b2||"],
    "select g.old from book_genres join genres g on g.id = other_id": ["g1", "g2"],
    "select b.old, a.old from book_editors join books b on b.id = book_id join authors a on a.id = other_id":
        ["b1|a2", "b2|a1"],
    "select a.old, p.old from authors a left join profiles p on p.id = profile_id": ["a1|p1", "a2|"],
    "select p.old, a.old from profiles p left join authors a on a.id = author_id": ["p1|a1", "p2|"],
    "select w.old, a.old from awards w left join authors a on a.id = author_id": ["w1|a2", "w2|"],
    "select c.old, b.old from chapters c join books b on b.id = book_id": ["c1|b1", "c2|b2"],
    "select count(*) from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace": ["10"],
    "select spot ->> 0, way -> 1 ->> 1, area -> 1 -> 0 ->> 1 from profiles where old = 'p1'": ["13.4|-1|2"],
}  # fmt: skip


def test_relationships_of_all_kinds(targets: Cluster, tmp_path: Path) -> None:
    """One way and two-way, of a server and of lines of what it says: the same rows, and foreign keys between."""
    data = tmp_path / "data"
    data.mkdir()
    write_library(data)
    sums = []
    with Probe(data) as double:
        uris = {"live": f"{double.endpoint}?project={PROJECT}", "export": f"file:{data}"}
        for name, uri in uris.items():
            (tmp_path / name).mkdir()
            files = files_of_the_library()
            with Small(tmp_path / name, targets, files, APPWRITE_URI=uri, APPWRITE_API_KEY=KEY) as library:
                library.succeed()
                verified = library.run("verify", "--run-dir", str(library.folder))
                assert verified.returncode == 0, verified.said
                for question, answers in FOUND.items():
                    assert library.query(f"{question} order by 1").split() == answers, question
                sums.append(library.checksums())
    assert sums[0] == sums[1]
