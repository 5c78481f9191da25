"""A forum that left Appwrite: users of every kind, teams, and collections with permissions of every form.

    with forum_of(tmp_path, targets) as forum:
        forum.succeed()
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.integration.small_project import Small, project
from tests.rig.appwrite_sample import moment
from tests.rig.postgres import Cluster

# By what each is: verified, unverified, by phone, anonymous, labelled, blocked, and of the team "staff" with and
# without a role, not yet, and of two teams. One has an id like an ObjectId's.
USERS: dict[str, dict[str, Any]] = {
    "ann": {"emailVerification": True},
    "ben": {},
    "cat": {"email": "", "phone": "+4930901820", "phoneVerification": True},
    "dot": {"email": ""},
    "eve": {"emailVerification": True, "labels": ["vip", "beta"]},
    "fay": {"emailVerification": True, "status": False, "labels": ["vip"]},
    "5f0c8a1b2c3d4e5f60718293": {"emailVerification": True},
    "hal": {"emailVerification": True},
    "ida": {},
    "joe": {"emailVerification": True},
}
OWNER, MEMBER, INVITED, BOTH = "5f0c8a1b2c3d4e5f60718293", "hal", "ida", "joe"
MEMBERSHIPS = [
    ("m1", OWNER, "staff", True, ["owner"]), ("m2", MEMBER, "staff", True, []), ("m3", INVITED, "staff", False, ["owner"]),
    ("m4", BOTH, "staff", True, ["writer"]), ("m5", BOTH, "ops", True, ["owner", "on-call"]), ("m6", "fay", "staff", True, ["owner"]),
]  # fmt: skip
ROLES = [
    "any", "guests", "users", "users/verified", "users/unverified", "user:ann", "user:ben", "user:dot", f"user:{OWNER}",
    "user:ann/verified", "user:ben/verified", "user:ben/unverified", "user:fay", "team:staff", "team:staff/owner",
    "team:staff/writer", "team:ops", "team:ops/on-call", "member:m2", "member:m3", "label:vip", "label:beta", "label:none",
]  # fmt: skip
# Database, collection, its permissions, whether documents have their own, and what else is said. One database is off.
COLLECTIONS: list[tuple[str, str, list[str], bool, dict[str, Any]]] = [
    ("main", "posts", ['create("users")', 'update("team:staff/owner")'], True, {}),
    ("main", "news", ['read("any")', 'create("team:staff/owner")', 'update("team:staff")', 'delete("label:vip")'], False, {}),
    ("main", "rooms", ['read("users")', 'update("users/verified")', 'delete("member:m2")', 'write("user:ann")'], True, {}),
    ("ops", "logs", ['read("team:ops")', 'read("label:vip")', 'read("guests")'], True, {}),
    ("ops", "hidden", ['read("any")', 'write("any")'], True, {"enabled": False}),
    ("shut", "drafts", ['read("any")', 'write("any")'], True, {}),
]  # fmt: skip
POSTS = 240


def user(number: int, name: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "$id": name, "$createdAt": moment(number), "$updatedAt": moment(number), "name": name.title(), "password": None,
        "hash": "argon2", "hashOptions": {}, "registration": moment(number), "status": True, "labels": [],
        "passwordUpdate": "", "email": f"{name}@example.com", "phone": "", "emailVerification": False,
        "phoneVerification": False, "mfa": False, "prefs": {}, "targets": [], "accessedAt": "",
    }  # fmt: skip
    return plain | USERS[name]


def membership(number: int, row: tuple[str, str, str, bool, list[str]]) -> dict[str, Any]:
    name, who, team, confirm, roles = row
    return {
        "$id": name, "$createdAt": moment(number), "$updatedAt": moment(number), "userId": who, "userName": "", "userEmail": "",
        "teamId": team, "teamName": team, "invited": moment(number), "joined": moment(number) if confirm else "",
        "confirm": confirm, "mfa": False, "roles": roles,
    }  # fmt: skip


def permissions(number: int) -> list[str]:
    """Of every role each action, and of some documents several; some have none."""
    role, other = ROLES[number % len(ROLES)], ROLES[number * 7 % len(ROLES)]
    forms = [[f'read("{role}")'], [f'read("{role}")', f'update("{other}")'], [f'delete("{role}")', f'read("{other}")'],
             [f'read("{role}")', f'update("{role}")', f'delete("{role}")'], [], [f'write("{role}")', f'read("{other}")']]  # fmt: skip
    return forms[number // len(ROLES) % len(forms)]


def document(database: str, collection: str, number: int) -> dict[str, Any]:
    more = {"mentions": ["ann", "ben", "cat"][: number % 4]} if collection == "posts" else {}
    return {
        "$id": f"{collection}{number:05}", "$createdAt": moment(number), "$updatedAt": moment(number),
        "$permissions": permissions(number), "$databaseId": database, "$collectionId": collection,
        "title": f"Title {number}", **more,
    }  # fmt: skip


def schema() -> dict[str, Any]:
    """As Appwrite's command line writes it."""
    title = {"key": "title", "type": "string", "required": False, "array": False, "size": 99, "default": None}
    mentions = {"key": "mentions", "type": "string", "required": False, "array": True, "size": 36, "default": None}
    return {
        "projectId": "forum", "projectName": "Forum",
        "databases": [{"$id": name, "name": name, "enabled": name != "shut"} for name in ("main", "ops", "shut")],
        "collections": [
            {"$id": name, "$permissions": allowed, "databaseId": database, "name": name, "enabled": True, "documentSecurity": own,
             "attributes": [title, mentions] if name == "posts" else [title], "indexes": [], **more}
            for database, name, allowed, own, more in COLLECTIONS],
    }  # fmt: skip


