"""Databases as eight ORMs make them rehearse clean with a line for each table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.kept_tables import Kept, table
from tests.integration.small_project import project
from tests.rig.postgres import Cluster

OLD = {"old": {"kind": "postgres", "uri": "${OLD_URI}"}}


class Shape(NamedTuple):
    tables: str  # that move as they are
    source: str
    left_out: dict[str, str] = {}  # the ORM's own
    not_kept: dict[str, Any] = {}
    extensions: str = ""  # that the target has in the schema extensions


SHAPES = {
    # Quoted names of models, its own enums, timestamp(3), text keys, implicit tables of many to many.
    "prisma": Shape("User Post _PostToTag Tag", """
        create type "Role" as enum ('USER', 'ADMIN');
        create table "User" (id text not null, email text not null, role "Role" not null default 'USER',
          "createdAt" timestamp(3) not null default current_timestamp, "updatedAt" timestamp(3) not null,
          balance numeric(65,30) not null default 0, meta jsonb, roles "Role"[], constraint "User_pkey" primary key (id));
        create unique index "User_email_key" on "User" (email);
        create table "Post" (id serial not null, "authorId" text not null, title text not null, views int not null default 0,
          constraint "Post_pkey" primary key (id));
        create index "Post_authorId_title_idx" on "Post" ("authorId", title desc);
        create table "Tag" (id serial not null, name text not null, constraint "Tag_pkey" primary key (id));
        create table "_PostToTag" ("A" int not null, "B" int not null, constraint "_PostToTag_AB_pkey" primary key ("A", "B"));
        create index "_PostToTag_B_index" on "_PostToTag" ("B");
        alter table "Post" add constraint "Post_authorId_fkey" foreign key ("authorId") references "User" (id) on delete restrict on update cascade;
        alter table "_PostToTag" add constraint "_PostToTag_A_fkey" foreign key ("A") references "Post" (id) on delete cascade on update cascade;
        alter table "_PostToTag" add constraint "_PostToTag_B_fkey" foreign key ("B") references "Tag" (id) on delete cascade on update cascade;
        create table _prisma_migrations (id varchar(36) not null primary key, checksum varchar(64) not null, finished_at timestamptz,
          migration_name varchar(255) not null, logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(),
          applied_steps_count int not null default 0);
        insert into "User" (id, email, "updatedAt", roles) values ('clx1', 'a@b', now(), '{ADMIN,USER}');
        insert into "Post" ("authorId", title) values ('clx1', 'T'); insert into "Tag" (name) values ('t'); insert into "_PostToTag" values (1, 1);
        insert into _prisma_migrations (id, checksum, migration_name) values ('m', 'c', 'init');
        """, {"_prisma_migrations": "Prisma's own"}),
    # bigserial keys, timestamp(6), citext, uuid defaults, Active Storage, a partial unique index.
    "rails": Shape("users articles active_storage_blobs active_storage_attachments", """
        create extension citext; create extension pgcrypto;
        create table schema_migrations (version varchar not null primary key);
        create table ar_internal_metadata (key varchar not null primary key, value varchar, created_at timestamp(6) not null, updated_at timestamp(6) not null);
        create table users (id bigserial primary key, email citext not null, deleted_at timestamp(6), settings jsonb default '{}' not null,
          created_at timestamp(6) not null, updated_at timestamp(6) not null);
        create unique index index_users_on_email on users using btree (email) where deleted_at is null;
        create table articles (id uuid default gen_random_uuid() not null primary key, user_id bigint not null, title varchar, tags varchar[] default '{}',
          status integer default 0 not null, search tsvector generated always as (to_tsvector('english'::regconfig, coalesce(title, ''))) stored,
          created_at timestamp(6) not null, updated_at timestamp(6) not null);
        create index index_articles_on_user_id on articles (user_id); create index index_articles_on_search on articles using gin (search);
        create index index_articles_on_tags on articles using gin (tags);
        alter table articles add constraint fk_rails_3d31dad1cc foreign key (user_id) references users (id);
        create table active_storage_blobs (id bigserial primary key, key varchar not null, filename varchar not null, metadata text, byte_size bigint not null,
          checksum varchar, created_at timestamp(6) not null);
        create unique index index_active_storage_blobs_on_key on active_storage_blobs (key);
        create table active_storage_attachments (id bigserial primary key, name varchar not null, record_type varchar not null, record_id bigint not null,
          blob_id bigint not null references active_storage_blobs, created_at timestamp(6) not null);
        create unique index index_active_storage_attachments_uniqueness on active_storage_attachments (record_type, record_id, name, blob_id);
        insert into users (email, created_at, updated_at) values ('Ann@B.c', now(), now());
        insert into articles (user_id, title, tags, created_at, updated_at) values (1, 'Wind', '{a,b}', now(), now());
        insert into schema_migrations values ('20240101');
        """, {"schema_migrations": "of Rails", "ar_internal_metadata": "of Rails"}, extensions="citext pgcrypto"),
    # enum() as varchar with a check, timestamps(0), morphs, softDeletes, jobs.
    "laravel": Shape("users comments jobs", """
        create table migrations (id serial primary key, migration varchar(255) not null, batch integer not null);
        create table users (id bigserial not null primary key, name varchar(255) not null, email varchar(255) not null,
          email_verified_at timestamp(0) without time zone null, password varchar(255) not null, remember_token varchar(100) null,
          role varchar(255) check (role in ('admin', 'user')) not null default 'user', balance decimal(8, 2) not null default '0',
          options json null, created_at timestamp(0) without time zone null, updated_at timestamp(0) without time zone null, deleted_at timestamp(0) null);
        alter table users add constraint users_email_unique unique (email);
        create table comments (id bigserial not null primary key, commentable_type varchar(255) not null, commentable_id bigint not null,
          user_id bigint not null, body text not null, ip inet null, mac macaddr null, uuid uuid null);
        create index comments_commentable_type_commentable_id_index on comments (commentable_type, commentable_id);
        alter table comments add constraint comments_user_id_foreign foreign key (user_id) references users (id) on delete cascade;
        comment on column comments.ip is 'from where';
        create table jobs (id bigserial not null primary key, queue varchar(255) not null, payload text not null, attempts smallint not null,
          reserved_at integer null, available_at integer not null); create index jobs_queue_index on jobs (queue);
        insert into users (name, email, password, options) values ('A', 'a@b', 'h', '{"a": 1, "a": 2}');
        insert into comments (commentable_type, commentable_id, user_id, body) values ('App\\Models\\Post', 1, 1, 'x');
        insert into migrations (migration, batch) values ('m', 1);
        """, {"migrations": "Laravel's own"}),
    # uuid_generate_v4(), hashed names of constraints, enums named table_column_enum, simple-array, a closure table, a view.
    "typeorm": Shape("user photo photo_closure", """
        create extension "uuid-ossp";
        create type "public"."user_role_enum" as enum ('admin', 'editor');
        create table "user" ("id" uuid not null default uuid_generate_v4(), "firstName" character varying not null, "isActive" boolean not null default true,
          "role" "public"."user_role_enum" not null default 'editor', "names" text, "version" integer not null default 1,
          "createdAt" timestamp not null default now(), "point" point, constraint "PK_cace4a159ff9f2512dd42373760" primary key ("id"));
        create table "photo" ("id" serial not null, "views" integer array not null default '{}', "userId" uuid, "at" timestamp with time zone not null default now(),
          constraint "REL_photo_user" unique ("userId"), constraint "PK_723fa50bf70dcfd06fb5a44d4ff" primary key ("id"), constraint "CHK_views" check (cardinality("views") < 10));
        create table "photo_closure" ("id_ancestor" integer not null, "id_descendant" integer not null, constraint "PK_closure" primary key ("id_ancestor", "id_descendant"));
        create index "IDX_4494006ff358f754d07df5ccc8" on "photo" ("at"); create index "IDX_ancestor" on "photo_closure" ("id_ancestor");
        alter table "photo" add constraint "FK_4494006ff358f754d07df5ccc87" foreign key ("userId") references "user" ("id") on delete set null on update no action;
        alter table "photo_closure" add constraint "FK_anc" foreign key ("id_ancestor") references "photo" ("id") on delete cascade;
        create table "typeorm_metadata" ("type" varchar not null, "database" varchar, "schema" varchar, "table" varchar, "name" varchar, "value" text);
        create table "migrations" ("id" serial not null primary key, "timestamp" bigint not null, "name" character varying not null);
        create view "post_view" as select "user"."id" as "userId", count(*) as "n" from "user" left join "photo" on "photo"."userId" = "user"."id" group by 1;
        insert into "user" ("firstName") values ('A'); insert into "photo" ("userId") select id from "user"; insert into "photo_closure" values (1, 1);
        insert into "migrations" ("timestamp", "name") values (1, 'Init1');
        """, {"typeorm_metadata": "TypeORM's own", "migrations": "TypeORM's own"}, extensions="uuid-ossp"),
    # enums named enum_Table_column, timestamptz pairs, unique constraints that pile up, numeric ranges.
    "sequelize": Shape("Users Orders", """
        create type "public"."enum_Users_status" as enum ('on', 'off');
        create table "Users" ("id" serial, "email" varchar(255) unique, "status" "public"."enum_Users_status" default 'on', "prefs" jsonb default '{}',
          "born" date, "span" int4range, "tags" varchar(255)[], "createdAt" timestamp with time zone not null, "updatedAt" timestamp with time zone not null, primary key ("id"));
        alter table "Users" add constraint "Users_email_key1" unique ("email"); alter table "Users" add constraint "Users_email_key2" unique ("email");
        create table "Orders" ("id" uuid not null, "UserId" integer references "Users" ("id") on delete set null on update cascade, "total" decimal(10,2),
          "createdAt" timestamp with time zone not null, "updatedAt" timestamp with time zone not null, primary key ("id"));
        create index "orders_user_id" on "Orders" ("UserId"); create table "SequelizeMeta" ("name" varchar(255) not null unique primary key);
        comment on column "Orders"."total" is 'with tax';
        insert into "Users" ("email", "span", "createdAt", "updatedAt") values ('a@b', '[1,5)', now(), now());
        insert into "Orders" values ('00000000-0000-4000-8000-000000000001', 1, 3.5, now(), now()); insert into "SequelizeMeta" values ('1.js');
        """, {"SequelizeMeta": "Sequelize's own"}),
    # identity keys, deferred foreign keys, _like indexes, checks of positive numbers, content types, a collation.
    "django": Shape("auth_user shop_item shop_item_buyers django_content_type", """
        create table django_migrations (id bigint not null primary key generated by default as identity, app varchar(255) not null, name varchar(255) not null,
          applied timestamp with time zone not null);
        create table django_session (session_key varchar(40) not null primary key, session_data text not null, expire_date timestamp with time zone not null);
        create table django_content_type (id integer not null primary key generated by default as identity, app_label varchar(100) not null, model varchar(100) not null,
          constraint django_content_type_app_label_model_76bd3d3b_uniq unique (app_label, model));
        create table auth_user (id integer not null primary key generated by default as identity, password varchar(128) not null, last_login timestamp with time zone null,
          is_superuser boolean not null, username varchar(150) not null unique, date_joined timestamp with time zone not null);
        create index auth_user_username_6821ab7c_like on auth_user (username varchar_pattern_ops);
        create table shop_item (id bigint not null primary key generated by default as identity, slug varchar(50) not null, stock integer not null check (stock >= 0),
          took interval not null default '0', data jsonb not null, photo bytea null, address inet null, owner_id integer not null, period tstzrange null);
        alter table shop_item add constraint shop_item_owner_id_fk foreign key (owner_id) references auth_user (id) deferrable initially deferred;
        alter table shop_item add constraint "stock_below" check (stock < 1000); create index shop_item_slug_like on shop_item (slug varchar_pattern_ops);
        create unique index shop_item_one on shop_item (owner_id) where stock > 0; create index shop_item_lower on shop_item (upper(slug::text));
        create table shop_item_buyers (id bigint not null primary key generated by default as identity, item_id bigint not null, user_id integer not null);
        alter table shop_item_buyers add constraint shop_item_buyers_item_id_user_id_uniq unique (item_id, user_id);
        alter table shop_item_buyers add constraint shop_item_buyers_item_id_fk foreign key (item_id) references shop_item (id) deferrable initially deferred;
        alter table shop_item_buyers add constraint shop_item_buyers_user_id_fk foreign key (user_id) references auth_user (id) deferrable initially deferred;
        insert into auth_user (password, is_superuser, username, date_joined) values ('pbkdf2_sha256$1$a$b', true, 'ann', now());
        insert into shop_item (slug, stock, data, owner_id, took) values ('a', 1, '{}', 1, '1 day 02:03'); insert into shop_item_buyers (item_id, user_id) values (1, 1);
        insert into django_content_type (app_label, model) values ('shop', 'item'); insert into django_session values ('k', 'd', now());
        """, {"django_migrations": "Django's own", "django_session": "everybody signs in anew"}),
    # its journal in a schema of its own, identity always, generated columns, unique nulls not distinct, materialized views.
    "drizzle": Shape("users posts", """
        create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
        create type "public"."status" as enum ('draft', 'live');
        create table "users" ("id" integer primary key generated always as identity (sequence name "users_id_seq" increment by 1 minvalue 1 maxvalue 2147483647 start with 1 cache 1),
          "name" varchar(256), "lower_name" text generated always as (lower("name")) stored, "code" text, constraint "users_code_unique" unique nulls not distinct ("code"));
        create table "posts" ("id" uuid primary key default gen_random_uuid() not null, "user_id" integer, "status" "status" default 'draft' not null, "meta" jsonb default '{"a":1}'::jsonb,
          "at" timestamp (6) with time zone default now() not null, "no" bigserial not null, constraint "no_positive" check ("posts"."no" > 0));
        alter table "posts" add constraint "posts_user_id_users_id_fk" foreign key ("user_id") references "public"."users"("id") on delete no action on update no action;
        create index "posts_at_idx" on "posts" using btree ("at" desc nulls last, "status"); create materialized view "live_posts" as (select "id" from "posts" where "status" = 'live');
        insert into "users" ("name") values ('Ann'); insert into "posts" ("user_id", "status") values (1, 'live'); refresh materialized view "live_posts";
        """, not_kept={"schema": {"drizzle": "Drizzle's own journal"}}),
    # tables of enums by reference, pgcrypto's ids, triggers that set updated_at, metadata in hdb_catalog.
    "hasura": Shape("order_status orders", """
        create extension pgcrypto; create schema hdb_catalog; create table hdb_catalog.hdb_metadata (id integer primary key, metadata json not null);
        create function hdb_catalog.gen_hasura_uuid() returns uuid language sql as 'select gen_random_uuid()';
        create function public.set_current_timestamp_updated_at() returns trigger language plpgsql as $$
          declare _new record; begin _new := new; _new."updated_at" = now(); return _new; end; $$;
        create table public.order_status (value text primary key, comment text not null); comment on table public.order_status is 'of an order';
        create table public.orders (id uuid default gen_random_uuid() not null primary key, created_at timestamp with time zone default now() not null,
          updated_at timestamp with time zone default now() not null, status text default 'new' not null, "user" jsonb, ids bigint generated by default as identity);
        alter table only public.orders add constraint orders_status_fkey foreign key (status) references public.order_status (value) on update restrict on delete restrict;
        create trigger set_public_orders_updated_at before update on public.orders for each row execute function public.set_current_timestamp_updated_at();
        comment on trigger set_public_orders_updated_at on public.orders is 'trigger to set value of column "updated_at" to current timestamp on row update';
        create function public.search_orders(search text) returns setof public.orders language sql stable as $$ select * from orders where status ilike search $$;
        insert into order_status values ('new', 'n'); insert into orders (status) values ('new'); insert into hdb_catalog.hdb_metadata values (1, '{}');
        """, not_kept={"schema": {"hdb_catalog": "Hasura's own"}}, extensions="pgcrypto"),
}  # fmt: skip


@pytest.mark.parametrize("orm", SHAPES)
def test_it_rehearses_clean(targets: Cluster, old: Cluster, tmp_path: Path, orm: str) -> None:
    shape = SHAPES[orm]
    files = {"project": project(orm, OLD, left_out={f"old.{name}": why for name, why in shape.left_out.items()},
                                **({"not_kept": {"old": shape.not_kept}} if shape.not_kept else {})),
             **{name.lower(): table(name) for name in shape.tables.split()}}  # fmt: skip
    with Kept(tmp_path, targets, old, files, shape.source) as kept:
        for name in shape.extensions.split():
            kept.query(f'create schema if not exists extensions; create extension if not exists "{name}" schema extensions')
        ended = kept.run("rehearse", "--project", kept.project, "--run-dir", str(kept.folder))
        assert ended.returncode == 0, ended.said
        fates = {(one["kind"], one["name"]): one for one in kept.account()["objects"]}
        lost = [key for key, one in fates.items() if one["fate"] == "not kept" and one.get("entity") not in shape.left_out]
        assert {kind for kind, _ in lost} <= set(shape.not_kept), lost
