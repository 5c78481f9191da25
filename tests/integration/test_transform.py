"""graduate-transform as a program: streams written by hand go in, and what comes out is looked at byte for byte."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.int64 import Int64

from tests.integration.complaint import DATA, SOURCE, USAGE, Complaint, complaint_of
from tests.integration.migration import PROGRAMS, Ended
from tests.integration.small_project import project, write_project
from tests.integration.stream_format import (HEAD, Frame, batch, documents, end, frame, frames, header, row, sections)

SOURCES = {
    "core": {"kind": "mongodb", "uri": "${CORE_URI}"},
    "sql": {"kind": "postgres", "uri": "${SQL_URI}"},
}
BOOKS = {
    "from": "core.books",
    "to": {
        "public.books": {
            "key": ["id"],
            "when": {"gone": None},
            "columns": {
                "id": {"from": "_id", "type": "integer"},
                "title": {"from": "title", "type": "text", "null": False},
                "extra": {"rest": True, "type": "jsonb"},
            },
        },
        "public.tags": {
            "each": "tags",
            "key": ["book", "n"],
            "columns": {
                "book": {"parent": "id"}, "n": {"position": True}, "tag": {"from": ".", "type": "varchar(3)"},
            },
        },
    },
}  # fmt: skip
SALES = {"from": "sql.sales", "to": {"public.sales": {"keep_shape": True, "columns": {"sum": {"type": "bigint"}}}}}
SALES_CATALOG = {
    "name": "sales",
    "columns": [
        {"name": "id", "type": "integer", "oid": 23, "not_null": True, "serial": True},
        {"name": "sum", "type": "integer", "oid": 23, "not_null": False, "serial": False},
    ],
    "key": ["id"],
}
HEADER = header(entity="books", source="core.books")
SALES_HEADER = header(entity="sales", source="sql.sales", kind="postgres", catalog=SALES_CATALOG)
BOOK = {"_id": 1, "title": "T"}
ONE = batch("books", 1, documents(BOOK))
INTEGER = [n.to_bytes(4, "big") for n in range(20)]


@pytest.fixture(scope="module")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transform") / "project"
    write_project(folder, {"project": project("test", SOURCES), "books": BOOKS, "sales": SALES})
    return folder


def transform(records: bytes, *arguments: str | Path, project: Path | None = None) -> tuple[Ended, bytes]:
    command = [PROGRAMS / "graduate-transform", *(["--project", project] if project else []), *arguments]
    done = subprocess.run(command, input=records, capture_output=True, timeout=60)
    return Ended(command, done.returncode, "", done.stderr.decode()), done.stdout


def rows_of(records: bytes, mappings: Path) -> list[Frame]:
    ended, rows = transform(records, project=mappings)
    assert ended.returncode == 0, ended.said
    assert ended.stderr == ""
    return list(frames(rows))


def refused(records: bytes, mappings: Path, code: int, *says: str) -> Complaint:
    ended, rows = transform(records, project=mappings)
    whole = []
    try:
        whole = list(frames(rows))
    except (AssertionError, bson.InvalidBSON):
        pytest.fail("what was written before is no stream")
    assert "E" not in [frame.type for frame in whole], "the rows end as if all were well"
    return complaint_of(ended, code, *says)


def test_rows_come_out_by_table(mappings: Path) -> None:
    books = [
        {"_id": 1, "title": "T", "tags": ["a", None, "b"]},
        {"_id": 2, "title": "", "gone": True, "tags": ["c"]},
        {"_id": 3, "title": "é", "more": {"x": 1}},
    ]
    head, rows, last = rows_of(HEADER + batch("books", 1, documents(*books), 3) + end(1, 3), mappings)
    assert [head.type, rows.type, last.type] == ["H", "B", "E"]
    assert [output["table"] for output in head.meta["outputs"]] == ["public.books", "public.tags", "graduate.losses"]
    books_out, tags_out, losses_out = head.meta["outputs"]
    assert books_out == {"table": "public.books", "columns": ["id", "title", "extra"],
                         "types": ["integer", "text", "jsonb"], "key": [0], "ledger": False}  # fmt: skip
    assert tags_out["types"] == ["integer", "integer", "varchar(3)"] and tags_out["key"] == [0, 1]
    assert losses_out["ledger"] and losses_out["columns"] == ["entity", "key", "path", "rule", "before", "after"]
    assert list(sections(rows.payload)) == [
        (0, 2, [[INTEGER[1], b"T", None], [INTEGER[3], "é".encode(), b'\x01{"more": {"x": 1}}']]),
        (1, 3, [[INTEGER[1], INTEGER[1], b"a"], [INTEGER[1], INTEGER[2], None], [INTEGER[1], INTEGER[3], b"b"]]),
    ]
    assert rows.meta["records"] == 3 and rows.meta["filtered"] == 1 and rows.meta["rejected"] == 0


def test_what_is_the_extractors_passes_unchanged(mappings: Path) -> None:
    """Entity, partition, numbers, position and catalog belong to others, whatever is in them."""
    position = {"_id": bson.Decimal128("1.0"), "deep": {"a": [None, bson.MinKey(), bson.Regex("x", "i")]}, "": b"\0"}
    catalog = {"name": "books", "estimate": 7}
    stream = (
        header(entity="books", source="core.books", catalog=catalog, partition=3)
        + batch("books", 41, documents(BOOK), position=position, partition=3)
        + batch("books", 42, documents(BOOK, BOOK), 2, position={}, partition=3)
        + end(42, 1000, position=position)
    )
    head, first, second, last = rows_of(stream, mappings)
    assert head.meta["stream"] == "rows" and head.meta["partition"] == 3 and head.meta["project"] == "test"
    assert json.loads(head.meta["catalog"]) == catalog
    for found, number, records in ((first, 41, 1), (second, 42, 2)):
        assert found.meta["entity"] == "books" and found.meta["partition"] == 3
        assert found.meta["batch"] == Int64(number) and found.meta["records"] == Int64(records)
    assert first.meta["position"] == position == last.meta["position"] and second.meta["position"] == {}
    assert last.meta["batches"] == 42 and last.meta["records"] == 1000


def test_losses_are_an_output(mappings: Path) -> None:
    _, first, second, _ = rows_of(
        HEADER + batch("books", 1, documents(BOOK | {"zero": [-0.0]})) + batch("books", 2, documents(BOOK)) + end(2, 2),
        mappings,
    )
    assert [section.output for section in sections(first.payload)] == [0, 2]
    assert list(sections(first.payload))[1].tuples == [
        [b"books", b"1", b"zero[0]", b"negative_zero", b"-0", b"0"],
    ]
    assert [section.output for section in sections(second.payload)] == [0], "a loss is told once"


def test_tables_keep_their_shape(mappings: Path) -> None:
    payload = row(INTEGER[1], (2**32 - 5).to_bytes(4, "big")) + row(INTEGER[2], None)
    head, rows, _ = rows_of(SALES_HEADER + batch("sales", 1, payload, 2) + end(1, 2), mappings)
    assert head.meta["outputs"][0]["types"] == ["integer", "bigint"] and head.meta["outputs"][0]["key"] == [0]
    assert list(sections(rows.payload)) == [(0, 2, [[INTEGER[1], (2**64 - 5).to_bytes(8, "big")], [INTEGER[2], None]])]


def test_nothing_is_something(mappings: Path) -> None:
    """An entity without a record, a batch whose records all are filtered."""
    assert [found.type for found in rows_of(HEADER + end(0, 0), mappings)] == ["H", "E"]
    gone = batch("books", 1, documents({"_id": 1, "gone": True}))
    _, rows, _ = rows_of(HEADER + gone + end(1, 1), mappings)
    assert rows.payload == b"" and rows.meta["filtered"] == 1


def test_a_compressed_stream_is_the_same_stream(mappings: Path) -> None:
    def packed(stream: bytes) -> bytes:
        return b"".join(frame(found.type, found.meta, found.payload, codec=1) for found in frames(stream))

    stream = HEADER + ONE + end(1, 1)
    assert rows_of(packed(stream), mappings) == rows_of(stream, mappings)


BAD_STREAMS: dict[str, tuple[bytes, int, tuple[str, ...]]] = {
    "nothing at all": (b"", SOURCE, ("the stream ends here, 0 of 32 bytes",)),
    "another file": (b"%PDF-1.7" + b" " * 100, SOURCE, ("frame 0 at byte 0", "no stream of graduate")),
    "half a head": (HEADER[:20], SOURCE, ("20 of 32 bytes into the frame",)),
    "half a header": (HEADER[:-1], SOURCE, ("the stream ends here",)),
    "no end": (HEADER + ONE, SOURCE, ("the stream ends here, 0 of 32 bytes", "frame 2")),
    "half a batch": (HEADER + ONE[:-3], SOURCE, ("the stream ends here", f"frame 1 at byte {len(HEADER)}")),
    "behind the end": (HEADER + end(0, 0) + b"x", SOURCE, ("behind the end frame",)),
    "two headers": (HEADER + HEADER, SOURCE, ("a second header", "frame 1")),
    "no header": (ONE, SOURCE, ("the first frame is not the header",)),
    "only an end": (end(0, 0), SOURCE, ("the first frame is not the header",)),
    "a changed byte": (HEADER + ONE[:-1] + b"\1" + end(1, 1), SOURCE, ("wrong checksum", f"byte {len(HEADER)}")),
    "newer framing": (frame("H", {}, magic=b"GRF2"), SOURCE, ("framing version '2'", "the graduate that wrote it")),
    "newer frames": (
        header(entity="books", source="core.books", version=3), SOURCE, ("the stream has version 3", "reads version 2"),
    ),
    "no zlib": (frame("H", {"a": 1}).replace(b"H\0", b"H\1", 1), SOURCE, ("wrong checksum",)),
    "rows": (header(entity="books", source="core.books", stream="rows"), USAGE, ("is a row stream already",)),
    "another kind of stream": (header(entity="books", source="core.books", stream="x"), SOURCE, ('no "stream"',)),
    "no entity": (frame("H", {"version": 2, "stream": "records"}), SOURCE, ('no "project"',)),
    "an unknown entity": (header(entity="book", source="core.books"), USAGE, ('"book"', 'did you mean "books"?')),
    "another project": (header(entity="books", source="core.books", project="other"), USAGE, ("of project other",)),
    "another source": (header(entity="books", source="core.tomes"), USAGE, ("the stream holds core.tomes",)),
    "another kind": (header(entity="books", source="core.books", kind="appwrite"), USAGE, ("(appwrite)",)),
    "a broken catalog": (frame("H", next(frames(HEADER)).meta | {"catalog": "{"}), USAGE, ("this is not JSON",)),
    "no catalog of the table": (
        header(entity="sales", source="sql.sales", kind="postgres", catalog={"name": "sold"}), USAGE,
        ("has no table sales",),
    ),
    "a batch without a number": (
        HEADER + frame("B", {"entity": "books", "partition": 0, "records": Int64(1), "position": {}}), SOURCE,
        ('no "batch"',),
    ),
    "a batch of negative size": (HEADER + batch("books", 1, b"", -1), SOURCE, ('no "records"',)),
    "an end without totals": (HEADER + frame("E", {}), SOURCE, ('no "batches"',)),
    "too many records": (HEADER + batch("books", 1, documents(BOOK), 2) + end(1, 2), SOURCE,
                         ("it holds 1 records and says 2", "frame 1")),
    "too few records": (HEADER + batch("books", 1, documents(BOOK, BOOK), 1), SOURCE, ("holds 2 records and says 1",)),
    "an empty batch": (HEADER + batch("books", 1, b"", 1), SOURCE, ("holds 0 records and says 1",)),
}  # fmt: skip

BAD_DOCUMENTS: dict[str, tuple[bytes, int, tuple[str, ...]]] = {
    "longer than it is": (b"\x0a\0\0\0\0", SOURCE, ("document 1 lies about its length", "frame 2")),
    "longer than all": (b"\xff\xff\xff\x7f" + bytes(20), SOURCE, ("document 1 lies about its length",)),
    "negative": (b"\xff\xff\xff\xff" + bytes(20), SOURCE, ("document 1 lies about its length",)),
    "shorter than any": (b"\4\0\0\0" + bytes(4), SOURCE, ("document 1 lies about its length",)),
    "bytes behind it": (documents(BOOK) + b"\0\0", SOURCE, ("document 2 lies about its length",)),
    "shorter than it is": (bytes([len(documents(BOOK)) - 1]) + documents(BOOK)[1:], SOURCE, ("damaged",)),
    "no end": (b"\x05\0\0\0\x01", SOURCE, ("damaged",)),
    "an end before the end": (b"\x0d\0\0\0\x10_id\0\0\0\0\0"[:-1] + b"\0\0", SOURCE, ("damaged",)),
    "a field too long": (b"\x12\0\0\0\x02title\0\x40\0\0\0\0\0", SOURCE, ("damaged",)),
    "an unknown type": (b"\x0d\0\0\0\x77title\0\0\0", SOURCE, ("damaged",)),
    "inside": (bson.encode({"x": {"y": 1}}).replace(b"\x0c\0\0\0", b"\x0b\0\0\0"), SOURCE, ("damaged",)),
    "a long text": (documents(BOOK | {"tags": ["abcd"]}), DATA, ("too long", "key 1", "at tags", "entity books")),
    "a missing title": (documents({"_id": 7}), DATA, ("title must not be null", "key 7", "is absent")),
    "a NUL": (documents({"_id": 7, "title": "a\0b"}), DATA, ("NUL", "key 7", "at title")),
    "a key that is no UTF-8": (
        documents({"_id": 7, "title": "", "xy": -0.0}).replace(b"xy", b"x\xff"), DATA, ("UTF-8", "key 7"),
    ),
    "another type": (documents({"_id": "a", "title": "T"}), DATA, ('the text "a" does not fit', "key a", "at _id")),
}  # fmt: skip

BAD_ROWS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "cut off": (row(INTEGER[1], INTEGER[2])[:-1], ("a row of sales is cut off", "entity sales")),
    "one byte": (b"\0", ("a row of sales is cut off",)),
    "too few fields": (row(INTEGER[1]), ("another number of fields",)),
    "too many fields": (row(INTEGER[1], None, None), ("another number of fields",)),
    "a trailer of COPY": (b"\xff\xff", ("another number of fields",)),
    "another width": (row(INTEGER[1], b"\0\0\0"), ("a field of 3 bytes", "key id 1", "at sum")),
    "a length beyond the end": (b"\0\2\0\0\0\4\0\0\0\1\x7f\xff\xff\xff", ("cut off",)),
    "a negative length": (b"\0\2\0\0\0\4\0\0\0\1\xff\xff\xff\xfe", ("cut off",)),
}


@pytest.mark.parametrize("name", BAD_STREAMS)
def test_a_bad_stream_is_named(mappings: Path, name: str) -> None:
    stream, code, says = BAD_STREAMS[name]
    refused(stream, mappings, code, *says)


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_bad_document_is_named(mappings: Path, name: str) -> None:
    payload, code, says = BAD_DOCUMENTS[name]
    refused(HEADER + ONE + batch("books", 2, payload) + end(2, 2), mappings, code, *says)


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_named(mappings: Path, name: str) -> None:
    payload, says = BAD_ROWS[name]
    refused(SALES_HEADER + batch("sales", 1, payload) + end(1, 1), mappings, SOURCE, *says)


def test_every_cut_and_every_changed_byte_is_found(mappings: Path) -> None:
    """At each of some two dozen places; the unit tests of the stream try every one."""
    stream = HEADER + ONE + end(1, 1)
    for at in range(0, len(stream), 37):
        refused(stream[:at], mappings, SOURCE)
        refused(stream[:at] + bytes([stream[at] ^ 0x10]) + stream[at + 1 :], mappings, SOURCE)


def test_a_lying_length_costs_no_memory(mappings: Path) -> None:
    """A head that promises a gigabyte, with nothing behind it."""
    head = HEAD.pack(b"GRF1", b"B", 0, 5, 2**30, 2**30 + 5, 0)
    refused(HEADER + head, mappings, SOURCE, "the stream ends here")


def test_errors_are_one_line_of_json(mappings: Path) -> None:
    stream = HEADER + batch("books", 1, documents({"_id": "é\n", "title": 1}).replace(b"title", b"t\xff\ntl"))
    ended, _ = transform(stream + end(1, 1), "--log-format", "json", project=mappings)
    line = json.loads(ended.stderr)
    assert ended.returncode == DATA
    assert line["level"] == "error" and line["code"] == "data" and line["entity"] == "books"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], ("which project? give --project P",)),
        (["--project", "nowhere"], ('there is no project "nowhere"',)),
        (["--projekt", "x"], ("--projekt",)),
        (["--log-format", "xml", "--project", "x"], ("text or json",)),
        (["--project", "x", "--check"], ("--check needs --catalogs",)),
    ],
)
def test_a_wrong_command_line_is_named(arguments: list[str], says: tuple[str, ...]) -> None:
    ended, rows = transform(HEADER, *arguments)
    assert ended.returncode == USAGE and rows == b""
    assert all(part in ended.stderr for part in says), ended.stderr


def test_a_mapping_that_cannot_be_is_named_before_a_row(mappings: Path, tmp_path: Path) -> None:
    spoiled: dict[str, Any] = json.loads(json.dumps(BOOKS))
    spoiled["to"]["public.books"]["columns"]["title"]["default"] = 7
    write_project(tmp_path / "spoiled", {"project": project("test", SOURCES), "books": spoiled})
    ended, rows = transform(HEADER + ONE + end(1, 1), project=tmp_path / "spoiled")
    assert ended.returncode == USAGE and rows == b""
    assert "books.json: /to/public.books/columns/title: the int64 7 does not fit the type text" in ended.stderr


CHECKS = {
    "all well": ({}, {}, None),
    "a constant that does not fit": (
        {"tax": {"const": "much", "type": "bigint"}}, {}, 'sales.json: /to/public.sales/columns/tax: the text "much"'),
    "a conversion that is not there": (
        {"sum": {"type": "uuid"}}, {}, "sales.json: /to/public.sales/columns/sum/type: the source's integer does not become uuid"),
    "a table that is not there": ({}, {"name": "sold"}, "sales.json: /from: the catalog of sql has no sales"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_mappings_are_checked_before_there_is_a_stream(tmp_path: Path, name: str) -> None:
    columns, described, says = CHECKS[name]
    sales = {"from": "sql.sales", "to": {"public.sales": {"keep_shape": True, "columns": columns}}}
    write_project(tmp_path / "project", {"project": project("test", SOURCES), "books": BOOKS, "sales": sales})
    entities = {"core": {"name": "books"}, "sql": SALES_CATALOG | described}
    for source, entity in entities.items():
        catalog = {"source": source, "kind": SOURCES[source]["kind"], "version": "16", "entities": [entity]}
        (tmp_path / f"{source}.json").write_text(json.dumps(catalog))
    ended, rows = transform(b"", "--check", "--catalogs", tmp_path, project=tmp_path / "project")
    assert rows == b""
    if says is None:
        assert (ended.returncode, ended.stderr) == (0, "")
    else:
        complaint_of(ended, USAGE, says)


def test_the_reader_may_go(mappings: Path) -> None:
    """When the loader dies, the transformer ends with an error of its own, not by a signal."""
    program = subprocess.Popen(
        [PROGRAMS / "graduate-transform", "--project", mappings],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert program.stdin and program.stdout and program.stderr
    program.stdout.close()
    try:
        program.stdin.write(HEADER + ONE + end(1, 1))
        program.stdin.close()
    except BrokenPipeError:
        pass
    assert program.wait(timeout=60) == SOURCE
    assert b"error" in program.stderr.read()
    program.stderr.close()
