"""What a Postgres has beside its tables is made again as it is: views, functions, triggers, rules, policies, statistics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.complaint import USAGE
from tests.integration.kept_tables import Kept, table
from tests.integration.migration import PROGRAMS
from tests.integration.small_project import project
from tests.rig.postgres import Cluster

OLD = {"old": {"kind": "postgres", "uri": "${OLD_URI}"}}

# "names" reads "late", which is younger than it; "deep" and what is behind it follow.
WHOLE = """
    create type mood as enum ('ok', 'bad');
    create type unused as enum ('a');
    create function slug(text) returns text language sql immutable as 'select lower($1)';
    create table u (id int primary key, name text not null, m mood default 'ok');
    create table t (id int primary key, owner text, u_id int references u, upd timestamptz,
      e text default slug('X') check (e = slug(e)));
    create table log (id serial primary key, what text, twice int generated always as (id * 2) stored);
    create view names as select id from u;
    create view late as select id, upper(name) as big, m from u where name <> '';
    create or replace view names as select id from late;
    create view deep with (security_barrier) as select n.big, t.id, t.e from t join late n on n.id = t.u_id
      join names x on x.id = n.id union all select n.big, t.id, t.e from t join late n on n.id = t.u_id where n.id > 1;
    create materialized view counts as select u_id, count(*) as n from deep join t using (id) group by 1;
    create unique index counts_u on counts (u_id);
    create materialized view totals as select sum(n) as s from counts; create materialized view bare as table u with no data;
    create view grouped with (security_invoker) as select u.id, u.name, count(*) from u left join t on t.u_id = u.id group by u.id;
    create function touch() returns trigger language plpgsql as $$ begin -- it's the time
      new.upd = '2024-01-01Z'; insert into public.log (what) values ('it''s ' || new.id); return new; end $$;
    create trigger touch_t before update or insert on t for each row when (new.id > 0) execute function touch();
    create trigger off_t after delete on t for each row execute function touch(); alter table t disable trigger off_t;
    create trigger always_t after truncate on t execute function touch(); alter table t enable always trigger always_t;
    create view writable as select id, owner from t;
    create function put() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger w instead of insert on writable for each row execute function put();
    create function all_t() returns setof t language sql stable as 'select * from public.t';
    create function deep_of(d deep) returns text language sql as 'select d.big';
    create function std(a int, b unused default 'a') returns int language sql begin atomic select a + count(*)::int from t; end;
    create function adm() returns int language sql security definer set search_path = '' as 'select 1';
    create function may(who text) returns boolean language sql security definer stable as 'select true';
    create policy ask on log for select using (may(what)); alter table log enable row level security;
    create procedure fill(n int) language plpgsql as $$ begin insert into log (what) values ('x'); end $$;
    create rule keep as on delete to log do instead nothing; alter table log disable rule keep;
    alter table t enable row level security;
    create policy mine on t for select to public using (owner = current_user);
    create policy ours on t as restrictive to authenticated, service_role with check (id in (select u.id from u));
    create statistics st (dependencies) on id, name from u; comment on statistics st is 'st'; comment on view deep is E'two\\nlines';
    comment on column deep.big is 'BIG'; comment on function slug(text) is 'it''s'; comment on trigger touch_t on t is 'now';
    comment on policy mine on t is 'own'; comment on materialized view counts is 'n'; comment on procedure fill is 'p';
    insert into u values (1, 'ann', 'bad'), (2, 'bob', 'ok');
    alter table t disable trigger touch_t;
    insert into t (id, owner, u_id, upd, e) values (1, 'x', 1, '2020-01-01Z', 'a'), (2, 'y', 1, null, 'b'), (3, 'z', 2, null, 'c');
    alter table t enable trigger touch_t; insert into log (what) values ('first');
    refresh materialized view counts; refresh materialized view totals;
