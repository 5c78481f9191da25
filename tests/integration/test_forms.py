"""What check accepts, run and verify accept: every word that the schema file has for a value, in several random company.

Each word of a column, a member, an element, a part and a choice, each function, question and kind of misfit is forced into
some columns of random make. What plan and check call a mistake is taken out, then what check says the data do not fit; the
rest has to go all the way, and verify reads it by itself.
"""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.binary import Binary, UuidRepresentation

from tests.integration.complaint import DATA, USAGE
from tests.integration.migration import ROOT
from tests.integration.small_project import Small, encoded, project
from tests.integration.test_check import graduate
from tests.integration.test_pairs import refused, same_words, through
from tests.rig.postgres import Cluster

DEFINED = json.loads((ROOT / "mappings" / "mapping.schema.json").read_text())["$defs"]
# Where a value may stand: of each the word of a column that holds one.
PLACES = {"column": None, "member": "object", "element": "array", "part": "join", "choice": "first"}
TIMES = 4
COLUMNS_A_TABLE = 220

PERSON = bson.ObjectId("50000000000000000000000a")
PERSON_UUID = uuid.UUID("00000000-5000-0000-0000-00000000000a")
KEY = uuid.UUID("00000000-0000-4000-8000-00000000000a")
VALUES: dict[str, list[Any]] = {
    "text": ["Ann Bee", "a,b,a", "x", "", "ann"],
    "digits": ["12.50", "7"],
    "day": ["2024-01-02"],
    "json": ['{"a": 1}', "[1, 1]"],
    "local": ["01.02.2024 03:04"],
    "number": [7, 1.0, 1.5, bson.Int64(2**53 + 1), bson.Decimal128("12.50"), 1704067200],
    "boolean": [True, False],
    "date": [datetime(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5)],
    "objectid": [PERSON],
    "uuid": [Binary.from_uuid(KEY)],
    "uuid3": [Binary.from_uuid(KEY, UuidRepresentation.JAVA_LEGACY)],
    "padded": [Binary.from_uuid(uuid.UUID("00000000-5000-0000-0000-00000000000a"))],
    "texts": [["a", "b", "a"], [None, "a"], []],
    "numbers": [[1, 2, 2]],
    "objects": [[{"a": 1}]],
    "object": [{"a": 1, "b": "x"}, {}],
    "people": [{str(PERSON): 1}],
    "slug": ["ann"],
    "null": [None],
}
# What their column is in a Postgres source.
SQL = {
    "number": "numeric", "boolean": "boolean", "date": "timestamptz", "objectid": "uuid", "uuid": "uuid", "uuid3": "uuid", "padded": "uuid",
    "texts": "text[]", "numbers": "integer[]", "objects": "jsonb", "object": "jsonb", "people": "jsonb",
}  # fmt: skip
# What of these a type takes; jsonb takes all.
FITS = {
    "text": ["text", "digits", "day"], "varchar(3)": ["slug"], "integer": ["null"], "bigint": ["null"], "numeric(10,2)": ["null"],
    "double precision": ["number"], "boolean": ["boolean"], "uuid": ["uuid"], "date": ["day"], "timestamptz": ["date"],
    "text[]": ["texts"], "integer[]": ["numbers"], "bytea": ["uuid3"],
}  # fmt: skip
QUESTIONS: dict[str, list[tuple[Any, str]]] = {
    "not": [("x", "text"), (7, "number"), (None, "date")], "in": [(["x", "ann"], "slug"), ([7, 1.5], "number"), ({"people": "slug"}, "text")],
    "above": [(1, "number"), ("a", "slug")], "below": [(100, "number"), ("z", "slug")], "at_least": [(7, "number"), ("2024-01-02", "date")],
    "at_most": [(7, "number"), ("x", "text")], "matches": [("^[A-Z]", "text")], "has": [("a", "texts"), (2, "numbers")],
    "kind": [("text", "text"), ("array", "date"), ("null", "null")], "exists": [(True, "null"), (False, "text")],
    "empty": [(True, "object"), (False, "texts")],
}  # fmt: skip
# Of each function arguments, the kind that it takes, and a type that takes what it gives.
FUNCTIONS: dict[str, tuple[list[Any], str, str]] = {
    "lower": ([], "text", "text"), "upper": ([], "text", "text"), "trim": ([], "text", "text"), "empty_to_null": ([], "text", "text"),
    "number": ([], "digits", "numeric(10,2)"), "text": ([], "number", "text"), "count": ([], "texts", "integer"), "unique": ([], "texts", "text[]"),
    "split": ([","], "text", "text[]"), "item": ([0, -1, 5], "numbers", "integer"), "field": (["a", "c"], "object", "jsonb"),
    "strip": (["Ann "], "text", "text"), "epoch": (["s", "ms"], "null", "timestamptz"), "day": (["Europe/Berlin"], "date", "date"),
    "midnight": (["UTC", "Europe/Berlin"], "day", "timestamptz"), "uuid3": (["java", "python"], "uuid3", "uuid"), "padded": (["left"], "padded", "text"),
    "uuid": (["things"], "text", "uuid"), "time": ([{"format": "DD.MM.YYYY HH24:MI", "zone": "Europe/Berlin"}], "local", "timestamptz"),
    "phone_digits": ([], "text", "text"), "supabase_password": ([], "null", "text"), "safe_numbers": ([], "number", "jsonb"), "json": ([], "json", "jsonb"),
}  # fmt: skip
# A type that has values of this misfit, and a kind with one.
MISFITS = {
    "nul": ("text", "text"), "utf8": ("text", "text"), "too_long": ("varchar(3)", "text"), "range": ("integer", "number"),
    "rounding": ("integer", "number"), "not_finite": ("numeric(10,2)", "number"), "negative_zero": ("numeric(10,2)", "number"),
    "beyond_double": ("jsonb", "number"), "json": ("jsonb", "text"), "key_twice": ("jsonb", "object"), "no_array": ("text[]", "text"),
    "other": ("integer", "text"),
}  # fmt: skip
# And one that fits, where the misfit is an error.
FITTING = {"json": ("jsonb", "json"), "no_array": ("text[]", "texts"), "other": ("text", "text")}


