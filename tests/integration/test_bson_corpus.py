"""The published BSON corpus, case by case: what becomes of each in a dump, in mongoexport's JSON and in Postgres.

The vectors come with the source distribution of pymongo, which pip brings into build/corpus once. Without it, and
without a network, these tests skip, and say so.
"""

from __future__ import annotations

import base64
import fcntl
import json
import subprocess
import sys
import tarfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import bson
import pytest

from tests.integration.complaint import DATA, SOURCE
from tests.integration.migration import PROGRAMS, ROOT
from tests.integration.small_project import Small, project, write_project
from tests.integration.test_mongodb_export import Export
from tests.rig.postgres import Cluster

RELEASE = "pymongo-4.10.1"
FOLDER = f"{RELEASE}/test/bson_corpus/"
CACHE = ROOT / "build" / "corpus"


class Case(NamedTuple):
    file: str
    name: str
    vector: dict[str, Any]


def fetch() -> Path:
    """The distribution; whoever comes first brings it."""
    path = CACHE / f"{RELEASE}.tar.gz"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", "pymongo", "--no-deps", "--dest", str(CACHE)]
            done = subprocess.run([*command, RELEASE.replace("-", "==")], capture_output=True, text=True)
            if done.returncode != 0 or not path.exists():
                warnings.warn(f"THE BSON CORPUS CANNOT BE HAD, SO IT IS NOT TESTED: {done.stderr.strip()[-500:]}", stacklevel=1)
                pytest.skip("the BSON corpus cannot be had: no network?")
    return path


@pytest.fixture(scope="module")
def corpus() -> dict[str, dict[str, Any]]:
    """By file, without .json."""
    with tarfile.open(fetch()) as archive:
        files = {member.name.removeprefix(FOLDER): archive.extractfile(member) for member in archive if member.name.startswith(FOLDER)}
        return {name.removesuffix(".json"): json.load(file) for name, file in files.items() if file is not None and name.endswith(".json")}


def cases(corpus: dict[str, dict[str, Any]], kind: str) -> list[Case]:
    return [Case(file, vector["description"], vector) for file, content in sorted(corpus.items()) for vector in content.get(kind, [])]


def content(case: Case) -> bytes:
    return bytes.fromhex(case.vector["canonical_bson"])


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def documents(stream: bytes) -> Iterator[bytes]:
    while stream:
        length = int.from_bytes(stream[:4], "little")
        yield stream[:length]
        stream = stream[length:]


def test_all_of_it_is_here(corpus: dict[str, dict[str, Any]]) -> None:
    assert {kind: len(cases(corpus, kind)) for kind in ("valid", "decodeErrors", "parseErrors")} == {
        "valid": 724, "decodeErrors": 75, "parseErrors": 180
    }  # fmt: skip
    assert len(corpus) == 31


# ---- as a source --------------------------------------------------------------------------------------

# Unsound, but text that is no UTF-8 is a matter of the mapping: the record is read, and then does not fit (1).
READ = {("code", "invalid UTF-8"), ("dbpointer", "String with bad UTF-8"), ("string", "invalid UTF-8"), ("symbol", "invalid UTF-8")}
# The old form of a date, which the second version of Extended JSON has no more.
OLD = {("top", "Bad $date (number, not string or hash)")}


def test_what_cannot_be_decoded_is_an_error_of_the_source(corpus: dict[str, dict[str, Any]], export: Export) -> None:
    for case in cases(corpus, "decodeErrors"):
        export.put("things.bson", bytes.fromhex(case.vector["bson"]))
        done = export.call("--entity", "things")
        assert done.returncode == (0 if case[:2] in READ else SOURCE), (case, done.stderr)
        assert case[:2] in READ or b"things.bson: document " in done.stderr, (case, done.stderr)


