"""What does not fit: every kind with its remedy, said at each of the four places; the nearest holds, run and verify agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

NAN = float("nan")


def column(type: str, **more: Any) -> dict[str, Any]:
    return {"type": type, **more}


EVERY = {"nul": "strip", "range": "clamp", "not_finite": "null"}
MAPPING: dict[str, Any] = {
    "from": "core.c",
    "misfit": {"rounding": "round", "range": "error", "utf8": "replace"},
    "to": {
        "public.t": {
            "key": ["id"],
            "misfit": {"too_long": "cut", "range": "clamp", "other": "null"},
            "columns": {
                "id": column("integer", **{"from": "_id"}),
                "small": column("smallint"),
                "price": column("numeric(4,1)"),
                "real": column("real"),
                "day": column("date"),
                "at": column("timestamptz"),
                "code": column("varchar(3)", misfit={"too_long": "default"}, default="-"),
                "name": column("varchar(3)"),
                "marks": column("varchar(2)[]"),
                "doc": column("jsonb", misfit={"beyond_double": "text", "key_twice": "last"}),
                "parsed": column("jsonb", do=["json"], misfit={"json": "keep"}),
                "count": column("integer", do=["number"]),
                "kind": column("text", map={"a": "A"}),
                "rest": {"rest": True},
            },
        },
    },
}
HUGE = bson.datetime_ms.DatetimeMS(9224318016000000)
TWICE = RawBSONDocument(b"\x13\0\0\0" + b"\x10a\0\1\0\0\0" + b"\x10a\0\2\0\0\0" + b"\0")
RECORDS = [
    {
        "_id": 1, "small": 70000.5, "price": -12345.678, "real": 0.1, "day": HUGE, "at": HUGE, "code": "abcd", "name": "ab\0cd",
        "marks": ["x\0yz", "ok"], "doc": {"n": 2**53 + 1, "f": NAN, "t": "a\0", "d": TWICE}, "parsed": "{", "count": "many",
        "kind": "b", "more": "c\0",
    },
    {"_id": 2, "small": 2.5, "price": 0.25, "real": NAN, "count": "7", "kind": "a", "parsed": "[1]"},
]  # fmt: skip


def small(top: Path, cluster: Cluster, every: dict[str, Any] | None = EVERY, **mapping: Any) -> Small:
    dump = top / "dump"
    dump.mkdir()
    (dump / "c.bson").write_bytes(encoded(RECORDS))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    more = {"every": {"misfit": every}} if every else {}
    files = {"project": project("misfits", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, **more)}
    return Small(top, cluster, files | {"c": MAPPING | mapping}, CORE_URI=f"file:{dump}")


def test_every_kind(targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets) as migration:
        migration.succeed()
        columns = "id, small, price, real, day, code, name, marks, doc, parsed, count, kind, rest"
        assert migration.query(f"select {columns} from public.t order by id").splitlines() == [
            '1|32767|-999.9|0.1|294276-12-31|-|abc|{xy,ok}|{"d": {"a": 2}, "f": null, "n": "9007199254740993", "t": "a"}|"{"|||{"more": "c"}',
            "2|3|0.3|||-||||[1]|7|A|",
        ]
        assert migration.query("select extract(epoch from at) from public.t where id = 1") == "9224318015999.999000"
        losses = migration.query("select path, rule, before, after from graduate.losses where key = '1' order by 1, 2")
        assert losses.splitlines() == [
            "at|range|9224318016000000 ms|9224318015999999 ms",
            "code|too_long|abcd|-",
            "count|misfit|many|null",
            "day|range|9224318016000000 ms|9224317929600000 ms",
            "doc.d.a|key_twice|1|the last one of this name",
            "doc.f|not_finite|NaN|null",
            "doc.n|beyond_double|9007199254740993|the same digits as text",
            "doc.t|nul|a?|a",
            "kind|misfit|b|null",
            "marks|nul|x?yz|xyz",
            "marks|too_long|xyz|xy",
            "more|nul|c?|c",
            "name|nul|ab?cd|abcd",
            "name|too_long|abcd|abc",
            "parsed|json|{|the same text",
            "price|range|-12345.7|-999.9",
            "price|rounding|-12345.678|-12345.7",
            "real|rounding|0.1|0.10000000149011612",
            "small|range|70001|32767",
            "small|rounding|70000.5|70001",
        ]
        verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
        assert verified.returncode == 0, verified.said
        assert "everything arrived" not in verified.said


def test_what_no_place_says_is_an_error(targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets, every=None) as migration:
        migration.fail(1, "the text holds a NUL", "at more")  # of the columns "other" says what becomes of it


def test_a_kind_that_nothing_can_be_is_refused(targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets, every=EVERY | {"row_twice": "first"}) as migration:
        migration.fail(2, '/every/misfit: "row_twice" is for tables with "each"')
