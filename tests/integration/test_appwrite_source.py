"""A live Appwrite as a source: every version gives the same rows, whatever goes wrong on the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.complaint import DATA, SOURCE, TARGET, USAGE
from tests.integration.migration import APPWRITE, ROOT
from tests.integration.small_project import Small, project
from tests.integration.spoiling import Bad, cut, gone, spoiled, text, with_content
from tests.integration.test_check import fields_of, graduate
from tests.rig.appwrite_models import PROFILES
from tests.rig.appwrite_probe import KEY, PROJECT, Probe
from tests.rig.appwrite_sample import membership, preference, user, write_lines, write_sample
from tests.rig.postgres import Cluster

USERS, DOCUMENTS = "/users", "/databases/main/collections/user_preferences/documents"
PAGE = 100
# AuthorStack's accounts, identities and preferences, without its other sources.
AUTHORSTACK = ROOT / "mappings/authorstack"
ENTITIES = ("accounts", "identities", "user_preferences")
TABLES = ("auth.users", "auth.identities", "public.user_preferences")
COUNTS = json.loads((ROOT / "fixtures/authorstack/counts.json").read_text())
# A club of a few pages: members, and what they like. Rest keeps what only some versions have.
MEMBERS, LIKES = 250, 230
CLUB: dict[str, Any] = {
    "project": project(
        "club",
        {"club": {"kind": "appwrite", "uri": "${APPWRITE_URI}", "key": "${APPWRITE_API_KEY}", "database": "main"}},
        left_out={f"club.{name}": "not needed"
                  for name in ("identities", "teams", "buckets", "files", "wide", "notes", "hidden")},
        not_kept={"club": {kind: "not needed" for kind in ("failed attribute", "index", "permissions", "function")}}),
    "members": {
        "from": "club.users",
        "to": {"public.members": {"key": ["id"], "columns": {"id": {"from": "$id", "type": "text"},
                                                           "name": {"from": "name", "type": "text"},
                                                           "rest": {"rest": True, "type": "jsonb"}}}},
    },
    "likes": {
        "from": "club.user_preferences",
        "to": {"public.likes": {"key": ["id"], "columns": {"id": {"from": "$id", "type": "text"},
                                                         "user_id": {"from": "userId", "type": "text"},
                                                         "rest": {"rest": True, "type": "jsonb"}}}},
    },
    "belongs": {
        "from": "club.memberships",
        "to": {"public.belongs": {"key": ["id"], "columns": {"id": {"from": "$id", "type": "text"},
                                                           "team_id": {"from": "teamId", "type": "text"},
                                                           "rest": {"rest": True, "type": "jsonb"}}}},
    },
}  # fmt: skip


class Club(Small):
    """A project that is read from a double."""

    def __init__(self, top: Path, targets: Cluster, double: Probe, files: dict[str, Any]) -> None:
        uri = f"{double.endpoint}?project={PROJECT}"
        super().__init__(top, targets, files, APPWRITE_URI=uri, APPWRITE_API_KEY=KEY, GRADUATE_BACKOFF_MS="1")
        self.double = double
        self.batch_bytes = "24K"

    def pages(self, path: str) -> list[dict[str, Any]]:
        """What was asked of a list, but for the look at its length."""
        asked = self.double.requests()["requests"]
        return [request for request in asked if request["path"] == path and "total=0" in request["query"]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("appwrite")
    write_sample(folder)
    write_lines(folder / "users.jsonl", map(user, range(MEMBERS)))
    write_lines(folder / "user_preferences.jsonl", map(preference, range(1, LIKES + 1)))
    return folder


@contextmanager
def club_of(top: Path, targets: Cluster, data: Path, version: str = "1.8.1", keys: str = KEY) -> Iterator[Club]:
    with Probe(data, version, "--control", keys=keys) as double, Club(top, targets, double, CLUB) as made:
        yield made


@pytest.fixture
def club(targets: Cluster, data: Path, tmp_path: Path) -> Iterator[Club]:
    with club_of(tmp_path, targets, data) as made:
        yield made


@pytest.fixture(scope="module")
def club_undisturbed(targets: Cluster, data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    with club_of(tmp_path_factory.mktemp("club"), targets, data) as made:
        made.succeed()
        return made.checksums()


def said_in(node: Any, said: dict[str, Any]) -> set[str]:
    """The names that it takes of what is said, and those that these take."""
    if isinstance(node, list):
        return set().union(*(said_in(item, said) for item in node))
    if not isinstance(node, dict):
        return set()
    names = node.get("...", [])
    taken = {names} if isinstance(names, str) else set(names)
    inside = [*(said[name] for name in taken if name in said), *node.values()]
    return taken.union(*(said_in(item, said) for item in inside))


@contextmanager
def authorstack_of(top: Path, targets: Cluster, version: str = "1.8.1") -> Iterator[Club]:
    files = {name: json.loads((AUTHORSTACK / f"{name}.json").read_text()) for name in ("project", *ENTITIES)}
    for part in ("sources", "not_kept"):
        files["project"][part] = {"auth": files["project"][part]["auth"]}
    files["project"]["policies"] = {"own account": files["project"]["policies"]["own account"]}
    said = files["project"].pop("said")
    files["project"]["said"] = {name: said[name] for name in said if name in said_in(files, said)}
    with Probe(APPWRITE, version, "--control") as double, Club(top, targets, double, files) as made:
        yield made


def as_from_exports(migration: Club, undisturbed: dict[str, str]) -> bool:
    """Its three tables are those of AuthorStack's migration from exports."""
    sums = migration.checksums()
    return all(sums[table] == undisturbed[table] for table in TABLES)


