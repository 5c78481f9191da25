"""Tables that the target brings, with all that is on them: triggers, rows, and no key at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest

from tests.integration.complaint import DATA, REFUSED, USAGE
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


# Databases of other tests are copies of this one.
GONE = """
    drop table if exists public.people, public.teams, public.hangs, public.kept;
    drop function if exists public.act() cascade; drop collation if exists public.loose;
    drop domain if exists public.age, public.whole, public.short; drop type if exists public.tier;
    delete from auth.users;
"""


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
        made.query(GONE)


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
    club.query(TABLES + SHOUT.format(table="people") + SHOUT.format(table="teams"))
    club.table("people", triggers="off")
    said = club.succeed().said
    assert "public.teams of the target has the trigger shout" in said
    assert "public.people of the target has the trigger" not in said
    assert club.query("select name from public.people where id = 1").strip() == "person 1"
    assert club.query("select string_agg(name, ' ' order by id) from public.teams").strip() == "RED BLUE"


def test_a_trigger_that_cannot_be_off(club: Club) -> None:
    club.query(TABLES + SHOUT.format(table="people") + "alter table public.people enable always trigger shout")
    club.table("people", triggers="off")
    club.fail(REFUSED, "public.people has the trigger shout, which is ENABLE ALWAYS", "ENABLE TRIGGER shout")
    assert club.query("select to_regclass('graduate.runs') is null").strip() == "t"
    club.query("alter table public.people enable trigger shout")
    club.succeed()
    club.verified()


# A unique over the mapping's key that the table has -> would it do?
UNIQUES = {
    "alter table public.teams drop constraint teams_pkey": False,
    "alter table public.teams drop constraint teams_pkey, add unique (id, name)": False,
    "alter table public.teams drop constraint teams_pkey, add unique (id) deferrable": True,
    "alter table public.teams drop constraint teams_pkey; create unique index on public.teams (id) include (name)": True,
}


@pytest.mark.parametrize("sql", UNIQUES)
def test_the_key_is_kept_by_the_table(club: Club, sql: str) -> None:
    """What run would take and verify call missing is refused before anything is written."""
    club.query("create table public.teams (id int primary key, name text);"
               "create table public.people (id int primary key, name text, team int)")  # fmt: skip
    club.query(sql)
    if not UNIQUES[sql]:
        club.fail(REFUSED, "no unique index of public.teams is over just its key (id)")
        club.query("alter table public.teams add primary key (id)")
    club.succeed()
    club.verified()


def test_a_column_that_only_a_trigger_fills_is_missed(club: Club) -> None:
    club.query(TABLES + SHOUT.format(table="people") + "alter table public.people add slot int not null")
    club.table("people", triggers="off")
    club.fail(REFUSED, "column slot is NOT NULL there")


def test_foreign_keys_are_looked_at_when_all_is_loaded(club: Club) -> None:
    """The key stands all the time, and no row that refers to nothing passes."""
    club.query(TABLES)
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
    club.query(f"""
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
    club.query(TABLES)
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
    club.query(TABLES + "alter table public.people add constraint late unique (name) deferrable")
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
    club.query(NAMELESS)
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


# ---- rows that are there already ---------------------------------------------------------------------

THERE = TABLES + """
    alter table public.people add note text default 'new';
    insert into public.teams values (1, 'old'), (9, 'of others');
    insert into public.people values (1, 'admin', 9, 'mine'), (2, 'nobody', null, null), (99, 'of others', 9, 'x');
"""
ROWS = "select string_agg(t::text, ' ' order by id) from public.{} t where id < 4 or id > 40"
MET = "select string_agg(concat_ws(' ', table_name, key, updated, made_in_run), ', ' order by table_name, key) from graduate.met"


def there(club: Club, teams: Any, people: Any) -> str:
    """Rows that both meet are there, and rows of nobody; what all of it looks like."""
    club.query(THERE)
    club.table("teams", if_there=teams)
    club.table("people", if_there=people)
    return whole(club)


