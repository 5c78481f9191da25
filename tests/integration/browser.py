"""Debian's chromium, without a window: what a page shows, how wide it is, and how it looks.

    browser = Browser(folder)
    browser.dom(page)                       # the document as it stands after loading
    browser.measure(page, widths=(400,))    # what sticks out, at each width
    browser.screenshot(page, png, width=400, dark=True)
    browser.pdf(page, file)
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 120
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# A window cannot be as narrow as a telephone; a frame in it can.
FRAMES = """<!DOCTYPE html><body style="margin:0">{frames}<pre id="found"></pre><script>
const boxed = (element) => element.closest('.box') !== null;
addEventListener('load', () => {{
  const found = [...document.querySelectorAll('iframe')].map((frame) => {{
    const root = frame.contentDocument.documentElement, width = frame.clientWidth;
    const out = [...root.querySelectorAll('body *')].filter((element) =>
      !boxed(element) && element.getBoundingClientRect().right > width + 0.5);
    const scrolls = [...root.querySelectorAll('.box')].filter((box) => box.scrollWidth > box.clientWidth);
    return {{width, page: root.scrollWidth, out: out.map((element) => element.outerHTML.slice(0, 120)),
            scrolls: scrolls.map((box) => box.querySelector('table').id),
            text: getComputedStyle(root.querySelector('body')).color}};
  }});
  document.getElementById('found').textContent = JSON.stringify(found);
}});
</script>"""


class Browser:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, dark: bool = False) -> str:
        command = [
            str(CHROMIUM), "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--allow-file-access-from-files", "--virtual-time-budget=5000", "--disable-background-networking",
            f"--user-data-dir={self.folder / 'profile'}", f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            *(["--no-sandbox"] if os.geteuid() == 0 else []), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def dom(self, page: Path) -> Page:
        return Page.parse(self.run("--dump-dom", page.as_uri()))

    def frames(self, page: Path, widths: tuple[int, ...], height: int = 1600) -> Path:
        frames = "".join(f'<iframe src="{html.escape(page.as_uri())}" '
                         f'style="display:block;border:0;width:{width}px;height:{height}px"></iframe>' for width in widths)
        file = self.folder / "frames.html"
        file.write_text(FRAMES.format(frames=frames))
        return file

    def measure(self, page: Path, widths: tuple[int, ...], dark: bool = False) -> list[dict[str, Any]]:
        dom = self.run("--dump-dom", "--window-size=1600,1200", self.frames(page, widths).as_uri(), dark=dark)
        return json.loads(html.unescape(re.search(r'<pre id="found">(.*?)</pre>', dom, re.S)[1]))

    def screenshot(self, page: Path, file: Path, width: int, dark: bool = False, height: int = 1600) -> bytes:
        self.run(f"--screenshot={file}", f"--window-size={max(width, 600)},{height}",
                 self.frames(page, (width,), height).as_uri(), dark=dark)
        return file.read_bytes()

    def pdf(self, page: Path, file: Path) -> Path:
        self.run(f"--print-to-pdf={file}", "--no-pdf-header-footer", page.as_uri())
        return file


VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "rect",
        "circle", "path"}


@dataclass
class Table:
    caption: str = ""
    head: list[str] = field(default_factory=list)
    body: list[list[str]] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)

    def counts(self, name: str, *columns: str) -> tuple[int, ...]:
        """The numbers of the row of that name."""
        row = next(row for row in self.body if row[0] == name)
        return tuple(int(row[self.head.index(column)].replace(",", "").replace("−", "-")) for column in columns)


@dataclass
class Page(HTMLParser):
    """The parts of a page that tests ask for, by id; and every element's name."""
    texts: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.path: list[tuple[str, str]] = []
        self.part = ""
        self.cell: list[str] | None = None

    @classmethod
    def parse(cls, source: str) -> Page:
        page = cls()
        page.feed(source)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self.path.append((tag, attributes.get("id", "")))
        if tag == "table":
            self.tables[attributes["id"]] = self.table = Table()
        elif tag in ("thead", "tbody", "tfoot"):
            self.part = tag
        elif tag == "tr" and self.part == "tbody":
            self.table.body.append([])
        elif tag in ("th", "td"):
            row = {"thead": self.table.head, "tfoot": self.table.foot}.get(self.part)
            self.cell = self.table.body[-1] if row is None else row
            self.cell.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self.path and self.path.pop()[0] != tag:
            pass
        if tag in ("th", "td"):
            self.cell = None

    def handle_data(self, data: str) -> None:
        names = [tag for tag, _ in self.path]
        if "style" in names or "title" in names:
            return
        self.text += data
        if self.cell is not None:
            self.cell[-1] += data
        elif "caption" in names:
            self.table.caption += data
        for _, name in self.path:
            if name:
                self.texts[name] = self.texts.get(name, "") + data
