"""graduate verify and graduate report: the verdict is passed on, and the page says what the run's files say."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.integration.browser import CHROMIUM, Browser, Page
from tests.integration.migration import APPWRITE, PROGRAMS, ROOT, Migration, target_cluster
from tests.integration.small_project import Small, encoded, project
from tests.rig.postgres import Cluster

SCHEMA = json.loads((ROOT / "mappings/report.schema.json").read_text())
LEVELS = ("counts", "content", "references", "supabase", "access")
WIDTHS = (400, 1280)
HOSTILE = "<script>alert('x')</script>&\"\u202eright to left שלום " + "long" * 60
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the page was NOT looked at")
needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None,
                                     reason="poppler-utils is not installed: the print was NOT looked at")


@pytest.fixture(scope="module")
def finished(azure: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run that came to its end; its target is gone."""
    folder = tmp_path_factory.mktemp("reported") / "run"
    with target_cluster() as cluster, Migration(folder, cluster, azure) as made:
        made.succeed()
    yield folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("browser"))


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def verdict(folder: Path) -> dict[str, Any]:
    """What graduate-verify writes when everything holds; see verdict.h."""
    run, facts, account = (read(folder, name) for name in ("run.json", "facts.json", "account.json"))
    zeros = ("before", "missing", "extra", "different", "duplicated", "misplaced")
    terms = ("rest", "dropped", "defaulted", "lost", "rejected", "balance")
    return {
        "version": 1, "graduate": "0.1.0", "project": run["project"], "run": run["run"],
        "generation": run["generation"], "run_finished": run["finished"],
        "fingerprint": facts["fingerprint"], "source": "checkpoints", "started": run["finished"],
        "finished": run["finished"], "target": "localhost:5432/postgres",
        "levels": [{"level": level, "verdict": "holds", "reason": "", "seconds": 0.5, "checks": 20 + i, "findings": 0}
                   for i, level in enumerate(LEVELS)],
        "entities": [{"entity": entity["entity"], "source": "", "read": entity["read"], "loaded": entity["loaded"],
                      "filtered": 0, "rejected": 0, "retried": 0, "balance": 0} for entity in account["entities"]],
        "tables": [{"table": table["table"], "expected": table["loaded"], "present": table["present"],
                    **dict.fromkeys(zeros, 0)} for table in account["tables"]],
        "paths": [{"entity": entity["entity"], "path": path, "seen": entity["read"], "written": entity["read"],
                   **dict.fromkeys(terms, 0)} for entity in account["entities"] for path in ("a", "b")],
        "findings": [],
    }


def find(judged: dict[str, Any], level: str, **finding: Any) -> None:
    entry = judged["levels"][LEVELS.index(level)]
    entry["verdict"] = "differs"
    entry["findings"] += 1
    judged["findings"].append({"level": level, "kind": "different", "table": "public.books", "key": "1",
                               "columns": [], "text": "a row differs", **finding})


def write_verdict(folder: Path, judged: dict[str, Any]) -> None:
    (folder / "verify.json").write_text(json.dumps(judged))


