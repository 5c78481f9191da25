"""A migration as a founder runs it: the programs as they are built, driven from outside.

    with Migration(folder, cluster, azure_uri) as migration:
        migration.succeed()
        migration.checksums()
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.rig.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("GRADUATE_BIN", ROOT / "build/sanitize/bin"))
FIXTURES = ROOT / "fixtures/authorstack"
AZURE_DUMP = FIXTURES / "azure/authorstack.sql"
DUMP = FIXTURES / "mongodb/authorstack"
APPWRITE = FIXTURES / "appwrite"
SCANNER_CHECK = ROOT / "fixtures/supabase/scanner_check.sql"
# Small, so that a migration of the fixtures has dozens of batches to be disturbed in.
BATCH_BYTES = "48K"
PATIENCE_SECONDS = 120

# Everything that a migration may leave in a target, taken away again.
EMPTY = """
    set session_replication_role = replica;
    do $$ declare name text; begin
      for name in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public'
      loop execute 'drop table ' || name || ' cascade'; end loop;
      for name in select extname from pg_extension where extowner <> 10  -- the superuser's came with the cluster
      loop execute format('drop extension %I cascade', name); end loop;
      for name in select format('%I', nspname) from pg_namespace where nspowner = 'postgres'::regrole
          and nspname not in ('public', 'extensions') and nspname not like 'pg\\_%'
      loop execute 'drop schema ' || name || ' cascade'; end loop;
      foreach name in array array(select case relkind when 'v' then 'view' when 'S' then 'sequence'
            else 'materialized view' end || ' if exists ' || oid::regclass
          from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'S')
        union all select 'type if exists ' || t.oid::regtype from pg_type t left join pg_class c on c.oid = t.typrelid
          where t.typnamespace = 'public'::regnamespace and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
        union all select format('collation if exists public.%I', collname) from pg_collation
          where collnamespace = 'public'::regnamespace)
      loop execute 'drop ' || name || ' cascade'; end loop;
      foreach name in array array(select oid::regprocedure::text from pg_proc
          where pronamespace = 'public'::regnamespace)  -- those of a type went with it
      loop execute 'drop routine if exists ' || name || ' cascade'; end loop; end $$;
    delete from auth.identities; delete from auth.users;
"""
TABLES = """
    select format('%I.%I', schemaname, tablename) from pg_tables
      where schemaname in ('public', 'main', 'social', 'web3', 'content', 'analytics')
    union all values ('auth.users'), ('auth.identities') order by 1
"""
# What the ledger says became of the values, however the batches were cut.
FATES = """
    select md5(string_agg(concat_ws(' ', entity, path, fate, n), E'\\n' order by entity, path, fate)) from (
      select b.entity, p.key as path, f.key as fate, sum(f.value::bigint) as n
        from graduate.batches b, jsonb_each(b.paths) p, jsonb_each_text(p.value) f group by 1, 2, 3) sums
