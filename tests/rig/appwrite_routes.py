"""The Appwrite double's endpoints: who may ask, and what they answer.

A row of ROUTES is one GET path with its scopes and its answer. The Databases API and, from 1.8 on, its
TablesDB twin are two dialects of the same rows.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from .appwrite_models import (
    ATTRIBUTE_FIELDS,
    IDENTIFIER,
    MODELS,
    Field,
    Profile,
    Row,
    attribute_form,
    model_view,
    version_key,
)
from .appwrite_query import Column, Page, Plan, Rules, make_plan, parameter_queries, run
from .appwrite_store import PROJECT_FILES, Collection, Store, Table
from .appwrite_wire import Refusal, php_json

READ_SCOPES = frozenset(
    f"{thing}.read"
    for thing in (
        "databases",
        "collections",
        "tables",
        "documents",
        "rows",
        "users",
        "targets",
        "teams",
        "buckets",
        "files",
        "functions",
    )
)
# A caller without a known key is a guest. Guests may list documents, as far as permissions let them: a wrong
# key can read a part of the data and look as if it had read all.
GUEST_SCOPES = frozenset({"documents.read", "rows.read", "files.read"})
GUEST_READS = frozenset({'read("any")', 'read("guests")'})


class Dialect(NamedTuple):
    """The names of one view on the databases."""

    path: str
    since: str
    collection: str
    attribute: str
    document: str
    collection_id: str
    security: str
    collection_scopes: tuple[str, ...]
    document_scopes: tuple[str, ...]


DIALECTS = (
    Dialect(
        "/databases", "0", "collection", "attribute", "document", "$collectionId", "documentSecurity",
        ("collections.read",), ("documents.read",),
    ),
    Dialect(
        "/tablesdb", "1.8.0", "table", "column", "row", "$tableId", "rowSecurity",
        ("tables.read", "collections.read"), ("rows.read", "documents.read"),
    ),
)  # fmt: skip

# What the lists of project objects can be filtered and ordered by, besides $id, the times and the counter.
LISTED = {
    "database": "name",
    "collection": "name enabled documentSecurity",
    "attribute": "key type size required array status error",
    "index": "key type status attributes error",
    "user": "name email phone status passwordUpdate registration emailVerification phoneVerification labels",
    "identity": "userId provider providerUid providerEmail providerAccessTokenExpiry",
    "target": "userId providerId identifier providerType",
    "team": "name total",
    "membership": "userId teamId invited joined confirm roles",
    "bucket": "enabled name fileSecurity maximumFileSize encryption antivirus",
    "file": "name signature mimeType sizeOriginal chunksTotal chunksUploaded",
    "function": "name enabled",
}


@dataclass(frozen=True)
class Caller:
    role: str
    scopes: frozenset[str]

    @property
    def is_guest(self) -> bool:
        return self.role == "guests"


@dataclass
class Request:
    """A GET under /v1, as far as the endpoints look at it."""

    path: str
    parameters: list[tuple[str, str]]
    project: str | None
    key: str | None
    response_format: str | None

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in reversed(self.parameters) if key == name), None)


@dataclass
class Project:
    """Everything that the double serves: the data, and who may see it."""

    name: str
    keys: dict[str, frozenset[str]]
    store: Store
    profile: Profile


class Question:
    """One request on its way to an answer: what the endpoints work with."""

    def __init__(self, project: Project, request: Request, caller: Caller, names: dict[str, str]):
        self.project = project
        self.store = project.store
        self.profile = project.profile
        self.request = request
        self.caller = caller
        self.names = names

    def view(self, model: str, row: Row) -> Row:
        return model_view(MODELS[model], row, self.profile, self.request.response_format)

    def wants_total(self) -> bool:
        """`total=0` is understood wherever the parameter is; the word `false` counts as true on these servers."""
        asked = self.request.parameter("total")
        if asked is None or not self.profile.total_parameter:
            return True
        if asked not in ("0", "1", "true", "false"):
            raise Refusal("general_argument_invalid", "Invalid `total` param: must be a boolean")
        return asked != "0"

    def plan(self, rules: Rules) -> Plan:
        if self.request.parameter("search"):
            raise Refusal("double_not_implemented", "The Appwrite double does not search")
        return make_plan(parameter_queries(self.request.parameters), rules)

    def envelope(self, key: str, total: int, items: Any) -> Row:
        return {"total": total if self.wants_total() else 0, key: items}

    def page(self, model: str, table: Table, rows: list[Row] | None = None) -> Page:
        rules = list_rules(model, self.profile)
        return run(self.plan(rules), table, table.rows if rows is None else rows, rules)

    def listing(self, model: str, key: str, table: Table) -> Row:
        page = self.page(model, table)
        return self.envelope(key, page.total, [self.view(model, row) for row in page.rows])

    def named(self, table: Table, name: str, error: str) -> Row:
        row = table.find(self.names[name])
        if row is None:
            raise Refusal(error)
        return row

    def user(self) -> Row:
        return self.named(self.store.project["users"], "user", "user_not_found")

    def team(self) -> Row:
        return self.named(self.store.project["teams"], "team", "team_not_found")

    def database(self) -> Row:
        # Without a project header the server looks into its own console project, which has no databases.
        if self.request.project is None:
            raise Refusal("database_not_found")
        return self._enabled(self.named(self.store.databases, "database", "database_not_found"), "database_not_found")

    def collection(self, dialect: Dialect) -> Collection:
        database = self.database()["$id"]
        error = f"{dialect.collection}_not_found"
        row = self._enabled(self.named(self.store.collections[database], "collection", error), error)
        return self.store.contents[database, row["$id"]]

    def _enabled(self, row: Row, error: str) -> Row:
        if self.caller.is_guest and not row.get("enabled", True):
            raise Refusal(error)
        return row


def list_rules(model: str, profile: Profile) -> Rules:
    kinds = {field.key: field.kind for field in MODELS.get(model, ())}
    listed = [(name, kinds.get(name, "any")) for name in LISTED[model].split()]
    columns = system_columns(profile) | {name: Column(kind, kind == "list") for name, kind in listed}
    return Rules(profile, model.capitalize(), columns, profile.list_sequence_filter)


def document_rules(collection: Collection, dialect: Dialect, profile: Profile) -> Rules:
    columns = system_columns(profile)
    for field in collection.columns:
        attribute = collection.attributes.by_id.get(field.key.lower(), {})  # without: a relationship's far end
        columns[field.key] = Column(field.kind, bool(attribute.get("array")), not attribute.get("encrypt"))
    noun = dialect.document.capitalize()
    links = frozenset(f"{key}.$id" for key in collection.links)
    return Rules(profile, noun, columns, profile.sequence_filter, True, "general_query_invalid", links)


def system_columns(profile: Profile) -> dict[str, Column]:
    times = {"$createdAt": Column("time"), "$updatedAt": Column("time")}
    return {"$id": Column("id"), **times, profile.sequence_name: Column("sequence")}


# --- Views on databases: collections, attributes, indexes, documents ---


def attribute_view(question: Question, dialect: Dialect, row: Row) -> Row:
    view = model_view(ATTRIBUTE_FIELDS[attribute_form(row)], row, question.profile, question.request.response_format)
    if "relatedCollection" in view:
        view[f"related{dialect.collection.capitalize()}"] = view.pop("relatedCollection")
    return view | {"format": ""} if row["type"] == "datetime" else view


def index_view(question: Question, dialect: Dialect, row: Row) -> Row:
    view = question.view("index", row)
    view[f"{dialect.attribute}s"] = view.pop("attributes")
    return view


def collection_view(question: Question, dialect: Dialect, collection: Collection) -> Row:
    view = question.view("collection", collection.row)
    view[dialect.security] = view.pop("documentSecurity")
    del view["attributes"]
    view[f"{dialect.attribute}s"] = [attribute_view(question, dialect, row) for row in collection.attributes.rows]
    view["indexes"] = [index_view(question, dialect, row) for row in collection.indexes.rows]
    return view


def document_view(
    question: Question, dialect: Dialect, collection: Collection, row: Row, select: list[str] | None
) -> Row:
    profile, form = question.profile, question.request.response_format
    system = {
        "$id": row["$id"],
        "$createdAt": row.get("$createdAt", ""),
        "$updatedAt": row.get("$updatedAt", ""),
        "$permissions": row.get("$permissions", []),
    }
    places = {"$databaseId": row["$databaseId"], dialect.collection_id: row["$collectionId"]}
    if profile.sequence_form:
        old_client = form and version_key(form) < version_key("1.9.0")
        system["$sequence"] = row["$sequence"] if old_client else profile.sequence_form(row["$sequence"])
    values = {field.key: document_value(row.get(field.key), field) for field in collection.columns}
    if select is not None:
        everything = "*" in select
        if not profile.select_keeps_system:
            system = {key: value for key, value in system.items() if key in select}
            places = {}
        values = {key: value for key, value in values.items() if everything or key in select}
        for key in collection.links:
            if f"{key}.$id" in select:
                values[key] = [{"$id": name} for name in row.get(key) or []]
    return {**values, **system, **places}


def document_value(value: Any, field: Field) -> Any:
    if value is None:
        return [] if field.kind == "list" else None
    return float(value) if field.kind == "double" else value


def visible_documents(question: Question, collection: Collection) -> list[Row]:
    """All rows for a key; for a guest those that permissions show."""
    rows = collection.documents.rows
    if not question.caller.is_guest or not GUEST_READS.isdisjoint(collection.row.get("$permissions", [])):
        return rows
    if not collection.row.get("documentSecurity", False):
        raise Refusal("user_unauthorized")
    return [row for row in rows if not GUEST_READS.isdisjoint(row.get("$permissions", []))]


def list_collections(dialect: Dialect, question: Question) -> Row:
    database = question.database()["$id"]
    page = question.page("collection", question.store.collections[database])
    contents = question.store.contents
    views = [collection_view(question, dialect, contents[database, row["$id"]]) for row in page.rows]
    return question.envelope(f"{dialect.collection}s", page.total, views)


def get_collection(dialect: Dialect, question: Question) -> Row:
    return collection_view(question, dialect, question.collection(dialect))


def list_attributes(dialect: Dialect, question: Question) -> Row:
    page = question.page("attribute", question.collection(dialect).attributes)
    views = [attribute_view(question, dialect, row) for row in page.rows]
    return question.envelope(f"{dialect.attribute}s", page.total, views)


def list_indexes(dialect: Dialect, question: Question) -> Row:
    page = question.page("index", question.collection(dialect).indexes)
    return question.envelope("indexes", page.total, [index_view(question, dialect, row) for row in page.rows])


def list_documents(dialect: Dialect, question: Question) -> Row:
    collection = question.collection(dialect)
    rules = document_rules(collection, dialect, question.profile)
    plan = question.plan(rules)
    page = run(plan, collection.documents, visible_documents(question, collection), rules)
    views = [document_view(question, dialect, collection, row, plan.select) for row in page.rows]
    return question.envelope(f"{dialect.document}s", page.total, views)


def get_document(dialect: Dialect, question: Question) -> Row:
    collection = question.collection(dialect)
    row = question.named(collection.documents, "document", f"{dialect.document}_not_found")
    if row not in visible_documents(question, collection):
        raise Refusal(f"{dialect.document}_not_found")
    select = question.plan(document_rules(collection, dialect, question.profile)).select
    return document_view(question, dialect, collection, row, select)


def list_databases(dialect: Dialect, question: Question) -> Row:
    return question.listing("database", "databases", question.store.databases)


def get_database(dialect: Dialect, question: Question) -> Row:
    return question.view("database", question.database())


# --- Users, teams, storage ---


def list_users(question: Question) -> Row:
    page = question.page("user", question.store.project["users"])
    most = question.profile.user_page
    if most and len(page.rows) > most:
        raise Refusal("general_query_invalid", f"Query on attribute has greater than {most} values: userInternalId")
    return question.envelope("users", page.total, [user_view(question, row) for row in page.rows])


def user_view(question: Question, row: Row) -> Row:
    view = question.view("user", row)
    if "targets" in view:
        view["targets"] = [question.view("target", target) for target in view["targets"]]
    return view


def list_targets(question: Question) -> Row:
    table = Table("target", MODELS["target"])
    for target in question.user().get("targets", []):
        table.add(dict(target))
    return question.listing("target", "targets", table)


def list_sessions(question: Question) -> Row:
    question.user()
    return question.envelope("sessions", 0, [])


def membership_view(question: Question, row: Row) -> Row:
    user = question.store.project["users"].find(row.get("userId", "")) or {}
    team = question.store.project["teams"].find(row.get("teamId", "")) or {}
    names = {"userName": user.get("name", ""), "userEmail": user.get("email", ""), "teamName": team.get("name", "")}
    if question.profile.has("1.9.6"):
        names["userId"] = user.get("$id", "")
    return question.view("membership", {**row, **names})


def list_user_memberships(question: Question) -> Row:
    """The total is the page's, and a cursor is never looked up, which ends in an error."""
    user, table = question.user(), question.store.project["memberships"]
    rows = [row for row in table.rows if row.get("userId") == user["$id"]]
    if question.profile.has("1.7.0"):
        rules = list_rules("membership", question.profile)
        plan = question.plan(rules)
        if plan.cursor:
            raise Refusal("general_unknown")
        rows = run(plan, table, rows, rules).rows
    return question.envelope("memberships", len(rows), [membership_view(question, row) for row in rows])


