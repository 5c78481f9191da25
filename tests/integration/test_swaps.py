"""A run that was killed, and whose source, checkpoint, folder or target is another one when it is called again.

Trial N is drawn with the seed N and can be repeated alone: -k "trial_037". Either the swap is refused, the complaint
names what differs, and with the original back the run ends right; or the run ends well with exactly the rows of the
source that is there now. What is right is made of the source by `rows_of`.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
import string
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration import crash_points, migration, small_project
from tests.integration.complaint import DATA, REFUSED, SOURCE, USAGE, complaint_of
from tests.integration.migration import EMPTY, PROGRAMS, ROOT
from tests.integration.small_project import Small, encoded, project
from tests.rig.appwrite_sample import write_lines
from tests.rig.postgres import Cluster

TRIALS = 200
BATCH, OTHER_BATCH = "200", "333"
TEMPLATE, OTHER_BEGUN, OTHER_DONE = "swaps_template", "swaps_other_begun", "swaps_other_done"
CORE, APP = "core", "app"
ENTITIES = {"authors": CORE, "books": CORE, "notes": APP}


def column(path: str, type: str) -> dict[str, Any]:
    return {"from": path, "type": type, "null": False}


FILES: dict[str, Any] = {
    "project": project(
        "swaps",
        {
            CORE: {"kind": "mongodb", "uri": "${CORE_URI}"},
            APP: {"kind": "appwrite", "uri": "${APP_URI}", "key": "${APPWRITE_API_KEY}", "database": "main"},
        },
    ),
    "authors": {
        "from": "core.authors",
        "to": {
            "public.authors": {
                "key": ["id"],
                "columns": {"id": column("_id", "integer"), "v": column("v", "text")},
            }
        },
    },
    "books": {
        "from": "core.books",
        "to": {
            "public.books": {
                "key": ["id"],
                "columns": {"id": column("_id", "integer"), "v": column("v", "text")},
            },
            "public.editions": {
                "each": "years",
                "key": ["book", "n"],
                "columns": {"book": {"parent": "id"}, "n": {"position": True}, "year": column(".", "integer")},
            },
        },
    },
    "notes": {
        "from": "app.notes",
        "to": {"public.notes": {"key": ["id"], "columns": {"id": column("n", "integer"), "v": column("v", "text")}}},
        "drop": ["$id", "$createdAt", "$updatedAt", "$permissions"],
    },
}
ROWS = """
    select concat_ws(' ', 'authors', id, v) from public.authors union all
    select concat_ws(' ', 'books', id, v) from public.books union all
    select concat_ws(' ', 'editions', book, n, year) from public.editions union all
    select concat_ws(' ', 'notes', id, v) from public.notes
