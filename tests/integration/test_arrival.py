"""When "everything arrived" is said, and when not: a value, and what a column makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster


class Way(NamedTuple):
    """A column without its type jsonb or the one here, the source's value, the target's, and what was left behind."""

    column: dict[str, Any]
    source: Any
    target: str
    left: str = ""


NOTHING = 'of which a function or "map" made nothing'
PART = "of which a function took a part"
WAYS = {
    "as it is": Way({"from": "v"}, {"a": [1, None]}, '{"a": [1, null]}'),
    "null": Way({"from": "v"}, None, ""),
    "changed": Way({"do": ["lower"]}, "X", '"x"'),
    "an empty text that becomes null": Way({"do": ["empty_to_null"]}, "", ""),
    "an empty array without its first": Way({"do": [{"item": 0}]}, [], "", f"1 value {PART}"),
    "all different": Way({"do": ["unique"]}, [1, 2], "[1, 2]"),
    "exchanged": Way({"map": {"a": "x"}}, "a", '"x"'),
    "a number of another type exchanged": Way({"map": {"1": "x"}}, 1.0, '"x"'),
    "exchanged for null": Way({"map": {"a": None}}, "a", "", f"1 value {NOTHING}"),
    "else null": Way({"map": {"b": "x"}, "else": None}, "a", "", f"1 value {NOTHING}"),
    "exchanged for null, and a default": Way({"map": {"a": None}, "null": False, "default": "x"}, "a", '"x"'),
    "the first of one that becomes null": Way({"first": [{"from": "v", "map": {"a": None}}]}, "a", "", f"1 value {NOTHING}"),
    "blanks that become null": Way({"do": ["trim", "empty_to_null"]}, " ", "", f"1 value {NOTHING}"),
    "beyond the end": Way({"do": [{"item": 1}]}, ["a"], "", f"1 value {NOTHING}, 1 value {PART}"),
    "some equal": Way({"do": ["unique"]}, [1, 1, 2], "[1, 2]", f"1 value {PART}"),
    "one of several": Way({"do": [{"item": 0}]}, ["a", "b"], '"a"', f"1 value {PART}"),
    "one member": Way({"do": [{"field": "a"}]}, {"a": 1, "b": 2}, "1", f"1 value {PART}"),
    "how many": Way({"do": ["count"]}, ["a"], "1", f"1 value {PART}"),
    "inside of an object": Way({"object": {"w": {"from": "v", "map": {"a": None}}}}, "a", '{"w": null}', f"1 value {NOTHING}"),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_everything_or_what_was_asked_for(name: str, targets: Cluster, tmp_path: Path) -> None:
    way = WAYS[name]
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "c.bson").write_bytes(encoded([{"_id": 1, "v": way.source}]))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    columns = {"id": {"from": "_id", "type": "integer"}, "v": {"type": "jsonb"} | way.column}
    files = {
        "project": project("arrival", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
        "c": {"from": "core.c", "to": {"public.t": {"key": ["id"], "columns": columns}}},
    }
    with Small(tmp_path, targets, files, CORE_URI=f"file:{dump}") as made:
        ended = made.run("rehearse", "--project", made.project, "--run-dir", str(made.folder))
        assert ended.returncode == 0, ended.said
        assert made.query("select v from public.t") == way.target
        report = json.loads((made.folder / "report.json").read_text())
        last = " ".join(ended.stdout.split())
        if way.left:
            assert report["verdict"]["headline"] == "What you asked for arrived"
            assert "what you asked for arrived" in last
            assert f"1 record read, 1 loaded; left behind, as asked: {way.left}" in last
            assert "everything arrived" not in last
            anchors = [point["anchor"] for point in report["verdict"]["points"]]
            page = (made.folder / "report.html").read_text()
            assert anchors and all(f'id="{anchor}"' in page for anchor in anchors)
        else:
            assert report["verdict"]["headline"] == "Everything arrived"
            assert "everything arrived" in last and not any(report["not_come"].values())
            assert "Nothing: no record, no value" in (made.folder / "report.html").read_text()
