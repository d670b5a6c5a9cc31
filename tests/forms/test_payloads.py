"""Payloads in every place of a form that takes a condition or a text: conditions, static text, labels, patterns."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

import pytest

from forms import Option, SchemaError, compile_form
from forms.conditions import ConditionError, Name, parse_condition
from forms.static_text import read_blocks
from tests.forms.building import Bureau, answers, compiled, fill
from tests.payloads import CANARY, PAYLOADS, SENTINEL, leaks, watched

NAMES = {"a": Name("a", "text"), "x": Name("x", "number"), "f": Name("f", "boolean"), "b": Name("b", "list")}
FIELD = {"type": "textfield", "key": "a", "label": "甲"}
PLACES: dict[str, dict[str, Any]] = {
    "hide": FIELD | {"conditional": {"hide": "TEXT"}},
    "hide after =": FIELD | {"conditional": {"hide": "=TEXT"}},
    "label": FIELD | {"label": "TEXT"},
    "description": FIELD | {"description": "TEXT"},
    "default value": FIELD | {"defaultValue": "TEXT"},
    "key": FIELD | {"key": "TEXT"},
    "pattern": FIELD | {"validate": {"pattern": "TEXT"}},
    "least length": FIELD | {"validate": {"minLength": "TEXT"}},
    "properties": FIELD | {"properties": {"role": "TEXT"}},
    "static text": {"type": "text", "text": "TEXT"},
    "values": {"type": "select", "key": "a", "label": "甲", "values": [{"label": "TEXT", "value": "TEXT"}]},
    "values expression": {"type": "select", "key": "a", "label": "甲", "valuesExpression": "=TEXT"},
    "values key": {"type": "select", "key": "a", "label": "甲", "valuesKey": "TEXT"},
    "expression": {"type": "expression", "key": "a", "expression": "=TEXT", "computeOn": "change"},
    "html": {"type": "html", "content": "TEXT"},
    "read only": FIELD | {"readonly": "=TEXT"},
    "least": {"type": "number", "key": "a", "label": "甲", "validate": {"min": "=TEXT"}},
    "unknown kind": {"type": "TEXT", "key": "a"},
}


class Lists(Bureau):
    """Knows every list, and that it is empty."""

    def values(self, name: str) -> Sequence[Option]:
        return []


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", CANARY)


def with_text(part: Any, text: str) -> Any:
    if isinstance(part, dict):
        return {key: with_text(value, text) for key, value in part.items()}
    if isinstance(part, list):
        return [with_text(item, text) for item in part]
    return part.replace("TEXT", text) if isinstance(part, str) else part


def shown(text: str, place: dict[str, Any]) -> list[Any]:
    """Compile a form with the text in this place, fill it in, and return all it says."""
    schema = {"type": "default", "schemaVersion": 18, "components": [with_text(place, text)]}
    try:
        form = compile_form(json.dumps(schema).encode(), name="example")
    except SchemaError as error:
        return [str(error), [(problem.message, problem.message_en) for problem in error.problems]]
    filled = fill(form, {"a": text}, choices=Lists())
    filled.validate()
    return [
        form.fields,
        [(field.label.text, field.description) for field in filled],
        filled.errors,
        form.answers(filled),
    ]


@pytest.mark.parametrize("place", PLACES)
def test_payloads_in(place: str) -> None:
    shown("a", PLACES[place])
    shown("a =", PLACES[place])
    for payload in PAYLOADS:
        with watched() as seen:
            came = shown(payload, PLACES[place])
        assert seen == [], payload
        assert leaks(came) == [], payload
    assert not SENTINEL.exists()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_is_a_condition_but_one_over_the_forms_own_keys(payload: str) -> None:
    for text in (payload, f"={payload}", f"not({payload})", f"a = {payload}", f"a in ({payload})"):
        with watched() as seen:
            try:
                condition = parse_condition(text, NAMES)
            except ConditionError:
                continue
            assert condition.holds({"a": "1", "x": 1, "f": True, "b": []}.get) in (True, False)
        assert seen == []
        assert condition.names <= set(NAMES)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_static_text_comes_out_as_it_went_in(payload: str) -> None:
    with watched() as seen:
        blocks = read_blocks(payload)
    assert seen == []
    letters = "".join(line for block in blocks for line in block.lines).replace(" ", "")
    wanted = "".join(payload.split())
    # Marks of headings and lists at the beginning of a line are taken away; nothing else is, and nothing is added.
    assert wanted.endswith("".join(letters.split())[-20:])


def test_an_answer_that_looks_like_a_template_is_kept_as_typed() -> None:
    form = compiled(FIELD)
    for payload in PAYLOADS:
        if len(payload) <= 200 and payload.isprintable() and payload == payload.strip():
            assert answers(form, {"a": payload}) == {"a": unicodedata.normalize("NFC", payload)}


@pytest.mark.parametrize("length", [501, 100_000])
def test_long_conditions_are_refused_before_they_are_read(length: int) -> None:
    with pytest.raises(ConditionError):
        parse_condition("(" * length, NAMES)
