"""The Appwrite double's queries: parsed, checked as the server checks them, and run over a table's rows.

Known differences: text compares without regard to case but with regard to accents (MariaDB's collation
ignores both), and methods that no exporter sends (search, spatial ones, not...) end in 501.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from .appwrite_models import IDENTIFIER, Profile, Row, canonical_time, is_int, is_number
from .appwrite_store import Table
from .appwrite_wire import Refusal

PAGE = 25
TOTAL_CAP = 5000
QUERIES = 100
QUERY_LENGTH = 4096


class Column(NamedTuple):
    """What a query may say of an attribute."""

    kind: str  # one of KINDS, or "sequence"
    array: bool = False
    filter: bool = True


@dataclass(frozen=True)
class Rules:
    """What one endpoint accepts."""

    profile: Profile
    noun: str
    columns: dict[str, Column]
    sequence_filter: tuple[type, ...]
    select: bool = False
    # Documents parse their queries inside the action; all other lists while the parameters are checked.
    error: str = "general_argument_invalid"
    links: frozenset[str] = frozenset()  # of related records, what can be selected

    def refuse(self, message: str) -> NoReturn:
        prefix = "Invalid `queries` param: " if self.error == "general_argument_invalid" else ""
        raise Refusal(self.error, f"{prefix}Invalid query: {message}")


@dataclass
class Plan:
    """A request's queries, understood. Of two limits, offsets or cursors the server takes the first."""

    keep: list[Callable[[Row], bool]] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)  # attribute, ascending
    select: list[str] | None = None
    limit: int | None = None
    offset: int | None = None
    cursor: tuple[str, bool] | None = None  # id, after


def fold(value: Any) -> Any:
    """MariaDB's utf8mb4_general_ci: letters count as capitals, so that `_` comes behind them."""
    return value.upper() if isinstance(value, str) else value


def holds(value: Any, part: Any) -> bool:
    return fold(part) in (map(fold, value) if isinstance(value, list) else fold(value))


class Filter(NamedTuple):
    """A filter method: how many values it takes (None: one or more), whether it suits an array, its test."""

    values: int | None
    arrays: bool
    test: Callable[[Any, list[Any]], bool]


def comparison(compare: Callable[[Any, Any], bool]) -> Filter:
    return Filter(1, False, lambda value, given: compare(fold(value), fold(given[0])))


FILTERS = {
    "equal": Filter(None, False, lambda value, given: fold(value) in map(fold, given)),
    "notEqual": comparison(operator.ne),
    "lessThan": comparison(operator.lt),
    "lessThanEqual": comparison(operator.le),
    "greaterThan": comparison(operator.gt),
    "greaterThanEqual": comparison(operator.ge),
    "between": Filter(2, False, lambda value, given: fold(given[0]) <= fold(value) <= fold(given[1])),
    "startsWith": Filter(1, False, lambda value, given: str(fold(value)).startswith(str(fold(given[0])))),
    "endsWith": Filter(1, False, lambda value, given: str(fold(value)).endswith(str(fold(given[0])))),
    "contains": Filter(None, True, lambda value, given: any(holds(value, part) for part in given)),
}
NULL_TESTS = {"isNull": operator.is_, "isNotNull": operator.is_not}
LOGICAL: dict[str, Callable[..., bool]] = {"and": all, "or": any}
# Servers of one version or another know these; the double does not run them.
FOREIGN_METHODS = frozenset(
    "search notSearch notContains notBetween notStartsWith notEndsWith orderRandom crosses notCrosses intersects"
    " notIntersects overlaps notOverlaps touches notTouches distanceEqual distanceNotEqual distanceGreaterThan"
    " distanceLessThan regex exists notExists".split()
)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_bool(value: Any) -> bool:
    return isinstance(value, bool)


# What a filter's value must be for an attribute of a kind; any value for the kinds that are not here.
VALUE_TYPES: dict[str, Callable[[Any], bool]] = {
    "id": is_text,
    "text": is_text,
    "time": lambda value: is_text(value) and canonical_time(value) is not None,
    "int": is_int,
    "double": is_number,
    "bool": is_bool,
    "enabled": is_bool,
}


