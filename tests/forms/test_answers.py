"""What becomes of answers: stored in full, small ones for the process, lines for the history; and languages."""

import json
from typing import Any

from wtforms import Form

from forms import compile_form
from forms.messages import untranslated
from tests.forms.building import Bureau, Shelf, answers, compiled, fill, messages, schema, upload

VALUES = [{"label": "同意", "value": "approve"}, {"label": "退回", "value": "reject"}]
EVERYTHING = (
    {"type": "text", "text": "# 说明"},
    {"type": "textfield", "key": "result", "label": "处置结果"},
    {"type": "textarea", "key": "facts", "label": "调查情况"},
    {
        "type": "group",
        "label": "费用",
        "path": "cost",
        "components": [
            {"type": "number", "key": "amount", "label": "金额", "appearance": {"suffixAdorner": "元"}},
            {"type": "group", "path": "dates", "components": [{"type": "datetime", "key": "day", "label": "日期"}]},
        ],
    },
    {"type": "datetime", "subtype": "datetime", "key": "at", "label": "时间"},
    {"type": "datetime", "subtype": "time", "key": "hour", "label": "时刻"},
    {"type": "radio", "key": "decision", "label": "意见", "values": VALUES},
    {"type": "select", "key": "category", "label": "类别", "valuesKey": "categories"},
    {"type": "checklist", "key": "topics", "label": "方面", "values": VALUES},
    {"type": "checkbox", "key": "told", "label": "已告知"},
    {"type": "filepicker", "key": "files", "label": "附件", "multiple": True},
    {"type": "unit", "key": "unit", "label": "单位"},
    {"type": "officer", "key": "officer", "label": "民警"},
    {"type": "matter", "key": "primary", "label": "关联事项"},
    {"type": "contacts", "key": "contacts", "label": "联系记录"},
    {
        "type": "dynamiclist",
        "path": "points",
        "label": "要求",
        "components": [{"type": "textfield", "key": "what", "label": "内容"}],
    },
)
SENT: dict[str, Any] = {
    "result": "已整改",
    "facts": "一\r\n二",
    "amount": "12.50",
    "day": "2026-03-01",
    "at": "2026-03-02T08:09",
    "hour": "08:09",
    "decision": "approve",
    "category": "queue",
    "topics": ["approve", "reject"],
    "told": "true",
    "unit": "11",
    "officer": "21",
    "primary": "MY2026-000032",
    "contacts-0-method": "meeting",
    "contacts-0-at": "2026-03-02T08:09",
    "contacts-0-whom": "张先生",
    "contacts-0-summary": "当面解释",
    "points-0-what": "清理",
    "points-1-what": "回头看",
}


class Register:
    """Names of records; officer 21 is not known to this reader."""

    def unit(self, unit_id: int) -> str | None:
        return {11: "城关派出所"}.get(unit_id)

    def officer(self, officer_id: int) -> str | None:
        del officer_id
        return None

    def matter(self, matter_id: int) -> str | None:
        return f"MY2026-{matter_id:06}"

    def value(self, name: str, value: str) -> str | None:
        return {("categories", "queue"): "排队"}.get((name, value))


def given() -> dict[str, Any]:
    return answers(compiled(*EVERYTHING), {**SENT, "files": upload("照片.jpg", b"x" * 2048)}, uploads=Shelf())


def test_answers_are_complete_and_json() -> None:
    full = given()
    assert json.loads(json.dumps(full, allow_nan=False)) == full
    assert full["cost"] == {"amount": 12.5, "dates": {"day": "2026-03-01"}}
    assert full["facts"] == "一\n二"
    assert full["files"] == [{"token": "token1", "filename": "照片.jpg", "size": 2048}]
    assert len(full) == 15


def test_variables_and_their_values_agree() -> None:
    form = compiled(*EVERYTHING)
    assert form.variables() == {
        "result": "text",
        "cost.amount": "number",
        "cost.dates.day": "date",
        "at": "datetime",
        "hour": "text",
        "decision": "text",
        "category": "text",
        "topics": "list",
        "told": "boolean",
        "unit": "number",
        "officer": "number",
        "primary": "number",
        "contacts": "count",
        "points": "count",
    }
    assert form.process_variables(given()) == {
        "result": "已整改",
        "cost": {"amount": 12.5, "dates": {"day": "2026-03-01"}},
        "at": "2026-03-02T08:09:00+08:00",
        "hour": "08:09",
        "decision": "approve",
        "category": "queue",
        "topics": ["approve", "reject"],
        "told": True,
        "unit": 11,
        "officer": 21,
        "primary": 32,
        "contacts": 1,
        "points": 2,
    }
    assert form.offered() == {"decision": ("approve", "reject"), "topics": ("approve", "reject")}


