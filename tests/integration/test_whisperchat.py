"""WhisperChat moves: five databases of one Appwrite, its users, teams and memberships, from an export and live."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.migration import PROGRAMS, ROOT, SCANNER_CHECK, Migration
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.postgres import Cluster

SCHEMAS = {"mainDB": "main", "socialDB": "social", "web3DB": "web3", "contentDB": "content", "analyticsDB": "analytics"}
CONFIG = json.loads((ROOT / "fixtures/whisperchat/appwrite.config.json").read_text())
RANDOM_KILLS = 20
NAMED_ROLE = re.compile(r'(?P<before>\w+\(")(?P<kind>user|team|member):(?P<id>[^"/]+)(?P<behind>.*)')
Rows = list[dict[str, Any]]


class Export:
    """What fixtures/generate makes of WhisperChat."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, ROOT / "fixtures/generate", "--project", "whisperchat", "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.folder = folder / "appwrite"
        self.counts: dict[str, int] = json.loads((folder / "counts.json").read_text())

    def rows(self, name: str) -> Rows:
        return [json.loads(line) for line in (self.folder / f"{name}.jsonl").open()]

    def there(self, name: str) -> set[str]:
        return {row["$id"] for row in self.rows(name)}


def migrate(folder: Path, cluster: Cluster, uri: str, **more: str) -> Migration:
    made = Migration(folder, cluster, "", "whisperchat")
    made.environment |= {"APPWRITE_URI": uri, **more}
    return made


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return Export(tmp_path_factory.mktemp("whisperchat"))