def whole(club: Club) -> str:
    return "\n".join(
        club.query(f"select string_agg(t::text, ' ' order by id) from public.{table} t") for table in ("teams", "people")
    )


def found(club: Club) -> list[str]:
    """What the level of content finds, "kind table key" each."""
    club.verify()
    verdict = json.loads((club.folder / "verify.json").read_text())
    assert {level["level"]: level["verdict"] for level in verdict["levels"]}["counts"] != "unchecked"
    return [f"{f['kind']} {f['table']} {f['key']}" for f in verdict["findings"] if f["level"] == "content"]


def restarted(club: Club, *entities: str) -> None:
    ended = club.run(*club.run_arguments(), "--restart", ",".join(entities))
    assert ended.returncode == 0, ended.said


KINDS = {
    "skip": ("(1,admin,9,mine) (2,nobody,,) (3,\"person 3\",2,new) (99,\"of others\",9,x)", "0 updated, 2 skipped"),
    "update": ("(1,\"person 1\",2,mine) (2,\"person 2\",1,) (3,\"person 3\",2,new) (99,\"of others\",9,x)", "2 updated, 0 skipped"),
    "in part": ("(1,\"person 1\",9,mine) (2,\"person 2\",,) (3,\"person 3\",2,new) (99,\"of others\",9,x)", "2 updated, 0 skipped"),
}  # fmt: skip


def word(kind: str) -> Any:
    return {"update": ["name"]} if kind == "in part" else kind


@pytest.mark.parametrize("kind", KINDS)
def test_what_becomes_of_rows_that_are_there(club: Club, kind: str) -> None:
    before = there(club, "update", word(kind))
    rows, said = KINDS[kind]
    ended = club.succeed()
    assert f"public.people: {said}" in ended.said and "balance 0" in ended.said
    assert club.query(ROWS.format("people")) == rows
    account = next(t for t in club.account()["tables"] if t["table"] == "public.people")
    assert (account["before"], account["loaded"], account["present"]) == (3, 38, 41)
    club.verified()
    assert ("and stayed, in all or some columns" in club.verify().said) == (kind != "update")
    loaded = whole(club)
    restarted(club, "people")
    assert whole(club) == loaded
    club.verified()
    club.undone()
    assert whole(club) == before


