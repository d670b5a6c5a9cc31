"""Ids, references and the shape of the file: what must fit together before anything else makes sense."""

from collections import Counter
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import (
    ACTIVITIES,
    EVENT_DEFINITIONS,
    FLOW_NODES,
    MAX_NODES,
    Diagram,
    Element,
    Flow,
    Node,
    local,
    reference,
)

# What an attribute must name, by the attribute: tags, and the word for them in Chinese and English.
_WANTED: Final[dict[str, tuple[frozenset[str], str, str]]] = {
    "messageRef": (frozenset({"message"}), "消息", "message"),
    "signalRef": (frozenset({"signal"}), "信号", "signal"),
    "errorRef": (frozenset({"error"}), "错误", "error"),
    "escalationRef": (frozenset({"escalation"}), "升级", "escalation"),
    "processRef": (frozenset({"process"}), "流程", "process"),
    "attachedToRef": (ACTIVITIES, "活动", "activity"),
    "dataObjectRef": (frozenset({"dataObject"}), "数据对象", "data object"),
    "dataStoreRef": (frozenset({"dataStore"}), "数据存储", "data store"),
    "activityRef": (ACTIVITIES, "活动", "activity"),
    "operationRef": (frozenset({"operation"}), "操作", "operation"),
    "itemSubjectRef": (frozenset({"itemDefinition"}), "数据定义", "item definition"),
    "itemRef": (frozenset({"itemDefinition"}), "数据定义", "item definition"),
    "correlationPropertyRef": (frozenset({"correlationProperty"}), "关联属性", "correlation property"),
    "correlationKeyRef": (frozenset({"correlationKey"}), "关联键", "correlation key"),
    "categoryValueRef": (frozenset({"categoryValue"}), "分类值", "category value"),
}
_INPUT: Final = (frozenset({"dataInput"}), "数据输入", "data input")
_OUTPUT: Final = (frozenset({"dataOutput"}), "数据输出", "data output")
# The same for elements whose text is a reference.
_WRITTEN: Final[dict[str, tuple[frozenset[str], str, str]]] = {
    "dataInputRefs": _INPUT,
    "optionalInputRefs": _INPUT,
    "whileExecutingInputRefs": _INPUT,
    "dataOutputRefs": _OUTPUT,
    "optionalOutputRefs": _OUTPUT,
    "whileExecutingOutputRefs": _OUTPUT,
    "inputSetRefs": (frozenset({"inputSet"}), "输入集", "input set"),
    "outputSetRefs": (frozenset({"outputSet"}), "输出集", "output set"),
    "inMessageRef": (frozenset({"message"}), "消息", "message"),
    "outMessageRef": (frozenset({"message"}), "消息", "message"),
    "errorRef": (frozenset({"error"}), "错误", "error"),
    "operationRef": (frozenset({"operation"}), "操作", "operation"),
    "supportedInterfaceRef": (frozenset({"interface"}), "接口", "interface"),
    "interfaceRef": (frozenset({"interface"}), "接口", "interface"),
    "flowNodeRef": (FLOW_NODES, "流程元素", "flow node"),
    "eventDefinitionRef": (EVENT_DEFINITIONS, "事件定义", "event definition"),
    "correlationPropertyRef": (frozenset({"correlationProperty"}), "关联属性", "correlation property"),
    "messageFlowRef": (frozenset({"messageFlow"}), "消息流", "message flow"),
    "participantRef": (frozenset({"participant"}), "参与者", "participant"),
    "categoryValueRef": (frozenset({"categoryValue"}), "分类值", "category value"),
    "resourceRef": (frozenset({"resource"}), "资源", "resource"),
}


def check_references(context: Context) -> None:
    """Check the files one by one and their processes: ids, references, flows and their ends."""
    for diagram in context.diagrams:
        _check_processes(context, diagram)
        _check_ids(context, diagram)
        _check_names(context, diagram)
        for scope in (each for pool in diagram.pools for each in pool.scopes()):
            for flow in scope.flows:
                _check_flow(context, diagram.file, flow)
            for node in scope.nodes.values():
                _check_node(context, diagram.file, node)
        _check_listed(context, diagram)


