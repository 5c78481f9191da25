"""What a run goes on from: a mapping that changed, a checkpoint or a run folder that is bad, a disk that is full."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.complaint import REFUSED, SOURCE, TARGET, USAGE, complaint_of
from tests.integration.migration import PROGRAMS, ROOT, Ended, Migration, children, state, wait_for_hold, wait_until
from tests.integration.small_project import SHOP, Small, run_behind, write_project
from tests.integration.spoiling import Bad, Edit, cut, flipped, gone, read, replaced, spoiled, text, with_content


@pytest.fixture
def stopped(shop: Small) -> Small:
    """The shop when two batches of the books are loaded and all are read, and the loader was killed."""
    process = shop.start(GRADUATE_HOLD_AT="load.after_commit:2")
    loader = wait_for_hold(shop, process, "graduate-load")
    wait_until((shop.top / CHECKPOINT).exists, "the checkpoint of the books")
    os.kill(loader, signal.SIGKILL)
    assert shop.finish(process).returncode == TARGET
    assert shop.query("select count(*) from graduate.batches where entity = 'books'") == "2"
    return shop


CHANGES = {
    "a type": ("project/books.json", text("varchar(20)", "varchar(30)"),
               ("books.json: /to/public.books/columns/title/type:", '"varchar(20)"', '"varchar(30)"')),
    "a column more": ("project/books.json", text('"columns": {', '"columns": {"n": {"from": "n", "type": "text"},'),
                      ("books.json: /to/public.books/columns/n:", "was not there")),
    "a dropped field": ("project/books.json", text('"__v"', '"__v", "isbn"'),
                        ("books.json: /drop:", '["__v"]', '["__v","isbn"]')),
    "the identities": ("project/project.json", text('"target"', '"identity": {"strategy": "pad-left"}, "target"'),
                       ("project.json: /identity:", "pad-left")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_mapping_that_changed(stopped: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    file, edit, says = CHANGES[name]
    with spoiled(stopped, Bad(file, edit, REFUSED, says)):
        before = stopped.query("select generation from graduate.runs; select count(*) from graduate.batches")
        stopped.fail(REFUSED, "the mapping is not the one that run", *says, "put it back")
        assert stopped.query("select generation from graduate.runs; select count(*) from graduate.batches") == before
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_another_indentation_is_no_change(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    path = stopped.files / "books.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=None))
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


CHECKPOINT = "run/checkpoints/books.gck"
CHECKPOINTS = {
    "damaged": Bad(CHECKPOINT, flipped(900), SOURCE, ("books.gck: frame", "at byte", "wrong checksum")),
    "damaged in its first frame": Bad(CHECKPOINT, flipped(40), SOURCE, ("books.gck: frame 0 at byte 0", "checksum")),
    "damaged in its last byte": Bad(CHECKPOINT, flipped(-1), SOURCE, ("books.gck: frame", "wrong checksum")),
    "cut off": Bad(CHECKPOINT, cut(9), SOURCE, ("books.gck: frame", "at byte", "the stream ends here")),
    "empty": Bad(CHECKPOINT, with_content(b""), SOURCE, ("books.gck: frame 0 at byte 0", "the stream ends here")),
    "something behind it": Bad(CHECKPOINT, lambda content: content + b"x", SOURCE, ("bytes behind the end frame",)),
    "no stream": Bad(CHECKPOINT, with_content(b"lorem ipsum " * 9), SOURCE, ("books.gck", "no stream of graduate")),
    "of a newer version": Bad(CHECKPOINT, text("GRF1", "GRF2"), SOURCE, ("framing version '2'", "newer one")),
    "gone": Bad(CHECKPOINT, gone, REFUSED, ("books.gck ends with batch 0, and the target has 2", "--no-checkpoint")),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_that_is_bad(stopped: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    bad = CHECKPOINTS[name]
    with spoiled(stopped, bad):
        stopped.fail(bad.code, "entity books", *bad.says)
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_a_checkpoint_of_another_entity(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    authors = read(stopped.folder / "checkpoints/authors.gck")
    with replaced(stopped.top / CHECKPOINT, authors):
        stopped.fail(REFUSED, "books.gck holds authors of core.authors, not books of core.books", "entity books")
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_the_source_in_place_of_a_bad_checkpoint(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    with spoiled(stopped, CHECKPOINTS["damaged"]):
        ended = stopped.run(*stopped.run_arguments(), "--no-checkpoint")
        assert ended.returncode == 0, ended.said
    assert stopped.checksums() == shop_undisturbed


PARTIAL = "run/checkpoints/books.gck.partial"


TAILS: dict[str, Edit] = {"damaged": flipped(-1), "cut": cut(1), "begun": lambda content: content + b"GRF1"}


@pytest.mark.parametrize("tail", TAILS)
def test_an_unfinished_checkpoint_ends_at_its_last_whole_frame(
    shop: Small, shop_undisturbed: dict[str, str], tail: str) -> None:  # fmt: skip
    """Behind what the target has, damage is what a kill leaves, and costs nothing."""
    assert shop.run(GRADUATE_CRASH_AT="extract.checkpoint_written:3").returncode == SOURCE
    path = shop.top / PARTIAL
    path.write_bytes(TAILS[tail](read(path)))
    shop.succeed()
    assert shop.checksums() == shop_undisturbed
    assert not path.exists()


def test_an_unfinished_checkpoint_that_lost_what_the_target_has(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    assert shop.run(GRADUATE_CRASH_AT="extract.batch_sent:3").returncode == SOURCE
    loaded = shop.query("select max(batch) from graduate.batches where entity = 'books'")
    path = shop.top / PARTIAL
    path.write_bytes(flipped(40)(read(path)))
    shop.fail(REFUSED, f"books.gck ends with batch 0, and the target has {loaded}", "--no-checkpoint")
    ended = shop.run(*shop.run_arguments(), "--no-checkpoint")
    assert ended.returncode == 0, ended.said
    assert shop.checksums() == shop_undisturbed


# ---- the run folder --------------------------------------------------------------------------------


def test_a_run_folder_of_another_project(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    write_project(stopped.top / "shed", {**SHOP, "project": SHOP["project"] | {"project": "shed"}})
    ended = stopped.run("run", "--project", str(stopped.top / "shed"), "--run-dir", str(stopped.folder))
    stopped.complaint(ended, USAGE, "holds a run of the project shop, not of shed", "--run-dir")
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_a_run_folder_that_is_a_file(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    shop.folder.write_text("")
    shop.fail(TARGET, str(shop.folder), "is no folder")
    assert shop.untouched()
    shop.folder.unlink()
    shop.succeed()
    assert shop.checksums() == shop_undisturbed


def test_a_run_folder_with_other_things(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    shop.folder.mkdir()
    thesis = shop.folder / "thesis.doc"
    thesis.touch()
    shop.fail(USAGE, str(shop.folder), "thesis.doc", "a new or an empty folder")
    assert list(shop.folder.iterdir()) in ([thesis], [shop.folder / "lock", thesis], [thesis, shop.folder / "lock"])
    thesis.unlink()
    shop.succeed()
    assert shop.checksums() == shop_undisturbed


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701])
def test_a_run_folder_that_is_open_to_others(shop: Small, mode: int) -> None:
    """An empty one, then that of a run: each is closed, and that is said once."""
    shop.folder.mkdir()
    for begun in (False, True):
        shop.folder.chmod(mode)
        ended = shop.run(GRADUATE_CRASH_AT="" if begun else "load.after_commit:2")
        assert (ended.returncode == 0) == begun, ended.said
        assert f"{shop.folder} was open to others (mode {mode:04o}); it is 0700 now" in ended.stderr
        assert stat.S_IMODE(shop.folder.stat().st_mode) == 0o700
    assert "open to others" not in shop.succeed().stderr
    assert not [path for path in shop.folder.rglob("*") if path.stat().st_mode & 0o077]


def test_a_folder_of_other_things_keeps_its_mode(shop: Small) -> None:
    shop.folder.mkdir()
    shop.folder.chmod(0o755)
    (shop.folder / "thesis.doc").touch()
    shop.fail(USAGE, "thesis.doc")
    assert stat.S_IMODE(shop.folder.stat().st_mode) == 0o755


RUN_FOLDERS = {
    "run.json that is no JSON": Bad("run/run.json", cut(4), USAGE, ("run.json:", "not JSON")),
    "run.json of something else": Bad("run/run.json", with_content(b"{}"), USAGE, ("is no run.json of graduate",)),
    "run.json of a later version": Bad(
        "run/run.json", text('"version":\t1', '"version":\t2'), USAGE, ("this version of graduate",)),
    "a catalog that is no JSON": Bad("run/catalog/core.json", cut(4), USAGE, ("core.json:", "remove the file")),
}


@pytest.mark.parametrize("name", RUN_FOLDERS)
def test_a_run_folder_that_is_damaged(stopped: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    bad = RUN_FOLDERS[name]
    with spoiled(stopped, bad):
        stopped.fail(bad.code, *bad.says)
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_a_catalog_that_is_gone_is_asked_for_again(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    (stopped.folder / "catalog/core.json").unlink()
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_another_target_than_the_run_began_with(stopped: Small) -> None:
    stopped.query("drop schema graduate cascade")
    stopped.fail(REFUSED, "holds no run", "this run was begun in another database")


def test_a_table_that_is_gone_from_the_target(stopped: Small) -> None:
    stopped.query("drop table public.editions")
    stopped.fail(REFUSED, "table public.editions of this run is gone", f"graduate undo --run-dir {stopped.folder}")


def test_a_rehearsal_takes_no_folder_of_a_run(stopped: Small) -> None:
    ended = stopped.run("rehearse", "--project", stopped.project, "--run-dir", str(stopped.folder))
    stopped.complaint(ended, REFUSED, "holds a run already", "graduate run --run-dir")


# ---- a full disk -----------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[list[str]]:
    """A disk of its own under `folder`; yields what runs a command that sees it."""
    folder.mkdir()
    apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    holder = subprocess.Popen(
        [*apart, "sh", "-c", 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo ready && exec cat', "sh", size, folder],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"NOT TESTED: a full disk; no disk can be mounted here: {holder.communicate()[1].strip()}")
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        yield ["nsenter", f"--target={holder.pid}", *user, "--mount", f"--wdns={ROOT}", "--"]
    finally:
        holder.communicate()


def fill_and_enlarge(migration: Migration, size: str) -> Ended:
    """Run on a disk of this size, then again on one with room; the second must succeed."""
    with small_disk(migration.folder, size) as inside:
        full = run_behind(migration, *inside)
        subprocess.run([*inside, "mount", "-o", "remount,size=64m", migration.folder], check=True)
        ended = run_behind(migration, *inside)
        assert ended.returncode == 0, full.said + ended.said
    return full


@pytest.mark.parametrize("size", ["4k", "8k", "16k"])
def test_a_full_disk(shop: Small, shop_undisturbed: dict[str, str], size: str) -> None:
    full = fill_and_enlarge(shop, size)
    shop.complaint(full, TARGET, str(shop.folder), "No space left on device", "make room")
    assert shop.checksums() == shop_undisturbed


def test_a_full_disk_in_the_middle(migration: Migration, undisturbed: dict[str, str]) -> None:
    full = fill_and_enlarge(migration, "200k")
    complaint_of(full, TARGET, str(migration.folder), "No space left on device", "make room", "goes on from where it")
    assert migration.checksums() == undisturbed


def test_a_disk_that_is_full_when_the_verdict_is_there(shop: Small) -> None:
    """The verdict is told, though it cannot be kept; and what is kept of it when there is room is the same."""
    with small_disk(shop.folder, "4m") as inside:
        assert run_behind(shop, *inside).returncode == 0
        verify = [*inside, str(PROGRAMS / "graduate"), "verify", "--run-dir", str(shop.folder)]
        fill = ["sh", "-c", 'cat /dev/zero >"$1/filler" 2>/dev/null || test -s "$1/filler"', "sh", str(shop.folder)]
        subprocess.run([*inside, *fill], check=True)
        full = subprocess.run(verify, env=shop.environment, text=True, capture_output=True, timeout=60)
        assert full.returncode == TARGET, full.stdout + full.stderr
        assert "No space left on device" in full.stderr and "make room" in full.stderr
        for level in ("counts", "content", "references", "supabase"):
            assert re.search(rf"^{level} +holds", full.stdout, re.MULTILINE), full.stdout
        subprocess.run([*inside, "rm", str(shop.folder / "filler")], check=True)
        ended = subprocess.run(verify, env=shop.environment, text=True, capture_output=True, timeout=60)
        assert ended.returncode == 0 and "all levels were checked, and hold" in ended.stdout, ended.stdout + ended.stderr


def test_a_small_stack(shop: Small) -> None:
    """It is made larger where that is allowed, and else is an error, not a signal."""
    ended = run_behind(shop, "prlimit", "--stack=65536:65536")
    shop.complaint(ended, TARGET, "the stack of a process is limited to 64 KiB here", "ulimit -Hs")
    ended = run_behind(shop, "prlimit", "--stack=65536:8388608")
    assert ended.returncode == 0, ended.said


def test_no_core_file_that_would_hold_secrets(shop: Small) -> None:
    process = shop.start(GRADUATE_HOLD_AT="load.begin")
    wait_until(lambda: any(state(pid) == "T" for pid in children(process, "graduate-load")), "the hold")
    for pid in [process.pid, *children(process, "graduate-load")]:
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), limits
    shop.kill(process)


def test_a_file_that_reaches_a_limit(shop: Small) -> None:
    """An error with its name, not a program that a signal ended."""
    ended = run_behind(shop, "prlimit", "--fsize=512")
    assert ended.returncode == TARGET, ended.said
    assert "File too large" in ended.said and "SIGXFSZ" not in ended.said
