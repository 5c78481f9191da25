"""Postgres as a source: one snapshot over all tables, every value as it was, and going on behind any key."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.integration.cases import CASES
from tests.integration.complaint import REFUSED, SOURCE, TARGET, USAGE
from tests.integration.migration import PROGRAMS, wait_for_hold, wait_until
from tests.integration.small_project import Small, project
from tests.integration.stream_format import frames, tuples
from tests.rig.postgres import Cluster

FEW_ROWS, ONE_ROW = "200", "1"
NUMBERS = itertools.count()

# A table for every kind of key that a position can hold: its columns, and its rows in no order.
KEYS = {
    "by_int": ("id int primary key", "(3), (-2147483648), (2147483647), (0)"),
    "by_bigint": ("id bigint primary key", "(9223372036854775807), (-1), (9007199254740993)"),
    "by_text": ("id text primary key", "('ä'), (''), ('a'), ('B'), ('quote '' \\ \"'), (E'tab\\t'), ('😀')"),
    "by_char": ("id char(3) primary key", "('b'), ('a  '), ('abc')"),
    "by_uuid": ("id uuid primary key", "('ffffffffffffffffffffffffffffffff'), ('00000000-0000-0000-0000-000000000001')"),
    "by_numeric": ("id numeric primary key", "(1.10), ('NaN'), (-1e20), (0.0001), ('Infinity'), (1e-20), (10000)"),
    "by_date": ("id date primary key", "('2024-02-29'), ('infinity'), ('0044-03-15 BC'), ('-infinity')"),
    "by_moment": ("id timestamptz primary key", "('2024-01-01 00:00:00.000001+00'), ('4714-11-24 BC'), ('infinity')"),
    "by_time": ("id time primary key", "('24:00'), ('00:00:00.000001'), ('23:59:59.999999')"),
    "by_bytes": ("id bytea primary key", r"('\x'), ('\x00ff'), ('\x00')"),
    "by_truth": ("id boolean primary key", "(true), (false)"),
    "by_pair": ("who text, day date, n int, primary key (day, who)", "('b', '2024-01-02', 1), ('a', '2024-01-02', 2),"
             " ('c', '2024-01-01', 3), ('', '2024-01-02', 4)"),
    "by_lone": ("id int not null unique, n text", "(2, 'two'), (1, 'one')"),
}  # fmt: skip
VALUES = """
    create table values_of_all_types (
      id int primary key, small smallint, large bigint, single real, double double precision, exact numeric,
      cents numeric(10,2), truth boolean, words text, short varchar(10), padded char(5), bytes bytea,
      name uuid, day date, hour time, moment timestamp, instant timestamptz, span interval, document json,
      object jsonb, address inet, numbers int[], texts text[], deep int[][], moments timestamptz[]);
    insert into values_of_all_types values
      (1, -32768, -9223372036854775808, 'NaN', '-Infinity', 'NaN', -99999999.99, true, '', '', '', '',
       gen_random_uuid(), '-infinity', '00:00', '-infinity', 'infinity', '-1 year 2 mons -3 days 04:05:06.000007',
       '{"a":1,  "a":2}', 'null', '::1/128', '{}', '{}', '{}', '{}'),
      (2, 32767, 9223372036854775807, 1.17549435e-38, 5e-324, 123456789012345678901234567890.123456789, 0.1, false,
       E'tab\\t \\\\ "quote" \\r\\n 😀 \\u0001', 'ünïcödé€!', 'ab', '\\x00ff', '00000000-0000-0000-0000-000000000000',
       '0044-03-15 BC', '24:00', '4714-11-24 00:00:00 BC', '294276-12-31 23:59:59.999999+00', '178000000 years', '[]',
       '{"b": [1.10, null, "x"], "a": 12345678901234567890.123}', '10.1.2.3/8', '{1,null,-3}',
       '{"a b",NULL,"",null,"\\""}', '{{1,2},{3,4}}', '{"2024-01-01 00:00:00.000001+00",infinity}');
    insert into values_of_all_types values (3);
    insert into values_of_all_types (id, moment, instant)
      select n, timestamp '1970-01-01' + n * interval '1 microsecond', now() + n * interval '1.000001 s'
      from generate_series(4, 20) n;
