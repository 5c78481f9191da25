"""graduate undo: exactly what a run made and wrote is out of the target again, and nothing else."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import bson
import pytest

from tests.integration import crash_points
from tests.integration.complaint import DATA, REFUSED, TARGET, USAGE
from tests.integration.migration import PROGRAMS, ROOT, Ended, wait_until
from tests.integration.small_project import BOOKS, Small, book, encoded, shop_of
from tests.integration.test_accounts import USERS
from tests.rig.postgres import Cluster

# What else a target holds: tables with rows, rights, a policy, an index and a comment of somebody else.
OTHERS = """
    create schema other;
    create table other.things (id integer primary key, name text);
    insert into other.things select n, 'thing ' || n from generate_series(1, 9) n;
    create table public.lists (id uuid primary key, what text);
    insert into public.lists values (gen_random_uuid(), 'mine');
    comment on table public.lists is 'of somebody else';
    create index lists_what on public.lists (what);
    alter table public.lists enable row level security;
    create policy all_of_it on public.lists for select using (true);
"""
OTHERS_GONE = "drop schema if exists other cascade; drop schema if exists shop cascade"
# Everything in the catalogs that is nobody's but the target's: what a run could have made or changed, and how.
LAID_OUT = """
    select string_agg(line, E'\\n' order by line) from (
      select concat_ws(' ', 'schema', nspname, nspacl, obj_description(oid, 'pg_namespace')) from pg_namespace
        where nspname !~ '^pg_(toast|temp)'
      union all select concat_ws(' ', c.relkind, c.oid::regclass, c.relrowsecurity, rights,
          obj_description(c.oid, 'pg_class')) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        left join lateral (select string_agg(a::text, ',' order by a::text) as rights
          from unnest(coalesce(c.relacl, acldefault('r', c.relowner))) a) r on c.relkind in ('r', 'p', 'v') where
          n.nspname !~ '^pg_'
      union all select concat_ws(' ', 'column', a.attrelid::regclass, a.attname, a.attnotnull, a.attacl)
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^(pg_|information_schema)' and a.attnum > 0
      union all select concat_ws(' ', 'type', t.oid::regtype) from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where n.nspname !~ '^(pg_|information_schema)'
      union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
        from pg_constraint
      union all select concat_ws(' ', 'policy', polrelid::regclass, polname) from pg_policy
      union all select concat_ws(' ', 'trigger', tgrelid::regclass, tgname) from pg_trigger where not tgisinternal
    ) lines (line)
"""
ROWS = """
    select string_agg(md5(t::text) || t.xmin, ',' order by t::text) from {table} t
"""


class Target(Small):
    """A shop whose target can be looked at as a whole."""

    def laid_out(self) -> str:
        rows = ""
        for table in self.query(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information_)' order by 1"
        ).split():
            rows += f"{table}: {self.query(ROWS.format(table=table))}"
        return self.query(LAID_OUT) + rows

    def undo(self, *more: str, **environment: str) -> Ended:
        return self.run("undo", "--run-dir", str(self.folder), *more, **environment)

    def undone(self, *more: str) -> Ended:
        ended = self.undo(*more)
        assert ended.returncode == 0, ended.said
        return ended

    def verified(self) -> None:
        ended = self.run("verify", "--run-dir", str(self.folder))
        assert ended.returncode == 0, ended.said

    def change_mapping(self, name: str, change: Callable[[dict], object]) -> None:
        file = self.files / f"{name}.json"
        mapping = json.loads(file.read_text())
        change(mapping)
        file.write_text(json.dumps(mapping))


@pytest.fixture
def target(targets: Cluster, tmp_path: Path):
    made = shop_of(tmp_path, targets)
    made.__class__ = Target
    with made:
        made.query(OTHERS_GONE)
        yield made
        made.query(OTHERS_GONE)


# ---- what it takes away, and from where -------------------------------------------------------------

STOPPED = {
    "not loaded yet": "load.begin:1", "in the middle": "load.after_commit:2", "half indexed": "load.step_done:5",
    "before the account": "driver.before_account", "prepared, and the folder does not know": "driver.prepared",
    "finished": "",
}  # fmt: skip


def stop(target: Small, where: str) -> None:
    point = STOPPED[where]
    ended = target.run(GRADUATE_CRASH_AT=point) if point else target.run()
    assert (ended.returncode == 0) != bool(point), ended.said


@pytest.mark.parametrize("where", STOPPED)
def test_a_target_with_other_data_is_as_before(target: Target, shop_undisturbed: dict[str, str], where: str) -> None:
    target.query(OTHERS)
    before = target.laid_out()
    stop(target, where)
    assert target.laid_out() != before
    assert "is out of the target again: 3 tables that it had made" in target.undone().said
    assert target.laid_out() == before
    assert "was undone at" in target.undone().said  # a second time
    target.query("drop table public.lists")
    target.succeed()
    assert target.checksums() == shop_undisturbed
    target.verified()


def schema_of_its_own(target: Target) -> None:
    """The shop's tables in a schema that the run makes, with policies, rights and a comment."""
    def change(mapping: dict) -> None:
        mapping["to"] = {name.replace("public.", "shop."): table for name, table in mapping["to"].items()}
        for table in mapping["to"].values():
            table |= {"comment": "sold here", "grants": {"authenticated": ["select"]},
                      "policies": [{"name": "readable", "for": "select", "to": ["authenticated"], "using": "true"}]}

    for name in ("authors", "books"):
        target.change_mapping(name, change)


