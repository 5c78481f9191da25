"""What each Appwrite version says about an object: the profiles, the field tables, and the views on a row.

A field table is one text: `key:kind`, then `?` if the value may be null, `=CHOICE|CHOICE` if only these are
allowed (the first is the default), `@1.8.0` for the server version that brought it, `!1.9.0` if a client that
asks for an older response format does not get it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

Row = dict[str, Any]

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")


@dataclass(frozen=True)
class Profile:
    """One server version's behaviour, as far as a reader of everything can see it."""

    version: str
    sequence_name: str  # what queries call the internal counter
    sequence_form: type | None  # how a document shows it; None: not at all
    sequence_filter: tuple[type, ...]  # what a filter on a document's counter may be compared with
    list_sequence_filter: tuple[type, ...]  # the same on users, teams, ...; empty: it cannot be filtered
    select_keeps_system: bool  # a select returns $id, $permissions, ... unasked
    cursor_compares_all: bool  # else only the first order attribute, so that pages can skip rows
    null_order_kind: str
    equal_values: int
    total_parameter: bool
    user_page: int | None  # a larger page of users fails
    plural_scopes: bool  # the wording of the missing-scope error
    knows_keys: bool  # an unknown key is refused, not taken for a guest's

    def has(self, since: str) -> bool:
        return version_key(self.version) >= version_key(since)


def version_key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


NO_NULLS = "database_query_order_null"
PROFILES = {
    "1.5": Profile(
        "1.5.11", "$internalId", None, (str,), (), False, False, "general_unknown", 100, False, None, False, False
    ),
    "1.6": Profile("1.6.2", "$internalId", None, (str,), (), False, False, NO_NULLS, 500, False, None, False, True),
    "1.7": Profile("1.7.4", "$internalId", None, (str,), (), False, False, NO_NULLS, 500, False, None, False, True),
    "1.8.1": Profile("1.8.1", "$sequence", int, (str,), (), True, True, NO_NULLS, 500, True, None, True, True),
    "1.9.6": Profile("1.9.6", "$sequence", str, (str, int), (int,), True, True, NO_NULLS, 500, True, 500, True, True),
}


class Kind(NamedTuple):
    accepts: Callable[[Any], bool]
    default: Any
    expected: str


def is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(TIME.fullmatch(value))


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return is_int(value) or isinstance(value, float)


KINDS = {
    "id": Kind(lambda v: isinstance(v, str) and bool(IDENTIFIER.fullmatch(v)), "", "an Appwrite id"),
    "text": Kind(lambda v: isinstance(v, str), "", "a string"),
    "time": Kind(lambda v: v == "" or is_time(v), "", "a time like 2024-01-31T12:00:00.000+00:00, or an empty string"),
    "bool": Kind(lambda v: isinstance(v, bool), False, "true or false"),
    "enabled": Kind(lambda v: isinstance(v, bool), True, "true or false"),
    "int": Kind(lambda v: is_int(v) and -(2**63) <= v < 2**63, 0, "a 64-bit integer"),
    "double": Kind(is_number, 0, "a number"),
    "list": Kind(lambda v: isinstance(v, list), [], "an array"),
    "place": Kind(lambda v: isinstance(v, list), None, "an array of coordinates"),
    "object": Kind(lambda v: isinstance(v, dict), {}, "an object"),
    "any": Kind(lambda v: True, None, "anything"),
}


class Field(NamedTuple):
    key: str
    kind: str
    nullable: bool
    choices: tuple[str, ...] = ()
    since: str = "0"
    format: str = "0"

    def default(self) -> Any:
        if self.nullable:
            return None
        return self.choices[0] if self.choices else KINDS[self.kind].default

    def problem(self, value: Any) -> str | None:
        if value is None and self.nullable:
            return None
        if not KINDS[self.kind].accepts(value):
            return f"{self.key} must be {KINDS[self.kind].expected}, is {value!r}"
        if self.choices and value not in self.choices:
            return f"{self.key} must be one of {', '.join(self.choices)}, is {value!r}"
        return None


FIELD = re.compile(r"([$\w]+):(\w+)(\??)(?:=([\w|]+))?(?:@([\d.]+))?(?:!([\d.]+))?")


def fields(text: str) -> tuple[Field, ...]:
    return tuple(map(field, text.split()))


def field(text: str) -> Field:
    match = FIELD.fullmatch(text)
    if match is None or match[2] not in KINDS:
        raise ValueError(f"no field: {text}")
    key, kind, null, choices, since, form = match.groups()
    return Field(key, kind, bool(null), tuple(choices.split("|")) if choices else (), since or "0", form or "0")


OBJECT = "$id:id $createdAt:time $updatedAt:time "
STATUS = "status:text=available|processing|deleting|stuck|failed "

