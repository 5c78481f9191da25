"""What it takes to verify an unchanged target, held against a plain COPY OUT of the same tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measured import Measured, cpu_of, seconds_of
from tests.bench.stand import PROJECT, BenchError, Stand

COPY_OUT = "COPY OUT"
LEVELS = ("counts", "content", "references", "supabase", "access")
# The ways by name, and how graduate-verify is asked for them.
VERIFICATIONS = {**{level: level for level in LEVELS}, "all levels": "all"}
WITH_ROWS = {"content", "all"}  # what counts the rows that are present
VERIFY = "graduate-verify"
CPU = {"psql": "psql", VERIFY: "verify", "target": "target"}


@dataclass
class Verified(Measured):
    verdict_seconds: float = 0.0  # by the program's own clock, of the levels alone


@dataclass
class Verification:
    """The ways to read a loaded target, each measured once a round."""

    rows: int
    rounds: dict[str, list[Measured]] = field(
        default_factory=lambda: {way: [] for way in (COPY_OUT, *VERIFICATIONS)}
    )

    def peak_kib(self) -> int:
        return max(one.programs[VERIFY].peak_kib for way in VERIFICATIONS for one in self.rounds[way])

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "ways": {way: self._way(rounds) for way, rounds in self.rounds.items()}}

    def _way(self, rounds: list[Measured]) -> dict[str, Any]:
        seconds = seconds_of(rounds)
        way = {
            "seconds": seconds,
            "of_copy_out": seconds["median"] / seconds_of(self.rounds[COPY_OUT])["median"],
            "cpu_seconds": cpu_of(rounds),
        }
        if isinstance(rounds[0], Verified):
            way["verdict_seconds"] = median(one.verdict_seconds for one in rounds)
        return way

    def to_text(self) -> str:
        lines = [
            f"verification of all entities: {self.rows:,} rows",
            f"{'seconds':>38}{'by the':>9}{'of COPY':>9}    CPU seconds of programs and server",
            f"{'min':>24}{'median':>8}{'max':>7}{'verdict':>9}{'OUT':>9}"
            + "".join(f"{heading:>11}" for heading in CPU.values()),
        ]
        for name, way in self.to_json()["ways"].items():
            seconds, cpu = way["seconds"], way["cpu_seconds"]
            lines.append(
                f"{name:17}{seconds['min']:7.2f}{seconds['median']:8.2f}{seconds['max']:7.2f}"
                + (f"{way['verdict_seconds']:9.2f}" if "verdict_seconds" in way else f"{'':9}")
                + f"{way['of_copy_out']:9.2f}"
                + "".join(f"{cpu[part]:11.2f}" if part in cpu else f"{'':11}" for part in CPU)
            )
        return "\n".join(lines)


def measure_verification(stand: Stand, rounds: int, say: Callable[[str], None]) -> Verification:
    """The target is as the last whole run left it. COPY OUT and the levels take turns in being first."""
    verification = Verification(stand.rows())
    copy = {COPY_OUT: partial(_copy_out, stand, verification.rows)}
    verify = {way: partial(_verify, stand, level, verification.rows) for way, level in VERIFICATIONS.items()}
    for number in range(rounds):
        ways = copy | verify if number % 2 == 0 else verify | copy
        for way, take in ways.items():
            stand.flush()
            verification.rounds[way].append(take())
        say(f"verification: round {number + 1} of {rounds}")
    return verification


def _copy_out(stand: Stand, rows: int) -> Measured:
    """What psql takes to be sent all rows, in the form and the transaction in which graduate-verify reads them."""
    said = stand.folder / "copied"
    copies = [f"\\copy {table} to '/dev/null' with (format binary)" for table in stand.tables()]
    measured = stand.psql(["begin isolation level repeatable read read only;", *copies, "commit;"], output=said)
    copied = sum(int(line.split()[1]) for line in said.read_text().splitlines() if line.startswith("COPY "))
    if copied != rows:
        raise BenchError(f"COPY OUT sent {copied} rows, not {rows}")
    return measured


def _verify(stand: Stand, level: str, rows: int) -> Verified:
    said = stand.folder / "verdict"
    program = [str(stand.programs / VERIFY), "--project", PROJECT, "--run-dir", str(stand.run_folder)]
    with stand.servers_at_work() as measured:
        try:
            stand.pipe([[*program, "--level", level]], measured, output=said)
        except BenchError as error:
            raise BenchError(f"{stand.run_folder.parent.name} does not verify clean: {error}\n{_text(said)}") from None
    verdict = json.loads((stand.run_folder / "verify.json").read_text())
    present = sum(table["present"] for table in verdict["tables"])
    if level in WITH_ROWS and present != rows:
        raise BenchError(f"graduate-verify --level {level} found {present} rows, not {rows}")
    seconds = sum(one["seconds"] for one in verdict["levels"] if one["verdict"] == "holds")
    return Verified(measured.seconds, measured.programs, measured.servers_cpu, seconds)


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""