@pytest.mark.parametrize("version", PROFILES)
def test_every_version_gives_the_same(
    targets: Cluster, undisturbed: dict[str, str], tmp_path: Path, version: str) -> None:  # fmt: skip
    """AuthorStack's accounts and preferences, in pages: no server gives more than a hundred records at once."""
    with authorstack_of(tmp_path, targets, version) as authorstack:
        authorstack.succeed()
        assert as_from_exports(authorstack, undisturbed)
        for path, count in ((USERS, COUNTS["appwrite.users"]), (DOCUMENTS, COUNTS["appwrite.user_preferences"])):
            queries = [asked["query"] for asked in authorstack.pages(path)]
            assert len(queries) == len(set(queries)) >= count // PAGE + 1, "every page once, and an empty one"


def test_resumed_in_the_middle(club: Club, club_undisturbed: dict[str, str]) -> None:
    """The server is asked for what comes behind the last record that the target has."""
    club.batch_bytes = "16K"
    for killed in range(50):
        ended = club.run(*club.run_arguments(), "--no-checkpoint", GRADUATE_CRASH_AT="load.after_commit:2")
        if ended.returncode == 0:
            break
        assert ended.returncode == TARGET and "SIGKILL" in ended.said, ended.said
    assert killed >= 5
    assert club.checksums() == club_undisturbed


RECOVERED: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "times": 3},
    "429 with the end of the limit": {"status": 429, "reset": 1},
    "500": {"status": 500},
    "502 from a proxy": {"status": 502, "times": 2},
    "503": {"status": 503, "times": 5},
    "cut off": {"cut": 700, "times": 2},
    "cut off, and called whole": {"body": '{"total": 5, "users": [{"$id": "x"', "content_type": "application/json"},
    "no answer": {"drop": True, "times": 2},
    "408 for a page": {"status": 408, "times": 2},
}


@pytest.mark.parametrize("name", RECOVERED)
def test_trouble_that_passes(club: Club, club_undisturbed: dict[str, str], name: str) -> None:
    club.double.play({"path": USERS, "page": 3} | RECOVERED[name], {"path": DOCUMENTS, "page": 2} | RECOVERED[name])
    club.succeed()
    assert club.checksums() == club_undisturbed
    failed = [asked for asked in club.pages(USERS) if asked["status"] != 200]
    assert failed or "cut" in name


def records(name: str, *ids: str, **more: Any) -> dict[str, Any]:
    """A page that some cache gives instead of the right one."""
    rows = [{"$id": identifier, **more} for identifier in ids]
    return {"body": json.dumps({"total": 230, name: rows}), "content_type": "application/json"}


