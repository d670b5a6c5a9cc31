import base64
import quopri
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.screening import screen
from rules.secret_marks import REASONS, secret_marks
from rules.secret_words import SecretWords, hashed

LISTED = SecretWords(b"key", [hashed(b"key", "雷霆X号行动")])
LEVELS = ("机密", "秘密", "绝密", "機密", "祕密", "絕密", "絶密")
STARS = ("★", "☆", "*", "＊", "⭐", "✭", "●", "※", "⭐\ufe0f", "★★")
TERMS = ("10年", "3 0 年", "二十年", "贰拾年", "６个月", "①⓪年", "长期", "長期", "(5年)")
NAMES = ("密级：", "密 级 :", "密級|", "密级——", "保密等级∶", "密级\n：", "秘密等级 = ")
BRACKETS = ("【{}】", "［{}］", "〔{}〕", "[{}]", "{{{}}}", "︻{}︼")
GAPS = (
    "",
    " ",
    "　",
    "\u200b",
    "\u00ad",
    "\ufe0f",
    "\u3164",
    "\u2060\u200d",
    "\n",
    "\r\n",
    " \n ",
    "-",
    "·",
    "\t",
    "\u2003",
)

marks = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(LEVELS), st.sampled_from(STARS), st.sampled_from(TERMS)),
    st.builds("{}{}".format, st.sampled_from(NAMES), st.sampled_from(LEVELS)),
    st.builds(lambda bracket, level: bracket.format(level), st.sampled_from(BRACKETS), st.sampled_from(LEVELS)),
)
around = st.text(alphabet="道路交通反映请派人abc 12，。！\n", max_size=30)


def widen(text):
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else "\u3000" if one == " " else one for one in text)


def entities(text):
    return "".join(f"&#{ord(one)};" for one in text)


DISGUISES = {
    "plain": str,
    "wide": widen,
    "decimal entities": entities,
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "entities of entities": lambda text: entities(text).replace("&", "&amp;"),
    "escapes": lambda text: text.encode("unicode_escape").decode(),
    "percent": quote,
    "percent in GB18030": lambda text: quote(text.encode("gb18030")),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 of GB18030": lambda text: base64.b64encode(text.encode("gb18030")).decode(),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "markup": lambda text: "".join(f"<span>{one}</span>" for one in text),
    "direction marks": lambda text: f"\u202e{text[::-1]}\u202c",
    "one character a line": "\n".join,
    "zero width": "\u200b".join,
}


@settings(max_examples=150, deadline=None)
@given(marks, st.sampled_from(GAPS), st.tuples(around, around))
def test_a_planted_mark_is_found_in_every_spacing(mark, gap, places):
    found = secret_marks(places[0] + gap.join(mark) + places[1])
    assert found, (mark, gap)
    assert all(one.reason for one in found)


@pytest.mark.parametrize("disguise", DISGUISES)
@settings(max_examples=25, deadline=None)
@given(marks, st.tuples(around, around))
def test_a_planted_mark_is_found_in_every_disguise(disguise, mark, places):
    text = f"{places[0]}\n{DISGUISES[disguise](mark)}\n{places[1]}"
    assert secret_marks(text), repr(text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LEVELS), st.sampled_from(STARS[:6]), st.integers(2, 6), st.integers(0, 5), st.randoms())
def test_a_mark_written_down_a_column_is_found(level, star, width, column, random):
    rows = [[random.choice("关于道路交通整治情况报告") for _ in range(width)] for _ in range(8)]
    for row, character in zip(rows[1:], f"{level}{star}10年", strict=False):
        row[column % width] = character
    assert secret_marks("\n".join("".join(row) for row in rows))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LEVELS), st.sampled_from(STARS), st.sampled_from(TERMS), st.text("道路交通，", max_size=20))
def test_the_span_is_where_the_mark_stands_in_the_text_as_typed(level, star, term, before):
    mark = f"{level}{star}{term}"
    text = f"{before}&amp;\u200b{mark}，等"
    spans = [one.span for one in secret_marks(text) if one.kind == "level_star_term"]
    assert len(spans) == 1
    (start, end) = spans[0]
    assert text[start:end].startswith(level)
    assert text.index(mark) == start
    assert end <= start + len(mark)


@pytest.mark.parametrize(
    "text",
    [
        "——绝密——",
        "机密文件 严禁外传",
        "工作秘密，请勿外传",
        "关于某行动的报告（机密）.docx",
        "（绝密）关于某行动的报告",
        "密级 机密 份号 001",
        "保密期限｜长期",
        "机密★启用前",
        "机\n密",
        "机密.pdf",
        "机 密 机 密 机 密",
        "密级（秘密）",
    ],
)
def test_other_forms_of_marks_are_found(text):
    assert secret_marks(text)


@pytest.mark.parametrize(
    "text",
    [
        "手机、密码都被人改了，*号也看不到",
        "请问密级是秘密的文件丢了怎么处理",
        "密级（秘密、机密、绝密）是怎么划分的",
        "替他保守秘密十年了",
        "谁泄露了机密？10年过去了没有结果",
        "他们私下（秘密）达成协议，请查处",
        "内部资料不得外传，可他发到了网上",
        "国家机密不得泄露",
        "保密期限10年到了，可以公开吗",
        "《绝密★档案》很好看",
        "秘密★花园小区夜里施工",
        "计划生育手术绝育密集地区",
        "商家好评★★★★★，内部装修",
        "A = B, C &lt; D &amp; E, 100%合格，见 https://example.test/?a=1&b=%20",
        "请公开机密文件清单\n谢谢",
    ],
)
def test_ordinary_sentences_are_none(text):
    assert secret_marks(text) == ()


def test_the_bureaus_own_words_are_found_in_every_spelling():
    for text in (
        "参与雷 霆Ｘ号行动",
        "雷\u200b霆x号\n行动",
        "雷&#38662;X号行动",
        base64.b64encode("雷霆X号行动".encode()).decode(),
    ):
        assert {one.kind for one in secret_marks(text, LISTED)} == {"word"}
    assert secret_marks("雷声大，X号楼行动不便", LISTED) == ()


def test_nothing_of_what_matched_is_in_the_answer():
    found = screen("绝密★30年 甲乙丙丁行动方案，身份证11010519491231002X，我不想活了")
    said = str(found) + str(found.as_dict())
    assert {one.sort for one in found.findings} == {"secret", "personal", "alarm"}
    assert all(one.reason and one.advice for one in found.findings)
    assert not any(words in said for words in ("绝密", "甲乙丙丁", "11010519491231002X", "不想活"))


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_and_spans_lie_within_it(text):
    for finding in screen(text, LISTED).findings:
        assert 0 <= finding.span[0] < finding.span[1] <= len(text)


def test_every_kind_has_a_reason():
    assert all(REASONS.values())