def test_text_that_is_none_does_not_fit(corpus: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    read = [case for case in cases(corpus, "decodeErrors") if case[:2] in READ]
    assert len(read) == len(READ)
    for case in read:
        said = transformed(tmp_path / case.file, bytes.fromhex(case.vector["bson"]), "jsonb", DATA)
        assert "the text is no valid UTF-8" in said, (case, said)


def test_what_cannot_be_parsed_is_an_error_of_the_source(corpus: dict[str, dict[str, Any]], export: Export) -> None:
    for case in cases(corpus, "parseErrors"):
        text = case.vector["string"]
        if case.file.startswith("decimal128"):
            text = json.dumps({"d": {"$numberDecimal": text}})
        export.put("things.json", text.encode())
        done = export.call("--entity", "things")
        assert done.returncode == (0 if case[:2] in OLD else SOURCE), (case, done.stderr)
        assert case[:2] in OLD or b"things.json, line 1: document 1 at byte " in done.stderr, (case, done.stderr)


@pytest.mark.parametrize("form", ["canonical_bson", "canonical_extjson", "relaxed_extjson", "degenerate_extjson"])
def test_every_form_is_the_same_document(corpus: dict[str, dict[str, Any]], export: Export, form: str) -> None:
    """But where the corpus says that a form is lossy, and where the relaxed one does not tell int64 from int32."""
    there = [case for case in cases(corpus, "valid") if form in case.vector]
    if form == "canonical_bson":
        export.put("things.bson", b"".join(map(content, there)))
    else:
        export.put("things.json", "\n".join(case.vector[form] for case in there).encode())
    got, lossy = list(documents(export.content())), 0
    assert len(got) == len(there)
    for case, document in zip(there, got, strict=True):
        if document == content(case):
            continue
        lossy += 1
        if form == "relaxed_extjson" and case.file == "int64":
            assert list(bson.decode(document).values()) == list(bson.decode(content(case)).values())
        else:
            assert case.vector.get("lossy") and form != "canonical_bson", (case, document.hex())
    assert lossy == {"canonical_bson": 0, "canonical_extjson": 9, "relaxed_extjson": 4, "degenerate_extjson": 1}[form]


# ---- into jsonb ---------------------------------------------------------------------------------------


def shown(value: Any) -> Any:
    """What jsonb is to hold of canonical Extended JSON: itself, but what JSON has, and ids, UUIDs and dates as text."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"$numberInt": digits} | {"$numberLong": digits} | {"$numberDouble": digits} | {"$numberDecimal": digits}:
            return Decimal(digits)
        case {"$oid": text} | {"$symbol": text}:
            return text
        case {"$binary": {"base64": text, "subType": "04"}}:
            return str(UUID(bytes=base64.b64decode(text)))
        case {"$date": {"$numberLong": digits}} if -62167219200000 <= int(digits) < 253402300800000:
            moment = datetime.fromtimestamp(int(digits) / 1000, UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
        case {"$date": _} | {"$timestamp": _}:
            return json.loads(json.dumps(value), parse_int=Decimal)
        case {"$dbPointer": _} | {"$minKey": _} | {"$maxKey": _}:
            return json.loads(json.dumps(value), parse_int=Decimal)
    return {name: shown(item) for name, item in value.items()}


def refusal(case: Case) -> str:
    """What is said of a case that jsonb cannot hold; "": it can."""
    text = case.vector["canonical_extjson"]
    if "\\u0000" in text:
        return "the text holds a NUL character"
    if case.file.startswith(("double", "decimal128")) and "NaN" in text:
        return "jsonb cannot hold NaN"
    if case.file.startswith(("double", "decimal128")) and "Infinity" in text:
        return f"jsonb cannot hold {'-' if '-Inf' in text else ''}Infinity"
    return ""


def wrapped(number: int, value: bytes, type: int = 3) -> bytes:
    """{"_id": NUMBER, "v": VALUE}."""
    inside = b"\x10_id\0" + number.to_bytes(4, "little") + bytes([type]) + b"v\0" + value
    return (len(inside) + 5).to_bytes(4, "little") + inside + b"\0"


def columns(**types: Any) -> dict[str, Any]:
    return {"id": {"from": "_id", "type": "integer"}} | {
        name: {"from": "v", **(said if isinstance(said, dict) else {"type": said})} for name, said in types.items()
    }  # fmt: skip


def entity(name: str, **types: Any) -> dict[str, Any]:
    return {"from": f"core.{name}", "to": {f"public.{name}": {"key": ["id"], "columns": columns(**types)}}}


CORE = project("corpus", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}})


def transformed(top: Path, value: bytes, type: Any, code: int, bson_type: int = 3) -> str:
    """Of one record, without a target: what transform says."""
    write_project(top / "project", {"project": CORE, "things": entity("things", v=type)})
    (top / "dump").mkdir()
    (top / "dump" / "things.bson").write_bytes(wrapped(1, value, bson_type))
    environment = {"CORE_URI": f"file:{top / 'dump'}"}
    read = subprocess.run([PROGRAMS / "graduate-extract", "--project", top / "project", "--entity", "things"], env=environment, capture_output=True)
    assert read.returncode == 0, read.stderr
    done = subprocess.run([PROGRAMS / "graduate-transform", "--project", top / "project"], input=read.stdout, env=environment, capture_output=True)
    assert done.returncode == code, (value.hex(), done.stderr)
    return done.stderr.decode()


def test_what_jsonb_cannot_hold_is_named(corpus: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    refused = [case for case in cases(corpus, "valid") if refusal(case)]
    assert len(refused) == 31
    for n, case in enumerate(refused):
        said = transformed(tmp_path / str(n), content(case), "jsonb", DATA)
        assert refusal(case) in said and "at v." in said, (case, said)


# ---- into columns -------------------------------------------------------------------------------------

class Column(NamedTuple):
    said: Any  # its type in the mapping, or the whole column
    read: Callable[[str], Any]  # what the target shows of it
    wanted: Callable[[Any], Any]  # of the value, as pymongo reads it
    sql: str = "{}::text"


def milliseconds(value: Any) -> int:
    if isinstance(value, bson.Timestamp):
        return value.time * 1000
    return int(value) if isinstance(value, bson.DatetimeMS) else round(value.timestamp() * 1000)


AS_IT_IS = bson.CodecOptions(datetime_conversion=bson.codec_options.DatetimeConversion.DATETIME_AUTO, tz_aware=True, tzinfo=UTC)
EPOCH = "(extract(epoch from {}) * 1000)::bigint::text"
NUMERIC = Column("numeric", Decimal, lambda value: value.to_decimal() if isinstance(value, bson.Decimal128) else Decimal(repr(value)))
TEXT = Column("text", str, str)
# By file of the corpus: columns that take its values.
COLUMNS: dict[str, dict[str, Column]] = {
    "double": {"as_double": Column("double precision", lambda text: repr(float(text)), repr), "as_numeric": NUMERIC},
    "int32": {
        "as_integer": Column("integer", int, int), "as_bigint": Column("bigint", int, int), "as_numeric": NUMERIC,
        "as_double": Column("double precision", float, float),
    },
    "int64": {"as_bigint": Column("bigint", int, int), "as_numeric": NUMERIC._replace(wanted=lambda value: Decimal(int(value)))},
    **{f"decimal128-{n}": {"as_numeric": NUMERIC} for n in range(1, 6)},
    "string": {"as_text": TEXT, "as_varchar": TEXT._replace(said="varchar(80)")},
    "symbol": {"as_text": TEXT},
    "code": {"as_text": TEXT},
    "oid": {
        "as_text": TEXT, "as_varchar": TEXT._replace(said="varchar(24)"),
        "as_bytea": Column("bytea", lambda text: text.removeprefix("\\x"), str),
    },
    "boolean": {"as_boolean": Column("boolean", lambda text: text == "true", bool)},
    "binary": {"as_bytea": Column("bytea", lambda text: bytes.fromhex(text.removeprefix("\\x")), bytes)},
    "datetime": {"as_time": Column("timestamptz", int, milliseconds, EPOCH), "as_local": Column("timestamp", int, milliseconds, EPOCH)},
    "timestamp": {"as_time": Column({"type": "timestamptz", "do": [{"epoch": "s"}]}, int, milliseconds, EPOCH)},
    "null": {"as_text": TEXT, "as_integer": Column("integer", int, int), "as_time": Column("timestamptz", str, str)},
    "undefined": {"as_text": TEXT, "as_integer": Column("integer", int, int), "as_time": Column("timestamptz", str, str)},
    "array": {"as_jsonb": Column("jsonb", lambda text: json.loads(text, parse_int=Decimal), lambda value: value)},
}  # fmt: skip
# By file: columns that take none of its values, and what is said of each.
REFUSED: dict[str, dict[str, str]] = {
    "array": {"text": "does not fit the type text", "integer": "does not fit the type integer"},
    "binary": {"text": "does not fit the type text", "integer": "does not fit the type integer"},
    "boolean": {"integer": "does not fit the type integer", "text": '"do": ["text"]'},
    "code": {"integer": "does not fit the type integer", "bytea": "does not fit the type bytea"},
    "code_w_scope": {"text": "does not fit the type text", "integer": "does not fit the type integer"},
    "datetime": {"date": '"do": [{"day": ', "bigint": "does not fit the type bigint"},
    "dbpointer": {"text": "does not fit the type text", "uuid": "it is no UUID"},
    "dbref": {"text": "does not fit the type text"},
    "decimal128-1": {"text": '"do": ["text"]', "boolean": "does not fit the type boolean"},
    "document": {"text": "does not fit the type text"},
    "double": {"text": '"do": ["text"]', "boolean": "does not fit the type boolean"},
    "int32": {"text": '"do": ["text"]', "boolean": "does not fit the type boolean", "timestamptz": '"do": [{"epoch": "s"}]'},
    "int64": {"text": '"do": ["text"]', "timestamptz": '"do": [{"epoch": "s"}]'},
    "maxkey": {"text": "does not fit the type text", "timestamptz": "does not fit", "numeric": "does not fit the type numeric"},
    "minkey": {"text": "does not fit the type text", "timestamptz": "does not fit", "numeric": "does not fit the type numeric"},
    "oid": {"integer": "does not fit the type integer", "timestamptz": "does not fit", "uuid": "it is no UUID"},
    "regex": {"text": "does not fit the type text"},
    "string": {"integer": '"do": ["number"]', "boolean": "does not fit the type boolean", "bytea": "does not fit the type bytea"},
    "symbol": {"integer": '"do": ["number"]'},
    "timestamp": {"bigint": "does not fit the type bigint", "timestamptz": '"do": [{"epoch": "s"}]'},
}  # fmt: skip
# Their documents have several members: only as a whole do they go anywhere.
WHOLE = {"multi-type", "multi-type-deprecated", "top"}


def member(case: Case) -> tuple[int, bytes]:
    """Of a document of one member its type and its bytes."""
    document = content(case)
    return document[4], document[document.index(b"\0", 5) + 1 : -1]


def values(corpus: dict[str, dict[str, Any]], file: str) -> dict[int, Case]:
    """The valid cases of a file that are one value of its type, by their numbers: two of binary and two of regex are not."""
    wanted, valid = int(corpus[file]["bson_type"], 16), enumerate(cases(corpus, "valid"))
    of_file = {n: case for n, case in valid if case.file == file}
    return {n: case for n, case in of_file.items() if content(case)[4] == wanted and len(bson.decode(content(case), AS_IT_IS)) == 1}


def unfit(case: Case) -> str:
    """What is said of a value that no column takes which takes the others of its file."""
    if "\\u0000" in case.vector["canonical_extjson"]:
        return "the text holds a NUL character"
    not_finite = case.file in COLUMNS and (case.file == "double" or case.file.startswith("decimal128")) and refusal(case)
    return "it is no finite number" if not_finite else ""


@pytest.fixture(scope="module")
def moved(corpus: dict[str, dict[str, Any]], targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """Every case that jsonb holds in one table, and each file's values in a table of columns; verify agrees."""
    valid = cases(corpus, "valid")
    dump = tmp_path_factory.mktemp("dump")
    files = {"project": CORE, "whole": entity("whole", v="jsonb")}
    (dump / "whole.bson").write_bytes(b"".join(wrapped(n, content(case)) for n, case in enumerate(valid) if not refusal(case)))
    for file, said in COLUMNS.items():
        name = file.replace("-", "_")
        files[name] = entity(name, **{column: made.said for column, made in said.items()})
        members = [(n, *member(case)) for n, case in values(corpus, file).items() if not unfit(case)]
        (dump / f"{name}.bson").write_bytes(b"".join(wrapped(n, value, type) for n, type, value in members))
    with Small(tmp_path_factory.mktemp("corpus"), targets, files, CORE_URI=f"file:{dump}") as made:
        made.batch_bytes = "64K"
        made.succeed()
        verified = made.run("verify", "--run-dir", str(made.folder), "--source")
        assert verified.returncode == 0, verified.said
        yield made


def rows(moved: Small, sql: str) -> list[Any]:
    return json.loads(moved.query(f"select json_agg(r) from ({sql}) r"), parse_float=Decimal)


def test_every_case_is_in_jsonb(corpus: dict[str, dict[str, Any]], moved: Small) -> None:
    held = {row["id"]: json.loads(row["v"], parse_int=Decimal, parse_float=Decimal) for row in rows(moved, "select id, v::text from public.whole")}
    valid = cases(corpus, "valid")
    assert held.keys() == {n for n, case in enumerate(valid) if not refusal(case)}
    for n, value in held.items():
        assert value == shown(json.loads(valid[n].vector["canonical_extjson"])), valid[n]


@pytest.mark.parametrize("file", COLUMNS)
def test_every_value_is_in_its_columns(corpus: dict[str, dict[str, Any]], moved: Small, file: str) -> None:
    valid = {n: case for n, case in values(corpus, file).items() if not unfit(case)}
    shown_as = ", ".join(f"{made.sql.format(name)} as {name}" for name, made in COLUMNS[file].items())
    held = {row.pop("id"): row for row in rows(moved, f"select id, {shown_as} from public.{file.replace('-', '_')}")}
    assert held.keys() == valid.keys() and held
    for n, row in held.items():
        (value,) = bson.decode(content(valid[n]), AS_IT_IS).values()
        for name, made in COLUMNS[file].items():
            wanted = None if value is None else made.wanted(value)
            assert (None if row[name] is None else made.read(row[name])) == wanted, (valid[n], name)


def test_what_a_column_cannot_hold_is_named(corpus: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """Of each file the last value in each column that is none for it, and each value that fits none."""
    for file, columns_of in COLUMNS.items():
        for n, case in values(corpus, file).items():
            if unfit(case):
                type, value = member(case)
                said = transformed(tmp_path / str(n), value, next(iter(columns_of.values())).said, DATA, type)
                assert unfit(case) in said, (case, said)
    for file, refused in REFUSED.items():
        type, value = member([case for case in values(corpus, file).values() if not unfit(case)][-1])
        for n, (pgtype, words) in enumerate(refused.items()):
            said = transformed(tmp_path / f"{file}{n}", value, pgtype, DATA, type)
            assert words in " ".join(said.split()) and "at v" in said, (file, pgtype, said)


def test_no_file_is_left_out(corpus: dict[str, dict[str, Any]]) -> None:
    silent = {file for file, vectors in corpus.items() if not vectors.get("valid")}
    assert COLUMNS.keys() | REFUSED.keys() | WHOLE | silent == corpus.keys()
