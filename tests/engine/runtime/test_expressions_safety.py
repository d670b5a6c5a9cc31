import builtins
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.runtime.expressions import ExpressionError, evaluate, parse
from engine.runtime.expressions.limits import MAX_LENGTH
from engine.runtime.expressions.temporal import Months
from tests.batteries import examples
from tests.payloads import PAYLOADS

PLAIN = (str, int, float, bool, type(None), list, dict, date, datetime, timedelta, Months)


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_never_runs(payload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_args: Any, **_kwargs: Any) -> None:
        pytest.fail(f"reached Python by {payload!r}")

    data = {"a": {"b": 1}, "x": 1}
    with monkeypatch.context() as patched:
        for name in ("eval", "exec", "compile", "open", "input", "globals", "vars", "breakpoint"):
            patched.setattr(builtins, name, forbidden)
        # Records have no member called __class__; asking for one gives the default, a plain value.
        if payload == "get(f, '__globals__')":
            assert evaluate(payload, data, {"f": len}) is None
        else:
            with pytest.raises(ExpressionError):
                evaluate(payload, data, {"f": len})


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1000 + "1" + ")" * 1000,
        "[" * 900,
        "-" * 1900 + "1",
        "!" * 1900 + "true",
        "not " * 450 + "true",
        "x in (" * 300 + "1" + ")" * 300,
        "x in [" * 28 + "1..2" + "]" * 28,
        "1 if 1 else " * 150 + "1",
        "true ? " * 250 + "1" + " : 1" * 250,
        "a" + ".b" * 900,
        "a" + "[0]" * 600,
        "1" + "+1" * 900,
        "1" + "<1" * 900,
        "true" + " and true" * 200,
        "f(" * 300 + ")" * 300,
        "{a:" * 200 + "1" + "}" * 200,
        "'" + "a" * 3000 + "'",
        "9" * 1999,
        "0." + "9" * 1990,
        "999999999999999999 * 999999999999999999",
        "[" + "text + text," * 150 + "]",
        "[" + "big," * 390 + "]",
    ],
)
def test_costly_formulas_end(text: str) -> None:
    data = {"x": 1, "a": {"b": 1}, "text": "a" * 100_000, "big": list(range(9_000))}
    # An interpreter whose reading or running were exponential in the nesting would not come back from some of these.
    try:
        value = evaluate(text, data, {"f": len})
    except ExpressionError:
        return
    assert isinstance(value, PLAIN)


def test_source_length_is_capped() -> None:
    with pytest.raises(ExpressionError, match="表达式太长"):
        parse("1 " * MAX_LENGTH)


def test_results_are_capped_in_size_depth_and_kind() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    for name, value in {
        "text": "a" * 100_001,
        "many": list(range(10_001)),
        "nested": [list(range(2_000))] * 6,
        "deep": deep,
        "nan": float("nan"),
        "infinite": float("inf"),
        "huge": 10**19,
        "keys": {1: 2},
    }.items():
        with pytest.raises(ExpressionError):
            evaluate(name, {name: value})


def test_deep_stack_gives_an_expression_error_not_a_crash() -> None:
    text = "(" * 29 + "1" + ")" * 29

    def descend(levels: int) -> Any:
        if levels:
            return descend(levels - 1)
        try:
            return evaluate(text + " " * levels, {})
        except ExpressionError:
            return "refused"

    assert descend(100) == 1


ALPHABET = st.sampled_from(
    [
        *"abcx_.()[]{}+-*/%<>=!?:,'\"\\@&| \n",
        *["and ", "or ", "not ", "in ", "is ", "if ", "else ", "empty ", "true", "null", "1", "2.5", "..", "&&", "||"],
        *["len(", "get(", "date(", "duration('P1M')", "sum(", "a.b", "f(", "${", "}", "民", "\u3000", "\x00", "'x'"],
    ]
)
NAMES = st.sampled_from(["a", "a.b", "a['b']", "xs", "xs[0]", "missing", "text", "when"])
LEAVES = st.one_of(
    NAMES,
    st.integers(0, 10**19).map(str),
    st.floats(0, 1e9).map(lambda value: f"{value:.3f}"),
    st.text(max_size=8).map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    st.sampled_from(["true", "false", "null", "date('2025-01-31')", "duration('P1M')", "days(9)", "()", "{}"]),
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in", "eq", "&&", "||"]
)
FUNCTIONS = st.sampled_from(
    [
        *["len", "min", "max", "sum", "abs", "round", "int", "str", "lower", "any", "all", "date", "datetime", "days"],
        *["get", "defined", "empty", "contains", "starts_with", "f", "nothing", "duration", "hours", "year", "number"],
    ]
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} in [{parts[1]}..{parts[2]}))"),
        st.tuples(FUNCTIONS, st.lists(inner, max_size=3)).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        inner.map(lambda each: f"{{k: {each}}}"),
        inner.map(lambda each: f"(not {each})"),
        inner.map(lambda each: f"-{each}"),
    )


def _evaluates_or_refuses(text: str) -> None:
    data = {"a": {"b": 3, "c": None}, "xs": [1, 2, "x"], "text": "a" * 50_000, "when": "2025-03-01"}
    try:
        value = evaluate(text, data, {"f": lambda *values: len(values)})
    except ExpressionError:
        return
    assert isinstance(value, PLAIN)


@settings(max_examples=examples(400, short=150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.lists(ALPHABET, max_size=60).map("".join), st.text(max_size=80)))
def test_random_text_gives_a_value_or_an_expression_error(text: str) -> None:
    _evaluates_or_refuses(text)


@settings(max_examples=examples(400, short=150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(LEAVES, _grow, max_leaves=25))
def test_random_trees_give_a_value_or_an_expression_error(text: str) -> None:
    _evaluates_or_refuses(text)
