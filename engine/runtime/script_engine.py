# ruff: noqa: ARG002 - SpiffWorkflow calls these methods with what their signatures say
"""The only way the engine evaluates anything: our own interpreter. Nothing is ever executed."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine

from engine.runtime import expressions
from engine.runtime.errors import CannotAdvance


class InterpretedEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Evaluates expressions of the diagrams; SpiffWorkflow also calls it directly, past the script engine.

    Attributes:
        globals: the functions an expression may call.

    """

    def evaluate(
        self, expression: str, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value of ``expression`` over ``context``; raise ExpressionError when it has none."""
        data = {**external_context, **context} if external_context else context
        return expressions.evaluate(expression, data, self.globals)

    def execute(self, script: str, context: Any, external_context: Any = None) -> NoReturn:
        """Refuse: no diagram carries code."""
        raise CannotAdvance("流程图里不能有脚本。")

    def call_service(self, context: Any, **kwargs: Any) -> NoReturn:
        """Refuse: services are called by our own service task only."""
        raise CannotAdvance("服务只能由服务任务调用。")


class InterpretingEngine(PythonScriptEngine):  # type: ignore[misc]  # SpiffWorkflow has no types
    """The script engine of every instance. Takes the functions an expression may call."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(InterpretedEnvironment(dict(functions)))

    def validate(self, expression: str) -> None:
        """Raise ExpressionError unless ``expression`` can be read."""
        expressions.parse(expression)

    def evaluate(self, task: Any, expression: str, external_context: Mapping[str, Any] | None = None) -> bool:
        """Return whether a condition holds on the data of ``task``; raise CannotAdvance unless it is true or false."""
        element = task.task_spec.name
        try:
            value = self.environment.evaluate(expression, task.data, external_context)
        except expressions.ExpressionError as error:
            raise CannotAdvance(f"“{element}”的条件无法判断：{error}", element) from error
        if not isinstance(value, bool):
            raise CannotAdvance(f"“{element}”的条件 {expression} 的结果不是“是”或“否”。", element)
        return value

    def execute(self, task: Any, script: str, external_context: Any = None) -> NoReturn:
        """Refuse: no diagram carries code."""
        self.environment.execute(script, task.data, external_context)
        raise AssertionError

    def call_service(self, task: Any, **kwargs: Any) -> NoReturn:
        """Refuse: services are called by our own service task only."""
        self.environment.call_service(task.data, **kwargs)
        raise AssertionError
