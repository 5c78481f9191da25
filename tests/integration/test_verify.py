"""graduate-verify as a program: who may run it, where it reads, and how it goes on when it was interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.migration import APPWRITE, DUMP, PROGRAMS, ROOT, Migration, target_cluster, wait_until
from tests.integration.spoiling import replaced
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.mongodb import MongoServer

HOLDS, DIFFERS, UNCHECKED = 0, 1, 5
LEVELS = ("counts", "content", "references", "supabase", "access")


@pytest.fixture(scope="module")
def moved(azure: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    folder = tmp_path_factory.mktemp("verified") / "run"
    with target_cluster() as cluster, Migration(folder, cluster, azure) as made:
        made.succeed()
        yield made


def start(moved: Migration, *more: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAMS / "graduate-verify", "--project", moved.project, "--run-dir", moved.folder, *more],
        cwd=ROOT, env={**moved.environment, **environment}, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def verify(moved: Migration, code: int, *more: str, **environment: str) -> tuple[dict[str, Any], str]:
    process = start(moved, *more, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    return json.loads((moved.folder / "verify.json").read_text()), err


def verdicts(verdict: dict[str, Any]) -> dict[str, str]:
    return {level["level"]: level["verdict"] for level in verdict["levels"]}


def told(verdict: dict[str, Any]) -> dict[str, Any]:
    """All but the times."""
    told = {name: value for name, value in verdict.items() if name not in ("started", "finished")}
    return told | {"levels": [{**level, "seconds": 0} for level in verdict["levels"]]}


# ---- who may run it -----------------------------------------------------------------------------------------------


@pytest.fixture
def reader(moved: Migration) -> Iterator[str]:
    """The URI of a role that can only read; a test may take more away from it."""
    parts = urlsplit(moved.cluster.uri())
    moved.cluster.psql("create role reader login password 'only-reads' bypassrls in role pg_read_all_data",
                       role=moved.cluster.superuser)
    yield f"postgresql://reader:only-reads@{parts.hostname}:{parts.port}{parts.path}"
    moved.cluster.psql("drop owned by reader; drop role reader", role=moved.cluster.superuser)


def test_a_role_that_can_only_read_is_enough(moved: Migration, reader: str) -> None:
    before = moved.checksums()
    verdict, _ = verify(moved, HOLDS, GRADUATE_VERIFY_URI=reader)
    assert set(verdicts(verdict).values()) == {"holds"}
    assert "only-reads" not in json.dumps(verdict) and moved.checksums() == before


RIGHTS = {
    "row-level security hides rows": ("alter role reader nobypassrls", "BYPASSRLS"),
    "it may read nothing": ("revoke pg_read_all_data from reader", "pg_read_all_data"),
}


@pytest.mark.parametrize("lack", RIGHTS)
def test_what_a_role_may_not_see_is_not_checked(moved: Migration, reader: str, lack: str) -> None:
    """It is no row less, and no verdict."""
    sql, says = RIGHTS[lack]
    moved.cluster.psql(sql, role=moved.cluster.superuser)
    verdict, _ = verify(moved, UNCHECKED, GRADUATE_VERIFY_URI=reader)
    assert verdicts(verdict)["counts"] == verdicts(verdict)["content"] == "unchecked"
    assert verdict["findings"] == []
    assert says in next(level["reason"] for level in verdict["levels"] if level["level"] == "content")


def test_a_target_that_is_not_there_is_no_verdict(moved: Migration) -> None:
    verdict, _ = verify(moved, UNCHECKED, GRADUATE_VERIFY_URI="postgresql://nobody@127.0.0.1:1/nothing")
    assert set(verdicts(verdict).values()) == {"unchecked"} and verdict["target"] == ""


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_has_its_own_verdict(moved: Migration, level: str) -> None:
    verdict, _ = verify(moved, HOLDS, "--level", level)
    assert verdicts(verdict) == {name: "holds" if name == level else "skipped" for name in LEVELS}


def test_mappings_that_changed_since_the_run_are_told(moved: Migration) -> None:
    """The run's ledger says which they were; what the target should hold they say as they are now."""
    warning = "the mappings have changed since the run"
    _, said = verify(moved, HOLDS, "--level", "references")
    assert warning not in said
    fingerprint = moved.cluster.psql("select fingerprint from graduate.runs")
    moved.cluster.psql("update graduate.runs set fingerprint = reverse(fingerprint)")
    try:
        _, said = verify(moved, HOLDS, "--level", "references")
    finally:
        moved.cluster.psql(f"update graduate.runs set fingerprint = '{fingerprint}'")
    assert warning in said


# ---- where it reads -----------------------------------------------------------------------------------------------


def test_exports_read_afresh_give_the_same(moved: Migration) -> None:
    checkpoints, _ = verify(moved, HOLDS)
    afresh, _ = verify(moved, HOLDS, "--source")
    assert (checkpoints["source"], afresh["source"]) == ("checkpoints", "afresh")
    for part in ("tables", "paths", "entities"):
        assert checkpoints[part] == afresh[part]


def test_live_sources_read_afresh_hold(moved: Migration) -> None:
    """SecantusDB gives a DBPointer back as a DBRef (tests/rig/README.md): five users, and nothing else, differ."""
    with MongoServer(auth=True) as mongodb, Probe(APPWRITE, "1.8.1") as appwrite:
        mongodb.restore(DUMP)
        verdict, _ = verify(
            moved, DIFFERS, "--source", MONGODB_URI=mongodb.uri("authorstack"),
            APPWRITE_URI=f"{appwrite.endpoint}?project={PROJECT}", APPWRITE_API_KEY=KEY)  # fmt: skip
    assert {name for name, state in verdicts(verdict).items() if state != "holds"} == {"content"}
    assert {(found["kind"], found["table"], tuple(column["name"] for column in found["columns"]))
            for found in verdict["findings"]} == {("different", "public.users", ("extra",))}
    assert all("dbPointer" in column["expected"] for found in verdict["findings"] for column in found["columns"])


