"""Sources and targets of other versions of PostgreSQL than Debian's (tests/rig/servers.py)."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.complaint import SOURCE
from tests.integration.kept_tables import Kept, table
from tests.integration.migration import AZURE_DUMP, Migration, target_cluster
from tests.integration.small_project import project
from tests.integration.whole_database import DATABASE, EXTENSIONS, mappings
from tests.rig.ports import LOCALHOST
from tests.rig.postgres import Cluster
from tests.rig.servers import VERSIONS

# From the oldest into Debian's in every run; tests/run --all tries each into the two that Supabase has.
EVERY = bool(os.environ.get("GRADUATE_EVERY_VERSION"))
PAIRS = [(source, target) for source in VERSIONS for target in (15, 17)] if EVERY else [(12, None)]


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: f"{pair[0]} to {pair[1] or 'the installed'}")
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Cluster, Cluster]]:
    source, target = request.param
    with Cluster(version=source) as old, target_cluster(version=target) as new:
        yield old, new


def test_authorstack_moves(ends: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    old, new = ends
    with Migration(tmp_path / "run", new, old.restore(AZURE_DUMP, "azure")) as made:
        made.succeed()
        ended = made.run("verify", "--run-dir", str(made.folder))
        assert ended.returncode == 0, ended.said


def test_a_whole_database_moves(ends: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    old, new = ends
    old.psql("create database whole")
    old.psql(file=DATABASE, database="whole")
    with Kept(tmp_path, new, old, mappings(old, "whole"), "") as made:
        made.environment["OLD_URI"] = old.uri("whole")
        for name in EXTENSIONS:
            made.query(f'create schema if not exists extensions; create extension if not exists "{name}" schema extensions')
        made.succeed()
        ended = made.run("verify", "--run-dir", str(made.folder))
        assert ended.returncode == 0, ended.said


@contextmanager
def aged(port: int) -> Iterator[int]:
    """A port that leads to the server, which calls itself PostgreSQL 10 there."""

    class Way(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((LOCALHOST, port)) as server:
                back = threading.Thread(target=pass_on, args=(server, self.request, True))
                back.start()
                pass_on(self.request, server, False)
                back.join()

    with socketserver.ThreadingTCPServer((LOCALHOST, 0), Way) as ways:
        threading.Thread(target=ways.serve_forever, daemon=True).start()
        yield ways.server_address[1]
        ways.shutdown()


def pass_on(here: socket.socket, there: socket.socket, aging: bool) -> None:
    name = b"server_version\x00"
    while data := here.recv(65536):
        at = data.find(name)
        if aging and at >= 0:
            at += len(name)
            data = data[:at] + b"10" + data[at + 2 :]
        there.sendall(data)
    there.shutdown(socket.SHUT_WR)


def test_an_older_one_is_refused_by_name(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    files = {"project": project("aged", {"old": {"kind": "postgres", "uri": "${OLD_URI}"}}), "t": table("t")}
    with Kept(tmp_path, targets, old, files, "create table t (id int primary key)") as kept, aged(old.port) as port:
        uri = kept.environment["OLD_URI"].replace(f":{old.port}/", f":{port}/")
        kept.complaint(kept.run("plan", "--project", kept.project, OLD_URI=f"{uri}?sslmode=disable"), SOURCE,
                       "the server is PostgreSQL 10, and 12 is the oldest that is read")  # fmt: skip
        assert kept.plan().returncode == 0
