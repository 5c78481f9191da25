"""Takes a row stream apart into files for COPY, one for each of its outputs.

The stream is read as include/stream/graduate/stream.h describes it, and its own code is not asked: only a stored (not
compressed) stream of one entity is understood here, and of BSON what a header holds.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

HEAD = struct.Struct("<4sBBHIQQI")
SECTION = struct.Struct("<IIQ")
COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"


@dataclass
class CopyFile:
    """The tuples of one output, as COPY ... FROM ... (FORMAT binary) wants them."""

    path: Path
    table: str  # "schema.table"
    columns: list[str]
    rows: int = 0
    bytes: int = 0  # of tuples


def split(stream: Path, folder: Path) -> list[CopyFile]:
    """The outputs that became rows. Those of the ledger are left out: the target's tables are what counts."""
    files: list[CopyFile] = []
    handles: list[BinaryIO | None] = []
    with stream.open("rb") as frames:
        while head := frames.read(HEAD.size):
            magic, kind, codec, _, meta_length, payload_length, _, _ = HEAD.unpack(head)
            if magic != b"GRF1" or codec != 0:
                raise ValueError(f"{stream}: not a stored stream of this version")
            meta = frames.read(meta_length)
            if kind == ord("H"):
                for number, output in enumerate(_document(meta, 0)["outputs"].values()):
                    path = folder / f"{stream.stem}.{number}.copy"
                    files.append(CopyFile(path, output["table"], list(output["columns"].values())))
                    handles.append(None if output["ledger"] else path.open("wb"))
            left = payload_length
            while left > 0:
                number, rows, length = SECTION.unpack(frames.read(SECTION.size))
                tuples = frames.read(length)
                left -= SECTION.size + length
                if handle := handles[number]:
                    handle.write(tuples if files[number].rows else COPY_HEAD + tuples)
                    files[number].rows += rows
                    files[number].bytes += length
    for file, handle in zip(files, handles):
        if handle:
            handle.write(COPY_TRAILER)
            handle.close()
    return [file for file in files if file.rows]


def _document(data: bytes, at: int) -> dict[str, Any]:
    """A document or array; what a header does not hold is a KeyError."""
    (length,) = struct.unpack_from("<i", data, at)
    end = at + length - 1
    at += 4
    members = {}
    while at < end:
        kind = data[at]
        name_end = data.index(0, at + 1)
        name = data[at + 1 : name_end].decode()
        members[name], at = _READERS[kind](data, name_end + 1)
    return members


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<i", data, at)
    return data[at + 4 : at + 3 + length].decode(), at + 4 + length


def _nested(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    (length,) = struct.unpack_from("<i", data, at)
    return _document(data, at), at + length


_READERS = {
    0x02: _text,
    0x03: _nested,
    0x04: _nested,
    0x08: lambda data, at: (data[at] != 0, at + 1),
    0x10: lambda data, at: (struct.unpack_from("<i", data, at)[0], at + 4),
    0x12: lambda data, at: (struct.unpack_from("<q", data, at)[0], at + 8),
}
