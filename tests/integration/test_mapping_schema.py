"""The JSON Schemas of the project files: valid, met by every mapping, refusing what is wrong, and in step with C.

What an editor offers must be what the programs read: the words of tools/common/mapping are parsed out of its source, so that
a word in one place only fails here.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "".join(file.read_text() for file in sorted((ROOT / "tools" / "common" / "mapping").glob("*.c")))
SCHEMAS = {kind: json.loads((ROOT / "mappings" / f"{kind}.schema.json").read_text()) for kind in ("project", "mapping")}
MAPPING, PROJECT = SCHEMAS["mapping"], SCHEMAS["project"]
FILES = sorted([*ROOT.glob("mappings/*/*.json"), *ROOT.glob("tests/unit/common/schema/project/*.json")])


def kind_of(file: Path) -> str:
    return "project" if file.name == "project.json" else "mapping"


def errors(kind: str, document: Any) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(SCHEMAS[kind]).iter_errors(document)]


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and all that it holds."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from objects(part)


# ---- the schemas themselves -------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_valid_and_closed(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    for part in objects(SCHEMAS[kind]):
        if part.get("type") == "object" and "description" in part:
            assert "additionalProperties" in part, part


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_word_is_described(kind: str) -> None:
    definitions = SCHEMAS[kind]["$defs"]
    for part in [SCHEMAS[kind], *definitions.values()]:
        if part.get("type") != "object":
            continue
        assert part["description"], part
        for name, word in part["properties"].items() if "properties" in part else ():
            referred = definitions[word["$ref"].rpartition("/")[2]] if "$ref" in word else {}
            assert word.get("description") or referred.get("description"), name


@pytest.mark.parametrize("kind", SCHEMAS)
def test_examples_and_defaults_are_right(kind: str) -> None:
    root = {"$schema": SCHEMAS[kind]["$schema"], "$defs": SCHEMAS[kind]["$defs"]}
    said = [part for part in objects(SCHEMAS[kind]) if isinstance(part.get("description"), str)]
    values = [(part, value) for part in said for value in part.get("examples", ())]
    values += [(part, part["default"]) for part in said if "default" in part]
    assert len(values) > 5
    for part, value in values:
        assert Draft202012Validator({**root, **part}).is_valid(value), (part, value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_is_valid_and_names_its_schema(file: Path) -> None:
    document = json.loads(file.read_text())
    assert errors(kind_of(file), document) == []
    assert (file.parent / document["$schema"]).resolve() == ROOT / "mappings" / f"{kind_of(file)}.schema.json"


# ---- in step with the C source ----------------------------------------------------------------


def strings(initializer: str) -> list[str]:
    return re.findall(r'"([^"]*)"', initializer)


def tables() -> dict[str, list[str]]:
    """The arrays of words in the C source, by name."""
    found = re.findall(r"const char \*const (\w+)\[\w*\] = \{(.*?)\};", SOURCE, re.DOTALL)
    return {name: strings(words) for name, words in found}


C = tables()
VALUE_WORDS = int(re.search(r"VALUE_WORDS = (\d+)", SOURCE)[1])
DEFINED = MAPPING["$defs"]


def choices(schema: dict[str, Any]) -> list[str]:
    return schema.get("enum") or [choice.get("const") or choice["required"][0] for choice in schema["oneOf"]]


def functions() -> dict[str, list[str]]:
    """The functions of "do", each with the words that its argument may be."""
    found: dict[str, list[str]] = {}
    for choice in DEFINED["do"]["items"]["oneOf"]:
        name = choice.get("const") or choice["required"][0]
        found[name] = choice.get("properties", {}).get(name, {}).get("enum", [])
    return found


FUNCTIONS = functions()
MISFITS = DEFINED["misfit"]["anyOf"][1]["properties"]
WORDS = {
    "mapping_words": MAPPING["properties"],
    "drop_words": MAPPING["properties"]["drop"]["items"]["anyOf"][1]["properties"],
    "rule_words": MAPPING["properties"]["left_out"]["items"]["properties"],
    "table_words": DEFINED["table"]["properties"],
    "if_theres": [*DEFINED["table"]["properties"]["if_there"]["anyOf"][0]["enum"]],
    "update_words": DEFINED["table"]["properties"]["if_there"]["anyOf"][1]["properties"],
    "switches": choices(DEFINED["table"]["properties"]["triggers"]),
    "column_words": DEFINED["column"]["properties"],
    "value_kind_words": [word for word in DEFINED["column"]["properties"] if word in {*C["value_kind_words"]}],
    "index_words": DEFINED["index"]["properties"],
    "policy_words": DEFINED["policy"]["properties"],
    "condition_words": DEFINED["question"]["properties"],
    "field_kind_names": choices(DEFINED["question"]["properties"]["kind"]),
    "misfit_names": MISFITS,
    "remedies_of_all": DEFINED["misfit"]["anyOf"][0]["enum"],
    "reject_words": PROJECT["properties"]["rejects"]["properties"],
    "access_words": PROJECT["properties"]["access"]["additionalProperties"]["properties"],
    "danglings": choices(PROJECT["properties"]["access"]["additionalProperties"]["properties"]["dangling"]),
    "heads": {"user:", "team:", "member:"},
    "lists": {"users", "identities", "teams", "memberships", "buckets", "files"},
    "every_words": PROJECT["properties"]["every"]["properties"],
    "name_forms": PROJECT["properties"]["every"]["properties"]["names"]["enum"],
    "key_words": DEFINED["foreign_key"]["properties"],
    "actions": choices(DEFINED["action"]),
    "timings": choices(DEFINED["foreign_key"]["properties"]["deferrable"]),
    "deletes": choices(DEFINED["column"]["properties"]["on_delete"]),
    "commands": choices(DEFINED["policy"]["properties"]["for"]),
    "methods": choices(DEFINED["index"]["properties"]["method"]),
    "epoch_words": FUNCTIONS["epoch"],
    "uuid3_words": FUNCTIONS["uuid3"],
    "padded_words": FUNCTIONS["padded"],
    "time_members": DEFINED["time"]["properties"],
    "gap_words": choices(DEFINED["time"]["properties"]["gap"]),
    "overlap_words": choices(DEFINED["time"]["properties"]["overlap"]),
    "dangling_words": choices(DEFINED["dangling"]),
    "whose_words": MAPPING["properties"]["identity"]["properties"],
    "project_words": PROJECT["properties"],
    "source_words": PROJECT["$defs"]["source"]["properties"],
    "identity_words": PROJECT["properties"]["identity"]["properties"],
    "source_kind_names": choices(PROJECT["$defs"]["source"]["properties"]["kind"]),
    "identity_strategy_names": choices(PROJECT["properties"]["identity"]["properties"]["strategy"]),
}


def test_every_table_of_words_is_known_here() -> None:
    assert C.keys() == WORDS.keys()


@pytest.mark.parametrize("table", WORDS)
def test_the_words_are_those_of_the_source(table: str) -> None:
    assert sorted(WORDS[table]) == sorted(C[table])


def test_each_misfit_has_its_remedies() -> None:
    rows = re.findall(r'\[MISFIT_(\w+)\] = \{(?:"(\w+)"|NULL), \w+,', SOURCE)
    assert len(rows) == len(MISFITS)
    for kind, mend in rows:
        shared = {"ROW_TWICE": ["error"], "REFUSED": ["error", "reject"]}.get(kind, C["remedies_of_all"])
        assert choices(MISFITS[kind.lower()]) == shared + ([mend] if mend else []), kind
    assert PROJECT["$defs"]["misfit"] == DEFINED["misfit"]


def test_privileges_are_commands() -> None:
    assert sorted(choices(DEFINED["table"]["properties"]["grants"]["additionalProperties"]["items"])) == sorted(
        C["commands"]
    )


def test_values_inside_have_a_values_words() -> None:
    value = set(C["column_words"][:VALUE_WORDS])
    assert set(DEFINED["member"]["properties"]) == value - {"parent", "position", "name", "keys_id_of"}
    made = {"object", "array", "first", "join", "with"}
    inner = set(DEFINED["member"]["properties"]) - made - {"rest", "id_of", "by", "dangling"}
    assert set(DEFINED["choice"]["properties"]) == inner
    assert set(DEFINED["part"]["properties"]) == inner | {"first", "position", "name"}
    assert set(DEFINED["element"]["properties"]) == inner | made | {"position", "name"}


def test_a_column_has_the_origins_of_the_source() -> None:
    origins = C["value_kind_words"]
    assert len(origins) > 5
    assert [word for word in DEFINED["column"]["properties"] if word in origins] == origins
    for i, first in enumerate(origins):
        for second in origins[i + 1 :]:
            assert DEFINED["column"]["dependentSchemas"][first]["properties"][second] is False, (first, second)


def test_the_types_are_those_of_the_source() -> None:
    rows = re.findall(r'\{"((?:[^"\\]|\\.)+)", \{([^}]*)\}, \d+, \d+, PG_', SOURCE)
    assert len(rows) > len(re.findall(r"^    PG_\w+,$", (ROOT / "include/mapping/graduate/pgtype.h").read_text(), re.M))
    kind = DEFINED["column"]["properties"]["type"]
    for name, aliases in [(name.replace('\\"', '"'), aliases) for name, aliases in rows]:
        assert name in kind["examples"]
        for spelled in [name, *strings(aliases)]:
            assert re.search(kind["pattern"], spelled), spelled
            assert re.search(kind["pattern"], f"{spelled}[]"), spelled


# ---- what is refused --------------------------------------------------------------------------

BOOKS: dict[str, Any] = {
    "from": "core.books",
    "to": {
        "public.books": {
            "key": ["id"],
            "columns": {
                "id": {"from": "_id", "id_of": "books"},
                "title": {"from": "title", "type": "text", "do": ["trim"], "when": {"a": {"not": None}}},
                "made": {"object": {"a": {"first": [{"from": "a"}, {"const": 1}]}}, "type": "jsonb"},
            },
            "unique": [["title"]],
            "indexes": [["title desc"], {"columns": ["title"], "method": "btree"}],
            "policies": [{"name": "own", "to": ["anon"]}],
            "grants": {"anon": ["select"]},
        },
        "public.parts": {
            "each": "parts",
            "key": ["n"],
            "columns": {"n": {"position": True}, "book": {"parent": "id"}},
        },
    },
}
SALES: dict[str, Any] = {"from": "sql.sales", "to": {"public.sales": {"keep_shape": True, "columns": {"a": {}}}}}
SHOP: dict[str, Any] = {
    "project": "shop",
    "target": "${T}",
    "plain": False,
    "sources": {"core": {"kind": "mongodb", "uri": "${M}"}},
    "identity": {"strategy": "uuid7"},
    "left_out": {"core.a": "why"},
    "stays": {"Redis": "a cache"},
}
GONE = object()


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at a path whose steps are parted by blanks; GONE removes it."""
    result = copy.deepcopy(document)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split()]
    at = result
    for step in steps:
        at = at[step]
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return result


