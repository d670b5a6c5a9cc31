"""The trial walks processes on the real runtime, takes every branch it can, and says where it cannot go on."""

from engine.runtime.checker import Known, check_and_try
from engine.runtime.checker.context import read_files
from engine.runtime.checker.report import Report
from engine.runtime.checker.trial import _Trial
from engine.runtime.definitions import parse_files
from engine.runtime.problems import Problem
from tests.engine.runtime.checker_cases.case import (
    E2,
    MESSAGE,
    OUTSIDE_ERROR,
    PARALLEL,
    SIGNAL,
    boundary,
    calling,
    ending,
    exclusive,
    many,
    sub,
    task,
)
from tests.engine.runtime.checker_diagrams import END, FORM, KNOWN, START, bpmn, chain, dmn, flow, service, timer, user
from tests.engine.runtime.diagrams import table

FORMS = {f"forms/{key}.form": FORM for key in ("a", "b", "c")}


def tried(files: bytes | dict[str, bytes]) -> list[Problem]:
    given = {"processes/p.bpmn": files} if isinstance(files, bytes) else files
    return [one for one in check_and_try({**FORMS, **given}, KNOWN) if one.code.startswith(("trial", "checker"))]


def passed(files: bytes | dict[str, bytes], known: Known = KNOWN) -> set[str]:
    """The elements that the walks passed."""
    given = {**FORMS, **({"processes/p.bpmn": files} if isinstance(files, bytes) else files)}
    trial = _Trial(read_files(given, known, Report()), parse_files(0, given))
    trial.run()
    return set(trial.passed)


def test_every_branch_of_a_gateway_is_taken() -> None:
    body = START + user("a") + user("b") + user("c") + END + exclusive("g", "e") + chain("s", "a", "g")
    ways = (
        flow("g", "b", "${a.decision == 'left'}")
        + flow("g", "c", "${a.result.code in ['x', 'right']}")
        + flow("g", "e")
    )
    assert passed(bpmn(body + ways + chain("b", "e") + chain("c", "e"))) >= {"a", "b", "c", "e"}


def test_what_a_decision_says_opens_the_ways_behind_it() -> None:
    rules = (['"phone"', '"short"'], ['"letter"', '"long"'], ["-", '"none"'])
    decision = {"processes/d.dmn": table("clocks", ["matter.channel"], ["limit"], *rules)}
    body = START + '<businessRuleTask id="x" camunda:decisionRef="clocks"/>' + user("a") + user("b") + END
    ways = flow("g", "a", "${x.limit == 'short'}") + flow("g", "b", "${x.limit == 'long'}") + flow("g", "e")
    drawn = body + exclusive("g", "e") + chain("s", "x", "g") + ways + chain("a", "e") + chain("b", "e")
    assert passed({"processes/p.bpmn": bpmn(drawn), **decision}) >= {"a", "b", "e"}


def test_timers_messages_signals_effects_and_errors_come() -> None:
    body = (
        START
        + user("a")
        + service("x", "deliver")
        + END
        + E2
        + '<endEvent id="e3"/>'
        + chain("s", "a", "x", "k", "n", "e")
    )
    waits = '<receiveTask id="k" messageRef="m"/>'
    waits += '<intermediateCatchEvent id="n"><signalEventDefinition signalRef="sg"/></intermediateCatchEvent>'
    clocks = (
        timer("t", "P1D", interrupts=False) + chain("t", "e2") + timer("u", "P9D", interrupts=True) + chain("u", "e3")
    )
    drawn = bpmn(body + waits + clocks, outside=MESSAGE + SIGNAL)
    assert passed(drawn) >= {"a", "x", "k", "n", "e", "t", "e2", "u", "e3"}
    failing = sub(ending("error", 'errorRef="er"'), boundary("error", 'errorRef="er"'), OUTSIDE_ERROR)
    assert passed(failing) >= {"xe", "t", "e2"}


def test_calls_instances_and_parallel_branches_are_walked() -> None:
    assert passed(calling()) >= {"a", "x", "qs", "c", "qe", "e"}
    assert passed(many("<loopCardinality>3</loopCardinality>")) >= {"a", "x", "e"}
    body = START + user("a") + user("b") + END + PARALLEL.format("f") + PARALLEL.format("j")
    assert passed(bpmn(body + chain("s", "f", "a", "j", "e") + chain("f", "b", "j"))) >= {"f", "a", "b", "j", "e"}


def test_it_says_where_it_stopped_why_and_on_which_way() -> None:
    body = START + user("a") + user("b") + END + exclusive("g", "e") + chain("s", "a", "g") + chain("b", "e")
    drawn = bpmn(body + flow("g", "b", "${a.decision < 3}") + flow("g", "e"))
    (problem,) = tried(drawn)
    assert (problem.code, problem.element_id, problem.severity) == ("trial-stuck", "g", "warning")
    assert "办a" in problem.message
    assert problem.line == 4


def test_an_answer_that_is_no_list_stops_a_multi_instance_activity() -> None:
    found = tried(many("", 'camunda:collection="a.decision" camunda:elementVariable="each"'))
    assert [(one.code, one.element_id) for one in found] == [("trial-stuck", "x")]


def test_a_decision_that_two_rules_answer_stops_it() -> None:
    rules = (['"phone","x"', '"1"'], ['"phone"', '"2"'], ['not("phone","x")', '"3"'])
    decision = {"processes/d.dmn": table("clocks", ["matter.channel"], ["limit"], *rules, policy="UNIQUE")}
    drawn = task('<businessRuleTask id="x" camunda:decisionRef="clocks"/>')
    found = tried({"processes/p.bpmn": drawn, **decision})
    assert [(one.code, one.element_id) for one in found] == [("trial-stuck", "x")]
    assert tried({"processes/p.bpmn": drawn, "processes/d.dmn": dmn()}) == []


def test_nothing_is_tried_while_something_is_wrong() -> None:
    body = START + user("a") + user("b") + END + exclusive("g", "e") + chain("s", "a", "g") + chain("b", "e")
    drawn = bpmn(body + flow("g", "b", "${a.decision < 3}") + flow("g", "e") + '<scriptTask id="z"/>')
    assert tried(drawn) == []
