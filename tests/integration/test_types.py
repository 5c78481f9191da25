"""Types of a Postgres source that are none of PostgreSQL's own: what they need, what is left of them, what verify sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cases import Said, Trial
from tests.rig.postgres import Cluster

PLAN = "graduate plan --project project"
RUN = "graduate run --project project --run-dir $RUN"
VERIFY = "graduate verify --run-dir $RUN"
UNDO = "graduate undo --run-dir $RUN"
TYPES = (
    "select string_agg(t.oid::regtype::text, ',' order by 1) from pg_type t join pg_namespace n on n.oid = typnamespace"
    " where nspname !~ '^pg_'"
)


class Moving(Trial):
    """A case of postgres-catalog, step by step."""

    def __init__(self, name: str, cluster: Cluster, folder: Path) -> None:
        super().__init__(f"postgres-catalog/{name}", cluster, folder)
        self.prepare()

    def succeed(self, *commands: str) -> Said:
        for command in commands:
            said = self.do(command)
            assert said.code == 0, said.text
        return said

    def fail(self, code: int, command: str, *texts: str) -> None:
        said = self.do(command)
        flat = " ".join(said.text.split())
        assert said.code == code, said.text
        assert all(text in flat for text in texts), (texts, said.text)

    def at_source(self, sql: str) -> str:
        return self.cluster.psql(sql, database=f"{self.database}_source").strip()


# ---- what a target must bring -----------------------------------------------------------------------

NEEDS = "public.u is of its type extensions.citext"


def test_an_extension_that_is_not_there(targets: Cluster, tmp_path: Path) -> None:
    moving = Moving("citext-column-and-key", targets, tmp_path)
    create = 'create extension "citext" schema extensions'
    for command in (PLAN, RUN):
        moving.fail(5, command, f"has no extension citext; {NEEDS}", f"in the target: {create}; or")
    assert moving.value("select to_regclass('graduate.runs') is null and to_regclass('public.u') is null") == "t"
    moving.value(create)
    moving.succeed(PLAN, RUN, VERIFY)
    assert moving.value("select mail from public.u where mail = 'ANN@example.org'") == "Ann@Example.org"


def test_an_extension_in_another_schema(targets: Cluster, tmp_path: Path) -> None:
    moving = Moving("citext-column-and-key", targets, tmp_path)
    moving.value("create extension citext schema public")
    alter = 'alter extension "citext" set schema extensions'
    moving.fail(5, RUN, "has the extension citext in the schema public", NEEDS, f"in the target: {alter}; or")
    targets.psql(alter, database=moving.database, role=targets.superuser)  # a Supabase lets its postgres do it
    moving.succeed(RUN, VERIFY)


def test_an_extension_of_a_plain_target(plain: Cluster, tmp_path: Path) -> None:
    moving = Moving("citext-column-and-key", plain, tmp_path)
    moving.change({"project.json": {"plain": True}})
    moving.value("create extension citext")
    moving.succeed(RUN, VERIFY)
    assert moving.value("select format_type(atttypid, -1) from pg_attribute where attrelid = 'public.u'::regclass and attnum = 1") == "citext"


def test_text_needs_no_extension(targets: Cluster, tmp_path: Path) -> None:
    moving = Moving("citext-column-and-key", targets, tmp_path)
    moving.change({"u.json": {"to": {"public.u": {"columns": {"mail": {"type": "text"}}}}}})
    moving.succeed(PLAN, RUN, VERIFY)
    assert moving.value("select mail from public.u") == "Ann@Example.org"


def test_two_kinds_of_one_name(targets: Cluster, tmp_path: Path) -> None:
    moving = Moving("enum-column", targets, tmp_path)
    moving.change({"t.json": {"to": {"public.t": {"columns": ...}}}})
    moving.at_source("create schema b; create type b.mood as enum ('x'); alter table t add o b.mood default 'x'")
    moving.fail(2, PLAN, "there would be two kinds of type public.mood", 'or give its column another "type"')
    moving.change({"t.json": {"to": {"public.t": {"columns": {"o": {"type": "text"}}}}}})
    moving.change({"project.json": {"not_kept": {"old": {"schema": {"b": "it has but a type"}}}}})
    moving.succeed(PLAN, RUN, VERIFY)
    assert moving.value("select id, m, ms, o from public.t order by id") == "1|ok|{ok,bad}|x\n2|bad||x"


def test_an_enum_that_is_there_with_other_values(targets: Cluster, tmp_path: Path) -> None:
    """One with the same values is taken as it is; another is not written over."""
    moving = Moving("enum-column", targets, tmp_path)
    moving.change({"t.json": {"to": {"public.t": {"columns": ...}}}})
    moving.value("create type public.mood as enum ('bad', 'ok')")
    moving.fail(5, RUN, "has a type public.mood already, with other values than the source's", "rename or drop it there")
    moving.value("alter type public.mood rename to mood_of_somebody_else; create type public.mood as enum ('ok', 'bad')")
    moving.succeed(RUN, VERIFY, UNDO)
    assert moving.value("select enum_range(null::public.mood)") == "{ok,bad}"


# ---- why a type cannot be kept ----------------------------------------------------------------------


def test_what_cannot_be_kept_says_why(targets: Cluster, tmp_path: Path) -> None:
    """The advice leads on, column by column, to the end."""
    moving = Moving("types-that-cannot-be-kept", targets, tmp_path)
    reasons = {
        "c": "regclass cannot be kept",  # first what nobody can read
        "a": "aclitem cannot be kept",
        "e": "public.even cannot be kept: a check of it calls a function of its own",
        "p": "public.place cannot be kept: a part of it means something in the source alone",
        "r": "public.other cannot be kept: it is the row of a table",
        "es": "public.even[] cannot be kept: a check of it calls a function of its own",
        "s": "public.seg cannot be kept: that server has no binary form of it",
    }
    moving.at_source("insert into t values (1, 2, 'pg_class', '(1,pg_type)', '(3,4)', 'postgres=r/postgres', '{2,4}')")
    columns: dict[str, object] = {}
    for name, why in reasons.items():
        moving.fail(2, PLAN, f"/to/public.t/columns/{name}: the source's type {why}", 'with a "type", or drop it by name')
        columns[name] = {"type": {"e": "integer", "es": "integer[]", "r": "jsonb"}.get(name, "text")}
        moving.change({"t.json": {"to": {"public.t": {"columns": columns}}}})
    moving.change({"project.json": {"not_kept": {"old": {"function": "why"}}}})
    moving.succeed(PLAN, RUN, VERIFY)
    found = moving.value("select e, c, p, r, a, es from public.t")
    assert found == '2|pg_class|(1,pg_type)|{"n": 4, "id": 3}|postgres=r/postgres|{2,4}'


# ---- what is left of them, and what is seen ---------------------------------------------------------


def test_undo_takes_the_types_away(targets: Cluster, tmp_path: Path) -> None:
    moving = Moving("named-types-kept", targets, tmp_path)
    before = moving.value(TYPES)
    moving.succeed(RUN)
    assert "pair" in moving.value(TYPES)
    moving.succeed(UNDO)
    made = set(moving.value(TYPES).split(",")) - set(before.split(","))
    assert all(name.startswith("graduate.") for name in made)


def test_reading_goes_on_behind_a_citext(targets: Cluster, tmp_path: Path) -> None:
    """In its own order, in which B comes after a."""
    moving = Moving("citext-column-and-key", targets, tmp_path)
    moving.value("create extension citext schema extensions")
    moving.at_source("insert into u select chr(65 + n % 2 * 32 + n % 26) || md5(n::text), n from generate_series(2, 20000) n")
    run = f"{RUN} --batch-bytes 64K"
    assert moving.do(f"GRADUATE_CRASH_AT=load.after_commit:3 {run}").code != 0
    moving.succeed(run, VERIFY)
    assert moving.value("select count(*) from public.u") == "20000"


@pytest.mark.parametrize(
    "change, told",
    [
        ("update public.t set a.kind = 'bad' where id = 1", "different"),
        ("update public.t set prs[3].ms[1] = 'ok' where id = 1", "different"),
        ("update public.t set fr = '[1.5,2.5]' where id = 1", "different"),
        ("update public.t set mds = '{bad,ok}' where id = 1", "different"),
        ("alter type public.mood add value 'new'", "whose values, or their order, are not the source's"),
        ("alter table public.t alter y type integer", "column y is integer; it should be public.year_d"),
        ("alter table public.t alter m set default 'bad'", "the default of column m is 'bad'::public.mood"),
    ],
)
def test_verify_sees(targets: Cluster, tmp_path: Path, change: str, told: str) -> None:
    moving = Moving("named-types-kept", targets, tmp_path)
    moving.succeed(RUN)
    moving.value(change)
    moving.fail(1, VERIFY, told)


def test_schema_prints_the_types(targets: Cluster, tmp_path: Path) -> None:
    moving = Moving("enum-column", targets, tmp_path)
    moving.change({"t.json": {"to": {"public.t": {"columns": ...}}}})
    printed = moving.succeed("graduate schema --project project").text
    assert "create type public.mood as enum ('ok', 'bad');\n" in printed
    assert printed.index("create type") < printed.index("create table")
    assert "\"m\" public.mood default 'ok'::public.mood not null" in printed
    assert json.loads((moving.folder / "project" / "t.json").read_text())["to"]["public.t"] == {"keep_shape": True}
