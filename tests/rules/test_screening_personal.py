from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.personal_data import is_card_number, is_identity_number, is_old_identity_number, mask, personal_data

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FIRST_DAY = date(1920, 1, 1)

bodies = st.builds(
    lambda area, day, order: f"{area:06d}{FIRST_DAY + timedelta(days=day):%Y%m%d}{order:03d}",
    st.integers(110000, 659999),
    st.integers(0, 38_000),
    st.integers(0, 999),
)


def identity_of(body):
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def wide(text):
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


SPELLINGS = (
    str,
    str.lower,
    wide,
    "\u200b".join,
    " ".join,
    lambda number: number.replace("X", "×"),
    lambda number: number.replace("X", "Х"),
    lambda number: f"{number[:6]} {number[6:14]} {number[14:]}",
    lambda number: f"{number[:6]}-{number[6:10]}-{number[10:14]}-{number[14:]}",
    lambda number: f"{number[:10]}\n{number[10:]}",
)


@settings(max_examples=150, deadline=None)
@given(
    bodies,
    st.sampled_from(SPELLINGS),
    st.sampled_from(("身份证", "手机13812345678 ", "（", "no.", "id:")),
    st.sampled_from(("，", "tel", "。", "")),
)
@example("11000019200101029", " ".join, "身份证", "tel")
def test_every_identity_number_is_found_where_it_stands(body, spelling, before, after):
    written = spelling(identity_of(body))
    text = f"{before}{written}{after}"
    (span,) = personal_data(text)["identity"]
    assert text[slice(*span)] == written


@settings(max_examples=150, deadline=None)
@given(bodies, st.integers(0, 17), st.integers(1, 10))
def test_no_identity_number_with_one_wrong_digit_is_accepted(body, place, change):
    number = identity_of(body)
    digits = "0123456789X" if place == 17 else "0123456789"
    wrong = digits[(digits.index(number[place]) + change) % len(digits)]
    if wrong == number[place]:
        return
    broken = number[:place] + wrong + number[place + 1 :]
    assert not is_identity_number(broken)
    assert "identity" not in personal_data(f"身份证{broken}。")


@settings(max_examples=100, deadline=None)
@given(bodies, st.integers(0, 16))
def test_no_identity_number_with_two_neighbours_exchanged_is_accepted(body, place):
    number = identity_of(body)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or not is_identity_number(swapped)


def test_old_numbers_need_a_date_and_a_province():
    assert is_old_identity_number("320404680101123")
    assert not is_old_identity_number("320404681301123")
    assert not is_old_identity_number("990404680101123")
    assert personal_data("老证号320404680101123")["identity"] == ((3, 18),)


def luhn(stem):
    return next(stem + digit for digit in "0123456789" if passes(stem + digit))


def passes(number):
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


CARDS = (
    ("62", 16),
    ("62", 19),
    ("622202", 19),
    ("4", 16),
    ("53", 16),
    ("2720", 16),
    ("37", 15),
    ("3528", 16),
    ("9558", 19),
    ("36", 14),
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CARDS), st.integers(0, 10**18), st.sampled_from((1, 4, 0)), st.sampled_from("- "))
def test_cards_are_found_by_issuer_length_and_luhn(kind, account, group, between):
    prefix, length = kind
    number = luhn(prefix + f"{account:019d}"[: length - len(prefix) - 1])
    written = between.join(number[at : at + group] for at in range(0, length, group)) if group else number
    if personal_data(written).get("identity"):
        return
    assert personal_data(f"卡号{written}。")["card"] == ((2, 2 + len(written)),)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not is_card_number(wrong)


@pytest.mark.parametrize(
    "stem",
    [
        "411111111111",
        "622222222222222222",
        "6222222222222222222",
        "202601011234567",
        "37123456789012",
        "53123456789012",
    ],
)
def test_numbers_no_issuer_gives_are_no_cards(stem):
    number = luhn(stem)
    known = len(number) == 19 or stem.startswith("37")
    assert is_card_number(number) is known
    assert ("card" in personal_data(number)) is known


def test_one_digit_repeated_is_no_card():
    assert not is_card_number("0000000000000000")
    assert not is_card_number("4444444444444444")


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("电话+86 138 1234 5678。", "phone", "+86 138 1234 5678"),
        ("008613812345678", "phone", "008613812345678"),
        ("手机1 3 8 1 2 3 4 5 6 7 8", "phone", "1 3 8 1 2 3 4 5 6 7 8"),
        ("１３８—", "", ""),
        ("(0519) 8288 1234", "phone", "(0519) 8288 1234"),
        ("电话：8288-1234", "phone", "8288-1234"),
        ("020-81234567", "phone", "020-81234567"),
        ("苏Ｄ１２３４５", "plate", "苏Ｄ１２３４５"),
        ("苏 粤BD12345的车", "plate", "粤BD12345"),
        ("苏D·1234警", "plate", "苏D·1234警"),
        ("WJ苏12345", "plate", "WJ苏12345"),
        ("护照E12345678遗失", "passport", "E12345678"),
        ("EA1234567", "passport", "EA1234567"),
        ("往来港澳通行证C12345678", "passport", "C12345678"),
        ("我家住幸福路12号3栋2单元501室", "address", "幸福路12号3栋2单元501室"),
        ("阳光花园3栋501室漏水", "address", "阳光花园3栋501室"),
        ("城关村三组12号", "address", "城关村三组12号"),
        ("住址：武阳县城关镇幸福路12号，请来", "address", "武阳县城关镇幸福路12号"),
    ],
)
def test_other_data_is_found(text, kind, found):
    spans = personal_data(text).get(kind, ())
    assert [text[slice(*span)] for span in spans] == ([found] if found else [])
    if found:
        assert found not in mask(text)
        assert len(mask(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "13-05-2026 12:30 受理",
        "工单20260102123456789",
        "12345热线，110报警，全国400-800-1234",
        "新classes和新model3",
        "编号C12345678",
        "第3栋楼",
        "京东ABC",
        "1234567890123456789012345678901234567890",
        "2026-01-02 2026-01-03 2026-01-04",
        "在路口等红灯3次",
    ],
)
def test_ordinary_numbers_and_places_are_none(text):
    assert personal_data(text) == {}