def parameter_queries(parameters: list[tuple[str, str]]) -> list[str]:
    """The values of queries[], queries[0], ... in the order in which they were sent."""
    if any(name == "queries" for name, _ in parameters):
        raise Refusal("general_argument_invalid", "Invalid `queries` param: must be an array")
    texts = [value for name, value in parameters if name.startswith("queries[") and name.endswith("]")]
    if len(texts) > QUERIES:
        raise Refusal("general_argument_invalid", f"Invalid `queries` param: more than {QUERIES} queries")
    if any(len(text) > QUERY_LENGTH for text in texts):
        raise Refusal("general_argument_invalid", f"Invalid `queries` param: longer than {QUERY_LENGTH} characters")
    return texts


def make_plan(texts: list[str], rules: Rules) -> Plan:
    plan = Plan()
    for text in texts:
        try:
            query = json.loads(text)
        except ValueError:
            rules.refuse("Syntax error")
        if not isinstance(query, dict):
            rules.refuse("must be an object")
        add_query(plan, query, rules)
    return plan


def query_parts(query: Any, rules: Rules) -> tuple[str, str, list[Any]]:
    if not isinstance(query, dict):
        rules.refuse("must be an object")
    method, attribute, values = query.get("method", ""), query.get("attribute", ""), query.get("values", [])
    if not isinstance(method, str) or not isinstance(attribute, str) or not isinstance(values, list):
        rules.refuse("method and attribute must be strings, values an array")
    return method, attribute, values


def add_query(plan: Plan, query: Row, rules: Rules) -> None:
    method, attribute, values = query_parts(query, rules)
    if method == "limit":
        limit = whole_number(method, values, 1, rules)
        plan.limit = limit if plan.limit is None else plan.limit
    elif method == "offset":
        offset = whole_number(method, values, 0, rules)
        plan.offset = offset if plan.offset is None else plan.offset
    elif method in ("cursorAfter", "cursorBefore"):
        if len(values) != 1 or not isinstance(values[0], str) or not IDENTIFIER.fullmatch(values[0]):
            if not rules.profile.has("1.6.0"):
                raise Refusal("general_cursor_not_found")
            rules.refuse("Invalid cursor: UID must contain at most 36 chars")
        plan.cursor = plan.cursor or (values[0], method == "cursorAfter")
    elif method in ("orderAsc", "orderDesc"):
        # An order without an attribute is one by the internal counter.
        name = attribute or rules.profile.sequence_name
        column_of(name, rules)
        plan.order.append((name, method == "orderAsc"))
    elif method == "select" and rules.select:
        plan.select = (plan.select or []) + checked_selection(values, rules)
    else:
        plan.keep.append(make_filter(query, rules))


def whole_number(method: str, values: list[Any], least: int, rules: Rules) -> int:
    text = str(values[0]) if len(values) == 1 and (is_int(values[0]) or is_text(values[0])) else ""
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not least <= number < 2**63:
        rules.refuse(f"Invalid {method}: must be a number from {least}")
    return number


def column_of(name: str, rules: Rules) -> Column:
    column = rules.columns.get(name)
    if column is None:
        rules.refuse(f"Attribute not found in schema: {name}")
    return column


def checked_selection(values: list[Any], rules: Rules) -> list[str]:
    if not values:
        rules.refuse("No attributes selected")
    if not all(isinstance(name, str) for name in values) or len(values) != len(set(values)):
        rules.refuse("Attributes to select must be strings, each once")
    for name in values:
        # No version knows $databaseId, $collectionId and $tableId here, although documents have them.
        if name not in ("*", "$permissions") and name not in rules.links:
            column_of(name, rules)
    return values