class Maker:
    """Columns of random make, and the record that has a value for every path in them."""

    def __init__(self, seed: int, rows: bool) -> None:
        self.rows = rows
        self.chance = random.Random(seed)
        self.record: dict[str, Any] = {}
        self.sql: dict[str, str] = {}  # of each field, the type of the column that it would be
        self.prefix = ""
        self.fields = 0

    def path(self, kind: str | None = None) -> str:
        """A new field, which says by its name of which column it is; some are inside of others."""
        self.fields += 1
        name = f"{self.prefix}_{self.fields}"
        kind = kind or self.chance.choice(list(VALUES))
        value = self.chance.choice(VALUES[kind])
        form = self.chance.randrange(10)
        self.record[name] = {"in": value} if form == 0 else {"a.b": value} if form == 1 else value
        self.sql[name] = "jsonb" if form < 2 else SQL.get(kind, "text")
        return name + (".in" if form == 0 else ".'a.b'" if form == 1 else "")

    def function(self, name: str) -> Any:
        arguments = FUNCTIONS[name][0]
        return {name: self.chance.choice(arguments)} if arguments else name

    def question(self, word: str) -> dict[str, Any]:
        asked, kind = self.chance.choice(QUESTIONS[word])
        return {self.path(kind): {word: asked}}

    def when(self) -> dict[str, Any]:
        one = self.question(self.chance.choice(list(QUESTIONS)))
        form = self.chance.randrange(4)
        return {"any": [one, {self.path(): None}]} if form == 0 else {"none": [one]} if form == 1 else one

    def word(self, place: str, word: str) -> dict[str, Any]:
        """The word, and those that it needs."""
        made: Any
        match word:
            case "from":
                made = self.path()
            case "sql":
                made = f'"{self.path("text").split(".")[0]}"::text'
            case "const" | "default":
                made = self.chance.choice(["x", 7, True, "2024-01-02"])
            case "object":
                made = {"m": self.made("member"), "n": self.path()}
            case "array":
                made = [self.made("element"), self.path()]
            case "first":
                made = [self.made("choice"), self.path()]
            case "join":
                made = [self.made("part"), self.path("text")]
            case "with":
                return {"join": [self.path("text"), self.path("number")], "with": "-"}
            case "do":
                name = self.chance.choice(list(FUNCTIONS))
                return {"from": self.path(FUNCTIONS[name][1]), "do": [self.function(name)]}
            case "map":
                return {"from": self.path("slug"), "map": {"x": "y", "7": 1, "true": False, "ann": self.chance.choice([None, "Ann"])}}
            case "else":
                return {"from": self.path("text"), "map": {"x": "y"}, "else": self.chance.choice(["z", 0, None])}
            case "when":
                made = self.when()
            case "id_of":
                made = {"from": self.path("objectid"), "id_of": "people"}
                return made | ({"foreign_key": False} if place == "column" and self.chance.random() < 0.5 else {})
            case "by":
                return {"from": self.path("slug"), "id_of": "people", "by": "slug"}
            case "dangling":
                return {"from": self.path("text"), "id_of": "people", "by": "slug", word: self.chance.choice(["null", "keep", "error"])}
            case "keys_id_of":
                return {"from": self.path("people"), "keys_id_of": "people", "type": "jsonb"}
            case "rest":
                made = self.chance.choice([True, self.path("object")])
            case "optional":
                made = True
            case "foreign_key":
                return {"from": self.path("objectid"), "id_of": "people", "foreign_key": False}
            case "why":
                return self.word(place, "when") | {"why": "as it is"}
            case "type":
                made = self.chance.choice(list(FITS))
                return {"from": self.path(self.chance.choice(FITS[made])), "type": made}
            case "null":
                return {"from": self.path("text"), "type": "text", "null": False}
            case "in":
                return {"from": self.path("slug"), "type": "text", "in": ["x", "ann"]}
            case "sql_default":
                return self.word(place, "type") | {"sql_default": "null"}
            case "misfit":
                made = self.chance.choice(["null", {"other": "null"}, {"too_long": "cut", "rounding": "round", "range": "clamp"}])
            case "references" | "on_delete":
                made = {"from": self.path("slug"), "type": "text", "references": "public.people.slug"}
                return made | ({"on_delete": "cascade"} if word == "on_delete" else {})
            case _:
                raise AssertionError(f"the schema has a word for a {place} that nobody tries: {word}")
        return {word: made}

    def made(self, place: str, forced: str | None = None) -> dict[str, Any]:
        """A value for that place, with the word in it."""
        made = self.word(place, forced) if forced else {}
        if not ORIGINS & made.keys():
            usual = ["from", "from", "const", "first"] if place in ("column", "part") else ["from", "from", "const"]
            made |= self.word(place, self.chance.choice(usual))
        for more in ("when", "default", "optional", "map"):
            if self.chance.random() < 0.1 and more not in made:
                made = self.word(place, more) | made
        if place == "column":
            made.setdefault("type", "jsonb" if {"object", "rest"} & made.keys() else "uuid" if "id_of" in made else self.chance.choice(["text", "jsonb", "jsonb"]))
            if self.chance.random() < 0.3:
                made.setdefault("misfit", "null")
        return made

    def column(self, name: str, place: str, forced: str | dict[str, Any]) -> dict[str, Any]:
        self.prefix = name
        made = self.made(place, forced) if isinstance(forced, str) else {**forced}
        holder = PLACES[place]
        if holder is None:
            return made
        return {holder: {"m": made} if holder == "object" else [made], "type": "text" if holder == "join" else "jsonb"}


