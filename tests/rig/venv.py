"""The virtual environment with the packages of tests/requirements.txt, made once.

It is build/venv, or the folder that GRADUATE_VENV names. `python3 -m tests.rig.venv` makes it and prints its python.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.rig import RigError

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
OLDEST_PYTHON = (3, 11)
SYSTEM_PYTHON = Path("/usr/bin/python3")
INSTALL_SECONDS = 900
OUTPUT_TAIL_LINES = 15


def folder() -> Path:
    named = os.environ.get("GRADUATE_VENV")
    return Path(named).resolve() if named else ROOT / "build" / "venv"


def python() -> Path:
    return folder() / "bin" / "python"


def is_running() -> bool:
    """True if this program itself is run by the environment's python."""
    return Path(sys.prefix) == folder() and _is_complete()


def ensure() -> Path:
    """Makes the environment if it is missing or out of date; returns its python. Quiet unless it fails."""
    if sys.version_info < OLDEST_PYTHON:
        raise RigError(
            f"Python {'.'.join(map(str, OLDEST_PYTHON))} or later is needed, this is {sys.version.split()[0]}"
        )
    if not _is_complete():
        folder().parent.mkdir(parents=True, exist_ok=True)
        with open(folder().with_name(folder().name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_complete():  # somebody else may have made it while we waited
                _make()
    return python()


def _stamp() -> Path:
    return folder() / "requirements.sha256"


def _wanted() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _is_complete() -> bool:
    return _stamp().exists() and _stamp().read_text() == _wanted()


def _make() -> None:
    _run([_base(), "-m", "venv", folder()], "on Debian, install the package python3-venv")
    _run(
        [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS],
        "it needs a package index that it can reach",
    )
    _stamp().write_text(_wanted())


def _base() -> Path:
    """Root's own python may be out of reach for the ordinary user who runs the servers; the system's is not."""
    if os.geteuid() == 0 and SYSTEM_PYTHON.exists():
        is_new_enough = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
        if subprocess.run([SYSTEM_PYTHON, "-c", is_new_enough]).returncode == 0:
            return SYSTEM_PYTHON
    return Path(sys.executable)


def _run(command: list[str | Path], advice: str) -> None:
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RigError(f"{_text(command)} was not done in {INSTALL_SECONDS} s") from None
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-OUTPUT_TAIL_LINES:])
        raise RigError(f"{_text(command)} failed ({advice}):\n{tail}")


def _text(command: list[str | Path]) -> str:
    return " ".join(map(str, command))


if __name__ == "__main__":
    try:
        print(ensure())
    except RigError as error:
        sys.exit(f"rig: {error}")