def shown() -> dict[str, Any]:
    """As a server shows it."""
    said = schema()
    times = {"$createdAt": moment(1), "$updatedAt": moment(1)}
    of_server = {"status": "available", "error": "", **times}
    for database in said["databases"]:
        database |= times
        database["collections"] = [
            {**part, **times, "attributes": [attribute | of_server for attribute in part["attributes"]]}
            for part in said["collections"] if part["databaseId"] == database["$id"]]  # fmt: skip
    return {"databases": said["databases"]}


def write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def write_forum(folder: Path, posts: int = POSTS, live: bool = False) -> Path:
    folder.mkdir(parents=True)
    write_lines(folder / "users.jsonl", (user(n, name) for n, name in enumerate(USERS)))
    write_lines(folder / "memberships.jsonl", (membership(n, row) for n, row in enumerate(MEMBERSHIPS)))
    write_lines(folder / "teams.jsonl", (
        {"$id": name, "$createdAt": moment(1), "$updatedAt": moment(1), "name": name, "total": 1, "prefs": {}} for name in ("staff", "ops")))  # fmt: skip
    for database, name, *_ in COLLECTIONS:
        count = posts if name == "posts" else min(posts, POSTS) // 2
        write_lines(folder / (f"{name}.jsonl" if live else f"{database}.{name}.jsonl"), (document(database, name, n) for n in range(count)))
    name, said = ("schema.json", shown()) if live else ("appwrite.config.json", schema())
    (folder / name).write_text(json.dumps(said))
    return folder


ID = {"from": "$id", "type": "text"}
OWN = {"from": "$permissions", "type": "text[]", "null": False}


def mapping(database: str, name: str, **more: Any) -> dict[str, Any]:
    columns = {"id": {"from": "$id", "id_of": name}, "title": {"type": "text"}, "permissions": OWN}
    return {"from": f"app.{database}.{name}", "to": {f"public.{name}": {"key": ["id"], "columns": columns}, **more}}