# What lasts is named, and is over when it is mended.
LASTING: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a page for people": (
        {"body": "<html>Just a moment...</html>"},
        ("/v1/users answers 200 with what is no JSON", "text/html", "Just a moment", "is there an Appwrite behind")),
    "an array": (
        {"body": "[]", "content_type": "application/json"}, ("/v1/users answers 200", "an array", "https://HOST/v1")),
    "JSON of another kind": (
        {"body": '{"hello": "world"}', "content_type": "application/json"},
        ("/v1/users answers 200", "of another kind")),
    "a record without an id": (
        {"body": '{"total": 1, "users": [{"name": "x"}]}', "content_type": "application/json"},
        ('has no usable "$id"', "behind")),
    "the same page": (records("users", "u000", "u001"), ('behind "u099", the server gave "u000"', "key u000")),
    "an overlap": (records("users", "u099", "u100"), ('behind "u099", the server gave "u099"', "do not get on")),
    "an empty page": (records("users"), ("the source says that it has 250 records, and gave 100",)),
    "a host that is not served": (
        {"status": 401, "body": "<title>t</title><h1>Not <b>this</b> host</h1><p>general_access_forbidden</p>"},
        ('answers 401 with a page that says "Not this host" (general_access_forbidden)', "_APP_DOMAIN")),
    "a number that nothing holds": (
        {"body": '{"total": 1, "users": [{"$id": "x", "n": 1e9999}]}', "content_type": "application/json"},
        ("JSON that cannot be read", "34 digits", "users.0.n")),
    "a key that is taken back": (
        {"status": 401, "type": "user_unauthorized", "message": "x"}, ("401 user_unauthorized", "this API key")),
    "401": ({"status": 401}, ("/v1/users is refused with 401", "users.read")),
    "an expired key": (
        {"status": 401, "type": "project_key_expired", "message": "The project key has expired."},
        ("is refused with 401 project_key_expired", "make a new API key")),
    "429 without end": ({"status": 429}, ("answers 429", "6 attempts", "run again later")),
    "503 without end": ({"status": 503}, ("answers 503", "6 attempts", "look after it")),
    "always cut off": ({"cut": 700}, ("GET ", "/v1/users", "6 attempts", "run again")),
    "never an answer": ({"drop": True}, ("GET ", "/v1/users", "6 attempts", "run again")),
}  # fmt: skip


@pytest.mark.parametrize("name", LASTING)
def test_trouble_that_lasts(club: Club, club_undisturbed: dict[str, str], name: str) -> None:
    rule, says = LASTING[name]
    club.double.play({"path": USERS, "page": 3, "times": "always"} | rule)
    club.fail(SOURCE, "entity members", *says)
    club.double.play()
    club.succeed()
    assert club.checksums() == club_undisturbed


# ---- what changes while it is read -----------------------------------------------------------------


@pytest.mark.parametrize("version", PROFILES)
def test_a_record_that_is_deleted_at_a_boundary(
    targets: Cluster, data: Path, tmp_path: Path, version: str) -> None:  # fmt: skip
    """The record behind which the third page begins is deleted just before it is asked for."""
    with club_of(tmp_path, targets, data, version) as club:
        project_file = club.files / "project.json"
        project_file.write_text(project_file.read_text().replace('"appwrite",', '"appwrite", "changing": true,'))
        club.double.play(*({"path": path, "page": 3, "delete": "cursor"} for path in (USERS, DOCUMENTS)))
        club.succeed()
        counts = "select (select count(*) from public.members), (select count(*) from public.likes)"
        assert club.query(counts) == f"{MEMBERS}|{LIKES}"


def test_an_empty_page_that_passes(club: Club, club_undisturbed: dict[str, str]) -> None:
    club.double.play({"path": USERS, "page": 3} | records("users"))
    club.succeed()
    assert club.checksums() == club_undisturbed


@pytest.mark.parametrize(("ids", "code", "says"), [
    ("u100 u100", SOURCE, 'behind "u100", the server gave "u100"'),
    ("u101 u100", SOURCE, 'behind "u101", the server gave "u100"'),
    ("u150", DATA, "the source says that it has 250 records, and gave 200")])  # fmt: skip
def test_a_page_that_is_not_what_it_should_be(club: Club, ids: str, code: int, says: str) -> None:
    """Something is lost or there twice: what was read cannot be gone on from."""
    club.double.play({"path": USERS, "page": 3, "times": "always"} | records("users", *ids.split()))
    club.fail(code, "entity members", says)


