"""Rules of the BPMN 2.0 standard (OMG formal/2013-12-09) that no other family covers: message flows, quantities."""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import ACTIVITIES, Diagram, Element, Node, reference

_SENDERS: Final = frozenset({"intermediateThrowEvent", "endEvent"})
_RECEIVERS: Final = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})


def check_standard(context: Context) -> None:
    """Check message flows and the quantities of activities."""
    for diagram in context.diagrams:
        nodes = {node.id: node for node in diagram.nodes() if node.id}
        for collaboration in diagram.children("collaboration"):
            pools = {str(each.get("id")): each for each in Element(collaboration).children("participant")}
            for flow in Element(collaboration).children("messageFlow"):
                _check_message_flow(context, diagram, Element(flow), nodes, pools)
        for node in nodes.values():
            if node.kind in ACTIVITIES:
                _check_quantities(context, diagram, node)


def _check_message_flow(
    context: Context, diagram: Diagram, flow: Element, nodes: dict[str, Node], pools: dict[str, Any]
) -> None:
    """Clause 7.6.2: between two pools, from what can send to what can receive."""
    ends = [reference(flow.xml.get(attribute)) for attribute in ("sourceRef", "targetRef")]
    for end, attribute in zip(ends, ("sourceRef", "targetRef"), strict=True):
        if end not in diagram.ids:
            context.report.add("unknown-reference", diagram.file, flow, attribute=attribute, target=end)
    sides = [_pool(end, nodes, pools) for end in ends]
    if sides[0] is not None and sides[0] == sides[1]:
        _say(context, diagram, flow, "消息流的两端在同一个池里", "both ends of the message flow are in one pool")
    for key, kinds, zh, en in ((ends[0], _SENDERS, "发出", "send"), (ends[1], _RECEIVERS, "接收", "receive")):
        node = nodes.get(key)
        if node is not None and node.kind not in ACTIVITIES and not _handles_messages(node, kinds):
            _say(context, diagram, flow, f"“{node.title}”不能{zh}消息", f"{node.title} cannot {en} a message")


def _handles_messages(node: Node, kinds: frozenset[str]) -> bool:
    return node.kind in kinds and (not node.definitions or "message" in node.definitions)


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
            wrong = not text.isdecimal() or int(text[:9]) < 1
            zh = f"{attribute} 必须是正整数" if wrong else f"不支持 {attribute} 大于 1"
            en = f"{attribute} must be a positive number" if wrong else f"{attribute} above 1 is not supported"
            _say(context, diagram, node, zh, en)


def _say(context: Context, diagram: Diagram, place: Element, message: str, english: str) -> None:
    context.report.add("standard", diagram.file, place, message=message, english=english)
