"""A weekly report that starts by itself and is no matter: listed, paused by hand, worked on by whoever may."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from engine.casework import commands
from engine.casework.errors import NotPermitted
from engine.casework.permissions import grants
from engine.runtime import ClockRefused, NotFound
from tests.conftest import Clock
from tests.engine.runtime.diagrams import Diagram
from tests.webapp.conftest import Site, definition_files
from tests.webapp.markup import forms_in_paragraphs

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FORM = (
    b'{"type": "default", "id": "weekly_write", "schemaVersion": 18, "components": '
    b'[{"type": "number", "key": "late", "id": "f1", "label": "\xe8\xb6\x85\xe6\x97\xb6\xe4\xbb\xb6\xe6\x95\xb0"}]}'
)


class Person:
    def __init__(self, number: int, held: list[str]) -> None:
        self.id, self.grants = number, held


@pytest.fixture
def weekly(site: Site) -> Site:
    """The bureau's processes and a weekly report, deployed on the Sunday before."""
    Clock(site.platform.engine).set(MONDAY - DAY)
    diagram = (
        Diagram("weekly_report", "每周督办通报")
        .timer_start("monday", "R/2026-11-23T08:00+08:00/P7D")
        .user("weekly_write", candidateGroups="instructor", dueDate="2工作日")
        .timer("weekly_late", "3工作日", "weekly_write", interrupting=False)
        .end("e1").end().chain("monday", "weekly_write", "end").chain("weekly_late", "e1")
    )  # fmt: skip
    files = {**definition_files(), "processes/weekly.bpmn": diagram.xml(), "forms/weekly_write.form": FORM}
    site.platform.runtime.deploy(files, actor="system", note="每周通报")
    return site


def person(site: Site, login: str) -> Person:
    number = site.bureau.officers[login]
    with site.platform.engine.connect() as connection:
        return Person(number, grants(connection, number))


def start(site: Site) -> int:
    Clock(site.platform.engine).set(MONDAY + timedelta(minutes=1))
    assert site.platform.runtime.start_due(worker="w1", limit=5) == 1
    return int(site.rows("select instance_id from schedule_fire")[0].instance_id)


def test_the_list_says_when_next_and_what_was(weekly: Site) -> None:
    page = weekly.client("process_owner").get("/schedules").text
    assert "R/2026-11-23T08:00+08:00/P7D" in page
    assert "2026-11-23 08:00" in page
    assert "每 7 天" in page
    Clock(weekly.platform.engine).set(MONDAY + DAY * 15)
    assert weekly.platform.runtime.start_due(worker="w1", limit=5) == 1
    row = weekly.rows("select * from schedule")[0]
    assert row.missed == 2
    page = weekly.client("inspector").get("/schedules").text
    assert "2026-12-14 08:00" in page
    assert "/pause" not in page, "only process owners pause"
    assert weekly.client("handler").get("/schedules").status_code == 404


def test_a_process_owner_pauses_and_resumes_it(weekly: Site) -> None:
    browser = weekly.client("process_owner")
    number = weekly.rows("select id from schedule")[0].id
    refused = browser.post(f"/schedules/{number}/pause", {"reason": " "})
    assert refused.status_code == 422
    assert "请写明理由" in refused.text
    long = "春节" * 251
    refused = browser.post(f"/schedules/{number}/pause", {"reason": long})
    assert refused.status_code == 422
    assert "理由最多 500 个字" in refused.text
    assert f">{long}</textarea>" in refused.text, "what was typed is kept"
    assert weekly.rows("select paused_at from schedule")[0].paused_at is None
    browser.post(f"/schedules/{number}/pause", {"reason": "春节停报"})
    page = browser.get("/schedules").text
    assert "已暂停" in page
    assert "春节停报" in page
    assert weekly.client("inspector").post(f"/schedules/{number}/resume", {"reason": "x"}).status_code == 404
    browser.post(f"/schedules/{number}/resume", {"reason": "恢复通报"})
    assert "恢复通报" in browser.get("/schedules").text
    assert weekly.rows("select paused_at from schedule")[0].paused_at is None


