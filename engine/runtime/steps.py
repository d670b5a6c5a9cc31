"""A user task as a diagram has it, before any instance has come to it."""

from dataclasses import dataclass, field
from typing import Final

DEFAULT_PRIORITY: Final = 50


@dataclass(frozen=True, slots=True)
class Step:
    """A user task as the diagram has it.

    Attributes:
        process_key: the process it is drawn in.
        step: its id.
        name: its label, or the id.
        groups: ``camunda:candidateGroups``, unevaluated, else the id of its lane.
        form_key: ``camunda:formRef`` or ``camunda:formKey``, else the id.
        due: ``camunda:dueDate``, unevaluated; empty when there is none.
        follow_up: ``camunda:followUpDate``, likewise.
        priority: ``camunda:priority``, unevaluated.
        properties: ``camunda:properties``, unevaluated.
        form_optional: whether it can do without a form.

    """

    process_key: str
    step: str
    name: str
    groups: tuple[str, ...] = ()
    form_key: str = ""
    due: str = ""
    follow_up: str = ""
    priority: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    form_optional: bool = False
