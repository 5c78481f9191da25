"""What tests/mutate would change: code, and nothing else; and that it can be drawn again."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

import pytest

from tests.house.rooms import ROOMS, ROOT
from tests.mutation.source import MUTATIONS, Mutant, Mutation, code_of, mutants_of
from tests.mutation.tree import FAILED_CASE, FAILED_INTEGRATION_TEST, FAILED_UNIT_TEST, integration_tests_of

LITTLE = r"""/* a < b and 3 + 4 */
#include <stdio.h>
#define TWICE(x) ((x) + \
                  (x) + 2)
enum { ROOM = 64 };

// x == 1
static bool wants(const struct item *item, char *out) /* true */
{
    char text[120], *at = text;
    const char *said = "1 == 2 /* \" && */";
    if (item->count - 1 < LIMIT && *out != '<')
        return item->first[2] == out;
    return true;
}

int next(int a)
{
    return a;
}
"""


def changes_of(text: str) -> list[tuple[int, str, str]]:
    """Line, and what stood there and what would."""
    return [(mutant.line, text[mutant.start : mutant.end], mutant.replacement) for mutant in mutants_of("x.c", text)]


def test_code_is_changed_and_nothing_else() -> None:
    assert changes_of(LITTLE) == [
        (12, "-", "+"),
        (12, "1", "2"),
        (12, "<", "<="),
        (12, "<", ">="),
        (12, "&&", "||"),
        (12, "!=", "=="),
        (13, "return item->first[2] == out;", "return true;"),
        (13, "return item->first[2] == out;", "return false;"),
        (13, "2", "3"),
        (13, "==", "!="),
        (14, "true", "false"),
    ]


def test_what_is_no_code_is_blank_and_the_rest_stands_where_it_stood() -> None:
    code = code_of(LITTLE)
    assert len(code) == len(LITTLE) and code.count("\n") == LITTLE.count("\n")
    assert all(now in (was, " ") for was, now in zip(LITTLE, code, strict=True))
    assert "a < b" not in code and "x ==" not in code and "TWICE" not in code and "1 == 2" not in code
    assert "static bool wants" in code and "item->count - 1 < LIMIT" in code


@pytest.mark.parametrize(
    "code",
    [
        "a->b", "&a", "*a = -b", "f(-1.5)", "0x1F", "x1", "0600", "1e3", "int a[3];", "char *a[3][4], b[5];",
        "sizeof a[0]", "struct s s = {0};", "__attribute__((format(printf, 2, 3)));",
        "'1'", "'\\'' /* 1 */", 'f("//", "1")',
        "enum e {\n    A = 1,\n    B = A + 1,\n};",
    ],
)  # fmt: skip
def test_what_stays_as_it_is(code: str) -> None:
    assert changes_of(f"{code}\n") == []


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("a <<= 1", ["1 2"]),
        ("a << b >> c", ["<< >>", ">> <<"]),
        ("a<b", ["< <=", "< >="]),
        ("!a != !b", ["! ", "!= ==", "! "]),
        ("a += b++ - --c", ["+= -=", "++ --", "- +", "-- ++"]),
        ("a * b / c % d", ["* /", "/ *", "% /"]),
        ("a & b | c", ["& |", "| &"]),
        ("a[3] = b[9]", ["3 4", "9 10"]),
        ("return a[3];", ["3 4"]),
        ("int a[3] = {7};", ["7 8"]),
    ],
)
def test_an_operator_is_changed_whole(code: str, changes: list[str]) -> None:
    assert [f"{was} {new}" for _, was, new in changes_of(code)] == changes


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.name for mutation in MUTATIONS])
def test_every_mutation_is_possible(mutation: Mutation) -> None:
    text = """bool f(int a)
{
    if (a == 1 || a != b && a < b || a <= b || a > b || a >= b || !a)
        a += (a + b - c * d / e % f & g | h << i >> j);
    a -= b, a |= c, a &= d, a++, b--, ok = true, no = false;
    return g(a);
}
"""
    assert mutation.name in {mutant.name for mutant in mutants_of("x.c", text)}


def test_a_change_is_made_and_shown_in_its_line() -> None:
    mutant = Mutant("x.c", 2, "&& to ||", 15, 17, "||")
    text = "first;\n  if (a &&\n      b)\n"
    assert mutant.applied_to(text) == "first;\n  if (a ||\n      b)\n"
    assert mutant.before_and_after(text) == ("if (a &&", "if (a ||")


# ---- the program ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mutate() -> ModuleType:
    loader = SourceFileLoader("mutate", str(ROOT / "tests/mutate"))
    spec = spec_from_loader("mutate", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["mutate"] = module
    loader.exec_module(module)
    return module


def test_the_same_seed_draws_the_same(mutate: ModuleType) -> None:
    mutants = mutants_of("x.c", LITTLE)
    assert mutate.drawn(mutants, 5, 3) == mutate.drawn(mutants, 5, 3)
    assert mutate.drawn(mutants, 5, 3) != mutate.drawn(mutants, 5, 4)
    assert mutate.drawn(mutants, 0, 3) == mutate.drawn(mutants, len(mutants) + 1, 3) == mutants


def test_all_are_drawn_as_often(mutate: ModuleType) -> None:
    mutants = mutants_of("x.c", LITTLE)
    drawn = [mutant for seed in range(1000) for mutant in mutate.drawn(mutants, 1, seed)]
    expected = len(drawn) / len(mutants)
    assert all(0.5 * expected < drawn.count(mutant) < 1.5 * expected for mutant in mutants)


def test_sources_are_found_once_and_only_in_tools(mutate: ModuleType) -> None:
    folder = ROOT / "tools/common/base"
    assert mutate.sources_in([folder, folder / "json.c"]) == [
        f"tools/common/base/{file.name}" for file in sorted(folder.glob("*.c"))
    ]
    for wrong in ("include", "tests", "tools/none", "tools/common/base/none.c", "tools/setup"):
        with pytest.raises(ValueError):
            mutate.sources_in([ROOT / wrong])


@pytest.mark.parametrize("arguments", [["--sample", "-1"], ["--jobs", "0"], ["--none"], ["include"]])
def test_wrong_usage(arguments: list[str]) -> None:
    ended = subprocess.run([ROOT / "tests/mutate", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2 and ended.stdout == ""


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_integration_tests(room: str) -> None:
    files = integration_tests_of(f"tools/{room}/any.c")
    assert files and all((ROOT / file).exists() for file in files)


def test_what_failed_is_read_from_what_the_tools_say() -> None:
    said = """
 1/49 Test  #1: test_arena .......................   Passed    0.02 sec
 2/49 Test #14: test_buffer ......................Subprocess aborted***Exception:   0.05 sec
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] text_grows
"""
    assert FAILED_UNIT_TEST.findall(said) == ["test_buffer"]
    assert FAILED_CASE.findall(said) == ["text_grows"]
    said = """
FAILED tests/integration/test_seal.py::test_a[0 - 1, [2]] - AssertionError: assert a[0] - 1
FAILED tests/integration/test_seal.py::test_b - assert c[1]
ERROR tests/integration/test_seal.py::test_c
"""
    assert FAILED_INTEGRATION_TEST.findall(said) == [
        "tests/integration/test_seal.py::test_a[0 - 1, [2]]",
        "tests/integration/test_seal.py::test_b",
        "tests/integration/test_seal.py::test_c",
    ]
