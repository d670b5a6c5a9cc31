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


KNOWN = [
    "王小明",
    None,
    {"letter": "楼下麻将馆每天噪声扰民到半夜，请派出所管一管。", "kind": "request", "n": 3},
    ["建设路88号2单元"],
]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("接口没有应答，电话 138-0013-8000", "接口没有应答，电话 *****"),
        ("call +86 138 0013 8000 at 2026-11-23 08:00:01", "call ***** at 2026-11-23 08:00:01"),
        ("“王小明”不是时长", "“•••”不是时长"),
        ("王先生说每天噪声扰民到半夜的事", "•••说•••的事"),
        ("送到建设路88号2单元失败", "送到•••失败"),
        ("mail to wang.xm@example.test bounced", "mail to ••• bounced"),
        ("证件 33010219900101123X", "证件 *****"),
        ("boom\nDETAIL: Key (name)=(x)", "boom •••"),
        ("failed [SQL: insert] [parameters: {'a': 1}]", "failed •••"),
        ("HTTP 503, request 3 of 4, 15工作日", "HTTP 503, request 3 of 4, 15工作日"),
    ],
)
def test_a_message_says_nothing_of_people_and_all_the_rest(message: str, shown: str) -> None:
    found = masked_message(message, KNOWN)
    if "3301" in message:
        assert not any(part in found for part in ("3301", "1990", "0101"))
    else:
        assert found == shown


def test_facts_of_a_person_go_whatever_they_look_like() -> None:
    assert masked({"name": "zhangsan", "petitioner": {"age": 30, "known": True}, "王小明": "pass", "kind": "x"}) == {
        "name": "•••(8)",
        "petitioner": {"age": "•••(2)", "known": True},
        "•••3": "pass",
        "kind": "x",
    }
