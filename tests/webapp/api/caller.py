"""Somebody who calls the API with a token; every answer is held against the OpenAPI document."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from engine.casework import api_tokens
from tests.webapp.conftest import Site

BASE = "/api/v1"


class Document:
    """The document of an app, and what it says about an answer."""

    def __init__(self, app: Flask) -> None:
        answer = app.test_client().get(f"{BASE}/openapi.json", headers={"Accept-Language": "en"})
        assert answer.status_code == 200
        assert isinstance(answer.json, dict)
        self.content: dict[str, Any] = answer.json
        self._paths = [
            (
                re.compile(
                    "^" + re.sub(r"\\\{path\\\}", ".+", re.sub(r"\\\{(?!path)\w+\\\}", "[^/]+", re.escape(path))) + "$"
                ),
                methods,
            )
            for path, methods in sorted(self.content["paths"].items(), key=lambda pair: pair[0].count("{"))
        ]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        plain = path.partition("?")[0].removeprefix(BASE)
        for pattern, methods in self._paths:
            if pattern.fullmatch(plain) and method.lower() in methods:
                found: dict[str, Any] = methods[method.lower()]
                return found
        return None

    def hold(self, method: str, path: str, answer: TestResponse) -> None:
        """Fail unless the answer is one that the document describes."""
        operation = self.operation(method, path)
        assert operation is not None, f"{method} {path} is not in the document"
        said = operation["responses"].get(str(answer.status_code))
        assert said is not None, f"{method} {path} answered {answer.status_code}: {answer.text[:500]}"
        if "$ref" in said:
            said = self.content["components"]["responses"][said["$ref"].rpartition("/")[2]]
        if "content" not in said:
            assert answer.data == b""
            return
        kind, described = next(iter(said["content"].items()))
        assert answer.mimetype == kind
        if kind.endswith("json"):
            validator = Draft202012Validator({**self.content, **described["schema"]})
            faults = [f"{list(fault.absolute_path)}: {fault.message}" for fault in validator.iter_errors(answer.json)]
            assert not faults, f"{method} {path}: {faults[:5]}"


@dataclass
class Caller:
    """A program with an officer's token."""

    client: FlaskClient
    document: Document
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.call("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **given: Any) -> TestResponse:
        headers = {} if key is None else {"Idempotency-Key": key}
        if body is not None:
            given["json"] = body
        return self.call("POST", path, headers=headers, **given)

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **given: Any) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.token}", **self.headers, **(headers or {})}
        answer = self.client.open(BASE + path, method=method, headers=sent, **given)
        self.document.hold(method, path, answer)
        return answer

    def done(self, path: str, body: Any = None, **given: Any) -> Any:
        """Post, and return what is answered; it has to succeed."""
        answer = self.post(path, body, **given)
        assert 200 <= answer.status_code < 300, answer.text
        return answer.json if answer.data else None

    def task_of(self, number: str) -> str:
        """The caller's task in a matter."""
        rows = self.get("/tasks", q=number, limit=200).json["items"]
        found = [row["task_id"] for row in rows if row["number"] == number]
        assert found, f"no task in {number}"
        return str(found[0])

    def finish(self, number: str, answers: dict[str, Any], **given: Any) -> Any:
        """Finish the caller's task in a matter."""
        return self.done(f"/tasks/{self.task_of(number)}/complete", {"answers": answers}, **given)


class Callers:
    """Callers by the officer's login."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.document = Document(site.app)
        self._known: dict[tuple[str, str], Caller] = {}

    def __call__(self, login: str, scope: str = "write") -> Caller:
        if (login, scope) not in self._known:
            self._known[login, scope] = Caller(self.site.app.test_client(), self.document, self.secret(login, scope))
        return self._known[login, scope]

    def secret(self, login: str, scope: str = "write", days: int = 30) -> str:
        with self.site.platform.engine.begin() as connection:
            officer = self.site.bureau.officers[login]
            made = api_tokens.create(connection, officer, "test", scope=scope, days=days, actor=str(officer))
        return made.secret
