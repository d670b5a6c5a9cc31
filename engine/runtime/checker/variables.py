"""Whether every variable an expression uses has a value on every path that leads there."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.runtime.checker.context import Context
from engine.runtime.checker.flow_graph import NOTHING, Point, build_flow_graph
from engine.runtime.checker.formulas import Formula, formulas
from engine.runtime.checker.mappings import mappings
from engine.runtime.checker.model import Node
from engine.runtime.checker.producers import satisfied
from engine.runtime.expressions.usage import required


def check_variables(context: Context) -> None:
    """Check the expressions of all nodes and the inputs of all decisions that are taken."""
    if any(process.too_large for diagram in context.diagrams for process in diagram.processes):
        return  # it cannot be deployed anyhow, which is noted with the files
    graph = build_flow_graph(context)
    uses = _Uses(context, _long_texts(context))
    for diagram, node in context.nodes():
        for formula in formulas(node):
            expression = formula.read()
            if expression is not None:
                point = getattr(graph, formula.moment)[node]
                uses.check(diagram.file, formula, point, required(expression.node, bundles=graph.bundles))
        decision = context.decisions.get(node.camunda("decisionRef")) if node.kind == "businessRuleTask" else None
        if decision is not None:
            formula = Formula(node, node, "决策表", "decision table", decision.id)
            point = graph.inside[node] if node.multiple is not None else graph.before[node]
            uses.check(diagram.file, formula, point, decision.needs)
        _check_returned(context, diagram.file, node, graph.returned.get(node, []))


def _check_returned(context: Context, file: str, node: Node, ends: list[Point]) -> None:
    """Note what a call wants back that nothing in the called process sets."""
    known = [point.may for point in ends if point.must is not None]
    for mapping in mappings(node, "out") if known else []:
        if mapping.source and not any(satisfied(mapping.source, may) for may in known):
            context.report.add("mapping-unset", file, node, variable=mapping.source)


@dataclass(frozen=True)
class _Uses:
    """Judges the use of variables; `long_texts` are the answers that never enter process data."""

    context: Context
    long_texts: frozenset[str]

    def check(self, file: str, formula: Formula, point: Point, needed: Iterable[str]) -> None:
        """Note the variables that an expression needs and that have no value on some or any way to this point."""
        if point.must is None:
            return  # nothing leads here, which is noted with the shape of the flow
        for path in sorted(needed):
            if satisfied(path, point.must):
                continue
            values = {"place": formula.what, "place_en": formula.what_en, "text": formula.text, "variable": path}
            if path in self.long_texts:
                self.context.report.add("text-field", file, formula.element, **values)
            elif satisfied(path, point.may):
                way = " → ".join(_way_without(path, point))
                self.context.report.add("sometimes-unset", file, formula.element, path=way, **values)
            else:
                self.context.report.add("unset-variable", file, formula.element, **values)


def _long_texts(context: Context) -> frozenset[str]:
    """Every `step.field` whose answer never enters process data."""
    found: set[str] = set()
    for _, node in context.nodes():
        if node.kind == "userTask":
            found.update(f"{node.id}.{key}" for key in context.long_texts.get(context.form_key(node), ()))
    return frozenset(found)


def _way_without(path: str, point: Point) -> list[str]:
    """Return the labels along the shortest way from a start to this point on which nothing sets the variable."""
    came: dict[Point, Point | None] = {point: None}
    row = [point]
    while row:
        following: list[Point] = []
        for each in row:
            if not each.before or each.passes is not None:
                return _labels(each, came)
            # After a call the way leads back through the end of the called process where it is still unset.
            ways = each.before if each.ends is None else [(end, NOTHING) for end in each.ends]
            for earlier, adds in ways:
                unset = earlier.must is not None and not satisfied(path, earlier.must | adds)
                if unset and earlier not in came:
                    came[earlier] = each
                    following.append(earlier)
        row = following
    return _labels(point, {point: None})


def _labels(start: Point, came: dict[Point, Point | None]) -> list[str]:
    passed: dict[Node, None] = {}
    point: Point | None = start
    while point is not None:
        if point.node is not None:
            passed.setdefault(point.node)
        point = came[point]
    return [node.title for node in passed]
