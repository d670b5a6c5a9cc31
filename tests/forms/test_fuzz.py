"""Whatever schema and whatever request: a schema is refused with SchemaError or works, and a form never breaks."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms import SchemaError, compile_form
from forms.conditions import ConditionError, Name, parse_condition
from forms.kinds import KINDS
from forms.patterns import LONGEST_ANSWER, PatternError, compile_pattern
from tests.forms.building import Shelf, compiled, fill, upload
from tests.forms.test_answers import EVERYTHING, SENT

WORDS = sorted(
    {word for kind in KINDS.values() for word in kind.attributes | kind.validate} | {"hide", "role", "unit", "row"}
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["a", "amount", "today", "now", "=a = 1", "^\\d+$", "2026-01-01", "date", ".pdf", *KINDS]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), inner, max_size=5),
    ),
    max_leaves=12,
)


def component(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Components that are often nearly right, so that the reading of details is reached."""
    values = st.lists(st.fixed_dictionaries({"label": st.text(max_size=5), "value": st.text(max_size=3)}), max_size=3)
    return st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(KINDS)), "label": st.sampled_from(["标签", ""])},
        optional={
            "key": st.sampled_from(["a", "b", "c", "amount", "data", "Bad"]),
            "path": st.sampled_from(["p", "q", ""]),
            "components": st.lists(children, max_size=3),
            "values": values,
            "validate": st.dictionaries(st.sampled_from(WORDS), scalars, max_size=4),
            "conditional": st.fixed_dictionaries(
                {"hide": st.sampled_from(["=a = 1", "b", 'c != "x"', "not(b)", "a ="])}
            ),
            "subtype": st.sampled_from(["date", "time", "datetime", "x"]),
            "defaultValue": scalars,
            "properties": st.dictionaries(st.text(max_size=4), scalars, max_size=2),
            "description": scalars,
            "layout": anything,
        },
    )


components = st.recursive(component(scalars), component, max_leaves=6)
schemas = st.one_of(
    anything, st.fixed_dictionaries({"components": st.lists(st.one_of(components, anything), max_size=5)})
)
values = st.one_of(
    st.text(max_size=30), st.sampled_from([str(v) for v in SENT.values()] + ["1" * 5000, "\ud800", "\x00"])
)
names = st.one_of(
    st.sampled_from(
        [*SENT, "files", "files-kept", "row_add", "row_remove", "file_remove", "contacts-99999-at", "points-x-what"]
    ),
    st.text(max_size=12),
)
requests = st.lists(st.tuples(names, values), max_size=15)
buttons = st.sampled_from(["contacts", "points", "points-0", "contacts-x", "files-t", "result", "", "nowhere-1-2"])


def named(error: SchemaError, ending: str = "") -> None:
    """Check that every problem says where and what, in both languages."""
    for problem in error.problems:
        assert problem.message
        assert problem.message_en
        assert problem.place
        assert problem.place.endswith(ending)


@settings(max_examples=250, deadline=None)
@given(schemas)
def test_any_schema_is_refused_or_works(data: Any) -> None:
    try:
        form = compile_form(data, name="example")
    except SchemaError as error:
        named(error)
        return
    filled = fill(form, dict.fromkeys(("a", "b", "c", "amount"), "1"))
    filled.validate()
    json.dumps(form.process_variables(form.answers(filled)), allow_nan=False)
    form.describe(form.answers(filled))


CONDITIONS = [
    "told",
    'decision = "approve"',
    'result != "x" and not(told)',
    "result = null",
    '"reject" in topics',
    "amount > 3",
]