def test_what_comes_meanwhile_comes_too(club: Club) -> None:
    """The look at the end sees one more, and then so does the reader; the account wants to know that it may."""
    project = json.loads((club.files / "project.json").read_text())
    project["sources"]["club"]["changing"] = True
    (club.files / "project.json").write_text(json.dumps(project))
    club.double.play({"path": USERS, "page": 5, "insert": user(999)})
    club.succeed()
    assert club.query("select count(*) from public.members") == str(MEMBERS + 1)


# ---- what is asked, and how it looks ---------------------------------------------------------------


@pytest.mark.parametrize("version", PROFILES)
def test_every_request_says_whose_records_it_wants(
    targets: Cluster, data: Path, tmp_path: Path, version: str) -> None:  # fmt: skip
    """With the server's own version, and without a setting that the server has for those who say nothing."""
    with Probe(data, version, "--control", "--response-format", "1.4.0") as double:
        with Club(tmp_path, targets, double, CLUB) as club:
            club.succeed()
            asked = double.requests()["requests"]
            assert club.query("select count(*) from public.members where rest ? 'targets'") == str(MEMBERS)
        form = PROFILES[version].version
        assert {one["response_format"] for one in asked if one["path"] != "/health/version"} == {form}
        assert not any(one["key_sent"] for one in asked if one["path"] == "/health/version")
        assert {one["status"] for one in asked} == {200}


@pytest.mark.parametrize("version", PROFILES)
def test_a_document_says_where_it_is(targets: Cluster, data: Path, tmp_path: Path, version: str) -> None:
    with club_of(tmp_path, targets, data, version) as club:
        club.succeed()
        places = "select distinct rest ->> '$databaseId', rest ->> '$collectionId' from public.likes"
        assert club.query(places) == "main|user_preferences"


@pytest.mark.parametrize("nested", [{"$id": "u1", "name": "x"}, [{"$id": "u1"}], {}], ids=["one", "several", "empty"])
def test_a_related_record_in_full(club: Club, nested: Any) -> None:
    club.double.play({"path": DOCUMENTS, "page": 2, "times": "always"} | records("documents", "a1", writer=nested))
    club.fail(SOURCE, "entity likes", "key a1", "at writer", "in full, where its id should be")
    assert club.query("select count(*) from public.likes") == "0"


@pytest.mark.parametrize("version", PROFILES)
def test_memberships(targets: Cluster, data: Path, tmp_path: Path, version: str) -> None:
    """Team by team; those whose user is gone are not shown, by whole pages, and make an object of the list."""
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    times = {"$createdAt": "", "$updatedAt": ""}
    teams = [{"$id": f"team{n}", **times, "name": "", "total": 1, "prefs": {}} for n in range(5)]
    write_lines(folder / "teams.jsonl", teams)
    ghosts = set(range(110, 430)) | {7}
    rows = [membership(1000 + n, "" if n in ghosts else "u001", "team1") for n in range(450)]
    rows += [membership(2000 + n, "u002", "team3") for n in range(150)]
    write_lines(folder / "memberships.jsonl", rows)
    expected = str(len(rows) - len(ghosts))
    with club_of(tmp_path, targets, folder, version) as club:
        club.batch_bytes = "4K"
        for killed in range(60):
            ended = club.run(*club.run_arguments(), "--no-checkpoint", GRADUATE_CRASH_AT="load.after_commit:2")
            if ended.returncode == 0:
                break
        assert killed >= 10
        assert club.query("select count(*) from public.belongs") == expected


def test_teams_without_members(targets: Cluster, data: Path, tmp_path: Path) -> None:
    """Nobody has to speak for memberships that there are none of; an invitation alone shows when its team is read."""
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    times = {"$createdAt": "", "$updatedAt": ""}
    teams = [{"$id": f"team{n}", **times, "name": "", "total": 0, "prefs": {}} for n in range(3)]
    for name, members, total, says in (("none", [], 0, ""), ("invited", [membership(1, "u001", "team1")], 0, "the team has members"),
                                       ("member", [membership(1, "u001", "team1")], 1, "club.memberships is neither mapped nor left out")):
        teams[1]["total"] = total
        write_lines(folder / "teams.jsonl", teams)
        write_lines(folder / "memberships.jsonl", members)
        (top := tmp_path / name).mkdir()
        with club_of(top, targets, folder) as club:
            (club.files / "belongs.json").unlink()
            club.fail(USAGE, "club.memberships is neither mapped nor left out")  # nobody reads the teams
            said = json.loads((club.files / "project.json").read_text())
            del said["left_out"]["club.teams"]
            (club.files / "project.json").write_text(json.dumps(said))
            columns = {"id": {"from": "$id", "type": "text"}, "rest": {"rest": True, "type": "jsonb"}}
            mapping = {"from": "club.teams", "to": {"public.teams": {"key": ["id"], "columns": columns}}}
            (club.files / "teams.json").write_text(json.dumps(mapping))
            if not says:
                club.succeed()
                continue
            complaint = club.fail(USAGE, says)
            assert total or complaint.where == "entity teams, key team1", complaint
            assert "left_out" in complaint.next
            if total:
                continue
            undone = club.run("undo", "--run-dir", str(club.folder))
            assert undone.returncode == 0, undone.said
            said["left_out"]["club.memberships"] = "nobody has accepted"
            (club.files / "project.json").write_text(json.dumps(said))
            club.succeed()


