"""The Supabase stand-in behaves like the real thing, and the scanner check finds what would break Supabase Auth.

Everything is done as role postgres, in a transaction that is rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.rig.postgres import SCANNER_CHECK, Cluster

ADA = "0ada0000-0000-4000-8000-000000000001"
BOB = "0b0b0000-0000-4000-8000-000000000002"
BCRYPT = "$2b$10$" + "abcdefghijklmnopqrstuv" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
ARGON2 = "$argon2id$v=19$m=65536,t=4,p=3$c29tZXNhbHRzb21l$" + "A" * 43
ARGON2_LIMITS = ARGON2.replace("m=65536,t=4,p=3", "m=1048575,t=20,p=16")
FBSCRYPT = f"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={'A' * 86}==$c2FsdHNhbHQ=${'B' * 86}=="


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster.supabase() as cluster:
        yield cluster


@pytest.fixture
def database(cluster: Cluster) -> Iterator[psycopg.Cursor]:
    with psycopg.connect(cluster.uri()) as connection, connection.cursor() as cursor:
        yield cursor
        connection.rollback()


def add_user(database: psycopg.Cursor, id: str = ADA, email: str = "ada@example.org") -> None:
    """A healthy user with a password, and the identity that belongs to it."""
    database.execute(
        """
        insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
          confirmation_token, recovery_token, email_change_token_new, email_change,
          raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
        values ('00000000-0000-0000-0000-000000000000', %s, 'authenticated', 'authenticated', %s, %s, now(),
          '', '', '', '', '{"provider": "email", "providers": ["email"]}', '{"pages": [1, 2.5]}', now(), now())
        """,
        (id, email, BCRYPT),
    )
    add_identity(database, id, "email", id, email)


def add_identity(database: psycopg.Cursor, user: str, provider: str, provider_id: str, email: str) -> None:
    database.execute(
        "insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)"
        " values (%s, %s, %s, %s, now(), now())",
        (provider_id, user, json.dumps({"sub": provider_id, "email": email}), provider),
    )


def with_factor(secret: str = "''", friendly_name: str = "''", created_at: str = "now()") -> str:
    return (
        "insert into auth.mfa_factors"
        " (id, user_id, factor_type, status, created_at, updated_at, secret, friendly_name) values"
        f" (gen_random_uuid(), '{ADA}', 'totp', 'verified', {created_at}, now(), {secret}, {friendly_name})"
    )


# What postgres is refused on Supabase, with the SQLSTATE.
REFUSED = {
    "confirmed_at": ("update auth.users set confirmed_at = now()", "428C9"),
    "identity-email": ("update auth.identities set email = 'x'", "428C9"),
    "path_tokens": ("insert into storage.objects (path_tokens) values ('{a}')", "428C9"),
    "same-email": (
        "insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.org')",
        "23505", "users_email_partial_key",
    ),
    "empty-phone-twice": (
        "insert into auth.users (id, phone) values (gen_random_uuid(), ''), (gen_random_uuid(), '')",
        "23505", "users_phone_key",
    ),
    "no-provider_id": (
        f"insert into auth.identities (user_id, identity_data, provider) values ('{ADA}', '{{}}', 'x')",
        "23502", "provider_id",
    ),
    "no-id": ("insert into auth.users (email) values ('x')", "23502"),
    "long-hash": (f"update auth.users set encrypted_password = '{'x' * 256}'", "22001"),
    "email_change_confirm_status": ("update auth.users set email_change_confirm_status = 3", "23514"),
    "orphan-identity": (
        "insert into auth.identities (provider_id, user_id, identity_data, provider)"
        " values ('x', gen_random_uuid(), '{}', 'x')",
        "23503",
    ),
    "table-in-auth": ("create table auth.mine ()", "42501"),
    "function-in-auth": ("create function auth.mine() returns int language sql as 'select 1'", "42501"),
    "table-in-storage": ("create table storage.mine ()", "42501"),
    "index-on-users": ("create index on auth.users (created_at)", "42501"),
    "column-on-users": ("alter table auth.users add column mine int", "42501"),
    "column-on-objects": ("alter table storage.objects add column mine int", "42501"),
    "policy-on-users": ("create policy mine on auth.users for select using (true)", "42501"),
    "no-rls-on-objects": ("alter table storage.objects disable row level security", "42501"),
    "drop-trigger": ("drop trigger protect_objects_delete on storage.objects", "42501"),
    "disable-triggers": (
        "create table a (id int primary key references a); alter table a disable trigger all",
        "42501", "system trigger",
    ),
    "truncate-users": ("truncate auth.users", "0A000"),
    "schema_migrations": ("insert into auth.schema_migrations values ('1')", "42501"),
    "storage-migrations": ("delete from storage.migrations", "42501"),
    "delete-objects": ("delete from storage.objects", "42501", "Storage API"),
    "long-bucket": (f"insert into storage.buckets (id, name) values ('b', '{'b' * 101}')", "P0001"),
    "become-superuser": ("set role supabase_admin", "42501"),
    "become-auth-admin": ("set role supabase_auth_admin", "42501"),
    "superuser-role": ("create role mine superuser", "42501"),
    "own-by-superuser": ("create table a (); alter table a owner to supabase_admin", "42501"),
    "their-defaults": ("alter default privileges for role supabase_admin grant select on tables to anon", "42501"),
    "untrusted-extension": ("create extension file_fdw", "42501"),
    "comment-extension": ("comment on extension pgcrypto is 'x'", "42501"),
    "extension-in-public": ("select public.uuid_generate_v4()", "42883"),
    "extension-unqualified": ("set local search_path = ''; select crypt('a', gen_salt('bf'))", "42883"),
    "program": ("copy (select 1) to program 'cat'", "42501"),
    "server-file": ("copy (select 1) to '/tmp/x'", "42501"),
    "event-trigger": (
        "create function f() returns event_trigger language plpgsql as 'begin end';"
        "create event trigger mine on ddl_command_end execute function f()",
        "42501",
    ),
    "all-tables": ("create publication mine for all tables", "42501"),
    "api-reads-users": ("set local role authenticated; select * from auth.users", "42501"),
    "service-reads-users": ("set local role service_role; select * from auth.users", "42501"),
    "owner_id-is-text": ("select from storage.objects where owner_id = auth.uid()", "42883"),
}  # fmt: skip

ALLOWED = {
    "copy-users": "copy auth.users (id, email) from stdin",
    "delete-user": f"delete from auth.users where id = '{ADA}'",
    "replica": "set session_replication_role = replica",
    "foreign-key": "create table p (id uuid references auth.users on delete cascade)",
    "trigger-on-users": "create function f() returns trigger language plpgsql as 'begin return new; end';"
    "create trigger mine after insert on auth.users for each row execute function f()",
    "grant-select": "grant select on auth.users to service_role",
    "disable-user-triggers": "create table a (id int primary key references a); alter table a disable trigger user",
    "extension-functions": "select extensions.uuid_generate_v4(), crypt('a', gen_salt('bf'))",
    "trusted-extension": "create extension citext with schema extensions",
    "realtime": "create table a (id int primary key); alter publication supabase_realtime add table a",
    "delete-objects": "set local storage.allow_delete_query = 'true'; delete from storage.objects",
    "bucket": "insert into storage.buckets (id, name) values ('b', 'b');"
    "insert into storage.objects (bucket_id, name) values ('b', 'a/c.txt')",
    "become-api": "set local role anon",
    "no-timeout": "set statement_timeout = 0",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(database: psycopg.Cursor, name: str) -> None:
    add_user(database)
    sql, sqlstate, *words = REFUSED[name]
    with pytest.raises(psycopg.Error) as refusal:
        database.execute(sql)
    assert refusal.value.sqlstate == sqlstate
    assert all(word in str(refusal.value) for word in words)


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(database: psycopg.Cursor, name: str) -> None:
    add_user(database)
    if name.startswith("copy"):
        with database.copy(ALLOWED[name]) as copy:
            copy.write_row((BOB, "bob@example.org"))
    else:
        database.execute(ALLOWED[name])


def test_validate_finds_what_replica_let_through(database: psycopg.Cursor) -> None:
    database.execute(
        """
        create table parent (id int primary key);
        create table child (id int references parent not null);
        set local session_replication_role = replica;
        insert into child values (1);
        set local session_replication_role = origin;
        alter table child drop constraint child_id_fkey;
        alter table child add constraint child_id_fkey foreign key (id) references parent not valid;
        """
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.execute("alter table child validate constraint child_id_fkey")


def test_generated_columns(database: psycopg.Cursor) -> None:
    add_user(database)
    database.execute("select confirmed_at = email_confirmed_at from auth.users")
    assert database.fetchone() == (True,)
    database.execute('update auth.identities set identity_data = \'{"email": "ADA@X"}\' returning email')
    assert database.fetchone() == ("ada@x",)


def test_request_claims(database: psycopg.Cursor) -> None:
    claims = json.dumps({"sub": ADA, "role": "authenticated", "email": "ada@example.org"})
    database.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
    database.execute("set local role authenticated")
    database.execute("select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub'")
    assert database.fetchone() == (ADA, "authenticated", "ada@example.org", ADA)
    database.execute("select set_config('request.jwt.claims', '', true)")
    database.execute("select auth.uid(), auth.role(), auth.email(), auth.jwt()")
    assert database.fetchone() == (None, None, None, None)


def test_object_names(database: psycopg.Cursor) -> None:
    database.execute(
        "select storage.foldername(name), storage.filename(name), storage.extension(name)"
        "  from (values ('a/b/c.tar.gz')) as object (name)"
    )
    assert database.fetchone() == (["a", "b"], "c.tar.gz", "gz")


def test_roles(cluster: Cluster, database: psycopg.Cursor) -> None:
    database.execute(
        "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        "  from pg_roles where rolname = 'postgres'"
    )
    assert database.fetchone() == (False, True, True, True, True)
    database.execute(
        "select current_setting('statement_timeout'), current_setting('search_path'), current_setting('wal_level')"
    )
    assert database.fetchone() == ("2min", '"$user", public, extensions', "logical")
    with psycopg.connect(cluster.uri(role="authenticator")) as connection:
        assert connection.execute(
            "select current_setting('statement_timeout'), current_setting('lock_timeout')"
        ).fetchone() == ("8s", "8s")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from auth.users")


def test_auth_admin_trigger_has_no_right_on_public(cluster: Cluster, database: psycopg.Cursor) -> None:
    """The trigger of many tutorials: without SECURITY DEFINER it fails when the service inserts."""
    database.execute(
        """
        create table profiles (id uuid);
        create function profile() returns trigger language plpgsql as
          'begin insert into public.profiles values (new.id); return new; end';
        create trigger profile after insert on auth.users for each row execute function profile();
        """
    )
    database.connection.commit()
    try:
        with psycopg.connect(cluster.uri(role="supabase_auth_admin")) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("insert into auth.users (id) values (gen_random_uuid())")
    finally:
        cluster.psql(
            "drop trigger profile on auth.users; drop function profile; drop table profiles", role=cluster.superuser
        )


GRANTS = """
    create table t (id serial);
    create function f() returns int language sql as 'select 1';
    select has_table_privilege('anon', 't', 'select'), has_table_privilege('service_role', 't', 'insert'),
           has_table_privilege('anon', 't', 'truncate'), has_sequence_privilege('anon', 't_id_seq', 'usage'),
           (select acl::text like 'anon=X%'
              from pg_proc, unnest(proacl) as acl
             where proname = 'f' and acl::text like 'anon=%')
