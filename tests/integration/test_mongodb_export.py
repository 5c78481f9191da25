"""Exports of MongoDB beside the dump folder: mongoexport's JSON in each of its forms, mongodump's archives."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import DBRef, Decimal128, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.code import Code
from bson.int64 import Int64

from tests.integration.complaint import REFUSED, SOURCE, complaint_of
from tests.integration.export_files import MAGIC, OPTIONS, SHAPES, TERMINATOR, archived, block, crc64, exported, prelude
from tests.integration.migration import PROGRAMS, ROOT, Ended
from tests.integration.small_project import AUTHORS, BOOKS, Small, author, book, encoded, project, shop_of, write_project
from tests.integration.stream_format import Frame, frames
from tests.rig.postgres import Cluster

# One field of each type, with what is easily lost on the way.
TYPES: dict[str, Any] = {
    "oid": ObjectId("5f0c8a1b2c3d4e5f60718293"), "int": -5, "long": Int64(2**60), "double": 5.0, "half": -0.5, "zero": -0.0,
    "infinity": float("-inf"), "text": 'böä "\\ \x00 \u2028 {[,', "symbol-like": "$oid", "time": datetime(2020, 1, 2, 3, 4, 5, 678000, UTC),
    "before": datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), "binary": Binary(b"\x01\x02\xff", 5), "old": Binary(b"xyz", 2),
    "uuid": Binary(bytes(range(16)), 4), "null": None, "list": [1, [2.5, {"x": True}], []], "decimal": Decimal128("1.10"),
    "pattern": Regex('a/"b', "im"), "stamp": Timestamp(2**32 - 1, 7), "least": MinKey(), "most": MaxKey(), "code": Code("f()\x00g"),
    "scoped": Code("g()", {"a": 1}), "reference": DBRef("authors", 5, "shop"), "query": {"$type": "string", "$regex": "a"},
    "": {"": {}}, "a.b": {"$c": 1},
}  # fmt: skip
DOCUMENTS = [{"_id": n} | TYPES | {"text": str(n) * n} for n in range(24)]
PROJECT = {
    "project": project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
    "things": {
        "from": "core.things",
        "to": {"public.things": {"key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}, "rest": {"rest": True, "type": "jsonb"}}}},
    },
}  # fmt: skip


class Export:
    """A source that is files, and what graduate-extract says of it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.folder = top / "dump"
        self.folder.mkdir()
        self.uri = f"file:{self.folder}"
        self.project = top / "project"
        write_project(self.project, PROJECT)

    def put(self, name: str, content: bytes) -> None:
        for file in self.folder.iterdir():
            file.unlink()
        (self.folder / name).write_bytes(content)
        self.uri = f"file:{self.folder}" if ".archive" not in name else f"file:{self.folder / name}"

    def call(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [PROGRAMS / "graduate-extract", "--project", str(self.project), *arguments]
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"CORE_URI": self.uri}, capture_output=True, timeout=60)

    def batches(self, *arguments: str) -> list[Frame]:
        done = self.call("--entity", "things", *arguments)
        assert done.returncode == 0, done.stderr.decode()
        return [frame for frame in frames(done.stdout) if frame.type == "B"]

    def content(self, *arguments: str) -> bytes:
        return b"".join(batch.payload for batch in self.batches(*arguments))

    def fail(self, code: int, *says: str, arguments: tuple[str, ...] = ("--entity", "things")) -> None:
        done = self.call(*arguments)
        complaint_of(Ended(done.args, done.returncode, "", done.stderr.decode()), code, *says, secrets=())

    def entities(self) -> dict[str, dict[str, Any]]:
        done = self.call("--source", "core", "--catalog")
        assert done.returncode == 0, done.stderr.decode()
        return {entity["name"]: entity for entity in json.loads(done.stdout)["entities"]}

    def count(self) -> int:
        done = self.call("--source", "core", "--count")
        assert done.returncode == 0, done.stderr.decode()
        return int(json.loads(done.stdout)["entities"][0]["records"])

    def goes_on(self, whole: bytes) -> None:
        """From behind each batch what is left comes, and the same position at the end."""
        batches = self.batches("--batch-bytes", "1K")
        assert len(batches) > 5 and b"".join(batch.payload for batch in batches) == whole
        records = 0
        for n, batch in enumerate(batches, 1):
            records += batch.meta["records"]
            (self.top / "after").write_bytes(bson.encode(batch.meta["position"]))
            arguments = ("--after", str(self.top / "after"), "--after-batch", str(n), "--after-records", str(records))
            rest = self.batches("--batch-bytes", "1K", *arguments)
            assert [batch.payload for batch in rest] == [batch.payload for batch in batches[n:]]
            assert [batch.meta["position"] for batch in rest] == [batch.meta["position"] for batch in batches[n:]]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def relaxed(value: Any) -> Any:
    """What the relaxed form keeps of a value: a whole number is as short as it can be."""
    match value:
        case dict():
            return {name: relaxed(item) for name, item in value.items()}
        case list():
            return [relaxed(item) for item in value]
        case Int64():
            return int(value)
    return value


