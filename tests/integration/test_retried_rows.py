"""Rows of a Postgres are set aside as documents are, whole, and graduate retry takes them back as they were corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.complaint import DATA, USAGE
from tests.integration.kept_tables import Kept
from tests.integration.small_project import project
from tests.integration.test_retry import lines, retried, retry, verified, write
from tests.rig.postgres import Cluster

SOURCE = """
    create type mood as enum ('calm', 'odd');
    create table t (
      id bigint primary key, word text, price numeric(8,2), half real, whole double precision, day date, at timestamptz, ok boolean,
      who uuid, raw bytea, j json, jb jsonb, tags text[], years int[], took interval, grid int[], feeling mood, blank text
    );
    insert into t select n, 'w' || n, n + 0.50, 1.5, 1e-7, '2024-02-29', '2024-03-01 12:00:00.25+02', true,
      '6f9619ff-8b86-d011-b42d-00c04fc964ff', '\\x00ff', '{"b": 1,  "a": 1}', '{"b": 1}', array['x "y"', null, 'a\\b'],
      array[n], '1 day 02:00', array[[1, 2], [3, 4]], 'odd', null from generate_series(1, 4) n;
    update t set word = 'none', years = '{5,6}' where id in (2, 4);
    create table u (a text, b int);
    insert into u values ('7', 1), ('seven', 2), ('seven', 2);
"""
THERE = "create table public.u (a int, b int)"
FILES: dict[str, Any] = {
    "project": project("rows", {"old": {"kind": "postgres", "uri": "${OLD_URI}"}}, rejects={"limit": 9}),
    "t": {
        "from": "old.t",
        "to": {
            "public.t": {
                "keep_shape": True,
                "columns": {"word": {"from": "word", "do": [{"strip": "w"}, "number"], "misfit": "reject", "type": "integer"}},
            },
            "public.y": {
                "each": "years", "key": ["t", "n"],
                "columns": {"t": {"parent": "id"}, "n": {"position": True}, "y": {"from": ".", "type": "integer"}},
            },
        },
    },
    "u": {
        "from": "old.u",
        "to": {"public.u": {"exists": True, "key": [], "misfit": "reject", "columns": {"a": {"do": ["number"], "type": "integer"}, "b": {"type": "integer"}}}},
    },
}  # fmt: skip
WHOLE = {
    "id": "2", "word": "none", "price": "2.50", "half": "1.5", "whole": "1e-07", "day": "2024-02-29",
    "at": "2024-03-01 10:00:00.25+00", "ok": "true", "who": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "raw": "\\x00ff",
    "j": '{"b": 1,  "a": 1}', "jb": '{"b": 1}', "tags": '{"x \\"y\\"",NULL,"a\\\\b"}', "years": '{"5","6"}', "blank": None,
    "feeling": "odd",
}  # fmt: skip


def entities(made: Kept) -> list[list[int]]:
    return [[one[name] for name in ("read", "loaded", "rejected", "retried", "balance")] for one in made.account()["entities"]]


def test_rows_are_set_aside_and_come_back(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    with Kept(tmp_path, targets, old, FILES, SOURCE) as made:
        made.query(THERE)
        made.succeed()
        assert entities(made) == [[4, 2, 2, 0, 0], [3, 1, 2, 0, 0]]
        assert "4 records rejected" in verified(made)
        rejects = lines(made)
        assert [line["key"] for line in rejects] == ["id 2", "id 4", "a seven, b 2", "a seven, b 2"]
        record = rejects[0]["record"]
        assert {name: value for name, value in record.items() if not isinstance(value, dict)} == WHOLE
        assert {name for name, value in record.items() if isinstance(value, dict)} == {"took", "grid"}
        assert [line["path"] for line in rejects] == ["word", "word", "a", "a"]
        one = json.loads(json.dumps(rejects))
        one[0]["record"] |= {"word": "w20", "price": 7, "took": "3 days", "years": "{8}"}
        one[1]["record"] |= {"word": "still none"}
        one[2]["record"]["a"], one[3]["record"]["a"] = "8", 9
        file = write(tmp_path / "corrected.jsonl", one)
        made.complaint(retry(made, "--from", str(file)), DATA, "1 of 4 corrected records", "still none")
        assert entities(made) == [[4, 2, 1, 1, 0], [3, 1, 0, 2, 0]]
        assert "1 record rejected" in verified(made)
        assert made.query("select string_agg(concat_ws(':', a, b), ' ' order by a) from public.u") == "7:1 8:2 9:2"
        assert made.query("select word, price, took, years, grid, tags from public.t where id = 2") == (
            '20|7.00|3 days|{8}|{{1,2},{3,4}}|{"x \\"y\\"",NULL,"a\\\\b"}'
        )
        [left] = lines(made)
        left["record"]["word"] = "w40"
        retried(made, "--from", str(write(tmp_path / "corrected.jsonl", [left])))
        assert entities(made) == [[4, 2, 0, 2, 0], [3, 1, 0, 2, 0]]
        assert made.query("select string_agg(concat_ws(':', t, n, y), ' ' order by t, n) from public.y") == "1:1:1 2:1:8 3:1:3 4:1:5 4:2:6"
        for arguments in ([], ["--source"]):
            assert "4 records as they were corrected by hand" in verified(made, *arguments)
        assert "nothing to retry" in retried(made, "--from", str(tmp_path / "corrected.jsonl")).said


WRONG: dict[str, dict[str, Any]] = {
    "another key than the record id 2 of t": {"id": "5"},
    "invalid input syntax for type numeric": {"price": "much"},
    'the column "cost" is none of the table\'s': {"cost": "1"},
    'the column "jb" is none of a text, a number': {"jb": {"b": 1}},
    'the column "day" is missing': {"day": ...},
}


def test_a_row_that_cannot_be(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    with Kept(tmp_path, targets, old, FILES, SOURCE) as made:
        made.query(THERE)
        made.succeed()
        [line, *_] = lines(made)
        for says, edit in WRONG.items():
            record = {name: value for name, value in (line["record"] | {"word": "w2"} | edit).items() if value is not ...}
            file = write(tmp_path / "c.jsonl", [line | {"record": record}])
            made.complaint(retry(made, "--from", str(file)), USAGE, "c.jsonl, line 1: ", says, "nothing was loaded")
        assert entities(made) == [[4, 2, 2, 0, 0], [3, 1, 2, 0, 0]]


def test_rows_that_the_target_refuses(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    there = "create table public.e (id int primary key, n int check (n < 10), raw bytea)"
    mapping = {
        "from": "old.e",
        "to": {"public.e": {"exists": True, "key": ["id"], "misfit": {"refused": "reject"}, "columns": {name: {} for name in ("id", "n", "raw")}}},
    }  # fmt: skip
    files = {"project": FILES["project"], "e": mapping}
    source = "create table e (id int primary key, n int, raw bytea); insert into e values (1, 1, '\\x01'), (2, 20, '\\x02'), (3, 3, null)"
    with Kept(tmp_path, targets, old, files, source) as made:
        made.query(there)
        made.succeed()
        assert entities(made) == [[3, 2, 1, 0, 0]]
        assert "1 record rejected" in verified(made)
        [line] = lines(made)
        assert line["record"] == {"id": "2", "n": "20", "raw": "\\x02"} and "e_n_check" in line["message"]
        line["record"]["n"] = 2
        retried(made, "--from", str(write(tmp_path / "c.jsonl", [line])))
        assert made.query("select string_agg(concat_ws(':', id, n), ' ' order by id) from public.e") == "1:1 2:2 3:3"
        assert "1 record as it was corrected by hand" in verified(made)
