"""What a Postgres source computes as it is read: the origin "sql" of a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.complaint import USAGE
from tests.integration.kept_tables import Kept
from tests.integration.small_project import project
from tests.rig.postgres import Cluster

OLD = {"old": {"kind": "postgres", "uri": "${OLD_URI}"}}
ROWS = 300  # several batches, each longer than one
SOURCE = f"""
    create extension citext;
    create type mood as enum ('ok', 'bad');
    create function shout(text) returns text language sql immutable return upper($1) || '!';
    create table people (id int primary key, email text, born timestamptz, amount numeric(12,4), mood mood, tags text[],
      prefs jsonb, "select" text, at point, secret text);
    insert into people select n, 'Ann' || n || '@X.org', '2024-01-02 03:04:05+00'::timestamptz + n * interval '1 h', n * 1.0625, 'ok',
      array['b', 'a'], '{{"lines": [{{"n": 1}}, {{"n": 2}}]}}', 'q''' || n, point(n, 1), 'x' from generate_series(1, {ROWS}) n;
    insert into people (id) values (0);
    create table tickets (code citext primary key, title text not null, owner text default 'nobody', unique (title));
    insert into tickets select 'T' || n, 'Title ' || n, 'o' || n from generate_series(1, {ROWS}) n;
    create table events (happened date, what text);
    insert into events select '2024-01-01'::date + n, 'w' || n from generate_series(1, {ROWS}) n;
