"""What a clerk types, what stands first, who sees it, and what is proposed."""

from datetime import timedelta

import pytest

from rules.query import Query, Word, parse, plain_number, spans
from rules.query_sounds import sound
from rules.query_suggestions import suggest
from rules.text_index import EVERYTHING, Filter
from rules.text_index_store import TextIndexWriter
from tests.rules.indexed import START, everything, filled, found, matter


@pytest.mark.parametrize(
    ("typed", "words", "excluded"),
    [
        ("望月路 施工", ["望月路", "施工"], []),
        ("望月路　施工　", ["望月路", "施工"], []),
        ('"夜里 施工" 望月路', ["夜里␣施工", "望月路"], []),
        ("“夜里”「施工」", ["夜里", "施工"], []),
        ("施工 -夜里 －「城 东」", ["施工"], ["夜里", "城␣东"]),
        ('"没有 关上', ["没有␣关上"], []),
        ('- -- "" “” 　', [], []),
        ("路 路", ["路"], []),
        ("138-0000-1234", ["138-0000-1234"], []),
        ("", [], []),
    ],
)
def test_what_is_typed_is_read_so(typed, words, excluded):
    query = parse(typed)
    assert [word.folded for word in query.words] == words
    assert [word.folded for word in query.excluded] == excluded


@pytest.mark.parametrize("typed", ["+86 138-0000-1234", "０１３", "8613800001234", "008613800001234", "(138)0000.1234"])
def test_a_telephone_is_one_number_however_written(typed):
    assert plain_number(typed) == ("013" if typed == "０１３" else "13800001234")


@pytest.mark.parametrize(
    "typed", ["13800001234", "138-0000-1234", "+8613800001234", "１３８００００１２３４", "138 0000 1234"]
)
@pytest.mark.parametrize("known", ["13800001234", "138 0000 1234", "+86-138-0000-1234"])
def test_a_telephone_finds_its_matter_in_every_spelling(tmp_path, typed, known):
    documents = [matter(1, phones=(known,)), matter(2, text=f"请回电{known}，谢谢"), matter(3, phones=("13900001234",))]
    assert found(filled(tmp_path, documents), typed) == [1, 2]


def test_all_words_occur_exclusions_do_not(tmp_path):
    index = filled(
        tmp_path,
        [matter(1, "望月路", "夜里施工"), matter(2, "望月路", "白天施工"), matter(3, "城东路", "夜里施工")],
    )
    assert set(found(index, "望月路 施工")) == {1, 2}
    assert found(index, "施工 望月路 -夜里") == [2]
    assert set(found(index, "-望月路")) == {3}
    assert set(found(index, "")) == {1, 2, 3}


def test_number_then_name_then_title_then_part_then_text_and_then_the_newest(tmp_path):
    long_ago = -3000
    documents = [
        matter(1, text="与王小明2026001有关", days=9),
        matter(2, text="说的是王小明2026001", days=10),
        matter(3, people=("王小明明",), places=("王小明2026001巷",), days=8),
        matter(4, "王小明2026001", days=-20),
        matter(5, "关于王小明2026001", days=-10),
        matter(6, people=("王小明2026001",), days=long_ago),
        matter(7, numbers=("王小明2026001",), days=2 * long_ago),
    ]
    assert found(filled(tmp_path, documents), "王小明2026001") == [7, 6, 5, 4, 3, 2, 1]


def test_within_a_rank_the_newest_stand_first_over_many_pages(tmp_path):
    order = [(number * 7919) % 600 for number in range(600)]
    index = filled(tmp_path, [matter(day + 1, "路", days=day * 20 - 6000) for day in order])
    pages = [index.search(everything("路"), limit=50, offset=start).hits for start in range(0, 600, 50)]
    assert [hit.id for page in pages for hit in page] == list(range(600, 0, -1))
    newest = index.search(everything("路"), limit=3, order="newest").hits
    oldest = index.search(everything("路"), limit=3, order="oldest").hits
    assert [hit.id for hit in newest] == [600, 599, 598]
    assert [hit.id for hit in oldest] == [1, 2, 3]
    assert newest[0].received_at == START + timedelta(days=599 * 20 - 6000)


