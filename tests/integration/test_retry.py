"""graduate retry: records that were set aside come in as they were corrected, once, into the same run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.complaint import DATA, REFUSED, TARGET, USAGE
from tests.integration.migration import Ended
from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

Record = dict[str, Any]
Edit = Callable[[dict[str, Any]], None]


def record(n: int) -> Record:
    return {"_id": n, "n": n, "tags": ["x"], "parts": [{"a": n}], "more": n}


def wrong(n: int) -> Record:
    return record(n) | {"parts": [{"a": n}, {"a": f"no number {n}"}]}


def things(top: Path, cluster: Cluster, records: list[Record], limit: int = 3, **tables: Any) -> Small:
    """A collection whose elements must be numbers; a record of which one is not is set aside."""
    dump = top / "dump"
    dump.mkdir(parents=True)
    (dump / "c.bson").write_bytes(encoded(records))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    mapping = {
        "from": "core.c",
        "to": {
            "public.t": {
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "type": "integer"}, "n": {"type": "smallint"}, "tags": {"type": "text[]"},
                    "rest": {"rest": True},
                },
            } | tables,
            "public.p": {
                "each": "parts", "key": ["id", "n"], "misfit": "reject",
                "columns": {"id": {"parent": "id"}, "n": {"position": True}, "a": {"type": "integer"}},
            },
        },
    }  # fmt: skip
    files = {
        "project": project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, rejects={"limit": limit}),
        "c": mapping,
    }
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


RECORDS = [record(1), wrong(2), record(3), wrong(4)]


@pytest.fixture
def finished(targets: Cluster, tmp_path: Path) -> Iterator[Small]:
    with things(tmp_path, targets, RECORDS) as made:
        made.succeed()
        yield made


def retry(made: Small, *arguments: str, **environment: str) -> Ended:
    return made.run("retry", "--run-dir", str(made.folder), *arguments, **environment)


def retried(made: Small, *arguments: str) -> Ended:
    ended = retry(made, *arguments)
    assert ended.returncode == 0, ended.said
    return ended


def lines(made: Small, name: str = "rejects.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (made.folder / name).read_text().splitlines()]


def write(path: Path, rejects: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in rejects))
    return path


def mended(line: dict[str, Any]) -> dict[str, Any]:
    line["record"]["parts"] = [{"a": 7}, {"a": {"$numberInt": "8"}}]
    return line


def correct(made: Small, *keys: str) -> Path:
    """A copy of the list with only these, corrected."""
    return write(made.top / "corrected.jsonl", [mended(line) for line in lines(made) if line["key"] in keys])


def verified(made: Small, *arguments: str) -> str:
    ended = made.run("verify", "--run-dir", str(made.folder), *arguments)
    assert ended.returncode == 0, ended.said
    return " ".join(ended.said.split())


def entity(made: Small) -> dict[str, Any]:
    [entity] = made.account()["entities"]
    return {name: entity[name] for name in ("read", "loaded", "rejected", "retried", "balance")}


def parts(made: Small) -> str:
    return made.query("select string_agg(concat_ws(':', id, n, a), ' ' order by id, n) from public.p")


def paths(made: Small) -> dict[str, dict[str, int]]:
    return {path["path"]: {name: n for name, n in path.items() if isinstance(n, int) and n} for path in made.account()["paths"]}


def test_all_of_them_are_corrected(finished: Small) -> None:
    assert [line["key"] for line in lines(finished)] == ["2", "4"]
    rejects = lines(finished)
    write(finished.folder / "rejects.jsonl", [mended(line) for line in rejects])
    ended = retried(finished)
    assert "corrected records: 2 loaded, 0 set aside again" in ended.said
    assert finished.query("select string_agg(id::text, ' ' order by id) from public.t") == "1 2 3 4"
    assert parts(finished) == "1:1:1 2:1:7 2:2:8 3:1:3 4:1:7 4:2:8"
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 0, "retried": 2, "balance": 0}
    assert paths(finished)["parts.a"] == {"seen": 6, "written": 6}
    assert paths(finished)["more"] == {"seen": 4, "rest": 4}
    assert "rejected" not in paths(finished)["_id"]
    assert lines(finished) == []
    [first, _] = lines(finished, "retried.jsonl")
    assert (finished.folder / "retried.jsonl").stat().st_mode & 0o777 == 0o600
    assert first["was"]["parts"][1] == {"a": "no number 2"} and first["record"]["parts"][1] == {"a": {"$numberInt": "8"}}
    for arguments in ([], ["--source"]):
        said = verified(finished, *arguments)
        assert "everything arrived" in said and "2 records as they were corrected by hand" in said
    assert "retried: records as they were corrected by hand" in ended.said
    report = finished.run("report", "--run-dir", str(finished.folder))
    assert report.returncode == 0 and "corrected by hand" in (finished.folder / "report.html").read_text()
    again = retried(finished)
    assert "nothing to retry" in again.said
    sealed = finished.run("seal", "--run-dir", str(finished.folder))
    assert sealed.returncode == 0, sealed.said


def test_one_of_them_is_corrected(finished: Small) -> None:
    file = correct(finished, "4")
    retried(finished, "--from", str(file))
    assert parts(finished) == "1:1:1 3:1:3 4:1:7 4:2:8"
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 1, "retried": 1, "balance": 0}
    assert [line["key"] for line in lines(finished)] == ["2"]
    said = verified(finished)
    assert "everything arrived" not in said and "1 record rejected" in said
    assert "nothing to retry" in retried(finished, "--from", str(file)).said
    assert finished.query("select count(*) from graduate.batches where partition = -1") == "1"


def test_one_that_does_not_fit_again_stays_with_its_new_cause(finished: Small) -> None:
    rejects = lines(finished)
    rejects[0]["record"]["parts"] = [{"a": "still none"}]
    file = write(finished.top / "corrected.jsonl", [rejects[0], mended(rejects[1])])
    said = finished.complaint(retry(finished, "--from", str(file)), DATA, "1 of 2 corrected records do not fit again", "still none")
    assert said.where == "entity c, key 2, at parts[0].a"
    [left] = lines(finished)
    assert left["record"]["parts"] == [{"a": "still none"}] and left["path"] == "parts[0].a"
    assert entity(finished)["rejected"] == 1
    verified(finished)
    write(finished.folder / "rejects.jsonl", [mended(left)])
    retried(finished)
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 0, "retried": 2, "balance": 0}
    assert "everything arrived" in verified(finished)


def test_one_that_the_target_refuses_stays(finished: Small) -> None:
    finished.query("alter table public.p add constraint small check (a < 8)")
    finished.complaint(
        retry(finished, "--from", str(correct(finished, "2", "4"))), DATA, "2 of 2 corrected records", 'check constraint "small"'
    )
    assert parts(finished) == "1:1:1 3:1:3"
    finished.query("alter table public.p drop constraint small")
    retried(finished)
    assert parts(finished) == "1:1:1 2:1:7 2:2:8 3:1:3 4:1:7 4:2:8"


def unknown(line: dict[str, Any]) -> None:
    line["key"] = "3"


def other_entity(line: dict[str, Any]) -> None:
    line["entity"] = "d"


def other_key(line: dict[str, Any]) -> None:
    line["record"]["_id"] = {"$numberInt": "5"}


def no_key(line: dict[str, Any]) -> None:
    del line["record"]["_id"]


def no_record(line: dict[str, Any]) -> None:
    line["record"] = "gone"


def no_entity(line: dict[str, Any]) -> None:
    del line["entity"]


@pytest.mark.parametrize(("edit", "says"), [
    (unknown, "the run has set aside no record 3 of c"), (other_entity, "no record 4 of d"),
    (other_key, "another key than the record 4 of c"), (no_key, "another key than the record 4 of c"),
    (no_record, '"record" is no object'), (no_entity, 'no texts "entity" and "key"'),
])  # fmt: skip
def test_a_line_that_cannot_be_is_an_error_and_nothing_is_loaded(finished: Small, edit: Edit, says: str) -> None:
    rejects = [mended(line) for line in lines(finished)]
    edit(rejects[1])
    file = write(finished.top / "corrected.jsonl", rejects)
    finished.complaint(retry(finished, "--from", str(file)), USAGE, "corrected.jsonl, line 2: ", says, "nothing was loaded")
    assert parts(finished) == "1:1:1 3:1:3"
    assert "finished" in finished.run("status", "--run-dir", str(finished.folder)).stdout
    del rejects[1]
    retried(finished, "--from", str(write(file, rejects)))


def test_a_line_that_stands_there_twice_or_is_none(finished: Small) -> None:
    [line, _] = [mended(line) for line in lines(finished)]
    file = write(finished.top / "corrected.jsonl", [line, line])
    finished.complaint(retry(finished, "--from", str(file)), USAGE, "line 2: its record stands in a line before it, too")
    file.write_text('\n{"entity": "c", \n')
    finished.complaint(retry(finished, "--from", str(file)), USAGE, "line 2: ")
    file.write_text("\n")
    finished.complaint(retry(finished, "--from", str(file)), USAGE, "no line has a corrected record", "set 2 aside")
    finished.complaint(retry(finished, "--from", str(file) + "x"), USAGE, "cannot open")
    retried(finished, "--from", str(write(file, [line])))


def test_another_correction_of_what_was_loaded_is_refused(finished: Small) -> None:
    file = correct(finished, "2", "4")
    rejects = [json.loads(line) for line in file.read_text().splitlines()]
    retried(finished, "--from", str(write(file, rejects[:1])))
    rejects[0]["record"]["parts"] = []
    finished.complaint(
        retry(finished, "--from", str(write(file, rejects))), REFUSED, "line 1: another correction of the record 2 of c"
    )
    assert parts(finished) == "1:1:1 2:1:7 2:2:8 3:1:3"
    retried(finished, "--from", str(write(file, rejects[1:])))


# ---- a run that is not at its end ------------------------------------------------------------------------


def test_a_run_that_stopped(targets: Cluster, tmp_path: Path) -> None:
    with things(tmp_path, targets, [wrong(1), *map(record, range(2, 60)), wrong(60)]) as stopped:
        ended = stopped.run(GRADUATE_CRASH_AT="load.after_commit:2")
        assert ended.returncode == TARGET
        stopped.complaint(retry(stopped), USAGE, "stand in", "rejects.jsonl now")
        assert [line["key"] for line in lines(stopped)] == ["1"]
        said = retried(stopped, "--from", str(correct(stopped, "1"))).said
        assert "goes on with the run" in said
        stopped.succeed()
        assert entity(stopped) == {"read": 60, "loaded": 58, "rejected": 1, "retried": 1, "balance": 0}
        retried(stopped, "--from", str(correct(stopped, "60")))
        assert "everything arrived" in verified(stopped)


def test_a_run_that_set_nothing_aside(targets: Cluster, tmp_path: Path) -> None:
    with things(tmp_path, targets, [record(1)]) as made:
        made.succeed()
        before = (made.folder / "run.json").read_bytes()
        assert "there is nothing to retry: no record of the run is set aside" in retried(made).said
        assert (made.folder / "run.json").read_bytes() == before


def test_a_run_that_has_not_begun(targets: Cluster, tmp_path: Path) -> None:
    with things(tmp_path, targets, [record(1)]) as made:
        ended = made.run("retry", "--run-dir", str(made.folder), "--project", made.project)
        made.complaint(ended, USAGE, "the run has not begun")
        made.succeed()


def test_what_refers_to_a_record_that_was_set_aside(targets: Cluster, tmp_path: Path) -> None:
    """The run cannot make its keys before that record is there."""
    with things(tmp_path, targets, [record(1) | {"n": 2}, wrong(2) | {"n": 2}]) as stopped:
        file = stopped.files / "c.json"
        mapping = json.loads(file.read_text())
        mapping["to"]["public.t"]["columns"]["n"] |= {"type": "integer", "references": "public.t.id"}
        file.write_text(json.dumps(mapping))
        stopped.fail(DATA, "refer by n to no row of public.t")
        retried(stopped, "--from", str(correct(stopped, "2")))
        assert "everything arrived" in verified(stopped)


# ---- kills -----------------------------------------------------------------------------------------------

POINTS = {
    "driver.retrying": 1, "driver.prepared": 1, "transform.batch_sent": 1, "load.begin": 2, "load.copied": 1,
    "load.before_commit": 2, "load.after_commit": 1, "driver.retried": 1, "load.step_done": 1, "driver.before_account": 1,
}  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("with_run", [False, True])
def test_killed(finished: Small, point: str, with_run: bool) -> None:
    """The same command comes to its end, also when the run was gone on with in between; nothing is there twice."""
    write(finished.folder / "rejects.jsonl", [mended(line) for line in lines(finished)])
    file = finished.folder / "rejects.jsonl"
    copy = finished.top / "copy.jsonl"
    copy.write_bytes(file.read_bytes())
    killed = retry(finished, "--from", str(copy), GRADUATE_CRASH_AT=f"{point}:{POINTS[point]}")
    assert killed.returncode != 0, f"it never came by {point}: {killed.said}"
    if killed.returncode == TARGET and not point.startswith("driver."):
        finished.complaint(killed, TARGET, "graduate retry again goes on from where it was")
    if with_run:
        finished.succeed()
        verified(finished)
    retried(finished, "--from", str(copy))
    assert parts(finished) == "1:1:1 2:1:7 2:2:8 3:1:3 4:1:7 4:2:8"
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 0, "retried": 2, "balance": 0}
    assert "everything arrived" in verified(finished)


def test_killed_where_one_is_refused_again(finished: Small) -> None:
    rejects = lines(finished)
    rejects[0]["record"]["parts"] = [{"a": "still none"}]
    file = write(finished.top / "corrected.jsonl", [rejects[0], mended(rejects[1])])
    killed = retry(finished, "--from", str(file), GRADUATE_CRASH_AT="load.refused_again")
    assert killed.returncode != 0 and parts(finished) == "1:1:1 3:1:3"
    finished.complaint(retry(finished, "--from", str(file)), DATA, "still none")
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 1, "retried": 1, "balance": 0}
    verified(finished)


# ---- what else can be done with the run ------------------------------------------------------------------


def test_it_is_undone(finished: Small) -> None:
    retried(finished, "--from", str(correct(finished, "2", "4")))
    ended = finished.run("undo", "--run-dir", str(finished.folder))
    assert ended.returncode == 0, ended.said
    assert finished.untouched()
    finished.succeed()
    assert [line["key"] for line in lines(finished)] == ["2", "4"]
    assert not (finished.folder / "retried.jsonl").exists()


def test_its_entity_is_read_anew(finished: Small) -> None:
    """The corrections go with it, are kept aside, and can come again."""
    retried(finished, "--from", str(correct(finished, "2", "4")))
    ended = finished.run(*finished.run_arguments(), "--restart", "c")
    assert ended.returncode == 0, ended.said
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 2, "retried": 0, "balance": 0}
    [kept] = finished.folder.glob("retried-*.jsonl")
    assert str(kept) in ended.said
    retried(finished, "--from", str(kept))
    assert entity(finished) == {"read": 4, "loaded": 2, "rejected": 0, "retried": 2, "balance": 0}
    assert "everything arrived" in verified(finished)


def test_a_sealed_run_takes_nothing(finished: Small) -> None:
    file = correct(finished, "2")
    verified(finished)
    assert finished.run("seal", "--run-dir", str(finished.folder)).returncode == 0
    finished.complaint(retry(finished, "--from", str(file)), REFUSED, "sealed")


# ---- verify ----------------------------------------------------------------------------------------------


def differs(made: Small, *says: str) -> None:
    ended = made.run("verify", "--run-dir", str(made.folder))
    assert ended.returncode != 0 and "everything arrived" not in ended.said
    said = " ".join(ended.said.split())
    for part in says:
        assert part in said, said


def test_verify_sees_what_is_not_as_it_was_corrected(finished: Small) -> None:
    retried(finished, "--from", str(correct(finished, "2", "4")))
    finished.query("update public.p set a = 9 where id = 2 and n = 2")
    differs(finished, "expected 8, found 9")
    finished.query("update graduate.rejects set corrected = replace(corrected, '\"8\"', '\"9\"') where key = '2'")
    differs(finished, "the ledger has another corrected record in graduate.rejects than was loaded")


def test_a_correction_stands_for_its_own_record_alone(finished: Small) -> None:
    retried(finished, "--from", str(correct(finished, "2", "4")))
    finished.query("update graduate.rejects set digest = repeat('0', 64) where key = '2'")
    differs(finished, "counted anew")


# ---- other sources ---------------------------------------------------------------------------------------


def test_a_record_of_appwrite(targets: Cluster, tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    system = {"$createdAt": "2024-01-02T03:04:05.678+00:00", "$updatedAt": "2024-01-02T03:04:05.678+00:00", "$permissions": []}
    documents = [{"$id": f"d{n}", **system, "n": n, "word": {"$x": [1.5]}} for n in range(3)]
    documents[1]["n"] = "one"
    (export / "c.jsonl").write_text("".join(json.dumps(line) + "\n" for line in documents))
    mapping = {
        "from": "app.c",
        "to": {
            "public.t": {
                "key": ["id"], "misfit": "reject",
                "columns": {
                    "id": {"from": "$id", "type": "text"}, "at": {"from": "$createdAt", "type": "timestamptz"},
                    "n": {"type": "integer"}, "word": {"type": "jsonb"},
                },
            },
        },
    }  # fmt: skip
    mapping["drop"] = ["$updatedAt", "$permissions"]
    sources = {"app": {"kind": "appwrite", "uri": "${APP_URI}", "database": "main"}}
    files = {"project": project("things", sources, rejects={"limit": 1}), "c": mapping}
    with Small(tmp_path, targets, files, APP_URI=f"file:{export}") as made:
        made.succeed()
        [line] = lines(made)
        assert line["key"] == "d1"
        line["record"]["n"] = 1
        retried(made, "--from", str(write(tmp_path / "corrected.jsonl", [line])))
        rows = made.query("select string_agg(concat_ws(' ', id, n, word, extract(epoch from at)), ',' order by id) from public.t")
        assert rows == ",".join(f'd{n} {n} {{"$x": [1.5]}} 1704164645.678000' for n in range(3))
        assert "1 record as it was corrected by hand" in verified(made)