def test_only_whoever_operates_processes_pauses_one_whatever_way_they_come(weekly: Site) -> None:
    number = weekly.rows("select id from schedule")[0].id
    given = weekly.platform.engine, weekly.platform.runtime
    with pytest.raises(NotFound):
        commands.pause_schedule(*given, person(weekly, "inspector"), number, "停")
    owner = person(weekly, "process_owner")
    weekly.execute("delete from holding where officer_id = :o", o=owner.id)
    with pytest.raises(NotFound):  # they were when they logged in
        commands.pause_schedule(*given, owner, number, "停")
    assert weekly.rows("select paused_at from schedule")[0].paused_at is None
    weekly.execute("insert into holding (officer_id, role) values (:o, 'process_owner')", o=owner.id)
    commands.pause_schedule(*given, owner, number, "停")
    with pytest.raises(ClockRefused, match="已经暂停"):
        commands.pause_schedule(*given, owner, number, "停")
    weekly.execute("delete from holding where officer_id = :o", o=owner.id)
    with pytest.raises(NotFound):
        commands.resume_schedule(*given, owner, number, "恢复")
    assert weekly.rows("select paused_at from schedule")[0].paused_at is not None


def test_a_step_whose_clock_stands_still_is_not_shown_late(weekly: Site) -> None:
    instance = start(weekly)
    item = weekly.rows("select task_id from work_item where instance_id = :i", i=instance)[0].task_id.hex
    weekly.platform.runtime.pause_clock(instance, actor="1", reason="等待上级通知")
    Clock(weekly.platform.engine).move(DAY * 30)
    page = weekly.client("instructor").get(f"/steps/{item}").text
    assert "计时已暂停" in page
    assert "超时 " not in page
    weekly.platform.runtime.resume_clock(instance, actor="1", reason="恢复")
    Clock(weekly.platform.engine).move(DAY * 30)
    assert "超时 " in weekly.client("instructor").get(f"/steps/{item}").text


def test_an_instance_that_is_no_matter_is_offered_by_role_in_the_whole_bureau(weekly: Site) -> None:
    instance = start(weekly)
    item = weekly.rows("select * from work_item where instance_id = :i", i=instance)[0]
    assert item.candidates == [f"instructor@{weekly.bureau.units['城东派出所']}"]
    assert weekly.rows("select business_key from instance where id = :i", i=instance)[0].business_key == (
        "weekly_report/2026-11-23T08:00+08:00"
    )
    runtime = weekly.platform.runtime
    with pytest.raises(NotFound):
        commands.complete(runtime, person(weekly, "handler"), item.task_id.hex, {"late": 3}, key=None)
    commands.claim(runtime, person(weekly, "instructor"), item.task_id.hex)
    outcome = commands.complete(runtime, person(weekly, "instructor"), item.task_id.hex, {"late": 3}, key="k")
    assert outcome.ended
    events = weekly.rows("select event, step, actor from instance_event where instance_id = :i order by id", i=instance)
    assert [(row.event, row.step) for row in events][:1] == [("started", None)]
    assert ("completed", "weekly_write", str(weekly.bureau.officers["instructor"])) in [tuple(row) for row in events]


def test_its_clocks_fire_as_all_others_do(weekly: Site) -> None:
    instance = start(weekly)
    Clock(weekly.platform.engine).move(DAY * 7)
    assert weekly.platform.runtime.fire_due(worker="w1", limit=5) == 1
    events = weekly.rows("select event from instance_event where instance_id = :i", i=instance)
    assert "timer_fired" in {row.event for row in events}
    page = weekly.client("inspector").get("/oversight/fires")
    assert page.status_code == 200
    assert "weekly_late" in page.text


