"""The stretches of a text that say why it was found."""

from hypothesis import given
from hypothesis import strategies as st

from rules.query import parse, spans
from rules.query_snippets import Fragment, marked, opening, snippet


def told(fragments: tuple[Fragment, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in fragments)


def test_words_are_marked_with_a_little_around_them():
    text = "一二三四五六七八望月路九十甲乙丙丁戊己庚辛"
    assert told(snippet(text, parse("望月路"), around=3)) == "…六七八[望月路]九十甲…"
    assert told(snippet(text, parse("望月路"), around=30)) == "一二三四五六七八[望月路]九十甲乙丙丁戊己庚辛"
    assert snippet(text, parse("清风桥")) == ()
    assert told(marked(text[6:14], parse("望月路"))) == "七八[望月路]九十甲"


def test_stretches_that_meet_are_one_and_only_a_few_are_shown():
    text = "甲甲甲望月乙乙望月丙丙丙丙丙丙丙丙望月丁丁丁丁丁丁丁丁丁望月"
    assert told(snippet(text, parse("望月"), around=2, most=2)) == "…甲甲[望月]乙乙[望月]丙丙…丙丙[望月]丁丁…"


def test_other_spellings_are_marked_as_they_are_written_and_lines_become_one():
    assert (
        told(snippet("電話\n１３８-0013 8000，Ｌｏｕｄ", parse("13800138000 loud")))
        == "電話 [１３８-0013 8000]，[Ｌｏｕｄ]"
    )
    assert told(snippet("夜裡吵鬧", parse("吵闹"))) == "夜裡[吵鬧]"


def test_the_beginning_of_a_text_is_shown_when_no_word_stands_in_it():
    assert told(opening("一二\n 三四五", 4)) == "一二 三…"
    assert told(opening("一二", 4)) == "一二"
    assert opening("  ") == ()


@given(
    st.text(alphabet="望月路ab 1２\n", max_size=80), st.text(alphabet='望月路ab 12"-', max_size=8), st.integers(0, 9)
)
def test_what_is_marked_is_what_was_found_and_nothing_is_added(text, typed, around):
    query = parse(typed)
    whole = marked(text, query)
    assert "".join(piece.text for piece in whole) == text
    assert [piece.text for piece in whole if piece.marked] == [text[start:end] for start, end in spans(text, query)]
    plain = " ".join(text.splitlines()) if "\n" in text else text
    pieces = snippet(text, query, around=around, most=99)
    assert sum(piece.marked for piece in pieces) >= len(spans(plain, query))
    assert all(piece.text == "…" or piece.text in plain for piece in pieces)
    assert bool(pieces) == bool(spans(plain, query))
