"""Who may what of an Appwrite's documents stays so: policies, the function that says who asks, and what it stands on."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.access_project import FORUM, ID, MEMBER, OWNER, Forum, forum_of, write_forum
from tests.integration.complaint import DATA, REFUSED, USAGE
from tests.integration.migration import target_cluster
from tests.integration.test_undo import LAID_OUT
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.postgres import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with target_cluster() as made:
        yield made


@pytest.fixture(scope="module")
def forum(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forum]:
    with forum_of(tmp_path_factory.mktemp("forum"), cluster) as made:
        made.before = cluster.psql(LAID_OUT)
        made.succeed()
        yield made


def id_of(forum: Forum, user: str) -> str:
    return forum.query(f"select id from auth.users where raw_app_meta_data ->> 'appwrite_id' = '{user}'").strip()


def grants(forum: Forum, user: str | None, action: str = "read") -> set[str]:
    claims = json.dumps({"sub": id_of(forum, user), "role": "authenticated"} if user else {"role": "anon"})
    said = forum.query(
        f"begin; select set_config('request.jwt.claims', '{claims}', true) is null; set local role {'authenticated' if user else 'anon'};"
        f" select unnest(access.grants('{action}')); rollback").split("\n")  # fmt: skip
    return {line for line in said if line.startswith(action)} | {line for line in said if line.startswith("write(")}


def test_who_asks(forum: Forum) -> None:
    """Roles by hand: of a guest, a verified user, one whom an ObjectId names and who owns a team, one without a role."""
    staff = forum.query("select id from public.teams where name = 'staff'").strip()
    assert grants(forum, None) == {'read("any")', 'read("guests")'}
    ann, owner, member = id_of(forum, "ann"), id_of(forum, OWNER), id_of(forum, MEMBER)
    assert owner == "017348fb-7978-72c3-b539-7d81c60a4c00"  # uuid7 of the ObjectId
    of_users = {'read("any")', 'read("users")', 'read("users/verified")'}
    assert grants(forum, "ann") == of_users | {f'read("user:{ann}")', f'read("user:{ann}/verified")'}
    assert grants(forum, OWNER) == of_users | {
        f'read("user:{owner}")', f'read("user:{owner}/verified")', f'read("team:{staff}")', f'read("team:{staff}/owner")', 'read("member:m1")'}  # fmt: skip
    assert {f'delete("team:{staff}")', 'write("member:m2")'} < grants(forum, MEMBER, "delete")
    assert not [role for role in grants(forum, MEMBER) if role.startswith(f'read("team:{staff}/')]
    assert {'read("label:vip")', 'read("label:beta")'} < grants(forum, "eve")
    assert 'read("users/unverified")' in grants(forum, "ben") and not [role for role in grants(forum, "ida") if "team:" in role]
    assert grants(forum, "fay") == set(), "a blocked user may nothing at all"


def test_the_columns_hold_the_targets_ids(forum: Forum) -> None:
    ann, staff = id_of(forum, "ann"), forum.query("select id from public.teams where name = 'staff'").strip()
    rows = forum.query("select permissions from public.posts where title in ('Title 5', 'Title 14', 'Title 18', 'Title 22') order by title").splitlines()
    assert rows == [f'{{"read(\\"team:{staff}/owner\\")"}}', '{"read(\\"member:m2\\")"}', '{"read(\\"label:none\\")"}', f'{{"read(\\"user:{ann}\\")"}}']


def test_every_level_holds(forum: Forum) -> None:
    ended = forum.finish(forum.start("verify", "--project", forum.project, "--run-dir", str(forum.folder)))
    assert ended.returncode == 0, ended.said


def test_an_index_finds_what_may_be_read(forum: Forum) -> None:
    """Of a table of which no collection's permission lets him read all; the function is asked once."""
    plan = forum.query(
        "begin; set local enable_seqscan = off; set local role authenticated; explain select id from public.posts; rollback")
    assert "Bitmap Index Scan on posts_permissions_idx" in plan and plan.count("InitPlan") == 1


