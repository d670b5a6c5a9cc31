from datetime import timedelta

import pytest

from tests.webapp.conftest import PASSWORD, Site
from webapp.session import inside


def test_a_stranger_is_sent_to_the_log_in_and_comes_back(site: Site) -> None:
    browser = site.client()
    asked = browser.get("/tasks?tab=late")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/login?next=/tasks?tab%3Dlate"
    page = browser.get(asked.headers["Location"])
    assert 'name="next" value="/tasks?tab=late"' in page.text
    answer = browser.client.post(
        "/login",
        data={"csrf_token": browser._token, "login": "handler", "password": PASSWORD, "next": "/tasks?tab=late"},
    )
    assert answer.headers["Location"] == "/tasks?tab=late"


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(site: Site) -> None:
    wrong = site.client().post("/login", {"login": "handler", "password": "nonsense"})
    unknown = site.client().post("/login", {"login": "nobody", "password": "nonsense"})
    assert wrong.status_code == unknown.status_code == 422
    assert "账号或密码不对" in wrong.text
    assert "账号或密码不对" in unknown.text


def test_five_failures_lock_the_account_also_for_the_right_password(site: Site) -> None:
    browser = site.client()
    for _ in range(5):
        assert browser.post("/login", {"login": "handler", "password": "nonsense"}).status_code == 422
    assert browser.post("/login", {"login": "handler", "password": PASSWORD}).status_code == 422
    site.execute("update clock_shift set shift = interval '16 minutes'")
    site.execute("insert into clock_shift (id, shift) values (1, interval '16 minutes') on conflict do nothing")
    assert browser.post("/login", {"login": "handler", "password": PASSWORD}).status_code == 302


def test_the_session_cookie_is_not_for_scripts_or_other_sites(site: Site) -> None:
    browser = site.client()
    answer = browser.get("/login")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("minyi_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_session_ends_half_an_hour_after_the_last_request(site: Site) -> None:
    assert site.app.permanent_session_lifetime == timedelta(minutes=30)
    answer = site.client("handler").get("/tasks")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("minyi_session"))
    assert "Expires" in cookie


def test_logging_out_ends_the_session(site: Site) -> None:
    browser = site.client("handler")
    assert browser.get("/tasks").status_code == 200
    browser.post("/logout")
    assert browser.get("/tasks").status_code == 302


def test_an_account_that_was_closed_is_logged_out_at_its_next_request(site: Site) -> None:
    browser = site.client("handler")
    site.execute("update officer set active = false where login = 'handler'")
    assert browser.get("/tasks").status_code == 302


def test_a_new_password_ends_the_sessions_opened_under_the_old(site: Site) -> None:
    here, elsewhere = site.client("handler"), site.client("handler")
    new = "Copper-73-kettle"
    answer = here.post("/account/password", {"old": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 302
    assert here.get("/tasks").status_code == 200
    assert elsewhere.get("/tasks").status_code == 302
    assert site.client().post("/login", {"login": "handler", "password": new}).status_code == 302


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"old": "wrong", "new": "Copper-73-kettle", "again": "Copper-73-kettle"}, "原密码不对"),
        ({"old": PASSWORD, "new": "Copper-73-kettle", "again": "Copper-74-kettle"}, "两次输入的新密码不一样"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "密码至少 10 个字符"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(
    site: Site, given: dict[str, object], said: str
) -> None:
    answer = site.client("handler").post("/account/password", given)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_post_without_the_token_is_refused(site: Site) -> None:
    browser = site.client("handler")
    assert browser.client.post("/account/display", data={"locale": "en"}).status_code == 400


def test_the_language_follows_the_switch_and_stays_with_the_account(site: Site) -> None:
    browser = site.client("handler")
    assert '<html lang="zh-CN"' in browser.get("/tasks").text
    browser.post("/language", {"language": "en", "next": "/tasks"})
    assert '<html lang="en"' in browser.get("/tasks").text
    assert '<html lang="en"' in site.client("handler").get("/tasks").text


@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "//evil.test", "/\\evil.test", "\\/evil.test", "javascript:alert(1)", "tasks", "", None],
)
def test_nobody_is_sent_elsewhere_after_the_log_in(target: str | None) -> None:
    assert inside(target) is None


def test_a_path_of_the_site_is_followed() -> None:
    assert inside("/matters/MY2026-000001?task=1#task") == "/matters/MY2026-000001?task=1#task"
