"""The functions of "do": what `graduate functions` prints, what MIGRATION.md and the schema say of them, is one table."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import json_util

from tests.integration.cases import Trial
from tests.integration.migration import PROGRAMS, ROOT
from tests.rig.postgres import Cluster


def printed(*options: str) -> str:
    done = subprocess.run([PROGRAMS / "graduate", "functions", *options], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


FUNCTIONS: list[dict[str, Any]] = json.loads(printed("--json"))


def row(function: dict[str, Any]) -> str:
    """A line of MIGRATION.md's table."""
    call = json.dumps(function["example"]["do"], ensure_ascii=False)
    name = f"`{function['name']}`" + (f": {function['argument']}" if function["argument"] else "")
    example = f"`{call}`" if function["argument"] else ""
    return f"| {name} | {function['help']} | {function['takes']} | {function['gives']} | {example} |"


def test_the_page_has_the_table_of_the_program() -> None:
    section = re.search(r"^## Functions$(.*?)^## ", (ROOT / "MIGRATION.md").read_text(), re.M | re.S)
    assert section
    rows = [line for line in section[1].splitlines() if line.startswith("| `")]
    assert rows == [row(function) for function in FUNCTIONS]


def test_the_schema_has_the_functions_of_the_program() -> None:
    choices = json.loads((ROOT / "mappings" / "mapping.schema.json").read_text())["$defs"]["do"]["items"]["oneOf"]
    assert [(choice.get("const") or choice["required"][0], choice["description"]) for choice in choices] == [
        (function["name"], function["help"]) for function in FUNCTIONS
    ]
    for choice, function in zip(choices, FUNCTIONS, strict=True):
        assert ("const" in choice) == (function["argument"] == "")


def test_the_text_fits_a_terminal_and_says_everything() -> None:
    text = printed()
    assert max(map(len, text.splitlines())) < 80
    said = " ".join(" ".join(line[35:] for line in text.splitlines()).split())
    for function in FUNCTIONS:
        assert re.search(rf"^{function['name']}\b", text, re.M)
        assert function["help"] in said


# Cases of documents-mapping as they stand there, without the word that would be said: each still stops, and names it.
UNSAID = {
    "bson-timestamp-and-uuid-3": "say so in the mapping: \"do\": [{\"epoch\": \"s\"}]",
    "date-in-another-form": "say so in the mapping: \"do\": [{\"time\": {\"format\": \"DD.MM.YYYY HH24:MI\", \"zone\": ",
    "day-of-a-date": "say so in the mapping: \"do\": [{\"day\": \"Europe/Berlin\"}]",
    "epoch-milliseconds-and-seconds": "it is a number",
    "number-in-text": "does not fit the type smallint: it is text",
    "number-into-text": "say so in the mapping: \"do\": [\"text\"]",
}


@pytest.mark.parametrize("name", UNSAID)
def test_what_is_not_said_is_an_error_that_names_the_word(name: str, targets: Cluster, tmp_path: Path) -> None:
    trial = Trial(f"documents-mapping/{name}", targets, tmp_path)
    trial.prepare()
    plan, run, _ = trial.run()
    assert (plan.code, run.code) == (0, 1), run.text
    assert UNSAID[name] in " ".join(run.text.split())



def plain(value: Any) -> Any:
    """What jsonb shows of extended JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    match next(iter(value.items()), ("", None)):
        case ("$numberLong" | "$numberDecimal", digits):
            return float(digits)
        case ("$date", {"$numberLong": milliseconds}):
            moment = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
        case ("$binary", {"base64": text}):
            return str(UUID(bytes=base64.b64decode(text)))
        case ("$oid", digits):
            return digits
    return {name: plain(item) for name, item in value.items()}


def test_every_example_arrives(targets: Cluster, tmp_path: Path) -> None:
    """A record with each example's input, a column for each: what arrives is its output, and verify agrees."""
    trial = Trial("documents-mapping/number-in-text", targets, tmp_path)
    names = [function["name"] for function in FUNCTIONS]
    record = {"_id": 1, **{function["name"]: function["example"]["input"] for function in FUNCTIONS}}
    columns = {name: {"from": name, "type": "jsonb", "do": [FUNCTIONS[i]["example"]["do"]]} for i, name in enumerate(names)}
    columns["id"] = {"from": "_id", "type": "integer"}
    mapping = {"from": "core.c", "to": {"public.t": {"key": ["id"], "columns": columns}}}
    (trial.folder / "project" / "c.json").write_text(json.dumps(mapping))
    (trial.folder / "dump" / "c.bson").write_bytes(bson.encode(json_util.loads(json.dumps(record))))
    trial.prepare()
    for said in trial.run():
        assert said.code == 0, said.text
    row = json.loads(trial.value("select to_jsonb(t) from public.t"))
    assert {name: row[name] for name in names} == {
        function["name"]: plain(function["example"]["output"]) for function in FUNCTIONS
    }
