"""Refuses, by name and with the alternative, every element and attribute the runtime does not carry out."""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import ACTIVITIES, CAMUNDA, FLOW_NODES, Diagram, Element, Node, local

Words = tuple[str, str, str, str]

SERVICE: Final = ("请用服务任务调用已登记的服务。", "Use a service task that calls a registered service.")
TIMER: Final = ("请用不中断的边界事件。", "Use a non-interrupting boundary event.")
USER: Final = ("请用人工任务或服务任务。", "Use a user task or a service task.")
CALL: Final = ("请把它放进自己的流程，用调用活动调用。", "Put it into a process of its own and call it.")
SPLIT: Final = ("请用排他网关、包容网关或并行网关。", "Use an exclusive, inclusive or parallel gateway.")
AFTER: Final = ("请在后面用排他网关检查结果，画出退路。", "Check the result with an exclusive gateway behind it.")
PLAIN: Final = ("请用普通结束事件，前面用排他网关分路。", "Use a plain end event behind an exclusive gateway.")
CATCH: Final = ("请用定时或消息事件。", "Use a timer or message event.")
DIRECT: Final = ("请直接连线。", "Connect the elements directly.")

# What is not carried out: its name and what to draw in its stead.
NODES: Final[dict[str, Words]] = {
    "scriptTask": ("脚本任务", "script task", *SERVICE),
    "sendTask": ("发送任务", "send task", *SERVICE),
    "manualTask": ("手工任务", "manual task", *USER),
    "subProcess": ("内嵌子流程", "embedded sub-process", *CALL),
    "transaction": ("事务子流程", "transaction", *CALL),
    "adHocSubProcess": ("特别子流程", "ad-hoc sub-process", *CALL),
    "complexGateway": ("复杂网关", "complex gateway", *SPLIT),
    "eventBasedGateway": (
        "事件网关", "event-based gateway",
        "请用消息事件，加边界定时器。", "Use a receive task with a boundary timer.",
    ),
    "choreographyTask": ("编排任务", "choreography task", *USER),
    "subChoreography": ("子编排", "sub-choreography", *CALL),
    "callChoreography": ("调用编排", "call choreography", *CALL),
    "implicitThrowEvent": ("隐式抛出事件", "implicit throw event", *DIRECT),
}  # fmt: skip

ALLOWED_EVENTS: Final[dict[str, frozenset[str]]] = {
    "startEvent": frozenset({""}),
    "endEvent": frozenset({"", "terminate"}),
    "intermediateCatchEvent": frozenset({"timer", "message"}),
    "intermediateThrowEvent": frozenset({""}),
    "boundaryEvent": frozenset({"timer", "message"}),
}
_EVENTS: Final[dict[str, tuple[str, str]]] = {
    "startEvent": ("开始事件", "start event"),
    "endEvent": ("结束事件", "end event"),
    "intermediateCatchEvent": ("中间捕获事件", "intermediate catch event"),
    "intermediateThrowEvent": ("中间抛出事件", "intermediate throw event"),
    "boundaryEvent": ("边界事件", "boundary event"),
}
_TRIGGERS: Final[dict[str, Words]] = {
    "": ("无类型的", "plain", *CATCH),
    "message": ("消息", "message", *SERVICE),
    "timer": ("定时", "timer", *CATCH),
    "signal": ("信号", "signal", "请用消息，或用服务任务通知。", "Use a message, or notify by a service task."),
    "error": ("错误", "error", *AFTER),
    "escalation": ("升级", "escalation", *TIMER),
    "compensate": ("补偿", "compensation", *AFTER),
    "cancel": ("取消", "cancel", *AFTER),
    "conditional": (
        "条件", "conditional",
        "请用排他网关，或等一个消息。", "Use an exclusive gateway or wait for a message.",
    ),
    "link": ("链接", "link", *DIRECT),
    "terminate": ("终止", "terminate", *PLAIN),
}  # fmt: skip

_LOOPS: Final[dict[str, Words]] = {
    "standardLoopCharacteristics": (
        "循环标记", "standard loop",
        "请用排他网关画出回路。", "Draw the loop with an exclusive gateway.",
    ),
    "multiInstanceLoopCharacteristics": (
        "多实例", "multi-instance",
        "请画出各个分支，或用调用活动。", "Draw the branches, or use call activities.",
    ),
}  # fmt: skip
_EXTENSIONS: Final[dict[str, Words]] = {
    "executionListener": ("执行监听器", "execution listener", *SERVICE),
    "taskListener": ("任务监听器", "task listener", *SERVICE),
    "connector": ("连接器", "connector", *SERVICE),
    "script": ("脚本", "script", *SERVICE),
    "formData": ("内嵌表单字段", "embedded form fields", "请用表单文件。", "Use a form file."),
    "field": ("字段注入", "field injection", "请用输入参数。", "Use input parameters."),
    "outputParameter": (
        "输出参数", "output parameter",
        "结果自动放在元素 id 下面。", "The result stands under the element's id by itself.",
    ),
    "out": ("输出映射", "out mapping", "被调用流程的结果自动带回。", "Results come back by themselves."),
}  # fmt: skip
_IMPLEMENTATIONS: Final = ("class", "expression", "type", "topic")


