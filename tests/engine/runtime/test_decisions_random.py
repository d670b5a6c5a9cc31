"""Random cells and tables against a plain evaluation written out here."""

import operator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.cells import unary_tests
from engine.runtime.expressions import ExpressionError, run
from engine.runtime.expressions.tree import Frame
from tests.batteries import examples
from tests.engine.runtime.test_decisions import dmn, table

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
VALUES = st.one_of(st.integers(-3, 9), st.sampled_from([0.5, 2.5]))


@dataclass(frozen=True)
class Cell:
    """A cell as text, and as what it means: its kind and what it is made of."""

    text: str
    meaning: tuple[Any, ...]


LITERALS = VALUES.map(lambda value: Cell(str(value), ("is", value)))
COMPARISONS = st.tuples(st.sampled_from(sorted(SIGNS)), VALUES).map(
    lambda drawn: Cell(f"{drawn[0]} {drawn[1]}", ("relation", *drawn))
)
RANGES = st.tuples(st.sampled_from("[(]"), VALUES, VALUES, st.sampled_from("])[")).map(
    lambda drawn: Cell(f"{drawn[0]}{drawn[1]}..{drawn[2]}{drawn[3]}", ("range", *drawn))
)
SUBJECTS = st.tuples(st.sampled_from(sorted(SIGNS)), VALUES).map(
    lambda drawn: Cell(f"? {drawn[0]} {drawn[1]}", ("relation", *drawn))
)
SINGLE = st.one_of(LITERALS, COMPARISONS, RANGES, SUBJECTS)
LISTS = st.lists(SINGLE, min_size=1, max_size=4).map(
    lambda cells: Cell(", ".join(cell.text for cell in cells), ("any", *(cell.meaning for cell in cells)))
)
CELLS = st.one_of(
    st.sampled_from([Cell("-", ("all",)), Cell("", ("all",))]),
    LISTS,
    LISTS.map(lambda cell: Cell(f"not({cell.text})", ("not", cell.meaning))),
)


def holds(meaning: tuple[Any, ...], value: float) -> bool:
    """Whether a value passes, by the words of the standard (DMN 1.3, clause 9, table 54)."""
    kind, *rest = meaning
    if kind == "all":
        return True
    if kind == "is":
        return bool(value == rest[0])
    if kind == "relation":
        return bool(SIGNS[rest[0]](value, rest[1]))
    if kind == "range":
        opening, low, high, closing = rest
        above = value >= low if opening == "[" else value > low
        return bool(above and (value <= high if closing == "]" else value < high))
    if kind == "not":
        return not holds(rest[0], value)
    return any(holds(each, value) for each in rest)


@settings(max_examples=examples(400, short=120), deadline=None)
@given(CELLS, VALUES)
def test_unary_tests_mean_what_the_standard_says(cell: Cell, value: float) -> None:
    node = unary_tests(cell.text).node
    assert bool(run(node, Frame({}, {}, value))) is holds(cell.meaning, value)


ORDER = ["gold", "silver", "bronze"]
RULES = st.lists(st.tuples(CELLS, CELLS, st.sampled_from(ORDER), st.integers(-5, 5)), min_size=1, max_size=8)
SINGLE_POLICIES = ["UNIQUE", "ANY", "FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT"]


def expected(policy: str, hits: list[dict[str, Any]]) -> Any:
    """The result of a policy, by brute force; a text instead of it names the violation."""
    if not hits:
        return None
    best_first = sorted(hits, key=lambda hit: (ORDER.index(hit["medal"]), -hit["points"]))
    if policy == "UNIQUE":
        return hits[0] if len(hits) == 1 else "UNIQUE"
    if policy == "ANY":
        return hits[0] if all(hit == hits[0] for hit in hits) else "ANY"
    return {"FIRST": hits[0], "PRIORITY": best_first[0], "OUTPUT ORDER": best_first}.get(policy, hits)


