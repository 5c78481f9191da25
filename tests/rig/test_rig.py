"""The rig's promises: servers are up fast, hold what they were given, and never outlive who started them."""

from __future__ import annotations

import gzip
import json
import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import bson
import psycopg
import pymongo
import pytest
from bson import json_util
from bson.raw_bson import RawBSONDocument

from tests.rig import RigError, ports
from tests.rig.mongodb import MongoServer
from tests.rig.postgres import Cluster
from tests.rig.venv import ROOT

READY_SECONDS = 60
GONE_SECONDS = 20

DUMP = """
create table sales (id serial primary key, amount numeric(10, 2));
insert into sales (amount) values (1.50), (-2);
create extension pgcrypto;
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    (tmp_path / "dump.sql").write_text(DUMP)
    return tmp_path / "dump.sql"


@pytest.fixture
def mongodump(tmp_path: Path) -> Path:
    """Two collections and a view, one file compressed under a plain name, one name escaped."""
    folder = tmp_path / "shop"
    folder.mkdir()
    users = [
        {"_id": id, "at": bson.DatetimeMS(2**60), "email": f"{number}@x"}
        for number, id in enumerate((2.5, "a", bson.MinKey()))
    ]
    (folder / "users.bson").write_bytes(gzip.compress(b"".join(map(bson.encode, users))))
    (folder / "odd+name%2Fx.bson").write_bytes(bson.encode({"_id": 1}))
    indexes = [
        {"v": 2, "key": {"_id": 1}, "name": "_id_"},
        {"v": 2, "key": {"email": 1}, "name": "by_email", "unique": True},
    ]
    metadata = {"options": {}, "indexes": indexes, "collectionName": "users", "type": "collection"}
    (folder / "users.metadata.json.gz").write_bytes(
        gzip.compress(json_util.dumps(metadata, json_options=json_util.CANONICAL_JSON_OPTIONS).encode())
    )
    view = {"options": {"viewOn": "users", "pipeline": [{"$match": {"email": "1@x"}}]}, "indexes": [], "type": "view"}
    (folder / "one.metadata.json").write_text(json.dumps(view))
    return folder


def count_sales(uri: str) -> int:
    with psycopg.connect(uri) as connection:
        return connection.execute(
            "select count(*) from sales where not (select rolsuper from pg_roles where rolname = current_user)"
        ).fetchone()[0]


def test_restores_sql(cluster: Cluster, dump: Path) -> None:
    assert count_sales(cluster.restore(dump, "plain")) == 2


def test_restores_compressed_sql(cluster: Cluster, dump: Path, tmp_path: Path) -> None:
    compressed = tmp_path / "dump.sql.gz"
    compressed.write_bytes(gzip.compress(dump.read_bytes()))
    assert count_sales(cluster.restore(compressed, "compressed")) == 2


@pytest.mark.parametrize("format", ("custom", "directory"))
def test_restores_archives(cluster: Cluster, dump: Path, tmp_path: Path, format: str) -> None:
    uri = cluster.restore(dump, f"for_{format}")
    subprocess.run(["pg_dump", f"--format={format}", f"--file={tmp_path / 'archive'}", uri], check=True)
    assert count_sales(cluster.restore(tmp_path / "archive", f"from_{format}")) == 2


def test_a_failing_dump_names_statement_and_place(cluster: Cluster, dump: Path) -> None:
    dump.write_text(DUMP + "alter table sales owner to azure_admin;\nselect 1;\n")
    with pytest.raises(RigError, match=r'dump.sql:5: ERROR: +role "azure_admin" does not exist'):
        cluster.restore(dump, "failing")


def test_a_missing_dump_is_named(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(RigError, match=r"nowhere\.sql: no such file"):
        cluster.restore(tmp_path / "nowhere.sql", "nowhere")


def test_psql_tells_the_sqlstate(cluster: Cluster) -> None:
    with pytest.raises(RigError, match="22012"):
        cluster.psql("select 1 / 0")


def test_psql_variables_reach_sql_as_they_are(cluster: Cluster) -> None:
    hostile = "a'b\\n\"c :x $y"
    assert cluster.psql("select :'value'", variables={"value": hostile}) == hostile


def test_data_and_port_outlive_a_restart() -> None:
    with Cluster() as cluster:
        cluster.psql("create table t (); checkpoint; create table u ()")
        before = cluster.uri()
        cluster.restart("immediate")
        assert cluster.uri() == before
        assert cluster.psql("select 't'::regclass, 'u'::regclass") == "t|u"


def test_a_wrong_password_is_refused(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.uri(), password="wrong")


def test_tls_is_as_strict_as_asked(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        psycopg.connect(cluster.uri(sslmode="require"))
    with Cluster(tls=True) as strict:
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(strict.uri(sslmode="disable"))
        with pytest.raises(psycopg.OperationalError, match="root certificate file"):
            psycopg.connect(strict.uri(sslmode="verify-full"))
        trusted = {"sslmode": "verify-full", "sslrootcert": str(strict.certificate)}
        psycopg.connect(strict.uri(**trusted)).close()


def test_restores_mongodump(mongodump: Path) -> None:
    with MongoServer() as server:
        restored = server.restore(mongodump)
        assert restored.documents == {"users": 3, "odd name/x": 1, "one": 0}
        assert restored.refused == []
        with server.client(document_class=RawBSONDocument) as client:
            assert [document.raw for document in client.shop.users.find()] == list(
                bson_documents(mongodump / "users.bson")
            )
            assert client.shop.one.count_documents({}) == 1
            assert client.shop.users.index_information()["by_email"]["unique"]


def bson_documents(path: Path) -> Iterator[bytes]:
    for document in bson.decode_iter(
        gzip.decompress(path.read_bytes()), bson.CodecOptions(document_class=RawBSONDocument)
    ):
        yield document.raw


@pytest.mark.parametrize("name, damage", (("users.bson", slice(None, -9)), ("odd+name%2Fx.bson", slice(None, -1))))
def test_a_damaged_mongodump_is_named(mongodump: Path, name: str, damage: slice) -> None:
    (mongodump / name).write_bytes((mongodump / name).read_bytes()[damage])
    with MongoServer() as server, pytest.raises(RigError, match=name.replace("+", r"\+")):
        server.restore(mongodump)


def test_mongodb_with_users_tls_and_fail_points(mongodump: Path) -> None:
    with MongoServer(auth=True, tls=True, test_commands=True) as server:
        server.restore(mongodump)
        server.create_user("reader", {"role": "read", "db": "shop"})
        with pymongo.MongoClient(server.uri("shop", "reader")) as client:
            assert client.shop.users.count_documents({}) == 3
            with pytest.raises(pymongo.errors.OperationFailure, match="not authorized"):
                client.shop.users.insert_one({})
        without_tls = f"mongodb://127.0.0.1:{server.port}/?directConnection=true"
        with (
            pymongo.MongoClient(without_tls, serverSelectionTimeoutMS=2000) as plain,
            pytest.raises(pymongo.errors.PyMongoError),
        ):
            plain.admin.command("ping")
        server.kill()
        server.start()
        with server.client() as client:
            assert client.shop.users.count_documents({}) == 3
            client.admin.command("configureFailPoint", "failCommand", mode="off")


def test_a_reserved_port_is_not_given_away() -> None:
    holder = ports.reserve()
    assert holder.getsockname()[1] not in {ports.reserve().getsockname()[1] for _ in range(2000)}


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    tick = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        tick.wait(0.05)
    pytest.fail(f"still not so after {seconds} s: {condition.__name__}")


class Rig:
    """A running `python3 -m tests.rig up`, what it told, and all that it started."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.rig", "up", *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def told(self) -> dict[str, dict[str, str]]:
        ready, _, _ = select.select([self.process.stdout], [], [], READY_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        assert line, "nothing was told"
        return json.loads(line)

    def started(self) -> Started:
        return Started(self.process.pid)

    def end(self) -> tuple[int, str]:
        """Waits for its end, which it must come to without its input being closed for it."""
        status = self.process.wait(timeout=GONE_SECONDS)
        said = self.process.stderr.read()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        return status, said


class Started:
    """The processes below one, and the folders that they work in."""

    def __init__(self, top: int) -> None:
        parents = {int(process.name): parent_of(process) for process in Path("/proc").glob("[0-9]*")}
        self.pids = {pid for pid in parents if descends(pid, top, parents)}
        self.folders = {folder for pid in self.pids if (folder := folder_of(pid))}

    def arguments(self) -> str:
        return "".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in self.pids)

    def servers(self) -> set[int]:
        """Those that a supervisor started, without their own children."""
        return {
            pid for pid in self.pids if folder_of(pid) and parent_of(Path(f"/proc/{pid}")) in supervisors(self.pids)
        }

    def is_gone(self) -> bool:
        left = {pid for pid in self.pids if folder_of(pid)} | supervisors(self.pids)
        return not left and not any(Path(folder).exists() for folder in self.folders)


def parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def descends(pid: int, top: int, parents: dict[int, int]) -> bool:
    while pid and pid != top:
        pid = parents.get(pid, 0)
        if pid == top:
            return True
    return False


def folder_of(pid: int) -> str | None:
    """The rig's folder that a process works in; PostgreSQL works in its data folder."""
    try:
        found = re.search(r".*/graduate-rig-[^/ ]+", os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None
    return found.group() if found else None


def supervisors(pids: set[int]) -> set[int]:
    found = set()
    for pid in pids:
        try:
            if b"rig/supervisor.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
        except OSError:
            continue
    return found


def wait_for_servers(rig: Rig, count: int) -> Started:
    wait_until(lambda: len(rig.started().servers()) >= count, READY_SECONDS)
    return rig.started()


def test_up_with_every_kind(dump: Path, mongodump: Path, tmp_path: Path) -> None:
    uris = tmp_path / "uris.json"
    appwrite = ROOT / "fixtures" / "authorstack" / "appwrite"
    rig = Rig(
        "supabase:target",
        f"postgres:azure={dump}",
        f"mongodb:core={mongodump}",
        f"appwrite:auth={appwrite}",
        "--uris",
        str(uris),
    )
    told = rig.told()
    assert {name: entry["kind"] for name, entry in told.items()} == {
        "target": "supabase", "azure": "postgres", "core": "mongodb", "auth": "appwrite",
    }  # fmt: skip
    assert json.loads(uris.read_text()) == told
    assert stat.S_IMODE(uris.stat().st_mode) == 0o600
    assert count_sales(told["azure"]["uri"]) == 2
    with psycopg.connect(told["target"]["uri"]) as connection:
        assert connection.execute("select current_user::text, count(*) from auth.users").fetchone() == ("postgres", 0)
    with pymongo.MongoClient(told["core"]["uri"]) as client:
        assert client.get_default_database().users.count_documents({}) == 3
    assert told["auth"]["uri"].endswith("/v1?project=auth")
    started = rig.started()
    assert len(started.servers()) == 4
    secrets = {entry.get("key") or entry["uri"].split("@")[0].rpartition(":")[2] for entry in told.values()}
    assert len(secrets) == 4 and not [secret for secret in secrets if secret in started.arguments()]
    rig.process.stdin.close()
    assert rig.end() == (0, "")
    assert started.is_gone() and not uris.exists()


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
def test_up_ends_in_order_by_a_signal(number: signal.Signals) -> None:
    rig = Rig("supabase")
    rig.told()
    started = rig.started()
    rig.process.send_signal(number)
    assert rig.end() == (0, "")
    assert started.is_gone()


def test_up_ends_by_a_signal_while_it_starts() -> None:
    rig = Rig("supabase", "mongodb", "postgres")
    started = wait_for_servers(rig, 2)
    rig.process.terminate()
    assert rig.end()[0] == 0
    assert started.is_gone()


def test_nothing_outlives_a_killed_rig() -> None:
    rig = Rig("supabase", "mongodb")
    rig.told()
    started = rig.started()
    assert len(started.servers()) == 2
    rig.process.kill()
    rig.end()
    wait_until(started.is_gone, GONE_SECONDS)


def test_nothing_outlives_a_rig_killed_while_it_starts() -> None:
    rig = Rig("supabase", "postgres")
    started = wait_for_servers(rig, 2)
    rig.process.kill()
    rig.end()
    wait_until(started.is_gone, GONE_SECONDS)


def test_no_server_outlives_a_killed_supervisor() -> None:
    rig = Rig("supabase", "mongodb")
    rig.told()
    started = rig.started()
    for pid in supervisors(started.pids):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(folder_of, started.pids)), GONE_SECONDS)
    assert rig.end()[0] == 1
    for folder in started.folders:
        shutil.rmtree(folder)


def test_up_says_when_a_server_ends_by_itself() -> None:
    rig = Rig("postgres:azure")
    rig.told()
    for pid in rig.started().servers():
        os.kill(pid, signal.SIGINT)
    status, said = rig.end()
    assert status == 1
    assert "azure: the server has ended by itself" in said and "fast shutdown" in said


@pytest.mark.parametrize(
    "arguments, status, words",
    (
        (["oracle"], 2, "KIND one of supabase, postgres, mongodb, appwrite"),
        (["postgres", "postgres"], 2, "two servers are called postgres"),
        (["postgres:azure=/nonexistent/a.sql"], 2, "/nonexistent/a.sql: no such file"),
        (["appwrite"], 2, "appwrite needs =PATH"),
        (["postgres:azure=/dev/null", "--uris", "/nonexistent/uris"], 1, "/nonexistent/uris"),
        (["mongodb:core=/usr/bin"], 1, "/usr/bin: holds no *.bson"),
    ),
)
def test_bad_input_is_named(arguments: list[str], status: int, words: str) -> None:
    rig = Rig(*arguments)
    ended, said = rig.end()
    assert ended == status
    assert words in said
    assert "Traceback" not in said
