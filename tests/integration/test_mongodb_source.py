"""A live MongoDB as a source: _ids of every type in their order, lost connections, and a server that says no."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.binary import Binary
from pymongo.database import Database

from tests.integration.complaint import DATA, REFUSED, SOURCE, TARGET, USAGE
from tests.integration.lying_mongodb import LyingMongo
from tests.integration.migration import PROGRAMS, wait_for_hold
from tests.integration.small_project import Small, project, shop_of
from tests.integration.stream_format import frames
from tests.integration.test_check import fields_of, graduate
from tests.rig.mongodb import MongoServer
from tests.rig.postgres import Cluster

ONE_DOCUMENT = "1"

# In the order of MongoDB: by type first. An array, a regular expression and undefined cannot be an _id.
IDS: list[Any] = [
    bson.MinKey(), None,
    float("nan"), float("-inf"), bson.Int64(-(2**63)), -1.5, 0, bson.Decimal128("0.1"), 1, bson.Int64(2**53 + 1),
    bson.Decimal128("1E+6144"), float("inf"),
    "", "$name", "0", "a", "ä",
    {}, {"": 1}, {"a": 1}, {"b": 0}, {"a": "1"},
    Binary(b""), Binary(b"\xff", 128), Binary.from_uuid(uuid.UUID(int=7)),
    bson.ObjectId("0" * 24), bson.ObjectId("f" * 24), False, True,
    datetime.min, datetime(1970, 1, 1), datetime(9999, 12, 31),
    bson.Timestamp(0, 1), bson.Timestamp(2**32 - 1, 2**32 - 1), bson.Code("f()"), bson.MaxKey(),
]  # fmt: skip
THINGS: dict[str, Any] = {
    "project": project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
    "things": {
        "from": "core.things",
        "to": {"public.things": {"key": ["n"], "columns": {"n": {"from": "n", "type": "integer"},
                                                         "text": {"from": "text", "type": "text"}}}},
        "drop": ["_id"],
    },
}  # fmt: skip
# More than the server's first reply holds, and more than one batch.
MANY = 400


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    with MongoServer(auth=True, test_commands=True) as made:
        yield made


@contextmanager
def things_of(top: Path, targets: Cluster, server: MongoServer, ids: list[Any]) -> Iterator[Small]:
    """Things with these _ids, inserted in no order."""
    with server.client() as client, Small(top, targets, THINGS, CORE_URI=server.uri("things")) as things:
        client.drop_database("things")
        numbered = [{"_id": name, "n": n, "text": f"thing {n}"} for n, name in enumerate(ids)]
        client.things.things.insert_many(numbered[1::2] + numbered[::2])
        yield things


@pytest.fixture
def things(targets: Cluster, server: MongoServer, tmp_path: Path) -> Iterator[Small]:
    with things_of(tmp_path, targets, server, [f"{n:04}" for n in range(MANY)]) as made:
        made.batch_bytes = "4K"
        yield made


def arrived(things: Small, count: int = MANY) -> bool:
    return things.query("select count(*), count(distinct n), min(n), max(n) from public.things") == (
        f"{count}|{count}|0|{count - 1}")  # fmt: skip


@contextmanager
def failing(server: MongoServer, mode: Any, **data: Any) -> Iterator[None]:
    """The server fails commands, as configureFailPoint has it."""
    with server.client() as client:
        client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
        yield
        client.admin.command("configureFailPoint", "failCommand", mode="off")


def test_resumed_behind_every_id(targets: Cluster, server: MongoServer, tmp_path: Path) -> None:
    """First through the ledger, with a kill at every sixth document; then from every position that it holds."""
    with things_of(tmp_path, targets, server, IDS) as things:
        things.batch_bytes = ONE_DOCUMENT
        for killed in range(len(IDS)):
            ended = things.run(*things.run_arguments(), "--no-checkpoint", GRADUATE_CRASH_AT="load.after_commit:6")
            if ended.returncode == 0:
                break
            assert ended.returncode == TARGET and "SIGKILL" in ended.said, ended.said
        assert killed == len(IDS) // 6
        assert arrived(things, len(IDS))
        hex_positions = things.query("select encode(position, 'hex') from graduate.batches order by batch").split()
        positions = list(map(bytes.fromhex, hex_positions))
        assert positions == [bson.encode({"_id": name}) for name in IDS]
        extract = [PROGRAMS / "graduate-extract", "--project", things.project, "--entity", "things"]
        extract += ["--catalogs", things.folder / "catalog", "--after", tmp_path / "position"]
        for batch, position in enumerate(positions, 1):
            (tmp_path / "position").write_bytes(position)
            command = [*extract, "--after-batch", str(batch), "--after-records", str(batch)]
            stream = subprocess.run(command, env=things.environment, capture_output=True, check=True, timeout=60).stdout
            payloads = [bson.decode_all(frame.payload) for frame in frames(stream) if frame.type == "B"]
            assert [document["n"] for payload in payloads for document in payload] == list(range(batch, len(IDS)))


def test_documents_that_come_and_go(things: Small, server: MongoServer) -> None:
    """The document to go on behind is deleted; others come before and behind it."""
    ended = things.run(*things.run_arguments(), "--no-checkpoint", GRADUATE_CRASH_AT="load.after_commit:2")
    assert ended.returncode == TARGET, ended.said
    last = things.query("select max(n) from public.things")
    with server.client() as client:
        collection: Database = client.things.things
        assert collection.delete_one({"n": int(last)}).deleted_count == 1
        collection.insert_one({"_id": "", "n": 1000, "text": "before"})
        collection.insert_one({"_id": "0399a", "n": MANY, "text": "behind"})
    ended = things.run(*things.run_arguments(), "--no-checkpoint")
    assert ended.returncode == 0, ended.said
    assert arrived(things, MANY + 1)


# A validator, and what of it does not go with the shop's mapping of books.
STRICT: dict[str, Any] = {
    "bsonType": "object",
    "required": ["_id", "title", "author", "isbn"],
    "properties": {
        "title": {"bsonType": "string", "maxLength": 40},
        "price": {"bsonType": ["string", "null"]},
        "status": {"enum": ["draft", "published", "sold out"]},
        "tags": {"bsonType": "array", "items": {"bsonType": "string"}},
        "isbn": {"bsonType": "string"},
        "author": {"bsonType": "objectId"},
    },
}
AGAINST_STRICT = (
    '4 problems: ', 'columns/title/type: the property of the validator "title" has up to 40 characters, the column is varchar(20)',
    'columns/price/type: the property of the validator "price" is string, the column numeric(8,2)',
    'columns/status/in: the property of the validator "status" may be "sold out", too',
    '; the property of the validator "isbn" has no place',
)  # fmt: skip


@pytest.mark.parametrize("live", [False, True])
def test_a_validator_is_compared(targets: Cluster, server: MongoServer, tmp_path: Path, live: bool) -> None:
    """Of a server, and of a dump's metadata; one that only warns says nothing."""
    for action in ("error", "warn"):
        options = {"validator": {"$jsonSchema": STRICT}, "validationLevel": "strict", "validationAction": action}
        with server.client() as client, shop_of(tmp_path / action, targets) as shop:
            kept = json.loads((shop.files / "project.json").read_text())
            kept["not_kept"] = {"core": {"validator": "the columns say it"}}
            (shop.files / "project.json").write_text(json.dumps(kept))
            if live:
                client.drop_database("strict")
                client.strict.create_collection("authors")
                client.strict.create_collection("books", **options)
                shop.environment["CORE_URI"] = server.uri("strict")
            else:
                metadata = {"options": options, "indexes": [], "collectionName": "books", "type": "collection"}
                (shop.top / "dump/books.metadata.json").write_text(json.dumps(metadata))
            for verb in ("plan", "check"):
                ended = graduate(shop, verb)
                if action == "warn":
                    assert ended.returncode == 0, ended.said
                else:
                    shop.complaint(ended, USAGE, *AGAINST_STRICT)
            if action == "error":
                shop.fail(USAGE, *AGAINST_STRICT)
                assert shop.untouched()


