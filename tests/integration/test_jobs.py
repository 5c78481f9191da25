"""Entities side by side, and the steps after them: what can be is, and nothing else differs."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.complaint import DATA, SOURCE
from tests.integration.migration import children, state, wait_until
from tests.integration.small_project import AUTHORS, SHOP, Small, author, book, encoded, project, write_shop
from tests.rig.postgres import Cluster

FILES = copy.deepcopy(SHOP)
FILES["authors"]["to"]["public.authors"] |= {"unique": [["name"]], "indexes": [["name", "id"]]}
FILES["books"]["to"]["public.books"] |= {"unique": [["title"]], "indexes": [["price"], ["status"], ["title", "price"]]}
FILES["books"]["to"]["public.editions"]["indexes"] = [["year"]]
KEYS, INDEXES = 5, 6
MADE = """
    select indexdef from pg_indexes where schemaname = 'public' order by indexname;
    select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace order by 1;
    select step from graduate.steps order by 1; select thing from graduate.made order by 1;
"""
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'graduate'"


@pytest.fixture
def shop(targets: Cluster, tmp_path: Path) -> Iterator[Small]:
    with Small(tmp_path, targets, FILES, CORE_URI=f"file:{write_shop(tmp_path / 'dump')}") as made:
        yield made


@contextmanager
def locked(shop: Small, table: str, mode: str) -> Iterator[None]:
    with psycopg.connect(shop.cluster.uri()) as session:
        session.execute(f"lock table {table} in {mode} mode")
        yield


def steps(shop: Small, kind: str) -> int:
    return int(shop.query(f"select count(*) from graduate.steps where step like '{kind}%'"))


def waiting(shop: Small) -> int:
    return int(shop.cluster.psql(WAITING, role=shop.cluster.superuser))


def test_as_many_as_there_may_be(shop: Small, targets: Cluster, tmp_path: Path) -> None:
    made = []
    for jobs in (1, 2, 4, 100):
        with Small(tmp_path / str(jobs), targets, FILES, CORE_URI=shop.environment["CORE_URI"]) as one:
            ended = one.run(*one.run_arguments(jobs))
            assert ended.returncode == 0, ended.said
            made.append((one.query(MADE), one.checksums()))
    assert all(other == made[0] for other in made)


def test_keys_of_other_tables_go_on(shop: Small) -> None:
    """One at a time of each table, which it locks."""
    assert shop.run(GRADUATE_CRASH_AT="driver.entity_done:2").returncode != 0
    with locked(shop, "public.books", "access share"):
        process = shop.start(*shop.run_arguments(4))
        wait_until(lambda: steps(shop, "") == KEYS - 2 or process.poll() is not None, "the keys of the other tables")
        wait_until(lambda: waiting(shop) > 0 or process.poll() is not None, "a key of books")
        assert waiting(shop) == 1
        assert steps(shop, "") == KEYS - 2
    ended = shop.finish(process)
    assert ended.returncode == 0, ended.said


@pytest.mark.parametrize(("jobs", "at_once"), [(1, 1), (2, 2), (8, 4)])
def test_indexes_of_one_table_together(shop: Small, jobs: int, at_once: int) -> None:
    assert shop.run(*shop.run_arguments(1), GRADUATE_CRASH_AT=f"load.step_done:{KEYS}").returncode != 0
    with locked(shop, "public.books", "row exclusive"):
        process = shop.start(*shop.run_arguments(jobs))
        wait_until(lambda: waiting(shop) == at_once or process.poll() is not None, "indexes of books")
        if jobs > at_once:  # somebody is left for those of the other tables
            wait_until(lambda: steps(shop, "index") == INDEXES - at_once, "the indexes of the other tables")
        assert waiting(shop) == at_once
    ended = shop.finish(process)
    assert ended.returncode == 0, ended.said
    assert steps(shop, "index") == INDEXES


def test_the_first_error_is_told(shop: Small) -> None:
    """Whichever comes first: it is the one that one connection alone would have met."""
    (shop.top / "dump/authors.bson").write_bytes(encoded(author(n) | {"name": "One"} for n in range(6)))
    books = [book(n) | {"title": "One"} for n in range(24)]
    (shop.top / "dump/books.bson.gz").unlink()
    (shop.top / "dump/books.bson").write_bytes(encoded(books))
    said = set()
    for jobs in (1, 4, 4, 4):
        ended = shop.run(*shop.run_arguments(jobs))
        assert ended.returncode == DATA, ended.said
        said.add(next(line for line in ended.stderr.splitlines() if "error" in line))
    assert len(said) == 1 and "authors" in said.pop()


def test_killed_in_the_middle(shop: Small) -> None:
    for nth in (1, 3, 2, 4):
        assert shop.run(*shop.run_arguments(4), GRADUATE_CRASH_AT=f"load.step_done:{nth}").returncode != 0
    ended = shop.run(*shop.run_arguments(4))
    assert ended.returncode == 0, ended.said
    assert steps(shop, "index") == INDEXES
    assert shop.account()["balance"] == 0


@pytest.mark.parametrize("most", [2, 3])
def test_a_target_that_lets_no_more_in(shop: Small, most: int) -> None:
    """Those that have come in do the work; with two, of which the run's lock has one, an entity at a time."""
    limit = "alter role postgres connection limit {}"
    shop.cluster.psql(limit.format(most), role=shop.cluster.superuser)
    try:
        ended = shop.run(*shop.run_arguments(8))
    finally:
        shop.cluster.psql(limit.format(-1), role=shop.cluster.superuser)
    assert ended.returncode == 0, ended.said
    assert steps(shop, "index") == INDEXES