"""

# ---- a source, and what is right of it -----------------------------------------------------------

Record = dict[str, Any]
World = dict[str, list[Record]]


def word(rng: random.Random, length: int = 40) -> str:
    return "".join(rng.choices(string.ascii_letters, k=length))


def record(rng: random.Random, entity: str, n: int) -> Record:
    """Of a size that only its number decides."""
    return {"id": n, "v": word(rng)} | ({"years": rng.choices(range(1900, 2000), k=n % 3)} if entity == "books" else {})


def world(rng: random.Random) -> World:
    return {entity: [record(rng, entity, n) for n in range(1, 13)] for entity in ENTITIES}


def rows_of(made: World) -> list[str]:
    simple = [f"{entity} {one['id']} {one['v']}" for entity, records in made.items() for one in records]
    editions = [f"editions {one['id']} {n} {year}" for one in made["books"] for n, year in enumerate(one["years"], 1)]
    return sorted(simple + editions)


def write_core(folder: Path, made: World) -> None:
    folder.mkdir(parents=True)
    for name in ("authors", "books"):
        content = encoded({"_id": one["id"]} | {key: one[key] for key in one if key != "id"} for one in made[name])
        if name == "books":
            (folder / "books.bson.gz").write_bytes(gzip.compress(content))
        else:
            (folder / "authors.bson").write_bytes(content)
        (folder / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))


def write_app(folder: Path, made: World) -> None:
    folder.mkdir(parents=True)
    time = "2024-02-01T10:00:00.000+00:00"
    frame = {"$createdAt": time, "$updatedAt": time, "$permissions": []}
    records = [{"$id": f"n{one['id']}", "n": one["id"], "v": one["v"], **frame} for one in made["notes"]]
    write_lines(folder / "notes.jsonl", records)


WRITE = {CORE: write_core, APP: write_app}

# ---- a run, and what can be swapped of it --------------------------------------------------------


class Swapped(Small):
    """A migration into a database of its own."""

    def __init__(self, top: Path, cluster: Cluster, database: str, rng: random.Random) -> None:
        super().__init__(top, cluster, FILES, APPWRITE_API_KEY="any-word")
        self.database = database
        self.rng = rng
        self.batch_bytes = BATCH
        self.world = world(rng)
        for source, write in WRITE.items():
            write(top / source, self.world)
            self.environment[f"{source.upper()}_URI"] = f"file:{top / source}"
        self.use_target(database)

    def empty_target(self) -> None:
        copy_database(self.cluster, TEMPLATE, self.database)

    def use_target(self, database: str) -> None:
        self.environment["SUPABASE_DB_URL"] = self.cluster.uri(database)
        self.now = database

    def query(self, sql: str) -> str:
        return self.cluster.psql(sql, database=self.now)

    def rows(self) -> list[str]:
        """Of all tables, none where these are not made yet."""
        if self.query("select to_regclass('graduate.runs') is null") == "t":
            return []
        return sorted(self.query(ROWS).splitlines())

    def ledger(self) -> str:
        return self.query("select r from graduate.runs r; select b from graduate.batches b order by batch, entity")

    def be_killed(self) -> str:
        """At a crash point of this run, or a few batches on; a run that does not come by it so often is done."""
        point = f"{self.rng.choice(crash_points.OF_A_RUN)}:{self.rng.randint(1, 4)}"
        self.run(GRADUATE_CRASH_AT=point)
        return point

    def checkpoint(self) -> tuple[str, Path]:
        """One that is there, and the entity; where there is none yet, a place for one."""
        there = sorted((self.folder / "checkpoints").glob("*.gck*"))
        path = self.rng.choice(there) if there else self.folder / "checkpoints" / f"{self.rng.choice([*ENTITIES])}.gck"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.name.partition(".")[0], path


def copy_database(cluster: Cluster, template: str, name: str) -> None:
    """Whoever is still connected to the template, as the server of a killed program may be, is thrown out."""
    cluster.psql(f"""
        drop database if exists "{name}" with (force);
        select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where datname = '{template}' and usename = current_user and pid <> pg_backend_pid() \\g /dev/null
        create database "{name}" template "{template}";
    """)


class Others(NamedTuple):
    """Two runs of the same project, from other sources into other targets."""

    begun: Swapped
    done: Swapped

    def any(self, rng: random.Random) -> Swapped:
        return rng.choice(self)


@pytest.fixture(scope="module")
def others(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Others]:
    copy_database(targets, "postgres", TEMPLATE)
    targets.psql(EMPTY, database=TEMPLATE)
    top = tmp_path_factory.mktemp("others")
    with (
        Swapped(top / "begun", targets, OTHER_BEGUN, random.Random("begun")) as begun,
        Swapped(top / "done", targets, OTHER_DONE, random.Random("done")) as done,
    ):
        assert begun.run(GRADUATE_CRASH_AT="extract.checkpoint_settled:1").returncode == SOURCE
        done.succeed()
        made = Others(begun, done)
        before = [(other.rows(), other.ledger()) for other in made]
        yield made
        assert [(other.rows(), other.ledger()) for other in made] == before, "a trial wrote into another run's target"
    for database in (OTHER_BEGUN, OTHER_DONE, TEMPLATE):
        targets.psql(f'drop database "{database}" with (force)')


Undo = Callable[[], None]


def moved_away(path: Path) -> Undo:
    """What is there goes aside; undone, it is back as it was."""
    aside = path.with_name(path.name + ".aside")
    if path.exists():
        path.rename(aside)

    def undo() -> None:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if aside.exists():
            aside.rename(path)

    return undo


def source(change: Callable[[Swapped, World, str], None]) -> Callable[[Swapped, Others], Undo]:
    """One of the two sources is another one, at the same place."""

    def swap(trial: Swapped, _: Others) -> Undo:
        which = trial.rng.choice([*WRITE])
        made = {entity: [dict(one) for one in records] for entity, records in trial.world.items()}
        change(trial, made, trial.rng.choice([entity for entity in ENTITIES if ENTITIES[entity] == which]))
        undo = moved_away(trial.top / which)
        WRITE[which](trial.top / which, made)
        trial.world = made
        return undo

    return swap


def equal_sizes(trial: Swapped, made: World, entity: str) -> None:
    for name in made:
        if ENTITIES[name] == ENTITIES[entity]:
            made[name] = [record(trial.rng, name, one["id"]) for one in made[name]]


def corrected(trial: Swapped, made: World, entity: str) -> None:
    trial.rng.choice(made[entity])["v"] = word(trial.rng, trial.rng.choice([40, 40, 12]))


def added(trial: Swapped, made: World, entity: str) -> None:
    made[entity].insert(trial.rng.choice([0, 5, 12, 12]), record(trial.rng, entity, 13))


def removed(trial: Swapped, made: World, entity: str) -> None:
    del made[entity][trial.rng.choice([0, 5, -1, -1])]


def of_another_project(trial: Swapped, _: Others) -> Undo:
    which = trial.rng.choice([*WRITE])
    undo = moved_away(trial.top / which)
    WRITE[which](trial.top / which, trial.world)
    for path in list((trial.top / which).iterdir()):
        path.rename(path.with_name(f"other_{path.name}"))
    for path in (trial.top / which).glob("*.metadata.json"):
        path.unlink()
    return undo


def of_another_kind(trial: Swapped, _: Others) -> Undo:
    which = trial.rng.choice([*WRITE])
    undo = moved_away(trial.top / which)
    WRITE[APP if which == CORE else CORE](trial.top / which, trial.world)
    return undo


def checkpoint(change: Callable[[Swapped, Others, str, Path, bytes], bytes | None]) -> Callable[[Swapped, Others], Undo]:
    """One that is there holds other bytes, or (None) is gone."""

    def swap(trial: Swapped, others: Others) -> Undo:
        entity, path = trial.checkpoint()
        content = path.read_bytes() if path.exists() else b""
        after = change(trial, others, entity, path, content)
        undo = moved_away(path)
        if after is not None:
            path.write_bytes(after)
        return undo

    return swap


def of_another_run(trial: Swapped, others: Others, entity: str, _: Path, __: bytes) -> bytes:
    return (others.done.folder / f"checkpoints/{entity}.gck").read_bytes()


def of_another_entity(trial: Swapped, others: Others, entity: str, path: Path, _: bytes) -> bytes:
    there = [other for other in sorted(path.parent.glob("*.gck*")) if other != path]
    if there:
        return trial.rng.choice(there).read_bytes()
    return of_another_run(trial, others, "notes" if entity != "notes" else "books", path, b"")


def of_another_batch_size(trial: Swapped, others: Others, entity: str, path: Path, content: bytes) -> bytes:
    """Else it is this run's, of this source."""
    if not (trial.folder / "run.json").exists() or not (trial.folder / "catalog/app.json").exists():
        return of_another_run(trial, others, entity, path, content)
    made = trial.top / "made.gck"
    run = json.loads((trial.folder / "run.json").read_text())["run"]
    subprocess.run(
        [PROGRAMS / "graduate-extract", "--project", trial.project, "--entity", entity, "--catalogs",
         trial.folder / "catalog", "--run", run, "--checkpoint", made, "--batch-bytes", OTHER_BATCH],
        cwd=ROOT, env=trial.environment, stdout=subprocess.DEVNULL, check=True)  # fmt: skip
    return made.read_bytes()


