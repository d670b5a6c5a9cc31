"""Tokens: made by an officer, shown once, kept as a hash, ended at any time; and what the API does without one."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from engine.casework import api_tokens
from engine.casework.errors import InvalidFacts
from engine.database import db
from engine.runtime import NotFound
from tests.webapp.api.caller import BASE, Callers
from tests.webapp.conftest import Site
from webapp.app import create_app
from webapp.security import limiter

SECRET = re.compile(r"minyi_[A-Za-z0-9_-]{43}")


def made(site: Site, login: str, **typed: object) -> str:
    """Make a token on the officer's own page."""
    answer = site.client(login).post("/account/tokens", {"name": "取数", "scope": "write", "days": "30", **typed})
    assert answer.status_code == 201, answer.text
    found = SECRET.search(answer.text)
    assert found is not None
    return found[0]


def asked(site: Site, token: str | None, path: str = "/me", method: str = "GET") -> TestResponse:
    sent = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return site.app.test_client().open(BASE + path, method=method, headers=sent)


def test_a_token_is_shown_once_and_kept_as_a_hash(site: Site) -> None:
    token = made(site, "handler")
    row = site.rows("select digest, hint, scope, name, expires_at - created_at as life from api_token")[0]
    assert bytes(row.digest) == hashlib.sha256(token.encode()).digest()
    assert (row.hint, row.scope, row.name, row.life.days) == (token[-4:], "write", "取数", 30)
    page = site.client("handler").get("/account/tokens").text
    assert "取数" in page
    assert token not in page
    me = asked(site, token).json
    assert (me["login"], me["token"]["scope"], me["roles"]) == ("handler", "write", ["handler"])


def test_what_is_wrong_with_a_new_token_is_said_at_its_field(site: Site) -> None:
    browser = site.client("handler")
    answer = browser.post("/account/tokens", {"name": " ", "scope": "all", "days": "9999999999999999999999"})
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert 'href="#scope"' in answer.text
    assert 'href="#days"' in answer.text
    assert site.rows("select 1 from api_token") == []


def test_no_more_tokens_than_anybody_can_watch(site: Site) -> None:
    officer = site.bureau.officers["handler"]
    with site.platform.engine.begin() as connection:
        for number in range(api_tokens.MOST_IN_FORCE):
            api_tokens.create(connection, officer, f"第 {number}", actor=str(officer))
        with pytest.raises(InvalidFacts, match="最多 20 个"):
            api_tokens.create(connection, officer, "再一个", actor=str(officer))


def test_a_revoked_token_is_none_and_both_are_on_record(site: Site) -> None:
    token = made(site, "handler")
    number = site.rows("select id from api_token")[0].id
    assert asked(site, token).status_code == 200
    assert site.client("liaison").post(f"/account/tokens/{number}/revoke").status_code == 404
    assert asked(site, token).status_code == 200
    assert site.client("handler").post(f"/account/tokens/{number}/revoke").status_code == 302
    assert asked(site, token).status_code == 401
    assert site.client("handler").post(f"/account/tokens/{number}/revoke").status_code == 404, "it has ended already"
    me = str(site.bureau.officers["handler"])
    events = site.rows("select event, actor from api_token_event order by id")
    assert [(row.event, row.actor) for row in events] == [("created", me), ("revoked", me)]


@pytest.mark.parametrize(("login", "status"), [("system_admin", 302), ("security_admin", 302), ("audit_admin", 404)])
def test_administrators_see_all_tokens_and_two_of_them_end_any(site: Site, login: str, status: int) -> None:
    token = made(site, "handler")
    number = site.rows("select id from api_token")[0].id
    browser = site.client(login)
    page = browser.get("/account/tokens/all").text
    assert "取数" in page
    assert ("data-confirm=" in page) is (status == 302)
    assert browser.post(f"/account/tokens/{number}/revoke", {"from": "everybody"}).status_code == status
    assert asked(site, token).status_code == (401 if status == 302 else 200)
    assert site.client("director").get("/account/tokens/all").status_code == 404


