"""A process owner adds a step to the process and a form for it in the browser; nobody touches Python."""

import io
import json
import re

from tests.webapp.conftest import STATION, Site, definition_files
from tests.webapp.test_journey import WORK, finish, open_task, sign

STEP = """<bpmn:userTask id="ask_advice" name="征求法制意见" camunda:formRef="ask_advice"
        camunda:candidateGroups="legal">
      <bpmn:incoming>investigate_to_ask_advice</bpmn:incoming>
      <bpmn:outgoing>investigate_to_dispose</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="investigate_to_ask_advice" sourceRef="investigate" targetRef="ask_advice" />
    """
FORM = {
    "type": "default",
    "id": "ask_advice",
    "schemaVersion": 18,
    "components": [
        {
            "type": "textarea",
            "id": "f1",
            "key": "advice",
            "label": "法制意见",
            "validate": {"required": True, "minLength": 5},
        }
    ],
}


def with_a_step(bpmn: str) -> str:
    bpmn = bpmn.replace(
        "<bpmn:outgoing>investigate_to_dispose</bpmn:outgoing>",
        "<bpmn:outgoing>investigate_to_ask_advice</bpmn:outgoing>",
        1,
    )
    flow = '<bpmn:sequenceFlow id="investigate_to_dispose" sourceRef="investigate" targetRef="dispose" />'
    moved = '<bpmn:sequenceFlow id="investigate_to_dispose" sourceRef="ask_advice" targetRef="dispose" />'
    assert flow in bpmn
    return bpmn.replace(flow, STEP + moved)


def handling() -> str:
    return definition_files()["processes/handling.bpmn"].decode()


def hidden_fields(page: str) -> dict[str, object]:
    form = page.partition('id="deploy-form"')[2].partition("</form>")[0]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return {name: value for name, value in found.items() if name != "csrf_token"}


def upload(site: Site, files: dict[str, bytes], note: str = "") -> tuple[int, str]:
    browser = site.client("process_owner")
    sent = [(io.BytesIO(content), name) for name, content in files.items()]
    answer = browser.post("/processes/new", {"files": sent, "note": note}, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_a_step_and_its_form_are_added_in_the_browser(site: Site) -> None:
    before = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    files = {"handling.bpmn": with_a_step(handling()).encode(), "ask_advice.form": json.dumps(FORM).encode()}
    status, checked = upload(site, files, "加一步法制意见")
    assert status == 200, re.findall(r'data-label="问题">([^<]*)', checked)
    assert "没有错误，可以部署" in checked
    owner = site.client("process_owner")
    deployed = owner.post("/processes/deploy", hidden_fields(checked) | {"note": "加一步法制意见"})
    assert deployed.status_code == 302
    assert "征求法制意见" in owner.get(deployed.headers["Location"]).text

    number = site.register(
        body="夜市油烟和噪声扰民，请派出所管理。",
        title="夜市噪声",
        handling_unit_id=site.bureau.units[STATION],
        kind="request",
    ).number
    sign(site, number)
    finish(site, "handler", number, **WORK["investigate"][1])
    page = site.client("legal").get(f"/matters/{number}").text
    assert "当前任务：征求法制意见" in page
    assert "法制意见" in page
    finish(site, "legal", number, advice="程序合法，可以责令改正。")
    open_task(site.client("handler"), number)  # the handler goes on with what follows
    history = site.client("inspector").get(f"/matters/{number}").text
    assert "程序合法，可以责令改正。" in history

    sign(site, before)
    finish(site, "handler", before, **WORK["investigate"][1])
    assert "当前任务：处置" in site.client("handler").get(f"/matters/{before}").text  # it stays on its version


def test_everything_wrong_is_listed_with_its_place_and_what_to_do(site: Site) -> None:
    broken = (
        with_a_step(handling())
        .replace('camunda:candidateGroups="legal"', 'camunda:candidateGroups="astronaut"')
        .replace('camunda:formRef="ask_advice"', 'camunda:formRef="no_such_form"')
    )
    status, page = upload(site, {"handling.bpmn": broken.encode()})
    assert status == 422
    assert "ask_advice" in page
    assert "征求法制意见" in page
    assert "astronaut" in page
    assert "no_such_form" in page
    assert 'id="deploy-form"' not in page
    assert len(site.rows("select 1 from deployment")) == 1


def test_problems_stand_below_their_file_and_point_into_its_diagram(site: Site) -> None:
    broken = handling().replace('camunda:candidateGroups="handler"', 'camunda:candidateGroups="astronaut"')
    unreadable = json.dumps(FORM | {"components": "none"}).encode()
    status, page = upload(site, {"handling.bpmn": broken.encode(), "ask_advice.form": unreadable})
    assert status == 422
    titles = re.findall(r'<h2 class="card-title">([^<]*)</h2>', page)
    assert {"流程图", "forms/ask_advice.form", "processes/handling.bpmn"} <= set(titles)
    shown = set(re.findall(r'data-shows="([^"]+)" data-in="([^"]+)"', page))
    assert ("dispose", "processes/handling.bpmn") in shown
    found = re.search(r'<script type="application/json" id="checked-data">(.*?)</script>', page, re.DOTALL)
    assert found
    (diagram,) = json.loads(found[1])
    assert {(element, diagram["key"]) for element in diagram["wrong"]} == shown
    assert "第 " in page  # the line


def test_a_diagram_that_cannot_be_drawn_is_not_drawn(site: Site) -> None:
    undrawn = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", handling(), flags=re.DOTALL)
    status, page = upload(site, {"handling.bpmn": undrawn.replace('"handler"', '"astronaut"').encode()})
    assert status == 422
    assert "astronaut" in page
    assert "data-shows" not in page
    assert upload(site, {"handling.bpmn": b"<not xml"})[0] == 422


def test_what_has_errors_is_not_deployed_even_when_asked_for(site: Site) -> None:
    status, page = upload(site, {"ask_advice.form": json.dumps(FORM).encode()})
    assert status == 200, page
    fields = hidden_fields(page)
    broken = dict.fromkeys(fields, "bm90IGEgZm9ybQ==")  # "not a form"
    answer = site.client("process_owner").post("/processes/deploy", broken)
    assert answer.status_code == 422
    assert len(site.rows("select 1 from deployment")) == 1


def test_only_definition_files_are_taken(site: Site) -> None:
    status, page = upload(site, {"evil.py": b"print(1)"})
    assert status == 422
    assert "只能上传 .bpmn、.dmn 和 .form 文件" in page


def test_a_deployed_file_is_handed_out_as_it_was_deployed(site: Site) -> None:
    answer = site.client("process_owner").get("/processes/1/files/processes/matter.bpmn")
    assert answer.data == definition_files()["processes/matter.bpmn"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert site.client("process_owner").get("/processes/1/files/etc/passwd").status_code == 404
