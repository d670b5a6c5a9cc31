"""The API's document for people: every operation with what it takes and answers, at ``/api/v1/``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from webapp.api.document import TAGS, described
from webapp.api.problems import KINDS

blueprint = Blueprint("api_reference", __name__, url_prefix="/api/v1")


@blueprint.get("/")
def show() -> str:
    """Show the document as a page."""
    found = described()
    schemas = found["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {tag: [] for tag in TAGS}
    for path, methods in found["paths"].items():
        for method, one in methods.items():
            groups[one["tags"][0]].append(_shown(path, method, one, schemas))
    return render_template(
        "api/reference.html",
        info=found["info"],
        groups=[(TAGS[tag], operations) for tag, operations in groups.items()],
        types=[(name, _fields(schemas[name], schemas)) for name in _inner(groups, schemas)],
        kinds=KINDS,
    )


def _shown(path: str, method: str, one: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    body = one.get("requestBody", {}).get("content", {})
    good = next(answer for status, answer in one["responses"].items() if status.startswith("2"))
    answered = good.get("content", {}).get("application/json", {}).get("schema", {})
    sent: dict[str, Any] = next((content["schema"] for content in body.values()), {})
    return {
        "id": one["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": one["summary"],
        "scope": one["x-scope"],
        "parameters": [
            (given["name"], given["in"], _type(given["schema"]), given.get("description", ""))
            for given in one["parameters"]
        ],
        "body": _fields(sent, schemas),
        "answer": _fields(answered, schemas),
        "status": next(status for status in one["responses"] if status.startswith("2")),
    }


def _inner(groups: dict[str, list[dict[str, Any]]], schemas: dict[str, Any]) -> list[str]:
    """Return the names of the types that the fields of operations have, and those that their fields have."""
    found: dict[str, None] = {}
    waiting = [row for operations in groups.values() for one in operations for row in (*one["body"], *one["answer"])]
    while waiting:
        for name in waiting.pop()[1].replace("[]", "").split(" | "):
            if name in schemas and name not in found:
                found[name] = None
                waiting += _fields(schemas[name], schemas)
    return sorted(found)


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return the fields of an object: name, type, description, whether it must be there."""
    named = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required = named.get("required", [])
    return [
        (name, _type(field), field.get("description", ""), name in required)
        for name, field in named.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    """Return a type in a few words, as programmers read it."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    kind = str(schema.get("format") or schema.get("type") or "any")
    return f"{_type(schema['items'])}[]" if schema.get("type") == "array" and "items" in schema else kind
