"""Schemas: what is refused, where, and that everything wrong is named at once."""

import json
from typing import Any

import pytest
from flask_wtf import FlaskForm
from wtforms import Form

from forms import CompiledForm, SchemaError, compile_form
from tests.forms.building import schema

TEXT = {"type": "textfield", "key": "result", "label": "结果"}
NUMBER = {"type": "number", "key": "amount", "label": "金额"}
DAY = {"type": "datetime", "key": "day", "label": "日期", "subtype": "date"}
FILES = {"type": "filepicker", "key": "files", "label": "附件"}
VALUES = [{"label": "同意", "value": "approve"}, {"label": "退回", "value": "reject"}]
RADIO = {"type": "radio", "key": "decision", "label": "意见", "values": VALUES}
ROWS = {"type": "dynamiclist", "path": "points", "label": "要求", "components": [TEXT]}
GROUP = {"type": "group", "label": "分组", "components": [TEXT]}
DEEP: dict[str, Any] = TEXT
for _ in range(7):
    DEEP = {"type": "group", "components": [DEEP]}


def problems_of(data: Any, **given: Any) -> list[str]:
    """The places of all problems, and a check that each is said in both languages."""
    with pytest.raises(SchemaError) as caught:
        compile_form(data, name="example", **given)
    error = caught.value
    assert isinstance(error, ValueError)
    for problem in error.problems:
        assert problem.message
        assert problem.message_en
        assert problem.message != problem.message_en
        assert f"example.form {problem.place}: " in str(error)
    return [problem.place for problem in error.problems]


def with_validate(component: dict[str, Any], **validate: Any) -> dict[str, Any]:
    return {**component, "validate": validate}


