"""Which flows of the bureau's diagrams the journeys have taken: a plugin of pytest, and its report.

With ``--diagram-coverage`` the run fails when a sequence flow of ``processes/*.bpmn`` (and so a boundary event, whose
flow is its own) was taken by no test, and names it. The report, with each diagram coloured, is written to the path that
the option gives.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from engine.runtime.tokens import Token

PROCESSES: Final = Path(__file__).resolve().parents[2] / "processes"
KEY: Final = "diagram_coverage"
SPLIT: Final = ".BoundaryEventSplit"
"""What is put before an activity with events at its edge is called after it."""
BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
WAY: Final = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
STYLE: Final = """
body { font: 14px/1.5 sans-serif; margin: 24px; background: #fff; color: #222 }
svg { max-width: 100%; height: auto; border: 1px solid #ddd; margin: 8px 0 32px }
.shape { fill: #fff; stroke: #888 }
.taken { stroke: #1a7f4b; stroke-width: 3 } .missed { stroke: #c62828; stroke-width: 3 }
.flow { fill: none } text { font-size: 12px; text-anchor: middle } li.missed { color: #c62828 }
"""

Flow = tuple[str, str, str]
"""Process, source element, target element."""

_taken: set[Flow] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for the report."""
    parser.addoption("--diagram-coverage", metavar="FILE", help="every flow of processes/*.bpmn must be taken; report")


@pytest.fixture(scope="session")
def watched_tokens() -> Iterator[None]:
    """Note every flow that a token takes; what tokens do stays as it is."""
    add = Token._add_child

    def noted(token: Token, spec: Any, *rest: Any) -> Token:
        source, target = token.task_spec.bpmn_id, spec.bpmn_id or spec.name.removesuffix(SPLIT)
        if source and target:
            _taken.add((token.workflow.process_key, source, target))
        return add(token, spec, *rest)

    Token._add_child = noted
    yield
    Token._add_child = add


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what this process saw, or judge what all of them saw."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[KEY] = sorted(_taken)
        return
    wanted = session.config.getoption("--diagram-coverage")
    if not wanted:
        return
    missed = [flow for flow in sorted(drawn()) if flow not in _taken]
    Path(wanted).parent.mkdir(parents=True, exist_ok=True)
    Path(wanted).write_text(report(_taken), encoding="utf-8")
    session.config.stash[MISSED] = missed
    if missed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a worker of xdist saw."""
    for flow in getattr(node, "workeroutput", {}).get(KEY, ()):
        _taken.add(tuple(flow))


MISSED = pytest.StashKey[list[Flow]]()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the flows that no journey took."""
    for process, source, target in terminalreporter.config.stash.get(MISSED, []):
        terminalreporter.write_line(f"no journey takes {process}: {source} -> {target}", red=True)


def drawn() -> dict[Flow, str]:
    """Return every sequence flow of the bureau's diagrams, with its id."""
    found: dict[Flow, str] = {}
    for path in sorted(PROCESSES.glob("*.bpmn")):
        for process in etree.parse(path).iter(f"{BPMN}process"):
            for flow in process.iter(f"{BPMN}sequenceFlow"):
                found[process.get("id"), flow.get("sourceRef"), flow.get("targetRef")] = flow.get("id")
    return found


def report(taken: set[Flow]) -> str:
    """Return a page with each diagram drawn, what was taken in green, what was not in red."""
    parts = [f"<!doctype html><html lang=zh-CN><meta charset=utf-8><title>流程走查</title><style>{STYLE}</style>"]
    flows = drawn()
    for path in sorted(PROCESSES.glob("*.bpmn")):
        tree = etree.parse(path)
        process = next(tree.iter(f"{BPMN}process"))
        mine = {flow: identifier for flow, identifier in flows.items() if flow[0] == process.get("id")}
        missed = [flow for flow in mine if flow not in taken]
        parts.append(f"<h2>{escape(process.get('name'))} {len(mine) - len(missed)} / {len(mine)}</h2>")
        parts += [f"<li class=missed>{escape(source)} → {escape(target)}</li>" for _, source, target in missed]
        passed = {identifier for flow, identifier in mine.items() if flow in taken}
        parts.append(_drawing(tree, passed, {end for flow in mine if flow in taken for end in flow[1:]}))
    return "\n".join(parts)


def _drawing(tree: Any, flows: set[str], elements: set[str]) -> str:
    names = {node.get("id"): node.get("name") or "" for node in tree.iter() if isinstance(node.tag, str)}
    kinds = {node.get("id"): etree.QName(node).localname for node in tree.iter() if isinstance(node.tag, str)}
    shapes, width, height = [], 0.0, 0.0
    for shape in tree.iter(f"{DI}BPMNShape"):
        bounds = shape.find(f"{DC}Bounds")
        x, y, w, h = (float(bounds.get(name)) for name in ("x", "y", "width", "height"))
        element = shape.get("bpmnElement")
        kind = kinds.get(element, "")
        width, height = max(width, x + w), max(height, y + h)
        tone = "" if kind in {"participant", "lane"} else "taken" if element in elements else "missed"
        round_corners = h / 2 if kind.endswith("Event") else 25 if kind.endswith("Gateway") else 6
        shapes.append(f'<rect class="shape {tone}" x="{x}" y="{y}" width="{w}" height="{h}" rx="{round_corners}"/>')
        if not kind.endswith("Event"):
            label = y + 16 if kind in {"participant", "lane"} else y + h / 2
            at = x + 40 if kind in {"participant", "lane"} else x + w / 2
            shapes.append(f'<text x="{at}" y="{label}">{escape(names.get(element, ""))}</text>')
    for edge in tree.iter(f"{DI}BPMNEdge"):
        points = " ".join(f"{point.get('x')},{point.get('y')}" for point in edge.iter(WAY))
        tone = "taken" if edge.get("bpmnElement") in flows else "missed"
        shapes.append(f'<polyline class="flow {tone}" points="{points}"/>')
    return f'<svg viewBox="0 0 {width + 20} {height + 20}">{"".join(shapes)}</svg>'
