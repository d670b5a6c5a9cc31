import pytest

from tests.engine.runtime.checker_diagrams import (
    END,
    START,
    bpmn,
    chain,
    dmn,
    flow,
    found,
    problems,
    service,
    timer,
    user,
)

GATE = '<exclusiveGateway id="{key}" default="{default}"/>'


def gate(key: str, default: str) -> str:
    return GATE.format(key=key, default=f"{key}_{default}")


def deciding(condition: str) -> bytes:
    """A, then a gateway with `condition`."""
    body = (
        START
        + user("a")
        + gate("g", "e")
        + user("b")
        + END
        + chain("s", "a", "g", "b", "e").replace(flow("g", "b"), flow("g", "b", condition))
    )
    return bpmn(body + flow("g", "e"))


@pytest.mark.parametrize(
    "condition",
    [
        "${a.decision == 'x'}",
        "${a.result.code == 'x'}",
        "${matter.channel == 'x' and matter.unit.name == 'y'}",
        "${defined(b.decision) and b.decision == 'x'}",
        "${defined(b) and b.decision == 'x'}",
        "${get(b, 'decision') == 'x'}",
        "${empty b.decision}",
        "${'a' in a.decision ? true : false}",
    ],
)
def test_variables_that_are_set_or_guarded(condition: str) -> None:
    assert found(deciding(condition)) == set()


@pytest.mark.parametrize(
    ("condition", "variable"),
    [
        ("${a.decison == 'x'}", "a.decison"),
        ("${b.decision == 'x'}", "b.decision"),
        ("${decision == 'x'}", "decision"),
        ("${matter.unheard == 'x'}", "matter.unheard"),
        ("${defined(b) and b.typo == 'x'}", "b.typo"),
    ],
)
def test_variables_that_nothing_sets(condition: str, variable: str) -> None:
    (problem,) = problems(deciding(condition))
    assert (problem.code, problem.element_id) == ("unset-variable", "g_b")
    assert variable in problem.message


def test_variable_set_on_one_way_only_names_the_other_way() -> None:
    # a, then b only for some, then a condition on b
    body = (
        START + user("a") + gate("g", "h") + user("b") + gate("h", "e") + user("c") + END
        + chain("s", "a", "g") + flow("g", "b", "${a.decision == 'x'}") + flow("g", "h") + chain("b", "h")
        + flow("h", "c", "${b.decision == 'y'}") + flow("h", "e") + chain("c", "e")
    )  # fmt: skip
    (problem,) = problems(bpmn(body))
    assert (problem.code, problem.element_id) == ("sometimes-unset", "h_c")
    assert "开始 → 办a → g → h" in problem.message
    assert "b.decision" in problem.remedy
    assert found(bpmn(body.replace("b.decision == 'y'", "defined(b) and b.decision == 'y'"))) == set()


def test_variable_is_known_where_a_gateway_has_asked_for_it() -> None:
    asked = (
        START + user("a") + gate("g", "h") + user("b") + gate("h", "e") + gate("k", "e") + user("c") + END
        + chain("s", "a", "g") + flow("g", "b", "${a.decision == 'x'}") + flow("g", "h") + chain("b", "h")
        + flow("h", "k", "${defined(b)}") + flow("h", "e")
        + flow("k", "c", "${b.decision == 'y'}") + flow("k", "e") + chain("c", "e")
    )  # fmt: skip
    assert found(bpmn(asked)) == set()
    negated = asked.replace("${defined(b)}", "${not defined(b)}")
    assert found(bpmn(negated)) == {("sometimes-unset", "k_c")}


def test_loops_back_do_not_lose_what_was_set() -> None:
    body = (
        START + user("a") + user("b") + gate("g", "e") + END + chain("s", "a", "b", "g")
        + flow("g", "a", "${b.decision == 'again' and a.decision == 'x'}") + flow("g", "e")
    )  # fmt: skip
    assert found(bpmn(body)) == set()


def test_use_before_the_loop_sets_it_is_found() -> None:
    # the condition before b reads b, which only the way back has passed
    body = (
        START + user("a") + gate("g", "b") + user("b") + gate("h", "e") + END + chain("s", "a", "g", "b", "h")
        + flow("g", "e", "${b.decision == 'x'}") + flow("h", "a", "${b.decision == 'again'}") + flow("h", "e")
    )  # fmt: skip
    assert found(bpmn(body)) == {("sometimes-unset", "g_e")}


def test_parallel_branches_both_happen_before_their_join() -> None:
    body = (
        START + '<parallelGateway id="f"/><parallelGateway id="j"/>' + user("a") + user("b") + gate("g", "e")
        + user("c") + END + chain("s", "f", "a", "j", "g") + chain("f", "b", "j")
        + flow("g", "c", "${a.decision == 'x' and b.decision == 'y'}") + flow("g", "e") + chain("c", "e")
    )  # fmt: skip
    assert found(bpmn(body)) == set()


def test_boundary_event_sees_what_was_set_before_its_activity() -> None:
    def escalating(level: str) -> bytes:
        late = timer("t", "P1D", host="b") + service("x", "escalate", ("level", level)) + '<endEvent id="e2"/>'
        return bpmn(START + user("a") + user("b") + late + END + chain("s", "a", "b", "e") + chain("t", "x", "e2"))

    assert found(escalating("${a.decision}")) == set()
    assert found(escalating("${b.decision}")) == {("unset-variable", "x")}