@pytest.mark.parametrize(
    ("component", "place"),
    [
        ({**TEXT, "type": "textfeld"}, "type"),
        ({**TEXT, "type": "html"}, "type"),
        ({**TEXT, "type": "button"}, "type"),
        ({**TEXT, "type": 3}, "type"),
        ({**TEXT, "type": ["textfield"]}, "type"),
        ({"key": "result", "label": "结果"}, "type"),
        ({**TEXT, "key": "Result"}, "key"),
        ({**TEXT, "key": "1st"}, "key"),
        ({**TEXT, "key": "结果"}, "key"),
        ({**TEXT, "key": "a" * 42}, "key"),
        ({**TEXT, "key": ""}, "key"),
        ({**TEXT, "key": "a.b"}, "key"),
        ({**TEXT, "key": "result\n"}, "key"),
        ({**TEXT, "key": None}, "key"),
        ({**TEXT, "key": 7}, "key"),
        ({"type": "textfield", "label": "结果"}, "key"),
        ({**TEXT, "key": "data"}, "key"),
        ({**TEXT, "key": "errors"}, "key"),
        ({**TEXT, "key": "validate"}, "key"),
        ({**TEXT, "key": "validate_on_submit"}, "key"),
        ({**TEXT, "key": "validate_x"}, "key"),
        ({**TEXT, "key": "filter_x"}, "key"),
        ({**TEXT, "key": "csrf_token"}, "key"),
        ({**TEXT, "key": "row_add"}, "key"),
        ({**TEXT, "key": "key"}, "key"),
        ({**TEXT, "key": "meta"}, "key"),
        ({**TEXT, "key": "form_errors"}, "key"),
        ({**TEXT, "key": "surroundings"}, "key"),
        ({**TEXT, "key": "rearrange"}, "key"),
        ({**TEXT, "key": "and"}, "key"),
        ({**TEXT, "key": "class"}, "key"),
        ({**TEXT, "key": "null"}, "key"),
        ({**TEXT, "key": "typename"}, "key"),
        ({"type": "textfield", "key": "result"}, "label"),
        ({**TEXT, "label": ""}, "label"),
        ({**TEXT, "label": 5}, "label"),
        ({**TEXT, "label": "=name"}, "label"),
        ({**TEXT, "label": "长" * 201}, "label"),
        ({**TEXT, "label": "a\x00"}, "label"),
        ({**TEXT, "description": "{{ x }}"}, "description"),
        ({**TEXT, "requierd": True}, "requierd"),
        ({**TEXT, "decimalDigits": 2}, "decimalDigits"),
        ({**TEXT, "disabled": "=x"}, "disabled"),
        ({**TEXT, "layout": "row"}, "layout"),
        ({**TEXT, "layout": {"columns": 17}}, "layout.columns"),
        ({**TEXT, "properties": {"a": []}}, "properties.a"),
        ({**TEXT, "properties": 3}, "properties"),
        ({**TEXT, "appearance": {"colour": "red"}}, "appearance.colour"),
        ({**TEXT, "conditional": {"show": "x"}}, "conditional.show"),
        ({**TEXT, "conditional": {"hide": "=unknown"}}, "conditional.hide"),
        ({**TEXT, "conditional": {"hide": 1}}, "conditional.hide"),
        ({**TEXT, "conditional": {"hide": '=result = "x"'}}, "conditional.hide"),
        ({**TEXT, "validate": []}, "validate"),
        (with_validate(TEXT, required="yes"), "validate.required"),
        (with_validate(TEXT, requierd=True), "validate.requierd"),
        (with_validate(TEXT, min=1), "validate.min"),
        (with_validate(TEXT, maxLength=0), "validate.maxLength"),
        (with_validate(TEXT, maxLength=501), "validate.maxLength"),
        (with_validate(TEXT, maxLength="5"), "validate.maxLength"),
        (with_validate(TEXT, maxLength=True), "validate.maxLength"),
        (with_validate(TEXT, minLength=-1), "validate.minLength"),
        (with_validate(TEXT, minLength=9, maxLength=3), "validate.minLength"),
        (with_validate(TEXT, pattern="(a+)+"), "validate.pattern"),
        (with_validate(TEXT, pattern="["), "validate.pattern"),
        (with_validate(TEXT, pattern=5), "validate.pattern"),
        (with_validate(TEXT, pattern="a" * 300), "validate.pattern"),
        (with_validate(TEXT, pattern="a", validationType="email"), "validate.pattern"),
        (with_validate(TEXT, patternErrorMessage="x"), "validate.patternErrorMessage"),
        (with_validate(TEXT, validationType="iban"), "validate.validationType"),
        (with_validate({**TEXT, "defaultValue": "x"}, pattern="^\\d$"), "defaultValue"),
        (with_validate({**TEXT, "defaultValue": "xyz"}, maxLength=2), "defaultValue"),
        ({**TEXT, "defaultValue": 3}, "defaultValue"),
        (with_validate(NUMBER, min="a"), "validate.min"),
        (with_validate(NUMBER, min=float("nan")), "validate.min"),
        (with_validate(NUMBER, max=float("inf")), "validate.max"),
        (with_validate(NUMBER, max=10**400), "validate.max"),
        (with_validate(NUMBER, min=3, max=2), "validate.min"),
        (with_validate(NUMBER, min=True), "validate.min"),
        ({**with_validate(NUMBER, max=3), "defaultValue": 4}, "defaultValue"),
        ({**NUMBER, "decimalDigits": 0, "defaultValue": 1.5}, "defaultValue"),
        ({**NUMBER, "decimalDigits": 7}, "decimalDigits"),
        ({**NUMBER, "increment": 5}, "increment"),
        ({**DAY, "subtype": "week"}, "subtype"),
        ({**DAY, "timeSerializingFormat": "no_timezone"}, "timeSerializingFormat"),
        ({**DAY, "defaultValue": "2026-02-30"}, "defaultValue"),
        ({**DAY, "defaultValue": "now"}, "defaultValue"),
        (with_validate(DAY, min="tomorrow"), "validate.min"),
        (with_validate(DAY, min="2026-02-01", max="2026-01-01"), "validate.min"),
        ({**with_validate(DAY, min="2026-02-01"), "disallowPassedDates": True}, "validate.min"),
        ({**RADIO, "values": []}, "values"),
        ({**RADIO, "values": "ab"}, "values"),
        ({**RADIO, "values": [3]}, "values[0]"),
        ({**RADIO, "values": [*VALUES, {"label": "再次", "value": "reject"}]}, "values[2].value"),
        ({**RADIO, "values": [{"label": "空", "value": ""}]}, "values[0].value"),
        ({**RADIO, "values": [{"label": "数", "value": 3}]}, "values[0].value"),
        ({**RADIO, "values": [{"value": "a"}]}, "values[0].label"),
        ({**RADIO, "values": [{"label": "a", "value": "a", "x": 1}]}, "values[0].x"),
        ({**RADIO, "valuesKey": "categories"}, "valuesKey"),
        ({"type": "select", "key": "c", "label": "类", "valuesKey": "../x"}, "valuesKey"),
        ({**RADIO, "valuesExpression": "=x"}, "valuesExpression"),
        ({**RADIO, "defaultValue": "maybe"}, "defaultValue"),
        ({**RADIO, "type": "checklist", "defaultValue": "approve"}, "defaultValue"),
        ({"type": "checkbox", "key": "done", "label": "完成", "defaultValue": "true"}, "defaultValue"),
        ({**FILES, "accept": "image/*"}, "accept"),
        ({**FILES, "accept": ".pdf,.exe"}, "accept"),
        (with_validate(FILES, maxSize=0), "validate.maxSize"),
        (with_validate(FILES, maxSize=999), "validate.maxSize"),
        (with_validate(FILES, maxCount=3), "validate.maxCount"),
        ({**FILES, "readonly": True}, "readonly"),
        ({"type": "officer", "key": "who", "label": "谁", "properties": {"role": "A B"}}, "properties.role"),
        ({"type": "officer", "key": "who", "label": "谁", "properties": {"unit": "nowhere"}}, "properties.unit"),
        ({"type": "contacts", "key": "c", "label": "联系", "components": []}, "components"),
        ({"type": "contacts", "key": "c", "label": "联系", "validate": {"min": 3, "max": 2}}, "validate.min"),
        ({**ROWS, "components": []}, "components"),
        ({**ROWS, "components": [{"type": "text", "text": "只有说明"}]}, "components"),
        ({**ROWS, "key": "points"}, "key"),
        ({**ROWS, "path": "Bad"}, "path"),
        ({**ROWS, "isRepeating": False}, "isRepeating"),
        ({**ROWS, "defaultRepetitions": 51}, "defaultRepetitions"),
        ({**ROWS, "components": [ROWS]}, "components[0].type"),
        ({**ROWS, "components": [FILES]}, "components[0].type"),
        ({**ROWS, "components": [GROUP]}, "components[0].type"),
        ({**ROWS, "components": [TEXT, TEXT]}, "components[1].key"),
        ({**ROWS, "components": [{**TEXT, "key": "row_number"}]}, "components[0].key"),
        ({**GROUP, "path": "a b"}, "path"),
        ({**GROUP, "components": {}}, "components"),
        ({**GROUP, "components": [with_validate(TEXT, min=1)]}, "components[0].validate.min"),
        ({"type": "text", "text": 3}, "text"),
        ({"type": "spacer", "height": "tall"}, "height"),
        ({"type": "separator", "key": "x"}, "key"),
        ("textfield", ""),
        (None, ""),
    ],
)
def test_each_problem_names_its_place(component: Any, place: str) -> None:
    data = {"type": "default", "components": [{"type": "separator"}, component]}
    expected = f"components[1].{place}".rstrip(".")
    assert expected in problems_of(data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({}, "components"),
        ({"components": {}}, "components"),
        ({"components": [], "type": "wizard"}, "type"),
        ({"components": [], "schemaVersion": 0}, "schemaVersion"),
        ({"components": [], "schemaVersion": "18"}, "schemaVersion"),
        ({"components": [], "schemaVersion": True}, "schemaVersion"),
        ({"components": [], "id": 3}, "id"),
        ({"components": [], "script": "x"}, "script"),
        ({"components": [{"type": "separator"}] * 201}, "components"),
        (schema(*[{"type": "group", "components": [{"type": "spacer"}] * 99}] * 3), "components[2]"),
        (schema(DEEP), "components[0]" + ".components[0]" * 5 + ".type"),
        (schema(TEXT, {**GROUP, "components": [TEXT]}), "components[1].components[0].key"),
        (schema(TEXT, {**GROUP, "path": "result", "components": []}), "components[1].path"),
        (
            schema(
                {**TEXT, "conditional": {"hide": "amount = 1"}},
                {**NUMBER, "conditional": {"hide": 'result = "x"'}},
            ),
            "components[1].conditional.hide",
        ),
        (
            schema(
                {**GROUP, "conditional": {"hide": "amount = 1"}}, {**NUMBER, "conditional": {"hide": 'result = "x"'}}
            ),
            "components[0].conditional.hide",
        ),
    ],
)
def test_problems_of_the_whole_form_name_their_place(data: Any, place: str) -> None:
    assert place in problems_of(data)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"3", "object"),
        (b'{"components": [], "components": []}', "twice"),
        (b'{"components": NaN}', "NaN"),
        ("{'components': []}".encode("utf-16"), "JSON"),
        (b"[" * 100_000, "JSON"),
        (b" " * (256 * 1024 + 1), "larger"),
        (b'{"schemaVersion": ' + b"9" * 5000 + b"}", "JSON"),
    ],
)
def test_files_that_are_no_schema(content: bytes, why: str) -> None:
    with pytest.raises(SchemaError) as caught:
        compile_form(content, name="example")
    assert [problem.place for problem in caught.value.problems] == ["(form)"]
    assert why in caught.value.problems[0].message_en