def list_team_memberships(question: Question) -> Row:
    """Members without a user are dropped after the page was read; a gap makes PHP write an object."""
    team, table = question.team(), question.store.project["memberships"]
    page = question.page("membership", table, [row for row in table.rows if row.get("teamId") == team["$id"]])
    kept = {place: membership_view(question, row) for place, row in enumerate(page.rows) if row.get("userId")}
    gapless = list(kept) == list(range(len(kept)))
    members = list(kept.values()) if gapless else {str(place): view for place, view in kept.items()}
    return question.envelope("memberships", page.total, members)


def list_files(question: Question) -> Row:
    bucket = question.named(question.store.project["buckets"], "bucket", "storage_bucket_not_found")
    table = question.store.project["files"]
    page = question.page("file", table, [row for row in table.rows if row.get("bucketId") == bucket["$id"]])
    return question.envelope("files", page.total, [question.view("file", row) for row in page.rows])


def say_version(question: Question) -> Row:
    """A key may do less than nobody: it lacks the scope that this asks for. The refusal has the version, too."""
    if not question.caller.is_guest:
        raise missing_scope(("public",), question.caller, question.project)
    return {"version": question.profile.version}


def project_list(name: str) -> Callable[[Question], Row]:
    return lambda question: question.listing(PROJECT_FILES[name], name, question.store.project[name])


