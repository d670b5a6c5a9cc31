"""A process owner moves running matters to a new version in the browser, and back."""

import json
import re
from collections.abc import Callable

import pytest

from tests.webapp.conftest import STATION, Site, definition_files
from tests.webapp.connections import most_held
from tests.webapp.test_journey import WORK, finish, sign
from tests.webapp.test_processes import with_a_step
from webapp.front_end import compile_catalogues
from webapp.worker import work_of

REASON = "新的办理规定自本月起施行"
HANDLING = "processes/handling.bpmn"
MATTER = "processes/matter.bpmn"


def renamed(drawing: str) -> str:
    return drawing.replace('"investigate"', '"look_into"').replace(">investigate<", ">look_into<")


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_catalogues()


@pytest.fixture
def versions(site: Site) -> str:
    """The number of a matter under investigation on version 1; version 2 names that step otherwise and adds one."""
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    sign(site, number)
    files = definition_files()
    files[HANDLING] = renamed(with_a_step(files[HANDLING].decode()).replace("investigate_to", "look_to")).encode()
    files[MATTER] = files[MATTER].replace(b"sign,investigate,", b"sign,look_into,")
    files["forms/look_into.form"] = files["forms/investigate.form"]
    files["forms/ask_advice.form"] = json.dumps(
        {"type": "default", "id": "ask_advice", "schemaVersion": 18, "components": []}
    ).encode()
    site.platform.runtime.deploy(files, actor="system", note="调查改名")
    return number


PLAN: dict[str, object] = {"process": "matter", "from": 1, "to": 2}
MAPPED = PLAN | {"map-handling/investigate": "look_into"}


def planned(site: Site, form: dict[str, object]) -> int:
    """Store a plan as the page does, and let the worker assess it."""
    answer = site.client("process_owner").post("/migrations", form)
    assert answer.status_code == 302, re.findall(r'(?s)<div class="error-summary.*?</div>', answer.text)
    migration = int(answer.headers["Location"].rpartition("/")[2])
    queued = site.rows("select args from procrastinate_jobs where task_name = 'migrate' and status = 'todo'")
    assert [row.args for row in queued][-1] == {"migration_id": migration}
    work_of(site.platform).migrate(migration)
    return migration


def test_two_versions_are_compared_element_by_element(site: Site, versions: str) -> None:
    browser = site.client("process_owner")
    assert 'href="/migrations"' in browser.get("/processes").text
    assert "第 1 版" in browser.get("/migrations").text
    page = browser.get("/migrations/new?process=matter&from=1&to=2").text
    assert "investigate" in page
    assert "征求法制意见" in page
    select = re.search(r'(?s)<select[^>]+name="map-handling/investigate".*?</select>', page)
    assert select is not None
    assert re.findall(r'value="([^"]*)" selected', select[0]) == ["look_into"]  # the same label: suggested
    assert '"done": ["ask_advice"' in page.replace("\\u0022", '"')  # marked in the diagram


