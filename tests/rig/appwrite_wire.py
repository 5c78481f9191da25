"""What the Appwrite double puts on the wire: JSON as PHP writes it, and the error envelope.

PHP's `json_encode(..., JSON_UNESCAPED_UNICODE)` differs from Python's encoder where readers written in
C tend to break: `/` is escaped, U+2028 and U+2029 are escaped, a double without a fraction has no point
(`10`, not `10.0`), and large ones read `1.0e+25`.
"""

from __future__ import annotations

import math
from decimal import Decimal
from json.encoder import encode_basestring

# A double has at most this many significant digits; PHP goes over to exponents beyond them.
DOUBLE_DIGITS = 17


def php_double(value: float) -> str:
    """The shortest text that reads back as the same double, laid out as PHP does."""
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    shortest = Decimal(repr(value)).normalize()
    text = "".join(map(str, shortest.as_tuple().digits))
    point = shortest.adjusted() + 1
    minus = "-" if value < 0 else ""
    if point < -3 or point > DOUBLE_DIGITS:
        return f"{minus}{text[0]}.{text[1:] or '0'}e{point - 1:+d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    whole, fraction = text[:point].ljust(point, "0"), text[point:]
    return minus + (f"{whole}.{fraction}" if fraction else whole)


def php_string(value: str) -> str:
    text = encode_basestring(value).replace("/", "\\/")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def php_json(value: object) -> str:
    if isinstance(value, str):
        return php_string(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return php_double(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{php_string(key)}:{php_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(php_json, value)) + "]"
    raise TypeError(f"no JSON form for {type(value).__name__}")


# type -> (HTTP status, message); clients branch on the type, the message only has to be plausible.
ERRORS = {
    "collection_not_found": (404, "Collection not found."),
    "database_not_found": (404, "Database not found."),
    "database_query_order_null": (400, "The order attribute is null in the cursor document."),
    "database_timeout": (408, "Database timed out."),
    "document_not_found": (404, "Document not found."),
    "general_access_forbidden": (401, "Access to this resource is forbidden."),
    "general_argument_invalid": (400, "An argument is invalid."),
    "general_cursor_not_found": (400, "The cursor's object does not exist."),
    "general_query_invalid": (400, "A query is invalid."),
    "general_rate_limit_exceeded": (429, "Rate limit exceeded."),
    "general_route_not_found": (404, "Route not found."),
    "general_service_disabled": (503, "The service is disabled."),
    "general_unauthorized_scope": (401, "A scope is missing."),
    "general_unknown": (500, "Server Error"),
    "project_key_expired": (401, "The project key has expired."),
    "project_not_found": (404, "Project not found."),
    "row_not_found": (404, "Row not found."),
    "storage_bucket_not_found": (404, "Storage bucket not found."),
    "storage_invalid_range": (416, "Invalid range."),
    "table_not_found": (404, "Table not found."),
    "team_not_found": (404, "Team not found."),
    "user_not_found": (404, "User not found."),
    "user_unauthorized": (401, "The current user may not do this."),
    # Not Appwrite's: the double says so instead of guessing at what it does not imitate.
    "double_not_implemented": (501, "The Appwrite double does not do this."),
}

# What an error of this status is called when a fault rule does not say.
USUAL_ERROR = {
    400: "general_argument_invalid",
    401: "general_unauthorized_scope",
    404: "general_route_not_found",
    408: "database_timeout",
    416: "storage_invalid_range",
    429: "general_rate_limit_exceeded",
    500: "general_unknown",
    503: "general_service_disabled",
}


class Refusal(Exception):
    """A request that ends in an error envelope."""

    def __init__(self, kind: str, message: str | None = None, status: int | None = None):
        usual_status, usual_message = ERRORS.get(kind, (500, "Server Error"))
        super().__init__(message or usual_message)
        self.kind = kind
        self.message = message or usual_message
        self.status = status or usual_status

    def envelope(self, version: str) -> dict[str, object]:
        # The published schema calls `code` a string; servers send an integer.
        return {"message": self.message, "code": self.status, "type": self.kind, "version": version}
