"""A member of staff adds a keyword, sees what it would do, publishes it; the next imported message follows it."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, PHONE, OpenDesk
from tests.browser.test_life import RECEIVER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-keywords")]

INSPECTOR = "zhengyifan"
# Words that no rule of the demonstration has; by them alone nobody could say whose matter it is.
TITLE = "南门广场陀螺鞭响个不停"
LETTERS = {
    1: f"{TITLE},每天清早都有几个人在那里抽陀螺，老人孩子都被吓到。,鲍先生",
    2: "河滨步道天不亮就有人抽陀螺,我家住三楼，关着窗也听得清清楚楚，已经半个月没有睡好。,昝女士",
}
FILE = """工单编号,诉求标题,诉求内容,诉求人
YX-{number},{letter}
"""
UNIT = """
select u.name, m.automatic, m.judgement ->> 'keywords' as version
from matter m left join unit u on u.id = m.handling_unit_id where m.channel_number = :number
"""


def import_message(open_desk: OpenDesk, number: int) -> None:
    """Import a file of one message in the browser, as the channel's receiver does."""
    page = open_desk(RECEIVER).open("/imports")
    page.select_option("#channel", "hotline")
    content = FILE.format(number=number, letter=LETTERS[number]).encode()
    page.set_input_files("input[type=file]", {"name": f"{number}.csv", "mimeType": "text/csv", "buffer": content})
    page.click("#import-form button.btn-primary")
    expect(page.locator("#mapping")).to_be_visible()
    page.click("#mapping-form button.btn-primary")
    expect(page.get_by_text("已完成").first).to_be_visible(timeout=60_000)


def judged(bureau: sa.Engine, number: int) -> tuple[str | None, bool, int]:
    with bureau.connect() as connection:
        row = connection.execute(sa.text(UNIT), {"number": f"YX-{number}"}).one()
    return row.name, row.automatic, int(row.version)


def test_a_keyword_is_added_previewed_and_published_and_the_next_imported_message_follows_it(
    desk: OpenDesk, bureau: sa.Engine
) -> None:
    import_message(desk, 1)
    assert judged(bureau, 1) == (None, False, 1), "nobody knows yet whose matter it is"

    inspector = desk(INSPECTOR)
    inspector.expected = ("status of 422",)  # the form that was not filled in
    page = inspector.open("/bureau/keywords")
    page.click("text=新增规则")
    expect(page.locator("#agency")).to_be_hidden()  # only what this kind of rule needs
    page.fill("#words", "抽陀螺\n陀螺鞭")
    page.fill("#without", "陀螺仪")
    page.click("#keep")
    expect(page.locator("#errors")).to_contain_text("没有写承办单位")
    expect(page.locator("#words")).to_have_value("抽陀螺\n陀螺鞭")  # what was typed stays
    page.select_option("#unit", "public_order")
    page.select_option("#priority", "9")
    page.click("#keep")
    expect(page.locator("#changes")).to_contain_text("陀螺鞭")

    page.click("text=试一试")
    page.fill("#title", TITLE)
    page.click("#try-form button")
    expect(page.locator("#verdict-1 .verdict-owner")).to_have_text("治安大队")
    expect(page.locator("#verdict-1 mark").first).to_have_text("陀螺鞭")
    expect(page.locator("#verdict-2 .verdict-owner")).not_to_have_text("治安大队")

    page.goto(f"{inspector.base}/bureau/keywords/draft")
    page.click("text=看看对过去事项的影响")
    expect(page.locator("#would-move")).to_have_text("会改变 1 件的去向，其中 0 件改对了。", timeout=PATIENCE)
    expect(page.locator("#moved")).to_contain_text(TITLE)
    page.fill("#reason", "陀螺扰民归治安大队")
    page.click("#publish-form button")
    expect(page.locator("h1")).to_have_text("词库第 2 版")
    expect(page.locator("#differences")).to_contain_text("陀螺鞭")

    import_message(desk, 2)
    assert judged(bureau, 2) == ("治安大队", True, 2), "pushed by itself, to the unit of the new rule"
    page = inspector.open("/bureau/keywords?q=陀螺")
    row = page.locator("#keywords tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator("[data-label=命中]")).to_have_text(re.compile(r"^\s*1\s*$"))


def test_the_pages_fit_a_phone(desk: OpenDesk) -> None:
    page = desk(INSPECTOR, viewport=PHONE).open("/bureau/keywords")
    for path in ("", "/draft", "/draft/rules", "/draft/try", "/versions", "/versions/1"):
        page.goto(page.url.partition("/bureau")[0] + "/bureau/keywords" + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
