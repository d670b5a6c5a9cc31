"""A process owner changes a limit in the browser: the difference, the touched matters, deploying, who keeps what."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Desk, OpenDesk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-decisions")]

OWNER = "xuezhiqiang"
RECEIVER = "wanglijuan"
TABLE = "/processes/1/decisions/clocks"
LATE = "clocks_rule_12_out_handling_late"
"""办理超期报教导员 of the rule for an ordinary request by the hotline: three working days."""
LATE_TIMER = sa.text(
    """
select t.due_at from timer t join matter m on m.instance_id = t.instance_id
where m.number = :number and t.expression like '%clocks.handling_late%'
"""
)


def cell(page: Page, identifier: str) -> Locator:
    return page.locator(f'td[data-element-id="{identifier}"]')


def write(page: Page, identifier: str, text: str) -> None:
    """Type a text over what stands in a cell, and wait until the draft is kept and the checker has answered."""
    before = int(page.locator("#table-editor").get_attribute("data-kept") or 0)
    place = cell(page, identifier)
    place.scroll_into_view_if_needed()
    place.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    kept = "before => Number(document.getElementById('table-editor').dataset.kept ?? 0) > before"
    page.wait_for_function(kept, arg=before)


def opened(desk: Desk, path: str = f"{TABLE}/edit") -> Page:
    page = desk.open(path)
    page.wait_for_selector("#table-editor[data-ready]")
    return page


def register(desk: Desk, title: str) -> str:
    """Register an ordinary request by the hotline for a unit, and return its number."""
    page = desk.open("/intake/new")
    page.select_option("[name=channel]", "hotline")
    page.fill("[name=title]", title)
    page.fill("[name=body]", f"{title}，影响附近居民出行，希望派出所派人看一看。")
    page.fill("[name=name]", "王小明")
    page.fill("[name=phone]", "13800138000")
    page.select_option("[name=kind]", "request")
    page.select_option("[name=severity]", "ordinary")
    page.select_option("[name=unit]", index=12)
    page.click("#intake-form button.btn-primary")
    page.wait_for_url(re.compile("/matters/"))
    return page.url.rsplit("/", 1)[1]


def last_day(bureau: sa.Engine, number: str) -> date:
    """The day at whose end the unit is late with a matter, as the database has it."""
    with bureau.connect() as connection:
        found: datetime = connection.execute(LATE_TIMER, {"number": number}).scalar_one()
    return (found.astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(seconds=1)).date()


def typed(owner: Desk) -> Page:
    """Type the new limit, at first wrongly; return the page, left and opened again, with what was typed."""
    page = owner.page
    # A cell that nobody can read is said at once, with the way to it, and keeps nothing from being typed on.
    write(page, LATE, "5工作日")
    problem = page.locator(f"#problems [data-cell={LATE}]")
    problem.wait_for()
    expect(problem).to_contain_text("第 12 条 办理超期报教导员")
    expect(cell(page, LATE)).to_have_attribute("data-wrong", "error")
    page.locator("#preview-form [name=note]").fill("办理超期改为五个工作日")
    page.click("#preview-form button.btn-primary")
    page.wait_for_selector("#errors")  # the checker reads every process; on a busy machine that takes its time
    expect(page.locator("#errors")).to_contain_text("第 12 条规则的输出")
    page.wait_for_selector("#table-editor[data-ready]")
    expect(cell(page, LATE)).to_have_text("5工作日")  # what was typed is there
    expect(page.locator("#preview-form [name=note]")).to_have_value("办理超期改为五个工作日")

    # The draft outlives the page.
    write(page, LATE, '"5工作日"')
    page.wait_for_selector("#problems .tag.tone-ok")
    page = opened(owner)
    expect(page.locator("#recovered")).to_be_visible()
    expect(cell(page, LATE)).to_contain_text("5工作日")
    expect(page.locator("#table-editor")).to_have_attribute("data-untranslated", "0")

    return page


def test_a_limit_is_changed_from_three_to_five_working_days(desk: OpenDesk, bureau: sa.Engine) -> None:
    receiver = desk(RECEIVER)
    running = register(receiver, "路口乱停放")
    before = last_day(bureau, running)

    owner = desk(OWNER)
    owner.expected = ("422",)  # a refused table comes back with this status
    owner.open("/processes/1").click("#decisions a[href$='/clocks']")
    owner.page.click("text=修改")
    page = owner.page
    page.wait_for_selector("#table-editor[data-ready]")
    expect(cell(page, LATE)).to_contain_text("3工作日")

    page = typed(owner)
    page.locator("#preview-form [name=note]").fill("办理超期改为五个工作日")
    page.click("#preview-form button.btn-primary")
    page.wait_for_selector("#differences")
    difference = page.locator("#differences tbody tr")
    expect(difference).to_have_count(1)
    expect(difference).to_contain_text("第 12 条 办理超期报教导员")
    expect(difference.locator("td").nth(0)).to_have_text("3工作日")
    expect(difference.locator("td").nth(1)).to_have_text("5工作日")
    touched = page.locator("#touched tbody tr")
    expect(touched).to_have_count(1)
    expect(touched).to_contain_text(before.isoformat())
    foreseen = touched.locator("td").last.inner_text()
    assert running not in page.content()
    assert last_day(bureau, running) == before

    page.click("#deploy-form button.btn-primary")
    page.wait_for_url(re.compile(r"/processes/2/decisions/clocks/touched"))
    expect(page.locator("#flashes")).to_contain_text("已部署第 2 版")
    expect(page.locator("#touched tbody tr")).to_have_count(1)
    expect(page.get_by_text("迁移到新版也不会马上改时限")).to_be_visible()
    page.get_by_role("link", name="比较").click()
    page.wait_for_url(re.compile(r"/migrations/new"))

    later = register(receiver, "巷口乱停放")
    assert last_day(bureau, running) == before
    assert last_day(bureau, later) > before
    assert foreseen.startswith(last_day(bureau, later).isoformat())

    page = opened(owner, "/processes/2/decisions/clocks/edit")
    expect(page.locator("#recovered")).to_be_hidden()  # the draft is done with
    expect(cell(page, LATE)).to_contain_text("5工作日")


def test_nothing_dmn_js_shows_is_left_in_english_and_nothing_breaks_the_policy(
    desk: OpenDesk, bureau: sa.Engine
) -> None:
    del bureau
    page = opened(desk(OWNER), "/processes/1/decisions/extension/edit")
    page.locator("#table-editor td.rule-index").first.click(button="right")
    expect(page.locator("#table-editor .context-menu")).to_contain_text("添加规则")
    page.keyboard.press("Escape")
    page.locator("#table-editor th.input-cell").first.click(button="right")
    expect(page.locator("#table-editor .context-menu")).to_contain_text("输入列")
    page.keyboard.press("Escape")
    page.locator("#table-editor th.input-cell").first.dblclick()
    expect(page.locator("#table-editor .context-menu")).to_contain_text("表达式")
    page.keyboard.press("Escape")
    page.locator("#table-editor .bjs-powered-by").click()
    expect(page.locator(".bjs-powered-by-lightbox")).to_be_visible()
    page.locator(".bjs-powered-by-lightbox .backdrop").click(position={"x": 5, "y": 5})
    expect(page.locator("#table-editor")).to_have_attribute("data-untranslated", "0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_is_read_and_tried_out_on_a_phone(desk: OpenDesk, scheme: str) -> None:
    page = desk("wanglijuan", viewport=PHONE, scheme=scheme).open(TABLE)
    page.fill("[name=in-3]", "request")
    page.fill("[name=in-4]", "urgent")
    page.click("#try-form button")
    expect(page.locator("tr.hit")).to_have_attribute("id", "rule-2")
    expect(page.locator("#outcome")).to_contain_text("24小时")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0  # nothing to be moved sideways
