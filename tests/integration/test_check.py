"""graduate check: the sources read through the mappings, everything that would stop a run named at once."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest

from tests.integration.complaint import DATA, REFUSED, SOURCE, USAGE
from tests.integration.migration import PROGRAMS, ROOT, TABLES, Ended, Migration
from tests.integration.small_project import AUTHORS, BOOKS, Small, author, book, encoded, project, shop_of
from tests.rig.postgres import Cluster


@pytest.fixture
def shop(targets: Cluster, tmp_path: Path) -> Iterator[Small]:
    with shop_of(tmp_path, targets) as made:
        yield made


def graduate(shop: Small, verb: str, *arguments: str | Path) -> Ended:
    done = subprocess.run(
        [PROGRAMS / "graduate", verb, "--project", shop.project, *arguments],
        cwd=ROOT, env=shop.environment, capture_output=True, text=True, timeout=60)  # fmt: skip
    return Ended(done.args, done.returncode, done.stdout, done.stderr)


def write(shop: Small, books: dict[int, dict[str, Any]], authors: dict[int, dict[str, Any]] = {}) -> None:
    """The shop's records, with other members in some of them; a member that is ... is gone."""

    def changed(record: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in (record | members).items() if value is not ...}

    dump = shop.top / "dump"
    (dump / "authors.bson").write_bytes(
        encoded(changed(author(n), authors.get(n, {})) for n in range(len(AUTHORS))))  # fmt: skip
    (dump / "books.bson.gz").write_bytes(
        gzip.compress(encoded(changed(book(n), books.get(n, {})) for n in range(len(BOOKS)))))  # fmt: skip


# number of a book: what is wrong of it -> path, text of the message, how often, keys
MISTAKES = {
    1: {"price": "free"}, 2: {"price": "2 pounds"}, 3: {"author": "somebody"}, 4: {"title": None}, 5: {"title": ...},
    6: {"title": "a title that is far too long"}, 7: {"editions": [{"year": 2000}, {"year": "MM"}, {"year": "MCM"}]},
    8: {"editions": "none"}, 9: {"colour": "red"}, 10: {"price": float("nan"), "tags": [1], "colour": "blue"},
    11: {"editions": [{"year": 1, "print": 2}]}, 12: {"tags": "one"},
}  # fmt: skip
FOUND = [
    ("price", "does not fit the type numeric(8,2)", 2, [1, 2]),
    ("price", "NaN", 1, [10]),
    ("author", "nobody's id", 1, [3]),
    ("title", "must not be null, and the field is null", 1, [4]),
    ("title", "must not be null, and the field is absent", 1, [5]),
    ("title", "does not fit the type varchar(20)", 1, [6]),
    ("editions[].year", "does not fit the type integer", 2, [7, 7]),
    ("editions", "looks for an array here", 1, [8]),
    ("colour", "the mapping says nothing of this field", 2, [9, 10]),
    ("editions[].print", "the mapping says nothing of this field", 1, [11]),
    ("tags[]", "the int", 1, [10]),
    ("tags", "the text", 1, [12]),
]


def problems(said: dict[str, Any], entity: str) -> list[tuple[str, str, int, list[str]]]:
    (one,) = [one for one in said["entities"] if one["entity"] == entity]
    return [(p["path"], p["message"], p["count"], [e["key"] for e in p["examples"]]) for p in one["problems"]]


def test_everything_at_once(shop: Small) -> None:
    write(shop, MISTAKES, {2: {"name": ...}})
    ended = graduate(shop, "check", "--json")
    shop.complaint(ended, DATA, f"problems would stop a run: {sum(count for _, _, count, _ in FOUND) + 1}")
    said = json.loads(ended.stdout)
    found = problems(said, "books")
    for path, text, count, numbers in FOUND:
        keys = [str(BOOKS[n]) for n in numbers]
        like = [one for one in found if one[0] == path and text in one[1] and one[2] == count and one[3] == keys]
        assert len(like) == 1, ((path, text, count), found)
    assert len(found) == len(FOUND), found
    assert [(path, keys) for path, _, _, keys in problems(said, "authors")] == [("name", [str(AUTHORS[2])])]
    assert [one["records"] for one in said["entities"]] == [len(AUTHORS), len(BOOKS)]
    assert shop.untouched() and not shop.folder.exists()