# --- The table ---


class Route(NamedTuple):
    path: str
    scopes: tuple[str, ...]
    answer: Callable[[Question], Row]
    since: str = "0"


def dialect_routes(dialect: Dialect) -> list[Route]:
    database = f"{dialect.path}/{{database}}"
    collection = f"{database}/{dialect.collection}s/{{collection}}"
    documents = f"{collection}/{dialect.document}s"
    table: list[tuple[str, tuple[str, ...], Callable[[Dialect, Question], Row]]] = [
        (dialect.path, ("databases.read",), list_databases),
        (database, ("databases.read",), get_database),
        (f"{database}/{dialect.collection}s", dialect.collection_scopes, list_collections),
        (collection, dialect.collection_scopes, get_collection),
        (f"{collection}/{dialect.attribute}s", dialect.collection_scopes, list_attributes),
        (f"{collection}/indexes", dialect.collection_scopes, list_indexes),
        (documents, dialect.document_scopes, list_documents),
        (f"{documents}/{{document}}", dialect.document_scopes, get_document),
    ]
    return [Route(path, scopes, partial(answer, dialect), dialect.since) for path, scopes, answer in table]


ROUTES = [
    Route("/health/version", (), say_version),
    *(route for dialect in DIALECTS for route in dialect_routes(dialect)),
    Route("/users", ("users.read",), list_users),
    Route("/users/identities", ("users.read",), project_list("identities")),
    Route("/users/{user}", ("users.read",), lambda question: user_view(question, question.user())),
    Route("/users/{user}/memberships", ("users.read",), list_user_memberships),
    Route("/users/{user}/sessions", ("users.read",), list_sessions),
    Route("/users/{user}/targets", ("targets.read",), list_targets),
    Route("/teams", ("teams.read",), project_list("teams")),
    Route("/teams/{team}", ("teams.read",), lambda question: question.view("team", question.team())),
    Route("/teams/{team}/memberships", ("teams.read",), list_team_memberships),
    Route("/storage/buckets", ("buckets.read",), project_list("buckets")),
    Route("/storage/buckets/{bucket}/files", ("files.read",), list_files),
    Route("/functions", ("functions.read",), project_list("functions")),
]
PATTERNS = [(re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path)), route) for route in ROUTES]


