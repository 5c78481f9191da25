"""The Appwrite double's behaviour, by server version: auth, paging, queries, the form of rows, faults, bad input."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import IncompleteRead, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.rig.appwrite_probe import KEY, PATIENCE, PROJECT, ROOT, Probe, command, first_line, q
from tests.rig.appwrite_sample import NOTES, PREFERENCES, USERS, WIDE, user, write_lines, write_sample

VERSIONS = {"1.5": "1.5.11", "1.6": "1.6.2", "1.7": "1.7.4", "1.8.1": "1.8.1", "1.9.6": "1.9.6"}
LIMIT_10 = q("limit", 10)

Start = Callable[..., Probe]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("appwrite")
    write_sample(folder)
    return folder


@pytest.fixture
def starter(data: Path) -> Iterator[Start]:
    """Starts doubles of the test's own."""
    with ExitStack() as stack:

        def start(*arguments: str, folder: Path = data, keys: str = KEY) -> Probe:
            return stack.enter_context(Probe(folder, *arguments, keys=keys))

        yield start


@pytest.fixture(scope="session")
def by_version(data: Path) -> Iterator[dict[str, Probe]]:
    with ExitStack() as stack:
        yield {version: stack.enter_context(Probe(data, version)) for version in VERSIONS}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def double(version: str, by_version: dict[str, Probe]) -> Probe:
    return by_version[version]


@pytest.fixture
def newest(by_version: dict[str, Probe]) -> Probe:
    return by_version["1.8.1"]


@pytest.fixture
def playing(starter: Start) -> Probe:
    """A double of its own, whose rows a test may change."""
    return starter("1.8.1", "--control")


# --- Who may ask ---


def test_the_version_is_open_to_all_but_keys(version: str, double: Probe) -> None:
    for project in (None, PROJECT):
        assert double.get("/health/version", key=None, project=project).json == {"version": VERSIONS[version]}
    answer = double.get("/health/version")
    assert answer.error == (401, "general_unauthorized_scope") and answer.json["version"] == VERSIONS[version]


@pytest.mark.parametrize(
    "path, project, old",
    [
        ("/users", "p1", "general_unauthorized_scope"),
        ("/databases", "p1", "general_unauthorized_scope"),
        ("/users", None, "general_unauthorized_scope"),
        (f"{WIDE}/documents", "p1", "user_unauthorized"),
        (f"{WIDE}/documents", None, "general_access_forbidden"),
        ("/databases/main/collections/hidden/documents", "p1", "collection_not_found"),
        ("/health/version", "p1", ""),
    ],
)
def test_an_unknown_key(double: Probe, version: str, path: str, project: str | None, old: str) -> None:
    answer = double.get(path, key="wrong", project=project)
    assert answer.json.get("type", "") == (old if version == "1.5" else "user_unauthorized")


def test_what_looks_like_a_functions_key_is_a_guests(double: Probe) -> None:
    assert double.get("/users", key="dynamic_x").error == (401, "general_unauthorized_scope")


@pytest.mark.parametrize(
    "path, key, project, error",
    [
        ("/users", None, "p1", (401, "general_unauthorized_scope")),
        ("/users", KEY, "p2", (404, "project_not_found")),
        ("/users/nobody", KEY, "p1", (404, "user_not_found")),
        ("/users/-bad-", KEY, "p1", (400, "general_argument_invalid")),
        ("/databases/none/collections", KEY, "p1", (404, "database_not_found")),
        ("/databases/main/collections/none", KEY, "p1", (404, "collection_not_found")),
        ("/storage/buckets/none/files", KEY, "p1", (404, "storage_bucket_not_found")),
        ("/nothing", KEY, "p1", (404, "general_route_not_found")),
    ],
)
def test_refusals(double: Probe, version: str, path: str, key: str, project: str, error: tuple[int, str]) -> None:
    answer = double.get(path, key=key, project=project)
    assert answer.error == error
    assert answer.json["code"] == error[0] and answer.json["version"] == VERSIONS[version]
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_a_guest_sees_only_what_permissions_show(newest: Probe) -> None:
    answer = newest.get(f"{PREFERENCES}/documents", key=None)
    assert [row["$id"] for row in answer.json["documents"]] == ["p004"] and answer.json["total"] == 1


