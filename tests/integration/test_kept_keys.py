"""Foreign keys between tables that keep their shape, and those that a mapping says of values that are no identities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.complaint import DATA, USAGE
from tests.integration.kept_tables import Kept, table
from tests.integration.small_project import project
from tests.rig.postgres import Cluster

SOURCE = """
    create table parent (id int primary key, code text not null unique, boss int references parent (id));
    create table pair (a int, b int, c int, primary key (a, b)); create unique index pair_c on pair (c, a);
    create table child (id int primary key, p int not null, code text, a int, b int, c int, old int, other int,
      constraint by_id foreign key (p) references parent (id) on update cascade on delete cascade deferrable,
      constraint by_code foreign key (code) references parent (code) deferrable initially deferred,
      constraint by_pair foreign key (a, b) references pair match full on delete set null,
      constraint by_index foreign key (a, c) references pair (a, c) on update restrict on delete set default);
    create table gone (id int primary key); create table uuids (id uuid primary key);
    create table of_uuids (id uuid primary key, one uuid constraint by_uuid references uuids on update cascade,
      two uuid references uuids on delete set null);
    insert into parent values (1, 'one', null), (2, 'two', 1); insert into pair values (1, 1, 5);
    insert into gone values (1);
    insert into child values (1, 2, 'one', 1, 1, 5, 77, 1), (2, 1, null, null, null, null, null, null);
    alter table child add constraint by_old foreign key (old) references parent not valid,
      add constraint by_gone foreign key (other) references gone;
    insert into uuids values ('00000000-0000-4000-8000-000000000001');
    insert into of_uuids select id, id, id from uuids;
"""
SOME = """
    alter table child add d int, add constraint by_some foreign key (a, d) references pair (a, b)
      on delete set null (d);
