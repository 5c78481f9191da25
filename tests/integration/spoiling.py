"""Files of a small project with something wrong in them, until the end of a block.

    with spoiled(shop, Bad("dump/authors.bson", cut(7), SOURCE, ("authors.bson", "the file ends"))):
        shop.fail(...)
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import bson

from tests.integration.small_project import Small, encoded

Edit = Callable[[bytes], bytes | None]
GZIP = b"\x1f\x8b"


class Bad(NamedTuple):
    """A file of the shop with something wrong in it."""

    file: str
    edit: Edit  # an edit that gives None removes the file
    code: int
    says: tuple[str, ...]


def text(before: str, after: str) -> Edit:
    def edit(content: bytes) -> bytes:
        assert before.encode() in content
        return content.replace(before.encode(), after.encode(), 1)

    return edit


def flipped(at: int) -> Edit:
    """One bit of one byte; a negative place counts from the end."""
    return lambda content: content[:at] + bytes([content[at] ^ 1]) + content[len(content[:at]) + 1 :]


def cut(count: int) -> Edit:
    return lambda content: content[:-count]


def with_content(content: bytes) -> Edit:
    return lambda _: content


def gone(_: bytes) -> None:
    return None


def length(document: int, claimed: int) -> Edit:
    """The document's length says this."""

    def edit(content: bytes) -> bytes:
        at = 0
        for _ in range(document):
            at += struct.unpack_from("<i", content, at)[0]
        return content[:at] + struct.pack("<i", claimed) + content[at + 4 :]

    return edit


def record(number: int, *without: str, **fields: Any) -> Edit:
    """The document with these fields changed."""

    def edit(content: bytes) -> bytes:
        packed = content.startswith(GZIP)
        documents = bson.decode_all(gzip.decompress(content) if packed else content)
        documents[number] |= fields
        for name in without:
            del documents[number][name]
        return gzip.compress(encoded(documents)) if packed else encoded(documents)

    return edit


@contextmanager
def replaced(path: Path, content: bytes | None) -> Iterator[None]:
    """The file holds this, or (None) is gone, until the end of the block."""
    before = path.read_bytes() if path.exists() else None
    write_or_remove(path, content)
    yield
    write_or_remove(path, before)


def write_or_remove(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


def read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


@contextmanager
def spoiled(shop: Small, bad: Bad) -> Iterator[None]:
    path = shop.top / bad.file
    with replaced(path, bad.edit(read(path))):
        yield