def test_scopes_belong_to_a_key(starter: Start) -> None:
    double = starter("1.7", keys=f"narrow users.read\n{KEY}\n")
    assert double.get("/users", key="narrow").status == 200
    assert double.get("/databases", key=KEY).status == 200
    message = double.get("/databases", key="narrow").json["message"]
    assert message.endswith("(role: applications) missing scope (databases.read)")


def test_the_wording_of_a_missing_scope_since_1_8(newest: Probe) -> None:
    assert newest.get("/users", key=None).json["message"].endswith('(role: guests) missing scopes (["users.read"])')


def test_tables_came_with_1_8(double: Probe, version: str) -> None:
    answer = double.get("/tablesdb/main/tables/notes/rows", LIMIT_10)
    if version < "1.8":
        assert answer.error == (404, "general_route_not_found")
        return
    row = answer.json["rows"][0]
    assert (row["$tableId"], row["text"]) == ("notes", "Note 0") and "$collectionId" not in row
    table = double.get("/tablesdb/main/tables").json["tables"][0]
    assert table["rowSecurity"] is True and table["indexes"][0]["columns"] == ["userId"]
    assert not {"attributes", "documentSecurity"} & table.keys() and table["columns"][0]["key"] == "userId"


# --- Pages ---


def test_a_page_is_25_unless_asked(double: Probe) -> None:
    for path, key, total in (("/users", "users", USERS), (f"{WIDE}/attributes", "attributes", 30)):
        answer = double.get(path).json
        assert (len(answer[key]), answer["total"]) == (25, total)


@pytest.mark.parametrize("path, total", [("/users", 60), ("/users/identities", 30), (f"{PREFERENCES}/documents", 40)])
def test_cursors_read_everything_once(double: Probe, path: str, total: int) -> None:
    pages = list(double.pages(path, q("limit", 7)))
    read = [name for page in pages for name in page]
    assert len(read) == len(set(read)) == total
    assert all(len(page) == 7 for page in pages[:-1])
    assert double.ids(path, q("cursorBefore", read[20]), q("limit", 7)) == read[13:20]
    assert double.ids(path, q("offset", 13), q("limit", 7)) == read[13:20]


def test_attributes_page_by_key(newest: Probe) -> None:
    rest = newest.get(f"{WIDE}/attributes", q("cursorAfter", "a24")).json["attributes"]
    assert [row["key"] for row in rest] == ["a25", "a26", "a27", "a28", "a29"]


@pytest.mark.parametrize("asked, from_1_8", [("0", 0), ("false", 60), ("true", 60), ("1", 60)])
def test_the_total_parameter(double: Probe, version: str, asked: str, from_1_8: int) -> None:
    assert double.get("/users", total=asked).json["total"] == (60 if version < "1.8" else from_1_8)


def test_a_deleted_cursor_loses_the_position(playing: Probe) -> None:
    playing.play({"path": f"{PREFERENCES}/documents", "page": 2, "delete": "cursor"})
    page = playing.ids(f"{PREFERENCES}/documents", LIMIT_10)
    answer = playing.get(f"{PREFERENCES}/documents", LIMIT_10, q("cursorAfter", page[-1]))
    assert answer.error == (400, "general_cursor_not_found")
    assert answer.json["message"] == "Document 'p010' for the 'cursor' value not found."
    on = q("orderAsc", on="$sequence"), q("greaterThan", "20", on="$sequence")
    assert playing.ids(f"{PREFERENCES}/documents", LIMIT_10, *on)[0] == "p011"


def test_a_row_inserted_between_pages_comes_last(playing: Probe) -> None:
    playing.play({"path": "/users", "page": 2, "insert": user(77), "update": {"$id": "u000", "name": "New"}})
    read = [name for page in playing.pages("/users") for name in page]
    assert len(read) == USERS + 1 and read[-1] == "u077"
    assert playing.get("/users/u000").json["name"] == "New"


# --- Queries ---


@pytest.mark.parametrize(
    "query",
    [
        "limit(10)",
        "[]",
        q("limit", 0),
        q("limit", -1),
        q("limit"),
        q("offset", -1),
        q("frobnicate", 1),
        q("equal", on="$id"),
        q("equal", "x", on="unheard"),
        q("equal", 1, on="$id"),
        q("orderAsc", on="unheard"),
        q("between", 1, on="$createdAt"),
        q("or", q("equal", "x", on="$id")),
        q("equal", *map(str, range(501)), on="$id"),
        q("select", "unheard"),
        q("select"),
        q("select", "*", "*"),
    ],
    ids=lambda query: json.dumps(query)[:50],
)
def test_bad_queries(double: Probe, query: Any) -> None:
    # Where documents are listed, the action reads the queries; elsewhere the parameter's validator does.
    assert double.get(f"{NOTES}/documents", query).error == (400, "general_query_invalid")
    assert double.get("/users", query).error == (400, "general_argument_invalid")


