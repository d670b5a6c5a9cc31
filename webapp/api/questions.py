"""What a step asks, described for programs: each question with its limits and what there is to choose."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from forms import CompiledForm, Component, StepForm
from forms.answer import Answer
from forms.component import ROWS, questions
from forms.questions import Questions
from webapp.api.shapes import Answered
from webapp.sentences import N_


class Choice(Answered):
    """One thing to choose."""

    value: str | int
    label: str
    group: str = ""


class Question(Answered):
    """One question of a form."""

    key: str
    path: Annotated[list[str], Field(description=N_("答案放在哪些名称之下，由外到内。"))]
    type: str
    label: str
    description: str
    required: bool
    locked: Annotated[bool, Field(description=N_("只由系统填写，送来的值不采用。"))]
    hidden_if: Annotated[str, Field(description=N_("什么条件下不问（FEEL）；空的表示总问。"))]
    min_length: int | None
    max_length: int | None
    minimum: str | int | float | None
    maximum: str | int | float | None
    choices: Annotated[list[Choice], Field(description=N_("可以选的值。"))]
    rows: Annotated[list[Question], Field(description=N_("每一行问什么。"))]


def asked(compiled: CompiledForm, form: StepForm) -> list[Question]:
    """Return the questions of a form in reading order."""
    return list(_described(compiled.fields, form))


def _described(components: Iterable[Component], form: Questions) -> Iterable[Question]:
    for component in components:
        question = form.question(component.key)
        rows: list[Question] = []
        if component.type in ROWS:
            blank = question.blank  # type: ignore[attr-defined]
            rows = list(_described(questions(component.children), blank))
        yield Question(
            key=component.key,
            path=list(component.path),
            type=component.type,
            label=question.label.text,
            description=str(question.description),
            required=component.required,
            locked=component.locked,
            hidden_if=component.hide,
            min_length=component.min_length,
            max_length=component.max_length,
            minimum=_limit(component.minimum),
            maximum=_limit(component.maximum),
            choices=_choices(question),
            rows=rows,
        )


def _choices(question: Answer) -> list[Choice]:
    return [Choice(value=one.value, label=one.label, group=one.group) for one in question.options()]


def _limit(value: Decimal | str | None) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