@settings(max_examples=examples(200, short=80), deadline=None)
@given(st.sampled_from(SINGLE_POLICIES), RULES, VALUES, VALUES)
def test_hit_policies_against_brute_force(
    policy: str, rules: list[tuple[Cell, Cell, str, int]], a: float, b: float
) -> None:
    points = ",".join(str(value) for value in range(5, -1, -1))  # the literals of an order are not negative
    xml = table(
        [((one.text, two.text), (f'"{medal}"', str(abs(number)))) for one, two, medal, number in rules],
        policy=policy,
        inputs=("a", "b"),
        outputs=("medal", "points"),
        extra_output=[
            '<outputValues><text>"gold","silver","bronze"</text></outputValues>',
            f"<outputValues><text>{points}</text></outputValues>",
        ],
    )
    numbers = [
        number for number, (one, two, _, _) in enumerate(rules, 1) if holds(one.meaning, a) and holds(two.meaning, b)
    ]
    hits = [{"medal": rules[number - 1][2], "points": abs(rules[number - 1][3])} for number in numbers]
    wanted = expected(policy, hits)
    decision = parse_dmn(dmn(xml))["d"]
    if isinstance(wanted, str):
        with pytest.raises(DecisionError) as caught:
            decision.decide({"a": a, "b": b})
        assert wanted in caught.value.english
        return
    decided = decision.decide({"a": a, "b": b})
    assert decided.result == wanted
    assert decided.matched == (numbers[:1] if policy == "FIRST" else numbers)


@settings(max_examples=examples(150, short=60), deadline=None)
@given(st.sampled_from(["SUM", "MIN", "MAX", "COUNT"]), RULES, VALUES)
def test_aggregations_against_brute_force(
    aggregation: str, rules: list[tuple[Cell, Cell, str, int]], value: float
) -> None:
    xml = table(
        [((one.text,), (str(number),)) for one, _, _, number in rules], policy="COLLECT", aggregation=aggregation
    )
    numbers = [number for one, _, _, number in rules if holds(one.meaning, value)]
    functions: dict[str, Any] = {"SUM": sum, "MIN": min, "MAX": max, "COUNT": len}
    wanted = functions[aggregation](numbers) if numbers or aggregation == "COUNT" else None
    assert parse_dmn(dmn(xml))["d"].decide({"a": value}).result == wanted


PIECES = st.sampled_from(
    [
        *"-?,()[]<>=!'\" .@{}:+*/",
        *[
            "..",
            "not(",
            "true",
            "null",
            "1",
            "2.5",
            '"x"',
            "a",
            "a.b",
            ">=",
            "<=",
            "and ",
            "or ",
            "in ",
            "if ",
            "then ",
        ],
        *[
            "else ",
            "for ",
            "return ",
            "date(",
            "date and time(",
            "some ",
            "satisfies ",
            "**",
            "民",
            "${",
            "}",
            "\\",
            "9" * 30,
        ],
    ]
)


@settings(max_examples=examples(500, short=150), deadline=None)
@given(
    st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60)), st.one_of(VALUES, st.text(max_size=5))
)
def test_random_cells_give_a_value_or_an_expression_error(text: str, value: Any) -> None:
    try:
        run(unary_tests(text, ("date and time",)).node, Frame({"a": {"b": 1}}, {}, value))
    except ExpressionError:
        return


@settings(max_examples=examples(200, short=80), deadline=None)
@given(st.lists(PIECES, max_size=15).map("".join), st.lists(PIECES, max_size=15).map("".join))
def test_random_tables_are_decided_or_refused_with_a_sentence_in_both_languages(cell: str, output: str) -> None:
    said: list[str] = []
    try:
        parse_dmn(dmn(table([([cell.replace("]]>", "")], [output.replace("]]>", "")])])))["d"].decide({"a": 1})
    except DecisionError as error:
        said = [str(error), error.english]
    assert all(said)
