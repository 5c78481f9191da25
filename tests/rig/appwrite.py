"""The Appwrite double: an HTTP server that answers like Appwrite's REST API, for tests and live rehearsals.

    python3 -m tests.rig.appwrite --data DIR --project ID --key-file FILE

It serves one project, read-only, on 127.0.0.1, and imitates versions 1.5.11, 1.6.2, 1.7.4, 1.8.1 and 1.9.6 in what
a reader of everything depends on: field sets, paging, queries, totals, scopes, errors, and the text of JSON.

Left out: relationships before 1.8 (a schema that has one is refused), and of those that are many-to-many all but the
ids; sessions, files' contents, what functions do, search, transactions, cached pages (`ttl`), the query syntax before
1.5, scopes finer than a collection's, writing.
Where it would have to guess, it answers 501 `double_not_implemented`.

With --control, /_control lets a test play faults (tests/rig/appwrite_faults.py) and see what was asked:

    POST /_control/faults      an array of rules, which replaces those before
    GET  /_control/requests    {"counts": {path: n}, "requests": [{path, query, page, key_sent, status, ...}]}
    DELETE /_control/requests  forget them
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .appwrite_faults import Asked, FaultError, Memory, Rule, make_rules, read_rules, usual_body
from .appwrite_models import PROFILES, version_key
from .appwrite_routes import READ_SCOPES, Project, Request, answer, listed_table
from .appwrite_store import DataError, Store
from .appwrite_wire import USUAL_ERROR, Refusal, php_json

BASE = "/v1"
OLDEST = "0"  # what an unknown response format is taken for
CONTROL = "/_control"
VERSION = re.compile(r"\d+(\.\d+)*", re.ASCII)
JSON_TYPE = "application/json; charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay: float = 0
    drop: bool = False


class Double(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, project: Project, rules: list[Rule], control: bool, form: str | None):
        super().__init__(("127.0.0.1", port), Handler)
        self.project = project
        self.rules = rules
        self.control = control
        self.form = form  # the response format of those who name none
        self.memory = Memory()
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()
        # shutdown() waits for serve_forever(), so it must not run in the thread that serves.
        threading.Thread(target=self.shutdown, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away is what tests do; anything else is a bug here and is shown.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def reply(self, request: Request, query: str) -> Reply:
        with self.lock:
            page = self.memory.page_of(request.path, query)
            asked = Asked(request.path, query, page, request.key is not None, request.response_format)
            self.memory.note(asked)
            rule = next((rule for rule in self.rules if rule.matches(request.path, page)), None)
            reply = self._answered(request) if rule is None else self._faulty(rule, request, query)
            self._warn_of_format(reply, request.response_format)
            asked.status = None if reply.drop else reply.status
            return reply

    def _answered(self, request: Request) -> Reply:
        try:
            body = php_json(answer(self.project, request)).encode()
        except Refusal as refusal:
            return self._refused(refusal)
        except UnicodeEncodeError:
            # A lone surrogate in the data stands for the invalid UTF-8 of a real database.
            return self._refused(Refusal("general_unknown", "Failed to parse response: malformed UTF-8", 400))
        return Reply(200, body, {"Content-Type": JSON_TYPE})

    def _refused(self, refusal: Refusal) -> Reply:
        body = php_json(refusal.envelope(self.project.profile.version))
        return Reply(refusal.status, body.encode(), {"Content-Type": JSON_TYPE})

    def _faulty(self, rule: Rule, request: Request, query: str) -> Reply:
        rule.left -= 1
        if rule.changes_rows:
            try:
                rule.change(listed_table(self.project, request.path), query)
            except (DataError, LookupError) as error:
                return self._refused(Refusal("double_not_implemented", f"This fault cannot be played: {error}"))
        reply = self._spoiled(rule, request, query)
        reply.headers |= {**rule.limit_headers(), **(rule["headers"] or {})}
        reply.cut, reply.delay, reply.drop = rule["cut"], rule["delay"] or 0, bool(rule["drop"])
        return reply

    def _spoiled(self, rule: Rule, request: Request, query: str) -> Reply:
        if rule["redirect"]:
            target = f"{rule['redirect'].rstrip('/')}{BASE}{request.path}" + (f"?{query}" if query else "")
            return Reply(302, b"", {"Location": target})
        status = rule["status"] or 200
        if rule["body"] is not None:
            return Reply(status, rule["body"].encode(), {"Content-Type": rule["content_type"] or HTML_TYPE})
        if status in (502, 504):
            return Reply(status, usual_body(status).encode(), {"Content-Type": HTML_TYPE})
        if status >= 400:
            kind = rule["type"] or USUAL_ERROR.get(status, "general_unknown")
            return self._refused(Refusal(kind, rule["message"], status))
        return self._answered(request)

    def _warn_of_format(self, reply: Reply, response_format: str | None) -> None:
        version = self.project.profile.version
        if response_format and version_key(response_format) > version_key(version):
            reply.headers["X-Appwrite-Warning"] = f"The client is built for {response_format}, the server is {version}"


class Handler(BaseHTTPRequestHandler):
    server: Double
    protocol_version = "HTTP/1.1"
    server_version = "Appwrite"
    sys_version = ""
    # Headers and body are two writes; with Nagle's algorithm every answer would wait for an acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if self.server.control and url.path.startswith(CONTROL):
            self._control(url.path)
        elif url.path.startswith(f"{BASE}/"):
            parameters = parse_qsl(url.query, keep_blank_values=True)
            project = self.headers.get("X-Appwrite-Project") or dict(parameters).get("project")
            form = self.headers.get("X-Appwrite-Response-Format") or self.server.form
            form = form if not form or VERSION.fullmatch(form) else OLDEST
            path = unquote(url.path.removeprefix(BASE))
            request = Request(path, parameters, project or None, self.headers.get("X-Appwrite-Key") or None, form)
            self._send(self.server.reply(request, url.query))
        else:
            self._refuse("general_route_not_found")

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        if self.server.control and path.startswith(CONTROL):
            self._control(path)
        else:
            # The body is not read, so this connection cannot go on.
            self.close_connection = True
            self._refuse("general_route_not_found")

    do_DELETE = do_PUT = do_PATCH = do_POST

    def _control(self, path: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.command, path.removeprefix(CONTROL):
            case "GET", "/requests":
                with self.server.lock:
                    self._send_json(200, self.server.memory.report())
            case "DELETE", "/requests":
                with self.server.lock:
                    self.server.memory = Memory()
                self._send_json(200, {})
            case "POST", "/faults":
                try:
                    rules = make_rules(json.loads(body))
                except (ValueError, FaultError) as error:
                    self._send_json(400, {"message": str(error)})
                    return
                with self.server.lock:
                    self.server.rules = rules
                self._send_json(200, {"rules": len(rules)})
            case _:
                self._send_json(404, {"message": f"no {self.command} {path}; see python3 -m tests.rig.appwrite --help"})

    def _refuse(self, kind: str) -> None:
        refusal = Refusal(kind)
        self._send_json(refusal.status, refusal.envelope(self.server.project.profile.version))

    def _send_json(self, status: int, body: object) -> None:
        self._send(Reply(status, php_json(body).encode(), {"Content-Type": JSON_TYPE}))

    def _send(self, reply: Reply) -> None:
        if reply.delay:
            self.server.stopping.wait(reply.delay)
        if reply.drop:
            self.close_connection = True
            return
        self.send_response(reply.status, HTTPStatus(reply.status).phrase)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what was asked is in /_control/requests."""


