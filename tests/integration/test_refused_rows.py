"""A row that a table of the target refuses while it is loaded is told by the record that it was made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.complaint import DATA, TARGET
from tests.integration.migration import target_cluster
from tests.integration.small_project import AUTHORS, BOOKS, Small, encoded, project
from tests.integration.test_check import write
from tests.rig.postgres import Cluster

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


# ---- records that are set aside for it -----------------------------------------------------------------

# 10,000 records in one batch, of which the target refuses some.
TRIGGER = (
    "create or replace function public.no() returns trigger language plpgsql as"
    " $$ begin if new.n = 7777 then raise 'not this one'; end if; return null; end $$; create constraint trigger no"
    " after insert on numbers deferrable initially {when} for each row execute function public.no()"
)


class Lone(NamedTuple):
    """A table that refuses the record 7777, and the SQLSTATE."""

    sql: str
    state: str
    says: str


LONE = {
    "check": Lone("alter table numbers add constraint no check (n <> 7777)", "23514", 'violates check constraint "no"'),
    "two that are equal": Lone("create unique index on numbers (twin)", "23505", "already exists"),
    "exclusion": Lone("alter table numbers add constraint no exclude (twin with =)", "23P01", "exclusion constraint"),
    "null": Lone("alter table numbers alter opt set not null", "23502", "null value in column"),
    "a trigger before": Lone(
        TRIGGER.format(when="immediate").replace("return null", "return new").replace("constraint trigger no", "trigger no")
        .replace("after insert on numbers deferrable initially immediate", "before insert on numbers"),
        "P0001", "not this one",
    ),
    "a trigger behind": Lone(TRIGGER.format(when="immediate"), "P0001", "not this one"),
    "a trigger at the end": Lone(TRIGGER.format(when="deferred"), "P0001", "not this one"),
}  # fmt: skip


def numbers(top: Path, cluster: Cluster, count: int, limit: int, sql: str = "", refused: str = "reject", **more: Any) -> Small:
    dump = top / "dump"
    dump.mkdir()
    records = [{"_id": n, "n": n, "twin": 7 if n == 7777 else n, "opt": None if n == 7777 else n, "parts": [n, n + 1]} for n in range(count)]
    (dump / "c.bson").write_bytes(encoded(records))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    column = {"type": "integer"}
    mapping = {
        "from": "core.c",
        "to": {
            "public.numbers": {
                "exists": True, "key": ["id"], "misfit": {"refused": refused},
                "columns": {"id": {"from": "_id", **column}, "n": column, "twin": column, "opt": column},
            },
        } | more,
    }  # fmt: skip
    if not more:
        mapping["drop"] = ["parts"]
    files = {
        "project": project("numbers", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, rejects={"limit": limit}),
        "c": mapping,
    }
    made = Small(top, cluster, files, CORE_URI=f"file:{dump}")
    made.batch_bytes = "4M"
    made.sql = "create table numbers (id integer primary key, n integer, twin integer, opt integer);" + sql  # type: ignore[attr-defined]
    return made


def begun(made: Small) -> Small:
    made.cluster.psql(made.sql)  # type: ignore[attr-defined]
    return made


def verified(made: Small) -> str:
    ended = made.run("verify", "--run-dir", str(made.folder))
    assert ended.returncode == 0, ended.said
    return " ".join(ended.said.split())


@pytest.fixture(scope="module")
def logging() -> Iterator[Cluster]:
    """A target that logs every statement, behind the name of who sent it."""
    with target_cluster(settings={"log_statement": "all", "log_line_prefix": "%a|"}) as cluster:
        yield cluster


def statements(cluster: Cluster, begin: int = 0) -> list[str]:
    """Those of graduate that are in the log behind its first so many bytes: what it sends in one message is one."""
    text = cluster.log.read_bytes()[begin:].decode()
    return re.findall(r"^graduate\|LOG:  (?:statement|execute <unnamed>): (.*)$", text, re.MULTILINE)


def test_what_one_refused_record_of_ten_thousand_costs(logging: Cluster, tmp_path: Path) -> None:
    """At most 20 statements more than a run that sets aside nothing, whatever the server says of the row."""
    counts = {}
    for name, lone in {"none": Lone("", "", ""), **LONE}.items():
        (tmp_path / name).mkdir()
        begin = logging.log.stat().st_size
        with numbers(tmp_path / name, logging, 10_000, 1, lone.sql if name != "none" else "") as made:
            begun(made).succeed()
            assert made.query("select count(*) from numbers") == ("10000" if name == "none" else "9999")
            counts[name] = len(statements(logging, begin))
    extra = {name: count - counts["none"] for name, count in counts.items()}
    assert max(extra.values()) <= 20, extra
    assert extra["check"] <= 8, extra


@pytest.mark.parametrize("name", LONE)
def test_one_refused_record_of_ten_thousand(targets: Cluster, tmp_path: Path, name: str) -> None:
    lone = LONE[name]
    with numbers(tmp_path, targets, 10_000, 1, lone.sql) as made:
        begun(made).succeed()
        assert made.query("select count(*), count(*) filter (where n = 7777) from numbers") == "9999|0"
        assert made.query("select entity, key, sqlstate from graduate.rejects") == f"c|7777|{lone.state}"
        [line] = [json.loads(line) for line in (made.folder / "rejects.jsonl").read_text().splitlines()]
        assert lone.says in line["message"] and line["record"]["parts"] == [{"$numberInt": "7777"}, {"$numberInt": "7778"}]
        [entity] = made.account()["entities"]
        assert (entity["read"], entity["loaded"], entity["rejected"], entity["balance"]) == (10_000, 9999, 1, 0)
        paths = {path["path"]: path for path in made.account()["paths"]}
        assert (paths["n"]["written"], paths["n"]["rejected"], paths["parts"]["rejected"]) == (9999, 1, 1)
        said = verified(made)
        assert "1 record rejected" in said and "everything arrived" not in said
        assert made.run("undo", "--run-dir", str(made.folder)).returncode == 0
        assert made.query("select count(*) from numbers") == "0"


PARTS = {
    "public.parts": {
        "each": "parts", "exists": True, "key": ["id", "n"],
        "columns": {
            "id": {"parent": "id"}, "n": {"position": True},
            "a": {"from": ".", "type": "smallint", "misfit": {"range": "clamp"}},
        },
    },
}  # fmt: skip
PARTS_SQL = "create table parts (id integer, n integer, a smallint, primary key (id, n));"
ODD = (
    "create or replace function public.odd() returns trigger language plpgsql as"
    " $$ begin if new.a % 100 = 7 then raise 'no sevens'; end if; return null; end $$; create constraint trigger odd"
    " after insert on parts deferrable initially {when} for each row execute function public.odd()"
)


@pytest.mark.parametrize("sql", [
    "alter table parts add check (a % 100 <> 7)", ODD.format(when="immediate"), ODD.format(when="deferred"),
])  # fmt: skip
@pytest.mark.parametrize("batches", ["4M", "4K"])
def test_records_go_with_all_their_rows(targets: Cluster, tmp_path: Path, sql: str, batches: str) -> None:
    """An element is refused: of the record neither rows nor losses stay. 6 and 7, 106 and 107, ... have a seven in them."""
    parts = {"public.parts": PARTS["public.parts"] | {"misfit": {"refused": "reject"}}}
    with numbers(tmp_path, targets, 500, 10, PARTS_SQL + sql, "error", **parts) as made:
        made.batch_bytes = batches
        begun(made).succeed()
        away = {n for n in range(500) if n % 100 in (6, 7)}
        assert made.query("select count(*), count(*) filter (where id % 100 in (6, 7)) from numbers") == "490|0"
        assert made.query("select count(*), count(*) filter (where id % 100 in (6, 7)) from parts") == "980|0"
        assert {int(key) for key in made.query("select key from graduate.rejects").split()} == away
        assert made.account()["balance"] == 0
        assert "10 records rejected" in verified(made)
        ended = made.run(*made.run_arguments(), "--restart", "c")
        assert ended.returncode == 0, ended.said
        assert made.query("select count(*) from graduate.rejects") == "10"
        verified(made)


def test_losses_of_a_refused_record_go_with_it(targets: Cluster, tmp_path: Path) -> None:
    with numbers(tmp_path, targets, 20, 2, PARTS_SQL + "alter table numbers add check (n not in (3, 5))", **PARTS) as made:
        file = made.files / "c.json"
        mapping = json.loads(file.read_text())
        mapping["to"]["public.parts"]["columns"]["a"] = {"from": ".", "type": "numeric(1)", "misfit": {"range": "clamp"}}
        file.write_text(json.dumps(mapping))
        made.sql = made.sql.replace("a smallint", "a numeric(1)")  # type: ignore[attr-defined]
        begun(made).succeed()
        assert made.query("select string_agg(distinct key, ' ') from graduate.losses where key in ('3', '5')") == ""
        assert made.query("select count(*) from graduate.losses") == "21"
        assert made.query("select sum(losses) from graduate.batches") == "21"
        verified(made)


def test_one_that_is_corrected_comes_in(targets: Cluster, tmp_path: Path) -> None:
    with numbers(tmp_path, targets, 20, 2, PARTS_SQL + "alter table numbers add check (n not in (3, 5))", **PARTS) as made:
        begun(made).succeed()
        file = made.folder / "rejects.jsonl"
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert [line["key"] for line in lines] == ["3", "5"]
        lines[0]["record"]["n"] = 33
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        made.complaint(made.run("retry", "--run-dir", str(made.folder)), DATA, "1 of 2 corrected records", "check constraint")
        assert "1 record rejected" in verified(made)
        [line] = [json.loads(line) for line in file.read_text().splitlines()]
        line["record"]["n"] = 55
        file.write_text(json.dumps(line) + "\n")
        assert made.run("retry", "--run-dir", str(made.folder)).returncode == 0
        assert made.query("select count(*), count(*) filter (where n in (33, 55)) from numbers") == "20|2"
        assert made.query("select count(*) from parts") == "40"
        assert "everything arrived" in verified(made)


def test_one_word_for_all_kinds_is_for_refused_rows_too(targets: Cluster, tmp_path: Path) -> None:
    with numbers(tmp_path, targets, 20, 1, "alter table numbers add check (n <> 3)") as made:
        file = made.files / "c.json"
        mapping = json.loads(file.read_text())
        del mapping["to"]["public.numbers"]["misfit"]
        file.write_text(json.dumps(mapping | {"misfit": "reject"}))
        begun(made).succeed()
        assert made.query("select count(*) from numbers") == "19"
        verified(made)


@pytest.mark.parametrize("limit", [0, 1])
def test_more_than_the_project_lets_stop_the_run(targets: Cluster, tmp_path: Path, limit: int) -> None:
    with numbers(tmp_path, targets, 40, limit, "alter table numbers add constraint no check (n not in (3, 35))") as made:
        made.batch_bytes = "1K"
        begun(made).fail(DATA, f"{limit + 1} records are set aside, and the project lets at most {limit}", 'check constraint "no"')
        file = made.files / "project.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"rejects": {"limit": 2}}))
        made.succeed()
        assert made.query("select count(*) from numbers") == "38"
        assert "2 records rejected" in verified(made)


@pytest.mark.parametrize("point", ["load.begin:2", "load.copied:2", "load.before_commit", "load.after_commit"])
def test_killed_while_one_is_set_aside(targets: Cluster, tmp_path: Path, point: str) -> None:
    with numbers(tmp_path, targets, 40, 1, "alter table numbers add check (n <> 3)") as made:
        begun(made).fail(TARGET, GRADUATE_CRASH_AT=point)
        made.succeed()
        assert made.query("select count(*), count(*) filter (where n = 3) from numbers") == "39|0"
        assert made.query("select count(*) from graduate.rejects") == "1"
        verified(made)


def test_rows_that_are_refused_only_together_stop_the_run(targets: Cluster, tmp_path: Path) -> None:
    sql = (
        "create or replace function public.many() returns trigger language plpgsql as"
        " $$ begin if (select count(*) from public.numbers) > 30 then raise 'too many'; end if; return null; end $$;"
        " create trigger many after insert on numbers for each statement execute function public.many()"
    )
    with numbers(tmp_path, targets, 40, 5, sql) as made:
        begun(made).fail(DATA, "too many")
        assert made.query("select count(*) from graduate.rejects") == "0"


def test_rows_for_a_table_with_rows(targets: Cluster, tmp_path: Path) -> None:
    sql = "insert into numbers values (1, 100), (2, 200); alter table numbers add check (n not in (2, 7))"
    with numbers(tmp_path, targets, 20, 2, sql) as made:
        file = made.files / "c.json"
        mapping = json.loads(file.read_text())
        mapping["to"]["public.numbers"]["if_there"] = "update"
        file.write_text(json.dumps(mapping))
        begun(made).succeed()
        assert made.query("select string_agg(n::text, ' ' order by id) from numbers where id < 8") == "0 1 200 3 4 5 6"
        assert "2 records rejected" in verified(made)
        ended = made.run("undo", "--run-dir", str(made.folder))
        assert ended.returncode == 0, ended.said
        assert made.query("select string_agg(n::text, ' ' order by id) from numbers") == "100 200"
