"""Manual tasks and embedded sub-processes on a matter's page."""

import json
import re
from datetime import timedelta

import sqlalchemy as sa

from engine.runtime import deployments
from tests.conftest import Clock
from tests.engine.runtime.diagrams import Diagram
from tests.webapp.conftest import STATION, Site

FORM = json.dumps({"type": "default", "components": [{"type": "textfield", "id": "f", "key": "t", "label": "字"}]})


def deploy(site: Site, diagram: Diagram, *forms: str) -> str:
    """Deploy a process for matters and register one; return its number."""
    content = {"processes/matter.bpmn": diagram.xml()} | {f"forms/{name}.form": FORM.encode() for name in forms}
    with site.platform.engine.begin() as connection:
        deployments.store(connection, content, "tester", "")
    return site.register(handling_unit_id=site.bureau.units[STATION]).number


def shown(page: str) -> dict[str, dict[str, object]]:
    """Return the diagrams of a matter's page by their key."""
    found = re.search(r'<script[^>]*id="progress-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return {one["key"]: one for one in json.loads(found[1])}


def test_a_manual_task_without_a_form_is_said_to_be_done_with_a_note(site: Site) -> None:
    diagram = Diagram("matter").start().manual("hand_out", candidateGroups="liaison")
    diagram.manual("with_form", candidateGroups="liaison")
    number = deploy(site, diagram.end().chain("start", "hand_out", "with_form", "end"), "with_form")
    browser = site.client("liaison")
    page = browser.get(f"/matters/{number}").text
    task = re.search(r'action="/tasks/([0-9a-f]{32})/complete"', page)
    assert task is not None
    assert re.search(r'id="complete">.*?已完成</button>', page)
    assert 'name="note"' in page
    answer = browser.post(f"/tasks/{task[1]}/complete", {"key": "a" * 20, "note": "传单已发完"})
    assert answer.status_code == 302
    page = browser.get(f"/matters/{number}").text
    assert "传单已发完" in page
    assert 'name="t"' in page
    assert re.search(r'id="complete">.*?(?<!已)完成</button>', page)
    with site.platform.engine.connect() as connection:
        instance = connection.execute(sa.text("select id from instance")).scalar_one()
    with site.platform.runtime.transaction(instance, actor="system") as transaction:
        assert transaction.data["hand_out"] == {}


def test_a_manual_task_without_a_note_is_done_too(site: Site) -> None:
    diagram = Diagram("matter").start().manual("hand_out", candidateGroups="liaison").end()
    number = deploy(site, diagram.chain("start", "hand_out", "end"))
    browser = site.client("liaison")
    task = re.search(r'action="/tasks/([0-9a-f]{32})/complete"', browser.get(f"/matters/{number}").text)
    assert task is not None
    assert browser.post(f"/tasks/{task[1]}/complete", {"key": "a" * 20}).status_code == 302
    assert site.rows("select status from instance") == [("completed",)]


def test_elements_inside_a_sub_process_have_their_marks(site: Site) -> None:
    nested = Diagram("nested").start("n1").user("deep", candidateGroups="liaison", dueDate="1工作日").end("n2")
    nested.chain("n1", "deep", "n2")
    inner = (
        Diagram("inside").start("i1").user("look", candidateGroups="liaison")
        .sub(nested.many("deep", times="3")).end("i2").chain("i1", "look", "nested", "i2")
    )  # fmt: skip
    diagram = Diagram("matter").start().sub(inner).user("after", candidateGroups="liaison").end()
    number = deploy(site, diagram.chain("start", "inside", "after", "end"), "look", "deep", "after")
    browser = site.client("liaison")

    def done() -> dict[str, object]:
        page = browser.get(f"/matters/{number}").text
        task = re.search(r'action="/tasks/([0-9a-f]{32})/complete"', page)
        assert task is not None
        assert browser.post(f"/tasks/{task[1]}/complete", {"key": task[1][-20:], "t": "x"}).status_code == 302
        return shown(browser.get(f"/matters/{number}").text)["matter"]

    process = shown(browser.get(f"/matters/{number}").text)["matter"]
    assert process["active"] == ["inside", "look"]
    assert process["done"] == ["i1", "start"]
    process = done()
    assert process["active"] == ["deep", "inside", "nested"]
    assert process["done"] == ["i1", "look", "n1", "start"]
    assert process["counts"] == {"deep": {"n": 3, "late": 0}}
    instance = site.rows("select instance_id from work_item limit 1")[0].instance_id
    site.platform.runtime.pause_clock(instance, actor="1", reason="等待鉴定结论")
    Clock(site.platform.engine).move(timedelta(days=30))
    assert shown(browser.get(f"/matters/{number}").text)["matter"]["counts"] == {"deep": {"n": 3, "late": 0}}
    site.platform.runtime.resume_clock(instance, actor="1", reason="鉴定已出")
    Clock(site.platform.engine).move(timedelta(days=30))
    assert shown(browser.get(f"/matters/{number}").text)["matter"]["counts"] == {"deep": {"n": 3, "late": 3}}
    done()
    done()
    process = done()
    assert process["active"] == ["after"]
    assert process["done"] == ["deep", "i1", "i2", "inside", "look", "n1", "n2", "nested", "start"]
    assert process["counts"] == {}


def test_a_unit_that_was_asked_is_told_that_its_answer_has_arrived_and_may_look_on(site: Site) -> None:
    units = [site.bureau.units[STATION], site.bureau.units["交警大队"]]
    diagram = (
        Diagram("matter").start().user("opinion", {"unit": "${unit}"}, candidateGroups="liaison").user("after").end()
        .chain("start", "opinion", "after", "end").many("opinion", f"${{{units}}}", "unit")
    )  # fmt: skip
    number = deploy(site, diagram, "opinion", "after")
    browser = site.client("traffic_liaison")
    page = browser.get(f"/matters/{number}")
    assert page.status_code == 200
    assert "王小明" not in page.text
    task = re.search(r'action="/tasks/([0-9a-f]{32})/complete"', page.text)
    assert task is not None
    for _ in range(2):
        assert browser.post(f"/tasks/{task[1]}/complete", {"key": "a" * 20, "t": "同意"}).status_code == 302
    page = browser.get(f"/matters/{number}")
    assert page.status_code == 200, "who was asked sees what becomes of it"
    assert "王小明" not in page.text
    assert f"/tasks/{task[1]}/complete" not in page.text
    assert site.client("liaison").get(f"/matters/{number}").status_code == 200
    assert site.client("traffic_handler").get(f"/matters/{number}").status_code == 404
