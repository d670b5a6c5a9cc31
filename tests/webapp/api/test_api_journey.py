"""One matter through every stage over the API, each step by the token of the officer whose it is."""

import io
import re
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.api.caller import Callers
from tests.webapp.conftest import STATION, Site
from tests.webapp.test_journey import WORK, Statements, deliver_everything

LETTER = {
    "channel": "letters",
    "title": "麻将馆噪声",
    "body": "楼下麻将馆每天噪声扰民到半夜，请派出所管一管。",
    "name": "王小明",
    "phone": "13800138000",
    "kind": "request",
}


def registered(callers: Callers, **given: Any) -> str:
    unit = callers.site.bureau.units[STATION]
    return str(callers("receiver").done("/matters", {**LETTER, "unit": unit, **given})["number"])


def sign(callers: Callers, number: str, **given: Any) -> Any:
    handler = callers.site.bureau.officers["handler"]
    return callers("liaison").finish(number, {"decision": "sign", "handler": handler}, **given)


def work(callers: Callers, number: str, *, through: str) -> None:
    sign(callers, number)
    for step, (login, answers) in WORK.items():
        if step == "visit":
            deliver_everything(callers.site)
        callers(login).finish(number, dict(answers))
        if step == through:
            return


@pytest.fixture
def pushed(callers: Callers) -> str:
    return registered(callers)


def test_a_matter_goes_from_its_registration_to_the_archive(site: Site, callers: Callers, pushed: str) -> None:
    work(callers, pushed, through="visit")
    steps = [row.step for row in site.rows("select step from finished_item order by finished_at")]
    assert steps == ["sign", *WORK]
    shown = callers("inspector").get(f"/matters/{pushed}").json
    assert (shown["matter"]["status"], shown["matter"]["satisfaction"]) == ("closed", "satisfied")
    assert shown["matter"]["petitioner"]["name"] != "王小明", "the petitioner stays masked"
    assert "13800138000" not in str(shown)
    assert shown["tasks"] == []
    history = callers("inspector").get(f"/matters/{pushed}/history").json
    assert history["total"] == len(history["items"]) > len(WORK)
    assert history["items"][0]["event"] == "closed"
    assert history["items"][-1]["event"] == "registered"
    disposed = next(row for row in history["items"] if row["event"] == "disposed")
    assert ["处置措施", "责令麻将馆夜间十点停业"] in disposed["answers"]
    listed = callers("inspector").get("/matters", status="closed").json
    assert [row["number"] for row in listed["items"]] == [pushed]
    done = callers("handler").get("/tasks", tab="done").json
    assert done["total"] == done["counts"]["done"] == 3


def test_a_task_is_finished_with_at_most_ten_statements_and_one_commit(
    site: Site, callers: Callers, pushed: str, tmp_path: Path
) -> None:
    # Another matter first: what a connection asks once, when it is new, is no part of a task.
    other = registered(callers, title="另一件", channel_number="2")
    work(callers, other, through="visit")
    counted = {}
    steps = {"sign": ("liaison", {"decision": "sign", "handler": site.bureau.officers["handler"]}), **WORK}
    for step, (login, answers) in steps.items():
        if step == "visit":
            deliver_everything(site)
        caller = callers(login)
        task = caller.task_of(pushed)
        site.execute("update api_token set last_used_at = clock_now() - interval '1 hour'")
        with Statements(site.platform.engine, tmp_path / step) as statements:
            answer = caller.post(f"/tasks/{task}/complete", {"answers": answers}, key=f"complete-{step}")
        assert answer.status_code == 200
        counted[step] = (len(statements.said), statements.commits, statements.said)
    for step, (number, commits, said) in counted.items():
        assert commits == 1, step
        assert number <= 10, f"{step}: {number}\n" + "\n".join(line[:150] for line in said)


