"""A tree of its own, with builds of its own, in which sources are changed, built and tested."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from tests.house.rooms import ROOMS, ROOT, room_of
from tests.mutation.source import Mutant
from tests.rig import venv

BUILD_SECONDS = 900
UNIT_TEST_SECONDS = 60  # for each of them
INTEGRATION_SECONDS = 1800
# A change that makes a program want all memory must not have it.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:hard_rss_limit_mb=2048",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
# What a compiler merely finds odd is tried all the same.
ODD_IS_ALLOWED = {"CFLAGS": "-Wno-parentheses -Wno-unused -Wno-unused-parameter"}
# The programs of this build are asked for by one file of integration tests alone.
QUICK_TESTS = "planted_bugs"
FAILED_UNIT_TEST = re.compile(r"Test +#\d+: (\S+) \.+(?!\.| +Passed)")
FAILED_CASE = re.compile(r"^\[  FAILED  \] (?!\d+ test)(\w+)$", re.MULTILINE)
FAILED_INTEGRATION_TEST = re.compile(r"^(?:FAILED|ERROR) (tests/[^\s\[]+(?:\[.*?\](?= - |$))?)", re.MULTILINE)
OUTPUT_TAIL_LINES = 20


class TreeError(Exception):
    """What was to be changed does not build or pass its tests as it is; the text says what the tools said."""


class DoesNotBuild(Exception):
    """A compiler refused a changed source."""


class Tree:
    """A copy of `sources`, which is built when it is needed, and tested by `cores` processes at a time."""

    def __init__(self, folder: Path, sources: Path, cores: int) -> None:
        self.folder = folder
        self.cores = cores
        self._sources = sources
        self._builds: set[str] = set()
        self._running: subprocess.Popen[str] | None = None
        self._stopped = False
        shutil.copytree(sources, folder)

    def change(self, mutant: Mutant) -> None:
        file = self.folder / mutant.file
        file.write_text(mutant.applied_to(file.read_text()))

    def restore(self, mutant: Mutant) -> None:
        (self.folder / mutant.file).write_text((self._sources / mutant.file).read_text())
        self._end_leftovers()

    def failed_unit_test(self) -> str | None:
        """The first unit test that does not pass, and in it the first case."""
        self._build("sanitize")
        command = ["ctest", "--preset", "sanitize", f"-j{self.cores}", "--stop-on-failure"]
        code, said = self._run([*command, "--timeout", str(UNIT_TEST_SECONDS)], len(ROOMS) * UNIT_TEST_SECONDS)
        if code == 0:
            return None
        test, case = FAILED_UNIT_TEST.search(said), FAILED_CASE.search(said)
        if test is None:
            raise TreeError(f"ctest ended with {code}:\n{_tail(said)}")
        return f"{test[1]} {case[1]}" if case else test[1]

    def failed_integration_test(self, tests: list[str], without: set[str]) -> str | None:
        """The first of the tests, or of those in the files, that does not pass."""
        self._build("sanitize")
        if any(QUICK_TESTS in test for test in tests):
            self._build("release")
        command = [venv.of_tests().ensure(), "-m", "pytest", "-x", "-q", "-n", str(self.cores), "-p", "no:cacheprovider"]
        command += ["--basetemp", self.folder / "build/tests"]
        put_aside = [word for test in sorted(without) for word in ("--deselect", test)]
        code, said = self._run([*command, *put_aside, *tests], INTEGRATION_SECONDS)
        if code == 0:
            return None
        if code is None:
            return f"none ended within {INTEGRATION_SECONDS} s"
        failed = FAILED_INTEGRATION_TEST.search(said)
        if failed is None:
            raise TreeError(f"pytest ended with {code}:\n{_tail(said)}")
        return failed[1]

    def stop(self) -> None:
        """Ends what is running, and all that begins later at once."""
        self._stopped = True
        if self._running is not None:
            _kill_group(self._running)
        self._end_leftovers()

    def _build(self, preset: str) -> None:
        if preset not in self._builds:
            code, said = self._run(["cmake", "--preset", preset], BUILD_SECONDS)
            if code != 0:
                raise TreeError(f"cmake ended with {code}:\n{_tail(said)}")
            self._builds.add(preset)
        code, said = self._run(["cmake", "--build", "--preset", preset, f"-j{self.cores}"], BUILD_SECONDS)
        if code != 0:
            raise DoesNotBuild(_tail(said))

    def _run(self, command: list[str | Path], seconds: int) -> tuple[int | None, str]:
        """Its exit code, None if it did not end in time, and what it said."""
        environment = {**os.environ, **SANITIZERS, **ODD_IS_ALLOWED}
        environment |= {"GRADUATE_VENV": str(venv.of_tests().folder), "CTEST_OUTPUT_ON_FAILURE": "1"}
        environment.pop("GRADUATE_BIN", None)  # not the programs of another tree
        with subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True, errors="replace", start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:  # fmt: skip
            self._running = running
            try:
                said, _ = running.communicate(timeout=0 if self._stopped else seconds)
            except subprocess.TimeoutExpired:
                return None, ""
            finally:
                _kill_group(running)
                self._running = None
        return running.returncode, said

    def _end_leftovers(self) -> None:
        """A changed program may not end by itself, and what started it may be gone."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "exe").readlink().is_relative_to(self.folder):
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:  # gone, or not ours
                continue


def copy_checkout(folder: Path) -> None:
    """All that is in the checkout, as it is there now, and is not ignored."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def integration_tests_of(file: str) -> list[str]:
    """The files of tests that go through the room of a source."""
    return [f"tests/integration/test_{name}.py" for name in ROOMS[room_of(ROOT / file)].tests.split()]


def _kill_group(running: subprocess.Popen[str]) -> None:
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-OUTPUT_TAIL_LINES:])