def test_plan_names_what_cannot_be_said(targets: Cluster, tmp_path: Path) -> None:
    files = copy.deepcopy(FORUM)
    del files["project"]["access"]["app"]["memberships"]
    with forum_of(tmp_path, targets, files, posts=23) as forum:
        config = tmp_path / "export/appwrite.config.json"
        config.write_text(config.read_text().replace('read(\\"users\\")', "read(users)"))
        planned = forum.finish(forum.start("plan", "--project", forum.project))
    assert planned.returncode == 0, planned.said
    for said in (
        'app.main.rooms: "read(users)" is no permission, and lets nobody in',
        'app.main.news: teams may what it permits, and "access" names no memberships: nobody is of a team',
        "app.main.posts: it lets some update or delete what it does not let them read",
        "app.ops.logs: who may update a row may give rights on it to others, too",
    ):
        assert said in planned.stdout
    assert "app.main.news: it lets some" not in planned.stdout


def test_a_live_appwrite_says_the_same(forum: Forum, targets: Cluster, tmp_path: Path) -> None:
    """Its permissions are no object that is left behind, and the policies are those of the export."""
    policies = "select tablename, policyname, roles, cmd, qual, with_check from pg_policies where schemaname = 'public' order by 1, 2"
    with Probe(write_forum(tmp_path / "live", 23, live=True), "1.8.1") as double, forum_of(tmp_path, targets, posts=23) as live:
        sources = json.loads((live.files / "project.json").read_text())
        sources["sources"]["app"]["key"] = "${APPWRITE_API_KEY}"
        sources["every"]["drop"]["$sequence"] = "of the system"
        sources["left_out"] = {f"app.{name}": "not needed" for name in ("identities", "buckets")}
        (live.files / "project.json").write_text(json.dumps(sources))
        live.environment |= {"APPWRITE_URI": f"{double.endpoint}?project={PROJECT}", "APPWRITE_API_KEY": KEY}
        ended = live.run()
        assert ended.returncode == 0, ended.said
        assert live.query(policies) == forum.query(policies)
        planned = live.finish(live.start("verify", "--project", live.project, "--run-dir", str(live.folder), "--level", "access"))
        assert planned.returncode == 0, planned.said


def test_the_schema_twice_and_undone(targets: Cluster, tmp_path: Path) -> None:
    with forum_of(tmp_path, targets, posts=23) as forum:
        before = forum.query(LAID_OUT)
        printed = forum.finish(forum.start("schema", "--project", forum.project))
        assert printed.returncode == 0, printed.said
        for _ in range(2):
            forum.query(printed.stdout)
        assert forum.query("select count(*) from pg_policies where schemaname = 'public'").strip() == "27"
        forum.empty_target()
        forum.succeed()
        undone = forum.finish(forum.start("undo", "--run-dir", str(forum.folder)))
        assert undone.returncode == 0, undone.said
        forum.query("drop schema if exists graduate cascade")
        assert forum.query(LAID_OUT) == before


def test_a_user_who_is_gone(targets: Cluster, tmp_path: Path) -> None:
    """He is an error, until the project says what becomes of him; each that goes is a line in the losses."""
    with forum_of(tmp_path, targets) as forum:
        export = tmp_path / "export"
        users = [line for line in (export / "users.jsonl").read_text().splitlines() if '"$id": "dot"' not in line]
        (export / "users.jsonl").write_text("\n".join(users) + "\n")
        forum.fail(DATA, "user:dot")
        told = json.loads((forum.files / "project.json").read_text())
        told["access"]["app"]["dangling"] = "left_out"
        (forum.files / "project.json").write_text(json.dumps(told))
        assert forum.finish(forum.start("undo", "--run-dir", str(forum.folder))).returncode == 0
        forum.succeed()
        assert forum.query("select count(*) from public.posts where permissions::text like '%dot%'").strip() == "0"
        assert int(forum.query("select count(*) from graduate.losses where entity = 'posts' and path = '$permissions'")) > 5
        ended = forum.finish(forum.start("verify", "--project", forum.project, "--run-dir", str(forum.folder)))
        assert ended.returncode == 0, ended.said


