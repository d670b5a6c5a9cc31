"""Bench: one decision of a table of 200 rules, FIRST, against SpiffWorkflow's own decision engine."""

import argparse
import gc
import json
import logging
import random
import statistics
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
from SpiffWorkflow.dmn.parser.DMNParser import DMNParser
from SpiffWorkflow.util.task import TaskState

from engine.runtime.decisions import parse_dmn

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
RULES = 200
KINDS = ("request", "complaint", "report", "petition", "praise", "suggestion", "consultation", "other")
PROCESS = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://minyi.bench">'
    '<process id="p" isExecutable="true"><startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="a"/>'
    '<userTask id="a"/><sequenceFlow id="g" sourceRef="a" targetRef="end"/><endEvent id="end"/></process></definitions>'
)


def table() -> bytes:
    """Write the table: text, number and yes/no columns; rule n hits for unit n, days from n to n + 9."""
    rows = []
    for number in range(RULES):
        cells = (
            f'"{KINDS[number % len(KINDS)]}"',
            f'"unit {number}"',
            f">= {number}",
            f"< {number + 10}",
            "True" if number % 3 == 0 else "-",  # as both read it
        )
        outputs = (f'"{number % 15 + 1}工作日"', str(number))
        rows.append(
            f'<rule id="r{number}">'
            + "".join(
                f'<inputEntry id="c{number}_{place}"><text>{escape("" if cell == "-" else cell)}</text></inputEntry>'
                for place, cell in enumerate(cells)
            )
            + "".join(
                f'<outputEntry id="v{number}_{place}"><text>{escape(value)}</text></outputEntry>'
                for place, value in enumerate(outputs)
            )
            + "</rule>"
        )
    columns = "".join(
        f'<input id="i{place}"><inputExpression typeRef="{kind}"><text>{name}</text></inputExpression></input>'
        for place, (name, kind) in enumerate(
            (("kind", "string"), ("unit", "string"), ("days", "number"), ("days", "number"), ("urgent", "boolean"))
        )
    )
    columns += '<output id="o1" name="limit" typeRef="string"/><output id="o2" name="rank" typeRef="number"/>'
    return (
        f'<definitions xmlns="{MODEL}" id="d" name="d" namespace="http://minyi.bench">'
        f'<decision id="limits" name="limits"><decisionTable id="t" hitPolicy="FIRST">{columns}{"".join(rows)}'
        "</decisionTable></decision></definitions>"
    ).encode()


def questions(count: int) -> list[dict[str, Any]]:
    """Draw data; about nine of ten hit a rule, spread over the whole table."""
    chance = random.Random(20260105)  # noqa: S311 - the same questions in every run
    drawn = []
    for _ in range(count):
        number = chance.randrange(RULES)
        hit = chance.random() < 0.9  # the others are of no rule's kind
        kind = KINDS[number % len(KINDS)] if hit else "none"
        drawn.append({"kind": kind, "unit": f"unit {number}", "days": number + chance.randrange(10), "urgent": True})
    return drawn


def spiff(content: bytes) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a function that asks SpiffWorkflow's engine; the table is parsed once, as ours is."""
    root = etree.fromstring(content)
    parser = DMNParser(None, root, {"dmn": MODEL}, filename="limits.dmn")
    parser.parse()
    engine = DMNEngine(parser.decision.decisionTables[0])
    process = BpmnParser()
    process.add_bpmn_str(PROCESS.encode())
    workflow = BpmnWorkflow(process.get_spec("p"))
    workflow.do_engine_steps()
    task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]

    def ask(data: dict[str, Any]) -> dict[str, Any]:
        task.data = dict(data)
        result: dict[str, Any] = engine.result(task)
        return result

    return ask


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=f"One decision of a FIRST table of {RULES} rules.")
    arguments.add_argument("--quick", action="store_true", help="fewer decisions, under 50 seconds")
    count = 150 if arguments.parse_args().quick else 1000
    logging.getLogger("spiff").setLevel(logging.WARNING)
    content = table()
    decision = parse_dmn(content)["limits"]
    theirs = spiff(content)
    taken: dict[str, list[float]] = {"ours": [], "spiff": []}
    asked = questions(count)
    decision.decide(asked[0])
    theirs(asked[0])
    gc.collect()
    for number, data in enumerate(asked):
        sides: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [("ours", decision.decide), ("spiff", theirs)]
        answers = {}
        for name, ask in sides if number % 2 else sides[::-1]:
            began = time.perf_counter()
            answers[name] = ask(data)
            taken[name].append(time.perf_counter() - began)
        assert (answers["ours"].result or {}) == answers["spiff"]
    ours, reference = (statistics.median(taken[name]) * 1000 for name in ("ours", "spiff"))
    figures = {
        "bench": "decisions",
        "against": "spiff",
        "ours": round(ours, 4),
        "reference": round(reference, 4),
        "unit": "ms",
        "ratio": round(reference / ours, 1),
        "n": count,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
