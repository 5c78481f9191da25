"""Advice is true: who follows it comes to exit 0. advice.md has all of it, the scenarios are what is followed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import advice, advice_programs, advice_scenarios, advice_sources
from tests.integration.complaint import complaint_of
from tests.integration.migration import Ended
from tests.integration.small_project import Small, shop_of
from tests.rig.postgres import Cluster

SCENARIOS = advice_scenarios.SCENARIOS | advice_programs.SCENARIOS | advice_sources.SCENARIOS
BY_A_PERSON = "a person must: "
# It may only become less.
MOST_BY_A_PERSON = 104
HERE = Path(__file__).parent


@pytest.fixture
def shop(targets: Cluster, tmp_path: Path) -> Iterator[Small]:
    with shop_of(tmp_path, targets) as made:
        yield made


def rows_of(name: str) -> list[advice.Advice]:
    return [row for row in advice.in_table().values() if row.proof == f"test_advice: {name}"]


def next_of(ended: Ended) -> str:
    """A verdict, and a problem of several, have it in their lines, which are as wide as a terminal."""
    if "error: " in ended.stderr and "problems would stop" not in ended.stderr:
        return complaint_of(ended, ended.returncode).next
    return " ".join(ended.said.split())


@pytest.mark.parametrize("name", SCENARIOS)
def test_followed(shop: Small, name: str) -> None:
    steps = SCENARIOS[name](shop)
    ended = next(steps)
    said = next_of(ended)
    rows = rows_of(name)
    assert rows, f"no row of advice.md names this scenario: {said}"
    for row in rows:
        assert str(ended.returncode) in row.codes.split() and re.search(advice.pattern(row.text), said), (row, said)
    last = next(steps)
    assert ended.returncode != 0 and last.returncode == 0, last.said
    steps.close()


def test_the_table_is_what_the_sources_can_say() -> None:
    sources, table = advice.in_sources(), advice.in_table()
    assert sorted(sources - table.keys()) == [], "these have no row in advice.md"
    assert sorted(table.keys() - sources) == [], "nothing says these any more"


def test_every_proof_is_there() -> None:
    missing = []
    for row in advice.in_table().values():
        scenario = row.proof.removeprefix("test_advice: ")
        name, _, test = row.proof.partition("::")
        known = (
            scenario in SCENARIOS
            or row.proof.startswith(BY_A_PERSON)
            or (test and f"def {test}(" in (HERE / name).read_text())
        )
        if not known:
            missing.append(row)
    assert missing == []


def test_how_many_are_followed(capsys: pytest.CaptureFixture[str]) -> None:
    """All but those that a person must follow."""
    rows = list(advice.in_table().values())
    left = [row for row in rows if row.proof.startswith(BY_A_PERSON)]
    with capsys.disabled():
        print(f" {len(rows) - len(left)} of {len(rows)} pieces of advice are followed, {len(left)} a person must ", end="")
    assert len(left) <= MOST_BY_A_PERSON, "a new piece of advice is followed by its test"
