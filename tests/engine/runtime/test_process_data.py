"""What may become process data."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime import InvalidAnswers
from engine.runtime.process_data import MAX_BYTES, MAX_DEPTH, normalise, normalise_record

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts.filter(bool), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_json_stays_what_it_is_and_survives_storing(value: Any) -> None:
    copy = normalise(value)
    assert orjson.dumps(copy) == orjson.dumps(value)
    assert orjson.loads(orjson.dumps(copy)) == copy


def test_nothing_is_shared_with_the_original() -> None:
    original: dict[str, Any] = {"list": [{"x": 1}], "record": {"y": [2]}}
    copy = normalise_record(original)
    original["list"][0]["x"] = 9
    original["record"]["y"].append(9)
    assert copy == {"list": [{"x": 1}], "record": {"y": [2]}}


def test_dates_become_text_and_tuples_lists() -> None:
    value = {"at": datetime(2027, 1, 2, 3, tzinfo=UTC), "on": date(2027, 1, 2), "pair": (1, (2, 3))}
    assert normalise(value) == {"at": "2027-01-02T03:00:00+00:00", "on": "2027-01-02", "pair": [1, [2, 3]]}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_the_limits_are_where_they_are() -> None:
    normalise(nested(MAX_DEPTH))
    normalise("x" * (MAX_BYTES - 2))
    for value in (nested(MAX_DEPTH + 1), nested(900), "x" * (MAX_BYTES - 1)):
        with pytest.raises(InvalidAnswers):
            normalise(value)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("-inf"),
        "a\x00",
        {"a\x00": 1},
        {1: 1},
        {"": 1},
        {"x" * 201: 1},
        2**53,
        -(2**53),
        b"x",
        {1},
        object(),
        "\ud800",
        1j,
    ],
)
def test_what_is_refused_says_where(value: Any) -> None:
    with pytest.raises(InvalidAnswers, match="审核"):
        normalise(value, "审核")


def test_a_record_is_a_record() -> None:
    with pytest.raises(InvalidAnswers):
        normalise_record([1])  # type: ignore[arg-type]
