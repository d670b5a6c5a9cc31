"""A step that goes away while somebody is at its form: they learn what happened, and nothing they typed is lost."""

import json
import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from engine.runtime import deployments
from tests.conftest import Clock
from tests.engine.runtime.diagrams import Diagram
from tests.webapp.conftest import STATION, TRAFFIC, Browser, Site
from tests.webapp.test_journey import sign
from webapp.front_end import compile_catalogues

FORM = json.dumps(
    {"type": "default", "components": [{"type": "textarea", "id": "f", "key": "opinion", "label": "协办意见"}]}
).encode()
HIDDEN = re.compile(r'name="(key|shown_task)" value="([^"]*)"')
OPINION = "交警大队已经到现场核实，确有违停。"


@pytest.fixture
def number(site: Site) -> str:
    """A matter of the station's for which traffic and station are asked, for an hour."""
    units = [site.bureau.units[TRAFFIC], site.bureau.units[STATION]]
    diagram = (
        Diagram("matter").start().user("opinion", {"unit": "${unit}"}, candidateGroups="liaison")
        .user("sum_up", candidateGroups="liaison").end().chain("start", "opinion", "sum_up", "end")
        .many("opinion", f"${{{units}}}", "unit").timer("past", "PT1H", "opinion").flow("past", "sum_up")
    )  # fmt: skip
    files = {"processes/matter.bpmn": diagram.xml(), "forms/opinion.form": FORM, "forms/sum_up.form": FORM}
    with site.platform.engine.begin() as connection:
        deployments.store(connection, files, "tester", "")
    return site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number


def opened(browser: Browser, number: str) -> tuple[str, dict[str, object]]:
    """Open the form of the officer's step; return where it is sent and what it carries unseen."""
    page = browser.get(f"/matters/{number}")
    assert page.status_code == 200
    action = re.search(r'action="(/tasks/[0-9a-f]{32}/complete)"', page.text)
    assert action is not None
    return action[1], dict(HIDDEN.findall(page.text.partition('id="step-form"')[2]))


def fire(site: Site, **later: float) -> None:
    Clock(site.platform.engine).move(timedelta(**later))
    assert site.platform.runtime.fire_due(worker="w", limit=5)


def test_the_list_and_the_page_say_which_unit_is_asked(site: Site, number: str) -> None:
    traffic = site.client("traffic_liaison")
    assert re.search(rf'which">{TRAFFIC}<', traffic.get("/tasks").text)
    assert re.search(rf'which">{STATION}<', site.client("liaison").get("/tasks").text)
    page = traffic.get(f"/matters/{number}").text
    assert f'<div class="card-note">{TRAFFIC}</div>' in page.partition('id="task"')[2]
    assert re.search(rf'which">{STATION}<', page.partition('id="waiting"')[2])
    instance = site.rows("select id from instance")[0].id
    stands = site.client("inspector").get(f"/instances/{instance}").text.partition('id="tokens"')[2]
    assert re.search(rf'which">{TRAFFIC}<', stands)


@pytest.mark.parametrize(
    ("many", "said"),
    [
        ({"collection": "${['东门', '西门']}", "element": "gate"}, ["东门", "西门"]),
        ({"times": "2"}, ["第 1 项", "第 2 项"]),
    ],
)
def test_a_step_of_a_process_that_is_called_for_each_thing_says_which(
    site: Site, many: dict[str, str], said: list[str]
) -> None:
    matter = Diagram("matter").start().call("each", "looking").end().chain("start", "each", "end").many("each", **many)
    looking = Diagram("looking").start().user("look", candidateGroups="liaison").end().chain("start", "look", "end")
    files = {"processes/matter.bpmn": matter.xml(), "processes/looking.bpmn": looking.xml(), "forms/look.form": FORM}
    with site.platform.engine.begin() as connection:
        deployments.store(connection, files, "tester", "")
    site.register(handling_unit_id=site.bureau.units[STATION], kind="request")
    assert sorted(re.findall(r'which">([^<]+)<', site.client("liaison").get("/tasks").text)) == sorted(said)


def test_an_ordinary_step_says_nothing_of_the_kind(site: Site) -> None:
    site.register(handling_unit_id=site.bureau.units[STATION], kind="request")
    assert 'which">' not in site.client("liaison").get("/tasks").text


