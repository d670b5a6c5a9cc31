"""A BPMN file as a graph: processes, the scopes inside them, nodes, flows and event definitions.

`reading` makes it, leniently: what is wrong is still in it, for the rules to find.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from engine.runtime.xml import line_of

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_PREFIX: Final = f"{{{BPMN}}}"

TASKS: Final = frozenset(
    "task userTask manualTask serviceTask sendTask receiveTask businessRuleTask scriptTask callActivity".split()  # noqa: SIM905 - a table of words
)
SCOPES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})
CHOREOGRAPHY: Final = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
GATEWAYS: Final = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"}
)
EVENTS: Final = frozenset(
    {
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "implicitThrowEvent",
    }
)
EVENT_DEFINITIONS: Final = frozenset(
    f"{kind}EventDefinition"
    for kind in "cancel compensate conditional error escalation link message signal terminate timer".split()  # noqa: SIM905
)
ACTIVITIES: Final = TASKS | SCOPES
# A chain of 500 elements exhausts the stack of the engine's parser; larger processes are refused, not analysed.
MAX_NODES: Final = 400
FLOW_NODES: Final = ACTIVITIES | GATEWAYS | EVENTS | CHOREOGRAPHY


def local(element: Any) -> str:
    """Return the name of a BPMN element without its namespace; empty for elements of other namespaces."""
    tag = element.tag
    return tag[len(_PREFIX) :] if isinstance(tag, str) and tag.startswith(_PREFIX) else ""


def reference(text: str | None) -> str:
    """Return the id a reference names: prefixes of namespaces and blanks are dropped."""
    return (text or "").strip().rsplit(":", 1)[-1]


@dataclass(eq=False)
class Element:
    """Anything in the file that a problem may point at."""

    xml: Any

    @property
    def id(self) -> str:
        """Its id, or an empty text."""
        return str(self.xml.get("id") or "")

    @property
    def name(self) -> str:
        """Its label on one line, or an empty text."""
        return re.sub(r"\s+", " ", str(self.xml.get("name") or "")).strip()

    @property
    def title(self) -> str:
        """What to call it in a sentence: the label, else the id, else the tag."""
        return self.name or self.id or self.kind

    @property
    def line(self) -> int:
        """Its line in the file, from 1."""
        return line_of(self.xml)

    @property
    def kind(self) -> str:
        """Its tag without namespace."""
        return local(self.xml)

    def camunda(self, attribute: str) -> str:
        """Return the value of a `camunda:` attribute, or an empty text."""
        return str(self.xml.get(f"{{{CAMUNDA}}}{attribute}") or "").strip()

    def children(self, *names: str) -> list[Any]:
        """Return the BPMN elements of these names directly inside."""
        return [child for child in self.xml if local(child) in names]

    def extensions(self, *path: str) -> list[Any]:
        """Return the `camunda:` elements at this path inside `extensionElements`."""
        found = self.children("extensionElements")
        for name in path:
            found = [child for parent in found for child in parent if child.tag == f"{{{CAMUNDA}}}{name}"]
        return found


@dataclass(eq=False)
class Flow(Element):
    """A sequence flow; `source` and `target` are None if the file names no such node."""

    source: "Node | None" = None
    target: "Node | None" = None

    @property
    def condition(self) -> str:
        """The text of its condition, or an empty text."""
        for child in self.children("conditionExpression"):
            return "".join(child.itertext()).strip()
        return ""


@dataclass(eq=False)
class Node(Element):
    """A flow node."""

    scope: "Scope"
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    host: "Node | None" = None
    boundary: list["Node"] = field(default_factory=list)
    lane: Element | None = None
    inside: "Scope | None" = None

    @property
    def definitions(self) -> list[str]:
        """The kinds of its event definitions: `timer`, `message` …, referenced ones included."""
        kinds = [local(child) for child in self.xml]
        found = [kind.removesuffix("EventDefinition") for kind in kinds if kind.endswith("EventDefinition")]
        for child in self.children("eventDefinitionRef"):
            target = self.scope.diagram.ids.get(reference(child.text))
            if target is not None:
                found.append(local(target).removesuffix("EventDefinition"))
        return found

    def definition(self, kind: str) -> Any:
        """Return its event definition of this kind (`error`, `signal` …), a referenced one included, or None."""
        name = f"{kind}EventDefinition"
        for child in self.children(name):
            return child
        for child in self.children("eventDefinitionRef"):
            target = self.scope.diagram.ids.get(reference(child.text))
            if target is not None and local(target) == name:
                return target
        return None

    @property
    def multiple(self) -> Any:
        """Its multi-instance marker, or None."""
        return next(iter(self.children("multiInstanceLoopCharacteristics")), None)

    @property
    def default(self) -> str:
        """The id of its default flow, or an empty text."""
        return reference(self.xml.get("default"))

    @property
    def interrupts(self) -> bool:
        """Whether a boundary event ends its activity."""
        return str(self.xml.get("cancelActivity") or "true").strip() in ("true", "1")

    @property
    def by_event(self) -> bool:
        """Whether it is an event sub-process."""
        return self.kind in SCOPES and str(self.xml.get("triggeredByEvent") or "").strip() in ("true", "1")


@dataclass(eq=False)
class Scope(Element):
    """A process or the inside of a sub-process."""

    diagram: "Diagram"
    parent: "Scope | None" = None
    owner: "Node | None" = None
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    inner: list["Scope"] = field(default_factory=list)

    @property
    def starts(self) -> list[Node]:
        """Its start events."""
        return [node for node in self.nodes.values() if node.kind == "startEvent"]

    @property
    def process(self) -> "Scope":
        """The process it belongs to."""
        return self.parent.process if self.parent else self

    @property
    def executable(self) -> bool:
        """Whether the process says it can be executed."""
        return str(self.xml.get("isExecutable") or "").strip() in ("true", "1")

    @cached_property
    def size(self) -> int:
        """How many nodes it has, those inside sub-processes included."""
        return sum(1 for _ in self.everything())

    @property
    def too_large(self) -> bool:
        """Whether the process it belongs to has more nodes than the engine can take."""
        return self.process.size > MAX_NODES

    def everything(self) -> Iterator[Node]:
        """Yield the nodes of this scope and of the scopes inside it."""
        yield from self.nodes.values()
        for scope in self.inner:
            yield from scope.everything()

    def scopes(self) -> Iterator["Scope"]:
        """Yield this scope and those inside it."""
        yield self
        for scope in self.inner:
            yield from scope.scopes()


@dataclass(eq=False)
class Diagram(Element):
    """One BPMN file.

    Attributes:
        processes: those that are carried out: the executable ones, or all when none says that it is.
        pools: all processes; beside an executable one the others are drawn for people.

    """

    file: str
    ids: dict[str, Any] = field(default_factory=dict)
    processes: list[Scope] = field(default_factory=list)
    pools: list[Scope] = field(default_factory=list)

    @cached_property
    def speaks_camunda(self) -> bool:
        """Whether the file declares the namespace of the dialect, and so is to be read as its engines read it."""
        return CAMUNDA in self.xml.nsmap.values()

    def scopes(self) -> Iterator[Scope]:
        """Yield all processes and the scopes inside them."""
        for process in self.processes:
            yield from process.scopes()

    def nodes(self) -> Iterator[Node]:
        """Yield all flow nodes."""
        for process in self.processes:
            yield from process.everything()
