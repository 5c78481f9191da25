"""Bugs planted in a verified target: each is found at the levels where it belongs, and nowhere else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.migration import PROGRAMS, ROOT, Migration, target_cluster
from tests.integration.planted_bugs import BUGS


@pytest.fixture(scope="module")
def moved(azure: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    folder = tmp_path_factory.mktemp("planted") / "run"
    with target_cluster() as cluster, Migration(folder, cluster, azure) as made:
        made.succeed()
        yield made


def verify(moved: Migration, verdict: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAMS / "graduate-verify", "--project", moved.project, "--run-dir", moved.folder, "--json", verdict, *more],
        cwd=ROOT, env={**moved.environment, **environment}, capture_output=True, text=True, timeout=120)


def test_an_unchanged_target_holds(moved: Migration, tmp_path: Path) -> None:
    ended = verify(moved, tmp_path / "verify.json")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_source_that_cannot_be_reached_is_no_verdict(moved: Migration, tmp_path: Path) -> None:
    ended = verify(moved, tmp_path / "verify.json", "--source", AZURE_POSTGRES_URI="postgresql://127.0.0.1:1/none")
    assert ended.returncode == 5, ended.stdout + ended.stderr


@pytest.mark.parametrize(("name", "sql", "expected"), BUGS, ids=[name for name, _, _ in BUGS])
def test_a_planted_bug_is_found(
    moved: Migration, tmp_path: Path, name: str, sql: str, expected: set[tuple[str, str]]
) -> None:
    cluster = moved.cluster
    admin = cluster.superuser
    cluster.psql("drop database if exists bug with (force);\ncreate database bug template postgres;",
                 database="template1", role=admin)
    cluster.psql(sql, database="bug", role=admin)
    ended = verify(moved, tmp_path / "verify.json", SUPABASE_DB_URL=cluster.uri("bug"))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    verdict = json.loads((tmp_path / "verify.json").read_text())
    assert {(found["level"], found["kind"]) for found in verdict["findings"]} == expected
    differing = {level["level"] for level in verdict["levels"] if level["verdict"] != "holds"}
    assert differing == {level for level, _ in expected}
