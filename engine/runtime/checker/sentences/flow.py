"""What is said about the shape of the flow."""

from typing import Final

from engine.runtime.checker.sentences.entry import Entry

# A sentence and its translation are easier to compare unwrapped.
# fmt: off
STRUCTURE: Final[dict[str, Entry]] = {
    "no-start": (
        "E", "没有开始事件", "there is no start event",
        "加一个开始事件。", "Add a start event.",
    ),
    "several-starts": (
        "E", "有不止一个无类型的开始事件", "there is more than one plain start event",
        "只留一个无类型的开始事件，用网关分路。", "Keep one plain start event and branch with a gateway.",
    ),
    "no-end": (
        "E", "没有结束事件", "there is no end event",
        "加一个结束事件。", "Add an end event.",
    ),
    "start-incoming": (
        "E", "开始事件不能有进线", "a start event takes no incoming flow",
        "把这条线接到开始事件之后的元素。", "Connect the flow to the element after the start event.",
    ),
    "end-outgoing": (
        "E", "结束事件不能有出线", "an end event has no outgoing flow",
        "改成中间事件，或删除出线。", "Make it an intermediate event or remove the flow.",
    ),
    "boundary-incoming": (
        "E", "边界事件不能有进线", "a boundary event takes no incoming flow",
        "把这条线接到别的元素。", "Connect the flow elsewhere.",
    ),
    "unreachable": (
        "E", "从开始事件走不到这里", "it cannot be reached from a start event",
        "接上进线，或删除它。", "Connect it or delete it.",
    ),
    "dead-end": (
        "E", "走到这里就断了：没有出线", "the process stops here: nothing leaves it",
        "接到下一个元素，或接一个结束事件。", "Connect it to the next element or to an end event.",
    ),
    "never-ends": (
        "E", "从这里走不到任何结束事件", "no end event can be reached from here",
        "给这一圈加一条出路。", "Add a way out of this loop.",
    ),
    "endless-loop": (
        "E", "这一圈里没有人工任务、定时器或消息，会无休止地转：{path}",
        "this loop waits for nothing and would turn for ever: {path}",
        "在圈里加一个人工任务或定时器。", "Put a user task or a timer into the loop.",
    ),
    "implicit-split": (
        "E", "有 {count} 条出线，却不是网关", "{count} flows leave it, but it is no gateway",
        "在它后面加一个网关：同时走用并行网关，选一条用排他网关。",
        "Add a gateway behind it: parallel to take all flows, exclusive to choose one.",
    ),
    "condition-ignored": (
        "E", "这条线从{source}出来，上面的条件不会起作用",
        "the flow leaves {source_en}, where its condition means nothing",
        "加一个排他网关，把条件放在网关的出线上。", "Add an exclusive gateway and put the condition on its flows.",
    ),
    "no-condition": (
        "E", "网关的这条出线没有条件，也不是默认流",
        "this flow of the gateway has no condition and is not its default",
        "写上条件，或把它设为默认流。", "Give it a condition or make it the default flow.",
    ),
    "no-default": (
        "E", "网关没有默认流：所有条件都不成立时无路可走",
        "the gateway has no default flow for when no condition holds",
        "把其中一条出线设为默认流。", "Make one of its flows the default.",
    ),
    "single-gateway": (
        "E", "网关既不分路也不汇合", "the gateway neither splits nor joins",
        "删除这个网关，或接上缺的连线。", "Remove the gateway or connect the missing flows.",
    ),
    "event-gateway": (
        "E", "事件网关后面不能接{target}", "{target_en} cannot follow an event-based gateway",
        "只接定时、消息、信号中间事件或接收任务，至少两条，不写条件。",
        "Connect timer, message or signal catch events or receive tasks only, at least two, without conditions.",
    ),
    "event-gateway-shared": (
        "E", "事件网关后面的“{target}”还有别的进线",
        "{target} behind the event-based gateway has another incoming flow",
        "事件网关后面的事件只能从这个网关进来。", "What follows an event-based gateway is reached from it alone.",
    ),
    "join-deadlock": (
        "E", "并行汇合永远等不齐：{missing}不会和其余的一起到，例如 {path}",
        "the parallel join can never complete: {missing_en} never arrives together with the rest, for example {path}",
        "只走一条的分支用排他网关汇合；同时走的才用并行网关。",
        "Join alternatives by an exclusive gateway; use a parallel one for branches that run together.",
    ),
    "join-may-wait": (
        "W", "并行汇合有时等不齐：这样走就会一直等{missing}：{path}",
        "the parallel join may wait for ever for {missing_en}: {path}",
        "让每条分支都走到汇合处，或在分支里不要有走不到汇合处的出口。",
        "Let every branch come to the join, or leave no way out of a branch that misses it.",
    ),
    "tokens-doubled": (
        "W", "并行的分支在这里没有汇合，后面的环节会做不止一次：{path}",
        "parallel branches meet here without a join, what follows is done more than once: {path}",
        "改用并行网关（或包容网关）汇合。", "Join them by a parallel (or inclusive) gateway.",
    ),
    "soundness-bounded": (
        "W", "分支太多，只查了前 {count} 种走法，没有全部查完",
        "too many branches: only the first {count} states were examined",
        "把一部分放进子流程，可以查得更全。", "Move a part into a sub-process to have it examined in full.",
    ),
}
