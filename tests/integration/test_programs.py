"""The programs as a person meets them: help, mistyped words, terminals, and streams that went astray."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.complaint import SOURCE, TARGET, USAGE, Complaint, complaint_of
from tests.integration.migration import PROGRAMS, ROOT, Ended, Migration, children
from tests.integration.small_project import Small, shop_of
from tests.integration.stream_format import frames
from tests.rig.postgres import Cluster

STAGES = sorted(path.name for path in PROGRAMS.glob("graduate-*"))


def run(*words: str | Path, environment: dict[str, str] | None = None, cwd: Path = ROOT, **pipes: Any) -> Ended:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | pipes
    if "input" in pipes:
        del pipes["stdin"]
    done = subprocess.run(
        [PROGRAMS / words[0], *words[1:]], env=environment, cwd=cwd, timeout=60, check=False, **pipes)  # fmt: skip
    texts = [text.decode(errors="replace") if text else "" for text in (done.stdout, done.stderr)]
    return Ended(done.args, done.returncode, *texts)


def verbs() -> list[str]:
    return re.findall(r"^  (\w+) +\S", run("graduate", "--help").stdout.partition("verbs:\n")[2].partition("\n\n")[0],
                      re.MULTILINE)  # fmt: skip


VERBS = verbs()
COMMANDS = [["graduate"], *([stage] for stage in STAGES), *(["graduate", verb] for verb in VERBS)]
NAMES = [" ".join(command) for command in COMMANDS]


@pytest.fixture(scope="module")
def loaded(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """A shop that is loaded, with its run folder."""
    with shop_of(tmp_path_factory.mktemp("loaded"), targets) as made:
        made.succeed()
        yield made


# ---- help ------------------------------------------------------------------------------------------


def test_there_are_programs_and_verbs() -> None:
    assert {"plan", "schema", "run", "status", "rehearse", "stream"} <= set(VERBS)
    assert {"graduate-extract", "graduate-transform", "graduate-load"} <= set(STAGES)


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_help(command: list[str]) -> None:
    ended = run(*command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{' '.join(command)}: ") and "usage: " in ended.stdout
    assert [line for line in ended.stdout.splitlines() if len(line) >= 80] == []
    options = set(re.findall(r"^  (?:-\w, )?--([\w-]+)", ended.stdout, re.MULTILINE))
    assert {"help", "version", "log-format"} <= options
    assert run(*command, "-h").stdout == ended.stdout
    if len(command) == 2:
        assert run("graduate", "help", command[1]).stdout == ended.stdout


def test_the_verbs_are_listed() -> None:
    """One line each; whoever names none is also told that one is needed."""
    helped = run("graduate", "help")
    assert helped.returncode == 0 and helped.stdout == run("graduate", "--help").stdout
    alone = run("graduate")
    assert alone.returncode == USAGE
    assert alone.stdout == helped.stdout[helped.stdout.index("usage:"):].partition("\n\n")[0] + "\n\n" + (
        helped.stdout[helped.stdout.index("verbs:"):].partition("\n\n")[0] + "\n")
    assert len(VERBS) == 14 and "undo" in VERBS
    complaint_of(run("graduate", "help", "staus"), USAGE, 'did you mean "status"?')


def examples(command: list[str]) -> list[str]:
    """The command lines that a help text shows, each as one line."""
    text = re.sub(r"(\\|\|)\n +", lambda end: "" if end[1] == "\\" else "| ", run(*command, "--help").stdout)
    return re.findall(r"^  ((?:[A-Z_]+=\S+ +)?graduate(?:-\w+)? .*)", text.partition("--version")[2], re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS[1:], ids=NAMES[1:])
def test_help_shows_an_example_of_what_is_there(command: list[str]) -> None:
    shown = examples(command)
    assert any(" ".join(command) in line for line in shown), "no example"
    for line in shown:
        for part in re.split(r"[|>]", line):
            words = [word for word in shlex.split(part) if "=" not in word]
            if not words or not words[0].startswith("graduate"):
                continue
            assert (PROGRAMS / words[0]).exists()
            called = words[:2] if words[0] == "graduate" else words[:1]
            assert called in COMMANDS, line
            known = run(*called, "--help").stdout
            assert all(f"  {word} " in known for word in words if word.startswith("--")), line


def test_the_examples_work(migration: Migration, tmp_path: Path) -> None:
    """In the order of a migration, as they stand there, from an empty folder."""
    environment = migration.environment | {
        "GRADUATE_MAPPINGS": str(ROOT / "mappings"), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"
    }  # fmt: skip
    folder = tmp_path / "empty"
    folder.mkdir()
    for command in (["graduate", "plan"], ["graduate", "schema"], ["graduate", "run"], ["graduate", "status"],
                    ["graduate", "stream"], ["graduate-extract"], ["graduate-transform"]):  # fmt: skip
        for line in examples(command):
            done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, env=environment,
                                  capture_output=True, text=True, timeout=60)  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert len(list((folder / "supabase/migrations").glob("*.sql"))) == 2
    by_hand, of_run = ([*frames((folder / name).read_bytes())] for name in ("books.gck", "migration/checkpoints/books.gck"))
    assert by_hand[1:] == of_run[1:]
    assert by_hand[0].meta | {"run": of_run[0].meta["run"]} == of_run[0].meta and by_hand[0].meta["run"] == ""


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_version(command: list[str]) -> None:
    for option in ("--version", "-V"):
        assert re.fullmatch(rf"{' '.join(command)} \d+\.\d+\.\d+\n", run(*command, option).stdout)


# ---- mistyped --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_an_unknown_option(command: list[str]) -> None:
    complaint_of(run(*command, "--hlep"), USAGE, "no option --hlep", "did you mean --help?",
                 f"{' '.join(command)} --help")  # fmt: skip


MISTYPED = {
    "graduate": ("a verb is needed", "graduate --help"),
    "graduate staus": ('no verb "staus"', 'did you mean "status"?', "graduate --help"),
    "graduate frobnicate": ('no verb "frobnicate"', "there are: plan", "graduate --help"),
    "graduate run --projct x": ("no option --projct", "did you mean --project?"),
    "graduate run --run-dir": ("--run-dir needs a value", "--run-dir DIR", "--help"),
    "graduate run --project authorstack": ("--run-dir is needed", "--help"),
    "graduate run --run-dir x --batch-bytes 4Q": ('--batch-bytes is "4Q"', "as 500000, 512K, 4M or 1G", "--help"),
    "graduate run --run-dir x --jobs 0": ("--jobs is 0", "--help"),
    "graduate check --project x --stall soon": ('--stall is "soon"', "--help"),
    "graduate run --run-dir x --allow-rows=yes": ("--allow-rows takes no value", "--help"),
    "graduate run --run-dir x --log-format xml": ('--log-format is "xml"', "text or json", "--help"),
    "graduate run -p authorstack": ("no option -p", "but for -h and -V, options are long", "--help"),
    "graduate run --run-dir x more": ('"more" is more than graduate run takes', "--help"),
    "graduate plan": ("--project is needed", "--help"),
    "graduate status": ("--run-dir is needed", "--help"),
    "graduate status --run-dir /no/such/folder": ("/no/such/folder", "No such file", "--run-dir"),
    "graduate status --run-dir /": ("holds no run", "run.json", "--run-dir"),
    "graduate stream": ("the name of a checkpoint is needed", "--help"),
    "graduate stream one two": ('"two" is more than graduate stream takes', "--help"),
    "graduate stream /no/such/file": ("/no/such/file", "No such file", "checkpoints/"),
    "graduate-extract": ("--project P", "--help"),
    "graduate-extract --project authorstack": ("--entity E", "--help"),
    "graduate-extract --project authorstack --catalog": ("--source S", "--help"),
    "graduate-extract --project authorstack --count": ("--source S", "--help"),
    "graduate-extract --project authorstack --count --entity books": ("one of --entity E", "--count", "--help"),
    "graduate-extract --project authorstack --source core --count --catalog": ("one of --entity E", "--help"),
    "graduate-extract --project authorstack --source core --count --snapshot x": ("alone", "--help"),
    "graduate-extract --project authorstack --source coer --count": ('no source "coer"', 'did you mean "core"?'),
    "graduate-extract --project authorstack --entity boks": ('no entity "boks"', 'did you mean "books"?'),
    "graduate-extract --project authorstack --source coer --catalog": ('no source "coer"', 'did you mean "core"?'),
    "graduate-extract --project authorstack --entity books --batch-bytes 1G": ("at most 64M", "--help"),
    "graduate-extract --project authorstack --entity books --after-batch 2": ("needs --after", "--help"),
    "graduate-extract --project authorstack --entity books --after /no/such/file": ("/no/such/file", "No such file"),
    "graduate-extract --project authorstack --entity books --after pytest.ini": ("pytest.ini holds no position",),
    "graduate-extract --project authorstack --entity books --catalogs /no/such": ("/no/such/core.json", "No such file"),
    "graduate-transform": ("--project P", "--help"),
    "graduate-transform --project authorstack books.gck": ('"books.gck"', "--help"),
    "graduate-load": ("--project is missing", "--help"),
    "graduate-load --project authorstack --prepare --catalogs x --jobs 2": ("--jobs goes with --finish", "--help"),
    "graduate-load --project authorstack --finish --catalogs x --run 00000000-0000-0000-0000-000000000000 --generation 1 --jobs 0": (
        "--jobs is 0", "--help"),
    "graduate-load --project authorstack": ("--run and --generation are missing", "--help"),
    "graduate-load --project authorstack --prepare": ("--catalogs is missing", "--help"),
    "graduate-load --project authorstack --run 7 --generation 1": ('--run is "7"', "UUID", "--help"),
}


@pytest.mark.parametrize("line", MISTYPED)
def test_a_mistyped_line(migration: Migration, line: str) -> None:
    complaint_of(run(*line.split(), environment=migration.environment), USAGE, *MISTYPED[line])
    assert not Path(ROOT, "x").exists()


@pytest.mark.parametrize("command", [["graduate", "run", "--run-dir", "x", "--projct", "y"], ["graduate-load"]])
def test_an_error_for_programs(command: list[str]) -> None:
    """One JSON object a line, one of them the error."""
    ended = run(*command, "--log-format", "json")
    said = [json.loads(line) for line in ended.stderr.splitlines()]
    errors = [line for line in said if line["level"] == "error"]
    assert len(errors) == 1 and errors[0]["code"] == "usage" and errors[0]["message"] and errors[0]["hint"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", errors[0]["time"])


# ---- terminals -------------------------------------------------------------------------------------

TERMINALS = {
    "graduate-extract": (["--project", "authorstack", "--entity", "books"], "stdout", "not for a terminal"),
    "graduate-transform": (["--project", "authorstack"], "stdout", "not for a terminal"),
    "graduate-load": (
        ["--project", "authorstack", "--run", "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "--generation", "1"], "stdin",
        "standard input is a terminal"),
}  # fmt: skip


@pytest.mark.parametrize("program", TERMINALS)
def test_a_stream_is_not_for_a_terminal(program: str) -> None:
    arguments, end, says = TERMINALS[program]
    ours, theirs = pty.openpty()
    try:
        complaint_of(run(program, *arguments, **{end: theirs}), USAGE, says, "--help")
        os.set_blocking(ours, False)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1)
    finally:
        os.close(ours)
        os.close(theirs)


def seen_on_a_terminal(*words: str, held_until: str = "", **environment: str) -> tuple[int, str]:
    """What a program writes on a terminal as its standard error, and its exit code. Its programs that stand at a hold
    are let go when what is meant to be seen meanwhile was seen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen([PROGRAMS / words[0], *words[1:]], cwd=ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, **environment})  # fmt: skip
    os.close(theirs)
    seen, end = b"", time.monotonic() + 60
    try:
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.05)[0]:
                if not (part := os.read(ours, 65536)):
                    break
                seen += part
            if held_until and re.search(held_until, seen.decode(errors="replace")):
                for pid in children(process, ""):
                    os.kill(pid, signal.SIGCONT)
    except OSError:  # that is how the end of a terminal shows
        pass
    if time.monotonic() >= end:
        process.kill()
    os.close(ours)
    return process.wait(timeout=60), seen.decode()


