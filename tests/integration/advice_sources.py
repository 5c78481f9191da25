"""The scenarios of advice.md about what is read: servers and exports."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.integration.advice_scenarios import (
    BOOKS_JSON, THINGS, Scenario, call, changed_books, file, lines, things_of, variable,
)  # fmt: skip
from tests.integration.lying_mongodb import Document, LyingMongo
from tests.integration.migration import Ended, Migration, wait_for_hold
from tests.integration.small_project import Small, project
from tests.integration.spoiling import replaced, text, with_content
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.appwrite_sample import write_lines

# ---- Appwrite --------------------------------------------------------------------------------------

Faults = tuple[dict[str, Any], ...]


def appwrite(*faults: dict[str, Any], database: str | None = "main", source: dict[str, Any] | None = None, others: tuple[tuple[str, list[Any]], ...] = (), catalogs: bool = False) -> Scenario:
    """A server of things is asked wrongly, or answers wrongly; and then both are right."""

    def scenario(shop: Small) -> Iterator[Ended]:
        folder = shop.top / "data"
        folder.mkdir()
        schema = {"databases": [{"$id": name, "name": name, "collections": collections}
                                for name, collections in (("main", [THINGS_COLLECTION]), *others)]}
        (folder / "schema.json").write_text(json.dumps(schema))
        write_lines(folder / "things.jsonl", [{"$id": "a", "n": 1}])
        for name in ("users", "identities", "teams", "memberships", "buckets", "files", "functions"):
            write_lines(folder / f"{name}.jsonl", [])
        right = {"kind": "appwrite", "uri": "${APP_URI}", "key": "${APP_KEY}", "database": "main"}
        wrong = {word: said for word, said in (right | {"database": database} | (source or {})).items() if said is not None}
        with Probe(folder, "1.8.1", "--control") as double:
            uri = f"{double.endpoint}?project={PROJECT}"
            drop = [*THINGS["things"]["drop"], "$createdAt", "$updatedAt", "$collectionId", "$databaseId", "$sequence"]
            files = {"things": THINGS["things"] | {"drop": drop}, "project": project("things", {"app": right}, not_kept={"app": {"permissions": "not needed"}},
                                                 left_out={f"app.{name}": "not needed" for name in ("users", "identities", "teams", "memberships", "buckets")})}
            things = Small(shop.top / "things", shop.cluster, files, APP_URI=uri, APP_KEY=KEY, GRADUATE_BACKOFF_MS="1")
            text_of_it = (things.files / "project.json").read_text()
            double.play(*faults)
            described = call(things, "graduate-extract", "--project", things.project, "--source", "app", "--catalog") if catalogs else None
            (things.files / "project.json").write_text(json.dumps(files["project"] | {"sources": {"app": wrong}}))
            if described is not None:  # by what was there when it was made
                (shop.top / "app.json").write_text(described.stdout)
                yield call(things, "graduate-extract", "--project", things.project, "--catalogs", str(shop.top), "--entity", "things")
            else:
                yield things.run()
            double.play()
            (things.files / "project.json").write_text(text_of_it)
            yield things.run()

    return scenario


THINGS_COLLECTION: dict[str, Any] = {
    "$id": "things", "$createdAt": "2024-01-01T00:00:00.000+00:00", "$updatedAt": "2024-01-01T00:00:00.000+00:00",
    "$permissions": [], "name": "things", "attributes": [{"key": "n", "type": "integer", "status": "available", "error": "",
    "required": False, "array": False, "min": 0, "max": 9, "default": None}], "indexes": [],
}  # fmt: skip


LONGEST_LINE = 64 << 20


def a_line_too_long(shop: Small) -> Iterator[Ended]:
    things = things_of(shop)
    path = shop.top / "export" / "things.jsonl"
    right = path.read_bytes()
    with path.open("wb") as export:
        export.truncate(LONGEST_LINE + (1 << 20))
    yield things.run()
    path.write_bytes(right)
    yield things.run()


def an_export_that_grows(shop: Small, path: Path, made: Small, *restart: str) -> Iterator[Ended]:
    """It is written to while the last of it is read."""
    started = made.start(GRADUATE_HOLD_AT="extract.batch_read:1")
    wait_for_hold(made, started, "graduate-extract")
    before = path.read_bytes()
    path.write_bytes(before + before[:1])
    yield made.release(started)
    path.write_bytes(before)
    yield made.run(*made.run_arguments(), *restart)


def lines_that_grow(shop: Small) -> Iterator[Ended]:
    yield from an_export_that_grows(shop, shop.top / "export" / "things.jsonl", things_of(shop))


def a_dump_that_grows(shop: Small) -> Iterator[Ended]:
    yield from an_export_that_grows(shop, shop.top / "dump" / "authors.bson", shop, "--restart", "authors")


def without_a_database(shop: Small) -> Iterator[Ended]:
    """The file is then named with it."""
    things = things_of(shop)
    files = json.loads((things.files / "project.json").read_text())
    del files["sources"]["app"]["database"]
    (things.files / "project.json").write_text(json.dumps(files))
    mapping = things.files / "things.json"
    mapping.write_text(mapping.read_text().replace("app.things", "app.main.things"))
    yield things.run()
    (shop.top / "export" / "things.jsonl").rename(shop.top / "export" / "main.things.jsonl")
    yield things.run()


def another_form_of_lines(shop: Small) -> Iterator[Ended]:
    things = things_of(shop)
    export = shop.top / "export"
    (export / "things.jsonl").rename(export / "users.jsonl")
    (export / "things.csv").write_text("id,n\na,1\n")
    yield things.run()
    (export / "things.csv").unlink()
    (export / "users.jsonl").rename(export / "things.jsonl")
    yield things.run()


# ---- MongoDB ---------------------------------------------------------------------------------------

NUMBERED: dict[str, Any] = {
    "project": project("numbered", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
    "things": {
        "from": "core.things",
        "to": {"public.things": {"key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}}}},
    },
}


def mongodb(mend: Callable[[LyingMongo], None], *restart: str, **lies: Any) -> Scenario:
    """A server has a fault, and then it is mended."""

    def scenario(shop: Small) -> Iterator[Ended]:
        with LyingMongo("things", [{"_id": n} for n in range(30)], **lies) as server:
            things = Small(shop.top / "things", shop.cluster, NUMBERED, CORE_URI=server.uri)
            things.batch_bytes = "100"
            yield things.run()
            mend(server)
            yield things.run(*things.run_arguments(), *restart)

    return scenario


class ChangingMongo(LyingMongo):
    """One of its documents was another one during one scan."""

    scans, odd = 0, -1

    def find(self, command: Document) -> Document:
        self.scans += not command.get("filter") and command["sort"]["_id"] > 0
        self.documents[5]["n"] = self.scans == self.odd
        return super().find(command)


def a_source_that_changes(shop: Small) -> Iterator[Ended]:
    files = json.loads(json.dumps(NUMBERED))
    files["things"]["to"]["public.things"]["columns"]["n"] = {"from": "n", "type": "boolean"}
    with ChangingMongo("things", [{"_id": n, "n": False} for n in range(20)]) as server:
        things = Small(shop.top / "things", shop.cluster, files, CORE_URI=server.uri)
        things.succeed()
        server.odd = server.scans + 1
        verify = ("graduate", "verify", "--run-dir", str(things.folder), "--level", "content")
        yield call(things, *verify, "--source")
        yield call(things, *verify)


def without_an_id(server: LyingMongo) -> None:
    server.forgets = None


def with_another_id(server: LyingMongo) -> None:
    server.documents = [{"_id": n} for n in range(30)]


def without_a_loss(server: LyingMongo) -> None:
    server.skips = False


# ---- Postgres --------------------------------------------------------------------------------------


def till(before: str, after: str = "", wrong: dict[str, Any] | None = None, right: dict[str, Any] | None = None, **more: Any) -> Scenario:
    """A table, or its mapping, is not as it must be, and then it is. The table is t."""

    def scenario(shop: Small) -> Iterator[Ended]:
        name = f"advice_{os.urandom(4).hex()}"
        uri = shop.cluster.create_database(name, "till")
        right_project = project("till", {"till": {"kind": "postgres", "uri": "${TILL_URI}"}})
        files = {"project": right_project | more, "t": mapping_of(wrong)}
        made = Small(shop.top / "till", shop.cluster, files, TILL_URI=uri)
        shop.cluster.psql(f"set role till; {before}", database=name, role=shop.cluster.superuser)
        yield made.run()
        if made.folder.exists():
            call(made, "graduate", "undo", "--run-dir", str(made.folder))
        shop.cluster.psql(after, database=name, role=shop.cluster.superuser)
        (made.files / "t.json").write_text(json.dumps(mapping_of(right)))
        (made.files / "project.json").write_text(json.dumps(right_project))
        yield made.run()

    return scenario


TREE = {"columns": {"id": {"from": "id", "id_of": "t"}, "up": {"from": "up", "id_of": "t"}}}


def mapping_of(table: dict[str, Any] | None) -> dict[str, Any]:
    outer = {word: said for word, said in (table or {}).items() if word in {"drop", "to"}}
    inner = {word: said for word, said in (table or {}).items() if word not in outer}
    return {"from": "till.t", "to": {"public.t": {"keep_shape": True} | inner}} | outer


# ---- mongodump -------------------------------------------------------------------------------------


def a_name_that_mongodump_does_not_write(shop: Small) -> Iterator[Ended]:
    right = (shop.files / "books.json").read_bytes()
    packed, odd = shop.top / "dump/books.bson.gz", shop.top / "dump/books%2.bson.gz"
    kept = packed.with_name("books.metadata.json")
    content = kept.read_bytes()
    kept.unlink()
    packed.rename(odd)
    with replaced(shop.files / "books.json", text("core.books", "core.books%2")(right)):
        yield shop.run()
    odd.rename(packed)
    kept.write_bytes(content)
    yield shop.run()


def in_place_of(path: str, make: Callable[[Path], None]) -> Scenario:
    """Something else is where a file of the export should be."""

    def scenario(shop: Small) -> Iterator[Ended]:
        there = shop.top / path
        there.rename(shop.top / "kept")
        make(there)
        yield shop.run()
        there.unlink()
        (shop.top / "kept").rename(there)
        yield shop.run()

    return scenario


def extracted(edit: Callable[[bytes], bytes | None], *words: str) -> Scenario:
    """graduate-extract, with a mapping that is then corrected."""

    def scenario(shop: Small) -> Iterator[Ended]:
        path = shop.top / BOOKS_JSON
        extract = ("graduate-extract", "--project", shop.project, *words)
        with replaced(path, edit(path.read_bytes()) or b""):
            yield call(shop, *extract)
        yield call(shop, *extract)

    return scenario


SCENARIOS: dict[str, Scenario] = {
    # Appwrite over HTTP
    "a database that is not there": appwrite(database="nope"),
    "a database with a dot": appwrite(database=None, others=(("ma.in", []),)),
    "no database for a list": appwrite(database=None, catalogs=True),
    "no key for Appwrite": appwrite(source={"key": None}),
    "records without ids": appwrite({"path": "*/documents", "times": "always", "body": '{"total": 1, "documents": [{"n": 1}]}', "content_type": "application/json"}),
    "a database that has gone": appwrite({"path": "*", "times": "always", "status": 404, "type": "database_not_found"}),
    "another project's key": appwrite({"path": "*", "times": "always", "status": 400, "type": "project_id_missing"}),
    # an export of Appwrite
    "no lines at all": lines("readme", b"", keep=False),
    "a line that is too long": a_line_too_long,
    "lines that grow": lines_that_grow,
    "lines without a database": without_a_database,
    "another form of lines": another_form_of_lines,
    # MongoDB
    "a document without an id": mongodb(without_an_id, forgets=7),
    "a batch that is lost": mongodb(without_a_loss, "--restart", "things", skips=True),
    "two documents of one id": mongodb(with_another_id, twice=7),
    "a source that changes": a_source_that_changes,
    # Postgres
    "a column that is not there": till("create table t (id int primary key)", wrong={"drop": ["idd"]}),
    "a json that jsonb would change": till(
        """create table t (id int primary key, j json); insert into t values (1, '{"a": 1, "a": 2}')""",
        wrong={"columns": {"j": {"from": "j", "type": "jsonb"}}}),
    "a null of the source": till(
        "create table t (id int primary key, n int); insert into t values (1, null)",
        "update t set n = 1", wrong={"columns": {"n": {"from": "n", "null": False}}}, right={"columns": {"n": {"from": "n", "null": False}}}),
    "a row of no id": till(
        "create table t (id int primary key, up text); insert into t values (1, '')", "update t set up = '1'",
        wrong=TREE, right=TREE),
    "not kept, and kept": till("create table t (id int primary key)", not_kept={"till": {"table": {"t": "why"}}}),
    # mongodump
    "a dump that grows": a_dump_that_grows,
    "a name that mongodump does not write": a_name_that_mongodump_does_not_write,
    "other files of a collection": file("dump/%62ooks.bson", with_content(b"")),
    "no regular file": in_place_of("dump/books.bson.gz", lambda path: path.symlink_to("/dev/null")),
    "a link to nothing": in_place_of("dump/books.bson.gz", lambda path: path.symlink_to("nowhere")),
    "a collection to count": extracted(text("core.books", "core.zzz"), "--source", "core", "--count"),
    "a collection to extract": extracted(text("core.books", "core.book"), "--entity", "books"),
}
