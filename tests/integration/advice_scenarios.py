"""The scenarios that advice.md names: each ends with advice, and well when that was followed."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.integration.export_files import archived, prelude
from tests.integration.migration import PROGRAMS, ROOT, Ended
from tests.integration.small_project import AUTHORS, BOOKS, Small, author, book, project, write_project
from tests.integration.spoiling import Edit, cut, record, replaced, text, with_content
from tests.integration.transaction_pooler import TransactionPooler
from tests.rig.ports import LOCALHOST

# Yields a command that ends with advice, then, when that was followed, one that ends well.
Scenario = Callable[[Small], Iterator[Ended]]
AT_ONCE = "serverSelectionTimeoutMS=500"
BOOKS_JSON, PROJECT_JSON = "project/books.json", "project/project.json"


def call(shop: Small, program: str, *arguments: str, stdin: int = subprocess.DEVNULL) -> Ended:
    done = subprocess.run(
        [PROGRAMS / program, *arguments], cwd=ROOT, env=shop.environment, text=True, errors="replace", capture_output=True,
        timeout=60, stdin=stdin)  # fmt: skip
    return Ended(done.args, done.returncode, done.stdout, done.stderr)


# ---- kinds of scenarios ----------------------------------------------------------------------------


def file(name: str, edit: Edit) -> Scenario:
    """The file is as it should not be, and then as it was."""

    def scenario(shop: Small) -> Iterator[Ended]:
        path = shop.top / name
        before = path.read_bytes() if path.exists() else b""
        there = path.exists()
        content = edit(before)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if content is not None else b"")
        yield shop.run()
        path.write_bytes(before) if there else path.unlink()
        yield shop.run()

    return scenario


def words(*wrong: str, right: tuple[str, ...] = ()) -> Scenario:
    """`graduate run` with these words beside its own; then with those instead, or none."""

    def scenario(shop: Small) -> Iterator[Ended]:
        yield shop.run(*shop.run_arguments(), *wrong)
        yield shop.run(*shop.run_arguments(), *right)

    return scenario


def planned(edit: Edit, verb: str = "plan") -> Scenario:
    """The mapping of the books is mistaken, which a plan, or a check, tells; and then it is not."""

    def scenario(shop: Small) -> Iterator[Ended]:
        path = shop.top / BOOKS_JSON
        with replaced(path, edit(path.read_bytes()) or b""):
            yield shop.run(verb, "--project", str(shop.project))
        yield shop.run(verb, "--project", str(shop.project))

    return scenario


def helped(program: str, *wrong: str) -> Scenario:
    """The advice is to look at the help, and there is one."""

    def scenario(shop: Small) -> Iterator[Ended]:
        yield call(shop, program, *wrong)
        verb = wrong[:1] if program == "graduate" and wrong[:1] and wrong[0] in {"run", "retry", "compare", "stream", "seal"} else ()
        yield call(shop, program, *verb, "--help")

    return scenario


def variable(name: str, value: Callable[[Small], str]) -> Scenario:
    """A variable leads elsewhere, and then where it should."""

    def scenario(shop: Small) -> Iterator[Ended]:
        yield shop.run(**{name: value(shop)}, GRADUATE_BACKOFF_MS="1")
        yield shop.run()

    return scenario


def sql(before: str, after: str) -> Scenario:
    """Something in the target is in the way, and then taken away."""

    def scenario(shop: Small) -> Iterator[Ended]:
        shop.cluster.psql(before)
        yield shop.run()
        shop.cluster.psql(after)
        yield shop.run()

    return scenario


def after_a_stop(*wrong: str) -> Scenario:
    """A run has begun and did not come to its end; the words do not go with that."""

    def scenario(shop: Small) -> Iterator[Ended]:
        stop(shop)
        arguments = [*shop.run_arguments(), *wrong]
        yield shop.run(*(arguments if wrong else shop.run_arguments()))
        yield shop.run()

    return scenario


def stop(shop: Small) -> None:
    """The run begins, and ends when one collection is loaded, at a damage that is mended afterwards."""
    dump = shop.top / "dump/books.bson.gz"
    with replaced(dump, cut(50)(dump.read_bytes()) or b""):
        assert shop.run().returncode == 3


# ---- single scenarios ------------------------------------------------------------------------------


def a_busy_folder(shop: Small) -> Iterator[Ended]:
    stop(shop)
    with (shop.folder / "lock").open("r+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield shop.run()
    yield shop.run()


def a_changed_mapping(shop: Small) -> Iterator[Ended]:
    stop(shop)
    path = shop.top / BOOKS_JSON
    with replaced(path, text("varchar(20)", "varchar(21)")(path.read_bytes()) or b""):
        yield shop.run()
    yield shop.run()


def a_folder_of_something_else(shop: Small) -> Iterator[Ended]:
    shop.folder.mkdir()
    (shop.folder / "letter").write_text("dear reader")
    yield shop.run()
    shop.folder = shop.top / "another"
    yield shop.run()


def a_folder_without_a_run(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    yield call(shop, "graduate", "status", "--run-dir", str(shop.top))
    yield call(shop, "graduate", "status", "--run-dir", str(shop.folder))


def a_sealed_folder(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    assert call(shop, "graduate", "seal", "--run-dir", str(shop.folder)).returncode == 0
    yield shop.run()
    yield call(shop, "graduate", "verify", "--sealed", str(shop.folder))


def a_seal_before_the_end(shop: Small) -> Iterator[Ended]:
    stop(shop)
    yield call(shop, "graduate", "seal", "--run-dir", str(shop.folder))
    yield shop.run()


def a_seal_without_a_verdict(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    seal = ("seal", "--run-dir", str(shop.folder))
    yield call(shop, "graduate", *seal)
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    yield call(shop, "graduate", *seal)


def a_seal_without_checkpoints(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    kept = shop.folder / "checkpoints/books.gck"
    kept.rename(shop.top / "books.gck")
    yield call(shop, "graduate", "seal", "--run-dir", str(shop.folder))
    (shop.top / "books.gck").rename(kept)
    yield call(shop, "graduate", "seal", "--run-dir", str(shop.folder))


def a_rehearsal_in_a_run(shop: Small) -> Iterator[Ended]:
    stop(shop)
    yield call(shop, "graduate", "rehearse", "--project", shop.project, "--run-dir", str(shop.folder))
    yield shop.run()


def another_project(shop: Small) -> Iterator[Ended]:
    stop(shop)
    other = shop.top / "other"
    files = json.loads((shop.files / "project.json").read_text())
    write_project(other, {"project": {**files, "project": "other"}})
    for name in ("authors.json", "books.json"):
        shutil.copy(shop.files / name, other / name)
    yield shop.run("run", "--project", str(other), "--run-dir", str(shop.folder))
    yield shop.run("run", "--run-dir", str(shop.folder))


def an_emptied_target(shop: Small) -> Iterator[Ended]:
    """What the run loaded is gone with its ledger: a new run needs a new folder."""
    stop(shop)
    shop.empty_target()
    yield shop.run()
    shop.folder = shop.top / "new"
    yield shop.run()


def a_run_in_the_way(shop: Small) -> Iterator[Ended]:
    """Another run has begun in this target, and is taken back."""
    stop(shop)
    first, shop.folder = shop.folder, shop.top / "second"
    yield shop.run()
    assert call(shop, "graduate", "undo", "--run-dir", str(first)).returncode == 0
    yield shop.run()


def a_mistake_of_a_name(shop: Small) -> Iterator[Ended]:
    """A field to drop that no record has: undo, correct it, run again."""
    path = shop.top / BOOKS_JSON
    with replaced(path, text('"__v"', '"__v", "__w"')(path.read_bytes()) or b""):
        yield shop.run()
    assert call(shop, "graduate", "undo", "--run-dir", str(shop.folder)).returncode == 0
    yield shop.run()


def a_field_nobody_spoke_for(shop: Small) -> Iterator[Ended]:
    """The mapping is what is wrong: undo, map it, run again."""
    path = shop.top / BOOKS_JSON
    with replaced(path, re.sub(rb'"drop": \[[^]]*\]', b'"drop": []', path.read_bytes())):
        yield shop.run()
    assert call(shop, "graduate", "undo", "--run-dir", str(shop.folder)).returncode == 0
    yield shop.run()


def a_field_nobody_spoke_for_in_a_rehearsal(shop: Small) -> Iterator[Ended]:
    path = shop.top / BOOKS_JSON
    rehearse = ("rehearse", "--project", shop.project)
    with replaced(path, re.sub(rb'"drop": \[[^]]*\]', b'"drop": []', path.read_bytes())):
        yield call(shop, "graduate", *rehearse)
    yield call(shop, "graduate", *rehearse)


def mistaken(edit: Edit) -> Scenario:
    """The mapping is what is wrong, as the records show: undo, correct it, run again."""

    def scenario(shop: Small) -> Iterator[Ended]:
        path = shop.top / BOOKS_JSON
        with replaced(path, edit(path.read_bytes()) or b""):
            yield shop.run()
        assert call(shop, "graduate", "undo", "--run-dir", str(shop.folder)).returncode == 0
        yield shop.run()

    return scenario


def a_table_that_is_gone(shop: Small) -> Iterator[Ended]:
    """Of a run that is finished: what is left is taken back."""
    shop.succeed()
    shop.cluster.psql("drop table public.editions")
    yield shop.run()
    assert call(shop, "graduate", "undo", "--run-dir", str(shop.folder)).returncode == 0
    yield shop.run()


def a_table_that_is_gone_before_the_end(shop: Small) -> Iterator[Ended]:
    stop(shop)
    shop.cluster.psql("drop table public.editions")
    yield shop.run()
    assert call(shop, "graduate", "undo", "--run-dir", str(shop.folder)).returncode == 0
    yield shop.run()


def another_target(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    yield shop.run(SUPABASE_DB_URL=shop.cluster.uri("template1"))
    yield shop.run()


def a_verification_too_early(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    verify = ("verify", "--run-dir", str(shop.folder))
    with (shop.folder / "lock").open("r+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield call(shop, "graduate", *verify)
    yield call(shop, "graduate", *verify)


def no_seal(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    sealed = ("verify", "--sealed", str(shop.folder))
    yield call(shop, "graduate", *sealed)
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    assert call(shop, "graduate", "seal", "--run-dir", str(shop.folder)).returncode == 0
    yield call(shop, "graduate", *sealed)


def a_seal_and_a_run(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    assert call(shop, "graduate", "verify", "--run-dir", str(shop.folder)).returncode == 0
    assert call(shop, "graduate", "seal", "--run-dir", str(shop.folder)).returncode == 0
    sealed = ("verify", "--sealed", str(shop.folder))
    yield call(shop, "graduate", *sealed, "--run-dir", str(shop.folder))
    yield call(shop, "graduate", *sealed)


def rows_for_transform(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    rows = shop.top / "rows"
    transform = [PROGRAMS / "graduate-transform", "--project", shop.project]
    with (shop.folder / "checkpoints/books.gck").open() as kept, rows.open("w") as out:
        done = subprocess.run(transform, env=shop.environment, stdin=kept, stdout=out, stderr=subprocess.PIPE, text=True)
    with rows.open() as made:
        yield call(shop, "graduate-transform", "--project", shop.project, stdin=made.fileno())
    yield Ended(done.args, done.returncode, "", done.stderr)


def no_file_for_a_stream(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    yield call(shop, "graduate", "stream", str(shop.folder / "checkpoints/book.gck"))
    yield call(shop, "graduate", "stream", str(shop.folder / "checkpoints/books.gck"))


def a_damaged_checkpoint(shop: Small) -> Iterator[Ended]:
    """Verification tells it; with the source read afresh it comes to its end."""
    shop.succeed()
    kept = shop.folder / "checkpoints/books.gck"
    kept.write_bytes(kept.read_bytes()[:-9])
    yield call(shop, "graduate", "stream", str(kept))
    assert shop.run(*shop.run_arguments(), "--restart", "books").returncode == 0
    yield call(shop, "graduate", "stream", str(kept))


def not_a_stream(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    yield call(shop, "graduate", "stream", str(shop.folder / "run.json"))
    yield call(shop, "graduate", "stream", str(shop.folder / "checkpoints/books.gck"))


def a_checkpoint_for_check(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    rows = shop.top / "rows"
    with (shop.folder / "checkpoints/books.gck").open() as kept:
        yield call(shop, "graduate-check", stdin=kept.fileno())
        kept.seek(0)
        with rows.open("w") as out:
            trial = [PROGRAMS / "graduate-transform", "--project", shop.project, "--trial"]
            subprocess.run(trial, env=shop.environment, stdin=kept, stdout=out, check=True)
    with rows.open() as trial_rows:
        yield call(shop, "graduate-check", stdin=trial_rows.fileno())


def a_stream_of_another_project(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    things = things_of(shop)
    with (shop.folder / "checkpoints/books.gck").open() as kept:
        yield call(shop, "graduate-transform", "--project", things.project, stdin=kept.fileno())
        kept.seek(0)
        with (shop.top / "rows").open("w") as rows:
            right = [PROGRAMS / "graduate-transform", "--project", shop.project, "--trial"]
            done = subprocess.run(right, env=shop.environment, stdin=kept, stdout=rows, stderr=subprocess.PIPE, text=True)
    yield Ended(done.args, done.returncode, "", done.stderr)


def a_folder_for_a_stream(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    yield call(shop, "graduate", "stream", str(shop.folder))
    yield call(shop, "graduate", "stream", str(shop.folder / "checkpoints/books.gck"))


def verified(*wrong: str, right: tuple[str, ...] = ()) -> Scenario:
    """Words for `graduate verify` that do not go together, and others in their place."""

    def scenario(shop: Small) -> Iterator[Ended]:
        shop.succeed()
        run_folder = ("verify", "--run-dir", str(shop.folder))
        yield call(shop, "graduate", *run_folder, *wrong)
        yield call(shop, "graduate", *run_folder, *right)

    return scenario


def compared(shop: Small) -> Iterator[Ended]:
    shop.succeed()
    runs = (str(shop.folder), str(shop.folder))
    yield call(shop, "graduate", "compare", *runs, "--project", shop.project)
    yield call(shop, "graduate", "compare", *runs)


def a_check_that_finds(shop: Small) -> Iterator[Ended]:
    path = shop.top / BOOKS_JSON
    with replaced(path, text("varchar(20)", "varchar(3)")(path.read_bytes()) or b""):
        yield call(shop, "graduate", "check", "--project", shop.project)
    yield call(shop, "graduate", "check", "--project", shop.project)


def a_line_of_env(shop: Small) -> Iterator[Ended]:
    folder = shop.top / "here"
    folder.mkdir()
    (folder / ".env").write_text("this is no line\n")
    arguments = [PROGRAMS / "graduate", *shop.run_arguments()]
    for content in ("this is no line\n", "# this is no line\n"):
        (folder / ".env").write_text(content)
        done = subprocess.run(arguments, cwd=folder, env=shop.environment, text=True, capture_output=True, timeout=60)
        yield Ended(done.args, done.returncode, done.stdout, done.stderr)


def two_files_of_one_collection(shop: Small) -> Iterator[Ended]:
    shutil.copy(shop.files / "books.json", shop.files / "again.json")
    yield shop.run()
    (shop.files / "again.json").unlink()
    yield shop.run()


def no_mapping_at_all(verb: str) -> Scenario:
    def scenario(shop: Small) -> Iterator[Ended]:
        arguments = shop.run_arguments() if verb == "run" else [verb, "--project", shop.project]
        for name in ("authors", "books"):
            (shop.files / f"{name}.json").rename(shop.top / f"{name}.json")
        yield shop.run(*arguments)
        for name in ("authors", "books"):
            (shop.top / f"{name}.json").rename(shop.files / f"{name}.json")
        yield shop.run(*arguments)

    return scenario


def an_export(*made: tuple[str, bytes], uri: str = "file:{top}/other") -> Scenario:
    """The source is something else than the folder that mongodump wrote; then it is that."""

    def scenario(shop: Small) -> Iterator[Ended]:
        for name, content in made:
            (shop.top / name).parent.mkdir(parents=True, exist_ok=True)
            (shop.top / name).write_bytes(content)
        yield shop.run(CORE_URI=uri.format(top=shop.top))
        for name, _ in made:
            (shop.top / name).unlink()
        yield shop.run()

    return scenario


def the_folder_of_an_archive(shop: Small) -> Iterator[Ended]:
    """The file itself is the source."""
    path = shop.top / "other" / "all.archive"
    path.parent.mkdir()
    path.write_bytes(archived({"shop.authors": map(author, range(len(AUTHORS))), "shop.books": map(book, range(len(BOOKS)))}))
    yield shop.run(CORE_URI=f"file:{path.parent}")
    yield shop.run(CORE_URI=f"file:{path}")


def record_of(**fields: Any) -> Scenario:
    """A record of the source is not as the mapping has it, and is corrected there."""

    def scenario(shop: Small) -> Iterator[Ended]:
        dump = shop.top / "dump/books.bson.gz"
        with replaced(dump, record(15, **fields)(dump.read_bytes()) or b""):
            yield shop.run()
        yield shop.run()

    return scenario


# An export of Appwrite: one collection of things with a number.
THINGS: dict[str, Any] = {
    "project": project("things", {"app": {"kind": "appwrite", "uri": "${APP_URI}", "database": "main"}}),
    "things": {
        "from": "app.things",
        "to": {
            "public.things": {
                "key": ["id"],
                "columns": {"id": {"from": "$id", "type": "text"}, "n": {"from": "n", "type": "jsonb"}},
            }
        },
        "drop": [{"path": "$permissions", "optional": True}],
    },
}
GOOD_LINES = b'{"$id": "a", "$permissions": [], "n": 1}\n{"$id": "b", "$permissions": [], "n": 2}\n'


def things_of(shop: Small) -> Small:
    folder = shop.top / "export"
    folder.mkdir()
    (folder / "things.jsonl").write_bytes(GOOD_LINES)
    return Small(shop.top / "things", shop.cluster, THINGS, APP_URI=f"file:{folder}")


def lines(name: str, content: bytes, keep: bool = True, instead: str = "") -> Scenario:
    """A file of the export holds this; then it is as it should be."""

    def scenario(shop: Small) -> Iterator[Ended]:
        things = things_of(shop)
        folder = shop.top / "export"
        if not keep:
            (folder / "things.jsonl").unlink()
        if instead:
            (folder / instead).unlink()
        (folder / name).write_bytes(content)
        yield things.run()
        (folder / name).unlink()
        (folder / "things.jsonl").write_bytes(GOOD_LINES)
        yield things.run()

    return scenario


def elsewhere_lines(shop: Small) -> Iterator[Ended]:
    things = things_of(shop)
    yield things.run(APP_URI=f"file:{shop.top}/dump")
    yield things.run()


def tables(before: str, after: str, table: str = "t", schema: str = "", swapped: bool = False) -> Scenario:
    """A database is not as it must be, and then it is."""

    def scenario(shop: Small) -> Iterator[Ended]:
        name = f"advice_{os.urandom(4).hex()}"
        uri = shop.cluster.create_database(name, "till")
        till = {"kind": "postgres", "uri": "${TILL_URI}", **({"schema": schema} if schema else {})}
        files = {
            "project": project("till", {"till": till}),
            table: {"from": f"till.{table}", "to": {f"public.{table}": {"keep_shape": True}}},
        }
        made = Small(shop.top / "till", shop.cluster, files, TILL_URI=uri)
        shop.cluster.psql(f"set role till; {before}", database=name, role=shop.cluster.superuser)
        yield made.run(**({"SUPABASE_DB_URL": uri} if swapped else {}))
        shop.cluster.psql(after, database=name, role=shop.cluster.superuser)
        yield made.run()

    return scenario


def first_of_one(content: bytes) -> bytes:
    """The status is one of two, and the list knows only one."""
    books = json.loads(content)
    column = books["to"]["public.books"]["columns"]["status"]
    column["first"] = [{"from": column.pop("from"), "when": {"status": "draft"}}]
    return json.dumps(books).encode()


def changed_books(change: Callable[[dict[str, Any]], None]) -> Edit:
    """The mapping of the books, changed."""

    def edit(content: bytes) -> bytes:
        books = json.loads(content)
        change(books)
        return json.dumps(books).encode()

    return edit


def title(books: dict[str, Any]) -> dict[str, Any]:
    return books["to"]["public.books"]["columns"]["title"]


def without_a_table(books: dict[str, Any]) -> None:
    """Two forms of one table, and neither takes what is published."""
    form = books["to"]["public.books"]
    columns = {name: {word: said for word, said in column.items() if word not in {"in", "null"}} for name, column in form["columns"].items()}
    further = {"key": form["key"], "columns": columns, "when": {"status": "lost"}}
    books["to"] = {"public.books": [form | {"when": {"status": "draft"}}, further]}
    books["drop"].append("editions")


def a_row_that_the_server_refuses(body: str) -> Scenario:
    """A trigger's statement does it; then the trigger is gone."""

    def scenario(shop: Small) -> Iterator[Ended]:
        path = shop.files / "authors.json"
        path.write_bytes(text('"key"', '"exists": true, "key"')(path.read_bytes()) or b"")
        shop.cluster.psql(
            "create table public.authors (id uuid primary key, name text);"
            f" create function public.refuse() returns trigger language plpgsql as $$ declare code varchar(2); begin {body}; return new; end $$;"
            " create trigger refuse before insert on public.authors for each row execute function public.refuse()")  # fmt: skip
        yield shop.run()
        shop.cluster.psql("drop function public.refuse cascade")
        yield shop.run()

    return scenario


