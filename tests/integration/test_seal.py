"""A sealed run: any change of it is found, nothing writes in it, and it verifies by what it sealed."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integration.complaint import DATA, REFUSED, USAGE
from tests.integration.migration import ROOT, Ended
from tests.integration.small_project import Small, shop_of
from tests.rig.postgres import Cluster

SCHEMA = Draft202012Validator(json.loads((ROOT / "mappings/seal.schema.json").read_text()))


@pytest.fixture(scope="module")
def shop(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """A finished run, verified and sealed; top/unsealed is a copy of it from before the seal."""
    with shop_of(tmp_path_factory.mktemp("sealed"), targets) as made:
        made.succeed()
        verified = made.run("verify", "--run-dir", str(made.folder))
        assert verified.returncode == 0, verified.said
        shutil.copytree(made.folder, made.top / "unsealed")
        made.sealed = made.run("seal", "--run-dir", str(made.folder))
        assert made.sealed.returncode == 0, made.sealed.said
        yield made


@pytest.fixture
def copy(shop: Small, tmp_path: Path) -> Path:
    """A copy of the sealed folder, made writable: what somebody could do to it."""
    folder = shutil.copytree(shop.folder, tmp_path / "copy")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def check(shop: Small, folder: Path, *more: str, **environment: str) -> Ended:
    return shop.run("verify", "--sealed", str(folder), *(more or ("--no-target",)), **environment)


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file and folder: mode, time of the last change, content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode, path.stat().st_mtime_ns, b"" if path.is_dir() else path.read_bytes()
        )
        for path in (folder, *folder.rglob("*"))
    }  # fmt: skip


def content(folder: Path) -> dict[str, bytes]:
    """Of every file but the lock, which whoever looks takes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and path.name != "lock"
    }  # fmt: skip


def test_seal_has_it_all(shop: Small) -> None:
    seal = json.loads((shop.folder / "seal.json").read_text())
    SCHEMA.validate(seal)
    files = {str(path.relative_to(shop.folder)) for path in shop.folder.rglob("*") if path.is_file()}
    assert {entry["path"] for entry in seal["files"]} == files - {"seal.json"}
    assert seal["verdict"] == "holds" and set(seal["levels"].values()) == {"holds"}
    assert seal["account"] == shop.account() and seal["without_checkpoints"] == []
    assert set(seal["mapping"]) == {"project.json", "authors.json", "books.json"}
    assert seal["fingerprint"] == shop.query("select fingerprint from graduate.runs").strip()
    assert "holds" in shop.sealed.stdout and "SHA-256 of the seal" in shop.sealed.stdout


def test_nothing_in_it_can_be_written(shop: Small) -> None:
    for path in (shop.folder, *shop.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o500 if path.is_dir() else 0o400), path


def test_whole_seal_holds(shop: Small, copy: Path) -> None:
    for folder in (shop.folder, copy):
        ended = check(shop, folder)
        assert ended.returncode == 0 and "holds" in ended.stderr, ended.said


