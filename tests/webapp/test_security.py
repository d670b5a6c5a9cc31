import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.webapp.conftest import Site
from webapp.app import create_app
from webapp.current import current_platform
from webapp.platform import connect
from webapp.settings import Settings

PAGES = [
    "/tasks",
    "/account",
    "/notices",
    "/bureau/units",
    "/bureau/officers",
    "/calendar",
    "/processes",
    "/processes/1",
]


@pytest.mark.parametrize("page", ["/login", *PAGES])
def test_every_page_carries_the_headers(site: Site, page: str) -> None:
    answer = site.client(None if page == "/login" else "handler").get(page)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", ["/login", *PAGES])
def test_no_page_has_inline_script_or_style(site: Site, page: str) -> None:
    text = site.client(None if page == "/login" else "handler").get(page).text
    assert not re.search(r"<[^>]+\sstyle\s*=", text)
    assert not re.search(r"<[^>]+\son[a-z]+\s*=", text)
    assert "<style" not in text
    for script in re.findall(r"<script[^>]*>", text):
        assert 'src="' in script or 'type="application/json"' in script, script


def test_a_failure_shows_nothing_of_its_cause(site: Site) -> None:
    site.execute("drop table notice cascade")
    answer = site.client().get("/login")
    assert answer.status_code == 200
    broken = site.client().post("/login", {"login": "handler", "password": "Beacon-42-lantern"})
    assert broken.status_code == 500
    assert "notice" not in broken.text
    assert "Traceback" not in broken.text
    assert "系统出了故障" in broken.text


def test_a_database_that_is_away_is_said_plainly(tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://nobody@/minyi?host={tmp_path}"
    settings = Settings(database_url=nowhere, secret_key="x", var=tmp_path, attachments=tmp_path, testing=True)
    answer = create_app(settings).test_client().get("/health")
    assert answer.status_code == 503
    assert "数据库暂时不能用" in answer.text


def test_what_citizens_write_is_shown_as_text(site: Site) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    number = site.register(body=f"{attack}门口噪声", title=attack, place=attack).number
    page = site.client("inspector").get(f"/matters/{number}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_connections_that_died_while_idle_are_replaced_without_a_word(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.current.IDLE", 0.0)
    browser = site.client("handler")
    assert browser.get("/tasks").status_code == 200
    killer = sa.create_engine(site.platform.engine.url, isolation_level="AUTOCOMMIT")
    with killer.connect() as connection:
        connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
    killer.dispose()
    assert browser.get("/tasks").status_code == 200


def test_an_error_of_the_database_names_nobody_in_the_log(site: Site) -> None:
    statement, values = sa.text("select 1 / (length(:name) - 3)"), {"name": "王小明"}
    with site.app.app_context():
        platforms = [current_platform(), connect(current_platform().settings)]
    for platform in platforms:
        with platform.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
            connection.execute(statement, values)
        assert "select 1" in str(caught.value)
        assert "王小明" not in str(caught.value)
    platforms[1].engine.dispose()


def test_a_proxy_that_nobody_has_told_of_is_warned_about_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    client = site.app.test_client()
    client.get("/login")
    assert "TRUSTED_PROXIES" not in caplog.text
    for _ in range(3):
        client.get("/login", headers={"X-Forwarded-For": "10.1.2.3"})
    assert caplog.text.count("set TRUSTED_PROXIES=1") == 1
    assert "10.1.2.3" not in caplog.text
    caplog.clear()
    told = replace(site.platform.settings, trusted_proxies=1)
    create_app(told).test_client().get("/login", headers={"X-Forwarded-For": "10.1.2.3"})
    assert "TRUSTED_PROXIES" not in caplog.text
