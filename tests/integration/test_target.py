"""The target is looked at before anything is made in it."""

from __future__ import annotations

from pathlib import Path

from tests.integration.cases import Said, Trial
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
