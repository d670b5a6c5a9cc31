"""What a migration changes, in words: how two versions differ, and what becomes of one matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from engine.casework.masking import masked_message
from engine.casework.queries.migrations import StepRow
from engine.runtime.migrating.elements import Element
from engine.runtime.migrating.plan import SIGN, Difference, Plan, changed
from webapp.diagrams import Progress, diagram, drawings
from webapp.sentences import say, say_all
from webapp.vocabulary import word

FACTS: Final[Mapping[str, Any]] = {
    "label": _("名称"),
    "kind": _("类型"),
    "scope": _("所在子流程"),
    "role": _("由谁办理"),
    "form": _("表单"),
    "form_content": _("表单内容"),
    "due": _("办理期限"),
    "follow_up": _("跟进时间"),
    "priority": _("优先级"),
    "properties": _("属性"),
    "timer": _("定时"),
    "timer_kind": _("定时方式"),
    "service": _("服务"),
    "parameters": _("服务参数"),
    "decision": _("规则表"),
    "decision_content": _("规则表内容"),
    "called": _("调用的流程"),
    "handed": _("传递的变量"),
    "attached": _("挂在哪个环节"),
    "interrupting": _("是否打断环节"),
    "message": _("消息"),
    "signal": _("信号"),
    "error": _("错误"),
    "escalation": _("上报"),
    "multi_instance": _("多实例"),
    "collection": _("逐项办理的列表"),
    "element_variable": _("逐项办理的变量"),
    "completion": _("完成条件"),
    "conditions": _("分支条件"),
}
"""What differs between two elements, by the engine's name of it."""

KINDS: Final[Mapping[str, Any]] = {
    "userTask": _("用户任务"),
    "manualTask": _("人工任务"),
    "serviceTask": _("服务任务"),
    "businessRuleTask": _("规则任务"),
    "sendTask": _("发送任务"),
    "receiveTask": _("接收任务"),
    "task": _("一般任务"),
    "callActivity": _("调用流程"),
    "subProcess": _("子流程"),
    "exclusiveGateway": _("排他网关"),
    "parallelGateway": _("并行网关"),
    "inclusiveGateway": _("包容网关"),
    "eventBasedGateway": _("事件网关"),
    "startEvent": _("开始事件"),
    "endEvent": _("结束事件"),
    "intermediateCatchEvent": _("中间等待事件"),
    "intermediateThrowEvent": _("中间事件"),
    "boundaryEvent": _("边界事件"),
}
"""What kinds of elements are called."""

CONTENTS: Final = frozenset({"form_content", "decision_content"})
NEVER_WAIT: Final = ("startEvent", "endEvent", "intermediateThrowEvent", "exclusiveGateway", "task")
"""Kinds at which nothing ever waits: nothing has to be said about them."""
MOVED: Final = frozenset({"kind", "scope", "attached"})
"""What keeps an element of the same id from being the same: then another may be named by hand."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the comparison.

    `what` is as in :class:`Difference`; `facts` are label, old and new text; `field` names the element in the form
    when something may be said about it by hand, and `choices` are what it may become, (id, label) each. `same` says
    that there is an element of its id, which it becomes when nothing is said. `on` is the label of the activity that a
    boundary event is attached to.
    """

    what: str
    kind: str
    old: Element | None
    new: Element | None
    facts: list[tuple[str, str, str]]
    field: str
    choices: list[tuple[str, str]]
    may_go: bool
    same: bool
    on: str


def compared(plan: Plan) -> list[Compared]:
    """Return how the two versions of a plan differ, ready to be shown; what was said by hand is left aside."""
    bare = Plan(plan.process_key, plan.source, plan.target, plan.old, plan.new)
    return [_row(bare, one) for one in bare.differences()]


def _row(plan: Plan, one: Difference) -> Compared:
    asked = one.old if one.new is None or MOVED & one.facts.keys() else None
    if asked is not None and asked.kind.startswith(NEVER_WAIT):
        asked = None
    choices = plan.choices(asked) if asked is not None else []
    return Compared(
        what=one.what,
        kind=_value("kind", one.element.kind),
        old=one.old,
        new=one.new,
        facts=[_fact(name, *texts) for name, texts in one.facts.items()],
        field=SIGN.join(asked.place) if asked is not None else "",
        choices=[(new.id, str(gettext(new.name))) for new in choices if new != one.new],
        may_go=one.element.boundary,
        same=one.new is not None,
        on=_attached(plan, one.element, new=one.old is None),
    )


def _attached(plan: Plan, element: Element, *, new: bool = False) -> str:
    """Return the label of the activity that a boundary event is attached to; empty for everything else."""
    activity = (plan.after if new else plan.before).get((element.process_key, element.facts.get("attached", "")))
    return _translated(activity.name) if activity is not None else ""