LOST = {
    "at once": ({"times": 2}, ["find"]),
    "in the middle": ({"times": 1}, ["getMore"]),
    "in the middle, and again": ({"times": 2}, ["getMore", "find"]),
}


@pytest.mark.parametrize("name", LOST)
def test_a_connection_that_is_lost(things: Small, server: MongoServer, name: str) -> None:
    times, commands = LOST[name]
    with failing(server, times, failCommands=commands, closeConnection=True, appName="graduate-extract"):
        ended = things.succeed()
    assert "reading from source core was interrupted" in ended.stderr
    assert arrived(things)


def test_a_server_that_is_killed_in_the_middle(things: Small, server: MongoServer) -> None:
    process = things.start(GRADUATE_HOLD_AT="extract.batch_sent:2")
    wait_for_hold(things, process, "graduate-extract")
    server.kill()
    server.start()
    ended = things.release(process)
    assert ended.returncode == 0, ended.said
    assert arrived(things)


def test_a_server_that_refuses_in_the_middle(things: Small, server: MongoServer) -> None:
    with failing(server, "alwaysOn", failCommands=["getMore"], errorCode=13):
        things.fail(SOURCE, "source core", "does not allow this user to read", "entity things", "the role read")
    things.succeed()
    assert arrived(things)


@pytest.mark.parametrize("made", ["view", "nothing"])
def test_what_cannot_be_read(things: Small, server: MongoServer, made: str) -> None:
    """What is not there, or not there any more, is no empty collection."""
    with server.client() as client:
        if made == "view":
            client.things.command("create", "shown", viewOn="things", pipeline=[])
            mapping = things.files / "shown.json"
            mapping.write_text((things.files / "things.json").read_text().replace("things", "shown"))
            things.fail(USAGE, "shown.json", "the source core has no shown")
            mapping.unlink()
            client.things.shown.drop()
        else:
            client.things.things.rename("nothings")
            things.fail(USAGE, "things.json", "the source core has no things", 'did you mean "nothings"?')
            client.things.nothings.rename("things")
    things.succeed()
    assert arrived(things)