@pytest.mark.parametrize(("environment", "coloured"), [
    ({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "xterm", "NO_COLOR": ""}, True),
    ({"TERM": "dumb"}, False), ({"TERM": ""}, False),
])  # fmt: skip
def test_colours_are_for_terminals(environment: dict[str, str], coloured: bool) -> None:
    quiet = {"NO_COLOR": "", **environment}
    code, seen = seen_on_a_terminal("graduate", "staus", **quiet)
    assert code == USAGE
    assert ("\033[1;31merror:\033[0m" in seen and "\033[1mnext:\033[0m" in seen) == coloured
    assert coloured or "\033" not in seen and "graduate: error: there is no verb" in seen
    assert "\033" not in run("graduate", "staus", environment={**os.environ, **quiet}).said


def test_progress_on_a_terminal(shop: Small) -> None:
    """It fits 80 columns, and tells of every phase: the entities, the steps after the data, the verification."""
    long = "authors_of_all_the_books_that_were_ever_sold_or_given_away_by_us"
    (shop.files / "authors.json").rename(shop.files / f"{long}.json")
    books = shop.files / "books.json"
    books.write_text(books.read_text().replace('"id_of": "authors"', f'"id_of": "{long}"'))
    authors = shop.files / f"{long}.json"
    authors.write_text(authors.read_text().replace('"id_of": "authors"', f'"id_of": "{long}"'))
    environment = {**shop.environment, "TERM": "xterm"}
    dies = {"GRADUATE_CRASH_AT": "driver.entity_done:2"}
    phases = {
        r"authors_of\S*\.\. \(1 of 2\): ": (shop.run_arguments(), "extract.batch_sent:1"),
        r"step 4 of 12: index [^\r]*, \d\.\d s": (shop.run_arguments(), "load.step_done:4"),
        r"verifying: [^\r]*, \d\.\d s": (["verify", "--run-dir", str(shop.folder)], "verify.verdict_written"),
    }
    seen = ""
    for phase, (words, hold) in phases.items():
        code, more = seen_on_a_terminal("graduate", *words, held_until=phase, GRADUATE_HOLD_AT=hold, **environment, **dies)
        assert code == (-signal.SIGKILL if dies else 0) and re.search(phase, more), more
        seen += more
        dies = {}
    shown = [part.partition("\033[K")[0] for part in seen.split("\r") if "\033[K" in part]
    assert len(shown) > len(phases) and all(len(line) < 80 for line in shown), shown


