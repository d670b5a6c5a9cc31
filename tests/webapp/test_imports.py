import csv
import io
import re

import pytest
from openpyxl import Workbook

from engine.casework.importing import run_batch
from tests.webapp.conftest import OFFICE, Browser, Site

ROWS = [
    ["信件编号", "信件标题", "信件内容", "来信时间", "来信人"],
    ["A1", "路灯坏了", "城东街道十字路口路灯坏了三天，请转有关部门。", "2026-03-02 08:00", "王一"],
    ["A2", "噪声", "楼下麻将馆每天半夜还在打牌，请派出所管一管。", "2026-03-02 09:00", "李二"],
    ["A3", "空的", "", "2026-03-02 10:00", "赵三"],
    ["A4", "=HYPERLINK(1)", "日期写错的一行，内容正常。", "not a date", "钱四"],
]
DRAFT = re.compile(r'name="draft" value="([^"]+)"')


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("gb18030")


def as_xlsx(rows: list[list[str]]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        assert book.active is not None
        book.active.append(["'" + cell if cell.startswith("=") else cell for cell in row])
    book.save(content)
    return content.getvalue()


def see(browser: Browser, content: bytes, name: str = "letters.csv", channel: str = "mayor") -> tuple[int, str]:
    answer = browser.post(
        "/imports/preview",
        {"channel": channel, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )
    return answer.status_code, answer.text


def mapping_of(page: str) -> dict[str, object]:
    """The selects of the preview as a browser would send them."""
    found: dict[str, object] = {"draft": DRAFT.search(page)[1]}  # type: ignore[index]
    for name, options in re.findall(r'(?s)<select[^>]+name="([^"]+)"[^>]*>(.*?)</select>', page):
        chosen = re.search(r'value="([^"]*)" selected', options)
        if chosen:
            found.setdefault(name, chosen[1])
    return found


def start(browser: Browser, content: bytes, name: str = "letters.csv") -> int:
    status, page = see(browser, content, name)
    assert status == 200, page
    answer = browser.post("/imports/run", mapping_of(page))
    assert answer.status_code == 302
    return int(answer.headers["Location"].rpartition("/")[2])


@pytest.mark.parametrize(("content", "name"), [(as_csv(ROWS), "letters.csv"), (as_xlsx(ROWS), "letters.xlsx")])
def test_a_file_is_previewed_without_storing_anything(site: Site, content: bytes, name: str) -> None:
    status, page = see(site.client("receiver"), content, name)
    assert status == 200
    assert "共 4 行" in page
    assert "其中 2 行有误" in page
    assert mapping_of(page)["map-body"] == "信件内容"
    assert mapping_of(page)["map-number"] == "信件编号"
    assert not site.rows("select 1 from matter")
    assert not site.rows("select 1 from import_batch")


def test_the_meaning_of_a_column_can_be_corrected_and_is_remembered(site: Site) -> None:
    rows = [["甲", "乙", "丙"], ["N1", "题", "城东派出所门口长期有人占道经营，请处理。"]]
    browser = site.client("receiver")
    _, page = see(browser, as_csv(rows))
    assert "没有一列对应" in page
    typed = mapping_of(page) | {"map-number": "甲", "map-title": "乙", "map-body": "丙"}
    again = browser.post("/imports/preview", typed)
    assert again.status_code == 200
    assert "没有一列对应" not in again.text
    assert browser.post("/imports/run", mapping_of(again.text)).status_code == 302
    kept = site.rows("select column_mapping from channel where code = 'mayor'")[0].column_mapping
    assert kept["body"] == ["丙"]
    _, page = see(browser, as_csv(rows))
    assert mapping_of(page)["map-body"] == "丙"


def test_an_import_is_queued_run_and_its_counts_add_up(site: Site) -> None:
    browser = site.client("receiver")
    batch = start(browser, as_csv(ROWS))
    queued = site.rows("select task_name, args from procrastinate_jobs")
    assert [(job.task_name, job.args) for job in queued] == [("run_import", {"batch_id": batch})]
    waiting = browser.get(f"/imports/{batch}").text
    assert 'hx-trigger="every 2s"' in waiting
    run_batch(site.platform.engine, site.platform.runtime, batch)
    done = browser.get(f"/imports/{batch}").text
    assert 'id="import-finished"' in done
    assert "hx-trigger" not in done.partition('id="import-counts"')[0].partition('id="import-progress"')[2]
    figures = re.findall(r"<b>(\d+)<small>行", done)
    assert sum(map(int, figures[:-1])) == int(figures[-1]) == 4
    assert "内容为空" in done


def test_the_same_file_again_adds_nothing(site: Site) -> None:
    browser = site.client("receiver")
    for _ in range(2):
        run_batch(site.platform.engine, site.platform.runtime, start(browser, as_csv(ROWS)))
    assert site.rows("select count(*) as n from matter")[0].n == 2
    second = site.rows("select counts from import_batch order by id desc limit 1")[0].counts
    assert second["duplicate"] == 2


def test_rows_that_failed_are_handed_out_harmless(site: Site) -> None:
    browser = site.client("receiver")
    batch = start(browser, as_csv(ROWS))
    run_batch(site.platform.engine, site.platform.runtime, batch)
    answer = browser.get(f"/imports/{batch}/errors.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["行号", "原因", "信件编号"]
    assert [row[2] for row in rows[1:]] == ["A3", "A4"]
    assert rows[2][3] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + b"0" * 100, b"only,a,header\n"])
def test_a_file_that_is_no_table_is_refused_with_a_reason(site: Site, content: bytes) -> None:
    browser = site.client("receiver")
    status, page = see(browser, content)
    if status == 200:  # a header without rows can be previewed, and is refused then
        answer = browser.post("/imports/run", mapping_of(page))
        status, page = answer.status_code, answer.text
    assert status == 422
    assert "error-summary" in page


def test_a_draft_is_for_who_uploaded_it(site: Site) -> None:
    _, page = see(site.client("receiver"), as_csv(ROWS))
    site.execute(
        "insert into holding (officer_id, role, unit_id) values (:o, 'receiver', :u)",
        o=site.bureau.officers["legal"],
        u=site.bureau.units[OFFICE],
    )
    assert site.client("legal").post("/imports/run", mapping_of(page)).status_code == 422
    assert not site.rows("select 1 from import_batch")


def test_only_its_receivers_and_the_inspectorate_see_an_import(site: Site) -> None:
    batch = start(site.client("receiver"), as_csv(ROWS))
    assert site.client("inspector").get(f"/imports/{batch}").status_code == 200
    site.execute("update holding set unit_id = :u where role = 'receiver'", u=site.bureau.units["交警大队"])
    other = site.client("receiver")
    assert other.get(f"/imports/{batch}").status_code == 404
    assert other.get(f"/imports/{batch}/errors.csv").status_code == 404