CHANGES = [
    ("update public.people set name = 'x' where id = 3", {kind: ["different public.people 3"] for kind in KINDS}),
    ("update public.people set name = 'x' where id = 1",
     {"skip": [], "update": ["different public.people 1"], "in part": ["different public.people 1"]}),
    ("update public.people set team = 1 where id = 1",
     {"skip": [], "update": ["different public.people 1"], "in part": []}),
    ("update public.people set note = 'x' where id < 9", {kind: [] for kind in KINDS}),
    ("delete from public.people where id = 1", {kind: ["missing public.people 1"] for kind in KINDS}),
    ("delete from public.people where id = 3", {kind: ["missing public.people 3"] for kind in KINDS}),
    ("insert into public.people values (100, 'x')", {kind: ["extra public.people"] for kind in KINDS}),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_verify_knows_which(club: Club, kind: str) -> None:
    there(club, "update", word(kind))
    club.succeed()
    for change, right in CHANGES:
        club.query(f"create table public.kept as table public.people; {change}")
        # which of two rows of nobody was there before the run cannot be told
        assert [f if "extra" not in f else f.rpartition(" ")[0] for f in found(club)] == right[kind], change
        club.query("delete from public.people; insert into public.people table public.kept; drop table public.kept")
    club.verified()


def test_a_run_that_is_interrupted_meets_each_row_once(club: Club) -> None:
    before = there(club, "update", "update")
    for crash in ("load.copied:1", "load.before_commit:2", "load.after_commit:1"):
        assert club.run(GRADUATE_CRASH_AT=crash).returncode != 0
    club.succeed()
    assert club.query(MET).strip() == "public.people (1) t f, public.people (2) t f, public.teams (1) t f"
    club.verified()
    club.undone()
    assert whole(club) == before


@pytest.mark.parametrize("kind", ["skip", "update"])
@pytest.mark.parametrize("key", [1, 3])
@pytest.mark.parametrize("far", [False, True])
def test_a_key_that_stands_twice_in_the_source(club: Club, kind: str, key: int, far: bool) -> None:
    """One of the two would be lost without a word; of rows that were there, and of rows that were not."""
    there(club, "update", kind)
    twice = {"_id": key, "name": "twice", "team": 1}
    club.records("people", [*PEOPLE, twice] if far else [*PEOPLE[:key], twice, *PEOPLE[key:]])
    complaint = club.fail(DATA, "people", f"{key}")
    assert "twice" in complaint.next or "already" in complaint.next


def test_rows_are_found_by_a_unique_key(club: Club) -> None:
    club.query(TABLES)
    club.table("people", key=["name"], if_there="skip")
    club.fail(REFUSED, "no unique index of public.people is over just its key (name)")
    assert club.query("select to_regclass('graduate.runs') is null").strip() == "t"
    club.query("create unique index on public.people (name) where id > 0")
    club.fail(REFUSED, "no unique index of public.people is over just its key (name)")
    club.query("create unique index on public.people (name)")
    club.query("insert into public.teams values (1), (2); insert into public.people values (70, 'person 7', 1)")
    club.table("teams", if_there="skip")
    assert "public.people: 0 updated, 1 skipped" in club.succeed().said
    club.verified()


def test_a_key_that_the_database_compares_in_its_own_way(club: Club) -> None:
    """The equality is that of the unique index, and what is written otherwise is nobody's to verify."""
    club.query(TABLES + "create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    club.query("""alter table public.people alter name type text collate public.loose;
        create unique index on public.people (name); insert into public.people values (70, 'PERSON 7', null)""")
    club.table("people", key=["name"], if_there={"update": ["team"]})
    club.fail(DATA, 'public.people has the key ("PERSON 7"), which its index calls the same as ("person 7")')
    assert club.query("select * from public.people").strip() == "70|PERSON 7|"
    club.query("update public.people set name = 'person 7'")
    assert "public.people: 1 updated, 0 skipped" in club.succeed().said
    assert club.query("select team from public.people where id = 70").strip() == "2"
    club.verified()
    club.undone()
    assert club.query("select * from public.people").strip() == "70|person 7|"


def test_numbered_columns_are_written_as_they_come(club: Club) -> None:
    club.query(TABLES.replace("people (id int", "people (id int generated always as identity", 1))
    club.table("people", if_there="update")
    club.succeed()
    club.verified()
    club.undone()


# ---- and what triggers do about them -----------------------------------------------------------------

MADE_FIRST = """
    create or replace function public.act() returns trigger language plpgsql security definer as
      $$begin insert into public.people (id, team) values (new.id, new.id); return new; end$$;
    create trigger first after insert on public.teams for each row execute function public.act();
"""


@pytest.mark.parametrize("kind", ["skip", "update"])
def test_rows_that_a_trigger_of_the_run_makes_first(club: Club, kind: str) -> None:
    """They are the run's: the account counts them, and undo takes them away."""
    club.query(TABLES + MADE_FIRST)
    club.table("people", if_there=kind)
    assert "balance 0" in club.succeed().said
    assert club.query(MET).strip() == ", ".join(
        f"public.people ({n}) {'t' if kind == 'update' else 'f'} t" for n in (1, 2)
    )
    club.verified()
    name = "" if kind == "skip" else "person 1"
    assert club.query("select name from public.people where id = 1").strip() == name
    restarted(club, "people")
    club.verified()
    club.undone()
    assert club.query("select count(*) from public.people").strip() == "0"


def test_a_trigger_that_turns_updates_away(club: Club) -> None:
    there(club, "skip", "update")
    club.query("""create or replace function public.act() returns trigger language plpgsql as $$begin return null; end$$;
        create trigger none before update on public.people for each row execute function public.act()""")
    club.fail(DATA, "public.people took 0 of 2 rows")


def test_triggers_are_off_for_updates_too(club: Club) -> None:
    there(club, "skip", "update")
    club.query(SHOUT.format(table="people"))
    club.table("people", triggers="off")
    club.succeed()
    assert club.query("select name from public.people where id = 1").strip() == "person 1"
    club.verified()


# ---- undo is exact, or refused -----------------------------------------------------------------------


def refused(club: Club, *says: str) -> None:
    club.complaint(club.run("undo", "--run-dir", str(club.folder)), REFUSED, *says)


def test_undo_is_refused_where_a_trigger_would_change_what_comes_back(club: Club) -> None:
    before = there(club, "skip", "update")
    club.succeed()
    club.query(SHOUT.format(table="people"))
    loaded = whole(club)
    refused(club, "2 rows of public.people, which the run had updated, would not become what they were")
    assert whole(club) == loaded
    club.query("alter table public.people disable trigger user")
    club.undone()
    assert whole(club) == before


def test_undo_and_rows_that_were_changed_since(club: Club) -> None:
    there(club, "skip", "update")
    club.succeed()
    club.query("update public.people set name = 'since', team = 9 where id = 1")
    refused(club, "public.people holds 1 rows as the run updated them, and it updated 2")
    complaint = club.run(*club.run_arguments(), "--restart", "people")
    assert complaint.returncode == REFUSED and "public.people holds 39 rows" in complaint.said
    ended = club.run("undo", "--run-dir", str(club.folder), "--changed-too")
    assert ended.returncode == 0, ended.said
    assert club.query(ROWS.format("people")) == '(1,since,9,mine) (2,nobody,,) (99,"of others",9,x)'


def test_undo_where_values_and_references_changed_places(club: Club) -> None:
    """A value that a new row has goes back to the old one, and the old row refers to a new one until then."""
    club.query(TABLES + "insert into public.teams values (1, 'blue'); insert into public.people values (1, 'a', 1);"
              "alter table public.teams add unique (name); create table public.hangs (id int references public.people"
              " on delete cascade); insert into public.hangs values (1)")  # fmt: skip
    club.table("teams", if_there="update")
    club.table("people", if_there="update")
    before = whole(club)
    club.succeed()
    assert club.query("select team from public.people where id = 1").strip() == "2"
    club.undone()
    assert whole(club) == before
    assert club.query("select count(*) from public.hangs").strip() == "1"
   

def test_a_ledger_of_an_earlier_version_knows_nothing_of_them(club: Club) -> None:
    club.query(TABLES)
    assert club.run(GRADUATE_CRASH_AT="load.after_commit:1").returncode != 0
    club.query("drop table graduate.met")
    club.succeed()
    club.query("drop table graduate.met")
    assert club.run("status", "--run-dir", str(club.folder)).returncode == 0
    club.verified()
    assert "unchecked" not in club.verify().said
    club.undone()
    assert club.query("select to_regnamespace('graduate') is null").strip() == "t"


# ---- types that only the target knows ----------------------------------------------------------------

TYPED = """
    create extension if not exists citext with schema extensions;
    create type public.tier as enum ('free', 'pro');
    create domain public.whole as int check (value > 0);
    create domain public.age as public.whole check (value < 200);
    create domain public.short as varchar(9);
    create table public.teams (id int primary key, name text);
    create table public.people (id int primary key, name extensions.citext, tier public.tier, age public.age,
      short public.short);
"""
TYPES = {"name": "text", "tier": "text", "age": "integer", "short": "varchar(9)"}


def typed(club: Club, **types: str) -> None:
    club.query(TYPED)
    columns = {name: {"from": name, "type": type} for name, type in {**TYPES, **types}.items()}
    club.table("people", columns={"id": {"from": "_id", "type": "integer"}, **columns})
    club.records("people", [{"_id": 1, "name": "Ann", "tier": "pro", "age": 30, "short": "a"}, {"_id": 2, "tier": None}])


def test_types_of_the_target_take_what_they_are_made_of(club: Club) -> None:
    typed(club)
    club.succeed()
    assert club.query("select * from public.people order by id").split() == ["1|Ann|pro|30|a", "2||||"]
    club.verified()
    for change in ("name = 'ann'", "tier = 'free'", "age = 31", "short = 'b'"):  # citext calls the first the same
        club.query(f"create table public.kept as table public.people; update public.people set {change} where id = 1")
        assert found(club) == ["different public.people 1"], change
        club.query("delete from public.people; insert into public.people table public.kept; drop table public.kept")


@pytest.mark.parametrize(
    ("column", "type", "says"),
    [
        ("tier", "integer", "column tier is public.tier there, which takes text, and integer in the mapping"),
        ("age", "text", "column age is public.age there, which takes integer, and text in the mapping"),
        ("short", "text", "column short is public.short there, which takes varchar(9), and text in the mapping"),
        ("name", "varchar(9)", "column name is extensions.citext there, which takes text, and varchar(9) in the mapping"),
    ],
)
def test_types_that_take_something_else(club: Club, column: str, type: str, says: str) -> None:
    typed(club, **{column: type})
    club.fail(REFUSED, says)


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"tier": "gold"}, 'invalid input value for enum public.tier: "gold"'),
        ({"age": 200}, "value for domain public.age violates check constraint"),
        ({"age": -1}, "value for domain public.age violates check constraint"),
    ],
)
@pytest.mark.parametrize("if_there", ["fail", "update"])
def test_a_value_that_a_type_does_not_have_is_named(club: Club, record: dict[str, Any], says: str, if_there: str) -> None:
    typed(club)
    club.table("people", if_there=if_there)
    club.records("people", [{"_id": 1, "tier": "pro"}, {"_id": 7, **record}])
    complaint = club.fail(DATA, says)
    assert complaint.where.startswith(f"entity people, key 7, at {next(iter(record))}, ")