# ---- interrupted --------------------------------------------------------------------------------------------------


def pieces(moved: Migration) -> set[Path]:
    return set((moved.folder / "verify-state").glob("*.tally"))


def test_a_verification_that_was_stopped_goes_on(moved: Migration) -> None:
    """One checkpoint cannot be read: the others are done, and are not read again once it can."""
    whole, _ = verify(moved, HOLDS)
    assert not pieces(moved), "what is done leaves nothing"
    checkpoint = moved.folder / "checkpoints/sync_logs.gck"
    good = checkpoint.read_bytes()
    with replaced(checkpoint, good[:-1]):
        verdict, _ = verify(moved, UNCHECKED)
        reason = next(level["reason"] for level in verdict["levels"] if level["level"] == "content")
        assert "sync_logs.gck" in reason
    entities = len(whole["entities"]) - 1
    assert len(pieces(moved)) == entities
    again, said = verify(moved, HOLDS)
    assert said.count("done by the interrupted verification") == entities
    assert told(again) == told(whole)
    assert not pieces(moved)


def test_a_verification_that_was_killed_goes_on(moved: Migration) -> None:
    whole, _ = verify(moved, HOLDS)
    for _ in range(20):  # it may be quicker than this test
        process = start(moved)
        wait_until(lambda: process.poll() is not None or len(pieces(moved)) > 2, "a few pieces of state")
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        if process.returncode == -signal.SIGKILL and pieces(moved):
            break
    assert pieces(moved)
    again, said = verify(moved, HOLDS)
    assert "by the interrupted verification" in said
    assert told(again) == told(whole)


# What somebody may do to the target between the two, how it is undone, and the column that then differs. Only the
# first of them writes a tuple of the table.
CHANGES = {
    "a row": ("update public.books set title = title || '!'",
              "update public.books set title = left(title, -1)", "title"),
    "a default of a column that is added anew": (
        "alter table public.books rename title to kept; alter table public.books add title text default 'x'",
        "alter table public.books drop title; alter table public.books rename kept to title", "title"),
    "a table of the same name": (
        "alter table public.books rename to kept_books; create table public.books as select * from public.kept_books;"
        " update public.books set title = 'x'",
        "drop table public.books; alter table public.kept_books rename to books", "title"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_in_the_target_meanwhile_is_seen(moved: Migration, change: str) -> None:
    do, undo, column = CHANGES[change]
    checkpoint = moved.folder / "checkpoints/sync_logs.gck"
    with replaced(checkpoint, checkpoint.read_bytes()[:-1]):
        verify(moved, UNCHECKED)
    moved.query(do)
    try:
        verdict, said = verify(moved, DIFFERS, "--level", "content")
        assert "done by the interrupted verification" in said
        assert {(found["kind"], found["table"]) for found in verdict["findings"]} == {("different", "public.books")}
        assert {name["name"] for found in verdict["findings"] for name in found["columns"]} == {column}
    finally:
        moved.query(undo)
        verify(moved, HOLDS)


def test_a_checkpoint_that_changed_meanwhile_is_read_again(moved: Migration) -> None:
    """Another file of the same size and time under the same name is another file."""
    books, logs = (moved.folder / f"checkpoints/{name}.gck" for name in ("books", "sync_logs"))
    with replaced(logs, logs.read_bytes()[:-1]):
        verify(moved, UNCHECKED)
    good, times = books.read_bytes(), books.stat()
    with replaced(books, good[:-1] + bytes([good[-1] ^ 1])):
        os.utime(books, ns=(times.st_atime_ns, times.st_mtime_ns))
        verdict, said = verify(moved, UNCHECKED)
        assert "books: done by the interrupted verification" not in said
        assert "books.gck" in next(level["reason"] for level in verdict["levels"] if level["level"] == "content")
    verify(moved, HOLDS)


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_piece_of_the_state_counts_for_nothing(moved: Migration, damage: str) -> None:
    checkpoint = moved.folder / "checkpoints/sync_logs.gck"
    with replaced(checkpoint, checkpoint.read_bytes()[:-1]):
        verify(moved, UNCHECKED)
    for piece in pieces(moved):
        content = piece.read_bytes()
        middle = len(content) // 2
        piece.write_bytes(content[:-1] if damage == "cut" else
                          content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:])
    verdict, said = verify(moved, HOLDS)
    assert "by the interrupted verification" not in said and set(verdicts(verdict).values()) == {"holds"}


def test_the_limit_is_for_what_is_named(moved: Migration) -> None:
    moved.query("create table public.kept_books as select * from public.books; "
                "update public.books set title = title || ' '")
    try:
        verdict, _ = verify(moved, DIFFERS, "--limit", "3")
    finally:
        moved.query("update public.books b set title = k.title from public.kept_books k where k.id = b.id; "
                    "drop table public.kept_books")
    books = next(table for table in verdict["tables"] if table["table"] == "public.books")
    assert len(verdict["findings"]) == 3 and books["different"] == books["present"] == 897
    assert next(level["findings"] for level in verdict["levels"] if level["level"] == "content") == 897
