import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.emergency import ADVICE, CATEGORIES, alarms
from rules.word_lists import read_words


def categories(text):
    return [alarm.category for alarm in alarms(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我不想活了，去年开始就这样", ["suicide"]),
        ("我 不 想\u200b活 了", ["suicide"]),
        ("逼得我没有活路，我要自杀！", ["suicide", "suicide"]),
        ("楼下有人持刀，快派人来", ["emergency", "emergency"]),
        ("隔壁正在家暴，请快出警", ["emergency", "emergency"]),
        ("再不解决就和你们同归于尽", ["threat"]),
        ("你们都是畜生", ["abuse"]),
        ("再这样下去我母亲要自杀，谢谢", ["suicide"]),
        ("孩子没有爸爸，不想活了", ["suicide"]),
        ("单位不作为导致我想自杀", ["suicide"]),
        ("有人持刀，我不想活了，同归于尽", ["emergency", "suicide", "threat"]),
    ],
)
def test_what_cannot_wait_raises_an_alarm(text, expected):
    assert categories(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "建议开展预防自杀的念头的讲座",
        "去年有人要跳楼，感谢民警救下",
        "昨晚有人持刀，已被民警制止",
        "为了减轻生产成本",
        "小区噪音吵得想跳楼",
        "不要轻生，热爱生活",
        "电影里有人跳楼的桥段是否合适",
        "听说有人落水后被救起",
        "反自杀热线怎么打",
        "商家玩火自焚",
        "防止煤气泄漏的宣传没有做",
        "燃气泄漏隐患请排查",
        "正在偷排污水",
        "打架斗殴怎么处罚",
        "车流大，快要出人命",
    ],
)
def test_what_is_only_talked_of_raises_none(text):
    assert categories(text) == []


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([(category, word) for category in CATEGORIES for word in read_words(f"{category}.txt")]),
    st.sampled_from(("", " ", "\u200b", "·")),
    st.text(alphabet="路口停车，。请", max_size=20),
)
def test_every_word_of_the_lists_is_heard_and_says_where_and_what_to_do(listed, gap, before):
    category, word = listed
    written = gap.join(word)
    text = f"{before}。{written}。"
    found = [alarm for alarm in alarms(text) if alarm.category == category]
    assert found
    start = len(before) + 1
    assert all(start <= alarm.span[0] < alarm.span[1] <= start + len(written) for alarm in found)
    assert all(alarm.reason and alarm.advice == ADVICE[category] and alarm.label for alarm in found)


def test_real_messages_rarely_raise_an_alarm(shared):
    texts = []
    for name in ("board-2019.csv", "answered-2018.csv", "hotline-12345.csv"):
        with (shared / "data" / "messages" / name).open(encoding="utf-8-sig", newline="") as file:
            texts += [
                f"{row.get('留言主题') or row.get('标题')}\n{row.get('留言详情') or row.get('投诉件内容')}"
                for row in csv.DictReader(file)
            ]
    raised = sum(bool(alarms(text)) for text in texts)
    assert 0 < raised <= len(texts) / 500