def test_words_side_by_side_stand_before_words_apart(tmp_path):
    index = filled(tmp_path, [matter(1, text="望月路施工", days=-900), matter(2, text="施工，在望月路")])
    assert found(index, "望月路 施工") == [1, 2]


def test_only_what_may_be_seen_is_found_counted_and_proposed(tmp_path):
    index = filled(
        tmp_path,
        [
            matter(1, "望月路", terms=frozenset({"unit=1", "status=open"}), vocabulary=("望月路",)),
            matter(2, "望月路", terms=frozenset({"unit=2", "status=open"})),
            matter(3, "望月路", terms=frozenset({"unit=1", "accused=unit 1"})),
        ],
    )
    own = Filter((frozenset({"unit=1", "unit=9"}),), frozenset({"accused=unit 1"}))
    other = Filter((frozenset({"unit=2"}),))
    assert found(index, "望月路", seen=own) == [1]
    assert index.count(everything("望月路", seen=own)) == 1
    assert index.ids(everything("望月路", seen=other)) == {2}
    assert set(found(index, "望月路", chosen=Filter((frozenset({"status=open"}),)))) == {1, 2}
    assert found(index, "望月路", seen=own, chosen=other) == []
    assert found(index, "望月路", seen=Filter((frozenset(),))) == []
    assert [one.text for one in suggest(index, everything("忘月路", seen=own))] == ["望月路"]
    assert suggest(index, everything("忘月路", seen=Filter((frozenset({"unit=9"}),)))) == []


def test_people_and_telephones_are_found_only_where_they_may_be_seen(tmp_path):
    whole = {"people": ("王小明",), "phones": ("13800001234",), "numbers": ("M1",), "vocabulary": ()}
    index = filled(tmp_path, [matter(1, terms=frozenset({"unit=1"}), **whole), matter(2, **whole)])
    for typed in ("王小明", "小明", "13800001234", "0001234", "王"):
        assert set(found(index, typed)) == {1, 2}
        assert found(index, typed, personal=Filter((frozenset({"unit=1"}),))) == [1]
        assert found(index, typed, personal=None) == []
        assert set(found(index, f"-{typed}", personal=None)) == {1, 2}
    assert set(found(index, "m1", personal=None)) == {1, 2}
    assert suggest(index, everything("王小名"))[0].text == "王小明"
    assert suggest(index, everything("王小名"))[0].count == 2
    assert suggest(index, everything("王小名", personal=Filter((frozenset({"unit=1"}),))))[0].count == 1
    assert suggest(index, everything("王小名", personal=None)) == []


def test_when_it_came_in_narrows_it(tmp_path):
    index = filled(tmp_path, [matter(day, "路", days=day) for day in range(1, 6)])
    since, until = START + timedelta(days=2), START + timedelta(days=4)
    assert found(index, "路", since=since, until=until) == [3, 2]
    assert found(index, "", since=since) == [5, 4, 3, 2]
    assert found(index, "路", until=since) == [1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("忘月路", "望月路"),
        ("旺悦路 施工", "望月路 施工"),
        ("望目路", "望月路"),
        ("wangyuelu", "望月路"),
        ("wanyuelu", "望月路"),
        ("在忘月路施工", "在望月路施工"),
        ("流德华", "刘德华"),
        ("牛德华", "刘德华"),
        ("戍边街", "戌边街"),
        ("施工 忘月路 -噪音", "施工 望月路 -噪音"),
    ],
)
def test_what_was_meant_is_proposed(tmp_path, typed, meant):
    index = filled(
        tmp_path,
        [
            matter(1, "有人在望月路施工", vocabulary=("望月路", "施工"), people=("刘德华",)),
            matter(2, "戌边街的灯", vocabulary=("街",)),
        ],
    )
    proposed = suggest(index, everything(typed))
    assert proposed[0].text == meant
    assert proposed[0].count == 1


def test_what_finds_nothing_is_never_proposed(tmp_path):
    index = filled(tmp_path, [matter(1, "路灯", vocabulary=("望月路",)), matter(2, "施工")])
    assert suggest(index, everything("忘月路")) == []
    assert suggest(index, everything("")) == []
    assert suggest(index, everything("a" * 200)) == []


def test_what_people_confuse_by_ear_is_one():
    assert sound("施工") == sound("思工") == sound("師工")
    assert sound("湖南") == sound("扶兰")
    assert sound("城东") != sound("城西")


