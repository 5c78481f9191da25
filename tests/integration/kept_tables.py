"""Tables of a Postgres that keep their shape, and what the verifier says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.migration import Ended
from tests.integration.small_project import Small
from tests.rig.postgres import Cluster


def table(name: str, **more: Any) -> dict[str, Any]:
    return {"from": f"old.{name}", "to": {f"public.{name}": {"keep_shape": True, **more}}}


class Kept(Small):
    def __init__(self, top: Path, targets: Cluster, old: Cluster, files: dict[str, Any], source: str) -> None:
        database = f"old_{abs(hash((top, source)))}"
        old.psql(f"create database {database}")
        old.psql(source, database=database)
        super().__init__(top, targets, files, OLD_URI=old.uri(database))

    def verdict(self) -> list[str]:
        """What the level of references found."""
        ended = self.run("verify", "--run-dir", str(self.folder), "--level", "references")
        verdict = json.loads((self.folder / "verify.json").read_text())
        assert ended.returncode == bool(verdict["findings"]), ended.said
        return [one["text"] for one in verdict["findings"]]

    def plan(self) -> Ended:
        return self.run("plan", "--project", self.project)

    def fates(self, *kinds: str) -> dict[tuple[str, str], tuple[str, str | None]]:
        """By kind and name: what became of the source's objects, and how or why."""
        return {(one["kind"], one["name"]): (one["fate"], one.get("how") or one.get("reason"))
                for one in self.account()["objects"] if one["kind"] in kinds}  # fmt: skip
