import json
from datetime import date

import pytest

from rules.comparison import compare
from rules.fingerprint import fingerprint
from rules.matter_index import Index

TITLE = "望月路与县前街路口绿灯时间太短"
BODY = (
    "望月路由南往北的车每天早上排到文昌桥，绿灯只有十二秒，最多走六七辆，县前街方向没什么车绿灯却有四十秒，请调整配时。"
    "我们上班天天经过，已经观察了两个星期，这个路口早高峰堵得厉害，希望交警部门尽快到现场看一看。"
)
EMPTY = Index()


def match(one, other):
    return compare(
        fingerprint("new", *one[:2], **dict(one[2:])),
        fingerprint("old", *other[:2], **dict(other[2:])),
        EMPTY.rarity(),
    )


def test_the_same_event_told_in_other_words_is_the_same_matter():
    again = (
        "请调整望月路与县前街路口的红绿灯",
        "望月路早高峰由南往北排队到文昌桥，绿灯十几秒只能走六七辆，县前街绿灯四十秒没有车，浪费时间，配时要调整。",
    )
    found = match((TITLE, BODY), again)
    assert found.band == "same"
    assert "县前街" in found.names
    assert {"文昌桥", "望月路"} & set(found.shared)


def test_the_same_words_about_another_place_are_another_matter():
    other = (
        TITLE.replace("望月路", "湖滨大道").replace("县前街", "创业路"),
        BODY.replace("望月路", "湖滨大道").replace("县前街", "创业路"),
    )
    found = match((TITLE, BODY), other)
    assert found.elsewhere
    assert found.band != "same"
    assert found.score < match((TITLE, BODY), (TITLE, BODY)).score


def test_things_of_another_number_are_another_matter():
    one = ("请将公交7路延伸至湖滨花园小区", "湖滨花园小区住了三千人，公交7路只到路口，请延伸一站。")
    other = ("请将公交9路延伸至湖滨花园小区", "湖滨花园小区住了三千人，公交9路只到路口，请延伸一站。")
    assert match(one, other).elsewhere
    assert match(one, other).band != "same"


def test_two_general_questions_are_alike_and_yet_two_matters():
    one = ("咨询身份证换证问题", "请问身份证到期怎么换证，需要什么材料？")
    other = ("咨询身份证换证的问题", "你好，身份证到期了，换证需要什么材料？")
    assert match(one, other).band == "perhaps"


def test_copied_passages_are_the_same_matter_and_shown_as_copied():
    story = "".join(f"第{n}次我去问老许家的鱼塘赔偿，他说要等到第{n + 3}个月才给话，" for n in range(20))
    found = match(("鱼塘赔偿", story), ("渔湾老许赔偿一事", story))
    assert found.copied > 0.9
    assert found.band == "same"


def test_a_shared_number_and_the_same_person_are_told():
    one = ("被骗报案", "骗子电话19900001234，骗走三千", ("person", "甲"))
    other = ("又接到诈骗电话", "号码是 19900001234，没有上当", ("person", "甲"))
    found = match(one, other)
    assert found.numbers == ("19900001234",)
    assert found.same_person
    assert json.loads(json.dumps(found.as_dict()))["numbers"] == ["19900001234"]


def test_letters_of_one_fortnight_are_more_alike_than_those_of_two_seasons():
    again = ("请调整望月路的红绿灯", "望月路早高峰排到文昌桥，绿灯十几秒。")
    march, april = ("day", date(2026, 3, 2)), ("day", date(2026, 4, 2))
    apart = match((TITLE, BODY, march), (*again, april))
    assert match((TITLE, BODY, march), (*again, march)).score > apart.score
    assert apart.score == match((TITLE, BODY, march), again).score


def test_unrelated_matters_are_other():
    assert match((TITLE, BODY), ("护照遗失如何补办", "下月出国，护照找不到了。")).band == "other"


@pytest.mark.parametrize(("title", "body"), [("", ""), ("？？？", "。"), ("a" * 2000, "b"), ("的了是", "在和与")])
def test_empty_and_odd_texts_compare_without_a_fault(title, body):
    found = match((title, body), (TITLE, BODY))
    assert found.band == "other"
    assert match((title, body), (title, body)).score <= 1


def test_the_fingerprint_is_the_same_whatever_width_was_typed():
    assert fingerprint("a", "ＫＴＶ扰民（三楼）", "电话１９９０００１２３４５") == fingerprint(
        "a", "ktv扰民(三楼)", "电话19900012345"
    )
