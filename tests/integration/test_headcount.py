"""`graduate-extract --count`: what every kind of source holds, and nothing else than what it holds."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pytest

from tests.integration.complaint import BUG, SOURCE, complaint_of, secrets_of
from tests.integration.migration import APPWRITE, DUMP, FIXTURES, PROGRAMS, ROOT, Ended
from tests.integration.small_project import encoded, project, write_project
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.appwrite_sample import preference, write_lines, write_sample
from tests.rig.mongodb import MongoServer
from tests.rig.postgres import Cluster

COUNTS: dict[str, int] = json.loads((FIXTURES / "counts.json").read_text())
# How counts.json begins the names of a source's entities.
PREFIXES = {"core": "", "analytics": "", "auth": "appwrite."}


class Source:
    """A source of a project, as the environment has it."""

    def __init__(self, where: str | Path, name: str, **environment: str) -> None:
        self.where = str(where)
        self.name = name
        self.environment = {**os.environ, "GRADUATE_BACKOFF_MS": "1", **environment}

    def ask(self) -> Ended:
        command = [PROGRAMS / "graduate-extract", "--project", self.where, "--source", self.name, "--count"]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, text=True, capture_output=True, timeout=60)
        return Ended(done.args, done.returncode, done.stdout, done.stderr)

    def fail(self, code: int, *says: str) -> None:
        """The complaint, and no numbers beside it."""
        ended = self.ask()
        complaint_of(ended, code, *says, secrets=secrets_of(self.environment))
        assert ended.stdout == ""

    def counted(self, *says: str) -> dict[str, dict[str, Any]]:
        """By entity. It says what is in `says`, and without that nothing at all."""
        ended = self.ask()
        assert ended.returncode == 0 and not BUG.search(ended.said), ended.said
        assert all(part in ended.stderr for part in says) and bool(says) == bool(ended.stderr), ended.stderr
        counted = json.loads(ended.stdout)
        assert set(counted) == {"source", "entities"} and counted["source"] == self.name
        assert all(list(entity) == ["entity", "from", "records", "arrays"] for entity in counted["entities"])
        return {entity["entity"]: entity for entity in counted["entities"]}

    def numbers(self, *says: str) -> dict[str, list[Any]]:
        """By entity its records, and behind them the paths and elements of its arrays."""
        return {
            name: [entity["records"], *((array["path"], array["elements"]) for array in entity["arrays"])]
            for name, entity in self.counted(*says).items()
        }  # fmt: skip


@pytest.fixture(scope="module")
def mongodb() -> Iterator[MongoServer]:
    with MongoServer(auth=True, test_commands=True) as made:
        yield made


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with Cluster() as made:
        yield made


# ---- AuthorStack -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["mongodump", "MongoDB", "Postgres", "JSON lines", "Appwrite"])
def authorstack(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Each of its sources, in each of its forms."""
    if request.param == "mongodump":
        yield Source("authorstack", "core", MONGODB_URI=f"file:{DUMP}")
    elif request.param == "MongoDB":
        server = request.getfixturevalue("mongodb")
        server.restore(DUMP, "authorstack")
        yield Source("authorstack", "core", MONGODB_URI=server.uri("authorstack"))
    elif request.param == "Postgres":
        yield Source("authorstack", "analytics", AZURE_POSTGRES_URI=request.getfixturevalue("azure"))
    elif request.param == "JSON lines":
        yield Source("authorstack", "auth", APPWRITE_URI=f"file:{APPWRITE}")
    else:
        with Probe(APPWRITE) as double:
            uri = f"{double.endpoint}?project={PROJECT}"
            yield Source("authorstack", "auth", APPWRITE_URI=uri, APPWRITE_API_KEY=KEY)


def mapped(source: str) -> dict[str, tuple[str, list[str]]]:
    """By entity of AuthorStack: the collection or table that it is read from, and the arrays in it."""
    found = {}
    for file in (ROOT / "mappings/authorstack").glob("*.json"):
        mapping = json.loads(file.read_text())
        name, _, origin = mapping.get("from", "").partition(".")
        if name != source:
            continue
        forms = [form for forms in mapping["to"].values() for form in (forms if isinstance(forms, list) else [forms])]
        found[file.stem] = origin, [form["each"] for form in forms if "each" in form]
    return found


def test_authorstack(authorstack: Source) -> None:
    """As counts.json has it, which the generator of the fixtures wrote."""
    prefix = PREFIXES[authorstack.name]
    expected = {
        entity: [COUNTS[prefix + origin], *((path, COUNTS[f"{prefix}{origin}.{path}"]) for path in arrays)]
        for entity, (origin, arrays) in mapped(authorstack.name).items()
    }  # fmt: skip
    assert len(expected) >= 3
    assert authorstack.numbers() == expected
    assert {name: entity["from"] for name, entity in authorstack.counted().items()} == {
        entity: origin for entity, (origin, _) in mapped(authorstack.name).items()
    }  # fmt: skip


