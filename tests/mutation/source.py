"""Where a C source can be changed: one operator, constant or return at a time.

A mutation is a row of MUTATIONS. Its pattern sees only code: comments, texts, characters, lines of the preprocessor
and numbers that do no more than reserve room are blank there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

NOT_CODE = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | ^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)

# Code in which a change could hardly be noticed: a little more room, and what is only said to the compiler.
NEEDLESS = re.compile(r"\benum\b[^;{}()]*\{[^}]*\}|__attribute__\(\(.*?\)\)(?=[;\s])|(?<==) \{0\}|\(void\)", re.DOTALL)
SIZES = r"(?:\[[^\]\n]*\])+"
DECLARED_ARRAYS = re.compile(
    rf"\w(?<!\breturn)(?<!\belse)(?<!\bcase)(?<!\bsizeof) \**\w+{SIZES}(?:, \**\w+(?:{SIZES})?)*|\bsizeof \w+{SIZES}"
)

ANYWHERE = r".+"
BOOL_FUNCTION = r"^(?:static )?bool \w+\([^{};]*\)\s*\{.*?^\}"


class Mutation(NamedTuple):
    name: str
    pattern: str
    replacement: str | Callable[[str], str]  # a text, or what becomes of the text that was found
    within: str = ANYWHERE  # only inside of what this finds


def next_number(number: str) -> str:
    return str(int(number) + 1)


MUTATIONS = (
    Mutation("== to !=", r"==", "!="),
    Mutation("!= to ==", r"!=", "=="),
    Mutation("< to <=", r"(?<!<)<(?![<=])", "<="),
    Mutation("< to >=", r"(?<!<)<(?![<=])", ">="),
    Mutation("<= to <", r"(?<!<)<=", "<"),
    Mutation("<= to >", r"(?<!<)<=", ">"),
    Mutation("> to >=", r"(?<![->])>(?![>=])", ">="),
    Mutation("> to <=", r"(?<![->])>(?![>=])", "<="),
    Mutation(">= to >", r"(?<!>)>=", ">"),
    Mutation(">= to <", r"(?<!>)>=", "<"),
    Mutation("&& to ||", r"&&", "||"),
    Mutation("|| to &&", r"\|\|", "&&"),
    Mutation("! dropped", r"!(?!=)", ""),
    # With blanks on both sides these are neither signs nor pointers.
    Mutation("+ to -", r"(?<=\s)\+(?=\s)", "-"),
    Mutation("- to +", r"(?<=\s)-(?=\s)", "+"),
    Mutation("* to /", r"(?<=\s)\*(?=\s)", "/"),
    Mutation("/ to *", r"(?<=\s)/(?=\s)", "*"),
    Mutation("% to /", r"(?<=\s)%(?=\s)", "/"),
    Mutation("& to |", r"(?<=\s)&(?=\s)", "|"),
    Mutation("| to &", r"(?<=\s)\|(?=\s)", "&"),
    Mutation("<< to >>", r"<<(?!=)", ">>"),
    Mutation(">> to <<", r">>(?!=)", "<<"),
    Mutation("+= to -=", r"\+=", "-="),
    Mutation("-= to +=", r"-=", "+="),
    Mutation("|= to &=", r"\|=", "&="),
    Mutation("&= to |=", r"&=", "|="),
    Mutation("++ to --", r"\+\+", "--"),
    Mutation("-- to ++", r"--", "++"),
    Mutation("true to false", r"\btrue\b", "false"),
    Mutation("false to true", r"\bfalse\b", "true"),
    Mutation("n to n + 1", r"(?<![\w.])(?:0|[1-9]\d*)(?![\w.])", next_number),
    Mutation("returns true", r"\breturn (?!true;|false;)[^;]+;", "return true;", BOOL_FUNCTION),
    Mutation("returns false", r"\breturn (?!true;|false;)[^;]+;", "return false;", BOOL_FUNCTION),
)


class Mutant(NamedTuple):
    """One change of one file; `file` is its path from the top of the tree."""

    file: str
    line: int
    name: str
    start: int
    end: int
    replacement: str

    def applied_to(self, text: str) -> str:
        return text[: self.start] + self.replacement + text[self.end :]

    def before_and_after(self, text: str) -> tuple[str, str]:
        """The lines that it changes, each joined into one."""
        first = text.rfind("\n", 0, self.start) + 1
        last = text.find("\n", self.end)
        head, tail = text[first : self.start], text[self.end : last if last >= 0 else len(text)]
        lines = (head + text[self.start : self.end] + tail, head + self.replacement + tail)
        return " ".join(lines[0].split()), " ".join(lines[1].split())


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def code_of(text: str) -> str:
    """The text with blanks for all that is no code; what is left stands where it stood."""
    return NOT_CODE.sub(_blank, text)


def _changeable(text: str) -> str:
    code = NEEDLESS.sub(_blank, code_of(text))
    return DECLARED_ARRAYS.sub(lambda found: re.sub(SIZES, _blank, found[0]), code)


def _found(mutation: Mutation, code: str) -> Iterator[re.Match[str]]:
    pattern = re.compile(mutation.pattern)
    for part in re.finditer(mutation.within, code, re.DOTALL | re.MULTILINE):
        yield from pattern.finditer(code, part.start(), part.end())


def mutants_of(file: str, text: str) -> list[Mutant]:
    """All changes of a file, in the order of their places."""
    code = _changeable(text)
    mutants = []
    for mutation in MUTATIONS:
        for found in _found(mutation, code):
            become = mutation.replacement
            new = become if isinstance(become, str) else become(found[0])
            line = text.count("\n", 0, found.start()) + 1
            mutants.append(Mutant(file, line, mutation.name, found.start(), found.end(), new))
    return sorted(mutants, key=lambda mutant: (mutant.start, mutant.end))