def test_running_matters_are_assessed_moved_and_moved_back(site: Site, versions: str) -> None:
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    page = browser.get(f"/migrations/{migration}").text
    assert "1 件可以直接迁移" in page
    by_hand = page.partition("手工指定的对应关系")[2].partition("</table>")[0]
    assert re.findall("<code>([^<]*)</code>", by_hand) == ["investigate", "look_into"]
    assert versions not in page  # a process owner does not see whose matter it is
    refused = browser.post(f"/migrations/{migration}/begin", {"reason": " "})
    assert refused.status_code == 422
    assert "请写明理由" in refused.text
    long = "改" * 501
    refused = browser.post(f"/migrations/{migration}/begin", {"reason": long})
    assert refused.status_code == 422
    assert "理由最多 500 个字" in refused.text
    assert f'value="{long}"' in refused.text
    assert browser.post(f"/migrations/{migration}/begin", {"reason": REASON}).status_code == 302
    assert "hx-trigger" in browser.get(f"/migrations/{migration}").text  # it asks again by itself
    work_of(site.platform).migrate(migration)
    page = browser.get(f"/migrations/{migration}").text
    assert "已完成：1 件移到了新版" in page
    assert REASON in page
    seen = site.client("handler").get(f"/matters/{versions}").text
    assert "当前任务：调查" in seen
    assert "第 1 版 → 第 2 版" in seen
    instance = site.rows("select instance_id from matter where number = :n", n=versions)[0][0]
    assert f"/migrations/{migration}/revert/{instance}" in page
    long = "改回来" * 200
    refused = browser.post(f"/migrations/{migration}/revert/{instance}?show=migrated&page=1", {"reason": long})
    assert refused.status_code == 422
    assert "理由最多 500 个字" in refused.text
    assert f'id="reason-{instance}" name="reason" maxlength="500" required value="{long}"' in refused.text
    with most_held(site.platform.engine) as held:
        done = browser.post(f"/migrations/{migration}/revert/{instance}", {"reason": "改回来"})
    assert done.status_code == 302
    assert held.most == 1
    assert [row.step for row in site.rows("select step from work_item")] == ["investigate"]
    assert "已移回旧版" in browser.get(f"/migrations/{migration}").text


def test_a_matter_is_moved_back_for_a_month_and_the_page_says_so(site: Site, versions: str) -> None:
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    browser.post(f"/migrations/{migration}/begin", {"reason": REASON})
    work_of(site.platform).migrate(migration)
    assert "30 天内可以移回旧版" in browser.get(f"/migrations/{migration}").text
    site.execute("update migration_step set done_at = done_at - interval '31 days'")
    work_of(site.platform).catch_up()
    page = browser.get(f"/migrations/{migration}").text
    assert "已过 30 天，不能再移回" in page
    assert "/revert" not in page


def test_why_a_matter_was_not_moved_is_told_without_its_petitioner(site: Site, versions: str) -> None:
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    assert browser.post(f"/migrations/{migration}/begin", {"reason": REASON}).status_code == 302
    site.execute("update migration_step set error = '王小明的回访电话算不出来'")
    page = browser.get(f"/migrations/{migration}").text
    assert "的回访电话算不出来" in page
    assert "王小明" not in page


def test_all_is_moved_back_but_what_has_gone_on(site: Site, versions: str) -> None:
    other = site.register(handling_unit_id=site.bureau.units[STATION], kind="request", title="夜市噪声").number
    site.execute("update instance set deployment_id = 1")
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    browser.post(f"/migrations/{migration}/begin", {"reason": REASON})
    work_of(site.platform).migrate(migration)
    sign(site, other)
    assert browser.post(f"/migrations/{migration}/revert", {"reason": ""}).status_code == 422
    long = "改" * 501
    refused = browser.post(f"/migrations/{migration}/revert", {"reason": long})
    assert refused.status_code == 422
    assert "理由最多 500 个字" in refused.text
    assert f'value="{long}"' in refused.text
    assert browser.post(f"/migrations/{migration}/revert", {"reason": "改回来"}).status_code == 302
    work_of(site.platform).migrate(migration)
    page = browser.get(f"/migrations/{migration}?show=all").text
    assert "移回旧版 1 件，理由：改回来" in page
    assert "已经继续办理" in page
    assert 'id="revert-form"' not in page, "there is nothing left to move back"
    assert "不能移回旧版" in page


def test_what_has_no_counterpart_is_said_and_the_mapping_corrected(site: Site, versions: str) -> None:
    migration = planned(site, PLAN)
    browser = site.client("process_owner")
    page = browser.get(f"/migrations/{migration}").text
    assert "新版流程里没有“调查”" in page
    assert 'id="begin-form"' not in page
    form = browser.get(f"/migrations/{migration}/mapping").text
    assert 'name="map-handling/investigate"' in form
    wrong = browser.post(f"/migrations/{migration}/mapping", PLAN | {"map-handling/investigate": "nothing"})
    assert wrong.status_code == 422
    assert "没有环节 nothing" in wrong.text
    assert browser.post(f"/migrations/{migration}/mapping", MAPPED).status_code == 302
    work_of(site.platform).migrate(migration)
    assert 'id="begin-form"' in browser.get(f"/migrations/{migration}").text


