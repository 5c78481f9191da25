"""Throw-away PostgreSQL clusters, plain or shaped like a Supabase project.

    with Cluster() as source:
        uri = source.restore(Path("fixtures/authorstack/azure/authorstack.sql"), "azure")

    with Cluster.supabase(grants="legacy") as target:
        uri = target.uri()

The machine's own clusters are not touched: each of these has a folder, a port, a socket and passwords of its own.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlencode

from tests.rig import RigError
from tests.rig.ports import LOCALHOST
from tests.rig.server import Server
from tests.rig.servers import fetched

OLDEST_VERSION = 15
DEBIAN_VERSIONS = Path("/usr/lib/postgresql")
STAND_IN = Path(__file__).resolve().parents[2] / "fixtures" / "supabase"
SCANNER_CHECK = STAND_IN / "scanner_check.sql"

STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}

CUSTOM_DUMP = b"PGDMP"
GZIP = b"\x1f\x8b"

# The database postgres of a Supabase as nobody has touched it yet, for databases that are made after it.
PRISTINE = "pristine"


def programs(version: int | None = None) -> Path:
    """The folder of initdb and postgres: of that version, or of the newest one that is installed, with psql then.

    A version that is not installed is fetched.
    """
    folders = {folder for folder in DEBIAN_VERSIONS.glob("*/bin") if (folder / "initdb").exists()}
    if on_path := shutil.which("initdb"):
        folders.add(Path(on_path).resolve().parent)
    found = {_version(folder): folder for folder in folders}
    wanted = version or max(found, default=0)
    if version and version not in found:
        return fetched(version)
    if wanted < OLDEST_VERSION or wanted not in found:
        have = ", ".join(map(str, sorted(found))) or "none"
        raise RigError(
            f"no PostgreSQL {OLDEST_VERSION} or later under {DEBIAN_VERSIONS} or on the PATH (found: {have});"
            " on Debian, install the package postgresql"
        )
    return found[wanted]


def _version(folder: Path) -> int:
    says = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"\d+", says).group())


class Cluster(Server):
    """A PostgreSQL cluster; `role` is whom uri() and psql() mean when they are not told."""

    kind = "PostgreSQL"
    last_signal = signal.SIGQUIT

    def __init__(
        self,
        *,
        superuser: str = "rig_admin",
        role: str | None = None,
        settings: dict[str, str] | None = None,
        durable: bool = False,
        tls: bool = False,
        version: int | None = None,
    ) -> None:
        """Settings go to the server as they are. With tls, TCP connections without TLS are refused."""
        super().__init__()
        self.superuser = superuser
        self.role = role or superuser
        self.tls = tls
        self._programs = programs(version)
        self._clients = programs()
        self._settings = {**({} if durable else NOT_DURABLE), **(settings or {})}
        self._passwords = {superuser: secrets.token_urlsafe(24)}
        self._stand_in: dict[str, str] | None = None

    @classmethod
    def supabase(
        cls, *, grants: Literal["2026", "legacy"] = "2026", knobs: dict[str, str] | None = None, **options
    ) -> Self:
        """A Supabase project as fixtures/supabase makes it, for role postgres; knobs as in 90_knobs.sql."""
        options["settings"] = {"wal_level": "logical", **options.get("settings", {})}
        cluster = cls(superuser="supabase_admin", role="postgres", **options)
        cluster._passwords["postgres"] = secrets.token_urlsafe(24)
        cluster._stand_in = {
            "grants": grants,
            "postgres_password": cluster._passwords["postgres"],
            **(knobs or {}),
        }
        return cluster

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Immediate leaves the server to recover at its next start, as after a crash."""
        super().stop(STOP_SIGNALS[mode])

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        self.stop(mode)
        self.start()

    def uri(self, database: str = "postgres", role: str | None = None, **options: str) -> str:
        """A connection string with password; options as libpq names them (sslmode, options, host, ...)."""
        role = role or self.role
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        who = f"{quote(role, safe='')}:{self._password(role)}"
        return f"postgresql://{who}@{LOCALHOST}:{self.port}/{quote(database, safe='')}{query}"

    def psql(
        self,
        sql: str = "",
        *,
        file: Path | None = None,
        database: str = "postgres",
        role: str | None = None,
        variables: dict[str, str] | None = None,
        seconds: float = 600,
    ) -> str:
        """Runs SQL, then a file, in one session that stops at the first error; returns what it printed.

        Rows come one a line, columns parted by |. A RigError carries the server's message with its SQLSTATE.
        """
        lines = [f"\\set {name} {_quoted(value)}" for name, value in (variables or {}).items()]
        lines += ["\\set VERBOSITY verbose", sql]
        if file:
            lines += [f"\\i {_quoted(str(file.resolve()))}"]
        done = subprocess.run(
            [self._clients / "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]
            + ["--set", "ON_ERROR_STOP=1", "--file", "-"],
            env=self._client_environment(database, role),
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode != 0:
            raise RigError(f"psql on database {database} as {role or self.role}: {done.stderr.strip()}")
        return done.stdout.removesuffix("\n")

    def create_database(self, name: str, owner: str | None = None) -> str:
        """Makes a database, and a role without special rights that owns it; returns that role's URI to it."""
        owner = owner or name
        self.psql(
            """
            select format('create role %I login', :'owner')
             where not exists (select from pg_roles where rolname = :'owner') \\gexec
            select format('create database %I', :'name')
             where not exists (select from pg_database where datname = :'name') \\gexec
            alter database :"name" owner to :"owner";
            """,
            role=self.superuser,
            variables={"name": name, "owner": owner},
        )
        return self.uri(name, owner)

    def restore(self, dump: Path, database: str, owner: str | None = None, seconds: float = 3600) -> str:
        """Restores a dump into a database of its own, as a role that owns it; returns that role's URI to it.

        Takes what pg_dump writes: SQL, also gzipped, and the custom and directory formats. The dump is to be made
        with --no-owner --no-privileges, because the roles of its server do not exist here.
        """
        if not dump.exists():
            raise RigError(f"{dump}: no such file or folder to restore")
        uri = self.create_database(database, owner)
        environment = self._client_environment(database, owner or database)
        head = b"" if dump.is_dir() else dump.open("rb").read(len(CUSTOM_DUMP))
        restore_archive = [self._clients / "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"]
        restore_sql = [self._clients / "psql", "--no-psqlrc", "--quiet", "--output", os.devnull]
        restore_sql += ["--set", "ON_ERROR_STOP=1", "--file"]
        if dump.is_dir() or head == CUSTOM_DUMP:
            commands = [[*restore_archive, "--dbname", database, dump]]
        elif head.startswith(GZIP):
            commands = [["gzip", "--decompress", "--stdout", dump], [*restore_sql, "-"]]
        else:
            commands = [[*restore_sql, dump]]
        _pipe(commands, environment, seconds, what=f"restoring {dump} into database {database}")
        return uri

    def _prepare(self) -> None:
        password = self._supervisor.write("password", self._passwords[self.superuser])
        self._run(
            [
                self._programs / "initdb",
                f"--username={self.superuser}",
                f"--pwfile={password}",
                f"--pgdata={self._data}",
            ]
            + ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync"],
            "initdb",
        )
        password.unlink()
        if self.tls:
            self._make_certificate()
            self._supervisor.write(
                "pg_hba.conf",
                f"local all all scram-sha-256\nhostssl all,replication all {LOCALHOST}/32 scram-sha-256\n",
            )

    def _command(self) -> list[str | Path]:
        settings = {
            "listen_addresses": LOCALHOST,
            "port": self.port,
            "unix_socket_directories": self.folder,
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._settings,
        }
        if self.tls:
            settings |= {
                "ssl": "on",
                "ssl_cert_file": self.folder / "tls.crt",
                "ssl_key_file": self.folder / "tls.key",
                "hba_file": self.folder / "pg_hba.conf",
            }
        words = [f"--{name}={value}" for name, value in settings.items()]
        return [self._programs / "postgres", "-D", self._data, *words]

    def _is_ready(self) -> bool:
        """Line 8 of the pid file is the server's own word for its state; line 1 tells ours from a stale one."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _fill(self) -> None:
        if self._stand_in is None:
            return
        for file in sorted(STAND_IN.glob("[0-9]*.sql")):
            self.psql(file=file, role=self.superuser, variables=self._stand_in)
        self.psql(f"create database {PRISTINE} template postgres is_template true", role=self.superuser, database="template1")

    @property
    def untouched(self) -> str:
        """The template of a database that no test has written to."""
        return PRISTINE if self._stand_in is not None else "template0"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _password(self, role: str) -> str:
        """The role's password; a role that has none known here is given one."""
        if role not in self._passwords:
            password = secrets.token_urlsafe(24)
            self.psql(
                "set log_min_error_statement = panic; alter role :\"role\" password :'password';",
                role=self.superuser,
                variables={"role": role, "password": password},
            )
            self._passwords[role] = password
        return self._passwords[role]

    def _client_environment(self, database: str, role: str | None) -> dict[str, str]:
        role = role or self.role
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "PGHOST": str(self.folder),
            "PGPORT": str(self.port),
            "PGDATABASE": database,
            "PGUSER": role,
            "PGPASSWORD": self._password(role),
            "PGCLIENTENCODING": "UTF8",
        }


def _quoted(text: str) -> str:
    """As psql's own commands read it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _pipe(commands: list[list], environment: dict[str, str], seconds: float, what: str) -> None:
    """Runs one command, or two joined by a pipe, and fails with what they said if either does."""
    running: list[subprocess.Popen] = []
    for command in commands:
        running.append(
            subprocess.Popen(
                command,
                env=environment,
                stdin=running[-1].stdout if running else subprocess.DEVNULL,
                stdout=subprocess.PIPE if command is not commands[-1] else subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in running[:-1]:
        process.stdout.close()
    try:
        said = [process.communicate(timeout=seconds)[1].strip() for process in reversed(running)]
    except subprocess.TimeoutExpired:
        for process in running:
            process.kill()
        raise RigError(f"{what} was not done in {seconds:.0f} s") from None
    if any(process.returncode for process in running):
        raise RigError(f"{what} failed: {' '.join(filter(None, said))}")