"""
PLAIN = """
    create table sales (id int primary key, amount numeric(10,2) not null);
    insert into sales select n, n * 1.25 from generate_series(1, 40) n;
    create table visits (id int primary key, who text);
    insert into visits select n, 'visitor ' || n from generate_series(1, 20) n;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """The Postgres that is migrated from. No test leaves a database behind."""
    with Cluster(durable=True) as cluster:
        yield cluster


class Till(Small):
    """Tables of a database of their own, moved as they are."""

    def __init__(self, top: Path, targets: Cluster, server: Cluster, sql: str, *tables: str) -> None:
        self.server = server
        self.database = f"till{next(NUMBERS)}"
        uri = server.create_database(self.database, "till")
        self.ask(sql)
        mappings = {name: {"from": f"till.{name}", "to": {f"public.{name}": {"keep_shape": True}}} for name in tables}
        self.tables = tables
        sources = {"till": {"kind": "postgres", "uri": "${TILL_URI}"}}
        super().__init__(top, targets, {"project": project("till", sources), **mappings}, TILL_URI=uri)
        self.batch_bytes = FEW_ROWS

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        self.server.psql(f"drop database {self.database} with (force)")

    def ask(self, sql: str) -> str:
        return self.server.psql(sql, database=self.database, role="till")

    def arrived(self) -> bool:
        """Every row of every table, as text, here as there."""
        text = "set timezone = 'UTC'; set extra_float_digits = 3; select t::text from public.{} t order by 1"
        return all(self.query(text.format(table)) == self.ask(text.format(table)) for table in self.tables)


@pytest.fixture
def till(targets: Cluster, server: Cluster, tmp_path: Path) -> Iterator[Till]:
    with Till(tmp_path, targets, server, PLAIN, "sales", "visits") as made:
        yield made


def test_every_value_is_as_it_was(targets: Cluster, server: Cluster, tmp_path: Path) -> None:
    with Till(tmp_path, targets, server, VALUES, "values_of_all_types") as till:
        till.succeed()
        assert till.arrived()
        assert till.query("select count(*), count(distinct instant) from public.values_of_all_types") == "20|19"


def test_read_on_behind_every_row_by_every_kind_of_key(targets: Cluster, server: Cluster, tmp_path: Path) -> None:
    """From each position that the ledger holds, the source gives the rows that come next, and no other."""
    tables = "".join(f"create table {name} ({columns}); insert into {name} values {rows};"
                     for name, (columns, rows) in KEYS.items())  # fmt: skip
    with Till(tmp_path, targets, server, tables, *KEYS) as till:
        till.batch_bytes = ONE_ROW
        till.succeed()
        assert till.arrived()
        positions = till.query("select entity, batch, encode(position, 'hex') from graduate.batches").split()
        found = {name: rows_of(till, name) for name in KEYS}
        for entity, batch, position in (line.split("|") for line in positions):
            (tmp_path / "position").write_bytes(bytes.fromhex(position))
            rest = rows_of(till, entity, "--after-batch", batch, "--after", str(tmp_path / "position"))
            assert rest == found[entity][int(batch) :], f"{entity} behind row {batch}"


def rows_of(till: Small, entity: str, *more: str) -> list[list[bytes | None]]:
    command = [PROGRAMS / "graduate-extract", "--project", till.project, "--entity", entity, *more]
    command += ["--catalogs", till.folder / "catalog"]
    stream = subprocess.run(command, env=till.environment, capture_output=True, check=True, timeout=60).stdout
    return [row for frame in frames(stream) if frame.type == "B" for row in tuples(frame.payload)]


def test_resumed_in_the_middle(till: Till) -> None:
    """The loader is killed again and again, and each time the source is asked for what comes next."""
    for killed in range(20):
        ended = till.run(*till.run_arguments(), "--no-checkpoint", GRADUATE_CRASH_AT="load.after_commit:2")
        if ended.returncode == 0:
            break
        assert ended.returncode == TARGET and "SIGKILL" in ended.said, ended.said
    assert killed >= 3
    assert till.arrived()
    assert till.account()["balance"] == 0