def test_rows_are_found_by_a_key_of_such_a_type(club: Club) -> None:
    typed(club)
    club.query("create unique index on public.people (name); insert into public.people values (70, 'ANN', 'free')")
    club.table("people", key=["name"], if_there={"update": ["tier"]})
    club.records("people", [{"_id": 1, "name": "ann", "tier": "pro"}])
    club.fail(DATA, "public.people has the key (ANN), which its index calls the same as (ann)")
    club.query("update public.people set name = 'ann'")
    club.succeed()
    assert club.query("select id, name, tier from public.people").strip() == "70|ann|pro"
    club.verified()
    club.undone()
    assert club.query("select id, name, tier from public.people").strip() == "70|ann|free"


# ---- types and keys that only the target says --------------------------------------------------------

UNTYPED = """
    create extension if not exists citext with schema extensions;
    create type public.tier as enum ('free', 'pro');
    create domain public.whole as int check (value > 0);
    create domain public.age as public.whole check (value < 200);
    create table public.teams (id int primary key, name varchar(5) not null);
    create table public.people (shop char(2), note jsonb, no int, name extensions.citext, tier public.tier, age public.age,
      paid numeric(6,2), short varchar(9), tags text[], at timestamp(3), tiers public.tier[], primary key (shop, no));
    insert into public.teams values (1, 'old'), (9, 'not');
"""
GIVEN = {"_id": 7, "shop": "DE", "name": "Ann", "tier": "pro", "age": 30, "paid": 12.25, "short": "a", "tags": ["x", "y"],
         "at": datetime(2026, 1, 2, tzinfo=UTC), "note": {"a": [1]}}  # fmt: skip