def test_the_answers_of_both_versions_stand_in_the_timeline(site: Site, versions: str) -> None:
    login, answers = WORK["investigate"]
    finish(site, login, versions, **answers)
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    browser.post(f"/migrations/{migration}/begin", {"reason": REASON})
    work_of(site.platform).migrate(migration)
    page = site.client("inspector").get(f"/matters/{versions}").text
    assert "到现场走访，麻将馆深夜营业属实。" in page  # typed in a form that the new version has under another name


def deployed(site: Site, redraw: Callable[[str], str], path: str = HANDLING) -> int:
    files = definition_files()
    files[path] = redraw(files[path].decode()).encode()
    return site.platform.runtime.deploy(files, actor="system", note="改").id


def selects(page: str) -> dict[str, list[str]]:
    """What may be chosen on the page of a plan: name of each select to the values it offers."""
    found = re.findall(r'(?s)<select[^>]+name="map-([^"]+)"(.*?)</select>', page)
    return {name: re.findall(r'<option value="([^"]*)"', inner) for name, inner in found}


def test_an_element_of_another_kind_or_at_another_place_can_be_said_to_be_another(site: Site, versions: str) -> None:
    def redraw(drawing: str) -> str:
        manual = drawing.replace('<bpmn:userTask id="dispose"', '<bpmn:manualTask id="dispose"')
        head, tail = manual.split('<bpmn:manualTask id="dispose"')
        manual = head + '<bpmn:manualTask id="dispose"' + tail.replace("</bpmn:userTask>", "</bpmn:manualTask>", 1)
        return manual.replace(
            'id="sign_late" name="超期" cancelActivity="false" attachedToRef="sign"',
            'id="sign_late" name="超期" cancelActivity="false" attachedToRef="investigate"',
        )

    site.register(handling_unit_id=site.bureau.units[STATION], kind="request", title="夜市噪声")  # waits to be signed
    site.execute("update instance set deployment_id = 1")
    new = deployed(site, redraw)
    browser = site.client("process_owner")
    page = browser.get(f"/migrations/new?process=matter&from=1&to={new}").text
    found = selects(page)
    assert set(found["handling/dispose"]) == {"", "feed_back", "investigate", "sign"}
    assert set(found["handling/sign_late"]) == {"", "-", "sign_reminder", "sign_overdue"}
    assert "挂在“签收”上" in page
    automatic = page.partition('id="automatic"')[2].partition("</table>")[0]
    assert "<code>investigate</code>" in automatic
    assert "<code>dispose</code>" not in automatic
    migration = planned(site, PLAN | {"to": new, "map-handling/sign_late": "-"})
    assert site.rows("select verdict from migration_step order by instance_id") == [("safe",), ("safe",)]
    told = browser.get(f"/migrations/{migration}?show=times").text
    assert "签收 · 超期" in told
    assert "删去（原定" in told


def test_deadlines_that_move_are_listed_from_when_to_when_with_those_that_fire_at_once(
    site: Site, versions: str
) -> None:
    new = deployed(site, lambda drawing: drawing.replace("${clocks.handling_late}", "PT0.001S"), MATTER)
    limited = deployed(site, lambda drawing: drawing.replace("${clocks.investigate}", "30工作日"))
    browser = site.client("process_owner")
    migration = planned(site, PLAN | {"to": new})
    page = browser.get(f"/migrations/{migration}?show=times").text
    assert "1 件的时限会变" in page
    assert "1 件有时限按新版已经过了，迁移后立即触发" in page
    (row,) = re.findall(r'(?s)<table class="list" id="steps">.*?<tbody>(.*?)</tbody>', page)
    assert "承办办理 · 超期" in row
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d[^<]* → <b>\d{4}-\d\d-\d\d", row)
    assert "迁移后立即触发" in row
    migration = planned(site, PLAN | {"to": limited})
    page = browser.get(f"/migrations/{migration}?show=times").text
    assert "“调查”的办理期限" in page
    assert "立即触发" not in page
    assert site.rows("select deployment_id from instance") == [(1,)]


