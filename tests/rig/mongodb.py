"""Throw-away MongoDB servers: mongod if it is on the PATH, else SecantusDB, which speaks its protocol.

    with MongoServer(auth=True) as server:
        restored = server.restore(Path("fixtures/authorstack/mongodb/authorstack"))
        uri = server.uri("authorstack")

Needs pymongo, so it is imported under the python of tests/rig/venv.py.
"""

from __future__ import annotations

import gzip
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote_plus, urlencode

from bson import json_util
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from tests.rig import RigError, venv
from tests.rig.ports import LOCALHOST
from tests.rig.server import Server, ordinary_user
from tests.rig.supervisor import GRACE_SECONDS

SECANTUS = Path(__file__).with_name("mongodb_secantus.py")
GZIP = b"\x1f\x8b"
LENGTH_BYTES = 4
SMALLEST_DOCUMENT = 5
BATCH_DOCUMENTS = 1000
BATCH_BYTES = 8 << 20
PROBE_MILLISECONDS = 1000
RUNS_SECONDS = 10

# What createIndexes knows as options is all but these; mongodump adds them, the server makes them itself.
NOT_INDEX_OPTIONS = {"key", "v", "ns"}
# Written into the metadata by mongodump, no option of createCollection.
NOT_COLLECTION_OPTIONS = {"uuid", "create", "autoIndexId"}


@dataclass
class Restored:
    """What became of a dump: documents by collection, and what this server would not take of the rest."""

    documents: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Flavour:
    """How one program is told what every MongoDB server can be told."""

    command: tuple[str | Path, ...]
    folder: str
    tls: tuple[str, ...]
    test_commands: tuple[str, ...]


def flavour() -> Flavour:
    if mongod := shutil.which("mongod"):
        return Flavour(
            command=(mongod, "--bind_ip", LOCALHOST),
            folder="--dbpath",
            tls=("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", "tls.pem"),
            test_commands=("--setParameter", "enableTestCommands=1"),
        )
    return Flavour(
        command=(venv.of_tests().ensure(), "-I", SECANTUS, "--host", LOCALHOST),
        folder="--storage-path",
        tls=("--tls-cert-file", "tls.crt", "--tls-key-file", "tls.key"),
        test_commands=("--enable-test-commands",),
    )


