"""The document is valid OpenAPI, says what the routes do, and both languages of it are whole."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.webapp.api.caller import BASE, Callers
from tests.webapp.conftest import Site
from webapp import intake
from webapp.api.matters import Registration
from webapp.api.operation import OPERATIONS

CHINESE = re.compile(r"[\u3400-\u9fff]")


def document(site: Site, language: str) -> dict[str, Any]:
    answer = site.app.test_client().get(f"{BASE}/openapi.json", headers={"Accept-Language": language})
    assert isinstance(answer.json, dict)
    return answer.json


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_it_is_valid_openapi(site: Site, language: str) -> None:
    validate(document(site, language), cls=OpenAPIV31SpecValidator)


def test_it_says_what_the_routes_do(site: Site) -> None:
    said = {
        (method.upper(), path): operation["operationId"]
        for path, methods in document(site, "en")["paths"].items()
        for method, operation in methods.items()
    }
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix(BASE)): rule.endpoint.removeprefix("api.")
        for rule in site.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert said == routes
    assert set(said.values()) == OPERATIONS.keys()


def test_each_language_is_whole(site: Site) -> None:
    assert not CHINESE.search(str(document(site, "en-US,en;q=0.5")))
    chinese, english = document(site, "zh"), document(site, "en")
    summaries = [one["summary"] for methods in chinese["paths"].values() for one in methods.values()]
    assert all(CHINESE.search(summary) for summary in summaries)
    assert chinese["paths"].keys() == english["paths"].keys()


def test_what_is_declared_for_registering_is_what_the_form_asks() -> None:
    asked = {component.key for component in intake.intake_form().fields}
    assert Registration.model_fields.keys() == asked


def test_the_page_for_people_names_every_operation_and_problem(site: Site) -> None:
    page = site.client("legal").get(f"{BASE}/").text
    for operation in OPERATIONS.values():
        assert f'id="{operation.name}"' in page
        assert f"{operation.method} {operation.path}" in page
    assert 'id="already-done"' in page
    assert site.client().get(f"{BASE}/").status_code == 302


def test_a_problem_links_to_what_it_means(callers: Callers) -> None:
    answer = callers("handler").get("/matters/MY1999-1")
    assert answer.mimetype == "application/problem+json"
    assert answer.json["type"] == f"{BASE}/#not-found"
    assert answer.json["instance"] == f"{BASE}/matters/MY1999-1"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("en", "en"), ("en-US,en;q=0.9,zh;q=0.1", "en"), ("zh-TW", "zh-CN"), ("fr", "zh-CN"), ("", "zh-CN")],
)
def test_a_problem_is_in_the_language_that_is_asked_for(callers: Callers, accepted: str, language: str) -> None:
    caller = callers("handler")
    for answer in (caller.get("/matters/x"), caller.get("/tasks", limit=0), caller.post("/tasks/x/claim")):
        assert answer.headers["Content-Language"] == "zh-CN", "the officer's own, where none is asked for"
    caller.headers["Accept-Language"] = accepted
    for answer in (
        caller.get("/matters/x"),
        caller.get("/tasks", limit=0, tab="nonsense", colour="red"),
        caller.get("/tasks", cursor="nonsense"),
    ):
        assert answer.headers["Content-Language"] == language
        for text in (
            answer.json["title"],
            answer.json["detail"],
            *(one["detail"] for one in answer.json.get("errors", [])),
        ):
            assert bool(CHINESE.search(text)) is (language == "zh-CN"), text


def test_without_a_wish_the_officers_language_is_spoken(site: Site, callers: Callers) -> None:
    site.execute("update officer set locale = 'en' where login = 'handler'")
    assert not CHINESE.search(callers("handler").get("/matters/x").json["detail"])
