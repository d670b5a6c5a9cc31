"""Repeating rows and contact records."""

from typing import Any

from tests.forms.building import answers, compiled, fill, messages

CONTACTS = {"type": "contacts", "key": "contacts", "label": "联系记录"}
POINTS: dict[str, Any] = {
    "type": "dynamiclist",
    "path": "points",
    "label": "整改要求",
    "components": [
        {"type": "textfield", "key": "what", "label": "内容", "validate": {"required": True}},
        {"type": "number", "key": "days", "label": "天数", "validate": {"max": 30}},
        {"type": "checkbox", "key": "urgent", "label": "加急"},
    ],
}


def contact(number: int, **changed: str) -> dict[str, str]:
    said = {"method": "phone", "at": "2026-03-14T09:00", "whom": "张先生", "summary": "说明了处理情况"} | changed
    return {f"contacts-{number}-{key}": value for key, value in said.items()}


def test_a_contact_record() -> None:
    form = compiled(CONTACTS)
    assert answers(form, contact(0)) == {
        "contacts": [
            {"method": "phone", "at": "2026-03-14T09:00:00+08:00", "whom": "张先生", "summary": "说明了处理情况"}
        ]
    }
    assert form.variables() == {"contacts": "count"}


def test_contacts_are_complete_and_past() -> None:
    form = compiled(CONTACTS)
    wrong = {**contact(0, summary="", method="telepathy"), **contact(3, at="2026-03-15T10:31")}
    assert messages(form, wrong) == [
        "第 1 条：“联系方式”所选的内容不在可选范围内，请重新选择",
        "第 1 条：请填写“沟通情况”",
        "第 2 条：“联系时间”不能晚于 2026-03-15 10:30",
    ]


def test_how_many_are_wanted() -> None:
    required = compiled({**CONTACTS, "validate": {"required": True}})
    assert messages(required, {"x": ""}) == ["“联系记录”至少填写 1 条，现有 0 条"]
    assert messages(required, contact(0)) == []
    two = compiled({**CONTACTS, "validate": {"min": 2, "max": 3}})
    assert messages(two, contact(0)) == ["“联系记录”至少填写 2 条，现有 1 条"]
    four = {key: value for number in range(4) for key, value in contact(number).items()}
    assert messages(two, four) == ["“联系记录”最多填写 3 条，现有 4 条"]


def test_rows_left_blank_do_not_count() -> None:
    form = compiled(POINTS)
    sent = {"points-0-what": " ", "points-0-days": "", "points-1-what": "清理台账", "points-1-days": "5"}
    assert answers(form, sent) == {"points": [{"what": "清理台账", "days": 5, "urgent": False}]}


def test_a_row_with_only_a_default_is_blank() -> None:
    with_default = {**POINTS, "components": [{**POINTS["components"][0], "defaultValue": "整改"}]}
    assert answers(compiled(with_default), {"points-0-what": "整改"}) == {"points": []}


def test_a_row_with_an_unreadable_number_is_not_blank() -> None:
    assert messages(compiled(POINTS), {"points-0-days": "很多"}) == [
        "第 1 条：请填写“内容”",
        "第 1 条：“天数”应填写数字，例如 12",
    ]


def test_rows_to_begin_with() -> None:
    def shown(**changed: Any) -> int:
        return len(fill(compiled({**POINTS, **changed})).question("points").rows)  # type: ignore[attr-defined]

    assert shown() == 1
    assert shown(defaultRepetitions=0) == 0
    assert shown(defaultRepetitions=3) == 3
    assert shown(validate={"min": 2}) == 2


def test_rows_are_added_and_removed_without_javascript() -> None:
    form = compiled(POINTS)
    typed = {"points-0-what": "一", "points-4-what": "二", "points-4-days": "x"}
    added = fill(form, {**typed, "row_add": "points"})
    assert added.rearrange()
    rows = added.question("points").rows  # type: ignore[attr-defined]
    assert [row.row_number for row in rows] == [0, 4, 5]
    assert [row.question("what").typed for row in rows] == ["一", "二", ""]
    assert rows[1].question("days").typed == "x"
    assert added.faults() == []
    removed = fill(form, {**typed, "row_remove": "points-0"})
    assert removed.rearrange()
    assert [row.row_number for row in removed.question("points").rows] == [4]  # type: ignore[attr-defined]
    assert not fill(form, typed).rearrange()


def test_rows_do_not_grow_beyond_the_limit() -> None:
    full = fill(compiled({**POINTS, "validate": {"max": 1}}), {"points-0-what": "一", "row_add": "points"})
    assert full.rearrange()
    assert len(full.question("points").rows) == 1  # type: ignore[attr-defined]
    fixed = fill(compiled({**POINTS, "allowAddRemove": False}), {"points-0-what": "一", "row_remove": "points-0"})
    assert fixed.rearrange()
    assert len(fixed.question("points").rows) == 1  # type: ignore[attr-defined]


def test_a_flood_of_rows_is_refused_and_not_built() -> None:
    form = compiled(POINTS)
    filled = fill(form, {f"points-{number}-what": "x" for number in range(9000)})
    assert not filled.validate()
    assert len(filled.question("points").rows) == 60  # type: ignore[attr-defined]
    assert filled.faults()[0].message == "“整改要求”最多填写 50 条，现有 9000 条"


def test_summary_leads_to_the_input_in_the_row() -> None:
    filled = fill(compiled(POINTS), {"points-7-days": "31", "points-7-what": "x"})
    assert not filled.validate()
    assert [(fault.target, fault.message) for fault in filled.faults()] == [
        ("f-points-7-days", "第 1 条：“天数”不能大于 30")
    ]


def test_the_host_may_add_a_fault_to_a_list() -> None:
    filled = fill(compiled(CONTACTS), contact(0, whom=""))
    assert not filled.validate()
    question = filled.question("contacts")
    question.errors = [*question.errors, "投诉须有联系记录"]
    assert [(fault.target, fault.message) for fault in filled.faults()] == [
        ("f-contacts", "投诉须有联系记录"),
        ("f-contacts-0-whom", "第 1 条：请填写“联系人”"),
    ]


def test_earlier_rows_fill_the_form_again() -> None:
    form = compiled(POINTS)
    given = {"points": [{"what": "一", "days": 2, "urgent": True}, {"what": "二", "days": None, "urgent": False}]}
    assert form.answers(fill(form, data=given)) == given
    assert form.answers(fill(form, data={"points": ["x", None, 3]})) == {"points": []}


def test_a_key_may_serve_again_in_a_row() -> None:
    form = compiled({"type": "textfield", "key": "what", "label": "标题"}, POINTS)
    assert answers(form, {"what": "外", "points-0-what": "内"}) == {
        "what": "外",
        "points": [{"what": "内", "days": None, "urgent": False}],
    }