def _check_processes(context: Context, diagram: Diagram) -> None:
    file, report = diagram.file, context.report
    for child in diagram.children("import"):
        report.add("import", file, Element(child), location=str(child.get("location") or ""))
    if not diagram.processes:
        report.add("no-process", file, line=1)
        return
    executable = [process for process in diagram.processes if process.executable]
    if not executable:
        report.add("not-executable", file, diagram.processes[0])
    for extra in executable[1:]:
        report.add("several-processes", file, extra, other=extra.title)
    for process in diagram.processes:
        if process.too_large:
            report.add("too-large", file, process, count=process.size, most=MAX_NODES)


def _check_ids(context: Context, diagram: Diagram) -> None:
    elements = [element for element in diagram.xml.iter() if isinstance(element.tag, str) and element.get("id")]
    counted = Counter(str(element.get("id")) for element in elements)
    for element in elements:
        key = str(element.get("id"))
        if counted[key] > 1 and diagram.ids[key] is not element:
            context.report.add("duplicate-id", diagram.file, Element(element), key=key)


def _check_names(context: Context, diagram: Diagram) -> None:
    """Every attribute that names another element of the file."""
    for element in diagram.xml.iter():
        if not local(element):
            continue
        named = [(attribute, element.get(attribute), wanted) for attribute, wanted in _WANTED.items()]
        if local(element) in _WRITTEN:
            named.append((local(element), element.text or "", _WRITTEN[local(element)]))
        for attribute, written, (tags, wanted, wanted_en) in named:
            if written is None or _is_elsewhere(diagram, element, written):
                continue
            target = diagram.ids.get(reference(written))
            place = Element(_identified(element))
            values: dict[str, Any] = {"attribute": attribute, "target": written}
            if target is None:
                context.report.add("unknown-reference", diagram.file, place, **values)
            elif local(target) not in tags:
                context.report.add("wrong-reference", diagram.file, place, wanted=wanted, wanted_en=wanted_en, **values)


def _is_elsewhere(diagram: Diagram, element: Any, written: str) -> bool:
    """Whether a reference has the prefix of another file's namespace, or of none that is known."""
    prefix, colon, _ = written.strip().partition(":")
    return bool(colon) and element.nsmap.get(prefix) != diagram.xml.get("targetNamespace")


def _identified(element: Any) -> Any:
    """Return the element or the nearest around it that has an id: event definitions often have none."""
    while element.getparent() is not None and not element.get("id"):
        element = element.getparent()
    return element


def _check_flow(context: Context, file: str, flow: Flow) -> None:
    for end, which, which_en in ((flow.source, "起点", "source"), (flow.target, "终点", "target")):
        if end is None:
            context.report.add("flow-end", file, flow, which=which, which_en=which_en)
    if flow.source and flow.source.default == flow.id and flow.id and flow.condition:
        context.report.add("default-condition", file, flow)


def _check_listed(context: Context, diagram: Diagram) -> None:
    """Where a file lists the flows of its nodes, it lists all. What speaks `camunda:` is read by the flows' ends."""
    nodes = [node for pool in diagram.pools for node in pool.everything()]
    if diagram.speaks_camunda or not any(node.children("incoming", "outgoing") for node in nodes):
        return
    for node in nodes:
        for tag, flows, direction in (("incoming", node.incoming, "进线"), ("outgoing", node.outgoing, "出线")):
            listed = {reference(child.text) for child in node.children(tag)}
            for flow in flows:
                if flow.id not in listed:
                    values = {"direction": direction, "direction_en": tag, "flow": flow.id}
                    context.report.add("flow-unlisted", diagram.file, node, **values)


def _check_node(context: Context, file: str, node: Node) -> None:
    if not node.id:
        context.report.add("missing-id", file, node, kind=node.kind)
    if node.kind == "boundaryEvent" and (node.host is None or node.host.kind not in ACTIVITIES):
        context.report.add("not-attached", file, node)
    if node.default and node.default not in {flow.id for flow in node.outgoing}:
        context.report.add("default-flow", file, node, target=node.default)
    for tag, flows, direction in (("incoming", node.incoming, "进线"), ("outgoing", node.outgoing, "出线")):
        drawn = {flow.id for flow in flows}
        for child in node.children(tag):
            if reference(child.text) not in drawn:
                context.report.add(
                    "flow-listed", file, node, direction=direction, direction_en=tag, target=reference(child.text)
                )