"""
FILES = {"project": project("whole", OLD), **{name: table(name) for name in ("t", "u", "log")}}
KINDS = ("view", "materialized view", "function", "procedure", "trigger", "rule", "policy", "statistics", "index", "comment")


@pytest.fixture
def whole(targets: Cluster, old: Cluster, tmp_path: Path) -> Kept:
    old.psql("do $$ begin create role authenticated; exception when duplicate_object then null; end $$")
    old.psql("do $$ begin create role service_role; exception when duplicate_object then null; end $$")
    with Kept(tmp_path, targets, old, FILES, WHOLE) as made:
        made.succeed()
        yield made


def test_objects_are_made_as_they_are(whole: Kept) -> None:
    assert whole.verdict() == []
    fates = whole.fates(*KINDS)
    assert len(fates) == 35 and "not kept" not in {fate for fate, _ in fates.values()}
    assert {name for (_, name), (fate, _) in fates.items() if fate == "changed"} == {"deep", "late", "names", "writable", "adm()", "may(who text)"}
    assert whole.query("select big, e from deep order by id, big, e") == "ANN|a\nANN|b\nBOB|c\nBOB|c"
    assert whole.query("table totals; select upd from t where id = 1; table log") == "4\n2020-01-01 00:00:00+00\n1|first|2"
    assert whole.query("select tgname, tgenabled from pg_trigger where tgrelid in ('t'::regclass, 'writable'::regclass)"
                       " and not tgisinternal order by 1") == "always_t|A\noff_t|D\ntouch_t|O\nw|O"  # fmt: skip
    assert whole.query("select relispopulated from pg_class where relname in ('bare', 'counts') order by relname") == "f\nt"
    # Nobody sees more through the API than in the source.
    assert whole.query("select relname, coalesce(array_to_string(reloptions, ','), '') from pg_class"
                       " where relkind = 'v' and relnamespace = 'public'::regnamespace order by 1").split("\n") == [
        "deep|security_barrier=true,security_invoker=true", "grouped|security_invoker=true", "late|security_invoker=true",
        "names|security_invoker=true", "writable|security_invoker=true"]  # fmt: skip
    assert whole.query("select has_table_privilege('authenticated', 'totals', 'select'), has_table_privilege('anon', 'late',"
                       " 'select'), has_function_privilege('anon', 'adm()', 'execute'), has_function_privilege('anon',"
                       " 'slug(text)', 'execute'), has_function_privilege('authenticated', 'may(text)', 'execute'),"
                       " has_function_privilege('anon', 'may(text)', 'execute')") == "f|f|f|t|t|f"  # fmt: skip
    assert whole.query("insert into t (id, u_id, e) values (9, 2, default) returning upd, e") == "2024-01-01 00:00:00+00|x"
    assert whole.query("select what from log where id = 2") == "it's 9"


def test_rows_come_anew_below_them(whole: Kept) -> None:
    """Triggers and rules do not act on what is loaded again, and materialized views are filled anew."""
    old = whole.environment["OLD_URI"]
    subprocess.run(["psql", "-qc", "set session_replication_role = replica", "-c", "insert into t values (4, 'n', 2, null, 'd')", old],
                   check=True, timeout=60)  # fmt: skip
    ended = whole.run(*whole.run_arguments(), "--restart", "t")
    assert ended.returncode == 0, ended.said
    assert whole.verdict() == []
    assert whole.query("table totals; select count(*), count(upd) from t; select count(*) from log") == "6\n4|1\n1"
    ended = whole.run("undo", "--run-dir", str(whole.folder))
    assert ended.returncode == 0, ended.said
    assert whole.query("""select (select count(*) from pg_class where relnamespace = n.oid), (select count(*) from pg_proc
        where pronamespace = n.oid), (select count(*) from pg_type where typnamespace = n.oid)
        from pg_namespace n where nspname = 'public'""") == "0|0|0"


@pytest.mark.parametrize(("sql", "says"), [
    ("drop trigger w on writable", "public.writable: the trigger w is missing"),
    ("alter table t enable trigger off_t", "public.t: the trigger off_t is ENABLE; in the source it is DISABLE"),
    ("create or replace view grouped with (security_invoker) as select u.id, u.name, count(t.id) from u left join t on"
     " t.u_id = u.id group by u.id", "public.grouped: the view is another than in the source"),
    ("alter view late rename column big to large", "public.late: the view is another"),
    ("alter view names set (security_invoker = false)", "public.names: the view asks with the rights of its owner"),
    ("alter view deep reset (security_barrier)", "public.deep: the view is not WITH (security_barrier=true)"),
    ("drop materialized view totals", "public.totals: the materialized view is missing"),
    ("refresh materialized view counts with no data", "public.counts: the materialized view is not filled"),
    ("create or replace function slug(text) returns text language sql immutable as 'select lower(lower($1))'",
     "public.slug(text): the function is another"),
    ("drop policy mine on t; create policy mine on t for select using (true)", "public.t: the policy mine is another"),
    ("drop statistics st", "public.st: the statistics is missing"),
    ("alter table log enable rule keep", "public.log: the rule keep is ENABLE"),
    ("comment on function slug(text) is null", "the comment on the function slug(pg_catalog.text) is missing"),
    ("drop index counts_u", "public.counts_u: the index is missing"),
    ("drop procedure fill", "public.fill(integer): the procedure is missing"),
])  # fmt: skip
def test_what_is_lost_of_them_is_told(whole: Kept, sql: str, says: str) -> None:
    whole.query(sql)
    found = whole.verdict()
    assert len(found) in (1, 2) and says in found[0], found
    assert all("the comment on the" in one for one in found[1:]), "what is dropped takes its comment along"


# The mapping renames, retypes, drops and leaves out what they stand on.
SHAKY = """
    create table t (id int primary key, a int, b int, c int, d int); create table attic (id int primary key, x int);
    create table moved (id int primary key); create collation plain (locale = 'C');
    create view v_a as select a from t; create view v_b as select b from t; create view v_c as select c from t;
    create view v_d as select d from t; create view v_attic as select id from attic; create view v_moved as table moved;
    create view v_v as select * from v_a; create view v_plain as select 'x' collate plain as x; create view chosen as select 1;
    create view over_chosen as table chosen;
    create function f_attic() returns int language sql as 'select x from attic';
    create function f_a() returns int language plpgsql as $$ begin return (select max(a) from t); end $$;
    create function f_d() returns int language sql as 'select max(d) from t';
    create function f_py() returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
    create function of_a() returns trigger language plpgsql as $$ begin new.a = 1; return new; end $$;
    create trigger tr before insert on t for each row execute function of_a();
    create policy p on t to nobody_there using (true); create statistics s on a, d from t;
