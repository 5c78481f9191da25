"""What others take for the same data: pgcopydb for the Postgres part, dlt for the documents.

Each fills a database of its own in the same target, which is made anew before: pgcopydb tables as the source has them,
without keys or indexes, dlt what it makes of the documents. So both do what graduate's ways without a checkpoint do.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.bench.measured import Measured
from tests.bench.stand import ROOT, BenchError, Stand, login_of
from tests.rig.venv import Venv

DATABASE = "copied"
JOBS = "2"
PGCOPYDB, DLT = "pgcopydb", "dlt"
OF_SET: dict[str, str] = {"analytics": PGCOPYDB, "core": DLT}
DLT_PIPELINE = Path(__file__).with_name("documents_by_dlt.py")
BOTH = Venv(ROOT / "build" / "bench", Path(__file__).with_name("requirements.txt"))


class Others:
    """Ready to be measured again and again; pgcopydb is installed, and dlt is here."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._python = BOTH.ensure()
        self.ways: dict[str, Callable[[], Measured]] = {PGCOPYDB: self._pgcopydb, DLT: self._dlt}

    def _pgcopydb(self) -> Measured:
        stand, uri = self._stand, self._database()
        source = stand.environment["AZURE_POSTGRES_URI"]
        schema = subprocess.run(
            ["pg_dump", "--section=pre-data", "--no-owner", "--no-acl"],
            env={**stand.environment, **login_of(source)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        stand.target.psql(schema.stdout.replace("CREATE SCHEMA public;", ""), database=DATABASE, role=DATABASE)
        stand.flush()
        work = stand.folder / "pgcopydb"
        shutil.rmtree(work, ignore_errors=True)
        # Both addresses by the environment: neither is anybody's to see in the list of processes.
        login = {"PGCOPYDB_SOURCE_PGURI": source, "PGCOPYDB_TARGET_PGURI": uri}
        command = ["pgcopydb", "copy", "table-data", "--table-jobs", JOBS, "--dir", str(work)]
        with stand.servers_at_work() as measured:
            stand.pipe([[shutil.which(command[0]) or command[0], *command[1:]]], measured, environment=login)
        self._check(PGCOPYDB, "public", stand.entities["analytics"])
        return measured

    def _dlt(self) -> Measured:
        stand, uri = self._stand, self._database()
        folder = Path(stand.environment["MONGODB_URI"].removeprefix("file:"))
        command = [str(self._python), str(DLT_PIPELINE), str(folder), DLT]
        with stand.servers_at_work() as measured:
            stand.pipe([command], measured, environment={"TARGET_URI": uri})
        self._check(DLT, DLT, [file.name.partition(".")[0] for file in folder.glob("*.bson*")])
        return measured

    def _database(self) -> str:
        target = self._stand.target
        target.psql(f"drop database if exists {DATABASE} with (force)", database="template1", role=target.superuser)
        uri = target.create_database(DATABASE)
        self._stand.flush()
        return uri

    def _check(self, name: str, schema: str, tables: list[str]) -> None:
        """As many rows came as there are records; what dlt makes of the arrays in them stands in more tables."""
        counts = self._stand.target.psql(
            "".join(f"select count(*) from {schema}.{table};" for table in tables), database=DATABASE, role=DATABASE
        )
        rows, wanted = sum(map(int, counts.split())), sum(self._stand.counts[table] for table in tables)
        if rows != wanted:
            raise BenchError(f"{name}: the target has {rows} rows, not {wanted}")