@pytest.mark.parametrize("cursor", ["", "_bad", "x" * 37])
def test_a_cursor_that_is_no_id(double: Probe, version: str, cursor: str) -> None:
    error = "general_cursor_not_found" if version == "1.5" else "general_query_invalid"
    assert double.get(f"{NOTES}/documents", q("cursorAfter", cursor)).error == (400, error)


@pytest.mark.parametrize(
    "path, total",
    [
        *[("/users", 60), ("/users/identities", 30), ("/teams", 2), ("/teams/team1/memberships", 3)],
        *[("/databases", 1), ("/databases/main/collections", 4), ("/storage/buckets", 1), ("/functions", 1)],
        *[("/storage/buckets/covers/files", 2), (f"{PREFERENCES}/documents", 40), (f"{NOTES}/documents", 8)],
    ],
)
def test_every_list_can_be_read_by_id(double: Probe, path: str, total: int) -> None:
    read: list[str] = []
    while True:
        behind = [q("greaterThan", read[-1], on="$id")] if read else []
        page = double.get(path, *behind, q("orderAsc", on="$id"), q("limit", 7)).json
        rows = next(value for key, value in page.items() if key != "total")
        rows = list(rows.values()) if isinstance(rows, dict) else rows
        if not rows:
            break
        assert all(row["$id"] > (read[-1] if read else "") for row in rows)
        read += [row["$id"] for row in rows]
    assert len(read) == len(set(read)) == total
    last = double.get(path, q("orderDesc", on="$id"), q("limit", 1)).json
    assert read[-1] in json.dumps(last)


def test_queries_have_limits(double: Probe) -> None:
    for path in ("/users", f"{NOTES}/documents"):
        assert double.get(path, *[LIMIT_10] * 100).status == 200
        assert double.get(path, *[LIMIT_10] * 101).error == (400, "general_argument_invalid")
        assert double.get(path, json.dumps(LIMIT_10).ljust(4096)).status == 200
        assert double.get(path, json.dumps(LIMIT_10).ljust(4097)).error == (400, "general_argument_invalid")


def test_queries_may_come_without_numbers(newest: Probe) -> None:
    target = "/v1/users?" + "&".join(f"queries[]={quote(json.dumps(one))}" for one in (q("limit", 3), q("offset", 2)))
    answer = newest.ask(target, {"X-Appwrite-Key": KEY, "X-Appwrite-Project": "p1"})
    assert [row["$id"] for row in answer.json["users"]] == ["u002", "u003", "u004"]


@pytest.mark.parametrize(
    "queries, expected",
    [
        ([q("equal", "n1", "N3", on="$id")], "n1 n3"),  # the collation ignores case
        ([q("notEqual", "x", on="group")], "n2 n3 n6 n7"),
        ([q("greaterThan", 7, on="rank")], "n0 n1"),
        ([q("lessThanEqual", 3, on="rank")], "n6 n7"),
        ([q("between", 4, 6, on="rank")], "n3 n4 n5"),
        ([q("startsWith", "note", on="text"), q("endsWith", "5", on="text")], "n5"),
        ([q("contains", "ote 6", on="text")], "n6"),
        ([q("isNull", on="rank")], ""),
        ([q("or", q("equal", 9, on="rank"), q("equal", 2, on="rank"))], "n0 n7"),
        ([q("and", q("equal", "y", on="group"), q("greaterThan", 5, on="rank"))], "n2 n3"),
        ([q("orderDesc", on="$id"), q("limit", 2)], "n7 n6"),
        ([q("orderDesc", on="group"), q("limit", 3)], "n2 n3 n6"),
        ([q("orderAsc", on="rank"), q("cursorAfter", "n2")], "n1 n0"),
        ([q("orderAsc", on="rank"), q("cursorBefore", "n5")], "n7 n6"),
        ([q("limit", 2), q("limit", 5)], "n0 n1"),  # the first counts
        ([q("cursorAfter", "n5"), q("cursorAfter", "n1")], "n6 n7"),
    ],
)
def test_filters_and_orders(double: Probe, queries: list[Any], expected: str) -> None:
    assert double.ids(f"{NOTES}/documents", *queries) == expected.split()