def test_tables_fit_a_terminal(shop: Small) -> None:
    """Of 80 columns, whatever the names are; and nothing of them is cut."""
    table = "a_table_with_a_name_that_takes_as_much_as_postgres_allows_for"
    for file in ("authors", "books"):
        mapping = shop.files / f"{file}.json"
        mapping.write_text(mapping.read_text().replace("public.editions", f"public.{table}"))
    shop.succeed()
    folder = str(shop.folder)
    assert shop.run("verify", "--run-dir", folder).returncode == 0
    shown = {
        "account": shop.run(*shop.run_arguments()), "plan": shop.run("plan", "--project", shop.project, "--allow-rows"),
        "status": shop.run("status", "--run-dir", folder), "verify": shop.run("verify", "--run-dir", folder),
        "compare": shop.run("compare", folder, folder), "forecast": shop.run("compare", folder, "--forecast"),
    }  # fmt: skip
    for name, ended in shown.items():
        assert ended.returncode == 0, ended.said
        rows = [line for line in ended.stdout.splitlines() if re.match(r"  .*\S {2,}\S|   ", line)]  # others are sentences
        wide = [line for line in rows if len(line) >= 80 and folder not in line]
        assert not wide, (name, wide)
    for name in ("account", "verify"):
        assert f"\n  public.{table}\n" in shown[name].stdout, shown[name].stdout


