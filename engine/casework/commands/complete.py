"""Finish a step: permission, the bureau's rules, the matter's record and the process, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from engine.casework.actions import ACTIONS, InvalidStep, Step
from engine.casework.attachments import Stored, attach
from engine.casework.case import Finished, matter_of
from engine.casework.commands.permission import require_holder
from engine.casework.permissions import Person
from engine.casework.proceedings import actions as proceedings
from engine.casework.proceedings.record import proceeding_of
from engine.casework.screening import secret_fields
from engine.casework.task_forms import form_of
from engine.casework.variables import variables_of
from engine.runtime import Item, Outcome, Runtime, Transaction

# Asking the runtime takes a second connection, so it is asked once: a version never changes.
_forms: WeakKeyDictionary[Runtime, dict[tuple[int, str], bytes]] = WeakKeyDictionary()

MARKED: Final = "有疑似涉密标志，平台没有保存。请按保密规定通过涉密渠道办理，并报告保密部门。"


def complete(
    runtime: Runtime,
    officer: Person,
    task_id: str,
    answers: Mapping[str, Any],
    *,
    key: str | None,
    files: Sequence[Stored] = (),
    also: Callable[[Connection], object] | None = None,
) -> Outcome:
    """Finish a step with what the officer typed.

    ``answers`` are the form's, complete and valid; ``key`` makes a request sent twice happen once. Everything typed is
    kept in the matter's history; process data get what the form's variables are, and what the step's action adds.
    ``files`` that lie in the store become attachments of the matter in the same transaction, and ``also`` is called in
    it.
    Raises NotFound and NotPermitted (not theirs), InvalidStep (by field: a rule of the bureau, or a mark of secrecy),
    AlreadyDone (somebody was faster) and whatever else keeps the process from going on; nothing is stored then.
    """
    typed = dict(answers)

    def prepare(transaction: Transaction, item: Item) -> dict[str, Any]:
        case = matter_of(transaction)
        require_holder(transaction, case)
        proceeding = proceeding_of(transaction) if case is None else None
        marked = secret_fields(typed)
        if marked:
            raise InvalidStep(dict.fromkeys(marked, MARKED))
        if also is not None:
            also(transaction.connection)
        if case is None:
            if proceeding is not None:
                proceedings.answer(transaction, proceeding, item.step, typed)
            return variables_of(_form(runtime, transaction.deployment_id, item.form_key), runtime.host.fields, typed)
        step = Step(transaction=transaction, case=case, item=item, answers=typed)
        variables = variables_of(_form(runtime, transaction.deployment_id, item.form_key), runtime.host.fields, typed)
        action = ACTIONS.get(item.step)
        if action is not None:
            variables |= action(step) or {}
        if files:
            attach(transaction.connection, case.id, files, actor=transaction.actor, step=item.step)
        case.finished = Finished(item.step, item.name, step.event, typed)
        return variables

    return runtime.complete(task_id, {}, actor=str(officer.id), key=key, prepare=prepare)


def _form(runtime: Runtime, deployment_id: int, form_key: str) -> bytes:
    forms = _forms.setdefault(runtime, {})
    place = (deployment_id, form_key)
    if place not in forms:
        forms[place] = form_of(runtime.definition(deployment_id), form_key)
    return forms[place]
