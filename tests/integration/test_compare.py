"""Two runs compared: every difference is named, and nothing else; and a forecast from rehearsals."""

from __future__ import annotations

import copy
import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pytest
from jsonschema import Draft202012Validator

from tests.integration.complaint import USAGE
from tests.integration.migration import ROOT, Ended
from tests.integration.small_project import SHOP, Small, author, book, encoded, shop_of
from tests.rig.postgres import Cluster

SCHEMA = Draft202012Validator(json.loads((ROOT / "mappings/compare.schema.json").read_text()))
BOOKS = 24
PARTS = ("entities", "collections", "fields", "unknown_fields", "counts", "rows", "rejects", "losses", "mapping",
         "ddl", "verdicts")  # fmt: skip


def rehearse(shop: Small, name: str, *more: str) -> Ended:
    """A rehearsal into an emptied target, kept in top/rehearsals/NAME."""
    shop.empty_target()
    ended = shop.run("rehearse", "--project", shop.project, "--run-dir", str(place(shop, name)), *more)
    assert ended.returncode == 0, ended.said
    return ended


def place(shop: Small, name: str) -> Path:
    return shop.top / "rehearsals" / name


def compare(shop: Small, *names: str, options: tuple[str, ...] = ()) -> dict[str, Any]:
    ended = shop.run("compare", *(str(place(shop, name)) for name in names), "--json", *options)
    assert ended.returncode == 0, ended.said
    found = json.loads(ended.stdout)
    SCHEMA.validate(found)
    return found


def differences(shop: Small, *names: str) -> dict[str, Any]:
    """What differs; in no other part of the comparison is anything."""
    found = compare(shop, *names)
    assert found["same"] == (not any(found[part] for part in PARTS if part != "unknown_fields"))
    return {part: found[part] for part in PARTS if found[part]}


def write_books(shop: Small, count: int, change: Callable[[int, dict[str, Any]], Any] = lambda *_: None) -> None:
    books = [book(n) for n in range(count)]
    for n, one in enumerate(books):
        change(n, one)
    (shop.top / "dump/books.bson.gz").write_bytes(gzip.compress(encoded(books)))


def write_mapping(shop: Small, name: str, content: dict[str, Any]) -> None:
    (shop.files / f"{name}.json").write_text(json.dumps(content, indent=2))


