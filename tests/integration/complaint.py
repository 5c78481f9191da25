"""What a program says when it gives up: one paragraph, with a next step in it, and the right exit code.

    complaint = complaint_of(ended, REFUSED, "the target is not empty", "public.books has 1")
    complaint.next
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from tests.integration import advice
from tests.integration.migration import Ended

# design.md, section 7
DATA, USAGE, SOURCE, TARGET, REFUSED = 1, 2, 3, 4, 5

PARAGRAPH = re.compile(r"^(graduate[\w -]*): error: (.*)\n(?:  where: (.*)\n)?(?:  next: (.*)\n)?", re.MULTILINE)
BUG = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|a bug in graduate|please report")
PASSWORD = re.compile(r"://[^/?#@:]*:([^/?#]*)@")
SHORTEST_SECRET = 6


class Complaint(NamedTuple):
    program: str
    message: str
    where: str
    next: str


def complaint_of(ended: Ended, code: int, *says: str, secrets: Iterable[str] = ()) -> Complaint:
    """The one complaint of a program that ended with this code; all of `says` must be in it."""
    assert ended.returncode == code, ended.said
    assert not BUG.search(ended.said), ended.said
    found = [Complaint(*match.groups(default="")) for match in PARAGRAPH.finditer(ended.stderr)]
    assert len(found) == 1, ended.said
    text = " | ".join(found[0])
    for part in says:
        assert part in text, f"{part!r} is not in:\n{ended.said}"
    assert found[0].next, f"no word about what to do next:\n{ended.said}"
    assert advice.is_known(found[0].next), f"this advice is not in advice.md:\n{ended.said}"
    hidden = [secret for secret in secrets if secret in ended.said]
    assert not hidden, f"a secret is in:\n{ended.said}"
    return found[0]


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """The passwords of all URIs in the environment, as written there and as meant, and the API keys."""
    found = {match[1] for value in environment.values() if (match := PASSWORD.search(value))}
    found |= {unquote(secret) for secret in found}
    found |= {value for name, value in environment.items() if name.endswith("_KEY")}
    return {secret for secret in found if len(secret) >= SHORTEST_SECRET}