def test_for_people(shop: Small) -> None:
    write(shop, {n: {"price": "free"} for n in range(5)})
    ended = graduate(shop, "check")
    shop.complaint(ended, DATA, "problems would stop a run: 5")
    keys = ", ".join(str(BOOKS[n]) for n in range(3))
    assert f"books, at price: 5 problems: keys {keys}, ...\n" in ended.stdout
    assert "check of shop: 30 records read\n" in ended.stdout


def test_nothing_is_wrong(shop: Small) -> None:
    ended = graduate(shop, "check")
    assert (ended.returncode, ended.stdout) == (0, "check of shop: 30 records read\n"), ended.said
    shop.succeed()


def test_what_only_all_rows_show(shop: Small) -> None:
    """Keys and uniques that stand twice, references to nobody: each by the source's own keys."""
    books = json.loads((shop.files / "books.json").read_text())
    books["to"]["public.books"]["unique"] = [["title", "status"]]
    (shop.files / "books.json").write_text(json.dumps(books))
    stranger = bson.ObjectId(24 * "a")
    write(shop, {
        3: {"title": "Book 1"},  # as book 1, which is published, too
        4: {"title": "Book 1"},  # a draft
        5: {"author": stranger}, 6: {"author": stranger}, 7: {"author": bson.ObjectId(24 * "b")},
        9: {"_id": BOOKS[10]}, 11: {"title": "Book 2", "status": None}, 12: {"title": "Book 2", "status": None},
    })  # fmt: skip
    (scratch := shop.top / "scratch").mkdir()  # its own: others check at the same time
    shop.environment["TMPDIR"] = str(scratch)
    ended = graduate(shop, "check", "--json")
    shop.complaint(ended, DATA, "problems would stop a run: ")
    found = sorted(problems(json.loads(ended.stdout), "books"))
    twice = "of public.books must be unique, and is the same for key"
    assert found[0] == ("_id", f'(id) {twice} "{BOOKS[10]}"', 1, [str(BOOKS[10])])
    path, message, count, keys = found[1]
    assert (path, count, sorted(keys)) == ("author", 2, [str(BOOKS[5]), str(BOOKS[7])])
    assert message in {f'"{24 * digit}" is in no record of authors' for digit in "ab"}
    assert found[2] == ("editions", '(book_id, position) of public.editions must be unique, and is the same for key '
                        f'"{BOOKS[10]}"', 1, [str(BOOKS[10])])  # fmt: skip
    assert found[3] == ("title", f'(title, status) {twice} "{BOOKS[1]}"', 1, [str(BOOKS[3])])
    assert len(found) == 4, found
    assert not list(scratch.iterdir())


SERVER_TELLS: dict[str, Any] = {
    "an expression": ({"columns": ["(lower(title))"]}, {7: {"title": "BOOK 3"}}, [7]),
    "a part of the rows": (
        {"columns": ["title"], "where": "status = 'draft'"}, {6: {"title": "Book 4"}, 7: {"title": "Book 4"}}, [6]),
    "a check": ({"columns": ["(title || id)"]}, {9: {"price": -1}}, [9]),
    "what a type makes the same": ({"columns": ["price"]}, {8: {"price": bson.Decimal128("1.750")}}, [8]),
}  # fmt: skip


