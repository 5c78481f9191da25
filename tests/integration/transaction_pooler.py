"""A stand-in for pgbouncer in transaction mode: a session that nobody uses goes to the next who asks.

    with TransactionPooler(cluster.port) as pooler:
        uri = f"postgresql://...@127.0.0.1:{pooler.port}/..."

The first client logs in at the server itself, and its session stays with the pooler; later ones are let in as they are
("auth_type = any"), and wait where all sessions are in a transaction.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from typing import Self

from tests.rig.ports import LOCALHOST

ENCRYPTION_REQUESTS = (80877103, 80877104)
LET_IN = b"R" + struct.pack("!ii", 8, 0)


class Wire:
    """Messages of the protocol, whole."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            more = self.connection.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def startup(self) -> bytes:
        """The first message, which has no letter, without what asks for encryption."""
        while True:
            head = self.read(8)
            length, code = struct.unpack("!ii", head)
            if code not in ENCRYPTION_REQUESTS:
                return head + self.read(length - 8)
            self.send(b"N")

    def message(self) -> bytes:
        head = self.read(5)
        return head + self.read(struct.unpack("!i", head[1:])[0] - 4)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)


class TransactionPooler:
    def __init__(self, upstream: int, sessions: int = 1) -> None:
        """With several sessions these are taken in turn."""
        self.upstream = upstream
        self.wanted = sessions
        self.listener = socket.create_server((LOCALHOST, 0))
        self.port = self.listener.getsockname()[1]
        self.idle: deque[Wire] = deque()
        self.free = threading.Condition()
        self.greeting = b""
        self.sockets = [self.listener]

    def __enter__(self) -> Self:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.sockets:
            one.close()

    def accept(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.sockets.append(client)
            threading.Thread(target=self.serve, args=(Wire(client),), daemon=True).start()

    def serve(self, client: Wire) -> None:
        try:
            self.let_in(client, client.startup())
            while (message := client.message())[:1] != b"X":
                self.transaction(client, message)
        except (EOFError, OSError):
            client.connection.close()

    def let_in(self, client: Wire, startup: bytes) -> None:
        with self.free:
            if self.wanted == 0:
                client.send(LET_IN + self.greeting)
                return
            server = Wire(socket.create_connection((LOCALHOST, self.upstream)))
            self.sockets.append(server.connection)
            server.send(startup)
            greeting = b""
            while greeting[-6:-5] != b"Z":
                message = server.message()
                client.send(message)
                kind = message[:1]
                if kind == b"R" and struct.unpack("!i", message[5:9])[0] in (3, 5, 10, 11):
                    server.send(client.message())
                elif kind in b"SKZ":
                    greeting += message
                elif kind == b"E":
                    raise EOFError
            self.greeting = greeting
            self.wanted -= 1  # a client that went away before left no session
            self.idle.append(server)

    def transaction(self, client: Wire, message: bytes) -> None:
        with self.free:
            self.free.wait_for(lambda: self.idle)
            server = self.idle.popleft()
        server.send(message)
        while True:
            if message[:1] in b"QS":  # Query, Sync: the server answers until it is ready
                while (answer := server.message())[:1] != b"Z":
                    client.send(answer)
                client.send(answer)
                if answer[5:6] == b"I":
                    break
            message = client.message()
            server.send(message)
        with self.free:
            self.idle.append(server)
            self.free.notify()
