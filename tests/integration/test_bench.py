"""The benchmark works: every figure is there. How good they are is not asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAYS = ("raw COPY", "without checkpoint", "with checkpoint")
WHOLE = {"graduate", "graduate-verify"}  # they are not for one source
PROGRAMS = {"graduate-extract", "graduate-transform", "graduate-load"}
KINDS = {"mongodb", "postgres", "appwrite"}
VERIFICATIONS = ("counts", "content", "references", "supabase", "access", "all levels")
RESTORED = ("graduate run", "psql", "pg_restore -j2")


@pytest.mark.slow
def test_quick_benchmark(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, ROOT / "tests/bench/run", "--quick", "--json", file],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())

    assert set(figures["sets"]) == {"core", "analytics"}
    for name, one in figures["sets"].items():
        assert one["rows"] > 0 and one["bytes"] > 0, name
        assert tuple(one["ways"]) == WAYS, name
        for way, measured in one["ways"].items():
            seconds = measured["seconds"]
            assert 0 < seconds["min"] <= seconds["median"] <= seconds["max"], (name, way)
            assert measured["rows_per_second"] > 0 and measured["of_raw_copy"] > 0, (name, way)
            programs = {"psql"} if way == "raw COPY" else PROGRAMS
            assert set(measured["cpu_seconds"]) == programs | {"source", "target"}, (name, way)
            assert all(measured["cpu_seconds"][program] > 0 for program in programs), (name, way)
            assert way in done.stdout

    for scale, one in figures["whole_runs"].items():
        assert scale == "2" and one["rows"] > 0
        assert tuple(one["ways"]) == RESTORED
        for way, measured in one["ways"].items():
            assert measured["of_restore"] > 0 and measured["cpu_seconds_per_million_rows"] > 0, way
            assert f"  {way} " in done.stdout

    verification = figures["verification"]
    assert verification["rows"] > sum(one["rows"] for one in figures["sets"].values())
    assert tuple(verification["ways"]) == ("COPY OUT", *VERIFICATIONS)
    for way, measured in verification["ways"].items():
        seconds = measured["seconds"]
        assert 0 < seconds["min"] <= seconds["median"] <= seconds["max"], way
        assert measured["of_copy_out"] > 0, way
        program = "psql" if way == "COPY OUT" else "graduate-verify"
        assert set(measured["cpu_seconds"]) == {program, "source", "target"}, way
        assert (way == "COPY OUT") or 0 < measured["verdict_seconds"] < seconds["max"], way
        assert f"\n{way} " in done.stdout

    peaks = figures["peak_kib"]
    assert set(peaks) == WHOLE | {f"{program}, {kind}" for program in PROGRAMS for kind in KINDS}
    for what, by_scale in peaks.items():
        assert set(by_scale) == {"1", "2"} and all(kib > 1024 for kib in by_scale.values()), what
        assert what in done.stdout

    assert 0 < figures["graduate_run"]["data_seconds"] < figures["graduate_run"]["seconds"]
    assert figures["machine"]["fsync"] == "on"
