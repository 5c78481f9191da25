"""The inputs of fixtures/cases, run as their case.json says, and what must come of them: a table per kind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.integration.migration import PROGRAMS, ROOT
from tests.integration.transaction_pooler import TransactionPooler
from tests.rig.postgres import Cluster

CASES = ROOT / "fixtures" / "cases"
PATIENCE_SECONDS = 120


class Right(NamedTuple):
    """What is right of a case.

    codes: one word per command of "run": its exit code, alternatives with a bar ("2|1"), or * where it does not matter.
    says: what must be said: a text by any of the commands, or (place of the command, text) by that one.
    values: SQL against the target, and what psql -At prints of it.
    never: texts that no command may say.
    project: members of files to change first, where it takes a word to say what is right: {"c.json": {...}} is merged,
        and a member that is ... is taken away.
    plain: the target is a PostgreSQL without anything of Supabase.
    waits: why it is not right yet; the test is skipped, and says so.
    """

    codes: str
    says: tuple[str | tuple[int, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    never: tuple[str, ...] = ()
    project: dict[str, object] = {}
    plain: bool = False
    waits: str = ""


class Said(NamedTuple):
    command: str
    code: int
    text: str


@contextmanager
def double_of(variable: str, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The Appwrite double that the variable's text describes; its URI."""
    arguments = variable[variable.index("(") + 1 : variable.rindex(")")].split()[3:]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.rig.appwrite", *arguments, "--until-stdin-closes"],
        cwd=folder, env={**environment, "PYTHONPATH": str(ROOT)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        try:
            yield process.stdout.readline().removeprefix("listening on ").strip() + "?project=app"
        finally:
            process.stdin.close()


def merged(old: object, new: object) -> object:
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: merged(old.get(key), new.get(key, old.get(key))) for key in [*old, *(new.keys() - old.keys())]}
        return {key: value for key, value in both.items() if value is not ...}
    return new


class Trial:
    """A case in a folder of its own, with databases of its own."""

    def __init__(self, name: str, cluster: Cluster, folder: Path) -> None:
        self.name = name
        self.cluster = cluster
        self.folder = folder / "case"
        shutil.copytree(CASES / name, self.folder)
        self.case = json.loads((self.folder / "case.json").read_text())
        self.database = "case_" + name.replace("/", "_").replace("-", "_")[-50:]
        self.environment = {
            **os.environ,
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "ROOT": str(ROOT),
            "RUN": str(folder / "run"),
            "SUPABASE_DB_URL": cluster.uri(self.database),
            "AZURE_POSTGRES_URI": cluster.uri(f"{self.database}_source"),
            "MONGODB_URI": "file:dump",
            "APPWRITE_URI": "file:export",
            "APPWRITE_API_KEY": "any-word",
            # A library that a case loads before all others, as faketime does, also stands before the sanitizer's.
            "ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0",
        }

    def change(self, project: dict[str, object]) -> None:
        for name, members in project.items():
            file = self.folder / "project" / name
            file.write_text(json.dumps(merged(json.loads(file.read_text()), members)))

    def prepare(self) -> None:
        for database, template in ((self.database, self.cluster.untouched), (f"{self.database}_source", "template0")):
            self.cluster.psql(f'drop database if exists "{database}" with (force)')
            self.cluster.psql(f'create database "{database}" template {template}')
        for file, database in (("target.sql", self.database), ("source.sql", f"{self.database}_source")):
            if (self.folder / file).exists():
                self.cluster.psql(file=self.folder / file, database=database)

    def run(self) -> list[Said]:
        """All commands of the case, one after the other, whatever becomes of them."""
        if "through pgbouncer" in self.case["variables"]["SUPABASE_DB_URL"]:
            with TransactionPooler(self.cluster.port) as pooler:
                self.environment["SUPABASE_DB_URL"] = self.through(pooler.port)
                return [self.do(command) for command in self.case["run"]]
        variable = self.case["variables"].get("APPWRITE_URI", "")
        if "double" not in variable:
            return [self.do(command) for command in self.case["run"]]
        with double_of(variable, self.folder, self.environment) as uri:
            self.environment["APPWRITE_URI"] = uri
            return [self.do(command) for command in self.case["run"]]

    def through(self, port: int) -> str:
        """The target's URI by another port of this machine."""
        return self.cluster.uri(self.database).replace(f":{self.cluster.port}/", f":{port}/")

    def do(self, command: str) -> Said:
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, text=True, timeout=PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return Said(command, done.returncode, done.stdout)

    def value(self, sql: str) -> str:
        return self.cluster.psql(sql, database=self.database).strip()


def judge(trial: Trial, right: Right, said: list[Said]) -> None:
    """Everything that is not as it should be, at once."""
    wrong = []
    for place, (expected, one) in enumerate(zip(right.codes.split(), said, strict=True)):
        if expected != "*" and str(one.code) not in expected.split("|"):
            wrong.append(f"command {place} ended with {one.code}, not {expected}")
    everything = "".join(one.text for one in said)
    for told in right.says:
        place, part = told if isinstance(told, tuple) else (None, told)
        text = everything if place is None else said[place].text
        if part not in text and part not in " ".join(text.split()):  # a table of 80 columns wraps its texts
            wrong.append(f"nobody said {part!r}" if place is None else f"command {place} did not say {part!r}")
    wrong += [f"{part!r} was said" for part in right.never if part in everything]
    for sql, value in right.values:
        found = trial.value(sql)
        if found != value:
            wrong.append(f"{sql}: {found!r}, not {value!r}")
    heard = "\n".join(f"$ {one.command}\n{one.text}[{one.code}]" for one in said)
    assert not wrong, "\n".join([*wrong, heard])
