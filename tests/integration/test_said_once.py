"""What project.json says once for all mappings: what it does, and that a word of it which does nothing is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

READ = {"for": "select", "to": ["authenticated"]}
POLICIES = {
    "own": READ | {"using": "{column} = (select auth.uid())"},
    "with its owner": READ | {"using": "{column} in (select id from {table})"},
}
EVERY = {"drop": {"__v": "Mongoose's"}, "grants": {"anon": [], "authenticated": ["select"]}}
COLUMNS = {"id": {"from": "_id", "id_of": "posts"}, "by": {"id_of": "posts"}, "owner": {"type": "uuid"}}
POSTS: dict[str, Any] = {
    "from": "core.posts",
    "to": {
        "public.posts": {
            "key": ["id"], "columns": COLUMNS, "policies": [{"own": "owner"}, {"with its owner": "by"}],
        },
        "public.likes": {
            "each": "likes", "key": ["post_id", "n"], "grants": {"authenticated": ["insert"]},
            "columns": {"post_id": {"parent": "id"}, "n": {"position": True}, "who": {"from": ".", "type": "text"}},
            "policies": [{"with its owner": "post_id"}],
        },
    },
    "drop": [{"path": "hidden", "why": "nobody asks for it"}],
}  # fmt: skip
KEPT = {
    "from": "core.kept",
    "to": {"public.kept": {"key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}, "v": {"from": "__v", "type": "integer"}}}},
}
OWNER = "6f0c8a1b-2c3d-4e5f-8071-829300000001"


def small(top: Path, cluster: Cluster, posts: dict[str, Any] = POSTS, version: bool = True, **said: Any) -> Small:
    dump = top / "dump"
    dump.mkdir()
    post: dict[str, Any] = {"_id": "5f0c8a1b2c3d4e5f60718293", "owner": OWNER, "likes": ["ann"], "hidden": 1}
    for name, records in (("posts", [post | ({"__v": 3} if version else {})]), ("kept", [{"_id": 1, "__v": 4}])):
        (dump / f"{name}.bson").write_bytes(encoded(records))
        (dump / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    once = {"every": EVERY, "policies": POLICIES} | said
    files = {"project": project("once", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, **once), "posts": posts, "kept": KEPT}
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


def test_it_is_done_everywhere(targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets) as migration:
        migration.succeed()
        assert migration.query("select v from public.kept") == "4"
        assert migration.query("select tablename, policyname, qual from pg_policies where schemaname = 'public' order by 1, 2").splitlines() == [
            "likes|with its owner|(post_id IN ( SELECT posts.id",
            "   FROM posts))",
            "posts|own|(owner = ( SELECT auth.uid() AS uid))",
            "posts|with its owner|(by IN ( SELECT posts_1.id",
            "   FROM posts posts_1))",
        ]  # fmt: skip
        granted = "select table_name, string_agg(privilege_type, ' ') from information_schema.role_table_grants where grantee = 'authenticated' and table_schema = 'public' group by 1 order by 1"
        assert migration.query(granted).splitlines() == ["kept|SELECT", "likes|INSERT", "posts|SELECT"]
        reported = migration.finish(migration.start("report", "--run-dir", str(migration.folder)))
        assert reported.returncode == 0, reported.said
        page = (migration.folder / "report.html").read_text()
        assert "nobody asks for it" in page and "Mongoose&#39;s" in page.replace("'", "&#39;")


def test_a_field_that_no_record_has(targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets, every=EVERY | {"drop": {"__w": "a typing error"}}, posts=POSTS | {"drop": ["hidden", "__v"]}) as migration:
        assert 'project.json: /every/drop/__w: no record of project has "__w"' in migration.succeed().said


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"every": {"drop": {"_id": "x"}}}, "/every/drop/_id: no mapping of documents leaves this field"),
        ({"every": {"misfit": {"rounding": "round", "row_twice": "last"}}}, "/every/misfit/row_twice"),
        ({"every": {}}, "/every: this must be an object"),
        ({"every": EVERY | {"names": "snake"}}, "/every/names: "), ({"every": EVERY | {"names": "camelCase"}}, "/every/names: no column"),
        ({"policies": POLICIES | {"idle": READ}}, "/policies/idle: no table takes this policy"),
        ({"policies": POLICIES | {"own": READ | {"using": "id in (select id from {table})"}}}, '"owner" refers to none'),
        ({"policies": POLICIES | {"using": READ}}, "/policies/using: no policy can have this name"),
        ({"policies": {"own": POLICIES["own"]}}, 'public.posts/policies/1: unknown key "with its owner"'),
    ],
)  # fmt: skip
def test_a_word_without_effect_is_refused(said: dict[str, Any], message: str, targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets, **said) as migration:
        migration.fail(2, message)


# ---- parts of mappings ------------------------------------------------------------------------------------

SAID: dict[str, Any] = {
    "id": {"id": {"from": "_id", "type": "integer"}},
    "short": {"type": "varchar(3)", "misfit": {"too_long": "cut"}},
    "kinds": ["a", "b"],
    "is one": {"kind": {"in": {"...": "kinds"}}},
    "choices": [{"const": "first", "when": {"kind": "a"}}, {"const": "second", "when": {"kind": "b"}}],
}
PARTS: dict[str, Any] = {
    "from": "core.posts",
    "to": {
        "public.parts": {
            "when": {"...": "is one"}, "why": "of no kind", "key": ["id"],
            "columns": {
                "...": "id", "name": {"...": "short"}, "nick": {"...": "short", "type": "varchar(2)", "from": "name"},
                "which": {"first": {"...": "choices"}, "type": "text"}, "all": {"array": ["kind", {"...": "choices"}], "type": "text[]"},
            },
        },
    },
}  # fmt: skip


def parts(top: Path, cluster: Cluster, said: dict[str, Any]) -> Small:
    dump = top / "dump"
    dump.mkdir()
    records = [{"_id": n, "kind": kind, "name": "Ludwig"} for n, kind in enumerate("abc")]
    (dump / "posts.bson").write_bytes(encoded(records))
    (dump / "posts.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "posts"}))
    files = {"project": project("once", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, said=said), "posts": PARTS}
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


def test_parts_stand_where_they_are_named(targets: Cluster, tmp_path: Path) -> None:
    with parts(tmp_path, targets, SAID) as migration:
        migration.succeed()
        rows = migration.query("select * from public.parts order by id").splitlines()
        assert rows == ["0|Lud|Lu|first|{a,first}", "1|Lud|Lu|second|{b,second}"]
        assert migration.finish(migration.start("verify", "--run-dir", str(migration.folder))).returncode == 0


def test_a_mapping_says_parts_for_itself(targets: Cluster, tmp_path: Path) -> None:
    """They go before those of project.json, and each is taken."""
    with parts(tmp_path, targets, {"id": SAID["id"]}) as migration:
        def write(said: dict[str, Any]) -> None:
            (migration.files / "posts.json").write_text(json.dumps({**PARTS, "said": said}))

        write(SAID)
        migration.fail(2, "/said/id: no mapping takes it", "project.json")
        own = {name: SAID[name] for name in SAID if name != "id"}
        write({**own, "idle": 1})
        migration.fail(2, "/said/idle: no mapping takes it", "posts.json")
        write(own)
        migration.succeed()
        assert migration.query("select which from public.parts order by id").split() == ["first", "second"]


@pytest.mark.parametrize(("said", "message"), [
    ({**SAID, "idle": 1}, "/said/idle: no mapping takes it"),
    ({"id": SAID["id"]}, 'project.json\'s "said" has no "is one"'),
    ({**SAID, "kinds": {"...": "is one"}}, "goes in a circle"),
    ([], "/said: this must be an object"),
])  # fmt: skip
def test_a_part_that_cannot_be(said: Any, message: str, targets: Cluster, tmp_path: Path) -> None:
    with parts(tmp_path, targets, said) as migration:
        migration.fail(2, message)


def test_a_column_has_a_field_in_camel_case(targets: Cluster, tmp_path: Path) -> None:
    """Of documents, in columns, in elements and in objects; "from" is the field itself."""
    dump = tmp_path / "dump"
    dump.mkdir()
    record = {"_id": 1, "pageCount": 7, "__v_a": 2, "a_1": 3, "partList": [{"dueDay": "x"}], "as_it_is": 4}
    (dump / "c.bson").write_bytes(encoded([record]))
    (dump / "c.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": "c"}))
    mapping = {
        "from": "core.c",
        "to": {
            "public.c": {
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "type": "integer"}, "page_count": {"type": "integer"}, "a_1": {"type": "integer"},
                    "as_it_is": {"from": "as_it_is", "type": "integer"}, "more": {"object": {"page_count": {}}, "type": "jsonb"},
                },
            },
            "public.p": {
                "each": "partList", "key": ["id", "n"],
                "columns": {"id": {"parent": "id"}, "n": {"position": True}, "due_day": {"type": "text"}},
            },
        },
        "drop": ["__v_a"],
    }  # fmt: skip
    once = project("once", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, every={"names": "camelCase"})
    with Small(tmp_path, targets, {"project": once, "c": mapping}, CORE_URI=f"file:{dump}") as migration:
        migration.succeed()
        assert migration.query("select * from public.c") == '1|7|3|4|{"page_count": 7}'
        assert migration.query("select * from public.p") == "1|1|x"
        assert migration.finish(migration.start("verify", "--run-dir", str(migration.folder))).returncode == 0
