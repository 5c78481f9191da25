"""What does not fit: every kind with its remedy, said at each of the four places; the nearest holds, run and verify agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util
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


# ---- texts that are JSON ------------------------------------------------------------------------------

TEXTS: dict[str, Any] = {
    "from": "core.c",
    "json": ["meta", "marks", "items.more", "in.'a.b'"],
    "to": {
        "public.t": {
            "key": ["id"],
            "when": {"meta.draft": None},
            "columns": {
                "id": column("integer", **{"from": "_id"}),
                "wide": column("integer", **{"from": "meta.size.0"}),
                "marks": column("jsonb"),
                "at": column("jsonb", **{"from": "in.'a.b'"}),
                "rest": {"rest": True},
            },
        },
        "public.p": {
            "each": "meta.parts", "key": ["id", "n"],
            "columns": {"id": {"parent": "id"}, "n": {"position": True}, "of": {"from": ".", "type": "text"}},
        },
        "public.i": {"each": "items", "key": ["id", "n"], "columns": {"id": {"parent": "id"}, "n": {"position": True}, "more": {"from": "more.x", "type": "bigint"}}},
    },
}  # fmt: skip
TEXT_RECORDS = [
    {"_id": 1, "meta": '{"size": [640, 480], "parts": ["a", "b"], "by": {"n": 12345678901234567890}}', "marks": ["{}", "[1]", 7],
     "items": [{"more": '{"x": 9007199254740993}'}, {"more": None}], "in": {"a.b": ' "x" ', "c": "{"}},
    {"_id": 2, "meta": {"size": [1]}, "marks": "null", "items": []},
    {"_id": 3, "meta": '{"draft": true}', "marks": "[oops"},
    {"_id": 4, "meta": "{}", "marks": "[oops"},
]  # fmt: skip


def texts(top: Path, cluster: Cluster, count: int = 4, **more: Any) -> Small:
    dump = top / "dump"
    dump.mkdir()
    (dump / "c.bson").write_bytes(encoded(TEXT_RECORDS[:count]))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    files = {"project": project("texts", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, rejects={"limit": 2}), "c": TEXTS | more}
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


def verify(migration: Small) -> str:
    verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
    assert verified.returncode == 0, verified.said
    return verified.said


def test_texts_are_read_as_json(targets: Cluster, tmp_path: Path) -> None:
    with texts(tmp_path, targets, misfit={"json": "keep"}) as migration:
        migration.succeed()
        assert migration.query("select id, wide, marks, at, rest from public.t order by id").splitlines() == [
            '1|640|[{}, [1], 7]|"x"|{"in": {"c": "{"}, "meta": {"by": {"n": 12345678901234567890}}}', "2|1|||", '4||"[oops"||',
        ]  # fmt: skip
        assert migration.query("select * from public.p order by 1, 2").splitlines() == ["1|1|a", "1|2|b"]
        assert migration.query("select * from public.i order by 1, 2").splitlines() == ["1|1|9007199254740993", "1|2|"]
        # of a record that is filtered nothing is told
        assert migration.query("select key, path, rule, before, after from graduate.losses") == "4|marks|json|[oops|the same text"
        verify(migration)


def test_a_text_that_is_no_json(targets: Cluster, tmp_path: Path) -> None:
    with texts(tmp_path, targets) as migration:
        migration.fail(1, "it is no JSON: no value of JSON at character 2", "key 3", "at marks")
    (tmp_path / "other").mkdir()
    with texts(tmp_path / "other", targets, misfit={"json": "reject"}) as migration:
        migration.run()
        assert migration.query("select key, path, record::jsonb ->> 'marks' from graduate.rejects order by 1").splitlines() == [
            "3|marks|[oops", "4|marks|[oops",
        ]  # fmt: skip
        assert migration.query("select string_agg(id::text, ' ' order by id) from public.t") == "1 2"
        verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
        assert "everything arrived" not in verified.said and verified.returncode == 0, verified.said


WRONG_TEXTS = {
    "one inside of the other": ({"json": ["meta", "meta.size"]}, "are the same, or one in the other"),
    "dropped": ({"json": ["meta"], "drop": ["meta"]}, '"meta" is dropped, and nobody reads it'),
    "a remedy of columns": ({"misfit": {"json": "null"}}, 'stays a text ("keep")'),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_TEXTS)
def test_what_cannot_be_said_of_texts(targets: Cluster, tmp_path: Path, name: str) -> None:
    more, says = WRONG_TEXTS[name]
    with texts(tmp_path, targets, 1, **more) as migration:
        migration.fail(2, says)


# ---- records that are set aside -----------------------------------------------------------------------


def rejecting(top: Path, cluster: Cluster, limit: int | None) -> Small:
    """Three records, of which the second does not fit."""
    dump = top / "dump"
    dump.mkdir()
    records = [{"_id": n, "n": n, "tags": ["x"], "parts": [{"a": 1}], "more": n} for n in range(1, 4)]
    records[1]["parts"] = [{"a": 1}, {"a": "no number"}]
    (dump / "c.bson").write_bytes(encoded(records))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    mapping = {
        "from": "core.c",
        "to": {
            "public.t": {
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "type": "integer"}, "n": {"type": "smallint"}, "tags": {"type": "text[]"},
                    "rest": {"rest": True},
                },
            },
            "public.p": {
                "each": "parts", "key": ["id", "n"], "misfit": "reject",
                "columns": {"id": {"parent": "id"}, "n": {"position": True}, "a": {"type": "integer"}},
            },
        },
    }  # fmt: skip
    more = {"rejects": {"limit": limit}} if limit is not None else {}
    files = {"project": project("misfits", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, **more), "c": mapping}
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


def test_a_record_is_set_aside(targets: Cluster, tmp_path: Path) -> None:
    with rejecting(tmp_path, targets, 1) as migration:
        ended = migration.succeed()
        assert migration.query("select string_agg(id::text, ' ' order by id) from public.t") == "1 3"
        assert migration.query("select count(*) from public.p") == "2"
        assert migration.query("select entity, key, path from graduate.rejects") == "c|2|parts[1].a"
        [entity] = migration.account()["entities"]
        assert (entity["read"], entity["loaded"], entity["rejected"]) == (3, 2, 1)
        paths = {path["path"]: path for path in migration.account()["paths"]}
        assert {name: path.get("rejected", 0) for name, path in paths.items()} == {
            "_id": 1, "n": 1, "tags": 1, "parts": 1, "parts.a": 0, "more": 1,
        }  # fmt: skip
        file = migration.folder / "rejects.jsonl"
        assert file.stat().st_mode & 0o777 == 0o600
        [line] = [json.loads(line) for line in file.read_text().splitlines()]
        assert line["key"] == "2" and "no number" in line["message"]
        assert line["record"]["parts"][1] == {"a": "no number"} and line["record"]["_id"] == {"$numberInt": "2"}
        assert "everything arrived" not in ended.said
        verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
        assert verified.returncode == 0, verified.said
        assert "everything arrived" not in verified.said and "1 record rejected" in " ".join(verified.said.split())


def test_more_than_the_project_lets_stop_the_run_which_goes_on(targets: Cluster, tmp_path: Path) -> None:
    with rejecting(tmp_path, targets, None) as migration:
        migration.fail(1, "1 records are set aside", "at most 0", "no number", "entity c, key 2")
        assert migration.query("select count(*) from public.t") == "0"
        file = migration.files / "project.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"rejects": {"limit": 1}}))
        migration.succeed()
        assert migration.query("select count(*) from public.t") == "2"


def test_verify_counts_rejects_on_its_own(targets: Cluster, tmp_path: Path) -> None:
    with rejecting(tmp_path, targets, 1) as migration:
        migration.succeed()
        migration.query("insert into public.t (id, n) values (2, 2)")
        migration.query("update graduate.batches set rejected = 0")
        verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
        assert verified.returncode == 1
        assert "the ledger says that 0 records were rejected; counted anew it is 1" in " ".join(verified.said.split())


def test_a_record_whose_reference_dangles_is_set_aside(targets: Cluster, tmp_path: Path) -> None:
    """In a column, in an array of ids, in an object, and in an element; corrected, it comes in."""
    dump = tmp_path / "dump"
    dump.mkdir()
    user, nobody = (bson.ObjectId(f"5f0c8a1b2c3d4e5f6071000{n}") for n in range(2))
    posts: list[dict[str, Any]] = [
        {"_id": n, "u": user, "us": [user], "o": {"u": user}, "parts": [{"u": user}]} for n in range(1, 7)
    ]
    posts[1]["u"] = nobody
    posts[2]["us"] = [user, nobody]
    posts[3]["o"] = {"u": nobody}
    posts[4]["parts"] = [{"u": user}, {"u": nobody}]
    for name, records in (("users", [{"_id": user}]), ("posts", posts)):
        (dump / f"{name}.bson").write_bytes(encoded(records))
        (dump / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    ids = {"id_of": "users", "dangling": "reject"}
    files = {
        "project": project("misfits", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, rejects={"limit": 4}),
        "users": {"from": "core.users", "to": {"public.users": {"key": ["id"], "columns": {"id": {"from": "_id", "id_of": "users"}}}}},
        "posts": {
            "from": "core.posts",
            "to": {
                "public.posts": {
                    "key": ["id"],
                    "columns": {
                        "id": {"from": "_id", "type": "integer"}, "u": ids, "us": {**ids, "type": "uuid[]"},
                        "o": {"object": {"u": {"from": "o.u", **ids}}, "type": "jsonb"},
                    },
                },
                "public.parts": {
                    "each": "parts", "key": ["id", "n"],
                    "columns": {"id": {"parent": "id"}, "n": {"position": True}, "u": ids},
                },
            },
        },
    }  # fmt: skip
    with Small(tmp_path, targets, files, CORE_URI=f"file:{dump}") as migration:
        migration.succeed()
        assert migration.query("select string_agg(id::text, ' ' order by id) from public.posts") == "1 6"
        assert migration.query("select count(*) from public.parts") == "2"
        assert migration.query("select string_agg(concat_ws(' ', key, path), ',' order by id) from graduate.rejects") == (
            "2 u,3 us[1],4 o.u,5 parts[1].u"
        )
        verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
        assert verified.returncode == 0 and "4 records rejected" in " ".join(verified.said.split()), verified.said
        lines = [json.loads(line) for line in (migration.folder / "rejects.jsonl").read_text().splitlines()]
        for line in lines:
            line["record"] = posts[0] | {"_id": int(line["key"])}
        (migration.folder / "rejects.jsonl").write_text("".join(json_util.dumps(line) + "\n" for line in lines))
        retried = migration.run("retry", "--run-dir", str(migration.folder))
        assert retried.returncode == 0, retried.said
        verified = migration.finish(migration.start("verify", "--run-dir", str(migration.folder)))
        assert verified.returncode == 0 and "everything arrived" in verified.said, verified.said