# ---- a server that lies ----------------------------------------------------------------------------

FEW = 40
LIES: dict[str, tuple[dict[str, Any], int, tuple[str, ...]]] = {
    "no lie": ({}, 0, ()),
    "a cursor that breaks off": ({"breaks_at": 20}, 0, ("has records behind the end that it gave",)),
    "an end that is none": (
        {"ends_at": 30}, SOURCE,
        ("the server gave 30 records", "it holds 10 more behind the last one", "entity things", '"$numberInt" : "29"')),
    "nothing at all": ({"ends_at": 0}, SOURCE, ("the server gave 0 records", "it holds 40 more", "entity things")),
    "the same batch again": (
        {"repeats": True}, SOURCE,
        ("behind this key the server sent", "does not come after it in the order of _id", "entity things")),
    "a batch that is lost": ({"skips": True}, DATA, ("says that it has 40 records, and gave 30", "--restart things")),
}  # fmt: skip


def few_of(top: Path, targets: Cluster, server: LyingMongo) -> Small:
    few = Small(top, targets, THINGS, CORE_URI=server.uri)
    few.batch_bytes = "100"
    return few


FEW_DOCUMENTS = [{"_id": n, "n": n, "text": f"thing {n}"} for n in range(FEW)]


@pytest.mark.parametrize("name", LIES)
def test_a_server_that_lies(targets: Cluster, tmp_path: Path, name: str) -> None:
    lie, code, says = LIES[name]
    with LyingMongo("things", FEW_DOCUMENTS, **lie) as server, few_of(tmp_path, targets, server) as few:
        if code:
            few.fail(code, *says)
        else:
            ended = few.succeed()
            assert all(text in ended.stderr for text in says)
            assert arrived(few, FEW)


