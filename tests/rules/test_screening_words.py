"""The bureau's own words: found in every disguise by their hashes alone, and in no ordinary text."""

import base64
import csv
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.disguise import Plain
from rules.screening import find_secrets, screen
from rules.secret_words import HashedWord, SecretWords, comparable, derived_key, hashed

KEY = derived_key("a secret for tests", b"0123456789abcdef")
WORDS = ("雷霆X号行动", "青松三号", "红隼计划", "孤城", "Operation Kestrel", "猎鹰-7")
LISTED = SecretWords(KEY, [hashed(KEY, word) for word in WORDS])
PLAIN_FORMS = ("雷霆X号行动", "青松三号", "红隼计划", "猎鹰7")
around = st.tuples(*[st.text(alphabet="请在道路交通反映问题，。\n", max_size=30)] * 2)


def wide(text):
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


DISGUISES = {
    "as it is": str,
    "full width": wide,
    "lower case": str.lower,
    "blanks": " ".join,
    "ideographic blanks": "　".join,
    "nothing shown": "\u200b".join,
    "combining": lambda word: "".join(one + "\u0336" for one in word),
    "dots": "·".join,
    "hyphens": "-".join,
    "line ends": "\n".join,
    "commas": "，".join,
    "brackets": lambda word: "".join(f"（{one}）" for one in word),
    "entities": lambda word: "".join(f"&#{ord(one)};" for one in word),
    "escapes": lambda word: word.encode("unicode_escape").decode(),
    "percent": lambda word: "".join(f"%{byte:02X}" for byte in word.encode()),
    "markup": lambda word: "<b>" + "</b><b>".join(word) + "</b>",
    "base64": lambda word: " " + base64.b64encode(f"按照{word}的安排".encode()).decode() + " ",
    "read as Latin-1": lambda word: " " + word.encode().decode("latin-1") + " ",
    "traditional": lambda word: (
        word.replace("号", "號").replace("动", "動").replace("计划", "計劃").replace("鹰", "鷹")
    ),
    "backwards": lambda word: "\u202e" + word[::-1] + "\u202c",
}


@pytest.mark.parametrize("disguise", DISGUISES)
@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLAIN_FORMS), around)
def test_a_listed_word_is_found_in_every_disguise(disguise, word, around):
    before, after = around
    assert "word" in find_secrets(before + DISGUISES[disguise](word) + after, LISTED)


def test_a_word_in_letters_is_found_encoded_too():
    for disguise in (str, wide, " ".join, DISGUISES["base64"], DISGUISES["percent"], DISGUISES["entities"]):
        assert "word" in find_secrets(f"about {disguise('Operation Kestrel')}, urgent", LISTED)
    assert "word" in find_secrets(base64.b64encode(b"meet operation kestrel").decode(), LISTED)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLAIN_FORMS), st.integers(0, 6))
def test_a_listed_word_is_found_down_a_column(word, column):
    lines = ["道路交通情况反映处理"[:column] + one + "请予处置" for one in word]
    assert "word" in find_secrets("\n".join(lines), LISTED)


def test_the_span_is_that_of_the_text_as_it_was_typed():
    text = "参与雷 霆Ｘ号\u200b行动的人"
    (mark,) = screen(text, LISTED).marks
    assert text[slice(*mark.span)] == "雷 霆Ｘ号\u200b行动"
    assert mark.kind == "word"
    assert "雷" not in str(screen(text, LISTED).as_dict())


@pytest.mark.parametrize(
    "text",
    [
        "青松路三号门前乱停车",
        "一棵青松，三号楼旁边",
        "红隼，一种鸟。计划明年再来",
        "这里孤\n城区很远",
        "他很孤独，城里没有亲人",
        "行动不便的老人",
        "城孤",
    ],
)
def test_what_only_resembles_a_listed_word_is_none(text):
    assert find_secrets(text, LISTED) == ()


def test_a_word_says_how_long_it_may_be():
    for word in ("", "，。", "城", "很" * 41):
        with pytest.raises(ValueError, match="2 to 40"):
            hashed(KEY, word)
    assert hashed(KEY, "ＸＹ").length == 2
    assert comparable("猎鹰-７ ") == comparable("獵鷹7")


def test_what_is_kept_says_nothing_of_a_word_and_is_another_under_another_key():
    other = derived_key("another secret", b"0123456789abcdef")
    salted = derived_key("a secret for tests", b"another salt 16b")
    for word in WORDS:
        kept = hashed(KEY, word)
        assert {kept.digest, hashed(other, word).digest, hashed(salted, word).digest}.__len__() == 3
        assert kept == hashed(KEY, word)
        assert 0 <= kept.tag < 2**15
    kept_words = pickle.dumps([hashed(KEY, word) for word in WORDS])
    assert not any(word.encode() in kept_words or word.encode("utf-16-le") in kept_words for word in WORDS)
    # Under a key that is not theirs the hashes find nothing.
    blind = SecretWords(other, [hashed(KEY, word) for word in WORDS])
    assert find_secrets("、".join(WORDS), blind) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="甲乙丙丁戊己庚辛", min_size=2, max_size=6), max_size=20), st.data())
def test_just_the_listed_words_are_found(words, data):
    """Against a plain search for the words themselves."""
    listed = SecretWords(KEY, [hashed(KEY, word) for word in words])
    text = data.draw(st.text(alphabet="甲乙丙丁戊己庚辛", max_size=60))
    sought = [*words, *(word[::-1] for word in words if len(word) >= 3)]  # longer ones backwards too
    expected = {(at, at + len(word)) for word in sought for at in range(len(text)) if text.startswith(word, at)}
    assert set(listed.find(Plain(text).text)) == expected


def test_an_empty_list_and_a_tag_without_its_word_find_nothing():
    assert find_secrets("雷霆X号行动", SecretWords(KEY, [])) == ()
    kept = hashed(KEY, "雷霆X号行动")
    assert find_secrets("雷霆X号行动", SecretWords(KEY, [HashedWord(kept.length, kept.tag, b"0" * 16)])) == ()


def test_five_hundred_words_raise_nothing_on_real_messages(shared):
    texts = []
    for name in ("board-2019.csv", "hotline-12345.csv"):
        with (shared / "data" / "messages" / name).open(encoding="utf-8-sig", newline="") as file:
            texts += [" ".join(filter(None, row.values())) for row in csv.DictReader(file)]
    animals, numbers = "隼鹫鸢鹞雕鹗鹘鸮鹄鹭", "壹贰叁肆伍陆柒捌玖拾"
    made = [f"{a}{b}{c}号" for a in animals for b in animals for c in numbers][:500]
    listed = SecretWords(KEY, [hashed(KEY, word) for word in made])
    assert sum("word" in find_secrets(text, listed) for text in texts[:3000]) == 0
