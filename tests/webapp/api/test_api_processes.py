"""Instances, incidents, messages and deployments over the API."""

import itertools
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.http import parse_options_header

from engine.casework.services import SERVICES
from engine.runtime import Service
from tests.engine.runtime.diagrams import Diagram
from tests.webapp.api.caller import Callers
from tests.webapp.conftest import STATION, Site, definition_files
from tests.webapp.connections import most_held
from webapp.process_files import path_of

FORM = (
    '{"type": "default", "id": "sweep", "schemaVersion": 18, "components": '
    '[{"type": "number", "key": "found", "id": "f1", "label": "发现问题数", "validate": {"required": true}}]}'
)


@pytest.fixture
def number(site: Site, callers: Callers) -> str:
    """A matter the handler investigates."""
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    callers("liaison").finish(number, {"decision": "sign", "handler": site.bureau.officers["handler"]})
    return number


@pytest.fixture
def instance(site: Site, number: str) -> int:
    return int(site.rows("select instance_id from matter where number = :n", n=number)[0].instance_id)


def sweep() -> str:
    diagram = Diagram("sweep", "清查").start().user("sweep_write", candidateGroups="instructor", formKey="sweep")
    return diagram.catch("told", "sweep_told").end().chain("start", "sweep_write", "told", "end").xml().decode()


def test_instances_are_listed_masked_and_counted(site: Site, callers: Callers, number: str, instance: int) -> None:
    seen = callers("inspector").get("/instances").json
    assert (seen["total"], seen["items"][0]["id"], seen["items"][0]["number"]) == (1, instance, number)
    hidden = callers("process_owner").get("/instances", process="matter", status="running").json["items"][0]
    assert (hidden["full"], hidden["title"]) == (False, "")
    assert number not in str(hidden)
    for query, total in [({"status": "suspended"}, 0), ({"incidents": "true"}, 0), ({"q": number}, 1), ({"q": "x"}, 0)]:
        assert callers("inspector").get("/instances", **query).json["total"] == total, query
    full = callers("inspector").get(f"/instances/{instance}").json
    assert any(token["element"] == "investigate" and token["state"] == "person" for token in full["tokens"])
    masked = callers("process_owner").get(f"/instances/{instance}").json
    assert number not in str(masked["variables"])
    assert callers("inspector").get(f"/instances/{instance}/history").json["total"] == 1
    assert callers("process_owner").get(f"/instances/{instance}/history").json["items"][0]["actor"] is None


def test_an_operation_is_tried_then_carried_out(site: Site, callers: Callers, instance: int) -> None:
    inspector = callers("inspector")
    tried = inspector.done(f"/instances/{instance}/suspend", {"reason": "等待批示", "dry_run": True})
    assert (tried["dry_run"], tried["status_before"], tried["status_after"]) == (True, "running", "suspended")
    assert site.rows("select status from instance")[0].status == "running"
    done = inspector.done(f"/instances/{instance}/suspend", {"reason": "等待批示"})
    assert not done["dry_run"]
    assert site.rows("select reason from operation")[0].reason == "等待批示"
    task = callers("handler").get("/tasks").json["items"][0]
    assert task["suspended"]
    answers = {"facts": "到现场走访，麻将馆深夜营业属实。", "finding": "true"}
    stopped = callers("handler").post(f"/tasks/{task['task_id']}/complete", {"answers": answers})
    assert (stopped.status_code, stopped.json["code"]) == (409, "conflict")
    again = inspector.post(f"/instances/{instance}/suspend", {"reason": "再来"})
    assert (again.status_code, again.json["code"]) == (409, "conflict")
    inspector.done(f"/instances/{instance}/resume", {"reason": "已批示"})
    for body in ({}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "x", "dry_run": "yes"}):
        assert inspector.post(f"/instances/{instance}/cancel", body).status_code == 422
    inspector.done(f"/instances/{instance}/cancel", {"reason": "来信人撤回"})
    assert site.rows("select status, outcome from matter") == [("closed", "cancelled")]


def test_why_an_operation_is_refused_names_no_matter_to_whoever_may_not_see_it(
    site: Site, callers: Callers, number: str, instance: int
) -> None:
    repeat = site.register("同一件事再反映一次，麻将馆还是吵。").number
    site.execute(
        "update matter set status = 'waiting', primary_id = (select id from matter where number = :n)"
        " where number = :repeat",
        n=number,
        repeat=repeat,
    )
    hidden, full = (
        callers(login).post(f"/instances/{instance}/cancel", {"reason": "重复登记"})
        for login in ("process_owner", "inspector")
    )
    assert [answer.json["code"] for answer in (hidden, full)] == ["not-permitted"] * 2
    assert repeat in full.json["detail"]
    assert repeat not in hidden.text
    assert repeat.rpartition("-")[2] not in hidden.text


