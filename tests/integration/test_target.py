"""The target is looked at before anything is made in it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.integration.cases import Said, Trial
from tests.integration.transaction_pooler import TransactionPooler
from tests.rig.postgres import Cluster

RUN = "graduate run --project project --run-dir $RUN"
LEDGER = "select count(*) from pg_namespace where nspname = 'graduate'"


def said(one: Said, code: int, *texts: str) -> None:
    assert one.code == code, one.text
    for text in texts:
        assert text in one.text, one.text


def test_a_plain_target_that_the_project_names(plain: Cluster, tmp_path: Path) -> None:
    trial = Trial("target/plain-postgres", plain, tmp_path)
    trial.change({"project.json": {"plain": True}})
    trial.prepare()
    said(trial.do(RUN), 0)
    said(trial.do("graduate verify --run-dir $RUN"), 0, "a plain PostgreSQL")
    assert trial.value("select relrowsecurity from pg_class where oid = 'public.t'::regclass") == "f"


def test_a_source_by_another_name_and_role(targets: Cluster, tmp_path: Path) -> None:
    """Only the server can tell that it is one."""
    trial = Trial("target/target-is-a-source", targets, tmp_path)
    trial.prepare()
    source = f"{trial.database}_source"
    trial.environment["SUPABASE_DB_URL"] = targets.uri(source, role=targets.superuser)
    said(trial.do(RUN), 5, "and the source old are the same database", "nothing was touched")
    assert targets.psql(LEDGER, database=source).strip() == "0"


def test_a_pooler_that_takes_its_sessions_in_turn(targets: Cluster, tmp_path: Path) -> None:
    """No two connections meet in one session, and yet none has one of its own."""
    trial = Trial("target/pooler-in-transaction-mode", targets, tmp_path)
    trial.prepare()
    with TransactionPooler(targets.port, sessions=2) as pooler:
        trial.environment["SUPABASE_DB_URL"] = trial.through(pooler.port)
        said(trial.do(RUN), 5, "through a pooler that gives each transaction another session")
    assert trial.value(LEDGER) == "0"


def test_what_a_trigger_was_given_stays_out_of_a_message(targets: Cluster, tmp_path: Path) -> None:
    """The server's context repeats statements, and a statement that is put together repeats values."""
    trial = Trial("existing-tables/trigger-function-with-a-plain-name", targets, tmp_path)
    trial.prepare()
    trial.value(
        """create or replace function public.count_up() returns trigger language plpgsql as $$ begin
             execute format(E'insert into counters\\n values (1), -- f(%s) line 1\\n (2)', new.name); return new; end $$"""
    )
    one = trial.do(RUN)
    said(one, 4, "; in PL/pgSQL function public.count_up() line 2 at EXECUTE")
    assert "f(" not in one.text and "insert into" not in one.text


OFF = "select count(*) from graduate.foreign_keys"
KEYS = "select string_agg(conname, ' ' order by conname) from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace"


def test_a_key_that_is_off_outlives_the_run_that_took_it_off(targets: Cluster, tmp_path: Path) -> None:
    """A run that has loaded nothing gives way to the next, which makes the key again at its end."""
    trial = Trial("existing-tables/self-reference-across-batches", targets, tmp_path)
    trial.prepare()
    trial.environment["GRADUATE_CRASH_AT"] = "driver.prepared"
    assert trial.do(RUN).code != 0
    del trial.environment["GRADUATE_CRASH_AT"]
    assert (trial.value(OFF), trial.value(KEYS)) == ("1", "")
    said(trial.do(f"{RUN}-again --batch-bytes 2K"), 0)
    assert (trial.value(OFF), trial.value(KEYS)) == ("0", "c_parent_id_fkey")


def test_a_run_that_is_undone_puts_its_keys_back(targets: Cluster, tmp_path: Path) -> None:
    trial = Trial("existing-tables/self-reference-across-batches", targets, tmp_path)
    trial.prepare()
    trial.environment["GRADUATE_CRASH_AT"] = "load.after_commit"
    assert trial.do(f"{RUN} --batch-bytes 2K").code != 0
    del trial.environment["GRADUATE_CRASH_AT"]
    assert (trial.value(OFF), trial.value(KEYS)) == ("1", "")
    assert trial.value("select count(*) > 0 from public.c") == "t"
    said(trial.do("graduate undo --run-dir $RUN"), 0)
    assert trial.value(KEYS) == "c_parent_id_fkey"
    assert trial.value("select count(*), to_regclass('graduate.runs') is null from public.c") == "0|t"