"""


def test_grants_2026(database: psycopg.Cursor) -> None:
    assert granted(database) == (False, False, True, False, None)


def test_grants_legacy() -> None:
    with Cluster.supabase(grants="legacy") as cluster, psycopg.connect(cluster.uri()) as connection:
        assert granted(connection.cursor()) == (True, True, True, True, True)


def granted(database: psycopg.Cursor) -> tuple:
    for statement in GRANTS.split(";"):
        database.execute(statement)
    return database.fetchone()


def test_knobs() -> None:
    with Cluster.supabase(knobs={"read_only": "on", "max_connections": "60"}) as cluster:
        cluster.restart()
        with psycopg.connect(cluster.uri()) as connection:
            assert connection.execute("show max_connections").fetchone() == ("60",)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute("create table t ()")


def scan(database: psycopg.Cursor) -> list[tuple[str, str, str, str, str]]:
    return database.execute(SCANNER_CHECK.read_text()).fetchall()


HEALTHY = {
    "password": "",
    "no-password": "update auth.users set encrypted_password = null",
    "reset": "update auth.users set encrypted_password = ''",
    "metadata-null": "update auth.users set raw_app_meta_data = null, raw_user_meta_data = null",
    "argon2": f"update auth.users set encrypted_password = '{ARGON2}'",
    "argon2i": f"update auth.users set encrypted_password = '{ARGON2.replace('argon2id', 'argon2i')}'",
    "argon2-limits": f"update auth.users set encrypted_password = '{ARGON2_LIMITS}'",
    "fbscrypt": f"update auth.users set encrypted_password = '{FBSCRYPT}'",
    "fbscrypt-no-separator": f"update auth.users set encrypted_password = '{FBSCRYPT.replace('ss=Bw==,', '')}'",
    "bcrypt-2a": f"update auth.users set encrypted_password = '{BCRYPT.replace('2b', '2a')}'",
    "bcrypt-2y-cost-4": f"update auth.users set encrypted_password = '{BCRYPT.replace('2b$10', '2y$04')}'",
    "bcrypt-2-cost-17": f"update auth.users set encrypted_password = '{BCRYPT.replace('2b$10', '2$17')}'",
    "bcrypt-tail": f"update auth.users set encrypted_password = '{BCRYPT}tail'",
    "phone": "update auth.users set phone = '15551234567', phone_confirmed_at = now()",
    "banned-long": "update auth.users set banned_until = '9999-12-31 23:59:59.999999+00'",
    "big-integer-as-string": """update auth.users set raw_user_meta_data = '{"id": "9007199254740993"}'""",
    "integer-2^53": """update auth.users set raw_user_meta_data = '{"id": [9007199254740992, -9007199254740992]}'""",
    "integers-that-doubles-are": """update auth.users set raw_user_meta_data =
        '{"a": [10000000000000000, 1e22, -1e308, 9007199254740994, 1.7976931348623157e308]}'""",
    "largest-double": """update auth.users set raw_user_meta_data = '{"n": 1.5e-300, "m": 0.1}'""",
    "identity-missing-for-sign-in": "delete from auth.identities; update auth.users set raw_app_meta_data = '{}'",
    "identity-never-used": "update auth.identities set last_sign_in_at = null",
    "anonymous": "delete from auth.identities; update auth.users set email = null, encrypted_password = '',"
    " email_confirmed_at = null, is_anonymous = true, raw_app_meta_data = '{}'",
    "factor": with_factor(),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_scanner_leaves_healthy_rows_alone(database: psycopg.Cursor, name: str) -> None:
    add_user(database)
    if HEALTHY[name]:
        database.execute(HEALTHY[name])
    assert scan(database) == []


def of_user(column: str, value: str) -> tuple[str, str, str]:
    return (f"update auth.users set {column} = {value}", "auth.users", column)


def of_identity(column: str, value: str) -> tuple[str, str, str]:
    return (f"update auth.identities set {column} = {value}", "auth.identities", column)


def of_hash(value: str) -> tuple[str, str, str]:
    return of_user("encrypted_password", f"'{value}'")


NULLS = """
    role confirmation_token recovery_token email_change_token_new email_change email_change_token_current phone_change
    phone_change_token reauthentication_token email_change_confirm_status created_at updated_at aud instance_id
