"""What was measured, as tables for people and as one object for programs."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

from tests.bench.measured import Measured, cpu_of, seconds_of
from tests.bench.stand import WholeRun
from tests.bench.verification import Verification
from tests.bench.whole import Whole, to_text

LIMIT_KIB = 64 << 10
RAW = "raw COPY"
# Whose CPU time is shown, and under which heading.
CPU = {
    "graduate-extract": "extract",
    "graduate-transform": "transform",
    "graduate-load": "load",
    "psql": "client",
    "pgcopydb": "client",
    "python": "client",
    "source": "source",
    "target": "target",
}
HEADINGS = tuple(dict.fromkeys(CPU.values()))


@dataclass
class Set:
    """One source's records and the ways in which they became rows, each measured once a round."""

    title: str
    rows: int
    bytes: int  # of tuples
    rounds: dict[str, list[Measured]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "bytes": self.bytes,
            "ways": {way: self._way(measured) for way, measured in self.rounds.items()},
        }

    def _way(self, measured: list[Measured]) -> dict[str, Any]:
        seconds = seconds_of(measured)
        return {
            "seconds": seconds,
            "rows_per_second": self.rows / seconds["median"],
            "of_raw_copy": seconds_of(self.rounds[RAW])["median"] / seconds["median"],
            "cpu_seconds": cpu_of(measured),
        }


@dataclass
class Report:
    scale: int
    rounds: int
    machine: dict[str, Any]
    sets: dict[str, Set] = field(default_factory=dict)
    peaks: dict[str, dict[int, int]] = field(default_factory=dict)  # program and source, scale -> KiB
    whole_run: WholeRun | None = None
    verification: Verification | None = None
    wholes: list[Whole] = field(default_factory=list)  # by scale
    others: set[str] = field(default_factory=set)  # of the peaks

    def note_peaks(self, scale: int, source: str, measured: Measured) -> None:
        for program, used in measured.programs.items():
            self.note_peak(scale, f"{program}, {source}", used.peak_kib)

    def note_other(self, scale: int, name: str, measured: Measured) -> None:
        """One that is not graduate's, and to no limit of it."""
        self.others.add(name)
        self.note_peak(scale, name, max(used.peak_kib for used in measured.programs.values()))

    def note_peak(self, scale: int, what: str, kib: int) -> None:
        peaks = self.peaks.setdefault(what, {})
        peaks[scale] = max(peaks.get(scale, 0), kib)

    def to_json(self) -> dict[str, Any]:
        figures = {
            "scale": self.scale,
            "rounds": self.rounds,
            "machine": self.machine,
            "whole_runs": {str(whole.scale): whole.to_json() for whole in self.wholes},
        }
        if self.whole_run and self.verification:
            figures |= {
                "sets": {name: one.to_json() for name, one in self.sets.items()},
                "peak_kib": self.peaks,
                "peak_limit_kib": LIMIT_KIB,
                "graduate_run": {"seconds": self.whole_run.seconds, "data_seconds": self.whole_run.data_seconds},
                "verification": self.verification.to_json(),
            }
        return figures

    def to_text(self) -> str:
        machine = textwrap.fill(", ".join(f"{name} {value}" for name, value in self.machine.items()), 110)
        parts = [f"AuthorStack at scale {self.scale}, {_count(self.rounds, 'round')}\n{machine}", to_text(self.wholes)]
        if self.whole_run and self.verification:
            parts += [_speeds(one) for one in self.sets.values()]
            run = self.whole_run
            parts.append(
                f"graduate run, all entities, once: {run.seconds:.1f} s, of which {run.data_seconds:.1f} s for the"
                " data; the rest is catalogs, keys, indexes, references, ANALYZE"
            )
            parts += [self.verification.to_text(), _memory(self.peaks, self.others)]
        return "\n\n".join(parts)


def _speeds(one: Set) -> str:
    lines = [
        f"{one.title}: {one.rows:,} rows, {one.bytes / (1 << 20):.1f} MiB",
        f"{'seconds':>38}{'rows/s':>15}{'of raw':>8}    CPU seconds of programs and servers",
        f"{'min':>24}{'median':>8}{'max':>7}{'(median)':>14}{'COPY':>8}"
        + "".join(f"{heading:>11}" for heading in HEADINGS),
    ]
    for name, way in one.to_json()["ways"].items():
        seconds, cpu = way["seconds"], way["cpu_seconds"]
        lines.append(
            f"{name:17}{seconds['min']:7.2f}{seconds['median']:8.2f}{seconds['max']:7.2f}"
            f"{way['rows_per_second']:14,.0f}{way['of_raw_copy']:8.2f}"
            + "".join(f"{spent:11.2f}" if spent else f"{'':11}" for spent in _by_heading(cpu))
        )
    return "\n".join(lines)


def _by_heading(cpu: dict[str, float]) -> list[float]:
    return [sum(cpu.get(name, 0) for name, of in CPU.items() if of == heading) for heading in HEADINGS]


def _memory(peaks: dict[str, dict[int, int]], others: set[str]) -> str:
    scales = sorted({scale for by_scale in peaks.values() for scale in by_scale})
    lines = [
        f"{'peak memory, MiB':34}" + "".join(f"{f'scale {scale}':>11}" for scale in scales)
        + f"    below {LIMIT_KIB >> 10} MiB"
    ]
    for what, by_scale in sorted(peaks.items()):
        fits = "yes" if all(kib < LIMIT_KIB for kib in by_scale.values()) else "NO"
        lines.append(
            f"{what:34}"
            + "".join(f"{by_scale[scale] / 1024:11.1f}" if scale in by_scale else f"{'':11}" for scale in scales)
            + f"    {'' if what in others else fits}"
        )
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