def read_keys(text: str) -> dict[str, frozenset[str]]:
    """One key a line, then its scopes; a key without scopes has all that read."""
    keys = {}
    for secret, *scopes in (line.split() for line in text.splitlines() if line.strip()):
        if unknown := set(scopes) - READ_SCOPES:
            raise ValueError(f"unknown scope {min(unknown)}; known are {', '.join(sorted(READ_SCOPES))}")
        keys[secret] = frozenset(scopes) or READ_SCOPES
    if not keys:
        raise ValueError("holds no key")
    return keys


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.rig.appwrite",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="schema.json, users.jsonl, a file per collection"
    )
    parser.add_argument("--project", required=True, metavar="ID", help="the project id that clients must name")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--key-file", type=Path, metavar="FILE", help="one API key a line, then its scopes (none: all)")
    keys.add_argument("--key-env", metavar="NAME", help="the environment variable that holds the same")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument(
        "--version", choices=PROFILES, default="1.8.1", help="imitate this server (default: %(default)s)"
    )
    parser.add_argument(
        "--response-format", metavar="VERSION", help="what _APP_SYSTEM_RESPONSE_FORMAT is set to (default: unset)"
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON: an array of fault rules")
    parser.add_argument("--control", action="store_true", help="serve /_control")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def make_double(arguments: argparse.Namespace) -> Double:
    """Raises ValueError, DataError, FaultError or OSError with a text that names the argument or the file."""
    profile = PROFILES[arguments.version]
    where = arguments.key_file or f"${arguments.key_env}"
    try:
        text = arguments.key_file.read_text() if arguments.key_file else os.environ.get(arguments.key_env, "")
        keys = read_keys(text)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    project = Project(arguments.project, keys, Store(arguments.data, profile), profile)
    rules = read_rules(arguments.faults) if arguments.faults else []
    return Double(arguments.port, project, rules, arguments.control, arguments.response_format)


def stop_when_stdin_closes(double: Double) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    double.stop()


def main() -> int:
    arguments = parse_arguments()
    try:
        double = make_double(arguments)
    except (ValueError, DataError, FaultError, OSError) as error:
        print(f"appwrite double: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: double.stop())
    if arguments.until_stdin_closes:
        threading.Thread(target=stop_when_stdin_closes, args=(double,), daemon=True).start()
    with double:
        print(f"listening on http://127.0.0.1:{double.server_address[1]}{BASE}", flush=True)
        double.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