def test_every_flipped_byte_is_found(shop: Small, copy: Path) -> None:
    """The first, the middle and the last byte of every file, the seal included."""
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for place in sorted({0, len(content) // 2, len(content) - 1}) if content else ():
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            shop.complaint(check(shop, copy), DATA, str(path.relative_to(copy)))
        path.write_bytes(content)
    assert check(shop, copy).returncode == 0


SPOILS: dict[str, tuple[Callable[[Path], object], str]] = {
    "removed file": (lambda run: (run / "losses.jsonl").unlink(), "losses.jsonl: the file is gone"),
    "removed checkpoint": (lambda run: (run / "checkpoints/books.gck").unlink(), "checkpoints/books.gck: the file is"),
    "added file": (lambda run: (run / "catalog/x.json").write_text("{}"), "catalog/x.json: the file was added"),
    "added empty file": (lambda run: (run / ".hidden").touch(), ".hidden: the file was added"),
    "added folder": (lambda run: (run / "fields/more").mkdir(), "fields/more: the folder was added"),
    "removed folder": (lambda run: shutil.rmtree(run / "fields"), "fields: the folder is gone"),
    "longer file": (lambda run: (run / "run.json").open("a").write("\n"), "run.json: its size changed"),
    "link for a file": (
        lambda run: ((run / "lock").unlink(), (run / "lock").symlink_to("run.json")), "lock is neither a file nor"),
    "longer seal": (lambda run: (run / "seal.json").open("a").write("\n"), "seal.json itself was changed"),
    "cut seal": (lambda run: (run / "seal.json").write_text("{"), "seal.json itself was changed"),
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
def test_every_other_change_is_found(shop: Small, copy: Path, spoil: str) -> None:
    change, says = SPOILS[spoil]
    change(copy)
    shop.complaint(check(shop, copy), DATA, says)


def test_all_that_changed_is_named(shop: Small, copy: Path) -> None:
    (copy / "run.json").unlink()
    (copy / "account.json").write_text("{}")
    shop.complaint(check(shop, copy), DATA, "2 differences", "run.json", "account.json")


def test_nobody_writes_in_it(shop: Small) -> None:
    before = state(shop.folder)
    folder = str(shop.folder)
    for verb in (["run", "--project", shop.project], ["rehearse", "--project", shop.project], ["verify"], ["report"]):
        shop.complaint(shop.run(*verb, "--run-dir", folder), REFUSED, "sealed", "seal.json")
    assert state(shop.folder) == before


def test_sealing_again_changes_nothing(shop: Small) -> None:
    before = state(shop.folder)
    again = shop.run("seal", "--run-dir", str(shop.folder))
    assert again.returncode == 0 and again.stdout == shop.sealed.stdout, again.said
    assert state(shop.folder) == before


def test_a_seal_that_was_interrupted_is_brought_to_its_end(shop: Small, copy: Path) -> None:
    ended = shop.run("seal", "--run-dir", str(copy))
    assert ended.returncode == 0, ended.said
    assert stat.S_IMODE((copy / "run.json").stat().st_mode) == 0o400
    assert stat.S_IMODE(copy.stat().st_mode) == 0o500


def seal(shop: Small, folder: Path, *more: str) -> Ended:
    return shop.run("seal", "--run-dir", str(folder), *more)


def judged(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    verdict = json.loads((folder / "verify.json").read_text())
    change(verdict)
    (folder / "verify.json").write_text(json.dumps(verdict))


# What becomes of a verdict, what is said of it, and the word that the seal then has.
VERDICTS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "gone": (lambda run: (run / "verify.json").unlink(), "not verified", "unverified"),
    "of another run": (lambda run: judged(run, lambda it: it.update(run=it["project"])), "not verified", "unverified"),
    "of an earlier generation": (
        lambda run: judged(run, lambda it: it.update(generation=0)), "not verified", "unverified"),
    "by another mapping": (
        lambda run: judged(run, lambda it: it.update(fingerprint="0" * 64)), "not verified by its", "unverified"),
    "unchecked": (
        lambda run: judged(run, lambda it: it["levels"][1].update(verdict="unchecked")), "is unchecked", "unchecked"),
    "differs": (lambda run: judged(run, lambda it: it["levels"][1].update(verdict="differs")), "differs", "differs"),
    "skipped": (lambda run: judged(run, lambda it: it["levels"][1].update(verdict="skipped")), "only in part", "partly"),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_only_a_verdict_that_holds_is_sealed_unasked(shop: Small, tmp_path: Path, name: str) -> None:
    spoil, says, word = VERDICTS[name]
    folder = shutil.copytree(shop.top / "unsealed", tmp_path / "run")
    spoil(folder)
    before = content(folder)
    shop.complaint(seal(shop, folder), REFUSED, says, "--whatever-the-verdict")
    assert content(folder) == before
    ended = seal(shop, folder, "--whatever-the-verdict")
    assert ended.returncode == 0 and f"verdict: {word}, " in ended.stdout, ended.said
    SCHEMA.validate(json.loads((folder / "seal.json").read_text()))


def test_a_run_verified_in_part_is_sealed_only_when_asked(shop: Small, tmp_path: Path) -> None:
    """A glance at the counts afterwards must not become the verdict that is kept for good."""
    folder = shutil.copytree(shop.top / "unsealed", tmp_path / "run")
    glance = shop.run("verify", "--run-dir", str(folder), "--level", "counts")
    assert glance.returncode == 0, glance.said
    shop.complaint(seal(shop, folder), REFUSED, "only in part", "--whatever-the-verdict")
    assert not (folder / "seal.json").exists()


def test_checkpoints_that_are_missing_are_said(shop: Small, tmp_path: Path) -> None:
    folder = shutil.copytree(shop.top / "unsealed", tmp_path / "run")
    (folder / "checkpoints/books.gck").rename(folder / "checkpoints/books.gck.partial")
    shop.complaint(seal(shop, folder), REFUSED, "without the checkpoints of books", "--without-checkpoints")
    shop.complaint(seal(shop, folder, "--whatever-the-verdict"), REFUSED, "without the checkpoints of books")
    assert not (folder / "seal.json").exists()
    ended = seal(shop, folder, "--without-checkpoints")
    assert ended.returncode == 0 and ", without the checkpoints of books\n" in ended.stdout, ended.said
    sealed = json.loads((folder / "seal.json").read_text())
    SCHEMA.validate(sealed)
    assert sealed["without_checkpoints"] == ["books"]
    assert (folder / "checkpoints/books.gck.partial").exists(), "the only copy of the records"
    checked = check(shop, folder)
    assert checked.returncode == 0 and "without the checkpoints of books" in checked.stderr, checked.said


LEFTOVERS = [
    "seal.json.tmp", "verify.json.tmp", "run.json.tmp", "losses.jsonl.tmp", "account.txt.tmp", "report.html.tmp",
    "schema.sql.tmp", "catalog/core.json.tmp", "project/books.json.tmp", "fields/books.json.tmp",
    "positions/books.bson.tmp", "checkpoints/books.gck.partial", "verify-state/00.tally", "verify-state/00.tally.tmp",
]  # fmt: skip


def test_what_a_kill_left_is_no_evidence(shop: Small, tmp_path: Path) -> None:
    """It is taken away before the seal; what has no name of graduate's is sealed like all else."""
    folder = shutil.copytree(shop.top / "unsealed", tmp_path / "run")
    for name in LEFTOVERS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{")
    (folder / "thesis.tmp").write_text("mine")
    ended = seal(shop, folder)
    assert ended.returncode == 0 and ended.stderr.count("which a killed graduate left") == len(LEFTOVERS), ended.said
    assert not [name for name in LEFTOVERS if (folder / name).exists()] and not (folder / "verify-state").exists()
    assert "thesis.tmp" in {entry["path"] for entry in json.loads((folder / "seal.json").read_text())["files"]}
    assert check(shop, folder).returncode == 0


def test_what_cannot_be_sealed(shop: Small, tmp_path: Path) -> None:
    shop.complaint(shop.run("seal"), USAGE, "--run-dir is needed")
    shop.complaint(shop.run("seal", "--run-dir", str(tmp_path)), USAGE, "holds no run")
    folder = shutil.copytree(shop.top / "unsealed", tmp_path / "changed")
    mapping = folder / "project/books.json"
    mapping.write_text(mapping.read_text().replace("varchar(20)", "varchar(30)"))
    shop.complaint(shop.run("seal", "--run-dir", str(folder)), DATA, "not the one of the run")
    run = json.loads((folder / "run.json").read_text()) | {"finished": ""}
    (folder / "run.json").write_text(json.dumps(run))
    shop.complaint(shop.run("seal", "--run-dir", str(folder)), USAGE, "not finished")
    shop.complaint(check(shop, folder), USAGE, "is not sealed")


def test_options_that_contradict(shop: Small) -> None:
    for more in (["--run-dir", "x"], ["--project", "x"], ["--source"]):
        shop.complaint(check(shop, shop.folder, *more), USAGE, f"{more[0]} does not go with --sealed")
    shop.complaint(shop.run("verify", "--run-dir", "x", "--no-target"), USAGE, "--sealed")


def test_without_a_target_more_was_asked_than_can_be_checked(shop: Small) -> None:
    shop.complaint(
        check(shop, shop.folder, "--level", "all", SUPABASE_DB_URL="", GRADUATE_VERIFY_URI=""),
        REFUSED, "the seal holds", "SUPABASE_DB_URL")  # fmt: skip


def test_a_target_is_verified_by_what_was_sealed(shop: Small, tmp_path: Path) -> None:
    """The project folder of today says something else, and is gone in the end; so is the source."""
    before = state(shop.folder)
    books = shop.files / "books.json"
    mapping = books.read_text()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary), "CORE_URI": "file:/nowhere"}
    try:
        books.write_text(mapping.replace('"title"', '"headline"'))
        ended = check(shop, shop.folder, "--level", "all", **environment)
        assert ended.returncode == 0, ended.said
        shop.query("update public.books set title = title || ' ' where id = (select min(id::text)::uuid from public.books)")
        ended = check(shop, shop.folder, "--level", "content", "--json", **environment)
        assert ended.returncode == DATA, ended.said
        found = {level["level"]: level["verdict"] for level in json.loads(ended.stdout)["levels"]}
        assert found["content"] == "differs" and found["counts"] == "skipped"
    finally:
        books.write_text(mapping)
        shop.query("update public.books set title = rtrim(title)")
    assert state(shop.folder) == before
    assert os.listdir(temporary) == []
