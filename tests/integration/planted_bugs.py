"""The planted bugs: what is done to a verified target, and every finding that it must cause.

BUGS are planted in AuthorStack's target; those that only act on rows, or show them, and what changes a target without
making it wrong, stand in planted_acts.py. MEASURE_BUGS are planted in that of MEASURES, a table with the types that
AuthorStack does not have; HARMLESS_MEASURES do no harm to it.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple


class Bug(NamedTuple):
    name: str
    sql: str
    # Exactly these, as (level, kind, table); findings about a whole entity are of no table.
    findings: Set[tuple[str, str, str]]
    # Exactly the columns in which rows are said to differ.
    columns: Set[str] = frozenset()
    # What one of the findings says, where the same kind could be found for another reason.
    says: str = ""
    # Levels in which something could not be looked at any more, and nothing is found.
    unchecked: Set[str] = frozenset()


def first(table: str, where: str = "true", key: str = "id") -> str:
    """The key of the first row for which something is true; of several columns, compare it with (key)."""
    return f"(select {key} from {table} where {where} order by {key} limit 1)"


def last(table: str, where: str = "true", key: str = "id") -> str:
    return f"(select {key} from {table} where {where} order by {key} desc limit 1)"


OWN_ROWS = "user_id in (select id from public.users where auth_id = (select auth.uid()))"
OWN_POSTS = "author_id in (select id from public.users where auth_id = (select auth.uid()))"
READ_OWN = '"own rows" on public.books'
READ_POSTS = '"read public posts and own ones" on public.community_posts'


def reference_anew(more: str, to: str = "public.books(id)") -> str:
    return f"""
        alter table public.sales_data drop constraint sales_data_book_id_fkey;
        alter table public.sales_data add constraint sales_data_book_id_fkey
          foreign key (book_id) references {to} {more}
    """


# ---- what stands around the rows: indexes, keys, foreign keys, checks, defaults, sequences -------------

SHAPE = [
    Bug("index dropped", "drop index public.books_user_id_status_idx",
        {("references", "no index", "public.books")}, says="(user_id, status)"),
    Bug("index on another column",
        "drop index public.books_asin_idx; create index books_asin_idx on public.books(title)",
        {("references", "no index", "public.books")}, says="(asin)"),
    Bug("index without its desc",
        "drop index public.community_posts_created_at_idx;"
        " create index community_posts_created_at_idx on public.community_posts(created_at)",
        {("references", "no index", "public.community_posts")}, says="created_at desc"),
    Bug("index of a reference dropped", "drop index public.idx_sales_book",
        {("references", "no index", "public.sales_data")}, says="book_id"),
    Bug("unique dropped", "alter table public.users drop constraint users_email_key",
        {("references", "no key", "public.users")}, says="(email)"),
    Bug("primary key dropped", "alter table public.sync_logs drop constraint sync_logs_pkey",
        {("references", "no key", "public.sync_logs")}),
    Bug("primary key over other columns",
        "alter table public.post_likes drop constraint post_likes_pkey;"
        " alter table public.post_likes add primary key (post_id, position)",
        {("references", "no key", "public.post_likes"), ("references", "extra key", "public.post_likes")},
        says="(post_id, user_id)"),
    Bug("reference dropped", "alter table public.sales_data drop constraint sales_data_book_id_fkey",
        {("references", "no reference", "public.sales_data")}, says="missing"),
    Bug("reference not validated", reference_anew("on delete cascade not valid"),
        {("references", "no reference", "public.sales_data")}, says="not validated"),
    Bug("reference with another on delete", reference_anew("on delete set null"),
        {("references", "no reference", "public.sales_data")}, says="another ON DELETE"),
    Bug("reference to another table",
        "create table public.other(id uuid primary key); insert into public.other select id from public.books;"
        + reference_anew("on delete cascade", "public.other(id)"),
        {("references", "no reference", "public.sales_data")}, says="something else"),
    Bug("reference with its triggers off", "alter table public.sales_data disable trigger all",
        {("references", "no reference", "public.sales_data")}, says="not enforced"),
    Bug("check not validated",
        "alter table public.checklists drop constraint checklists_progress_range;"
        " alter table public.checklists add constraint checklists_progress_range"
        "  check (progress between 0 and 100) not valid",
        {("references", "no check", "public.checklists")}, says="not validated"),
    Bug("check dropped", "alter table public.checklists drop constraint checklists_progress_range",
        {("references", "no check", "public.checklists")}, says="missing"),
    Bug("check altered",
        "alter table public.checklists drop constraint checklists_progress_range;"
        " alter table public.checklists add constraint checklists_progress_range check (progress between 0 and 1000)",
        {("references", "no check", "public.checklists")}, says="1000"),
    Bug("list of values dropped", "alter table public.books drop constraint books_status_check",
        {("references", "no check", "public.books")}, says="missing"),
    Bug("list of values longer",
        "alter table public.ai_insights drop constraint ai_insights_insight_type_check;"
        " alter table public.ai_insights add check (insight_type in ('trend', 'pricing', 'forecast', 'x'))",
        {("references", "no check", "public.ai_insights"), ("references", "extra check", "public.ai_insights")},
        says="insight_type"),
    Bug("list of values not validated",
        "alter table public.books drop constraint books_status_check;"
        " alter table public.books add check (status in ('draft', 'published', 'archived')) not valid",
        {("references", "no check", "public.books")}, says="not validated"),
    Bug("null allowed", "alter table public.books alter title drop not null",
        {("references", "null allowed", "public.books")}, says="title"),
    Bug("null allowed in a key",
        "alter table public.post_likes drop constraint post_likes_pkey;"
        " alter table public.post_likes alter user_id drop not null",
        {("references", "no key", "public.post_likes"), ("references", "null allowed", "public.post_likes")},
        says="column user_id may be NULL"),
    Bug("default dropped", "alter table public.books alter created_at drop default",
        {("references", "no default", "public.books")}, says="created_at"),
    Bug("another default", "alter table public.books alter status set default 'archived'",
        {("references", "no default", "public.books")}, says="archived"),
    Bug("sequence too low", "select setval(pg_get_serial_sequence('public.sales_data', 'id'), 5)",
        {("references", "sequence", "public.sales_data")}),
    Bug("sequence at the last number",
        "select setval(pg_get_serial_sequence('public.sales_data', 'id'),"
        " (select max(id) from public.sales_data), false)",
        {("references", "sequence", "public.sales_data")}, says="a row has"),
    Bug("no sequence", "alter table public.sync_logs alter id drop identity",
        {("references", "sequence", "public.sync_logs")}, says="no sequence"),
    Bug("table dropped", "drop table public.sync_logs",
        {("counts", "no table", "public.sync_logs"), ("content", "no table", "public.sync_logs"),
         ("references", "no table", "public.sync_logs")}, unchecked={"supabase"}),
    Bug("table renamed", "alter table public.sync_logs rename to sync_log",
        {("counts", "no table", "public.sync_logs"), ("content", "no table", "public.sync_logs"),
         ("references", "no table", "public.sync_logs")}, unchecked={"supabase"}),
    Bug("column dropped", "alter table public.books drop column isbn",
        {("content", "no column", "public.books"), ("references", "no column", "public.books")}, says="isbn"),
    Bug("column renamed", "alter table public.books rename isbn to isbn13",
        {("content", "no column", "public.books"), ("references", "no column", "public.books")}, says="isbn"),
    Bug("wider integer", "alter table public.books alter page_count type bigint",
        {("references", "type", "public.books")}, says="page_count"),
    Bug("text of a length", "alter table public.books alter isbn type varchar(255)",
        {("references", "type", "public.books")}, says="isbn"),
    Bug("decimals of another scale", "alter table public.competitor_prices alter price type numeric(12, 4)",
        {("references", "type", "public.competitor_prices")}, says="numeric(12,4)"),
    Bug("decimals as doubles", "alter table public.competitor_prices alter price type double precision",
        {("references", "type", "public.competitor_prices"), ("content", "different", "public.competitor_prices")},
        {"price"}),
    Bug("moments without their zone",
        "alter table public.sync_logs alter synced_at type timestamp using synced_at at time zone 'Europe/Berlin'",
        {("references", "type", "public.sync_logs"), ("content", "different", "public.sync_logs")}, {"synced_at"}),
    Bug("json where jsonb belongs", "alter table public.books alter extra type json",
        {("references", "type", "public.books")}, says="extra"),
    Bug("a type that no value becomes",
        "alter table public.checklists alter progress drop default;"
        " alter table public.checklists drop constraint checklists_progress_range;"
        " alter table public.checklists alter progress type money using progress::money",
        {("references", "type", "public.checklists"), ("references", "no check", "public.checklists"),
         ("references", "no default", "public.checklists"), ("content", "different", "public.checklists")},
        {"progress"}, "money"),
]  # fmt: skip

# ---- who may see what ---------------------------------------------------------------------------------

SECURITY = [
    Bug("row security off", "alter table public.books disable row level security",
        {("supabase", "row security", "public.books")}),
    Bug("policy dropped", f"drop policy {READ_OWN}",
        {("supabase", "no policy", "public.books")}, says="missing"),
    Bug("policy for everything", f"alter policy {READ_OWN} using (true)",
        {("supabase", "no policy", "public.books")}, says="USING"),
    Bug("policy on another column", f"alter policy {READ_OWN} using ({OWN_ROWS.removeprefix('user_')})",
        {("supabase", "no policy", "public.books")}, says="USING"),
    Bug("half of a policy on another column",
        f"alter policy {READ_POSTS} using (visibility = 'public' or {OWN_POSTS.removeprefix('author_')})",
        {("supabase", "no policy", "public.community_posts")}, says="USING"),
    Bug("policy with another constant",
        f"alter policy {READ_POSTS} using (visibility = 'followers' or {OWN_POSTS})",
        {("supabase", "no policy", "public.community_posts")}, says="USING"),
    Bug("policy turned round", f"alter policy {READ_OWN} using ({OWN_ROWS.replace(' in ', ' not in ', 1)})",
        {("supabase", "no policy", "public.books")}, says="USING"),
    Bug("policy that selects another column",
        f"alter policy {READ_OWN} using ({OWN_ROWS.replace('select id', 'select auth_id')})",
        {("supabase", "no policy", "public.books")}, says="USING"),
    Bug("policy for other roles", f"alter policy {READ_OWN} to public",
        {("supabase", "no policy", "public.books")}, says="roles"),
    Bug("policy for other commands",
        f"drop policy {READ_OWN}; create policy {READ_OWN} for all to authenticated using ({OWN_ROWS})",
        {("supabase", "no policy", "public.books")}, says="command"),
    Bug("restrictive policy",
        f"drop policy {READ_OWN};"
        f" create policy {READ_OWN} as restrictive for select to authenticated using ({OWN_ROWS})",
        {("supabase", "no policy", "public.books")}, says="restrictive"),
    Bug("one policy more", 'create policy "all" on public.books for select to anon using (true)',
        {("supabase", "extra policy", "public.books")}),
    Bug("grant to anon", "grant select on public.books to anon",
        {("supabase", "grant", "public.books")}, says="anon"),
    Bug("grant of a column to anon", "grant select (title) on public.books to anon",
        {("supabase", "grant", "public.books")}, says="SELECT (title)"),
    Bug("grant to everybody", "grant select on public.books to public",
        {("supabase", "grant", "public.books")}, says="public has SELECT"),
    Bug("one right more", "grant update on public.books to authenticated",
        {("supabase", "grant", "public.books")}, says="UPDATE"),
    Bug("one right less", "revoke select on public.books from authenticated",
        {("supabase", "grant", "public.books")}, says="no rights"),
    Bug("right to pass a right on", "grant select on public.books to authenticated with grant option",
        {("supabase", "grant", "public.books")}, says="WITH GRANT OPTION"),
]  # fmt: skip

# ---- rows that are lost, made up, doubled, or in the wrong place ---------------------------------------

TASKS = "public.checklist_tasks"
PRICES = "public.competitor_prices"
POSTS = "public.community_posts"
OF_A_POST = ("public.post_attachments", "public.post_likes", "public.post_comments")
HAS_ALL = " and ".join(f"exists (select from {child} c where c.post_id = p.id)" for child in OF_A_POST)
WITH_CHILDREN = f"(select p.id from {POSTS} p where {HAS_ALL} order by p.id limit 1)"
TWO_POSTS = ", ".join(end("public.post_attachments", key="post_id") for end in (first, last))
FIRST_TASK = first(TASKS, key="checklist_id, position")
LONG_LIST = f"(select checklist_id from {TASKS} group by 1 having count(*) > 3 order by 1 limit 1)"


def lost(*tables: str) -> set[tuple[str, str, str]]:
    return {finding for table in tables for finding in (("counts", "count", table), ("content", "missing", table))}


def made_up(table: str) -> set[tuple[str, str, str]]:
    return {("counts", "count", table), ("content", "extra", table)}


def twice(table: str) -> set[tuple[str, str, str]]:
    return {("counts", "count", table), ("content", "duplicated", table),
            ("references", "no key", table), ("references", "duplicated", table)}  # fmt: skip


def other_key(table: str) -> set[tuple[str, str, str]]:
    """The row is there under a key that no record makes."""
    return {("content", "missing", table), ("content", "extra", table)}


ROWS = [
    Bug("row lost", f"delete from public.sync_logs where id = {first('public.sync_logs')}",
        lost("public.sync_logs")),
    Bug("last row lost", f"delete from public.sync_logs where id = {last('public.sync_logs')}",
        lost("public.sync_logs")),
    Bug("batch lost",
        "delete from public.sales_data where id in (select id from public.sales_data order by id offset 500 limit 200)",
        lost("public.sales_data")),
    Bug("all rows lost", "delete from public.sync_logs", lost("public.sync_logs")),
    Bug("first child lost", f"delete from {TASKS} where (checklist_id, position) = {FIRST_TASK}",
        lost(TASKS)),
    Bug("parent lost with its children", f"delete from {POSTS} where id = {WITH_CHILDREN}",
        lost(POSTS, *OF_A_POST)),
    Bug("parent lost without its children",
        f"set session_replication_role = replica; delete from {POSTS} where id = {WITH_CHILDREN}",
        lost(POSTS) | {("references", "orphan", child) for child in OF_A_POST}),
    Bug("row made up",
        f"insert into public.books (user_id, title) values ({first('public.users')}, 'The Book That Nobody Wrote')",
        made_up("public.books")),
    Bug("row of another run",
        "insert into public.sync_logs (user_id, platform, status, records_synced, error_message, synced_at)"
        f" select user_id, platform, status, records_synced, error_message, synced_at from public.sync_logs"
        f" where id = {first('public.sync_logs')}",
        made_up("public.sync_logs")),
    Bug("user made up",
        "create temp table copy as select * from auth.users where email_confirmed_at is not null order by id limit 1;"
        " update copy set id = gen_random_uuid(), email = 'nobody@example.com', phone = null, raw_app_meta_data = '{}';"
        " alter table copy drop confirmed_at;"
        " select format('insert into auth.users (%1$s) select %1$s from copy', string_agg(attname, ', '))"
        "  from pg_attribute where attrelid = 'copy'::regclass and attnum > 0 and not attisdropped \\gexec",
        made_up("auth.users")),
    Bug("child made up",
        f"insert into {PRICES} select competitor_id, max(position) + 1, 1, now() from {PRICES}"
        " group by 1 order by 1 limit 1",
        made_up(PRICES)),
    Bug("row twice",
        "alter table public.marketplace_boosts drop constraint marketplace_boosts_pkey;"
        " insert into public.marketplace_boosts select * from public.marketplace_boosts order by id limit 1",
        twice("public.marketplace_boosts")),
    Bug("batch twice",
        "alter table public.sync_logs drop constraint sync_logs_pkey;"
        " insert into public.sync_logs select * from public.sync_logs order by id limit 100",
        twice("public.sync_logs")),
    Bug("row twice, once changed",
        "alter table public.marketplace_boosts drop constraint marketplace_boosts_pkey;"
        " insert into public.marketplace_boosts (id, book_id, user_id, duration_days, credits_spent)"
        "  select id, book_id, user_id, duration_days, credits_spent + 1 from public.marketplace_boosts"
        "  order by id limit 1",
        twice("public.marketplace_boosts")),
    Bug("child twice",
        f"alter table {PRICES} drop constraint competitor_prices_pkey;"
        f" insert into {PRICES} select * from {PRICES} order by competitor_id, position limit 1",
        twice(PRICES)),
    Bug("same child again behind the last",
        f"insert into {PRICES} select competitor_id, position + 1, price, recorded_at from {PRICES}"
        f" where (competitor_id, position) = (select competitor_id, max(position) from {PRICES}"
        "  group by 1 order by 1 limit 1)",
        made_up(PRICES)),
    Bug("id made anew", f"update public.marketplace_boosts set id = gen_random_uuid()"
        f" where id = {first('public.marketplace_boosts')}",
        other_key("public.marketplace_boosts")),
    Bug("child of another parent",
        "update public.connected_platforms set user_id ="
        f" {first('public.users', 'id not in (select user_id from public.connected_platforms)')}"
        f" where (user_id, position) = {first('public.connected_platforms', key='user_id, position')}",
        other_key("public.connected_platforms")),
    Bug("like of somebody else",
        "update public.post_likes l set user_id = (select id from public.users"
        "  where id not in (select user_id from public.post_likes o where o.post_id = l.post_id) order by id limit 1)"
        f" where (post_id, user_id) = {first('public.post_likes', key='post_id, user_id')}",
        other_key("public.post_likes")),
    Bug("children of two parents swapped",
        "update public.post_attachments a set url = b.url, type = b.type from public.post_attachments b"
        f" where a.position = 1 and b.position = 1 and a.post_id in ({TWO_POSTS}) and b.post_id in ({TWO_POSTS})"
        " and a.post_id <> b.post_id",
        {("content", "different", "public.post_attachments")}, {"type", "url"}),
    Bug("two children swapped",
        f"alter table {TASKS} drop constraint checklist_tasks_pkey;"
        f" update {TASKS} set position = 3 - position where checklist_id = {LONG_LIST} and position in (1, 2);"
        f" alter table {TASKS} add primary key (checklist_id, position)",
        {("content", "misplaced", TASKS)}, {"position"}),
    Bug("children in reverse",
        f"alter table {PRICES} drop constraint competitor_prices_pkey;"
        f" update {PRICES} p set position = (select max(position) from {PRICES} o"
        "  where o.competitor_id = p.competitor_id) + 1 - position;"
        f" alter table {PRICES} add primary key (competitor_id, position)",
        {("content", "misplaced", PRICES)}, {"position"}),
    Bug("children counted from 0",
        f"alter table {PRICES} drop constraint competitor_prices_pkey;"
        f" update {PRICES} set position = position - 1;"
        f" alter table {PRICES} add primary key (competitor_id, position)",
        {("content", "misplaced", PRICES)}, {"position"}),
    Bug("batch gone from the ledger",
        "delete from graduate.batches where (entity, batch) ="
        " (select entity, max(batch) from graduate.batches where entity = 'sync_logs' group by 1)",
        {("counts", "count", ""), ("counts", "count", "public.sync_logs"), ("content", "values", "")}),
    Bug("losses that nobody may know of",
        "delete from graduate.losses where rule = 'password_reset'",
        {("counts", "count", "graduate.losses")}, says="accounts: 53 lines are there, and the run wrote 127"),
    Bug("a loss too many",
        "insert into graduate.losses (run, entity, key, path, rule, before, after)"
        " select run, 'users', '1', 'email', 'password_reset', '', '' from graduate.runs",
        {("counts", "count", "graduate.losses")}),
    Bug("loaded record counted as filtered",
        "update graduate.batches set filtered = 1 where entity = 'sync_logs' and batch = 1",
        {("content", "count", "")}, says="1 records were filtered"),
    Bug("value that is nowhere",
        """update graduate.batches set paths = jsonb_set(paths, '{platform,written}', '1')
           where entity = 'sync_logs' and batch = 1""",
        {("counts", "values", ""), ("content", "values", "")}, says="which does not add up"),
    Bug("value counted as dropped",
        """update graduate.batches set paths = jsonb_set(paths, '{platform}',
             jsonb_build_object('seen', paths #> '{platform,seen}', 'dropped', paths #> '{platform,seen}'))
           where entity = 'sync_logs' and batch = 1""",
        {("content", "values", "")}, says="sync_logs, platform"),
]  # fmt: skip

# ---- references, and who is who at Supabase Auth -------------------------------------------------------

USERS = "auth.users"
IDENTITIES = "auth.identities"
NO_TRIGGERS = "set session_replication_role = replica;"
TWO_USERS = f"{first('public.users')}, {last('public.users')}"
A_USER = first(USERS, "email is not null and encrypted_password <> ''")
ANOTHER_USER = last(USERS, "email is not null and encrypted_password <> ''")


def changed(table: str) -> tuple[str, str, str]:
    return ("content", "different", table)


WHO = [
    Bug("reference to nobody",
        f"{NO_TRIGGERS} update public.sales_data set book_id = gen_random_uuid()"
        f" where id = {first('public.sales_data')}",
        {changed("public.sales_data"), ("references", "orphan", "public.sales_data")}, {"book_id"}, "(book_id)"),
    Bug("reference to nobody, and none is declared",
        "alter table public.books drop constraint books_user_id_fkey;"
        f" update public.books set user_id = gen_random_uuid() where id = {first('public.books')}",
        {changed("public.books"), ("references", "orphan", "public.books"),
         ("references", "no reference", "public.books")}, {"user_id"}, "(user_id)"),
    Bug("reference to nobody across sources",
        f"{NO_TRIGGERS} update public.users set auth_id = gen_random_uuid() where id = {first('public.users')}",
        {changed("public.users"), ("references", "orphan", "public.users")}, {"auth_id"}, "(auth_id)"),
    Bug("reference to nobody inside of JSON",
        "update public.daily_aggregates set book_breakdown = jsonb_build_object(gen_random_uuid(), 1)"
        f" where id = {first('public.daily_aggregates')}",
        {changed("public.daily_aggregates"), ("references", "orphan", "public.daily_aggregates")},
        {"book_breakdown"}, "(the keys of book_breakdown)"),
    Bug("child of nobody",
        f"{NO_TRIGGERS} update {PRICES} set competitor_id = gen_random_uuid()"
        f" where (competitor_id, position) = {first(PRICES, key='competitor_id, position')}",
        other_key(PRICES) | {("references", "orphan", PRICES)}),
    Bug("reference to the wrong user",
        f"update public.books set user_id = {last('public.users')} where id = {first('public.books')}"
        f" and user_id <> {last('public.users')}",
        {changed("public.books")}, {"user_id"}),
    Bug("reference to NULL",
        "update public.ai_insights set book_id = null"
        f" where id = {first('public.ai_insights', 'book_id is not null')}",
        {changed("public.ai_insights")}, {"book_id"}),
    Bug("accounts of two users swapped",
        "alter table public.users drop constraint users_auth_id_key;"
        " update public.users a set auth_id = b.auth_id from public.users b"
        f" where a.id in ({TWO_USERS}) and b.id in ({TWO_USERS}) and a.id <> b.id;"
        " alter table public.users add unique (auth_id)",
        {changed("public.users")}, {"auth_id"}),
    Bug("key inside a document not mapped",
        "update public.daily_aggregates set book_breakdown ="
        " (select jsonb_object_agg(md5(k), v) from jsonb_each(book_breakdown) b(k, v))"
        " where id = " + first("public.daily_aggregates", "book_breakdown <> '{}'"),
        {changed("public.daily_aggregates"), ("references", "orphan", "public.daily_aggregates")},
        {"book_breakdown"}, "(the keys of book_breakdown)"),
    Bug("passwords of two users swapped",
        f"update {USERS} a set encrypted_password = b.encrypted_password from {USERS} b"
        f" where a.id in ({A_USER}, {ANOTHER_USER}) and b.id in ({A_USER}, {ANOTHER_USER}) and a.id <> b.id",
        {changed(USERS)}, {"encrypted_password"}),
    Bug("password that is no hash", f"update {USERS} set encrypted_password = 'x' where id = {first(USERS)}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"encrypted_password"}, "encrypted_password"),
    Bug("password lost", f"update {USERS} set encrypted_password = '' where id = {A_USER}",
        {changed(USERS)}, {"encrypted_password"}),
    Bug("token NULL", f"update {USERS} set confirmation_token = null where id = {first(USERS)}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"confirmation_token"}, "confirmation_token is NULL"),
    Bug("tokens NULL for everybody", f"update {USERS} set recovery_token = null",
        {changed(USERS), ("supabase", "auth", USERS)}, {"recovery_token"}, "recovery_token is NULL"),
    Bug("token that no record gives NULL", f"update {USERS} set phone_change = null where id = {first(USERS)}",
        {("supabase", "auth", USERS)}, says="phone_change is NULL"),
    Bug("capital letters in an address", f"update {USERS} set email = upper(email) where id = {A_USER}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"email"}, "email has capital letters"),
    Bug("audience lost", f"update {USERS} set aud = null where id = {first(USERS)}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"aud"}, "aud "),
    Bug("unconfirmed", f"update {USERS} set email_confirmed_at = null where id = {A_USER}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"email_confirmed_at"}, "email_confirmed_at is NULL"),
    Bug("banned no longer", f"update {USERS} set banned_until = null where banned_until is not null",
        {changed(USERS)}, {"banned_until"}),
    Bug("identity by e-mail lost",
        f"delete from {IDENTITIES} where id = " + first(IDENTITIES, "provider = 'email'"),
        lost(IDENTITIES) | {("supabase", "auth", USERS)}, says="names the provider email"),
    Bug("identity of a provider lost",
        f"delete from {IDENTITIES} where id = " + first(IDENTITIES, "provider = 'google'"),
        lost(IDENTITIES) | {("supabase", "auth", USERS)}),
    Bug("identity of another user",
        f"update {IDENTITIES} set user_id = {first(USERS)}"
        " where id = " + first(IDENTITIES, f"provider = 'google' and user_id <> {first(USERS)}"),
        {changed(IDENTITIES), ("supabase", "auth", IDENTITIES), ("supabase", "auth", USERS)}, {"user_id"},
        "the e-mail of another user's identity"),
    Bug("identity by e-mail of another user",
        f"update {IDENTITIES} set user_id = {A_USER}"
        " where id = " + first(IDENTITIES, f"provider = 'email' and user_id <> {A_USER}"),
        {changed(IDENTITIES), ("supabase", "auth", IDENTITIES), ("supabase", "auth", USERS)}, {"user_id"}),
    Bug("identity of nobody",
        f"{NO_TRIGGERS} update {IDENTITIES} set user_id = gen_random_uuid()"
        " where id = " + first(IDENTITIES, "provider = 'github'"),
        {changed(IDENTITIES), ("references", "orphan", IDENTITIES), ("supabase", "auth", IDENTITIES),
         ("supabase", "auth", USERS)}, {"user_id"}),
    Bug("identity without its sub",
        f"update {IDENTITIES} set identity_data = identity_data - 'sub' where id = {first(IDENTITIES)}",
        {changed(IDENTITIES), ("supabase", "auth", IDENTITIES)}, {"identity_data"}),
    Bug("member of the account's data lost",
        f"update {USERS} set raw_app_meta_data = raw_app_meta_data - 'provider'"
        " where id = " + first(USERS, "raw_app_meta_data ? 'provider'"),
        {changed(USERS)}, {"raw_app_meta_data"}),
    Bug("provider without an identity",
        f"update {USERS} set raw_app_meta_data = jsonb_set(raw_app_meta_data, '{{provider}}', '\"apple\"')"
        f" where id = {first(USERS)}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"raw_app_meta_data"}, "names the provider apple"),
    Bug("account deleted", f"update {USERS} set deleted_at = now() where id = {A_USER}",
        {("supabase", "auth", USERS)}, says="deleted_at, which no record gives, is not its default"),
    Bug("account of a company's sign-in", f"update {USERS} set is_sso_user = true where id = {A_USER}",
        {("supabase", "auth", USERS)}, says="is_sso_user, which no record gives, is not its default"),
    Bug("account of another administrator", f"update {USERS} set is_super_admin = true where id = {A_USER}",
        {("supabase", "auth", USERS)}, says="is_super_admin, which no record gives"),
    Bug("number beyond 2^53 that no double is",
        f"update {USERS} set raw_user_meta_data = raw_user_meta_data || '{{\"n\": 9007199254740993}}'"
        f" where id = {A_USER}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"raw_user_meta_data"}, "comes back rounded"),
    Bug("account's data no object", f"update {USERS} set raw_user_meta_data = '[]' where id = {first(USERS)}",
        {changed(USERS), ("supabase", "auth", USERS)}, {"raw_user_meta_data"}, "no object"),
]  # fmt: skip

# ---- one value of one row ------------------------------------------------------------------------------

BOOKS = "public.books"


def value(name: str, table: str, column: str, new: str, where: str = "true", key: str = "id") -> Bug:
    sql = f"""
        update {table} set {column} = {new} where ({key}) = {first(table, where, key)}
          and {column} is distinct from ({new})
    """
    return Bug(name, sql, {changed(table)}, {column})


def legacy(name: str, member: str, new: str) -> Bug:
    """A value of every BSON type is in the document of this user."""
    path = f"'{{legacy,{member}}}'"
    new = new.format(f"extra #>> {path}")
    return value(name, "public.users", "extra", f"jsonb_set(extra, {path}, to_jsonb({new}))", "extra ? 'legacy'")


VALUES = [
    value("a microsecond off", BOOKS, "created_at", "created_at + interval '1 microsecond'"),
    value("an hour off", BOOKS, "created_at", "created_at + interval '1 hour'"),
    value("milliseconds lost", "public.sales_data", "synced_at", "date_trunc('second', synced_at)",
          "synced_at <> date_trunc('second', synced_at)"),
    value("a day off", "public.revenue_forecasts", "forecast_date", "forecast_date + 1"),
    value("a day before", "public.sales_data", "date", "date - 1",
          "not exists (select from public.sales_data s where (s.user_id, s.book_id, s.platform, s.date)"
          " = (sales_data.user_id, sales_data.book_id, sales_data.platform, sales_data.date - 1))"),
    value("date infinite", "public.revenue_forecasts", "forecast_date", "'infinity'"),
    value("moment infinite", BOOKS, "published_date", "'-infinity'", "published_date is not null"),
    value("date NULL", BOOKS, "published_date", "null", "published_date is not null"),
    value("epoch for NULL", BOOKS, "published_date", "'1970-01-01'", "published_date is null"),
    value("blank behind a text", BOOKS, "title", "title || ' '"),
    value("blanks trimmed", BOOKS, "title", "btrim(title)", "title <> btrim(title)"),
    value("text cut", BOOKS, "description", "left(description, 255)", "length(description) > 255"),
    value("last character lost", BOOKS, "title", "left(title, -1)"),
    value("case changed", BOOKS, "title", "upper(title)", "title <> upper(title)"),
    value("case folded", BOOKS, "title", "lower(title)", "title <> lower(title)"),
    value("decomposed", BOOKS, "title", "normalize(title, nfd)", "title <> normalize(title, nfd)"),
    value("composed", BOOKS, "title", "normalize(title, nfc)", "title <> normalize(title, nfc)"),
    value("read as Latin-1", BOOKS, "title", "convert_from(convert_to(title, 'UTF8'), 'LATIN1')",
          "title ~ '[^[:ascii:]]'"),
    value("question marks", BOOKS, "title", "regexp_replace(title, '[^[:ascii:]]', '?', 'g')",
          "title ~ '[^[:ascii:]]'"),
    value("line ends changed", BOOKS, "description", r"regexp_replace(description, E'\\s', E'\r\n')",
          "description like '% %'"),
    value("text 'null' for NULL", BOOKS, "subtitle", "'null'", "subtitle is null"),
    value("'' for NULL", BOOKS, "subtitle", "''", "subtitle is null"),
    value("NULL for ''", BOOKS, "subtitle", "null", "subtitle = ''"),
    value("text for NULL", "public.sync_logs", "error_message", "'timeout'", "error_message is null"),
    value("true for false", TASKS, "completed", "not completed", "not completed", "checklist_id, position"),
    value("false for true", TASKS, "completed", "not completed", "completed", "checklist_id, position"),
    value("NULL for false", "public.user_preferences", "notifications", "null", "not notifications"),
    value("false for NULL", "public.user_preferences", "notifications", "false", "notifications is null"),
    value("integer one off", BOOKS, "page_count", "page_count + 1", "page_count is not null"),
    value("0 for NULL", BOOKS, "page_count", "0", "page_count is null"),
    value("sign lost", "public.users", "credits", "-credits", "credits > 0"),
    value("default for a value", BOOKS, "status", "'draft'", "status = 'archived'"),
    value("a cent off", "public.competitors", "current_price", "current_price + 0.01", "current_price is not null"),
    value("NaN for a price", "public.competitors", "current_price", "'NaN'", "current_price is not null"),
    value("NULL for a price of 0", "public.competitors", "current_price", "null", "current_price = 0"),
    value("price rounded", PRICES, "price", "round(price)", "price <> round(price)", "competitor_id, position"),
    value("another of the allowed values", "public.user_preferences", "theme", "'dark'", "theme = 'light'"),
    value("array NULL for {}", BOOKS, "genres", "null", "genres = '{}'"),
    value("array {} for NULL", BOOKS, "genres", "'{}'", "genres is null"),
    value("first element lost", BOOKS, "genres", "genres[2:]", "cardinality(genres) > 2"),
    value("last element lost", BOOKS, "genres", "trim_array(genres, 1)", "cardinality(genres) > 2"),
    value("element NULL", BOOKS, "genres", "genres || null::text", "genres is not null"),
    value("elements swapped", BOOKS, "genres", "array[genres[2], genres[1]] || genres[3:]",
          "cardinality(genres) > 2 and genres[1] <> genres[2]"),
    value("elements joined", BOOKS, "genres", "array[array_to_string(genres, ',')]", "cardinality(genres) > 1"),
    value("array of arrays", BOOKS, "genres", "array[genres]", "cardinality(genres) > 1"),
    value("elements from 0", BOOKS, "genres", "('[0:1]=' || genres::text)::text[]", "cardinality(genres) = 2"),
    value("JSON null for SQL NULL", BOOKS, "extra", "'null'", "extra is null"),
    value("{} for SQL NULL", BOOKS, "extra", "'{}'", "extra is null"),
    value("SQL NULL for JSON null", "public.revenue_forecasts", "factors", "null", "factors = 'null'"),
    value("members with null lost", "public.ai_insights", "content", "jsonb_strip_nulls(content)",
          "content <> jsonb_strip_nulls(content)"),
    value("member lost", BOOKS, "extra", "extra #- '{marketing,budget,currency}'",
          "extra #> '{marketing,budget,currency}' is not null"),
    value("member made up", BOOKS, "extra", "extra || '{\"__v\": 0}'", "extra is not null"),
    value("member under another name", BOOKS, "extra",
          "extra - 'metadata' || jsonb_build_object('meta', extra -> 'metadata')", "extra ? 'metadata'"),
    value("number as text", BOOKS, "extra",
          "jsonb_set(extra, '{marketing,budget,amount}', to_jsonb(extra #>> '{marketing,budget,amount}'))",
          "extra #> '{marketing,budget,amount}' is not null"),
    value("elements inside a document swapped", BOOKS, "extra",
          "jsonb_set(extra, '{marketing,tags}', jsonb_build_array(extra #> '{marketing,tags,1}',"
          " extra #> '{marketing,tags,0}'))", "extra #>> '{marketing,tags,0}' <> extra #>> '{marketing,tags,1}'"),
    value("document as text", BOOKS, "extra", "to_jsonb(extra::text)", "extra is not null"),
    value("text as document", "public.ai_insights", "content", "'{}'", "jsonb_typeof(content) = 'string'"),
    legacy("integer through a double", "int64Max", "({})::float8::numeric"),
    legacy("decimal through a double", "decimal34", "({})::float8"),
    legacy("double through a float", "double", "({})::float4"),
    legacy("huge number lost", "huge", "null::text"),
    legacy("tiny number 0", "tiny", "0"),
    legacy("date inside a document an hour off", "date",
           "to_char(({})::timestamptz at time zone 'UTC+1', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"),
]  # fmt: skip

# ---- a transform that is wrong for all rows ------------------------------------------------------------


def everywhere(name: str, table: str, column: str, new: str) -> Bug:
    sql = f"update {table} set {column} = {new} where {column} is distinct from ({new})"
    return Bug(name, sql, {changed(table)}, {column})


SYSTEMATIC = [
    everywhere("all an hour off", "public.sales_data", "synced_at", "synced_at + interval '1 hour'"),
    everywhere("all as local time", "public.sync_logs", "synced_at",
               "synced_at at time zone 'UTC' at time zone 'America/New_York'"),
    everywhere("all to the millisecond", "public.sync_logs", "synced_at", "date_trunc('milliseconds', synced_at)"),
    everywhere("all a day off", "public.daily_aggregates", "date", "date + 10000"),
    everywhere("all trimmed", BOOKS, "title", "btrim(title)"),
    everywhere("all cut", BOOKS, "description", "left(description, 255)"),
    everywhere("all composed", BOOKS, "title", "normalize(title, nfc)"),
    everywhere("all empty ones NULL", BOOKS, "subtitle", "nullif(subtitle, '')"),
    everywhere("all NULL ones empty", BOOKS, "subtitle", "coalesce(subtitle, '')"),
    everywhere("all empty arrays NULL", BOOKS, "genres", "nullif(genres, '{}')"),
    everywhere("all arrays sorted", BOOKS, "platforms", "array(select unnest(platforms) order by 1)"),
    everywhere("all prices rounded", PRICES, "price", "round(price, 1)"),
    everywhere("all prices in cents", "public.competitors", "current_price", "round(current_price / 100, 2)"),
    everywhere("all documents without nulls", "public.ai_insights", "content", "jsonb_strip_nulls(content)"),
    everywhere("all flags false", TASKS, "completed", "false"),
    everywhere("all passwords lost", USERS, "encrypted_password", "''"),
    Bug("all touched by a trigger",
        "create function public.touch() returns trigger language plpgsql as"
        " $$ begin new.updated_at := now(); return new; end $$;"
        " create trigger touch before update on public.users for each row execute function public.touch();"
        " update public.users set credits = credits; drop trigger touch on public.users",
        {changed("public.users")}, {"updated_at"}),
    Bug("all of one user's and of nobody else's",
        f"update public.competitors set user_id = {first('public.users')}"
        f" where user_id <> {first('public.users')}",
        {changed("public.competitors")}, {"user_id"}),
    Bug("two columns swapped",
        "update public.competitors set title = author, author = title where title is distinct from author",
        {changed("public.competitors")}, {"author", "title"}),
    Bug("a column never filled", "update public.books set series = null where series is not null",
        {changed(BOOKS)}, {"series"}),
]  # fmt: skip

BUGS = [*SHAPE, *SECURITY, *ROWS, *WHO, *VALUES, *SYSTEMATIC]

# ---- types that AuthorStack does not have ---------------------------------------------------------------

TABLE = "public.measures"
MEASURES = """
    create table measures (
      id int primary key, double double precision, single real, exact numeric, large bigint, hour time,
      span interval, bytes bytea, padded char(5), address inet, doubles double precision[], deep int[],
      document json, nothing int, twice int generated always as (id * 2) stored);
    insert into measures values
      (1, 0, 0, 1.50, 9007199254740993, '12:00', '1 day', '\\x00ff', 'ab', '10.1.2.3/8', '{0,1}', '{{1,2},{3,4}}',
       '{"large": 9007199254740993, "rate": 1.50, "none": null}'),
      (2, '-0', '-0', 0, -9007199254740993, '24:00', '1 month', '', '', '::1', '{-0}', '{}', '[]'),
      (3, 'NaN', 'NaN', 'NaN', 0, '00:00', '0', null, null, null, '{NaN,null}', '[0:1]={1,2}', 'null'),
      (4, 'Infinity', '-Infinity', 1e-30, 1, '23:59:59.999999', '-1 day', '\\x', 'abcde', '10.1.2.3', '{Infinity}',
       null, '1'),
      (5, 0.1, 0.1, 123456789012345678901234567890.123456789, null, null, null, '\\xff', 'a', '10.1.2.0/24', null,
       '{1}', null);
"""
# What the migration does not take along, and a founder makes again by hand: in the source's words. {} is the table.
MEASURE_OBJECTS = {
    "a trigger that the source has":
        "create function pass() returns trigger language plpgsql as $$ begin return new; end $$;"
        " create trigger keep before insert on {} for each row execute function pass()",
    "an exclusion that the source has":
        "alter table {} add constraint apart exclude using btree (id with =, large with =)",
    "a reference that the source has":
        "alter table {} add constraint itself foreign key (id) references {} (id) on update cascade deferrable",
    "a rule that the source has": "create rule quiet as on delete to {} where old.id = 0 do instead nothing",
}  # fmt: skip
MEASURES += """
    alter table measures add constraint positive check (id > 0) not valid,
      alter padded type char(5) collate "C";
"""
MEASURES += "".join(f"{sql.format('measures', 'measures')};\n" for sql in MEASURE_OBJECTS.values())


def measure(name: str, row: int, column: str, new: str) -> Bug:
    # As text, because -0 = 0, and json has no equality.
    sql = f"update {TABLE} set {column} = {new} where id = {row} and {column}::text is distinct from ({new})::text"
    return Bug(name, sql, {changed(TABLE)}, {column})


MEASURE_BUGS = [
    measure("-0 for 0", 1, "double", "'-0'"),
    measure("0 for -0", 2, "double", "0"),
    measure("-0 for 0 in a real", 1, "single", "'-0'"),
    measure("-0 for 0 in an array", 1, "doubles", "'{-0,1}'"),
    measure("NaN for a number", 1, "double", "'NaN'"),
    measure("NULL for NaN", 3, "double", "null"),
    measure("0 for NaN", 3, "exact", "0"),
    measure("NaN for 0", 2, "exact", "'NaN'"),
    measure("NULL for NaN in an array", 3, "doubles", "'{null,null}'"),
    measure("infinity for a number", 5, "double", "'Infinity'"),
    measure("infinity for a decimal", 1, "exact", "'Infinity'"),
    measure("infinity of the other sign", 4, "double", "'-Infinity'"),
    measure("the largest double for infinity", 4, "double", "'1.7976931348623157e308'"),
    measure("last bit of a double", 5, "double", "0.10000000000000002"),
    measure("double through a real", 5, "double", "double::real::double precision"),
    measure("integer through a double", 1, "large", "large::double precision::bigint"),
    measure("negative integer through a double", 2, "large", "large::double precision::bigint"),
    measure("decimal through a double", 5, "exact", "exact::double precision::numeric"),
    measure("last digit of a decimal", 5, "exact", "round(exact, 8)"),
    measure("small decimal lost", 4, "exact", "round(exact, 20)"),
    measure("integer in a document through a double", 1, "document",
            "jsonb_set(document::jsonb, '{large}', to_jsonb((document ->> 'large')::double precision::bigint))::json"),
    measure("midnight at the other end", 2, "hour", "'00:00'"),
    measure("24 hours for a day", 1, "span", "'24:00'"),
    measure("30 days for a month", 2, "span", "'30 days'"),
    measure("byte lost", 1, "bytes", "substring(bytes from 2)"),
    measure("no bytes for NULL", 3, "bytes", "''"),
    measure("network lost", 1, "address", "'10.1.2.3'"),
    measure("array flattened", 1, "deep", "'{1,2,3,4}'"),
    measure("array transposed", 1, "deep", "'{{1,3},{2,4}}'"),
    measure("array counted from 1", 3, "deep", "'{1,2}'"),
    measure("SQL NULL for JSON null", 3, "document", "null"),
    Bug("column that the server makes",
        f"alter table {TABLE} drop column nothing;"
        f" alter table {TABLE} add nothing int generated always as (null::int) stored",
        {("references", "shape", TABLE)}, says="nothing is generated by the server"),
    Bug("column that the server does not make", f"alter table {TABLE} alter twice drop expression",
        {("references", "shape", TABLE)}, says="twice is not generated by the server"),
    Bug("column that the server makes otherwise",
        f"alter table {TABLE} drop column twice; alter table {TABLE} add twice int generated always as (id + id) stored",
        {("references", "shape", TABLE)}, says="twice is generated as (id + id); it should be"),
    Bug("a collation lost", f"alter table {TABLE} alter padded type char(5)",
        {("references", "shape", TABLE)}, says="padded has not the collation"),
    Bug("a loose check lost", f"alter table {TABLE} drop constraint positive",
        {("references", "no check", TABLE)}, says="the check positive is missing"),
]  # fmt: skip

HARMLESS_MEASURES = [
    ("another scale", f"update {TABLE} set exact = 1.5 where id = 1"),
    ("another NaN", f"update {TABLE} set double = -'NaN'::double precision where id = 3"),
    ("JSON with other blanks and scales",
     f"""update {TABLE} set document = '{{ "none" :null, "rate":1.5,"large":9007199254740993}}' where id = 1"""),
    *((name, sql.format(TABLE, TABLE)) for name, sql in MEASURE_OBJECTS.items()),
    ("a check that is validated", f"alter table {TABLE} validate constraint positive"),
]  # fmt: skip
