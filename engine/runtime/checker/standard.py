"""Rules of the BPMN 2.0 standard (OMG formal/2013-12-09) that no other family covers.

Message flows, quantities of tokens, directions of gateways.
"""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.elements import refuse
from engine.runtime.checker.model import ACTIVITIES, GATEWAYS, Diagram, Element, Node, reference

_SENDERS: Final = frozenset({"intermediateThrowEvent", "endEvent"})
_RECEIVERS: Final = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})


def check_standard(context: Context) -> None:
    """Check message flows and the quantities of activities."""
    for diagram in context.diagrams:
        nodes = {node.id: node for pool in diagram.pools for node in pool.everything() if node.id}
        for collaboration in diagram.children("collaboration"):
            pools = {str(each.get("id")): each for each in Element(collaboration).children("participant")}
            for flow in Element(collaboration).children("messageFlow"):
                _check_message_flow(context, diagram, Element(flow), nodes, pools)
        for node in nodes.values():
            if node.kind in ACTIVITIES:
                _check_quantities(context, diagram, node)
            elif node.kind in GATEWAYS:
                _check_direction(context, diagram, node)
            elif node.kind == "boundaryEvent" and "error" in node.definitions and not node.interrupts:
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
