"""The language of conditions: what it reads, what it refuses, and what hides a question."""

import json
from typing import Any

import pytest

from forms.conditions import ConditionError, Name, parse_condition
from tests.forms.building import answers, compiled, fill, messages

NAMES = {
    "decision": Name("decision", "text", ("approve", "reject")),
    "amount": Name("amount", "number"),
    "urgent": Name("urgent", "boolean"),
    "topics": Name("topics", "list", ("noise", "dust")),
    "day": Name("day", "date"),
    "at": Name("at", "datetime"),
    "hour": Name("hour", "time"),
    "title": Name("title", "text"),
    "place.street": Name("street", "text"),
    "contacts": Name("contacts", ""),
}
GIVEN: dict[str, Any] = {
    "decision": "reject",
    "amount": 100,
    "urgent": True,
    "topics": ["noise"],
    "day": "2026-03-01",
    "at": "2026-03-01T09:00",
    "hour": "09:00",
    "title": None,
    "street": "人民路",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('=decision = "reject"', True),
        ("decision == 'approve'", False),
        ('decision != "approve"', True),
        ("urgent", True),
        ("not urgent", False),
        ("not(urgent)", False),
        ("urgent = false", False),
        ("amount >= 100 and amount < 100.5", True),
        ("amount > -5", True),
        ("amount < 100 or amount <= 99", False),
        ('decision in ("approve", "reject")', True),
        ('decision in ["approve"]', False),
        ('decision not in ("approve")', True),
        ("amount in (1, 100)", True),
        ('"noise" in topics', True),
        ('"dust" in topics', False),
        ('not "dust" in topics', True),
        ('day >= "2026-03-01"', True),
        ('day < "2026-03-01"', False),
        ('at = "2026-03-01T09:00"', True),
        ('hour > "08:59"', True),
        ("title = null", True),
        ("title != null", False),
        ("amount = null", False),
        ('title = ""', False),
        ('place.street = "人民路"', True),
        ('urgent and (decision = "approve" or amount = 100)', True),
        ('urgent or decision = "approve" and amount = 0', True),
        ('title = "a\\"b"', False),
        ("not not urgent", True),
        ("true", True),
    ],
)
def test_conditions_hold(text: str, *, expected: bool) -> None:
    condition = parse_condition(text, NAMES)
    assert condition.holds(GIVEN.__getitem__) is expected
    # What the browser gets says the same.
    assert json.loads(json.dumps(condition.tree)) == condition.tree