def test_files_are_records_of_all_buckets(targets: Cluster, data: Path, tmp_path: Path) -> None:
    """Bucket by bucket, whatever is killed; counted at both ends; left out by name where nobody maps them."""
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    times = {"$createdAt": "", "$updatedAt": ""}
    write_lines(folder / "buckets.jsonl", [{"$id": f"b{n}", **times, "name": ""} for n in range(4)])
    kept = [(1000 + n, f"b{1 + n // 150 * 2}") for n in range(300)]
    files = [{"$id": f"f{n}", **times, "bucketId": bucket, "name": "x.png"} for n, bucket in kept]
    write_lines(folder / "files.jsonl", files)
    with club_of(tmp_path, targets, folder) as club:
        without = club.run("plan", "--project", club.project)
        assert without.returncode == 0 and "club.files" in without.stdout, without.said
        said = json.loads((club.files / "project.json").read_text())
        del said["left_out"]["club.files"]
        said["not_kept"]["club"]["file"] = "the bytes come later"
        (club.files / "project.json").write_text(json.dumps(said))
        unsaid = club.run("plan", "--project", club.project)
        assert unsaid.returncode == USAGE and "club.files is neither mapped nor left out" in unsaid.said
        rows = {"id": {"from": "$id", "type": "text"}, "rest": {"rest": True, "type": "jsonb"}}
        mapping = {"from": "club.files", "to": {"public.shelf": {"key": ["id"], "columns": rows}}}
        (club.files / "shelf.json").write_text(json.dumps(mapping))
        club.batch_bytes = "4K"
        for killed in range(60):
            ended = club.run(*club.run_arguments(), "--no-checkpoint", GRADUATE_CRASH_AT="load.after_commit:4")
            if ended.returncode == 0:
                break
        assert killed >= 5 and ended.returncode == 0, ended.said
        found = club.query("select rest ->> 'bucketId', count(*) from public.shelf group by 1 order by 1").split()
        assert found == ["b1|150", "b3|150"]
        counts = club.run("verify", "--run-dir", str(club.folder), "--level", "counts")
        assert counts.returncode == 0, counts.said


def test_what_a_source_has_beside_records(club: Club, tmp_path: Path) -> None:
    club.succeed()
    catalog = json.loads((club.folder / "catalog/club.json").read_text())
    assert {(one["kind"], one["name"], one.get("entity"), one.get("detail")) for one in catalog["objects"]} == {
        ("index", "user on user_preferences", "user_preferences", "unique of userId"),
        ("failed attribute", "later on user_preferences", "user_preferences", "processing: no error is told"),
        ("permissions", "user_preferences", "user_preferences", 'read("users"); documents have their own'),
        ("permissions", "notes", "notes", 'read("any")'),
        ("permissions", "hidden", "hidden", 'read("any")'),
        ("bucket", "covers", "buckets", "Covers"),
        ("file", "covers", "files", "2 files"),
        ("function", "nightly", None, "Nightly"),
    }
    exact = {one["name"]: one["estimate"] for one in catalog["entities"] if one.get("exact")}
    assert (exact["users"], exact["user_preferences"], exact["wide"], exact["files"]) == (MEMBERS, LIKES, 0, 2)


