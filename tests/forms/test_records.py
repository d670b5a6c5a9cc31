"""Units, officers and matters: offered by the host, stored by id."""

import pytest
from wtforms import Form

from tests.forms.building import Bureau, answers, compiled, fill, messages

UNIT = {"type": "unit", "key": "handling", "label": "承办单位"}
OFFICER = {
    "type": "officer",
    "key": "handler",
    "label": "承办人",
    "properties": {"role": "handler", "unit": "handling"},
}
MATTER = {"type": "matter", "key": "primary", "label": "关联事项"}
REFUSED = "所选的内容不在可选范围内，请重新选择"


def test_ids_are_stored_as_numbers() -> None:
    form = compiled(UNIT, OFFICER, MATTER)
    sent = {"handling": "11", "handler": "22", "primary": "my2026-000031"}
    assert answers(form, sent) == {"handling": 11, "handler": 22, "primary": 31}
    assert form.variables() == {"handling": "number", "handler": "number", "primary": "number"}


def test_only_what_the_host_offers() -> None:
    form = compiled(UNIT)
    for sent in ("99", "-11", "11.0", "一一", "١١", "9" * 30):
        assert messages(form, {"handling": sent}) == [f"“承办单位”{REFUSED}"]


def test_an_officer_must_be_of_the_unit_that_was_chosen() -> None:
    form = compiled(UNIT, OFFICER)
    bureau = Bureau()
    assert messages(form, {"handling": "12", "handler": "21"}, choices=bureau) == [f"“承办人”{REFUSED}"]
    assert ("officers", 12, "handler") in bureau.asked
    assert messages(form, {"handling": "", "handler": "21"}) == []


def test_officers_are_listed_under_their_units() -> None:
    groups = fill(compiled(UNIT, OFFICER)).question("handler").grouped()
    assert [(name, [o.value for o in members]) for name, members in groups] == [
        ("城关派出所", [21, 22]),
        ("交警大队", [23]),
    ]


def test_the_host_is_asked_once() -> None:
    bureau = Bureau()
    rows = {"type": "dynamiclist", "path": "units", "label": "单位", "components": [UNIT], "defaultRepetitions": 5}
    filled = fill(compiled(rows), {f"units-{n}-handling": "11" for n in range(5)}, choices=bureau)
    assert filled.validate()
    assert bureau.asked == [("units",)]


def test_an_officer_in_a_row_follows_the_rows_unit_then_the_forms() -> None:
    row = {"type": "dynamiclist", "path": "team", "label": "人员", "components": [UNIT, OFFICER]}
    sent = {"team-0-handling": "12", "team-0-handler": "21", "team-1-handling": "11", "team-1-handler": "21"}
    assert messages(compiled(row), sent) == [f"第 1 条：“承办人”{REFUSED}"]
    outside = {**row, "components": [OFFICER]}
    assert messages(compiled(UNIT, outside), {"handling": "12", "team-0-handler": "21"}) == [
        f"第 1 条：“承办人”{REFUSED}"
    ]


@pytest.mark.parametrize("typed", ["MY2026-999999", "31", "夜间噪声扰民"])
def test_a_matter_is_named_by_its_whole_number(typed: str) -> None:
    filled = fill(compiled(MATTER), {"primary": typed})
    assert not filled.validate()
    assert filled.errors == {"primary": [f"没有找到编号为“{typed}”的事项，请核对“关联事项”"]}
    assert filled.question("primary").typed == typed


def test_a_matter_shows_its_number_again() -> None:
    assert fill(compiled(MATTER), data={"primary": 32}).question("primary").typed == "MY2026-000032"


def test_without_a_host_nothing_is_offered() -> None:
    form = compiled(UNIT, OFFICER, MATTER).form_class(Form)()
    assert [list(field.options()) for field in form.each_question()] == [[], [], []]
