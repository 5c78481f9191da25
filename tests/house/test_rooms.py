"""The walls of the house: every rule of rooms.py, held against the sources and against the build."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.house.rooms import ROOMS, ROOT, headers_of, included, libraries_of, room_of, seen_by, sources

LONGEST = 600
# Files that are tables, and so may be longer.
TABLES: set[str] = set()
PLAIN_CALLS = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|atoi|atol|gets|strtok)\(")


def headers() -> dict[str, Path]:
    """Every header by the name under which it is included from another room."""
    found = {}
    for file in sources("*.h"):
        name = f"graduate/{file.name}" if file.is_relative_to(ROOT / "include") else file.name
        assert name not in found, f"two headers are called {name}: {file} and {found[name]}"
        found[name] = file
    return found


def test_every_folder_with_sources_is_a_room() -> None:
    assert {room_of(file) for file in sources()} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_what_it_says_and_nothing_else(room: str) -> None:
    known, used, libraries = headers(), set(), set()
    for file in sources():
        if room_of(file) != room:
            continue
        libraries |= libraries_of(file)
        for name in included(file):
            assert ".." not in name, f"{file}: {name} goes around a wall"
            if not (file.parent / name).exists():
                used.add(room_of(known[name]))
    assert used - {room} == set(ROOMS[room].uses.split())
    assert libraries == set(ROOMS[room].libraries.split())


# What no table of uses may say, however it grows: rooms on the left never see those on the right.
NEVER = [
    (r"common/base", r".*"),
    (r"common/.*", r"(extract|transform|load|verify|graduate)(/.*)?"),
    (r"extract(/.*)?", r"(transform|load|verify|graduate)(/.*)?"),
    (r"transform(/.*)?", r"(extract|load|verify|graduate)(/.*)?|common/target"),
    (r"load", r"(extract|transform|verify|graduate)(/.*)?"),
    (r"verify(/.*)?", r"(extract|transform|load|graduate)(/.*)?|common/schema"),
    (r"graduate(/.*)?", r"(extract|transform|load|verify)(/.*)?"),
    (r"extract/(mongodb|postgres|appwrite)", r"extract|extract/(mongodb|postgres|appwrite)|common/(stream|target)"),
]


@pytest.mark.parametrize(("viewer", "hidden"), NEVER)
def test_what_is_never_seen(viewer: str, hidden: str) -> None:
    viewers = [room for room in ROOMS if re.fullmatch(viewer, room)]
    assert viewers
    for room in viewers:
        seen = [other for other in seen_by(room) - {room} if re.fullmatch(hidden, other)]
        assert not seen, f"{room} sees {seen}"


# Integration tests of what stands beside the rooms: the rig's double of Appwrite, and the benchmark.
OF_NO_ROOM = {"appwrite_double", "appwrite_published", "bench"}


def test_every_integration_test_goes_through_a_room() -> None:
    """What goes through none is not run when tests/mutate changes the room that it is of."""
    files = {file.stem.removeprefix("test_") for file in (ROOT / "tests/integration").glob("test_*.py")}
    assert {name for room in ROOMS.values() for name in room.tests.split()} == files - OF_NO_ROOM


def test_rooms_are_in_no_circle() -> None:
    circles = [room for room in ROOMS if room in seen_by(room)]
    assert not circles


# ---- the build --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[str]]:
    """How each source of tools/ is compiled."""
    build = tmp_path_factory.mktemp("build")
    subprocess.run(["cmake", "-S", ROOT, "-B", build], check=True, capture_output=True)
    listed = json.loads((build / "compile_commands.json").read_text())
    return {
        Path(entry["file"]): shlex.split(entry["command"])
        for entry in listed
        if Path(entry["file"]).is_relative_to(ROOT / "tools")
    }


def walls(command: list[str]) -> set[Path]:
    """The include folders of the project's own that a compiler is given."""
    folders = {Path(word[2:]) for word in command if word.startswith("-I")}
    folders |= {Path(command[i + 1]) for i, word in enumerate(command) if word in ("-I", "-isystem", "-iquote")}
    return {folder for folder in folders if folder.is_relative_to(ROOT)}


@pytest.mark.parametrize("room", ROOMS)
def test_the_build_has_the_same_walls(room: str, commands: dict[Path, list[str]]) -> None:
    files = [file for file in sources("*.c") if room_of(file) == room]
    allowed = {headers_of(other) for other in seen_by(room)} | {headers_of(room)}
    for file in files:
        assert walls(commands[file]) - {headers_of(room)} == allowed - {headers_of(room)}, file


