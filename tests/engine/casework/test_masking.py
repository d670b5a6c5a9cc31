import pytest

from engine.casework.masking import masked, masked_message, masked_number


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        12,
        -3.5,
        "",
        "accepted",
        "hand_on.now",
        "15工作日",
        "4工作小时",
        "2026-03-02",
        "2026-03-02T09:00:00+08:00",
    ],
)
def test_what_a_gateway_asks_for_stays(value: object) -> None:
    assert masked(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "王小明",
        "楼下麻将馆",
        "13800138000",
        13800138000,
        "id_110101199001011234",
        "a b",
        "wang@example.test",
        "15工作日王",
    ],
)
def test_what_may_be_about_a_person_goes(value: object) -> None:
    shown = str(masked(value))
    assert shown.startswith("•••")
    assert str(value) not in shown


def test_the_shape_stays() -> None:
    assert masked({"review": {"decision": "pass", "names": ["张", "李"]}, "n": [1, {"x": "赵"}]}) == {
        "review": {"decision": "pass", "names": ["•••(1)"] * 2},
        "n": [1, {"x": "•••(1)"}],
    }


def test_numbers_and_messages() -> None:
    assert masked_number("MY202603020001") == "MY20****"
    assert masked_number("") == ""
    assert masked_message("no answer from 13800138000 at 12:30") == "no answer from ***** at 12:30"