def test_the_order_is_the_projects(authorstack: Source) -> None:
    """What is referred to comes first: users before what they own, accounts before their identities."""
    first = {"core": "users", "analytics": "ai_insights", "auth": "accounts"}
    assert next(iter(authorstack.counted())) == first[authorstack.name]


# ---- documents of odd shapes -----------------------------------------------------------------------


def key_column() -> dict[str, Any]:
    return {"key": ["id"], "columns": {"id": {"from": "_id", "type": "text"}, "rest": {"rest": True, "type": "jsonb"}}}


def child(each: str) -> dict[str, Any]:
    columns = {"thing_id": {"parent": "id"}, "position": {"position": True}, "value": {"from": ".", "type": "jsonb"}}
    return {"each": each, "key": ["thing_id", "position"], "columns": columns}


# Two tables are made of one array; the one of "odd" has a name that no aggregation can say.
THINGS: dict[str, Any] = {
    "project": project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
    "things": {
        "from": "core.heap",
        "to": {"public.things": key_column(), "public.deep": child("deep.er.list"), "public.list": child("list"),
               "public.again": child("list"), "public.never": child("never.there")},
    },
    "odd": {"from": "core.strange", "to": {"public.odd": key_column(), "public.names": child("a.$name")}},
    "void": {"from": "core.empty", "to": {"public.void": key_column(), "public.holes": child("list")}},
}  # fmt: skip
HEAP: list[dict[str, Any]] = [
    {}, {"list": None}, {"list": []}, {"list": [1, None, [2, 3], {"list": [4]}]}, {"list": ["x"], "deep": 7},
    {"list": "text"}, {"list": {"0": 1, "1": 2}}, {"list": 3.5}, {"list": b"bytes"}, {"List": [1, 2]}, {"lis": [1]},
    {"deep": {"er": {"list": [1, 2]}}}, {"deep": {"er": {"list": [[]], "more": 1}, "list": [1, 2, 3]}},
    {"deep": [{"er": {"list": [1]}}, {"er": {"list": [2]}}]}, {"deep": {"er": [{"list": [1]}, {"list": [2, 3]}]}},
    {"deep": None}, {"deep": {"er": None}}, {"deep": {"er": "text"}}, {"deep": {"er": {"list": {"0": 1}}}},
    {"never": {"here": [1]}}, {"never": []},
]  # fmt: skip
STRANGE: list[dict[str, Any]] = [{"a": {"$name": [1, 2]}}, {"a": {"name": [1]}}, {"a": None}, {}]
THINGS_NUMBERS = {
    "things": [len(HEAP), ("deep.er.list", 8), ("list", 5), ("never.there", 0)],
    "odd": [len(STRANGE), ("a.$name", 2)],
    "void": [0, ("list", 0)],
}  # fmt: skip