"""


@contextmanager
def target_cluster(**settings: Any) -> Iterator[Cluster]:
    with Cluster.supabase(**settings) as cluster:
        yield cluster


def wait_until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Look again and again, a hundredth of a second apart, until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.01)


class Ended(subprocess.CompletedProcess[str]):
    """A program that has ended, with what it wrote."""

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


class Migration:
    def __init__(self, folder: Path, cluster: Cluster, azure: str, project: str = "authorstack") -> None:
        self.folder = folder
        self.cluster = cluster
        self.project = project
        self.environment = {
            **os.environ,
            "SUPABASE_DB_URL": cluster.uri(),
            "AZURE_POSTGRES_URI": azure,
            "MONGODB_URI": f"file:{DUMP}",
            "APPWRITE_URI": f"file:{APPWRITE}",
        }
        self.started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self.empty_target()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            if process.poll() is None:
                self.kill(process)

    def empty_target(self) -> None:
        self.cluster.psql(EMPTY)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `graduate run`, in a process group of its own."""
        command = [PROGRAMS / "graduate", *(arguments or self.run_arguments())]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**self.environment, **environment}, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.append(process)
        return process

    def run_arguments(self) -> list[str]:
        return ["run", "--project", self.project, "--run-dir", str(self.folder), "--batch-bytes", BATCH_BYTES]

    def run(self, *arguments: str, **environment: str) -> Ended:
        return self.finish(self.start(*arguments, **environment))

    def finish(self, process: subprocess.Popen[str]) -> Ended:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return Ended(process.args, process.returncode, out, err)

    def release(self, process: subprocess.Popen[str]) -> Ended:
        """Let go of every program that stands at its hold, also of those that come there later."""
        def go_on() -> bool:
            for pid in children(process, ""):
                if state(pid) == "T":
                    os.kill(pid, signal.SIGCONT)
            return process.poll() is not None

        with ThreadPoolExecutor(1) as reader:  # the pipes must not fill up meanwhile
            ended = reader.submit(self.finish, process)
            wait_until(go_on, "the run's end")
            return ended.result()

    def succeed(self) -> Ended:
        ended = self.run()
        assert ended.returncode == 0, ended.said
        return ended

    def kill(self, process: subprocess.Popen[str]) -> Ended:
        """SIGKILL to the driver and all its programs, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        return self.finish(process)

    def kill_at_random(self, kills: int, *arguments: str) -> None:
        """Driver and programs at once; each start goes on where the last one was killed."""
        moments = random.Random(kills)
        killed: list[int] = []
        while len(killed) < kills:
            process = self.start(*arguments)
            if moments.random() < 0.5:  # whatever it is at, starting up for the most part
                moment = time.monotonic() + moments.uniform(0.02, 0.3)
                wait_until(lambda: time.monotonic() > moment, "the moment")
            else:  # in the middle of the data
                before = killed[-1] if killed else 0
                wait_until(lambda: self.loaded() > before or process.poll() is not None, "another batch")
            assert process.poll() is None, f"done after {len(killed)} kills: {self.finish(process).said}"
            self.kill(process)
            killed.append(self.loaded())
        assert len(set(killed)) > kills / 4, f"not spread over the migration: {killed}"

    def loaded(self) -> int:
        """Records in the ledger so far."""
        if self.query("select to_regclass('graduate.batches') is null").strip() == "t":
            return 0
        return int(self.query("select coalesce(sum(records), 0) from graduate.batches"))

    def account(self) -> dict[str, Any]:
        return json.loads((self.folder / "account.json").read_text())

    def query(self, sql: str) -> str:
        return self.cluster.psql(sql)

    def checksums(self) -> dict[str, str]:
        """Every row of every table, whatever order it lies in, and what became of the values."""
        sums = {}
        for table in self.query(TABLES).split():
            text = f"select md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) from {table} t"
            sums[table] = self.query(text).strip()
        if self.query("select to_regclass('graduate.batches')").strip():
            sums["the account of values"] = self.query(FATES).strip()
        return sums


def state(pid: int) -> str:
    """The kernel's letter for a process: R, S, T (stopped), Z ...; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def children(process: subprocess.Popen[str], program: str) -> list[int]:
    """The process ids of the driver's children that run this program now."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            name = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
        except (OSError, IndexError):
            continue
        if parent == process.pid and name.endswith(program):
            found.append(int(entry.name))
    return found


def wait_for_hold(migration: Migration, process: subprocess.Popen[str], program: str) -> int:
    """Until one of the driver's programs stands still at its hold; its process id."""
    def stopped() -> bool:
        return any(state(pid) == "T" for pid in children(process, program))

    wait_until(lambda: stopped() or process.poll() is not None, f"{program} at its hold")
    assert process.poll() is None, migration.finish(process).said
    return next(pid for pid in children(process, program) if state(pid) == "T")