def test_one_snapshot_over_all_tables(till: Till) -> None:
    """What is written while the run reads the first table is in none of the others."""
    before = [till.ask(f"select t::text from {table} t order by id") for table in till.tables]
    process = till.start(GRADUATE_HOLD_AT="load.before_commit:1")
    wait_for_hold(till, process, "graduate-load")
    assert till.query("select count(*) from graduate.partitions where entity = 'visits'") == "0", "read already"
    till.ask("""
        insert into visits values (1000, 'too late'); delete from visits where id = 3;
        update visits set who = 'somebody else' where id = 4;
        insert into sales values (1000, 1); delete from sales where id = 40""")
    ended = till.release(process)
    assert ended.returncode == 0, ended.said
    assert [till.query(f"select t::text from public.{table} t order by id") for table in till.tables] == before
    holders = "select count(*) from pg_stat_activity where backend_xmin is not null and datname = current_database()"
    wait_until(lambda: till.ask(f"{holders} and pid <> pg_backend_pid()") == "0", "the snapshot let go")


def test_where_sequences_begin_that_gave_no_number(targets: Cluster, server: Cluster, tmp_path: Path) -> None:
    """The owner restarted one, another began at 1000: the target goes on there, and verify holds it to that."""
    sql = """
        create table began (id serial primary key, "N" int generated by default as identity (start 1000));
        insert into began (id, "N") values (1, 1), (2, 2);
        create table again (id serial primary key, n text);
        insert into again (n) values ('a'), ('b');
        alter sequence again_id_seq restart with 999;
        create table given (id serial primary key);
        insert into given values (default), (default);
    """
    next_number = "select nextval(pg_get_serial_sequence('public.{}', '{}'))"
    expected = {("began", "id"): "3", ("began", "N"): "1000", ("again", "id"): "999", ("given", "id"): "3"}
    with Till(tmp_path, targets, server, sql, "began", "again", "given") as till:
        till.succeed()
        assert till.run("verify", "--run-dir", str(till.folder)).returncode == 0
        assert {place: till.query(next_number.format(*place)).strip() for place in expected} == expected
        till.cluster.psql("alter sequence public.again_id_seq restart with 500")
        ended = till.run("verify", "--run-dir", str(till.folder))
        assert ended.returncode == 1 and "the next number of column id is 500, and the source's is behind 998" in " ".join(
            ended.said.split()
        ), ended.said  # fmt: skip


def test_a_server_that_restarts_in_the_middle(till: Till) -> None:
    process = till.start(GRADUATE_HOLD_AT="load.before_commit:1")
    loader = wait_for_hold(till, process, "graduate-load")
    till.server.restart("immediate")
    os.kill(loader, signal.SIGCONT)
    till.complaint(till.finish(process), SOURCE, "source till", "run again")
    till.succeed()
    assert till.arrived()


def test_a_source_that_falls_silent(targets: Cluster, server: Cluster, tmp_path: Path) -> None:
    """It is said, and given up; by a way that does not fall silent the run goes on."""
    sql = "create table many (id int primary key, n text); insert into many select n, repeat('n', 90) from generate_series(1, 40000) n"
    script = CASES / "faults/silent-target/silent.py"
    with Till(tmp_path, targets, server, sql, "many") as till:
        till.batch_bytes = "64K"
        right = till.environment["TILL_URI"]
        with subprocess.Popen(
            [sys.executable, script, "127.0.0.1", str(server.port), "900000"], stdout=subprocess.PIPE, text=True
        ) as way:  # fmt: skip
            assert way.stdout
            till.environment["TILL_URI"] = right.replace(f":{server.port}/", f":{int(way.stdout.readline())}/")
            ended = till.run(*till.run_arguments(), "--stall", "4")
            way.kill()
        said = "nothing was heard from it for 4 s, while reading public.many; it is given up"
        assert "--stall SECONDS waits longer" in till.complaint(ended, SOURCE, said, "entity many").next
        assert "nothing heard from the source till at" in ended.stderr and "for 2 s, while reading public.many" in ended.stderr
        till.environment["TILL_URI"] = right
        till.succeed()
        assert till.arrived()
        assert_every_verb_gives_up(till)


def assert_every_verb_gives_up(till: Till) -> None:
    """Who waits for a lock hears as little as from a server that is gone."""
    folder, of_project = str(till.folder), ("--project", str(till.project))
    asking = {
        "source till": {"plan": of_project, "schema": of_project, "check": of_project,
                        "compare": (folder, "--forecast"), "verify": ("--run-dir", folder, "--source")},
        "target": {"status": ("--run-dir", folder), "verify": ("--run-dir", folder)},
    }  # fmt: skip
    uris = {"source till": till.server.uri(till.database), "target": till.cluster.uri()}
    for end, verbs in asking.items():
        with psycopg.connect(uris[end]) as other:
            other.execute("lock table many" if end != "target" else "lock table public.many, graduate.batches")
            started = {verb: till.start(verb, *arguments, "--stall", "1") for verb, arguments in verbs.items()}
            for verb, process in started.items():
                ended = till.finish(process)
                code = REFUSED if verb == "verify" else SOURCE if end != "target" else TARGET
                assert ended.returncode == code, f"{verb}: {ended.said}"
                told = " ".join(ended.said.split())
                assert f"the {end} at " in told and "nothing was heard from it for 1 s, while " in told, f"{verb}: {told}"