def cut(trial: Swapped, _: Others, __: str, ___: Path, content: bytes) -> bytes:
    return content[: trial.rng.randrange(len(content) or 1)]


def flipped(trial: Swapped, _: Others, __: str, ___: Path, content: bytes) -> bytes:
    spoiled = bytearray(content or b"GRF1")
    for _ in range(trial.rng.choice([1, 1, 8])):
        spoiled[trial.rng.randrange(len(spoiled))] ^= 1 << trial.rng.randrange(8)
    return bytes(spoiled)


def removed_checkpoint(*_: Any) -> None:
    return None


def folder_of_another_run(trial: Swapped, others: Others) -> Undo:
    undo = moved_away(trial.folder)
    shutil.copytree(others.any(trial.rng).folder, trial.folder)
    return undo


def file_of_another_run(trial: Swapped, others: Others) -> Undo:
    name = trial.rng.choice(["run.json", "catalog/core.json", "catalog/app.json"])
    (trial.folder / name).parent.mkdir(parents=True, exist_ok=True)
    undo = moved_away(trial.folder / name)
    shutil.copy(others.any(trial.rng).folder / name, trial.folder / name)
    return undo


def earlier_folder(trial: Swapped, _: Others) -> Undo:
    """As it was when the run was killed; it has gone on since."""
    shutil.copytree(trial.folder, trial.top / "earlier")
    trial.be_killed()
    undo = moved_away(trial.folder)
    (trial.top / "earlier").rename(trial.folder)
    return undo


