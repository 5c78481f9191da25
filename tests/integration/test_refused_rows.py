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
