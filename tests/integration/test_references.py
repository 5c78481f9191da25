"""References that are looked up: ids that nobody has, in every place where one may stand, by every policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import pytest

from tests.integration.cases import Trial
from tests.integration.complaint import DATA, TARGET, USAGE
from tests.integration.migration import Ended
from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

Documents = Mapping[str, list[dict[str, Any]]]


def oid(kind: int, n: int) -> bson.ObjectId:
    return bson.ObjectId(f"64a0000000000000{kind:04x}{n:04x}")


def uuid_of(id: bson.ObjectId) -> str:
    return str(UUID(f"00000000{id}"))


USERS = [oid(1, n) for n in range(4)]
NOBODY = oid(9, 1)
COURSES = {
    "users": [
        {"_id": USERS[0], "email": "Ann@Example.org", "gone": False},
        {"_id": USERS[1], "email": "bo@example.org", "gone": False},
        {"_id": USERS[2], "email": "cy@example.org", "gone": True},
    ],
    "posts": [
        {"_id": oid(2, 0), "user": USERS[0], "by": "ANN@example.org", "up": None, "readers": [USERS[0], None, USERS[1]],
         "lines": [{"who": USERS[0]}, {"who": USERS[1]}]},
        {"_id": oid(2, 1), "user": NOBODY, "by": "nobody@example.org", "up": oid(2, 0), "readers": [NOBODY, USERS[1], USERS[2]],
         "lines": [{"who": NOBODY}, {"who": USERS[0]}]},
        {"_id": oid(2, 2), "user": USERS[2], "by": "cy@example.org", "up": oid(2, 9), "readers": [], "lines": []},
        {"_id": oid(2, 3), "user": None, "up": oid(2, 1), "readers": None, "lines": [{"who": USERS[2]}]},
    ],
}  # fmt: skip


def table(columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": ["id"], "columns": columns, **more}


def files(posts: dict[str, Any], drop: list[str], lines: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """users.json and posts.json, with these columns beside the key; `lines`: of a table of the elements."""
    key = {"post_id": {"parent": "id"}, "n": {"position": True}}
    children = {"public.lines": {"each": "lines", "key": ["post_id", "n"], "columns": {**key, **lines}}} if lines else {}
    return {
        "project": project("courses", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, identity={"strategy": "pad-left"}),
        "users": {
            "from": "core.users",
            "to": {"public.users": table({"id": {"from": "_id", "id_of": "users"}}, when={"gone": False})},
            "drop": ["email"],
            "left_out": [{"when": {"gone": True}, "why": "they asked for it"}],
        },
        "posts": {
            "from": "core.posts",
            "to": {"public.posts": table({"id": {"from": "_id", "id_of": "posts"}, **posts}), **children},
            "drop": drop,
            **more,
        },
    }  # fmt: skip


def write_dump(folder: Path, documents: Documents) -> None:
    folder.mkdir(exist_ok=True)
    for name, records in documents.items():
        (folder / f"{name}.bson").write_bytes(encoded(records))


@pytest.fixture
def make(targets: Cluster, tmp_path: Path) -> Iterator[Any]:
    made: list[Small] = []

    def begin(files: dict[str, Any], documents: Documents = COURSES) -> Small:
        write_dump(tmp_path / "dump", documents)
        made.append(Small(tmp_path, targets, files, CORE_URI=f"file:{tmp_path / 'dump'}"))
        return made[-1].__enter__()

    yield begin
    for one in made:
        one.__exit__(None, None, None)


def losses(small: Small) -> list[str]:
    return small.query(
        "select concat_ws('|', right(key, 1), path, before, after) from graduate.losses where rule = 'dangling' order by 1"
    ).split("\n")


def verify(small: Small) -> Ended:
    return small.run("verify", "--run-dir", str(small.folder))


def arrive(small: Small) -> None:
    """Run, and be told by verify, which reads on its own, that all is right."""
    small.succeed()
    ended = verify(small)
    assert ended.returncode == 0, ended.said


def say(small: Small, made: dict[str, Any]) -> None:
    """Another mapping, where the advice was to change it."""
    for name, content in made.items():
        (small.top / "project" / f"{name}.json").write_text(json.dumps(content))


GONE, CY = str(NOBODY), str(USERS[2])


@pytest.mark.parametrize(
    ("dangling", "rows", "lines"),
    [
        ("null", [f"0 {USERS[0]}", "1", "2", "3"], [f"1|user|{GONE}|null", f"2|user|{CY}|null"]),
        ("keep", [f"0 {USERS[0]}", f"1 {GONE}", f"2 {CY}", "3"],
         [f"1|user|{GONE}|kept, and refers to nothing", f"2|user|{CY}|kept, and refers to nothing"]),
        ("left_out", [f"0 {USERS[0]}", "3"], [f"1|user|{GONE}|left out with its row", f"2|user|{CY}|left out with its row"]),
    ],
)  # fmt: skip
def test_of_a_column(make: Any, dangling: str, rows: list[str], lines: list[str]) -> None:
    column = {"from": "user", "id_of": "users", "dangling": dangling}
    small = make(files({"user_id": column}, ["by", "up", "readers"], {"who": {"from": "who", "type": "text"}}))
    arrive(small)
    found = "select concat_ws(' ', right(id::text, 1), right(replace(user_id::text, '-', ''), 24)) from public.posts order by 1"
    assert small.query(found).split("\n") == rows
    assert losses(small) == lines
    # What is left out takes its child rows along, and is in no account of values.
    children = "select string_agg(right(post_id::text, 1), '' order by post_id, n) from public.lines"
    assert small.query(children).strip() == ("003" if dangling == "left_out" else "00113")
    counts = "select sum((paths -> 'user' ->> 'dangling')::int), sum(filtered) from graduate.batches where entity = 'posts'"
    assert small.query(counts).strip() == ("2|2" if dangling == "left_out" else "2|0")
    keys = "select count(*) from pg_constraint where contype = 'f' and conrelid = 'public.posts'::regclass"
    assert small.query(keys).strip() == ("0" if dangling == "keep" else "1")


@pytest.mark.parametrize(
    ("dangling", "arrays"),
    [("null", "0 0,NULL,1|1 NULL,1,NULL|2 |3"), ("keep", "0 0,NULL,1|1 9,1,2|2 |3"), ("left_out", "0 0,NULL,1|1 1|2 |3")],
)
@pytest.mark.parametrize("type", ["uuid[]", "text[]"])
def test_of_an_element_of_an_array(make: Any, type: str, dangling: str, arrays: str) -> None:
    column = {"from": "readers", "id_of": "users", "type": type, "dangling": dangling}
    small = make(files({"readers": column}, ["by", "up", "user", "lines"]))
    arrive(small)
    last = f"case when r::text = '{uuid_of(NOBODY)}' then '9' else right(r::text, 1) end"
    found = small.query(
        f"select string_agg(right(id::text, 1) || ' ' || coalesce(array_to_string(array(select {last} from unnest(readers)"
        " with ordinality u (r, o) order by o), ',', 'NULL'), ''), '|' order by id) from public.posts"
    )
    assert found.strip() == arrays
    # An array that lost one of them is no value that arrived.
    fates = "select sum((paths -> 'readers' ->> 'lost')::int), sum((paths -> 'readers' ->> 'written')::int) from graduate.batches"
    assert small.query(fates).strip() == ("|4" if dangling == "keep" else "1|3")
    assert [line.split("|")[:3] for line in losses(small)] == [["1", "readers", CY], ["1", "readers", GONE]]


@pytest.mark.parametrize(
    ("dangling", "members"), [("null", "[null, 1, null]"), ("keep", "[9, 1, 2]")]
)  # fmt: skip
def test_of_members_of_an_object(make: Any, dangling: str, members: str) -> None:
    reference = {"id_of": "users", "dangling": dangling}
    made = {"who": {"from": "user", **reference}, "all": {"from": "readers", **reference}}
    small = make(files({"made": {"object": made, "type": "jsonb"}}, ["by", "up", "lines"]))
    arrive(small)
    found = small.query("select made from public.posts order by id offset 1 limit 1").strip()
    for n, id in ((9, NOBODY), (1, USERS[1]), (2, USERS[2])):
        found = found.replace(f'"{uuid_of(id)}"', str(n))
    who = "null" if dangling == "null" else "9"
    assert found == f'{{"all": {members}, "who": {who}}}'
    assert len(losses(small)) == 4


UNSAID = {
    "array": ({"from": "readers", "id_of": "users", "type": "uuid[]"}, "readers[0]", [f"the ObjectId {GONE}"]),
    "member": ({"object": {"who": {"from": "user", "id_of": "users"}}, "type": "jsonb"}, "user", [f"the ObjectId {GONE}", f"the ObjectId {CY}"]),
    "members": ({"object": {"all": {"from": "readers", "id_of": "users"}}, "type": "jsonb"}, "readers[0]", [f"the ObjectId {GONE}"]),
    "keys": ({"from": "keys", "keys_id_of": "users", "type": "jsonb"}, "keys", [f'key "{GONE}"', f'key "{CY}"']),
}  # fmt: skip
KEYS = [{str(USERS[0]): 1, str(USERS[1]): {"a": [1, None]}}, {str(USERS[1]): 0, GONE: 2}, {CY: None}, {}]


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("place", UNSAID)
def test_where_no_foreign_key_can_be_made(make: Any, place: str, bare: bool) -> None:
    """Nothing is said of what dangles: check tells all of it, and a run stops, with and without checkpoints."""
    column, path, nobody = UNSAID[place]
    posts = [post | {"keys": keys} for post, keys in zip(COURSES["posts"], KEYS, strict=True)]
    drop = [name for name in ("by", "up", "lines", "user", "readers", "keys") if name != path.partition("[")[0]]
    small = make(files({"u": column}, drop), {**COURSES, "posts": posts})
    checked = small.run("check", "--project", small.project)
    assert checked.returncode == DATA, checked.said
    said = " ".join(checked.said.split())
    assert said.count(f"posts, at {path}: 1 problem: key") == len(nobody) and all(one in said for one in nobody), said
    arguments = [*small.run_arguments(), *(["--no-checkpoint"] if bare else [])]
    small.complaint(small.run(*arguments), DATA, nobody[0], f"key {oid(2, 1)}", f"at {path}")
    small.run("undo", "--run-dir", str(small.folder))
    # By a word they may name nobody.
    say(small, files({"u": {**column, "foreign_key": False}}, drop))
    ended = small.run(*arguments)
    assert ended.returncode == 0, ended.said
    ended = verify(small)
    assert ended.returncode == 0 or (bare and ended.returncode == 5 and "DIFFERS" not in ended.said), ended.said
    if place == "keys":
        found = small.query("select u from public.posts order by id").strip()
        for n, id in ((9, NOBODY), (0, USERS[0]), (1, USERS[1]), (2, USERS[2])):
            found = found.replace(f'"{uuid_of(id)}"', str(n))
        assert found.split("\n") == ["{0: 1, 1: {\"a\": [1, null]}}", "{1: 0, 9: 2}", "{2: null}", "{}"]


def test_all_of_them_are_somebody(make: Any) -> None:
    """Of every place where no foreign key can be made: then nothing stops, and verify finds the same rows."""
    posts = [{"_id": oid(2, n), "user": USERS[n], "readers": [USERS[1 - n], None], "keys": {str(USERS[n]): n}} for n in range(2)]
    columns = {
        "a": {"from": "readers", "id_of": "users", "type": "uuid[]"},
        "o": {"object": {"who": {"from": "user", "id_of": "users"}, "own": {"from": "_id", "id_of": "posts"}}, "type": "jsonb"},
        "k": {"from": "keys", "keys_id_of": "users", "type": "jsonb"},
    }
    small = make(files(columns, []), {**COURSES, "posts": posts})
    arrive(small)
    found = small.query("select a, o ->> 'who', k from public.posts order by id").strip()
    for n in range(2):
        found = found.replace(uuid_of(USERS[n]), str(n))
    assert found.split("\n") == ['{1,NULL}|0|{"0": 0}', '{0,NULL}|1|{"1": 1}']


def test_of_a_row_of_an_element(make: Any) -> None:
    """The element goes, and its record stays; the account says that it was left out."""
    who = {"who": {"from": "who", "id_of": "users", "dangling": "left_out"}}
    small = make(files({}, ["by", "up", "user", "readers"], who))
    arrive(small)
    assert small.query("select string_agg(right(post_id::text, 1) || n, ' ' order by post_id, n) from public.lines").strip() == "01 02 12"
    fates = "select sum((paths -> 'lines.who' ->> 'left_out')::int), sum((paths -> 'lines' ->> 'taken')::int) from graduate.batches"
    assert small.query(fates).strip() == "2|3"
    assert losses(small) == [f"1|lines.who|{GONE}|left out with its row", f"3|lines.who|{CY}|left out with its row"]


def test_of_itself(make: Any) -> None:
    """Its own records are read into the checkpoint before the first of them is loaded."""
    small = make(files({"up": {"from": "up", "id_of": "posts", "dangling": "null"}}, ["by", "user", "readers", "lines"]))
    arrive(small)
    assert small.query("select string_agg(concat(right(id::text, 1), right(up::text, 1)), ' ' order by id) from public.posts").strip() == "0 10 2 31"
    assert losses(small) == [f"2|up|{oid(2, 9)}|null"]


def test_what_refers_to_what_was_left_out_dangles_too(make: Any) -> None:
    """Posts go with their users, and with them what refers to them; a favourite, in a circle, becomes null."""
    made = files({"user_id": {"from": "user", "id_of": "users", "dangling": "left_out"}}, ["by", "up", "readers", "lines"])
    made["users"]["to"]["public.users"]["columns"]["best"] = {"from": "best", "id_of": "posts", "dangling": "null"}
    made["notes"] = {
        "from": "core.notes",
        "to": {"public.notes": table({"id": {"from": "_id", "id_of": "notes"},
                                      "post_id": {"from": "post", "id_of": "posts", "dangling": "left_out"}})},
    }  # fmt: skip
    users = [user | {"best": oid(2, n)} for n, user in enumerate(COURSES["users"])]
    notes = [{"_id": oid(3, n), "post": oid(2, n)} for n in range(5)]
    small = make(made, {**COURSES, "users": users, "notes": notes})
    arrive(small)
    assert small.query("select string_agg(right(id::text, 1), '' order by id) from public.notes").strip() == "03"
    assert small.query("select string_agg(coalesce(right(best::text, 1), '-'), '' order by id) from public.users").strip() == "0-"


def test_that_goes_in_a_circle_is_refused(make: Any) -> None:
    made = files({"up": {"from": "up", "id_of": "posts", "dangling": "left_out"}}, ["by", "user", "readers", "lines"])
    small = make(made)
    small.fail(USAGE, "posts.json: which records of posts stay depends on which of posts do")
    assert small.untouched()
    made["posts"]["to"]["public.posts"]["columns"]["up"]["dangling"] = "keep"
    say(small, made)
    arrive(small)


def test_what_dangles_without_a_word_is_given_one(make: Any) -> None:
    """It is told by the records and by the target; after undo the mapping says what becomes of such ids."""
    column = {"from": "user", "id_of": "users"}
    small = make(files({"user_id": column}, ["by", "up", "readers", "lines"]))
    ended = small.run()
    assert ended.returncode == DATA
    assert "say what becomes of such ids" in ended.said and '"dangling" says what becomes of such ids' in ended.said
    small.run("undo", "--run-dir", str(small.folder))
    say(small, files({"user_id": {**column, "dangling": "left_out"}}, ["by", "up", "readers", "lines"]))
    arrive(small)


def test_who_is_looked_up_has_a_key_of_ids(make: Any) -> None:
    made = by(dangling="null")
    columns = made["users"]["to"]["public.users"]["columns"]
    right, columns["id"] = columns["id"], {"from": "_id", "type": "text"}
    small = make(made)
    small.fail(USAGE, "leave \"by\" and \"dangling\" away")
    columns["id"] = right
    say(small, made)
    arrive(small)


def test_all_that_dangle_are_told_where_it_is_an_error(make: Any) -> None:
    """Before anything of the entity is made: each with its key, and whether it is nobody or was left out."""
    small = make(files({"readers": {"from": "readers", "id_of": "users", "type": "uuid[]", "dangling": "error"}},
                       ["by", "up", "user", "lines"]))  # fmt: skip
    ended = small.run()
    assert ended.returncode == DATA
    assert f"posts, at readers[0]: 1 problem: key {oid(2, 1)}" in ended.said
    assert f"no record of users has the ObjectId {GONE}" in ended.said
    # Corrected in the source, the same run goes on.
    records = [post | {"readers": []} for post in COURSES["posts"]]
    write_dump(small.top / "dump", {"posts": records})
    arrive(small)


BY = {"from": "by", "id_of": "users", "by": "email", "do": ["lower"]}


def by(**more: Any) -> dict[str, Any]:
    return files({"user_id": {**BY, **more}}, ["user", "up", "readers", "lines"])


def test_by_another_field(make: Any) -> None:
    """The functions are done on both sides; who is left out has no such field for others."""
    small = make(by(dangling="null"))
    arrive(small)
    assert small.query("select string_agg(coalesce(right(user_id::text, 1), '-'), '' order by id) from public.posts").strip() == "0---"
    assert losses(small) == ["1|by|nobody@example.org|null", "2|by|cy@example.org|null"]


def test_by_a_field_that_must_be_there_once(make: Any) -> None:
    users = [*COURSES["users"], {"_id": oid(1, 8), "email": "BO@example.org", "gone": False}]
    small = make(by(dangling="null"), {**COURSES, "users": users})
    small.fail(DATA, 'two records of users have the same "email"', f"{USERS[1]}", f"{oid(1, 8)}", "posts.json")
    # One that is left out is no matter.
    users[-1]["gone"] = True
    small.run("undo", "--run-dir", str(small.folder))
    write_dump(small.top / "dump", {"users": users})
    arrive(small)


def test_by_a_field_that_nobody_has(make: Any) -> None:
    small = make(by(by="emial"))
    small.fail(DATA, 'no record of users has "emial", by which', "posts.json", "looks them up")
    small.run("undo", "--run-dir", str(small.folder))
    say(small, by(dangling="null"))
    arrive(small)


def test_by_a_value_that_nobody_has(make: Any) -> None:
    small = make(by())
    ended = small.run()
    assert ended.returncode == DATA
    assert 'no record of users has the text "nobody@example.org" as its email' in ended.said
    assert 'the text "cy@example.org": the record of users is there in the source, and is left out' in ended.said


def through(accounts: list[str]) -> tuple[dict[str, Any], Documents]:
    """A user is the account that it names; books name users."""
    made = {
        "project": project("through", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, identity={"strategy": "pad-left"}),
        "accounts": {"from": "core.accounts", "to": {"public.people": table({"id": {"from": "_id", "id_of": "accounts"},
                                                                            "was": {"from": "_id", "type": "text"}})}},
        "users": {"from": "core.users", "identity": {"from": "auth", "id_of": "accounts"},
                  "to": {"public.names": {"key": ["name"], "columns": {"name": {"from": "name", "type": "text"}}}}, "drop": ["_id"]},
        "books": {"from": "core.books", "to": {"public.books": table({
            "id": {"from": "_id", "id_of": "books"},
            "person_id": {"from": "user", "id_of": "users", "dangling": "null"},
            "named": {"from": "name", "id_of": "users", "by": "name", "dangling": "null"}})}},
    }  # fmt: skip
    documents = {
        "accounts": [{"_id": account} for account in accounts],
        "users": [{"_id": USERS[n], "auth": f"a{n}", "name": f"n{n}"} for n in range(3)],
        "books": [{"_id": oid(2, n), "user": USERS[n], "name": f"n{n}"} for n in range(4)],
    }
    return made, documents


def test_of_whom_is_somebody_else(make: Any) -> None:
    """A user of whom the account is gone is nobody, whichever way a book names it."""
    small = make(*through(["a0", "a2"]))
    arrive(small)
    found = "select string_agg(concat_ws(' ', right(b.id::text, 1), p.was, n.was), '|' order by b.id) from public.books b" \
            " left join public.people p on p.id = b.person_id left join public.people n on n.id = b.named"  # fmt: skip
    assert small.query(found).strip() == "0 a0 a0|1|2 a2 a2|3"
    assert len(losses(small)) == 4


def test_an_account_that_is_gone_is_named_by_the_book(make: Any) -> None:
    made, documents = through(["a0", "a2"])
    for column in ("person_id", "named"):
        del made["books"]["to"]["public.books"]["columns"][column]["dangling"]
    small = make(made, documents)
    small.fail(DATA, f"the ObjectId {USERS[1]}: the record of users is there, but no accounts that it is", f"key {oid(2, 1)}", "at user")


def test_an_identity_by_a_field_that_nobody_has(make: Any) -> None:
    made, documents = through(["a0"])
    made["users"]["identity"]["from"] = "auht"
    made["users"]["drop"].append({"path": "auth", "optional": True})
    make(made, documents).fail(DATA, 'users.json: /identity/from: no record of users has "auht"', '"auth"')


def test_a_run_that_was_stopped_goes_on(make: Any) -> None:
    """The ids are made again where a kill left half of them, and not where they are whole."""
    posts = [post | {"_id": oid(2, 100 + n)} for n in range(60) for post in COURSES["posts"][:2]]
    posts = [post | {"_id": oid(2, n)} for n, post in enumerate(posts)]
    small = make(files({"user_id": {"from": "user", "id_of": "users", "dangling": "null"}}, ["by", "up", "readers", "lines"]),
                 {**COURSES, "posts": posts})  # fmt: skip
    ended = small.run(GRADUATE_CRASH_AT="load.after_commit:3")
    assert ended.returncode == TARGET, ended.said
    ids = small.folder / "ids" / "users.ids"
    assert ids.exists()
    ids.rename(ids.with_suffix(".ids.partial"))
    arrive(small)
    assert small.query("select count(*), count(user_id) from public.posts").strip() == "120|60"
    assert not ids.parent.exists()


def test_what_is_read_anew_takes_along_who_looks_it_up(make: Any) -> None:
    small = make(files({"user_id": {"from": "user", "id_of": "users", "dangling": "null"}}, ["by", "up", "readers", "lines"]))
    arrive(small)
    again = [*small.run_arguments(), "--restart"]
    small.complaint(small.run(*again, "users"), USAGE, "posts.json looks ids of users up, which is read anew", "--restart users,posts")
    write_dump(small.top / "dump", {"users": [user | {"gone": False} for user in COURSES["users"]] + [{"_id": NOBODY, "email": "", "gone": False}]})
    ended = small.run(*again, "users,posts")
    assert ended.returncode == 0, ended.said
    assert small.query("select count(user_id) from public.posts").strip() == "3"
    assert verify(small).returncode == 0


def test_without_checkpoints_the_source_is_read_twice(make: Any) -> None:
    small = make(by())
    bare = [*small.run_arguments(), "--no-checkpoint"]
    small.complaint(small.run(*bare), DATA, 'no record of users has the text "nobody@example.org" as its email')
    users = [*COURSES["users"], {"_id": NOBODY, "email": "nobody@example.org", "gone": False}]
    users[2] = users[2] | {"gone": False}
    small.run("undo", "--run-dir", str(small.folder))
    write_dump(small.top / "dump", {"users": users})
    ended = small.run(*bare)
    assert ended.returncode == 0, ended.said
    assert small.query("select count(user_id) from public.posts").strip() == "3"
    ended = verify(small)
    assert ended.returncode in (0, 5) and "content     holds" in ended.said, ended.said


def test_a_check_looks_up_too(make: Any) -> None:
    small = make(by())
    ended = small.run("check", "--project", small.project)
    assert ended.returncode == DATA
    assert "posts, at by: 1 problem: key" in ended.said and "nobody@example.org" in ended.said
    assert small.untouched()
    assert small.run("plan", "--project", small.project).returncode == 0


ROWS = """
create table t (id int primary key, email text, gone boolean not null);
create table r (id int primary key, t_id int, mail text, tag text not null);
insert into t values (1, 'Ann@example.org', false), (2, 'bo@example.org', false), (3, 'cy@example.org', true);
insert into r values (1, 1, 'ANN@example.org', 'a'), (2, 3, 'cy@example.org', 'b'), (3, 9, null, 'c'), (4, null, 'bo@example.org', 'd');
"""


def rows(targets: Cluster, folder: Path, **columns: Any) -> Trial:
    """Rows of a Postgres that refer to rows of another table, one of which is left out."""
    trial = Trial("postgres-mapping/integer-key-to-uuid", targets, folder)
    (trial.folder / "source.sql").write_text(ROWS)
    users = {"keep_shape": True, "when": {"gone": False}, "why": "gone", "columns": {"id": {"id_of": "t"}}}
    others = {"keep_shape": True, "columns": {"id": {"from": "id"}, **columns}}
    for name, table in (("t", users), ("r", others)):
        (trial.folder / "project" / f"{name}.json").write_text(json.dumps({"from": f"old.{name}", "to": {f"public.{name}": table}}))
    trial.prepare()
    return trial


def test_of_rows_of_postgres(targets: Cluster, tmp_path: Path) -> None:
    trial = rows(targets, tmp_path, t_id={"id_of": "t", "dangling": "null"}, mail={"id_of": "t", "by": "email", "do": ["lower"], "dangling": "null"})
    for said in trial.run():
        assert said.code == 0, said.text
    joined = "select string_agg(r.id || coalesce(a.email, '') || coalesce(b.email, ''), ' ' order by r.id) from public.r"
    joined += " left join public.t a on a.id = t_id left join public.t b on b.id = mail"
    assert trial.value(joined) == "1Ann@example.orgAnn@example.org 2 3 4bo@example.org"
    lost = "select string_agg(concat_ws('|', key, path, rule, before), ' ' order by key, path) from graduate.losses"
    assert trial.value(lost) == "id 2|mail|dangling|cy@example.org id 2|t_id|dangling|3 id 3|t_id|dangling|9"


def test_rows_of_postgres_that_are_left_out(targets: Cluster, tmp_path: Path) -> None:
    trial = rows(targets, tmp_path, t_id={"id_of": "t", "dangling": "left_out"}, mail={"from": "mail"})
    for said in trial.run():
        assert said.code == 0, said.text
    assert trial.value("select string_agg(id::text, ' ' order by id) from public.r") == "1 4"


def test_a_column_that_rows_of_postgres_do_not_have(targets: Cluster, tmp_path: Path) -> None:
    trial = rows(targets, tmp_path, mail={"id_of": "t", "by": "emial", "dangling": "null"})
    _, run, _ = trial.run()
    assert run.code == 2, run.text
    assert '"by": "emial" is no column of the rows of t' in run.text