# ---- mongoexport ------------------------------------------------------------------------------------

FILES = {"things.json": bytes, "things.jsonl": bytes, "things.ndjson.gz": gzip.compress, "things.json.gz": gzip.compress}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", OPTIONS)
def test_every_type_in_every_form(export: Export, form: str, shape: str) -> None:
    kept = DOCUMENTS if form == "canonical" else [relaxed(document) for document in DOCUMENTS]
    export.put("things.json", exported(kept, form, shape))
    assert export.content() == encoded(kept)


@pytest.mark.parametrize(("name", "pack"), FILES.items())
@pytest.mark.parametrize("shape", SHAPES)
def test_goes_on_from_anywhere(export: Export, name: str, pack: Callable[[bytes], bytes], shape: str) -> None:
    export.put(name, pack(exported(DOCUMENTS, "canonical", shape)))
    export.goes_on(encoded(DOCUMENTS))
    assert export.count() == len(DOCUMENTS)
    entity = export.entities()["things"]
    assert (entity["estimate"], entity["exact"]) == (len(DOCUMENTS), True)


# Forms of version 1 that no writer at hand has, and others that are the same value.
SAME: dict[str, tuple[str, Any]] = {
    "a date of milliseconds": ('{"$date": -1500}', datetime(1969, 12, 31, 23, 59, 58, 500000, UTC)),
    "a date as a long": ('{"$date": {"$numberLong": "253402300800000"}}', bson.DatetimeMS(253402300800000)),
    "a date of mongoexport 3": ('{"$date":"2014-02-28T23:59:59.123+0000"}', datetime(2014, 2, 28, 23, 59, 59, 123000, UTC)),
    "a date of elsewhere": ('{"$date":"2014-03-01T01:29:59.120-05:30"}', datetime(2014, 3, 1, 6, 59, 59, 120000, UTC)),
    "a date of the year 0": ('{"$date":"0000-02-29T00:00:00Z"}', bson.DatetimeMS(-62162121600000)),
    "the last date": ('{"$date":"9999-12-31T23:59:59.999000Z"}', bson.DatetimeMS(253402300799999)),
    "a subtype as a number": ('{"$type": 5, "$binary": "AQI="}', Binary(b"\1\2", 5)),
    "a subtype of one digit": ('{"$binary": {"subType": "5", "base64": "AQI="}}', Binary(b"\1\2", 5)),
    "a uuid": ('{"$uuid": "00010203-0405-0607-0809-0A0B0C0D0E0F"}', Binary(bytes(range(16)), 4)),
    "a pattern": ('{"$options": "mi", "$regex": "^a"}', Regex("^a", "im")),
    "undefined": ('{"$undefined": true}', None),
    "an infinity without quotes": ("-Infinity", float("-inf")),
    "a name with an escape": ('{"\\u0024oid": "5f0c8a1b2c3d4e5f60718293"}', ObjectId("5f0c8a1b2c3d4e5f60718293")),
    "a whole number beyond 64 bits": ("123456789012345680000", 123456789012345680000.0),
    "a double of twenty digits": ("0.10000000000000000555", 0.1),
    "an exponent": ("1E+22", 1e22),
    "a long of 32 bits": ("2147483648", Int64(2147483648)),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_same_in_another_form(export: Export, name: str) -> None:
    text, value = SAME[name]
    export.put("things.json", f'{{"_id": 1, "v": {text}}}'.encode())
    wanted = bson.encode({"_id": 1, "v": value})
    assert export.content() == (wanted.replace(b"\x0av\0", b"\x06v\0") if name == "undefined" else wanted)


OID = b'{"$oid": "5f0c8a1b2c3d4e5f60718293"}'
# What a file must not hold, and what is said of it: always the line and the byte.
DAMAGED: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "cut off in a document": (b'{"_id": 1}\n{"_id": 2, "a": [1, ', ("line 2: document 2 at byte 31", "a value expected")),
    "cut off in a text": (b'{"_id": 1}\n{"_id": "x', ("line 2: document 2 at byte 20", "has no end")),
    "cut off in an array": (b'[{"_id": 1},\n{"_id": 2}', ("line 2: document 3 at byte 23", "ends within the array")),
    "cut off behind a comma": (b'[{"_id": 1},', ("line 1: document 2 at byte 12", "ends within the array")),
    "an array that is not opened": (b'{"_id": 1},\n{"_id": 2}', ("line 1: document 2 at byte 10", "a document begins with")),
    "something behind the array": (b'[{"_id": 1}]\n{"_id": 2}', ("line 2: document 2 at byte 13", "follows the array")),
    "an array without commas": (b'[{"_id": 1}\n{"_id": 2}]', ("line 2: document 2 at byte 12", "',' or ']'")),
    "a quote that is missing": (b'{"_id": 1}\n{"_id": 2, "a": "x}\n{"_id": 3}\n', ("line 2: document 2 at byte 30", "control character")),
    "a brace that is missing": (b'{"_id": 1}\n{"_id": 2\n{"_id": 3}\n', ("line 3: document 2 at byte 21", "',' or '}'")),
    "a number": (b"5\n", ("line 1: document 1 at byte 0", "a document begins with")),
    "a list in the array": (b"[[]]", ("line 1: document 1 at byte 1", "a document begins with")),
    "CSV": (b"_id,a\n1,2\n", ("line 1: document 1 at byte 0",)),
    "the shell's own": (b'{"_id": ObjectId("5f0c8a1b2c3d4e5f60718293")}', ("line 1: document 1 at byte 8", "a value expected")),
    "UTF-16": ("\ufeff{}".encode("utf-16-le"), ("line 1: document 1 at byte 0",)),
    "Latin 1": (b'{"_id": 1}\n{"a": "\xe4"}', ("line 2: document 2 at byte 18", "0xe4 is no UTF-8")),
    "a NUL": (b'{"_id": 1}\n\0', ("line 2: document 2 at byte 11", "a NUL")),
    "a key twice": (b'{"_id": 1, "a": {"b": 1, "b": 2}}', ("line 1: document 1", "this key twice", "at a.b")),
    "a key with NUL": (b'{"a\\u0000": 1}', ("line 1: document 1 at byte 1", "a key holds NUL")),
    "a short id": (b'{\n"a": {"$oid": "5f"}}', ("line 2: document 1 at byte 7", "$oid is not 24", "at a")),
    "more than a value": (b'{"a": {"$numberInt": "5", "b": 1}}', ("line 1: document 1 at byte 6", "does not belong")),
    "too large an integer": (b'{"a": {"$numberInt": "2147483648"}}', ("byte 6", "32 bits")),
    "too large a long": (b'{"a": {"$numberLong": "9223372036854775808"}}', ("byte 6", "64 bits")),
    "a number that no type holds": (b'{"a": 12345678901234567891}', ("byte 6", "neither 64 bits nor a double")),
    "a number beyond doubles": (b'{"a": 1e400}', ("byte 6", "neither 64 bits nor a double")),
    "a number below doubles": (b'{"a": {"$numberDouble": "1e-400"}}', ("byte 6", "$numberDouble")),
    "a date without its zone": (b'{"a": {"$date": "2020-01-01T00:00:00"}}', ("byte 6", "$date")),
    "a date that is none": (b'{"a": {"$date": "2021-02-29T00:00:00Z"}}', ("byte 6", "$date")),
    "a date of microseconds": (b'{"a": {"$date": "2020-01-01T00:00:00.000001Z"}}', ("byte 6", "$date")),
    "bits behind the base64": (b'{"a": {"$binary": {"base64": "AQJ=", "subType": "00"}}}', ("byte 6", "no base64")),
    "nested too deeply": (b'{"a":' * 104 + b"1" + b"}" * 104, ("nested deeper",)),
    "gzip that is cut off": (gzip.compress(b'{"_id": 1}\n' * 9)[:-9], ("the gzip data is cut off",)),
    "nothing at all, gzipped": (b"", ("the gzip data is cut off",)),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_named(export: Export, name: str) -> None:
    content, says = DAMAGED[name]
    export.put("things.json.gz" if "gzip" in name else "things.json", content)
    export.fail(SOURCE, "things.json", *says)


def test_what_is_before_the_damage_is_delivered(export: Export) -> None:
    export.put("things.json", exported(DOCUMENTS, "canonical", "array")[:-9])
    done = export.call("--entity", "things", "--batch-bytes", "1")
    assert done.returncode == SOURCE
    assert b"".join(f.payload for f in frames(done.stdout) if f.type == "B") == encoded(DOCUMENTS[:-1])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"[]", b"[ ]\n", b"\xef\xbb\xbf[\n]\n"])
