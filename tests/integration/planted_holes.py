"""The holes: what is done to the policies of a forum that moved, and who then may what he might not, or no more might.

Askers are called by the first of what tells them: guest, ann, ben (unverified), cat (by phone), dot (anonymous), eve
(labelled), fay (blocked), owner, hal (a plain member), ida (who has not confirmed), joe (of two teams).
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import NamedTuple

USERS = frozenset({"ann", "ben", "cat", "dot", "eve", "owner", "hal", "ida", "joe"})
EVERYBODY = USERS | {"guest", "fay"}
READ, ALL = frozenset({"read"}), frozenset({"read", "update", "delete"})


class Hole(NamedTuple):
    name: str
    sql: str
    # Exactly these tables, acts and askers are in the findings.
    tables: Set[str]
    acts: Set[str]
    askers: Set[str]
    says: str = ""



def policy(command: str, using: str, table: str = "posts", of: str = "public") -> str:
    check = "with check" if command == "insert" else "using"
    return f"create policy hole on public.{table} for {command} to {of} {check} ({using})"


def user(name: str, change: str) -> str:
    return f"update auth.users set {change} where raw_app_meta_data ->> 'appwrite_id' = '{name}'"


def permissions(change: str, title: int, table: str = "posts") -> str:
    return f"update public.{table} set permissions = {change} where title = 'Title {title}'"


def asker(text: str) -> str:
    """Of a finding."""
    found = re.search(r"^\S+: (a[n]? [^(]*?)(?: \((\S+)\))? may ", text)
    assert found, text
    return {"5f0c8a1b2c3d4e5f60718293": "owner", None: "guest"}.get(found[2], found[2])


def function(before: str, after: str) -> str:
    """The function, made anew with another word."""
    text = "pg_get_functiondef('access.grants(text)'::regprocedure)"
    return f"""do $do$ declare made text := replace({text}, $x${before}$x$, $x${after}$x$); begin
        assert made <> {text}; execute made; end $do$"""


OF_DOCUMENTS = frozenset({"posts", "post_mentions", "rooms", "logs"})
TABLES = OF_DOCUMENTS | {"news"}
MENTIONED = frozenset({"posts", "post_mentions"})
KNOWN = EVERYBODY - {"fay"}
CREATE = frozenset({"create"})

# Holes of one round are planted at once: they are of different tables or askers.
ROUNDS: dict[str, list[Hole]] = {
    "the function": [
        Hole("a role too much for strangers", function("array['any', 'guests']", "array['any', 'guests', 'users']"), OF_DOCUMENTS, ALL, {"guest"}),
        Hole("blocked users let in", function("and (u.banned_until is null or u.banned_until <= now())", ""), TABLES, ALL | CREATE, {"fay"}),
        Hole("memberships that are not confirmed", function('where m."confirmed"', "where true"), TABLES, ALL | CREATE, {"ida"}),
        Hole("labels ignored", function("select 'label:'", "select 'unknown:'"), TABLES, ALL, {"eve"}),
        Hole("every member an owner", function("|| '/' || role from", "|| '/owner' from"), TABLES, ALL | CREATE, {"joe"}),
        Hole("phones do not count", function("u.email_confirmed_at is not null or u.phone_confirmed_at is not null", "u.email_confirmed_at is not null"), OF_DOCUMENTS, ALL, {"cat"}),
        Hole("a membership is lost", "delete from public.memberships where id = 'm2'", TABLES, ALL, {"hal"}),
    ],
    "the function, again": [
        Hole("everybody verified", function("else 'unverified'", "else 'verified'"), OF_DOCUMENTS, ALL, {"ben", "dot", "ida"}),
        Hole("no longer blocked", user("fay", "banned_until = null"), TABLES, ALL | CREATE, {"fay"}),
        Hole("nobody may call it", "revoke execute on function access.grants(text) from anon", TABLES, ALL, {"guest"}, "permission denied"),
        Hole("labels of somebody else", user("eve", "raw_app_meta_data = jsonb_set(raw_app_meta_data, '{labels}', '[\"none\"]')"), TABLES, ALL, {"eve"}),
    ],
    "the function as who asks": [
        Hole("it reads as who asks", "alter function access.grants(text) security invoker", TABLES, ALL | CREATE, KNOWN, "the server says: "),
    ],
    "strangers": [
        Hole("they read what is switched off", "grant select on public.hidden to anon; " + policy("select", "true", "hidden", "anon"),
             {"hidden"}, READ, {"guest"}, "may read 0 rows in Appwrite, and 69 here"),
        Hole("a right too much", "grant delete on public.news to anon; " + policy("delete", "true", "news", "anon"), {"news"}, {"delete"}, {"guest"}),
        Hole("a label too much", user("ben", "raw_app_meta_data = jsonb_set(raw_app_meta_data, '{labels}', '[\"vip\"]')"), TABLES, ALL, {"ben"}),
    ],
    "policies": [
        Hole("row-level security off", "alter table public.posts disable row level security", {"posts"}, ALL | CREATE, EVERYBODY, "only here: "),
        Hole("for the wrong role", 'alter policy "read as in Appwrite (users)" on public.rooms to anon', {"rooms"}, ALL, USERS, "and 0 here"),
        Hole("the wrong action", 'alter policy "update as in Appwrite" on public.logs using (permissions && (select access.grants(\'read\')))',
             {"logs"}, {"update"}, USERS | {"guest"}),
        Hole("the wrong role", 'alter policy "delete as in Appwrite (users)" on public.news using ((select array[\'read("users")\'] && access.grants(\'read\')))',
             {"news"}, {"delete"}, USERS - {"eve"}),
    ],
    "policies, again": [
        Hole("always true", policy("select", "true"), {"posts"}, ALL, EVERYBODY),
        Hole("a restriction", "create policy narrow on public.news as restrictive for select using (title <> 'Title 7')",
             {"news"}, ALL, KNOWN, "may read 69 rows in Appwrite, and 68 here; only there: "),
    ],
    "policies that are missing": [
        Hole("of reading", 'drop policy "read as in Appwrite" on public.posts', MENTIONED, ALL, KNOWN, "and 0 here; only there: "),
        Hole("anybody makes rows", policy("insert", "true", "news"), {"news"}, CREATE, EVERYBODY - {"owner", "guest"},
             "may not create a row in Appwrite, and may here"),
    ],
    "rights": [
        Hole("nobody makes rows", "revoke insert on public.posts from authenticated", {"posts"}, CREATE, USERS),
        Hole("a table below", policy("select", "true", "post_mentions"), {"post_mentions"}, READ, EVERYBODY),
    ],
    "rights to read": [Hole("none", "revoke select on public.posts from authenticated", MENTIONED, ALL, USERS)],
    # The owner may update every post that he reads, and so change, and delete, what is below it.
    "a permission is lost": [Hole("of everybody", permissions("'{}'", 0), {"posts"}, {"read", "update"}, KNOWN)],
    "a permission too much": [
        Hole("of everybody", permissions("permissions || array['read(\"any\")']", 22), MENTIONED, ALL, KNOWN)],
    "a permission of another": [
        Hole("ann's is ben's", permissions("array['read(\"user:' || (select id from auth.users where email = 'ben@example.com') || '\")']", 5),
             MENTIONED, READ, {"ann", "ben"})],
}  # fmt: skip
