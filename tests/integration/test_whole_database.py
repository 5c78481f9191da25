"""A database with every kind of object moves: what pg_dump says of source and target differs by what plan announced."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.integration.kept_tables import Kept
from tests.integration.whole_database import DATABASE, EXTENSIONS, SCHEMAS, mappings
from tests.rig.postgres import Cluster


@pytest.fixture(scope="module")
def whole(targets: Cluster, old: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    old.psql("create database whole")
    old.psql(file=DATABASE, database="whole")
    with Kept(tmp_path_factory.mktemp("whole"), targets, old, mappings(old, "whole"), "") as made:
        made.environment["OLD_URI"] = old.uri("whole")
        for name in EXTENSIONS:
            made.query(f'create schema if not exists extensions; create extension if not exists "{name}" schema extensions')
        made.succeed()
        yield made


# ---- what pg_dump says ------------------------------------------------------------------------------


class Entry(NamedTuple):
    kind: str
    schema: str
    name: str


HEAD = re.compile(r"-- Name: (?P<name>.*); Type: (?P<kind>[^;]*); Schema: (?P<schema>[^;]*);")
# Rights that a Supabase gives its roles on whatever is made there.
GIVEN = re.compile(r"^GRANT (?P<what>[A-Z,]+) ON (TABLE|SEQUENCE|SCHEMA) .* TO (anon|authenticated|service_role|postgres);$")
GIVEN_RIGHTS = {"REFERENCES", "TRIGGER", "TRUNCATE", "UPDATE"}


def lines_of(text: str) -> list[str]:
    """As a set that no order of columns or options changes; extensions are in the schema extensions there."""
    lines = []
    for line in re.sub(r"\bextensions\.", "public.", text).replace("SCHEMA extensions", "SCHEMA public").split("\n"):
        if options := re.match(r"WITH \((.*)\);$", line):
            line = f"WITH ({', '.join(sorted(options[1].split(', ')))});"
        if given := GIVEN.match(line):
            rights = [right for right in given["what"].split(",") if right not in GIVEN_RIGHTS]
            line = line.replace(given["what"], ",".join(rights)) if rights else ""
        line = re.sub(r"\bON ONLY\b", "ON", line).strip().rstrip(",;").removeprefix(")").strip()
        if line and not line.startswith(("--", "\\")):
            lines.append(line)
    return sorted(lines)


def dumped(cluster: Cluster, database: str) -> dict[Entry, list[str]]:
    said = subprocess.run(
        ["pg_dump", "--schema-only", "--no-owner", cluster.uri(database, cluster.superuser)],
        capture_output=True, text=True, check=True, timeout=60).stdout  # fmt: skip
    entries = {}
    for part in re.split(r"\n--\n(?=-- Name)", said):
        if head := HEAD.match(part):
            entries[Entry(head["kind"], head["schema"], head["name"])] = lines_of(part)
    return {entry: lines for entry, lines in entries.items() if lines}


def differences(source: dict[Entry, list[str]], target: dict[Entry, list[str]]) -> Iterator[tuple[Entry, list[str]]]:
    """Of what is there, or here, alone or otherwise: the lines that have no match."""
    for entry in sorted(source.keys() | target.keys()):
        if entry.schema not in (*SCHEMAS.values(), "-") or (entry.schema == "-" and entry not in source):
            continue
        here, there = source.get(entry, []), target.get(entry, [])
        odd = [line for line in here if line not in there] + [f"+ {line}" for line in there if line not in here]
        if odd:
            yield entry, odd


# ---- what plan said ---------------------------------------------------------------------------------

WORD = re.compile(r'"[^"]+"|[\w=]+')
# Words of pg_dump's own in names.
ITS_OWN = set("public on as server user mapping cast table column function type schema sequence extension domain constraint"
              " collation default privileges for tables".split())  # fmt: skip
# In a table: a line, and what its object must say of it.
TABLE_LINES = (
    (r"^CREATE UNLOGGED TABLE|^\+ CREATE TABLE .*visits", "table", "visits", "UNLOGGED"),
    (r"^CREATE TABLE .* OF public.address", "table", "typed", "OF "),
    (r"^\+ (CREATE TABLE public.typed|street |\"Zip code\" |door )", "table", "typed", "OF "),
    (r"^PARTITION BY", "table", "events", "PARTITION BY"),
    (r"^INHERITS|^\+ (id integer NOT NULL|name text)$", "inheritance", "cats from animals", ""),
    (r"CONSTRAINT mail_or_notes", "check", "mail_or_notes on people", "NO INHERIT"),
    (r"a_class", "", "", ""),  # the mapping's
)


def announced(entry: Entry, line: str, told: dict[tuple[str, str], tuple[str, str | None]]) -> bool:
    """Is there a line of the plan about the thing?"""
    if entry.kind in ("ROW SECURITY", "DEFAULT ACL") and line.startswith("+ "):
        return True  # all tables that are made have the one, and a Supabase has the other
    if entry.kind == "TABLE" and not is_of_partition(entry, told):
        for pattern, kind, name, says in TABLE_LINES:
            if re.search(pattern, line):
                fate, how = told.get((kind, name), ("not kept", ""))
                return fate != "kept" and says in (how or "")
        return False
    words = words_of(entry.name) - ITS_OWN
    return is_of_partition(entry, told) or any(
        (fate != "kept" or how) and words <= words_of(f"{kind} {kind.replace(' ', '')} {name}") for (kind, name), (fate, how) in told.items())  # fmt: skip


def words_of(name: str) -> set[str]:
    return {word.strip('"').lower() for word in WORD.findall(name)}


def is_of_partition(entry: Entry, told: dict[tuple[str, str], tuple[str, str | None]]) -> bool:
    names = [name.split(" of ")[0] for kind, name in told if kind == "partition"]
    return any(word.startswith(name) for name in names for word in entry.name.split(" "))


def test_each_difference_was_announced(whole: Kept, old: Cluster) -> None:
    told = {
        (one["kind"], f"{one['name']} {one['detail']}" if one["kind"] == "publication" else one["name"]):
            (one["fate"], one.get("how") or one.get("reason")) for one in whole.account()["objects"]}  # fmt: skip
    odd = list(differences(dumped(old, "whole"), dumped(whole.cluster, "postgres")))
    silent = [(entry, line) for entry, lines in odd for line in lines if not announced(entry, line, told)]
    assert not silent, "\n".join(f"{entry}: {line}" for entry, line in silent)
    assert {entry.kind for entry, _ in odd} >= {"AGGREGATE", "TABLE ATTACH", "VIEW", "EVENT TRIGGER"}, "the dumps were compared"


def test_it_is_verified(whole: Kept) -> None:
    ended = whole.run("verify", "--run-dir", str(whole.folder))
    assert ended.returncode == 0, ended.said


LOST = {
    "alter table people reset (fillfactor)": "the setting fillfactor of people is missing",
    "alter table people alter column notes set storage main": "the setting storage of people.notes is missing",
    "alter table people alter column handle set statistics -1": "the setting statistics target of people.handle is missing",
    "alter table orders replica identity default": "the setting replica identity of orders is missing",
    "alter table orders no force row level security": "the setting row level security of orders is missing",
    "alter table people set without cluster": "the setting cluster of people is missing",
    "alter view adults alter column state drop default": "the setting default of adults.state is missing",
    "revoke select on adults from authenticated": "the rights of authenticated on adults is missing",
    "comment on constraint people_mother on people is null": "the comment on the table constraint people_mother on people is missing",
    "comment on index people_born is 'x'": "the comment on the index people_born is missing, or says something else",
    "comment on domain positive is null": "the comment on the type positive is missing",
    "comment on constraint positive_check on domain positive is null": "the comment on the domain constraint positive_check on positive is missing",
    "comment on sequence invoice_numbers is null": "the comment on the sequence invoice_numbers is missing",
    'comment on table "order" is null': "the comment of the table is missing; it should be of reserved words",
    "grant execute on function state_text to public": "the rights of PUBLIC on function state_text(m mood) is missing",
}


def test_numbers_go_on_as_they_stood(whole: Kept) -> None:
    whole.query("begin; delete from rounds where id = 101 or id > 1; insert into rounds (invoice) values (2); commit")
    assert whole.query("select id, code, invoice from rounds order by id") == "1|N-4|1\n101|N-5|2"
    whole.query("delete from rounds where invoice = 2; insert into rounds select 5, 'N-1', 1 union all select 105, 'N-2', 1 union all select 205, 'N-3', 1")


def test_what_is_lost_of_it_is_told(whole: Kept) -> None:
    for sql in LOST:
        whole.query(sql)
    found = whole.verdict()
    assert len(found) == len(LOST), found
    for says in LOST.values():
        assert any(says in one for one in found), (says, found)
