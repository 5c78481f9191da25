"""Bugs planted in a verified target: each is found at the levels where it belongs, and nowhere else."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.migration import PROGRAMS, ROOT, Migration, target_cluster
from tests.integration.planted_acts import ACTS, EXPOSED, HARMLESS, WARNINGS
from tests.integration.planted_bugs import BUGS, HARMLESS_MEASURES, MEASURE_BUGS, MEASURES, Bug
from tests.integration.small_project import Small, project

# Of the bugs that are found at the same levels as the same kinds, the build with sanitizers looks for the first,
# and the quick one for the others.
QUICK_PROGRAMS = ROOT / "build/release/bin"
ALL_BUGS = [*BUGS, *ACTS, *EXPOSED]
CAREFULLY = {frozenset(finding[:2] for finding in bug.findings): bug.name for bug in reversed(ALL_BUGS)}
TOUCHED = re.compile(r"^(?:INSERT 0|UPDATE|DELETE) (\d+)$", re.MULTILINE)
MEASURES_PROJECT = {
    "project": project(
        "measures",
        {"lab": {"kind": "postgres", "uri": "${LAB_URI}"}},
        not_kept={
            "lab": {
                **dict.fromkeys(("function", "rule", "trigger"), "made again by hand"),
                "exclusion constraint": {"apart on measures": "made again by hand"},
                "foreign key": {"itself on measures": "made again by hand"},
            }
        },
    ),
    "measures": {"from": "lab.measures", "to": {"public.measures": {"keep_shape": True}}},
}


def names(bugs: list[Any]) -> list[str]:
    return [bug[0] for bug in bugs]


@pytest.fixture(scope="module")
def moved(azure: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    folder = tmp_path_factory.mktemp("planted") / "run"
    with target_cluster() as cluster, Migration(folder, cluster, azure) as made:
        made.succeed()
        yield made


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    top = tmp_path_factory.mktemp("measured")
    with target_cluster() as cluster:
        uri = cluster.create_database("lab")
        cluster.psql(MEASURES, database="lab", role="lab")
        with Small(top, cluster, MEASURES_PROJECT, LAB_URI=uri) as made:
            made.succeed()
            yield made


def verify(
    moved: Migration, verdict: Path, *more: str, programs: Path = PROGRAMS, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [programs / "graduate-verify", "--project", moved.project, "--run-dir", moved.folder, "--json", verdict, *more],
        cwd=ROOT, env={**moved.environment, **environment}, capture_output=True, text=True, timeout=120)  # fmt: skip


def plant(moved: Migration, sql: str) -> int:
    """Do it to a copy of the target, the database bug; returns how many rows were inserted, updated and deleted."""
    said = moved.cluster.psql(
        "drop database if exists bug with (force);\ncreate database bug template postgres;\n"
        f"\\connect bug\n\\set QUIET off\n{sql}\n;",
        database="template1", role=moved.cluster.superuser)  # fmt: skip
    touched = [int(count) for count in TOUCHED.findall(said)]
    assert 0 not in touched, f"nothing was planted: a statement touched no row\n{sql}\n{said}"
    return sum(touched)


def look(moved: Migration, verdict: Path, programs: Path = PROGRAMS) -> subprocess.CompletedProcess[str]:
    return verify(moved, verdict, programs=programs, SUPABASE_DB_URL=moved.cluster.uri("bug"))


def levels(verdict: dict[str, Any], state: str) -> set[str]:
    return {level["level"] for level in verdict["levels"] if level["verdict"] == state}


def find(moved: Migration, bug: Bug, file: Path, programs: Path = PROGRAMS) -> None:
    planted = plant(moved, bug.sql)
    ended = look(moved, file, programs)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    verdict = json.loads(file.read_text())
    findings = verdict["findings"]
    assert {(found["level"], found["kind"], found["table"]) for found in findings} == bug.findings
    assert len({(found["level"], found["text"]) for found in findings}) == len(findings), "something is told twice"
    assert {column["name"] for found in findings for column in found["columns"]} == bug.columns
    assert any(bug.says in found["text"] for found in findings), [found["text"] for found in findings]
    assert levels(verdict, "differs") == {level for level, _, _ in bug.findings}
    assert levels(verdict, "unchecked") == bug.unchecked
    # Each row that was changed is counted, and no other one. A change of type alone touches no row.
    different = sum(table["different"] for table in verdict["tables"])
    if planted and {kind for level, kind, _ in bug.findings if level == "content"} == {"different"}:
        assert different == planted


def test_an_unchanged_target_holds(moved: Migration, tmp_path: Path) -> None:
    ended = verify(moved, tmp_path / "verify.json")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_unchanged_measures_hold(measured: Migration, tmp_path: Path) -> None:
    ended = verify(measured, tmp_path / "verify.json")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_source_that_cannot_be_reached_is_no_verdict(moved: Migration, tmp_path: Path) -> None:
    ended = verify(moved, tmp_path / "verify.json", "--source", AZURE_POSTGRES_URI="postgresql://127.0.0.1:1/none")
    assert ended.returncode == 5, ended.stdout + ended.stderr


@pytest.mark.parametrize("bug", ALL_BUGS, ids=names(ALL_BUGS))
def test_a_planted_bug_is_found(moved: Migration, tmp_path: Path, bug: Bug) -> None:
    find(moved, bug, tmp_path / "verify.json", PROGRAMS if bug.name in CAREFULLY.values() else QUICK_PROGRAMS)


@pytest.mark.parametrize("bug", MEASURE_BUGS, ids=names(MEASURE_BUGS))
def test_a_wrong_measure_is_found(measured: Migration, tmp_path: Path, bug: Bug) -> None:
    find(measured, bug, tmp_path / "verify.json")


@pytest.mark.parametrize(("name", "sql"), HARMLESS, ids=names(HARMLESS))
def test_what_may_change_is_no_finding(moved: Migration, tmp_path: Path, name: str, sql: str) -> None:
    plant(moved, sql)
    ended = look(moved, tmp_path / "verify.json", QUICK_PROGRAMS)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(("name", "sql", "says"), WARNINGS, ids=names(WARNINGS))
def test_what_may_be_meant_is_told(moved: Migration, tmp_path: Path, name: str, sql: str, says: str) -> None:
    plant(moved, sql)
    ended = look(moved, tmp_path / "verify.json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    verdict = json.loads((tmp_path / "verify.json").read_text())
    assert says in {level["level"]: level["reason"] for level in verdict["levels"]}["supabase"]


@pytest.mark.parametrize(("name", "sql"), HARMLESS_MEASURES, ids=names(HARMLESS_MEASURES))
def test_an_equal_measure_is_no_finding(measured: Migration, tmp_path: Path, name: str, sql: str) -> None:
    plant(measured, sql)
    ended = look(measured, tmp_path / "verify.json")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("table", ["public.sync_logs", "public.checklist_tasks"])
def test_a_table_that_is_gone_is_found_without_a_ledger(moved: Migration, tmp_path: Path, table: str) -> None:
    plant(moved, f"drop table {table}")
    file = tmp_path / "verify.json"
    ended = subprocess.run(
        [PROGRAMS / "graduate-verify", "--project", moved.project, "--catalogs", moved.folder / "catalog", "--source",
         "--level", "counts", "--json", file],
        cwd=ROOT, env={**moved.environment, "SUPABASE_DB_URL": moved.cluster.uri("bug")},
        capture_output=True, text=True, timeout=120)  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
    findings = json.loads(file.read_text())["findings"]
    assert [(found["level"], found["kind"], found["table"]) for found in findings] == [("counts", "no table", table)]


def test_a_ledger_that_does_not_know_the_run_contradicts_nothing(moved: Migration, tmp_path: Path) -> None:
    """Every row is there; but what the run loaded nobody can say."""
    plant(moved, "delete from graduate.runs")
    file = tmp_path / "verify.json"
    ended = look(moved, file)
    assert ended.returncode == 5, ended.stdout + ended.stderr
    verdict = json.loads(file.read_text())
    assert verdict["findings"] == [] and levels(verdict, "unchecked") == {"counts"}
    assert levels(verdict, "holds") == {"content", "references", "supabase", "access"}