@pytest.mark.parametrize("room", [room for room in ROOMS if any(room_of(file) == room for file in sources("*.c"))])
def test_a_forbidden_include_does_not_compile(room: str, commands: dict[Path, list[str]], tmp_path: Path) -> None:
    """The compiler itself is asked which of all headers it finds from there."""
    known = headers()
    probe = tmp_path / "probe.c"
    probe.write_text("".join(f'#if __has_include("{name}")\nfound {name}\n#endif\n' for name in known))
    command = next(command for file, command in commands.items() if room_of(file) == room)
    flags = [word for word in command[1:-1] if word.startswith(("-I", "-D"))]
    ended = subprocess.run(
        [command[0], "-E", "-P", *flags, probe], capture_output=True, text=True, check=True
    )
    found = {line.split()[1] for line in ended.stdout.splitlines() if line.startswith("found ")}
    assert {room_of(known[name]) for name in found} <= seen_by(room) | {room}


# ---- files ------------------------------------------------------------------------------------------


def called_by(objects: list[Path]) -> dict[str, set[str]]:
    """Which objects call which, by the symbols that they define and lack."""
    home: dict[str, str] = {}
    lacks: dict[str, set[str]] = {}
    for file in objects:
        unit = str(file).split("/tools/")[-1].removesuffix(".c.o")
        printed = subprocess.run(["nm", "-g", file], capture_output=True, text=True, check=True).stdout
        for line in printed.splitlines():
            *_, kind, symbol = line.split()
            if kind == "U":
                lacks.setdefault(unit, set()).add(symbol)
            elif symbol != "main" and not symbol.startswith("__"):
                home[symbol] = unit
    return {unit: {home[symbol] for symbol in symbols if symbol in home} - {unit} for unit, symbols in lacks.items()}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Some circle of it, or nothing."""
    done: set[str] = set()

    def walk(unit: str, way: list[str]) -> list[str]:
        if unit in way:
            return way[way.index(unit) :]
        if unit in done:
            return []
        done.add(unit)
        for other in sorted(graph.get(unit, ())):
            if found := walk(other, [*way, unit]):
                return found
        return []

    for unit in sorted(graph):
        if found := walk(unit, []):
            return found
    return []


def test_a_circle_would_be_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}) == ["b", "c", "d"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}}) == []


def test_no_files_call_each_other_in_a_circle() -> None:
    objects = [*(ROOT / "build" / "release").rglob("*.c.o")]
    graph = called_by([file for file in objects if "/tools/" in str(file) and "tests" not in file.parts])
    assert len(graph) > len(ROOMS), "build/release is not built"
    assert circle_in(graph) == []


def test_no_headers_include_each_other_in_a_circle() -> None:
    known = headers()
    graph = {
        str(file): {str(file.parent / name if (file.parent / name).exists() else known[name]) for name in included(file)}
        for file in sources("*.h")
    }
    assert circle_in(graph) == []


def test_no_file_has_two_purposes() -> None:
    long = {str(file.relative_to(ROOT)) for file in sources() if len(file.read_text().splitlines()) > LONGEST}
    assert long == TABLES


def test_the_house_does_not_call_what_it_does_not_use() -> None:
    for file in sources():
        for number, line in enumerate(file.read_text().splitlines(), 1):
            assert not PLAIN_CALLS.search(line), f"{file}:{number}: {line}"


# ---- what a room says of itself ---------------------------------------------------------------------


@pytest.mark.parametrize("room", sorted({room_of(file) for file in sources("*.h")}))
def test_a_room_says_what_belongs_in_it(room: str) -> None:
    """In one of its headers, as its first words: "Room NAME: what belongs in it. It uses A and B."."""
    said = []
    for file in headers_of(room).rglob("*.h"):
        if room_of(file) == room:
            said += re.findall(rf"\A/\* Room {room}: (.*?)\*/", file.read_text(), re.DOTALL)
    assert len(said) == 1, f"{len(said)} headers of {room} say what it is"
    text = " ".join(said[0].replace("\n *", " ").split())
    last = re.search(r"It uses (.*)\.$", text)
    assert last, f"{room}: does not end with what it uses: {text}"
    named = set() if last[1] == "no other room" else set(re.split(r", | and ", last[1]))
    assert named == set(ROOMS[room].uses.split())
