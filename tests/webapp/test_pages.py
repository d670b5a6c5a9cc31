"""Lists, the board, the calendar, the bureau's data: what they show of a matter whose time runs out."""

import io
import re
from datetime import timedelta

import pytest

from engine.casework.commands import fire_all
from tests.conftest import Clock
from tests.webapp.conftest import STATION, Site
from tests.webapp.markup import forms_in_paragraphs
from tests.webapp.test_journey import WORK, finish, open_task, sign, work


@pytest.fixture
def late(site: Site) -> str:
    """A matter nobody has signed for in ten days; reminders and escalations have fired."""
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    Clock(site.platform.engine).move(timedelta(days=10))
    fire_all(site.platform.runtime, worker="test")
    return number


def test_my_tasks_lists_what_waits_with_its_deadline(site: Site, late: str) -> None:
    page = site.client("liaison").get("/tasks").text
    assert late in page
    assert "共 2 件，其中 1 件已超时" in page
    assert re.search(r'<tr data-row class="late"', page)
    assert "超时" in page
    assert late in site.client("liaison").get("/tasks?tab=late").text
    assert late not in site.client("liaison").get("/tasks?tab=today").text
    assert late not in site.client("liaison").get("/tasks?q=nothing").text
    assert "没有符合条件的任务" in site.client("liaison").get("/tasks?q=nothing").text
    assert "没有要办的任务" in site.client("traffic_handler").get("/tasks").text


def test_finished_tasks_stay_in_a_tab_of_their_own(site: Site) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    sign(site, number)
    page = site.client("liaison").get("/tasks?tab=done").text
    assert number in page
    assert "完成时间" in page


def test_the_board_shows_who_was_told_and_takes_one_word_of_note(site: Site, late: str) -> None:
    leader = site.client("bureau_leader")
    page = leader.get("/board").text
    assert late in page
    name = site.rows("select name from officer where login = 'bureau_leader'")[0].name
    assert f"已告知 {name}" in page
    escalation = re.search(r"/board/(\d+)/acknowledge", page)
    assert escalation is not None
    assert leader.post(escalation[0], {"note": "请今天内签收。"}).status_code == 302
    assert "请今天内签收。" in leader.get("/board").text
    assert leader.post(escalation[0], {"note": "再来一次"}).status_code == 302
    kept = site.rows("select note, acknowledged_by from escalation where acknowledged_at is not null")
    assert [row.note for row in kept] == ["请今天内签收。"]
    history = site.client("inspector").get(f"/matters/{late}").text
    assert "督办签收" in history
    assert "请今天内签收。" in history


def test_nobody_takes_note_of_what_they_do_not_supervise(site: Site, late: str) -> None:
    del late
    escalation = site.rows("select id from escalation order by id desc limit 1")[0].id
    site.execute("update holding set unit_id = :u where role = 'instructor'", u=site.bureau.units["交警大队"])
    assert site.client("instructor").post(f"/board/{escalation}/acknowledge", {"note": "x"}).status_code == 404


def test_the_fire_ledger_has_each_timer_once(site: Site, late: str) -> None:
    page = site.client("inspector").get("/oversight/fires").text
    assert page.count(f"/matters/{late}") == len(site.rows("select 1 from fire")) > 0
    outsider = site.client("process_owner").get("/oversight/fires").text
    assert late not in outsider


def test_a_notice_is_read_and_leads_to_its_matter(site: Site, late: str) -> None:
    browser = site.client("instructor")
    page = browser.get("/notices").text
    assert late in page
    notice = re.search(r'name="notice" value="(\d+)"', page)
    assert notice is not None
    answer = browser.post("/notices/read", {"notice": notice[1], "number": late})
    assert answer.headers["Location"] == f"/matters/{late}"
    assert browser.post("/notices/read").headers["Location"] == "/notices"
    assert "未读 0 条" in browser.get("/notices").text


def test_the_matter_page_shows_the_diagram_as_it_stands(site: Site, late: str) -> None:
    page = site.client("liaison").get(f"/matters/{late}").text
    data = page.partition('id="progress-data">')[2].partition("</script>")[0]
    assert '"late": ["sign"]' in data
    assert '"late": ["handling"]' in data
    assert "环节列表" in page
    assert "时限怎么算的" in page


def test_a_step_is_handed_on_by_a_form_that_stands_in_no_paragraph(site: Site, late: str) -> None:
    site.execute(
        "insert into holding (officer_id, role, unit_id) values (:o, 'liaison', :u)",
        o=site.bureau.officers["handler2"],
        u=site.bureau.units[STATION],
    )
    page = site.client("liaison").get(f"/matters/{late}").text
    assert "/assign" in page
    assert forms_in_paragraphs(page) == []


def test_the_library_is_browsed_by_kind_unit_and_state(site: Site, late: str) -> None:
    browser = site.client("inspector")
    assert late in browser.get("/matters").text
    assert late in browser.get(f"/matters?kind=request&handling={site.bureau.units[STATION]}&late=1").text
    assert late not in browser.get("/matters?kind=praise").text
    assert late not in browser.get("/matters?status=closed").text
    assert late in browser.get(f"/matters?q={late}").text
    assert "没有符合条件的事项" in browser.get("/matters?since=2099-01-01").text
    assert late not in site.client("traffic_handler").get("/matters").text