def test_a_step_that_a_clock_took_back_is_explained_with_what_was_typed(site: Site, number: str) -> None:
    browser = site.client("traffic_liaison")
    action, hidden = opened(browser, number)
    fire(site, minutes=61)
    answer = browser.post(action, {**hidden, "opinion": OPINION})
    assert answer.status_code == 409
    assert re.search(r'id="already-done">时限“名 past”已于 20\d\d-.*到时，流程按规定收回了“名 opinion”', answer.text)
    assert "这一步已经收回" in answer.text
    assert f"协办意见\n{OPINION}</textarea>" in answer.text
    assert site.rows("select 1 from finished_item where not withdrawn") == []


def closed(site: Site) -> None:
    site.execute("update matter set status = 'closed', closed_at = clock_now()")


def test_whoever_had_the_form_gets_their_text_back_when_the_matter_is_out_of_sight(site: Site, number: str) -> None:
    browser = site.client("traffic_liaison")
    action, hidden = opened(browser, number)
    fire(site, minutes=61)
    closed(site)
    assert browser.get(f"/matters/{number}").status_code == 404
    answer = browser.post(action, {**hidden, "opinion": OPINION})
    assert answer.status_code == 409
    assert OPINION in answer.text
    assert "收回了“名 opinion”" in answer.text
    assert "麻将馆" not in answer.text, "nothing of the matter but its number"


@pytest.mark.parametrize("sign", ["", "nonsense", "other"])
def test_nobody_else_learns_that_there_was_such_a_step(site: Site, number: str, sign: str) -> None:
    action, hidden = opened(site.client("traffic_liaison"), number)
    fire(site, minutes=61)
    shown = hidden["shown_task"] if sign == "other" else sign
    answer = site.client("traffic_handler").post(action, {**hidden, "shown_task": shown, "opinion": OPINION})
    assert answer.status_code == 404
    assert OPINION not in answer.text


def test_who_is_accused_meanwhile_learns_nothing(site: Site, number: str) -> None:
    browser = site.client("traffic_liaison")
    action, hidden = opened(browser, number)
    fire(site, minutes=61)
    accuse = "insert into matter_accused (matter_id, unit_id) select id, :unit from matter"
    site.execute(accuse, unit=site.bureau.units[TRAFFIC])
    assert browser.post(action, {**hidden, "opinion": OPINION}).status_code == 404


def moved_away(site: Site) -> None:
    """The step waits on, for another unit, whose the matter is now."""
    unit = site.bureau.units[TRAFFIC]
    site.execute("update work_item set candidates = array['handler@' || :u], assignee = null", u=str(unit))
    site.execute("update matter set handling_unit_id = :u, handler_id = null", u=unit)


def test_a_step_that_waits_for_others_by_now_keeps_what_was_typed(site: Site) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    sign(site, number)
    browser = site.client("handler")
    action, hidden = opened(browser, number)
    moved_away(site)
    answer = browser.post(action, {**hidden, "facts": "到现场走访，深夜营业属实。", "finding": "true"})
    assert answer.status_code == 409
    assert "现在由别的岗位或者别人办理" in answer.text
    assert "到现场走访，深夜营业属实。" in answer.text


def by_hand(site: Site, number: str) -> tuple[Browser, TestResponse]:
    browser = site.client("handler")
    action, hidden = opened(browser, number)
    instance = site.rows("select instance_id from matter where number = :n", n=number)[0].instance_id
    order = {"verb": "cancel", "reason": "来信人撤回"}
    assert site.client("inspector").post(f"/instances/{instance}/apply", order).status_code == 302
    return browser, browser.post(action, {**hidden, "facts": "到现场走访，深夜营业属实。", "finding": "true"})


def test_what_was_changed_by_hand_is_told_with_who_and_why(site: Site) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    sign(site, number)
    _, answer = by_hand(site, number)
    assert answer.status_code == 409
    name = site.rows("select name from officer where login = 'inspector'")[0].name
    assert re.search(rf'id="already-done">{name} 于 .*理由：来信人撤回', answer.text)
    assert "到现场走访，深夜营业属实。" in answer.text


def test_it_is_said_in_english_too(site: Site, number: str) -> None:
    compile_catalogues()
    browser = site.client("traffic_liaison")
    browser.post("/language", {"language": "en"})
    action, hidden = opened(browser, number)
    fire(site, minutes=61)
    answer = browser.post(action, {**hidden, "opinion": OPINION})
    assert "was taken back" in answer.text
    assert "What you typed" in answer.text
