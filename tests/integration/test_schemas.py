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
    insert into crm.accounts values (1, 'ann', 'won', null, 'done', 'S'), (2, 'bob', 'new', null, null, null);
    insert into orders (id, account, title, places) values (1, 1, 'x', '{"(a,new)","(b,)"}'), (2, 1, null, null);
    update crm.accounts set first_order = 1 where id = 1; insert into "Billing".bills values (1, 2, 'ann', 'new'), (2, null, null, null);
"""
SCHEMAS = {"old": "public", "crm": "crm", "billing": "Billing"}
SOURCES = {
    "old": {"kind": "postgres", "uri": "${OLD_URI}"},
    "crm": {"kind": "postgres", "uri": "${CRM_URI}", "schema": "crm"},
    "billing": {"kind": "postgres", "uri": "${OLD_URI}", "schema": "Billing"},
}
SHELF = {"schema": {"shelf": "read by nobody"}}
LEFT = {"old": {**SHELF, "foreign key": {"of_shelf on orders": "shelves stay", "of_size on orders": "two types"}}, "crm": SHELF, "billing": SHELF}


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
    with Several(tmp_path, targets, old, FILES) as several:
        several.write_project(not_kept={**LEFT, "old": SHELF})
        several.complaint(
            several.plan(), USAGE, 'old foreign key "of_shelf on orders" (what it refers to in shelf.books does not come), old'
            ' foreign key "of_size on orders" (size is not taken as size of crm.accounts is: another value, or another type)')
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
        assert several.query("select typnamespace::regnamespace || '.' || typname from pg_type where typtype in ('e', 'd', 'c') and typnamespace::regnamespace"
                             "::text in ('crm', 'public', '\"Billing\"') and typname not in ('orders', 'accounts', 'bills') order by 1").split("\n") == [
            "crm.place", "crm.size", "crm.state", "crm.title", "public.size", "public.state"]  # fmt: skip
        fates = several.fates_by_source("enum")
        assert {name: fate for (source, name), fate in fates.items() if source == "old"} == {
            "state": ("kept", "made as public.state"), "crm.state": ("kept", "made as crm.state"),
            "shelf.size": ("changed", "made as public.size, as no source reads shelf"),
        }  # fmt: skip
        assert several.query("select state, won, title, places from orders order by id") == "open|won|x|{\"(a,new)\",\"(b,)\"}\nopen|won||"
        assert several.verdict() == []
        several.query("create type public.won as enum ('new', 'won'); alter table orders drop constraint of_account, drop constraint of_state,"
                      " alter won drop default, alter won type public.won using won::text::public.won, alter won set default 'won'")
        assert several.verdict() == [
            "public.orders: column won is public.won; it should be crm.state",
            "public.orders: the foreign key (account) to crm.accounts (id) on delete cascade: it is missing",
            "public.orders: the foreign key (won, account) to crm.accounts (state, id) on delete no action: it is missing",
        ]  # fmt: skip
