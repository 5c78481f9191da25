"""The scenarios of advice.md about programs that are called by hand, what lies in a run's folder, and the target."""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.integration.advice_scenarios import (
    BOOKS_JSON, Scenario, call, changed_books, file, sql, stop, things_of,
)  # fmt: skip
from tests.integration.migration import PROGRAMS, Ended
from tests.integration.small_project import Small, project, write_project
from tests.integration.spoiling import record, replaced, text
from tests.integration.test_bad_input import WITHOUT_RIGHTS
from tests.rig.ports import LOCALHOST

# ---- programs by hand ------------------------------------------------------------------------------


def fed(shop: Small, program: str, *arguments: str, records: Path) -> Ended:
    with records.open() as stream:
        return call(shop, program, *arguments, stdin=stream.fileno())


def rows_of(shop: Small, entity: str) -> Path:
    """A row stream of what a run has read of an entity."""
    rows = shop.top / f"{entity}.rows"
    with (shop.folder / f"checkpoints/{entity}.gck").open() as records, rows.open("w") as out:
        subprocess.run([PROGRAMS / "graduate-transform", "--project", shop.project], env=shop.environment, stdin=records,
                       stdout=out, check=True)  # fmt: skip
    return rows


def prepared(shop: Small, catalogs: Path, *more: str) -> list[str]:
    """What graduate-load is given to go on with the run that graduate-load --prepare has begun."""
    made = call(shop, "graduate-load", "--project", shop.project, "--catalogs", str(catalogs), "--prepare", *more)
    assert made.returncode == 0, made.said
    run = json.loads(made.stdout)
    return ["--project", shop.project, "--run", run["run"], "--generation", str(run["generation"])]


def another_run(shop: Small) -> tuple[list[str], Path]:
    """A run of a second folder begins in a target that was emptied, and has nothing yet."""
    shop.succeed()
    shop.empty_target()
    return prepared(shop, shop.folder / "catalog"), rows_of(shop, "authors")


def records_to_load(shop: Small) -> Iterator[Ended]:
    load, rows = another_run(shop)
    yield fed(shop, "graduate-load", *load, records=shop.folder / "checkpoints/authors.gck")
    yield fed(shop, "graduate-load", *load, "--any-run", records=rows)


def rows_of_another_run(shop: Small) -> Iterator[Ended]:
    load, rows = another_run(shop)
    yield fed(shop, "graduate-load", *load, records=rows)
    yield fed(shop, "graduate-load", *load, "--any-run", records=rows)


def another_name(shop: Small) -> Path:
    """The same project by another name."""
    other = shop.top / "other"
    files = json.loads((shop.files / "project.json").read_text())
    write_project(other, {"project": {**files, "project": "other"}})
    for name in ("authors.json", "books.json"):
        shutil.copy(shop.files / name, other / name)
    return other


def rows_of_another_project(shop: Small) -> Iterator[Ended]:
    """A run of that project would be needed, too: its name is the stream's."""
    load, rows = another_run(shop)
    load[1] = str(another_name(shop))
    yield fed(shop, "graduate-load", *load, "--any-run", records=rows)
    load[1] = shop.project
    yield fed(shop, "graduate-load", *load, "--any-run", records=rows)


def a_run_of_another_project(shop: Small) -> Iterator[Ended]:
    stop(shop)
    run = json.loads((shop.folder / "run.json").read_text())["run"]
    prepare = ("--catalogs", str(shop.folder / "catalog"), "--prepare", "--run", run)
    yield call(shop, "graduate-load", "--project", str(another_name(shop)), *prepare)
    yield call(shop, "graduate-load", "--project", shop.project, *prepare)


def finished_too_early(shop: Small) -> Iterator[Ended]:
    stop(shop)
    run = json.loads((shop.folder / "run.json").read_text())
    generation = shop.query("select generation from graduate.runs").strip()
    yield call(shop, "graduate-load", "--project", shop.project, "--run", run["run"], "--generation", generation,
               "--catalogs", str(shop.folder / "catalog"), "--finish")  # fmt: skip
    yield shop.run()


