"""Running processes in the browser: lists, one instance, operations with their preview, incidents."""

import json
import re

import pytest

from engine.casework.services import SERVICES
from engine.runtime import Service
from tests.webapp.conftest import STATION, Browser, Site
from tests.webapp.test_journey import sign

TYPED = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def number(site: Site) -> str:
    """A matter the handler investigates."""
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    sign(site, number)
    return number


def instance_of(site: Site, number: str) -> int:
    return int(site.rows("select instance_id from matter where number = :n", n=number)[0].instance_id)


def task_of(site: Site, instance: int) -> str:
    return str(site.rows("select task_id from work_item where instance_id = :i", i=instance)[0].task_id.hex)


def confirmed(browser: Browser, instance: int, **typed: object) -> str:
    """Ask for an operation, look at the preview, confirm it; return the preview."""
    preview = browser.post(f"/instances/{instance}/preview", typed)
    assert preview.status_code == 200, preview.headers.get("Location")
    form = preview.text.partition('id="apply-form"')[2].partition("</form>")[0]
    sent = {name: value.replace("&#34;", '"') for name, value in TYPED.findall(form) if name != "csrf_token"}
    answer = browser.post(f"/instances/{instance}/apply", sent)
    assert answer.status_code == 302
    return preview.text


def test_instances_are_listed_for_those_who_see_to_them(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    inspector = site.client("inspector").get("/instances").text
    assert f'href="/instances/{instance}"' in inspector
    assert number in inspector
    owner = site.client("process_owner").get("/instances").text
    assert f'href="/instances/{instance}"' in owner
    assert number not in owner
    assert "麻将馆" not in owner
    for login in ("handler", "director", "system_admin"):
        assert site.client(login).get("/instances").status_code == 404


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("status=running", True),
        ("status=suspended", False),
        ("process=matter", True),
        ("process=nothing", False),
        ("version=1", True),
        ("version=99", False),
        ("incidents=1", False),
        ("q={number}", True),
        ("q=MY1999-000001", False),
        ("page=7", False),
    ],
)
def test_the_list_is_filtered(site: Site, number: str, query: str, there: bool) -> None:
    page = site.client("inspector").get("/instances?" + query.format(number=number))
    assert page.status_code == 200
    assert (f'href="/instances/{instance_of(site, number)}"' in page.text) is there
    if not there and "page" not in query:
        assert "没有符合条件的流程" in page.text