# ---- streams that went astray ----------------------------------------------------------------------


def transform(loaded: Small, records: bytes) -> Ended:
    return run("graduate-transform", "--project", loaded.project, environment=loaded.environment, input=records)


def load(loaded: Small, rows: bytes) -> Ended:
    run_id = json.loads((loaded.folder / "run.json").read_text())["run"]
    return run("graduate-load", "--project", loaded.project, "--run", run_id, "--generation", "1",
               environment=loaded.environment, input=rows)  # fmt: skip


def test_records_are_not_loaded(loaded: Small) -> None:
    records = (loaded.folder / "checkpoints/books.gck").read_bytes()
    complaint_of(load(loaded, records), USAGE, "holds records, not rows", "graduate-transform between")


def rows_of(loaded: Small) -> bytes:
    """Its books as a row stream."""
    with (loaded.folder / "checkpoints/books.gck").open("rb") as records:
        return subprocess.run([PROGRAMS / "graduate-transform", "--project", loaded.project], stdin=records,
                              env=loaded.environment, capture_output=True, check=True).stdout  # fmt: skip


def test_rows_are_not_transformed(loaded: Small) -> None:
    complaint_of(transform(loaded, rows_of(loaded)), USAGE, "is a row stream already", "graduate-extract wrote")


def test_records_of_another_project(loaded: Small) -> None:
    records = (loaded.folder / "checkpoints/books.gck").read_bytes()
    ended = run("graduate-transform", "--project", "authorstack", environment=loaded.environment, input=records)
    complaint_of(ended, USAGE, "the stream is of project shop, not of authorstack", "--project")