def test_the_page_asks_again_while_it_works_and_is_renewed_when_it_is_through(site: Site, versions: str) -> None:
    browser = site.client("process_owner")
    answer = browser.post("/migrations", MAPPED)
    address = answer.headers["Location"]
    migration = int(address.rpartition("/")[2])
    asking = {"headers": {"HX-Request": "true"}}
    answer = browser.get(address, **asking)
    assert 'hx-trigger="every 2s"' in answer.text
    assert "HX-Refresh" not in answer.headers
    work_of(site.platform).migrate(migration)
    answer = browser.get(address, **asking)
    assert "hx-trigger" not in answer.text
    assert answer.headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in browser.get(address).headers


def test_a_migration_whose_job_was_given_up_goes_on_by_itself_or_by_hand(site: Site, versions: str) -> None:
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    assert browser.post(f"/migrations/{migration}/begin", {"reason": REASON}).status_code == 302
    assert 'id="go-on-form"' not in browser.get(f"/migrations/{migration}").text
    site.execute("update procrastinate_jobs set status = 'failed' where task_name = 'migrate'")
    assert 'id="go-on-form"' in browser.get(f"/migrations/{migration}").text
    queued = "select count(*) from procrastinate_jobs where task_name = 'migrate' and status = 'todo'"
    for _ in range(2):
        assert browser.post(f"/migrations/{migration}/go-on").status_code == 302
        assert site.rows(queued) == [(1,)], "one job is enough"
    assert 'id="go-on-form"' not in browser.get(f"/migrations/{migration}").text
    site.execute("update procrastinate_jobs set status = 'failed' where task_name = 'migrate'")
    for _ in range(2):
        work_of(site.platform).catch_up()
        assert site.rows(queued) == [(1,)]
    work_of(site.platform).migrate(migration)
    site.execute("update procrastinate_jobs set status = 'failed' where task_name = 'migrate'")
    work_of(site.platform).catch_up()
    assert site.rows(queued) == [(0,)], "it is through"
    assert "已完成：1 件移到了新版" in browser.get(f"/migrations/{migration}").text


def test_versions_that_cannot_be_compared_are_refused_in_words(site: Site, versions: str) -> None:
    browser = site.client("process_owner")
    same = browser.get("/migrations/new?process=matter&from=1&to=1")
    assert same.status_code == 422
    assert "两个版本相同" in same.text
    unknown = browser.get("/migrations/new?process=nothing&from=1&to=2")
    assert unknown.status_code == 422
    assert browser.get("/migrations/new?process=matter&from=1&to=99").status_code in {404, 422}
    assert browser.get("/migrations/new?process=matter").headers["Location"] == "/migrations"
    assert browser.post("/migrations", {"process": "matter"}).status_code == 400
    assert browser.get("/migrations/77").status_code == 404


def test_nobody_but_a_process_owner_opens_these_pages(site: Site, versions: str) -> None:
    migration = planned(site, MAPPED)
    for login in ("inspector", "handler", "system_admin"):
        browser = site.client(login)
        assert browser.get("/migrations").status_code == 404
        assert browser.get(f"/migrations/{migration}").status_code == 404
        for act in ("begin", "go-on", "revert", "revert/1", "mapping"):
            assert browser.post(f"/migrations/{migration}/{act}", {"reason": REASON}).status_code == 404
    assert site.rows("select status from migration") == [("assessed",)]


def test_the_pages_are_english_too(site: Site, versions: str) -> None:
    migration = planned(site, MAPPED)
    browser = site.client("process_owner")
    browser.post("/language", {"language": "en"})
    page = browser.get(f"/migrations/{migration}").text
    assert "1 can be migrated as they are" in page