def test_one_instance_shows_where_it_stands(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    page = site.client("inspector").get(f"/instances/{instance}").text
    data = json.loads(page.partition('id="progress-data">')[2].partition("</script>")[0])
    assert data[0]["key"] == "matter"
    assert any("investigate" in one["active"] for one in data)
    assert "退回：签收" in page
    assert "噪声扰民" in page or "麻将馆" in page
    assert "修改流程变量" not in page, "that is for process owners"
    owner = site.client("process_owner").get(f"/instances/{instance}").text
    assert "修改流程变量" in owner
    assert number not in owner
    assert "麻将馆" not in owner
    assert "已遮蔽" in owner
    assert site.client("inspector").get("/instances/999999").status_code == 404


def test_the_accused_inspector_does_not_find_it(site: Site) -> None:
    number = site.register(accused_officers=(site.bureau.officers["inspector"],)).number
    instance = instance_of(site, number)
    browser = site.client("inspector")
    assert f"/instances/{instance}" not in browser.get("/instances").text
    assert browser.get(f"/instances/{instance}").status_code == 404
    for path in ("preview", "apply"):
        assert browser.post(f"/instances/{instance}/{path}", {"verb": "suspend", "reason": "x"}).status_code == 404


def test_suspending_shows_what_follows_and_officers_see_why(site: Site, number: str) -> None:
    instance, task = instance_of(site, number), task_of(site, instance_of(site, number))
    browser = site.client("inspector")
    preview = browser.post(f"/instances/{instance}/preview", {"verb": "suspend", "reason": "等待批示"}).text
    assert "将会发生" in preview
    assert site.rows("select status from instance")[0].status == "running"
    confirmed(browser, instance, verb="suspend", reason="等待批示")
    assert site.rows("select status from instance")[0].status == "suspended"
    page = site.client("handler").get(f"/matters/{number}").text
    assert "流程已暂停" in page
    assert "等待批示" in page
    assert "流程已暂停" in site.client("handler").get("/tasks").text
    assert 'id="suspended">等待批示' in browser.get(f"/instances/{instance}").text
    refused = site.client("handler").post(
        f"/tasks/{task}/complete", {"key": "k", "facts": "到现场走访，麻将馆深夜营业属实。", "finding": "true"}
    )
    assert refused.status_code == 422
    assert "已经暂停" in refused.text
    confirmed(browser, instance, verb="resume", reason="已批示")
    assert "流程已暂停" not in site.client("handler").get(f"/matters/{number}").text


def test_a_step_is_sent_back_by_the_inspector(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    preview = confirmed(
        site.client("inspector"), instance, verb="move", task=task_of(site, instance), target="sign", reason="签错"
    )
    assert "撤回的任务" in preview
    assert "新开始的任务" in preview
    assert [row.step for row in site.rows("select step from work_item")] == ["sign"]
    assert "移动环节" in site.client("inspector").get(f"/matters/{number}").text


def test_skipping_ahead_is_not_the_inspectors(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    typed = {"verb": "move", "task": task_of(site, instance), "target": "feed_back", "reason": "跳过"}
    assert site.client("inspector").post(f"/instances/{instance}/preview", typed).status_code == 404
    confirmed(site.client("process_owner"), instance, **typed)
    assert [row.step for row in site.rows("select step from work_item")] == ["feed_back"]


def test_a_cancelled_matter_says_so(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    confirmed(site.client("inspector"), instance, verb="cancel", reason="来信人撤回")
    page = site.client("handler").get(f"/matters/{number}").text
    assert "已撤销" in page
    assert "来信人撤回" in page
    shown = site.client("inspector").get(f"/instances/{instance}").text
    assert "流程已经结束" in shown
    assert "暂停流程" not in shown


def test_variables_are_changed_with_before_and_after(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    browser = site.client("process_owner")
    preview = confirmed(browser, instance, verb="variables", changes='{"extra": {"limit": "15工作日"}}', reason="补录")
    assert "15工作日" in preview
    assert "15工作日" in browser.get(f"/instances/{instance}").text
    for wrong in ("{not json", "[1]", '{"matter": {}}', "{}"):
        answer = browser.post(f"/instances/{instance}/preview", {"verb": "variables", "changes": wrong, "reason": "x"})
        assert answer.status_code == 302
        assert 'role="alert"' in browser.get(f"/instances/{instance}").text


def test_nothing_happens_without_a_reason_or_an_operation(site: Site, number: str) -> None:
    instance = instance_of(site, number)
    browser = site.client("process_owner")
    for typed in ({"verb": "suspend"}, {"verb": "nonsense", "reason": "x"}, {"verb": "correlate", "reason": "x"}):
        for path in ("preview", "apply"):
            assert browser.post(f"/instances/{instance}/{path}", dict(typed)).status_code == 302
    assert site.rows("select status from instance")[0].status == "running"
    assert site.rows("select 1 from operation") == []


@pytest.fixture
def broken(site: Site, number: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """The matter's process stands at a service that is away, with an open incident."""
    away = {"away": True}
    service = SERVICES["close"]

    def run(call):  # type: ignore[no-untyped-def]
        if away["away"]:
            raise ConnectionError("接口没有应答，电话 13800138000")
        return service.run(call)

    changed = dict(SERVICES) | {"close": Service("close", run, outputs=service.outputs)}
    monkeypatch.setattr(type(site.platform.runtime.host), "services", property(lambda _host: changed))
    instance = instance_of(site, number)
    look = site.client("process_owner").get(f"/instances/{instance}").text
    task = re.search(r'name="task" value="([0-9a-f]{32})"', look)
    assert task is not None
    main = re.findall(r'name="task" value="([0-9a-f]{32})"', look)[0]
    confirmed(site.client("process_owner"), instance, verb="move", task=main, target="close", reason="直接归档")
    for _ in range(4):
        site.execute("update instance set next_due = clock_now() where next_due is not null")
        site.execute("update clock_shift set shift = shift + interval '3 minutes'")
        site.execute("insert into clock_shift (id, shift) values (1, interval '3 minutes') on conflict (id) do nothing")
        site.platform.runtime.fire_due(worker="test")
    assert len(site.rows("select 1 from incident where resolved_at is null")) == 1
    return away


def test_an_open_incident_is_in_the_list_and_beside_the_menu(site: Site, number: str, broken: dict[str, bool]) -> None:
    del broken
    browser = site.client("process_owner")
    page = browser.get("/instances/incidents").text
    assert "ConnectionError" in page
    assert "13800138000" not in page
    assert re.search(r'data-counter="incidents"[^>]*>1<', page)
    inspector = site.client("inspector").get("/instances/incidents").text
    assert "13800138000" in inspector
    assert number in inspector
    assert "看看重试会怎样" in page
    assert "看看重试会怎样" not in inspector
    assert "没有符合条件的异常" in browser.get("/instances/incidents?state=resolved").text
    assert f"/instances/{instance_of(site, number)}" in browser.get("/instances?incidents=1").text
    assert site.client("inspector").post("/instances/incidents/retry", {"incident": 1}).status_code == 404


def test_retrying_several_shows_first_what_would_come_of_each(site: Site, number: str, broken: dict[str, bool]) -> None:
    browser, instance = site.client("process_owner"), instance_of(site, number)
    found = site.rows("select id from incident")[0].id
    chosen = {"incident": [str(found), "999999"], "reason": "再试"}
    preview = browser.post("/instances/incidents/preview", chosen).text
    assert "仍会失败" in preview
    assert "13800138000" not in preview
    assert f'name="incident" value="{found}"' in preview
    broken["away"] = False
    preview = browser.post("/instances/incidents/preview", chosen).text
    assert "确认重试 1 条" in preview
    assert "会继续" in preview
    assert "999999" not in preview, "what is not there is not spoken of"
    assert site.rows("select resolved_at from incident")[0].resolved_at is None
    assert site.rows("select status from instance where id = :i", i=instance)[0].status == "running"
    site.execute("update incident set resolved_at = clock_now(), resolution = 'by_hand'")
    preview = browser.post("/instances/incidents/preview", chosen).text
    assert "已经处理完毕" in preview
    assert "跳过" in preview
    assert f'name="incident" value="{found}"' not in preview
    assert "确认重试" not in preview
    for wrong in ({"reason": "x"}, {"incident": str(found)}):
        answer = browser.post("/instances/incidents/preview", dict(wrong))
        assert (answer.status_code, answer.headers["Location"]) == (302, "/instances/incidents")
    assert site.client("inspector").post("/instances/incidents/preview", chosen).status_code == 404


PERSON = ("王小明", "138-0013-8000", "13800138000", "麻将馆", "噪声扰民到半夜")


def test_process_owners_read_no_names_numbers_or_letters_in_incidents(
    site: Site, number: str, broken: dict[str, bool]
) -> None:
    del broken
    instance = instance_of(site, number)
    message = "回访王小明（138-0013-8000）失败：麻将馆每天噪声扰民到半夜，请派出所管一管 [SQL: insert] [parameters: {}]"
    data = {"parameters": {"name": "wangxiaoming", "to": "王小明"}, "data": {"said": "麻将馆"}}
    site.execute("update incident set message = :m, data = cast(:d as jsonb)", m=message, d=json.dumps(data))
    site.execute("update operation set reason = '王小明来电，电话 13800138000'")
    owner, inspector = site.client("process_owner"), site.client("inspector")
    found = site.rows("select id from incident")[0].id
    pages = {
        "list": owner.get("/instances/incidents").text,
        "instance": owner.get(f"/instances/{instance}").text,
        "preview": owner.post("/instances/incidents/preview", {"incident": found, "reason": "再试"}).text,
        "one": owner.post(
            f"/instances/{instance}/preview", {"verb": "retry", "incident": found, "reason": "再试"}
        ).text,
    }
    for name, page in pages.items():
        seen = [word for word in (*PERSON, "wangxiaoming", "insert") if word in page]
        assert not seen, f"{name}: {seen}"
    assert "回访•••" in pages["list"], "the rest is there to be read"
    assert "王小明" in inspector.get("/instances/incidents").text, "who may see the matter reads all of it"
    site.execute("update incident set resolved_at = clock_now(), resolution = 'by_hand', reason = '已告知王小明'")
    assert "王小明" not in owner.get("/instances/incidents?state=resolved").text


def test_what_should_have_fired_is_named_only_to_those_who_may_know(site: Site, number: str) -> None:
    site.execute("update timer set due_at = clock_now() - interval '1 day'")
    site.execute("update instance set incident = '王小明 13800138000'")
    assert number in site.client("inspector").get("/oversight/fires").text.partition('id="missing"')[2]
    page = site.client("process_owner").get("/oversight/fires").text
    assert 'id="missing"' in page
    assert number not in page
    assert "13800138000" not in page


def test_chosen_incidents_are_retried_together(site: Site, number: str, broken: dict[str, bool]) -> None:
    browser = site.client("process_owner")
    found = site.rows("select id from incident")[0].id
    assert browser.post("/instances/incidents/retry", {"reason": "x"}).status_code == 302
    browser.post("/instances/incidents/retry", {"incident": found, "reason": "再试"})
    assert "没有成功" in browser.get("/instances/incidents").text
    broken["away"] = False
    browser.post("/instances/incidents/retry", {"incident": found, "reason": "接口恢复"})
    page = browser.get("/instances/incidents").text
    assert "没有未处理的异常" in page
    assert "接口恢复" in browser.get("/instances/incidents?state=resolved").text
    assert site.rows("select status from matter where number = :n", n=number)[0].status == "closed"


def test_an_incident_is_resolved_by_hand_after_a_look(site: Site, number: str, broken: dict[str, bool]) -> None:
    del broken
    browser, instance = site.client("process_owner"), instance_of(site, number)
    found = site.rows("select id from incident")[0].id
    preview = confirmed(
        browser, instance, verb="resolve", incident=found, result='{"outcome": "replied"}', reason="线下归档"
    )
    assert "将会发生" in preview
    assert site.rows("select resolution, reason from incident") == [("by_hand", "线下归档")]
    assert site.rows("select status from instance where id = :i", i=instance)[0].status == "completed"