def check_elements(context: Context) -> None:
    """Note every element, event, marker and extension that is not supported."""
    for diagram in context.diagrams:
        _check_definitions(context, diagram)
        for node in diagram.nodes():
            _check_node(context, diagram.file, node)


def refuse(context: Context, file: str, element: Any, words: Words) -> None:
    """Note that what `words` name is not supported."""
    what, what_en, instead, instead_en = words
    context.report.add("unsupported", file, element, what=what, what_en=what_en, instead=instead, instead_en=instead_en)


def _check_definitions(context: Context, diagram: Diagram) -> None:
    for child in diagram.children("choreography", "globalChoreographyTask"):
        refuse(context, diagram.file, Element(child), ("编排图", "choreography", *CALL))
    for element in diagram.xml.iter(f"{{{CAMUNDA}}}executionListener", f"{{{CAMUNDA}}}script"):
        owner = _owner(element)
        if local(owner) not in FLOW_NODES:
            refuse(context, diagram.file, Element(owner), _EXTENSIONS[element.tag.rsplit("}", 1)[-1]])


def _owner(element: Any) -> Any:
    owner = element
    while owner.getparent() is not None and not (local(owner) and owner.get("id")):
        owner = owner.getparent()
    return owner


def _check_node(context: Context, file: str, node: Node) -> None:
    if node.by_event:
        words = ("事件子流程", "event sub-process", *TIMER)
        refuse(context, file, node, words)
    elif node.kind in NODES:
        refuse(context, file, node, NODES[node.kind])
    if node.kind in ALLOWED_EVENTS:
        _check_event(context, file, node)
    if node.kind in ACTIVITIES:
        for child in node.xml:
            if local(child) in _LOOPS:
                refuse(context, file, node, _LOOPS[local(child)])
        if str(node.xml.get("isForCompensation") or "") == "true":
            refuse(context, file, node, ("补偿活动", "compensation activity", *AFTER))
    _check_extensions(context, file, node)


def _check_event(context: Context, file: str, node: Node) -> None:
    found = node.definitions or [""]
    zh, en = _EVENTS[node.kind]
    if len(found) > 1:
        words = (f"有多个触发条件的{zh}", f"{en} with several definitions", "请分成几个事件。", "Make several events.")
        refuse(context, file, node, words)
    for definition in found:
        if definition not in ALLOWED_EVENTS[node.kind]:
            name, name_en, *instead = _TRIGGERS.get(definition, (definition, definition, *CATCH))
            if node.kind == "startEvent":
                instead = ["请用没有类型的开始事件。", "Use a plain start event."]
            elif node.kind == "endEvent":
                instead = list(PLAIN)
            refuse(context, file, node, (f"{name}{zh}", f"{name_en} {en}", instead[0], instead[1]))


def _check_extensions(context: Context, file: str, node: Node) -> None:
    for holder in node.children("extensionElements"):
        for element in holder.iter():
            tag = element.tag if isinstance(element.tag, str) else ""
            name = tag.rsplit("}", 1)[-1]
            if tag == f"{{{CAMUNDA}}}{name}" and name in _EXTENSIONS:
                refuse(context, file, node, _EXTENSIONS[name])
            if name == "in" and tag == f"{{{CAMUNDA}}}in" and not element.get("businessKey"):
                words = (
                    "输入映射",
                    "in mapping",
                    "被调用的流程看得到全部流程数据。",
                    "The called process sees all process data.",
                )
                refuse(context, file, node, words)
    for event in node.children("messageEventDefinition"):
        if any(event.get(f"{{{CAMUNDA}}}{name}") for name in (*_IMPLEMENTATIONS, "delegateExpression")):
            refuse(context, file, node, ("事件里的服务调用", "service call in an event", *SERVICE))
    for name in _IMPLEMENTATIONS:
        if node.kind in ("serviceTask", "businessRuleTask", "sendTask") and node.camunda(name):
            words = (
                f"camunda:{name}", f"camunda:{name}",
                "请用 camunda:delegateExpression 调用已登记的服务，决策用 camunda:decisionRef。",
                "Use camunda:delegateExpression with a registered service, camunda:decisionRef for a decision.",
            )  # fmt: skip
            refuse(context, file, node, words)
