"""Rules of the BPMN 2.0 standard (OMG formal/2013-12-09) that no other family covers.

Message flows, quantities of tokens, directions of gateways.
"""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.elements import refuse
from engine.runtime.checker.model import (
    ACTIVITIES,
    BPMN,
    FLOW_NODES,
    GATEWAYS,
    Diagram,
    Element,
    Node,
    Scope,
    local,
    reference,
)

_DRAWN: Final = ("group", "textAnnotation", "association")
# Gateways and artifacts, which no message flow ends at either, are told by what they are.
_ENDS: Final = FLOW_NODES | {"participant", "conversation", "callConversation", "subConversation", *_DRAWN}
_SENDERS: Final = frozenset({"intermediateThrowEvent", "endEvent"})
_RECEIVERS: Final = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})


def check_standard(context: Context) -> None:
    """Check message flows and the quantities of activities."""
    for diagram in context.diagrams:
        nodes = {node.id: node for pool in diagram.pools for node in pool.everything() if node.id}
        for pool in diagram.pools:
            _check_process(context, diagram, pool)
        for collaboration in diagram.children("collaboration"):
            pools = {str(each.get("id")): each for each in Element(collaboration).children("participant")}
            for flow in Element(collaboration).children("messageFlow"):
                _check_message_flow(context, diagram, Element(flow), nodes, pools)
        for node in nodes.values():
            if node.kind in ACTIVITIES:
                _check_quantities(context, diagram, node)
            elif node.kind in GATEWAYS:
                _check_direction(context, diagram, node)
            if node.kind == "eventBasedGateway":
                _check_receivers(context, diagram, node)
            if node.kind == "boundaryEvent" and "error" in node.definitions and not node.interrupts:
                message = "错误边界事件总是中断的，不能设为不中断"
                _say(context, diagram, node, message, "an error boundary event always interrupts")


def _check_message_flow(
    context: Context, diagram: Diagram, flow: Element, nodes: dict[str, Node], pools: dict[str, Any]
) -> None:
    """Clause 7.6.2: between two pools, from what can send to what can receive."""
    ends = [reference(flow.xml.get(attribute)) for attribute in ("sourceRef", "targetRef")]
    for end, attribute in zip(ends, ("sourceRef", "targetRef"), strict=True):
        if not end:
            which, which_en = ("起点", "source") if attribute == "sourceRef" else ("终点", "target")
            _say(context, diagram, flow, f"消息流没有{which}", f"the message flow has no {which_en}")
        elif end not in diagram.ids:
            context.report.add("unknown-reference", diagram.file, flow, attribute=attribute, target=end)
        elif local(diagram.ids[end]) not in _ENDS:
            values = {
                "attribute": attribute,
                "target": end,
                "wanted": "池、活动或事件",
                "wanted_en": "pool or flow node",
            }
            context.report.add("wrong-reference", diagram.file, flow, **values)
    sides = [_pool(end, nodes, pools) for end in ends]
    if sides[0] is not None and sides[0] == sides[1]:
        _say(context, diagram, flow, "消息流的两端在同一个池里", "both ends of the message flow are in one pool")
    for key, kinds, zh, en in ((ends[0], _SENDERS, "发出", "send"), (ends[1], _RECEIVERS, "接收", "receive")):
        node = nodes.get(key)
        if node is not None and node.kind not in ACTIVITIES and not _handles_messages(node, kinds):
            # The one is to be moved or the other to be made a message event: both are shown.
            for place in (flow, node):
                _say(context, diagram, place, f"“{node.title}”不能{zh}消息", f"{node.title} cannot {en} a message")


def _handles_messages(node: Node, kinds: frozenset[str]) -> bool:
    return node.kind in kinds and "message" in node.definitions


def _check_process(context: Context, diagram: Diagram, process: Scope) -> None:
    """Clauses 8.4.13 and 10.2: what is carried out is private, waits between steps if it must, and shares no event."""
    if process.executable and str(process.xml.get("processType") or "").strip() == "Public":
        message = "对外的流程（processType=Public）不能是可执行的"
        _say(context, diagram, process, message, "a public process cannot be executable")
    for scope in process.scopes():
        for flow in scope.flows:
            if process.executable and str(flow.xml.get("isImmediate") or "true").strip() in ("false", "0"):
                message = "可执行流程里的连线不能写 isImmediate=false"
                _say(context, diagram, flow, message, "isImmediate cannot be false in an executable process")
    named = {reference(each.text) for each in process.xml.iter(f"{{{BPMN}}}eventDefinitionRef")}
    for node in process.everything():
        for child in node.xml if node.kind in _SENDERS else ():
            if local(child).endswith("EventDefinition") and child.get("id") in named:
                message = "抛出事件里的事件定义不能被别的事件引用"
                for place in (Element(child), node):
                    _say(
                        context, diagram, place, message, "the definition in a throwing event is named by another event"
                    )


def _check_receivers(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.6.6: behind one gateway no messages beside receive tasks, and no receive task with boundary events."""
    targets = [flow.target for flow in node.outgoing if flow.target is not None]
    tasks = [target for target in targets if target.kind == "receiveTask"]
    if tasks and any("message" in target.definitions for target in targets):
        message = "事件网关后面不能既有消息事件又有接收任务"
        _say(context, diagram, node, message, "message events and receive tasks stand behind one event-based gateway")
    for task in tasks:
        if task.boundary:
            message = "事件网关后面的接收任务不能带边界事件"
            _say(context, diagram, task, message, "a receive task behind an event-based gateway has no boundary events")


def _pool(end: str, nodes: dict[str, Node], pools: dict[str, Any]) -> str | None:
    """Return the process a message flow's end belongs to; a pool without a process stands for itself."""
    if end in pools:
        return reference(pools[end].get("processRef")) or f"pool {end}"
    return nodes[end].scope.process.id if end in nodes else None


def _check_quantities(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.3: the numbers of tokens an activity takes and gives are at least one."""
    for attribute in ("startQuantity", "completionQuantity"):
        text = str(node.xml.get(attribute) or "1").strip()
        if text != "1":
            if not text.isdecimal() or int(text[:9]) < 1:
                message = f"{attribute} 必须是正整数"
                _say(context, diagram, node, message, f"{attribute} must be a positive number")
                continue
            instead = ("请用并行网关分开或汇合。", "Split or join by a parallel gateway.")
            refuse(context, diagram.file, node, (f"大于 1 的 {attribute}", f"{attribute} above 1", *instead))


def _check_direction(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.6.1: what a gateway says of its direction fits its flows."""
    direction = str(node.xml.get("gatewayDirection") or "Unspecified").strip()
    if direction == "Unspecified":
        return
    split, joined = len(node.outgoing) > 1, len(node.incoming) > 1
    fits = {"Converging": joined and not split, "Diverging": split and not joined, "Mixed": split and joined}
    if not fits.get(direction, False):
        message = f"gatewayDirection 写着 {direction}，与连线不符"
        _say(context, diagram, node, message, f"its gatewayDirection {direction} does not fit its flows")


def _say(context: Context, diagram: Diagram, place: Element, message: str, english: str) -> None:
    context.report.add("standard", diagram.file, place, message=message, english=english)
