"""Is it the same thing? The card, the page with both texts, the buttons, and bursts; over HTTP."""

import re

import pytest

from tests.webapp.conftest import Site
from webapp.front_end import compile_catalogues

HEAP = ("鹭鸣桥头堆了渣土", "鹭鸣桥东头堆了一大堆渣土，下雨就流到路面，电动车容易滑倒，已经堆了半个月没有人管。")
AGAIN = ("鹭鸣桥渣土没人清理", "我每天经过鹭鸣桥，桥东头的渣土还在，一下雨满路泥水，请尽快安排清理。")
STORM = "滨江公寓地下车库{}进水，水泵坏了，物业不修，车被泡了。"


def write(site: Site, title: str, body: str, **given: object) -> str:
    return site.register(body, title=title, place="", **given).number


@pytest.fixture
def pair(site: Site) -> tuple[str, str]:
    return write(site, *HEAP), write(site, *AGAIN)


def card(page: str) -> str:
    return page.partition('id="likeness"')[2].partition("</section>")[0]


def test_the_receiver_is_asked_sees_both_texts_and_says_that_they_are_the_same(
    site: Site, pair: tuple[str, str]
) -> None:
    first, second = pair
    browser = site.client("receiver")
    shown = card(browser.get(f"/matters/{second}").text)
    assert "可能是同一件事" in browser.get(f"/matters/{second}").text
    assert first in shown
    assert "鹭鸣桥" in shown
    assert "不是同一件事" in shown
    page = browser.get(f"/matters/{second}/likeness?other={first}").text
    both = re.findall(r'<section class="card" id="(?:ours|theirs)">.*?</section>', page, re.DOTALL)
    assert len(both) == 2
    assert all("<mark>鹭鸣桥</mark>" in one for one in both)
    assert "本件成为重复件" in page
    answer = browser.post(f"/matters/{second}/likeness/same", {"other": first})
    assert answer.status_code == 302
    page = browser.get(f"/matters/{second}").text
    assert "已关联为重复件" in page
    assert "等待中" in page
    assert site.rows("select status from matter where number = :n", n=second)[0].status == "waiting"


def test_what_is_not_the_same_is_asked_no_more(site: Site, pair: tuple[str, str]) -> None:
    first, second = pair
    browser = site.client("receiver")
    assert browser.post(f"/matters/{second}/likeness/different", {"other": first}).status_code == 302
    page = browser.get(f"/matters/{second}").text
    assert "可能是同一件事" not in page
    assert "verb=" not in card(page)
    assert f"/matters/{second}/likeness/same" not in card(page)
    assert "认定不是同一件事" in page.partition('id="history"')[2]


def test_unlinking_needs_a_reason_keeps_what_was_typed_and_puts_the_matter_back(
    site: Site, pair: tuple[str, str]
) -> None:
    first, second = pair
    browser = site.client("receiver")
    browser.post(f"/matters/{second}/likeness/same", {"other": first})
    page = browser.get(f"/matters/{second}/likeness?other={first}").text
    assert 'id="unlink-form"' in page
    refused = browser.post(f"/matters/{second}/likeness/unlink", {"other": first, "reason": " "})
    assert refused.status_code == 422
    assert "请写明解除关联的理由" in refused.text
    refused = browser.post(f"/matters/{second}/likeness/unlink", {"other": first, "reason": "机密★10年 不是一处"})
    assert refused.status_code == 422
    assert "不是一处</textarea>" in refused.text
    answer = browser.post(f"/matters/{second}/likeness/unlink", {"other": first, "reason": "不是同一座桥"})
    assert answer.status_code == 302
    page = browser.get(f"/matters/{second}").text
    assert "不是同一座桥" in page.partition('id="history"')[2]
    assert [row.step for row in site.rows("select step from work_item order by step")] == ["accept", "accept"]


def test_any_two_matters_can_be_compared_by_number(site: Site, pair: tuple[str, str]) -> None:
    first, second = pair
    browser = site.client("inspector")
    page = browser.get(f"/matters/{first}").text
    assert "与其他事项比较" in page
    assert 'name="other"' in browser.get(f"/matters/{first}/likeness").text
    unknown = browser.get(f"/matters/{first}/likeness?other=MY1900-000001")
    assert unknown.status_code == 404
    assert 'value="MY1900-000001"' in unknown.text
    assert browser.get(f"/matters/{first}/likeness?other={second}").status_code == 200
    itself = browser.get(f"/matters/{first}/likeness?other={first}")
    assert itself.status_code == 404
    assert browser.post(f"/matters/{first}/likeness/nonsense", {"other": second}).status_code == 404


