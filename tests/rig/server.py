"""What all throw-away servers have in common: a folder, a port, an ordinary user, a start and an end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Self

from tests.rig import RigError, ports
from tests.rig.supervisor import Supervisor

READY_SECONDS = 60
STOP_SECONDS = 60
POLL_SECONDS = 0.05

# Debian's PostgreSQL comes with the first, every system has the second.
ORDINARY_USERS = ("postgres", "nobody")


def ordinary_user() -> str | None:
    """Whom servers run as: somebody without rights if we are root, else ourselves (None)."""
    if os.geteuid() != 0:
        return None
    known = {account.pw_name for account in pwd.getpwall()}
    for name in ORDINARY_USERS:
        if name in known:
            return name
    raise RigError(f"root cannot run the servers, and there is no user {' or '.join(ORDINARY_USERS)} to do it")


class Server:
    """A server that has its folder and its port from the first start until close().

    A subclass says how to prepare the folder, which command runs the server, when it is ready and what to do
    once it is ready for the first time.
    """

    kind: str
    last_signal = signal.SIGKILL

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None
        self._holder = None
        self._closing = threading.Lock()

    def _user(self) -> str | None:
        return ordinary_user()

    def _prepare(self) -> None:
        """Before the first start."""

    def _command(self) -> list[str | Path]:
        raise NotImplementedError

    def _is_ready(self) -> bool:
        raise NotImplementedError

    def _fill(self) -> None:
        """After the first start."""

    @property
    def folder(self) -> Path:
        return self._supervisor.folder

    @property
    def port(self) -> int:
        return self._holder.getsockname()[1]

    def start(self) -> Self:
        """Starts the server, or starts it again with the data and the port that it had."""
        if self._supervisor:
            self._launch()
            return self
        self._supervisor = Supervisor(self._user(), self.last_signal)
        try:
            self._holder = ports.reserve()
            if not self._supervisor.run(["test", "-w", self.folder]):
                raise RigError(
                    f"{self.folder}: closed to user {self._supervisor.user}; set TMPDIR to a folder open to all"
                )
            self._prepare()
            self._launch()
            self._fill()
        except BaseException:
            self.close()
            raise
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the server in order; its data stay."""
        self._supervisor.signal(number)
        if self._supervisor.wait(STOP_SECONDS) is None:
            raise RigError(f"{self.kind} did not end in {STOP_SECONDS} s:\n{self._supervisor.log_tail()}")

    def restart(self) -> None:
        self.stop()
        self.start()

    def has_ended(self) -> bool:
        return self._supervisor.wait(0) is not None

    @property
    def log(self) -> Path:
        return self._supervisor.log

    def log_tail(self) -> str:
        return self._supervisor.log_tail()

    def close(self) -> None:
        """Ends the server and removes its folder; whoever else closes it waits until that is done."""
        with self._closing:
            if self._supervisor:
                self._supervisor.close()
                self._supervisor = None
            if self._holder:
                self._holder.close()
                self._holder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_) -> None:
        self.close()

    def _launch(self) -> None:
        self.pid = self._supervisor.start(self._command())
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            status = self._supervisor.wait(POLL_SECONDS)
            if status is not None:
                raise RigError(f"{self.kind} ended with status {status}:\n{self._supervisor.log_tail()}")
            if time.monotonic() > deadline:
                raise RigError(f"{self.kind} was not ready in {READY_SECONDS} s:\n{self._supervisor.log_tail()}")

    def _run(self, argv: list[str | Path], what: str) -> None:
        if not self._supervisor.run(argv):
            raise RigError(f"{what} failed:\n{self._supervisor.log_tail()}")

    def _make_certificate(self) -> None:
        """Makes tls.crt (self-signed, for localhost), tls.key, and tls.pem with both."""
        if not shutil.which("openssl"):
            raise RigError("openssl is not installed; a server with TLS needs it for its certificate")
        certificate, key = self.folder / "tls.crt", self.folder / "tls.key"
        for path in (certificate, key):
            self._supervisor.write(path.name, "")
        self._run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
            + ["-keyout", key, "-out", certificate],
            "openssl",
        )
        self._supervisor.write("tls.pem", certificate.read_text() + key.read_text())

    @property
    def certificate(self) -> Path:
        """What a client has to trust to reach a server with TLS."""
        return self.folder / "tls.crt"
