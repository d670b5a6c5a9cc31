"""How much is left, in the unit of its clock; and the small calculator of the calendar page."""

import re

from tests.webapp.conftest import Site


def test_from_a_day_so_many_working_days_with_the_arithmetic(site: Site) -> None:
    page = site.client("receiver").get("/calendar?from=2025-09-26&n=6").text
    assert "第 6 个工作日是 2025-10-11" in page or "10月11日" in page.partition('id="the-day"')[2][:300]
    assert "10月1日—10月8日" in page
    assert "9月28日（周日）调休上班，计入" in page


def test_the_inverse_counts_them(site: Site) -> None:
    page = site.client("receiver").get("/calendar?since=2025-09-26&until=2025-10-11").text
    assert "其间有 6 个工作日" in page
    assert "10月11日（周六）调休上班，计入" in page
    assert "到期" not in page.partition('id="the-count"')[2].partition("</form>")[0]
    assert "其间有 0 个工作日" in site.client("receiver").get("/calendar?since=2025-09-26&until=2025-09-26").text


def test_what_cannot_be_counted_says_so_and_stays(site: Site) -> None:
    browser = site.client("receiver")
    for n in ("0", "1001", "abc", "99999999999999999999", "-3"):
        page = browser.get(f"/calendar?from=2025-09-26&n={n}").text
        assert "请填 1 到 1000" in page, n
        assert f'value="{n}"' in page
    assert "最多相隔十年" in browser.get("/calendar?since=2025-09-26&until=2045-09-26").text
    assert "最多相隔十年" in browser.get("/calendar?since=2025-09-26&until=2024-09-26").text
    assert browser.get("/calendar?from=nonsense&n=5&since=x&until=9999-99-99").status_code == 200
    assert browser.get("/calendar?from=9999-12-31&n=1000").status_code == 200


def test_the_badges_say_how_much_is_left_in_the_unit_of_the_clock(site: Site) -> None:
    number = site.register().number
    pages = {login: site.client(login).get("/tasks").text for login in ("receiver", "liaison")}
    tip = (
        next(page for page in pages.values() if number in page)
        .partition('role="tooltip"')[2]
        .partition("</span></span>")[0]
    )
    assert re.search(r'class="tip-left">(还剩|剩余|今日到期|已超)', tip), tip
    page = site.client("inspector").get(f"/matters/{number}").text
    assert re.search(r'id="time-left"><summary>(还剩|今日到期)', page)
    assert "现在" in page.partition('id="time-left"')[2].partition("</details>")[0]
