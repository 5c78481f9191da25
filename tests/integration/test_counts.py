"""graduate verify --level counts: both ends side by side, counted by the source and by the target."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integration.complaint import USAGE
from tests.integration.migration import ROOT, Ended
from tests.integration.small_project import Small, author, book, encoded, shop_of
from tests.rig.postgres import Cluster

SCHEMA = Draft202012Validator(json.loads((ROOT / "mappings/verdict.schema.json").read_text()))
HOLDS, DIFFERS, UNCHECKED = 0, 1, 5
AUTHORS, BOOKS, EDITIONS = 6, 24, 36


@pytest.fixture(scope="module")
def moved(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with shop_of(tmp_path_factory.mktemp("counted"), targets) as made:
        made.succeed()
        yield made


@pytest.fixture
def shop(moved: Small) -> Iterator[Small]:
    """Whose source and target a test may change."""
    shutil.copytree(moved.top / "dump", moved.top / "kept")
    yield moved
    shutil.rmtree(moved.top / "dump", ignore_errors=True)
    shutil.move(moved.top / "kept", moved.top / "dump")


def write_books(shop: Small, books: list[dict[str, Any]]) -> None:
    (shop.top / "dump/books.bson.gz").write_bytes(gzip.compress(encoded(books)))


def count(shop: Small, code: int, *more: str) -> tuple[Ended, dict[str, Any]]:
    ended = shop.run("verify", "--run-dir", str(shop.folder), "--level", "counts", *more)
    assert ended.returncode == code, ended.said
    verdict = json.loads((shop.folder / "verify.json").read_text())
    SCHEMA.validate(verdict)
    return ended, verdict


def ends(verdict: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(end["source"], end["array"], end["counted"], end["table"], end["present"], end["follows"])
            for end in verdict["ends"]]


def findings(verdict: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(found["level"], found["kind"], found["table"]) for found in verdict["findings"]}


def test_collections_and_arrays_stand_beside_their_tables(shop: Small) -> None:
    ended, verdict = count(shop, HOLDS)
    assert verdict["source"] == "afresh"
    assert ends(verdict) == [
        ("core.authors", "", AUTHORS, "public.authors", AUTHORS, True),
        ("core.books", "", BOOKS, "public.books", BOOKS, True),
        ("core.books", "editions", EDITIONS, "public.editions", EDITIONS, True),
    ]
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert ["core.books", str(BOOKS), "public.books", "0", str(BOOKS), "="] in rows
    assert ["each", "of", "editions", str(EDITIONS), "public.editions", "0", str(EDITIONS), "="] in rows


def test_a_record_more_in_the_source_is_told(shop: Small) -> None:
    write_books(shop, [*map(book, range(BOOKS)), {**book(5), "_id": "another"}])
    ended, verdict = count(shop, DIFFERS)
    assert {found["kind"] for found in verdict["findings"]} == {"count"}
    assert f"books: the source gives {BOOKS + 1} records, but {BOOKS} were read" in ended.stdout
    assert f"{EDITIONS} rows were loaded, and core.books has {EDITIONS + 1} elements in editions" in ended.stdout


def test_an_element_less_in_the_source_is_told(shop: Small) -> None:
    write_books(shop, [{**book(n), "editions": book(n)["editions"][: 2 if n == 3 else 9]} for n in range(BOOKS)])
    ended, verdict = count(shop, DIFFERS)
    assert findings(verdict) == {("counts", "count", "public.editions")}
    assert ["each", "of", "editions", str(EDITIONS - 1), "public.editions", "0", str(EDITIONS), "!"] in [
        line.split() for line in ended.stdout.splitlines()]


def test_a_row_less_in_the_target_is_told(shop: Small) -> None:
    shop.query("create table public.kept as select * from public.editions; "
               "delete from public.editions where ctid = (select min(ctid) from public.editions)")
    try:
        _, verdict = count(shop, DIFFERS)
    finally:
        shop.query("delete from public.editions; insert into public.editions select * from public.kept; "
                   "drop table public.kept")
    assert findings(verdict) == {("counts", "count", "public.editions")}


def test_a_source_that_is_gone_is_no_verdict_unless_the_checkpoints_are_asked(shop: Small) -> None:
    shutil.rmtree(shop.top / "dump")
    _, verdict = count(shop, UNCHECKED)
    assert ends(verdict)[0] == ("core.authors", "", None, "public.authors", AUTHORS, True)
    _, verdict = count(shop, HOLDS, "--checkpoints")
    assert verdict["source"] == "checkpoints"
    assert [end[2] for end in ends(verdict)] == [AUTHORS, BOOKS, None]


def test_checkpoints_are_not_needed_unless_they_are_asked_for(shop: Small) -> None:
    checkpoints = shop.folder / "checkpoints"
    shutil.move(checkpoints, shop.top / "aside")
    try:
        count(shop, HOLDS)
        _, verdict = count(shop, UNCHECKED, "--checkpoints")
        assert verdict["source"] == "checkpoints" and "authors" in verdict["levels"][0]["reason"]
    finally:
        shutil.move(shop.top / "aside", checkpoints)


def test_two_answers_to_one_question_are_refused(shop: Small) -> None:
    for options, says in ((("--source", "--checkpoints"), "--source and --checkpoints"),
                          (("--checkpoints",), "--level counts alone"),
                          (("--checkpoints", "--level", "content"), "--level counts alone")):
        shop.complaint(shop.run("verify", "--run-dir", str(shop.folder), *options), USAGE, says)


# ---- what became of the values ------------------------------------------------------------------------------------


def set_fate(entity: str, path: str, fates: dict[str, int]) -> str:
    """SQL that lets the ledger's last batch of an entity say something else of a path."""
    return (f"update graduate.batches set paths = jsonb_set(paths, array['{path}'], '{json.dumps(fates)}') "
            f"where entity = '{entity}' and batch = 1")