def test_whoever_may_see_but_not_decide_is_shown_no_button(site: Site, pair: tuple[str, str]) -> None:
    first, second = pair
    browser = site.client("director")
    page = browser.get(f"/matters/{second}").text
    assert first in card(page)
    assert "/likeness/same" not in page
    assert 'id="decide"' not in browser.get(f"/matters/{second}/likeness?other={first}").text
    for verb in ("same", "different", "unlink"):
        answer = browser.post(f"/matters/{second}/likeness/{verb}", {"other": first, "reason": "x"})
        assert answer.status_code == 404
    for login in ("handler", "liaison"):
        assert site.client(login).get(f"/matters/{second}/likeness?other={first}").status_code == 404


def test_an_accusation_is_on_no_page_of_whom_it_accuses(site: Site, pair: tuple[str, str]) -> None:
    first, second = pair
    site.execute(
        "insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :n",
        unit=site.bureau.units["民意办"],
        n=first,
    )
    browser = site.client("receiver")
    page = browser.get(f"/matters/{second}").text
    assert first not in page
    assert HEAP[0] not in page
    unknown = browser.get(f"/matters/{second}/likeness?other=MY1900-000001")
    hidden = browser.get(f"/matters/{second}/likeness?other={first}")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace(first, "#").count("#") == unknown.text.replace("MY1900-000001", "#").count("#")
    assert HEAP[0] not in hidden.text
    for verb in ("same", "different"):
        answer = browser.post(f"/matters/{second}/likeness/{verb}", {"other": first})
        assert answer.status_code == 404
    assert browser.get(f"/matters/{first}/likeness?other={second}").status_code == 404
    site.execute("update officer set unit_id = :unit where login = 'inspector'", unit=site.bureau.units["督察大队"])
    inspector = site.client("inspector")
    assert first in card(inspector.get(f"/matters/{second}").text)
    # Even after somebody else has linked the two.
    inspector.post(f"/matters/{second}/likeness/same", {"other": first})
    assert first not in browser.get(f"/matters/{second}").text


def test_the_number_of_an_accusing_primary_is_not_told_either(site: Site) -> None:
    first, second = (write(site, *HEAP, channel=channel) for channel in ("letters", "mayor"))
    page = site.client("receiver").get(f"/matters/{second}").text
    assert f"与 {first} 相似度" in page
    site.execute(
        "insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :n",
        unit=site.bureau.units["民意办"],
        n=first,
    )
    assert first not in site.client("receiver").get(f"/matters/{second}").text


def test_a_burst_is_listed_shown_and_named_on_its_matters(site: Site) -> None:
    browser = site.client("inspector")
    assert "没有集中反映的事" in browser.get("/bursts").text
    numbers = [write(site, f"滨江公寓车库进水{n}", STORM.format("又" * n)) for n in range(6)]
    page = browser.get("/bursts").text
    assert "滨江公寓车库进水0" in page
    assert "滨江公寓" in page
    link = re.search(r'href="(/bursts/\d+)"', page)
    assert link
    page = browser.get(link[1]).text
    assert all(number in page for number in numbers)
    matter = browser.get(f"/matters/{numbers[2]}").text
    assert "属于集中反映的事件" in matter
    assert link[1] in matter
    assert "集中反映同一件事" in browser.get("/notices").text
    site.execute(
        "insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :n",
        unit=site.bureau.units["民意办"],
        n=numbers[5],
    )
    receiver = site.client("receiver")
    assert numbers[5] not in receiver.get(link[1]).text
    assert "5 件" in receiver.get(link[1]).text
    site.execute(
        "insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :n",
        unit=site.bureau.units["民意办"],
        n=numbers[4],
    )
    assert receiver.get(link[1]).status_code == 404
    assert receiver.get("/bursts/999").status_code == 404
    assert "滨江公寓" not in receiver.get("/bursts").text
    assert "属于集中反映的事件" not in receiver.get(f"/matters/{numbers[0]}").text


def test_english_pages_are_english(site: Site, pair: tuple[str, str]) -> None:
    compile_catalogues()
    first, second = pair
    browser = site.client("receiver")
    browser.post("/language", {"language": "en"})
    assert "May be the same thing" in browser.get(f"/matters/{second}").text
    assert "Why they are alike" in browser.get(f"/matters/{second}/likeness?other={first}").text
    assert "Nothing is being reported in numbers" in browser.get("/bursts").text
    refused = browser.post(f"/matters/{second}/likeness/unlink", {"other": first, "reason": "x"})
    assert "not linked" in refused.text
