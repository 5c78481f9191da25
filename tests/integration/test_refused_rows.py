"""A row that a table of the target refuses while it is loaded is told by the record that it was made of."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from tests.integration.complaint import DATA
from tests.integration.small_project import AUTHORS, BOOKS, Small
from tests.integration.test_check import write

TABLES = """
    create table public.authors (id uuid primary key, name text not null);
    create table public.books (
      id uuid primary key, author_id uuid not null, title varchar(20) not null, price numeric(8,2), status text, tags text[]
    );
    create table public.editions (book_id uuid, position integer, year integer, primary key (book_id, position));
"""
STRANGER = 24 * "a"
LAST = len(BOOKS) - 1  # of the 24 books, which are several batches


class Refused(NamedTuple):
    """What the target has besides, the books that are not as it wants them, and how that is told."""

    sql: str
    books: dict[int, dict[str, Any]]
    where: str
    says: str = "public.books refuses a row: "


REFUSED = {
    "reference": Refused(
        "create table people (id uuid primary key); alter table books add foreign key (author_id) references people",
        {}, f"entity books, key {BOOKS[0]}, at author, SQLSTATE 23503",
        f"{AUTHORS[0]} is in no row that author may refer to: public.books refuses a row: ",
    ),
    "reference that is put off": Refused(
        "create table people (id uuid primary key);"
        " alter table books add foreign key (author_id) references people deferrable initially deferred",
        {}, f"entity books, key {BOOKS[0]}, at author, SQLSTATE 23503",
        f"{AUTHORS[0]} is in no row that author may refer to: public.books refuses a row: ",
    ),
    "check": Refused(
        "alter table books add check (price < 5)", {LAST: {"price": 1}},
        f"entity books, key {BOOKS[20]}, SQLSTATE 23514", 'violates check constraint "books_price_check"',
    ),
    "two with one title": Refused(
        "create unique index on books (title)", {LAST: {"title": "Book 1"}},
        f"entity books, key {BOOKS[LAST]}, at title, SQLSTATE 23505",
        f'"Book 1": (title) of public.books must be unique, and is the same for key "{BOOKS[1]}": public.books refuses a row: ',
    ),
    "element": Refused(
        "alter table editions add check (year < 2019)", {},
        f"entity books, key {BOOKS[19]}, SQLSTATE 23514", "public.editions refuses a row: ",
    ),
    "trigger": Refused(
        "create function public.no() returns trigger language plpgsql as"
        " $$ begin if new.title = 'Book 7' then raise 'not this one'; end if; return new; end $$;"
        " create trigger no before insert on books for each row execute function public.no()", {},
        f"entity books, key {BOOKS[7]}, SQLSTATE P0001", "not this one",
    ),
}  # fmt: skip


def prepare(shop: Small, sql: str, books: dict[int, dict[str, Any]]) -> None:
    for name in ("authors", "books"):
        file = shop.files / f"{name}.json"
        mapping = json.loads(file.read_text())
        for table in mapping["to"].values():
            table["exists"] = True
            table.pop("checks", None)
            for column in table["columns"].values():
                column.pop("in", None)
                column.pop("null", None)
        file.write_text(json.dumps(mapping))
    write(shop, books)
    shop.cluster.psql(TABLES + sql)


@pytest.mark.parametrize("name", REFUSED)
def test_row(shop: Small, name: str) -> None:
    refused = REFUSED[name]
    prepare(shop, refused.sql, refused.books)
    assert shop.fail(DATA, refused.says).where == refused.where
    # The way on leaves the checkpoint as the programs left it.
    assert shop.fail(DATA, refused.says).where == refused.where


def test_row_without_a_checkpoint(shop: Small) -> None:
    """Nothing has the record: the row is told by its key in the target."""
    prepare(shop, "alter table books add check (price < 5)", {})
    complaint = shop.complaint(shop.run(*shop.run_arguments(), "--no-checkpoint"), DATA)
    assert "entity books, key " in complaint.where and str(BOOKS[20]) not in complaint.where


class Same(NamedTuple):
    """What the target has besides, the books that are the same by it, and what is said of each that another was before."""

    sql: str
    books: dict[int, dict[str, Any]]
    where: str
    says: dict[int, str]


def same(keys: str, other: int, value: str = "") -> str:
    return f'{value}({keys}) of public.books must be unique, and is the same for key "{BOOKS[other]}"'


SAME = {
    "an expression": Same(
        "create unique index on books (lower(title))", {2: {"title": "BOOK 1"}, 4: {"title": "book 1"}, 5: {"title": "book 3"}},
        "at title, SQLSTATE 23505",
        {2: same("lower(title::text)", 1, '"book 1": '), 4: same("lower(title::text)", 1, '"book 1": '),
         5: same("lower(title::text)", 3, '"book 3": ')},
    ),
    "a part of the rows": Same(
        "create unique index on books (price) where status = 'published'",
        {1: {"price": 1}, 2: {"price": 1}, 3: {"price": 1.00}, 4: {"price": 1}}, "at price, SQLSTATE 23505",
        {3: same("price", 1, "1.00: ")},
    ),
    "several columns": Same(
        "alter table books add unique (status, price)", {1: {"price": 1}, 2: {"price": 1}, 3: {"price": 1}, 4: {"price": 9}},
        "at status, SQLSTATE 23505", {3: same("status, price", 1)},
    ),
    "nothing is the same": Same(
        "alter table books add constraint one unique nulls not distinct (price)", {1: {"price": None}, 3: {"price": ...}},
        "at price, SQLSTATE 23505", {3: same("price", 1)},
    ),
    "a column that the server makes": Same(
        "alter table books add slug text generated always as (lower(title)) stored unique", {3: {"title": "BOOK 1"}},
        "at title, SQLSTATE 23505", {3: same("slug", 1, '"book 1": ')},
    ),
    "a column that no record fills": Same(
        "alter table books add shop text not null default 'here', add unique (shop, title)", {3: {"title": "Book 1"}},
        "at title, SQLSTATE 23505", {3: same("shop, title", 1)},
    ),
    "a collation": Same(
        "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        " create unique index on books (title collate ci)", {3: {"title": "BOOK 1"}},
        "at title, SQLSTATE 23505", {3: same("title", 1, '"BOOK 1": ')},
    ),
    "the key": Same("", {3: {"_id": BOOKS[1]}}, "at _id, SQLSTATE 23505", {1: same("id", 1)}),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_rows_that_are_the_same(shop: Small, name: str) -> None:
    """All that have it are said with who had it before, by the keys of the source."""
    one = SAME[name]
    prepare(shop, one.sql, one.books)
    ended = shop.run()
    complaint = shop.complaint(ended, DATA, next(iter(one.says.values())) + ": public.books refuses a row: ")
    assert complaint.where == f"entity books, key {BOOKS[min(one.says)]}, {one.where}"
    count = f"{len(one.says)} problem{'s' * (len(one.says) > 1)}: key"
    assert f"what the records that were read so far show:\n  books, at {one.where.split(',')[0][3:]}: {count}" in ended.stdout
    for n, said in one.says.items():
        assert str(BOOKS[n]) in ended.stdout and said in ended.stdout


def test_a_row_from_before_that_is_the_same(shop: Small) -> None:
    prepare(shop, "create unique index on books (lower(title));"
                  " insert into books values (gen_random_uuid(), gen_random_uuid(), 'BOOK 7', 1, 'draft', '{}')", {})
    there = shop.query("select id from public.books")
    ended = shop.run(*shop.run_arguments(), "--allow-rows")
    complaint = shop.complaint(ended, DATA, f'"book 7": (lower(title::text)) of public.books must be unique,'
                                            f' and is the same for the row "{there}" that the target has already: ')
    assert complaint.where == f"entity books, key {BOOKS[7]}, at title, SQLSTATE 23505"


def test_rows_of_two_entities_that_are_the_same(shop: Small) -> None:
    prepare(shop, "alter table authors add unique (name)", {2: {"title": "Author 3"}})
    file = shop.files / "books.json"
    mapping = json.loads(file.read_text())
    mapping["to"] |= {"public.authors": {"exists": True, "key": ["id"], "columns": {
        "id": {"from": "_id", "id_of": "books"}, "name": {"from": "title", "type": "text"}}}}
    file.write_text(json.dumps(mapping))
    complaint = shop.fail(DATA, f'"Author 3": (name) of public.authors must be unique, and is the same for key "{AUTHORS[3]}" of authors: ')
    assert complaint.where == f"entity books, key {BOOKS[2]}, at title, SQLSTATE 23505"


def test_more_than_are_named(shop: Small) -> None:
    """The first 20, and how many; of one batch."""
    shop.batch_bytes = "1M"
    prepare(shop, "create unique index on books ((status is not null))", {})
    ended = shop.run()
    shop.complaint(ended, DATA, f'true: ((status IS NOT NULL)) of public.books must be unique, and is the same for key "{BOOKS[0]}"')
    assert f"books, at status: 23 problems: keys {BOOKS[1]}, {BOOKS[2]}, " in ended.stdout
    assert f"{BOOKS[20]}, ...\n" in ended.stdout and str(BOOKS[21]) not in ended.stdout


AFTER = {
    "several columns": ({"columns": ["status", "title"], "unique": True}, {3: {"title": "Book 1"}, 20: {"title": "Book 2"}},
                        {3: same("status, title", 1), 20: same("status, title", 2)}),
    "a part of the rows": ({"columns": ["price"], "unique": True, "where": "status = 'draft'"}, {2: {"price": 4}, 16: {"price": 4}},
                           {16: same("price", 2, "4.00: ")}),
}  # fmt: skip


@pytest.mark.parametrize("name", AFTER)
def test_an_index_that_cannot_be_made(shop: Small, name: str) -> None:
    index, books, says = AFTER[name]
    file = shop.files / "books.json"
    mapping = json.loads(file.read_text())
    mapping["to"]["public.books"]["indexes"] = [index]
    file.write_text(json.dumps(mapping))
    write(shop, books)
    ended = shop.run()
    complaint = shop.complaint(ended, DATA, next(iter(says.values())), "public.books has (")
    assert complaint.where.startswith(f"entity books, key {BOOKS[min(says)]}, at ")
    for n, said in says.items():
        assert str(BOOKS[n]) in ended.stdout and said in ended.stdout


def test_one_of_the_records_is_corrected(shop: Small) -> None:
    """The advice, followed: the run goes on from where it was."""
    prepare(shop, "create unique index on books (lower(title))", {20: {"title": "BOOK 1"}})
    ended = shop.run()
    shop.complaint(ended, DATA, same("lower(title::text)", 1, '"book 1": '))
    assert "next: correct one of the records in the source, or the mapping\n" in ended.stdout
    write(shop, {})
    shop.succeed()
    assert shop.query("select count(*) from public.books") == "24"
