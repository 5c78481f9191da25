"""A database whose tables lie in several schemas, each a source of the project: what stands on two of them comes along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.complaint import USAGE
from tests.integration.kept_tables import Kept
from tests.integration.small_project import project
from tests.rig.postgres import Cluster

# Each schema has a type of the name "state", and one has types that all use.
SOURCE = """
    create schema crm; create schema "Billing"; create schema shelf;
    create type state as enum ('open', 'done'); create type crm.state as enum ('new', 'won'); create type shelf.size as enum ('S', 'L');
    create domain crm.title as text check (value <> ''); create type crm.place as (street text, state crm.state);
    create table orders (id int primary key, account int not null, shelf int, state state default 'open', won crm.state default 'won',
      title crm.title, places crm.place[], size shelf.size default 'S' check (size <> 'L'::shelf.size));
    create table crm.accounts (id int primary key, name text not null, state crm.state default 'new', first_order int references orders on delete set null,
      unique (state, id), unique (name), order_state state, size shelf.size, unique (size, id));
    alter table orders add constraint of_account foreign key (account) references crm.accounts on update cascade on delete cascade,
      add constraint of_state foreign key (won, account) references crm.accounts (state, id),
      add constraint of_size foreign key (size, account) references crm.accounts (size, id);
    create table "Billing".bills (id int primary key, "order" int references orders, account text references crm.accounts (name), state crm.state);
    create table shelf.books (id int primary key);
    alter table orders add constraint of_shelf foreign key (shelf) references shelf.books;
    create function crm.loud(text) returns text language sql immutable as 'select upper($1)';
    alter table orders add loud text default crm.loud('x') check (loud = crm.loud(loud));
    create collation own (provider = icu, locale = 'de'); create index of_title on orders (upper(title) collate own);
    create view crm.counts as select a.id, a.state, (select count(*) from orders o where o.account = a.id) as n from crm.accounts a;
    create view named as select o.id, c.n, crm.loud(o.title) as title, c.state from orders o join crm.counts c on c.id = o.account;
    create materialized view "Billing".totals as select sum(n) as n from named; create materialized view crm.of_totals as select n + 1 as n from "Billing".totals;
    create function may(int) returns boolean language sql security definer stable as 'select exists (select from public.orders where id = $1)';
    create function owed(b "Billing".bills) returns bigint language sql stable as 'select count(*) from crm.counts where n > 0';
    create function titled() returns bigint language sql set search_path = crm as 'select count(name) from accounts';
    create function noted() returns trigger language plpgsql as $$ begin new.state = 'won'; return new; end $$;
    create trigger noted before insert on crm.accounts for each row execute function noted();
    create trigger noted before insert on "Billing".bills for each row execute function noted();
    create policy seen on "Billing".bills for select to authenticated using (may("order") and exists (select from crm.accounts a where a.state = bills.state));
    create view of_shelf as select id from shelf.books; create view crm.named as select name from crm.accounts; create view names as select * from crm.named;
    alter table crm.accounts disable trigger noted; alter table "Billing".bills disable trigger noted;
    insert into crm.accounts values (1, 'ann', 'won', null, 'done', 'S'), (2, 'bob', 'new', null, null, null);
    insert into orders (id, account, title, places) values (1, 1, 'x', '{"(a,new)","(b,)"}'), (2, 1, null, null);
    update crm.accounts set first_order = 1 where id = 1; insert into "Billing".bills values (1, 2, 'ann', 'new'), (2, null, null, null);
    alter table crm.accounts enable trigger noted; alter table "Billing".bills enable trigger noted;
    refresh materialized view "Billing".totals; refresh materialized view crm.of_totals;
