"""The Appwrite double against what Appwrite publishes: its Python client, whose typed models (16.0.0) are those
of server 1.8, and its OpenAPI files.

The OpenAPI files are too large to keep. They are looked for beside the checkout, in
../shared/reference/appwrite-openapi; APPWRITE_OPENAPI names others (separated by `:`):
`app/config/specs/open-api3-1.8.x-server.json` of appwrite/appwrite at tag 1.8.1 (sha256 begins b06e174b7516c69a), and its
siblings at 1.5.11, 1.6.2 and 1.7.4.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.rig.appwrite_models import PROFILES
from tests.rig.appwrite_openapi import json_schemas, reads
from tests.rig.appwrite_probe import KEY, PROJECT, Probe, q
from tests.rig.appwrite_recorded import OPENAPI
from tests.rig.appwrite_sample import PREFERENCES, USERS, write_sample


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("appwrite")
    write_sample(folder)
    return folder


@pytest.fixture(scope="module")
def double(data: Path) -> Iterator[Probe]:
    with Probe(data) as probe:
        yield probe


# --- The published Python client ---

MODELS_OF_1_8 = "16.0.0"
CLIENT_REASON = "the published client library is not installed (pip install -r tests/requirements.txt)"


@pytest.fixture
def client(data: Path) -> Iterator[Any]:
    module = pytest.importorskip("appwrite.client", reason=CLIENT_REASON)
    # A newer client wants `$sequence` as a string, which servers send since 1.9.
    version = "1.8.1" if metadata.version("appwrite") == MODELS_OF_1_8 else "1.9.6"
    with Probe(data, version) as double:
        yield module.Client().set_endpoint(double.endpoint).set_project(PROJECT).set_key(KEY)


def test_the_client_lists_users(client: Any) -> None:
    from appwrite.query import Query
    from appwrite.services.users import Users

    users, read = Users(client), []
    page = users.list([Query.limit(25)]).users
    while page:
        read += page
        page = users.list([Query.limit(25), Query.cursor_after(read[-1].id)]).users
    assert [row.id for row in read] == [f"u{n:03}" for n in range(USERS)]
    assert read[7].email == "" and read[7].password is None
    assert users.list_identities([Query.equal("userId", "u003")]).identities[0].provideruid == "g3"
    assert users.list_targets("u001").targets[0].identifier == "u001@example.com"


def test_the_client_lists_documents(client: Any) -> None:
    from appwrite.query import Query
    from appwrite.services.databases import Databases
    from appwrite.services.tables_db import TablesDB

    databases, read = Databases(client), []
    queries = [Query.equal("theme", ["light", "dark"]), Query.order_desc("$sequence"), Query.limit(30)]
    page = databases.list_documents("main", "user_preferences", queries).documents
    assert len(page) == 30
    while page:
        read += page
        page = databases.list_documents(
            "main", "user_preferences", [*queries, Query.cursor_after(page[-1].id)]
        ).documents
    assert [int(row.sequence) for row in read] == list(range(80, 0, -2))
    assert len(databases.list_attributes("main", "wide", [Query.limit(100)]).attributes) == 30
    assert TablesDB(client).list_rows("main", "notes", [Query.greater_than("rank", 7)]).total == 2


def test_the_client_raises_what_the_server_refuses(client: Any) -> None:
    from appwrite.exception import AppwriteException
    from appwrite.services.users import Users

    with pytest.raises(AppwriteException) as refusal:
        Users(client).get("nobody")
    assert (refusal.value.code, refusal.value.type) == (404, "user_not_found")


# The models of the client for 1.8 are those of 1.8.2: these keys came after 1.8.1.
LATER = {
    "Database": {"policies", "archives"},
    "Collection": {"bytesMax", "bytesUsed"},
    "Table": {"bytesMax", "bytesUsed"},
}
SHAPES = [
    ("/users", "users", "User"),
    ("/users/identities", "identities", "Identity"),
    ("/users/u001/targets", "targets", "Target"),
    ("/users/u001/memberships", "memberships", "Membership"),
    ("/teams", "teams", "Team"),
    ("/databases", "databases", "Database"),
    ("/databases/main/collections", "collections", "Collection"),
    (f"{PREFERENCES}/attributes", "attributes", None),
    (f"{PREFERENCES}/indexes", "indexes", "Index"),
    (f"{PREFERENCES}/documents", "documents", "Document"),
    ("/tablesdb/main/tables", "tables", "Table"),
    ("/tablesdb/main/tables/user_preferences/columns", "columns", None),
    ("/tablesdb/main/tables/user_preferences/indexes", "indexes", "ColumnIndex"),
    ("/tablesdb/main/tables/user_preferences/rows", "rows", "Row"),
]
FORMS = {"string": "String", "boolean": "Boolean", "integer": "Integer", "double": "Float", "datetime": "Datetime"}
FORMATS = {"enum": "Enum", "url": "Url"}


@pytest.fixture
def models() -> Any:
    module = pytest.importorskip("appwrite.models", reason=CLIENT_REASON)
    if (found := metadata.version("appwrite")) != MODELS_OF_1_8:
        pytest.skip(f"no row was compared: appwrite {found} is installed, the models of server 1.8 are {MODELS_OF_1_8}")
    return module


@pytest.mark.parametrize("path, key, model", SHAPES, ids=[path for path, _, _ in SHAPES])
def test_rows_fit_the_clients_models(double: Probe, models: Any, path: str, key: str, model: str | None) -> None:
    rows = double.get(path, *[] if path.endswith("memberships") else [q("limit", 100)]).json[key]
    assert rows
    for row in rows:
        form = FORMATS.get(row.get("format", ""), FORMS.get(row.get("type", ""), ""))
        name = model or key.removesuffix("s").capitalize() + form
        declared = getattr(models, name)
        later = LATER.get(name, set())
        known = {field.alias for field in declared.model_fields.values()} - later
        if name in ("Document", "Row"):
            assert known <= row.keys()
        else:
            assert row.keys() == known
        padding = dict.fromkeys(later, 0) | ({"policies": [], "archives": []} if name == "Database" else {})
        declared.model_validate_json(json.dumps(row | padding), strict=True)


# --- The published OpenAPI files ---


def openapi_files() -> list[Any]:
    names = [name for name in os.environ.get("APPWRITE_OPENAPI", "").split(os.pathsep) if name]
    names = names or [str(file) for file in sorted(OPENAPI.glob("*.json"))]
    unset = f"no file in {OPENAPI}, and APPWRITE_OPENAPI is not set: nothing was checked against what is published"
    return names or [pytest.param("", marks=pytest.mark.skip(reason=unset))]


# What servers print (test_appwrite_wire.py) and their files do not say: schema and member.
UNSAID = {"1.7": {"attributeString": {"encrypt": {"type": "boolean"}}}}
# What stands for a path's parameters; the paths with others are not served.
EXAMPLES = defaultdict(
    lambda: "other",
    {
        **{"databaseId": "main", "collectionId": "user_preferences", "tableId": "user_preferences"},
        **{"documentId": "p005", "rowId": "p005", "userId": "u001", "teamId": "team2"},
    },
)


@pytest.mark.parametrize("name", openapi_files())
def test_bodies_parameters_and_scopes_are_those_of_the_openapi_file(name: str, data: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    specification = json.loads(Path(name).read_text(encoding="utf-8"))
    schemas = {"components": {"schemas": json_schemas(specification)}}
    operations = reads(specification)
    # The files' patch level lags behind the tag that holds them.
    version = next(short for short in PROFILES if specification["info"]["version"].startswith(short[:3]))
    for schema, members in UNSAID.get(version, {}).items():
        schemas["components"]["schemas"][schema]["properties"] |= members
    scopes = sorted({scope for operation in operations.values() for scope in operation["scopes"]})
    lists = {path: key for path, key, _ in SHAPES if version >= "1.8" or not path.startswith("/tablesdb")}
    checked = set()
    with Probe(data, version, keys="\n".join([KEY, *(f"only-{scope} {scope}" for scope in scopes)])) as double:
        for path, operation in operations.items():
            target = path.format_map(EXAMPLES)
            answer = double.get(target)
            if answer.status == 404 and answer.json["type"] == "general_route_not_found":
                continue
            checked.add(target)
            jsonschema.Draft4Validator({"$ref": operation["schema"], **schemas}).validate(answer.json)
            if target in lists:
                assert answer.json[lists[target]], f"{target} shows no row to check"
                counted = double.get(target, total="0").json["total"]
                assert (counted == 0) == ("total" in operation["parameters"]), target
            for scope in scopes:
                allowed = double.get(target, key=f"only-{scope}").status == 200
                assert allowed == (scope in operation["scopes"]), f"{target} with {scope}"
    assert lists.keys() <= checked, f"not compared: {lists.keys() - checked}"
