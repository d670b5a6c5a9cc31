"""What a rule of the standard is, and the small files that keep or break one."""

from dataclasses import dataclass
from typing import Final

from engine.runtime.checker import Known, check
from tests.engine.runtime.checker_diagrams import END, START, chain, flow

HEAD: Final = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="x"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:kind="kinds">'
)
FORMAL: Final = 'xsi:type="tFormalExpression"'
OUT: Final = "<dataOutputRefs>do</dataOutputRefs>"
ITEMS: Final = (
    '<itemDefinition id="one" structureRef="kind:one"/><itemDefinition id="other" structureRef="kind:other"/>'
    '<itemDefinition id="same" structureRef="kind:one"/>'
    '<itemDefinition id="list" structureRef="kind:one" isCollection="true"/>'
    '<message id="m" name="m" itemRef="one"/><message id="m2" name="m2"/><signal id="sg" name="sg" structureRef="one"/>'
    '<error id="er" errorCode="E" structureRef="one"/><escalation id="es" escalationCode="S"/>'
    '<interface id="if" name="if"><operation id="op" name="op"><inMessageRef>m</inMessageRef></operation></interface>'
)
ONE: Final = chain("s", "x", "e")
CALLED: Final = '<process id="q" isExecutable="false">{}<startEvent id="qs"/><endEvent id="qe"/>' + (
    chain("qs", "qe") + "</process>"
)


def io(data: str = '<dataInput id="di"/>', refs: str = "<dataInputRefs>di</dataInputRefs>", *, output: str = "") -> str:
    return f"<ioSpecification>{data}<inputSet>{refs}</inputSet><outputSet>{output}</outputSet></ioSpecification>"


def typed(item: str) -> str:
    return io(f'<dataInput id="di" itemSubjectRef="{item}"/>')


def answering(item: str) -> str:
    data = f'<dataOutput id="do" itemSubjectRef="{item}"/>'
    return f"<ioSpecification>{data}<inputSet/><outputSet>{OUT}</outputSet></ioSpecification>"


def x(tag: str, inner: str = "", attributes: str = "") -> str:
    """Between start and end the element x."""
    return f'{START}<{tag} id="x" {attributes}>{inner}</{tag}>{END}{ONE}'


def joined(data: str, inner: str = "") -> str:
    """The task x gets a data object by the association `as`."""
    given = (
        f'<dataInputAssociation id="as"><sourceRef>o</sourceRef><targetRef>di</targetRef>{inner}</dataInputAssociation>'
    )
    return f'<dataObject id="o" itemSubjectRef="{data}"/>' + x("task", typed("one") + given)


def race(*behind: str, more: str = "") -> str:
    """An event-based gateway g with elements behind it, given as pairs of id and text."""
    keys = [each.split('id="')[1].split('"')[0] for each in behind]
    ways = "".join(chain("g", key, "e") for key in keys)
    return f'{START}<eventBasedGateway id="g"/>{"".join(behind)}{END}{flow("s", "g")}{ways}{more}'


def message(key: str, name: str = "m2") -> str:
    return f'<intermediateCatchEvent id="{key}"><messageEventDefinition messageRef="{name}"/></intermediateCatchEvent>'


def receive(key: str) -> str:
    return f'<receiveTask id="{key}" messageRef="m2"/>'


def pools(flows: str) -> str:
    return f'<collaboration id="c"><participant id="pool" processRef="p"/><participant id="o"/>{flows}</collaboration>'


def carried(source: str, target: str) -> str:
    return pools(f'<messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>')


def loop(inner: str, own: str) -> str:
    return x("userTask", own + f"<multiInstanceLoopCharacteristics>{inner}</multiInstanceLoopCharacteristics>")


@dataclass(frozen=True)
class Rule:
    """A rule by its number, the element that breaks it, and bodies of the process p: wrong and right."""

    number: str
    element: str
    wrong: str
    right: str
    outside: str = ""
    right_outside: str | None = None
    attributes: str = 'isExecutable="true"'
    right_attributes: str = 'isExecutable="true"'

    def errors(self, body: str, outside: str, attributes: str) -> dict[str, set[str]]:
        file = f'{HEAD}{ITEMS}{outside}<process id="p" {attributes}>{body}</process></definitions>'
        found = check({"processes/p.bpmn": file.encode()}, Known())
        errors: dict[str, set[str]] = {}
        for problem in found:
            if problem.severity == "error":
                errors.setdefault(problem.element_id, set()).add(problem.message_en)
        return errors


PLAIN: Final = x("task")
OBJECT: Final = '<dataObject id="o" name="卷" itemSubjectRef="{}" isCollection="{}"/>'
SUB: Final = '<subProcess id="x">{}<startEvent id="xs"/><endEvent id="xe"/>' + chain("xs", "xe") + "</subProcess>"
NOTE: Final = '<textAnnotation id="n"><text>注</text></textAnnotation>'
END_MESSAGE: Final = '<endEvent id="x"><messageEventDefinition id="md" messageRef="m2"/></endEvent>' + START
TWO: Final = f"<loopCardinality {FORMAL}>2</loopCardinality>"
HEARD: Final = '<signalEventDefinition signalRef="sg"/>'
TOLD: Final = '<messageEventDefinition messageRef="m2"/>'
ALARM: Final = f'<boundaryEvent id="b" attachedToRef="{{}}">{HEARD}</boundaryEvent>'
SUPPORTS: Final = "<supportedInterfaceRef>if</supportedInterfaceRef>"
NUMBER: Final = 'id="o"><participantMultiplicity minimum="{}" maximum="2"/></participant>'