def report(folder: Path) -> dict[str, Any]:
    done = subprocess.run([PROGRAMS / "graduate", "report", "--run-dir", folder], cwd=ROOT, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert str(folder / "report.html") in done.stderr
    said = read(folder, "report.json")
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(said)
    return said


def lose_objects(folder: Path, name: str, count: int) -> None:
    """Objects in the account that are not as they were."""
    account = read(folder, "account.json")
    for i in range(count):
        line = {"source": name, "kind": name, "name": name, "entity": name, "detail": name}
        account["objects"] += [{**line, "fate": "changed", "how": name}, {**line, "fate": "not kept", "reason": name}]
    (folder / "account.json").write_text(json.dumps(account))


def number(text: str) -> int:
    return int(text.replace(",", ""))


# ---- the verdict ----------------------------------------------------------------------------------------------


def all_hold(judged: dict[str, Any]) -> None:
    pass


def one_differs(judged: dict[str, Any]) -> None:
    find(judged, "content")
    judged["levels"][3].update(verdict="unchecked", reason="the role may not read auth.users")


def one_unchecked(judged: dict[str, Any]) -> None:
    judged["levels"][1].update(verdict="unchecked", reason="no checkpoints were kept")


def one_skipped(judged: dict[str, Any]) -> None:
    judged["levels"][1].update(verdict="skipped", reason="not asked for")


def of_another_run(judged: dict[str, Any]) -> None:
    judged["run"] = "00000000-0000-4000-8000-000000000000"


def of_an_earlier_generation(judged: dict[str, Any]) -> None:
    judged["generation"] -= 1


def of_another_end(judged: dict[str, Any]) -> None:
    judged["run_finished"] = ""


def of_a_clock_that_was_set_back(judged: dict[str, Any]) -> None:
    judged["started"] = judged["finished"] = "2001-01-01T00:00:00Z"


@pytest.mark.parametrize(("change", "state", "headline", "text"), [
    (all_hold, "holds", "What you asked for arrived", "no difference at any level"),
    (one_differs, "differs", "Not everything arrived as it should",
     "1 difference: content. Could not be checked: supabase."),
    (one_unchecked, "unchecked", "Not everything could be checked", "Could not be checked: content."),
    (one_skipped, "partly", "What was checked arrived", "holds: counts, references, supabase and access. Not asked for: content."),
    (of_another_run, "unverified", "Not verified yet", "graduate verify"),
    (of_an_earlier_generation, "unverified", "Not verified yet", "graduate verify"),
    (of_another_end, "unverified", "Not verified yet", "graduate verify"),
    (of_a_clock_that_was_set_back, "holds", "What you asked for arrived", "no difference at any level"),
], ids=lambda value: value.__name__ if callable(value) else "")
def test_verdict_comes_first_and_in_plain_words(folder: Path, change: Callable[[dict[str, Any]], None], state: str,
                                                headline: str, text: str) -> None:
    judged = verdict(folder)
    change(judged)
    write_verdict(folder, judged)
    said = report(folder)
    assert (said["verdict"]["state"], said["verdict"]["headline"]) == (state, headline)
    assert text in said["verdict"]["text"]
    assert (said["verification"] is None) == (state == "unverified")
    assert ("verify" in [task["task"] for task in said["tasks"]]) == (state != "holds")
    page = (folder / "report.html").read_text()
    assert page.index(headline, page.index("<body>")) < page.index("<h2")


# ---- the order of the page ------------------------------------------------------------------------------------

ORDER = ["not-come", "tasks", "warnings", "verification", "account", "objects", "timings", "versions"]


def body_of(folder: Path) -> str:
    page = (folder / "report.html").read_text()
    return page[page.index("<body>"):]


def links(page: str) -> list[str]:
    """Where the page links to; every one of them must be there, once."""
    found = re.findall(r'href="#([^"]*)"', page)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) and set(found) <= set(ids), set(found) - set(ids)
    return found


def folds(page: str) -> dict[str, bool]:
    """By the table's id: can be seen without unfolding it."""
    return {name: opened == " open" for opened, name in
            re.findall(r'<details( open)?><summary>[^<]*</summary>\s*<div[^>]*><table id="([^"]*)"', page)}


