"""Appwrite's published OpenAPI files, as far as the double is compared with them: schemas, parameters, scopes.

What these files say of errors, paging, totals and orders is nothing, or wrong (`code` is no string, integers
have more than 32 bits), so that the double's other tests stand beside this comparison.
"""

from __future__ import annotations

from typing import Any

SERVED = ("/databases", "/tablesdb", "/users", "/teams")


def json_schemas(specification: dict[str, Any]) -> dict[str, Any]:
    """The components as JSON Schemas that forbid undeclared keys."""

    def clean(node: Any) -> Any:
        if isinstance(node, list):
            return [clean(item) for item in node]
        if not isinstance(node, dict):
            return node
        # Examples hold $id members, which validators take for schema identifiers. Formats are wrong: int32.
        node = {key: clean(value) for key, value in node.items() if key not in ("example", "x-example", "format")}
        if (node.get("nullable") or node.get("x-nullable")) is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
            if "enum" in node:
                node["enum"] = [*node["enum"], None]
        return node

    schemas = {}
    for name, declared in specification["components"]["schemas"].items():
        # Not clean() on `properties` itself: a field may be called `format`.
        declared = dict(declared)
        properties = {key: clean(value) for key, value in declared.pop("properties", {}).items()}
        schemas[name] = {"additionalProperties": False, **clean(declared), "properties": properties}
    return schemas


def reads(specification: dict[str, Any]) -> dict[str, Any]:
    """The GET operations that answer with JSON in a part of the API that the double serves."""
    found = {}
    for path, operations in specification["paths"].items():
        operation = operations.get("get", {})
        content = operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        reference = content.get("schema", {}).get("$ref")
        if reference and path.startswith(SERVED) and "/transactions" not in path:
            scope = operation["x-appwrite"]["scope"]
            parameters = {parameter["name"] for parameter in operation["parameters"]}
            scopes = [scope] if isinstance(scope, str) else scope
            found[path] = {"schema": reference, "scopes": scopes, "parameters": parameters}
    return found
