"""The search page: the box of every page, what it finds, shows and refuses, and how it does without an index."""

import re

import pytest
from click.testing import CliRunner
from flask import url_for

from engine.casework.petitioners import PetitionerFacts
from engine.casework.text_index import Follower, rebuild
from rules.text_index_store import current
from tests.webapp.conftest import STATION, TRAFFIC, Site
from webapp.cli import commands


class Searching:
    """The site, with a follower of its index."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.follower = Follower(site.platform.engine, site.platform.settings.text_index)

    def page(self, login: str, **given: object) -> str:
        with self.site.app.test_request_context():
            address = url_for("search.show", **given)
        answer = self.site.client(login).get(address)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def searching(site: Site):
    searching = Searching(site)
    yield searching
    searching.follower.close()


def total(page: str) -> int:
    found = re.search(r"找到 (\d+) 件", page)
    assert found is not None, page
    return int(found[1])


def hits(page: str) -> list[str]:
    return re.findall(r'<li class="hit".*?href="/matters/([^"]+)"', page, re.DOTALL)


def test_the_box_of_every_page_asks_the_search(searching: Searching) -> None:
    browser = searching.site.client("liaison")
    page = browser.get("/tasks").text
    assert re.search(r'<form class="search" role="search" action="/search" method="get">', page)
    assert "data-search" in page
    empty = browser.get("/search").text
    assert "可以这样搜" in empty
    assert "减号后面的词不能出现" in empty
    assert "找到" not in empty


def test_what_was_registered_is_found_and_marked_after_the_next_round(searching: Searching) -> None:
    searching.follower.round()
    number = searching.site.register("夜里麻将馆吵得睡不着，望月路 <b>12</b> 号。", title="望月路麻将馆").number
    searching.follower.round()
    page = searching.page("inspector", q="望月 麻将馆")
    assert hits(page) == [number]
    assert "<mark>望月</mark>路<mark>麻将馆</mark>" in page
    assert "夜里<mark>麻将馆</mark>吵得睡不着，<mark>望月</mark>路 &lt;b&gt;12&lt;/b&gt; 号。" in page
    assert 'value="望月 麻将馆"' in page
    assert hits(searching.page("inspector", q=number)) == [number]
    assert f"<mark>{number}</mark>" in searching.page("inspector", q=number)


def test_chips_count_and_lead_to_the_narrowed_search_and_back(searching: Searching) -> None:
    site = searching.site
    one = site.register(kind="request", handling_unit_id=site.bureau.units[STATION]).number
    two = site.register(
        "望月路麻将馆噪声，要投诉。", kind="complaint", handling_unit_id=site.bureau.units[TRAFFIC]
    ).number
    searching.follower.round()
    page = searching.page("inspector", q="麻将馆")
    assert set(hits(page)) == {one, two}
    complaint = re.search(r'<a href="([^"]*kind=complaint[^"]*)">投诉[^<]*<b>1</b>', page)
    assert complaint is not None
    narrowed = site.client("inspector").get(complaint[1].replace("&amp;", "&")).text
    assert hits(narrowed) == [two]
    back = re.search(r'<a href="([^"]*)" aria-current="true">投诉', narrowed)
    assert back is not None
    assert set(hits(site.client("inspector").get(back[1].replace("&amp;", "&")).text)) == {one, two}
    unit = site.bureau.units[TRAFFIC]
    assert f'<option value="{unit}">{TRAFFIC}（1）</option>' in page
    assert hits(searching.page("inspector", q="麻将馆", handling=unit)) == [two]
    none = searching.page("inspector", q="麻将馆", handling=unit, kind="request")
    assert total(none) == 0
    assert "没有找到" in none
    assert "清除筛选" in none


def test_a_unit_sees_no_trace_of_another_units_matter(searching: Searching) -> None:
    site = searching.site
    site.register("望月路麻将馆", handling_unit_id=site.bureau.units[STATION], kind="request")
    searching.follower.round()
    assert total(searching.page("handler", q="望月路")) == 1
    page = searching.page("traffic_handler", q="望月路")
    assert total(page) == 0
    assert not re.search(r'class="tabs" aria-label="按(状态|民意类型)', page)
    assert "您是不是要找" not in searching.page("traffic_handler", q="忘月路")
    assert "您是不是要找" in searching.page("handler", q="麻酱馆")


def test_a_masked_petitioner_is_neither_found_nor_shown(searching: Searching) -> None:
    site = searching.site
    person = PetitionerFacts(name="欧阳文静", phone="13912345678", address="城东街道九州花园3栋")
    number = site.register(petitioner=person).number
    searching.follower.round()
    for typed in ("欧阳文静", "139 1234 5678", "九州花园"):
        assert hits(searching.page("inspector", q=typed)) == [number]
        assert total(searching.page("director", q=typed)) == 0
    page = searching.page("inspector", q="139 1234 5678")
    assert "群众的电话相符" in page
    assert "欧阳" not in page


def test_did_you_mean_leads_to_what_finds_something(searching: Searching) -> None:
    number = searching.site.register("夜里吵闹", title="望月路麻将馆").number
    searching.follower.round()
    page = searching.page("inspector", q="麻酱馆")
    meant = re.search(r'您是不是要找：<a href="([^"]+)">麻将馆</a> <span class="meta">1 件', page)
    assert meant is not None
    assert hits(searching.site.client("inspector").get(meant[1].replace("&amp;", "&")).text) == [number]


def test_pages_of_results(searching: Searching) -> None:
    for _ in range(21):
        searching.site.register()
    searching.follower.round()
    first, second = (searching.page("inspector", q="麻将馆", page=page) for page in (1, 2))
    assert len(hits(first)) == 20
    assert len(hits(second)) == 1
    assert len({*hits(first), *hits(second)}) == 21
    assert "第 21–21 条，共 21 条" in second
    assert hits(searching.page("inspector", q="麻将馆", page=999)) == []


def test_without_an_index_the_page_says_so_and_answers_all_the_same(searching: Searching) -> None:
    number = searching.site.register(title="望月路麻将馆").number
    page = searching.page("inspector", q="望月路")
    assert "还没有索引" in page
    assert hits(page) == [number]
    assert "<mark>望月路</mark>" in page
    searching.follower.round()
    page = searching.page("inspector", q="望月路")
    assert 'id="without-index"' not in page
    assert hits(page) == [number]


def test_a_marked_query_is_refused_and_not_kept(searching: Searching) -> None:
    searching.follower.round()
    answer = searching.site.client("inspector").get("/search?q=绝密★三十年")
    assert answer.status_code == 422
    assert searching.site.rows("select * from search_entry") == []
    searching.page("inspector", q="望月路", kind="request")
    rows = searching.site.rows("select officer_id, asked, narrowed, found, at from search_entry")
    assert [(row.officer_id, row.asked, row.narrowed, row.found) for row in rows] == [
        (searching.site.bureau.officers["inspector"], "望月路", {"kind": "request"}, 0)
    ]


def test_nonsense_in_the_address_is_no_fault(searching: Searching) -> None:
    searching.follower.round()
    browser = searching.site.client("inspector")
    for given in ("q=%00", "q=a&kind=x&status=y", "q=a&channel=99999999999999999999", "q=a&since=x&until=9999-12-31",
                  "q=a&page=-1", "q=a&order=random&repeat=perhaps", "q=" + "a" * 3000, "channel=7"):  # fmt: skip
        assert browser.get(f"/search?{given}").status_code == 200, given


def test_the_command_builds_the_index_and_says_how_it_stands(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = site.platform.settings
    for name, value in (("DATABASE_URL", settings.database_url), ("VAR_DIR", str(settings.var))):
        monkeypatch.setenv(name, value)
    site.register()
    missing = CliRunner().invoke(commands, ["index", "status"])
    assert missing.exit_code == 1
    assert "minyi index rebuild" in missing.output
    built = CliRunner().invoke(commands, ["index", "rebuild"])
    assert built.exit_code == 0, built.output
    assert f"1 documents in {settings.text_index}" in built.output
    assert current(settings.text_index) is not None
    said = CliRunner().invoke(commands, ["index", "status"]).output
    assert said.startswith("1 documents, ")
    assert "up to date" in said
    site.register("另一件事")
    assert "behind by 1 matters" in CliRunner().invoke(commands, ["index", "status"]).output
    rebuild(site.platform.engine, settings.text_index)
    assert "up to date" in CliRunner().invoke(commands, ["index", "status"]).output