SHOWN = 'DE|{"a": [1]}|7|Ann|pro|30|12.25|a|{x,y}|2026-01-02 00:00:00|'
ONES = {"no": "_id", "name": "name", **{name: {} for name in ("shop", "tier", "age", "paid", "short", "tags", "at", "note")}}
USERS = {"instance_id": {"const": "00000000-0000-0000-0000-000000000000"}, "id": {"from": "_id", "id_of": "users"},
         "aud": {"const": "authenticated"}, "role": {"const": "authenticated"}, "email": {}, "encrypted_password": {"const": ""},
         **{name: {"const": ""} for name in ("confirmation_token", "recovery_token", "email_change_token_new", "email_change")},
         "raw_app_meta_data": {"object": {"was": "_id"}}, "created_at": "at", "updated_at": "at"}  # fmt: skip


def brought(columns: Any, **words: Any) -> dict[str, Any]:
    return {"exists": True, "columns": columns, **words}


def untyped(club: Club, **columns: Any) -> None:
    """Not a type and no key is said: a text is the field, or a column has its name; two files fill one table."""
    club.query(UNTYPED)
    teams = {"public.teams": brought({"id": "_id", "name": {"do": ["trim"]}}, if_there="update"),
             "public.people": brought({"no": "_id", "shop": {"const": "FR"}, "name": "name"})}  # fmt: skip
    for name, to in (("people", {"public.people": brought(ONES | columns, misfit="reject")}), ("teams", teams)):
        (club.files / f"{name}.json").write_text(json.dumps({"from": f"core.{name}", "to": to}))
    club.records("people", [GIVEN, {"_id": 8, "shop": "DE", "paid": 100000}])
    club.records("teams", [{"_id": 1, "name": " red "}])