# What the ledger is made to say, and the levels that must contradict it.
LIES: dict[str, tuple[Callable[[dict[str, Any]], tuple[str, dict[str, int]]], set[str]]] = {
    "one value is nowhere": (lambda paths: ("title", {**paths["title"], "written": paths["title"]["written"] - 1}),
                             {"counts", "content"}),
    "defaulted, not written": (
        lambda paths: ("title", {"seen": paths["title"]["seen"], "defaulted": paths["title"]["seen"]}), {"content"}),
    "a path that is not": (lambda paths: ("colour", {"seen": 3, "dropped": 3}), {"content"}),
    "dropped, not seen": (lambda paths: ("__v", {"dropped": paths["__v"]["dropped"]}), {"counts", "content"}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_ledger_that_is_wrong_about_values_is_contradicted(shop: Small, lie: str) -> None:
    change, levels = LIES[lie]
    kept = shop.query("select paths from graduate.batches where entity = 'books' and batch = 1")
    path, fates = change(json.loads(kept))
    shop.query(set_fate("books", path, fates))
    try:
        for level in ("counts", "content"):
            ended = shop.run("verify", "--run-dir", str(shop.folder), "--level", level)
            verdict = json.loads((shop.folder / "verify.json").read_text())
            assert ended.returncode == (DIFFERS if level in levels else HOLDS), ended.said
            said = [found for found in verdict["findings"]]
            assert [(found["level"], found["kind"]) for found in said] == [(level, "values")] * (level in levels)
            assert all(f"books, {path}: " in found["text"] for found in said)
    finally:
        shop.query(f"update graduate.batches set paths = '{kept}' where entity = 'books' and batch = 1")


def test_every_value_has_its_fate(shop: Small) -> None:
    """The run's account and the verification's, and what the test counts itself."""
    books = [book(n) for n in range(BOOKS)]
    mine = {
        **{name: {"seen": BOOKS, "written": BOOKS}
           for name in ("_id", "author", "title", "price", "status", "tags")},
        "editions": {"met": BOOKS, "elements": EDITIONS, "taken": EDITIONS},  # structure, and no value
        "editions.year": {"seen": EDITIONS, "written": EDITIONS},
        "__v": {"seen": BOOKS, "dropped": BOOKS},
    }
    assert sum(len(one["editions"]) for one in books) == EDITIONS
    shop.run("verify", "--run-dir", str(shop.folder), "--level", "content")
    verdict = json.loads((shop.folder / "verify.json").read_text())
    for paths in (shop.account()["paths"], verdict["paths"]):
        found = {path["path"]: {name: n for name, n in path.items() if isinstance(n, int) and n != 0}
                 for path in paths if path["entity"] == "books"}
        assert found == mine
    assert {path["path"] for path in verdict["paths"] if path["entity"] == "authors"} == set(author(0))


def test_an_account_of_values_that_is_open_ends_the_run_with_1(targets: Cluster, tmp_path: Path) -> None:
    """Here the ledger is made wrong before the run's end, which nothing but the account can tell."""
    with shop_of(tmp_path, targets) as made:
        made.run(GRADUATE_CRASH_AT="driver.before_account")
        made.query(set_fate("books", "title", {"seen": 9, "written": 7}))
        ended = made.run()
        assert ended.returncode == DIFFERS, ended.said
        assert "values of books, title: 2" in ended.stdout and "THE ACCOUNT IS NOT CLOSED" in ended.stdout
        assert made.account()["balance"] == 2
        report = made.run("report", "--run-dir", str(made.folder))
        assert report.returncode == 0, report.said
        said = json.loads((made.folder / "report.json").read_text())
        assert said["verdict"]["state"] == "unbalanced"
        assert [(path["entity"], path["path"], path["balance"]) for path in said["open_paths"]] == [("books", "title", 2)]


# ---- what the sources counted -------------------------------------------------------------------------------------


def count_another(shop: Small, entity: str, **said: Any) -> None:
    """Let the run's catalog say something else of a collection than the source said."""
    file = shop.folder / "catalog/core.json"
    catalog = json.loads(file.read_text())
    next(one for one in catalog["entities"] if one["name"] == entity).update(said)
    file.write_text(json.dumps(catalog))


@pytest.mark.parametrize(("changing", "exact", "code"), [(False, True, DIFFERS), (True, True, HOLDS), (False, False, HOLDS)],
                         ids=["exact", "changing", "estimated"])
def test_what_was_read_is_held_against_what_the_catalog_counted(targets: Cluster, tmp_path: Path, changing: bool,
                                                                exact: bool, code: int) -> None:
    """The extractor is content with what it gave: only the account knows of the catalog's count."""
    with shop_of(tmp_path, targets) as made:
        file = made.files / "project.json"
        said = json.loads(file.read_text())
        said["sources"]["core"]["changing"] = changing
        file.write_text(json.dumps(said))
        made.run(GRADUATE_CRASH_AT="driver.before_account")
        count_another(made, "books", estimate=BOOKS + 1, exact=exact)
        ended = made.run()
        assert ended.returncode == code, ended.said
        told = f"books: the source counted {BOOKS + 1}, and {BOOKS} were read"
        assert (told in ended.stdout) == exact
        assert ("WHAT WAS READ IS NOT WHAT THE SOURCES COUNTED" in ended.stdout) == (code == DIFFERS)
        assert ("graduate run --restart books" in ended.stdout) == (code == DIFFERS)
        assert made.account()["balance"] == 0
        finished = json.loads((made.folder / "run.json").read_text())["finished"]
        assert (finished == "") == (code == DIFFERS), "a run that differs is not over"
        if code == DIFFERS:  # what it says to do is the cure
            ended = made.run(*made.run_arguments(), "--restart", "books")
            assert ended.returncode == HOLDS, ended.said
