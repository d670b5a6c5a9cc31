"""Changes process data by hand."""

from collections.abc import Mapping
from typing import Any

from engine.runtime.errors import CannotOperate
from engine.runtime.operating.consequences import Consequences
from engine.runtime.operating.operation import Note, Order, operate
from engine.runtime.process_data import normalise
from engine.runtime.scopes import CalledProcess
from engine.runtime.session import Environment, Session
from engine.runtime.tokens import Flow


def set_variables(environment: Environment, instance_id: int, changes: Mapping[str, Any], order: Order) -> Consequences:
    """Put values into the process data. See :meth:`engine.runtime.runtime.Runtime.set_variables`."""
    wanted = {name: normalise(value, name) for name, value in changes.items()}
    if not wanted:
        raise CannotOperate("没有要修改的变量。")
    for name in wanted:
        if not name.isidentifier():
            raise CannotOperate(f"“{name}”不能用作变量名。")

    def change(session: Session) -> Note:
        if session.flow.completed:
            raise CannotOperate("流程已经结束，不能修改变量。")
        before = {name: session.flow.data.get(name) for name in wanted}
        for name, value in wanted.items():
            put(session.flow, name, value)
        noted = {name: {"before": before[name], "after": value} for name, value in wanted.items()}
        return Note("variables_changed", "", "", {"changes": noted})

    return operate(environment, instance_id, order, change)


def put(flow: Flow, name: str, value: Any) -> None:
    """Put a normalised value into the data of an instance in memory."""
    before = flow.data.get(name)
    for part in flow.flows:
        # A called process has a copy; where it has made something else of it, that stays.
        if isinstance(part, CalledProcess) and name in part.data and part.data[name] == before:
            part.take(name, value)
    flow.write(name, value)
