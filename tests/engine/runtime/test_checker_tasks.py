import pytest

from tests.engine.runtime.checker_diagrams import (
    END,
    GOOD,
    KNOWN,
    START,
    bpmn,
    chain,
    dmn,
    found,
    problems,
    service,
    timer,
    user,
)

ROLE = 'camunda:candidateGroups="handler"'
LIMIT = 'camunda:dueDate="P1D"'
TIMER_ERRORS = {"timer", "timer-empty", "timer-zero", "timer-cron", "unset-variable"}


def with_task(task: str, key: str = "x") -> bytes:
    return bpmn(START + user("a") + task + END + chain("s", "a", key, "e"))


def test_user_task_names_its_form() -> None:
    assert ("unknown-form", "x") in found(with_task(user("x")))
    assert found(with_task(user("x")), x=b"") == set()
    assert found(with_task(user("x", attributes=f'{ROLE} {LIMIT} camunda:formRef="b"'))) == set()
    assert found(with_task(user("x", attributes=f'{ROLE} {LIMIT} camunda:formKey="gone"'))) == {("unknown-form", "x")}


def test_faults_of_a_form_are_problems_of_their_own() -> None:
    faults = [each for each in problems(bpmn(GOOD), a=b"!one !two") if each.code == "bad-form"]
    assert [(each.file, each.message) for each in faults] == [
        ("forms/a.form", "表单有错：one"),
        ("forms/a.form", "表单有错：two"),
    ]


def test_roles_come_from_candidate_groups_or_the_lane() -> None:
    assert ("no-role", "x") in found(with_task(user("x", attributes=LIMIT)), x=b"")
    groups = f'{LIMIT} camunda:candidateGroups="handler, nobody"'
    assert found(with_task(user("x", attributes=groups)), x=b"") == {("unknown-role", "x")}
    (problem,) = problems(with_task(user("x", attributes=groups)), x=b"")
    assert "nobody" in problem.message
    assert "handler、instructor、receiver" in problem.remedy

    def lane(role: str) -> bytes:
        lanes = f'<laneSet id="l"><lane id="{role}"><flowNodeRef>x</flowNodeRef></lane></laneSet>'
        return bpmn(lanes + START + user("x", attributes=LIMIT) + END + chain("s", "x", "e"))

    assert found(lane("receiver"), x=b"") == set()
    assert found(lane("nobody"), x=b"") == {("unknown-role", "x")}


def test_role_that_nobody_holds_is_a_warning() -> None:
    (problem,) = problems(with_task(user("x", attributes=f'{LIMIT} camunda:candidateGroups="instructor"')), x=b"")
    assert (problem.code, problem.severity) == ("role-without-holder", "warning")


def test_time_limit_is_a_due_date_or_a_timer_on_the_task() -> None:
    (problem,) = problems(with_task(user("x", attributes=ROLE)), x=b"")
    assert (problem.code, problem.severity) == ("no-time-limit", "warning")
    late = timer("t", "P1D", host="x") + '<endEvent id="e2"/>' + chain("t", "e2")
    assert found(with_task(user("x", attributes=ROLE) + late), x=b"") == set()


def test_excluded_steps_must_exist() -> None:
    def excluding(steps: str) -> bytes:
        properties = f'<camunda:properties><camunda:property name="excludes" value="{steps}"/></camunda:properties>'
        return with_task(user("x", inner=f"<extensionElements>{properties}</extensionElements>"))

    assert found(excluding("a, x"), x=b"") == set()
    assert found(excluding("a,gone"), x=b"") == {("unknown-excluded", "x")}


@pytest.mark.parametrize(
    ("task", "code"),
    [
        (service("x", "nobody"), "unknown-service"),
        ('<serviceTask id="x"/>', "no-service"),
        ('<serviceTask id="x" camunda:delegateExpression="judge"/>', "no-service"),
        ('<serviceTask id="x" camunda:delegateExpression="${judge.run()}"/>', "no-service"),
        (service("x", "escalate"), "missing-parameter"),
        (service("x", "escalate", ("level", "a"), ("typo", "b")), "unknown-parameter"),
        (service("x", "escalate", ("level", "to ${a.decision}")), "mixed-text"),
        ('<businessRuleTask id="x"/>', "no-decision"),
        ('<businessRuleTask id="x" camunda:decisionRef="gone"/>', "unknown-decision"),
        ('<callActivity id="x"/>', "no-called-process"),
        ('<callActivity id="x" calledElement="gone"/>', "unknown-process"),
        ('<callActivity id="x" calledElement="${a.decision}"/>', "unsupported"),
        ('<callActivity id="x" calledElement="p"/>', "recursion"),
        ('<receiveTask id="x"/>', "no-message"),
        ('<receiveTask id="x" messageRef="gone"/>', "unknown-reference"),
        ('<intermediateCatchEvent id="x"><messageEventDefinition/></intermediateCatchEvent>', "no-message"),
    ],
)
def test_tasks_name_what_exists(task: str, code: str) -> None:
    assert (code, "x") in found(with_task(task))


def test_services_with_the_right_parameters_pass() -> None:
    assert found(with_task(service("x", "escalate", ("level", "instructor"), ("step", "${a.decision}")))) == set()