def test_a_token_is_moved_as_far_as_the_role_may(site: Site, callers: Callers, instance: int) -> None:
    inspector, owner = callers("inspector"), callers("process_owner")
    tokens = inspector.get(f"/instances/{instance}").json["tokens"]
    token = next(one for one in tokens if one["element"] == "investigate")
    move = {"task_id": token["task_id"], "reason": "签错"}
    ahead = inspector.post(f"/instances/{instance}/move", {**move, "target": "feed_back"})
    assert ahead.status_code == 404
    back = inspector.done(f"/instances/{instance}/move", {**move, "target": "sign"})
    assert [task["step"] for task in back["items_begun"]] == ["sign"]
    tokens = owner.get(f"/instances/{instance}").json["tokens"]
    token = next(one for one in tokens if one["element"] == "sign")
    assert "feed_back" in {place["element"] for place in token["places"]}
    owner.done(f"/instances/{instance}/move", {"task_id": token["task_id"], "target": "feed_back", "reason": "跳过"})
    assert [row.step for row in site.rows("select step from work_item")] == ["feed_back"]


def test_variables_are_changed_and_matter_is_not_among_them(callers: Callers, instance: int) -> None:
    owner = callers("process_owner")
    changed = owner.done(
        f"/instances/{instance}/variables", {"changes": {"extra": {"limit": "15工作日"}}, "reason": "补录"}
    )
    assert {"name": "extra", "before": None, "after": {"limit": "15工作日"}} in changed["variables"]
    refused = owner.post(f"/instances/{instance}/variables", {"changes": {"matter": {}}, "reason": "x"})
    assert (refused.status_code, refused.json["code"]) == (403, "not-permitted")
    assert owner.post(f"/instances/{instance}/variables", {"changes": {}, "reason": "x"}).status_code == 422
    inspector = callers("inspector")
    assert inspector.post(f"/instances/{instance}/variables", {"changes": {"a": 1}, "reason": "x"}).status_code == 404
    nothing = owner.post(f"/instances/{instance}/correlate", {"thrown_id": 999999, "reason": "x"})
    assert nothing.status_code in {404, 409}
    place = owner.get(f"/instances/{instance}").json["places"][0]["element"]
    again = owner.done(f"/instances/{instance}/restart", {"element": place, "reason": "重来", "dry_run": True})
    assert again["passed"] or again["items_begun"]