"""
KEYS = """
    select conname, pg_get_constraintdef(oid) from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace order by conname"""


def keys_of(kept: Kept) -> dict[str, str]:
    return dict(line.split("|") for line in kept.query(KEYS).split("\n") if line)


MADE = {
    "by_code": "FOREIGN KEY (code) REFERENCES parent(the_code) DEFERRABLE INITIALLY DEFERRED",
    "by_id": "FOREIGN KEY (parent_id) REFERENCES parent(id) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE",
    "by_index": "FOREIGN KEY (a, c) REFERENCES pair(a, c) ON UPDATE RESTRICT ON DELETE SET DEFAULT",
    "by_old": "FOREIGN KEY (old) REFERENCES parent(id) NOT VALID",
    "by_pair": "FOREIGN KEY (a, b) REFERENCES pair(a, b) MATCH FULL ON DELETE SET NULL",
    "by_uuid": "FOREIGN KEY (one) REFERENCES uuids(id) ON UPDATE CASCADE",
    "of_uuids_two_fkey": "FOREIGN KEY (two) REFERENCES uuids(id) ON DELETE CASCADE",
    "parent_boss_fkey": "FOREIGN KEY (boss) REFERENCES parent(id)",
}
LEFT = {"foreign key": {"by_gone on child": "gone is not asked for any more"}}


FILES = {
    "project": project("keys", {"old": {"kind": "postgres", "uri": "${OLD_URI}"}},
                       left_out={"old.gone": "nobody asks"}, not_kept={"old": LEFT}),
    "parent": table("parent", columns={"the_code": {"from": "code"}}),
    "pair": table("pair"),
    "child": table("child", columns={"parent_id": {"from": "p"}}),
    "uuids": table("uuids", key=["id"], columns={"id": {"id_of": "uuids"}}),
    "of_uuids": table("of_uuids", columns={"one": {"id_of": "uuids"}, "two": {"id_of": "uuids", "on_delete": "cascade"}}),
}  # fmt: skip


@pytest.fixture
def kept(targets: Cluster, old: Cluster, tmp_path: Path) -> Iterator[Kept]:
    with Kept(tmp_path, targets, old, FILES, SOURCE) as made:
        yield made


def test_keys_of_the_source_are_made_again(kept: Kept) -> None:
    kept.succeed()
    assert keys_of(kept) == MADE
    objects = {name: fate for (_, name), fate in kept.fates("foreign key").items()}
    assert objects == {
        **{f"{name} on child": ("kept", None) for name in ("by_code", "by_id", "by_index", "by_old", "by_pair")},
        "by_uuid on of_uuids": ("kept", None), "parent_boss_fkey on parent": ("kept", None),
        "of_uuids_two_fkey on of_uuids": ("changed", "on delete cascade, not set null"),
        "by_gone on child": ("not kept", "gone is not asked for any more"),
    }  # fmt: skip
    assert kept.verdict() == []
    ended = kept.run("undo", "--run-dir", str(kept.folder))
    assert ended.returncode == 0, ended.said
    assert keys_of(kept) == {}


# What is done to the target, and what the verifier must say of it.
SPOILED = [
    ("alter table {} drop constraint by_id", "(parent_id) to public.parent (id) on delete cascade: it is missing"),
    ("alter table {} alter constraint by_id not deferrable", "it is not as deferrable"),
    ("alter table {} alter constraint by_code deferrable initially immediate", "it is not as deferrable"),
    ("alter table {} drop constraint by_pair, add constraint by_pair foreign key (a, b) references public.pair"
     " on delete set null", "it is not MATCH FULL"),
    ("alter table {} drop constraint by_id, add constraint by_id foreign key (parent_id) references public.parent"
     " on delete cascade deferrable", "it has another ON UPDATE"),
    ("alter table {} add constraint more foreign key (id) references public.parent", "it has the foreign key more"),
]  # fmt: skip


def test_the_verifier_knows_them(kept: Kept) -> None:
    kept.succeed()
    for sql, says in SPOILED:
        kept.query(sql.format("public.child"))
        found = kept.verdict()
        assert len(found) == 1 and says in found[0], (sql, found)
        kept.query("alter table public.child drop constraint if exists more")
        for name, made in MADE.items():
            if name.startswith("by_") and name != "by_uuid":
                kept.query(f"alter table public.child drop constraint if exists {name}, add constraint {name} {made}")
    assert kept.verdict() == []


def test_what_cannot_be_kept_is_left_out_by_name(kept: Kept) -> None:
    (kept.files / "project.json").write_text(json.dumps({**FILES["project"], "not_kept": {}}))
    kept.complaint(kept.plan(), USAGE, '1 of the sources\' objects is neither kept nor left out: old foreign key "by_gone on child"'
                   " (what it refers to in gone does not come)")  # fmt: skip
    others = {"foreign key": {**LEFT["foreign key"], "by_pair on child": "the new API asks for no pairs"}}
    (kept.files / "project.json").write_text(json.dumps({**FILES["project"], "not_kept": {"old": others}}))
    kept.succeed()
    assert keys_of(kept) == {name: made for name, made in MADE.items() if name != "by_pair"}
    assert kept.verdict() == []


def test_rows_that_a_kept_key_refuses_are_told(kept: Kept) -> None:
    (kept.files / "parent.json").write_text(
        json.dumps({**FILES["parent"], "to": {"public.parent": {"keep_shape": True, "when": {"id": {"not": 1}},
                                                                "columns": {"the_code": {"from": "code"}}}}}))  # fmt: skip
    told = kept.fail(DATA, "1 of 1 rows of public.child refer by code to no row of public.parent")
    assert '"not_kept" leaves a foreign key of the source out by its name' in told.next
    ended = kept.run("undo", "--run-dir", str(kept.folder))
    assert ended.returncode == 0, ended.said
    names = {f"{name} on child": "parents may be gone" for name in ("by_code", "by_id")}
    loose = {"foreign key": {**LEFT["foreign key"], **names, "parent_boss_fkey on parent": "and so may bosses"}}
    (kept.files / "project.json").write_text(json.dumps({**FILES["project"], "not_kept": {"old": loose}}))
    kept.folder = kept.top / "again"
    kept.succeed()
    assert kept.verdict() == []


def test_some_columns_only_are_emptied(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    """As new as version 15."""
    with Kept(tmp_path, targets, old, FILES, SOURCE + SOME) as kept:
        kept.succeed()
        assert keys_of(kept)["by_some"] == "FOREIGN KEY (a, d) REFERENCES pair(a, b) ON DELETE SET NULL (d)"
        assert kept.verdict() == []


ORDERS = """
    create table orders (id serial primary key, code text unique); create table items (id serial primary key,
      order_id int not null, code text, a int, b int);
    create table pair (a int, b int, primary key (a, b));
    insert into orders (code) values ('x'); insert into pair values (1, 2);
    insert into items (order_id, code, a, b) values (1, 'x', 1, 2);