@pytest.mark.parametrize("text", ["amount > 0", "amount < 0", "amount >= 0", "amount <= 0", 'day < "2030-01-01"'])
def test_nothing_is_neither_more_nor_less(text: str) -> None:
    assert not parse_condition(text, NAMES).holds(lambda _: None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("=", "条件是空的"),
        ("unknown = 1", "没有“unknown”"),
        ("place = 1", "没有“place”"),
        ('decision = "aprove"', "没有“aprove”这个选项"),
        ('decision in ("approve", "x")', "没有“x”这个选项"),
        ('"x" in topics', "没有“x”这个选项"),
        ("decision = 1", "类型不同"),
        ("amount = true", "类型不同"),
        ('amount > "3"', "类型不同"),
        ('topics = "noise"', "类型不同"),
        ("urgent < true", "只有数字和日期"),
        ('title > "a"', "只有数字和日期"),
        ("amount", "是或否"),
        ("not amount", "是或否"),
        ("urgent and amount", "是或否"),
        ("contacts = 0", "不能用在条件里"),
        ('day = "2026-3-1"', "YYYY-MM-DD"),
        ('day = "2026-02-30"', "YYYY-MM-DD"),
        ('at > "2026-03-01"', "YYYY-MM-DDTHH:MM"),
        ('hour = "9:00"', "HH:MM"),
        ("amount in topics", "多选题的值是文字"),
        ('"a" in title', "in 的右边"),
        ("amount in 3", "in 的右边"),
        ("amount in (1, amount)", "固定的值"),
        ("amount in (1, 2", "缺少“)”"),
        ("(urgent", "缺少“)”"),
        ("urgent)", "缺少运算符"),
        ("urgent urgent", "缺少运算符"),
        ("amount =", "缺少一个值"),
        ("and urgent", "缺少一个值"),
        ("amount = 1 = 1", "缺少运算符"),
        ("amount + 1 = 2", "无法理解"),
        ("__import__('os')", "没有“__import__”"),
        ("title.upper() = 1", "没有“title.upper”"),
        ("title[0] = 'a'", "是或否"),
        ("urgent ? 1 : 2", "无法理解"),
        ('title = "open', "无法理解"),
        ("(" * 30 + "urgent" + ")" * 30, "嵌套过深"),
        ("not " * 40 + "urgent", "嵌套过深"),
        ("urgent or " * 100 + "urgent", "500"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, NAMES)
    assert why in caught.value.message
    assert caught.value.message_en.isascii() or "'" in caught.value.message_en


VALUES = [{"label": "同意", "value": "approve"}, {"label": "退回", "value": "reject"}]
DECISION = {"type": "radio", "key": "decision", "label": "意见", "values": VALUES, "validate": {"required": True}}


def when(text: str, **component: Any) -> dict[str, Any]:
    required = {"validate": {"required": True}}
    return {"type": "textfield", "label": "项目", **required, **component, "conditional": {"hide": text}}


def test_a_hidden_question_is_neither_required_nor_stored() -> None:
    form = compiled(DECISION, when('=decision != "reject"', key="reason"))
    assert answers(form, {"decision": "approve", "reason": "偷偷填的"}) == {"decision": "approve"}
    assert messages(form, {"decision": "reject"}) == ["请填写“项目”"]
    assert answers(form, {"decision": "reject", "reason": "材料不全"})["reason"] == "材料不全"


def test_a_hidden_question_is_not_judged() -> None:
    form = compiled(DECISION, when('decision = "approve"', key="days", type="number"))
    assert messages(form, {"decision": "approve", "days": "x"}) == []
    assert messages(form, {"decision": "reject", "days": "x"}) == ["“项目”应填写数字，例如 12"]


def test_what_is_hidden_counts_as_unanswered_for_others() -> None:
    form = compiled(
        DECISION,
        when('decision = "approve"', key="agency"),
        when("agency = null", key="letter"),
    )
    assert answers(form, {"decision": "approve", "agency": "城管", "letter": "1"}) == {"decision": "approve"}
    assert set(answers(form, {"decision": "reject", "agency": "城管", "letter": "1"})) == {
        "decision",
        "agency",
        "letter",
    }


def test_a_hidden_group_hides_what_is_in_it() -> None:
    inner = {"type": "textfield", "key": "street", "label": "街道", "validate": {"required": True}}
    group = {"type": "group", "path": "place", "components": [inner], "conditional": {"hide": 'decision = "approve"'}}
    form = compiled(DECISION, group, when("place.street = null", key="note"))
    assert answers(form, {"decision": "approve", "street": "x", "note": "y"}) == {"decision": "approve"}
    assert answers(form, {"decision": "reject", "street": "x", "note": "y"}) == {
        "decision": "reject",
        "place": {"street": "x"},
        "note": "y",
    }


def test_conditions_in_rows_see_the_row_and_the_form() -> None:
    rows = {
        "type": "dynamiclist",
        "path": "people",
        "label": "人员",
        "components": [
            {**DECISION, "key": "role"},
            when('role = "approve" or decision = "approve"', key="why"),
        ],
    }
    form = compiled(DECISION, rows)
    sent = {"people-0-role": "approve", "people-0-why": "x", "people-1-role": "reject", "people-1-why": "y"}
    assert answers(form, {"decision": "reject", **sent})["people"] == [
        {"role": "approve"},
        {"role": "reject", "why": "y"},
    ]
    assert answers(form, {"decision": "approve", **sent})["people"] == [{"role": "approve"}, {"role": "reject"}]
    assert messages(form, {"decision": "reject", "people-3-role": "reject"}) == ["第 1 条：请填写“项目”"]


def test_a_hidden_list_of_rows_is_not_counted() -> None:
    contacts = {"type": "contacts", "key": "contacts", "label": "联系记录", "validate": {"required": True}}
    form = compiled(DECISION, {**contacts, "conditional": {"hide": 'decision = "approve"'}})
    assert answers(form, {"decision": "approve", "contacts-0-method": "bogus"}) == {"decision": "approve"}
    assert messages(form, {"decision": "reject"}) == ["“联系记录”至少填写 1 条，现有 0 条"]


def test_explaining_text_can_be_hidden_too() -> None:
    text = {"type": "text", "text": "请说明理由", "conditional": {"hide": 'decision = "approve"'}}
    form = compiled(DECISION, text)
    assert fill(form, {"decision": "approve"}).hides(form.components[1])
    assert not fill(form, {"decision": "reject"}).hides(form.components[1])


def test_variables_are_there_even_when_hidden() -> None:
    form = compiled(
        DECISION,
        when('decision = "approve"', key="reason"),
        {**when('decision = "approve"', key="told", type="checkbox"), "validate": {}},
        {**when('decision = "approve"', key="topics", type="checklist"), "values": VALUES},
        {"type": "contacts", "key": "contacts", "label": "联系", "conditional": {"hide": 'decision = "approve"'}},
    )
    given = answers(form, {"decision": "approve"})
    assert given == {"decision": "approve"}
    assert form.process_variables(given) == {
        "decision": "approve",
        "reason": None,
        "told": False,
        "topics": [],
        "contacts": 0,
    }
