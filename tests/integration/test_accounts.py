"""What Supabase Auth would not find an account by, or fails at when it reads it, is told at its record, and mended by a rule."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import bson
import pytest

from tests.integration.complaint import DATA, REFUSED, USAGE
from tests.integration.migration import PROGRAMS, ROOT
from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

CHECK = (ROOT / "fixtures/supabase/scanner_check.sql").read_text().strip().removesuffix(";")
ACCOUNTS = [bson.ObjectId(f"5f0c8a1b2c3d4e5f6073{n:04x}") for n in range(8)]
TEXT = {"type": "varchar(255)"}
USERS: dict[str, Any] = {
    "exists": True,
    "key": ["id"],
    "columns": {
        "id": {"from": "_id", "id_of": "accounts"},
        "instance_id": {"const": "00000000-0000-0000-0000-000000000000", "type": "uuid"},
        "aud": {"const": "authenticated", **TEXT},
        "role": {"const": "authenticated", **TEXT},
        "email": {"from": "mail", **TEXT},
        "phone": {"type": "text"},
        "encrypted_password": {"const": "", **TEXT},
        "confirmation_token": {"const": "", **TEXT},
        "recovery_token": {"const": "", **TEXT},
        "email_change_token_new": {"const": "", **TEXT},
        "email_change": {"const": "", **TEXT},
        "created_at": {"const": "2024-01-01T00:00:00Z", "type": "timestamptz"},
        "updated_at": {"const": "2024-01-01T00:00:00Z", "type": "timestamptz"},
    },
}
RECORDS = [
    {"_id": ACCOUNTS[0], "mail": "ann@example.org", "phone": "4915112345678"},
    {"_id": ACCOUNTS[1], "mail": "Bo@Example.org", "phone": "+49 (151) 234-567"},
    {"_id": ACCOUNTS[2], "mail": " carl@example.org\n", "phone": "0151 234"},
    {"_id": ACCOUNTS[3], "mail": "dora", "phone": ""},
    {"_id": ACCOUNTS[4], "mail": "", "phone": "12345678901234567"},
    {"_id": ACCOUNTS[5], "mail": None},
    {"_id": ACCOUNTS[6], "mail": "ed@ @example.org", "phone": "call me"},
    {"_id": ACCOUNTS[7], "mail": "Fay@example.org", "phone": "7"},
]  # fmt: skip
# path: what is wrong, and at which records
WRONG = {
    "mail": {"has capital letters": [1, 7], "begins or ends with white space": [2], "has not the shape of an address": [3, 6],
             "is empty, where nothing is null": [4]},
    "phone": {"is not digits alone": [1, 2, 6], "is empty, where nothing is null": [3], "has not 2 to 15 digits": [4, 7]},
}  # fmt: skip


def small(top: Path, cluster: Cluster, **columns: dict[str, Any]) -> Small:
    dump = top / "dump"
    dump.mkdir()
    (dump / "accounts.bson").write_bytes(encoded(RECORDS))
    (dump / "accounts.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "accounts"}))
    users = {**USERS, "columns": {name: column | columns.get(name, {}) for name, column in USERS["columns"].items()}}
    files = {"project": project("people", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
             "accounts": {"from": "core.accounts", "to": {"auth.users": users}}}  # fmt: skip
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


def checked(migration: Small) -> dict[str, dict[str, list[int]]]:
    done = subprocess.run(
        [PROGRAMS / "graduate", "check", "--project", migration.project, "--json"],
        cwd=ROOT, env=migration.environment, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == DATA, done.stdout + done.stderr
    found: dict[str, dict[str, list[int]]] = {}
    for problem in json.loads(done.stdout)["entities"][0]["problems"]:
        fault = re.search(r'"? ?((?:is|has|begins) .*): Supabase Auth takes no such (?:address|phone)', problem["message"], re.DOTALL)
        assert fault, problem
        numbers = [[str(account) for account in ACCOUNTS].index(example["key"]) for example in problem["examples"]]
        found.setdefault(problem["path"], {})[fault[1]] = numbers
    return found


def test_at_the_record(tmp_path: Path, targets: Cluster) -> None:
    """check names all, run the first, before the server or the check of the accounts sees any."""
    with small(tmp_path, targets) as migration:
        assert checked(migration) == WRONG
        complaint = migration.fail(DATA, 'the text "Bo@Example.org" has capital letters: Supabase Auth takes no such address')
        assert complaint.where == f"entity accounts, key {ACCOUNTS[1]}, at mail"
        assert '"do": ["trim", "lower", "empty_to_null"]' in complaint.next
        assert migration.query("select count(*) from auth.users") == "0"


def test_one_opinion(tmp_path: Path, targets: Cluster) -> None:
    """The check of the accounts finds the same texts wrong that transform refuses, and no others."""
    with small(tmp_path, targets) as migration:
        for n, record in enumerate(RECORDS):
            for column, path in (("email", "mail"), ("phone", "phone")):
                if record.get(path) is None:
                    continue
                value = record[path].replace("'", "''")
                migration.query(f"insert into auth.users (id, {column}) values ('00000000-0000-0000-0000-00000000000{n}', '{value}')"
                                f" on conflict (id) do update set {column} = excluded.{column}")
        found = {tuple(line.split("|")) for line in migration.query(
            f"select distinct right(id, 1), \"column\" from ({CHECK}) x where \"column\" in ('email', 'phone')"
            " and \"table\" = 'auth.users' and weight = 'problem'").splitlines()}
        wrong = {(str(n), "email" if path == "mail" else path) for path, kinds in WRONG.items() for ns in kinds.values() for n in ns}
        assert found == wrong
        migration.query("delete from auth.users")


def test_mended(tmp_path: Path, targets: Cluster) -> None:
    """By functions what can be mended, and by "misfit" what cannot, with a line in the losses each."""
    with small(tmp_path, targets, email={"do": ["trim", "lower", "empty_to_null"], "misfit": "null"},
               phone={"do": ["phone_digits", "empty_to_null"], "misfit": "null"}) as migration:
        migration.succeed()
        assert migration.query("select email, phone from auth.users order by id").splitlines() == [
            "ann@example.org|4915112345678", "bo@example.org|49151234567", "carl@example.org|", "|", "|", "|", "|",
            "fay@example.org|"]
        assert migration.query("select key, path, rule, before, after from graduate.losses order by key, path").splitlines() == [
            f"{ACCOUNTS[2]}|phone|misfit|0151234|null", f"{ACCOUNTS[3]}|mail|misfit|dora|null",
            f"{ACCOUNTS[4]}|phone|misfit|12345678901234567|null", f"{ACCOUNTS[6]}|mail|misfit|ed@ @example.org|null",
            f"{ACCOUNTS[6]}|phone|misfit|callme|null", f"{ACCOUNTS[7]}|phone|misfit|7|null"]
        ended = migration.run("verify", "--run-dir", str(migration.folder))
        assert ended.returncode == 0, ended.said


def test_the_advice_is_followed(tmp_path: Path, targets: Cluster) -> None:
    """First of addresses, then of phones: mended in the mapping, or null."""
    file = "accounts.json"
    with small(tmp_path, targets) as migration:
        for column, path, functions in (("email", "mail", ["trim", "lower", "empty_to_null"]), ("phone", "phone", ["phone_digits", "empty_to_null"])):
            complaint = migration.fail(DATA, f"Supabase Auth takes no such {'address' if column == 'email' else 'phone'}", f"at {path}")
            assert f'"do": {json.dumps(functions)}, or say by "misfit" what stands for it, as "null"' in complaint.next
            mapping = json.loads((migration.files / file).read_text())
            mapping["to"]["auth.users"]["columns"][column] |= {"do": functions, "misfit": "null"}
            (migration.files / file).write_text(json.dumps(mapping))
            undone = subprocess.run([PROGRAMS / "graduate", "undo", "--run-dir", migration.folder], cwd=ROOT, env=migration.environment,
                                    capture_output=True, text=True, timeout=60)  # fmt: skip
            assert undone.returncode == 0, undone.stderr
        migration.succeed()


STANDS = {"a default": ({"default": "nobody@example.org"}, 0), "nothing": ({}, 6)}


@pytest.mark.parametrize("name", STANDS)
def test_something_stands_for_it(tmp_path: Path, targets: Cluster, name: str) -> None:
    """A default that is the same for two is not unique; or the records are set aside."""
    more, count = STANDS[name]
    with small(tmp_path, targets, email={"do": ["trim", "lower", "empty_to_null"], "misfit": "default" if more else "reject"} | more,
               phone={"do": ["phone_digits", "empty_to_null"], "misfit": "null"}) as migration:
        settings = json.loads((migration.files / "project.json").read_text())
        (migration.files / "project.json").write_text(json.dumps(settings | {"rejects": {"limit": 2}}))
        if more:
            complaint = migration.fail(DATA, '"nobody@example.org": (email) of auth.users must be unique')
            assert complaint.where == f"entity accounts, key {ACCOUNTS[6]}, at mail, SQLSTATE 23505"
        else:
            migration.succeed()
            assert migration.query("select count(*) from auth.users") == str(count)
            assert migration.query("select key, path from graduate.rejects order by key").splitlines() == [
                f"{ACCOUNTS[3]}|mail", f"{ACCOUNTS[6]}|mail"]


# ---- what the service fails at when it reads it ----------------------------------------------------

LETTERS = "abcdefghij" * 5
# column, the field and its value there, SQL of the same, and what is wrong of it
OTHERS: list[tuple[str, Any, str, str]] = [
    ("encrypted_password", f"$2a$10${LETTERS}abc", "", ""),
    ("encrypted_password", "5f4dcc3b5aa765d61d8327deb882cf99", "", "is no bcrypt, argon2 or fbscrypt string"),
    ("encrypted_password", f"$2a$31${LETTERS}abc", "", "is a bcrypt string with a cost outside 4 to 17"),
    ("encrypted_password", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "", ""),
    ("encrypted_password", "$argon2id$v=19$m=65536,t=3,p=99$c2FsdA$aGFzaA", "", "is an argon2 string with p outside 1 to 16"),
    ("encrypted_password", "$fbscrypt$v=1,n=14,r=8,p=1,sk=c2ln$c2FsdA==$aGFz", "", ""),
    ("encrypted_password", "$fbscrypt$v=1,n=14,r=8,p=1$c2FsdA==$aGFz", "", "whose signer key (sk) is not as long"),
    ("banned_until", bson.DatetimeMS(253402300799000), "9999-12-31 23:59:59+00", ""),
    ("banned_until", bson.DatetimeMS(253402300800000), "10000-01-01 00:00:00+00", "is after the year 9999"),
    ("banned_until", bson.DatetimeMS(-62135596800000), "0001-01-01 00:00:00+00", ""),
    ("banned_until", bson.DatetimeMS(-62135596801000), "0001-12-31 23:59:59+00 BC", "is before the year 1"),
    ("raw_user_meta_data", {"a": 1}, '{"a": 1}', ""),
    ("raw_user_meta_data", [1], "[1]", "is no object"),
]  # fmt: skip
STAND_INS: dict[str, dict[str, Any]] = {
    "encrypted_password": {"misfit": "default", "default": ""},
    "banned_until": {"misfit": "null"},
    "raw_user_meta_data": {"misfit": "null"},
}  # fmt: skip


def test_what_the_service_fails_at(tmp_path: Path, targets: Cluster) -> None:
    """Hashes, moments and metadata: check, the run and the check of the accounts are of one opinion; no hash is shown."""
    wrong = {(str(n), column) for n, (column, _, _, fault) in enumerate(OTHERS) if fault}
    accounts = [bson.ObjectId(f"5f0c8a1b2c3d4e5f6074{n:04x}") for n in range(len(OTHERS))]
    with small(tmp_path, targets) as migration:
        migration.query("".join(
            f"insert into auth.users (id, {column}) values ('00000000-0000-0000-0000-0000000000{n:02}', '{sql or value}');"
            for n, (column, value, sql, _) in enumerate(OTHERS)))
        found = migration.query(f"""select distinct ltrim(right(id, 2), '0'), "column" from ({CHECK}) x where weight = 'problem'
            and "column" in ('encrypted_password', 'banned_until', 'raw_user_meta_data')""").splitlines()
        assert {(n or "0", column) for n, column in (line.split("|") for line in found)} == wrong
        migration.query("delete from auth.users")
        dump = migration.top / "dump/accounts.bson"
        dump.write_bytes(encoded({"_id": accounts[n], column: value} for n, (column, value, _, _) in enumerate(OTHERS)))
        path = migration.files / "accounts.json"
        mapping = json.loads(path.read_text())
        columns = mapping["to"]["auth.users"]["columns"]
        for name in ("email", "phone"):
            del columns[name]
        types = {"encrypted_password": "varchar(255)", "banned_until": "timestamptz", "raw_user_meta_data": "jsonb"}
        columns |= {name: {"from": name, "type": type} for name, type in types.items()}
        path.write_text(json.dumps(mapping))
        checked = subprocess.run([PROGRAMS / "graduate", "check", "--project", migration.project, "--json"], cwd=ROOT,
                                 env=migration.environment, capture_output=True, text=True, timeout=60)  # fmt: skip
        told = {(example["key"], problem["path"], problem["message"]) for problem in json.loads(checked.stdout)["entities"][0]["problems"]
                for example in problem["examples"]}
        assert {(str(accounts.index(bson.ObjectId(key))), path) for key, path, _ in told} == wrong
        for n, (column, _, _, fault) in enumerate(OTHERS):
            assert not fault or [text for key, _, text in told if key == str(accounts[n]) and fault in text], (column, fault, told)
        assert "5f4dcc3b" not in checked.stdout + checked.stderr
        for name in ("encrypted_password", "banned_until", "raw_user_meta_data"):
            complaint = migration.fail(DATA, "Supabase Auth takes no such ", f"at {name}")
            assert "by \"misfit\"" in complaint.next and "5f4dcc3b" not in complaint.message
            columns[name] |= STAND_INS[name]
            path.write_text(json.dumps(mapping))
            undone = subprocess.run([PROGRAMS / "graduate", "undo", "--run-dir", migration.folder], cwd=ROOT, env=migration.environment,
                                    capture_output=True, text=True, timeout=60)  # fmt: skip
            assert undone.returncode == 0, undone.stderr
        migration.succeed()
        assert migration.query("select count(*) from auth.users where encrypted_password <> ''") == "3"
        assert migration.query("select before from graduate.losses where path = 'encrypted_password' order by key").splitlines() == [
            "a text of 32 bytes", "a text of 60 bytes", "a text of 45 bytes", "a text of 40 bytes"]
        ended = migration.run("verify", "--run-dir", str(migration.folder), "--level", "content")
        assert ended.returncode == 0, ended.said


# Of one row as a whole: what the record has, and what is told of it.
ROWS: list[tuple[dict[str, Any], str]] = [
    ({"aud": "anon"}, "no look-up finds the user"),
    ({"role": "admin"}, "database role of the user's requests"),
    ({"role": None}, "must not be null"),
    ({"token": None}, "must not be null"),
    ({"made": None}, "must not be null"),
    ({"mail": "ann@example.org", "hash": f"$2b$10${'a' * 53}"}, "OAuth deletes the password"),
    ({"mail": "bo@example.org", "hash": f"$2b$10${'a' * 53}", "confirmed": "2024-01-01T00:00:00Z"}, ""),
    ({"mail": "cy@example.org"}, ""),
]  # fmt: skip
OF_ROWS = {
    "aud": {"from": "aud", **TEXT}, "role": {"from": "role", **TEXT}, "recovery_token": {"from": "token", **TEXT},
    "created_at": {"from": "made", "type": "timestamptz"}, "encrypted_password": {"from": "hash", "default": "", **TEXT},
    "email_confirmed_at": {"from": "confirmed", "type": "timestamptz"}, "email": {"from": "mail", **TEXT},
}  # fmt: skip
GOOD = {"aud": "authenticated", "role": "authenticated", "token": "", "made": "2024-01-01T00:00:00Z"}


def of_rows(migration: Small) -> Path:
    dump = migration.top / "dump/accounts.bson"
    dump.write_bytes(encoded({"_id": ACCOUNTS[n]} | GOOD | changed for n, (changed, _) in enumerate(ROWS)))
    path = migration.files / "accounts.json"
    mapping = json.loads(path.read_text())
    columns = mapping["to"]["auth.users"]["columns"]
    del columns["phone"]
    columns |= OF_ROWS
    path.write_text(json.dumps(mapping))
    return path


def test_what_a_whole_row_has(tmp_path: Path, targets: Cluster) -> None:
    """check tells it at its record, all at once; what is null where nothing may be the run tells, too."""
    with small(tmp_path, targets) as migration:
        of_rows(migration)
        done = subprocess.run([PROGRAMS / "graduate", "check", "--project", migration.project, "--json"], cwd=ROOT,
                              env=migration.environment, capture_output=True, text=True, timeout=60)  # fmt: skip
        assert done.returncode == DATA, done.stdout + done.stderr
        told = {(example["key"], problem["message"]) for problem in json.loads(done.stdout)["entities"][0]["problems"]
                for example in problem["examples"]}
        assert {key for key, _ in told} == {str(ACCOUNTS[n]) for n, (_, says) in enumerate(ROWS) if says}
        for n, (_, says) in enumerate(ROWS):
            assert not says or [text for key, text in told if key == str(ACCOUNTS[n]) and says in text], (n, told)
        complaint = migration.fail(DATA, "must not be null")
        assert complaint.where == f"entity accounts, key {ACCOUNTS[2]}, at role"


@pytest.mark.parametrize("column", ["instance_id", "aud", "role", "confirmation_token", "created_at"])
def test_a_column_that_nobody_fills(tmp_path: Path, targets: Cluster, column: str) -> None:
    """Every row would be a user at whom the service fails: nothing is begun."""
    with small(tmp_path, targets) as migration:
        path = of_rows(migration)
        mapping = json.loads(path.read_text())
        gone = mapping["to"]["auth.users"]["columns"].pop(column)
        mapping["drop"] = [gone["from"]] if "from" in gone else []
        path.write_text(json.dumps(mapping))
        complaint = migration.fail(REFUSED, f"column {column} must not be null for Supabase Auth")
        assert complaint.where.startswith("entity accounts")
        assert migration.query("select to_regclass('graduate.runs') is null") == "t"


def test_null_said_where_nothing_may_be(tmp_path: Path, targets: Cluster) -> None:
    with small(tmp_path, targets, recovery_token={"null": True}) as migration:
        migration.fail(USAGE, "Supabase Auth fails at a null here")
