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
        f"entity books, key {BOOKS[LAST]}, SQLSTATE 23505", "already exists",
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