def test_a_run_goes_on_with_the_server_that_it_began_with(targets: Cluster, tmp_path: Path) -> None:
    with LyingMongo("things", FEW_DOCUMENTS, ends_at=30) as server, few_of(tmp_path, targets, server) as few:
        few.fail(SOURCE)
        server.ends_at = None
        server.collection_id = b"\2" * 16
        few.fail(REFUSED, "uuid", "01" * 16, "02" * 16, "graduate run --restart things")
        server.collection_id = b"\1" * 16
        with LyingMongo("things", FEW_DOCUMENTS) as other:
            few.environment["CORE_URI"] = other.uri
            few.fail(REFUSED, "core.things is not the source that the run began with", "hosts")
        few.environment["CORE_URI"] = server.uri
        few.succeed()
        assert arrived(few, FEW)


def test_a_plan_without_mappings(targets: Cluster, server: MongoServer, tmp_path: Path) -> None:
    """The first records of a server are looked at, and no more of them are asked for than a page."""
    with things_of(tmp_path, targets, server, [f"{n:04}" for n in range(1100)]) as things, server.client() as client:
        client.things.things.insert_one({"_id": "9999", "late": 1})
        (things.files / "things.json").unlink()
        ended = graduate(things, "plan")
        things.complaint(ended, USAGE, "has no mapping files")
        listed = fields_of(ended.stdout, "core.things")
        assert listed == {"_id": "string never null", "n": "int never null", "text": "string never null"}
        assert any(line.split()[:2] == ["core.things", "1,101"] for line in ended.stdout.splitlines()), ended.stdout


# ---- what is beside documents ----------------------------------------------------------------------


def test_what_is_beside_documents(targets: Cluster, server: MongoServer, tmp_path: Path) -> None:
    """Of a server as of a dump: test_beside.c has all kinds."""
    with server.client() as client:
        client.drop_database("beside")
        database = client.beside
        database.things.insert_one({"_id": 1, "n": 1, "text": "a"})
        database.things.create_index([("n", 1), ("text", -1)], unique=True, sparse=True, name="both")
        database.things.create_index("at", expireAfterSeconds=60, name="old")
        database.create_collection("few", capped=True, size=4096, max=10)
        database.create_collection("strict", validator={"n": {"$gt": bson.Int64(5)}}, validationAction="warn")
        database.create_collection("german", collation={"locale": "de", "strength": 2})
        database.create_collection("shown", viewOn="things", pipeline=[{"$match": {"n": 1}}])
        database["photos.files"].insert_one({"_id": 1})
        database["photos.chunks"].insert_one({"_id": 1})
        database["system.js"].insert_one({"_id": "f"})
    with Small(tmp_path, targets, THINGS, CORE_URI=server.uri("beside")) as things:
        command = [PROGRAMS / "graduate-extract", "--project", things.project, "--source", "core", "--catalog"]
        printed = subprocess.run(command, env=things.environment, capture_output=True, check=True, timeout=60).stdout
    catalog = json.loads(printed)
    assert [entity["name"] for entity in catalog["entities"]] == [
        "few", "german", "photos.chunks", "photos.files", "strict", "things"
    ]  # fmt: skip
    assert {(thing["kind"], thing["name"]): (thing.get("entity"), thing.get("detail")) for thing in catalog["objects"]} == {
        ("capped", "few"): ("few", "at most 4096 bytes, 10 documents"),
        ("collation", "german"): ("german", "de, strength 2"),
        ("GridFS bucket", "photos"): ("photos.files", "files in photos.files, their content in photos.chunks"),
        ("validator", "strict"): ("strict", 'warn {"n":{"$gt":5}}'),
        ("view", "shown"): (None, 'of things: [{"$match":{"n":1}}]'),
        ("system collection", "system.js"): (None, "JavaScript functions that are stored in the server"),
        ("index", "both on things"): ("things", "n, text desc; unique; sparse"),
        ("index", "old on things"): ("things", "at; ttl 60 s"),
    }