def test_message_needs_a_name() -> None:
    task = '<receiveTask id="x" messageRef="m"/>'
    body = START + user("a") + task + END + chain("s", "a", "x", "e")
    assert found(bpmn(body, outside='<message id="m" name="replied"/>')) == set()
    assert found(bpmn(body, outside='<message id="m"/>')) == {("no-message", "x")}


def test_recursion_through_other_processes_names_the_way() -> None:
    def calling(key: str, called: str) -> bytes:
        call = f'<callActivity id="call_{key}" calledElement="{called}"/>'
        return bpmn(
            START.replace('"s"', f'"s_{key}"') + call + END.replace('"e"', f'"e_{key}"')
            + chain(f"s_{key}", f"call_{key}", f"e_{key}"),
            key=key,
        )  # fmt: skip

    files = {f"processes/{key}.bpmn": calling(key, called) for key, called in (("p", "q"), ("q", "r"), ("r", "q"))}
    made = [each for each in problems(files) if each.code == "recursion"]
    assert [(each.element_id, each.file) for each in made] == [
        ("call_q", "processes/q.bpmn"),
        ("call_r", "processes/r.bpmn"),
    ]


@pytest.mark.parametrize("key", ["matter", "typename", "not", "empty"])
def test_reserved_ids(key: str) -> None:
    assert ("reserved-id", key) in found(with_task(service(key), key))


def test_ids_that_no_expression_can_name_are_a_warning() -> None:
    (problem,) = problems(with_task(service("x-1"), "x-1"))
    assert (problem.code, problem.severity) == ("id-not-a-name", "warning")


def test_decision_and_its_file() -> None:
    def files(table: bytes) -> dict[str, bytes]:
        task = '<businessRuleTask id="x" camunda:decisionRef="clocks"/>'
        return {"processes/p.bpmn": with_task(task), "processes/clocks.dmn": table}

    assert found(files(dmn())) == set()
    assert found(files(dmn(output="三天 内"))) == {("decision-cell", "clocks")}
    assert found(files(b"<broken")) == {("xml-not-well-formed", ""), ("unknown-decision", "x")}
    assert found(files(dmn(output="unheard(1)"))) == {("unknown-function", "clocks")}
    assert found(files(dmn(output="workdays(1)"))) == set()


def test_the_same_decision_or_process_in_two_files() -> None:
    files = {
        "processes/p.bpmn": bpmn(GOOD),
        "processes/q.bpmn": bpmn(GOOD),
        "processes/c.dmn": dmn(),
        "processes/d.dmn": dmn(),
    }
    assert {("duplicate-process", "p"), ("duplicate-decision", "clocks")} <= found(files)


@pytest.mark.parametrize(
    ("kind", "text", "valid"),
    [
        ("timeDuration", "P3D", True),
        ("timeDuration", "PT8H", True),
        ("timeDuration", "3工作日", True),
        ("timeDuration", "4工作小时", True),
        ("timeDuration", "三个工作日内", True),
        ("timeDuration", "2个月", True),
        ("timeDuration", "0工作日", False),
        ("timeCycle", "R/3工作日", True),
        ("timeDuration", "${a.decision}", False),
        ("timeDuration", "${matter.channel}", True),
        ("timeDuration", "-PT1H", False),
        ("timeDuration", "3 days", False),
        ("timeDuration", "P", False),
        ("timeDuration", "'P3D'", False),
        ("timeDuration", "", False),
        ("timeDate", "2026-03-01T09:00:00+08:00", True),
        ("timeDate", "2026-13-01T09:00:00", False),
        ("timeDate", "P3D", False),
        ("timeCycle", "R/P1D", True),
        ("timeCycle", "R3/PT10M", True),
        ("timeCycle", "R/PT0S", False),
        ("timeCycle", "0 0 9 * * ?", False),
        ("timeCycle", "P1D", False),
    ],
)
def test_timers(kind: str, text: str, valid: bool) -> None:
    body = GOOD + timer("t", text, kind=kind) + '<endEvent id="e2"/>' + chain("t", "e2")
    codes = {code for code, element in found(bpmn(body)) if element == "t"}
    assert (codes & TIMER_ERRORS == set()) is valid
    assert bool(codes) is not valid


def test_timer_with_two_times_and_bad_due_dates() -> None:
    two = timer("t", "P1D").replace("</timerEvent", "<timeDate>2026-01-01</timeDate></timerEvent")
    assert ("timer-several", "t") in found(bpmn(GOOD + two + '<endEvent id="e2"/>' + chain("t", "e2")))
    for text, valid in (("P1D", True), ("2工作日", True), ("soon", False)):
        task = user("x", attributes=f'{ROLE} camunda:dueDate="{text}"')
        assert (("timer", "x") in found(with_task(task), x=b"")) is not valid


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${a.decision ==}", "expression"),
        ("${a.decision}${a.decision}", "expression"),
        ("${unheard(a.decision)}", "unknown-function"),
        ("${__import__('os')}", "expression"),
        ("${execution.getVariable('x')}", "expression"),
    ],
)
def test_expressions(text: str, code: str) -> None:
    assert (code, "x") in found(with_task(service("x", "escalate", ("level", text))))


def test_functions_of_the_host_exist() -> None:
    assert "workdays" in KNOWN.functions
    assert found(with_task(service("x", "escalate", ("level", "${workdays(len(a.decision))}")))) == set()
