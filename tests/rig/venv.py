"""Virtual environments with the packages of a requirements file, each made once.

The tests' has those of tests/requirements.txt. It is build/venv, or the folder that GRADUATE_VENV names.
`python3 -m tests.rig.venv` makes it and prints its python.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.rig import RigError

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
SYSTEM_PYTHON = Path("/usr/bin/python3")
INSTALL_SECONDS = 900
OUTPUT_TAIL_LINES = 15


@dataclass(frozen=True)
class Venv:
    folder: Path
    requirements: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def is_running(self) -> bool:
        """True if this program itself is run by the environment's python."""
        return Path(sys.prefix) == self.folder and self._is_complete()

    def ensure(self) -> Path:
        """Makes the environment if it is missing or out of date; returns its python. Quiet unless it fails."""
        if sys.version_info < OLDEST_PYTHON:
            raise RigError(
                f"Python {'.'.join(map(str, OLDEST_PYTHON))} or later is needed, this is {sys.version.split()[0]}"
            )
        if not self._is_complete():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with open(self.folder.with_name(self.folder.name + ".lock"), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not self._is_complete():  # somebody else may have made it while we waited
                    self._make()
        return self.python

    def _stamp(self) -> Path:
        return self.folder / "requirements.sha256"

    def _wanted(self) -> str:
        return hashlib.sha256(self.requirements.read_bytes()).hexdigest()

    def _is_complete(self) -> bool:
        return self._stamp().exists() and self._stamp().read_text() == self._wanted()

    def _make(self) -> None:
        _run([_base(), "-m", "venv", self.folder], "on Debian, install the package python3-venv")
        install = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*install, "--requirement", self.requirements], "it needs a package index that it can reach")
        self._stamp().write_text(self._wanted())


def of_tests() -> Venv:
    named = os.environ.get("GRADUATE_VENV")
    return Venv(Path(named).resolve() if named else ROOT / "build" / "venv", ROOT / "tests" / "requirements.txt")


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
        print(of_tests().ensure())
    except RigError as error:
        sys.exit(f"rig: {error}")
