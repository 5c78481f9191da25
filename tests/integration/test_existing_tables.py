"""Tables that the target brings, with all that is on them: triggers, rows, and no key at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.complaint import DATA, REFUSED
from tests.integration.migration import Ended
from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster


class Club(Small):
    """Teams and people, into tables that are there; by role postgres, as in a Supabase."""

    def table(self, name: str, **words: Any) -> None:
        """Change what the mapping of that name says of its first table."""
        file = self.files / f"{name}.json"
        mapping = json.loads(file.read_text())
        next(iter(mapping["to"].values())).update(words)
        file.write_text(json.dumps(mapping))

    def records(self, name: str, records: Iterable[Mapping[str, Any]]) -> None:
        (self.top / "dump" / f"{name}.bson").write_bytes(encoded(records))

    def make(self, sql: str) -> None:
        self.query("drop function if exists public.act() cascade;" + sql)

    def verify(self) -> Ended:
        return self.run("verify", "--run-dir", str(self.folder))

    def verified(self) -> None:
        ended = self.verify()
        assert ended.returncode == 0, ended.said

    def undone(self) -> None:
        ended = self.run("undo", "--run-dir", str(self.folder))
        assert ended.returncode == 0, ended.said


def mapped(entity: str, **columns: str) -> dict[str, Any]:
    fields = {column: {"from": column, "type": type} for column, type in columns.items()}
    table = {"exists": True, "key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}, **fields}}
    return {"from": f"core.{entity}", "to": {f"public.{entity}": table}}


PEOPLE = [{"_id": n, "name": f"person {n}", "team": n % 2 + 1} for n in range(1, 41)]


@pytest.fixture
def club(targets: Cluster, tmp_path: Path) -> Iterator[Club]:
    (tmp_path / "dump").mkdir()
    files = {
        "project": project("club", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
        "teams": mapped("teams", name="text"),
        "people": mapped("people", name="text", team="integer"),
    }
    with Club(tmp_path, targets, files, CORE_URI=f"file:{tmp_path / 'dump'}") as made:
        made.records("teams", [{"_id": 1, "name": "red"}, {"_id": 2, "name": "blue"}])
        made.records("people", PEOPLE)
        yield made


TABLES = """
    create table public.teams (id int primary key, name text);
    create table public.people (id int primary key, name text, team int references public.teams);
"""
SHOUT = """
    create or replace function public.act() returns trigger language plpgsql as
      $$begin new.name = upper(new.name); return new; end$$;
    create trigger shout before insert or update on public.{table} for each row execute function public.act();
