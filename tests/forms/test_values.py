"""Each type that asks for one value: what it accepts, what it stores, what it says."""

import unicodedata
from typing import Any

import pytest

from tests.forms.building import NOW, answers, compiled, fill, messages

TEXT = {"type": "textfield", "key": "result", "label": "处置结果"}
AREA = {"type": "textarea", "key": "note", "label": "办理说明"}
AMOUNT = {"type": "number", "key": "amount", "label": "金额"}
DAY = {"type": "datetime", "subtype": "date", "key": "day", "label": "办结日期"}
AT = {"type": "datetime", "subtype": "datetime", "key": "at", "label": "联系时间"}
HOUR = {"type": "datetime", "subtype": "time", "key": "hour", "label": "时刻"}
VALUES = [{"label": "同意", "value": "approve"}, {"label": "退回", "value": "reject"}]
DECISION = {"type": "radio", "key": "decision", "label": "审核意见", "values": VALUES}
TOPICS = {"type": "checklist", "key": "topics", "label": "涉及方面", "values": VALUES}
DONE = {"type": "checkbox", "key": "done", "label": "已告知"}


def limited(component: dict[str, Any], **validate: Any) -> dict[str, Any]:
    return {**component, "validate": validate}


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (TEXT, "请填写“处置结果”"),
        (AREA, "请填写“办理说明”"),
        (AMOUNT, "请填写“金额”"),
        (DAY, "请填写“办结日期”"),
        (DECISION, "请选择“审核意见”"),
        ({**DECISION, "type": "select"}, "请选择“审核意见”"),
        (TOPICS, "请选择“涉及方面”"),
        (DONE, "请勾选“已告知”"),
        ({"type": "filepicker", "key": "files", "label": "附件"}, "请上传“附件”"),
        ({"type": "unit", "key": "to", "label": "承办单位"}, "请选择“承办单位”"),
        ({"type": "officer", "key": "who", "label": "承办人"}, "请选择“承办人”"),
        ({"type": "matter", "key": "other", "label": "关联事项"}, "请填写“关联事项”"),
    ],
)
def test_required_questions_ask_plainly(component: dict[str, Any], message: str) -> None:
    assert messages(compiled(limited(component, required=True)), {"x": ""}) == [message]
    assert messages(compiled(component), {"x": ""}) == []
    if component["type"] not in {"checkbox", "filepicker"}:
        blank = {component["key"]: "  \r\n\u3000"}
        assert messages(compiled(limited(component, required=True)), blank) == [message]


def test_length_is_counted_in_characters_and_said() -> None:
    form = compiled(limited(AREA, maxLength=500, minLength=2))
    assert messages(form, {"note": "字" * 623}) == ["“办理说明”最多 500 字，现有 623 字"]
    assert messages(form, {"note": "字"}) == ["“办理说明”至少 2 字，现有 1 字"]
    assert messages(form, {"note": "字" * 500}) == []
    # A line end counts once, however the browser sends it.
    assert messages(form, {"note": "字" * 249 + "\r\n" + "字" * 250}) == []


def test_text_is_kept_in_one_shape() -> None:
    form = compiled(TEXT, AREA)
    decomposed = unicodedata.normalize("NFD", "é")
    typed = {"result": f" {decomposed}\x00a\u202eb\n c\ud800 ", "note": "一\r\n二\r三\x07\t四\n"}
    assert answers(form, typed) == {"result": "éab c", "note": "一\n二\n三\t四"}


