from hypothesis import given
from hypothesis import strategies as st

from rules.matching import WordIndex, fold

letters = st.text(alphabet="甲乙丙丁Aa１1 ", max_size=40)
words = st.lists(st.text(alphabet="甲乙丙a1", min_size=1, max_size=4), max_size=12)


@given(st.text(max_size=80))
def test_folding_keeps_every_position(text):
    assert len(fold(text)) == len(text)


def test_folding_makes_width_and_case_alike():
    assert fold("ＫＴＶ１２３（Ａ）") == "ktv123(a)"
    assert fold("KTV") == "ktv"


@given(words, letters)
def test_finds_exactly_what_a_plain_search_finds(words, text):
    folded = fold(text)
    expected = {
        word: [at for at in range(len(folded)) if folded.startswith(word, at)] for word in words if word in folded
    }
    assert WordIndex(words).find(folded) == expected


def test_words_are_found_whatever_width_they_were_entered_in():
    assert WordIndex(["ＫＴＶ扰民"]).find(fold("楼下Ktv扰民")) == {"ktv扰民": [2]}
