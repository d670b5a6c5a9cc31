"""Numbers of channels: what follows, what is missing, what stands twice."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.running_numbers import Hole, length_of, parse_number, run_of, survey

DAY = date(2026, 11, 3)
NEXT = DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("written", "period", "serial", "other"),
    [
        ("20261103-0012", (20261103,), 12, "20261103-0007"),
        ("202611030012", (20261103,), 12, "202611030007"),
        ("２０２６１１０３－００１２", (20261103,), 12, "20261103-0007"),
        ("SZXX261103012", (261103,), 12, "SZXX261103007"),
        ("szxx 20261103 012", (20261103,), 12, "SZXX20261103007"),
        ("2026110012", (202611,), 12, "2026110007"),
        ("2026000012", (2026,), 12, "2026000007"),
        ("信访〔2026〕12号", (2026,), 12, "信访〔2026〕7号"),
        ("2026年11月3日第12号", (2026, 11, 3), 12, "2026年11月3日第7号"),
        ("12345-12", (12345,), 12, "12345-7"),
        ("0012", (), 12, "0007"),
        ("12", (), 12, "7"),
        ("20261", (), 20261, "7"),
    ],
)
def test_a_number_is_words_a_period_and_a_serial(
    written: str, period: tuple[int, ...], serial: int, other: str
) -> None:
    number = parse_number(written, DAY)
    assert number is not None
    assert (number.period, number.serial) == (period, serial)
    assert number.like(7) == other


def test_without_a_digit_there_is_no_number() -> None:
    assert parse_number("无编号", DAY) is None


def test_a_date_far_from_the_day_is_no_date() -> None:
    number = parse_number("199901010012", DAY)
    assert number is not None
    assert number.period == ()


def test_holes_within_a_day_are_found_and_put_together() -> None:
    found = survey([(f"20261103-{n:04d}", DAY) for n in (1, 2, 5, 6, 9)], {})
    assert found.holes == {DAY: (Hole("20261103-0003", "20261103-0004", 2), Hole("20261103-0007", "20261103-0008", 2))}
    assert found.twice == {}


def test_unpadded_numbers_are_written_unpadded() -> None:
    found = survey([("信访〔2026〕8号", DAY), ("信访〔2026〕11号", NEXT)], {})
    assert found.holes == {NEXT: (Hole("信访〔2026〕9号", "信访〔2026〕10号", 2),)}


def test_padding_grows_past_its_width_without_a_hole() -> None:
    assert survey([("0998", DAY), ("0999", DAY), ("1000", DAY), ("1001", DAY)], {}).holes == {}


def test_a_series_that_begins_again_each_day_begins_at_one() -> None:
    numbers = [("20261103-0001", DAY), ("20261103-0002", DAY), ("20261104-0002", NEXT)]
    assert survey(numbers, {}).holes == {NEXT: (Hole("20261104-0001", "20261104-0001", 1),)}


def test_a_series_that_never_fell_back_goes_on_behind_the_last() -> None:
    numbers = [("20261103-0101", DAY), ("20261103-0102", DAY), ("20261104-0105", NEXT)]
    assert survey(numbers, {}).holes == {NEXT: (Hole("20261104-0103", "20261104-0104", 2),)}


def test_desks_that_number_beside_each_other_are_not_taken_for_dates() -> None:
    numbers = [("A31-0300", DAY), ("A32-0500", DAY), ("A31-0301", NEXT), ("A32-0501", NEXT)]
    assert survey(numbers, {}).holes == {}


def test_a_far_jump_is_a_new_beginning() -> None:
    assert survey([("17", DAY), ("900017", NEXT)], {}).holes == {}


def test_a_run_that_was_entered_names_what_is_missing_at_its_ends() -> None:
    run = run_of("20261103-0001", "20261103-0006", DAY)
    assert length_of(run) == 6
    found = survey([("20261103-0002", DAY), ("20261103-0003", DAY)], {DAY: run})
    assert found.holes == {
        DAY: (Hole("20261103-0001", "20261103-0001", 1), Hole("20261103-0004", "20261103-0006", 3)),
    }


def test_a_run_that_was_entered_claims_its_numbers_for_its_day() -> None:
    run = run_of("0011", "0014", DAY)
    assert survey([("0011", DAY), ("0012", DAY), ("0015", NEXT)], {DAY: run}).holes == {DAY: (Hole("0013", "0014", 2),)}


def test_what_is_explained_is_not_missing() -> None:
    numbers = [(f"20261103-{n:04d}", DAY) for n in (1, 6)]
    explained = [run_of("20261103-0003", "20261103-0004", DAY)]
    assert survey(numbers, {}, explained).holes == {
        DAY: (Hole("20261103-0002", "20261103-0002", 1), Hole("20261103-0005", "20261103-0005", 1))
    }


def test_the_same_number_in_other_writing_stands_twice_until_explained() -> None:
    numbers = [("20261103-0007", DAY), ("２０２６１１０３－７", NEXT)]
    assert survey(numbers, {}).twice == {NEXT: ("２０２６１１０３－７",)}
    assert survey(numbers, {}, [run_of("20261103-7", "20261103-7", DAY)]).twice == {}


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("A", "B", "要有数字"),
        ("20261103-5", "20261104-6", "格式不一致"),
        ("A5", "B6", "格式不一致"),
        ("0007", "0006", "止号小于起号"),
        ("1", "999999", "超过"),
    ],
)
def test_what_is_no_run_is_refused_in_words(first: str, last: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run_of(first, last, DAY)


@given(
    st.sampled_from(["20261103-{:04d}", "信访〔2026〕{}号", "{}", "SZXX20261103{:03d}"]),
    st.integers(1, 900),
    st.integers(2, 80),
    st.data(),
)
def test_just_what_is_taken_out_is_missing(form: str, start: int, length: int, data: st.DataObject) -> None:
    serials = range(start, start + length)
    inner = list(serials)[1:-1]
    taken = data.draw(st.sets(st.sampled_from(inner))) if inner else set()
    known = [(form.format(n), DAY) for n in serials if n not in taken]
    holes = survey(known, {}).holes.get(DAY, ())
    assert sum(hole.count for hole in holes) == len(taken)
    # Written out, the holes are what was taken, and with them nothing is missing.
    filled = known + [
        (number.like(serial), DAY)
        for hole in holes
        for number, last in [run_of(hole.first, hole.last, DAY)]
        for serial in range(number.serial, last.serial + 1)
    ]
    assert survey(filled, {}).holes == {}
    assert len({parse_number(text, DAY).place for text, _ in filled}) == length  # type: ignore[union-attr]
