"""What the policies that keep an Appwrite's permissions cost: reads with them against the same reads without.

    python -m tests.bench.access --rows 1000000

A forum (tests/integration/access_project.py) is moved into a throw-away Supabase, and its posts become as many as asked:
each is somebody's, every ten thousandth is also a team's, every hundred thousandth anybody's. Each read is done as a user
who is of the team, by Supabase's role, and as the owner of the tables, whom no policy holds; the figures are medians of
what EXPLAIN ANALYZE says of planning and execution.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.integration.access_project import MEMBER, Forum, forum_of
from tests.integration.migration import target_cluster

FILL = """
    truncate public.post_mentions, public.posts;
    insert into public.posts (id, title, permissions)
      select gen_random_uuid(), 'Title ' || n,
        array['read("user:' || u.id || '")', 'update("user:' || u.id || '")', 'delete("user:' || u.id || '")']
          || case when n % 10000 = 0 then array['read("team:' || (select id from public.teams where name = 'staff') || '")'] else '{{}}'::text[] end
          || case when n % 100000 = 0 then array['read("any")'] else '{{}}'::text[] end
      from generate_series(1, {rows}) n, lateral (select md5((n % 10000)::text)::uuid as id) u;
    create index posts_title on public.posts (title);
    vacuum analyze public.posts;
    insert into public.rooms (id, title, permissions) select gen_random_uuid(), title, permissions from public.posts;
    alter policy "read as in Appwrite (users)" on public.rooms
      using (permissions && (select access.grants('read'))
        or permissions @> (select case when array['read("label:none")'] && access.grants('read') then '{{}}'::text[] end));
    create table public.marks as select id, title, permissions from public.posts;
    create index on public.marks using gin (permissions);
    alter table public.marks enable row level security;
    grant select on public.marks to authenticated;
    create policy mixed on public.marks for select to authenticated
      using (permissions && (select access.grants('read')) or (select array['read("users/verified")'] && access.grants('delete')));
    vacuum analyze public.marks;
    vacuum analyze public.rooms;
"""
ROLES = "select array_agg(g) from (values ('read(\"any\")'), ('read(\"team:' || (select id from public.teams where name = 'staff') || '\")')) r (g)"
# A read as it is asked; and with what stands for the policy written into it, where without it all rows would come.
READS = {
    "one row by its key": ("select * from public.posts where id = '{id}'", None),
    "rows by another column": ("select * from public.posts where title in ('Title 10000', 'Title 20000', 'Title 7')", None),
    "all that one may read": ("select * from public.posts", "select * from public.posts where permissions && '{roles}'"),
    "its count": ("select count(*) from public.posts", "select count(*) from public.posts where permissions && '{roles}'"),
    "all, where a label may all": ("select * from public.rooms", "select * from public.rooms where permissions && '{roles}'"),
    "all, where verified users may all": ("select * from public.marks", "select * from public.marks where permissions && '{roles}'"),
    "one row's update": ("update public.posts set title = title where id = '{own}'", None),
}  # fmt: skip


def explained(forum: Forum, sql: str, asker: str | None, rounds: int) -> tuple[float, str]:
    """The median of its milliseconds, and how its rows are found."""
    become = f"select set_config('request.jwt.claims', '{{\"sub\": \"{asker}\"}}', true); set local role authenticated;" if asker else ""
    text = f"begin; {become} " + f"explain (analyze, format json) {sql};" * rounds + " rollback"
    said = forum.query(text)
    plans: list[dict[str, Any]] = []
    decoder, at = json.JSONDecoder(), said.find("[")
    while at >= 0:
        found, end = decoder.raw_decode(said, at)
        plans += found
        at = said.find("[", end)
    times = [plan["Planning Time"] + plan["Execution Time"] for plan in plans]
    return statistics.median(times), nodes(plans[-1]["Plan"])


def nodes(plan: dict[str, Any]) -> str:
    """Of a plan the node that reads the table, and by which index."""
    if plan.get("Index Name") or "Scan" in plan["Node Type"] and not plan.get("Plans"):
        return f"{plan['Node Type']} {plan.get('Index Name', '')}".strip()
    inner = [nodes(part) for part in plan.get("Plans", []) if not part.get("Subplan Name")]
    return inner[0] if inner else plan["Node Type"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory() as top, target_cluster() as cluster, forum_of(Path(top), cluster, posts=46) as forum:
        forum.succeed()
        forum.query(FILL.format(rows=given.rows))
        asker = forum.query(f"select id from auth.users where raw_app_meta_data ->> 'appwrite_id' = '{MEMBER}'").strip()
        forum.query(f"update public.posts set permissions = permissions || array['update(\"user:{asker}\")', 'read(\"user:{asker}\")'] where title = 'Title 1'")
        places = {
            "id": forum.query("select id from public.posts where title = 'Title 10000'").strip(),
            "own": forum.query("select id from public.posts where title = 'Title 1'").strip(),
            "roles": forum.query(ROLES).strip(),
        }  # fmt: skip
        print(f"{given.rows:,} rows, medians of {given.rounds} in milliseconds\n")
        print(f"{'read':46} {'with':>8} {'without':>8} {'ratio':>6}  found by")
        for name, (asked, written) in READS.items():
            held, how = explained(forum, asked.format(**places), asker, given.rounds)
            free, _ = explained(forum, (written or asked).format(**places), None, given.rounds)
            figures.append({"read": name, "with": held, "without": free, "ratio": held / free, "found_by": how})
            print(f"{name:46} {held:8.2f} {free:8.2f} {held / free:6.2f}  {how}")
    if given.json:
        given.json.write_text(json.dumps({"rows": given.rows, "reads": figures}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
