"""What plan accepts, run and verify accept: every pair of a source's type and a column's, by one ordinary value."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
from bson.binary import Binary

from tests.integration.complaint import USAGE
from tests.integration.migration import PROGRAMS, Ended
from tests.integration.small_project import Small, encoded, project
from tests.integration.test_check import graduate
from tests.rig.postgres import Cluster

# Every type that graduate knows, in two sizes where there are sizes, and arrays: name of a column -> type, an ordinary value in SQL.
TYPES = {
    "bool": ("boolean", "true"), "int2": ("smallint", "7"), "int4": ("integer", "7"), "int8": ("bigint", "7"), "float4": ("real", "1.5"),
    "float8": ("double precision", "1.5"), "num": ("numeric", "1.5"), "num10": ("numeric(10,2)", "1.5"), "num6": ("numeric(6,1)", "1.5"),
    "txt": ("text", "'x'"), "vc": ("varchar", "'x'"), "vc20": ("varchar(20)", "'x'"), "vc5": ("varchar(5)", "'x'"), "ch3": ("char(3)", "'x'"),
    "bytes": ("bytea", "'\\x00ff'"), "uid": ("uuid", "'00000000-0000-4000-8000-00000000000a'"), "day": ("date", "'2024-01-02'"),
    "hour": ("time", "'10:11:12'"), "ts": ("timestamp", "'2024-01-02 03:04:05'"), "tstz": ("timestamptz", "'2024-01-02 03:04:05+00'"),
    "span": ("interval", "'1 day'"), "js": ("json", "'{\"a\": 1}'"), "jsb": ("jsonb", "'{\"a\": 1}'"), "ip": ("inet", "'10.1.2.3'"),
    "txts": ("text[]", "'{a,b}'"), "ints": ("integer[]", "'{1,2}'"), "vcs": ("varchar(5)[]", "'{a,b}'"),
}  # fmt: skip

MOMENT = datetime(2024, 1, 2, 3, 4, 5)
UID = uuid.UUID("00000000-0000-4000-8000-00000000000a")
TEXTS = {"uid": str(UID), "ip": "10.1.2.3", "day": "2024-01-02", "ts": "2024-01-02T03:04:05", "tstz": "2024-01-02T03:04:05Z"}
# A type of BSON, in the words of validators: an ordinary value, and others for columns that take only some.
BSON: dict[str, tuple[Any, dict[str, Any]]] = {
    "double": (1.5, {name: 7.0 for name in ("int2", "int4", "int8")}), "string": ("x", TEXTS), "object": ({"a": 1}, {}),
    "array": (["a"], {"ints": [1]}), "string[]": (["a", "b"], {}), "int[]": ([1, 2], {}),
    "binData": (Binary(b"\0\xff"), {"uid": Binary.from_uuid(UID)}), "objectId": (bson.ObjectId(24 * "a"), {}), "bool": (True, {}),
    "date": (MOMENT, {"day": datetime(2024, 1, 2)}), "int": (7, {}), "long": (bson.Int64(7), {}),
    "decimal": (bson.Decimal128("1.5"), {name: bson.Decimal128("7") for name in ("int2", "int4", "int8")}),
}  # fmt: skip

def refused(checked: Ended) -> dict[str, set[str]]:
    """The columns that a check calls mistaken, by their table."""
    found: dict[str, set[str]] = {}
    for mistake in json.loads(checked.stdout)["mistakes"]:
        for table, column in re.findall(r"/to/public\.(\w+)/columns/(\w+)/type: ", mistake["message"]):
            found.setdefault(table, set()).add(column)
    return found


def through(made: Small) -> None:
    """Run and verify are done; so the plan was, and what it accepted has come."""
    made.succeed()
    done = subprocess.run(
        [PROGRAMS / "graduate", "verify", "--run-dir", made.folder], env=made.environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def same_words(made: Small) -> None:
    """What plan refuses, a run refuses, with the same words."""
    plan, run = graduate(made, "plan"), made.run()
    assert plan.returncode == run.returncode == USAGE, (plan.said, run.said)
    told = [ended.stderr.split("error: ")[1] for ended in (plan, run)]
    assert told[0] == told[1]
    assert made.untouched()


def take_out(made: Small, mappings: dict[str, dict[str, Any]], columns: dict[str, set[str]]) -> None:
    for name, refused_there in columns.items():
        for column in refused_there:
            entry = mappings[name]["to"][f"public.{name}"]["columns"].pop(column)
            if "from" in entry:
                mappings[name].setdefault("drop", []).append(entry["from"])
        (made.files / f"{name}.json").write_text(json.dumps(mappings[name]))


def walk(made: Small, mappings: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Ask a check, take out what is refused (of too many, it says the first), and have the rest go all the way."""
    found: dict[str, set[str]] = {name: set() for name in mappings}
    same_words(made)
    while columns := refused(graduate(made, "check", "--json")):
        take_out(made, mappings, columns)
        for name in columns:
            found[name] |= columns[name]
    plan = graduate(made, "plan")
    assert plan.returncode == 0, plan.said
    assert "problem" not in plan.stdout, plan.stdout
    through(made)
    return found