def test_a_use_after_a_long_time_is_noted_in_the_transaction_of_the_completion(
    site: Site, callers: Callers, pushed: str, tmp_path: Path
) -> None:
    sign(callers, pushed)
    handler = callers("handler")
    task = handler.task_of(pushed)
    site.execute("update api_token set last_used_at = null")
    with Statements(site.platform.engine, tmp_path / "refused") as refused:
        assert handler.post(f"/tasks/{task}/complete", {"answers": {}}).status_code == 422
    assert refused.commits == 1, "nothing else was to be committed, so the note is by itself"
    site.execute("update api_token set last_used_at = null")
    with Statements(site.platform.engine, tmp_path / "done") as done:
        assert handler.post(f"/tasks/{task}/complete", {"answers": WORK["investigate"][1]}).status_code == 200
    assert done.commits == 1
    assert len(site.rows("select 1 from api_token where last_used_at is not null")) == 1


def test_the_same_completion_sent_twice_happens_once(site: Site, callers: Callers, pushed: str) -> None:
    sign(callers, pushed)
    handler = callers("handler")
    task = handler.task_of(pushed)
    body = {"answers": WORK["investigate"][1]}
    first, second = (handler.post(f"/tasks/{task}/complete", body, key="investigate-1").json for _ in range(2))
    assert not first["repeated"]
    assert second == {**first, "repeated": True}
    assert [step["step"] for step in first["next"]] == ["dispose"]
    assert len(site.rows("select 1 from history_event where event = 'investigated'")) == 1
    again = handler.post(f"/tasks/{task}/complete", body, key="investigate-2")
    assert (again.status_code, again.json["code"]) == (409, "already-done")
    following = handler.post(
        f"/tasks/{first['next'][0]['task_id']}/complete", {"answers": WORK["dispose"][1]}, key="investigate-1"
    )
    assert (following.status_code, following.json["code"]) == (422, "key-reused")


def test_who_comes_too_late_learns_who_was_faster_and_when(site: Site, callers: Callers, pushed: str) -> None:
    site.execute(
        "insert into holding (officer_id, role, unit_id) values (:o, 'liaison', :u)",
        o=site.bureau.officers["handler2"],
        u=site.bureau.units[STATION],
    )
    slow = callers("handler2")
    task = slow.task_of(pushed)
    sign(callers, pushed)
    answer = slow.post(f"/tasks/{task}/complete", {"answers": {"decision": "sign"}}, key="too-late-1")
    assert (answer.status_code, answer.json["code"]) == (409, "already-done")
    done = site.rows("select o.name, f.finished_at from finished_item f join officer o on o.id::text = f.finished_by")[
        0
    ]
    assert answer.json["by"] == done.name
    assert answer.json["at"].startswith(done.finished_at.strftime("%Y-%m-%dT"))
    assert answer.json["step"] == "sign"


def test_faults_name_their_place_in_the_answers(site: Site, callers: Callers, pushed: str) -> None:
    liaison = callers("liaison")
    task = liaison.task_of(pushed)
    for answers, pointers in [
        ({}, {"/answers/decision"}),
        ({"decision": "sign"}, {"/answers/handler"}),
        ({"decision": "sign", "handler": site.bureau.officers["traffic_handler"]}, {"/answers/handler"}),
        ({"decision": {"x": 1}, "nonsense": 1}, {"/answers/decision", "/answers/nonsense"}),
        ({"decision": "send_back", "evidence": "短"}, {"/answers/evidence"}),
    ]:
        answer = liaison.post(f"/tasks/{task}/complete", {"answers": answers})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid"), answers
        assert pointers <= {fault["pointer"] for fault in answer.json["errors"]}, answer.json
    assert site.rows("select 1 from work_item where step = 'sign'")


