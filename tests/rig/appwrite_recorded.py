"""What real Appwrite servers answered, as far as the double is held against it.

The recordings lie beside the checkout, in ../shared/reference/appwrite-wire/VERSION: a file per request with the
request line, the status, headers, an empty line and the body; and select-*.txt with a status and a body.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

REFERENCE = Path(__file__).resolve().parents[3] / "shared/reference"
WIRE = REFERENCE / "appwrite-wire"
OPENAPI = REFERENCE / "appwrite-openapi"

# Segments of a path that are names, by the segment before them.
NAMED = re.compile(r"(?<=/databases/)[^/]+|(?<=/collections/)[^/]+|(?<=/buckets/)[^/]+|(?<=/teams/)[^/]+")
# What is a program's own: any members, any values.
OPAQUE = {"prefs", "hashOptions", "default", "min", "max"}


class Recorded(NamedTuple):
    path: str  # without /v1 and queries
    status: int
    body: Any


def route_of(path: str) -> str:
    """The path with * for every name in it."""
    return NAMED.sub("*", path)


def recordings(version: str) -> dict[str, list[Recorded]]:
    """By route."""
    found: dict[str, list[Recorded]] = {}
    for file in sorted((WIRE / version).glob("*.http")):
        head, _, body = file.read_text(encoding="utf-8").partition("\n\n")
        request, status = head.splitlines()[:2]
        path = request.removeprefix("GET ").partition("?")[0]
        found.setdefault(route_of(path), []).append(Recorded(path, int(status), json.loads(body)))
    return found


def selection(version: str, name: str) -> tuple[int, Any]:
    status, _, body = (WIRE / version / name).read_text(encoding="utf-8").partition(" ")
    return int(status), json.loads(body)


def rows_of(body: Any) -> list[dict[str, Any]]:
    """The records of a list's answer."""
    rows = next((value for key, value in body.items() if key != "total" and isinstance(value, list | dict)), [])
    return list(rows.values()) if isinstance(rows, dict) else rows


def kind_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def shape(rows: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The members of records, and the kinds of their values."""
    members: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.items():
            members.setdefault(key, set()).add(kind_of(value))
    return members


def differences(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    """How records of the double differ in shape from those that were recorded."""
    mine, recorded = shape(ours), shape(theirs)
    found = [f"only the double has {key}" for key in mine.keys() - recorded.keys()]
    found += [f"the double lacks {key}" for key in recorded.keys() - mine.keys()]
    for key in mine.keys() & recorded.keys() - OPAQUE:
        kinds, right = mine[key] - {"NoneType"}, recorded[key] - {"NoneType"}
        if kinds and right and not kinds <= right:
            found.append(f"{key} is {kinds}, and was recorded as {right}")
    return found
