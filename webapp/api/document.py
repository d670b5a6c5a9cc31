"""The OpenAPI 3.1 document, made of the declarations that the views work by."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

import orjson
from flask import Response, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webapp.api.operation import JSON, KEY_HEADER, KINDS_OF_PLACES, OPERATIONS, Operation
from webapp.api.paging import Page
from webapp.api.problems import KINDS, MEDIA_TYPE
from webapp.api.shapes import LARGEST_ID, translated
from webapp.i18n import HTML_LANG, chosen_language

REFERENCE = "#/components/schemas/{model}"
EVERYWHERE = ("no-token", "too-many", "failed", "unavailable")

TAGS: dict[str, Any] = {
    "me": _("令牌"),
    "tasks": _("任务"),
    "matters": _("事项"),
    "instances": _("流程实例"),
    "messages": _("消息"),
    "incidents": _("异常"),
    "deployments": _("部署"),
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": list(KINDS)},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "by": {"type": ["string", "null"]},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "step": {"type": "string"},
        "number": {"type": "string"},
        "problems": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemFound"}},
    },
}
"""RFC 9457, with our own members: errors by field, who was faster and when, the number, what a check found."""


def document() -> Response:
    """Return the document in the language of the request."""
    answer = Response(_text(chosen_language()), content_type=JSON)
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Content-Language"] = HTML_LANG[chosen_language()]
    return answer


@lru_cache(maxsize=4)
def _text(_language: str) -> bytes:
    return orjson.dumps(described())


def described() -> dict[str, Any]:
    """Return the document as JSON has it."""
    paths: dict[str, dict[str, Any]] = {}
    order = list(TAGS)
    for declared in sorted(OPERATIONS.values(), key=lambda one: order.index(one.tag)):
        paths.setdefault(declared.path, {})[declared.method.lower()] = _operation(declared)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": gettext("民意督办平台接口"),
            "version": version("minyi"),
            "description": gettext("与页面用同样的命令、查询和权限；每次调用都代表令牌的主人。"),
        },
        "servers": [{"url": url_for("api.openapi").removesuffix("/openapi.json")}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": str(label)} for name, label in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "minyi_…"}},
            "schemas": {**_schemas(), "Problem": PROBLEM},
            "responses": {code: _problem(code) for code in KINDS},
        },
    }


@cache
def _declared() -> tuple[Any, dict[str, Any]]:
    """Return the reference to each model as it is taken or answered, and the schemas of all of them."""
    found: dict[tuple[type[BaseModel], Any], None] = {}
    for declared in OPERATIONS.values():
        for model, mode in ((declared.body, "validation"), (declared.answers, "serialization")):
            if model is not None:
                found[model, mode] = None
    return models_json_schema(list(found), ref_template=REFERENCE)


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = translated(_declared()[1].get("$defs", {}), gettext)
    return dict(sorted(found.items()))


def _reference(model: type[BaseModel], mode: Any) -> dict[str, Any]:
    return {"$ref": _declared()[0][model, mode]["$ref"]}


def _operation(declared: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": declared.name,
        "summary": str(declared.summary),
        "tags": [declared.tag],
        "parameters": _parameters(declared),
        "responses": _responses(declared),
        "x-scope": declared.scope,
    }
    if declared.body is not None:
        found["requestBody"] = {
            "required": any(field.is_required() for field in declared.body.model_fields.values()),
            "content": {JSON: {"schema": _reference(declared.body, "validation")}},
        }
    if declared.upload:
        file = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "format": "binary"}},
        }
        found["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": file}}}
    return found


def _parameters(declared: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in declared.places:
        kind: dict[str, Any] = {"type": "string"}
        if KINDS_OF_PLACES.get(name) == "int":
            kind = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}
        found.append({"name": name, "in": "path", "required": True, "schema": kind})
    if declared.query is not None:
        schema = translated(declared.query.model_json_schema(), gettext)
        for name, shape in schema["properties"].items():
            said = {"description": shape.pop("description")} if "description" in shape else {}
            found.append({"name": name, "in": "query", "required": False, "schema": shape, **said})
    if declared.takes_key:
        found.append(
            {
                "name": KEY_HEADER,
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 8, "maxLength": 66},
                "description": gettext("同一个标识重复发送，只办一次，回答相同。"),
            }
        )
    return found


def _responses(declared: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": str(declared.summary)}
    if declared.answers is not None:
        good["content"] = {JSON: {"schema": _reference(declared.answers, "serialization")}}
        if issubclass(declared.answers, Page):
            good["headers"] = {"Link": {"schema": {"type": "string"}, "description": 'rel="next" (RFC 8288)'}}
    elif declared.file:
        good["content"] = {declared.file: {"schema": {"type": "string", "format": "binary"}}}
    found = {str(declared.status): good}
    by_status: dict[int, list[str]] = {}
    for code in _problems(declared):
        by_status.setdefault(KINDS[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        found[str(status)] = _problem(*codes) if len(codes) > 1 else {"$ref": f"#/components/responses/{codes[0]}"}
    return found


def _problems(declared: Operation) -> list[str]:
    """Return the codes of everything that may go wrong."""
    codes = [*declared.problems, *EVERYWHERE, "not-found", "invalid"]
    codes += ["scope"] if declared.scope == "write" else []
    codes += ["malformed", "media-type", "too-large"] if declared.body is not None or declared.upload else []
    return [code for code in KINDS if code in codes]


def _problem(*codes: str) -> dict[str, Any]:
    said = gettext("、").join(f"{KINDS[code].title} ({code})" for code in codes)
    return {"description": said, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
