"""Whatever is killed, and whenever: the same command goes on, and every row is there once."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.migration import PROGRAMS, ROOT, Migration, children, state, target_cluster, wait_until

CRASH_POINTS = re.findall(r'= "([a-z]+\.[a-z_]+)"', (ROOT / "tools/common/base/crash.c").read_text())
# A process comes by these once; by the others with every batch, so the second time is the middle.
ONCE = {"extract.checkpoint_settled", "load.partition_done", "load.tables_made"}
RANDOM_KILLS = 20


def wait_for_hold(migration: Migration, process, program: str) -> int:
    """Until one of the driver's programs stands still at its hold; its process id."""
    def stopped() -> bool:
        return any(state(pid) == "T" for pid in children(process, program))

    wait_until(lambda: stopped() or process.poll() is not None, f"{program} at its hold")
    assert process.poll() is None, migration.finish(process).said
    return next(pid for pid in children(process, program) if state(pid) == "T")


def test_killed_at_twenty_random_moments(migration: Migration, undisturbed: dict[str, str]) -> None:
    """Driver and programs at once; each start goes on where the last one was killed."""
    moments = random.Random(20)
    small_batches = [*migration.run_arguments()[:-1], "8K"]
    killed: list[int] = []
    while len(killed) < RANDOM_KILLS:
        process = migration.start(*small_batches)
        if moments.random() < 0.5:  # whatever it is at, starting up for the most part
            moment = time.monotonic() + moments.uniform(0.02, 0.3)
            wait_until(lambda: time.monotonic() > moment, "the moment")
        else:  # in the middle of the data
            before = killed[-1] if killed else 0
            wait_until(lambda: migration.loaded() > before or process.poll() is not None, "another batch")
        assert process.poll() is None, f"done after {len(killed)} kills: {migration.finish(process).said}"
        migration.kill(process)
        killed.append(migration.loaded())
    assert len(set(killed)) > RANDOM_KILLS / 4, f"not spread over the migration: {killed}"
    migration.succeed()
    assert migration.checksums() == undisturbed
    assert migration.account()["balance"] == 0


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_killed_at_every_crash_point(migration: Migration, undisturbed: dict[str, str], point: str) -> None:
    nth = 1 if point.startswith("driver.") or point in ONCE else 2
    crashed = migration.run(GRADUATE_CRASH_AT=f"{point}:{nth}")
    assert crashed.returncode != 0, f"the run never came by {point}"
    migration.succeed()
    assert migration.checksums() == undisturbed
    assert migration.account()["balance"] == 0


@pytest.mark.parametrize(("program", "point", "code"), [
    ("graduate-extract", "extract.batch_sent", 3),
    ("graduate-transform", "transform.batch_sent", 4),
    ("graduate-load", "load.copied", 4),
])
def test_one_program_killed(migration: Migration, undisturbed: dict[str, str], program: str, point: str,
                            code: int) -> None:
    """The pipeline ends cleanly, with the cause named once."""
    process = migration.start(GRADUATE_HOLD_AT=f"{point}:2")
    os.kill(wait_for_hold(migration, process, program), signal.SIGKILL)
    ended = migration.finish(process)
    assert ended.returncode == code, ended.said
    assert ended.said.count("SIGKILL") == 1 and program in ended.said
    assert not children(process, "")
    migration.succeed()
    assert migration.checksums() == undisturbed


def test_target_restarts_in_the_middle(azure: str, undisturbed: dict[str, str], tmp_path: Path) -> None:
    with target_cluster(durable=True) as cluster, Migration(tmp_path / "run", cluster, azure) as migration:
        process = migration.start(GRADUATE_HOLD_AT="load.before_commit:2")
        loader = wait_for_hold(migration, process, "graduate-load")
        cluster.restart("immediate")
        os.kill(loader, signal.SIGCONT)
        ended = migration.finish(process)
        assert ended.returncode == 4, ended.said
        migration.succeed()
        assert migration.checksums() == undisturbed


def test_a_second_run_is_refused(migration: Migration, undisturbed: dict[str, str], tmp_path: Path) -> None:
    process = migration.start(GRADUATE_HOLD_AT="load.before_commit:2")
    wait_for_hold(migration, process, "graduate-load")
    second = Migration(tmp_path / "second", migration.cluster, migration.environment["AZURE_POSTGRES_URI"])
    refused = second.run()
    assert refused.returncode == 5, refused.said
    same_folder = migration.run()
    assert same_folder.returncode == 5, same_folder.said
    ended = migration.release(process)
    assert ended.returncode == 0, ended.said
    assert migration.checksums() == undisturbed


def test_a_loader_that_outlives_its_driver_cannot_write(migration: Migration, undisturbed: dict[str, str]) -> None:
    """The fence: an old loader's batch is refused when a new run has taken over."""
    assert migration.run(GRADUATE_CRASH_AT="driver.entity_done:3").returncode != 0
    run = migration.query("select run from graduate.runs").strip()
    batches = migration.query("select count(*) from graduate.batches")
    generation = int(migration.query("select generation from graduate.runs"))
    migration.query("update graduate.runs set generation = generation + 1")
    checkpoint = max(migration.folder.rglob("*.gck"), key=lambda path: path.stat().st_size)
    with checkpoint.open("rb") as records:
        transform = subprocess.Popen([PROGRAMS / "graduate-transform", "--project", "authorstack"], stdin=records,
                                     stdout=subprocess.PIPE, cwd=ROOT, env=migration.environment)
        load = subprocess.run([PROGRAMS / "graduate-load", "--project", "authorstack", "--run", run,
                               "--generation", str(generation)], stdin=transform.stdout, cwd=ROOT,
                              env=migration.environment, capture_output=True, text=True)
    transform.stdout.close()
    transform.wait()
    assert load.returncode == 5, load.stderr
    assert migration.query("select count(*) from graduate.batches") == batches
    migration.succeed()
    assert migration.checksums() == undisturbed


def test_no_password_anywhere(migration: Migration) -> None:
    """Not in what the programs' arguments show, nor in output, run folder or ledger."""
    secret = migration.environment["SUPABASE_DB_URL"].split("@")[0].rpartition(":")[2]
    source_secret = migration.environment["AZURE_POSTGRES_URI"].split("@")[0].rpartition(":")[2]
    process = migration.start(GRADUATE_HOLD_AT="load.before_commit:2")
    wait_for_hold(migration, process, "graduate-load")
    shown = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in [process.pid, *children(process, "")])
    ended = migration.release(process)
    assert ended.returncode == 0, ended.said
    kept = b"".join(path.read_bytes() for path in migration.folder.rglob("*") if path.is_file())
    ledger = "".join(migration.query(f"select t::text from graduate.{table} t") for table in (
        "runs", "partitions", "batches", "tables", "steps", "losses"))
    for place in (shown.decode(), ended.said, kept.decode("latin-1"), ledger):
        assert len(place) > 100
        assert secret not in place and source_secret not in place


def test_interrupted_by_ctrl_c(migration: Migration, undisturbed: dict[str, str]) -> None:
    process = migration.start(GRADUATE_HOLD_AT="load.before_commit:2")
    loader = wait_for_hold(migration, process, "graduate-load")
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    os.kill(loader, signal.SIGCONT)
    ended = migration.finish(process)
    assert ended.returncode == 128 + signal.SIGINT, ended.said
    assert "graduate run" in ended.said and time.monotonic() - started < 15
    migration.succeed()
    assert migration.checksums() == undisturbed
