"""Every request that the reader of Appwrite sends, held against what real servers answered: the double is not the only
witness. The recordings lie beside the checkout (tests/rig/appwrite_recorded.py); without them nothing is compared."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest

from tests.integration.migration import PROGRAMS, ROOT
from tests.integration.small_project import project, write_project
from tests.rig.appwrite_models import PROFILES
from tests.rig.appwrite_probe import KEY, PROJECT, Probe, q
from tests.rig.appwrite_recorded import WIRE, differences, recordings, route_of, rows_of, selection
from tests.rig.appwrite_sample import NOTES, write_sample

VERSIONS = [name for name, profile in PROFILES.items() if (WIRE / profile.version).is_dir()]
pytestmark = pytest.mark.skipif(
    not VERSIONS, reason=f"there are no recordings in {WIRE}: the double was not held against real servers"
)

LISTS = ("users", "identities", "teams", "memberships", "buckets", "files", "user_preferences", "notes", "wide",
         "hidden")  # fmt: skip
# Everything is read, and nothing of it said.
MAPPING = {"key": ["id"], "columns": {"id": {"from": "$id", "type": "text"}, "rest": {"rest": True, "type": "jsonb"}}}
# No server was asked for these.
UNRECORDED = {"/functions"}
DOCUMENTS = "/databases/*/collections/*/documents"
# What was seen to be understood by every version: methods, with the attribute that they are about.
UNDERSTOOD = {"limit", "offset", "orderAsc $id", "orderDesc $id", "greaterThan $id", "select"}


class Reading(NamedTuple):
    """All of a double's data, read once."""

    double: Probe
    version: str
    requests: list[dict[str, Any]]

    def answers(self, path: str) -> Iterator[Any]:
        """What the double says to each of the reader's requests for a path, asked again."""
        for asked in self.requests:
            if asked["path"] == path:
                form = {"X-Appwrite-Response-Format": asked["response_format"] or self.version}
                headers = {"X-Appwrite-Key": KEY, "X-Appwrite-Project": PROJECT, **form}
                yield self.double.ask(f"/v1{path}?{asked['query']}", headers).json


@pytest.fixture(scope="module", params=VERSIONS)
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    top = tmp_path_factory.mktemp("wire")
    (top / "data").mkdir()
    write_sample(top / "data")
    source = {"kind": "appwrite", "uri": "${APPWRITE_URI}", "key": "${APPWRITE_API_KEY}", "database": "main"}
    mappings = {name: {"from": f"app.{name}", "to": {f"public.{name}": MAPPING}} for name in LISTS}
    write_project(top / "project", {"project": project("wire", {"app": source}), **mappings})
    with Probe(top / "data", request.param, "--control") as double:
        environment = {"APPWRITE_URI": f"{double.endpoint}?project={PROJECT}", "APPWRITE_API_KEY": KEY}
        subprocess.run(
            [PROGRAMS / "graduate-extract", "--project", top / "project", "--source", "app", "--count"],
            cwd=ROOT, env=os.environ | environment, check=True, capture_output=True, timeout=120)  # fmt: skip
        yield Reading(double, PROFILES[request.param].version, double.requests()["requests"])


def queries(asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(value) for name, value in parse_qsl(asked["query"]) if name.startswith("queries")]


def test_every_route_was_recorded(reading: Reading) -> None:
    routes = {route_of(asked["path"]) for asked in reading.requests}
    assert routes - UNRECORDED <= recordings(reading.version).keys()
    assert {DOCUMENTS, "/users", "/users/identities", "/teams/*/memberships", "/storage/buckets/*/files"} <= routes


def test_every_query_is_of_a_kind_that_servers_took(reading: Reading) -> None:
    sent, selected = set(), set()
    for asked in reading.requests:
        assert asked["status"] == 200, asked
        for query in queries(asked):
            sent.add(f"{query['method']} {query.get('attribute', '')}".strip())
            if query["method"] == "select":
                assert route_of(asked["path"]) == DOCUMENTS
                selected |= set(query["values"])
    assert {"limit", "orderAsc $id", "orderDesc $id", "greaterThan $id", "select"} <= sent <= UNDERSTOOD
    whole = {"*", "$id", "$createdAt", "$updatedAt", "$permissions"}  # as in select-without-them.txt
    assert selected == (whole if reading.version < "1.8" else {"$id"})


