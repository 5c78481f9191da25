"""The Appwrite double as a test sees it: a process of its own, asked with bare HTTP."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "p1"
KEY = "standard_5f0c3b1e9a7d"
PATIENCE = 20


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.json["type"]


class Probe:
    """A running double. On leaving, it must end in order, and must have said nothing."""

    def __init__(self, folder: Path, version: str = "1.8.1", *options: str, keys: str = KEY):
        line, environment = command(folder, "--version", version, "--until-stdin-closes", *options, keys=keys)
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(line, cwd=ROOT, env=environment, text=True, **pipes)
        ready = first_line(self.process)
        assert ready.startswith("listening on http://127.0.0.1:"), self.process.communicate(timeout=PATIENCE)[1]
        self.endpoint = ready.removeprefix("listening on ").strip()
        self.port = int(self.endpoint.removesuffix("/v1").rpartition(":")[2])
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        output, errors = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, output, errors) == (0, "", ""), "the double ended badly, or talked"

    def ask(self, target: str, headers: dict[str, str], method: str = "GET", body: str | None = None) -> Answer:
        self.connection.request(method, target, body, headers)
        reply = self.connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read().decode())

    def get(
        self, path: str, *queries: Any, key: str | None = KEY, project: str | None = PROJECT, **more: str
    ) -> Answer:
        texts = [query if isinstance(query, str) else json.dumps(query) for query in queries]
        parameters = [(f"queries[{place}]", text) for place, text in enumerate(texts)]
        form = more.pop("form", None)
        names = {"X-Appwrite-Key": key, "X-Appwrite-Project": project, "X-Appwrite-Response-Format": form}
        headers = {name: value for name, value in names.items() if value is not None}
        encoded = urlencode(parameters + list(more.items()))
        return self.ask(f"/v1{path}" + (f"?{encoded}" if encoded else ""), headers)

    def ids(self, path: str, *queries: Any) -> list[str]:
        answer = self.get(path, *queries)
        assert answer.status == 200, answer.text
        return [row["$id"] for row in next(value for key, value in answer.json.items() if key != "total")]

    def pages(self, path: str, *queries: Any) -> Iterator[list[str]]:
        """Page after page with cursorAfter, as an exporter reads, until an empty one."""
        page = self.ids(path, *queries)
        while page:
            yield page
            page = self.ids(path, *queries, q("cursorAfter", page[-1]))

    def play(self, *rules: dict[str, Any]) -> None:
        answer = self.ask("/_control/faults", {}, "POST", json.dumps(rules))
        assert answer.status == 200, answer.text

    def requests(self) -> dict[str, Any]:
        report: dict[str, Any] = self.ask("/_control/requests", {}).json
        return report


def q(method: str, *values: Any, on: str | None = None) -> dict[str, Any]:
    """A query as it is sent."""
    return {"method": method} | ({"attribute": on} if on else {}) | ({"values": list(values)} if values else {})


def first_line(process: subprocess.Popen[str]) -> str:
    """What the process says first, or nothing if it ends; a silent one is an error after a while."""
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout
    read = process.stdout.readline
    threading.Thread(target=lambda: lines.put(read()), daemon=True).start()
    return lines.get(timeout=PATIENCE)


def command(folder: Path, *options: str, keys: str = KEY) -> tuple[list[str], dict[str, str]]:
    arguments = ["--data", str(folder), "--project", PROJECT, "--key-env", "DOUBLE_KEYS", "--port", "0", *options]
    return [sys.executable, "-m", "tests.rig.appwrite", *arguments], os.environ | {"DOUBLE_KEYS": keys}