def test_keys_that_are_on_again_when_an_entity_is_restarted(targets: Cluster, tmp_path: Path) -> None:
    trial = Trial("existing-tables/self-reference-across-batches", targets, tmp_path)
    trial.prepare()
    small = f"{RUN} --batch-bytes 2K"
    said(trial.do(small), 0)
    said(trial.do(f"{small} --restart c"), 0, "c_parent_id_fkey of public.c: off while")
    assert (trial.value(OFF), trial.value(KEYS)) == ("0", "c_parent_id_fkey")


def test_a_key_that_the_role_may_not_take_off(targets: Cluster, tmp_path: Path) -> None:
    trial = Trial("existing-tables/self-reference-across-batches", targets, tmp_path)
    trial.prepare()
    for sql in ("alter table public.c owner to supabase_admin", "grant all on public.c to postgres"):
        targets.psql(sql, database=trial.database, role=targets.superuser)
    said(trial.do(RUN), 0, "c_parent_id_fkey of public.c refers to rows that may be loaded later", "may not take it off")
    assert trial.value(KEYS) == "c_parent_id_fkey"


def test_a_key_comes_back_as_it_was(targets: Cluster, tmp_path: Path) -> None:
    trial = Trial("existing-tables/self-reference-across-batches", targets, tmp_path)
    trial.prepare()
    trial.value("alter table public.c drop constraint c_parent_id_fkey, add constraint mine foreign key (parent_id)"
                " references public.c (id) on delete cascade deferrable")  # fmt: skip
    trial.environment["GRADUATE_CRASH_AT"] = "load.tables_made"
    trial.do(RUN)
    assert trial.value(KEYS) == "mine"  # nothing of a preparation that did not end
    del trial.environment["GRADUATE_CRASH_AT"]
    said(trial.do(RUN), 0)
    assert trial.value("select pg_get_constraintdef(oid) from pg_constraint where conname = 'mine'") == (
        "FOREIGN KEY (parent_id) REFERENCES c(id) ON DELETE CASCADE DEFERRABLE"
    )


@contextmanager
def silent(port: int, trial: Trial) -> Iterator[None]:
    """The target by a way that falls silent after so many bytes, with all connections open."""
    arguments = [sys.executable, "silent.py", "127.0.0.1", str(port), "21700"]
    with subprocess.Popen(arguments, cwd=trial.folder, stdout=subprocess.PIPE, text=True) as way:
        assert way.stdout
        trial.environment["SUPABASE_DB_URL"] = trial.through(int(way.stdout.readline()))
        try:
            yield
        finally:
            way.kill()
    trial.environment["SUPABASE_DB_URL"] = trial.cluster.uri(trial.database)


def test_a_target_that_falls_silent(targets: Cluster, tmp_path: Path) -> None:
    """It is said, given up, and what is left of it at the server is named with what ends it."""
    trial = Trial("faults/silent-target", targets, tmp_path)
    trial.prepare()
    with silent(targets.port, trial):
        said(trial.do(f"{RUN} --stall 4"), 4, "nothing heard from the target at ", " for 2 s, while ",
             "nothing was heard from it for 4 s, while ")  # fmt: skip
        trial.environment["SUPABASE_DB_URL"] = trial.cluster.uri(trial.database)
        held = trial.do(RUN)
        said(held, 5, "another run is at work", "end its session: select pg_terminate_backend(")
        ending = re.search(r"select pg_terminate_backend\(\d+\)", held.text)
        assert ending and trial.value(ending.group()) == "t"
    said(trial.do(RUN), 0)


def test_a_target_that_falls_silent_as_its_rows_are_counted(targets: Cluster, tmp_path: Path) -> None:
    trial = Trial("faults/silent-target", targets, tmp_path)
    trial.prepare()
    trial.environment["GRADUATE_CRASH_AT"] = "driver.before_account"
    trial.do(RUN)
    del trial.environment["GRADUATE_CRASH_AT"]
    with psycopg.connect(trial.environment["SUPABASE_DB_URL"]) as other:
        other.execute("lock table public.things")  # for which a count waits without a word
        said(trial.do(f"{RUN} --stall 2"), 4, "nothing was heard from it for 2 s, while ",
             "--stall SECONDS waits longer")  # fmt: skip
    said(trial.do(RUN), 0)


def test_a_session_that_holds_what_a_run_needs(targets: Cluster, tmp_path: Path) -> None:
    trial = Trial("faults/silent-target", targets, tmp_path)
    trial.prepare()
    said(trial.do(RUN), 0)
    with psycopg.connect(trial.environment["SUPABASE_DB_URL"], application_name="a dashboard") as other:
        other.execute("select from graduate.runs for update")
        held = trial.do(f"{RUN} --restart things")
        said(held, 5, "holds what the run needs: server process ", "(a dashboard, from 127.0.0.1), idle in transaction",
             f"pg_terminate_backend({other.info.backend_pid})")  # fmt: skip
    said(trial.do(f"{RUN} --restart things"), 0)
