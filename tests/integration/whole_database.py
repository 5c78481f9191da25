"""The database of fixtures/whole, and a project that moves it: a line for each table."""

from __future__ import annotations

from typing import Any

from tests.integration.migration import ROOT
from tests.integration.small_project import project
from tests.rig.postgres import Cluster

DATABASE = ROOT / "fixtures" / "whole" / "database.sql"
SCHEMAS = {"old": "public", "billing": "Billing"}
SOURCES = {
    "old": {"kind": "postgres", "uri": "${OLD_URI}"},
    "billing": {"kind": "postgres", "uri": "${OLD_URI}", "schema": "Billing"},
}
KEYLESS = ("bare", "cats", "typed", "visits")
EXTENSIONS = ("btree_gist", "citext", "hstore", "ltree", "pg_trgm", "pgcrypto", "uuid-ossp")
EVERYWHERE = "what every database has of its own"
LEFT_BEHIND: dict[str, Any] = {
    "old": dict.fromkeys(
        ("inheritance", "check", "foreign table", "foreign server", "user mapping", "aggregate", "collation",
         "operator", "cast", "text search configuration", "extension", "comment", "grant", "default privileges",
         "publication", "event trigger", "large object"), EVERYWHERE) | {"policy": {"report on orders": EVERYWHERE}},
    "billing": dict.fromkeys(
        ("foreign server", "user mapping", "cast", "extension", "publication", "event trigger",
         "large object"), EVERYWHERE),
}  # fmt: skip
TABLES = """select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = :'schema' and c.relkind in ('r', 'p') and not c.relispartition order by 1"""


def mappings(old: Cluster, database: str) -> dict[str, Any]:
    """A line for each table."""
    files: dict[str, Any] = {"project": project("whole", SOURCES, not_kept=LEFT_BEHIND)}
    for source, schema in SCHEMAS.items():
        for name in old.psql(TABLES, database=database, variables={"schema": schema}).split("\n"):
            table: dict[str, Any] = {"keep_shape": True}
            if name in KEYLESS:
                table["key"] = []
            if name == "kinds":  # the number of a table means nothing in another database
                table["columns"] = {"a_class": {"type": "text"}}
            files[f"{source}_{name.lower()}"] = {"from": f"{source}.{name}", "to": {f"{schema}.{name}": table}}
    return files