def test_what_the_server_alone_calls_the_same(shop: Small) -> None:
    """Before there is a table, and of one that is there with its rows and an index of its own."""
    books = json.loads((shop.files / "books.json").read_text())
    for name, (index, wrong, numbers) in SERVER_TELLS.items():
        books["to"]["public.books"]["indexes"] = [index | {"unique": True}]
        (shop.files / "books.json").write_text(json.dumps(books))
        write(shop, wrong)
        found = problems(json.loads(graduate(shop, "check", "--json").stdout), "books")
        assert [one[3] for one in found] == [[str(BOOKS[n]) for n in numbers]], (name, found)
    write(shop, {})
    shop.query("""create table public.authors (id uuid primary key, name text not null);
        create unique index own on public.authors (lower(name)); insert into public.authors values (gen_random_uuid(), 'AUTHOR 2')""")
    (shop.files / "authors.json").write_text((shop.files / "authors.json").read_text().replace('"key"', '"exists": true, "key"', 1))
    found = problems(json.loads(graduate(shop, "check", "--json", "--allow-rows").stdout), "authors")
    assert [one[3] for one in found] == [[str(AUTHORS[2])]] and "that the target has already" in found[0][1], found
    shop.environment["SUPABASE_DB_URL"] = ""
    ended = graduate(shop, "check")
    assert "public.books: not looked at: its unique index books_price_idx\n" in ended.stdout, ended.said
    assert "public.authors: not looked at: the unique indexes and checks that the target has on it\n" in ended.stdout, ended.said


def test_what_check_accepts_is_loaded(shop: Small) -> None:
    """Each mistake by itself: what it names, a run names, too."""
    for n, mistake in MISTAKES.items():
        write(shop, {n: mistake})
        shop.complaint(graduate(shop, "check"), DATA)
        complaint = shop.fail(DATA)
        assert str(BOOKS[n]) in complaint.where
        shop.empty_target()
        shutil.rmtree(shop.folder)


def test_names_that_no_record_has(shop: Small) -> None:
    """A name that a run cannot do without counts as a problem; another one is a warning."""
    books = json.loads((shop.files / "books.json").read_text())
    books["to"]["public.editions"]["each"] = "edition"
    books["drop"].append("editions")
    books["to"]["public.books"]["columns"]["isbn"] = {"from": "isbn", "type": "text"}
    (shop.files / "books.json").write_text(json.dumps(books))
    ended = graduate(shop, "check")
    shop.complaint(ended, DATA, "one problem would stop a run")
    assert 'books.json: /to/public.editions/each: no record of books has "edition" (0 of 24 records)' in ended.stdout
    assert 'books.json: /to/public.books/columns/isbn: no record of books has "isbn" (0 of 24 records)' in ended.stdout


def test_conditions_on_fields_that_no_record_has(shop: Small) -> None:
    """At any depth, whatever they ask; unless they are said to be optional."""
    books = json.loads((shop.files / "books.json").read_text())
    table = books["to"]["public.books"]
    table["when"] = {"any": [{"prize": {"exists": True}}, {"none": [{"titel": {"empty": False}, "title": ""}]}]}
    (shop.files / "books.json").write_text(json.dumps(books))
    ended = graduate(shop, "check")
    shop.complaint(ended, DATA, "problems would stop a run: 2")
    assert 'books.json: /to/public.books/when/any/0/prize: no record of books has "prize" (0 of 24 records)' in ended.stdout
    assert '/to/public.books/when/any/1/none/0/titel: no record of books has "titel"' in ended.stdout
    assert 'the nearest that was there is "title"' in ended.stdout
    table["optional"] = True
    (shop.files / "books.json").write_text(json.dumps(books))
    ended = graduate(shop, "check")
    assert ended.returncode == 0, ended.said


