"""Blend what preset rules say with what a learned model says into one calibrated probability of every label.

A conditional logit (McFadden, 1974): every label of a message has a few measures, and one set of weights, shared by all
labels, turns them into odds. So a label that the model has never seen, a new unit say, is still reached by rules, and
with no model at all the rules speak alone: the cold start is the same formula.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.learning_model import Doubles, softmax

MEASURES = ("share", "strength", "first", "learned", "outside", "outside_unspoken")
"""`share` of all evidence, `strength` of the label's own, whether it is `first`; the learned model's probability; and
that a label is the one for matters of others, by itself and the more so the less is said at all."""
# No rule's share is taken for less than half a weak word, no probability of the model for less than one in fifty.
SPECK, FLOOR = 0.5, 0.02
# How strongly weights are held to the cold start's: at least so much, and so much more for each example.
FIRM, HELD = 2.0, 0.01
STEPS, SMALL, WIDEST = 100, 1e-9, 0.5


@dataclass(frozen=True)
class Blend:
    """The weights of the measures, in the order of MEASURES."""

    weights: tuple[float, ...]

    def probabilities(
        self, evidence: Mapping[str, float], learned: Mapping[str, float] | None, labels: Sequence[str], outside: str
    ) -> dict[str, float]:
        """Return the probability of each of `labels`; they add up to 1. `evidence`: the rules' for each, 0 upwards."""
        chances = softmax(measures(evidence, learned, labels, outside) @ np.array(self.weights))
        return dict(zip(labels, chances.tolist(), strict=True))


COLD = Blend((0.8, 0.9, 0.6, 0.5, 0.0, 0.3))
"""Weights for before there is anything to fit them to."""


def measures(
    evidence: Mapping[str, float], learned: Mapping[str, float] | None, labels: Sequence[str], outside: str
) -> Doubles:
    """Return the measures of every label, labels by MEASURES."""
    said = np.array([evidence.get(label, 0.0) for label in labels])
    whole, most, count = said.sum(), said.max(initial=0.0), len(labels)
    # The model is neutral about a label it has never seen, where a rule speaks for that.
    unseen = np.where(said > 0, 1 / count, 0.0)
    chances = np.array([learned.get(label, unseen[at]) if learned else 1.0 for at, label in enumerate(labels)])
    if learned:
        chances = (1 - FLOOR) * chances + FLOOR / count
    other = np.array([float(label == outside) for label in labels])
    return np.stack(
        [
            np.log((said + SPECK) / (whole + SPECK * count)),
            np.log1p(said),
            ((said == most) & (said > 0)).astype(float),
            np.log(chances),
            other,
            other / (1 + whole),
        ],
        axis=1,
    )


def fit(cases: Sequence[Doubles], right: Sequence[int], *, start: Blend = COLD) -> Blend:
    """Return the likeliest weights. `cases`: the measures of each message; `right`: the row of its true label.

    What the model said of each must come from a model that had not seen it. Newton's method; the objective is concave.
    """
    weights = begin = np.array(start.weights)
    if not cases:
        return start
    held = FIRM + HELD * len(cases)
    for _ in range(STEPS):
        slope = 2 * held * (begin - weights)
        bend = 2 * held * np.eye(len(weights))
        for case, row in zip(cases, right, strict=True):
            chances = softmax(case @ weights)
            mean = chances @ case
            slope += case[row] - mean
            bend += (case * chances[:, None]).T @ case - np.outer(mean, mean)
        step = np.linalg.solve(bend, slope)
        longest = float(np.abs(step).max())
        # Far from the end the curve is no parabola: short steps there, whole ones near it.
        weights = weights + step * min(1.0, WIDEST / max(longest, SMALL))
        if longest < SMALL:
            break
    return Blend(tuple(float(weight) for weight in weights))