def find_route(path: str, profile: Profile) -> tuple[Route, dict[str, str]]:
    for pattern, route in PATTERNS:
        match = pattern.fullmatch(path)
        if match and profile.has(route.since):
            return route, match.groupdict()
    raise Refusal("general_route_not_found")


def find_caller(project: Project, request: Request) -> Caller:
    """The bearer of an unknown key is refused, or, on old servers, a guest, who then lacks scopes. What only looks
    like a key of a function is a guest's everywhere."""
    if request.project is not None and request.project != project.name:
        raise Refusal("project_not_found")
    if request.key is None or request.key.startswith("dynamic_"):
        return Caller("guests", GUEST_SCOPES)
    given = request.key.encode()
    for key, scopes in project.keys.items():
        if request.project is not None and hmac.compare_digest(key.encode(), given):
            return Caller("applications", scopes)
    if project.profile.knows_keys:
        raise Refusal("user_unauthorized")
    if request.project is None and request.path.endswith("/documents"):
        raise Refusal("general_access_forbidden")
    return Caller("guests", GUEST_SCOPES)


def missing_scope(scopes: tuple[str, ...], caller: Caller, project: Project) -> Refusal:
    who = "User" if caller.is_guest else f"app.{project.name}@service.localhost"
    several = project.profile.plural_scopes
    missing = f"scopes ({php_json(list(scopes))})" if several else f"scope ({scopes[0]})"
    return Refusal("general_unauthorized_scope", f"{who} (role: {caller.role}) missing {missing}")


def check_scopes(route: Route, caller: Caller, project: Project) -> None:
    if route.scopes and caller.scopes.isdisjoint(route.scopes):
        raise missing_scope(route.scopes, caller, project)


def answer(project: Project, request: Request) -> Row:
    """The body of the answer, or a Refusal."""
    route, names = find_route(request.path, project.profile)
    caller = find_caller(project, request)
    check_scopes(route, caller, project)
    for name, value in names.items():
        if not IDENTIFIER.fullmatch(value):
            raise Refusal(
                "general_argument_invalid", f"Invalid `{name}Id` param: must be an id of at most 36 characters"
            )
    return route.answer(Question(project, request, caller, names))


def listed_table(project: Project, path: str) -> Table:
    """The table that a list path shows, for faults that change it between two pages."""
    store = project.store
    parts = path.strip("/").split("/")
    if len(parts) == 1 and parts[0] in store.project:
        return store.project[parts[0]]
    if parts[-1] in ("identities", "memberships", "buckets", "files"):
        return store.project[parts[-1]]
    if len(parts) == 5 and (parts[1], parts[3]) in store.contents:
        return store.contents[parts[1], parts[3]].documents
    raise LookupError(f"{path} lists nothing that can change")