def a_catalog_without_a_table(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    catalog = shop.folder / "catalog/core.json"
    check = ("--project", shop.project, "--check", "--catalogs", str(catalog.parent))
    with replaced(catalog, text('"books"', '"boks"')(catalog.read_bytes())):
        yield call(shop, "graduate-transform", *check)
    yield call(shop, "graduate-transform", *check)


def no_position(shop: Small) -> Iterator[Ended]:
    stop(shop)
    extract = ("graduate-extract", "--project", shop.project, "--entity", "authors", "--after-batch", "1", "--after-records", "6")
    (shop.top / "none").write_bytes(b"none")
    yield call(shop, *extract, "--after", str(shop.top / "none"))
    (shop.top / "one").write_bytes(bytes.fromhex(shop.query(
        "select encode(position, 'hex') from graduate.batches where entity = 'authors' order by batch desc limit 1").strip()))
    yield call(shop, *extract, "--after", str(shop.top / "one"))


def a_check_without_checkpoints(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    check = ("graduate", "check", "--project", shop.project)
    yield call(shop, *check, "--checkpoints", str(shop.top))
    yield call(shop, *check, "--checkpoints", str(shop.folder / "checkpoints"))


def a_checkpoint_that_is_missing(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    (shop.folder / "checkpoints/books.gck").unlink()
    verify = ("graduate-verify", "--project", shop.project, "--run-dir", str(shop.folder))
    yield call(shop, *verify, "--checkpoints")
    yield call(shop, *verify, "--source")


def a_verdict_on_a_sealed_run(shop: Small) -> Iterator[Ended]:
    sealed(shop)
    verify = ("graduate-verify", "--project", shop.project, "--run-dir", str(shop.folder))
    yield call(shop, *verify)
    yield call(shop, *verify, "--json", str(shop.top / "verdict.json"))


def two_projects_to_compare(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    shop.empty_target()
    things = things_of(shop)
    things.succeed()
    yield call(shop, "graduate", "compare", str(shop.folder), str(things.folder))
    yield call(shop, "graduate", "compare", str(shop.folder), str(shop.folder))


# ---- the folder of a run ---------------------------------------------------------------------------


def sealed(shop: Small) -> None:
    shop.succeed()
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    assert call(shop, "graduate", "seal", "--run-dir", str(shop.folder)).returncode == 0


def a_seal_without_a_target(shop: Small) -> Iterator[Ended]:
    sealed(shop)
    verify = ("graduate", "verify", "--sealed", str(shop.folder))
    target = shop.environment.pop("SUPABASE_DB_URL")
    yield call(shop, *verify)
    assert call(shop, *verify, "--no-target").returncode == 0
    shop.environment["SUPABASE_DB_URL"] = target
    yield call(shop, *verify)


def a_pipe_to_seal(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    os.mkfifo(shop.folder / "pipe")
    seal = ("graduate", "seal", "--run-dir", str(shop.folder))
    yield call(shop, *seal)
    (shop.folder / "pipe").unlink()
    yield call(shop, *seal)


def what_a_kill_left(shop: Small) -> Iterator[Ended]:
    """It cannot be taken away, for nobody may write there."""
    shop.succeed()
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    place = shop.folder / "positions"
    place.mkdir(exist_ok=True)
    (place / "books.bson.tmp").write_text("{")
    place.chmod(0o500)
    line = [*(WITHOUT_RIGHTS if os.geteuid() == 0 else []), PROGRAMS / "graduate", "seal", "--run-dir", str(shop.folder)]
    for mode in (0o500, 0o700):
        place.chmod(mode)
        done = subprocess.run(line, env=shop.environment, text=True, capture_output=True, timeout=60)
        yield Ended(done.args, done.returncode, done.stdout, done.stderr)


# ---- the mapping, and what is there in the target --------------------------------------------------


AUTHORS = "create table public.authors (id uuid primary key, name text);"


def exists(shop: Small, **more: Any) -> None:
    """The target brings the authors' table."""
    path = shop.files / "authors.json"
    mapping = json.loads(path.read_text())
    mapping["to"]["public.authors"] |= {"exists": True, **more}
    path.write_text(json.dumps(mapping))


def existing(before: str, after: str) -> Scenario:
    """The authors' table is there before the run, and something of it is in the way."""

    def scenario(shop: Small) -> Iterator[Ended]:
        exists(shop)
        shop.cluster.psql(before)
        yield shop.run()
        shop.cluster.psql(after)
        yield shop.run()

    return scenario


def a_key_that_speaks_at_the_end(shop: Small) -> Iterator[Ended]:
    exists(shop)
    shop.cluster.psql("create table public.authors (id uuid primary key, name text unique deferrable initially deferred)")
    dump = shop.top / "dump/authors.bson"
    with replaced(dump, record(2, name="Author 1")(dump.read_bytes())):
        yield shop.run()
    yield shop.run()


def rows_that_hang_on_an_entity(shop: Small) -> Iterator[Ended]:
    """By a key that was there before, of a table that the run fills, too."""
    exists(shop)
    path = shop.files / "books.json"
    mapping = json.loads(path.read_text())
    mapping["to"]["public.books"] |= {"exists": True}
    for taken in (mapping["to"]["public.books"].pop("checks"), mapping["to"]["public.books"]["columns"]["status"].pop("in")):
        assert taken
    path.write_text(json.dumps(mapping))
    shop.cluster.psql(f"""{AUTHORS} create table public.books (id uuid primary key,
        author_id uuid references public.authors on delete cascade, title varchar(20), price numeric(8,2), status text, tags text[])""")
    shop.succeed()
    yield shop.run(*shop.run_arguments(), "--restart", "authors")
    yield shop.run(*shop.run_arguments(), "--restart", "authors,books")


def a_key_of_somebody_else(shop: Small) -> Iterator[Ended]:
    """It speaks only when all is done."""
    shop.succeed()
    shop.cluster.psql("""create table public.sold (book uuid references public.books deferrable initially deferred);
        insert into public.sold select id from public.books limit 1""")
    yield shop.run(*shop.run_arguments(), "--restart", "books")
    shop.cluster.psql("delete from public.sold")
    yield shop.run(*shop.run_arguments(), "--restart", "books")


def trigger(body: str, when: str = "before insert") -> str:
    return (f"{AUTHORS} create function public.act() returns trigger language plpgsql as $$ begin {body} end $$;"
            f" create trigger act {when} on public.authors for each row execute function public.act()")


def rows_that_were_updated(shop: Small) -> Iterator[Ended]:
    """Rows that were there, the run updated, and somebody changed again."""
    exists(shop, if_there={"update": ["name"]})
    first = shop.folder
    shop.cluster.psql(AUTHORS)
    shop.succeed()
    shop.cluster.psql("create table public.kept as select id, 'Before' as name from public.authors")
    assert call(shop, "graduate", "undo", "--run-dir", str(first)).returncode == 0
    shop.cluster.psql("insert into public.authors select * from public.kept; drop table public.kept")
    shop.folder = shop.top / "second"
    shop.succeed()
    shop.cluster.psql("update public.authors set name = 'Somebody' where name = 'Author 2'")
    undo = ("graduate", "undo", "--run-dir", str(shop.folder))
    yield call(shop, *undo)
    yield call(shop, *undo, "--changed-too")


def said_by(answer: bytes, again: bytes = b"", **parameters: str) -> Scenario:
    """What is behind the port answers so, and to all else so; then the URI is right."""

    def scenario(shop: Small) -> Iterator[Ended]:
        class Answer(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                said = answer
                while said and self.request.recv(1 << 12):
                    self.request.sendall(said)
                    said = again

        with socketserver.ThreadingTCPServer((LOCALHOST, 0), Answer) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            right = shop.cluster.uri(**parameters)
            yield shop.run(SUPABASE_DB_URL=right.replace(f":{shop.cluster.port}/", f":{server.server_address[1]}/"))
            server.shutdown()
        yield shop.run()

    return scenario


def message(letter: bytes, body: bytes) -> bytes:
    """One of PostgreSQL's protocol."""
    return letter + (len(body) + 4).to_bytes(4, "big") + body


def refusal(severity: str, state: str, text: str) -> bytes:
    return message(b"E", f"S{severity}\0C{state}\0M{text}\0\0".encode())


READY = message(b"Z", b"I")
WELCOME = message(b"R", bytes(4)) + message(b"S", b"server_version\x0015.6\0") + READY


def a_role_that_may_not_verify(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    shop.cluster.psql("drop role if exists meek; create role meek login password 'rig'", role="supabase_admin")
    verify = ("graduate", "verify", "--run-dir", str(shop.folder), "--level", "content")
    shop.environment["GRADUATE_VERIFY_URI"] = re.sub("//[^@]*@", "//meek:rig@", shop.environment["SUPABASE_DB_URL"])
    yield call(shop, *verify)
    shop.cluster.psql("grant pg_read_all_data to meek; alter role meek bypassrls", role="supabase_admin")
    yield call(shop, *verify)


def forms_of_one_table(books: dict[str, Any]) -> None:
    """The second does not refer to the authors."""
    form = books["to"]["public.books"]
    columns = {name: {word: said for word, said in column.items() if word not in {"in", "null"}} for name, column in form["columns"].items()}
    columns["author_id"] |= {"foreign_key": False}
    books["to"]["public.books"] = [form | {"when": {"status": "draft"}},
                                   {"key": form["key"], "columns": columns, "when": {"status": {"not": "draft"}}}]  # fmt: skip


SCENARIOS: dict[str, Scenario] = {
    # programs by hand
    "records to load": records_to_load,
    "rows of another run": rows_of_another_run,
    "rows of another project": rows_of_another_project,
    "a run of another project": a_run_of_another_project,
    "finished too early": finished_too_early,
    "a catalog without a table": a_catalog_without_a_table,
    "no position": no_position,
    "a check without checkpoints": a_check_without_checkpoints,
    "a checkpoint that is missing": a_checkpoint_that_is_missing,
    "a verdict on a sealed run": a_verdict_on_a_sealed_run,
    "two projects to compare": two_projects_to_compare,
    # the folder of a run
    "a seal without a target": a_seal_without_a_target,
    "a pipe to seal": a_pipe_to_seal,
    "what a kill left": what_a_kill_left,
    # the target
    "a trigger that turns rows away": existing(trigger("return null;"), "drop function public.act cascade"),
    "a trigger that finds no name": existing(trigger("perform from authors; return new;"),
        "alter function public.act set search_path = public"),
    "a key that speaks at the end": a_key_that_speaks_at_the_end,
    "rows that hang on an entity": rows_that_hang_on_an_entity,
    "a key of somebody else": a_key_of_somebody_else,
    "a table that should be there": existing("select", AUTHORS),
    "rows that were updated": rows_that_were_updated,
    "TLS that is none": said_by(b"S" + b"nonsense" * 9),
    "a refusal that nobody knows": said_by(refusal("FATAL", "XX000", "the moon is down"), sslmode="disable"),
    "a time-out that lets nothing through": said_by(
        WELCOME, refusal("ERROR", "57014", "canceling statement due to statement timeout") + READY, sslmode="disable"),
    "a role that may not verify": a_role_that_may_not_verify,
    # the mapping
    "a reference to no key": file(BOOKS_JSON, changed_books(lambda books: books["to"]["public.books"]["columns"]["title"].update(references="public.authors.name"))),
    "a reference of another type": file(BOOKS_JSON, changed_books(lambda books: books["to"]["public.books"]["columns"]["author_id"].update(type="text"))),
    "forms that refer to something else": file(BOOKS_JSON, changed_books(forms_of_one_table)),
    "an index twice": file(BOOKS_JSON, changed_books(lambda books: books["to"]["public.books"].update(indexes=[["title"], ["title"]]))),
    "a name that is nearly mapped": file("dump/book.bson", lambda _: b""),
}