def test_nothing_is_in_it(export: Export, content: bytes) -> None:
    export.put("things.json", content)
    assert export.content() == b"" and export.count() == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mark_in_front(export: Export, shape: str) -> None:
    export.put("things.json", b"\xef\xbb\xbf \n" + exported(DOCUMENTS, "canonical", shape))
    export.goes_on(encoded(DOCUMENTS))


def test_deep_documents(export: Export) -> None:
    """A hundred levels, with a value in the deepest that has objects of its own."""
    deep: Any = Code("f()", {})
    for _ in range(99):
        deep = {"a": deep}
    export.put("things.json", exported([deep], "canonical", "lines"))
    assert export.content() == bson.encode(deep)


def test_a_large_document(export: Export) -> None:
    large = {"_id": 1, "text": "\x01\u00e4" * (5 << 20)}
    export.put("things.json", exported([large, {"_id": 2}], "canonical", "array"))
    assert export.content() == encoded([large, {"_id": 2}])
    export.put("things.json", b'{"_id": 1, "text": "' + b"a" * ((16 << 20) + (16 << 10)) + b'"}')
    export.fail(SOURCE, "larger than any document")


def test_another_file_under_a_begun_run(export: Export) -> None:
    export.put("things.json", exported(DOCUMENTS, "canonical", "lines"))
    (export.top / "after").write_bytes(bson.encode(export.batches("--batch-bytes", "1K")[2].meta["position"]))
    other = exported([{"_id": 99}, *DOCUMENTS[1:]], "canonical", "lines")
    for content, says in ((other, "have changed"), (other[:50], "it ends after 50 bytes")):
        (export.folder / "things.json").write_bytes(content)
        arguments = ("--entity", "things", "--after", str(export.top / "after"), "--after-batch", "3")
        export.fail(REFUSED, "things.json is not the one that the run began with", says, arguments=arguments)