def test_page_comes_in_its_order(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    report(folder)
    page = body_of(folder)
    assert re.findall(r'<section id="([^"]*)"', page) == ORDER
    assert page.index('class="verdict') < page.index('<section id="not-come"')


def test_verdict_links_to_what_did_not_come_with_the_numbers_of_the_account(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    said = report(folder)
    paths = read(folder, "account.json")["paths"]
    sums = {fate: sum(path[fate] for path in paths) for fate in ("dropped", "compared", "kept_out", "lost")}
    objects = sum(one["fate"] == "not kept" for one in read(folder, "account.json")["objects"])
    assert all(sums.values()) and objects
    points = {point["anchor"]: int(point["text"].split()[0].replace(",", "")) for point in said["verdict"]["points"]}
    assert points == {"dropped": sums["dropped"], "compared": sums["compared"], "kept-out": sums["kept_out"], "lost": sums["lost"],
                      "left-out": 1, "not-kept": objects, "warnings": len(said["warnings"])}
    for fate, count in sums.items():
        assert sum(line["count"] for line in said["not_come"][fate]) == count
    page = body_of(folder)
    assert links(page) == list(points)
    for anchor in points:
        assert page.index(f'href="#{anchor}"') < page.index(f'id="{anchor}"')


def test_every_finding_is_linked_from_the_verdict(folder: Path) -> None:
    judged = verdict(folder)
    for n in range(3):
        find(judged, "content", key=str(n))
    find(judged, "references", kind="orphan")
    write_verdict(folder, judged)
    said = report(folder)
    anchors = [point["anchor"] for point in said["verdict"]["points"]]
    assert anchors[:6] == ["findings-content", "content-1", "content-2", "content-3", "findings-references", "references-1"]
    assert said["verdict"]["points"][0]["text"] == "content: 3 differences"
    page = body_of(folder)
    assert links(page) == anchors
    second = page[page.index('id="content-2"'):page.index('id="content-3"')]
    assert ">1</bdi>" in second, "the second finding is of the row 1"


def test_tables_are_folded_exactly_where_nothing_is_to_be_seen(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    said = report(folder)
    seen = folds(body_of(folder))
    assert seen.pop("verified-tables") is False, "nothing differs"
    assert {"entities", "counts", "tables", "values", "changes", "object-kinds"} <= seen.keys() and all(seen.values())
    judged = verdict(folder)
    judged["tables"][3].update(missing=1)
    write_verdict(folder, judged)
    account = read(folder, "account.json")
    for table in account["tables"]:
        table.update(before=0, loaded=0, present=0)
    (folder / "account.json").write_text(json.dumps(account))
    report(folder)
    seen = folds(body_of(folder))
    assert seen["verified-tables"] and seen["entities"] and not seen["tables"]
    assert "changed-objects" not in seen and said["objects"]["changed"] == []


def test_long_lists_of_what_did_not_come_are_folded(folder: Path) -> None:
    def fold(count: int) -> bool | None:
        account = read(folder, "account.json")
        account["objects"] = []
        (folder / "account.json").write_text(json.dumps(account))
        lose_objects(folder, "thing", count)
        report(folder)
        return folds(body_of(folder)).get("objects-not-kept")

    assert fold(20) is None and fold(21) is False


def test_values_that_functions_changed_are_on_the_page(folder: Path) -> None:
    said = report(folder)
    account = read(folder, "account.json")
    changed = sum(path["changed"] for path in account["paths"])
    by_rule = {(path["entity"], path["path"], name[3:]): count for path in account["paths"]
               for name, count in path.items() if name.startswith("by ")}
    assert {(line["entity"], line["path"], line["rule"]): line["values"] for line in said["changes"]} == by_rule
    assert ("accounts", "phone", "phone_digits") in by_rule and changed > 0
    page = body_of(folder)
    assert re.search(r'id="values-changed">([\d,]+)<', page)[1] == f"{changed:,}"
    assert "no value changed" not in page.lower()


def test_warnings_of_the_run_stand_on_the_page(folder: Path) -> None:
    account = read(folder, "account.json")
    account["unmet"] = [{"entity": "books", "pointer": "/to/public.books/columns/x", "path": "x", "nearest": "",
                         "records": 9, "text": 'no record of books has "<x>"'}]
    (folder / "account.json").write_text(json.dumps(account))
    lines = [("warning", {"message": "the server is slow", "entity": "books"}),
             ("warning", {"message": "the server is slow", "entity": "books"}),  # as a run says that goes on
             ("warning", {"message": "the server is slow", "entity": "users"}),
             ("warning", {"message": 'mappings/books.json: no record of books has "<x>"'}),
             ("info", {"message": "no warning"})]
    with (folder / "log.jsonl").open("a") as log:
        log.writelines(json.dumps({"level": level, **line}) + "\n" for level, line in lines)
        log.write('{"level": "warning", "mess')
    said = report(folder)
    told = [(warning["warning"], warning["entity"], warning["text"]) for warning in said["warnings"]]
    assert told[0] == ("unmet", "books", 'no record of books has "<x>"')
    assert told[1][0] == "text_ids" and "users, books" in told[1][2] and told[1][2].endswith("text column")
    assert told[2][:2] == ("hex_ids", "users") and told[2][2].startswith('5 ObjectIds at "legacy" are kept inside extra as hex')
    assert told[3:] == [("said", "books", "the server is slow"), ("said", "users", "the server is slow")]
    assert {"text": "5 warnings of the run", "anchor": "warnings"} in said["verdict"]["points"]
    page = body_of(folder)
    part = page[page.index('<section id="warnings"'):page.index('<section id="verification"')]
    assert part.count("<li>") == 5 and "a typing error" in part and "&lt;x&gt;" in part
    assert "An ObjectId becomes a UUID where" in part


def test_account_against_the_sources_counts_outweighs_a_verdict_that_holds(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    account = read(folder, "account.json")
    count = next(count for count in account["counts"] if count["entity"] == "books")
    count["counted"] += 1
    (folder / "account.json").write_text(json.dumps(account))
    said = report(folder)
    assert said["verdict"]["state"] == "unbalanced" and "not what the sources themselves" in said["verdict"]["text"]
    assert said["verdict"]["points"][0] == {
        "text": f"books: the source counted {count['counted']:,}, and {count['read']:,} were read", "anchor": "counts"}
    assert links(body_of(folder))[0] == "counts"
    count["changing"] = True
    (folder / "account.json").write_text(json.dumps(account))
    assert report(folder)["verdict"]["state"] == "holds"


# Two kept, one filtered; two parts taken, one left out; one price kept out; one field in no record.
THINGS: dict[str, Any] = {
    "project": project("things", {"core": {"kind": "mongodb", "uri": "${CORE_URI}"}}),
    "things": {
        "from": "core.things",
        "to": {
            "public.things": {
                "when": {"kind": "kept"},
                "key": ["id"],
                "columns": {
                    "id": {"from": "_id", "type": "integer"},
                    "name": {"from": "name", "type": "text", "do": ["lower"]},
                    "price": {"from": "price", "type": "numeric(8,2)", "when": {"sold": True}},
                    "remark": {"from": "zyxw", "type": "text"},
                },
            },
            "public.parts": {
                "each": "parts",
                "when": {"kind": "part"},
                "key": ["thing_id", "position"],
                "columns": {"thing_id": {"parent": "id"}, "position": {"position": True},
                            "label": {"from": "label", "type": "text"}},
            },
        },
        "left_out": [{"when": {"kind": "gone"}, "why": "they are <gone>"},
                     {"each": "parts", "when": {"kind": "gift"}, "why": "gifts are not sold any more"}],
        "drop": ["__v"],
    },
}
THING = [
    {"_id": 1, "kind": "kept", "name": "ANN", "price": 2.5, "sold": True, "__v": 0,
     "parts": [{"kind": "part", "label": "a"}, {"kind": "gift", "label": "b"}]},
    {"_id": 2, "kind": "kept", "name": "bob", "price": 3.5, "sold": False, "__v": 0,
     "parts": [{"kind": "part", "label": "c"}]},
    {"_id": 3, "kind": "gone", "name": "eve", "price": 4.5, "sold": True, "__v": 0, "parts": []},
]


def small(top: Path, targets: Cluster, files: dict[str, Any], name: str, documents: list[Any]) -> Small:
    (top / "dump").mkdir()
    (top / "dump" / f"{name}.bson").write_bytes(encoded(documents))
    (top / "dump" / f"{name}.metadata.json").write_text(json.dumps({"indexes": [], "collectionName": name}))
    return Small(top, targets, files, CORE_URI=f"file:{top / 'dump'}")


def test_what_a_mapping_leaves_behind_stands_with_its_reasons(targets: Cluster, tmp_path: Path) -> None:
    with small(tmp_path, targets, THINGS, "things", THING) as made:
        ended = made.run("rehearse", "--project", made.project, "--run-dir", str(made.folder))
    assert ended.returncode == 0, ended.said
    assert 'things.json: /to/public.things/columns/remark: no record of things has "zyxw"' in ended.stdout
    said = report(made.folder)
    assert said["verdict"]["headline"] == "What you asked for arrived"
    # The last line of verify and the page tell the same numbers.
    last = next(line for line in ended.stdout.splitlines() if line.startswith("what you asked for arrived"))
    numbers = [point["text"] for point in said["verdict"]["points"] if point["anchor"] != "warnings"]
    assert last.endswith("left behind, as asked: " + ", ".join(numbers))
    assert numbers == ["1 record left out by rules", "1 element left out by rules", "2 values dropped by name",
                       "6 values that only conditions read", "1 value kept out by conditions"]
    told = said["not_come"]
    assert told["filtered"] == [{"entity": "things", "path": "", "count": 1, "reason": "they are <gone>"}]
    assert told["elements"] == [
        {"entity": "things", "path": "parts", "count": 1, "reason": "gifts are not sold any more"}]
    assert [(line["path"], line["count"]) for line in told["dropped"]] == [("__v", 2)]
    assert [(line["path"], line["count"]) for line in told["kept_out"]] == [("price", 1)]
    assert said["changes"] == [{"entity": "things", "path": "name", "rule": "lower", "values": 1}]
    assert [(one["warning"], one["entity"]) for one in said["warnings"]] == [("unmet", "things")]
    assert [one["path"] for one in made.account()["unmet"]] == ["zyxw"]
    assert made.account()["counts"] == [{"entity": "things", "counted": 3, "read": 3, "changing": False}]
    page = body_of(made.folder)
    assert "they are &lt;gone&gt;" in page and links(page)[:2] == ["filtered", "elements"]


@pytest.mark.parametrize("why", ["they are <gone>", None])
def test_records_are_filtered_for_a_reason_or_it_is_a_warning(targets: Cluster, tmp_path: Path, why: str | None) -> None:
    files = copy.deepcopy(THINGS)
    del files["things"]["left_out"][0]
    if why is not None:
        files["things"]["to"]["public.things"]["why"] = why
    said = f"1 record of things filtered: {why}" if why else (
        'of things filtered without a reason: give the table a "why", or a rule of "left_out"')
    with small(tmp_path, targets, files, "things", THING) as made:
        planned = made.run("plan", "--project", made.project)
        ended = made.run("rehearse", "--project", made.project, "--run-dir", str(made.folder))
    assert planned.returncode == 0 and said in planned.stdout, planned.said
    assert ended.returncode == 0, ended.said
    account = (made.folder / "account.txt").read_text()
    assert said in account
    assert account.index(said) > account.index("\nwarnings:\n" if why is None else "\nrecords that became no row:\n")
    assert [(one["entity"], one["records"], one["reason"]) for one in made.account()["filters"]] == [
        ("things", 1, why or "")]
    told = report(made.folder)
    assert told["not_come"]["filtered"] == [{"entity": "things", "path": "", "count": 1, "reason": why or ""}]
    warned = [one["text"] for one in told["warnings"] if one["warning"] == "filters"]
    assert warned == ([] if why else [f"1 record {said}"])
    assert ("they are &lt;gone&gt;" in body_of(made.folder)) == (why is not None)


def test_without_a_verification_the_page_says_so(folder: Path) -> None:
    assert report(folder)["verdict"]["state"] == "unverified"
    assert "was not verified" in (folder / "report.html").read_text()


def test_unfinished_run_has_no_account(folder: Path) -> None:
    for name in ("account.json", "facts.json", "losses.jsonl"):
        (folder / name).unlink()
    run = read(folder, "run.json")
    (folder / "run.json").write_text(json.dumps({**run, "finished": ""}))
    said = report(folder)
    assert said["verdict"]["state"] == "unfinished" and said["account"] is None


def test_account_that_does_not_balance_outweighs_a_verdict_that_holds(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    account = read(folder, "account.json")
    account["entities"][0].update(loaded=account["entities"][0]["loaded"] - 3, balance=3)
    account["balance"] = 3
    (folder / "account.json").write_text(json.dumps(account))
    said = report(folder)
    assert said["verdict"]["state"] == "unbalanced" and "3 of them" in said["verdict"]["text"]
    assert said["account"]["entities"][0]["balance"] == 3
    assert said["open_paths"] == []


def test_paths_are_summed_up_and_the_open_ones_named(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    account = read(folder, "account.json")
    first, second = [path for path in account["paths"] if path["entity"] == "books"][:2]
    first.update(written=first["written"] - 2, balance=2)
    second.update(written=second["written"] + 1, balance=-1)
    account["balance"] = 3
    (folder / "account.json").write_text(json.dumps(account))
    said = report(folder)
    assert said["verdict"]["state"] == "unbalanced"
    assert said["open_paths"] == [first, second]
    books = next(line for line in said["values"] if line["entity"] == "books")
    paths = [path for path in account["paths"] if path["entity"] == "books"]
    assert books["paths"] == len(paths) and books["balance"] == 3
    assert books["seen"] == sum(path["seen"] for path in paths) > 10_000


def test_what_is_left_to_do_comes_from_the_run(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    losses = [json.loads(line) for line in (folder / "losses.jsonl").open()]
    resets = sum(loss["rule"] == "password_reset" for loss in losses)
    tasks = {task["task"]: task for task in report(folder)["tasks"]}
    assert tasks["password_resets"]["items"] == [f"{resets} users; this lists them:"]
    assert "graduate.losses" in tasks["password_resets"]["sql"]
    providers = {item["provider"]: item["users"] for item in read(folder, "facts.json")["providers"]}
    assert tasks["sign_in"]["items"] == [f"{name}: {users} users" for name, users in sorted(providers.items())
                                         if name not in ("email", "phone")]
    assert {"names", "keys", "old", "folder"} <= tasks.keys() and "outside_ascii" not in tasks
    facts = read(folder, "facts.json")
    assert facts["outside_ascii"] == 0
    (folder / "facts.json").write_text(json.dumps({**facts, "outside_ascii": 1200}))
    asked = next(task for task in report(folder)["tasks"] if task["task"] == "outside_ascii")
    assert asked["items"] == ["1,200 users; this lists them:"] and "from auth.users where email" in asked["sql"]
    assert sum(item.startswith("core:") for item in tasks["keys"]["items"]) == 1


def test_secrets_stay_out_of_the_report(folder: Path) -> None:
    judged = verdict(folder)
    find(judged, "content", table="auth.users", columns=[
        {"name": name, "expected": "$2b$10$TheSecret", "found": "TheSecretToo"}
        for name in ("encrypted_password", "recovery_token")])
    write_verdict(folder, judged)
    report(folder)
    for name in ("report.json", "report.html"):
        text = (folder / name).read_text().replace("<wbr>", "")
        assert "TheSecret" not in text and "encrypted_password" in text


def test_page_needs_nothing_but_itself(folder: Path) -> None:
    write_verdict(folder, verdict(folder))
    report(folder)
    page = (folder / "report.html").read_text()
    assert not re.search(r"<(script|link|img|iframe|object|embed|base|form)\b", page)
    assert all(target.startswith("#") for target in re.findall(r'\bhref\s*=\s*["\']?([^"\'>]*)', page))
    assert not re.search(r"\b(src|srcset|action|data|poster)\s*=|url\(|@import|@font-face|\son[a-z]+=", page)
    assert "default-src 'none'" in page


def test_files_go_where_they_are_asked_for(folder: Path, tmp_path: Path) -> None:
    subprocess.run([PROGRAMS / "graduate", "report", "--run-dir", folder, "--html", tmp_path / "a.html",
                    "--json", tmp_path / "b.json"], cwd=ROOT, check=True, timeout=60)
    assert (tmp_path / "a.html").exists() and (tmp_path / "b.json").exists()
    assert not (folder / "report.html").exists() and not (folder / "report.json").exists()


# ---- the page in a browser ------------------------------------------------------------------------------------


@needs_chromium
def test_numbers_of_the_page_are_those_of_the_run(folder: Path, browser: Browser) -> None:
    judged = verdict(folder)
    find(judged, "content")
    judged["tables"][3].update(missing=1234, different=5)
    write_verdict(folder, judged)
    said = report(folder)
    page: Page = browser.dom(folder / "report.html")
    account = read(folder, "account.json")
    assert len(page.tables["entities"].body) == len(account["entities"])
    for entity in account["entities"]:
        columns = ("read", "loaded", "filtered", "rejected", "retried")
        assert page.tables["entities"].counts(entity["entity"], *columns) == tuple(entity[name] for name in columns)
    for name in {path["entity"] for path in account["paths"]}:
        fates = {"seen": "seen", "written": "written", "changed": "changed", "in the rest": "rest",
                 "only compared": "compared", "kept out": "kept_out", "dropped": "dropped", "left out": "left_out",
                 "defaulted": "defaulted", "lost by rule": "lost"}
        shown = {title: fate for title, fate in fates.items() if any(path[fate] for path in account["paths"])}
        assert set(page.tables["values"].head) == {"entity", "paths", "balance", *shown}, "no column of zeros alone"
        assert page.tables["values"].counts(name, *shown) == tuple(
            sum(path[fate] for path in account["paths"] if path["entity"] == name) for fate in shown.values())
    for table in account["tables"]:
        assert page.tables["tables"].counts(table["table"], "rows before", "loaded", "present") == (
            table["before"], table["loaded"], table["present"])
    for table in judged["tables"]:
        columns = ("expected", "present", "missing", "extra", "different", "duplicated", "misplaced")
        assert page.tables["verified-tables"].counts(table["table"], *columns) == tuple(table[name] for name in columns)
    objects = account["objects"]
    assert {one["fate"] for one in objects} == {"kept", "not kept"}
    kinds = {(one["kind"], one["source"]): [0, 0, 0] for one in objects}
    for one in objects:
        kinds[one["kind"], one["source"]][("kept", "changed", "not kept").index(one["fate"])] += 1
    shown = {(row[0], row[1]): [number(cell) for cell in row[2:]] for row in page.tables["object-kinds"].body}
    assert shown == kinds
    for level in judged["levels"]:
        assert page.tables["levels"].counts(level["level"], "checks", "findings") == (level["checks"], level["findings"])
    losses = [json.loads(line) for line in (folder / "losses.jsonl").open()]
    for row in page.tables["losses"].body:
        assert number(row[2]) == sum(loss["rule"] == row[0] and loss["entity"] == row[1] for loss in losses)
    assert number(page.texts["records-read"]) == sum(entity["read"] for entity in account["entities"])
    assert number(page.texts["rows-loaded"]) == sum(table["loaded"] for table in account["tables"])
    for figure, fate in (("values-changed", "changed"), ("values-lost", "lost")):
        assert number(page.texts[figure]) == sum(path[fate] for path in account["paths"]) > 0
    assert number(page.texts["records-rejected"]) == 0
    assert page.texts["headline"] == said["verdict"]["headline"]
    assert len(page.tables["time-entities"].body) == len(read(folder, "facts.json")["entities"])
    assert "Redis" in page.text and "auth.sessions" in page.text


@needs_chromium
def test_page_can_be_read_without_seeing_it(folder: Path, browser: Browser) -> None:
    write_verdict(folder, verdict(folder))
    report(folder)
    page = browser.dom(folder / "report.html")
    tags = [tag for tag, _ in page.elements]
    headings = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(headings, headings[1:]))
    assert ("html", {"lang": "en"}) in page.elements
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    assert tags.count("caption") == tags.count("table")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_wider_than_the_page(folder: Path, browser: Browser, dark: bool) -> None:
    judged = verdict(folder)
    find(judged, "content", table=HOSTILE, key=HOSTILE, text=HOSTILE, kind="different",
         columns=[{"name": HOSTILE, "expected": HOSTILE, "found": "x" * 200}])
    judged["levels"][2].update(verdict="unchecked", reason=HOSTILE)
    judged["tables"][0]["table"] = HOSTILE
    write_verdict(folder, judged)
    lose_objects(folder, HOSTILE, 3)
    report(folder)
    for frame in browser.measure(folder / "report.html", WIDTHS, dark):
        assert frame["page"] == frame["width"], frame
        assert frame["out"] == [] and frame["scrolls"] == [], frame
        assert (frame["text"] != "rgb(27, 36, 48)") == dark, "the colours follow the reader's wish"


@needs_chromium
def test_hostile_names_are_only_text(folder: Path, browser: Browser) -> None:
    judged = verdict(folder)
    find(judged, "references", table=HOSTILE, key=HOSTILE, text=HOSTILE, kind="orphan",
         columns=[{"name": HOSTILE, "expected": HOSTILE, "found": HOSTILE}])
    judged["levels"][3].update(verdict="unchecked", reason=HOSTILE)
    judged["tables"][0]["table"] = judged["paths"][0]["entity"] = HOSTILE
    write_verdict(folder, judged)
    account = read(folder, "account.json")
    account["entities"][0]["entity"] = account["tables"][0]["table"] = HOSTILE
    (folder / "account.json").write_text(json.dumps(account))
    lose_objects(folder, HOSTILE, 1)
    with (folder / "losses.jsonl").open("a") as losses:
        losses.write(json.dumps(dict.fromkeys(("entity", "key", "path", "rule", "before", "after"), HOSTILE)) + "\n")
    report(folder)
    page = browser.dom(folder / "report.html")
    assert "script" not in [tag for tag, _ in page.elements]
    assert page.tables["entities"].body[0][0] == HOSTILE
    assert page.tables["verified-tables"].body[0][0] == HOSTILE
    for name in ("object-kinds", "objects-changed", "objects-not-kept"):
        assert HOSTILE in page.tables[name].body[-1]
    assert page.text.count(HOSTILE) >= 18


@needs_chromium
def test_light_and_dark_look_different(folder: Path, browser: Browser, tmp_path: Path) -> None:
    write_verdict(folder, verdict(folder))
    report(folder)
    pictures = {browser.screenshot(folder / "report.html", tmp_path / f"{width}-{dark}.png", width, dark)
                for width in WIDTHS for dark in (False, True)}
    assert len(pictures) == 4
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 20_000 for picture in pictures)


@needs_chromium
@needs_pdftotext
def test_page_prints_whole(folder: Path, browser: Browser, tmp_path: Path) -> None:
    judged = verdict(folder)
    find(judged, "content", text="a finding on the last page")
    write_verdict(folder, judged)
    lose_objects(folder, "folded", 30)
    said = report(folder)
    pdf = browser.pdf(folder / "report.html", tmp_path / "report.pdf")
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True, timeout=60).stdout
    assert text.count("\f") > 1
    assert " ".join(said["verdict"]["headline"].split()) in " ".join(text.split())
    assert "a finding on the last page" in text
    assert text.count("folded") > 150, "what is folded on the screen is printed"
    boxes = subprocess.run(["pdftotext", "-bbox", pdf, "-"], check=True, capture_output=True, text=True, timeout=60).stdout
    width = float(re.search(r'<page width="([\d.]+)"', boxes)[1])
    assert width == pytest.approx(595, abs=2), "A4"
    edges = [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(edges) < width - 30, "nothing is cut off at the right margin"


# ---- a rehearsal ----------------------------------------------------------------------------------------------


def rehearse(migration: Migration, **environment: str) -> Any:
    arguments = ("rehearse", "--project", "authorstack", "--run-dir", str(migration.folder))
    return migration.finish(migration.start(*arguments, **environment))


def test_rehearsal_ends_with_verification_and_report(migration: Migration) -> None:
    ended = rehearse(migration)
    assert ended.returncode == 0, ended.said
    assert "\nwhat you asked for arrived: " in ended.stdout and str(migration.folder / "report.html") in ended.stderr
    said = read(migration.folder, "report.json")
    assert said["verdict"]["state"] == "holds"
    assert [level["level"] for level in said["verification"]["levels"]] == list(LEVELS)


def test_a_forecast_counts_where_a_source_has_no_estimate(migration: Migration, tmp_path: Path) -> None:
    """JSON lines have none; an Appwrite with more than 5000 users has none either."""
    assert rehearse(migration).returncode == 0
    ended = migration.run("compare", str(migration.folder), "--forecast", "--json")
    assert ended.returncode == 0, ended.said
    records = {entity["entity"]: entity["records"] for entity in json.loads(ended.stdout)["entities"]}
    assert records == {entity["entity"]: entity["read"] for entity in migration.account()["entities"]}
    # What cannot be counted is not known; the rest of the forecast stands.
    less = Path(shutil.copytree(APPWRITE, tmp_path / "less"))
    (less / "user_preferences.jsonl").unlink()
    ended = migration.run("compare", str(migration.folder), "--forecast", APPWRITE_URI=f"file:{less}")
    assert ended.returncode == 0 and "source auth cannot be counted" in ended.stderr, ended.said
    assert "a part is not in it" in ended.stdout


def test_rehearsal_that_cannot_be_verified_fails_and_says_so(migration: Migration) -> None:
    ended = rehearse(migration, GRADUATE_VERIFY_URI="postgresql://nobody@127.0.0.1:1/nothing")
    assert ended.returncode in (4, 5), ended.said
    assert "goes on from where it was" not in ended.stderr, "it is at its end"
    assert read(migration.folder, "report.json")["verdict"]["state"] in ("unverified", "unchecked")


# ---- graduate verify ------------------------------------------------------------------------------------------

STAND_IN = """#!/bin/sh
# graduate-verify as the driver sees it.
printf '%s\\n' "$@" >"$STAND_IN/arguments"
[ -f "$STAND_IN/verify.json" ] && cp "$STAND_IN/verify.json" "$RUN_FOLDER/verify.json"
cat "$STAND_IN/said" >&2
exit $(cat "$STAND_IN/code")
"""


@pytest.fixture
def verify(folder: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `graduate verify` beside a program that does as it is told."""
    stand_in = tmp_path / "bin"
    stand_in.mkdir()
    shutil.copy(PROGRAMS / "graduate", stand_in)
    (stand_in / "graduate-verify").write_text(STAND_IN)
    (stand_in / "graduate-verify").chmod(0o755)

    def run(*options: str, judged: dict[str, Any] | None = None, code: int = 0,
            said: str = "") -> subprocess.CompletedProcess[str]:
        (stand_in / "code").write_text(str(code))
        (stand_in / "said").write_text(said)
        if judged is not None:
            (stand_in / "verify.json").write_text(json.dumps(judged))
        return subprocess.run(
            [stand_in / "graduate", "verify", "--run-dir", folder, *options], cwd=ROOT, capture_output=True, text=True,
            timeout=60, env={"PATH": "/usr/bin:/bin", "STAND_IN": str(stand_in), "RUN_FOLDER": str(folder)})

    run.arguments = lambda: (stand_in / "arguments").read_text().split("\n")
    return run


@pytest.mark.parametrize("code", [0, 1, 5])
def test_verify_passes_the_exit_code_on(folder: Path, verify: Callable[..., Any], code: int) -> None:
    judged = verdict(folder)
    {0: all_hold, 1: one_differs, 5: one_unchecked}[code](judged)
    done = verify("--level", "content", "--source", judged=judged, code=code)
    assert done.returncode == code, done.stderr
    arguments = verify.arguments()
    assert arguments[arguments.index("--level") + 1] == "content" and "--source" in arguments
    for level in judged["levels"]:
        assert re.search(rf"{level['level']} +{level['verdict']} +{level['checks']}", done.stdout), done.stdout
    words = {0: "what you asked for arrived", 1: "THE TARGET DIFFERS", 5: "NOT EVERYTHING WAS CHECKED"}
    assert words[code] in done.stdout
    assert ("a row differs" in done.stdout) == (code == 1)


def test_verify_prints_json(folder: Path, verify: Callable[..., Any]) -> None:
    judged = verdict(folder)
    assert json.loads(verify("--json", judged=judged).stdout) == judged


def test_verify_shows_no_control_characters(folder: Path, verify: Callable[..., Any]) -> None:
    judged = verdict(folder)
    find(judged, "content", text="\x1b[2Jgone", columns=[{"name": "a", "expected": "\x07", "found": "\x9b"}])
    out = verify(judged=judged, code=1).stdout
    assert "gone" in out and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out)


def test_verify_tells_why_it_could_not_begin(verify: Callable[..., Any]) -> None:
    said = {"time": "2026-01-01T00:00:00Z", "level": "error", "program": "graduate-verify", "code": "target",
            "message": "the target cannot be reached"}
    done = verify(code=4, said=json.dumps(said) + "\n")
    assert done.returncode == 4 and "cannot be reached" in done.stderr


@pytest.mark.parametrize("code", [0, 1, 3])
def test_verify_without_a_new_verdict_is_an_error(folder: Path, verify: Callable[..., Any], code: int) -> None:
    """An old verdict in the folder must not stand for one that never came."""
    write_verdict(folder, verdict(folder))
    done = verify(code=code)
    assert done.returncode == 70 and done.stdout == ""