"""
SHAKEN = {
    "project": project("shaky", OLD, left_out={"old.attic": "nobody asks"}),
    "t": {"from": "old.t", "drop": ["c"],
          "to": {"public.t": {"keep_shape": True, "columns": {"aa": {"from": "a"}, "b": {"type": "bigint"}}}}},
    "moved": {"from": "old.moved", "to": {"public.gone": {"keep_shape": True}}},
}  # fmt: skip
WHY = {
    "view": {
        "v_a": "t.a is called aa in the target", "v_b": "t.b is bigint in the target", "v_c": "t.c does not come",
        "v_attic": "the table attic does not come as it is", "v_moved": "the table moved is public.gone in the target",
        "v_v": "the view v_a is not kept", "v_plain": "the collation public.plain is not kept",
        "over_chosen": "the view chosen is not kept",
    },
    "function": {
        "f_attic()": "the table attic does not come as it is", "f_a()": "t.a is called aa in the target",
        "f_py()": "it is in the language c, not in SQL or PL/pgSQL",
    },
    "trigger": {"tr on t": "t.a is called aa in the target"},
    "policy": {"p on t": "the role nobody_there is none of a Supabase's"},
    "statistics": {"s": "t.a is called aa in the target"},
}  # fmt: skip


def test_what_stands_on_something_else_is_named(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    old.psql("do $$ begin create role nobody_there; exception when duplicate_object then null; end $$")
    files = {**SHAKEN, "project": {**SHAKEN["project"], "not_kept": {"old": {"view": {"chosen": "by choice"}}}}}
    with Kept(tmp_path, targets, old, files, SHAKY) as kept:
        told = kept.complaint(kept.plan(), USAGE, "15 of the sources' objects are neither kept nor left out")
        for kind, names in WHY.items():
            for name, why in names.items():
                assert f'old {kind} "{name}" ({why})' in told.message, (name, told.message)
        pasted = json.loads("{" + told.next[told.next.index('"not_kept"'):] + "}")["not_kept"]["old"]
        assert pasted["view"] == dict.fromkeys(WHY["view"], "why"), "the kind would leave out v_d, too"
        pasted["view"]["chosen"] = "by choice"
        write_not_kept(kept, pasted)
        kept.succeed()
        assert kept.verdict() == []
        made = kept.query("select string_agg(relname, ' ' order by relname) from pg_class where relkind = 'v'"
                          " and relnamespace = 'public'::regnamespace") + " " + kept.query(
            "select string_agg(proname, ' ' order by proname) from pg_proc where pronamespace = 'public'::regnamespace")  # fmt: skip
        assert made == "v_d f_d of_a"
        write_not_kept(kept, {**pasted, "view": "none of them", "function": "none of them"})
        assert kept.plan().returncode == 0


def write_not_kept(kept: Kept, words: dict[str, Any]) -> None:
    said = {**kept_project(kept), "not_kept": {"old": words}}
    (kept.files / "project.json").write_text(json.dumps(said, indent=2))


def kept_project(kept: Kept) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((kept.files / "project.json").read_text())
    return said


def test_extensions_are_where_the_target_has_them(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    source = """
        create extension citext; create extension "uuid-ossp";
        create table t (id uuid primary key, mail citext, n int);
        create view same as select id, mail = 'A@B.c' as is_it, 'x'::citext as x, uuid_generate_v5(id, 'n') as other from t;
        create function fresh(mail citext default 'Q'::citext) returns uuid language sql as 'select gen_random_uuid()';
        insert into t values ('00000000-0000-4000-8000-000000000001', 'a@b.C', 1);
    """
    files = {"project": project("lent", OLD), "t": table("t")}
    with Kept(tmp_path, targets, old, files, source) as kept:
        for name in ("citext", "uuid-ossp"):
            kept.query(f'create schema if not exists extensions; create extension if not exists "{name}" schema extensions')
        kept.succeed()
        assert kept.query("select is_it, x, length(other::text) from same") == "t|x|36"
        assert kept.query("select to_regprocedure('fresh(extensions.citext)') is not null") == "t"
        assert kept.verdict() == []


def test_the_printed_schema_is_applied_twice(whole: Kept) -> None:
    """To a target that has all of it, and to one that has nothing."""
    done = subprocess.run([PROGRAMS / "graduate", "schema", "--project", whole.project], env=whole.environment, text=True,
                          capture_output=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for _ in range(2):
        whole.query(done.stdout)
        assert whole.verdict() == []
    whole.empty_target()
    for _ in range(2):
        whole.query(done.stdout)
    assert whole.query("select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm')") == "11"


# Names that need quotes, functions of one name, everything that a trigger, a rule and a policy can say.
ODD = r"""
    create table "Odd Table" (id int primary key, "a.b" text, "Sa""y hi" int); create table plain (id int primary key, n int);
    create view "My View" as select "a.b" as "x y", "Sa""y hi" from "Odd Table"; create view "V on T" as table "My View";
    create function over(a int) returns int language sql immutable as 'select a';
    create function over(a text, b int default 3) returns int language sql immutable as 'select b';
    create function "Fun ny"(variadic xs int[]) returns int language plpgsql immutable as $q$ begin return 1; end $q$;
    create function outs(in a int, out b int, out c text) language sql as $$ select 1, 'x' $$;
    create function tab(n int) returns table (k int, v text) language sql as $$ select 1, 'a' $$;
    create table calls (id int default over(1), v int check (over('x'::text) = 3), g int generated always as (over(id)) stored,
      w int default "Fun ny"(1, 2)); create index calls_i on calls (over(v)) where over(v) > 0;
    create function ptf() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger "Tr on X" after insert on "Odd Table" for each row execute function ptf('it''s', 'b');
    create constraint trigger ct after update of n on plain deferrable initially deferred for each row
      when (old.n is distinct from new.n) execute function ptf();
    create trigger tt after update on plain referencing old table as o new table as n for each statement execute function ptf();
    create view checked as select id, n from plain where n > 0 with local check option;
    create recursive view nums (n) as values (1) union all select n + 1 from nums where n < 5;
    create view with_fun as select over(n) as o, (tab(1)).* from plain;
    create materialized view "M V" with (fillfactor = 70) as select count(*) as "c c" from plain; create index "M i" on "M V" ("c c");
    create view over_mv as select "c c" from "M V"; create materialized view mv_over as select * from over_mv;
    create rule ins as on insert to checked do instead insert into plain values (new.id, new.n);
    create view rowy as select p from plain p; create function of_row(p plain) returns int language sql immutable as 'select p.n';
    create view row_fun as select of_row(p) from plain p;
    create policy "Pol icy" on plain for all using (n > 0)
      with check (n > 1 and exists (select 1 from "Odd Table" o where o.id = plain.id));
    create statistics "St at" (ndistinct, mcv) on (n + 1), id from plain;
    create procedure pr(inout a int) language plpgsql as $$ begin a := a + 1; commit; end $$;
    set check_function_bodies = off; create function cyc1() returns int language sql as 'select public.cyc2()';
    create function cyc2() returns int language sql as 'select public.cyc1()';
    create function sets() returns text language sql set timezone = 'UTC' set search_path = public, pg_temp as 'select 1::text' cost 5;
    create function anyel(anyelement) returns anyelement language sql as 'select $1';
    create view no_columns as select from plain; create view tx as select E'a\\b\n''c' as s, $$x$$ as d, '{"a": 1}'::jsonb -> 'a' as j;
    insert into plain values (1, 2), (2, 3); insert into "Odd Table" values (1, 'q', 2); insert into calls (v) values (3);
"""


def test_objects_of_odd_names(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    files = {"project": project("odd", OLD), "odd": {"from": "old.Odd Table", "to": {"public.Odd Table": {"keep_shape": True}}},
             "plain": table("plain"), "calls": table("calls", key=[])}  # fmt: skip
    with Kept(tmp_path, targets, old, files, ODD) as kept:
        kept.succeed()
        assert "not kept" not in {fate for fate, _ in kept.fates(*KINDS).values()}
        assert kept.query("""table "V on T"; table mv_over; select string_agg(n::text, '') from nums""") == "q|2\n2\n12345"
        ended = kept.run("verify", "--run-dir", str(kept.folder))
        assert ended.returncode == 0, ended.said
        ended = kept.run("undo", "--changed-too", "--run-dir", str(kept.folder))
        assert ended.returncode == 0, ended.said
        assert kept.query("select (select count(*) from pg_class where relnamespace = n.oid), (select count(*) from pg_proc"
                          " where pronamespace = n.oid) from pg_namespace n where nspname = 'public'") == "0|0"  # fmt: skip
