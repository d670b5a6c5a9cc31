"""Whether an instance could be moved: every token has a counterpart that goes on where it stands."""

from collections import Counter
from typing import Final

from engine.runtime.migrating.ahead import lacking
from engine.runtime.migrating.changes import Assessment
from engine.runtime.migrating.elements import Element, Place
from engine.runtime.migrating.plan import Plan
from engine.runtime.retrying import held
from engine.runtime.scopes import OneOfMany
from engine.runtime.tokens import STARTED, Flow, Scope, Token

_SERVICES: Final = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
_LOOPS: Final = ("multi_instance", "collection", "element_variable")
_CHOICE: Final = "eventBasedGateway"


def look(plan: Plan, flow: Flow, assessment: Assessment) -> None:
    """Note in ``assessment`` every reason why the instance cannot be moved; nothing is changed."""
    for scope in flow.flows:
        for token in scope.unfinished():
            element = plan.before.get((scope.process_key, token.task_spec.name))
            if element is None:
                assessment.refuse("unknown", f"流程停在 {token.task_spec.name}，旧版流程图里没有这个环节。")
            elif not plan.is_dropped(element):
                _look(plan, token, element, assessment)


def _look(plan: Plan, token: Token, element: Element, assessment: Assessment) -> None:
    new = plan.counterpart(element)
    if new is None:
        assessment.refuse("unmapped", f"新版流程里没有“{element.name}”，请指定对应的环节。", element)
        return
    if element.boundary and not _stays_attached(plan, element, new):
        assessment.refuse("attached", f"“{element.name}”在新版里挂到了另一个环节上，请指定对应的事件或删去。", element)
        return
    found = _obstacle(plan, token, element, new)
    if found is not None:
        code, why = found
        assessment.refuse(code, f"“{element.name}”{why}，不能迁移。", element)


def _obstacle(plan: Plan, token: Token, element: Element, new: Element) -> tuple[str, str] | None:
    """Return the code of what stands in the way of one token, and why; None for nothing."""
    old, now = element.facts, new.facts
    if new.kind != element.kind:
        return "kind", f"类型变了（{element.kind} → {new.kind}）"
    if new.scope != plan.scope(element):
        return "scope", "移到了另一个子流程里"
    if any(old.get(name) != now.get(name) for name in _LOOPS):
        return "multi_instance", "正在逐项办理，而新版改了多实例的方式"
    if "arrived" in token.internal_data and not _same_ways(plan, element, element.incoming, new.incoming):
        return "join", "已有分支到达，而新版改了它的来路"
    return _other_work(token, element, new) or (
        None if _same_choice(plan, element, new) else ("choice", "与它同时等待的事件在新版里变了")
    )


def _other_work(token: Token, element: Element, new: Element) -> tuple[str, str] | None:
    """Return why an activity that is at work already cannot become one that does something else."""
    old, now = element.facts, new.facts
    if old.get("called") != now.get("called"):
        return "called", f"正在执行流程 {old.get('called')}，而新版改为调用 {now.get('called')}"
    waits = element.kind in _SERVICES and token.has_state(STARTED) and not held(token)
    if waits and old.get("service") != now.get("service"):
        return "service", f"正在等待服务 {old.get('service')} 的结果，而新版改用 {now.get('service')}"
    return None


def _stays_attached(plan: Plan, element: Element, new: Element) -> bool:
    activity = plan.before.get((element.process_key, element.facts.get("attached", "")))
    return activity is not None and _becomes(plan, activity) == new.facts.get("attached")


def _same_ways(plan: Plan, element: Element, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    neighbours = [plan.before.get((element.process_key, one)) for one in old]
    return Counter(_becomes(plan, one) for one in neighbours if one is not None) == Counter(new)


def _same_choice(plan: Plan, element: Element, new: Element) -> bool:
    """Whether an event is awaited among the same others; true for one that is awaited by itself."""
    gateways = [plan.before.get((element.process_key, one)) for one in element.incoming]
    for gateway in gateways:
        if gateway is not None and gateway.kind == _CHOICE:
            others = plan.counterpart(gateway)
            if others is None or others.kind != _CHOICE or new.id not in others.outgoing:
                return False
            if not _same_ways(plan, gateway, gateway.outgoing, others.outgoing):
                return False
    return True


def _becomes(plan: Plan, element: Element) -> str | None:
    new = plan.counterpart(element)
    return new.id if new is not None else None


Lacking = set[tuple[str, str]]
"""Dotted paths nothing will have set, each with the label of what reads them."""


def lacks(plan: Plan, flow: Flow, *, moved: bool) -> Lacking:
    """Return what the instance will want and not have, on its old version or, once moved, on the new one."""
    ahead, drawn = (plan.ahead, plan.after) if moved else (plan.ahead_before, plan.before)
    found: Lacking = set()
    for scope in flow.flows:
        if not isinstance(scope, OneOfMany):
            places, busy = _places(flow, scope)
            readings = ahead.readings(places, busy)
            found |= {(path, drawn[place].name) for path, place in lacking(readings, scope.data)}
    return found


def _places(flow: Flow, scope: Scope) -> tuple[frozenset[Place], frozenset[Place]]:
    tokens = list(scope.unfinished())
    places = {token: (scope.process_key, str(token.task_spec.name)) for token in tokens}
    busy = frozenset(place for token, place in places.items() if flow.inside(token))
    return frozenset(places.values()), busy
