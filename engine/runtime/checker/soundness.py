"""Joins that wait for ever, and branches that run together and are not joined (see `token_game` for how)."""

from typing import Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Flow, Node, Scope
from engine.runtime.checker.structure import reach
from engine.runtime.checker.token_game import MOST_STATES, Findings, Game

_REFUSED: Final = frozenset({"complexGateway", "adHocSubProcess", "transaction"})
_LONGEST: Final = 12  # steps of a way that are shown


def check_soundness(context: Context) -> None:
    """Play every scope whose shape is clear; what is wrong with the others is noted by other rules."""
    for diagram in context.diagrams:
        for scope in diagram.scopes():
            if scope.starts and not scope.too_large and _is_clear(scope):
                _check_scope(context, diagram.file, scope)


def _is_clear(scope: Scope) -> bool:
    joined = all(flow.source is not None and flow.target is not None for flow in scope.flows)
    return joined and not any(node.kind in _REFUSED or node.by_event for node in scope.nodes.values())


def _check_scope(context: Context, file: str, scope: Scope) -> None:
    apart = _apart(scope)
    game = Game(scope, frozenset(apart))
    findings = Findings()
    for begin in [*scope.starts, *apart]:
        game.play(begin.outgoing, findings)
    add = context.report.add
    for node, (missing, way) in findings.stuck.items():
        names = "、".join(f"“{_from(flow)}”" for flow in missing)
        values = {"missing": names, "missing_en": ", ".join(_from(flow) for flow in missing), "path": _shown(way)}
        never = node not in findings.fired and findings.complete
        add("join-deadlock" if never else "join-may-wait", file, node, **values)
    for node, way in findings.doubled.items():
        add("tokens-doubled", file, node, path=_shown(way))
    if not findings.complete:
        add("soundness-bounded", file, scope, count=MOST_STATES)


def _apart(scope: Scope) -> list[Node]:
    """Return the non-interrupting events whose branches never come back to the main way."""

    def onward(node: Node) -> list[Node]:
        interrupting = [event for event in node.boundary if event.interrupts]
        return [flow.target for flow in node.outgoing if flow.target] + interrupting

    main = reach(scope.starts, onward)
    events = [node for node in scope.nodes.values() if node.host is not None and not node.interrupts]
    return [event for event in events if not reach([event], onward) & main]


def _from(flow: Flow) -> str:
    return flow.name or (flow.source.title if flow.source else flow.id)


def _shown(way: list[str]) -> str:
    return " → ".join(["…", *way[-_LONGEST:]] if len(way) > _LONGEST else way or ["…"])
