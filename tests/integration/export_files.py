"""What MongoDB's tools write, written by hand: mongoexport's files in each form, and mongodump's archives.

    (folder / "books.json").write_bytes(exported(documents, "canonical", "array"))
    (folder / "all.archive").write_bytes(archived({"shop.books": documents}, interleaved=3))
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import bson
from bson import json_util
from bson.int64 import Int64

Document = Mapping[str, Any]
OPTIONS = {
    "canonical": json_util.CANONICAL_JSON_OPTIONS,
    "relaxed": json_util.RELAXED_JSON_OPTIONS,
    "legacy": json_util.LEGACY_JSON_OPTIONS,
}
SHAPES = ("lines", "array", "pretty", "pretty array")


def exported(documents: Iterable[Document], form: str, shape: str) -> bytes:
    """A file of mongoexport: --jsonFormat is `form`; `shape` is of --jsonArray and --pretty."""
    indent = "\t" if "pretty" in shape else None
    texts = [json_util.dumps(document, json_options=OPTIONS[form], indent=indent) for document in documents]
    if "array" in shape:
        return f"[{','.join(texts)}]\n".encode()
    return "".join(text + "\n" for text in texts).encode()


# ---- archives: common/archive/spec.md of mongo-tools ------------------------------------------------

MAGIC, TERMINATOR = struct.pack("<I", 0x8199E26D), b"\xff\xff\xff\xff"


def crc64(content: bytes) -> int:
    """CRC-64/XZ, bit by bit."""
    crc = 2**64 - 1
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xC96C5795D7870F42 if crc & 1 else 0)
    return crc ^ 2**64 - 1


def block(name: str, content: bytes = b"", *, end: bool = False, crc: int = 0) -> bytes:
    database, _, collection = name.partition(".")
    signed = crc - 2**64 if crc >= 2**63 else crc
    return bson.encode({"db": database, "collection": collection, "EOF": end, "CRC": Int64(signed)}) + content + TERMINATOR


def prelude(collections: Iterable[str], metadata: Mapping[str, Any]) -> bytes:
    header = bson.encode({"concurrent_collections": 4, "version": "0.1", "server_version": "8.0.4", "tool_version": "100.10.0"})
    listed = b"".join(
        bson.encode({
            "db": name.partition(".")[0], "collection": name.partition(".")[2], "size": 0, "type": metadata.get(name, {}).get("type", "collection"),
            "metadata": json.dumps({"indexes": [], "collectionName": name.partition(".")[2]} | metadata.get(name, {})),
        })
        for name in collections
    )  # fmt: skip
    return MAGIC + header + listed + TERMINATOR


def archived(databases: Mapping[str, Iterable[Document]], *, interleaved: int = 0, metadata: Mapping[str, Any] = {}) -> bytes:  # noqa: B006
    """An archive of collections by "DATABASE.NAME"; `interleaved`: so many documents a block, in turn."""
    parts = {name: [bson.encode(document) for document in documents] for name, documents in databases.items()}
    blocks, left = [], {name: list(documents) for name, documents in parts.items()}
    while any(left.values()):
        for name, documents in left.items():
            count = interleaved or len(documents)
            if documents or not interleaved:
                blocks.append(block(name, b"".join(documents[:count])))
            left[name] = documents[count:]
    ends = [block(name, end=True, crc=crc64(b"".join(documents))) for name, documents in parts.items()]
    return prelude(databases, metadata) + b"".join(blocks + ends)