def command_of(pid: int, option: str) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return words[words.index(option) + 1]


def at_hold(process: subprocess.Popen[str]) -> int:
    return sum(state(pid) == "T" for pid in children(process, "graduate-load"))


@pytest.mark.parametrize(("jobs", "at_once"), [(1, 1), (2, 2)])
def test_entities_side_by_side(shop: Small, jobs: int, at_once: int) -> None:
    process = shop.start(*shop.run_arguments(jobs), GRADUATE_HOLD_AT="load.begin")
    wait_until(lambda: at_hold(process) == at_once or process.poll() is not None, "loaders at their hold")
    assert len(children(process, "graduate-load")) == at_once
    ended = shop.release(process)
    assert ended.returncode == 0, ended.said
    assert shop.account()["balance"] == 0


@pytest.mark.parametrize("why", ["it looks them up", "a key that is there", "a trigger that is there"])
def test_who_refers_comes_after(targets: Cluster, tmp_path: Path, why: str) -> None:
    """Books wait for authors, however many entities may go side by side."""
    files = copy.deepcopy(FILES)
    if why == "it looks them up":
        files["books"]["to"]["public.books"]["columns"]["author_id"]["dangling"] = "error"
    elif "trigger" in why:  # which may write where books go, and wait for them
        files["books"]["to"]["public.books"]["columns"]["author_id"]["foreign_key"] = False
    core = f"file:{write_shop(tmp_path / 'dump')}"
    with Small(tmp_path, targets, files, CORE_URI=core) as shop:
        if "there" in why:
            made = shop.run("schema", "--project", shop.project)
            assert made.returncode == 0, made.said
            shop.cluster.psql(made.stdout)
        if "trigger" in why:
            shop.cluster.psql("""
                create function public.note() returns trigger language plpgsql as $$begin return new; end$$;
                create trigger note before insert on public.authors for each row execute function public.note()""")
        process = shop.start(*shop.run_arguments(8), GRADUATE_HOLD_AT="load.begin")
        wait_until(lambda: at_hold(process) == 1 or process.poll() is not None, "the authors' loader")
        assert [command_of(pid, "--entity") for pid in children(process, "graduate-extract")] in ([], ["authors"])
        assert len(children(process, "graduate-load")) == 1
        ended = shop.release(process)
        assert ended.returncode == 0, ended.said
        assert shop.account()["balance"] == 0


def test_all_refer_to_one_another(targets: Cluster, tmp_path: Path) -> None:
    """Of ways from one entity to another there are more than stars; that the first is on none of them is told at once."""
    dump, count = tmp_path / "dump", 18
    dump.mkdir()
    names = [f"things{n:02}" for n in range(count)]
    files: dict[str, Any] = {"project": project("circles", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}})}
    for n, name in enumerate(names):
        to = {f"r{k}": names[1 + (n + k) % (count - 1)] for k in range(3)} if n > 0 else {}
        columns = {field: {"from": field, "id_of": other, "dangling": "null"} for field, other in to.items()}
        files[name] = {"from": f"core.{name}", "to": {f"public.{name}": {"key": ["id"], "columns": {"id": {"from": "_id", "id_of": name}, **columns}}}}
        (dump / f"{name}.bson").write_bytes(encoded([{"_id": AUTHORS[0], **dict.fromkeys(to, AUTHORS[0])}]))
        (dump / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    with Small(tmp_path, targets, files, CORE_URI=f"file:{dump}") as circles:
        ended = circles.run(*circles.run_arguments(4))
        assert ended.returncode == 0, ended.said
        assert circles.account()["balance"] == 0


def test_one_that_fails_ends_the_others(shop: Small) -> None:
    """Which go on behind their last batch when it is mended."""
    file = shop.top / "dump/authors.bson"
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    for jobs in (4, 2):
        ended = shop.run(*shop.run_arguments(jobs))
        assert ended.returncode == SOURCE and "authors" in ended.stderr, ended.said
    file.write_bytes(whole)
    ended = shop.run(*shop.run_arguments(4))
    assert ended.returncode == 0, ended.said
    assert shop.account()["balance"] == 0
    assert shop.query("select count(*) from public.books").strip() == "24"
