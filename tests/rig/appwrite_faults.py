"""Faults that the Appwrite double plays, and its memory of what it was asked.

A rule is an object that says which requests it means, and what happens to them. Of several rules for one
request the first that is not spent fires, alone.

    path    the path without /v1; * stands for anything                       (always given)
    page    only the nth page: the nth different query string seen on a path, so that a retry counts as
            the same page                                                     (default: every page)
    times   how often the rule fires before it is spent, or "always"          (default: 1)

    status, type, message   an error envelope; status alone takes the usual type
    body, content_type      this text instead of an envelope (with status 200 if none is given)
    headers                 more response headers
    reset                   X-RateLimit-* headers, with a Reset so many seconds from now
    redirect                302 to this base URL, with path and query kept
    drop                    true: the connection is closed without an answer
    cut                     the body ends after so many bytes and the connection is closed
    delay                   the answer starts so many seconds later
    delete                  "cursor" (the row behind which the request goes on) or an id: this row is gone before the
                            answer
    insert                  this row comes last in the listed table before the answer
    update                  {"$id": ..., changed keys} in the listed table before the answer
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from .appwrite_models import is_int, is_number
from .appwrite_store import DataError, Table

REMEMBERED = 20_000
STATUSES = frozenset(status.value for status in HTTPStatus if status >= 200)


class FaultError(Exception):
    """A rule that says nothing the double could do; the text names the rule and the key."""


class Key(NamedTuple):
    accepts: Callable[[Any], bool]
    expected: str


def positive(value: Any) -> bool:
    return is_int(value) and value > 0


def text(value: Any) -> bool:
    return isinstance(value, str)


KEYS = {
    "path": Key(lambda v: text(v) and v.startswith(("/", "*")), "a path like /users"),
    "page": Key(positive, "a number from 1"),
    "times": Key(lambda v: positive(v) or v == "always", 'a number from 1, or "always"'),
    "status": Key(lambda v: is_int(v) and v in STATUSES, "an HTTP status from 200 on"),
    "type": Key(text, "an Appwrite error type"),
    "message": Key(text, "a string"),
    "body": Key(text, "a string"),
    "content_type": Key(text, "a string"),
    "headers": Key(lambda v: isinstance(v, dict) and all(map(text, v.values())), "an object of strings"),
    "reset": Key(is_int, "a number of seconds"),
    "redirect": Key(lambda v: text(v) and v.startswith(("http://", "https://")), "a URL"),
    "drop": Key(lambda v: v is True, "true"),
    "cut": Key(lambda v: is_int(v) and v >= 0, "a number of bytes"),
    "delay": Key(lambda v: is_number(v) and v >= 0, "a number of seconds"),
    "delete": Key(text, 'an id, or "cursor"'),
    "insert": Key(lambda v: isinstance(v, dict), "an object"),
    "update": Key(lambda v: isinstance(v, dict) and text(v.get("$id")), "an object with an $id"),
}
MATCHING = {"path", "page", "times"}


@dataclass
class Rule:
    values: dict[str, Any]
    left: float

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key)

    def matches(self, path: str, page: int) -> bool:
        return self.left > 0 and fnmatchcase(path, self["path"]) and self["page"] in (None, page)

    def change(self, table: Table, query: str) -> None:
        """The row changes of this rule; raises DataError if they cannot be made."""
        if self["delete"]:
            table.remove(cursor_of(query) if self["delete"] == "cursor" else self["delete"])
        if self["insert"]:
            table.add(dict(self["insert"]))
        if self["update"]:
            changes = dict(self["update"])
            table.change(changes.pop("$id"), changes)

    @property
    def changes_rows(self) -> bool:
        return not {"delete", "insert", "update"}.isdisjoint(self.values)

    def limit_headers(self) -> dict[str, str]:
        if self["reset"] is None:
            return {}
        return {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(time.time()) + self["reset"]),
        }


def cursor_of(query: str) -> str:
    for name, value in parse_qsl(query):
        if name.startswith("queries["):
            parsed = json.loads(value)
            by_id = parsed.get("method") == "greaterThan" and parsed.get("attribute") == "$id"
            if by_id or parsed.get("method") in ("cursorAfter", "cursorBefore"):
                return str(parsed["values"][0])
    raise DataError("the request has no cursor to delete")


def make_rules(data: Any) -> list[Rule]:
    if not isinstance(data, list):
        raise FaultError("faults must be an array of rules")
    return [make_rule(number, rule) for number, rule in enumerate(data, 1)]


def make_rule(number: int, rule: Any) -> Rule:
    if not isinstance(rule, dict):
        raise FaultError(f"fault {number} must be an object")
    for key, value in rule.items():
        if key not in KEYS:
            raise FaultError(f"fault {number}: unknown key {key!r}; known are {', '.join(KEYS)}")
        if not KEYS[key].accepts(value):
            raise FaultError(f"fault {number}: {key} must be {KEYS[key].expected}, is {value!r}")
    if "path" not in rule:
        raise FaultError(f"fault {number}: path is missing")
    if not rule.keys() - MATCHING:
        raise FaultError(f"fault {number}: says which requests it means, but not what happens to them")
    times = rule.get("times", 1)
    return Rule(rule, float("inf") if times == "always" else times)


def read_rules(path: Path) -> list[Rule]:
    try:
        return make_rules(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FaultError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise FaultError(f"{path}: no JSON: {error}") from None
    except FaultError as error:
        raise FaultError(f"{path}: {error}") from None


@dataclass
class Asked:
    """One request, for the tests. It says that a key was sent, never which."""

    path: str
    query: str
    page: int
    key_sent: bool
    response_format: str | None
    status: int | None = None  # None: not answered


@dataclass
class Memory:
    requests: deque[Asked] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    counts: Counter[str] = field(default_factory=Counter)
    pages: dict[str, dict[str, int]] = field(default_factory=dict)

    def page_of(self, path: str, query: str) -> int:
        seen = self.pages.setdefault(path, {})
        return seen.setdefault(query, len(seen) + 1)

    def note(self, asked: Asked) -> None:
        self.counts[asked.path] += 1
        self.requests.append(asked)

    def report(self) -> dict[str, Any]:
        return {"counts": dict(self.counts), "requests": [asdict(asked) for asked in self.requests]}


def usual_body(status: int) -> str:
    """What a proxy in front of the server answers."""
    phrase = HTTPStatus(status).phrase
    return f"<html><head><title>{status} {phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>\n"
