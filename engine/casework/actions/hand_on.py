"""转办: the matter goes to the body responsible for it, which is not 交办: no report is due back."""

from engine.casework.actions.step import Step

EVENTS = {"handed_on": "handed_on", "ours": "kept"}


def hand_on(step: Step) -> None:
    """Record to whom the matter was handed on and how, or why it is the bureau's own after all."""
    decision = step.choice("decision", *EVENTS)
    if decision == "handed_on":
        agency = step.need("agency", "请填写主管部门。", 2)
        method = step.need("method", "请选择转送方式。")
        if method == "letter":
            step.need("letter_number", "以公函转送的，请填写函件编号。")
        step.check()
        step.case.set(
            outcome="handed_on",
            reply=f"您反映的事项不属于公安机关职责，我局已转送{agency}处理，请向其了解办理情况。",
        )
    elif decision == "ours":
        step.need("reason", "请说明为什么属于本局职责，至少 5 个字。", 5)
    step.check()
    step.event = EVENTS[decision]
