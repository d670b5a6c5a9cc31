"""The answers of a step as JSON: laid out as the fields of its form, which then judges them as it does on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from wtforms import Form

from engine.database import db
from forms import CompiledForm, Component, StepForm, Upload
from forms.answer import Answer
from forms.component import ROWS, questions
from forms.files import FilesAnswer
from forms.rows import RowsAnswer
from webapp.api.authentication import officer
from webapp.api.problems import Fault, ProblemError, escaped, not_found
from webapp.step_forms import uploads
from webapp.step_host import Choices
from webapp.waiting import WaitingTask

ROOT = "/answers"


@dataclass(slots=True)
class _Laying:
    """What JSON becomes on its way into a form."""

    sent: MultiDict[str, Any] = field(default_factory=MultiDict)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, pointer: str, detail: str) -> None:
        self.faults.append(Fault(pointer, detail))

    def question(self, component: Component, name: str, value: Any, pointer: str) -> None:
        """Lay out one answer."""
        if value is None:
            return
        if component.type in ROWS:
            self.rows(component, name, value, pointer)
        elif component.type in {"checklist", "filepicker"}:
            if isinstance(value, list) and all(isinstance(one, str) for one in value):
                self.sent.setlist(f"{name}-kept" if component.type == "filepicker" else name, value)
            else:
                self.refuse(pointer, gettext("应是文字的 JSON 数组。"))
        elif isinstance(value, bool):
            self.sent[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            self.sent[name] = str(value)
        else:
            self.refuse(pointer, gettext("应是文字、数字或 true、false。"))

    def rows(self, component: Component, name: str, value: Any, pointer: str) -> None:
        """Lay out a list of rows."""
        if not isinstance(value, list):
            self.refuse(pointer, gettext("应是 JSON 数组。"))
            return
        asked = {child.key: child for child in questions(component.children)}
        for number, row in enumerate(value):
            here = f"{pointer}/{number}"
            if not isinstance(row, Mapping):
                self.refuse(here, gettext("应是 JSON 对象。"))
                continue
            for key, inner in row.items():
                if key in asked:
                    self.question(asked[key], f"{name}-{number}-{key}", inner, f"{here}/{key}")
                else:
                    self.refuse(f"{here}/{escaped(key)}", gettext("没有这一项。"))

    def group(self, asked: Mapping[str, Any], given: Any, pointer: str) -> None:
        """Lay out an object: each key is a question, or the path of a group with more of them."""
        if not isinstance(given, Mapping):
            self.refuse(pointer, gettext("应是 JSON 对象。"))
            return
        for key, value in given.items():
            here = f"{pointer}/{escaped(key)}"
            there = asked.get(key)
            if there is None:
                self.refuse(here, gettext("没有这一项。"))
            elif isinstance(there, Component):
                self.question(there, key, value, here)
            elif value is not None:
                self.group(there, value, here)


def filled(
    compiled: CompiledForm,
    make: Callable[[MultiDict[str, Any]], StepForm],
    answers: Mapping[str, Any],
    root: str = ROOT,
) -> dict[str, Any]:
    """Return the answers as the form took them that ``make`` makes of what is sent.

    Raises ProblemError with every fault and its place, a JSON pointer below ``root``.
    """
    laying = _Laying()
    laying.group(_asked(compiled), answers, root)
    form = make(laying.sent)
    good = form.validate()
    if laying.faults or not good:
        faults = [*laying.faults, *_faults(compiled, form, root)]
        raise ProblemError("invalid", gettext("请按 errors 里的说明更正。"), faults=faults)
    return compiled.answers(form)


def kept(form: StepForm, field: str) -> Upload:
    """Keep the file that was sent for a question of a form. Raises ProblemError when it will not do."""
    try:
        question = form.question(field)
    except KeyError:
        raise not_found() from None
    if not isinstance(question, FilesAnswer):
        raise not_found()
    faults = question.keep()
    if faults:
        raise ProblemError("invalid", faults[0], faults=[Fault("file", fault) for fault in faults])
    return question.kept[0]


def sent_file(field: str) -> MultiDict[str, Any]:
    """Return the file of the request as a form field's. Raises ProblemError when there is none."""
    file = request.files.get("file")
    if file is None or not file.filename:
        detail = gettext("请用 multipart/form-data 的 file 项上传文件。")
        raise ProblemError("invalid", detail, faults=[Fault("file", detail)])
    return MultiDict([(field, file)])


def form_for(item: WaitingTask, compiled: CompiledForm, sent: MultiDict[str, Any] | None, **given: Any) -> StepForm:
    """Return the form of a task, filled with what was sent."""
    caller = officer()
    choices = Choices(db.session.connection, caller, item.matter_id, item.handling_unit_id, accuses=item.accuses)
    return made(compiled, sent, choices=choices, **given)


def made(compiled: CompiledForm, sent: MultiDict[str, Any] | None, **given: Any) -> StepForm:
    """Return a form without CSRF, which guards sessions."""
    now = officer().now
    form: StepForm = compiled.form_class(Form, gettext)(sent, uploads=uploads(), now=now, **given)
    return form


def _asked(compiled: CompiledForm) -> dict[str, Any]:
    """Return the questions as answers nest: key -> component, or path of a group -> the same again."""
    found: dict[str, Any] = {}
    for component in compiled.fields:
        inner = found
        for name in component.path:
            inner = inner.setdefault(name, {})
        inner[component.key] = component
    return found


def _faults(compiled: CompiledForm, form: StepForm, root: str) -> Iterator[Fault]:
    for message in form.form_errors:
        yield Fault(root, str(message))
    for component in compiled.fields:
        question = form.question(component.key)
        pointer = "/".join((root, *component.path, component.key))
        yield from _of_question(question, pointer)


def _of_question(question: Answer, pointer: str) -> Iterator[Fault]:
    if not isinstance(question, RowsAnswer):
        for message in question.errors:
            yield Fault(pointer, str(message))
        return
    for message in question.own_errors:
        yield Fault(pointer, str(message))
    for row in question.rows:
        for inner in row.each_question():
            for message in inner.errors:
                yield Fault(f"{pointer}/{row.row_number}/{inner.key}", str(message))
