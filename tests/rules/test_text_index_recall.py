"""What the index finds is what a plain reading finds."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.query import Query, Word, spans
from rules.text_index import EVERYTHING, Sought, TextIndex
from rules.text_index_folding import cover, fold
from rules.text_index_store import TextIndexWriter
from tests.rules.indexed import filled, found, matter, read_plainly

# Few characters, so that texts repeat themselves and each other; both scripts, both widths, blanks and marks.
LETTERS = st.sampled_from("路望月東东国國aAＡ1１-“ \n　，")
TEXTS = st.text(LETTERS, max_size=14)
PIECES = st.text(LETTERS, min_size=1, max_size=8)
ANYTHING = st.text(max_size=12)


def literal(piece: str) -> Sought:
    return Sought(Query((Word(fold(piece)),)), EVERYTHING, EVERYTHING)


@st.composite
def corpora(draw, texts):
    some = st.lists(texts.filter(bool), max_size=2).map(tuple)
    return [
        matter(number, draw(texts), draw(texts), people=draw(some), places=draw(some))
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]


def compare(documents, pieces):
    folder = Path(tempfile.mkdtemp())
    try:
        index = filled(folder, documents)
        for piece in pieces:
            expected = read_plainly(documents, piece)
            assert index.ids(literal(piece)) == expected, piece
            assert index.count(literal(piece)) == len(expected)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(corpora(TEXTS), st.lists(PIECES, min_size=1, max_size=12))
def test_every_piece_is_found_where_it_stands_and_nowhere_else(documents, pieces):
    compare(documents, pieces)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(corpora(ANYTHING), st.data())
def test_pieces_of_any_text_in_the_world_are_found(documents, data):
    pieces = [item.title[at : at + 8] for item in documents for at in range(0, len(item.title), 3)]
    compare(documents, [*pieces, data.draw(st.text(min_size=1, max_size=3))])


@given(st.text(min_size=2, max_size=20))
def test_the_pairs_of_a_phrase_leave_no_character_out(piece):
    assert {at + part for at, _ in cover(piece) for part in (0, 1)} == set(range(len(piece)))
    assert all(piece[at : at + 2] == pair for at, pair in cover(piece))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(corpora(TEXTS), corpora(TEXTS), st.sets(st.integers(1, 6)), st.lists(PIECES, min_size=1, max_size=6))
def test_after_replacing_and_deleting_it_is_that_of_what_is_left(before, after, deleted, pieces):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = filled(folder, before)
        with TextIndexWriter(folder) as writer:
            for item in after:
                writer.put(item)
            for number in deleted:
                writer.delete(number)
            writer.commit(2)
        index.reload()
        left = {item.id: item for item in [*before, *after] if item.id not in deleted}
        for piece in pieces:
            assert index.ids(literal(piece)) == read_plainly(left.values(), piece)


@given(TEXTS, PIECES)
def test_spans_are_where_the_piece_stands(text, piece):
    marked = {at for start, end in spans(text, Query((Word(fold(piece)),))) for at in range(start, end)}
    size = len(piece)
    starts = [at for at in range(len(text) - size + 1) if fold(text[at : at + size]) == fold(piece)]
    assert marked == {at for start in starts for at in range(start, start + size)}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("車站", "车站门口"),
        ("车站", "車站門口"),
        ("ＡＢＣ１２３", "看abc123这里"),
        ("abc", "ＡＢＣ公司"),
        ("里", "夜裡"),
        ("臺灣路", "台湾路"),
        ('"甲 乙"', "甲　乙"),
        ("️", "心❤️"),
    ],
)
def test_ways_of_typing_the_same_are_one(tmp_path, typed, written):
    assert found(filled(tmp_path, [matter(1, text=written), matter(2, text="别的")]), typed) == [1]


def test_nothing_runs_from_one_fact_into_the_next(tmp_path):
    index = filled(tmp_path, [matter(1, "望月", "路口", people=("王一", "李二"))])
    assert found(index, "月路") == found(index, "一李") == found(index, "二王") == []


def test_an_index_of_nothing_finds_nothing(tmp_path):
    index: TextIndex = filled(tmp_path, [])
    assert index.search(literal("路")).count == 0
    assert found(index, "") == []
