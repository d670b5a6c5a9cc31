import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.screening import find_secrets, is_card_number, is_identity_number, mask, personal_data, screen

GAPS = ("", " ", "　", "\u200b", "\xa0", " \t ")
LEVELS = ("机密", "秘密", "绝密", "機密", "祕密", "絕密")
FORMS = (
    "{level}★10年",
    "{level}★ 长期",
    "{level}☆五年",
    "密级：{level}",
    "密级:{level}",
    "【{level}】",
    "［{level}］",
    "[{level}★20年]",
    "保密期限：10年（{level}）",
)


def widen(text):
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


@given(
    st.sampled_from(FORMS),
    st.sampled_from(LEVELS),
    st.sampled_from(GAPS),
    st.booleans(),
    st.tuples(*[st.text(alphabet="道路交通反映请，。\n", max_size=30)] * 2),
)
def test_a_planted_mark_is_found_in_every_width_and_spacing(form, level, gap, wide, around):
    mark = gap.join(form.format(level=level))
    if wide:
        mark = widen(mark)
    assert find_secrets(mark.join(around)), mark


@pytest.mark.parametrize(
    "text",
    [
        "关于某事的通知\n机密\n正文",
        "机密★",
        "机密&#9733;10年",
        "机密&nbsp;★10年",
        "机密★10年 ",
        "【机 密】",
        "内部资料 注意保密",
    ],
)
def test_other_ways_of_marking_are_found(text):
    assert find_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "商业秘密被泄露，请公安查处",
        "这是我和他之间的秘密，不能说",
        "他自称掌握国家机密文件",
        "机密文件丢失会怎样处罚？",
        "绝密飞行表演好看",
        "保守秘密是公民的义务",
        "饭店好评★★★★★",
        "秘密花园小区噪音扰民",
        "《秘密》这本书被禁了吗",
        "密级不清楚，请咨询",
        "保密期限怎么规定",
        "内部资料是什么意思",
    ],
)
def test_ordinary_uses_of_the_words_raise_nothing(text):
    assert find_secrets(text) == ()


def test_what_was_found_is_nowhere_in_the_answer():
    found = screen("绝密★30年 甲乙丙丁行动方案")
    assert found.is_secret
    assert "行动" not in str(found)
    assert "绝密" not in str(found.as_dict())


def identity_of(body):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


bodies = st.builds(
    lambda area, year, month, day, order: f"{area:06d}{year}{month:02d}{day:02d}{order:03d}",
    st.integers(110000, 659999),
    st.integers(1930, 2025),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 999),
)


@given(bodies, st.integers(0, 16), st.integers(1, 9))
def test_identity_numbers_are_known_by_their_checksum(body, place, change):
    number = identity_of(body)
    assert is_identity_number(number)
    assert is_identity_number(number.lower())
    digit = (int(number[place]) + change) % 10
    assert not is_identity_number(number[:place] + str(digit) + number[place + 1 :])


def test_an_identity_number_with_an_impossible_date_is_none():
    assert not is_identity_number(identity_of("11010519490231002"))


@given(st.integers(400000, 629999), st.integers(0, 10**12 - 1))
def test_card_numbers_are_known_by_luhn(issuer, account):
    stem = f"{issuer}{account:012d}"
    good = [digit for digit in "0123456789" if is_card_number(stem + digit)]
    assert len(good) == 1
    spaced = " ".join((stem + good[0])[at : at + 4] for at in range(0, 19, 4))
    assert is_card_number(spaced)
    assert personal_data(f"卡号{spaced}。").get("card")


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("电话13812345678。", "phone", "电话138****5678。"),
        ("电话１３８１２３４５６７８。", "phone", "电话１３８****５６７８。"),
        ("138-1234-5678", "phone", "138******5678"),
        ("0519-82881234", "phone", "051******1234"),
        ("车牌苏D12345违停", "plate", "车牌苏D***45违停"),
        ("苏D·12345警", "plate", "苏D****45警"),
        ("新能源苏DF12345", "plate", "新能源苏D****45"),
    ],
)
def test_personal_data_is_covered_but_for_its_ends(text, kind, masked):
    assert kind in personal_data(text)
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text", ["工单20260102123456789", "12345热线", "110报警", "2026年1月2日", "编号123456789012345678"]
)
def test_ordinary_numbers_are_nobodys_data(text):
    assert personal_data(text) == {}
    assert mask(text) == text


def test_an_identity_number_is_not_also_a_card_or_a_phone():
    number = identity_of("11010519491231002")
    found = personal_data(f"身份证{number}，电话19912345678")
    assert set(found) == {"identity", "phone"}
    assert mask(f"身份证{number}") == f"身份证{number[:6]}{'*' * 10}{number[-2:]}"


def test_only_the_kinds_asked_for_are_masked():
    assert mask("苏D12345 13812345678", ["phone"]) == "苏D12345 138****5678"


@given(st.text(max_size=120))
def test_any_text_is_screened_and_keeps_its_length_when_masked(text):
    screen(text)
    assert len(mask(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "alarm"),
    [
        ("我不想活了，谁也别找我", ("suicide",)),
        ("楼下有人持刀，快派人来", ("emergency",)),
        ("请帮我查一下违章", ()),
        ("建议开展预防自杀的念头的讲座", ()),
        ("去年有人要跳楼，感谢民警救下", ()),
    ],
)
def test_alarms_are_raised_for_what_happens_now(text, alarm):
    assert screen(text).alarm == alarm
