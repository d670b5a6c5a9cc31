"""The access table, held against every route and every role."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from engine.casework.roles import ROLES
from tests.webapp.conftest import Site
from webapp import access

ARGUMENTS = {
    "task_id": "0" * 32,
    "number": "MY2026-999999",
    "batch_id": 999999,
    "channel_code": "letters",
    "day": "2026-11-03",
    "explanation_id": 999999,
    "escalation_id": 999999,
    "attachment_id": 999999,
    "deployment_id": 1,
    "key": "clocks",
    "migration_id": 999999,
    "instance_id": 999999,
    "path": "processes/matter.bpmn",
    "verb": "extend",
    "rule_code": "999999",
    "draft_id": 999999,
    "preview_id": 999999,
    "version_number": 999999,
    "schedule_id": 999999,
    "filename": "robots.txt",
    "token_id": 999999,
    "kind": "rectification",
    "word_id": 999999,
    "model_id": 999999,
    "burst_id": 999999,
}
API = "api."
"""What is asked for with a token has its own tests, in tests/webapp/api."""


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every route as (endpoint, method, address)."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        assert isinstance(rule, Rule)
        if rule.endpoint.startswith(API):
            continue
        address = adapter.build(rule.endpoint, {name: ARGUMENTS[name] for name in rule.arguments})
        found += [(rule.endpoint, method, address) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(site: Site) -> None:
    endpoints = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert endpoints == access.TABLE.keys()


def test_an_endpoint_without_a_row_keeps_the_app_from_starting() -> None:
    app = Flask("forgetful")
    app.add_url_rule("/secret", "secret.page", lambda: "")
    with pytest.raises(access.UnlistedEndpointsError, match=r"secret\.page"):
        access.control(app)


def test_the_table_names_only_roles_that_exist() -> None:
    for endpoint, row in access.TABLE.items():
        assert row.roles <= ROLES.keys(), endpoint


def test_a_stranger_reaches_only_what_is_for_anyone(site: Site) -> None:
    for endpoint, method, address in routes(site.app):
        browser = site.client()
        answer = browser.get(address) if method == "GET" else browser.post(address)
        asked_to_log_in = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
        if access.TABLE[endpoint].anonymous:
            assert answer.status_code in {200, 302, 404, 422}, endpoint
        else:
            assert asked_to_log_in, f"{method} {address} answered {answer.status_code}"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_reaches_what_the_table_allows_and_nothing_else(site: Site, role: str) -> None:
    browser = site.client(role)
    missing = browser.get("/no/such/page").text
    for endpoint, method, address in routes(site.app):
        if endpoint in {"session.log_out", "session.open_new"}:
            continue
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert answer.status_code != 500, f"{method} {address}"
        if not access.TABLE[endpoint].allows({role}):
            assert answer.status_code == 404, f"{role} got {answer.status_code} from {method} {address}"
            assert heading(answer.text) == heading(missing)
        elif method == "GET" and "999999" not in address and "0" * 32 not in address and endpoint != "static":
            assert answer.status_code in {200, 302}, f"{role} got {answer.status_code} from {address}"


def heading(page: str) -> str:
    return page.partition("<h1>")[2].partition("</h1>")[0]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_menu_shows_just_what_may_be_opened(site: Site, role: str) -> None:
    browser = site.client(role)
    page = browser.get("/account").text
    menu = page.partition('<nav class="side"')[2].partition("</nav>")[0]
    for endpoint, address in [
        ("tasks.index", "/tasks"),
        ("imports.index", "/imports"),
        ("board.show", "/board"),
        ("oversight.audit", "/oversight/audit"),
        ("processes.index", "/processes"),
    ]:
        assert (f'href="{address}"' in menu) is access.TABLE[endpoint].allows({role}), endpoint