@pytest.fixture(scope="module")
def shop(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """With two rehearsals, between which nothing changed."""
    with shop_of(tmp_path_factory.mktemp("compared"), targets) as made:
        rehearse(made, "first")
        made.second = rehearse(made, "second")
        yield made


@pytest.fixture
def changed(shop: Small) -> Iterator[Small]:
    """The shop, whose sources and mappings a test may change."""
    kept = shop.top / "kept"
    for folder in ("dump", "project"):
        shutil.copytree(shop.top / folder, kept / folder)
    yield shop
    for folder in ("dump", "project"):
        shutil.rmtree(shop.top / folder)
        shutil.move(kept / folder, shop.top / folder)
    shutil.rmtree(place(shop, "third"), ignore_errors=True)


def test_equal_runs_do_not_differ(shop: Small) -> None:
    assert differences(shop, "first", "second") == {}
    ended = shop.run("compare", str(place(shop, "first")), str(place(shop, "second")))
    assert ended.returncode == 0 and "no differences" in ended.stdout, ended.said


def test_a_rehearsal_is_compared_with_the_previous_one(shop: Small) -> None:
    assert f"compared with the previous run, {place(shop, 'first')}: no differences" in shop.second.stdout


def test_times_of_both_are_there(shop: Small) -> None:
    times = compare(shop, "first", "second")["times"]
    assert {time["name"] for time in times if time["kind"] == "entity"} == {"authors", "books"}
    assert any(time["kind"] == "step" and "public.books" in time["name"] for time in times)
    assert all(time["before"] is not None and time["after"] is not None for time in times)


def test_a_changed_source_is_told(changed: Small) -> None:
    def change(n: int, one: dict[str, Any]) -> None:
        if n == 5:
            one["price"] = bson.Decimal128("1.25")
        if n == 7:
            one["__v"] = {"major": 1, "history": [{"at": 1.5}]}

    write_books(changed, BOOKS - 1, change)
    (changed.top / "dump/authors.bson").write_bytes(encoded([*map(author, range(6)), 
                                                             {"_id": bson.ObjectId(), "name": "Author 6"}]))
    ended = rehearse(changed, "third")
    field = {"entity": "books", "change": "new"}
    assert differences(changed, "second", "third") == {
        "fields": [
            {"entity": "books", "path": "__v", "change": "changed", "new_types": ["object"]},
            field | {"path": "__v.history", "new_types": ["array"]},
            field | {"path": "__v.history[]", "new_types": ["object"]},
            field | {"path": "__v.history[].at", "new_types": ["double"]},
            field | {"path": "__v.major", "new_types": ["int"]},
            {"entity": "books", "path": "price", "change": "changed", "new_types": ["decimal"]},
        ],
        "counts": [
            {"entity": entity, "count": count, "before": before, "after": after}
            for entity, before, after in (("authors", 6, 7), ("books", 24, 23)) for count in ("read", "loaded")
        ],
        "rows": [
            {"table": "public.authors", "count": "loaded", "before": 6, "after": 7},
            {"table": "public.books", "count": "loaded", "before": 24, "after": 23},
            {"table": "public.editions", "count": "loaded", "before": 36, "after": 33},
        ],
    }  # fmt: skip
    assert f"compared with the previous run, {place(changed, 'second')}: these are the differences" in ended.stdout
    assert "new type: decimal" in ended.stdout and "__v.history[].at" in ended.stdout
    assert [entry["change"] for entry in differences(changed, "third", "second")["fields"]] == [
        "changed", "changed", "gone", "gone", "gone", "gone"
    ]  # fmt: skip


def test_a_changed_mapping_is_told(changed: Small) -> None:
    books = copy.deepcopy(SHOP["books"])
    columns = books["to"]["public.books"]["columns"]
    columns["version"] = {"from": "__v", "type": "integer"}
    columns["title"]["type"] = "varchar(30)"
    del books["drop"]
    write_mapping(changed, "books", books)
    rehearse(changed, "third")
    at = "/to/public.books/columns"
    found = differences(changed, "second", "third")
    assert sorted(found) == ["ddl", "mapping"]
    assert sorted(found["mapping"], key=lambda entry: entry["pointer"]) == [
        {"file": "books.json", "pointer": "/drop", "change": "gone", "before": ["__v"]},
        {"file": "books.json", "pointer": f"{at}/title/type", "change": "changed", "before": "varchar(20)",
         "after": "varchar(30)"},
        {"file": "books.json", "pointer": f"{at}/version", "change": "new", "after": columns["version"]},
    ]  # fmt: skip
    lines = {(entry["change"], entry["line"].strip().rstrip(",")) for entry in found["ddl"]}
    assert {change for change, _ in lines} == {"new", "gone"}
    assert any("version" in line for change, line in lines if change == "new")
    assert any("30" in line for change, line in lines if change == "new")
    assert any("20" in line for change, line in lines if change == "gone")
    assert all("books" in entry["within"] for entry in found["ddl"])


def test_a_new_entity_is_told(changed: Small) -> None:
    (changed.top / "dump/reviews.bson").write_bytes(encoded([{"_id": bson.ObjectId(), "stars": 4}]))
    (changed.top / "dump/reviews.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "reviews"}))
    reviews = {"from": "core.reviews", "to": {"public.reviews": {"key": ["id"], "columns": {
        "id": {"from": "_id", "id_of": "reviews"}, "stars": {"from": "stars", "type": "integer"}}}}}  # fmt: skip
    write_mapping(changed, "reviews", reviews)
    rehearse(changed, "third")
    found = differences(changed, "second", "third")
    assert found["entities"] == [{"entity": "reviews", "change": "new"}]
    assert found["collections"] == [{"collection": "core.reviews", "change": "new"}]
    assert found["mapping"] == [{"file": "reviews.json", "pointer": "", "change": "new", "after": reviews}]
    assert found["rows"] == [{"table": "public.reviews", "count": "loaded", "before": 0, "after": 1}]
    assert {entry["count"]: entry["after"] for entry in found["counts"]} == {"read": 1, "loaded": 1}
    assert all("reviews" in entry["line"] or "reviews" in entry["within"] for entry in found["ddl"])
    assert "fields" not in found


def test_fields_without_checkpoints_are_not_known(changed: Small) -> None:
    rehearse(changed, "third", "--no-checkpoint")
    assert differences(changed, "second", "third") == {
        "unknown_fields": [{"entity": entity, "run": "after"} for entity in ("authors", "books")]
    }


@pytest.mark.parametrize(("arguments", "says"), [
    ([], "the folders of two finished runs are needed"),
    (["rehearsals/first"], "the folders of two finished runs are needed"),
    (["rehearsals/first", "rehearsals/none"], "there is no run folder"),
    (["rehearsals/first", "dump"], "holds no run"),
    (["rehearsals/first", "rehearsals/second", "--project", "x"], "--project is for --forecast alone"),
    (["--forecast"], "a forecast needs"),
])  # fmt: skip
def test_what_cannot_be_compared(shop: Small, arguments: list[str], says: str) -> None:
    paths = [argument if argument.startswith("-") or argument == "x" else str(shop.top / argument)
             for argument in arguments]  # fmt: skip
    shop.complaint(shop.run("compare", *paths), USAGE, says)


@pytest.mark.parametrize("more", [["--forecast"], []], ids=["forecast", "two of many"])
def test_what_is_no_finished_run_is_left_out(shop: Small, more: list[str]) -> None:
    """As a pattern finds them: a folder of something else, a file, and a rehearsal that did not end."""
    runs = [str(place(shop, name)) for name in ("first", "second")]
    with edited(shop, "second", lambda run: rewrite(run / "run.json", lambda it: it.update(finished=""))) as name:
        others = [str(shop.top / "dump"), str(shop.top / "dump/authors.bson"), str(place(shop, name))]
        ended = shop.run("compare", others[0], runs[0], others[1], runs[1], others[2], *more)
        assert ended.returncode == 0, ended.said
        assert ended.stdout == shop.run("compare", *runs, *more).stdout
        for other in others:
            assert f"left out: {other} holds " in ended.stderr
        shop.complaint(shop.run("compare", *runs, str(shop.top / "none"), *more), USAGE, "there is no run folder")
        needs = "one finished run" if more else "two finished runs are needed, and 0 were given"
        shop.complaint(shop.run("compare", *others, *more), USAGE, needs)


def test_runs_that_are_no_finished_ones(shop: Small, tmp_path: Path) -> None:
    first = str(place(shop, "first"))
    for spoil, says in (
        (lambda run: run.update(finished=""), "not finished"),
        (lambda run: run.update(project="other"), "other"),
    ):
        other = tmp_path / says
        shutil.copytree(first, other)
        run = json.loads((other / "run.json").read_text())
        spoil(run)
        (other / "run.json").write_text(json.dumps(run))
        shop.complaint(shop.run("compare", first, str(other)), USAGE, says, str(other))
    lacking = tmp_path / "lacking"
    shutil.copytree(first, lacking)
    (lacking / "schema.sql").unlink()
    shop.complaint(shop.run("compare", first, str(lacking)), USAGE, f"{lacking} lacks schema.sql")


@contextmanager
def edited(shop: Small, of: str, edit: Callable[[Path], object]) -> Iterator[str]:
    """A copy of a rehearsal beside it, with an edit, by its name."""
    copied = shutil.copytree(place(shop, of), place(shop, f"{of}-edited"))
    edit(copied)
    yield copied.name
    shutil.rmtree(copied)


def rewrite(file: Path, edit: Callable[[Any], object]) -> None:
    content = json.loads(file.read_text())
    edit(content)
    file.write_text(json.dumps(content))


def test_rejects_and_losses_are_told(shop: Small) -> None:
    def edit(run: Path) -> None:
        rewrite(run / "account.json", lambda account: account["entities"][1].update(rejected=3))
        loss = {"entity": "books", "key": "1", "path": "price", "rule": "rounded", "before": "1.255", "after": "1.26"}
        (run / "losses.jsonl").write_text(2 * (json.dumps(loss) + "\n"))

    with edited(shop, "second", edit) as name:
        assert differences(shop, "second", name) == {
            "rejects": [{"entity": "books", "count": "rejected", "before": 0, "after": 3}],
            "losses": [{"entity": "books", "rule": "rounded", "before": 0, "after": 2}],
        }
        assert differences(shop, name, "second")["losses"][0] == {
            "entity": "books", "rule": "rounded", "before": 2, "after": 0
        }  # fmt: skip


def test_verdicts_are_told(shop: Small) -> None:
    def edit(run: Path) -> None:
        rewrite(run / "verify.json", lambda verdict: verdict["levels"][1].update(verdict="differs"))

    with edited(shop, "second", edit) as name:
        assert differences(shop, "first", name) == {
            "verdicts": [{"level": "content", "before": "holds", "after": "differs"}]
        }


def test_without_a_verification_its_time_is_not_known(shop: Small) -> None:
    assert compare(shop, "second", options=("--forecast",))["whole"]
    with edited(shop, "second", lambda run: (run / "verify.json").unlink()) as name:
        forecast = compare(shop, name, options=("--forecast",))
        assert forecast["phases"]["verify"]["basis"] == "none" and not forecast["whole"]
        assert any("time to verify is not known" in note for note in forecast["notes"])


def test_a_rehearsal_that_was_stopped_says_nothing_of_read_and_load(shop: Small) -> None:
    with edited(shop, "second", lambda run: rewrite(run / "run.json", lambda it: it.update(generation=2))) as name:
        alone, both = (compare(shop, *names, options=("--forecast",)) for names in ([name], ["first", name]))
        assert alone["phases"]["read"]["basis"] == "none" and not alone["whole"]
        assert both["phases"]["read"] == compare(shop, "first", options=("--forecast",))["phases"]["read"]
        assert any("were stopped" in note for note in both["notes"])


def entity(forecast: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in forecast["entities"] if entry["entity"] == name)


def test_forecast_grows_with_the_source(changed: Small) -> None:
    now = compare(changed, "first", "second", options=("--forecast",))
    (changed.top / "dump/authors.bson").write_bytes(
        encoded({"_id": bson.ObjectId(), "name": f"Author {n % 6}"} for n in range(600)))
    later = compare(changed, "first", "second", options=("--forecast",))
    small, large = entity(now, "authors"), entity(later, "authors")
    assert large["bytes"] == 100 * small["bytes"]
    for phase in ("read", "load"):
        assert small[phase]["basis"] == "proportion" and small[phase]["seconds"] > 0
        assert large[phase]["seconds"] == pytest.approx(100 * small[phase]["seconds"])
        assert large[phase]["error"] == pytest.approx(100 * small[phase]["error"])
        assert entity(now, "books")[phase] == entity(later, "books")[phase]
    phases = later["phases"]
    assert later["whole"]
    assert later["total"]["seconds"] == pytest.approx(sum(phase["seconds"] for phase in phases.values()))
    # What was measured comes out again: the same source, and the mean of both rehearsals.
    facts = [json.loads((place(changed, name) / "facts.json").read_text()) for name in ("first", "second")]
    measured = sum(entry["seconds"] for fact in facts for entry in fact["entities"]) / 2
    told = now["phases"]["read"]["seconds"] + now["phases"]["load"]["seconds"]
    assert told == pytest.approx(measured, rel=1e-6)


def test_forecast_from_one_rehearsal_has_no_error(shop: Small) -> None:
    forecast = compare(shop, "first", options=("--forecast",))
    assert forecast["total"]["error"] is None and forecast["total"]["seconds"] > 0
    assert any("error is not known" in note for note in forecast["notes"])
    ended = shop.run("compare", str(place(shop, "first")), "--forecast")
    assert "+- ?" in ended.stdout, ended.said
