"""Nothing in a diagram is ever executed as code."""

import ast
from pathlib import Path

import pytest

import engine.runtime
from engine.runtime import CannotAdvance
from engine.runtime.expressions import ExpressionError
from engine.runtime.script_engine import InterpretingEngine
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def test_scripts_and_foreign_service_calls_are_refused() -> None:
    script = InterpretingEngine({})
    task = type("Task", (), {"data": {}})()
    for act in (
        lambda: script.execute(task, "x = 1"),
        lambda: script.environment.execute("x = 1", {}),
        lambda: script.call_service(task, operation_name="x"),
        lambda: script.environment.call_service({}),
    ):
        with pytest.raises(CannotAdvance):
            act()


def test_past_the_engine_there_is_only_the_interpreter() -> None:
    environment = InterpretingEngine({"double": lambda number: number * 2}).environment
    assert environment.evaluate("double(x) + y", {"x": 2}, {"y": 1}) == 5
    with pytest.raises(ExpressionError):
        environment.evaluate("__import__('os')", {})


def test_a_condition_that_reaches_for_python_gets_nothing(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").exclusive("g").end().user("b").chain("start", "a", "g")
        .flow("g", "b", "${__import__('os').getuid() == 0}").flow("g", "end", default=True).flow("b", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a")
    (incident,) = desk.rows("select element, message from incident")
    assert incident.element == "g"
    assert "__import__" in incident.message
    assert (desk.waiting(instance), desk.status(instance)) == ([], "running")


def test_the_runtime_calls_neither_eval_nor_exec_nor_spiffs_serializers() -> None:
    for path in Path(engine.runtime.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__"}, path
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("SpiffWorkflow.bpmn.serializer"), path