def test_checkpoints_of_a_run(shop: Small) -> None:
    """They are read in the place of the records, which may be gone; the source is asked for its catalog alone."""
    shop.succeed()
    write(shop, {1: {"price": "free"}})
    checkpoints = shop.folder / "checkpoints"
    ended = graduate(shop, "check", "--checkpoints", checkpoints)
    assert (ended.returncode, ended.stdout) == (0, "check of shop: 30 records read\n"), ended.said
    books = json.loads((shop.files / "books.json").read_text())
    books["to"]["public.books"]["columns"]["price"]["type"] = "integer"
    (shop.files / "books.json").write_text(json.dumps(books))
    shop.complaint(graduate(shop, "check", "--checkpoints", checkpoints), DATA, "problems would stop a run: 18")
    ended = graduate(shop, "plan", "--checkpoints", checkpoints)
    assert ended.returncode == 0 and f"a look at the records in {checkpoints}:\n" in ended.stdout, ended.said
    assert "books, at price: 18 problems: keys " in ended.stdout
    (checkpoints / "books.gck").unlink()
    ended = graduate(shop, "check", "--checkpoints", checkpoints)
    shop.complaint(ended, DATA, "one problem would stop a run")
    assert "books cannot be read:" in ended.stdout and "books.gck: No such file" in ended.stdout


def test_a_damaged_export_is_one_problem(shop: Small) -> None:
    """The others are looked at all the same."""
    path = shop.top / "dump" / "authors.bson"
    path.write_bytes(path.read_bytes()[:-7])
    ended = graduate(shop, "check")
    shop.complaint(ended, DATA, "one problem would stop a run")
    assert "authors cannot be read:" in ended.stdout and "authors.bson: document 6" in ended.stdout
    assert "24 records read" in ended.stdout
    shop.fail(SOURCE, "authors.bson: document 6")


def test_a_mapping_that_cannot_be(shop: Small) -> None:
    books = json.loads((shop.files / "books.json").read_text())
    books["to"]["public.books"]["columns"]["price"]["type"] = "money"
    (shop.files / "books.json").write_text(json.dumps(books))
    for verb in ("check", "plan"):
        shop.complaint(graduate(shop, verb), USAGE, "/to/public.books/columns/price")


def test_a_plan_looks_at_the_first_records(shop: Small) -> None:
    many = [book(0) | {"_id": bson.ObjectId(f"{n:024x}"), "price": "free" if n >= 1000 else 1} for n in range(1500)]
    (shop.top / "dump" / "books.bson.gz").write_bytes(gzip.compress(encoded(many)))
    ended = graduate(shop, "plan")
    assert ended.returncode == 0 and "a look at" not in ended.stdout, ended.said
    many[999]["price"] = "free"
    (shop.top / "dump" / "books.bson.gz").write_bytes(gzip.compress(encoded(many)))
    ended = graduate(shop, "plan")
    assert ended.returncode == 0, ended.said
    assert "a look at the first 1,000 records of each entity" in ended.stdout
    assert f"books, at price: 1 problem: key {999:024x}\n" in ended.stdout
    shop.complaint(graduate(shop, "check"), DATA, "problems would stop a run: 501")


# ---- the target -----------------------------------------------------------------------------------