ACCOUNTS: dict[str, Any] = {
    "from": "app.users",
    "to": {
        "auth.users": {
            "exists": True, "key": ["id"], "triggers": "off",
            "columns": {
                "instance_id": {"const": "00000000-0000-0000-0000-000000000000", "type": "uuid"},
                "id": {"from": "$id", "id_of": "accounts"},
                "aud": {"const": "authenticated", "type": "varchar(255)"},
                "role": {"const": "authenticated", "type": "varchar(255)"},
                "email": {"do": ["lower", "empty_to_null"], "type": "varchar(255)"},
                "encrypted_password": {"from": "password", "do": ["supabase_password"], "type": "varchar(255)", "null": False},
                "email_confirmed_at": {"from": "registration", "when": {"emailVerification": True}, "type": "timestamptz"},
                **{name: {"const": "", "type": "varchar(255)"} for name in ("confirmation_token", "recovery_token", "email_change_token_new", "email_change")},
                "raw_app_meta_data": {"object": {"appwrite_id": "$id", "labels": "labels"}, "type": "jsonb"},
                "raw_user_meta_data": {"object": {"name": "name", "prefs": "prefs", "phone_verified": "phoneVerification"}, "type": "jsonb"},
                "created_at": {"from": "$createdAt", "type": "timestamptz", "null": False},
                "updated_at": {"from": "$updatedAt", "type": "timestamptz", "null": False},
                "phone": {"do": ["phone_digits", "empty_to_null"], "type": "text"},
                "phone_confirmed_at": {"from": "registration", "when": {"phoneVerification": True}, "type": "timestamptz"},
                "banned_until": {"const": "2999-12-31T00:00:00Z", "when": {"status": False}, "type": "timestamptz"},
                "is_anonymous": {"const": True, "when": {"email": "", "phone": ""}, "default": False, "type": "boolean", "null": False},
            },
        }
    },
    "drop": ["hash", "hashOptions", "passwordUpdate", "accessedAt", "mfa", "targets"],
}  # fmt: skip
MEMBERS: dict[str, Any] = {
    "from": "app.memberships",
    "to": {
        "public.memberships": {
            "key": ["id"],
            "columns": {
                "id": ID,
                "user_id": {"from": "userId", "id_of": "accounts", "null": False},
                "team_id": {"from": "teamId", "id_of": "teams", "null": False},
                "roles": {"from": "roles", "type": "text[]", "null": False},
                "confirmed": {"from": "confirm", "type": "boolean", "null": False},
            },
        }
    },
    "drop": ["$createdAt", "$updatedAt", "userName", "userEmail", "teamName", "invited", "joined", "mfa"],
}
MENTIONS = {
    "each": "mentions", "key": ["post_id", "account_id"],
    "columns": {"post_id": {"parent": "id"}, "account_id": {"from": ".", "id_of": "accounts"}},
}  # fmt: skip
FORUM: dict[str, Any] = {
    "project": project(
        "forum", {"app": {"kind": "appwrite", "uri": "${APPWRITE_URI}"}},
        access={"app": {"users": "accounts", "memberships": "members"}},
        every={"drop": {name: "of the system" for name in ("$createdAt", "$updatedAt", "$databaseId", "$collectionId")}}),
    "accounts": ACCOUNTS,
    "members": MEMBERS,
    "teams": {
        "from": "app.teams",
        "to": {"public.teams": {"key": ["id"], "columns": {"id": {"from": "$id", "id_of": "teams"}, "name": {"type": "text"}}}},
        "drop": ["total", "prefs"],
    },
    "posts": mapping("main", "posts", **{"public.post_mentions": MENTIONS}),
    **{name: mapping(database, name) for database, name, *_ in COLLECTIONS if name != "posts"},
}  # fmt: skip


class Forum(Small):
    before = ""

    def empty_target(self) -> None:
        self.cluster.psql("drop schema if exists access cascade; drop schema if exists forum cascade")
        super().empty_target()

    def __exit__(self, *what: object) -> None:
        super().__exit__(*what)
        self.empty_target()


def forum_of(top: Path, cluster: Cluster, files: dict[str, Any] = FORUM, posts: int = POSTS) -> Forum:
    return Forum(top, cluster, files, APPWRITE_URI=f"file:{write_forum(top / 'export', posts)}")