# What is done to the table visits, how it is undone, and what is said.
SHAPES = [
    ("add column more int", "drop column more", "more is new"),
    ("rename who to whose", "rename whose to who", "who is not in its place"),
    ("alter who type varchar(40)", "alter who type text", "who has another type"),
]


def test_a_table_that_changes_its_shape(till: Till) -> None:
    assert till.run(GRADUATE_CRASH_AT="load.after_commit:2").returncode == TARGET
    for change, back, says in SHAPES:
        till.ask(f"alter table visits {change}")
        till.fail(SOURCE, "public.visits has changed since its catalog was taken", says, "entity visits")
        till.ask(f"alter table visits {back}")
    till.succeed()
    assert till.arrived()


# Tables without an order to go on in: no key, one that may be null, one of a type that a position cannot hold.
HEAPS = {
    "no key": ("id int, t text", ""),
    "null in the key": ("id int, t text, unique (id)", ", (null, 'x'), (null, 'x')"),
    "a key of spans": ("id interval primary key, t text", ""),
}
HEAP = "create table heap ({}); insert into heap select {}, 'row ' || n from generate_series(1, 40) n{}"


@pytest.mark.parametrize("name", HEAPS)
def test_a_table_without_a_key_is_read_whole_first(targets: Cluster, server: Cluster, tmp_path: Path, name: str) -> None:
    """Killed where its checkpoint grows and where its rows are loaded: no row is missing, and none is there twice."""
    columns, more = HEAPS[name]
    sql = HEAP.format(columns, "n * interval '1 hour'" if "interval" in columns else "n", "")
    sql += "; insert into heap values (1, 'twice'), (1, 'twice')" if name == "no key" else ""
    sql += f"; insert into heap values (100, 'x'){more}" if more else ""
    with Till(tmp_path, targets, server, sql, "heap") as till:
        partial = till.folder / "checkpoints/heap.gck.partial"
        assert till.run(GRADUATE_CRASH_AT="extract.checkpoint_written:2").returncode == SOURCE
        assert partial.exists() and till.query("select count(*) from public.heap") == "0"
        assert till.run(GRADUATE_CRASH_AT="extract.checkpoint_settled").returncode == SOURCE
        assert not partial.exists() and till.query("select count(*) from public.heap") == "0"
        assert till.run(GRADUATE_CRASH_AT="load.after_commit:2").returncode == TARGET
        assert till.query("select count(*) from public.heap") != "0"
        till.ask("update heap set t = 'changed since'")
        till.succeed()
        expected = till.query("select count(*), count(*) filter (where t like 'row %') from public.heap")
        assert expected == f"{till.ask('select count(*) from heap')}|40"
        assert till.run("verify", "--run-dir", str(till.folder)).returncode == 0


def test_what_has_no_key_does_not_go_on_without_checkpoints(targets: Cluster, server: Cluster, tmp_path: Path) -> None:
    sql = HEAP.format("id int, t text", "n", "")
    with Till(tmp_path, targets, server, sql, "heap") as till:
        call = [*till.run_arguments(), "--no-checkpoint"]
        assert till.run(*call, GRADUATE_CRASH_AT="load.after_commit:2").returncode == TARGET
        said = "the table has no key by which its reading could go on"
        advice = till.complaint(till.run(*call), REFUSED, said, "entity heap").next
        assert "graduate run --restart ENTITY" in advice
        assert till.run(*call, "--restart", "heap").returncode == 0
        assert till.arrived()


