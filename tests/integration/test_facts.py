"""Conditions that ask another entity: what of its records has what this record has, in runs, verified by another reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest

from tests.integration.cases import Trial
from tests.integration.complaint import DATA, TARGET, USAGE
from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

# Users, and what they did: who posted, who liked what, whom they follow. One user is left out, and so is a post.
RECORDS = {
    "users": [{"_id": n, "name": f"u{n}", "gone": n == 3, "follows": [n + 1]} for n in range(6)],
    "posts": [
        {"_id": 10, "who": 0, "draft": False, "likes": [{"by": 1}, {"by": 2}]},
        {"_id": 11, "who": 3, "draft": False, "likes": []},
        {"_id": 12, "who": 4, "draft": True, "likes": [{"by": 4}]},
    ],
}


def asks(path: str, **when: Any) -> dict[str, Any]:
    return {"_id": {"in": {"posts": path, **({"when": when} if when else {})}}}


USERS = {
    "id": {"from": "_id", "type": "integer"},
    "posted": {"const": True, "when": asks("who"), "default": False, "type": "boolean"},
    "published": {"const": True, "when": asks("who", draft=False), "default": False, "type": "boolean"},
    "likes": {"const": True, "when": asks("likes.by"), "default": False, "type": "boolean"},
    "followed": {"const": True, "when": {"_id": {"in": {"users": "follows"}}}, "default": False, "type": "boolean"},
}


def files(columns: dict[str, Any] = USERS, **more: Any) -> dict[str, Any]:
    posts = {"id": {"from": "_id", "type": "integer"}, "likes": {"from": "likes", "type": "jsonb"}}
    return {
        "project": project("deeds", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
        "users": {
            "from": "core.users",
            "to": {"public.users": {"key": ["id"], "columns": columns, "when": {"gone": False}, "why": "gone", **more}},
            "drop": ["name", "follows"],
        },
        "posts": {
            "from": "core.posts",
            "to": {"public.posts": {"key": ["id"], "columns": posts, "when": {"_id": {"not": 11}}, "why": "spam"}},
            "drop": ["who", "draft"],
        },
    }  # fmt: skip


def write_dump(folder: Path, records: dict[str, list[dict[str, Any]]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, documents in records.items():
        (folder / f"{name}.bson").write_bytes(encoded(documents))


@pytest.fixture
def make(targets: Cluster, tmp_path: Path) -> Iterator[Any]:
    made: list[Small] = []

    def begin(files: dict[str, Any], records: dict[str, list[dict[str, Any]]] = RECORDS) -> Small:
        write_dump(tmp_path / "dump", records)
        made.append(Small(tmp_path, targets, files, CORE_URI=f"file:{tmp_path / 'dump'}"))
        return made[-1].__enter__()

    yield begin
    for one in made:
        one.__exit__(None, None, None)


def verify(small: Small) -> None:
    ended = small.run("verify", "--run-dir", str(small.folder))
    assert ended.returncode == 0, ended.said


FOUND = "select string_agg(concat(id, posted::int, published::int, likes::int, followed::int), ' ' order by id) from public.users"
RIGHT = "01100 10011 20011 41011 50001"


def test_what_other_records_have(make: Any) -> None:
    """Whether they stay or not; also of the entity itself, and in arrays."""
    small = make(files())
    small.succeed()
    assert small.query(FOUND).strip() == RIGHT
    verify(small)
    assert not (small.folder / "ids").exists()
    # A condition compares it, whatever it asks.
    counted = "select paths -> '_id' from graduate.batches where entity = 'users'"
    assert json.loads(small.query(counted)) == {"seen": 5, "written": 5, "met": 1}


def test_who_becomes_a_row(make: Any) -> None:
    """Which records stay may depend on it, and what refers to them on that."""
    made = files({"id": {"from": "_id", "id_of": "users"}}, when={**asks("who"), "gone": False})
    records = {
        "users": [user | {"_id": bson.ObjectId(f"{user['_id']:024}")} for user in RECORDS["users"]],
        "posts": [post | {"who": bson.ObjectId(f"{post['who']:024}")} for post in RECORDS["posts"]],
    }
    made["users"]["drop"] = ["name", "follows"]
    made["posts"]["to"]["public.posts"]["columns"]["who"] = {"from": "who", "id_of": "users", "dangling": "left_out"}
    made["posts"]["drop"] = ["draft"]
    small = make(made, records)
    small.succeed()
    assert small.query("select count(*) from public.users").strip() == "2"
    assert small.query("select string_agg(id::text, ' ' order by id) from public.posts").strip() == "10 12"
    verify(small)


def test_without_checkpoints(make: Any) -> None:
    small = make(files())
    ended = small.run(*small.run_arguments(), "--no-checkpoint")
    assert ended.returncode == 0, ended.said
    assert small.query(FOUND).strip() == RIGHT
    ended = small.run("verify", "--run-dir", str(small.folder))
    assert ended.returncode in (0, 5) and "content     holds" in ended.said, ended.said


def test_a_run_that_was_stopped_goes_on(make: Any) -> None:
    users = [{"_id": n, "name": f"u{n}", "gone": False, "follows": [n + 1]} for n in range(120)]
    small = make(files(), {**RECORDS, "users": users})
    ended = small.run(GRADUATE_CRASH_AT="load.after_commit:3")
    assert ended.returncode == TARGET, ended.said
    facts = small.folder / "ids" / "posts.facts"
    assert facts.exists()
    facts.rename(facts.with_suffix(".facts.partial"))
    small.succeed()
    assert small.query("select count(*), sum(likes::int) from public.users").strip() == "120|3"
    verify(small)
    assert not facts.parent.exists()


def test_what_is_read_anew_takes_along_who_asks_it(make: Any) -> None:
    small = make(files())
    small.succeed()
    again = [*small.run_arguments(), "--restart"]
    small.complaint(small.run(*again, "posts"), USAGE, "users.json", "--restart posts,users")
    write_dump(small.top / "dump", {"posts": [{"_id": 10, "who": 5, "draft": False, "likes": [{"by": 5}]}]})
    ended = small.run(*again, "posts,users")
    assert ended.returncode == 0, ended.said
    assert small.query(FOUND).strip() == "00000 10001 20001 40001 51111"
    verify(small)


def test_a_path_that_no_record_has(make: Any) -> None:
    small = make(files({**USERS, "posted": {**USERS["posted"], "when": asks("whom")}}))
    small.fail(DATA, 'no record of posts has "whom", for which', "users.json asks by \"in\"")
    ended = small.run("check", "--project", small.project)
    assert ended.returncode == DATA and 'no record of posts has "whom"' in ended.said
    small.run("undo", "--run-dir", str(small.folder))
    optional = {**USERS["posted"], "when": asks("whom"), "optional": True}
    (small.files / "users.json").write_text(json.dumps(files({**USERS, "posted": optional})["users"]))
    small.succeed()
    assert small.query("select sum(posted::int) from public.users").strip() == "0"
    verify(small)


def test_another_kind_is_an_error(make: Any) -> None:
    posts = [post | {"who": str(post["who"])} for post in RECORDS["posts"]]
    small = make(files(), {**RECORDS, "posts": posts})
    small.fail(DATA, 'the int32 0 is of another kind than what records of posts have as "who"', "key 0", "at _id")


def test_a_plan_and_a_check(make: Any) -> None:
    small = make(files())
    assert small.run("plan", "--project", small.project).returncode == 0
    ended = small.run("check", "--project", small.project)
    assert ended.returncode == 0, ended.said
    assert small.untouched()


ROWS = """
create table t (id int primary key, name text);
create table r (id int primary key, t_id int, tags text[], more jsonb);
insert into t values (1, 'a'), (2, 'b'), (3, 'c');
insert into r values (1, 1, '{a,b}', '{"by": [{"t": 3}]}'), (2, 3, null, null);
"""


def rows(targets: Cluster, folder: Path, **columns: Any) -> Trial:
    trial = Trial("postgres-mapping/integer-key-to-uuid", targets, folder)
    (trial.folder / "source.sql").write_text(ROWS)
    shapes = {"t": {"keep_shape": True, "columns": columns}, "r": {"keep_shape": True}}
    for name, table in shapes.items():
        (trial.folder / "project" / f"{name}.json").write_text(json.dumps({"from": f"old.{name}", "to": {f"public.{name}": table}}))
    trial.prepare()
    return trial


def flag(field: str, **asked: Any) -> dict[str, Any]:
    return {"const": 1, "when": {field: {"in": asked}}, "default": 0, "type": "integer"}


def test_of_rows(targets: Cluster, tmp_path: Path) -> None:
    """Columns are fields, also of arrays and inside of jsonb."""
    trial = rows(targets, tmp_path, named=flag("id", r="t_id"), tagged=flag("name", r="tags"), inside=flag("id", r="more.by.t"),
                 with_a=flag("id", r="t_id", when={"tags": {"has": "a"}}))  # fmt: skip
    said = trial.run()
    assert [one.code for one in said] == [0] * len(said), said[-1].text
    found = "select string_agg(concat(id, named, tagged, inside, with_a), ' ' order by id) from public.t"
    assert str(trial.value(found)).strip() == "11101 20100 31010"


def test_places_in_arrays_of_rows(targets: Cluster, tmp_path: Path) -> None:
    """Of an array, and inside of jsonb; a condition looks there, too."""
    trial = rows(targets, tmp_path)
    columns = {
        "id": {"from": "id"},
        "first": {"from": "tags.0", "type": "text"},
        "last": {"from": "tags.-1", "type": "text", "when": {"more.by.0.t": 3}},
        "t": {"from": "more.by.0.t", "do": ["text"], "type": "text"},
    }
    table = {"from": "old.r", "to": {"public.r": {"key": ["id"], "columns": columns}}, "drop": ["t_id"]}
    (trial.folder / "project" / "r.json").write_text(json.dumps(table))
    said = trial.run()
    assert [one.code for one in said] == [0] * len(said), said[-1].text
    found = "select string_agg(concat_ws(' ', id, first, last, t), '|' order by id) from public.r"
    assert str(trial.value(found)).strip() == "1 a b 3|2"


def test_a_column_that_is_not_there(targets: Cluster, tmp_path: Path) -> None:
    trial = rows(targets, tmp_path, named=flag("id", r="t_di"))
    said = trial.run()
    assert any('"in" asks the rows of r for "t_di", and there is no such column; did you mean "t_id"?' in one.text for one in said), said