class MongoServer(Server):
    """A MongoDB server; with auth, `rig` is its administrator and create_user makes others."""

    kind = "MongoDB"
    administrator = "rig"

    def __init__(self, *, auth: bool = False, tls: bool = False, test_commands: bool = False) -> None:
        """test_commands allows configureFailPoint."""
        super().__init__()
        self.auth = auth
        self.tls = tls
        self.test_commands = test_commands
        self._flavour = flavour()
        self._passwords: dict[str, str] = {}

    def kill(self) -> None:
        """Ends the server as a crash would; its data stay as they are, for start() to recover."""
        self._supervisor.signal(signal.SIGKILL)
        self._supervisor.wait(GRACE_SECONDS)

    def uri(self, database: str = "", user: str | None = None, **options: str) -> str:
        """A connection string, with a password if the server asks for one; options as MongoDB names them."""
        user = user or (self.administrator if self._asks_for_passwords else None)
        query = {"directConnection": "true"}
        who = ""
        if user:
            who = f"{quote(user, safe='')}:{self._passwords[user]}@"
            query["authSource"] = "admin"
        if self.tls:
            query |= {"tls": "true", "tlsCAFile": str(self.certificate)}
        text = urlencode(query | options, quote_via=quote, safe="/")
        return f"mongodb://{who}{LOCALHOST}:{self.port}/{quote(database, safe='')}?{text}"

    def client(self, **options: Any) -> MongoClient:
        return MongoClient(self.uri(), **options)

    def create_user(self, user: str, *roles: str | dict[str, str]) -> None:
        """Roles as createUser has them, such as {"role": "read", "db": "authorstack"}."""
        password = secrets.token_urlsafe(24)
        with self.client() as client:
            client.admin.command("createUser", user, pwd=password, roles=list(roles))
        self._passwords[user] = password

    def restore(self, dump: Path, database: str | None = None) -> Restored:
        """Loads the database folder of a mongodump, byte for byte, with its indexes, views and options.

        What the server refuses of options, indexes and views is listed, not fatal: a rehearsal reads documents. A
        damaged file or document is fatal.
        """
        files = _dump_files(dump)
        restored = Restored()
        with self.client() as client:
            target = client[database or dump.resolve().name]
            for name, file in files.items():
                _create_collection(target, name, file.metadata, restored)
                restored.documents[name] = _load(target, name, file.documents) if file.documents else 0
                _create_indexes(target, name, file.metadata, restored)
        return restored

    @property
    def _asks_for_passwords(self) -> bool:
        return self.administrator in self._passwords

    def _user(self) -> str | None:
        """A checkout in a closed home hides the server's program from the ordinary user; then it runs as ourselves."""
        user = ordinary_user()
        if user is None:
            return None
        # Started with an argument that only ends it, the program proves that all it is made of can be read.
        try:
            probe = [
                "setpriv",
                f"--reuid={user}",
                f"--regid={user}",
                "--clear-groups",
                "--",
                *self._flavour.command,
                "--help",
            ]
            done = subprocess.run(probe, capture_output=True, env={"HOME": "/nonexistent"}, timeout=RUNS_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        return user if done.returncode == 0 else None

    def _prepare(self) -> None:
        if self.tls:
            self._make_certificate()
        self._run(["mkdir", "data"], "mkdir")

    def _command(self) -> list[str | Path]:
        words: list[str | Path] = [*self._flavour.command, self._flavour.folder, "data", "--port", str(self.port)]
        words += self._flavour.tls if self.tls else ()
        words += self._flavour.test_commands if self.test_commands else ()
        # Its first user can only be made by somebody whom nobody asks for a password.
        words += ["--auth"] if self._asks_for_passwords else []
        return words

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((LOCALHOST, self.port), timeout=PROBE_MILLISECONDS / 1000).close()
        except OSError:
            return False  # asked here, because the client waits between its tries
        try:
            with self.client(serverSelectionTimeoutMS=PROBE_MILLISECONDS) as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    def _fill(self) -> None:
        if self.auth:
            self.create_user(self.administrator, "root")
            self.restart()


@dataclass
class _DumpFile:
    documents: Path | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def _dump_files(dump: Path) -> dict[str, _DumpFile]:
    """The collections of a dump by their true names; a collection may have no documents, or no metadata."""
    if not dump.is_dir():
        raise RigError(f"{dump}: no such folder; a database folder of mongodump, with *.bson files, is needed")
    by_stem: dict[str, _DumpFile] = {}
    for path in sorted(dump.iterdir()):
        name = path.name.removesuffix(".gz")
        if name.endswith(".metadata.json"):
            by_stem.setdefault(name.removesuffix(".metadata.json"), _DumpFile()).metadata = _metadata(path)
        elif name.endswith(".bson"):
            by_stem.setdefault(name.removesuffix(".bson"), _DumpFile()).documents = path
    if not by_stem:
        raise RigError(f"{dump}: holds no *.bson and no *.metadata.json; name the folder of one database of the dump")
    return {file.metadata.get("collectionName") or unquote_plus(stem): file for stem, file in by_stem.items()}


def _open(path: Path) -> BinaryIO:
    """Compressed or not by what is in the file; mongodump does not always say so in its name."""
    with open(path, "rb") as file:
        compressed = file.read(len(GZIP)) == GZIP
    return gzip.open(path, "rb") if compressed else open(path, "rb")


def _metadata(path: Path) -> dict[str, Any]:
    with _open(path) as file:
        try:
            return json_util.loads(file.read())
        except (ValueError, TypeError, BSONError) as error:
            raise RigError(f"{path}: no metadata of mongodump: {error}") from error


def _documents(path: Path) -> Iterator[bytes]:
    with _open(path) as file:
        at = 0
        try:
            while head := file.read(LENGTH_BYTES):
                length = struct.unpack("<i", head)[0] if len(head) == LENGTH_BYTES else 0
                body = file.read(length - LENGTH_BYTES) if length >= SMALLEST_DOCUMENT else b""
                if len(head) + len(body) != length:
                    raise RigError(f"{path}: cut off or damaged at byte {at}")
                yield head + body
                at += length
        except (EOFError, OSError, zlib.error) as error:
            raise RigError(f"{path}: damaged after byte {at}: {error}") from error


def _batches(documents: Iterator[bytes]) -> Iterator[list[RawBSONDocument]]:
    batch, size = [], 0
    for document in documents:
        batch.append(RawBSONDocument(document))
        size += len(document)
        if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _load(target: Database, name: str, path: Path) -> int:
    count = 0
    try:
        for batch in _batches(_documents(path)):
            target[name].insert_many(batch, bypass_document_validation=True)
            count += len(batch)
    except (PyMongoError, BSONError) as error:
        raise RigError(f"{path}: refused after {count} documents: {_said(error)}") from error
    return count


def _create_collection(target: Database, name: str, metadata: dict[str, Any], restored: Restored) -> None:
    options = {key: value for key, value in metadata.get("options", {}).items() if key not in NOT_COLLECTION_OPTIONS}
    try:
        target.command("create", name, **options)
    except OperationFailure as error:
        restored.refused.append(f"{name}: options {', '.join(options)}: {_said(error)}")


def _create_indexes(target: Database, name: str, metadata: dict[str, Any], restored: Restored) -> None:
    for index in metadata.get("indexes", []):
        if index["name"] == "_id_":
            continue
        options = {key: value for key, value in index.items() if key not in NOT_INDEX_OPTIONS}
        try:
            target.command("createIndexes", name, indexes=[{"key": index["key"], **options}])
        except OperationFailure as error:
            restored.refused.append(f"{name}: index {index['name']}: {_said(error)}")


def _said(error: Exception) -> str:
    """The server's sentence, without the reply around it."""
    details = getattr(error, "details", None) or {}
    return details.get("errmsg") or str(error)
