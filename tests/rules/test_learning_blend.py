import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.learning_blend import COLD, fit, measures
from rules.learning_comparison import FEWEST as FEWEST_COMPARED
from rules.learning_comparison import compare, is_held_back
from rules.learning_model import softmax
from rules.learning_threshold import NEVER, threshold

LABELS = ("a", "b", "c", "outside")
SCORES = st.dictionaries(st.sampled_from(LABELS), st.floats(0, 60), max_size=4)
CHANCES = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(
    lambda parts: {label: part / sum(parts) for label, part in zip(LABELS, parts, strict=False)}
)


@given(SCORES, st.none() | CHANCES)
def test_probabilities_add_up_whatever_is_said(evidence, learned):
    chances = COLD.probabilities(evidence, learned, LABELS, "outside")
    assert sum(chances.values()) == pytest.approx(1)
    assert all(0 <= chance <= 1 for chance in chances.values())


@given(st.floats(1, 20), st.floats(0.1, 20))
def test_more_evidence_of_rules_never_makes_a_label_less_likely(little, more):
    before = COLD.probabilities({"a": little, "b": 5}, None, LABELS, "outside")["a"]
    assert COLD.probabilities({"a": little + more, "b": 5}, None, LABELS, "outside")["a"] > before


def test_a_label_that_the_model_never_saw_is_reached_by_rules():
    learned = {"a": 0.5, "b": 0.3, "outside": 0.2}
    chances = COLD.probabilities({"c": 12.0}, learned, LABELS, "outside")
    assert max(chances, key=chances.get) == "c"


def test_a_sure_model_outweighs_a_word_in_passing():
    chances = COLD.probabilities({"a": 0.7}, {"a": 0.02, "b": 0.96, "outside": 0.02}, LABELS, "outside")
    assert chances["b"] > chances["a"]


def drawn(count, weights, seed):
    chance = np.random.default_rng(seed)
    cases, right = [], []
    for _ in range(count):
        evidence = {label: float(chance.exponential(6)) for label in LABELS if chance.random() < 0.5}
        parts = chance.dirichlet([1, 1, 1, 1])
        case = measures(evidence, dict(zip(LABELS, parts, strict=True)), LABELS, "outside")
        cases.append(case)
        right.append(int(chance.choice(4, p=softmax(case @ np.array(weights)))))
    return cases, right


def test_fitting_finds_the_weights_that_made_the_answers_and_is_calibrated():
    made = (0.5, 0.3, 0.3, 1.5, 0.3, 0.2)
    blend = fit(*drawn(4000, made, 1))
    cases, right = drawn(3000, made, 2)
    said = [softmax(case @ np.array(blend.weights)) for case in cases]
    sure = np.array([chance.max() for chance in said])
    hit = np.array([chance.argmax() == row for chance, row in zip(said, right, strict=True)])
    for low, high in ((0.4, 0.6), (0.6, 0.75), (0.75, 0.9), (0.9, 1.01)):
        inside = (sure >= low) & (sure < high)
        assert inside.sum() > 50
        assert abs(sure[inside].mean() - hit[inside].mean()) < 0.08
    assert blend.weights[3] == pytest.approx(1.5, abs=0.3)


def test_with_nothing_to_fit_the_cold_start_stays_and_little_moves_it_little():
    assert fit([], []) == COLD
    few = fit(*drawn(3, (0.1, 0.1, 0.1, 5, 0, 0), 3))
    assert few != COLD
    assert np.abs(np.array(few.weights) - np.array(COLD.weights)).max() < 1


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=120), st.sampled_from([0.8, 0.9, 0.95]))
def test_a_threshold_keeps_its_promise_on_what_it_was_chosen_on(matters, precision):
    sure = [confidence / 20 for confidence, _ in matters]
    right = [hit for _, hit in matters]
    least = threshold(sure, right, precision)
    above = [hit for confidence, hit in zip(sure, right, strict=True) if confidence >= least]
    if least != NEVER:
        assert len(above) >= 20
        assert sum(above) / len(above) >= precision
    else:
        assert not above


def test_a_threshold_is_as_low_as_it_may_be():
    sure = [number / 100 for number in range(100)]
    right = [number >= 40 for number in range(100)]
    assert 0.37 <= threshold(sure, right, 0.95) <= 0.4
    assert threshold(sure, [False] * 100, 0.95) == NEVER
    assert threshold(sure[:19], [True] * 19, 0.5) == NEVER


def test_the_same_groups_are_held_back_for_ever():
    assert [number for number in range(60) if is_held_back(number)] == [26, 31, 32, 46]
    assert 0.1 < sum(is_held_back(number) for number in range(4000)) / 4000 < 0.15


def compared(lost, gained, both=150, neither=20):
    truth = ["a"] * (lost + gained + both + neither)
    current = ["a"] * lost + ["b"] * gained + ["a"] * both + ["b"] * neither
    candidate = ["b"] * lost + ["a"] * gained + ["a"] * both + ["b"] * neither
    return compare(truth, current, candidate, list(range(len(truth))))


def test_a_model_that_is_better_or_equal_may_go_live():
    assert compared(0, 0).not_worse
    better = compared(2, 12)
    assert better.not_worse
    assert (better.gained, better.lost) == (12, 2)
    assert 0 < better.low < better.high


def test_a_model_that_is_worse_may_not_and_says_why():
    worse = compared(14, 2)
    assert not worse.not_worse
    assert "14" in worse.why
    assert worse.chance_of_loss < 0.01
    assert worse.high < 0
    # Not significant with so few, yet a drop of two in a hundred is a drop.
    assert compared(5, 1).why.startswith("正确率由")


def test_a_slip_within_the_margin_is_not_worse():
    slip = compared(3, 2, both=400)
    assert slip.candidate < slip.current
    assert slip.not_worse


def test_too_few_matters_decide_nothing():
    assert not compared(0, 10, both=FEWEST_COMPARED - 11, neither=0).not_worse
    assert compared(0, 10, both=FEWEST_COMPARED - 10, neither=0).not_worse
    assert not compare([], [], [], []).not_worse


def test_near_duplicates_make_the_interval_wider():
    truth = ["a"] * 200
    chance = random.Random(1)  # noqa: S311 - the same draw in every run
    hits = [chance.random() < 0.3 for _ in range(20)]
    candidate = ["a" if hits[number // 10] else "b" for number in range(200)]
    grouped = compare(truth, ["b"] * 200, candidate, [number // 10 for number in range(200)])
    apart = compare(truth, ["b"] * 200, candidate, list(range(200)))
    assert grouped.high - grouped.low > 1.5 * (apart.high - apart.low)
