"""The stream of include/stream/graduate/stream.h in Python: frames written by hand, and frames read.

    records = header(entity="books", source="core.books") + batch("books", 1, documents({"_id": 1})) + end(1, 1)
    for frame in frames(rows):
        frame.type, frame.meta, frame.payload
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import bson
from bson.int64 import Int64

HEAD = struct.Struct("<4s1sB2xIQQI")
MAGIC = b"GRF1"


class Frame(NamedTuple):
    type: str
    meta: dict[str, Any]
    payload: bytes


class Section(NamedTuple):
    output: int
    rows: int
    tuples: list[list[bytes | None]]


def frame(type: str, meta: Mapping[str, Any], payload: bytes = b"", *, codec: int = 0, magic: bytes = MAGIC) -> bytes:
    """One frame with a right checksum, whatever is in it."""
    document = bson.encode(meta)
    body = document + payload
    if codec == 1:
        body = zlib.compress(body)
    head = HEAD.pack(magic, type.encode(), codec, len(document), len(payload), len(body), 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(head + body)) + body


def header(*, entity: str, source: str, kind: str = "mongodb", catalog: Any = None, **more: Any) -> bytes:
    if catalog is None:
        catalog = {"name": source.partition(".")[2]}
    return frame("H", {"version": 2, "graduate": "test", "stream": "records", "project": "test", "entity": entity,
                       "source": source, "kind": kind, "run": "", "batch_bytes": Int64(0), "partition": 0, "catalog": json.dumps(catalog)} | more)  # fmt: skip


def batch(entity: str, number: int, payload: bytes, records: int = 1, **more: Any) -> bytes:
    return frame("B", {"entity": entity, "partition": 0, "batch": Int64(number), "records": Int64(records),
                       "position": {"_id": Int64(number)}} | more, payload)  # fmt: skip


def end(batches: int, records: int, **more: Any) -> bytes:
    return frame("E", {"batches": Int64(batches), "records": Int64(records)} | more)


def documents(*records: Mapping[str, Any]) -> bytes:
    return b"".join(bson.encode(record) for record in records)


def row(*fields: bytes | None) -> bytes:
    """A tuple of binary COPY."""
    parts = [struct.pack(">i", -1) if field is None else struct.pack(">i", len(field)) + field for field in fields]
    return struct.pack(">h", len(fields)) + b"".join(parts)


def frames(stream: bytes) -> Iterator[Frame]:
    """All frames of a whole stream, their checksums checked."""
    while stream:
        magic, type, codec, meta, payload, body, crc = HEAD.unpack_from(stream)
        content, stream = stream[: HEAD.size + body], stream[HEAD.size + body :]
        assert magic == MAGIC and len(content) == HEAD.size + body
        assert crc == zlib.crc32(content[HEAD.size :], zlib.crc32(content[: HEAD.size - 4]))
        plain = zlib.decompress(content[HEAD.size :]) if codec == 1 else content[HEAD.size :]
        assert len(plain) == meta + payload
        yield Frame(type.decode(), bson.decode(plain[:meta]), plain[meta:])


def sections(payload: bytes) -> Iterator[Section]:
    """What a batch of a row stream holds: rows of binary COPY for each output."""
    while payload:
        output, count, length = struct.unpack_from("<IIQ", payload)
        data, payload = payload[16 : 16 + length], payload[16 + length :]
        assert len(data) == length
        yield Section(output, count, list(tuples(data)))


def tuples(data: bytes) -> Iterator[list[bytes | None]]:
    while data:
        (count,), at, fields = struct.unpack_from(">h", data), 2, []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", data, at)
            fields.append(None if length < 0 else data[at + 4 : at + 4 + length])
            assert len(fields[-1] or b"") == max(length, 0)
            at += 4 + max(length, 0)
        yield fields
        data = data[at:]