MODELS = {
    "database": fields(OBJECT + "name:text enabled:enabled type:text=legacy|tablesdb@1.8.0"),
    "collection": fields(
        OBJECT + "$permissions:list databaseId:text name:text enabled:enabled documentSecurity:bool"
        " attributes:list indexes:list bytesMax:int@1.9.0 bytesUsed:int@1.9.0"
    ),
    "index": fields(
        "$id:text@1.8.0 $createdAt:time@1.6.0 $updatedAt:time@1.6.0 key:id type:text=key|fulltext|unique|spatial "
        + STATUS
        + "error:text attributes:list lengths:list@1.7.0 orders:list?"
    ),
    "user": fields(
        OBJECT + "name:text password:text? hash:text? hashOptions:object? registration:time status:enabled labels:list"
        " passwordUpdate:time email:text phone:text emailVerification:bool phoneVerification:bool mfa:bool!1.5.0"
        " prefs:object targets:list!1.5.0 accessedAt:time emailCanonical:text?@1.9.6 emailIsFree:bool?@1.9.6"
        " emailIsDisposable:bool?@1.9.6 emailIsCorporate:bool?@1.9.6 emailIsCanonical:bool?@1.9.6"
        " impersonator:bool?@1.9.0!1.9.0 impersonatorUserId:text?@1.9.0!1.9.0"
    ),
    "target": fields(
        OBJECT
        + "name:text userId:id providerId:text? providerType:text=email|sms|push identifier:text expired:bool@1.6.0"
    ),
    "identity": fields(
        OBJECT + "userId:id provider:text providerUid:text providerEmail:text providerAccessToken:text"
        " providerAccessTokenExpiry:time providerRefreshToken:text"
    ),
    "bucket": fields(
        OBJECT + "$permissions:list fileSecurity:bool name:text enabled:enabled maximumFileSize:int"
        " allowedFileExtensions:list compression:text=none|gzip|zstd encryption:bool antivirus:bool"
        " transformations:enabled@1.8.1"
    ),
    "file": fields(
        OBJECT + "bucketId:id $permissions:list name:text signature:text mimeType:text sizeOriginal:int chunksTotal:int"
        " chunksUploaded:int"
    ),
    "function": fields(OBJECT + "name:text enabled:enabled"),
    "team": fields(OBJECT + "name:text total:int prefs:object"),
    "membership": fields(
        OBJECT
        + "userId:text userName:text userEmail:text teamId:id teamName:text invited:time joined:time confirm:bool"
        " mfa:bool!1.5.0 roles:list userPhone:text@1.9.6!1.9.2 userAccessedAt:time@1.9.6"
    ),
}


class Type(NamedTuple):
    """One (type, format) of an attribute: the fields that describe it, and the values it holds."""

    value: str
    extra: str
    since: str = "0"


TYPES = {
    ("string", None): Type("text", "size:int default:text? encrypt:bool@1.7.4"),
    ("string", "email"): Type("text", "format:text default:text?"),
    ("string", "enum"): Type("text", "format:text elements:list default:text?"),
    ("string", "ip"): Type("text", "format:text default:text?"),
    ("string", "url"): Type("text", "format:text default:text?"),
    ("varchar", None): Type("text", "size:int default:text? encrypt:bool", "1.9.0"),
    ("text", None): Type("text", "default:text? encrypt:bool", "1.9.0"),
    ("mediumtext", None): Type("text", "default:text? encrypt:bool", "1.9.0"),
    ("longtext", None): Type("text", "default:text? encrypt:bool", "1.9.0"),
    ("integer", None): Type("int", "min:int? max:int? default:int?"),
    ("bigint", None): Type("int", "min:int? max:int? default:int?", "1.9.5"),
    ("double", None): Type("double", "min:double? max:double? default:double?"),
    ("boolean", None): Type("bool", "default:bool?"),
    ("datetime", None): Type("time", "format:text default:time?"),
    ("point", None): Type("place", "default:list?", "1.8.0"),
    ("linestring", None): Type("place", "default:list?", "1.8.0"),
    ("polygon", None): Type("place", "default:list?", "1.8.0"),
    # Older ones embed what is related; this is of those that do not.
    ("relationship", None): Type(
        "text",
        "relatedCollection:id relationType:text=oneToOne|oneToMany|manyToOne|manyToMany twoWay:bool twoWayKey:text"
        " onDelete:text=setNull|cascade|restrict side:text=parent|child",
        "1.8.0",
    ),
}
# The sides of a relationship that documents hold, as the id of the related one.
HELD_SIDES = {("oneToOne", "parent"), ("oneToOne", "child"), ("manyToOne", "parent"), ("oneToMany", "child")}

ATTRIBUTE = (
    "key:id type:text " + STATUS + "error:text required:bool array:bool $createdAt:time@1.6.0 $updatedAt:time@1.6.0 "
)
ATTRIBUTE_FIELDS = {form: fields(ATTRIBUTE + form_type.extra) for form, form_type in TYPES.items()}


def attribute_form(attribute: Row) -> tuple[Any, Any]:
    """The key of TYPES. The format of a datetime is written down, and printed as an empty text."""
    kind = attribute.get("type")
    return kind, None if kind == "datetime" else attribute.get("format") or None


def model_view(model: tuple[Field, ...], row: Row, profile: Profile, response_format: str | None) -> Row:
    """The row as this server version shows it to a client that asked for this response format."""
    view = {}
    for field in model:
        hidden = response_format and version_key(response_format) < version_key(field.format)
        if hidden or not profile.has(field.since):
            continue
        value = row.get(field.key, field.default())
        view[field.key] = php_preferences(value) if field.key == "prefs" else value
    return view


def php_preferences(value: Any, top: bool = True) -> Any:
    """Empty objects inside preferences come back as `[]`: they were PHP arrays on the way."""
    if isinstance(value, dict):
        return {key: php_preferences(item, False) for key, item in value.items()} or ({} if top else [])
    if isinstance(value, list):
        return [php_preferences(item, False) for item in value]
    return value


def canonical_time(text: str) -> str | None:
    """A time in any ISO form as the server stores it, so that filters compare alike."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    return moment.isoformat(timespec="milliseconds")
