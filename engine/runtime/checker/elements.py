"""Refuses, by name and with the alternative, every element and attribute the runtime does not carry out."""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import ACTIVITIES, CAMUNDA, FLOW_NODES, Diagram, Element, Node, local

Words = tuple[str, str, str, str]

SERVICE: Final = ("请用服务任务调用已登记的服务。", "Use a service task that calls a registered service.")
TIMER: Final = ("请用不中断的边界事件。", "Use a non-interrupting boundary event.")
USER: Final = ("请用人工任务或服务任务。", "Use a user task or a service task.")
CALL: Final = ("请用内嵌子流程或调用活动。", "Use an embedded sub-process or a call activity.")
SPLIT: Final = ("请用排他网关、包容网关或并行网关。", "Use an exclusive, inclusive or parallel gateway.")
AFTER: Final = (
    "请用错误边界事件，或在后面用排他网关检查结果，画出退路。",
    "Use an error boundary event, or check the result with an exclusive gateway behind it.",
)
PLAIN: Final = ("请用普通结束事件，前面用排他网关分路。", "Use a plain end event behind an exclusive gateway.")
CATCH: Final = ("请用定时、消息或信号事件。", "Use a timer, message or signal event.")
DIRECT: Final = ("请直接连线。", "Connect the elements directly.")
CHECK: Final = (
    "请在服务任务后面用排他网关判断，或用周期边界定时器反复检查。",
    "Use an exclusive gateway behind a service task, or a cycle timer on the boundary that looks again.",
)

# What is not carried out: its name and what to draw in its stead.
NODES: Final[dict[str, Words]] = {
    "scriptTask": ("脚本任务", "script task", *SERVICE),
    "transaction": ("事务子流程", "transaction", *CALL),
    "adHocSubProcess": ("特别子流程", "ad-hoc sub-process", *CALL),
    "complexGateway": ("复杂网关", "complex gateway", *SPLIT),
    "choreographyTask": ("编排任务", "choreography task", *USER),
    "subChoreography": ("子编排", "sub-choreography", *CALL),
    "callChoreography": ("调用编排", "call choreography", *CALL),
    "implicitThrowEvent": ("隐式抛出事件", "implicit throw event", *DIRECT),
}