def test_both_forms_of_one_collection(export: Export) -> None:
    """Refused by name; others of the folder are read."""
    export.put("things.json", exported(DOCUMENTS, "canonical", "lines"))
    (export.folder / "other.bson").write_bytes(encoded(DOCUMENTS))
    assert export.content() == encoded(DOCUMENTS) and set(export.entities()) == {"things", "other"}
    (export.folder / "things.bson").write_bytes(encoded(DOCUMENTS))
    export.fail(SOURCE, "things.json", "things.bson", "both there for one collection")


# ---- archives ---------------------------------------------------------------------------------------

NEIGHBOURS = {"shop.a": DOCUMENTS[:3], "shop.things": DOCUMENTS, "shop.z": DOCUMENTS * 3}


def test_the_checksum() -> None:
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("interleaved", [0, 1, 5])
def test_an_archive(export: Export, interleaved: int, pack: Callable[[bytes], bytes]) -> None:
    export.put("all.archive", pack(archived(NEIGHBOURS, interleaved=interleaved)))
    export.goes_on(encoded(DOCUMENTS))
    assert export.count() == len(DOCUMENTS)
    assert {name: entity["estimate"] for name, entity in export.entities().items()} == {"a": 3, "things": 24, "z": 72}


def test_an_archive_by_any_name(export: Export) -> None:
    (export.folder / "core").write_bytes(archived(NEIGHBOURS))
    export.uri = f"file:{export.folder / 'core'}"
    assert export.content() == encoded(DOCUMENTS)
    export.uri = f"file:{export.folder}"
    export.fail(SOURCE, "holds no collection", f"write file:{export.folder / 'core'} to read that archive")


