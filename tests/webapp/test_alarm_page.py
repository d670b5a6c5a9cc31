"""What cannot wait stands on the matter's page and in the lists until a duty officer has taken note of it."""

import pytest

from tests.webapp.conftest import Site

BADGE = "紧急情况</span>"


@pytest.fixture
def number(site: Site) -> str:
    return site.register("楼下有人持刀砍人，请快来人，麻将馆噪声").number


def test_the_page_says_what_to_do_at_once(site: Site, number: str) -> None:
    page = site.client("inspector").get(f"/matters/{number}").text
    assert "请立即拨打110" in page
    assert "转110指挥中心出警" in page
    assert 'id="alarm-form"' in page
    assert "重大" not in page.partition('id="facts"')[0]
    assert site.rows("select severity from matter")[0].severity == "urgent"


def test_the_lists_have_a_badge_until_somebody_took_note(site: Site, number: str) -> None:
    for login in ("receiver", "inspector"):
        assert BADGE in site.client(login).get("/matters").text
    tasks = site.client("receiver").get("/tasks").text + site.client("liaison").get("/tasks").text
    assert BADGE in tasks
    answer = site.client("receiver").post(f"/matters/{number}/alarm", {"note": "已转110"}, follow_redirects=True)
    assert "已签收" in answer.text
    assert 'id="alarm-form"' not in answer.text
    page = site.client("inspector").get(f"/matters/{number}").text
    name = site.rows("select name from officer where login = 'receiver'")[0].name
    assert f"{name}于" in page
    assert "已转110" in page
    assert "签收紧急情况" in page  # in the history
    for login in ("receiver", "inspector"):
        assert BADGE not in site.client(login).get("/matters").text


def test_only_who_is_on_duty_takes_note_and_once(site: Site, number: str) -> None:
    page = site.client("director").get(f"/matters/{number}").text
    assert "等待受理部门的受理员或督察签收" in page
    assert 'id="alarm-form"' not in page
    assert site.client("director").post(f"/matters/{number}/alarm").status_code == 404
    assert site.client("receiver").post(f"/matters/{number}/alarm").status_code == 302
    again = site.client("inspector").post(f"/matters/{number}/alarm", follow_redirects=True)
    assert "已经有人签收" in again.text
    assert site.client("inspector").post("/matters/MY2026-999999/alarm").status_code == 404


def test_what_only_sounds_so_has_no_badge(site: Site) -> None:
    number = site.register("建议多办反家暴宣传讲座，麻将馆噪声").number
    assert BADGE not in site.client("receiver").get("/matters").text
    assert 'id="alarm"' not in site.client("inspector").get(f"/matters/{number}").text
