"""Holes planted in the policies of a target that held: the level of access names who may what he might not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.access_project import Forum, forum_of
from tests.integration.migration import PROGRAMS, ROOT, target_cluster
from tests.integration.planted_holes import ROUNDS, Hole, asker

QUICK_PROGRAMS = ROOT / "build/release/bin"


@pytest.fixture(scope="module")
def forum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forum]:
    with target_cluster() as cluster, forum_of(tmp_path_factory.mktemp("holes"), cluster, posts=138) as made:
        made.succeed()
        yield made


def verify(forum: Forum, file: Path, code: int, database: str) -> dict[str, Any]:
    programs = QUICK_PROGRAMS if (QUICK_PROGRAMS / "graduate-verify").exists() else PROGRAMS
    done = subprocess.run(
        [programs / "graduate-verify", "--project", forum.project, "--run-dir", forum.folder, "--json", file, "--level", "access", "--limit", "1000"],
        cwd=ROOT, env={**forum.environment, "SUPABASE_DB_URL": forum.cluster.uri(database)}, capture_output=True, text=True,
        timeout=120)  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(file.read_text())


def test_what_was_moved_holds(forum: Forum, tmp_path: Path) -> None:
    level = verify(forum, tmp_path / "verify.json", 0, "postgres")["levels"][-1]
    assert (level["level"], level["verdict"], level["findings"]) == ("access", "holds", 0) and level["checks"] > 200


def test_a_role_that_cannot_become_others_checks_nothing(forum: Forum, tmp_path: Path) -> None:
    forum.cluster.psql("create role asker login password 'asks' bypassrls in role pg_read_all_data", role=forum.cluster.superuser)
    uri = forum.cluster.uri().split("@")[1]
    forum.environment["GRADUATE_VERIFY_URI"] = f"postgresql://asker:asks@{uri}"
    try:
        level = verify(forum, tmp_path / "verify.json", 5, "postgres")["levels"][-1]
        assert level["verdict"] == "unchecked" and "GRANT anon TO it" in level["reason"]
    finally:
        del forum.environment["GRADUATE_VERIFY_URI"]
        forum.cluster.psql("drop owned by asker; drop role asker", role=forum.cluster.superuser)


def of_hole(hole: Hole, found: dict[str, Any]) -> bool:
    return found["table"].removeprefix("public.") in hole.tables and asker(found["text"]) in hole.askers


@pytest.mark.parametrize("name", ROUNDS)
def test_holes_are_found(forum: Forum, tmp_path: Path, name: str) -> None:
    sql = ";\n".join(hole.sql for hole in ROUNDS[name])
    forum.cluster.psql(
        f"drop database if exists hole with (force);\ncreate database hole template postgres;\n\\connect hole\n{sql}\n;",
        database="template1", role=forum.cluster.superuser)  # fmt: skip
    findings = verify(forum, tmp_path / "verify.json", 1, "hole")["findings"]
    assert {found["kind"] for found in findings} == {"access"}
    for hole in ROUNDS[name]:
        its = [found for found in findings if of_hole(hole, found)]
        acts = {act for found in its for act in ("read", "update", "delete", "create") if f" {act} " in found["text"]}
        assert {found["table"].removeprefix("public.") for found in its} == hole.tables, hole.name
        assert (acts, {asker(found["text"]) for found in its}) == (hole.acts, hole.askers), hole.name
        assert any(hole.says in found["text"] for found in its), [found["text"] for found in its]
        findings = [found for found in findings if not of_hole(hole, found)]
    assert findings == [], "nobody planted these"


def test_there_are_twenty() -> None:
    assert sum(map(len, ROUNDS.values())) >= 20