def test_every_answer_has_the_shape_that_was_recorded(reading: Reading) -> None:
    compared = set()
    for route, recorded in recordings(reading.version).items():
        paths = {asked["path"] for asked in reading.requests if route_of(asked["path"]) == route}
        lists = [one.body for one in recorded if one.status == 200 and "total" in one.body]
        if not lists or not paths or route == DOCUMENTS:
            continue
        bodies = [body for path in paths for body in reading.answers(path)]
        assert {frozenset(body) for body in bodies} == {frozenset(body) for body in lists}, route
        theirs = [row for body in lists for row in rows_of(body)]
        ours = [row for body in bodies for row in rows_of(body)]
        if theirs and ours:
            compared.add(route)
            assert not differences(ours, theirs), route
    assert compared >= {"/users", "/teams", "/teams/*/memberships", "/databases", "/databases/*/collections"}


def test_the_parts_of_a_collection_have_the_shape_that_was_recorded(reading: Reading) -> None:
    theirs = [row for one in recordings(reading.version)["/databases/*/collections"] for row in rows_of(one.body)]
    ours = [row for body in reading.answers("/databases/main/collections") for row in rows_of(body)]

    def parts(rows: list[dict[str, Any]], key: str, kind: Any) -> list[dict[str, Any]]:
        return [part for row in rows for part in row[key] if kind in (None, (part["type"], part.get("format")))]

    assert not differences(parts(ours, "indexes", None), parts(theirs, "indexes", None))
    kinds = {(part["type"], part.get("format")) for part in parts(ours, "attributes", None)}
    assert {("string", None), ("datetime", ""), ("double", None), ("string", "enum")} <= kinds
    for kind in kinds:
        assert parts(theirs, "attributes", kind), f"{kind} was not recorded"
        assert not differences(parts(ours, "attributes", kind), parts(theirs, "attributes", kind)), kind


def system(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key.startswith("$")} for row in rows]


def test_documents_have_the_system_fields_that_were_recorded(reading: Reading) -> None:
    recorded = [one for one in recordings(reading.version)[DOCUMENTS] if one.status == 200]
    theirs = [row for one in recorded for row in rows_of(one.body)]
    ours = reading.double.get(f"{NOTES}/documents").json
    assert not differences(system(rows_of(ours)), system(theirs))
    # As the reader asks before 1.8: its answer was recorded, too.
    status, body = selection(reading.version, "select-without-them.txt")
    whole = q("select", "*", "$id", "$createdAt", "$updatedAt", "$permissions")
    answer = reading.double.get(f"{NOTES}/documents", whole)
    assert answer.status == status == 200
    assert not differences(system(rows_of(answer.json)), system(rows_of(body)))


def test_a_select_of_places_is_refused_as_it_was(reading: Reading) -> None:
    status, body = selection(reading.version, "select-with-database-and-collection.txt")
    answer = reading.double.get(f"{NOTES}/documents", q("select", "*", "$databaseId", "$collectionId"))
    assert (answer.status, answer.json) == (status, body)


def test_a_key_may_not_ask_for_the_version(reading: Reading) -> None:
    (recorded,) = recordings(reading.version)["/health/version"]
    answer = reading.double.get("/health/version")
    assert (answer.status, answer.json["type"], answer.json["version"]) == (
        recorded.status, recorded.body["type"], recorded.body["version"])  # fmt: skip
    words = answer.json["message"].partition(" ")[2]
    assert words == recorded.body["message"].partition(" ")[2]
    asked = [one for one in reading.requests if one["path"] == "/health/version"]
    assert asked and not any(one["key_sent"] for one in asked)