""".split()
TIMES = """
    email_confirmed_at invited_at confirmation_sent_at recovery_sent_at email_change_sent_at last_sign_in_at created_at
    updated_at phone_confirmed_at phone_change_sent_at banned_until reauthentication_sent_at deleted_at
""".split()

# Each breaks one healthy user, and is to be found once, in that table and column.
PLANTED = {
    **{f"null-{column}": of_user(column, "null") for column in NULLS},
    **{f"null-identity-{column}": of_identity(column, "null") for column in ("created_at", "updated_at")},
    **{f"infinity-{column}": of_user(column, "'infinity'") for column in TIMES},
    "bc": of_user("created_at", "'0044-03-15 12:00:00+00 BC'"),
    "minus-infinity": of_user("last_sign_in_at", "'-infinity'"),
    "year-10000": of_user("banned_until", "'10000-01-01 00:00:00+00'"),
    "identity-infinity": of_identity("last_sign_in_at", "'infinity'"),
    "identity-year-10000": of_identity("created_at", "'12026-01-01'"),
    "app-array": of_user("raw_app_meta_data", "'[]'"),
    "app-json-null": of_user("raw_app_meta_data", "'null'"),
    "user-scalar": of_user("raw_user_meta_data", "'\"x\"'"),
    "identity-array": of_identity("identity_data", "'[1]'"),
    "integer-2^53+1": of_user("raw_user_meta_data", """'{"a": [{"b": 9007199254740993}]}'"""),
    "integer-in-identity": of_identity("identity_data", f"""'{{"sub": "{ADA}", "n": -9007199254740993}}'"""),
    "integer-in-app": of_user("raw_app_meta_data", """'{"n": 123456789012345678901234567890}'"""),
    "integer-between-two-doubles": of_user("raw_user_meta_data", """'{"a": 10000000000000000000001}'"""),
    "1e400": of_user("raw_user_meta_data", """'{"a": 1e400}'"""),
    "-1e400": of_user("raw_user_meta_data", """'{"a": {"b": [-1.5e400]}}'"""),
    "1e-400": of_user("raw_user_meta_data", """'{"a": 1e-400}'"""),
    "instance_id": of_user("instance_id", f"'{BOB}'"),
    "aud": of_user("aud", "'admin'"),
    "role": of_user("role", "'admin'"),
    "upper-case": of_user("email", "'Ada@example.org'"),
    "leading-blank": of_user("email", "' ada@example.org'"),
    "trailing-newline": of_user("email", "E'ada@example.org\\n'"),
    "empty-email": of_user("email", "''"),
    "no-address": of_user("email", "'ada'"),
    "long-email": of_user("email", f"'{'é' * 120}@{'x' * 100}.org'"),
    "phone-plus": of_user("phone", "'+15551234567'"),
    "phone-empty": of_user("phone", "''"),
    "phone-zero": of_user("phone", "'0155512345'"),
    "phone-long": of_user("phone", "'1234567890123456'"),
    "unconfirmed": of_user("email_confirmed_at", "null"),
    "unconfirmed-oauth": (
        "update auth.identities set provider = 'google', provider_id = '1', identity_data = '{\"sub\": \"1\"}';"
        "update auth.users set encrypted_password = '', email_confirmed_at = null,"
        ' raw_app_meta_data = \'{"providers": ["google"]}\'',
        "auth.users",
        "email_confirmed_at",
    ),
    "provider-without-identity": of_user(
        "raw_app_meta_data", """'{"provider": "email", "providers": ["email", "google"]}'"""
    ),
    "first-provider-without-identity": of_user("raw_app_meta_data", """'{"provider": "github"}'"""),
    "no-sub": of_identity("identity_data", """'{"email": "ada@example.org"}'"""),
    "numeric-sub": of_identity("identity_data", """'{"sub": 1}'"""),
    "empty-sub": of_identity("identity_data", """'{"sub": ""}'"""),
    "provider_id": of_identity("provider_id", "'ada@example.org'"),
    "phone-provider_id": (
        f"insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)"
        f" values ('15551234567', '{ADA}', '{{\"sub\": \"x\"}}', 'phone', now(), now())",
        "auth.identities",
        "provider_id",
    ),
    "argon2d": of_hash(ARGON2.replace("argon2id", "argon2d")),
    "argon2-v16": of_hash(ARGON2.replace("v=19", "v=16")),
    "argon2-no-v": of_hash(ARGON2.replace("v=19$", "")),
    "argon2-order": of_hash(ARGON2.replace("m=65536,t=4,p=3", "t=4,m=65536,p=3")),
    "argon2-keyid": of_hash(ARGON2.replace("p=3", "p=3,keyid=a")),
    "argon2-m": of_hash(ARGON2.replace("m=65536", "m=1048577")),
    "argon2-t": of_hash(ARGON2.replace("t=4", "t=21")),
    "argon2-t-zero": of_hash(ARGON2.replace("t=4", "t=0")),
    "argon2-p": of_hash(ARGON2.replace("p=3", "p=17")),
    "argon2-p-zero": of_hash(ARGON2.replace("p=3", "p=0")),
    "argon2-padded": of_hash(ARGON2 + "="),
    "argon2-no-hash": of_hash(ARGON2[:-43]),
    "argon2-cut": of_hash(ARGON2[:-2]),
    "argon2-newline": of_user("encrypted_password", f"E'{ARGON2}\\n'"),
    "fbscrypt-unpadded": of_hash(FBSCRYPT.replace("=$", "$")),
    "fbscrypt-url-safe": of_hash(FBSCRYPT.replace("BBBB", "B-_B")),
    "fbscrypt-sk-first": of_hash(f"$fbscrypt$v=1,n=14,r=8,p=1,sk={'A' * 86}==,ss=Bw==$c2FsdHNhbHQ=${'B' * 86}=="),
    "fbscrypt-empty-ss": of_hash(FBSCRYPT.replace("ss=Bw==", "ss=")),
    "fbscrypt-v2": of_hash(FBSCRYPT.replace("v=1", "v=2")),
    "fbscrypt-n": of_hash(FBSCRYPT.replace("n=14", "n=16384")),
    "fbscrypt-n-zero": of_hash(FBSCRYPT.replace("n=14", "n=0")),
    "fbscrypt-p": of_hash(FBSCRYPT.replace("p=1,", "p=256,")),
    "fbscrypt-no-key": of_hash(f"$fbscrypt$v=1,n=14,r=8,p=1$c2FsdHNhbHQ=${'B' * 86}=="),
    "fbscrypt-short-hash": of_hash(FBSCRYPT.replace("B" * 86 + "==", "QkJC")),
    "bcrypt-cost-3": of_hash(BCRYPT.replace("$10$", "$03$")),
    "bcrypt-cost-18": of_hash(BCRYPT.replace("$10$", "$18$")),
    "bcrypt-short": of_hash(BCRYPT[:-1]),
    "bcrypt-blank": of_hash(" " + BCRYPT),
    "bcrypt-prefix": of_hash("{CRYPT}" + BCRYPT),
    "bcrypt-locked": of_hash("!" + BCRYPT),
    "bcrypt-alphabet": of_hash(BCRYPT[:-1] + "="),
    "phpass": of_hash("$P$B" + "a" * 30),
    "md5": of_hash("5f4dcc3b5aa765d61d8327deb882cf99"),
    "sha512-crypt": of_hash("$6$salt$" + "a" * 86),
    "plain": of_hash("secret"),
    "star": of_hash("*"),
    "factor-secret": (with_factor(secret="null"), "auth.mfa_factors", "secret"),
    "factor-name": (with_factor(friendly_name="null"), "auth.mfa_factors", "friendly_name"),
    "factor-infinity": (with_factor(created_at="'infinity'"), "auth.mfa_factors", "created_at"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_scanner_finds(database: psycopg.Cursor, name: str) -> None:
    add_user(database)
    sql, table, column = PLANTED[name]
    database.execute(sql)
    found = scan(database)
    warned = [("auth.users", "email", "warning")] if name == "long-email" else []  # its letters lie outside ASCII
    assert [(row[1], row[3], row[4]) for row in found] == [*warned, (table, column, "problem")], found
    assert BCRYPT not in str(found) and "ada@" not in str(found)


def test_scanner_warns_of_a_phone_that_nobody_verified(database: psycopg.Cursor) -> None:
    add_user(database)
    database.execute(
        "delete from auth.identities;"
        "update auth.users set email = null, email_confirmed_at = null, phone = '15551234567', raw_app_meta_data = '{}'"
    )
    assert [row[1:] for row in scan(database)] == [("auth.users", ADA, "phone_confirmed_at", "warning")]
    database.execute("update auth.users set encrypted_password = ''")
    assert scan(database) == []


@pytest.mark.parametrize("address", ["üser@example.org", "user@exämple.org"])
def test_scanner_warns_of_an_address_outside_ascii(database: psycopg.Cursor, address: str) -> None:
    add_user(database)
    database.execute("update auth.users set email = %s", (address,))
    assert [row[1:] for row in scan(database)] == [("auth.users", ADA, "email", "warning")]


@pytest.mark.parametrize(
    ("provider", "warned"), [("microsoft", True), ("azure", False), ("sso:1", False), ("custom:shop", False)]
)
def test_scanner_warns_of_a_provider_that_the_service_does_not_have(
    database: psycopg.Cursor, provider: str, warned: bool
) -> None:
    add_user(database)
    database.execute("update auth.identities set provider = %s", (provider,))
    database.execute("update auth.users set raw_app_meta_data = '{}'")
    found = scan(database)
    assert [(row[1], row[3], row[4]) for row in found] == [("auth.identities", "provider", "warning")] * warned
    assert all(row[0] == "is no provider of Supabase Auth: it never matches at sign-in" for row in found)


def test_scanner_finds_users_that_differ_by_case(database: psycopg.Cursor) -> None:
    add_user(database)
    add_user(database, BOB, "ADA@example.org ")
    database.execute("delete from auth.identities; update auth.users set raw_app_meta_data = '{}'")
    found = [(row[2], row[3], row[0].split(":")[0]) for row in scan(database)]
    assert found == [
        (ADA, "email", "differs only by case or blanks from another user's"),
        (BOB, "email", "begins or ends with a blank"),
        (BOB, "email", "differs only by case or blanks from another user's"),
        (BOB, "email", "has capital letters"),
    ]


def test_scanner_finds_identities_of_two_users_with_one_email(database: psycopg.Cursor) -> None:
    add_user(database)
    add_user(database, BOB, "bob@example.org")
    add_identity(database, BOB, "google", "123", "ADA@example.org")
    assert [row[1::2] for row in scan(database)] == [("auth.identities", "email")] * 2
    database.execute("update auth.identities set provider = 'sso:1' where provider = 'google'")
    assert scan(database) == []


def test_scanner_lets_a_saml_user_share_an_email(database: psycopg.Cursor) -> None:
    add_user(database)
    add_user(database, BOB, "bob@example.org")
    database.execute("update auth.identities set provider = 'sso:1' where user_id = %s", (BOB,))
    database.execute(
        "update auth.users set email = 'ada@example.org', is_sso_user = true, raw_app_meta_data = '{}' where id = %s",
        (BOB,),
    )
    assert scan(database) == []


def test_scanner_finds_an_identity_without_user(database: psycopg.Cursor) -> None:
    database.execute("set local session_replication_role = replica")
    add_identity(database, ADA, "email", ADA, "ada@example.org")
    assert [row[1::2] for row in scan(database)] == [("auth.identities", "user_id")]
