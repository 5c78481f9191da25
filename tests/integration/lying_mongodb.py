"""A MongoDB of one collection that can lie: as a proxy that loses a reply does, or an emulation that forgets the rest.

    with LyingMongo("things", documents, ends_at=30) as server:
        server.uri

It speaks as much of the protocol as graduate-extract asks for, over documents whose _ids are whole numbers.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Any

import bson
from bson.binary import UUID_SUBTYPE, Binary

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEAD = struct.Struct("<iiii")
BATCH = 10
Document = dict[str, Any]


class Handler(socketserver.StreamRequestHandler):
    server: LyingMongo

    def handle(self) -> None:
        while head := self.rfile.read(HEAD.size):
            length, request, _, opcode = HEAD.unpack(head)
            body = self.rfile.read(length - HEAD.size)
            if opcode == OP_QUERY:
                at = body.index(b"\0", 4) + 1 + 8
                answer = bson.encode(self.server.answer(bson.decode(body[at : at + struct.unpack_from("<i", body, at)[0]])))
                self.reply(request, OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + answer)
            else:
                answer = bson.encode(self.server.answer(bson.decode(body[5 : 5 + struct.unpack_from("<i", body, 5)[0]])))
                self.reply(request, OP_MSG, struct.pack("<ib", 0, 0) + answer)

    def reply(self, request: int, opcode: int, body: bytes) -> None:
        self.wfile.write(HEAD.pack(HEAD.size + len(body), 0, request, opcode) + body)


class LyingMongo(socketserver.ThreadingTCPServer):
    """ends_at: a scan gives no _id from here on. breaks_at: the first cursor says there that it ends. repeats: a
    cursor's second reply is its first once more. skips: its second reply is lost. forgets: this document comes without
    its _id. twice: there are two of this one."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, name: str, documents: list[Document], *, ends_at: int | None = None, breaks_at: int | None = None,
        repeats: bool = False, skips: bool = False, forgets: int | None = None, twice: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.documents = sorted(documents + documents[twice : twice + 1], key=lambda one: one["_id"]) if twice else documents
        self.forgets = forgets
        self.ends_at, self.breaks_at, self.repeats, self.skips = ends_at, breaks_at, repeats, skips
        self.collection_id = b"\1" * 16
        self.cursors: dict[int, list[list[Document]]] = {}
        self.uri = f"mongodb://127.0.0.1:{self.server_address[1]}/things"

    def __enter__(self) -> LyingMongo:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def answer(self, command: Document) -> Document:
        commands: dict[str, Callable[[Document], Document]] = {
            "listCollections": self.list_collections,
            "listIndexes": lambda _: self.cursor([{"v": 2, "key": {"_id": 1}, "name": "_id_"}], "firstBatch"),
            "find": self.find,
            "getMore": self.get_more,
            "aggregate": self.aggregate,
            "count": lambda _: {"n": len(self.documents)},
        }
        name = next(iter(command))
        hello = {"ismaster": True, "isWritablePrimary": True, "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48000000,
                 "maxWriteBatchSize": 100000, "minWireVersion": 0, "maxWireVersion": 17}  # fmt: skip
        said = commands[name](command) if name in commands else hello
        return {**said, "ok": 1.0}

    def cursor(self, batch: list[Document], member: str, number: int = 0) -> Document:
        return {"cursor": {"id": bson.Int64(number), "ns": f"things.{self.name}", member: batch}}

    def list_collections(self, _: Document) -> Document:
        info = {"readOnly": False, "uuid": Binary(self.collection_id, UUID_SUBTYPE)}
        return self.cursor([{"name": self.name, "type": "collection", "options": {}, "info": info}], "firstBatch")

    def behind(self, filtered: Document) -> list[Document]:
        last = filtered["$expr"]["$gt"][1]["$literal"] if filtered else -1
        return [document for document in self.documents if document["_id"] > last]

    def find(self, command: Document) -> Document:
        found = self.behind(command.get("filter", {}))
        if command["sort"]["_id"] < 0:
            return self.cursor(found[-1:], "firstBatch")
        if self.ends_at is not None:
            found = [document for document in found if document["_id"] < self.ends_at]
        if self.breaks_at is not None:
            found, self.breaks_at = found[: self.breaks_at], None
        found = [{} if document["_id"] == self.forgets else document for document in found]
        batches = [found[at : at + BATCH] for at in range(0, len(found), BATCH)] or [[]]
        if self.repeats and len(batches) > 1:
            batches[1] = batches[0]
        if self.skips and len(batches) > 2:
            del batches[1]
        number = len(self.cursors) + 1
        self.cursors[number] = batches
        return self.more(number, "firstBatch")

    def get_more(self, command: Document) -> Document:
        return self.more(command["getMore"], "nextBatch")

    def more(self, number: int, member: str) -> Document:
        batch = self.cursors[number].pop(0)
        return self.cursor(batch, member, number if self.cursors[number] else 0)

    def aggregate(self, command: Document) -> Document:
        matched = next((stage["$match"] for stage in command["pipeline"] if "$match" in stage), {})
        count = len(self.behind(matched))
        return self.cursor([{"_id": None, "n": count}] if count else [], "firstBatch")
