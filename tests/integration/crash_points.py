"""The places at which a program can be told to die (tools/common/base/crash.c), and who comes by them."""

from __future__ import annotations

import re

from tests.integration.migration import ROOT

EVERY = re.findall(r'= "([a-z]+\.[a-z_]+)"', (ROOT / "tools/common/base/crash.c").read_text())
# A process comes by these once; by the others with every batch.
ONCE = {"extract.checkpoint_settled", "load.partition_done", "load.tables_made"}
# The points that a run does not come by: the verb that does, and the how manieth time is in its middle.
AFTERWARDS = {
    "file.written": ("seal", 1), "verify.state_kept": ("verify", 1), "verify.verdict_written": ("verify", 1),
    "report.document_written": ("report", 1), "compare.made": ("compare", 1), "seal.manifest_made": ("seal", 1),
    "seal.written": ("seal", 1), "seal.right_taken": ("seal", 9), "seal.locked": ("seal", 1),
}  # fmt: skip
# Those that only a run with --restart comes by.
RESTARTING = ("driver.checkpoints_removed", "driver.catalogs_renewed", "load.restarted")
# Those that only graduate undo comes by.
UNDOING = ("driver.undoing", "load.undone", "driver.undone")
# Those that only graduate retry comes by.
RETRYING = ("driver.retrying", "driver.retried", "load.refused_again")
OF_A_RUN = [point for point in EVERY if point not in (*AFTERWARDS, *RESTARTING, *UNDOING, *RETRYING)]