def a_pooler_of_transactions(shop: Small) -> Iterator[Ended]:
    uri = shop.environment["SUPABASE_DB_URL"]
    with TransactionPooler(shop.cluster.port) as pooler:
        yield shop.run(SUPABASE_DB_URL=uri.replace(f":{shop.cluster.port}/", f":{pooler.port}/"))
    yield shop.run()


def another_server_at_the_port(shop: Small) -> Iterator[Ended]:
    """It speaks HTTP."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(64)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socketserver.ThreadingTCPServer((LOCALHOST, 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        uri = shop.environment["SUPABASE_DB_URL"].replace(f":{shop.cluster.port}/", f":{server.server_address[1]}/")
        yield shop.run(SUPABASE_DB_URL=uri)
        server.shutdown()
    yield shop.run()


def a_role(options: str) -> Scenario:
    """One that may not do what is needed; then the right one."""

    def scenario(shop: Small) -> Iterator[Ended]:
        shop.cluster.psql(f"drop role if exists meek; create role meek {options} password 'rig'", role="supabase_admin")
        yield shop.run(SUPABASE_DB_URL=re.sub("//[^@]*@", "//meek:rig@", shop.environment["SUPABASE_DB_URL"]))
        yield shop.run()

    return scenario


def a_policy_of_a_title(shop: Small) -> Iterator[Ended]:
    policies = {"of its author": {"for": "select", "to": ["authenticated"], "using": "{column} in (select id from {table})"}}
    with_policies = json.loads((shop.top / PROJECT_JSON).read_text()) | {"policies": policies}
    (shop.top / PROJECT_JSON).write_text(json.dumps(with_policies))
    books = json.loads((shop.top / BOOKS_JSON).read_text())
    for column in ("title", "author_id"):
        books["to"]["public.books"]["policies"] = [{"of its author": column}]
        (shop.top / BOOKS_JSON).write_text(json.dumps(books))
        yield shop.run("plan", "--project", str(shop.project))


SCENARIOS: dict[str, Scenario] = {
    # the mapping and the project
    "a word of the mapping": file(BOOKS_JSON, text("varchar(20)", "varchr(20)")),
    "a comma of the mapping": file(BOOKS_JSON, text('core.books",', 'core.books"')),
    "an encoding of the mapping": file(BOOKS_JSON, lambda content: content.replace(b"draft", b"dr\xe4ft")),
    "a number of the mapping": file(BOOKS_JSON, text('"type": "integer"', '"type": "integer", "default": 1.23456789012345678901')),
    "a function of the mapping": planned(changed_books(lambda books: title(books).update(do=["lowre"]))),
    "a zone of the mapping": planned(changed_books(lambda books: title(books).update(do=[{"midnight": "Europe/Berln"}]))),
    "a zone with leap seconds": planned(changed_books(lambda books: title(books).update(do=[{"midnight": "right/Europe/Berlin"}]))),
    "a policy of a column that refers to nothing": a_policy_of_a_title,
    "a pattern of the mapping": planned(changed_books(lambda books: title(books).update(do=[{"time": {"format": "YYYQ"}}]))),
    "more mistakes than a message holds": planned(changed_books(lambda books: books["to"]["public.books"]["columns"].update(
        {f"c{n}": {"frm": "x"} for n in range(99)})), "check"),
    "a column without a type": file(BOOKS_JSON, text('"type": "numeric(8,2)"', '"null": true')),
    "reserved names": file(BOOKS_JSON, text('"public.editions"', '"graduate.batches"')),
    "a secret in the project": file(PROJECT_JSON, text("${CORE_URI}", "mongodb://me:s3cret-word@host/core")),
    "left out and mapped": file(PROJECT_JSON, text('"target"', '"left_out": {"core.books": "why"}, "target"')),
    "two files of one collection": two_files_of_one_collection,
    "no mapping at all": no_mapping_at_all("run"),
    "no mapping to plan": no_mapping_at_all("plan"),
    "a collection without a mapping": file("dump/reviews.bson", with_content(b"")),
    "a collection of another name": file(BOOKS_JSON, text("core.books", "core.boks")),
    "an entity without a key of ids": file("project/authors.json", text('"id_of": "authors"', '"type": "text"')),
    "no choice that fits": mistaken(first_of_one),
    "nothing in the map": mistaken(changed_books(lambda books: books["to"]["public.books"]["columns"]["status"].update(map={"draft": "draft"}))),
    "a condition of another kind": mistaken(changed_books(lambda books: books["to"]["public.books"].update(when={"title": {"above": 3}}))),
    "an element without a table": mistaken(changed_books(lambda books: books["to"]["public.editions"].update(when={"year": {"above": 2010}}))),
    "a record without a table": mistaken(changed_books(without_a_table)),
    "a mistake of a name": a_mistake_of_a_name,
    "a changed mapping": a_changed_mapping,
    "a project that is not there": words("--project", "shpo"),
    "a line of .env": a_line_of_env,
    # the command line
    "an option that is not there": words("--frobnicate"),
    "nothing to restart": words("--restart", "books"),
    "nobody to restart": after_a_stop("--restart", "nobody"),
    "another size of batches": after_a_stop("--batch-bytes", "2M"),
    "a verb that is not there": helped("graduate", "frobnicate"),
    "a word too many": helped("graduate", "run", "frobnicate"),
    "no connection to run with": helped("graduate", "run", "--run-dir", "x", "--jobs", "0"),
    "no connection to retry with": helped("graduate", "retry", "--run-dir", "x", "--jobs", "0"),
    "a stream of nothing": helped("graduate", "stream"),
    "extract without words": helped("graduate-extract"),
    "transform without words": helped("graduate-transform"),
    "load without words": helped("graduate-load"),
    "check with a word": helped("graduate-check", "x"),
    "verify without words": helped("graduate-verify"),
    "a level that is none": verified("--level", "everything", right=("--level", "all")),
    "no target to verify": verified("--no-target"),
    "two origins to verify by": verified("--source", "--checkpoints", right=("--source",)),
    "checkpoints at all levels": verified("--checkpoints"),
    "a project to compare": compared,
    "a check that finds": a_check_that_finds,
    "no verb": helped("graduate"),
    "no runs to compare": helped("graduate", "compare"),
    "no file for a stream": no_file_for_a_stream,
    "rows for transform": rows_for_transform,
    "no seal": no_seal,
    "a seal and a run": a_seal_and_a_run,
    "a verification too early": a_verification_too_early,
    "a checkpoint for check": a_checkpoint_for_check,
    "a stream of another project": a_stream_of_another_project,
    # the folder of the run
    "a busy folder": a_busy_folder,
    "a folder of something else": a_folder_of_something_else,
    "a folder without a run": a_folder_without_a_run,
    "a sealed folder": a_sealed_folder,
    "a seal before the end": a_seal_before_the_end,
    "a seal without a verdict": a_seal_without_a_verdict,
    "a seal without checkpoints": a_seal_without_checkpoints,
    "a rehearsal in a run": a_rehearsal_in_a_run,
    "another project": another_project,
    "a damaged checkpoint": a_damaged_checkpoint,
    "not a stream": not_a_stream,
    "a folder for a stream": a_folder_for_a_stream,
    # the target
    "an emptied target": an_emptied_target,
    "another target": another_target,
    "a table that is gone": a_table_that_is_gone,
    "a table that is gone before the end": a_table_that_is_gone_before_the_end,
    "a run in the way": a_run_in_the_way,
    "rows in the way": sql("create table public.books (id uuid, author_id uuid, title varchar(20), price numeric(8,2), status text, tags text[]);"
        " insert into public.books values (gen_random_uuid())", "drop table public.books"),
    "a table of another shape": sql("create table public.books (id uuid)", "drop table public.books"),
    "a view in the way": sql("create view public.books as select 1 as id", "drop view public.books"),
    "a variable that is not set": variable("CORE_URI", lambda shop: ""),
    "a target that is no URI": variable("SUPABASE_DB_URL", lambda shop: "postgres//me@host"),
    "a target that does not listen": variable(
        "SUPABASE_DB_URL", lambda shop: shop.cluster.uri().replace(f":{shop.cluster.port}/", ":1/")
    ),
    "a target that is not there": variable("SUPABASE_DB_URL", lambda shop: shop.cluster.uri("nowhere")),
    "a user of the target": variable("SUPABASE_DB_URL", lambda shop: shop.cluster.uri().replace("postgres:", "nobody:", 1)),
    "a parameter of another client": variable("SUPABASE_DB_URL", lambda shop: shop.cluster.uri(frobnicate="1")),
    "no password of the target": variable(
        "SUPABASE_DB_URL", lambda shop: re.sub(r"(?<=://)([^:]*):[^@]*@", r"\1@", shop.cluster.uri())
    ),
    "a target without TLS": variable("SUPABASE_DB_URL", lambda shop: shop.cluster.uri(sslmode="require")),
    "a socket of the target": variable("SUPABASE_DB_URL", lambda shop: f"postgresql://me@/x?host={shop.top}"),
    "a host of the target": variable("SUPABASE_DB_URL", lambda shop: "postgresql://me:word@no.such.host.invalid/x"),
    # an export of mongodump
    "a source that is no URI": variable("CORE_URI", lambda shop: "mongo:/me@host"),
    "a source without file:": variable("CORE_URI", lambda shop: f"{shop.top}/dump"),
    "a file in place of the folder": variable("CORE_URI", lambda shop: f"file:{shop.top}/dump/authors.bson"),
    "the folder above": variable("CORE_URI", lambda shop: f"file:{shop.top}"),
    "an empty folder": an_export(("other/letter", b"dear reader")),
    "an archive of nothing": an_export(("other/all.archive", prelude([], {})), uri="file:{top}/other/all.archive"),
    "the folder of an archive": the_folder_of_an_archive,
    "a table of mongoexport": an_export(("other/books.csv", b"_id,title\n1,One\n")),
    "a packed export": an_export(("other/dump.zip", b"PK\3\4" + bytes(60))),
    "a server that does not answer": variable("CORE_URI", lambda shop: f"mongodb://127.0.0.1:1/core?{AT_ONCE}"),
    "a host of the source": variable("CORE_URI", lambda shop: f"mongodb://no.such.host.invalid/core?{AT_ONCE}"),
    "a host of the source with +srv": variable("CORE_URI", lambda shop: "mongodb+srv://no.such.host.invalid/core"),
    "a server without a database": variable("CORE_URI", lambda shop: "mongodb://127.0.0.1:1"),
    "documents twice": file("dump/books.bson", with_content(b"")),
    "an export that is damaged": file("dump/authors.bson", cut(7)),
    # records
    "a field nobody spoke for": a_field_nobody_spoke_for,
    "a field nobody spoke for, in a rehearsal": a_field_nobody_spoke_for_in_a_rehearsal,
    "a record that does not fit": record_of(price="ten"),
    "an object for a number": record_of(price={"amount": 10}),
    "a value that is not allowed": record_of(status="lost"),
    "a null for NOT NULL": record_of(title=None),
    "a NaN": record_of(price=float("nan")),
    "no array": record_of(editions="x"),
    "a negative price": record_of(price=-1),
    # exports of Appwrite
    "a packed file of an export": lines("things.jsonl.gz", b"x", keep=False),
    "a folder without an export": elsewhere_lines,
    "a page in place of records": lines("things.jsonl", b'{"total": 1, "documents": [{"$id": "a", "$permissions": [], "n": 1}]}\n'),
    "an array in place of lines": lines("things.jsonl", b'[{"$id": "a", "$permissions": [], "n": 1}]\n'),
    "a document over several lines": lines("things.jsonl", b'{"$id": "a", "$permissions": [],\n "n": 1}\n'),
    "two objects in a line": lines("things.jsonl", b'{"$id": "a", "$permissions": [], "n": 1} {"$id": "b", "$permissions": [], "n": 1}\n'),
    "a key twice": lines("things.jsonl", b'{"$id": "a", "$permissions": [], "n": 1, "n": 2}\n'),
    "a number that nothing holds": lines("things.jsonl", b'{"$id": "a", "$permissions": [], "n": 1e99999}\n'),
    "a line that is cut off": lines("things.jsonl", b'{"$id": "a", "$permissions": [], "n": 1}\n{"$id": "b", "$permissions": [], "n'),
    "a hidden value": lines("things.jsonl", b'{"$id": "a", "$permissions": [], "n": "[hidden]"}\n'),
    "a file of another name": lines("thing.jsonl", b'{"$id": "a", "$permissions": [], "n": 1}\n', instead="things.jsonl"),
    # what the server refuses
    "a text too long for a trigger": a_row_that_the_server_refuses("code := new.name"),
    "a number too large for a trigger": a_row_that_the_server_refuses("perform 32768::smallint"),
    "bytes that are no text for a trigger": a_row_that_the_server_refuses("perform convert_from('\\xff', 'UTF8')"),
    "a value that a trigger cannot use": a_row_that_the_server_refuses("perform new.name::integer"),
    "a value too large for a trigger": a_row_that_the_server_refuses("perform chr(0)"),
    "a trigger of another type": a_row_that_the_server_refuses("raise 'another type' using errcode = 'datatype_mismatch'"),
    "a pooler of transactions": a_pooler_of_transactions,
    "another server at the port": another_server_at_the_port,
    "a role that may not log in": a_role("nologin"),
    "a role without rights": a_role("login"),
    # a database of Postgres
    "a target that is the source": tables("create table t (id int primary key)", "select", swapped=True),
    "a table that may not be read": tables(
        "create table t (id int primary key); reset role; alter table t owner to current_user; revoke all on t from till",
        "alter table t owner to till"
    ),
    "a schema that is not there": tables("create table t (id int primary key)", "create schema main authorization till; alter table t set schema main",
                                         schema="main"),
}  # fmt: skip