def test_pattern_and_its_message() -> None:
    plate = limited(TEXT, pattern="^[A-Z]{2}\\d{3}$", patternErrorMessage="编号是两个大写字母和三位数字")
    assert messages(compiled(plate), {"result": "AB12"}) == ["编号是两个大写字母和三位数字"]
    assert messages(compiled(plate), {"result": "AB123"}) == []
    assert messages(compiled(limited(TEXT, pattern="^\\d+$")), {"result": "x"}) == ["“处置结果”的格式不正确"]
    assert messages(compiled(limited(TEXT, pattern="^\\d+$")), {"result": "١٢"}) == ["“处置结果”的格式不正确"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("email", ["zhang@example.cn", "a.b+c@mail.example.com"], ["zhang", "a@b", "a b@example.cn"]),
        (
            "phone",
            ["13800000000", "0512-12345678", "+86 13800000000", "110", "400-800-8820"],
            ["abc", "138000000001", "1-2"],
        ),
    ],
)
def test_email_and_phone(kind: str, good: list[str], bad: list[str]) -> None:
    form = compiled(limited(TEXT, validationType=kind))
    assert [messages(form, {"result": one}) for one in good] == [[]] * len(good)
    assert all(messages(form, {"result": one})[0].startswith("“处置结果”应是") for one in bad)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("12", 12), ("１２．５", 12.5), ("-3.50", -3.5), (" 7 ", 7), ("+.5", 0.5), ("0", 0), ("2.0", 2)],
)
def test_numbers_become_json_numbers(typed: str, stored: float) -> None:
    value = answers(compiled(AMOUNT), {"amount": typed})["amount"]
    assert value == stored
    assert type(value) is type(stored)


@pytest.mark.parametrize("typed", ["NaN", "inf", "-Infinity", "1e5", "12元", "1,2", "٣", "--1", "1" * 40, "0x10"])
def test_what_is_no_number_is_refused_and_kept(typed: str) -> None:
    filled = fill(compiled(AMOUNT), {"amount": typed})
    assert not filled.validate()
    assert filled.errors == {"amount": ["“金额”应填写数字，例如 12"]}
    assert filled.question("amount").typed == typed


def test_number_limits() -> None:
    form = compiled({**limited(AMOUNT, min=1, max=99.5), "decimalDigits": 1})
    assert messages(form, {"amount": "0.9"}) == ["“金额”不能小于 1"]
    assert messages(form, {"amount": "100"}) == ["“金额”不能大于 99.5"]
    assert messages(form, {"amount": "1.25"}) == ["“金额”最多 1 位小数"]
    assert messages(form, {"amount": "1.50"}) == []
    whole = compiled({**AMOUNT, "decimalDigits": 0})
    assert messages(whole, {"amount": "1.5"}) == ["“金额”应填写整数，例如 12"]
    assert messages(whole, {"amount": "x"}) == ["“金额”应填写整数，例如 12"]


def test_moments_are_stored_as_iso() -> None:
    form = compiled(DAY, AT, HOUR)
    typed = {"day": "2026-02-28", "at": "2026-02-28T09:05", "hour": "23:59:30"}
    stored = {"day": "2026-02-28", "at": "2026-02-28T09:05:00+08:00", "hour": "23:59"}
    assert answers(form, typed) == stored


@pytest.mark.parametrize("typed", ["2026-02-30", "28/2/2026", "0001-01-01", "2026-W01-1", "20260228", "明天"])
def test_what_is_no_date_is_refused_and_kept(typed: str) -> None:
    filled = fill(compiled(DAY), {"day": typed})
    assert not filled.validate()
    assert filled.errors == {"day": ["“办结日期”应填写日期，例如 2026-03-15"]}
    assert filled.question("day").typed == typed


def test_what_is_no_time_is_refused() -> None:
    assert messages(compiled(HOUR), {"hour": "24:00"}) == ["“时刻”应填写时间，例如 09:30"]
    assert messages(compiled(AT), {"at": "2026-02-28"}) == ["“联系时间”应填写日期和时间，例如 2026-03-15 09:30"]


def test_bounds_of_dates_are_the_bureaus() -> None:
    form = compiled(limited(DAY, min="2026-01-01", max="today"))
    assert messages(form, {"day": "2025-12-31"}) == ["“办结日期”不能早于 2026-01-01"]
    assert messages(form, {"day": "2026-03-16"}) == ["“办结日期”不能晚于 2026-03-15"]
    assert messages(form, {"day": "2026-03-15"}) == []
    contact = compiled(limited(AT, max="now"))
    assert messages(contact, {"at": "2026-03-15T10:30"}) == []
    assert messages(contact, {"at": "2026-03-15T10:31"}) == ["“联系时间”不能晚于 2026-03-15 10:30"]
    later = compiled({**DAY, "disallowPassedDates": True})
    assert messages(later, {"day": "2026-03-14"}) == ["“办结日期”不能早于 2026-03-15"]
    # Half past midnight in the bureau is the day before in UTC.
    early = NOW.replace(hour=16, minute=30)
    assert messages(form, {"day": "2026-03-16"}, now=early) == []


