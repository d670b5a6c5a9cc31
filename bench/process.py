"""The process the engine's benchmark runs, and what is typed into it: a citizen's request of moderate size."""

from typing import Any

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d_{key}" targetNamespace="http://minyi.bench">'
    '<bpmn:process id="{key}" name="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'
)
PATH = (
    "register",
    "assign",
    "accept",
    "look_into",
    "visit_place",
    "conclude",
    "draft",
    "review",
    "approve",
    "reply",
)
_TEXT = "来电人反映学校门口照明和停车使过街不安全，曾两次要求巡逻，法定期限内未得到答复。"
START: dict[str, Any] = {
    "matter": {
        "channel": "hotline",
        "kind": "complaint",
        "severity": 2,
        "text": _TEXT * 4,
        "petitioner": {
            "name": "张三",
            "phone": "13800000000",
            "address": {"street": "解放路 12 号", "county": "某县", "code": "330000"},
        },
        "attachments": [
            {"id": f"a{number}", "name": f"photo{number}.jpg", "size": 120000 + number, "hash": "ab" * 16}
            for number in range(3)
        ],
        "received_at": "2026-01-05T02:00:00+00:00",
    }
}
FORMS: dict[str, dict[str, Any]] = {
    step: {
        "decision": "ok",
        "officer": f"officer {number}",
        "at": "2026-01-06T02:00:00+00:00",
        "note": "已核对材料和附件，目前没有其他需要补充的内容。" * 3,
        "checks": {"identity": True, "competence": True, "duplicate": False},
        "minutes": 12,
    }
    for number, step in enumerate(PATH)
}


def drawing(*, quoted: bool) -> dict[str, bytes]:
    """Return the BPMN of both processes by key.

    With ``quoted`` durations stand in quotes and conditions bare, as plain SpiffWorkflow reads them: as Python.
    """
    main = _body(
        users=("register", "assign", "draft", "review", "approve", "reply"),
        more='<bpmn:callActivity id="investigate" name="investigate" calledElement="investigation"/>'
        '<bpmn:exclusiveGateway id="concluded" name="concluded" default="f_concluded_draft"/>'
        '<bpmn:exclusiveGateway id="reviewed" name="reviewed" default="f_reviewed_approve"/>'
        '<bpmn:userTask id="hurry" name="hurry"/><bpmn:endEvent id="end_hurry"/>',
        timers=(
            ("remind_assign", "assign", "P1D", False, "note_assign"),
            ("late", "investigate", "P15D", True, "hurry"),
            ("remind", "investigate", "P10D", False, "note_investigate"),
            ("remind_draft", "draft", "P2D", False, "note_draft"),
            ("remind_review", "review", "P2D", False, "note_review"),
        ),
        flows=(
            ("start", "register", ""),
            ("register", "assign", ""),
            ("assign", "investigate", ""),
            ("investigate", "concluded", ""),
            ("concluded", "draft", ""),
            ("concluded", "assign", "conclude.decision == 'back'"),
            ("hurry", "end_hurry", ""),
            ("draft", "review", ""),
            ("review", "reviewed", ""),
            ("reviewed", "approve", ""),
            ("reviewed", "draft", "review.decision == 'reject'"),
            ("approve", "reply", ""),
            ("reply", "end", ""),
        ),
        quoted=quoted,
    )
    called = _body(
        users=("accept", "look_into", "visit_place", "conclude"),
        more="",
        timers=(("remind_accept", "accept", "P1D", False, "note_accept"),),
        flows=(
            ("start", "accept", ""),
            ("accept", "look_into", ""),
            ("look_into", "visit_place", ""),
            ("visit_place", "conclude", ""),
            ("conclude", "end", ""),
        ),
        quoted=quoted,
    )
    if quoted:
        # Plain SpiffWorkflow reads members of dictionaries by subscript only.
        main = main.replace("conclude.decision", "conclude['decision']").replace(
            "review.decision", "review['decision']"
        )
    bodies = {"case": main, "investigation": called}
    return {key: HEAD.format(key=key, body=body).encode() for key, body in bodies.items()}


def _body(
    *,
    users: tuple[str, ...],
    more: str,
    timers: tuple[tuple[str, str, str, bool, str], ...],
    flows: tuple[tuple[str, str, str], ...],
    quoted: bool,
) -> str:
    parts = ['<bpmn:startEvent id="start"/><bpmn:endEvent id="end"/>', more]
    parts += [f'<bpmn:userTask id="{step}" name="{step}" camunda:candidateGroups="officer"/>' for step in users]
    for name, activity, length, interrupting, target in timers:
        text = f'"{length}"' if quoted else length
        parts.append(
            f'<bpmn:boundaryEvent id="{name}" name="{name}" attachedToRef="{activity}" '
            f'cancelActivity="{str(interrupting).lower()}"><bpmn:timerEventDefinition><bpmn:timeDuration '
            f'xsi:type="bpmn:tFormalExpression">{text}</bpmn:timeDuration></bpmn:timerEventDefinition>'
            "</bpmn:boundaryEvent>"
        )
        if not interrupting:
            parts.append(f'<bpmn:endEvent id="{target}"/>')
        parts.append(_flow(name, target, ""))
    parts += [_flow(*flow) for flow in flows]
    return "".join(parts)


def _flow(source: str, target: str, condition: str) -> str:
    inner = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
        if condition
        else ""
    )
    return (
        f'<bpmn:sequenceFlow id="f_{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}'
        "</bpmn:sequenceFlow>"
    )