def test_everything_wrong_is_named_at_once() -> None:
    data = schema(
        {**TEXT, "key": "Bad", "label": ""},
        with_validate(NUMBER, min=3, max=2),
        {**RADIO, "values": []},
        {"type": "nonsense"},
    )
    assert problems_of(data) == [
        "components[0].label",
        "components[0].key",
        "components[1].validate.min",
        "components[2].values",
        "components[3].type",
    ]


def test_lists_the_host_does_not_have_are_refused() -> None:
    one = schema({"type": "select", "key": "c", "label": "类", "valuesKey": "categories"})
    assert compile_form(one, name="example", lists={"categories"}).variables() == {"c": "text"}
    assert problems_of(one, lists={"channels"}) == ["components[0].valuesKey"]


def test_what_the_form_js_editor_writes_is_understood() -> None:
    written = {
        "components": [
            {
                "text": "# 说明\n\n请核对。\n- 一\n- 二",
                "type": "text",
                "id": "Field_1",
                "layout": {"row": "Row_1", "columns": None},
            },
            {
                **TEXT,
                "id": "Field_2",
                "layout": {"row": "Row_2", "columns": 8},
                "appearance": {"suffixAdorner": "元"},
                "conditional": {"hide": "=amount = 1"},
            },
            {**NUMBER, "id": "Field_3", "layout": {"row": "Row_2"}, "validate": {"min": "1", "max": 5}},
            {
                "type": "datetime",
                "subtype": "datetime",
                "dateLabel": "日期",
                "timeLabel": "时间",
                "timeSerializingFormat": "utc_offset",
                "timeInterval": 15,
                "use24h": True,
                "id": "Field_4",
                "key": "at",
            },
            {
                "type": "dynamiclist",
                "label": "人员",
                "path": "people",
                "isRepeating": True,
                "allowAddRemove": True,
                "defaultRepetitions": 1,
                "showOutline": True,
                "components": [TEXT],
                "id": "Field_5",
            },
            {"type": "spacer", "height": 60, "id": "Field_6"},
        ],
        "type": "default",
        "id": "Form_1",
        "exporter": {"name": "Camunda Modeler", "version": "5.36.0"},
        "executionPlatform": "Camunda Platform",
        "executionPlatformVersion": "7.22.0",
        "schemaVersion": 18,
    }
    form = compile_form(json.dumps(written).encode(), name="example")
    assert form.variables() == {"result": "text", "amount": "number", "at": "datetime", "people": "count"}
    assert [[(c.key, width) for c, width in line] for line in form.lines()][1] == [("result", 6), ("amount", 0)]
    assert form.fields[2].label == "日期"
    with_mark = b"\xef\xbb\xbf" + json.dumps(written).encode()
    assert compile_form(with_mark, name="example").variables() == form.variables()


def test_a_key_that_the_hosts_base_class_uses_is_refused_there() -> None:
    class Base(FlaskForm):  # type: ignore[misc]
        comment = None

    form = compile_form(schema({**TEXT, "key": "comment"}), name="example")
    form.form_class(Form)
    with pytest.raises(SchemaError) as caught:
        form.form_class(Base)
    assert [problem.place for problem in caught.value.problems] == ["components[0].key"]


def test_the_same_file_is_compiled_once() -> None:
    content = json.dumps(schema(TEXT)).encode()
    form = compile_form(content, name="example")
    assert compile_form(content, name="example") is form
    assert form.form_class(Form) is form.form_class(Form)


def test_the_forms_of_this_project_are_sound() -> None:
    from pathlib import Path  # noqa: PLC0415 -- only this test reads files

    folder = Path(__file__).parents[2] / "forms"
    compiled = {path.stem: compile_form(path.read_bytes(), name=path.stem) for path in folder.glob("*.form")}
    assert {"accept", "sign", "investigate", "review", "reply", "visit"} <= set(compiled)
    assert all(isinstance(form, CompiledForm) and form.fields for form in compiled.values())
