"""A whole run, held against restoring a dump of its own result: the least that a migration could take."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.measured import Measured, cpu_of, seconds_of
from tests.bench.stand import PROJECT, BenchError, Stand

RUN = "graduate run"
RESTORED = ("psql", "pg_restore -j2")
CPU = {"graduate": "programs", "psql": "programs", "pg_restore": "programs", "source": "source", "target": "target"}
# What a dump of the result has, in the order in which it can be restored: Supabase's tables are there already.
PARTS = (
    ["--data-only", "--table=auth.users"],
    ["--data-only", "--table=auth.identities"],
    ["--table=public.*"],
)


@dataclass
class Whole:
    """The ways to fill an empty target, each measured once a round."""

    scale: int
    rows: int
    rounds: dict[str, list[Measured]] = field(default_factory=lambda: {way: [] for way in (RUN, *RESTORED)})

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "ways": {way: self._way(rounds) for way, rounds in self.rounds.items()}}

    def _way(self, rounds: list[Measured]) -> dict[str, Any]:
        seconds = seconds_of(rounds)
        cpu: dict[str, float] = {}
        for name, used in cpu_of(rounds).items():
            cpu[CPU[name]] = cpu.get(CPU[name], 0.0) + used
        return {
            "seconds": seconds,
            "of_restore": seconds_of(self.rounds[RESTORED[-1]])["median"] / seconds["median"],
            "cpu_seconds": cpu,
            "cpu_seconds_per_million_rows": sum(cpu.values()) / self.rows * 1e6,
        }


def measure_whole_runs(stand: Stand, scale: int, rounds: int, say: Callable[[str], None]) -> Whole:
    """The ways take turns in being first; the target is left as `graduate run` made it."""
    run = _Ways(stand)
    run.graduate()
    whole = Whole(scale, stand.rows())
    run.dump()
    ways = {RUN: run.graduate, RESTORED[0]: run.psql, RESTORED[1]: run.pg_restore}
    names = list(ways)
    for number in range(rounds):
        turn = number % len(names)
        for way in names[turn:] + names[:turn]:
            whole.rounds[way].append(ways[way]())
            if (rows := stand.rows()) != whole.rows:
                raise BenchError(f"{way}: the target has {rows} rows, not {whole.rows}")
        say(f"whole runs at scale {scale}: round {number + 1} of {rounds}")
    run.graduate()
    return whole


class _Ways:
    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._script = stand.folder / "dump.sql"
        self._folders = [stand.folder / f"dump-{number}" for number in range(len(PARTS))]

    def dump(self) -> None:
        """What a run made, as pg_dump writes it: one script, and folders for pg_restore, without compression."""
        text = self._stand.folder / "part.sql"
        with open(self._script, "wb") as script:
            for folder, what in zip(self._folders, PARTS):
                self._stand.client(["pg_dump", "-Fd", "-Z0", "-f", str(folder), *what])
                self._stand.client(["pg_dump", "-f", str(text), *what])
                with open(text, "rb") as part:
                    shutil.copyfileobj(part, script)
        text.unlink()

    def graduate(self) -> Measured:
        stand = self._stand
        stand.empty()
        shutil.rmtree(stand.run_folder, ignore_errors=True)
        command = [str(stand.programs / "graduate"), "run", "--project", PROJECT, "--run-dir", str(stand.run_folder)]
        with stand.servers_at_work() as measured:
            stand.pipe([command], measured)
        return measured

    def psql(self) -> Measured:
        self._stand.empty()
        return self._stand.client(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(self._script)])

    def pg_restore(self) -> Measured:
        self._stand.empty()
        measured = Measured()
        for folder in self._folders:
            one = self._stand.client(["pg_restore", "-j2", "--exit-on-error", "-d", self._stand.database, str(folder)])
            measured.add(one)
        return measured


def to_text(wholes: list[Whole]) -> str:
    """A table for each scale, and how the time grows with the rows between the first and the last."""
    lines = [
        "whole runs beside restoring a dump of their result",
        f"{'scale':>6}{'rows':>11}  {'':15}{'seconds':>15}{'of':>16}    CPU seconds         for a million",
        f"{'':19}{'':15}{'min':>7}{'median':>8}{'max':>7}{'pg_restore':>12}{'programs':>11}{'source':>8}{'target':>8}"
        f"{'rows':>9}",
    ]
    for whole in wholes:
        for name, way in whole.to_json()["ways"].items():
            seconds, cpu = way["seconds"], way["cpu_seconds"]
            lines.append(
                f"{whole.scale:6}{whole.rows:11,}  {name:15}"
                f"{seconds['min']:7.2f}{seconds['median']:8.2f}{seconds['max']:7.2f}{way['of_restore']:12.2f}"
                f"{cpu['programs']:11.2f}{cpu['source']:8.2f}{cpu['target']:8.2f}"
                f"{way['cpu_seconds_per_million_rows']:9.2f}"
            )
    if len(wholes) > 1:
        grown = ", ".join(f"{way} {growth(wholes, way):.2f}" for way in (RUN, *RESTORED))
        lines.append(f"the time grows with the rows to the power of: {grown}")
    return "\n".join(lines)


def growth(wholes: list[Whole], way: str) -> float:
    """The exponent: 1 is linear."""
    first, last = wholes[0], wholes[-1]
    times = [seconds_of(whole.rounds[way])["median"] for whole in (first, last)]
    return math.log(times[1] / times[0]) / math.log(last.rows / first.rows)