def test_types_and_keys_of_the_target(club: Club) -> None:
    """All verbs have them, and a run keeps them: a second call, verify and retry go by what it began with."""
    untyped(club)
    described = json.loads((club.files / "project.json").read_text()) | {"rejects": {"limit": 1}}
    (club.files / "project.json").write_text(json.dumps(described))
    (club.files / "users.json").write_text(json.dumps({"from": "core.users", "to": {"auth.users": brought(USERS)}}))
    club.records("users", [{"_id": bson.ObjectId("5f0c8a1b2c3d4e5f60710001"), "email": "a@example.org", "at": GIVEN["at"]}])
    for name in ("plan", "schema"):
        ended = club.run(name, "--project", club.project)
        assert ended.returncode == 0, ended.said
    assert "100000" in club.run("check", "--project", club.project).said
    assert club.run(GRADUATE_CRASH_AT="load.after_commit:1").returncode != 0
    club.query("alter table public.people alter paid type numeric(9,3)")
    club.fail(REFUSED, "column paid is numeric(9,3) there, and numeric(6,2) in the mapping")
    (club.folder / "catalog/target.tables.json").unlink()
    club.fail(REFUSED, 'public.people/columns/paid/type: was "numeric(6,2)" and is "numeric(9,3)"')
    club.query("alter table public.people alter paid type numeric(6,2)")
    assert "public.teams: 1 updated" in club.succeed().said
    assert club.query("select * from public.people order by shop, no") == SHOWN + "\nFR||1| red |||||||"
    assert club.query("select * from public.teams order by id") == "1|red\n9|not"
    assert club.query("select email, raw_app_meta_data from auth.users").startswith("a@example.org|")
    club.verified()
    for change in ("paid = 12.24", "at = at + interval '1 ms'"):
        club.query(f"create table public.kept as table public.people; update public.people set {change} where no = 7")
        assert found(club) == ["different public.people no=7, shop=DE"], change
        club.query("delete from public.people; insert into public.people table public.kept; drop table public.kept")
    rejects = club.folder / "rejects.jsonl"
    rejects.write_text(rejects.read_text().replace("100000", "10"))
    for name in ("retry", "verify", "status", "report", "seal"):
        ended = club.run(name, "--run-dir", str(club.folder))
        assert ended.returncode == 0, ended.said
    kept = json.loads((club.folder / "project/people.json").read_text())["to"]["public.people"]
    assert kept["key"] == ["shop", "no"]
    assert kept["columns"]["name"] == {"from": "name", "type": "text"}
    ended = club.run("verify", "--sealed", str(club.folder))
    assert ended.returncode == 0, ended.said