BOOKS_TABLE = "create table public.books (id uuid primary key, author_id uuid not null, title varchar(20) not null, price numeric(8,2)"
# What the target holds, and its end; what the mapping of books says besides; what is said; the exit code.
TARGETS = {
    "a column is missing": (BOOKS_TABLE + ")", "drop table books", {"exists": True}, ("public.books", "status"), REFUSED),
    "rows": ("create table public.authors (id uuid primary key, name text not null); insert into authors values (gen_random_uuid(), 'x')",
             "drop table authors", {}, ("the target is not empty", "public.authors has 1"), REFUSED),
    "a view in the way": ("create view public.books as select 1 as id", "drop view books", {}, ("public.books",), REFUSED),
    "a policy of nothing": ("", "", {"policies": [{"name": "own", "for": "select", "to": ["anon"], "using": "nobody() = id"}]},
                            ("policy own of public.books", "function nobody() does not exist"), USAGE),
    "two that cannot be": ("", "", {"policies": [{"name": "own", "for": "select", "to": ["anon"], "using": "nobody() = id"},
                                         {"name": "any", "for": "select", "to": ["nobody"], "using": "true"}]},
                           ("2 problems", "nobody()", 'role "nobody" does not exist'), USAGE),
    "a check of nothing": ("", "", {"checks": {"fair": "fair(price)"}}, ("public.books", "function fair(numeric) does not exist"), USAGE),
}  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_the_target_is_asked(shop: Small, name: str) -> None:
    """What a run would be refused for, plan and check say; and nothing of it stays."""
    sql, end, more, says, code = TARGETS[name]
    books = json.loads((shop.files / "books.json").read_text())
    books["to"]["public.books"] |= more
    if more.get("exists"):
        del books["to"]["public.books"]["checks"], books["to"]["public.books"]["columns"]["status"]["in"]
    (shop.files / "books.json").write_text(json.dumps(books))
    if sql:
        shop.cluster.psql(sql)
    before = shop.query(TABLES)
    for verb in ("plan", "check"):
        shop.complaint(graduate(shop, verb), code, *says)
    assert shop.query(TABLES) == before and shop.query("select to_regnamespace('graduate') is null") == "t"
    if code == REFUSED:
        shop.fail(code, says[0])
        shop.cluster.psql(end)


def test_a_target_that_would_take_it(shop: Small) -> None:
    """Beside what is there, when that is said; one that is not named is not asked."""
    shop.cluster.psql("create table public.authors (id uuid primary key, name text not null);"
                      "insert into authors values (gen_random_uuid(), 'x')")  # fmt: skip
    for verb in ("plan", "check"):
        assert graduate(shop, verb, "--allow-rows").returncode == 0
    assert shop.query("select count(*) from public.authors; select to_regclass('public.books') is null").split() == ["1", "t"]
    shop.cluster.psql("drop table authors")
    del shop.environment["SUPABASE_DB_URL"]
    ended = graduate(shop, "plan")
    assert ended.returncode == 0 and "the target is not named yet, and a run needs it" in ended.stdout, ended.said
    assert graduate(shop, "check").returncode == 0


# ---- a plan without a mapping: the first look at a source ------------------------------------------


def fields_of(said: str, collection: str) -> dict[str, str]:
    """What is listed of a collection's fields: name -> type, and "never null"."""
    part = said.split(f"\n  {collection}:\n")[1].split("\n\n")[0]
    rows = [line.split(maxsplit=1) for line in part.splitlines() if line.startswith("    ")]
    return {name: " ".join(rest.split()) for name, rest in rows}


FIRST_LOOK = {
    "_id": "objectId never null", "author": "objectId never null", "title": "string|int never null", "price": "double",
    "status": "null", "tags": "string[] never null", "editions": "object[] never null", "editions[].year": "int",
    "__v": "int never null", "deep": "object", "deep.er": "object", "deep.er.still": "bool", "odd": "array", "mixed": "string[]|int[]",
}  # fmt: skip


