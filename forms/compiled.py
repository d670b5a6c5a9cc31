"""A schema made usable: the form class, its variables, its answers, and how they read in the history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from forms.component import ROWS, Component, arrange, questions
from forms.display import Line, Lookups, lines_of
from forms.hiding import EMPTY, with_conditions
from forms.messages import Translate, untranslated
from forms.names import fault_of_key
from forms.problems import Problems, SchemaError, SchemaProblem
from forms.questions import SINGLE_FIELDS
from forms.reader import load_json, read_components
from forms.rows import RowsAnswer, row_class
from forms.step_form import StepForm


@dataclass(frozen=True)
class CompiledForm:
    """A checked schema. ``components`` is its tree, for rendering; ``name`` the form's file without ``.form``."""

    name: str
    components: tuple[Component, ...]
    _classes: dict[Any, type[StepForm]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fields(self) -> tuple[Component, ...]:
        """The components that ask something, in reading order (what a list asks in its rows is in ``children``)."""
        return tuple(questions(self.components))

    @property
    def requires_anything(self) -> bool:
        """Whether any question must be answered, so that the page explains its mark."""
        inner = (child for c in self.fields for child in c.children)
        return any(c.required for c in (*self.fields, *inner))

    def lines(self, components: tuple[Component, ...] | None = None) -> list[list[tuple[Component, int]]]:
        """Return components (all, or those of a group or row) line by line with their widths; see arrange."""
        return arrange(self.components if components is None else components)

    def form_class(self, base: type, translate: Translate = untranslated) -> type[StepForm]:
        """Return the WTForms class of this form on top of ``base`` (FlaskForm in the web pages).

        ``translate(text, **values)`` puts messages, labels and options into the reader's language when an
        instance is made; ``flask_babel.gettext`` fits. Raises SchemaError when ``base`` has a member with the
        name of a key. See StepForm for the arguments of the class.
        """
        known = self._classes.get((base, translate))
        if known is not None:
            return known
        shadowed = [(c, fault_of_key(c.key, base)) for c in self.fields]
        problems = [SchemaProblem(f"{c.place}.key", *fault) for c, fault in shadowed if fault is not None]
        if problems:
            raise SchemaError(self.name, problems)
        asked: dict[str, Any] = {c.key: _field(c) for c in self.fields}
        members = {"asked": self.components, "translate_with": staticmethod(translate), **asked}
        made: type[StepForm] = type("CompiledStepForm", (StepForm, base), members)
        self._classes[base, translate] = made
        return made

    def variables(self) -> dict[str, str]:
        """Return the process variables the form sets: name (dotted inside paths) -> type.

        Types are text, number, boolean, date, datetime, list and count (of rows). Long texts and files are
        no variables, nor are disabled questions.
        """
        return {dotted(c): c.variable_type for c in self.fields if c.variable_type}

    def offered(self) -> dict[str, tuple[str, ...]]:
        """Return, for each variable whose values stand in the schema, those values."""
        chosen = (c for c in self.fields if c.variable_type and c.options)
        return {dotted(c): tuple(str(option.value) for option in c.options) for c in chosen}

    def answers(self, form: StepForm) -> dict[str, Any]:
        """Return everything that was answered, as JSON can hold it; hidden and disabled questions are left out."""
        answers: dict[str, Any] = {}
        for component in self.fields:
            question = form.question(component.key)
            if not question.hidden and not component.disabled:
                _put(answers, component, question.answer())
        return answers

    def process_variables(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the small part of the answers that goes into process data.

        Every variable is there, so that expressions always find it: what was not answered is None, False,
        [] or 0 by its type. Lists of rows become their number.
        """
        variables: dict[str, Any] = {}
        for component in self.fields:
            if component.variable_type:
                _put(variables, component, _variable(component, _get(answers, component)))
        return variables

    def describe(
        self, answers: Mapping[str, Any], lookups: Lookups | None = None, translate: Translate = untranslated
    ) -> list[Line]:
        """Return the answers as lines of label and text, for the history and for print; unanswered ones are left out.

        ``lookups`` gives the names of units, officers, matters and of values of the host's lists.
        Never raises, whatever older answers look like.
        """
        return list(self._lines(answers, lookups, translate))

    def _lines(self, answers: Mapping[str, Any], lookups: Lookups | None, translate: Translate) -> Iterator[Line]:
        for component in self.fields:
            yield from lines_of(component, _get(answers, component), lookups, translate)


def compile_form(schema: bytes | Mapping[str, Any], *, name: str, lists: Collection[str] | None = None) -> CompiledForm:
    """Return the compiled form of a schema: the content of a ``.form`` file, or the same as a dict.

    ``name`` is the form's name in messages; ``lists`` the names that ``valuesKey`` may use (None: any).
    Raises SchemaError, a ValueError, with every problem and its place.
    """
    if isinstance(schema, bytes):
        return _compile_bytes(schema, name, None if lists is None else frozenset(lists))
    return _compile(schema, name, lists)


@lru_cache(maxsize=256)
def _compile_bytes(content: bytes, name: str, lists: frozenset[str] | None) -> CompiledForm:
    problems = Problems()
    data = load_json(content, problems)
    problems.raise_if_any(name)
    return _compile(data or {}, name, lists)


def _compile(data: Mapping[str, Any], name: str, lists: Collection[str] | None) -> CompiledForm:
    problems = Problems()
    if not isinstance(data, Mapping):
        problems.add("", "最外层应是 JSON 对象", "the outermost value must be a JSON object")
        problems.raise_if_any(name)
    components = read_components(data, problems, bases=(StepForm,), lists=lists)
    components = with_conditions(components, problems)
    _check_units(components, problems)
    problems.raise_if_any(name)
    return CompiledForm(name, components)


def _check_units(components: tuple[Component, ...], problems: Problems, outer: frozenset[str] = frozenset()) -> None:
    """Note officers who are to be narrowed by something that is no unit of this form."""
    units = outer | {c.key for c in questions(components) if c.type == "unit"}
    for component in questions(components):
        if component.type == "dynamiclist":
            _check_units(component.children, problems, units)
        if component.unit_key and component.unit_key not in units:
            place = f"{component.place}.properties.unit"
            key = component.unit_key
            problems.add(place, f"本表单没有键为“{key}”的单位项", f"this form has no unit with the key '{key}'")


def _field(component: Component) -> Any:
    if component.type in ROWS:
        return RowsAnswer(component, row_class(component))
    return SINGLE_FIELDS[component.type](component)


def dotted(component: Component) -> str:
    """Return the name of a component's variable within its step."""
    return ".".join((*component.path, component.key))


def _put(answers: dict[str, Any], component: Component, value: Any) -> None:
    inner = answers
    for name in component.path:
        inner = inner.setdefault(name, {})
    inner[component.key] = value


def _get(answers: Mapping[str, Any], component: Component) -> Any:
    inner: Any = answers
    for name in (*component.path, component.key):
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return inner


def _variable(component: Component, value: Any) -> Any:
    if component.variable_type == "count":
        return len(value) if isinstance(value, list) else 0
    empty = EMPTY.get(component.kind)
    if value is None:
        return [] if empty == () else empty
    return value