@st.composite
def sound_schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Some components of a good form, some of them required, hidden, locked or with limits."""
    chosen = [dict(one) for one in EVERYTHING if draw(st.booleans())]
    for one in chosen:
        if "key" in one and draw(st.booleans()):
            one["validate"] = {"required": draw(st.booleans())}
        if one["type"] in {"textfield", "textarea"} and draw(st.booleans()):
            one["validate"] = {"minLength": draw(st.integers(0, 5)), "maxLength": draw(st.integers(5, 9))}
        if draw(st.integers(0, 3)) == 0:
            one["conditional"] = {"hide": draw(st.sampled_from(CONDITIONS))}
        if one["type"] in {"textfield", "radio", "checklist", "unit"} and draw(st.integers(0, 4)) == 0:
            one["readonly"] = True
    return {"components": chosen}


@settings(max_examples=250, deadline=None)
@given(sound_schemas(), requests)
def test_any_request_to_any_form_is_answered(data: dict[str, Any], sent: list[tuple[str, str]]) -> None:
    try:
        form = compile_form(data, name="example")
    except SchemaError as error:  # a condition names what is not there, or hides what it reads
        named(error, "conditional.hide")
        return
    filled = fill(form, MultiDict(sent), uploads=Shelf())
    accepted = filled.validate()
    full = form.answers(filled)
    json.dumps(full, allow_nan=False)
    shown = {field.key for field in filled.each_question() if not field.hidden}
    assert {c.key for c in form.fields if c.key in shown and not c.path} == set(full) - {"cost"}
    assert len(form.process_variables(full)) == len({name.partition(".")[0] for name in form.variables()})
    assert accepted == (not filled.faults())
    for field in filled.each_question():
        assert not field.errors or field.key in shown


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=200), anything.map(lambda data: json.dumps(data).encode())))
def test_any_file_is_refused_or_works(content: bytes) -> None:
    try:
        compile_form(content, name="example")
    except SchemaError as error:
        named(error)


FORM = compiled(*EVERYTHING)


@settings(max_examples=250, deadline=None)
@given(requests, st.one_of(st.none(), buttons))
def test_any_request_is_answered(sent: list[tuple[str, str]], button: str | None) -> None:
    extra: list[tuple[str, Any]] = [("files", upload("a.pdf"))]
    if button is not None:
        extra += [("row_add", button), ("row_remove", button), ("file_remove", button)]
    filled = fill(FORM, MultiDict([*sent, *extra]), uploads=Shelf())
    filled.rearrange()
    if filled.validate():
        full = FORM.answers(filled)
        json.dumps(full, allow_nan=False)
        assert set(FORM.process_variables(full)) == {name.partition(".")[0] for name in FORM.variables()}
        # What was accepted once is accepted, and means the same, when it comes back as earlier answers.
        again = fill(FORM, data=full, uploads=filled.surroundings.uploads)
        assert FORM.answers(again) == full
    else:
        assert filled.faults()


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(list(SENT)), anything))
def test_any_json_request_and_any_earlier_answer_is_answered(data: dict[str, Any]) -> None:
    filled = fill(FORM, MultiDict(data))
    filled.validate()
    fill(FORM, data=data).validate()


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(alphabet="ab^$()[]{}|*+?\\d1,.-:", max_size=25)))
def test_any_pattern_is_refused_or_quick(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except PatternError:
        return
    pattern.search("a" * (LONGEST_ANSWER // 2) + "b1" * (LONGEST_ANSWER // 4))


NAMES = {"a": Name("a", "number"), "b": Name("b", "boolean"), "c": Name("c", "text", ("x",)), "d": Name("d", "list")}
tokens = st.lists(
    st.sampled_from(
        ["a", "b", "c", "d", "=", "!=", "<", "(", ")", "and", "or", "not", "in", "1", '"x"', "null", "true", ","]
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=30), tokens.map(" ".join)))
def test_any_condition_is_refused_or_answers(text: str) -> None:
    try:
        condition = parse_condition(text, NAMES)
    except ConditionError:
        return
    for given_values in ({"a": 1, "b": True, "c": "x", "d": ["x"]}, {}):
        assert condition.holds(given_values.get) in {True, False}