def test_other_names(targets: Cluster, tmp_path: Path) -> None:
    """All accounts are confirmed, so that they can sign in; who was verified stands in their metadata, labels under another name.
    A table is called as policies call the row above."""
    files = copy.deepcopy(FORUM)
    files["posts"]["to"]["public.above1"] = files["posts"]["to"].pop("public.post_mentions")
    files["project"]["access"]["app"] |= {"function": "forum.may", "labels": "tags", "verified": "proved"}
    columns = files["accounts"]["to"]["auth.users"]["columns"]
    proved = {"any": [{"emailVerification": True}, {"phoneVerification": True}]}
    columns["email_confirmed_at"].pop("when")
    columns["raw_app_meta_data"]["object"] = {
        "appwrite_id": "$id", "tags": "labels", "proved": {"first": [{"const": True, "when": proved}, {"const": False}]}}  # fmt: skip
    with forum_of(tmp_path, targets, files, posts=46) as forum:
        forum.succeed()
        ended = forum.finish(forum.start("verify", "--project", forum.project, "--run-dir", str(forum.folder)))
        assert ended.returncode == 0, ended.said
        assert forum.query("select to_regproc('access.grants') is null").strip() == "t"


def test_nothing_says_who_may_what(targets: Cluster, tmp_path: Path) -> None:
    with forum_of(tmp_path, targets, posts=23) as forum:
        config = tmp_path / "export/appwrite.config.json"
        said = config.read_text()
        config.unlink()
        forum.fail(USAGE, "nothing says who may what of app.")
        config.write_text(said)
        forum.succeed()


def test_no_column_for_what_documents_say(targets: Cluster, tmp_path: Path) -> None:
    files = copy.deepcopy(FORUM)
    columns = files["rooms"]["to"]["public.rooms"]["columns"]
    kept = columns.pop("permissions")
    files["rooms"]["drop"] = ["$permissions"]
    with forum_of(tmp_path, targets, files, posts=23) as forum:
        forum.fail(USAGE, "/to/public.rooms", "permissions of their own")
        columns["permissions"] = kept
        (forum.files / "rooms.json").write_text(json.dumps({k: v for k, v in files["rooms"].items() if k != "drop"}))
        forum.succeed()


def test_two_collections_in_one_table(targets: Cluster, tmp_path: Path) -> None:
    """Nothing in a row says whose rules hold for it: it would be those of the table's first mapping for all.
    Where they are the same, they stand; the level that cannot tell whose row it is says so."""
    files = copy.deepcopy(FORUM)
    for name in ("news", "rooms"):
        table = files[name]["to"].pop(f"public.{name}")
        files[name]["to"]["public.both"] = table
        table["columns"]["id"] = ID
    with forum_of(tmp_path, targets, files, posts=4) as forum:
        forum.fail(USAGE, "/to/public.both", "another mapping fills this table, too")
        table = files["news"]["to"]["public.both"]
        table["policies"] = [{"name": "all", "for": "select", "to": ["authenticated"], "using": "true"}]
        table["grants"] = {"authenticated": ["select"]}
        (forum.files / "news.json").write_text(json.dumps(files["news"]))
        forum.succeed()
        assert forum.query("select count(*) from pg_policies where tablename = 'both'").strip() == "1"
        forum.finish(forum.start("undo", "--run-dir", str(forum.folder)))
        for name in ("policies", "grants"):
            del table[name]
        (forum.files / "news.json").write_text(json.dumps(files["news"]))
        config = tmp_path / "export/appwrite.config.json"
        said = json.loads(config.read_text())
        for collection in said["collections"]:
            if collection["$id"] in ("news", "rooms"):
                collection |= {"$permissions": ['read("users")'], "documentSecurity": True}
        config.write_text(json.dumps(said))
        forum.succeed()
        ended = forum.finish(forum.start("verify", "--project", forum.project, "--run-dir", str(forum.folder), "--level", "access"))
        assert ended.returncode == REFUSED and "public.both is filled by several" in " ".join(ended.said.split()), ended.said


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such entity": ({"users": "account"}, '/access/app/users: the project has no entity "account"'),
    "no users": ({"users": "teams"}, 'teams is no mapping of "app.users"'),
    "no such source": ({}, "/access/web"),
    "a function in public": ({"users": "accounts", "function": "public.grants"}, "/access/app/function"),
    "another word": ({"users": "accounts", "member": "members"}, "unknown key"),
    "a rule that is none": ({"users": "accounts", "dangling": "null"}, '/access/app/dangling: "null" is none of'),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant(targets: Cluster, tmp_path: Path, name: str) -> None:
    said, message = WRONG[name]
    files = copy.deepcopy(FORUM)
    files["project"]["access"] = {"app": said} if said else {"web": {"users": "accounts"}}
    with forum_of(tmp_path, targets, files, posts=4) as forum:
        forum.fail(USAGE, message)
