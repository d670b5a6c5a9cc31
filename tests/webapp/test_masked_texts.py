"""Personal data in texts are covered for those who see the matter and have no business with the people in it."""

import pytest

from tests.webapp.conftest import Site

PHONE, PAPER, PLATE = "13987654321", "11010519491231002X", "苏D12345"
BODY = f"邻居电话{PHONE}，身份证{PAPER}，车牌{PLATE}，麻将馆噪声扰民，请管一管。"


@pytest.fixture
def number(site: Site) -> str:
    return site.register(BODY, title=f"麻将馆噪声，联系{PHONE}", place="城东街道").number


def test_whoever_has_no_business_with_the_people_reads_the_texts_covered(site: Site, number: str) -> None:
    browser = site.client("director")  # sees every matter, and nobody's personal data
    for path in ("/matters", f"/matters/{number}"):
        page = browser.get(path).text
        assert number in page
        assert "139****4321" in page
        for words in (PHONE, PAPER, PLATE):
            assert words not in page, f"{words} on {path}"
    page = browser.get(f"/matters/{number}").text
    assert "110105**********2X" in page
    assert "苏D***45" in page


def test_who_speaks_with_them_reads_them_in_full(site: Site, number: str) -> None:
    page = site.client("inspector").get(f"/matters/{number}").text
    for words in (PHONE, PAPER, PLATE):
        assert words in page
    assert PHONE in site.client("inspector").get("/matters").text


def test_what_officers_typed_is_covered_too(site: Site, number: str) -> None:
    browser = site.client("inspector")
    row = site.rows("select instance_id from matter where number = :number", number=number)[0]
    browser.post(f"/instances/{row.instance_id}/apply", {"verb": "suspend", "reason": f"等{PHONE}回电"})
    assert f"等{PHONE}回电" in browser.get(f"/matters/{number}").text
    page = site.client("director").get(f"/matters/{number}").text
    assert PHONE not in page
    assert "等139****4321回电" in page


def test_the_petitioner_in_full_is_a_trace_in_the_history(site: Site, number: str) -> None:
    site.client("inspector").post(f"/matters/{number}/petitioner")
    assert site.rows("select 1 from history_event where event = 'viewed'")
    assert site.client("director").post(f"/matters/{number}/petitioner").status_code == 302
    assert len(site.rows("select 1 from history_event where event = 'viewed'")) == 1


def test_finished_tasks_and_my_tasks_have_covered_titles(site: Site, number: str) -> None:
    page = site.client("unit_leader").get("/matters").text
    assert number not in page or PHONE not in page


def test_neither_do_comparison_bursts_nor_search_show_them(site: Site) -> None:
    text = f"鹭鸣桥东头堆了一大堆渣土，下雨就流到路面，找工头{PHONE}，身份证{PAPER}，车牌{PLATE}，没有人管。"
    title = f"鹭鸣桥东头堆了渣土，工头{PHONE}"
    first = site.register(text, title=title, place="").number
    second = site.register(f"再次反映：{text}", title=f"{title}没清", channel="letters", place="").number
    site.execute("insert into burst (noticed_at) values (now())")
    for _ in range(3):
        site.register(text + "请尽快。", title=title, place="")
    site.execute("delete from burst_member")
    site.execute(
        "insert into burst_member (matter_id, burst_id, shared) "
        "select id, (select max(id) from burst), array['鹭鸣桥', :phone] from matter",
        phone=PHONE,
    )
    burst = site.rows("select max(id) as id from burst")[0].id
    paths = (
        f"/matters/{second}",
        f"/matters/{second}/likeness?other={first}",
        f"/matters/{second}/likeness",
        "/bursts",
        f"/bursts/{burst}",
        "/search?q=渣土",
        f"/search?q={PHONE}",
    )
    director, inspector = site.client("director"), site.client("inspector")
    for path in paths:
        page = director.get(path).text.replace(f'value="{PHONE}"', "").replace(f"q={PHONE}", "")
        for words in (PHONE, PAPER, PLATE):
            assert words not in page.partition("<main")[2], f"{words} on {path}"
    assert "139****4321" in director.get(f"/bursts/{burst}").text
    assert "139****4321" in director.get("/search?q=渣土").text
    for path in (paths[1], paths[3], paths[4], paths[5]):
        page = inspector.get(path).text
        assert PHONE in page.replace("<mark>", "").replace("</mark>", ""), path


def test_nor_do_the_board_and_the_figures_of_learning(site: Site, number: str) -> None:
    site.execute(
        "insert into escalation (matter_id, step, step_name, level, due_at, fired_at, told) "
        "select id, 'accept', '受理', 'inspectorate', now(), now(), '[]' from matter"
    )
    browser = site.client("director")
    for path in ("/board", "/learning/matters"):
        page = browser.get(path).text
        assert "139****4321" in page, path
        assert PHONE not in page, path
    assert PHONE in site.client("inspector").get("/learning/matters").text
