"""The rooms of the house: what each may use, and which integration tests go through it.

A room is a folder of tools/ with sources in it; the contracts of a room of tools/common stand in include/. CMakeLists.txt
builds each as a library that sees only what is stated here, and test_rooms.py holds both against the sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Room(NamedTuple):
    uses: str  # rooms whose headers it includes; what these use is seen, too, and included by nobody who does not say so
    libraries: str  # headers of libraries that it includes; Debian's lie where every compiler looks
    tests: str  # tests/integration/test_NAME.py


MIGRATIONS = "cases migration programs disturbed references facts"
RESUMPTIONS = "restart retry retried_rows set_aside swaps undo existing_tables"
VERIFICATIONS = "cases verify planted_bugs counts loose_ids existing_tables references facts"

ROOMS = {
    "common/base": Room("", "bson cjson", "advice bad_input programs run_folder"),
    "common/stream": Room("common/base", "bson isa-l openssl", "programs verify"),
    "common/catalog": Room("common/base", "bson cjson", "postgres_source run_folder"),
    "common/json": Room("common/base", "bson math", "appwrite_source cases mongodb_export bson_corpus"),
    "common/mapping": Room("common/base", "cjson math openssl", "mapping_schema misfits rest said_once functions bad_input transform mistakes"),
    "common/postgres": Room("common/base", "libpq-fe", f"{MIGRATIONS} target"),
    "common/access": Room("common/base common/catalog common/mapping", "", "access"),
    "common/schema": Room(
        "common/access common/base common/catalog common/mapping common/postgres", "zlib", "schema_statements migration objects kept_keys kept_shape kept_objects schemas whole_database"
    ),
    "common/index": Room("common/base", "", "references facts"),
    "common/target": Room(
        "common/base common/catalog common/postgres common/stream", "bson cjson", f"{MIGRATIONS} {VERIFICATIONS} target"
    ),
    "extract/reader": Room("common/base common/catalog common/mapping", "bson", "programs"),
    "extract/mongodb": Room(
        "common/base common/catalog common/json extract/reader",
        "bson cjson isa-l mongoc pthread xxhash",
        "cases mongodb_source headcount mongodb_export bson_corpus",
    ),
    "extract/postgres": Room(
        "common/base common/catalog common/mapping common/postgres extract/reader",
        "bson cjson",
        "postgres_source headcount objects kept_objects types whole_database versions orm_shapes computed",
    ),
    "extract/appwrite": Room(
        "common/base common/catalog common/json extract/reader",
        "bson curl xxhash",
        "cases appwrite_source appwrite_relations appwrite_wire headcount whisperchat",
    ),
    "extract": Room(
        "common/base common/catalog common/mapping common/stream extract/appwrite extract/mongodb extract/postgres extract/reader",
        "bson",
        f"cases programs headcount disturbed {RESUMPTIONS}",
    ),
    "transform/value": Room(
        "common/base common/mapping", "bson cjson math unicase unictype unistr", "accounts cases transform migration"
    ),
    "transform/write": Room("common/base common/mapping transform/value", "cjson math", "cases transform migration"),
    "transform/plan": Room(
        "common/base common/catalog common/index common/mapping common/schema common/stream transform/value transform/write",
        "bson xxhash",
        "cases transform migration pairs forms rest",
    ),
    "transform/rows": Room(
        "common/index common/json common/mapping common/stream transform/plan transform/value",
        "",
        "cases transform migration",
    ),
    "transform": Room(
        "common/base common/mapping common/schema common/stream transform/plan transform/rows", "", "transform programs"
    ),
    "check": Room(
        "common/base common/mapping common/postgres common/schema common/stream", "bson cjson lmdb xxhash", "programs check refused_rows"
    ),
    "load": Room(
        "common/base common/catalog common/mapping common/postgres common/schema common/stream common/target",
        "pthread",
        f"{MIGRATIONS} {RESUMPTIONS} bad_input jobs refused_rows target",
    ),
    "verify/canonical": Room("common/base common/mapping", "math", VERIFICATIONS),
    "verify/expect": Room(
        "common/base common/catalog common/json common/mapping common/stream verify/canonical",
        "bson cjson math openssl unicase unictype unistr xxhash",
        VERIFICATIONS,
    ),
    "verify/target": Room(
        "common/base common/catalog common/mapping common/postgres common/target verify/canonical verify/expect",
        "",
        VERIFICATIONS,
    ),
    "verify/records": Room("common/base common/stream verify/target", "cjson", VERIFICATIONS),
    "verify/tally": Room(
        "common/base common/target verify/canonical verify/expect verify/target", "xxhash", VERIFICATIONS
    ),
    "verify/shape": Room("common/base common/catalog common/mapping common/postgres verify/target", "", VERIFICATIONS),
    "verify/level": Room(
        "common/base common/index common/json common/mapping common/stream common/target verify/canonical verify/expect verify/records"
        " verify/shape verify/tally verify/target", "pthread", f"access planted_holes {VERIFICATIONS}"
    ),
    "verify": Room("common/access common/base verify/level verify/records verify/target", "", VERIFICATIONS),
    "graduate/text": Room("common/base", "bson cjson", "report compare"),
    "graduate/process": Room("common/base graduate/text", "bson", "migration disturbed run_folder"),
    "graduate/run": Room(
        "common/base common/catalog common/json common/mapping common/postgres common/schema common/stream common/target"
        " graduate/process graduate/text",
        "bson cjson",
        f"{MIGRATIONS} {RESUMPTIONS} arrival run_folder objects",
    ),
    "graduate/trial": Room(
        "common/base common/mapping common/stream common/target graduate/process graduate/run graduate/text",
        "cjson",
        "cases check mistakes refused_rows",
    ),
    "graduate/seal": Room("common/base common/mapping graduate/run graduate/text", "cjson openssl", "seal"),
    "graduate/compare": Room("common/base graduate/run graduate/text", "cjson math", "compare"),
    "graduate/report": Room("common/base common/mapping graduate/run graduate/text", "cjson", "report arrival"),
    "graduate/verb": Room(
        "common/access common/base common/mapping common/schema common/stream common/target graduate/compare graduate/process"
        " graduate/report graduate/run graduate/seal graduate/text graduate/trial",
        "cjson",
        "programs check functions migration run_folder compare report seal undo verify",
    ),
    "graduate": Room("graduate/verb", "", "programs"),
}

# Libraries that are walled off; the standard library and POSIX are everybody's.
LIBRARIES = {
    *("bson", "cjson", "curl", "isa-l", "libpq-fe", "lmdb", "math", "mongoc", "openssl", "pthread", "unicase"),
    *("unictype", "unistr", "xxhash", "zlib"),
}


def sources(pattern: str = "*.[ch]") -> Iterator[Path]:
    for folder in ("include", "tools"):
        yield from sorted((ROOT / folder).rglob(pattern))


def room_of(file: Path) -> str:
    """The room of a source below tools/ or include/."""
    parts = file.relative_to(ROOT).parts
    return f"common/{parts[1]}" if parts[0] == "include" else "/".join(parts[1:-1])


def headers_of(room: str) -> Path:
    """Where those who may use the room find its headers."""
    program, _, name = room.partition("/")
    return ROOT / "include" / name if program == "common" else ROOT / "tools" / room


def seen_by(room: str) -> set[str]:
    """The rooms whose headers a compiler finds for it: those that it uses, and those that these use."""
    seen: set[str] = set()
    waiting = [room]
    while waiting:
        for used in ROOMS[waiting.pop()].uses.split():
            if used not in seen:
                seen.add(used)
                waiting.append(used)
    return seen


def included(file: Path) -> list[str]:
    """What a source includes with quotes: names as they are written there."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read_text(), re.MULTILINE)


def libraries_of(file: Path) -> set[str]:
    names = re.findall(r"^\s*#\s*include\s+<([^>]+)>", file.read_text(), re.MULTILINE)
    return {re.split(r"[/.]", name)[0] for name in names} & LIBRARIES
