"""Learn routing from what staff confirmed: the model, its blend with the rules, the threshold; and may it go live.

The training job calls `retrain` with every confirmed matter and the routing in force, stores `Round.routing.to_bytes()`
with `Round.comparison` as a new version, and makes it the one in force when nothing speaks against it (`Round.why`).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rules.learning_blend import fit, measures
from rules.learning_comparison import Comparison, compare, is_held_back
from rules.learning_features import Text
from rules.learning_model import Doubles, TextModel, ranked, softmax
from rules.learning_threshold import NEVER, threshold
from rules.learning_training import PLAIN, Corpus, Example, Method, Rows, calibrated
from rules.routing_learned import Routing
from rules.routing_verdict import OUTSIDE

PRECISION = 0.95


@dataclass(frozen=True)
class Confirmed:
    """A matter whose owner staff confirmed or corrected.

    `owner`: the unit whose duty it is (the supervising one where a station of the place handles it), or OUTSIDE ·
    `evidence`: what the rules of today say of it (`Router.weigh(…).evidence`) · `group`: shared by near-duplicates.
    """

    text: Text
    owner: str
    evidence: Mapping[str, float] = field(default_factory=dict)
    group: Hashable = None


@dataclass(frozen=True)
class Pushing:
    """What a routing would do without a hand on the matters held back.

    `count`: how many they are · `pushed`: how many of them it is sure enough of · `right`: of these, how many rightly.
    """

    count: int
    pushed: int
    right: int


@dataclass(frozen=True)
class Round:
    """One round of training: the new routing, how it compares with the one in force, and what each would push.

    `learned`: how many matters it was trained on · `labels`: how many owners it knows.
    """

    routing: Routing
    comparison: Comparison
    before: Pushing
    after: Pushing
    learned: int
    labels: int

    @property
    def why(self) -> str:
        """What speaks against going live; "" when nothing does."""
        if self.comparison.why:
            return self.comparison.why
        if self.routing.model is None:
            return "确认过的事项都归同一个单位，没有什么可学"
        return "" if self.routing.threshold < NEVER else "推送准确率达不到要求，启用后一件也不能自动推送"


@dataclass(frozen=True)
class Learned:
    """A routing with how sure it was, out of fold, of each matter it was made from, and whether that was right."""

    routing: Routing
    confidences: list[float]
    right: list[bool]


class Learning:
    """Confirmed matters with their features counted once; `learn` from any part of them.

    `units`: the owners there are, as `LearnedRouter` gets them; an owner among the matters is one of them or OUTSIDE.
    """

    def __init__(self, matters: Sequence[Confirmed], units: Sequence[str]) -> None:
        self.matters = tuple(matters)
        self.labels = (*sorted(set(units) - {OUTSIDE}), OUTSIDE)
        # A matter alone is its own group by what it says, not by its place: what is held back must stay held back.
        self.groups = [repr(item.text) if item.group is None else item.group for item in self.matters]
        self.corpus = Corpus(
            [Example(item.text, item.owner, group) for item, group in zip(self.matters, self.groups, strict=True)]
        )

    def learn(
        self,
        rows: Rows,
        *,
        seed: int = 0,
        precision: float = PRECISION,
        method: Method = PLAIN,
        with_model: bool = True,
    ) -> "Learned":
        """Return what these matters teach. With fewer than two owners among them the rules stay alone."""
        known = sorted(set(self.corpus.labels[rows].tolist()))
        model: TextModel | None = None
        chances: Sequence[dict[str, float] | None] = [None] * len(rows)
        if with_model and len(known) > 1:
            scores = self.corpus.out_of_fold(rows, known, seed=seed, method=method)
            sharpness = calibrated(scores, self.corpus.labels[rows], known)
            model = self.corpus.train(rows, seed=seed, method=method, sharpness=sharpness)
            chances = _named(softmax(scores * sharpness), known)
        cases = self._cases(rows, chances)
        right = [self.labels.index(self.matters[row].owner) for row in rows]
        blend = fit(cases, right)
        said = [softmax(case @ np.array(blend.weights)) for case in cases]
        confidences = [float(chance.max()) for chance in said]
        hits = [int(chance.argmax()) == row for chance, row in zip(said, right, strict=True)]
        return Learned(Routing(model, blend, threshold(confidences, hits, precision)), confidences, hits)

    def answers(self, routing: Routing, rows: Rows) -> list[dict[str, float]]:
        """Return the probability of every owner for these matters, as `LearnedRouter` would answer."""
        chances: Sequence[dict[str, float] | None] = [None] * len(rows)
        if routing.model is not None:
            scores = self.corpus.scores(routing.model, rows, routing.model.labels)
            chances = _named(softmax(scores * routing.model.sharpness), routing.model.labels)
        weights = np.array(routing.blend.weights)
        return _named(np.stack([softmax(case @ weights) for case in self._cases(rows, chances)]), self.labels)

    def _cases(self, rows: Rows, chances: Sequence[Mapping[str, float] | None]) -> list[Doubles]:
        return [
            measures(self.matters[row].evidence, chance, self.labels, OUTSIDE)
            for row, chance in zip(rows, chances, strict=True)
        ]


def retrain(
    matters: Sequence[Confirmed],
    units: Sequence[str],
    current: Routing | None,
    *,
    seed: int = 0,
    precision: float = PRECISION,
) -> Round:
    """Train anew on all but the matters held back, and compare with the routing in force on these.

    Without a current routing the rules alone are what the candidate must not fall behind.
    """
    learning = Learning(matters, units)
    held = np.array([is_held_back(group) for group in learning.groups], dtype=bool)
    candidate = learning.learn(np.flatnonzero(~held), seed=seed, precision=precision).routing
    kept = np.flatnonzero(held)
    truth = [learning.matters[row].owner for row in kept]
    routings = (current or Routing(), candidate)
    before, after = ([ranked(chances)[0] for chances in learning.answers(one, kept)] for one in routings)
    said_before, said_after = ([owner for owner, _ in answers] for answers in (before, after))
    groups = [learning.groups[row] for row in kept]
    return Round(
        candidate,
        compare(truth, said_before, said_after, groups, seed=seed),
        _pushing(truth, before, routings[0].threshold),
        _pushing(truth, after, routings[1].threshold),
        len(held) - len(kept),
        len(candidate.model.labels) if candidate.model else 0,
    )


def _pushing(truth: Sequence[str], answers: Sequence[tuple[str, float]], threshold: float) -> Pushing:
    sure = [(right, said) for right, (said, chance) in zip(truth, answers, strict=True) if chance >= threshold]
    return Pushing(len(truth), len(sure), sum(right == said for right, said in sure))


def _named(chances: Doubles, labels: Sequence[str]) -> list[dict[str, float]]:
    return [dict(zip(labels, row.tolist(), strict=True)) for row in chances]