def test_it_is_on_the_list_of_whoever_may_do_it_and_nobody_elses(weekly: Site) -> None:
    instance = start(weekly)
    item = weekly.rows("select task_id from work_item where instance_id = :i", i=instance)[0].task_id.hex
    browser = weekly.client("instructor")
    assert f"/steps/{item}" in browser.get("/tasks").text
    assert "每周督办通报 · 2026-11-23 08:00" in browser.get("/tasks").text
    assert "weekly_report" not in weekly.client("handler").get("/tasks").text
    assert weekly.client("handler").get(f"/steps/{item}").status_code == 404
    page = browser.get(f"/steps/{item}").text
    assert "每周督办通报" in page
    assert "超时件数" in page
    assert browser.post(f"/steps/{item}", {"late": "many", "key": "k"}).status_code == 422
    answer = browser.post(f"/steps/{item}", {"late": "3", "key": "k"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/tasks")
    assert weekly.rows("select status from instance where id = :i", i=instance)[0].status == "completed"
    assert f"/steps/{item}" not in browser.get("/tasks").text


def test_a_task_of_a_matter_has_no_page_of_its_own(weekly: Site) -> None:
    weekly.register(handling_unit_id=weekly.bureau.units["城东派出所"])
    item = weekly.rows("select task_id from work_item")[0].task_id.hex
    assert weekly.client("liaison").get(f"/steps/{item}").status_code == 404


def second_instructor(site: Site) -> int:
    """Make the second handler an instructor too; return their id."""
    site.execute(
        "insert into holding (officer_id, role, unit_id) values (:o, 'instructor', :u)",
        o=site.bureau.officers["handler2"],
        u=site.bureau.units["城东派出所"],
    )
    return site.bureau.officers["handler2"]


def test_it_is_claimed_given_back_and_handed_to_a_colleague(weekly: Site) -> None:
    colleague = second_instructor(weekly)
    instance = start(weekly)
    item = weekly.rows("select task_id from work_item where instance_id = :i", i=instance)[0].task_id.hex
    browser, other = weekly.client("instructor"), weekly.client("handler2")
    assert f'action="/steps/{item}/claim"' in browser.get("/tasks").text
    answer = browser.post(f"/steps/{item}/claim")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/steps/{item}")
    assert other.get(f"/steps/{item}").status_code == 404, "somebody holds it"
    page = browser.get(f"/steps/{item}").text
    assert f'action="/steps/{item}/unclaim"' in page
    assert f'<option value="{colleague}">' in page
    assert forms_in_paragraphs(page) == []
    browser.post(f"/steps/{item}/unclaim")
    assert other.get(f"/steps/{item}").status_code == 200
    browser.post(f"/steps/{item}/claim")
    browser.post(f"/steps/{item}/assign", {"officer": colleague})
    assert weekly.rows("select assignee from work_item where instance_id = :i", i=instance)[0].assignee == str(
        colleague
    )
    assert browser.get(f"/steps/{item}").status_code == 404
    assert other.get(f"/steps/{item}").status_code == 200
    back = other.post(f"/steps/{item}/assign", {"officer": weekly.bureau.officers["handler"]})
    assert back.status_code == 302
    assert "不能承办这一步" in other.get("/tasks").text, "only to somebody who may do it"
    events = [row.event for row in weekly.rows("select event from instance_event where instance_id = :i", i=instance)]
    assert [event for event in events if event in {"claimed", "unclaimed", "assigned"}] == [
        "claimed",
        "unclaimed",
        "claimed",
        "assigned",
    ]


def test_nobody_hands_over_what_is_not_theirs(weekly: Site) -> None:
    colleague = second_instructor(weekly)
    instance = start(weekly)
    item = weekly.rows("select task_id from work_item where instance_id = :i", i=instance)[0].task_id.hex
    for verb in ("claim", "unclaim", "assign"):
        answer = weekly.client("handler").post(f"/steps/{item}/{verb}", {"officer": colleague})
        assert answer.status_code == 404
    runtime = weekly.platform.runtime
    with pytest.raises(NotFound):
        commands.assign_item(runtime, person(weekly, "handler"), item, colleague)
    weekly.client("instructor").post(f"/steps/{item}/claim")
    with pytest.raises(NotPermitted, match="他人承办"):
        commands.assign_item(runtime, person(weekly, "handler2"), item, colleague)
    answer = weekly.client("handler2").post(f"/steps/{item}/assign", {"officer": colleague})
    assert answer.status_code == 404


def test_what_was_typed_for_a_step_that_a_colleague_finished_comes_back(weekly: Site) -> None:
    second_instructor(weekly)
    instance = start(weekly)
    item = weekly.rows("select task_id from work_item where instance_id = :i", i=instance)[0].task_id.hex
    browser = weekly.client("instructor")
    shown = re.search(r'name="shown_task" value="([^"]+)"', browser.get(f"/steps/{item}").text)
    assert shown is not None
    weekly.client("handler2").post(f"/steps/{item}", {"late": "3", "key": "k"})
    answer = browser.post(f"/steps/{item}", {"late": "42", "key": "k2", "shown_task": shown[1]})
    assert answer.status_code == 409
    assert "已经有人办好了" in answer.text
    assert "超时件数\n42" in answer.text
