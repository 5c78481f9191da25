"""A small Appwrite project for the double to serve, with one of everything that readers stumble over.

60 users, 30 identities, a team with odd members and one without, a bucket with two files, a function, and the database
`main`: user_preferences (40 documents with every common type, row permissions), notes (8, for filters and orders), wide
(30 attributes, no documents), hidden (disabled).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PREFERENCES = "/databases/main/collections/user_preferences"
WIDE = "/databases/main/collections/wide"
NOTES = "/databases/main/collections/notes"
USERS = 60


def moment(number: int) -> str:
    return f"2024-02-01T10:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}+00:00"


def attribute(key: str, kind: str = "string", **extra: Any) -> dict[str, Any]:
    common = {"key": key, "type": kind, "status": "available", "error": "", "required": False, "array": False}
    size = {"size": 255} if kind == "string" and "format" not in extra else {}
    return common | {"$createdAt": moment(1), "$updatedAt": moment(1), "default": None} | size | extra


def collection(name: str, attributes: list[Any], permissions: list[str], **extra: Any) -> dict[str, Any]:
    times = {"$createdAt": moment(2), "$updatedAt": moment(3)}
    return {"$id": name, **times, "$permissions": permissions, "name": name, "attributes": attributes, **extra}


def schema() -> dict[str, Any]:
    index: dict[str, Any] = {
        "$id": "1_1_user",
        "$createdAt": moment(1),
        "$updatedAt": moment(1),
        "key": "user",
        "type": "unique",
    }
    index |= {"status": "available", "error": "", "attributes": ["userId"], "lengths": [0], "orders": ["ASC"]}
    least, most = -(2**63), 2**63 - 1
    preferences = [
        attribute("userId", required=True),
        attribute("theme", format="enum", elements=["light", "dark"]),
        attribute("notifications", "boolean", default=True),
        attribute("score", "integer", min=least, max=most),
        attribute("ratio", "double", min=-1.7976931348623157e308, max=1.7976931348623157e308),
        attribute("seen", "datetime", format="datetime"),
        attribute("site", format="url"),
        attribute("tags", array=True),
        attribute("secret", encrypt=True),
        attribute("later", status="processing"),
    ]
    collections = [
        collection("user_preferences", preferences, ['read("users")'], indexes=[index], documentSecurity=True),
        collection("wide", [attribute(f"a{n:02}") for n in range(30)], []),
        collection("notes", [attribute("text"), attribute("group"), attribute("rank", "integer")], ['read("any")']),
        collection("hidden", [], ['read("any")'], enabled=False),
    ]
    main = {"$id": "main", "name": "Main", "$createdAt": moment(0), "$updatedAt": moment(0), "enabled": True}
    return {"databases": [main | {"collections": collections}]}


def user(number: int) -> dict[str, Any]:
    name = f"u{number:03}"
    email = "" if number == 7 else f"{name}@example.com"
    times = {"$createdAt": moment(number), "$updatedAt": moment(number)}
    target = {"$id": f"t{number:03}", **times, "name": "", "userId": name, "providerId": None}
    return {
        **{"$id": name, **times, "name": f"User {number}", "registration": moment(number), "status": number != 9},
        **{"password": None if number == 7 else "$argon2id$v=19$m=65536,t=4,p=3$c2FsdA$aGFzaA", "hash": "argon2"},
        **{"hashOptions": {"type": "argon2", "memory_cost": 65536, "time_cost": 4, "threads": 3}, "labels": ["vip"]},
        **{"email": email, "phone": "", "prefs": {"theme": "pink", "empty": {}} if number % 2 else {}},
        "targets": [{**target, "providerType": "email", "identifier": email, "expired": False}] if email else [],
    }


def preference(number: int) -> dict[str, Any]:
    row = {"$id": f"p{number:03}", "$sequence": number * 2, "$createdAt": moment(number), "$updatedAt": moment(number)}
    row["$permissions"] = ['read("any")'] if number == 4 else [f'read("user:u{number:03}")']
    # Every third has no score: null where order and filters meet it.
    row |= {"userId": f"u{number:03}", "theme": ["light", "dark"][number % 2], "notifications": number % 2 == 0}
    return row | ({} if number % 3 == 0 else {"score": number, "tags": ["a", "b"]})


ODD_PREFERENCE = {
    **{"score": -(2**63), "ratio": 10.0, "site": "https://example.com/a?b", "secret": "s\u0000\u2028\u0001"},
    **{"theme": "dark", "seen": "1000-01-01T00:00:00.000+00:00", "tags": ["\U0001f600", "“é”"]},
}


def note(number: int) -> dict[str, Any]:
    return {"$id": f"n{number}", "text": f"Note {number}", "group": "xxyy"[number % 4], "rank": 9 - number}


def membership(number: int, user_id: str, team_id: str = "team1") -> dict[str, Any]:
    row = {"$id": f"m{number}", "$createdAt": moment(1), "$updatedAt": moment(1), "userId": user_id, "teamId": team_id}
    return row | {"invited": moment(1), "joined": moment(2), "confirm": True, "roles": ["owner"]}


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_sample(folder: Path) -> None:
    (folder / "schema.json").write_text(json.dumps(schema()), encoding="utf-8")
    write_lines(folder / "users.jsonl", map(user, range(USERS)))
    identity = {
        "$createdAt": moment(1),
        "$updatedAt": moment(1),
        "provider": "google",
        "providerEmail": "g@example.com",
    }
    identities = ({"$id": f"i{n}", "userId": f"u{n:03}", "providerUid": f"g{n}", **identity} for n in range(30))
    write_lines(folder / "identities.jsonl", identities)
    team = {"$createdAt": moment(1), "$updatedAt": moment(1), "total": 4, "prefs": {}}
    teams = [{"$id": "team1", "name": "One", **team}, {"$id": "team2", "name": "Two", **team}]
    write_lines(folder / "teams.jsonl", teams)
    odd = [membership(number, name) for number, name in enumerate(["u001", "", "gone", "u002"])]
    write_lines(folder / "memberships.jsonl", [*odd, membership(4, "u003", "team2")])
    times = {"$createdAt": moment(1), "$updatedAt": moment(1)}
    write_lines(folder / "buckets.jsonl", [{"$id": "covers", **times, "name": "Covers", "maximumFileSize": 30_000_000}])
    files = ({"$id": f"f{n}", **times, "bucketId": "covers", "name": f"{n}.png", "sizeOriginal": n} for n in range(2))
    write_lines(folder / "files.jsonl", files)
    write_lines(folder / "functions.jsonl", [{"$id": "nightly", **times, "name": "Nightly"}])
    preferences = [preference(n) for n in range(1, 41)]
    preferences[4] |= ODD_PREFERENCE
    preferences[6]["ratio"] = 10**20
    write_lines(folder / "user_preferences.jsonl", preferences)
    write_lines(folder / "wide.jsonl", [])
    write_lines(folder / "notes.jsonl", map(note, range(8)))
    write_lines(folder / "hidden.jsonl", [])