def test_a_plan_without_mappings(club: Club) -> None:
    """Attributes are told, and no document is asked for."""
    for name in ("members", "likes", "belongs"):
        (club.files / f"{name}.json").unlink()
    ended = graduate(club, "plan")
    club.complaint(ended, USAGE, "has no mapping files")
    listed = fields_of(ended.stdout, "club.user_preferences")
    assert listed["userId"] == "string, up to 255 characters never null"
    assert (listed["tags"], listed["theme"], listed["score"]) == ("string[], up to 255 characters", "enum", "integer")
    assert not club.pages(DOCUMENTS)


def test_what_a_key_may_not_list(targets: Cluster, data: Path, tmp_path: Path) -> None:
    scopes = "users.read databases.read collections.read documents.read buckets.read"
    with club_of(tmp_path, targets, data, keys=f"{KEY} {scopes}") as club:
        (club.files / "belongs.json").unlink()
        project_file = club.files / "project.json"
        text_of_it = project_file.read_text().replace('"club.teams": "not needed",', "")
        project_file.write_text(text_of_it.replace('"function": "not needed"', '"not listed": "not asked for"'))
        said = club.succeed().said
        catalog = json.loads((club.folder / "catalog/club.json").read_text())
        missing = {one["name"]: one["detail"] for one in catalog["objects"] if one["kind"] == "not listed"}
        lacks = "the API key lacks the scope"
        assert missing == {
            "teams and their memberships": f"{lacks} teams.read",
            "files of covers": f"{lacks} files.read",
            "functions": f"{lacks} functions.read",
        }
        assert all(detail in said for detail in missing.values())


# ---- an export: a folder of JSON lines -------------------------------------------------------------