@pytest.fixture
def broken(site: Site, callers: Callers, instance: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """The matter's process stands at a service that is away, with an open incident."""
    away = {"away": True}
    service = SERVICES["close"]

    def run(call: Any) -> Any:
        if away["away"]:
            raise ConnectionError("接口没有应答，王小明的电话 13800138000")
        return service.run(call)

    changed = dict(SERVICES) | {"close": Service("close", run, outputs=service.outputs)}
    monkeypatch.setattr(type(site.platform.runtime.host), "services", property(lambda _host: changed))
    owner = callers("process_owner")
    main = next(one for one in owner.get(f"/instances/{instance}").json["tokens"] if one["places"])
    owner.done(f"/instances/{instance}/move", {"task_id": main["task_id"], "target": "close", "reason": "直接归档"})
    for minutes in itertools.accumulate([3] * 4):
        site.execute("update instance set next_due = clock_now() where next_due is not null")
        site.execute(
            "insert into clock_shift (id, shift) values (1, make_interval(mins => :m))"
            " on conflict (id) do update set shift = excluded.shift",
            m=minutes,
        )
        site.platform.runtime.fire_due(worker="test")
    assert len(site.rows("select 1 from incident where resolved_at is null")) == 1
    return away


def test_incidents_are_retried_one_or_many(site: Site, callers: Callers, number: str, broken: dict[str, bool]) -> None:
    owner = callers("process_owner")
    listed = owner.get("/incidents").json
    assert listed["total"] == 1
    assert "13800138000" not in str(listed)
    assert number not in str(listed)
    assert "王小明" not in str(listed)
    assert "13800138000" in callers("inspector").get("/incidents", kind="service").json["items"][0]["message"]
    incident = listed["items"][0]["id"]
    assert owner.get(f"/incidents/{incident}").json["resolution"] is None
    failed = owner.done("/incidents/retry", {"ids": [incident, 999999], "reason": "再试"})
    assert [(one["incident_id"], one["done"]) for one in failed["items"]] == [(incident, False), (999999, False)]
    stops = owner.done(f"/incidents/{incident}/retry", {"reason": "先看", "dry_run": True})["incidents_opened"]
    assert "接口没有应答" in stops[0]["message"]
    assert "王小明" not in str(stops), "whoever mends processes has no business with the petitioner"
    broken["away"] = False
    many = owner.done("/incidents/retry", {"ids": [incident], "reason": "先看", "dry_run": True})
    assert many["items"] == [{"incident_id": incident, "done": True, "problem": ""}]
    dry = owner.done(f"/incidents/{incident}/retry", {"reason": "先看", "dry_run": True})
    assert dry["status_after"] == "completed"
    assert owner.get("/incidents").json["total"] == 1
    assert callers("inspector").post(f"/incidents/{incident}/retry", {"reason": "x"}).status_code == 404
    assert owner.done(f"/incidents/{incident}/retry", {"reason": "接口恢复"})["status_after"] == "completed"
    closed = owner.get("/incidents", state="resolved").json["items"][0]
    assert (closed["resolution"], closed["reason"]) == ("retried", "接口恢复")
    assert owner.post(f"/incidents/{incident}/retry", {"reason": "x"}).json["code"] == "conflict"


def test_an_incident_is_resolved_by_hand(site: Site, callers: Callers, broken: dict[str, bool]) -> None:
    del broken
    owner = callers("process_owner")
    incident = owner.get("/incidents").json["items"][0]["id"]
    done = owner.done(f"/incidents/{incident}/resolve", {"result": {"outcome": "replied"}, "reason": "线下归档"})
    assert done["status_after"] == "completed"
    assert site.rows("select resolution, reason from incident") == [("by_hand", "线下归档")]


def test_a_process_is_checked_deployed_started_told_and_finished(site: Site, callers: Callers) -> None:
    owner = callers("process_owner")
    wrong = owner.done("/deployments/check", {"files": {"sweep.bpmn": sweep().replace("instructor", "nobody")}})
    assert not wrong["deployable"]
    assert wrong["total"] == len(wrong["problems"]) > 0
    refused = owner.post("/deployments", {"files": {"sweep.bpmn": "<no/>", "sweep.form": FORM}})
    assert (refused.status_code, refused.json["code"]) == (422, "refused")
    assert refused.json["problems"][0]["file"] == "processes/sweep.bpmn"
    files = {"files": {"sweep.bpmn": sweep(), "sweep.form": FORM}, "note": "清查"}
    assert owner.done("/deployments/check", {"files": files["files"]})["deployable"]
    made = owner.done("/deployments", files)
    assert made["version"] == 2
    assert owner.done("/deployments", files)["version"] == 2, "the same content is the same version"
    shown = callers("legal").get(f"/deployments/{made['id']}").json
    assert {"key": "sweep", "name": "清查"} in shown["processes"]
    paths = [file["path"] for file in shown["files"]]
    assert path_of("sweep.bpmn") in paths
    assert set(definition_files()) < set(paths)
    assert callers("legal").get(f"/deployments/{made['id']}/files/processes/sweep.bpmn").text == sweep()
    assert callers("legal").get(f"/deployments/{made['id']}/files/etc/passwd").status_code == 404
    listed = owner.get("/deployments", limit=1).json
    assert (listed["total"], listed["items"][0]["note"]) == (2, "清查")

    start = {"process": "sweep", "business_key": "2026-12", "variables": {"n": 1}}
    first, second = (owner.done("/instances", start, key="sweep-2026-12") for _ in range(2))
    assert second == {**first, "repeated": True}
    assert len(site.rows("select 1 from instance where business_key = '2026-12'")) == 1
    other = owner.post("/instances", {**start, "business_key": "2027-01"}, key="sweep-2026-12")
    assert (other.status_code, other.json["code"]) == (422, "key-reused")

    assert not owner.done("/messages", {"name": "sweep_told", "business_key": "2026-12"})["received"]
    instructor = callers("instructor")
    row = instructor.get("/tasks").json["items"][0]
    assert (row["number"], row["alone"]) == ("2026-12", True)
    task = instructor.get(f"/tasks/{row['task_id']}").json
    assert [question["key"] for question in task["questions"]] == ["found"]
    wrong_number = instructor.post(f"/tasks/{row['task_id']}/complete", {"answers": {"found": "many"}})
    assert wrong_number.json["errors"][0]["pointer"] == "/answers/found"
    sent = f"/tasks/{row['task_id']}/complete", {"answers": {"found": 3}}
    ended, again = (instructor.done(*sent, key="sweep-found") for _ in range(2))
    assert not ended["ended"]
    assert again == {**ended, "repeated": True}
    late = instructor.post(*sent)
    assert (late.status_code, late.json["code"]) == (409, "already-done")
    assert callers("liaison").post(*sent).status_code == 404, "nobody else learns that there was such a step"
    assert owner.done("/messages", {"name": "sweep_told", "business_key": "2026-12", "payload": {"by": "x"}})[
        "received"
    ]
    assert owner.get(f"/instances/{first['instance_id']}").json["instance"]["status"] == "completed"


def test_a_step_of_no_matter_is_handed_on_as_its_page_does(site: Site, callers: Callers) -> None:
    owner, instructor = callers("process_owner"), callers("instructor")
    owner.done("/deployments", {"files": {"sweep.bpmn": sweep(), "sweep.form": FORM}, "note": "清查"})
    owner.done("/instances", {"process": "sweep", "business_key": "2026-12"})
    row = instructor.get("/tasks").json["items"][0]
    handing, handler = f"/tasks/{row['task_id']}/assign", site.bureau.officers["handler"]
    refused = instructor.post(handing, {"officer_id": handler})
    assert (refused.status_code, refused.json["code"]) == (403, "not-permitted")
    assert callers("handler").post(handing, {"officer_id": handler}).status_code == 404, "it was not offered to them"
    site.execute(
        "insert into holding (officer_id, role, unit_id) values (:o, 'instructor', :u)",
        o=handler,
        u=site.bureau.units[STATION],
    )
    assert instructor.post(handing, {"officer_id": handler}).status_code == 204
    assert instructor.get(f"/tasks/{row['task_id']}").status_code == 404, "a colleague has it"
    assert callers("handler").post(f"/tasks/{row['task_id']}/unclaim").status_code == 204


@pytest.mark.parametrize("name", ["清查.bpmn", 'a"; x="b.bpmn'])
def test_a_file_of_whatever_name_is_handed_out(callers: Callers, name: str) -> None:
    owner = callers("process_owner")
    made = owner.done("/deployments", {"files": {name: sweep(), "sweep.form": FORM}})
    answer = owner.get(f"/deployments/{made['id']}/files/{quote(path_of(name))}")
    assert answer.text == sweep()
    kind, given = parse_options_header(answer.headers["Content-Disposition"])
    assert (kind, set(given)) == ("attachment", {"filename"})
    assert given["filename"].endswith(".bpmn")
    answer.headers["Content-Disposition"].encode("latin-1")


def test_what_cannot_be_started_or_told(site: Site, callers: Callers) -> None:
    owner = callers("process_owner")
    number = site.register(accused_officers=(site.bureau.officers["process_owner"],)).number
    matter = owner.post("/instances", {"process": "matter", "business_key": "x"})
    assert (matter.status_code, matter.json["code"]) == (403, "not-permitted")
    assert owner.post("/instances", {"process": "nothing", "business_key": "x"}).status_code == 404
    for path, body in [
        ("/instances", {"process": "handling", "business_key": number}),
        ("/messages", {"name": "primary_replied", "business_key": number}),
    ]:
        accused, nobody = owner.post(path, body), owner.post(path, body | {"business_key": "MY2026-999999"})
        assert accused.status_code == 404, "the matter accuses whoever asks"
        assert nobody.text == accused.text, "and nothing tells its number from one that there is not"
    assert len(site.rows("select 1 from instance")) == 1


def test_a_message_is_sent_on_one_connection_at_a_time(site: Site, callers: Callers) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION]).number
    owner = callers("process_owner")
    with most_held(site.platform.engine) as held:
        owner.done("/messages", {"name": "primary_replied", "business_key": number})
    assert held.most == 1


def test_only_files_of_processes_are_taken(callers: Callers) -> None:
    owner = callers("process_owner")
    for body, pointer in [
        ({}, "/files"),
        ({"files": {"a.py": "x"}}, "/files/a.py"),
        ({"files": {"x/~.sh": "x"}}, "/files/x~1~0.sh"),
        ({"files": {"a.form": "x" * (2 * 1024 * 1024 + 1)}}, "/files/a.form"),
        ({"removed": ["processes/nothing.bpmn"]}, "/removed"),
        ({"files": {"a.form": 1}}, "/files/a.form"),
    ]:
        for path in ("/deployments/check", "/deployments"):
            answer = owner.post(path, body)
            assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
