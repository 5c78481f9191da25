"""AuthorStack moves: from exports and from servers, and arrives whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.migration import (APPWRITE, AZURE_DUMP, DUMP, FIXTURES, SCANNER_CHECK, Migration, target_cluster)
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.mongodb import MongoServer
from tests.rig.postgres import Cluster

COUNTS = json.loads((FIXTURES / "counts.json").read_text())
# Where each count of the fixtures ends up.
DESTINATIONS = {
    "users": "public.users", "users.connectedPlatforms": "public.connected_platforms", "books": "public.books",
    "checklists": "public.checklists", "checklists.tasks": "public.checklist_tasks",
    "community_posts": "public.community_posts", "community_posts.attachments": "public.post_attachments",
    "community_posts.likes": "public.post_likes", "community_posts.comments": "public.post_comments",
    "marketplace_boosts": "public.marketplace_boosts", "competitors": "public.competitors",
    "competitors.priceHistory": "public.competitor_prices", "ai_insights": "public.ai_insights",
    "daily_aggregates": "public.daily_aggregates", "revenue_forecasts": "public.revenue_forecasts",
    "sales_data": "public.sales_data", "sync_logs": "public.sync_logs", "appwrite.users": "auth.users",
    "appwrite.user_preferences": "public.user_preferences",
}


@pytest.fixture(scope="module")
def moved(azure: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    """One migration from exports, for all tests that only look."""
    with target_cluster() as cluster, Migration(tmp_path_factory.mktemp("moved") / "run", cluster, azure) as made:
        made.ended = made.succeed()
        yield made


@pytest.mark.parametrize("count", DESTINATIONS)
def test_every_record_arrives(moved: Migration, count: str) -> None:
    assert int(moved.query(f"select count(*) from {DESTINATIONS[count]}")) == COUNTS[count]


def test_account_is_closed(moved: Migration) -> None:
    account = moved.account()
    assert account["balance"] == 0
    for entity in account["entities"]:
        assert entity["read"] == entity["loaded"] + entity["filtered"] + entity["rejected"], entity
    for table in account["tables"]:
        assert table["present"] == table["before"] + table["loaded"], table
    assert "Redis" in moved.ended.said and "sessions" in moved.ended.said


def test_supabase_auth_can_live_with_the_users(moved: Migration) -> None:
    assert moved.cluster.psql(file=SCANNER_CHECK) == ""
    reset = int(moved.query("select count(*) from graduate.losses where rule = 'password_reset'"))
    empty = int(moved.query("select count(*) from auth.users where encrypted_password = ''"))
    users = [json.loads(line) for line in (APPWRITE / "users.jsonl").open()]
    assert reset > 0
    assert empty == reset + sum(user["password"] is None for user in users)


def test_references_hold_across_sources(moved: Migration) -> None:
    """A sale refers to a book, a book to a user, a user to an account; and to the right ones."""
    assert int(moved.query("select count(*) from pg_constraint where contype = 'f' and convalidated "
                           "and connamespace = 'public'::regnamespace")) >= 20
    strangers = moved.query("select count(*) from public.users u join auth.users a on a.id = u.auth_id "
                            "where a.email is not null and a.email <> u.email")
    assert strangers.strip() == "0"
    other_owner = moved.query("select count(*) from public.sales_data s join public.books b on b.id = s.book_id "
                              "where b.user_id <> s.user_id")
    assert other_owner.strip() == "0"
    lost_keys = moved.query("select count(*) from (select * from public.daily_aggregates "
                            "where jsonb_typeof(book_breakdown) = 'object') d, jsonb_object_keys(book_breakdown) as key "
                            "where not exists (select from public.books where id = key::uuid)")
    assert lost_keys.strip() == "0"


def test_sequences_go_on_behind_the_last_row(moved: Migration) -> None:
    """And behind the last number that the source gave: rows were deleted there."""
    dump = AZURE_DUMP.read_text()
    for table in ("sales_data", "sync_logs", "ai_insights", "daily_aggregates", "revenue_forecasts"):
        given = int(re.search(rf"setval\('public.{table}_id_seq', (\d+), true\)", dump)[1])
        assert int(moved.query(f"select max(id) from public.{table}")) < given
        assert int(moved.query(f"select nextval(pg_get_serial_sequence('public.{table}', 'id'))")) == given + 1


def test_tables_are_closed_to_strangers(moved: Migration) -> None:
    assert moved.query("select count(*) from pg_tables where schemaname = 'public' and not rowsecurity").strip() == "0"
    denied = moved.query("select count(*) from pg_tables where schemaname = 'public' and "
                         "has_table_privilege('anon', format('%I.%I', schemaname, tablename), 'select')")
    assert denied.strip() == "0"


def test_a_user_sees_own_rows_only(moved: Migration) -> None:
    row = moved.query("select auth_id, id from public.users where exists "
                      "(select from public.books where user_id = users.id) order by id limit 1").strip()
    auth_id, user_id = row.split("|")
    seen = moved.query(f"""
        begin; select set_config('request.jwt.claims', '{{"sub": "{auth_id}"}}', true) is null;
        set local role authenticated;
        select count(*) = count(*) filter (where user_id = '{user_id}') and count(*) > 0 from public.books;
        commit""")
    assert seen.split() == ["f", "t"]


def test_microseconds_and_far_away_dates_survive(moved: Migration) -> None:
    assert int(moved.query("select count(*) from public.sync_logs where "
                           "extract(microseconds from synced_at)::int % 1000 <> 0")) > 0
    assert int(moved.query("select count(*) from public.ai_insights where valid_until = 'infinity'")) > 0
    assert int(moved.query("select count(*) from public.books where published_date < '0001-01-01'")) > 0
    assert int(moved.query("select count(*) from public.books where published_date > '9999-12-31'")) > 0


def test_a_finished_run_changes_nothing(moved: Migration) -> None:
    before = moved.checksums()
    again = moved.run()
    assert again.returncode == 0, again.said
    assert moved.checksums() == before


def test_live_sources_give_the_same(moved: Migration, azure: str, tmp_path: Path) -> None:
    """MongoDB and Appwrite as servers: the same account, the same rows in every table."""
    with (MongoServer(auth=True) as mongodb, Probe(APPWRITE, "1.8.1") as appwrite, target_cluster() as cluster,
          Migration(tmp_path / "run", cluster, azure) as live):
        mongodb.restore(DUMP)
        live.environment |= {"MONGODB_URI": mongodb.uri("authorstack"), 
                             "APPWRITE_URI": f"{appwrite.endpoint}?project={PROJECT}", "APPWRITE_API_KEY": KEY}
        live.succeed()
        # only a live Appwrite tells its permissions and indexes; it counts its records, a dump has only its documents
        # SecantusDB gives the deprecated DBPointer back as a DBRef, which holds an id (tests/rig/README.md)
        accounts = []
        for migration in (live, moved):
            paths = [{**path, "hex_ids": 0} if path["path"] == "legacy" else path for path in migration.account()["paths"]]
            accounts.append({**migration.account(), "objects": [], "counts": [], "hex_ids": [], "paths": paths})
        assert accounts[0] == accounts[1]
        for migration in (live, moved):
            assert {one["counted"] - one["read"] for one in migration.account()["counts"]} == {0}
        for migration in (live, moved):
            migration.query("update public.users set extra = null where extra -> 'legacy' ? 'dbPointer'")
        differing = {table for table, checksum in moved.checksums().items() if live.checksums()[table] != checksum}
        assert differing <= {"public.users", "the account of values"}, differing  # of which all but legacy was compared


def test_without_checkpoints(azure: str, targets: Cluster, undisturbed: dict[str, str], tmp_path: Path) -> None:
    with Migration(tmp_path / "run", targets, azure) as migration:
        ended = migration.run(*migration.run_arguments(), "--no-checkpoint")
        assert ended.returncode == 0, ended.said
        assert migration.checksums() == undisturbed
        assert not list((tmp_path / "run").rglob("*.gck"))
