"""A process owner changes the procedure without a line of Python."""

import html
import json
import re
from datetime import UTC, datetime

import pytest

from engine.casework.deploying import files_on_disk
from engine.runtime import Refused
from engine.runtime.expressions import parse
from tests.journeys.bureau import World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
TASK = """
    <bpmn:userTask id="legal_check" name="法制把关" camunda:formRef="legal_check" camunda:candidateGroups="inspector">
      <bpmn:incoming>dispose_to_legal_check</bpmn:incoming>
      <bpmn:outgoing>legal_check_to_feed_back</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="dispose_to_legal_check" sourceRef="dispose" targetRef="legal_check" />
    <bpmn:sequenceFlow id="legal_check_to_feed_back" sourceRef="legal_check" targetRef="feed_back" />
"""
FORM = {
    "type": "default",
    "id": "legal_check",
    "schemaVersion": 18,
    "components": [
        {
            "type": "radio",
            "key": "opinion",
            "label": "法制意见",
            "values": [{"label": "同意", "value": "agree"}, {"label": "有异议", "value": "object"}],
            "validate": {"required": True},
        },
        {"type": "textarea", "key": "remark", "label": "说明"},
    ],
}


def with_legal_check() -> dict[str, bytes]:
    """The shipped processes with one more step between disposing and feeding back, and a form for it."""
    files = files_on_disk()
    handling = files["processes/handling.bpmn"].decode()
    old = '    <bpmn:sequenceFlow id="dispose_to_feed_back" sourceRef="dispose" targetRef="feed_back" />\n'
    assert old in handling
    handling = handling.replace(old, TASK)
    handling = handling.replace("<bpmn:outgoing>dispose_to_feed_back<", "<bpmn:outgoing>dispose_to_legal_check<")
    handling = handling.replace("<bpmn:incoming>dispose_to_feed_back<", "<bpmn:incoming>legal_check_to_feed_back<")
    start = handling.index('      <bpmndi:BPMNEdge id="dispose_to_feed_back_di"')
    end = handling.index("</bpmndi:BPMNEdge>", start) + len("</bpmndi:BPMNEdge>\n")
    files["processes/handling.bpmn"] = (handling[:start] + handling[end:]).encode()
    return {**files, "forms/legal_check.form": json.dumps(FORM, ensure_ascii=False).encode()}


def test_a_new_step_with_a_form_needs_no_python(world: World) -> None:
    before = world.register(TITLE).number
    first = world.runtime.deploy(files_on_disk(), actor="owner")
    second = world.runtime.deploy(with_legal_check(), actor="owner", note="处置后由督察把关")
    assert second.version == first.version + 1
    after = world.register("滨河路违停占道", "滨河路两侧长期违停。").number
    for number in (before, after):
        world.do(number, "sign", "liaison")
        for step in ("investigate", "dispose"):
            world.do(number, step, "handler")
    assert world.waiting(before) == ["feed_back"]
    assert world.waiting(after) == ["legal_check"]
    world.do(after, "legal_check", "inspector", opinion="agree", remark="程序合法。")
    assert world.waiting(after) == ["feed_back"]
    entry = world.row(
        "select e.event, e.name, e.details -> 'answers' ->> 'remark' as remark from history_event e "
        "join matter m on m.id = e.matter_id where m.number = :number and e.step = 'legal_check' "
        "and e.event = 'completed'",
        number=after,
    )
    assert (entry["name"], entry["remark"]) == ("法制把关", "程序合法。")


def test_a_step_without_its_form_is_refused_with_its_name(world: World) -> None:
    files = with_legal_check()
    del files["forms/legal_check.form"]
    with pytest.raises(Refused) as refused:
        world.runtime.deploy(files, actor="owner")
    (problem,) = [problem for problem in refused.value.problems if problem.severity == "error"]
    assert (problem.element_id, problem.element_name) == ("legal_check", "法制把关")
    assert problem.remedy


def test_a_limit_changed_in_the_table_moves_new_deadlines(world: World) -> None:
    files = files_on_disk()
    table = files["processes/clocks.dmn"].decode()
    start = table.index("12345工单一般类")
    total = table.rindex('"5工作日"', 0, start)
    changed = table[:total] + '"3工作日"' + table[total + len('"5工作日"') :]
    world.runtime.deploy({**files, "processes/clocks.dmn": changed.encode()}, actor="owner")
    matter = world.matter(world.register(TITLE).number)
    assert matter["due_at"] == datetime(2026, 3, 5, 16, tzinfo=UTC)


def test_the_shipped_processes_need_no_fact_that_a_running_matter_may_lack() -> None:
    """Facts that only newer matters have are asked for with a default, so that older ones can move to this version."""
    since_ever = {"id", "number", "channel", "clock", "limit", "kind", "severity", "online", "solicited"}
    since_ever |= {"receiving_unit", "given"}
    asked = set()
    for path, content in files_on_disk().items():
        if path.endswith(".bpmn"):
            formulas = re.findall(r"\$\{[^}]*\}", html.unescape(content.decode()))
            asked |= {name for formula in formulas for name in parse(formula).required if name.startswith("matter.")}
    assert asked <= {f"matter.{name}" for name in since_ever}
    assert "matter.returned" in parse("${matter.returned >= 3}").required