def test_what_the_double_does_not_do_is_said(newest: Probe) -> None:
    assert newest.get("/users", search="x").error == (501, "double_not_implemented")
    assert newest.get(f"{NOTES}/documents", q("search", "x", on="text")).error == (501, "double_not_implemented")


def test_encrypted_text_is_not_compared(double: Probe, version: str) -> None:
    answer = double.get(f"{PREFERENCES}/documents", q("equal", "s", on="secret"))
    assert (answer.status, answer.json.get("total")) == ((200, 0) if version == "1.5" else (400, None))


def test_a_null_order_value_ends_a_cursor(double: Probe, version: str) -> None:
    answer = double.get(f"{PREFERENCES}/documents", q("orderAsc", on="score"), q("cursorAfter", "p003"))
    expected = (500, "general_unknown") if version == "1.5" else (400, "database_query_order_null")
    assert answer.error == expected


def test_paging_down_a_nullable_order_loses_its_nulls(double: Probe) -> None:
    read = [name for page in double.pages(f"{PREFERENCES}/documents", q("orderDesc", on="score")) for name in page]
    # All rows fit on two pages; the second starts behind a value, and no null is behind it.
    assert len(read) == 27 and "p003" not in read


def test_before_1_8_two_orders_lose_rows(double: Probe, version: str) -> None:
    orders = q("orderAsc", on="group"), q("orderAsc", on="rank"), q("limit", 2)
    read = [name for page in double.pages(f"{NOTES}/documents", *orders) for name in page]
    if version < "1.8":
        assert len(set(read)) < 8
    else:
        assert read == ["n5", "n4", "n1", "n0", "n7", "n6", "n3", "n2"]


# --- What rows look like ---


@pytest.mark.parametrize(
    "asked, form, expected",
    [
        ("1.5", None, None),
        ("1.7", None, None),
        ("1.8.1", None, 2),
        ("1.8.1", "1.7.0", 2),
        ("1.9.6", None, "2"),
        ("1.9.6", "1.9.0", "2"),
        ("1.9.6", "1.8.0", 2),
    ],
)
def test_the_form_of_the_sequence(by_version: dict[str, Probe], asked: str, form: str | None, expected: Any) -> None:
    more = {"form": form} if form else {}
    row = by_version[asked].get(f"{PREFERENCES}/documents", q("limit", 1), **more).json["documents"][0]
    assert row.get("$sequence") == expected and type(row.get("$sequence")) is type(expected)


@pytest.mark.parametrize(
    "name, value, allowed",
    [
        ("$sequence", "70", {"1.8.1", "1.9.6"}),
        ("$sequence", 70, {"1.9.6"}),
        ("$internalId", "70", {"1.5", "1.6", "1.7"}),
    ],
)
def test_filters_on_the_sequence(double: Probe, version: str, name: str, value: Any, allowed: set[str]) -> None:
    answer = double.get(f"{PREFERENCES}/documents", q("greaterThan", value, on=name), q("orderAsc", on=name))
    if version in allowed:
        assert [row["$id"] for row in answer.json["documents"]] == ["p036", "p037", "p038", "p039", "p040"]
    else:
        assert answer.error == (400, "general_query_invalid")


SYSTEM = {"$id", "$createdAt", "$updatedAt", "$permissions"}
PLACES = {"$databaseId", "$collectionId"}


@pytest.mark.parametrize(
    "select, old",
    [
        (["theme"], {"theme"}),
        (["$id", "theme"], {"$id", "theme"}),
        (["*"], {"text", "group", "rank"}),
        (["*", *SYSTEM], {*SYSTEM, "text", "group", "rank"}),
    ],
)
def test_select(double: Probe, version: str, select: list[str], old: set[str]) -> None:
    path = NOTES if "*" in select else PREFERENCES
    row = double.get(f"{path}/documents", q("select", *select)).json["documents"][0]
    expected = old if version < "1.8" else old | SYSTEM | PLACES | {"$sequence"}
    assert row.keys() == expected


