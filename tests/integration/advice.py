"""Every advice that graduate can give (`next: ...`), and what proves it: advice.md, held against the sources.

The table has a row per text, as the source writes it, with the exit codes of the errors that it stands behind, and what
becomes of who follows it:

    test_advice: NAME       the scenario NAME of advice_scenarios.py, advice_programs.py or advice_sources.py produces it,
                            follows it, and comes to exit 0
    FILE::TEST              that test does
    a person must: ...      what no test can do
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("advice.md")
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)\'|[A-Za-z_]\w*|[^\s\\]', re.DOTALL)
PLACE = re.compile(r"%(?:\.\*)?(?:[a-z]+|%)")
BETWEEN = r"(?:; or |; |: |$)"


class Advice(NamedTuple):
    codes: str
    text: str
    proof: str


def literals(tokens: list[str], start: int) -> Iterator[str]:
    """The texts in the parentheses that open at `start`; neighbours are one."""
    depth, text = 0, ""
    for token in tokens[start:]:
        depth += (token == "(") - (token == ")")
        if token.startswith('"'):
            text += token[1:-1]
        elif token in {"PRId64", "PRIu64"}:
            text += "d"
        elif token not in {"ADVICE"}:
            if text:
                yield text
            text = ""
        if depth == 0:
            return


def in_sources() -> set[str]:
    found = set()
    for folder in ("include", "tools"):
        for file in (ROOT / folder).rglob("*.[ch]"):
            tokens = [token for token in TOKEN.findall(file.read_text()) if not token.startswith(("/*", "//"))]
            for place, token in enumerate(tokens[:-1]):
                if token in {"error_hint", "ADVICE"} and tokens[place + 1] == "(":
                    found |= set(literals(tokens, place + 1))
    texts = {text.replace('\\"', '"').replace("%%", "%") for text in found}
    return {text for text in texts if re.search(r"[a-z]{3}", PLACE.sub("", text))}


@cache
def in_table() -> dict[str, Advice]:
    rows = [line.strip("| ").split(" | ", 2) for line in TABLE.read_text().splitlines() if re.match(r"\| \d", line)]
    return {text: Advice(codes, text, proof) for codes, text, proof in rows}


def pattern(text: str) -> str:
    """What a text looks like when it is printed."""
    parts = PLACE.split(text.replace("%XX", "\0"))
    return ".*?".join(map(re.escape, parts)).replace("\0", "%XX").replace(r"\-\-run\-dir\ DIR", r"--run-dir \S+")


@cache
def known() -> re.Pattern[str]:
    one = "(?:" + "|".join(pattern(text) for text in sorted(in_table(), key=len, reverse=True)) + ")"
    return re.compile(f"(?:{one}{BETWEEN})+")


def is_known(said: str) -> bool:
    """Is it, or is it made of, advice that stands in the table?"""
    return known().fullmatch(said) is not None