def test_a_schema_that_the_run_made(target: Target) -> None:
    schema_of_its_own(target)
    before = target.laid_out()
    target.succeed()
    target.undone()
    assert target.laid_out() == before


def test_a_schema_in_which_others_live_by_now(target: Target) -> None:
    schema_of_its_own(target)
    target.succeed()
    target.query("create table shop.mine (id integer)")
    assert "schema shop stays: it holds other things, too" in target.undone().said
    assert target.query("select string_agg(tablename, ' ') from pg_tables where schemaname = 'shop'").strip() == "mine"
    assert target.query("select to_regnamespace('graduate') is null").strip() == "t"


BEFORE = """
    create table public.authors (id uuid, name text not null, old boolean default true);
    insert into public.authors values ('01891100-0000-7000-8000-000000000001', 'Old'),
      ('01891100-0000-7000-8000-000000000002', 'Older');
    create table public.books (id uuid, author_id uuid not null, title varchar(20) not null,
      price numeric(8,2) constraint books_price check (price >= 0),
      status text check (status in ('draft', 'published')), tags text[]);
    comment on table public.books is 'as it was';
    grant select, insert on public.books to anon;
    grant update (title) on public.books to anon;
    grant delete on public.books to authenticated with grant option;
"""


def test_tables_that_were_there_before(target: Target) -> None:
    """Their own rows stay, and so do their rights and comment; keys, policies and row security of the run go."""
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"].update(
        comment="new", grants={"anon": ["select"], "authenticated": []},
        policies=[{"name": "readable", "for": "select", "to": ["anon"], "using": "true"}]))
    target.query(OTHERS + BEFORE)
    before = target.laid_out()
    ended = target.run(*target.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    assert target.query("select count(*) from public.authors").strip() == "8"
    assert "1 tables that it had made, and 30 rows of tables that were there before" in target.undone().said
    assert target.laid_out() == before
    ended = target.run(*target.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    target.verified()


def test_rows_in_tables_that_the_target_brings(target: Target) -> None:
    """Rows of auth.users that refer to nothing of the run's, and what hangs on them, stay."""
    target.change_mapping("authors", lambda mapping: mapping.update(drop=["name"], to={"auth.users": {
        "exists": True, "key": ["id"], "columns": {
            **{name: column for name, column in USERS["columns"].items() if "const" in column},
            "id": {"from": "_id", "id_of": "authors"}}}}))
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["author_id"].update(
        foreign_key=True))
    target.query("""insert into auth.users (id) values ('01891100-0000-7000-8000-000000000001');
        insert into auth.identities (id, user_id, provider_id, provider, identity_data)
          select gen_random_uuid(), id, 'x', 'email', '{}' from auth.users""")
    before = target.laid_out()
    ended = target.run(*target.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    assert target.query("select count(*) from auth.users").strip() == "7"
    target.undone()
    assert target.laid_out() == before


def test_two_runs_of_two_projects(target: Target, tmp_path: Path) -> None:
    """The ledger stays with the run that is left, and goes with the last."""
    target.succeed()
    first = target.laid_out()
    other = shop_of(tmp_path / "other", target.cluster)
    other.__class__ = Target
    schema_of_its_own(other)
    project = other.files / "project.json"
    project.write_text(project.read_text().replace('"shop"', '"stall"', 1))
    other.succeed()
    other.undone()
    assert target.laid_out() == first
    target.verified()
    target.undone()
    assert target.untouched() and target.query("select to_regnamespace('graduate') is null").strip() == "t"


def test_something_of_others_hangs_on_the_ledger(target: Target) -> None:
    target.succeed()
    target.query("create view public.mine as select run from graduate.runs")
    target.undone()
    assert target.query("select count(*) from public.mine").strip() == "0"
    target.query("drop view public.mine")


# ---- what it refuses ---------------------------------------------------------------------------------

REFUSALS = {
    "a row of somebody else": (
        "insert into public.authors select gen_random_uuid(), 'mine'",
        ("public.authors, which the run made, has 1 rows that are not as the run wrote them", "--changed-too")),
    "a row that was changed": (
        "update public.books set title = 'Sold out' where title = 'Book 3'",
        ("public.books, which the run made, has 1 rows that are not as the run wrote them", "--changed-too")),
    "a table that hangs on it": (
        "create table public.sold (book uuid references public.books)",
        ("because other objects depend on it", "sold", "take that away first")),
    "a view on it": ("create view public.titles as select title from public.books", ("because other objects depend on it",)),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_what_others_made_stays(target: Target, what: str) -> None:
    sql, says = REFUSALS[what]
    target.succeed()
    target.query(sql)
    before = target.laid_out()
    target.complaint(target.undo(), REFUSED, *says)
    assert target.laid_out() == before
    target.query("drop table if exists public.sold; drop view if exists public.titles")
    target.undone("--changed-too")
    assert target.untouched()


def rows_hang(target: Target, on_delete: str) -> None:
    target.query(BEFORE + "alter table public.books add primary key (id)")
    ended = target.run(*target.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    target.query(f"""create table other.sold (book uuid references public.books on delete {on_delete});
        insert into other.sold select id from public.books limit 1""")


@pytest.mark.parametrize(("on_delete", "says"), [
    ("cascade", "1 rows of other.sold hang on those that the run wrote into public.books"),
    ("set null", "1 rows of other.sold hang on those that the run wrote into public.books"),
    ("no action", 'still referenced from table "sold"'),
    ("restrict", 'from table "sold"'),
    ("no action deferrable initially deferred", 'still referenced from table "sold"'),
])  # fmt: skip
def test_rows_of_others_that_hang_on_rows_of_the_run(target: Target, on_delete: str, says: str) -> None:
    target.query("create schema other")
    rows_hang(target, on_delete)
    before = target.laid_out()
    target.complaint(target.undo("--changed-too"), REFUSED, says)
    assert target.laid_out() == before
    target.query("delete from other.sold")
    target.undone()


@pytest.mark.parametrize("sql", ["update public.authors set old = false where name = 'Author 3'",
                                 "delete from public.authors where name = 'Author 3'"])
def test_rows_that_were_changed_in_a_table_that_was_there(target: Target, sql: str) -> None:
    target.query(BEFORE)
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["author_id"].update(
        foreign_key=False))
    ended = target.run(*target.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    target.query(sql)
    before = target.laid_out()
    target.complaint(target.undo(), REFUSED, "public.authors holds 5 rows as the run wrote them, and it wrote 6")
    assert target.laid_out() == before
    assert "1 of the rows that the run wrote into public.authors were changed since" in target.undone("--changed-too").said
    left = "Author 3 Old Older" if "update" in sql else "Old Older"
    assert target.query("select string_agg(name, ' ' order by name) from public.authors").strip() == left


def test_a_run_is_at_work(target: Target, tmp_path: Path) -> None:
    process = target.start(GRADUATE_HOLD_AT="load.before_commit:2")
    wait_until(lambda: target.loaded() > 0, "a batch")
    target.complaint(target.undo(), REFUSED, "another graduate is at work in the run folder")
    run = json.loads((target.folder / "run.json").read_text())["run"]
    program = by_hand(target, "--run", run)
    assert program.returncode == REFUSED and "another run is at work" in program.stderr, program.stderr
    ended = target.release(process)
    assert ended.returncode == 0, ended.said
    target.undone()
    assert target.untouched()


def by_hand(target: Target, *arguments: str) -> Ended:
    done = subprocess.run([PROGRAMS / "graduate-load", "--project", target.project, "--undo", *arguments], cwd=ROOT,
                          env=target.environment, capture_output=True, text=True, timeout=60)
    return Ended(done.args, done.returncode, done.stdout, done.stderr)


def test_the_program_by_hand(target: Target, tmp_path: Path) -> None:
    unknown = "01234567-89ab-4def-8123-456789abcdef"
    assert "holds no run" in by_hand(target, "--run", unknown).stderr  # there is no ledger
    target.succeed()
    run = target.query("select run from graduate.runs").strip()
    refused = by_hand(target, "--run", unknown)
    assert refused.returncode == REFUSED and "holds no run" in refused.stderr
    assert by_hand(target, "--run", unknown, "--again").returncode == 0
    project = target.files / "project.json"
    text = project.read_text()
    project.write_text(text.replace('"shop"', '"stall"', 1))
    refused = by_hand(target, "--run", run)
    assert refused.returncode == REFUSED and "is one of project shop, not of stall" in refused.stderr
    project.write_text(text)
    assert by_hand(target, "--run", run).returncode == 0
    assert by_hand(target, "--run", run).returncode == REFUSED
    assert target.untouched()
    target.complaint(target.undo(), REFUSED, "holds no run", "taken back before")
    target.fail(REFUSED, "holds nothing of run")


def test_a_folder_that_holds_no_run(target: Target) -> None:
    target.complaint(target.undo(), USAGE, "there is no run folder")
    target.folder.mkdir()
    target.complaint(target.undo(), USAGE, "holds no run")


# ---- killed, and afterwards --------------------------------------------------------------------------

@pytest.mark.parametrize("where", ["in the middle", "finished", "prepared, and the folder does not know"])
@pytest.mark.parametrize("point", crash_points.UNDOING)
def test_killed_while_it_undoes(target: Target, shop_undisturbed: dict[str, str], point: str, where: str) -> None:
    """All of it or nothing; the same command ends it, and until then nobody goes on with the run."""
    target.query("create table public.lists (id integer)")
    before = target.laid_out()
    stop(target, where)
    loaded = target.laid_out()
    killed = target.undo(GRADUATE_CRASH_AT=point)
    assert killed.returncode in (TARGET, -signal.SIGKILL), f"never came by {point}: {killed.said}"
    assert target.laid_out() == (before if point == "driver.undone" else loaded)
    target.fail(REFUSED, "the undo of the run in", "graduate undo --run-dir")
    for verb in ("verify", "seal"):
        target.complaint(target.run(verb, "--run-dir", str(target.folder)), REFUSED, "has begun, and not ended")
    target.undone()
    assert target.laid_out() == before
    target.query("drop table public.lists")
    target.succeed()
    assert target.checksums() == shop_undisturbed
    target.verified()


def test_the_folder_says_so_and_takes_another_run(target: Target) -> None:
    target.succeed()
    first = json.loads((target.folder / "run.json").read_text())["run"]
    target.undone()
    status = target.run("status", "--run-dir", str(target.folder))
    assert status.returncode == 0 and ": undone 20" in status.stdout, status.said
    for verb in ("verify", "seal"):
        target.complaint(target.run(verb, "--run-dir", str(target.folder)), REFUSED, "was undone at", "graduate run")
    crashed = target.run(GRADUATE_CRASH_AT="load.after_commit:2")
    assert crashed.returncode == TARGET
    assert not (target.folder / "account.json").exists()
    target.succeed()
    assert json.loads((target.folder / "run.json").read_text())["run"] != first
    target.verified()


def test_a_changed_mapping_in_the_same_folder(target: Target) -> None:
    stop(target, "half indexed")
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["title"].update(type="text"))
    target.fail(REFUSED, "the mapping is not the one", f"graduate undo --run-dir {target.folder}")
    target.undone()
    target.succeed()
    target.verified()
    assert target.query("select pg_typeof(title) from public.books limit 1").strip() == "text"


def test_a_sealed_run(target: Target, tmp_path: Path) -> None:
    target.succeed()
    target.verified()
    ended = target.run("seal", "--run-dir", str(target.folder))
    assert ended.returncode == 0, ended.said
    kept = {path: path.read_bytes() for path in target.folder.rglob("*") if path.is_file()}
    target.complaint(target.undo(), REFUSED, "is sealed", "--although-sealed")
    assert not target.untouched()
    target.undone("--although-sealed")
    assert target.untouched()
    assert {path: path.read_bytes() for path in target.folder.rglob("*") if path.is_file()} == kept
    again = shop_of(tmp_path / "again", target.cluster)
    again.succeed()


# ---- rehearsals --------------------------------------------------------------------------------------

def rehearse(target: Target, folder: Path, **environment: str) -> Ended:
    return target.run("rehearse", "--project", target.project, "--run-dir", str(folder), "--batch-bytes", "1K",
                      **environment)


@pytest.mark.parametrize("point", ["load.begin:1", "load.after_commit:2", "load.step_done:5"])
def test_a_rehearsal_takes_the_one_before_it_back(target: Target, tmp_path: Path, point: str) -> None:
    """One that did not end, whatever the mapping was; other data stays."""
    target.query(OTHERS)
    crashed = rehearse(target, tmp_path / "one", GRADUATE_CRASH_AT=point)
    assert crashed.returncode in (TARGET, -signal.SIGKILL)
    target.query("drop table public.lists")
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["title"].update(type="text"))
    ended = rehearse(target, tmp_path / "two")
    assert ended.returncode == 0, ended.said
    assert "did not come to its end, and gives way" in ended.said
    assert target.query("select count(*) from graduate.runs").strip() == "1"
    assert target.query("select count(*) from other.things").strip() == "9"
    gone = target.run("run", "--run-dir", str(tmp_path / "one"))
    target.complaint(gone, REFUSED, "holds no run", "taken back")


def test_a_rehearsal_leaves_other_runs(target: Target, tmp_path: Path) -> None:
    """One that ended, one that was gone on with, and one that is none."""
    assert rehearse(target, tmp_path / "one").returncode == 0
    refused = rehearse(target, tmp_path / "two")
    target.complaint(refused, REFUSED, "the target is not empty", "graduate undo")
    shutil.rmtree(tmp_path / "two")
    assert target.run("undo", "--run-dir", str(tmp_path / "one")).returncode == 0
    assert rehearse(target, tmp_path / "one", GRADUATE_CRASH_AT="load.after_commit:2").returncode != 0
    assert target.run("run", "--run-dir", str(tmp_path / "one"), GRADUATE_CRASH_AT="load.after_commit:2").returncode != 0
    refused = rehearse(target, tmp_path / "two")
    target.complaint(refused, REFUSED, "holds an unfinished run of shop", "graduate undo")


def test_a_rehearsal_whose_rows_somebody_changed(target: Target, tmp_path: Path) -> None:
    assert rehearse(target, tmp_path / "one", GRADUATE_CRASH_AT="load.step_done:5").returncode != 0
    target.query("update public.books set title = 'Mine' where title = 'Book 3'")
    before = target.laid_out()
    target.complaint(rehearse(target, tmp_path / "two"), REFUSED, "not as the run wrote them")
    assert target.laid_out() == before


# ---- where the advice leads --------------------------------------------------------------------------

@pytest.fixture
def dangling(target: Target) -> Target:
    """A run that is refused after the data: a book of an author that the source does not have."""
    path = target.top / "dump/books.bson.gz"
    documents = [book(n) for n in range(len(BOOKS))]
    documents[7]["author"] = bson.ObjectId("5f0c8a1b2c3d4e5f60719999")
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(encoded(documents)))
    complaint = target.fail(
        DATA, "1 of 24 rows of public.books refer by author_id to no row of public.authors", "entity books",
        f"correct it in the source, then graduate run --run-dir {target.folder} --restart books; or change the mapping, "
        f"after graduate undo --run-dir {target.folder}, and run again")
    assert "in the target and run" not in complaint.next
    path.with_suffix(".whole").write_bytes(whole)
    return target


def test_corrected_in_the_source_and_restarted(dangling: Target, shop_undisturbed: dict[str, str]) -> None:
    path = dangling.top / "dump/books.bson.gz"
    path.with_suffix(".whole").replace(path)
    ended = dangling.run("run", "--run-dir", str(dangling.folder), "--restart", "books")
    assert ended.returncode == 0 and "balance 0" in ended.stdout, ended.said
    dangling.verified()
    assert dangling.checksums() == shop_undisturbed


def test_undone_and_the_mapping_changed(dangling: Target) -> None:
    dangling.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["author_id"].update(
        foreign_key=False))
    dangling.undone()
    ended = dangling.succeed()
    assert "balance 0" in ended.stdout
    dangling.verified()


def test_a_value_that_does_not_fit(target: Target) -> None:
    """The column gets another type, as the advice says, and the run begins anew in the same folder."""
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["title"].update(type="integer"))
    target.fail(DATA, f"with a changed mapping it begins anew, after graduate undo --run-dir {target.folder}")
    target.change_mapping("books", lambda mapping: mapping["to"]["public.books"]["columns"]["title"].update(type="text"))
    target.fail(REFUSED, f"graduate undo --run-dir {target.folder}")
    target.undone()
    target.succeed()
    target.verified()
