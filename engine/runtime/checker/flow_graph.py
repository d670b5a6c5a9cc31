"""All processes as one graph of points, before and after each node, through which knowledge of variables flows.

A call activity leads into the process it calls, and goes on when that process has ended.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.mappings import EVERYTHING, Passage, is_mapped, passage, written
from engine.runtime.checker.model import Node, Scope
from engine.runtime.checker.producers import (
    COUNTS,
    instance_variables,
    start_variables,
    variables_of,
)
from engine.runtime.checker.structure import entries, plain_starts, reach
from engine.runtime.expressions import Expression, ExpressionError, parse
from engine.runtime.expressions.usage import proved

NOTHING: Final[frozenset[str]] = frozenset()
_MAX_VISITS: Final = 200


@dataclass(eq=False)
class Point:
    """The moment before or after a node acts.

    Attributes:
        before: the points from which a token comes here, each with what the way proves to be set.
        all_come: whether a token comes from all of them at once (a parallel join), not from one.
        ends: for the moment after a call or sub-process: the points at which what is inside has ended; None otherwise.
        passes: what is let through of what is known before, and under which names; None for all of it.
        hands: the same for what is known at `ends`.
        sets: the variables that are set here.
        must: the variables set on every way here; None while no way here is known.
        may: the variables set on some way here.

    """

    node: Node | None
    before: list[tuple["Point", frozenset[str]]] = field(default_factory=list)
    after: list["Point"] = field(default_factory=list)
    all_come: bool = False
    ends: list["Point"] | None = None
    passes: Passage | None = None
    hands: Passage | None = None
    sets: frozenset[str] = NOTHING
    must: frozenset[str] | None = None
    may: frozenset[str] = NOTHING

    def follow(self, earlier: "Point", adds: frozenset[str] = NOTHING) -> None:
        """Let tokens come here from an earlier point."""
        self.before.append((earlier, adds))
        earlier.after.append(self)

    def update(self) -> bool:
        """Work out anew what is set here; tell whether anything changed."""
        ways = [(point.must | adds, point.may | adds) for point, adds in self.before if point.must is not None]
        if not ways and self.before:
            return False
        must = NOTHING
        if ways:
            sets = [way for way, _ in ways]
            must = NOTHING.union(*sets) if self.all_come else sets[0].intersection(*sets[1:])
        may = NOTHING.union(*(way for _, way in ways))
        if self.passes is not None:
            must, may = self.passes(must), self.passes(may)
        must, may = must | self.sets, may | self.sets
        if self.ends is not None:
            ended = [point for point in self.ends if point.must is not None]
            if not ended:
                return False
            known = [point.must for point in ended if point.must is not None]
            hands = self.hands or _all
            must |= hands(known[0].intersection(*known[1:]))
            may = may.union(*(hands(point.may) for point in ended))
        changed = must != self.must or may != self.may
        self.must, self.may = must, may
        return changed


def _all(known: frozenset[str]) -> frozenset[str]:
    return known


@dataclass
class FlowGraph:
    """The points of all nodes, and for each name in process data what is set together with it.

    Attributes:
        inside: for multi-instance activities, the moment one instance begins.
        judged: for them, the moment the completion condition is looked at.
        returned: for calls of processes among the files, the moment before their out mappings are carried out.

    """

    before: dict[Node, Point] = field(default_factory=dict)
    after: dict[Node, Point] = field(default_factory=dict)
    inside: dict[Node, Point] = field(default_factory=dict)
    judged: dict[Node, Point] = field(default_factory=dict)
    returned: dict[Node, list[Point]] = field(default_factory=dict)
    bundles: dict[str, frozenset[str]] = field(default_factory=dict)


def build_flow_graph(context: Context) -> FlowGraph:
    """Build the graph of all processes and let the knowledge of variables settle in it."""
    graph = FlowGraph()
    nodes = [node for _, node in context.nodes()]
    for node in nodes:
        sets = variables_of(context, node)
        for key in {path for path in sets if "." not in path}:
            graph.bundles[key] = graph.bundles[key] & sets if key in graph.bundles else sets
        graph.before[node] = Point(node, all_come=node.kind == "parallelGateway" and len(node.incoming) > 1)
        graph.after[node] = Point(node, sets=sets)
    for node in nodes:
        _connect(context, graph, node)
    starts = _start(context, graph, nodes)
    _settle([*starts, *graph.before.values(), *graph.inside.values(), *graph.judged.values(), *graph.after.values()])
    return graph


def _connect(context: Context, graph: FlowGraph, node: Node) -> None:
    before, after = graph.before[node], graph.after[node]
    after.follow(before)
    called = context.called(node)
    below = node.inside or called
    begin = _instance(graph, node)
    if below is not None and below.nodes:
        _enter(context, graph, node, below, begin)
    elif node.kind == "callActivity" and called is None and node.multiple is None:
        after.sets |= {EVERYTHING}
    for event in node.boundary:
        graph.before[event].follow(before)
        if node.inside is not None and node.multiple is None:
            # The event may come at any moment, so some of what is inside may have been done.
            for inner in node.inside.everything():
                graph.before[event].follow(graph.after[inner])
    facts = _flow_facts(node, graph.bundles)
    for flow in node.outgoing:
        if flow.target is not None:
            graph.before[flow.target].follow(after, facts.get(flow.id, NOTHING))


def _instance(graph: FlowGraph, node: Node) -> Point:
    """Return the moment a run of the node begins; for multiple instances, what each has of its own is set there."""
    before = graph.before[node]
    if node.multiple is None:
        return before
    inside = graph.inside[node] = Point(node, sets=instance_variables(node))
    inside.follow(before)
    judged = graph.judged[node] = Point(node, sets=COUNTS | {node.id} | instance_variables(node))
    judged.follow(before)
    return inside


def _enter(context: Context, graph: FlowGraph, node: Node, below: Scope, begin: Point) -> None:
    """Lead into a sub-process or a called process, and out of it again."""
    after, called = graph.after[node], node.inside is None
    if called and is_mapped(node, "in"):
        outside, begin = begin, Point(node, passes=passage(node, "in", frozenset(context.known.start.get("*", {}))))
        begin.follow(outside)
    for entry in (plain_starts(below) or entries(below)) if called else entries(below):
        graph.before[entry].follow(begin)
    ends = [graph.after[end] for end in _ends(below)]
    if called:
        graph.returned[node] = ends
    if node.multiple is not None:
        return  # what the instances write stays inside
    after.ends = ends
    if called and is_mapped(node, "out"):
        after.hands = passage(node, "out")
    elif called and is_mapped(node, "in"):
        after.hands = written(_names_set(context, below, set()))
    for end in ends:
        end.after.append(after)


def _names_set(context: Context, scope: Scope, seen: set[Scope]) -> frozenset[str]:
    """Return the names of all variables that a process writes, those of processes it calls included."""
    if scope in seen:
        return NOTHING
    seen.add(scope)
    names: set[str] = set()
    for node in scope.everything():
        names.update(path.split(".")[0] for path in variables_of(context, node))
        called = context.called(node)
        if called is not None:
            names |= _names_set(context, called, seen)
    return frozenset(names)


def _ends(scope: Scope) -> list[Node]:
    """Where a scope ends on its main way. Side branches of non-interrupting events end too, but decide nothing."""

    def onward(node: Node) -> list[Node]:
        return [flow.target for flow in node.outgoing if flow.target] + [
            event for event in node.boundary if event.interrupts
        ]

    reached = reach(entries(scope), onward)
    return [node for node in reached if not node.outgoing and not node.by_event and "error" not in node.definitions]


def _flow_facts(node: Node, bundles: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Tell what each outgoing flow proves: its condition held; at an exclusive gateway those before it did not."""
    if node.kind not in ("exclusiveGateway", "inclusiveGateway"):
        return {}
    facts: dict[str, frozenset[str]] = {}
    failed = NOTHING
    for flow in node.outgoing:
        expression = _read(flow.condition)
        if flow.id == node.default or expression is None:
            continue
        earlier = failed if node.kind == "exclusiveGateway" else NOTHING
        facts[flow.id] = earlier | proved(expression.node, outcome=True, bundles=bundles)
        failed |= proved(expression.node, outcome=False, bundles=bundles)
    if node.default:
        facts[node.default] = failed
    return facts