"""
SCHEMAS = {"old": "public", "crm": "crm", "billing": "Billing"}
SOURCES = {
    "old": {"kind": "postgres", "uri": "${OLD_URI}"},
    "crm": {"kind": "postgres", "uri": "${CRM_URI}", "schema": "crm"},
    "billing": {"kind": "postgres", "uri": "${OLD_URI}", "schema": "Billing"},
}
# Why something is not kept.
WHY = {
    ("old", "foreign key", "of_shelf on orders"): "what it refers to in shelf.books does not come",
    ("old", "foreign key", "of_size on orders"): "size is not taken as size of crm.accounts is: another value, or another type",
    ("old", "index", "of_title on orders"): "it is of a partition alone, not valid, or of a collation of the source's own",
    ("old", "view", "names"): "in crm, the view named is not kept",
    ("old", "view", "of_shelf"): "no source reads shelf.books",
    ("old", "function", "titled()"): "in crm, accounts.name is called title in the target",
    ("crm", "view", "named"): "accounts.name is called title in the target",
}
LEFT: dict[str, Any] = {source: {"schema": {"shelf": "read by nobody"}} for source in SCHEMAS}
LEFT["old"]["collation"] = "no target has it"
for source, kind, name in WHY:
    LEFT[source].setdefault(kind, {})[name] = "stays"


def table(source: str, name: str, to: str | None = None, **more: Any) -> dict[str, Any]:
    return {"from": f"{source}.{name}", "to": {to or f"{SCHEMAS[source]}.{name}": {"keep_shape": True, **more}}}


FILES = {
    "project": project("schemas", SOURCES, not_kept=LEFT),
    "orders": table("old", "orders"),
    "accounts": table("crm", "accounts", columns={"title": {"from": "name"}}),
    "bills": table("billing", "bills"),
}


class Several(Kept):
    """The second source says another URI of the same database."""

    def __init__(self, top: Path, targets: Cluster, old: Cluster, files: dict[str, Any], source: str = SOURCE) -> None:
        super().__init__(top, targets, old, files, source)
        self.environment["CRM_URI"] = self.environment["OLD_URI"] + "?application_name=crm"

    def fates_by_source(self, kind: str) -> dict[tuple[str, str], tuple[str, str | None]]:
        return {(one["source"], one["name"]): (one["fate"], one.get("how") or one.get("reason"))
                for one in self.account()["objects"] if one["kind"] == kind}  # fmt: skip

    def write_project(self, **more: Any) -> None:
        (self.files / "project.json").write_text(json.dumps({**FILES["project"], **more}))


def test_what_stands_on_two_schemas_comes_along(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    old.psql("do $$ begin create role authenticated; exception when duplicate_object then null; end $$")
    with Several(tmp_path, targets, old, FILES) as several:
        several.write_project(not_kept={})
        told = several.complaint(several.plan(), USAGE, "11 of the sources' objects are neither kept nor left out")
        for (source, kind, name), why in WHY.items():
            assert f'{source} {kind} "{name}" ({why})' in told.message, told.message
        several.write_project()
        several.succeed()
        keys = several.query("select conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'f'"
                             " and connamespace::regnamespace::text not in ('auth', 'graduate', 'storage') order by 1")  # fmt: skip
        assert keys.split("\n") == [
            "accounts_first_order_fkey|FOREIGN KEY (first_order) REFERENCES orders(id) ON DELETE SET NULL",
            "bills_account_fkey|FOREIGN KEY (account) REFERENCES crm.accounts(title)",
            "bills_order_fkey|FOREIGN KEY (\"order\") REFERENCES orders(id)",
            "of_account|FOREIGN KEY (account) REFERENCES crm.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE",
            "of_state|FOREIGN KEY (won, account) REFERENCES crm.accounts(state, id)",
        ]  # fmt: skip
        assert several.query("select typnamespace::regnamespace || '.' || typname from pg_type t left join pg_class c on c.oid = typrelid"
                             " where typnamespace::regnamespace::text in ('crm', 'public', '\"Billing\"')"
                             " and (typtype in ('e', 'd') or relkind = 'c') order by 1").split("\n") == [
            "crm.place", "crm.size", "crm.state", "crm.title", "public.size", "public.state"]  # fmt: skip
        assert several.query('select n from crm.of_totals; select n, title from named order by 2; select may(1), owed(b), loud from "Billing".bills b, orders'
                             " where b.id = orders.id order by b.id") == "5\n2|X\n2|\nt|1|X\nt|1|X"
        assert several.query("select has_function_privilege('authenticated', 'may(int)', 'execute'), tgenabled"
                             " from pg_trigger where tgname = 'noted'") == "t|O\nt|O"  # fmt: skip
        fates = several.fates_by_source("enum")
        assert {name: fate for (source, name), fate in fates.items() if source == "old"} == {
            "state": ("kept", "made as public.state"), "crm.state": ("kept", "made as crm.state"),
            "shelf.size": ("changed", "made as public.size, as no source reads shelf"),
        }  # fmt: skip
        assert several.query("select state, won, title, places from orders order by id") == "open|won|x|{\"(a,new)\",\"(b,)\"}\nopen|won||"
        assert several.verdict() == []
        ended = several.run(*several.run_arguments(), "--restart", "orders")
        assert ended.returncode == 0, ended.said
        assert several.verdict() == [] and several.query("select n from crm.of_totals") == "5"
        several.query("create type public.won as enum ('new', 'won'); alter table orders drop constraint of_account, drop constraint of_state,"
                      " alter won drop default, alter won type public.won using won::text::public.won, alter won set default 'won';"
                      " alter table crm.accounts disable trigger noted; drop policy seen on \"Billing\".bills;"
                      " create or replace view crm.counts with (security_invoker) as select id, state, 1::bigint as n from crm.accounts")
        found = several.verdict()
        assert len(found) == len(LOST) and all(any(says in one for one in found) for says in LOST), found


LOST = (
    "public.orders: column won is public.won; it should be crm.state",
    "public.orders: the foreign key (account) to crm.accounts (id) on delete cascade: it is missing",
    "public.orders: the foreign key (won, account) to crm.accounts (state, id) on delete no action: it is missing",
    "crm.accounts: the trigger noted is DISABLE; in the source it is ENABLE",
    "crm.counts: the view is another than in the source",
    "Billing.bills: the policy seen is missing",
)