ORIGINS = {"from", "sql", "const", "object", "array", "first", "join", "rest"}
# Words of elements, which the table of members below has.
OF_ELEMENTS = ("parent", "position", "name")
ELEMENTS = {
    "from": "core.elements",
    "to": {
        "public.whole": {"key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}}},
        "public.elements": {"each": "list.*", "key": ["id", "name"], "columns": {
            "id": {"parent": "id"}, "name": {"name": True}, "at": {"position": True}, "it": {"from": ".", "type": "jsonb"},
            "array": {"array": [{"position": True}, {"name": True}], "type": "jsonb"},
            "joined": {"join": [{"name": True}, {"position": True}], "with": "-", "type": "text"},
        }},
    },
}  # fmt: skip


def wanted(maker: Maker) -> Iterator[tuple[str, str, Any]]:
    """What is tried, the place where it stands, and its word, or how to make its value."""
    for place in PLACES:
        for word in DEFINED[place]["properties"]:
            if word not in OF_ELEMENTS and (word != "sql" or maker.rows):
                yield f"{word} of a {place}", place, word
    for choice in DEFINED["do"]["items"]["oneOf"]:
        name = choice.get("const") or choice["required"][0]
        _, kind, gives = FUNCTIONS[name]
        yield f"the function {name}", "column", lambda name=name, kind=kind, gives=gives: {
            "from": maker.path(kind), "do": [maker.function(name)], "type": gives}  # fmt: skip
    for word in DEFINED["question"]["properties"]:
        yield f"the question {word}", "column", lambda word=word: {"when": maker.question(word), "from": maker.path(), "type": "jsonb"}
    for kind, said in DEFINED["misfit"]["anyOf"][1]["properties"].items():
        for remedy in said["enum"]:
            if kind in ("row_twice", "refused") or remedy == "reject":  # of a table; and the record would go
                continue
            made, fills = FITTING.get(kind, MISFITS[kind]) if remedy == "error" else MISFITS[kind]
            more = {"do": ["json"]} if kind == "json" else {}
            more |= {"default": None if kind == "no_array" else "x" if kind in ("nul", "utf8", "too_long") else 7} if remedy == "default" else {}
            yield f"{kind}: {remedy}", "column", lambda kind=kind, remedy=remedy, made=made, fills=fills, more=more: {
                "from": maker.path(fills), "type": made, "misfit": {kind: remedy}, **more}  # fmt: skip


def project_of(maker: Maker) -> tuple[dict[str, Any], dict[str, dict[str, Any]], dict[str, str]]:
    """The mappings, their records, and of each column what it tries."""
    tries: dict[str, str] = {}
    records: dict[str, dict[str, Any]] = {}
    mappings: dict[str, Any] = {}
    for _ in range(TIMES):
        for what, place, forced in wanted(maker):
            name = f"c{len(tries)}"
            entity = f"forms{len(tries) // COLUMNS_A_TABLE}"
            maker.record = records.setdefault(entity, {"_id": 1})
            maker.prefix = name
            empty = {"key": ["id"], "columns": {"id": {"from": "_id", "type": "integer"}}}
            mapping = mappings.setdefault(entity, {"from": f"core.{entity}", "to": {f"public.{entity}": empty}})
            tries[name] = what
            column = maker.column(name, place, forced if isinstance(forced, str) else forced())
            mapping["to"][f"public.{entity}"]["columns"][name] = column
            named = set(re.findall(r"\bc\d+_\d+\b", json.dumps(column)))
            for field in [field for field in maker.record if field.startswith(f"{name}_") and field not in named]:
                del maker.record[field]  # one that was asked for, and then not taken
    return mappings, records, tries


PEOPLE = {
    "from": "core.people",
    "to": {"public.people": {"key": ["id"], "unique": [["slug"]], "columns": {"id": {"from": "_id", "id_of": "people"}, "slug": {"type": "text"}}}},
}


def take_out(made: Small, mappings: dict[str, Any], columns: set[str]) -> None:
    for entity, mapping in mappings.items():
        there = mapping["to"][f"public.{entity}"]["columns"]
        gone = columns & there.keys()
        for name in gone:
            del there[name]
        (made.files / f"{entity}.json").write_text(json.dumps(mapping))


def unfit(said: dict[str, Any]) -> set[str]:
    """The columns whose values a check says do not fit, by the names of their fields."""
    paths = [problem["path"] for entity in said["entities"] for problem in entity["problems"]]
    found = {match[0] for path in paths if (match := re.match(r"c\d+", path))}
    found |= {name for path in paths for name in re.findall(r"\bc\d+\b", path)}
    return found


def accepted(made: Small, mappings: dict[str, Any], records: dict[str, Any], tries: dict[str, str]) -> set[str]:
    """Of what is tried, what came."""
    for entity, mapping in mappings.items():
        (made.files / f"{entity}.json").write_text(json.dumps(mapping))
    left = dict(tries)

    def out(columns: set[str], said: str) -> None:
        assert columns & left.keys(), said
        take_out(made, mappings, columns)
        drop_unspoken(made, mappings, records)
        for name in columns & left.keys():
            del left[name]

    same_words(made)
    while (checked := graduate(made, "check", "--json")).returncode == USAGE:
        out({name for names in refused(checked).values() for name in names} or unfit_mistakes(checked.stdout), checked.said)
    while (checked := graduate(made, "check", "--json")).returncode == DATA:
        out(unfit(json.loads(checked.stdout)), checked.said)
    assert checked.returncode == 0, checked.said
    plan = graduate(made, "plan")
    assert plan.returncode == 0, plan.said
    through(made)
    return set(left.values())


@contextmanager
def documents(top: Path, targets: Cluster, old: Cluster) -> Iterator[Small]:
    (top / "dump").mkdir(parents=True)
    files = {"project": project("forms", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}), "people": PEOPLE, "elements": ELEMENTS}
    with Small(top, targets, files, CORE_URI=f"file:{top / 'dump'}") as made:
        yield made