def test_spans_follow_a_number_through_its_separators():
    text = "电话138 0000-1234，望月路与望月路"
    assert [text[start:end] for start, end in spans(text, parse("13800001234 望月路"))] == [
        "138 0000-1234",
        "望月路",
        "望月路",
    ]
    assert spans("任何", Query()) == ()
    assert spans("望月路月路", Query((Word("望月"), Word("月路")))) == ((0, 5),)


def test_candidates_share_the_rarest_keys_and_bring_their_bytes(tmp_path):
    index = filled(
        tmp_path,
        [
            matter(1, keys=("望月路", "施工", "的"), payload=b"one", terms=frozenset({"kind=a"})),
            matter(2, keys=("施工", "的"), payload=b"two"),
            matter(3, keys=("的",), payload=b"three"),
            matter(4, keys=("别的",), payload=b"four"),
        ],
    )
    given = ["望月路", "施工", "的", "没有"]
    likely = index.candidates(given, seen=EVERYTHING)
    assert [(one.id, one.payload) for one in likely] == [(1, b"one"), (2, b"two"), (3, b"three")]
    assert likely[0].weight > likely[1].weight > likely[2].weight > 0
    assert [one.id for one in index.candidates(given, seen=EVERYTHING, limit=1)] == [1]
    assert [one.id for one in index.candidates(given, seen=Filter((), frozenset({"kind=a"})))] == [2, 3]
    assert [one.id for one in index.candidates(given, seen=EVERYTHING, weights={"施工": 1.0}, limit=9)] == [1, 2]
    assert index.candidates(["没有"], seen=EVERYTHING) == index.candidates([], seen=EVERYTHING) == []
    assert index.frequency("施工") == 2


def test_a_key_that_too_many_have_finds_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("rules.text_index.COMMON", 3)
    index = filled(tmp_path, [matter(number, keys=("的", str(number))) for number in range(1, 5)])
    assert index.candidates(["的"], seen=EVERYTHING) == []
    assert [one.id for one in index.candidates(["的", "2"], seen=EVERYTHING)] == [2]


def test_terms_are_counted_by_name_within_what_is_found(tmp_path):
    index = filled(
        tmp_path,
        [
            matter(1, "望月路", terms=frozenset({"unit=1", "status=open"})),
            matter(2, "望月路", terms=frozenset({"unit=2", "status=open"})),
            matter(3, "清风桥", terms=frozenset({"unit=2", "status=closed"})),
        ],
    )
    assert index.terms(everything("望月路"), ["unit", "status"]) == {
        "unit": {"1": 1, "2": 1},
        "status": {"open": 2},
    }
    seen = Filter((frozenset({"unit=2"}),))
    assert index.terms(everything("", seen=seen), ["status"]) == {"status": {"open": 1, "closed": 1}}
    assert index.terms(everything("没有"), ["unit"]) == {"unit": {}}


def test_ids_are_left_out_wholly_or_as_to_their_people(tmp_path):
    index = filled(tmp_path, [matter(1, "望月路", people=("欧阳文静",)), matter(2, "望月路", people=("欧阳文静",))])
    assert found(index, "望月路", without=frozenset({1})) == [2]
    assert index.count(everything("望月路", without=frozenset({1, 2}))) == 0
    assert index.terms(everything("望月路", without=frozenset({1, 2})), ["unit"]) == {"unit": {}}
    assert found(index, "欧阳文静", without_personal=frozenset({2})) == [1]
    assert set(found(index, "望月路", without_personal=frozenset({2}))) == {1, 2}


def test_an_address_is_as_personal_as_a_telephone(tmp_path):
    index = filled(tmp_path, [matter(1, "路灯", addresses=("城关镇九州花园3栋",))])
    assert found(index, "九州花园") == [1]
    assert found(index, "九州花园", personal=None) == []


def test_a_view_that_was_taken_stays_what_it_was(tmp_path):
    index = filled(tmp_path, [matter(1, "望月路")], "3")
    view = index.still()
    with TextIndexWriter(tmp_path) as writer:
        writer.put(matter(2, "望月路"))
        writer.commit("4")
    index.reload()
    assert (view.size, view.watermark, found(view, "望月路")) == (1, "3", [1])
    assert (index.size, index.watermark) == (2, "4")
