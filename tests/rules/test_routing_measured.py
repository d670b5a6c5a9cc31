"""Learned routing on real, labelled messages that lie beside the repository; nothing of them stands in it."""

import csv

import numpy as np
import pytest

from bench.judging import Answers
from bench.routing import UNITS, Run, confirmed, figures, measure, router
from rules.learning_training import divided
from rules.routing_training import Learning


@pytest.fixture(scope="module")
def rows(shared):
    with (shared / "data" / "branch.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def measured(rows, kind):
    learning = Learning(confirmed(rows, router()), UNITS)
    run = Run(Answers.none(), [])
    for held in divided([row["group"] for row in rows], 4, 0):
        measure(learning, kind, np.flatnonzero(~held), np.flatnonzero(held), run, seed=0)
    return figures(run)


def test_the_model_alone_learns_what_no_rule_told_it(rows):
    assert measured(rows, "model")["accuracy"] >= 0.7


def test_rules_and_model_together_keep_what_they_promise_on_matters_they_have_not_seen(rows):
    found = measured(rows, "both")
    assert found["accuracy"] >= 0.87
    assert found["accuracy_police"] >= 0.92
    assert found["coverage_at_95"] >= 0.75
    assert found["precision_at_95"] >= 0.93
