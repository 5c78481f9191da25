"""The target is looked at before anything is made in it."""

from __future__ import annotations

from pathlib import Path

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
