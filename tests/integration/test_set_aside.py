"""What refers to a record that is set aside is told, by the policy of its column; corrected, all of it comes in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bson

from tests.integration.complaint import USAGE
from tests.integration.small_project import Small, encoded, project
from tests.integration.test_retry import lines, retried, retry, verified, write
from tests.rig.postgres import Cluster


def oid(n: int) -> bson.ObjectId:
    return bson.ObjectId(f"5f0c8a1b2c3d4e5f607100{n:02x}")


POLICIES = ("null", "keep", "left_out", "reject")
ID = {"key": ["id"], "columns": {"id": {"from": "_id", "id_of": "users"}, "age": {"type": "smallint", "misfit": "reject"}}}
FILES: dict[str, Any] = {
    "project": project("aside", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}, rejects={"limit": 9}),
    "users": {"from": "core.users", "to": {"public.users": ID}},
    **{
        policy: {
            "from": f"core.{policy}",
            "to": {
                f"public.{policy}": {
                    "key": ["id"],
                    "columns": {"id": {"from": "_id", "id_of": policy}, "u": {"id_of": "users", "dangling": policy}},
                }
            },
        }
        for policy in POLICIES
    },
    "likes": {
        "from": "core.likes",
        "to": {
            "public.likes": {
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "type": "integer"}, "post": {"id_of": "reject", "dangling": "null"},
                    "us": {"id_of": "users", "dangling": "left_out", "type": "uuid[]"},
                },
            }
        },
    },
}  # fmt: skip
USERS: list[dict[str, Any]] = [{"_id": oid(1), "age": 30}, {"_id": oid(2), "age": "old"}]


def made(top: Path, cluster: Cluster, files: dict[str, Any] = FILES) -> Small:
    dump = top / "dump"
    dump.mkdir()
    records = {
        "users": USERS, **{policy: [{"_id": oid(n), "u": oid(n)} for n in (1, 2)] for policy in POLICIES},
        "likes": [{"_id": n, "post": oid(n), "us": [oid(1), oid(2)]} for n in (1, 2)],
    }  # fmt: skip
    for name, all_of_it in records.items():
        (dump / f"{name}.bson").write_bytes(encoded(all_of_it))
        (dump / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    return Small(top, cluster, files, CORE_URI=f"file:{dump}")


def test_every_policy(targets: Cluster, tmp_path: Path) -> None:
    with made(tmp_path, targets) as small:
        small.succeed()
        assert [(line["entity"], line["path"]) for line in lines(small)] == [("users", "age"), ("reject", "u")]
        assert "is there in the source, and is set aside" in lines(small)[1]["message"]
        rows = {policy: small.query(f'select count(*), count(u) from public."{policy}"') for policy in POLICIES}
        assert rows == {"null": "2|1", "keep": "2|2", "left_out": "1|1", "reject": "1|1"}
        likes = "select string_agg(concat_ws(':', id, post is not null, cardinality(us)), ' ' order by id) from public.likes"
        assert small.query(likes) == "1:t:1 2:f:1"
        assert "2 records rejected" in verified(small)

        rejects = lines(small)
        rejects[0]["record"]["age"] = {"$numberInt": "31"}
        file = write(tmp_path / "corrected.jsonl", rejects)
        retried(small, "--from", str(file))
        assert small.query("select count(*) from public.users u join public.reject r on r.u = u.id") == "2"
        assert rows["null"] == small.query('select count(*), count(u) from public."null"')
        assert "2 records as they were corrected by hand" in verified(small)


def test_one_whose_record_stays_set_aside(targets: Cluster, tmp_path: Path) -> None:
    with made(tmp_path, targets) as small:
        small.succeed()
        file = write(tmp_path / "corrected.jsonl", lines(small)[1:])
        ended = retry(small, "--from", str(file))
        assert ended.returncode == 1 and "1 of 1 corrected records do not fit again" in " ".join(ended.said.split())
        assert "2 records rejected" in verified(small)


def test_in_a_circle_it_is_refused(targets: Cluster, tmp_path: Path) -> None:
    users = {"from": "core.users", "to": {"public.users": ID | {"columns": ID["columns"] | {"friend": {"id_of": "users", "dangling": "reject"}}}}}
    with made(tmp_path, targets, FILES | {"users": users}) as small:
        small.fail(USAGE, '"left_out" or "reject"', "goes in a circle here")
