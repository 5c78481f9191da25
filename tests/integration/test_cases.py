"""Every input of fixtures/cases comes out as its case.json calls right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cases import CASES, Right, Trial, judge
from tests.integration.cases import (
    appwrite,
    documents_mapping,
    existing_tables,
    exports,
    faults,
    identity,
    plan_and_check,
    postgres_catalog,
    postgres_mapping,
    target,
    truth,
    verify,
)

TABLES: dict[str, dict[str, Right]] = {
    "appwrite": appwrite.RIGHT,
    "documents-mapping": documents_mapping.RIGHT,
    "existing-tables": existing_tables.RIGHT,
    "exports": exports.RIGHT,
    "faults": faults.RIGHT,
    "identity": identity.RIGHT,
    "plan-and-check": plan_and_check.RIGHT,
    "postgres-catalog": postgres_catalog.RIGHT,
    "postgres-mapping": postgres_mapping.RIGHT,
    "target": target.RIGHT,
    "truth": truth.RIGHT,
    "verify": verify.RIGHT,
}
RIGHT = {f"{kind}/{name}": right for kind, table in TABLES.items() for name, right in table.items()}


def test_every_case_is_in_a_table() -> None:
    assert {f"{file.parent.parent.name}/{file.parent.name}" for file in CASES.glob("*/*/case.json")} == RIGHT.keys()


@pytest.mark.parametrize("name", RIGHT)
def test_case(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    right = RIGHT[name]
    if right.waits:
        pytest.skip(f"{name}: {right.waits}")
    trial = Trial(name, request.getfixturevalue("plain" if right.plain else "targets"), tmp_path)
    trial.change(right.project)
    trial.prepare()
    judge(trial, right, trial.run())