def test_a_plan_without_mappings(shop: Small, tmp_path: Path) -> None:
    """Fields and types of the first 1,000 records, of a dump and of JSON lines; what is damaged is said, and the rest shown."""
    many = [book(0) | {"_id": bson.ObjectId(f"{n:024x}"), "tags": ["a"], "editions": [{"year": 1}], "status": None} for n in range(1500)]
    many[7] |= {"title": 7, "price": None, "deep": {"er": {"still": True}}, "odd": [], "mixed": [1, "a", None]}
    many[1000] |= {"late": 1, "tags": 2}
    (shop.top / "dump/books.bson.gz").write_bytes(gzip.compress(encoded(many)))
    (shop.top / "dump/authors.bson").write_bytes(b"\x10\0\0\0")
    lines = tmp_path / "lines"
    lines.mkdir()
    (lines / "things.jsonl").write_text("".join(json.dumps({"$id": f"t{n}", "$permissions": [], "n": n}) + "\n" for n in range(1200)))
    project = json.loads((shop.files / "project.json").read_text())
    project["sources"]["app"] = {"kind": "appwrite", "uri": f"file:{lines}", "database": "db"}
    (shop.files / "project.json").write_text(json.dumps(project))
    for name in ("books", "authors"):
        (shop.files / f"{name}.json").unlink()
    ended = graduate(shop, "plan")
    shop.complaint(ended, USAGE, "has no mapping files")
    assert fields_of(ended.stdout, "core.books") == FIRST_LOOK
    assert "core.authors cannot be looked at: " in ended.stderr
    assert fields_of(ended.stdout, "app.things") == {"$id": "string never null", "$permissions": "array never null", "n": "long never null"}
    assert any(line.split()[:2] == ["app.things", "1,200"] for line in ended.stdout.splitlines()), ended.stdout
    assert any(line.split()[:2] == ["core.books", "1,500"] for line in ended.stdout.splitlines()), ended.stdout


PARENTS = {
    "from": "core.parents", "drop": ["_id"],
    "to": {"public.parents": {
        "key": ["shop", "number"], "unique": [["slug"]],
        "columns": {"number": {"type": "integer"}, "shop": {"type": "text"}, "slug": {"type": "varchar(9)"}},
    }},
}  # fmt: skip
CHILDREN = {
    "from": "core.children",
    "to": {"public.children": {
        "key": ["id"], "foreign_keys": [{"columns": ["n", "s"], "references": "public.parents", "to": ["number", "shop"]}],
        "columns": {
            "id": {"from": "_id", "type": "integer"}, "s": {"type": "text"}, "n": {"type": "integer"},
            "slug": {"type": "varchar(9)", "references": "public.parents.slug"},
        },
    }},
}  # fmt: skip
CHILD = [
    {"_id": 1, "n": 7, "s": "a", "slug": "x"}, {"_id": 2, "n": 7, "s": "b", "slug": "y"}, {"_id": 3, "n": 7, "s": "c", "slug": "z"},
    {"_id": 4, "n": None, "s": "c", "slug": None}, {"_id": 5, "n": 8, "s": "a", "slug": "z"},
]  # fmt: skip


def test_foreign_keys_between_plain_columns(targets: Cluster, tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    parents = [{"_id": 1, "number": 7, "shop": "a", "slug": "x"}, {"_id": 2, "number": 7, "shop": "b", "slug": "y"}]
    for name, records in (("parents", parents), ("children", CHILD)):
        (tmp_path / "dump" / f"{name}.bson").write_bytes(encoded(records))
        (tmp_path / "dump" / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    files = {"project": project("ties", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}), "parents": PARENTS, "children": CHILDREN}
    with Small(tmp_path, targets, files, CORE_URI=f"file:{tmp_path / 'dump'}") as made:
        ended = graduate(made, "check", "--json")
        made.complaint(ended, DATA, "problems would stop a run: 3")
        found = {path: (message, sorted(keys)) for path, message, _, keys in problems(json.loads(ended.stdout), "children")}
        assert {path: keys for path, (_, keys) in found.items()} == {"s": ["3", "5"], "slug": ["3"]}
        assert found["slug"][0] == '"z" is in no record of parents' and found["s"][0].endswith(" is in no record of parents")
        made.fail(DATA, "public.children")
        (tmp_path / "dump" / "children.bson").write_bytes(encoded([CHILD[0], CHILD[1], CHILD[3]]))
        ended = made.run(*made.run_arguments(), "--restart", "children")
        assert ended.returncode == 0, ended.said


def test_authorstack_has_no_problem(migration: Migration) -> None:
    """Also of ids that are a text in one table and a UUID in the other."""
    ended = migration.run("check", "--project", "authorstack")
    assert ended.returncode == 0 and "check of authorstack: 17,175 records read\n" in ended.stdout, ended.said