def write_documents(made: Small, records: dict[str, Any], maker: Maker) -> None:
    for entity, record in records.items():
        (made.top / "dump" / f"{entity}.bson").write_bytes(encoded([record]))
        (made.top / "dump" / f"{entity}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": entity}))


@contextmanager
def rows(top: Path, targets: Cluster, old: Cluster) -> Iterator[Small]:
    old.psql("drop database if exists forms with (force)")
    old.psql("create database forms")
    top.mkdir(parents=True)
    files = {"project": project("forms", {"core": {"kind": "postgres", "uri": "${CORE_URI}"}}), "people": PEOPLE, "elements": ELEMENTS}
    with Small(top, targets, files, CORE_URI=old.uri("forms")) as made:
        made.old = old
        yield made


def literal(value: Any, sql: str) -> str:
    """The value as SQL."""
    plain = str(PERSON_UUID) if value == PERSON else str(value.as_uuid(value.subtype)) if isinstance(value, Binary) else value
    if isinstance(plain, datetime):
        plain = f"{plain.isoformat()}Z"
    if sql == "jsonb":
        plain = json.dumps(plain, default=lambda inner: literal(inner, "text").strip("'") if not isinstance(inner, bson.Decimal128) else 12.5)
    elif isinstance(plain, list):
        plain = "{" + ",".join("null" if one is None else str(one) for one in plain) + "}"
    return "null" if plain is None else "'" + str(plain).replace("'", "''") + "'"


