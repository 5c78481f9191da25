"""What is measured, and on what: the data, the servers, and the ways from the one into the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.bench.measured import Measured, Used
from tests.bench.rows import CopyFile, split
from tests.integration.migration import EMPTY
from tests.rig.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = Path(__file__).with_name("pipeline.py")
PROJECT = "authorstack"
# Postgres as it comes, and durable; but nothing that works beside what is timed.
SETTINGS = {"autovacuum": "off"}
PATIENCE_SECONDS = 1800
SAMPLE_SECONDS = 0.005


class BenchError(Exception):
    """A step failed; the text says which, and what the programs said."""


@dataclass
class WholeRun:
    """One `graduate run`, as its ledger and its process tell of it."""

    seconds: float
    data_seconds: float
    driver_peak_kib: int


def generate(scale: int, folder: Path) -> Path:
    """AuthorStack's fixtures at this scale; those that lie there whole already are taken."""
    data = folder / f"{PROJECT}-{scale}"
    if not (data / "counts.json").exists():
        command = [sys.executable, ROOT / "fixtures/generate", "--project", PROJECT, "--scale", str(scale)]
        _succeed([*command, "--out", data], {**os.environ})
    return data


def _succeed(command: list[str | Path], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def login_of(uri: str) -> dict[str, str]:
    """The environment in which a program of PostgreSQL's own finds the database."""
    parts = urlsplit(uri)
    place = {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGDATABASE": parts.path[1:]}
    return place | {"PGUSER": unquote(parts.username), "PGPASSWORD": unquote(parts.password)}


class Stand:
    """One data set in its sources, before a target; every way of moving it can be taken again and again."""

    def __init__(self, data: Path, target: Cluster, azure: Cluster, programs: Path, folder: Path) -> None:
        self.target = target
        self._azure = azure
        self.folder = folder
        self.run_folder = folder / "run"  # of the last whole run
        self.counts: dict[str, int] = json.loads((data / "counts.json").read_text())  # of collections and tables
        self.programs = programs
        self._catalogs = folder / "catalogs"
        self._catalogs.mkdir(parents=True)
        self.database = urlsplit(target.uri()).path[1:]
        self.environment = {
            **os.environ,
            "SUPABASE_DB_URL": target.uri(),
            "AZURE_POSTGRES_URI": azure.restore(data / "azure/authorstack.sql", data.name),
            "MONGODB_URI": f"file:{data / 'mongodb/authorstack'}",
            "APPWRITE_URI": f"file:{data / 'appwrite'}",
        }
        project = json.loads((ROOT / "mappings" / PROJECT / "project.json").read_text())
        self.kinds = {name: source["kind"] for name, source in project["sources"].items()}
        for source in self.kinds:
            catalog = self._run("graduate-extract", "--source", source, "--catalog")
            (self._catalogs / f"{source}.json").write_text(catalog)
        self.entities: dict[str, list[str]] = {source: [] for source in self.kinds}
        for file in sorted((ROOT / "mappings" / PROJECT).glob("*.json")):
            if origin := json.loads(file.read_text()).get("from"):
                self.entities[origin.partition(".")[0]].append(file.stem)

    def _run(self, program: str, *arguments: str) -> str:
        return _succeed([self.programs / program, "--project", PROJECT, *arguments], self.environment)

    def prepare(self) -> None:
        """Empty tables without keys or indexes, and a new run."""
        self.empty()
        said = json.loads(self._run("graduate-load", "--catalogs", str(self._catalogs), "--prepare"))
        self._fence = ["--run", said["run"], "--generation", str(said["generation"])]
        self._checkpoints = self.folder / "checkpoints"
        shutil.rmtree(self._checkpoints, ignore_errors=True)
        self._checkpoints.mkdir()
        self.flush()

    def empty(self) -> None:
        """Nothing of a run, nor of a restored dump, is in the target."""
        self.target.psql(EMPTY)
        self.flush()

    def flush(self) -> None:
        """Nothing is left in the target's memory to be written while something else is timed."""
        self.target.psql("checkpoint", role=self.target.superuser)

    def encode(self, source: str) -> list[CopyFile]:
        """The source's rows as they go to COPY, in files."""
        files = []
        for entity in self.entities[source]:
            stream = self.folder / f"{entity}.rows"
            self.pipe([*self._readers(entity, checkpoint=False)], Measured(), output=stream)
            files += split(stream, self.folder)
            stream.unlink()
        return files

    def copy(self, files: Iterable[CopyFile]) -> Measured:
        """(a): what psql's \\copy takes for files that only have to be sent; a transaction for each table."""
        lines = []
        for file in files:
            table = ".".join(map(_quoted, file.table.split(".")))
            columns = ", ".join(map(_quoted, file.columns))
            lines.append(f"\\copy {table} ({columns}) from '{file.path}' with (format binary)")
        return self.psql(lines)

    def psql(self, lines: list[str], output: Path | None = None) -> Measured:
        """One psql session on the target, from a script."""
        script = self.folder / "script.psql"
        script.write_text("".join(f"{line}\n" for line in lines))
        return self.client(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", str(script)], output)

    def client(self, command: list[str], output: Path | None = None) -> Measured:
        """A program of PostgreSQL's own, at the target."""
        login = login_of(self.environment["SUPABASE_DB_URL"])
        command = [shutil.which(command[0]) or command[0], *command[1:]]
        with self.servers_at_work() as measured:
            self.pipe([command], measured, output=output, environment=login)
        return measured

    def move(self, source: str, *, checkpoint: bool) -> Measured:
        """(b), (c): extract | transform | load for one entity after the other, as the driver joins them."""
        with self.servers_at_work() as measured:
            for entity in self.entities[source]:
                load = [str(self.programs / "graduate-load"), "--project", PROJECT, *self._fence]
                self.pipe([*self._readers(entity, checkpoint), load], measured)
        return measured

    def tables(self) -> list[str]:
        """The target's tables that a run loads, as SQL names."""
        return self.target.psql(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname = 'public' or (schemaname = 'auth' and tablename in ('users', 'identities')) order by 1"
        ).splitlines()

    def rows(self) -> int:
        """Rows in the target's tables now."""
        counts = self.target.psql("".join(f"select count(*) from {table};" for table in self.tables()))
        return sum(map(int, counts.split()))

    def whole_run(self) -> WholeRun:
        """`graduate run` of everything. Its own peak: a wait would tell the largest of it and its programs."""
        self.target.psql(EMPTY)
        shutil.rmtree(self.run_folder, ignore_errors=True)
        with open(self.folder / "messages", "w+") as messages:
            begun = time.monotonic()
            driver = subprocess.Popen(
                [self.programs / "graduate", "run", "--project", PROJECT, "--run-dir", self.run_folder],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages,
            )
            peak = 0
            while driver.poll() is None:
                peak = max(peak, _high_water(driver.pid))
                time.sleep(SAMPLE_SECONDS)
            seconds = time.monotonic() - begun
            if driver.returncode != 0:
                messages.seek(0)
                raise BenchError(f"graduate run ended with {driver.returncode}: {messages.read().strip()}")
        data = self.target.psql("select extract(epoch from max(done_at) - min(begun_at)) from graduate.partitions")
        return WholeRun(seconds, float(data), peak)

    def _readers(self, entity: str, checkpoint: bool) -> list[list[str]]:
        extract = [str(self.programs / "graduate-extract"), "--project", PROJECT, "--entity", entity]
        extract += ["--catalogs", str(self._catalogs)]
        if checkpoint:
            extract += ["--checkpoint", str(self._checkpoints / f"{entity}.gck")]
        return [extract, [str(self.programs / "graduate-transform"), "--project", PROJECT]]

    def pipe(
        self,
        programs: list[list[str]],
        measured: Measured,
        *,
        output: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        messages = self.folder / "messages"
        messages.write_text("")
        words = [str(messages), *([">", str(output)] if output else []), *programs[0]]
        for program in programs[1:]:
            words += ["|", *program]
        said = _succeed([sys.executable, "-I", "-S", PIPELINE, *words], {**self.environment, **(environment or {})})
        seconds, *ends = said.splitlines()
        for program, end in zip(programs, ends):
            code, cpu, peak = end.split()
            if code != "0":
                raise BenchError(f"{' '.join(program)} ended with {code}; said: {messages.read_text().strip()}")
            used = measured.programs.setdefault(Path(program[0]).name, Used())
            used.cpu += float(cpu)
            used.peak_kib = max(used.peak_kib, int(peak))
        measured.seconds += float(seconds)

    @contextmanager
    def servers_at_work(self) -> Iterator[Measured]:
        measured = Measured()
        servers = {"source": _Sessions(self._azure.pid), "target": _Sessions(self.target.pid)}
        before = {name: sessions.cpu() for name, sessions in servers.items()}
        yield measured
        measured.servers_cpu = {name: sessions.cpu() - before[name] for name, sessions in servers.items()}


class _Sessions:
    """The CPU time of a server's sessions: what its first process knows of a child when that has ended."""

    def __init__(self, postmaster: int) -> None:
        self._process = Path(f"/proc/{postmaster}")

    def cpu(self) -> float:
        """Of all sessions so far; waits until none is left."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(self._is_session(child) for child in self._children()):
            if time.monotonic() > deadline:
                raise BenchError("a session of a server does not end")
            time.sleep(SAMPLE_SECONDS)
        fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def _children(self) -> list[str]:
        return (self._process / "task" / self._process.name / "children").read_text().split()

    @staticmethod
    def _is_session(process: str) -> bool:
        """A session's title has its client, as HOST(PORT) or [local]; one that just ended has no title."""
        try:
            title = Path(f"/proc/{process}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return not title or b"(" in title or b"[local]" in title


def _high_water(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except ProcessLookupError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