"""
SAID = {
    "project": project("said", {"old": {"kind": "postgres", "uri": "${OLD_URI}"}}),
    "orders": table("orders"), "pair": table("pair"),
    "items": table("items", columns={"order_id": {"references": "public.orders.id", "on_delete": "cascade"},
                                     "code": {"references": "public.orders.code"}},
                   foreign_keys=[{"columns": ["a", "b"], "references": "public.pair", "on_delete": "set null",
                                  "on_update": "cascade", "deferrable": "initially deferred"}]),
}  # fmt: skip
SAYS = {
    "items_a_b_fkey": "FOREIGN KEY (a, b) REFERENCES pair(a, b) ON UPDATE CASCADE ON DELETE SET NULL"
                      " DEFERRABLE INITIALLY DEFERRED",
    "items_code_fkey": "FOREIGN KEY (code) REFERENCES orders(code)",
    "items_order_id_fkey": "FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE",
}  # fmt: skip


def test_a_mapping_says_references(targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    with Kept(tmp_path, targets, old, SAID, ORDERS) as kept:
        kept.succeed()
        assert keys_of(kept) == SAYS
        assert kept.verdict() == []
        kept.query("alter table public.items drop constraint items_a_b_fkey, drop constraint items_code_fkey")
        assert len(kept.verdict()) == 2


def key(**more: Any) -> dict[str, Any]:
    return {"foreign_keys": [{"columns": ["a"], "references": "public.orders", **more}]}


@pytest.mark.parametrize(("items", "says"), [
    ({"columns": {"a": {"references": "public.order.id"}}}, 'the project has no table public.order; did you mean "public.orders"?'),
    ({"columns": {"a": {"references": "orders"}}}, '/columns/a/references: this must be "schema.table.column"'),
    ({"columns": {"a": {"references": "public.orders.idd"}}}, "a foreign key refers to a column that public.orders does not have: idd"),
    ({"columns": {"a": {"references": "public.orders.code"}}}, "/columns/a: a integer cannot refer to code of public.orders, a text"),
    ({"columns": {"a": {"references": "public.pair.a"}}}, "a foreign key refers to (a) of public.pair, which is no key and not unique"),
    (key(columns=["none"]), "a foreign key names a column that the table does not have: none"),
    (key(columns=["a", "b"]), "a foreign key has not as many columns as the key that it refers to"),
    (key(to=["id", "code"]), '/foreign_keys/0/to: this must name as many columns as "columns" does'),
    ({"foreign_keys": [{"columns": ["a"]}]}, '/foreign_keys/0: a foreign key needs "columns", and the table that it'),
    (key(deferrable=True), "/foreign_keys/0/deferrable"),
    (key(on_update="casc"), '/foreign_keys/0/on_update: "casc" is none of: '),
])  # fmt: skip
def test_references_that_cannot_be(items: dict[str, Any], says: str, targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    with Kept(tmp_path, targets, old, {**SAID, "items": table("items", **items)}, ORDERS) as kept:
        kept.complaint(kept.plan(), USAGE, says)