@pytest.fixture(scope="module")
def moved(targets: Cluster, export: Export, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    """One migration from the export, verified, for all tests that only look."""
    folder = tmp_path_factory.mktemp("moved") / "run"
    with migrate(folder, targets, f"file:{export.folder}") as made:
        made.ended = made.succeed()
        verified = made.run("verify", "--run-dir", str(folder))
        assert verified.returncode == 0, verified.said
        made.sums = made.checksums()
        yield made


def number(made: Migration, sql: str) -> int:
    return int(made.query(sql))


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def test_every_collection_has_a_table_that_keeps_its_permissions(moved: Migration, export: Export) -> None:
    """With the target's ids of users, teams and memberships; those of deleted users go."""
    named = {
        kind: dict(line.split("|") for line in moved.query(question).splitlines())
        for kind, question in (("user", "select raw_app_meta_data ->> 'appwrite_id', id from auth.users"),
                               ("team", "select appwrite_id, id from main.teams"),
                               ("member", "select appwrite_id, id from main.memberships"))
    }  # fmt: skip

    def told(permission: str) -> str | None:
        """The permission with the target's id; nothing of a user or a membership that did not come."""
        found = NAMED_ROLE.fullmatch(permission)
        if found is None:
            return permission
        new = named[found["kind"]].get(found["id"])
        return new and f"{found['before']}{found['kind']}:{new}{found['behind']}"

    for collection in CONFIG["collections"]:
        table = f"{SCHEMAS[collection['databaseId']]}.{snake(collection['$id'])}"
        rows = export.rows(f"{collection['databaseId']}.{collection['$id']}")
        kept = dict(line.split("|", 1) for line in moved.query(
            f"select appwrite_id, to_json(permissions) from {table}").splitlines())
        assert len(kept) > 0.85 * len(rows), table
        for row in rows:
            # Of a membership that stays behind the row keeps an id that nobody has.
            if row["$id"] in kept and not any('"member:' in one and told(one) is None for one in row["$permissions"]):
                assert json.loads(kept[row["$id"]]) == [new for one in row["$permissions"] if (new := told(one))], row
        last = moved.query(f"select attname from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 "
                           "order by attnum desc limit 1").strip()
        assert last == "permissions", table


def test_what_dangles_is_left_out_or_made_null_by_its_rule(moved: Migration, export: Export) -> None:
    users, conversations = export.there("users"), export.there("mainDB.conversations")
    stories, posts = export.rows("socialDB.stories"), export.there("socialDB.posts")
    left = {
        "main.messages": [row for row in export.rows("mainDB.messages") if row["conversationId"] in conversations],
        "main.contacts": [row for row in export.rows("mainDB.contacts") if {row["userId"], row["contactUserId"]} <= users],
        "social.stories": (shown := [row for row in stories if row["userId"] in users]),
        "social.story_views": [row for row in export.rows("socialDB.storyViews") if row["viewerId"] in users
                               and row["storyId"] in {story["$id"] for story in shown}],
        "social.comments": [row for row in export.rows("socialDB.comments") if row["postId"] in posts],
        "social.posts": export.rows("socialDB.posts"),
    }  # fmt: skip
    for table, rows in left.items():
        assert number(moved, f"select count(*) from {table}") == len(rows), table
    gone = export.counts["mainDB.contacts"] - len(left["main.contacts"])
    assert f"{gone} records of contacts filtered: the user was deleted" in moved.ended.said
    assert len(left["main.messages"]) < export.counts["mainDB.messages"]
    nobodys = sum(row["senderId"] not in users for row in left["main.messages"])
    assert number(moved, "select count(*) from main.messages where sender_id is null") == nobodys > 0


def test_arrays_of_ids_are_tables_of_pairs(moved: Migration, export: Export) -> None:
    users = export.there("users")
    named = sum(len({user for user in row["participantIds"] if user in users})
                for row in export.rows("mainDB.conversations"))
    assert number(moved, "select count(*) from main.conversation_participants") == named
    assert number(moved, "select count(*) from graduate.losses where rule = 'row_twice'") > 0


def test_texts_that_hold_json_are_json(moved: Migration, export: Export) -> None:
    reactions = [row["reactions"] for row in export.rows("mainDB.messages") if row["reactions"] not in (None, "")]
    shapes = [type(json.loads(text)) if text != "ask me" else str for text in reactions]
    for kind, shape in (("object", dict), ("array", list), ("string", str)):
        kept = number(moved, f"select count(*) from main.messages where jsonb_typeof(reactions) = '{kind}'")
        assert 0 < kept <= shapes.count(shape), kind


def test_users_of_every_kind_are_what_supabase_auth_can_live_with(moved: Migration, export: Export) -> None:
    assert {line.rpartition("|")[2] for line in moved.cluster.psql(file=SCANNER_CHECK).splitlines()} == {"warning"}
    users = {row["$id"]: row for row in export.rows("users")}
    signed_in_by = {row["userId"] for row in export.rows("identities")}
    for line in moved.query("select raw_app_meta_data ->> 'appwrite_id', is_anonymous, email, raw_app_meta_data from auth.users"
                            ).splitlines():
        key, anonymous, email, meta = line.split("|", 3)
        user, told = users[key], json.loads(meta)
        assert (anonymous == "t") == (not user["email"] and not user["phone"] and key not in signed_in_by), key
        assert email == user["email"].lower(), key
        assert [told["labels"], told["had_mfa"]] == [user["labels"], user["mfa"]], key
        assert [told["email_verified"], told["phone_verified"]] == [user["emailVerification"], user["phoneVerification"]]
    assert moved.query("select string_agg(distinct provider, ' ' order by provider) from auth.identities").split() == [
        "apple", "azure", "discord", "email", "github", "google", "linkedin_oidc", "phone", "slack_oidc"]
    push = sum(target["providerType"] == "push" for user in users.values() for target in user["targets"])
    assert number(moved, "select count(*) from main.push_targets") == push > 0


def test_memberships_keep_their_roles_and_invitations_stay_behind(moved: Migration, export: Export) -> None:
    users = export.there("users")
    rows = {row["$id"]: row for row in export.rows("memberships") if row["confirm"] and row["userId"] in users}
    kept = {key: (team, json.loads(roles)) for key, team, roles in (line.split("|") for line in moved.query(
        "select m.appwrite_id, t.appwrite_id, to_json(m.roles) from main.memberships m join main.teams t on t.id = team_id"
    ).splitlines())}
    assert kept == {key: (row["teamId"], row["roles"]) for key, row in rows.items()}
    assert len(kept) < export.counts["memberships"]
    assert "an invitation that nobody accepted" in moved.ended.said


def test_indexes_of_arrays_and_texts_are_used(moved: Migration) -> None:
    for table, question in (("social.posts", "hashtags && array['gm']::varchar[]"),
                            ("main.messages", "to_tsvector('simple', plain_text) @@ to_tsquery('simple', 'lighthouse')")):
        plan = moved.query(f"begin; set local enable_seqscan = off; explain select from {table} where {question}; commit")
        assert "Bitmap Index Scan" in plan, plan


def test_nobody_reads_what_no_policy_opens(moved: Migration) -> None:
    assert number(moved, "select count(*) from pg_tables where not rowsecurity and schemaname in "
                         "('main', 'social', 'web3', 'content', 'analytics')") == 0


def test_rows_of_tables_fit_the_same_mapping(export: Export, tmp_path: Path) -> None:
    """TablesDB lists the same rows; they say where they are by "$tableId"."""
    for file in export.folder.glob("*.jsonl"):
        lines = file.read_text().replace('"$collectionId":', '"$tableId":')
        (tmp_path / file.name).write_text(lines)
    config = CONFIG | {"collections": [], "tablesDB": CONFIG["databases"], "databases": [], "tables": [
        {"columns" if key == "attributes" else "rowSecurity" if key == "documentSecurity" else key: value
         for key, value in collection.items()} for collection in CONFIG["collections"]]}  # fmt: skip
    (tmp_path / "appwrite.config.json").write_text(json.dumps(config))
    checked = subprocess.run([PROGRAMS / "graduate", "check", "--project", "whisperchat"], cwd=ROOT, text=True,
                             env={**os.environ, "APPWRITE_URI": f"file:{tmp_path}"}, capture_output=True)  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "4,870 records read" in checked.stdout


# The last one, which empties the target that the others look at.


def test_the_live_server_gives_the_same_however_often_it_is_killed(
    moved: Migration, targets: Cluster, export: Export, tmp_path: Path) -> None:  # fmt: skip
    with Probe(export.folder) as appwrite:
        uri = f"{appwrite.endpoint}?project={PROJECT}"
        with migrate(tmp_path / "run", targets, uri, APPWRITE_API_KEY=KEY) as live:
            small_batches = [*live.run_arguments()[:-1], "8K"]
            live.kill_at_random(RANDOM_KILLS, *small_batches)
            ended = live.run(*small_batches)
            assert ended.returncode == 0, ended.said
            assert live.checksums() == moved.sums
            assert live.account()["balance"] == 0
            entities = [made.account()["entities"] for made in (live, moved)]
            assert entities[0] == entities[1]
            verified = live.run("verify", "--run-dir", str(live.folder))
            assert verified.returncode == 0 and "all levels were checked, and hold" in verified.said, verified.said