TITLE = "to public.books columns title"
MADE = "to public.books columns made"
TABLE = "to public.books"


def test_what_is_to_be_spoilt_is_right() -> None:
    assert errors("mapping", BOOKS) == errors("mapping", SALES) == errors("project", SHOP) == []


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        (BOOKS, "form", "x"),
        (BOOKS, "from", GONE),
        (BOOKS, "from", "core"),
        (BOOKS, "from", ".books"),
        (BOOKS, "from", 7),
        (BOOKS, "to", GONE),
        (BOOKS, "to", {}),
        (BOOKS, "to", []),
        (BOOKS, "to public.books", []),
        (BOOKS, "to public.books", GONE),  # only elements are left
        (BOOKS, "to books", BOOKS["to"]["public.books"]),
        (BOOKS, "to a.b.c", BOOKS["to"]["public.books"]),
        (BOOKS, f"to public.{'x' * 64}", BOOKS["to"]["public.books"]),
        (BOOKS, "drop", ["a", "a"]),
        (BOOKS, "drop", [""]),
        (BOOKS, "json", [""]),
        (BOOKS, "json", "meta"),
        (BOOKS, f"{TITLE}", ""),
        (BOOKS, f"{TITLE}", 7),
        (BOOKS, f"{TABLE} colums", {}),
        (BOOKS, f"{TABLE} key", GONE),
        (BOOKS, f"{TABLE} key", []),
        (BOOKS, f"{TABLE} columns", {}),
        (BOOKS, f"{TABLE} columns {'x' * 64}", {"from": "x", "type": "text"}),
        (BOOKS, f"{TABLE} when", {}),
        (BOOKS, f"{TABLE} when", {"a": []}),
        (BOOKS, f"{TABLE} when", {"a": {"not": {}}}),
        (BOOKS, f"{TABLE} when", {"a": {"nto": 1}}),
        (BOOKS, f"{TABLE} when", {"a": {}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": []}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": ["x", 1]}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {}}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {"users": ""}}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {"when": {"b": 1}}}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {"users": "id", "books": "id"}}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {"users": "id", "when": {}}}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": ["x", "x"]}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": [None]}}),
        (BOOKS, f"{TABLE} when", {"a": {"above": True}}),
        (BOOKS, f"{TABLE} when", {"a": {"at_most": None}}),
        (BOOKS, f"{TABLE} when", {"a": {"matches": 1}}),
        (BOOKS, f"{TABLE} when", {"a": {"matches": "x" * 501}}),
        (BOOKS, f"{TABLE} when", {"a": {"has": ["x"]}}),
        (BOOKS, f"{TABLE} when", {"a": {"kind": "string"}}),
        (BOOKS, f"{TABLE} when", {"a": {"exists": "yes"}}),
        (BOOKS, f"{TABLE} when", {"a": {"empty": 1}}),
        (BOOKS, f"{TABLE} when", {"any": {"a": 1}}),
        (BOOKS, f"{TABLE} when", {"any": []}),
        (BOOKS, f"{TABLE} when", {"none": [{}]}),
        (BOOKS, f"{TABLE} when", {"none": [{"any": [{"a": [1]}]}]}),
        (BOOKS, f"{TABLE} exists", "yes"),
        (BOOKS, f"{TABLE} triggers", False),
        (BOOKS, f"{TABLE} if_there", "keep"),
        (BOOKS, f"{TABLE} if_there", {}),
        (BOOKS, f"{TABLE} if_there", {"update": []}),
        (BOOKS, f"{TABLE} if_there", {"skip": ["title"]}),
        (BOOKS, f"{TABLE} comment", ""),
        (BOOKS, f"{TABLE} unique", [[]]),
        (BOOKS, f"{TABLE} unique", ["title"]),
        (BOOKS, f"{TABLE} indexes", [[]]),
        (BOOKS, f"{TABLE} indexes", [{}]),
        (BOOKS, f"{TABLE} indexes 1 method", "btre"),
        (BOOKS, f"{TABLE} checks", {"a": True}),
        (BOOKS, f"{TABLE} checks", {"x" * 64: "true"}),
        (BOOKS, f"{TABLE} policies 0 name", GONE),
        (BOOKS, f"{TABLE} policies 0 name", "x" * 64),
        (BOOKS, f"{TABLE} policies 0 to", []),
        (BOOKS, f"{TABLE} policies 0 for", "reading"),
        (BOOKS, f"{TABLE} policies 0 roles", ["anon"]),
        (BOOKS, f"{TABLE} grants", {"anon": ["selct"]}),
        (BOOKS, f"{TABLE} grants", {"anon": "select"}),
        (BOOKS, f"{TITLE} tpye", "text"),
        (BOOKS, f"{TITLE} type", GONE),
        (BOOKS, f"{TITLE} type", "txet"),
        (BOOKS, f"{TITLE} type", "text(5)"),
        (BOOKS, f"{TITLE} type", "numeric(0)"),
        (BOOKS, f"{TITLE} type", "text[][]"),
        (BOOKS, f"{TITLE} const", 1),
        (BOOKS, f"{TITLE} parent", "id"),
        (BOOKS, f"{TITLE} do", []),
        (BOOKS, f"{TITLE} do", ["split"]),
        (BOOKS, f"{TITLE} do", [{"split": ""}]),
        (BOOKS, f"{TITLE} do", [{"trim": True}]),
        (BOOKS, f"{TITLE} do", [{"split": ",", "item": 0}]),
        (BOOKS, f"{TITLE} do", [{"item": "0"}]),
        (BOOKS, f"{TITLE} do", [{"epoch": "us"}]),
        (BOOKS, f"{TITLE} do", [{"time": {"zone": "UTC"}}]),
        (BOOKS, f"{TITLE} do", [{"time": {"format": "YYYY", "gap": "first"}}]),
        (BOOKS, f"{TITLE} do", ["trimm"]),
        (BOOKS, f"{TITLE} null", "no"),
        (BOOKS, f"{TITLE} in", []),
        (BOOKS, f"{TITLE} in", [None]),
        (BOOKS, f"{TITLE} default", {}),
        (BOOKS, f"{TITLE} default", ["a"]),
        (BOOKS, f"{TITLE} keys_id_of", "users"),
        (BOOKS, f"{TITLE} on_delete", "cascades"),
        (BOOKS, f"{TABLE} columns id type", "integer"),
        (BOOKS, f"{TABLE} columns n", {"position": True}),
        (BOOKS, f"{TABLE} columns b", {"parent": "id"}),
        (BOOKS, f"{TABLE} columns r", {"rest": True, "type": "text"}),
        (BOOKS, f"{TABLE} columns r", {"rest": True, "id_of": "books"}),
        (BOOKS, f"{TABLE} columns r", {"rest": "m", "type": "text"}),
        (BOOKS, f"{TABLE} columns r", {"rest": ""}),
        (BOOKS, f"{TABLE} columns r", {"rest": False}),
        (BOOKS, "to public.parts columns n position", False),
        (BOOKS, f"{MADE} type", "text"),
        (BOOKS, f"{MADE} type", GONE),
        (BOOKS, f"{MADE} object", []),
        (BOOKS, f"{MADE} object a", {"rest": True, "id_of": "users"}),
        (BOOKS, f"{MADE} object a", {"rest": True, "const": 1}),
        (BOOKS, f"{TITLE} misfit", {}),
        (BOOKS, f"{TITLE} misfit", {"row_twice": "first"}),
        (BOOKS, f"{TABLE} misfit", {"row_twice": "last"}),
        (BOOKS, f"{MADE} object a", {"from": "x", "type": "text"}),
        (BOOKS, f"{MADE} object a", {"from": "x", "keys_id_of": "users"}),
        (BOOKS, f"{MADE} object a", {"from": "x", "const": 1}),
        (BOOKS, f"{MADE} object a", {"array": []}),
        (BOOKS, f"{MADE} object a", {"array": [{}]}),
        (BOOKS, f"{MADE} object a", {"array": [{"rest": True}]}),
        (BOOKS, f"{MADE} object a", {"array": [{"from": "x", "id_of": "users"}]}),
        (BOOKS, f"{MADE} object a", {"array": ["x"], "object": {}}),
        (BOOKS, f"{MADE} object a first", []),
        (BOOKS, f"{MADE} object a first", {"from": "x"}),
        (BOOKS, f"{MADE} object a first 0", {"object": {}}),
        (BOOKS, f"{MADE} object a first 0 id_of", "users"),
        (SALES, "to public.sales keep_shape", False),
        (SALES, "to public.sales keep_shape", "yes"),
        (SALES, "to public.sales columns a", {"default": {}}),
        (SALES, "to public.sales columns a", {"from": "a", "const": 1}),
        (SHOP, "projet", "x"),
        (SHOP, "project", GONE),
        (SHOP, "project", ""),
        (SHOP, "target", GONE),
        (SHOP, "plain", "yes"),
        (SHOP, "sources", {}),
        (SHOP, "sources a.b", SHOP["sources"]["core"]),
        (SHOP, "sources core uri", GONE),
        (SHOP, "sources core kind", "mongo"),
        (SHOP, "sources core url", "x"),
        (SHOP, "identity strategy", "uuid4"),
        (SHOP, "identity namespace", "shop"),
        (SHOP, "identity strategie", "uuid7"),
        (SHOP, "left_out sessions", "why"),
        (SHOP, "left_out core.a", ""),
        (SHOP, "stays Redis", True),
    ],
)
def test_what_is_wrong_is_refused(document: dict[str, Any], path: str, value: Any) -> None:
    kind = "project" if document is SHOP else "mapping"
    assert errors(kind, changed(document, path, value))


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        (BOOKS, "$schema", "../mapping.schema.json"),
        (BOOKS, f"{TABLE} columns l", {"from": "u", "id_of": "users", "type": "text"}),
        (BOOKS, f"{TABLE} columns r", {"rest": True, "default": {}}),
        (BOOKS, f"{TABLE} columns r", {"rest": "m.'a.b'", "default": {}, "optional": True}),
        (BOOKS, f"{TABLE} columns c", {"const": None, "type": "numeric(10, 2)[]", "default": []}),
        (BOOKS, f"{TABLE} columns k", {"from": "k", "keys_id_of": "users", "type": "jsonb", "default": {"a": []}}),
        (BOOKS, f"{TABLE} columns a", {"array": ["x", {"const": 1}, {"join": ["y", "z"], "with": " "}], "type": "text[]"}),
        (BOOKS, f"{TABLE} columns a", {"array": [{"object": {"b": {"array": ["c"]}}}, {"array": ["d"]}], "type": "jsonb"}),
        (BOOKS, f"{TABLE} columns a", {"array": ["x"], "id_of": "users", "type": "uuid[]"}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {"users": "id"}}}),
        (BOOKS, f"{TABLE} when", {"a": {"in": {"users": "id", "when": {"b": 1}}}}),
        (BOOKS, f"{TABLE} grants", {"anon": []}),
        (BOOKS, f"{TABLE} triggers", "off"),
        (BOOKS, f"{TABLE} if_there", "skip"),
        (BOOKS, f"{TABLE} if_there", {"update": ["title"]}),
        (BOOKS, "to public.books", [BOOKS["to"]["public.books"]]),
        (SALES, "to public.sales columns", GONE),
        (SALES, "to public.sales columns a", {"id_of": "users"}),
        (SALES, "to public.sales columns a", {"keys_id_of": "users"}),
        (SHOP, "identity", GONE),
        (SHOP, "identity namespace", "8A5E1B576C0D5F439D0A2B1F3C7E4D11"),
    ],
)
def test_what_is_right_is_taken(document: dict[str, Any], path: str, value: Any) -> None:
    kind = "project" if document is SHOP else "mapping"
    assert errors(kind, changed(document, path, value)) == []
