"""Bad input, named: one clear error, the right exit code, and nothing half-done that a second run does not mend."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import bson
import pytest

from tests.integration.complaint import DATA, REFUSED, SOURCE, TARGET, USAGE
from tests.integration.small_project import BOOKS, SHOP, Small, run_behind, shop_of
from tests.integration.spoiling import (
    Bad,
    Edit,
    cut,
    flipped,
    gone,
    length,
    read,
    record,
    replaced,
    spoiled,
    text,
    with_content,
)
from tests.rig.postgres import Cluster

# ---- what can be wrong -----------------------------------------------------------------------------

BOOKS_JSON, PROJECT_JSON = "project/books.json", "project/project.json"
AUTHORS_BSON, BOOKS_BSON = "dump/authors.bson", "dump/books.bson.gz"


def usage(file: str, edit: Edit, *says: str) -> Bad:
    return Bad(file, edit, USAGE, (Path(file).name, *says))


PROJECTS = {
    "a comma is missing": usage(BOOKS_JSON, text("core.books\",", "core.books\""), ":3:3: ", "line 3, column 3"),
    "a comma too many": usage(BOOKS_JSON, text('"__v"', '"__v",'), ": this is not JSON"),
    "an empty file": usage(PROJECT_JSON, with_content(b""), ":1:1: this is not JSON"),
    "something behind the JSON": usage(PROJECT_JSON, lambda content: content + b"}", ": this is not JSON"),
    "no UTF-8": usage(BOOKS_JSON, lambda content: content.replace(b"draft", b"dr\xe4ft"), "no UTF-8"),
    "not an object": usage(BOOKS_JSON, with_content(b"[]"), "a mapping is an object"),
    "an unknown key of the project": usage(PROJECT_JSON, text('"target"', '"taget"'), '"taget"', 'mean "target"'),
    "an unknown key of a source": usage(
        PROJECT_JSON, text('"uri"', '"url"'), "/sources/core", '"url"', 'mean "uri"'),
    "an unknown key of a mapping": usage(BOOKS_JSON, text('"drop"', '"dorp"'), '"dorp"', 'mean "drop"'),
    "an unknown key of a table": usage(
        BOOKS_JSON, text('"checks"', '"check"'), "/to/public.books", '"check"', 'mean "checks"'),
    "an unknown key of a column": usage(
        BOOKS_JSON, text('"id_of"', '"idof"'), "/to/public.books/columns/id", '"idof"', 'mean "id_of"'),
    "a type that is not there": usage(
        BOOKS_JSON, text("varchar(20)", "varchr(20)"), "/columns/title/type", 'mean "varchar"'),
    "a type that cannot be sized so": usage(BOOKS_JSON, text("numeric(8,2)", "numeric(8,2000)"), "/columns/price/type"),
    "a type that has no size": usage(BOOKS_JSON, text('"text"', '"text(5)"'), "/columns/status/type"),
    "a type that no identity can be": usage(
        BOOKS_JSON, text('"id_of": "authors"', '"id_of": "authors", "type": "integer"'), "/columns/author_id/type",
        "uuid"),
    "a default that the type cannot hold": usage(
        BOOKS_JSON, text('"type": "integer"', '"type": "integer", "default": {"a": 1}'), "/columns/year/default"),
    "a default that does not fit the type": usage(
        BOOKS_JSON, text('"type": "integer"', '"type": "integer", "default": "soon"'), "/columns/year", 'the text "soon"'),
    "a field that is dropped and mapped": usage(BOOKS_JSON, text('"__v"', '"price"'), "/drop", '"price" is dropped'),
    "a column without a type": usage(BOOKS_JSON, text('"type": "numeric(8,2)"', '"null": true'), "/columns/price"),
    "a column named twice": usage(BOOKS_JSON, text('"price": {', '"title": {'), "/columns/title", "twice"),
    "two origins": usage(
        BOOKS_JSON, text('"from": "title"', '"from": "title", "const": "x"'), "/columns/title", "one origin"),
    "a key of no column": usage(
        BOOKS_JSON, text('"position"\n', '"positio"\n'), "/to/public.editions/key/1", 'mean "position"'),
    "a parent's column that is not there": usage(
        BOOKS_JSON, text('"parent": "id"', '"parent": "di"'), "/columns/book_id", '"di"'),
    "an entity that is not there": usage(
        BOOKS_JSON, text('"id_of": "authors"', '"id_of": "auhtors"'), "/columns/author_id/id_of", 'mean "authors"'),
    "a source that is not there": usage(BOOKS_JSON, text("core.books", "coer.books"), "/from", 'mean "core"'),
    "a function that is not there": usage(
        BOOKS_JSON, text('"from": "title"', '"from": "title", "do": ["lowr"]'), "/columns/title/do/0", 'mean "lower"'),
    "a table without a schema": usage(BOOKS_JSON, text("public.editions", "editions"), "/to/editions"),
    "a kind of source that is not there": usage(
        PROJECT_JSON, text('"mongodb"', '"mongo"'), "/sources/core/kind", 'mean "mongodb"'),
    "a strategy that is not there": usage(
        PROJECT_JSON, text('"target"', '"identity": {"strategy": "uuid4"}, "target"'), "/identity/strategy", "uuid7"),
    "two mappings of one collection": usage(
        "project/again.json", with_content(json.dumps(SHOP["books"]).encode()), "books.json", "both map core.books"),
    "a shape to keep where there is none": usage(
        BOOKS_JSON, text('"each"', '"keep_shape": true, "each"'), "/to/public.editions", "keep_shape"),
    "a collection that is not there": usage(
        BOOKS_JSON, text("core.books", "core.boks"), "/from", "no boks", 'mean "books"'),
    "a mapping that is gone": Bad(BOOKS_JSON, gone, USAGE, ("core.books is neither mapped nor left out", "left_out")),
    "a collection without a mapping": Bad(
        "dump/reviews.bson", with_content(b""), USAGE, ("core.reviews is neither mapped nor left out", "left_out")),
}  # fmt: skip


def source(file: str, edit: Edit, *says: str) -> Bad:
    return Bad(file, edit, SOURCE, (Path(file).name, *says))


EXPORTS = {
    "a length too small": source(AUTHORS_BSON, length(3, 9), "document 4 at byte"),
    "a length that no document has": source(AUTHORS_BSON, length(3, 4), "document 4 at byte", "its length says 4"),
    "a negative length": source(AUTHORS_BSON, length(0, -7), "document 1 at byte 0", "its length says -7"),
    "a length beyond the limit": source(AUTHORS_BSON, length(5, 2**31 - 1), "document 6", "2147483647"),
    "a length beyond the end": source(AUTHORS_BSON, length(5, 99), "document 6", "99 bytes, but the file ends"),
    "a text longer than its document": source(
        AUTHORS_BSON, text("name\0\x09", "name\0\x79"), "document 1 at byte 0"),
    "cut off": source(AUTHORS_BSON, cut(7), "document 6", "the file ends"),
    "cut off in a length": source(AUTHORS_BSON, lambda content: content + b"\x20\0", "document 7", "only 2 bytes"),
    "a packed length that lies": source(
        BOOKS_BSON, lambda content: gzip.compress(length(20, 6)(gzip.decompress(content))), "document 21",
        "of the uncompressed data"),
    "gzip cut off": source(BOOKS_BSON, cut(50), "gzip data is cut off", "at byte"),
    "gzip cut off in its checksum": source(BOOKS_BSON, cut(3), "gzip data is cut off", "at byte"),
    "gzip damaged": source(BOOKS_BSON, flipped(100), "gzip data is damaged", "at byte"),
    "gzip with a wrong checksum": source(BOOKS_BSON, flipped(-6), "gzip data is damaged", "at byte"),
    "an empty file for gzip": source(BOOKS_BSON, with_content(b""), "gzip data is cut off"),
    "documents gone": Bad(AUTHORS_BSON, gone, SOURCE, ("authors.metadata.json", "no documents")),
    "metadata that are no JSON": source("dump/books.metadata.json", cut(3), "is no JSON"),
    "documents twice": source("dump/books.bson", with_content(b""), "books.bson.gz", "both there"),
}  # fmt: skip

KEY = f"key {BOOKS[15]}"


def data(edit: Edit, *says: str) -> Bad:
    return Bad(BOOKS_BSON, edit, DATA, ("entity books", *says))


RECORDS = {
    "a field nobody spoke for": data(record(15, subtitle="x"), KEY, "at subtitle", '"rest"'),
    "a field nobody spoke for in an element": data(record(15, editions=[{"isbn": 1}]), KEY, "at editions[0].isbn"),
    "a text that is no number": data(record(15, price="ten"), KEY, "at price", 'the text "ten"', "numeric(8,2)"),
    "a number that would be rounded": data(record(15, price=0.333), KEY, "at price", "rounded"),
    "a number too large": data(record(15, price=1e9), KEY, "at price", "too large"),
    "a number that is no text": data(record(15, title=7), KEY, "at title", "varchar(20)"),
    "a NUL": data(record(15, title="a\0b"), KEY, "at title", "NUL"),
    "a text too long": data(record(15, title="x" * 21), KEY, "at title", "varchar(20)", "too long"),
    "a text that is no array": data(record(15, tags="x"), KEY, "at tags", "text[]"),
    "a text in place of the elements": data(record(15, editions="x"), KEY, "at editions", "an array"),
    "an element that does not fit": data(record(15, editions=[{"year": 2.5}]), KEY, "at editions[0].year", "integer"),
    "an id that is none": data(record(15, author=True), KEY, "at author"),
    "a null for NOT NULL": data(record(15, title=None), KEY, "at title", "must not be null", "is null"),
    "nothing for NOT NULL": data(record(15, "title"), KEY, "at title", "must not be null", "is absent"),
    # The server refuses it, and the checkpoint tells of which record the row was made.
    "a value that a CHECK refuses": data(
        record(15, price=-1), KEY, "SQLSTATE 23514", "public.books refuses a row", "books_price"),
    "a value that is none of the allowed": data(
        record(15, status="lost"), KEY, "at status", 'the text "lost" is none of "draft", "published"'),
}  # fmt: skip


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_that_is_wrong(shop: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    bad = PROJECTS[name]
    with spoiled(shop, bad):
        shop.fail(bad.code, *bad.says)
        assert shop.untouched()
    if shop.folder.exists():  # else there is nothing that could be half-done
        shop.succeed()
        assert shop.checksums() == shop_undisturbed


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_is_damaged(shop: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    bad = EXPORTS[name]
    with spoiled(shop, bad):
        shop.fail(bad.code, *bad.says)
    shop.succeed()
    assert shop.checksums() == shop_undisturbed


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_does_not_fit(shop: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    """Corrected in the source, it is read again: the checkpoint had it as it was."""
    bad = RECORDS[name]
    with spoiled(shop, bad):
        shop.fail(bad.code, *bad.says)
    shop.succeed()
    assert shop.checksums() == shop_undisturbed
    frames = shop.run("stream", str(shop.folder / "checkpoints/books.gck"))
    assert frames.returncode == 0 and "batches: " in frames.stdout and "records: 24" in frames.stdout, frames.said


# ---- the environment -------------------------------------------------------------------------------


class Elsewhere(NamedTuple):
    """A variable that leads to the wrong place."""

    variable: str
    value: Callable[[Small], str | None]
    code: int
    says: tuple[str, ...]


def wrong_password(uri: str) -> str:
    return re.sub(r"(?<=://)([^:]*):[^@]*@", r"\1:correct-horse@", uri)


def target(value: Callable[[Small], str | None], code: int, *says: str) -> Elsewhere:
    return Elsewhere("SUPABASE_DB_URL", value, code, says)


def core(value: Callable[[Small], str | None], code: int, *says: str) -> Elsewhere:
    return Elsewhere("CORE_URI", value, code, says)


ELSEWHERE = {
    "target not set": target(lambda shop: None, USAGE, "SUPABASE_DB_URL is not set", ".env"),
    "target empty": target(lambda shop: "", USAGE, "SUPABASE_DB_URL is not set", ".env"),
    "target no URI": target(
        lambda shop: "postgres//rig:s3cret-word@host", USAGE, "the URI of the target", "postgresql://"),
    "target unreachable": target(
        lambda shop: shop.cluster.uri().replace(f":{shop.cluster.port}/", ":1/"), TARGET, "the target at 127.0.0.1:1/",
        "Connection refused", "nothing listens there"),
    "target's password wrong": target(
        lambda shop: wrong_password(shop.cluster.uri()), TARGET, "the target at", "password authentication failed",
        "check user and password"),
    "target's database not there": target(
        lambda shop: shop.cluster.uri("nowhere"), TARGET, 'database "nowhere" does not exist', "correct the database"),
    "target without TLS": target(
        lambda shop: shop.cluster.uri(sslmode="require"), TARGET, "does not support SSL", "turn TLS on"),
    "source not set": core(lambda shop: None, USAGE, "CORE_URI is not set", ".env"),
    "source no URI": core(lambda shop: "mongo:/rig:s3cret-word@host", USAGE, "source core", "mongodb://"),
    "no such folder": core(lambda shop: "file:/no/such/folder", SOURCE, "/no/such/folder", "No such file or directory"),
    "a file for a folder": core(
        lambda shop: f"file:{shop.top}/dump/authors.bson", SOURCE, "authors.bson is neither a folder nor an archive", "/dump"),
    "the folder above": core(lambda shop: f"file:{shop.top}", SOURCE, "holds no collection", "such as file:", "/dump"),
}  # fmt: skip


@pytest.fixture(scope="module")
def strayed(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """A shop that is led to one wrong place after the other, always with the same run folder."""
    with shop_of(tmp_path_factory.mktemp("strayed"), targets) as made:
        yield made


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_environment_that_is_wrong(strayed: Small, name: str) -> None:
    variable, value, code, says = ELSEWHERE[name]
    strayed.empty_target()
    right = dict(strayed.environment)
    if (wrong := value(strayed)) is None:
        del strayed.environment[variable]
    else:
        strayed.environment[variable] = wrong
    strayed.fail(code, *says)
    strayed.environment = right
    assert strayed.untouched()


def test_an_environment_that_is_right_at_last(strayed: Small, shop_undisturbed: dict[str, str]) -> None:
    strayed.empty_target()
    strayed.succeed()
    assert strayed.checksums() == shop_undisturbed


@pytest.mark.parametrize("name", ["shpo", "/no/such/project", "."])
def test_an_unknown_project(shop: Small, name: str) -> None:
    ended = shop.run("run", "--project", name, "--run-dir", str(shop.folder))
    shop.complaint(ended, USAGE, f'no project "{name}"', "project.json", "GRADUATE_MAPPINGS")
    assert not shop.folder.exists()


# ---- what may not be read --------------------------------------------------------------------------

# Root reads everything, unless it gives up the right to.
CAPABILITIES = "-dac_override,-dac_read_search"
WITHOUT_RIGHTS = ["setpriv", f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}", "--"]
UNREADABLE = {
    "a mapping": Bad(BOOKS_JSON, gone, USAGE, ("books.json", "Permission denied")),
    "an export's folder": Bad("dump", gone, SOURCE, ("dump", "Permission denied")),
    "an export's file": Bad(BOOKS_BSON, gone, SOURCE, ("books.bson.gz", "Permission denied", "the right to read it")),
    "the run folder": Bad("run", gone, TARGET, ("run", "Permission denied", "--run-dir")),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_may_not_be_read(shop: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    file, _, code, says = UNREADABLE[name]
    path = shop.top / file
    shop.folder.mkdir()
    mode = path.stat().st_mode
    path.chmod(0)
    ended = run_behind(shop, *(WITHOUT_RIGHTS if os.geteuid() == 0 else []))
    path.chmod(mode)
    shop.complaint(ended, code, *says)
    shop.succeed()
    assert shop.checksums() == shop_undisturbed


# ---- the target ------------------------------------------------------------------------------------


def columns_of(table: str) -> str:
    """The table as the shop's mapping makes it, without its rules."""
    return {
        "authors": "id uuid not null, name text not null",
        "books": "id uuid not null, author_id uuid not null, title varchar(20) not null, price numeric(8,2),"
        " status text, tags text[]",
    }[table]