ALLOWED_EVENTS: Final[dict[str, frozenset[str]]] = {
    "startEvent": frozenset({"", "timer", "message", "signal"}),
    "endEvent": frozenset({"", "terminate", "error", "escalation", "message", "signal"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal"}),
    "intermediateThrowEvent": frozenset({"", "message", "signal", "escalation"}),
    "boundaryEvent": frozenset({"timer", "message", "signal", "error", "escalation"}),
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
    "message": ("消息", "message", *CATCH),
    "timer": ("定时", "timer", "请把它放在前面，作中间捕获事件。", "Draw it before, as an intermediate catch event."),
    "signal": ("信号", "signal", *CATCH),
    "error": (
        "错误",
        "error",
        "请用错误结束事件或错误边界事件。",
        "Use an error end event or an error boundary event.",
    ),
    "escalation": ("升级", "escalation", *TIMER),
    "compensate": ("补偿", "compensation", *AFTER),
    "cancel": ("取消", "cancel", *AFTER),
    "conditional": ("条件", "conditional", *CHECK),
    "link": ("链接", "link", *DIRECT),
    "terminate": ("终止", "terminate", *PLAIN),
}

_MULTIPLE: Final = frozenset(
    {"userTask", "manualTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess"}
)
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
    for child in diagram.children("globalConversation"):
        refuse(context, diagram.file, Element(child), ("会话图", "conversation", *CALL))
    for child in diagram.children("collaboration"):
        if Element(child).children("choreographyRef"):
            refuse(
                context, diagram.file, Element(child), ("引用编排图的协作图", "collaboration of a choreography", *CALL)
            )
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
        if node.scope.kind == "adHocSubProcess" and node.kind in ("startEvent", "endEvent"):
            refuse(
                context,
                file,
                node,
                ("特别子流程里的开始和结束事件", "start or end event of an ad-hoc sub-process", *CALL),
            )
    if node.children("eventDefinitionRef"):
        words = ("引用别处的事件定义", "a referenced event definition", "请写在事件里面。", "Write it into the event.")
        refuse(context, file, node, words)
    if node.kind in ACTIVITIES:
        _check_repetition(context, file, node)
        if str(node.xml.get("isForCompensation") or "") == "true":
            refuse(context, file, node, ("补偿活动", "compensation activity", *AFTER))
    if node.kind == "eventBasedGateway":
        _check_event_gateway(context, file, node)
    _check_extensions(context, file, node)


def _check_repetition(context: Context, file: str, node: Node) -> None:
    if node.children("standardLoopCharacteristics"):
        instead = ("请用多实例，或用排他网关画出回路。", "Use multi-instance, or draw the loop with a gateway.")
        refuse(context, file, node, ("循环标记", "standard loop", *instead))
    if node.multiple is not None and node.kind not in _MULTIPLE and node.kind not in NODES:
        instead = (
            "请放进内嵌子流程，对子流程用多实例。",
            "Put it into an embedded sub-process with multiple instances.",
        )
        refuse(context, file, node, ("这种任务的多实例", "multi-instance on this kind of task", *instead))


def _check_event_gateway(context: Context, file: str, node: Node) -> None:
    if str(node.xml.get("instantiate") or "").strip() in ("true", "1"):
        instead = ("请画几个开始事件。", "Draw several start events.")
        refuse(
            context, file, node, ("由事件网关开始的流程", "a process that starts at an event-based gateway", *instead)
        )
    if str(node.xml.get("eventGatewayType") or "Exclusive").strip() == "Parallel":
        instead = ("请用并行网关，后面接捕获事件。", "Use a parallel gateway before the catch events.")
        refuse(context, file, node, ("并行的事件网关", "parallel event-based gateway", *instead))


def _check_event(context: Context, file: str, node: Node) -> None:
    found = node.definitions or [""]
    zh, en = _EVENTS[node.kind]
    if len(found) > 1:
        words = (f"有多个触发条件的{zh}", f"{en} with several definitions", "请分成几个事件。", "Make several events.")
        refuse(context, file, node, words)
    if str(node.xml.get("parallelMultiple") or "").strip() in ("true", "1"):
        instead = ["请用并行网关，后面接捕获事件。", "Use a parallel gateway before the catch events."]
        refuse(context, file, node, (f"要全部触发的{zh}", f"parallel multiple {en}", instead[0], instead[1]))
    below = node.kind == "startEvent" and node.scope.parent is not None
    for definition in found:
        if definition not in ALLOWED_EVENTS[node.kind] or (below and definition and not _inside_event(node)):
            name, name_en, *instead = _TRIGGERS.get(definition, (definition, definition, *CATCH))
            if node.kind == "startEvent":
                instead = ["请用没有类型的开始事件。", "Use a plain start event."]
                if below:
                    zh, en = "子流程开始事件", "start event of a sub-process"
            elif node.kind == "endEvent":
                instead = list(PLAIN)
            refuse(context, file, node, (f"{name}{zh}", f"{name_en} {en}", instead[0], instead[1]))


def _inside_event(node: Node) -> bool:
    """Whether the event starts an event sub-process, which is refused as a whole."""
    return node.scope.owner is not None and node.scope.owner.by_event


def _check_extensions(context: Context, file: str, node: Node) -> None:
    for holder in node.children("extensionElements"):
        for element in holder.iter():
            tag = element.tag if isinstance(element.tag, str) else ""
            name = tag.rsplit("}", 1)[-1]
            if tag == f"{{{CAMUNDA}}}{name}" and name in _EXTENSIONS:
                refuse(context, file, node, _EXTENSIONS[name])
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
