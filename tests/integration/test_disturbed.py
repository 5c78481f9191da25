"""Whatever is killed, and whenever: the same command goes on, and every row is there once."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import crash_points
from tests.integration.complaint import TARGET
from tests.integration.migration import PROGRAMS, ROOT, Migration, children, state, target_cluster, wait_for_hold, wait_until
from tests.integration.small_project import Small, shop_of
from tests.rig.postgres import Cluster

RANDOM_KILLS = 20


def test_killed_at_twenty_random_moments(migration: Migration, undisturbed: dict[str, str]) -> None:
    small_batches = [*migration.run_arguments()[:-1], "4K"]
    migration.kill_at_random(RANDOM_KILLS, *small_batches)
    ended = migration.run(*small_batches)
    assert ended.returncode == 0, ended.said
    assert migration.checksums() == undisturbed
    assert migration.account()["balance"] == 0


@pytest.mark.parametrize("point", crash_points.OF_A_RUN)
def test_killed_at_every_crash_point(migration: Migration, undisturbed: dict[str, str], point: str) -> None:
    # By the others it comes with every batch, so the second time is the middle.
    nth = 1 if point.startswith("driver.") or point in crash_points.ONCE else 2
    crashed = migration.run(GRADUATE_CRASH_AT=f"{point}:{nth}")
    assert crashed.returncode != 0, f"the run never came by {point}"
    migration.succeed()
    assert migration.checksums() == undisturbed
    assert migration.account()["balance"] == 0


@pytest.fixture(scope="module")
def finished(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """A finished run, verified; a test works on a copy of its folder."""
    with shop_of(tmp_path_factory.mktemp("finished"), targets) as made:
        made.succeed()
        verified = made.run("verify", "--run-dir", str(made.folder))
        assert verified.returncode == 0, verified.said
        yield made


def told(path: Path) -> object:
    """A file's content, but for the times at which a verb was called, and sums over these."""
    content = path.read_bytes()
    if path.name not in ("verify.json", "seal.json"):
        return content
    json_file = json.loads(content)
    for name in ("started", "finished", "sealed", "sha256") if path.name == "verify.json" else ("sealed", "sha256"):
        json_file.pop(name, None)
    for level in json_file["levels"] if path.name == "verify.json" else ():
        level["seconds"] = 0
    return json_file


def laid_out(folder: Path) -> dict[str, tuple[int, object]]:
    """Every file and folder with its mode and what it tells."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, None if path.is_dir() else told(path))
        for path in (folder, *folder.rglob("*"))
    }  # fmt: skip


@pytest.mark.parametrize("point", crash_points.AFTERWARDS)
def test_killed_at_every_crash_point_of_the_other_verbs(finished: Small, tmp_path: Path, point: str) -> None:
    """The same command again comes to what an undisturbed one does: what it says, and all that lies in the folder."""
    verb, nth = crash_points.AFTERWARDS[point]
    folder = tmp_path / "run"
    command = [verb, str(finished.folder), str(folder)] if verb == "compare" else [verb, "--run-dir", str(folder)]
    shutil.copytree(finished.folder, folder)
    undisturbed = finished.run(*command)
    assert undisturbed.returncode == 0, undisturbed.said
    expected = laid_out(folder)
    folder.rename(tmp_path / "undisturbed")
    shutil.copytree(finished.folder, folder)
    killed = finished.run(*command, GRADUATE_CRASH_AT=f"{point}:{nth}")
    assert killed.returncode in (TARGET, -signal.SIGKILL), f"{verb} never came by {point}: {killed.said}"
    assert killed.stdout == ""
    again = finished.run(*command)
    assert again.returncode == 0, again.said
    assert laid_out(folder) == expected
    if verb in ("report", "compare"):
        assert again.stdout == undisturbed.stdout
    if verb == "seal":
        checked = finished.run("verify", "--sealed", str(folder), "--no-target")
        assert checked.returncode == 0, checked.said


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


# Nothing reaches the disk by itself before a test could see that it was lost.
UNHURRIED = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB", "wal_buffers": "32MB"}
SERVER_CRASHES = 6


def test_target_crashes_at_random_moments(azure: str, undisturbed: dict[str, str], tmp_path: Path) -> None:
    """Batches do not wait for the target's disk: a crash takes the last of them, with their rows in the ledger."""
    moments = random.Random(7)
    durable = target_cluster(durable=True, settings=UNHURRIED)
    with durable as cluster, Migration(tmp_path / "run", cluster, azure) as migration:
        small_batches = [*migration.run_arguments()[:-1], "4K"]
        lost = 0
        for number in range(SERVER_CRASHES):
            if number % 2 == 0:  # right behind a commit, so that it is known what there was
                process = migration.start(*small_batches, GRADUATE_HOLD_AT=f"load.after_commit:{moments.randint(2, 9)}")
                loader = wait_for_hold(migration, process, "graduate-load")
                before = migration.loaded()
                cluster.restart("immediate")
                os.kill(loader, signal.SIGCONT)
                lost += before - migration.loaded()
            else:
                process = migration.start(*small_batches)
                goal = migration.loaded() + moments.randint(1, 250)
                wait_until(lambda: migration.loaded() >= goal or process.poll() is not None, "more batches")
                cluster.restart("immediate")
            ended = migration.finish(process)
            assert ended.returncode == 4, ended.said
        assert lost > 0, "no crash took anything: they prove nothing"  # one alone may come behind a flush of another's
        ended = migration.run(*small_batches)
        assert ended.returncode == 0, ended.said
        assert migration.checksums() == undisturbed
        assert migration.account()["balance"] == 0


@pytest.mark.parametrize(("point", "kept"), [
    ("driver.entity_done:3", "select count(*) >= 3 from graduate.partitions where state = 'done'"),
    ("driver.before_account:1", "select state = 'done' from graduate.runs"),
])
def test_what_is_called_done_is_on_the_disk(azure: str, undisturbed: dict[str, str], tmp_path: Path, point: str,
                                            kept: str) -> None:
    """Also where the role itself does not wait for it."""
    durable = target_cluster(durable=True, settings={**UNHURRIED, "synchronous_commit": "off"})
    with durable as cluster, Migration(tmp_path / "run", cluster, azure) as migration:
        process = migration.start(GRADUATE_HOLD_AT=point)
        wait_until(lambda: state(process.pid) == "T" or process.poll() is not None, f"the driver at {point}")
        cluster.restart("immediate")
        assert migration.query(kept) == "t"
        os.kill(process.pid, signal.SIGCONT)
        migration.finish(process)
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