def _read(text: str) -> Expression | None:
    try:
        return parse(text) if text else None
    except ExpressionError:
        return None


def _start(context: Context, graph: FlowGraph, nodes: list[Node]) -> list[Point]:
    """Give the processes that are started by themselves the data they start with."""
    called = {process for node in nodes if (process := context.called(node)) is not None}
    starts: list[Point] = []
    for diagram in context.diagrams:
        for process in diagram.processes:
            start = Point(None, sets=start_variables(context, process.id))
            # A schedule starts a process for nobody in particular.
            alone = Point(None, sets=start_variables(context, process.id, by_itself=True))
            starts += [start, alone]
            only_called = process in called and process.id not in context.known.start
            for entry in entries(process):
                if "timer" in entry.definitions and entry.kind == "startEvent":
                    graph.before[entry].follow(alone)
                elif not only_called or entry.definitions:
                    graph.before[entry].follow(start)
    return starts


def _settle(points: list[Point]) -> None:
    waiting = deque(points)
    queued = set(points)
    visits: dict[Point, int] = {}
    while waiting:
        point = waiting.popleft()
        queued.discard(point)
        visits[point] = visits.get(point, 0) + 1
        # What must be set only shrinks and what may be set only grows; parallel joins in loops alone could swing.
        if point.update() and visits[point] < _MAX_VISITS:
            fresh = [each for each in point.after if each not in queued]
            waiting.extend(fresh)
            queued.update(fresh)
