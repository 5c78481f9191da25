"""Starts throw-away servers, says where they are, and takes them down again.

    python3 -m tests.rig up supabase:target \\
        postgres:azure=fixtures/authorstack/azure/authorstack.sql \\
        mongodb:core=fixtures/authorstack/mongodb/authorstack \\
        appwrite:auth=fixtures/authorstack/appwrite

A server is KIND[:NAME][=PATH]; NAME is KIND unless given.

    supabase   a Supabase project; PATH: SQL that role postgres runs in it
    postgres   PATH: a dump, restored into database NAME by role NAME, who owns it
    mongodb    PATH: a database folder of mongodump, restored into a database of its name
    appwrite   PATH (needed): a folder that tests/rig/appwrite.py serves, as project NAME

When all are ready, one line of JSON goes to standard output, and to --uris FILE, which only its owner can
read:

    {"target": {"kind": "supabase", "uri": "postgresql://..."}, ..., "auth": {..., "key": "..."}}

The servers stay until standard input ends or SIGINT, SIGTERM or SIGHUP comes. Exit status: 0 after that; 1 if a
server could not be started or filled, or ended by itself; 2 if the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import re
import secrets
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig import RigError, venv
from tests.rig.ports import LOCALHOST
from tests.rig.postgres import Cluster
from tests.rig.server import Server

SERVER = re.compile(r"(?P<kind>[a-z]+)(?::(?P<name>[a-z][a-z0-9_]*))?(?:=(?P<path>.+))?")
FAILED, USAGE = 1, 2
HEALTH_SECONDS = 1
LAST_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AppwriteDouble(Server):
    """The HTTP double; it is our own program and reads our own files, so it runs as ourselves."""

    kind = "the Appwrite double"
    last_signal = signal.SIGTERM

    def __init__(self, data: Path, project: str) -> None:
        super().__init__()
        self.data = data.resolve()
        self.project = project
        self.key = secrets.token_urlsafe(24)

    @property
    def uri(self) -> str:
        return f"http://{LOCALHOST}:{self.port}/v1?project={self.project}"

    def _user(self) -> None:
        return None

    def _prepare(self) -> None:
        self._supervisor.write("keys", self.key + "\n")

    def _command(self) -> list[str | Path]:
        words: list[str | Path] = ["env", f"PYTHONPATH={venv.ROOT}", sys.executable, "-m", "tests.rig.appwrite"]
        words += ["--data", self.data, "--project", self.project, "--key-file", self.folder / "keys"]
        return [*words, "--port", str(self.port)]

    def _is_ready(self) -> bool:
        return self._supervisor.log.exists() and "listening on" in self._supervisor.log.read_text()


@dataclass(frozen=True)
class Request:
    kind: str
    name: str
    path: Path | None


@dataclass
class Up:
    """A server on its way up: what to start, how to fill it, and what to tell of it."""

    server: Server
    fill: Callable[[], dict[str, str]]


def make_supabase(request: Request, arguments: argparse.Namespace) -> Up:
    cluster = Cluster.supabase(grants=arguments.grants, durable=arguments.durable)

    def fill() -> dict[str, str]:
        if request.path:
            cluster.psql(file=request.path)
        return {"uri": cluster.uri()}

    return Up(cluster, fill)


def make_postgres(request: Request, arguments: argparse.Namespace) -> Up:
    cluster = Cluster(durable=arguments.durable)

    def fill() -> dict[str, str]:
        if request.path:
            return {"uri": cluster.restore(request.path, request.name)}
        return {"uri": cluster.create_database(request.name)}

    return Up(cluster, fill)


def make_mongodb(request: Request, arguments: argparse.Namespace) -> Up:
    from tests.rig.mongodb import MongoServer  # needs pymongo, which the other kinds do without

    server = MongoServer(auth=True)

    def fill() -> dict[str, str]:
        database = request.name
        if request.path:
            database = request.path.resolve().name
            for refusal in server.restore(request.path).refused:
                print(f"rig: {request.name}: not restored: {refusal}", file=sys.stderr)
        return {"uri": server.uri(database)}

    return Up(server, fill)


def make_appwrite(request: Request, arguments: argparse.Namespace) -> Up:
    double = AppwriteDouble(request.path, request.name)
    return Up(double, lambda: {"uri": double.uri, "key": double.key})


KINDS = {
    "supabase": make_supabase,
    "postgres": make_postgres,
    "mongodb": make_mongodb,
    "appwrite": make_appwrite,
}


def server_argument(text: str) -> Request:
    parts = SERVER.fullmatch(text)
    if not parts or parts["kind"] not in KINDS:
        raise argparse.ArgumentTypeError(
            f"{text}: not KIND[:NAME][=PATH] with KIND one of {', '.join(KINDS)} and NAME of a-z, 0-9 and _"
        )
    path = Path(parts["path"]) if parts["path"] else None
    if path and not path.exists():
        raise argparse.ArgumentTypeError(f"{path}: no such file or folder")
    if parts["kind"] == "appwrite" and not path:
        raise argparse.ArgumentTypeError(f"{text}: appwrite needs =PATH, the folder to serve")
    return Request(parts["kind"], parts["name"] or parts["kind"], path)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.rig", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="up")
    up = commands.add_parser(
        "up", help="start servers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    up.add_argument("servers", nargs="+", type=server_argument, metavar="SERVER", help="KIND[:NAME][=PATH]")
    up.add_argument("--uris", type=Path, metavar="FILE", help="write the line of JSON to this file too")
    up.add_argument(
        "--grants", choices=("2026", "legacy"), default="2026", help="what supabase grants to the API (default: 2026)"
    )
    up.add_argument("--durable", action="store_true", help="let PostgreSQL flush to disk; slower")
    up.add_argument("--stay", action="store_true", help="do not end when standard input does, only by a signal")
    arguments = parser.parse_args()
    names = [request.name for request in arguments.servers]
    for name in names:
        if names.count(name) > 1:
            up.error(f"two servers are called {name}; name them apart, as in postgres:{name}_2")
    return arguments


def start(ups: dict[str, Up]) -> dict[str, dict[str, str]]:
    """Starts all at once; the threads are abandoned if one fails, for their servers will be closed."""
    done: queue.SimpleQueue[tuple[str, dict[str, str] | Exception]] = queue.SimpleQueue()

    def bring_up(name: str, up: Up) -> None:
        try:
            up.server.start()
            done.put((name, up.fill()))
        except Exception as error:  # told to the main thread, whatever it is
            done.put((name, error))

    for name, up in ups.items():
        threading.Thread(target=bring_up, args=(name, up), daemon=True).start()
    told = {}
    for _ in ups:
        name, answer = done.get()
        if isinstance(answer, Exception):
            raise RigError(f"{name}: {answer}") from answer
        told[name] = answer
    return told


@contextmanager
def told_in(line: str, file: Path | None) -> Iterator[None]:
    """Tells the line; the file is whole from the moment it is there under its name, and gone at the end."""
    if file:
        part = file.with_name(f"{file.name}.part")
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(line + "\n")
        part.rename(file)
    try:
        print(line, flush=True)
        yield
    finally:
        if file:
            file.unlink(missing_ok=True)


def stay(ups: dict[str, Up], watch_stdin: bool) -> None:
    """Returns when standard input ends; fails when a server does."""
    watched = [sys.stdin] if watch_stdin else []
    while True:
        readable, _, _ = select.select(watched, [], [], HEALTH_SECONDS)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return
        for name, up in ups.items():
            if up.server.has_ended():
                raise RigError(f"{name}: the server has ended by itself:\n{up.server.log_tail()}")


def up(arguments: argparse.Namespace) -> None:
    if any(request.kind == "mongodb" for request in arguments.servers) and not venv.of_tests().is_running():
        python = str(venv.of_tests().ensure())
        os.execv(python, [python, "-m", "tests.rig", *sys.argv[1:]])
    ups = {request.name: KINDS[request.kind](request, arguments) for request in arguments.servers}
    try:
        told = start(ups)
        line = {request.name: {"kind": request.kind, **told[request.name]} for request in arguments.servers}
        with told_in(json.dumps(line), arguments.uris):
            stay(ups, watch_stdin=not arguments.stay)
    finally:
        for number in LAST_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # already ending
        for ending in ups.values():
            ending.server.close()


def main() -> int:
    arguments = parse_arguments()
    for number in LAST_SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        up(arguments)
    except (RigError, OSError) as error:
        print(f"rig: {error}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
