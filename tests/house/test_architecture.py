"""ARCHITECTURE.md: short, and everything that it names is there."""

from __future__ import annotations

import re

from tests.house.rooms import ROOT

LONGEST = 150
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
FOLDERS = ("tools", "include", "tests", "mappings", "fixtures", "cmake")


def named() -> list[str]:
    """Everything in backticks that looks like a file or folder, but for places to be filled in."""
    words = re.findall(r"`([^`\s]+)`", TEXT)
    return [word for word in words if not re.search(r"[A-Z]{4,}(?!.*\.(md|txt)$)", word)]


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) <= LONGEST


def test_every_path_is_there() -> None:
    paths = [word for word in named() if word.split("/")[0] in FOLDERS and ("/" in word or "." in word)]
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_file_without_a_path_is_there() -> None:
    """`loss.c` behind a path in another folder: its name is enough, as long as there is one."""
    files = [word for word in named() if re.fullmatch(r"[a-z_]+\.(c|h|py)", word)]
    known = {file.name for folder in ("tools", "include", "tests") for file in (ROOT / folder).rglob("*")}
    assert len(files) > 15
    assert [file for file in files if file not in known] == []