def numbered(documents: list[dict[str, Any]]) -> bytes:
    return encoded({"_id": f"{n:03}"} | document for n, document in enumerate(documents))


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collections as mongodump writes them, one of them compressed."""
    folder = tmp_path_factory.mktemp("dump") / "things"
    folder.mkdir()
    (folder / "heap.bson").write_bytes(numbered(HEAP))
    (folder / "strange.bson.gz").write_bytes(gzip.compress(numbered(STRANGE)))
    (folder / "empty.bson").write_bytes(b"")
    for name in ("heap", "strange", "empty"):
        (folder / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("things") / "project"
    write_project(folder, THINGS)
    return folder


@pytest.fixture(scope="module")
def live(mongodb: MongoServer, files: Path, dump: Path) -> Source:
    mongodb.restore(dump, "things")
    return Source(files, "core", CORE_URI=mongodb.uri("things"))


@contextmanager
def failing(server: MongoServer, mode: Any, **data: Any) -> Iterator[None]:
    """The server fails commands of graduate-extract, as configureFailPoint has it."""
    with server.client() as client:
        data |= {"appName": "graduate-extract"}
        client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
        yield
        client.admin.command("configureFailPoint", "failCommand", mode="off")


def test_odd_shapes_in_an_export(files: Path, dump: Path) -> None:
    assert Source(files, "core", CORE_URI=f"file:{dump}").numbers() == THINGS_NUMBERS


def test_odd_shapes_in_a_server(live: Source) -> None:
    assert live.numbers() == THINGS_NUMBERS


def test_the_server_counts(live: Source, files: Path, mongodb: MongoServer, tmp_path: Path) -> None:
    """By aggregation alone: it needs no document to be sent, nor any estimate; but for paths that lead through arrays."""
    plain = {name: table for name, table in THINGS["things"]["to"].items() if name in ("public.things", "public.list")}
    sayable = {name: content for name, content in THINGS.items() if name != "odd"}
    sayable["things"] = {**THINGS["things"], "to": plain}
    write_project(tmp_path / "project", sayable)
    with failing(mongodb, "alwaysOn", failCommands=["find", "count", "collStats"], errorCode=59):
        source = Source(tmp_path / "project", "core", CORE_URI=live.environment["CORE_URI"])
        assert source.numbers() == {"things": [len(HEAP), ("list", 5)], "void": THINGS_NUMBERS["void"]}
        live.fail(SOURCE, "source core", "entity odd")


def test_a_server_that_refuses_to_aggregate(live: Source, mongodb: MongoServer) -> None:
    with failing(mongodb, "alwaysOn", failCommands=["aggregate"], errorCode=8000):
        assert live.numbers("empty: source core does not count it", "read through") == THINGS_NUMBERS


def test_a_connection_that_is_lost(live: Source, mongodb: MongoServer) -> None:
    with failing(mongodb, {"times": 2}, failCommands=["aggregate"], closeConnection=True):
        assert live.numbers("was interrupted", "attempt 1 of 5 to count anew") == THINGS_NUMBERS


# ---- tables ----------------------------------------------------------------------------------------

TABLES = """
    create table heap (n int); insert into heap values (1), (null), (1);
    create table "Odd "" name;--%s" (id int primary key); insert into "Odd "" name;--%s" values (1), (2);
    create table empty (id int primary key);
    create table parts (id int primary key) partition by range (id);
    create table parts_low partition of parts for values from (0) to (10);
    create table parts_high partition of parts for values from (10) to (20);
    insert into parts select generate_series(5, 14);
    create table animals (id int primary key); create table birds (wings int) inherits (animals);
    insert into animals values (1); insert into birds values (2, 2), (3, 2);
    create schema other; create table other.heap (id int); insert into other.heap select generate_series(1, 99);