EXPORTS = {
    "cut off": Bad("export/users.jsonl", cut(30), SOURCE, (f"users.jsonl, line {MEMBERS}: ", "ends within a record")),
    "no JSON": Bad("export/users.jsonl", text('{"$id": "u004"', '{"$id": u004'), SOURCE, ("users.jsonl, line 5: ",)),
    "a page in one line": Bad(
        "export/users.jsonl", with_content(b'{"total": 1, "users": []}\n'), SOURCE, ("line 1: ", '"$id"', "jq -c")),
    "a masked secret": Bad(
        "export/users.jsonl", text('"password": "$argon2id', '"password": "[hidden]", "x": "'), SOURCE,
        ("line 1: ", '"password" is masked', "--show-secrets")),
    "packed": Bad("export/notes.jsonl.gz", with_content(b""), SOURCE, ("notes.jsonl.gz is compressed", "gunzip")),
    "a list that is gone": Bad(
        "export/users.jsonl", gone, USAGE, ("members.json: /from", "no users: looked for users.jsonl", "notes.jsonl")),
    "two on a line": Bad(
        "export/users.jsonl", text('}\n{"$id": "u004"', '} {"$id": "u004"'), SOURCE,
        ("users.jsonl, line 4: ", "second object", "key u003", "jq -c .", "correct the line in place")),
    "a key twice": Bad(
        "export/users.jsonl", text('"prefs": {"theme": "pink"', '"prefs": {"theme": "", "theme": "pink"'), SOURCE,
        ("users.jsonl, line 2: ", "twice", "key u001", "at prefs.theme")),
    "a number that nothing holds": Bad(
        "export/users.jsonl", text('"prefs": {', f'"prefs": {{"n": [{"9" * 35}], '), SOURCE,
        ("users.jsonl, line 1: ", "34 digits", "key u000", "at prefs.n.0")),
    "an array": Bad("export/users.jsonl", with_content(b'[\n{"$id": "x"}]\n'), SOURCE, ("an array", "jq -c '.[]'")),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_is_damaged(club: Club, data: Path, name: str) -> None:
    shutil.copytree(data, club.top / "export")
    for not_of_the_project in ("schema.json", "functions.jsonl"):
        (club.top / "export" / not_of_the_project).unlink()
    club.environment["APPWRITE_URI"] = f"file:{club.top / 'export'}"
    of_lines = json.loads((club.files / "project.json").read_text())
    del of_lines["not_kept"]  # an export has records alone
    (club.files / "project.json").write_text(json.dumps(of_lines))
    bad = EXPORTS[name]
    with spoiled(club, bad):
        club.fail(bad.code, *bad.says)
    club.succeed()
    assert club.query("select count(*) from public.members") == str(MEMBERS)
    assert club.query("select count(*) from public.likes") == str(LIKES)


# ---- getting in ------------------------------------------------------------------------------------


def test_the_key_goes_nowhere_else(club: Club, club_undisturbed: dict[str, str]) -> None:
    """A redirect is not followed, neither at the beginning nor in the middle, nor is the other host asked at all."""
    with Probe(APPWRITE, "1.8.1", "--control") as stranger:
        elsewhere = stranger.endpoint.removesuffix("/v1")
        for rule in ({"path": "*"}, {"path": USERS, "page": 3}):
            club.double.play({"redirect": elsewhere, "times": "always"} | rule)
            club.fail(SOURCE, f"a redirect to {elsewhere}", "not followed", "the key was not sent there")
        assert stranger.requests()["requests"] == []
    club.double.play()
    club.succeed()
    assert club.checksums() == club_undisturbed


def test_a_key_that_may_not_read_everything(
    targets: Cluster, data: Path, tmp_path: Path, club_undisturbed: dict[str, str]) -> None:  # fmt: skip
    scopes = "users.read teams.read buckets.read files.read functions.read databases.read collections.read"
    with club_of(tmp_path, targets, data, keys=f"standard_too_little {scopes}\n{KEY}") as club:
        club.environment["APPWRITE_API_KEY"] = "standard_too_little"
        club.fail(SOURCE, "documents", "is refused with 401", "the scope documents.read")
        assert club.untouched()
        club.environment["APPWRITE_API_KEY"] = KEY
        club.succeed()
        assert club.checksums() == club_undisturbed


Door = tuple[Callable[[Club], dict[str, str]], int, tuple[str, ...]]
DOORS: dict[str, Door] = {
    "a wrong key": (
        lambda club: {"APPWRITE_API_KEY": "standard_open_sesame"}, SOURCE,
        ("is refused with 401", "does not know this API key")),
    "no key": (lambda club: {"APPWRITE_API_KEY": ""}, USAGE, ("APPWRITE_API_KEY is not set", ".env")),
    "a key with a line end": (
        lambda club: {"APPWRITE_API_KEY": "standard_open_sesame\n"}, USAGE, ("the API key", "copy the key again")),
    "another project": (
        lambda club: {"APPWRITE_URI": f"{club.double.endpoint}?project=p2"}, SOURCE,
        ("404 project_not_found", "?project=")),
    "no project": (
        lambda club: {"APPWRITE_URI": club.double.endpoint}, USAGE, ("project=ID", "https://HOST/v1?project=ID")),
    "no URI": (
        lambda club: {"APPWRITE_URI": "appwrite"}, USAGE, ("no http or https URL", "https://HOST/v1?project=ID")),
    "a folder that is not there": (
        lambda club: {"APPWRITE_URI": "file:/no/such/folder"}, SOURCE, ("/no/such/folder", "No such file", "file:DIR")),
    "a password in the URI": (
        lambda club: {"APPWRITE_URI": "https://rig:open-sesame@127.0.0.1/v1?project=p1"}, USAGE, ("has a user",)),
    "another path": (
        lambda club: {"APPWRITE_URI": f"{club.double.endpoint}/v2?project={PROJECT}"}, SOURCE, ("/v1/v2/", "404")),
    "nobody there": (
        lambda club: {"APPWRITE_URI": f"http://127.0.0.1:1/v1?project={PROJECT}"}, SOURCE,
        ("GET http://127.0.0.1:1/v1/", "6 attempts", "can be reached")),
    "TLS where there is none": (
        lambda club: {"APPWRITE_URI": f"{club.double.endpoint.replace('http:', 'https:')}?project={PROJECT}"}, SOURCE,
        ("GET https://127.0.0.1", "6 attempts")),
}  # fmt: skip


@pytest.fixture(scope="module")
def strayed(targets: Cluster, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    """A club that is led to one wrong door after the other, always with the same run folder."""
    with club_of(tmp_path_factory.mktemp("strayed"), targets, data) as made:
        yield made


@pytest.mark.parametrize("name", DOORS)
def test_a_door_that_is_closed(strayed: Club, name: str) -> None:
    door, code, says = DOORS[name]
    strayed.empty_target()
    right = dict(strayed.environment)
    strayed.environment |= door(strayed)
    strayed.fail(code, *says)
    strayed.environment = right
    assert strayed.untouched()


def test_the_right_door_at_last(strayed: Club, club_undisturbed: dict[str, str]) -> None:
    strayed.empty_target()
    strayed.succeed()
    assert strayed.checksums() == club_undisturbed