def make_filter(query: Any, rules: Rules) -> Callable[[Row], bool]:
    method, attribute, values = query_parts(query, rules)
    if method in LOGICAL:
        if len(values) < 2:
            rules.refuse(f"{method} queries require at least two queries")
        parts = [make_filter(part, rules) for part in values]
        decide = LOGICAL[method]
        return lambda row: decide(part(row) for part in parts)
    if method in FOREIGN_METHODS:
        raise Refusal("double_not_implemented", f"The Appwrite double does not run {method} queries")
    if method not in FILTERS and method not in NULL_TESTS:
        rules.refuse(f"Invalid query method: {method}")
    column = column_of(attribute, rules)
    if not column.filter:
        if not rules.profile.has("1.6.0"):
            return lambda row: False  # it is compared with what is stored, which is not the text
        rules.refuse(f"Cannot query encrypted attribute: {attribute}")
    key = "$sequence" if column.kind == "sequence" else attribute
    if method in NULL_TESTS:
        is_null = NULL_TESTS[method]
        return lambda row: is_null(row.get(key), None)
    chosen = FILTERS[method]
    check_count(method, chosen, values, attribute, rules)
    if column.array != chosen.arrays and (column.array or column.kind not in ("id", "text")):
        rules.refuse(f"Cannot query {method} on attribute {attribute}")
    given = [filter_value(value, column, attribute, rules) for value in values]

    def test(row: Row) -> bool:
        value = row.get(key)
        return value is not None and chosen.test(value, given)

    return test


def check_count(method: str, chosen: Filter, values: list[Any], attribute: str, rules: Rules) -> None:
    if not values or (chosen.values and len(values) != chosen.values):
        rules.refuse(f"{method} queries require {chosen.values or 'at least one'} value(s)")
    if len(values) > rules.profile.equal_values:
        rules.refuse(f"Query on attribute has greater than {rules.profile.equal_values} values: {attribute}")


def filter_value(value: Any, column: Column, attribute: str, rules: Rules) -> Any:
    if column.kind == "sequence":
        right = type(value) in rules.sequence_filter and str(value).isdecimal() and int(value) > 0
    else:
        check = VALUE_TYPES.get(column.kind)
        right = check is None or check(value)
    if not right:
        rules.refuse(f"Query value is invalid for attribute {attribute}")
    if column.kind == "sequence":
        return int(value)
    return canonical_time(value) if column.kind == "time" else value


class Page(NamedTuple):
    total: int
    rows: list[Row]


def run(plan: Plan, table: Table, rows: list[Row], rules: Rules) -> Page:
    """One page of the rows, which are those of the table that the endpoint is about, in their own order."""
    matching = [row for row in rows if all(keep(row) for keep in plan.keep)]
    order = complete_order(plan.order, rules.profile)
    after = True
    found = matching
    if plan.cursor:
        name, after = plan.cursor
        cursor = table.find(name)
        if cursor is None:
            raise Refusal("general_cursor_not_found", f"{rules.noun} '{name}' for the 'cursor' value not found.")
        compared = order if rules.profile.cursor_compares_all else [order[0], ("$sequence", True)]
        refuse_null_order(cursor, compared, rules.profile)
        found = [row for row in matching if is_behind(row, cursor, compared, after)]
    for key, ascending in reversed(order):
        # Nulls come first, as in MariaDB.
        found = sorted(
            found, key=lambda row: (row.get(key) is not None, fold(row.get(key))), reverse=ascending != after
        )
    start = plan.offset or 0
    page = found[start : start + (plan.limit or PAGE)]
    return Page(min(len(matching), TOTAL_CAP), page if after else page[::-1])


def complete_order(asked: list[tuple[str, bool]], profile: Profile) -> list[tuple[str, bool]]:
    order = [("$sequence" if key == profile.sequence_name else key, ascending) for key, ascending in asked]
    if not any(key in ("$id", "$sequence") for key, _ in order):
        order.append(("$sequence", True))
    return order


def refuse_null_order(cursor: Row, order: list[tuple[str, bool]], profile: Profile) -> None:
    for key, _ in order:
        if cursor.get(key) is None:
            raise Refusal(profile.null_order_kind)


def is_behind(row: Row, cursor: Row, order: list[tuple[str, bool]], after: bool) -> bool:
    for key, ascending in order:
        value, mark = fold(row.get(key)), fold(cursor[key])
        if value is None:
            return False  # no SQL comparison with NULL holds
        if value != mark:
            return bool(value > mark) == (ascending == after)
    return False