def test_what_is_beside_the_documents(export: Export) -> None:
    metadata = {
        "shop.things": {"indexes": [{"v": 2, "key": {"a": 1}, "name": "a_1"}], "uuid": "ab" * 16},
        "shop.view": {"type": "view", "options": {"viewOn": "things"}}, "shop.t": {"type": "timeseries", "options": {"timeseries": {"timeField": "t"}}},
    }  # fmt: skip
    databases = {**NEIGHBOURS, "shop.view": [], "shop.t": []}
    export.put("all.archive", archived(databases, metadata=metadata).replace(b"system.buckets.", b""))
    done = export.call("--source", "core", "--catalog")
    catalog = json.loads(done.stdout)
    assert {entity["name"] for entity in catalog["entities"]} == {"a", "t", "things", "z"}
    assert {(o["kind"], o["name"]) for o in catalog["objects"]} == {("index", "a_1 on things"), ("view", "view"), ("time-series", "t")}


def test_several_databases(export: Export) -> None:
    databases = NEIGHBOURS | {"blog.things": DOCUMENTS[:2], "admin.system.version": [{"_id": "x"}]}
    export.put("all.archive", archived(databases, interleaved=2))
    export.fail(SOURCE, "several databases: shop, blog", '"database" of the source')
    for name, documents in (("shop", DOCUMENTS), ("blog", DOCUMENTS[:2])):
        (export.project / "project.json").write_text(json.dumps(
            project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}", "database": name}})))  # fmt: skip
        assert export.content() == encoded(documents)
    (export.project / "project.json").write_text(json.dumps(
        project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}", "database": "shopp"}})))  # fmt: skip
    export.fail(SOURCE, "holds no database shopp", "did you mean shop?")


def test_an_oplog_in_it(export: Export) -> None:
    entry = {"ts": Timestamp(1, 1), "op": "i", "ns": "shop.things", "o": {}}
    export.put("all.archive", archived(NEIGHBOURS | {".oplog": [entry, entry | {"ns": "blog.things"}]}))
    done = export.call("--source", "core", "--catalog")
    assert b"has an oplog" in done.stderr and b"1 entry of this database" in done.stderr
    assert export.content() == encoded(DOCUMENTS)


WHOLE = archived(NEIGHBOURS, interleaved=4)
HEAD = prelude(NEIGHBOURS, {})
CONTENT = encoded(DOCUMENTS)
UNSOUND = b"\x0c\0\0\0\x10a\0\1\0\0\0\1"
# What must not be in an archive, and what is said of it.
BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "it ends too early, at byte 0"),
    "another magic": (b"\x6d\xe2\x99\x82" + WHOLE[4:], "does not begin as an archive"),
    "cut off in its prelude": (WHOLE[:300], "it ends"),
    "cut off between blocks": (HEAD + block("shop.things", CONTENT), "it ends before the collection does"),
    "cut off in a block": (HEAD + block("shop.things", CONTENT)[:-4], "it ends within a block"),
    "cut off in a document": (HEAD + block("shop.things", CONTENT)[:-9], "it ends too early"),
    "cut off in a block of another": (HEAD + block("shop.things", CONTENT) + block("shop.a", CONTENT)[:-100], "it ends too early"),
    "a collection without a block": (HEAD, "it ends before the collection does"),
    "another checksum": (HEAD + block("shop.things", CONTENT) + block("shop.things", end=True, crc=crc64(CONTENT) ^ 1), "the checksum"),
    "a bit that fell over": (WHOLE.replace(b"g()\0", b"h()\0"), "the checksum of the collection"),
    "a block without a header": (HEAD + TERMINATOR + block("shop.things", CONTENT), "a block has no header"),
    "a length that none has": (HEAD + block("shop.things", b"\4\0\0\0"), "neither a document nor the end of a block"),
    "a header of nothing": (HEAD + bson.encode({"a": 1}) + TERMINATOR, "does not say of what it is"),
    "a document that is unsound": (HEAD + block("shop.things", UNSOUND) + block("shop.things", end=True, crc=crc64(UNSOUND)), "document 1 at byte 0 of the collection"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive(export: Export, name: str) -> None:
    content, says = BROKEN[name]
    export.put("all.archive", content)
    export.fail(SOURCE, "all.archive", says)
    export.put("all.archive", gzip.compress(content))
    export.fail(SOURCE, "all.archive", says.replace("of the archive", "of the uncompressed archive"))


def test_every_cut_of_an_archive(export: Export) -> None:
    """Wherever it is cut, the collection does not pass as whole, until its end is there."""
    small = archived({"shop.things": DOCUMENTS[:1], "shop.z": DOCUMENTS[:1]}, interleaved=1)
    end = small.index(bson.encode({"db": "shop", "collection": "z", "EOF": True, "CRC": Int64(0)})[4:-13], len(MAGIC)) - 4 - 4
    for length in [*range(0, end, 97), end - 1]:
        export.put("all.archive", small[:length])
        export.fail(SOURCE, "all.archive")
    export.put("all.archive", small)
    assert export.content() == encoded(DOCUMENTS[:1])


# ---- whole migrations --------------------------------------------------------------------------------


def as_json(shop: Small) -> str:
    folder = shop.top / "dump"
    for file in folder.iterdir():
        file.unlink()
    (folder / "authors.json").write_bytes(exported(map(author, range(len(AUTHORS))), "relaxed", "array"))
    (folder / "books.jsonl.gz").write_bytes(gzip.compress(exported(map(book, range(len(BOOKS))), "legacy", "lines")))
    return f"file:{folder}"


def as_archive(shop: Small) -> str:
    path = shop.top / "dump" / "shop.archive"
    databases = {"shop.books": [book(n) for n in range(len(BOOKS))], "shop.authors": [author(n) for n in range(len(AUTHORS))]}
    path.write_bytes(gzip.compress(archived(databases, interleaved=7)))
    return f"file:{path}"


@pytest.mark.parametrize("form", [as_json, as_archive], ids=["mongoexport", "archive"])
@pytest.mark.parametrize("point", ["", "load.after_commit:2", "extract.batch_sent:2"])
def test_the_same_rows_as_of_a_dump(
    tmp_path: Path, targets: Cluster, shop_undisturbed: dict[str, str], form: Callable[[Small], str], point: str
) -> None:
    with shop_of(tmp_path, targets) as shop:
        shop.environment["CORE_URI"] = form(shop)
        if point:
            assert shop.run(GRADUATE_CRASH_AT=point).returncode != 0
        shop.succeed()
        assert shop.checksums() == shop_undisturbed
        verified = shop.run("verify", "--run-dir", str(shop.folder), "--source")
        assert verified.returncode == 0, verified.said
        again = shop.run(*shop.run_arguments(), "--restart", "books")
        assert again.returncode == 0, again.said
        assert shop.checksums() == shop_undisturbed