@pytest.mark.parametrize("name", ["$databaseId", "$collectionId", "$tableId"])
def test_no_select_may_name_where_a_row_is(double: Probe, name: str) -> None:
    answer = double.get(f"{NOTES}/documents", q("select", "*", name))
    assert answer.error == (400, "general_query_invalid")
    assert answer.json["message"] == f"Invalid query: Attribute not found in schema: {name}"


def test_rows_hold_every_attribute_that_is_available(newest: Probe) -> None:
    row = newest.get(f"{PREFERENCES}/documents/p003").json
    values = {"userId": "u003", "theme": "dark", "notifications": False, "score": None, "ratio": None}
    values |= {"seen": None, "site": None, "tags": [], "secret": None}
    assert {key: value for key, value in row.items() if not key.startswith("$")} == values


def test_json_is_written_as_php_writes_it(newest: Probe) -> None:
    text = newest.get(f"{PREFERENCES}/documents/p005").text
    for part in (
        r'"site":"https:\/\/example.com\/a?b"',
        '"ratio":10,',
        '"score":-9223372036854775808,',
        r'"secret":"s\u0000\u2028\u0001"',
        '"tags":["\U0001f600","“é”"]',
        r'"$permissions":["read(\"user:u005\")"]',
    ):
        assert part in text
    assert '"ratio":1.0e+20,' in newest.get(f"{PREFERENCES}/documents/p007").text
    assert '"max":1.7976931348623157e+308' in newest.get(f"{PREFERENCES}/attributes").text


def test_one_bad_string_spoils_its_page(playing: Probe) -> None:
    playing.play({"path": f"{NOTES}/documents", "update": {"$id": "n3", "text": "\ud800"}})
    assert playing.get(f"{NOTES}/documents").error == (400, "general_unknown")
    assert playing.ids(f"{NOTES}/documents", q("limit", 3)) == ["n0", "n1", "n2"]


def test_users_have_empty_strings_where_others_have_null(double: Probe) -> None:
    row = double.get("/users/u007").json
    assert (row["email"], row["phone"], row["accessedAt"]) == ("", "", "")
    assert row["password"] is None and row["hash"] == "argon2"
    assert row["prefs"] == {"theme": "pink", "empty": []}
    assert '"prefs":{}' in double.get("/users/u008").text


@pytest.mark.parametrize(
    "asked, path, key, form, present",
    [
        ("1.5", "/users/u001", "mfa", None, True),
        ("1.8.1", "/users/u001", "mfa", "1.4.0", False),
        ("1.8.1", "/users/u001", "targets", "1.4.0", False),
        ("1.8.1", "/users/u001", "impersonator", None, False),
        ("1.9.6", "/users/u001", "impersonator", None, True),
        ("1.9.6", "/users/u001", "impersonator", "1.8.0", False),
        ("1.9.6", "/users/u001", "emailCanonical", "1.8.0", True),
        ("1.7", "/databases/main", "type", None, False),
        ("1.8.1", "/databases/main", "type", None, True),
        ("1.8.1", PREFERENCES, "bytesMax", None, False),
        ("1.9.6", PREFERENCES, "bytesMax", None, True),
        ("1.8.1", "/users/u001", "mfa", "frobnicate", False),  # taken for the oldest
    ],
)
def test_fields_by_version(
    by_version: dict[str, Probe], asked: str, path: str, key: str, form: str | None, present: bool
) -> None:
    answer = by_version[asked].get(path, **({"form": form} if form else {}))
    assert (key in answer.json) == present


def test_a_newer_client_is_warned(newest: Probe) -> None:
    assert "X-Appwrite-Warning" in newest.get("/users", form="2.5.0").headers
    assert "X-Appwrite-Warning" not in newest.get("/users", form="1.8.0").headers


def test_many_users(tmp_path: Path, starter: Start) -> None:
    (tmp_path / "schema.json").write_text('{"databases": []}')
    write_lines(tmp_path / "users.jsonl", map(user, range(5003)))
    older, newer = (starter(version, folder=tmp_path) for version in ("1.8.1", "1.9.6"))
    assert older.get("/users").json["total"] == 5000
    assert older.get("/users", q("equal", "u5000", "u007", "u5003", on="$id")).json["total"] == 2
    assert len(older.ids("/users", q("limit", 100_000))) == 5003
    assert len(newer.ids("/users", q("limit", 500))) == 500
    assert newer.get("/users", q("limit", 501)).error == (400, "general_query_invalid")


