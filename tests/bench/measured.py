"""What was measured of one way, and of all the rounds in which it was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Used:
    """What a program used, of all the times it ran."""

    cpu: float = 0.0
    peak_kib: int = 0


@dataclass
class Measured:
    seconds: float = 0.0
    programs: dict[str, Used] = field(default_factory=dict)
    servers_cpu: dict[str, float] = field(default_factory=dict)  # of the sessions of source and target

    def add(self, other: Measured) -> None:
        """What came next on the same way."""
        self.seconds += other.seconds
        for name, used in other.programs.items():
            mine = self.programs.setdefault(name, Used())
            mine.cpu += used.cpu
            mine.peak_kib = max(mine.peak_kib, used.peak_kib)
        for name, cpu in other.servers_cpu.items():
            self.servers_cpu[name] = self.servers_cpu.get(name, 0.0) + cpu


def seconds_of(rounds: Sequence[Measured]) -> dict[str, float]:
    seconds = sorted(one.seconds for one in rounds)
    return {"min": seconds[0], "median": median(seconds), "max": seconds[-1]}


def cpu_of(rounds: Sequence[Measured]) -> dict[str, float]:
    """Medians, by program and server."""
    return {
        **{name: median(one.programs[name].cpu for one in rounds) for name in rounds[0].programs},
        **{name: median(one.servers_cpu[name] for one in rounds) for name in rounds[0].servers_cpu},
    }
