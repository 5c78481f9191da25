"""graduate run --restart: an entity is read anew from what its source is now, and the others stay as they are."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import bson
import pytest

from tests.integration import crash_points
from tests.integration.complaint import DATA, REFUSED, TARGET, USAGE
from tests.integration.migration import Ended
from tests.integration.small_project import BOOKS, Small, book, encoded, shop_of
from tests.rig.postgres import Cluster

# Where the run stands when the export is made again: in the middle of the books, or at its end.
STOPPED = {"in the middle": "load.after_commit:2", "finished": ""}


def correct(shop: Small) -> None:
    """The dump made again: of the first books one is gone, one is changed with its editions, and one is new."""
    path = shop.top / "dump/books.bson.gz"
    documents = bson.decode_all(gzip.decompress(path.read_bytes()))
    del documents[1]
    documents[2] |= {"title": "Corrected", "editions": [{"year": 1}, {"year": 2}]}
    documents.append(book(5) | {"_id": bson.ObjectId("5f0c8a1b2c3d4e5f6072ffff"), "title": "New"})
    path.write_bytes(gzip.compress(encoded(documents)))


def restart(shop: Small, *entities: str, **environment: str) -> Ended:
    return shop.run(*shop.run_arguments(), "--restart", ",".join(entities), **environment)


def restarted(shop: Small, *entities: str) -> Ended:
    ended = restart(shop, *entities)
    assert ended.returncode == 0, ended.said
    return ended


def authors(shop: Small) -> str:
    """The authors' rows, and who wrote them when."""
    return shop.query("select string_agg(concat_ws(' ', xmin, a), ',' order by id) from public.authors a")


