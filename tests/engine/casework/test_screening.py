import pytest

from engine.casework.actions import InvalidStep
from engine.casework.screening import secret_fields
from tests.journeys.bureau import World


def test_marks_are_found_however_deep_they_lie() -> None:
    answers = {
        "reply": "您反映的问题属实",
        "facts": "附方案\n机密★10年",
        "contacts": [{"summary": "好", "whom": "【秘密】"}],
        "count": 3,
        "none": None,
        "given": {"密级：绝密": True},
    }
    assert secret_fields(answers) == ["facts", "contacts", "given"]


def test_what_an_officer_types_is_screened_before_it_is_stored(world: World) -> None:
    number = world.register("幸福路乱停车").number
    world.do(number, "sign", "liaison")
    before = world.history(number)
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "investigate", "handler", facts="据通报\n密 级：机 密\n如下")
    assert list(refused.value.fields) == ["facts"]
    assert "涉密" in refused.value.message
    assert "通报" not in refused.value.message
    assert world.history(number) == before
    assert world.value("select count(*) from history_event where details::text like '%据通报%'") == 0
    world.do(number, "investigate", "handler")
    assert world.history(number) != before