# What stands in the way of reading, as SQL of the administrator; how it is taken away; what is said.
CLOSED = {
    "no right to read": (
        "alter table visits owner to rig_admin; revoke all on visits from till", "alter table visits owner to till",
        ("permission denied for table visits", "SQLSTATE 42501", "GRANT SELECT")),
    "row-level security": (
        "alter table visits enable row level security, force row level security",
        "alter table visits disable row level security, no force row level security", ("row-level security", "SQLSTATE 42501", "BYPASSRLS")),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_a_table_that_may_not_be_read(till: Till, name: str) -> None:
    close, open_again, says = CLOSED[name]
    till.server.psql(close, database=till.database)
    till.fail(SOURCE, "the source till at", "entity visits", *says)
    till.server.psql(open_again, database=till.database)
    till.succeed()
    assert till.arrived()


# ---- getting in ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls() -> Iterator[Cluster]:
    with Cluster(tls=True) as cluster:
        yield cluster


def with_password(uri: str, password: str) -> str:
    return re.sub(r"(?<=://)([^:]*):[^@]*@", rf"\1:{password}@", uri)


Door = Callable[[Till, Cluster], str]
DOORS: dict[str, tuple[Door, int, tuple[str, ...]]] = {
    "nobody there": (
        lambda till, tls: re.sub(r":\d+/", ":1/", till.environment["TILL_URI"]), SOURCE,
        ("the source till at 127.0.0.1:1/", "Connection refused", "nothing listens there")),
    "no such host": (
        lambda till, tls: "postgresql://till:open-sesame@no-such-host.invalid/till", SOURCE,
        ("no-such-host.invalid", "check the host")),
    "a wrong password": (
        lambda till, tls: with_password(till.environment["TILL_URI"], "open-sesame"), SOURCE,
        ("the source till at", "password authentication failed", "check user and password")),
    "a password with a bare @": (
        lambda till, tls: with_password(till.environment["TILL_URI"], "open@sesame/1"), USAGE,
        ("the URI of the source till", "%XX")),
    "no such database": (
        lambda till, tls: till.server.uri("nowhere"), SOURCE,
        ('database "nowhere" does not exist', "correct the database")),
    "TLS where there is none": (
        lambda till, tls: till.environment["TILL_URI"] + "?sslmode=require", SOURCE,
        ("the source till at", "does not support SSL", "turn TLS on")),
    "no TLS where it is asked for": (
        lambda till, tls: tls.uri(sslmode="disable"), SOURCE, ("no encryption", "add sslmode=require")),
    "a certificate by nobody known": (
        lambda till, tls: tls.uri(sslmode="verify-full", sslrootcert="/etc/ssl/certs/ca-certificates.crt"), SOURCE,
        ("certificate verify failed", "sslrootcert")),
    "a certificate of another host": (
        lambda till, tls: tls.uri(hostaddr="127.0.0.1", sslmode="verify-full", sslrootcert=str(tls.certificate))
        .replace("@127.0.0.1", "@azure.invalid"),
        SOURCE, ("the source till at azure.invalid", "does not match host name", "check the host")),
    "no certificate to verify by": (
        lambda till, tls: tls.uri(sslmode="verify-full", sslrootcert="/no/such/file"), SOURCE,
        ('"/no/such/file" does not exist', "sslrootcert=FILE")),
    "something else than Postgres": (
        lambda till, tls: "file:/var/lib/postgresql", USAGE, ('no "file:" form', "restore a pg_dump file")),
}  # fmt: skip


@pytest.fixture(scope="module")
def strayed(targets: Cluster, server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A till that is led to one wrong door after the other, always with the same run folder."""
    with Till(tmp_path_factory.mktemp("strayed"), targets, server, PLAIN, "sales", "visits") as made:
        yield made


@pytest.mark.parametrize("name", DOORS)
def test_a_door_that_is_closed(strayed: Till, tls: Cluster, name: str) -> None:
    door, code, says = DOORS[name]
    strayed.empty_target()
    right = strayed.environment["TILL_URI"]
    strayed.environment["TILL_URI"] = door(strayed, tls)
    strayed.fail(code, *says)
    strayed.environment["TILL_URI"] = right
    assert strayed.untouched()


def test_the_right_door_at_last(strayed: Till) -> None:
    strayed.empty_target()
    strayed.succeed()
    assert strayed.arrived()


def test_through_tls(targets: Cluster, tls: Cluster, tmp_path: Path) -> None:
    with Till(tmp_path, targets, tls, PLAIN, "sales", "visits") as till:
        till.environment["TILL_URI"] += f"?sslmode=verify-full&sslrootcert={tls.certificate}"
        till.succeed()
        assert till.arrived()