def test_a_target_that_is_not_empty(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    shop.query(f"create table public.books ({columns_of('books')});"
               " insert into public.books values (gen_random_uuid(), gen_random_uuid(), 'here before')")
    shop.fail(REFUSED, "the target is not empty", "public.books has 1", "--allow-rows", "nothing was touched")
    assert shop.query("select to_regclass('graduate.runs') is null, count(*) from public.books") == "t|1"
    shop.query("truncate public.books")
    shop.succeed()
    assert shop.checksums() == shop_undisturbed


def test_rows_beside_those_that_are_there(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    shop.query(f"create table public.authors ({columns_of('authors')});"
               " insert into public.authors values (gen_random_uuid(), 'here before')")
    ended = shop.run(*shop.run_arguments(), "--allow-rows")
    assert ended.returncode == 0, ended.said
    account = {table["table"]: table for table in shop.account()["tables"]}
    assert (account["public.authors"]["before"], account["public.authors"]["present"]) == (1, 7)
    shop.query("delete from public.authors where name = 'here before'")
    assert shop.checksums() == shop_undisturbed


class Narrow(NamedTuple):
    """A table of the target's own that is not as the rows are, and how it is mended."""

    columns: str
    mend: str
    says: tuple[str, ...]


NARROW = {
    "a column that is not filled": Narrow(
        "id uuid primary key, name text, born date not null default nullif(current_date, current_date)", "drop column born",
        ("at born", "SQLSTATE 23502", "the value is missing")),
    "a CHECK": Narrow(
        "id uuid primary key, name text constraint no_fours check (name not like '%4')", "drop constraint no_fours",
        ("SQLSTATE 23514", "no_fours", "breaks a rule of the table")),
    "a unique key": Narrow(
        "id uuid primary key, name text, same text default 'x' unique", "drop column same",
        ("SQLSTATE 23505", "(same)=(x) already exists", "another row has this value")),
    "a trigger": Narrow(
        "id uuid primary key, name text", "disable trigger all",
        ("SQLSTATE P0001", "not today", "a trigger of the target")),
}  # fmt: skip
TRIGGER = """
    create or replace function pg_temp.refuse() returns trigger language plpgsql as $$ begin
      if new.name like '%4' then raise 'not today'; end if; return new; end $$;
    create trigger refuse before insert on public.authors for each row execute function pg_temp.refuse();
"""


OTHER_TABLES = {
    "a column too short": ("id uuid primary key, name varchar(7)", "at name", "character varying(7)"),
    "a column of another type": ("id text primary key, name text", "at id", "uuid"),
    "a column that is not there": ("id uuid primary key", "name"),
    "columns that nothing fills": (
        "id uuid primary key, name text, born date not null, free int not null default 1, died date not null",
        "column born is NOT NULL there, has no default, and no column of ", "; column died is NOT NULL there", "at born"),
    "columns of several kinds": ("id text, born date not null", "column id is text there", "; column born", "; column name"),
}


@pytest.mark.parametrize("name", OTHER_TABLES)
def test_a_table_of_another_shape(shop: Small, name: str) -> None:
    columns, *says = OTHER_TABLES[name]
    shop.query(f"create table public.authors ({columns})")
    shop.fail(REFUSED, "the target's table public.authors cannot take the rows", "entity authors", *says)
    assert shop.query("select to_regclass('graduate.runs') is null, to_regclass('public.books') is null") == "t|t"


@pytest.mark.parametrize("name", NARROW)
def test_a_row_that_the_server_refuses(shop: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    """Entity, key, column and SQLSTATE; what is right about the row stays out of the message."""
    columns, mend, says = NARROW[name]
    mapping = shop.files / "authors.json"
    with replaced(mapping, text('"key"', '"exists": true, "key"')(read(mapping))):
        shop.query(f"create table public.authors ({columns})")
        shop.query(TRIGGER.replace("pg_temp", "public") if "trigger" in name else "")
        complaint = shop.fail(DATA, "public.authors refuses a row", "entity authors", "key 5f0c8a1b2c3d4e5f6071", *says)
        assert "Author 4" not in complaint.message
        assert shop.query("select count(*) from public.authors") == "0"
        shop.query(f"alter table public.authors {mend}")
        shop.succeed()
    shop.query("drop function if exists public.refuse cascade")
    assert shop.checksums() == shop_undisturbed


# What two books have the same of, and what the error says of it.
TWICE = {
    "an _id": ({"_id": BOOKS[3]}, "(id)=(", "primary key"),
    "a unique column": ({"title": "Book 3"}, "(title)=(Book 3) twice", "at title", KEY),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_key_that_is_there_twice(shop: Small, shop_undisturbed: dict[str, str], name: str) -> None:
    """It shows when the key is made. The one advice that is given ends well."""
    fields, *says = TWICE[name]
    books = shop.files / "books.json"
    books.write_bytes(text('"key": [', '"unique": [["title"]], "key": [')(read(books)))
    with spoiled(shop, data(record(15, **fields))):
        for _ in range(2):
            complaint = shop.fail(DATA, "public.books has (", "twice", "entity books", "SQLSTATE 23505", *says)
            assert complaint.next.endswith(
                f": correct it in the source, then graduate run --run-dir {shop.folder} --restart books; or change the "
                f"mapping, after graduate undo --run-dir {shop.folder}, and run again")
    ended = shop.run(*shop.run_arguments(), "--restart", "books")
    assert ended.returncode == 0, ended.said
    assert shop.checksums() == shop_undisturbed


def test_a_reference_that_dangles(shop: Small, shop_undisturbed: dict[str, str]) -> None:
    """It shows before any key is made. Corrected in the target, the run ends well."""
    stranger = bson.ObjectId("5f0c8a1b2c3d4e5f60719999")
    with spoiled(shop, data(record(15, author=stranger))):
        for _ in range(2):  # it stays so, and nothing is loaded twice
            complaint = shop.fail(DATA, "1 of 24 rows of public.books refer by author_id to no row of public.authors", "SQLSTATE 23503",
                                  f"correct it in the source, then graduate run --run-dir {shop.folder} --restart books; or")
            assert "goes on from where it was" not in complaint.next
        assert shop.query("select count(*) from pg_constraint where conrelid = 'public.books'::regclass and contype <> 'c'").strip() == "0"
        shop.query("update public.books set author_id = (select id from public.authors where name = 'Author 3')"
                   " where author_id not in (select id from public.authors)")
        shop.succeed()
    assert shop.checksums() == shop_undisturbed


