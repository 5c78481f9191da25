"""Projects that a test writes for itself: a few mappings, and a source that it can spoil.

    with shop_of(tmp_path, targets) as shop:
        with spoiled(shop, Bad("dump/authors.bson", cut(7), SOURCE, ())):
            shop.fail(SOURCE, "authors.bson")
        shop.succeed()
"""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import bson

from tests.integration.complaint import Complaint, complaint_of, secrets_of
from tests.integration.migration import PROGRAMS, ROOT, TABLES, Ended, Migration
from tests.rig.postgres import Cluster

# A handful of records a batch.
SMALL_BATCH = "1K"


class Small(Migration):
    """A migration by mappings that are written into top/project, where a test may change them."""

    def __init__(self, top: Path, cluster: Cluster, files: Mapping[str, Any], **environment: str) -> None:
        super().__init__(top / "run", cluster, azure="", project=str(top / "project"))
        self.top = top
        self.files = top / "project"
        write_project(self.files, files)
        self.environment |= environment
        self.batch_bytes = SMALL_BATCH

    def run_arguments(self, jobs: int = 1) -> list[str]:
        """One entity after the other, so that a test knows where it is stopped."""
        return [
            "run", "--project", self.project, "--run-dir", str(self.folder), "--batch-bytes", self.batch_bytes,
            "--jobs", str(jobs),
        ]  # fmt: skip

    def fail(self, code: int, *says: str, **environment: str) -> Complaint:
        """Run, and be told what is wrong; see complaint_of."""
        return self.complaint(self.run(**environment), code, *says)

    def complaint(self, ended: Ended, code: int, *says: str) -> Complaint:
        secrets = secrets_of(self.environment)
        complaint = complaint_of(ended, code, *says, secrets=secrets)
        kept = b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        assert not [secret for secret in secrets if secret.encode() in kept], "a secret is in the run folder"
        return complaint

    def untouched(self) -> bool:
        """There is no ledger in the target, and no table but those that it brought."""
        return self.query(f"select to_regclass('graduate.runs') is null; {TABLES}").split() == [
            "t", "auth.identities", "auth.users"
        ]  # fmt: skip


def project(name: str, sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"project": name, "target": "${SUPABASE_DB_URL}", "sources": sources, **more}


def write_project(folder: Path, files: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


def run_behind(migration: Migration, *prefix: str) -> Ended:
    """`graduate run`, started by another program."""
    done = subprocess.run(
        [*prefix, PROGRAMS / "graduate", *migration.run_arguments()], cwd=ROOT, env=migration.environment, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60)  # fmt: skip
    return Ended(done.args, done.returncode, done.stdout, done.stderr)


# ---- the shop: authors, and their books, out of a folder of mongodump ------------------------------

AUTHORS = [bson.ObjectId(f"5f0c8a1b2c3d4e5f6071{n:04x}") for n in range(6)]
BOOKS = [bson.ObjectId(f"5f0c8a1b2c3d4e5f6072{n:04x}") for n in range(24)]
SHOP: dict[str, Any] = {
    "project": project("shop", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
    "authors": {
        "from": "core.authors",
        "to": {
            "public.authors": {
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "id_of": "authors"},
                    "name": {"from": "name", "type": "text", "null": False},
                },
            }
        },
    },
    "books": {
        "from": "core.books",
        "to": {
            "public.books": {
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "id_of": "books"},
                    "author_id": {"from": "author", "id_of": "authors", "null": False},
                    "title": {"from": "title", "type": "varchar(20)", "null": False},
                    "price": {"from": "price", "type": "numeric(8,2)"},
                    "status": {"from": "status", "type": "text", "in": ["draft", "published"]},
                    "tags": {"from": "tags", "type": "text[]"},
                },
                "checks": {"books_price": "price >= 0"},
            },
            "public.editions": {
                "each": "editions",
                "key": ["book_id", "position"],
                "columns": {
                    "book_id": {"parent": "id"},
                    "position": {"position": True},
                    "year": {"from": "year", "type": "integer"},
                },
            },
        },
        "drop": ["__v"],
    },
}


def author(n: int) -> dict[str, Any]:
    return {"_id": AUTHORS[n], "name": f"Author {n}"}


def book(n: int) -> dict[str, Any]:
    return {
        "_id": BOOKS[n], "author": AUTHORS[n % len(AUTHORS)], "title": f"Book {n}", "price": n / 4,
        "status": ["draft", "published"][n % 2], "tags": [f"tag {n}", "böok"][: n % 3],
        "editions": [{"year": 2000 + n}] * (n % 4), "__v": 0,
    }  # fmt: skip


def write_shop(folder: Path) -> Path:
    """A database folder as mongodump writes it: authors plain, books compressed."""
    folder.mkdir(parents=True)
    (folder / "authors.bson").write_bytes(encoded(map(author, range(len(AUTHORS)))))
    (folder / "books.bson.gz").write_bytes(gzip.compress(encoded(map(book, range(len(BOOKS))))))
    for name in ("authors", "books"):
        (folder / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    return folder


def encoded(documents: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(map(bson.encode, documents))


def shop_of(top: Path, cluster: Cluster) -> Small:
    return Small(top, cluster, SHOP, CORE_URI=f"file:{write_shop(top / 'dump')}")