def test_memberships_are_odd(double: Probe, version: str) -> None:
    of_team = double.get("/teams/team1/memberships").json
    gone = "" if version == "1.9.6" else "gone"
    assert [(place, row["userId"]) for place, row in of_team["memberships"].items()] == [
        *(("0", "u001"), ("2", gone), ("3", "u002"))
    ]
    assert of_team["total"] == 4 and of_team["memberships"]["0"]["userEmail"] == "u001@example.com"
    of_user = double.get("/users/u001/memberships").json
    assert of_user["total"] == 1 and of_user["memberships"][0]["teamName"] == "One"
    if version not in ("1.5", "1.6"):
        assert double.get("/users/u001/memberships", q("cursorAfter", "m0")).status == 500


# --- Faults ---


def test_a_fault_counts_pages_and_times(playing: Probe) -> None:
    playing.play({"path": "/users", "page": 3, "status": 503, "body": "<html>", "times": 2})
    third = q("cursorAfter", "u019"), LIMIT_10
    statuses = [playing.get("/users", LIMIT_10).status, playing.get("/users", q("offset", 10), LIMIT_10).status]
    answers = [playing.get("/users", *third) for _ in range(3)]
    assert statuses + [answer.status for answer in answers] == [200, 200, 503, 503, 200]
    assert answers[0].text == "<html>" and answers[0].headers["Content-Type"].startswith("text/html")
    assert [asked["page"] for asked in playing.requests()["requests"]] == [1, 2, 3, 3, 3]


@pytest.mark.parametrize(
    "fault, error",
    [
        ({"status": 408}, (408, "database_timeout")),
        ({"status": 429}, (429, "general_rate_limit_exceeded")),
        ({"status": 500}, (500, "general_unknown")),
        ({"status": 401, "type": "project_key_expired"}, (401, "project_key_expired")),
    ],
)
def test_faults_with_an_envelope(playing: Probe, fault: dict[str, Any], error: tuple[int, str]) -> None:
    playing.play({"path": "*", **fault})
    answer = playing.get("/users")
    assert answer.error == error and "Retry-After" not in answer.headers
    assert playing.get("/users").status == 200


def test_faults_from_in_front_of_the_server(playing: Probe) -> None:
    playing.play(
        {"path": "/users", "status": 429, "reset": 30},
        {"path": "/users", "status": 502},
        {"path": "/users", "body": "not JSON"},
    )
    limited, bad_gateway, nonsense = (playing.get("/users") for _ in range(3))
    assert int(limited.headers["X-RateLimit-Reset"]) > 1_700_000_000 and limited.status == 429
    assert bad_gateway.status == 502 and bad_gateway.text.startswith("<html>")
    assert (nonsense.status, nonsense.text) == (200, "not JSON")


def test_faults_of_the_connection(playing: Probe) -> None:
    playing.play({"path": "/users", "cut": 100}, {"path": "/users", "drop": True})
    with pytest.raises(IncompleteRead) as cut:
        playing.get("/users")
    assert len(cut.value.partial) == 100
    playing.connection.close()
    with pytest.raises(RemoteDisconnected):
        playing.get("/users")
    playing.connection.close()
    assert playing.get("/users").status == 200
    assert [asked["status"] for asked in playing.requests()["requests"]] == [200, None, 200]


def test_a_slow_answer(playing: Probe) -> None:
    playing.play({"path": "/users", "delay": 3600, "times": "always"})
    playing.connection.close()
    playing.connection.timeout = 0.2
    with pytest.raises(TimeoutError):
        playing.get("/users")
    playing.connection.close()


def test_a_redirect_to_another_host_and_what_it_was_sent(playing: Probe, starter: Start) -> None:
    other = starter("1.8.1", "--control")
    playing.play({"path": "/users", "redirect": f"http://localhost:{other.port}"})
    answer = playing.get("/users", LIMIT_10)
    target = answer.headers["Location"]
    assert answer.status == 302 and target.startswith(f"http://localhost:{other.port}/v1/users?queries")
    other.ask(target.removeprefix(f"http://localhost:{other.port}"), {"X-Appwrite-Project": "p1"})
    other.get("/users/u001")
    report = other.requests()
    assert report["counts"] == {"/users": 1, "/users/u001": 1}
    assert [asked["key_sent"] for asked in report["requests"]] == [False, True]
    assert KEY not in json.dumps(report)
    assert other.ask("/_control/requests", {}, "DELETE").status == 200
    assert other.requests() == {"counts": {}, "requests": []}