def test_every_pair_of_documents(targets: Cluster, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.mkdir()
    mappings: dict[str, dict[str, Any]] = {}
    for number, (kind, (ordinary, special)) in enumerate(BSON.items()):
        name = f"kind{number}"
        base, array = kind.removesuffix("[]"), kind.endswith("[]")
        declared = {"bsonType": "array", "items": {"bsonType": base}} if array else {"bsonType": kind}
        options = {"validator": {"$jsonSchema": {"properties": {f"f_{column}": declared for column in TYPES}}}}
        document = {"_id": 1} | {f"f_{column}": special.get(column, ordinary) for column in TYPES}
        (dump / f"{name}.bson").write_bytes(encoded([document]))
        (dump / f"{name}.metadata.json").write_text(json.dumps({"options": options, "indexes": [], "collectionName": name}))
        columns = {column: {"from": f"f_{column}", "type": sql} for column, (sql, _) in TYPES.items()}
        table = {"key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}, **columns}}
        mappings[name] = {"from": f"core.{name}", "to": {f"public.{name}": table}}
    sources = {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}
    files = {"project": project("pairs", sources, not_kept={"core": {"validator": "the columns say it"}}), **mappings}
    with Small(tmp_path, targets, files, CORE_URI=f"file:{dump}") as made:
        found = walk(made, mappings)
    kinds = dict(zip(BSON, mappings, strict=True))
    for kind, name in kinds.items():
        assert {"hour", "span"} <= found[name], "no field of a document becomes these"
        assert not {"js", "jsb"} & found[name], (kind, "everything can be JSON")
    assert not {"int2", "int4", "int8", "float8", "num"} & found[kinds["int"]]
    assert not {"txt", "vc20", "uid", "day", "ts", "tstz"} & found[kinds["string"]]


def test_every_pair_of_a_postgres(targets: Cluster, plain: Cluster, tmp_path: Path) -> None:
    mappings: dict[str, dict[str, Any]] = {}
    statements = []
    for name, (sql, value) in TYPES.items():
        columns = ", ".join(f"{column} {sql}" for column in TYPES)
        statements.append(f"create table t_{name} (id int primary key, {columns});")
        statements.append(f"insert into t_{name} values (1, {', '.join([value] * len(TYPES))});")
        columns_by_type = {column: {"type": to} for column, (to, _) in TYPES.items()}
        mappings[f"t_{name}"] = {"from": f"sql.t_{name}", "to": {f"public.t_{name}": {"keep_shape": True, "columns": columns_by_type}}}
    plain.psql("drop database if exists pairs with (force)")
    plain.psql("create database pairs template template0")
    plain.psql("".join(statements), database="pairs")
    files = {"project": project("pairs", {"sql": {"kind": "postgres", "uri": "${SQL_URI}"}}), **mappings}
    with Small(tmp_path, targets, files, SQL_URI=plain.uri("pairs")) as made:
        found = walk(made, mappings)
    for name in TYPES:
        assert name not in found[f"t_{name}"], "a type becomes itself"
    assert {"int4", "int8"}.isdisjoint(found["t_int2"]) and "int2" in found["t_int4"]
    assert {"vc5", "ch3"} <= found["t_vc20"] and {"txt", "vc"}.isdisjoint(found["t_vc5"])
