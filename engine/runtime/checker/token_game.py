"""Plays the token game of one scope: every way its tokens can go, as far as joins and merges can tell the difference.

A token stands on a sequence flow, in front of the next node at which something is decided (chains of nodes with one
way in and one way out are passed at once). Tokens that need nobody move first, one at a time, for their moves do not
depend on each other; tokens in front of a merge move last, so that two that can be there together are seen together.
That is a partial-order reduction (Valmari, «Stubborn sets for reduced state space generation», 1990): it loses no
deadlock and no two tokens at one merge. An inclusive join follows the rule of BPMN 2.0.2, 13.4.3.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from engine.runtime.checker.model import GATEWAYS, Flow, Node, Scope

MOST_STATES: Final = 5_000
MOST_TOKENS: Final = 24
_MOST_WAYS: Final = 5  # of an inclusive split all subsets are tried up to this many flows
_MANY: Final = 2

State = tuple[int, ...]
Move = tuple[str, tuple[int, ...]]


@dataclass
class Findings:
    """What the game showed.

    Attributes:
        fired: the joins that went on at least once.
        stuck: join to the flows it waited for and the way there, where the game came to a stop.
        doubled: merge to the way on which two tokens were in front of it together.
        complete: whether all states were visited.

    """

    fired: set[Node] = field(default_factory=set)
    stuck: dict[Node, tuple[list[Flow], list[str]]] = field(default_factory=dict)
    doubled: dict[Node, list[str]] = field(default_factory=dict)
    complete: bool = True


class Game:
    """The token game of one scope. `apart` are the non-interrupting events whose branches are played by themselves."""

    def __init__(self, scope: Scope, apart: frozenset[Node]) -> None:
        self.flows = [flow for flow in scope.flows if flow.source is not None and flow.target is not None]
        self.number = {flow: number for number, flow in enumerate(self.flows)}
        self.apart = apart
        self.landing = [self._land(flow) for flow in self.flows]
        self.reach: dict[Node, dict[int, frozenset[int]]] = {}

    def play(self, begin: list[Flow], findings: Findings) -> None:
        """Put one token on each flow of `begin` and note what comes of it."""
        first = tuple(sorted(self.number[flow] for flow in begin if flow in self.number))
        came: dict[State, tuple[State, str] | None] = {first: None}
        waiting = deque([first])
        while waiting:
            state = waiting.popleft()
            self._note_doubled(state, came, findings)
            moves = list(self._moves(state, findings))
            if not moves and state:
                self._note_stuck(state, came, findings)
            for label, following in moves:
                if following in came or self._overflows(following):
                    continue
                if len(came) >= MOST_STATES:
                    findings.complete = False
                    return
                came[following] = (state, label)
                waiting.append(following)

    def _land(self, flow: Flow) -> tuple[Node, Flow]:
        """Return the next node at which something happens to a token on this flow, and the flow into it."""
        seen: set[Node] = set()
        while True:
            node = flow.target
            assert node is not None  # noqa: S101 - only connected flows are in the game
            plain = len(node.incoming) == 1 and len(node.outgoing) == 1 and not self._events(node)
            if not plain or node in seen or node.outgoing[0] not in self.number:
                return node, flow
            seen.add(node)
            flow = node.outgoing[0]

    def _events(self, node: Node) -> list[Node]:
        return [event for event in node.boundary if event not in self.apart]

    def _overflows(self, state: State) -> bool:
        return len(state) > MOST_TOKENS or any(state.count(place) > _MANY for place in set(state))

    def _moves(self, state: State, findings: Findings) -> Iterator[Move]:
        merges: list[int] = []
        joins: dict[Node, list[int]] = {}
        for place in dict.fromkeys(state):
            node, _ = self.landing[place]
            if _is_join(node):
                joins.setdefault(node, []).append(place)
            elif len(node.incoming) > 1 and node.outgoing:
                merges.append(place)
            else:
                yield from self._go(state, place)
                return
        for node, places in joins.items():
            if node.kind == "parallelGateway" and len(self._entered(places)) == len(node.incoming):
                findings.fired.add(node)
                yield from self._leave(state, places, node)
                return
        for place in merges:
            yield from self._go(state, place)
        for node, places in joins.items():
            if node.kind != "parallelGateway" and self._inclusive_fires(node, places, state):
                findings.fired.add(node)
                everything = [place for place in state if self.landing[place][0] is node]
                yield from self._leave(state, everything, node)

    def _entered(self, places: list[int]) -> set[Flow]:
        return {self.landing[place][1] for place in places}

    def _go(self, state: State, place: int) -> Iterator[Move]:
        node = self.landing[place][0]
        if not node.outgoing and {"terminate", "error"}.intersection(node.definitions):
            yield node.title, ()
            return
        yield from self._leave(state, [place], node)

    def _leave(self, state: State, taken: list[int], node: Node) -> Iterator[Move]:
        rest = list(state)
        for place in self._one_of_each(taken, node):
            rest.remove(place)
        for label, flows in self._ways(node):
            added = [self.number[flow] for flow in flows if flow in self.number]
            yield label, tuple(sorted([*rest, *added]))

    def _one_of_each(self, places: list[int], node: Node) -> list[int]:
        """Of the tokens in front of a parallel join take one for each incoming flow."""
        if node.kind != "parallelGateway" or len(node.incoming) < _MANY:
            return places
        chosen: dict[Flow, int] = {}
        for place in places:
            chosen.setdefault(self.landing[place][1], place)
        return list(chosen.values())

    def _ways(self, node: Node) -> Iterator[tuple[str, list[Flow]]]:
        """Yield the sets of flows a token can leave a node by, each with what to call the choice."""
        flows = node.outgoing
        if node.kind in ("exclusiveGateway", "eventBasedGateway") and len(flows) > 1:
            for flow in flows:
                yield _choice(node, [flow]), [flow]
            return
        if node.kind == "inclusiveGateway" and len(flows) > 1:
            sizes = range(1, len(flows) + 1) if len(flows) <= _MOST_WAYS else (1, len(flows))
            for size in sizes:
                for some in combinations(flows, size):
                    yield _choice(node, list(some)), list(some)
            return
        yield node.title, flows
        for event in self._events(node):
            along = [] if event.interrupts else flows
            yield event.title, [*along, *event.outgoing]

    def _inclusive_fires(self, node: Node, places: list[int], state: State) -> bool:
        reach = self._reach(node)
        entered = {self.number[flow] for flow in self._entered(places)}
        empty = {self.number[flow] for flow in node.incoming if flow in self.number} - entered
        for place in set(state):
            if self.landing[place][0] is node:
                continue
            ways = reach.get(place, frozenset())
            if ways & empty and not ways & entered:
                return False
        return True

    def _reach(self, node: Node) -> dict[int, frozenset[int]]:
        """Return for each flow the incoming flows of a join that a token on it can come to, not through the join."""
        if node in self.reach:
            return self.reach[node]
        found: dict[int, set[int]] = {}
        for last in (flow for flow in node.incoming if flow in self.number):
            stack, seen = [last], set()
            while stack:
                flow = stack.pop()
                if flow in seen or flow not in self.number:
                    continue
                seen.add(flow)
                found.setdefault(self.number[flow], set()).add(self.number[last])
                source = flow.source
                if source is not None and source is not node:
                    stack += source.incoming
                    if source.host is not None:
                        stack += source.host.incoming
        self.reach[node] = {place: frozenset(ways) for place, ways in found.items()}
        return self.reach[node]

    def _note_stuck(self, state: State, came: dict[State, tuple[State, str] | None], findings: Findings) -> None:
        joins = [node for place in state if _is_join(node := self.landing[place][0])]
        parallel = [node for node in joins if node.kind == "parallelGateway"]
        # An inclusive join that waits does so because of what waits elsewhere.
        for node in parallel or joins:
            if node not in findings.stuck:
                entered = self._entered([each for each in state if self.landing[each][0] is node])
                missing = [flow for flow in node.incoming if flow not in entered]
                findings.stuck[node] = (missing, _way(state, came))

    def _note_doubled(self, state: State, came: dict[State, tuple[State, str] | None], findings: Findings) -> None:
        seen: set[Node] = set()
        for place in state:
            node = self.landing[place][0]
            if len(node.incoming) < _MANY or _is_join(node) or not node.outgoing:
                continue
            if node in seen and node not in findings.doubled and self._does_something(node):
                findings.doubled[node] = _way(state, came)
            seen.add(node)

    def _does_something(self, merge: Node) -> bool:
        """Whether anything but an end follows a merge: it would be done twice."""
        node: Node | None = merge
        seen: set[Node] = set()
        while node is not None and node not in seen:
            seen.add(node)
            passes = node.kind in GATEWAYS and len(node.outgoing) == 1
            if node.kind == "endEvent":
                return False
            if not passes:
                return True
            node = node.outgoing[0].target
        return False


def _is_join(node: Node) -> bool:
    return node.kind in ("parallelGateway", "inclusiveGateway") and len(node.incoming) > 1


def _choice(node: Node, flows: list[Flow]) -> str:
    targets = "+".join(flow.name or (flow.target.title if flow.target else flow.id) for flow in flows)
    return f"{node.title}：{targets}"


def _way(state: State, came: dict[State, tuple[State, str] | None]) -> list[str]:
    """Return what was chosen on the way to a state."""
    labels: list[str] = []
    step = came[state]
    while step is not None:
        before, label = step
        labels.append(label)
        step = came[before]
    return labels[::-1]