def test_faults_from_a_file_and_no_control_unless_asked(starter: Start, tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('[{"path": "/users", "status": 500}]')
    double = starter("1.8.1", "--faults", str(tmp_path / "faults.json"))
    assert [double.get("/users").status for _ in range(2)] == [500, 200]
    assert double.ask("/_control/requests", {}).error == (404, "general_route_not_found")


@pytest.mark.parametrize(
    "rule, message",
    [
        ({"path": "/users", "stauts": 500}, "unknown key 'stauts'"),
        ({"status": 500}, "path is missing"),
        ({"path": "/users"}, "not what happens"),
        ({"path": "/users", "status": "500"}, "status must be"),
        ({"path": "/users", "status": 599}, "status must be"),
    ],
)
def test_a_bad_fault_is_named(playing: Probe, rule: dict[str, Any], message: str) -> None:
    answer = playing.ask("/_control/faults", {}, "POST", json.dumps([rule]))
    assert answer.status == 400 and message in answer.json["message"]


def test_a_fault_that_cannot_be_played_is_said(playing: Probe) -> None:
    playing.play({"path": "/users", "delete": "cursor"}, {"path": "/teams/team1", "delete": "x"})
    assert playing.get("/users").error == (501, "double_not_implemented")
    assert playing.get("/teams/team1").error == (501, "double_not_implemented")


# --- Starting and ending ---


def copied(data: Path, folder: Path, name: str, text: str | None) -> Path:
    for path in data.iterdir():
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text, encoding="utf-8")
    return folder


RELATION = (
    '{"databases": [{"$id": "d", "collections": [{"$id": "c", "attributes": [{"key": "k", "type": "relationship"}]}]}]}'
)


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("schema.json", None, "schema.json: No such file"),
        ("schema.json", "{", "schema.json: no JSON"),
        ("schema.json", "{}", 'must be {"databases": [...]}'),
        ("schema.json", '{"databases": [1]}', "databases must be an array of objects"),
        ("schema.json", RELATION, "is a relationship"),
        ("users.jsonl", None, "users.jsonl: No such file"),
        ("users.jsonl", '{"$id": "a"}\n{', "users.jsonl:2: no JSON"),
        ("users.jsonl", '{"$id": "a"}\n{"$id": "A"}', "users.jsonl:2: $id 'A' is there twice"),
        ("users.jsonl", '{"$id": "a", "emial": ""}', "users.jsonl:1: unknown key 'emial'"),
        ("users.jsonl", '{"$id": "a", "email": null}', "users.jsonl:1: email must be a string"),
        ("users.jsonl", '{"$id": "a", "registration": "2024-01-01"}', "registration must be a time"),
        ("users.jsonl", '{"$id": "a", "targets": [{"$id": "t", "mail": ""}]}', "users.jsonl:1, targets: unknown key"),
        ("notes.jsonl", None, "notes.jsonl: No such file"),
        ("notes.jsonl", '{"$id": "n", "rank": 1.5}', "notes.jsonl:1: rank must be a 64-bit integer"),
        ("notes.jsonl", '{"$id": "n", "rank": NaN}', "notes.jsonl:1: no JSON: NaN"),
        ("user_preferences.jsonl", '{"$id": "n", "later": "x"}', "unknown key 'later'"),
    ],
)
def test_bad_data_is_named(data: Path, tmp_path: Path, name: str, text: str | None, message: str) -> None:
    line, environment = command(copied(data, tmp_path, name, text))
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (2, "") and message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("keys, message", [("", "holds no key"), (f"{KEY} users.write", "unknown scope users.write")])
def test_a_bad_key_list_is_named(data: Path, keys: str, message: str) -> None:
    line, environment = command(data, keys=keys)
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and message in done.stderr and KEY not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(data: Path, tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "key").write_text(KEY)
    line, environment = command(data)
    place = line.index("--key-env")
    line[place : place + 2] = ["--key-file", str(tmp_path / "key")]
    process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert first_line(process).startswith("listening on ")
    process.send_signal(number)
    assert process.communicate(timeout=PATIENCE)[0] == "" and process.returncode == 0
