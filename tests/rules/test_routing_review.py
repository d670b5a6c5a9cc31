"""What a table says about itself."""

from datetime import date

import pytest

from rules.routing_review import Remark, review
from rules.routing_rules import Rule


def rule(code: str, *words: str, **given: object) -> Rule:
    values: dict[str, object] = {"kind": "department", "unit": "traffic"} | given
    return Rule(id=code, words=words, **values)  # type: ignore[arg-type]


def told(*rules: Rule) -> list[tuple[str, str, str]]:
    return [(remark.kind, remark.rule, remark.other) for remark in review(rules)]


def test_the_same_words_for_another_owner_contradict_in_whatever_width_they_are_written() -> None:
    both = (rule("a", "ＫＴＶ+噪音"), rule("b", "噪音+ktv", unit="order"))
    assert review(both) == [
        Remark("contradicts", "a", "b", ("ktv+噪音",)),
        Remark("contradicts", "b", "a", ("ktv+噪音",)),
    ]
    assert told(rule("a", "噪音"), rule("b", "噪音", kind="outside", unit="", agency="环保局"))


@pytest.mark.parametrize(
    "other",
    [
        rule("b", "违停", unit="traffic", priority=9),  # the same owner
        rule("b", "违停", kind="matter", unit="", category="parking"),  # no owner at all
        rule("b", "违停", unit="order", place="新城"),  # elsewhere
        rule("b", "违停", unit="order", valid_from=date(2027, 1, 1)),  # at another time
        rule("b", "违停", unit="order", also=("校门",)),  # with other words beside it
        rule("b", "违停", unit="order", active=False),
    ],
)
def test_rules_that_never_meet_or_agree_do_not_contradict(other: Rule) -> None:
    one = rule("a", "违停", place="老城", valid_to=date(2026, 12, 31), also=("医院",))
    assert not [remark for remark in review((one, other)) if remark.kind == "contradicts"]


def test_agencies_outside_are_one_owner() -> None:
    one = rule("a", "违建", kind="outside", unit="", agency="城管局")
    assert told(one, rule("b", "违建", kind="outside", unit="", agency="住建局")) == []


def test_a_rule_all_of_which_another_says_is_named_once() -> None:
    wide, narrow = rule("a", "违停", "乱停车"), rule("b", "违停")
    assert told(wide, narrow) == [("repeats", "b", "a")]
    assert told(narrow, wide) == [("repeats", "b", "a")]
    assert told(rule("a", "违停"), rule("b", "违停")) == [("repeats", "b", "a")]
    assert told(rule("a", "违停", without=("单车",)), rule("b", "违停")) == [("repeats", "a", "b")]
    assert told(rule("a", "违停", valid_to=date(2026, 1, 1)), rule("b", "违停", place="新城")) == []


def test_a_longer_word_under_a_heavier_shorter_one_is_outweighed() -> None:
    short, long = rule("a", "停车", priority=7), rule("b", "停车收费", unit="order", priority=5)
    assert told(short, long) == [("outweighed", "b", "a")]
    assert told(short, rule("b", "停车收费", "收费纠纷", unit="order")) == []
    assert told(short, rule("b", "停车收费", unit="order", priority=8)) == []
    assert told(rule("a", "停车", priority=7, without=("收费",)), long) == []


def test_a_rule_that_its_own_exclusion_silences_is_told() -> None:
    silent = rule("a", "共享单车乱停", without=("单车",))
    assert review((silent,)) == [Remark("silenced", "a", "", ("共享单车乱停",))]
    assert review((rule("a", "共享单车乱停", "违停", without=("单车",)),)) == []
