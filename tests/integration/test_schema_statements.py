"""The statements that schemas are made of, as tests/unit/common/schema/expected.sql has them, in a real server.

Every one is taken, none is done before it ran, each is known to be done after it, and together they make what the
mappings of tests/unit/common/schema say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rig import RigError
from tests.rig.postgres import Cluster

EXPECTED = Path(__file__).resolve().parents[1] / "unit" / "common" / "schema" / "expected.sql"

# What the target brings: Supabase's roles and accounts.
BROUGHT = """
create role anon; create role authenticated; create role service_role;
create schema auth;
create table auth.users (id uuid primary key, email text);
"""


PHASES = ("tables", "keys", "indexes", "references", "rest", "figures")


@dataclass(frozen=True)
class Statement:
    phase: str
    name: str
    unless: str
    sql: str


def statements() -> list[Statement]:
    found = re.findall(
        rf"^-- ({'|'.join(PHASES)}): (.+)\n(?:-- unless: (.+)\n)?((?:.+\n)+)",
        EXPECTED.read_text(),
        re.MULTILINE,
    )
    return [Statement(*parts) for parts in found]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as started:
        yield started


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> str:
    """The library's target, made statement by statement."""
    cluster.psql("create database library")
    cluster.psql(BROUGHT, database="library")
    for statement in statements():
        if statement.unless:
            assert cluster.psql(statement.unless, database="library") == "", f"{statement.name}: before it ran"
        cluster.psql(statement.sql, database="library")
    return "library"


def test_all_of_the_file_is_read() -> None:
    text = EXPECTED.read_text()
    assert len(statements()) == sum(text.count(f"\n-- {phase}: ") for phase in PHASES)
    assert len(statements()) > 100


def test_every_statement_is_known_to_be_done(cluster: Cluster, database: str) -> None:
    for statement in statements():
        if statement.unless:
            assert cluster.psql(statement.unless, database=database) == "1", statement.name


def test_what_has_no_test_can_be_repeated(cluster: Cluster, database: str) -> None:
    repeatable = [statement.sql for statement in statements() if not statement.unless]
    assert repeatable
    cluster.psql("\n".join(repeatable), database=database)


def test_names_are_not_cut(cluster: Cluster, database: str) -> None:
    """A name that PostgreSQL shortens would not be found again."""
    quoted = {name.replace('""', '"') for s in statements() for name in re.findall(r'"((?:[^"]|"")+)"', s.sql)}
    assert max(len(name.encode()) for name in quoted if not name.startswith(("archive", "public"))) <= 63


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (  # nothing is readable before a policy says so
            "select count(*) from pg_class where relkind = 'r' and not relrowsecurity"
            " and relnamespace in ('public'::regnamespace, 'archive'::regnamespace)",
            "0",
        ),
        (
            "select string_agg(conname || ' ' || confdeltype::text, ', ' order by conname) from pg_constraint"
            " where contype = 'f' and conrelid in ('books'::regclass, 'archive.\"Book \"\"Parts\"\"\"'::regclass)",
            'Book "Parts"_two words_fkey a, books_reviewer_id_fkey r, books_sequel_of_fkey n, books_user_id_fkey c',
        ),
        (  # every foreign key can be followed back without a scan
            "select string_agg(conname, ', ') from pg_constraint c where contype = 'f' and not exists (select from"
            " pg_index i where i.indrelid = c.conrelid and i.indpred is null and i.indkey[0] = c.conkey[1])",
            "",
        ),
        (
            "select string_agg(pg_get_constraintdef(oid), '; ' order by conname) from pg_constraint"
            " where contype = 'c' and conrelid = 'books'::regclass",
            "CHECK ((level = ANY (ARRAY[(1)::numeric, 0.1, '-2.5'::numeric, (1000)::numeric])));"
            " CHECK ((status = ANY (ARRAY['draft'::text, 'it''s out'::text, 'back\\slash'::text])));"
            " CHECK ((length((title)::text) < 150))",
        ),
        ("select obj_description('books'::regclass)", "An author's \"books\", with a back\\slash"),
        (
            "select string_agg(attname || ' ' || attidentity::text, ', ') from pg_attribute"
            " where attidentity <> '' and attrelid in ('sales'::regclass, 'archive.logs'::regclass)",
            "counter d, id d",
        ),
        ("insert into archive.logs (no) values ('x') returning counter", "42"),  # behind the source's last one
        ("set role authenticated; select count(*) from books", "0"),
    ],
)
def test_what_the_statements_made(cluster: Cluster, database: str, query: str, answer: str) -> None:
    assert cluster.psql(query, database=database) == answer


@pytest.mark.parametrize(
    ("query", "sqlstate"),
    [
        ("insert into books values (gen_random_uuid(), null)", "23502"),
        ("insert into sales (user_id, amount, platform, origin) values (gen_random_uuid(), 1, 'paper', '')", "23514"),
        ("insert into sales (user_id, amount, origin) values (gen_random_uuid(), 1, '')", "23503"),
        ("set role authenticated; delete from books", "42501"),
        ("set role anon; select count(*) from books", "42501"),
    ],
)
def test_what_the_statements_forbid(cluster: Cluster, database: str, query: str, sqlstate: str) -> None:
    with pytest.raises(RigError, match=sqlstate):
        cluster.psql(query, database=database)