def test_a_rule_of_the_bureau_is_told_at_its_field(callers: Callers) -> None:
    number = registered(callers, kind="complaint")
    sign(callers, number)
    handler = callers("handler")
    handler.finish(number, dict(WORK["investigate"][1]))
    answer = handler.post(f"/tasks/{handler.task_of(number)}/complete", {"answers": WORK["dispose"][1]})
    assert answer.status_code == 422
    assert any("投诉、信访事项须有电话沟通" in fault["detail"] for fault in answer.json["errors"])
    handler.headers["Accept-Language"] = "en-GB,en;q=0.9"
    english = handler.post(f"/tasks/{handler.task_of(number)}/complete", {"answers": WORK["dispose"][1]}).json
    assert [fault["pointer"] for fault in english["errors"]] == [fault["pointer"] for fault in answer.json["errors"]]
    assert not re.search("[\u3400-\u9fff]", str(english)), english


def test_rows_of_a_list_are_answered_as_objects(callers: Callers, pushed: str) -> None:
    sign(callers, pushed)
    for step in ("investigate", "dispose", "feed_back"):
        callers("handler").finish(pushed, dict(WORK[step][1]))
    instructor = callers("instructor")
    task = instructor.task_of(pushed)
    asked = {one["key"]: one for one in instructor.get(f"/tasks/{task}").json["questions"]}
    assert {"pass", "reject"} == {choice["value"] for choice in asked["decision"]["choices"]}
    rows = next(one for one in asked.values() if one["rows"])
    wrong = {"decision": "reject", rows["key"]: [{rows["rows"][0]["key"]: "短句可以"}, {"nonsense": "x"}, "no row"]}
    answer = instructor.post(f"/tasks/{task}/complete", {"answers": wrong})
    pointers = {fault["pointer"] for fault in answer.json["errors"]}
    assert {f"/answers/{rows['key']}/1/nonsense", f"/answers/{rows['key']}/2"} <= pointers


def test_a_task_is_claimed_given_back_and_handed_on(site: Site, callers: Callers, pushed: str) -> None:
    liaison = callers("liaison")
    task = liaison.task_of(pushed)
    assert liaison.post(f"/tasks/{task}/claim").status_code == 204
    me = liaison.get("/me").json
    assert liaison.get(f"/tasks/{task}").json["assignee"] == str(me["id"])
    site.execute(
        "insert into holding (officer_id, role, unit_id) values (:o, 'liaison', :u)",
        o=site.bureau.officers["handler2"],
        u=site.bureau.units[STATION],
    )
    taken = callers("handler2").post(f"/tasks/{task}/claim")
    assert (taken.status_code, taken.json["code"], taken.json["by"]) == (409, "taken", me["name"])
    assert liaison.post(f"/tasks/{task}/unclaim").status_code == 204
    assert liaison.get("/tasks", tab="unclaimed").json["total"] == 1
    sign(callers, pushed)
    work_of_handler = callers("handler").task_of(pushed)
    other = site.bureau.officers["handler2"]
    assert liaison.post(f"/tasks/{work_of_handler}/assign", {"officer_id": other}).status_code == 204
    assert site.rows("select assignee from work_item")[0].assignee == str(other)
    refused = liaison.post(f"/tasks/{work_of_handler}/assign", {"officer_id": site.bureau.officers["visitor"]})
    assert (refused.status_code, refused.json["code"]) == (403, "not-permitted")


def test_files_are_uploaded_first_and_attached_with_the_step(site: Site, callers: Callers, pushed: str) -> None:
    sign(callers, pushed)
    handler = callers("handler")
    task = handler.task_of(pushed)
    path = f"/tasks/{task}/files/files"
    kept = handler.post(path, data={"file": (io.BytesIO("笔录：情况属实。".encode()), "笔录.txt")})
    assert kept.status_code == 201, kept.text
    wrong = handler.post(path, data={"file": (io.BytesIO(b"MZ"), "virus.exe")})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "file")
    handler.finish(pushed, {**WORK["investigate"][1], "files": [kept.json["token"]]})
    row = site.rows("select filename, step from attachment")[0]
    assert (row.filename, row.step) == ("笔录.txt", "investigate")
    assert handler.get(f"/matters/{pushed}").json["attachments"][0]["filename"] == "笔录.txt"
    stranger = callers("traffic_handler").post(path, data={"file": (io.BytesIO(b"x"), "x.txt")})
    assert stranger.status_code == 404