def no_folder(trial: Swapped, _: Others) -> Undo:
    return moved_away(trial.folder)


def other_target(trial: Swapped, database: str) -> Undo:
    trial.use_target(database)
    return lambda: trial.use_target(trial.database)


def empty_target(trial: Swapped, _: Others) -> Undo:
    copy_database(trial.cluster, TEMPLATE, f"{trial.database}_2")
    return other_target(trial, f"{trial.database}_2")


def target_of_another_run(trial: Swapped, others: Others) -> Undo:
    return other_target(trial, others.any(trial.rng).database)


def restored_target(trial: Swapped, _: Others) -> Undo:
    copy_database(trial.cluster, trial.database, f"{trial.database}_2")
    return other_target(trial, f"{trial.database}_2")


def earlier_target(trial: Swapped, others: Others) -> Undo:
    """As it was when the run was killed; it has gone on since."""
    undo = restored_target(trial, others)
    undo()
    trial.be_killed()
    return other_target(trial, f"{trial.database}_2")


class Swap(NamedTuple):
    do: Callable[[Swapped, Others], Undo]
    codes: tuple[int, ...]  # with which it may be refused
    names: str  # one of which the complaint must name


OTHER_SOURCE = r"is not the (source|one) that (the run|run \S+) began with"
OTHER_SHAPE = rf"{OTHER_SOURCE}|holds no collection|notes\.jsonl|the source \w+ has no \w+"
COUNTED = re.compile(r"^  (\w+): the source counted 12, and 1[13] were read; ", re.MULTILINE)
CHECKPOINT = r"checkpoints/\w+\.gck"
NO_RUN = r"holds (no run|nothing of run) [0-9a-f-]{36}"
SWAPS = {
    "source of equal sizes": Swap(source(equal_sizes), (REFUSED,), OTHER_SOURCE),
    "source with a record corrected": Swap(source(corrected), (REFUSED,), OTHER_SOURCE),
    "source with a record added": Swap(source(added), (REFUSED,), OTHER_SOURCE),
    "source with a record removed": Swap(source(removed), (REFUSED,), OTHER_SOURCE),
    "source of another project": Swap(of_another_project, (USAGE, SOURCE, REFUSED), OTHER_SHAPE),
    "source of another kind": Swap(of_another_kind, (USAGE, SOURCE, REFUSED), OTHER_SHAPE),
    "checkpoint of another run": Swap(checkpoint(of_another_run), (REFUSED,), rf"{CHECKPOINT}.* belongs to run"),
    "checkpoint of another entity": Swap(checkpoint(of_another_entity), (REFUSED,), rf"{CHECKPOINT}.* holds \w+ of"),
    "checkpoint of another batch size": Swap(
        checkpoint(of_another_batch_size), (REFUSED,), rf"{CHECKPOINT}.* (has batches of|is not the one that the target has)"
    ),
    "checkpoint cut off": Swap(checkpoint(cut), (SOURCE, REFUSED), CHECKPOINT),
    "checkpoint with flipped bits": Swap(checkpoint(flipped), (SOURCE, REFUSED), CHECKPOINT),
    "no checkpoint": Swap(checkpoint(removed_checkpoint), (REFUSED,), rf"{CHECKPOINT} ends with batch 0, and the target has"),
    "folder of another run": Swap(folder_of_another_run, (REFUSED,), NO_RUN),
    "file of another run's folder": Swap(file_of_another_run, (REFUSED,), NO_RUN),
    "folder as it was before": Swap(earlier_folder, (REFUSED,), rf"{CHECKPOINT} ends with batch \d+, and the target has"),
    "no folder": Swap(no_folder, (REFUSED,), r"holds an unfinished run of swaps: |the target is not empty"),
    "empty target": Swap(empty_target, (REFUSED,), NO_RUN),
    "target of another run": Swap(target_of_another_run, (REFUSED,), NO_RUN),
    "target as it was before": Swap(earlier_target, (REFUSED,), rf"{NO_RUN}|says that run \S+ is not done"),
    "target restored": Swap(restored_target, (), ""),
}  # fmt: skip