@pytest.mark.parametrize("records", [b"", b"GRF1", b"hello, world\n" * 9, b"GRF9" + b"\0" * 60])
@pytest.mark.parametrize("program", [transform, load])
def test_what_is_no_stream(loaded: Small, program: Callable[[Small, bytes], Ended], records: bytes) -> None:
    ended = program(loaded, records)
    assert ended.returncode == SOURCE, ended.said
    assert ended.stderr.count("error: ") == 1 and "frame 0 at byte 0" in ended.stderr, ended.said


def test_a_checkpoint_for_people_and_for_programs(loaded: Small) -> None:
    checkpoint = loaded.folder / "checkpoints/books.gck"
    people = run("graduate", "stream", checkpoint)
    assert people.returncode == 0 and "records of books" in people.stdout and "whole: " in people.stdout
    frames = [json.loads(line) for line in run("graduate", "stream", checkpoint, "--json").stdout.splitlines()]
    assert [frame["type"] for frame in frames] == ["header", *["batch"] * (len(frames) - 2), "end"]
    assert sum(frame["records"] for frame in frames[1:-1]) == frames[-1]["records"] == 24
    assert sum(frame["stored"] + 32 for frame in frames) == checkpoint.stat().st_size


def test_a_row_stream_for_people_and_for_programs(loaded: Small, tmp_path: Path) -> None:
    rows = tmp_path / "books.rows"
    rows.write_bytes(rows_of(loaded))
    people = run("graduate", "stream", rows)
    assert people.returncode == 0 and "rows of books" in people.stdout and "public.editions: " in people.stdout
    head, *batches, _ = [json.loads(line) for line in run("graduate", "stream", rows, "--json").stdout.splitlines()]
    tables = ["public.books", "public.editions"]
    assert head["stream"] == "rows" and head["outputs"][:2] == tables
    assert all([section["table"] for section in batch["sections"]] == tables for batch in batches)
    for place, table in enumerate(tables):
        counted = loaded.cluster.psql(f"select count(*) from {table}")
        assert sum(batch["sections"][place]["rows"] for batch in batches) == int(counted)
    assert all(section["bytes"] > 0 for batch in batches for section in batch["sections"])


def damaged(loaded: Small, tmp_path: Path, content: bytes) -> Complaint:
    path = tmp_path / "damaged.gck"
    path.write_bytes(content)
    ended = run("graduate", "stream", path)
    return complaint_of(ended, SOURCE, "damaged.gck: frame ")


def test_every_damaged_frame_is_named(loaded: Small, tmp_path: Path) -> None:
    """A byte of each frame's head, of its body and its last one; and an end after each frame."""
    checkpoint = loaded.folder / "checkpoints/books.gck"
    content = checkpoint.read_bytes()
    frames = [json.loads(line) for line in run("graduate", "stream", checkpoint, "--json").stdout.splitlines()]
    for frame in frames:
        start, size = frame["offset"], 32 + frame["stored"]
        for at in (start + 8, start + 32, start + size - 1):
            complaint = damaged(loaded, tmp_path, content[:at] + bytes([content[at] ^ 0x20]) + content[at + 1 :])
            assert f"frame {frame['frame']} at byte {start}: " in complaint.message
        complaint = damaged(loaded, tmp_path, content[: start + size - 1])
        assert f"frame {frame['frame']} at byte {start}: the stream ends here" in complaint.message


def test_a_schema_that_cannot_be_written(loaded: Small, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    ended = run("graduate", "schema", "--project", loaded.project, "--out", tmp_path / "taken",
                environment=loaded.environment)  # fmt: skip
    complaint_of(ended, TARGET, "taken", "is no folder")


def test_a_status_without_its_target(loaded: Small) -> None:
    """What the folder knows is printed, and the target's trouble is the error."""
    elsewhere = {"SUPABASE_DB_URL": loaded.cluster.uri().replace(f":{loaded.cluster.port}/", ":1/")}
    ended = run("graduate", "status", "--run-dir", loaded.folder, environment=loaded.environment | elsewhere)
    complaint_of(ended, TARGET, "the target at 127.0.0.1:1/", "Connection refused")
    assert "of shop" in ended.stdout and "finished" in ended.stdout