def test_a_target_that_does_not_say(club: Club) -> None:
    """Without it, a type that no value becomes, no key: each is told at its place, with what ends it."""
    untyped(club, tiers={})
    club.query("alter table public.teams drop constraint teams_pkey")
    plan = ["plan", "--project", club.project]
    club.complaint(club.run(*plan, SUPABASE_DB_URL=""), USAGE, "people.json: /to/public.people/columns/no: the type of this"
                   " column, and of 10 more, is the target's, which was not asked", "the key of this table is",
                   "plan, check and run ask it where its URI is set (${SUPABASE_DB_URL} in project.json)")  # fmt: skip
    said = ("/columns/tiers: the column is public.tier[] in the target", "leave the column out of the mapping",
            "teams.json: /to/public.teams: the target's table has no primary key", 'say a "key"')  # fmt: skip
    for verb in ("plan", "run"):
        club.complaint(club.run(*(plan if verb == "plan" else club.run_arguments())), USAGE, *said)
    ended = club.run("check", "--project", club.project)
    assert ended.returncode == USAGE and all(one in ended.stdout for one in said), ended.said
    club.table("people", columns=ONES)
    club.table("teams", key=[], if_there="fail")
    assert club.run(*plan, "--allow-rows").returncode == 0, club.run(*plan, "--allow-rows").said


WAYS = {
    "a view": ("create view public.shown as select id, email from auth.users; grant select on public.shown to anon",
               "public.shown shows auth.users to anon", "drop view public.shown"),
    "a function": ("create function public.shown() returns setof text language sql security definer as $$ select email from auth.users $$;"
                   " grant execute on function public.shown() to anon",
                   "reads auth.users as its owner, and may be called by anon", "drop function public.shown"),
    "a right on the schema": ("grant create on schema public to authenticated",
                              "authenticated may make tables and functions in the schema public",
                              "revoke create on schema public from authenticated"),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_accounts_that_are_shown_though_nobody_loads_them(club: Club, name: str) -> None:
    """verify looks at every Supabase, whatever the project fills."""
    opened, says, closed = WAYS[name]
    club.query(TABLES)
    club.succeed()
    club.verified()
    club.query(opened)
    try:
        ended = club.verify()
        assert ended.returncode == 1 and says in " ".join(ended.stdout.split()), ended.said
    finally:
        club.query(closed)
    club.verified()


def test_what_nobody_or_everybody_reads(club: Club) -> None:
    """Of tables that the target brings it is said, and is no fault."""
    club.query(TABLES + "alter table public.people enable row level security; grant select on public.teams to anon, authenticated")
    club.succeed()
    said = " ".join(club.verify().stdout.split())
    assert "public.people has row-level security and no policy; only the owner" in said
    assert "public.teams has no row-level security, and every row of it may be read by anon and authenticated" in said
    club.query("create policy p on public.people for select to authenticated using (true); alter table public.teams enable row level security;"
               " create policy p on public.teams for select to anon using (true)")
    said = " ".join(club.verify().stdout.split())
    assert "row-level security" not in said
    club.verified()


TWO_FILES = [("fail", "update"), ("update", "fail"), ("update", "skip"), ("skip", "skip"), ({"update": ["name"]}, {"update": ["team"]})]


@pytest.mark.parametrize(("one", "other"), TWO_FILES, ids=str)
def test_rows_that_are_there_and_two_files(club: Club, one: Any, other: Any) -> None:
    """What one file made would be there for the other: one error says so, at the word, and nothing is touched."""
    club.query(TABLES)
    for name, said in (("teams", one), ("people", other)):
        columns = {"id": {"from": "_id", "type": "integer"}, "name": {"type": "text"}, "team": {"from": "_id", "type": "integer"}}
        table = {"exists": True, "key": ["id"], "columns": columns | ({"team": {"type": "integer"}} if name == "people" else {})}
        (club.files / f"{name}.json").write_text(json.dumps(
            {"from": f"core.{name}", "to": {"public.people": table | ({} if said == "fail" else {"if_there": said})}}))
    for verb in ("plan", "check", "run"):
        ended = club.run(*(club.run_arguments() if verb == "run" else [verb, "--project", club.project]))
        assert ended.returncode == USAGE, ended.said
        assert "another mapping fills this table, too" in ended.said and "problems: " not in ended.said, ended.said
    assert club.query("select count(*) from public.people") == "0"