def write_rows(made: Small, records: dict[str, Any], maker: Maker) -> None:
    known = {"_id": "integer", "slug": "text", "list": "jsonb"}
    for entity, record in records.items():
        types = {name: "uuid" if entity == "people" and name == "_id" else known.get(name) or maker.sql[name] for name in record}
        columns = ", ".join(f'"{name}" {sql}{" primary key" if name == "_id" else ""}' for name, sql in types.items())
        values = ", ".join(literal(record[name], sql) for name, sql in types.items())
        made.old.psql(f"create table {entity} ({columns}); insert into {entity} values ({values})", database="forms")


OTHERS = {"people": {"_id": PERSON, "slug": "ann"}, "elements": {"_id": 1, "list": {"a": 1, "b": ["x"]}}}
# With seeds by which each of the words is somewhere accepted.
SOURCES = {"documents": (documents, write_documents, (1, 2)), "rows": (rows, write_rows, (11, 12, 13, 18))}


@pytest.mark.parametrize("source", SOURCES)
def test_what_check_accepts_comes(source: str, targets: Cluster, old: Cluster, tmp_path: Path) -> None:
    opened, write, seeds = SOURCES[source]
    tried: set[str] = set()
    came: set[str] = set()
    for seed in seeds:
        maker = Maker(seed, source == "rows")
        mappings, records, tries = project_of(maker)
        with opened(tmp_path / str(seed), targets, old) as made:
            write(made, records | OTHERS, maker)
            came |= accepted(made, mappings, records, tries)
        tried |= set(tries.values())
    assert came == tried, f"never accepted: {sorted(tried - came)}"


def unfit_mistakes(stdout: str) -> set[str]:
    return {name for mistake in json.loads(stdout)["mistakes"] for name in re.findall(r"\bc\d+\b", mistake["message"])}


def drop_unspoken(made: Small, mappings: dict[str, Any], records: dict[str, dict[str, Any]]) -> None:
    """Fields of columns that are taken out go by name."""
    for entity, mapping in mappings.items():
        there = mapping["to"][f"public.{entity}"]["columns"]
        mapping["drop"] = [name for name in records[entity] if name != "_id" and name.split("_")[0] not in there]
        (made.files / f"{entity}.json").write_text(json.dumps(mapping))