"""
ROWS = {"heap": 3, 'Odd " name;--%s': 2, "empty": 0, "parts": 10, "animals": 1, "birds": 2}


def till_of(folder: Path, uri: str, tables: Mapping[str, int], **options: str) -> Source:
    mappings = {
        f"e{n}": {"from": f"till.{table}", "to": {f"public.t{n}": {"keep_shape": True}}}
        for n, table in enumerate(tables)
    }  # fmt: skip
    sources = {"till": {"kind": "postgres", "uri": "${TILL_URI}", **options}}
    write_project(folder / "project", {"project": project("till", sources), **mappings})
    return Source(folder / "project", "till", TILL_URI=uri)


@pytest.fixture(scope="module")
def till(postgres: Cluster) -> str:
    uri = postgres.create_database("till")
    postgres.psql(TABLES, database="till", role="till")
    return uri


def test_tables(till: str, tmp_path: Path) -> None:
    """The rows that a run would read: those of partitions with their table, those of children without."""
    source = till_of(tmp_path, till, ROWS)
    assert source.numbers() == {f"e{n}": [count] for n, count in enumerate(ROWS.values())}


def test_tables_of_another_schema(till: str, tmp_path: Path) -> None:
    assert till_of(tmp_path, till, {"heap": 99}, schema="other").numbers() == {"e0": [99]}


def test_a_table_that_may_not_be_read(postgres: Cluster, tmp_path: Path) -> None:
    """No rows are hidden without a word."""
    uri = postgres.create_database("closed")
    postgres.psql("create table heap (id int); insert into heap values (1);", database="closed", role="closed")
    source = till_of(tmp_path, uri, {"heap": 1})
    postgres.psql("alter table heap force row level security; alter table heap enable row level security",
                  database="closed", role="closed")  # fmt: skip
    source.fail(SOURCE, "the source till at", "row-level security", "entity e0", "BYPASSRLS")
    postgres.psql("alter table heap owner to rig_admin; revoke all on heap from closed", database="closed")
    source.fail(SOURCE, "permission denied for table heap", "entity e0", "GRANT SELECT")


# ---- Appwrite --------------------------------------------------------------------------------------

TAGS: dict[str, Any] = {
    "project": project(
        "club",
        {"club": {"kind": "appwrite", "uri": "${APPWRITE_URI}", "key": "${APPWRITE_API_KEY}", "database": "main"}}),
    "likes": {
        "from": "club.user_preferences",
        "to": {
            "public.likes": {"key": ["id"], "columns": {"id": {"from": "$id", "type": "text"},
                                                       "rest": {"rest": True, "type": "jsonb"}}},
            "public.tags": child("tags"),
        },
    },
}  # fmt: skip
# A total of Appwrite ends at 5000.
MANY = 5003


def tagged(number: int) -> dict[str, Any]:
    """With no tags, null, or up to three."""
    tags = None if number % 5 == 4 else [f"tag {n}" for n in range(number % 4)]
    return preference(number) | {"tags": tags}


@pytest.mark.parametrize("form", ["Appwrite", "JSON lines"])
def test_more_than_a_total_says(tmp_path: Path, form: str) -> None:
    documents = [tagged(number) for number in range(1, MANY + 1)]
    expected = {"likes": [MANY, ("tags", sum(len(document["tags"] or []) for document in documents))]}
    data = tmp_path / "data"
    data.mkdir()
    write_project(tmp_path / "project", TAGS)
    write_sample(data)
    write_lines(data / "user_preferences.jsonl", documents)
    if form == "Appwrite":
        with Probe(data) as double:
            uri = f"{double.endpoint}?project={PROJECT}"
            source = Source(tmp_path / "project", "club", APPWRITE_URI=uri, APPWRITE_API_KEY=KEY)
            assert source.numbers() == expected
    else:
        assert Source(tmp_path / "project", "club", APPWRITE_URI=f"file:{data}").numbers() == expected


# ---- what cannot be counted ------------------------------------------------------------------------


def misspelt(folder: Path, files: Mapping[str, Any], entity: str, source: str) -> Path:
    """The project, with a letter too many in what one of its mappings is from."""
    write_project(folder / "project", files | {entity: files[entity] | {"from": f"{source}x"}})
    return folder / "project"


def test_a_collection_that_is_missing(live: Source, dump: Path, tmp_path: Path) -> None:
    """It is no empty one: nothing is counted, also not what is there."""
    where = misspelt(tmp_path, THINGS, "things", "core.heap")
    for uri in (f"file:{dump}", live.environment["CORE_URI"]):
        Source(where, "core", CORE_URI=uri).fail(
            SOURCE, "the source core has no heapx", "entity things", 'did you mean "heap"?', "things.json")


def test_a_table_that_is_missing(till: str, tmp_path: Path) -> None:
    source = till_of(tmp_path, till, {"heap": 3, "nowhere": 0})
    source.fail(SOURCE, "the source till has no nowhere", "entity e1", "e1.json")


def test_a_list_that_is_missing(tmp_path: Path) -> None:
    where = misspelt(tmp_path, TAGS, "likes", "club.user_preferences")
    with Probe(APPWRITE) as double:
        server = {"APPWRITE_URI": f"{double.endpoint}?project={PROJECT}", "APPWRITE_API_KEY": KEY}
        for environment in (server, {"APPWRITE_URI": f"file:{APPWRITE}"}):
            Source(where, "club", **environment).fail(
                SOURCE, "the source club has no user_preferencesx", "entity likes", 'did you mean "user_preferences"?')


def test_a_damaged_export(files: Path, dump: Path, tmp_path: Path) -> None:
    """Half of its documents are no answer."""
    (tmp_path / "heap.bson").write_bytes((dump / "heap.bson").read_bytes()[:-7])
    for name in ("strange", "empty"):
        (tmp_path / f"{name}.bson").write_bytes(b"")
    Source(files, "core", CORE_URI=f"file:{tmp_path}").fail(SOURCE, "heap.bson: document 21", "entity things")


UNREACHABLE = {
    "no MongoDB": ("core", {"MONGODB_URI": "mongodb://rig:open-sesame@127.0.0.1:1/a?serverSelectionTimeoutMS=100"},
                   ("source core", "no server listens")),
    "no dump": ("core", {"MONGODB_URI": "file:/no/such/folder"}, ("/no/such/folder", "No such file")),
    "no Postgres": ("analytics", {"AZURE_POSTGRES_URI": "postgresql://rig:open-sesame@127.0.0.1:1/a"},
                    ("the source analytics at 127.0.0.1:1/a", "Connection refused")),
    "no Appwrite": ("auth", {"APPWRITE_URI": "http://127.0.0.1:1/v1?project=p", "APPWRITE_API_KEY": "open-sesame"},
                    ("GET http://127.0.0.1:1/v1/", "6 attempts")),
    "no JSON lines": ("auth", {"APPWRITE_URI": "file:/no/such/folder"}, ("/no/such/folder", "No such file")),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREACHABLE)
def test_a_source_that_is_not_there(name: str) -> None:
    source, environment, says = UNREACHABLE[name]
    Source("authorstack", source, **environment).fail(SOURCE, *says)
