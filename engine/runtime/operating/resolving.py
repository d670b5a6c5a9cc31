"""Sees to an incident: tries again, or goes on with a result that somebody enters."""

from collections.abc import Mapping
from typing import Any

from engine.runtime import incidents, specs
from engine.runtime.errors import CannotOperate
from engine.runtime.gateways import ExclusiveGateway, InclusiveGateway
from engine.runtime.incidents import Closing, Incident, require_open, require_reason
from engine.runtime.operating.consequences import Consequences
from engine.runtime.operating.operation import Note, Order, finish, operate, whole
from engine.runtime.process_data import normalise, normalise_record
from engine.runtime.retrying import How, held, let_go_on
from engine.runtime.session import Environment, Session
from engine.runtime.task_ids import split
from engine.runtime.timers import TimerEventDefinition
from engine.runtime.tokens import FUTURE, WAITING, Token

_AT_ONCE = "update instance set next_due = clock_now() where id = %(id)s and next_due is not null"


def retry(environment: Environment, incident: Incident, order: Order) -> Consequences:
    """Try again what failed. See :meth:`engine.runtime.runtime.Runtime.retry_incident`."""
    if incident.kind == "timer":
        return _fire_at_once(environment, incident, order)

    def change(session: Session) -> Note:
        token = _token(session, incident)
        how: How = token.internal_data["incident"]
        session.closed[token.id] = Closing("retried", require_reason(order.reason))
        let_go_on(token, how)
        return _note("incident_retried", incident)

    return operate(environment, incident.instance_id, order, change)


def resolve(environment: Environment, incident: Incident, result: Mapping[str, Any], order: Order) -> Consequences:
    """Go on with a result entered by hand. See :meth:`engine.runtime.runtime.Runtime.resolve_incident`."""
    if incident.kind == "timer":
        raise CannotOperate("时限不能手工办结：请改正变量后重试，或者移动到别的环节。")
    given = normalise_record(result, incident.name)

    def change(session: Session) -> Note:
        token = _token(session, incident)
        session.closed[token.id] = Closing("by_hand", require_reason(order.reason))
        _go_on_with(session, token, given)
        note = _note("incident_resolved", incident)
        return Note(note.verb, note.element, note.name, {**note.details, "result": given})

    return operate(environment, incident.instance_id, order, change)


def _token(session: Session, incident: Incident) -> Token:
    """Return the token that waits. Raises CannotOperate when the incident is closed by now."""
    require_open(incidents.one(session.connection, incident.id))
    token = session.held.get(split(incident.task_id)[1])
    if token is None or not held(token):
        raise CannotOperate("流程已经不在这一步，请刷新页面。")
    return token


def _go_on_with(session: Session, token: Token, given: dict[str, Any]) -> None:
    """Let a token go on as if its element had given this. Raises CannotOperate when that is not possible by hand."""
    spec = token.task_spec
    if isinstance(spec, specs.ServiceTask):
        token.workflow.write(spec.name, given)
    elif isinstance(spec, specs.RuleTask):
        token.workflow.write(spec.variable, normalise(given.get("value", given), spec.name))
    elif isinstance(spec, ExclusiveGateway | InclusiveGateway):
        _choose(token, given)
    elif isinstance(getattr(spec, "event_definition", None), TimerEventDefinition):
        _set_due(session, token, given)
        return
    else:
        raise CannotOperate("这个环节不能手工填写结果：请改正变量后重试，或者移动到别的环节。")
    token.internal_data.pop("incident", None)
    token.complete()


def _choose(token: Token, given: dict[str, Any]) -> None:
    spec = token.task_spec
    wanted = given.get("flow")
    ways = {name.removesuffix(".BoundaryEventSplit"): name for name in spec._outputs}  # noqa: SLF001
    if wanted not in ways:
        raise CannotOperate(f'请写明走向哪个环节，例如 {{"flow": "{next(iter(ways), "")}"}}。可选：{"、".join(ways)}。')
    token.stand_alone()
    token._add_child(spec._wf_spec.task_specs[ways[wanted]], FUTURE)  # noqa: SLF001


def _set_due(session: Session, token: Token, given: dict[str, Any]) -> None:
    try:
        due = session.run.due(given.get("due"), session.run.now)
    except ValueError as error:
        raise CannotOperate(f'请写明到时的时间，例如 {{"due": "3工作日"}}：{error}') from error
    token.internal_data.pop("incident", None)
    token._state = WAITING  # noqa: SLF001 - as arming it would have left it
    token.internal_data.update(due=due.at.isoformat(), start=session.run.now.isoformat(), n=1)
    if token.task_spec.event_definition.kind == "cycle":
        token.internal_data["left"] = 0
    session.run.explained[token.id] = due.explanation


def _fire_at_once(environment: Environment, incident: Incident, order: Order) -> Consequences:
    """Let the worker look at a timer at once that could not fire; the incident closes when it fires."""
    with whole(environment, incident.instance_id, order) as (row, transaction):
        require_open(incidents.one(transaction.connection, incident.id))
        if row.status != "running":
            raise CannotOperate("流程没有在运行，时限不会触发。")
        finish(environment, transaction, _note("incident_retried", incident), order.reason, row.status)
        transaction.connection.exec_driver_sql(_AT_ONCE, {"id": incident.instance_id})
    return Consequences(incident.instance_id, row.status, row.status)


def _note(verb: Any, incident: Incident) -> Note:
    return Note(verb, incident.element, incident.name, {"incident": incident.kind, "message": incident.message})