def test_a_look_at_the_petitioner_in_full_stays_in_the_history(site: Site, late: str) -> None:
    browser = site.client("liaison")
    assert "王小明" not in browser.get(f"/matters/{late}").text
    shown = browser.post(f"/matters/{late}/petitioner")
    assert "王小明" in shown.text
    assert "13800138000" in shown.text
    assert site.rows("select 1 from history_event where event = 'viewed'")
    assert site.client("unit_leader").post(f"/matters/{late}/petitioner").status_code == 302
    assert len(site.rows("select 1 from history_event where event = 'viewed'")) == 1


def test_a_notice_of_holidays_shows_what_it_moves_and_then_moves_it(site: Site) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    due = site.rows("select due_at from work_item")[0].due_at
    off = (due - timedelta(hours=1)).date()
    typed = {"year": off.year, "source": "测试通知", "notice": f"{off:%Y-%m-%d} 休 测试假"}
    browser = site.client("inspector")
    preview = browser.post("/calendar/preview", typed)
    assert preview.status_code == 200
    assert number in preview.text
    assert site.rows("select due_at from work_item")[0].due_at == due
    assert browser.post("/calendar/apply", typed).status_code == 302
    assert site.rows("select due_at from work_item")[0].due_at > due
    page = browser.get(f"/calendar?year={off.year}").text
    assert "测试通知" in page
    assert "测试假" in page


def test_a_notice_that_cannot_be_read_names_the_line(site: Site) -> None:
    typed = {"year": 2027, "source": "通知", "notice": "2027-02-05 休 春节\n二月六日放假"}
    answer = site.client("inspector").post("/calendar/preview", typed)
    assert answer.status_code == 422
    assert "第 2 行" in answer.text
    assert "二月六日放假</textarea>" in answer.text


def test_a_year_without_a_notice_says_that_it_is_provisional(site: Site) -> None:
    year = site.rows("select year from calendar_year where status = 'provisional' order by year limit 1")[0].year
    page = site.client("handler").get(f"/calendar?year={year}").text
    assert "暂定" in page
    assert "国务院放假通知公布前" in page


def test_history_is_checked_on_demand_and_a_change_is_found(site: Site, late: str) -> None:
    auditor = site.client("audit_admin")
    assert 'id="chains-hold"' in auditor.get("/oversight/audit?check=1").text
    site.execute("update history_event set name = 'something else' where sequence = 1")
    page = auditor.get("/oversight/audit?check=1").text
    assert 'id="breaks"' in page
    assert late in page


def test_a_form_begins_with_what_is_known(site: Site) -> None:
    number = site.register(kind="request").number  # nobody named a unit: it has to be accepted and assigned
    finish(site, "receiver", number, decision="accepted")
    page = site.client("receiver").get(f"/matters/{number}").text
    form = page.partition('id="step-form"')[2].partition("</form>")[0]
    assert re.search(r'value="request" selected', form)
    other = site.register(
        body="夜市噪声，请派出所管理。", title="夜市", handling_unit_id=site.bureau.units[STATION], kind="request"
    ).number
    work(site, other, through="review")
    reply = site.client("receiver").get(f"/matters/{other}").text
    assert f"{WORK['feed_back'][1]['reply_draft']}</textarea>" in reply


def test_files_handed_in_with_a_step_become_attachments(site: Site) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    sign(site, number)
    browser = site.client("handler")
    task, key = open_task(browser, number)
    data = {"key": key, **WORK["investigate"][1], "files": (io.BytesIO("笔录：情况属实。".encode()), "笔录.txt")}
    answer = browser.post(f"/tasks/{task}/complete", data, content_type="multipart/form-data")
    assert answer.status_code == 302
    row = site.rows("select filename, step, matter_id from attachment")[0]
    assert (row.filename, row.step) == ("笔录.txt", "investigate")
    details = site.rows("select details from history_event where event = 'investigated'")[0].details
    assert details["answers"]["files"][0]["filename"] == "笔录.txt"
    assert "token" not in details["answers"]["files"][0]
    assert "笔录.txt" in browser.get(f"/matters/{number}").text


def test_the_bureaus_data_can_be_looked_up(site: Site) -> None:
    browser = site.client("legal")
    assert STATION in browser.get("/bureau/units").text
    assert "交警大队" in browser.get("/bureau/units").text
    found = browser.get("/bureau/officers?q=handler2").text
    assert "共 1 人" in found
    assert "承办民警·城东派出所" in found
    assert "市长信箱" in browser.get("/bureau/channels").text
    assert "噪声扰民" in browser.get("/bureau/categories").text
    assert "没有找到词条" in browser.get("/bureau/keywords?q=nothing").text


def test_the_counters_answer_in_numbers(site: Site, late: str) -> None:
    del late
    numbers = site.client("liaison").get("/counters").json
    assert numbers is not None
    assert numbers["tasks"] == 2  # the matter, and the order that its lateness led to
