"""What is said about messages, signals, errors, escalations, multiple instances and mappings of calls."""

from typing import Final

from engine.runtime.checker.sentences.entry import Entry

# A sentence and its translation are easier to compare unwrapped.
# fmt: off
EVENTS: Final[dict[str, Entry]] = {
    "no-message": (
        "E", "没有写明是哪个消息", "nothing says which message it is",
        "指定一个有名称的消息。", "Choose a message that has a name.",
    ),
    "message-not-caught": (
        "W", "消息“{name}”发出后，这里没有哪个流程接收它",
        "the message {name} is caught by no process among these files",
        "检查消息名称，或画出接收它的事件；没有人接收的消息会留待人工处理。",
        "Check its name or draw the event that catches it; messages nobody catches are kept for people to handle.",
    ),
    "no-signal": (
        "E", "没有写明是哪个信号", "nothing says which signal it is",
        "指定一个有名称的信号。", "Choose a signal that has a name.",
    ),
    "signal-not-caught": (
        "W", "信号“{name}”发出后，这里没有哪个流程接收它",
        "the signal {name} is caught by no process among these files",
        "检查信号名称，或画出接收它的事件。", "Check its name or draw the event that catches it.",
    ),
    "error-without-code": (
        "E", "错误没有代码（errorCode）", "the error has no code (errorCode)",
        "指定一个有代码的错误。", "Choose an error that has a code.",
    ),
    "error-not-caught": (
        "E", "错误“{code}”没有人接：外面没有相应的错误边界事件",
        "no error boundary event outside catches the error {code}",
        "在所在的子流程或调用活动上加一个错误边界事件，代码相同或留空；或改用普通结束事件。",
        "Attach an error boundary event with this code or none to the sub-process or call, or use a plain end event.",
    ),
    "service-error-not-caught": (
        "W", "这项服务会抛出错误“{code}”，没有人接：到时这一步做不下去",
        "its service may raise the error {code}, which nobody catches: the step then cannot go on",
        "在这个任务或它所在的子流程、调用活动上加一个错误边界事件，代码相同或留空。",
        "Attach an error boundary event with this code or none to the task, or to the sub-process or call around it.",
    ),
    "error-not-thrown": (
        "W", "里面没有什么会抛出错误“{code}”，这个边界事件不会触发",
        "nothing inside throws the error {code}; the boundary event never fires",
        "检查错误代码，或删除这个边界事件。", "Check the error code or remove the boundary event.",
    ),
    "escalation-without-code": (
        "E", "升级没有代码（escalationCode）", "the escalation has no code (escalationCode)",
        "指定一个有代码的升级。", "Choose an escalation that has a code.",
    ),
    "escalation-not-caught": (
        "W", "升级“{code}”没有人接，只会记进历史",
        "no boundary event catches the escalation {code}; it is only noted in history",
        "在所在的子流程或调用活动上加一个升级边界事件。",
        "Attach an escalation boundary event to the sub-process or call.",
    ),
    "escalation-not-thrown": (
        "W", "里面没有什么会抛出升级“{code}”，这个边界事件不会触发",
        "nothing inside throws the escalation {code}; the boundary event never fires",
        "检查升级代码，或删除这个边界事件。", "Check the escalation code or remove the boundary event.",
    ),
    "no-collection": (
        "E", "多实例没有写明做几次", "nothing says how many instances there are",
        "填写 camunda:collection（一个列表）或 loopCardinality（次数）。",
        "Fill in camunda:collection (a list) or loopCardinality (a number).",
    ),
    "two-collections": (
        "E", "多实例既写了列表又写了次数", "the multi-instance activity has both a collection and a cardinality",
        "只留一种。", "Keep one of them.",
    ),
    "cardinality": (
        "E", "多实例的次数“{text}”应是 1 到 {most} 的整数或表达式",
        "the cardinality {text} is no whole number from 1 to {most} and no expression",
        "改正次数。", "Correct the number.",
    ),
    "element-variable": (
        "E", "“{key}”不能作为多实例的元素变量", "{key} cannot be the element variable of the instances",
        "换一个由字母、数字和下划线组成的名称。", "Choose another name of letters, digits and underscores.",
    ),
    "mapping": (
        "E", "调用活动的映射不完整：{what}", "the mapping of the call activity is incomplete: {what_en}",
        "写明来源（source 或 sourceExpression）和目标（target）。",
        "Fill in the source (source or sourceExpression) and the target.",
    ),
    "mapping-unset": (
        "W", "输出映射的来源“{variable}”在被调用的流程里没有谁给值",
        "nothing in the called process sets {variable}, the source of an out mapping",
        "检查来源的名称。", "Check the name of the source.",
    ),
    "no-plain-start": (
        "E", "被调用的流程“{process}”没有无类型的开始事件", "the called process {process} has no plain start event",
        "在被调用的流程里加一个没有类型的开始事件。", "Add a plain start event to the called process.",
    ),
}