def test_without_a_token_there_is_nothing(site: Site) -> None:
    answer = asked(site, None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="minyi"'
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "no-token"
    for path in ("/nothing", "/tasks/x/claim", "/matters"):
        assert asked(site, None, path).status_code == 401, "a stranger does not learn which addresses there are"


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer minyi_x", "Basic aGFuZGxlcjp4", "minyi_x", "Bearer a b", "Bearer \x01"]
)
def test_what_is_no_token_is_refused(site: Site, header: str) -> None:
    answer = site.app.test_client().get(f"{BASE}/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_session_is_no_token(site: Site) -> None:
    number = site.register().number
    browser = site.client("receiver")
    task = site.rows("select task_id from work_item")[0].task_id.hex
    assert browser.get(f"/matters/{number}").status_code == 200
    for method, path in [("GET", "/me"), ("GET", "/tasks"), ("POST", f"/tasks/{task}/claim"), ("POST", "/matters")]:
        assert browser.client.open(BASE + path, method=method).status_code == 401, path
    assert site.rows("select 1 from work_item where assignee is not null") == []


def test_the_token_decides_who_calls_whatever_the_session_says(site: Site) -> None:
    token = made(site, "handler")
    browser = site.client("receiver")
    answer = browser.client.get(f"{BASE}/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["login"] == "handler"
    assert browser.get("/account").status_code == 200
    assert "receiver" in browser.get("/account").text, "and the session is what it was"


def test_a_token_ends_with_its_time_and_with_its_account(site: Site, callers: Callers) -> None:
    token = callers.secret("handler", days=7)
    other = callers.secret("liaison")
    assert asked(site, token).status_code == 200
    site.execute("insert into clock_shift (id, shift) values (1, interval '8 days')")
    assert asked(site, token).status_code == 401
    assert asked(site, other).status_code == 200
    site.execute("update officer set active = false where login = 'liaison'")
    assert asked(site, other).status_code == 401


def test_roles_are_those_of_the_moment(site: Site, callers: Callers) -> None:
    handler = callers("handler")
    assert handler.get("/tasks").status_code == 200
    site.execute("delete from holding where officer_id = :o", o=site.bureau.officers["handler"])
    assert handler.get("/tasks").status_code == 404


def test_a_token_to_read_changes_nothing(site: Site, callers: Callers) -> None:
    site.register()
    task = site.rows("select task_id from work_item")[0].task_id.hex
    reader = callers("receiver", "read")
    assert reader.get(f"/tasks/{task}").status_code == 200
    answer = reader.post(f"/tasks/{task}/claim")
    assert (answer.status_code, answer.json["code"]) == (403, "scope")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert reader.post("/matters", {"channel": "letters", "body": "x"}).status_code == 403
    assert site.rows("select 1 from work_item where assignee is not null") == []


def test_the_last_use_is_noted_once_a_minute(site: Site, callers: Callers) -> None:
    token = callers.secret("handler")
    assert site.rows("select last_used_at from api_token")[0].last_used_at is None
    asked(site, token)
    first = site.rows("select last_used_at from api_token")[0].last_used_at
    assert first is not None
    asked(site, token)
    assert site.rows("select last_used_at from api_token")[0].last_used_at == first
    site.execute("insert into clock_shift (id, shift) values (1, interval '2 minutes')")
    asked(site, token)
    assert site.rows("select last_used_at from api_token")[0].last_used_at > first


@pytest.fixture
def limited(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application as it runs outside of tests, where attempts are counted."""
    monkeypatch.setattr(limiter, "enabled", limiter.enabled)
    app = create_app(replace(site.app.config["MINYI"], testing=False))
    yield app
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


def test_whoever_guesses_has_to_wait(limited: Flask, callers: Callers) -> None:
    token = callers.secret("handler")

    def asks(sent: str, address: str = "192.0.2.1") -> TestResponse:
        headers = {"Authorization": f"Bearer {sent}"}
        return limited.test_client().get(f"{BASE}/me", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert {asks(token).status_code for _ in range(40)} == {200}, "good tokens are not counted"
    assert [asks("minyi_guess").status_code for _ in range(31)] == [401] * 30 + [429]
    told = asks(token)
    assert (told.status_code, told.json["code"]) == (429, "too-many")
    assert asks(token, "192.0.2.7").status_code == 200


def test_guesses_are_told_apart_nowhere_without_being_counted(limited: Flask, callers: Callers) -> None:
    client = limited.test_client()
    for method, path in [("GET", "/nothing"), ("DELETE", "/me")]:
        good, bad = (
            client.open(BASE + path, method=method, headers={"Authorization": f"Bearer {sent}"})
            for sent in (callers.secret("handler"), "minyi_guess")
        )
        assert good.status_code == bad.status_code == {"/nothing": 404, "/me": 405}[path]
        assert good.json["code"] == bad.json["code"]
        assert client.open(BASE + path, method=method).status_code == 401


def test_only_officers_in_service_get_tokens(site: Site) -> None:
    site.execute("update officer set active = false where login = 'legal'")
    with site.platform.engine.begin() as connection, pytest.raises(NotFound):
        api_tokens.create(connection, site.bureau.officers["legal"], "x", actor="system")
