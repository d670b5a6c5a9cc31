"""Extending, pausing and resuming a matter's clock from its page: shown first, confirmed, and only by whoever may."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Clock
from tests.webapp.conftest import Site
from webapp.front_end import compile_catalogues

NOISE = "楼下麻将馆每天噪声扰民到半夜，请派出所管一管。"


@pytest.fixture
def number(site: Site) -> str:
    """A matter that the station handles."""
    Clock(site.platform.engine).set(datetime(2026, 3, 2, 1, tzinfo=UTC))
    return site.register(NOISE, handling_unit_id=site.bureau.units["城东派出所"], kind="petition").number


def due(site: Site, number: str) -> datetime:
    found: datetime = site.rows("select due_at from matter where number = :n", n=number)[0].due_at
    return found


def late_in(page: str) -> list[str]:
    """What the diagrams of an instance's page paint late."""
    found = re.search(r'<script[^>]*id="progress-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return [element for one in json.loads(found[1]) for element in one["late"]]


def test_the_page_offers_it_to_whoever_may_approve(site: Site, number: str) -> None:
    page = site.client("instructor").get(f"/matters/{number}").text
    assert f"/matters/{number}/clock/extend" in page
    assert f"/matters/{number}/clock/pause" in page
    assert f"/matters/{number}/clock/resume" not in page
    for login in ("liaison", "inspector", "handler"):
        assert "/clock/extend" not in site.client(login).get(f"/matters/{number}").text
    assert site.client("liaison").get(f"/matters/{number}/clock/extend").status_code == 404
    assert site.client("instructor").get(f"/matters/{number}/clock/nonsense").status_code == 404


def test_an_extension_is_shown_with_its_arithmetic_and_then_made(site: Site, number: str) -> None:
    browser, before = site.client("instructor"), due(site, number)
    form = browser.get(f"/matters/{number}/clock/extend").text
    assert "第三十四条" in form
    typed = {"amount": "10", "unit": "日", "reason": "案情复杂，需要鉴定"}
    shown = browser.post(f"/matters/{number}/clock/extend/preview", typed)
    assert shown.status_code == 200
    assert "延期10日" in shown.text
    assert "案情复杂，需要鉴定" in shown.text
    assert due(site, number) == before
    answer = browser.post(f"/matters/{number}/clock/extend", typed)
    assert answer.status_code == 302
    assert due(site, number) - before >= timedelta(days=10)
    page = browser.get(f"/matters/{number}").text
    assert "延期10日：案情复杂，需要鉴定" in page
    again = browser.post(f"/matters/{number}/clock/extend/preview", typed)
    assert again.status_code == 422
    assert "已经延期 1 次" in again.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "31", "unit": "日", "reason": "x"}, "最多延期30日"),
        ({"amount": "0", "unit": "日", "reason": "x"}, "必须大于零"),
        ({"amount": "", "unit": "", "reason": "x"}, "时限不能为空"),
        ({"amount": "3", "unit": "日", "reason": " "}, "请写明理由"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(site: Site, number: str, typed: dict[str, object], said: str) -> None:
    answer = site.client("instructor").post(f"/matters/{number}/clock/extend/preview", typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed["amount"]}"' in answer.text


def test_a_paused_matter_says_so_everywhere_and_is_not_late(site: Site, number: str) -> None:
    browser = site.client("instructor")
    shown = browser.post(f"/matters/{number}/clock/pause/preview", {"reason": "等待鉴定结论"})
    assert "不动" in shown.text
    assert browser.post(f"/matters/{number}/clock/pause", {"reason": "等待鉴定结论"}).status_code == 302
    Clock(site.platform.engine).move(timedelta(days=120))
    page = browser.get(f"/matters/{number}").text
    assert "计时已暂停" in page
    assert "等待鉴定结论" in page
    assert f"/matters/{number}/clock/resume" in page
    assert f"/matters/{number}/clock/extend" not in page
    assert "计时已暂停" in site.client("liaison").get("/tasks").text
    assert "超时 " not in site.client("liaison").get("/tasks").text
    assert "计时已暂停" in browser.get("/matters").text
    instance = site.rows("select instance_id from matter where number = :n", n=number)[0].instance_id
    assert late_in(site.client("inspector").get(f"/instances/{instance}").text) == []
    assert number not in browser.get("/matters?late=1").text
    assert site.platform.runtime.fire_due(worker="w", limit=100) == 0
    answer = browser.post(f"/matters/{number}/clock/resume", {"reason": "鉴定已出"})
    assert answer.status_code == 302
    assert "计时已暂停" not in browser.get("/tasks").text
    assert due(site, number) > Clock(site.platform.engine).now()
    assert late_in(site.client("inspector").get(f"/instances/{instance}").text) == []
    Clock(site.platform.engine).move(timedelta(days=120))
    assert late_in(site.client("inspector").get(f"/instances/{instance}").text) != []


def test_english_pages_say_all_of_it_in_english(site: Site, number: str) -> None:
    compile_catalogues()
    browser = site.client("instructor")
    browser.post("/language", {"language": "en"})
    typed = {"amount": "10", "unit": "日", "reason": "complex"}
    page = browser.post(f"/matters/{number}/clock/extend/preview", typed).text
    assert "reason: complex)" in page
    assert "Confirm: Extension" in page
    again = browser.post(f"/matters/{number}/clock/extend/preview", {**typed, "amount": "31"}).text
    assert "At most " in again


def test_one_clock_is_chosen_by_its_name_and_date(site: Site, number: str) -> None:
    browser, before = site.client("instructor"), due(site, number)
    form = browser.get(f"/matters/{number}/clock/extend").text
    task = site.rows("select task_id, due_at from work_item")[0]
    choices = form.partition('id="targets"')[2].partition("</fieldset>")[0]
    assert f'value="{task.task_id.hex}"' in choices
    assert "“签收”环节和它的提醒" in choices
    assert choices.count('type="radio"') == 2 + len(site.rows("select 1 from timer"))
    typed = {"target": task.task_id.hex, "amount": "2", "unit": "工作日", "reason": "民警出差"}
    shown = browser.post(f"/matters/{number}/clock/extend/preview", typed).text
    assert f'name="target" value="{task.task_id.hex}"' in shown
    assert re.search(r"办结期限</th>.*?不动", shown, re.DOTALL)
    assert site.rows("select due_at from work_item")[0].due_at == task.due_at
    assert browser.post(f"/matters/{number}/clock/extend", typed).status_code == 302
    assert site.rows("select due_at from work_item")[0].due_at > task.due_at
    assert due(site, number) == before
    page = browser.get(f"/matters/{number}").text
    assert "已延期，办结期限不变" in page
    assert "延期2工作日，办结期限不变：民警出差" in page
    gone = browser.post(f"/matters/{number}/clock/extend/preview", {**typed, "target": "nonsense"})
    assert gone.status_code == 422
    assert "请重新选择" in gone.text