OF_ANOTHER_NUMBER = [SWAPS[f"source with a record {change}"].do for change in ("added", "removed")]


@pytest.fixture(autouse=True)
def quick_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred runs are about what is said: sanitizers watch the same paths in the other tests."""
    quick = ROOT / "build/release/bin"
    if quick.exists():
        for module in (migration, small_project):
            monkeypatch.setattr(module, "PROGRAMS", quick)


@pytest.mark.parametrize("number", range(TRIALS), ids=lambda number: f"trial_{number:03}")
def test_swapped(number: int, targets: Cluster, tmp_path: Path, others: Others) -> None:
    name = [*SWAPS][number % len(SWAPS)]
    swap = SWAPS[name]
    with Swapped(tmp_path, targets, f"swaps_{number}", random.Random(number)) as trial:
        original = trial.world
        print(f"{name}; killed at {trial.be_killed()}")
        undo = swap.do(trial, others)
        ended = trial.run()
        if ended.returncode == 0:
            assert trial.rows() == rows_of(trial.world)
        elif ended.returncode == DATA:  # of a source that was not read yet, only the number of its records is known
            counted = COUNTED.findall(ended.stdout)
            assert len(counted) == 1 and swap.do in OF_ANOTHER_NUMBER, ended.said
            assert trial.rows() == rows_of(trial.world)
            undo()
            assert trial.run(*trial.run_arguments(), "--restart", *counted).returncode == 0
            assert trial.rows() == rows_of(original)
        else:
            assert ended.returncode in swap.codes, ended.said
            complaint = complaint_of(ended, ended.returncode)
            assert re.search(swap.names, " | ".join(complaint)), ended.said
            undo()
            trial.world = original
            assert set(trial.rows()) <= set(rows_of(original)), "rows of both sources"
            trial.succeed()
            assert trial.rows() == rows_of(original)
    for database in (trial.database, f"{trial.database}_2"):
        targets.psql(f'drop database if exists "{database}" with (force)')