def test_timers_due_dates_and_parameters_are_uses() -> None:
    body = (
        START + user("a", attributes='camunda:candidateGroups="handler" camunda:dueDate="${clocks.limit}"')
        + timer("t", "${clocks.limit}") + service("x", "escalate", ("level", "${clocks.limit}")) + '<endEvent id="e2"/>'
        + END + chain("s", "a", "x", "e") + chain("t", "e2")
    )  # fmt: skip
    assert found(bpmn(body)) == {("unset-variable", "a"), ("unset-variable", "t"), ("unset-variable", "x")}
    task = '<businessRuleTask id="clocks" camunda:decisionRef="clocks"/>'
    decided = bpmn(body.replace(chain("s", "a"), task + chain("s", "clocks", "a")))
    assert found({"processes/p.bpmn": decided, "processes/clocks.dmn": dmn()}) == set()


def test_results_of_services_and_decisions_and_their_names() -> None:
    task = '<businessRuleTask id="r" camunda:decisionRef="clocks" camunda:resultVariable="clocks"/>'

    def using(text: str) -> dict[str, bytes]:
        body = START + service("judge") + task + service("x", "escalate", ("level", text)) + END
        return {"processes/p.bpmn": bpmn(body + chain("s", "judge", "r", "x", "e")), "processes/c.dmn": dmn()}

    for text in ("${judge.outcome}", "${judge.details.deep.er}", "${clocks.limit}", "${clocks}"):
        assert found(using(text)) == set()
    for text in ("${judge.typo}", "${r.limit}", "${clocks.typo}"):
        assert found(using(text)) == {("unset-variable", "x")}


def test_inputs_of_a_decision_are_uses() -> None:
    def files(wanted: str) -> dict[str, bytes]:
        task = '<businessRuleTask id="x" camunda:decisionRef="clocks"/>'
        body = START + user("a") + task + END + chain("s", "a", "x", "e")
        return {"processes/p.bpmn": bpmn(body), "processes/c.dmn": dmn(wanted)}

    assert found(files("a.decision")) == set()
    assert found(files("a.typo")) == {("unset-variable", "x")}


def test_long_texts_have_their_own_message() -> None:
    form = b'{"components":[{"components":[{"key":"opinion","type":"textarea"}]}]}'.replace(b" ", b"")
    body = deciding("${a.opinion == 'x'}")
    (problem,) = problems({"processes/p.bpmn": body}, a=form)
    assert (problem.code, problem.element_id) == ("text-field", "g_b")


def calling(condition: str, inside: str, *, start: str = "") -> dict[str, bytes]:
    outer = (
        START + user("a") + '<callActivity id="call" name="承办" calledElement="q"/>' + gate("g", "e") + user("b") + END
        + chain("s", "a", "call", "g") + flow("g", "b", condition) + flow("g", "e") + chain("b", "e")
    )  # fmt: skip
    inner = '<startEvent id="qs" name="转入"/>' + start + inside + '<endEvent id="qe"/>'
    return {"processes/p.bpmn": bpmn(outer), "processes/q.bpmn": bpmn(inner, key="q")}


def test_called_process_sees_the_callers_variables_and_its_results_return() -> None:
    inside = user("c", attributes='camunda:candidateGroups="handler" camunda:dueDate="${a.decision}"')
    files = calling("${c.decision == 'x' and a.decision == 'y'}", inside + chain("qs", "c", "qe"))
    assert found(files) == set()
    assert found(calling("${c.typo == 'x'}", inside + chain("qs", "c", "qe"))) == {("unset-variable", "g_b")}


def test_side_branches_of_a_called_process_do_not_hide_its_results() -> None:
    inside = user("c") + timer("t", "P1D", host="c") + '<endEvent id="reminded"/>' + chain("t", "reminded")
    assert found(calling("${c.decision == 'x'}", inside + chain("qs", "c", "qe"))) == set()


def test_called_process_that_may_skip_a_step_returns_it_sometimes() -> None:
    inside = (
        gate("k", "qe")
        + user("c")
        + chain("qs", "k", "c", "qe").replace(flow("k", "c"), flow("k", "c", "${a.decision == 'x'}"))
    )
    files = calling("${c.decision == 'x'}", inside + flow("k", "qe"))
    (problem,) = problems(files)
    assert problem.code == "sometimes-unset"
    assert "转入 → k" in problem.message


def test_called_process_must_get_its_variables_from_every_caller() -> None:
    inside = user("c", attributes='camunda:candidateGroups="handler" camunda:dueDate="${a.decision}"')
    files = calling("${true}", inside + chain("qs", "c", "qe"))
    other = bpmn(
        START.replace('"s"', '"s3"') + '<callActivity id="call3" calledElement="q"/>' + END.replace('"e"', '"e3"')
        + chain("s3", "call3", "e3"),
        key="r",
    )  # fmt: skip
    assert found({**files, "processes/r.bpmn": other}) == {("sometimes-unset", "c")}


def test_unknown_forms_and_services_cause_no_second_problem() -> None:
    body = START + user("x") + service("y", "nobody") + service("z", "escalate", ("level", "${x.a + y.b}")) + END
    assert found(bpmn(body + chain("s", "x", "y", "z", "e"))) == {("unknown-form", "x"), ("unknown-service", "y")}