"""


# ---- triggers ----------------------------------------------------------------------------------------


def test_triggers_are_off_for_their_table_alone(club: Club) -> None:
    club.make(TABLES + SHOUT.format(table="people") + SHOUT.format(table="teams"))
    club.table("people", triggers="off")
    said = club.succeed().said
    assert "public.teams of the target has the trigger shout" in said
    assert "public.people of the target has the trigger" not in said
    assert club.query("select name from public.people where id = 1").strip() == "person 1"
    assert club.query("select string_agg(name, ' ' order by id) from public.teams").strip() == "RED BLUE"


def test_a_trigger_that_acts_always_is_told(club: Club) -> None:
    club.make(TABLES + SHOUT.format(table="people") + "alter table public.people enable always trigger shout")
    club.table("people", triggers="off")
    assert "public.people of the target has the trigger shout" in club.succeed().said


def test_a_column_that_only_a_trigger_fills_is_missed(club: Club) -> None:
    club.make(TABLES + SHOUT.format(table="people") + "alter table public.people add slot int not null")
    club.table("people", triggers="off")
    club.fail(REFUSED, "column slot is NOT NULL there")


def test_foreign_keys_are_looked_at_when_all_is_loaded(club: Club) -> None:
    """The key stands all the time, and no row that refers to nothing passes."""
    club.make(TABLES)
    club.table("people", triggers="off")
    club.records("people", [*PEOPLE, {"_id": 41, "name": "nobody's", "team": 9}, {"_id": 42, "name": "free"}])
    club.fail(DATA, "1 rows of public.people refer to rows that are not in public.teams, which its foreign key "
              "people_team_fkey does not allow; one has team = 9", "--restart people")  # fmt: skip
    assert club.query("select count(*) from graduate.foreign_keys").strip() == "0"
    club.records("people", PEOPLE)
    ended = club.run(*club.run_arguments(), "--restart", "people")
    assert ended.returncode == 0, ended.said
    club.verified()


@pytest.mark.parametrize("match", ["simple", "full"])
def test_keys_of_several_columns(club: Club, match: str) -> None:
    """What is null in part refers to nothing by one kind of key, and is refused by the other."""
    club.make(f"""
        create table public.teams (id int primary key, name text, unique (id, name));
        create table public.people (id int primary key, name text, team int,
          foreign key (team, name) references public.teams (id, name) match {match});
    """)
    club.table("people", triggers="off")
    club.records("people", [{"_id": 1, "name": "red", "team": 1}, {"_id": 2}, {"_id": 3, "team": 2}])
    if match == "full":
        club.fail(DATA, "1 rows of public.people", "people_team_name_fkey", "one has team, name = 2")
    else:
        club.succeed()


def test_a_role_that_may_not(club: Club) -> None:
    club.make(TABLES)
    club.table("people", triggers="off")
    grant = "grant set on parameter session_replication_role to postgres"
    club.cluster.psql(grant.replace("grant", "revoke", 1).replace(" to ", " from "), role=club.cluster.superuser)
    try:
        club.fail(REFUSED, "the role postgres may not switch triggers off, as public.people asks",
                  "GRANT SET ON PARAMETER session_replication_role TO postgres")  # fmt: skip
    finally:
        club.cluster.psql(grant, role=club.cluster.superuser)
    assert club.query("select to_regclass('graduate.runs') is null").strip() == "t"
    club.succeed()


def test_a_unique_that_would_not_be_looked_at(club: Club) -> None:
    club.make(TABLES + "alter table public.people add constraint late unique (name) deferrable")
    club.table("people", triggers="off")
    club.fail(REFUSED, "public.people has the deferrable constraint late")
    assert club.query("select to_regclass('graduate.runs') is null").strip() == "t"


# ---- rows that nothing names -------------------------------------------------------------------------

NAMELESS = """
    create table public.teams (id int primary key, name text);
    create table public.people (id uuid primary key default gen_random_uuid(), name text, team int);
"""
ONE = "(select id from public.people where name = 'Ann' limit 1)"


def nameless(club: Club) -> None:
    club.make(NAMELESS)
    text = club.files / "people.json"
    mapping = json.loads(text.read_text())
    del mapping["to"]["public.people"]["columns"]["id"]
    text.write_text(json.dumps({**mapping, "drop": ["_id"]}))
    club.table("people", key=[])
    club.records("people", [*PEOPLE, *({"_id": n, "name": "Ann", "team": 1} for n in (51, 52, 53))])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (f"delete from public.people where id = {ONE}", ["missing"]),
        ("delete from public.people where name = 'person 7'", ["missing"]),
        ("insert into public.people (name, team) values ('Ann', 1)", ["duplicated"]),
        ("insert into public.people (name, team) values ('Eve', 1)", ["extra"]),
        (f"update public.people set team = 2 where id = {ONE}", ["extra", "missing"]),
        (f"update public.people set name = null where id = {ONE}", ["extra", "missing"]),
        (f"update public.people set id = gen_random_uuid() where id = {ONE}", []),
    ],
)
def test_rows_without_a_key_are_compared_as_often_as_they_are(club: Club, change: str, found: list[str]) -> None:
    nameless(club)
    club.succeed()
    club.verified()
    club.query(change)
    ended = club.verify()
    assert ended.returncode == (1 if found else 0), ended.said
    verdict = json.loads((club.folder / "verify.json").read_text())
    kinds = {finding["kind"] for finding in verdict["findings"] if finding["level"] == "content"}
    assert sorted(kinds) == found


def test_rows_without_a_key_are_taken_back(club: Club) -> None:
    nameless(club)
    club.query("insert into public.people (name, team) values ('Ann', 1)")
    ended = club.run(*club.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    assert club.query("select count(*) from public.people").strip() == "44"
    club.verified()
    club.query("insert into public.people (id, name, team) values (gen_random_uuid(), 'Ann', 1)")
    assert "public.people has the row name=Ann, team=1 more often" in club.verify().said
    club.undone()
    assert club.query("select count(*) from public.people").strip() == "2"