@pytest.mark.parametrize("kind", ["radio", "select"])
def test_only_what_is_offered_can_be_chosen(kind: str) -> None:
    form = compiled({**DECISION, "type": kind})
    assert answers(form, {"decision": "reject"}) == {"decision": "reject"}
    assert messages(form, {"decision": "delete"}) == ["“审核意见”所选的内容不在可选范围内，请重新选择"]


def test_checklist_keeps_the_order_of_the_schema() -> None:
    form = compiled(TOPICS)
    assert answers(form, [("topics", "reject"), ("topics", "approve"), ("topics", "reject")]) == {
        "topics": ["approve", "reject"]
    }
    assert messages(form, [("topics", "approve"), ("topics", "x")]) == [
        "“涉及方面”所选的内容不在可选范围内，请重新选择"
    ]


def test_checkbox() -> None:
    form = compiled(DONE)
    assert answers(form, {"done": "true"}) == {"done": True}
    assert answers(form, {"done": "false"}) == {"done": False}
    assert answers(form, {"other": "1"}) == {"done": False}


def test_lists_of_the_host() -> None:
    form = compiled({"type": "select", "key": "category", "label": "类别", "valuesKey": "categories"})
    assert [option.label for option in fill(form).question("category").options()] == ["噪声", "排队"]
    assert answers(form, {"category": "queue"}) == {"category": "queue"}
    assert messages(form, {"category": "approve"}) == ["“类别”所选的内容不在可选范围内，请重新选择"]


def test_defaults_stand_in_the_first_page_only() -> None:
    form = compiled(
        {**TEXT, "defaultValue": "已处理"},
        {**AMOUNT, "defaultValue": 2.5},
        {**AT, "defaultValue": "now"},
        {**DECISION, "defaultValue": "approve"},
        {**TOPICS, "defaultValue": ["reject"]},
        {**DONE, "defaultValue": True},
    )
    first = form.answers(fill(form))
    assert first == {
        "result": "已处理",
        "amount": 2.5,
        "at": "2026-03-15T10:30:00+08:00",
        "decision": "approve",
        "topics": ["reject"],
        "done": True,
    }
    assert form.answers(fill(form, {"x": ""})) == {
        "result": None,
        "amount": None,
        "at": None,
        "decision": None,
        "topics": [],
        "done": False,
    }


def test_earlier_answers_fill_the_form_again() -> None:
    form = compiled(TEXT, AMOUNT, AT, DAY, DECISION, TOPICS, DONE)
    given = {
        "result": "好",
        "amount": 3,
        "at": "2026-01-02T03:04:00+08:00",
        "day": "2026-01-02",
        "decision": "reject",
        "topics": ["approve"],
        "done": True,
    }
    assert form.answers(fill(form, data=given)) == given
    broken: dict[str, Any] = {key: {"what": []} for key in given}
    assert form.answers(fill(form, data=broken))["amount"] is None


def test_readonly_and_disabled_answers_come_from_the_server() -> None:
    form = compiled({**TEXT, "readonly": True, "validate": {"required": True}}, {**AMOUNT, "disabled": True})
    sent = {"result": "改掉", "amount": "5"}
    filled = fill(form, sent, data={"result": "原文", "amount": 1})
    assert filled.validate()
    assert form.answers(filled) == {"result": "原文"}
    assert form.variables() == {"result": "text"}


def test_numbers_of_a_json_request() -> None:
    assert answers(compiled(AMOUNT, DONE, TEXT), {"amount": 3, "done": True, "result": 7}) == {
        "amount": 3,
        "done": True,
        "result": "7",
    }
