"""graduate verify and graduate report: the verdict is passed on, and the page says what the run's files say."""

from __future__ import annotations

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

SCHEMA = json.loads((ROOT / "mappings/report.schema.json").read_text())
LEVELS = ("counts", "content", "references", "supabase")
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
    (all_hold, "holds", "Everything arrived", "no difference at any level"),
    (one_differs, "differs", "Not everything arrived as it should", "1 difference: content. They stand at the end of "
     "this page. Could not be checked: supabase."),
    (one_unchecked, "unchecked", "Not everything could be checked", "Could not be checked: content."),
    (one_skipped, "partly", "What was checked arrived", "holds: counts, references and supabase. Not asked for: content."),
    (of_another_run, "unverified", "Not verified yet", "graduate verify"),
    (of_an_earlier_generation, "unverified", "Not verified yet", "graduate verify"),
    (of_another_end, "unverified", "Not verified yet", "graduate verify"),
    (of_a_clock_that_was_set_back, "holds", "Everything arrived", "no difference at any level"),
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
    assert {"names", "keys", "old", "folder"} <= tasks.keys()
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
    assert not re.search(r"\b(src|href|srcset|action|data|poster)\s*=|url\(|@import|@font-face|\son[a-z]+=", page)
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
        fates = {"seen": "seen", "written": "written", "in the rest": "rest", "dropped": "dropped",
                 "defaulted": "defaulted", "lost by rule": "lost"}
        assert page.tables["values"].counts(name, *fates) == tuple(
            sum(path[fate] for path in account["paths"] if path["entity"] == name) for fate in fates.values())
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
    assert number(page.texts["values-changed"]) == len(losses)
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
    assert "everything arrived" in ended.stdout and str(migration.folder / "report.html") in ended.stderr
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
    words = {0: "everything arrived", 1: "THE TARGET DIFFERS", 5: "NOT EVERYTHING WAS CHECKED"}
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
