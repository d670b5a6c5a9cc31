"""Small diagrams for the tests of the checker, and the world they are checked in."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from engine.runtime.checker import Known, check
from engine.runtime.problems import Problem
from engine.runtime.protocol import Service

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' id="definitions" targetNamespace="x">\n'
)


def bpmn(body: str, *, key: str = "p", outside: str = "", process: str = 'isExecutable="true"') -> bytes:
    """A BPMN file with one process around `body`, and `outside` beside the process."""
    return f'{HEAD}{outside}<process id="{key}" name="流程" {process}>\n{body}\n</process></definitions>'.encode()


def flow(source: str, target: str, condition: str = "") -> str:
    """A sequence flow; its id is source_target."""
    inner = f"<conditionExpression><![CDATA[{condition}]]></conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def chain(*keys: str) -> str:
    """Flows from each to the next."""
    return "".join(flow(one, two) for one, two in pairwise(keys))


def user(
    key: str, *, attributes: str = 'camunda:candidateGroups="handler" camunda:dueDate="P1D"', inner: str = ""
) -> str:
    return f'<userTask id="{key}" name="办{key}" {attributes}>{inner}</userTask>'


def service(key: str, name: str = "judge", *parameters: tuple[str, str]) -> str:
    given = "".join(
        f'<camunda:inputParameter name="{each}">{text}</camunda:inputParameter>' for each, text in parameters
    )
    return (
        f'<serviceTask id="{key}" camunda:delegateExpression="${{{name}}}"><extensionElements><camunda:inputOutput>'
        f"{given}</camunda:inputOutput></extensionElements></serviceTask>"
    )


def timer(key: str, text: str, *, kind: str = "timeDuration", host: str = "a", interrupts: bool = False) -> str:
    return (
        f'<boundaryEvent id="{key}" attachedToRef="{host}" cancelActivity="{str(interrupts).lower()}">'
        f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition></boundaryEvent>"
    )


START, END = '<startEvent id="s" name="开始"/>', '<endEvent id="e" name="结束"/>'
GOOD = START + user("a") + END + chain("s", "a", "e")
DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<decision id="clocks" name="时限"><decisionTable hitPolicy="FIRST">
<input label="渠道"><inputExpression typeRef="string"><text>{input}</text></inputExpression></input>
<output name="limit" typeRef="string"/>
<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>{output}</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def dmn(wanted: str = "matter.channel", output: str = '"3工作日"') -> bytes:
    return DMN.format(input=wanted, output=output).encode()


def fields(form: bytes) -> dict[str, str]:
    """Forms of these tests are lines of `name:type`; `!text` is something wrong."""
    lines = form.decode().split()
    wrong = [line[1:] for line in lines if line.startswith("!")]
    if wrong:
        raise ValueError(wrong)
    return dict(line.split(":") for line in lines if not line.startswith(("{", "[", '"')))


KNOWN = Known(
    services={
        "judge": Service("judge", lambda _call: {}, outputs={"outcome": "text", "details": "any"}),
        "escalate": Service("escalate", lambda _call: {}, ("level",), ("step",)),
        "compare": Service("compare", lambda _call: {}, errors=("E1",)),
        "ask": Service("ask", lambda _call: {}, errors=None),
        "deliver": Service("deliver", lambda _call: None, outputs={"delivered": "boolean"}, effect=True),
    },
    functions={"workdays"},
    roles={"handler", "receiver", "instructor"},
    fields=fields,
    holders={"handler", "receiver"},
    start={"p": {"matter": {"channel": "text", "unit": {"name": "text"}}}},
)
FORM = b"decision:text result.code:text"


def problems(files: bytes | Mapping[str, bytes], **forms: bytes) -> list[Problem]:
    """Check one process, or several files; every user task a, b, c has the form FORM unless another is given."""
    if isinstance(files, bytes):
        files = {"processes/p.bpmn": files}
    given: dict[str, Any] = {f"forms/{key}.form": forms.get(key, FORM) for key in {"a", "b", "c", *forms}}
    return check({**given, **files}, KNOWN)


def found(files: bytes | Mapping[str, bytes], **forms: bytes) -> set[tuple[str, str]]:
    """The codes and elements of all problems."""
    return {(problem.code, problem.element_id) for problem in problems(files, **forms)}