# ---- getting in ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls() -> Iterator[MongoServer]:
    with MongoServer(tls=True) as made:
        yield made


def without(uri: str, *options: str) -> str:
    for option in options:
        uri = re.sub(rf"&{option}=[^&]*", "", uri)
    return uri


Door = Callable[[MongoServer, MongoServer], str]
DOORS: dict[str, tuple[Door, int, tuple[str, ...]]] = {
    "nobody there": (
        lambda server, tls: server.uri("shop", serverSelectionTimeoutMS="100").replace(f":{server.port}/", ":1/"),
        SOURCE, ("source core", "no server listens", "check host and port")),
    "a wrong password": (
        lambda server, tls: re.sub(r"rig:[^@]*@", "rig:open-sesame@", server.uri("shop")), SOURCE,
        ("source core", "does not accept user and password", "check user, password and authSource")),
    "no password": (
        lambda server, tls: re.sub(r"rig:[^@]*@", "", server.uri("shop")), SOURCE,
        ("source core", "does not allow this user to read", "give the URI a user")),
    "a password with a bare @": (
        lambda server, tls: re.sub(r"rig:[^@]*@", "rig:open@sesame:1@", server.uri("shop")), USAGE,
        ("source core", "no valid MongoDB URI", "percent-encoded")),
    "no such database": (
        lambda server, tls: server.uri("shpo"), SOURCE, ("the database shpo holds no collections", "capitals")),
    "no database": (lambda server, tls: server.uri(), USAGE, ("source core: no database is named", "/DATABASE")),
    "TLS where there is none": (
        lambda server, tls: server.uri("shop", tls="true", serverSelectionTimeoutMS="300", connectTimeoutMS="300"),
        SOURCE, ("source core", "tls=")),
    "no TLS where it is asked for": (
        lambda server, tls: without(tls.uri("shop", serverSelectionTimeoutMS="100"), "tls", "tlsCAFile"), SOURCE,
        ("source core", "hangs up", "tls=true")),
    "a certificate by nobody known": (
        lambda server, tls: without(tls.uri("shop", serverSelectionTimeoutMS="100"), "tlsCAFile"), SOURCE,
        ("source core", "no TLS connection could be made", "certificate")),
    "no certificate to verify by": (
        lambda server, tls: without(tls.uri("shop"), "tlsCAFile") + "&tlsCAFile=/no/such/file", SOURCE,
        ("source core", "/no/such/file", "No such file or directory")),
}  # fmt: skip


@pytest.fixture(scope="module")
def strayed(targets: Cluster, server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """A shop that is led to one wrong door after the other, always with the same run folder."""
    with shop_of(tmp_path_factory.mktemp("strayed"), targets) as made:
        server.restore(made.top / "dump", "shop")
        yield made


@pytest.mark.parametrize("name", DOORS)
def test_a_door_that_is_closed(strayed: Small, server: MongoServer, tls: MongoServer, name: str) -> None:
    door, code, says = DOORS[name]
    strayed.empty_target()
    strayed.environment["CORE_URI"] = door(server, tls)
    strayed.fail(code, *says)
    assert strayed.untouched()


def test_the_right_door_at_last(strayed: Small, server: MongoServer, shop_undisturbed: dict[str, str]) -> None:
    strayed.empty_target()
    strayed.environment["CORE_URI"] = server.uri("shop")
    strayed.succeed()
    assert strayed.checksums() == shop_undisturbed


def test_through_tls(shop_undisturbed: dict[str, str], targets: Cluster, tls: MongoServer, tmp_path: Path) -> None:
    with shop_of(tmp_path, targets) as shop:
        tls.restore(tmp_path / "dump", "shop")
        shop.environment["CORE_URI"] = tls.uri("shop")
        shop.succeed()
        assert shop.checksums() == shop_undisturbed
