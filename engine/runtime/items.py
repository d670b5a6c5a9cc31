"""Makes a user task's item of what the diagram says and what its scope knows."""

from typing import Any, Final

from engine.runtime import expressions
from engine.runtime.errors import CannotAdvance
from engine.runtime.protocol import Item
from engine.runtime.run import Run
from engine.runtime.scopes import given_inside
from engine.runtime.steps import Step
from engine.runtime.store import ItemRow
from engine.runtime.task_ids import task_id
from engine.runtime.tokens import Token

MAX_GROUP: Final = 100  # characters of a group's name
MAX_GROUPS: Final = 50


def item_of(run: Run, token: Token, kept: ItemRow | None) -> Item:
    """Return the item of the user task ``token`` waits at.

    Its due time and priority are as ``kept`` in its row, or worked out now when it begins to wait. Raises CannotAdvance
    when an expression of the diagram has no value.
    """
    step: Step = token.task_spec.step
    if kept is not None:
        due, follow_up, priority = kept.due, kept.follow_up, kept.priority
    else:
        due = run.due_of(step.due, token, run.now)
        follow_up = run.due_of(step.follow_up, token, run.now)
        priority = run.priority_of(step, token)
    return Item(
        task_id=task_id(run.transaction.instance_id, token.id),
        step=step.step,
        name=step.name,
        groups=_groups(run, step, token),
        form_key=step.form_key,
        due=due,
        follow_up=follow_up,
        priority=priority,
        properties={name: _value(run, text, token) for name, text in step.properties.items()},
        local=given_inside(token),
    )


def _groups(run: Run, step: Step, token: Token) -> tuple[str, ...]:
    """Return the candidate groups; an expression gives one or several. Raises CannotAdvance if one is no name."""
    groups = step.groups
    if any(expressions.is_expression(group) for group in groups):
        texts = ",".join(_value(run, group, token) for group in groups)
        groups = tuple(part.strip() for part in texts.split(",") if part.strip())
    # The names stand in an index, which holds no long texts.
    if any(len(group) > MAX_GROUP for group in groups) or len(groups) > MAX_GROUPS:
        raise CannotAdvance(
            f"“{step.name}”的候选组太多或名称太长（最多 {MAX_GROUPS} 个，每个 {MAX_GROUP} 个字符）。", step.step
        )
    return groups


def _value(run: Run, text: str, token: Token) -> str:
    """Return a text of the diagram, or what its expression gives as a text: a list's members parted by commas."""
    return _text(run.value(text, token)) if expressions.is_expression(text) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return ",".join(_text(one) for one in value)
    return str(value)