def automatic(plan: Plan) -> list[tuple[Element, str, str]]:
    """Return what a matter may wait at and what stays itself by its id and kind.

    Each comes with the name of its kind and the label of what it is attached to.
    """
    bare = Plan(plan.process_key, plan.source, plan.target, plan.old, plan.new)
    return [
        (old, _value("kind", old.kind), _attached(bare, old))
        for old in bare.before.values()
        if not old.kind.startswith(NEVER_WAIT)
        and (new := bare.counterpart(old)) is not None
        and not MOVED & changed(old, new).keys()
    ]


def _fact(name: str, old: str, new: str) -> tuple[str, str, str]:
    label = str(FACTS.get(name, name))
    if name in CONTENTS:
        return label, "", gettext("有改动")
    return label, _value(name, old), _value(name, new)


def _value(name: str, text: str) -> str:
    if name == "role":
        return str(gettext("、")).join(word("role", role.strip()) for role in text.split(",")) if text else ""
    if name == "kind":
        return str(KINDS.get(text.partition(":")[0], text))
    if name == "label":
        return str(gettext(text))
    if name == "interrupting":
        return str(gettext("是") if text == "true" else gettext("否"))
    return text


def drawn_with_changes(plan: Plan) -> list[dict[str, Any]]:
    """Return the new version's diagrams with what was added (as done) and what was changed (as active) marked."""
    keys = {element.process_key for element in plan.after.values()}
    marks: dict[tuple[str, str], str] = {}
    for one in plan.differences():
        if one.new is not None:
            marks[one.new.place] = "done" if one.what == "added" else "active"
    found = []
    for drawing in drawings(plan.new):
        if drawing.key in keys:
            own = {element: mark for (key, element), mark in marks.items() if key == drawing.key}
            added = {element for element, mark in own.items() if mark == "done"}
            shown = diagram(drawing, Progress(visited=added, active=set(own) - added))
            for (step, _name), line in zip(drawing.steps, shown["steps"], strict=True):
                line["note"] = {"done": gettext("新增"), "active": gettext("有改动")}.get(own.get(step, ""), "")
            found.append(shown)
    return found


@dataclass(frozen=True, slots=True)
class Explained:
    """What becomes of one matter: sentences, and the timers and items that change."""

    reasons: list[str]
    timers: list[dict[str, Any]]
    items: list[str]
    error: str


def explained(row: StepRow, known: Any = None) -> Explained:
    """Return what becomes of one instance, in the page's language; ``known`` is what its error must not say."""
    return Explained(
        reasons=[say(reason["text"]) for reason in row.reasons],
        timers=[_timer(timer) for timer in row.changes.get("timers", ())]
        + [_due(item) for item in row.changes.get("items", ()) if item.get("due")],
        items=[line for item in row.changes.get("items", ()) for line in _item(item)]
        + [_lost(claim) for claim in row.changes.get("lost", ())],
        error=say(masked_message(row.error, known)) if row.error else "",
    )


def _timer(timer: Mapping[str, Any]) -> dict[str, Any]:
    name = _translated(timer["name"])
    if timer.get("on"):
        name = f"{_translated(timer['on'])} · {name}"
    return {
        "name": name,
        "old": _moment(timer["old"]),
        "new": _moment(timer["new"]),
        "explanation": say_all(timer["explanation"]),
        "fires": True,
    }


def _due(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the limit of a task changes; nothing fires when it passes."""
    old, new = item["due"]
    return {
        "name": gettext("“%(name)s”的办理期限", name=_translated(item["name"])),
        "old": _moment(old),
        "new": _moment(new),
        "explanation": say_all(item.get("explanation", ())),
        "fires": False,
    }


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    name = _translated(item["name"])
    if item["step"] != item["old_step"]:
        yield gettext("任务改为“%(name)s”（%(old)s → %(new)s）", name=name, old=item["old_step"], new=item["step"])
    if item.get("form"):
        old, new = item["form"]
        if old == new:
            yield gettext("“%(name)s”的表单内容有改动", name=name)
        else:
            yield gettext("“%(name)s”改用表单 %(new)s（原来是 %(old)s）", name=name, old=old, new=new)
    if item.get("role"):
        old, new = (_value("role", ",".join(groups)) or "—" for groups in item["role"])
        if old == new:
            yield gettext("“%(name)s”的办理条件有改动，重新分派", name=name)
        else:
            yield gettext("“%(name)s”改由%(new)s办理（原来是%(old)s），重新分派", name=name, old=old, new=new)


def _lost(claim: Mapping[str, Any]) -> str:
    return str(gettext("“%(name)s”原来的承办人不再符合条件，已退回待认领", name=_translated(claim["name"])))


def _translated(text: str) -> str:
    """Return a label of a diagram in the page's language."""
    return str(gettext(text))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def by_hand(plan: Plan) -> list[tuple[Element, Element | None]]:
    """Return what was said by hand: an element of the old version, and what it becomes; None when it goes."""
    found = []
    for name in sorted(plan.mapping):
        process_key, _sign, identifier = name.partition(SIGN)
        old = plan.before[process_key, identifier]
        found.append((old, plan.counterpart(old)))
    return found
