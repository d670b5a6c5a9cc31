"""Moves a token to another element, and begins anew at an element."""

from engine.runtime.errors import CannotOperate, NotFound
from engine.runtime.operating.consequences import Consequences
from engine.runtime.operating.operation import Note, Order, operate
from engine.runtime.operating.places import place, put, take_away
from engine.runtime.session import Environment, Session
from engine.runtime.task_ids import split


def move_token(environment: Environment, instance_id: int, task: str, target: str, order: Order) -> Consequences:
    """Move a token. See :meth:`engine.runtime.runtime.Runtime.move_token`."""
    owner, number = split(task)
    if owner != instance_id:
        raise NotFound("没有这项任务。")

    def change(session: Session) -> Note:
        token = session.flow.find(number)
        if token is None or session.flow.completed:
            raise CannotOperate("流程已经不在这一步，请刷新页面。")
        scope, left = token.workflow, token.task_spec
        there = place(scope, target)
        take_away(token)
        put(scope, target, left)
        details = {"from": left.name, "from_name": left.bpmn_name or left.name, "task_id": task}
        return Note("token_moved", there.element, there.name, details)

    return operate(environment, instance_id, order, change)


def restart_from(environment: Environment, instance_id: int, element: str, order: Order) -> Consequences:
    """Put a new token at an element. See :meth:`engine.runtime.runtime.Runtime.restart_from`."""

    def change(session: Session) -> Note:
        there = place(session.flow, element)
        ended = bool(session.flow.completed)
        session.flow.completed = False
        put(session.flow, element)
        return Note("restarted", there.element, there.name, {"ended": ended})

    return operate(environment, instance_id, order, change)
