"""The Appwrite double's data: one project read from a folder of JSON lines, checked, held in memory.

    schema.json         {"databases": [{"$id": ..., "collections": [{"$id": ..., "attributes": [...], ...}]}]}
    users.jsonl         one user a line, targets inside
    <collection>.jsonl  one document a line, for every collection of schema.json; or <database>.<collection>.jsonl
    identities.jsonl, teams.jsonl, memberships.jsonl, buckets.jsonl, files.jsonl, functions.jsonl    optional

What a real server could not return (an undeclared key, a duplicate id, a time in another form) is an error
here, so that no test passes on data that cannot exist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .appwrite_models import ATTRIBUTE_FIELDS, HELD_SIDES, MODELS, TYPES, Field, Profile, Row, attribute_form, fields

SYSTEM_FIELDS = fields("$id:id $createdAt:time $updatedAt:time $permissions:list $databaseId:text $collectionId:text")
PROJECT_FILES = {
    **{"users": "user", "identities": "identity", "teams": "team", "memberships": "membership"},
    **{"buckets": "bucket", "files": "file", "functions": "function"},
}


class DataError(Exception):
    """The folder holds something that the double cannot serve; the text says what and where."""


def objects(row: Row, key: str) -> list[Row]:
    """The objects that a row holds under a key, all of which must be objects."""
    items = row.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DataError(f"{key} must be an array of objects")
    return items


class Table:
    """Rows in the order of their internal counter, found by id without regard to case, as MariaDB does."""

    def __init__(self, name: str, model: tuple[Field, ...], key: str = "$id"):
        self.name = name
        self.model = {field.key: field for field in model}
        self.key = key
        self.rows: list[Row] = []
        self.by_id: dict[str, Row] = {}

    def add(self, row: Row) -> None:
        for key, value in row.items():
            if key == "$sequence":
                continue
            if key not in self.model:
                raise DataError(f"unknown key {key!r}; known are {', '.join(self.model)}")
            if problem := self.model[key].problem(value):
                raise DataError(problem)
        name = row.get(self.key)
        if not isinstance(name, str):
            raise DataError(f"{self.key} is missing")
        if name.lower() in self.by_id:
            raise DataError(f"{self.key} {name!r} is there twice (the server does not tell upper from lower case)")
        row["$sequence"] = self._next_sequence(row.get("$sequence"))
        self.rows.append(row)
        self.by_id[name.lower()] = row

    def _next_sequence(self, given: Any) -> int:
        last = self.rows[-1]["$sequence"] if self.rows else 0
        if given is None:
            return last + 1
        if not str(given).isdigit() or int(given) <= last:
            raise DataError(f"$sequence must be an integer above {last}, the one of the row before; is {given!r}")
        return int(given)

    def find(self, name: str) -> Row | None:
        return self.by_id.get(name.lower())

    def remove(self, name: str) -> None:
        row = self.by_id.pop(name.lower(), None)
        if row is None:
            raise DataError(f"{self.name} has no row {name!r} to delete")
        self.rows.remove(row)

    def change(self, name: str, values: Row) -> None:
        row = self.find(name)
        if row is None:
            raise DataError(f"{self.name} has no row {name!r} to update")
        for key, value in values.items():
            problem = self.model[key].problem(value) if key in self.model else f"unknown key {key!r}"
            if problem or key == self.key:
                raise DataError(problem or f"{key} cannot change")
        row.update(values)


class Collection:
    """One collection: its own row, its attributes and indexes, its documents."""

    def __init__(self, row: Row, profile: Profile):
        self.row = row
        self.attributes = Table("attribute", (), "key")
        self.indexes = Table("index", MODELS["index"], "key")
        for attribute in objects(row, "attributes"):
            self.attributes.model = {field.key: field for field in self._description(attribute, profile)}
            self.attributes.add(attribute)
        for index in objects(row, "indexes"):
            self.indexes.add(index)
        # Attributes of any other status are listed, but hold nothing.
        there = [attribute for attribute in self.attributes.rows if attribute.get("status") == "available"]
        self.columns = [value_field(attribute) for attribute in there if is_held(attribute)]
        # Many-to-many: lines hold an array of ids, of which documents show nothing unless they are asked.
        self.links = [attribute["key"] for attribute in there if attribute.get("relationType") == "manyToMany"]
        links = (Field(key, "list", nullable=True) for key in self.links)
        self.documents = Table("document", (*SYSTEM_FIELDS, *self.columns, *links))

    def one_way_ends(self) -> Iterator[tuple[str, str]]:
        """(collection, key): what documents there hold without an attribute that says so."""
        for attribute in self.attributes.rows:
            if attribute.get("relationType") == "oneToMany" and not attribute.get("twoWay"):
                yield attribute["relatedCollection"], attribute["twoWayKey"]

    def hold(self, key: str) -> None:
        field = Field(key, "text", nullable=True)
        self.columns.append(field)
        self.documents.model[key] = field

    @staticmethod
    def _description(attribute: Row, profile: Profile) -> tuple[Field, ...]:
        key, form = attribute.get("key"), attribute_form(attribute)
        if form[0] == "relationship" and not profile.has("1.8.0"):
            raise DataError(f"attribute {key!r} is a relationship; the double serves these as from 1.8 on")
        if form not in TYPES:
            raise DataError(
                f"attribute {key!r} has type {form[0]!r} with format {form[1]!r}, which Appwrite does not know"
            )
        if not profile.has(TYPES[form].since):
            raise DataError(f"attribute {key!r} has type {form[0]!r}, which came with {TYPES[form].since}")
        # Whatever the form, `format` may be written down, empty.
        return (*ATTRIBUTE_FIELDS[form], *fields("format:text"))


def value_field(attribute: Row) -> Field:
    """What a document may hold under this attribute. A required one is null in rows older than itself."""
    kind = "list" if attribute.get("array") else TYPES[attribute_form(attribute)].value
    return Field(attribute["key"], kind, nullable=True)


def is_held(attribute: Row) -> bool:
    relation = attribute.get("relationType")
    return relation is None or (relation, attribute.get("side", "parent")) in HELD_SIDES


class Store:
    def __init__(self, folder: Path, profile: Profile):
        self.folder = folder
        self.profile = profile
        self.project = {name: Table(model, MODELS[model]) for name, model in PROJECT_FILES.items()}
        self.databases = Table("database", (*MODELS["database"], *fields("collections:list")))
        self.collections: dict[str, Table] = {}
        self.contents: dict[tuple[str, str], Collection] = {}
        self._load_schema()
        for name, table in self.project.items():
            self._load_project(name, table)

    def _load_schema(self) -> None:
        for database in self._checked("schema.json", objects, self._read_schema(), "databases"):
            self._checked("schema.json", self.databases.add, database)
            table = self.collections[database["$id"]] = Table("collection", MODELS["collection"])
            for row in self._checked("schema.json", objects, database, "collections"):
                where = f"schema.json, collection {row.get('$id')!r}"
                self._checked(where, table.add, row)
                row["databaseId"] = database["$id"]
                if row["$id"] in PROJECT_FILES:
                    raise DataError(f"{self.folder}/{where}: {row['$id']}.jsonl is a file of the project itself")
                self.contents[database["$id"], row["$id"]] = self._checked(where, Collection, row, self.profile)
        for (name, of), collection in self.contents.items():
            for attribute in collection.attributes.rows:
                related = (name, attribute.get("relatedCollection"))
                if attribute["type"] == "relationship" and related not in self.contents:
                    where = f"{self.folder}/schema.json, collection {of!r}"
                    raise DataError(f"{where}: attribute {attribute['key']!r} is a relationship with no collection")
            for related, key in collection.one_way_ends():
                self.contents[name, related].hold(key)
        for (name, of), collection in self.contents.items():
            self._load_documents(name, of, collection)

    def _read_schema(self) -> Row:
        path = self.folder / "schema.json"
        try:
            schema = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}") from None
        except ValueError as error:
            raise DataError(f"{path}: no JSON: {error}") from None
        if not isinstance(schema, dict) or not isinstance(schema.get("databases"), list):
            raise DataError(f'{path}: must be {{"databases": [...]}}')
        return schema

    def _load_documents(self, database: str, name: str, collection: Collection) -> None:
        longer = f"{database}.{name}"
        for where, row in self._lines(longer if (self.folder / f"{longer}.jsonl").exists() else name):
            if row.get("$databaseId", database) == database:
                row |= {"$databaseId": database, "$collectionId": name}
                self._checked(where, collection.documents.add, row)

    def _load_project(self, name: str, table: Table) -> None:
        if name == "users" or (self.folder / f"{name}.jsonl").exists():
            targets = Table("target", MODELS["target"])
            for where, row in self._lines(name):
                self._checked(where, table.add, row)
                for target in self._checked(where, objects, row, "targets"):
                    self._checked(f"{where}, targets", targets.add, target)

    def _lines(self, name: str) -> Iterator[tuple[str, Row]]:
        path = self.folder / f"{name}.jsonl"
        try:
            with path.open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    where = f"{path.name}:{number}"
                    row = json.loads(line, parse_constant=self._refuse_constant)
                    if not isinstance(row, dict):
                        raise DataError(f"{self.folder}/{where}: a line must be an object")
                    yield where, row
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}; an empty collection has an empty file") from None
        except ValueError as error:
            raise DataError(f"{path}:{number}: no JSON: {error}") from None

    @staticmethod
    def _refuse_constant(text: str) -> float:
        raise ValueError(f"{text} is no JSON value")

    def _checked(self, where: str, make: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return make(*arguments)
        except DataError as error:
            raise DataError(f"{self.folder}/{where}: {error}") from None