def test_every_variable_is_there_when_nothing_was_answered() -> None:
    form = compiled(*EVERYTHING)
    empty = form.process_variables({})
    assert empty == form.process_variables(form.answers(fill(form, {"x": ""})))
    assert (empty["told"], empty["topics"], empty["contacts"], empty["decision"]) == (False, [], 0, None)
    assert empty["cost"] == {"amount": None, "dates": {"day": None}}


def test_answers_read_as_lines() -> None:
    lines = compiled(*EVERYTHING).describe(given(), Register())
    assert [(line.label, line.value) for line in lines if not line.row] == [
        ("处置结果", "已整改"),
        ("调查情况", "一\n二"),
        ("金额", "12.5 元"),
        ("日期", "2026-03-01"),
        ("时间", "2026-03-02 08:09"),
        ("时刻", "08:09"),
        ("意见", "同意"),
        ("类别", "排队"),
        ("方面", "同意、退回"),
        ("已告知", "是"),
        ("附件", "照片.jpg（2 KB）"),
        ("单位", "城关派出所"),
        ("民警", "21"),
        ("关联事项", "MY2026-000032"),
    ]
    assert [(line.list_label, line.row, line.label, line.value) for line in lines if line.row] == [
        ("联系记录", 1, "联系方式", "见面约谈"),
        ("联系记录", 1, "联系时间", "2026-03-02 08:09"),
        ("联系记录", 1, "联系人", "张先生"),
        ("联系记录", 1, "沟通情况", "当面解释"),
        ("要求", 1, "内容", "清理"),
        ("要求", 2, "内容", "回头看"),
    ]


def test_what_was_not_answered_has_no_line() -> None:
    form = compiled(*EVERYTHING)
    assert [line.value for line in form.describe(form.answers(fill(form, {"x": ""})))] == ["否"]
    assert form.describe({}) == []


def test_older_answers_of_any_shape_can_be_read() -> None:
    form = compiled(*EVERYTHING)
    shapes: tuple[Any, ...] = ("x", 3, None, True, [3], {"a": 1}, [[]], 1e300)
    for odd in shapes:
        older = dict.fromkeys(given(), odd)
        form.describe(older, Register())
        form.process_variables(older)
        fill(form, data=older).validate()


def english(text: str, /, **values: object) -> str:
    known = {
        "请填写“%(label)s”": "Enter %(label)s",
        "处置结果": "Result",
        "联系记录": "Contacts",
        "联系方式": "Method",
        "见面约谈": "Meeting",
        "第 %(row)d 条：%(message)s": "Entry %(row)d: %(message)s",
        "请选择“%(label)s”": "Choose %(label)s",
        "同意": "Approve",
        "是": "Yes",
        "编号是三位数字": "Three digits, 100% digits",
    }
    return untranslated(known.get(text, text), **values)


def test_messages_labels_and_options_follow_the_language() -> None:
    pattern = {"pattern": "^\\d{3}$", "patternErrorMessage": "编号是三位数字"}
    form = compile_form(
        schema(
            {"type": "textfield", "key": "result", "label": "处置结果", "validate": {"required": True}},
            {"type": "textfield", "key": "code", "label": "编号 100%", "validate": pattern},
            {"type": "radio", "key": "decision", "label": "意见", "values": VALUES},
            {"type": "contacts", "key": "contacts", "label": "联系记录"},
        ),
        name="example",
    )
    filled = form.form_class(Form, english)(None, choices=Bureau())
    assert filled.question("result").label.text == "Result"
    assert [option.label for option in filled.question("decision").options()] == ["Approve", "退回"]
    from werkzeug.datastructures import MultiDict  # noqa: PLC0415 -- the request of this one test

    wrong = form.form_class(Form, english)(MultiDict({"code": "x", "contacts-0-whom": "y"}), choices=Bureau())
    assert not wrong.validate()
    assert [fault.message for fault in wrong.faults()][:3] == [
        "Enter Result",
        "Three digits, 100% digits",
        "Entry 1: Choose Method",
    ]
    line = form.describe({"decision": "approve", "contacts": [{"method": "meeting"}]}, translate=english)
    assert [(one.label, one.value) for one in line] == [("意见", "Approve"), ("Method", "Meeting")]


def test_percent_signs_in_labels_are_text() -> None:
    form = compiled(
        {"type": "textfield", "key": "rate", "label": "办结率%(label)s 100%", "validate": {"required": True}}
    )
    assert messages(form, {"rate": ""}) == ["请填写“办结率%(label)s 100%”"]


def test_the_host_may_add_a_fault_of_its_own() -> None:
    form = compiled({"type": "textfield", "key": "result", "label": "处置结果"})
    filled = fill(form, {"result": "x"})
    assert filled.validate()
    filled.form_errors.append("该事项已由他人办理")
    filled.question("result").errors = ["处置结果与调查情况不符"]
    assert [(fault.target, fault.message) for fault in filled.faults()] == [
        ("", "该事项已由他人办理"),
        ("f-result", "处置结果与调查情况不符"),
    ]