@pytest.fixture(scope="module")
def corrected(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The checksums of a run that read the corrected export from the beginning."""
    with shop_of(tmp_path_factory.mktemp("corrected"), targets) as made:
        correct(made)
        made.succeed()
        return made.checksums()


@pytest.fixture(params=STOPPED)
def stopped(corrected: dict[str, str], shop: Small, request: pytest.FixtureRequest) -> Small:
    """A shop that was left off, or is done."""
    point = STOPPED[request.param]
    ended = shop.run(GRADUATE_CRASH_AT=point) if point else shop.run()
    assert ended.returncode == (TARGET if point else 0), ended.said
    return shop


def test_a_corrected_export_is_read_anew(stopped: Small, corrected: dict[str, str]) -> None:
    before = authors(stopped)
    correct(stopped)
    stopped.fail(REFUSED, "books.bson.gz is not the one that the run began with", "--restart ENTITY")
    assert "books: its rows are out of the target again" in restarted(stopped, "books").said
    assert stopped.checksums() == corrected
    assert authors(stopped) == before
    assert stopped.account()["balance"] == 0
    assert stopped.succeed().stdout == (stopped.folder / "account.txt").read_text()
    verified = stopped.run("verify", "--run-dir", str(stopped.folder), "--source")
    assert verified.returncode == 0, verified.said


def test_nothing_was_corrected(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    """The same rows again, also of all entities at once, and of one that is named twice."""
    restarted(stopped, "books", "books")
    assert stopped.checksums() == shop_undisturbed
    restarted(stopped, "authors", "books")
    assert stopped.checksums() == shop_undisturbed


def test_from_before_the_first_batch(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    assert shop.run(GRADUATE_CRASH_AT="load.begin:1").returncode == TARGET
    restarted(shop, "books")
    assert shop.checksums() == shop_undisturbed


@pytest.mark.parametrize("point", crash_points.RESTARTING)
@pytest.mark.parametrize("again", [True, False], ids=["again", "without --restart"])
def test_killed_while_it_restarts(stopped: Small, corrected: dict[str, str], point: str, again: bool) -> None:
    """The same command does it all; one without --restart adds nothing to what was read of the old export."""
    before = authors(stopped)
    correct(stopped)
    killed = restart(stopped, "books", GRADUATE_CRASH_AT=point)
    assert killed.returncode in (TARGET, -9), f"never came by {point}: {killed.said}"
    if not again:
        rows = stopped.query("select count(*), min(title) from public.books")
        stopped.fail(REFUSED, "books")
        assert stopped.query("select count(*), min(title) from public.books") == rows
    restarted(stopped, "books")
    assert stopped.checksums() == corrected
    assert authors(stopped) == before


@pytest.mark.parametrize("point", crash_points.RESTARTING)
def test_killed_while_it_restarts_for_nothing(stopped: Small, shop_undisturbed: dict[str, str], point: str) -> None:
    """The export is what it was: without --restart the run ends right, or asks for it."""
    restart(stopped, "books", GRADUATE_CRASH_AT=point)
    ended = stopped.run()
    if ended.returncode != 0:
        stopped.complaint(ended, REFUSED, "books")
        restarted(stopped, "books")
    assert stopped.checksums() == shop_undisturbed


@pytest.mark.parametrize("point", ["load.after_commit:2", "extract.batch_sent:2", "extract.checkpoint_settled"])
def test_killed_while_it_loads_anew(stopped: Small, corrected: dict[str, str], point: str) -> None:
    """Once the ledger has forgotten the old rows, the run goes on without --restart."""
    correct(stopped)
    assert restart(stopped, "books", GRADUATE_CRASH_AT=point).returncode != 0
    stopped.succeed()
    assert stopped.checksums() == corrected


NAMES = {
    "a misspelt entity": ("boks", ('"boks"', 'did you mean "books"?')),
    "a table": ("public.editions", ("public.editions",)),
    "one of two": ("books,autors", ('did you mean "authors"?',)),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_entity(stopped: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    entities, says = NAMES[name]
    stopped.complaint(restart(stopped, entities), USAGE, *says)
    stopped.succeed()
    assert stopped.checksums() == shop_undisturbed


def test_a_run_that_has_not_begun(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    shop.complaint(restart(shop, "books"), USAGE, "there is nothing to restart", "leave --restart away")
    assert shop.untouched()
    shop.succeed()
    assert shop.checksums() == shop_undisturbed


# ---- rows that others refer to ---------------------------------------------------------------------

REFERENCES = "select count(*) from pg_constraint where contype = 'f' and conrelid::regclass::text = 'books'"


def test_rows_that_the_run_itself_refers_to(stopped: Small, shop_undisturbed: dict[str, str]) -> None:
    """The books stay, and the foreign key to their authors is made again when these are back."""
    books = stopped.query("select string_agg(concat_ws(' ', xmin, b), ',' order by id) from public.books b")
    loaded = stopped.query("select count(*) from public.books")
    restarted(stopped, "authors")
    assert stopped.checksums() == shop_undisturbed
    assert stopped.query(REFERENCES) == "1"
    kept = stopped.query(f"""select string_agg(t, ',' order by id) from (
        select id, concat_ws(' ', xmin, b) as t from public.books b order by ctid limit {loaded}) old""")
    assert kept == books


STRANGER = """create table public.sold (book uuid references public.books on delete {on_delete});
    insert into public.sold select id from public.books limit 1"""


@pytest.mark.parametrize("on_delete", ["cascade", "set null"])
def test_rows_of_a_stranger_that_would_go_along(shop: Small, shop_undisturbed: dict[str, str], on_delete: str) -> None:
    """A key that the run did not make is not taken away, and nothing is deleted by it."""
    shop.succeed()
    shop.query(STRANGER.format(on_delete=on_delete))
    shop.complaint(restart(shop, "books"), REFUSED, "rows of public.sold hang on those of public.books")
    assert shop.query("select count(book) from public.sold") == "1"
    shop.query("drop table public.sold")
    restarted(shop, "books")
    assert shop.checksums() == shop_undisturbed


def test_rows_of_a_stranger_that_hold_others_fast(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    shop.succeed()
    shop.query(STRANGER.format(on_delete="no action"))
    shop.complaint(restart(shop, "books"), REFUSED, 'still referenced from table "sold"', "did not make that foreign key")
    assert shop.query("select count(*) from public.books") == str(len(BOOKS))
    shop.query("drop table public.sold")
    restarted(shop, "books")
    assert shop.checksums() == shop_undisturbed


CHANGED: dict[str, Callable[[Small], str]] = {
    "changed": lambda shop: shop.query("update public.books set title = 'Sold out' where title = 'Book 3'"),
    "gone": lambda shop: shop.query("delete from public.editions where year = 2003"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_rows_that_were_changed_since(shop: Small, what: str) -> None:
    """Somebody works with them already: nothing is deleted."""
    shop.succeed()
    CHANGED[what](shop)
    before = shop.checksums()
    shop.complaint(restart(shop, "books"), REFUSED, "the others are gone or were changed since",
                   f"after graduate undo --run-dir {shop.folder}")
    assert shop.checksums() == before


def test_the_rows_of_somebody_else_stay(shop: Small) -> None:
    """Only what the run itself wrote is deleted; the account says that there is more."""
    shop.succeed()
    shop.query("insert into public.editions select id, 99, 1 from public.books where title = 'Book 1'")
    ended = restart(shop, "books")
    assert ended.returncode == DATA and "rows of public.editions: 1\n" in ended.stdout, ended.said
    assert shop.query("select count(*) from public.editions where position = 99") == "1"