"""
COLUMNS: dict[str, Any] = {
    "id": "id",
    "login": {"sql": "lower(email) -- as it was typed", "null": True},
    "total": {"sql": "round(amount * 2, 2)::numeric(14,2)", "type": "numeric(14,2)"},
    "exact": {"sql": "amount * 2"},
    "day": {"sql": "(born at time zone 'Europe/Berlin')::date"},
    "later": {"sql": "born + interval '1 day'"},
    "mood": {"sql": "mood::text", "type": "text", "do": ["upper"], "default": "NONE", "null": False},
    "feeling": {"sql": "coalesce(mood, 'bad')", "type": "text"},
    "feel": {"sql": "mood"},
    "sorted": {"sql": "array(select t from unnest(tags) t order by t)"},
    "merged": {"sql": "coalesce(prefs, '{}') || jsonb_build_object('id', people.id)"},
    "grown": {"sql": "amount > 100"},
    "word": {"sql": "\"select\" || ';--'"},
    "east": {"sql": "at[0]"},
    "loud": {"sql": "public.shout(email)"},
    "n": {"sql": "(select count(*) from public.events)"},
    "either": {"first": [{"sql": "nullif(email, 'Ann1@X.org')"}, {"const": "none"}], "type": "text"},
    "both": {"join": [{"sql": "lower(email)"}, "id"], "with": "/", "type": "text"},
    "made": {"object": {"low": {"sql": "lower(email)"}, "days": {"array": [{"sql": "extract(day from born)::int"}]}}, "type": "jsonb"},
    "rest": {"rest": True},
}  # fmt: skip
FILES: dict[str, Any] = {
    "project": project("computed", OLD, not_kept={"old": {"unique": {"tickets_title_key on tickets": "titles change"}}}),
    "users": {  # the last to be read
        "from": "old.people",
        "to": {
            "public.people": {"key": ["id"], "columns": COLUMNS},
            "public.tags": {
                "each": "tags", "key": ["id", "tag"],
                "columns": {"id": {"parent": "id"}, "tag": {"from": ".", "type": "text"}, "login": {"sql": "lower(email)", "type": "text"}},
            },
        },
    },
    "tickets": {
        "from": "old.tickets",
        "to": {"public.tickets": {"keep_shape": True, "columns": {"title": {"sql": "upper(title) || (code = 't1')"}, "own": {"sql": "owner is null"}}}},
    },
    "events": {
        "from": "old.events",
        "to": {"public.events": {"key": ["day"], "columns": {"day": {"sql": "happened::text", "null": False}, "what": {"sql": "what || '?'"}}}},
    },
}  # fmt: skip
# Each refused at its place, in the source's words or graduate's.
MISTAKES = {
    "lower(emial)": 'column "emial" does not exist (Perhaps you meant to reference the column "people.email".)',
    "lower(email": "syntax error",
    "1) union select (2": "syntax error at or near \")\"",
    "1; drop table people": 'syntax error at or near ";"',
    "email /* to the end": "unterminated /* comment",
    "email || '": "unterminated quoted string",
    "email as x": 'syntax error at or near "as"',
    "id, email": "this is no single value",
    "count(*)": "aggregate functions are not allowed in WHERE",
    "row_number() over ()": "window functions are not allowed in WHERE",
    "unnest(tags)": "set-returning functions are not allowed in WHERE",
    "id + random()": "another value each time it is asked",
    "(select gen_random_uuid())": "another value each time it is asked",
    "coalesce(born, now())": "the moment at which it is asked",
    "current_date - id": "the moment at which it is asked",
    "$1": "bind message supplies 0 parameters",
    "lost(email)": "function lost(text) does not exist (what is none of PostgreSQL's own is named with its schema",
    "(with x as (delete from public.people returning id) select id from x)": "must be at the top level",
    "set_config('row_security', 'on', false)": "another value each time it is asked",
    "id + 1 / 0": "division by zero",
    "ctid": 'column "ctid" does not exist',
}  # fmt: skip


# Of tables of the target, the same by the source itself.
EXPECTED = {
    "select id, login, total, exact, day, later, mood, feeling, feel, sorted, merged, grown, word, east, loud, n, either, \"both\", made, rest"
    " from public.people order by id":
    "select id, lower(email), round(amount * 2, 2), amount * 2, (born at time zone 'Europe/Berlin')::date, born + interval '1 day',"
    " upper(coalesce(mood::text, 'none')), coalesce(mood, 'bad'), mood, array(select t from unnest(tags) t order by t),"
    " coalesce(prefs, '{}') || jsonb_build_object('id', id), amount > 100, \"select\" || ';--', at[0], public.shout(email), 300,"
    " case when email is null or id = 1 then 'none' else email end, concat_ws('/', lower(email), id),"
    " jsonb_build_object('low', lower(email), 'days', jsonb_build_array(extract(day from born)::int)),"
    " jsonb_build_object('secret', secret) from people order by id",
    "select * from public.tags order by 1, 2": "select id, t, lower(email) from people, unnest(tags) t order by 1, 2",
    # code is compared as the citext that it is
    "select code, owner, title, own from public.tickets order by 1":
    "select code, owner, upper(title) || (code = 'T1'::citext), false from tickets order by 1",
    "select * from public.events order by 1": "select happened, what || '?' from events order by 1",
}  # fmt: skip


def test_values(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    """They come as the source computes them, also where the run was stopped, and are told from others."""
    with Kept(tmp_path, targets, old, FILES, SOURCE) as made:
        made.query("create extension citext schema extensions")
        told = "values that the source computes by \"sql\", in events (2), tickets (2), users (20): that they arrive as it gave them"
        planned = made.plan()
        assert planned.returncode == 0 and told in planned.stdout, planned.said
        for batch, entity in ((14, "tickets"), (40, "users")):  # others have fewer batches
            made.run(GRADUATE_CRASH_AT=f"load.after_commit:{batch}")
            assert made.query("select entity from graduate.batches group by 1 order by 1 desc limit 1").strip() == entity
        assert told in made.succeed().stdout
        for there, here in EXPECTED.items():
            assert made.query(there) == old.psql(f"set timezone = 'UTC'; {here}", database=made.environment["OLD_URI"].rpartition("/")[2].partition("?")[0]), there
        paths = {(path["entity"], path["path"]): path for path in made.account()["paths"]}
        assert paths["users", "email"]["changed"] == paths["users", "email"]["by sql"] == ROWS + 1
        assert paths["users", "secret"]["rest"] == ROWS + 1 and "by sql" not in paths["users", "id"]
        verified = made.run("verify", "--run-dir", str(made.folder))
        assert verified.returncode == 0, verified.said
        assert "what you asked for arrived" in verified.stdout and 'of which the source made others by "sql"' in " ".join(verified.stdout.split())
        made.query("update public.people set login = upper(login) where id = 7; update public.tickets set title = title || '?' where code = 'T9'")
        verified = made.run("verify", "--run-dir", str(made.folder), "--level", "content")
        assert verified.returncode == 1 and "login" in verified.stdout and "title" in verified.stdout, verified.said


def test_mistakes(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    columns = {"id": "id", **{f"c{n}": {"sql": sql} for n, sql in enumerate(MISTAKES)}, "rest": {"rest": True}}
    files = {**FILES, "users": {"from": "old.people", "to": {"public.people": {"key": ["id"], "columns": columns}}}}
    with Kept(tmp_path, targets, old, files, SOURCE) as made:
        planned = made.plan()
        assert planned.returncode == USAGE, planned.said
        told = planned.stderr.split("/to/public.people/columns/c")[1:]
        assert len(told) == len(MISTAKES), planned.said
        for n, (mistake, one) in enumerate(zip(MISTAKES.items(), told, strict=True)):
            assert one.startswith(f"{n}/sql: ") and mistake[1] in one, (mistake, one)
        assert made.untouched()
