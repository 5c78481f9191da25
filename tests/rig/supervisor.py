"""Keeps a server and its folder from outliving the program that wanted them.

A test run ends in many ways: in order, by an exception, by Ctrl-C, SIGTERM or SIGKILL. None of them may leave a
server or a folder behind, so no server is a child of the program itself. Between the two stands a supervisor,
which is this file run as a program. It makes the folder, starts processes in it as an ordinary user, and reads
requests from a pipe whose only writer is the program. The pipe's end is the program's end, however it
came; then the supervisor ends the server, removes the folder and is gone. If the supervisor is killed
itself, the kernel sends the server its last signal (PR_SET_PDEATHSIG, by setpriv).

One JSON object a line goes each way, and every request has one answer:

    (start of the supervisor)                  {"folder": PATH}
    {"start": ARGV, "log": FILE}               {"pid": N}
    {"signal": N}                              {}
    {"wait": SECONDS}                          {"status": N, or null if it still runs}
"""

from __future__ import annotations

import atexit
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GRACE_SECONDS = 10
LOG_TAIL_LINES = 20


class Supervisor:
    """The program's side: one folder, and at most one process at a time that lives in it."""

    def __init__(self, user: str | None, last_signal: signal.Signals) -> None:
        self.user = user
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, user or "", str(int(last_signal))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the program; the supervisor learns of it by the pipe
        )
        atexit.register(self.close)
        self.folder = Path(self._answer()["folder"])
        self.log = self.folder / "log"

    def start(self, argv: list[str | Path]) -> int:
        """Starts a process in the folder, its output to the log, and returns its id."""
        return self._ask(start=[str(word) for word in argv], log=str(self.log))["pid"]

    def run(self, argv: list[str | Path], seconds: float = 60) -> bool:
        """Runs a command to its end; False if it failed or was not done in time."""
        self.start(argv)
        status = self.wait(seconds)
        if status is None:
            self.signal(signal.SIGKILL)
            self.wait(GRACE_SECONDS)
        return status == 0

    def signal(self, number: signal.Signals) -> None:
        self._ask(signal=int(number))

    def wait(self, seconds: float) -> int | None:
        """The exit status of the process; None if it still runs after so many seconds."""
        return self._ask(wait=seconds)["status"]

    def write(self, name: str, text: str) -> Path:
        """A file in the folder that only the server's user can read."""
        path = self.folder / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        if self.user:
            _give(path, self.user)
        return path

    def log_tail(self) -> str:
        if not self.log.exists():
            return "(it logged nothing)"
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def close(self) -> None:
        """Ends the process, removes the folder and returns when both are gone."""
        atexit.unregister(self.close)
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, **request) -> dict:
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            pass  # it has ended, which the missing answer says
        return self._answer()

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError("the supervisor of a server has ended")
        return json.loads(line)


class _Charge:
    """The supervisor's side: what is to be ended when the pipe ends."""

    def __init__(self, user: str, last_signal: int) -> None:
        self.user = user
        self.last_signal = last_signal
        self.child: subprocess.Popen | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="graduate-rig-"))
        if user:
            _give(self.folder, user)

    def start(self, argv: list[str], log: str) -> dict:
        run_as = ["setpriv", "--pdeathsig", signal.Signals(self.last_signal).name.removeprefix("SIG")]
        if self.user:
            account = pwd.getpwnam(self.user)
            run_as += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        # Nothing of the caller's environment: it may hold connection strings, and PG* and HOME mislead servers.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": str(self.folder)}
        with open(log, "ab") as output:
            self.child = subprocess.Popen(
                [*run_as, "--", *argv],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return {"pid": self.child.pid}

    def signal(self, number: int) -> dict:
        if self.child:
            self.child.send_signal(number)
        return {}

    def wait(self, seconds: float) -> dict:
        """Also returns when the pipe ends, so that a long wait does not delay the end."""
        if self.child and self.child.poll() is None:
            watch = os.pidfd_open(self.child.pid)
            select.select([watch, sys.stdin.fileno()], [], [], seconds)
            os.close(watch)
        return {"status": self.child.poll() if self.child else None}

    def end(self) -> None:
        if self.child and self.child.poll() is None:
            self.child.send_signal(self.last_signal)
            try:
                self.child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        # The children of a killed server still write while they notice.
        deadline = time.monotonic() + GRACE_SECONDS
        while self.folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(self.folder, ignore_errors=True)
            time.sleep(0.02)


def _give(path: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    os.chown(path, account.pw_uid, account.pw_gid)


def _answer(**answer) -> None:
    os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


def main() -> None:
    user, last_signal = sys.argv[1], int(sys.argv[2])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit())
    charge = _Charge(user, last_signal)
    try:
        _answer(folder=str(charge.folder))
        # Unbuffered, so that select in wait sees what readline has not read.
        for line in open(sys.stdin.fileno(), "rb", buffering=0, closefd=False):
            request = json.loads(line)
            if "start" in request:
                _answer(**charge.start(request["start"], request["log"]))
            elif "signal" in request:
                _answer(**charge.signal(request["signal"]))
            else:
                _answer(**charge.wait(request["wait"]))
    except BrokenPipeError:
        pass  # the program ended while it was being answered
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        charge.end()


if __name__ == "__main__":
    main()
